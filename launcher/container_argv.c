/* SPDX-License-Identifier: MIT */
#include "launcher/container_argv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "launcher/environment.h"

/* The keeper: PID 1, the daemon and its threads, one child for a moment. */
#define KEEPER_PIDS "64"

static const char *const keeper_capabilities[] = {
	"SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE",
};
/* For the redirection to the gateway (fs/network/redirect.h). */
static const char *const keeper_network_capabilities[] = { "NET_ADMIN", "NET_BIND_SERVICE" };

/* For Landlock, beside the plan's: what the engine and the image bring. */
static const char *const image_writable[] = { "/dev", CONTAINER_AGENT_DIR, "/proc" };
static const char *const image_executable[] = { "/bin", "/lib",  "/lib32", "/lib64",
						"/opt", "/sbin", "/usr" };

static void add2(struct string_list *list, const char *option, const char *value)
{
	string_list_add(list, option);
	string_list_add(list, value);
}

/* One field of the comma-separated words of --mount, quoted as CSV has it. */
static void append_field(struct text *text, const char *key, const char *value)
{
	text_appendf(text, ",\"%s=", key);
	for (const char *c = value; *c; c++)
		text_append_bytes(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	text_append(text, "\"");
}

/* A bind by --mount: -v would make a missing source, as root, and take ':' for more than a name. */
static void add_bind(struct string_list *list, const char *source, const char *target,
		     bool is_writable)
{
	cleanup_text struct text text = { 0 };

	text_append(&text, "type=bind");
	append_field(&text, "source", source);
	append_field(&text, "target", target);
	if (!is_writable)
		text_append(&text, ",readonly");
	if (text.is_failed)
		list->is_failed = true;
	else
		add2(list, "--mount", text.data);
}

/* A file system in memory. */
struct scratch {
	const char *target;
	mode_t mode;
	uint64_t size;
	bool is_read_only;
	bool is_executable;
	bool is_own; /* the agent's user's, else root's */
};

/* podman takes no ids for --tmpfs, and copies into it what the image has there. */
static void add_tmpfs_mount(struct string_list *list, const struct scratch *scratch)
{
	cleanup_text struct text text = { 0 };

	text_append(&text, "type=tmpfs");
	append_field(&text, "destination", scratch->target);
	text_appendf(&text, ",tmpfs-mode=%04o,tmpfs-size=%llu,notmpcopyup,nosuid,nodev,%s%s%s",
		     (unsigned int)scratch->mode, (unsigned long long)scratch->size,
		     scratch->is_executable ? "exec" : "noexec",
		     scratch->is_read_only ? ",ro=true" : "", scratch->is_own ? ",chown" : "");
	if (text.is_failed)
		list->is_failed = true;
	else
		add2(list, "--mount", text.data);
}

static void add_tmpfs(struct string_list *list, const struct engine_kind *kind,
		      const struct plan *plan, const struct scratch *scratch)
{
	char ids[48] = "";

	if (!kind->has_tmpfs_ids) {
		add_tmpfs_mount(list, scratch);
		return;
	}
	if (scratch->is_own)
		(void)snprintf(ids, sizeof(ids), ",uid=%u,gid=%u", (unsigned int)plan->uid,
			       (unsigned int)plan->gid);
	string_list_add(list, "--tmpfs");
	string_list_addf(list, "%s:%s,nosuid,nodev,%s,mode=%04o,size=%llu%s", scratch->target,
			 scratch->is_read_only ? "ro" : "rw",
			 scratch->is_executable ? "exec" : "noexec", (unsigned int)scratch->mode,
			 (unsigned long long)scratch->size, ids);
}

static bool exists(const char *path)
{
	struct stat info;

	return fstatat(AT_FDCWD, path, &info, 0) == 0;
}

bool container_is_of_home(const struct plan *plan, const struct plan_entry *entry,
			  const char **ret_name)
{
	size_t len = strlen(plan->home);

	if ((entry->kind != PLAN_DIR && entry->kind != PLAN_FILE) ||
	    strncmp(entry->target, plan->home, len) != 0 || entry->target[len] != '/')
		return false;
	*ret_name = entry->target + len + 1;
	return true;
}

/* The file of files_dir that holds a PLAN_FILE: the number of its entry. */
static void add_file(struct string_list *list, const struct plan_entry *entry,
		     const struct container_names *names, size_t index)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%zu", names->files_dir, index) < 0)
		list->is_failed = true;
	else
		add_bind(list, path, entry->target, false);
}

