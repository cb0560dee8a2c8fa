/* SPDX-License-Identifier: MIT */
#include "fs/cli/earlier.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pushes.h"
#include "fs/cli/rules_choice.h"
#include "fs/session/session_dir.h"

void earlier_done(struct earlier *earlier)
{
	free(earlier->id);
	*earlier = (struct earlier){ 0 };
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What was rejected waits for nobody. */
static size_t count_waiting(const struct rules *rules, const struct chosen_session *session)
{
	cleanup_open_review struct open_review open = { 0 };
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	size_t waiting = 0;

	if (open_review_quietly(rules, session, &open) < 0)
		return 0;
	for (size_t i = 0; i < review_count(open.review); i++) {
		const struct change *change = review_get(open.review, i);

		waiting += change->group != REVIEW_NEVER_LEAVES &&
			   change->decision != CHANGE_REJECTED;
	}
	if (pushes_open("status", session, false, &pushes) == EXIT_OK)
		waiting += pushes_count_open(&pushes);
	return waiting;
}

/* Looks at one: true if it is of the project. */
static bool look_at(const struct rules *rules, int state_fd, const char *id, const char *project,
		    size_t *ret_waiting)
{
	cleanup_chosen_session struct chosen_session other = CHOSEN_SESSION_NONE;

	*ret_waiting = 0;
	if (session_open_chosen(state_fd, id, &other) < 0 || other.manifest.is_discarded ||
	    strcmp(other.manifest.project, project) != 0)
		return false;
	*ret_waiting = count_waiting(rules, &other);
	return true;
}

void earlier_find(const struct cli *cli, const struct chosen_session *session, struct earlier *ret)
{
	cleanup_rules struct rules *rules = NULL;
	uint64_t end = now_ms() + EARLIER_MS_MAX;
	size_t looked = 0;
	char **ids = NULL;
	int count = session_list(session->state_fd, &ids);

	if (count > 0 && rules_choose(cli, &rules) == EXIT_OK) {
		for (int i = 0; i < count && !ret->id; i++) {
			/* They sort by time. */
			if (strcmp(ids[i], session->id) >= 0)
				continue;
			if (looked == EARLIER_SESSIONS_MAX || now_ms() > end)
				break;
			looked += look_at(rules, session->state_fd, ids[i],
					  session->manifest.project, &ret->waiting);
			if (ret->waiting > 0)
				ret->id = strdup(ids[i]);
		}
	}
	if (count > 0)
		session_list_free(ids, count);
}
