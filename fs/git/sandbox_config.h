/* SPDX-License-Identifier: MIT */
/* The git configuration of a sandbox: of the person's own, what rules/git.json lets pass, and what
 * the sandbox adds. Reads the person's files on the host, and what they include, within limits;
 * runs nothing, and never reads the project's. What comes out holds no program, no address and no
 * password: a key passes only if a list has it, whatever it is called. */
#ifndef CLAUDEFS_GIT_SANDBOX_CONFIG_H
#define CLAUDEFS_GIT_SANDBOX_CONFIG_H

#define SANDBOX_CONFIG_DEPTH_MAX  5u    /* of includes in includes; what is deeper is left out */
#define SANDBOX_CONFIG_FILES_MAX  32u   /* files that are read */
#define SANDBOX_CONFIG_VALUE_MAX  1024u /* bytes of a value */
#define SANDBOX_CONFIG_BYTES_MAX  (64u << 10)      /* of what passes; what is beyond is left out */
#define SANDBOX_CONFIG_IGNORE_MAX (64u << 10)      /* bytes of the person's list of ignored names */
#define SANDBOX_CONFIG_IGNORE     "/etc/gitignore" /* where the sandbox has that list */

/* All absolute paths. */
struct sandbox_config_places {
	const char *home;
	const char *xdg;     /* $XDG_CONFIG_HOME; NULL: ~/.config */
	const char *global;  /* $GIT_CONFIG_GLOBAL, in place of both files; NULL: not set */
	const char *project; /* for safe.directory, and for [includeIf "gitdir:..."] */
};

struct sandbox_config {
	char *text;   /* a git configuration */
	char *ignore; /* what core.excludesFile names; NULL: nothing */
	char *unread; /* the first file that is no configuration, or cannot be read; NULL: none */
};

/* Fills *ret ({ 0 } before; sandbox_config_done() also after a failure). A file that is not there
 * is no failure. Returns 0, -EBADMSG (the built-in rules) or -ENOMEM. */
int sandbox_config_make(const struct sandbox_config_places *places, struct sandbox_config *ret);
void sandbox_config_done(struct sandbox_config *config);
#define cleanup_sandbox_config __attribute__((cleanup(sandbox_config_done)))

#endif
