// SPDX-License-Identifier: BSD-2-Clause
/* both.c - see both.h. */
#include "both.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../run/kfunc_ids.h"
#include "isa/insn.h"
#include "object/engine.h"
#include "../command/rights.h"

/* A map that exists. Two of one program with the same description are two maps. */
struct both_kept {
	struct both_map map;
	u32 owner;            /* program arrays belong to a type of programs */
	u32 twin;             /* the how-many-eth with this description */
	int fd[BOTH_SIDES];
};

static int call(struct both *both, enum both_side side, int cmd, union bpf_attr *attr)
{
	return backend_bpf(both->side[side], cmd, attr, sizeof(*attr));
}

/* Returns why Linux cannot be asked, or NULL. */
static const char *open_linux(struct both *both)
{
	static const struct bpf_insn probe[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8 },
		/* r0 = load_acquire((u64 *)(r10 -8)): a Linux without it is no reference. */
		{ .code = BPF_STX | 0xc0 | BPF_DW, .dst_reg = 0, .src_reg = 10, .off = -8, .imm = 0x100 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct both_prog prog = { .type = BPF_PROG_TYPE_SCHED_CLS, .insns = probe,
					.count = ARRAY_SIZE(probe) };
	int fd;

	if (geteuid())
		return "not root";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "no namespaces of our own";
	if (backend_kernel_create(&both->side[BOTH_LINUX]))
		return "no netlink socket";
	fd = both_load(both, BOTH_LINUX, &prog, 0);
	if (fd < 0)
		return "it does not let us load programs, or lacks newer instructions";
	backend_close(both->side[BOTH_LINUX], fd);
	return NULL;
}

static int open_engine(struct both *both, bool verify)
{
	const struct engine_config config = { .cpus = 2, .fixed_seed = true, .seed = 7, .unverified = !verify,
					      .has_unprivileged_bpf = true, .unprivileged_bpf = 0 };

	memset(both, 0, sizeof(*both));
	both->btf[BOTH_ENGINE] = both->btf[BOTH_LINUX] = -1;
	for (u32 side = 0; side < BOTH_SIDES; side++) {
		both->log[side] = calloc(1, BOTH_LOG);
		both->verdict[side].log = "";
		if (!both->log[side])
			return -ENOMEM;
	}
	return backend_engine_create(&config, &both->side[BOTH_ENGINE]);
}

int both_open_engine(struct both *both)
{
	int err = open_engine(both, false);

	both->why = "nobody asked";
	return err;
}

int both_open(struct both *both)
{
	int err = open_engine(both, true);

	if (err)
		return err;
	both->why = open_linux(both);
	if (both->why) {
		backend_destroy(both->side[BOTH_LINUX]);
		both->side[BOTH_LINUX] = NULL;
	}
	return 0;
}

void both_drop_maps(struct both *both)
{
	while (both->kept_count) {
		struct both_kept *kept = &both->kept[--both->kept_count];

		for (u32 side = 0; side < BOTH_SIDES; side++)
			if (kept->fd[side] >= 0)
				backend_close(both->side[side], kept->fd[side]);
	}
}

void both_close(struct both *both)
{
	both_drop_maps(both);
	for (u32 side = 0; side < BOTH_SIDES; side++) {
		if (both->btf[side] >= 0)
			backend_close(both->side[side], both->btf[side]);
		backend_destroy(both->side[side]);
		free(both->log[side]);
	}
	free(both->kept);
}

/* ---- maps ---- */

static int btf_load(struct both *both, enum both_side side, const struct both_prog *prog, u32 *ids)
{
	u8 blob[BOTH_BTF_ROOM];
	int size = both_btf(prog, blob, ids);
	union bpf_attr attr = { .btf = ptr_u64(blob), .btf_size = (u32)size };

	return size < 0 ? size : call(both, side, BPF_BTF_LOAD, &attr);
}

/* Elements with something in them that a program can be verified against. */
static int map_fill(struct both *both, enum both_side side, const struct both_map *map, int fd)
{
	u8 *value = calloc(1, map->value_size);
	int err = value ? 0 : -ENOMEM;

	for (u32 e = 0; !err && e < map->max_entries; e++) {
		union bpf_attr attr = { .map_fd = (u32)fd, .key = ptr_u64(&e), .value = ptr_u64(value) };

		for (u32 i = 0; i < map->value_size; i++)
			value[i] = both_byte(e, i);
		err = call(both, side, BPF_MAP_UPDATE_ELEM, &attr);
	}
	free(value);
	return err;
}

static int map_new(struct both *both, enum both_side side, const struct both_map *map, int inner)
{
	union bpf_attr attr = { .map_type = map->type, .key_size = map->key_size, .value_size = map->value_size,
				.max_entries = map->max_entries, .map_flags = map->flags };
	union bpf_attr freeze = { 0 };
	int fd, err = 0;

	if (map->value_type) {
		if (both->btf[side] < 0)
			both->btf[side] = btf_load(both, side, NULL, NULL);
		if (both->btf[side] < 0)
			return both->btf[side];
		attr.btf_fd = (u32)both->btf[side];
		attr.btf_key_type_id = map->key_size == 4 ? TYPE_U32 : TYPE_U64;
		attr.btf_value_type_id = map->value_type;
	}
	if (map->inner)
		attr.inner_map_fd = (u32)inner;
	fd = call(both, side, BPF_MAP_CREATE, &attr);
	if (fd < 0 || !map->frozen)
		return fd;
	freeze.map_fd = (u32)fd;
	err = map_fill(both, side, map, fd);
	if (!err)
		err = call(both, side, BPF_MAP_FREEZE, &freeze);
	if (err)
		backend_close(both->side[side], fd);
	return err ? err : fd;
}

bool both_map_same(const struct both_map *a, const struct both_map *b)
{
	return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->max_entries == b->max_entries && a->flags == b->flags && a->value_type == b->value_type &&
	       a->inner == b->inner && a->frozen == b->frozen;
}

static struct both_kept *map_kept(struct both *both, const struct both_prog *prog, u32 n)
{
	const struct both_map *map = &prog->map[n];
	struct both_kept *kept;
	u32 twin = 0, owner;

	owner = map->type == BPF_MAP_TYPE_PROG_ARRAY ? prog->type << 16 | prog->attach_type : 0;
	for (u32 i = 0; i < n; i++)
		twin += both_map_same(&prog->map[i], map);
	for (u32 i = 0; i < both->kept_count; i++) {
		kept = &both->kept[i];
		if (both_map_same(&kept->map, map) && kept->owner == owner && kept->twin == twin && !map->inner)
			return kept;
	}
	if (both->kept_count == both->kept_room) {
		both->kept_room = both->kept_room ? 2 * both->kept_room : 64;
		both->kept = reallocarray(both->kept, both->kept_room, sizeof(*both->kept));
		if (!both->kept)
			abort();
	}
	kept = &both->kept[both->kept_count++];
	*kept = (struct both_kept){ .map = *map, .owner = owner, .twin = twin, .fd = { -1, -1 } };
	return kept;
}

int both_map_fd(struct both *both, enum both_side side, const struct both_prog *prog, u32 n)
{
	struct both_kept *kept;
	int inner = -1, fd;

	if (n >= prog->map_count)
		return -EBADF;
	if (prog->map[n].inner) {
		if (prog->map[n].inner > n)
			return -EINVAL;
		inner = both_map_fd(both, side, prog, prog->map[n].inner - 1);
		if (inner < 0)
			return inner;
	}
	kept = map_kept(both, prog, n);
	if (kept->fd[side] < 0) {
		fd = map_new(both, side, &prog->map[n], inner);
		if (fd < 0)
			return fd;
		kept->fd[side] = fd;
	}
	return kept->fd[side];
}

/* Places in the list become handles of the side. */
static int name_maps(struct both *both, enum both_side side, const struct both_prog *prog, struct bpf_insn *insns)
{
	for (u32 i = 0; i + 1 < prog->count; i++) {
		int fd;

		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
			fd = both_map_fd(both, side, prog, (u32)insns[i].imm);
			if (fd < 0)
				return fd;
			insns[i].imm = fd;
		}
		i++;
	}
	return 0;
}

