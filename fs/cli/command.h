/* SPDX-License-Identifier: MIT */
/* The commands of `claudefs`: one table that the dispatcher, the help, the completions and the
 * tests of the man page read, and what a command is given when it runs. */
#ifndef CLAUDEFS_CLI_COMMAND_H
#define CLAUDEFS_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define ARGUMENT_LIST_MAX 64u /* of one repeatable option */

struct argument_list {
	const char *items[ARGUMENT_LIST_MAX]; /* borrowed from argv */
	size_t count;
};

/* The parsed command line. Which of the fields a command may find set is said by its option table.
 */
struct cli {
	/* global */
	bool is_json;
	bool is_help;
	bool is_version;
	bool has_no_user_rules;
	bool has_no_pager;
	const char *color;
	const char *session;
	struct argument_list rules_files;
	/* of commands */
	bool approves_all;
	bool assumes_yes;
	bool follows;
	bool is_dry_run;
	bool is_interactive;
	bool is_patch;
	bool lists;
	bool resets;
	bool is_brief;
	bool is_strict;
	bool restores;
	bool wants_everything;
	bool wants_names;
	bool wants_stat;
	struct argument_list keys;
	struct argument_list only;
	struct argument_list ours;
	struct argument_list records;
	struct argument_list theirs;
	/* what follows the command's name */
	char *const *arguments;
	size_t argument_count;
	/* derived from stdout */
	bool is_colored;
	unsigned int columns; /* of the terminal; 0: stdout is none */
};

enum option_kind {
	OPTION_FLAG,  /* bool */
	OPTION_VALUE, /* const char *; the last one wins */
	OPTION_LIST,  /* struct argument_list; repeatable */
};

struct option_spec {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* as help shows it; NULL for a flag */
	const char *help;
	enum option_kind kind;
	size_t offset; /* of the field in struct cli */
};

/* Ends a table of options. */
#define OPTION_END           \
	{                    \
		.name = NULL \
	}

struct command {
	const char *name;
	const char *usage;   /* what follows "claudefs NAME" */
	const char *summary; /* one line */
	const char *details; /* further lines of its help, or NULL */
	const struct option_spec *options;
	size_t arguments_max;
	int (*run)(const struct cli *cli); /* returns an exit code; has printed its own errors */
};

extern const struct option_spec global_options[];
extern const struct command commands[]; /* in alphabetical order, ended by a NULL name */

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* The command whose name is nearest to a mistyped one, or NULL if none is near. */
const struct command *command_nearest(const char *name);

/* Prints the overview (command NULL) or a command's help on stdout. */
void command_print_help(const struct command *command);

int cmd_approve(const struct cli *cli);
int cmd_audit(const struct cli *cli);
int cmd_commit(const struct cli *cli);
int cmd_complete(const struct cli *cli);
int cmd_diff(const struct cli *cli);
int cmd_discard(const struct cli *cli);
int cmd_doctor(const struct cli *cli);
int cmd_help(const struct cli *cli);
int cmd_log(const struct cli *cli);
int cmd_reject(const struct cli *cli);
int cmd_report(const struct cli *cli);
int cmd_rules(const struct cli *cli);
int cmd_sessions(const struct cli *cli);
int cmd_show(const struct cli *cli);
int cmd_status(const struct cli *cli);
int cmd_undo(const struct cli *cli);
int cmd_verify(const struct cli *cli);
int cmd_why(const struct cli *cli);

#endif
