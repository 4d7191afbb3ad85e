// SPDX-License-Identifier: BSD-2-Clause
/* print.c - qdiscs and filters as iproute2 6.1 prints them.
 *
 *   qdisc clsact ffff: dev lo parent ffff:fff1
 *   filter dev lo ingress protocol all pref 49152 bpf chain 0 handle 0x1 foo.o:[p1] direct-action ...
 *         `------- what the command line did not say -------'
 *
 * Keys of JSON are those of wire/attr.def where an attribute has one. Kinds whose options are not
 * known here are shown as tc shows kinds that it does not know. Messages come from a kernel, and are
 * checked all the same.
 */
#include "tc/print.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>

#include "tc/link.h"
#include "tc/number.h"
#include "wire/names.h"

static const char *key(enum attr_nest nest, u16 number) { return attr_row(nest, number)->key; }

static void print_dev(struct print *p, u32 ifindex)
{
	char name[IFNAMSIZ];

	(void)link_name(p->backend, ifindex, name);
	emit_str(&p->emit, "dev", "dev ", name, " ");
}

/* A size as tc shortens it: whole units, within the error that it allows for each. */
static void size_text(u32 size, char *buf, size_t room)
{
	u64 mega = ((u64)size + (1u << 19)) >> 20, kilo = ((u64)size + (1u << 9)) >> 10;
	s64 off_mega = (s64)(mega << 20) - size, off_kilo = (s64)(kilo << 10) - size;

	if (size >= 1u << 20 && off_mega < 1024 && off_mega > -1024)
		snprintf(buf, room, "%uMb", (u32)mega);
	else if (size >= 1u << 10 && off_kilo < 16 && off_kilo > -16)
		snprintf(buf, room, "%uKb", (u32)kilo);
	else
		snprintf(buf, room, "%ub", size);
}

static int print_stats(struct print *p, const struct reply_tc *reply)
{
	struct emit *e = &p->emit;
	struct reply_stats stats;
	char backlog[16];
	int err;

	if (!e->out->stats || !reply->tb[TCA_STATS2])
		return 0;
	err = decode_stats(reply, &stats);
	if (err)
		return err;
	if (stats.basic) {
		emit_u64(e, "bytes", " Sent ", stats.bytes, " bytes");
		emit_u64(e, "packets", " ", stats.packets, " pkt");
	}
	if (stats.queue) {
		emit_u64(e, "drops", " (dropped ", stats.q.drops, "");
		emit_u64(e, "overlimits", ", overlimits ", stats.q.overlimits, "");
		emit_u64(e, "requeues", " requeues ", stats.q.requeues, ") ");
		size_text(stats.q.backlog, backlog, sizeof(backlog));
		emit_str(e, NULL, "\n backlog ", backlog, "");
		emit_u64(e, "backlog", NULL, stats.q.backlog, NULL);
		emit_u64(e, "qlen", " ", stats.q.qlen, "p");
		if (!e->out->json)
			emit_u64(e, NULL, " requeues ", stats.q.requeues, "");
	}
	emit_text(e, "\n");
	return 0;
}

/* ---- qdisc ---- */

static int print_prio(struct print *p, const struct nlattr *options)
{
	struct emit *e = &p->emit;
	struct tc_prio_qopt prio;

	if (attr_len(options) < sizeof(prio))
		return -EBADMSG;
	memcpy(&prio, attr_data(options), sizeof(prio));
	emit_u64(e, "bands", "bands ", (u32)prio.bands, " priomap");
	emit_array(e, "priomap");
	for (size_t i = 0; i < ARRAY_SIZE(prio.priomap); i++)
		emit_u64(e, NULL, " ", prio.priomap[i], "");
	emit_array_end(e);
	if (e->out->json)
		emit_bool(e, "multiqueue", NULL, false);
	return 0;
}

static int print_qdisc_options(struct print *p, const struct reply_tc *reply)
{
	const struct nlattr *options = reply->tb[TCA_OPTIONS];
	char text[64];

	if (!options || !strcmp(reply->kind, "clsact"))
		return 0;
	if (!strcmp(reply->kind, "ingress")) {
		emit_text(&p->emit, "---------------- ");
		return 0;
	}
	if (!strcmp(reply->kind, "pfifo_fast"))
		return print_prio(p, options);
	if (attr_len(options)) {
		snprintf(text, sizeof(text), "[Unknown qdisc, optlen=%u] ", attr_len(options));
		emit_text(&p->emit, text);
	}
	return 0;
}

