// SPDX-License-Identifier: BSD-2-Clause
/* progs.c - from functions in sections to programs that can be loaded.
 *
 *   section "classifier": [ cls_main ............ ]      the program
 *   section ".text":      [ helper_a ][ helper_b ]       what it calls is appended, once each:
 *   program:              [ cls_main ............ ][ helper_a ][ helper_b ]
 *
 * A function is a symbol of type FUNC. In every executable section but .text the global ones are
 * programs. Instructions are copied function by function; calls are pointed at the copies, references
 * to maps and global data become load_refs.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/file.h"

#define FUNCTIONS_MAX 1024
#define LINKED_INSNS_MAX (8u << 20)   /* of all programs: shared functions are copied into each */
#define R_BPF_64_64_TYPE 1
#define R_BPF_64_32_TYPE 10

struct linker {
	struct load_object *object;
	struct load_file *file;
	struct load_prog *prog;
	struct log *log;
	struct linked function[FUNCTIONS_MAX];
	u32 function_count;
	u32 insn_room, ref_room, call_room;
	u64 total;               /* instructions of all programs so far */
};

static int add_ref(struct linker *l, u32 insn, u32 map, bool value)
{
	struct load_prog *prog = l->prog;

	if (prog->ref_count == l->ref_room) {
		u32 room = l->ref_room ? 2 * l->ref_room : 16;
		struct load_ref *refs = reallocarray(prog->refs, room, sizeof(*refs));

		if (!refs)
			return -ENOMEM;
		prog->refs = refs;
		l->ref_room = room;
	}
	prog->refs[prog->ref_count++] = (struct load_ref){ .insn = insn, .map = map, .value = value };
	return 0;
}

/* A function of the kernel, if the types say so. Returns whether they do, or -ENOMEM. */
static int add_call(struct linker *l, u32 insn, const struct symbol *symbol, bool address)
{
	int func = externs_func(l->file, symbol->name);
	struct load_prog *prog = l->prog;

	if (func < 0 || symbol->common)
		return false;
	if (prog->call_count == l->call_room) {
		u32 room = l->call_room ? 2 * l->call_room : 16;
		struct load_call *calls = reallocarray(prog->calls, room, sizeof(*calls));

		if (!calls)
			return -ENOMEM;
		prog->calls = calls;
		l->call_room = room;
	}
	prog->calls[prog->call_count++] = (struct load_call){ insn, (u32)func, address };
	return true;
}

/* Append the function that begins there, unless it is part of the program already. Returns its
 * number, or -errno. */
static int link_function(struct linker *l, u32 section, u64 offset)
{
	const struct symbol *symbol;
	const struct section *from;
	struct load_prog *prog = l->prog;
	u64 count;

	for (u32 i = 0; i < l->function_count; i++)
		if (l->function[i].section == section && l->function[i].offset == offset)
			return (int)i;
	symbol = elf_function(l->file, section, offset);
	if (!symbol || !section)
		return log_error(l->log, -EINVAL, "%s: program %s calls a function that is not in the object",
				 l->object->path, prog->name);
	from = &l->file->sections[section];
	if (!from->data || offset % 8 || symbol->size % 8 || !symbol->size || offset > from->size ||
	    symbol->size > from->size - offset)
		return log_error(l->log, -EINVAL, "%s: function %s lies outside of section %s",
				 l->object->path, symbol->name, from->name);
	count = symbol->size / 8;
	l->total += count;
	if (l->function_count == FUNCTIONS_MAX || prog->insn_count + count > LOAD_INSNS_MAX ||
	    l->total > LINKED_INSNS_MAX)
		return log_error(l->log, -E2BIG, "%s: program %s is too large", l->object->path,
				 prog->name);
	if (prog->insn_count + count > l->insn_room) {
		u32 room = (u32)(prog->insn_count + count) * 2;
		struct bpf_insn *insns = reallocarray(prog->insns, room, sizeof(*insns));

		if (!insns)
			return -ENOMEM;
		prog->insns = insns;
		l->insn_room = room;
	}
	memcpy(prog->insns + prog->insn_count, from->data + offset, symbol->size);
	l->function[l->function_count] = (struct linked){ section, offset, prog->insn_count,
							  (u32)count };
	prog->insn_count += (u32)count;
	return (int)l->function_count++;
}

static int find_map(const struct linker *l, u32 section, u64 offset)
{
	for (u32 i = 0; i < l->object->map_count; i++)
		if (l->file->map_section[i] == section && l->file->map_offset[i] == offset)
			return (int)i;
	return -1;
}

static int bad_reference(struct linker *l, u32 insn, const struct symbol *symbol, const char *why)
{
	return log_error(l->log, -EINVAL, "%s: program %s, instruction %u: %s%s%s %s", l->object->path,
			 l->prog->name, insn, *symbol->name ? "symbol \"" : "a symbol",
			 symbol->name, *symbol->name ? "\"" : "", why);
}

