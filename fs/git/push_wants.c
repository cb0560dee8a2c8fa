/* SPDX-License-Identifier: MIT */
/* What a push should be compared with, and cannot yet: the remote has moved on, in the branch or in
 * another, since the project was there. */
#include <git2.h>
#include <string.h>

#include "fs/git/push_check.h"
#include "fs/git/push_objects.h"

static bool is_missing(git_odb *odb, const struct push_ref *ref)
{
	git_oid id;

	return strncmp(ref->name, "refs/heads/", 11) == 0 && git_oid_fromstr(&id, ref->id) == 0 &&
	       !git_odb_exists(odb, &id);
}

static bool has_new(const struct push_command *commands, size_t count,
		    const struct push_refs *remote)
{
	for (size_t i = 0; i < count; i++) {
		if (!push_refs_find(remote, commands[i].ref))
			return true;
	}
	return false;
}

/* Who takes pushes does not tell where HEAD leads to. */
static bool is_main(const char *ref)
{
	static const char *const names[] = { "refs/heads/main", "refs/heads/master",
					     "refs/heads/trunk", "refs/heads/develop" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(ref, names[i]) == 0)
			return true;
	}
	return false;
}

size_t push_check_wants(const char *path, const struct push_command *commands, size_t count,
			const struct push_refs *remote, bool is_refused,
			uint32_t wants[PUSH_WANTS_MAX])
{
	git_odb *odb = NULL;
	size_t wanted = 0;

	if ((!is_refused && !has_new(commands, count, remote)) || push_objects_open(path, &odb) < 0)
		return 0;
	for (size_t i = 0; i < remote->count && wanted < PUSH_WANTS_MAX; i++) {
		if ((is_refused || is_main(remote->items[i].name)) &&
		    is_missing(odb, &remote->items[i]))
			wants[wanted++] = (uint32_t)i;
	}
	git_odb_free(odb);
	return wanted;
}
