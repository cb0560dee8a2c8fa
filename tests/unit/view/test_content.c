/* SPDX-License-Identifier: MIT */
/* What files hold: copy-up, prefixes, filters, open-unlinked and nameless files. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>

#include "fs/base/hash.h"

#define BIG    "plans/big.md"
#define MIB    ((size_t)1 << 20)
#define BIG_AT ((off_t)(2 * MIB))

static void open_for_write_alone_copies_nothing(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = open_path(f, "plans/one.md", O_RDWR);

	assert_reads(file, 0, 10, "one\n");
	view_release(file);
	assert_string_equal(journal_text(f, 0), "");
	assert_int_equal(object_files(f), 0);
}

static void first_write_copies_up_and_later_ones_are_not_repeated(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = open_path(f, "plans/one.md", O_RDWR);
	struct view_file *reader = open_path(f, "plans/one.md", O_RDONLY);

	assert_int_equal(put(f, file, "O", 0), 1);
	assert_int_equal(put(f, file, "N", 1), 1);
	/* Content is the node's: who had it open before sees it. */
	assert_reads(reader, 0, 10, "ONe\n");
	view_release(reader);
	view_release(file);
	assert_content(f, "plans/one.md", "ONe\n");
	assert_string_equal(journal_text(f, 0), "base:plans/one.md copy_up:plans/one.md "
						"write:plans/one.md seal");
	assert_int_equal(look(f, "plans/one.md"), ino_of(f, "plans/one.md"));
}

static void seal_says_what_the_object_holds(void **state)
{
	struct fixture *f = *state;
	struct journal_record seal;
	struct journal_record base;
	struct hash hash = hash_bytes("one\ntwo\n", 8);

	append_path(f, "plans/one.md", "two\n");
	assert_true(journal_last(f, JOURNAL_SEAL, &seal));
	assert_int_equal(seal.size, 8);
	assert_int_equal(seal.low_water, 4);
	assert_true(hash_is_equal(&seal.hash, &hash));
	assert_true(journal_last(f, JOURNAL_BASE, &base));
	hash = hash_bytes("one\n", 4);
	assert_int_equal(base.size, 4);
	assert_true(hash_is_equal(&base.hash, &hash));
	/* A second batch: hashed on from where the first seal ended. */
	append_path(f, "plans/one.md", "three\n");
	hash = hash_bytes("one\ntwo\nthree\n", 14);
	assert_true(journal_last(f, JOURNAL_SEAL, &seal));
	assert_true(hash_is_equal(&seal.hash, &hash));
	assert_int_equal(seal.low_water, 4);
}

static void write_after_a_seal_is_journaled_again(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "plans/new.md");

	assert_int_equal(append(f, file, "a"), 1);
	assert_int_equal(append(f, file, "b"), 1);
	assert_int_equal(view_fsync(file, false), 0);
	assert_int_equal(append(f, file, "c"), 1);
	view_release(file);
	assert_string_equal(journal_text(f, 0), "create:plans/new.md write:plans/new.md seal "
						"write:plans/new.md seal");
}

static void long_appended_files_seal_by_what_came_new(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(MIB + 1);
	struct journal_record seal;
	struct hash hash;

	assert_non_null(text);
	memset(text, 't', MIB);
	text[MIB] = '\0';
	write_path(f, "plans/new.md", text);
	append_path(f, "plans/new.md", "tail");
	assert_true(journal_last(f, JOURNAL_SEAL, &seal));
	text = realloc(text, MIB + 5);
	assert_non_null(text);
	memcpy(text + MIB, "tail", 5);
	hash = hash_bytes(text, MIB + 4);
	assert_true(hash_is_equal(&seal.hash, &hash));
	/* A write into what was hashed starts over. */
	struct view_file *file = open_path(f, "plans/new.md", O_WRONLY);

	assert_int_equal(put(f, file, "X", 10), 1);
	view_release(file);
	text[10] = 'X';
	hash = hash_bytes(text, MIB + 4);
	assert_true(journal_last(f, JOURNAL_SEAL, &seal));
	assert_true(hash_is_equal(&seal.hash, &hash));
	assert_int_equal(seal.low_water, 0);
	free(text);
}

