// SPDX-License-Identifier: BSD-2-Clause
/* test_generated.c - generated bpf(2) calls, the same on Linux and in the engine: the same answer, the
 * same bytes written.
 *
 * A call begins as a good attribute of its command (the table) about a random object; up to three
 * mutations make it worse: numbers, flags, addresses that are not there or not for writing, descriptors
 * of other kinds, sizes, bytes behind the end, a caller without CAP_BPF. Programs are harmless ones:
 * what the verifier thinks of others is not asked here.
 *
 *   test_generated [CALLS [SEED]]      or CLSBPF_ABI_CALLS, CLSBPF_ABI_SEED
 *
 * What cannot be the same (ids, times, the log's text, the order of a hash) is masked; why is said in
 * docs/compat.md. test_abi.c is the systematic half: every value of every word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "gen_masks.h"
#include "gen_world.h"
#include "sides.h"

#define CALLS 6000
#define RESET 500          /* calls with the same objects */
#define SHOWN 3            /* differences of one class */
#define CLASSES 200

enum kind { NUM, LONG, COUNT, FD_MAP, FD_PROG, FD_BTF, FD_LINK, FD_ANY, ID_MAP, ID_PROG, ID_BTF, ID_LINK, KEY, VALUE, AT, PATH };

static const struct word {
	int cmd;
	u16 off;
	u8 kind;
	u32 base;             /* a number, or a place of the area; 0: NULL */
} words[] = {
	{ BPF_MAP_CREATE, 0, NUM, 1 }, { BPF_MAP_CREATE, 4, NUM, 4 }, { BPF_MAP_CREATE, 8, NUM, 8 },
	{ BPF_MAP_CREATE, 12, COUNT, 4 }, { BPF_MAP_CREATE, 16, NUM, 0 }, { BPF_MAP_CREATE, 20, FD_MAP, 0 },
	{ BPF_MAP_CREATE, 24, NUM, 0 }, { BPF_MAP_CREATE, 28, NUM, 0x615f4100 }, { BPF_MAP_CREATE, 44, NUM, 0 },
	{ BPF_MAP_CREATE, 48, FD_BTF, 0 }, { BPF_MAP_CREATE, 52, NUM, 0 }, { BPF_MAP_CREATE, 56, NUM, 0 },
	{ BPF_MAP_CREATE, 60, NUM, 0 }, { BPF_MAP_CREATE, 64, LONG, 0 }, { BPF_MAP_CREATE, 72, NUM, 0 },
	{ BPF_MAP_CREATE, 76, NUM, 0 }, { BPF_MAP_CREATE, 80, AT, 0 }, { BPF_MAP_CREATE, 88, NUM, 0 },
	{ BPF_MAP_LOOKUP_ELEM, 0, FD_MAP, 0 }, { BPF_MAP_LOOKUP_ELEM, 8, KEY, 0 },
	{ BPF_MAP_LOOKUP_ELEM, 16, AT, G_OUT }, { BPF_MAP_LOOKUP_ELEM, 24, LONG, 0 },
	{ BPF_MAP_UPDATE_ELEM, 0, FD_MAP, 0 }, { BPF_MAP_UPDATE_ELEM, 8, KEY, 0 },
	{ BPF_MAP_UPDATE_ELEM, 16, VALUE, 0 }, { BPF_MAP_UPDATE_ELEM, 24, LONG, 0 },
	{ BPF_MAP_DELETE_ELEM, 0, FD_MAP, 0 }, { BPF_MAP_DELETE_ELEM, 8, KEY, 0 },
	{ BPF_MAP_GET_NEXT_KEY, 0, FD_MAP, 0 }, { BPF_MAP_GET_NEXT_KEY, 8, KEY, 0 },
	{ BPF_MAP_GET_NEXT_KEY, 16, AT, G_OUT },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0, FD_MAP, 0 }, { BPF_MAP_LOOKUP_AND_DELETE_ELEM, 8, KEY, 0 },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 16, AT, G_OUT }, { BPF_MAP_LOOKUP_AND_DELETE_ELEM, 24, LONG, 0 },
	{ BPF_MAP_FREEZE, 0, FD_MAP, 0 },
