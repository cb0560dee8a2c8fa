/* SPDX-License-Identifier: MIT */
#include "tests/unit/init/bpf_simulator.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define PROGRAM_MAX (1u << 20) /* bytes */

int bpf_export(scmp_filter_ctx filter, struct bpf_program *ret)
{
	cleanup_fd int fd = memfd_create("filter", MFD_CLOEXEC);
	char *bytes = NULL;
	size_t len = 0;
	int r = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_file(fd, PROGRAM_MAX, &bytes, &len);
	if (r < 0)
		return r;
	ret->code = (struct sock_filter *)(void *)bytes;
	ret->count = len / sizeof(*ret->code);
	return 0;
}

static uint32_t load(const struct seccomp_data *call, uint32_t offset)
{
	uint32_t word;

	if (offset > sizeof(*call) - sizeof(word))
		abort();
	memcpy(&word, (const char *)call + offset, sizeof(word));
	return word;
}

static bool holds(const struct sock_filter *code, uint32_t value)
{
	switch (BPF_OP(code->code)) {
	case BPF_JEQ: return value == code->k;
	case BPF_JGT: return value > code->k;
	case BPF_JGE: return value >= code->k;
	case BPF_JSET: return (value & code->k) != 0;
	default: abort();
	}
}

uint32_t bpf_run(const struct bpf_program *program, const struct seccomp_data *call)
{
	uint32_t value = 0;

	for (size_t i = 0; i < program->count; i++) {
		const struct sock_filter *code = &program->code[i];

		if (code->code == (BPF_LD | BPF_W | BPF_ABS))
			value = load(call, code->k);
		else if (code->code == (BPF_ALU | BPF_AND | BPF_K))
			value &= code->k;
		else if (code->code == (BPF_JMP | BPF_JA))
			i += code->k;
		else if (code->code == (BPF_RET | BPF_K))
			return code->k;
		else if (BPF_CLASS(code->code) == BPF_JMP && BPF_SRC(code->code) == BPF_K)
			i += holds(code, value) ? code->jt : code->jf;
		else
			abort();
	}
	abort();
}
