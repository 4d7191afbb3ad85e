// SPDX-License-Identifier: BSD-2-Clause
/* gen_masks.c - see gen_masks.h. An id of Linux is the same as the engine's id of the same object. */
#include "gen_masks.h"

struct masks {
	u8 attr[ATTR_SIZE], area[AREA];
};

static bool hash_batch(const struct gen_call *call)
{
	return (call->cmd == BPF_MAP_LOOKUP_BATCH || call->cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH) &&
	       call->thing->buckets;
}

bool gen_part_taken(const struct gen_call *call)
{
	return hash_batch(call) && (get_u32(call->attr + 32) < 16 || get_u64(call->attr) ||
				    call->thing->type == BPF_MAP_TYPE_LRU_HASH ||
				    call->thing->type == BPF_MAP_TYPE_LRU_PERCPU_HASH);
}

/* Does the log buffer end in memory that is not for writing? */
static bool log_crosses(const struct gen_world *w, const struct gen_call *call)
{
	bool prog = call->cmd == BPF_PROG_LOAD;
	u64 off = get_u64(call->attr + (prog ? 32 : 8)) - world_at(w, 0);

	return off < AREA && off + get_u32(call->attr + (prog ? 28 : 20)) > AREA;
}

/* What of an info structure the client gives: the rest is 0. */
static void info_given(const struct gen_world *w, const struct gen_call *call, u8 info[232])
{
	u64 off = get_u64(call->attr + 8) - world_at(w, 0), len = min_u32(get_u32(call->attr + 4), 232);

	memset(info, 0, 232);
	if (off < AREA)
		memcpy(info, w->area + off, off + len <= AREA ? len : AREA - off);
}

/* Does the client ask for machine code, or for addresses of it? */
static bool asks_jited(const struct gen_world *w, const struct gen_call *call)
{
	u8 info[232];

	info_given(w, call, info);
	return call->thing->kind == THING_PROG &&
	       (get_u32(info + 16) || get_u32(info + 104) || get_u32(info + 168));
}

bool gen_may_answer(const struct gen_world *w, const struct gen_call *call, int theirs, int ours)
{
	/* No output field is inside: Linux finds that out when it writes one. */
	if (call->address && call->size < 8 && theirs == -EFAULT && ours >= 0)
		return true;
	/* Half an id is nobody's. */
	if (call->id && call->size < call->id_off + 4)
		return true;
	switch (call->cmd) {
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
		/* Which elements share a bucket is each kernel's own business. */
		return gen_part_taken(call) &&
		       (!theirs || theirs == -ENOSPC || theirs == -ENOENT || theirs == -EFAULT) &&
		       (!ours || ours == -ENOSPC || ours == -ENOENT || ours == -EFAULT);
	case BPF_MAP_CREATE:
		/* Memory for max_entries is Linux's at once, and the engine's when it is used. */
		return theirs == -ENOMEM && !ours;
	case BPF_MAP_GET_NEXT_KEY:
		return call->thing->buckets && (!theirs || theirs == -ENOENT || theirs == -EFAULT) &&
		       (!ours || ours == -ENOENT || ours == -EFAULT);
	case BPF_OBJ_GET_INFO_BY_FD:
		return asks_jited(w, call) && theirs == -EFAULT && !ours;
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
		/* The one has more to say than the other, and no room for it. */
		return theirs == -ENOSPC || ours == -ENOSPC ||
		       ((theirs == -EFAULT || ours == -EFAULT) && log_crosses(w, call));
	default:
		return false;
	}
}

static void mask(const struct gen_world *w, struct masks *m, u64 at, u64 len)
{
	u64 from = at - world_at(w, 0);

	for (u64 i = 0; i < len && from + i < AREA; i++)
		m->area[from + i] = 1;
}

static void mask_info(const struct gen_world *w, const struct gen_call *call, struct masks *m)
{
	/* Lengths of code, the load time, statistics, verified instructions, addresses of code. */
	static const u16 fields[][2] = { { 16, 8 }, { 40, 8 }, { 112, 8 }, { 168, 4 }, { 192, 28 } };
	u64 at = get_u64(call->attr + 8), len = get_u32(call->attr + 4);
	u8 info[232];

	mask(w, m, at + (len & ~3ull), len & 3);  /* half an id */
	if (call->thing->kind != THING_PROG)
		return;
	info_given(w, call, info);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		mask(w, m, at + fields[i][0], fields[i][1]);
	mask(w, m, get_u64(info + 24), get_u32(info + 16));
	mask(w, m, get_u64(info + 32), get_u32(info + 20));
	mask(w, m, get_u64(info + 112), 8ull * get_u32(info + 104));
	mask(w, m, get_u64(info + 120), 4ull * get_u32(info + 108));
	mask(w, m, get_u64(info + 160), 8ull * get_u32(info + 168));
	/* Tags of functions are Linux's own instructions, after rewriting. */
	mask(w, m, get_u64(info + 184), 8ull * get_u32(info + 180));
}

