/* SPDX-License-Identifier: MIT */
/* How a case-folding host compares names: what two names have in common that it takes for one.
 *
 * The union of what the hosts in use do: full case folding and canonical decomposition (APFS, ext4
 * with casefold), and ignorable code points left out (HFS+, ext4). Compatibility forms stay apart,
 * as on all of them. Written for the tests alone, and knows nothing of fs/base/fold.h, which it
 * judges. */
#ifndef CLAUDEFS_TESTS_FOLDING_NAMES_H
#define CLAUDEFS_TESTS_FOLDING_NAMES_H

#include <stdbool.h>

/* The form in which equal names are the same bytes (caller frees), or NULL: not UTF-8, which such
 * hosts refuse (EILSEQ). */
char *folding_key(const char *name);

/* True if a host that folds takes a and b for one name. */
bool folding_is_same(const char *a, const char *b);

#endif
