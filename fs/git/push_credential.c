/* SPDX-License-Identifier: MIT */
#include "fs/git/push_credential.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/program_path.h"
#include "fs/base/secret_program.h"
#include "fs/base/text.h"
#include "fs/git/person_file.h"
#include "fs/git/push_remotes.h"

#define PROGRAM_MS  60000 /* a helper may ask the person, in a window of its own */
#define ENTRIES_MAX 1024u /* of the environment */

extern char **environ;

void push_credential_done(struct push_credential *credential)
{
	free(credential->user);
	secret_free(credential->password);
	*credential = (struct push_credential){ 0 };
}

enum push_token_kind push_token_kind(const char *token, size_t len)
{
	static const struct {
		const char *begins;
		enum push_token_kind kind;
	} table[] = {
		{ "github_pat_", PUSH_TOKEN_FINE_GRAINED },
		{ "ghp_", PUSH_TOKEN_CLASSIC },
		{ "gho_", PUSH_TOKEN_OAUTH },
		{ "ghu_", PUSH_TOKEN_OAUTH },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t begins = strlen(table[i].begins);

		if (len >= begins && memcmp(token, table[i].begins, begins) == 0)
			return table[i].kind;
	}
	/* As GitHub once had them, forty hexadecimal digits: classic too. */
	return len == 40 && strspn(token, "0123456789abcdef") >= 40 ? PUSH_TOKEN_CLASSIC
								    : PUSH_TOKEN_OTHER;
}

const char *push_token_kind_name(enum push_token_kind kind)
{
	switch (kind) {
	case PUSH_TOKEN_FINE_GRAINED: return "fine-grained";
	case PUSH_TOKEN_CLASSIC: return "classic";
	case PUSH_TOKEN_OAUTH: return "OAuth";
	case PUSH_TOKEN_OTHER: return "other";
	}
	return "other";
}

/* gh gives a token of these for whatever host that is not github.com's: to any server that a
 * project names as its remote. (In a codespace it does so with GITHUB_TOKEN too.) */
static bool is_for_any_host(const char *entry)
{
	return strncmp(entry, "GH_ENTERPRISE_TOKEN=", 20) == 0 ||
	       strncmp(entry, "GITHUB_ENTERPRISE_TOKEN=", 24) == 0 ||
	       strncmp(entry, "CODESPACES=", 11) == 0;
}

static bool is_persons_host(const char *host)
{
	const char *own = getenv("GH_HOST");

	return own && strcasecmp(own, host) == 0;
}

/* "PATH=..." (ret_) without directories that are the project's: git looks for a helper there, and
 * helpers for theirs. NULL: out of memory. */
static char *clean_path(const char *project)
{
	cleanup_text struct text text = { 0 };
	const char *cursor = getenv("PATH");
	const char *separator = "";

	text_append(&text, "PATH=");
	while (cursor && *cursor) {
		size_t len = strcspn(cursor, ":");
		cleanup_free char *name = strndup(cursor, len);
		cleanup_free char *real = name && name[0] == '/' ? directory_canonical(name) : NULL;

		/* Not by its name, which may lead there through a link of the project's. */
		if (real && !path_is_beneath(real + 1, project + 1)) {
			text_appendf(&text, "%s%s", separator, real);
			separator = ":";
		}
		cursor += len + (cursor[len] == ':');
	}
	return text.is_failed ? NULL : steal_ptr(&text.data);
}

/* The caller's, without what would point git at another repository, configuration or program, and
 * without tokens that are not for host. */
static const char **clean_environment(const char *ceiling, const char *path, const char *host)
{
	const char **entries = (const char **)calloc(ENTRIES_MAX + 4, sizeof(*entries));
	size_t count = 0;

	if (!entries)
		return NULL;
	for (char *const *entry = environ; *entry && count < ENTRIES_MAX; entry++) {
		if (strncmp(*entry, "GIT_", 4) != 0 && strncmp(*entry, "SSH_ASKPASS", 11) != 0 &&
		    strncmp(*entry, "PATH=", 5) != 0 &&
		    (!is_for_any_host(*entry) || is_persons_host(host)))
			entries[count++] = *entry;
	}
	entries[count++] = "GIT_TERMINAL_PROMPT=0";
	entries[count++] = path;
	entries[count++] = ceiling;
	return entries;
}

