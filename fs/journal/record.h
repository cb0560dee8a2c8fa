/* SPDX-License-Identifier: MIT */
/* The journal's records: facts about a session, in the order in which they were acknowledged.
 *
 *	journal     := file_header record*
 *	file_header := "claudefs" | version u32 | check u32
 *	record      := header field*
 *	header      := magic u32 | length u32 | type u16 | zero u16 | check u32
 *	               | seq u64 | time u64 | chain 16 bytes
 *	field       := tag u16 | length u16 | bytes		(tags ascending)
 *	check       := XXH3 of the header with check and chain zero, its first 4 bytes
 *	chain       := XXH3-128(chain of the record before, this record with its chain zero);
 *	               the first record follows the digest of the session's id
 *
 * Numbers are little-endian; docs/JOURNAL-FORMAT.md tells all of it. A reader distrusts everything
 * here: lengths are bounded, names are validated again, unknown types and tags are refused. */
#ifndef CLAUDEFS_JOURNAL_RECORD_H
#define CLAUDEFS_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fs/base/hash.h"
#include "fs/base/path_name.h"

#define JOURNAL_FORMAT_VERSION 1u
#define JOURNAL_RECORD_MAX     (64u << 10) /* bytes; larger is -EBADMSG */
#define JOURNAL_COMMAND_MAX    4096u /* bytes kept of an executable's path, and of a command line */
#define JOURNAL_SESSION_MAX    63u   /* bytes of a session's id */
#define JOURNAL_OPERATION_MAX  63u   /* bytes of a refused operation's name; longer is -EINVAL */

/* What happened. Paths are names in the view at that instant ("path"; the destination is "to"). The
 * numbers are the format: never reused. "Needs" lists the fields each type must have; a record
 * without them, or with others than "needs" and "may have", is refused.
 *
 * Objects are contents under objects/<number>; an object is the content of one file from CREATE or
 * COPY_UP to its end. */
enum journal_type {
	/* First record of every journal. Needs: session (id text), version. */
	JOURNAL_SESSION = 1,
	/* A process that later records name by "process". Needs: process, pid, uid, exe, command.
	 */
	JOURNAL_PROCESS = 2,
	/* The host entry of a name, as the view showed it, when the session first changed, replaced
	 * or removed it; at most one per name and journal, before the record of that change. A name
	 * without one did not exist for the session. Needs: path, identity, size, hash (both of the
	 * content as shown; 0 for a directory); may have: object (a copy of the content as shown),
	 * is_sampled. */
	JOURNAL_BASE = 3,
	/* Needs: path, mode. */
	JOURNAL_MKDIR = 4,
	/* A new empty file. Needs: object, mode; may have: path (none: O_TMPFILE). */
	JOURNAL_CREATE = 5,
	/* A host file (or, without object, a host directory) at path became the session's own.
	 * Bytes [0, prefix) are the host file of identity (see BASE), the rest is in object at file
	 * offset - prefix. prefix 0: all of it is in object. Needs: path, mode; a file also needs:
	 * object, prefix, size. */
	JOURNAL_COPY_UP = 6,
	/* A file with a prefix gave it up: its content is now wholly in object. Needs:
	 * object_before, object, size. */
	JOURNAL_MATERIALISE = 7,
	/* The first write of an open file, and its first one after each SEAL of the object (others
	 * are not repeated; SEAL tells their sum): an object without a WRITE or TRUNCATE after its
	 * last SEAL is what that SEAL says. Needs: object, offset, size (bytes); may have: path. */
	JOURNAL_WRITE = 8,
	/* Needs: object, size (new length of the file); may have: path. */
	JOURNAL_TRUNCATE = 9,
	/* What an object held when its last writer closed it, or fsynced it. Needs: object, size
	 * (of the file, prefix included), hash (of the object's own bytes), low_water (lowest file
	 * offset ever written or cut since COPY_UP or CREATE: at or above the base's size means
	 * append only); may have: is_sampled. */
	JOURNAL_SEAL = 10,
	/* Needs: path or object, or both; may have: mode, mtime. */
	JOURNAL_SET_ATTR = 11,
	/* Needs: path. */
	JOURNAL_UNLINK = 12,
	JOURNAL_RMDIR = 13,
	/* An entry, with all below it, moved; what was at to is replaced. Needs: path, to. */
	JOURNAL_RENAME = 14,
	/* A nameless object (O_TMPFILE) got its name. Needs: path, object. */
	JOURNAL_LINK = 15,
	/* An operation was refused. Needs: operation, error (positive errno); may have: path, to.
	 */
	JOURNAL_REFUSE = 16,
	/* The view was unmounted in order; nothing may follow. Needs: nothing. */
	JOURNAL_END = 17,
};
#define JOURNAL_TYPE_LAST JOURNAL_END

