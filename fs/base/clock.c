/* SPDX-License-Identifier: MIT */
#include "fs/base/clock.h"

#include <stdio.h>

#define NS_PER_S 1000000000ull

uint64_t clock_from_timespec(struct timespec ts)
{
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

struct timespec clock_to_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
}

uint64_t clock_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return clock_from_timespec(ts);
}

static unsigned int milliseconds(uint64_t ns)
{
	return (unsigned int)(ns % NS_PER_S / 1000000);
}

/* Milliseconds are appended because strftime has none. */
void clock_format_id(uint64_t ns, char out[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	char text[CLOCK_TEXT_SIZE - 6] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &tm);
	(void)snprintf(out, CLOCK_TEXT_SIZE, "%s.%03uZ", text, milliseconds(ns));
}

void clock_format_rfc3339(uint64_t ns, char out[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	char text[CLOCK_TEXT_SIZE - 6] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out, CLOCK_TEXT_SIZE, "%s.%03uZ", text, milliseconds(ns));
}

void clock_format_local(uint64_t ns, char out[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm tm;

	out[0] = '\0';
	if (localtime_r(&seconds, &tm))
		(void)strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}
