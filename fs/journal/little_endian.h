/* SPDX-License-Identifier: MIT */
/* Numbers as the journal stores them: little-endian, at any alignment. */
#ifndef CLAUDEFS_JOURNAL_LITTLE_ENDIAN_H
#define CLAUDEFS_JOURNAL_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

static inline void put_le(uint8_t *p, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t get_le(const uint8_t *p, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)get_le(p, 2);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return (uint32_t)get_le(p, 4);
}

static inline uint64_t get_le64(const uint8_t *p)
{
	return get_le(p, 8);
}

#endif
