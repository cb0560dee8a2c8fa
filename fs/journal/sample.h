/* SPDX-License-Identifier: MIT */
/* The digest of a content as BASE and SEAL records hold it: the one definition that the writer of a
 * journal and its reviewers share. */
#ifndef CLAUDEFS_JOURNAL_SAMPLE_H
#define CLAUDEFS_JOURNAL_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/hash.h"

/* The digest of the first size bytes of fd (borrowed): of all of them up to JOURNAL_SAMPLE_ABOVE,
 * beyond that of the first JOURNAL_SAMPLE_SIZE bytes followed by the last JOURNAL_SAMPLE_SIZE ones
 * (*ret_is_sampled is then true: JOURNAL_HAS_SAMPLED goes into the record).
 * Returns 0, -ENODATA (the file is shorter than size) or -errno. */
int journal_hash_content(int fd, uint64_t size, struct hash *ret, bool *ret_is_sampled);
/* The same of the size bytes from offset on. */
int journal_hash_content_at(int fd, uint64_t offset, uint64_t size, struct hash *ret,
			    bool *ret_is_sampled);

#endif
