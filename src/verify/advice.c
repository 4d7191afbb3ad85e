// SPDX-License-Identifier: BSD-2-Clause
/* advice.c - suggestions that depend on what is refused alone, not on how it came about: with the
 * names of the helper, map or field, where reason.def can only speak of "the map". */
#include "verify/explain.h"

#include <stdio.h>

#include "helper/helper.h"
#include "map/map.h"
#include "object/prog.h"

/* ---- fields of the context ---- */

/* Names of the fields that @v's programs may write, as many as fit. */
static void writable_fields(const struct verifier *v, char *buf, size_t room)
{
	const struct ctx_field *field, *last = NULL;
	size_t len = 0;

	*buf = '\0';
	for (u32 off = 0; off < sizeof(struct __sk_buff) && len < room; off += 4) {
		field = ctx_at(off, v->who);
		if (!field || field == last || !(field->write & v->who))
			continue;
		len += (size_t)snprintf(buf + len, room - len, "%s%s", len ? ", " : "", field->name);
		last = field;
	}
}

static void advise_field(const struct verifier *v, struct explanation *e)
{
	const struct bpf_insn *insn = v_insn(v);
	u8 shape = insn_info[v->facts[v->cur->insn].id].shape;
	bool write = shape == SHAPE_STX || shape == SHAPE_ST;
	const char *ctx = source_param(v, v->cur->insn, 0);
	const struct ctx_field *field;
	char names[256];

	if (!write && shape != SHAPE_LDX)
		return;
	field = insn->off < 0 ? NULL : ctx_at((u32)insn->off, v->who);
	if (!ctx)
		ctx = "skb";
	if (field && !write && !(field->read & v->who) && field->type != CTX_SCALAR) {
		snprintf(e->instead, sizeof(e->instead),
			 "bpf_skb_load_bytes(%s, offset, &x, sizeof(x))   copies bytes of the "
			 "packet to a variable x",
			 ctx);
	} else if (write && !(field && field->write & v->who)) {
		writable_fields(v, names, sizeof(names));
		snprintf(e->instead, sizeof(e->instead),
			 "one of the fields that such a program may write: %s",
			 *names ? names : "there are none");
	} else if (field && (write ? field->write : field->read) & v->who) {
		snprintf(e->instead, sizeof(e->instead), "%s->%s as a whole: it has %u bytes", ctx,
			 field->name, field->size);
	}
}

/* ---- calls ---- */

static const struct helper *called(const struct verifier *v)
{
	return v->facts[v->cur->insn].id == INSN_CALL_HELPER
		       ? helper_find((u32)v_insn(v)->imm, v->helper_who)
		       : NULL;
}

/* What the program passes as the argument in register @n, without the & of a variable; or NULL. */
static const char *argument(const struct verifier *v, u32 n, char *buf, size_t room)
{
	struct source src;

	if (!source_find(v, v->cur->insn, &src) || !source_argument(&src, n - 1, buf, room))
		return NULL;
	return *buf == '&' ? buf + 1 : buf;
}

/* Which part of an element of the map in R1 argument @n is; *@size: its bytes. NULL: none. */
static const char *part_of_map(const struct verifier *v, u32 n, u32 *size)
{
	const struct helper *helper = called(v);
	const struct reg *map = v_reg(v, 1);

	if (!helper || n < 1 || n > 5 || map->type != REG_MAP)
		return NULL;
	switch ((int)helper_arg(helper, n - 1)->base) {
	case ARG_IS_KEY:
		*size = map->map->key_size;
		return "key";
	case ARG_IS_VALUE:
		*size = map->map->value_size;
		return "value";
	default:
		return NULL;
	}
}