static void large_files_keep_their_prefix_and_never_show_host_growth(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	struct view_file *file;

	host_fill(f, BIG, 'h', 2 * MIB);
	file = open_path(f, BIG, O_RDWR | O_APPEND);
	assert_int_equal(append(f, file, "tail"), 4);
	assert_true(journal_last(f, JOURNAL_COPY_UP, &record));
	assert_int_equal(record.prefix, 2 * MIB);
	host_append(f, BIG, "growth of the host");
	assert_reads(file, BIG_AT - 2, 100, "hhtail");
	assert_reads(file, BIG_AT - 2, 3, "hht");
	assert_reads(file, BIG_AT, 100, "tail");
	assert_int_equal(stat_of(f, BIG).st_size, 2 * MIB + 4);
	view_release(file);
	file = open_path(f, BIG, O_RDONLY);
	assert_reads(file, BIG_AT - 1, 100, "htail");
	view_release(file);
	assert_true(journal_last(f, JOURNAL_SEAL, &record));
	assert_int_equal(record.size, 2 * MIB + 4);
	assert_int_equal(record.low_water, 2 * MIB);
}

static void write_inside_the_prefix_gives_it_up(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	struct view_file *file;
	struct view_usage usage;

	host_fill(f, BIG, 'h', 2 * MIB);
	file = open_path(f, BIG, O_RDWR);
	assert_int_equal(append(f, file, "tail"), 4);
	view_usage(f->view, &usage);
	assert_int_equal(usage.bytes, 4);
	assert_int_equal(put(f, file, "XY", BIG_AT - 1), 2);
	assert_reads(file, BIG_AT - 2, 100, "hXYail");
	assert_true(journal_last(f, JOURNAL_MATERIALISE, &record));
	assert_int_equal(record.size, 2 * MIB + 4);
	view_usage(f->view, &usage);
	assert_int_equal(usage.bytes, 2 * MIB + 4);
	assert_int_equal(object_files(f), 1);
	view_release(file);
	assert_true(journal_last(f, JOURNAL_SEAL, &record));
	assert_int_equal(record.low_water, 2 * MIB - 1);
}

static void truncation_below_and_above_the_prefix(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	struct view_file *file;
	struct view_usage usage;

	host_fill(f, BIG, 'h', 2 * MIB);
	append_path(f, BIG, "tail");
	assert_int_equal(try_truncate(f, BIG, BIG_AT + 2), 0);
	file = open_path(f, BIG, O_RDONLY);
	assert_reads(file, BIG_AT - 1, 100, "hta");
	assert_int_equal(try_truncate(f, BIG, 3), 0);
	assert_reads(file, 0, 100, "hhh");
	view_usage(f->view, &usage);
	assert_int_equal(usage.bytes, 3);
	view_release(file);
	assert_true(journal_last(f, JOURNAL_SEAL, &record));
	assert_int_equal(record.low_water, 3);
	assert_int_equal(record.size, 3);
	assert_int_equal(try_truncate(f, BIG, 5), 0);
	assert_int_equal(stat_of(f, BIG).st_size, 5);
}

static void cutting_an_untouched_large_file_keeps_only_so_much_prefix(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;

	host_fill(f, BIG, 'h', 2 * MIB);
	assert_int_equal(try_truncate(f, BIG, (off_t)MIB + 5), 0);
	assert_true(journal_last(f, JOURNAL_COPY_UP, &record));
	assert_int_equal(record.prefix, MIB + 5);
	assert_int_equal(stat_of(f, BIG).st_size, MIB + 5);
	assert_true(journal_last(f, JOURNAL_SEAL, &record));
	assert_int_equal(record.low_water, MIB + 5);
}

