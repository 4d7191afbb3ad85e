// SPDX-License-Identifier: BSD-2-Clause
/* verb.h - what a verb of the program is: main.c has the table of them.
 *
 * A verb gets its own words, says what is wrong in its log (the sentence first, then details) and
 * returns the exit status. It prints results to standard output, nothing to standard error but
 * progress and trace lines.
 */
#ifndef CLSBPF_CLI_VERB_H
#define CLSBPF_CLI_VERB_H

#include <stdio.h>

#include "base/log.h"

enum {
	EXIT_DONE = 0,
	EXIT_WRONG = 1,      /* the command line or a file is wrong */
	EXIT_REFUSED = 2,    /* the verifier, a kernel or the engine says no; the program is unsafe */
};

/* Without the verb's own name. The words may be put into another order. */
typedef int (*verb_fn)(int argc, char **argv, struct log *log);

int verb_btf(int argc, char **argv, struct log *log);
int verb_check(int argc, char **argv, struct log *log);
int verb_diff(int argc, char **argv, struct log *log);
int verb_disasm(int argc, char **argv, struct log *log);
int verb_inspect(int argc, char **argv, struct log *log);
int verb_link(int argc, char **argv, struct log *log);
int verb_map(int argc, char **argv, struct log *log);
int verb_prog(int argc, char **argv, struct log *log);
int verb_wrap(int argc, char **argv, struct log *log);
int verb_run(int argc, char **argv, struct log *log);
int verb_serve(int argc, char **argv, struct log *log);

void help_btf(FILE *file);
void help_check(FILE *file);
void help_diff(FILE *file);
void help_disasm(FILE *file);
void help_inspect(FILE *file);
void help_link(FILE *file);
void help_map(FILE *file);
void help_prog(FILE *file);
void help_run(FILE *file);
void help_serve(FILE *file);
void help_wrap(FILE *file);

/** tc_main() - a command line of tc: options, then "qdisc", "filter" and so on, or -batch.
 *  @program: its name in messages. Returns the exit status; everything was said. */
int tc_main(const char *program, int argc, char **argv);

/** tc_is_object() - is @word, which may be abbreviated as tc allows, one of tc's objects. */
bool tc_is_object(const char *word);

void help_tc(FILE *file);

#endif
