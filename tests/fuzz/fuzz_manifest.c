/* SPDX-License-Identifier: MIT */
/* A manifest of any bytes. Whatever is accepted can be written, and what is written reads back the
 * same: a session that can be listed can be ended and discarded too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/session/manifest.h"
#include "fs/session/session_dir.h"
#include "tests/fuzz/fuzz.h"

static void check_fields(const struct manifest *manifest)
{
	FUZZ_CHECK(session_id_is_valid(manifest->id));
	FUZZ_CHECK(manifest->project[0] == '/' && strlen(manifest->project) <= MANIFEST_PATH_MAX);
	FUZZ_CHECK(manifest->host_root[0] == '/');
	FUZZ_CHECK(manifest->host_config[0] == '/');
	FUZZ_CHECK(manifest->version == MANIFEST_VERSION);
	FUZZ_CHECK(!manifest->ended || strlen(manifest->ended) <= MANIFEST_ENDED_MAX);
	FUZZ_CHECK(!manifest->command || strlen(manifest->command) <= MANIFEST_COMMAND_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_manifest struct manifest first = { 0 };
	cleanup_manifest struct manifest second = { 0 };
	cleanup_free char *written = NULL;
	cleanup_free char *again = NULL;
	size_t written_size = 0;
	size_t again_size = 0;
	int r;

	fuzz_put_file("manifest.json", data, size);
	r = manifest_read(fuzz_dir(), NULL, &first);
	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
	if (r < 0)
		return 0;
	check_fields(&first);
	FUZZ_CHECK(manifest_write(fuzz_dir(), &first) == 0);
	written = fuzz_get_file("manifest.json", &written_size);
	/* It is read only up to a limit, so nothing longer may ever be written. */
	FUZZ_CHECK(manifest_read(fuzz_dir(), first.id, &second) == 0);
	check_fields(&second);
	FUZZ_CHECK(strcmp(first.project, second.project) == 0);
	FUZZ_CHECK(strcmp(first.host_root, second.host_root) == 0);
	FUZZ_CHECK(strcmp(first.host_config, second.host_config) == 0);
	FUZZ_CHECK(first.host_dev == second.host_dev && first.host_ino == second.host_ino);
	FUZZ_CHECK(first.start_ns == second.start_ns && first.end_ns == second.end_ns);
	FUZZ_CHECK(first.uid == second.uid && first.is_discarded == second.is_discarded);
	FUZZ_CHECK(memcmp(&first.rules_hash, &second.rules_hash, sizeof(struct hash)) == 0);
	FUZZ_CHECK(manifest_write(fuzz_dir(), &second) == 0);
	again = fuzz_get_file("manifest.json", &again_size);
	FUZZ_CHECK(again_size == written_size && memcmp(again, written, again_size) == 0);
	return 0;
}