/* Who a file on the host is. */
struct journal_identity {
	uint64_t dev;
	uint64_t ino;
	uint64_t size; /* bytes, of the host's file */
	uint64_t mtime_ns;
	uint64_t ctime_ns;
	uint32_t mode; /* type and permissions */
	uint32_t nlink;
};

struct journal_identity journal_identity_of(const struct stat *st);
/* True if dev, ino, size, mtime and ctime agree. */
bool journal_identity_is_equal(const struct journal_identity *a, const struct journal_identity *b);

/* Bits of journal_record.has. */
enum journal_field {
	JOURNAL_HAS_SESSION = 1u << 0,
	JOURNAL_HAS_VERSION = 1u << 1,
	JOURNAL_HAS_PROCESS = 1u << 2,
	JOURNAL_HAS_PID = 1u << 3,
	JOURNAL_HAS_UID = 1u << 4,
	JOURNAL_HAS_EXE = 1u << 5,
	JOURNAL_HAS_COMMAND = 1u << 6,
	JOURNAL_HAS_PATH = 1u << 7,
	JOURNAL_HAS_TO = 1u << 8,
	JOURNAL_HAS_IDENTITY = 1u << 9,
	JOURNAL_HAS_SIZE = 1u << 10,
	JOURNAL_HAS_HASH = 1u << 11,
	JOURNAL_HAS_OBJECT = 1u << 12,
	JOURNAL_HAS_OBJECT_BEFORE = 1u << 13,
	JOURNAL_HAS_MODE = 1u << 14,
	JOURNAL_HAS_PREFIX = 1u << 15,
	JOURNAL_HAS_OFFSET = 1u << 16,
	JOURNAL_HAS_LOW_WATER = 1u << 17,
	JOURNAL_HAS_MTIME = 1u << 18,
	JOURNAL_HAS_OPERATION = 1u << 19,
	JOURNAL_HAS_ERROR = 1u << 20,
	JOURNAL_HAS_SAMPLED =
		1u << 21, /* the hash covers the first and last JOURNAL_SAMPLE_SIZE bytes only */
};

#define JOURNAL_SAMPLE_SIZE (1u << 20) /* bytes */
#define JOURNAL_SAMPLE_ABOVE                                                 \
	(64ull << 20) /* bytes: content longer than this is hashed by sample \
		       */

/* One record. Only fields with their bit in has count. Numbers of objects start at 1. Strings are
 * borrowed: from the caller when appending, from the reader until its next call when reading. */
struct journal_record {
	enum journal_type type;
	uint32_t has;     /* JOURNAL_HAS_* */
	uint64_t seq;     /* from 1; set by the writer */
	uint64_t time_ns; /* set by the writer */
	uint64_t process; /* number of a PROCESS record: on any record, who did it; 0 or absent: the
			     daemon */
	const char *session;
	const char *path;
	const char *to;
	const char *exe;
	const char *command; /* argv joined by spaces, cut at JOURNAL_COMMAND_MAX; any bytes */
	const char *operation;
	uint32_t version;
	uint32_t pid;
	uint32_t uid;
	uint32_t mode;
	uint32_t error;
	uint64_t object;
	uint64_t object_before;
	uint64_t size;
	uint64_t prefix;
	uint64_t offset;
	uint64_t low_water;
	uint64_t mtime_ns;
	struct journal_identity identity;
	struct hash hash;
};

/* "create", "rename", ...: the words of `claudefs log` and its JSON (static). */
const char *journal_type_name(enum journal_type type);

#endif
