/* SPDX-License-Identifier: MIT */
/* Tries what a sandbox must refuse, one line per call that was not refused; exits 0 if all were.
 * Arguments are such that nothing happens where a call is allowed: most then fail otherwise than by
 * refusal, which counts as not refused. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define BAD (-1L)

static unsigned int open_calls;

static void judge(const char *name, long result, int error)
{
	bool is_refused = result < 0 && (error == EPERM || error == ENOSYS ||
					 error == EAFNOSUPPORT || error == EACCES);

	if (is_refused)
		return;
	open_calls++;
	(void)printf("%s: %s\n", name, result < 0 ? strerror(error) : "succeeds");
}

static const struct {
	const char *name;
	long number, a, b, c, d;
} calls[] = {
	{ "add_key", SYS_add_key, 0, 0, 0, 0 },
	{ "bpf", SYS_bpf, 0, 0, 0, 0 },
	{ "clone3", SYS_clone3, 0, 0, 0, 0 },
	{ "finit_module", SYS_finit_module, BAD, 0, 0, 0 },
	{ "fsopen", SYS_fsopen, 0, 0, 0, 0 },
	{ "fsmount", SYS_fsmount, BAD, 0, 0, 0 },
	{ "io_uring_setup", SYS_io_uring_setup, 0, 0, 0, 0 },
	{ "kcmp", SYS_kcmp, BAD, BAD, 0, 0 },
	{ "keyctl", SYS_keyctl, 99, 0, 0, 0 },
	{ "listmount", 458, 0, 0, 0, 0 },
	{ "mount", SYS_mount, 0, 0, 0, 0 },
	{ "mount_setattr", SYS_mount_setattr, BAD, 0, 0, 0 },
	{ "move_mount", SYS_move_mount, BAD, 0, BAD, 0 },
	{ "name_to_handle_at", SYS_name_to_handle_at, BAD, 0, 0, 0 },
	{ "open_by_handle_at", SYS_open_by_handle_at, BAD, 0, 0, 0 },
	{ "open_tree", SYS_open_tree, BAD, 0, 0, 0 },
	{ "perf_event_open", SYS_perf_event_open, 0, BAD, BAD, BAD },
	{ "personality", SYS_personality, 0x0040000, 0, 0, 0 },
	{ "pidfd_getfd", SYS_pidfd_getfd, BAD, BAD, 0, 0 },
	{ "pivot_root", SYS_pivot_root, 0, 0, 0, 0 },
	{ "process_vm_readv", SYS_process_vm_readv, 0, 0, 0, 0 },
	{ "ptrace", SYS_ptrace, PTRACE_PEEKDATA, BAD, 0, 0 },
	{ "request_key", SYS_request_key, 0, 0, 0, 0 },
	{ "setns", SYS_setns, BAD, 0, 0, 0 },
	{ "statmount", 457, 0, 0, 0, 0 },
	{ "umount2", SYS_umount2, 0, 0, 0, 0 },
	{ "unshare", SYS_unshare, 0, 0, 0, 0 },
	{ "userfaultfd", SYS_userfaultfd, BAD, 0, 0, 0 },
};

static const struct {
	const char *name;
	int family;
} families[] = {
	{ "AF_ALG", AF_ALG },       { "AF_BLUETOOTH", AF_BLUETOOTH },
	{ "AF_CAN", AF_CAN },       { "AF_KEY", AF_KEY },
	{ "AF_PACKET", AF_PACKET }, { "AF_VSOCK", AF_VSOCK },
	{ "AF_XDP", AF_XDP },       { "AF_X25", AF_X25 },
};

static void try_clone_flags(void)
{
	static const unsigned long flags[] = { CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWPID,
					       CLONE_NEWNET,   CLONE_NEWIPC, CLONE_NEWUTS,
					       CLONE_NEWCGROUP };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		char name[32];
		/* CLONE_SIGHAND without CLONE_VM is invalid: no child is made where it is allowed.
		 */
		long r = syscall(SYS_clone, flags[i] | CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0);

		if (r == 0)
			_exit(0);
		(void)snprintf(name, sizeof(name), "clone %#lx", flags[i]);
		judge(name, r, errno);
	}
}

#ifdef __x86_64__
/* getpid by the 32-bit entry: refused by ENOSYS, or answered. */
static void try_other_architectures(void)
{
	long r;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		__asm__ volatile("int $0x80"
				 : "=a"(r)
				 : "a"(20L)
				 : "memory", "r8", "r9", "r10", "r11");
		_exit(r == -ENOSYS || r == -EPERM ? 0 : 1);
	}
	(void)waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		judge("int 0x80", 0, 0);
	r = syscall(0x40000000 | SYS_getpid);
	judge("x32 getpid", r, errno);
}
#endif

int main(void)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		long r =
			syscall(calls[i].number, calls[i].a, calls[i].b, calls[i].c, calls[i].d, 0);

		judge(calls[i].name, r, errno);
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		int fd = socket(families[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		judge(families[i].name, fd, errno);
		if (fd >= 0)
			(void)close(fd);
	}
	/* ENOTTY where it is allowed; the high bits are dropped by the kernel, not by every filter.
	 */
	judge("TIOCSTI", ioctl(STDIN_FILENO, TIOCSTI, NULL), errno);
	judge("TIOCSTI with high bits",
	      syscall(SYS_ioctl, STDIN_FILENO, (1L << 32) | TIOCSTI, NULL), errno);
	judge("TIOCLINUX", ioctl(STDIN_FILENO, TIOCLINUX, NULL), errno);
	try_clone_flags();
#ifdef __x86_64__
	try_other_architectures();
#endif
	return open_calls == 0 ? 0 : 1;
}
