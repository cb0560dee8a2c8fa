/* SPDX-License-Identifier: MIT */
#include "init/seccomp_filter.h"

#include <errno.h>

#include "init/seccomp_table.h"

/* libseccomp: 2 sorts the calls into a tree, so that the last of 400 is found as fast as the first.
 */
#define OPTIMIZE_TREE 2

static int add_row(scmp_filter_ctx filter, const struct seccomp_row *row)
{
	struct scmp_arg_cmp conditions[SECCOMP_CONDITIONS_MAX];
	uint32_t action = row->error ? SCMP_ACT_ERRNO(row->error) : SCMP_ACT_ALLOW;
	int number = seccomp_syscall_resolve_name(row->call);

	/* What the default says anyway libseccomp does not take. */
	if (number == __NR_SCMP_ERROR || row->error == seccomp_table_default)
		return 0;
	for (unsigned int i = 0; i < row->count; i++)
		conditions[i] = (struct scmp_arg_cmp){ .arg = row->conditions[i].argument,
						       .op = SCMP_CMP_MASKED_EQ,
						       .datum_a = row->conditions[i].mask,
						       .datum_b = row->conditions[i].value };
	return seccomp_rule_add_array(filter, action, number, row->count, conditions);
}

/* A filter begins with the machine's own architecture. */
static int set_architecture(scmp_filter_ctx filter, uint32_t architecture)
{
	int r;

	if (architecture == SCMP_ARCH_NATIVE || architecture == seccomp_arch_native())
		return 0;
	r = seccomp_arch_add(filter, architecture);
	return r < 0 ? r : seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
}

int seccomp_filter_build(uint32_t architecture, scmp_filter_ctx *ret)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(seccomp_table_default));
	int r = filter ? set_architecture(filter, architecture) : -ENOMEM;

	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
	for (size_t i = 0; r == 0 && i < seccomp_table_len; i++)
		r = add_row(filter, &seccomp_table[i]);
	if (r < 0) {
		seccomp_release(filter);
		return r;
	}
	*ret = filter;
	return 0;
}
