/* SPDX-License-Identifier: MIT */
#include "tests/lib/fault_call.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <utf8proc.h>

static struct {
	enum fault_kind kind;
	unsigned int nth;
	unsigned int count;
	int error;
	bool is_sticky;
	bool has_hit;
} fault;

static struct {
	long number;
	int error;
} refused;

static bool hits(enum fault_kind kind)
{
	if (fault.kind != kind)
		return false;
	fault.count++;
	if (fault.count != fault.nth && !(fault.is_sticky && fault.count > fault.nth))
		return false;
	fault.has_hit = true;
	errno = kind == FAULT_MEMORY ? ENOMEM : fault.error;
	return true;
}

/* name: as the object files call it, which on Linux has 64 behind what takes an offset. */
#define WRAP(kind, type, failure, name, parameters, arguments)           \
	type __real_##name parameters;                                   \
	type __wrap_##name parameters;                                   \
	type __wrap_##name parameters                                    \
	{                                                                \
		return hits(kind) ? (failure) : __real_##name arguments; \
	}

#define MEMORY(name, parameters, arguments) \
	WRAP(FAULT_MEMORY, void *, NULL, name, parameters, arguments)
#define FILES(type, name, parameters, arguments) \
	WRAP(FAULT_FILES, type, -1, name, parameters, arguments)

MEMORY(malloc, (size_t size), (size))
MEMORY(calloc, (size_t count, size_t size), (count, size))
MEMORY(realloc, (void *p, size_t size), (p, size))
MEMORY(reallocarray, (void *p, size_t count, size_t size), (p, count, size))
WRAP(FAULT_MEMORY, char *, NULL, strdup, (const char *s), (s))
WRAP(FAULT_MEMORY, char *, NULL, strndup, (const char *s, size_t size), (s, size))

/* The last argument of these is often left out by the caller; passing it on is harmless. */
FILES(int, openat64, (int dir_fd, const char *name, int flags, mode_t mode),
      (dir_fd, name, flags, mode))
FILES(int, open64, (const char *name, int flags, mode_t mode), (name, flags, mode))
FILES(int, fstat64, (int fd, struct stat *st), (fd, st))
FILES(int, fstatat64, (int dir_fd, const char *name, struct stat *st, int flags),
      (dir_fd, name, st, flags))
FILES(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
FILES(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
FILES(ssize_t, pread64, (int fd, void *data, size_t size, off_t offset), (fd, data, size, offset))
FILES(ssize_t, pwrite64, (int fd, const void *data, size_t size, off_t offset),
      (fd, data, size, offset))
FILES(ssize_t, copy_file_range,
      (int in, off_t *in_offset, int out, off_t *out_offset, size_t size, unsigned int flags),
      (in, in_offset, out, out_offset, size, flags))
FILES(int, fsync, (int fd), (fd))
FILES(int, fdatasync, (int fd), (fd))
FILES(int, ftruncate64, (int fd, off_t size), (fd, size))
FILES(int, mkdirat, (int dir_fd, const char *name, mode_t mode), (dir_fd, name, mode))
FILES(int, unlinkat, (int dir_fd, const char *name, int flags), (dir_fd, name, flags))
FILES(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
      (from_fd, from, to_fd, to))
FILES(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
      (from_fd, from, to_fd, to, flags))
FILES(int, fchmod, (int fd, mode_t mode), (fd, mode))
FILES(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
FILES(int, fchownat, (int dir_fd, const char *name, uid_t uid, gid_t gid, int flags),
      (dir_fd, name, uid, gid, flags))
FILES(int, futimens, (int fd, const struct timespec times[2]), (fd, times))
FILES(off_t, lseek64, (int fd, off_t offset, int whence), (fd, offset, whence))
FILES(ssize_t, readlinkat, (int dir_fd, const char *name, char *data, size_t size),
      (dir_fd, name, data, size))
FILES(ssize_t, getrandom, (void *data, size_t size, unsigned int flags), (data, size, flags))
FILES(int, fallocate64, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size))
FILES(int, flock, (int fd, int operation), (fd, operation))
WRAP(FAULT_FILES, DIR *, NULL, fdopendir, (int fd), (fd))
WRAP(FAULT_FILES, struct dirent *, NULL, readdir64, (DIR * dir), (dir))

/* Memory of libraries, which is out of reach: what asks them for it fails. */
WRAP(FAULT_MEMORY, utf8proc_ssize_t, UTF8PROC_ERROR_NOMEM, utf8proc_map,
     (const utf8proc_uint8_t *s, utf8proc_ssize_t len, utf8proc_uint8_t **ret,
      utf8proc_option_t options),
     (s, len, ret, options))
MEMORY(hash_stream_new, (void), ())
WRAP(FAULT_MEMORY, int, ENOMEM, pthread_rwlock_init,
     (pthread_rwlock_t * lock, const pthread_rwlockattr_t *attributes), (lock, attributes))

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (refused.error != 0 && number == refused.number) {
		errno = refused.error;
		return -1;
	}
	return hits(FAULT_FILES) ? -1 : __real_syscall(number, a, b, c, d, e, f);
}

void fault_refuse_syscall(long number, int error)
{
	refused.number = number;
	refused.error = error;
}

void fault_arm(enum fault_kind kind, unsigned int nth, int error, bool is_sticky)
{
	fault.kind = kind;
	fault.nth = nth;
	fault.count = 0;
	fault.error = error;
	fault.is_sticky = is_sticky;
	fault.has_hit = false;
}

bool fault_disarm(void)
{
	fault.kind = FAULT_NONE;
	return fault.has_hit;
}
