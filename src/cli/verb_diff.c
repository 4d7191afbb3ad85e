// SPDX-License-Identifier: BSD-2-Clause
/* verb_diff.c - `clsbpf diff`: the same packets through the same program on two kernels.
 *
 * Both sides get the same calls: the object is loaded through the seam, each packet goes through
 * BPF_PROG_TEST_RUN. What ctx_out cannot carry is stored by a generated caller (load_wrap) in an
 * array map that is read after each run. Time, random numbers, the CPU number and the flow hash are
 * not the same on any two machines: programs that act on them may differ for good reason.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdlib.h>

#include "backend/backend.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/verb.h"
#include "io/io.h"
#include "load/load.h"

#define DIFF_TEST_RUN_MAX 3712   /* bytes of packet that Linux takes in one page */
#define DIFF_DATA_ROOM 8192
#define DIFF_SHOWN 10            /* differing packets that are shown one by one */

/* Fields that a caller stores in a map, because Linux does not give them back in ctx_out. */
struct field {
	const char *name;
	u16 off;
};

static const struct field stored_fields[] = {
	{ "tc_classid", offsetof(struct __sk_buff, tc_classid) },
	{ "tc_index", offsetof(struct __sk_buff, tc_index) },
	{ "queue_mapping", offsetof(struct __sk_buff, queue_mapping) },
	{ "vlan_present", offsetof(struct __sk_buff, vlan_present) },
	{ "vlan_tci", offsetof(struct __sk_buff, vlan_tci) },
	{ "vlan_proto", offsetof(struct __sk_buff, vlan_proto) },
	{ "protocol", offsetof(struct __sk_buff, protocol) },
	{ "pkt_type", offsetof(struct __sk_buff, pkt_type) },
};

static const struct field ctx_fields[] = {
	{ "mark", offsetof(struct __sk_buff, mark) },
	{ "priority", offsetof(struct __sk_buff, priority) },
	{ "cb[0]", offsetof(struct __sk_buff, cb) },
	{ "cb[1]", offsetof(struct __sk_buff, cb) + 4 },
	{ "cb[2]", offsetof(struct __sk_buff, cb) + 8 },
	{ "cb[3]", offsetof(struct __sk_buff, cb) + 12 },
	{ "cb[4]", offsetof(struct __sk_buff, cb) + 16 },
	{ "gso_segs", offsetof(struct __sk_buff, gso_segs) },
	{ "gso_size", offsetof(struct __sk_buff, gso_size) },
};

struct diff_settings {
	const char *read;
	struct object_words words;
	bool json;
	u32 mark, priority;
	u64 limit;
};

#define AT(member) offsetof(struct diff_settings, member)

static const struct option_row diff_options[] = {
	{ "-r", OPTION_STRING, AT(read), "FILE", "capture to read (default: standard input)", 0 },
	{ "-n", OPTION_U64, AT(limit), "COUNT", "stop after COUNT packets", 0 },
	{ "--mark", OPTION_U32, AT(mark), "N", "mark of every packet", 0 },
	{ "--priority", OPTION_U32, AT(priority), "N", "priority of every packet", 0 },
	{ "--json", OPTION_FLAG, AT(json), NULL, "JSON", 0 },
	{ "-j", OPTION_FLAG, AT(json), NULL, "JSON", 0 },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

/* One kernel: its program and what the last run gave. */
struct side {
	const char *name;
	struct backend *backend;
	struct load_object *object;
	struct load_prog *prog;
	int fields_map;               /* -1: the program runs without the caller around it */
	int error;                    /* of BPF_PROG_TEST_RUN */
	u32 retval;
	u32 len;
	u8 *data;
	struct __sk_buff ctx;
	u64 stored[ARRAY_SIZE(stored_fields)];
};

struct diff {
	struct diff_settings set;
	struct log *log;
	struct source *source;
	struct side linux_side, engine_side;
	struct out out;
	u64 packets, differing, too_short, too_long;
	bool refused;                 /* by a kernel, not a file that is wrong */
};

static int make_fields_map(struct side *side)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8 * ARRAY_SIZE(stored_fields);
	attr.max_entries = 1;
	return backend_bpf(side->backend, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* The program inside its caller; when the kernel does not take that, the program alone. */
static int side_load_prog(struct side *side, const struct diff_settings *set, struct log *log)
{
	u16 offsets[ARRAY_SIZE(stored_fields)];
	struct load_wrapper wrapper = { .field_off = offsets,
					.field_count = ARRAY_SIZE(stored_fields) };
	struct load_options options = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.section = set->words.section,
		.program = set->words.program,
		.wrapper = &wrapper,
	};

	for (u32 i = 0; i < ARRAY_SIZE(stored_fields); i++)
		offsets[i] = stored_fields[i].off;
	side->fields_map = make_fields_map(side);
	if (side->fields_map < 0)
		return log_error(log, side->fields_map, "%s: no array map: %s", side->name,
				 strerror(-side->fields_map));
	wrapper.map_handle = side->fields_map;
	if (!load_into(side->object, side->backend, &options, NULL, &side->prog))
		return 0;
	(void)backend_close(side->backend, side->fields_map);
	side->fields_map = -1;
	options.wrapper = NULL;
	return load_into(side->object, side->backend, &options, log, &side->prog);
}

static int side_open(struct diff *diff, struct side *side)
{
	const struct load_options choice = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.section = diff->set.words.section,
		.program = diff->set.words.program,
	};
	int err = load_open(diff->set.words.object, diff->log, &side->object);

	if (err)
		return err;
	side->data = malloc(DIFF_DATA_ROOM);
	if (!side->data)
		return -ENOMEM;
	/* A comparison leaves no names behind and starts from empty maps. */
	for (u32 i = 0; i < side->object->map_count; i++) {
		side->object->maps[i].pinning = LOAD_PIN_NONE;
		side->object->maps[i].pin_by_name = false;
	}
	err = load_choose(side->object, &choice, diff->log, &side->prog);
	if (err)
		return err;
	err = side_load_prog(side, &diff->set, diff->log);
	diff->refused = err;
	return err;
}

