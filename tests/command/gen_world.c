// SPDX-License-Identifier: BSD-2-Clause
/* gen_world.c - making the objects of gen_world.h, and being their caller. */
#include "gen_world.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "object/pin.h"
#include "self_caller.h"

#define ROOT "/sys/fs/bpf"
#define CLOSED_FD 900

const u32 gen_maps[][5] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 8, 0 },
	{ BPF_MAP_TYPE_HASH, 8, 5, 16, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY_PROG },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 12, 8, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 4, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 8, 8, 1024, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 4, 1024, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 16, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_HASH, 4, 8, 8, BPF_F_RDONLY },
	{ BPF_MAP_TYPE_HASH, 4, 8, 8, BPF_F_WRONLY },
	/* What the engine does not have (yet) is left out when it says so. */
	{ BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 4, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0 },
	{ BPF_MAP_TYPE_DEVMAP, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 4, 0 },
};
const u32 gen_map_count = ARRAY_SIZE(gen_maps);
const u32 gen_prog_insns[PROG_COUNT] = { 3, 2, 2, 4, 4 };

/* A type, a prototype and two functions of it. */
static const struct {
	struct btf_head { u16 magic; u8 version, flags; u32 len, type_off, type_len, str_off, str_len; } head;
	u32 types[13];
	char strings[14];
} gen_btf = {
	{ 0xeb9f, 1, 0, 24, 0, 52, 52, 14 },
	{ 1, 1u << 24, 4, 1u << 24 | 32,  0, 13u << 24, 1,  5, 12u << 24, 2,  10, 12u << 24, 2 },
	"\0int\0main\0sub",
};
#define GEN_BTF_SIZE (24 + 52 + 14)

static const struct thing *thing_of(const struct gen_world *w, int theirs)
{
	for (u32 i = 0; i < w->things; i++)
		if (w->thing[i].theirs == theirs && w->thing[i].kind != THING_CLOSED)
			return &w->thing[i];
	return NULL;
}

static int gen_handle(struct caller *caller, int fd)
{
	const struct thing *thing = thing_of((const struct gen_world *)(const void *)caller, fd);

	if (thing && thing->ours > 0)
		return thing->ours;
	return fcntl(fd, F_GETFD) < 0 ? -EBADF : -EINVAL;
}

static int gen_path(struct caller *caller, int dirfd, const char *text, bool create, char *out)
{
	/* Below the working directory, which is in no bpffs: its parent is there or not. */
	if (text[0] != '/' && dirfd == AT_FDCWD)
		return create && !strchr(text, '/') ? -EPERM : -ENOENT;
	if (text[0] != '/')
		return fcntl(dirfd, F_GETFD) < 0 ? -EBADF : -ENOTDIR;
	snprintf(out, PATH_MAX, "%s", text);
	return 0;
}

static const struct caller_ops gen_caller_ops = {
	.read = self_read, .write = self_write, .handle = gen_handle, .path = gen_path, .gone = self_gone,
};

static void effective_set(const u32 caps[2])
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return;
	data[0].effective = data[0].permitted & caps[0];
	data[1].effective = data[1].permitted & caps[1];
	syscall(SYS_capset, &head, data);
}

int world_linux(struct gen_world *w, int cmd, void *attr, u32 size, bool privileged)
{
	static const u32 all[2] = { ~0u, ~0u };
	static const u32 few[2] = { ~(1u << CAP_SYS_ADMIN | 1u << CAP_NET_ADMIN),
				    ~(1u << (CAP_BPF - 32) | 1u << (CAP_PERFMON - 32)) };
	int ret;

	if (!privileged)
		effective_set(few);
	ret = backend_bpf(w->linux_side, cmd, attr, size);
	if (!privileged)
		effective_set(all);
	return ret;
}

int world_engine(struct gen_world *w, int cmd, void *attr, u32 size, bool privileged)
{
	w->caller.rights = privileged ? RIGHTS_ALL : 0;
	return backend_bpf_for(w->engine, &w->caller, cmd, ptr_u64(attr), size);
}