/* ---- programs ---- */

/* Where functions begin, in order. Returns their number. */
static u32 find_functions(const struct both_prog *prog, u32 *starts)
{
	u32 n = 0;
	u8 *begins = calloc(prog->count, 1);

	if (!begins)
		abort();
	begins[0] = 1;
	for (u32 i = 0; i < prog->count; i++) {
		enum insn_id id = insn_id_of(&prog->insns[i]);
		u32 to = i + 1 + (u32)prog->insns[i].imm;

		if ((id == INSN_CALL_LOCAL || id == INSN_LD_FUNC) && to < prog->count)
			begins[to] = 1;
		i += prog->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW);
	}
	for (u32 i = 0; i < prog->count && n < BOTH_FUNCS; i++)
		if (begins[i])
			starts[n++] = i;
	free(begins);
	return n;
}

static int add_functions(struct both *both, enum both_side side, const struct both_prog *prog, union bpf_attr *attr,
			 struct bpf_func_info *info)
{
	u32 starts[BOTH_FUNCS], ids[BOTH_FUNCS], count = find_functions(prog, starts);
	int btf = btf_load(both, side, prog, ids);

	if (btf < 0)
		return btf;
	for (u32 i = 0; i < prog->func_count; i++)
		info[i] = (struct bpf_func_info){ .insn_off = i < count ? starts[i] : 0, .type_id = ids[i] };
	attr->prog_btf_fd = (u32)btf;
	attr->func_info = ptr_u64(info);
	attr->func_info_cnt = prog->func_count;
	attr->func_info_rec_size = sizeof(*info);
	return btf;
}

