/* SPDX-License-Identifier: MIT */
/* Texts of a push that are no files: what commits and tags say, with their headers, and names. All
 * that leaves is searched for secrets; what is larger than an object may be did not get here. */
#include <errno.h>
#include <string.h>

#include "fs/git/push_look.h"

#define HINT     "~/.config/claudefs/push.json"
#define TAGS_MAX 16u /* tags of tags; git makes none by itself */

int push_look_for_secret(struct push_look *look, const char *kind, const char *object,
			 const char *place, const char *data, size_t len)
{
	const char *id = "";
	size_t offset = 0;
	size_t line = 1;
	const char *why = push_rules_find_secret(look->rules, data, len, &id, &offset);

	if (!why)
		return 0;
	for (size_t i = 0; i < offset; i++)
		line += data[i] == '\n';
	return push_problem_set(look->problem, -EPERM,
				"%s %.12s: %s, line %zu: looks like %s (%s); take it out of the "
				"commit, or add \"allow_secrets\": [\"%s\"] to " HINT,
				kind, object, place, line, why, id, id);
}

int push_look_at_text(struct push_look *look, const git_oid *id, const char *kind)
{
	char hex[OBJECT_ID_HEX_SIZE];
	git_odb *odb = NULL;
	git_odb_object *object = NULL;
	int r = 0;

	(void)git_oid_tostr(hex, sizeof(hex), id);
	if (git_repository_odb(&odb, look->repository) != 0)
		return -EIO;
	if (git_odb_read(&object, odb, id) != 0)
		r = push_problem_set(look->problem, -EBADMSG, "%s %.12s cannot be read", kind, hex);
	else
		r = push_look_for_secret(look, kind, hex, "message", git_odb_object_data(object),
					 git_odb_object_size(object));
	git_odb_object_free(object);
	git_odb_free(odb);
	return r;
}

int push_look_at_ref(struct push_look *look, const char *ref, const char *new_id)
{
	git_object *object = NULL;
	git_oid id;
	int r = push_look_for_secret(look, "the ref of", new_id, "its name", ref, strlen(ref));

	if (r < 0)
		return r;
	if (git_oid_fromstr(&id, new_id) != 0 ||
	    git_object_lookup(&object, look->repository, &id, GIT_OBJECT_ANY) != 0)
		return push_problem_set(look->problem, -EBADMSG, "%s cannot be read", ref);
	for (unsigned int i = 0; r == 0 && git_object_type(object) == GIT_OBJECT_TAG; i++) {
		git_object *target = NULL;

		if (i == TAGS_MAX)
			r = push_problem_set(look->problem, -EBADMSG,
					     "%s: a tag of more than %u tags; make it anew", ref,
					     TAGS_MAX);
		else
			r = push_look_at_text(look, git_object_id(object), "tag");
		if (r == 0 && git_tag_target(&target, (git_tag *)object) != 0)
			r = push_problem_set(look->problem, -EBADMSG, "%s cannot be read", ref);
		git_object_free(object);
		object = target;
	}
	git_object_free(object);
	return r;
}
