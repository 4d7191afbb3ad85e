// SPDX-License-Identifier: BSD-2-Clause
/* sound.c - see sound.h. */
#include "sound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "object/object.h"
#include "packet/packet.h"
#include "run/state.h"
#include "verify/claims.h"
#include "verify/verify.h"

#define LONG_RUN 100000    /* steps: no more runs of such a program */
#define MAPS_KEPT 300
#define PACKET_ROOM 2048

struct sound {
	struct both both;
	struct exec *exec;
	struct packet *packet;
	struct claims claims;
	u64 random;
	u8 bytes[PACKET_ROOM];
	u32 last;              /* instruction before, or UINT32_MAX */
	struct sound_tally tally;
	bool wrong;
	char why[256];
};

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 16 ^ *state << 40;
}

/* Mostly numbers at the edges of something. */
static u64 edge(struct sound *w)
{
	static const u64 edges[] = { 0, 1, UINT64_MAX, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, INT32_MAX, 0x80000000,
				     UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63, 14, 64, 4096 };
	u64 r = next_random(&w->random);

	if (r & 1)
		return edges[(r >> 8) % ARRAY_SIZE(edges)] + (r & 2 ? (r >> 32) % 3 - 1 : 0);
	return next_random(&w->random) >> (r >> 8) % 64;
}

/* ---- claims and what is there ---- */

static bool between(s64 value, const struct claim *claim) { return value >= claim->min && value <= claim->max; }

/* @value points @min..@max behind the start of a map value that the program may use. */
static bool in_value(const struct run_state *s, u64 value, const struct claim *claim)
{
	u32 len = claim->map->value_size;

	for (u32 i = 0; i < s->code->direct_count; i++)
		if (s->code->direct[i].len == len && between((s64)(value - s->code->direct[i].start), claim))
			return true;
	/* Where the pointer may stand outside, the value is the one that it would be in. */
	for (u64 at = value + (claim->min < 0 ? (u64)-claim->min : 0);;) {
		const struct region *region = region_before(&s->regions, at);

		if (!region || region->start + len + (claim->max > 0 ? (u64)claim->max : 0) < value)
			return false;
		if (region->len == len && between((s64)(value - region->start), claim))
			return true;
		at = region->start - 1;
	}
}

static bool in_record(const struct run_state *s, u64 value, const struct claim *claim)
{
	for (u64 at = value + (claim->min < 0 ? (u64)-claim->min : 0);;) {
		const struct region *region = region_before(&s->regions, at);

		if (!region)
			return false;
		if (region->len >= claim->size && between((s64)(value - region->start), claim))
			return true;
		at = region->start - 1;
	}
}

static const char *packet_wrong(const struct claim *claim, u64 value, const u8 *base, const u8 *end)
{
	if (!between((s64)(value - ptr_u64(base)), claim))
		return "not in that place of the packet";
	if (claim->room > 0 && value + (u64)claim->room > ptr_u64(end))
		return "fewer bytes of packet there than claimed";
	return NULL;
}

/* What is wrong with @value, or NULL. */
static const char *claim_wrong(const struct sound *w, const struct claim *claim, u64 value, const u64 *r)
{
	const struct run_state *s = w->exec->run;
	const struct packet *p = w->packet;

	if (claim->null && !value)
		return NULL;
	switch ((enum claim_kind)claim->kind) {
	case CLAIM_NOTHING:
	case CLAIM_ANYTHING:
	case CLAIM_OTHER:
		return NULL;
	case CLAIM_NUMBER:
		return range_has(&claim->n, value) ? NULL : "not in that range";
	case CLAIM_CTX:
		return between((s64)(value - ptr_u64(p)), claim) ? NULL : "not the context";
	case CLAIM_STACK:
		return between((s64)(value - r[10] - (u64)claim->up * RUN_STACK), claim) ? NULL : "not there in the stack";
	case CLAIM_PACKET:
		return packet_wrong(claim, value, p->data, p->tail);
	case CLAIM_META:
		return packet_wrong(claim, value, p->data_meta, p->data);
	case CLAIM_END:
		return value == ptr_u64(p->tail) ? NULL : "not the end of the packet";
	case CLAIM_MAP:
		return value == ptr_u64(claim->map) ? NULL : "not that map";
	case CLAIM_VALUE:
		return in_value(s, value, claim) ? NULL : "not in that place of a value";
	case CLAIM_RECORD:
		return in_record(s, value, claim) ? NULL : "not in that place of a record";
	}
	return NULL;
}

