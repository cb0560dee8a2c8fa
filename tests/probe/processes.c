/* SPDX-License-Identifier: MIT */
/* What reaches into another process, into a terminal's next reader, or into how a process shows
 * itself. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/probe/probe.h"

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif
#ifndef TIOCCONS
#define TIOCCONS 0x541D
#endif

static char word[] = "word";

/* A child that waits, and what is done to it. */
static long on_victim(long (*act)(pid_t victim))
{
	pid_t victim = fork();
	int error;
	long r;

	if (victim == 0) {
		for (;;)
			(void)pause();
	}
	r = victim < 0 ? -1 : act(victim);
	error = errno;
	if (victim > 0) {
		(void)kill(victim, SIGKILL);
		(void)waitpid(victim, NULL, 0);
	}
	errno = error;
	return r;
}

static long attach(pid_t victim)
{
	return syscall(SYS_ptrace, PTRACE_ATTACH, victim, 0, 0);
}

static long seize(pid_t victim)
{
	return syscall(SYS_ptrace, PTRACE_SEIZE, victim, 0, 0);
}

static long read_memory(pid_t victim)
{
	char copy[sizeof(word)];
	struct iovec here = { copy, sizeof(copy) }, there = { word, sizeof(word) };

	return syscall(SYS_process_vm_readv, victim, &here, 1UL, &there, 1UL, 0UL);
}

static long write_memory(pid_t victim)
{
	struct iovec here = { word, sizeof(word) }, there = { word, sizeof(word) };

	return syscall(SYS_process_vm_writev, victim, &here, 1UL, &there, 1UL, 0UL);
}

static long compare(pid_t victim)
{
	return syscall(SYS_kcmp, getpid(), victim, KCMP_VM, 0UL, 0UL);
}

static long take_descriptor(pid_t victim)
{
	return syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, victim, 0), 0, 0);
}

static long advise(pid_t victim)
{
	static char pages[8192];
	struct iovec there = { pages, 4096 };

	return syscall(SYS_process_madvise, syscall(SYS_pidfd_open, victim, 0), &there, 1UL,
		       20 /* MADV_COLD */, 0);
}

#define ON_VICTIM(NAME)                 \
	static long try_##NAME(void)    \
	{                               \
		return on_victim(NAME); \
	}
ON_VICTIM(attach)
ON_VICTIM(seize)
ON_VICTIM(read_memory)
ON_VICTIM(write_memory)
ON_VICTIM(compare)
ON_VICTIM(take_descriptor)
ON_VICTIM(advise)

static long try_traceme(void)
{
	return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

/* A terminal of its own, as the controlling one. */
static int own_terminal(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0, slave;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -1;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	(void)setsid();
	return slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ? -1 : slave;
}

static long try_tiocsti(void)
{
	return syscall(SYS_ioctl, own_terminal(), TIOCSTI, "x");
}

/* The kernel drops the high bits of the request; a filter that compares them is passed by. */
static long try_tiocsti_high(void)
{
	return syscall(SYS_ioctl, own_terminal(), (1L << 32) | TIOCSTI, "x");
}

/* ENOTTY where it is allowed: only a virtual console answers. */
static long try_tioclinux(void)
{
	char subcode = 6; /* TIOCL_GETSHIFTSTATE */

	return syscall(SYS_ioctl, own_terminal(), TIOCLINUX, &subcode);
}

/* ENOTTY where it is allowed. */
static long try_tioccons(void)
{
	return syscall(SYS_ioctl, open("/dev/null", O_RDWR | O_CLOEXEC), TIOCCONS, NULL);
}

static long try_tiocsetd(void)
{
	int discipline = 0; /* N_TTY, which it has already */

	return syscall(SYS_ioctl, own_terminal(), TIOCSETD, &discipline);
}

static long try_dumpable(void)
{
	return syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long try_set_mm(void)
{
	unsigned int size = 0;

	return syscall(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0);
}

const struct probe_call process_calls[] = {
	{ "ptrace(PTRACE_TRACEME)", try_traceme },
	{ "ptrace(PTRACE_ATTACH)", try_attach },
	{ "ptrace(PTRACE_SEIZE)", try_seize },
	{ "process_vm_readv", try_read_memory },
	{ "process_vm_writev", try_write_memory },
	{ "kcmp", try_compare },
	{ "pidfd_getfd", try_take_descriptor },
	{ "process_madvise", try_advise },
	{ "ioctl(TIOCSTI)", try_tiocsti },
	{ "ioctl(TIOCSTI + high bits)", try_tiocsti_high },
	{ "ioctl(TIOCLINUX)", try_tioclinux },
	{ "ioctl(TIOCCONS)", try_tioccons },
	{ "ioctl(TIOCSETD)", try_tiocsetd },
	{ "prctl(PR_SET_DUMPABLE, 1)", try_dumpable },
	{ "prctl(PR_SET_MM)", try_set_mm },
	{ 0 },
};
