/* SPDX-License-Identifier: MIT */
#include "launcher/limits.h"

#include <errno.h>
#include <string.h>

/* The digits at *text, which is moved behind them. Returns 0, -EINVAL (there are none) or -ERANGE.
 */
static int take_digits(const char **text, uint64_t *ret)
{
	const char *at = *text;
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (value > LIMITS_SIZE_MAX)
			return -ERANGE;
		value = value * 10 + (uint64_t)(*at - '0');
	}
	if (at == *text)
		return -EINVAL;
	*text = at;
	*ret = value;
	return 0;
}

int limits_parse_size(const char *text, uint64_t least, uint64_t *ret)
{
	static const char units[] = "kKmMgGtT";
	const char *unit;
	uint64_t value;
	unsigned int shift = 0;
	int r = take_digits(&text, &value);

	if (r < 0)
		return r;
	unit = *text ? strchr(units, *text) : NULL;
	if (unit) {
		shift = 10 * ((unsigned int)(unit - units) / 2 + 1);
		text++;
	}
	if (*text == 'b' || *text == 'B')
		text++;
	if (*text)
		return -EINVAL;
	if (value > LIMITS_SIZE_MAX >> shift || value << shift < least)
		return -ERANGE;
	*ret = value << shift;
	return 0;
}

int limits_parse_cpus(const char *text, uint32_t *ret_milli)
{
	uint64_t whole = 0;
	uint32_t milli = 0, unit = 100;
	int r = take_digits(&text, &whole);

	if (r < 0)
		return r;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && unit > 0; text++, unit /= 10)
			milli += (uint32_t)(*text - '0') * unit;
	}
	if (*text)
		return -EINVAL;
	if (whole > LIMITS_CPUS_MAX / 1000 || whole * 1000 + milli > LIMITS_CPUS_MAX ||
	    whole * 1000 + milli < 10)
		return -ERANGE;
	*ret_milli = (uint32_t)whole * 1000 + milli;
	return 0;
}

int limits_parse_pids(const char *text, uint32_t *ret)
{
	uint64_t value;
	int r = take_digits(&text, &value);

	if (r < 0)
		return r;
	if (*text)
		return -EINVAL;
	if (value < LIMITS_PIDS_MIN || value > LIMITS_PIDS_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}
