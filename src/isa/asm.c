// SPDX-License-Identifier: BSD-2-Clause
/* asm.c - text to instructions: reads what disasm.c prints, and labels.
 *
 *   pass 1: labels get their instruction numbers       (a label not known yet is 0)
 *   pass 2: the same again, with all labels known
 *
 * One instruction a line. A label may stand in front of one or alone on its line. Where a jump says
 * pc+3 it may also say a label, and so may `call` and `subprog[...]`. `;` and `//` start a comment.
 * `r1 = 5` is a move; `r1 = 0x5` is a 64-bit constant in two slots, as Linux prints the two; `ll`
 * after a number in either notation asks for the latter.
 *
 * The first thing that is wrong is named by line and column (both from 1, in bytes) and ends the
 * work. Instructions are well formed one by one; insn_check_program() looks at the whole.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "isa/insn.h"

struct label {
	const char *name;
	size_t len;
	u32 insn, line;
};

struct source {
	const char *at, *line_start;
	u32 line;
	bool resolve;           /* pass 2 */
	struct label *labels;   /* sorted by name in pass 2 */
	size_t label_count, label_room;
	struct bpf_insn *insns;
	u32 count, room;
	struct bpf_insn out[2]; /* the instruction being read */
	u8 slots;
	struct log *log;
};

static int fail_at(struct source *s, const char *at, int err, const char *what)
{
	int len = 0;

	while (len < 24 && at[len] && at[len] != '\n' && isprint((unsigned char)at[len]))
		len++;
	if (len)
		log_line(s->log, "line %u, column %zu: %s, not `%.*s`", s->line,
			 (size_t)(at - s->line_start) + 1, what, len, at);
	else
		log_line(s->log, "line %u, column %zu: %s", s->line,
			 (size_t)(at - s->line_start) + 1, what);
	return err;
}

static int fail(struct source *s, const char *what)
{
	return fail_at(s, s->at, -EINVAL, what);
}

/* ---- words ---- */

static void skip_blanks(struct source *s)
{
	while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
		s->at++;
}

