/* SPDX-License-Identifier: MIT */
#include "launcher/login_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"

#define NS_PER_MS 1000000ull

void login_forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* expiresAt: milliseconds since the epoch (CLAUDE CODE 2.1); absent or null: it does not say. */
static bool has_expired(const json_t *login, uint64_t now_ns)
{
	long long expires_ms = json_get_integer(login, "expiresAt", 0);

	return expires_ms > 0 && (uint64_t)expires_ms <= (now_ns + LOGIN_MARGIN_NS) / NS_PER_MS;
}

enum login_state login_cut(const char *text, size_t len, uint64_t now_ns, char **ret)
{
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *kept = NULL;
	json_t *login;

	if (json_load_strict(text, len, &all, NULL) < 0)
		return LOGIN_UNUSABLE;
	login = json_object_get(all, "claudeAiOauth");
	if (!json_is_object(login))
		return LOGIN_ABSENT;
	if (json_get_string(login, "accessToken", "")[0] == '\0')
		return LOGIN_UNUSABLE;
	if (has_expired(login, now_ns))
		return LOGIN_EXPIRED;
	(void)json_object_del(login, "refreshToken");
	kept = json_pack("{s:O}", "claudeAiOauth", login);
	*ret = kept ? json_dumps(kept, JSON_COMPACT) : NULL;
	return *ret ? LOGIN_FOUND : LOGIN_UNUSABLE;
}

static int make_memory_file(const char *secret)
{
	cleanup_fd int fd = memfd_create("claudefs-login", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_pwrite_all(fd, secret, strlen(secret), 0);
	return r < 0 ? r : steal_fd(&fd);
}

enum login_state login_open(const char *claude_dir, uint64_t now_ns, int *ret_fd)
{
	cleanup_fd int dir_fd = open(claude_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *text = NULL;
	char *cut = NULL;
	size_t len = 0;
	enum login_state state;
	int r;

	if (dir_fd < 0)
		return errno == ENOENT ? LOGIN_ABSENT : LOGIN_UNUSABLE;
	r = fd_read_file_at(dir_fd, ".credentials.json", LOGIN_FILE_MAX, &text, &len);
	if (r < 0)
		return r == -ENOENT ? LOGIN_ABSENT : LOGIN_UNUSABLE;
	state = login_cut(text, len, now_ns, &cut);
	login_forget(text);
	if (state != LOGIN_FOUND)
		return state;
	r = make_memory_file(cut);
	login_forget(cut);
	if (r < 0)
		return LOGIN_UNUSABLE;
	*ret_fd = r;
	return LOGIN_FOUND;
}
