// SPDX-License-Identifier: BSD-2-Clause
/* call_check.c - calls of helpers in checked mode: what a row of helper.def says about arguments and
 * result is checked and noted here, so that no helper has to.
 *
 * Not here: what the numbers among the arguments mean (flags, offsets): that is each helper's own.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "run/state.h"

#define SIZE_LIMIT (1u << 29) /* Linux: BPF_MAX_VAR_SIZ */
#define LOCK_SPINS (1u << 16)

struct call {
	struct run_state *s;
	const struct helper *helper;
	struct map *map;        /* of the first map argument */
	bool packet;            /* memory arguments may be packet bytes */
	u64 alloc_size;         /* bytes of the memory that will be returned */
	bool dynptrs;           /* some argument is one, */
	struct dynptr released; /* and this is what it held that is given back */
	u64 *r;
};

static bool fault_arg(const struct call *c, u32 arg, const char *what)
{
	return state_fault(c->s, -EACCES, "argument %u of bpf_%s %s", arg + 1, c->helper->name, what);
}

struct map *call_map(struct run_state *s, const struct helper *helper, u32 arg, u64 address)
{
	const struct prog *prog = s->code->prog;

	for (u32 i = 0; i < prog->map_count; i++) {
		struct map *map = map_of(prog->maps[i]);

		if (ptr_u64(map) != address)
			continue;
		if (!(helper->map_types >> map->type->type & 1)) {
			state_fault(s, -EINVAL, "bpf_%s does not work on a map of type %s", helper->name,
				    map->type->name);
			return NULL;
		}
		return map;
	}
	state_fault(s, -EACCES, "argument %u of bpf_%s is no map of this program", arg + 1,
		    helper->name);
	return NULL;
}

static bool memory_arg(const struct call *c, u32 arg, u64 size, enum access access)
{
	char what[64];

	/* The sentence is only worth making when there is something to say. */
	if (likely(size <= c->s->stack_room && c->r[arg + 1] - c->s->stack_low <=
		   c->s->stack_room - size))
		return true;
	snprintf(what, sizeof(what), "argument %u of bpf_%s: ", arg + 1, c->helper->name);
	return checked_memory(c->s, c->r[arg + 1], size, access, c->packet, what);
}

/* Memory whose size is the next argument, or fixed. */
static bool sized_arg(const struct call *c, u32 arg, const struct arg_info *info)
{
	enum access access = info->flags & ARG_WRITE ? ACCESS_WRITE : ACCESS_READ;
	u64 size = info->flags & ARG_FIXED ? info->size : arg < 4 ? c->r[arg + 2] : 0;
	bool zero_ok = arg < 4 && c->helper->arg[arg + 1] == ARG_CONST_SIZE_OR_ZERO;

	if (size > SIZE_LIMIT)
		return state_fault(c->s, -EACCES, "argument %u of bpf_%s is no size: %lld", arg + 2,
				   c->helper->name, (long long)size);
	if (!size)
		return zero_ok || fault_arg(c, arg + 1, "is a size of 0");
	return memory_arg(c, arg, size, access);
}

/* A string with its end inside of what the program may read. */
static bool string_arg(const struct call *c, u32 arg)
{
	u64 at = c->r[arg + 1];
	u32 left = c->s->exec->readable(c->s->exec, at);

	return (left && memchr(u64_ptr(at), 0, left)) || fault_arg(c, arg, "is not a string");
}

static bool map_arg(struct call *c, u32 arg)
{
	struct map *map = call_map(c->s, c->helper, arg, c->r[arg + 1]);

	if (!map)
		return false;
	if (!c->map)
		c->map = map;
	return true;
}

/* A record that this run holds. From here on it is not its memory any more. */
static bool record_arg(struct call *c, u32 arg)
{
	u64 at = c->r[arg + 1];
	const struct region *region = region_before(&c->s->regions, at);

	if (!region || region->start != at || !(region->access & REGION_RECORD))
		return fault_arg(c, arg, "is not the start of a record that this run holds");
	region_remove(&c->s->regions, at);
	return true;
}

/* A lock is any 4 bytes here; who has it for long will not give it back. */
static bool lock_arg(const struct call *c, u32 arg)
{
	u64 at = c->r[arg + 1];
	const u32 *lock = u64_ptr(at);

	if (!memory_arg(c, arg, sizeof(*lock), ACCESS_WRITE))
		return false;
	if (at % sizeof(*lock))
		return fault_arg(c, arg, "is not aligned");
	if (c->helper->id == BPF_FUNC_spin_unlock)
		return c->s->exec->lock == lock || fault_arg(c, arg, "is not the lock that is held");
	if (c->s->exec->lock)
		return fault_arg(c, arg, "is a second lock");
	for (u32 i = 0; i < LOCK_SPINS; i++) {
		if (!__atomic_load_n(lock, __ATOMIC_RELAXED))
			return true;
		sched_yield();
	}
	return fault_arg(c, arg, "is a lock that nobody gives back");
}

static bool dynptr_arg(struct call *c, u32 arg, const struct arg_info *info)
{
	c->dynptrs = true;
	if (!dynptr_argument(c->s, c->helper, arg, c->r[arg + 1]))
		return false;
	if (info->flags & ARG_RELEASE)
		c->released = dynptr_get(c->r[arg + 1]);
	return true;
}

