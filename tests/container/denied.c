/* SPDX-License-Identifier: MIT */
/* denied [--control] VIEW SECRET VICTIM...: tries from inside a sandbox what would open it, take
 * its view away, or harm the processes that keep it. VIEW: the agent's ~/.claude. SECRET: a
 * directory that only the keeper, or the host, may read. VICTIM: process ids of the daemon and its
 * parents.
 *
 * One line each: "denied NAME ERRNO" or "possible NAME". What would end the sandbox comes last.
 * With
 * --control it makes the mount that it then takes away, for it runs where nothing is denied. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *view, *secret;
static char **victims;
static bool is_control;

static void tell(const char *name, long r)
{
	if (r < 0)
		(void)printf("denied %s %s\n", name, strerrorname_np(errno));
	else
		(void)printf("possible %s\n", name);
	(void)fflush(stdout);
}

/* In a child, so that what succeeds is undone by its end. f returns -1 with errno, or 0. */
static void tell_in_child(const char *name, int (*f)(const char *), const char *arg)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(f(arg) < 0 ? errno : 0);
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status)) {
		/* Killed for trying: denied as well. */
		errno = EPERM;
		tell(name, -1);
		return;
	}
	errno = WEXITSTATUS(status);
	tell(name, errno ? -1 : 0);
}

static int try_umount(const char *flags)
{
	if (is_control && mount("tmpfs", view, "tmpfs", 0, NULL) < 0)
		return -1;
	return umount2(view, *flags ? MNT_DETACH : 0);
}

static int run(const char *const *argv)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)execv(argv[0], (char *const *)(void *)(size_t)argv);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	errno = EPERM;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* The program that the script has put beside this one. */
static int try_fusermount(const char *unused)
{
	const char *const argv[] = { "./fusermount3", "-u", "-z", view, NULL };

	(void)unused;
	if (is_control && mount("tmpfs", view, "tmpfs", 0, NULL) < 0)
		return -1;
	return run(argv);
}

static int try_mount_tmpfs(const char *unused)
{
	(void)unused;
	return mount("tmpfs", "/var/tmp", "tmpfs", 0, NULL);
}

static int try_mount_bind(const char *unused)
{
	(void)unused;
	return mount(".", "/var/tmp", NULL, MS_BIND, NULL);
}

static int try_fsopen(const char *unused)
{
	(void)unused;
	return fsopen("tmpfs", 0);
}

static int try_list(const char *path)
{
	DIR *dir = opendir(path);

	return dir ? closedir(dir) : -1;
}

static int try_read(const char *path)
{
	char buf[64];
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	return fd < 0 ? -1 : read(fd, buf, sizeof(buf)) < 0 ? -1 : 0;
}

static int try_open_mem(const char *path)
{
	return open(path, O_RDWR);
}

static int try_write_number(const char *path)
{
	int fd = open(path, O_WRONLY);

	return fd < 0 ? -1 : write(fd, "1000", 4) < 0 ? -1 : 0;
}

static int try_enter(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? -1 : setns(fd, 0);
}

static int try_open_fuse(const char *path)
{
	return open(path, O_RDWR);
}

static int try_mknod(const char *path)
{
	return mknod(path, S_IFCHR | 0600, makedev(10, 229));
}

static int try_create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

static int try_exec_from(const char *dir)
{
	char command[256];
	const char *const copy[] = { "/bin/sh", "-c", command, NULL };

	(void)snprintf(command, sizeof(command), "cp /bin/true %s/t && %s/t", dir, dir);
	return run(copy);
}

static int try_ptrace(const char *pid)
{
	return (int)ptrace(PTRACE_SEIZE, (pid_t)strtol(pid, NULL, 10), NULL, NULL);
}

static int try_process_vm(const char *pid)
{
	char buf[8];
	struct iovec local = { buf, sizeof(buf) };
	struct iovec remote = { NULL, sizeof(buf) };

	/* EFAULT: it was let in, and nothing lies at that address. */
	if (process_vm_readv((pid_t)strtol(pid, NULL, 10), &local, 1, &remote, 1, 0) >= 0 ||
	    errno == EFAULT)
		return 0;
	return -1;
}

static int try_prlimit(const char *pid)
{
	const struct rlimit limit = { 64, 64 };
	char path[64];
	struct stat info;

	/* Without CAP_SYS_RESOURCE, which this machine's root may lack, it takes the same user. */
	(void)snprintf(path, sizeof(path), "/proc/%s", pid);
	if (is_control &&
	    (stat(path, &info) < 0 || setresgid(info.st_gid, info.st_gid, info.st_gid) < 0 ||
	     setresuid(info.st_uid, info.st_uid, info.st_uid) < 0))
		return -1;
	return prlimit((pid_t)strtol(pid, NULL, 10), RLIMIT_MSGQUEUE, &limit, NULL);
}

