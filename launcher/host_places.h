/* SPDX-License-Identifier: MIT */
/* Where things of the person lie on this host, from HOME, XDG_* and CLAUDE_CONFIG_DIR. */
#ifndef CLAUDEFS_LAUNCHER_HOST_PLACES_H
#define CLAUDEFS_LAUNCHER_HOST_PLACES_H

struct host_places {
	char *home;          /* $HOME */
	char *claude_dir;    /* $CLAUDE_CONFIG_DIR, else ~/.claude; see isolation.h */
	char *claude_config; /* .claude.json inside the former if that is set, else ~/.claude.json
			      */
	char *login_dir;  /* where Claude Code keeps its login: the former, never an isolated one */
	char *state_dir;  /* of claudefs: sessions, locks */
	char *config_dir; /* of claudefs: rules.d */
	char *data_dir;   /* of claudefs: its own copy of claude, isolated states */
};

void host_places_done(struct host_places *places);
#define cleanup_host_places __attribute__((cleanup(host_places_done)))

/* Returns 0, or EXIT_RUN_FAILED after a line on stderr (HOME is no absolute path, ...). */
int host_places_find(struct host_places *ret);

#endif
