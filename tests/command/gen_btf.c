// SPDX-License-Identifier: BSD-2-Clause
/* gen_btf.c - generated type information.
 *
 * Types are written one after the other, each of a random kind; what it refers to is one of those
 * before it that fits, sometimes any number at all, and pointers often look ahead. Structures are
 * laid out so that they are right; fields of the special kinds come with the right sizes.
 */
#include "gen_btf.h"

#include <linux/btf.h>

#define ANY_NAME 12     /* the first strings: names of all sorts */
#define BIT(kind) (1u << BTF_KIND_##kind)
#define MODIFIERS (BIT(TYPEDEF) | BIT(CONST) | BIT(VOLATILE) | BIT(RESTRICT) | BIT(TYPE_TAG))
#define SIZED                                                                                      \
	(MODIFIERS | BIT(INT) | BIT(PTR) | BIT(ARRAY) | BIT(STRUCT) | BIT(UNION) | BIT(ENUM) |      \
	 BIT(ENUM64) | BIT(FLOAT))

static const char *const strings[] = {
	"a", "b9", "_x.y", "zz_b", "zz_c", "caf\xe9", "9bad", "sp ace", "x\x01", ".data", "\xd7", "user",
	"zz_elem", "node", "kptr", "kptr_untrusted", "percpu_kptr", "uptr", "contains:zz_elem:node",
	"contains:zz_elem", "contains:none:node", "contains:zz_elem:", "contains:zz_own:node", "zz_own",
	"contains:zz_elem:none",
	"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_list_head",
	"bpf_list_node", "bpf_rb_root", "bpf_rb_node", "bpf_refcount",
};
enum { S_ELEM = 12, S_NODE, S_KPTR, S_UPTR = 17, S_CONTAINS, S_OWN = 23, S_SPECIAL = 25,
       S_COUNT = ARRAY_SIZE(strings) };
static const u8 special_size[] = { 4, 4, 16, 16, 8, 16, 24, 16, 32, 4 };

struct gen {
	u64 *random;
	u32 words[3000], used;
	u32 kind[GEN_TYPES + 1], size[GEN_TYPES + 1], parts[GEN_TYPES + 1];
	u32 count, planned;      /* types so far, and in the end */
	u32 open;                /* 1: the last one is being written */
	u32 name[S_COUNT];       /* offsets */
	u32 long_name, too_long_name, strings_len;
	char text[2048];
};

u32 gen_random(u64 *state, u32 below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (u32)((*state >> 33) % below);
}

static u32 roll(struct gen *g, u32 below) { return gen_random(g->random, below); }

static void put(struct gen *g, u32 word)
{
	if (g->used < ARRAY_SIZE(g->words))
		g->words[g->used++] = word;
}

static void put_strings(struct gen *g)
{
	u32 at = 1;

	g->text[0] = '\0';
	for (u32 i = 0; i < S_COUNT; i++) {
		g->name[i] = at;
		strcpy(g->text + at, strings[i]);
		at += (u32)strlen(strings[i]) + 1;
	}
	for (u32 long_one = 0; long_one < 2; long_one++) {
		*(long_one ? &g->too_long_name : &g->long_name) = at;
		memset(g->text + at, 'l', 512 + long_one);
		at += 512 + long_one;
		g->text[at++] = '\0';
	}
	g->strings_len = at;
}

/* A name that is mostly a good one. */
static u32 name(struct gen *g)
{
	switch (roll(g, 300)) {
	case 0:
		return g->name[roll(g, S_COUNT)];
	case 1:
		return roll(g, 2) ? g->long_name : g->too_long_name;
	case 2:
		return roll(g, g->strings_len + 2);
	default:
		return g->name[roll(g, 5)];
	}
}

static u32 maybe_name(struct gen *g) { return roll(g, 3) ? name(g) : 0; }

/* A type of these kinds, or 0 when there is none. */
static u32 pick(struct gen *g, u32 kinds)
{
	u32 found = 0, seen = 0;

	if (!roll(g, 400))
		return roll(g, g->planned + 3);
	for (u32 id = 1; id <= g->count - g->open; id++)
		if (1u << g->kind[id] & kinds && !roll(g, ++seen))
			found = id;
	return found ? found : !!(kinds & BIT(INT));
}