#define BATCH(cmd, keys, values)                                                                       \
	{ cmd, 0, AT, 0 }, { cmd, 8, AT, G_TOKEN }, { cmd, 16, AT, keys }, { cmd, 24, AT, values },         \
	{ cmd, 32, COUNT, 5 }, { cmd, 36, FD_MAP, 0 }, { cmd, 40, LONG, 0 }, { cmd, 48, LONG, 0 }
	BATCH(BPF_MAP_LOOKUP_BATCH, G_OUT, G_OUT2), BATCH(BPF_MAP_LOOKUP_AND_DELETE_BATCH, G_OUT, G_OUT2),
	BATCH(BPF_MAP_UPDATE_BATCH, G_KEYS, G_VALUES), BATCH(BPF_MAP_DELETE_BATCH, G_KEYS, G_VALUES),
	{ BPF_PROG_LOAD, 0, NUM, BPF_PROG_TYPE_SCHED_CLS }, { BPF_PROG_LOAD, 4, NUM, 2 },
	{ BPF_PROG_LOAD, 8, AT, G_INSNS + 256 * PROG_ACT }, { BPF_PROG_LOAD, 16, AT, G_LICENSE },
	{ BPF_PROG_LOAD, 24, NUM, 0 }, { BPF_PROG_LOAD, 28, NUM, 0 }, { BPF_PROG_LOAD, 32, AT, 0 },
	{ BPF_PROG_LOAD, 40, NUM, 0 }, { BPF_PROG_LOAD, 44, NUM, 0 }, { BPF_PROG_LOAD, 48, NUM, 0x6f6c6c61 },
	{ BPF_PROG_LOAD, 60, NUM, 0 }, { BPF_PROG_LOAD, 64, NUM, 0 }, { BPF_PROG_LOAD, 68, NUM, 0 },
	{ BPF_PROG_LOAD, 72, FD_BTF, 0 }, { BPF_PROG_LOAD, 76, NUM, 8 }, { BPF_PROG_LOAD, 80, AT, G_FUNC },
	{ BPF_PROG_LOAD, 88, NUM, 0 }, { BPF_PROG_LOAD, 92, NUM, 16 }, { BPF_PROG_LOAD, 96, AT, G_LINE },
	{ BPF_PROG_LOAD, 104, NUM, 0 }, { BPF_PROG_LOAD, 108, NUM, 0 }, { BPF_PROG_LOAD, 112, FD_PROG, 0 },
	{ BPF_PROG_LOAD, 116, NUM, 0 }, { BPF_PROG_LOAD, 120, AT, G_FDS }, { BPF_PROG_LOAD, 128, AT, G_RELO },
	{ BPF_PROG_LOAD, 136, NUM, 16 }, { BPF_PROG_LOAD, 140, NUM, 0 }, { BPF_PROG_LOAD, 144, NUM, 0 },
	{ BPF_PROG_LOAD, 148, NUM, 0 }, { BPF_PROG_LOAD, 152, AT, 0 }, { BPF_PROG_LOAD, 160, NUM, 0 },
	{ BPF_PROG_LOAD, 164, NUM, 0 },
	{ BPF_PROG_BIND_MAP, 0, FD_PROG, 0 }, { BPF_PROG_BIND_MAP, 4, FD_MAP, 0 }, { BPF_PROG_BIND_MAP, 8, NUM, 0 },
	{ BPF_BTF_LOAD, 0, AT, G_BTF }, { BPF_BTF_LOAD, 8, AT, 0 }, { BPF_BTF_LOAD, 16, NUM, 90 },
	{ BPF_BTF_LOAD, 20, NUM, 0 }, { BPF_BTF_LOAD, 24, NUM, 0 }, { BPF_BTF_LOAD, 28, NUM, 0 },
	{ BPF_BTF_LOAD, 32, NUM, 0 }, { BPF_BTF_LOAD, 36, NUM, 0 },
	{ BPF_OBJ_PIN, 0, PATH, PATH_FRESH }, { BPF_OBJ_PIN, 8, FD_ANY, 0 }, { BPF_OBJ_PIN, 12, NUM, 0 },
	{ BPF_OBJ_PIN, 16, NUM, 0 },
	{ BPF_OBJ_GET, 0, PATH, PATH_MAP }, { BPF_OBJ_GET, 8, NUM, 0 }, { BPF_OBJ_GET, 12, NUM, 0 },
	{ BPF_OBJ_GET, 16, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 0, FD_PROG, 0 }, { BPF_PROG_TEST_RUN, 4, NUM, 0 }, { BPF_PROG_TEST_RUN, 8, NUM, 64 },
	{ BPF_PROG_TEST_RUN, 12, NUM, 4096 }, { BPF_PROG_TEST_RUN, 16, AT, G_DATA },
	{ BPF_PROG_TEST_RUN, 24, AT, G_LOG }, { BPF_PROG_TEST_RUN, 32, NUM, 1 }, { BPF_PROG_TEST_RUN, 36, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 40, NUM, 192 }, { BPF_PROG_TEST_RUN, 44, NUM, 192 },
	{ BPF_PROG_TEST_RUN, 48, AT, G_CTX }, { BPF_PROG_TEST_RUN, 56, AT, G_OUT }, { BPF_PROG_TEST_RUN, 64, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 68, NUM, 0 }, { BPF_PROG_TEST_RUN, 72, NUM, 0 },
	{ BPF_PROG_GET_NEXT_ID, 0, ID_PROG, 0 }, { BPF_PROG_GET_NEXT_ID, 4, NUM, 0 },
	{ BPF_MAP_GET_NEXT_ID, 0, ID_MAP, 0 }, { BPF_BTF_GET_NEXT_ID, 0, ID_BTF, 0 },
	{ BPF_LINK_GET_NEXT_ID, 0, ID_LINK, 0 },
	{ BPF_PROG_GET_FD_BY_ID, 0, ID_PROG, 0 }, { BPF_PROG_GET_FD_BY_ID, 8, NUM, 0 },
	{ BPF_MAP_GET_FD_BY_ID, 0, ID_MAP, 0 }, { BPF_MAP_GET_FD_BY_ID, 8, NUM, 0 },
	{ BPF_BTF_GET_FD_BY_ID, 0, ID_BTF, 0 }, { BPF_BTF_GET_FD_BY_ID, 8, NUM, 0 },
	{ BPF_BTF_GET_FD_BY_ID, 12, NUM, 0 }, { BPF_LINK_GET_FD_BY_ID, 0, ID_LINK, 0 },
	{ BPF_OBJ_GET_INFO_BY_FD, 0, FD_ANY, 0 }, { BPF_OBJ_GET_INFO_BY_FD, 4, NUM, 232 },
	{ BPF_OBJ_GET_INFO_BY_FD, 8, AT, G_INFO },
