/* SPDX-License-Identifier: MIT */
#include "fs/mount/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/policy/rules_load.h"
#include "fs/session/session_dir.h"

/* A session named by its directory may come from anywhere: it must be its user's alone, as the
 * state directory makes them. */
static int open_session_path(int dir_fd, const char *path, uid_t uid)
{
	cleanup_fd int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != uid || (st.st_mode & 022) != 0)
		return -EPERM;
	return steal_fd(&fd);
}

static int open_session(const struct mount_options *options)
{
	const char *session = options->session;
	uid_t uid = options->fs_uid < 0 ? geteuid() : (uid_t)options->fs_uid;
	cleanup_fd int state_fd = -1;

	if (!session)
		return open_session_path(options->session_fd, ".", uid);
	if (strchr(session, '/'))
		return open_session_path(AT_FDCWD, session, uid);
	state_fd = session_state_open(false);
	if (state_fd < 0)
		return state_fd;
	return session_open(state_fd, session);
}

static enum exit_code open_manifest(const struct mount_options *options, struct daemon *daemon)
{
	const char *session = options->session ? options->session : "--session-fd";
	bool has_id = options->session && !strchr(session, '/');
	int r;

	daemon->session_fd = open_session(options);
	if (daemon->session_fd < 0) {
		r = daemon->session_fd;
		message_error("%s: %s", session,
			      r == -ENOENT || r == -EINVAL ? "no such session (see claudefs "
							     "sessions)"
			      : r == -EPERM ? "the session's directory is not yours alone: make it "
					      "yours, mode 0700"
					    : strerror(-r));
		return r == -ENOENT || r == -EINVAL ? EXIT_NO_SESSION : EXIT_FAULT;
	}
	/* A directory may have been moved: its manifest says who it is. */
	r = manifest_read(daemon->session_fd, has_id ? session : NULL, &daemon->manifest);
	if (r == 0)
		return EXIT_OK;
	if (r == -ENOENT) {
		message_error("%s: no session: it has no manifest.json", session);
		return EXIT_NO_SESSION;
	}
	if (r == -EPROTONOSUPPORT)
		message_error("%s: made by a newer version: update claudefs", session);
	else
		message_error("%s: manifest.json is damaged: start a new session", session);
	return message_exit_code(r);
}

static enum exit_code open_rules(const struct mount_options *options, struct daemon *daemon)
{
	struct rules_problem problem = { 0 };
	cleanup_free char *user_dir = NULL;
	int r = rules_new_builtin(&daemon->rules);

	if (r == 0 && options->has_user_rules) {
		user_dir = rules_user_dir();
		if (user_dir)
			r = rules_load_dir(daemon->rules, user_dir, &problem);
	}
	if (r == 0 && options->rules)
		r = rules_load_file(daemon->rules, options->rules, &problem);
	if (r == 0)
		return EXIT_OK;
	if (r == -EBADMSG)
		message_error("%s:%u: %s", problem.file, problem.line, problem.reason);
	else
		message_error("rules: %s", strerror(-r));
	return EXIT_RULES;
}

static enum exit_code open_host(struct daemon *daemon)
{
	const struct manifest *manifest = &daemon->manifest;
	uint64_t dev = 0;
	uint64_t ino = 0;
	int r = project_scope_new(manifest->project, &daemon->scope);

	if (r < 0) {
		message_error("%s: not a project directory's name: %s", manifest->project,
			      strerror(-r));
		return r == -EINVAL ? EXIT_DAMAGED : EXIT_FAULT;
	}
	r = host_tree_open(manifest->host_root, manifest->host_config, &daemon->host);
	if (r < 0) {
		message_error("%s: %s", manifest->host_root, strerror(-r));
		return EXIT_HOST_STATE;
	}
	if (host_tree_exists(daemon->host))
		host_tree_identity(daemon->host, &dev, &ino);
	/* The launcher looked at one directory, and this would show another one. */
	if (manifest->host_ino != 0 && (dev != manifest->host_dev || ino != manifest->host_ino)) {
		message_error("%s: not the directory that the session was made for: start a new "
			      "session",
			      manifest->host_root);
		return EXIT_HOST_STATE;
	}
	return EXIT_OK;
}

