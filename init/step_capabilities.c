/* SPDX-License-Identifier: MIT */
/* Steps that give privileges away, and look afterwards whether they are gone. */
#include <errno.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "init/steps.h"

/* A root user gets no capability back by exec, and nobody unlocks that. */
#define SECUREBITS                                                                               \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                         \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

int step_no_new_privileges(struct init_context *context)
{
	(void)context;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int fail(struct init_context *context, const char *what)
{
	(void)snprintf(context->reason, sizeof(context->reason), "%s", what);
	return -EPERM;
}

static int check_empty(struct init_context *context)
{
	cap_t caps = cap_get_proc();
	cap_t none = cap_init();
	int difference = caps && none ? cap_compare(caps, none) : -1;

	(void)cap_free(caps);
	(void)cap_free(none);
	if (difference != 0)
		return fail(context, "some capability is left");
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_get_bound(cap) != 0)
			return fail(context, "the bounding set is not empty");
		if (cap_get_ambient(cap) > 0)
			return fail(context, "the ambient set is not empty");
	}
	return 0;
}

int step_capabilities(struct init_context *context)
{
	cap_t none;
	int r;

	/* Both need CAP_SETPCAP, so they come before the rest is dropped. */
	if (prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0) < 0)
		return fail(context, "cannot lock the secure bits");
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_drop_bound(cap) < 0)
			return fail(context, "cannot empty the bounding set");
	}
	if (cap_reset_ambient() < 0)
		return fail(context, "cannot empty the ambient set");
	none = cap_init();
	r = none ? cap_set_proc(none) : -1;
	(void)cap_free(none);
	if (r < 0)
		return fail(context, "cannot drop the capabilities");
	return check_empty(context);
}
