// SPDX-License-Identifier: BSD-2-Clause
/* steps.h - requests of rtnetlink as rows of tables. */
#ifndef CLSBPF_TESTS_STEPS_H
#define CLSBPF_TESTS_STEPS_H

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include "both.h"

/* An attribute; @nest 0: of the message, else inside that attribute, which is made when the first of
 * its attributes comes. */
struct put {
	u16 nest, type;
	enum { NOTHING, V8, V16, V32, TEXT, BYTES } how;
	u32 value;                 /* BYTES: the length of @text */
	const char *text;
};

#define PUTS 8

struct step {
	const char *what;
	u16 type, flags;
	s32 ifindex;
	u32 handle, parent, info;
	int err;                   /* what the engine answers; Linux too, where it is asked */
	struct put put[PUTS];
};

#define ADD (NLM_F_CREATE | NLM_F_EXCL)
#define PUT (NLM_F_CREATE)
#define REPLACE (NLM_F_CREATE | NLM_F_REPLACE)
#define CHANGE 0
#define DUMP NLM_F_DUMP
#define ECHO NLM_F_ECHO

#define CLSACT_MAJOR 0xffff0000u
#define AT_CLSACT TC_H_CLSACT
#define AT_INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define AT_EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
/* be16() as a constant. */
#define BE16(v) ((u16)((((v) & 0xff) << 8) | ((v) >> 8)))
#define INFO(pref, protocol) ((u32)(pref) << 16 | BE16(protocol))
#define ALL ETH_P_ALL

#define KIND(text) { 0, TCA_KIND, TEXT, 0, text }
#define CHAIN(n) { 0, TCA_CHAIN, V32, n }
#define FD(n) { TCA_OPTIONS, TCA_BPF_FD, V32, n }
#define NAME(text) { TCA_OPTIONS, TCA_BPF_NAME, TEXT, 0, text }
#define FLAGS(n) { TCA_OPTIONS, TCA_BPF_FLAGS, V32, n }
#define GEN(n) { TCA_OPTIONS, TCA_BPF_FLAGS_GEN, V32, n }
#define CLASSID(n) { TCA_OPTIONS, TCA_BPF_CLASSID, V32, n }
#define DA FLAGS(TCA_BPF_FLAG_ACT_DIRECT)

/** step_build() - the request of @step, with NLM_F_REQUEST and NLM_F_ACK, into @msg. */
void step_build(const struct step *step, u32 seq, struct msg *msg);

#endif
