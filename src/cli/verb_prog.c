// SPDX-License-Identifier: BSD-2-Clause
/* verb_prog.c - `clsbpf prog`: programs of a kernel, shown, listed as instructions, pinned, and the
 * lines that they print. Loading is in prog_load.c, test runs are in prog_run.c. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/btf_object.h"
#include "cli/fdinfo.h"
#include "cli/prog_verbs.h"
#include "cli/verb.h"
#include "cli/xlated.h"

#define NSEC 1000000000
#define TRACE_ROOM 1024

static const char *type_name(u32 type)
{
	return libbpf_bpf_prog_type_str(type);
}

static void out_tag(struct out *out, const struct bpf_prog_info *info)
{
	char tag[2 * BPF_TAG_SIZE + 1];

	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(tag + 2 * i, 3, "%02x", info->tag[i]);
	out_str(out, "tag", "tag %s", tag);
}

/* Id, type, name, tag, licence, and how often it ran. */
static void out_header(struct objects *o, int handle, const struct bpf_prog_info *info)
{
	struct out *out = &o->out;
	char name[OBJECTS_NAME];

	prog_full_name(o, handle, info, name);
	out_u64(out, "id", "%" PRIu64 ": ", info->id);
	if (type_name(info->type))
		out_str(out, "type", "%s  ", type_name(info->type));
	else
		out_u64(out, "type", "type %" PRIu64 "  ", info->type);
	if (*name)
		out_str(out, "name", "name %s  ", name);
	out_tag(out, info);
	out_bool(out, "gpl_compatible", "  gpl", info->gpl_compatible);
	if (info->run_time_ns) {
		out_u64(out, "run_time_ns", " run_time_ns %" PRIu64, info->run_time_ns);
		out_u64(out, "run_cnt", " run_cnt %" PRIu64, info->run_cnt);
	}
	if (info->recursion_misses)
		out_u64(out, "recursion_misses", " recursion_misses %" PRIu64, info->recursion_misses);
	out_text(out, "\n");
}

/* Kernels count from their start; people do not. */
static void out_load_time(struct out *out, const struct bpf_prog_info *info)
{
	struct timespec now, up;
	time_t when;
	char text[64];
	struct tm tm;

	if (!info->load_time)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	when = now.tv_sec - up.tv_sec + (now.tv_nsec - up.tv_nsec + (s64)info->load_time) / NSEC;
	if (!localtime_r(&when, &tm) || !strftime(text, sizeof(text), "%FT%T%z", &tm))
		snprintf(text, sizeof(text), "%lld", (long long)when);
	out_text(out, "\tloaded_at %s  uid %u\n", text, info->created_by_uid);
	out_u64(out, "loaded_at", NULL, (u64)when);
	out_u64(out, "uid", NULL, info->created_by_uid);
}

static void out_sizes(struct objects *o, int handle, const struct bpf_prog_info *info)
{
	struct out *out = &o->out;
	struct fdinfo fdinfo;

	out_u64(out, "bytes_xlated", "\txlated %" PRIu64 "B", info->xlated_prog_len);
	out_bool(out, "jited", NULL, info->jited_prog_len);
	if (info->jited_prog_len)
		out_u64(out, "bytes_jited", "  jited %" PRIu64 "B", info->jited_prog_len);
	else
		out_text(out, "  not jited");
	fdinfo_read(handle, "prog_id", info->id, &fdinfo);
	if (fdinfo.has_memlock)
		out_u64(out, "bytes_memlock", "  memlock %" PRIu64 "B", fdinfo.memlock);
}

static int out_maps(struct objects *o, int handle, u32 count)
{
	struct bpf_prog_info ask = { .nr_map_ids = count };
	u32 *ids = calloc(count + 1ull, sizeof(*ids));
	int err = ids ? 0 : -ENOMEM;

	ask.map_ids = ptr_u64(ids);
	if (!err)
		err = objects_info(o, handle, &ask, sizeof(ask), NULL);
	if (!err) {
		out_array(&o->out, "map_ids");
		for (u32 i = 0; i < min_u32(ask.nr_map_ids, count); i++)
			out_u64(&o->out, NULL, i ? ",%" PRIu64 : "  map_ids %" PRIu64, ids[i]);
		out_array_end(&o->out);
	}
	free(ids);
	return err;
}