/* Was it verified, and then found to call what the engine lacks? */
static bool cannot_run(const char *log)
{
	return strstr(log, "this engine does not have it") || strstr(log, ": this engine has none");
}

/* BPF_PROG_LOAD by somebody who lacks rights. */
static int load_without(struct both *both, enum both_side side, u32 lacks, union bpf_attr *attr)
{
	int ret;

	if (!lacks)
		return call(both, side, BPF_PROG_LOAD, attr);
	if (side == BOTH_ENGINE)
		backend_engine_rights(both->side[side], RIGHTS_ALL & ~lacks);
	else if (!rights_take(RIGHTS_ALL & ~lacks))
		abort();
	ret = call(both, side, BPF_PROG_LOAD, attr);
	if (side == BOTH_ENGINE)
		backend_engine_rights(both->side[side], RIGHTS_ALL);
	else if (!rights_take(RIGHTS_ALL))
		abort();
	return ret;
}

static int load(struct both *both, enum both_side side, const struct both_prog *prog, union bpf_attr *attr,
		u32 log_level)
{
	int fd = load_without(both, side, prog->lacks, attr), again;

	both->verdict[side] = (struct both_verdict){ .err = fd < 0 ? fd : 0, .log = "" };
	if (fd == -EOPNOTSUPP && side == BOTH_ENGINE && !log_level)
		log_level = 1;
	if (!log_level)
		return fd;
	attr->log_buf = ptr_u64(both->log[side]);
	attr->log_size = BOTH_LOG;
	attr->log_level = log_level;
	both->log[side][0] = '\0';
	again = load_without(both, side, prog->lacks, attr);
	if (again >= 0)
		backend_close(both->side[side], again);
	both->verdict[side].log = both->log[side];
	if (fd == -EOPNOTSUPP && side == BOTH_ENGINE && cannot_run(both->log[side])) {
		both->verdict[side].cannot_run = true;
		both->verdict[side].err = 0;
	}
	return fd;
}

int both_load(struct both *both, enum both_side side, const struct both_prog *prog, u32 log_level)
{
	struct bpf_insn *insns = calloc(prog->count, sizeof(*insns));
	struct bpf_func_info info[BOTH_FUNCS];
	union bpf_attr attr = { .prog_type = prog->type, .insns = ptr_u64(insns), .insn_cnt = prog->count,
				.license = ptr_u64(prog->proprietary ? "none" : "GPL"), .prog_flags = prog->flags,
				.expected_attach_type = prog->attach_type };
	int err, fd, btf = -1;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, prog->insns, prog->count * sizeof(*insns));
	kfunc_name(side == BOTH_ENGINE ? backend_engine(both->side[side]) : NULL, insns, prog->count);
	err = name_maps(both, side, prog, insns);
	if (!err && prog->func_count)
		err = btf = add_functions(both, side, prog, &attr, info);
	if (err >= 0) {
		fd = load(both, side, prog, &attr, log_level);
	} else {
		snprintf(both->log[side], BOTH_LOG, "(a map or BTF cannot be made: %s)\n",
			 backend_message(both->side[side]));
		both->verdict[side] = (struct both_verdict){ .err = fd = err, .log = both->log[side] };
	}
	if (btf >= 0)
		backend_close(both->side[side], btf);
	free(insns);
	return err < 0 ? err : fd;
}

void both_ask(struct both *both, const struct both_prog *prog, u32 log_level)
{
	for (u32 side = 0; side < BOTH_SIDES; side++) {
		int fd;

		if (!both->side[side])
			continue;
		if (side == BOTH_LINUX && prog->lacks & RIGHT_BPF && rights_switch()) {
			both->verdict[side] = (struct both_verdict){ .err = BOTH_NOT_ASKED, .log = "" };
			both->not_asked++;
			continue;
		}
		fd = both_load(both, side, prog, log_level);
		if (fd >= 0)
			backend_close(both->side[side], fd);
	}
	if (!both->side[BOTH_LINUX])
		both->verdict[BOTH_LINUX] = both->verdict[BOTH_ENGINE];
}
