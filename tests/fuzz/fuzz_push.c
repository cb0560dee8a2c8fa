/* SPDX-License-Identifier: MIT */
/* What claudefs-push reads from the agent before libgit2 gets the pack: by the first byte the
 * length of a packet, a request, a command, the project's git configuration, or a rule file; and a
 * blob that is searched for secrets. What comes out is what may be pushed. */
#include <errno.h>
#include <string.h>

#include "fs/base/fold.h"
#include "fs/git/push_protocol.h"
#include "fs/git/push_rules.h"
#include "tests/fuzz/fuzz.h"

static void try_command(const char *data, size_t size)
{
	struct push_command command = { 0 };
	bool has_sideband = false;
	int r = push_parse_command(data, size, &command, &has_sideband);

	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -EOPNOTSUPP || r == -ENAMETOOLONG);
	if (r < 0)
		return;
	FUZZ_CHECK(strlen(command.old_id) == 40 && strlen(command.new_id) == 40);
	FUZZ_CHECK(strspn(command.new_id, "0123456789abcdef") == 40);
	FUZZ_CHECK(strlen(command.ref) <= PUSH_REF_MAX);
	if (push_ref_is_plain(command.ref)) {
		FUZZ_CHECK(fold_is_plain_name(command.ref));
		FUZZ_CHECK(!strstr(command.ref, "..") && !strstr(command.ref, "/-") &&
			   !strpbrk(command.ref, " ~^:?*[\\"));
	}
}

static void try_config(const char *data, size_t size)
{
	cleanup_push_remotes struct push_remotes remotes = { 0 };

	if (push_remotes_parse(data, size, "/home/u/project", &remotes) < 0)
		return;
	for (size_t i = 0; i < remotes.count; i++) {
		const struct push_remote *remote = &remotes.items[i];

		FUZZ_CHECK(remote->target[0] == '/' ||
			   strncmp(remote->target, "https://", 8) == 0 ||
			   strncmp(remote->target, "http://", 7) == 0);
		FUZZ_CHECK(remote->target[0] == '/' ||
			   strcspn(strstr(remote->target, "://") + 3, "/") <=
				   strcspn(strstr(remote->target, "://") + 3, "@"));
		FUZZ_CHECK(strncmp(remote->target, "/home/u/project/", 16) != 0);
		FUZZ_CHECK(!strpbrk(remote->url, "\"\\\n") && !strpbrk(remote->name, "/\"\\\n"));
	}
}

static void try_secret(const char *data, size_t size)
{
	static struct push_rules *rules;
	const char *id = NULL;
	size_t offset = 0;

	if (!rules)
		FUZZ_CHECK(push_rules_parse(NULL, 0, &rules, NULL) == 0);
	if (push_rules_find_secret(rules, data, size, &id, &offset))
		FUZZ_CHECK(id && offset < size);
}

static void try_rules(const char *data, size_t size)
{
	cleanup_push_rules struct push_rules *rules = NULL;
	struct json_problem problem = { 0 };
	int r = push_rules_parse(data, size, &rules, &problem);

	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	if (r == 0)
		FUZZ_CHECK(push_rules_limits(rules)->pack_bytes > 0);
}

static void try_head(const char *data, size_t size)
{
	char name[PUSH_REMOTE_NAME_MAX + 1];
	int length;

	if (size < PUSH_PACKET_HEAD)
		return;
	length = push_packet_length(data);
	FUZZ_CHECK(length == -EBADMSG ||
		   (length >= 0 && length <= (int)(PUSH_PACKET_MAX - PUSH_PACKET_HEAD)));
	if (push_parse_request(data + PUSH_PACKET_HEAD, size - PUSH_PACKET_HEAD, name) == 0)
		FUZZ_CHECK(name[0] != '\0' && strlen(name) <= PUSH_REMOTE_NAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data + 1;

	if (size == 0)
		return 0;
	size--;
	switch (data[0]) {
	case 'h': try_head(rest, size); break;
	case 'c': try_command(rest, size); break;
	case 'g': try_config(rest, size); break;
	case 'r': try_rules(rest, size); break;
	default: try_secret(rest, size); break;
	}
	return 0;
}
