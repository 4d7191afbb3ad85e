// SPDX-License-Identifier: BSD-2-Clause
/* btf_fields.c - finding the special fields of structures.
 *
 * A field is special when its type is a structure with one of the names below and the right size, or
 * a pointer with the type tag "kptr" or its like. Structures inside of structures and arrays are
 * looked into. A list or a tree says what is in it with a declaration tag: "contains:TYPE:MEMBER".
 *
 * A structure without special fields is looked into once (search.barren), or types that fan out
 * would take for ever. Source of the rules and errnos: BTF_LOAD and MAP_CREATE on Linux 6.18.
 */
#include <errno.h>
#include <stdlib.h>

#include "object/btf_fields.h"

#define NESTED_MAX 32
#define CONTAINS "contains:"
#define UPTR_MAX 4096u      /* one page */

#define BIT(kind) BTF_BIT(BTF_KIND_##kind)

static const struct row {
	const char *name;
	u32 kind, size, align;
	bool once;              /* in one structure */
} rows[] = {
	{ "bpf_spin_lock", FIELD_SPIN_LOCK, 4, 4, true },
	{ "bpf_res_spin_lock", FIELD_RES_SPIN_LOCK, 4, 4, true },
	{ "bpf_timer", FIELD_TIMER, 16, 8, true },
	{ "bpf_wq", FIELD_WORKQUEUE, 16, 8, true },
	{ "bpf_task_work", FIELD_TASK_WORK, 8, 8, true },
	{ "bpf_list_head", FIELD_LIST_HEAD, 16, 8, false },
	{ "bpf_list_node", FIELD_LIST_NODE, 24, 8, false },
	{ "bpf_rb_root", FIELD_RB_ROOT, 16, 8, false },
	{ "bpf_rb_node", FIELD_RB_NODE, 32, 8, false },
	{ "bpf_refcount", FIELD_REFCOUNT, 4, 4, false },
};
static const struct row pointer_row = { "", FIELD_KPTR_REF, 8, 8, false };

static const struct {
	const char *tag;
	u32 kind;
} pointers[] = {
	{ "kptr_untrusted", FIELD_KPTR_UNREF },
	{ "kptr", FIELD_KPTR_REF },
	{ "percpu_kptr", FIELD_KPTR_PERCPU },
	{ "uptr", FIELD_UPTR },
};

/* Ids in an order to search in, made when the first list or tree wants to know what is in it. */
struct index {
	u32 *structs, struct_count;   /* by name, then id */
	u32 *tags, tag_count;         /* "contains:...", by type and component, then id */
};

struct search {
	const struct btf_view *view;
	u32 kinds;
	struct index index;
	/* By id: 0, or 1 + how deep structures lie in a structure in which there was nothing. */
	u8 *barren;
};

/* Room for what is found; a search goes on where another ended. */
struct found {
	struct btf_field *at;
	u32 room;
};

static const struct row *row_of(const struct search *s, const struct btf_type *type)
{
	const char *name = btf_name(s->view, type->name_off);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (s->kinds & rows[i].kind && !strcmp(name, rows[i].name))
			return &rows[i];
	return s->kinds & (FIELD_KPTRS | FIELD_UPTR) && btf_kind(type) != BTF_KIND_STRUCT ? &pointer_row
											 : NULL;
}

/* A pointer to a structure with a tag that says whose it is. Returns 1, 0 (it is not) or -EINVAL. */
static int pointer_find(const struct search *s, const struct btf_type *type, struct btf_field *field)
{
	const char *tag;
	u32 next = type->type;

	if (btf_kind(type) == BTF_KIND_VOLATILE) {
		type = btf_type(s->view, next);
		next = type ? type->type : 0;
	}
	if (!type || btf_kind(type) != BTF_KIND_PTR)
		return 0;
	type = btf_type(s->view, next);
	if (!type || btf_kind(type) != BTF_KIND_TYPE_TAG || BTF_INFO_KFLAG(type->info))
		return 0;
	if (btf_bit(s->view, type->type) & BIT(TYPE_TAG))
		return -EINVAL;
	tag = btf_name(s->view, type->name_off);
	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
		if (strcmp(tag, pointers[i].tag))
			continue;
		if (!(s->kinds & pointers[i].kind))
			return 0;
		field->kind = pointers[i].kind;
		field->type_id = btf_skip(s->view, type->type);
		return btf_bit(s->view, field->type_id) & BIT(STRUCT) ? 1 : -EINVAL;
	}
	return -EINVAL;
}

