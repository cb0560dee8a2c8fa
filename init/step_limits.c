/* SPDX-License-Identifier: MIT */
/* Steps about the process itself: whom it outlives, what it inherited, how much it may use. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/steps.h"

/* The launcher armed it before it exec'ed this program, but exec forgets it where it changes
 * capabilities, as it does for root. Whoever died in between closed the socket, and it is never too
 * late to see that. */
int step_parent_death(struct init_context *context)
{
	struct pollfd parent = { .fd = context->parent_fd, .events = POLLRDHUP };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	if (parent.fd < 0 || poll(&parent, 1, 0) < 0 || parent.revents) {
		(void)snprintf(context->reason, sizeof(context->reason), "claudefs-run is gone");
		return -ESRCH;
	}
	return 0;
}

int step_no_core(struct init_context *context)
{
	const struct rlimit none = { 0, 0 };

	(void)context;
	return setrlimit(RLIMIT_CORE, &none) < 0 ? -errno : 0;
}

int step_descriptors(struct init_context *context)
{
	(void)context;
	return syscall(SYS_close_range, 3u, ~0u, 0u) < 0 ? -errno : 0;
}

static const struct {
	const char *name;
	__rlimit_resource_t resource;
	rlim_t most;
} limits[] = {
	{ "core", RLIMIT_CORE, 0 },
	{ "memlock", RLIMIT_MEMLOCK, 8u << 20 },
	{ "nofile", RLIMIT_NOFILE, 65536 },
	/* Counted per user namespace since Linux 5.14; the kernel exempts uid 0. The launcher sets
	 * what was asked for, at most LIMITS_PIDS_MAX. */
	{ "nproc", RLIMIT_NPROC, 32768 },
};

int step_limits(struct init_context *context)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (getrlimit(limits[i].resource, &limit) < 0)
			return -errno;
		if (limit.rlim_max > limits[i].most)
			limit.rlim_max = limits[i].most;
		if (limit.rlim_cur > limit.rlim_max)
			limit.rlim_cur = limit.rlim_max;
		if (setrlimit(limits[i].resource, &limit) < 0) {
			(void)snprintf(context->reason, sizeof(context->reason), "%s: %s",
				       limits[i].name, strerror(errno));
			return -EPERM;
		}
	}
	return 0;
}
