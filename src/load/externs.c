// SPDX-License-Identifier: BSD-2-Clause
/* externs.c - what an object declares `extern`, found in its types and its symbol table. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/file.h"

#define CONFIG_SIZE_MAX 65536u

static u32 data_section(const struct load_file *file, const char *name)
{
	return btf_find(&file->btf, BTF_KIND_DATASEC, name);
}

static bool is_weak(const struct load_file *file, const char *name)
{
	for (u32 i = 0; i < file->symbol_count; i++)
		if (!file->symbols[i].section && !strcmp(file->symbols[i].name, name))
			return file->symbols[i].bind == STB_WEAK;
	return false;
}

/* The alignment of an integer of this size, or of the elements of an array. */
static u32 alignment(const struct btf_view *btf, u32 type_id)
{
	const struct btf_type *type = btf_resolve(btf, type_id);
	u32 size;

	if (type && btf_kind(type) == BTF_KIND_ARRAY)
		type_id = btf_array_of(type)->type;
	if (btf_size_of(btf, type_id, &size) || !size || size & (size - 1) || size > 8)
		return 8;
	return size;
}

static int config_add(struct load_object *object, struct btf_var_secinfo *var, u32 *end,
		      struct log *log)
{
	struct load_file *file = object->file;
	struct btf_type *type = btf_type(&file->btf, var->type);
	struct kconfig *config = &file->externs.config[file->externs.config_count];
	struct btf_var *of = (void *)(type + 1);

	if (!type || btf_kind(type) != BTF_KIND_VAR)
		return log_error(log, -EINVAL, "%s: section .kconfig has something that is no variable",
				 object->path);
	config->name_off = type->name_off;
	config->type_id = type->type;
	config->weak = is_weak(file, externs_name(file, config));
	if (btf_size_of(&file->btf, type->type, &config->size) || !config->size ||
	    config->size > CONFIG_SIZE_MAX)
		return log_error(log, -EINVAL, "%s: extern %s has no size that can be", object->path,
				 externs_name(file, config));
	config->offset = (u32)round_up_u64(*end, alignment(&file->btf, type->type));
	*end = config->offset + config->size;
	if (*end > CONFIG_SIZE_MAX)
		return log_error(log, -E2BIG, "%s: section .kconfig is too large", object->path);
	var->offset = config->offset;
	var->size = config->size;
	of->linkage = BTF_VAR_GLOBAL_ALLOCATED;
	file->externs.config_count++;
	return 0;
}

static int config_collect(struct load_object *object, u32 section, struct log *log)
{
	struct externs *externs = &object->file->externs;
	struct btf_type *type = btf_type(&object->file->btf, section);
	char name[BPF_OBJ_NAME_LEN];
	struct load_map *map;
	u32 end = 0;
	int err = 0;

	externs->config = calloc(btf_vlen(type) + 1u, sizeof(*externs->config));
	if (!externs->config)
		return -ENOMEM;
	for (u32 i = 0; !err && i < btf_vlen(type); i++)
		err = config_add(object, &btf_vars(type)[i], &end, log);
	if (err || !end)
		return err;
	type->size = end;
	externs->values = calloc(1, end);
	if (!externs->values)
		return -ENOMEM;
	data_name(object, ".kconfig", name);
	map = map_new(object, name, 0, 0, log);
	if (!map)
		return -E2BIG;
	externs->map = (s32)object->map_count - 1;
	map->type = BPF_MAP_TYPE_ARRAY;
	map->key_size = 4;
	map->value_size = end;
	map->max_entries = 1;
	map->initial = externs->values;
	map->read_only = true;
	map->flags = BPF_F_RDONLY_PROG;
	map->btf_value_id = section;
	return 0;
}

/* Any type that a variable may have, or 0. */
static u32 some_int(const struct load_file *file)
{
	for (u32 id = 1; id < file->btf.type_count; id++)
		if (btf_kind(btf_type(&file->btf, id)) == BTF_KIND_INT)
			return id;
	return 0;
}

/* What section .ksyms has besides variables, before the types get another form. */
static int functions_collect(struct load_file *file)
{
	struct btf_type *ksyms = btf_type(&file->btf, data_section(file, ".ksyms"));
	struct externs *externs = &file->externs;

	if (!ksyms)
		return 0;
	externs->func = calloc(btf_vlen(ksyms) + 1u, sizeof(*externs->func));
	if (!externs->func)
		return -ENOMEM;
	for (u32 i = 0; i < btf_vlen(ksyms); i++) {
		const struct btf_type *type = btf_type(&file->btf, btf_vars(ksyms)[i].type);

		if (type && btf_kind(type) == BTF_KIND_FUNC && btf_vlen(type) == BTF_FUNC_EXTERN)
			externs->func[externs->func_count++] = (struct extern_func){
				.name_off = type->name_off, .proto = type->type,
				.weak = is_weak(file, btf_name(&file->btf, type->name_off)),
			};
	}
	return 0;
}

/* Kernels take no functions from elsewhere in an object's types, no section of them and no variables
 * of type void. What is left of a function is its prototype under its name. */
static void types_of_the_kernel(struct load_file *file)
{
	u32 section = data_section(file, ".ksyms");
	struct btf_type *ksyms = btf_type(&file->btf, section);
	u32 plain = some_int(file);

	if (ksyms) {
		ksyms->info -= btf_vlen(ksyms);
		ksyms->size = 1;   /* 0 would be refused */
	}
	for (u32 id = 1; id < file->btf.type_count; id++) {
		struct btf_type *type = btf_type(&file->btf, id);
		struct btf_var *var = (void *)(type + 1);

		if (btf_kind(type) == BTF_KIND_FUNC && btf_vlen(type) == BTF_FUNC_EXTERN)
			type->info = (u32)BTF_KIND_TYPEDEF << 24;
		if (btf_kind(type) != BTF_KIND_VAR || var->linkage != BTF_VAR_GLOBAL_EXTERN)
			continue;
		var->linkage = BTF_VAR_GLOBAL_ALLOCATED;
		if (!btf_resolve(&file->btf, type->type))
			type->type = plain;
	}
}

int externs_collect(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;
	u32 section;
	int err;

	file->externs.map = -1;
	if (!file->btf.data)
		return 0;
	err = functions_collect(file);
	if (err)
		return err;
	types_of_the_kernel(file);
	section = data_section(file, ".kconfig");
	return section ? config_collect(object, section, log) : 0;
}

void externs_free(struct externs *externs)
{
	free(externs->func);
	free(externs->config);
	free(externs->values);
}

const char *externs_name(const struct load_file *file, const struct kconfig *config)
{
	return btf_name(&file->btf, config->name_off);
}

const struct kconfig *externs_find(const struct load_file *file, const char *name)
{
	for (u32 i = 0; i < file->externs.config_count; i++)
		if (!strcmp(externs_name(file, &file->externs.config[i]), name))
			return &file->externs.config[i];
	return NULL;
}

int externs_func(const struct load_file *file, const char *name)
{
	for (u32 i = 0; i < file->externs.func_count; i++)
		if (!strcmp(btf_name(&file->btf, file->externs.func[i].name_off), name))
			return (int)i;
	return -1;
}
