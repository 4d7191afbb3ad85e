// SPDX-License-Identifier: BSD-2-Clause
/* checked.c - the slow side of memory accesses, and the sentences about those that are wrong.
 *
 * The interpreter itself compares an address with the packet and with the stack that is in use.
 * What is neither comes here: context fields, map values, the ends of packet and stack, and
 * everything that a program may not do.
 *
 * Invariant: an address is used only after it was found inside one piece of memory that belongs to
 * this run: packet bytes, frames of the current call chain, values of maps that the program names
 * by address, values that lookups returned in this run, records that it reserved and holds.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "isa/eval.h"
#include "run/state.h"

/* A wrong address this far behind or before something is told as an offset from it. */
#define NEAR 65536
#define NEAR_BEFORE 64

bool state_fault(struct run_state *s, int error, const char *fmt, ...)
{
	va_list args;

	if (s->fault.prog)
		return false;
	s->fault.prog = s->code->prog;
	s->fault.error = error;
	va_start(args, fmt);
	vsnprintf(s->fault.text, sizeof(s->fault.text), fmt, args);
	va_end(args);
	return false;
}

static bool inside(u64 at, u64 size, u64 start, u64 len)
{
	return size <= len && at - start <= len - size;
}

static const char *access_verb(enum access access)
{
	switch (access) {
	case ACCESS_READ: return "read";
	case ACCESS_WRITE: return "write";
	case ACCESS_BOTH: return "atomic operation";
	}
	return "";
}

/* Say of a wrong access to a known region what is wrong. */
static bool fault_region(struct run_state *s, u64 at, u64 size, enum access access,
			 const struct region *region, const char *what)
{
	const char *noun = region->access & REGION_RECORD ? "reserved record" : "map value";
	const char *verb = access_verb(access);

	if (inside(at, size, region->start, region->len))
		return state_fault(s, -EACCES, "%s%s of %llu bytes in a value of a map that programs "
				   "may not %s", what, verb, (unsigned long long)size,
				   region->access & ACCESS_READ ? "write" : "read");
	if (at < region->start)
		return state_fault(s, -EFAULT, "%s%s of %llu bytes %llu bytes before a %s", what, verb,
				   (unsigned long long)size, (unsigned long long)(region->start - at),
				   noun);
	return state_fault(s, -EFAULT, "%s%s of %llu bytes at offset %llu of a %s: it has %u bytes", what,
			   verb, (unsigned long long)size, (unsigned long long)(at - region->start),
			   noun, region->len);
}

/* A wrong access around the context. What follows it in memory is not the program's. */
static bool fault_ctx_memory(struct run_state *s, u64 at, u64 size, const char *verb, const char *what)
{
	const struct packet *p = s->exec->packet;
	long long off = (long long)(at - ptr_u64(p));

	if (off >= 0 && off < (long long)sizeof(p->ctx))
		return state_fault(s, -EACCES, "%s%s of %llu bytes at context offset %lld, which is no "
				   "memory", what, verb, (unsigned long long)size, off);
	return state_fault(s, -EACCES, "%s%s of %llu bytes at context offset %lld: the context has %u "
			   "bytes", what, verb, (unsigned long long)size, off, ctx_size(s->code->who));
}

/* The region that a wrong access at @at is about: it ends or begins nearby. */
static const struct region *region_near(const struct run_state *s, u64 at)
{
	const struct region *region = region_before(&s->regions, at);

	if (region && at - region->start < (u64)region->len + NEAR)
		return region;
	region = region_before(&s->regions, at + NEAR_BEFORE);
	return region && region->start > at ? region : NULL;
}

/* The end of every refused access: tell the place in the program's own terms. */
static bool fault_nowhere(struct run_state *s, u64 at, u64 size, enum access access, bool packet,
			  const char *what)
{
	const struct packet *p = s->exec->packet;
	const char *verb = access_verb(access);
	const struct region *region = region_near(s, at);
	u64 stack = ptr_u64(s->stack);
	unsigned long long n = size;

	if (at < 4096)
		return state_fault(s, -EFAULT, "%s%s of %llu bytes at address %llu: a null pointer, such as "
				   "a failed map lookup gives", what, verb, n, (unsigned long long)at);
	if (at - ptr_u64(p) + NEAR_BEFORE < sizeof(*p) + NEAR_BEFORE)
		return fault_ctx_memory(s, at, size, verb, what);
	if (at - stack + RUN_STACK < sizeof(s->stack) + 2 * RUN_STACK)
		return state_fault(s, -EFAULT, "%s%s of %llu bytes at R10%+lld: a frame has %d bytes below "
				   "R10", what, verb, n,
				   (long long)(at - (s->frame_low + RUN_STACK)), RUN_STACK);
	if (region)
		return fault_region(s, at, size, access, region, what);
	if (s->code->packet_direct && at - ptr_u64(p->head) < (u64)(p->end - p->head) + NEAR) {
		if (!packet)
			return state_fault(s, -EACCES, "%spacket bytes cannot be used here", what);
		return state_fault(s, -EFAULT, "%s%s of %llu bytes at packet offset %lld: the packet has "
				   "%llu bytes", what, verb, n, (long long)(at - ptr_u64(p->data)),
				   (unsigned long long)(p->tail - p->data));
	}
	return state_fault(s, -EFAULT, "%s%s of %llu bytes at an address that belongs to nothing the "
			   "program may use", what, verb, n);
}

/* The frame of the current function below what was zeroed so far. */
static bool stack_deeper(struct run_state *s, u64 at, u64 size)
{
	if (!inside(at, size, s->frame_low, state_top(s) - s->frame_low))
		return false;
	state_zero(s, s->frame_low);
	state_window(s);
	return true;
}

