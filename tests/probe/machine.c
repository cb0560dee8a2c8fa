/* SPDX-License-Identifier: MIT */
/* Where these are allowed, the arguments end them behind the permission check: with ENOENT, ENOEXEC
 * or EINVAL, or with something that changes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

#define ABSENT "/dev/shm/claudefs-probe-absent"

static long try_acct(void)
{
	return syscall(SYS_acct, ABSENT);
}

static long try_swapon(void)
{
	return syscall(SYS_swapon, ABSENT, 0);
}

static long try_swapoff(void)
{
	return syscall(SYS_swapoff, ABSENT);
}

static long try_reboot(void)
{
	return syscall(SYS_reboot, 1, 2, 3, NULL);
}

static long try_kexec_load(void)
{
	return syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0xffffUL);
}

static long try_kexec_file_load(void)
{
	return syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, ~0UL);
}

static long try_init_module(void)
{
	static const char image[64];

	return syscall(SYS_init_module, image, sizeof(image), "");
}

static long try_finit_module(void)
{
	return syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "", 0);
}

static long try_delete_module(void)
{
	return syscall(SYS_delete_module, "claudefs_probe_absent", O_NONBLOCK);
}

static long try_quotactl(void)
{
	return syscall(SYS_quotactl, QCMD(Q_SYNC, USRQUOTA), NULL, 0, NULL);
}

static long try_quotactl_fd(void)
{
	return syscall(SYS_quotactl_fd, -1, QCMD(Q_SYNC, USRQUOTA), 0, NULL);
}

static long try_settimeofday(void)
{
	struct timeval impossible = { .tv_sec = -1, .tv_usec = 2000000 };

	return syscall(SYS_settimeofday, &impossible, NULL);
}

static long try_clock_settime(void)
{
	struct timespec impossible = { .tv_sec = -1, .tv_nsec = -1 };

	return syscall(SYS_clock_settime, CLOCK_REALTIME, &impossible);
}

static long try_adjtimex(void)
{
	struct timex query = { 0 };

	return syscall(SYS_adjtimex, &query);
}

static long try_sethostname(void)
{
	return syscall(SYS_sethostname, "", -1);
}

static long try_setdomainname(void)
{
	return syscall(SYS_setdomainname, "", -1);
}

static long try_syslog(void)
{
	return syscall(SYS_syslog, 10 /* size of the buffer */, NULL, 0);
}

static long try_vhangup(void)
{
	(void)setsid();
	return syscall(SYS_vhangup);
}

#ifdef SYS_iopl
static long try_iopl(void)
{
	return syscall(SYS_iopl, 3);
}

static long try_ioperm(void)
{
	return syscall(SYS_ioperm, 0x80UL, 1UL, 1);
}
#endif

const struct probe_call machine_calls[] = {
	{ "acct", try_acct },
	{ "swapon", try_swapon },
	{ "swapoff", try_swapoff },
	{ "reboot", try_reboot },
	{ "kexec_load", try_kexec_load },
	{ "kexec_file_load", try_kexec_file_load },
	{ "init_module", try_init_module },
	{ "finit_module", try_finit_module },
	{ "delete_module", try_delete_module },
	{ "quotactl", try_quotactl },
	{ "quotactl_fd", try_quotactl_fd },
	{ "settimeofday", try_settimeofday },
	{ "clock_settime", try_clock_settime },
	{ "adjtimex", try_adjtimex },
	{ "sethostname", try_sethostname },
	{ "setdomainname", try_setdomainname },
	{ "syslog", try_syslog },
	{ "vhangup", try_vhangup },
#ifdef SYS_iopl
	{ "iopl", try_iopl },
	{ "ioperm", try_ioperm },
#endif
	{ 0 },
};