static void add_entry(struct string_list *list, const struct engine_kind *kind,
		      const struct plan *plan, const struct container_names *names, size_t index)
{
	const struct plan_entry *entry = &plan->entries[index];
	const struct scratch scratch = { .target = entry->target,
					 .mode = entry->mode,
					 .size = entry->size,
					 .is_executable = entry->flags & PLAN_EXEC,
					 .is_own = strcmp(entry->target, plan->home) == 0 };
	/* Where the view will lie until it does: a directory into which nothing can be written, so
	 * that not even a program that comes too early leaves something beneath the view. */
	const struct scratch view = { .target = plan->view,
				      .mode = 0500,
				      .size = 4096,
				      .is_read_only = true,
				      .is_own = true };
	const char *name;

	switch (entry->kind) {
	case PLAN_BIND:
		if (!(entry->flags & PLAN_OPTIONAL) || exists(entry->source))
			add_bind(list, entry->source, entry->target, entry->flags & PLAN_WRITABLE);
		break;
	case PLAN_TMPFS: add_tmpfs(list, kind, plan, &scratch); break;
	case PLAN_VIEW: add_tmpfs(list, kind, plan, &view); break;
	case PLAN_FILE:
		if (!container_is_of_home(plan, entry, &name))
			add_file(list, entry, names, index);
		break;
	/* By the skeleton of the home, by claudefs-init (/workspace), by the engine. */
	case PLAN_DIR:
	case PLAN_LINK:
	case PLAN_DEVPTS:
	case PLAN_PROC: break;
	}
}

static void add_common(const struct engine_kind *kind, const struct container_names *names,
		       const char *name, struct string_list *ret)
{
	add2(ret, "--name", name);
	/* What is run is what was looked at: never fetched from elsewhere. */
	add2(ret, "--pull", "never");
	string_list_add(ret, "--interactive");
	string_list_add(ret, "--read-only");
	add2(ret, "--cap-drop", "ALL");
	add2(ret, "--security-opt", "no-new-privileges");
	/* What is said in here is not for the engine's disk. */
	add2(ret, "--log-driver", "none");
	add2(ret, "--ulimit", "core=0:0");
	string_list_add(ret, "--label");
	string_list_addf(ret, CONTAINER_LABEL "=%s", names->session_id);
	string_list_add(ret, "--label");
	string_list_addf(ret, ENGINE_LABEL_OWNER "=%s", names->owner);
	if (names->without_gvisor && kind->may_select_runtime)
		add2(ret, "--runtime", "runc");
}

void container_argv_keeper(const struct engine_kind *kind, const struct plan *plan,
			   const struct container_names *names, struct string_list *ret)
{
	bool has_rules = false;

	string_list_add(ret, "create");
	add_common(kind, names, names->keeper, ret);
	add2(ret, "--user", "0:0");
	for (size_t i = 0; i < sizeof(keeper_capabilities) / sizeof(char *); i++)
		add2(ret, "--cap-add", keeper_capabilities[i]);
	for (size_t i = 0; plan->network == NETWORK_GATEWAY &&
			   i < sizeof(keeper_network_capabilities) / sizeof(char *);
	     i++)
		add2(ret, "--cap-add", keeper_network_capabilities[i]);
	if (kind->has_apparmor_default)
		add2(ret, "--security-opt", "apparmor=unconfined");
	add2(ret, "--device", "/dev/fuse");
	/* Gateway and host are reached by sockets, not by an interface. */
	add2(ret, "--network", plan->network == NETWORK_HOST ? "host" : "none");
	add2(ret, "--pids-limit", KEEPER_PIDS);
	/* rules_user_dir() of the daemon: CONTAINER_RULES_DIR. */
	add2(ret, "--env", "XDG_CONFIG_HOME=/etc");
	add_bind(ret, names->session_dir, CONTAINER_SESSION, true);
	for (size_t i = 0; i < plan->count; i++) {
		if (!(plan->entries[i].flags & PLAN_KEEPER))
			continue;
		add_entry(ret, kind, plan, names, i);
		has_rules |= strcmp(plan->entries[i].target, CONTAINER_RULES_FILE) == 0;
	}
	string_list_add(ret, plan->image);
	string_list_add(ret, PLAN_INIT);
	add2(ret, "--role", "keeper");
	string_list_add(ret, "--uid");
	string_list_addf(ret, "%u", (unsigned int)plan->uid);
	string_list_add(ret, "--gid");
	string_list_addf(ret, "%u", (unsigned int)plan->gid);
	if (plan->network == NETWORK_GATEWAY)
		string_list_add(ret, "--gateway");
	if (plan_has_push(plan))
		string_list_add(ret, "--push");
	if (names->has_login_back)
		string_list_add(ret, "--login-back");
	add2(ret, "--home", plan->home);
	add2(ret, "--view", plan->view);
	add2(ret, "--", CONTAINER_MOUNT);
	string_list_add(ret, "--foreground");
	if (has_rules)
		add2(ret, "--rules", CONTAINER_RULES_FILE);
}

