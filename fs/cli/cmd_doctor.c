/* SPDX-License-Identifier: MIT */
/* `claudefs doctor`: what this machine has, one line per finding, each with its mend. Looks, and
 * changes nothing. */
#include <stdio.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/doctor_checks.h"
#include "fs/cli/json_output.h"

static const char *level_name(enum finding_level level)
{
	switch (level) {
	case FINDING_OK: return "ok";
	case FINDING_WARN: return "warn";
	case FINDING_FAIL: return "fail";
	}
	return "fail";
}

static enum terminal_style level_style(enum finding_level level)
{
	switch (level) {
	case FINDING_OK: return STYLE_GREEN;
	case FINDING_WARN: return STYLE_YELLOW;
	case FINDING_FAIL: return STYLE_RED;
	}
	return STYLE_RED;
}

static void add_json(json_t *list, const char *name, const struct finding *finding)
{
	(void)json_array_append_new(
		list,
		json_pack("{s:s, s:s, s:o, s:o}", "name", name, "level", level_name(finding->level),
			  "found",
			  json_string_lossy(finding->found.data ? finding->found.data : ""), "mend",
			  finding->mend.data ? json_string_lossy(finding->mend.data)
					     : json_null()));
}

static void add_row(struct table *table, const char *name, const struct finding *finding)
{
	table_cell(table, level_style(finding->level), level_name(finding->level));
	table_cell(table, STYLE_BOLD, name);
	table_cellf(table, STYLE_PLAIN, "%s%s%s", finding->found.data ? finding->found.data : "",
		    finding->mend.data ? ": " : "", finding->mend.data ? finding->mend.data : "");
	table_end_row(table);
}

int cmd_doctor(const struct cli *cli)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "");
	cleanup_json json_t *json = json_object();
	json_t *list = json_array();
	int worst = EXIT_OK;

	(void)json_object_set_new(json, "checks", list);
	for (const struct doctor_check *check = doctor_checks; check->name; check++) {
		struct finding finding = { FINDING_OK, EXIT_OK, { 0 }, { 0 } };

		check->look(cli, &finding);
		if (finding.level == FINDING_FAIL && worst == EXIT_OK)
			worst = finding.code;
		if (cli->is_json)
			add_json(list, check->name, &finding);
		else
			add_row(table, check->name, &finding);
		text_done(&finding.found);
		text_done(&finding.mend);
	}
	if (cli->is_json)
		return json_output_print(json) == EXIT_OK ? worst : EXIT_FAULT;
	return table_print(table, stdout) < 0 ? EXIT_FAULT : worst;
}
