/* SPDX-License-Identifier: MIT */
#include "fs/commit/record_choice.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/commit/receipt_dir.h"
#include "fs/review/host_union.h"
#include "fs/review/parts.h"

#define CHOSEN_NAME "chosen" /* in the receipt's directory, until it has its right name */

struct choosing {
	const struct commit_plan *plan;
	const struct plan_entry *entry;
	struct record_names *names;
	int fd;
	size_t taken;
	size_t left;
};

static int take(const char *line, size_t len, void *arg)
{
	struct choosing *choosing = arg;
	int r = commit_plan_takes_record(choosing->plan, choosing->entry, choosing->names, line,
					 len);

	if (r <= 0) {
		choosing->left += r == 0;
		return r;
	}
	choosing->taken++;
	r = fd_write_all(choosing->fd, line, len);
	return r < 0 ? r : fd_write_all(choosing->fd, "\n", 1);
}

static int settle(const struct choosing *choosing, int receipt_fd, size_t index)
{
	char name[32];

	if (choosing->taken == 0 && !choosing->entry->drops_conflicts)
		return -ENODATA;
	(void)snprintf(name, sizeof(name), "new-%zu", index);
	return renameat(receipt_fd, CHOSEN_NAME, receipt_fd, name) < 0 ? -errno : 0;
}

int records_choose(const struct commit_plan *plan, const struct plan_entry *entry, int receipt_fd,
		   size_t index, int *fd, bool *ret_left)
{
	cleanup_record_names struct record_names *names = record_names_new();
	cleanup_fd int chosen = -1;
	struct choosing choosing = { .plan = plan, .entry = entry, .names = names };
	int r;

	if (!names)
		return -ENOMEM;
	chosen = receipt_dir_create_file(receipt_fd, CHOSEN_NAME);
	if (chosen < 0)
		return chosen;
	choosing.fd = chosen;
	r = records_of_file(*fd, take, &choosing);
	if (r == 0)
		r = settle(&choosing, receipt_fd, index);
	if (r < 0) {
		(void)unlinkat(receipt_fd, CHOSEN_NAME, 0);
		return r;
	}
	*ret_left = choosing.left > 0 && !entry->drops_conflicts;
	cleanup_close_fd(fd);
	*fd = steal_fd(&chosen);
	return 0;
}
