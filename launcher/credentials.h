/* SPDX-License-Identifier: MIT */
/* Where the person's login is kept, and how it gets into a session: a table of stores, asked in
 * their order. Nothing read here ever goes to an environment, an argument, a log or a disk other
 * than the store that it came from. */
#ifndef CLAUDEFS_LAUNCHER_CREDENTIALS_H
#define CLAUDEFS_LAUNCHER_CREDENTIALS_H

#include <stdio.h>

#include "launcher/host_places.h"
#include "launcher/login.h"
#include "launcher/options.h"

/* The name of Claude Code's item in a keychain. */
#define CREDENTIALS_SERVICE  "Claude Code-credentials"
/* ms; a store that asks a person for a password, or hangs, counts as locked after it. */
#define CREDENTIALS_STORE_MS 5000
/* ms; how long the host's own claude may take to renew the login. */
#define CREDENTIALS_RENEW_MS 30000

struct credentials_source {
	const char *name; /* word of --credentials, and what people read */
	enum credentials_mode mode;
	bool is_automatic; /* asked by --credentials auto on this system */
	/* The store's whole text: FOUND with *ret (ret_: secret_free), ABSENT, UNUSABLE, LOCKED or
	 * UNAVAILABLE. */
	enum login_state (*read)(const struct host_places *places, struct secret **ret);
	/* Puts text in the place of expected, which was read before. Returns 0, -ESTALE (something
	 * else is there now), -ENOENT (nothing is), -EFBIG (more than the store's program takes
	 * other than as an argument), -ETIMEDOUT or -errno. */
	int (*write)(const struct host_places *places, const struct secret *expected,
		     const struct secret *text);
	/* Is a login there? Without asking for the secret itself. */
	enum login_state (*look)(const struct host_places *places);
	const char *mend; /* what to do where it is UNAVAILABLE, LOCKED or UNUSABLE */
};

/* In the order in which they are asked, ended by a NULL name. */
extern const struct credentials_source credentials_sources[];

enum login_state credentials_keychain_read(const struct host_places *places, struct secret **ret);
int credentials_keychain_write(const struct host_places *places, const struct secret *expected,
			       const struct secret *text);
enum login_state credentials_keychain_look(const struct host_places *places);
enum login_state credentials_secret_service_read(const struct host_places *places,
						 struct secret **ret);
int credentials_secret_service_write(const struct host_places *places,
				     const struct secret *expected, const struct secret *text);
enum login_state credentials_secret_service_look(const struct host_places *places);
enum login_state credentials_file_read(const struct host_places *places, struct secret **ret);
int credentials_file_write(const struct host_places *places, const struct secret *expected,
			   const struct secret *text);
enum login_state credentials_file_look(const struct host_places *places);

struct credentials {
	const struct credentials_source *source; /* NULL: none */
	struct secret *handed;                   /* what goes in; NULL: nothing */
};

void credentials_done(struct credentials *credentials);
#define cleanup_credentials __attribute__((cleanup(credentials_done)))

/* Finds the login by options->credentials, renews it on the host where it has expired (or
 * options->is_fresh), and cuts it (with its refresh token if options->is_refresh). Nothing where
 * the environment has a token of its own. What is wrong is said on stderr. Returns 0 (with or
 * without a login) or an exit code: claude is to run, and the login has expired for good. */
int credentials_find(const struct options *options, const struct host_places *places,
		     struct credentials *ret);

/* One store again: FOUND or EXPIRED with *ret (cut as above), or another state. */
enum login_state credentials_read_again(const struct credentials_source *source,
					const struct host_places *places, bool has_refresh,
					struct secret **ret);

/* Runs the host's own claude once (`claude -p . --max-turns 1`), which renews an expired login in
 * the store that it uses. In an empty directory of ours: not in the project, whose settings would
 * run. Returns 0 (it ran), -ENOENT (no claude), -ETIMEDOUT or -errno. */
int credentials_renew(const struct options *options, const struct host_places *places);

/* Where a login would be taken from, without asking for the secret: the state of that source, for
 * people ("found", "absent", ...; static). *ret_source (static): its name, "environment", or NULL:
 * none. */
const char *credentials_look(const struct options *options, const struct host_places *places,
			     const char **ret_source);

/* --credentials-sources: one line "name<TAB>state<TAB>mend" per store, for `claudefs doctor`. */
int credentials_print_sources(const struct host_places *places, FILE *stream);

#endif