#define ATTACH(cmd)                                                                                    \
	{ cmd, 0, NUM, 1 }, { cmd, 4, FD_PROG, 0 }, { cmd, 8, NUM, GEN_TCX_INGRESS }, { cmd, 12, NUM, 0 },     \
	{ cmd, 16, NUM, 0 }, { cmd, 20, NUM, 0 }, { cmd, 24, LONG, 0 }
	ATTACH(BPF_PROG_ATTACH), ATTACH(BPF_PROG_DETACH),
	{ BPF_PROG_QUERY, 0, NUM, 1 }, { BPF_PROG_QUERY, 4, NUM, GEN_TCX_INGRESS }, { BPF_PROG_QUERY, 8, NUM, 0 },
	{ BPF_PROG_QUERY, 12, NUM, 0 }, { BPF_PROG_QUERY, 16, AT, G_OUT }, { BPF_PROG_QUERY, 24, NUM, 4 },
	{ BPF_PROG_QUERY, 32, AT, 0 }, { BPF_PROG_QUERY, 40, AT, 0 }, { BPF_PROG_QUERY, 48, AT, 0 },
	{ BPF_PROG_QUERY, 56, LONG, 0 },
	{ BPF_LINK_CREATE, 0, FD_PROG, 0 }, { BPF_LINK_CREATE, 4, NUM, 1 },
	{ BPF_LINK_CREATE, 8, NUM, GEN_TCX_INGRESS }, { BPF_LINK_CREATE, 12, NUM, 0 },
	{ BPF_LINK_CREATE, 16, NUM, 0 }, { BPF_LINK_CREATE, 24, LONG, 0 },
	{ BPF_LINK_UPDATE, 0, FD_LINK, 0 }, { BPF_LINK_UPDATE, 4, FD_PROG, 0 }, { BPF_LINK_UPDATE, 8, NUM, 0 },
	{ BPF_LINK_UPDATE, 12, NUM, 0 }, { BPF_LINK_DETACH, 0, FD_LINK, 0 },
	{ BPF_ENABLE_STATS, 0, NUM, 0 },
	{ BPF_RAW_TRACEPOINT_OPEN, 8, FD_PROG, 0 }, { BPF_TASK_FD_QUERY, 0, NUM, 1 },
	{ BPF_ITER_CREATE, 0, FD_ANY, 0 }, { GEN_TOKEN_CREATE, 4, NUM, 0 }, { GEN_STREAM_READ, 16, FD_PROG, 0 },
};

