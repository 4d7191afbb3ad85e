// SPDX-License-Identifier: BSD-2-Clause
/* tcx.h - programs at the hooks of a device that bpf(2) attaches: one list a direction.
 *
 *   device->tcx[CLSACT_INGRESS] -> [ program | program (link) | program | ... ]  then clsact's filters
 *   device->tcx[CLSACT_EGRESS]  -> NULL                                          clsact's filters only
 *
 * Invariant: a published list never changes and has at least one program. What it names lives as
 * long as a reader may see it: a program by its reference, a link because it leaves the list first.
 */
#ifndef CLSBPF_SCHED_TCX_H
#define CLSBPF_SCHED_TCX_H

#include "object/bpf_link.h"
#include "sched/sched.h"

struct tcx_link;

struct tcx_entry {
	struct prog *prog;         /* one reference, the link's if there is one */
	struct tcx_link *link;     /* or NULL */
};

/* Of one size: leaving must not need memory (tcx_link.spare). */
struct tcx_view {
	struct reclaim_head reclaim;
	u32 count;
	struct tcx_entry entry[ATTACH_MAX];
};

/** tcx_run() - run the programs of @view over exec->packet until one has something else to say than
 *  "next". Inside a read section. Sets @verdict and returns true when it was one of the answers that
 *  end the hook; otherwise what comes after the list has its turn. */
bool tcx_run(struct exec *exec, const struct tcx_view *view, struct packet *packet,
	     struct verdict *verdict);

/** tcx_flush() - @device goes: detach everything. Under sched's lock; cannot fail. */
void tcx_flush(struct device *device);

/** tcx_clsact_gone() - clsact has left @device: a list that is empty forgets how often it changed. */
void tcx_clsact_gone(struct device *device);

#endif
