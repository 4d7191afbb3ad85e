// SPDX-License-Identifier: BSD-2-Clause
/* prog_notes.c - what the compiler noted about a program: which BTF function starts where, and
 * which source line an instruction comes from.
 *
 * After this, func_info has one record a function in the order of the code and line_info grows, with
 * one line at the start of each function: readers search them by halves. Source of the rules and
 * errnos: PROG_LOAD with damaged notes on Linux 6.18.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "command/call.h"
#include "object/btf.h"
#include "object/prog.h"

#define FETCH_MAX (1u << 20)
#define NOTE_SIZE_MAX 252   /* of one record of a newer client */

/* What one kind of record is called, where the client has it and how long one is. */
struct notes {
	const char *what;
	u64 from;
	u32 count, from_size, to_size;
	u32 size_off;     /* of the attribute's record size, to write ours back */
	const u8 *all;    /* the first all_count records, where they could be had in one go */
	u32 all_count;
	/* Is record @i good? @last: the instruction of the one before it. */
	int (*check)(const struct prog *prog, const u8 *starts, u32 i, u32 last, const void *record,
		     struct log *log);
};

/* Copy a record down to our size: what is cut off must be 0. */
static int note_read(struct call *call, const struct notes *n, u32 i, struct log *log, void *to)
{
	u64 at = (u64)i * n->from_size;
	int err = 0;

	if (i >= n->all_count) {
		err = user_record(call, to, n->from + at, n->from_size, n->to_size);
	} else {
		for (u32 b = n->to_size; b < n->from_size; b++)
			err = n->all[at + b] ? -E2BIG : err;
		memcpy(to, n->all + at, n->to_size);
	}
	if (err != -E2BIG)
		return err;
	if (call_reply(call, n->size_off, n->to_size))
		return -EFAULT;
	return log_error(log, err, "program: %s record %u has fields of the future", n->what, i);
}

/* Asking a client for each record is slow. Where not all of them can be had, one after the other shows
 * which is the first that is wrong; NULL then. */
static u8 *notes_fetch(struct call *call, const struct notes *n, u32 count)
{
	u64 size = (u64)count * n->from_size;
	u8 *all = call->client->caller && size <= FETCH_MAX ? malloc(size) : NULL;

	if (all && user_read(call, all, n->from, size)) {
		free(all);
		all = NULL;
	}
	return all;
}

/* All records, read and checked one after the other. No more than @limit of them are kept: there
 * cannot be more that are right, and the client must not decide how much memory this takes. */
static int notes_read(struct call *call, const struct prog *prog, const u8 *starts,
		      const struct notes *n, u32 limit, struct log *log, void **out)
{
	u32 kept = min_u32(n->count, limit), last = 0;
	struct notes fetched = *n;
	u8 *notes, *all;
	int err = 0;

	if (n->from_size < n->to_size || n->from_size > NOTE_SIZE_MAX || n->from_size % 4)
		return log_error(log, -EINVAL, "program: %s records of %u bytes", n->what,
				 n->from_size);
	if ((u64)n->count * n->to_size > INT_MAX)
		return -ENOMEM;
	if (!n->from)
		return -EFAULT;
	notes = calloc(kept, n->to_size);
	if (!notes)
		return -ENOMEM;
	all = notes_fetch(call, n, kept);
	fetched.all = all;
	fetched.all_count = all ? kept : 0;
	for (u32 i = 0; !err && i < n->count; i++) {
		u8 *record = notes + (size_t)min_u32(i, limit - 1) * n->to_size;

		err = note_read(call, &fetched, i, log, record);
		if (!err)
			err = n->check(prog, starts, i, last, record, log);
		last = get_u32(record);
	}
	free(all);
	if (err) {
		free(notes);
		return err;
	}
	*out = notes;
	return 0;
}

static int func_note_check(const struct prog *prog, const u8 *starts, u32 i, u32 last,
			   const void *record, struct log *log)
{
	const struct bpf_func_info *info = record;
	const struct btf_type *type = btf_type(&btf_of(prog->btf)->view, info->type_id);

	if (i ? info->insn_off <= last : info->insn_off)
		return log_error(log, -EINVAL, "program: func_info %u is out of order", i);
	if (!type || btf_kind(type) != BTF_KIND_FUNC)
		return log_error(log, -EINVAL, "program: func_info %u: BTF type %u is no function", i,
				 info->type_id);
	return 0;
}

static int func_info_check(const struct prog *prog, const u8 *starts, u32 functions,
			   struct log *log)
{
	const struct bpf_func_info *info = prog->func_info;

