/* SPDX-License-Identifier: MIT */
/* The words of a git command line, taken apart as git's own git.c and parse-options.c do. Pure; no
 * allocation, nothing is copied: what comes out points into what went in. Where git would reject a
 * line, any answer is right. */
#ifndef CLAUDEFS_PRELOAD_GIT_COMMAND_H
#define CLAUDEFS_PRELOAD_GIT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum git_global_type {
	GIT_GLOBAL_NONE,      /* no option: the command, or the end */
	GIT_GLOBAL_KEY,       /* -c: value is "key", or "key=value" */
	GIT_GLOBAL_KEY_FROM,  /* --config-env: value is "key=VARIABLE" */
	GIT_GLOBAL_EXEC_PATH, /* value: the directory; NULL: it is only asked for */
	GIT_GLOBAL_GIT_DIR,   /* value: the directory */
	GIT_GLOBAL_HELP,      /* what follows is a topic, or nothing */
	GIT_GLOBAL_OTHER,     /* one that only says how the command is run */
	GIT_GLOBAL_UNKNOWN,   /* of a newer git: the next word may be its value */
};

struct git_global {
	enum git_global_type type;
	const char *value;
	size_t words; /* that it takes, 0 for GIT_GLOBAL_NONE */
};

/* The option in front of the command, at the first of words (ends with NULL). */
struct git_global git_command_read_global(const char *const *words);

/* One word behind the command. */
struct git_word {
	const char *option; /* "-c" or "--config", with what follows it; NULL: no option */
	size_t option_len;  /* 2 for a short one, else to the '=' */
	const char *value;  /* behind '=', the rest of a cluster, or the next word; NULL: none */
	const char *plain;  /* a word that is no option, or NULL */
};

/* The place in the words behind a command. Starts as { words }. */
struct git_words {
	const char *const *next;
	const char *cluster; /* the rest of "-abc", or NULL */
	char short_option[3];
	bool is_plain_only; /* behind "--" */
};

/* Steps to the next option or plain word; values are the options whose value may be the next word
 * (a list that ends with NULL, or NULL), which is then no plain word. False: no more. ret is valid
 * until the next step. */
bool git_words_next(struct git_words *words, const char *const *values, struct git_word *ret);

/* True if the option of word is, or may be short for, option ("-c", "--config"). */
bool git_word_is_option(const struct git_word *word, const char *option);

#endif
