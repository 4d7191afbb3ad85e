// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_program.c - instructions and a packet from an attacker: load them, and run what was loaded in
 * checked mode.
 *
 *   input:    | how | packet length | packet | instructions, 8 bytes each |
 *   program:  prelude | instructions, first half | call f; exit | f: instructions, second half | exit
 *
 * Whatever it is, nothing outside of what the program was given is touched (ASan), nothing is
 * undefined (UBSan), a run ends, and a fault has a sentence. One engine serves all inputs; maps,
 * programs, packet and numbers are new for each, so that an input alone makes what it makes. With BENT in `how`, instructions are bent to be well formed:
 * registers that exist, jumps inside the function, helpers and maps that are there, arguments that
 * helpers take, most of the time. The prelude leaves pointers of all kinds in registers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/backend.h"
#include "helper/helper.h"
#include "isa/insn.h"
#include "object/object.h"
#include "packet/packet.h"
#include "run/run.h"

#define INSNS_MAX 512
#define TURNS 2            /* what a run leaves in maps meets the next */

enum { BENT = 1, PRELUDE = 2, RAW_PACKET = 4, SOCKET = 8, ACTION = 16,  /* both: XDP */
       XDP = SOCKET | ACTION };  /* and 32..128: a map */

struct map_spec { u32 type, key_size, value_size, max_entries, flags; };

static const struct map_spec maps[] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 16, 4, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 12, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 33, 1, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 24, 8, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 2, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 8, 8, 2, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 2, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_WRONLY_PROG },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
};

struct fuzz {
	struct backend *backend;
	int map[ARRAY_SIZE(maps)];
	int prog, other;
	struct exec *exec;
	struct packet *packet;
	struct bpf_insn insns[INSNS_MAX];
	bool aims[INSNS_MAX];      /* its target is still any number */
	u32 len, function;         /* function: where the second begins, 0: not yet */
	u8 how;
	u32 traced;
};

#define must(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); abort(); } } while (0)

static int bpf(struct fuzz *f, int cmd, union bpf_attr *attr)
{
	return backend_bpf(f->backend, cmd, attr, sizeof(*attr));
}

static void map_put(struct fuzz *f, u32 slot, const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = (u32)f->map[slot], .key = ptr_u64(key),
				.value = ptr_u64(value) };

	(void)bpf(f, BPF_MAP_UPDATE_ELEM, &attr);
}

static void make_maps(struct fuzz *f)
{
	static const u8 zero[64];

	for (u32 i = 0; i < ARRAY_SIZE(maps); i++) {
		union bpf_attr attr = { .map_type = maps[i].type, .key_size = maps[i].key_size,
					.value_size = maps[i].value_size,
					.max_entries = maps[i].max_entries, .map_flags = maps[i].flags };

		f->map[i] = bpf(f, BPF_MAP_CREATE, &attr);
		must(f->map[i] > 0);
		if (maps[i].type != BPF_MAP_TYPE_PROG_ARRAY)
			map_put(f, i, zero, zero);
	}
}

static u32 prog_type(const struct fuzz *f)
{
	return (f->how & XDP) == XDP ? BPF_PROG_TYPE_XDP :
	       f->how & SOCKET ? BPF_PROG_TYPE_SOCKET_FILTER :
	       f->how & ACTION ? BPF_PROG_TYPE_SCHED_ACT : BPF_PROG_TYPE_SCHED_CLS;
}

static int load(struct fuzz *f, const struct bpf_insn *insns, u32 count)
{
	char text[4096];
	union bpf_attr attr = { .prog_type = prog_type(f), .insns = ptr_u64(insns), .insn_cnt = count,
				.license = ptr_u64("GPL"), .log_buf = ptr_u64(text),
				.log_size = sizeof(text), .log_level = 1 };
	int fd;

	text[0] = '\0';
	fd = bpf(f, BPF_PROG_LOAD, &attr);
	must(fd > 0 || text[0]);
	return fd;
}

static void emit(struct fuzz *f, struct bpf_insn insn)
{
	if (f->len < INSNS_MAX)
		f->insns[f->len++] = insn;
}

