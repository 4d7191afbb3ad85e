// SPDX-License-Identifier: BSD-2-Clause
/* help_trace.c - bpf_trace_printk: its format language, and lines as trace_pipe shows them.
 *
 * The format comes from the program: printable characters, at most three conversions out of
 * %d %i %u %x %X with l and ll, %c, %s, %p and its kinds (K x k u with s, i4 I4 i6 I6), %%; anything
 * else is -EINVAL. Strings and addresses behind %p are read only where the program itself may read.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define TRACE_ARGS 3
#define TRACE_TEXT 1024   /* MAX_TRACE_PRINTK_BUF */

struct trace {
	const struct exec *exec;
	const char *fmt;
	u32 at, len;
	u64 args[TRACE_ARGS];
	u32 used;                 /* arguments so far */
	char text[TRACE_TEXT];
	size_t out;               /* characters that the text would have */
};

static void put(struct trace *t, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++, t->out++)
		if (t->out < sizeof(t->text) - 1)
			t->text[t->out] = text[i];
}

static char peek(const struct trace *t)
{
	return t->at < t->len ? t->fmt[t->at] : '\0';
}

/* Copy what the program may read at @address: up to @room bytes. Returns their number. */
static u32 fetch(const struct trace *t, u64 address, void *to, u32 room)
{
	u32 may = t->exec->readable ? t->exec->readable(t->exec, address) : 0;

	if (may > room)
		may = room;
	memcpy(to, u64_ptr(address), may);
	return may;
}

static void put_string(struct trace *t, const char *spec, u64 address)
{
	char text[512], shown[TRACE_TEXT];
	u32 len = fetch(t, address, text, sizeof(text) - 1);

	text[len] = '\0';
	put(t, shown, (size_t)min_u32((u32)snprintf(shown, sizeof(shown), spec, text),
				      sizeof(shown) - 1));
}

static int put_address(struct trace *t, u64 address, int family)
{
	char text[INET6_ADDRSTRLEN] = "";
	u8 bytes[16] = { 0 };

	fetch(t, address, bytes, family == AF_INET ? 4 : 16);
	inet_ntop(family, bytes, text, sizeof(text));
	put(t, text, strlen(text));
	return 0;
}

/* %p and its kinds; the 'p' is behind. */
static int put_pointer(struct trace *t, u64 value)
{
	char text[24], kind = peek(t);
	char version = t->at + 1 < t->len ? t->fmt[t->at + 1] : '\0';

	switch (kind) {
	case 'i':
	case 'I':
		if (version != '4' && version != '6')
			return -EINVAL;
		t->at += 2;
		return put_address(t, value, version == '4' ? AF_INET : AF_INET6);
	case 'k':
	case 'u':
		if (version != 's')
			return -EINVAL;
		t->at += 2;
		put_string(t, "%s", value);
		return 0;
	case 'K':
	case 'x':
	case 's':
	case 'S':
	case 'B':
		t->at++;
		break;
	default:
		if (kind && !isspace((u8)kind) && !ispunct((u8)kind))
			return -EINVAL;
	}
	put(t, text, (size_t)snprintf(text, sizeof(text), "%016llx", (unsigned long long)value));
	return 0;
}

/* Integers: the flags and the width in @spec, then h is not known, l and ll are. */
static int put_integer(struct trace *t, char *spec, size_t spec_len, u64 value)
{
	char text[TRACE_TEXT];
	int longs = 0, n;
	char kind;

	while (peek(t) == 'l' && longs < 2) {
		longs++;
		t->at++;
	}
	kind = peek(t);
	if (!kind || !strchr("iduxX", kind))
		return -EINVAL;
	t->at++;
	memcpy(spec + spec_len, "ll", 2);
	spec[spec_len + 2] = kind;
	spec[spec_len + 3] = '\0';
	if (!longs)
		value = kind == 'd' || kind == 'i' ? (u64)(s64)(s32)value : (u32)value;
	n = snprintf(text, sizeof(text), spec, (unsigned long long)value);
	put(t, text, min_u32((u32)n, sizeof(text) - 1));
	return 0;
}

/* One conversion; the '%' is behind. */
static int put_conversion(struct trace *t)
{
	char spec[32] = "%";
	size_t len = 1;
	u64 value;
	char c;

	if (t->used == TRACE_ARGS)
		return -EINVAL;
	value = t->args[t->used++];
	while ((c = peek(t)) && strchr("0+- ", c)) {
		if (len < 8)
			spec[len++] = c;
		t->at++;
	}
	while (isdigit((u8)peek(t))) {
		if (len < 12)
			spec[len++] = peek(t);
		t->at++;
	}
	c = peek(t);
	if (c == 'p') {
		t->at++;
		return put_pointer(t, value);
	}
	if (c == 's') {
		t->at++;
		memcpy(spec + len, "s", 2);
		put_string(t, spec, value);
		return 0;
	}
	if (c == 'c') {
		char one = (char)value;

		t->at++;
		put(t, &one, 1);
		return 0;
	}
	return put_integer(t, spec, len, value);
}

static int format(struct trace *t)
{
	while (t->at < t->len) {
		char c = t->fmt[t->at++];
		int err;

		if ((u8)c > 127 || (!isprint((u8)c) && !isspace((u8)c)))
			return -EINVAL;
		if (c != '%') {
			put(t, &c, 1);
			continue;
		}
		if (peek(t) == '%') {
			t->at++;
			put(t, "%", 1);
			continue;
		}
		err = put_conversion(t);
		if (err)
			return err;
	}
	t->text[t->out < sizeof(t->text) ? t->out : sizeof(t->text) - 1] = '\0';
	return 0;
}

/* "            comm-pid     [cpu] flags  seconds: bpf_trace_printk: text", the columns of trace_pipe. */
static void trace_line(struct exec *exec, const char *text)
{
	u64 us = engine_now(exec->engine) / 1000;
	char line[TRACE_TEXT + 128];
	int len;

	if (!exec->engine->trace)
		return;
	len = snprintf(line, sizeof(line), "%16s-%-7u [%03u] ..... %5llu.%06llu: bpf_trace_printk: %s\n",
		       "clsbpf", 1 + exec->cpu, exec->cpu, (unsigned long long)(us / 1000000),
		       (unsigned long long)(us % 1000000), text);
	exec->engine->trace(exec->engine->trace_ctx, line, min_u32((u32)len, sizeof(line) - 1));
}

u64 helper_trace_printk(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const char *fmt = u64_ptr(a1), *end = memchr(fmt, 0, (u32)a2);
	struct trace t;
	int err;

	if (!end)
		return (u64)-EINVAL;
	t.exec = exec;
	t.fmt = fmt;
	t.at = t.used = 0;
	t.out = 0;
	t.len = (u32)(end - fmt);
	t.args[0] = a3;
	t.args[1] = a4;
	t.args[2] = a5;
	err = format(&t);
	if (err)
		return (u64)(s64)err;
	trace_line(exec, t.text);
	return t.out;
}
