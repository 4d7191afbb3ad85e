// SPDX-License-Identifier: BSD-2-Clause
/* help_dynptr.c - dynptrs: making them, moving their ends, and the bytes that they lead to.
 *
 * Bytes in one piece are used where they are; of a packet with fragments (XDP) some are not. Results are
 * those of Linux 6.18 (kernel/bpf/helpers.c), asked by tests/helper/test_dynptr.c.
 */
#include <errno.h>
#include <linux/bpf.h>

#include "helper/dynptr.h"
#include "helper/exec.h"
#include "helper/fns.h"

/* Results of kernel functions are C ints: the upper half is 0. */
static u64 result(int err) { return (u32)err; }

static u64 make(u64 at, u64 data, enum dynptr_of of, u32 flags, u32 size)
{
	dynptr_put(at, (struct dynptr){ .data = data, .size = size | flags | (u32)of << DYNPTR_OF_SHIFT });
	return 0;
}

static void make_none(u64 at) { dynptr_put(at, (struct dynptr){ 0 }); }

static bool inside(const struct dynptr *d, u32 offset, u32 len)
{
	return len <= dynptr_len(d) && offset <= dynptr_len(d) - len;
}

/* @len bytes from @offset on (both inside), where they are in one piece, or NULL. */
static u8 *bytes_at(const struct exec *exec, const struct dynptr *d, u32 offset, u32 len)
{
	const struct packet *packet = exec->packet;
	u64 from = (u64)d->offset + offset;

	switch (dynptr_of(d)) {
	case DYNPTR_OF_MEMORY:
	case DYNPTR_OF_RECORD:
		return (u8 *)u64_ptr(d->data) + from;
	case DYNPTR_OF_PACKET:
	case DYNPTR_OF_FRAME:
		return from + len <= (u64)(packet->tail - packet->data) ? packet->data + from : NULL;
	case DYNPTR_OF_METADATA:
		return from + len <= (u64)(packet->data - packet->data_meta) ?
		       packet->data_meta + from : NULL;
	}
	return NULL;
}

static s64 bytes_read(struct exec *exec, const struct dynptr *d, u32 offset, void *to, u32 len)
{
	const u8 *from;

	if (!d->data)
		return -EINVAL;
	if (!inside(d, offset, len))
		return -E2BIG;
	if (dynptr_of(d) == DYNPTR_OF_PACKET)
		return (s64)helper_skb_load_bytes(exec, 0, d->offset + offset, ptr_u64(to), len, 0);
	if (dynptr_of(d) == DYNPTR_OF_FRAME)
		return (s64)helper_xdp_load_bytes(exec, 0, d->offset + offset, ptr_u64(to), len, 0);
	from = bytes_at(exec, d, offset, len);
	if (from)
		memmove(to, from, len);
	return from ? 0 : -EFAULT;
}

static s64 bytes_write(struct exec *exec, const struct dynptr *d, u32 offset, const void *from, u32 len,
		       u64 flags)
{
	u8 *to;

	if (!d->data || d->size & DYNPTR_RDONLY)
		return -EINVAL;
	if (!inside(d, offset, len))
		return -E2BIG;
	if (dynptr_of(d) == DYNPTR_OF_PACKET)
		return (s64)helper_skb_store_bytes(exec, 0, d->offset + offset, ptr_u64(from), len, flags);
	if (flags)
		return -EINVAL;
	if (dynptr_of(d) == DYNPTR_OF_FRAME)
		return (s64)helper_xdp_store_bytes(exec, 0, d->offset + offset, ptr_u64(from), len, 0);
	to = bytes_at(exec, d, offset, len);
	if (to)
		memmove(to, from, len);
	return to ? 0 : -EFAULT;
}

/* ---- helpers ---- */

u64 helper_dynptr_from_mem(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u32 size = (u32)a2;

	make_none(a4);
	if (size > DYNPTR_SIZE_MAX)
		return (u64)-E2BIG;
	if (a3)
		return (u64)-EINVAL;
	return make(a4, a1, DYNPTR_OF_MEMORY, 0, size);
}

u64 helper_ringbuf_reserve_dynptr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u32 size = (u32)a2;
	u64 record;

	make_none(a4);
	if (a3)
		return (u64)-EINVAL;
	if (size > DYNPTR_SIZE_MAX)
		return (u64)-E2BIG;
	record = helper_ringbuf_reserve(exec, a1, size, 0, 0, 0);
	return record ? make(a4, record, DYNPTR_OF_RECORD, 0, size) : (u64)-EINVAL;
}

u64 helper_ringbuf_submit_dynptr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 data = dynptr_get(a1).data;

	make_none(a1);
	return data ? helper_ringbuf_submit(exec, data, a2, 0, 0, 0) : 0;
}

u64 helper_ringbuf_discard_dynptr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 data = dynptr_get(a1).data;

	make_none(a1);
	return data ? helper_ringbuf_discard(exec, data, a2, 0, 0, 0) : 0;
}

u64 helper_dynptr_read(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a3);

	if (a5)
		return (u64)-EINVAL;
	return (u64)bytes_read(exec, &d, (u32)a4, u64_ptr(a1), (u32)a2);
}

u64 helper_dynptr_write(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	return (u64)bytes_write(exec, &d, (u32)a2, u64_ptr(a3), (u32)a4, a5);
}

