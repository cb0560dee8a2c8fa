/* SPDX-License-Identifier: MIT */
/* The keeper's own steps: what it must have, what it is told, and how it gives all of it away. The
 * steps about the agent's container are in step_view.c. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "init/steps.h"

/* Of the daemon where the agent's user is root: a user of the same uid could signal it. */
#define APART_ID 65532

#define WORDS_MAGIC "CFE1"
#define WORDS_MAX   (256u << 10) /* bytes of the private environment */

/* A uid of 0 gives nothing back, neither by exec nor by changing ids. */
#define SECUREBITS                                                       \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED)
#define SECUREBITS_LAST \
	(SECUREBITS | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/* SYS_PTRACE: to open another user's /proc/PID/ns/mnt; SYS_CHROOT: for setns(2); SETPCAP: to empty
 * the bounding set; SYS_ADMIN: to mount and to enter. */
static const cap_value_t needed[] = { CAP_SETGID,     CAP_SETUID,     CAP_SETPCAP,
				      CAP_SYS_CHROOT, CAP_SYS_PTRACE, CAP_SYS_ADMIN };
/* With --gateway. NET_ADMIN: fs/network/redirect.h; NET_BIND_SERVICE: the port of DNS. */
static const cap_value_t of_network[] = { CAP_NET_ADMIN, CAP_NET_BIND_SERVICE };
static const cap_value_t kept[] = { CAP_SETGID, CAP_SETUID };

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static bool is_expected(const struct init_context *context, cap_value_t cap)
{
	for (int i = 0; i < COUNT(needed); i++) {
		if (needed[i] == cap)
			return true;
	}
	for (int i = 0; context->has_gateway && i < COUNT(of_network); i++) {
		if (of_network[i] == cap)
			return true;
	}
	return false;
}

int step_keeper_check(struct init_context *context)
{
	if (geteuid() != 0)
		return step_refuse(context, "does not run as root");
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_get_bound(cap) != 0 && !is_expected(context, cap))
			return step_refuse(context, "capability %d is there and must not be", cap);
	}
	for (int i = 0; i < COUNT(needed); i++) {
		cap_flag_value_t is_set = CAP_CLEAR;
		cap_t caps = cap_get_proc();
		int r = caps ? cap_get_flag(caps, needed[i], CAP_EFFECTIVE, &is_set) : -1;

		(void)cap_free(caps);
		if (r < 0 || is_set != CAP_SET)
			return step_refuse(context,
					   "capability %d is missing: does the engine run "
					   "rootless?",
					   needed[i]);
	}
	return 0;
}

/* Not one byte more: what follows on stdin is for the daemon. */
static int read_exactly(void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(STDIN_FILENO, (char *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		done += (size_t)n;
	}
	return 0;
}

int step_keeper_up(struct init_context *context)
{
	context->lifeline = STDIN_FILENO;
	/* The engine takes containers up one after the other: ours is ready for the other one. */
	return write(STDOUT_FILENO, "up\n", 3) == 3
		       ? 0
		       : step_refuse(context, "cannot tell claudefs-run");
}

/* They come when claudefs-run has all that an agent needs, its way out above all. Until then both
 * containers are started at once, and nothing of the agent runs. One frame: magic, length (u32,
 * little-endian), content. */
int step_keeper_words(struct init_context *context)
{
	struct {
		char magic[4];
		uint32_t len;
	} head;
	int r = read_exactly(&head, sizeof(head));

	if (r < 0)
		return step_refuse(context, "claudefs-run is gone: %s", strerror(-r));
	head.len = le32toh(head.len);
	if (memcmp(head.magic, WORDS_MAGIC, sizeof(head.magic)) != 0 || head.len > WORDS_MAX)
		return step_refuse(context, "stdin: not from a claudefs-run of this version");
	context->private = (char *)malloc((size_t)head.len + 1);
	if (!context->private)
		return -ENOMEM;
	r = read_exactly(context->private, head.len);
	context->private[r < 0 ? 0 : head.len] = '\0';
	context->private_len = r < 0 ? 0 : head.len;
	return r < 0 ? step_refuse(context, "claudefs-run is gone: %s", strerror(-r)) : 0;
}

/* Only as a place: it is opened by the daemon as the user who owns it. */
int step_keeper_session(struct init_context *context)
{
	context->session = open(INIT_SESSION_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (context->session < 0)
		return step_refuse(context, INIT_SESSION_DIR ": %s", strerror(errno));
	return 0;
}

int step_keeper_identity(struct init_context *context)
{
	if (setgroups(0, NULL) < 0 || prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) < 0)
		return -errno;
	if (context->uid != 0)
		return 0;
	if (setresgid(APART_ID, APART_ID, APART_ID) < 0 ||
	    setresuid(APART_ID, APART_ID, APART_ID) < 0)
		return -errno;
	/* The kernel gives /proc/1 of a process that is not dumpable to root: the agent's user, who
	 * could then make it the first victim when memory runs out. Nobody else has this uid. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* Ambient, so that the daemon has them after exec: whatever its uid, a file gives it none. While
 * the bounding set still allows it. */
static int keep_ambient(void)
{
	cap_t caps = cap_get_proc();
	int r = caps ? cap_set_flag(caps, CAP_INHERITABLE, COUNT(kept), kept, CAP_SET) : -1;

	if (r == 0)
		r = cap_set_proc(caps);
	for (int i = 0; r == 0 && i < COUNT(kept); i++)
		r = cap_set_ambient(kept[i], CAP_SET);
	(void)cap_free(caps);
	return r;
}

static int keep_only(void)
{
	static const cap_flag_t sets[] = { CAP_PERMITTED, CAP_EFFECTIVE, CAP_INHERITABLE };
	cap_t caps = cap_init();
	int r = caps ? 0 : -1;

	for (int i = 0; r == 0 && i < COUNT(sets); i++)
		r = cap_set_flag(caps, sets[i], COUNT(kept), kept, CAP_SET);
	if (r == 0)
		r = cap_set_proc(caps);
	(void)cap_free(caps);
	return r;
}

int step_keeper_drop(struct init_context *context)
{
	int r = keep_ambient();

	for (cap_value_t cap = 0; r == 0 && cap_get_bound(cap) >= 0; cap++)
		r = cap_drop_bound(cap);
	/* All of the above need CAP_SETPCAP, which goes last. */
	if (r == 0)
		r = prctl(PR_SET_SECUREBITS, SECUREBITS_LAST, 0, 0, 0);
	if (r == 0)
		r = keep_only();
	if (r < 0)
		return step_refuse(context, "cannot drop the capabilities: %s", strerror(errno));
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_get_bound(cap) != 0)
			return step_refuse(context, "capability %d is still there", cap);
	}
	return 0;
}
