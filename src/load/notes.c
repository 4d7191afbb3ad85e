// SPDX-License-Identifier: BSD-2-Clause
/* notes.c - section .BTF.ext: which type a function has, which source line an instruction has, and
 * where CO-RE would change one.
 *
 *   header | func_info: record size, blocks | line_info: the same | core_relo: the same
 *   block  = | section name | count | count records; the first word is a byte offset in the section |
 *
 * A program is made of functions from several sections: its notes are the records that lie in one of
 * them, with places in the program. Notes that a kernel would refuse are left out, because they help
 * a reader and change nothing. Rules: PROG_LOAD with damaged notes on Linux 6.18.
 */
#include <errno.h>
#include <stdlib.h>

#include "load/file.h"

#define HEADER_MIN 24      /* up to line_info; core_relo came later */
#define HEADER_CORE 32
#define CORE_RECORD 16     /* bytes of a CO-RE relocation */

struct walk {
	const struct load_file *file;
	const u8 *at, *end;
	u32 record, left;      /* bytes of a record; records of this block to come */
	u32 section;           /* of the block; 0: one that is not there */
};

/* Begin with the first block of a part that notes_index() has checked. */
static struct walk walk_part(const struct load_file *file, struct notes_part part)
{
	struct walk w = { .file = file };

	if (part.len) {
		w.record = get_u32(part.at);
		w.at = part.at + 4;
		w.end = part.at + part.len;
	}
	return w;
}

/* The next record, or NULL. */
static const u8 *walk_next(struct walk *w)
{
	const u8 *record;

	while (!w->left) {
		if (w->at == w->end)
			return NULL;
		w->section = elf_section_index(w->file, btf_name(&w->file->btf, get_u32(w->at)));
		w->left = get_u32(w->at + 4);
		w->at += 8;
	}
	record = w->at;
	w->at += w->record;
	w->left--;
	return record;
}

/* Every block lies in its part. */
static bool part_is_sound(struct notes_part part, u32 record_min)
{
	const u8 *at = part.at, *end;
	u32 record;

	if (!part.len)
		return true;
	if (part.len < 4)
		return false;
	end = at + part.len;
	record = get_u32(at);
	if (record < record_min || record % 4)
		return false;
	for (at += 4; at < end;) {
		u64 bytes;

		if (end - at < 8)
			return false;
		bytes = (u64)get_u32(at + 4) * record;
		at += 8;
		if (bytes > (u64)(end - at))
			return false;
		at += bytes;
	}
	return true;
}

int notes_index(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;
	const struct section *section = elf_section(file, ".BTF.ext", NULL);
	static const u32 record_min[NOTES_PARTS] = { sizeof(struct bpf_func_info),
						     sizeof(struct bpf_line_info), CORE_RECORD };
	u32 header, parts;

	if (!section || !section->data || !file->btf.data)
		return 0;
	if (section->size < HEADER_MIN || section->size > UINT32_MAX ||
	    get_u16(section->data) != BTF_MAGIC)
		goto damaged;
	header = get_u32(section->data + 4);
	if (header < HEADER_MIN || header > section->size || header % 4)
		goto damaged;
	parts = header >= HEADER_CORE ? NOTES_PARTS : NOTES_CORE;
	for (u32 i = 0; i < parts; i++) {
		u32 off = get_u32(section->data + 8 + 8 * i), len = get_u32(section->data + 12 + 8 * i);

		if (off % 4 || (u64)header + off + len > section->size)
			goto damaged;
		file->notes[i] = (struct notes_part){ section->data + header + off, len };
		if (!part_is_sound(file->notes[i], record_min[i]))
			goto damaged;
	}
	return 0;
damaged:
	return log_error(log, -EINVAL, "%s: section .BTF.ext is damaged", object->path);
}

/* The function of @place in which a record of @section lies, or NULL. */
static const struct linked *function_of(const struct prog_place *place, u32 section, u32 offset)
{
	for (u32 i = 0; i < place->function_count; i++) {
		const struct linked *function = &place->functions[i];

		if (section && function->section == section && offset >= function->offset &&
		    offset < function->offset + 8ull * function->count)
			return function;
	}
	return NULL;
}

static int by_insn(const void *a, const void *b)
{
	u32 left = get_u32(a), right = get_u32(b);

	return left < right ? -1 : left > right;
}

