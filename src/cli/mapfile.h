// SPDX-License-Identifier: BSD-2-Clause
/* mapfile.h - contents of maps as JSON: filled before a run, shown after it.
 *
 * The form is bpftool's: [{"key": ["0x0a", ...], "value": ["0x01", ...]}, ...], bytes in the order
 * of memory; per-CPU maps have "values": [{"cpu": 0, "value": [...]}, ...]. When read, a byte may be
 * a number, and a whole key or value may be one number (little-endian in its size) or a string of
 * hexadecimal digits.
 */
#ifndef CLSBPF_CLI_MAPFILE_H
#define CLSBPF_CLI_MAPFILE_H

#include "backend/backend.h"
#include "base/log.h"
#include "cli/out.h"
#include "load/load.h"

/** mapfile_load() - put every entry of the file @path into @map.
 *  @cpus: slots of a per-CPU value. Returns 0, -EINVAL (file) or the errno of an update, with a
 *  sentence that names the entry. */
must_check int mapfile_load(struct backend *backend, const struct load_map *map, u32 cpus,
			    const char *path, struct log *log);

/** mapfile_dump() - show the entries of @map, in the order of their keys, as the array @key of @out.
 *  Returns 0, or -errno when the map cannot be read. */
must_check int mapfile_dump(struct backend *backend, const struct load_map *map, u32 cpus,
			    struct out *out);

#endif
