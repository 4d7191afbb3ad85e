// SPDX-License-Identifier: BSD-2-Clause
/* test_tcx.c - PROG_ATTACH, PROG_DETACH, PROG_QUERY and links at tcx hooks, against Linux.
 *
 * Both sides have the same devices, programs and links at the same places of a table. A step is one
 * call that names things by their places; handles and ids are each side's own. After every step the
 * answers are equal, and so is everything that a client can see: the lists of all hooks, their
 * revisions, what every link says of itself.
 *
 * `test_tcx STEPS [SEED]` goes on for longer than `make test` does.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/uapi.h"
#include "object/bpf_link.h"
#include "sched/sched.h"
#include "sides.h"
#include "wire/msg.h"

#define PROGS 72            /* more than a hook takes */
#define LINKS 12
#define DEVICES 2           /* lo; one end of a pair that comes and goes */
#define STEPS 6000
#define PHASE 1000
#define ATTR_SIZE 168
#define LIST_ROOM 70
#define FILL 0x55

struct table {
	struct side *side;
	int prog[PROGS], act;
	u32 prog_id[PROGS], act_id;
	int link[LINKS];        /* -1: none */
	u32 link_id[LINKS];
	u32 ifindex[DEVICES], was_ifindex;
};

static struct {
	struct sides sides;
	struct table table[2];  /* Linux, the engine */
	const char *why;
	u32 steps;
	u64 random;
	u64 revision[DEVICES][2];
	u32 count[DEVICES][2];
	u8 list[DEVICES][2][PROGS];  /* places of programs, as last seen */
	bool grow;              /* lists grow now */
	char step[256];         /* what the last one was, for messages */
} state;

static u32 chance(u32 below)
{
	state.random = state.random * 6364136223846793005u + 1442695040888963407u;
	return (u32)(state.random >> 33) % below;
}

/* ---- the world on both sides ---- */

static u32 object_id(struct side *side, int fd, u32 off)
{
	u32 info[64] = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = sizeof(info),
					  .info = ptr_u64(info) } };

	assert_int_equal(side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return info[off / 4];
}

static void request(struct table *t, struct msg *msg)
{
	assert_int_equal(msg_end(msg), 0);
	assert_int_equal(backend_rtnl(t->side->backend, msg_header(msg), NULL, NULL, NULL), 0);
	msg_free(msg);
}

static void *message(struct msg *msg, u16 type, u16 flags, size_t size)
{
	memset(msg, 0, sizeof(*msg));
	assert_int_equal(msg_begin(msg, type, NLM_F_REQUEST | NLM_F_ACK | flags, 1, (u32)size), 0);
	return msg_payload(msg);
}

