// SPDX-License-Identifier: BSD-2-Clause
/* both_types.c - the BTF that programs and maps of these tests have: see both.h. */
#include <errno.h>
#include <linux/btf.h>

#include "both.h"

#define NAMES_ROOM 2048

struct blob {
	u32 word[1024], used;
	u32 types;
	char names[NAMES_ROOM];
	u32 names_len;
};

static u32 name(struct blob *b, const char *text)
{
	u32 at = b->names_len;

	if (!*text || at + strlen(text) + 1 > NAMES_ROOM)
		return 0;
	strcpy(b->names + at, text);
	b->names_len += (u32)strlen(text) + 1;
	return at;
}

static void put(struct blob *b, u32 word)
{
	if (b->used < ARRAY_SIZE(b->word))
		b->word[b->used++] = word;
}

/* The common part; the rest follows by put(). Returns its id. */
static u32 type(struct blob *b, const char *text, u32 kind, u32 parts, u32 size_or_type)
{
	put(b, name(b, text));
	put(b, kind << 24 | parts);
	put(b, size_or_type);
	return ++b->types;
}

static void type_int(struct blob *b, const char *text, u32 size, u32 encoding)
{
	type(b, text, BTF_KIND_INT, 0, size);
	put(b, encoding << 24 | size * 8);
}

static void member(struct blob *b, const char *text, u32 id, u32 byte)
{
	put(b, name(b, text));
	put(b, id);
	put(b, byte * 8);
}

/* In the order of enum both_type. */
static void fixed(struct blob *b)
{
	type_int(b, "int", 4, BTF_INT_SIGNED);
	type_int(b, "unsigned int", 4, 0);
	type_int(b, "unsigned long long", 8, 0);
	type_int(b, "unsigned short", 2, 0);
	type_int(b, "char", 1, BTF_INT_SIGNED);
	type(b, "", BTF_KIND_ARRAY, 0, 0);
	put(b, TYPE_U64);
	put(b, TYPE_U32);
	put(b, 2);
	type(b, "s", BTF_KIND_STRUCT, 2, 16);
	member(b, "a", TYPE_U64, 0);
	member(b, "b", TYPE_U64, 8);
	type(b, "__sk_buff", BTF_KIND_STRUCT, 1, 4);
	member(b, "len", TYPE_U32, 0);
	type(b, "xdp_md", BTF_KIND_STRUCT, 1, 4);
	member(b, "data", TYPE_U32, 0);
	type(b, "bpf_dynptr", BTF_KIND_STRUCT, 1, 16);
	member(b, "__opaque", TYPE_U64_2, 0);
	type(b, "bpf_spin_lock", BTF_KIND_STRUCT, 1, 4);
	member(b, "val", TYPE_U32, 0);
	type(b, "bpf_timer", BTF_KIND_STRUCT, 1, 16);
	member(b, "__opaque", TYPE_U64_2, 0);
	type(b, "val_lock", BTF_KIND_STRUCT, 3, 16);
	member(b, "a", TYPE_U32, 0);
	member(b, "lock", TYPE_LOCK, 4);
	member(b, "b", TYPE_U64, 8);
	type(b, "val_timer", BTF_KIND_STRUCT, 2, 24);
	member(b, "timer", TYPE_TIMER, 0);
	member(b, "a", TYPE_U64, 16);
	type(b, "", BTF_KIND_PTR, 0, TYPE_INT);
	type(b, "", BTF_KIND_PTR, 0, TYPE_S);
	type(b, "", BTF_KIND_PTR, 0, TYPE_SKB);
	type(b, "", BTF_KIND_PTR, 0, TYPE_XDP);
	type(b, "", BTF_KIND_PTR, 0, 0);
	type(b, "", BTF_KIND_PTR, 0, TYPE_DYNPTR);
	type(b, "val_both", BTF_KIND_STRUCT, 4, 32);
	member(b, "timer", TYPE_TIMER, 0);
	member(b, "lock", TYPE_LOCK, 16);
	member(b, "a", TYPE_U32, 20);
	member(b, "b", TYPE_U64, 24);
}

static const struct letter {
	char letter;
	u32 type;
	const char *tag;
} letters[] = {
	{ 'v', 0, NULL }, { 'i', TYPE_INT, NULL }, { 'u', TYPE_U32, NULL }, { 'l', TYPE_U64, NULL },
	{ 'h', TYPE_U16, NULL }, { 'b', TYPE_CHAR, NULL }, { 's', TYPE_S, NULL }, { 'c', TYPE_PTR_SKB, NULL },
	{ 'x', TYPE_PTR_XDP, NULL }, { 'X', TYPE_PTR_VOID, "arg:ctx" }, { 'p', TYPE_PTR_INT, NULL },
	{ 'n', TYPE_PTR_INT, "arg:nonnull" }, { 'P', TYPE_PTR_S, NULL }, { 'N', TYPE_PTR_S, "arg:nonnull" },
	{ 'V', TYPE_PTR_VOID, NULL }, { 'd', TYPE_PTR_DYNPTR, NULL }, { 'U', TYPE_PTR_INT, "arg:untrusted" },
};

static const struct letter *letter(char c)
{
	for (u32 i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].letter == c)
			return &letters[i];
	return NULL;
}

static int function(struct blob *b, const char *text, u32 number, u32 *id)
{
	u32 args = strlen(text) > 2 ? (u32)strlen(text) - 2 : 0, proto;
	char func_name[8] = { 'f', (char)('a' + number), '\0' };

	if (strlen(text) < 2 || (text[0] != 'S' && text[0] != 'G'))
		return -EINVAL;
	for (const char *c = text + 1; *c; c++)
		if (!letter(*c))
			return -EINVAL;
	proto = type(b, "", BTF_KIND_FUNC_PROTO, args, letter(text[1])->type);
	for (u32 i = 0; i < args; i++) {
		const char arg_name[2] = { (char)('a' + i), '\0' };

		put(b, name(b, arg_name));
		put(b, letter(text[2 + i])->type);
	}
	*id = type(b, func_name, BTF_KIND_FUNC, text[0] == 'G' ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC, proto);
	for (u32 i = 0; i < args; i++) {
		if (!letter(text[2 + i])->tag)
			continue;
		type(b, letter(text[2 + i])->tag, BTF_KIND_DECL_TAG, 0, *id);
		put(b, i);
	}
	return 0;
}

int both_btf(const struct both_prog *prog, u8 *out, u32 ids[BOTH_FUNCS])
{
	struct blob b = { .names_len = 1 };
	struct btf_header header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(header) };
	u32 size;

	fixed(&b);
	for (u32 i = 0; prog && i < prog->func_count; i++) {
		int err = function(&b, prog->func[i], i, &ids[i]);

		if (err)
			return err;
	}
	header.type_len = header.str_off = b.used * 4;
	header.str_len = b.names_len;
	size = (u32)sizeof(header) + header.type_len + header.str_len;
	if (size > BOTH_BTF_ROOM || b.used == ARRAY_SIZE(b.word))
		return -E2BIG;
	memcpy(out, &header, sizeof(header));
	memcpy(out + sizeof(header), b.word, header.type_len);
	memcpy(out + sizeof(header) + header.type_len, b.names, b.names_len);
	return (int)size;
}
