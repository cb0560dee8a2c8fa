/* SPDX-License-Identifier: MIT */
#include "fs/cli/question.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"

char *question_ask_line(const char *text)
{
	char *answer = NULL;
	size_t size = 0;
	ssize_t len;

	(void)fflush(stdout);
	text_print_safe(stderr, text);
	(void)fputc(' ', stderr);
	(void)fflush(stderr);
	len = getline(&answer, &size, stdin);
	if (len < 0) {
		(void)fputc('\n', stderr);
		free(answer);
		return NULL;
	}
	while (len > 0 && strchr(" \t\r\n", answer[len - 1]))
		answer[--len] = '\0';
	size = strspn(answer, " \t");
	memmove(answer, answer + size, (size_t)len + 1 - size);
	return answer;
}

char question_ask(const char *text)
{
	cleanup_free char *answer = question_ask_line(text);

	if (!answer)
		return 0;
	return *answer == '\0' ? '\n' : (char)tolower((unsigned char)*answer);
}
