/* SPDX-License-Identifier: MIT */
/* What names fold to: the ground of every protected name. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"

static void assert_folds_to(const char *name, const char *folded)
{
	cleanup_free char *ret = NULL;

	assert_int_equal(fold_name(name, &ret), 0);
	assert_string_equal(ret, folded);
}

static void variants_of_a_protected_name_fold_to_it(void **state)
{
	(void)state;
	assert_folds_to("settings.json", "settings.json");
	assert_folds_to("SETTINGS.JSON", "settings.json");
	assert_folds_to("\xc5\xbf"
			"ettings.json",
			"settings.json");                              /* U+017F long s */
	assert_folds_to("settings.json\xe2\x80\x8d", "settings.json"); /* zero-width joiner */
	assert_folds_to("\xef\xbd\x93"
			"ettings.json",
			"settings.json");                          /* fullwidth s */
	assert_folds_to("set\xc2\xadtings.json", "settings.json"); /* soft hyphen */
	assert_folds_to("CLAUDE.MD", "claude.md");
}

static void decomposed_and_composed_fold_to_the_same(void **state)
{
	cleanup_free char *nfc = NULL;
	cleanup_free char *nfd = NULL;

	(void)state;
	assert_int_equal(fold_name("caf\xc3\xa9.md", &nfc), 0);
	assert_int_equal(fold_name("cafe\xcc\x81.md", &nfd), 0);
	assert_string_equal(nfc, nfd);
}

static void homoglyph_stays_another_name(void **state)
{
	cleanup_free char *ret = NULL;

	(void)state;
	assert_int_equal(fold_name("\xd1\x95"
				   "ettings.json",
				   &ret),
			 0); /* Cyrillic dze */
	assert_string_not_equal(ret, "settings.json");
}

static void invalid_utf8_is_refused(void **state)
{
	char *ret = NULL;

	(void)state;
	assert_int_equal(fold_name("\xff\xfe.json", &ret), -EILSEQ);
	assert_int_equal(fold_name("\xc0\xae\xc0\xae", &ret), -EILSEQ); /* overlong ".." */
	assert_int_equal(fold_name("a\xed\xa0\x80", &ret), -EILSEQ);    /* surrogate */
	assert_null(ret);
}

static void a_name_that_would_gain_a_slash_is_refused(void **state)
{
	char *ret = NULL;

	(void)state;
	assert_int_equal(fold_name("a\xef\xbc\x8f"
				   "b",
				   &ret),
			 -EILSEQ); /* fullwidth solidus */
	assert_int_equal(fold_name("a\xe2\x84\x80"
				   "b",
				   &ret),
			 -EILSEQ); /* U+2100 "a/c" */
	assert_null(ret);
}

static void plain_names_have_nothing_hidden(void **state)
{
	(void)state;
	assert_true(fold_is_plain_name("a-b_c.jsonl"));
	assert_true(fold_is_plain_name("caf\xc3\xa9.md"));
	assert_false(fold_is_plain_name("cafe\xcc\x81.md"));
	assert_false(fold_is_plain_name("a\nb"));
	assert_false(fold_is_plain_name("a\xe2\x80\x8b"
					"b"));
	assert_false(fold_is_plain_name("\xe2\x80\xae"
					"b"));
	assert_false(fold_is_plain_name("\xff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variants_of_a_protected_name_fold_to_it),
		cmocka_unit_test(decomposed_and_composed_fold_to_the_same),
		cmocka_unit_test(homoglyph_stays_another_name),
		cmocka_unit_test(invalid_utf8_is_refused),
		cmocka_unit_test(a_name_that_would_gain_a_slash_is_refused),
		cmocka_unit_test(plain_names_have_nothing_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
