// SPDX-License-Identifier: BSD-2-Clause
/* on_prog.c - BPF_PROG_LOAD: from the client's attribute to a program that can run.
 *
 *   attribute -> instructions, licence, name -> fd_array (prog_maps.c) -> BTF and func_info
 *             (prog_notes.c) -> form of the code (isa/) -> line_info -> maps named in it (prog_maps.c)
 *             -> run_prepare() -> id, handle
 *
 * The order is Linux's: it decides which errno a call with two faults gets. Nothing here says that a
 * program was verified; it runs in checked mode until something does.
 */
#include <errno.h>
#include <time.h>

#include "command/call.h"
#include "isa/insn.h"
#include "map/map.h"
#include "object/prog.h"
#include "run/run.h"
#include "verify/verify.h"

#define LICENSE_ROOM 128

/* What a licence text must be for helpers that ask for the GPL. */
static bool license_is_gpl(const char *license)
{
	static const char *const texts[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		"Dual MPL/GPL",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(license, texts[i]))
			return true;
	return false;
}

static bool prog_type_is_ours(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_XDP:
		return true;
	default:
		return false;
	}
}

static bool prog_type_exists(u32 type)
{
	return type && type < PROG_TYPES;
}

/* Whose program it is decides how large it may be, and of which type. */
static int prog_rights_check(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	u32 most = call_may(call, RIGHT_BPF) ? MAX_INSNS : MAX_INSNS_UNPRIVILEGED;
	int err = call_require_bpf(call);

	if (err)
		return err;
	if (!attr->insn_cnt || attr->insn_cnt > most)
		return log_error(&call->log, -E2BIG, "program: %u instructions; 1 to %u are possible",
				 attr->insn_cnt, most);
	if (attr->prog_type != BPF_PROG_TYPE_SOCKET_FILTER && attr->prog_type != BPF_PROG_TYPE_CGROUP_SKB)
		err = call_require(call, RIGHT_BPF);
	if (!err && prog_type_is_ours(attr->prog_type) && attr->prog_type != BPF_PROG_TYPE_SOCKET_FILTER)
		err = call_require(call, RIGHT_NET_ADMIN);
	return err;
}

/* Before anything is read from the client's memory. */
static int prog_attr_check(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct log *log = &call->log;
	struct object *object;
	int err;

	if (attr->prog_flags & ~PROG_FLAGS_KNOWN)
		return log_error(log, -EINVAL, "program: unknown flags 0x%x", attr->prog_flags);
	if (attr->prog_flags & FLAG_TOKEN_FD)
		return log_error(log, -EOPNOTSUPP, "program: BPF tokens are not supported");
	err = prog_rights_check(call);
	if (err)
		return err;
	if (prog_type_exists(attr->prog_type) && !prog_type_is_ours(attr->prog_type))
		return log_error(log, -EOPNOTSUPP, "program: type %u is not supported here yet",
				 attr->prog_type);
	if (attr->attach_prog_fd &&
	    !fd_get(call->client, (int)attr->attach_btf_obj_fd, OBJECT_BTF, &object, NULL)) {
		object_put(object);
		return log_error(log, -MAP_ENOTSUPP, "program: BTF of programs is not for attaching");
	}
	if (attr->attach_prog_fd || attr->attach_btf_id)
		return log_error(log, -EINVAL, "program: this type attaches to no program or type");
	return 0;
}

/* What came after the instructions and the licence. */
static int prog_attr_check_late(struct call *call, struct prog *prog)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct log *log = &call->log;

	if (call_u64(call, ATTR_PROG_SIGNATURE))
		return log_error(log, -EOPNOTSUPP, "program: signatures are not supported");
	if (attr->prog_ifindex)
		return log_error(log, -EOPNOTSUPP, "program: device %u takes no programs",
				 attr->prog_ifindex);
	if (!prog_type_exists(attr->prog_type))
		return log_error(log, -EINVAL, "program: there is no type %u", attr->prog_type);
	if (object_name_copy(prog->name, attr->prog_name))
		return log_error(log, -EINVAL,
				 "program: a name has letters, digits, '_' and '.', 15 at most");
	return 0;
}

