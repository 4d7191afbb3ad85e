// SPDX-License-Identifier: BSD-2-Clause
/* out.h - one emitter, two renderers: what a verb shows is said once and comes out as text or JSON.
 *
 * A value has a key (JSON), and a text form given by a printf format (text). Either may be absent:
 * out_text() shows in text only, a NULL format in JSON only.
 */
#ifndef CLSBPF_CLI_OUT_H
#define CLSBPF_CLI_OUT_H

#include <stdio.h>

#include "base/types.h"

struct out {
	FILE *file;
	bool json, pretty, color;
	int depth;
	bool fresh[32];     /* nothing was written yet at this depth */
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
void out_str(struct out *out, const char *key, const char *fmt, const char *value);
/* "0a1b"; fmt takes a %s */
void out_hex(struct out *out, const char *key, const char *fmt, const u8 *bytes, size_t len);

/** out_text() - text only. */
void out_text(struct out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** out_end() - the last newline of a JSON document; flushes. */
void out_end(struct out *out);

#endif