static void begin(struct gen *g, u32 name_off, u32 kind, u32 flag, u32 vlen, u32 last)
{
	put(g, name_off);
	put(g, kind << 24 | flag << 31 | vlen);
	put(g, last);
	g->kind[++g->count] = kind;
	g->size[g->count] = 0;
	g->parts[g->count] = vlen;
}

static void put_int(struct gen *g)
{
	static const u8 bits[] = { 8, 16, 32, 64, 128, 32, 32, 1, 7, 33 };
	static const u8 encodings[] = { 0, 0, 1, 2, 4, 3, 8 };
	u32 n = bits[roll(g, roll(g, 4) ? 7 : ARRAY_SIZE(bits))], size = (n + 7) / 8;

	begin(g, maybe_name(g), BTF_KIND_INT, 0, 0, size + !roll(g, 10));
	put(g, n | (roll(g, 60) ? 0 : roll(g, 16)) << 16 |
	       (u32)encodings[roll(g, roll(g, 60) ? 5 : ARRAY_SIZE(encodings))] << 24);
	g->size[g->count] = size;
}

static void put_reference(struct gen *g, u32 kind)
{
	u32 kinds = SIZED | (roll(g, 40) ? 0 : BIT(FWD) | BIT(FUNC_PROTO) | BIT(FUNC));
	u32 to = kind != BTF_KIND_PTR || roll(g, 12) ? pick(g, kinds) : 1 + roll(g, g->planned);
	u32 name_off = kind == BTF_KIND_TYPEDEF ? name(g) : 0, size = to <= g->count ? g->size[to] : 0;

	if (kind == BTF_KIND_TYPE_TAG)
		name_off = g->name[roll(g, 4) ? S_KPTR + roll(g, 4) : 11];
	if (!roll(g, 80))
		to = 0;
	begin(g, name_off, kind, kind == BTF_KIND_TYPE_TAG && !roll(g, 8), 0, to);
	g->size[g->count] = kind == BTF_KIND_PTR ? 8 : size;
}

static void put_array(struct gen *g)
{
	u32 of = pick(g, SIZED), n = roll(g, 100) ? roll(g, 4) : 0x7fffffffu >> roll(g, 4);

	begin(g, 0, BTF_KIND_ARRAY, 0, 0, 0);
	put(g, of);
	put(g, roll(g, 60) ? 1 : pick(g, BIT(INT) | MODIFIERS));
	put(g, n);
	g->size[g->count] = of <= g->count ? g->size[of] * n : 0;
}

/* Members one after the other, aligned as their size asks for. */
static void put_struct(struct gen *g, u32 name_off, u32 kinds, u32 most)
{
	u32 vlen = pick(g, kinds) ? roll(g, most + 1) : 0, flag = !roll(g, 3), kind = roll(g, 6) ? BTF_KIND_STRUCT : BTF_KIND_UNION;
	u32 at = 0, size = 0, last;

	begin(g, name_off, kind, flag, vlen, 0);
	last = g->used - 1;
	g->open = 1;
	for (u32 i = 0; i < vlen; i++) {
		u32 of = pick(g, kinds), room = of < g->count ? g->size[of] : 0, bits = 0;
		u32 align = roll(g, 60) ? (room % 8 ? room % 4 ? 1 : 4 : 8) : 1;

		if (kind == BTF_KIND_UNION)
			at = 0;
		if (flag && of < g->count && 1u << g->kind[of] & (BIT(INT) | BIT(ENUM)) && !roll(g, 2))
			bits = roll(g, room * 8 + 2);
		if (!bits)
			at = (u32)round_up_u64(at, align * 8ul);
		put(g, roll(g, 5) ? name(g) : roll(g, 2) ? g->name[S_NODE] : 0);
		put(g, of);
		put(g, at | (flag ? bits << 24 : 0));
		at += bits ? bits : room * 8;
		size = max_u32(size, (at + 7) / 8);
	}
	g->open = 0;
	g->words[last] = roll(g, 60) ? size : size + roll(g, 3) - 1;
	g->size[g->count] = g->words[last];
}

static void put_enum(struct gen *g, u32 kind)
{
	u32 vlen = roll(g, 4), size = roll(g, 60) ? 1u << roll(g, 4) : roll(g, 10);

	begin(g, maybe_name(g), kind, roll(g, 2), vlen, size);
	for (u32 i = 0; i < vlen; i++) {
		put(g, name(g));
		put(g, i);
		if (kind == BTF_KIND_ENUM64)
			put(g, 0);
	}
	g->size[g->count] = size;
}

