// SPDX-License-Identifier: BSD-2-Clause
/* into_prog.c - one program: handles of maps into its instructions, PROG_LOAD, and what the kernel
 * has to say about it.
 *
 * A kernel is asked without a log first, because writing one costs more than looking at the program;
 * only a refusal is worth it. A kernel that says why in a sentence puts it first in its log: then the
 * beginning is shown. Of another's it is the end, where the reason stands.
 */
#include <errno.h>
#include <stdlib.h>

#include "load/core.h"
#include "load/into.h"

#define LOG_ROOM_FIRST (64u << 10)
#define LOG_ROOM_MAX (16u << 20)
#define LOG_SHOWN 4096u
#define TRIES_MAX 5        /* for -EAGAIN: a signal came while the kernel looked at the program */

struct request {
	struct into *in;
	const struct load_prog *prog;
	struct bpf_insn *insns;
	struct notes notes;
	union bpf_attr attr;
	char *text;            /* the kernel's log */
	u32 room;
};

/* The instructions with the handles that they wait for. */
static int place_handles(struct request *r)
{
	const struct load_prog *prog = r->prog;

	r->insns = malloc(prog->insn_count * sizeof(*r->insns));
	if (!r->insns)
		return -ENOMEM;
	memcpy(r->insns, prog->insns, prog->insn_count * sizeof(*r->insns));
	for (u32 i = 0; i < prog->ref_count; i++) {
		struct bpf_insn *insn = &r->insns[prog->refs[i].insn];

		insn->src_reg = prog->refs[i].value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
		insn->imm = r->in->object->maps[prog->refs[i].map].handle;
	}
	return 0;
}

static int ask(struct request *r)
{
	int handle = -EAGAIN;

	for (u32 i = 0; handle == -EAGAIN && i < TRIES_MAX; i++)
		handle = backend_bpf(r->in->backend, BPF_PROG_LOAD, &r->attr, sizeof(r->attr));
	return handle;
}

/* Once more, with a log that holds everything if 16 MiB can. Returns a handle or -errno. */
static int ask_with_log(struct request *r)
{
	int handle = -ENOSPC;

	for (r->room = LOG_ROOM_FIRST; handle == -ENOSPC; r->room *= 2) {
		free(r->text);
		r->text = calloc(1, r->room);
		if (!r->text)
			return -ENOMEM;
		r->attr.log_buf = ptr_u64(r->text);
		r->attr.log_size = r->room;
		r->attr.log_level = r->in->options->log_level ? r->in->options->log_level : 1;
		handle = ask(r);
		if (r->room >= LOG_ROOM_MAX)
			break;
	}
	return handle;
}

/* A log that does not fit even into the largest buffer is no reason: then the answer without one
 * counts. */
static int ask_as_told(struct request *r)
{
	bool verbose = r->in->options->verbose;
	int plain = verbose ? 0 : ask(r), handle;

	if (!verbose && plain >= 0)
		return plain;
	handle = ask_with_log(r);
	if (handle != -ENOSPC)
		return handle;
	if (!verbose)
		return plain;
	r->attr.log_buf = r->attr.log_size = r->attr.log_level = 0;
	return ask(r);
}

/* As much of the kernel's log as there is room for, whole lines: its end, or its beginning from @skip on. */
static void show_log(const struct request *r, bool beginning, size_t skip)
{
	struct log *log = r->in->log;
	const char *text = r->text ? r->text + skip : "";
	size_t len = strlen(text), most = log ? log->room - log->len : 0;
	size_t cut = 0;

	if (!len || !log)
		return;
	/* A line of ours stands beside what is cut. */
	most = most > 128 ? most - 128 : 0;
	if (!r->in->options->verbose)
		most = min_u64(most, LOG_SHOWN);
	if (len > most && beginning) {
		const char *end = memrchr(text, '\n', most);

		cut = len - (end ? (size_t)(end + 1 - text) : most);
	} else if (len > most) {
		const char *end = strchr(text + len - most, '\n');

		cut = end && end[1] ? (size_t)(end + 1 - text) : len - most;
		log_line(log, "(the first %zu bytes of the log are left out)", cut);
		text += cut;
	}
	len -= cut;
	log_add(log, "%.*s%s", (int)len, text, len && text[len - 1] == '\n' ? "" : "\n");
	if (beginning && cut)
		log_line(log, "(the last %zu bytes of the log are left out)", cut);
}

