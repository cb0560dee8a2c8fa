/* SPDX-License-Identifier: MIT */
/* The store of Claude Code on macOS: a generic password in the login keychain, by Apple's
 * security(1). The secret comes by its stdout; it goes back as hexadecimal in a command on its
 * stdin (-i), never as an argument, to the account that the item has already. */
#include "launcher/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/program_path.h"
#include "fs/base/secret_program.h"

#define NOT_FOUND       44   /* errSecItemNotFound (-25300), as an exit code */
#define NOT_ALLOWED     51   /* errSecAuthFailed (-25293) */
#define NOT_INTERACTIVE 36   /* errSecInteractionNotAllowed (-25308) */
#define COMMAND_MAX     4096 /* bytes of a line that `security -i` reads; more would be cut */

/* Apple's program (ret_), or NULL. Elsewhere, where only tests ask for a keychain, one on PATH. */
static char *find_security(void)
{
#ifdef __APPLE__
	return strdup("/usr/bin/security");
#else
	return program_on_path("security");
#endif
}

static enum login_state state_of(int r, int code)
{
	if (r == -ENOENT)
		return LOGIN_UNAVAILABLE;
	if (r < 0)
		return r == -ETIMEDOUT ? LOGIN_LOCKED : LOGIN_UNUSABLE;
	switch (code) {
	case 0: return LOGIN_FOUND;
	case NOT_FOUND: return LOGIN_ABSENT;
	case NOT_ALLOWED:
	case NOT_INTERACTIVE: return LOGIN_LOCKED;
	default: return LOGIN_UNUSABLE;
	}
}

/* with_secret: -w, only the secret; else the item's attributes. */
static enum login_state ask(bool with_secret, struct secret **ret)
{
	cleanup_free char *program = find_security();
	const char *argv[] = { program,
			       "find-generic-password",
			       "-s",
			       CREDENTIALS_SERVICE,
			       with_secret ? "-w" : NULL,
			       NULL };
	struct secret_program what = { .argv = argv,
				       .has_output = true,
				       .timeout_ms = CREDENTIALS_STORE_MS };
	cleanup_secret struct secret *output = NULL;
	enum login_state state;
	int code = -1;
	int r;

	if (!program)
		return LOGIN_UNAVAILABLE;
	r = secret_program_run(&what, &output, &code);
	state = state_of(r, code);
	if (state == LOGIN_FOUND)
		*ret = steal_ptr(&output);
	return state;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is not plain text, security prints as hexadecimal: so it does with an item that holds a line
 * feed. */
static void decode_hex(struct secret *text)
{
	if (text->len < 2 || text->len % 2 != 0)
		return;
	for (size_t i = 0; i < text->len; i++) {
		if (hex_digit(text->data[i]) < 0)
			return;
	}
	for (size_t i = 0; i < text->len; i += 2)
		text->data[i / 2] =
			(char)(hex_digit(text->data[i]) * 16 + hex_digit(text->data[i + 1]));
	text->len /= 2;
	memset(text->data + text->len, 0, text->len);
}

enum login_state credentials_keychain_read(const struct host_places *places, struct secret **ret)
{
	enum login_state state = ask(true, ret);

	(void)places;
	if (state != LOGIN_FOUND)
		return state;
	while ((*ret)->len > 0 && (*ret)->data[(*ret)->len - 1] == '\n')
		(*ret)->data[--(*ret)->len] = '\0';
	decode_hex(*ret);
	return LOGIN_FOUND;
}

enum login_state credentials_keychain_look(const struct host_places *places)
{
	cleanup_secret struct secret *attributes = NULL;

	(void)places;
	return ask(false, &attributes);
}

/* The account of the item: a line    "acct"<blob>="name". Only plain names: it becomes part of a
 * command. */
static int find_account(char *ret, size_t size)
{
	static const char before[] = "\"acct\"<blob>=\"";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._@+-";
	cleanup_secret struct secret *attributes = NULL;
	const char *name;
	size_t len;

	switch (ask(false, &attributes)) {
	case LOGIN_FOUND: break;
	case LOGIN_ABSENT: return -ENOENT;
	case LOGIN_LOCKED: return -EACCES;
	case LOGIN_EXPIRED:
	case LOGIN_UNUSABLE:
	case LOGIN_UNAVAILABLE: return -EIO;
	}
	name = strstr(attributes->data, before);
	if (!name)
		return -EBADMSG;
	name += strlen(before);
	len = strspn(name, plain);
	if (len == 0 || len >= size || name[len] != '"')
		return -EBADMSG;
	memcpy(ret, name, len);
	ret[len] = '\0';
	return 0;
}

static int make_command(const struct secret *text, struct secret **ret)
{
	static const char digits[] = "0123456789abcdef";
	cleanup_secret struct secret *command = NULL;
	char account[256];
	int r = find_account(account, sizeof(account));

	if (r == 0)
		r = secret_new(&command);
	if (r < 0)
		return r;
	command->len = (size_t)snprintf(command->data, COMMAND_MAX,
					"add-generic-password -U -a \"%s\" -s \"%s\" -X ", account,
					CREDENTIALS_SERVICE);
	if (command->len + 2 * text->len + 1 >= COMMAND_MAX)
		return -EFBIG;
	for (size_t i = 0; i < text->len; i++) {
		command->data[command->len++] = digits[((unsigned char)text->data[i]) >> 4];
		command->data[command->len++] = digits[((unsigned char)text->data[i]) & 15];
	}
	command->data[command->len++] = '\n';
	*ret = steal_ptr(&command);
	return 0;
}

int credentials_keychain_write(const struct host_places *places, const struct secret *expected,
			       const struct secret *text)
{
	cleanup_free char *program = find_security();
	const char *argv[] = { program, "-i", NULL };
	cleanup_secret struct secret *now = NULL;
	cleanup_secret struct secret *command = NULL;
	cleanup_secret struct secret *after = NULL;
	struct secret_program what = { .argv = argv, .timeout_ms = CREDENTIALS_STORE_MS };
	int code = -1;
	int r;

	if (!program)
		return -ENOENT;
	if (credentials_keychain_read(places, &now) != LOGIN_FOUND ||
	    !secret_is_equal(now, expected))
		return -ESTALE;
	r = make_command(text, &command);
	if (r < 0)
		return r;
	what.input = command;
	r = secret_program_run(&what, NULL, &code);
	if (r < 0)
		return r;
	/* security -i ends with 0 whatever became of the command. */
	if (code != 0 || credentials_keychain_read(places, &after) != LOGIN_FOUND ||
	    !secret_is_equal(after, text))
		return -EIO;
	return 0;
}
