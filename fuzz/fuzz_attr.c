// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_attr.c - sequences of bpf(2) calls from a client that wants no good, into a fresh engine.
 *
 *   input:  step, step, ...      step:  PATCH, place (2), length, bytes...              into the arena
 *                                       CLOSE, which                                    a handle
 *                                       command, size, (which map,) edits, edit...      a call
 *   edit:   word | kind << 6, value      a number, an address in the arena, a handle that was given
 *
 * A call begins as a good attribute of its command, so that few edits go a long way. When the input is
 * at its end, BURST more steps come out of a generator that it seeds: most of the price of an input is
 * the engine's beginning and end. The client is a struct caller whose memory is the arena: whatever else
 * an address says is not there.
 *
 * Whatever comes: nothing is touched behind the attribute's size, what is not supported is said in a
 * sentence, no errno is one that nobody knows, and when the client has gone nothing is left (LeakSanitizer).
 * Not asked for: maps that fill the machine, and long runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/backend.h"
#include "object/bpf_link.h"
#include "object/engine.h"
#include "../tests/object/sample_btf.h"

#define ARENA 0x10000u
#define ATTR_ROOM 4200          /* an attribute may have a page, and more is refused */
#define STEPS_MAX 400
#define BURST 400
#define HANDLES 48
#define PATCH 255
#define CLOSE 250               /* and up */
#define COMMANDS 40             /* one below those of Linux, and one above */

enum place { AT_KEY = 0x100, AT_VALUE = 0x200, AT_OUT = 0x1000, AT_INFO = 0x2000, AT_PATH = 0x2800,
	     AT_LICENSE = 0x2900, AT_FDS = 0x2a00, AT_CTX = 0x3000, AT_LOG = 0x3800, AT_BTF = 0x4000,
	     AT_FUNC = 0x4800, AT_LINE = 0x4900, AT_RELO = 0x4a00, AT_INSNS = 0x5000, AT_DATA = 0x6000 };

enum { NUMBER, ADDRESS, HANDLE, FLIP };   /* of an edit; the first three of a word below */

/* The good attributes, word by word. */
static const struct word {
	u8 cmd, off, kind;
	u32 value;                  /* or which handle, counted from the last one */
} words[] = {
	{ BPF_MAP_LOOKUP_ELEM, 0, HANDLE, 0 }, { BPF_MAP_LOOKUP_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_LOOKUP_ELEM, 16, ADDRESS, AT_OUT },
	{ BPF_MAP_UPDATE_ELEM, 0, HANDLE, 0 }, { BPF_MAP_UPDATE_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_UPDATE_ELEM, 16, ADDRESS, AT_VALUE },
	{ BPF_MAP_DELETE_ELEM, 0, HANDLE, 0 }, { BPF_MAP_DELETE_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_GET_NEXT_KEY, 0, HANDLE, 0 }, { BPF_MAP_GET_NEXT_KEY, 16, ADDRESS, AT_KEY },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0, HANDLE, 0 },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 8, ADDRESS, AT_KEY },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 16, ADDRESS, AT_OUT },
	{ BPF_MAP_FREEZE, 0, HANDLE, 0 },
