// SPDX-License-Identifier: BSD-2-Clause
/* lines.h - from an instruction to the C that it was made of, by the line_info that came with the program.
 *
 * A compiler notes a line with its text, and the column of the operator or name that an instruction
 * belongs to. What the expression around it is has to be read off the text: enough of C's syntax to
 * underline it and to name its parts, and no more. Hostile input: everything may be cut or nonsense.
 */
#ifndef CLSBPF_VERIFY_LINES_H
#define CLSBPF_VERIFY_LINES_H

#include "verify/verifier.h"

struct source {
	const char *file;      /* as the compiler was told, without what says only "here"; "" when
				  nothing is known */
	const char *text;      /* of the line; "" */
	const char *function;  /* that the instruction ended up in (it may have been inlined there); "" */
	u32 line, column;      /* from 1; 0: not known */
};

/* Part of a source's text: bytes @from .. @to - 1. */
struct span {
	u32 from, to;
};

/** source_find() - where instruction @insn comes from. False: nobody knows; @out is empty then, but
 *  for the function. */
bool source_find(const struct verifier *v, u32 insn, struct source *out);

/** source_param() - the name of parameter @n (from 0) of the BPF function that @insn is in, or NULL. */
const char *source_param(const struct verifier *v, u32 insn, u32 n);

/** source_at() - the first instruction of the same function that comes from @line, or @insn. */
u32 source_first(const struct verifier *v, u32 insn, u32 line);

/** source_expression() - the expression that @src's column is in. False: there is none. */
bool source_expression(const struct source *src, struct span *out);

/** source_assigned() - the variable (or other place) that the value made at @src's column is
 * assigned to on the same line, into @buf. False: there is none. */
bool source_assigned(const struct source *src, char *buf, size_t room);

/** source_assignment() - the same, and the value that is assigned, as it stands there, into @value.
 * False: there is none, or it does not end on this line. */
bool source_assignment(const struct source *src, char *buf, char *value, size_t room);

enum source_access {
	ACCESS_NONE,
	ACCESS_MEMBER,       /* base->... */
	ACCESS_INDEX,        /* base[index] */
	ACCESS_STAR,         /* *base */
};

/** source_access() - how the expression at @src's column reaches memory; the pointer that it starts from into
 *  @base and the last index in it into @index ("" when there is none), of @room each. */
enum source_access source_access(const struct source *src, char *base, char *index, size_t room);

/** source_argument() - argument @n (from 0) of the call at @src's column, into @buf. */
bool source_argument(const struct source *src, u32 n, char *buf, size_t room);

#endif
