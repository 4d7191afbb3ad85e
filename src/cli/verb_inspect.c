// SPDX-License-Identifier: BSD-2-Clause
/* verb_inspect.c - `clsbpf inspect`: what an object file holds, as the loader understands it.
 *
 * Nothing is loaded. Sizes of maps are those that a kernel would be asked for; the instructions of a
 * program include the functions that it calls.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>

#include "cli/options.h"
#include "cli/out.h"
#include "cli/verb.h"
#include "load/file.h"
#include "load/load.h"

struct inspect_settings {
	bool json;
};

#define AT(member) offsetof(struct inspect_settings, member)

static const struct option_row inspect_options[] = {
	{ "--json", OPTION_FLAG, AT(json), NULL, "JSON", 0 },
	{ "-j", OPTION_FLAG, AT(json), NULL, "JSON", 0 },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

static const char *const map_types[] = {
#define MAP_FAMILY(number, name, ops, flags, row) [number] = #name,
#define MAP_ABSENT(number, name) [number] = #name,
#include "map/map.def"
};

static const char *const prog_types[] = {
	[BPF_PROG_TYPE_UNSPEC] = "any",
	[BPF_PROG_TYPE_SOCKET_FILTER] = "socket_filter",
	[BPF_PROG_TYPE_SCHED_CLS] = "sched_cls",
	[BPF_PROG_TYPE_SCHED_ACT] = "sched_act",
	[BPF_PROG_TYPE_XDP] = "xdp",
};

/* A row of names, or the number where it has none. */
static const char *name_or_number(const char *const *names, u32 count, u32 number, char buf[16])
{
	if (number < count && names[number])
		return names[number];
	snprintf(buf, 16, "%u", number);
	return buf;
}

static const char *section_type(u32 type, char buf[16])
{
	switch (type) {
	case SHT_PROGBITS:
		return "progbits";
	case SHT_NOBITS:
		return "nobits";
	case SHT_REL:
		return "rel";
	case SHT_SYMTAB:
		return "symtab";
	case SHT_STRTAB:
		return "strtab";
	default:
		snprintf(buf, 16, "0x%x", type);
		return buf;
	}
}

static void show_sections(struct out *out, const struct load_file *file)
{
	out_array(out, "sections");
	out_text(out, "sections:\n");
	for (u32 i = 1; i < file->section_count; i++) {
		const struct section *section = &file->sections[i];
		char buf[16], flags[4];

		snprintf(flags, sizeof(flags), "%s%s%s", section->flags & SHF_WRITE ? "W" : "",
			 section->flags & SHF_ALLOC ? "A" : "",
			 section->flags & SHF_EXECINSTR ? "X" : "");
		out_object(out, NULL);
		out_u64(out, "index", "  %3" PRIu64 " ", i);
		out_str(out, "name", "%-24s ", section->name);
		out_str(out, "type", "%-10s ", section_type(section->type, buf));
		out_str(out, "flags", "%-4s ", flags);
		out_u64(out, "size", "%" PRIu64 " bytes\n", section->size);
		out_object_end(out);
	}
	out_array_end(out);
}

static const char *pinning_name(const struct load_map *map, char buf[16])
{
	if (map->pin_by_name)
		return "by name";
	switch (map->pinning) {
	case LOAD_PIN_NONE:
		return "none";
	case LOAD_PIN_OBJECT:
		return "object";
	case LOAD_PIN_GLOBAL:
		return "global";
	default:
		snprintf(buf, 16, "%u", map->pinning);
		return buf;
	}
}

static void show_map(struct out *out, const struct load_map *map)
{
	const char *kind = map->legacy ? "maps" : map->initial || map->name[0] == '.' ? "data" : "btf";
	char type[16], pinning[16];

	out_object(out, NULL);
	out_str(out, "name", "  %-16s ", map->name);
	out_str(out, "type", "%s", name_or_number(map_types, ARRAY_SIZE(map_types), map->type, type));
	out_u64(out, "key_size", ", key %" PRIu64, map->key_size);
	out_u64(out, "value_size", ", value %" PRIu64 " bytes", map->value_size);
	out_u64(out, "max_entries", ", %" PRIu64 " entries", map->max_entries);
	out_u64(out, "flags", map->flags ? ", flags 0x%" PRIx64 : NULL, map->flags);
	out_str(out, "pinning", map->pinning || map->pin_by_name ? ", pinned: %s" : NULL,
		pinning_name(map, pinning));
	if (map->id || map->inner_id) {
		out_u64(out, "id", ", id %" PRIu64, map->id);
		out_u64(out, "inner_id", map->inner_id ? ", inner map %" PRIu64 : NULL, map->inner_id);
	}
	out_bool(out, "read_only", ", read-only", map->read_only);
	out_str(out, "described_by", " (%s)\n", kind);
	out_object_end(out);
}

static void show_functions(struct out *out, const struct load_file *file,
			   const struct prog_place *place)
{
	out_array(out, "functions");
	for (u32 i = 0; i < place->function_count; i++) {
		const struct linked *function = &place->functions[i];

		out_str(out, NULL, !i ? NULL : i == 1 ? ", with %s" : " %s",
			elf_function(file, function->section, function->offset)->name);
	}
	out_array_end(out);
}

