// SPDX-License-Identifier: BSD-2-Clause
/* btf_link.c - do the types of a blob fit together?
 *
 * Every type that refers to others is followed, depth first, with a stack of 32 types:
 *
 *   struct -> array -> typedef -> int          an end: pop, and remember what is behind each
 *
 * A ring is found because a type is on the stack already. But a structure may have a pointer to
 * itself, so where a walk ends depends on where it began: from a pointer, at everything that is no
 * modifier and no pointer; from a structure or an array, at pointers too. The walk from another type
 * takes the one or the other mode when it comes to the first of these. What is remembered of a
 * modifier or pointer is where it ended, with the size that was known then.
 *
 * Which blobs are refused, and with which errno, depends on all that; it is as on Linux 6.18, and
 * tests/command/test_btf_load.c compares.
 */
#include <errno.h>
#include <stdlib.h>

#include "object/btf.h"

#define DEPTH_MAX 32

#define BIT(kind) BTF_BIT(BTF_KIND_##kind)
#define LAYOUTS (BIT(STRUCT) | BIT(UNION) | BIT(ARRAY))
#define FOLLOWED                                                                                   \
	(BTF_MODIFIERS | LAYOUTS | BIT(PTR) | BIT(VAR) | BIT(FUNC) | BIT(DECL_TAG) | BIT(DATASEC))
/* Nothing may be made of these, or nothing but a declaration. */
#define NO_PART (BIT(VAR) | BIT(DECL_TAG) | BIT(DATASEC) | BTF_NOTHING)
#define NO_SIZE                                                                                    \
	(BTF_VOID | BIT(FWD) | BIT(FUNC) | BIT(FUNC_PROTO) | BIT(DECL_TAG) | BTF_NOTHING)
#define POINTED (BTF_VOID | BIT(FWD) | BIT(FUNC_PROTO))   /* without a size, but not without use */

enum mode { MODE_OPEN, MODE_POINTER, MODE_LAYOUT };
enum visit { VISIT_NONE, VISIT_OPEN, VISIT_DONE };

struct frame {
	u32 id, next;      /* type, and its record to go on with */
};

struct links {
	struct btf_view *view;
	struct log *log;
	u8 *visit;         /* by id: enum visit */
	u32 *behind;       /* by id, when done: where the type ends */
	u32 *size;         /* by id, when done: of arrays and variables */
	struct frame stack[DEPTH_MAX];
	u32 depth;
	enum mode mode;
};

static int bad(const struct links *l, u32 id, const char *what, u32 number)
{
	const struct btf_type *type = btf_type(l->view, id);

	return log_error(l->log, -EINVAL, "BTF: type %u (%s %.64s): %s %u", id,
			 btf_kind_name(btf_kind(type)), btf_name(l->view, type->name_off), what, number);
}

static bool ends(const struct links *l, u32 bit)
{
	switch (l->mode) {
	case MODE_OPEN:
		return !(bit & FOLLOWED);
	case MODE_POINTER:
		return !(bit & (BTF_MODIFIERS | BIT(PTR)));
	case MODE_LAYOUT:
		return !(bit & (BTF_MODIFIERS | LAYOUTS));
	}
	return true;
}

static int push(struct links *l, u32 id)
{
	u32 bit = btf_bit(l->view, id);

	if (l->depth == DEPTH_MAX)
		return log_error(l->log, -E2BIG, "BTF: type %u: more than %u types in one another", id,
				 DEPTH_MAX);
	if (l->visit[id] != VISIT_NONE)
		return log_error(l->log, -EEXIST, "BTF: type %u (%s) contains itself", id,
				 btf_kind_name(btf_kind(btf_type(l->view, id))));
	l->visit[id] = VISIT_OPEN;
	l->stack[l->depth++] = (struct frame){ id, 0 };
	if (l->mode == MODE_OPEN && bit & BIT(PTR))
		l->mode = MODE_POINTER;
	else if (l->mode == MODE_OPEN && bit & LAYOUTS)
		l->mode = MODE_LAYOUT;
	return 0;
}

static int pop(struct links *l, u32 behind, u32 size)
{
	u32 id = l->stack[--l->depth].id;

	l->visit[id] = VISIT_DONE;
	l->behind[id] = behind;
	l->size[id] = size;
	return 0;
}

/* Must @id be done before who asks? Returns 0, 1 (it is on the stack now) or an error. */
static int wait_for(struct links *l, u32 id)
{
	int err;

	if (ends(l, btf_bit(l->view, id)) || l->visit[id] == VISIT_DONE)
		return 0;
	err = push(l, id);
	return err ? err : 1;
}