static u32 thing_id(struct gen_world *w, struct thing *thing, bool ours)
{
	u32 info[64] = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)(ours ? thing->ours : thing->theirs),
					  .info_len = sizeof(info), .info = ptr_u64(info) } };

	if (backend_bpf(ours ? w->engine : w->linux_side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return 0;
	return info[thing->kind == THING_BTF ? 3 : 1];
}

/* The same call on both sides that gives a descriptor. Left out where only the engine refuses. */
static struct thing *thing_add(struct gen_world *w, enum thing_kind kind, int cmd, union bpf_attr *attr)
{
	struct thing *thing = &w->thing[w->things];
	union bpf_attr copy = *attr;

	thing->kind = kind;
	thing->theirs = world_linux(w, cmd, attr, sizeof(*attr), true);
	thing->ours = world_engine(w, cmd, &copy, sizeof(copy), true);
	if (thing->theirs < 0 || thing->ours < 0) {
		if (thing->ours != -EOPNOTSUPP)
			fprintf(stderr, "# command %d: Linux %d, engine %d (%s)\n", cmd, thing->theirs,
				thing->ours, backend_message(w->engine));
		if (thing->theirs > 0)
			close(thing->theirs);
		if (thing->ours > 0)
			(void)backend_close(w->engine, thing->ours);
		return NULL;
	}
	w->things++;
	if (kind != THING_OTHER) {
		thing->their_id = thing_id(w, thing, false);
		thing->our_id = thing_id(w, thing, true);
	}
	return thing;
}

static void area_fill(struct gen_world *w)
{
	static const char *const paths[PATH_COUNT] = {
		ROOT "/map", ROOT "/prog", ROOT "/fresh", ROOT "/none", ROOT, ROOT "/a.b", "", ROOT "/map/x",
	};
	const u32 func[] = { 0, 3, 2, 4 }, line[] = { 0, 5, 5, 1 << 10, 2, 5, 5, 2 << 10 };
	const u32 relo[] = { 16, 1, 1, BPF_CORE_TYPE_ID_LOCAL };
	u8 *area = w->area;

	memset(area, 0, AREA);
	for (u32 i = 0; i < 8; i++) {
		static const u32 keys[] = { 1, 2, 9, 0, 3, 32, 7, 0xffffffff };

		put_u32(area + G_KEYS + 8 * i, keys[i]);
		put_u64(area + G_VALUES + 32 * i, 0x1122334455667788u * (i + 1));
	}
	for (u32 i = 0; i < PATH_COUNT; i++)
		strcpy((char *)area + G_PATHS + 64 * i, paths[i]);
	strcpy((char *)area + G_LICENSE, "GPL");
	for (u32 i = 0; i < 0x1000; i++)
		area[G_DATA + i] = (u8)(i * 7);
	put_be16(area + G_DATA + 12, 0x0800);
	memcpy(area + G_BTF, &gen_btf, GEN_BTF_SIZE);
	memcpy(area + G_FUNC, func, sizeof(func));
	memcpy(area + G_LINE, line, sizeof(line));
	memcpy(area + G_RELO, relo, sizeof(relo));
}

static void area_insns(struct gen_world *w, int map)
{
	const struct bpf_insn mov = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 };
	const struct bpf_insn end = { .code = BPF_JMP | BPF_EXIT };
	const struct bpf_insn insns[PROG_COUNT][4] = {
		[PROG_CLS] = { { .code = BPF_LDX | BPF_MEM | BPF_W, .src_reg = 1 }, mov, end },
		[PROG_ACT] = { mov, end },
		[PROG_SOCKET] = { mov, end },
		[PROG_MAP] = { { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1,
				 .src_reg = BPF_PSEUDO_MAP_FD, .imm = map }, { 0 }, mov, end },
		[PROG_NOTES] = { { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 1 }, end,
				 mov, end },
	};

	for (u32 i = 0; i < PROG_COUNT; i++)
		memcpy(w->area + G_INSNS + 256 * i, insns[i], sizeof(insns[i]));
}

/* What calls attached without a link. */
static void world_detach(struct gen_world *w)
{
	for (u32 type = GEN_TCX_INGRESS; type <= GEN_TCX_INGRESS + 1; type++)
		for (int ours = 0; ours < 2; ours++) {
			union bpf_attr attr = { .target_fd = 1, .attach_type = type, .attach_flags = 1u << 4 };

			for (u32 n = 0; n < 64 && !backend_bpf(ours ? w->engine : w->linux_side, BPF_PROG_DETACH,
							       &attr, sizeof(attr)); n++)
				;
		}
}