static int show_prog(struct objects *o, int handle)
{
	struct bpf_prog_info info = { 0 };
	struct out *out = &o->out;
	int err = objects_info(o, handle, &info, sizeof(info), NULL);

	if (err)
		return objects_refused(o, err, "nothing can be learnt about a program");
	out_object(out, NULL);
	out_header(o, handle, &info);
	out_load_time(out, &info);
	out_sizes(o, handle, &info);
	if (info.nr_map_ids)
		err = out_maps(o, handle, info.nr_map_ids);
	if (out->json && info.btf_id)
		out_u64(out, "btf_id", NULL, info.btf_id);
	objects_out_pins(o, KIND_PROG, info.id);
	if (info.btf_id)
		out_text(out, "\n\tbtf_id %u", info.btf_id);
	out_text(out, "\n");
	out_object_end(out);
	return err ? objects_refused(o, err, "the maps of program %u cannot be listed", info.id) : 0;
}

static int prog_show(struct objects *o, struct words *words)
{
	return objects_show(o, KIND_PROG, words, show_prog);
}

static int prog_pin(struct objects *o, struct words *words)
{
	return objects_pin_words(o, KIND_PROG, words);
}

/* The instructions as they are, into a file. */
static int dump_file(struct objects *o, int handle, const char *path)
{
	struct xlated x;
	int err = xlated_read(o, handle, &x);

	if (err)
		return err;
	err = write_file(path, x.insns, x.info.xlated_prog_len, o->log);
	xlated_free(&x);
	return err;
}

static int dump_listing(struct objects *o, const struct handles *handles,
			const struct xlated_style *style)
{
	bool many = handles->count > 1;
	struct symbols symbols = { 0 };
	struct out *out = &o->out;
	int err = 0;

	if (many)
		out_array(out, NULL);
	for (u32 i = 0; !err && i < handles->count; i++) {
		struct xlated x;

		err = xlated_read(o, handles->at[i], &x);
		if (err)
			break;
		o->said = true;
		if (many) {
			out_object(out, NULL);
			out_header(o, handles->at[i], &x.info);
		}
		xlated_show(out, "insns", &x, style, &symbols);
		if (many) {
			out_object_end(out);
			out_text(out, "%s", i + 1 < handles->count ? "\n" : "");
		}
		xlated_free(&x);
	}
	if (many && !err)
		out_array_end(out);
	symbols_free(&symbols);
	return err;
}

static int dump_xlated(struct objects *o, const struct handles *handles, struct words *words)
{
	struct xlated_style style = { 0 };
	const char *path = NULL;
	int err;

	if (words_take(words, "file")) {
		err = words_need(words, 1, "file");
		if (err)
			return err;
		path = words_next(words);
	} else if (words_take(words, "opcodes")) {
		style.opcodes = true;
	} else if (words_take(words, "linum")) {
		style.lines = true;
	} else if (words_are(words, "visual")) {
		return log_error(o->log, -EOPNOTSUPP, "dump xlated visual is not there yet");
	}
	err = words_end(words);
	if (!err && path && handles->count > 1)
		err = log_error(o->log, -EINVAL, "%u programs are meant, one goes into a file",
				handles->count);
	if (err)
		return err;
	return path ? dump_file(o, handles->at[0], path) : dump_listing(o, handles, &style);
}

/* Machine code as text needs a disassembler of the machine. */
static int dump_jited(struct objects *o, const struct handles *handles)
{
	for (u32 i = 0; i < handles->count; i++) {
		struct bpf_prog_info info = { 0 };
		int err = objects_info(o, handles->at[i], &info, sizeof(info), NULL);

		if (err)
			return objects_refused(o, err, "nothing can be learnt about a program");
		if (!info.jited_prog_len) {
			o->refused = true;
			return log_error(o->log, -ENOENT, "no instructions returned");
		}
	}
	return log_error(o->log, -EOPNOTSUPP,
			 "dump jited is not there yet: machine code is not disassembled");
}

static int prog_dump(struct objects *o, struct words *words)
{
	bool jited = words_are(words, "jited");
	struct handles handles;
	int err;

	if (!jited && !words_are(words, "xlated"))
		return log_error(o->log, -EINVAL, "dump: xlated or jited is expected");
	(void)words_next(words);
	err = objects_open(o, KIND_PROG, words, &handles);
	if (err)
		return err;
	err = jited ? dump_jited(o, &handles) : dump_xlated(o, &handles, words);
	objects_release(o, &handles);
	return err;
}

/* A line of the trace; in JSON without its newline. */
static int trace_line(void *ctx, const void *bytes, size_t len)
{
	struct objects *o = ctx;
	char raw[TRACE_ROOM], text[4 * TRACE_ROOM];

	snprintf(raw, sizeof(raw), "%.*s", (int)min_u64(len, sizeof(raw) - 1), (const char *)bytes);
	raw[strcspn(raw, "\n")] = '\0';
	out_escape(raw, "\t", text, sizeof(text));
	out_text(&o->out, "%s\n", text);
	out_str(&o->out, NULL, NULL, raw);
	fflush(o->file);
	return 0;
}

