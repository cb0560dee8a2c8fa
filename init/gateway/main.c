/* SPDX-License-Identifier: MIT */
/* claudefs-gate: see gate.h. Started by claudefs-run, or by the keeper of a container, with what it
 * needs as descriptors; it opens nothing by path but the system's resolver configuration. */
#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/session/network_files.h"
#include "init/gateway/gate.h"
#include "init/gateway/names.h"

#define NOBODY      65534 /* of Debian and most others: owns nothing */
#define CONNECTIONS 4096u

struct arguments {
	int listen_fd;
	int redirect_fd; /* the transparent socket; -1: none */
	int names_fd;    /* of the name service; -1: none */
	int refusals_fd; /* what the sandbox's firewall tells; -1: none */
	int session_fd;
	int lifeline_fd; /* its end is ours; -1: none */
	int ready_fd;    /* "ready\n" when it serves; -1: nobody waits */
	bool is_learning;
};

static int parse_number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	return *text == '\0' || *end != '\0' || value < 0 || value > 1 << 20 ? -1 : (int)value;
}

static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{ "learn", no_argument, NULL, 'l' },
		{ "lifeline-fd", required_argument, NULL, 'i' },
		{ "listen-fd", required_argument, NULL, 'n' },
		{ "names-fd", required_argument, NULL, 'd' },
		{ "ready-fd", required_argument, NULL, 'r' },
		{ "redirect-fd", required_argument, NULL, 't' },
		{ "refusals-fd", required_argument, NULL, 'f' },
		{ "session-fd", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd': ret->names_fd = parse_number(optarg); break;
		case 'l': ret->is_learning = true; break;
		case 'i': ret->lifeline_fd = parse_number(optarg); break;
		case 'n': ret->listen_fd = parse_number(optarg); break;
		case 'r': ret->ready_fd = parse_number(optarg); break;
		case 'f': ret->refusals_fd = parse_number(optarg); break;
		case 's': ret->session_fd = parse_number(optarg); break;
		case 't': ret->redirect_fd = parse_number(optarg); break;
		default: return -EINVAL;
		}
	}
	return ret->listen_fd < 0 || ret->session_fd < 0 || optind != argc ? -EINVAL : 0;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
		      int len, void *arg)
{
	(void)listener;
	(void)address;
	(void)len;
	gate_accept(arg, fd);
}

static void on_accept_redirected(struct evconnlistener *listener, evutil_socket_t fd,
				 struct sockaddr *address, int len, void *arg)
{
	(void)listener;
	(void)address;
	(void)len;
	gate_accept_redirected(arg, fd);
}

/* Out of descriptors: the listener would spin. What is open will end. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct timeval pause = { 0, 100000 };

	(void)arg;
	(void)select(0, NULL, NULL, NULL, &pause);
	(void)evconnlistener_enable(listener);
}

static void on_lifeline(evutil_socket_t fd, short what, void *arg)
{
	char byte;

	(void)what;
	if (read(fd, &byte, 1) <= 0)
		(void)event_base_loopbreak(arg);
}

static int load_list(struct gate *gate, int session_fd)
{
	cleanup_free char *text = NULL;
	struct egress_problem problem = { 0 };
	size_t len = 0;
	int r = fd_read_file_at(session_fd, NETWORK_LIST_FILE, EGRESS_LIST_MAX, &text, &len);

	if (r == 0)
		r = egress_list_parse(text, len, &gate->list, &problem);
	if (r < 0)
		message_error("%s: line %u: %s", NETWORK_LIST_FILE, problem.line,
			      problem.reason[0] ? problem.reason : strerror(-r));
	return r;
}

static int open_log(struct gate *gate, int session_fd)
{
	struct stat info;

	gate->log_fd = openat(session_fd, NETWORK_LOG_FILE,
			      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (gate->log_fd < 0 || fstat(gate->log_fd, &info) < 0) {
		message_error("%s: %s", NETWORK_LOG_FILE, strerror(errno));
		return -errno;
	}
	gate->log_bytes = (uint64_t)info.st_size;
	return 0;
}

/* Through /proc/self/fd, since a socket's path may not be long. Where there is no /proc there is no
 * reload. */
