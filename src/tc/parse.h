// SPDX-License-Identifier: BSD-2-Clause
/* parse.h - words to a command. */
#ifndef CLSBPF_TC_PARSE_H
#define CLSBPF_TC_PARSE_H

#include "tc/grammar.h"

/** parse_command() - one command line, "qdisc" or "filter" first. Pure: it opens and sends nothing.
 *  The command refers to the words. Returns 0, -EINVAL (the words) or -EOPNOTSUPP (a word of tc that
 *  is not supported yet), after a sentence. */
must_check int parse_command(int argc, char **argv, struct tc_command *command, struct log *log);

#endif