/* Records of one part that belong to the program, @size bytes of each, sorted, with the instruction's
 * place as first word; @head words in front of the program are the caller's. */
static int collect(const struct load_object *object, u32 prog, enum notes_kind kind, u32 size,
		   u32 head, u8 **out, u32 *count)
{
	const struct load_file *file = object->file;
	const struct prog_place *place = &file->places[prog];
	struct notes_part part = file->notes[kind];
	struct walk w = walk_part(file, part);
	const u8 *record;
	u8 *to;
	u32 n = 0;

	/* One more than there can be: the caller's own. */
	to = *out = calloc(part.len / size + 1, size);
	if (!to)
		return -ENOMEM;
	while ((record = walk_next(&w))) {
		u32 offset = get_u32(record);
		const struct linked *function = function_of(place, w.section, offset);

		if (!function || offset % 8)
			continue;
		memcpy(to + (size_t)n * size, record, size);
		put_u32(to + (size_t)n * size,
			head + function->start + (u32)((offset - function->offset) / 8));
		n++;
	}
	qsort(to, n, size, by_insn);
	*count = 0;
	for (u32 i = 0; i < n; i++) {
		if (*count && !by_insn(to + (size_t)(*count - 1) * size, to + (size_t)i * size))
			continue;
		memmove(to + (size_t)*count * size, to + (size_t)i * size, size);
		++*count;
	}
	return 0;
}

int notes_core(const struct load_object *object, u32 prog, struct core_reloc **out, u32 *count)
{
	const struct load_file *file = object->file;
	u8 *records;
	int err;

	*out = NULL;
	*count = 0;
	if (!file->notes[NOTES_CORE].len)
		return 0;
	err = collect(object, prog, NOTES_CORE, CORE_RECORD, 0, &records, count);
	if (err)
		return err;
	*out = calloc(*count + 1, sizeof(**out));
	for (u32 i = 0; *out && i < *count; i++) {
		const u8 *record = records + (size_t)i * CORE_RECORD;

		(*out)[i] = (struct core_reloc){ get_u32(record), get_u32(record + 4),
						 btf_name(&file->btf, get_u32(record + 8)),
						 get_u32(record + 12) };
	}
	free(records);
	return *out ? 0 : -ENOMEM;
}

/* Is there a record for the first instruction of each function? */
static bool covers(const struct prog_place *place, u32 head, const u8 *records, u32 size, u32 count)
{
	for (u32 i = 0; i < place->function_count; i++) {
		u32 start = head + place->functions[i].start;

		if (!bsearch(&start, records, count, size, by_insn))
			return false;
	}
	return count > 0;
}

/* The caller in front is shown as if it were the function that it calls. */
static void add_head(u8 *records, u32 size, u32 *count)
{
	memmove(records + size, records, (size_t)*count * size);
	put_u32(records, 0);
	++*count;
}

int notes_collect(const struct load_object *object, u32 prog, u32 head, struct notes *notes)
{
	const struct prog_place *place = &object->file->places[prog];
	u32 func = sizeof(*notes->funcs), line = sizeof(*notes->lines);
	int err;

	memset(notes, 0, sizeof(*notes));
	err = collect(object, prog, NOTES_FUNC, func, head, (u8 **)&notes->funcs, &notes->func_count);
	if (!err)
		err = collect(object, prog, NOTES_LINE, line, head, (u8 **)&notes->lines,
			      &notes->line_count);
	if (err) {
		notes_free(notes);
		return err;
	}
	/* A kernel wants one type for each function, and a line where each begins. */
	if (notes->func_count != place->function_count ||
	    !covers(place, head, (u8 *)notes->funcs, func, notes->func_count))
		notes->func_count = 0;
	if (!covers(place, head, (u8 *)notes->lines, line, notes->line_count))
		notes->line_count = 0;
	if (head && notes->func_count)
		add_head((u8 *)notes->funcs, func, &notes->func_count);
	if (head && notes->line_count)
		add_head((u8 *)notes->lines, line, &notes->line_count);
	return 0;
}

void notes_free(struct notes *notes)
{
	free(notes->funcs);
	free(notes->lines);
	memset(notes, 0, sizeof(*notes));
}
