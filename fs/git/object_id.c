/* SPDX-License-Identifier: MIT */
#include "fs/git/object_id.h"

#include <errno.h>
#include <git2.h>
#include <string.h>

#include "fs/git/library.h"

_Static_assert(OBJECT_ID_SIZE == GIT_OID_RAWSZ, "git's ids are 20 bytes");
_Static_assert(OBJECT_ID_HEX_SIZE == GIT_OID_HEXSZ + 1, "and 40 digits");

int object_id_of(const void *data, size_t len, uint8_t ret[OBJECT_ID_SIZE])
{
	git_oid id;

	if (!git_library_is_ready() || git_odb_hash(&id, data, len, GIT_OBJECT_BLOB) != 0)
		return -EIO;
	memcpy(ret, id.id, OBJECT_ID_SIZE);
	return 0;
}

void object_id_to_hex(const uint8_t id[OBJECT_ID_SIZE], char hex[OBJECT_ID_HEX_SIZE])
{
	git_oid oid;

	memcpy(oid.id, id, OBJECT_ID_SIZE);
	(void)git_oid_tostr(hex, OBJECT_ID_HEX_SIZE, &oid);
}

int object_id_from_hex(const char *hex, uint8_t ret[OBJECT_ID_SIZE])
{
	git_oid oid;

	if (strlen(hex) != OBJECT_ID_HEX_SIZE - 1 || git_oid_fromstr(&oid, hex) != 0)
		return -EINVAL;
	memcpy(ret, oid.id, OBJECT_ID_SIZE);
	return 0;
}
