// SPDX-License-Identifier: BSD-2-Clause
/* options.h - the options of a verb as a table: parsing, checking and help come from the same rows. */
#ifndef CLSBPF_CLI_OPTIONS_H
#define CLSBPF_CLI_OPTIONS_H

#include <stdio.h>

#include "base/log.h"

enum option_kind {
	OPTION_FLAG,     /* bool, set */
	OPTION_CLEAR,    /* bool, cleared */
	OPTION_U32,      /* decimal, 0x..., */
	OPTION_U64,
	OPTION_STRING,   /* const char *, the word itself */
	OPTION_LIST,     /* struct option_list: may be given several times */
	OPTION_LATER,    /* known, and refused with the text in `help` */
};

#define OPTION_LIST_MAX 32

struct option_list {
	const char *item[OPTION_LIST_MAX];
	u32 count;
};

struct option_row {
	const char *name;      /* "--mark" or "-r" */
	enum option_kind kind;
	size_t offset;         /* of the member in the verb's settings */
	const char *metavar;   /* NULL for flags */
	const char *help;
	size_t seen;           /* of a bool that says the option was given; 0: none */
};

/** options_parse() - take options out of @argv into @settings, by @rows (the last has no name).
 *  What is no option stays in @argv, in order; `--` ends the options. A value is the next word, or
 *  stands in the same one: "-rFILE", "--mark=N".
 *  Returns the number of words left; -EINVAL, or -EOPNOTSUPP for OPTION_LATER, with a sentence. */
must_check int options_parse(const struct option_row *rows, void *settings, int argc, char **argv,
			     struct log *log);

/* The words that choose a program: OBJ [sec NAME] [prog NAME]. */
struct object_words {
	const char *object, *section, *program;
};

/** object_words_parse() - what options_parse() left. @verb: for the sentence.
 *  Returns 0, or -EINVAL with a sentence. */
must_check int object_words_parse(struct object_words *words, int argc, char **argv,
				  const char *verb, struct log *log);

/** options_help() - one line a row. */
void options_help(const struct option_row *rows, FILE *file);

#endif
