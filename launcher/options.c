/* SPDX-License-Identifier: MIT */
#include "launcher/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "launcher/option_table.h"

static const char *const network_names[] = {
	[NETWORK_GATEWAY] = "gateway", [NETWORK_NONE] = "none", [NETWORK_HOST] = "host"
};
static const char *const commit_names[] = {
	[COMMIT_AUTO] = "auto", [COMMIT_ASK] = "ask", [COMMIT_NEVER] = "never"
};

static const char *const credentials_names[] = {
	[CREDENTIALS_AUTO] = "auto",
	[CREDENTIALS_KEYCHAIN] = "keychain",
	[CREDENTIALS_SECRET_SERVICE] = "secret-service",
	[CREDENTIALS_FILE] = "file",
	[CREDENTIALS_NONE] = "none",
};
static const char *const runtime_names[] = {
	[RUNTIME_AUTO] = "auto",
	[RUNTIME_DOCKER] = "docker",
	[RUNTIME_NATIVE] = "native",
	[RUNTIME_PODMAN] = "podman",
};

const char *network_mode_name(enum network_mode mode)
{
	return network_names[mode];
}

const char *commit_mode_name(enum commit_mode mode)
{
	return commit_names[mode];
}

const char *credentials_mode_name(enum credentials_mode mode)
{
	return credentials_names[mode];
}

const char *runtime_choice_name(enum runtime_choice choice)
{
	return runtime_names[choice];
}

/* Each takes the value (NULL for options without one) and returns 0 or an exit code. */
typedef int option_handler(struct options *options, const char *value);

static int find_word(const char *option, const char *value, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], value) == 0)
			return (int)i;
	}
	message_error("%s: unknown value \"%s\"; see --help", option, value);
	return -1;
}

static int set_commit(struct options *options, const char *value)
{
	int word = find_word("--commit", value, commit_names, 3);

	if (word < 0)
		return EXIT_USAGE;
	options->commit = (enum commit_mode)word;
	return 0;
}

static int set_credentials(struct options *options, const char *value)
{
	int word = find_word("--credentials", value, credentials_names, 5);

	if (word < 0)
		return EXIT_USAGE;
	options->credentials = (enum credentials_mode)word;
	return 0;
}

static int set_network(struct options *options, const char *value)
{
	int word = find_word("--network", value, network_names, 3);

	if (word < 0)
		return EXIT_USAGE;
	options->network = (enum network_mode)word;
	return 0;
}

static int set_runtime(struct options *options, const char *value)
{
	int word = find_word("--runtime", value, runtime_names, 4);

	if (word < 0)
		return EXIT_USAGE;
	options->runtime = (enum runtime_choice)word;
	return 0;
}

static int set_string(char **target, const char *value)
{
	free(*target);
	*target = strdup(value);
	return *target ? 0 : EXIT_RUN_FAILED;
}

static int set_claude(struct options *options, const char *value)
{
	return set_string(&options->claude, value);
}

static int set_claude_version(struct options *options, const char *value)
{
	/* It becomes a part of what npm is asked for: a version or a tag, no other package. */
	if (!*value || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789.-") != strlen(value)) {
		message_error("--claude-version %s: not a version", value);
		return EXIT_USAGE;
	}
	return set_string(&options->claude_version, value);
}

static int set_image(struct options *options, const char *value)
{
	return set_string(&options->image, value);
}

static int set_image_root(struct options *options, const char *value)
{
	return set_string(&options->image_root, value);
}

static int set_rebuild(struct options *options, const char *value)
{
	(void)value;
	options->is_rebuild = true;
	return 0;
}

static int set_without_gvisor(struct options *options, const char *value)
{
	(void)value;
	options->without_gvisor = true;
	return 0;
}

/* gVisor takes no mount from another container and loads no firewall: under it the session would
 * have neither its view nor closed egress. */
static int refuse_gvisor(struct options *options, const char *value)
{
	(void)options;
	(void)value;
	message_error("--with-gvisor: under gVisor neither the view can be attached nor egress be "
		      "kept closed; leave it out, or use --runtime native");
	return EXIT_USAGE;
}

