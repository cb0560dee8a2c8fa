/* SPDX-License-Identifier: MIT */
#include "tests/crash/faults.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "tests/lib/trace_calls.h"

static const long writing[] = { SYS_write, SYS_pwrite64, -1 };
static const long spending[] = { SYS_write,     SYS_pwrite64,  SYS_openat,          SYS_openat2,
				 SYS_ftruncate, SYS_fallocate, SYS_copy_file_range, -1 };
static const long any_io[] = { SYS_write,     SYS_pwrite64,  SYS_read,       SYS_pread64,
			       SYS_fsync,     SYS_fdatasync, SYS_openat,     SYS_openat2,
			       SYS_ftruncate, SYS_fstat,     SYS_newfstatat, -1 };
static const long syncing[] = { SYS_fsync, SYS_fdatasync, -1 };
static const long slow[] = { SYS_write,   SYS_pwrite64, SYS_read,      SYS_pread64, SYS_openat,
			     SYS_openat2, SYS_fsync,    SYS_fdatasync, SYS_flock,   -1 };
static const long opening[] = { SYS_openat, SYS_openat2, SYS_dup, SYS_fcntl, -1 };
static const long memory[] = { SYS_openat, SYS_openat2,    SYS_mmap, SYS_brk,
			       SYS_write,  SYS_newfstatat, -1 };

const struct fault faults[FAULTS] = {
	{ "EIO", EIO, any_io },
	{ "EIO of fsync", EIO, syncing },
	{ "ENOSPC", ENOSPC, spending },
	{ "EINTR", EINTR, slow },
	{ "EMFILE", EMFILE, opening },
	{ "ENOMEM", ENOMEM, memory },
	{ "short", TRACE_SHORT, writing },
};

bool fault_concerns(const struct fault *fault, long number)
{
	for (size_t i = 0; fault->calls[i] >= 0; i++) {
		if (fault->calls[i] == number)
			return true;
	}
	return false;
}
