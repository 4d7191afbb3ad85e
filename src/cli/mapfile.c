// SPDX-License-Identifier: BSD-2-Clause
/* mapfile.c - reading and writing map contents through bpf(2) element commands. */
#include "cli/mapfile.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static bool is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static u32 value_stride(const struct load_map *map)
{
	return is_percpu(map->type) ? (u32)round_up_u64(map->value_size, 8) : map->value_size;
}

/* Bytes that bpf(2) copies for one value; 0 when that is more than this machine can mean. */
static size_t value_room(const struct load_map *map, u32 cpus)
{
	return (size_t)value_stride(map) * (is_percpu(map->type) ? cpus : 1);
}

static int elem_command(struct backend *backend, int cmd, const struct load_map *map, const void *key,
			void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map->handle;
	attr.key = ptr_u64(key);
	attr.value = ptr_u64(value);
	return backend_bpf(backend, cmd, &attr, sizeof(attr));
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static int bytes_from_hex(const char *text, u8 *bytes, u32 size)
{
	if (!strncmp(text, "0x", 2))
		text += 2;
	if (strlen(text) != 2 * (size_t)size)
		return -EINVAL;
	for (u32 i = 0; i < size; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (u8)(high << 4 | low);
	}
	return 0;
}

/* Little-endian; a negative number as two's complement in all of @size. */
static int bytes_from_number(json_int_t number, u8 *bytes, u32 size)
{
	u64 value = le64((u64)number);

	if (!size || (size < 8 && (number >= 1ll << (8 * size) ||
				   number < -(1ll << (8 * size - 1)))))
		return -EINVAL;
	memset(bytes, number < 0 ? 0xff : 0, size);
	memcpy(bytes, &value, min_u32(size, 8));
	return 0;
}

static int byte_from_json(const json_t *item, u8 *byte)
{
	const char *text = json_string_value(item);
	char *end;
	json_int_t value;

	if (json_is_integer(item)) {
		value = json_integer_value(item);
	} else if (text && *text >= '0' && *text <= '9') {
		value = strtol(text, &end, 0);
		if (*end)
			return -EINVAL;
	} else {
		return -EINVAL;
	}
	if (value < 0 || value > 255)
		return -EINVAL;
	*byte = (u8)value;
	return 0;
}

static int bytes_from_json(const json_t *json, u8 *bytes, u32 size)
{
	if (json_is_integer(json))
		return bytes_from_number(json_integer_value(json), bytes, size);
	if (json_is_string(json))
		return bytes_from_hex(json_string_value(json), bytes, size);
	if (!json_is_array(json) || json_array_size(json) != size)
		return -EINVAL;
	for (u32 i = 0; i < size; i++)
		if (byte_from_json(json_array_get(json, i), &bytes[i]))
			return -EINVAL;
	return 0;
}

/* "values" of a per-CPU map, or one "value" for all CPUs. */
static int value_from_json(const json_t *entry, const struct load_map *map, u32 cpus, u8 *value)
{
	const json_t *one = json_object_get(entry, "value"), *all = json_object_get(entry, "values");
	u32 stride = value_stride(map);
	int err;

	if (one) {
		err = bytes_from_json(one, value, map->value_size);
		for (u32 cpu = 1; !err && is_percpu(map->type) && cpu < cpus; cpu++)
			memcpy(value + (size_t)cpu * stride, value, map->value_size);
		return err;
	}
	if (!is_percpu(map->type) || !json_is_array(all))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *slot = json_array_get(all, i);
		const json_t *cpu = json_object_get(slot, "cpu");

		if (!json_is_integer(cpu) || json_integer_value(cpu) < 0 ||
		    json_integer_value(cpu) >= cpus ||
		    bytes_from_json(json_object_get(slot, "value"),
				    value + (size_t)json_integer_value(cpu) * stride, map->value_size))
			return -EINVAL;
	}
	return 0;
}

static int load_entries(struct backend *backend, const struct load_map *map, u32 cpus,
			const json_t *root, const char *path, u8 *key, u8 *value, struct log *log)
{
	size_t room = value_room(map, cpus);

	if (!json_is_array(root))
		return log_error(log, -EINVAL, "%s: a list of entries is expected", path);
	for (size_t i = 0; i < json_array_size(root); i++) {
		const json_t *entry = json_array_get(root, i);
		int err;

		memset(value, 0, room);
		if (bytes_from_json(json_object_get(entry, "key"), key, map->key_size))
			return log_error(log, -EINVAL, "%s: entry %zu: the key is not of %u bytes", path, i,
					 map->key_size);
		if (value_from_json(entry, map, cpus, value))
			return log_error(log, -EINVAL, "%s: entry %zu: the value is not of %u bytes",
					 path, i, map->value_size);
		err = elem_command(backend, BPF_MAP_UPDATE_ELEM, map, key, value);
		if (err)
			return log_error(log, err, "%s: entry %zu: map %s refuses it: %s", path, i,
					 map->name, strerror(-err));
	}
	return 0;
}

