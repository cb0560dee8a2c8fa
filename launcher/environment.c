/* SPDX-License-Identifier: MIT */
#include "launcher/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "launcher/gate.h"

/* Alphabetical; a trailing '*' stands for any ending. Everything else stays outside: sockets,
 * tokens of other services, preload variables, and the names of the caller's machine. */
static const char *const allowed[] = {
	"ALL_PROXY",   "ANTHROPIC_*", "CLAUDE_CODE_*", "COLORTERM",   "DISABLE_*",
	"FORCE_COLOR", "HTTPS_PROXY", "HTTP_PROXY",    "LANG",        "LANGUAGE",
	"LC_*",        "NO_COLOR",    "NO_PROXY",      "TERM",        "TERM_PROGRAM",
	"TZ",          "all_proxy",   "http_proxy",    "https_proxy", "no_proxy",
};

/* Set by the sandbox; neither the caller nor --env changes them. */
static const char *const reserved[] = {
	"CLAUDE_CONFIG_DIR",
	"DISABLE_AUTOUPDATER",
	"DISABLE_INSTALLATION_CHECKS",
	"GIT_CONFIG_SYSTEM",
	"HOME",
	"IS_SANDBOX",
	"LOGNAME",
	"PATH",
	"SHELL",
	"USER",
};

#define SANDBOX_PATH \
	"/opt/claudefs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool matches(const char *name, size_t len, const char *pattern)
{
	size_t want = strlen(pattern);

	if (pattern[want - 1] == '*')
		return len >= want - 1 && strncmp(name, pattern, want - 1) == 0;
	return len == want && strncmp(name, pattern, len) == 0;
}

static bool is_in(const char *name, const char *const *patterns, size_t count)
{
	size_t len = strcspn(name, "=");

	for (size_t i = 0; i < count; i++) {
		if (matches(name, len, patterns[i]))
			return true;
	}
	return false;
}

static bool is_reserved(const char *name)
{
	return is_in(name, reserved, sizeof(reserved) / sizeof(reserved[0]));
}

bool environment_is_own(const char *entry)
{
	return is_reserved(entry);
}

/* Those that claudefs-gate takes the place of. */
static bool is_proxy(const char *name)
{
	static const char *const proxies[] = {
		"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY",  "NODE_USE_ENV_PROXY", "NO_PROXY",
		"all_proxy", "http_proxy",  "https_proxy", "no_proxy",
	};

	return is_in(name, proxies, sizeof(proxies) / sizeof(proxies[0]));
}

/* The "NAME=VALUE" of list whose name is that of entry (with or without value), or NULL. */
static const char *find_name(char *const *list, const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (; list && *list; list++) {
		if (strncmp(*list, entry, len) == 0 && ((*list)[len] == '=' || !(*list)[len]))
			return *list;
	}
	return NULL;
}

int environment_build(char *const *caller, bool has_gateway, const struct string_list *wanted,
		      const char *home, const char *user, const char *config_dir,
		      struct string_list *ret)
{
	for (char *const *entry = caller; *entry; entry++) {
		if (is_in(*entry, allowed, sizeof(allowed) / sizeof(allowed[0])) &&
		    !is_reserved(*entry) && !find_name(wanted->items, *entry) &&
		    !(has_gateway && is_proxy(*entry)))
			string_list_add(ret, *entry);
	}
	for (size_t i = 0; i < wanted->count; i++) {
		const char *entry = wanted->items[i];

		if (!strchr(entry, '='))
			entry = find_name(caller, entry);
		/* Of a name given twice the last wins. */
		if (!entry || is_reserved(entry) || find_name(wanted->items + i + 1, entry) ||
		    (has_gateway && is_proxy(entry)))
			continue;
		string_list_add(ret, entry);
	}
	if (has_gateway)
		gate_add_environment(ret);
	string_list_addf(ret, "CLAUDE_CONFIG_DIR=%s", config_dir);
	string_list_add(ret, "DISABLE_AUTOUPDATER=1");
	/* The program is not where its installer put it, and it need not say so. */
	string_list_add(ret, "DISABLE_INSTALLATION_CHECKS=1");
	/* Where most gits look anyway; some are built for another place. */
	string_list_add(ret, "GIT_CONFIG_SYSTEM=/etc/gitconfig");
	string_list_addf(ret, "HOME=%s", home);
	string_list_add(ret, "IS_SANDBOX=1");
	string_list_addf(ret, "LOGNAME=%s", user);
	string_list_add(ret, "PATH=" SANDBOX_PATH);
	string_list_add(ret, "SHELL=/bin/bash");
	string_list_addf(ret, "USER=%s", user);
	return ret->is_failed ? -ENOMEM : 0;
}
