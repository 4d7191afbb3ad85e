// SPDX-License-Identifier: BSD-2-Clause
/* helper.c - finding helpers by id. The names of all helpers come from linux/bpf.h's own list. */
#include <linux/bpf.h>

#include "helper/fns.h"
#include "helper/helper.h"

enum { SKB = WHO_CLS | WHO_ACT | WHO_SOCKET, TC = WHO_TC, XDP = WHO_XDP, SOCKET = WHO_SOCKET,
       ALL = WHO_ALL };

/* Newer than the headers. */
#define BPF_MAP_TYPE_CGRP_STORAGE 32

#define M(type) (1ull << BPF_MAP_TYPE_##type)
#define OPEN (M(HASH) | M(ARRAY) | M(PERCPU_HASH) | M(PERCPU_ARRAY) | M(LRU_HASH) |                \
	      M(LRU_PERCPU_HASH) | M(LPM_TRIE))
#define HELPER_ID_MAX 211

/* Numbers of libbpf's: of a relocation, and of a symbol. */
#define POISON_CORE 0xbad2310u
#define POISON_EXTERN 2002000000u
#define POISON_COUNT 1000000u

const struct arg_info helper_arg_info[] = {
#define ARG(id, base, flags, size) { ARG_IS_##base, flags, size },
#include "helper/arg.def"
#undef ARG
};

#define ROW(id, name, fn, ret, a1, a2, a3, a4, a5, who, flags, map_types)                          \
	{ id, #name, fn, RET_##ret,                                                                \
	  { ARG_##a1, ARG_##a2, ARG_##a3, ARG_##a4, ARG_##a5 }, who, flags, map_types },

static const struct helper rows[HELPER_ID_MAX + 1] = {
#define HELPER(id, name, ...) [id] = ROW(id, name, helper_##name, __VA_ARGS__)
#define HELPER_ALSO(...)
#define HELPER_ABSENT(id, name, ...) [id] = ROW(id, name, NULL, __VA_ARGS__)
#include "helper/helper.def"
#undef HELPER_ABSENT
#undef HELPER_ALSO
#undef HELPER
};

/* Ids that mean something else to some program types. */
static const struct helper also_rows[] = {
#define HELPER(...)
#define HELPER_ALSO(id, name, ...) ROW(id, name, helper_##name, __VA_ARGS__)
#define HELPER_ABSENT(...)
#include "helper/helper.def"
#undef HELPER_ABSENT
#undef HELPER_ALSO
#undef HELPER
};

#define NAME(name) #name
static const char *const names[] = {
	__BPF_FUNC_MAPPER(NAME)
	"cgrp_storage_get", "cgrp_storage_delete", /* newer than the headers */
};
#undef NAME

const struct helper *helper_find(u32 id, u32 who)
{
	for (size_t i = 0; i < ARRAY_SIZE(also_rows); i++)
		if (also_rows[i].id == id && also_rows[i].who & who)
			return &also_rows[i];
	return id <= HELPER_ID_MAX && rows[id].id ? &rows[id] : NULL;
}

bool helper_is_poison(u32 id)
{
	return id - POISON_CORE < POISON_COUNT || id - POISON_EXTERN < POISON_COUNT;
}

const char *helper_name(u32 id)
{
	return id && id < ARRAY_SIZE(names) ? names[id] : NULL;
}

u32 helper_who_of(u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
		return WHO_CLS;
	case BPF_PROG_TYPE_SCHED_ACT:
		return WHO_ACT;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		return WHO_SOCKET;
	case BPF_PROG_TYPE_XDP:
		return WHO_XDP;
	default:
		return 0;
	}
}
