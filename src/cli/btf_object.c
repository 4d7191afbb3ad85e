// SPDX-License-Identifier: BSD-2-Clause
/* btf_object.c - BTF from a kernel or a file, and what its functions are called. */
#include "cli/btf_object.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>

#include "load/load.h"

#define BTF_SIZE_MAX (64u << 20)
#define BTF_NAME 64
#define BTF_DEPTH_MAX 512        /* of types in types; Linux's own BTF has 50 */
#define PROTO_DEPTH 32

/* BTF of a kernel's module stands on that of the kernel, which libbpf 1.1 puts together from files only. */
static bool is_of_module(const struct bpf_btf_info *info)
{
	return info->kernel_btf && strcmp(u64_ptr(info->name), "vmlinux");
}

static int read_btf(struct objects *o, int handle, struct bpf_btf_info *info, u8 **bytes)
{
	u64 name = info->name;
	int err = objects_info(o, handle, info, sizeof(*info), NULL);
	u32 size = info->btf_size;

	if (err)
		return err;
	if (size > BTF_SIZE_MAX)
		return -EFBIG;
	*bytes = malloc(size + 1);
	if (!*bytes)
		return -ENOMEM;
	memset(info, 0, sizeof(*info));
	info->btf = ptr_u64(*bytes);
	info->btf_size = size;
	info->name = name;
	info->name_len = BTF_NAME;
	err = objects_info(o, handle, info, sizeof(*info), NULL);
	if (!err && info->btf_size > size)
		err = -EAGAIN;
	return err;
}

int btf_by_id(struct objects *o, u32 id, struct btf **out)
{
	char name[BTF_NAME] = "";
	struct bpf_btf_info info = { .name = ptr_u64(name), .name_len = sizeof(name) };
	u8 *bytes = NULL;
	int handle = objects_by_id(o, KIND_BTF, id), err;

	if (handle < 0)
		return objects_refused(o, handle, "BTF object %u", id);
	err = read_btf(o, handle, &info, &bytes);
	(void)backend_close(o->backend, handle);
	if (!err && is_of_module(&info)) {
		free(bytes);
		return log_error(o->log, -EOPNOTSUPP,
				 "BTF object %u is that of module %s, which is not there yet", id, name);
	}
	if (!err) {
		*out = btf__new(bytes, info.btf_size);
		err = *out ? 0 : -errno;
	}
	free(bytes);
	return err ? objects_refused(o, err, "BTF object %u cannot be read", id) : 0;
}

int btf_by_path(const char *path, struct log *log, struct btf **out)
{
	struct btf *btf = btf__parse(path, NULL);
	int err = btf ? 0 : -errno;

	/* Errors of its own begin at 4000. */
	if (err)
		return log_error(log, err < -4000 ? -EINVAL : err, "%s: %s", path,
				 err <= -4000 ? "there is no BTF in it" : strerror(-err));
	if (!btf_is_sound(btf)) {
		btf__free(btf);
		return log_error(log, -EINVAL, "%s: the BTF in it is damaged", path);
	}
	*out = btf;
	return 0;
}

const char *btf_name_of(const struct btf *btf, u32 offset, const char *otherwise)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name && *name ? name : otherwise;
}

/* A walk over the types that a type consists of. Its functions return how deep they go, or -1. */
struct walk {
	const struct btf *btf;
	u32 count;
	u16 *height;            /* of each type; 0: not known yet, ON_THE_WAY */
};

#define ON_THE_WAY 0xffff

static int walk_type(struct walk *w, u32 id, u32 depth, bool through_pointer);

static int deeper(int one, int other)
{
	return one < 0 || other < 0 ? -1 : one > other ? one : other;
}

static bool has_name(const struct walk *w, u32 offset)
{
	return btf__name_by_offset(w->btf, offset);
}

static int walk_members(struct walk *w, const struct btf_type *type, u32 depth)
{
	const struct btf_member *member = btf_members(type);
	int height = 0;

	for (u32 i = 0; height >= 0 && i < btf_vlen(type); i++)
		height = has_name(w, member[i].name_off)
			 ? deeper(height, walk_type(w, member[i].type, depth, false)) : -1;
	return height;
}

static int walk_params(struct walk *w, const struct btf_type *type, u32 depth)
{
	const struct btf_param *param = btf_params(type);
	int height = walk_type(w, type->type, depth, true);

	for (u32 i = 0; height >= 0 && i < btf_vlen(type); i++)
		height = has_name(w, param[i].name_off)
			 ? deeper(height, walk_type(w, param[i].type, depth, true)) : -1;
	return height;
}

static int walk_variables(struct walk *w, const struct btf_type *type, u32 depth)
{
	int height = 0;

	for (u32 i = 0; height >= 0 && i < btf_vlen(type); i++)
		height = deeper(height, walk_type(w, btf_var_secinfos(type)[i].type, depth, false));
	return height;
}

static int walk_values(struct walk *w, const struct btf_type *type)
{
	for (u32 i = 0; i < btf_vlen(type); i++)
		if (!has_name(w, btf_is_enum(type) ? btf_enum(type)[i].name_off
						   : btf_enum64(type)[i].name_off))
			return -1;
	return 0;
}

static int walk_inside(struct walk *w, const struct btf_type *type, u32 depth, bool through_pointer)
{
	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
		return walk_type(w, type->type, depth, true);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return walk_type(w, type->type, depth, through_pointer);
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
		return walk_type(w, type->type, depth, true);
	case BTF_KIND_ARRAY:
		return deeper(walk_type(w, btf_array(type)->type, depth, through_pointer),
			      walk_type(w, btf_array(type)->index_type, depth, false));
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return walk_members(w, type, depth);
	case BTF_KIND_FUNC_PROTO:
		return walk_params(w, type, depth);
	case BTF_KIND_DATASEC:
		return walk_variables(w, type, depth);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return walk_values(w, type);
	}
	return 0;
}

