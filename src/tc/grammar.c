// SPDX-License-Identifier: BSD-2-Clause
/* grammar.c - grammar.def as a table: finding words, and the usage texts. No parsing here. */
#include "tc/grammar.h"

#include <stdio.h>

static const struct grammar_row rows[] = {
#define WORD(scope, id, keyword, match, help)                                                      \
	{ scope, id, keyword, match, NULL, TAKES_NOTHING, 0, NULL, help },
#define VALUE(scope, id, keyword, match, metavar, takes, member, wrong, help)                      \
	{ scope, id, keyword, match, metavar, takes, offsetof(struct tc_command, member), wrong,   \
	  help },
#include "tc/grammar.def"
#undef WORD
#undef VALUE
};

bool grammar_matches(const struct grammar_row *row, const char *word)
{
	if (row->match == EXACT)
		return !strcmp(word, row->keyword);
	return word[0] && !strncmp(word, row->keyword, strlen(word));
}

const struct grammar_row *grammar_find(enum scope scope, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].scope == scope && grammar_matches(&rows[i], word))
			return &rows[i];
	return NULL;
}

const struct grammar_row *grammar_canonical(const struct grammar_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].scope == row->scope && rows[i].id == row->id)
			return &rows[i];
	return row;
}

const struct grammar_row *grammar_option(enum scope scope, u32 n)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].scope == scope && !n--)
			return &rows[i];
	return NULL;
}

static void usage_put(const struct tc_output *out, const char *text)
{
	out->write(out->ctx, text, strlen(text));
}

/* One line: all the keywords of a meaning, what follows them, and what it is for. */
static void usage_row(const struct grammar_row *row, const struct tc_output *out)
{
	char words[128], line[256];
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].scope != row->scope || rows[i].id != row->id)
			continue;
		len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s", len ? "|" : "",
					rows[i].keyword);
		if (len >= sizeof(words))
			len = sizeof(words) - 1;
	}
	if (row->metavar && len < sizeof(words))
		snprintf(words + len, sizeof(words) - len, " %s", row->metavar);
	snprintf(line, sizeof(line), "  %-38s %s\n", words, row->help);
	usage_put(out, line);
}

static void usage_rows(const char *head, enum scope scope, const struct tc_output *out)
{
	usage_put(out, head);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].scope == scope && rows[i].help)
			usage_row(&rows[i], out);
}

static void usage_bpf(const struct tc_output *out)
{
	usage_rows("... bpf CODE [OPTIONS]\nCODE:\n", SCOPE_BPF_CODE, out);
	usage_rows("then, in this order:\n", SCOPE_BPF_FILE, out);
	usage_rows("OPTIONS:\n", SCOPE_BPF, out);
}

void grammar_usage(enum scope scope, const struct tc_output *out)
{
	switch (scope) {
	case SCOPE_OBJECT:
		usage_rows("Usage: OBJECT VERB ...\nOBJECT:\n", SCOPE_OBJECT, out);
		break;
	case SCOPE_QDISC_VERB:
	case SCOPE_QDISC:
	case SCOPE_QDISC_SHOW:
		usage_rows("Usage: qdisc VERB ...\nVERB:\n", SCOPE_QDISC_VERB, out);
		usage_rows("qdisc VERB ...\n", SCOPE_QDISC, out);
		usage_rows("qdisc show ...\n", SCOPE_QDISC_SHOW, out);
		break;
	case SCOPE_FILTER_VERB:
	case SCOPE_FILTER:
	case SCOPE_FILTER_SHOW:
		usage_rows("Usage: filter VERB ... [bpf ...]\nVERB:\n", SCOPE_FILTER_VERB, out);
		usage_rows("filter VERB ...\n", SCOPE_FILTER, out);
		usage_rows("filter show ...\n", SCOPE_FILTER_SHOW, out);
		usage_bpf(out);
		break;
	case SCOPE_BPF:
	case SCOPE_BPF_CODE:
	case SCOPE_BPF_FILE:
		usage_put(out, "Usage: ");
		usage_bpf(out);
		break;
	}
}
