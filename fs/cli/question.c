/* SPDX-License-Identifier: MIT */
#include "fs/cli/question.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"

char question_ask(const char *text)
{
	cleanup_free char *answer = NULL;
	size_t size = 0;
	const char *p;

	(void)fflush(stdout);
	text_print_safe(stderr, text);
	(void)fputc(' ', stderr);
	(void)fflush(stderr);
	if (getline(&answer, &size, stdin) < 0) {
		(void)fputc('\n', stderr);
		return 0;
	}
	for (p = answer; *p == ' ' || *p == '\t'; p++)
		;
	return *p == '\0' || *p == '\n' ? '\n' : (char)tolower((unsigned char)*p);
}