/* R6 = context, R7 = packet, R8 = a looked-up value, R9 = a value by address, R2 = the stack. */
static void prelude(struct fuzz *f)
{
	emit(f, (struct bpf_insn){ 0xbf, 6, 1, 0, 0 });
	emit(f, (struct bpf_insn){ 0xb7, 7, 0, 0, 0 });
	if (prog_type(f) != BPF_PROG_TYPE_SOCKET_FILTER)
		emit(f, (struct bpf_insn){ 0x61, 7, 6, prog_type(f) == BPF_PROG_TYPE_XDP ? 0 : 76, 0 });
	emit(f, (struct bpf_insn){ 0x7a, 10, 0, -8, 0 });
	emit(f, (struct bpf_insn){ 0xbf, 2, 10, 0, 0 });
	emit(f, (struct bpf_insn){ 0x07, 2, 0, 0, -8 });
	emit(f, (struct bpf_insn){ 0x18, 1, BPF_PSEUDO_MAP_FD, 0, f->map[f->how >> 5] });
	emit(f, (struct bpf_insn){ 0 });
	if (maps[f->how >> 5].type != BPF_MAP_TYPE_PROG_ARRAY)
		emit(f, (struct bpf_insn){ 0x85, 0, 0, 0, 1 });
	emit(f, (struct bpf_insn){ 0xbf, 8, 0, 0, 0 });
	emit(f, (struct bpf_insn){ 0x18, 9, BPF_PSEUDO_MAP_VALUE, 0, f->map[2] });
	emit(f, (struct bpf_insn){ 0, 0, 0, 0, 30 });
	emit(f, (struct bpf_insn){ 0xbf, 1, 6, 0, 0 });
	emit(f, (struct bpf_insn){ 0xbf, 2, 10, 0, 0 });
	emit(f, (struct bpf_insn){ 0x07, 2, 0, 0, -16 });
}

/* The nearest helper that there is. */
static s32 some_helper(const struct fuzz *f, u32 id)
{
	id %= 212;
	while (!helper_find(id, helper_who_of(prog_type(f))) || !helper_find(id, helper_who_of(prog_type(f)))->fn)
		id = (id + 1) % 212;
	return (s32)id;
}

static void emit_map(struct fuzz *f, u8 dst, u8 what, u32 map, u32 off)
{
	emit(f, (struct bpf_insn){ 0x18, dst & 0xf, what & 0xf, 0, f->map[map % ARRAY_SIZE(maps)] });
	emit(f, (struct bpf_insn){ .imm = (s32)off });
}

/* Memory for an argument: the stack, a packet, a value, or whatever R8 is. */
static void emit_memory(struct fuzz *f, u8 dst, u32 bits)
{
	static const u8 from[] = { 10, 10, 10, 10, 7, 8, 9, 10 };
	u8 reg = from[bits % 8];

	emit(f, (struct bpf_insn){ 0xbf, dst & 0xf, reg & 0xf, 0, 0 });
	emit(f, (struct bpf_insn){ 0x07, dst & 0xf, 0, 0, (s32)(bits >> 3) % 64 - (reg == 10 ? 64 : 0) });
}

/* A map for a helper: one of its types, or any. */
static u32 some_map(const struct helper *helper, u32 bits)
{
	for (u32 i = 0; i < ARRAY_SIZE(maps); i++)
		if (helper->map_types >> maps[i].type & 1)
			return i;
	return bits;
}

/* What helper @id takes, from the bits of @insn; one in 16 is left as it is. */
static void emit_arguments(struct fuzz *f, s32 id, const struct bpf_insn *insn)
{
	const struct helper *helper = helper_find((u32)id, helper_who_of(prog_type(f)));
	u32 bits = (u32)insn->imm >> 8 | (u32)(u16)insn->off << 16;

	for (u8 i = 0; i < 5 && helper->arg[i] != ARG_NONE; i++, bits = bits << 7 | bits >> 25) {
		u8 reg = (u8)(i + 1);

		if (bits % 16 == 15)
			continue;
		switch ((enum arg_base)helper_arg(helper, i)->base) {
		case ARG_IS_NOTHING:
			break;
		case ARG_IS_ANYTHING:
			emit(f, (struct bpf_insn){ 0xb7, reg & 0xf, 0, 0, (s32)bits >> (bits % 31) });
			break;
		case ARG_IS_CTX:
			emit(f, (struct bpf_insn){ 0xbf, reg & 0xf, 6, 0, 0 });
			break;
		case ARG_IS_MAP:
			emit_map(f, reg, BPF_PSEUDO_MAP_FD, some_map(helper, bits >> 4), 0);
			break;
		case ARG_IS_SIZE: case ARG_IS_ALLOC_SIZE:
			emit(f, (struct bpf_insn){ 0xb7, reg & 0xf, 0, 0, (s32)(bits >> 4) % 80 });
			break;
		case ARG_IS_RECORD:
			emit(f, (struct bpf_insn){ 0xbf, reg & 0xf, bits & 16 ? 8 : 0, 0, 0 });
			break;
		case ARG_IS_KEY: case ARG_IS_VALUE: case ARG_IS_MEM: case ARG_IS_STACK: case ARG_IS_CONST_STR:
		case ARG_IS_SOCK: case ARG_IS_BTF_SOCK: case ARG_IS_BTF: case ARG_IS_PERCPU: case ARG_IS_KPTR:
		case ARG_IS_LOCK: case ARG_IS_TIMER: case ARG_IS_FUNC: case ARG_IS_DYNPTR:
			emit_memory(f, reg, bits >> 4);
			break;
		}
	}
}

