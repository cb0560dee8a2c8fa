/* SPDX-License-Identifier: MIT */
/* Every command and option of `claudefs`, as data. */
#include "fs/cli/command.h"

#include <string.h>

#define FLAG(letter_, name_, field_, help_)                                            \
	{                                                                              \
		letter_, name_, NULL, help_, OPTION_FLAG, offsetof(struct cli, field_) \
	}
#define VALUE(letter_, name_, argument_, field_, help_)                                      \
	{                                                                                    \
		letter_, name_, argument_, help_, OPTION_VALUE, offsetof(struct cli, field_) \
	}
#define LIST(letter_, name_, argument_, field_, help_)                                      \
	{                                                                                   \
		letter_, name_, argument_, help_, OPTION_LIST, offsetof(struct cli, field_) \
	}

/* Accepted before and after the command's name. In the order of the help. */
const struct option_spec global_options[] = {
	FLAG('h', "help", is_help, "show this help, or a command's"),
	FLAG(0, "version", is_version, "show the version"),
	FLAG(0, "json", is_json, "print JSON (one value; log: one line per record)"),
	VALUE('s', "session", "ID", session, "a session by its id or a unique beginning of it"),
	LIST(0, "rules", "FILE", rules_files,
	     "add a rule file in front of the others (repeatable)"),
	FLAG(0, "no-user-rules", has_no_user_rules,
	     "leave out the rule files of ~/.config/claudefs/rules.d"),
	VALUE(0, "color", "WHEN", color, "auto (default), always or never; NO_COLOR counts too"),
	FLAG(0, "no-pager", has_no_pager, "never start a pager"),
	OPTION_END,
};

#define COMPLETE_WORDS_MAX 4096u

static const struct option_spec no_options[] = { OPTION_END };

static const struct option_spec decide_options[] = {
	FLAG('p', "patch", is_patch,
	     "ask about each hunk, key or record, as git add -p does about hunks"),
	LIST(0, "key", "KEY", keys, "only this key of a file that is merged by key (repeatable)"),
	LIST(0, "record", "UUID", records, "only this record of a transcript (repeatable)"),
	FLAG(0, "reset", resets, "forget what was decided about these paths"),
	OPTION_END,
};

static const struct option_spec audit_options[] = {
	FLAG(0, "brief", is_brief, "one screen at most, and nothing if nothing was found"),
	FLAG(0, "restore", restores, "put PATHs back, or ask about each"),
	FLAG(0, "strict", is_strict, "exit with 3 if anything was found"),
	FLAG('y', "yes", assumes_yes, "do not ask"),
	OPTION_END,
};

static const struct option_spec commit_options[] = {
	FLAG('n', "dry-run", is_dry_run, "say what would be done, and do nothing"),
	FLAG('i', "interactive", is_interactive, "ask about each change that needs approval"),
	LIST(0, "only", "PATH", only, "only this path and what is beneath it (repeatable)"),
	LIST(0, "theirs", "PATH", theirs,
	     "settle a conflict: the session's side replaces the host's (repeatable)"),
	LIST(0, "ours", "PATH", ours,
	     "settle a conflict: the host's side stays, the session's is dropped (repeatable)"),
	FLAG(0, "all", approves_all, "approve everything that the rules let a person approve"),
	OPTION_END,
};

static const struct option_spec diff_options[] = {
	FLAG('a', "all", wants_everything, "what never leaves the sandbox too"),
	FLAG(0, "stat", wants_stat, "only how many lines of each file changed"),
	FLAG(0, "name-only", wants_names, "only the names of changed files"),
	OPTION_END,
};

static const struct option_spec discard_options[] = {
	FLAG('y', "yes", assumes_yes, "do not ask"),
	OPTION_END,
};

static const struct option_spec log_options[] = {
	FLAG('f', "follow", follows, "go on while the session runs"),
	OPTION_END,
};

static const struct option_spec sessions_options[] = {
	FLAG('a', "all", wants_everything, "discarded ones too"),
	OPTION_END,
};

static const struct option_spec status_options[] = {
	FLAG('a', "all", wants_everything, "fold no long lists"),
	OPTION_END,
};

static const struct option_spec undo_options[] = {
	FLAG('n', "dry-run", is_dry_run, "say what would be undone, and do nothing"),
	FLAG('l', "list", lists, "list the receipts: what was committed and undone so far"),
	OPTION_END,
};

