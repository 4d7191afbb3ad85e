// SPDX-License-Identifier: BSD-2-Clause
/* verb_disasm.c - `clsbpf disasm`: instructions as text, in the syntax of the kernel.
 *
 * Of an object: its programs as they are loaded, each with the functions that it calls behind it, so
 * that numbers are those of the verifier's log and of a program that was stopped. A file that is no
 * ELF is taken as instructions, 8 bytes each.
 *
 *   cls_main:                     a function
 *      0: (bf) r6 = r1            number, opcode byte, text
 *      3: (15) if r0 == 0x0 goto pc+7 <11>
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/options.h"
#include "cli/out.h"
#include "cli/verb.h"
#include "helper/helper.h"
#include "isa/insn.h"
#include "load/file.h"
#include "load/load.h"

#define RAW_MAX (8u * INSN_MAX)

struct disasm_settings {
	bool json;
};

#define AT(member) offsetof(struct disasm_settings, member)

static const struct option_row disasm_options[] = {
	{ "--classic", OPTION_LATER, 0, NULL, "classic BPF is not there yet", 0 },
	{ "--json", OPTION_FLAG, AT(json), NULL, "JSON", 0 },
	{ "-j", OPTION_FLAG, AT(json), NULL, "JSON", 0 },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

/* Instructions, and what their numbers mean. */
struct listing {
	struct out *out;
	const struct load_object *object;   /* NULL: raw instructions, nothing has a name */
	const struct load_prog *prog;
	const struct prog_place *place;     /* its functions, in the order of their instructions, */
	const char **function;              /* and their names */
	const struct bpf_insn *insns;
	u32 count;
	u32 at;                             /* the instruction that is being shown */
	u32 ref;                            /* the first of prog->refs that is not behind it */
};

static int name_helper(void *ctx, s32 id, char *buf, size_t room)
{
	const char *name = helper_name((u32)id);

	return name ? snprintf(buf, room, "bpf_%s", name) : 0;
}

static int function_order(const void *key, const void *row)
{
	const s64 *insn = key;
	const struct linked *function = row;

	return *insn < function->start ? -1 : *insn > function->start;
}

/* The name of the function that begins at instruction @insn, or NULL. */
static const char *function_at(const struct listing *l, s64 insn)
{
	const struct linked *found = NULL;

	if (l->place)
		found = bsearch(&insn, l->place->functions, l->place->function_count, sizeof(*found),
				function_order);
	return found ? l->function[found - l->place->functions] : NULL;
}

/* "pc+3 <parse_ports>", as far as the function is known. */
static int name_call(void *ctx, const struct bpf_insn *insn, char *buf, size_t room)
{
	const struct listing *l = ctx;
	const char *function = function_at(l, (s64)l->at + 1 + insn->imm);

	if (insn->src_reg != BPF_PSEUDO_CALL || !function)
		return 0;
	return snprintf(buf, room, "pc%+d <%s>", insn->imm, function);
}

static int name_constant(void *ctx, const struct bpf_insn *insn, char *buf, size_t room)
{
	const struct listing *l = ctx;
	const char *function;
	const struct load_ref *ref;

	if (insn->src_reg == BPF_PSEUDO_FUNC) {
		function = function_at(l, (s64)l->at + 1 + insn->imm);
		return function ? snprintf(buf, room, "subprog[%+d] <%s>", insn->imm, function) : 0;
	}
	if (!l->prog || l->ref >= l->prog->ref_count || l->prog->refs[l->ref].insn != l->at)
		return 0;
	ref = &l->prog->refs[l->ref];
	if (ref->value)
		return snprintf(buf, room, "map[%s][0]+%u", l->object->maps[ref->map].name,
				(u32)insn[1].imm);
	return snprintf(buf, room, "map[%s]", l->object->maps[ref->map].name);
}

/* Where a jump goes, or -1. */
static s64 jump_target(const struct listing *l)
{
	const struct bpf_insn *insn = &l->insns[l->at];
	enum insn_id id = insn_id_of(insn);

	if (id == INSN_COUNT)
		return -1;
	switch ((enum insn_shape)insn_info[id].shape) {
	case SHAPE_JA:
		return (s64)l->at + 1 + (insn_info[id].width == 32 ? insn->imm : insn->off);
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
		return (s64)l->at + 1 + insn->off;
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_CALL:
	case SHAPE_EXIT:
	case SHAPE_LDX:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_ATOMIC:
	case SHAPE_LD_IMM64:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		return -1;
	}
	return -1;
}

static void show_insn(struct listing *l, u32 slots)
{
	const struct insn_names names = { .helper = name_helper, .call = name_call,
					  .imm64 = name_constant, .ctx = l };
	/* The second slot of a constant that was cut off reads as zeros. */
	struct bpf_insn insn[2] = { l->insns[l->at] };
	s64 target = jump_target(l);
	struct out *out = l->out;
	char text[256], code[8];

	if (slots == 2)
		insn[1] = l->insns[l->at + 1];
	snprintf(code, sizeof(code), "%02x", insn->code);
	insn_text(insn, &names, text, sizeof(text));
	out_object(out, NULL);
	out_u64(out, "insn", "%6" PRIu64 ": ", l->at);
	out_str(out, "code", "(%s) ", code);
	out_str(out, "text", "%s", text);
	if (target >= 0)
		out_s64(out, "target", " <%" PRId64 ">", target);
	out_text(out, "\n");
	out_object_end(out);
}

