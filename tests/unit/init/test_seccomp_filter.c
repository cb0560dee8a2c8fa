/* SPDX-License-Identifier: MIT */
/* The native filter and the engine's profile both say what rules/seccomp.json says: for every call
 * number, and for arguments around every value that a condition names. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "init/seccomp_filter.h"
#include "init/seccomp_program.h"
#include "tests/unit/init/bpf_simulator.h"
#include "tests/unit/init/seccomp_sources.h"

#define NUMBER_END     1200 /* behind every number that any kernel has */
#define X32_BIT        0x40000000u
#define CANDIDATES_MAX 256u

static const struct {
	uint32_t token, audit;
} architectures[] = {
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64 },
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64 },
};

static json_t *rules, *profile;

static int setup(void **state)
{
	(void)state;
	rules = sources_load("CLAUDEFS_SECCOMP_RULES");
	profile = sources_load("CLAUDEFS_SECCOMP_ENGINE");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(rules);
	json_decref(profile);
	return 0;
}

struct pair {
	struct bpf_program native, engine;
};

static struct pair programs_of(uint32_t architecture)
{
	scmp_filter_ctx filter = NULL;
	struct pair pair;

	if (getenv("CLAUDEFS_TEST_VALGRIND")) /* which has no seccomp(2) */
		skip();
	assert_int_equal(seccomp_filter_build(architecture, &filter), 0);
	assert_int_equal(bpf_export(filter, &pair.native), 0);
	seccomp_release(filter);
	assert_int_equal(engine_filter_build(profile, architecture, &filter), 0);
	assert_int_equal(bpf_export(filter, &pair.engine), 0);
	seccomp_release(filter);
	return pair;
}

static void forget(struct pair *pair)
{
	free(pair->native.code);
	free(pair->engine.code);
}

static uint32_t expected(int error)
{
	return error ? SECCOMP_RET_ERRNO | (uint32_t)error : SECCOMP_RET_ALLOW;
}

static void compare(const struct pair *pair, const char *name, const struct seccomp_data *call)
{
	uint32_t want = expected(rules_answer(rules, name, call->args));
	uint32_t native = bpf_run(&pair->native, call);
	uint32_t engine = bpf_run(&pair->engine, call);

	if (native != want || engine != want)
		fail_msg("%s(%#llx, %#llx, %#llx) number %d: rules %#x, native %#x, engine %#x",
			 name, (unsigned long long)call->args[0], (unsigned long long)call->args[1],
			 (unsigned long long)call->args[2], call->nr, want, native, engine);
}

/* Values that the rules speak of, their neighbours by one bit, and both with high bits that the
 * kernel does not see. */
static unsigned int candidates_of(const char *name, unsigned int argument,
				  uint64_t ret[CANDIDATES_MAX])
{
	uint32_t values[24];
	unsigned int given = rules_values(rules, name, argument, values, 24);
	unsigned int count = 0;

	ret[count++] = 0;
	ret[count++] = UINT64_MAX;
	ret[count++] = 0x12345678;
	for (unsigned int i = 0; i < given && count + 7 < CANDIDATES_MAX; i++) {
		uint32_t bit = 1u << (unsigned int)(random() % 32);

		ret[count++] = values[i];
		ret[count++] = values[i] + 1u;
		ret[count++] = values[i] ^ bit;
		ret[count++] = values[i] | (UINT64_C(0xffffffff) << 32);
	}
	return count;
}

static unsigned int compare_arguments(const struct pair *pair, const char *name,
				      struct seccomp_data call)
{
	uint64_t candidates[3][CANDIDATES_MAX];
	unsigned int counts[3];
	unsigned int compared = 0;

	for (unsigned int i = 0; i < 3; i++)
		counts[i] = candidates_of(name, i, candidates[i]);
	for (unsigned int a = 0; a < counts[0]; a++) {
		for (unsigned int b = 0; b < counts[1]; b++) {
			for (unsigned int c = 0; c < counts[2]; c++) {
				call.args[0] = candidates[0][a];
				call.args[1] = candidates[1][b];
				call.args[2] = candidates[2][c];
				compare(pair, name, &call);
				compared++;
			}
		}
	}
	return compared;
}

