/* SPDX-License-Identifier: MIT */
/* The parts of the plan that are the same for every project, as tables. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "launcher/plan.h"

#define MIB (UINT64_C(1) << 20)

/* Usually symlinks into /usr; directories on systems without merged /usr. */
static const char *const program_directories[] = { "/bin",   "/lib",    "/lib32",
						   "/lib64", "/libx32", "/sbin" };

/* Alphabetical. What programs need of /etc, and none of the machine's own settings or keys. */
static const char *const configuration[] = {
	"/etc/alternatives",    "/etc/bash.bashrc",
	"/etc/ca-certificates", "/etc/ca-certificates.conf",
	"/etc/ld.so.cache",     "/etc/ld.so.conf",
	"/etc/ld.so.conf.d",    "/etc/localtime",
	"/etc/mime.types",      "/etc/nsswitch.conf",
	"/etc/os-release",      "/etc/pki/ca-trust/extracted",
	"/etc/pki/tls/certs",   "/etc/profile",
	"/etc/protocols",       "/etc/services",
	"/etc/ssl/certs",       "/etc/ssl/openssl.cnf",
	"/etc/terminfo",        "/etc/timezone",
};

/* What the machine's owner has decreed for every Claude Code on it (2.1): in the sandbox as
 * outside, so that nobody gets round it by sandboxing. */
static const char *const managed[] = {
	"/etc/claude-code/CLAUDE.md",
	"/etc/claude-code/managed-mcp.json",
	"/etc/claude-code/managed-settings.d",
	"/etc/claude-code/managed-settings.json",
};

static const char *const network_configuration[] = { "/etc/hosts", "/etc/resolv.conf" };

static const char loopback_hosts[] = "127.0.0.1 localhost claudefs\n::1 localhost\n";

/* claudefs-gate answers there (init/gateway/name_service.c). */
static const char gateway_resolver[] = "nameserver 127.0.0.1\n";

static const char *const devices[] = { "/dev/full", "/dev/null",    "/dev/random",
				       "/dev/tty",  "/dev/urandom", "/dev/zero" };

static const struct {
	const char *target;
	const char *source;
} device_links[] = {
	{ "/dev/fd", "/proc/self/fd" },       { "/dev/ptmx", "pts/ptmx" },
	{ "/dev/stderr", "/proc/self/fd/2" }, { "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
};

/* In the order of making. */
static const struct {
	const char *target;
	mode_t mode;
	uint64_t size;
} scratch[] = {
	{ "/dev/shm", 01777, 0 /* --shm-size */ },
	{ "/run", 0755, 16 * MIB },
	{ "/tmp", 01777, 2048 * MIB },
	{ "/var/tmp", 01777, 512 * MIB },
};

#define HOME_SIZE (4096 * MIB)

static void add_program_directory(struct plan *plan, const char *path)
{
	char target[64] = "";
	struct stat info;

	if (lstat(path, &info) < 0)
		return;
	if (S_ISLNK(info.st_mode) && readlink(path, target, sizeof(target) - 1) > 0)
		(void)plan_add(plan, PLAN_LINK, target, path, 0);
	else
		(void)plan_add(plan, PLAN_BIND, path, path, PLAN_EXEC);
}

static uint64_t shm_size(const struct plan *plan)
{
	return plan->limits.shm ? plan->limits.shm : LIMITS_SHM_DEFAULT;
}

void plan_add_managed(struct plan *plan)
{
	for (size_t i = 0; i < sizeof(managed) / sizeof(char *); i++)
		(void)plan_add(plan, PLAN_BIND, managed[i], managed[i], PLAN_OPTIONAL);
}

void plan_add_resolver(struct plan *plan)
{
	if (plan->network == NETWORK_GATEWAY)
		plan_add(plan, PLAN_FILE, gateway_resolver, "/etc/resolv.conf", 0)->mode = 0644;
}

void plan_add_system(struct plan *plan)
{
	(void)plan_add(plan, PLAN_BIND, "/usr", "/usr", PLAN_EXEC);
	for (size_t i = 0; i < sizeof(program_directories) / sizeof(char *); i++)
		add_program_directory(plan, program_directories[i]);
	for (size_t i = 0; i < sizeof(configuration) / sizeof(char *); i++)
		(void)plan_add(plan, PLAN_BIND, configuration[i], configuration[i], PLAN_OPTIONAL);
	plan_add_managed(plan);
	plan_add_resolver(plan);
	switch (plan->network) {
	case NETWORK_GATEWAY:
	case NETWORK_NONE:
		plan_add(plan, PLAN_FILE, loopback_hosts, "/etc/hosts", 0)->mode = 0644;
		break;
	case NETWORK_HOST:
		for (size_t i = 0; i < sizeof(network_configuration) / sizeof(char *); i++)
			(void)plan_add(plan, PLAN_BIND, network_configuration[i],
				       network_configuration[i], PLAN_OPTIONAL);
		break;
	}
	plan_add(plan, PLAN_FILE, "claudefs\n", "/etc/hostname", 0)->mode = 0644;
	(void)plan_add(plan, PLAN_PROC, NULL, "/proc", PLAN_WRITABLE);
	for (size_t i = 0; i < sizeof(devices) / sizeof(char *); i++)
		/* Read-only: writing to a device still works, but root cannot change its mode. */
		(void)plan_add(plan, PLAN_BIND, devices[i], devices[i], PLAN_DEVICES);
	for (size_t i = 0; i < sizeof(device_links) / sizeof(device_links[0]); i++)
		(void)plan_add(plan, PLAN_LINK, device_links[i].source, device_links[i].target, 0);
	/* Its devices must open: nodev does not go with it. */
	(void)plan_add(plan, PLAN_DEVPTS, NULL, "/dev/pts", PLAN_DEVICES | PLAN_WRITABLE);
	for (size_t i = 0; i < sizeof(scratch) / sizeof(scratch[0]); i++) {
		struct plan_entry *entry =
			plan_add(plan, PLAN_TMPFS, NULL, scratch[i].target, PLAN_WRITABLE);

		entry->mode = scratch[i].mode;
		entry->why =
			"noexec: nothing needs to be run from here; interpreters do not ask, so "
			"no rule relies on it";
		entry->size = scratch[i].size ? scratch[i].size : shm_size(plan);
	}
}

void plan_add_home(struct plan *plan)
{
	static const char *const directories[] = { "/.cache", "/.npm" };
	struct plan_entry *entry =
		plan_add(plan, PLAN_TMPFS, NULL, plan->home, PLAN_WRITABLE | PLAN_EXEC);

	entry->mode = 0700;
	entry->size = HOME_SIZE;
	entry->why =
		"exec, ~/.npm and ~/.cache in it too: npx, native node modules, pip --user and "
		"browsers of test tools are run from there";
	for (size_t i = 0; i < sizeof(directories) / sizeof(char *); i++) {
		cleanup_free char *directory = NULL;

		if (asprintf(&directory, "%s%s", plan->home, directories[i]) < 0)
			plan->is_failed = true;
		else
			plan_add(plan, PLAN_DIR, NULL, directory, 0)->mode = 0700;
	}
}