#define BATCH(cmd, keys, values)                                                                   \
	{ cmd, 8, ADDRESS, AT_OUT + 0x800 }, { cmd, 16, ADDRESS, keys }, { cmd, 24, ADDRESS, values },  \
	{ cmd, 32, NUMBER, 3 }, { cmd, 36, HANDLE, 0 }
	BATCH(BPF_MAP_LOOKUP_BATCH, AT_OUT, AT_OUT + 0x400),
	BATCH(BPF_MAP_LOOKUP_AND_DELETE_BATCH, AT_OUT, AT_OUT + 0x400),
	BATCH(BPF_MAP_UPDATE_BATCH, AT_KEY, AT_VALUE), BATCH(BPF_MAP_DELETE_BATCH, AT_KEY, AT_VALUE),
	{ BPF_PROG_LOAD, 0, NUMBER, BPF_PROG_TYPE_SCHED_CLS }, { BPF_PROG_LOAD, 4, NUMBER, 5 },
	{ BPF_PROG_LOAD, 8, ADDRESS, AT_INSNS }, { BPF_PROG_LOAD, 16, ADDRESS, AT_LICENSE },
	{ BPF_PROG_LOAD, 24, NUMBER, 1 }, { BPF_PROG_LOAD, 28, NUMBER, 512 }, { BPF_PROG_LOAD, 32, ADDRESS, AT_LOG },
	{ BPF_PROG_LOAD, 72, HANDLE, 0 }, { BPF_PROG_LOAD, 76, NUMBER, 8 }, { BPF_PROG_LOAD, 80, ADDRESS, AT_FUNC },
	{ BPF_PROG_LOAD, 92, NUMBER, 16 }, { BPF_PROG_LOAD, 96, ADDRESS, AT_LINE },
	{ BPF_PROG_LOAD, 120, ADDRESS, AT_FDS }, { BPF_PROG_LOAD, 128, ADDRESS, AT_RELO },
	{ BPF_PROG_LOAD, 136, NUMBER, 16 },
	{ BPF_PROG_BIND_MAP, 0, HANDLE, 0 }, { BPF_PROG_BIND_MAP, 4, HANDLE, 1 },
	{ BPF_BTF_LOAD, 0, ADDRESS, AT_BTF }, { BPF_BTF_LOAD, 8, ADDRESS, AT_LOG },
	{ BPF_BTF_LOAD, 16, NUMBER, sizeof(sample_btf) }, { BPF_BTF_LOAD, 20, NUMBER, 512 },
	{ BPF_BTF_LOAD, 24, NUMBER, 1 },
	{ BPF_OBJ_PIN, 0, ADDRESS, AT_PATH }, { BPF_OBJ_PIN, 8, HANDLE, 0 },
	{ BPF_OBJ_GET, 0, ADDRESS, AT_PATH },
	{ BPF_PROG_TEST_RUN, 0, HANDLE, 0 }, { BPF_PROG_TEST_RUN, 8, NUMBER, 64 },
	{ BPF_PROG_TEST_RUN, 12, NUMBER, 4096 }, { BPF_PROG_TEST_RUN, 16, ADDRESS, AT_DATA },
	{ BPF_PROG_TEST_RUN, 24, ADDRESS, AT_OUT }, { BPF_PROG_TEST_RUN, 40, NUMBER, 192 },
	{ BPF_PROG_TEST_RUN, 44, NUMBER, 192 }, { BPF_PROG_TEST_RUN, 48, ADDRESS, AT_CTX },
	{ BPF_PROG_TEST_RUN, 56, ADDRESS, AT_CTX + 0x400 },
	{ BPF_MAP_GET_FD_BY_ID, 0, NUMBER, 1 }, { BPF_PROG_GET_FD_BY_ID, 0, NUMBER, 1 },
	{ BPF_BTF_GET_FD_BY_ID, 0, NUMBER, 1 },
	{ BPF_OBJ_GET_INFO_BY_FD, 0, HANDLE, 0 }, { BPF_OBJ_GET_INFO_BY_FD, 4, NUMBER, 232 },
	{ BPF_OBJ_GET_INFO_BY_FD, 8, ADDRESS, AT_INFO },
	{ BPF_PROG_ATTACH, 0, NUMBER, 1 }, { BPF_PROG_ATTACH, 4, HANDLE, 0 },
	{ BPF_PROG_ATTACH, 8, NUMBER, ATTACH_TCX_INGRESS },
	{ BPF_PROG_DETACH, 0, NUMBER, 1 }, { BPF_PROG_DETACH, 4, HANDLE, 0 },
	{ BPF_PROG_DETACH, 8, NUMBER, ATTACH_TCX_INGRESS },
	{ BPF_PROG_QUERY, 0, NUMBER, 1 }, { BPF_PROG_QUERY, 4, NUMBER, ATTACH_TCX_INGRESS },
	{ BPF_PROG_QUERY, 16, ADDRESS, AT_OUT }, { BPF_PROG_QUERY, 24, NUMBER, 4 },
	{ BPF_PROG_QUERY, 32, ADDRESS, AT_OUT }, { BPF_PROG_QUERY, 40, ADDRESS, AT_OUT },
	{ BPF_PROG_QUERY, 48, ADDRESS, AT_OUT },
	{ BPF_LINK_CREATE, 0, HANDLE, 0 }, { BPF_LINK_CREATE, 4, NUMBER, 1 },
	{ BPF_LINK_CREATE, 8, NUMBER, ATTACH_TCX_INGRESS },
	{ BPF_LINK_UPDATE, 0, HANDLE, 0 }, { BPF_LINK_UPDATE, 4, HANDLE, 1 },
	{ BPF_LINK_DETACH, 0, HANDLE, 0 }, { BPF_LINK_GET_FD_BY_ID, 0, NUMBER, 1 },
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
	{ BPF_MAP_TYPE_QUEUE, 0, 8, 3, 0 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 3, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 3, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_DEVMAP, 4, 4, 4, 0 },
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct input {
	const u8 *at, *end;
	u64 random;              /* behind the end */
};

