/* SPDX-License-Identifier: MIT */
#include "fs/review/host_now.h"

#include <errno.h>
#include <fcntl.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/host/host_parent.h"
#include "fs/journal/sample.h"
#include "fs/review/host_look.h"
#include "fs/review/review_state.h"

int host_now(const struct review *review, const char *path, struct change_base *ret)
{
	const struct change_base none = { 0 };
	struct change_base base = { 0 };
	struct host_look look = { 0 };
	cleanup_fd int dir_fd = -1;
	cleanup_fd int fd = -1;
	const char *name = NULL;
	struct stat st;
	int r;

	*ret = base;
	if (review->root_fd < 0)
		return 0;
	r = host_look_beneath(review->root_fd, review->options.manifest->host_config, path, &none,
			      &look);
	if (r < 0 || !look.exists)
		return r;
	if (!S_ISREG(look.st.st_mode))
		return -EINVAL;
	dir_fd = host_parent_open(review->root_fd, review->options.manifest->host_config, path,
				  &name);
	fd = dir_fd < 0 ? dir_fd
			: fd_open_at(dir_fd, name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	base.exists = true;
	base.was_host = true;
	base.identity = journal_identity_of(&st);
	base.size = base.identity.size;
	r = journal_hash_content(fd, base.size, &base.host_hash, &base.is_host_sampled);
	if (r < 0)
		return r;
	base.hash = base.host_hash;
	base.is_sampled = base.is_host_sampled;
	*ret = base;
	return 0;
}