enum exit_code daemon_open(const struct mount_options *options, struct daemon *ret)
{
	enum exit_code code;
	int r;

	*ret = (struct daemon)DAEMON_NONE;
	code = open_manifest(options, ret);
	if (code != EXIT_OK)
		return code;
	code = open_rules(options, ret);
	if (code != EXIT_OK)
		return code;
	code = open_host(ret);
	if (code != EXIT_OK)
		return code;
	r = daemon_log_open(ret->session_fd, &ret->log);
	if (r < 0) {
		message_error("%s: " DAEMON_LOG_NAME ": %s", ret->manifest.id, strerror(-r));
		return message_exit_code(r);
	}
	return EXIT_OK;
}

static enum exit_code start_journal(struct daemon *daemon)
{
	const char *id = daemon->manifest.id;
	int r = journal_writer_create(daemon->session_fd, id, &daemon->journal);

	if (r == -EBUSY || r == -EEXIST) {
		message_error("%s: %s", id,
			      r == -EBUSY ? "another daemon serves this session"
					  : "this session was mounted before: start a new one");
		return EXIT_BUSY;
	}
	if (r == 0)
		r = content_store_open(daemon->session_fd, true, &daemon->store);
	if (r == 0)
		return EXIT_OK;
	daemon_log_line(daemon->log, "%s: the journal could not be started: %s", id, strerror(-r));
	return message_exit_code(r);
}

/* Whom the files are shown to belong to. */
static uid_t owner(int64_t given, int64_t reached_as, uid_t own)
{
	if (given >= 0)
		return (uid_t)given;
	return reached_as >= 0 ? (uid_t)reached_as : own;
}

enum exit_code daemon_start(struct daemon *daemon, const struct mount_options *options,
			    const struct secret *credentials)
{
	enum exit_code code = start_journal(daemon);
	struct view_options view = {
		.host = daemon->host,
		.store = daemon->store,
		.journal = daemon->journal,
		.rules = daemon->rules,
		.scope = daemon->scope,
		.credentials = credentials,
		.on_credentials = daemon->credentials.out_fd < 0 ? NULL : credentials_written,
		.credentials_arg = &daemon->credentials,
		.uid = owner(options->uid, options->fs_uid, geteuid()),
		.gid = owner(options->gid, options->fs_gid, getegid()),
		.has_foreign_owners = options->allow_other,
	};
	struct hash hash;
	int r;

	if (code != EXIT_OK)
		return code;
	hash = rules_hash(daemon->rules);
	if (!hash_is_zero(&daemon->manifest.rules_hash) &&
	    !hash_is_equal(&hash, &daemon->manifest.rules_hash))
		daemon_log_line(daemon->log, "warning: the rules changed since the session was "
					     "made; the view follows the new ones");
	r = view_new(&view, &daemon->view);
	if (r == 0)
		r = credentials_start(&daemon->credentials, daemon->view, daemon->log);
	if (r == 0)
		return EXIT_OK;
	daemon_log_line(daemon->log, "%s: the view could not be made: %s", daemon->manifest.id,
			strerror(-r));
	return message_exit_code(r);
}

enum exit_code daemon_close(struct daemon *daemon)
{
	enum exit_code code = EXIT_OK;
	int r;

	credentials_end_input(&daemon->credentials);
	if (daemon->view)
		view_free(daemon->view);
	credentials_close(&daemon->credentials);
	if (daemon->journal) {
		r = journal_writer_close(daemon->journal);
		if (r < 0) {
			daemon_log_line(daemon->log, "error: the journal could not be ended: %s",
					strerror(-r));
			code = message_exit_code(r);
		}
	}
	if (daemon->store)
		content_store_close(daemon->store);
	daemon_log_close(daemon->log);
	if (daemon->host)
		host_tree_close(daemon->host);
	project_scope_free(daemon->scope);
	rules_free(daemon->rules);
	manifest_done(&daemon->manifest);
	if (daemon->session_fd >= 0)
		(void)close(daemon->session_fd);
	*daemon = (struct daemon)DAEMON_NONE;
	return code;
}