static void open_with_trunc_stores_nothing_of_the_host(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	struct view_usage usage;

	host_fill(f, BIG, 'h', 2 * MIB);
	file = open_path(f, BIG, O_WRONLY | O_TRUNC);
	view_usage(f->view, &usage);
	assert_int_equal(usage.bytes, 0);
	assert_int_equal(put(f, file, "new", 0), 3);
	view_release(file);
	assert_content(f, BIG, "new");
	assert_string_equal(journal_text(f, 0),
			    "base:" BIG " copy_up:" BIG " truncate:" BIG " write:" BIG " seal");
}

static void host_cut_under_a_prefix_is_an_error_not_zeros(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	char buf[16];
	int fd;
	off_t at;

	host_fill(f, BIG, 'h', 2 * MIB);
	append_path(f, BIG, "tail");
	host_write(f, BIG, "cut");
	file = open_path(f, BIG, O_RDONLY);
	assert_int_equal(view_read(file, buf, sizeof(buf), 0, &fd, &at), -EIO);
	assert_reads(file, BIG_AT, 10, "tail");
	view_release(file);
}

static void filtered_size_is_exact_and_base_is_the_filtered_content(void **state)
{
	static const char mine[] = "{\"display\":\"mine\",\"project\":\"" FIXTURE_PROJECT "\"}\n";
	struct fixture *f = *state;
	struct journal_record record;
	struct hash hash = hash_bytes(mine, strlen(mine));

	assert_content(f, "history.jsonl", mine);
	host_append(f, "history.jsonl", "{\"display\":\"x\",\"project\":\"/home/user/other\"}\n");
	assert_content(f, "history.jsonl", mine);
	append_path(f, "history.jsonl", "more\n");
	assert_int_equal(stat_of(f, "history.jsonl").st_size, strlen(mine) + 5);
	assert_true(journal_last(f, JOURNAL_BASE, &record));
	assert_int_equal(record.size, strlen(mine));
	assert_true(hash_is_equal(&record.hash, &hash));
	assert_true(record.has & JOURNAL_HAS_OBJECT);
	assert_true(journal_last(f, JOURNAL_COPY_UP, &record));
	assert_int_equal(record.prefix, 0);
}

static void a_file_its_filter_cannot_read_is_shown_empty_and_replaceable(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(temp_dir_write(&f->dir, "claude.json", "{ not json"), 0);
	assert_content(f, ".claude.json", "");
	write_path(f, ".claude.json.tmp.1.ab", "{}");
	assert_int_equal(try_rename(f, ".claude.json.tmp.1.ab", ".claude.json"), 0);
	assert_content(f, ".claude.json", "{}");
}

static void config_beside_the_root_is_listed_and_filtered(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;

	assert_int_equal(temp_dir_write(&f->dir, "claude.json",
					"{\"numStartups\":3,\"projects\":{\"/other\":{}}}"),
			 0);
	assert_non_null(strstr(names_in(f, ""), ".claude.json"));
	write_path(f, ".claude.json", "{\"numStartups\":4}");
	assert_content(f, ".claude.json", "{\"numStartups\":4}");
	assert_true(journal_last(f, JOURNAL_BASE, &record));
	assert_true(record.has & JOURNAL_HAS_OBJECT);
}

static void unlinked_open_file_keeps_its_content_until_the_last_close(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "plans/new.md");
	struct view_usage usage;
	uint64_t ino = view_file_ino(file);

	assert_int_equal(put(f, file, "still", 0), 5);
	assert_int_equal(try_unlink(f, "plans/new.md"), 0);
	assert_int_equal(look(f, "plans/new.md"), -ENOENT);
	assert_reads(file, 0, 10, "still");
	assert_int_equal(append(f, file, "+"), 1);
	assert_reads(file, 0, 10, "still+");
	view_release(file);
	view_forget(f->view, ino, 100);
	assert_int_equal(object_files(f), 0);
	view_usage(f->view, &usage);
	assert_int_equal(usage.bytes, 0);
	assert_int_equal(usage.inodes, 0);
	assert_string_equal(journal_text(f, 0),
			    "create:plans/new.md write:plans/new.md unlink:plans/new.md");
}

