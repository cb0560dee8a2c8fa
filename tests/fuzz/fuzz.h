/* SPDX-License-Identifier: MIT */
/* What every fuzz target shares. A target is one function that takes any bytes, feeds them to a
 * reader of untrusted input and checks what must hold of whatever is accepted. The same source is
 * linked with libFuzzer (meson option "fuzz", clang) and with replay.c (any compiler). */
#ifndef CLAUDEFS_TESTS_FUZZ_H
#define CLAUDEFS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_SESSION "20260102T030405.678Z-0a1b2c3d"
#define FUZZ_PROJECT "/home/u/proj"

/* The name that libFuzzer calls. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: prints it and aborts where it does not hold. */
#define FUZZ_CHECK(condition) \
	((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, (unsigned int)__LINE__))
_Noreturn void fuzz_failed(const char *what, const char *file, unsigned int line);

/* A directory of this process alone (borrowed fd), in memory where the system has such a place;
 * removed at exit. */
int fuzz_dir(void);

/* name (one component, or below a directory made by fuzz_make_dir()) then holds data. */
void fuzz_put_file(const char *name, const void *data, size_t size);
void fuzz_make_dir(const char *name);

/* The whole file. Freed by the caller; a NUL is added behind it. */
char *fuzz_get_file(const char *name, size_t *ret_size);

/* size bytes as a string, cut at the first NUL; freed by the caller. */
char *fuzz_string(const uint8_t *data, size_t size);

#endif
