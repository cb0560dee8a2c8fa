/* SPDX-License-Identifier: MIT */
/* claudefs-mount: serves the view of one session. It reads the host's state, writes the session's
 * directory and nothing else, and holds no code that could change the host's state. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/secret.h"
#include "fs/base/text.h"
#include "fs/mount/background.h"
#include "fs/mount/daemon.h"
#include "fs/mount/harden.h"
#include "fs/mount/mountpoint.h"
#include "fs/mount/operations.h"
#include "fs/mount/options.h"
#include "fs/mount/session_loop.h"

struct program {
	struct mount_options options;
	struct daemon daemon;
	struct mount_server server;
	struct fuse_session *session;
	char *mountpoint; /* absolute, or /dev/fd/N */
	int signal_fd;
	int report_fd; /* to the process that waits in the foreground; -1: none */
};

__attribute__((format(printf, 2, 0))) static void log_libfuse(enum fuse_log_level level,
							      const char *format, va_list args)
{
	cleanup_text struct text text = { 0 };

	if (level > FUSE_LOG_WARNING)
		return;
	text_vappendf(&text, format, args);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[text.len - 1] = '\0';
	if (text.data)
		message_error("%s", text.data);
}

static void say_ready(void *arg)
{
	struct program *program = arg;

	if (program->options.ready_fd >= 0) {
		/* Nobody may be listening any more: the mount serves all the same. */
		if (write(program->options.ready_fd, "ready\n", 6) < 0)
			message_warning("--ready-fd: %s", strerror(errno));
		(void)close(program->options.ready_fd);
		program->options.ready_fd = -1;
	}
	if (program->report_fd >= 0) {
		background_report(program->report_fd, EXIT_OK);
		program->report_fd = -1;
	}
}

/* The working directory is left later on, and unmounting needs the name again. */
static char *absolute_mountpoint(const struct mount_options *options)
{
	cleanup_free char *cwd = NULL;
	char *path = NULL;
	int n;

	if (options->fuse_fd >= 0) {
		n = asprintf(&path, "/dev/fd/%d", options->fuse_fd);
		return n < 0 ? NULL : path;
	}
	if (options->mountpoint[0] == '/')
		return strdup(options->mountpoint);
	cwd = getcwd(NULL, 0);
	n = cwd ? asprintf(&path, "%s/%s", cwd, options->mountpoint) : -1;
	return n < 0 ? NULL : path;
}

static enum exit_code check_mountpoint(const struct program *program)
{
	uint64_t dev = 0;
	uint64_t ino = 0;
	enum exit_code code;

	if (program->options.fuse_fd >= 0)
		return EXIT_OK;
	code = mountpoint_check_fuse();
	if (code != EXIT_OK)
		return code;
	if (host_tree_exists(program->daemon.host))
		host_tree_identity(program->daemon.host, &dev, &ino);
	return mountpoint_check(program->mountpoint, dev, ino);
}

static enum exit_code mount_view(struct program *program)
{
	static const char options[] = "default_permissions,nosuid,nodev,fsname=claudefs,"
				      "subtype=claudefs";
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = fuse_opt_add_arg(&args, "claudefs-mount");

	/* With --fuse-fd somebody else has mounted, with these options. */
	if (r == 0 && program->options.fuse_fd < 0) {
		r = fuse_opt_add_arg(&args, "-o");
		if (r == 0)
			r = fuse_opt_add_arg(&args, options);
		if (r == 0 && program->options.allow_other)
			r = fuse_opt_add_arg(&args, "-oallow_other");
	}
	if (r == 0)
		program->session = fuse_session_new(&args, &mount_operations,
						    sizeof(mount_operations), &program->server);
	fuse_opt_free_args(&args);
	if (!program->session) {
		message_error("the FUSE session could not be made: out of memory");
		return EXIT_FAULT;
	}
	if (fuse_session_mount(program->session, program->mountpoint) == 0)
		return EXIT_OK;
	message_error(
		"%s: cannot mount FUSE here: install fuse3 (fusermount3), or run where mounts "
		"are allowed",
		program->mountpoint);
	return EXIT_NO_FUSE;
}