static void device_add(struct table *t)
{
	struct engine *engine = backend_engine(t->side->backend);
	struct msg msg;
	u32 info;

	if (engine) {
		struct device *device;

		assert_int_equal(device_create_pair(engine, "tcx", "tcxpeer"), 0);
		sched_lock(engine);
		device = device_find_name(engine, "tcx");
		t->ifindex[1] = device->ifindex;
		sched_unlock(engine);
		return;
	}
	message(&msg, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	((struct ifinfomsg *)msg_payload(&msg))->ifi_index = (int)++t->was_ifindex;
	t->ifindex[1] = t->was_ifindex;
	msg_put_str(&msg, IFLA_IFNAME, "tcx");
	info = msg_nest(&msg, IFLA_LINKINFO);
	msg_put_str(&msg, IFLA_INFO_KIND, "veth");
	msg_nest_end(&msg, info);
	request(t, &msg);
	t->was_ifindex += 100;  /* its peer has taken one */
}

static void device_del(struct table *t)
{
	struct engine *engine = backend_engine(t->side->backend);
	struct msg msg;

	if (engine) {
		device_remove(device_find(engine, t->ifindex[1]));
		return;
	}
	message(&msg, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	((struct ifinfomsg *)msg_payload(&msg))->ifi_index = (int)t->ifindex[1];
	request(t, &msg);
}

/* Returns 0 or -errno: the same on both sides. */
static int clsact(struct table *t, u32 device, bool add)
{
	struct msg msg;
	struct tcmsg *tcm = message(&msg, add ? RTM_NEWQDISC : RTM_DELQDISC,
				    add ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*tcm));
	int err;

	tcm->tcm_ifindex = (int)t->ifindex[device];
	tcm->tcm_parent = TC_H_CLSACT;
	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	if (add)
		msg_put_str(&msg, TCA_KIND, "clsact");
	assert_int_equal(msg_end(&msg), 0);
	err = backend_rtnl(t->side->backend, msg_header(&msg), NULL, NULL, NULL);
	msg_free(&msg);
	return err;
}

static void table_open(struct table *t, struct side *side)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	t->side = side;
	for (u32 i = 0; i < PROGS; i++) {
		t->prog[i] = side_load(side, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		assert_true(t->prog[i] > 0);
		t->prog_id[i] = object_id(side, t->prog[i], 4);
	}
	t->act = side_load(side, BPF_PROG_TYPE_SCHED_ACT, insns, ARRAY_SIZE(insns));
	t->act_id = object_id(side, t->act, 4);
	for (u32 i = 0; i < LINKS; i++)
		t->link[i] = -1;
	t->ifindex[0] = 1;
	t->was_ifindex = 1000;
	device_add(t);
}

static void table_close(struct table *t)
{
	for (u32 i = 0; i < PROGS; i++)
		backend_close(t->side->backend, t->prog[i]);
	backend_close(t->side->backend, t->act);
	for (u32 i = 0; i < LINKS; i++)
		if (t->link[i] >= 0)
			backend_close(t->side->backend, t->link[i]);
}

/* ---- naming things by their places ---- */

enum what { NONE, A_PROG, THE_ACT, A_LINK, THE_MAP, NO_HANDLE };

struct thing {
	u8 what;
	u8 place;
};

static struct thing some_prog(void)
{
	u32 dice = chance(40);

	if (dice < 36)
		return (struct thing){ A_PROG, (u8)chance(PROGS) };
	return (struct thing){ (u8)(NONE + dice - 36 + (dice > 36)), (u8)chance(LINKS) };
}

static struct thing some_link(void)
{
	u32 dice = chance(16);

	if (dice < 14)
		return (struct thing){ A_LINK, (u8)chance(LINKS) };
	return (struct thing){ dice == 14 ? A_PROG : NO_HANDLE, (u8)chance(PROGS) };
}

static u32 thing_fd(const struct table *t, struct thing thing)
{
	switch ((enum what)thing.what) {
	case NONE:
		return 0;
	case A_PROG:
		return (u32)t->prog[thing.place];
	case THE_ACT:
		return (u32)t->act;
	case A_LINK:
		return t->link[thing.place] < 0 ? 1000 : (u32)t->link[thing.place];
	case THE_MAP:
		return (u32)t->side->map;
	case NO_HANDLE:
		return 1000;
	}
	return 0;
}

/* A program's id may be that of a link: each stands for "none such" in the other's place. */
static u32 thing_id(const struct table *t, struct thing thing, bool link)
{
	if (link && thing.what == A_LINK && t->link[thing.place] >= 0)
		return t->link_id[thing.place];
	if (!link && thing.what == A_PROG)
		return t->prog_id[thing.place];
	if (!link && thing.what == THE_ACT)
		return t->act_id;
	return thing.what == NONE ? 0 : 0x7fffff00u;
}

static u32 prog_place(const struct table *t, u32 id)
{
	for (u32 i = 0; i < PROGS; i++)
		if (t->prog_id[i] == id)
			return i;
	return 1000 + id;
}

static u32 link_place(const struct table *t, u32 id)
{
	for (u32 i = 0; i < LINKS; i++)
		if (t->link[i] >= 0 && t->link_id[i] == id)
			return i + 1;
	return id ? 1000 + id : 0;
}

static u32 device_place(const struct table *t, u32 ifindex)
{
	for (u32 i = 0; i < DEVICES; i++)
		if (t->ifindex[i] == ifindex)
			return i + 1;
	return ifindex ? 1000 + ifindex : 0;
}

/* ---- what a client sees ---- */

struct seen_list {
	int ret;
	u32 count, attach_flags;
	u64 revision;
	u32 words[4][LIST_ROOM];
};

struct seen_link {
	int ret;
	u32 type, prog, device, attach_type, rest;
};

static void remember(u32 device, u32 type, const struct seen_list *seen)
{
	u32 hook = type == ATTACH_TCX_EGRESS;

	state.revision[device][hook] = seen->revision;
	state.count[device][hook] = seen->count;
	for (u32 i = 0; i < seen->count && i < PROGS; i++)
		state.list[device][hook][i] = (u8)seen->words[0][i];
}

/* @room: entries of the client's arrays; @arrays: bit n, the array is there. */
static void look_list(const struct table *t, u32 device, u32 type, u32 room, u32 arrays,
		      struct seen_list *seen)
{
	static const u8 off[4] = { 16, 32, 40, 48 };
	u8 attr[ATTR_SIZE] = { 0 };

	memset(seen, FILL, sizeof(*seen));
	put_u32(attr, t->ifindex[device]);
	put_u32(attr + 4, type);
	put_u32(attr + 24, room);
	for (u32 i = 0; i < 4; i++)
		if (arrays & 1u << i)
			put_u64(attr + off[i], ptr_u64(seen->words[i]));
	seen->ret = side_bpf(t->side, BPF_PROG_QUERY, attr, ATTR_SIZE);
	seen->count = get_u32(attr + 24);
	seen->attach_flags = get_u32(attr + 12);
	seen->revision = get_u64(attr + 56);
	for (u32 i = 0; i < LIST_ROOM; i++) {
		if (seen->words[0][i] != FILL * 0x01010101u)
			seen->words[0][i] = prog_place(t, seen->words[0][i]);
		if (seen->words[2][i] != FILL * 0x01010101u)
			seen->words[2][i] = link_place(t, seen->words[2][i]);
	}
}

static void look_link(const struct table *t, u32 place, struct seen_link *seen)
{
	u32 info[LINK_INFO_SIZE / 4];
	union bpf_attr attr = { .info = { .bpf_fd = (u32)t->link[place], .info_len = sizeof(info),
					  .info = ptr_u64(info) } };

	memset(info, FILL, sizeof(info));
	memset(seen, 0, sizeof(*seen));
	seen->ret = side_bpf(t->side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	seen->type = info[0];
	assert_int_equal(info[1], t->link_id[place]);
	seen->prog = prog_place(t, info[2]);
	seen->device = device_place(t, info[4]);
	seen->attach_type = info[5];
	seen->rest = info[3] ^ info[6] ^ info[15];
}

static void compare_list(u32 device, u32 type, u32 room, u32 arrays)
{
	struct seen_list seen[2];

	for (u32 i = 0; i < 2; i++)
		look_list(&state.table[i], device, type, room, arrays, &seen[i]);
	if (!memcmp(&seen[0], &seen[1], sizeof(seen[0]))) {
		if (!seen[0].ret && room == LIST_ROOM)
			remember(device, type, &seen[0]);
		return;
	}
	for (u32 i = 0; i < 2; i++) {
		print_message("# %s: %d, count %u, flags %u, revision %llu:", state.table[i].side->name,
			      seen[i].ret, seen[i].count, seen[i].attach_flags,
			      (unsigned long long)seen[i].revision);
		for (u32 n = 0; n < seen[i].count && n < LIST_ROOM; n++)
			print_message(" %u/%u", seen[i].words[0][n], seen[i].words[2][n]);
		print_message("\n");
	}
	fail_msg("%s: the lists of device %u, type %u differ", state.step, device, type);
}

static void compare_everything(void)
{
	for (u32 device = 0; device < DEVICES; device++)
		for (u32 type = ATTACH_TCX_INGRESS; type <= ATTACH_TCX_EGRESS; type++)
			compare_list(device, type, LIST_ROOM, 15);
	for (u32 place = 0; place < LINKS; place++) {
		struct seen_link seen[2];

		if (state.table[0].link[place] < 0)
			continue;
		for (u32 i = 0; i < 2; i++)
			look_link(&state.table[i], place, &seen[i]);
		if (memcmp(&seen[0], &seen[1], sizeof(seen[0])))
			fail_msg("%s: link %u differs: program %u and %u, device %u and %u, %d and %d",
				 state.step, place, seen[0].prog, seen[1].prog, seen[0].device,
				 seen[1].device, seen[0].ret, seen[1].ret);
	}
}

/* ---- steps ---- */

/* Where and how, for a call that attaches or detaches. */
struct where {
	u32 device, type, flags;
	struct thing prog, replace, relative;
	u64 revision;
};

static u32 some_flags(void)
{
	static const u32 bits[] = { ATTACH_REPLACE, ATTACH_BEFORE, ATTACH_AFTER, ATTACH_ID,
				    ATTACH_LINK };
	u32 flags = 0;

	/* Mostly few at once: more of them are an error. */
	for (u32 n = chance(4); n; n--)
		flags |= bits[chance(ARRAY_SIZE(bits))];
	return chance(40) ? flags : flags | 1u << chance(32);
}

/* Mostly one that is attached there. */
static struct thing some_attached(const struct where *w)
{
	u32 hook = w->type == ATTACH_TCX_EGRESS, count = state.count[w->device][hook];

	if (!count || !chance(4))
		return some_prog();
	return (struct thing){ A_PROG, state.list[w->device][hook][chance(count)] };
}

static struct where some_where(void)
{
	/* One list becomes full while lists grow. */
	struct where w = { .device = state.grow ? !chance(8) : chance(DEVICES), .flags = some_flags() };

	w.type = ATTACH_TCX_INGRESS + (state.grow ? !chance(8) : chance(2));
	w.prog = some_prog();
	w.replace = some_attached(&w);
	w.relative = w.flags & ATTACH_LINK ? some_link() : some_attached(&w);
	if (chance(3) && !(w.flags & (ATTACH_ID | ATTACH_LINK)))
		w.relative.what = NONE;
	if (!chance(40))
		w.device = DEVICES + chance(2);
	if (!chance(30))
		w.type = chance(70);
	if (!chance(state.grow ? 20 : 6))
		w.revision = state.revision[w.device % DEVICES][w.type == ATTACH_TCX_EGRESS] +
			     (chance(3) ? 0 : chance(5));
	return w;
}

static u32 where_ifindex(const struct table *t, const struct where *w)
{
	return w->device < DEVICES ? t->ifindex[w->device] : w->device == DEVICES ? 0 : 0xfffffu;
}

static u32 where_relative(const struct table *t, const struct where *w)
{
	return w->flags & ATTACH_ID ? thing_id(t, w->relative, w->flags & ATTACH_LINK)
				    : thing_fd(t, w->relative);
}

static void say(const char *what, const struct where *w)
{
	snprintf(state.step, sizeof(state.step),
		 "%s device %u type %u flags 0x%x prog %u/%u replace %u/%u relative %u/%u rev %llu", what,
		 w->device, w->type, w->flags, w->prog.what, w->prog.place, w->replace.what,
		 w->replace.place, w->relative.what, w->relative.place,
		 (unsigned long long)w->revision);
}

static bool unsupported(int theirs, int ours)
{
	return ours == -EOPNOTSUPP && theirs != ours &&
	       *backend_message(state.table[1].side->backend);
}

static void compare_answers(int theirs, int ours)
{
	if (theirs != ours && !unsupported(theirs, ours))
		fail_msg("%s: Linux %d, the engine %d (%s)", state.step, theirs, ours,
			 backend_message(state.table[1].side->backend));
}

static void step_attach(int cmd)
{
	struct where w = some_where();
	int ret[2];

	if (cmd == BPF_PROG_DETACH)
		w.prog = chance(3) ? w.replace : (struct thing){ NONE, 0 };
	say(cmd == BPF_PROG_ATTACH ? "attach" : "detach", &w);
	for (u32 i = 0; i < 2; i++) {
		const struct table *t = &state.table[i];
		u8 attr[ATTR_SIZE] = { 0 };

		put_u32(attr, where_ifindex(t, &w));
		put_u32(attr + 4, thing_fd(t, w.prog));
		put_u32(attr + 8, w.type);
		put_u32(attr + 12, w.flags);
		put_u32(attr + 16, thing_fd(t, w.replace));
		put_u32(attr + 20, where_relative(t, &w));
		put_u64(attr + 24, w.revision);
		ret[i] = side_bpf(t->side, cmd, attr, ATTR_SIZE);
	}
	/* Handle 0 of a process is open as a rule, the engine's never. */
	if (ret[0] == -EINVAL && ret[1] == -EBADF)
		ret[1] = ret[0];
	compare_answers(ret[0], ret[1]);
}

static void step_link_create(void)
{
	struct where w = some_where();
	u32 place = chance(LINKS);
	int ret[2];

	if (state.table[0].link[place] >= 0)
		return;
	say("link", &w);
	for (u32 i = 0; i < 2; i++) {
		struct table *t = &state.table[i];
		u8 attr[ATTR_SIZE] = { 0 };

		put_u32(attr, thing_fd(t, w.prog));
		put_u32(attr + 4, where_ifindex(t, &w));
		put_u32(attr + 8, w.type);
		put_u32(attr + 12, w.flags);
		put_u32(attr + 16, where_relative(t, &w));
		put_u64(attr + 24, w.revision);
		ret[i] = side_bpf(t->side, BPF_LINK_CREATE, attr, ATTR_SIZE);
		if (ret[i] > 0) {
			t->link[place] = ret[i];
			t->link_id[place] = object_id(t->side, ret[i], 4);
			ret[i] = 0;
		}
	}
	if (ret[0] == -EINVAL && ret[1] == -EBADF)
		ret[1] = ret[0];
	compare_answers(ret[0], ret[1]);
}

static void step_link_update(void)
{
	u32 flags = chance(20) ? chance(2) * BPF_F_REPLACE : 1u << chance(32);
	struct thing link = some_link(), prog = some_prog(), old = some_prog();
	int ret[2];

	if (!(flags & BPF_F_REPLACE) && chance(4))
		old.what = NONE;
	if (chance(2) && link.what == A_LINK && state.table[0].link[link.place] >= 0) {
		struct seen_link seen;

		look_link(&state.table[0], link.place, &seen);
		old = (struct thing){ flags & BPF_F_REPLACE ? A_PROG : NONE, (u8)seen.prog };
	}
	snprintf(state.step, sizeof(state.step), "update link %u/%u to %u/%u from %u/%u flags 0x%x",
		 link.what, link.place, prog.what, prog.place, old.what, old.place, flags);
	for (u32 i = 0; i < 2; i++) {
		const struct table *t = &state.table[i];
		union bpf_attr attr = { .link_update = {
			.link_fd = thing_fd(t, link), .new_prog_fd = thing_fd(t, prog),
			.flags = flags, .old_prog_fd = thing_fd(t, old),
		} };

		ret[i] = side_bpf(t->side, BPF_LINK_UPDATE, &attr, sizeof(attr));
	}
	if (ret[0] == -EINVAL && ret[1] == -EBADF)
		ret[1] = ret[0];
	compare_answers(ret[0], ret[1]);
}

/* Detach a link, or close it. */
static void step_link_end(bool close)
{
	struct thing link = close ? (struct thing){ A_LINK, (u8)chance(LINKS) } : some_link();
	int ret[2] = { 0, 0 };

	if (close && state.table[0].link[link.place] < 0)
		return;
	snprintf(state.step, sizeof(state.step), "%s link %u/%u", close ? "close" : "detach", link.what,
		 link.place);
	for (u32 i = 0; i < 2; i++) {
		struct table *t = &state.table[i];
		union bpf_attr attr = { .link_detach = { .link_fd = thing_fd(t, link) } };

		if (close) {
			backend_close(t->side->backend, t->link[link.place]);
			t->link[link.place] = -1;
		} else {
			ret[i] = side_bpf(t->side, BPF_LINK_DETACH, &attr, sizeof(attr));
		}
	}
	compare_answers(ret[0], ret[1]);
}

static void step_clsact(void)
{
	u32 device = chance(DEVICES);
	bool add = chance(2);
	int ret[2];

	snprintf(state.step, sizeof(state.step), "clsact %s device %u", add ? "to" : "off", device);
	for (u32 i = 0; i < 2; i++)
		ret[i] = clsact(&state.table[i], device, add);
	compare_answers(ret[0], ret[1]);
}

/* The device goes; a new one has another ifindex. What was attached to it is attached nowhere. */
static void step_device(void)
{
	struct seen_list seen[2];

	snprintf(state.step, sizeof(state.step), "device goes");
	for (u32 i = 0; i < 2; i++) {
		device_del(&state.table[i]);
		look_list(&state.table[i], 1, ATTACH_TCX_INGRESS, LIST_ROOM, 15, &seen[i]);
	}
	assert_int_equal(seen[0].ret, -ENODEV);
	assert_int_equal(seen[1].ret, -ENODEV);
	for (u32 i = 0; i < 2; i++)
		device_add(&state.table[i]);
}

/* With what the client does not want, or has no room for. */
static void step_query(void)
{
	snprintf(state.step, sizeof(state.step), "query");
	compare_list(chance(DEVICES), ATTACH_TCX_INGRESS + chance(2), chance(LIST_ROOM), chance(16));
}

/* Lists grow and shrink by turns, so that both their ends are met. */
static void step(u32 number)
{
	u32 dice = chance(100);

	state.grow = number / PHASE % 2 == 0;
	if (dice < (state.grow ? 57u : 15u))
		step_attach(BPF_PROG_ATTACH);
	else if (dice < 60)
		step_attach(BPF_PROG_DETACH);
	else if (dice < 74)
		step_link_create();
	else if (dice < 82)
		step_link_update();
	else if (dice < 85)
		step_link_end(false);
	else if (dice < 91)
		step_link_end(true);
	else if (dice < 95)
		step_clsact();
	else if (dice < 99 || state.grow)
		step_query();
	else
		step_device();
}

static void test_steps(void **ctx)
{
	for (u32 number = 0; number < state.steps; number++) {
		step(number);
		compare_everything();
	}
	print_message("# %u steps\n", state.steps);
}

/* Where each command's part of the attribute ends: bytes set one at a time, in a call that fails. */
static void test_ends(void **ctx)
{
	static const struct {
		int cmd;
		u32 word[3];
	} calls[] = {
		{ BPF_PROG_ATTACH, { 1, 1000, ATTACH_TCX_INGRESS } },
		{ BPF_PROG_DETACH, { 1, 1000, ATTACH_TCX_INGRESS } },
		{ BPF_PROG_QUERY, { 0xfffff, ATTACH_TCX_INGRESS, 0 } },
		{ BPF_LINK_CREATE, { 1000, 1, ATTACH_TCX_INGRESS } },
		{ BPF_LINK_UPDATE, { 1000, 1000, 0 } },
		{ BPF_LINK_DETACH, { 1000, 0, 0 } },
	};

	for (u32 c = 0; c < ARRAY_SIZE(calls); c++)
		for (u32 byte = 0; byte < ATTR_SIZE; byte++) {
			int ret[2];

			snprintf(state.step, sizeof(state.step), "command %d, byte %u", calls[c].cmd, byte);
			for (u32 i = 0; i < 2; i++) {
				u8 attr[ATTR_SIZE] = { 0 };

				memcpy(attr, calls[c].word, sizeof(calls[c].word));
				attr[byte] |= 0x80;
				ret[i] = side_bpf(state.table[i].side, calls[c].cmd, attr, ATTR_SIZE);
			}
			compare_answers(ret[0], ret[1]);
		}
}

/* One call on both sides that names an attach type and a program. */
static void type_compare(int cmd, u32 type, struct thing thing)
{
	int ret[2];

	snprintf(state.step, sizeof(state.step), "command %d, type %u, program %u", cmd, type,
		 thing.what);
	for (u32 i = 0; i < 2; i++) {
		u32 fd = thing_fd(&state.table[i], thing);
		u32 attr[ATTR_SIZE / 4] = { 1, fd, type };

		if (cmd == BPF_LINK_CREATE)
			attr[0] = fd, attr[1] = 1;
		if (cmd == BPF_PROG_QUERY)
			attr[1] = type, attr[2] = 0;
		ret[i] = side_bpf(state.table[i].side, cmd, attr, ATTR_SIZE);
	}
	compare_answers(ret[0], ret[1]);
}

static void test_types(void **ctx)
{
	static const int calls[] = { BPF_PROG_ATTACH, BPF_PROG_DETACH, BPF_PROG_QUERY, BPF_LINK_CREATE };
	static const struct thing programs[] = { { A_PROG, 0 }, { THE_ACT, 0 }, { NO_HANDLE, 0 } };

	for (u32 type = 0; type < 300; type++)
		for (u32 c = 0; c < ARRAY_SIZE(calls); c++)
			for (u32 p = 0; p < ARRAY_SIZE(programs); p++)
				if (type != ATTACH_TCX_INGRESS && type != ATTACH_TCX_EGRESS)
					type_compare(calls[c], type, programs[p]);
}

static u32 attached_to_lo(struct table *t)
{
	struct seen_list seen;

	look_list(t, 0, ATTACH_TCX_INGRESS, LIST_ROOM, 15, &seen);
	return seen.count;
}

static int link_to_lo(struct table *t)
{
	union bpf_attr attr = { .link_create = { .prog_fd = (u32)t->prog[0], .target_ifindex = 1,
						 .attach_type = ATTACH_TCX_INGRESS } };

	return side_bpf(t->side, BPF_LINK_CREATE, &attr, sizeof(attr));
}

/* A pin keeps a link attached, another handle too; with the last of them it leaves. */
static void link_lives(struct table *t)
{
	u8 *name = t->side->arena + AT_NO_PATH;
	int fd = link_to_lo(t), again, by_id;
	union bpf_attr pin = { .pathname = ptr_u64(name), .bpf_fd = (u32)fd };
	union bpf_attr get = { .pathname = ptr_u64(name) };
	union bpf_attr find = { .link_id = object_id(t->side, fd, 4) };

	assert_true(fd > 0);
	assert_int_equal(side_bpf(t->side, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
	backend_close(t->side->backend, fd);
	assert_int_equal(attached_to_lo(t), 1);
	again = side_bpf(t->side, BPF_OBJ_GET, &get, sizeof(get));
	assert_int_equal(object_id(t->side, again, 4), find.link_id);
	side_refresh_pins(t->side);
	by_id = side_bpf(t->side, BPF_LINK_GET_FD_BY_ID, &find, sizeof(find));
	assert_true(by_id > 0);
	backend_close(t->side->backend, again);
	assert_int_equal(attached_to_lo(t), 1);
	backend_close(t->side->backend, by_id);
	assert_int_equal(attached_to_lo(t), 0);
	assert_int_equal(side_bpf(t->side, BPF_LINK_GET_FD_BY_ID, &find, sizeof(find)), -ENOENT);
}

static void test_lives(void **ctx)
{
	if (state.sides.pins)
		link_lives(&state.table[0]);
	link_lives(&state.table[1]);
}

/* An engine ends with a link that is pinned still. */
static void test_engine_ends(void **ctx)
{
	static const char path[] = "/sys/fs/bpf/kept";
	struct side side = { .name = "another engine" };
	struct table t = { .side = &side };
	union bpf_attr pin = { .pathname = ptr_u64(path) };

	assert_int_equal(backend_engine_create(NULL, &side.backend), 0);
	table_open(&t, &side);
	pin.bpf_fd = (u32)link_to_lo(&t);
	assert_int_equal(side_bpf(&side, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
	table_close(&t);
	backend_close(side.backend, (int)pin.bpf_fd);
	assert_int_equal(attached_to_lo(&t), 1);
	backend_destroy(side.backend);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends), cmocka_unit_test(test_types),
		cmocka_unit_test(test_lives), cmocka_unit_test(test_steps),
		cmocka_unit_test(test_engine_ends),
	};
	int ret = sides_open(&state.sides, &state.why);

	if (ret < 0)
		return 1;
	state.steps = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : STEPS;
	state.random = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (ret) {
		sides_skip(tests, ARRAY_SIZE(tests), state.why);
	} else {
		table_open(&state.table[0], &state.sides.linux_side);
		table_open(&state.table[1], &state.sides.engine);
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("tcx", tests, NULL, NULL);
	if (!state.why) {
		table_close(&state.table[0]);
		table_close(&state.table[1]);
	}
	sides_close(&state.sides);
	return ret;
}