/* A structure behind a pointer is a name; everything else must be there before. */
static int walk_type(struct walk *w, u32 id, u32 depth, bool through_pointer)
{
	const struct btf_type *type;
	int height;

	if (!id)
		return 0;
	if (id >= w->count || depth > BTF_DEPTH_MAX)
		return -1;
	type = btf__type_by_id(w->btf, id);
	if (!has_name(w, type->name_off))
		return -1;
	if (through_pointer && btf_is_composite(type) && type->name_off)
		return 0;
	if (w->height[id] == ON_THE_WAY)  /* a type that contains itself */
		return through_pointer ? 0 : -1;
	if (w->height[id])
		return w->height[id];
	w->height[id] = ON_THE_WAY;
	height = walk_inside(w, type, depth + 1, through_pointer) + 1;
	w->height[id] = (u16)height;
	return height && height <= BTF_DEPTH_MAX ? height : -1;
}

bool btf_is_sound(const struct btf *btf)
{
	struct walk walk = { .btf = btf, .count = btf__type_cnt(btf) };
	bool sound = true;

	walk.height = calloc(walk.count, sizeof(*walk.height));
	if (!walk.height)
		return false;
	for (u32 id = 1; sound && id < walk.count; id++)
		sound = walk_type(&walk, id, 0, false) >= 0;
	free(walk.height);
	return sound;
}

/* Type @id in front of a name, as C almost has it: "struct __sk_buff * ". */
static void proto_type(struct log *out, const struct btf *btf, u32 id, u32 depth)
{
	const struct btf_type *type = id ? btf__type_by_id(btf, id) : NULL;
	const char *name = type ? btf_name_of(btf, type->name_off, "(anon)") : "void";

	if (depth > PROTO_DEPTH)
		return log_add(out, "... ");
	switch (type ? btf_kind(type) : BTF_KIND_UNKN) {
	case BTF_KIND_STRUCT:
		return log_add(out, "struct %s ", name);
	case BTF_KIND_UNION:
		return log_add(out, "union %s ", name);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return log_add(out, "enum %s ", name);
	case BTF_KIND_FWD:
		return log_add(out, "%s %s ", btf_kflag(type) ? "union" : "struct", name);
	case BTF_KIND_PTR:
		proto_type(out, btf, type->type, depth + 1);
		return log_add(out, "* ");
	case BTF_KIND_CONST:
		log_add(out, "const ");
		return proto_type(out, btf, type->type, depth + 1);
	case BTF_KIND_VOLATILE:
		log_add(out, "volatile ");
		return proto_type(out, btf, type->type, depth + 1);
	case BTF_KIND_RESTRICT:
		log_add(out, "restrict ");
		return proto_type(out, btf, type->type, depth + 1);
	case BTF_KIND_TYPE_TAG:
		return proto_type(out, btf, type->type, depth + 1);
	case BTF_KIND_ARRAY:
		proto_type(out, btf, btf_array(type)->type, depth + 1);
		return log_add(out, "[%u]", btf_array(type)->nelems);
	case BTF_KIND_FUNC_PROTO:
		proto_type(out, btf, type->type, depth + 1);
		return log_add(out, "(*)() ");
	}
	log_add(out, "%s ", name);
}

bool btf_prototype(const struct btf *btf, u32 id, char *buf, size_t room)
{
	const struct btf_type *func = btf__type_by_id(btf, id), *proto;
	struct log out;

	proto = func && btf_is_func(func) ? btf__type_by_id(btf, func->type) : NULL;
	if (!proto || !btf_is_func_proto(proto))
		return false;
	log_init(&out, buf, room);
	proto_type(&out, btf, proto->type, 0);
	log_add(&out, "%s(", btf_name_of(btf, func->name_off, ""));
	for (u32 i = 0; i < btf_vlen(proto); i++) {
		const struct btf_param *param = &btf_params(proto)[i];

		log_add(&out, "%s", i ? ", " : "");
		if (!param->type) {
			log_add(&out, "...");
			continue;
		}
		proto_type(&out, btf, param->type, 0);
		log_add(&out, "%s", btf_name_of(btf, param->name_off, ""));
	}
	log_add(&out, ")");
	return true;
}

void prog_full_name(struct objects *o, int handle, const struct bpf_prog_info *info,
		    char name[OBJECTS_NAME])
{
	struct bpf_func_info func = { 0 };
	struct bpf_prog_info ask = { .nr_func_info = 1, .func_info_rec_size = sizeof(func),
				     .func_info = ptr_u64(&func) };
	const struct btf_type *type;
	size_t said = o->log->len;
	struct btf *btf = NULL;
	bool refused = o->refused;

	snprintf(name, OBJECTS_NAME, "%.*s", (int)sizeof(info->name), info->name);
	if (strlen(name) < BPF_OBJ_NAME_LEN - 1 || !info->btf_id || !info->nr_func_info)
		return;
	if (objects_info(o, handle, &ask, sizeof(ask), NULL) || !ask.nr_func_info ||
	    btf_by_id(o, info->btf_id, &btf)) {
		/* Then the short name has to do. */
		o->log->len = said;
		o->log->text[said] = '\0';
		o->refused = refused;
		return;
	}
	type = btf__type_by_id(btf, func.type_id);
	if (type && btf_is_func(type))
		snprintf(name, OBJECTS_NAME, "%s", btf_name_of(btf, type->name_off, name));
	btf__free(btf);
}
