// SPDX-License-Identifier: BSD-2-Clause
/* on_info.c - OBJ_GET_INFO_BY_FD: what is known about an object.
 *
 * The structure is read first: its counts say how much room the client has behind its pointers.
 * They come back as what there is. A structure longer than 6.18's must be 0 behind it (-E2BIG).
 */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"
#include "map/map.h"
#include "object/bpf_link.h"
#include "object/btf.h"
#include "object/prog.h"

#define INFO_MAX 4096  /* bytes of a structure, whatever is in it */

/* Read what the client filled in. @known: bytes of 6.18 without padding, @size: with it. */
static int info_read(struct call *call, void *info, u32 known, u32 size, u32 *len)
{
	u64 from = call->attr->bpf.info.info;
	u32 given = call->attr->bpf.info.info_len;

	if (given && given <= INFO_MAX && !from)
		return -EFAULT;
	if (given > INFO_MAX || (given > known && user_zeros(call, from + known, given - known)))
		return log_error(&call->log, -E2BIG, "info: the structure has fields of the future");
	*len = min_u32(given, size);
	return user_read(call, info, from, *len);
}

static int info_write(struct call *call, const void *info, u32 len)
{
	int err = user_write(call, call->attr->bpf.info.info, info, len);

	return err ? err : CALL_REPLY(call, info.info_len, len);
}

/* Give out @count records of @size bytes, as many as the client has room for; *room becomes @count. */
static int info_array(struct call *call, u64 to, u32 *room, const void *from, u32 count, u32 size)
{
	u32 n = min_u32(*room, count);

	*room = count;
	return n ? user_write(call, to, from, (u64)n * size) : 0;
}

/* Linux's rule for a record size: its own, or nothing at all. */
static int info_record(u32 *size, u32 count, u32 ours)
{
	if ((count || *size) && *size != ours)
		return -EINVAL;
	*size = ours;
	return 0;
}

/* The instructions with ids where a client can do nothing with our places. */
static int info_insns(struct call *call, const struct prog *prog, u64 to, u32 *len)
{
	u32 all = prog->insn_count * (u32)sizeof(*prog->insns), room = min_u32(*len, all);
	struct bpf_insn *insns;
	int err;

	*len = all;
	if (!room)
		return 0;
	insns = malloc(all);
	if (!insns)
		return -ENOMEM;
	memcpy(insns, prog->insns, all);
	for (u32 i = 0; i < prog->insn_count; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_IDX ||
		    insns[i].src_reg == BPF_PSEUDO_MAP_IDX_VALUE) {
			insns[i].src_reg = insns[i].src_reg == BPF_PSEUDO_MAP_IDX ?
					   BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
			insns[i].imm = (s32)prog->maps[insns[i].imm]->id;
		}
		i++;
	}
	err = user_write(call, to, insns, room);
	free(insns);
	return err;
}

static int info_map_ids(struct call *call, const struct prog *prog, u64 to, u32 *room)
{
	u32 ids[PROG_MAPS_MAX];

	for (u32 i = 0; i < prog->map_count; i++)
		ids[i] = prog->maps[i]->id;
	return info_array(call, to, room, ids, prog->map_count, sizeof(*ids));
}

static void prog_info_fill(struct prog *prog, struct bpf_prog_info *info)
{
	info->type = prog->type;
	info->id = prog->object.id;
	memcpy(info->tag, prog->tag, sizeof(info->tag));
	info->load_time = prog->load_ns;
	info->created_by_uid = prog->uid;
	memcpy(info->name, prog->name, sizeof(info->name));
	info->gpl_compatible = prog->gpl;
	info->ifindex = 0;
	info->netns_dev = info->netns_ino = 0;
	info->btf_id = prog->btf ? prog->btf->id : 0;
	info->run_time_ns = atomic_load(&prog->run_ns);
	info->run_cnt = atomic_load(&prog->run_count);
	info->recursion_misses = 0;
	info->verified_insns = 0;
	info->attach_btf_obj_id = info->attach_btf_id = 0;
	info->jited_prog_len = info->nr_jited_ksyms = info->nr_jited_func_lens = 0;
	info->nr_jited_line_info = 0;
}

