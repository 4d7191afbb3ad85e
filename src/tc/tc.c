// SPDX-License-Identifier: BSD-2-Clause
/* tc.c - one line of tc: words to a command, and the command to what carries it out. */
#include "tc/tc.h"

#include "tc/apply.h"
#include "tc/parse.h"
#include "tc/show.h"

int tc_run(struct backend *backend, int argc, char **argv, const struct tc_output *out,
	   struct log *log)
{
	struct tc_command command;
	bool refused = false;
	int err = parse_command(argc, argv, &command, log);

	if (err)
		return err;
	if (command.help) {
		grammar_usage(command.help_scope, out);
		return 0;
	}
	if (command.object == WORD_QDISC && command.qdisc.verb == TC_SHOW)
		return show_qdiscs(backend, &command.qdisc, out, log);
	if (command.object != WORD_QDISC &&
	    (command.filter.verb == TC_SHOW || command.filter.verb == TC_GET))
		return show_filters(backend, &command.filter, out, log);
	err = command.object == WORD_QDISC ? apply_qdisc(backend, &command.qdisc, log, &refused)
					   : apply_filter(backend, &command.filter, log, &refused);
	if (refused && out->refused)
		*out->refused = true;
	return err;
}