u64 helper_dynptr_data(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	if (!d.data || !inside(&d, (u32)a2, (u32)a3) || d.size & DYNPTR_RDONLY ||
	    dynptr_of(&d) > DYNPTR_OF_RECORD)
		return 0;
	return ptr_u64(bytes_at(exec, &d, (u32)a2, (u32)a3));
}

/* ---- kernel functions ---- */

static u64 from_packet(struct exec *exec, u64 flags, u64 at, enum dynptr_of of, u64 size, bool rdonly)
{
	make_none(at);
	if (flags)
		return result(-EINVAL);
	return make(at, ptr_u64(exec->packet), of, rdonly ? DYNPTR_RDONLY : 0, (u32)size);
}

u64 kfunc_bpf_dynptr_from_skb(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return from_packet(exec, a2, a3, DYNPTR_OF_PACKET, exec->packet->ctx.len, false);
}

u64 kfunc_dynptr_from_skb_rdonly(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return from_packet(exec, a2, a3, DYNPTR_OF_PACKET, exec->packet->ctx.len, true);
}

u64 kfunc_bpf_dynptr_from_skb_meta(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return from_packet(exec, a2, a3, DYNPTR_OF_METADATA,
			   (u64)(exec->packet->data - exec->packet->data_meta), false);
}

u64 kfunc_bpf_dynptr_from_xdp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 len = helper_xdp_get_buff_len(exec, 0, 0, 0, 0, 0);

	return from_packet(exec, a2, a3, DYNPTR_OF_FRAME, len, false);
}

static u64 slice(struct exec *exec, const struct dynptr *d, u32 offset, u64 buffer, u32 len)
{
	u8 *bytes;

	if (!d->data || !inside(d, offset, len))
		return 0;
	bytes = bytes_at(exec, d, offset, len);
	if (bytes || !buffer || bytes_read(exec, d, offset, u64_ptr(buffer), len))
		return ptr_u64(bytes);
	return buffer;
}

u64 kfunc_bpf_dynptr_slice(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	return slice(exec, &d, (u32)a2, a3, (u32)a4);
}

u64 kfunc_bpf_dynptr_slice_rdwr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	return d.size & DYNPTR_RDONLY ? 0 : slice(exec, &d, (u32)a2, a3, (u32)a4);
}

u64 kfunc_bpf_dynptr_adjust(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct dynptr d = dynptr_get(a1);
	u32 start = (u32)a2, end = (u32)a3;

	if (!d.data || start > end)
		return result(-EINVAL);
	if (start > dynptr_len(&d) || end > dynptr_len(&d))
		return result(-ERANGE);
	d.offset += start;
	d.size = (d.size & ~DYNPTR_SIZE_MAX) | (end - start);
	dynptr_put(a1, d);
	return 0;
}

u64 kfunc_bpf_dynptr_is_null(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return !dynptr_get(a1).data;
}

u64 kfunc_bpf_dynptr_is_rdonly(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	return d.data && d.size & DYNPTR_RDONLY;
}

u64 kfunc_bpf_dynptr_size(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	return d.data ? dynptr_len(&d) : result(-EINVAL);
}

u64 kfunc_bpf_dynptr_clone(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);

	dynptr_put(a2, d.data ? d : (struct dynptr){ 0 });
	return d.data ? 0 : result(-EINVAL);
}

/* From piece to piece of @step bytes, where one side is not in one piece. */
static int copy_pieces(struct exec *exec, const struct dynptr *to, u32 to_off, const struct dynptr *from,
		       u32 from_off, u32 size)
{
	u8 piece[256];
	s64 err = 0;

	if (!inside(to, to_off, size) || !inside(from, from_off, size))
		return -E2BIG;
	for (u32 at = 0; !err && at < size; at += sizeof(piece)) {
		u32 len = min_u32(size - at, sizeof(piece));

		err = bytes_read(exec, from, from_off + at, piece, len);
		if (!err)
			err = bytes_write(exec, to, to_off + at, piece, len, 0);
	}
	return (int)err;
}

u64 kfunc_bpf_dynptr_copy(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr to = dynptr_get(a1), from = dynptr_get(a3);
	u32 to_off = (u32)a2, from_off = (u32)a4, size = (u32)a5;
	u64 source = slice(exec, &from, from_off, 0, size);
	u64 target = to.size & DYNPTR_RDONLY ? 0 : slice(exec, &to, to_off, 0, size);

	if (source && target) {
		memmove(u64_ptr(target), u64_ptr(source), size);
		return 0;
	}
	if (source)
		return result((int)bytes_write(exec, &to, to_off, u64_ptr(source), size, 0));
	if (target)
		return result((int)bytes_read(exec, &from, from_off, u64_ptr(target), size));
	return result(copy_pieces(exec, &to, to_off, &from, from_off, size));
}

u64 kfunc_bpf_dynptr_memset(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct dynptr d = dynptr_get(a1);
	u32 offset = (u32)a2, size = (u32)a3;
	u8 piece[256];
	s64 err = 0;

	if (d.size & DYNPTR_RDONLY)
		return result(-EINVAL);
	if (!inside(&d, offset, size))
		return result(-E2BIG);
	memset(piece, (u8)a4, sizeof(piece));
	for (u32 at = 0; !err && at < size; at += sizeof(piece))
		err = bytes_write(exec, &d, offset + at, piece, min_u32(size - at, sizeof(piece)), 0);
	return result((int)err);
}
