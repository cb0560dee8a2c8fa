/* SPDX-License-Identifier: MIT */
/* One buffer per serving thread, so that large reads do not map and unmap memory each time. A login
 * passes through it, so it is left out of cores and wiped. */
#include "fs/base/secret.h"
#include "fs/mount/server.h"

static _Thread_local char *scratch;
static _Thread_local size_t scratch_size;

void *server_scratch(size_t size)
{
	char *grown;

	if (size > MOUNT_IO_MAX)
		return NULL;
	if (size <= scratch_size && scratch)
		return scratch;
	/* Nothing of the old content is wanted: free first, so that realloc() copies nothing. */
	server_scratch_free();
	size = size < 4096 ? 4096 : size;
	grown = secret_pages_new(size);
	if (!grown)
		return NULL;
	scratch = grown;
	scratch_size = size;
	return scratch;
}

void server_scratch_free(void)
{
	secret_pages_free(scratch, scratch_size);
	scratch = NULL;
	scratch_size = 0;
}
