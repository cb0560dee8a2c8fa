/* SPDX-License-Identifier: MIT */
/* The rules against a host that folds names, name by name: each row of tests/policy-cases/cases.tsv
 * and many other spellings of it are made as files on such a host. Where the host takes two names
 * for one file, and one of them is protected or hidden, the rules must not give it out under the
 * other. The seed of the spellings is printed; CLAUDEFS_TEST_SEED sets it.
 *
 *	test_folding_names CASES_DIR [control] */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/decide.h"
#include "tests/policy-cases/cases.h"

#define VARIANTS  40
#define PATH_SIZE 4096

static uint64_t random_state;
static unsigned int pairs; /* two names that the host took for one file */
static unsigned int wrong;

static unsigned int pick(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)((random_state >> 11) % n);
}

/* One byte of ASCII, as a folding host may also be given it. */
static void append_variant(struct text *out, char c)
{
	static const char *const ignored[] = { "\xe2\x80\x8d", "\xe2\x80\x8b", "\xc2\xad",
					       "\xe2\x81\xa0", "\xef\xb8\x8f" };
	bool is_lower = c >= 'a' && c <= 'z';
	bool is_upper = c >= 'A' && c <= 'Z';

	if (pick(24) == 0)
		text_append(out, ignored[pick(sizeof(ignored) / sizeof(ignored[0]))]);
	if ((is_lower || is_upper) && pick(3) == 0)
		c = (char)(c ^ 0x20);
	if ((c | 0x20) == 's' && pick(3) == 0)
		text_append(out, "\xc5\xbf");
	else if ((c | 0x20) == 'k' && pick(3) == 0)
		text_append(out, "\xe2\x84\xaa");
	else
		text_append_bytes(out, &c, 1);
}

static void make_variant(const char *path, struct text *out)
{
	for (; *path; path++) {
		/* Composed letters, taken apart. */
		if (strncmp(path, "\xc3\xa9", 2) == 0) {
			text_append(out, "e\xcc\x81");
			path++;
		} else {
			append_variant(out, *path);
		}
	}
}

/* Makes the parents of path, and path as a file. True if it is one now. */
static bool make_file(int root_fd, const char *path)
{
	char copy[PATH_SIZE];
	cleanup_fd int fd = -1;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy) || *path == '/')
		return false;
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(root_fd, copy, 0700) < 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	fd = openat(root_fd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0;
}

static bool may_come_home(const struct verdict *verdict)
{
	return verdict->write == RULE_WRITE_AUTO || verdict->write == RULE_WRITE_REVIEW;
}

/* What the host's file is protected from must hold for the variant too. */
static bool is_worse(const struct verdict *variant, const struct verdict *rule)
{
	if (may_come_home(variant) && !may_come_home(rule))
		return true;
	return variant->read == RULE_READ_SHOW && rule->read != RULE_READ_SHOW;
}

static void judge(const struct policy_case *row, const char *path, const char *variant)
{
	struct verdict of_path;
	struct verdict of_variant;

	policy_decide(row->rules, row->scope, path, &of_path);
	policy_decide(row->rules, row->scope, variant, &of_variant);
	/* A row that is itself another spelling says nothing of the name that a rule means. */
	if (!of_path.is_exact)
		return;
	pairs++;
	if (!is_worse(&of_variant, &of_path))
		return;
	if (wrong++ < 20)
		(void)printf("cases.tsv:%u: %s is %s %s, but %s, the same file, is %s %s\n",
			     row->line, path, rule_read_name(of_path.read),
			     rule_write_name(of_path.write), variant,
			     rule_read_name(of_variant.read), rule_write_name(of_variant.write));
}

/* Is variant the file that path is? */
static bool is_same_file(int root_fd, const char *path, const char *variant)
{
	struct stat a;
	struct stat b;

	return fstatat(root_fd, path, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(root_fd, variant, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino;
}

static void try_row(const struct policy_case *row, void *arg)
{
	int root_fd = *(int *)arg;
	char directory[16];
	cleanup_fd int fd = -1;

	/* A directory of its own: the rows are spellings of each other. */
	(void)snprintf(directory, sizeof(directory), "%u", row->line);
	if (mkdirat(root_fd, directory, 0700) < 0)
		return;
	fd = openat(root_fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!*row->path || !make_file(fd, row->path))
		return;
	for (unsigned int i = 0; i < VARIANTS; i++) {
		cleanup_text struct text variant = { 0 };

		make_variant(row->path, &variant);
		if (variant.data && strcmp(variant.data, row->path) != 0 &&
		    is_same_file(fd, row->path, variant.data))
			judge(row, row->path, variant.data);
	}
}

int main(int argc, char **argv)
{
	const char *parent = getenv("CLAUDEFS_TEST_PARENT");
	const char *seed = getenv("CLAUDEFS_TEST_SEED");
	bool is_control = argc > 2 && strcmp(argv[2], "control") == 0;
	cleanup_fd int root_fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int r;

	if (argc < 2 || root_fd < 0) {
		(void)fprintf(stderr,
			      "usage: folding_host test_folding_names CASES_DIR [control]\n");
		return 2;
	}
	random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	(void)printf("CLAUDEFS_TEST_SEED=%llu\n", (unsigned long long)random_state);
	random_state = random_state * 0x9e3779b97f4a7c15u + 1;
	r = policy_cases_each(argv[1], try_row, &root_fd);
	(void)printf("%u pairs of names that the host takes for one, %u wrong\n", pairs, wrong);
	if (r < 0 || pairs < 2000)
		return 1;
	return is_control ? wrong < 500 : wrong > 0;
}