static const char *name_of(const struct btf_view *view, u32 id)
{
	return btf_name(view, view->types[id]->name_off);
}

static s32 component_of(const struct btf_view *view, u32 tag)
{
	return ((const struct btf_decl_tag *)(view->types[tag] + 1))->component_idx;
}

static int by_name(const void *a, const void *b, void *view)
{
	u32 left = *(const u32 *)a, right = *(const u32 *)b;
	int order = strcmp(name_of(view, left), name_of(view, right));

	return order ? order : left < right ? -1 : left > right;
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct btf_view *view = arg;
	u32 left = *(const u32 *)a, right = *(const u32 *)b;
	u32 types[] = { view->types[left]->type, view->types[right]->type };
	s32 parts[] = { component_of(view, left), component_of(view, right) };

	if (types[0] != types[1])
		return types[0] < types[1] ? -1 : 1;
	if (parts[0] != parts[1])
		return parts[0] < parts[1] ? -1 : 1;
	return left < right ? -1 : left > right;
}

static int index_make(const struct btf_view *view, struct index *index)
{
	if (index->structs)
		return 0;
	index->structs = calloc(view->type_count, sizeof(*index->structs));
	index->tags = calloc(view->type_count, sizeof(*index->tags));
	if (!index->structs || !index->tags)
		return -ENOMEM;
	for (u32 id = 1; id < view->type_count; id++) {
		if (btf_bit(view, id) & BIT(STRUCT))
			index->structs[index->struct_count++] = id;
		if (btf_bit(view, id) & BIT(DECL_TAG) &&
		    !strncmp(name_of(view, id), CONTAINS, strlen(CONTAINS)))
			index->tags[index->tag_count++] = id;
	}
	qsort_r(index->structs, index->struct_count, sizeof(u32), by_name, (void *)(uintptr_t)view);
	qsort_r(index->tags, index->tag_count, sizeof(u32), by_place, (void *)(uintptr_t)view);
	return 0;
}

/* The one tag "contains:..." on component @member of type @in, or NULL when there is none or two. */
static const char *contains(const struct search *s, u32 in, s32 member)
{
	const u32 *tags = s->index.tags;
	u32 low = 0, high = s->index.tag_count, found = 0;

	while (low < high) {
		u32 middle = low + (high - low) / 2, of = s->view->types[tags[middle]]->type;

		if (of < in || (of == in && component_of(s->view, tags[middle]) < member))
			low = middle + 1;
		else
			high = middle;
	}
	while (low + found < s->index.tag_count && s->view->types[tags[low + found]]->type == in &&
	       component_of(s->view, tags[low + found]) == member && found < 2)
		found++;
	return found == 1 ? name_of(s->view, tags[low]) + strlen(CONTAINS) : NULL;
}