static void put_proto(struct gen *g)
{
	u32 vlen = roll(g, 4);

	begin(g, 0, BTF_KIND_FUNC_PROTO, 0, vlen, roll(g, 2) ? pick(g, SIZED) : 0);
	for (u32 i = 0; i < vlen; i++) {
		bool rest = i == vlen - 1 && !roll(g, 3);

		put(g, rest ? 0 : roll(g, 60) ? name(g) : 0);
		put(g, rest ? 0 : roll(g, 60) ? pick(g, SIZED) : roll(g, g->planned + 1));
	}
}

static void put_datasec(struct gen *g)
{
	u32 vlen = pick(g, BIT(VAR)) ? roll(g, 4) : 0, at = 0, last;

	begin(g, roll(g, 4) ? g->name[9] : name(g), BTF_KIND_DATASEC, 0, vlen, 0);
	last = g->used - 1;
	for (u32 i = 0; i < vlen; i++) {
		u32 of = pick(g, BIT(VAR)), size = of < g->count ? g->size[of] : 4;

		at = roll(g, 20) ? (u32)round_up_u64(at, 8) : at;
		put(g, of);
		put(g, at);
		put(g, roll(g, 60) ? size : size + roll(g, 3) - 1);
		at += size;
	}
	g->words[last] = g->size[g->count] = at + (!at || roll(g, 2));
}

static void put_special(struct gen *g)
{
	u32 which = roll(g, ARRAY_SIZE(special_size));

	begin(g, g->name[S_SPECIAL + which], BTF_KIND_STRUCT, 0, 0, special_size[which] + !roll(g, 60));
	g->size[g->count] = special_size[which];
}

/* A member of a type that has its size already; returns the bit behind it. */
static u32 put_member(struct gen *g, u32 name_off, u32 of, u32 at)
{
	at = (u32)round_up_u64(at, 64);
	put(g, name_off);
	put(g, of);
	put(g, at);
	return at + g->size[of] * 8;
}

/* Elements and owners of lists or trees, as a compiler writes them, with or without what is needed. */
static void put_family(struct gen *g)
{
	bool tree = roll(g, 2), lock = roll(g, 6), both = !roll(g, 3), node = roll(g, 8);
	u32 root = S_SPECIAL + (tree ? 7 : 5), link = root + 1, elem, at, first = g->count;
	u32 parts[] = { S_SPECIAL, root, link, S_SPECIAL + 9, S_SPECIAL + (tree ? 6 : 8) };

	if (g->count + 12 > g->planned)
		return;
	for (u32 i = 0; i < ARRAY_SIZE(parts); i++) {
		begin(g, g->name[parts[i]], BTF_KIND_STRUCT, 0, 0, special_size[parts[i] - S_SPECIAL]);
		g->size[g->count] = special_size[parts[i] - S_SPECIAL];
	}
	/* The elements; one in three owns elements of its own kind. */
	begin(g, g->name[roll(g, 12) ? S_ELEM : S_OWN], BTF_KIND_STRUCT, 0, node + roll(g, 2) * 2 + 2u * both, 0);
	elem = g->count;
	at = node ? put_member(g, g->name[S_NODE], first + 3, 0) : 0;
	if (g->parts[elem] - node - 2u * both) {
		at = put_member(g, 0, first + 4, at);
		at = put_member(g, 0, first + 5, at);
	}
	if (both) {
		at = put_member(g, 0, first + 1, at);
		at = put_member(g, g->name[0], first + 2, at);
	}
	g->words[g->used - 1 - 3 * g->parts[elem]] = g->size[elem] = at / 8;
	if (both) {
		begin(g, g->name[S_CONTAINS + 4 * !roll(g, 3)], BTF_KIND_DECL_TAG, 0, 0, elem);
		put(g, g->parts[elem] - 1);
	}
	begin(g, g->name[S_OWN], BTF_KIND_STRUCT, 0, 1 + lock, 0);
	at = put_member(g, 0, first + 2, 0);
	if (lock)
		at = put_member(g, 0, first + 1, at);
	g->words[g->used - 1 - 3 * (1 + lock)] = g->size[g->count] = at / 8;
	begin(g, g->name[roll(g, 6) ? S_CONTAINS : S_CONTAINS + roll(g, 7)], BTF_KIND_DECL_TAG, 0, 0, g->count);
	put(g, 0);
}