static void compare(struct sound *w, u32 insn, const u64 *r)
{
	for (u32 n = 0; n < CLAIM_REGS; n++) {
		const struct claim *claim = &w->claims.at[insn][n];
		const char *what = claim_wrong(w, claim, r[n], r);

		if (likely(!what) || w->wrong)
			continue;
		w->wrong = true;
		snprintf(w->why, sizeof(w->why), "instruction %u: R%u is %#llx, %s (%lld..%lld, %#llx/%#llx, kind %u)", insn, n,
			 (unsigned long long)r[n], what,
			 (long long)(claim->kind == CLAIM_NUMBER ? claim->n.smin : claim->min),
			 (long long)(claim->kind == CLAIM_NUMBER ? claim->n.smax : claim->max),
			 (unsigned long long)claim->n.bits.value, (unsigned long long)claim->n.bits.mask, claim->kind);
	}
}

static bool any_result(const struct prog *prog, u32 insn)
{
	const struct helper *helper;

	if (insn_id_of(&prog->insns[insn]) != INSN_CALL_HELPER)
		return false;
	helper = helper_find((u32)prog->insns[insn].imm, helper_who_of(prog->type));
	return helper && helper->ret == RET_INTEGER;
}

static void step(void *ctx, const struct prog *prog, u32 insn, u64 *r)
{
	struct sound *w = ctx;
	const struct claim *result = &w->claims.at[insn][0];

	w->tally.steps++;
	if (w->last != UINT32_MAX && insn == w->last + 1 && result->kind == CLAIM_NUMBER &&
	    range_is_unknown(&result->n) && any_result(prog, w->last))
		r[0] = edge(w);
	w->last = insn;
	if (insn < w->claims.count)
		compare(w, insn, r);
}

/* ---- runs ---- */

