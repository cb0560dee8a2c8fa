/* SPDX-License-Identifier: MIT */
/* network.log: one line a decision, before it is carried out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/text.h"
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

struct told {
	char items[GATE_TOLD_MAX][EGRESS_HOST_SIZE + sizeof(":65535")];
	size_t count;
};

/* True if key is new and there is room for it. */
static bool told_add(struct told *told, const char *key)
{
	for (size_t i = 0; i < told->count; i++) {
		if (strcmp(told->items[i], key) == 0)
			return false;
	}
	if (told->count == GATE_TOLD_MAX)
		return false;
	memcpy(told->items[told->count++], key, strlen(key) + 1);
	return true;
}

void gate_log_once(struct gate *gate, const char *host, uint16_t port, const char *reason)
{
	cleanup_text struct text last = { 0 };
	char key[sizeof(gate->told->items[0])];

	if (!gate->told)
		gate->told = calloc(1, sizeof(*gate->told));
	(void)snprintf(key, sizeof(key), "%s:%u", host, port);
	if (!gate->told || !told_add(gate->told, key))
		return;
	text_appendf(&last, "%s (more of the kind are not told)", reason);
	(void)gate_log(gate, GATE_DENY, host, port,
		       gate->told->count == GATE_TOLD_MAX && !last.is_failed ? last.data : reason);
}

int gate_log_reload(struct gate *gate, size_t names)
{
	return append(gate, json_pack("{s:I, s:s, s:I}", "time_ns", (json_int_t)clock_now_ns(),
				      "verdict", "reload", "names", (json_int_t)names));
}
