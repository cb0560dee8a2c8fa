/* SPDX-License-Identifier: MIT */
/* The two tables that say what the journal may hold. Their numbers are the format. */
#include "fs/journal/record.h"

#include "fs/base/clock.h"
#include "fs/journal/codec.h"

#define FIELD(number, field_name, field_bit, field_kind, longest)                            \
	{                                                                                    \
		.tag = (number), .bit = (field_bit), .kind = (field_kind), .max = (longest), \
		.offset = offsetof(struct journal_record, field_name), .name = #field_name   \
	}

/* In the order of the tags. A flag has no place in struct journal_record: its bit is all of it. */
static const struct codec_field fields[] = {
	FIELD(1, session, JOURNAL_HAS_SESSION, CODEC_STRING, JOURNAL_SESSION_MAX),
	FIELD(2, version, JOURNAL_HAS_VERSION, CODEC_U32, 0),
	FIELD(3, process, JOURNAL_HAS_PROCESS, CODEC_NUMBER, 0),
	FIELD(4, pid, JOURNAL_HAS_PID, CODEC_U32, 0),
	FIELD(5, uid, JOURNAL_HAS_UID, CODEC_U32, 0),
	FIELD(6, exe, JOURNAL_HAS_EXE, CODEC_CUT, JOURNAL_COMMAND_MAX),
	FIELD(7, command, JOURNAL_HAS_COMMAND, CODEC_CUT, JOURNAL_COMMAND_MAX),
	FIELD(8, path, JOURNAL_HAS_PATH, CODEC_PATH, 0),
	FIELD(9, to, JOURNAL_HAS_TO, CODEC_PATH, 0),
	FIELD(10, identity, JOURNAL_HAS_IDENTITY, CODEC_IDENTITY, 0),
	FIELD(11, size, JOURNAL_HAS_SIZE, CODEC_U64, 0),
	FIELD(12, hash, JOURNAL_HAS_HASH, CODEC_HASH, 0),
	FIELD(13, object, JOURNAL_HAS_OBJECT, CODEC_NUMBER, 0),
	FIELD(14, object_before, JOURNAL_HAS_OBJECT_BEFORE, CODEC_NUMBER, 0),
	FIELD(15, mode, JOURNAL_HAS_MODE, CODEC_U32, 0),
	FIELD(16, prefix, JOURNAL_HAS_PREFIX, CODEC_U64, 0),
	FIELD(17, offset, JOURNAL_HAS_OFFSET, CODEC_U64, 0),
	FIELD(18, low_water, JOURNAL_HAS_LOW_WATER, CODEC_U64, 0),
	FIELD(19, mtime_ns, JOURNAL_HAS_MTIME, CODEC_U64, 0),
	FIELD(20, operation, JOURNAL_HAS_OPERATION, CODEC_STRING, JOURNAL_OPERATION_MAX),
	FIELD(21, error, JOURNAL_HAS_ERROR, CODEC_U32, 0),
	{ .tag = 22, .bit = JOURNAL_HAS_SAMPLED, .kind = CODEC_FLAG, .name = "is_sampled" },
};

#define SESSION       JOURNAL_HAS_SESSION
#define VERSION       JOURNAL_HAS_VERSION
#define PROCESS       JOURNAL_HAS_PROCESS
#define PID           JOURNAL_HAS_PID
#define UID           JOURNAL_HAS_UID
#define EXE           JOURNAL_HAS_EXE
#define COMMAND       JOURNAL_HAS_COMMAND
#define PATH          JOURNAL_HAS_PATH
#define TO            JOURNAL_HAS_TO
#define IDENTITY      JOURNAL_HAS_IDENTITY
#define SIZE          JOURNAL_HAS_SIZE
#define HASH          JOURNAL_HAS_HASH
#define OBJECT        JOURNAL_HAS_OBJECT
#define OBJECT_BEFORE JOURNAL_HAS_OBJECT_BEFORE
#define MODE          JOURNAL_HAS_MODE
#define PREFIX        JOURNAL_HAS_PREFIX
#define OFFSET        JOURNAL_HAS_OFFSET
#define LOW_WATER     JOURNAL_HAS_LOW_WATER
#define MTIME         JOURNAL_HAS_MTIME
#define OPERATION     JOURNAL_HAS_OPERATION
#define ERROR         JOURNAL_HAS_ERROR
#define SAMPLED       JOURNAL_HAS_SAMPLED

