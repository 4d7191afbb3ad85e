// SPDX-License-Identifier: BSD-2-Clause
/* elf.c - sections, symbols and relocations of an object file, by libelf.
 *
 * libelf works on our copy of the file. What it hands out is checked again here: sizes against the
 * section they came from, indices against their tables. Relocations are sorted, so that an
 * instruction finds its own by a binary search.
 */
#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>

#include "load/file.h"

#define SECTIONS_MAX 4096
#define SYMBOLS_MAX (1u << 20)

struct elf_walk {
	struct load_object *object;
	struct load_file *file;
	struct log *log;
	Elf *elf;
	size_t names;             /* section of section names */
};

static int bad(struct elf_walk *w, const char *what)
{
	return log_error(w->log, -ENOEXEC, "%s: %s", w->object->path, what);
}

static int check_header(struct elf_walk *w)
{
	GElf_Ehdr header;

	if (elf_kind(w->elf) != ELF_K_ELF || !gelf_getehdr(w->elf, &header))
		return bad(w, "this is no ELF file, or it is cut");
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return bad(w, "this is a 32-bit object; BPF objects have 64 bits");
	if (header.e_ident[EI_DATA] !=
	    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
		return bad(w, "this object is for the other byte order (compile with -target bpf)");
	if (header.e_machine != EM_BPF && header.e_machine != EM_NONE)
		return bad(w, "this object is not for BPF (compile with -target bpf)");
	if (header.e_type != ET_REL)
		return bad(w, "this is not a relocatable object (compile with -c)");
	if (elf_getshdrstrndx(w->elf, &w->names))
		return bad(w, "the section names are missing, or the file is cut");
	return 0;
}

static int index_section(struct elf_walk *w, Elf_Scn *scn, struct section *section)
{
	GElf_Shdr header;
	Elf_Data *data;

	section->map = -1;
	if (!gelf_getshdr(scn, &header))
		return bad(w, "a section header is out of the file");
	section->name = elf_strptr(w->elf, w->names, header.sh_name);
	if (!section->name)
		return bad(w, "the name of a section is out of the file");
	section->type = header.sh_type;
	section->flags = header.sh_flags;
	section->link = header.sh_link;
	section->info = header.sh_info;
	section->size = header.sh_size;
	if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL)
		return header.sh_size > UINT32_MAX ? bad(w, "a section is too large") : 0;
	if (header.sh_offset > w->file->size || header.sh_size > w->file->size - header.sh_offset)
		return log_error(w->log, -ENOEXEC, "%s: section %s lies beyond the end of the file",
				 w->object->path, section->name);
	data = elf_rawdata(scn, NULL);
	if (!data || data->d_size != header.sh_size)
		return log_error(w->log, -ENOEXEC, "%s: section %s cannot be read", w->object->path,
				 section->name);
	section->data = data->d_buf;
	return 0;
}

static int index_sections(struct elf_walk *w)
{
	Elf_Scn *scn = NULL;
	size_t count;
	int err;

	if (elf_getshdrnum(w->elf, &count) || count > SECTIONS_MAX)
		return bad(w, "the section table is damaged");
	w->file->sections = calloc(count ? count : 1, sizeof(*w->file->sections));
	if (!w->file->sections)
		return -ENOMEM;
	w->file->section_count = (u32)count;
	while ((scn = elf_nextscn(w->elf, scn))) {
		size_t at = elf_ndxscn(scn);

		if (at >= count)
			return bad(w, "the section table is damaged");
		err = index_section(w, scn, &w->file->sections[at]);
		if (err)
			return err;
	}
	if (count)
		w->file->sections[0].name = "";
	for (size_t i = 0; i < count; i++)
		if (!w->file->sections[i].name)
			return bad(w, "the section table is damaged");
	return 0;
}

static int index_symbols(struct elf_walk *w)
{
	struct load_file *file = w->file;
	const struct section *table = NULL;

	for (u32 i = 0; i < file->section_count; i++)
		if (file->sections[i].type == SHT_SYMTAB)
			table = &file->sections[i];
	if (!table || !table->data)
		return bad(w, "there is no symbol table");
	file->symbol_count = (u32)min_u64(table->size / sizeof(Elf64_Sym), SYMBOLS_MAX);
	file->symbols = calloc(file->symbol_count ? file->symbol_count : 1, sizeof(*file->symbols));
	if (!file->symbols)
		return -ENOMEM;
	for (u32 i = 0; i < file->symbol_count; i++) {
		struct symbol *symbol = &file->symbols[i];
		Elf64_Sym raw;

		memcpy(&raw, table->data + i * sizeof(raw), sizeof(raw));
		symbol->name = elf_strptr(w->elf, table->link, raw.st_name);
		if (!symbol->name)
			return log_error(w->log, -ENOEXEC, "%s: the name of symbol %u is out of the file",
					 w->object->path, i);
		symbol->section = raw.st_shndx < file->section_count ? raw.st_shndx : 0;
		symbol->common = raw.st_shndx == SHN_COMMON;
		symbol->value = raw.st_value;
		symbol->size = raw.st_size;
		symbol->type = ELF64_ST_TYPE(raw.st_info);
		symbol->bind = ELF64_ST_BIND(raw.st_info);
	}
	return 0;
}

