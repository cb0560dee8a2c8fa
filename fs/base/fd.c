/* SPDX-License-Identifier: MIT */
#include "fs/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#include <sys/random.h>
#endif

#include "fs/base/cleanup.h"

#define COPY_BUFFER_SIZE (256u << 10) /* bytes; only for file systems without an in-kernel copy */

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_pwrite_all(int fd, const void *buf, size_t len, off_t offset)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_pread_all(int fd, void *buf, size_t len, off_t offset)
{
	char *p = buf;
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, p + done, len - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_read_file(int fd, size_t max, char **ret, size_t *ret_len)
{
	cleanup_free char *buf = NULL;
	size_t size = 0;
	size_t len = 0;

	for (;;) {
		ssize_t n;

		if (size - len < 2) {
			char *grown;

			size = size ? size * 2 : 4096;
			if (size > max + 2)
				size = max + 2;
			grown = realloc(buf, size);
			if (!grown)
				return -ENOMEM;
			buf = grown;
		}
		n = fd_pread_all(fd, buf + len, size - len - 1, (off_t)len);
		if (n < 0)
			return (int)n;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (n == 0 || len < size - 1)
			break;
	}
	buf[len] = '\0';
	*ret = steal_ptr(&buf);
	*ret_len = len;
	return 0;
}

int fd_read_file_at(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_len)
{
	cleanup_fd int fd = -1;
	struct stat st;

	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return fd_read_file(fd, max, ret, ret_len);
}

static off_t copy_through_buffer(int src, off_t src_offset, int dst, off_t dst_offset, off_t len)
{
	cleanup_free char *buf = malloc(COPY_BUFFER_SIZE);
	off_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (len < 0 || done < len) {
		size_t want = COPY_BUFFER_SIZE;
		ssize_t n;
		int r;

		if (len >= 0 && (off_t)want > len - done)
			want = (size_t)(len - done);
		n = fd_pread_all(src, buf, want, src_offset + done);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		r = fd_pwrite_all(dst, buf, (size_t)n, dst_offset + done);
		if (r < 0)
			return r;
		done += n;
	}
	return done;
}

off_t fd_copy(int src, off_t src_offset, int dst, off_t dst_offset, off_t len)
{
	off_t done = 0;

#ifdef __linux__
	if (len < 0 && src_offset == 0 && dst_offset == 0 && ioctl(dst, FICLONE, src) == 0) {
		struct stat st;

		if (fstat(dst, &st) < 0)
			return -errno;
		return st.st_size;
	}
	while (len < 0 || done < len) {
		off_t in = src_offset + done;
		off_t out = dst_offset + done;
		size_t want = len < 0 ? (size_t)1 << 30 : (size_t)(len - done);
		ssize_t n = copy_file_range(src, &in, dst, &out, want, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO))
			return -errno;
		/* Not between these file systems, or a pseudo file that says 0: finish by hand. */
		if (n <= 0)
			break;
		done += n;
	}
#endif
	if (len < 0 || done < len) {
		off_t n = copy_through_buffer(src, src_offset + done, dst, dst_offset + done,
					      len < 0 ? -1 : len - done);

		if (n < 0)
			return n;
		done += n;
	}
	return done;
}

#ifdef SEEK_DATA
/* The next run of data at or after offset, at most to len; an empty one at len if there is none. */
static void find_data(int fd, off_t offset, off_t len, off_t *ret_start, off_t *ret_end)
{
	off_t start = lseek(fd, offset, SEEK_DATA);
	off_t end;

	/* ENXIO: only a hole. Another error: this file system does not tell. */
	if (start < 0)
		start = errno == ENXIO ? len : offset;
	else if (start > len)
		start = len;
	end = start < len ? lseek(fd, start, SEEK_HOLE) : len;
	*ret_start = start;
	*ret_end = end <= start || end > len ? len : end;
}
#endif

off_t fd_copy_sparse(int src, int dst, off_t dst_offset, off_t len)
{
#ifdef SEEK_DATA
	struct stat st;
	off_t done = 0;

	if (fstat(src, &st) < 0)
		return -errno;
	if (len > st.st_size)
		len = st.st_size;
	while (done < len) {
		off_t start;
		off_t end;
		off_t n;

		find_data(src, done, len, &start, &end);
		n = start < end ? fd_copy(src, start, dst, dst_offset + start, end - start) : 0;
		if (n < 0)
			return n;
		if (n < end - start)
			return start + n;
		done = end;
	}
	return ftruncate(dst, dst_offset + len) < 0 ? -errno : len;
#else
	return fd_copy(src, 0, dst, dst_offset, len);
#endif
}

int fd_random_bytes(void *buf, size_t len)
{
#ifdef __linux__
	char *p = buf;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
#else
	arc4random_buf(buf, len);
	return 0;
#endif
}

void fd_keep_atime(int fd)
{
#ifdef O_NOATIME
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NOATIME);
#else
	(void)fd;
#endif
}

int fd_replace_file_at(int dir_fd, const char *name, const void *buf, size_t len, mode_t mode)
{
	cleanup_fd int fd = -1;
	char temp[48];
	uint64_t random;
	int r;

	r = fd_random_bytes(&random, sizeof(random));
	if (r < 0)
		return r;
	(void)snprintf(temp, sizeof(temp), ".claudefs-%016llx.tmp", (unsigned long long)random);
	fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf, len);
	if (r == 0)
		r = fd_sync(fd);
	if (r == 0 && renameat(dir_fd, temp, dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir_fd, temp, 0);
		return r;
	}
	return fd_sync(dir_fd);
}

int fd_open_at(int dir_fd, const char *name, int flags, mode_t mode)
{
	int fd;

	do {
		fd = openat(dir_fd, name, flags, mode);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int fd_sync(int fd)
{
	int r;

	do {
		r = fsync(fd);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int fd_sync_data(int fd)
{
	int r;

	do {
#ifdef __APPLE__
		r = fsync(fd);
#else
		r = fdatasync(fd);
#endif
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int compare_fds(const void *a, const void *b)
{
	int left = *(const int *)a;
	int right = *(const int *)b;

	return (left > right) - (left < right);
}

/* Closes first..last by the kernel, or one by one where it has no close_range(2). */
static void close_between(unsigned int first, unsigned int last)
{
	long max;

	if (first > last)
		return;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, last, 0u) == 0)
		return;
#endif
	max = sysconf(_SC_OPEN_MAX);
	if (max < 0 || max > 65536)
		max = 65536;
	for (unsigned int fd = first; fd <= last && fd < (unsigned int)max; fd++)
		(void)close((int)fd);
}

int fd_close_others(const int *keep, size_t count)
{
	int kept[FD_KEEP_MAX];
	unsigned int next = 3;
	size_t n = 0;

	if (count > FD_KEEP_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (keep[i] > 2)
			kept[n++] = keep[i];
	}
	qsort(kept, n, sizeof(kept[0]), compare_fds);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned int)kept[i] < next)
			continue; /* twice in the list */
		if ((unsigned int)kept[i] > next)
			close_between(next, (unsigned int)kept[i] - 1);
		next = (unsigned int)kept[i] + 1;
	}
	close_between(next, ~0u);
	return 0;
}

int fd_replace_standard(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		r = -errno;
	if (fd > STDERR_FILENO)
		(void)close(fd);
	return r;
}