/* In the order of the types. */
static const struct codec_type types[] = {
	{ JOURNAL_SESSION, .name = "session", .needs = SESSION | VERSION },
	{ JOURNAL_PROCESS, .name = "process", .needs = PROCESS | PID | UID | EXE | COMMAND },
	{ JOURNAL_BASE, .name = "base", .needs = PATH | IDENTITY | SIZE | HASH,
	  .may = OBJECT | SAMPLED },
	{ JOURNAL_MKDIR, .name = "mkdir", .needs = PATH | MODE },
	{ JOURNAL_CREATE, .name = "create", .needs = OBJECT | MODE, .may = PATH },
	{ JOURNAL_COPY_UP, .name = "copy_up", .needs = PATH | MODE,
	  .together = OBJECT | PREFIX | SIZE },
	{ JOURNAL_MATERIALISE, .name = "materialise", .needs = OBJECT_BEFORE | OBJECT | SIZE },
	{ JOURNAL_WRITE, .name = "write", .needs = OBJECT | OFFSET | SIZE, .may = PATH },
	{ JOURNAL_TRUNCATE, .name = "truncate", .needs = OBJECT | SIZE, .may = PATH },
	{ JOURNAL_SEAL, .name = "seal", .needs = OBJECT | SIZE | HASH | LOW_WATER, .may = SAMPLED },
	{ JOURNAL_SET_ATTR, .name = "set_attr", .one_of = PATH | OBJECT, .may = MODE | MTIME },
	{ JOURNAL_UNLINK, .name = "unlink", .needs = PATH },
	{ JOURNAL_RMDIR, .name = "rmdir", .needs = PATH },
	{ JOURNAL_RENAME, .name = "rename", .needs = PATH | TO },
	{ JOURNAL_LINK, .name = "link", .needs = PATH | OBJECT },
	{ JOURNAL_REFUSE, .name = "refuse", .needs = OPERATION | ERROR, .may = PATH | TO },
	{ JOURNAL_END, .name = "end" },
};

const struct codec_field *codec_fields(size_t *ret_count)
{
	*ret_count = sizeof(fields) / sizeof(fields[0]);
	return fields;
}

const struct codec_type *codec_types(size_t *ret_count)
{
	*ret_count = sizeof(types) / sizeof(types[0]);
	return types;
}

const struct codec_type *codec_type_of(unsigned int type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if ((unsigned int)types[i].type == type)
			return &types[i];
	}
	return NULL;
}

bool codec_has_right_fields(const struct codec_type *type, uint32_t has)
{
	uint32_t known = type->needs | type->may | type->one_of | type->together | PROCESS;
	uint32_t together = has & type->together;

	return (has & type->needs) == type->needs && (has & ~known) == 0 &&
	       (type->one_of == 0 || (has & type->one_of) != 0) &&
	       (together == 0 || together == type->together);
}

const char *journal_type_name(enum journal_type type)
{
	const struct codec_type *row = codec_type_of((unsigned int)type);

	return row ? row->name : "unknown";
}

struct journal_identity journal_identity_of(const struct stat *st)
{
#ifdef __APPLE__
	struct timespec mtime = st->st_mtimespec;
	struct timespec ctime = st->st_ctimespec;
#else
	struct timespec mtime = st->st_mtim;
	struct timespec ctime = st->st_ctim;
#endif

	return (struct journal_identity){
		.dev = (uint64_t)st->st_dev,
		.ino = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = clock_from_timespec(mtime),
		.ctime_ns = clock_from_timespec(ctime),
		.mode = (uint32_t)st->st_mode,
		.nlink = (uint32_t)st->st_nlink,
	};
}

bool journal_identity_is_equal(const struct journal_identity *a, const struct journal_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}