static bool at_end(struct source *s)
{
	skip_blanks(s);
	return !*s->at || *s->at == '\n' || *s->at == ';' || (s->at[0] == '/' && s->at[1] == '/');
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

static size_t word_len(const char *at)
{
	size_t n = 0;

	while (is_word(at[n]))
		n++;
	return n;
}

/* Take @text if it comes next; a word must end where @text ends. */
static bool take(struct source *s, const char *text)
{
	size_t len = strlen(text);

	skip_blanks(s);
	if (strncmp(s->at, text, len) || (is_word(text[len - 1]) && is_word(s->at[len])))
		return false;
	s->at += len;
	return true;
}

static int expect(struct source *s, const char *text, const char *what)
{
	return take(s, text) ? 0 : fail(s, what);
}

/* Digits after an optional sign, as 64 bits; @hex says how they were written. */
static int take_number(struct source *s, bool *negative, bool *hex, u64 *value)
{
	const char *start;
	char *end;

	skip_blanks(s);
	start = s->at;
	*negative = *start == '-';
	if (*start == '-' || *start == '+')
		start++;
	while (*start == ' ')
		start++;
	*hex = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
	if (!isdigit((unsigned char)*start))
		return fail(s, "expected a number");
	errno = 0;
	*value = strtoull(start, &end, *hex ? 16 : 10);
	if (errno || is_word(*end))
		return fail(s, "expected a number of at most 64 bits");
	s->at = end;
	return 0;
}

static int take_ranged(struct source *s, s64 min, s64 max, const char *what, s64 *out)
{
	const char *start = (skip_blanks(s), s->at);
	bool negative, hex;
	u64 value;
	int err = take_number(s, &negative, &hex, &value);

	if (err)
		return err;
	if (negative ? value > (u64)-min : value > (u64)max)
		return fail_at(s, start, -EINVAL, what);
	*out = negative ? -(s64)value : (s64)value;
	return 0;
}

/* The immediate of an operation on @width bits: one on 64 bits sign-extends it, so that 0xffffffff
 * would not be what it looks like; 0 bits: either notation. */
static int take_imm(struct source *s, u8 width, s32 *imm)
{
	s64 value = 0;
	int err = take_ranged(s, INT_MIN, width == 64 ? INT_MAX : UINT_MAX, width == 64 ?
			      "expected a signed number of 32 bits" :
			      "expected a number of 32 bits", &value);

	*imm = (s32)(u32)value;
	return err;
}

static int take_off(struct source *s, s16 *off)
{
	s64 value = 0;
	int err = take_ranged(s, SHRT_MIN, SHRT_MAX, "expected an offset of 16 bits", &value);

	*off = (s16)value;
	return err;
}

/* r0..r10, w0..w10. */
static bool peek_register(struct source *s)
{
	skip_blanks(s);
	return (s->at[0] == 'r' || s->at[0] == 'w') && isdigit((unsigned char)s->at[1]);
}

static int take_register(struct source *s, char letter, u8 *reg)
{
	size_t len;

	skip_blanks(s);
	len = word_len(s->at);
	if (!peek_register(s) || len > 3 || (len == 3 && (s->at[1] != '1' || s->at[2] != '0')))
		return fail(s, "expected a register, r0 to r10 or w0 to w10");
	if (s->at[0] != letter)
		return fail(s, letter == 'w' ? "expected a 32-bit register, as on the left" :
					       "expected a 64-bit register");
	*reg = (u8)(len == 3 ? 10 : s->at[1] - '0');
	s->at += len;
	return 0;
}

/* ---- rows of insn.def ---- */

/* The row of @shape and @width (0: any) whose symbol comes next; the longest symbol wins. */
static int take_row(struct source *s, enum insn_shape shape, u8 width, enum insn_id *id)
{
	size_t best = 0;

	*id = INSN_EXIT;
	skip_blanks(s);
	for (int i = 0; i < INSN_COUNT; i++) {
		const struct insn_info *row = &insn_info[i];
		size_t len = strlen(row->text);

		if (row->shape != shape || (width && row->width != width) || len <= best ||
		    strncmp(s->at, row->text, len) ||
		    (is_word(row->text[len - 1]) && is_word(s->at[len])))
			continue;
		best = len;
		*id = i;
	}
	s->at += best;
	return best ? 0 : -ENOENT;
}

/* Begin an instruction of row @id: opcode and selector. */
static void use_row(struct source *s, enum insn_id id, bool reg)
{
	const struct insn_info *row = &insn_info[id];
	struct bpf_insn *insn = &s->out[0];

	insn->code = row->code;
	if (reg && (row->flags & (F_K | F_X)) == (F_K | F_X))
		insn->code |= BPF_X;
	switch ((enum insn_selector)row->selector) {
	case SEL_NONE:
		break;
	case SEL_OFF:
		insn->off = (s16)row->value;
		break;
	case SEL_IMM:
		insn->imm = row->value;
		break;
	case SEL_SRC:
		insn->src_reg = row->value & 0xf;
		break;
	}
	s->slots = row->flags & F_WIDE ? 2 : 1;
}

static void set_dst(struct source *s, u8 reg) { s->out[0].dst_reg = reg & 0xf; }
static void set_src(struct source *s, u8 reg) { s->out[0].src_reg = reg & 0xf; }

/* Bit fields have no address: read into a byte, then store. */
static int take_src(struct source *s, char letter)
{
	u8 reg = 0;
	int err = take_register(s, letter, &reg);

	set_src(s, reg);
	return err;
}

/* ---- labels ---- */

static int label_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int label_compare(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	int order = label_order(x->name, x->len, y->name, y->len);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int label_add(struct source *s, size_t len)
{
	if (s->resolve)
		return 0;
	if (s->label_count == s->label_room) {
		size_t room = s->label_room ? s->label_room * 2 : 16;
		struct label *more = realloc(s->labels, room * sizeof(*more));

		if (!more)
			return fail_at(s, s->at, -ENOMEM, "no memory for another label");
		s->labels = more;
		s->label_room = room;
	}
	s->labels[s->label_count++] =
		(struct label){ .name = s->at, .len = len, .insn = s->count, .line = s->line };
	return 0;
}

static int label_find(struct source *s, size_t len, u32 *insn)
{
	size_t low = 0, high = s->label_count;

	*insn = 0;
	if (!s->resolve)
		return 0;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct label *label = &s->labels[mid];
		int order = label_order(s->at, len, label->name, label->len);

		if (!order) {
			*insn = label->insn;
			return 0;
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return fail(s, "expected a label that exists");
}

static int labels_sort(struct source *s)
{
	if (s->label_count)
		qsort(s->labels, s->label_count, sizeof(*s->labels), label_compare);
	for (size_t i = 1; i < s->label_count; i++) {
		const struct label *a = &s->labels[i - 1], *b = &s->labels[i];

		if (!label_order(a->name, a->len, b->name, b->len))
			return log_error(s->log, -EINVAL, "line %u: the label %.*s is on line %u "
					 "already", b->line, b->len > 64 ? 64 : (int)b->len,
					 b->name, a->line);
	}
	return 0;
}

/* A label, or digits after a sign, as a distance from the next instruction. */
static int take_distance(struct source *s, s64 min, s64 max, s64 *distance)
{
	const char *start = (skip_blanks(s), s->at);
	size_t len = word_len(start);
	u32 insn;
	int err;

	if (*start == '+' || *start == '-' || isdigit((unsigned char)*start))
		return take_ranged(s, min, max, "expected a distance in the range of this jump",
				   distance);
	if (!len)
		return fail(s, "expected a label or pc+N");
	err = label_find(s, len, &insn);
	if (err)
		return err;
	*distance = s->resolve ? (s64)insn - s->count - s->slots : 0;
	if (*distance < min || *distance > max)
		return fail(s, "expected a label in the range of this jump");
	s->at += len;
	return 0;
}

/* pc+N or a label. */
static int take_target(struct source *s, bool wide)
{
	s64 distance = 0;
	int err;

	skip_blanks(s);
	if (!strncmp(s->at, "pc", 2) && (s->at[2] == '+' || s->at[2] == '-'))
		s->at += 2;
	err = take_distance(s, wide ? INT_MIN : SHRT_MIN, wide ? INT_MAX : SHRT_MAX, &distance);
	if (wide)
		s->out[0].imm = (s32)distance;
	else
		s->out[0].off = (s16)distance;
	return err;
}

/* ---- instructions ---- */

/* `*(u32 *)(r6 +4)` after its star: which row of @shape (0 width: by name), register and offset. */
static int take_place(struct source *s, u8 *width, bool *is_signed, u8 *base)
{
	static const struct { const char *name; u8 width; bool is_signed; } types[] = {
		{ "u8", 8, false }, { "u16", 16, false }, { "u32", 32, false }, { "u64", 64, false },
		{ "s8", 8, true }, { "s16", 16, true }, { "s32", 32, true },
	};
	int err = expect(s, "(", "expected (, as in (u32 *)(r1 +4)");
	size_t i = 0;

	if (err)
		return err;
	while (i < ARRAY_SIZE(types) && !take(s, types[i].name))
		i++;
	if (i == ARRAY_SIZE(types))
		return fail(s, "expected u8, u16, u32, u64, s8, s16 or s32");
	*width = types[i].width;
	*is_signed = types[i].is_signed;
	err = expect(s, "*", "expected * after the type");
	if (!err)
		err = expect(s, ")", "expected ) after the type");
	if (err || !base)
		return err;
	err = expect(s, "(", "expected ( before the register");
	if (!err)
		err = take_register(s, 'r', base);
	if (!err && (skip_blanks(s), *s->at != ')'))
		err = take_off(s, &s->out[0].off);
	return err ? err : expect(s, ")", "expected ) after the offset");
}

/* The row of @shape with these properties, or -EINVAL. */
static int find_row(struct source *s, enum insn_shape shape, const char *text, u8 width,
		    u32 flags, enum insn_id *id)
{
	*id = INSN_EXIT;
	for (int i = 0; i < INSN_COUNT; i++) {
		const struct insn_info *row = &insn_info[i];

		if (row->shape == shape && row->width == width &&
		    (row->flags & F_SIGNED) == (flags & F_SIGNED) &&
		    (!text || !strcmp(row->text, text))) {
			*id = i;
			return 0;
		}
	}
	return fail(s, "expected a width that this operation has");
}

/* `skb[14]`, `skb[r7 + 14]` */
static int read_packet_load(struct source *s, u8 width)
{
	enum insn_id id;
	bool indirect;
	u8 reg = 0;
	int err;

	if (s->out[0].dst_reg)
		return fail(s, "expected r0 on the left of a load from skb[]");
	err = expect(s, "skb", "expected skb");
	if (!err)
		err = expect(s, "[", "expected [");
	if (err)
		return err;
	indirect = peek_register(s);
	err = find_row(s, indirect ? SHAPE_LD_IND : SHAPE_LD_ABS, NULL, width, 0, &id);
	if (err)
		return err;
	use_row(s, id, false);
	if (indirect)
		err = take_register(s, 'r', &reg);
	set_src(s, reg);
	if (err || (indirect && take(s, "]")))
		return err;
	if (indirect)
		take(s, "+");
	err = take_imm(s, 0, &s->out[0].imm);
	return err ? err : expect(s, "]", "expected ]");
}

/* After `rD = *`. */
static int read_load(struct source *s)
{
	enum insn_id id;
	bool is_signed;
	u8 width, base = 0;
	const char *start = s->at;
	int err = take_place(s, &width, &is_signed, NULL);

	if (err)
		return err;
	if (skip_blanks(s), *s->at == 's')
		return read_packet_load(s, width);
	s->at = start;
	err = take_place(s, &width, &is_signed, &base);
	if (!err)
		err = find_row(s, SHAPE_LDX, NULL, width, is_signed ? F_SIGNED : 0, &id);
	if (err)
		return err;
	use_row(s, id, true);
	set_src(s, base);
	return 0;
}

/* After a star at the start of a line: a store of a register or a constant. */
static int read_store(struct source *s)
{
	enum insn_id id;
	bool is_signed, reg;
	u8 width, base = 0;
	int err = take_place(s, &width, &is_signed, &base);

	if (!err)
		err = expect(s, "=", "expected =");
	if (err)
		return err;
	if (is_signed)
		return fail(s, "expected an unsigned type on the left");
	reg = peek_register(s);
	err = find_row(s, reg ? SHAPE_STX : SHAPE_ST, NULL, width, 0, &id);
	if (err)
		return err;
	use_row(s, id, reg);
	set_dst(s, base);
	return reg ? take_src(s, 'r') : take_imm(s, width, &s->out[0].imm);
}

/* After `lock *`. */
static int read_locked(struct source *s)
{
	enum insn_id id;
	bool is_signed;
	u8 width, base = 0;
	int err = take_place(s, &width, &is_signed, &base);

	if (err)
		return err;
	if (take_row(s, SHAPE_ATOMIC, width, &id))
		return fail(s, "expected +=, |=, &= or ^= on 32 or 64 bits");
	use_row(s, id, true);
	set_dst(s, base);
	return take_src(s, 'r');
}

/* After `store_release(`. */
static int read_store_release(struct source *s)
{
	enum insn_id id;
	bool is_signed;
	u8 width, base = 0;
	int err = take_place(s, &width, &is_signed, &base);

	if (!err)
		err = find_row(s, SHAPE_ATOMIC, "store_release", width, 0, &id);
	if (err)
		return err;
	use_row(s, id, true);
	set_dst(s, base);
	err = expect(s, ",", "expected ,");
	if (!err)
		err = take_src(s, 'r');
	return err ? err : expect(s, ")", "expected )");
}

/* After `rD = load_acquire(`. */
static int read_load_acquire(struct source *s)
{
	enum insn_id id;
	bool is_signed;
	u8 width, base = 0;
	int err = take_place(s, &width, &is_signed, &base);

	if (!err)
		err = find_row(s, SHAPE_ATOMIC, "load_acquire", width, 0, &id);
	if (err)
		return err;
	use_row(s, id, true);
	set_src(s, base);
	return expect(s, ")", "expected )");
}

/* After `rD = atomic_` or `rD = atomic64_`. */
static int read_fetch(struct source *s, u8 width)
{
	u8 result = s->out[0].dst_reg, wrote, base = 0, src = 0;
	const char *start = s->at;
	bool is_signed, compare;
	enum insn_id id;
	int err;

	if (take_row(s, SHAPE_ATOMIC, width, &id) || !(insn_info[id].flags & F_FETCH))
		return fail_at(s, start, -EINVAL, "expected fetch_add, fetch_or, fetch_and, "
			       "fetch_xor, xchg or cmpxchg");
	compare = id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW;
	err = expect(s, "(", "expected (");
	start = s->at;
	if (!err)
		err = take_place(s, &wrote, &is_signed, &base);
	if (!err && (wrote != width || is_signed))
		return fail_at(s, start, -EINVAL, "expected the type of this operation's width");
	if (!err && compare)
		err = expect(s, ", r0", "expected , r0");
	if (!err)
		err = expect(s, ",", "expected ,");
	start = s->at;
	if (!err)
		err = take_register(s, 'r', &src);
	if (!err && result != (compare ? 0 : src))
		return fail_at(s, start, -EINVAL, compare ?
			       "the old value goes to r0: expected r0 on the left" :
			       "the old value goes to the source: expected the register of the left");
	if (err)
		return err;
	use_row(s, id, true);
	set_dst(s, base);
	set_src(s, src);
	return expect(s, ")", "expected )");
}

/* After `rD = map[`: fd:N], idx:N], id:N] and then perhaps [0]+offset. */
static int read_map(struct source *s)
{
	bool index = take(s, "idx");
	s32 number = 0, offset = 0;
	bool value;
	int err;

	if (!index && !take(s, "fd") && !take(s, "id"))
		return fail(s, "expected fd:N, idx:N or id:N");
	err = expect(s, ":", "expected :");
	if (!err)
		err = take_imm(s, 0, &number);
	if (!err)
		err = expect(s, "]", "expected ]");
	value = !err && take(s, "[0]");
	if (value)
		err = take_imm(s, 0, &offset);
	if (index)
		use_row(s, value ? INSN_LD_MAP_IDX_VALUE : INSN_LD_MAP_IDX, false);
	else
		use_row(s, value ? INSN_LD_MAP_VALUE : INSN_LD_MAP_FD, false);
	s->out[0].imm = number;
	s->out[1].imm = offset;
	return err;
}

/* After `rD = subprog[` or `rD = btf[id:`; both may end with [second constant]. */
static int read_reference(struct source *s, enum insn_id id)
{
	s64 distance = 0;
	int err;

	use_row(s, id, false);
	if (id == INSN_LD_FUNC) {
		/* A call counts from the first slot; so does this. */
		s->slots = 1;
		err = take_distance(s, INT_MIN, INT_MAX, &distance);
		s->slots = 2;
		s->out[0].imm = (s32)distance;
	} else {
		err = take_imm(s, 0, &s->out[0].imm);
	}
	if (!err)
		err = expect(s, "]", "expected ]");
	if (!err && take(s, "[")) {
		err = take_imm(s, 0, &s->out[1].imm);
		if (!err)
			err = expect(s, "]", "expected ]");
	}
	return err;
}

static int read_number(struct source *s, char letter)
{
	const char *start = (skip_blanks(s), s->at);
	bool negative, hex;
	u64 value;
	int err = take_number(s, &negative, &hex, &value);

	if (err)
		return err;
	if (letter == 'r' && (take(s, "ll") || hex)) {
		value = negative ? 0 - value : value;
		use_row(s, INSN_LD_IMM64, false);
		s->out[0].imm = (s32)(u32)value;
		s->out[1].imm = (s32)(u32)(value >> 32);
		return 0;
	}
	s->at = start;
	use_row(s, letter == 'w' ? INSN_MOV32 : INSN_MOV64, false);
	return take_imm(s, letter == 'w' ? 32 : 64, &s->out[0].imm);
}

/* After `rD =`: what has one operand and it is dD itself. */
static int read_self(struct source *s, enum insn_id id, char letter)
{
	u8 reg = 0;
	const char *start = (skip_blanks(s), s->at);
	int err;

	use_row(s, id, false);
	err = take_register(s, letter, &reg);
	if (!err && reg != s->out[0].dst_reg)
		return fail_at(s, start, -EINVAL, "expected the register of the left side");
	return err;
}

/* After `rD =`, words that a plain operand cannot start with; -ENOENT: none of them. */
static int read_special(struct source *s, char letter)
{
	enum insn_id id;

	skip_blanks(s);
	if (letter == 'r' && !take_row(s, SHAPE_ENDIAN, 0, &id))
		return read_self(s, id, letter);
	if (*s->at == '-' && !isdigit((unsigned char)s->at[1]) && take(s, "-"))
		return read_self(s, letter == 'w' ? INSN_NEG32 : INSN_NEG64, letter);
	if (letter == 'w')
		return -ENOENT;
	if (take(s, "*"))
		return read_load(s);
	if (take(s, "load_acquire("))
		return read_load_acquire(s);
	if (take(s, "map["))
		return read_map(s);
	if (take(s, "subprog["))
		return read_reference(s, INSN_LD_FUNC);
	if (take(s, "btf[id:"))
		return read_reference(s, INSN_LD_BTF_ID);
	if (!strncmp(s->at, "atomic64_", 9)) {
		s->at += 9;
		return read_fetch(s, 64);
	}
	if (!strncmp(s->at, "atomic_", 7)) {
		s->at += 7;
		return read_fetch(s, 32);
	}
	return -ENOENT;
}

/* A line that starts with a register. */
static int read_assignment(struct source *s)
{
	char letter = *s->at;
	u8 width = letter == 'w' ? 32 : 64, reg = 0;
	enum insn_id id;
	int err = take_register(s, letter, &reg);

	if (err)
		return err;
	set_dst(s, reg);
	if (!take_row(s, SHAPE_MOVSX, width, &id)) {
		use_row(s, id, true);
		return take_src(s, letter);
	}
	if (!take_row(s, SHAPE_ALU, width, &id)) {
		bool from_reg = peek_register(s);

		use_row(s, id, from_reg);
		return from_reg ? take_src(s, letter) : take_imm(s, width, &s->out[0].imm);
	}
	err = expect(s, "=", "expected =, or an operation such as +=");
	if (err)
		return err;
	err = read_special(s, letter);
	if (err != -ENOENT)
		return err;
	if (!peek_register(s))
		return read_number(s, letter);
	use_row(s, letter == 'w' ? INSN_MOV32 : INSN_MOV64, true);
	return take_src(s, letter);
}

/* After `if`. */
static int read_condition(struct source *s)
{
	char letter = (skip_blanks(s), *s->at);
	enum insn_id id;
	bool from_reg;
	u8 reg = 0;
	int err = take_register(s, letter == 'w' ? 'w' : 'r', &reg);

	if (err)
		return err;
	if (take_row(s, SHAPE_JCOND, letter == 'w' ? 32 : 64, &id))
		return fail(s, "expected ==, !=, >, >=, <, <=, s>, s>=, s<, s<= or &");
	from_reg = peek_register(s);
	use_row(s, id, from_reg);
	set_dst(s, reg);
	err = from_reg ? take_src(s, letter) : take_imm(s, 0, &s->out[0].imm);
	if (!err)
		err = expect(s, "goto", "expected goto");
	return err ? err : take_target(s, false);
}

/* After `call`: pc+N, a label, name#N, or N. */
static int read_call(struct source *s)
{
	size_t len;
	int err;

	skip_blanks(s);
	if (isdigit((unsigned char)*s->at)) {
		use_row(s, INSN_CALL_HELPER, false);
		return take_imm(s, 0, &s->out[0].imm);
	}
	len = word_len(s->at);
	if (take(s, "kernel-function#")) {
		use_row(s, INSN_CALL_KFUNC, false);
		err = take_imm(s, 0, &s->out[0].imm);
		return err || !take(s, "btf") ? err : take_off(s, &s->out[0].off);
	}
	if (len && s->at[len] == '#') {
		s->at += len + 1;
		use_row(s, INSN_CALL_HELPER, false);
		return take_imm(s, 0, &s->out[0].imm);
	}
	use_row(s, INSN_CALL_LOCAL, false);
	return take_target(s, true);
}

static int read_insn(struct source *s)
{
	enum insn_id id;

	s->out[0] = s->out[1] = (struct bpf_insn){ 0 };
	s->slots = 1;
	if (take(s, "if"))
		return read_condition(s);
	if (take(s, "call"))
		return read_call(s);
	if (take(s, "lock")) {
		int err = expect(s, "*", "expected *, as in lock *(u64 *)(r1 +0) += r2");

		return err ? err : read_locked(s);
	}
	if (take(s, "store_release("))
		return read_store_release(s);
	if (take(s, "*"))
		return read_store(s);
	if (!take_row(s, SHAPE_EXIT, 0, &id)) {
		use_row(s, id, false);
		return 0;
	}
	if (!take_row(s, SHAPE_JA, 0, &id) || !take_row(s, SHAPE_MAY_GOTO, 0, &id)) {
		use_row(s, id, false);
		return take_target(s, insn_info[id].width == 32);
	}
	if (peek_register(s))
		return read_assignment(s);
	return fail(s, "expected an instruction");
}

static int read_label(struct source *s)
{
	size_t len = (skip_blanks(s), word_len(s->at));
	int err;

	if (!len || s->at[len] != ':' || isdigit((unsigned char)*s->at))
		return 0;
	err = label_add(s, len);
	s->at += len + 1;
	return err;
}

static int read_line(struct source *s)
{
	int err = read_label(s);

	if (err || at_end(s))
		return err;
	err = read_insn(s);
	if (err)
		return err;
	if (!at_end(s))
		return fail(s, "expected the end of the line");
	if (s->room - s->count < s->slots)
		return fail_at(s, s->line_start, -E2BIG, "the program has more instructions than "
			       "there is room for");
	memcpy(&s->insns[s->count], s->out, s->slots * sizeof(s->out[0]));
	s->count += s->slots;
	return 0;
}

static int read_pass(struct source *s, const char *text)
{
	s->at = text;
	s->line = 0;
	s->count = 0;
	while (*s->at) {
		int err;

		s->line_start = s->at;
		s->line++;
		err = read_line(s);
		if (err)
			return err;
		while (*s->at && *s->at != '\n')
			s->at++;
		s->at += *s->at == '\n';
	}
	return 0;
}

int insn_assemble(const char *text, struct bpf_insn *insns, u32 room, struct log *log)
{
	struct source s = { .insns = insns, .room = min_u32(room, INT_MAX), .log = log };
	int err = read_pass(&s, text);

	if (!err)
		err = labels_sort(&s);
	s.resolve = true;
	if (!err)
		err = read_pass(&s, text);
	free(s.labels);
	return err ? err : (int)s.count;
}
