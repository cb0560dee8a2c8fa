/* SPDX-License-Identifier: MIT */
/* For the controls of the attack oracle: a daemon with faults that a client sets off. The linker
 * puts this in the place of view_lookup() (--wrap). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/view/view.h"

#define MEMORY (320u << 20) /* more than the oracle allows */
#define FILES  5

int __wrap_view_lookup(struct view *view, uint64_t parent, const char *name, struct view_attr *ret);
int __real_view_lookup(struct view *view, uint64_t parent, const char *name, struct view_attr *ret);

int __wrap_view_lookup(struct view *view, uint64_t parent, const char *name, struct view_attr *ret)
{
	static char *memory;

	if (strcmp(name, "take-memory") == 0 && !memory) {
		memory = malloc(MEMORY);
		if (!memory)
			return -ENOMEM;
		memset(memory, 1, MEMORY);
	} else if (strcmp(name, "take-files") == 0) {
		for (int i = 0; i < FILES; i++) {
			if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
				return -errno;
		}
	} else if (strcmp(name, "say-error") == 0) {
		(void)fprintf(stderr, "faulty_daemon.c:1:1: runtime error: planted\n");
	}
	return __real_view_lookup(view, parent, name, ret);
}
