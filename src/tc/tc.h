// SPDX-License-Identifier: BSD-2-Clause
/* tc.h - tc's command line: words -> plain specs -> rtnetlink messages, and back to text.
 *
 *   parse.c   words to a spec, by grammar.def; pure, sends nothing, opens nothing
 *   apply.c   a spec to the kernel behind the backend: loads (load/), encodes (encode.c), sends
 *   show.c    a spec to a request; the messages of the reply (print.c) to text or JSON (emit.c)
 */
#ifndef CLSBPF_TC_TC_H
#define CLSBPF_TC_TC_H

#include <linux/if.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include "backend/backend.h"
#include "base/log.h"
#include "load/load.h"

enum tc_verb { TC_ADD, TC_DEL, TC_CHANGE, TC_REPLACE, TC_GET, TC_SHOW };

struct tc_qdisc_spec {
	enum tc_verb verb;
	char dev[IFNAMSIZ];
	char kind[16];             /* "clsact", or "" */
	u32 handle, parent;        /* 0: none given; TC_SHOW: only these */
	bool invisible;            /* TC_SHOW: default qdiscs, too */
};

struct tc_bpf_spec {
	const char *object;        /* file, or NULL */
	const char *section, *program;
	const char *pinned;        /* or the path of a pinned program ("m:NAME": in tc's folder) */
	bool verbose;
	bool direct_action;
	u32 classid;
	u32 gen_flags;             /* TCA_CLS_FLAGS_SKIP_HW, _SKIP_SW */
	int handle;                /* or a program loaded already (>= 0), with */
	const char *name;          /* its annotation; -1 and NULL otherwise */
};

struct tc_filter_spec {
	enum tc_verb verb;
	char dev[IFNAMSIZ];
	u32 parent;                /* TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), ... */
	u32 handle;
	u16 pref;                  /* 0: none given */
	u16 protocol;              /* host order; 0: none given (a new filter: all) */
	u32 chain;
	bool has_chain;
	char kind[16];             /* "bpf", or "" */
	struct tc_bpf_spec bpf;
};

struct tc_output {
	bool json, pretty, details, stats;
	/* Receives the text, in pieces of any size. */
	void (*write)(void *ctx, const char *text, size_t len);
	void *ctx;
	bool *refused;             /* set to true when a kernel said no: tc's exit status; or NULL */
};

/** tc_run() - one tc command line without the program's name and options: "qdisc", "add", ...
 *  Changes print nothing; show, get and help go to @out, which is left alone after an error.
 *  Returns 0, or a negative errno after the sentence in @log: -EINVAL for the words themselves,
 *  -EOPNOTSUPP for those of tc that are not supported yet, -ENODEV, what load_open() and load_into()
 *  return, or the answer of the kernel. */
must_check int tc_run(struct backend *backend, int argc, char **argv, const struct tc_output *out,
		      struct log *log);

/** tc_apply_qdisc() / tc_apply_filter() - what tc_run() does for add, del, change, replace. */
must_check int tc_apply_qdisc(struct backend *backend, const struct tc_qdisc_spec *spec,
			      struct log *log);
must_check int tc_apply_filter(struct backend *backend, const struct tc_filter_spec *spec,
			       struct log *log);

#endif
