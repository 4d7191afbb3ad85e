// SPDX-License-Identifier: BSD-2-Clause
/* options.c - options.h's rows at work. */
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>

static bool takes_value(const struct option_row *row)
{
	return row->metavar;
}

/* The row that @word means, and where a value inside the word begins (NULL: it has none). */
static const struct option_row *option_find(const struct option_row *rows, const char *word,
					    const char **value)
{
	*value = NULL;
	for (const struct option_row *row = rows; row->name; row++) {
		size_t len = strlen(row->name);

		if (!strcmp(word, row->name))
			return row;
		if (!takes_value(row) || strncmp(word, row->name, len))
			continue;
		if (row->name[1] == '-' ? word[len] == '=' : true) {
			*value = word + len + (row->name[1] == '-');
			return row;
		}
	}
	return NULL;
}

static int parse_number(const struct option_row *row, const char *value, u64 max, u64 *number,
			struct log *log)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 0);
	/* strtoull() itself would take blanks and a sign in front. */
	if (errno || *value < '0' || *value > '9' || *end || *number > max)
		return log_error(log, -EINVAL, "%s: \"%s\" is not a number from 0 to %llu", row->name,
				 value, (unsigned long long)max);
	return 0;
}

static int option_store(const struct option_row *row, void *settings, const char *value,
			struct log *log)
{
	char *member = (char *)settings + row->offset;
	struct option_list *list = (void *)member;
	u64 number;
	int err = 0;

	if (row->seen)
		*(bool *)((char *)settings + row->seen) = true;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_CLEAR:
		*(bool *)member = false;
		return 0;
	case OPTION_U32:
		err = parse_number(row, value, UINT32_MAX, &number, log);
		if (!err)
			*(u32 *)member = (u32)number;
		return err;
	case OPTION_U64:
		err = parse_number(row, value, UINT64_MAX, &number, log);
		if (!err)
			*(u64 *)member = number;
		return err;
	case OPTION_STRING:
		*(const char **)member = value;
		return 0;
	case OPTION_LIST:
		if (list->count == OPTION_LIST_MAX)
			return log_error(log, -EINVAL, "%s: given more than %d times", row->name,
					 OPTION_LIST_MAX);
		list->item[list->count++] = value;
		return 0;
	case OPTION_LATER:
		return log_error(log, -EOPNOTSUPP, "%s: %s", row->name, row->help);
	}
	return -EINVAL;
}

int options_parse(const struct option_row *rows, void *settings, int argc, char **argv,
		  struct log *log)
{
	int left = 0;

	for (int i = 0; i < argc; i++) {
		const struct option_row *row;
		const char *value;
		int err;

		if (!strcmp(argv[i], "--")) {
			while (++i < argc)
				argv[left++] = argv[i];
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			argv[left++] = argv[i];
			continue;
		}
		row = option_find(rows, argv[i], &value);
		if (!row)
			return log_error(log, -EINVAL, "unknown option \"%s\"", argv[i]);
		if (takes_value(row) && !value) {
			if (i + 1 == argc)
				return log_error(log, -EINVAL, "%s needs a value: %s", row->name,
						 row->metavar);
			value = argv[++i];
		}
		err = option_store(row, settings, value, log);
		if (err)
			return err;
	}
	return left;
}

int object_words_parse(struct object_words *words, int argc, char **argv, const char *verb,
		       struct log *log)
{
	*words = (struct object_words){ 0 };
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		const char **member = NULL;

		if (!words->object) {
			words->object = word;
			continue;
		}
		if (!strcmp(word, "sec") || !strcmp(word, "section"))
			member = &words->section;
		else if (!strcmp(word, "prog") || !strcmp(word, "program"))
			member = &words->program;
		if (!member)
			return log_error(log, -EINVAL, "what is \"%s\"? See: clsbpf help %s", word, verb);
		if (i + 1 == argc)
			return log_error(log, -EINVAL, "%s needs a name", word);
		*member = argv[++i];
	}
	if (!words->object)
		return log_error(log, -EINVAL, "an object file is needed. See: clsbpf help %s", verb);
	return 0;
}

void options_help(const struct option_row *rows, FILE *file)
{
	for (; rows->name; rows++) {
		char head[64];

		if (rows->kind == OPTION_LATER)
			continue;
		snprintf(head, sizeof(head), "%s%s%s", rows->name, rows->metavar ? " " : "",
			 rows->metavar ? rows->metavar : "");
		fprintf(file, "  %-28s %s\n", head, rows->help);
	}
}