/* A program of the host (ret_), or NULL: none, or one in the project. */
static char *find_program(const char *name, const char *project)
{
	cleanup_free char *path = program_on_path(name);

	if (!path || path_is_beneath(path + 1, project + 1))
		return NULL;
	return steal_ptr(&path);
}

static int run(const char *const *argv, const char *project, const char *directory,
	       const char *host, const struct secret *input, struct secret **ret)
{
	cleanup_free char *path = clean_path(project);
	cleanup_free char *ceiling = NULL;
	cleanup_free const char **environment = NULL;
	struct secret_program what = { .argv = argv,
				       .directory = directory,
				       .input = input,
				       .has_output = true,
				       .timeout_ms = PROGRAM_MS };
	int code = 1;
	int r;

	if (asprintf(&ceiling, "GIT_CEILING_DIRECTORIES=%s", directory) < 0) {
		ceiling = NULL;
		return -ENOMEM;
	}
	/* git looks for a repository above the directory, unless that is forbidden. */
	*strrchr(ceiling, '/') = '\0';
	environment = path ? clean_environment(ceiling, path, host) : NULL;
	if (!environment)
		return -ENOMEM;
	what.envp = environment;
	r = secret_program_run(&what, ret, &code);
	if (r == 0 && code != 0) {
		secret_free(*ret);
		*ret = NULL;
		return -ENOENT;
	}
	return r;
}

static int ask_gh(const char *host, const char *project, const char *directory,
		  struct push_credential *ret)
{
	cleanup_free char *program = find_program("gh", project);
	const char *const argv[] = { program, "auth", "token", "--hostname", host, NULL };
	cleanup_secret struct secret *output = NULL;
	int r = program ? run(argv, project, directory, host, NULL, &output) : -ENOENT;

	if (r < 0)
		return r;
	while (output->len > 0 && strchr("\r\n", output->data[output->len - 1]))
		output->data[--output->len] = '\0';
	if (output->len == 0 || strlen(output->data) != output->len ||
	    strpbrk(output->data, " \r\n\t"))
		return -ENOENT;
	/* GitHub looks at the password alone; this is what it calls a token's user. */
	ret->user = strdup("x-access-token");
	ret->password = steal_ptr(&output);
	ret->source = "gh";
	return ret->user ? 0 : -ENOMEM;
}

/* The value of key in the lines of git-credential(1): its beginning, and *ret_len. */
static const char *value_of(const struct secret *output, const char *key, size_t *ret_len)
{
	size_t key_len = strlen(key);
	const char *line = output->data;

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (len > key_len && strncmp(line, key, key_len) == 0 && line[key_len] == '=') {
			*ret_len = len - key_len - 1;
			return line + key_len + 1;
		}
		line += len + (line[len] == '\n');
	}
	return NULL;
}

/* In the project, or reached by a link in it. One that cannot be told may be. */
static bool is_projects(const char *file, const char *project)
{
	cleanup_fd int fd = person_file_open(file, project);
	cleanup_free char *real = fd < 0 ? NULL : fd_kernel_path(fd);

	return !real || path_is_beneath(real + 1, project + 1);
}

/* A helper that the agent may write into git's configuration would run on the host, at once: of
 * somebody who works on the own dotfiles, say. *ret_file (ret_): one that is the project's, or
 * NULL. Returns 0 or -errno. */
static int check_configuration(const char *host, const char *project, const char *directory,
			       char **ret_file)
{
	cleanup_free char *program = find_program("git", project);
	const char *const argv[] = { program,         "config", "--list", "--name-only",
				     "--show-origin", "-z",     NULL };
	cleanup_secret struct secret *output = NULL;
	int r = program ? run(argv, project, directory, host, NULL, &output) : -ENOENT;

	if (r < 0)
		return r;
	/* Origin and name, in turn. */
	for (size_t at = 0, field = 0; at < output->len; field++) {
		const char *origin = output->data + at;

		at += strlen(origin) + 1;
		if (field % 2 == 0 && strncmp(origin, "file:", 5) == 0 &&
		    is_projects(origin + 5, project)) {
			*ret_file = strdup(origin + 5);
			return *ret_file ? 0 : -ENOMEM;
		}
	}
	return 0;
}

