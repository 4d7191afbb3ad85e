// SPDX-License-Identifier: BSD-2-Clause
/* xlated.c - the listing of `prog dump xlated`.
 *
 *   int one(struct __sk_buff * skb):            where a function begins
 *   ; struct key k = { .a = skb->len };         where a source line begins
 *      1: (61) r1 = *(u32 *)(r1 +112)
 *
 * Calls are numbers of helpers, functions of the program, or, once Linux has linked the program,
 * distances to its own functions.
 */
#include "cli/xlated.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/btf_object.h"
#include "isa/insn.h"

#define SOURCE_ROOM 1024
#define COUNT_MAX INSN_MAX

struct listing {
	struct out *out;
	const struct xlated *x;
	const struct xlated_style *style;
	struct symbols *symbols;
	u32 func, line;                 /* the next of each */
};

static const char *helper_name_of(s32 id)
{
#define NAME(name) "bpf_" #name
	static const char *const names[] = { __BPF_FUNC_MAPPER(NAME) };
#undef NAME

	return id >= 0 && (size_t)id < ARRAY_SIZE(names) ? names[id] : NULL;
}

/* A helper, or a function of Linux at a distance. */
static int name_helper(void *ctx, s32 id, char *buf, size_t room)
{
	struct listing *l = ctx;
	const char *name = helper_name_of(id);
	u64 address;

	if (name)
		return snprintf(buf, room, "%s", name);
	address = symbols_call(l->symbols, id);
	if (!address)
		return 0;
	name = symbols_name(l->symbols, address);
	return name ? snprintf(buf, room, "%s", name) : snprintf(buf, room, "0x%" PRIx64, address);
}

/* A function of the program: when Linux has compiled it, imm is its number and off the distance. */
static int name_call(void *ctx, const struct bpf_insn *insn, char *buf, size_t room)
{
	struct listing *l = ctx;
	const char *name;
	u64 address;

	if (insn->src_reg != BPF_PSEUDO_CALL) {
		int len = name_helper(ctx, insn->imm, buf, room);

		return len > 0 && (size_t)len < room ? len + snprintf(buf + len, room - (size_t)len, "#%d",
								      insn->imm) : len;
	}
	if (!l->x->ksym_count)
		return snprintf(buf, room, "pc%+d", insn->off ? insn->off : insn->imm);
	address = (u32)insn->imm < l->x->ksym_count ? l->x->ksyms[insn->imm] : 0;
	name = symbols_name(l->symbols, address);
	if (name)
		return snprintf(buf, room, "pc%+d#%s", insn->off, name);
	return snprintf(buf, room, "pc%+d#0x%" PRIx64, insn->off, address);
}

/* Maps are known by their ids here, not by handles. */
static int name_constant(void *ctx, const struct bpf_insn *insn, char *buf, size_t room)
{
	switch (insn->src_reg) {
	case BPF_PSEUDO_MAP_FD:
		return snprintf(buf, room, "map[id:%u]", (u32)insn->imm);
	case BPF_PSEUDO_MAP_VALUE:
		return snprintf(buf, room, "map[id:%u][0]+%u", (u32)insn->imm, (u32)insn[1].imm);
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return snprintf(buf, room, "map[idx:%u]+%u", (u32)insn->imm, (u32)insn[1].imm);
	case BPF_PSEUDO_FUNC:
		return snprintf(buf, room, "subprog[%+d]", insn->imm);
	case 0:
		return 0;
	}
	return snprintf(buf, room, "0x%llx", (unsigned long long)insn_imm64(insn));
}

/* Two forms that Linux's verifier makes and no program may hold. */
static bool made_by_linux(const struct bpf_insn *insn, char *buf, size_t room)
{
	if (insn->code == (BPF_ST | 0xc0)) {
		snprintf(buf, room, "nospec");
		return true;
	}
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->off == -1) {
		snprintf(buf, room, "r%u = &(void __percpu *)(r%u)", insn->dst_reg, insn->src_reg);
		return true;
	}
	return false;
}