/* Mostly: results go to R0 to R5, so that the pointers of the prelude last, and memory is reached
 * through one of those. Else hardly a run would come far. */
static void tame(struct bpf_insn *insn, enum insn_id id)
{
	static const u8 pointers[] = { 10, 10, 7, 8, 9, 10, 6, 10 };
	const struct insn_info *row = &insn_info[id];
	u8 base = pointers[(u16)insn->off >> 3 & 7];
	bool loads = row->shape == SHAPE_LDX || row->flags & F_LOAD;

	if (((u16)insn->off & 7) == 7)
		return;
	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU: case SHAPE_MOV: case SHAPE_NEG: case SHAPE_MOVSX: case SHAPE_ENDIAN:
		insn->dst_reg = insn->dst_reg % 6 & 0xf;
		break;
	case SHAPE_LDX: case SHAPE_STX: case SHAPE_ST: case SHAPE_ATOMIC:
		if (row->flags & F_FETCH)
			insn->src_reg = insn->src_reg % 6 & 0xf;
		if (loads)
			insn->dst_reg = insn->dst_reg % 6 & 0xf;
		insn->off = (s16)((insn->off >> 8 & 63) - (base == 10 ? 64 : 0));
		if (row->shape == SHAPE_ATOMIC)
			insn->off &= (s16)-(row->width / 8);
		if (loads)
			insn->src_reg = base & 0xf;
		else
			insn->dst_reg = base & 0xf;
		break;
	case SHAPE_LD_IMM64:
		insn->dst_reg = insn->dst_reg % 6 & 0xf;
		break;
	case SHAPE_JA: case SHAPE_MAY_GOTO: case SHAPE_JCOND: case SHAPE_CALL: case SHAPE_EXIT:
	case SHAPE_LD_ABS: case SHAPE_LD_IND:
		break;
	}
}

/* The fields that @insn's row leaves no choice about; the others stay. */
static enum insn_id bend(struct bpf_insn *insn)
{
	const struct insn_info *row;
	enum insn_id id;
	bool both, reg;

	insn->dst_reg = insn->dst_reg % 11 & 0xf;
	insn->src_reg = insn->src_reg % 11 & 0xf;
	id = insn_id_of(insn);
	if (id == INSN_COUNT)
		id = insn->code & 8 ? INSN_CALL_HELPER : (u32)insn->imm % INSN_COUNT;
	row = &insn_info[id];
	both = row->flags & F_K && row->flags & F_X;
	reg = both ? insn->code & BPF_X : row->flags & F_X;
	insn->code = row->code | (both && reg ? BPF_X : 0);
	tame(insn, id);
	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU: case SHAPE_MOV: case SHAPE_NEG: case SHAPE_MOVSX: case SHAPE_ENDIAN:
		insn->off = 0;
		break;
	case SHAPE_JA: case SHAPE_MAY_GOTO: case SHAPE_CALL:
		insn->dst_reg = insn->src_reg = 0;
		break;
	case SHAPE_EXIT:
		*insn = (struct bpf_insn){ .code = insn->code };
		break;
	case SHAPE_LD_IMM64: case SHAPE_LD_ABS: case SHAPE_LD_IND:
		insn->off = 0;
		break;
	case SHAPE_JCOND: case SHAPE_LDX: case SHAPE_STX: case SHAPE_ST: case SHAPE_ATOMIC:
		break;
	}
	if (row->selector == SEL_OFF)
		insn->off = (s16)row->value;
	else if (row->selector == SEL_IMM)
		insn->imm = row->value;
	else if (row->selector == SEL_SRC)
		insn->src_reg = row->value & 0xf;
	if (both && reg)
		insn->imm = 0;
	else if (both)
		insn->src_reg = 0;
	return id;
}