static bool check_arg(struct call *c, u32 arg)
{
	const struct arg_info *info = helper_arg(c->helper, arg);

	if (info->flags & ARG_OR_NULL && info->base != ARG_IS_MEM && !c->r[arg + 1])
		return true;
	switch ((enum arg_base)info->base) {
	case ARG_IS_NOTHING:
	case ARG_IS_ANYTHING:
	case ARG_IS_SIZE:
		return true;
	case ARG_IS_ALLOC_SIZE:
		c->alloc_size = c->r[arg + 1];
		return true;
	case ARG_IS_CTX:
		return c->r[arg + 1] == ptr_u64(c->s->exec->packet) ||
		       fault_arg(c, arg, "is not the context");
	case ARG_IS_MAP:
		return map_arg(c, arg);
	case ARG_IS_KEY:
		return c->map && memory_arg(c, arg, c->map->key_size, ACCESS_READ);
	case ARG_IS_VALUE:
		return c->map && memory_arg(c, arg, c->map->value_size,
					    info->flags & ARG_WRITE ? ACCESS_WRITE : ACCESS_READ);
	case ARG_IS_MEM:
		return sized_arg(c, arg, info);
	case ARG_IS_CONST_STR:
		return string_arg(c, arg);
	case ARG_IS_RECORD:
		return record_arg(c, arg);
	case ARG_IS_LOCK:
		return lock_arg(c, arg);
	case ARG_IS_SOCK:
	case ARG_IS_BTF_SOCK:
		return fault_arg(c, arg, "is no socket: there are none");
	case ARG_IS_DYNPTR:
		return dynptr_arg(c, arg, info);
	case ARG_IS_STACK:
	case ARG_IS_FUNC:
		/* Who calls the function back looks at it (called_back.c); what it gets is for the
		 * function to use. */
		return true;
	case ARG_IS_BTF:
	case ARG_IS_PERCPU:
	case ARG_IS_KPTR:
	case ARG_IS_TIMER:
		return state_fault(c->s, -EOPNOTSUPP, "argument %u of bpf_%s is known to verified "
				   "programs only", arg + 1, c->helper->name);
	}
	return false;
}

/* BPF_F_RDONLY_PROG leaves lookups only. What is looked up in a BPF_F_WRONLY_PROG map may be
 * written: grant_value(). */
static bool map_allows(const struct call *c)
{
	if (!c->map || !(c->map->flags & BPF_F_RDONLY_PROG) || !(c->helper->flags & HELPER_WRITES_MAP))
		return true;
	return state_fault(c->s, -EACCES, "bpf_%s: programs may not write this map",
			   c->helper->name);
}

static bool grant(const struct call *c, u32 len, u32 access)
{
	int err = region_add(&c->s->regions, c->r[0], len, access);

	if (err == -E2BIG)
		return state_fault(c->s, err, "this run looked up more than %u map values", REGIONS_MAX);
	return !err || state_fault(c->s, err, "no memory to note one more map value");
}

static bool grant_value(const struct call *c)
{
	return grant(c, c->map->value_size, map_rights(c->map));
}

/* What dynptrs lead to is the program's already, but for the packet of those who do not reach it
 * themselves. */
static bool grant_packet(const struct call *c)
{
	const struct packet *packet = c->s->exec->packet;
	u64 len = (u64)(packet->tail - packet->data);

	if (c->s->code->packet_direct || c->r[0] - ptr_u64(packet->data) >= len)
		return true;
	return !region_add(&c->s->regions, ptr_u64(packet->data), (u32)len, ACCESS_READ) ||
	       state_fault(c->s, -ENOMEM, "no memory to note the packet");
}

/* What the call returned becomes the program's. */
static bool check_ret(const struct call *c)
{
	switch ((enum helper_ret)c->helper->ret) {
	case RET_INTEGER:
	case RET_VOID:
		return true;
	case RET_SOCKET_OR_NULL:
	case RET_SOCK_COMMON_OR_NULL:
	case RET_TCP_SOCK_OR_NULL:
	case RET_OBJECT:
	case RET_OBJECT_OR_NULL:
	case RET_PERCPU:
	case RET_PERCPU_OR_NULL:
	case RET_KPTR_OR_NULL:
		/* Nothing that the program may use: NULL. */
		return !c->r[0] || state_fault(c->s, -EOPNOTSUPP, "what bpf_%s returns is known to verified "
					       "programs only", c->helper->name);
	case RET_DYNPTR_MEM_OR_NULL:
		return grant_packet(c);
	case RET_MAP_VALUE_OR_NULL:
		return !c->r[0] || !c->map || grant_value(c);
	case RET_RINGBUF_MEM_OR_NULL:
		/* A record is never larger than 1 GiB. */
		return !c->r[0] || grant(c, (u32)c->alloc_size, ACCESS_BOTH | REGION_RECORD);
	}
	return false;
}

static bool arguments(struct call *c)
{
	if (!c->helper->fn)
		return state_fault(c->s, -EINVAL, "the program needs a field or a function that this kernel "
				   "does not have");
	for (u32 i = 0; i < 5 && c->helper->arg[i] != ARG_NONE; i++)
		if (!check_arg(c, i))
			return false;
	return map_allows(c);
}

bool checked_arguments(struct run_state *s, const struct helper *helper, u64 *r)
{
	struct call c = { .s = s, .helper = helper, .packet = helper->flags & HELPER_PACKET_ARGS, .r = r };

	return arguments(&c);
}

bool checked_call(struct run_state *s, const struct helper *helper, u64 *r)
{
	struct call c = { .s = s, .helper = helper, .packet = helper->flags & HELPER_PACKET_ARGS, .r = r };

	if (!arguments(&c))
		return false;
	r[0] = helper->fn(s->exec, r[1], r[2], r[3], r[4], r[5]);
	if (unlikely(c.dynptrs) && !dynptr_called(s, helper, r, &c.released))
		return false;
	if (helper->flags & HELPER_MOVES_PACKET)
		state_see_packet(s);
	return check_ret(&c);
}
