/* SPDX-License-Identifier: MIT */
#include "fs/git/push_objects.h"

#include <errno.h>
#include <git2/odb_backend.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>

#include "fs/base/cleanup.h"
#include "fs/git/library.h"

#define PRIORITY 1

int push_objects_open(const char *path, git_odb **ret)
{
	cleanup_free char *directory = NULL;
	git_odb_backend *packs = NULL;
	git_odb *odb = NULL;

	if (!git_library_is_ready() || asprintf(&directory, "%s/objects", path) < 0) {
		directory = NULL;
		return -EIO;
	}
	if (git_odb_new(&odb) != 0)
		return -EIO;
	if (git_odb_backend_pack(&packs, directory) != 0 ||
	    git_odb_add_backend(odb, packs, PRIORITY) != 0) {
		if (packs)
			packs->free(packs);
		git_odb_free(odb);
		return -EIO;
	}
	*ret = odb;
	return 0;
}

int push_objects_wrap(const char *path, git_repository **ret)
{
	git_odb *odb = NULL;
	int r = push_objects_open(path, &odb);

	if (r == 0 && git_repository_wrap_odb(ret, odb) != 0)
		r = -EIO;
	/* The repository keeps its own reference. */
	git_odb_free(odb);
	return r;
}
