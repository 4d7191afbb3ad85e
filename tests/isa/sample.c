// SPDX-License-Identifier: BSD-2-Clause
/* sample.c - samples of every row and form, made from the shapes; see sample.h. */
#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DST = 1, SRC = 2, OFF = 4, IMM = 8 };

/* Number 7 of Linux's helpers: get_prandom_u32, which takes nothing. */
#define HELPER_PRANDOM 7

static void make_memory(struct sample *s, const struct insn_info *row)
{
	s->insn[0].dst_reg = row->shape == SHAPE_LDX || row->flags & F_LOAD ? 3 : 10;
	s->insn[0].src_reg = row->shape == SHAPE_LDX || row->flags & F_LOAD ? 10 : 4;
	s->insn[0].off = -8;
	if (row->shape == SHAPE_ST) {
		s->insn[0].src_reg = 0;
		s->insn[0].imm = -77;
	}
}

static void make_operands(struct sample *s, const struct insn_info *row, int map_fd)
{
	struct bpf_insn *insn = &s->insn[0];

	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
		insn->dst_reg = 3;
		if (s->reg)
			insn->src_reg = 4;
		else
			insn->imm = 9;
		break;
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
		insn->dst_reg = 3;
		break;
	case SHAPE_JCOND:
		insn->dst_reg = 3;
		if (s->reg)
			insn->src_reg = 4;
		else
			insn->imm = -9;
		break;
	case SHAPE_CALL:
		insn->imm = s->id == INSN_CALL_LOCAL ? 2 : HELPER_PRANDOM;
		break;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_EXIT:
		break;
	case SHAPE_LDX:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_ATOMIC:
		make_memory(s, row);
		break;
	case SHAPE_LD_IMM64:
		insn->dst_reg = 3;
		insn->imm = s->id == INSN_LD_MAP_FD || s->id == INSN_LD_MAP_VALUE ? map_fd : 0;
		if (s->id == INSN_LD_IMM64) {
			insn->imm = -2;
			s->insn[1].imm = 0x12345;
		}
		break;
	case SHAPE_LD_ABS:
		insn->imm = 4;
		break;
	case SHAPE_LD_IND:
		insn->src_reg = 4;
		insn->imm = 4;
		break;
	}
}

bool sample_make(enum insn_id id, bool reg, int map_fd, struct sample *out)
{
	const struct insn_info *row = &insn_info[id];

	if (!(row->flags & (reg ? F_X : F_K)))
		return false;
	*out = (struct sample){ .id = id, .reg = reg, .slots = row->flags & F_WIDE ? 2 : 1 };
	out->insn[0].code = row->code;
	if (reg && row->flags & F_K)
		out->insn[0].code |= BPF_X;
	out->loads = id != INSN_CALL_KFUNC && id != INSN_LD_BTF_ID && id != INSN_LD_FUNC;
	make_operands(out, row, map_fd);
	if (row->selector == SEL_OFF)
		out->insn[0].off = (s16)row->value;
	else if (row->selector == SEL_IMM)
		out->insn[0].imm = row->value;
	else if (row->selector == SEL_SRC)
		out->insn[0].src_reg = row->value & 0xf;
	return true;
}

u32 sample_program(const struct sample *s, struct bpf_insn *insns)
{
	static const struct bpf_insn before[SAMPLE_AT] = {
		{ .code = 0xbf, .dst_reg = 6, .src_reg = 1 },
		{ .code = 0xb7, .dst_reg = 0, .imm = 1 },
		{ .code = 0xb7, .dst_reg = 1, .imm = 1 },
		{ .code = 0xb7, .dst_reg = 2, .imm = 2 },
		{ .code = 0xb7, .dst_reg = 3, .imm = 3 },
		{ .code = 0xb7, .dst_reg = 4, .imm = 4 },
		{ .code = 0xb7, .dst_reg = 5, .imm = 5 },
		{ .code = 0x7a, .dst_reg = 10, .off = -8, .imm = 5 },
	}, after[] = {
		{ .code = 0xb7, .dst_reg = 0 }, { .code = 0x95 },
		{ .code = 0xb7, .dst_reg = 0 }, { .code = 0x95 },
	};
	u32 tail = s->id == INSN_EXIT ? 0 : s->id == INSN_CALL_LOCAL ? 4 : 2;

	memcpy(insns, before, sizeof(before));
	memcpy(insns + SAMPLE_AT, s->insn, s->slots * sizeof(*insns));
	memcpy(insns + SAMPLE_AT + s->slots, after, tail * sizeof(*insns));
	return SAMPLE_AT + s->slots + tail;
}

