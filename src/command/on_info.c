// SPDX-License-Identifier: BSD-2-Clause
/* on_info.c - OBJ_GET_INFO_BY_FD: what is known about an object.
 *
 * The structure is read first: its counts say how much room the client has behind its pointers.
 * They come back as what there is. A structure longer than 6.18's must be 0 behind it (-E2BIG).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "command/map_call.h"
#include "command/prog_show.h"
#include "object/bpf_link.h"
#include "object/btf.h"
#include "object/prog.h"

#define INFO_MAX 4096  /* bytes of a structure, whatever is in it */

/* Read what the client filled in. @known: bytes of 6.18 without padding, @size: with it. */
static int info_read(struct call *call, void *info, u32 known, u32 size, u32 *len)
{
	u64 from = call->attr->bpf.info.info;
	u32 given = call->attr->bpf.info.info_len;
	int err;

	if (given && given <= INFO_MAX && !from)
		return -EFAULT;
	err = given > INFO_MAX ? -E2BIG : given > known ? user_zeros(call, from + known, given - known) : 0;
	if (err == -E2BIG)
		return log_error(&call->log, err, "info: the structure has fields of the future");
	if (err)
		return err;
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

static int info_insns(struct call *call, const struct prog *prog, const struct prog_shown *shown, u64 to,
		      u32 *len)
{
	u32 all = shown->count * (u32)sizeof(*shown->insns), room = min_u32(*len, all);
	struct bpf_insn *insns;
	int err;

	*len = all;
	if (!room)
		return 0;
	insns = prog_show_insns(prog, shown);
	err = insns ? user_write(call, to, insns, room) : -ENOMEM;
	free(insns);
	return err;
}

static int info_map_ids(struct call *call, struct prog *prog, u64 to, u32 *room)
{
	u32 count, *ids;
	int err = -ENOMEM;

	pthread_mutex_lock(&prog->bind_lock);
	count = prog->map_count + prog->bound_count;
	ids = malloc((count + 1) * sizeof(*ids));
	for (u32 i = 0; ids && i < prog->map_count; i++)
		ids[i] = prog->maps[i]->id;
	for (u32 i = 0; ids && i < prog->bound_count; i++)
		ids[prog->map_count + i] = prog->bound[i]->id;
	pthread_mutex_unlock(&prog->bind_lock);
	if (ids)
		err = info_array(call, to, room, ids, count, sizeof(*ids));
	free(ids);
	return err;
}

/* The tag of each function; of a program that is one function, its own. */
static int info_tags(struct call *call, const struct prog *prog, const struct prog_shown *shown, u64 to,
		     u32 *room)
{
	u8 (*tags)[PROG_TAG_LEN] = calloc(shown->functions, PROG_TAG_LEN);
	int err = tags ? 0 : -ENOMEM;
	u32 n = 0, end;

	for (u32 i = 0; !err && i < shown->count; i = end) {
		for (end = i + 1; end < shown->count && !shown->starts[end]; end++)
			;
		err = prog_tag(shown->insns + i, end - i, tags[n++]);
	}
	if (!err)
		err = info_array(call, to, room, shown->functions > 1 ? tags[0] : prog->tag, shown->functions,
				 PROG_TAG_LEN);
	free(tags);
	return err;
}

/* There is no machine code: a function of none, at no address. */
static int info_jited(struct call *call, const struct prog_shown *shown, struct bpf_prog_info *info)
{
	u32 *lengths = calloc((size_t)shown->functions + 1, sizeof(*lengths));
	int err = -ENOMEM;

	if (lengths)
		err = info_array(call, info->jited_func_lens, &info->nr_jited_func_lens, lengths,
				 shown->functions, sizeof(*lengths));
	free(lengths);
	if (info->nr_jited_ksyms)
		info->jited_ksyms = 0;
	info->nr_jited_ksyms = shown->functions;
	info->jited_prog_len = info->nr_jited_line_info = 0;
	return err;
}

/* What is the client's own stays as it was where Linux has nothing to say: ifindex, netns_*,
 * btf_id without BTF, attach_btf_obj_id, and attach_btf_id for whoever does not see the code. */
static void prog_info_fill(struct prog *prog, struct bpf_prog_info *info)
{
	info->type = prog->type;
	info->id = prog->object.id;
	memcpy(info->tag, prog->tag, sizeof(info->tag));
	info->load_time = prog->load_ns;
	info->created_by_uid = prog->uid;
	memcpy(info->name, prog->name, sizeof(info->name));
	info->gpl_compatible = prog->gpl;
	if (prog->btf)
		info->btf_id = prog->btf->id;
	info->run_time_ns = atomic_load(&prog->runs->ns);
	info->run_cnt = atomic_load(&prog->runs->count);
	info->recursion_misses = 0;
	info->verified_insns = prog->verified_insns;
}

/* Whoever has no CAP_BPF does not see the code. */
static void prog_info_hide(struct bpf_prog_info *info)
{
	info->jited_prog_len = info->xlated_prog_len = 0;
	info->nr_jited_ksyms = info->nr_jited_func_lens = 0;
	info->nr_func_info = info->nr_line_info = info->nr_jited_line_info = 0;
}

static int prog_info_shown(struct call *call, struct prog *prog, const struct prog_shown *shown,
			   struct bpf_prog_info *info)
{
	int err = info_insns(call, prog, shown, info->xlated_prog_insns, &info->xlated_prog_len);

	info->attach_btf_id = 0;
	if (!err)
		err = info_jited(call, shown, info);
	if (!err)
		err = info_array(call, info->func_info, &info->nr_func_info, shown->funcs,
				 shown->func_count, sizeof(struct bpf_func_info));
	if (!err)
		err = info_array(call, info->line_info, &info->nr_line_info, shown->lines,
				 shown->line_count, sizeof(struct bpf_line_info));
	return err ? err : info_tags(call, prog, shown, info->prog_tags, &info->nr_prog_tags);
}

static int prog_info_code(struct call *call, struct prog *prog, struct bpf_prog_info *info)
{
	struct prog_shown shown;
	int err = prog_show(prog, &shown);

	if (!err)
		err = prog_info_shown(call, prog, &shown, info);
	prog_show_end(&shown);
	return err;
}

static int prog_info(struct call *call, struct prog *prog)
{
	struct bpf_prog_info info = { 0 };
	u32 len = 0;
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
	prog_info_fill(prog, &info);
	if (call_may(call, RIGHT_BPF))
		err = prog_info_code(call, prog, &info);
	else
		prog_info_hide(&info);
	return err ? err : info_write(call, &info, len);
}

/* The hash of what an array holds, which must not change any more. */
static int map_info_hash(struct call *call, struct map *map, const u8 *info)
{
	u64 to = get_u64(info + MAP_INFO_HASH);
	u8 hash[SHA256_LEN];
	int err;

	if (!to && !get_u32(info + MAP_INFO_HASH_SIZE))
		return 0;
	if (!to || !map->ops->hash || get_u32(info + MAP_INFO_HASH_SIZE) != sizeof(hash))
		return log_error(&call->log, -EINVAL, "info: a %s map has no such hash", map->type->name);
	if (!atomic_load(&map->frozen))
		return log_error(&call->log, -EPERM, "info: a map that is not frozen has no hash");
	map_enter(call);
	err = map->ops->hash(map, hash);
	map_exit(call);
	return err ? err : user_write(call, to, hash, sizeof(hash));
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
	info.map.type = map->type->type;
	info.map.id = map->object.id;
	info.map.key_size = map->key_size;
	info.map.value_size = map->value_size;
	info.map.max_entries = map->max_entries;
	info.map.map_flags = map->flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY);
	info.map.btf_vmlinux_value_type_id = 0;
	info.map.map_extra = map->extra;
	memcpy(info.map.name, map->name, sizeof(info.map.name));
	if (map->btf) {
		info.map.btf_id = map->btf->id;
		info.map.btf_key_type_id = map->btf_key_id;
		info.map.btf_value_type_id = map->btf_value_id;
	}
	err = map_info_hash(call, map, info.bytes);
	return err ? err : info_write(call, &info, len);
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
	case OBJECT_STATS:
	case OBJECT_KINDS:
		err = log_error(&call->log, -EINVAL, "info: a %s has none", object->ops->name);
		break;
	}
	object_put(object);
	return err;
}
