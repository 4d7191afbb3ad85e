// SPDX-License-Identifier: BSD-2-Clause
/* lower.c - see lower.h. */
#include "lower.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "isa/insn.h"
#include "map/map.h"
#include "object/object.h"
#include "object/prog.h"
#include "verify/verify.h"

/* Linux without CAP_PERFMON and CAP_SYS_ADMIN, or all as before. Returns what the capabilities were. */
static u64 set_capabilities(u64 effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	u64 before;

	assert_int_equal(syscall(SYS_capget, &head, data), 0);
	before = data[0].effective | (u64)data[1].effective << 32;
	data[0].effective = (u32)effective & data[0].permitted;
	data[1].effective = (u32)(effective >> 32) & data[1].permitted;
	assert_int_equal(syscall(SYS_capset, &head, data), 0);
	return before;
}

int lower_ask_linux(struct both *both, const struct both_prog *prog)
{
	const u64 without = 1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN;
	u64 before;
	int fd;

	for (u32 n = 0; n < prog->map_count; n++)
		assert_true(both_map_fd(both, BOTH_LINUX, prog, n) >= 0);
	before = set_capabilities(~without);
	fd = both_load(both, BOTH_LINUX, prog, 1);
	set_capabilities(before);
	if (fd >= 0)
		backend_close(both->side[BOTH_LINUX], fd);
	return fd < 0 ? fd : 0;
}

static struct object *map_behind(struct both *both, const struct both_prog *prog, u32 n)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)both_map_fd(both, BOTH_ENGINE, prog, n),
					  .info_len = sizeof(info), .info = ptr_u64(&info) } };
	struct backend *engine = both->side[BOTH_ENGINE];

	assert_int_equal(backend_bpf(engine, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return object_find(backend_engine(engine), OBJECT_MAP, info.id);
}

int lower_ask_verifier(struct both *both, const struct both_prog *from, bool bpf, struct log *log)
{
	const struct verify_options options = { .bpf = bpf, .log = log };
	struct prog *prog;
	int err;

	assert_int_equal(prog_create(backend_engine(both->side[BOTH_ENGINE]), from->count, &prog), 0);
	memcpy(prog->insns, from->insns, from->count * sizeof(*prog->insns));
	prog->type = from->type;
	prog->gpl = true;
	prog->maps = calloc(BOTH_MAPS, sizeof(struct object *));
	for (prog->map_count = 0; prog->map_count < from->map_count; prog->map_count++)
		prog->maps[prog->map_count] = map_behind(both, from, prog->map_count);
	for (u32 i = 0; i < from->count; i++)
		if (insn_id_of(&prog->insns[i]) == INSN_LD_MAP_FD ||
		    insn_id_of(&prog->insns[i]) == INSN_LD_MAP_VALUE)
			prog->insns[i].src_reg = prog->insns[i].src_reg == BPF_PSEUDO_MAP_FD ?
						 BPF_PSEUDO_MAP_IDX : BPF_PSEUDO_MAP_IDX_VALUE;
	err = verify_prog(prog, &options, NULL);
	for (u32 i = 0; i < prog->map_count; i++)
		object_put_user(prog->maps[i]);
	prog->map_count = 0;
	object_put_user(&prog->object);
	return err;
}
