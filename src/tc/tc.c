// SPDX-License-Identifier: BSD-2-Clause
/* tc.c - one line of tc: words to a command, and the command to what carries it out. */
#include "tc/tc.h"

#include "tc/parse.h"
#include "tc/show.h"

int tc_run(struct backend *backend, int argc, char **argv, const struct tc_output *out,
	   struct log *log)
{
	struct tc_command command;
	int err = parse_command(argc, argv, &command, log);

	if (err)
		return err;
	if (command.help) {
		grammar_usage(command.help_scope, out);
		return 0;
	}
	if (command.object == WORD_QDISC) {
		if (command.qdisc.verb == TC_SHOW)
			return show_qdiscs(backend, &command.qdisc, out, log);
		return tc_apply_qdisc(backend, &command.qdisc, log);
	}
	if (command.filter.verb == TC_SHOW || command.filter.verb == TC_GET)
		return show_filters(backend, &command.filter, out, log);
	return tc_apply_filter(backend, &command.filter, log);
}
