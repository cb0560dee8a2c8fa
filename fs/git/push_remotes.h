/* SPDX-License-Identifier: MIT */
/* The remotes of a project as its configuration has them before a session: where the host may push
 * to, and the configuration that leads `git push` in the sandbox to claudefs-push.
 *
 * Read by libgit2's parser from the bytes of .git/config; nothing that it includes is read. */
#ifndef CLAUDEFS_GIT_PUSH_REMOTES_H
#define CLAUDEFS_GIT_PUSH_REMOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/text.h"

#define PUSH_REMOTES_MAX     32u
#define PUSH_REMOTE_NAME_MAX 64u   /* bytes; letters, digits, '.', '_' and '-' */
#define PUSH_URL_MAX         2048u /* bytes */

struct push_remote {
	char *name;
	char *url;        /* as git in the sandbox sees it, to be rewritten */
	bool is_push_url; /* url is remote.NAME.pushurl */
	char *target;     /* where the host pushes: https://, http:// or an absolute path; no user
			     and no password in it */
};

struct push_remotes {
	struct push_remote *items;
	size_t count;
};

/* From the text of a .git/config, and the absolute path of the project. Remotes that the host
 * cannot push to are left out: an odd name, a relative path or one in the project (the agent
 * reaches it itself), another scheme. `git@host:path` becomes https://host/path, where the host's
 * credential is for. Fills *ret ({ 0 } before; push_remotes_done() also after a failure). Returns
 * 0, -EBADMSG (git would not read it), -EFBIG or -ENOMEM. */
int push_remotes_parse(const char *config, size_t len, const char *project,
		       struct push_remotes *ret);
/* From project/.git/config; no remotes where there is none. A path is canonical then, and one that
 * is not there, or leads into the project, is left out. Returns 0 or -errno. */
int push_remotes_read(const char *project, struct push_remotes *ret);
void push_remotes_done(struct push_remotes *remotes);
#define cleanup_push_remotes __attribute__((cleanup(push_remotes_done)))

/* The host of an https:// or http:// target (ret_), or NULL: a path, or out of memory. */
char *push_target_host(const char *target);

/* Lines of git configuration: pushes to each go to git://127.0.0.1:port/NAME. */
void push_remotes_append_config(const struct push_remotes *remotes, unsigned int port,
				struct text *text);

/* remotes.json in dir_fd. The reader: 0, -ENOENT, -EBADMSG or -errno. */
int push_remotes_write(int dir_fd, const struct push_remotes *remotes);
int push_remotes_load(int dir_fd, struct push_remotes *ret);

#endif
