// SPDX-License-Identifier: BSD-2-Clause
/* prog_relos.c - the CO-RE records that come with PROG_LOAD.
 *
 * The engine has no kernel types of its own to relocate against yet: a record is checked for its form,
 * in Linux's order, and what would change an instruction is refused. Loaders relocate themselves
 * and send no records.
 */
#include <errno.h>
#include <limits.h>

#include "command/call.h"
#include "object/btf.h"
#include "object/prog.h"

#define RELO_SIZE_MAX 252   /* of one record of a newer client */

/* The number of the type itself, in the program's own BTF: no kernel type is asked for. */
static bool relo_changes_nothing(const struct prog *prog, const struct bpf_core_relo *relo)
{
	return relo->kind == BPF_CORE_TYPE_ID_LOCAL &&
	       (u32)prog->insns[relo->insn_off / sizeof(struct bpf_insn)].imm == relo->type_id;
}

static int relo_check(const struct prog *prog, const struct bpf_core_relo *relo, u32 i, struct log *log)
{
	const struct btf_view *btf = &btf_of(prog->btf)->view;

	if (relo->insn_off % sizeof(struct bpf_insn) ||
	    relo->insn_off / sizeof(struct bpf_insn) >= prog->insn_count)
		return log_error(log, -EINVAL, "program: core_relo %u: no instruction starts at byte %u", i,
				 relo->insn_off);
	if (!btf_type(btf, relo->type_id) || relo->access_str_off >= btf->strings_len)
		return log_error(log, -EINVAL, "program: core_relo %u: there is no BTF type %u", i,
				 relo->type_id);
	if (relo->kind > BPF_CORE_TYPE_MATCHES)
		return log_error(log, -EINVAL, "program: core_relo %u: there is no kind %u", i, relo->kind);
	if (!relo_changes_nothing(prog, relo))
		return log_error(log, -EOPNOTSUPP, "program: core_relo %u: relocating is the loader's work, "
				 "not the engine's", i);
	return 0;
}

int prog_relos_check(struct call *call, struct prog *prog, struct log *log)
{
	const union bpf_attr *attr = &call->attr->bpf;
	u32 size = attr->core_relo_rec_size;
	struct bpf_core_relo relo;
	int err = 0;

	if (!attr->core_relo_cnt || !prog->btf)
		return 0;
	if (attr->core_relo_cnt > INT_MAX / sizeof(relo))
		return log_error(log, -EINVAL, "program: %u core_relo records", attr->core_relo_cnt);
	if (size < sizeof(relo) || size > RELO_SIZE_MAX || size % 4)
		return log_error(log, -EINVAL, "program: core_relo records of %u bytes", size);
	for (u32 i = 0; !err && i < attr->core_relo_cnt; i++) {
		err = user_record(call, &relo, attr->core_relos + (u64)i * size, size, sizeof(relo));
		if (err == -E2BIG) {
			if (CALL_REPLY(call, core_relo_rec_size, sizeof(relo)))
				return -EFAULT;
			return log_error(log, err, "program: core_relo %u has fields of the future", i);
		}
		if (!err)
			err = relo_check(prog, &relo, i, log);
	}
	return err;
}