/* The type with a size that *id is or ends at, as far as it is known now. */
static bool sized(const struct links *l, u32 *id, u32 *size)
{
	u32 at = *id, bit = btf_bit(l->view, at);

	if (bit & (BTF_MODIFIERS | BIT(VAR))) {
		at = l->behind[at];
		bit = btf_bit(l->view, at);
	}
	if (bit & BTF_SIZED)
		*size = l->view->types[at]->size;
	else if (bit & BIT(ARRAY))
		*size = l->size[at];
	else if (bit & BIT(PTR))
		*size = 8;
	else
		return false;
	*id = at;
	return true;
}

/* An integer without odd bits. */
static bool regular(const struct btf_type *type)
{
	u32 data = get_u32(type + 1), bits = BTF_INT_BITS(data);

	return !BTF_INT_OFFSET(data) &&
	       (bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128);
}

/* A pointer in the middle of which a walk from a structure ended: go on from there. */
static int wait_for_pointer(struct links *l, u32 id)
{
	if (!(btf_bit(l->view, id) & BTF_MODIFIERS))
		return 0;
	return btf_bit(l->view, l->behind[id]) & BIT(PTR) ? wait_for(l, l->behind[id]) : 0;
}

/* Modifiers and pointers. */
static int link_reference(struct links *l, u32 id, const struct btf_type *type)
{
	u32 next = type->type, size;
	int wait;

	if (btf_bit(l->view, next) & NO_PART)
		return bad(l, id, "there is nothing to refer to in type", next);
	wait = wait_for(l, next);
	if (!wait && btf_kind(type) == BTF_KIND_PTR)
		wait = wait_for_pointer(l, next);
	if (wait)
		return wait;
	if (!sized(l, &next, &size)) {
		if (l->visit[next] == VISIT_DONE)
			next = l->behind[next];
		if (!(btf_bit(l->view, next) & POINTED))
			return bad(l, id, "there is nothing to refer to in type", next);
	}
	return pop(l, next, 0);
}

static int link_var(struct links *l, u32 id, const struct btf_type *type)
{
	u32 next = type->type, size;
	int wait;

	if (btf_bit(l->view, next) & NO_PART)
		return bad(l, id, "a variable cannot be of type", next);
	wait = wait_for(l, next);
	if (!wait)
		wait = wait_for_pointer(l, next);
	if (wait)
		return wait;
	if (!sized(l, &next, &size))
		return bad(l, id, "no size has type", next);
	return pop(l, next, size);
}

static int link_array(struct links *l, u32 id, const struct btf_type *type)
{
	const struct btf_array *array = btf_array_of(type);
	u32 index = array->index_type, element = array->type, size;
	int wait;

	if (btf_bit(l->view, index) & (NO_PART | NO_SIZE))
		return bad(l, id, "no index can be of type", index);
	wait = wait_for(l, index);
	if (wait)
		return wait;
	if (!sized(l, &index, &size) || !(btf_bit(l->view, index) & BIT(INT)) ||
	    !regular(btf_type(l->view, index)))
		return bad(l, id, "no index can be of type", array->index_type);
	if (btf_bit(l->view, element) & (NO_PART | NO_SIZE))
		return bad(l, id, "no element can be of type", element);
	wait = wait_for(l, element);
	if (wait)
		return wait;
	if (!sized(l, &element, &size) ||
	    (btf_bit(l->view, element) & BIT(INT) && !regular(btf_type(l->view, element))))
		return bad(l, id, "no element can be of type", array->type);
	if ((u64)size * array->nelems > UINT32_MAX)
		return bad(l, id, "too large with as many elements as", array->nelems);
	return pop(l, element, size * array->nelems);
}

/* Does an integer of @bits at bit @at end inside of @room bytes? It is copied in 16 bytes. */
static bool bits_fit(u32 at, u32 bits, u32 room)
{
	u32 copied = bits + at % 8;

	return copied <= 128 && room >= at / 8 && room - at / 8 >= (copied + 7) / 8;
}

/* A member that is a bit field, or may be one: of a structure with kind_flag. */
static bool field_fits(const struct btf_type *of, u32 at, u32 bits, u32 room)
{
	u32 all = 32;

	if (btf_kind(of) == BTF_KIND_INT) {
		if (!regular(of))
			return false;
		all = BTF_INT_BITS(get_u32(of + 1));
	}
	if ((!bits && at % 8) || bits > all)
		return false;
	if (btf_kind(of) == BTF_KIND_INT)
		return bits_fit(at, bits ? bits : all, room);
	return ((u64)at + (bits ? bits : all) + 7) / 8 <= room;
}