static int listen_for_control(int session_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)unlinkat(session_fd, NETWORK_CONTROL_SOCKET, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		       session_fd, NETWORK_CONTROL_SOCKET);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(session_fd, NETWORK_CONTROL_SOCKET, 0600, 0) < 0 || listen(fd, 8) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* What the agent says is parsed here: nothing of the person's may be in reach of a fault. */
static int drop_privileges(void)
{
	static const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	if (getuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			      setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return -errno;
	/* Again: changing ids may have set it back. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

static unsigned int raise_descriptors(void)
{
	struct rlimit limit;
	rlim_t possible;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 64;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	possible = limit.rlim_cur > 64 ? (limit.rlim_cur - 64) / GATE_FDS_PER_CONNECTION : 1;
	return possible < CONNECTIONS ? (unsigned int)possible : CONNECTIONS;
}

static int make_base(struct gate *gate)
{
	gate->base = event_base_new();
	/* Reads resolv.conf and hosts now, while it may. */
	gate->dns = gate->base
			    ? evdns_base_new(gate->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
								 EVDNS_BASE_DISABLE_WHEN_INACTIVE)
			    : NULL;
	if (gate->base && !gate->dns)
		/* No name server is set up: names of the hosts file still work. */
		gate->dns = evdns_base_new(gate->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	/* The list has full names: one that does not exist is none of the search domains' either.
	 */
	if (gate->dns)
		evdns_base_search_clear(gate->dns);
	return gate->base && gate->dns ? 0 : -ENOMEM;
}

static int listen_on(struct gate *gate, int fd, evconnlistener_cb accept_cb)
{
	struct evconnlistener *listener;

	if (evutil_make_socket_nonblocking(fd) < 0)
		return -EINVAL;
	listener = evconnlistener_new(gate->base, accept_cb, gate, LEV_OPT_CLOSE_ON_EXEC, -1, fd);
	if (!listener)
		return -ENOMEM;
	evconnlistener_set_error_cb(listener, on_accept_error);
	return 0;
}

/* libevent's words about datagrams of the agent's are for nobody, and would fill a file. */
static void ignore_words(int is_warning, const char *words)
{
	(void)is_warning;
	(void)words;
}

static int serve_names(struct gate *gate, const struct arguments *arguments)
{
	int r = 0;

	gate->names = names_new();
	if (!gate->names)
		return -ENOMEM;
	evdns_set_log_fn(ignore_words);
	if (arguments->names_fd >= 0)
		r = name_service_start(gate, arguments->names_fd);
	if (r == 0 && arguments->redirect_fd >= 0)
		r = listen_on(gate, arguments->redirect_fd, on_accept_redirected);
	if (r == 0 && arguments->refusals_fd >= 0)
		r = refusals_start(gate, arguments->refusals_fd);
	return r;
}

static int serve(struct gate *gate, const struct arguments *arguments, int control_fd)
{
	struct event *lifeline;
	int r = listen_on(gate, arguments->listen_fd, on_accept);

	if (r == 0)
		r = serve_names(gate, arguments);
	if (r < 0)
		return r;
	if (arguments->lifeline_fd >= 0) {
		lifeline = event_new(gate->base, arguments->lifeline_fd, EV_READ | EV_PERSIST,
				     on_lifeline, gate->base);
		if (!lifeline || event_add(lifeline, NULL) < 0)
			return -ENOMEM;
	}
	if (control_fd >= 0 && control_start(gate, control_fd) < 0)
		return -ENOMEM;
	if (arguments->ready_fd >= 0 && write(arguments->ready_fd, "ready\n", 6) != 6)
		return -EPIPE;
	r = event_base_dispatch(gate->base) < 0 ? -EIO : 0;
	refusals_finish(gate);
	return r;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .listen_fd = -1,
				       .redirect_fd = -1,
				       .names_fd = -1,
				       .refusals_fd = -1,
				       .session_fd = -1,
				       .lifeline_fd = -1,
				       .ready_fd = -1 };
	struct gate gate = { .log_fd = -1, .refusals_fd = -1, .uid = getuid() };
	int control_fd;
	int r;

	message_set_program("claudefs-gate");
	if (parse_arguments(argc, argv, &arguments) < 0) {
		message_error(
			"usage: claudefs-gate --listen-fd N --session-fd N [--redirect-fd N "
			"--names-fd N --refusals-fd N] [--lifeline-fd N] [--ready-fd N] [--learn]; "
			"claudefs-run starts it");
		return EXIT_USAGE;
	}
	gate.is_learning = arguments.is_learning;
	gate.connections_max = raise_descriptors();
	(void)signal(SIGPIPE, SIG_IGN);
	if (load_list(&gate, arguments.session_fd) < 0 || open_log(&gate, arguments.session_fd) < 0)
		return EXIT_FAULT;
	control_fd = listen_for_control(arguments.session_fd);
	if (control_fd < 0)
		message_warning("%s: %s; this session's list cannot be reloaded",
				NETWORK_CONTROL_SOCKET, strerror(-control_fd));
	r = make_base(&gate);
	if (r == 0)
		r = drop_privileges();
	(void)close(arguments.session_fd);
	if (r == 0)
		r = serve(&gate, &arguments, control_fd);
	if (r < 0) {
		message_error("%s", strerror(-r));
		return EXIT_FAULT;
	}
	return EXIT_OK;
}
