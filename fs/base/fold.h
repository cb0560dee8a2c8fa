/* SPDX-License-Identifier: MIT */
/* Unicode for names: what a name folds to, and which code points a person can see.
 * The only module that knows utf8proc. Input is distrusted: any bytes may come. */
#ifndef CLAUDEFS_BASE_FOLD_H
#define CLAUDEFS_BASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The canonical folded form of a name or path: NFKC_Casefold (Unicode 3.13, D147: compatibility
 * forms, case and default-ignorable code points removed; stricter than any host file system's own
 * folding, so that a name which some host could take for a protected one always matches it).
 * '/' is kept; a compatibility form that would *become* '/' or a NUL is -EILSEQ.
 * *ret (ret_). Returns 0, -EILSEQ (not UTF-8: callers must treat the name as unmatched by any
 * permissive rule) or -ENOMEM. */
int fold_name(const char *name, char **ret);

/* The NFC form of a name or path, nothing else changed. *ret (ret_). Returns 0, -EILSEQ or -ENOMEM.
 */
int fold_compose(const char *name, char **ret);

/* True if name is valid UTF-8, in NFC, and free of control and default-ignorable code points: a
 * name that may be created on a host. */
bool fold_is_plain_name(const char *name);

/* Decodes one code point of s[0..len). Returns its length in bytes, 0 if the bytes are not UTF-8.
 */
size_t fold_next_code_point(const char *s, size_t len, uint32_t *ret_code);

/* False for controls, format characters (bidi, zero width, tags), default-ignorables, line and
 * paragraph separators, surrogates, private use and unassigned code points. */
bool fold_is_visible(uint32_t code);

/* True for format characters (bidi, zero width, tags), default-ignorables (variation selectors
 * too), line and paragraph separators: nothing is drawn for them. A control is no such character,
 * nor is one that Unicode has not assigned, which newer fonts may draw. */
bool fold_is_hidden(uint32_t code);

/* Columns that a terminal gives to a visible code point: 0 (combining), 1 or 2 (East Asian wide).
 */
unsigned int fold_width(uint32_t code);

#endif