int print_qdisc(struct print *p, const struct reply_tc *reply)
{
	const struct tcmsg *head = &reply->head;
	struct emit *e = &p->emit;
	char text[NUMBER_ROOM];
	int err;

	emit_object(e, NULL);
	emit_str(e, key(ATTR_TC, TCA_KIND), "qdisc ", reply->kind, "");
	snprintf(text, sizeof(text), "%x:", head->tcm_handle >> 16);
	emit_str(e, "handle", " ", text, " ");
	if (!p->ifindex)
		print_dev(p, (u32)head->tcm_ifindex);
	if (head->tcm_parent == TC_H_ROOT)
		emit_bool(e, "root", "root ", true);
	else if (head->tcm_parent)
		emit_str(e, "parent", "parent ", number_classid_text(head->tcm_parent, text), " ");
	if (head->tcm_info != 1)
		emit_u64(e, "refcnt", "refcnt ", head->tcm_info, " ");
	if (reply->tb[TCA_HW_OFFLOAD] && attr_len(reply->tb[TCA_HW_OFFLOAD]) &&
	    *(const u8 *)attr_data(reply->tb[TCA_HW_OFFLOAD]))
		emit_bool(e, key(ATTR_TC, TCA_HW_OFFLOAD), "offloaded ", true);
	if (reply->tb[TCA_INGRESS_BLOCK])
		emit_u64(e, key(ATTR_TC, TCA_INGRESS_BLOCK), "ingress_block ",
			 attr_u32(reply->tb[TCA_INGRESS_BLOCK]), " ");
	if (reply->tb[TCA_EGRESS_BLOCK])
		emit_u64(e, key(ATTR_TC, TCA_EGRESS_BLOCK), "egress_block ",
			 attr_u32(reply->tb[TCA_EGRESS_BLOCK]), " ");
	emit_object(e, key(ATTR_TC, TCA_OPTIONS));
	err = print_qdisc_options(p, reply);
	emit_object_end(e);
	emit_text(e, "\n");
	if (!err)
		err = print_stats(p, reply);
	emit_object_end(e);
	return err;
}

/* ---- bpf ---- */

static void print_tag(struct print *p, const u8 *tag, u32 len)
{
	char text[2 * 64 + 1] = "";

	for (u32 i = 0; i < len && i < 64; i++)
		snprintf(text + 2 * i, 3, "%02x", tag[i]);
	emit_str(&p->emit, key(ATTR_BPF, TCA_BPF_TAG), "tag ", text, " ");
}

/* What the kernel says about program @id. Returns 0, or -errno: who may see the filter may still not
 * see its program. */
