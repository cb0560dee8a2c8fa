/* SPDX-License-Identifier: MIT */
/* The Secret Service of a Linux desktop (GNOME Keyring, KWallet, KeePassXC), through the program
 * claudefs-secret-service: libsecret, its threads and its waiting for a person stay in there. */
#include "launcher/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret_program.h"
#include "launcher/find_program.h"
#include "launcher/secret_service_codes.h"

/* Where there is no session bus, libsecret would start one, and wait. */
static bool has_bus(void)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *socket = NULL;
	struct stat st;

	if (address && address[0])
		return true;
	if (!runtime || runtime[0] != '/' || asprintf(&socket, "%s/bus", runtime) < 0)
		return false;
	return stat(socket, &st) == 0 && S_ISSOCK(st.st_mode);
}

static int run(const char *verb, const struct secret *input, struct secret **ret_output)
{
	cleanup_free char *program = has_bus() ? find_own("claudefs-secret-service") : NULL;
	const char *argv[] = { program, verb, CREDENTIALS_SERVICE, NULL };
	struct secret_program what = { .argv = argv,
				       .input = input,
				       .has_output = ret_output != NULL,
				       .timeout_ms = CREDENTIALS_STORE_MS };
	int code = -1;
	int r;

	if (!program)
		return SECRET_SERVICE_UNAVAILABLE;
	r = secret_program_run(&what, ret_output, &code);
	/* A service that does not answer waits for a person. */
	if (r == -ETIMEDOUT)
		return SECRET_SERVICE_LOCKED;
	return r < 0 ? SECRET_SERVICE_FAILED : code;
}

static enum login_state state_of(int code)
{
	switch (code) {
	case 0: return LOGIN_FOUND;
	case SECRET_SERVICE_ABSENT: return LOGIN_ABSENT;
	case SECRET_SERVICE_LOCKED: return LOGIN_LOCKED;
	case SECRET_SERVICE_UNAVAILABLE: return LOGIN_UNAVAILABLE;
	default: return LOGIN_UNUSABLE;
	}
}

enum login_state credentials_secret_service_read(const struct host_places *places,
						 struct secret **ret)
{
	cleanup_secret struct secret *output = NULL;
	enum login_state state = state_of(run("read", NULL, &output));

	(void)places;
	if (state == LOGIN_FOUND)
		*ret = steal_ptr(&output);
	return state;
}

enum login_state credentials_secret_service_look(const struct host_places *places)
{
	(void)places;
	return state_of(run("look", NULL, NULL));
}

int credentials_secret_service_write(const struct host_places *places,
				     const struct secret *expected, const struct secret *text)
{
	cleanup_secret struct secret *now = NULL;

	if (credentials_secret_service_read(places, &now) != LOGIN_FOUND ||
	    !secret_is_equal(now, expected))
		return -ESTALE;
	switch (run("write", text, NULL)) {
	case 0: return 0;
	case SECRET_SERVICE_ABSENT: return -ENOENT;
	case SECRET_SERVICE_LOCKED: return -EACCES;
	default: return -EIO;
	}
}
