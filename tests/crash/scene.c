/* SPDX-License-Identifier: MIT */
#include "tests/crash/scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/review/verify.h"
#include "tests/unit/cmocka_setup.h"

#define UUID    "11111111-2222-4333-8444-555555555555"
#define UUID_2  "21111111-2222-4333-8444-555555555555"
#define RECORD  "{\"type\":\"user\",\"sessionId\":\"" UUID "\",\"n\":"
#define LINE(n) RECORD #n "}\n"

static struct expectation *expect(struct scene *scene, const char *path, const char *before,
				  const char *after)
{
	struct expectation *expectation = &scene->expectations[scene->count++];

	assert_true(scene->count <= EXPECTATIONS);
	(void)snprintf(expectation->path, sizeof(expectation->path), "%s", path);
	expectation->before = before ? strdup(before) : NULL;
	expectation->after = after ? strdup(after) : NULL;
	if (before)
		fixture_host_write(&scene->fixture, path, before);
	return expectation;
}

void make_scene(struct scene *scene)
{
	struct fixture *f = &scene->fixture;
	char path[64];
	char *mine = NULL;
	char *history = NULL;

	*scene = (struct scene){ 0 };
	fixture_make(f);
	for (unsigned int i = 0; i < SCENE_OF_EACH; i++) {
		(void)snprintf(path, sizeof(path), "plans/new-%u.md", i);
		expect(scene, path, NULL, "new plan\n");
		(void)snprintf(path, sizeof(path), "plans/old-%u.md", i);
		expect(scene, path, "old plan\n", "another plan\n");
		(void)snprintf(path, sizeof(path), "plans/sub/gone-%u.md", i);
		expect(scene, path, "gone soon\n", NULL);
	}
	expect(scene, "plans/deep/er/new.md", NULL, "deep\n");
	expect(scene, "plans/moved-from.md", "moved\n", NULL);
	expect(scene, "plans/moved-to.md", NULL, "moved\n");
	expect(scene, fixture_own(f, UUID ".jsonl"), LINE(1), LINE(1) LINE(2) LINE(3));
	expect(scene, fixture_own(f, UUID_2 ".jsonl"), LINE(1) LINE(2), LINE(1) LINE(2) LINE(3));
	assert_true(asprintf(&mine, "{\"display\":\"mine\",\"project\":\"%s\"}\n", f->project) > 0);
	assert_true(asprintf(&history, "{\"project\":\"/elsewhere\"}\n%s", mine) > 0);
	expect(scene, "history.jsonl", "{\"project\":\"/elsewhere\"}\n", history);

	for (unsigned int i = 0; i < SCENE_OF_EACH; i++) {
		(void)snprintf(path, sizeof(path), "plans/new-%u.md", i);
		fixture_create(f, path, "new plan\n");
		(void)snprintf(path, sizeof(path), "plans/old-%u.md", i);
		fixture_modify(f, path, "another plan\n");
		(void)snprintf(path, sizeof(path), "plans/sub/gone-%u.md", i);
		fixture_unlink(f, path);
	}
	fixture_rmdir(f, "plans/sub");
	fixture_mkdir(f, "plans/deep");
	fixture_mkdir(f, "plans/deep/er");
	fixture_create(f, "plans/deep/er/new.md", "deep\n");
	(void)fixture_copy_up(f, "plans/moved-from.md");
	fixture_rename(f, "plans/moved-from.md", "plans/moved-to.md");
	fixture_append(f, fixture_own(f, UUID ".jsonl"), LINE(2) LINE(3));
	{
		uint64_t object = fixture_copy_up_prefix(f, fixture_own(f, UUID_2 ".jsonl"));

		fixture_write(f, object, strlen(LINE(1) LINE(2)), LINE(3));
		fixture_seal(f, object);
	}
	fixture_append(f, "history.jsonl", mine);
	fixture_end(f);
	/* Lines that the host gains in the meantime belong to the result. */
	free(mine);
	free(history);
}

void end_scene(struct scene *scene)
{
	for (size_t i = 0; i < scene->count; i++) {
		free(scene->expectations[i].before);
		free(scene->expectations[i].after);
	}
	fixture_done(&scene->fixture);
}

static bool is_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

const char *find_wrong_file(struct scene *scene, bool is_final)
{
	for (size_t i = 0; i < scene->count; i++) {
		struct expectation *expectation = &scene->expectations[i];
		char *found = fixture_host_read(&scene->fixture, expectation->path);
		bool is_right = is_text(found, expectation->after) ||
				(!is_final && is_text(found, expectation->before));

		free(found);
		if (!is_right)
			return expectation->path;
	}
	return NULL;
}

void check_files(struct scene *scene, bool is_final, uint64_t n)
{
	const char *wrong = find_wrong_file(scene, is_final);
	char *found;

	if (!wrong)
		return;
	found = fixture_host_read(&scene->fixture, wrong);
	fail_msg("killed at %llu: %s holds \"%s\"%s", (unsigned long long)n, wrong,
		 found ? found : "(nothing)", is_final ? " at the end" : "");
}

static void check_directory(int dir_fd, uint64_t n)
{
	DIR *dir = fdopendir(dir_fd);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (strncmp(entry->d_name, ".claudefs-", 10) == 0)
			fail_msg("killed at %llu: %s was left", (unsigned long long)n,
				 entry->d_name);
		if (entry->d_type == DT_DIR) {
			int fd = openat(dir_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			assert_true(fd >= 0);
			check_directory(fd, n);
		}
	}
	(void)closedir(dir);
}

void check_no_leftovers(struct scene *scene, uint64_t n)
{
	check_directory(openat(scene->fixture.host_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n);
}

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_message("verify: %s\n", text);
}

int commit_all(void *arg)
{
	struct scene *scene = arg;
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;

	if (fixture_commit(&scene->fixture, &choice, &result) < 0)
		return 1;
	return result.conflicts + result.damaged + result.failed == 0 ? 0 : 2;
}

void check_end(struct scene *scene, uint64_t n)
{
	struct verify_report report;
	struct review *review;
	struct stat st;

	check_files(scene, true, n);
	if (fstatat(scene->fixture.host_fd, "plans/sub", &st, 0) == 0)
		fail_msg("killed at %llu: plans/sub is still there", (unsigned long long)n);
	check_no_leftovers(scene, n);
	review = fixture_review(&scene->fixture);
	if (review_count(review) != 0)
		fail_msg("killed at %llu: %s is still pending (%s)", (unsigned long long)n,
			 review_get(review, 0)->path, review_get(review, 0)->reason);
	assert_int_equal(verify_session(scene->fixture.session_fd, scene->fixture.manifest.id,
					print_problem, NULL, &report),
			 0);
	assert_int_equal(report.problems, 0);
	assert_int_equal(report.unfinished, 0);
}

void run_again(struct scene *scene, uint64_t n)
{
	if (commit_all(scene) != 0)
		fail_msg("killed at %llu: the next commit fails", (unsigned long long)n);
	check_end(scene, n);
	/* And once more changes nothing. */
	if (commit_all(scene) != 0)
		fail_msg("killed at %llu: a third commit fails", (unsigned long long)n);
	check_files(scene, true, n);
}

void scenes_in_memory(void)
{
	/* What a killed process wrote is in the page cache: a file system in memory shows the same,
	 * a hundred times over. */
	int fd = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fixture_parent = "/dev/shm";
	(void)close(fd);
}
