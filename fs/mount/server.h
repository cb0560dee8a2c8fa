/* SPDX-License-Identifier: MIT */
/* What every FUSE operation needs, handed to libfuse as the session's user data: the view behind
 * the mount, the log that the person reads, and the one moment at which "ready" is said. */
#ifndef CLAUDEFS_MOUNT_SERVER_H
#define CLAUDEFS_MOUNT_SERVER_H

/* The API level of the libfuse calls used here. The only place that includes libfuse's headers but
 * for the files of this directory that include this one. */
#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stddef.h>

#include "fs/mount/daemon_log.h"
#include "fs/view/view.h"

/* Seconds for which the kernel may answer by itself. Changes made through the mount are always seen
 * at once, since they pass through the kernel; changes on the host show after this time. */
#define MOUNT_CACHE_TIMEOUT 1.0

/* Bytes of the largest read or write request; libfuse's own buffer bounds it as well. */
#define MOUNT_IO_MAX (1u << 20)

struct mount_server {
	struct view *view;      /* borrowed */
	struct daemon_log *log; /* borrowed */
	/* Called once, when the kernel has greeted us and requests are answered from here on. */
	void (*on_ready)(void *arg);
	void *ready_arg;
};

static inline struct mount_server *server_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static inline struct view *view_of(fuse_req_t req)
{
	return server_of(req)->view;
}

static inline struct view_caller caller_of(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	return (struct view_caller){ .uid = ctx->uid, .gid = ctx->gid, .pid = ctx->pid };
}

/* A buffer of the calling thread, at least size bytes (at most MOUNT_IO_MAX; NULL beyond, or out of
 * memory). Borrowed until the thread's next call. */
void *server_scratch(size_t size);
/* Each thread that served requests calls this once at its end. */
void server_scratch_free(void);

#endif
