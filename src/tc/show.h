// SPDX-License-Identifier: BSD-2-Clause
/* show.h - what asks a kernel and prints the answer. */
#ifndef CLSBPF_TC_SHOW_H
#define CLSBPF_TC_SHOW_H

#include "tc/tc.h"

/** show_qdiscs() / show_filters() - TC_SHOW, for filters TC_GET too: ask, then print the whole answer
 *  to @out, or nothing after an error. Returns 0 or -errno after a sentence. */
must_check int show_qdiscs(struct backend *backend, const struct tc_qdisc_spec *spec,
			   const struct tc_output *out, struct log *log);
must_check int show_filters(struct backend *backend, const struct tc_filter_spec *spec,
			    const struct tc_output *out, struct log *log);

#endif
