/* SPDX-License-Identifier: MIT */
/* Random cases that can be had again: CLAUDEFS_TEST_SEED picks the seed that a test prints. */
#ifndef CLAUDEFS_TESTS_MERGE_RANDOM_H
#define CLAUDEFS_TESTS_MERGE_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

/* SplitMix64. */
static inline uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Mixed, since the streams of neighbouring states are the same one, a step apart. */
static inline void random_seed(uint64_t seed)
{
	random_state = seed;
	random_state = random_next();
}

static inline unsigned int pick(unsigned int below)
{
	return (unsigned int)(random_next() % below);
}

/* Prints and returns the seed of a run of cases; case i is random_seed(seed + i). */
static inline uint64_t random_begin(const char *what, unsigned int cases)
{
	const char *chosen = getenv("CLAUDEFS_TEST_SEED");
	uint64_t seed = chosen ? strtoull(chosen, NULL, 10) : (uint64_t)time(NULL) << 20;

	printf("%s: %u cases, seed %llu\n", what, cases, (unsigned long long)seed);
	return seed;
}

#endif
