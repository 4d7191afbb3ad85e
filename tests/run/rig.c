// SPDX-License-Identifier: BSD-2-Clause
/* rig.c - see rig.h. The network namespace is our own: TEST_RUN gives packets to its loopback. */
#include "rig.h"

#include <errno.h>
#include <linux/btf.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "kfunc_ids.h"
#include "object/object.h"
#include "packet/packet.h"

#define INSNS_MAX 65536
#define FUNCTIONS_MAX 16

const char *rig_name(enum machine machine)
{
	static const char *const names[MACHINES] = { "checked", "trusted", "Linux" };

	return names[machine];
}

struct backend *rig_backend(struct rig *rig, enum machine machine)
{
	return machine == LINUX ? rig->linux_side : rig->engine;
}

static int call(struct rig *rig, enum machine machine, int cmd, union bpf_attr *attr)
{
	return backend_bpf(rig_backend(rig, machine), cmd, attr, sizeof(*attr));
}

static struct bpf_insn probe[] = {
	/* r0 = load_acquire((u64 *)(r10 -8)): a Linux without it is no reference. */
	{ .code = 0x7a, .dst_reg = 10, .off = -8 },
	{ .code = 0xdb, .dst_reg = 0, .src_reg = 10, .off = -8, .imm = 0x100 },
	{ .code = 0x95 },
};

/* Returns why Linux cannot be asked, or NULL. */
static const char *open_linux(struct rig *rig)
{
	struct backend *backend;
	int fd;

	if (geteuid())
		return "not root";
	if (unshare(CLONE_NEWNET) || backend_kernel_create(&backend))
		return "no network namespace of our own";
	rig->linux_side = backend;
	fd = rig_load(rig, LINUX, BPF_PROG_TYPE_SCHED_CLS, probe, ARRAY_SIZE(probe));
	rig_unload(rig, LINUX, fd);
	if (fd >= 0)
		return NULL;
	backend_destroy(backend);
	rig->linux_side = NULL;
	return "it does not let us load programs, or lacks newer instructions";
}

const char *rig_linux_name(const struct rig *rig) { return rig->linux_name; }

void rig_open(struct rig *rig)
{
	const char *why;
	struct engine_config config = { .cpus = 2, .fixed_seed = true, .seed = 7, .unverified = true };

	memset(rig, 0, sizeof(*rig));
	assert_int_equal(backend_engine_create(&config, &rig->engine), 0);
	assert_int_equal(run_exec_create(backend_engine(rig->engine), 0, &rig->exec), 0);
	assert_int_equal(packet_create(0, &rig->packet), 0);
	rig->exec->packet = rig->packet;
	rig->len = 64;
	for (u32 i = 0; i < sizeof(rig->bytes); i++)
		rig->bytes[i] = (u8)(i * 7 + (i >> 8));
	put_be16(rig->bytes + 12, 0x0800);
	why = open_linux(rig);
	snprintf(rig->linux_name, sizeof(rig->linux_name), "comparison with Linux%s%s",
		 why ? " # SKIP " : "", why ? why : "");
}

void rig_close(struct rig *rig)
{
	rig_drop_maps(rig);
	packet_destroy(rig->packet);
	run_exec_destroy(rig->exec);
	backend_destroy(rig->engine);
	if (rig->linux_side)
		backend_destroy(rig->linux_side);
}

u32 rig_map(struct rig *rig, u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	u32 slot = rig->maps++;

	assert_true(slot < RIG_MAPS);
	rig->map[slot] = (struct rig_map){ type, key_size, value_size, max_entries, flags };
	for (int side = 0; side < 2; side++) {
		struct backend *backend = side ? rig->linux_side : rig->engine;
		union bpf_attr attr = { .map_type = type, .key_size = key_size,
					.value_size = value_size, .max_entries = max_entries,
					.map_flags = flags };

		rig->fd[slot][side] = backend ? backend_bpf(backend, BPF_MAP_CREATE, &attr,
							    sizeof(attr)) : -1;
		if (backend && rig->fd[slot][side] < 0)
			fail_msg("map type %u: %d", type, rig->fd[slot][side]);
	}
	return slot;
}

void rig_drop_maps(struct rig *rig)
{
	while (rig->maps) {
		rig->maps--;
		backend_close(rig->engine, rig->fd[rig->maps][0]);
		if (rig->linux_side)
			backend_close(rig->linux_side, rig->fd[rig->maps][1]);
	}
}