static int undefined(struct linker *l, u32 at, const struct symbol *symbol)
{
	return bad_reference(l, at, symbol,
			     symbol->common ? "is a common symbol (compile with -fno-common)"
					    : "is not defined in the object");
}

/* A symbol that the kernel is to have. */
static int link_extern(struct linker *l, u32 at, const struct symbol *symbol)
{
	const struct kconfig *config = externs_find(l->file, symbol->name);
	struct bpf_insn *insn = &l->prog->insns[at];
	int found;

	if (config) {
		insn[1].imm = (s32)(config->offset + (u32)insn[0].imm);
		insn[0].imm = 0;
		if ((u32)insn[1].imm >= config->offset + config->size)
			return bad_reference(l, at, symbol, "is smaller than what is read of it");
		return add_ref(l, at, (u32)l->file->externs.map, true);
	}
	found = add_call(l, at, symbol, true);
	if (found < 0)
		return found;
	if (!found && (symbol->bind != STB_WEAK || symbol->common))
		return undefined(l, at, symbol);
	insn[0].src_reg = 0;
	insn[0].imm = insn[1].imm = 0;
	return 0;
}

/* LD_IMM64 with a relocation: a map, a global variable, or the address of a function. */
static int link_constant(struct linker *l, u32 at, const struct relocation *relocation)
{
	const struct symbol *symbol = &l->file->symbols[relocation->symbol];
	struct bpf_insn *insn = &l->prog->insns[at];
	const struct section *section = &l->file->sections[symbol->section];
	u64 offset = symbol->value + (u64)(s64)insn->imm;
	int found;

	if (relocation->type != R_BPF_64_64_TYPE)
		return bad_reference(l, at, symbol, "has a relocation of an unknown kind");
	if (!symbol->section)
		return link_extern(l, at, symbol);
	if (section->map >= 0) {
		insn[0].imm = 0;
		insn[1].imm = (s32)offset;
		if (offset >= section->size)
			return bad_reference(l, at, symbol, "lies outside of its section");
		return add_ref(l, at, (u32)section->map, true);
	}
	if (section->flags & SHF_EXECINSTR) {
		found = link_function(l, symbol->section, offset);
		if (found < 0)
			return found;
		insn = &l->prog->insns[at];
		insn->src_reg = BPF_PSEUDO_FUNC;
		insn[0].imm = (s32)(l->function[found].start - at - 1);
		insn[1].imm = 0;
		return 0;
	}
	found = find_map(l, symbol->section, offset);
	if (found < 0)
		return bad_reference(l, at, symbol, "is neither a map nor a global variable");
	insn[0].imm = insn[1].imm = 0;
	return add_ref(l, at, (u32)found, false);
}

/* A call of what the object does not have. */
static int link_kernel_call(struct linker *l, u32 at, const struct symbol *symbol)
{
	struct bpf_insn *insn = &l->prog->insns[at];
	int found = add_call(l, at, symbol, false);

	if (found < 0)
		return found;
	if (!found && symbol->bind != STB_WEAK)
		return undefined(l, at, symbol);
	*insn = kernel_call_absent();
	return 0;
}

/* A call of a function of the object: by relocation, or inside its section by distance. */
static int link_call(struct linker *l, u32 function, u32 at, const struct relocation *relocation)
{
	struct linked from = l->function[function];
	u32 section = from.section;
	s64 target;
	int found;

	if (relocation) {
		const struct symbol *symbol = &l->file->symbols[relocation->symbol];

		if (!symbol->section)
			return link_kernel_call(l, at, symbol);
		if (relocation->type != R_BPF_64_32_TYPE)
			return bad_reference(l, at, symbol, "has a relocation of an unknown kind");
		section = symbol->section;
		target = (s64)(symbol->value / 8) + l->prog->insns[at].imm + 1;
	} else {
		target = (s64)(from.offset / 8) + (at - from.start) + l->prog->insns[at].imm + 1;
	}
	if (target < 0 || target > LOAD_INSNS_MAX)
		return log_error(l->log, -EINVAL, "%s: program %s, instruction %u: a call leaves its section",
				 l->object->path, l->prog->name, at);
	found = link_function(l, section, (u64)target * 8);
	if (found < 0)
		return found;
	l->prog->insns[at].src_reg = BPF_PSEUDO_CALL;
	l->prog->insns[at].imm = (s32)(l->function[found].start - at - 1);
	return 0;
}

/* LD_IMM64 without a relocation is a number. Anything else in a file, a handle above all, would be one
 * of whoever loads it. */
static int check_constant(struct linker *l, u32 at)
{
	return l->prog->insns[at].src_reg
		? log_error(l->log, -EINVAL,
			    "%s: program %s, instruction %u: the constant means no number (source %u)",
			    l->object->path, l->prog->name, at, l->prog->insns[at].src_reg)
		: 0;
}