/* How often a command is chosen, and whether it gives a descriptor. */
static const struct gen_cmd {
	int cmd;
	u8 weight;
	bool gives;
	bool next_id;
} cmds[] = {
	{ BPF_MAP_CREATE, 12, true }, { BPF_MAP_LOOKUP_ELEM, 8 }, { BPF_MAP_UPDATE_ELEM, 8 }, { BPF_MAP_DELETE_ELEM, 5 },
	{ BPF_MAP_GET_NEXT_KEY, 5 }, { BPF_MAP_LOOKUP_AND_DELETE_ELEM, 5 }, { BPF_MAP_FREEZE, 1 },
	{ BPF_MAP_LOOKUP_BATCH, 8 }, { BPF_MAP_LOOKUP_AND_DELETE_BATCH, 2 }, { BPF_MAP_UPDATE_BATCH, 6 },
	{ BPF_MAP_DELETE_BATCH, 5 }, { BPF_PROG_LOAD, 12, true }, { BPF_PROG_BIND_MAP, 3 }, { BPF_BTF_LOAD, 5, true },
	{ BPF_OBJ_PIN, 4 }, { BPF_OBJ_GET, 4, true }, { BPF_PROG_TEST_RUN, 10 }, { BPF_PROG_GET_NEXT_ID, 1, .next_id = true },
	{ BPF_MAP_GET_NEXT_ID, 1, .next_id = true }, { BPF_BTF_GET_NEXT_ID, 1, .next_id = true },
	{ BPF_LINK_GET_NEXT_ID, 1, .next_id = true }, { BPF_PROG_GET_FD_BY_ID, 2, true }, { BPF_MAP_GET_FD_BY_ID, 2, true },
	{ BPF_BTF_GET_FD_BY_ID, 2, true }, { BPF_LINK_GET_FD_BY_ID, 2, true }, { BPF_OBJ_GET_INFO_BY_FD, 12 },
	{ BPF_PROG_ATTACH, 3 }, { BPF_PROG_DETACH, 3 }, { BPF_PROG_QUERY, 4 }, { BPF_LINK_CREATE, 3, true },
	{ BPF_LINK_UPDATE, 2 }, { BPF_LINK_DETACH, 1 }, { BPF_ENABLE_STATS, 2, true }, { BPF_RAW_TRACEPOINT_OPEN, 1 }, { BPF_TASK_FD_QUERY, 1 },
	{ BPF_ITER_CREATE, 1 }, { GEN_TOKEN_CREATE, 1 }, { GEN_STREAM_READ, 1 }, { 38, 1 }, { -1, 1 },
};

struct difference {
	int cmd, theirs, ours;
	u32 bytes;               /* where what was written differs first, plus 1 */
	u32 count;
};

struct state {
	struct gen_world world;
	const char *why;
	u64 random;
	u32 calls, pairs_ok, done, unsupported[64];
	struct difference class[CLASSES];
	u32 classes;
};

static u32 any(struct state *s, u32 below)
{
	u64 z = s->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (u32)((z ^ z >> 31) >> 8) % below;
}

static const struct thing *any_thing(struct state *s, int kind)
{
	const struct gen_world *w = &s->world;

	for (u32 tries = 0; tries < 200; tries++) {
		const struct thing *thing = &w->thing[any(s, w->things)];

		if (kind < 0 || thing->kind == (enum thing_kind)kind)
			return thing;
	}
	return &w->thing[0];
}