static int prog_read(struct call *call, struct prog *prog)
{
	const union bpf_attr *attr = &call->attr->bpf;
	char license[LICENSE_ROOM];
	struct timespec now;
	int err;

	err = user_read(call, prog->insns, attr->insns, (u64)attr->insn_cnt * sizeof(*prog->insns));
	if (!err)
		err = user_string(call, license, attr->license, sizeof(license));
	if (err < 0)
		return err;
	prog->gpl = license_is_gpl(license);
	prog->type = attr->prog_type;
	prog->attach_type = attr->expected_attach_type;
	prog->flags = attr->prog_flags;
	prog->uid = call->client->caller ? call->client->caller->uid : call->client->uid;
	clock_gettime(CLOCK_BOOTTIME, &now);
	prog->load_ns = (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
	return 0;
}

static bool nobody_waits(void *ctx)
{
	return call_gone(ctx);
}

static int prog_verify(struct call *call, struct prog *prog, struct log_buf *lb)
{
	const struct verify_options options = {
		.bpf = call_may(call, RIGHT_BPF), .perfmon = call_may(call, RIGHT_PERFMON), .log = &lb->log,
		.states = lb->states.text ? &lb->states : NULL, .log_level = lb->level & ~LOG_FIXED,
		.json = call->engine->verify_json, .gone = nobody_waits, .gone_ctx = call,
	};
	struct verify_stats stats;
	int err = verify_prog(prog, &options, &stats);

	prog->verified = !err;
	prog->verified_insns = stats.insns;
	return err;
}

/* Functions of the program or of the kernel are for those with CAP_BPF, wherever they stand in the code. */
static int prog_calls_check(struct call *call, const struct prog *prog, struct log *log)
{
	for (u32 i = 0; !call_may(call, RIGHT_BPF) && i < prog->insn_count; i++) {
		const struct bpf_insn *insn = &prog->insns[i];

		if ((insn->code == (BPF_JMP | BPF_CALL) &&
		     (insn->src_reg == BPF_PSEUDO_CALL || insn->src_reg == BPF_PSEUDO_KFUNC_CALL)) ||
		    (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC))
			return log_error(log, -EPERM, "instruction %u: functions of the program or of the "
					 "kernel need CAP_BPF", i);
	}
	return 0;
}

/* What can still fail when the verifier has said yes: then its sentence is the first line. */
static int prog_ready(struct prog *prog, struct log_buf *lb)
{
	LOG_ON_STACK(log);
	int err = run_prepare(prog, &log);

	for (u32 i = 0; !err && i < prog->map_count; i++)
		if (map_prog_claim(map_of(prog->maps[i]), prog))
			err = log_error(&log, -EINVAL, "program: its program array belongs to another kind");
	if (!err)
		return 0;
	log_clear(&lb->log);
	log_add(&lb->log, "%s", log.text);
	return err;
}

/* Everything that has a log. */
static int prog_check(struct call *call, struct prog *prog, struct log_buf *lb)
{
	struct log *log = &lb->log;
	const union bpf_attr *attr = &call->attr->bpf;
	int err;

	err = prog_fd_array_hold(call, prog, log);
	if (!err)
		err = prog_calls_check(call, prog, log);
	if (!err)
		err = prog_funcs_load(call, prog, log);
	if (!err)
		err = call->engine->unverified ? insn_check_program(prog->insns, prog->insn_count, log)
					       : insn_check_shape(prog->insns, prog->insn_count, log);
	if (!err)
		err = prog_lines_load(call, prog, log);
	if (!err)
		err = prog_relos_check(call, prog, log);
	if (!err)
		err = prog_tag(prog->insns, prog->insn_count, prog->tag);
	if (!err)
		err = prog_maps_resolve(call, prog, log);
	if (!err && attr->prog_flags & BPF_F_SLEEPABLE)
		err = log_error(log, -EINVAL, "program: this type must not sleep");
	if (!err && !call->engine->unverified)
		err = prog_verify(call, prog, lb);
	return err ? err : prog_ready(prog, lb);
}

int on_prog_load(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct log_buf lb = { .buf = attr->log_buf, .size = attr->log_size,
			      .level = attr->log_level,
			      .true_size_off = ATTR_PROG_LOG_TRUE_SIZE };
	struct prog *prog;
	int err;

	err = prog_attr_check(call);
	if (!err)
		err = prog_create(call->engine, attr->insn_cnt, &prog);
	if (err)
		return err;
	err = prog_read(call, prog);
	if (!err)
		err = prog_attr_check_late(call, prog);
	if (!err)
		err = log_buf_open(call, &lb);
	if (!err) {
		err = prog_check(call, prog, &lb);
		err = log_buf_close(call, &lb, err);
	}
	if (!err)
		err = object_publish(&prog->object);
	if (!err)
		err = fd_install(call->client, &prog->object, 0);
	if (err < 0)
		object_put_user(&prog->object);
	return err;
}