static int element(struct rig *rig, enum machine machine, int cmd, u32 slot, const void *key,
		   const void *value)
{
	union bpf_attr attr = { .map_fd = (u32)rig->fd[slot][machine == LINUX],
				.key = ptr_u64(key), .value = ptr_u64(value) };

	return call(rig, machine, cmd, &attr);
}

int rig_get(struct rig *rig, enum machine machine, u32 slot, const void *key, void *value)
{
	return element(rig, machine, BPF_MAP_LOOKUP_ELEM, slot, key, value);
}

int rig_set(struct rig *rig, enum machine machine, u32 slot, const void *key, const void *value)
{
	return element(rig, machine, BPF_MAP_UPDATE_ELEM, slot, key, value);
}

int rig_del(struct rig *rig, enum machine machine, u32 slot, const void *key)
{
	return element(rig, machine, BPF_MAP_DELETE_ELEM, slot, key, NULL);
}

int rig_put_prog(struct rig *rig, enum machine machine, u32 slot, u32 index, int prog)
{
	return rig_set(rig, machine, slot, &index, &prog);
}

/* Slots of the rig become handles of the side. */
static void name_maps(struct rig *rig, enum machine machine, struct bpf_insn *insns, u32 count)
{
	for (u32 i = 0; i + 1 < count; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
			assert_true((u32)insns[i].imm < rig->maps);
			insns[i].imm = rig->fd[insns[i].imm][machine == LINUX];
		}
		i++;
	}
}

/* Where functions begin, in order. Returns their number. */
static u32 find_functions(const struct bpf_insn *insns, u32 count, struct bpf_func_info *info)
{
	u32 n = 0;

	for (u32 at = 0; at < count; at++) {
		bool begins = !at;

		for (u32 i = 0; i < count && !begins; i++)
			begins = (insn_id_of(&insns[i]) == INSN_CALL_LOCAL ||
				  insn_id_of(&insns[i]) == INSN_LD_FUNC) && i + 1 + (u32)insns[i].imm == at;
		if (begins && n < FUNCTIONS_MAX)
			info[n++] = (struct bpf_func_info){ .insn_off = at, .type_id = 3 };
	}
	return n;
}

/* Type information that says no more than "functions that return int": Linux wants it of programs
 * whose functions make tail calls or load from the packet. Returns its handle. */
static int load_btf(struct rig *rig, enum machine machine)
{
	static const struct {
		struct btf_header header;
		u32 types[4 + 3 + 3];
		char strings[8];
	} btf = {
		.header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(btf.header),
			    .type_len = sizeof(btf.types), .str_off = sizeof(btf.types),
			    .str_len = sizeof(btf.strings) },
		.types = { 1, BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32, /* [1] int */
			   0, BTF_KIND_FUNC_PROTO << 24, 1,                     /* [2] int () */
			   5, BTF_KIND_FUNC << 24, 2 },                         /* [3] f */
		.strings = "\0int\0f\0",
	};
	union bpf_attr attr = { .btf = ptr_u64(&btf), .btf_size = sizeof(btf) };

	return call(rig, machine, BPF_BTF_LOAD, &attr);
}

int rig_load(struct rig *rig, enum machine machine, u32 type, const struct bpf_insn *insns,
	     u32 count)
{
	struct bpf_insn *copy = calloc(count, sizeof(*copy));
	struct bpf_func_info functions[FUNCTIONS_MAX];
	union bpf_attr attr = { .prog_type = type, .insns = ptr_u64(copy), .insn_cnt = count,
				.license = ptr_u64("GPL"),
				.expected_attach_type = rig->attach_type };
	int fd, btf = -1;

	assert_non_null(copy);
	memcpy(copy, insns, count * sizeof(*copy));
	name_maps(rig, machine, copy, count);
	kfunc_name(machine == LINUX ? NULL : backend_engine(rig->engine), copy, count);
	attr.func_info_cnt = count < 1000 ? find_functions(copy, count, functions) : 1;
	if (attr.func_info_cnt > 1) {
		btf = load_btf(rig, machine);
		assert_true(btf >= 0);
		attr.prog_btf_fd = (u32)btf;
		attr.func_info_rec_size = sizeof(*functions);
		attr.func_info = ptr_u64(functions);
	} else {
		attr.func_info_cnt = 0;
	}
	rig->log[0] = '\0';
	fd = call(rig, machine, BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		attr.log_buf = ptr_u64(rig->log);
		attr.log_size = sizeof(rig->log);
		attr.log_level = 1;
		assert_true(call(rig, machine, BPF_PROG_LOAD, &attr) < 0);
	}
	rig_unload(rig, machine, btf);
	free(copy);
	return fd;
}