static u64 any_address(struct state *s)
{
	static const u32 places[] = { G_KEYS, G_KEYS + 8, G_VALUES, G_OUT, G_TOKEN, G_INFO, G_PATHS, G_PATHS + 64,
				      G_FUNC, G_LINE, G_BTF, G_DATA, G_INSNS, G_LOG, G_FDS };
	const struct gen_world *w = &s->world;

	switch (any(s, 12)) {
	case 0:
		return 0;
	case 1:
		return 1 + any(s, 0x2000);
	case 2:
		return world_at(w, AREA + PAGE);
	case 3:
		return world_at(w, AREA);                          /* not for writing */
	case 4:
		return world_at(w, AREA - 1 - any(s, 300));        /* crosses into it */
	case 5:
	case 6:
		return world_at(w, AREA + PAGE - 1 - any(s, 300)); /* crosses its end */
	case 7:
		return 0xffff888000000000u + any(s, 4096);
	case 8:
		return (u64)1 << 63 | any(s, 64);
	case 9:
		return ~(u64)0 - any(s, 64);
	case 10:
		return 0x7fffffffffffu - any(s, 0x2000);
	default:
		return world_at(w, places[any(s, ARRAY_SIZE(places))]);
	}
}

static u32 any_number(struct state *s)
{
	static const u32 numbers[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 20, 24, 32, 33, 40, 63, 64, 65, 90, 92, 100, 104, 191,
		192, 193, 200, 228, 229, 232, 233, 252, 253, 256, 3711, 3712, 3713, 4095, 4096, 4097, 65535, 65536,
		1000000, 1000001, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x41414141, 0x20202020,
	};

	switch (any(s, 4)) {
	case 0:
		return 1u << any(s, 32);
	case 1:
		return any(s, 64);
	case 2:
		return 1u << any(s, 32) | 1u << any(s, 32);
	default:
		return numbers[any(s, ARRAY_SIZE(numbers))];
	}
}

static void put_thing_id(struct state *s, struct gen_call *call, u32 off, int kind)
{
	const struct thing *thing = any_thing(s, kind);

	call->id_off = off;
	call->id = thing;
	put_u32(call->attr + off, thing->their_id);
}

static void word_good(struct state *s, struct gen_call *call, const struct word *word)
{
	static const enum thing_kind of[] = { [FD_MAP] = THING_MAP, [FD_PROG] = THING_PROG, [FD_BTF] = THING_BTF,
					      [FD_LINK] = THING_LINK,
					      [ID_MAP] = THING_MAP, [ID_PROG] = THING_PROG, [ID_BTF] = THING_BTF,
					      [ID_LINK] = THING_LINK };
	u8 *at = call->attr + word->off;

	switch ((enum kind)word->kind) {
	case NUM:
	case COUNT:
	case LONG:
		put_u32(at, word->base);
		break;
	case FD_MAP:
	case FD_PROG:
	case FD_BTF:
	case FD_LINK:
		call->thing = any_thing(s, of[word->kind]);
		put_u32(at, (u32)call->thing->theirs);
		break;
	case FD_ANY:
		call->thing = any_thing(s, -1);
		put_u32(at, (u32)call->thing->theirs);
		break;
	case ID_MAP:
	case ID_PROG:
	case ID_BTF:
	case ID_LINK:
		put_thing_id(s, call, word->off, of[word->kind]);
		break;
	case KEY:
		put_u64(at, world_at(&s->world, G_KEYS + 8 * any(s, 6)));
		break;
	case VALUE:
		put_u64(at, world_at(&s->world, G_VALUES + 32 * any(s, 4)));
		break;
	case PATH:
		put_u64(at, world_at(&s->world, G_PATHS + 64 * (word->base ? word->base : any(s, 2))));
		break;
	case AT:
		put_u64(at, word->base ? world_at(&s->world, word->base) : 0);
		break;
	}
}

static void word_mutate(struct state *s, struct gen_call *call, const struct word *word)
{
	u8 *at = call->attr + word->off;

	switch ((enum kind)word->kind) {
	case NUM:
	case COUNT:
		put_u32(at, any_number(s));
		break;
	case LONG:
		put_u64(at, any(s, 4) ? any(s, 9) : (u64)any_number(s) << 32 * any(s, 2));
		break;
	case FD_MAP:
	case FD_PROG:
	case FD_BTF:
	case FD_LINK:
	case FD_ANY:
		call->thing = any_thing(s, -1);
		put_u32(at, (u32)call->thing->theirs);
		break;
	case ID_MAP:
	case ID_PROG:
	case ID_BTF:
	case ID_LINK:
		call->id = NULL;
		put_u32(at, any(s, 2) ? 0x7ffffff0 + any(s, 32) : 0);
		break;
	case PATH:
		put_u64(at, any(s, 3) ? world_at(&s->world, G_PATHS + 64 * any(s, PATH_COUNT)) : any_address(s));
		break;
	case KEY:
	case VALUE:
	case AT:
		put_u64(at, any_address(s));
		break;
	}
}