/* All but the handle for statistics, which Linux takes 60 ms to switch on; it too when this is the @last. */
static void world_drop(struct gen_world *w, bool last)
{
	static const char *const pins[] = { ROOT "/map", ROOT "/prog" };

	world_unpin(w);
	for (size_t i = 0; i < ARRAY_SIZE(pins) && w->pins; i++) {
		(void)backend_unpin(w->linux_side, pins[i]);
		(void)backend_unpin(w->engine, pins[i]);
	}
	for (u32 i = last ? 0 : 1; i < w->things; i++) {
		if (w->thing[i].kind == THING_CLOSED)
			continue;
		close(w->thing[i].theirs);
		if (w->thing[i].ours > 0)
			(void)backend_close(w->engine, w->thing[i].ours);
	}
	w->things = min_u32(w->things, !last);
	world_detach(w);
}

void world_unpin(struct gen_world *w)
{
	static const char *const pins[] = { ROOT "/fresh", ROOT "/none" };

	for (size_t i = 0; i < ARRAY_SIZE(pins) && w->pins; i++) {
		(void)backend_unpin(w->linux_side, pins[i]);
		(void)backend_unpin(w->engine, pins[i]);
	}
}

static void both(struct gen_world *w, int cmd, union bpf_attr *attr)
{
	union bpf_attr copy = *attr;
	int theirs = world_linux(w, cmd, attr, sizeof(*attr), true);
	int ours = world_engine(w, cmd, &copy, sizeof(copy), true);

	if (theirs != ours)
		fprintf(stderr, "# filling, command %d: Linux %d, engine %d\n", cmd, theirs, ours);
}

static void map_fill(struct gen_world *w, const struct thing *map)
{
	for (u32 i = 0; i < 2; i++) {
		union bpf_attr attr = { .map_fd = (u32)map->theirs,
					.key = map->key_size ? world_at(w, G_KEYS + 8 * i) : 0,
					.value = world_at(w, G_VALUES + 32 * i) };

		if (map->type == BPF_MAP_TYPE_HASH || map->buckets || map->type == BPF_MAP_TYPE_LPM_TRIE ||
		    map->type == BPF_MAP_TYPE_QUEUE || map->type == BPF_MAP_TYPE_STACK)
			both(w, BPF_MAP_UPDATE_ELEM, &attr);
	}
}

static u32 cpus(void)
{
	return (u32)sysconf(_SC_NPROCESSORS_CONF);
}

static void world_maps(struct gen_world *w)
{
	for (u32 i = 0; i < gen_map_count; i++) {
		union bpf_attr attr = { .map_type = gen_maps[i][0], .key_size = gen_maps[i][1],
					.value_size = gen_maps[i][2], .max_entries = gen_maps[i][3],
					.map_flags = gen_maps[i][4], .map_name = "gen.map" };
		struct thing *map = thing_add(w, THING_MAP, BPF_MAP_CREATE, &attr);
		bool percpu;

		if (!map)
			continue;
		map->type = attr.map_type;
		map->key_size = attr.key_size;
		percpu = map->type == BPF_MAP_TYPE_PERCPU_HASH || map->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
			 map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
		map->value_room = percpu ? (attr.value_size + 7) / 8 * 8 * cpus() : attr.value_size;
		map->buckets = map->type == BPF_MAP_TYPE_HASH || map->type == BPF_MAP_TYPE_LRU_HASH ||
			       map->type == BPF_MAP_TYPE_DEVMAP_HASH || (percpu && attr.value_size != 12) ||
			       map->type == BPF_MAP_TYPE_PERCPU_HASH;
		if (!attr.map_flags || attr.map_flags == BPF_F_NO_PREALLOC)
			map_fill(w, map);
	}
}

static void world_progs(struct gen_world *w, int btf)
{
	static const u32 types[PROG_COUNT] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT,
					       BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,
					       BPF_PROG_TYPE_SCHED_CLS };

	for (u32 i = 0; i < PROG_COUNT; i++) {
		union bpf_attr attr = { .prog_type = types[i], .insn_cnt = gen_prog_insns[i],
					.insns = world_at(w, G_INSNS + 256 * i),
					.license = world_at(w, G_LICENSE), .prog_name = "gen.prog" };
		struct thing *prog;

		if (i == PROG_NOTES) {
			attr.prog_btf_fd = (u32)btf;
			attr.func_info = world_at(w, G_FUNC);
			attr.func_info_cnt = 2;
			attr.func_info_rec_size = 8;
			attr.line_info = world_at(w, G_LINE);
			attr.line_info_cnt = 2;
			attr.line_info_rec_size = 16;
		}
		prog = thing_add(w, THING_PROG, BPF_PROG_LOAD, &attr);
		if (prog)
			prog->type = types[i];
	}
}

