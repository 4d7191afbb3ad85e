// SPDX-License-Identifier: BSD-2-Clause
/* on_test_run.c - BPF_PROG_TEST_RUN over a packet that the client gives: for programs with an
 * __sk_buff, and what other kinds (on_test_xdp.c) share with them.
 *
 *   data_in --> packet --> ctx_in's fields --> run, `repeat` times --> data_out, ctx_out
 *
 * The packet is what Linux makes of the bytes: received on a loopback device, MAC header in front
 * for tc programs and taken off for socket filters (whose output has 14 zero bytes there). All
 * runs see the same packet, as the run before left it. A redirect is returned and not performed;
 * a clone is sent.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <time.h>

#include "command/test_run.h"
#include "packet/checksum.h"
#include "run/run.h"

#define TEST_LEN_MAX 3712u     /* a page without Linux's headroom and tailroom */
#define TEST_CTX_MAX 4096u     /* bytes of ctx_in, whatever is in them */
#define TEST_WIRE_MAX 65536u
#define TEST_SEGS_MAX 65535u
#define TEST_SECTION 64        /* runs in one read section */
#define TEST_ASK_NS 1000000u   /* how often a long test asks whether anybody still waits */
#define MAC_LEN 14

static int test_attr_check(const struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;

	return !attr->test.ctx_size_in != !attr->test.ctx_in ||
	       !attr->test.ctx_size_out != !attr->test.ctx_out ? -EINVAL : 0;
}

int test_ctx_read(struct test *t, u32 size)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	u32 given = attr->test.ctx_size_in;
	int err;

	t->has_ctx = attr->test.ctx_in || attr->test.ctx_out;
	if (!given)
		return 0;
	err = given > TEST_CTX_MAX ? -E2BIG : given > size ?
	      user_zeros(t->call, attr->test.ctx_in + size, given - size) : 0;
	if (err == -E2BIG)
		return log_error(&t->call->log, err, "test run: the context has fields of the future");
	return err ? err : user_read(t->call, &t->ctx, attr->test.ctx_in, min_u32(given, size));
}

static int test_read(struct test *t)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	u32 len = attr->test.data_size_in;
	struct log *log = &t->call->log;
	int err;

	if (attr->test.flags & ~TEST_CHECKSUM_COMPLETE || attr->test.cpu || attr->test.batch_size)
		return log_error(log, -EINVAL, "test run: flags, cpu and batch_size are not for packets");
	if (len < TEST_LEN_MIN || len > TEST_LEN_MAX)
		return log_error(log, -EINVAL, "test run: a packet of %u bytes; %u to %u are possible",
				 len, TEST_LEN_MIN, TEST_LEN_MAX);
	if (!attr->test.data_in)
		return -EFAULT;
	err = user_view(t->call, &t->data, attr->test.data_in, len);
	return err ? err : test_ctx_read(t, sizeof(t->ctx));
}

/* Which bytes of the context the client may set. */
static bool test_ctx_may_set(size_t off)
{
#define FIELD(field)                                                                               \
	(off >= offsetof(struct __sk_buff, field) &&                                               \
	 off < offsetof(struct __sk_buff, field) + sizeof(((struct __sk_buff *)0)->field))
	return FIELD(mark) || FIELD(priority) || FIELD(ingress_ifindex) || FIELD(ifindex) ||
	       FIELD(cb) || FIELD(tstamp) || FIELD(wire_len) || FIELD(gso_segs) || FIELD(gso_size) ||
	       FIELD(hwtstamp);
#undef FIELD
}

static int test_ctx_apply(struct test *t)
{
	struct __sk_buff *to = &t->packet->ctx;
	const struct __sk_buff *from = &t->ctx;
	struct log *log = &t->call->log;
	const u8 *bytes = (const u8 *)from;

	for (size_t i = 0; i < sizeof(*from); i++)
		if (bytes[i] && !test_ctx_may_set(i))
			return log_error(log, -EINVAL, "test run: byte %zu of the context cannot be set",
					 i);
	if (from->wire_len && (from->wire_len < t->packet->ctx.len || from->wire_len > TEST_WIRE_MAX))
		return log_error(log, -EINVAL, "test run: wire_len %u for %u bytes", from->wire_len,
				 t->packet->ctx.len);
	if (from->gso_segs > TEST_SEGS_MAX)
		return log_error(log, -EINVAL, "test run: gso_segs %u", from->gso_segs);
	to->mark = from->mark;
	to->priority = from->priority;
	to->ingress_ifindex = from->ingress_ifindex;
	memcpy(to->cb, from->cb, sizeof(to->cb));
	to->tstamp = from->tstamp;
	to->wire_len = from->wire_len ? from->wire_len : t->packet->ctx.len;
	to->gso_segs = from->gso_segs;
	to->gso_size = (u16)from->gso_size;
	to->hwtstamp = from->hwtstamp;
	return 0;
}

