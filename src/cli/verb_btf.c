// SPDX-License-Identifier: BSD-2-Clause
/* verb_btf.c - `clsbpf btf`: BTF objects of a kernel, and what is in them, as bpftool(8) has it. */
#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cli/btf_object.h"
#include "cli/objects.h"
#include "cli/verb.h"

#define ROOTS_MAX 2

static const char *const kind_names[] = {
	[BTF_KIND_UNKN] = "UNKNOWN", [BTF_KIND_INT] = "INT", [BTF_KIND_PTR] = "PTR",
	[BTF_KIND_ARRAY] = "ARRAY", [BTF_KIND_STRUCT] = "STRUCT", [BTF_KIND_UNION] = "UNION",
	[BTF_KIND_ENUM] = "ENUM", [BTF_KIND_FWD] = "FWD", [BTF_KIND_TYPEDEF] = "TYPEDEF",
	[BTF_KIND_VOLATILE] = "VOLATILE", [BTF_KIND_CONST] = "CONST", [BTF_KIND_RESTRICT] = "RESTRICT",
	[BTF_KIND_FUNC] = "FUNC", [BTF_KIND_FUNC_PROTO] = "FUNC_PROTO", [BTF_KIND_VAR] = "VAR",
	[BTF_KIND_DATASEC] = "DATASEC", [BTF_KIND_FLOAT] = "FLOAT", [BTF_KIND_DECL_TAG] = "DECL_TAG",
	[BTF_KIND_TYPE_TAG] = "TYPE_TAG", [BTF_KIND_ENUM64] = "ENUM64",
};

/* Programs, or maps, that use a BTF object. */
static int show_users(struct objects *o, enum object_kind kind, const char *key, u32 btf_id)
{
	bool any = false;
	u32 id = 0;
	int err;

	while (!(err = objects_next_id(o, kind, id, &id))) {
		struct bpf_prog_info prog = { 0 };
		struct bpf_map_info map = { 0 };
		int handle = objects_by_id(o, kind, id);
		char fmt[32];

		if (handle < 0)
			continue;
		err = kind == KIND_PROG ? objects_info(o, handle, &prog, sizeof(prog), NULL)
					: objects_info(o, handle, &map, sizeof(map), NULL);
		(void)backend_close(o->backend, handle);
		if (err || (kind == KIND_PROG ? prog.btf_id : map.btf_id) != btf_id)
			continue;
		if (!any)
			out_array(&o->out, key);
		snprintf(fmt, sizeof(fmt), any ? ",%%" PRIu64 : "  %s %%" PRIu64, key);
		out_u64(&o->out, NULL, fmt, id);
		any = true;
	}
	if (any)
		out_array_end(&o->out);
	return err == -ENOENT ? 0 : err;
}

static int show_btf(struct objects *o, int handle)
{
	struct bpf_btf_info info = { 0 };
	struct out *out = &o->out;
	char name[64] = "";
	int err;

	info.name = ptr_u64(name);
	info.name_len = sizeof(name);
	err = objects_info(o, handle, &info, sizeof(info), NULL);
	if (err)
		return objects_refused(o, err, "nothing can be learnt about a BTF object");
	out_object(out, NULL);
	out_u64(out, "id", "%" PRIu64 ": ", info.id);
	out_text(out, info.kernel_btf ? "name [%s]  " : *name ? "name %s  " : "name <anon>  ", name);
	out_u64(out, "size", "size %" PRIu64 "B", info.btf_size);
	err = show_users(o, KIND_PROG, "prog_ids", info.id);
	if (!err)
		err = show_users(o, KIND_MAP, "map_ids", info.id);
	if (err)
		return objects_refused(o, err, "its users cannot be listed");
	out_bool(out, "kernel", NULL, info.kernel_btf);
	if (*name)
		out_str(out, "name", NULL, name);
	out_text(out, "\n");
	out_object_end(out);
	return 0;
}

static int btf_show(struct objects *o, struct words *words)
{
	return objects_show(o, KIND_BTF, words, show_btf);
}

static const char *linkage_name(u32 linkage)
{
	static const char *const names[] = { "static", "global", "extern" };

	return linkage < ARRAY_SIZE(names) ? names[linkage] : "(unknown)";
}

