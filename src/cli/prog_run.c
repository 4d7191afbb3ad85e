// SPDX-License-Identifier: BSD-2-Clause
/* prog_run.c - `clsbpf prog run`: a program over a packet and a context out of files. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/prog_verbs.h"

#define DATA_MAX (16u << 20)
#define OUT_DEFAULT (32u << 10)

struct buffer {
	const char *in, *out;       /* files; NULL: there is none */
	u8 *bytes, *result;
	u32 size, room;
	bool room_given;
};

struct run {
	struct objects *o;
	struct buffer data, ctx;
	u32 repeat;
	u32 retval, duration;
};

int write_file(const char *path, const void *bytes, size_t size, struct log *log)
{
	FILE *file = fopen(path, "we");
	bool done;

	if (!file)
		return log_error(log, -errno, "%s: %s", path, strerror(errno));
	done = fwrite(bytes, 1, size, file) == size;
	done &= !fclose(file);
	return done ? 0 : log_error(log, -EIO, "%s: it cannot be written: %s", path, strerror(errno));
}

static int read_input(struct buffer *b, struct log *log)
{
	bool stream = !strcmp(b->in, "-");
	FILE *file = stream ? stdin : fopen(b->in, "re");
	size_t room = 4096, size = 0, n = 1;
	int err = file ? 0 : -errno;

	while (!err && n && size <= DATA_MAX) {
		u8 *more = size + 1 > room || !b->bytes ? realloc(b->bytes, room *= 2) : b->bytes;

		if (!more) {
			err = -ENOMEM;
			break;
		}
		b->bytes = more;
		n = fread(b->bytes + size, 1, room - size, file);
		size += n;
	}
	if (!err && ferror(file))
		err = -EIO;
	if (!err && size > DATA_MAX)
		err = -EFBIG;
	if (file && !stream)
		fclose(file);
	b->size = (u32)size;
	return err ? log_error(log, err, "%s: %s", b->in, strerror(-err)) : 0;
}

static int take_file(struct words *words, const char *what, const char **out)
{
	int err = words_need(words, 1, what);

	if (!err && *out)
		err = log_error(words->log, -EINVAL, "%s is given twice", what);
	if (!err)
		*out = words_next(words);
	return err;
}

static int take_room(struct words *words, const char *what, struct buffer *b)
{
	int err = words_u32(words, what, &b->room);

	b->room_given = true;
	if (!err && b->room > DATA_MAX)
		err = log_error(words->log, -EFBIG, "%s: %u bytes at most", what, DATA_MAX);
	return err;
}

static int take_words(struct run *r, struct words *words)
{
	int err = 0;

	while (!err && words->count) {
		if (words_take(words, "data_in"))
			err = take_file(words, "data_in", &r->data.in);
		else if (words_take(words, "data_out"))
			err = take_file(words, "data_out", &r->data.out);
		else if (words_take(words, "data_size_out"))
			err = take_room(words, "data_size_out", &r->data);
		else if (words_take(words, "ctx_in"))
			err = take_file(words, "ctx_in", &r->ctx.in);
		else if (words_take(words, "ctx_out"))
			err = take_file(words, "ctx_out", &r->ctx.out);
		else if (words_take(words, "ctx_size_out"))
			err = take_room(words, "ctx_size_out", &r->ctx);
		else if (words_take(words, "repeat"))
			err = words_u32(words, "repeat", &r->repeat);
		else
			err = log_error(words->log, -EINVAL, "data_in, data_out, ctx_in, ctx_out or repeat is"
					" expected, not \"%s\"", *words->at);
	}
	if (!err && !r->data.in && !r->ctx.in)
		err = log_error(words->log, -EINVAL, "data_in or ctx_in is needed");
	if (!err && r->data.in && r->ctx.in && !strcmp(r->data.in, "-") && !strcmp(r->ctx.in, "-"))
		err = log_error(words->log, -EINVAL, "standard input is data or context, not both");
	return err;
}