static void mutate(struct state *s, struct gen_call *call)
{
	u32 choice = any(s, 20);

	if (choice == 0) {
		call->size = any(s, 3) ? any(s, 172) : any(s, 2) ? any(s, 4200) : 4088 + any(s, 16);
	} else if (choice == 1) {
		call->attr[any(s, any(s, 2) ? 200 : 4200)] = (u8)(1 + any(s, 255));
		call->size = any(s, 2) ? 200 : call->size;
	} else if (choice == 2) {
		call->privileged = false;
	} else if (choice == 3 && !any(s, 4)) {
		call->address = any_address(s);
		if (call->address >= world_at(&s->world, 0) && call->address < world_at(&s->world, AREA + PAGE))
			call->address = 8;
	} else {
		const struct word *of[48];
		u32 count = 0;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (words[i].cmd == call->cmd)
				of[count++] = &words[i];
		if (!count)
			return;
		word_mutate(s, call, of[any(s, count)]);
	}
}

/* What would fill the machine, or take for ever, on Linux too. */
static void clamp(struct gen_call *call)
{
	u8 *attr = call->attr;

	if (call->cmd == BPF_MAP_CREATE) {
		u64 size = ((u64)get_u32(attr + 4) + get_u32(attr + 8) + 64) * get_u32(attr + 12);

		if (size > 1u << 20 && size < (u64)1 << 42)
			put_u32(attr + 12, get_u32(attr + 12) % 64);
		size = ((u64)get_u32(attr + 4) + get_u32(attr + 8) + 64) * get_u32(attr + 12);
		if (size > 1u << 22 && size < (u64)1 << 42)
			put_u32(attr + 8, get_u32(attr + 8) % 64);
	}
	/* No more elements than an LRU map has places: which one leaves is not asked here. */
	if (call->cmd == BPF_MAP_UPDATE_BATCH && get_u32(attr + 32) > 16)
		put_u32(attr + 32, 16);
	if (call->cmd == BPF_PROG_TEST_RUN)
		put_u32(attr + 32, get_u32(attr + 32) % 100);
	if (call->cmd == BPF_PROG_LOAD)
		for (u32 off = 88; off <= 104; off += 16)
			if (get_u32(attr + off) > 0xffff && get_u32(attr + off) < 1u << 28)
				put_u32(attr + off, get_u32(attr + off) & 0xffff);
}

static void prog_variant(struct state *s, struct gen_call *call)
{
	static const u32 types[PROG_COUNT] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT,
					       BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,
					       BPF_PROG_TYPE_SCHED_CLS };
	u32 which = any(s, PROG_COUNT);
	u8 *attr = call->attr;

	put_u32(attr, types[which]);
	put_u32(attr + 4, gen_prog_insns[which]);
	put_u64(attr + 8, world_at(&s->world, G_INSNS + 256 * which));
	if (which == PROG_NOTES) {
		put_u32(attr + 88, 2);
		put_u32(attr + 104, 2);
		put_u32(attr + 116, !any(s, 4));
	}
	if (!any(s, 3)) {
		put_u32(attr + 24, 1 + any(s, 2));
		put_u32(attr + 28, 0x1000);
		put_u64(attr + 32, world_at(&s->world, G_LOG));
	}
}

/* What an info structure asks for. */
static void info_variant(struct state *s, struct gen_call *call)
{
	static const u16 pointers[] = { 24, 32, 56, 112, 120, 136, 152, 160, 184 };
	static const u16 counts[] = { 16, 20, 52, 104, 108, 144, 148, 168, 180 };
	u8 *info = s->world.area + G_INFO;

	memset(info, 0, 300);
	if (call->thing->kind == THING_MAP)
		put_u32(call->attr + 4, 104);
	if (call->thing->kind == THING_BTF) {
		put_u32(call->attr + 4, 32);
		if (any(s, 2)) {
			put_u64(info, any(s, 4) ? world_at(&s->world, G_OUT) : any_address(s));
			put_u32(info + 8, any(s, 2) ? 256 : any_number(s));
		}
		if (!any(s, 3)) {
			put_u64(info + 16, any(s, 4) ? world_at(&s->world, G_OUT2) : any_address(s));
			put_u32(info + 24, any(s, 2) ? 16 : any_number(s));
		}
	}
	if (call->thing->kind == THING_PROG)
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			if (!any(s, 3)) {
				put_u64(info + pointers[i], any(s, 4) ? world_at(&s->world, G_LOG + 0x800 * (u32)i)
								      : any_address(s));
				put_u32(info + counts[i], any(s, 3) ? 1 + any(s, 4) : any_number(s));
			}
	if (call->thing->kind == THING_PROG && any(s, 8)) {
		put_u32(info + 132, 8);
		put_u32(info + 172, 16);
		put_u32(info + 176, 8);
	}
	for (u32 n = any(s, 8) ? 0 : any(s, 4); n; n--)
		put_u32(info + 4 * any(s, 60), any_number(s));
	if (call->thing->kind == THING_MAP && !any(s, 4)) {
		put_u64(info + 88, any(s, 2) ? world_at(&s->world, G_OUT) : any_address(s));
		put_u32(info + 96, any(s, 2) ? 32 : any_number(s));
	}
}

