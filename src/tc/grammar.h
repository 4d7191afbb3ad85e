// SPDX-License-Identifier: BSD-2-Clause
/* grammar.h - grammar.def as a table, and the command that words become. */
#ifndef CLSBPF_TC_GRAMMAR_H
#define CLSBPF_TC_GRAMMAR_H

#include "tc/tc.h"

enum scope {
	SCOPE_OBJECT, SCOPE_QDISC_VERB, SCOPE_FILTER_VERB, SCOPE_QDISC, SCOPE_QDISC_SHOW,
	SCOPE_FILTER, SCOPE_FILTER_SHOW, SCOPE_BPF, SCOPE_BPF_CODE, SCOPE_BPF_FILE,
};

enum word {
	WORD_LATER, WORD_HELP,
	WORD_QDISC, WORD_FILTER,
	WORD_ADD, WORD_CHANGE, WORD_REPLACE, WORD_DEL, WORD_GET, WORD_SHOW,
	WORD_DEV, WORD_ROOT, WORD_CLSACT, WORD_INGRESS, WORD_EGRESS, WORD_PARENT, WORD_HANDLE,
	WORD_PREF, WORD_PROTOCOL, WORD_CHAIN, WORD_INVISIBLE,
	WORD_RUN, WORD_CLASSID, WORD_DIRECT, WORD_SKIP_HW, WORD_SKIP_SW,
	WORD_OBJECT, WORD_PINNED, WORD_SECTION, WORD_PROGRAM, WORD_VERBOSE,
};

/* What the word after a keyword is. */
enum takes {
	TAKES_NOTHING,
	TAKES_NAME,        /* of a device, into char[IFNAMSIZ] */
	TAKES_QDISC,       /* MAJOR: into u32 */
	TAKES_CLASSID,     /* MAJOR:MINOR into u32 */
	TAKES_PREF,        /* up to 65535, into u16 */
	TAKES_PROTOCOL,    /* name or number, into u16 */
	TAKES_U32,
	TAKES_TEXT,        /* into const char * */
};

enum match { PREFIX, EXACT };

struct grammar_row {
	enum scope scope;
	enum word id;
	const char *keyword;
	enum match match;
	const char *metavar;
	enum takes takes;
	size_t member;             /* offset in struct tc_command */
	const char *wrong, *help;
};

/* One command line. The texts in it are the caller's words. */
struct tc_command {
	enum word object;          /* WORD_QDISC or WORD_FILTER */
	bool help;                 /* nothing but the usage of */
	enum scope help_scope;     /* this scope is asked for */
	const char *handle;        /* of a filter: what it means, its kind decides */
	struct tc_qdisc_spec qdisc;
	struct tc_filter_spec filter;
};

/** grammar_find() - the row of @scope that @word means, or NULL. */
const struct grammar_row *grammar_find(enum scope scope, const char *word);

/** grammar_canonical() - the first row of @row's scope with the same id. */
const struct grammar_row *grammar_canonical(const struct grammar_row *row);

/** grammar_option() - the @n-th row of @scope, or NULL: for words whose order matters. */
const struct grammar_row *grammar_option(enum scope scope, u32 n);

/** grammar_matches() - does @word mean @row? An empty word means nothing. */
bool grammar_matches(const struct grammar_row *row, const char *word);

/** grammar_usage() - what may stand in @scope and in the scopes below it. */
void grammar_usage(enum scope scope, const struct tc_output *out);

#endif
