// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_netlink.c - any bytes as rtnetlink requests to an engine that has a pair of devices and a
 * program as handle 0. The input is a row of messages: a length (2 bytes), then that many bytes, whose
 * nlmsg_len is put right. Whatever was accepted, destroying the engine must free everything. */
#include <stdlib.h>

#include "backend/backend.h"
#include "sched/sched.h"

#define MESSAGES_MAX 16

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static int load_program(struct backend *engine)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = ptr_u64(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = ptr_u64("GPL");
	return backend_bpf(engine, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Replies must be whole messages. */
static int take(void *ctx, const void *bytes, size_t len)
{
	const struct nlmsghdr *header = bytes;

	if (len < sizeof(*header) || header->nlmsg_len > len)
		abort();
	return 0;
}

static void send_one(struct backend *engine, const u8 *data, size_t size)
{
	struct nlmsghdr *request = calloc(1, size < sizeof(*request) ? sizeof(*request) : size);
	LOG_ON_STACK(log);

	if (!request)
		return;
	memcpy(request, data, size);
	request->nlmsg_len = (u32)(size < sizeof(*request) ? sizeof(*request) : size);
	(void)!backend_rtnl(engine, request, take, NULL, &log);
	free(request);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct backend *engine;

	if (backend_engine_create(NULL, &engine))
		return 0;
	if (!device_create_pair(backend_engine(engine), "v0", "v1") && load_program(engine) >= 0) {
		for (int n = 0; n < MESSAGES_MAX && size >= 2; n++) {
			size_t len = get_u16(data);

			data += 2;
			size -= 2;
			len = len < size ? len : size;
			send_one(engine, data, len);
			data += len;
			size -= len;
		}
	}
	backend_destroy(engine);
	return 0;
}