/* Keys, values and the token in one another's place: who was written last is not defined. */
static bool batch_overlaps(const struct gen_call *call)
{
	u64 token = get_u64(call->attr + 8), keys = get_u64(call->attr + 16), values = get_u64(call->attr + 24);

	return keys - values < 0x400 || values - keys < 0x400 || keys - token < 0x400 || token - keys < 0x400 ||
	       values - token < 0x400 || token - values < 0x400;
}

static void mask_batch(const struct gen_world *w, const struct gen_call *call, struct masks *m)
{
	u64 count = get_u32(call->attr + 32);

	memset(m->attr + 32, gen_part_taken(call), 4);
	mask(w, m, get_u64(call->attr + 8), 4);
	mask(w, m, get_u64(call->attr + 16), count * call->thing->key_size);
	mask(w, m, get_u64(call->attr + 24), count * call->thing->value_room);
}

static void masks_make(const struct gen_world *w, const struct gen_call *call, struct masks *m)
{
	memset(m, 0, sizeof(*m));
	switch (call->cmd) {
	case BPF_PROG_LOAD:
		mask(w, m, get_u64(call->attr + 32), get_u32(call->attr + 28));
		memset(m->attr + 140, 1, 4);
		break;
	case BPF_BTF_LOAD:
		mask(w, m, get_u64(call->attr + 8), get_u32(call->attr + 20));
		memset(m->attr + 28, 1, 4);
		break;
	case BPF_PROG_TEST_RUN:
		memset(m->attr + 36, 1, 4);
		break;
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_LINK_GET_NEXT_ID:
		memset(m->attr, 1, 8);
		break;
	case BPF_MAP_GET_NEXT_KEY:
		if (call->thing->buckets)
			mask(w, m, get_u64(call->attr + 16), call->thing->key_size);
		break;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
		if (hash_batch(call) || batch_overlaps(call))
			mask_batch(w, call, m);
		break;
	case BPF_OBJ_GET_INFO_BY_FD:
		mask_info(w, call, m);
		break;
	default:
		break;
	}
	if (call->id)
		memset(m->attr + call->id_off, 1, 4);
}

/* Does byte @i belong to the two ids of one object? Then *@end is where they end. */
static bool same_id(const struct gen_world *w, const u8 *theirs, const u8 *ours, u32 i, u32 size, u32 *end)
{
	for (u32 at = i < 3 ? 0 : i - 3; at <= i && at + 4 <= size; at++)
		for (u32 t = 0; t < w->things; t++)
			if (w->thing[t].their_id && get_u32(theirs + at) == w->thing[t].their_id &&
			    get_u32(ours + at) == w->thing[t].our_id) {
				*end = at + 4;
				return true;
			}
	return false;
}

static u32 bytes_differ(const struct gen_world *w, const u8 *theirs, const u8 *ours, const u8 *masks, u32 size)
{
	u32 end;

	for (u32 i = 0; i < size; i++) {
		if (theirs[i] == ours[i] || masks[i])
			continue;
		if (!same_id(w, theirs, ours, i, size, &end))
			return i + 1;
		i = end - 1;
	}
	return 0;
}

u32 gen_compare(const struct gen_world *w, const struct gen_call *call, const u8 *their_attr, const u8 *our_attr,
		const u8 *their_area, const u8 *our_area)
{
	static struct masks masks;
	u32 at;

	if (!memcmp(their_attr, our_attr, ATTR_SIZE) && !memcmp(their_area, our_area, AREA))
		return 0;
	masks_make(w, call, &masks);
	/* Linux writes fields over and behind the end of a short attribute too; the engine does not. */
	at = bytes_differ(w, their_attr, our_attr, masks.attr, min_u32(call->size & ~7u, ATTR_SIZE));
	if (at)
		return at;
	at = bytes_differ(w, their_area, our_area, masks.area, AREA);
	return at ? at + 0x1000 : 0;
}
