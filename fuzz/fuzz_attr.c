// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_attr.c - sequences of bpf(2) calls from a client that wants no good, into a fresh engine.
 *
 *   input:  step, step, ...      step:  PATCH, place (2), length, bytes...      into the arena
 *                                       command, size, (which map,) edits, edit...   a call
 *   edit:   word | kind << 6, value (4)     a number, an address in the arena, a handle that was given
 *
 * A call begins as a good attribute of its command, so that few edits go a long way. Whatever comes:
 * nothing is touched that the client did not name (ASan, and a guard behind the attribute), what is
 * not supported is said in a sentence, and when the client has gone nothing is left (LeakSanitizer).
 * What the client names is always in the arena: an engine in the client's process cannot answer
 * -EFAULT for other addresses. Not asked for: maps that fill the machine, and long runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "command/command.h"
#include "object/bpf_link.h"
#include "object/btf.h"
#include "object/engine.h"
#include "object/prog.h"
#include "sched/sched.h"
#include "../tests/object/sample_btf.h"

#define ARENA (512u << 20)      /* a million records of 252 bytes fit; untouched pages cost nothing */
#define WINDOW 0x8000u          /* where the client puts its things */
#define ATTR_ROOM 4200          /* an attribute may have a page, and more is refused */
#define STEPS_MAX 64
#define HANDLES 16
#define PATCH 255

enum place { AT_KEY = 0x100, AT_VALUE = 0x200, AT_OUT = 0x1000, AT_INFO = 0x2000, AT_PATH = 0x2800,
	     AT_LICENSE = 0x2900, AT_FDS = 0x2a00, AT_CTX = 0x3000, AT_LOG = 0x3800, AT_BTF = 0x4000,
	     AT_FUNC = 0x4800, AT_LINE = 0x4900, AT_INSNS = 0x5000, AT_DATA = 0x6000 };

enum { ADDRESS = 1, HANDLE = 2 };   /* of an edit, and of a word below; 0: a number */

/* The good attributes, word by word. An address that is not here is not read by the command. */
static const struct word {
	u8 cmd, off, kind;
	u32 value;                  /* or which handle, counted from the last one */
} words[] = {
	{ BPF_MAP_CREATE, 80, ADDRESS, 0 },
	{ BPF_MAP_LOOKUP_ELEM, 0, HANDLE, 0 }, { BPF_MAP_LOOKUP_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_LOOKUP_ELEM, 16, ADDRESS, AT_OUT },
	{ BPF_MAP_UPDATE_ELEM, 0, HANDLE, 0 }, { BPF_MAP_UPDATE_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_UPDATE_ELEM, 16, ADDRESS, AT_VALUE },
	{ BPF_MAP_DELETE_ELEM, 0, HANDLE, 0 }, { BPF_MAP_DELETE_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_GET_NEXT_KEY, 0, HANDLE, 0 }, { BPF_MAP_GET_NEXT_KEY, 8, ADDRESS, 0 },
	{ BPF_MAP_GET_NEXT_KEY, 16, ADDRESS, AT_KEY },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0, HANDLE, 0 },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 16, ADDRESS, AT_OUT },
	{ BPF_MAP_FREEZE, 0, HANDLE, 0 },
	{ BPF_PROG_LOAD, 0, 0, BPF_PROG_TYPE_SCHED_CLS }, { BPF_PROG_LOAD, 4, 0, 5 },
	{ BPF_PROG_LOAD, 8, ADDRESS, AT_INSNS }, { BPF_PROG_LOAD, 16, ADDRESS, AT_LICENSE },
	{ BPF_PROG_LOAD, 24, 0, 1 }, { BPF_PROG_LOAD, 28, 0, 512 }, { BPF_PROG_LOAD, 32, ADDRESS, AT_LOG },
	{ BPF_PROG_LOAD, 72, HANDLE, 0 }, { BPF_PROG_LOAD, 76, 0, 8 }, { BPF_PROG_LOAD, 80, ADDRESS, AT_FUNC }, { BPF_PROG_LOAD, 92, 0, 16 },
	{ BPF_PROG_LOAD, 96, ADDRESS, AT_LINE }, { BPF_PROG_LOAD, 112, ADDRESS, 0 },
	{ BPF_PROG_LOAD, 120, ADDRESS, AT_FDS }, { BPF_PROG_LOAD, 128, ADDRESS, 0 },
	{ BPF_PROG_LOAD, 152, ADDRESS, 0 },
	{ BPF_BTF_LOAD, 0, ADDRESS, AT_BTF }, { BPF_BTF_LOAD, 8, ADDRESS, AT_LOG },
	{ BPF_BTF_LOAD, 16, 0, sizeof(sample_btf) }, { BPF_BTF_LOAD, 20, 0, 512 },
	{ BPF_BTF_LOAD, 24, 0, 1 },
	{ BPF_OBJ_PIN, 0, ADDRESS, AT_PATH }, { BPF_OBJ_PIN, 8, HANDLE, 0 },
	{ BPF_OBJ_GET, 0, ADDRESS, AT_PATH },
	{ BPF_PROG_TEST_RUN, 0, HANDLE, 0 }, { BPF_PROG_TEST_RUN, 8, 0, 64 },
	{ BPF_PROG_TEST_RUN, 12, 0, 4096 }, { BPF_PROG_TEST_RUN, 16, ADDRESS, AT_DATA },
	{ BPF_PROG_TEST_RUN, 24, ADDRESS, AT_OUT }, { BPF_PROG_TEST_RUN, 40, 0, 192 },
	{ BPF_PROG_TEST_RUN, 44, 0, 192 }, { BPF_PROG_TEST_RUN, 48, ADDRESS, AT_CTX },
	{ BPF_PROG_TEST_RUN, 56, ADDRESS, AT_CTX + 0x400 },
	{ BPF_MAP_GET_FD_BY_ID, 0, 0, 1 }, { BPF_PROG_GET_FD_BY_ID, 0, 0, 1 },
	{ BPF_BTF_GET_FD_BY_ID, 0, 0, 1 },
	{ BPF_OBJ_GET_INFO_BY_FD, 0, HANDLE, 0 }, { BPF_OBJ_GET_INFO_BY_FD, 4, 0, 232 },
	{ BPF_OBJ_GET_INFO_BY_FD, 8, ADDRESS, AT_INFO },
	{ BPF_PROG_ATTACH, 0, 0, 1 }, { BPF_PROG_ATTACH, 4, HANDLE, 0 },
	{ BPF_PROG_ATTACH, 8, 0, ATTACH_TCX_INGRESS },
	{ BPF_PROG_DETACH, 0, 0, 1 }, { BPF_PROG_DETACH, 4, HANDLE, 0 },
	{ BPF_PROG_DETACH, 8, 0, ATTACH_TCX_INGRESS },
	{ BPF_PROG_QUERY, 0, 0, 1 }, { BPF_PROG_QUERY, 4, 0, ATTACH_TCX_INGRESS },
	{ BPF_PROG_QUERY, 16, ADDRESS, AT_OUT }, { BPF_PROG_QUERY, 24, 0, 4 },
	{ BPF_PROG_QUERY, 32, ADDRESS, AT_OUT }, { BPF_PROG_QUERY, 40, ADDRESS, AT_OUT },
	{ BPF_PROG_QUERY, 48, ADDRESS, AT_OUT },
	{ BPF_LINK_CREATE, 0, HANDLE, 0 }, { BPF_LINK_CREATE, 4, 0, 1 },
	{ BPF_LINK_CREATE, 8, 0, ATTACH_TCX_INGRESS },
	{ BPF_LINK_UPDATE, 0, HANDLE, 0 }, { BPF_LINK_UPDATE, 4, HANDLE, 1 },
	{ BPF_LINK_DETACH, 0, HANDLE, 0 }, { BPF_LINK_GET_FD_BY_ID, 0, 0, 1 },
};

