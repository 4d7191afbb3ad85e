// SPDX-License-Identifier: BSD-2-Clause
/* world.c - making the devices of world.h, and looking at them. */
#include "world.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/veth.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "object/bpf_link.h"
#include "sched/cls_bpf.h"
#include "sched/clsact.h"
#include "sched/device.h"
#include "sched/sched.h"
#include "wire/msg.h"

#define MAGIC "clsbpf-world"
#define RECORD 64

static const u16 recorded[] = { 44, 32, 8, 24, 16, 4 };

static void device_mac(u32 device, u8 *mac)
{
	memset(mac, 0, 6);
	mac[0] = 2;
	mac[5] = (u8)(0xa0 + device);
}

u32 world_frame(u8 *out, u16 protocol, u16 tag)
{
	u32 n = 12;

	memset(out, 0, WORLD_FRAME);
	device_mac(DEV_B, out);
	device_mac(DEV_A, out + 6);
	if (tag) {
		put_be16(out + n, ETH_P_8021Q);
		put_be16(out + n + 2, tag);
		n += 4;
	}
	put_be16(out + n, protocol);
	if (protocol == ETH_P_IP)
		out[n + 2] = 0x45;
	else if (protocol == ETH_P_IPV6)
		out[n + 2] = 0x60;
	memcpy(out + WORLD_FRAME - sizeof(MAGIC), MAGIC, sizeof(MAGIC));
	return WORLD_FRAME;
}

/* ---- programs ---- */

struct code {
	struct bpf_insn insn[128];
	u32 count;
};

static void put(struct code *c, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	c->insn[c->count++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15,
						 .src_reg = src & 15, .off = off, .imm = imm };
}

static void put_store(struct code *c, s16 field, u32 value)
{
	put(c, BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, (s32)value);
	put(c, BPF_STX | BPF_MEM | BPF_W, 6, 1, field, 0);
}

static int load(struct world *w, const struct code *c)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(c->insn),
				.insn_cnt = c->count, .license = ptr_u64("GPL") };

	return backend_bpf(w->backend, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static s32 target(const struct world *w, u8 device)
{
	return device == NOWHERE ? 1000000 : (s32)w->ifindex[device - 1];
}

int world_prog(struct world *w, const struct prog_spec *spec)
{
	struct code c = { .count = 0 };

	put(&c, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	if (spec->mark_class) {
		put(&c, BPF_LDX | BPF_MEM | BPF_W, 1, 6, offsetof(struct __sk_buff, tc_classid), 0);
		put(&c, BPF_STX | BPF_MEM | BPF_W, 6, 1, offsetof(struct __sk_buff, mark), 0);
	}
	if (spec->classid)
		put_store(&c, offsetof(struct __sk_buff, tc_classid), spec->classid);
	if (spec->mark)
		put_store(&c, offsetof(struct __sk_buff, mark), spec->mark);
	if (spec->priority)
		put_store(&c, offsetof(struct __sk_buff, priority), spec->priority);
	if (spec->push) {
		put(&c, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, be16(ETH_P_8021Q));
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, (s32)spec->push);
		put(&c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_vlan_push);
	}
	if (spec->clone) {
		put(&c, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, target(w, spec->clone));
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, spec->flags);
		put(&c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_clone_redirect);
	}
	if (spec->redirect) {
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, target(w, spec->redirect));
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, spec->flags);
		put(&c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect);
	}
	if (!spec->redirect || spec->keep)
		put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, spec->code);
	put(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return load(w, &c);
}