bool checked_stack(struct run_state *s, u64 at, u64 size)
{
	return inside(at, size, s->stack_low, s->stack_room) || stack_deeper(s, at, size);
}

static bool direct_memory(const struct code *code, u64 at, u64 size, enum access access,
			  struct region *wrong)
{
	for (u32 i = 0; i < code->direct_count; i++) {
		const struct direct *d = &code->direct[i];
		u32 allowed = (d->read ? ACCESS_READ : 0) | (d->write ? ACCESS_WRITE : 0);

		if (inside(at, size, d->start, d->len) && !(access & ~allowed))
			return true;
		if (at - d->start + NEAR_BEFORE < (u64)d->len + 2 * NEAR_BEFORE)
			*wrong = (struct region){ .start = d->start, .len = d->len, .access = allowed };
	}
	return false;
}

bool checked_memory(struct run_state *s, u64 at, u64 size, enum access access, bool packet,
		    const char *what)
{
	const struct packet *p = s->exec->packet;
	const struct region *region;
	struct region wrong = { 0 };

	if (packet && s->code->packet_direct && inside(at, size, s->data, ptr_u64(p->tail) - s->data))
		return true;
	if (checked_stack(s, at, size))
		return true;
	region = region_before(&s->regions, at);
	if (region && inside(at, size, region->start, region->len) && !(access & ~region->access))
		return true;
	if (direct_memory(s->code, at, size, access, &wrong))
		return true;
	if (wrong.len)
		return fault_region(s, at, size, access, &wrong, what);
	return fault_nowhere(s, at, size, access, packet, what);
}

/* What is left of [@start, @start + @len) from @at on. */
static u64 rest(u64 at, u64 start, u64 len)
{
	return at - start < len ? len - (at - start) : 0;
}

u32 run_readable(const struct exec *exec, u64 at)
{
	const struct run_state *s = exec->run;
	const struct code *code = s->code;
	const struct packet *p = exec->packet;
	u64 low = s->checked ? s->stack_low : s->frame_low;
	u64 found = rest(at, low, state_top(s) - low);
	const struct region *region;

	if (!found && code->packet_direct)
		found = rest(at, ptr_u64(p->data_meta), (u64)(p->tail - p->data_meta));
	for (u32 i = 0; !found && i < code->direct_count; i++)
		if (code->direct[i].read)
			found = rest(at, code->direct[i].start, code->direct[i].len);
	region = found ? NULL : region_before(&s->regions, at);
	if (region && region->access & ACCESS_READ)
		found = rest(at, region->start, region->len);
	return (u32)min_u64(found, UINT32_MAX);
}

static u64 load_raw(u64 at, u32 size)
{
	const void *p = u64_ptr(at);

	switch (size) {
	case 1: return *(const u8 *)p;
	case 2: return get_u16(p);
	case 4: return get_u32(p);
	default: return get_u64(p);
	}
}

static void store_raw(u64 at, u32 size, u64 value)
{
	void *p = u64_ptr(at);

	switch (size) {
	case 1: *(u8 *)p = (u8)value; return;
	case 2: put_u16(p, (u16)value); return;
	case 4: put_u32(p, (u32)value); return;
	default: put_u64(p, value); return;
	}
}

static bool fault_ctx(struct run_state *s, u32 off, u32 size, bool write)
{
	return state_fault(s, -EACCES, "%s of %u bytes at context offset %u: programs of this type "
			   "have no such field to %s", write ? "write" : "read", size, off,
			   write ? "write" : "read");
}

bool checked_load(struct run_state *s, enum insn_id id, u64 at, u64 *value)
{
	const struct insn_info *row = &insn_info[id];
	u32 size = row->width / 8;
	const struct packet *packet = s->exec->packet;
	u64 off = at - ptr_u64(packet);

	if (off < sizeof(packet->ctx)) {
		const struct ctx_field *field = ctx_find((u32)off, size, false, s->code->who);

		/* A pointer has no sign. */
		if (!field || (field->load != CTX_LOAD_PLAIN && row->flags & F_SIGNED))
			return fault_ctx(s, (u32)off, size, false);
		*value = ctx_read(packet, field, (u32)off, size);
		/* A field of 32 bits may be read as an address, of 64. */
		if (field->load == CTX_LOAD_PLAIN)
			*value = eval_load(*value, row->width, row->flags & F_SIGNED);
		return true;
	}
	if (!checked_memory(s, at, size, ACCESS_READ, true, ""))
		return false;
	*value = eval_load(load_raw(at, size), row->width, row->flags & F_SIGNED);
	return true;
}

bool checked_store(struct run_state *s, u64 at, u32 size, u64 value)
{
	struct packet *packet = s->exec->packet;
	u64 off = at - ptr_u64(packet);

	if (off < sizeof(packet->ctx)) {
		const struct ctx_field *field = ctx_find((u32)off, size, true, s->code->who);

		if (!field)
			return fault_ctx(s, (u32)off, size, true);
		ctx_write(packet, field, (u32)off, size, value);
		return true;
	}
	if (!checked_memory(s, at, size, ACCESS_WRITE, true, ""))
		return false;
	store_raw(at, size, value);
	return true;
}

bool checked_atomic(struct run_state *s, enum insn_id id, u64 at)
{
	const struct insn_info *row = &insn_info[id];
	enum access access = row->flags & F_LOAD ? ACCESS_READ :
			     row->flags & F_STORE ? ACCESS_WRITE : ACCESS_BOTH;
	u32 size = row->width / 8;

	/* Linux knows atomic operations on stack and map values only, and only aligned ones. */
	if (!checked_memory(s, at, size, access, false, ""))
		return false;
	if (at % size)
		return state_fault(s, -EACCES, "atomic operation on %u bytes at an address that is not a "
				   "multiple of %u", size, size);
	return true;
}