static void show_opcodes(struct out *out, const struct bpf_insn *insn, bool wide)
{
	const u8 *bytes = (const u8 *)insn;
	char text[8];

	if (!out->json) {
		out_text(out, "       ");
		for (u32 i = 0; i < (wide ? 16u : 8u); i++)
			out_text(out, "%s%02x", i ? " " : "", bytes[i]);
		out_text(out, "\n");
		return;
	}
	out_object(out, "opcodes");
	snprintf(text, sizeof(text), "0x%02x", insn->code);
	out_str(out, "code", NULL, text);
	snprintf(text, sizeof(text), "0x%x", insn->src_reg);
	out_str(out, "src_reg", NULL, text);
	snprintf(text, sizeof(text), "0x%x", insn->dst_reg);
	out_str(out, "dst_reg", NULL, text);
	objects_out_hex(out, "off", bytes + offsetof(struct bpf_insn, off), 2);
	objects_out_hex(out, "imm", bytes + offsetof(struct bpf_insn, imm), wide ? 12 : 4);
	out_object_end(out);
}

static void show_function(struct listing *l, u32 at)
{
	const struct xlated *x = l->x;
	char text[SOURCE_ROOM];

	if (l->func >= x->func_count || x->funcs[l->func].insn_off != at)
		return;
	if (x->btf && btf_prototype(x->btf, x->funcs[l->func].type_id, text, sizeof(text)))
		out_str(l->out, "proto", "%s:\n", text);
	l->func++;
}

/* A tab may stand in a line; what else controls a terminal may not. */
static void show_source(struct listing *l, u32 at)
{
	const struct xlated *x = l->x;
	const struct bpf_line_info *line = &x->lines[l->line];
	struct out *out = l->out;
	const char *source, *file;
	char text[SOURCE_ROOM];
	u32 number, column;

	if (l->line >= x->line_count || line->insn_off != at)
		return;
	l->line++;
	source = btf_name_of(x->btf, line->line_off, "");
	file = btf_name_of(x->btf, line->file_name_off, "");
	number = BPF_LINE_INFO_LINE_NUM(line->line_col);
	column = BPF_LINE_INFO_LINE_COL(line->line_col);
	while (isspace((unsigned char)*source))
		source++;
	out_escape(source, "\t", text, sizeof(text));
	out_text(out, "; %s", text);
	out_str(out, "src", NULL, source);
	if (l->style->lines) {
		if (*file)
			out_str(out, "file", " [file:%s", file);
		if (!out->json)
			out_text(out, " line_num:%u line_col:%u]", number, column);
		if (number)
			out_u64(out, "line_num", NULL, number);
		if (column)
			out_u64(out, "line_col", NULL, column);
	}
	out_text(out, "\n");
}

void xlated_show(struct out *out, const char *key, const struct xlated *x,
		 const struct xlated_style *style, struct symbols *symbols)
{
	struct listing l = { .out = out, .x = x, .style = style, .symbols = symbols };
	const struct insn_names names = { .helper = name_helper, .call = name_call,
					  .imm64 = name_constant, .ctx = &l };
	u32 count = x->info.xlated_prog_len / (u32)sizeof(struct bpf_insn);

	out_array(out, key);
	for (u32 i = 0; i < count; i++) {
		struct bpf_insn insn[2] = { { 0 } };
		bool wide;
		char text[256], line[300];

		memcpy(insn, x->insns + i * sizeof(*insn), sizeof(*insn));
		wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW) && i + 1 < count;
		if (wide)
			memcpy(&insn[1], x->insns + (i + 1) * sizeof(*insn), sizeof(*insn));
		out_object(out, NULL);
		show_function(&l, i);
		show_source(&l, i);
		if (!made_by_linux(insn, text, sizeof(text)))
			insn_text(insn, &names, text, sizeof(text));
		snprintf(line, sizeof(line), "(%02x) %s", insn->code, text);
		out_text(out, "%4u: ", i);
		out_str(out, "disasm", "%s\n", line);
		if (style->opcodes)
			show_opcodes(out, insn, wide);
		out_object_end(out);
		i += wide;
	}
	out_array_end(out);
}