static void show_prog(struct out *out, const struct load_object *object, u32 index)
{
	const struct load_prog *prog = &object->progs[index];
	bool used[LOAD_MAPS_MAX] = { false };
	char type[16];

	out_object(out, NULL);
	out_str(out, "name", "  %-16s ", prog->name);
	out_str(out, "section", "section %s", prog->section);
	out_str(out, "type", ", type %s",
		name_or_number(prog_types, ARRAY_SIZE(prog_types), prog->type, type));
	out_u64(out, "insns", ", %" PRIu64 " instructions", prog->insn_count);
	if (prog->tail) {
		out_u64(out, "tail_map", ", in map %" PRIu64, prog->tail_id);
		out_u64(out, "tail_slot", " slot %" PRIu64, prog->tail_idx);
	}
	show_functions(out, object->file, &object->file->places[index]);
	out_array(out, "maps");
	for (u32 i = 0; i < prog->ref_count; i++)
		used[prog->refs[i].map] = true;
	for (u32 i = 0, shown = 0; i < object->map_count; i++)
		if (used[i])
			out_str(out, NULL, shown++ ? " %s" : ", maps: %s", object->maps[i].name);
	out_array_end(out);
	out_text(out, "\n");
	out_object_end(out);
}

static const char *relocation_type(u32 type, char buf[16])
{
	static const char *const names[] = { [1] = "64_64", [2] = "abs64", [3] = "abs32",
					     [4] = "nodyld32", [10] = "64_32" };

	return name_or_number(names, ARRAY_SIZE(names), type, buf);
}

/* Those of the debugger's sections are many and mean nothing to a loader: counted only. */
static void show_relocations(struct out *out, const struct load_file *file)
{
	u64 others = 0;

	out_array(out, "relocations");
	out_text(out, "relocations:\n");
	for (u32 i = 0; i < file->relocation_count; i++) {
		const struct relocation *relocation = &file->relocations[i];
		const struct section *section = &file->sections[relocation->section];
		const struct symbol *symbol = &file->symbols[relocation->symbol];
		char buf[16];

		if (!(section->flags & SHF_ALLOC)) {
			others++;
			continue;
		}
		out_object(out, NULL);
		out_str(out, "section", "  %s", section->name);
		out_u64(out, "offset", "+0x%" PRIx64, relocation->offset);
		out_str(out, "type", " %s ", relocation_type(relocation->type, buf));
		out_str(out, "symbol", "%s\n",
			*symbol->name ? symbol->name : file->sections[symbol->section].name);
		out_object_end(out);
	}
	out_array_end(out);
	out_u64(out, "other_relocations", others ? "  and %" PRIu64 " in sections that are not loaded\n"
						  : NULL, others);
}

static void show_btf(struct out *out, const struct load_object *object)
{
	const struct btf_view *view = &object->file->btf;
	u64 kinds[BTF_INFO_KIND(~0u) + 1] = { 0 };

	if (!object->btf) {
		out_text(out, "BTF: none\n");
		return;
	}
	for (u32 id = 1; id < view->type_count; id++)
		kinds[btf_kind(view->types[id])]++;
	out_object(out, "btf");
	out_u64(out, "size", "BTF: %" PRIu64 " bytes", object->btf_size);
	out_u64(out, "types", ", %" PRIu64 " types", view->type_count - 1);
	out_object(out, "kinds");
	for (u32 i = 1, shown = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!kinds[i])
			continue;
		out_text(out, "%s%s", shown++ ? ", " : ": ", btf_kind_name(i));
		out_u64(out, btf_kind_name(i), " %" PRIu64, kinds[i]);
	}
	out_object_end(out);
	out_text(out, "\n");
	out_object_end(out);
}

static void show_object(struct out *out, const struct load_object *object)
{
	char digest[41];

	for (u32 i = 0; i < sizeof(object->sha1); i++)
		snprintf(digest + 2 * i, 3, "%02x", object->sha1[i]);
	out_object(out, NULL);
	out_str(out, "object", "%s", object->path);
	out_str(out, "license", *object->license ? ", license %s" : ", no license%s", object->license);
	out_str(out, "sha1", ", SHA-1 %s\n", digest);
	show_sections(out, object->file);
	out_array(out, "maps");
	out_text(out, object->map_count ? "maps:\n" : "maps: none\n");
	for (u32 i = 0; i < object->map_count; i++)
		show_map(out, &object->maps[i]);
	out_array_end(out);
	out_array(out, "programs");
	out_text(out, "programs:\n");
	for (u32 i = 0; i < object->prog_count; i++)
		show_prog(out, object, i);
	out_array_end(out);
	show_relocations(out, object->file);
	show_btf(out, object);
	out_end(out);
}

int verb_inspect(int argc, char **argv, struct log *log)
{
	struct inspect_settings set = { 0 };
	struct load_object *object;
	struct object_words words;
	struct out out;
	int left = options_parse(inspect_options, &set, argc, argv, log);

	if (left < 0 || object_words_parse(&words, left, argv, "inspect", log))
		return EXIT_WRONG;
	if (words.section || words.program) {
		log_line(log, "inspect shows all of an object. See: clsbpf help inspect");
		return EXIT_WRONG;
	}
	if (load_open(words.object, log, &object))
		return EXIT_WRONG;
	out_init(&out, stdout, set.json, false);
	show_object(&out, object);
	load_close(object);
	return EXIT_DONE;
}

void help_inspect(FILE *file)
{
	fprintf(file, "usage: clsbpf inspect OBJ [--json]\n");
	options_help(inspect_options, file);
}
