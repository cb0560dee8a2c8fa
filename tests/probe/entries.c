/* SPDX-License-Identifier: MIT */
/* The 32-bit entry and x32 on x86-64, whose numbers mean other calls; numbers that no kernel knows.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/probe/probe.h"

#ifdef __x86_64__
#define X32_BIT 0x40000000L

/* An error comes as a small negative number, in 32 bits. */
static long interrupt_80(long number, long a, long b)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(number), "b"(a), "c"(b), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	r = (int)r;
	if (r < 0 && r > -4096) {
		errno = (int)-r;
		return -1;
	}
	return r;
}

static long try_80_getpid(void)
{
	return interrupt_80(20, 0, 0);
}

static long try_80_unshare(void)
{
	return interrupt_80(310, 0x10000000 /* CLONE_NEWUSER */, 0);
}

static long try_80_keyctl(void)
{
	return interrupt_80(288, 0 /* GET_KEYRING_ID */, -2);
}

static long try_80_ptrace(void)
{
	return interrupt_80(26, 0 /* TRACEME */, 0);
}

static long try_x32_getpid(void)
{
	return syscall(X32_BIT | SYS_getpid);
}

static long try_x32_ptrace(void)
{
	return syscall(X32_BIT | 521, 0L, 0L, 0L, 0L);
}
#endif

/* ENOSYS everywhere; one that did anything would be one too many. */
static long try_unknown(void)
{
	for (long number = 470; number <= 1100; number++) {
		long r = syscall(number, 0, 0, 0, 0, 0, 0);

		if (r >= 0 || errno != ENOSYS)
			return r;
	}
	return -1;
}

const struct probe_call entry_calls[] = {
#ifdef __x86_64__
	{ "int 0x80: getpid", try_80_getpid },
	{ "int 0x80: unshare(CLONE_NEWUSER)", try_80_unshare },
	{ "int 0x80: keyctl", try_80_keyctl },
	{ "int 0x80: ptrace", try_80_ptrace },
	{ "x32: getpid", try_x32_getpid },
	{ "x32: ptrace", try_x32_ptrace },
#endif
	{ "numbers 470 to 1100", try_unknown },
	{ 0 },
};
