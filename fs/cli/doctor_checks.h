/* SPDX-License-Identifier: MIT */
/* What `claudefs doctor` looks at. */
#ifndef CLAUDEFS_CLI_DOCTOR_CHECKS_H
#define CLAUDEFS_CLI_DOCTOR_CHECKS_H

#include "fs/base/text.h"
#include "fs/cli/command.h"

enum finding_level {
	FINDING_OK,
	FINDING_WARN, /* something works less well */
	FINDING_FAIL, /* a session or a commit cannot work */
};

struct finding {
	enum finding_level level;
	int code;          /* FAIL: the exit code that such a failure has elsewhere */
	struct text found; /* what is there; made safe when printed */
	struct text mend;  /* what to do about it; empty if nothing */
};

struct doctor_check {
	const char *name;
	void (*look)(const struct cli *cli, struct finding *finding);
};

extern const struct doctor_check
	doctor_checks[]; /* in the order of the output, ended by a NULL name */

/* The parts of the table (Linux's own: kernel, FUSE, namespaces). */
void doctor_look_at_kernel(const struct cli *cli, struct finding *finding);
void doctor_look_at_fuse(const struct cli *cli, struct finding *finding);
void doctor_look_at_namespaces(const struct cli *cli, struct finding *finding);
void doctor_look_at_fusermount(const struct cli *cli, struct finding *finding);

/* The engines of the container runtimes (doctor_runtimes.c). */
void doctor_look_at_docker(const struct cli *cli, struct finding *finding);
void doctor_look_at_podman(const struct cli *cli, struct finding *finding);
/* The stores of a login, as claudefs-run sees them. No secret is read. */
void doctor_look_at_keychain(const struct cli *cli, struct finding *finding);
void doctor_look_at_secret_service(const struct cli *cli, struct finding *finding);
void doctor_look_at_login_file(const struct cli *cli, struct finding *finding);
/* Whether any of them, or the environment, has one: a session would ask for it. */
void doctor_look_at_login(const struct cli *cli, struct finding *finding);

/* True if PATH has an executable of that name; *ret_path (ret_, may be NULL) is where. */
bool doctor_find_program(const char *name, char **ret_path);

#endif
