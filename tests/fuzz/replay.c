/* SPDX-License-Identifier: MIT */
/* Feeds every file of a corpus to a fuzz target, with any compiler: what a fuzzer once found, and
 * what it starts from, is tested in every build. An invariant that does not hold aborts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (16u << 20) /* bytes */

static int replay_file(int dir_fd, const char *name)
{
	cleanup_free char *data = NULL;
	size_t size = 0;
	int r = fd_read_file_at(dir_fd, name, INPUT_MAX, &data, &size);

	if (r < 0) {
		(void)fprintf(stderr, "%s: %s\n", name, strerror(-r));
		return r;
	}
	/* Said before it runs: after an abort the last name is the culprit. */
	(void)printf("%s: %zu bytes\n", name, size);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	return 0;
}

int main(int argc, char **argv)
{
	cleanup_dir DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	size_t count = 0;

	if (!dir) {
		(void)fprintf(stderr, "usage: %s CORPUS_DIRECTORY\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(dirfd(dir), entry->d_name) < 0)
			return 1;
		count++;
	}
	(void)printf("%zu inputs\n", count);
	/* A corpus that went missing would pass for ever. */
	return count > 0 ? 0 : 1;
}
