/* SPDX-License-Identifier: MIT */
/* What makes the sandbox. One session (run.c) goes the same way in each: prepare, run, finish; the
 * table says who does it. */
#ifndef CLAUDEFS_LAUNCHER_RUNTIME_H
#define CLAUDEFS_LAUNCHER_RUNTIME_H

#include <stdbool.h>

#include "fs/session/manifest.h"
#include "launcher/containers.h"
#include "launcher/credentials_keeper.h"
#include "launcher/daemon.h"
#include "launcher/gate.h"
#include "launcher/host_places.h"
#include "launcher/options.h"
#include "launcher/plan.h"
#include "launcher/sandbox.h"
#include "launcher/supervise.h"

struct runtime;

/* One session while it runs. */
struct run {
	const struct options *options;
	const struct host_places *places;
	const struct plan *plan;
	const struct runtime *runtime;
	struct supervisor supervisor;
	struct manifest manifest;
	int session_fd;          /* -1: no session yet */
	struct daemon_link link; /* what the daemon, or the keeper, says */
	struct gate_link gate;   /* the way out, where the network is "gateway" */
	struct child gate_child;
	struct child list_child; /* asks npm and pip meanwhile */
	struct gate_link push;   /* claudefs-push, where there is a remote */
	struct child push_child;
	struct sandbox sandbox;         /* native */
	struct credentials credentials; /* the login that was found, until it is handed over */
	struct credentials_keeper login_keeper;
	struct child keeper_child;
	struct containers containers; /* docker, podman */
};

struct runtime {
	const char *name;
	bool is_container;
	/* Up to the agent's first instruction; makes the session (run_make_session()) when it is
	 * known that it can run. Returns 0, or an exit code after a line on stderr. */
	int (*prepare)(struct run *run);
	/* Until the agent has ended. Returns its exit code, or one of ours after a line. */
	int (*run_agent)(struct run *run);
	/* Ends whatever still runs, so that nothing is lost, and cleans up. Called always. */
	void (*finish)(struct run *run);
};

extern const struct runtime runtime_docker;
extern const struct runtime runtime_native;
extern const struct runtime runtime_podman;

/* The runtime that the options ask for. With "auto", an engine is asked whether it answers and can
 * take the keeper; why not is said where a person would wonder. *ret (static). Returns 0, or an
 * exit code after a line on stderr. */
int runtime_choose(const struct options *options, const struct runtime **ret);

/* For the runtimes (run.c). Each returns 0, or an exit code after a line on stderr. */
int run_make_session(struct run *run);
/* Notes what the workspace is like. Before the agent's first instruction. */
int run_look_at_workspace(struct run *run);
/* 128 + signal where the person stopped us, else our own failure. */
int run_failure_code(const struct run *run);
/* Starts claudefs-gate on its sockets in the sandbox (borrowed), and waits until it serves. Where
 * nothing is redirected to it, says so once, with redirect_error (-errno; 0: nobody knows why).
 * Returns 0, or an exit code after a line on stderr. */
int run_start_gate(struct run *run, const int fds[NETWORK_SLOTS], int redirect_error);
/* Ends it. After the agent. */
void run_finish_gate(struct run *run);
/* Waits until a program that gate_launch() started is ready. Returns 0, or an exit code after a
 * line on stderr. */
int run_await_program(struct run *run, const struct gate_link *link, const char *name);

/* Before the session can write anything: where the project's remotes lead is noted the first time
 * (push_known.h). */
void run_note_remotes(const struct host_places *places, const struct plan *plan);

/* claudefs-push (push/broker.h), the same way. The session's store of pushes is made first; it
 * keeps the remotes as they are now. */
int run_start_push(struct run *run, int listen_fd);
void run_finish_push(struct run *run);

#endif
