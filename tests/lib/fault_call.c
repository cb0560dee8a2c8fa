/* SPDX-License-Identifier: MIT */
#include "tests/lib/fault_call.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <utf8proc.h>

#include "tests/lib/form.h"

static struct {
	enum fault_kind kind;
	unsigned int nth;
	unsigned int count;
	int error;
	bool is_sticky;
	bool has_hit;
	bool is_by_way; /* nth and count mean nothing */
	void (*act)(void *arg);
	void *arg;
} fault;

/* The callers of a call, from the nearest on; those that it has not are NULL. */
struct way {
	void *callers[FAULT_FRAMES];
};

/* A tree (tsearch(3)) of those that failed. */
static void *ways;

static struct {
	long number;
	int error;
} refused;

static int compare_ways(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct way));
}

/* libc's own calls are not the ones that fail, nor those of its tree. */
void *__real_malloc(size_t size);

/* Remembers the way to here. True if it is new. */
static bool is_new_way(void)
{
	struct way way = { { NULL } };
	struct way *kept;

	(void)backtrace(way.callers, FAULT_FRAMES);
	if (tfind(&way, &ways, compare_ways))
		return false;
	kept = __real_malloc(sizeof(*kept));
	if (!kept)
		abort();
	*kept = way;
	if (!tsearch(kept, &ways, compare_ways))
		abort();
	return true;
}

/* Its turn is now. */
static bool is_due(void)
{
	if (fault.is_by_way)
		return fault.has_hit ? fault.is_sticky : is_new_way();
	fault.count++;
	return fault.count == fault.nth || (fault.is_sticky && fault.count > fault.nth);
}

static bool hits(enum fault_kind kind)
{
	if (fault.kind != kind || !is_due())
		return false;
	fault.has_hit = true;
	if (fault.act) {
		fault.kind = FAULT_NONE;
		fault.act(fault.arg);
		return false;
	}
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
#define READS(name, parameters, arguments)                               \
	ssize_t __real_##name parameters;                                \
	ssize_t __wrap_##name parameters;                                \
	ssize_t __wrap_##name parameters                                 \
	{                                                                \
		if (hits(FAULT_SHORT))                                   \
			return 0;                                        \
		return hits(FAULT_FILES) ? -1 : __real_##name arguments; \
	}

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
READS(read, (int fd, void *data, size_t size), (fd, data, size))
FILES(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
READS(pread64, (int fd, void *data, size_t size, off_t offset), (fd, data, size, offset))
FILES(ssize_t, pwrite64, (int fd, const void *data, size_t size, off_t offset),
      (fd, data, size, offset))
READS(copy_file_range,
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
MEMORY(digest_stream_new, (void), ())
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
	memset(&fault, 0, sizeof(fault));
	fault.kind = kind;
	fault.nth = nth;
	fault.error = error;
	fault.is_sticky = is_sticky;
}

void fault_arm_way(enum fault_kind kind, int error, bool is_sticky)
{
	void *first[1];

	/* The first time it loads a library. */
	(void)backtrace(first, 1);
	fault_arm(kind, 0, error, is_sticky);
	fault.is_by_way = true;
}

void fault_arm_act(void (*act)(void *arg), void *arg)
{
	fault_arm_way(FAULT_FILES, 0, false);
	fault.act = act;
	fault.arg = arg;
}

bool fault_goes_by_ways(void)
{
	const char *value = getenv("CLAUDEFS_TEST_FAULTS");

	return form_is_brief() || (value && strcmp(value, "ways") == 0);
}

void fault_forget_ways(void)
{
	while (ways) {
		struct way *way = *(struct way **)ways;

		(void)tdelete(way, &ways, compare_ways);
		free(way);
	}
}

bool fault_disarm(void)
{
	fault.kind = FAULT_NONE;
	return fault.has_hit;
}