static void out_name(struct out *out, const struct btf *btf, u32 offset)
{
	out_str(out, "name", "'%s'", btf_name_of(btf, offset, "(anon)"));
}

static void dump_int(struct out *out, const struct btf_type *type)
{
	static const struct {
		u32 bit;
		const char *name;
	} encodings[] = { { 0, "(none)" }, { BTF_INT_SIGNED, "SIGNED" }, { BTF_INT_CHAR, "CHAR" },
			  { BTF_INT_BOOL, "BOOL" } };
	const char *encoding = "UNKN";

	for (size_t i = 0; i < ARRAY_SIZE(encodings); i++)
		if (encodings[i].bit == btf_int_encoding(type))
			encoding = encodings[i].name;
	out_u64(out, "size", " size=%" PRIu64, type->size);
	out_u64(out, "bits_offset", " bits_offset=%" PRIu64, btf_int_offset(type));
	out_u64(out, "nr_bits", " nr_bits=%" PRIu64, btf_int_bits(type));
	out_str(out, "encoding", " encoding=%s", encoding);
}

static void dump_array(struct out *out, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);

	out_u64(out, "type_id", " type_id=%" PRIu64, array->type);
	out_u64(out, "index_type_id", " index_type_id=%" PRIu64, array->index_type);
	out_u64(out, "nr_elems", " nr_elems=%" PRIu64, array->nelems);
}

static void dump_members(struct out *out, const struct btf *btf, const struct btf_type *type)
{
	out_u64(out, "size", " size=%" PRIu64, type->size);
	out_u64(out, "vlen", " vlen=%" PRIu64, btf_vlen(type));
	out_array(out, "members");
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		u32 bits = btf_member_bitfield_size(type, i);

		out_object(out, NULL);
		out_text(out, "\n\t");
		out_name(out, btf, member->name_off);
		out_u64(out, "type_id", " type_id=%" PRIu64, member->type);
		out_u64(out, "bits_offset", " bits_offset=%" PRIu64, btf_member_bit_offset(type, i));
		if (bits)
			out_u64(out, "bitfield_size", " bitfield_size=%" PRIu64, bits);
		out_object_end(out);
	}
	out_array_end(out);
}

static void dump_enum(struct out *out, const struct btf *btf, const struct btf_type *type)
{
	bool is_signed = btf_kflag(type), wide = btf_is_enum64(type);

	out_str(out, "encoding", " encoding=%s", is_signed ? "SIGNED" : "UNSIGNED");
	out_u64(out, "size", " size=%" PRIu64, type->size);
	out_u64(out, "vlen", " vlen=%" PRIu64, btf_vlen(type));
	out_array(out, "values");
	for (u32 i = 0; i < btf_vlen(type); i++) {
		u64 value = wide ? btf_enum64_value(&btf_enum64(type)[i]) : (u32)btf_enum(type)[i].val;
		s64 negative = wide ? (s64)value : (s32)value;

		out_object(out, NULL);
		out_text(out, "\n\t");
		out_name(out, btf, wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off);
		if (is_signed)
			out_s64(out, "val", wide ? " val=%" PRId64 "LL" : " val=%" PRId64, negative);
		else
			out_u64(out, "val", wide ? " val=%" PRIu64 "ULL" : " val=%" PRIu64, value);
		out_object_end(out);
	}
	out_array_end(out);
}

static void dump_proto(struct out *out, const struct btf *btf, const struct btf_type *type)
{
	out_u64(out, "ret_type_id", " ret_type_id=%" PRIu64, type->type);
	out_u64(out, "vlen", " vlen=%" PRIu64, btf_vlen(type));
	out_array(out, "params");
	for (u32 i = 0; i < btf_vlen(type); i++) {
		out_object(out, NULL);
		out_text(out, "\n\t");
		out_name(out, btf, btf_params(type)[i].name_off);
		out_u64(out, "type_id", " type_id=%" PRIu64, btf_params(type)[i].type);
		out_object_end(out);
	}
	out_array_end(out);
}

