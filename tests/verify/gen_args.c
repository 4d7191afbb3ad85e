// SPDX-License-Identifier: BSD-2-Clause
/* gen_args.c - see gen_args.h.
 *
 *   R6 the context   R7 what stands in, when a call had to make it   R8 a record   R9 a socket
 *   fp-64 .. fp      zeroes   fp-128 .. fp-64   nothing, or at fp-112 a dynptr that the helper wants
 *   fp-136, fp-144   pointers, when they stand in   fp-176   a dynptr that stands in
 */
#include "gen_args.h"

#define STACK_SET 64
#define DYNPTR_AT (-112)

const char *const stand_in_text[STAND_INS] = {
#define STAND_IN(id, text) text,
#include "stand_in.def"
#undef STAND_IN
};

/* Maps of every program, by place. */
enum place { ARRAY, PROGS, RING, RDONLY, WRONLY, STRINGS, ENDLESS, PERCPU, HASH, LOCKS, TIMERS, PLACES };

static const struct both_map maps[PLACES] = {
	[ARRAY] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1 },
	[PROGS] = { .type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 4 },
	[RING] = { .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 },
	[RDONLY] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1,
		     .flags = BPF_F_RDONLY_PROG },
	[WRONLY] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1,
		     .flags = BPF_F_WRONLY_PROG },
	/* both_byte(): of 256 bytes one is 0, of 64 none. */
	[STRINGS] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 256, .max_entries = 1,
		      .flags = BPF_F_RDONLY_PROG, .frozen = true },
	[ENDLESS] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1,
		      .flags = BPF_F_RDONLY_PROG, .frozen = true },
	[PERCPU] = { .type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1 },
	[HASH] = { .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 64, .max_entries = 4 },
	[LOCKS] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 1,
		    .value_type = TYPE_VAL_LOCK },
	[TIMERS] = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 24, .max_entries = 1,
		     .value_type = TYPE_VAL_TIMER },
};

struct maker {
	struct call_prog *out;
	const struct helper *helper;
	u32 type;
	bool skb;
};

static void put(struct maker *m, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	m->out->insn[m->out->prog.count++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15,
								 .src_reg = src & 15, .off = off,
								 .imm = imm };
}

