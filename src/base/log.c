// SPDX-License-Identifier: BSD-2-Clause
/* log.c - appending to the log of a call. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LOG_FIRST 4096   /* room of a log that grows */

void log_init(struct log *log, char *text, size_t room)
{
	*log = (struct log){ .text = text, .room = room };
	text[0] = '\0';
}

int log_grow(struct log *log, size_t max, bool keep_end)
{
	size_t room = max < LOG_FIRST ? max : LOG_FIRST;
	char *text = malloc(room);

	if (!text)
		return -ENOMEM;
	log_init(log, text, room);
	log->max = max;
	log->keep_end = keep_end;
	return 0;
}

void log_clear(struct log *log)
{
	if (!log)
		return;
	log->len = 0;
	log->total = 0;
	log->cut = false;
	if (log->text)
		log->text[0] = '\0';
}

/* Make room for @more bytes and the NUL, as far as that is possible. */
static void make_room(struct log *log, size_t more)
{
	size_t room = log->room, drop;
	char *text;

	while (room - log->len <= more && room < log->max)
		room = 2 * room < log->max ? 2 * room : log->max;
	text = room > log->room ? realloc(log->text, room) : NULL;
	if (text) {
		log->text = text;
		log->room = room;
	}
	if (!log->keep_end || log->room - log->len > more)
		return;
	drop = log->len < log->room / 2 ? log->len : log->room / 2;
	memmove(log->text, log->text + drop, log->len - drop + 1);
	log->len -= drop;
	log->cut = true;
}

static void log_vadd(struct log *log, const char *fmt, va_list args)
{
	size_t left = log->room - log->len;
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(log->text + log->len, left, fmt, args);
	if (n >= 0 && (size_t)n >= left && log->max) {
		log->text[log->len] = '\0';
		make_room(log, (size_t)n);
		left = log->room - log->len;
		vsnprintf(log->text + log->len, left, fmt, again);
	}
	va_end(again);
	if (n < 0)
		return;
	log->total += (u64)n;
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
