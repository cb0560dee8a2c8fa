/* SPDX-License-Identifier: MIT */
/* Facts for the journal: each function appends one record and returns 0 or the error with which the
 * operation must fail, nothing having changed. A failure that the journal calls sticky ends all
 * further changes of the session. Of secret files (secret_file.h) nothing is recorded. */
#ifndef CLAUDEFS_VIEW_FACTS_H
#define CLAUDEFS_VIEW_FACTS_H

#include "fs/journal/record.h"
#include "fs/view/tree.h"

#define FACTS_REFUSALS_MAX 10000u /* recorded per session; further ones are only counted */

/* What a host entry held, as shown, before its first change. */
struct base_fact {
	struct journal_identity identity;
	uint64_t size;
	struct hash hash;
	bool is_sampled;
	uint64_t object; /* 0: none */
};

int facts_append(struct view *view, struct journal_record *record);

int facts_base(struct view *view, uint64_t process, const char *path, const struct base_fact *base);
int facts_mkdir(struct view *view, uint64_t process, const char *path, mode_t mode);
/* path NULL: nameless. */
int facts_create(struct view *view, uint64_t process, const char *path, uint64_t object,
		 mode_t mode);
int facts_copy_up_dir(struct view *view, uint64_t process, const char *path, mode_t mode);
int facts_copy_up_file(struct view *view, uint64_t process, const char *path, mode_t mode,
		       uint64_t object, uint64_t prefix, uint64_t size);
int facts_materialise(struct view *view, uint64_t process, uint64_t before, uint64_t object,
		      uint64_t size);
/* node: an own file; its path at this moment is recorded with it. */
int facts_write(struct view *view, uint64_t process, struct node *node, uint64_t offset,
		uint64_t size);
int facts_truncate(struct view *view, uint64_t process, struct node *node, uint64_t size);
int facts_seal(struct view *view, const struct content *content, const struct hash *hash,
	       bool is_sampled);
/* mode, mtime: NULL if unchanged. Namespace lock held. */
int facts_set_attr(struct view *view, uint64_t process, struct node *node, const mode_t *mode,
		   const struct timespec *mtime);
int facts_remove(struct view *view, uint64_t process, enum journal_type type, const char *path);
int facts_rename(struct view *view, uint64_t process, const char *path, const char *to);
int facts_link(struct view *view, uint64_t process, const char *path, uint64_t object);

/* Records a refusal and returns -error. path and to may be NULL. */
int facts_refuse(struct view *view, uint64_t process, const char *operation, const char *path,
		 const char *to, int error);

#endif
