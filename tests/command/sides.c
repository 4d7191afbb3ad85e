// SPDX-License-Identifier: BSD-2-Clause
/* sides.c - setting up both sides: objects, arenas, and for Linux a bpffs that nobody else sees. */
#include "sides.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "../object/sample_btf.h"

#define PIN_PATH "/sys/fs/bpf/pinned"
#define PIN_NEW "/sys/fs/bpf/fresh"

int side_bpf(struct side *side, int cmd, void *attr, u32 size)
{
	return backend_bpf(side->backend, cmd, attr, size);
}

int side_map(struct side *side, u32 type, u32 key_size, u32 value_size, u32 max_entries)
{
	union bpf_attr attr = { .map_type = type, .key_size = key_size, .value_size = value_size,
				.max_entries = max_entries };

	return side_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

int side_load(struct side *side, u32 type, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr attr = { .prog_type = type, .insns = ptr_u64(insns), .insn_cnt = count,
				.license = ptr_u64("GPL") };

	return side_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The map in a register, its id in no register, and 0. */
static void side_insns(struct side *side, struct bpf_insn *insns)
{
	const struct bpf_insn code[INSN_COUNT_DEFAULT] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = side->map },
		{ 0 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 6 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	memcpy(insns, code, sizeof(code));
}

static u32 side_id(struct side *side, int fd)
{
	u32 info[64] = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = sizeof(info),
					  .info = ptr_u64(info) } };

	/* Maps and programs have their id in the second word; BTF after its pointer and size. */
	if (side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return 0;
	return attr.info.info_len == sizeof(struct bpf_btf_info)
	       ? ((struct bpf_btf_info *)(void *)info)->id : info[1];
}

static void side_unpin(struct side *side, const char *path)
{
	if (backend_unpin(side->backend, path))
		return;
}

static void side_arena(struct side *side)
{
	u8 *arena = side->arena;
	/* The type id of a function of sample_btf is found by the test that needs it. */
	struct bpf_func_info func = { 0 };
	struct bpf_line_info line = { .line_off = 1, .file_name_off = 1, .line_col = 1 << 10 };

	memset(arena, 0, AT_INSNS + INSN_COUNT_DEFAULT * sizeof(struct bpf_insn));
	put_u32(arena + AT_KEY, 1);
	put_u64(arena + AT_VALUE, 0x1122334455667788);
	strcpy((char *)arena + AT_PATH, PIN_PATH);
	strcpy((char *)arena + AT_NO_PATH, PIN_NEW);
	strcpy((char *)arena + AT_LICENSE, "GPL");
	put_u32(arena + AT_FDS, (u32)side->map);
	put_u32(arena + AT_FDS + 4, (u32)side->btf);
	put_u32(arena + AT_FDS + 8, ~0u);
	for (u32 i = 0; i < 4096; i++)
		arena[AT_DATA + i] = (u8)(i * 7);
	put_be16(arena + AT_DATA + 12, 0x0800);
	memcpy(arena + AT_BTF, sample_btf, sizeof(sample_btf));
	memcpy(arena + AT_FUNC_INFO, &func, sizeof(func));
	memcpy(arena + AT_LINE_INFO, &line, sizeof(line));
	side_insns(side, (struct bpf_insn *)(void *)(arena + AT_INSNS));
}

/* The map with its one element and its pin. */
static void side_map_make(struct side *side)
{
	union bpf_attr element = { .key = ptr_u64(side->arena + AT_KEY),
				   .value = ptr_u64(side->arena + AT_VALUE) };
	union bpf_attr pin = { .pathname = ptr_u64(side->arena + AT_PATH) };

	side->map = side_map(side, BPF_MAP_TYPE_HASH, 4, 8, 4);
	element.map_fd = pin.bpf_fd = (u32)side->map;
	(void)side_bpf(side, BPF_MAP_UPDATE_ELEM, &element, sizeof(element));
	(void)side_bpf(side, BPF_OBJ_PIN, &pin, sizeof(pin));
	side->map_id = side_id(side, side->map);
}

void side_refresh_map(struct side *side)
{
	side_unpin(side, PIN_PATH);
	if (side->map > 0)
		backend_close(side->backend, side->map);
	side_map_make(side);
	put_u32(side->arena + AT_FDS, (u32)side->map);
}

void side_refresh_pins(struct side *side)
{
	side_unpin(side, PIN_NEW);
}

static void side_drop(struct side *side)
{
	side_unpin(side, PIN_PATH);
	side_unpin(side, PIN_NEW);
	if (side->map > 0)
		backend_close(side->backend, side->map);
	if (side->prog > 0)
		backend_close(side->backend, side->prog);
	if (side->btf > 0)
		backend_close(side->backend, side->btf);
	side->map = side->prog = side->btf = -1;
}

static void side_fill(struct side *side)
{
	union bpf_attr attr = { .btf = ptr_u64(side->arena + AT_BTF),
				.btf_size = sizeof(sample_btf) };

	side_arena(side);
	side_map_make(side);
	side_arena(side);  /* with the map's handle in it */
	side->btf = side_bpf(side, BPF_BTF_LOAD, &attr, sizeof(attr));
	put_u32(side->arena + AT_FDS + 4, (u32)side->btf);
	side->prog = side_load(side, BPF_PROG_TYPE_SCHED_CLS,
			       (struct bpf_insn *)(void *)(side->arena + AT_INSNS),
			       INSN_COUNT_DEFAULT);
	side->prog_id = side_id(side, side->prog);
	side->btf_id = side_id(side, side->btf);
}

static int side_open(struct side *side, const char *name)
{
	side->name = name;
	side->map = side->prog = side->btf = -1;
	/* Below 4 GiB: an attribute that is cut after half of a pointer names the same place then. */
	side->arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (side->arena == MAP_FAILED)
		return -errno;
	side_fill(side);
	return side->map < 0 ? side->map : side->prog < 0 ? side->prog : side->btf < 0 ? side->btf : 0;
}

/* A bpffs that goes when this process goes. */
static bool private_bpffs(void)
{
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL);
}

