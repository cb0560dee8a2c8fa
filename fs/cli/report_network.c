/* SPDX-License-Identifier: MIT */
/* What the gateway decided, from network.log of the session directory (written by
 * init/gateway/decision_log.c, a JSON object per line): one row per name and verdict, what was
 * refused first. Names come from the sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/cli/html.h"
#include "fs/cli/report.h"
#include "fs/session/network_files.h"

#define LOG_READ_MAX (16u << 20) /* bytes; of a longer log the beginning */
#define TEXT_MAX     300u        /* bytes of a name or reason */

struct connection {
	char host[TEXT_MAX];
	char reason[TEXT_MAX];
	char verdict[16];
	long long port;
	uint64_t first_ns;
	size_t count;
};

struct connections {
	struct connection items[REPORT_DECISIONS_MAX];
	size_t count;
	size_t left; /* lines that have no row */
};

static bool is_allowed(const struct connection *connection)
{
	return strcmp(connection->verdict, "allow") == 0;
}

static void take(struct connections *connections, const json_t *line)
{
	struct connection new = { .port = json_get_integer(line, "port", 0), .count = 1 };
	const char *host = json_get_string(line, "host", NULL);

	/* A reload of the list is no connection. */
	if (!host)
		return;
	(void)snprintf(new.host, sizeof(new.host), "%s", host);
	(void)snprintf(new.reason, sizeof(new.reason), "%s", json_get_string(line, "reason", ""));
	(void)snprintf(new.verdict, sizeof(new.verdict), "%s",
		       json_get_string(line, "verdict", "?"));
	new.first_ns = (uint64_t)json_get_integer(line, "time_ns", 0);
	for (size_t i = 0; i < connections->count; i++) {
		struct connection *old = &connections->items[i];

		if (old->port == new.port && strcmp(old->host, new.host) == 0 &&
		    strcmp(old->verdict, new.verdict) == 0) {
			old->count++;
			return;
		}
	}
	if (connections->count == REPORT_DECISIONS_MAX)
		connections->left++;
	else
		connections->items[connections->count++] = new;
}

static void print_rows(struct report *report, const struct connections *connections,
		       bool wants_allowed)
{
	for (size_t i = 0; i < connections->count; i++) {
		const struct connection *connection = &connections->items[i];
		bool is_red = !is_allowed(connection);
		char when[CLOCK_TEXT_SIZE];

		if (is_allowed(connection) != wants_allowed)
			continue;
		clock_format_local(connection->first_ns, when);
		(void)fprintf(report->out, "<tr><td class=when>%s</td><td class=i>%s", when,
			      is_red ? "<span class=id>" : "");
		html_print_string(report->out, connection->verdict);
		(void)fprintf(report->out, "%s</td><td class=mono>", is_red ? "</span>" : "");
		html_print_string(report->out, connection->host);
		/* Without a port where only its address was asked for. */
		if (connection->port != 0)
			(void)fprintf(report->out, ":%lld", connection->port);
		(void)fprintf(report->out, "</td><td class=n>%zu&times;</td><td>",
			      connection->count);
		html_print_string(report->out, connection->reason);
		(void)fputs("</td></tr>\n", report->out);
	}
}

/* The first bytes of the log (ret_). Returns 0 or -errno. */
static int read_log(int session_fd, char **ret, size_t *ret_len)
{
	cleanup_fd int fd = fd_open_at(session_fd, NETWORK_LOG_FILE, O_RDONLY | O_NOFOLLOW, 0);
	cleanup_free char *data = malloc(LOG_READ_MAX);
	size_t len = 0;

	if (fd < 0)
		return fd;
	if (!data)
		return -ENOMEM;
	while (len < LOG_READ_MAX) {
		ssize_t n = pread(fd, data + len, LOG_READ_MAX - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret = steal_ptr(&data);
	*ret_len = len;
	return 0;
}

void report_network(struct report *report)
{
	cleanup_free struct connections *connections = calloc(1, sizeof(*connections));
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r = read_log(report->session->fd, &data, &len);

	if (r == -ENOENT || !connections)
		return;
	for (char *line = data; r == 0 && line < data + len;) {
		char *end = memchr(line, '\n', len - (size_t)(line - data));
		size_t line_len = (size_t)((end ? end : data + len) - line);
		cleanup_json json_t *json = NULL;

		if (json_load_strict(line, line_len, &json, NULL) == 0)
			take(connections, json);
		line += line_len + 1;
	}
	if (r == 0 && connections->count == 0)
		return;
	(void)fputs("<h2 id=network>Network<small>what the gateway decided</small></h2>\n",
		    report->out);
	if (r < 0) {
		(void)fprintf(report->out, "<p>%s: %s</p>\n", NETWORK_LOG_FILE, strerror(-r));
		return;
	}
	(void)fputs("<table>\n", report->out);
	print_rows(report, connections, false);
	print_rows(report, connections, true);
	(void)fputs("</table>\n", report->out);
	if (connections->left > 0 || len == LOG_READ_MAX)
		(void)fprintf(report->out, "<p class=dim>and more, in %s of the session</p>\n",
			      NETWORK_LOG_FILE);
}