/* Counts frames that carry the magic word, notes the last one's context, decides nothing. */
static int recorder_prog(struct world *w, int map)
{
	struct code c = { .count = 0 };

	put(&c, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put(&c, BPF_LD | BPF_IMM | BPF_DW, 7, BPF_PSEUDO_MAP_VALUE, 0, map);
	put(&c, 0, 0, 0, 0, 0);
	put(&c, BPF_LDX | BPF_MEM | BPF_W, 1, 7, 0, 0);
	put(&c, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1);
	put(&c, BPF_STX | BPF_MEM | BPF_W, 7, 1, 0, 0);
	for (u32 i = 0; i < ARRAY_SIZE(recorded); i++) {
		put(&c, BPF_LDX | BPF_MEM | BPF_W, 1, 6, (s16)recorded[i], 0);
		put(&c, BPF_STX | BPF_MEM | BPF_W, 7, 1, (s16)(4 + 4 * i), 0);
	}
	put(&c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, TC_ACT_UNSPEC);
	put(&c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return load(w, &c);
}

/* ---- filters: Linux by rtnetlink, the engine by its own functions ---- */

static int request(struct world *w, struct msg *msg)
{
	int err = msg_end(msg);

	if (!err)
		err = backend_rtnl(w->backend, msg_header(msg), NULL, NULL, NULL);
	msg_free(msg);
	return err;
}

static int tc_begin(struct world *w, struct msg *msg, u16 type, u16 flags, u32 device, u32 parent,
		    u32 info)
{
	struct tcmsg *tcm;

	memset(msg, 0, sizeof(*msg));
	assert_int_equal(msg_begin(msg, type, NLM_F_REQUEST | NLM_F_ACK | flags, 1, sizeof(*tcm)), 0);
	tcm = msg_payload(msg);
	tcm->tcm_ifindex = (int)w->ifindex[device];
	tcm->tcm_parent = parent;
	tcm->tcm_info = info;
	return 0;
}

static u16 filter_protocol(const struct filter_spec *spec)
{
	return be16(spec->protocol ? spec->protocol : ETH_P_ALL);
}

static u32 filter_parent(const struct filter_spec *spec)
{
	return TC_H_MAKE(TC_H_CLSACT, spec->ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static int linux_filter(struct world *w, const struct filter_spec *spec, int prog)
{
	struct msg msg;
	u32 nest;

	tc_begin(w, &msg, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, spec->device, filter_parent(spec),
		 TC_H_MAKE((u32)spec->pref << 16, filter_protocol(spec)));
	msg_put_str(&msg, TCA_KIND, "bpf");
	nest = msg_nest(&msg, TCA_OPTIONS);
	msg_put_u32(&msg, TCA_BPF_FD, (u32)prog);
	if (spec->classid)
		msg_put_u32(&msg, TCA_BPF_CLASSID, spec->classid);
	msg_put_u32(&msg, TCA_BPF_FLAGS, spec->class_mode ? 0 : TCA_BPF_FLAG_ACT_DIRECT);
	msg_nest_end(&msg, nest);
	return request(w, &msg);
}

static u32 prog_id(struct world *w, int prog)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)prog, .info_len = sizeof(info),
					  .info = ptr_u64(&info) } };

	assert_int_equal(backend_bpf(w->backend, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return info.id;
}

static struct chain *engine_chain(struct world *w, const struct filter_spec *spec)
{
	struct device *device = device_find(backend_engine(w->backend), w->ifindex[spec->device]);

	return clsact_chain(clsact_of(device), filter_parent(spec));
}

static int engine_filter(struct world *w, const struct filter_spec *spec, int prog)
{
	struct engine *engine = backend_engine(w->backend);
	struct object *object = object_find(engine, OBJECT_PROG, prog_id(w, prog));
	struct cls_bpf_spec cls = { .classid = spec->classid,
				    .flags = spec->class_mode ? 0 : TCA_BPF_FLAG_ACT_DIRECT };
	struct cls_bpf *filter;
	struct chain *chain;
	struct tp *tp;
	int err;

	assert_non_null(object);
	object_get(object);
	object_put_user(object);
	cls.prog = prog_of(object);
	sched_lock(engine);
	chain = engine_chain(w, spec);
	err = chain_find(chain, spec->pref, filter_protocol(spec), &tp);
	if (!err && !tp)
		err = chain_add_tp(chain, spec->pref, filter_protocol(spec), &tp);
	if (!err)
		err = cls_bpf_add(chain, tp, &cls, &filter);
	sched_unlock(engine);
	if (err)
		object_put(object);
	return err;
}

static int tcx(struct world *w, int cmd, const struct filter_spec *spec, int prog)
{
	union bpf_attr attr = { .target_fd = w->ifindex[spec->device], .attach_bpf_fd = (u32)prog,
				.attach_type = spec->ingress ? ATTACH_TCX_INGRESS : ATTACH_TCX_EGRESS };

	return backend_bpf(w->backend, cmd, &attr, sizeof(attr));
}

int world_attach(struct world *w, const struct filter_spec *spec, int prog)
{
	if (spec->tcx)
		return tcx(w, BPF_PROG_ATTACH, spec, prog);
	return w->is_linux ? linux_filter(w, spec, prog) : engine_filter(w, spec, prog);
}

int world_filter(struct world *w, const struct filter_spec *spec)
{
	int prog = world_prog(w, &spec->prog), err;

	if (prog < 0)
		return prog;
	err = world_attach(w, spec, prog);
	backend_close(w->backend, prog);
	return err;
}

static int engine_unfilter(struct world *w, const struct filter_spec *spec)
{
	struct engine *engine = backend_engine(w->backend);
	struct chain *chain;
	struct tp *tp;
	int err;

	sched_lock(engine);
	chain = engine_chain(w, spec);
	err = chain_find(chain, spec->pref, 0, &tp);
	if (!err)
		err = tp ? chain_remove_tp(chain, tp) : -ENOENT;
	sched_unlock(engine);
	return err;
}

int world_unfilter(struct world *w, const struct filter_spec *spec)
{
	struct msg msg;

	if (spec->tcx)
		return tcx(w, BPF_PROG_DETACH, spec, 0);
	if (!w->is_linux)
		return engine_unfilter(w, spec);
	tc_begin(w, &msg, RTM_DELTFILTER, 0, spec->device, filter_parent(spec),
		 TC_H_MAKE((u32)spec->pref << 16, filter_protocol(spec)));
	return request(w, &msg);
}

/* ---- devices ---- */

static const char *const names[WORLD_DEVICES] = { "a", "b", "c", "d" };

static void link_put(struct msg *msg, u32 device)
{
	u8 mac[6];

	device_mac(device, mac);
	msg_put_str(msg, IFLA_IFNAME, names[device]);
	msg_put(msg, IFLA_ADDRESS, mac, sizeof(mac));
}

/* A peer's link message is an attribute with a header of its own in front of its attributes. */
static int linux_pair(struct world *w, u32 device)
{
	struct ifinfomsg peer = { 0 };
	u32 linkinfo, data, nest;
	struct msg msg = { 0 };

	assert_int_equal(msg_begin(&msg, RTM_NEWLINK,
				   NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 1,
				   sizeof(peer)), 0);
	link_put(&msg, device);
	linkinfo = msg_nest(&msg, IFLA_LINKINFO);
	msg_put_str(&msg, IFLA_INFO_KIND, "veth");
	data = msg_nest(&msg, IFLA_INFO_DATA);
	nest = msg_nest(&msg, VETH_INFO_PEER);
	memcpy(msg.bytes + msg.len, &peer, sizeof(peer));
	msg.len += sizeof(peer);
	link_put(&msg, device + 1);
	msg_nest_end(&msg, nest);
	msg_nest_end(&msg, data);
	msg_nest_end(&msg, linkinfo);
	return request(w, &msg);
}

static int linux_up(struct world *w, u32 device)
{
	struct msg msg = { 0 };

	assert_int_equal(msg_begin(&msg, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1,
				   sizeof(struct ifinfomsg)), 0);
	*(struct ifinfomsg *)msg_payload(&msg) = (struct ifinfomsg){
		.ifi_index = (int)w->ifindex[device], .ifi_flags = IFF_UP, .ifi_change = IFF_UP,
	};
	return request(w, &msg);
}

static int linux_clsact(struct world *w, u32 device)
{
	struct msg msg;

	tc_begin(w, &msg, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, device, TC_H_CLSACT, 0);
	((struct tcmsg *)msg_payload(&msg))->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	msg_put_str(&msg, TCA_KIND, "clsact");
	return request(w, &msg);
}

static int linux_socket(struct world *w, u32 device)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = be16(ETH_P_IP),
				  .sll_ifindex = (int)w->ifindex[device] };

	w->socket[device] = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, be16(ETH_P_IP));
	return w->socket[device] < 0 ? -errno : bind(w->socket[device], (void *)&at, sizeof(at));
}

