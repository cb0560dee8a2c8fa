/* SPDX-License-Identifier: MIT */
#include "fs/review/receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/review/hash_index.h"

/* What a receipt made of a name, for the session. */
struct state {
	struct committed committed;
	uint64_t number;   /* of the receipt */
	uint64_t standing; /* of the commit whose state it is; 0: as before any commit */
	bool measures;     /* committed is what the session is measured by; else its own base is */
	bool has_gaps;     /* some records were committed since, and the base kept */
	/* A commit was taken back, and of what came home since something was left. */
	bool is_undone;
	uint64_t undone_ns; /* when */
};

struct committed_item {
	struct hash_link link;
	char *path;
	struct state *states; /* in the order of the receipts */
	size_t count;
};

struct receipts {
	struct hash_index items;
	uint64_t *numbers;
	struct receipt_info *infos; /* of those that are finished */
	size_t info_count;
	size_t count;
	size_t unfinished;
	uint64_t host_dev;
	uint64_t host_ino;
	bool has_host;
};

int receipt_set_hash(json_t *object, const char *key, const struct hash *hash)
{
	char hex[HASH_HEX_SIZE];

	hash_to_hex(hash, hex);
	return json_object_set_new(object, key, json_string(hex)) < 0 ? -ENOMEM : 0;
}

int receipt_get_hash(const json_t *object, const char *key, struct hash *ret)
{
	const char *hex = json_get_string(object, key, NULL);

	return hex && hash_from_hex(hex, ret) == 0 ? 0 : -EBADMSG;
}

int receipt_set_number(json_t *object, const char *key, uint64_t number)
{
	/* Reads back as it was: both conversions keep all 64 bits. */
	return json_object_set_new(object, key, json_integer((json_int_t)number)) < 0 ? -ENOMEM : 0;
}