struct fuzz {
	struct caller caller;    /* first */
	struct backend *backend;
	u8 *arena;
	u8 *attr;                /* of the call in progress */
	u32 attr_size;
	int handle[HANDLES];
	u32 handles;             /* given so far; of later ones the last are open */
};

static u64 calls;

static void say_calls(void)
{
	fprintf(stderr, "%llu bpf(2) calls\n", (unsigned long long)calls);
}

static u8 input_u8(struct input *in)
{
	if (in->at < in->end)
		return *in->at++;
	in->random = in->random * 6364136223846793005u + 1442695040888963407u;
	return (u8)(in->random >> 40);
}

static u32 input_u32(struct input *in)
{
	u32 value = 0;

	for (int i = 0; i < 4; i++)
		value |= (u32)input_u8(in) << 8 * i;
	return value;
}

/* Where the engine may go for @len bytes at @address, or NULL. */
static u8 *fuzz_at(struct caller *caller, u64 address, u64 len)
{
	struct fuzz *f = (struct fuzz *)(void *)caller;
	u64 off = address - ptr_u64(f->arena);

	if (off < ARENA)
		return len <= ARENA - off ? f->arena + off : NULL;
	off = address - ptr_u64(f->attr);
	if (off >= ATTR_ROOM)
		return NULL;
	if (off + len > f->attr_size)
		abort();             /* beyond what the client said that is its attribute */
	return f->attr + off;
}

static int fuzz_read(struct caller *caller, void *to, u64 from, u64 len)
{
	const u8 *at = fuzz_at(caller, from, len);

	if (at)
		memcpy(to, at, len);
	return at ? 0 : -EFAULT;
}

static int fuzz_write(struct caller *caller, u64 to, const void *from, u64 len)
{
	u8 *at = fuzz_at(caller, to, len);

	if (at)
		memcpy(at, from, len);
	return at ? 0 : -EFAULT;
}

static int fuzz_handle(struct caller *caller, int fd) { return fd == 7 ? -EINVAL : fd; }

static int fuzz_path(struct caller *caller, int dirfd, const char *text, bool create, char *out)
{
	if (text[0] != '/')
		return -ENOENT;
	snprintf(out, 4096, "%s", text);
	return 0;
}

static bool fuzz_gone(struct caller *caller) { return false; }

static const struct caller_ops fuzz_ops = {
	.read = fuzz_read, .write = fuzz_write, .handle = fuzz_handle, .path = fuzz_path, .gone = fuzz_gone,
};

