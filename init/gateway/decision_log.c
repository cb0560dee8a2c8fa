/* SPDX-License-Identifier: MIT */
/* network.log: one line a decision, before it is carried out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "init/gateway/gate.h"

static const char *verdict_word(enum gate_verdict verdict)
{
	switch (verdict) {
	case GATE_ALLOW: return "allow";
	case GATE_DENY: return "deny";
	case GATE_LEARN: return "learn";
	}
	return "deny";
}

/* Takes line. */
static int append(struct gate *gate, json_t *line)
{
	cleanup_json json_t *owned = line;
	cleanup_free char *text = owned ? json_dump_whole(owned, JSON_COMPACT | JSON_ENSURE_ASCII)
					: NULL;
	size_t len;
	int r;

	if (!text)
		return -ENOMEM;
	len = strlen(text);
	if (gate->log_bytes + len + 1 > GATE_LOG_MAX)
		return -ENOSPC;
	/* In place of the NUL: one write, one line. */
	text[len] = '\n';
	r = fd_write_all(gate->log_fd, text, len + 1);
	if (r == 0)
		gate->log_bytes += len + 1;
	return r;
}

int gate_log(struct gate *gate, enum gate_verdict verdict, const char *host, uint16_t port,
	     const char *reason)
{
	return append(gate,
		      json_pack("{s:I, s:s, s:o, s:i, s:s}", "time_ns", (json_int_t)clock_now_ns(),
				"verdict", verdict_word(verdict), "host", json_string_lossy(host),
				"port", (int)port, "reason", reason));
}

int gate_log_reload(struct gate *gate, size_t names)
{
	return append(gate, json_pack("{s:I, s:s, s:I}", "time_ns", (json_int_t)clock_now_ns(),
				      "verdict", "reload", "names", (json_int_t)names));
}