int rig_text(struct rig *rig, enum machine machine, u32 type, const char *text)
{
	struct bpf_insn *insns = calloc(INSNS_MAX, sizeof(*insns));
	LOG_ON_STACK(log);
	int count, fd;
	char *known;

	assert_non_null(insns);
	known = kfunc_text(text);
	assert_non_null(known);
	count = insn_assemble(known, insns, INSNS_MAX, &log);
	if (count < 0)
		fail_msg("%s in\n%s", log.text, text);
	free(known);
	fd = rig_load(rig, machine, type, insns, (u32)count);
	free(insns);
	return fd;
}

static struct prog *prog_behind(struct rig *rig, int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = sizeof(info),
					  .info = ptr_u64(&info) } };
	struct object *object;

	assert_int_equal(call(rig, CHECKED, BPF_OBJ_GET_INFO_BY_FD, &attr), 0);
	object = object_find(backend_engine(rig->engine), OBJECT_PROG, info.id);
	assert_non_null(object);
	return prog_of(object);
}

/* The packet that BPF_PROG_TEST_RUN makes. */
static void fill(struct rig *rig)
{
	static const u8 mac[6];
	struct __sk_buff *to = &rig->packet->ctx;
	const struct __sk_buff *from = &rig->ctx;

	assert_int_equal(packet_fill(rig->packet, rig->bytes, rig->len, !rig->raw, mac), 0);
	to->ifindex = from->ifindex ? from->ifindex : 1;
	/* On loopback, whose broadcast address is zero. */
	if (to->pkt_type == PACKET_BROADCAST)
		to->pkt_type = PACKET_MULTICAST;
	to->mark = from->mark;
	to->priority = from->priority;
	to->ingress_ifindex = from->ingress_ifindex;
	memcpy(to->cb, from->cb, sizeof(to->cb));
	to->tstamp = from->tstamp;
	if (from->wire_len)
		to->wire_len = from->wire_len;
	to->gso_segs = from->gso_segs;
	to->gso_size = from->gso_size;
	to->hwtstamp = from->hwtstamp;
}

static int run_engine(struct rig *rig, enum machine machine, int fd)
{
	struct engine *engine = backend_engine(rig->engine);
	struct prog *prog = prog_behind(rig, fd);
	struct exec *exec = rig->exec;

	fill(rig);
	exec->redirect_ifindex = 0;
	exec->redirect_flags = 0;
	run_set_mode(exec, machine == TRUSTED ? RUN_TRUSTED : RUN_CHECKED);
	reclaim_enter(engine->reclaim, exec->slot);
	rig->r0 = run_prog(exec, prog);
	rig->fault = *run_fault(exec);
	reclaim_exit(engine->reclaim, exec->slot);
	if (!rig->fault.prog) {
		rig->fault.text[0] = '\0';
		rig->fault.error = 0;
	}
	object_put_user(&prog->object);
	return rig->fault.prog ? -EFAULT : 0;
}

static int run_linux(struct rig *rig, int fd)
{
	union bpf_attr attr = { .test = { .prog_fd = (u32)fd, .data_in = ptr_u64(rig->bytes),
					  .data_size_in = rig->len, .repeat = 1,
					  .ctx_in = ptr_u64(&rig->ctx),
					  .ctx_size_in = sizeof(rig->ctx) } };
	int err = call(rig, LINUX, BPF_PROG_TEST_RUN, &attr);

	rig->r0 = attr.test.retval;
	return err;
}

int rig_run(struct rig *rig, enum machine machine, int prog)
{
	rig->err = machine == LINUX ? run_linux(rig, prog) : run_engine(rig, machine, prog);
	return rig->err;
}

void rig_unload(struct rig *rig, enum machine machine, int prog)
{
	if (prog >= 0)
		backend_close(rig_backend(rig, machine), prog);
}