static void both_filters_say_what_the_rules_say(void **state)
{
	(void)state;
	srandom(20240501);
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		struct pair pair = programs_of(architectures[i].token);
		unsigned int compared = 0;

		for (int number = 0; number < NUMBER_END; number++) {
			struct seccomp_data call = { .nr = number, .arch = architectures[i].audit };
			cleanup_free char *name =
				seccomp_syscall_resolve_num_arch(architectures[i].token, number);

			compared += compare_arguments(&pair, name ? name : "?", call);
		}
		print_message("architecture %#x: %u calls compared; %zu and %zu instructions\n",
			      architectures[i].audit, compared, pair.native.count,
			      pair.engine.count);
		forget(&pair);
	}
}

static void every_call_that_the_kernel_has_is_decided_by_name(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		for (int number = 0; number < NUMBER_END; number++) {
			cleanup_free char *name =
				seccomp_syscall_resolve_num_arch(architectures[i].token, number);

			if (name && rules_count(rules, name) != 1)
				fail_msg("%s is decided %u times", name, rules_count(rules, name));
			known += name ? 1 : 0;
		}
	}
	assert_true(known > 600);
}

static void require_known(const char *name)
{
	const json_t *newer = json_object_get(json_object_get(rules, "newer"), "calls");

	if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR && !json_object_get(newer, name))
		fail_msg("%s: no such call", name);
}

static void no_name_is_unknown(void **state)
{
	size_t i, j;
	json_t *item, *call;

	(void)state;
	json_array_foreach (json_object_get(rules, "groups"), i, item) {
		json_array_foreach (json_object_get(item, "calls"), j, call)
			require_known(json_string_value(call));
	}
	json_array_foreach (json_object_get(rules, "exceptions"), i, item)
		require_known(json_get_string(item, "call", ""));
}

static void other_architectures_are_killed(void **state)
{
	struct seccomp_data call = { .arch = AUDIT_ARCH_I386 };
	struct pair pair = programs_of(SCMP_ARCH_X86_64);

	(void)state;
	for (call.nr = 0; call.nr < NUMBER_END; call.nr++)
		assert_int_equal(bpf_run(&pair.native, &call), SECCOMP_RET_KILL_PROCESS);
	call.arch = AUDIT_ARCH_X86_64;
	for (call.nr = 0; call.nr < NUMBER_END; call.nr++) {
		struct seccomp_data x32 = call;

		x32.nr = (int)(X32_BIT | (uint32_t)call.nr);
		assert_int_equal(bpf_run(&pair.native, &x32), SECCOMP_RET_KILL_PROCESS);
		assert_int_not_equal(bpf_run(&pair.engine, &x32), SECCOMP_RET_ALLOW);
	}
	forget(&pair);
}

static void what_is_loaded_is_this_filter(void **state)
{
	struct pair pair = programs_of(SCMP_ARCH_NATIVE);

	(void)state;
	assert_int_equal(seccomp_program_len, pair.native.count);
	assert_memory_equal(seccomp_program, pair.native.code,
			    pair.native.count * sizeof(struct sock_filter));
	forget(&pair);
}

/* The comparison above is only as good as its power to see a difference. */
static void a_changed_profile_is_seen(void **state)
{
	static const __u64 none[6] = { 0 };
	struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64, .nr = 165 /* mount */ };
	cleanup_json json_t *changed = json_deep_copy(profile);
	json_t *entry = json_pack("{s:[s], s:s}", "names", "mount", "action", "SCMP_ACT_ALLOW");
	scmp_filter_ctx filter = NULL;
	struct bpf_program program;

	(void)state;
	assert_int_equal(json_array_insert_new(json_object_get(changed, "syscalls"), 0, entry), 0);
	(void)engine_filter_build(changed, SCMP_ARCH_X86_64, &filter);
	assert_int_equal(bpf_export(filter, &program), 0);
	seccomp_release(filter);
	assert_int_not_equal(bpf_run(&program, &call),
			     expected(rules_answer(rules, "mount", none)));
	free(program.code);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_filters_say_what_the_rules_say),
		cmocka_unit_test(every_call_that_the_kernel_has_is_decided_by_name),
		cmocka_unit_test(no_name_is_unknown),
		cmocka_unit_test(other_architectures_are_killed),
		cmocka_unit_test(what_is_loaded_is_this_filter),
		cmocka_unit_test(a_changed_profile_is_seen),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