static void unlinked_open_host_file_is_written_without_a_name(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = open_path(f, "plans/one.md", O_RDWR);

	assert_int_equal(try_unlink(f, "plans/one.md"), 0);
	assert_reads(file, 0, 10, "one\n");
	assert_int_equal(append(f, file, "more"), 4);
	assert_reads(file, 0, 10, "one\nmore");
	view_release(file);
	assert_int_equal(look(f, "plans/one.md"), -ENOENT);
	assert_string_equal(journal_text(f, 0),
			    "base:plans/one.md unlink:plans/one.md create write");
}

static void pages_are_kept_while_the_host_file_is_the_same(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	bool keep;

	assert_int_equal(try_open_path(f, "plans/one.md", O_RDONLY, &file, &keep), 0);
	assert_false(keep);
	view_release(file);
	assert_int_equal(try_open_path(f, "plans/one.md", O_RDONLY, &file, &keep), 0);
	assert_true(keep);
	view_release(file);
	host_append(f, "plans/one.md", "more\n");
	assert_int_equal(try_open_path(f, "plans/one.md", O_RDONLY, &file, &keep), 0);
	assert_false(keep);
	view_release(file);
	/* The copy-up of a state that the kernel has not seen does not make old pages good. */
	host_append(f, "plans/one.md", "even more\n");
	assert_int_equal(try_rename(f, "plans/one.md", "plans/moved.md"), 0);
	assert_int_equal(try_open_path(f, "plans/moved.md", O_RDONLY, &file, &keep), 0);
	assert_false(keep);
	view_release(file);
	assert_int_equal(try_open_path(f, "plans/moved.md", O_RDONLY, &file, &keep), 0);
	assert_true(keep);
	view_release(file);
}

static void holes_and_data_are_found_across_prefix_and_tail(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;

	host_fill(f, BIG, 'h', 2 * MIB);
	file = open_path(f, BIG, O_RDWR);
	assert_int_equal(append(f, file, "t"), 1);
	assert_int_equal(put(f, file, "end", BIG_AT + (off_t)MIB), 3);
	assert_int_equal(view_lseek(file, 5, SEEK_DATA), 5);
	assert_int_equal(view_lseek(file, 5, SEEK_HOLE), 2 * MIB + 4096);
	assert_int_equal(view_lseek(file, BIG_AT + 8192, SEEK_DATA), 3 * MIB);
	assert_int_equal(view_lseek(file, 3 * (off_t)MIB + 3, SEEK_DATA), -ENXIO);
	assert_int_equal(view_lseek(file, 3 * (off_t)MIB, SEEK_HOLE), 3 * MIB + 3);
	view_release(file);
}

static void fallocate_grows_and_erases(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "plans/new.md");

	assert_int_equal(put(f, file, "0123456789", 0), 10);
	assert_int_equal(view_fallocate(file, &f->caller, FALLOC_FL_KEEP_SIZE, 0, 1000), 0);
	assert_int_equal(stat_of(f, "plans/new.md").st_size, 10);
	assert_int_equal(view_fallocate(file, &f->caller, 0, 0, 20), 0);
	assert_int_equal(stat_of(f, "plans/new.md").st_size, 20);
	assert_int_equal(
		view_fallocate(file, &f->caller, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3),
		0);
	assert_reads(file, 0, 2, "01");
	assert_reads(file, 5, 5, "56789");
	assert_int_equal(view_fallocate(file, &f->caller, FALLOC_FL_COLLAPSE_RANGE, 0, 4096),
			 -EOPNOTSUPP);
	view_release(file);
}

