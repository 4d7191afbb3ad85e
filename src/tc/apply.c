// SPDX-License-Identifier: BSD-2-Clause
/* apply.c - what changes a kernel: a spec, its program loaded or fetched, encoded and sent.
 *
 *   device -> number;  object -> load_into() -> handle;  pin -> BPF_OBJ_GET -> handle;  encode; send
 *
 * Invariant: a program that was loaded for a filter lives on only in that filter. Its handle is
 * closed whether the kernel took the filter or not.
 */
#include "tc/apply.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>

#include "tc/encode.h"
#include "tc/link.h"

int apply_send(struct backend *backend, const struct msg *msg, backend_sink sink, void *ctx,
	       struct log *log)
{
	LOG_ON_STACK(said);
	int err = backend_rtnl(backend, (const struct nlmsghdr *)msg->bytes, sink, ctx, &said);

	/* The kernel's own sentence is the better one. */
	if (said.len) {
		said.text[--said.len] = '\0';
		log_line(log, "%s: %s%s", err ? "Error" : "Warning", said.text,
			 said.len && said.text[said.len - 1] == '.' ? "" : ".");
	} else if (err) {
		log_line(log, "RTNETLINK answers: %s", strerror(-err));
	}
	return err;
}

int apply_qdisc(struct backend *backend, const struct tc_qdisc_spec *spec, struct log *log,
		bool *refused)
{
	struct msg msg = { 0 };
	u32 ifindex;
	int err = link_index(backend, spec->dev, &ifindex, log);

	if (!err)
		err = encode_qdisc(spec, ifindex, &msg);
	if (!err) {
		err = apply_send(backend, &msg, NULL, NULL, log);
		*refused = err;
	}
	msg_free(&msg);
	return err;
}

int tc_apply_qdisc(struct backend *backend, const struct tc_qdisc_spec *spec, struct log *log)
{
	bool refused = false;

	return apply_qdisc(backend, spec, log, &refused);
}

/* A filter on its way. */
struct apply {
	struct backend *backend;
	const struct tc_filter_spec *spec;
	struct log *log;
	struct load_object *object;
	int pin;                   /* handle of a pinned program, or -1 */
	int prog;                  /* what is sent; -1: none */
	char name[ENCODE_NAME];
	struct msg msg;
	bool refused;              /* by the kernel: the program or the filter */
};

static void annotate(struct apply *a, const char *path, const char *what)
{
	const char *slash = strrchr(path, '/');

	snprintf(a->name, sizeof(a->name), "%s:[%s]", slash ? slash + 1 : path, what);
}

static int apply_object(struct apply *a)
{
	const struct tc_bpf_spec *bpf = &a->spec->bpf;
	const struct load_options options = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.section = bpf->section,
		.program = bpf->program,
		.verbose = bpf->verbose,
	};
	struct load_prog *prog;
	int err = load_open(bpf->object, a->log, &a->object);

	if (!err)
		err = load_choose(a->object, &options, a->log, &prog);
	if (err)
		return err;
	err = load_into(a->object, a->backend, &options, a->log, &prog);
	a->refused = err;
	if (err)
		return err;
	a->prog = prog->handle;
	/* tc names the section that was asked for or else its default, even if only the name of a
	 * function chose the program. */
	annotate(a, bpf->object,
		 bpf->section ? bpf->section : bpf->program ? "classifier" : prog->section);
	return 0;
}

/* "m:NAME" is NAME in the folder that tc keeps in the BPF file system. */
static int pin_path(struct apply *a, const char *path, char *out, size_t room)
{
	int n;

	if (strncmp(path, "m:", 2)) {
		n = snprintf(out, room, "%s", path);
	} else {
		char root[PATH_MAX];
		int err = backend_path(a->backend, BACKEND_PIN_ROOT, root, sizeof(root));

		if (err)
			return err;
		n = snprintf(out, room, "%s/tc/%s", root, path + 2);
	}
	return n < 0 || (size_t)n >= room ? -ENAMETOOLONG : 0;
}

static int apply_pinned(struct apply *a)
{
	const char *pinned = a->spec->bpf.pinned;
	union bpf_attr attr = { 0 };
	char path[PATH_MAX];
	int err = pin_path(a, pinned, path, sizeof(path));

	if (!err) {
		attr.pathname = ptr_u64(path);
		a->pin = backend_bpf(a->backend, BPF_OBJ_GET, &attr, sizeof(attr));
		err = a->pin < 0 ? a->pin : 0;
	}
	if (err)
		return log_error(a->log, err, "Couldn't retrieve pinned program '%s': %s", pinned,
				 strerror(-err));
	a->prog = a->pin;
	annotate(a, pinned, "*fsobj");
	return 0;
}

static int apply_prog(struct apply *a)
{
	const struct tc_bpf_spec *bpf = &a->spec->bpf;

	/* To delete or to show, the filter's number is enough. */
	if (a->spec->verb == TC_DEL || a->spec->verb == TC_GET)
		return 0;
	if (bpf->object)
		return apply_object(a);
	if (bpf->pinned)
		return apply_pinned(a);
	if (bpf->name) {
		a->prog = bpf->handle;
		snprintf(a->name, sizeof(a->name), "%s", bpf->name);
	}
	return 0;
}

static int apply_try(struct apply *a)
{
	u32 ifindex;
	int err = link_index(a->backend, a->spec->dev, &ifindex, a->log);

	if (!err)
		err = apply_prog(a);
	if (!err)
		err = encode_filter(a->spec, ifindex, a->prog, a->name, &a->msg);
	if (err)
		return err;
	err = apply_send(a->backend, &a->msg, NULL, NULL, a->log);
	a->refused = err;
	return err;
}

static void apply_cleanup(struct apply *a)
{
	msg_free(&a->msg);
	if (a->pin >= 0)
		backend_close(a->backend, a->pin);
	if (a->object)
		load_close(a->object);
}

int apply_filter(struct backend *backend, const struct tc_filter_spec *spec, struct log *log,
		 bool *refused)
{
	struct apply a = { .backend = backend, .spec = spec, .log = log, .pin = -1, .prog = -1 };
	int err = apply_try(&a);

	*refused = a.refused;
	apply_cleanup(&a);
	return err;
}

int tc_apply_filter(struct backend *backend, const struct tc_filter_spec *spec, struct log *log)
{
	bool refused = false;

	return apply_filter(backend, spec, log, &refused);
}
