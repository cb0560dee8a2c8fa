/* SPDX-License-Identifier: MIT */
/* Wall-clock time as nanoseconds since the epoch, and its two written forms. */
#ifndef CLAUDEFS_BASE_CLOCK_H
#define CLAUDEFS_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_TEXT_SIZE 32u

uint64_t clock_now_ns(void);
uint64_t clock_from_timespec(struct timespec ts);
struct timespec clock_to_timespec(uint64_t ns);

/* "20261123T140812.345Z" (UTC): sorts by time, safe in file names. */
void clock_format_id(uint64_t ns, char out[CLOCK_TEXT_SIZE]);

/* "2026-11-23 14:08:12" in local time, for people. */
void clock_format_local(uint64_t ns, char out[CLOCK_TEXT_SIZE]);

/* "2026-11-23T14:08:12.345Z" (RFC 3339, UTC), for JSON. */
void clock_format_rfc3339(uint64_t ns, char out[CLOCK_TEXT_SIZE]);

#endif
