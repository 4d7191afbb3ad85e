// SPDX-License-Identifier: BSD-2-Clause
/* lines.c - see lines.h. */
#include "verify/lines.h"

#include <stdio.h>

#include "object/btf.h"
#include "object/prog.h"

/* ---- line_info ---- */

/* How many records of @size bytes, which begin with an instruction and are sorted by it, are at or before
 * @insn. */
static u32 upto(const void *records, u32 count, u32 size, u32 insn)
{
	u32 low = 0, high = count;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (get_u32((const u8 *)records + (size_t)mid * size) <= insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct bpf_line_info *line_at(const struct prog *prog, u32 i)
{
	return (const void *)((const u8 *)prog->line_info + (size_t)i * prog->line_info_size);
}

static const struct btf_type *func_type(const struct verifier *v, u32 insn)
{
	const struct prog *prog = v->prog;
	u32 n = v->btf ? upto(prog->func_info, prog->func_info_count, prog->func_info_size, insn) : 0;
	const u8 *at = prog->func_info;

	if (!n)
		return NULL;
	return btf_type(v->btf, get_u32(at + (size_t)(n - 1) * prog->func_info_size + 4));
}

/* Code that comes from several lines has none: the line before it is the best there is. */
static const struct bpf_line_info *line_find(const struct verifier *v, u32 insn)
{
	const struct prog *prog = v->prog;
	u32 n = v->btf ? upto(prog->line_info, prog->line_info_count, prog->line_info_size, insn) : 0;
	u32 start = v->facts && insn < v->count && v->funcs ? v->funcs[v->facts[insn].func].start : 0;

	for (; n; n--) {
		const struct bpf_line_info *line = line_at(prog, n - 1);

		if (line->insn_off < start)
			return NULL;
		if (BPF_LINE_INFO_LINE_NUM(line->line_col))
			return line;
	}
	return NULL;
}

bool source_find(const struct verifier *v, u32 insn, struct source *out)
{
	const struct btf_type *func = func_type(v, insn);
	const struct bpf_line_info *line = line_find(v, insn);

	*out = (struct source){
		.file = "", .text = "", .function = func ? btf_name(v->btf, func->name_off) : ""};
	if (!line)
		return false;
	out->file = btf_name(v->btf, line->file_name_off);
	if (!strncmp(out->file, "./", 2))
		out->file += 2;
	out->text = btf_name(v->btf, line->line_off);
	out->line = BPF_LINE_INFO_LINE_NUM(line->line_col);
	out->column = BPF_LINE_INFO_LINE_COL(line->line_col);
	if (out->column > strlen(out->text))
		out->column = 0;
	return true;
}

const char *source_param(const struct verifier *v, u32 insn, u32 n)
{
	const struct btf_type *func = func_type(v, insn);
	const struct btf_type *proto = func ? btf_type(v->btf, func->type) : NULL;
	const char *name;

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO || n >= btf_vlen(proto))
		return NULL;
	name = btf_name(v->btf, btf_params(proto)[n].name_off);
	return *name ? name : NULL;
}

u32 source_first(const struct verifier *v, u32 insn, u32 line)
{
	const struct prog *prog = v->prog;
	const struct func *func = &v->funcs[v->facts[insn].func];

	for (u32 i = 0; v->btf && i < prog->line_info_count; i++) {
		const struct bpf_line_info *info = line_at(prog, i);

		if (info->insn_off >= func->start && info->insn_off < func->end &&
		    BPF_LINE_INFO_LINE_NUM(info->line_col) == line)
			return info->insn_off;
	}
	return insn;
}

/* ---- C, as far as it goes on one line ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static u32 skip_blanks(const char *text, u32 at)
{
	while (is_blank(text[at]))
		at++;
	return at;
}

static u32 skip_blanks_left(const char *text, u32 at)
{
	while (at && is_blank(text[at - 1]))
		at--;
	return at;
}

static u32 skip_word(const char *text, u32 at)
{
	while (is_word(text[at]))
		at++;
	return at;
}

static u32 skip_word_left(const char *text, u32 at)
{
	while (at && is_word(text[at - 1]))
		at--;
	return at;
}

/* Behind the bracket that closes the one at @at, or @at when it is not on this line. */
static u32 skip_brackets(const char *text, u32 at)
{
	u32 depth = 0;

	for (u32 i = at; text[i]; i++) {
		if (text[i] == '(' || text[i] == '[')
			depth++;
		else if ((text[i] == ')' || text[i] == ']') && !--depth)
			return i + 1;
	}
	return at;
}

/* Where the bracket opens that is closed before @at, or @at. */
static u32 skip_brackets_left(const char *text, u32 at)
{
	u32 depth = 0;

	for (u32 i = at; i; i--) {
		if (text[i - 1] == ')' || text[i - 1] == ']')
			depth++;
		else if ((text[i - 1] == '(' || text[i - 1] == '[') && !--depth)
			return i - 1;
	}
	return at;
}

static bool is_keyword(const char *text, u32 from, u32 to)
{
	static const char *const words[] = {"return", "if",	"else",	  "for",
					    "while",  "do",	"switch", "case",
					    "goto",   "sizeof", "break",  "continue"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == to - from && !memcmp(words[i], text + from, to - from))
			return true;
	return false;
}

/* Where the operand begins that ends before @end: a->b.c[d](e), a parenthesis, and what stands in front. */
static u32 operand_left(const char *text, u32 end)
{
	u32 at = skip_blanks_left(text, end), from;

	for (;;) {
		from = at;
		while (from && (text[from - 1] == ']' || text[from - 1] == ')')) {
			u32 open = skip_brackets_left(text, from);

			if (open == from)
				return at;
			from = open;
		}
		from = skip_word_left(text, from);
		if (from == at)
			return at;
		at = from;
		if (from >= 2 && text[from - 1] == '>' && text[from - 2] == '-')
			at = from - 2;
		else if (from >= 1 && text[from - 1] == '.')
			at = from - 1;
		else
			break;
	}
	/* *p and &x, where they are no operators between two operands. */
	while (at && (text[at - 1] == '*' || text[at - 1] == '&')) {
		u32 before = skip_blanks_left(text, at - 1);

		if (before && (is_word(text[before - 1]) || text[before - 1] == ')' ||
			       text[before - 1] == ']'))
			break;
		at--;
	}
	return at;
}

/* Behind the operand that begins at @at. */
static u32 operand_right(const char *text, u32 at)
{
	u32 end;

	while (text[at] == '*' || text[at] == '&' || text[at] == '!' || text[at] == '~' || text[at] == '-' ||
	       is_blank(text[at]))
		at++;
	if (text[at] == '(') {
		end = skip_brackets(text, at);
		if (end == at)
			return at;
		at = end;
		/* What follows a cast belongs to it. */
		if (is_word(text[at]) || text[at] == '(' || text[at] == '&' || text[at] == '*')
			return operand_right(text, at);
	} else {
		at = skip_word(text, at);
	}
	for (;;) {
		if (text[at] == '[' || text[at] == '(') {
			end = skip_brackets(text, at);
			if (end == at)
				return at;
			at = end;
		} else if (text[at] == '-' && text[at + 1] == '>' && is_word(text[at + 2])) {
			at = skip_word(text, at + 2);
		} else if (text[at] == '.' && is_word(text[at + 1])) {
			at = skip_word(text, at + 1);
		} else {
			return at;
		}
	}
}

static bool is_operator(char c) { return c && strchr("+-*/%&|^<>=!?", c); }

static bool is_prefix(const char *text, u32 at)
{
	u32 before = skip_blanks_left(text, at);

	if (!strchr("*&!~-", text[at]) || (text[at] == text[at + 1] && text[at] != '*' && text[at] != '!'))
		return false;
	if (before && (is_word(text[before - 1]) || text[before - 1] == ')' || text[before - 1] == ']'))
		return is_keyword(text, skip_word_left(text, before), before);
	return text[at + 1] != '=';
}

bool source_expression(const struct source *src, struct span *out)
{
	const char *text = src->text;
	u32 at = src->column - 1;

	if (!src->column)
		return false;
	out->from = out->to = at;
	if (is_word(text[at])) {
		u32 from = skip_word_left(text, at), end = skip_word(text, at);

		if (is_keyword(text, from, end))
			return false;
		out->from = operand_left(text, end);
		out->to = operand_right(text, from);
	} else if (text[at] == '(' || is_prefix(text, at)) {
		out->to = operand_right(text, at);
	} else if (is_operator(text[at])) {
		u32 end = at;

		while (is_operator(text[end]))
			end++;
		out->from = operand_left(text, at);
		/* i++ has nothing behind it, an assignment does not need it. */
		out->to = text[end - 1] == '=' || (end == at + 2 && text[at] == text[at + 1] &&
						   text[at] != '<' && text[at] != '>')
				  ? end
				  : operand_right(text, end);
	}
	return out->to > out->from;
}

static bool copy(const char *text, u32 from, u32 to, char *buf, size_t room)
{
	while (from < to && is_blank(text[from]))
		from++;
	while (to > from && is_blank(text[to - 1]))
		to--;
	if (from == to || to - from >= room)
		return false;
	memcpy(buf, text + from, to - from);
	buf[to - from] = '\0';
	return true;
}

/* The place that is assigned to, and where the = stands. */
static bool find_assignment(const struct source *src, struct span *to, u32 *equals)
{
	const char *text = src->text;
	u32 at = src->column ? src->column - 1 : 0;

	while (at && text[at - 1] != ';') {
		at--;
		if (text[at] != '=' || text[at + 1] == '=' || (at && strchr("=!<>", text[at - 1])))
			continue;
		*equals = at;
		to->to = skip_blanks_left(text, at);
		if (!to->to || !(is_word(text[to->to - 1]) || text[to->to - 1] == ']'))
			return false;
		/* In a declaration, the * in front of the name is of its type. */
		to->from = operand_left(text, to->to);
		while (text[to->from] == '*' || text[to->from] == '&')
			to->from++;
		return true;
	}
	return false;
}

bool source_assigned(const struct source *src, char *buf, size_t room)
{
	struct span to;
	u32 equals;

	return find_assignment(src, &to, &equals) && copy(src->text, to.from, to.to, buf, room);
}

bool source_assignment(const struct source *src, char *buf, char *value, size_t room)
{
	const char *text = src->text;
	struct span to;
	u32 equals, end, depth = 0;

	if (!find_assignment(src, &to, &equals))
		return false;
	for (end = equals + 1; text[end]; end++) {
		if (!depth && (text[end] == ';' || text[end] == ','))
			break;
		if (text[end] == '(' || text[end] == '[' || text[end] == '{')
			depth++;
		if (depth && (text[end] == ')' || text[end] == ']' || text[end] == '}'))
			depth--;
	}
	return text[end] && copy(text, to.from, to.to, buf, room) && copy(text, equals + 1, end, value, room);
}

/* The expression that is read or written: what is left of an assignment, without ++. */
static bool accessed(const struct source *src, struct span *out)
{
	const char *text = src->text;

	if (!source_expression(src, out))
		return false;
	while (out->to > out->from && (is_operator(text[out->to - 1]) || is_blank(text[out->to - 1])))
		out->to--;
	return out->to > out->from;
}

enum source_access source_access(const struct source *src, char *base, char *index, size_t room)
{
	const char *text = src->text;
	u32 arrow = 0, open = 0, close = 0, depth = 0;
	struct span e;

	*base = *index = '\0';
	if (!accessed(src, &e))
		return ACCESS_NONE;
	for (u32 i = e.from; i < e.to; i++) {
		if (text[i] == '[' && !depth)
			open = i;
		if (text[i] == '[' || text[i] == '(')
			depth++;
		if ((text[i] == ']' || text[i] == ')') && depth)
			depth--;
		if (text[i] == ']' && !depth)
			close = i;
		if (!depth && text[i] == '-' && text[i + 1] == '>')
			arrow = i;
	}
	if (close > open && open > arrow && !copy(text, open + 1, close, index, room))
		*index = '\0';
	while (e.from < e.to && (text[e.from] == '&' || text[e.from] == '!'))
		e.from++;
	if (arrow > e.from)
		return text[e.from] != '*' && copy(text, e.from, arrow, base, room) ? ACCESS_MEMBER
										    : ACCESS_NONE;
	if (text[e.from] == '*')
		return copy(text, e.from + 1, e.to, base, room) ? ACCESS_STAR : ACCESS_NONE;
	if (close + 1 == e.to && open > e.from && *index)
		return copy(text, e.from, open, base, room) ? ACCESS_INDEX : ACCESS_NONE;
	return ACCESS_NONE;
}

bool source_argument(const struct source *src, u32 n, char *buf, size_t room)
{
	const char *text = src->text;
	u32 at = src->column ? src->column - 1 : 0, from, depth = 0;

	if (!src->column || !is_word(text[at]))
		return false;
	at = skip_blanks(text, skip_word(text, at));
	if (text[at] != '(')
		return false;
	for (from = ++at; text[at]; at++) {
		if (!depth && (text[at] == ',' || text[at] == ')')) {
			if (!n--)
				return copy(text, from, at, buf, room);
			from = at + 1;
			if (text[at] == ')')
				return false;
		}
		if (text[at] == '(' || text[at] == '[' || text[at] == '{')
			depth++;
		if (depth && (text[at] == ')' || text[at] == ']' || text[at] == '}'))
			depth--;
	}
	return false;
}