	if (prog->func_info_count != functions)
		return log_error(log, -EINVAL, "program: %u functions, but func_info for %u", functions,
				 prog->func_info_count);
	for (u32 i = 0; i < functions; i++)
		if (info[i].insn_off >= prog->insn_count || !starts[info[i].insn_off])
			return log_error(log, -EINVAL,
					 "program: func_info %u: no function starts at instruction %u", i,
					 info[i].insn_off);
	return 0;
}

static int line_note_check(const struct prog *prog, const u8 *starts, u32 i, u32 last,
			   const void *record, struct log *log)
{
	const struct btf_view *btf = &btf_of(prog->btf)->view;
	const struct bpf_line_info *info = record;
	u32 at = info->insn_off;

	if ((i && at <= last) || at >= prog->insn_count)
		return log_error(log, -EINVAL, "program: line_info %u is out of order", i);
	if (!prog->insns[at].code)
		return log_error(log, -EINVAL, "program: line_info %u: no instruction starts at %u", i,
				 at);
	if (info->line_off >= btf->strings_len || info->file_name_off >= btf->strings_len)
		return log_error(log, -EINVAL, "program: line_info %u has no text", i);
	for (u32 skipped = i ? last + 1 : 0; skipped < at; skipped++)
		if (starts[skipped])
			return log_error(log, -EINVAL,
					 "program: line_info has nothing for the function at %u", skipped);
	return 0;
}

static int line_info_check(const struct prog *prog, const u8 *starts, u32 functions,
			   struct log *log)
{
	const struct bpf_line_info *info = prog->line_info;
	u32 started = 0;

	for (u32 i = 0; i < prog->line_info_count; i++)
		started += starts[info[i].insn_off];
	if (started != functions)
		return log_error(log, -EINVAL, "program: line_info knows %u of %u function starts",
				 started, functions);
	return 0;
}

static int func_info_load(struct call *call, struct prog *prog, const u8 *starts, u32 functions,
			  struct log *log)
{
	const union bpf_attr *attr = &call->attr->bpf;
	const struct notes notes = {
		.what = "func_info", .from = attr->func_info, .count = attr->func_info_cnt,
		.from_size = attr->func_info_rec_size, .to_size = sizeof(struct bpf_func_info),
		.size_off = offsetof(union bpf_attr, func_info_rec_size), .check = func_note_check,
	};
	/* One more than there can be shows that there are too many. */
	u32 limit = prog->insn_count + 1;
	int err = notes_read(call, prog, starts, &notes, limit, log, &prog->func_info);

	if (err)
		return err;
	prog->func_info_count = min_u32(notes.count, limit);
	prog->func_info_size = notes.to_size;
	return func_info_check(prog, starts, functions, log);
}

static int line_info_load(struct call *call, struct prog *prog, const u8 *starts, u32 functions,
			  struct log *log)
{
	const union bpf_attr *attr = &call->attr->bpf;
	const struct notes notes = {
		.what = "line_info", .from = attr->line_info, .count = attr->line_info_cnt,
		.from_size = attr->line_info_rec_size, .to_size = sizeof(struct bpf_line_info),
		.size_off = offsetof(union bpf_attr, line_info_rec_size), .check = line_note_check,
	};
	u32 limit = prog->insn_count + 1;
	int err;

	if (notes.count > INT_MAX / sizeof(struct bpf_line_info))
		return log_error(log, -EINVAL, "program: line_info with %u records", notes.count);
	err = notes_read(call, prog, starts, &notes, limit, log, &prog->line_info);
	if (err)
		return err;
	prog->line_info_count = min_u32(notes.count, limit);
	prog->line_info_size = notes.to_size;
	return line_info_check(prog, starts, functions, log);
}

/* One kind of notes, which says where functions start. */
static int notes_load(struct call *call, struct prog *prog, struct log *log,
		      int (*notes)(struct call *call, struct prog *prog, const u8 *starts,
				   u32 functions, struct log *log))
{
	u32 functions;
	u8 *starts = prog_function_starts(prog->insns, prog->insn_count, &functions);
	int err = starts ? notes(call, prog, starts, functions, log) : -ENOMEM;

	free(starts);
	return err;
}

int prog_funcs_load(struct call *call, struct prog *prog, struct log *log)
{
	const union bpf_attr *attr = &call->attr->bpf;
	int err;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	err = fd_get(call->client, (int)attr->prog_btf_fd, OBJECT_BTF, &prog->btf, NULL);
	if (err)
		return log_error(log, err, "program: handle %u is not BTF", attr->prog_btf_fd);
	return attr->func_info_cnt ? notes_load(call, prog, log, func_info_load) : 0;
}

int prog_lines_load(struct call *call, struct prog *prog, struct log *log)
{
	return call->attr->bpf.line_info_cnt ? notes_load(call, prog, log, line_info_load) : 0;
}