static int prog_info(struct call *call, struct prog *prog)
{
	struct bpf_prog_info info = { 0 };
	u32 len = 0, tags;
	int err;

	_Static_assert(sizeof(info) >= PROG_INFO_SIZE, "linux/bpf.h is older than 6.1");
	err = info_read(call, &info, PROG_INFO_KNOWN, PROG_INFO_SIZE, &len);
	if (err)
		return err;
	err = info_map_ids(call, prog, info.map_ids, &info.nr_map_ids);
	if (!err &&
	    (info_record(&info.func_info_rec_size, info.nr_func_info, sizeof(struct bpf_func_info)) ||
	     info_record(&info.line_info_rec_size, info.nr_line_info, sizeof(struct bpf_line_info)) ||
	     info_record(&info.jited_line_info_rec_size, info.nr_jited_line_info, sizeof(u64))))
		err = log_error(&call->log, -EINVAL, "info: a record size that is not the engine's");
	if (err)
		return err;
	tags = info.nr_prog_tags;
	prog_info_fill(prog, &info);
	err = info_insns(call, prog, info.xlated_prog_insns, &info.xlated_prog_len);
	if (!err)
		err = info_array(call, info.func_info, &info.nr_func_info, prog->func_info,
				 prog->func_info_count, sizeof(struct bpf_func_info));
	if (!err)
		err = info_array(call, info.line_info, &info.nr_line_info, prog->line_info,
				 prog->line_info_count, sizeof(struct bpf_line_info));
	if (!err)
		err = info_array(call, info.prog_tags, &tags, prog->tag, 1, PROG_TAG_LEN);
	info.nr_prog_tags = tags;
	return err ? err : info_write(call, &info, len);
}

static int map_info(struct call *call, struct map *map)
{
	union {
		struct bpf_map_info map;
		u8 bytes[MAP_INFO_SIZE];
	} info = { .bytes = { 0 } };
	u32 len = 0;
	int err;

	err = info_read(call, &info, MAP_INFO_KNOWN, MAP_INFO_SIZE, &len);
	if (err)
		return err;
	if (get_u64(info.bytes + MAP_INFO_HASH))
		return log_error(&call->log, -EINVAL, "info: this map has no hash");
	memset(&info, 0, sizeof(info));
	info.map.type = map->type->type;
	info.map.id = map->object.id;
	info.map.key_size = map->key_size;
	info.map.value_size = map->value_size;
	info.map.max_entries = map->max_entries;
	info.map.map_flags = map->flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY);
	info.map.map_extra = map->extra;
	memcpy(info.map.name, map->name, sizeof(info.map.name));
	if (map->btf) {
		info.map.btf_id = map->btf->id;
		info.map.btf_key_type_id = map->btf_key_id;
		info.map.btf_value_type_id = map->btf_value_id;
	}
	return info_write(call, &info, len);
}

static int btf_info(struct call *call, struct btf *btf)
{
	const char *name = btf->name ? btf->name : "";
	struct bpf_btf_info info = { 0 };
	u32 len = 0, room;
	int err;

	err = info_read(call, &info, BTF_INFO_SIZE, BTF_INFO_SIZE, &len);
	if (!err)
		err = info_array(call, info.btf, &info.btf_size, btf->view.data, btf->view.size, 1);
	if (err)
		return err;
	info.id = btf->object.id;
	info.kernel_btf = btf->name != NULL;
	if (!info.name != !info.name_len)
		return -EINVAL;
	room = info.name_len;
	info.name_len = (u32)strlen(name);
	if (room)
		err = user_write(call, info.name, name, min_u32(room - 1, info.name_len)) ?:
		      user_write(call, info.name + min_u32(room - 1, info.name_len), "", 1);
	if (!err)
		err = info_write(call, &info, len);
	return err ? err : room && room <= info.name_len ? -ENOSPC : 0;
}

/* What a kind of link does not have comes back as the client gave it, as on Linux. */
static int link_info(struct call *call, struct link *link)
{
	union {
		struct bpf_link_info link;
		u8 bytes[LINK_INFO_SIZE];
	} info = { .bytes = { 0 } };
	struct link_state state;
	u32 len = 0;
	int err;

	err = info_read(call, &info, LINK_INFO_SIZE, LINK_INFO_SIZE, &len);
	if (err)
		return err;
	link->ops->show(link, &state);
	info.link.type = link->ops->type;
	info.link.id = link->object.id;
	info.link.prog_id = state.prog_id;
	put_u32(info.bytes + LINK_INFO_TCX_IFINDEX, state.ifindex);
	put_u32(info.bytes + LINK_INFO_TCX_ATTACH_TYPE, link->attach_type);
	return info_write(call, &info, len);
}

int on_info(struct call *call)
{
	struct object *object;
	int err = fd_get_any(call->client, (int)call->attr->bpf.info.bpf_fd, &object);

	if (err)  /* Linux's word for it in this command alone */
		return log_error(&call->log, err == -EBADF ? -EBADFD : err, "info: handle %u is not open",
				 call->attr->bpf.info.bpf_fd);
	switch (object->ops->kind) {
	case OBJECT_PROG:
		err = prog_info(call, prog_of(object));
		break;
	case OBJECT_MAP:
		err = map_info(call, map_of(object));
		break;
	case OBJECT_BTF:
		err = btf_info(call, btf_of(object));
		break;
	case OBJECT_LINK:
		err = link_info(call, link_of(object));
		break;
	case OBJECT_KINDS:
		err = log_error(&call->log, -EINVAL, "info: a %s has none", object->ops->name);
		break;
	}
	object_put(object);
	return err;
}