/* One unit of the input: an instruction, and what makes it likely to be accepted. */
static void emit_unit(struct fuzz *f, const u8 *unit)
{
	struct bpf_insn insn;
	enum insn_id id;

	memcpy(&insn, unit, sizeof(insn));
	if (!(f->how & BENT)) {
		emit(f, insn);
		return;
	}
	id = bend(&insn);
	switch ((enum insn_shape)insn_info[id].shape) {
	case SHAPE_JA: case SHAPE_EXIT:
		/* What comes next can be reached. */
		emit(f, (struct bpf_insn){ 0x45, 0, 0, 1, insn.imm ^ 1 });
		f->aims[f->len] = id != INSN_EXIT;
		break;
	case SHAPE_JCOND: case SHAPE_MAY_GOTO:
		f->aims[f->len] = true;
		break;
	case SHAPE_CALL:
		if (id == INSN_CALL_LOCAL) {
			f->aims[f->len] = true;
			break;
		}
		insn.src_reg = 0;
		emit_arguments(f, some_helper(f, (u32)insn.imm & 0xff), &insn);
		insn.imm = some_helper(f, (u32)insn.imm & 0xff);
		insn.off = 0;
		break;
	case SHAPE_LD_IMM64:
		if (id != INSN_LD_IMM64) {
			emit_map(f, insn.dst_reg, insn.imm & 64 ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE,
				 (u32)insn.imm, insn.imm & 64 ? 0 : (u32)insn.imm >> 8 & 31);
			return;
		}
		emit(f, insn);
		insn = (struct bpf_insn){ .imm = insn.imm >> 16 };
		break;
	case SHAPE_ALU: case SHAPE_NEG: case SHAPE_MOV: case SHAPE_MOVSX: case SHAPE_ENDIAN:
	case SHAPE_LDX: case SHAPE_STX: case SHAPE_ST: case SHAPE_ATOMIC: case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		if (insn_info[id].shape == SHAPE_LDX || insn_info[id].shape == SHAPE_STX)
			insn.imm = 0;
		else if (insn_info[id].shape == SHAPE_ST)
			insn.src_reg = 0;
		else if (insn_info[id].shape == SHAPE_LD_ABS)
			insn.dst_reg = insn.src_reg = 0;
		else if (insn_info[id].shape == SHAPE_LD_IND)
			insn.dst_reg = 0;
		else if (insn_info[id].shape == SHAPE_NEG || insn_info[id].shape == SHAPE_MOVSX)
			insn.imm = 0;
		else if (insn_info[id].shape == SHAPE_ALU && insn.imm)
			insn.imm = insn.imm & 31 ? insn.imm & 31 : 1;
		if (insn_info[id].shape == SHAPE_NEG || insn_info[id].shape == SHAPE_ENDIAN)
			insn.src_reg = 0;
		break;
	}
	emit(f, insn);
}

/* Numbers become targets: somewhere in the function at [@start, @end), or the second function. */
static void aim(struct fuzz *f, u32 start, u32 end)
{
	for (u32 i = start; i < end; i++) {
		struct bpf_insn *insn = &f->insns[i];
		enum insn_id id = insn_id_of(insn);
		u32 number = id == INSN_GOTOL ? (u32)insn->imm : (u16)insn->off, to;

		if (!f->aims[i])
			continue;
		/* Forward, but for one in 64: most loops only use up the budget. */
		to = number % 64 < 63 ? i + 1 + number / 64 % (end - i - 1) : start + number / 64 % (end - start);
		if (to > start && f->insns[to - 1].code == 0x18)
			to--;
		if (id == INSN_CALL_LOCAL) {
			insn->imm = (s32)f->function - (s32)i - 1;
			insn->off = 0;
		} else if (id == INSN_GOTOL) {
			insn->imm = (s32)to - (s32)i - 1;
			insn->off = 0;
		} else {
			insn->off = (s16)((s32)to - (s32)i - 1);
			if (insn_info[id].shape != SHAPE_JCOND)
				insn->imm = 0;
		}
	}
}

static void emit_units(struct fuzz *f, const u8 *data, size_t size, u32 room)
{
	for (; size >= 8 && f->len < room; data += 8, size -= 8)
		emit_unit(f, data);
}

