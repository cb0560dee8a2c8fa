/* SPDX-License-Identifier: MIT */
#include "fs/git/push_protocol.h"

#include <errno.h>
#include <git2.h>
#include <string.h>
#include <strings.h>

#include "fs/base/fold.h"
#include "fs/git/library.h"

#define HEX_LEN (OBJECT_ID_HEX_SIZE - 1)

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int push_packet_length(const char head[PUSH_PACKET_HEAD])
{
	unsigned int length = 0;

	for (size_t i = 0; i < PUSH_PACKET_HEAD; i++) {
		int value = digit(head[i]);

		if (value < 0)
			return -EBADMSG;
		length = length << 4 | (unsigned int)value;
	}
	if (length == 0)
		return 0;
	/* 1 to 3 are of version 2, 4 is an empty line, which nobody sends. */
	return length <= PUSH_PACKET_HEAD || length > PUSH_PACKET_MAX
		       ? -EBADMSG
		       : (int)(length - PUSH_PACKET_HEAD);
}

int push_parse_request(const char *packet, size_t len, char name[PUSH_REMOTE_NAME_MAX + 1])
{
	static const char begin[] = "git-receive-pack /";
	const char *start = packet + sizeof(begin) - 1;
	const char *end = memchr(packet, '\0', len);
	size_t name_len;

	if (len < sizeof(begin) || !end || memcmp(packet, begin, sizeof(begin) - 1) != 0)
		return -EBADMSG;
	name_len = (size_t)(end - start);
	if (name_len == 0 || name_len > PUSH_REMOTE_NAME_MAX)
		return -EBADMSG;
	memcpy(name, start, name_len);
	name[name_len] = '\0';
	return 0;
}

static bool take_id(const char *packet, char id[OBJECT_ID_HEX_SIZE])
{
	for (size_t i = 0; i < HEX_LEN; i++) {
		if (digit(packet[i]) < 0 || (packet[i] >= 'A' && packet[i] <= 'F'))
			return false;
	}
	memcpy(id, packet, HEX_LEN);
	id[HEX_LEN] = '\0';
	return packet[HEX_LEN] == ' ';
}

static bool has_word(const char *words, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	for (size_t i = 0; i + word_len <= len; i++) {
		if (memcmp(words + i, word, word_len) == 0 && (i == 0 || words[i - 1] == ' ') &&
		    (i + word_len == len || words[i + word_len] == ' ' ||
		     words[i + word_len] == '\n'))
			return true;
	}
	return false;
}

int push_parse_command(const char *packet, size_t len, struct push_command *ret, bool *ret_sideband)
{
	const size_t ids = 2 * (size_t)HEX_LEN + 2;
	const char *end;
	size_t ref_len;

	if (len >= 8 && memcmp(packet, "shallow ", 8) == 0)
		return -EOPNOTSUPP;
	if (len <= ids || !take_id(packet, ret->old_id) ||
	    !take_id(packet + HEX_LEN + 1, ret->new_id))
		return -EBADMSG;
	packet += ids;
	len -= ids;
	end = memchr(packet, '\0', len);
	if (end && has_word(end + 1, len - (size_t)(end + 1 - packet), "side-band-64k"))
		*ret_sideband = true;
	ref_len = end ? (size_t)(end - packet) : len;
	if (ref_len > 0 && packet[ref_len - 1] == '\n')
		ref_len--;
	if (ref_len == 0)
		return -EBADMSG;
	if (ref_len > PUSH_REF_MAX)
		return -ENAMETOOLONG;
	memcpy(ret->ref, packet, ref_len);
	ret->ref[ref_len] = '\0';
	return strlen(ret->ref) == ref_len ? 0 : -EBADMSG;
}

static bool is_object_id(const char *name)
{
	size_t len = strspn(name, "0123456789abcdefABCDEF");

	return name[len] == '\0' && (len == 40 || len == 64);
}

bool push_ref_is_plain(const char *ref)
{
	const char *name;
	int is_valid = 0;

	if (strncmp(ref, "refs/heads/", 11) == 0)
		name = ref + 11;
	else if (strncmp(ref, "refs/tags/", 10) == 0)
		name = ref + 10;
	else
		return false;
	if (name[0] == '-' || strstr(name, "/-") || strcasecmp(name, "HEAD") == 0 ||
	    is_object_id(name) || strlen(ref) > PUSH_REF_MAX || !fold_is_plain_name(ref))
		return false;
	return git_library_is_ready() && git_reference_name_is_valid(&is_valid, ref) == 0 &&
	       is_valid;
}