/* <net/if.h> and <linux/if.h> do not go together. */
static u32 linux_ifindex(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	strcpy(request.ifr_name, name);
	err = ioctl(fd, SIOCGIFINDEX, &request);
	close(fd);
	return err ? 0 : (u32)request.ifr_ifindex;
}

static int linux_devices(struct world *w)
{
	int err = linux_pair(w, DEV_A);

	if (!err)
		err = linux_pair(w, DEV_C);
	for (u32 i = 0; !err && i < WORLD_DEVICES; i++) {
		w->ifindex[i] = linux_ifindex(names[i]);
		err = linux_up(w, i);
		if (!err)
			err = linux_clsact(w, i);
		if (!err)
			err = linux_socket(w, i);
	}
	return err;
}

/* The engine's pairs, with somebody behind them. */
static void deliver(struct worker *worker, struct device *device, struct packet *packet)
{
	struct world *w = device->ctx;

	for (u32 i = 0; i < WORLD_DEVICES; i++)
		if (w->ifindex[i] == device->ifindex && packet->ctx.protocol == be16(ETH_P_IP))
			w->delivered[i]++;
	worker_packet_put(worker, packet);
}

static int engine_devices(struct world *w)
{
	static struct device_ops ops;
	struct engine *engine = backend_engine(w->backend);
	int err = device_create_pair(engine, "a", "b");

	if (!err)
		err = device_create_pair(engine, "c", "d");
	if (!err)
		err = worker_create(engine, 0, &w->worker);
	for (u32 i = 0; !err && i < WORLD_DEVICES; i++) {
		struct device *device;

		sched_lock(engine);
		device = device_find_name(engine, names[i]);
		ops = *device->ops;
		ops.deliver = deliver;
		device->ops = &ops;
		device->ctx = w;
		device_mac(i, device->mac);
		w->ifindex[i] = device->ifindex;
		err = clsact_create(device);
		sched_unlock(engine);
	}
	return err;
}