static void show_listing(struct listing *l)
{
	struct out *out = l->out;

	out_array(out, "insns");
	while (l->at < l->count) {
		const char *function = function_at(l, l->at);
		bool wide = l->insns[l->at].code == (BPF_LD | BPF_IMM | BPF_DW);
		u32 slots = wide && l->at + 1 < l->count ? 2 : 1;

		if (function && !out->json)
			out_str(out, NULL, "%s:\n", function);
		while (l->prog && l->ref < l->prog->ref_count && l->prog->refs[l->ref].insn < l->at)
			l->ref++;
		show_insn(l, slots);
		l->at += slots;
	}
	out_array_end(out);
}

static int show_prog(struct out *out, const struct load_object *object, u32 index)
{
	const struct load_prog *prog = &object->progs[index];
	const struct prog_place *place = &object->file->places[index];
	struct listing listing = { .out = out, .object = object, .prog = prog, .place = place,
				   .insns = prog->insns, .count = prog->insn_count };

	listing.function = calloc(place->function_count, sizeof(*listing.function));
	if (!listing.function)
		return -ENOMEM;
	out_object(out, NULL);
	out_str(out, "section", "section %s, ", prog->section);
	out_str(out, "program", "program %s", prog->name);
	out_u64(out, "count", ": %" PRIu64 " instructions\n", prog->insn_count);
	out_array(out, "functions");
	for (u32 i = 0; i < place->function_count; i++) {
		const struct linked *function = &place->functions[i];

		listing.function[i] = elf_function(object->file, function->section,
						   function->offset)->name;
		out_object(out, NULL);
		out_str(out, "name", NULL, listing.function[i]);
		out_u64(out, "insn", NULL, function->start);
		out_object_end(out);
	}
	out_array_end(out);
	show_listing(&listing);
	out_object_end(out);
	free(listing.function);
	return 0;
}

static bool is_meant(const struct object_words *words, const struct load_prog *prog)
{
	return (!words->section || !strcmp(words->section, prog->section)) &&
	       (!words->program || !strcmp(words->program, prog->name));
}

static int show_object(struct out *out, const struct load_object *object,
		       const struct object_words *words)
{
	bool first = true;
	int err = 0;

	out_object(out, NULL);
	out_array(out, "programs");
	for (u32 i = 0; !err && i < object->prog_count; i++) {
		if (!is_meant(words, &object->progs[i]))
			continue;
		out_text(out, "%s", first ? "" : "\n");
		first = false;
		err = show_prog(out, object, i);
	}
	out_end(out);
	return err;
}

static int disasm_object(struct out *out, const struct object_words *words, struct log *log)
{
	const struct load_options choice = { .section = words->section, .program = words->program };
	struct load_object *object;
	struct load_prog *first;
	int err = load_open(words->object, log, &object);

	if (err)
		return err;
	if (words->section || words->program)
		err = load_choose(object, &choice, log, &first);
	if (!err)
		err = show_object(out, object, words);
	load_close(object);
	return err;
}

static int disasm_raw(struct out *out, const char *path, const u8 *bytes, size_t size, struct log *log)
{
	struct listing listing = { .out = out, .insns = (const void *)bytes, .count = (u32)(size / 8) };

	if (!size || size % 8)
		return log_error(log, -EINVAL, "%s: neither an object nor instructions of 8 bytes each",
				 path);
	out_object(out, NULL);
	show_listing(&listing);
	out_end(out);
	return 0;
}

static int disasm_file(struct out *out, const struct object_words *words, struct log *log)
{
	FILE *file = fopen(words->object, "re");
	int err = file ? 0 : -errno;
	u8 *bytes = NULL;
	size_t size = 0;

	if (err)
		return log_error(log, err, "%s: %s", words->object, strerror(-err));
	bytes = malloc(RAW_MAX + 1);
	if (!bytes)
		err = log_error(log, -ENOMEM, "out of memory");
	else
		size = fread(bytes, 1, RAW_MAX + 1, file);
	if (!err && ferror(file))
		err = log_error(log, -EIO, "%s: %s", words->object, strerror(errno));
	fclose(file);
	if (!err && size >= 4 && !memcmp(bytes, "\177ELF", 4))
		err = disasm_object(out, words, log);
	else if (!err && (words->section || words->program))
		err = log_error(log, -EINVAL, "%s: this is no object, it has no sections", words->object);
	else if (!err && size > RAW_MAX)
		err = log_error(log, -E2BIG, "%s: more than %u instructions", words->object, INSN_MAX);
	else if (!err)
		err = disasm_raw(out, words->object, bytes, size, log);
	free(bytes);
	return err;
}

int verb_disasm(int argc, char **argv, struct log *log)
{
	struct disasm_settings set = { 0 };
	struct object_words words;
	struct out out;
	int left = options_parse(disasm_options, &set, argc, argv, log);

	if (left < 0 || object_words_parse(&words, left, argv, "disasm", log))
		return EXIT_WRONG;
	out_init(&out, stdout, set.json, false);
	return disasm_file(&out, &words, log) ? EXIT_WRONG : EXIT_DONE;
}

void help_disasm(FILE *file)
{
	fprintf(file, "usage: clsbpf disasm FILE [sec NAME | prog NAME] [--json]\n"
		      "  FILE is an object, or instructions of 8 bytes each\n");
	options_help(disasm_options, file);
}