static int room_for(u32 count, size_t size, void *out)
{
	void *room = calloc((size_t)count + 1, size);

	memcpy(out, &room, sizeof(room));
	return room ? 0 : -ENOMEM;
}

/* The second question, with room for what the first answer has counted. */
static int read_parts(struct objects *o, int handle, struct xlated *x)
{
	const struct bpf_prog_info *first = &x->info;
	struct bpf_prog_info ask = { 0 };
	int err;

	if (first->xlated_prog_len > COUNT_MAX * sizeof(struct bpf_insn) ||
	    max_u32(first->nr_func_info, first->nr_line_info) > COUNT_MAX ||
	    first->nr_jited_ksyms > COUNT_MAX)
		return -EFBIG;
	err = room_for(first->xlated_prog_len, 1, &x->insns);
	if (!err)
		err = room_for(first->nr_func_info, sizeof(*x->funcs), &x->funcs);
	if (!err)
		err = room_for(first->nr_line_info, sizeof(*x->lines), &x->lines);
	if (!err)
		err = room_for(first->nr_jited_ksyms, sizeof(*x->ksyms), &x->ksyms);
	if (err)
		return err;
	ask.xlated_prog_insns = ptr_u64(x->insns);
	ask.xlated_prog_len = first->xlated_prog_len;
	ask.func_info = ptr_u64(x->funcs);
	ask.nr_func_info = first->nr_func_info;
	ask.func_info_rec_size = sizeof(*x->funcs);
	ask.line_info = ptr_u64(x->lines);
	ask.nr_line_info = first->nr_line_info;
	ask.line_info_rec_size = sizeof(*x->lines);
	ask.jited_ksyms = ptr_u64(x->ksyms);
	ask.nr_jited_ksyms = first->nr_jited_ksyms;
	err = objects_info(o, handle, &ask, sizeof(ask), NULL);
	if (err)
		return err;
	x->func_count = min_u32(ask.nr_func_info, first->nr_func_info);
	x->line_count = min_u32(ask.nr_line_info, first->nr_line_info);
	/* Addresses that are hidden, or that there are none of, leave their number. */
	x->ksym_count = ask.jited_ksyms ? min_u32(ask.nr_jited_ksyms, first->nr_jited_ksyms) : 0;
	/* A kernel that hides its instructions gives the pointer back as 0. */
	return ask.xlated_prog_insns ? 0 : -EPERM;
}

int xlated_read(struct objects *o, int handle, struct xlated *x)
{
	int err;

	*x = (struct xlated){ 0 };
	err = objects_info(o, handle, &x->info, sizeof(x->info), NULL);
	if (err)
		return objects_refused(o, err, "nothing can be learnt about the program");
	if (!x->info.xlated_prog_len) {
		o->refused = true;
		return log_error(o->log, -ENOENT, "program %u: the kernel does not give its instructions",
				 x->info.id);
	}
	err = read_parts(o, handle, x);
	if (err)
		err = objects_refused(o, err, "program %u: its instructions cannot be read", x->info.id);
	if (!err && x->info.btf_id)
		err = btf_by_id(o, x->info.btf_id, &x->btf);
	if (!x->btf)
		x->line_count = 0;
	if (err)
		xlated_free(x);
	return err;
}

void xlated_free(struct xlated *x)
{
	free(x->insns);
	free(x->funcs);
	free(x->lines);
	free(x->ksyms);
	btf__free(x->btf);
	*x = (struct xlated){ 0 };
}