static int recorder_attach(struct world *w, u32 device)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = RECORD,
				.max_entries = 1 };
	struct filter_spec spec = { .device = (u8)device, .ingress = 1, .pref = 1,
				    .protocol = 0 };
	int prog, err;

	w->recorder[device] = backend_bpf(w->backend, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (w->recorder[device] < 0)
		return w->recorder[device];
	prog = recorder_prog(w, w->recorder[device]);
	if (prog < 0)
		return prog;
	err = world_attach(w, &spec, prog);
	backend_close(w->backend, prog);
	return err;
}

/* Nobody but this test sends anything there. */
static bool quiet_namespace(void)
{
	FILE *file;

	if (unshare(CLONE_NEWNET))
		return false;
	file = fopen("/proc/sys/net/ipv6/conf/default/disable_ipv6", "we");
	if (file) {
		fputs("1", file);
		fclose(file);
	}
	return true;
}

int world_open(struct world *w, bool is_linux, const char **why)
{
	const struct engine_config config = { .cpus = 4 };
	int err;

	memset(w, 0, sizeof(*w));
	w->is_linux = is_linux;
	for (u32 i = 0; i < WORLD_DEVICES; i++)
		w->socket[i] = w->recorder[i] = -1;
	w->settle_ms = WORLD_SETTLE_MS;
	*why = "not root: Linux cannot be asked";
	if (is_linux && geteuid())
		return 1;
	*why = "no network namespace of our own";
	if (is_linux && !quiet_namespace())
		return 1;
	*why = "no backend, or no devices";
	err = is_linux ? backend_kernel_create(&w->backend) :
			 backend_engine_create(&config, &w->backend);
	if (!err)
		err = is_linux ? linux_devices(w) : engine_devices(w);
	for (u32 i = 0; !err && i < WORLD_DEVICES; i++)
		err = recorder_attach(w, i);
	return err ? 1 : 0;
}