static struct prog *prog_behind(struct sound *w, int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = sizeof(info), .info = ptr_u64(&info) } };
	struct object *object;

	if (backend_bpf(w->both.side[BOTH_ENGINE], BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return NULL;
	object = object_find(backend_engine(w->both.side[BOTH_ENGINE]), OBJECT_PROG, info.id);
	return object ? prog_of(object) : NULL;
}

/* Values and a few keys of the maps of @prog that may be written. */
static void fill_maps(struct sound *w, const struct prog *prog)
{
	static u8 key[512], value[65536];

	for (u32 m = 0; m < prog->map_count; m++) {
		struct map *map = map_of(prog->maps[m]);

		if (map->frozen || !map->ops->update || map->type->row_flags & MAP_NO_LOOKUP || map->key_size > sizeof(key) ||
		    map->value_size > sizeof(value) || map->flags & BPF_F_RDONLY_PROG)
			continue;
		for (u32 e = 0; e < 3; e++) {
			u64 kind = edge(w);

			memset(key, 0, map->key_size);
			if (e)
				memcpy(key, &(u64){ map->key_size == 4 ? e : edge(w) }, min_u32(map->key_size, 8));
			for (u32 i = 0; i < map->value_size; i += 8)
				memcpy(value + i, &(u64){ edge(w) }, min_u32(8, map->value_size - i));
			if (kind & 1 && map->ops->remove)
				(void)map->ops->remove(map, key);
			else
				(void)map->ops->update(map, key, value, BPF_ANY, 0);
		}
	}
}

static void fill_packet(struct sound *w)
{
	static const u16 lengths[] = { 14, 14, 15, 16, 18, 34, 42, 60, 64, 100, 256, 1500 };
	u64 r = next_random(&w->random);
	u32 len = r & 1 ? lengths[(r >> 8) % ARRAY_SIZE(lengths)] : 14 + (u32)((r >> 8) % (PACKET_ROOM - 14));
	struct __sk_buff *ctx = &w->packet->ctx;

	for (u32 i = 0; i + 8 <= len; i += 8)
		put_u64(w->bytes + i, edge(w));
	if (packet_fill(w->packet, w->bytes, len, true, NULL))
		abort();
	if (r & 2)
		return;
	ctx->mark = (u32)edge(w);
	ctx->priority = (u32)edge(w);
	ctx->queue_mapping = (u16)edge(w);
	ctx->tc_index = (u16)edge(w);
	ctx->tc_classid = (u16)edge(w);
	for (u32 i = 0; i < 5; i++)
		ctx->cb[i] = (u32)edge(w);
}

/* What the fields of an xdp_md are, which lie where __sk_buff has others. */
static void fill_frame(struct sound *w)
{
	w->packet->xdp.ingress_ifindex = (u32)edge(w);
	w->packet->xdp.rx_queue_index = (u32)edge(w);
}

static void run_once(struct sound *w, struct prog *prog)
{
	struct engine *engine = backend_engine(w->both.side[BOTH_ENGINE]);
	const struct run_fault *fault;

	fill_packet(w);
	if (prog->type == BPF_PROG_TYPE_XDP)
		fill_frame(w);
	w->exec->redirect_ifindex = 0;
	w->exec->redirect_flags = 0;
	w->exec->random = next_random(&w->random);
	w->last = UINT32_MAX;
	reclaim_enter(engine->reclaim, w->exec->slot);
	fill_maps(w, prog);
	run_prog(w->exec, prog);
	reclaim_exit(engine->reclaim, w->exec->slot);
	fault = run_fault(w->exec);
	/* What checked mode does not do is no access. */
	if (fault->prog && fault->error != -E2BIG && fault->error != -EOPNOTSUPP && !w->wrong) {
		w->wrong = true;
		snprintf(w->why, sizeof(w->why), "instruction %u: %s", fault->insn, fault->text);
	}
}

bool sound_try(struct sound *w, const struct gen_prog *gen, u32 runs)
{
	const struct verify_options options = { .bpf = true, .perfmon = true, .claims = &w->claims };
	struct prog *prog = NULL;
	bool accepted = false;
	int fd;

	w->wrong = false;
	w->random = gen->seed;
	w->tally.done++;
	if (w->both.kept_count > MAPS_KEPT)
		both_drop_maps(&w->both);
	fd = both_load(&w->both, BOTH_ENGINE, &gen->prog, 0);
	if (fd >= 0)
		prog = prog_behind(w, fd);
	if (prog) {
		w->claims.count = prog->insn_count;
		claims_clear(&w->claims);
		accepted = !verify_prog(prog, &options, NULL) && !run_prepare_steps(prog);
	}
	w->tally.accepted += accepted;
	for (u32 i = 0; accepted && i < runs && !w->wrong; i++) {
		u64 before = w->tally.steps;

		run_once(w, prog);
		w->tally.runs++;
		w->tally.overs += run_fault(w->exec)->prog != NULL;
		if (w->tally.steps - before > LONG_RUN)
			break;
	}
	if (prog)
		object_put_user(&prog->object);
	if (fd >= 0)
		backend_close(w->both.side[BOTH_ENGINE], fd);
	return !w->wrong;
}

int sound_create(struct sound **out)
{
	struct sound *w = calloc(1, sizeof(*w));
	int err = w ? both_open_engine(&w->both) : -ENOMEM;

	if (!err)
		err = run_exec_create(backend_engine(w->both.side[BOTH_ENGINE]), 0, &w->exec);
	if (!err)
		err = packet_create(0, &w->packet);
	if (!err)
		err = claims_create(GEN_INSNS, &w->claims);
	if (err)
		return err;
	w->exec->packet = w->packet;
	run_set_mode(w->exec, RUN_CHECKED);
	run_set_step(w->exec, step, w);
	*out = w;
	return 0;
}

void sound_destroy(struct sound *w)
{
	run_exec_destroy(w->exec);
	packet_destroy(w->packet);
	claims_destroy(&w->claims);
	both_close(&w->both);
	free(w);
}

const char *sound_why(const struct sound *w) { return w->why; }
const struct sound_tally *sound_tally(const struct sound *w) { return &w->tally; }