static int prog_info(struct backend *backend, u32 id, struct bpf_prog_info *info)
{
	union bpf_attr attr = { .prog_id = id };
	int err, handle = backend_bpf(backend, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

	if (handle < 0)
		return handle;
	memset(info, 0, sizeof(*info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)handle;
	attr.info.info_len = sizeof(*info);
	attr.info.info = ptr_u64(info);
	err = backend_bpf(backend, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	backend_close(backend, handle);
	return err < 0 ? err : 0;
}

/* Returns whether the program could be looked at. */
static bool print_prog(struct print *p, u32 id)
{
	struct emit *e = &p->emit;
	struct bpf_prog_info info;
	bool known = !prog_info(p->backend, id, &info);

	emit_object(e, "prog");
	emit_u64(e, key(ATTR_BPF, TCA_BPF_ID), "id ", id, " ");
	if (known) {
		info.name[sizeof(info.name) - 1] = '\0';
		emit_str(e, "name", "name ", info.name, " ");
		print_tag(p, info.tag, sizeof(info.tag));
		emit_u64(e, "jited", NULL, info.jited_prog_len ? 1 : 0, NULL);
		if (info.jited_prog_len)
			emit_text(e, "jited ");
	}
	if (known && e->out->details) {
		if (info.load_time)
			emit_u64(e, "load_time", "load_time ", info.load_time, " ");
		emit_u64(e, "created_by_uid", "created_by_uid ", info.created_by_uid, " ");
		if (info.btf_id)
			emit_u64(e, "btf_id", "btf_id ", info.btf_id, " ");
	}
	emit_object_end(e);
	return known;
}

/* Classic instructions: 'N,code jt jf k,...' */
static void print_bytecode(struct print *p, const struct nlattr *ops, u16 count)
{
	struct emit *e = &p->emit;
	struct sock_filter insn;

	if (!count)
		return;
	emit_object(e, key(ATTR_BPF, TCA_BPF_OPS));
	emit_u64(e, "length", "bytecode '", count, ",");
	emit_array(e, "insns");
	for (u16 i = 0; i < count; i++) {
		memcpy(&insn, (const u8 *)attr_data(ops) + i * sizeof(insn), sizeof(insn));
		emit_object(e, NULL);
		emit_u64(e, "code", i ? "," : "", insn.code, " ");
		emit_u64(e, "jt", "", insn.jt, " ");
		emit_u64(e, "jf", "", insn.jf, " ");
		emit_u64(e, "k", "", insn.k, "");
		emit_object_end(e);
	}
	emit_text(e, "'");
	emit_array_end(e);
	emit_object_end(e);
}

static void print_gen_flags(struct print *p, u32 flags)
{
	struct emit *e = &p->emit;

	if (flags & TCA_CLS_FLAGS_SKIP_HW)
		emit_bool(e, "skip_hw", "skip_hw ", true);
	if (flags & TCA_CLS_FLAGS_SKIP_SW)
		emit_bool(e, "skip_sw", "skip_sw ", true);
	if (flags & TCA_CLS_FLAGS_IN_HW)
		emit_bool(e, "in_hw", "in_hw ", true);
	else if (flags & TCA_CLS_FLAGS_NOT_IN_HW)
		emit_bool(e, "not_in_hw", "not_in_hw ", true);
}

static int print_bpf(struct print *p, const struct reply_tc *reply)
{
	const struct nlattr *tb[ATTR_BPF_ROOM];
	struct emit *e = &p->emit;
	char text[NUMBER_ROOM];
	int err = decode_bpf(reply, tb);

	if (err)
		return err;
	if (reply->head.tcm_handle) {
		snprintf(text, sizeof(text), "0x%x", reply->head.tcm_handle);
		emit_str(e, "handle", "handle ", text, " ");
	}
	if (tb[TCA_BPF_CLASSID])
		emit_str(e, key(ATTR_BPF, TCA_BPF_CLASSID), "flowid ",
			 number_classid_text(attr_u32(tb[TCA_BPF_CLASSID]), text), " ");
	if (tb[TCA_BPF_NAME])
		emit_str(e, key(ATTR_BPF, TCA_BPF_NAME), "", attr_str(tb[TCA_BPF_NAME]), " ");
	if (attr_u32(tb[TCA_BPF_FLAGS]) & TCA_BPF_FLAG_ACT_DIRECT)
		emit_bool(e, key(ATTR_BPF, TCA_BPF_FLAGS), "direct-action ", true);
	print_gen_flags(p, attr_u32(tb[TCA_BPF_FLAGS_GEN]));
	if (tb[TCA_BPF_OPS] && tb[TCA_BPF_OPS_LEN])
		print_bytecode(p, tb[TCA_BPF_OPS], attr_u16(tb[TCA_BPF_OPS_LEN]));
	if (!(tb[TCA_BPF_ID] && print_prog(p, attr_u32(tb[TCA_BPF_ID]))) && tb[TCA_BPF_TAG])
		print_tag(p, attr_data(tb[TCA_BPF_TAG]), attr_len(tb[TCA_BPF_TAG]));
	if (tb[TCA_BPF_ACT] || tb[TCA_BPF_POLICE])
		p->actions = true;
	return 0;
}

/* ---- filter ---- */

/* A shared block's filters have its number where others have device and parent. */
static void print_place(struct print *p, const struct tcmsg *head)
{
	struct emit *e = &p->emit;
	char text[NUMBER_ROOM];

	if ((u32)head->tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK) {
		emit_u64(e, "block", "block ", head->tcm_block_index, " ");
		return;
	}
	if (!p->ifindex || p->ifindex != (u32)head->tcm_ifindex)
		print_dev(p, (u32)head->tcm_ifindex);
	if (p->parent && p->parent == head->tcm_parent)
		return;
	if (head->tcm_parent == TC_H_ROOT)
		emit_bool(e, "root", "root ", true);
	else if (head->tcm_parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS))
		emit_bool(e, "ingress", "ingress ", true);
	else if (head->tcm_parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS))
		emit_bool(e, "egress", "egress ", true);
	else
		emit_str(e, "parent", "parent ", number_classid_text(head->tcm_parent, text), " ");
}

static void print_selectors(struct print *p, const struct reply_tc *reply)
{
	u16 protocol = be16((u16)TC_H_MIN(reply->head.tcm_info));
	u32 pref = TC_H_MAJ(reply->head.tcm_info) >> 16;
	struct emit *e = &p->emit;
	char text[NAMES_ROOM];

	if (protocol && protocol != p->protocol)
		emit_str(e, "protocol", "protocol ", names_protocol(protocol, text), " ");
	if (pref && pref != p->pref)
		emit_u64(e, "pref", "pref ", pref, " ");
	emit_str(e, key(ATTR_TC, TCA_KIND), "", reply->kind, " ");
	if (reply->tb[TCA_CHAIN] &&
	    !(p->has_chain && p->chain == attr_u32(reply->tb[TCA_CHAIN])))
		emit_u64(e, key(ATTR_TC, TCA_CHAIN), "chain ", attr_u32(reply->tb[TCA_CHAIN]), " ");
}

static int print_filter_options(struct print *p, const struct reply_tc *reply)
{
	char text[64];

	if (!strcmp(reply->kind, "bpf"))
		return print_bpf(p, reply);
	if (attr_len(reply->tb[TCA_OPTIONS])) {
		snprintf(text, sizeof(text), "fh %08x [Unknown filter, optlen=%u] ",
			 reply->head.tcm_handle, attr_len(reply->tb[TCA_OPTIONS]));
		emit_text(&p->emit, text);
	}
	return 0;
}

int print_filter(struct print *p, const struct reply_tc *reply)
{
	struct emit *e = &p->emit;
	int err = 0;

	emit_object(e, NULL);
	emit_text(e, "filter ");
	print_place(p, &reply->head);
	print_selectors(p, reply);
	if (reply->tb[TCA_OPTIONS]) {
		emit_object(e, key(ATTR_TC, TCA_OPTIONS));
		err = print_filter_options(p, reply);
		emit_object_end(e);
	}
	emit_text(e, "\n");
	if (!err)
		err = print_stats(p, reply);
	emit_object_end(e);
	return err;
}
