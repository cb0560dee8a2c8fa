/* SPDX-License-Identifier: MIT */
#include "fs/git/library.h"

#include <git2.h>
#include <pthread.h>

static bool is_ready;

/* Never torn down: it holds nothing that must be flushed. */
static void set_up(void)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				      GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL };
	bool is_set = git_libgit2_init() > 0;

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		is_set = is_set && git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") == 0;
	is_ready = is_set;
}

bool git_library_is_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, set_up);
	return is_ready;
}