/* Does a member of type @id fit into its structure? */
static bool member_fits(const struct links *l, const struct btf_type *in,
			const struct btf_member *member)
{
	u32 at = member->offset, id = member->type, size = 0, offset;
	const struct btf_type *of;

	if (!sized(l, &id, &size))
		return false;
	of = btf_type(l->view, id);
	if (BTF_INFO_KFLAG(in->info)) {
		u32 bits = BTF_MEMBER_BITFIELD_SIZE(member->offset);

		at = BTF_MEMBER_BIT_OFFSET(member->offset);
		if (BTF_BIT(btf_kind(of)) & (BIT(INT) | BIT(ENUM) | BIT(ENUM64)))
			return field_fits(of, at, bits, in->size);
		if (bits)
			return false;
	} else if (btf_kind(of) == BTF_KIND_INT) {
		offset = BTF_INT_OFFSET(get_u32(of + 1));
		return UINT32_MAX - at >= offset &&
		       bits_fit(at + offset, BTF_INT_BITS(get_u32(of + 1)), in->size);
	}
	if (btf_kind(of) == BTF_KIND_FLOAT)
		return at % (8 * min_u32(8, size)) == 0 && (u64)at / 8 + size <= in->size;
	return at % 8 == 0 && btf_kind(of) != BTF_KIND_DATASEC && in->size - at / 8 >= size;
}

static int link_struct(struct links *l, u32 id, const struct btf_type *type)
{
	struct frame *frame = &l->stack[l->depth - 1];
	const struct btf_member *member = btf_members(type);

	for (; frame->next < btf_vlen(type); frame->next++) {
		u32 of = member[frame->next].type;
		int wait;

		if (btf_bit(l->view, of) & (NO_PART | NO_SIZE))
			return bad(l, id, "nothing can be made of the type of member", frame->next);
		wait = wait_for(l, of);
		if (wait)
			return wait;
		if (!member_fits(l, type, &member[frame->next]))
			return bad(l, id, "of no good type, size or place is member", frame->next);
	}
	return pop(l, 0, 0);
}

static int link_datasec(struct links *l, u32 id, struct btf_type *type)
{
	struct frame *frame = &l->stack[l->depth - 1];
	const struct btf_var_secinfo *var = btf_vars(type);

	l->mode = MODE_OPEN;
	while (frame->next < btf_vlen(type)) {
		u32 i = frame->next++, of, size;
		int wait;

		if (!(btf_bit(l->view, var[i].type) & BIT(VAR)))
			return bad(l, id, "only variables are in a section; number", i);
		wait = wait_for(l, var[i].type);
		if (wait)
			return wait;   /* its size is not compared then */
		of = btf_type(l->view, var[i].type)->type;
		if (!sized(l, &of, &size) || var[i].size < size)
			return bad(l, id, "too small is the place of variable", i);
	}
	return pop(l, 0, 0);
}

static int link_func(struct links *l, u32 id, const struct btf_type *type)
{
	const struct btf_type *proto = btf_type(l->view, type->type);

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return bad(l, id, "no prototype is type", type->type);
	for (u32 i = 0; i < btf_vlen(proto); i++)
		if (!btf_params(proto)[i].name_off && btf_params(proto)[i].type)
			return bad(l, id, "no name has argument", i);
	return pop(l, type->type, 0);
}

static int link_decl_tag(struct links *l, u32 id, const struct btf_type *type)
{
	u32 next = type->type, bit = btf_bit(l->view, next), parts = 0;
	s32 part = ((const struct btf_decl_tag *)(type + 1))->component_idx;
	int wait;

	if (!(bit & (BIT(FUNC) | BIT(STRUCT) | BIT(UNION) | BIT(VAR) | BIT(TYPEDEF))))
		return bad(l, id, "no tag can be on type", next);
	wait = wait_for(l, next);
	if (wait)
		return wait;
	if (bit & (BIT(STRUCT) | BIT(UNION)))
		parts = btf_vlen(btf_type(l->view, next));
	else if (bit & BIT(FUNC))
		parts = btf_vlen(btf_type(l->view, btf_type(l->view, next)->type));
	if (part != -1 && (u32)part >= parts)
		return bad(l, id, "its type has no component", (u32)part);
	return pop(l, next, 0);
}

