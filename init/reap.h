/* SPDX-License-Identifier: MIT */
/* PID 1 after its steps: starts the agent, passes signals on, reaps whatever is left to it. */
#ifndef CLAUDEFS_INIT_REAP_H
#define CLAUDEFS_INIT_REAP_H

#include "init/steps.h"

/* Blocks the signals that reap_run() waits for. Called before the first step, so that none gets
 * lost (as PID 1, an unblocked signal without a handler is dropped by the kernel). */
void reap_block_signals(void);

/* Starts context->argv and stays until it ends. Returns its exit code, 128 + signal, or
 * EXIT_RUN_CANNOT_EXEC or EXIT_RUN_NOT_FOUND (message.h) after a line on stderr. A hang-up of
 * context->lifeline counts as SIGTERM. When PID 1 then
 * exits, the kernel kills what still runs in the namespace. */
int reap_run(const struct init_context *context);

/* Becomes context->argv. Returns only when that fails, an exit code as above. */
int reap_become(const struct init_context *context);

#endif