/* Memory that is too small, or none. */
static void advise_memory(const struct verifier *v, struct explanation *e)
{
	u32 n = (u32)v->refusal.reg, size;
	const char *part, *name, *helper;
	char text[NAME_ROOM];
	s32 left;

	if (v->refusal.reg < 1 || !called(v))
		return;
	helper = called(v)->name;
	part = part_of_map(v, n, &size);
	name = argument(v, n, text, sizeof(text));
	left = -v_reg(v, n)->off;
	if (part && !size) {
		explain_say(e, "bpf_%s() does not work on map %s, whose elements have no %s", helper,
			    v_reg(v, 1)->map->name, part);
		snprintf(e->instead, sizeof(e->instead),
			 "use a map of another type, or the helpers for maps of type %s",
			 v_reg(v, 1)->map->type->name);
	} else if (part) {
		if (v->refusal.reason == REASON_STACK_BOUNDS && left > 0 && (u32)left < size)
			explain_say(e,
				    "bpf_%s() takes a %s of %u bytes for map %s, but argument %u "
				    "points to %d at most",
				    helper, part, size, v_reg(v, 1)->map->name, n, left);
		snprintf(e->instead, sizeof(e->instead),
			 "pass the address of a variable of %u bytes: argument %u of bpf_%s() is a "
			 "%s of map %s",
			 size, n, helper, part, v_reg(v, 1)->map->name);
	} else if (name && v_reg(v, n)->type == REG_STACK) {
		if (v->refusal.reason == REASON_STACK_BOUNDS && left > 0 && (u32)left < v->refusal.size)
			explain_say(e,
				    "bpf_%s() is told that argument %u points to %u bytes, but "
				    "there are %d at most",
				    helper, n, v->refusal.size, left);
		snprintf(e->instead, sizeof(e->instead),
			 "let the size be that of the variable: sizeof(%s)", name);
	} else if (reg_is_number(v_reg(v, n))) {
		snprintf(e->instead, sizeof(e->instead),
			 "put it into a variable and pass the variable's address");
	}
}

static void advise_map(const struct verifier *v, struct explanation *e)
{
	const struct reg *reg = v->refusal.reg >= 0 ? v_reg(v, (u32)v->refusal.reg) : NULL;
	const struct map *map = reg && reg->type == REG_MAP_VALUE ? reg->map : NULL;

	if (!map)
		return;
	if (strstr(map->name, ".rodata"))
		snprintf(e->instead, sizeof(e->instead), "declare the variable without const");
	else if (map->flags & BPF_F_RDONLY_PROG)
		snprintf(e->instead, sizeof(e->instead), "make map %s without BPF_F_RDONLY_PROG", map->name);
	else if (map->flags & BPF_F_WRONLY_PROG)
		snprintf(e->instead, sizeof(e->instead), "make map %s without BPF_F_WRONLY_PROG", map->name);
}

/* Who may call the helper that this program may not. */
static void advise_helper(const struct verifier *v, struct explanation *e)
{
	static const struct {
		u32 who;
		const char *text;
	} types[] = {
		{ WHO_CLS, "SEC(\"tc\")" }, { WHO_ACT, "SEC(\"action\")" }, { WHO_SOCKET, "SEC(\"socket\")" },
		{ WHO_XDP, "SEC(\"xdp\")" },
	};
	u32 id = (u32)v_insn(v)->imm;
	size_t len = 0;

	if (v->facts[v->cur->insn].id != INSN_CALL_HELPER || !helper_name(id))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct helper *helper = helper_find(id, types[i].who);

		if (!helper || !(helper->who & types[i].who))
			continue;
		len += (size_t)snprintf(e->instead + len, sizeof(e->instead) - len, "%s%s",
					len ? ", " : "", types[i].text);
	}
	if (len)
		snprintf(e->instead + len, sizeof(e->instead) - len,
			 ": programs of these types may call bpf_%s()", helper_name(id));
}

static void advise_pointer(const struct verifier *v, struct explanation *e)
{
	const struct bpf_insn *insn = v_insn(v);

	if (v_reg(v, insn->dst_reg)->type == REG_PACKET_END ||
	    (v->facts[v->cur->insn].reg && v_reg(v, insn->src_reg)->type == REG_PACKET_END))
		snprintf(e->instead, sizeof(e->instead),
			 "begin at the data of the packet: data_end is there to be compared with");
}

void suggest_by_reason(struct verifier *v, struct explanation *e)
{
	switch ((int)v->refusal.reason) {
	case REASON_CTX_FIELD:
		advise_field(v, e);
		return;
	case REASON_STACK_BOUNDS:
	case REASON_MEM_BOUNDS:
	case REASON_ARGUMENT:
	case REASON_SIZE_ZERO:
		advise_memory(v, e);
		return;
	case REASON_MAP_READONLY:
		advise_map(v, e);
		return;
	case REASON_HELPER_UNKNOWN:
		advise_helper(v, e);
		return;
	case REASON_POINTER_ARITHMETIC:
		advise_pointer(v, e);
		return;
	}
}
