/* SPDX-License-Identifier: MIT */
#include "launcher/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/network/sockets.h"
#include "launcher/channel.h"
#include "launcher/mount_tree.h"

#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

_Noreturn static void die(const char *what)
{
	message_error("sandbox: %s: %s", what, strerror(errno));
	_exit(EXIT_RUN_FAILED);
}

/* Where the kernel, or what its owner has set, is the reason, the person can do something. */
_Noreturn static void die_without_namespaces(const char *what)
{
	if (errno != EPERM && errno != EACCES && errno != ENOSPC && errno != EUSERS)
		die(what);
	message_error("sandbox: this system does not let you make user namespaces (%s): start "
		      "Docker, or let its owner allow them (user.max_user_namespaces, "
		      "kernel.unprivileged_userns_clone, "
		      "kernel.apparmor_restrict_unprivileged_userns; docs/TROUBLESHOOTING.md)",
		      strerror(errno));
	_exit(EXIT_RUN_FAILED);
}

static void write_own(const char *path, const char *text)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));

	if (r < 0) {
		errno = -r;
		die(path);
	}
}

/* One line each: the caller's own ids, unchanged, so that files come out owned by the caller and
 * none of another user can be reached. */
static void map_ids(const struct plan *plan)
{
	char line[48];

	write_own("/proc/self/setgroups", "deny");
	(void)snprintf(line, sizeof(line), "%u %u 1\n", (unsigned int)plan->uid,
		       (unsigned int)plan->uid);
	write_own("/proc/self/uid_map", line);
	(void)snprintf(line, sizeof(line), "%u %u 1\n", (unsigned int)plan->gid,
		       (unsigned int)plan->gid);
	write_own("/proc/self/gid_map", line);
}

static void loopback_up(void)
{
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		die("cannot bring the loopback interface up");
}

static void enter_namespaces(const struct plan *plan)
{
	int flags = NAMESPACES | (plan->network == NETWORK_HOST ? 0 : CLONE_NEWNET);

	/* Only root may, and only root need: nobody else's groups open anything for it. */
	(void)setgroups(0, NULL);
	if (unshare(flags) < 0)
		die_without_namespaces("cannot make the namespaces");
	map_ids(plan);
	/* AppArmor lets an ordinary user make one on some systems, and do nothing in it. */
	if (sethostname("claudefs", 8) < 0)
		die_without_namespaces("cannot set the host name");
	if (plan->network != NETWORK_HOST)
		loopback_up();
}

/* claudefs-init needs CAP_SETPCAP once more, to empty its bounding set; exec keeps nothing else for
 * an ordinary user. By the raw calls: libcap belongs to init/. */
static void keep_setpcap(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_SETPCAP;
	if (syscall(SYS_capset, &header, data) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETPCAP, 0, 0) < 0)
		die("cannot drop capabilities");
}

static void take_terminal(const struct mount_tree *tree)
{
	bool has_error = isatty(STDERR_FILENO);

	if (tree->slave < 0)
		return;
	if (dup2(tree->slave, STDIN_FILENO) < 0 || dup2(tree->slave, STDOUT_FILENO) < 0 ||
	    (has_error && dup2(tree->slave, STDERR_FILENO) < 0))
		die("cannot take the terminal");
}

/* The kernel exempts uid 0, which has the control group. */
static void limit_processes(const struct plan *plan)
{
	rlim_t most = plan->limits.pids ? plan->limits.pids : LIMITS_PIDS_DEFAULT;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NPROC, &limit) < 0)
		die("cannot read the limit of processes");
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NPROC, &limit) < 0)
		die("cannot limit processes");
}

static void die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		die("cannot bind its life to claudefs-run's");
}

/* PID 1 of the sandbox, until it becomes claudefs-init. */
_Noreturn static void first_process(const struct plan *plan, const struct mount_tree *tree,
				    int channel)
{
	struct channel_message message;
	struct string_list argv = { 0 };

	die_with_parent();
	/* No word: claudefs-run died before the line above, and could not take us with it. */
	if (channel_receive(channel, CHANNEL_GO, &message) < 0)
		_exit(EXIT_RUN_FAILED);
	if (mount_tree_enter(tree) < 0)
		_exit(EXIT_RUN_FAILED);
	take_terminal(tree);
	limit_processes(plan);
	/* claudefs-run ignores it, and exec would pass that on. */
	(void)signal(SIGPIPE, SIG_DFL);
	string_list_add(&argv, "claudefs-init");
	string_list_add(&argv, "--role");
	string_list_add(&argv, plan->runtime);
	/* Kept until init has made sure of us; it closes it with all others. */
	string_list_add(&argv, "--parent-fd");
	string_list_addf(&argv, "%d", channel);
	if (fcntl(channel, F_SETFD, 0) < 0)
		die("cannot keep the channel");
	if (tree->slave >= 0)
		string_list_add(&argv, "--terminal");
	if (tree->fuse >= 0) {
		string_list_add(&argv, "--view");
		string_list_add(&argv, plan->view);
	}
	plan_add_paths(plan, &argv);
	string_list_add(&argv, "--");
	for (size_t i = 0; i < plan->argv.count; i++)
		string_list_add(&argv, plan->argv.items[i]);
	if (argv.is_failed || chdir(plan->project) < 0)
		die(plan->project);
	keep_setpcap();
	/* All other descriptors but 0, 1 and 2 are O_CLOEXEC. */
	(void)execve(PLAN_INIT, argv.items, plan->env.items);
	die(PLAN_INIT);
}

