// SPDX-License-Identifier: BSD-2-Clause
/* fdinfo.c - lines "name:\tvalue" of /proc/self/fdinfo/HANDLE. */
#include "cli/fdinfo.h"

#include <inttypes.h>
#include <stdio.h>

static void take_line(struct fdinfo *info, const char *name, u64 value)
{
	if (!strcmp(name, "memlock")) {
		info->has_memlock = true;
		info->memlock = value;
	} else if (!strcmp(name, "frozen")) {
		info->has_frozen = true;
		info->frozen = (u32)value;
	} else if (!strcmp(name, "owner_prog_type")) {
		info->has_owner_type = true;
		info->owner_type = (u32)value;
	} else if (!strcmp(name, "owner_jited")) {
		info->has_owner_jited = true;
		info->owner_jited = (u32)value;
	}
}

void fdinfo_read(int handle, const char *id_name, u32 id, struct fdinfo *out)
{
	struct fdinfo info = { 0 };
	char path[64], line[256];
	bool same = false;
	FILE *file;

	*out = info;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", handle);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char name[64];
		u64 value;

		if (sscanf(line, "%63[a-z_]: %" SCNu64, name, &value) != 2)
			continue;
		if (!strcmp(name, id_name))
			same = value == id;
		take_line(&info, name, value);
	}
	fclose(file);
	if (same)
		*out = info;
}
