/* SPDX-License-Identifier: MIT */
/* What the mount refuses, the exact error of each refusal, and its record in the journal. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

static void expect_absent(const char *name)
{
	struct stat st;

	assert_errno(lstat(in_view("%s", name), &st), ENOENT);
	assert_false(lists_name(fixture.view, name));
}

static void symlink_is_refused(void **state)
{
	(void)state;
	assert_errno(symlink("/etc/passwd", in_view("planted-link")), EPERM);
	expect_absent("planted-link");
	assert_true(journal_has_refusal("symlink", EPERM));
}

static void hard_link_is_refused(void **state)
{
	struct stat st;

	(void)state;
	assert_errno(link(in_view("settings.json"), in_view("planted-hard")), EPERM);
	expect_absent("planted-hard");
	assert_ok(stat(in_view("settings.json"), &st));
	assert_int_equal(st.st_nlink, 1);
	assert_true(journal_has_refusal("link", EPERM));
}

static void fifo_is_refused(void **state)
{
	(void)state;
	assert_errno(mkfifo(in_view("planted-fifo"), 0600), EPERM);
	expect_absent("planted-fifo");
	assert_true(journal_has_refusal("mknod", EPERM));
}

static void device_is_refused(void **state)
{
	(void)state;
	assert_errno(mknod(in_view("planted-device"), S_IFCHR | 0600, makedev(1, 3)), EPERM);
	assert_errno(mknod(in_view("planted-device"), S_IFBLK | 0600, makedev(7, 0)), EPERM);
	expect_absent("planted-device");
}

static void socket_is_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_view("planted-socket"));
	assert_errno(bind(fd, (struct sockaddr *)&address, sizeof(address)), EPERM);
	assert_ok(close(fd));
	expect_absent("planted-socket");
}

static void plain_mknod_makes_a_file(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(mknod(in_view("made-by-mknod"), S_IFREG | 0640, 0));
	assert_ok(stat(in_view("made-by-mknod"), &st));
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_size, 0);
	assert_errno(mknod(in_view("made-by-mknod"), S_IFREG | 0640, 0), EEXIST);
}

static void set_id_bits_never_arise(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	put_file(in_view("set-id"), "x");
	assert_errno(chmod(in_view("set-id"), 04755), EPERM);
	assert_errno(chmod(in_view("set-id"), 02755), EPERM);
	assert_ok(stat(in_view("set-id"), &st));
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	fd = open(in_view("set-id-new"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 04755);
	if (fd >= 0) {
		assert_ok(fstat(fd, &st));
		assert_int_equal(st.st_mode & 06000, 0);
		assert_ok(close(fd));
	} else {
		assert_int_equal(errno, EPERM);
	}
	assert_true(journal_has_refusal("chmod", EPERM));
}

static void rename_flags_are_refused(void **state)
{
	(void)state;
	put_file(in_view("flag-a"), "a");
	put_file(in_view("flag-b"), "b");
	assert_errno(renameat2(AT_FDCWD, in_view("flag-a"), AT_FDCWD, in_view("flag-b"),
			       RENAME_EXCHANGE),
		     EINVAL);
	assert_errno(renameat2(AT_FDCWD, in_view("flag-a"), AT_FDCWD, in_view("flag-c"),
			       RENAME_WHITEOUT),
		     EINVAL);
	assert_string_equal(get_file(in_view("flag-a")), "a");
	assert_string_equal(get_file(in_view("flag-b")), "b");
	expect_absent("flag-c");
	assert_true(journal_has_refusal("rename", EINVAL));
}

static void extended_attributes_are_refused(void **state)
{
	char buf[16];

	(void)state;
	put_file(in_view("attributed"), "x");
	assert_errno(setxattr(in_view("attributed"), "user.x", "1", 1, 0), EOPNOTSUPP);
	assert_errno(getxattr(in_view("attributed"), "user.x", buf, sizeof(buf)), EOPNOTSUPP);
	assert_errno(removexattr(in_view("attributed"), "user.x"), EOPNOTSUPP);
	assert_int_equal(listxattr(in_view("attributed"), buf, sizeof(buf)), 0);
	assert_int_equal(listxattr(in_view("attributed"), NULL, 0), 0);
	assert_true(journal_has_refusal("setxattr", EOPNOTSUPP));
}

static void file_by_rule_is_refused_as_read_only(void **state)
{
	struct stat st;

	(void)state;
	assert_errno(open(in_view("locked/new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), EROFS);
	assert_errno(mkdir(in_view("locked/dir"), 0700), EROFS);
	put_file(in_view("movable"), "x");
	assert_errno(rename(in_view("movable"), in_view("locked/movable")), EROFS);
	assert_errno(stat(in_view("locked/new"), &st), ENOENT);
	assert_string_equal(get_file(in_view("movable")), "x");
	assert_true(journal_has_refusal("create", EROFS) || journal_has_refusal("open", EROFS));
}

static void mount_is_without_set_id_and_devices(void **state)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	bool is_found = false;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, fixture.view))
			continue;
		is_found = true;
		assert_non_null(strstr(line, "nosuid"));
		assert_non_null(strstr(line, "nodev"));
		assert_non_null(strstr(line, "default_permissions"));
		assert_non_null(strstr(line, "fuse.claudefs claudefs "));
	}
	assert_true(is_found);
	(void)fclose(file);
}

/* The rule below refuses what is in it. */
static void make_locked_directory(void)
{
	assert_ok(mkdir(in_home(".claude/locked"), 0700));
}

int main(int argc, char **argv)
{
	static const char rules[] = "{\"version\":1,\"rules\":[{\"path\":\"locked/"
				    "**\",\"read\":\"show\",\"write\":\"refuse\","
				    "\"merge\":\"replace\",\"why\":\"a test\"}]}\n";
	static const struct CMUnitTest refused[] = {
		cmocka_unit_test(device_is_refused),
		cmocka_unit_test(extended_attributes_are_refused),
		cmocka_unit_test(fifo_is_refused),
		cmocka_unit_test(file_by_rule_is_refused_as_read_only),
		cmocka_unit_test(hard_link_is_refused),
		cmocka_unit_test(mount_is_without_set_id_and_devices),
		cmocka_unit_test(plain_mknod_makes_a_file),
		cmocka_unit_test(rename_flags_are_refused),
		cmocka_unit_test(set_id_bits_never_arise),
		cmocka_unit_test(socket_is_refused),
		cmocka_unit_test(symlink_is_refused),
	};

	fixture.fill_host = make_locked_directory;
	return fixture_run(argc, argv, rules, refused);
}
