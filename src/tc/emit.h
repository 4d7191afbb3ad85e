// SPDX-License-Identifier: BSD-2-Clause
/* emit.h - one emitter, two renderers: what `show` has to say is said once and comes out as text or
 * as JSON, byte for byte as iproute2 6.1 lays both out.
 *
 * A value has a key (JSON) and a text form. Either may be NULL: then the other renderer is silent.
 */
#ifndef CLSBPF_TC_EMIT_H
#define CLSBPF_TC_EMIT_H

#include "tc/tc.h"

struct emit {
	const struct tc_output *out;
	char *text;                /* what there is so far: it goes out whole, or not at all */
	size_t len, room;
	bool full;                 /* no memory for more */
	u32 depth;
	bool comma;                /* JSON: a value stands in front, on this level */
};

/** emit_begin() / emit_end() - the document: an array in JSON, nothing in text. emit_end() writes it
 *  to the output. Returns 0 or -ENOMEM: then nothing was written. */
void emit_begin(struct emit *emit, const struct tc_output *out);
must_check int emit_end(struct emit *emit);

/** emit_free() - the memory; what was not written is lost. */
void emit_free(struct emit *emit);

/** emit_object() and the others open and close levels of JSON; text has none. @key NULL: inside an
 *  array. */
void emit_object(struct emit *emit, const char *key);
void emit_object_end(struct emit *emit);
void emit_array(struct emit *emit, const char *key);
void emit_array_end(struct emit *emit);

/** emit_u64() - @before, the number, @after as text. @before NULL: JSON only. @key NULL: an element
 *  of an array in JSON. */
void emit_u64(struct emit *emit, const char *key, const char *before, u64 value,
	      const char *after);

/** emit_str() - the same for a string; @key NULL: text only. */
void emit_str(struct emit *emit, const char *key, const char *before, const char *value,
	      const char *after);

/** emit_bool() - @text (NULL: nothing), whatever the value is; true or false as JSON. */
void emit_bool(struct emit *emit, const char *key, const char *text, bool value);

/** emit_text() - in text only. */
void emit_text(struct emit *emit, const char *text);

#endif
