/* SPDX-License-Identifier: MIT */
/* The command line of claudefs-run, and the same options from the person's configuration.
 * Ours are those of one table; the first argument that is an existing directory is the project;
 * everything else belongs to claude, in its order. What decides first wins: the line, --config
 * FILE, config.json. The project's own file comes last and may only tighten (project_file.h). */
#ifndef CLAUDEFS_LAUNCHER_OPTIONS_H
#define CLAUDEFS_LAUNCHER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "launcher/limits.h"
#include "launcher/string_list.h"

#define OPTIONS_CONFIG_MAX (64u << 10) /* bytes of a configuration file */
#define OPTIONS_MAX        64u         /* rows of the table */

enum network_mode {
	NETWORK_GATEWAY, /* the hosts of a list, through claudefs-gate */
	NETWORK_NONE,    /* loopback only */
	NETWORK_HOST,    /* the host's network, unfiltered */
};

enum commit_mode {
	COMMIT_AUTO,  /* commit what the rules let out without asking */
	COMMIT_ASK,   /* ask for each held change as well */
	COMMIT_NEVER, /* only say what there is */
};

enum credentials_mode {
	CREDENTIALS_AUTO, /* the first store that has a login */
	CREDENTIALS_KEYCHAIN,
	CREDENTIALS_SECRET_SERVICE,
	CREDENTIALS_FILE, /* ~/.claude/.credentials.json */
	CREDENTIALS_NONE,
};

enum runtime_choice {
	RUNTIME_AUTO, /* docker where an engine answers, else native */
	RUNTIME_DOCKER,
	RUNTIME_NATIVE,
	RUNTIME_PODMAN,
};

enum command_kind {
	COMMAND_CLAUDE,
	COMMAND_EXEC,
	COMMAND_SHELL,
};

/* Where the value of an option comes from, in the order in which they win. */
enum setting_source {
	SETTING_DEFAULT, /* nobody said anything */
	SETTING_LINE,
	SETTING_FILE,    /* --config */
	SETTING_USER,    /* config.json of the person */
	SETTING_PROJECT, /* .claudefs.json */
};

struct options {
	enum network_mode network;
	enum commit_mode commit;
	enum credentials_mode credentials;
	enum command_kind command;
	enum runtime_choice runtime;
	bool is_help;
	bool is_version;
	bool is_print_plan;
	bool is_json;            /* --json */
	bool is_learning_egress; /* --learn-egress */
	bool is_reload_firewall;
	bool is_print_egress;
	bool is_print_sources;       /* --credentials-sources */
	bool is_fresh;               /* --fresh-creds: renew the login on the host first */
	bool is_push_allowed;        /* --allow-git-push */
	bool is_broad_token_refused; /* --disallow-broad-gh-token */
	bool is_refresh;  /* --credentials-refresh: hand the refresh token in, take it back */
	bool is_isolated; /* --isolate-claude-data */
	bool is_rebuild;
	bool without_gvisor;  /* ask the engine for runc by name */
	char *project;        /* as given; NULL: the current directory */
	char *claude;         /* --claude PATH */
	char *rules;          /* --rules FILE */
	char *config;         /* --config FILE */
	char *egress;         /* --egress FILE */
	char *image;          /* --image NAME: used as it is, never built */
	char *image_root;     /* --image-root NAME: instead of Debian */
	char *claude_version; /* --claude-version: in the image; NULL: the host's program */
	struct limits limits;
	struct string_list env;       /* NAME or NAME=VALUE */
	struct string_list arguments; /* for claude, or the command of --exec */
	char *never;                  /* patterns of the project's file, one a line; NULL: none */
	char *narrowed_egress;        /* its hosts, one a line; NULL: not narrowed */
	char *project_file;           /* the path of that file; NULL: there is none */
	unsigned char sources[OPTIONS_MAX]; /* enum setting_source (option_table.h) */
};

void options_done(struct options *options);
#define cleanup_options __attribute__((cleanup(options_done)))

/* Fills ret (which starts as { 0 }), from the line and the file of --config. Returns 0, or an exit
 * code after a line on stderr. */
int options_parse(int argc, char **argv, struct options *ret);

/* Fills in what is still open, from a JSON object with the same names: { "network": "none", "env":
 * ["NAME", "NAME=VALUE"], "no-gvisor": true, ... }. It must be the person's own file. An unknown
 * name or value is an error; paths must be absolute or begin with "~/", since the current directory
 * may be the agent's. Returns 0, or an exit code after a line on stderr. */
int options_read_config(struct options *options, const char *path, enum setting_source source);
/* The same from config_dir/config.json, if there is one. */
int options_read_user_config(struct options *options, const char *config_dir);

void options_print_help(FILE *stream);

const char *network_mode_name(enum network_mode mode);
const char *commit_mode_name(enum commit_mode mode);
const char *credentials_mode_name(enum credentials_mode mode);
const char *runtime_choice_name(enum runtime_choice choice);

#endif
