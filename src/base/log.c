// SPDX-License-Identifier: BSD-2-Clause
/* log.c - appending to the log of a call. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_init(struct log *log, char *text, size_t room)
{
	*log = (struct log){ .text = text, .room = room };
	text[0] = '\0';
}

static void log_vadd(struct log *log, const char *fmt, va_list args)
{
	size_t left = log->room - log->len;
	int n = vsnprintf(log->text + log->len, left, fmt, args);

	if (n < 0)
		return;
	if ((size_t)n >= left) {
		log->cut = true;
		n = (int)left - 1;
	}
	log->len += (size_t)n;
}

void log_add(struct log *log, const char *fmt, ...)
{
	va_list args;

	if (!log)
		return;
	va_start(args, fmt);
	log_vadd(log, fmt, args);
	va_end(args);
}

void log_line(struct log *log, const char *fmt, ...)
{
	va_list args;

	if (!log)
		return;
	va_start(args, fmt);
	log_vadd(log, fmt, args);
	va_end(args);
	log_add(log, "\n");
}

int log_error(struct log *log, int err, const char *fmt, ...)
{
	va_list args;

	if (!log)
		return err;
	va_start(args, fmt);
	log_vadd(log, fmt, args);
	va_end(args);
	log_add(log, "\n");
	return err;
}
