// SPDX-License-Identifier: BSD-2-Clause
/* test_run.h - what the two kinds of BPF_PROG_TEST_RUN share: over an sk_buff, over an XDP frame. */
#ifndef CLSBPF_COMMAND_TEST_RUN_H
#define CLSBPF_COMMAND_TEST_RUN_H

#include "command/call.h"
#include "object/prog.h"
#include "packet/packet.h"

#define TEST_LEN_MIN 14u       /* a MAC header */
#define TEST_LOOPBACK 1u

/* One run of the command. on_test_run() frees what is in it. */
struct test {
	struct call *call;
	struct prog *prog;
	struct packet *packet;
	struct exec *exec;
	struct user_view data; /* of sk_buffs: data_in */
	union {                /* ctx_in, then ctx_out */
		struct __sk_buff ctx;
		struct xdp_md xdp;
	};
	bool has_ctx;          /* the client gave one of them */
	bool l2;               /* of sk_buffs: with a MAC header */
	u32 verdict, duration;
};

/** test_ctx_read() - the client's context to @t->ctx, of which @size bytes are known.
 *  Returns 0, -E2BIG (fields of the future) or -EFAULT. */
must_check int test_ctx_read(struct test *t, u32 size);

/** test_device() - is there a device @ifindex? @mac: its address. Returns 0 or -ENODEV. */
must_check int test_device(const struct test *t, u32 ifindex, u8 mac[6]);

/** test_repeat() - run the program as often as the client asks, all over @t->packet.
 *  Returns 0; -EFAULT when checked mode ended a run; -EINTR; -ENOMEM. */
must_check int test_repeat(struct test *t);

/** test_reply() - what a run that came to its end writes into the attribute. @len: of the packet.
 *  Returns 0 or -EFAULT. */
must_check int test_reply(const struct test *t, u32 len);

/** test_ctx_write() - ctx_out from @t->ctx, @size bytes. Returns 0, -ENOSPC (it was cut), -EFAULT. */
must_check int test_ctx_write(const struct test *t, u32 size);

/** test_xdp() - the whole command for an XDP program (on_test_xdp.c). Returns 0 or -errno. */
must_check int test_xdp(struct test *t);

#endif