/* Linux runs programs on no IP packet without its header: they may read that far. */
static int test_header_check(const struct test *t)
{
	u32 len = t->packet->ctx.len, protocol = t->packet->ctx.protocol, need = MAC_LEN;

	if (protocol == be16(ETH_P_IP))
		need += 20;
	else if (protocol == be16(ETH_P_IPV6))
		need += 40;
	if (len >= need)
		return 0;
	return log_error(&t->call->log, -EINVAL,
			 "test run: %u bytes hold no IP header behind the MAC header", len);
}

int test_device(const struct test *t, u32 ifindex, u8 mac[6])
{
	struct engine *engine = t->call->engine;
	int err = -ENODEV;

	memset(mac, 0, 6);
	reclaim_enter(engine->reclaim, t->call->client->slot);
	if (engine->device_mac)
		err = engine->device_mac(engine, ifindex, mac);
	reclaim_exit(engine->reclaim, t->call->client->slot);
	return err && ifindex > TEST_LOOPBACK ? -ENODEV : 0;
}

static int test_packet_make(struct test *t)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	u32 ifindex = max_u32(t->ctx.ifindex, TEST_LOOPBACK);
	u8 mac[6];
	int err;

	if (test_device(t, ifindex, mac))
		return log_error(&t->call->log, -ENODEV, "test run: there is no device %u", ifindex);
	err = packet_create(attr->test.data_size_in, &t->packet);
	if (err)
		return err;
	err = packet_fill(t->packet, t->data.bytes, attr->test.data_size_in, true, mac);
	if (!err)
		err = test_header_check(t);
	if (err)
		return err;
	t->packet->ctx.ifindex = ifindex;
	/* Loopback's broadcast address is zero, so nothing is a broadcast there. */
	if (ifindex == TEST_LOOPBACK && t->packet->ctx.pkt_type == PACKET_BROADCAST)
		t->packet->ctx.pkt_type = PACKET_MULTICAST;
	t->l2 = t->prog->type != BPF_PROG_TYPE_SOCKET_FILTER;
	if (!t->l2)
		packet_pull(t->packet, MAC_LEN);
	t->packet->ctx.wire_len = t->packet->ctx.len;
	return t->has_ctx ? test_ctx_apply(t) : 0;
}

/* The bytes that CSUM_COMPLETE is about: from the network header on. */
static u32 test_packet_sum(const struct test *t)
{
	const struct packet *packet = t->packet;
	const u8 *at = packet->head + packet->net_off;

	return at < packet->tail ? csum_bytes(at, (u32)(packet->tail - at), 0) : 0;
}

static u64 clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

int test_repeat(struct test *t)
{
	u32 repeat = max_u32(t->call->attr->bpf.test.repeat, 1);
	struct reclaim *reclaim = t->call->engine->reclaim;
	u64 begin, asked, now;
	const struct run_fault *fault;
	bool stopped = false;
	int err = run_exec_create(t->call->engine, 0, &t->exec);

	if (err)
		return err;
	begin = asked = clock_ns();
	t->exec->packet = t->packet;
	t->exec->host = t->call->engine->test_host;
	for (u32 i = 0; i < repeat;) {
		reclaim_enter(reclaim, t->exec->slot);
		for (u32 n = 0; n < TEST_SECTION && i < repeat && !stopped; n++, i++) {
			t->exec->redirect_ifindex = 0;
			t->exec->redirect_flags = 0;
			t->verdict = (u32)run_prog(t->exec, t->prog);
			fault = run_fault(t->exec);
			stopped = fault->prog != NULL;
		}
		if (stopped)
			log_add(&t->call->log, "instruction %u: %s", fault->insn, fault->text);
		reclaim_exit(reclaim, t->exec->slot);
		if (stopped)
			return -EFAULT;
		now = clock_ns();
		if (now - asked > TEST_ASK_NS && call_gone(t->call))
			return -EINTR;
		if (now - asked > TEST_ASK_NS)
			asked = now;
	}
	t->duration = (u32)((clock_ns() - begin) / repeat);
	return 0;
}

