/* SPDX-License-Identifier: MIT */
/* Large kernel surfaces, keys, memory files, personalities, listeners and placement of memory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/probe/probe.h"

static long try_bpf_map(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
}

static long try_perf(void)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE,
					      .size = sizeof(attributes),
					      .config = PERF_COUNT_SW_DUMMY,
					      .exclude_kernel = 1 };

	return syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL);
}

static long try_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */);
}

static long try_uring_setup(void)
{
	struct io_uring_params parameters = { 0 };

	return syscall(SYS_io_uring_setup, 4, &parameters);
}

static long try_uring_enter(void)
{
	return syscall(SYS_io_uring_enter, try_uring_setup(), 0, 0, 0, NULL, 0UL);
}

static long try_uring_register(void)
{
	char probe[4096] = "";

	return syscall(SYS_io_uring_register, try_uring_setup(), 8 /* REGISTER_PROBE */, probe, 4);
}

static long try_fanotify_init(void)
{
	return syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
}

static long try_fanotify_mark(void)
{
	return syscall(SYS_fanotify_mark, try_fanotify_init(), FAN_MARK_ADD,
		       (uint64_t)FAN_CREATE | FAN_ONDIR, AT_FDCWD, "/dev/shm");
}

static long try_memfd_create(void)
{
	return syscall(SYS_memfd_create, "probe", 0);
}

static long try_memfd_secret(void)
{
	return syscall(SYS_memfd_secret, 0);
}

static long try_add_key(void)
{
	return syscall(SYS_add_key, "user", "claudefs-probe", "x", 1UL, KEY_SPEC_PROCESS_KEYRING);
}

static long try_keyctl(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
}

/* ENOKEY where it is allowed. */
static long try_request_key(void)
{
	return syscall(SYS_request_key, "user", "claudefs-probe-absent", NULL, 0);
}

static long try_no_randomize(void)
{
	return syscall(SYS_personality, ADDR_NO_RANDOMIZE);
}

static long try_read_implies_exec(void)
{
	return syscall(SYS_personality, READ_IMPLIES_EXEC);
}

static long try_other_system(void)
{
	return syscall(SYS_personality, PER_LINUX32);
}

/* Argument 1 as high bits only: the kernel looks at 32. */
static long try_no_randomize_high(void)
{
	return syscall(SYS_personality, (1L << 40) | ADDR_NO_RANDOMIZE);
}

static long try_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program);
}

static long try_mbind(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return syscall(SYS_mbind, page, 4096UL, 0 /* MPOL_DEFAULT */, NULL, 0UL, 0);
}

static long try_move_pages(void)
{
	return syscall(SYS_move_pages, 0, 0UL, NULL, NULL, NULL, 0);
}

static long try_migrate_pages(void)
{
	unsigned long node = 1;

	return syscall(SYS_migrate_pages, 0, 8UL, &node, &node);
}

static long try_set_mempolicy(void)
{
	return syscall(SYS_set_mempolicy, 0 /* MPOL_DEFAULT */, NULL, 0UL);
}

#ifdef SYS_modify_ldt
static long try_modify_ldt(void)
{
	char table[64];

	return syscall(SYS_modify_ldt, 0 /* read */, table, sizeof(table));
}
#endif

#ifdef SYS_arch_prctl
static long try_shadow_stack_off(void)
{
	return syscall(SYS_arch_prctl, 0x5002 /* ARCH_SHSTK_DISABLE */, 2UL /* WRSS */);
}

static long try_cpuid(void)
{
	return syscall(SYS_arch_prctl, 0x1012 /* ARCH_SET_CPUID */, 1UL /* stays on */);
}
#endif

#ifdef SYS_lookup_dcookie
static long try_lookup_dcookie(void)
{
	char path[64];

	return syscall(SYS_lookup_dcookie, 0UL, path, sizeof(path));
}
#endif

const struct probe_call kernel_calls[] = {
	{ "bpf(BPF_MAP_CREATE)", try_bpf_map },
	{ "perf_event_open", try_perf },
	{ "userfaultfd", try_userfaultfd },
	{ "io_uring_setup", try_uring_setup },
	{ "io_uring_enter", try_uring_enter },
	{ "io_uring_register", try_uring_register },
	{ "fanotify_init", try_fanotify_init },
	{ "fanotify_mark", try_fanotify_mark },
	{ "memfd_create", try_memfd_create },
	{ "memfd_secret", try_memfd_secret },
	{ "add_key", try_add_key },
	{ "keyctl", try_keyctl },
	{ "request_key", try_request_key },
	{ "personality(ADDR_NO_RANDOMIZE)", try_no_randomize },
	{ "personality(READ_IMPLIES_EXEC)", try_read_implies_exec },
	{ "personality(PER_LINUX32)", try_other_system },
	{ "personality(ADDR_NO_RANDOMIZE + high bits)", try_no_randomize_high },
	{ "seccomp(NEW_LISTENER)", try_listener },
	{ "mbind", try_mbind },
	{ "move_pages", try_move_pages },
	{ "migrate_pages", try_migrate_pages },
	{ "set_mempolicy", try_set_mempolicy },
#ifdef SYS_modify_ldt
	{ "modify_ldt", try_modify_ldt },
#endif
#ifdef SYS_arch_prctl
	{ "arch_prctl(ARCH_SHSTK_DISABLE)", try_shadow_stack_off },
	{ "arch_prctl(ARCH_SET_CPUID)", try_cpuid },
#endif
#ifdef SYS_lookup_dcookie
	{ "lookup_dcookie", try_lookup_dcookie },
#endif
	{ 0 },
};
