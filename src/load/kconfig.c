// SPDX-License-Identifier: BSD-2-Clause
/* kconfig.c - what the kernel was built with, as the object's variables want it.
 *
 *   CONFIG_X=y      bool 1, char 'y', enum libbpf_tristate 1      (n: 0, m: 2 and no bool)
 *   CONFIG_X=300    an integer that can hold it
 *   CONFIG_X="text" an array of char
 *
 * LINUX_KERNEL_VERSION is the release as KERNEL_VERSION() has it, the last number 255 at most.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "load/file.h"

#define LINE_ROOM 4096

struct filling {
	struct load_object *object;
	struct backend *backend;
	struct load_file *file;
	struct log *log;
	bool *known;          /* by variable: it has its value */
};

static int bad_value(const struct filling *f, const struct kconfig *config, const char *text)
{
	return log_error(f->log, -EINVAL, "%s: extern %s cannot hold %.64s", f->object->path,
			 externs_name(f->file, config), text);
}

/* Is @value a number of this size? Of 64 bits everything is, an address in a `long` too: as libbpf. */
static bool number_fits(u64 value, bool negative, bool is_signed, u32 size)
{
	u32 bits = size * 8;

	if (size == 8)
		return true;
	if (!is_signed)
		return !negative && value >> bits == 0;
	if (negative)
		return (s64)value >= -(s64)(1ull << (bits - 1));
	return value >> (bits - 1) == 0;
}

static void number_store(u8 *to, u64 value, u32 size)
{
	/* The low bytes, wherever this machine keeps them. */
	for (u32 i = 0; i < size; i++)
		to[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : size - 1 - i] = (u8)(value >> 8 * i);
}

static bool is_number_size(u32 size) { return size && size <= 8 && !(size & (size - 1)); }

static int set_number(struct filling *f, const struct kconfig *config, const struct btf_type *type,
		      const char *text)
{
	u32 encoding = BTF_INT_ENCODING(get_u32(type + 1));
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || encoding & BTF_INT_BOOL || !is_number_size(config->size) ||
	    !number_fits(value, *text == '-', encoding & BTF_INT_SIGNED, config->size))
		return bad_value(f, config, text);
	number_store(f->file->externs.values + config->offset, value, config->size);
	return 0;
}

/* y, n or m. */
static int set_choice(struct filling *f, const struct kconfig *config, const struct btf_type *type,
		      char choice)
{
	u8 *to = f->file->externs.values + config->offset;
	const char *name = btf_name(&f->file->btf, type->name_off);
	const char text[2] = { choice };

	if (btf_kind(type) == BTF_KIND_ENUM && !strcmp(name, "libbpf_tristate") && config->size == 4) {
		number_store(to, choice == 'y' ? 1 : choice == 'm' ? 2 : 0, 4);
		return 0;
	}
	if (btf_kind(type) != BTF_KIND_INT || config->size != 1)
		return bad_value(f, config, text);
	if (BTF_INT_ENCODING(get_u32(type + 1)) & BTF_INT_BOOL) {
		if (choice == 'm')
			return bad_value(f, config, "m, which is neither true nor false,");
		*to = choice == 'y';
	} else {
		*to = (u8)choice;
	}
	return 0;
}

static int set_text(struct filling *f, const struct kconfig *config, const struct btf_type *type,
		    const char *text)
{
	size_t len = strlen(text);
	u32 element;

	if (btf_kind(type) != BTF_KIND_ARRAY ||
	    btf_size_of(&f->file->btf, btf_array_of(type)->type, &element) || element != 1 || len < 2 ||
	    text[len - 1] != '"')
		return bad_value(f, config, text);
	/* Cut to the room, as libbpf does. */
	len = min_u64(len - 2, config->size - 1);
	memcpy(f->file->externs.values + config->offset, text + 1, len);
	return 0;
}

static int set_config(struct filling *f, const struct kconfig *config, const char *text)
{
	const struct btf_type *type = btf_resolve(&f->file->btf, config->type_id);

	f->known[config - f->file->externs.config] = true;
	if (!type)
		return bad_value(f, config, text);
	if (*text == '"')
		return set_text(f, config, type, text);
	if (strchr("ynm", *text) && *text && !text[1])
		return set_choice(f, config, type, *text);
	return btf_kind(type) == BTF_KIND_INT ? set_number(f, config, type, text)
					      : bad_value(f, config, text);
}

static int set_version(struct filling *f, const struct kconfig *config)
{
	const struct btf_type *type = btf_resolve(&f->file->btf, config->type_id);
	unsigned int major, minor, patch = 0;
	char release[64], text[16];
	int err = backend_path(f->backend, BACKEND_RELEASE, release, sizeof(release));

	if (err || sscanf(release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return log_error(f->log, -ESRCH, "%s: the kernel does not say which version it is",
				 f->object->path);
	snprintf(text, sizeof(text), "%u", major << 16 | minor << 8 | min_u32(patch, 255));
	f->known[config - f->file->externs.config] = true;
	return type && btf_kind(type) == BTF_KIND_INT ? set_number(f, config, type, text)
						       : bad_value(f, config, text);
}

/* "CONFIG_NAME=value\n" */
static int take_line(struct filling *f, char *line)
{
	char *value = strchr(line, '=');
	const struct kconfig *config;

	if (strncmp(line, "CONFIG_", 7) || !value)
		return 0;
	*value++ = '\0';
	value[strcspn(value, "\n")] = '\0';
	config = externs_find(f->file, line);
	return config ? set_config(f, config, value) : 0;
}

static int take_file(struct filling *f)
{
	char path[PATH_MAX], line[LINE_ROOM];
	gzFile file;
	int err;

	if (backend_path(f->backend, BACKEND_CONFIG, path, sizeof(path)))
		return 0;
	file = gzopen(path, "re");
	if (!file)
		return 0;
	for (err = 0; !err && gzgets(file, line, sizeof(line));)
		err = take_line(f, line);
	gzclose(file);
	return err;
}

/* What libbpf finds out about the kernel by itself is for programs that trace: none of them is here. */
static int take_known(struct filling *f, bool *want_file)
{
	int err = 0;

	for (u32 i = 0; !err && i < f->file->externs.config_count; i++) {
		const struct kconfig *config = &f->file->externs.config[i];
		const char *name = externs_name(f->file, config);

		if (!strcmp(name, "LINUX_KERNEL_VERSION"))
			err = set_version(f, config);
		else if (!strncmp(name, "CONFIG_", 7))
			*want_file = true;
		else if (!config->weak)
			err = log_error(f->log, -EOPNOTSUPP, "%s: extern %s is nothing that a kernel says",
					f->object->path, name);
	}
	return err;
}

int kconfig_fill(struct load_object *object, struct backend *backend, struct log *log)
{
	struct filling f = { .object = object, .backend = backend, .file = object->file, .log = log };
	const struct externs *externs = &object->file->externs;
	bool want_file = false;
	int err;

	f.known = calloc(externs->config_count + 1, sizeof(*f.known));
	if (!f.known)
		return -ENOMEM;
	err = take_known(&f, &want_file);
	if (!err && want_file)
		err = take_file(&f);
	for (u32 i = 0; !err && i < externs->config_count; i++)
		if (!f.known[i] && !externs->config[i].weak)
			err = log_error(log, -ESRCH,
					"%s: the kernel does not say %s (declare it __weak to do without)",
					object->path, externs_name(object->file, &externs->config[i]));
	free(f.known);
	return err;
}
