/* SPDX-License-Identifier: MIT */
#include "fs/cli/log_network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/terminal.h"
#include "fs/cli/json_output.h"
#include "fs/session/network_files.h"

#define NETWORK_LOG_MAX (64u << 20) /* bytes, as the gate's */

void log_network_done(struct log_network *network)
{
	free(network->data);
	*network = (struct log_network){ 0 };
}

int log_network_read(struct log_network *network, int session_fd)
{
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r = fd_read_file_at(session_fd, NETWORK_LOG_FILE, NETWORK_LOG_MAX, &data, &len);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* Only ever appended to. */
	if (len < network->offset)
		return -EBADMSG;
	free(network->data);
	network->data = steal_ptr(&data);
	network->len = len;
	return 0;
}

static enum terminal_style style_of(const char *verdict)
{
	if (strcmp(verdict, "deny") == 0)
		return STYLE_RED;
	return strcmp(verdict, "learn") == 0 ? STYLE_YELLOW : STYLE_DIM;
}

static uint64_t time_of(const json_t *decision)
{
	long long time = json_get_integer(decision, "time_ns", 0);

	return time > 0 ? (uint64_t)time : 0;
}

/* Without a port where only its address was asked for. */
static void append_target(struct text *line, const json_t *decision)
{
	const char *host = json_get_string(decision, "host", "?");
	long long port = json_get_integer(decision, "port", 0);

	terminal_append(line, false, STYLE_PLAIN, host);
	if (port != 0)
		text_appendf(line, ":%lld", port);
}

static void print_text(const struct cli *cli, const json_t *decision)
{
	const char *verdict = json_get_string(decision, "verdict", "?");
	cleanup_text struct text line = { 0 };
	char time[CLOCK_TEXT_SIZE];

	clock_format_local(time_of(decision), time);
	terminal_append(&line, cli->is_colored, STYLE_DIM, time);
	text_append(&line, "  network  ");
	terminal_append(&line, cli->is_colored, style_of(verdict), verdict);
	text_append(&line, "  ");
	if (json_object_get(decision, "names"))
		text_appendf(&line, "a list of %lld names", json_get_integer(decision, "names", 0));
	else
		append_target(&line, decision);
	text_append(&line, "  ");
	terminal_append(&line, cli->is_colored, STYLE_DIM, json_get_string(decision, "reason", ""));
	printf("%s\n", line.data ? line.data : "");
}

static int print_json(const json_t *decision)
{
	static const char *const keys[] = { "verdict", "host", "reason" };
	cleanup_json json_t *json = json_object();

	(void)json_object_set_new(json, "type", json_string("network"));
	json_output_set_time(json, "time", time_of(decision));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)json_object_set_new(json, keys[i],
					  json_string(json_get_string(decision, keys[i], "")));
	(void)json_object_set_new(json, "port",
				  json_integer(json_get_integer(decision, "port", 0)));
	return json_output_print_line(json) == 0 ? 0 : -EIO;
}

int log_network_print(const struct cli *cli, struct log_network *network, uint64_t time_ns)
{
	int r = 0;

	while (network->offset < network->len && r == 0) {
		const char *line = network->data + network->offset;
		const char *end = memchr(line, '\n', network->len - network->offset);
		cleanup_json json_t *decision = NULL;

		/* Not written to its end yet. */
		if (!end)
			break;
		if (json_load_strict(line, (size_t)(end - line), &decision, NULL) == 0) {
			if (time_of(decision) > time_ns)
				break;
			if (cli->is_json)
				r = print_json(decision);
			else
				print_text(cli, decision);
		}
		network->offset += (size_t)(end - line) + 1;
	}
	return r;
}