static void punching_into_a_prefix_gives_it_up(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	struct journal_record record;
	char buf[2] = "x";
	int fd;
	off_t at;

	host_fill(f, BIG, 'h', 2 * MIB);
	file = open_path(f, BIG, O_RDWR);
	assert_int_equal(view_fallocate(file, &f->caller, 0, 0, (off_t)MIB), 0);
	assert_false(journal_last(f, JOURNAL_MATERIALISE, &record));
	assert_int_equal(view_fallocate(file, &f->caller,
					FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
			 0);
	assert_true(journal_last(f, JOURNAL_MATERIALISE, &record));
	assert_int_equal(view_read(file, buf, 1, 0, &fd, &at), 1);
	assert_int_equal(buf[0], 0);
	view_release(file);
}

static void nameless_files_get_one_name_and_no_more(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	struct view_attr attr;
	uint64_t plans = ino_of(f, "plans");
	uint64_t ino;

	assert_int_equal(view_tmpfile(f->view, &f->caller, plans, 0600, O_RDWR, &attr, &file), 0);
	ino = attr.st.st_ino;
	assert_int_equal(attr.st.st_nlink, 0);
	assert_int_equal(put(f, file, "text", 0), 4);
	assert_int_equal(view_link(f->view, &f->caller, ino, plans, "one.md", &attr), -EEXIST);
	assert_int_equal(view_link(f->view, &f->caller, ino, plans, "tmp.md", &attr), 0);
	assert_int_equal(attr.st.st_nlink, 1);
	assert_int_equal(view_link(f->view, &f->caller, ino, plans, "second.md", &attr), -EPERM);
	view_release(file);
	assert_content(f, "plans/tmp.md", "text");
	assert_string_equal(journal_text(f, 0), "create write link:plans/tmp.md "
						"refuse>plans/second.md seal");
	assert_int_equal(
		view_tmpfile(f->view, &f->caller, plans, 0600, O_RDWR | O_EXCL, &attr, &file), 0);
	ino = attr.st.st_ino;
	assert_int_equal(view_link(f->view, &f->caller, ino, plans, "no.md", &attr), -EPERM);
	view_release(file);
	view_forget(f->view, ino, 1);
	assert_int_equal(object_files(f), 1);
}

static void reads_and_writes_need_the_right_kind_of_open(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = open_path(f, "plans/one.md", O_RDONLY);

	assert_int_equal(put(f, file, "x", 0), -EBADF);
	view_release(file);
	assert_int_equal(try_open_path(f, "plans", O_RDONLY, &file, &(bool){ false }), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(open_for_write_alone_copies_nothing),
		VIEW_CASE(first_write_copies_up_and_later_ones_are_not_repeated),
		VIEW_CASE(seal_says_what_the_object_holds),
		VIEW_CASE(write_after_a_seal_is_journaled_again),
		VIEW_CASE(long_appended_files_seal_by_what_came_new),
		VIEW_CASE(large_files_keep_their_prefix_and_never_show_host_growth),
		VIEW_CASE(write_inside_the_prefix_gives_it_up),
		VIEW_CASE(truncation_below_and_above_the_prefix),
		VIEW_CASE(cutting_an_untouched_large_file_keeps_only_so_much_prefix),
		VIEW_CASE(open_with_trunc_stores_nothing_of_the_host),
		VIEW_CASE(host_cut_under_a_prefix_is_an_error_not_zeros),
		VIEW_CASE(filtered_size_is_exact_and_base_is_the_filtered_content),
		VIEW_CASE(a_file_its_filter_cannot_read_is_shown_empty_and_replaceable),
		VIEW_CASE(config_beside_the_root_is_listed_and_filtered),
		VIEW_CASE(unlinked_open_file_keeps_its_content_until_the_last_close),
		VIEW_CASE(unlinked_open_host_file_is_written_without_a_name),
		VIEW_CASE(pages_are_kept_while_the_host_file_is_the_same),
		VIEW_CASE(holes_and_data_are_found_across_prefix_and_tail),
		VIEW_CASE(fallocate_grows_and_erases),
		VIEW_CASE(punching_into_a_prefix_gives_it_up),
		VIEW_CASE(nameless_files_get_one_name_and_no_more),
		VIEW_CASE(reads_and_writes_need_the_right_kind_of_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
