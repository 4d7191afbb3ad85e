// SPDX-License-Identifier: BSD-2-Clause
/* btf_form.c - is a type well-formed by itself? What it refers to is looked at in btf_link.c.
 *
 * Source of the rules and errnos: BTF_LOAD of each kind with each field damaged on Linux 6.18.
 */
#include <errno.h>

#include "object/btf.h"

#define NAME_MAX_LEN 512       /* without its 0 */
#define ID_MAX 0xfffffu         /* that a reference may name, whatever there is */
#define INFO_KNOWN 0x9f00ffffu /* kind_flag, kind, vlen */
#define INT_KNOWN 0x0fffffffu
#define BITS_MAX 128

/* Kinds whose last word is a type and checked here. */
#define REFERS (BTF_MODIFIERS | BTF_BIT(BTF_KIND_PTR) | BTF_BIT(BTF_KIND_VAR))

enum name_rule {
	NAME_ANY,
	NAME_NONE,
	NAME_TEXT,         /* of at least one character */
	NAME_SECTION,      /* printable text */
	NAME_IDENTIFIER,
	NAME_OPTIONAL,     /* an identifier, or none */
};

/* What is the same question for every kind. */
static const struct rule {
	u8 name;           /* enum name_rule */
	bool counts;       /* vlen may be something else than 0 */
	bool flag;         /* so may kind_flag */
} rules[] = {
	[BTF_KIND_INT] = { NAME_ANY },
	[BTF_KIND_PTR] = { NAME_NONE },
	[BTF_KIND_ARRAY] = { NAME_NONE },
	[BTF_KIND_STRUCT] = { NAME_OPTIONAL, .counts = true, .flag = true },
	[BTF_KIND_UNION] = { NAME_OPTIONAL, .counts = true, .flag = true },
	[BTF_KIND_ENUM] = { NAME_OPTIONAL, .counts = true, .flag = true },
	[BTF_KIND_FWD] = { NAME_IDENTIFIER, .flag = true },
	[BTF_KIND_TYPEDEF] = { NAME_IDENTIFIER },
	[BTF_KIND_VOLATILE] = { NAME_NONE },
	[BTF_KIND_CONST] = { NAME_NONE },
	[BTF_KIND_RESTRICT] = { NAME_NONE },
	[BTF_KIND_FUNC] = { NAME_IDENTIFIER, .counts = true },
	[BTF_KIND_FUNC_PROTO] = { NAME_NONE, .counts = true },
	[BTF_KIND_VAR] = { NAME_IDENTIFIER },
	[BTF_KIND_DATASEC] = { NAME_SECTION, .counts = true },
	[BTF_KIND_FLOAT] = { NAME_ANY },
	[BTF_KIND_DECL_TAG] = { NAME_TEXT, .flag = true },
	[BTF_KIND_TYPE_TAG] = { NAME_TEXT, .flag = true },
	[BTF_KIND_ENUM64] = { NAME_OPTIONAL, .counts = true, .flag = true },
};

struct form {
	const struct btf_view *view;
	struct btf_type *type;
	u32 id;
	struct log *log;
};

/* Characters as Linux classifies them: Latin-1. */
static bool is_letter(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool is_print(u8 c)
{
	return (c >= 0x20 && c < 0x7f) || c >= 0xa0;
}

static bool is_identifier(const char *name)
{
	u32 len = 0;

	for (; name[len]; len++) {
		u8 c = (u8)name[len];

		if (!is_letter(c) && c != '_' && c != '.' && !(len && c >= '0' && c <= '9'))
			return false;
		if (len == NAME_MAX_LEN)
			return false;
	}
	return len > 0;
}

static bool is_section_name(const char *name)
{
	u32 len = 0;

	for (; name[len]; len++)
		if (!is_print((u8)name[len]) || len == NAME_MAX_LEN)
			return false;
	return len > 0;
}

static bool name_ok(const struct btf_view *view, u32 off, enum name_rule rule)
{
	const char *name = btf_name(view, off);

	if (off >= view->strings_len)
		return false;
	switch (rule) {
	case NAME_ANY:
		return true;
	case NAME_NONE:
		return !off;
	case NAME_TEXT:
		return *name != '\0';
	case NAME_SECTION:
		return is_section_name(name);
	case NAME_IDENTIFIER:
		return is_identifier(name);
	case NAME_OPTIONAL:
		return !off || is_identifier(name);
	}
	return false;
}

bool btf_name_ok(const struct btf_view *view, u32 off)
{
	return name_ok(view, off, NAME_OPTIONAL);
}

/* "BTF: type 7 (struct all): ", then what is wrong. */
static int bad(const struct form *f, const char *what, u32 record)
{
	return log_error(f->log, -EINVAL, "BTF: type %u (%s %.64s): %s %u", f->id,
			 btf_kind_name(btf_kind(f->type)), btf_name(f->view, f->type->name_off), what,
			 record);
}

static int int_check(const struct form *f)
{
	u32 data = get_u32(f->type + 1), encoding = BTF_INT_ENCODING(data);
	u32 bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);

	if (data & ~INT_KNOWN)
		return bad(f, "unknown bits in the integer's data, encoding", encoding);
	if (bits > BITS_MAX || (bits + 7) / 8 > f->type->size)
		return bad(f, "too small for its bits, which end at bit", bits);
	if (encoding && encoding != BTF_INT_SIGNED && encoding != BTF_INT_CHAR &&
	    encoding != BTF_INT_BOOL)
		return log_error(f->log, -BTF_ENOTSUPP, "BTF: type %u (int): encoding %u is several at once",
				 f->id, encoding);
	return 0;
}

