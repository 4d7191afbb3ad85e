// SPDX-License-Identifier: BSD-2-Clause
/* verdict.h - what devices and workers need from verdict.c. */
#ifndef CLSBPF_SCHED_VERDICT_H
#define CLSBPF_SCHED_VERDICT_H

#include "sched/sched.h"

/** verdict_enter() - @packet, which another device has sent, comes in on @device: one level deeper,
 *  or dropped when that is too deep. Takes the packet over. */
void verdict_enter(struct worker *worker, struct device *device, struct packet *packet);

/** verdict_send_clone() - a clone of @packet to device @ifindex, now: out of it, or (@ingress) into
 *  it. Inside a read section of the caller. Returns what bpf_clone_redirect() returns. */
int verdict_send_clone(struct worker *worker, const struct packet *packet, u32 ifindex,
		       bool ingress);

/** verdict_clone_redirect() - exec_host.clone_redirect of a worker. */
int verdict_clone_redirect(struct exec *exec, u32 ifindex, bool ingress);

#endif
