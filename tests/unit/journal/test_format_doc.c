/* SPDX-License-Identifier: MIT */
/* docs/JOURNAL-FORMAT.md says what the tables say: its rows are compared with those made from them.
 * On failure the right rows are printed, to be pasted. */
#include "tests/unit/cmocka_setup.h"

#include <fcntl.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/journal/codec.h"

#define DOCUMENT_MAX (1u << 20)

static const char *document_path;

static const char *kind_text(enum codec_kind kind)
{
	switch (kind) {
	case CODEC_FLAG: return "no bytes";
	case CODEC_U32: return "u32";
	case CODEC_U64: return "u64";
	case CODEC_NUMBER: return "u64, not 0";
	case CODEC_HASH: return "16 bytes";
	case CODEC_IDENTITY: return "identity, 48 bytes";
	case CODEC_PATH: return "path";
	case CODEC_STRING:
	case CODEC_CUT: return "string";
	}
	return "";
}

static void append_names(struct text *text, uint32_t bits, const char *separator)
{
	size_t count = 0;
	const struct codec_field *fields = codec_fields(&count);
	bool is_first = true;

	for (size_t i = 0; i < count; i++) {
		if (!(bits & fields[i].bit))
			continue;
		text_appendf(text, "%s`%s`", is_first ? "" : separator, fields[i].name);
		is_first = false;
	}
}

static void append_field_rows(struct text *text)
{
	size_t count = 0;
	const struct codec_field *fields = codec_fields(&count);

	for (size_t i = 0; i < count; i++) {
		text_appendf(text, "| %u | `%s` | %s", fields[i].tag, fields[i].name,
			     kind_text(fields[i].kind));
		if (fields[i].max > 0)
			text_appendf(text, ", at most %u bytes", fields[i].max);
		text_append(text, " |\n");
	}
}

static void append_type_rows(struct text *text)
{
	size_t count = 0;
	const struct codec_type *types = codec_types(&count);

	for (size_t i = 0; i < count; i++) {
		text_appendf(text, "| %d | `%s` | ", (int)types[i].type, types[i].name);
		append_names(text, types[i].needs, " ");
		if (types[i].one_of) {
			text_append(text, "at least one of ");
			append_names(text, types[i].one_of, " ");
		}
		text_append(text, " | ");
		append_names(text, types[i].may, " ");
		if (types[i].together) {
			text_append(text, "all or none of ");
			append_names(text, types[i].together, " ");
		}
		text_append(text, " |\n");
	}
}

static void assert_document_has(struct text *rows)
{
	cleanup_free char *document = NULL;
	cleanup_fd int fd = open(document_path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	assert_true(fd >= 0);
	assert_int_equal(fd_read_file(fd, DOCUMENT_MAX, &document, &len), 0);
	assert_false(rows->is_failed);
	if (!strstr(document, rows->data))
		print_error("%s should have:\n%s", document_path, rows->data);
	assert_non_null(strstr(document, rows->data));
}

static void the_document_lists_all_fields(void **state)
{
	cleanup_text struct text rows = { 0 };

	(void)state;
	append_field_rows(&rows);
	assert_document_has(&rows);
}

static void the_document_lists_all_types(void **state)
{
	cleanup_text struct text rows = { 0 };

	(void)state;
	append_type_rows(&rows);
	assert_document_has(&rows);
}

static void the_document_tells_the_version_and_the_limits(void **state)
{
	cleanup_text struct text rows = { 0 };

	(void)state;
	text_appendf(&rows, "format version %u, records of at most %u bytes, paths of at most %u",
		     JOURNAL_FORMAT_VERSION, JOURNAL_RECORD_MAX, PATH_BYTES_MAX);
	assert_document_has(&rows);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_lists_all_fields),
		cmocka_unit_test(the_document_lists_all_types),
		cmocka_unit_test(the_document_tells_the_version_and_the_limits),
	};

	if (argc != 2)
		return 2;
	document_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