/* A structure that may own something: mostly special fields, also in arrays and other structures. */
static void put_owner(struct gen *g)
{
	static const u32 names[] = { S_ELEM, S_OWN, 3, 4 };
	u32 which = roll(g, 9);

	if (which == 8) {
		put_family(g);
	} else if (which < 3) {
		put_special(g);
	} else if (which == 3) {
		u32 of = pick(g, BIT(STRUCT));

		begin(g, g->name[S_KPTR + roll(g, 4)], BTF_KIND_TYPE_TAG, !roll(g, 10), 0, of);
		begin(g, 0, BTF_KIND_PTR, 0, 0, g->count);
		g->size[g->count] = 8;
	} else if (which == 4) {
		u32 of = pick(g, BIT(STRUCT)), parts = of && of <= g->count ? g->parts[of] : 0;

		if (!parts)
			return;
		begin(g, g->name[S_CONTAINS + (roll(g, 3) ? 4 * roll(g, 2) : roll(g, 7))],
		      BTF_KIND_DECL_TAG, 0, 0, of);
		put(g, roll(g, parts));
	} else if (which == 5) {
		put_array(g);
	} else {
		put_struct(g, g->name[names[roll(g, 4)]],
			   BIT(STRUCT) | BIT(PTR) | (roll(g, 3) ? 0 : BIT(INT) | BIT(ARRAY) | BIT(VOLATILE)), 5);
	}
}

/* About as many modifiers, pointers or arrays in one another as are allowed. */
static void put_chain(struct gen *g)
{
	static const u8 kinds[] = { BTF_KIND_CONST, BTF_KIND_CONST, BTF_KIND_TYPE_TAG, BTF_KIND_VOLATILE,
				    BTF_KIND_PTR };
	u32 length = 30 + roll(g, 5), mixed = roll(g, 4), ahead = roll(g, 3);

	if (g->count + length > g->planned)
		return;
	for (u32 i = 0; i < length; i++) {
		u32 kind = kinds[mixed == 3 ? roll(g, 3) ? 0 : roll(g, 5) : mixed];
		u32 to = i < length - 1 && ahead ? g->count + 2 : i && !ahead ? g->count : 1;

		if (mixed == 2 && roll(g, 30))
			kind = BTF_KIND_ARRAY;
		begin(g, kind == BTF_KIND_TYPE_TAG ? g->name[11] : 0, kind, 0, 0, kind == BTF_KIND_ARRAY ? 0 : to);
		if (kind == BTF_KIND_ARRAY) {
			put(g, to);
			put(g, 1);
			put(g, 1);
		}
		g->size[g->count] = kind == BTF_KIND_PTR ? 8 : 4;
	}
}

static void put_any(struct gen *g)
{
	u32 kind = 1 + roll(g, 19), of, parts;

	switch (kind) {
	case BTF_KIND_INT:
		put_int(g);
		return;
	case BTF_KIND_ARRAY:
		put_array(g);
		return;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		put_struct(g, maybe_name(g), SIZED, 4);
		return;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		put_enum(g, kind);
		return;
	case BTF_KIND_FWD:
		begin(g, name(g), kind, roll(g, 2), 0, 0);
		return;
	case BTF_KIND_FUNC:
		of = pick(g, BIT(FUNC_PROTO));
		if (!of)
			break;
		begin(g, name(g), kind, 0, roll(g, 100) ? roll(g, 2) : roll(g, 4), of);
		return;
	case BTF_KIND_FUNC_PROTO:
		put_proto(g);
		return;
	case BTF_KIND_VAR:
		of = pick(g, SIZED);
		begin(g, name(g), kind, 0, 0, of);
		put(g, roll(g, 100) ? roll(g, 2) : roll(g, 4));
		g->size[g->count] = of < g->count ? g->size[of] : 0;
		return;
	case BTF_KIND_DATASEC:
		put_datasec(g);
		return;
	case BTF_KIND_FLOAT:
		begin(g, maybe_name(g), kind, 0, 0, roll(g, 60) ? 2u << roll(g, 4) % 4 : roll(g, 18));
		g->size[g->count] = g->words[g->used - 1];
		return;
	case BTF_KIND_DECL_TAG:
		of = pick(g, BIT(STRUCT) | BIT(UNION) | BIT(FUNC) | BIT(VAR) | BIT(TYPEDEF));
		if (!of)
			break;
		parts = of < g->count ? g->parts[of] : 0;
		begin(g, g->name[roll(g, ANY_NAME)], kind, !roll(g, 20), 0, of);
		put(g, parts && roll(g, 3) ? roll(g, parts) : roll(g, 60) ? ~0u : roll(g, 3));
		return;
	default:
		put_reference(g, kind);
		return;
	}
	put_int(g);
}