/* The good maps: type, key, value, entries, flags. */
static const u32 maps[][5] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 12, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 4, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 8, 8, 3, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 8, 8, 4, BPF_F_NO_COMMON_LRU },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, 12, 3, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 6, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LPM_TRIE, 5, 3, 6, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct input {
	const u8 *at, *end;
};

struct fuzz {
	struct engine engine;
	struct client *client;
	u8 *arena;
	int handle[HANDLES];
	u32 handles;             /* given so far; the last HANDLES are remembered */
};

static u8 input_u8(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static u32 input_u32(struct input *in)
{
	u32 value = 0;

	for (int i = 0; i < 4; i++)
		value |= (u32)input_u8(in) << 8 * i;
	return value;
}

static void arena_fill(u8 *arena)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 1 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 3 },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	madvise(arena, ARENA, MADV_DONTNEED);
	memcpy(arena + AT_INSNS, insns, sizeof(insns));
	memcpy(arena + AT_BTF, sample_btf, sizeof(sample_btf));
	memcpy(arena + AT_PATH, "/sys/fs/bpf/a", 14);
	memcpy(arena + AT_LICENSE, "GPL", 4);
	put_u32(arena + AT_FDS, 3);
	put_be16(arena + AT_DATA + 12, 0x0800);
}

static u32 handle_of(const struct fuzz *f, u32 back)
{
	return f->handles ? (u32)f->handle[(f->handles - 1 - back % HANDLES) % HANDLES] : back;
}

static void word_put(const struct fuzz *f, u8 *attr, u32 off, u32 kind, u32 value)
{
	if (kind == ADDRESS && off + 8 <= ATTR_ROOM)
		put_u64(attr + off, value);
	else
		put_u32(attr + off, kind == HANDLE ? handle_of(f, value) : value);
}

/* An address is NULL or in the window. */
static void address_settle(const struct fuzz *f, u8 *at)
{
	u64 value = get_u64(at);

	if (value)
		put_u64(at, ptr_u64(f->arena + value % WINDOW));
}