/* The first structure whose name is the @len characters at @name, or 0. */
static u32 struct_named(const struct search *s, const char *name, size_t len)
{
	u32 low = 0, high = s->index.struct_count;
	const char *found;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (strncmp(name_of(s->view, s->index.structs[middle]), name, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->index.struct_count)
		return 0;
	found = name_of(s->view, s->index.structs[low]);
	/* The name itself comes before those that begin with it. */
	return strncmp(found, name, len) || found[len] ? 0 : s->index.structs[low];
}

/* What is in a list or a tree. */
static int root_find(struct search *s, u32 in, s32 member, struct btf_field *field)
{
	const char *text, *colon;

	if (index_make(s->view, &s->index))
		return -ENOMEM;
	text = contains(s, in, member);
	colon = text ? strchr(text, ':') : NULL;
	if (!colon)
		return -EINVAL;
	field->type_id = struct_named(s, text, (size_t)(colon - text));
	field->node = colon + 1;
	return !field->type_id ? -ENOENT : *field->node ? 1 : -EINVAL;
}

static void search_end(struct search *s)
{
	free(s->index.structs);
	free(s->index.tags);
	free(s->barren);
}

/* The @count fields at the beginning of @found once more for each further element of an array. */
static int repeat(struct found found, u32 count, u32 elements, u32 step)
{
	for (u32 i = 0; i < count; i++)
		if (!(found.at[i].kind & (FIELD_KPTRS | FIELD_UPTR | FIELD_ROOTS)))
			return -EINVAL;
	if ((u64)count * elements > found.room)
		return -E2BIG;
	for (u32 i = 1; i < elements; i++)
		for (u32 j = 0; j < count; j++) {
			found.at[i * count + j] = found.at[j];
			found.at[i * count + j].off += i * step;
		}
	return (int)(count * elements);
}

static int struct_find(struct search *s, u32 id, struct found found, u32 level, u32 *deep);

/* What is in a structure that is a part of another one: @elements of it, from @off. */
static int nested_find(struct search *s, u32 id, u32 off, u32 elements, struct found found, u32 level,
		       u32 *deep)
{
	u32 inside = 0;
	int count;

	if (++level >= NESTED_MAX)
		return -E2BIG;
	if (s->barren[id]) {
		inside = s->barren[id] - 1u;
		count = level + inside >= NESTED_MAX ? -E2BIG : 0;
	} else {
		count = struct_find(s, id, found, level, &inside);
		if (!count)
			s->barren[id] = (u8)(inside + 1);
	}
	*deep = max_u32(*deep, inside + 1);
	if (count <= 0)
		return count;
	for (int i = 0; i < count; i++)
		found.at[i].off += off;
	return elements > 1 ? repeat(found, (u32)count, elements, btf_type(s->view, id)->size) : count;
}

/* One member or variable. @expected: bytes that a variable has in its section; 0: not asked. */
static int one_find(struct search *s, u32 in, s32 member, u32 id, u32 off,
		    u32 expected, u32 *seen, struct found found, u32 level, u32 *deep)
{
	struct btf_field field = { .off = off };
	const struct btf_type *type = btf_type(s->view, id);
	const struct row *row;
	u32 elements = 1;
	int i, ret = 1;

	for (i = 0; i < NESTED_MAX && type && btf_kind(type) == BTF_KIND_ARRAY; i++) {
		elements *= btf_array_of(type)->nelems;
		id = btf_array_of(type)->type;
		type = btf_type(s->view, id);
	}
	if (i == NESTED_MAX)
		return -E2BIG;
	if (!elements || !type)
		return 0;
	row = row_of(s, type);
	if (!row && btf_kind(type) == BTF_KIND_STRUCT)
		return expected && expected != type->size * elements
		       ? 0 : nested_find(s, id, off, elements, found, level, deep);
	if (!row)
		return 0;
	if (row->once && *seen & row->kind)
		return -E2BIG;
	*seen |= row->once ? row->kind : 0;
	if ((expected && expected != row->size * elements) || off % row->align)
		return 0;
	field.kind = row->kind;
	field.size = row->size;
	if (row == &pointer_row)
		ret = pointer_find(s, type, &field);
	else if (btf_kind(type) != BTF_KIND_STRUCT || type->size != row->size)
		return 0;
	else if (row->kind & FIELD_ROOTS)
		ret = root_find(s, in, member, &field);
	if (ret <= 0)
		return ret;
	if (!found.room)
		return -E2BIG;
	found.at[0] = field;
	return elements > 1 ? repeat(found, 1, elements, row->size) : 1;
}

/* Fields of structure @id, with offsets in it. *deep: structures that lie in one another in it. */
static int struct_find(struct search *s, u32 id, struct found found, u32 level, u32 *deep)
{
	const struct btf_type *type = btf_type(s->view, id);
	u32 seen = 0, used = 0;

	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		u32 bit = btf_member_bit(type, member);
		int ret;

		if (bit % 8)
			return -EINVAL;
		ret = one_find(s, id, (s32)i, member->type, bit / 8, 0, &seen,
			       (struct found){ found.at + used, found.room - used }, level, deep);
		if (ret < 0)
			return ret;
		used += (u32)ret;
	}
	return (int)used;
}

