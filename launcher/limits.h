/* SPDX-License-Identifier: MIT */
/* How much a session may use: what --memory, --cpus, --pids-limit and --shm-size ask for. Each
 * runtime enforces it by its own means. */
#ifndef CLAUDEFS_LAUNCHER_LIMITS_H
#define CLAUDEFS_LAUNCHER_LIMITS_H

#include <stdint.h>

#define LIMITS_MEMORY_MIN (UINT64_C(64) << 20) /* bytes; Claude Code does not start with less */
#define LIMITS_SHM_MIN    (UINT64_C(1) << 20)
#define LIMITS_SIZE_MAX   (UINT64_C(1) << 50)
#define LIMITS_CPUS_MAX   1024000u /* thousandths */
#define LIMITS_PIDS_MIN   16u
#define LIMITS_PIDS_MAX   32768u

/* Where nothing was asked for. */
#define LIMITS_PIDS_DEFAULT 4096u
#define LIMITS_SHM_DEFAULT  (UINT64_C(256) << 20)

/* 0: not asked for. */
struct limits {
	uint64_t memory;     /* bytes, of all processes together; nothing is swapped beyond it */
	uint64_t shm;        /* bytes in /dev/shm */
	uint32_t cpus_milli; /* thousandths of a processor */
	uint32_t pids;       /* processes and threads */
};

/* "512m", "8g", "1048576": digits and at most one of k, m, g, t, in either case, b behind them
 * allowed. Returns 0, -EINVAL (no size), or -ERANGE (below least or over LIMITS_SIZE_MAX). */
int limits_parse_size(const char *text, uint64_t least, uint64_t *ret);

/* "2", "0.5", "1.25": at most three digits behind the point. Returns 0, -EINVAL or -ERANGE. */
int limits_parse_cpus(const char *text, uint32_t *ret_milli);

/* Returns 0, -EINVAL or -ERANGE. */
int limits_parse_pids(const char *text, uint32_t *ret);

#endif