static int array_check(const struct form *f)
{
	const struct btf_array *array = btf_array_of(f->type);

	if (f->type->size)
		return bad(f, "an array says how large it is:", f->type->size);
	if (!array->type || array->type > ID_MAX)
		return bad(f, "its elements cannot be of type", array->type);
	if (!array->index_type || array->index_type > ID_MAX)
		return bad(f, "its index cannot be of type", array->index_type);
	return 0;
}

static int members_check(const struct form *f)
{
	const struct btf_member *member = btf_members(f->type);
	u32 last = 0;

	for (u32 i = 0; i < btf_vlen(f->type); i++) {
		u32 at = btf_member_bit(f->type, &member[i]);

		if (!name_ok(f->view, member[i].name_off, NAME_OPTIONAL))
			return bad(f, "no good name has member", i);
		if (!member[i].type || member[i].type > ID_MAX)
			return bad(f, "no type has member", i);
		if (at && btf_kind(f->type) == BTF_KIND_UNION)
			return bad(f, "not at the beginning of the union is member", i);
		if (at < last || (at + 7ull) / 8 > f->type->size)
			return bad(f, "out of its place is member", i);
		last = at;
	}
	return 0;
}

static int enum_check(const struct form *f)
{
	u32 size = f->type->size;
	const u8 *record = (const void *)(f->type + 1);
	u32 step = btf_kind(f->type) == BTF_KIND_ENUM ? sizeof(struct btf_enum) : sizeof(struct btf_enum64);

	if (!size || size > 8 || size & (size - 1))
		return bad(f, "no enumeration has a size of", size);
	for (u32 i = 0; i < btf_vlen(f->type); i++)
		if (!name_ok(f->view, get_u32(record + (size_t)i * step), NAME_IDENTIFIER))
			return bad(f, "no good name has value", i);
	return 0;
}

static int var_check(const struct form *f)
{
	const struct btf_var *var = (const void *)(f->type + 1);

	if (!f->type->type)
		return bad(f, "a variable cannot be of type", 0);
	if (var->linkage != BTF_VAR_STATIC && var->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return bad(f, "only static and global variables are known, not linkage", var->linkage);
	return 0;
}

static int datasec_check(const struct form *f)
{
	const struct btf_var_secinfo *var = btf_vars(f->type);
	u64 end = 0;

	if (!f->type->size)
		return bad(f, "a section cannot have a size of", 0);
	for (u32 i = 0; i < btf_vlen(f->type); i++) {
		if (!var[i].type || var[i].type > ID_MAX)
			return bad(f, "no type has variable", i);
		if (!var[i].size || var[i].offset < end ||
		    (u64)var[i].offset + var[i].size > f->type->size)
			return bad(f, "out of its place is variable", i);
		end = (u64)var[i].offset + var[i].size;
	}
	return 0;
}

static int float_check(const struct form *f)
{
	switch (f->type->size) {
	case 2:
	case 4:
	case 8:
	case 12:
	case 16:
		return 0;
	default:
		return bad(f, "no floating point number has a size of", f->type->size);
	}
}

static int decl_tag_check(const struct form *f)
{
	const struct btf_decl_tag *tag = (const void *)(f->type + 1);

	return tag->component_idx < -1 ? bad(f, "the tag is not on component", (u32)tag->component_idx) : 0;
}

static int kind_check(const struct form *f)
{
	switch (btf_kind(f->type)) {
	case BTF_KIND_INT:
		return int_check(f);
	case BTF_KIND_ARRAY:
		return array_check(f);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_check(f);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_check(f);
	case BTF_KIND_FWD:
		return f->type->type ? bad(f, "a forward declaration has no type", f->type->type) : 0;
	case BTF_KIND_FUNC:
		if (btf_vlen(f->type) > BTF_FUNC_GLOBAL)
			return bad(f, "only static and global functions are known, not linkage",
				   btf_vlen(f->type));
		return 0;
	case BTF_KIND_VAR:
		return var_check(f);
	case BTF_KIND_DATASEC:
		return datasec_check(f);
	case BTF_KIND_FLOAT:
		return float_check(f);
	case BTF_KIND_DECL_TAG:
		return decl_tag_check(f);
	default:
		return 0;
	}
}

int btf_form_check(const struct btf_view *view, u32 id, struct log *log)
{
	const struct form f = { view, btf_type(view, id), id, log };
	const struct rule *rule = &rules[btf_kind(f.type)];
	u32 info = f.type->info;

	if (info & ~INFO_KNOWN)
		return bad(&f, "unknown bits in info", info);
	if (!name_ok(view, f.type->name_off, rule->name))
		return bad(&f, "its name is not good, at", f.type->name_off);
	if (btf_vlen(f.type) && !rule->counts)
		return bad(&f, "this kind counts nothing, vlen is", btf_vlen(f.type));
	if (BTF_INFO_KFLAG(info) && !rule->flag)
		return bad(&f, "this kind has no kind_flag, info is", info);
	if (BTF_BIT(btf_kind(f.type)) & REFERS && f.type->type > ID_MAX)
		return bad(&f, "there is no type", f.type->type);
	return kind_check(&f);
}