/* Resolve what one function refers to; functions that it calls are appended behind. */
static int link_references(struct linker *l, u32 function)
{
	struct linked from = l->function[function];
	int err = 0;

	for (u32 i = 0; !err && i < from.count; i++) {
		u32 at = from.start + i;
		const struct bpf_insn *insn = &l->prog->insns[at];
		const struct relocation *relocation =
			elf_relocation(l->file, from.section, from.offset + i * 8u);
		bool wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);
		bool call = insn->code == (BPF_JMP | BPF_CALL);

		if (wide && i + 1 == from.count)
			err = log_error(l->log, -EINVAL,
					"%s: program %s, instruction %u: the second half is missing",
					l->object->path, l->prog->name, at);
		else if (call && (insn->src_reg == BPF_PSEUDO_CALL || relocation))
			err = link_call(l, function, at, relocation);
		else if (wide)
			err = relocation ? link_constant(l, at, relocation) : check_constant(l, at);
		else if (relocation)
			err = bad_reference(l, at, &l->file->symbols[relocation->symbol],
					    "is referred to by an instruction that cannot");
		if (wide)
			i++;
	}
	return err;
}

/* A number as C has it, up to @end. */
static bool parse_number(const char *text, char end, u32 *number, const char **rest)
{
	unsigned long long value;
	char *stop;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &stop, 0);
	*number = (u32)value;
	*rest = stop + 1;
	return !errno && value <= UINT32_MAX && *stop == end;
}

/* "3/0": tail program for slot 0 of map 3. */
static void parse_tail(struct load_prog *prog)
{
	const char *rest;

	prog->tail = parse_number(prog->section, '/', &prog->tail_id, &rest) &&
		     parse_number(rest, '\0', &prog->tail_idx, &rest);
}

/* The program type that a section name means; BPF_PROG_TYPE_UNSPEC: whatever is asked for. */
static u32 section_type(const char *name)
{
	static const struct {
		const char *prefix;
		u32 type;
	} rows[] = {
		{ "classifier", BPF_PROG_TYPE_SCHED_CLS }, { "tcx/", BPF_PROG_TYPE_SCHED_CLS },
		{ "tc", BPF_PROG_TYPE_SCHED_CLS },	   { "cls", BPF_PROG_TYPE_SCHED_CLS },
		{ "action", BPF_PROG_TYPE_SCHED_ACT },	   { "socket", BPF_PROG_TYPE_SOCKET_FILTER },
		{ "xdp", BPF_PROG_TYPE_XDP },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strncmp(name, rows[i].prefix, strlen(rows[i].prefix)))
			return rows[i].type;
	return BPF_PROG_TYPE_UNSPEC;
}

static bool is_program(const struct load_file *file, const struct symbol *symbol)
{
	const struct section *section = &file->sections[symbol->section];

	return symbol->type == STT_FUNC && symbol->bind != STB_LOCAL && symbol->section &&
	       section->flags & SHF_EXECINSTR && strcmp(section->name, ".text");
}

static int link_prog(struct linker *l, const struct symbol *symbol, struct prog_place *place)
{
	struct load_prog *prog = l->prog;
	int err;

	place->section = symbol->section;
	place->offset = symbol->value;

	snprintf(prog->name, sizeof(prog->name), "%s", symbol->name);
	snprintf(prog->section, sizeof(prog->section), "%s", l->file->sections[symbol->section].name);
	prog->handle = -1;
	prog->type = section_type(prog->section);
	parse_tail(prog);
	l->function_count = l->insn_room = l->ref_room = l->call_room = 0;
	err = link_function(l, symbol->section, symbol->value);
	for (u32 i = 0; err >= 0 && i < l->function_count; i++)
		err = link_references(l, i);
	if (err < 0)
		return err;
	place->functions = reallocarray(NULL, l->function_count, sizeof(*place->functions));
	if (!place->functions)
		return -ENOMEM;
	memcpy(place->functions, l->function, l->function_count * sizeof(*place->functions));
	place->function_count = l->function_count;
	return 0;
}

int progs_link(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;
	struct linker *linker;
	u32 count = 0;
	int err = 0;

	for (u32 i = 0; i < file->symbol_count; i++)
		count += is_program(file, &file->symbols[i]);
	object->progs = calloc(count ? count : 1, sizeof(*object->progs));
	file->places = calloc(count ? count : 1, sizeof(*file->places));
	linker = malloc(sizeof(*linker));
	if (!object->progs || !file->places || !linker) {
		free(linker);
		return -ENOMEM;
	}
	*linker = (struct linker){ .object = object, .file = file, .log = log };
	for (u32 i = 0; !err && i < file->symbol_count; i++) {
		struct prog_place *place = &file->places[object->prog_count];

		if (!is_program(file, &file->symbols[i]))
			continue;
		linker->prog = &object->progs[object->prog_count++];
		err = link_prog(linker, &file->symbols[i], place);
	}
	free(linker);
	return err;
}
