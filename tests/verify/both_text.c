// SPDX-License-Identifier: BSD-2-Clause
/* both_text.c - descriptions of maps, functions and program types: see both.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "both.h"

#include "map/map.h"

static int map_type(const char *text, size_t len, u32 *type)
{
	for (u32 i = 1; map_type_name(i); i++) {
		const char *name = map_type_name(i);

		if (strlen(name) == len && !memcmp(name, text, len)) {
			*type = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int map_word(const char *word, struct both_map *map)
{
	static const struct {
		const char *text;
		u32 flags, type;
	} words[] = {
		{ "rdonly", BPF_F_RDONLY_PROG, 0 }, { "wronly", BPF_F_WRONLY_PROG, 0 },
		{ "noprealloc", BPF_F_NO_PREALLOC, 0 }, { "mmap", BPF_F_MMAPABLE, 0 },
		{ "lock", 0, TYPE_VAL_LOCK }, { "timer", 0, TYPE_VAL_TIMER }, { "both", 0, TYPE_VAL_BOTH },
		{ "btf", 0, TYPE_S },
	};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].text, word))
			continue;
		map->flags |= words[i].flags;
		if (words[i].type)
			map->value_type = words[i].type;
		return 0;
	}
	if (!strcmp(word, "frozen"))
		map->frozen = true;
	else if (!strncmp(word, "in=", 3))
		map->inner = (u32)atoi(word + 3) + 1;
	else if (!strncmp(word, "0x", 2))
		map->flags |= (u32)strtoul(word, NULL, 16);
	else
		return -EINVAL;
	return 0;
}

static int parse_map(char *text, struct both_map *map)
{
	u32 *const numbers[] = { &map->key_size, &map->value_size, &map->max_entries };
	char *part = strsep(&text, ":");

	if (map_type(part, strlen(part), &map->type))
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(numbers); i++) {
		part = strsep(&text, ":");
		if (!part)
			return -EINVAL;
		*numbers[i] = (u32)strtoul(part, NULL, 0);
	}
	while ((part = strsep(&text, ":")))
		if (map_word(part, map))
			return -EINVAL;
	return 0;
}

int both_parse_maps(const char *text, struct both_prog *prog, struct log *log)
{
	char copy[1024], *at = copy, *word;

	if (!text)
		return 0;
	if (strlen(text) >= sizeof(copy))
		return log_error(log, -EINVAL, "maps: too long");
	strcpy(copy, text);
	while ((word = strsep(&at, " \n"))) {
		char said[64];

		if (!*word)
			continue;
		snprintf(said, sizeof(said), "%s", word);
		if (prog->map_count == BOTH_MAPS || parse_map(word, &prog->map[prog->map_count]))
			return log_error(log, -EINVAL, "map: `%s` is TYPE:KEY:VALUE:ENTRIES[:WORD]...", said);
		prog->map_count++;
	}
	return 0;
}

int both_parse_funcs(const char *text, struct both_prog *prog, struct log *log)
{
	while (text && *text) {
		size_t len = strcspn(text, " \n");

		if (len && (prog->func_count == BOTH_FUNCS || len >= BOTH_FUNC_TEXT))
			return log_error(log, -EINVAL, "functions: too many, or with too many arguments");
		if (len) {
			memcpy(prog->func[prog->func_count], text, len);
			prog->func[prog->func_count++][len] = '\0';
		}
		text += len + (text[len] != '\0');
	}
	return 0;
}

int both_parse_type(const char *text, u32 *type)
{
	static const struct {
		const char *text;
		u32 type;
	} names[] = {
		{ "cls", BPF_PROG_TYPE_SCHED_CLS }, { "act", BPF_PROG_TYPE_SCHED_ACT },
		{ "socket", BPF_PROG_TYPE_SOCKET_FILTER }, { "xdp", BPF_PROG_TYPE_XDP },
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i].text, text)) {
			*type = names[i].type;
			return 0;
		}
	}
	*type = (u32)atoi(text);
	return *type ? 0 : -EINVAL;
}