static void variant(struct state *s, struct gen_call *call)
{
	switch (call->cmd) {
	case BPF_MAP_CREATE:
		memcpy(call->attr, gen_maps[any(s, gen_map_count)], sizeof(gen_maps[0]));
		if (!any(s, 4)) {
			put_u32(call->attr + 52, any(s, 4));
			put_u32(call->attr + 56, 1);
		}
		break;
	case BPF_PROG_LOAD:
		prog_variant(s, call);
		break;
	case BPF_OBJ_GET_INFO_BY_FD:
		info_variant(s, call);
		break;
	case BPF_MAP_GET_NEXT_KEY:
		if (any(s, 2))
			put_u64(call->attr + 8, 0);
		break;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
		put_u32(call->attr + 32, any(s, 3) ? 32 : any(s, 6));
		break;
	case BPF_PROG_TEST_RUN:
		if (any(s, 2)) {
			memset(call->attr + 40, 0, 24);
			put_u32(call->attr + 8, 14 + any(s, 80));
		}
		break;
	default:
		break;
	}
}

/* A mutation may have named another object by its descriptor at @off. */
static void meant(const struct state *s, struct gen_call *call, u32 off)
{
	for (u32 i = 0; i < s->world.things; i++)
		if (s->world.thing[i].theirs == (s32)get_u32(call->attr + off))
			call->thing = &s->world.thing[i];
}

static const struct gen_cmd *generate(struct state *s, struct gen_call *call)
{
	static const u32 mutations[] = { 0, 0, 1, 1, 1, 1, 2, 2, 3 };
	u32 total = 0, choice, i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		total += cmds[i].weight;
	choice = any(s, total);
	for (i = 0; choice >= cmds[i].weight; i++)
		choice -= cmds[i].weight;
	memset(call, 0, sizeof(*call));
	call->cmd = cmds[i].cmd;
	call->size = ATTR_SIZE;
	call->privileged = true;
	call->thing = &s->world.thing[0];
	for (size_t w = 0; w < ARRAY_SIZE(words); w++)
		if (words[w].cmd == call->cmd)
			word_good(s, call, &words[w]);
	variant(s, call);
	for (u32 n = mutations[any(s, ARRAY_SIZE(mutations))]; n; n--)
		mutate(s, call);
	clamp(call);
	if (call->cmd == BPF_MAP_LOOKUP_BATCH || call->cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH)
		meant(s, call, 36);
	return &cmds[i];
}

/* One side's turn. @attr and the arena hold what it wrote. */
static int turn(struct state *s, const struct gen_cmd *cmd, const struct gen_call *call, bool ours, u8 *attr)
{
	struct gen_world *w = &s->world;
	void *at = call->address ? u64_ptr(call->address) : attr;
	int ret;

	memcpy(attr, call->attr, sizeof(call->attr));
	if (call->id)
		put_u32(attr + call->id_off, ours ? call->id->our_id : call->id->their_id);
	memcpy(w->arena, w->area, AREA);
	ret = ours ? world_engine(w, call->cmd, at, call->size, call->privileged)
		   : world_linux(w, call->cmd, at, call->size, call->privileged);
	if (ret >= 0 && cmd->gives) {
		(void)backend_close(ours ? w->engine : w->linux_side, ret);
		ret = 0;
	}
	return cmd->next_id && ret == -ENOENT ? 0 : ret;
}