static void arena_fill(u8 *arena)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 1 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 3 },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	memset(arena, 0, ARENA);
	for (u32 i = 0; i < 8; i++) {
		put_u32(arena + AT_KEY + 8 * i, i);
		put_u64(arena + AT_VALUE + 16 * i, i);
	}
	memcpy(arena + AT_INSNS, insns, sizeof(insns));
	memcpy(arena + AT_BTF, sample_btf, sizeof(sample_btf));
	memcpy(arena + AT_PATH, "/sys/fs/bpf/a", 14);
	memcpy(arena + AT_LICENSE, "GPL", 4);
	put_u32(arena + AT_FDS, 3);
	put_be16(arena + AT_DATA + 12, 0x0800);
}

static u32 handle_of(const struct fuzz *f, u32 back)
{
	u32 there = min_u32(f->handles, HANDLES);

	return there ? (u32)f->handle[(f->handles + HANDLES - 1 - back % there) % HANDLES] : back;
}

static void word_put(const struct fuzz *f, u8 *attr, u32 off, u32 kind, u32 value)
{
	if (off + 8 > ATTR_ROOM)
		return;
	if (kind == ADDRESS)
		put_u64(attr + off, value < 2 * ARENA ? ptr_u64(f->arena + value) : value);
	else
		put_u32(attr + off, kind == HANDLE ? handle_of(f, value) : value);
}

/* Mostly what is near some edge. */
static u32 input_number(struct input *in)
{
	static const u32 edges[] = { 0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 24, 32, 64, 100, 128, 192, 200, 228, 232, 256,
				     0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0xfff8, 0xffff, 0x10000, 4095 };
	u8 choice = input_u8(in);

	return choice < 64 ? choice : choice < 96 ? 1u << (choice - 64) :
	       choice < 192 ? edges[choice % ARRAY_SIZE(edges)] : input_u32(in);
}

static void edit(const struct fuzz *f, struct input *in, u8 *attr)
{
	u8 what = input_u8(in);
	u32 off = (what & 63) * 4u;

	switch (what >> 6) {
	case NUMBER:
		word_put(f, attr, off, NUMBER, input_number(in));
		break;
	case ADDRESS:
		word_put(f, attr, off, ADDRESS, input_u8(in) << 8 | input_u8(in));
		break;
	case HANDLE:
		word_put(f, attr, off, HANDLE, input_u8(in));
		break;
	case FLIP:
		attr[off] ^= input_u8(in);
		break;
	}
}

/* What the head of this file does not ask for. */
static void attr_bound(int cmd, u8 *attr)
{
	if (cmd == BPF_MAP_CREATE &&
	    ((u64)get_u32(attr + 4) + get_u32(attr + 8) + 64) * get_u32(attr + 12) > 1u << 18) {
		for (u32 off = 4; off <= 12; off += 4)
			put_u32(attr + off, get_u32(attr + off) % 128);
	}
	if (cmd == BPF_PROG_TEST_RUN)
		put_u32(attr + 32, get_u32(attr + 32) % 3);
	if (cmd == BPF_PROG_LOAD && get_u32(attr + 4) > 4096 && get_u32(attr + 4) % 16)
		put_u32(attr + 4, get_u32(attr + 4) % 4096);
	if (cmd == BPF_BTF_LOAD && get_u32(attr + 16) > ARENA && get_u32(attr + 16) % 16)
		put_u32(attr + 16, get_u32(attr + 16) % ARENA);
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
	case BPF_ENABLE_STATS:
		return true;
	default:
		return false;
	}
}

static void handle_add(struct fuzz *f, int handle)
{
	int *slot = &f->handle[f->handles++ % HANDLES];

	if (*slot)
		(void)backend_close(f->backend, *slot);
	*slot = handle;
}

/* @in: says which objects the call is about; NULL: the last ones. */
static void attr_good(const struct fuzz *f, struct input *in, int cmd, u8 *attr)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].cmd == cmd)
			word_put(f, attr, words[i].off, words[i].kind,
				 in && words[i].kind == HANDLE ? input_u8(in) : words[i].value);
}

