/* SPDX-License-Identifier: MIT */
#include "tests/unit/init/seccomp_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

json_t *sources_load(const char *variable)
{
	const char *path = getenv(variable);
	cleanup_fd int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_free char *text = NULL;
	size_t len = 0;
	json_t *json = NULL;

	if (fd < 0 || fd_read_file(fd, 1u << 20, &text, &len) < 0 ||
	    json_load_strict(text, len, &json, NULL) < 0)
		abort();
	return json;
}

static uint32_t number_of(const json_t *text)
{
	return (uint32_t)strtoul(json_string_value(text), NULL, 0);
}

static int error_of(const char *action)
{
	static const struct {
		const char *name;
		int error;
	} names[] = {
		{ "EAFNOSUPPORT", EAFNOSUPPORT },       { "ENOSYS", ENOSYS }, { "EPERM", EPERM },
		{ "EPROTONOSUPPORT", EPROTONOSUPPORT }, { "allow", 0 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, action) == 0)
			return names[i].error;
	}
	abort();
}

static bool is_among(const json_t *list, uint32_t value)
{
	size_t i;
	json_t *item;

	json_array_foreach (list, i, item) {
		if (number_of(item) == value)
			return true;
	}
	return false;
}

static bool condition_holds(const json_t *condition, const __u64 arguments[6])
{
	const json_t *mask = json_object_get(condition, "mask");
	uint32_t value = (uint32_t)arguments[json_get_integer(condition, "arg", 0)];

	if (mask)
		value &= number_of(mask);
	return json_object_get(condition, "in")
		       ? is_among(json_object_get(condition, "in"), value)
		       : !is_among(json_object_get(condition, "not_in"), value);
}

static int answer_of_exception(const json_t *exception, const __u64 arguments[6], int otherwise)
{
	size_t i, j;
	json_t *rule, *condition;
	int answer = otherwise;
	unsigned int matches = 0;

	json_array_foreach (json_object_get(exception, "rules"), i, rule) {
		bool is_match = true;

		json_array_foreach (json_object_get(rule, "when"), j, condition)
			is_match = is_match && condition_holds(condition, arguments);
		if (!is_match)
			continue;
		answer = error_of(json_get_string(rule, "action", ""));
		matches++;
	}
	/* Filters have no order: rules that overlap would be decided by chance. */
	if (matches > 1)
		abort();
	return answer;
}

static bool has_call(const json_t *group, const char *call)
{
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(group, "calls"), i, item) {
		if (strcmp(json_string_value(item), call) == 0)
			return true;
	}
	return false;
}

int rules_answer(const json_t *rules, const char *call, const __u64 arguments[6])
{
	int otherwise = error_of(json_get_string(json_object_get(rules, "default"), "errno", ""));
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(rules, "groups"), i, item) {
		if (has_call(item, call))
			return error_of(json_get_string(item, "action", ""));
	}
	json_array_foreach (json_object_get(rules, "exceptions"), i, item) {
		if (strcmp(json_get_string(item, "call", ""), call) == 0)
			return answer_of_exception(item, arguments, otherwise);
	}
	return otherwise;
}

bool rules_is_exception(const json_t *rules, const char *call)
{
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(rules, "exceptions"), i, item) {
		if (strcmp(json_get_string(item, "call", ""), call) == 0)
			return true;
	}
	return false;
}

unsigned int rules_count(const json_t *rules, const char *call)
{
	unsigned int count = 0;
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(rules, "groups"), i, item)
		count += has_call(item, call) ? 1 : 0;
	json_array_foreach (json_object_get(rules, "exceptions"), i, item)
		count += strcmp(json_get_string(item, "call", ""), call) == 0 ? 1 : 0;
	return count;
}

static void add_values(const json_t *list, uint32_t *ret, unsigned int *count, unsigned int max)
{
	size_t i;
	json_t *item;

	json_array_foreach (list, i, item) {
		uint32_t value = number_of(item);
		unsigned int at = 0;

		while (at < *count && ret[at] != value)
			at++;
		if (at == *count && at < max)
			ret[(*count)++] = value;
	}
}

unsigned int rules_values(const json_t *rules, const char *call, unsigned int argument,
			  uint32_t *ret, unsigned int max)
{
	unsigned int count = 0;
	size_t i, j, k;
	json_t *exception, *rule, *condition;

	json_array_foreach (json_object_get(rules, "exceptions"), i, exception) {
		if (strcmp(json_get_string(exception, "call", ""), call) != 0)
			continue;
		json_array_foreach (json_object_get(exception, "rules"), j, rule) {
			json_array_foreach (json_object_get(rule, "when"), k, condition) {
				if (json_get_integer(condition, "arg", -1) != argument)
					continue;
				add_values(json_object_get(condition, "in"), ret, &count, max);
				add_values(json_object_get(condition, "not_in"), ret, &count, max);
			}
		}
	}
	return count;
}

static int add_entry(scmp_filter_ctx filter, const json_t *entry, int otherwise)
{
	int error = strcmp(json_get_string(entry, "action", ""), "SCMP_ACT_ALLOW") == 0
			    ? 0
			    : (int)json_get_integer(entry, "errnoRet", EPERM);
	struct scmp_arg_cmp conditions[6];
	unsigned int count = 0;
	size_t i;
	json_t *item;
	int r = 0;

	json_array_foreach (json_object_get(entry, "args"), i, item) {
		if (strcmp(json_get_string(item, "op", ""), "SCMP_CMP_MASKED_EQ") != 0)
			return -EINVAL;
		conditions[count++] = (struct scmp_arg_cmp){
			.arg = (unsigned int)json_get_integer(item, "index", 0),
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = (uint64_t)json_get_integer(item, "value", 0),
			.datum_b = (uint64_t)json_get_integer(item, "valueTwo", 0)
		};
	}
	json_array_foreach (json_object_get(entry, "names"), i, item) {
		int number = seccomp_syscall_resolve_name(json_string_value(item));

		if (r == 0 && number != __NR_SCMP_ERROR && error != otherwise)
			r = seccomp_rule_add_array(
				filter, error ? SCMP_ACT_ERRNO((uint16_t)error) : SCMP_ACT_ALLOW,
				number, count, conditions);
	}
	return r;
}

int engine_filter_build(const json_t *profile, uint32_t architecture, scmp_filter_ctx *ret)
{
	int otherwise = (int)json_get_integer(profile, "defaultErrnoRet", EPERM);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO((uint16_t)otherwise));
	size_t i;
	json_t *entry;
	int r = filter ? 0 : -ENOMEM;

	if (r == 0 && architecture != SCMP_ARCH_NATIVE && architecture != seccomp_arch_native()) {
		r = seccomp_arch_add(filter, architecture);
		if (r == 0)
			r = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	}
	json_array_foreach (json_object_get(profile, "syscalls"), i, entry) {
		if (r == 0)
			r = add_entry(filter, entry, otherwise);
	}
	*ret = filter;
	return r;
}
