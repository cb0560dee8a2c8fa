/* SPDX-License-Identifier: MIT */
#include "launcher/credentials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/json.h"
#include "fs/base/message.h"

#ifdef __APPLE__
#define HAS_KEYCHAIN true
#else
#define HAS_KEYCHAIN false
#endif

const struct credentials_source credentials_sources[] = {
	{ "keychain", CREDENTIALS_KEYCHAIN, HAS_KEYCHAIN, credentials_keychain_read,
	  credentials_keychain_write, credentials_keychain_look,
	  "unlock the keychain ('security unlock-keychain'), or log in with 'claude'" },
	{ "secret-service", CREDENTIALS_SECRET_SERVICE, true, credentials_secret_service_read,
	  credentials_secret_service_write, credentials_secret_service_look,
	  "unlock your keyring; it needs a session bus, and claudefs built with libsecret" },
	{ "file", CREDENTIALS_FILE, true, credentials_file_read, credentials_file_write,
	  credentials_file_look,
	  "log in with 'claude'; ~/.claude/.credentials.json must be a file that only you may "
	  "read ('chmod 600')" },
	{ .name = NULL },
};

void credentials_done(struct credentials *credentials)
{
	secret_free(credentials->handed);
	*credentials = (struct credentials){ 0 };
}

static bool has_token_in_environment(void)
{
	return getenv("ANTHROPIC_API_KEY") || getenv("ANTHROPIC_AUTH_TOKEN") ||
	       getenv("CLAUDE_CODE_OAUTH_TOKEN");
}

enum login_state credentials_read_again(const struct credentials_source *source,
					const struct host_places *places, bool has_refresh,
					struct secret **ret)
{
	cleanup_secret struct secret *stored = NULL;
	enum login_state state = source->read(places, &stored);

	return state == LOGIN_FOUND ? login_cut(stored, clock_now_ns(), has_refresh, ret) : state;
}

static bool is_asked(const struct credentials_source *source, const struct options *options)
{
	return options->credentials == CREDENTIALS_AUTO ? source->is_automatic
							: options->credentials == source->mode;
}

struct search {
	struct credentials found;
	enum login_state state;
	const struct credentials_source *source; /* that state is of */
};

/* How much a person wants to hear of it, where none is found. */
static int weight(enum login_state state)
{
	switch (state) {
	case LOGIN_FOUND: return 5;
	case LOGIN_EXPIRED: return 4;
	case LOGIN_UNUSABLE: return 3;
	case LOGIN_LOCKED: return 2;
	case LOGIN_ABSENT: return 1;
	case LOGIN_UNAVAILABLE: return 0;
	}
	return 0;
}

/* The first store with a login that has not expired; else what is wrong with the nearest. */
static void search(const struct options *options, const struct host_places *places,
		   struct search *ret)
{
	*ret = (struct search){ .state = LOGIN_UNAVAILABLE };
	for (const struct credentials_source *source = credentials_sources; source->name;
	     source++) {
		struct secret *cut = NULL;
		enum login_state state;

		if (!is_asked(source, options))
			continue;
		state = credentials_read_again(source, places, options->is_refresh, &cut);
		if (!ret->source || weight(state) > weight(ret->state)) {
			ret->state = state;
			ret->source = source;
		}
		if (state == LOGIN_FOUND) {
			ret->found = (struct credentials){ .source = source, .handed = cut };
			return;
		}
		secret_free(cut);
	}
}

static void say_renewal(int r)
{
	switch (r) {
	case 0: return;
	case -ENOENT: message_warning("the host has no claude that could renew the login"); return;
	case -ETIMEDOUT:
		message_warning("the host's claude did not renew the login within %d seconds",
				CREDENTIALS_RENEW_MS / 1000);
		return;
	default: message_warning("the host's claude could not be run: %s", strerror(-r));
	}
}

/* Claude would ask for a login, and keep it where it is lost. */
static void say_none(const struct options *options)
{
	if (options->command == COMMAND_CLAUDE || options->is_fresh)
		message_warning("no login was found on this host: log in there with 'claude', or "
				"set ANTHROPIC_API_KEY; one that is made in the sandbox ends with "
				"it");
}