static int function_order(const void *a, const void *b)
{
	const struct symbol *left = *(const struct symbol *const *)a;
	const struct symbol *right = *(const struct symbol *const *)b;

	if (left->section != right->section)
		return left->section < right->section ? -1 : 1;
	return left->value < right->value ? -1 : left->value > right->value;
}

static int index_functions(struct load_file *file)
{
	file->functions = calloc(file->symbol_count + 1, sizeof(*file->functions));
	if (!file->functions)
		return -ENOMEM;
	for (u32 i = 0; i < file->symbol_count; i++)
		if (file->symbols[i].type == STT_FUNC)
			file->functions[file->function_count++] = &file->symbols[i];
	qsort(file->functions, file->function_count, sizeof(*file->functions), function_order);
	return 0;
}

static int relocation_order(const void *a, const void *b)
{
	const struct relocation *left = a, *right = b;

	if (left->section != right->section)
		return left->section < right->section ? -1 : 1;
	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static int index_relocations(struct elf_walk *w)
{
	struct load_file *file = w->file;
	u64 count = 0;

	for (u32 i = 0; i < file->section_count; i++) {
		if (file->sections[i].type == SHT_REL)
			count += file->sections[i].size / sizeof(Elf64_Rel);
		if (file->sections[i].type == SHT_RELA)
			return bad(w, "relocations have addends, which those of BPF have not");
	}
	if (count > SYMBOLS_MAX)
		return bad(w, "there are too many relocations");
	file->relocations = calloc(count ? count : 1, sizeof(*file->relocations));
	if (!file->relocations)
		return -ENOMEM;
	for (u32 i = 0; i < file->section_count; i++) {
		const struct section *section = &file->sections[i];

		if (section->type != SHT_REL)
			continue;
		for (u64 at = 0; at + sizeof(Elf64_Rel) <= section->size; at += sizeof(Elf64_Rel)) {
			struct relocation *to = &file->relocations[file->relocation_count];
			Elf64_Rel raw;

			memcpy(&raw, section->data + at, sizeof(raw));
			to->section = section->info;
			to->offset = raw.r_offset;
			to->symbol = ELF64_R_SYM(raw.r_info);
			to->type = ELF64_R_TYPE(raw.r_info);
			if (to->section >= file->section_count || to->symbol >= file->symbol_count)
				return log_error(w->log, -ENOEXEC,
						 "%s: %s: a relocation has no place or no symbol",
						 w->object->path, section->name);
			file->relocation_count++;
		}
	}
	qsort(file->relocations, file->relocation_count, sizeof(*file->relocations), relocation_order);
	return 0;
}

int elf_index(struct load_object *object, struct log *log)
{
	struct elf_walk w = { .object = object, .file = object->file, .log = log };
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return log_error(log, -ENOSYS, "libelf is of another version");
	if (!w.file->size)
		return log_error(log, -ENOEXEC, "%s: the file is empty", object->path);
	w.elf = elf_memory((char *)w.file->bytes, w.file->size);
	if (!w.elf)
		return bad(&w, "this is no ELF file, or it is cut");
	err = check_header(&w);
	if (!err)
		err = index_sections(&w);
	if (!err)
		err = index_symbols(&w);
	if (!err)
		err = index_functions(w.file);
	if (!err)
		err = index_relocations(&w);
	object->file->elf = w.elf;
	return err;
}

u32 elf_section_index(const struct load_file *file, const char *name)
{
	for (u32 i = 1; i < file->section_count; i++)
		if (!strcmp(file->sections[i].name, name))
			return i;
	return 0;
}

struct section *elf_section(struct load_file *file, const char *name, u32 *index)
{
	u32 found = elf_section_index(file, name);

	if (index)
		*index = found;
	return found ? &file->sections[found] : NULL;
}

const struct relocation *elf_relocation(const struct load_file *file, u32 section, u64 offset)
{
	struct relocation key = { .section = section, .offset = offset };

	return bsearch(&key, file->relocations, file->relocation_count, sizeof(key), relocation_order);
}

const struct symbol *elf_function(const struct load_file *file, u32 section, u64 offset)
{
	const struct symbol key = { .section = section, .value = offset }, *wanted = &key;
	const struct symbol **found = bsearch(&wanted, file->functions, file->function_count,
					      sizeof(wanted), function_order);

	return found ? *found : NULL;
}
