/* SPDX-License-Identifier: MIT */
/* A filter applied to bytes in memory, by way of two files. For fuzz targets. */
#ifndef CLAUDEFS_TESTS_FILTER_RUN_H
#define CLAUDEFS_TESTS_FILTER_RUN_H

#include <fcntl.h>
#include <stddef.h>

#include "fs/base/cleanup.h"
#include "fs/filter/filter.h"
#include "tests/fuzz/fuzz.h"

/* For the project FUZZ_PROJECT. *ret (ret_, also on failure: what was written). Returns what
 * filter_apply() did. */
static inline int filter_run(const char *name, const char *data, size_t size, char **ret,
			     size_t *ret_size)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	cleanup_fd int in_fd = -1;
	cleanup_fd int out_fd = -1;
	int r;

	FUZZ_CHECK(project_scope_new(FUZZ_PROJECT, &scope) == 0);
	fuzz_put_file("in", data, size);
	fuzz_put_file("out", "", 0);
	in_fd = openat(fuzz_dir(), "in", O_RDONLY | O_CLOEXEC);
	out_fd = openat(fuzz_dir(), "out", O_WRONLY | O_CLOEXEC);
	FUZZ_CHECK(in_fd >= 0 && out_fd >= 0);
	r = filter_apply(name, scope, in_fd, out_fd);
	*ret = fuzz_get_file("out", ret_size);
	return r;
}

#endif