int receipt_get_number(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return -EBADMSG;
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

int receipt_set_identity(json_t *object, const char *key, const struct journal_identity *identity)
{
	json_t *value = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dev", (json_int_t)identity->dev, "ino",
		(json_int_t)identity->ino, "size", (json_int_t)identity->size, "mtime_ns",
		(json_int_t)identity->mtime_ns, "ctime_ns", (json_int_t)identity->ctime_ns, "mode",
		(json_int_t)identity->mode, "nlink", (json_int_t)identity->nlink);

	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

int receipt_get_identity(const json_t *object, const char *key, struct journal_identity *ret)
{
	const json_t *value = json_object_get(object, key);
	struct journal_identity identity = { 0 };
	uint64_t mode = 0;
	uint64_t nlink = 0;

	if (receipt_get_number(value, "dev", &identity.dev) < 0 ||
	    receipt_get_number(value, "ino", &identity.ino) < 0 ||
	    receipt_get_number(value, "size", &identity.size) < 0 ||
	    receipt_get_number(value, "mtime_ns", &identity.mtime_ns) < 0 ||
	    receipt_get_number(value, "ctime_ns", &identity.ctime_ns) < 0 ||
	    receipt_get_number(value, "mode", &mode) < 0 ||
	    receipt_get_number(value, "nlink", &nlink) < 0 || mode > UINT32_MAX ||
	    nlink > UINT32_MAX)
		return -EBADMSG;
	identity.mode = (uint32_t)mode;
	identity.nlink = (uint32_t)nlink;
	*ret = identity;
	return 0;
}

int receipt_get_path(const json_t *object, const char *key, const char **ret)
{
	const char *path = json_get_string(object, key, NULL);

	if (!path || *path == '\0' || !path_is_valid(path))
		return -EBADMSG;
	*ret = path;
	return 0;
}

int receipt_dir_open(int session_fd, uint64_t number)
{
	cleanup_fd int receipts_fd = -1;
	char name[32];
	int fd;

	receipts_fd =
		openat(session_fd, "receipts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (receipts_fd < 0)
		return -errno;
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)number);
	fd = openat(receipts_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int receipt_tag(const struct receipt_seal *seal, const char *name, const char *data, size_t len,
		struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct digest digest;
	int r;

	if (!stream)
		return -ENOMEM;
	digest_stream_text(stream, seal->session_id);
	digest_stream_number(stream, seal->number);
	digest_stream_text(stream, name);
	digest_stream_field(stream, data, len);
	r = digest_stream_finish(stream, &digest);
	return r < 0 ? r : state_key_tag(seal->key, "receipt", digest.bytes, DIGEST_SIZE, ret);
}

static int check_tag(int receipt_fd, const char *name, const struct receipt_seal *seal,
		     const char *data, size_t len)
{
	cleanup_free char *hex = NULL;
	struct digest found;
	struct digest right;
	char file[32];
	size_t hex_len = 0;
	int r;

	(void)snprintf(file, sizeof(file), "%s.tag", name);
	r = fd_read_file_at(receipt_fd, file, DIGEST_HEX_SIZE, &hex, &hex_len);
	if (r == -ENOMEM || r == -EIO)
		return r;
	if (r < 0 || digest_from_hex(hex, &found) < 0)
		return -EBADMSG;
	r = receipt_tag(seal, name, data, len, &right);
	if (r < 0)
		return r;
	return digest_is_equal(&found, &right) ? 0 : -EBADMSG;
}

int receipt_load(int receipt_fd, const char *name, const struct receipt_seal *seal, json_t **ret)
{
	cleanup_free char *data = NULL;
	cleanup_json json_t *json = NULL;
	uint64_t version = 0;
	char file[32];
	size_t len = 0;
	int r;

	(void)snprintf(file, sizeof(file), "%s.json", name);
	r = fd_read_file_at(receipt_fd, file, RECEIPT_FILE_MAX, &data, &len);
	if (r == -ENOENT || r == -ENOMEM || r == -EIO)
		return r;
	if (r < 0)
		return -EBADMSG;
	if (seal)
		r = check_tag(receipt_fd, name, seal, data, len);
	if (r == 0)
		r = json_load_strict(data, len, &json, NULL);
	if (r < 0)
		return r;
	if (receipt_get_number(json, "version", &version) < 0)
		return -EBADMSG;
	if (version > RECEIPT_VERSION)
		return -EPROTONOSUPPORT;
	if (!json_is_array(json_object_get(json, "entries")))
		return -EBADMSG;
	*ret = steal_ptr(&json);
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A receipt's directory is named by its number, written in the shortest way. */
static bool parse_number(const char *name, uint64_t *ret)
{
	char *end = NULL;
	unsigned long long number;

	if (*name < '1' || *name > '9' || strlen(name) > 9)
		return false;
	number = strtoull(name, &end, 10);
	if (*end != '\0')
		return false;
	*ret = number;
	return true;
}

static int list_numbers(int session_fd, struct receipts *receipts)
{
	cleanup_dir DIR *dir = NULL;
	int fd = openat(session_fd, "receipts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return -ENOMEM;
	}
	/* A list that ends early would forget what was committed, and bring it again. */
	for (struct dirent *entry; (errno = 0, entry = readdir(dir)) != NULL;) {
		uint64_t number = 0;
		uint64_t *grown;

		if (!parse_number(entry->d_name, &number))
			continue;
		if (receipts->count == RECEIPTS_MAX)
			return -E2BIG;
		grown = realloc(receipts->numbers, (receipts->count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		receipts->numbers = grown;
		receipts->numbers[receipts->count++] = number;
	}
	if (errno != 0)
		return -errno;
	if (receipts->count > 0)
		qsort(receipts->numbers, receipts->count, sizeof(uint64_t), compare_numbers);
	return 0;
}

static struct committed_item *find_item(const struct receipts *receipts, const char *path)
{
	struct hash_link *link =
		hash_index_find(&receipts->items, hash_index_key(path, strlen(path)));

	for (; link; link = hash_index_find_next(link)) {
		struct committed_item *item = (struct committed_item *)link;

		if (strcmp(item->path, path) == 0)
			return item;
	}
	return NULL;
}

static struct committed_item *make_item(struct receipts *receipts, const char *path)
{
	struct committed_item *item = calloc(1, sizeof(*item));

	if (!item)
		return NULL;
	item->path = strdup(path);
	if (!item->path ||
	    hash_index_add(&receipts->items, &item->link, hash_index_key(path, strlen(path))) < 0) {
		free(item->path);
		free(item);
		return NULL;
	}
	return item;
}

static const struct state *last_state(const struct committed_item *item)
{
	return item && item->count > 0 ? &item->states[item->count - 1] : NULL;
}

/* They are in ascending order. */
static struct receipt_info *find_info(const struct receipts *receipts, uint64_t number)
{
	size_t low = 0;
	size_t high = receipts->info_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (receipts->infos[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < receipts->info_count && receipts->infos[low].number == number
		       ? &receipts->infos[low]
		       : NULL;
}

/* The state before the one that receipt number made. */
static struct state state_before(const struct committed_item *item, uint64_t number)
{
	size_t i = item->count;

	while (i > 0 && item->states[i - 1].number != number)
		i--;
	return i > 1 ? item->states[i - 2] : (struct state){ 0 };
}

/* What an undo made of a name: as before, but for what the person thinks of it. */
static struct state state_undone(const struct receipts *receipts, const struct committed_item *item,
				 const struct receipt_info *info)
{
	struct state state = state_before(item, info->undoes);
	const struct receipt_info *undone = find_info(receipts, info->undoes);

	state.number = info->number;
	/* An undo of an undo does it again. */
	state.is_undone = !undone || undone->undoes == 0 || state.is_undone;
	state.undone_ns = info->time_ns;
	return state;
}

/* Of a commit that may have left something of the change: what was undone of that stays so. */
static void keep_undone(struct state *state, const struct committed_item *item)
{
	const struct state *last = last_state(item);

	if (last) {
		state->is_undone = last->is_undone;
		state->undone_ns = last->undone_ns;
	}
}

static int put_state(struct receipts *receipts, const struct committed *committed,
		     const struct receipt_info *info)
{
	struct committed_item *item = find_item(receipts, committed->path);
	struct state state = {
		.committed = *committed,
		.number = info->number,
		.standing = info->number,
		.measures = true,
	};
	struct state *grown;

	if (!item)
		item = make_item(receipts, committed->path);
	if (!item)
		return -ENOMEM;
	if (info->undoes != 0) {
		state = state_undone(receipts, item, info);
	} else if (committed->keeps_base) {
		state = item->count > 0 ? item->states[item->count - 1] : (struct state){ 0 };
		state.number = info->number;
		state.standing = info->number;
		state.has_gaps = true;
	} else if (committed->is_partial || committed->has_base) {
		keep_undone(&state, item);
	}
	state.committed.path = item->path;
	grown = realloc(item->states, (item->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	item->states = grown;
	item->states[item->count++] = state;
	return 0;
}

static int parse_object(const json_t *entry, struct committed *ret)
{
	if (receipt_get_number(entry, "object", &ret->object) < 0 ||
	    receipt_get_number(entry, "prefix", &ret->prefix) < 0 ||
	    receipt_get_number(entry, "size", &ret->size) < 0 ||
	    receipt_get_hash(entry, "object_hash", &ret->object_hash) < 0 ||
	    ret->size < ret->prefix)
		return -EBADMSG;
	return 0;
}

static int parse_entry(const json_t *entry, struct committed *ret)
{
	const json_t *after = json_object_get(entry, "after");
	int r;

	*ret = (struct committed){ 0 };
	r = receipt_get_path(entry, "path", &ret->path);
	if (r < 0)
		return r;
	ret->exists = json_is_true(json_object_get(after, "exists"));
	ret->is_directory = json_is_true(json_object_get(after, "is_directory"));
	if (!json_is_object(after) || !json_is_boolean(json_object_get(after, "exists")))
		return -EBADMSG;
	ret->is_kept = json_is_true(json_object_get(entry, "kept"));
	if (!ret->exists)
		return ret->is_kept ? parse_object(entry, ret) : 0;
	r = receipt_get_identity(after, "identity", &ret->identity);
	if (r < 0 || ret->is_directory)
		return r;
	ret->is_partial = json_is_true(json_object_get(entry, "partial"));
	ret->keeps_base = json_is_true(json_object_get(entry, "keeps_base"));
	ret->is_host_sampled = json_is_true(json_object_get(after, "is_sampled"));
	if (receipt_get_hash(after, "hash", &ret->host_hash) < 0)
		return -EBADMSG;
	ret->has_base = json_object_get(entry, "base_size") != NULL;
	if (ret->has_base && (receipt_get_number(entry, "base_size", &ret->base_size) < 0 ||
			      receipt_get_hash(entry, "base_hash", &ret->base_hash) < 0))
		return -EBADMSG;
	return parse_object(entry, ret);
}

static int read_receipt(int session_fd, struct receipts *receipts, uint64_t number)
{
	cleanup_fd int fd = receipt_dir_open(session_fd, number);
	cleanup_json json_t *json = NULL;
	struct receipt_info info = { .number = number, .part_of = number };
	const json_t *root;
	const json_t *entry;
	size_t i;
	int r;

	if (fd < 0)
		return fd;
	r = receipt_load(fd, "receipt", NULL, &json);
	if (r == -ENOENT) {
		receipts->unfinished++;
		return 0;
	}
	if (r < 0)
		return r;
	root = json_object_get(json, "host_root");
	if (receipt_get_number(root, "dev", &receipts->host_dev) < 0 ||
	    receipt_get_number(root, "ino", &receipts->host_ino) < 0)
		return -EBADMSG;
	receipts->has_host = true;
	(void)receipt_get_number(json, "time_ns", &info.time_ns);
	(void)receipt_get_number(json, "undoes", &info.undoes);
	(void)receipt_get_number(json, "part_of", &info.part_of);
	/* What comes later cannot be undone, nor be a beginning. */
	if (info.undoes >= number || info.part_of > number || info.part_of == 0)
		return -EBADMSG;
	json_array_foreach (json_object_get(json, "entries"), i, entry) {
		struct committed committed;

		if (strcmp(json_get_string(entry, "status", ""), "applied") != 0)
			continue;
		r = parse_entry(entry, &committed);
		committed.receipt = number;
		committed.entry = i;
		if (r == 0)
			r = put_state(receipts, &committed, &info);
		if (r < 0)
			return r;
		info.applied++;
	}
	receipts->infos[receipts->info_count++] = info;
	return 0;
}

static void count_standing(struct receipts *receipts)
{
	for (size_t i = 0; i < receipts->items.size; i++) {
		for (struct hash_link *link = receipts->items.buckets[i]; link; link = link->next) {
			const struct state *state = last_state((struct committed_item *)link);
			struct receipt_info *info =
				find_info(receipts, state ? state->standing : 0);

			if (info)
				info->standing++;
		}
	}
}

ANALYZER_LOSES_OWNERS
int receipts_read(int session_fd, struct receipts **ret, uint64_t *ret_bad)
{
	cleanup_receipts struct receipts *receipts = calloc(1, sizeof(*receipts));
	int r;

	if (!receipts)
		return -ENOMEM;
	r = hash_index_init(&receipts->items);
	if (r == 0)
		r = list_numbers(session_fd, receipts);
	receipts->infos = calloc(receipts->count + 1, sizeof(*receipts->infos));
	if (r == 0 && !receipts->infos)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < receipts->count; i++) {
		r = read_receipt(session_fd, receipts, receipts->numbers[i]);
		if (r < 0 && ret_bad)
			*ret_bad = receipts->numbers[i];
	}
	if (r < 0)
		return r;
	count_standing(receipts);
	*ret = steal_ptr(&receipts);
	return 0;
}
ANALYZER_KNOWS_OWNERS

void receipts_free(struct receipts *receipts)
{
	if (!receipts)
		return;
	for (size_t i = 0; i < receipts->items.size; i++) {
		struct hash_link *link = receipts->items.buckets[i];

		while (link) {
			struct committed_item *item = (struct committed_item *)link;

			link = link->next;
			free(item->states);
			free(item->path);
			free(item);
		}
	}
	hash_index_done(&receipts->items);
	free(receipts->infos);
	free(receipts->numbers);
	free(receipts);
}

void cleanup_receipts_free(struct receipts **receipts)
{
	receipts_free(*receipts);
}

const uint64_t *receipts_numbers(const struct receipts *receipts, size_t *ret_count)
{
	*ret_count = receipts->count;
	return receipts->numbers;
}

const struct receipt_info *receipts_infos(const struct receipts *receipts, size_t *ret_count)
{
	*ret_count = receipts->info_count;
	return receipts->infos;
}

const struct receipt_info *receipts_info(const struct receipts *receipts, uint64_t number)
{
	return find_info(receipts, number);
}

uint64_t receipts_standing(const struct receipts *receipts, const char *path)
{
	const struct state *state = last_state(find_item(receipts, path));

	return state ? state->standing : 0;
}

uint64_t receipts_last(const struct receipts *receipts, const char *path)
{
	const struct state *state = last_state(find_item(receipts, path));

	return state ? state->number : 0;
}

bool receipts_was_undone(const struct receipts *receipts, const char *path, uint64_t *ret_time_ns)
{
	const struct state *state = last_state(find_item(receipts, path));

	*ret_time_ns = state && state->is_undone ? state->undone_ns : 0;
	return state && state->is_undone;
}

size_t receipts_unfinished(const struct receipts *receipts)
{
	return receipts->unfinished;
}

bool receipts_host_root(const struct receipts *receipts, uint64_t *ret_dev, uint64_t *ret_ino)
{
	if (!receipts->has_host)
		return false;
	*ret_dev = receipts->host_dev;
	*ret_ino = receipts->host_ino;
	return true;
}

const struct committed *receipts_find(const struct receipts *receipts, const char *path)
{
	const struct state *state = last_state(find_item(receipts, path));

	return state && state->measures ? &state->committed : NULL;
}

bool receipts_has_gaps(const struct receipts *receipts, const char *path)
{
	const struct state *state = last_state(find_item(receipts, path));

	return state && state->has_gaps;
}

int receipts_each(const struct receipts *receipts,
		  int (*each)(const struct committed *committed, void *arg), void *arg)
{
	for (size_t i = 0; i < receipts->items.size; i++) {
		for (struct hash_link *link = receipts->items.buckets[i]; link; link = link->next) {
			const struct state *state = last_state((struct committed_item *)link);
			int r = state && state->measures ? each(&state->committed, arg) : 0;

			if (r != 0)
				return r;
		}
	}
	return 0;
}