static void add_agent_mounts(const struct engine_kind *kind, const struct plan *plan,
			     const struct container_names *names, struct string_list *ret)
{
	static const struct scratch own = {
		.target = CONTAINER_AGENT_DIR, .mode = 0755, .size = 65536, .is_own = true
	};
	cleanup_free char *skeleton = NULL;

	for (size_t i = 0; i < plan->count; i++) {
		if (!(plan->entries[i].flags & PLAN_KEEPER))
			add_entry(ret, kind, plan, names, i);
	}
	add_tmpfs(ret, kind, plan, &own);
	if (asprintf(&skeleton, "%s/home", names->files_dir) < 0)
		ret->is_failed = true;
	else
		add_bind(ret, skeleton, CONTAINER_SKELETON, false);
}

static void add_number(struct string_list *list, const char *option, uint64_t number)
{
	string_list_add(list, option);
	string_list_addf(list, "%llu", (unsigned long long)number);
}

/* Of the agent's container alone: what it uses up, the keeper is not to lack. */
static void add_limits(struct string_list *list, const struct limits *limits)
{
	add_number(list, "--pids-limit", limits->pids ? limits->pids : LIMITS_PIDS_DEFAULT);
	add_number(list, "--shm-size", limits->shm ? limits->shm : LIMITS_SHM_DEFAULT);
	if (limits->memory) {
		add_number(list, "--memory", limits->memory);
		/* Nothing is swapped beyond it. */
		add_number(list, "--memory-swap", limits->memory);
	}
	if (limits->cpus_milli) {
		string_list_add(list, "--cpus");
		string_list_addf(list, "%u.%03u", limits->cpus_milli / 1000,
				 limits->cpus_milli % 1000);
	}
}

void container_argv_agent(const struct engine_kind *kind, const struct plan *plan,
			  const struct container_names *names, struct string_list *ret)
{
	string_list_add(ret, "create");
	add_common(kind, names, names->agent, ret);
	if (names->has_terminal)
		string_list_add(ret, "--tty");
	string_list_add(ret, "--security-opt");
	string_list_addf(ret, "seccomp=%s", plan->seccomp);
	string_list_add(ret, "--user");
	string_list_addf(ret, "%u:%u", (unsigned int)plan->uid, (unsigned int)plan->gid);
	string_list_add(ret, "--network");
	string_list_addf(ret, "container:%s", names->keeper);
	string_list_add(ret, "--pid");
	string_list_addf(ret, "container:%s", names->keeper);
	add_limits(ret, &plan->limits);
	/* When the machine runs out of memory, the keeper is to outlive it. */
	add2(ret, "--oom-score-adj", "500");
	add2(ret, "--workdir", plan->project);
	add_agent_mounts(kind, plan, names, ret);
	for (size_t i = 0; i < plan->env.count; i++) {
		if (environment_is_own(plan->env.items[i]))
			add2(ret, "--env", plan->env.items[i]);
	}
	string_list_add(ret, plan->image);
	string_list_add(ret, PLAN_INIT);
	add2(ret, "--role", "agent");
	add2(ret, "--home", plan->home);
	add2(ret, "--view", plan->view);
	add2(ret, "--project", plan->project);
	plan_add_paths(plan, ret);
	for (size_t i = 0; i < sizeof(image_writable) / sizeof(char *); i++)
		add2(ret, "--writable", image_writable[i]);
	for (size_t i = 0; i < sizeof(image_executable) / sizeof(char *); i++)
		add2(ret, "--executable", image_executable[i]);
	string_list_add(ret, "--");
	for (size_t i = 0; i < plan->argv.count; i++)
		string_list_add(ret, plan->argv.items[i]);
}

int container_private_environment(const struct plan *plan, char **ret, size_t *ret_len)
{
	cleanup_text struct text text = { 0 };

	for (size_t i = 0; i < plan->env.count; i++) {
		if (!environment_is_own(plan->env.items[i]))
			text_append_bytes(&text, plan->env.items[i],
					  strlen(plan->env.items[i]) + 1);
	}
	*ret_len = text.len;
	*ret = text_steal(&text);
	return *ret ? 0 : -ENOMEM;
}
