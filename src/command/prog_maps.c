// SPDX-License-Identifier: BSD-2-Clause
/* prog_maps.c - which maps a program uses, and where in it.
 *
 *   src MAP_FD / MAP_VALUE             imm is a handle of the client
 *   src MAP_IDX / MAP_IDX_VALUE        imm is a place in the client's fd_array
 *        |
 *        v
 *   src MAP_IDX / MAP_IDX_VALUE        imm is a place in prog->maps
 *
 * A map stands in prog->maps once, however often it is named. With fd_array_cnt the program holds
 * every map of the array, named or not, and BPF_PROG_BIND_MAP adds to what it holds later.
 */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"
#include "map/map.h"
#include "object/prog.h"

#define FD_ARRAY_MAX 4096   /* places of an array whose length the client did not say */

/* The place of the map behind @fd in prog->maps. */
static int prog_map_add(struct call *call, struct prog *prog, int fd, struct log *log, u32 *place)
{
	struct object *object;
	int err = fd_get(call->client, fd, OBJECT_MAP, &object, NULL);
	u32 i;

	if (err)
		return log_error(log, err, "program: handle %d is not a map", fd);
	if (!prog->maps)
		prog->maps = calloc(PROG_MAPS_MAX, sizeof(struct object *));
	for (i = 0; i < prog->map_count && prog->maps[i] != object; i++)
		;
	if (!prog->maps || i == PROG_MAPS_MAX) {
		object_put(object);
		return prog->maps ? log_error(log, -E2BIG, "program: more than %u maps", PROG_MAPS_MAX)
				  : -ENOMEM;
	}
	if (i == prog->map_count)
		prog->maps[prog->map_count++] = object;
	else
		object_put(object);
	*place = i;
	return 0;
}

int prog_fd_array_hold(struct call *call, struct prog *prog, struct log *log)
{
	u32 count = call_u32(call, ATTR_PROG_FD_ARRAY_CNT), place;
	u64 array = call->attr->bpf.fd_array;
	int err;

	if (count >= UINT32_MAX / sizeof(s32))
		return log_error(log, -EINVAL, "program: fd_array with %u entries", count);
	if (count && !array)
		return -EFAULT;
	for (u32 i = 0; i < count; i++) {
		struct object *object;
		s32 fd;

		err = user_read(call, &fd, array + (u64)i * sizeof(fd), sizeof(fd));
		if (err)
			return err;
		if (!fd_get(call->client, fd, OBJECT_BTF, &object, NULL)) {
			object_put(object);
			continue;
		}
		err = prog_map_add(call, prog, fd, log, &place);
		if (err)
			return err;
	}
	return 0;
}

static int prog_bind(struct prog *prog, struct object *map)
{
	struct object **bound;
	bool known = false;

	for (u32 i = 0; i < prog->map_count; i++)
		known |= prog->maps[i] == map;
	for (u32 i = 0; i < prog->bound_count; i++)
		known |= prog->bound[i] == map;
	if (known)
		return 0;
	bound = reallocarray(prog->bound, prog->bound_count + 1, sizeof(struct object *));
	if (!bound)
		return -ENOMEM;
	object_get(map);
	bound[prog->bound_count++] = map;
	prog->bound = bound;
	return 0;
}

int on_prog_bind_map(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct object *prog, *map;
	int err;

	if (attr->prog_bind_map.flags)
		return log_error(&call->log, -EINVAL, "program: binding a map has no flags 0x%x",
				 attr->prog_bind_map.flags);
	err = fd_get(call->client, (int)attr->prog_bind_map.prog_fd, OBJECT_PROG, &prog, NULL);
	if (err)
		return log_error(&call->log, err, "program: handle %d is not a program",
				 (int)attr->prog_bind_map.prog_fd);
	err = fd_get(call->client, (int)attr->prog_bind_map.map_fd, OBJECT_MAP, &map, NULL);
	if (err) {
		object_put(prog);
		return log_error(&call->log, err, "program: handle %d is not a map",
				 (int)attr->prog_bind_map.map_fd);
	}
	pthread_mutex_lock(&prog_of(prog)->bind_lock);
	err = prog_bind(prog_of(prog), map);
	pthread_mutex_unlock(&prog_of(prog)->bind_lock);
	object_put(map);
	object_put(prog);
	return err;
}

/* The handle that an instruction means. */
static int insn_map_fd(struct call *call, const struct bpf_insn *insn, u32 at, struct log *log,
		       s32 *fd)
{
	u64 array = call->attr->bpf.fd_array;
	u32 count = call_u32(call, ATTR_PROG_FD_ARRAY_CNT);

	if (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE) {
		*fd = insn->imm;
		return 0;
	}
	if (!array)
		return log_error(log, -EPROTO, "instruction %u: there is no fd_array", at);
	if (insn->imm < 0 || (u32)insn->imm >= (count ? count : FD_ARRAY_MAX))
		return log_error(log, -EFAULT, "instruction %u: place %d is outside fd_array", at,
				 insn->imm);
	return user_read(call, fd, array + (u64)insn->imm * sizeof(*fd), sizeof(*fd));
}

static int insn_map_resolve(struct call *call, struct prog *prog, u32 at, struct log *log)
{
	struct bpf_insn *insn = &prog->insns[at];
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
		     insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	u32 off = (u32)insn[1].imm, place, left;
	const struct map *map;
	u8 *address;
	s32 fd = -1;
	int err;

	if (!value && off)
		return log_error(log, -EINVAL, "instruction %u: a map has no upper half", at);
	err = insn_map_fd(call, insn, at, log, &fd);
	if (!err)
		err = prog_map_add(call, prog, fd, log, &place);
	if (err)
		return err;
	map = map_of(prog->maps[place]);
	if (value) {
		if (off >= MAX_MAP_OFF || !map->ops->direct_value)
			return log_error(log, -EINVAL,
					 "instruction %u: offset %u into a %s map cannot be had", at, off,
					 map->type->name);
		err = map->ops->direct_value(map_of(prog->maps[place]), off, &address, &left);
		if (err)
			return log_error(log, err, "instruction %u: offset %u is outside the map's value",
					 at, off);
	}
	insn->src_reg = value ? BPF_PSEUDO_MAP_IDX_VALUE : BPF_PSEUDO_MAP_IDX;
	insn->imm = (s32)place;
	return 0;
}

int prog_maps_resolve(struct call *call, struct prog *prog, struct log *log)
{
	int err = 0;

	for (u32 i = 0; !err && i < prog->insn_count; i++) {
		if (prog->insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		switch (prog->insns[i].src_reg) {
		case BPF_PSEUDO_MAP_FD:
		case BPF_PSEUDO_MAP_VALUE:
		case BPF_PSEUDO_MAP_IDX:
		case BPF_PSEUDO_MAP_IDX_VALUE:
			err = insn_map_resolve(call, prog, i, log);
			break;
		default:
			break;
		}
		i++;
	}
	return err;
}