static void report(struct state *s, const struct gen_call *call, int theirs, int ours, u32 bytes, const u8 *attr)
{
	struct difference *d = s->class;

	while (d < s->class + s->classes && (d->cmd != call->cmd || d->theirs != theirs || d->ours != ours ||
					     d->bytes != bytes))
		d++;
	if (d == s->class + s->classes && s->classes < CLASSES - 1)
		s->class[s->classes++] = (struct difference){ call->cmd, theirs, ours, bytes, 0 };
	if (d->count++ >= SHOWN)
		return;
	print_message("# command %d: Linux %d, engine %d (%s)", call->cmd, theirs, ours,
		      backend_message(s->world.engine));
	if (bytes)
		print_message(", byte %#x", bytes - 1);
	print_message("; size %u,%s address %#llx, object kind %d type %u\n#  ", call->size,
		      call->privileged ? "" : " unprivileged,", (unsigned long long)call->address,
		      call->thing->kind, call->thing->type);
	for (u32 off = 0; off < ATTR_SIZE; off += 4)
		if (get_u32(call->attr + off))
			print_message(" [%u]=%#x", off, get_u32(call->attr + off));
	print_message("\n");
}

static void one_call(struct state *s)
{
	static u8 snapshot[AREA];
	u8 theirs_attr[GEN_ATTR], ours_attr[GEN_ATTR];
	struct gen_call call;
	const struct gen_cmd *cmd = generate(s, &call);
	int theirs = turn(s, cmd, &call, false, theirs_attr), ours;
	u32 bytes = 0;

	memcpy(snapshot, s->world.arena, AREA);
	ours = turn(s, cmd, &call, true, ours_attr);
	s->calls++;
	s->done += theirs >= 0;
	if (ours == -EOPNOTSUPP && *backend_message(s->world.engine)) {
		s->unsupported[call.cmd & 63]++;
	} else {
		bool same = theirs == ours || gen_may_answer(&s->world, &call, theirs, ours);

		if (same && theirs == ours && theirs != -EFAULT)
			bytes = gen_compare(&s->world, &call, theirs_attr, ours_attr, snapshot, s->world.arena);
		if (!same || bytes)
			report(s, &call, theirs, ours, bytes, theirs_attr);
		else
			s->pairs_ok++;
	}
	if (call.cmd == BPF_OBJ_PIN)
		world_unpin(&s->world);
	if (s->calls % RESET == 0 || bytes ||
	    (call.cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH ? gen_part_taken(&call) || theirs == -EFAULT :
	     theirs != ours && ours != -EOPNOTSUPP && call.cmd != BPF_MAP_GET_NEXT_KEY))
		assert_int_equal(world_reset(&s->world), 0);
}

static u64 setting(const char *argument, const char *name, u64 otherwise)
{
	const char *text = argument ? argument : getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static struct { u32 calls; u64 seed; } wanted;

static void test_generated(void **state)
{
	struct state *s = *state;
	u32 differences = 0;

	s->random = wanted.seed;
	print_message("# seed %llu\n", (unsigned long long)wanted.seed);
	while (s->calls < wanted.calls)
		one_call(s);
	print_message("# %u calls, %u of them good ones for Linux, %u the same; not supported, by command:",
		      s->calls, s->done, s->pairs_ok);
	for (u32 i = 0; i < ARRAY_SIZE(s->unsupported); i++)
		if (s->unsupported[i])
			print_message(" %u: %u", i, s->unsupported[i]);
	print_message("\n");
	for (u32 i = 0; i < s->classes; i++) {
		const struct difference *d = &s->class[i];

		differences += d->count;
		print_message("# class: command %d, Linux %d, engine %d, byte %#x: %u times\n", d->cmd, d->theirs,
			      d->ours, d->bytes, d->count);
	}
	if (differences)
		fail_msg("%u differences in %u classes", differences, s->classes);
}

int main(int argc, char **argv)
{
	static struct state s;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_generated, &s),
	};
	int ret = world_open(&s.world, &s.why);

	wanted.calls = (u32)setting(argc > 1 ? argv[1] : NULL, "CLSBPF_ABI_CALLS", CALLS);
	wanted.seed = setting(argc > 2 ? argv[2] : NULL, "CLSBPF_ABI_SEED", 1);
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), s.why);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("generated", tests, NULL, NULL);
	world_close(&s.world);
	return ret;
}