/* The sentence of a kernel that has one, and what the errno means otherwise. */
static int refused(struct request *r, int err)
{
	struct into *in = r->in;
	const char *message = backend_message(in->backend);
	size_t len = strlen(message);
	bool first = len && r->text && !strncmp(r->text, message, len) && r->text[len] == '\n';

	log_line(in->log, "%s: program %s (section %s) is refused: %s", in->object->path, r->prog->name,
		 r->prog->section, len ? message : into_meaning(err));
	if (in->options->kernel_log)
		in->options->kernel_log(in->options->kernel_log_ctx, r->prog, err,
					r->text ? r->text + (first ? len + 1 : 0) : "");
	else
		show_log(r, first, first ? len + 1 : 0);
	return err;
}

/* Types and source lines go along where there is BTF. @head: instructions of the wrapper. */
static int attach_notes(struct request *r, u32 number, u32 head)
{
	struct load_object *object = r->in->object;
	union bpf_attr *attr = &r->attr;
	int err;

	if (object->btf_handle < 0)
		return 0;
	err = notes_collect(object, number, head, &r->notes);
	if (err)
		return err;
	attr->prog_btf_fd = (u32)object->btf_handle;
	attr->func_info_rec_size = sizeof(*r->notes.funcs);
	attr->func_info = ptr_u64(r->notes.funcs);
	attr->func_info_cnt = r->notes.func_count;
	attr->line_info_rec_size = sizeof(*r->notes.lines);
	attr->line_info = ptr_u64(r->notes.lines);
	attr->line_info_cnt = r->notes.line_count;
	return 0;
}

static int request_try(struct request *r, u32 number, u32 head, int *handle)
{
	const struct load_options *options = r->in->options;
	int err = place_handles(r);

	memset(&r->attr, 0, sizeof(r->attr));
	if (!err)
		err = attach_notes(r, number, head);
	if (err)
		return err;
	r->attr.prog_type = options->prog_type ? options->prog_type : r->prog->type;
	r->attr.insn_cnt = r->prog->insn_count;
	r->attr.insns = ptr_u64(r->insns);
	r->attr.license = ptr_u64(r->in->object->license);
	into_name(r->attr.prog_name, r->prog->name);
	*handle = ask_as_told(r);
	if (*handle < 0)
		return refused(r, *handle);
	if (options->kernel_log)
		options->kernel_log(options->kernel_log_ctx, r->prog, 0, r->text ? r->text : "");
	else if (options->verbose)
		show_log(r, false, 0);
	return 0;
}

/* Once for a program: the object belongs to one backend. */
static int relocate(struct into *in, u32 number)
{
	struct prog_place *place = &in->object->file->places[number];
	int err;

	if (place->relocated)
		return 0;
	err = core_apply(in->object, in->backend, number, in->log);
	if (!err)
		err = kernel_calls_apply(in->object, in->backend, number, in->log);
	place->relocated = !err;
	return err;
}

int into_prog(struct into *in, struct load_prog *prog)
{
	bool wrap = in->options->wrapper && prog == in->chosen;
	struct request request = { .in = in, .prog = prog };
	u32 number = (u32)(prog - in->object->progs);
	struct load_prog wrapped;
	int err = 0, handle;

	err = relocate(in, number);
	if (err)
		return err;
	if (wrap) {
		err = wrap_prog(prog, in->options->wrapper, &wrapped);
		request.prog = &wrapped;
	}
	if (err)
		return log_error(in->log, err, "%s: program %s cannot be wrapped: %s", in->object->path,
				 prog->name, into_meaning(err));
	err = request_try(&request, number, request.prog->insn_count - prog->insn_count, &handle);
	if (!err)
		prog->handle = handle;
	notes_free(&request.notes);
	free(request.insns);
	free(request.text);
	if (wrap) {
		free(wrapped.insns);
		free(wrapped.refs);
	}
	return err;
}