/* A program on the loopback device of our own network namespace. */
static void world_link(struct gen_world *w)
{
	for (u32 t = 0; t < w->things; t++) {
		union bpf_attr attr = { .link_create = { .prog_fd = (u32)w->thing[t].theirs, .target_ifindex = 1,
							 .attach_type = GEN_TCX_INGRESS } };

		if (w->thing[t].kind == THING_PROG && w->thing[t].type == BPF_PROG_TYPE_SCHED_CLS) {
			thing_add(w, THING_LINK, BPF_LINK_CREATE, &attr);
			return;
		}
	}
}

static void world_pins(struct gen_world *w)
{
	static const enum thing_kind kinds[] = { THING_MAP, THING_PROG };

	for (u32 i = 0; i < 2 && w->pins; i++)
		for (u32 t = 0; t < w->things; t++)
			if (w->thing[t].kind == kinds[i]) {
				union bpf_attr attr = { .pathname = world_at(w, G_PATHS + 64 * i),
							.bpf_fd = (u32)w->thing[t].theirs };

				both(w, BPF_OBJ_PIN, &attr);
				break;
			}
}

static void world_others(struct gen_world *w)
{
	w->thing[w->things++] = (struct thing){ .kind = THING_OTHER, .theirs = open("/dev/null", O_RDWR),
						.ours = -1 };
	w->thing[w->things++] = (struct thing){ .kind = THING_CLOSED, .theirs = CLOSED_FD, .ours = -1 };
	w->thing[w->things++] = (struct thing){ .kind = THING_CLOSED, .theirs = -1, .ours = -1 };
	w->thing[w->things++] = (struct thing){ .kind = THING_CLOSED, .theirs = INT_MAX, .ours = -1 };
}

int world_reset(struct gen_world *w)
{
	union bpf_attr attr = { .btf = world_at(w, G_BTF), .btf_size = GEN_BTF_SIZE };
	union bpf_attr stats = { .enable_stats = { .type = BPF_STATS_RUN_TIME } };
	struct thing *btf;

	world_drop(w, false);
	area_fill(w);
	memcpy(w->arena, w->area, AREA);
	if (!w->things && !thing_add(w, THING_OTHER, BPF_ENABLE_STATS, &stats))
		return -EINVAL;
	btf = thing_add(w, THING_BTF, BPF_BTF_LOAD, &attr);
	world_maps(w);
	if (!btf || w->things < 3)
		return -EINVAL;
	area_insns(w, w->thing[2].theirs);
	put_u32(w->area + G_FDS, (u32)w->thing[2].theirs);
	put_u32(w->area + G_FDS + 4, (u32)btf->theirs);
	put_u32(w->area + G_FDS + 8, ~0u);
	memcpy(w->arena, w->area, AREA);
	world_progs(w, btf->theirs);
	world_link(w);
	world_pins(w);
	world_others(w);
	/* Values for program arrays. */
	for (u32 i = 0, n = 2; i < w->things && n < 8; i++)
		if (w->thing[i].kind == THING_PROG)
			put_u32(w->area + G_VALUES + 32 * n++, (u32)w->thing[i].theirs);
	return 0;
}

static bool private_bpffs(void)
{
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("bpf", ROOT, "bpf", 0, NULL);
}

int world_open(struct gen_world *w, const char **why)
{
	memset(w, 0, sizeof(*w));
	if (geteuid()) {
		*why = "not root: Linux cannot be asked";
		return 1;
	}
	if (unshare(CLONE_NEWNET)) {
		*why = "no network namespace of our own";
		return 1;
	}
	w->caller.ops = &gen_caller_ops;
	w->pins = private_bpffs();
	w->arena = mmap(NULL, AREA + 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->arena == MAP_FAILED || mprotect(w->arena + AREA, PAGE, PROT_READ) ||
	    mprotect(w->arena + AREA + PAGE, 2 * PAGE, PROT_NONE) ||
	    backend_kernel_create(&w->linux_side) || backend_engine_create(NULL, &w->engine)) {
		*why = "no memory or no backend";
		return 1;
	}
	if (world_reset(w)) {
		*why = "Linux does not let us make objects";
		return 1;
	}
	return 0;
}

void world_close(struct gen_world *w)
{
	if (w->linux_side && w->engine)
		world_drop(w, true);
	if (w->linux_side)
		backend_destroy(w->linux_side);
	if (w->engine)
		backend_destroy(w->engine);
	if (w->arena)
		munmap(w->arena, AREA + 3 * PAGE);
}