static void dump_section(struct out *out, const struct btf *btf, const struct btf_type *type)
{
	out_u64(out, "size", " size=%" PRIu64, type->size);
	out_u64(out, "vlen", " vlen=%" PRIu64, btf_vlen(type));
	out_array(out, "vars");
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_var_secinfo *place = &btf_var_secinfos(type)[i];
		const struct btf_type *variable = btf__type_by_id(btf, place->type);

		out_object(out, NULL);
		out_u64(out, "type_id", "\n\ttype_id=%" PRIu64, place->type);
		out_u64(out, "offset", " offset=%" PRIu64, place->offset);
		out_u64(out, "size", " size=%" PRIu64, place->size);
		if (variable && !out->json) {
			out_text(out, " (%s ", kind_names[btf_kind(variable)]);
			out_name(out, btf, variable->name_off);
			out_text(out, ")");
		}
		out_object_end(out);
	}
	out_array_end(out);
}

static void dump_rest(struct out *out, const struct btf *btf, const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return dump_int(out, type);
	case BTF_KIND_ARRAY:
		return dump_array(out, type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return dump_members(out, btf, type);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return dump_enum(out, btf, type);
	case BTF_KIND_FWD:
		return out_str(out, "fwd_kind", " fwd_kind=%s", btf_kflag(type) ? "union" : "struct");
	case BTF_KIND_FUNC:
		out_u64(out, "type_id", " type_id=%" PRIu64, type->type);
		return out_str(out, "linkage", " linkage=%s", linkage_name(btf_vlen(type)));
	case BTF_KIND_FUNC_PROTO:
		return dump_proto(out, btf, type);
	case BTF_KIND_VAR:
		out_u64(out, "type_id", " type_id=%" PRIu64, type->type);
		return out_str(out, "linkage", ", linkage=%s", linkage_name(btf_var(type)->linkage));
	case BTF_KIND_DATASEC:
		return dump_section(out, btf, type);
	case BTF_KIND_FLOAT:
		return out_u64(out, "size", " size=%" PRIu64, type->size);
	case BTF_KIND_DECL_TAG:
		out_u64(out, "type_id", " type_id=%" PRIu64, type->type);
		return out_s64(out, "component_idx", " component_idx=%" PRId64,
			       btf_decl_tag(type)->component_idx);
	}
	out_u64(out, "type_id", " type_id=%" PRIu64, type->type);
}

static void dump_type(struct out *out, const struct btf *btf, u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	u32 kind = type ? btf_kind(type) : BTF_KIND_UNKN;

	if (!type || kind >= ARRAY_SIZE(kind_names))
		return;
	out_object(out, NULL);
	out_u64(out, "id", "[%" PRIu64 "] ", id);
	out_str(out, "kind", "%s ", kind_names[kind]);
	out_name(out, btf, type->name_off);
	dump_rest(out, btf, type);
	out_text(out, "\n");
	out_object_end(out);
}

static void dump_raw(struct out *out, const struct btf *btf, const u32 *roots, u32 root_count)
{
	out_object(out, NULL);
	out_array(out, "types");
	if (root_count)
		for (u32 i = 0; i < root_count; i++)
			dump_type(out, btf, roots[i]);
	else
		for (u32 id = 1; id < btf__type_cnt(btf); id++)
			dump_type(out, btf, id);
	out_array_end(out);
	out_object_end(out);
}

static void print_c(void *ctx, const char *fmt, va_list args)
{
	vfprintf(ctx, fmt, args);
}

/* As a header that a program can include: bpftool's guard and its pragma for CO-RE. */
static int dump_c(struct objects *o, const struct btf *btf, const u32 *roots, u32 root_count)
{
	struct btf_dump *dump;
	u32 count = root_count ? root_count : btf__type_cnt(btf) - 1;
	int err = 0;

	if (o->json)
		return log_error(o->log, -EINVAL, "C is no JSON: format c goes without -j");
	if (!btf_is_sound(btf))
		return log_error(o->log, -EINVAL, "the BTF is damaged");
	dump = btf_dump__new(btf, print_c, o->file, NULL);
	if (!dump)
		return -errno;
	fprintf(o->file, "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n\n"
	       "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	       "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n"
	       "#endif\n\n");
	for (u32 i = 0; !err && i < count; i++) {
		u32 id = root_count ? roots[i] : i + 1;

		err = btf_dump__dump_type(dump, id);
		if (err)
			log_line(o->log, "type %u cannot be said in C: %s", id, strerror(-err));
	}
	btf_dump__free(dump);
	if (err)
		return err;
	fprintf(o->file, "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n"
	       "#endif /* __VMLINUX_H__ */\n");
	return 0;
}

