/* SPDX-License-Identifier: MIT */
/* Network decisions, from network.jsonl of the session directory: what a gateway wrote there, a
 * line
 * {"time": RFC 3339, "host", "port", "verdict": "allow"|"deny", "reason"} for each connection.
 * Names come from the sandbox. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/cli/html.h"
#include "fs/cli/report.h"

#define NETWORK_FILE "network.jsonl"
#define NETWORK_FILE_MAX                                                        \
	(8u << 20) /* bytes; of a longer one nothing is shown, and that is said \
		    */

struct counts {
	size_t shown;
	size_t left;
};

static void print_decision(struct report *report, const json_t *decision, struct counts *counts)
{
	FILE *out = report->out;
	const char *verdict = json_get_string(decision, "verdict", "?");

	if (counts->shown == REPORT_DECISIONS_MAX) {
		counts->left++;
		return;
	}
	if (counts->shown++ == 0)
		(void)fputs("<h2 id=network>Network<small>what the gateway decided</small></h2>\n"
			    "<table>\n",
			    out);
	(void)fputs("<tr><td class=when>", out);
	html_print_string(out, json_get_string(decision, "time", ""));
	(void)fprintf(out, "</td><td class=i>%s",
		      strcmp(verdict, "allow") == 0 ? "" : "<span class=id>");
	html_print_string(out, verdict);
	(void)fprintf(out, "%s</td><td class=mono>",
		      strcmp(verdict, "allow") == 0 ? "" : "</span>");
	html_print_string(out, json_get_string(decision, "host", "?"));
	(void)fprintf(out, ":%lld</td><td>", json_get_integer(decision, "port", 0));
	html_print_string(out, json_get_string(decision, "reason", ""));
	(void)fputs("</td></tr>\n", out);
}

void report_network(struct report *report)
{
	cleanup_free char *data = NULL;
	struct counts counts = { 0 };
	size_t len = 0;
	int r = fd_read_file_at(report->session->fd, NETWORK_FILE, NETWORK_FILE_MAX, &data, &len);

	if (r == -ENOENT)
		return;
	if (r < 0) {
		(void)fprintf(report->out, "<h2 id=network>Network</h2><p>%s: %s</p>\n",
			      NETWORK_FILE, strerror(-r));
		return;
	}
	for (char *line = data; line < data + len;) {
		char *end = memchr(line, '\n', len - (size_t)(line - data));
		size_t line_len = (size_t)((end ? end : data + len) - line);
		cleanup_json json_t *decision = NULL;

		if (json_load_strict(line, line_len, &decision, NULL) == 0)
			print_decision(report, decision, &counts);
		line += line_len + 1;
	}
	if (counts.shown > 0)
		(void)fputs("</table>\n", report->out);
	if (counts.left > 0)
		(void)fprintf(report->out, "<p class=dim>and %zu more</p>\n", counts.left);
}