/* As many lines as a read gives; the pipe gives whole ones. */
static void trace_lines(struct objects *o, const char *text, size_t len)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end + 1 - text) : len;

		(void)trace_line(o, text, line);
		text += line;
		len -= line;
	}
}

static int follow_pipe(struct objects *o, int stop)
{
	struct pollfd fds[2] = { { .fd = stop, .events = POLLIN }, { .events = POLLIN } };
	char path[256], text[4096];
	ssize_t n = 0;
	int err = backend_path(o->backend, BACKEND_TRACE_PIPE, path, sizeof(path));

	if (err)
		return objects_refused(o, err, "there is no trace to follow");
	fds[1].fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fds[1].fd < 0)
		return objects_refused(o, -errno, "%s", path);
	while (poll(fds, 2, -1) > 0 && !fds[0].revents) {
		n = read(fds[1].fd, text, sizeof(text));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		trace_lines(o, text, (size_t)n);
	}
	err = n < 0 && errno != EAGAIN ? -errno : 0;
	close(fds[1].fd);
	return err ? objects_refused(o, err, "%s", path) : 0;
}

static int follow(struct objects *o, int stop)
{
	struct pollfd end = { .fd = stop, .events = POLLIN };
	int err = backend_subscribe(o->backend, BACKEND_TRACE, trace_line, o);

	if (err == -EOPNOTSUPP)
		return follow_pipe(o, stop);
	if (err)
		return objects_refused(o, err, "there is no trace to follow");
	(void)poll(&end, 1, -1);
	return backend_subscribe(o->backend, BACKEND_TRACE, NULL, NULL);
}

/* Until a signal asks for the end, which is no failure. */
static int prog_tracelog(struct objects *o, struct words *words)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction was[ARRAY_SIZE(signals)], plain = { .sa_handler = SIG_DFL };
	sigset_t ends, before;
	int err = words_end(words), stop;

	if (err)
		return err;
	sigemptyset(&ends);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&ends, signals[i]);
	stop = signalfd(-1, &ends, SFD_CLOEXEC);
	if (stop < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &ends, &before);
	/* A signal that is ignored would never arrive. */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &plain, &was[i]);
	o->said = true;
	out_array(&o->out, NULL);
	err = follow(o, stop);
	if (!err)
		out_array_end(&o->out);
	close(stop);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &was[i], NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

static int prog_help(struct objects *o, struct words *words)
{
	o->said = true;
	help_prog(o->file);
	return 0;
}

static int prog_later(struct objects *o, struct words *words)
{
	return log_error(o->log, -EOPNOTSUPP, "this command of prog is not there yet");
}

/* In bpftool's order: the first that a word abbreviates is meant. */
const struct objects_command prog_commands[] = {
	{ "show", prog_show }, { "list", prog_show }, { "help", prog_help },
	{ "dump", prog_dump }, { "pin", prog_pin }, { "load", prog_load },
	{ "loadall", prog_loadall }, { "attach", prog_later }, { "detach", prog_later },
	{ "tracelog", prog_tracelog }, { "run", prog_run }, { "profile", prog_later },
	{ NULL, NULL },
};

int verb_prog(int argc, char **argv, struct log *log)
{
	return objects_run("prog", prog_commands, argc, argv, stdout, NULL, log);
}

void help_prog(FILE *file)
{
	fprintf(file, "usage: clsbpf prog { show | list } [PROG]\n"
		      "       clsbpf prog dump xlated PROG [{ file FILE | opcodes | linum }]\n"
		      "       clsbpf prog dump jited PROG\n"
		      "       clsbpf prog pin PROG FILE\n"
		      "       clsbpf prog { load | loadall } OBJ PATH [type TYPE]\n"
		      "                    [map { idx IDX | name NAME } MAP]... [pinmaps MAP_DIR]\n"
		      "       clsbpf prog run PROG data_in FILE [data_out FILE [data_size_out L]]\n"
		      "                    [ctx_in FILE [ctx_out FILE [ctx_size_out M]]] [repeat N]\n"
		      "       clsbpf prog tracelog\n"
		      "  PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }\n"
		      "  MAP := { id MAP_ID | pinned FILE | name MAP_NAME }\n"
		      "  TYPE := { classifier | action | socket | xdp | ... }, as sections are called\n"
		      "  FILE may be - for standard input and output\n");
	help_objects(file);
}
