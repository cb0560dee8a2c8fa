/* SPDX-License-Identifier: MIT */
#include "fs/mount/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/message.h"

static const char help[] =
	"usage: claudefs-mount --session ID|DIR [options] MOUNTPOINT\n"
	"       claudefs-mount --session ID|DIR [options] --fuse-fd N\n"
	"\n"
	"Serves the filtered view of ~/.claude of one session. What is written goes to the\n"
	"session's journal; the host's files are only read.\n"
	"\n"
	"  --session ID|DIR     the session, by its id or its directory\n"
	"  --session-fd N       the session, by a descriptor of its directory\n"
	"  --fuse-fd N          serve the mount that was made on this /dev/fuse descriptor\n"
	"  --rules FILE         one more rule file, before all others\n"
	"  --no-user-rules      leave out the rules in ~/.config/claudefs/rules.d\n"
	"  --credentials-fd N   read the content of .credentials.json as a frame from this\n"
	"                       descriptor; further frames replace it\n"
	"  --credentials-out-fd N\n"
	"                       write each login that the session saves there as a frame\n"
	"  --ready-fd N         write \"ready\" to this descriptor once the view is served\n"
	"  --foreground         stay in the foreground\n"
	"  --allow-other        let other users of the machine in (permissions are checked)\n"
	"  --uid N, --gid N     owner shown for the files (default: the caller's)\n"
	"  --fs-uid N, --fs-gid N\n"
	"                       read and write files as this user, with no other right of it\n"
	"  --help, --version\n";

enum option_kind {
	OPTION_FLAG_ON,
	OPTION_FLAG_OFF,
	OPTION_STRING,
	OPTION_FD,
	OPTION_ID,
	OPTION_HELP,
	OPTION_VERSION,
};

/* Alphabetical. The target is the offset of the field in struct mount_options. */
static const struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset;
} rows[] = {
	{ "allow-other", OPTION_FLAG_ON, offsetof(struct mount_options, allow_other) },
	{ "credentials-fd", OPTION_FD, offsetof(struct mount_options, credentials_fd) },
	{ "credentials-out-fd", OPTION_FD, offsetof(struct mount_options, credentials_out_fd) },
	{ "foreground", OPTION_FLAG_ON, offsetof(struct mount_options, is_foreground) },
	{ "fs-gid", OPTION_ID, offsetof(struct mount_options, fs_gid) },
	{ "fs-uid", OPTION_ID, offsetof(struct mount_options, fs_uid) },
	{ "fuse-fd", OPTION_FD, offsetof(struct mount_options, fuse_fd) },
	{ "gid", OPTION_ID, offsetof(struct mount_options, gid) },
	{ "help", OPTION_HELP, 0 },
	{ "no-user-rules", OPTION_FLAG_OFF, offsetof(struct mount_options, has_user_rules) },
	{ "ready-fd", OPTION_FD, offsetof(struct mount_options, ready_fd) },
	{ "rules", OPTION_STRING, offsetof(struct mount_options, rules) },
	{ "session", OPTION_STRING, offsetof(struct mount_options, session) },
	{ "session-fd", OPTION_FD, offsetof(struct mount_options, session_fd) },
	{ "uid", OPTION_ID, offsetof(struct mount_options, uid) },
	{ "version", OPTION_VERSION, 0 },
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Returns 0 or -EINVAL. */
static int parse_number(const char *text, long long max, long long *ret)
{
	char *end = NULL;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end || value < 0 || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int store(const struct option_row *row, const char *value, struct mount_options *options)
{
	void *field = (char *)options + row->offset;
	long long number = 0;

	switch (row->kind) {
	case OPTION_FLAG_ON: *(bool *)field = true; return 0;
	case OPTION_FLAG_OFF: *(bool *)field = false; return 0;
	case OPTION_STRING: *(const char **)field = value; return 0;
	case OPTION_FD:
		if (parse_number(value, INT32_MAX, &number) < 0)
			break;
		*(int *)field = (int)number;
		return 0;
	case OPTION_ID:
		if (parse_number(value, UINT32_MAX - 1LL, &number) < 0)
			break;
		*(int64_t *)field = number;
		return 0;
	case OPTION_HELP: (void)fputs(help, stdout); return 1;
	case OPTION_VERSION: (void)puts("claudefs-mount " CLAUDEFS_VERSION); return 1;
	}
	message_error("--%s: not a number in range: %s", row->name, value);
	return -EINVAL;
}

static bool takes_value(enum option_kind kind)
{
	return kind == OPTION_STRING || kind == OPTION_FD || kind == OPTION_ID;
}

static int check(int argc, char **argv, struct mount_options *options)
{
	if ((options->session != NULL) == (options->session_fd >= 0)) {
		message_error(options->session ? "give either --session or --session-fd"
					       : "--session is missing: name a session (see "
						 "claudefs sessions)");
		return -EINVAL;
	}
	if ((options->fs_uid >= 0) != (options->fs_gid >= 0)) {
		message_error("--fs-uid and --fs-gid go together");
		return -EINVAL;
	}
	if (argc - optind > 1) {
		message_error("more than one mountpoint: %s", argv[optind + 1]);
		return -EINVAL;
	}
	if (argc - optind == 1)
		options->mountpoint = argv[optind];
	if ((options->mountpoint != NULL) == (options->fuse_fd >= 0)) {
		message_error("give either a mountpoint or --fuse-fd (see --help)");
		return -EINVAL;
	}
	return 0;
}

int mount_options_parse(int argc, char **argv, struct mount_options *ret)
{
	struct option longs[ROW_COUNT + 1] = { 0 };
	struct mount_options options = {
		.fuse_fd = -1,
		.session_fd = -1,
		.ready_fd = -1,
		.credentials_fd = -1,
		.credentials_out_fd = -1,
		.uid = -1,
		.gid = -1,
		.fs_uid = -1,
		.fs_gid = -1,
		.has_user_rules = true,
	};
	int index = 0;
	int r;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = takes_value(rows[i].kind) ? required_argument : no_argument;
	}
	opterr = 0;
	while ((r = getopt_long(argc, argv, ":", longs, &index)) != -1) {
		if (r != 0) {
			message_error("%s: %s (see --help)", argv[optind - 1],
				      r == ':' ? "a value is missing" : "unknown option");
			return -EINVAL;
		}
		r = store(&rows[index], optarg, &options);
		if (r != 0)
			return r;
	}
	r = check(argc, argv, &options);
	if (r == 0)
		*ret = options;
	return r;
}