static void mov(struct maker *m, u8 dst, u8 src) { put(m, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
static void set(struct maker *m, u8 dst, s32 imm) { put(m, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm); }
static void add(struct maker *m, u8 dst, s32 imm) { put(m, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm); }
static void call(struct maker *m, s32 id) { put(m, BPF_JMP | BPF_CALL, 0, 0, 0, id); }
static void put_exit(struct maker *m) { put(m, BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

static void imm64(struct maker *m, u8 dst, u8 src, s32 imm, s32 next)
{
	put(m, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, imm);
	put(m, 0, 0, 0, 0, next);
}

/* The map as a whole, or byte @off of its first value. */
static void map_of_place(struct maker *m, u8 dst, enum place place)
{
	imm64(m, dst, BPF_PSEUDO_MAP_FD, (s32)place, 0);
}

static void value_of_place(struct maker *m, u8 dst, enum place place, s32 off)
{
	imm64(m, dst, BPF_PSEUDO_MAP_VALUE, (s32)place, off);
}

static void stack(struct maker *m, u8 dst, s32 off)
{
	mov(m, dst, 10);
	add(m, dst, off);
}

static void leave_if_null(struct maker *m)
{
	put(m, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0);
	set(m, 0, 0);
	put_exit(m);
}

static void make_record(struct maker *m, u8 to, bool checked)
{
	map_of_place(m, 1, RING);
	set(m, 2, 64);
	set(m, 3, 0);
	call(m, BPF_FUNC_ringbuf_reserve);
	if (checked)
		leave_if_null(m);
	mov(m, to, 0);
}

static void make_socket(struct maker *m, u8 to, bool checked)
{
	mov(m, 1, 6);
	stack(m, 2, -STACK_SET);
	set(m, 3, 12);
	set(m, 4, -1);
	set(m, 5, 0);
	call(m, BPF_FUNC_sk_lookup_tcp);
	if (checked)
		leave_if_null(m);
	mov(m, to, 0);
}

static void make_lookup(struct maker *m, u8 to)
{
	stack(m, 2, -4);
	map_of_place(m, 1, HASH);
	call(m, BPF_FUNC_map_lookup_elem);
	mov(m, to, 0);
}

/* A dynptr of a map value's bytes. */
static void make_local_dynptr(struct maker *m, s32 off)
{
	value_of_place(m, 1, ARRAY, 0);
	set(m, 2, 64);
	set(m, 3, 0);
	stack(m, 4, off);
	call(m, BPF_FUNC_dynptr_from_mem);
}

/* The socket that the packet has, or a narrower one out of it. */
static void make_sock_common(struct maker *m, u8 to, bool tcp)
{
	put(m, BPF_LDX | BPF_MEM | BPF_DW, 0, 6, 168, 0);
	leave_if_null(m);
	if (tcp) {
		mov(m, 1, 0);
		call(m, BPF_FUNC_tcp_sock);
		leave_if_null(m);
	}
	mov(m, to, 0);
}

/* The same as an object of the kernel's type. */
static void make_object(struct maker *m, u8 to, bool checked)
{
	make_sock_common(m, 1, false);
	call(m, BPF_FUNC_skc_to_tcp_sock);
	if (checked)
		leave_if_null(m);
	mov(m, to, 0);
}

/* Code that has to run before arguments are set, because it calls. False: not in programs of this type. */
static bool prepare(struct maker *m, enum stand_in stand)
{
	bool sockets = m->type != BPF_PROG_TYPE_SOCKET_FILTER;

	switch ((int)stand) {
	case STAND_VALUE_OR_NULL:
		make_lookup(m, 7);
		return true;
	case STAND_RECORD_OR_NULL:
		make_record(m, 7, false);
		return true;
	case STAND_RECORD:
	case STAND_RECORD_PLUS:
		make_record(m, 7, true);
		return true;
	case STAND_SOCKET_OR_NULL:
		if (sockets)
			make_socket(m, 7, false);
		return sockets;
	case STAND_SOCKET:
	case STAND_SOCKET_PLUS:
		if (sockets)
			make_socket(m, 7, true);
		return sockets;
	case STAND_SOCK_COMMON:
		if (m->skb)
			make_sock_common(m, 7, false);
		return m->skb;
	case STAND_TCP_SOCK:
		if (m->skb && sockets)
			make_sock_common(m, 7, true);
		return m->skb && sockets;
	case STAND_PACKET:
	case STAND_PACKET_SHORT:
	case STAND_PACKET_END:
		return sockets;
	case STAND_TASK:
	case STAND_TASK_PLUS:
		call(m, BPF_FUNC_get_current_task_btf);
		mov(m, 7, 0);
		return true;
	case STAND_OBJECT:
	case STAND_OBJECT_OR_NULL:
		if (m->skb)
			make_object(m, 7, stand == STAND_OBJECT);
		return m->skb;
	case STAND_DYNPTR:
	case STAND_DYNPTR_HALF:
		make_local_dynptr(m, -176);
		return true;
	}
	return true;
}

/* A number 0..2^32-1 that nobody knows, in R0: no register that holds an argument is touched. */
static void unknown(struct maker *m, u8 dst)
{
	put(m, BPF_LDX | BPF_MEM | BPF_W, dst, 6, m->skb ? 8 : 12, 0);
}

/* Packet bytes; where there are none, the stack. */
static void packet(struct maker *m, u8 dst, s32 checked)
{
	put(m, BPF_LDX | BPF_MEM | BPF_W, dst, 6, m->skb ? 76 : 0, 0);
	put(m, BPF_LDX | BPF_MEM | BPF_W, 0, 6, m->skb ? 80 : 4, 0);
	add(m, dst, checked);
	put(m, BPF_JMP | BPF_JGT | BPF_X, dst, 0, 2, 0);
	add(m, dst, -checked);
	put(m, BPF_JMP | BPF_JA, 0, 0, 2, 0);
	stack(m, dst, -STACK_SET);
}

/* Maps, what is in them, and what calls made before. @dst, or R0, is all that changes. */
static void put_made(struct maker *m, enum stand_in stand, u8 dst)
{
	switch ((int)stand) {
	case STAND_MAP:
		map_of_place(m, dst, ARRAY);
		return;
	case STAND_MAP_OTHER:
		map_of_place(m, dst, PROGS);
		return;
	case STAND_MAP_RDONLY:
		map_of_place(m, dst, RDONLY);
		return;
	case STAND_MAP_RINGBUF:
		map_of_place(m, dst, RING);
		return;
	case STAND_VALUE:
		value_of_place(m, dst, ARRAY, 0);
		return;
	case STAND_VALUE_END:
		value_of_place(m, dst, ARRAY, 63);
		return;
	case STAND_VALUE_VARIABLE:
		unknown(m, 0);
		put(m, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 7);
		value_of_place(m, dst, ARRAY, 0);
		put(m, BPF_ALU64 | BPF_ADD | BPF_X, dst, 0, 0, 0);
		return;
	case STAND_VALUE_RDONLY:
		value_of_place(m, dst, RDONLY, 0);
		return;
	case STAND_VALUE_WRONLY:
		value_of_place(m, dst, WRONLY, 0);
		return;
	case STAND_STRING:
		value_of_place(m, dst, STRINGS, 0);
		return;
	case STAND_STRING_INSIDE:
		value_of_place(m, dst, STRINGS, 0);
		add(m, dst, 1);
		return;
	case STAND_STRING_ENDLESS:
		value_of_place(m, dst, ENDLESS, 0);
		return;
	case STAND_LOCK:
		value_of_place(m, dst, LOCKS, 4);
		return;
	case STAND_LOCK_BESIDE:
		value_of_place(m, dst, LOCKS, 0);
		return;
	case STAND_TIMER:
		value_of_place(m, dst, TIMERS, 0);
		return;
	case STAND_FUNCTION:
		/* Where it begins is known at the end. */
		imm64(m, dst, BPF_PSEUDO_FUNC, 0, 0);
		return;
	case STAND_VALUE_OR_NULL:
	case STAND_RECORD:
	case STAND_RECORD_OR_NULL:
	case STAND_SOCKET:
	case STAND_SOCKET_OR_NULL:
	case STAND_SOCK_COMMON:
	case STAND_TCP_SOCK:
	case STAND_TASK:
	case STAND_OBJECT:
	case STAND_OBJECT_OR_NULL:
		mov(m, dst, 7);
		return;
	case STAND_RECORD_PLUS:
	case STAND_SOCKET_PLUS:
		mov(m, dst, 7);
		add(m, dst, 4);
		return;
	case STAND_TASK_PLUS:
		mov(m, dst, 7);
		add(m, dst, 8);
		return;
	}
}

static void put_stand_in(struct maker *m, enum stand_in stand, u8 dst)
{
	switch ((int)stand) {
	case STAND_UNSET:
		/* Calls made before leave it unset; R1 is the context at the start. */
		if (dst == 1)
			mov(m, 1, 5);
		return;
	case STAND_ZERO:
		set(m, dst, 0);
		return;
	case STAND_ONE:
		set(m, dst, 1);
		return;
	case STAND_MINUS:
		set(m, dst, -1);
		return;
	case STAND_LARGE:
		set(m, dst, 4096);
		return;
	case STAND_HUGE:
		set(m, dst, 1 << 29);
		return;
	case STAND_UNKNOWN:
		unknown(m, dst);
		put(m, BPF_ALU64 | BPF_LSH | BPF_K, dst, 0, 0, 32);
		return;
	case STAND_BELOW_9:
	case STAND_FROM_1:
		unknown(m, dst);
		put(m, BPF_ALU64 | BPF_AND | BPF_K, dst, 0, 0, 7);
		if (stand == STAND_FROM_1)
			add(m, dst, 1);
		return;
	case STAND_CTX:
	case STAND_CTX_PLUS:
		mov(m, dst, 6);
		if (stand == STAND_CTX_PLUS)
			add(m, dst, 4);
		return;
	case STAND_STACK:
		stack(m, dst, -STACK_SET);
		return;
	case STAND_STACK_UNSET:
		stack(m, dst, -128);
		return;
	case STAND_STACK_ODD:
		stack(m, dst, -63);
		return;
	case STAND_STACK_END:
		stack(m, dst, -4);
		return;
	case STAND_STACK_TOP:
		mov(m, dst, 10);
		return;
	case STAND_STACK_BELOW:
		stack(m, dst, -520);
		return;
	case STAND_STACK_VARIABLE:
		unknown(m, 0);
		put(m, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 7);
		stack(m, dst, -STACK_SET);
		put(m, BPF_ALU64 | BPF_ADD | BPF_X, dst, 0, 0, 0);
		return;
	case STAND_DYNPTR:
		stack(m, dst, -176);
		return;
	case STAND_DYNPTR_HALF:
		stack(m, dst, -168);
		return;
	case STAND_STACK_POINTERS:
		put(m, BPF_STX | BPF_MEM | BPF_DW, 10, 6, -136, 0);
		put(m, BPF_STX | BPF_MEM | BPF_DW, 10, 10, -144, 0);
		stack(m, dst, -144);
		return;
	case STAND_PACKET:
		packet(m, dst, 64);
		return;
	case STAND_PACKET_SHORT:
		packet(m, dst, 1);
		return;
	case STAND_PACKET_END:
		put(m, BPF_LDX | BPF_MEM | BPF_W, dst, 6, m->skb ? 80 : 4, 0);
		return;
	default:
		put_made(m, stand, dst);
	}
}

static enum place map_for(const struct helper *helper)
{
	for (u32 i = 0; i < PLACES; i++)
		if (helper->map_types >> maps[i].type & 1)
			return (enum place)i;
	return PLACES;
}

/* What the row asks for. False: the engine has none. */
static bool put_right(struct maker *m, u32 arg, u8 dst)
{
	const struct arg_info *info = helper_arg(m->helper, arg);
	enum place map = map_for(m->helper);

	switch ((enum arg_base)info->base) {
	case ARG_IS_NOTHING:
		return true;
	case ARG_IS_ANYTHING:
		set(m, dst, 0);
		return true;
	case ARG_IS_CTX:
		mov(m, dst, 6);
		return true;
	case ARG_IS_MAP:
		/* A timer's map has to be the one that it is in. */
		if (helper_arg(m->helper, 0)->base == ARG_IS_TIMER)
			map = TIMERS;
		if (map < PLACES)
			map_of_place(m, dst, map);
		return map < PLACES;
	case ARG_IS_KEY:
	case ARG_IS_VALUE:
	case ARG_IS_MEM:
	case ARG_IS_STACK:
		stack(m, dst, -STACK_SET);
		return true;
	case ARG_IS_SIZE:
	case ARG_IS_ALLOC_SIZE:
		set(m, dst, 8);
		return true;
	case ARG_IS_CONST_STR:
		/* The format of bpf_snprintf(): bytes without any %. */
		value_of_place(m, dst, STRINGS, 64);
		return true;
	case ARG_IS_RECORD:
		mov(m, dst, 8);
		return true;
	case ARG_IS_SOCK:
	case ARG_IS_BTF_SOCK:
		mov(m, dst, 9);
		return true;
	case ARG_IS_LOCK:
		value_of_place(m, dst, LOCKS, 4);
		return true;
	case ARG_IS_TIMER:
		value_of_place(m, dst, TIMERS, 0);
		return true;
	case ARG_IS_FUNC:
		imm64(m, dst, BPF_PSEUDO_FUNC, 0, 0);
		return true;
	case ARG_IS_DYNPTR:
		stack(m, dst, DYNPTR_AT);
		return true;
	case ARG_IS_BTF:
	case ARG_IS_PERCPU:
	case ARG_IS_KPTR:
		set(m, dst, 0);
		return true;
	}
	return false;
}

static bool takes(const struct helper *helper, u32 base)
{
	for (u32 i = 0; i < 5; i++)
		if (helper_arg(helper, i)->base == base)
			return true;
	return false;
}

static bool gives_back(const struct helper *helper)
{
	return helper_arg(helper, 0)->flags & ARG_RELEASE;
}

/* The dynptr that the helper wants to find, if it wants one. */
static void make_dynptr(struct maker *m)
{
	for (u32 i = 0; i < 5; i++) {
		const struct arg_info *info = helper_arg(m->helper, i);

		if (info->base != ARG_IS_DYNPTR || info->flags & ARG_UNINIT)
			continue;
		if (!(info->flags & ARG_RELEASE)) {
			make_local_dynptr(m, DYNPTR_AT);
			continue;
		}
		map_of_place(m, 1, RING);
		set(m, 2, 64);
		set(m, 3, 0);
		stack(m, 4, DYNPTR_AT);
		call(m, BPF_FUNC_ringbuf_reserve_dynptr);
	}
}

/* What was taken is given back. */
static void put_end(struct maker *m, enum stand_in stand)
{
	const struct helper *helper = m->helper;

	if (helper->flags & HELPER_ACQUIRES && helper->ret != RET_KPTR_OR_NULL) {
		put(m, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0);
		mov(m, 1, 0);
		set(m, 2, 0);
		call(m,
		     helper->ret == RET_RINGBUF_MEM_OR_NULL ? BPF_FUNC_ringbuf_discard : BPF_FUNC_sk_release);
	}
	if (takes(helper, ARG_IS_RECORD) && (!gives_back(helper) || stand != STAND_RIGHT)) {
		mov(m, 1, 8);
		set(m, 2, 0);
		call(m, BPF_FUNC_ringbuf_discard);
	}
	if ((takes(helper, ARG_IS_SOCK) || takes(helper, ARG_IS_BTF_SOCK)) &&
	    (!gives_back(helper) || stand != STAND_RIGHT)) {
		mov(m, 1, 9);
		call(m, BPF_FUNC_sk_release);
	}
	if (stand == STAND_RECORD && !gives_back(helper)) {
		mov(m, 1, 7);
		set(m, 2, 0);
		call(m, BPF_FUNC_ringbuf_discard);
	}
	if (stand == STAND_SOCKET && !gives_back(helper)) {
		mov(m, 1, 7);
		call(m, BPF_FUNC_sk_release);
	}
	if (helper->id == BPF_FUNC_spin_lock) {
		value_of_place(m, 1, LOCKS, 4);
		call(m, BPF_FUNC_spin_unlock);
	}
	if (helper->id == BPF_FUNC_ringbuf_reserve_dynptr ||
	    (takes(helper, ARG_IS_DYNPTR) && gives_back(helper) && stand != STAND_RIGHT)) {
		stack(m, 1, DYNPTR_AT);
		set(m, 2, 0);
		call(m, BPF_FUNC_ringbuf_discard_dynptr);
	}
	set(m, 0, 0);
	put_exit(m);
}

/* A function at the end, if something names one. */
static void put_function(struct maker *m)
{
	struct both_prog *prog = &m->out->prog;
	u32 start = prog->count;
	bool wanted = false;

	for (u32 i = 0; i < start; i++) {
		if (m->out->insn[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (m->out->insn[i].src_reg == BPF_PSEUDO_FUNC) {
			m->out->insn[i].imm = (s32)(start - i - 1);
			wanted = true;
		}
		i++;
	}
	if (!wanted)
		return;
	set(m, 0, 0);
	put_exit(m);
	strcpy(prog->func[0], m->skb ? "Gic" : "Gix");
	strcpy(prog->func[1], "Si");
	prog->func_count = 2;
}

bool gen_call(const struct helper *helper, u32 type, u32 arg, enum stand_in stand, struct call_prog *out)
{
	struct maker m = { .out = out, .helper = helper, .type = type, .skb = type != BPF_PROG_TYPE_XDP };
	bool sockets = takes(helper, ARG_IS_SOCK) || takes(helper, ARG_IS_BTF_SOCK);

	out->prog = (struct both_prog){ .type = type, .insns = out->insn, .map_count = PLACES };
	memcpy(out->prog.map, maps, sizeof(maps));
	/* Socket filters cannot have maps with locks. */
	if (stand < STAND_LOCK && !takes(helper, ARG_IS_LOCK) && !takes(helper, ARG_IS_TIMER))
		out->prog.map_count = LOCKS;
	else if (type == BPF_PROG_TYPE_SOCKET_FILTER)
		return false;
	mov(&m, 6, 1);
	for (s16 off = -STACK_SET; off < 0; off += 8)
		put(&m, BPF_ST | BPF_MEM | BPF_DW, 10, 0, off, 0);
	if (takes(helper, ARG_IS_RECORD))
		make_record(&m, 8, true);
	make_dynptr(&m);
	if (sockets && type == BPF_PROG_TYPE_SOCKET_FILTER)
		return false;
	if (sockets)
		make_socket(&m, 9, true);
	if (helper->id == BPF_FUNC_spin_unlock) {
		value_of_place(&m, 1, LOCKS, 4);
		call(&m, BPF_FUNC_spin_lock);
	}
	if (!prepare(&m, stand))
		return false;
	for (u32 i = 0; i < 5 && helper->arg[i] != ARG_NONE; i++) {
		if (i == arg && stand != STAND_RIGHT)
			put_stand_in(&m, stand, (u8)(i + 1));
		else if (!put_right(&m, i, (u8)(i + 1)))
			return false;
	}
	call(&m, (s32)helper->id);
	put_end(&m, stand);
	put_function(&m);
	return true;
}
