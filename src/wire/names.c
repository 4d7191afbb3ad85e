// SPDX-License-Identifier: BSD-2-Clause
/* names.c - lookups in names.def, both ways. Lists are short: a walk is fast enough. */
#include "wire/names.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct protocol {
	u16 number;
	char name[NAMES_ROOM];
} protocols[] = {
#define PROTOCOL(number, name) { number, name },
#include "wire/names.def"
#undef PROTOCOL
};

const char *names_protocol(u16 protocol, char buf[NAMES_ROOM])
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (protocols[i].number == protocol) {
			memcpy(buf, protocols[i].name, NAMES_ROOM);
			return buf;
		}
	}
	snprintf(buf, NAMES_ROOM, "[%u]", protocol);
	return buf;
}

int names_protocol_parse(const char *word, u16 *out)
{
	unsigned long value;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (!strcasecmp(protocols[i].name, word)) {
			*out = protocols[i].number;
			return 0;
		}
	}
	/* strtoul() also takes signs, which no protocol has. */
	if (!isdigit((u8)word[0]))
		return -EINVAL;
	errno = 0;
	value = strtoul(word, &end, 0);
	if (errno || *end || value > UINT16_MAX)
		return -EINVAL;
	*out = (u16)value;
	return 0;
}