/* The addresses inside an info structure; which words they are depends on the object. */
static void info_settle(const struct fuzz *f, const u8 *attr)
{
	static const u16 prog[] = { offsetof(struct bpf_prog_info, jited_prog_insns),
				    offsetof(struct bpf_prog_info, xlated_prog_insns),
				    offsetof(struct bpf_prog_info, map_ids),
				    offsetof(struct bpf_prog_info, jited_ksyms),
				    offsetof(struct bpf_prog_info, jited_func_lens),
				    offsetof(struct bpf_prog_info, func_info),
				    offsetof(struct bpf_prog_info, line_info),
				    offsetof(struct bpf_prog_info, jited_line_info),
				    offsetof(struct bpf_prog_info, prog_tags) };
	static const u16 btf[] = { offsetof(struct bpf_btf_info, btf),
				   offsetof(struct bpf_btf_info, name) };
	struct object *object;
	u8 *info = u64_ptr(get_u64(attr + 8));

	if (!info || fd_get_any(f->client, (int)get_u32(attr), &object))
		return;
	for (size_t i = 0; object->ops->kind == OBJECT_PROG && i < ARRAY_SIZE(prog); i++)
		address_settle(f, info + prog[i]);
	for (size_t i = 0; object->ops->kind == OBJECT_BTF && i < ARRAY_SIZE(btf); i++)
		address_settle(f, info + btf[i]);
	object_put(object);
}

/* What the head of this file does not ask for. */
static void attr_bound(int cmd, u8 *attr)
{
	if (cmd == BPF_MAP_CREATE &&
	    ((u64)get_u32(attr + 4) + get_u32(attr + 8) + 64) * get_u32(attr + 12) > 1u << 20) {
		for (u32 off = 4; off <= 12; off += 4)
			put_u32(attr + off, get_u32(attr + off) % 128);
	}
	if (cmd == BPF_PROG_TEST_RUN)
		put_u32(attr + 32, get_u32(attr + 32) % 3);
}

static bool gives_handle(int cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_OBJ_GET:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_LINK_CREATE:
		return true;
	default:
		return false;
	}
}

static void step_call(struct fuzz *f, struct input *in, int cmd)
{
	u8 attr[ATTR_ROOM] = { 0 }, edits;
	u32 size = input_u8(in);
	int ret;

	/* Mostly the whole attribute; odd lengths now and then, and lengths beyond 6.18's. */
	size = size < 128 ? 168 : size < 250 ? (size - 128) * 2 : size < 255 ? 160 + 4 * (size - 250) : 4097;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].cmd == cmd)
			word_put(f, attr, words[i].off, words[i].kind, words[i].value);
	if (cmd == BPF_MAP_CREATE)
		memcpy(attr, maps[input_u8(in) % ARRAY_SIZE(maps)], sizeof(maps[0]));
	for (edits = input_u8(in) % 8; edits; edits--) {
		u8 edit = input_u8(in);

		word_put(f, attr, (edit & 63) * 4u, edit >> 6, input_u32(in));
	}
	attr_bound(cmd, attr);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].cmd == cmd && words[i].kind == ADDRESS)
			address_settle(f, attr + words[i].off);
	/* A cut must not leave half of an address: the arena is above 4 GiB. */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].cmd == cmd && words[i].kind == ADDRESS && size > words[i].off &&
		    size < words[i].off + 8u)
			size = words[i].off;
	if (cmd == BPF_OBJ_GET_INFO_BY_FD && size >= 16)
		info_settle(f, attr);
	memset(attr + size, 0x5a, sizeof(attr) - size);
	ret = command_bpf(f->client, NULL, cmd, ptr_u64(attr), size);
	for (u32 i = size; i < sizeof(attr); i++)
		if (attr[i] != 0x5a)
			abort();
	if (ret == -EOPNOTSUPP && !f->client->message[0])
		abort();
	if (ret < -524 || (ret > 0 && !gives_handle(cmd)))
		abort();
	if (ret > 0)
		f->handle[f->handles++ % HANDLES] = ret;
}

static void step_patch(struct fuzz *f, struct input *in)
{
	u32 place = input_u8(in) | (u32)input_u8(in) << 8, len = input_u8(in);

	for (u32 i = 0; i < len && in->at < in->end; i++)
		f->arena[place % WINDOW + i] = *in->at++;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct engine_config config = { .cpus = 2, .fixed_seed = true, .replay_clock = true };
	struct input in = { data, data + size };
	static u8 *arena;
	struct fuzz f = { .handles = 0 };

	if (!arena)
		arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED || engine_core_init(&f.engine, &config) ||
	    sched_create(&f.engine) || client_create(&f.engine, &f.client))
		abort();
	f.engine.attach_host = &sched_attach_host;
	f.arena = arena;
	arena_fill(arena);
	for (u32 steps = 0; in.at < in.end && steps < STEPS_MAX; steps++) {
		u8 cmd = input_u8(&in);

		if (cmd == PATCH)
			step_patch(&f, &in);
		else if (cmd >= 250)  /* close one */
			(void)fd_close(f.client, (int)handle_of(&f, input_u8(&in)));
		else
			step_call(&f, &in, cmd % 40 - 1);
	}
	client_destroy(f.client);
	sched_destroy(&f.engine);
	engine_core_fini(&f.engine);
	return 0;
}