const struct command commands[] = {
	{ "approve", "[-p] [--reset] [--key KEY]... [--record UUID]... PATH|PATTERN|push:N...",
	  "approve changes, for the next commit",
	  "PATH means all that is pending there and beneath; a PATTERN is written as in rules "
	  "(docs/RULES.md);\n"
	  "push:N is what git push in the sandbox asked for.\n"
	  "An approval counts for what is there now: it lapses when the session writes to it "
	  "again, or when\n"
	  "the host's file changes. What the rules never let out cannot be approved.\n"
	  "With --key or --record it counts for those keys or records alone, as each of them is "
	  "now.\n",
	  decide_options, ARGUMENT_LIST_MAX, cmd_approve },
	{ "audit", "[--brief] [--strict] [--restore [--yes] [PATH]...]",
	  "show what in the project would run on the host next",
	  "Compares the project before and after the session: git's hooks and configuration, build "
	  "files,\n"
	  "editor tasks, agents' settings, and whatever else runs by itself; ignored files and "
	  "hidden\n"
	  "repositories too. git is never run. --restore puts back what it can, and keeps what it "
	  "takes\n"
	  "away in the session.\n",
	  audit_options, ARGUMENT_LIST_MAX, cmd_audit },
	{ "commit", "[-n] [-i] [--all] [--only PATH]... | --theirs PATH | --ours PATH",
	  "apply approved changes to the host",
	  "Changes that the rules commit without asking are applied, and those approved with -i, "
	  "--all\n"
	  "or --only. What the rules never let out stays in the session. Run it again at any time: "
	  "it\n"
	  "does what is left to do.\n"
	  "With --theirs or --ours (PATH or pattern) it only settles those conflicts: theirs is "
	  "what the "
	  "session\n"
	  "wrote, ours is what the host has.\n",
	  commit_options, 0, cmd_commit },
	{ "complete", "-- WORD...", "say what may be typed next (for the shells' completions)",
	  "A line per candidate for the last WORD: VALUE, a tab, a description. Never says what is "
	  "wrong.\n",
	  no_options, COMPLETE_WORDS_MAX, cmd_complete },
	{ "diff", "[PATH|push:N] [--all] [--stat | --name-only]",
	  "show what changed against the host",
	  "Without PATH, what never leaves the sandbox is left out unless --all is given.\n"
	  "PATH may be push:N: what git push in the sandbox asked for.\n",
	  diff_options, 1, cmd_diff },
	{ "discard", "[--yes]", "drop the changes that were not committed", NULL, discard_options,
	  0, cmd_discard },
	{ "doctor", "", "check this machine, one line per finding", NULL, no_options, 0,
	  cmd_doctor },
	{ "help", "[COMMAND]", "show this help, or a command's", NULL, no_options, 1, cmd_help },
	{ "log", "[--follow]", "show what happened, in order", NULL, log_options, 0, cmd_log },
	{ "reject", "[-p] [--reset] [--key KEY]... [--record UUID]... PATH|PATTERN|push:N...",
	  "leave changes in the session, and do not ask again",
	  "Also what the rules would let out by themselves. Counts until the session writes to it "
	  "again, or the\n"
	  "host's file changes.\n",
	  decide_options, ARGUMENT_LIST_MAX, cmd_reject },
	{ "report", "", "write one page of HTML on the session to standard output",
	  "Timeline, changes with their diffs, hazards, processes. It needs no other file, holds "
	  "no "
	  "script,\n"
	  "and may be kept or sent: claudefs report >report.html\n",
	  no_options, 0, cmd_report },
	{ "rules", "check [FILE]... | list | suggest",
	  "check rule files, list the rules in force, or propose some",
	  "check: reads FILEs (else the files of ~/.config/claudefs/rules.d) and names the first "
	  "fault by file and line.\n"
	  "list: every rule in the order in which they are tried; the first match decides.\n"
	  "suggest: the narrowest rules for what was always approved, as JSON for rules.d.\n",
	  no_options, ARGUMENT_LIST_MAX, cmd_rules },
	{ "sessions", "[--all]", "list sessions, newest first", NULL, sessions_options, 0,
	  cmd_sessions },
	{ "show", "PATH|push:N", "print a file as the session sees it, or a push", NULL, no_options,
	  1, cmd_show },
	{ "status", "[--all]", "show what the session changed, and what will become of it", NULL,
	  status_options, 0, cmd_status },
	{ "undo", "[-n] [RECEIPT] | --list", "take back what a commit did to the host",
	  "Without RECEIPT, the last commit that was not undone. Each file gets back its bytes, "
	  "mode "
	  "and time, and\n"
	  "what was made is removed: where the host is still as the commit left it. Anything else "
	  "is named and\n"
	  "left alone. An undo has a receipt too, and can be undone by its number.\n",
	  undo_options, 1, cmd_undo },
	{ "verify", "", "check the journal and the stored contents", NULL, no_options, 0,
	  cmd_verify },
	{ "why", "PATH", "say which rule decides for a path, and why",
	  "PATH is relative to ~/.claude, or absolute beneath it. It need not exist, and no "
	  "session is needed.\n",
	  no_options, 1, cmd_why },
	{ .name = NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}