static int try_renice(const char *pid)
{
	return setpriority(PRIO_PROCESS, (id_t)strtol(pid, NULL, 10), 5);
}

static int try_affinity(const char *pid)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity((pid_t)strtol(pid, NULL, 10), sizeof(set), &set);
}

static int try_signal(const char *pid)
{
	return kill((pid_t)strtol(pid, NULL, 10), 0);
}

/* The control asks for the same permission and leaves its victim alive. */
static int try_kill(const char *pid)
{
	return kill((pid_t)strtol(pid, NULL, 10), is_control ? SIGCONT : SIGKILL);
}

static int try_unshare(const char *unused)
{
	(void)unused;
	return unshare(CLONE_NEWUSER);
}

static int try_keyctl(const char *unused)
{
	(void)unused;
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) < 0 ? -1 : 0;
}

static int try_io_uring(const char *unused)
{
	char parameters[256] = { 0 };

	(void)unused;
	return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

static int try_bpf(const char *unused)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	(void)unused;
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
}

static int try_rename_over(const char *unused)
{
	char over[4200];

	(void)unused;
	/* Beside it, for a rename stays in one file system. */
	(void)snprintf(over, sizeof(over), "%s.over", view);
	if (mkdir(over, 0700) < 0 && errno != EEXIST)
		return -1;
	return rename(over, view);
}

static int try_rename_away(const char *unused)
{
	char away[4200];

	(void)unused;
	(void)snprintf(away, sizeof(away), "%s.away", view);
	return rename(view, away);
}

static const struct attack {
	const char *name;
	int (*run)(const char *);
	const char *arg;
} attacks[] = {
	{ "umount", try_umount, "" },
	{ "umount-lazily", try_umount, "lazily" },
	{ "fusermount3", try_fusermount, "" },
	{ "mount-tmpfs", try_mount_tmpfs, "" },
	{ "mount-bind", try_mount_bind, "" },
	{ "fsopen", try_fsopen, "" },
	{ "open-dev-fuse", try_open_fuse, "/dev/fuse" },
	{ "mknod-fuse", try_mknod, "/tmp/fuse-node" },
	{ "write-usr", try_create, "/usr/planted" },
	{ "write-etc", try_create, "/etc/planted" },
	{ "write-opt", try_create, "/opt/claudefs/planted" },
	{ "execute-from-tmp", try_exec_from, "/tmp" },
	{ "user-namespace", try_unshare, "" },
	{ "keyctl", try_keyctl, "" },
	{ "io-uring", try_io_uring, "" },
	{ "bpf", try_bpf, "" },
};

/* %s is the victim. */
static const struct attack on_victims[] = {
	{ "mem", try_open_mem, "/proc/%s/mem" },
	{ "root", try_list, "/proc/%s/root/" },
	{ "cwd", try_list, "/proc/%s/cwd/" },
	{ "fd", try_list, "/proc/%s/fd" },
	{ "environ", try_read, "/proc/%s/environ" },
	{ "maps", try_read, "/proc/%s/maps" },
	{ "oom-score", try_write_number, "/proc/%s/oom_score_adj" },
	{ "enter-mount", try_enter, "/proc/%s/ns/mnt" },
	{ "ptrace", try_ptrace, "%s" },
	{ "process-vm", try_process_vm, "%s" },
	{ "prlimit", try_prlimit, "%s" },
	{ "renice", try_renice, "%s" },
	{ "affinity", try_affinity, "%s" },
	{ "signal", try_signal, "%s" },
};

static void try_victim(const char *victim, const struct attack *attack)
{
	char arg[64], name[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(arg, sizeof(arg), attack->arg, victim);
#pragma GCC diagnostic pop
	(void)snprintf(name, sizeof(name), "%s-of-%s", attack->name, victim);
	tell_in_child(name, attack->run, arg);
}

int main(int argc, char **argv)
{
	const struct attack kill_it = { "kill", try_kill, "%s" };

	if (argc > 1 && strcmp(argv[1], "--control") == 0) {
		is_control = true;
		argv++;
		argc--;
	}
	if (argc < 4)
		return 2;
	view = argv[1];
	secret = argv[2];
	victims = argv + 3;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		tell_in_child(attacks[i].name, attacks[i].run, attacks[i].arg);
	tell_in_child("read-secret", try_list, secret);
	for (char **victim = victims; *victim; victim++) {
		for (size_t i = 0; i < sizeof(on_victims) / sizeof(on_victims[0]); i++)
			try_victim(*victim, &on_victims[i]);
	}
	tell_in_child("rename-over-view", try_rename_over, "");
	tell_in_child("rename-view-away", try_rename_away, "");
	/* The daemon before PID 1, with which everything ends. */
	for (char **victim = victims; *victim; victim++)
		try_victim(*victim, &kill_it);
	return 0;
}