/* Linux's rule for output: a size hint that is too small cuts, and says -ENOSPC in the end, also where
 * something else goes wrong. */
static int test_output(struct call *call, u64 to, u32 room, const void *from, u32 size)
{
	bool cut = room && size > room;

	if (to && user_write(call, to, from, cut ? room : size))
		return cut ? -ENOSPC : -EFAULT;
	return 0;
}

int test_reply(const struct test *t, u32 len)
{
	int err = CALL_REPLY(t->call, test.data_size_out, len);

	if (!err)
		err = CALL_REPLY(t->call, test.retval, t->verdict);
	if (!err)
		err = CALL_REPLY(t->call, test.duration, t->duration);
	return err ? -EFAULT : 0;
}

int test_ctx_write(const struct test *t, u32 size)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	int err;

	if (!attr->test.ctx_out)
		return 0;
	err = test_output(t->call, attr->test.ctx_out, attr->test.ctx_size_out, &t->ctx, size);
	if (!err && CALL_REPLY(t->call, test.ctx_size_out, size))
		err = -EFAULT;
	return attr->test.ctx_size_out < size ? -ENOSPC : err;
}

static int test_ctx_give(struct test *t)
{
	const struct __sk_buff *from = &t->packet->ctx;

	t->ctx.mark = from->mark;
	t->ctx.priority = from->priority;
	t->ctx.ingress_ifindex = from->ingress_ifindex;
	t->ctx.ifindex = from->ifindex;
	t->ctx.tstamp = from->tstamp;
	memcpy(t->ctx.cb, from->cb, sizeof(t->ctx.cb));
	t->ctx.wire_len = from->wire_len;
	t->ctx.gso_segs = from->gso_segs;
	t->ctx.hwtstamp = from->hwtstamp;
	return test_ctx_write(t, sizeof(t->ctx));
}

static int test_give(struct test *t)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	bool cut;
	int err;

	if (!t->l2) {
		err = packet_room(t->packet, MAC_LEN, 0);
		if (err)
			return err;
		packet_push(t->packet, MAC_LEN);
		memset(t->packet->data, 0, MAC_LEN);
	}
	cut = attr->test.data_size_out && attr->test.data_size_out < t->packet->ctx.len;
	err = test_output(t->call, attr->test.data_out, attr->test.data_size_out, t->packet->data,
			  t->packet->ctx.len);
	if (!err)
		err = test_reply(t, t->packet->ctx.len);
	return cut ? -ENOSPC : err ? err : test_ctx_give(t);
}

static int test_skb(struct test *t)
{
	bool complete = t->call->attr->bpf.test.flags & TEST_CHECKSUM_COMPLETE;
	int err = test_read(t);

	if (!err)
		err = test_packet_make(t);
	if (err)
		return err;
	if (complete) {
		t->packet->csum = test_packet_sum(t);
		t->packet->ip_summed = CSUM_COMPLETE;
	}
	err = test_repeat(t);
	if (!err && complete && csum_fold(test_packet_sum(t)) != csum_fold(t->packet->csum))
		err = log_error(&t->call->log, -EBADMSG, "test run: the checksum was not kept up to date");
	return err ? err : test_give(t);
}

int on_test_run(struct call *call)
{
	struct test t = { .call = call };
	struct object *object;
	int fd = (int)call->attr->bpf.test.prog_fd, err;

	err = test_attr_check(call);
	if (err)
		return err;
	err = fd_get(call->client, fd, OBJECT_PROG, &object, NULL);
	if (err)
		return log_error(&call->log, err, "test run: handle %d is not a program", fd);
	t.prog = prog_of(object);
	err = t.prog->type == BPF_PROG_TYPE_XDP ? test_xdp(&t) : test_skb(&t);
	run_exec_destroy(t.exec);
	packet_destroy(t.packet);
	user_view_end(&t.data);
	object_put(object);
	return err;
}