int mapfile_load(struct backend *backend, const struct load_map *map, u32 cpus, const char *path,
		 struct log *log)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	u8 *key, *value;
	int err;

	if (!root && error.line < 1)
		return log_error(log, -EINVAL, "%s", error.text);
	if (!root)
		return log_error(log, -EINVAL, "%s:%d:%d: %s", path, error.line, error.column,
				 error.text);
	key = malloc(map->key_size + 1);
	value = malloc(value_room(map, cpus) + 1);
	err = key && value ? load_entries(backend, map, cpus, root, path, key, value, log) : -ENOMEM;
	free(key);
	free(value);
	json_decref(root);
	return err;
}

static void out_bytes(struct out *out, const char *name, const u8 *bytes, u32 size)
{
	char text[8];

	out_array(out, name);
	for (u32 i = 0; i < size; i++) {
		snprintf(text, sizeof(text), "0x%02x", bytes[i]);
		out_str(out, NULL, NULL, text);
	}
	out_array_end(out);
	for (u32 i = 0; i < size; i++)
		out_text(out, "%02x%s", bytes[i], i + 1 < size ? " " : "");
}

static void out_entry(struct out *out, const struct load_map *map, u32 cpus, const u8 *key,
		      const u8 *value)
{
	out_text(out, "  ");
	out_object(out, NULL);
	out_bytes(out, "key", key, map->key_size);
	out_text(out, ":");
	if (!is_percpu(map->type)) {
		out_text(out, " ");
		out_bytes(out, "value", value, map->value_size);
	} else {
		out_array(out, "values");
		for (u32 cpu = 0; cpu < cpus; cpu++) {
			out_object(out, NULL);
			out_u64(out, "cpu", " cpu %" PRIu64 ": ", cpu);
			out_bytes(out, "value", value + (size_t)cpu * value_stride(map), map->value_size);
			out_object_end(out);
		}
		out_array_end(out);
	}
	out_object_end(out);
	out_text(out, "\n");
}

static int key_order(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(u32 *)size);
}

/* Every key of the map, in a block of key_size steps. Returns their number, or -errno. */
static s64 collect_keys(struct backend *backend, const struct load_map *map, u8 **keys)
{
	u64 count = 0, room = 64;
	u8 *block = malloc(room * map->key_size);

	while (block) {
		union bpf_attr attr;
		int err;

		if (count == room) {
			u8 *grown = reallocarray(block, 2 * room, map->key_size);

			if (!grown)
				break;
			block = grown;
			room *= 2;
		}
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (u32)map->handle;
		attr.key = count ? ptr_u64(block + (count - 1) * map->key_size) : 0;
		attr.next_key = ptr_u64(block + count * map->key_size);
		err = backend_bpf(backend, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr));
		if (err && err != -ENOENT) {
			free(block);
			return err;
		}
		if (err || count == map->max_entries) {
			*keys = block;
			return (s64)count;
		}
		count++;
	}
	free(block);
	return -ENOMEM;
}

/* Keys of an array are its indices, in this order, and there may be as many as the object's author
 * liked: nothing is kept of them. */
static int dump_array(struct backend *backend, const struct load_map *map, u32 cpus,
		      struct out *out, u8 *value)
{
	int err = 0;

	out_array(out, map->name);
	out_text(out, "map %s: %" PRIu32 " entries\n", map->name, map->max_entries);
	for (u32 i = 0; !err && i < map->max_entries && !ferror(out->file); i++) {
		u32 key = i;

		err = elem_command(backend, BPF_MAP_LOOKUP_ELEM, map, &key, value);
		if (!err)
			out_entry(out, map, cpus, (const u8 *)&key, value);
	}
	out_array_end(out);
	return err;
}

int mapfile_dump(struct backend *backend, const struct load_map *map, u32 cpus, struct out *out)
{
	u8 *keys = NULL, *value = calloc(1, value_room(map, cpus) + 1);
	u32 size = map->key_size;
	s64 count;

	if (value && (map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY)) {
		int err = dump_array(backend, map, cpus, out, value);

		free(value);
		return err;
	}
	count = value ? collect_keys(backend, map, &keys) : -ENOMEM;
	if (count < 0) {
		free(value);
		return (int)count;
	}
	qsort_r(keys, (size_t)count, size, key_order, &size);
	out_array(out, map->name);
	out_text(out, "map %s: %" PRIu64 " entries\n", map->name, (u64)count);
	for (s64 i = 0; i < count && !ferror(out->file); i++)
		if (!elem_command(backend, BPF_MAP_LOOKUP_ELEM, map, keys + i * size, value))
			out_entry(out, map, cpus, keys + i * size, value);
	out_array_end(out);
	free(keys);
	free(value);
	return 0;
}