static void side_close(struct side *side)
{
	if (side->object)
		load_close(side->object);
	backend_destroy(side->backend);
	free(side->data);
}

static void side_read_fields(struct side *side)
{
	union bpf_attr attr;
	u32 key = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)side->fields_map;
	attr.key = ptr_u64(&key);
	attr.value = ptr_u64(side->stored);
	if (backend_bpf(side->backend, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)))
		memset(side->stored, 0, sizeof(side->stored));
}

static void side_run(struct side *side, const struct record *record, const struct __sk_buff *ctx)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(&side->ctx, 0, sizeof(side->ctx));
	attr.test.prog_fd = (u32)side->prog->handle;
	attr.test.data_in = ptr_u64(record->bytes);
	attr.test.data_size_in = record->len;
	attr.test.data_out = ptr_u64(side->data);
	attr.test.data_size_out = DIFF_DATA_ROOM;
	attr.test.ctx_in = ptr_u64(ctx);
	attr.test.ctx_size_in = sizeof(*ctx);
	attr.test.ctx_out = ptr_u64(&side->ctx);
	attr.test.ctx_size_out = sizeof(side->ctx);
	attr.test.repeat = 1;
	side->error = backend_bpf(side->backend, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	side->retval = attr.test.retval;
	side->len = side->error ? 0 : attr.test.data_size_out;
	if (side->fields_map >= 0)
		side_read_fields(side);
}

/* Show one difference; the first of a packet opens its entry. */
static void report(struct diff *diff, bool *first, const char *what, s64 on_linux, s64 on_engine)
{
	struct out *out = &diff->out;

	if (*first) {
		*first = false;
		diff->differing++;
		if (diff->differing <= DIFF_SHOWN) {
			out_object(out, NULL);
			out_u64(out, "packet", "packet %" PRIu64 ":\n", diff->packets);
		}
	}
	if (diff->differing > DIFF_SHOWN)
		return;
	out_object(out, what);
	out_text(out, "  %s:", what);
	out_s64(out, "linux", " Linux %" PRId64, on_linux);
	out_s64(out, "engine", ", engine %" PRId64 "\n", on_engine);
	out_object_end(out);
}

static u32 ctx_value(const struct __sk_buff *ctx, u16 off)
{
	return get_u32((const u8 *)ctx + off);
}