static void make_program(struct fuzz *f, const u8 *data, size_t size)
{
	size_t half = size / 16 * 8;
	u32 call;

	if (f->how & (PRELUDE | BENT))
		prelude(f);
	if (!(f->how & BENT)) {
		emit_units(f, data, size, INSNS_MAX - 2);
		emit(f, (struct bpf_insn){ .code = 0xb7 });
		emit(f, (struct bpf_insn){ .code = 0x95 });
		return;
	}
	emit_units(f, data, half, INSNS_MAX / 2 - 16);
	emit(f, (struct bpf_insn){ 0xbf, 1, 6, 0, 0 });
	call = f->len;
	emit(f, (struct bpf_insn){ 0x85, 0, 1, 0, 1 });
	emit(f, (struct bpf_insn){ .code = 0x95 });
	f->function = f->len;
	emit_units(f, data + half, size - half, INSNS_MAX - 16);
	emit(f, (struct bpf_insn){ .code = 0xb7 });
	emit(f, (struct bpf_insn){ .code = 0x95 });
	f->insns[call].imm = (s32)(f->function - call - 1);
	aim(f, 0, f->function);
	aim(f, f->function, f->len);
}

static void trace(void *ctx, const char *line, size_t len)
{
	struct fuzz *f = ctx;

	for (size_t i = 0; i < len; i++)
		f->traced += (u8)line[i];
	must(len && line[len - 1] == '\n');
}

static struct prog *prog_behind(struct fuzz *f)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)f->prog, .info_len = sizeof(info),
					  .info = ptr_u64(&info) } };
	struct object *object;

	must(!bpf(f, BPF_OBJ_GET_INFO_BY_FD, &attr));
	object = object_find(backend_engine(f->backend), OBJECT_PROG, info.id);
	must(object);
	return prog_of(object);
}

static void check_packet(const struct packet *p)
{
	must(p->head <= p->data_meta && p->data_meta <= p->data && p->data <= p->tail && p->tail <= p->end);
	must(p->ctx.len == p->tail - p->data);
}

static void run(struct fuzz *f)
{
	struct engine *engine = backend_engine(f->backend);
	struct prog *prog = prog_behind(f);
	const struct run_fault *fault = run_fault(f->exec);

	for (int i = 0; i < TURNS; i++) {
		reclaim_enter(engine->reclaim, f->exec->slot);
		run_prog(f->exec, prog);
		must(!fault->prog || (fault->text[0] && fault->error < 0 && fault->insn < INSNS_MAX));
		reclaim_exit(engine->reclaim, f->exec->slot);
		check_packet(f->packet);
	}
	object_put_user(&prog->object);
}

static void fuzz_try(struct fuzz *f, const u8 *data, size_t size)
{
	static const struct bpf_insn other[] = { { .code = 0x61, .dst_reg = 0, .src_reg = 1 },
						 { .code = 0x95 } };
	u32 len = data[1] & 127, slot = 0;

	if (size - 2 < len)
		return;
	make_maps(f);
	make_program(f, data + 2 + len, size - 2 - len);
	f->prog = load(f, f->insns, f->len);
	if (f->prog < 0)
		return;
	f->other = load(f, other, 2);
	must(f->other > 0);
	map_put(f, 4, &slot, &f->prog);
	slot = 1;
	map_put(f, 4, &slot, &f->other);
	must(!packet_create(0, &f->packet));
	f->exec->packet = f->packet;
	f->exec->random = 1;
	if (!packet_fill(f->packet, data + 2, len, !(f->how & RAW_PACKET), NULL))
		run(f);
	packet_destroy(f->packet);
}

static void fuzz_end(struct fuzz *f)
{
	for (u32 i = 0; i < ARRAY_SIZE(maps); i++)
		if (f->map[i] > 0)
			must(!backend_close(f->backend, f->map[i]));
	if (f->prog > 0)
		must(!backend_close(f->backend, f->prog));
	if (f->other > 0)
		must(!backend_close(f->backend, f->other));
	reclaim_barrier(backend_engine(f->backend)->reclaim);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct fuzz f;
	struct engine_config config = { .cpus = 1, .fixed_seed = true, .replay_clock = true, .unverified = true };
	struct engine *engine;

	if (size < 2)
		return 0;
	if (!f.backend) {
		must(!backend_engine_create(&config, &f.backend));
		engine = backend_engine(f.backend);
		engine->trace = trace;
		engine->trace_ctx = &f;
		must(!run_exec_create(engine, 0, &f.exec));
	}
	memset(f.map, 0, sizeof(f.map));
	memset(f.insns, 0, sizeof(f.insns));
	memset(f.aims, 0, sizeof(f.aims));
	f.prog = f.other = 0;
	f.len = f.function = 0;
	f.how = data[0];
	fuzz_try(&f, data, size);
	fuzz_end(&f);
	return 0;
}