static int link_step(struct links *l)
{
	u32 id = l->stack[l->depth - 1].id;
	struct btf_type *type = btf_type(l->view, id);

	switch (btf_kind(type)) {
	case BTF_KIND_ARRAY:
		return link_array(l, id, type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return link_struct(l, id, type);
	case BTF_KIND_VAR:
		return link_var(l, id, type);
	case BTF_KIND_DATASEC:
		return link_datasec(l, id, type);
	case BTF_KIND_FUNC:
		return link_func(l, id, type);
	case BTF_KIND_DECL_TAG:
		return link_decl_tag(l, id, type);
	default:
		return link_reference(l, id, type);
	}
}

/* Where something ended may have changed while the rest was followed: what is remembered must be
 * true in the end. */
static bool settled(const struct links *l, u32 id)
{
	const struct btf_type *type = btf_type(l->view, id);
	u32 bit = btf_bit(l->view, id), of, size;

	if (bit & (BTF_MODIFIERS | BIT(PTR) | BIT(VAR)))
		return !(btf_bit(l->view, l->behind[id]) &
			 (BTF_MODIFIERS | BIT(VAR) | BIT(DATASEC) | BTF_NOTHING));
	if (bit & BIT(ARRAY)) {
		of = btf_array_of(type)->type;
		return sized(l, &of, &size) && !(btf_bit(l->view, of) & BTF_MODIFIERS) &&
		       btf_array_of(type)->nelems * size == l->size[id];
	}
	return true;
}

static int link_type(struct links *l, u32 id)
{
	int ret;

	if (!(btf_bit(l->view, id) & FOLLOWED) || l->visit[id] == VISIT_DONE)
		return 0;
	l->mode = MODE_OPEN;
	ret = push(l, id);
	while (ret >= 0 && l->depth)
		ret = link_step(l);
	if (ret < 0)
		return ret;
	return settled(l, id) ? 0 : bad(l, id, "it does not end, depth", DEPTH_MAX);
}

/* The type of an argument or a result must have a size. */
static int link_value(struct links *l, u32 id, u32 of, u32 argument)
{
	u32 size;
	int err;

	if (btf_bit(l->view, of) & NO_PART)
		return bad(l, id, "no value can have the type of argument", argument);
	err = link_type(l, of);
	if (!err && !sized(l, &of, &size))
		err = bad(l, id, "no size has the type of argument", argument);
	return err;
}

static int link_proto(struct links *l, u32 id, const struct btf_type *type)
{
	const struct btf_param *param = btf_params(type);
	u32 count = btf_vlen(type);
	int err = type->type ? link_value(l, id, type->type, 0) : 0;

	if (!err && count && !param[count - 1].type) {
		count--;
		if (param[count].name_off)
			err = bad(l, id, "of no type is argument", count + 1);
	}
	for (u32 i = 0; !err && i < count; i++) {
		if (!btf_name_ok(l->view, param[i].name_off))
			return bad(l, id, "no good name has argument", i + 1);
		err = param[i].type ? link_value(l, id, param[i].type, i + 1)
				    : bad(l, id, "of no type is argument", i + 1);
	}
	return err;
}

/* Type tags come in front of other modifiers: none may stand behind one that is no tag. */
static int tags_check(const struct links *l, u32 id)
{
	u32 other = BTF_MODIFIERS & ~BIT(TYPE_TAG);

	if (btf_bit(l->view, id) & other && btf_bit(l->view, btf_type(l->view, id)->type) & BIT(TYPE_TAG))
		return bad(l, id, "it stands in front of a type tag,", btf_type(l->view, id)->type);
	return 0;
}

int btf_links_check(struct btf_view *view, struct log *log)
{
	struct links l = { .view = view, .log = log };
	int err = -ENOMEM;

	l.visit = calloc(view->type_count, sizeof(*l.visit));
	l.behind = calloc(view->type_count, sizeof(*l.behind));
	l.size = calloc(view->type_count, sizeof(*l.size));
	if (l.visit && l.behind && l.size)
		err = 0;
	for (u32 id = 1; !err && id < view->type_count; id++) {
		err = link_type(&l, id);
		if (!err && btf_bit(view, id) & BIT(FUNC_PROTO))
			err = link_proto(&l, id, btf_type(view, id));
	}
	for (u32 id = 1; !err && id < view->type_count; id++)
		err = tags_check(&l, id);
	free(l.visit);
	view->ends = l.behind;
	view->sizes = l.size;
	return err;
}
