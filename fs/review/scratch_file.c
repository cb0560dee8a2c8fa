/* SPDX-License-Identifier: MIT */
#include "fs/review/scratch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int scratch_file_open(struct content_store *store)
{
	int fd = store ? content_store_scratch(store) : -EROFS;
	FILE *stream;

	if (fd != -EROFS && fd != -EACCES)
		return fd;
	stream = tmpfile();
	if (!stream)
		return -errno;
	fd = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		fd = -errno;
	(void)fclose(stream);
	return fd;
}
