/* SPDX-License-Identifier: MIT */
#include "fs/git/push_remotes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"
#include "fs/base/json.h"
#include "fs/base/path_name.h"
#include "fs/base/program_path.h"
#include "fs/git/git_config.h"

#define REMOTES_FILE    "remotes.json"
#define REMOTES_MAX     (1u << 20) /* bytes of that file */
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define HOST_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]"

static void remote_done(struct push_remote *remote)
{
	free(remote->name);
	free(remote->url);
	free(remote->target);
	*remote = (struct push_remote){ 0 };
}

void push_remotes_done(struct push_remotes *remotes)
{
	for (size_t i = 0; i < remotes->count; i++)
		remote_done(&remotes->items[i]);
	free(remotes->items);
	*remotes = (struct push_remotes){ 0 };
}

static bool name_is_plain(const char *name, size_t len)
{
	return len > 0 && len <= PUSH_REMOTE_NAME_MAX && name[0] != '-' && name[0] != '.' &&
	       strspn(name, NAME_CHARACTERS) >= len;
}

/* host[:port] and what follows it, where "user:password@" has been left out. A host that begins
 * with a dash is an option for some program. */
static char *web_target(const char *scheme, const char *host, size_t host_len, const char *path)
{
	const char *at = memrchr(host, '@', host_len);
	char *target = NULL;

	if (at) {
		host_len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (host_len == 0 || host[0] == '-' || strspn(host, HOST_CHARACTERS) < host_len)
		return NULL;
	while (*path == '/')
		path++;
	if (asprintf(&target, "%s://%.*s/%s", scheme, (int)host_len, host, path) < 0)
		return NULL;
	return target;
}

/* Rest of "ssh://": a port of ssh says nothing about one of https. */
static char *ssh_target(const char *rest)
{
	size_t len = strcspn(rest, "/");
	const char *at = memrchr(rest, '@', len);
	const char *host = at ? at + 1 : rest;

	return rest[len] != '/' || memchr(host, ':', len - (size_t)(host - rest))
		       ? NULL
		       : web_target("https", rest, len, rest + len);
}

static char *path_target(const char *path, const char *project)
{
	if (path[0] != '/' || strlen(project) < 2 || path_is_beneath(path + 1, project + 1) ||
	    !path_is_valid(path + 1))
		return NULL;
	return strdup(path);
}

/* Where the host would push for this url (ret_), or NULL. */
static char *target_of(const char *url, const char *project)
{
	const char *colon = strchr(url, ':');
	const char *rest;

	if (strlen(url) > PUSH_URL_MAX || !fold_is_plain_name(url) || strpbrk(url, " \"\\<>^`{|}"))
		return NULL;
	if (strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0) {
		rest = strchr(url, ':') + 3;
		return web_target(url[4] == ':' ? "http" : "https", rest, strcspn(rest, "/"),
				  rest + strcspn(rest, "/"));
	}
	if (strncasecmp(url, "ssh://", 6) == 0)
		return ssh_target(url + 6);
	if (strncasecmp(url, "file:///", 8) == 0)
		return path_target(url + 7, project);
	if (url[0] == '/')
		return path_target(url, project);
	/* host:path, as scp has it; "helper::address" and other schemes are not. */
	if (colon && colon[1] != ':' && strncmp(colon, "://", 3) != 0 &&
	    !memchr(url, '/', (size_t)(colon - url)))
		return web_target("https", url, (size_t)(colon - url), colon + 1);
	return NULL;
}

static struct push_remote *find(struct push_remotes *remotes, const char *name, size_t len)
{
	for (size_t i = 0; i < remotes->count; i++) {
		const char *other = remotes->items[i].name;

		if (other && strlen(other) == len && strncmp(other, name, len) == 0)
			return &remotes->items[i];
	}
	return NULL;
}

ANALYZER_LOSES_OWNERS
/* Of several urls git pushes to the first... and of several pushurls to all: the first counts. */
static int add_url(struct push_remotes *remotes, const char *name, size_t len, const char *url,
		   bool is_push_url)
{
	struct push_remote *remote = find(remotes, name, len);

	if (remote && (remote->is_push_url || !is_push_url))
		return 0;
	if (!remote) {
		if (remotes->count == PUSH_REMOTES_MAX)
			return 0;
		remote = &remotes->items[remotes->count];
		remote->name = strndup(name, len);
		if (!remote->name)
			return -ENOMEM;
		remotes->count++;
	}
	free(remote->url);
	remote->url = strdup(url);
	remote->is_push_url = is_push_url;
	return remote->url ? 0 : -ENOMEM;
}
ANALYZER_KNOWS_OWNERS

static int add_key(struct push_remotes *remotes, const struct git_config_key *key)
{
	const char *name = key->name + 7;
	const char *last = strrchr(key->name, '.');
	bool is_push_url;

	if (strncmp(key->name, "remote.", 7) != 0 || last < name)
		return 0;
	is_push_url = strcmp(last, ".pushurl") == 0;
	if ((!is_push_url && strcmp(last, ".url") != 0) ||
	    !name_is_plain(name, (size_t)(last - name)))
		return 0;
	return add_url(remotes, name, (size_t)(last - name), key->value ? key->value : "",
		       is_push_url);
}

/* Keeps those that have a target. */
static void settle(struct push_remotes *remotes, const char *project)
{
	size_t kept = 0;

	for (size_t i = 0; i < remotes->count; i++) {
		struct push_remote *remote = &remotes->items[i];

		remote->target = remote->url ? target_of(remote->url, project) : NULL;
		if (remote->target)
			remotes->items[kept++] = *remote;
		else
			remote_done(remote);
	}
	remotes->count = kept;
}

int push_remotes_parse(const char *config, size_t len, const char *project,
		       struct push_remotes *ret)
{
	cleanup_git_config_keys struct git_config_keys keys = { 0 };
	int r = git_config_keys_read(config, len, &keys);

	if (r < 0)
		return r;
	ret->items = calloc(PUSH_REMOTES_MAX, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < keys.count; i++)
		r = add_key(ret, &keys.keys[i]);
	if (r == 0)
		settle(ret, project);
	return r;
}

/* A path may lead into the project by a link (of a home, say: /home to /var/home), and what is not
 * there may appear there. */
static void drop_paths_into(struct push_remotes *remotes, const char *project)
{
	size_t kept = 0;

	for (size_t i = 0; i < remotes->count; i++) {
		struct push_remote *remote = &remotes->items[i];

		if (remote->target[0] == '/') {
			char *real = directory_canonical(remote->target);
			bool is_outside = real && !path_is_beneath(real + 1, project + 1);

			if (!is_outside) {
				free(real);
				remote_done(remote);
				continue;
			}
			free(remote->target);
			remote->target = real;
		}
		if (kept != i) {
			remotes->items[kept] = *remote;
			*remote = (struct push_remote){ 0 };
		}
		kept++;
	}
	remotes->count = kept;
}

int push_remotes_read(const char *project, struct push_remotes *ret)
{
	cleanup_fd int root = open(project, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int fd = root < 0 ? -errno : beneath_open(root, ".git/config", O_RDONLY, 0);
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	/* A .git that is a file or a link leads to where the sandbox has nothing. */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EXDEV)
		return 0;
	r = fd < 0 ? fd : fd_read_file(fd, GIT_CONFIG_BYTES_MAX, &text, &len);
	if (r == 0)
		r = push_remotes_parse(text, len, project, ret);
	if (r == 0)
		drop_paths_into(ret, project);
	return r;
}

char *push_target_host(const char *target)
{
	const char *host = strstr(target, "://");

	return target[0] == '/' || !host ? NULL : strndup(host + 3, strcspn(host + 3, "/"));
}

/* target_of() let neither a quote nor a backslash through. */
void push_remotes_append_config(const struct push_remotes *remotes, unsigned int port,
				struct text *text)
{
	for (size_t i = 0; i < remotes->count; i++) {
		const struct push_remote *remote = &remotes->items[i];

		text_appendf(text, "[url \"git://127.0.0.1:%u/%s\"]\n\t%s = \"%s\"\n", port,
			     remote->name, remote->is_push_url ? "insteadOf" : "pushInsteadOf",
			     remote->url);
	}
}

int push_remotes_write(int dir_fd, const struct push_remotes *remotes)
{
	cleanup_json json_t *top = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < remotes->count; i++) {
		json_t *item = json_object();

		(void)json_object_set_new(item, "name", json_string(remotes->items[i].name));
		(void)json_object_set_new(item, "target", json_string(remotes->items[i].target));
		(void)json_array_append_new(list, item);
	}
	(void)json_object_set_new(top, "version", json_integer(1));
	if (json_object_set_new(top, "remotes", list) < 0 ||
	    json_array_size(list) != remotes->count)
		return -ENOMEM;
	return json_replace_file_at(dir_fd, REMOTES_FILE, top, 0600);
}

ANALYZER_LOSES_OWNERS
static int load_one(const json_t *item, struct push_remote *ret)
{
	const char *name = json_get_string(item, "name", "");
	const char *target = json_get_string(item, "target", "");

	if (!name_is_plain(name, strlen(name)) || !target[0])
		return -EBADMSG;
	ret->name = strdup(name);
	ret->target = strdup(target);
	return ret->name && ret->target ? 0 : -ENOMEM;
}
ANALYZER_KNOWS_OWNERS

int push_remotes_load(int dir_fd, struct push_remotes *ret)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *top = NULL;
	const json_t *list;
	size_t len = 0;
	int r = fd_read_file_at(dir_fd, REMOTES_FILE, REMOTES_MAX, &text, &len);

	if (r == 0)
		r = json_load_strict(text, len, &top, NULL);
	if (r < 0)
		return r;
	list = json_object_get(top, "remotes");
	if (json_get_integer(top, "version", 0) != 1 || json_array_size(list) > PUSH_REMOTES_MAX)
		return -EBADMSG;
	ret->items = calloc(PUSH_REMOTES_MAX, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		ret->count = i + 1;
		r = load_one(json_array_get(list, i), &ret->items[i]);
	}
	return r;
}
