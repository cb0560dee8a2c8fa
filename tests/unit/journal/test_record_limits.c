/* SPDX-License-Identifier: MIT */
/* Records that no writer of ours makes: without what their type needs, or longer than its limits.
 */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/journal/sample_records.h"

static struct codec_frame frame;
static const struct hash zero_chain;

static int encode(const struct journal_record *record)
{
	struct hash chain;

	return codec_encode(record, &zero_chain, &frame, &chain);
}

static void a_type_that_is_none_is_not_written(void **state)
{
	struct journal_record record = sample_record(codec_type_of(JOURNAL_PROCESS));

	(void)state;
	assert_true(encode(&record) >= 0);
	record.type = (enum journal_type)0;
	assert_int_equal(encode(&record), -EINVAL);
	record.type = (enum journal_type)(JOURNAL_TYPE_LAST + 1);
	assert_int_equal(encode(&record), -EINVAL);
}

/* Each string and path of each type, one at a time. */
static void a_text_that_is_missing_is_not_written(void **state)
{
	static const char *const none;
	size_t types_count = 0;
	size_t fields_count = 0;
	const struct codec_type *types = codec_types(&types_count);
	const struct codec_field *fields = codec_fields(&fields_count);
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < types_count; i++) {
		for (size_t k = 0; k < fields_count; k++) {
			struct journal_record record = sample_record(&types[i]);

			if (!(record.has & fields[k].bit) ||
			    (fields[k].kind != CODEC_PATH && fields[k].kind != CODEC_STRING &&
			     fields[k].kind != CODEC_CUT))
				continue;
			memcpy((char *)&record + fields[k].offset, &none, sizeof(none));
			assert_int_equal(encode(&record), -EINVAL);
			tried++;
		}
	}
	assert_true(tried > 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_that_is_none_is_not_written),
		cmocka_unit_test(a_text_that_is_missing_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
