/* SPDX-License-Identifier: MIT */
#include "fs/base/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "fs/base/text.h"

static const char *program_name = "claudefs";

void message_set_program(const char *name)
{
	program_name = name;
}

__attribute__((format(printf, 2, 0))) static void say(const char *label, const char *format,
						      va_list args)
{
	cleanup_text struct text raw = { 0 };
	cleanup_text struct text line = { 0 };

	text_appendf(&raw, "%s: %s", program_name, label);
	text_vappendf(&raw, format, args);
	if (raw.data)
		text_append_safe(&line, raw.data, raw.len, false);
	text_append(&line, "\n");
	/* One write, so that lines of several processes do not mix. */
	if (line.data)
		(void)fwrite(line.data, 1, line.len, stderr);
}

void message_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void message_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warning: ", format, args);
	va_end(args);
}

void message_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
}

enum exit_code message_exit_code(int error)
{
	switch (error) {
	case 0: return EXIT_OK;
	case -EBADMSG: return EXIT_DAMAGED;
	case -ENOSPC:
	case -EDQUOT: return EXIT_NO_SPACE;
	case -EBUSY:
	case -EWOULDBLOCK: return EXIT_BUSY;
	case -EPROTONOSUPPORT: return EXIT_TOO_NEW;
	default: return EXIT_FAULT;
	}
}

int message_worse_code(int a, int b)
{
	/* All others are worse than these. */
	static const int mild[] = { EXIT_OK, EXIT_HELD, EXIT_CONFLICT, EXIT_REFUSED };

	for (size_t i = 0; i < sizeof(mild) / sizeof(mild[0]); i++) {
		if (a == mild[i])
			return b;
		if (b == mild[i])
			return a;
	}
	return a;
}