static int set_isolated(struct options *options, const char *value)
{
	(void)value;
	options->is_isolated = true;
	return 0;
}

static int set_config(struct options *options, const char *value)
{
	return set_string(&options->config, value);
}

static int set_egress(struct options *options, const char *value)
{
	return set_string(&options->egress, value);
}

static int set_learn_egress(struct options *options, const char *value)
{
	(void)value;
	options->is_learning_egress = true;
	return 0;
}

static int set_print_egress(struct options *options, const char *value)
{
	(void)value;
	options->is_print_egress = true;
	return 0;
}

static int set_reload_firewall(struct options *options, const char *value)
{
	(void)value;
	options->is_reload_firewall = true;
	return 0;
}

static int set_rules(struct options *options, const char *value)
{
	return set_string(&options->rules, value);
}

/* r: what a parser of limits.h returned. */
static int say_limit(const char *option, const char *value, const char *form, int r)
{
	if (r == 0)
		return 0;
	message_error("%s %s: %s; %s", option, value,
		      r == -ERANGE ? "out of range" : "not understood", form);
	return EXIT_USAGE;
}

static int set_memory(struct options *options, const char *value)
{
	return say_limit("--memory", value, "a size from 64m up, such as 8g",
			 limits_parse_size(value, LIMITS_MEMORY_MIN, &options->limits.memory));
}

static int set_shm_size(struct options *options, const char *value)
{
	return say_limit("--shm-size", value, "a size from 1m up, such as 256m",
			 limits_parse_size(value, LIMITS_SHM_MIN, &options->limits.shm));
}

static int set_cpus(struct options *options, const char *value)
{
	return say_limit("--cpus", value, "a number from 0.01 up, such as 1.5",
			 limits_parse_cpus(value, &options->limits.cpus_milli));
}

static int set_pids_limit(struct options *options, const char *value)
{
	return say_limit("--pids-limit", value, "a number from 16 to 32768",
			 limits_parse_pids(value, &options->limits.pids));
}

