// SPDX-License-Identifier: BSD-2-Clause
/* number.c - the numbers of tc's command line. */
#include "tc/number.h"

#include <ctype.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <stdlib.h>

/* Digits at @text, up to @max. strtoul() alone would take a sign and wrap it around. */
static int digits(const char *text, int base, u32 max, const char **end, u32 *out)
{
	unsigned long value;
	char *stop;

	while (isspace((u8)*text))
		text++;
	if (!isxdigit((u8)*text))
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &stop, base);
	if (errno || stop == text || value > max)
		return -EINVAL;
	*end = stop;
	*out = (u32)value;
	return 0;
}

int number_u32(const char *word, u32 max, u32 *out)
{
	const char *end;
	u32 value;

	if (digits(word, 0, max, &end, &value) || *end)
		return -EINVAL;
	*out = value;
	return 0;
}

int number_qdisc(const char *word, u32 *out)
{
	const char *end;
	u32 major;

	if (!strcmp(word, "none")) {
		*out = TC_H_UNSPEC;
		return 0;
	}
	if (digits(word, 16, 0xffff, &end, &major) || (*end && *end != ':'))
		return -EINVAL;
	*out = major << 16;
	return 0;
}

int number_classid(const char *word, u32 *out)
{
	const char *end = word;
	u32 major = 0, minor = 0;

	if (!strcmp(word, "root") || !strcmp(word, "none")) {
		*out = word[0] == 'r' ? TC_H_ROOT : TC_H_UNSPEC;
		return 0;
	}
	if (*word != ':' && digits(word, 16, UINT32_MAX, &end, &major))
		return -EINVAL;
	if (!*end) {
		*out = major;
		return 0;
	}
	if (*end != ':' || major > 0xffff)
		return -EINVAL;
	word = end + 1;
	if (*word && (digits(word, 16, 0xffff, &end, &minor) || *end))
		return -EINVAL;
	*out = major << 16 | minor;
	return 0;
}

const char *number_classid_text(u32 classid, char buf[NUMBER_ROOM])
{
	u32 major = classid >> 16, minor = classid & 0xffff;

	if (classid == TC_H_ROOT)
		snprintf(buf, NUMBER_ROOM, "root");
	else if (classid == TC_H_UNSPEC)
		snprintf(buf, NUMBER_ROOM, "none");
	else if (!major)
		snprintf(buf, NUMBER_ROOM, ":%x", minor);
	else if (!minor)
		snprintf(buf, NUMBER_ROOM, "%x:", major);
	else
		snprintf(buf, NUMBER_ROOM, "%x:%x", major, minor);
	return buf;
}