struct source {
	struct btf *btf;
	u32 roots[ROOTS_MAX], root_count;
};

static int source_map(struct objects *o, struct words *words, struct source *source)
{
	struct bpf_map_info info = { 0 };
	int handle = objects_open_one(o, KIND_MAP, words), err;
	bool key = true, value = true, all = false;

	if (handle < 0)
		return handle;
	err = objects_info(o, handle, &info, sizeof(info), NULL);
	(void)backend_close(o->backend, handle);
	if (err)
		return objects_refused(o, err, "nothing can be learnt about the map");
	if (words_take(words, "key"))
		value = false;
	else if (words_take(words, "value"))
		key = false;
	else if (words_take(words, "all"))
		all = true;
	else
		(void)words_take(words, "kv");
	if (!info.btf_id)
		return log_error(o->log, -ENOENT, "map %u has no BTF", info.id);
	if (!all && key && info.btf_key_type_id)
		source->roots[source->root_count++] = info.btf_key_type_id;
	if (!all && value && info.btf_value_type_id)
		source->roots[source->root_count++] = info.btf_value_type_id;
	return btf_by_id(o, info.btf_id, &source->btf);
}

static int source_prog(struct objects *o, struct words *words, struct source *source)
{
	struct bpf_prog_info info = { 0 };
	int handle = objects_open_one(o, KIND_PROG, words), err;

	if (handle < 0)
		return handle;
	err = objects_info(o, handle, &info, sizeof(info), NULL);
	(void)backend_close(o->backend, handle);
	if (err)
		return objects_refused(o, err, "nothing can be learnt about the program");
	if (!info.btf_id)
		return log_error(o->log, -ENOENT, "program %u has no BTF", info.id);
	return btf_by_id(o, info.btf_id, &source->btf);
}

static int source_words(struct objects *o, struct words *words, struct source *source)
{
	u32 id;
	int err = words_need(words, 2, "dump");

	if (err)
		return err;
	if (words_take(words, "id")) {
		err = words_u32(words, "id", &id);
		return err ? err : btf_by_id(o, id, &source->btf);
	}
	if (words_take(words, "map"))
		return source_map(o, words, source);
	if (words_take(words, "prog"))
		return source_prog(o, words, source);
	if (words_take(words, "file"))
		return btf_by_path(words_next(words), o->log, &source->btf);
	return log_error(o->log, -EINVAL, "id, map, prog or file is expected, not \"%s\"", *words->at);
}

static int btf_dump_words(struct objects *o, struct words *words)
{
	struct source source = { 0 };
	int err = source_words(o, words, &source);
	bool c = false;

	if (err)
		return err;
	if (words_take(words, "format")) {
		const char *format = words_next(words);

		c = format && word_is(format, "c");
		if (!c && !(format && word_is(format, "raw")))
			err = log_error(o->log, -EINVAL, "format raw or c is expected");
	}
	if (!err)
		err = words_end(words);
	o->said = !err;
	if (!err && c)
		err = dump_c(o, source.btf, source.roots, source.root_count);
	else if (!err)
		dump_raw(&o->out, source.btf, source.roots, source.root_count);
	btf__free(source.btf);
	return err;
}

static int btf_help(struct objects *o, struct words *words)
{
	o->said = true;
	help_btf(o->file);
	return 0;
}

const struct objects_command btf_commands[] = {
	{ "show", btf_show }, { "list", btf_show }, { "help", btf_help }, { "dump", btf_dump_words },
	{ NULL, NULL },
};

int verb_btf(int argc, char **argv, struct log *log)
{
	return objects_run("btf", btf_commands, argc, argv, stdout, NULL, log);
}

void help_btf(FILE *file)
{
	fprintf(file, "usage: clsbpf btf { show | list } [id BTF_ID]\n"
		      "       clsbpf btf dump BTF_SRC [format { raw | c }]\n"
		      "  BTF_SRC := { id BTF_ID | prog PROG | map MAP [{ key | value | kv | all }] |\n"
		      "               file FILE }\n"
		      "  MAP := { id MAP_ID | pinned FILE | name MAP_NAME }\n"
		      "  PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }\n");
	help_objects(file);
}
