/* SPDX-License-Identifier: MIT */
/* What a commit left in a session directory that may come from elsewhere: intent.json, and behind
 * the first NUL byte its log "done", and the same intent.json taken for a receipt. An intent that
 * is accepted can be written and reads back the same; what the log says is taken in once and for
 * all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/commit/done_log.h"
#include "fs/commit/intent.h"
#include "fs/review/receipt.h"
#include "tests/fuzz/fuzz.h"

static int check_committed(const struct committed *committed, void *arg)
{
	const struct receipts *receipts = arg;

	FUZZ_CHECK(path_is_valid(committed->path) && *committed->path);
	FUZZ_CHECK(!committed->exists || committed->is_directory ||
		   committed->prefix <= committed->size);
	FUZZ_CHECK(receipts_find(receipts, committed->path) == committed);
	return 0;
}

static void check_receipts(void)
{
	cleanup_receipts struct receipts *receipts = NULL;
	uint64_t bad = 0;
	int r = receipts_read(fuzz_dir(), &receipts, &bad);

	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
	FUZZ_CHECK(r == 0 || bad == 1);
	if (r == 0)
		FUZZ_CHECK(receipts_each(receipts, check_committed, receipts) == 0);
}

static void check_log(int receipt_fd, struct intent *intent)
{
	cleanup_fd int first = done_log_open(receipt_fd, intent);
	cleanup_fd int second = -1;
	cleanup_free char *kept = NULL;
	cleanup_free char *again = NULL;
	size_t kept_size = 0;
	size_t again_size = 0;

	FUZZ_CHECK(first >= 0 || first == -EBADMSG);
	if (first < 0)
		return;
	for (size_t i = 0; i < intent->count; i++) {
		json_t *result = intent->entries[i].is_done
					 ? intent_result_to_json(&intent->entries[i], i)
					 : NULL;

		FUZZ_CHECK(!intent->entries[i].is_done || result != NULL);
		json_decref(result);
	}
	kept = fuzz_get_file("receipts/1/done", &kept_size);
	FUZZ_CHECK(kept_size == 0 || kept[kept_size - 1] == '\n');
	second = done_log_open(receipt_fd, intent);
	FUZZ_CHECK(second >= 0);
	again = fuzz_get_file("receipts/1/done", &again_size);
	FUZZ_CHECK(again_size == kept_size);
}

static void check_intent(int receipt_fd)
{
	cleanup_intent struct intent first = { 0 };
	cleanup_intent struct intent second = { 0 };
	cleanup_free char *written = NULL;
	cleanup_free char *again = NULL;
	size_t written_size = 0;
	size_t again_size = 0;
	int r = intent_read(receipt_fd, NULL, &first);

	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
	if (r < 0)
		return;
	for (size_t i = 0; i < first.count; i++) {
		FUZZ_CHECK(path_is_valid(first.entries[i].path) && *first.entries[i].path);
		FUZZ_CHECK(
			path_name_is_valid(first.entries[i].temp, strlen(first.entries[i].temp)));
	}
	FUZZ_CHECK(intent_write(&first, receipt_fd, NULL) == 0);
	written = fuzz_get_file("receipts/1/intent.json", &written_size);
	FUZZ_CHECK(intent_read(receipt_fd, NULL, &second) == 0);
	FUZZ_CHECK(intent_write(&second, receipt_fd, NULL) == 0);
	again = fuzz_get_file("receipts/1/intent.json", &again_size);
	FUZZ_CHECK(written_size == again_size && memcmp(written, again, again_size) == 0);
	check_log(receipt_fd, &second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *split = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t len = split ? (size_t)(split - data) : size;
	static int receipt_fd = -1;

	if (receipt_fd < 0) {
		fuzz_make_dir("receipts");
		fuzz_make_dir("receipts/1");
		receipt_fd = receipt_dir_open(fuzz_dir(), 1);
		FUZZ_CHECK(receipt_fd >= 0);
	}
	fuzz_put_file("receipts/1/intent.json", data, len);
	fuzz_put_file("receipts/1/receipt.json", data, len);
	fuzz_put_file("receipts/1/done", split ? split + 1 : data, split ? size - len - 1 : 0);
	check_receipts();
	check_intent(receipt_fd);
	return 0;
}