void world_close(struct world *w)
{
	if (!w->backend)
		return;
	for (u32 i = 0; i < WORLD_DEVICES; i++) {
		if (w->socket[i] >= 0)
			close(w->socket[i]);
		if (w->recorder[i] >= 0)
			backend_close(w->backend, w->recorder[i]);
	}
	worker_destroy(w->worker);
	backend_destroy(w->backend);
}

/* ---- sending and looking ---- */

static void record_exchange(struct world *w, u32 device, int cmd, u32 *value)
{
	u32 key = 0;
	union bpf_attr attr = { .map_fd = (u32)w->recorder[device], .key = ptr_u64(&key),
				.value = ptr_u64(value) };

	assert_int_equal(backend_bpf(w->backend, cmd, &attr, sizeof(attr)), 0);
}

static void linux_send(struct world *w, u32 device, const u8 *frame, u32 len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)w->ifindex[device] };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	/* A filter that drops makes it fail. */
	(void)!sendto(fd, frame, len, 0, (void *)&to, sizeof(to));
	close(fd);
	(void)poll(NULL, 0, w->settle_ms);
	for (u32 i = 0; i < WORLD_DEVICES; i++) {
		u8 got[256];
		ssize_t n;

		while ((n = recv(w->socket[i], got, sizeof(got), 0)) > 0)
			w->delivered[i] += memmem(got, (size_t)n, MAGIC, sizeof(MAGIC)) != NULL;
	}
}

static void engine_send(struct world *w, u32 ifindex, const u8 *frame, u32 len)
{
	struct engine *engine = backend_engine(w->backend);
	struct verdict verdict;
	struct packet *packet;

	assert_int_equal(worker_packet_get(w->worker, &packet), 0);
	assert_int_equal(packet_fill(packet, frame, len, true, NULL), 0);
	reclaim_enter(engine->reclaim, w->worker->slot);
	sched_egress(w->worker, device_find(engine, ifindex), packet, &verdict);
	reclaim_exit(engine->reclaim, w->worker->slot);
	assert_int_equal(w->worker->depth, 0);
}

void world_send(struct world *w, u32 device, const u8 *frame, u32 len, char *text, size_t room)
{
	u32 value[RECORD / 4] = { 0 };
	size_t n = 0;

	for (u32 i = 0; i < WORLD_DEVICES; i++) {
		record_exchange(w, i, BPF_MAP_UPDATE_ELEM, value);
		w->delivered[i] = 0;
	}
	if (w->is_linux)
		linux_send(w, device, frame, len);
	else
		engine_send(w, w->ifindex[device], frame, len);
	text[0] = '\0';
	for (u32 i = 0; i < WORLD_DEVICES; i++) {
		record_exchange(w, i, BPF_MAP_LOOKUP_ELEM, value);
		for (u32 times = min_u32(value[0], 3); times && n < room; times--)
			n += (size_t)snprintf(text + n, room - n, "%s%s", n ? " " : "", names[i]);
		if (value[0] && n < room)
			n += (size_t)snprintf(text + n, room - n,
					      "(index %x prio %x mark %x tag %x proto %04x type %u)",
					      value[1], value[2], value[3], value[4],
					      be16((u16)value[5]), value[6]);
		for (u32 times = w->delivered[i]; times && n < room; times--)
			n += (size_t)snprintf(text + n, room - n, " %s!", names[i]);
		memset(value, 0, sizeof(value));
	}
}