static int section_find(struct search *s, u32 id, struct found found)
{
	struct btf_type *type = btf_type(s->view, id);
	u32 seen = 0, used = 0, deep = 0;

	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_var_secinfo *at = &btf_vars(type)[i];
		const struct btf_type *var = btf_type(s->view, at->type);
		int ret = one_find(s, at->type, -1, var->type, at->offset, at->size, &seen,
				   (struct found){ found.at + used, found.room - used }, 0, &deep);

		if (ret < 0)
			return ret;
		used += (u32)ret;
	}
	return (int)used;
}

/* Has a kernel a structure of that name? All that the engine knows of are the special fields
 * themselves; pointers to others are pointers to objects of the program. */
static bool of_kernel(const struct btf_view *view, u32 id)
{
	const char *name = btf_name(view, btf_type(view, id)->name_off);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(name, rows[i].name))
			return true;
	return false;
}

/* The elements of a list or a tree have the node that it needs. */
static int root_check(const struct btf_view *view, const struct btf_field *field)
{
	const char *wanted = field->kind == FIELD_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";
	const struct btf_type *type = btf_type(view, field->type_id), *node = NULL;

	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		u32 bit;

		if (strcmp(field->node, btf_name(view, member->name_off)))
			continue;
		if (node)
			return -EINVAL;
		node = btf_type(view, member->type);
		if (!node || btf_kind(node) != BTF_KIND_STRUCT ||
		    strcmp(wanted, btf_name(view, node->name_off)))
			return -EINVAL;
		bit = btf_member_bit(node, member);
		if (bit % 64)
			return -EINVAL;
	}
	return node ? 0 : -ENOENT;
}

/* The fields as a whole. */
static int fields_check(const struct btf_view *view, u32 size, struct btf_fields *fields)
{
	u32 end = 0;
	int err;

	for (u32 i = 0; i < fields->count; i++) {
		const struct btf_field *field = &fields->at[i];

		if ((u64)field->off + field->size > size)
			return -EFAULT;
		if (field->off < end)
			return -EEXIST;
		end = field->off + field->size;
		fields->kinds |= field->kind;
		/* An object of the kernel that nobody can give back. */
		if (field->kind == FIELD_KPTR_REF && of_kernel(view, field->type_id))
			return -ENOENT;
		if (field->kind & FIELD_ROOTS) {
			err = root_check(view, field);
			if (err)
				return err;
		}
	}
	if ((fields->kinds & FIELD_SPIN_LOCK) && (fields->kinds & FIELD_RES_SPIN_LOCK))
		return -EINVAL;
	if ((fields->kinds & FIELD_ROOTS) &&
	    !(fields->kinds & (FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK)))
		return -EINVAL;
	if ((fields->kinds & FIELD_NODES) == FIELD_NODES && !(fields->kinds & FIELD_REFCOUNT))
		return -EINVAL;
	return 0;
}

static int find_all(struct search *s, u32 id, u32 size, struct btf_fields *out)
{
	struct found found = { out->at, BTF_FIELDS_MAX };
	u32 deep = 0;
	int count = -EINVAL;

	memset(out, 0, sizeof(*out));
	if (btf_bit(s->view, id) & BIT(STRUCT))
		count = struct_find(s, id, found, 0, &deep);
	else if (btf_bit(s->view, id) & BIT(DATASEC))
		count = section_find(s, id, found);
	if (count <= 0)
		return count;
	out->count = (u32)count;
	return fields_check(s->view, size, out);
}