/* GitHub's tokens that reach everything that their owner does; github_pat_ can be narrow. */
static bool is_broad_token(const char *value)
{
	static const char *const prefixes[] = { "ghp_", "gho_", "ghu_", "ghs_", "ghr_" };

	for (size_t i = 0; value && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(value, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static int add_env(struct options *options, const char *value)
{
	size_t name_len = strcspn(value, "=");

	if (name_len == 0 || (value[0] >= '0' && value[0] <= '9') ||
	    strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") <
		    name_len) {
		message_error("--env %s: not NAME or NAME=VALUE", value);
		return EXIT_USAGE;
	}
	if (is_broad_token(value[name_len] ? value + name_len + 1 : getenv(value))) {
		message_error("--env %.*s: a GitHub token for all of your repositories is not "
			      "passed; make a fine-grained one (github_pat_...) for this one",
			      (int)name_len, value);
		return EXIT_USAGE;
	}
	string_list_add(&options->env, value);
	return options->env.is_failed ? EXIT_RUN_FAILED : 0;
}

static int set_no_sync_back(struct options *options, const char *value)
{
	(void)value;
	options->commit = COMMIT_NEVER;
	return 0;
}

static int set_help(struct options *options, const char *value)
{
	(void)value;
	options->is_help = true;
	return 0;
}

static int set_version(struct options *options, const char *value)
{
	(void)value;
	options->is_version = true;
	return 0;
}

static int set_print_plan(struct options *options, const char *value)
{
	(void)value;
	options->is_print_plan = true;
	return 0;
}

static int set_json(struct options *options, const char *value)
{
	(void)value;
	options->is_json = true;
	return 0;
}

static int set_refresh(struct options *options, const char *value)
{
	(void)value;
	options->is_refresh = true;
	return 0;
}

static int set_fresh(struct options *options, const char *value)
{
	(void)value;
	options->is_fresh = true;
	return 0;
}

static int set_print_sources(struct options *options, const char *value)
{
	(void)value;
	options->is_print_sources = true;
	return 0;
}

static int set_allow_push(struct options *options, const char *value)
{
	(void)value;
	options->is_push_allowed = true;
	return 0;
}

static int set_refuse_broad_token(struct options *options, const char *value)
{
	(void)value;
	options->is_broad_token_refused = true;
	return 0;
}

static int set_shell(struct options *options, const char *value)
{
	(void)value;
	options->command = COMMAND_SHELL;
	return 0;
}

static int set_exec(struct options *options, const char *value)
{
	(void)value;
	options->command = COMMAND_EXEC;
	return 0;
}

/* In the order of the help. An option without handler is known, and answered honestly. */
static const struct option_row {
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;     /* NULL: not shown */
	option_handler *handle;
	bool may_configure; /* also a key of the person's configuration */
} option_table[] = {
	{ "--network", "gateway|none|host",
	  "gateway (default): the hosts of a list; none: loopback only; host: the host's, "
	  "unfiltered",
	  set_network, true },
	{ "--egress", "FILE",
	  "the list of hosts (default ~/.config/claudefs/egress.allow, or built in)", set_egress,
	  true },
	{ "--learn-egress", NULL, "let unlisted public hosts pass, and print them at the end",
	  set_learn_egress, false },
	{ "--print-egress", NULL, "print the list of hosts, to begin one of your own with",
	  set_print_egress, false },
	{ "--reload-firewall", NULL, "give the list of hosts to all sessions that run, and exit",
	  set_reload_firewall, false },
	{ "--commit", "auto|ask|never",
	  "at the end: commit what the rules let out (default), ask for the rest too, or nothing",
	  set_commit, true },
	{ "--no-sync-back", NULL, "the same as --commit never", set_no_sync_back, false },
	{ "--credentials", "auto|keychain|secret-service|file|none",
	  "where the host's login is (default auto: wherever one is found); none: no login",
	  set_credentials, true },
	{ "--credentials-refresh", NULL,
	  "let the session renew the login itself; what it saves is checked and written back",
	  set_refresh, true },
	{ "--fresh-creds", NULL, "let the host's claude renew the login first, expired or not",
	  set_fresh, false },
	{ "--isolate-claude-data", NULL,
	  "begin from, and commit to, a state of this project's own instead of ~/.claude",
	  set_isolated, true },
	{ "--allow-git-push", NULL,
	  "let the host push at once what git push in the sandbox asks for and the rules allow; "
	  "without it a push is held until it is approved",
	  set_allow_push, true },
	{ "--disallow-broad-gh-token", NULL,
	  "push with no GitHub token but a fine-grained one (github_pat_...)",
	  set_refuse_broad_token, true },
	{ "--env", "NAME[=VALUE]", "pass a variable (repeatable); without a value: the caller's",
	  add_env, true },
	{ "--rules", "FILE", "add a rule file in front of the others", set_rules, true },
	{ "--claude", "PATH", "the Claude Code program to run", set_claude, true },
	{ "--runtime", "auto|docker|native|podman",
	  "what makes the sandbox (default auto: docker where an engine answers)", set_runtime,
	  true },
	{ "--rebuild", NULL, "check the image's recipe and build what is not current", set_rebuild,
	  false },
	{ "--claude-version", "VERSION",
	  "put this Claude Code into the image (default: the host's program)", set_claude_version,
	  true },
	{ "--image", "NAME", "use this image of the engine as it is", set_image, true },
	{ "--image-root", "NAME", "build the image on this one instead of Debian", set_image_root,
	  true },
	{ "--no-gvisor", NULL, "run containers with runc, whatever the engine's default is",
	  set_without_gvisor, true },
	{ "--memory", "SIZE", "the most memory for all of the session (default: no limit)",
	  set_memory, true },
	{ "--cpus", "N", "the most processors, such as 1.5 (default: all)", set_cpus, true },
	{ "--pids-limit", "N", "the most processes and threads (default 4096)", set_pids_limit,
	  true },
	{ "--shm-size", "SIZE", "the size of /dev/shm (default 256m)", set_shm_size, true },
	{ "--config", "FILE",
	  "options from this file, before those of ~/.config/claudefs/config.json", set_config,
	  false },
	{ "--shell", NULL, "run a shell in the sandbox instead of claude", set_shell, false },
	{ "--exec", "CMD...", "run a command instead of claude; takes the rest of the line",
	  set_exec, false },
	{ "--print-plan", NULL, "show what would be done, and where it was said, and start nothing",
	  set_print_plan, false },
	{ "--json", NULL, "with --print-plan: as JSON", set_json, false },
	{ "--help", NULL, "show this help (also -h)", set_help, false },
	{ "--version", NULL, "show the version", set_version, false },
	/* For claudefs doctor. */
	{ "--credentials-sources", NULL, NULL, set_print_sources, false },
	{ "--with-gvisor", NULL, NULL, refuse_gvisor, false },
};
#define OPTION_COUNT (sizeof(option_table) / sizeof(option_table[0]))
_Static_assert(OPTION_COUNT <= OPTIONS_MAX, "the sources of more options than are kept");

int option_find(const char *key)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(option_table[i].name + 2, key) == 0)
			return (int)i;
	}
	return -1;
}

