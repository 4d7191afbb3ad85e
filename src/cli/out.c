// SPDX-License-Identifier: BSD-2-Clause
/* out.c - out.h's two renderers. */
#include "cli/out.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_ROOM 4096     /* of one string in text */

/* The length of the UTF-8 character at @at, or 0: a byte that is none (RFC 3629, table 3-7 of
 * Unicode: nothing overlong, no surrogates, nothing above U+10FFFF). */
static u32 utf8_len(const u8 *at)
{
	u8 low = 0x80, high = 0xbf;
	u32 len;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	for (u32 i = 1; i < len; i++) {
		if (at[i] < low || at[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

/* C0, DEL, and C1, which begins escape sequences on some terminals. */
static bool is_control(const u8 *at, u32 len)
{
	return at[0] < 0x20 || at[0] == 0x7f || (len == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

void out_escape(const char *text, const char *keep, char *buf, size_t room)
{
	const u8 *at = (const u8 *)text;
	size_t used = 0;

	while (*at) {
		u32 len = utf8_len(at);
		bool plain = len && (!is_control(at, len) || strchr(keep, *at));
		u32 need = plain ? len : 4;

		if (used + need >= room)
			break;
		if (plain)
			memcpy(buf + used, at, len);
		else
			snprintf(buf + used, room - used, "\\x%02x", *at);
		used += need;
		at += plain ? len : 1;
	}
	buf[used] = '\0';
}

void out_log(FILE *file, const struct log *log)
{
	size_t room = 4 * log->len + 1;
	char *text = malloc(room);

	if (!text) {
		fputs("out of memory\n", file);
		return;
	}
	out_escape(log->text, "\n\t", text, room);
	fputs(text, file);
	free(text);
}

void out_init(struct out *out, FILE *file, bool json, bool pretty)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	*out = (struct out){ .file = file, .json = json, .pretty = pretty };
	out->color = !json && !(no_color && *no_color) && isatty(fileno(file)) &&
		     !(term && !strcmp(term, "dumb"));
}

static bool is_shown(const struct out *out)
{
	return out->depth <= OUT_LEVELS;
}

static void json_string(struct out *out, const char *text)
{
	const u8 *at = (const u8 *)text;

	fputc('"', out->file);
	while (*at) {
		u32 len = utf8_len(at);

		if (!len)
			fputs("\\ufffd", out->file);
		else if (*at == '"' || *at == '\\')
			fprintf(out->file, "\\%c", *at);
		else if (*at >= '\b' && *at <= '\r' && *at != '\v')
			fprintf(out->file, "\\%c", "btn.fr"[*at - '\b']);
		else if (is_control(at, len))
			fprintf(out->file, "\\u%04x", len == 2 ? at[1] : at[0]);
		else
			fwrite(at, 1, len, out->file);
		at += len ? len : 1;
	}
	fputc('"', out->file);
}

static void json_newline(struct out *out)
{
	if (out->pretty)
		fprintf(out->file, "\n%*s", (int)out->depth * 4, "");
}

/* What stands in front of a value: comma, line, key. False: the value is not to be shown. */
static bool json_begin(struct out *out, const char *key)
{
	u32 level = out->depth - 1;

	if (!is_shown(out))
		return false;
	if (!out->depth)
		return true;
	if (out->closer[level] == '}' && !key)
		return false;
	if (!out->fresh[level])
		fputc(',', out->file);
	out->fresh[level] = false;
	if (out->closer[level] == '}') {
		json_newline(out);
		json_string(out, key);
		fputs(out->pretty ? ": " : ":", out->file);
	}
	return true;
}

static void level_open(struct out *out, const char *key, char opener, char closer)
{
	if (!out->json)
		return;
	/* A level cannot do without a key where its values have one. */
	if (json_begin(out, key ? key : ""))
		fputs(out->depth < OUT_LEVELS ? (char[]){ opener, '\0' } : "null", out->file);
	if (out->depth < OUT_LEVELS) {
		out->closer[out->depth] = closer;
		out->fresh[out->depth] = true;
	}
	out->depth++;
}

static void level_close(struct out *out)
{
	if (!out->json || !out->depth)
		return;
	out->depth--;
	if (out->depth >= OUT_LEVELS)
		return;
	if (!out->fresh[out->depth])
		json_newline(out);
	fputc(out->closer[out->depth], out->file);
}

void out_object(struct out *out, const char *key)
{
	level_open(out, key, '{', '}');
}

void out_array(struct out *out, const char *key)
{
	level_open(out, key, '[', ']');
}

void out_object_end(struct out *out)
{
	level_close(out);
}

void out_array_end(struct out *out)
{
	level_close(out);
}

void out_u64(struct out *out, const char *key, const char *fmt, u64 value)
{
	if (!out->json && fmt)
		fprintf(out->file, fmt, value);
	else if (out->json && json_begin(out, key))
		fprintf(out->file, "%" PRIu64, value);
}

void out_s64(struct out *out, const char *key, const char *fmt, s64 value)
{
	if (!out->json && fmt)
		fprintf(out->file, fmt, value);
	else if (out->json && json_begin(out, key))
		fprintf(out->file, "%" PRId64, value);
}

void out_double(struct out *out, const char *key, const char *fmt, double value)
{
	if (!out->json && fmt)
		fprintf(out->file, fmt, value);
	else if (out->json && json_begin(out, key))
		fprintf(out->file, isfinite(value) ? "%.15g" : "null", value);
}

void out_bool(struct out *out, const char *key, const char *text_if_true, bool value)
{
	if (!out->json && text_if_true && value)
		fputs(text_if_true, out->file);
	else if (out->json && json_begin(out, key))
		fputs(value ? "true" : "false", out->file);
}

void out_str(struct out *out, const char *key, const char *fmt, const char *value)
{
	char text[TEXT_ROOM];

	if (!out->json && fmt) {
		out_escape(value, "", text, sizeof(text));
		fprintf(out->file, fmt, text);
	} else if (out->json && json_begin(out, key)) {
		json_string(out, value);
	}
}

void out_raw(struct out *out, const char *key, const char *token)
{
	if (out->json && json_begin(out, key))
		fputs(token, out->file);
}

void out_text(struct out *out, const char *fmt, ...)
{
	va_list args;

	if (out->json)
		return;
	va_start(args, fmt);
	vfprintf(out->file, fmt, args);
	va_end(args);
}

void out_color(struct out *out, enum out_color color)
{
	if (!out->color)
		return;
	switch (color) {
	case OUT_PLAIN:
		fputs("\033[0m", out->file);
		return;
	case OUT_GOOD:
		fputs("\033[32m", out->file);
		return;
	case OUT_BAD:
		fputs("\033[31m", out->file);
		return;
	case OUT_NOTE:
		fputs("\033[36m", out->file);
		return;
	}
}

void out_end(struct out *out)
{
	if (!out->json)
		return;
	while (out->depth)
		level_close(out);
	fputc('\n', out->file);
}
