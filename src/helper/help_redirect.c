// SPDX-License-Identifier: BSD-2-Clause
/* help_redirect.c - sending a packet elsewhere: later (redirect) or a clone of it now. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "helper/exec.h"
#include "helper/fns.h"

u64 helper_redirect(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 & ~(u64)BPF_F_INGRESS)
		return TC_ACT_SHOT;
	exec->redirect_ifindex = (u32)a1;
	exec->redirect_flags = a2;
	return TC_ACT_REDIRECT;
}

/* Nothing is known of flags, not even BPF_F_INGRESS. */
u64 helper_xdp_redirect(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2)
		return XDP_ABORTED;
	exec->redirect_ifindex = (u32)a1;
	exec->redirect_flags = 0;
	return XDP_REDIRECT;
}

u64 helper_clone_redirect(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a3 & ~(u64)BPF_F_INGRESS)
		return (u64)-EINVAL;
	/* BPF_PROG_TEST_RUN can make such a packet; who cuts it up would not know how. */
	if (exec->packet->ctx.gso_size && !exec->packet->gso_type)
		return (u64)-EBADMSG;
	if (!exec->host)
		return (u64)-EINVAL;
	return (u64)(s64)exec->host->clone_redirect(exec, (u32)a2, a3 & BPF_F_INGRESS);
}