static void compare(struct diff *diff)
{
	const struct side *l = &diff->linux_side, *e = &diff->engine_side;
	u32 len = min_u32(l->len, e->len), at = 0;
	bool first = true;

	if (l->error != e->error)
		report(diff, &first, "error", l->error, e->error);
	if (l->retval != e->retval)
		report(diff, &first, "verdict", (s32)l->retval, (s32)e->retval);
	if (l->len != e->len)
		report(diff, &first, "length", l->len, e->len);
	while (at < len && l->data[at] == e->data[at])
		at++;
	if (at < len) {
		char what[32];

		snprintf(what, sizeof(what), "byte %u", at);
		report(diff, &first, what, l->data[at], e->data[at]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(ctx_fields); i++) {
		u32 left = ctx_value(&l->ctx, ctx_fields[i].off);
		u32 right = ctx_value(&e->ctx, ctx_fields[i].off);

		if (left != right)
			report(diff, &first, ctx_fields[i].name, left, right);
	}
	if (l->fields_map >= 0 && e->fields_map >= 0)
		for (u32 i = 0; i < ARRAY_SIZE(stored_fields); i++)
			if (l->stored[i] != e->stored[i])
				report(diff, &first, stored_fields[i].name, (s64)l->stored[i],
				       (s64)e->stored[i]);
	if (!first && diff->differing <= DIFF_SHOWN)
		out_object_end(&diff->out);
}

static int diff_packets(struct diff *diff)
{
	struct __sk_buff ctx = { .mark = diff->set.mark, .priority = diff->set.priority };
	struct record record;
	int more = 0;

	out_array(&diff->out, "differences");
	while (!(diff->set.limit && diff->packets == diff->set.limit) &&
	       (more = source_next(diff->source, &record, diff->log)) == 1) {
		diff->packets++;
		if (record.len < ETH_HLEN) {
			diff->too_short++;
			continue;
		}
		if (record.len > DIFF_TEST_RUN_MAX) {
			diff->too_long++;
			continue;
		}
		side_run(&diff->linux_side, &record, &ctx);
		side_run(&diff->engine_side, &record, &ctx);
		compare(diff);
	}
	out_array_end(&diff->out);
	return more < 0 ? more : 0;
}

static void show_summary(struct diff *diff)
{
	struct out *out = &diff->out;
	u64 left_out = diff->too_short + diff->too_long;

	if (diff->linux_side.fields_map < 0 || diff->engine_side.fields_map < 0) {
		out_array(out, "not_compared");
		out_text(out, "not compared, because the program cannot run inside a caller:");
		for (u32 i = 0; i < ARRAY_SIZE(stored_fields); i++)
			out_str(out, NULL, " %s", stored_fields[i].name);
		out_text(out, "\n");
		out_array_end(out);
	}
	if (left_out) {
		out_u64(out, "too_short", NULL, diff->too_short);
		out_u64(out, "too_long", NULL, diff->too_long);
		out_text(out, "%" PRIu64 " packets left out: BPF_PROG_TEST_RUN takes %d to %d bytes\n",
			 left_out, ETH_HLEN, DIFF_TEST_RUN_MAX);
	}
	out_u64(out, "packets", "%" PRIu64 " packets", diff->packets - left_out);
	out_u64(out, "differing", ", %" PRIu64 " differences\n", diff->differing);
}

/* The sentence in front of what was said about the call that failed. */
static int not_permitted(struct log *log)
{
	char *details = strdup(log->text);

	log_init(log, log->text, log->room);
	log_line(log, "Linux lets only root (CAP_BPF and CAP_NET_ADMIN) load a classifier");
	if (details)
		log_add(log, "%s", details);
	free(details);
	return -EPERM;
}

static int diff_try(struct diff *diff)
{
	int err;

	diff->linux_side.name = "Linux";
	diff->engine_side.name = "engine";
	err = source_open(diff->set.read, diff->log, &diff->source);
	if (err)
		return err;
	if (source_link(diff->source) != IO_ETHERNET)
		return log_error(diff->log, -EINVAL,
				 "BPF_PROG_TEST_RUN takes Ethernet frames; this capture has none");
	err = backend_kernel_create(&diff->linux_side.backend);
	if (err)
		return log_error(diff->log, err, "no way to the Linux kernel: %s", strerror(-err));
	err = backend_engine_create(NULL, &diff->engine_side.backend);
	if (err)
		return log_error(diff->log, err, "no engine: %s", strerror(-err));
	err = side_open(diff, &diff->engine_side);
	if (!err)
		err = side_open(diff, &diff->linux_side);
	if (err == -EPERM)
		return not_permitted(diff->log);
	if (err)
		return err;
	out_object(&diff->out, NULL);
	err = diff_packets(diff);
	show_summary(diff);
	out_object_end(&diff->out);
	out_end(&diff->out);
	return err;
}

int verb_diff(int argc, char **argv, struct log *log)
{
	struct diff diff = { .log = log };
	int err;

	argc = options_parse(diff_options, &diff.set, argc, argv, log);
	if (argc < 0 || object_words_parse(&diff.set.words, argc, argv, "diff", log))
		return EXIT_WRONG;
	out_init(&diff.out, stdout, diff.set.json, false);
	err = diff_try(&diff);
	if (err && !log->len)
		log_line(log, "%s", strerror(-err));
	side_close(&diff.linux_side);
	side_close(&diff.engine_side);
	if (diff.source)
		source_close(diff.source);
	if (err)
		return diff.refused ? EXIT_REFUSED : EXIT_WRONG;
	return diff.differing ? EXIT_REFUSED : EXIT_DONE;
}

void help_diff(FILE *file)
{
	fprintf(file, "usage: clsbpf diff OBJ [sec NAME | prog NAME] -r FILE [OPTIONS]\n");
	options_help(diff_options, file);
}
