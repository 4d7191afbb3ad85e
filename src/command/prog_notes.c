// SPDX-License-Identifier: BSD-2-Clause
/* prog_notes.c - what the compiler noted about a program: which BTF function starts where, and
 * which source line an instruction comes from.
 *
 * After this, func_info has one record a function in the order of the code and line_info grows, with
 * one line at the start of each function: readers search them by halves. Source of the rules and
 * errnos: PROG_LOAD with damaged notes on Linux 6.18.
 */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"
#include "object/btf.h"
#include "object/prog.h"

#define NOTE_SIZE_MAX 252   /* of one record of a newer client */

/* Copy @count records of @from_size bytes down to @to_size each; what is cut off must be 0. */
static int notes_read(u64 from, u32 count, u32 from_size, u32 to_size, const char *what,
		      struct log *log, void **out)
{
	u8 *notes;

	if (from_size < to_size || from_size > NOTE_SIZE_MAX || from_size % 4)
		return log_error(log, -EINVAL, "program: %s records of %u bytes", what, from_size);
	if (!from)
		return -EFAULT;
	notes = calloc(count, to_size);
	if (!notes)
		return -ENOMEM;
	for (u32 i = 0; i < count; i++) {
		u64 at = from + (u64)i * from_size;

		if (user_zeros(at + to_size, from_size - to_size)) {
			free(notes);
			return log_error(log, -E2BIG, "program: %s record %u has fields of the future",
					 what, i);
		}
		memcpy(notes + (size_t)i * to_size, u64_ptr(at), to_size);
	}
	*out = notes;
	return 0;
}

/* Mark where functions start. */
static u8 *notes_starts(const struct prog *prog, u32 *count)
{
	u8 *starts = calloc(prog->insn_count, 1);

	if (!starts)
		return NULL;
	starts[0] = 1;
	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct bpf_insn *insn = &prog->insns[i];
		bool wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);
		s64 target = (s64)i + 1 + insn->imm;

		if (((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
		     (wide && insn->src_reg == BPF_PSEUDO_FUNC)) &&
		    target >= 0 && target < prog->insn_count)
			starts[target] = 1;
		i += wide;
	}
	*count = 0;
	for (u32 i = 0; i < prog->insn_count; i++)
		*count += starts[i];
	return starts;
}

static int func_info_check(const struct prog *prog, const struct btf *btf, const u8 *starts,
			   u32 functions, struct log *log)
{
	const struct bpf_func_info *info = prog->func_info;

	for (u32 i = 0; i < prog->func_info_count; i++) {
		const struct btf_type *type = btf_type(btf, info[i].type_id);

		if (i ? info[i].insn_off <= info[i - 1].insn_off : info[i].insn_off)
			return log_error(log, -EINVAL, "program: func_info %u is out of order", i);
		if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC)
			return log_error(log, -EINVAL, "program: func_info %u: BTF type %u is no function",
					 i, info[i].type_id);
	}
	if (prog->func_info_count != functions)
		return log_error(log, -EINVAL, "program: %u functions, but func_info for %u", functions,
				 prog->func_info_count);
	for (u32 i = 0; i < functions; i++)
		if (info[i].insn_off >= prog->insn_count || !starts[info[i].insn_off])
			return log_error(log, -EINVAL, "program: func_info %u: instruction %u starts no function",
					 i, info[i].insn_off);
	return 0;
}

static int line_info_check(const struct prog *prog, const struct btf *btf, const u8 *starts,
			   u32 functions, struct log *log)
{
	const struct bpf_line_info *info = prog->line_info;
	u32 started = 0;

	for (u32 i = 0; i < prog->line_info_count; i++) {
		u32 at = info[i].insn_off;

		if ((i && at <= info[i - 1].insn_off) || at >= prog->insn_count)
			return log_error(log, -EINVAL, "program: line_info %u is out of order", i);
		if (!prog->insns[at].code)
			return log_error(log, -EINVAL, "program: line_info %u: no instruction starts at %u",
					 i, at);
		if (info[i].line_off >= btf->strings_len || info[i].file_name_off >= btf->strings_len)
			return log_error(log, -EINVAL, "program: line_info %u has no text", i);
		started += starts[at];
	}
	if (started != functions)
		return log_error(log, -EINVAL, "program: line_info knows %u of %u function starts",
				 started, functions);
	return 0;
}

static int notes_check(struct call *call, struct prog *prog, struct log *log)
{
	const union bpf_attr *attr = &call->attr->bpf;
	const struct btf *btf = btf_of(prog->btf);
	u32 functions;
	u8 *starts = notes_starts(prog, &functions);
	int err = starts ? 0 : -ENOMEM;

	if (!err && attr->func_info_cnt) {
		err = notes_read(attr->func_info, attr->func_info_cnt, attr->func_info_rec_size,
				 sizeof(struct bpf_func_info), "func_info", log, &prog->func_info);
		if (err == -E2BIG)
			CALL_REPLY(call, func_info_rec_size, sizeof(struct bpf_func_info));
		if (!err) {
			prog->func_info_count = attr->func_info_cnt;
			prog->func_info_size = sizeof(struct bpf_func_info);
			err = func_info_check(prog, btf, starts, functions, log);
		}
	}
	if (!err && attr->line_info_cnt) {
		err = notes_read(attr->line_info, attr->line_info_cnt, attr->line_info_rec_size,
				 sizeof(struct bpf_line_info), "line_info", log, &prog->line_info);
		if (err == -E2BIG)
			CALL_REPLY(call, line_info_rec_size, sizeof(struct bpf_line_info));
		if (!err) {
			prog->line_info_count = attr->line_info_cnt;
			prog->line_info_size = sizeof(struct bpf_line_info);
			err = line_info_check(prog, btf, starts, functions, log);
		}
	}
	free(starts);
	return err;
}

int prog_notes_load(struct call *call, struct prog *prog, struct log *log)
{
	const union bpf_attr *attr = &call->attr->bpf;
	int err;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	if (attr->func_info_cnt > prog->insn_count || attr->line_info_cnt > prog->insn_count)
		return log_error(log, -EINVAL, "program: more notes than instructions");
	err = fd_get(call->client, (int)attr->prog_btf_fd, OBJECT_BTF, &prog->btf, NULL);
	if (err)
		return log_error(log, err, "program: handle %u is not BTF", attr->prog_btf_fd);
	return notes_check(call, prog, log);
}
