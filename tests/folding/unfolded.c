/* SPDX-License-Identifier: MIT */
/* For controls: a program in which names do not fold. The linker puts this in the place of
 * fold_name() and pattern_matches() (--wrap), so that what is left of the defence is what stands
 * without it. */
#include <errno.h>
#include <string.h>

#include "fs/policy/pattern.h"

int __wrap_fold_name(const char *name, char **ret);
bool __wrap_pattern_matches(const struct pattern *pattern, enum pattern_form form,
			    const struct pattern_context *context, const struct pattern_name *names,
			    size_t count);
bool __real_pattern_matches(const struct pattern *pattern, enum pattern_form form,
			    const struct pattern_context *context, const struct pattern_name *names,
			    size_t count);

int __wrap_fold_name(const char *name, char **ret)
{
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

bool __wrap_pattern_matches(const struct pattern *pattern, enum pattern_form form,
			    const struct pattern_context *context, const struct pattern_name *names,
			    size_t count)
{
	return form != PATTERN_FOLDED &&
	       __real_pattern_matches(pattern, form, context, names, count);
}
