/* SPDX-License-Identifier: MIT */
/* compile_filter ARCHITECTURE OUT.c: runs at build time. Writes the native runtime's filter as the
 * instructions that the kernel takes, so that no session spends 10 ms on making them, and so that
 * the filter does not depend on the libseccomp of the machine that it runs on. */
#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "init/seccomp_filter.h"

#define PROGRAM_MAX (BPF_MAXINSNS * sizeof(struct sock_filter)) /* the kernel takes no more */

/* The instructions (ret_) by way of a file without a name. */
static int export(scmp_filter_ctx filter, struct sock_filter **ret, size_t *ret_count)
{
	cleanup_file FILE *file = tmpfile();
	char *bytes = NULL;
	size_t len = 0;
	int r = file ? seccomp_export_bpf(filter, fileno(file)) : -errno;

	if (r == 0)
		r = fd_read_file(fileno(file), PROGRAM_MAX, &bytes, &len);
	if (r < 0)
		return r;
	*ret = (struct sock_filter *)(void *)bytes;
	*ret_count = len / sizeof(**ret);
	return 0;
}

static int write_source(const char *path, const struct sock_filter *code, size_t count)
{
	cleanup_file FILE *out = fopen(path, "we");

	if (!out)
		return -errno;
	(void)fputs("/* Made by init/compile_filter.c; do not edit. */\n"
		    "#include \"init/seccomp_program.h\"\n\n"
		    "const struct sock_filter seccomp_program[] = {\n",
		    out);
	for (size_t i = 0; i < count; i++)
		(void)fprintf(out, "\t{ %#x, %u, %u, %#xu },\n", code[i].code, code[i].jt,
			      code[i].jf, code[i].k);
	(void)fprintf(out, "};\nconst unsigned short seccomp_program_len = %zu;\n", count);
	return fflush(out) == 0 ? 0 : -errno;
}

int main(int argc, char **argv)
{
	uint32_t architecture = argc == 3 ? seccomp_arch_resolve_name(argv[1]) : 0;
	cleanup_free struct sock_filter *code = NULL;
	scmp_filter_ctx filter = NULL;
	size_t count = 0;
	int r = architecture ? seccomp_filter_build(architecture, &filter) : -EINVAL;

	if (r == 0)
		r = export(filter, &code, &count);
	if (filter)
		seccomp_release(filter);
	if (r == 0)
		r = write_source(argv[2], code, count);
	if (r < 0)
		(void)fprintf(stderr, "compile_filter: %s: %s\n", argc > 1 ? argv[1] : "usage",
			      strerror(-r));
	return r == 0 ? 0 : 1;
}
