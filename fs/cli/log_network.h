/* SPDX-License-Identifier: MIT */
/* The gateway's decisions between the records of the journal, by their times. Written by a process
 * that speaks with the agent: every line is parsed again, and what is none is passed over. */
#ifndef CLAUDEFS_CLI_LOG_NETWORK_H
#define CLAUDEFS_CLI_LOG_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "fs/cli/command.h"

struct log_network {
	char *data; /* of the file, when it was last read */
	size_t len;
	size_t offset; /* printed up to here */
};

void log_network_done(struct log_network *network);
#define cleanup_log_network __attribute__((cleanup(log_network_done)))

/* Reads what there is by now. A session without a gateway has nothing. Returns 0 or -errno. */
int log_network_read(struct log_network *network, int session_fd);

/* Prints what was decided until then (UINT64_MAX: all) and is not printed yet. Returns 0 or -EIO.
 */
int log_network_print(const struct cli *cli, struct log_network *network, uint64_t time_ns);

#endif
