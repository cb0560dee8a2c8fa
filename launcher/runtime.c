/* SPDX-License-Identifier: MIT */
/* Which runtime a session gets. */
#include "launcher/runtime.h"

#include <errno.h>
#include <string.h>

#include "fs/base/message.h"
#include "launcher/image.h"

/* What the engine says of itself: its security options. */
#define INFO_FORMAT "{{.SecurityOptions}}"

/* True if docker's engine answers and can take a keeper: the privileges that it needs are those of
 * the machine's root, which a rootless engine has not. */
static bool docker_can(void)
{
	static const char *const words[] = { "info", "--format", INFO_FORMAT, NULL };
	cleanup_engine struct engine engine = { 0 };
	cleanup_engine_answer struct engine_answer answer = { 0 };

	if (engine_find("docker", &engine) < 0 || engine_ask(&engine, words, &answer) < 0 ||
	    answer.code != 0)
		return false;
	if (strstr(answer.out, "name=rootless")) {
		message_info("docker's engine is rootless and cannot attach the view: running "
			     "natively");
		return false;
	}
	return true;
}

int runtime_choose(const struct options *options, const struct runtime **ret)
{
	*ret = &runtime_native;
	switch (options->runtime) {
	case RUNTIME_AUTO:
		if (docker_can())
			*ret = &runtime_docker;
		return 0;
	case RUNTIME_DOCKER: *ret = &runtime_docker; return 0;
	case RUNTIME_NATIVE: return 0;
	case RUNTIME_PODMAN: *ret = &runtime_podman; return 0;
	}
	return EXIT_USAGE;
}