int btf_fields_find(const struct btf_view *view, u32 id, u32 kinds, u32 size, struct btf_fields *out)
{
	struct search s = { .view = view, .kinds = kinds };
	int err;

	s.barren = calloc(view->type_count, 1);
	if (!s.barren)
		return -ENOMEM;
	err = find_all(&s, btf_skip(view, id), size, out);
	search_end(&s);
	return err;
}

static const struct btf_owner *owner_of(const struct btf_owners *owners, u32 id)
{
	u32 low = 0, high = owners->count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (owners->row[middle].id == id)
			return &owners->row[middle];
		if (owners->row[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int btf_fields_owned(const struct btf_view *view, const struct btf_owners *owners,
		     const struct btf_fields *fields)
{
	for (u32 i = 0; i < fields->count; i++) {
		const struct btf_field *field = &fields->at[i];
		const struct btf_owner *element;

		if (field->kind == FIELD_UPTR) {
			u32 size = btf_type(view, field->type_id)->size;

			if (of_kernel(view, field->type_id))
				return -EINVAL;
			if (!size || size > UPTR_MAX)
				return size ? -E2BIG : -EINVAL;
		}
		if (!(field->kind & FIELD_ROOTS))
			continue;
		element = owner_of(owners, field->type_id);
		if (!element)
			return -EFAULT;
		/* What is an element itself must not own what owns elements: that could be a ring. */
		if (fields->kinds & FIELD_NODES && element->kinds & FIELD_ROOTS)
			return -ELOOP;
	}
	return 0;
}

/* Mark the types that make a structure an owner. Returns their number. */
static u32 mark_special(const struct search *s, u8 *special)
{
	static const char *const names[] = { "bpf_spin_lock", "bpf_list_head", "bpf_list_node",
					     "bpf_rb_root", "bpf_rb_node", "bpf_refcount" };
	const struct btf_view *view = s->view;
	struct btf_field field;
	u32 marked = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		u32 id = btf_find(view, BTF_KIND_STRUCT, names[i]);

		special[id] = id != 0;
		marked += id != 0;
	}
	for (u32 id = 1; id < view->type_count; id++)
		if (pointer_find(s, view->types[id], &field) == 1) {
			special[id] = 1;
			marked++;
		}
	return marked;
}

static bool is_owner(const struct btf_type *type, const u8 *special)
{
	if (btf_kind(type) == BTF_KIND_STRUCT)
		for (u32 i = 0; i < btf_vlen(type); i++)
			if (special[btf_members(type)[i].type])
				return true;
	return false;
}

/* Two passes, because a list may be of a structure that comes later. */
static int owners_check(struct search *s, const u8 *special, struct log *log, struct btf_owners *out)
{
	struct btf_fields fields;
	int err = 0;

	for (u32 id = 1; id < s->view->type_count; id++)
		out->count += is_owner(s->view->types[id], special);
	out->row = calloc(out->count ? out->count : 1, sizeof(*out->row));
	if (!out->row)
		return -ENOMEM;
	out->count = 0;
	for (u32 pass = 0; pass < 2; pass++)
		for (u32 id = 1; id < s->view->type_count; id++) {
			const struct btf_type *type = s->view->types[id];

			if (!is_owner(type, special))
				continue;
			err = find_all(s, id, type->size, &fields);
			if (!err && !fields.count)
				err = -EFAULT;
			if (!err && pass)
				err = btf_fields_owned(s->view, out, &fields);
			if (err)
				return log_error(log, err, "BTF: type %u (struct %.64s): special fields "
						 "that cannot be there, or twice, or alone", id,
						 btf_name(s->view, type->name_off));
			if (!pass)
				out->row[out->count++] = (struct btf_owner){ id, fields.kinds };
		}
	return 0;
}

int btf_owners_find(const struct btf_view *view, struct log *log, struct btf_owners *out)
{
	struct search s = { .view = view, .kinds = FIELDS_OF_OBJECTS };
	u8 *special = calloc(view->type_count, 1);
	int err = -ENOMEM;

	s.barren = calloc(view->type_count, 1);
	if (special && s.barren)
		err = mark_special(&s, special) ? owners_check(&s, special, log, out) : 0;
	free(special);
	search_end(&s);
	return err;
}