/* Made here, accepted from outside: a socket stays in the namespace of its making. */
static void make_sockets(const struct plan *plan, struct channel_message *message)
{
	bool wanted[NETWORK_SLOTS];
	int r;

	plan_want_sockets(plan, wanted);
	r = network_make_sockets(wanted, message->fds + 2, &message->value);
	if (r < 0) {
		errno = -r;
		die("cannot make a socket that listens");
	}
}

_Noreturn static void setup_process(const struct plan *plan, const struct cgroup *cgroup,
				    bool has_terminal, int channel, pid_t parent)
{
	struct channel_message message = { .kind = CHANNEL_BUILT };
	struct mount_tree tree;
	pid_t first;

	int r;

	die_with_parent();
	/* Before the cgroup namespace, so that nothing above the group is visible inside. */
	r = cgroup_enter(cgroup);
	if (r < 0) {
		errno = -r;
		die("cannot enter its control group");
	}
	enter_namespaces(plan);
	/* Again, for the kernel forgets it when credentials change. */
	die_with_parent();
	if (getppid() != parent)
		_exit(EXIT_RUN_FAILED);
	if (mount_tree_build(plan, has_terminal, &tree) < 0)
		_exit(EXIT_RUN_FAILED);
	message.fds[0] = tree.fuse;
	message.fds[1] = tree.terminal;
	make_sockets(plan, &message);
	if (channel_send(channel, &message) < 0 ||
	    channel_receive(channel, CHANNEL_SERVED, &message) < 0)
		_exit(EXIT_RUN_FAILED);
	if (unshare(CLONE_NEWPID) < 0)
		die("cannot make the pid namespace");
	/* A child of claudefs-run, not of this process, which ends here. */
	first = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (first < 0)
		die("cannot start the first process");
	if (first == 0)
		first_process(plan, &tree, channel);
	message = (struct channel_message){ .kind = CHANNEL_STARTED,
					    .value = first,
					    .fds = CHANNEL_NO_FDS };
	_exit(channel_send(channel, &message) < 0 ? EXIT_RUN_FAILED : 0);
}

int sandbox_start(const struct plan *plan, bool has_terminal, struct sandbox *ret)
{
	pid_t parent = getpid();
	int ends[2];
	int r = channel_make(ends);

	*ret = (struct sandbox){
		.channel = -1, .terminal = -1, .fuse = -1, .network = NETWORK_NO_SOCKETS
	};
	if (r == 0 && cgroup_make(&plan->limits, &ret->cgroup) != 0) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		r = -EACCES;
	}
	if (r < 0)
		return r;
	ret->setup = fork();
	if (ret->setup < 0) {
		r = -errno;
		ret->setup = 0;
		(void)close(ends[0]);
		(void)close(ends[1]);
		return r;
	}
	if (ret->setup == 0) {
		(void)close(ends[0]);
		setup_process(plan, &ret->cgroup, has_terminal, ends[1], parent);
	}
	(void)close(ends[1]);
	ret->channel = ends[0];
	return 0;
}

int sandbox_built(struct sandbox *sandbox)
{
	struct channel_message message;
	int r = channel_receive(sandbox->channel, CHANNEL_BUILT, &message);

	if (r < 0)
		return r;
	sandbox->fuse = message.fds[0];
	sandbox->terminal = message.fds[1];
	memcpy(sandbox->network, message.fds + 2, sizeof(sandbox->network));
	sandbox->redirect_error = message.value;
	return 0;
}

int sandbox_release(struct sandbox *sandbox)
{
	struct channel_message message = { .kind = CHANNEL_SERVED, .fds = CHANNEL_NO_FDS };
	int r = channel_send(sandbox->channel, &message);

	if (r == 0)
		r = channel_receive(sandbox->channel, CHANNEL_STARTED, &message);
	if (r < 0)
		return r;
	sandbox->first = message.value;
	message = (struct channel_message){ .kind = CHANNEL_GO, .fds = CHANNEL_NO_FDS };
	return channel_send(sandbox->channel, &message);
}