const char *option_name(size_t index)
{
	return index < OPTION_COUNT ? option_table[index].name + 2 : NULL;
}

bool option_may_configure(size_t index)
{
	return option_table[index].may_configure;
}

const char *option_argument(size_t index)
{
	return option_table[index].argument;
}

bool option_is_path(size_t index)
{
	option_handler *handle = option_table[index].handle;

	return handle == set_claude || handle == set_egress || handle == set_rules;
}

bool option_is_list(size_t index)
{
	return option_table[index].handle == add_env;
}

void option_mark(struct options *options, const char *key, enum setting_source source)
{
	int index = option_find(key);

	if (index >= 0)
		options->sources[index] = (unsigned char)source;
}

enum setting_source option_source(const struct options *options, const char *key)
{
	int index = option_find(key);

	return index < 0 ? SETTING_DEFAULT : (enum setting_source)options->sources[index];
}

int option_set(struct options *options, size_t index, const char *value, enum setting_source source)
{
	unsigned char *known = &options->sources[index];
	int r;

	if (!option_table[index].handle) {
		message_error("%s: not available yet", option_table[index].name);
		return EXIT_USAGE;
	}
	if (*known != SETTING_DEFAULT && *known != source && !option_is_list(index))
		return 0;
	r = option_table[index].handle(options, value);
	if (r == 0 && *known == SETTING_DEFAULT)
		*known = (unsigned char)source;
	return r;
}

void options_print_help(FILE *stream)
{
	(void)fputs(
		"usage: claudefs-run [OPTION...] [DIR] [CLAUDE ARGUMENT...]\n\n"
		"Runs Claude Code on the project in DIR (default: the current directory), without "
		"letting\nit touch ~/.claude. The first argument that is an existing directory is "
		"DIR; all others\nthat are not listed here go to claude; so does everything after "
		"--.\n\n",
		stream);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_table[i];
		int width;

		if (!row->help)
			continue;
		width = fprintf(stream, "  %s %s", row->name, row->argument ? row->argument : "");
		(void)fprintf(stream, "%*s%s\n", width < 28 ? 28 - width : 1, "", row->help);
	}
	(void)fputs(
		"\nExamples:\n"
		"  claudefs-run ~/proj                      interactive\n"
		"  claudefs-run ~/proj -p \"fix the tests\"   one-shot\n"
		"  claudefs-run ~/proj --exec make check    another command in the same sandbox\n"
		"  alias dclaude='claudefs-run'             for ~/.bashrc or ~/.zshrc\n"
		"\nThe exit code is the command's; 125 to 127 are claudefs-run's own failures.\n",
		stream);
}

void options_done(struct options *options)
{
	free(options->project);
	free(options->claude);
	free(options->rules);
	free(options->config);
	free(options->egress);
	free(options->image);
	free(options->image_root);
	free(options->claude_version);
	free(options->never);
	free(options->narrowed_egress);
	free(options->project_file);
	string_list_done(&options->env);
	string_list_done(&options->arguments);
	*options = (struct options){ 0 };
}
