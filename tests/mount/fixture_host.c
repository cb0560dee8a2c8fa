/* SPDX-License-Identifier: MIT */
#include "tests/mount/fixture_host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/mount/fixture.h"

/* Parents come first. "@own" and "@other" stand for the two projects' directories, "%P" in a
 * content for the project's path. */
static const struct host_file {
	const char *path;
	mode_t mode;
	const char *content; /* NULL: a directory */
} host_files[] = {
	{ ".claude", 0700, NULL },
	{ ".claude/settings.json", 0600,
	  "{\"hooks\":{},\"permissions\":{\"allow\":[\"Bash(ls)\"]},\"model\":\"opus\"}\n" },
	{ ".claude/CLAUDE.md", 0644, "# Mine\nAlways be brief.\n" },
	{ ".claude/.credentials.json", 0600,
	  "{\"claudeAiOauth\":{\"accessToken\":\"dummy-host\"}}\n" },
	{ ".claude/history.jsonl", 0600,
	  "{\"display\":\"mine one\",\"timestamp\":1,\"project\":\"%P\"}\n"
	  "{\"display\":\"secret of another\",\"timestamp\":2,\"project\":\"/srv/other-secret\"}\n"
	  "{\"display\":\"mine two\",\"timestamp\":3,\"project\":\"%P\"}\n"
	  "{\"display\":\"third party\",\"timestamp\":4,\"project\":\"/srv/third\"}\n" },
	{ ".claude/projects", 0700, NULL },
	{ ".claude/@own", 0700, NULL },
	{ ".claude/@own/" FIXTURE_SESSION_UUID ".jsonl", 0600,
	  "{\"type\":\"user\",\"uuid\":\"a\",\"cwd\":\"%P\",\"sessionId\":\"" FIXTURE_SESSION_UUID
	  "\"}\n"
	  "{\"type\":\"assistant\",\"uuid\":\"b\",\"parentUuid\":\"a\",\"cwd\":\"%P\"}\n" },
	{ ".claude/@own/memory", 0700, NULL },
	{ ".claude/@own/memory/MEMORY.md", 0600, "- remember the milk\n" },
	{ ".claude/@other", 0700, NULL },
	{ ".claude/@other/" FIXTURE_OTHER_UUID ".jsonl", 0600,
	  "{\"type\":\"user\",\"cwd\":\"/srv/other-secret\",\"text\":\"their secret\"}\n" },
	{ ".claude/todos", 0700, NULL },
	{ ".claude/todos/" FIXTURE_SESSION_UUID ".json", 0600, "[]\n" },
	{ ".claude/todos/" FIXTURE_OTHER_UUID ".json", 0600, "[{\"content\":\"theirs\"}]\n" },
	{ ".claude/file-history", 0700, NULL },
	{ ".claude/plugins", 0700, NULL },
	{ ".claude/plugins/config.json", 0600, "{\"repositories\":{}}\n" },
	{ ".claude/agents", 0755, NULL },
	{ ".claude/agents/reviewer.md", 0644, "---\nname: reviewer\n---\nReview.\n" },
	{ ".claude/shell-snapshots", 0700, NULL },
	{ ".claude/shell-snapshots/snapshot-bash-1.sh", 0600, "export A=1\n" },
	{ ".claude/statsig", 0700, NULL },
	{ ".claude/statsig/id", 0600, "telemetry-id\n" },
	{ ".claude/plans", 0700, NULL },
	{ ".claude/plans/plan.md", 0600, "1. build\n2. test\n" },
	{ ".claude.json", 0600,
	  "{\"numStartups\":3,\"hasCompletedOnboarding\":true,\"theme\":\"dark\","
	  "\"oauthAccount\":{\"emailAddress\":\"someone@example.org\"},"
	  "\"projects\":{\"%P\":{\"hasTrustDialogAccepted\":true},"
	  "\"/srv/other-secret\":{\"history\":[]}}}\n" },
	{ "proj", 0755, NULL },
	{ "proj/main.c", 0644, "int main(void) { return 0; }\n" },
};

/* Replaces the first occurrence of each mark. */
static void expand(char *out, size_t size, const char *text, const char *mark, const char *value)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		if (strncmp(text, mark, strlen(mark)) == 0) {
			used += (size_t)snprintf(out + used, size - used, "%s", value);
			text += strlen(mark);
			if (used >= size)
				used = size - 1;
		} else {
			out[used++] = *text++;
		}
	}
	out[used] = '\0';
}

static int make_one(const char *path, mode_t mode, const char *content)
{
	cleanup_fd int fd = -1;

	if (!content)
		return mkdir(path, mode);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fd_write_all(fd, content, strlen(content)) < 0)
		return -1;
	return fchmod(fd, mode);
}

int fixture_fill_host(const char *home, const char *project, const char *own, const char *other)
{
	for (size_t i = 0; i < sizeof(host_files) / sizeof(host_files[0]); i++) {
		char first[1024];
		char second[1024];
		char path[1200];
		char content[2048];

		expand(first, sizeof(first), host_files[i].path, "@own", own);
		expand(second, sizeof(second), first, "@other", other);
		(void)snprintf(path, sizeof(path), "%s/%s", home, second);
		if (host_files[i].content)
			expand(content, sizeof(content), host_files[i].content, "%P", project);
		if (make_one(path, host_files[i].mode, host_files[i].content ? content : NULL) <
		    0) {
			perror(path);
			return -1;
		}
	}
	return 0;
}
