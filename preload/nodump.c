/* SPDX-License-Identifier: MIT */
/* nodump.so: named in the sandbox's /etc/ld.so.preload, so that every dynamic program in it becomes
 * non-dumpable before its main(): no core, and its memory, environment and open files in /proc are
 * closed to the other processes of its uid. The kernel forgets that at each exec, hence here and
 * not in claudefs-init; the filter keeps a program from taking it back. Static programs escape it,
 * so nothing relies on it. Only libc: it runs inside whatever program the agent starts, and prints
 * nothing, fails nothing and leaves errno alone. */
#include <errno.h>
#include <sys/prctl.h>

__attribute__((constructor)) static void nodump(void)
{
	int saved = errno;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	errno = saved;
}