/* What there is to go in, and room for what comes out if somebody wants it. */
static int prepare(struct buffer *b, struct log *log)
{
	int err = b->in ? read_input(b, log) : 0;

	/* A kernel that got nothing gives nothing back, and does not say so. */
	if (err || !b->in || (!b->out && !b->room_given))
		return err;
	if (!b->room_given)
		b->room = max_u32(b->size, OUT_DEFAULT);
	b->result = calloc(1, (size_t)b->room + 1);
	return b->result ? 0 : -ENOMEM;
}

static int call(struct run *r, int handle)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)handle;
	attr.test.data_in = ptr_u64(r->data.bytes);
	attr.test.data_size_in = r->data.size;
	attr.test.data_out = ptr_u64(r->data.result);
	attr.test.data_size_out = r->data.room;
	attr.test.ctx_in = ptr_u64(r->ctx.bytes);
	attr.test.ctx_size_in = r->ctx.size;
	attr.test.ctx_out = ptr_u64(r->ctx.result);
	attr.test.ctx_size_out = r->ctx.room;
	attr.test.repeat = r->repeat;
	err = objects_bpf(r->o, BPF_PROG_TEST_RUN, &attr);
	if (err)
		return objects_refused(r->o, err, "the program cannot be run");
	r->data.room = min_u32(attr.test.data_size_out, r->data.room);
	r->ctx.room = min_u32(attr.test.ctx_size_out, r->ctx.room);
	r->retval = attr.test.retval;
	r->duration = attr.test.duration;
	return 0;
}

/* Rows of 16: place, bytes in pairs, what of them is text. */
static void show_bytes(struct out *out, const u8 *bytes, u32 size)
{
	for (u32 row = 0; row < size; row += 16) {
		out_text(out, "%07x\t", row);
		for (u32 i = row; i < row + 16; i++) {
			if (i < size)
				out_text(out, "%02x", bytes[i]);
			else
				out_text(out, "  ");
			out_text(out, "%s", i % 2 ? " " : "");
		}
		out_text(out, "| ");
		for (u32 i = row; i < min_u32(row + 16, size); i++) {
			bool shown = bytes[i] >= ' ' && bytes[i] <= '~';

			out_text(out, "%s%c", i == row + 8 ? " " : "", shown ? bytes[i] : '.');
		}
		out_text(out, "\n");
	}
}

static int put_result(struct run *r, const char *key, const struct buffer *b)
{
	struct out *out = &r->o->out;

	if (!b->out || !b->room)
		return 0;
	if (strcmp(b->out, "-"))
		return write_file(b->out, b->result, b->room, r->o->log);
	if (!out->json) {
		show_bytes(out, b->result, b->room);
		return 0;
	}
	out_array(out, key);
	for (u32 i = 0; i < b->room; i++)
		out_u64(out, NULL, NULL, b->result[i]);
	out_array_end(out);
	return 0;
}

static int run_try(struct run *r, int handle, struct words *words)
{
	struct out *out = &r->o->out;
	int err = take_words(r, words);

	if (!err)
		err = prepare(&r->data, words->log);
	if (!err)
		err = prepare(&r->ctx, words->log);
	if (!err)
		err = call(r, handle);
	if (err)
		return err;
	r->o->said = true;
	out_object(out, NULL);
	err = put_result(r, "data_out", &r->data);
	if (!err)
		err = put_result(r, "ctx_out", &r->ctx);
	if (err)
		return err;
	out_u64(out, "retval", "Return value: %" PRIu64, r->retval);
	out_u64(out, "duration", r->repeat > 1 ? ", duration (average): %" PRIu64 "ns\n"
					       : ", duration: %" PRIu64 "ns\n", r->duration);
	out_object_end(out);
	return 0;
}

int prog_run(struct objects *o, struct words *words)
{
	struct run r = { .o = o, .repeat = 1 };
	int err = words_need(words, 4, "run"), handle;

	if (err)
		return err;
	handle = objects_open_one(o, KIND_PROG, words);
	if (handle < 0)
		return handle;
	err = run_try(&r, handle, words);
	free(r.data.bytes);
	free(r.data.result);
	free(r.ctx.bytes);
	free(r.ctx.result);
	(void)backend_close(o->backend, handle);
	return err;
}