/* Change a word of the header, of a type, or the length of the whole. */
static void damage_one(u64 *random, u32 strings_at, u8 *blob, u32 *len)
{
	static const u32 values[] = { 0, 1, 2, 3, 4, 7, 8, 16, 24, 28, 31, 32, 33, 64, 128, 255, 256, 0x7fff,
				      0xffff, 0x10000, 0xfffff, 0x100000, 0xffffff, 0x1000000, 0x7fffffff,
				      0x80000000, 0xfffffffe, 0xffffffff };
	u32 at = gen_random(random, 12) ? 24 + gen_random(random, strings_at / 4 - 6) * 4
					: gen_random(random, 6) * 4;
	u32 word = get_u32(blob + at), other = 24 + gen_random(random, strings_at / 4 - 6) * 4;

	switch (gen_random(random, 9)) {
	case 0:
		put_u32(blob + at, word ^ 1u << gen_random(random, 32));
		break;
	case 1:
		put_u32(blob + at, values[gen_random(random, ARRAY_SIZE(values))]);
		break;
	case 2:
		put_u32(blob + at, word + 1);
		break;
	case 3:
		put_u32(blob + at, word - 1);
		break;
	case 4:
		put_u32(blob + at, get_u32(blob + other));
		break;
	case 5:
		put_u32(blob + at, (word & 0xe0ffffff) | gen_random(random, 32) << 24);
		break;
	case 6:
		put_u32(blob + at, gen_random(random, 40));
		break;
	case 7:
		blob[at + gen_random(random, 4)] = (u8)gen_random(random, 256);
		break;
	case 8:
		if (!gen_random(random, 8))
			*len = gen_random(random, 2) ? gen_random(random, *len) : *len + 1 + gen_random(random, 4);
		else
			blob[strings_at + gen_random(random, *len - strings_at)] = (u8)gen_random(random, 256);
		break;
	}
}

/* A header of another length, or sections in the other order. */
static u32 damage_shape(u64 *random, u8 *blob, u32 len)
{
	u32 grow = 1 + gen_random(random, 12);

	memmove(blob + 24 + grow, blob + 24, len - 24);
	memset(blob + 24, gen_random(random, 3) ? 0 : 1, grow);
	put_u32(blob + 4, 24 + grow);
	return len + grow;
}

u32 gen_btf(u64 *state, u32 damage, u8 *blob)
{
	struct gen g = { .random = state };
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header) };
	u32 len, owners = gen_random(state, 3);

	put_strings(&g);
	g.planned = 2 + roll(&g, GEN_TYPES - 4);
	begin(&g, g.name[0], BTF_KIND_INT, 0, 0, 4);
	put(&g, 32);
	g.size[1] = 4;
	if (!roll(&g, 8))
		put_chain(&g);
	while (g.count < g.planned)
		if (!owners && roll(&g, 8))
			put_owner(&g);
		else
			put_any(&g);
	header.type_len = header.str_off = g.used * 4;
	header.str_len = g.strings_len;
	memcpy(blob, &header, sizeof(header));
	memcpy(blob + sizeof(header), g.words, g.used * 4);
	memcpy(blob + sizeof(header) + g.used * 4, g.text, g.strings_len);
	len = (u32)sizeof(header) + g.used * 4 + g.strings_len;
	for (u32 i = damage ? gen_random(state, damage + 1) : 0; i && len > 24 + header.str_off; i--)
		damage_one(state, 24 + header.str_off, blob, &len);
	if (damage && !gen_random(state, 30) && len >= 24)
		len = damage_shape(state, blob, len);
	return len;
}
