/* SPDX-License-Identifier: MIT */
#include "fs/session/state_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"

#define KEY_NAME "key"

static int read_key(int state_fd, struct state_key *ret)
{
	cleanup_fd int fd = fd_open_at(
		state_fd, KEY_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != STATE_KEY_SIZE)
		return -EBADMSG;
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return -EPERM;
	n = fd_pread_all(fd, ret->bytes, STATE_KEY_SIZE, 0);
	if (n < 0)
		return (int)n;
	return n == STATE_KEY_SIZE ? 0 : -EBADMSG;
}

/* Made under a name of its own and linked: of two that make one at the same time, one wins, and no
 * reader sees half a key. */
static int make_key(int state_fd)
{
	struct state_key key;
	struct hash random;
	char hex[HASH_HEX_SIZE];
	char name[HASH_HEX_SIZE + 8];
	cleanup_fd int fd = -1;
	int r;

	r = fd_random_bytes(key.bytes, sizeof(key.bytes));
	if (r == 0)
		r = fd_random_bytes(random.bytes, sizeof(random.bytes));
	if (r < 0)
		return r;
	hash_to_hex(&random, hex);
	(void)snprintf(name, sizeof(name), ".key-%s", hex);
	fd = fd_open_at(state_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, key.bytes, sizeof(key.bytes));
	if (r == 0)
		r = fd_sync(fd);
	if (r == 0 && linkat(state_fd, name, state_fd, KEY_NAME, 0) < 0 && errno != EEXIST)
		r = -errno;
	(void)unlinkat(state_fd, name, 0);
	return r < 0 ? r : fd_sync(state_fd);
}

int state_key_read(int state_fd, bool may_create, struct state_key *ret)
{
	int r = read_key(state_fd, ret);

	if (r != -ENOENT || !may_create)
		return r;
	r = make_key(state_fd);
	return r < 0 ? r : read_key(state_fd, ret);
}

int state_key_tag(const struct state_key *key, const char *role, const void *data, size_t len,
		  struct digest *ret)
{
	struct digest of_role;
	int r;

	/* A key per role, so that no tag of one can be shown for another. */
	r = digest_hmac(key->bytes, STATE_KEY_SIZE, role, strlen(role), &of_role);
	return r < 0 ? r : digest_hmac(of_role.bytes, DIGEST_SIZE, data, len, ret);
}
