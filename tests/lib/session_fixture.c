/* SPDX-License-Identifier: MIT */
#include "tests/lib/session_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"
#include "fs/journal/sample.h"
#include "fs/review/change_digest.h"
#include "fs/review/hunks.h"
#include "fs/review/parts.h"
#include "fs/session/session_dir.h"
#include "tests/lib/own_directory.h"

const char *fixture_parent;
const char *fixture_root;

static const char *parent_directory(void)
{
	const char *given = getenv("CLAUDEFS_TEST_PARENT");

	if (fixture_parent)
		return fixture_parent;
	return given ? given : "/tmp";
}

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("session fixture: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	abort();
}

static void check(int r, const char *what)
{
	if (r < 0)
		die("%s: %s", what, strerror(-r));
}

/* directory + "/" + name (ret_) */
static char *join(const char *directory, const char *name)
{
	char *result = NULL;

	if (asprintf(&result, "%s/%s", directory, name) < 0)
		die("no memory");
	return result;
}

static int make_directory(const char *path)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		die("%s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

/* Rules that were parsed once, for all fixtures of this process: a quarter of the time of tests
 * with thousands of them was the parsing of the built-in ones. Never freed, nor changed once made.
 */
struct kept_rules {
	struct kept_rules *next;
	const struct rules *base; /* NULL: these are the built-in ones */
	char *text;               /* in front of base */
	struct rules *rules;
};

static struct kept_rules *all_rules;

static void add_text(struct rules *rules, const char *text)
{
	struct rules_problem problem = { 0 };

	if (rules_add_text(rules, "test", text, strlen(text), &problem) < 0)
		die("rules: line %u: %s", problem.line, problem.reason);
}

/* What made these rules of the built-in ones, the oldest first. */
static void add_texts_of(struct rules *rules, const struct rules *made)
{
	const struct kept_rules *kept = all_rules;

	while (kept && kept->rules != made)
		kept = kept->next;
	if (!kept || !kept->text)
		return;
	add_texts_of(rules, kept->base);
	add_text(rules, kept->text);
}

/* base with the text in front of it, both NULL: the built-in rules. */
static struct rules *kept_rules(const struct rules *base, const char *text)
{
	struct kept_rules *kept;

	for (kept = all_rules; kept; kept = kept->next) {
		if (kept->base == base && (!text || strcmp(kept->text, text) == 0))
			return kept->rules;
	}
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		die("no memory");
	check(rules_new_builtin(&kept->rules), "rules");
	kept->base = base;
	kept->text = text ? strdup(text) : NULL;
	add_texts_of(kept->rules, base);
	if (text)
		add_text(kept->rules, text);
	kept->next = all_rules;
	all_rules = kept;
	return kept->rules;
}

void fixture_begin(struct fixture *fixture)
{
	uint64_t dev = 0;
	uint64_t ino = 0;

	char *config = join(fixture->home, ".claude.json");

	check(host_tree_open(fixture->host, config, &fixture->tree), "host tree");
	if (host_tree_exists(fixture->tree))
		host_tree_identity(fixture->tree, &dev, &ino);
	fixture->manifest = (struct manifest){
		.project = strdup(fixture->project),
		.host_root = strdup(fixture->host),
		.host_config = config,
		.host_dev = dev,
		.host_ino = ino,
		.uid = getuid(),
	};
	fixture->prefix_count = 0;
	fixture->session_fd = session_create(fixture->state_fd, &fixture->manifest);
	check(fixture->session_fd, "session");
	check(journal_writer_create(fixture->session_fd, fixture->manifest.id, &fixture->writer),
	      "journal");
	check(content_store_open(fixture->session_fd, 1, &fixture->store), "store");
}

static void make_root(struct fixture *fixture)
{
	if (fixture_root) {
		(void)snprintf(fixture->root, sizeof(fixture->root), "%s", fixture_root);
		if (mkdir(fixture->root, 0700) == 0)
			return;
		remove_tree(fixture->root);
		if (mkdir(fixture->root, 0700) < 0)
			die("%s: %s", fixture->root, strerror(errno));
		return;
	}
	if (!own_directory_make(fixture->root, sizeof(fixture->root), parent_directory(),
				"session"))
		die("mkdtemp: %s", strerror(errno));
}

static void make(struct fixture *fixture, bool has_host, void (*prepare)(const char *host))
{
	*fixture = (struct fixture){ .host_fd = -1, .state_fd = -1, .session_fd = -1 };
	make_root(fixture);
	fixture->home = join(fixture->root, "home");
	fixture->host = join(fixture->home, ".claude");
	fixture->project = join(fixture->home, "proj");
	(void)close(make_directory(fixture->home));
	(void)close(make_directory(fixture->project));
	if (has_host)
		(void)close(make_directory(fixture->host));
	if (prepare)
		prepare(fixture->host);
	if (has_host)
		fixture->host_fd = make_directory(fixture->host);
	(void)setenv("HOME", fixture->home, 1);
	(void)unsetenv("XDG_STATE_HOME");
	(void)unsetenv("XDG_CONFIG_HOME");
	fixture->state_fd = session_state_open(true);
	check(fixture->state_fd, "state");
	check(state_key_read(fixture->state_fd, true, &fixture->key), "key");
	fixture->rules = kept_rules(NULL, NULL);
	check(project_scope_new(fixture->project, &fixture->scope), "scope");
	fixture->encoded = strdup(project_scope_encoded(fixture->scope));
	fixture_begin(fixture);
}

void fixture_make(struct fixture *fixture)
{
	make(fixture, true, NULL);
}

void fixture_make_without_host(struct fixture *fixture)
{
	make(fixture, false, NULL);
}

void fixture_make_prepared(struct fixture *fixture, void (*prepare)(const char *host))
{
	make(fixture, true, prepare);
}

void fixture_make_beside(struct fixture *fixture, const struct fixture *first, const char *name)
{
	*fixture = (struct fixture){ .session_fd = -1, .is_beside = true };
	fixture->home = strdup(first->home);
	fixture->host = strdup(first->host);
	fixture->project = join(fixture->home, name);
	(void)close(make_directory(fixture->project));
	fixture->host_fd = make_directory(fixture->host);
	fixture->state_fd = session_state_open(true);
	check(fixture->state_fd, "state");
	check(state_key_read(fixture->state_fd, true, &fixture->key), "key");
	fixture->rules = kept_rules(NULL, NULL);
	check(project_scope_new(fixture->project, &fixture->scope), "scope");
	fixture->encoded = strdup(project_scope_encoded(fixture->scope));
	fixture_begin(fixture);
}

void fixture_done(struct fixture *fixture)
{
	review_free(fixture->review);
	if (fixture->writer)
		journal_writer_abandon(fixture->writer);
	content_store_close(fixture->store);
	host_tree_close(fixture->tree);
	project_scope_free(fixture->scope);
	manifest_done(&fixture->manifest);
	cleanup_close_fd(&fixture->session_fd);
	cleanup_close_fd(&fixture->state_fd);
	cleanup_close_fd(&fixture->host_fd);
	free(fixture->home);
	free(fixture->host);
	free(fixture->project);
	free(fixture->encoded);
	if (!fixture->is_beside)
		remove_tree(fixture->root);
}

void fixture_add_rules(struct fixture *fixture, const char *text)
{
	fixture->rules = kept_rules(fixture->rules, text);
}

void fixture_allow_everything(struct fixture *fixture)
{
	fixture_add_rules(fixture,
			  "{\"version\": 1, \"rules\": [{\"path\": \"**\", \"read\": \"show\","
			  " \"write\": \"review\", \"merge\": \"replace\","
			  " \"why\": \"The control: nothing is protected\"}]}");
}

const char *fixture_own(const struct fixture *fixture, const char *name)
{
	static char buffers[4][1024];
	static unsigned int next;
	char *buffer = buffers[next++ % 4];

	(void)snprintf(buffer, sizeof(buffers[0]), "projects/%s%s%s", fixture->encoded,
		       name ? "/" : "", name ? name : "");
	return buffer;
}

/* Opens a host file for writing, with its parents. */
static int host_open(struct fixture *fixture, const char *path, int flags)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		die("no memory");
	if (fixture->host_fd < 0)
		fixture->host_fd = make_directory(fixture->host);
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(fixture->host_fd, copy, 0755) < 0 && errno != EEXIST)
			die("%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	free(copy);
	fd = openat(fixture->host_fd, path, flags | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

void fixture_host_write(struct fixture *fixture, const char *path, const char *content)
{
	int fd = host_open(fixture, path, O_WRONLY | O_TRUNC);

	check(fd_write_all(fd, content, strlen(content)), path);
	(void)close(fd);
}

void fixture_host_append(struct fixture *fixture, const char *path, const char *content)
{
	int fd = host_open(fixture, path, O_WRONLY | O_APPEND);

	check(fd_write_all(fd, content, strlen(content)), path);
	(void)close(fd);
}

char *fixture_host_read(struct fixture *fixture, const char *path)
{
	int fd = openat(fixture->host_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *data = NULL;
	size_t len = 0;

	if (fd < 0)
		return NULL;
	check(fd_read_file(fd, 1u << 30, &data, &len), path);
	(void)close(fd);
	return data;
}

void fixture_config_write(struct fixture *fixture, const char *content)
{
	char *temporary = join(fixture->home, ".claude.json.tmp.1.0");
	FILE *file = fopen(temporary, "we");

	if (!file || fputs(content, file) < 0 || fclose(file) != 0 ||
	    rename(temporary, fixture->manifest.host_config) < 0)
		die("%s: %s", temporary, strerror(errno));
	free(temporary);
}

char *fixture_config_read(struct fixture *fixture)
{
	int fd = open(fixture->manifest.host_config, O_RDONLY | O_CLOEXEC);
	char *data = NULL;
	size_t len = 0;

	if (fd < 0)
		return NULL;
	check(fd_read_file(fd, 1u << 30, &data, &len), "configuration");
	(void)close(fd);
	return data;
}

void fixture_record(struct fixture *fixture, struct journal_record *record)
{
	int r = journal_append(fixture->writer, record);

	if (r < 0)
		die("%s %s: %s", journal_type_name(record->type), record->path ? record->path : "",
		    strerror(-r));
	if (record->type != JOURNAL_COPY_UP || record->prefix == 0)
		return;
	if (fixture->prefix_count == FIXTURE_PREFIXES_MAX)
		die("too many prefixes");
	fixture->prefixes[fixture->prefix_count].object = record->object;
	fixture->prefixes[fixture->prefix_count++].prefix = record->prefix;
}

void fixture_base(struct fixture *fixture, const char *path)
{
	struct journal_record record = {
		.type = JOURNAL_BASE,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_IDENTITY | JOURNAL_HAS_SIZE |
		       JOURNAL_HAS_HASH,
		.path = path,
	};
	struct stat st;
	bool is_sampled = false;

	check(host_tree_stat(fixture->tree, path, &st), path);
	record.identity = journal_identity_of(&st);
	if (S_ISREG(st.st_mode)) {
		int fd = host_tree_open_file(fixture->tree, path, NULL);

		check(fd, path);
		record.size = (uint64_t)st.st_size;
		check(journal_hash_content(fd, record.size, &record.hash, &is_sampled), path);
		(void)close(fd);
	}
	if (is_sampled)
		record.has |= JOURNAL_HAS_SAMPLED;
	fixture_record(fixture, &record);
}

uint64_t fixture_create(struct fixture *fixture, const char *path, const char *content)
{
	struct journal_record record = {
		.type = JOURNAL_CREATE,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_MODE | JOURNAL_HAS_PATH,
		.path = path,
		.mode = 0644,
	};
	int fd = -1;

	check(content_store_create(fixture->store, &record.object, &fd), "object");
	(void)close(fd);
	fixture_record(fixture, &record);
	if (*content)
		fixture_write(fixture, record.object, 0, content);
	fixture_seal(fixture, record.object);
	return record.object;
}

/* Where the object of a file begins, as the records so far tell. */
static uint64_t prefix_of(const struct fixture *fixture, uint64_t object)
{
	for (size_t i = 0; i < fixture->prefix_count; i++) {
		if (fixture->prefixes[i].object == object)
			return fixture->prefixes[i].prefix;
	}
	return 0;
}

void fixture_write(struct fixture *fixture, uint64_t object, uint64_t offset, const char *content)
{
	uint64_t prefix = prefix_of(fixture, object);
	int fd = content_store_open_object(fixture->store, object, O_RDWR);
	struct journal_record record = {
		.type = JOURNAL_WRITE,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_OFFSET | JOURNAL_HAS_SIZE,
		.object = object,
		.offset = offset,
		.size = strlen(content),
	};

	check(fd, "object");
	fixture_record(fixture, &record);
	check(fd_pwrite_all(fd, content, strlen(content), (off_t)(offset - prefix)), "object");
	(void)close(fd);
}

void fixture_seal(struct fixture *fixture, uint64_t object)
{
	struct journal_record record = {
		.type = JOURNAL_SEAL,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_SIZE | JOURNAL_HAS_HASH |
		       JOURNAL_HAS_LOW_WATER,
		.object = object,
		.low_water = UINT64_MAX,
	};
	uint64_t prefix = prefix_of(fixture, object);
	int fd = content_store_open_object(fixture->store, object, O_RDONLY);
	bool is_sampled = false;
	struct stat st;

	check(fd, "object");
	if (fstat(fd, &st) < 0)
		die("fstat");
	check(journal_hash_content(fd, (uint64_t)st.st_size, &record.hash, &is_sampled), "object");
	(void)close(fd);
	record.size = prefix + (uint64_t)st.st_size;
	if (is_sampled)
		record.has |= JOURNAL_HAS_SAMPLED;
	fixture_record(fixture, &record);
}

static uint64_t copy_up(struct fixture *fixture, const char *path, bool has_prefix)
{
	struct journal_record record = {
		.type = JOURNAL_COPY_UP,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE | JOURNAL_HAS_OBJECT |
		       JOURNAL_HAS_PREFIX | JOURNAL_HAS_SIZE,
		.path = path,
	};
	struct stat st;
	int host_fd;
	int fd = -1;

	fixture_base(fixture, path);
	host_fd = host_tree_open_file(fixture->tree, path, &st);
	check(host_fd, path);
	check(content_store_create(fixture->store, &record.object, &fd), "object");
	record.mode = st.st_mode & 07777;
	record.size = (uint64_t)st.st_size;
	if (has_prefix)
		record.prefix = record.size;
	else
		check((int)fd_copy(host_fd, 0, fd, 0, st.st_size), path);
	(void)close(fd);
	(void)close(host_fd);
	fixture_record(fixture, &record);
	return record.object;
}

uint64_t fixture_copy_up(struct fixture *fixture, const char *path)
{
	return copy_up(fixture, path, false);
}

uint64_t fixture_copy_up_prefix(struct fixture *fixture, const char *path)
{
	return copy_up(fixture, path, true);
}

uint64_t fixture_append(struct fixture *fixture, const char *path, const char *content)
{
	struct stat st;
	uint64_t object;

	check(host_tree_stat(fixture->tree, path, &st), path);
	object = copy_up(fixture, path, false);
	fixture_write(fixture, object, (uint64_t)st.st_size, content);
	fixture_seal(fixture, object);
	return object;
}

uint64_t fixture_modify(struct fixture *fixture, const char *path, const char *content)
{
	uint64_t object = copy_up(fixture, path, false);
	struct journal_record record = {
		.type = JOURNAL_TRUNCATE,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_SIZE,
		.object = object,
	};
	int fd;

	fixture_record(fixture, &record);
	fd = content_store_open_object(fixture->store, object, O_RDWR);
	if (fd < 0 || ftruncate(fd, 0) < 0)
		die("object: %s", strerror(errno));
	(void)close(fd);
	fixture_write(fixture, object, 0, content);
	fixture_seal(fixture, object);
	return object;
}

/* The host's file of path, as a filter showed it. */
static void base_as_shown(struct fixture *fixture, const char *path, const char *shown)
{
	struct journal_record record = {
		.type = JOURNAL_BASE,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_IDENTITY | JOURNAL_HAS_SIZE |
		       JOURNAL_HAS_HASH | JOURNAL_HAS_OBJECT,
		.path = path,
		.size = strlen(shown),
		.hash = hash_bytes(shown, strlen(shown)),
	};
	struct stat st;
	int fd = -1;

	check(host_tree_stat(fixture->tree, path, &st), path);
	record.identity = journal_identity_of(&st);
	check(content_store_create(fixture->store, &record.object, &fd), "object");
	check(fd_write_all(fd, shown, strlen(shown)), "object");
	(void)close(fd);
	fixture_record(fixture, &record);
}

void fixture_save(struct fixture *fixture, const char *path, const char *shown, const char *content)
{
	char temporary[1100];

	if (shown)
		base_as_shown(fixture, path, shown);
	(void)snprintf(temporary, sizeof(temporary), "%s.tmp.1.0", path);
	fixture_create(fixture, temporary, content);
	fixture_rename(fixture, temporary, path);
}

void fixture_mkdir(struct fixture *fixture, const char *path)
{
	struct journal_record record = {
		.type = JOURNAL_MKDIR,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE,
		.path = path,
		.mode = 0755,
	};

	fixture_record(fixture, &record);
}

static void take_away(struct fixture *fixture, const char *path, enum journal_type type)
{
	struct journal_record record = { .type = type, .has = JOURNAL_HAS_PATH, .path = path };
	struct replay *replay = NULL;
	struct replay_entry entry;

	check(replay_new(fixture->session_fd, fixture->manifest.id, &replay), "replay");
	if (!replay_find_entry(replay, path, &entry) && !replay_base(replay, path))
		fixture_base(fixture, path);
	replay_free(replay);
	fixture_record(fixture, &record);
}

void fixture_unlink(struct fixture *fixture, const char *path)
{
	take_away(fixture, path, JOURNAL_UNLINK);
}

void fixture_rmdir(struct fixture *fixture, const char *path)
{
	take_away(fixture, path, JOURNAL_RMDIR);
}

void fixture_rename(struct fixture *fixture, const char *path, const char *to)
{
	struct journal_record record = {
		.type = JOURNAL_RENAME,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_TO,
		.path = path,
		.to = to,
	};

	fixture_record(fixture, &record);
}

void fixture_end(struct fixture *fixture)
{
	check(journal_writer_close(fixture->writer), "journal");
	fixture->writer = NULL;
}

void fixture_crash(struct fixture *fixture)
{
	journal_writer_abandon(fixture->writer);
	fixture->writer = NULL;
}

int fixture_try_review(struct fixture *fixture)
{
	struct review_options options = {
		.session_fd = fixture->session_fd,
		.manifest = &fixture->manifest,
		.rules = fixture->rules,
		.scope = fixture->scope,
		.key = &fixture->key,
	};

	review_free(fixture->review);
	fixture->review = NULL;
	/* As a new `claudefs` process sees it. */
	host_tree_close(fixture->tree);
	fixture->tree = NULL;
	check(host_tree_open(fixture->host, fixture->manifest.host_config, &fixture->tree),
	      "host tree");
	options.host = fixture->tree;
	return review_open(&options, &fixture->review);
}

struct review *fixture_review(struct fixture *fixture)
{
	check(fixture_try_review(fixture), "review");
	return fixture->review;
}

int fixture_commit(struct fixture *fixture, const struct commit_choice *choice,
		   struct commit_result *ret)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	const char *missing = NULL;
	int r;

	*ret = (struct commit_result){ 0 };
	r = commit_open(fixture->session_fd, &fixture->manifest, fixture->state_fd, NULL, NULL,
			NULL, &commit);
	if (r < 0)
		return r;
	r = fixture_try_review(fixture);
	if (r == 0)
		r = commit_plan_new(fixture->review, choice, &plan, &missing);
	if (r < 0)
		return r;
	return commit_apply(commit, plan, NULL, NULL, ret);
}

int fixture_settle(struct fixture *fixture, const char *path, bool is_ours,
		   struct commit_result *ret)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct commit_choice choice = { 0 };
	const struct change *change;
	const char *missing = NULL;
	int r = commit_open(fixture->session_fd, &fixture->manifest, fixture->state_fd, NULL, NULL,
			    NULL, &commit);

	*ret = (struct commit_result){ 0 };
	if (r == 0)
		r = fixture_try_review(fixture);
	if (r < 0)
		return r;
	change = review_find(fixture->review, path);
	if (!change)
		return -ENOENT;
	choice.ours = choice.theirs = &change;
	choice.ours_count = is_ours ? 1 : 0;
	choice.theirs_count = is_ours ? 0 : 1;
	r = commit_plan_new(fixture->review, &choice, &plan, &missing);
	return r < 0 ? r : commit_apply(commit, plan, NULL, NULL, ret);
}

static void note_reason(const struct commit_event *event, void *arg)
{
	struct fixture *fixture = arg;
	size_t len = strlen(fixture->undo_reasons);

	if (event->status != COMMIT_APPLIED)
		(void)snprintf(fixture->undo_reasons + len, sizeof(fixture->undo_reasons) - len,
			       "%s: %s\n", event->path, event->reason ? event->reason : "?");
}

int fixture_undo(struct fixture *fixture, uint64_t receipt, struct commit_result *ret)
{
	cleanup_commit struct commit *commit = NULL;
	uint64_t first = 0;
	int r;

	*ret = (struct commit_result){ 0 };
	fixture->undo_reasons[0] = '\0';
	r = commit_open(fixture->session_fd, &fixture->manifest, fixture->state_fd, NULL, NULL,
			NULL, &commit);
	if (r < 0)
		return r;
	return undo_apply(commit, receipt, &first, note_reason, fixture, ret);
}

/* Adds one to what was decided. */
static void decide(struct fixture *fixture, const char *path, enum decision_scope scope,
		   const char *part, enum decision_verdict verdict, const struct digest *digest)
{
	cleanup_decisions struct decisions *decisions = NULL;

	check(decisions_read(fixture->session_fd, fixture->manifest.id, &fixture->key, &decisions,
			     NULL),
	      "decisions");
	for (enum decision_scope other = DECISION_WHOLE; other <= DECISION_RECORD; other++) {
		if (other != scope)
			decisions_set_aside(decisions, path, other);
	}
	check(decisions_set(decisions, path, scope, part, verdict, digest), path);
	check(decisions_write(decisions, fixture->session_fd), "decisions");
}

static const struct change *find_pending(struct fixture *fixture, const char *path)
{
	const struct change *change = review_find(fixture_review(fixture), path);

	if (!change)
		die("%s: not pending", path);
	return change;
}

void fixture_decide(struct fixture *fixture, const char *path, enum decision_verdict verdict)
{
	const struct change *change = find_pending(fixture, path);
	struct digest digest;

	check(change_digest(fixture->review, change, &digest), path);
	decide(fixture, path, DECISION_WHOLE, NULL, verdict, &digest);
}

void fixture_decide_part(struct fixture *fixture, const char *path, const char *name,
			 enum decision_verdict verdict)
{
	const struct change *change = find_pending(fixture, path);
	cleanup_parts struct parts *parts = NULL;
	const struct part *part;
	size_t index = 0;

	check(parts_of_change(fixture->review, change, NULL, false, &parts), path);
	check(parts_find(parts, name, &index), name);
	part = parts_get(parts, index);
	decide(fixture, path, parts_scope(change), part->name, verdict, &part->digest);
}

void fixture_decide_hunk(struct fixture *fixture, const char *path, size_t index,
			 enum decision_verdict verdict)
{
	const struct change *change = find_pending(fixture, path);
	cleanup_hunks struct hunks *hunks = NULL;
	struct digest whole;
	struct digest digest;
	char part[24];

	check(hunks_of_change(fixture->review, change, &hunks), path);
	check(change_digest(fixture->review, change, &whole), path);
	check(hunks_digest(hunks, index, &whole, &digest), path);
	(void)snprintf(part, sizeof(part), "%zu", index);
	decide(fixture, path, DECISION_HUNK, part, verdict, &digest);
}