static int call(struct fuzz *f, int cmd, u8 *attr, u32 size)
{
	int ret;

	calls++;
	f->attr = attr;
	f->attr_size = size;
	ret = backend_bpf_for(f->backend, &f->caller, cmd, ptr_u64(attr), size);
	if (ret == -EOPNOTSUPP && !*backend_message(f->backend))
		abort();
	if (ret < -524 || (ret > 0 && !gives_handle(cmd)))
		abort();
	if (ret > 0)
		handle_add(f, ret);
	return ret;
}

static void step_call(struct fuzz *f, struct input *in, int cmd)
{
	u8 attr[ATTR_ROOM], edits;
	u32 size = input_u8(in);

	/* Mostly the whole attribute; odd lengths now and then, and lengths beyond 6.18's. */
	size = size < 208 ? 168 : size < 250 ? (size - 208) * 4 : size < 255 ? 160 + 4 * (size - 250) : 4097;
	memset(attr, 0, size > 512 ? sizeof(attr) : 512);
	attr_good(f, in, cmd, attr);
	if (cmd == BPF_MAP_CREATE)
		memcpy(attr, maps[input_u8(in) % ARRAY_SIZE(maps)], sizeof(maps[0]));
	for (edits = input_u8(in) % 4; edits; edits--)
		edit(f, in, attr);
	f->caller.rights = input_u8(in) > 8 ? RIGHTS_ALL : 0;
	attr_bound(cmd, attr);
	call(f, cmd, attr, size);
}

static void step_patch(struct fuzz *f, struct input *in)
{
	u32 place = input_u8(in) | (u32)input_u8(in) << 8, len = input_u8(in);

	for (u32 i = 0; i < len && in->at < in->end; i++)
		f->arena[(place + i) % ARENA] = *in->at++;
}

static void step(struct fuzz *f, struct input *in)
{
	u8 cmd = input_u8(in);

	if (cmd == PATCH) {
		step_patch(f, in);
	} else if (cmd >= CLOSE) {
		u32 there = min_u32(f->handles, HANDLES);
		int *slot = there ? &f->handle[input_u8(in) % there] : NULL;

		if (slot && *slot)
			(void)backend_close(f->backend, *slot);
		if (slot)
			*slot = 0;
	} else {
		step_call(f, in, cmd % (COMMANDS + 1) - 1);
	}
}

/* A map of each kind, BTF, a program. */
static void begin(struct fuzz *f)
{
	u8 attr[ATTR_ROOM];

	f->caller.rights = RIGHTS_ALL;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		memset(attr, 0, 168);
		memcpy(attr, maps[i], sizeof(maps[i]));
		call(f, BPF_MAP_CREATE, attr, 168);
	}
	memset(attr, 0, 168);
	attr_good(f, NULL, BPF_BTF_LOAD, attr);
	call(f, BPF_BTF_LOAD, attr, 168);
	memset(attr, 0, 168);
	attr_good(f, NULL, BPF_PROG_LOAD, attr);
	call(f, BPF_PROG_LOAD, attr, 168);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct engine_config config = { .cpus = 2, .fixed_seed = true, .replay_clock = true };
	struct input in = { data, data + size, size };
	static u8 *arena;
	struct fuzz f = { .caller = { .ops = &fuzz_ops } };

	if (!arena) {
		arena = malloc(ARENA);
		atexit(say_calls);
	}
	if (!arena || backend_engine_create(&config, &f.backend))
		abort();
	for (size_t i = 0; i < size; i++)
		in.random = in.random * 31 + data[i];
	f.arena = arena;
	arena_fill(arena);
	begin(&f);
	for (u32 steps = 0; in.at < in.end && steps < STEPS_MAX; steps++)
		step(&f, &in);
	for (u32 steps = 0; steps < BURST; steps++)
		step(&f, &in);
	backend_destroy(f.backend);
	return 0;
}
