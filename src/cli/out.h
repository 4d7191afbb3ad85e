// SPDX-License-Identifier: BSD-2-Clause
/* out.h - one emitter, two renderers: what a verb shows is said once and comes out as text or JSON.
 *
 * A value has a key (JSON), and a text form given by a printf format (text). Either may be absent:
 * a NULL format shows in JSON only; out_text(), and a value without a key inside an object, in text
 * only. Inside an array keys do not matter.
 *
 * Pretty JSON is laid out as bpftool's: a line a member, 4 columns a level, elements of an array where
 * they stand.
 *
 * Invariant: the JSON is valid whatever the strings and numbers are. Strings may be hostile: bytes
 * that are no UTF-8 become U+FFFD in JSON; in text they, and control characters, are shown as \xNN.
 * Levels that were left open are closed by out_end(); levels below OUT_LEVELS come out as null.
 */
#ifndef CLSBPF_CLI_OUT_H
#define CLSBPF_CLI_OUT_H

#include <stdio.h>

#include "base/log.h"
#include "base/types.h"

#define OUT_LEVELS 32

enum out_color { OUT_PLAIN, OUT_GOOD, OUT_BAD, OUT_NOTE };

struct out {
	FILE *file;
	bool json, pretty, color;
	u32 depth;                  /* open levels, those that are not shown included */
	char closer[OUT_LEVELS];    /* '}' or ']' of each */
	bool fresh[OUT_LEVELS];     /* nothing was written yet at this level */
};

/** out_init() - color follows NO_COLOR and whether @file is a terminal. */
void out_init(struct out *out, FILE *file, bool json, bool pretty);

void out_object(struct out *out, const char *key);   /* key NULL: inside an array, or the root */
void out_object_end(struct out *out);
void out_array(struct out *out, const char *key);
void out_array_end(struct out *out);

void out_u64(struct out *out, const char *key, const char *fmt, u64 value);     /* fmt takes a PRIu64 */
void out_s64(struct out *out, const char *key, const char *fmt, s64 value);
void out_double(struct out *out, const char *key, const char *fmt, double value);
void out_bool(struct out *out, const char *key, const char *text_if_true, bool value);
/* fmt takes a %s; as text at most 4 KiB of @value */
void out_str(struct out *out, const char *key, const char *fmt, const char *value);

/** out_raw() - JSON only: @token as it is ("null", or what is no JSON where people read it). */
void out_raw(struct out *out, const char *key, const char *token);

/** out_text() - text only; what is printed is ours, not out of a file. */
void out_text(struct out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** out_color() - text on a terminal only: what follows is of this colour. */
void out_color(struct out *out, enum out_color color);

/** out_end() - the end of a JSON document: closes what is open, and its last newline. */
void out_end(struct out *out);

/** out_escape() - @text as it may be shown on a terminal, into @buf; cut when it does not fit.
 *  @keep: control characters that stay ("\n\t"). */
void out_escape(const char *text, const char *keep, char *buf, size_t room);

/** out_log() - what a log says, escaped, to @file. */
void out_log(FILE *file, const struct log *log);

#endif
