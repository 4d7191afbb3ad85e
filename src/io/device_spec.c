// SPDX-License-Identifier: BSD-2-Clause
/* device_spec.c - the words of --dev. */
#include "io/device_spec.h"

#include <errno.h>
#include <stdlib.h>

#define GRAMMAR "NAME=pair:PEER, NAME=pcap:IN[,OUT][,loop] or NAME=gen:PPS,SIZE,FLOWS"

static const char *const kinds[] = {
	[DEVICE_PAIR] = "pair:",
	[DEVICE_PCAP] = "pcap:",
	[DEVICE_GEN] = "gen:",
};

/* Cut @text at its commas. Returns how many words there are, or more than @room. */
static u32 split(char *text, char **word, u32 room)
{
	u32 count = 0;

	for (char *at; (at = strsep(&text, ",")) != NULL; count++)
		if (count < room)
			word[count] = at;
	return count;
}

static bool number(const char *text, u32 low, u32 high, u32 *out)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < low || value > high)
		return false;
	*out = (u32)value;
	return true;
}

static bool parse_pcap(struct device_spec *spec, char *rest)
{
	char *word[3];
	u32 count = split(rest, word, 3);

	if (count > 3)
		return false;
	if (count > 1 && !strcmp(word[count - 1], "loop")) {
		spec->loop = true;
		count--;
	}
	spec->in = word[0];
	spec->out = count > 1 ? word[1] : NULL;
	/* Standard input does not begin again. */
	return count < 3 && *spec->in && (!spec->out || *spec->out) &&
	       !(spec->loop && !strcmp(spec->in, "-"));
}

static bool parse_gen(struct device_spec *spec, char *rest)
{
	char *word[3];

	return split(rest, word, 3) == 3 && number(word[0], 1, GEN_PPS_MAX, &spec->pps) &&
	       number(word[1], GEN_SIZE_MIN, GEN_SIZE_MAX, &spec->size) &&
	       number(word[2], 1, GEN_FLOWS_MAX, &spec->flows);
}

static bool parse_kind(struct device_spec *spec, char *rest)
{
	switch (spec->kind) {
	case DEVICE_PAIR:
		spec->peer = rest;
		return *rest;
	case DEVICE_PCAP:
		return parse_pcap(spec, rest);
	case DEVICE_GEN:
		return parse_gen(spec, rest);
	}
	return false;
}

static bool parse(struct device_spec *spec)
{
	char *equals = strchr(spec->text, '=');

	if (!equals || equals == spec->text || equals - spec->text >= IFNAMSIZ)
		return false;
	*equals = '\0';
	strcpy(spec->name, spec->text);
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(equals + 1, kinds[i], strlen(kinds[i])))
			continue;
		spec->kind = i;
		return parse_kind(spec, equals + 1 + strlen(kinds[i]));
	}
	return false;
}

int device_spec_parse(const char *text, struct device_spec *spec, struct log *log)
{
	*spec = (struct device_spec){ .text = strdup(text) };
	if (!spec->text)
		return log_error(log, -ENOMEM, "out of memory");
	if (parse(spec))
		return 0;
	device_spec_free(spec);
	return log_error(log, -EINVAL, "--dev %s: %s is expected (PPS up to %u, SIZE %u to %u, FLOWS up to "
			 "%u)", text, GRAMMAR, GEN_PPS_MAX, GEN_SIZE_MIN, GEN_SIZE_MAX, GEN_FLOWS_MAX);
}

void device_spec_free(struct device_spec *spec)
{
	free(spec->text);
	spec->text = NULL;
}