static enum exit_code read_credentials(struct program *program, struct secret **ret)
{
	int r = credentials_open(&program->daemon.credentials, program->options.credentials_fd,
				 program->options.credentials_out_fd, ret);

	if (r == 0)
		return EXIT_OK;
	message_error("--credentials-fd: %s",
		      r == -EBADMSG ? "not a frame with a login" : strerror(-r));
	return EXIT_USAGE;
}

static enum exit_code serve(struct program *program)
{
	enum session_loop_end end = SESSION_LOOP_FAILED;
	int r;

	program->server.view = program->daemon.view;
	program->server.log = program->daemon.log;
	program->server.on_ready = say_ready;
	program->server.ready_arg = program;
	r = session_loop_run(program->session, &program->server, program->signal_fd, &end);
	if (r < 0) {
		message_error("no thread could be started: %s", strerror(-r));
		return EXIT_FAULT;
	}
	switch (end) {
	case SESSION_LOOP_SIGNALLED:
	case SESSION_LOOP_DISCONNECTED: return EXIT_OK;
	case SESSION_LOOP_FAILED: break;
	}
	daemon_log_line(program->daemon.log, "error: the connection to the kernel broke");
	return EXIT_FAULT;
}

static enum exit_code run(struct program *program)
{
	struct secret *credentials = NULL;
	enum exit_code code = daemon_open(&program->options, &program->daemon);

	if (code == EXIT_OK)
		code = check_mountpoint(program);
	if (code == EXIT_OK)
		code = read_credentials(program, &credentials);
	/* Before the journal is begun: a session whose mount fails can be mounted again. */
	if (code == EXIT_OK)
		code = mount_view(program);
	if (code == EXIT_OK && chdir("/") < 0)
		code = EXIT_FAULT;
	if (code == EXIT_OK)
		code = daemon_start(&program->daemon, &program->options, credentials);
	secret_free(credentials);
	if (code == EXIT_OK)
		code = serve(program);
	return code;
}

/* Unmounts first, so that nothing is asked any more, then ends the journal. */
static enum exit_code finish(struct program *program, enum exit_code code)
{
	enum exit_code close_code;

	if (program->session) {
		fuse_session_unmount(program->session);
		fuse_session_destroy(program->session);
	}
	close_code = daemon_close(&program->daemon);
	if (program->report_fd >= 0)
		background_report(program->report_fd, code);
	free(program->mountpoint);
	return code != EXIT_OK ? code : close_code;
}

int main(int argc, char **argv)
{
	struct program program = { .daemon = DAEMON_NONE, .report_fd = -1 };
	const struct mount_options *options = &program.options;
	int keep[6];
	int r;

	message_set_program("claudefs-mount");
	r = mount_options_parse(argc, argv, &program.options);
	if (r != 0)
		return r > 0 ? EXIT_OK : EXIT_USAGE;
	fuse_set_log_func(log_libfuse);
	if (!options->is_foreground) {
		program.report_fd = background_start();
		r = program.report_fd < 0 ? program.report_fd : 0;
	}
	keep[0] = options->fuse_fd;
	keep[1] = options->ready_fd;
	keep[2] = options->credentials_fd;
	keep[3] = program.report_fd;
	keep[4] = options->session_fd;
	keep[5] = options->credentials_out_fd;
	if (r == 0)
		r = harden_process(keep, sizeof(keep) / sizeof(keep[0]));
	if (r == 0 && options->fs_uid >= 0)
		r = harden_reach_as((uid_t)options->fs_uid, (gid_t)options->fs_gid);
	if (r < 0) {
		message_error("cannot give up what is not needed: %s", strerror(-r));
		return EXIT_FAULT;
	}
	program.signal_fd = r < 0 ? r : session_loop_signals();
	program.mountpoint = absolute_mountpoint(options);
	if (program.signal_fd < 0 || !program.mountpoint) {
		message_error("cannot start: %s",
			      program.signal_fd < 0 ? strerror(-program.signal_fd)
						    : "no working directory, or out of memory");
		return EXIT_FAULT;
	}
	return (int)finish(&program, run(&program));
}