u32 sample_reserved(const struct sample *s)
{
	const struct insn_info *row = &insn_info[s->id];
	u32 used = row->selector == SEL_OFF ? OFF : row->selector == SEL_IMM ? IMM :
		   row->selector == SEL_SRC ? SRC : 0;

	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU: case SHAPE_MOV: case SHAPE_MOVSX:
		used |= DST | (s->reg ? SRC : IMM);
		break;
	case SHAPE_NEG: case SHAPE_ENDIAN:
		used |= DST;
		break;
	case SHAPE_JCOND:
		used |= DST | OFF | (s->reg ? SRC : IMM);
		break;
	case SHAPE_CALL:
		used |= IMM | (s->id == INSN_CALL_KFUNC ? OFF : 0);
		break;
	case SHAPE_JA:
		used |= row->width == 32 ? IMM : OFF;
		break;
	case SHAPE_MAY_GOTO:
		used |= OFF;
		break;
	case SHAPE_EXIT:
		break;
	case SHAPE_LDX: case SHAPE_STX: case SHAPE_ATOMIC:
		used |= DST | SRC | OFF;
		break;
	case SHAPE_ST:
		used |= DST | OFF | IMM;
		break;
	case SHAPE_LD_IMM64:
		used |= DST | IMM;
		break;
	case SHAPE_LD_ABS:
		used |= IMM;
		break;
	case SHAPE_LD_IND:
		used |= SRC | IMM;
		break;
	}
	return ~used & 15;
}

static int linux_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

int linux_load(const struct bpf_insn *insns, u32 count, int map_fd, char *text, u32 room)
{
	static const char license[] = "GPL";
	int maps[1] = { map_fd };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = ptr_u64(insns),
		.insn_cnt = count,
		.license = ptr_u64(license),
		.fd_array = ptr_u64(maps),
		.log_buf = text ? ptr_u64(text) : 0,
		.log_size = text ? room : 0,
		.log_level = text ? 2 : 0,
	};

	return linux_bpf(BPF_PROG_LOAD, &attr);
}

/* The newest operation of the table: a Linux without it is no reference. */
static int linux_probe(int map_fd)
{
	struct bpf_insn insns[SAMPLE_ROOM];
	struct sample s;
	int fd = sample_make(INSN_LOAD_ACQ_DW, true, map_fd, &s) ?
		 linux_load(insns, sample_program(&s, insns), map_fd, NULL, 0) : -EINVAL;

	if (fd < 0)
		return fd == -EINVAL ? -EOPNOTSUPP : fd;
	close(fd);
	return 0;
}

int linux_map(u32 value_size)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = value_size, .max_entries = 1 };
	int fd = linux_bpf(BPF_MAP_CREATE, &attr), err;

	if (fd < 0)
		return fd;
	err = linux_probe(fd);
	if (err)
		close(fd);
	return err ? err : fd;
}

int linux_map_get(int fd, void *value)
{
	u32 key = 0;
	union bpf_attr attr = { .map_fd = (u32)fd, .key = ptr_u64(&key), .value = ptr_u64(value) };

	return linux_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

int linux_map_set(int fd, const void *value)
{
	u32 key = 0;
	union bpf_attr attr = { .map_fd = (u32)fd, .key = ptr_u64(&key), .value = ptr_u64(value) };

	return linux_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int linux_run(int fd)
{
	static const u8 packet[64];
	union bpf_attr attr = { .test = { .prog_fd = (u32)fd, .data_in = ptr_u64(packet),
					  .data_size_in = sizeof(packet), .repeat = 1 } };

	return linux_bpf(BPF_PROG_TEST_RUN, &attr);
}

const char *linux_skip(int err)
{
	static char name[128];

	snprintf(name, sizeof(name), "comparison with Linux # SKIP %s", strerror(-err));
	return name;
}