/* Returns 0 or an exit code. */
static int say_missing(const struct search *found, const struct options *options)
{
	bool is_explicit = options->credentials != CREDENTIALS_AUTO;

	switch (found->state) {
	case LOGIN_FOUND: return 0;
	case LOGIN_ABSENT:
		if (is_explicit)
			message_warning("%s: no login there; the session starts without one",
					found->source->name);
		else
			say_none(options);
		return 0;
	case LOGIN_UNAVAILABLE:
		if (is_explicit)
			message_warning("%s: not available here: %s", found->source->name,
					found->source->mend);
		else
			say_none(options);
		return 0;
	case LOGIN_LOCKED:
		message_warning("%s: locked; the session starts without a login: %s",
				found->source->name, found->source->mend);
		return 0;
	case LOGIN_UNUSABLE:
		message_warning("%s: no login can be read from it; the session starts without one: "
				"%s",
				found->source->name, found->source->mend);
		return 0;
	case LOGIN_EXPIRED: break;
	}
	if (options->command != COMMAND_CLAUDE) {
		message_warning("%s: the login has expired and is not handed on: run claude once "
				"on the host, which renews it",
				found->source->name);
		return 0;
	}
	message_error("%s: the login has expired: run claude once on the host, which renews it "
		      "(or log in again there), and start again; --credentials none starts "
		      "without one",
		      found->source->name);
	return EXIT_RUN_FAILED;
}

int credentials_find(const struct options *options, const struct host_places *places,
		     struct credentials *ret)
{
	static const struct rlimit no_core = { 0, 0 };
	struct search found;

	*ret = (struct credentials){ 0 };
	if (options->is_fresh &&
	    (options->credentials == CREDENTIALS_NONE || has_token_in_environment()))
		message_warning("--fresh-creds: nothing was renewed: %s",
				options->credentials == CREDENTIALS_NONE
					? "--credentials none hands on no login"
					: "a token in the environment goes before all stores");
	if (options->credentials == CREDENTIALS_NONE || has_token_in_environment())
		return 0;
	/* From here on this process holds tokens; parsing copies them. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	json_wipe_memory();
	if (options->is_fresh)
		say_renewal(credentials_renew(options, places));
	search(options, places, &found);
	if (found.state == LOGIN_EXPIRED && !options->is_fresh) {
		say_renewal(credentials_renew(options, places));
		search(options, places, &found);
	}
	*ret = found.found;
	secret_clear_registers();
	return say_missing(&found, options);
}

static const char *state_word(enum login_state state)
{
	switch (state) {
	case LOGIN_FOUND: return "found";
	case LOGIN_ABSENT: return "absent";
	case LOGIN_EXPIRED: return "expired";
	case LOGIN_UNUSABLE: return "unusable";
	case LOGIN_LOCKED: return "locked";
	case LOGIN_UNAVAILABLE: return "unavailable";
	}
	return "unusable";
}

const char *credentials_look(const struct options *options, const struct host_places *places,
			     const char **ret_source)
{
	enum login_state nearest = LOGIN_UNAVAILABLE;

	*ret_source = NULL;
	if (has_token_in_environment()) {
		*ret_source = "environment";
		return state_word(LOGIN_FOUND);
	}
	for (const struct credentials_source *source = credentials_sources; source->name;
	     source++) {
		enum login_state state;

		if (!is_asked(source, options))
			continue;
		state = source->look(places);
		if (!*ret_source || weight(state) > weight(nearest)) {
			*ret_source = source->name;
			nearest = state;
		}
		if (state == LOGIN_FOUND)
			break;
	}
	return state_word(*ret_source ? nearest : LOGIN_ABSENT);
}

int credentials_print_sources(const struct host_places *places, FILE *stream)
{
	for (const struct credentials_source *source = credentials_sources; source->name;
	     source++) {
		enum login_state state = source->is_automatic ? source->look(places)
							      : LOGIN_UNAVAILABLE;

		(void)fprintf(stream, "%s\t%s\t%s\n", source->name, state_word(state),
			      source->is_automatic ? source->mend : "only on macOS");
	}
	return fflush(stream) == 0 ? 0 : -EIO;
}