static int ask_git(const char *target, const char *host, const char *project, const char *directory,
		   struct push_credential *ret)
{
	cleanup_free char *program = find_program("git", project);
	const char *const argv[] = { program, "credential", "fill", NULL };
	cleanup_secret struct secret *input = NULL;
	cleanup_secret struct secret *output = NULL;
	const char *path = strstr(target, "://");
	const char *user;
	const char *password;
	size_t user_len = 0;
	size_t len = 0;
	int n;
	int r = program ? secret_new(&input) : -ENOENT;

	if (r < 0)
		return r;
	path = path ? strchr(path + 3, '/') : NULL;
	/* push_remotes.c let no control character through. */
	n = snprintf(input->data, SECRET_MAX, "protocol=%.*s\nhost=%s\npath=%s\n\n",
		     (int)strcspn(target, ":"), target, host, path ? path + 1 : "");
	if (n < 0 || (size_t)n >= SECRET_MAX)
		return -EFBIG;
	input->len = (size_t)n;
	r = run(argv, project, directory, host, input, &output);
	if (r < 0)
		return r;
	user = value_of(output, "username", &user_len);
	password = value_of(output, "password", &len);
	if (!user || !password || len == 0)
		return -ENOENT;
	ret->user = strndup(user, user_len);
	ret->source = "git credential";
	r = secret_copy(password, len, &ret->password);
	return r == 0 && !ret->user ? -ENOMEM : r;
}

/* host, or host:port. */
static bool is_loopback(const char *host)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(host, names[i], len) != 0)
			continue;
		host += len;
		if (*host == ':')
			host += 1 + strspn(host + 1, "0123456789");
		return *host == '\0';
	}
	return false;
}

int push_credential_find(const char *target, const char *project, const char *directory,
			 bool refuse_broad, struct push_credential *ret,
			 struct push_problem *problem)
{
	cleanup_push_credential struct push_credential found = { 0 };
	cleanup_free char *host = push_target_host(target);
	cleanup_free char *file = NULL;
	int r;

	if (!host)
		return push_problem_set(problem, -ENOENT, "%s: no server that takes a credential",
					target);
	if (strncmp(target, "http://", 7) == 0 && !is_loopback(host))
		return push_problem_set(
			problem, -EACCES,
			"%s: a credential is not sent without TLS; set the remote's "
			"url to https://",
			target);
	r = ask_gh(host, project, directory, &found);
	if (r == -ENOENT) {
		r = check_configuration(host, project, directory, &file);
		if (file)
			return push_problem_set(problem, -EACCES,
						"%s: git's configuration %s is in the project, "
						"where a session may name a helper; it is not "
						"asked: run gh auth login, or move the file",
						target, file);
		if (r == 0)
			r = ask_git(target, host, project, directory, &found);
	}
	if (r < 0)
		return push_problem_set(problem, r == -ENOENT ? r : -EIO,
					"%s: no credential: neither gh nor git's credential helper "
					"has one for %s; run gh auth login, or set "
					"credential.helper",
					target, host);
	found.kind = push_token_kind(found.password->data, found.password->len);
	if (refuse_broad && (found.kind == PUSH_TOKEN_CLASSIC || found.kind == PUSH_TOKEN_OAUTH))
		return push_problem_set(
			problem, -EACCES,
			"%s: the credential of %s is %s token of GitHub, for all of "
			"your repositories (--disallow-broad-gh-token); make a "
			"fine-grained one (github_pat_...) for this one",
			target, found.source,
			found.kind == PUSH_TOKEN_CLASSIC ? "a classic" : "an OAuth");
	*ret = found;
	found = (struct push_credential){ 0 };
	return 0;
}