/* In this process; or, with CLSBPF_SIDES=remote, behind a socket. */
static int engine_open(struct sides *sides)
{
	const char *where = getenv("CLSBPF_SIDES");

	if (!where || strcmp(where, "remote"))
		return backend_engine_create(NULL, &sides->engine.backend);
	sides->remote = true;
	return daemon_open(&sides->daemon) ||
	       daemon_client(&sides->daemon, &sides->engine.backend);
}

int sides_open(struct sides *sides, const char **why)
{
	memset(sides, 0, sizeof(*sides));
	if (geteuid()) {
		*why = "not root: Linux cannot be asked";
		return 1;
	}
	if (unshare(CLONE_NEWNET)) {
		*why = "no network namespace of our own";
		return 1;
	}
	sides->pins = private_bpffs();
	if (backend_kernel_create(&sides->linux_side.backend) ||
	    engine_open(sides)) {
		*why = "no backend";
		return 1;
	}
	if (side_open(&sides->linux_side, "Linux")) {
		*why = "Linux does not let us load programs";
		return 1;
	}
	return side_open(&sides->engine, "the engine");
}

void sides_close(struct sides *sides)
{
	struct side *both[] = { &sides->linux_side, &sides->engine };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		if (!both[i]->backend)
			continue;
		side_drop(both[i]);
		if (both[i]->arena)
			munmap(both[i]->arena, ARENA);
		backend_destroy(both[i]->backend);
	}
	if (sides->remote)
		daemon_close(&sides->daemon);
}

static void test_skipped(void **state)
{
}

void sides_skip(struct CMUnitTest *tests, size_t count, const char *why)
{
	static char name[128];

	snprintf(name, sizeof(name), "comparison with Linux # SKIP %s", why);
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ .name = name, .test_func = test_skipped };
}
