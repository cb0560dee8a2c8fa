/* SPDX-License-Identifier: MIT */
/* The entries that the kernel knows of a folding file system, and how names are found there. */
#ifndef CLAUDEFS_TESTS_FOLDING_NODE_H
#define CLAUDEFS_TESTS_FOLDING_NODE_H

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

struct folding_node {
	struct folding_node *next;
	int fd; /* O_PATH */
	uint64_t dev;
	uint64_t ino;
	uint64_t lookups;
	/* Another spelling under which the kernel asked, or NULL. It gets a node of its own: two
	 * names of one node would make the kernel drop a rename between them. */
	char *alias;
};

/* The root's node; real_fd is taken. Ends the process without memory. */
struct folding_node *folding_node_root(int real_fd);

/* How the entry that a folding host takes for name is spelt in the directory. Returns 0, -ENOENT
 * (spelling is then name itself), -ENAMETOOLONG, -EILSEQ or another -errno. */
int folding_find(int dir_fd, const char *name, char spelling[NAME_MAX + 1]);

/* Looks name up, and counts that. *ret_st is what it is. Returns 0 or -errno. */
int folding_node_look_up(struct folding_node *parent, const char *name, struct folding_node **ret,
			 struct stat *ret_st);
void folding_node_forget(struct folding_node *node, uint64_t n);

#endif
