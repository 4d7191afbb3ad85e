// SPDX-License-Identifier: BSD-2-Clause
/* emit.c - text and JSON as iproute2 6.1 lays them out.
 *
 *   [{"kind":"clsact","options":{}},{...}]            plain
 *   [ {                                               pretty: objects open where they stand, members
 *           "kind": "clsact",                         and the end of an object that has some get
 *           "options": {}                             lines of their own, 4 columns a level; arrays
 *       },{                                           stay on the line
 *
 * Strings get the escapes that iproute2 gives them and no others: a name that holds control
 * characters is not valid JSON there and not here.
 */
#include "tc/emit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void put(struct emit *emit, const char *text, size_t len)
{
	if (emit->full)
		return;
	if (len > emit->room - emit->len) {
		size_t room = (emit->len + len) * 2;
		char *more = realloc(emit->text, room);

		emit->full = !more;
		if (!more)
			return;
		emit->text = more;
		emit->room = room;
	}
	if (len)
		memcpy(emit->text + emit->len, text, len);
	emit->len += len;
}

static void put_text(struct emit *emit, const char *text)
{
	if (text)
		put(emit, text, strlen(text));
}

static bool json(const struct emit *emit) { return emit->out->json; }
static bool pretty(const struct emit *emit) { return emit->out->json && emit->out->pretty; }

static void put_line(struct emit *emit)
{
	if (!pretty(emit))
		return;
	put_text(emit, "\n");
	for (u32 i = 0; i < emit->depth; i++)
		put_text(emit, "    ");
}

static void put_string(struct emit *emit, const char *text)
{
	static const char from[] = "\t\n\r\f\b\\\"", to[] = "tnrfb\\\"";

	put_text(emit, "\"");
	while (*text) {
		size_t plain = strcspn(text, from);
		const char *at;

		put(emit, text, plain);
		text += plain;
		if (!*text)
			break;
		at = strchr(from, *text++);
		put(emit, (const char[]){ '\\', to[at - from] }, 2);
	}
	put_text(emit, "\"");
}

/* What stands in front of a value: a comma, a line, the key. */
static void put_key(struct emit *emit, const char *key)
{
	if (emit->comma)
		put_text(emit, ",");
	emit->comma = true;
	if (!key)
		return;
	put_line(emit);
	put_string(emit, key);
	put_text(emit, pretty(emit) ? ": " : ":");
}

void emit_object(struct emit *emit, const char *key)
{
	if (!json(emit))
		return;
	put_key(emit, key);
	put_text(emit, "{");
	emit->depth++;
	emit->comma = false;
}

void emit_object_end(struct emit *emit)
{
	if (!json(emit))
		return;
	emit->depth--;
	if (emit->comma)
		put_line(emit);
	put_text(emit, "}");
	emit->comma = true;
}

void emit_array(struct emit *emit, const char *key)
{
	if (!json(emit))
		return;
	put_key(emit, key);
	put_text(emit, pretty(emit) ? "[ " : "[");
	emit->depth++;
	emit->comma = false;
}

void emit_array_end(struct emit *emit)
{
	if (!json(emit))
		return;
	emit->depth--;
	put_text(emit, pretty(emit) && emit->comma ? " ]" : "]");
	emit->comma = true;
}

void emit_begin(struct emit *emit, const struct tc_output *out)
{
	*emit = (struct emit){ .out = out };
	emit_array(emit, NULL);
}

int emit_end(struct emit *emit)
{
	emit_array_end(emit);
	if (json(emit))
		put_text(emit, "\n");
	if (emit->full)
		return -ENOMEM;
	if (emit->len)
		emit->out->write(emit->out->ctx, emit->text, emit->len);
	return 0;
}

void emit_free(struct emit *emit)
{
	free(emit->text);
	emit->text = NULL;
}

void emit_u64(struct emit *emit, const char *key, const char *before, u64 value, const char *after)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	if (json(emit)) {
		put_key(emit, key);
		put_text(emit, digits);
	} else if (before) {
		put_text(emit, before);
		put_text(emit, digits);
		put_text(emit, after);
	}
}

void emit_str(struct emit *emit, const char *key, const char *before, const char *value,
	      const char *after)
{
	if (json(emit)) {
		if (!key)
			return;
		put_key(emit, key);
		put_string(emit, value);
	} else if (before) {
		put_text(emit, before);
		put_text(emit, value);
		put_text(emit, after);
	}
}

void emit_bool(struct emit *emit, const char *key, const char *text, bool value)
{
	if (json(emit)) {
		put_key(emit, key);
		put_text(emit, value ? "true" : "false");
	} else {
		put_text(emit, text);
	}
}

void emit_text(struct emit *emit, const char *text)
{
	if (!json(emit))
		put_text(emit, text);
}
