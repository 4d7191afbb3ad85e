// SPDX-License-Identifier: BSD-2-Clause
/* verb_run.c - `clsbpf run`: a classifier over a capture, in an engine of its own.
 *
 * The program is loaded and attached by the same calls that the tc verbs make: the engine gets
 * bpf(2) attributes and rtnetlink messages, then the pump feeds packets to the device's hook. Time
 * is the capture's and chance is seeded, so a run with --seed can be repeated byte for byte; such a
 * run's JSON carries no durations.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_arp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/mapfile.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/verb.h"
#include "io/io.h"
#include "io/pump.h"
#include "load/load.h"
#include "object/engine.h"
#include "sched/sched.h"
#include "tc/tc.h"

#define RUN_DEVICE "pcap0"
#define RUN_IFINDEX 2

struct run_settings {
	const char *read, *write, *expression;
	bool ingress, direct_action, json, per_packet, dump_maps, quiet, interpret, unverified, seeded,
	     limited;
	const char *classid;
	u64 seed, limit;
	u32 ifindex, workers;
	struct pump_metadata metadata;
	struct option_list maps;
	struct object_words words;
};

#define AT(member) offsetof(struct run_settings, member)

static const struct option_row run_options[] = {
	{"-r", OPTION_STRING, AT(read), "FILE", "capture to read (default: standard input)", 0},
	{"-w", OPTION_STRING, AT(write), "FILE", "write the packets that pass, as pcapng", 0},
	{"--ingress", OPTION_FLAG, AT(ingress), NULL, "at the ingress hook (default)", 0},
	{"--egress", OPTION_CLEAR, AT(ingress), NULL, "at the egress hook", 0},
	{"--da", OPTION_FLAG, AT(direct_action), NULL, "direct action: R0 is the verdict (default)",
	 0},
	{"--no-da", OPTION_CLEAR, AT(direct_action), NULL, "R0 is a classid", 0},
	{"--classid", OPTION_STRING, AT(classid), "M:N", "classid of the filter", 0},
	{"--mark", OPTION_U32, AT(metadata.mark), "N", "mark of every packet", 0},
	{"--priority", OPTION_U32, AT(metadata.priority), "N", "priority of every packet", 0},
	{"--queue-mapping", OPTION_U32, AT(metadata.queue_mapping), "N", "queue of every packet",
	 0},
	{"--tc-index", OPTION_U32, AT(metadata.tc_index), "N", "tc_index of every packet", 0},
	{"--ifindex", OPTION_U32, AT(ifindex), "N", "ifindex of the device (default: 2)", 0},
	{"--cgroup-classid", OPTION_U32, AT(metadata.cgroup_classid), "N",
	 "net_cls classid of the sender", 0},
	{"--realm", OPTION_U32, AT(metadata.realm), "N", "routing realm of every packet", 0},
	{"--map", OPTION_LIST, AT(maps), "NAME=FILE", "fill a map from a JSON file first", 0},
	{"--dump-maps", OPTION_FLAG, AT(dump_maps), NULL, "show the maps at the end", 0},
	{"--interp", OPTION_FLAG, AT(interpret), NULL, "by the interpreter (default)", 0},
	{"--unverified", OPTION_FLAG, AT(unverified), NULL,
	 "also what the verifier refuses, checked as it runs", 0},
	{"--jit", OPTION_LATER, 0, NULL, "machine code is not there yet", 0},
	{"--seed", OPTION_U64, AT(seed), "N", "seed of random numbers and hashes: repeatable",
	 AT(seeded)},
	{"-n", OPTION_U64, AT(limit), "COUNT", "stop after COUNT packets", AT(limited)},
	{"-F", OPTION_STRING, AT(expression), "EXPR", "tcpdump expression that chooses packets", 0},
	{"--per-packet", OPTION_FLAG, AT(per_packet), NULL, "one line a packet", 0},
	{"-i", OPTION_LATER, 0, "DEV", "packets from a device are not there yet", 0},
	{"--workers", OPTION_U32, AT(workers), "N", "threads (1 so far)", 0},
	{"--routes", OPTION_LATER, 0, "FILE", "a table of routes is not there yet", 0},
	{"--json", OPTION_FLAG, AT(json), NULL, "JSON", 0},
	{"-j", OPTION_FLAG, AT(json), NULL, "JSON", 0},
	{"-q", OPTION_FLAG, AT(quiet), NULL, "no summary", 0},
	{NULL, 0, 0, NULL, NULL, 0},
};

/* Everything that one run holds; run_cleanup() lets go of it once. */
struct run {
	struct run_settings set;
	struct log *log;
	struct backend *backend;
	struct load_object *object;
	struct load_prog *prog;
	struct device *device;
	struct worker *worker;
	struct source *source;
	struct sink *sink;
	struct pump pump;
	struct out out;
	bool shows_progress;
	u64 shown_ns;
};

/* The one global of the program: a signal handler has nothing else to write to. */
static volatile sig_atomic_t run_interrupted;

static void on_interrupt(int number)
{
	run_interrupted = 1;
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

static int trace_line(void *ctx, const void *bytes, size_t len)
{
	fwrite(bytes, 1, len, stderr);
	return 0;
}

static void device_discard(struct worker *worker, struct device *device, struct packet *packet)
{
	worker_packet_put(worker, packet);
}

static const struct device_ops run_device_ops = {
	.transmit = device_discard,
	.deliver = device_discard,
};

static int parse_words(struct run_settings *set, int argc, char **argv, struct log *log)
{
	int left = options_parse(run_options, set, argc, argv, log);

	if (left < 0)
		return left;
	if (set->workers > 1)
		return log_error(log, -EOPNOTSUPP, "--workers: more than one is not there yet");
	if (!set->workers)
		return log_error(log, -EINVAL, "--workers: at least one is needed");
	if (set->limited && !set->limit)
		return log_error(log, -EINVAL, "-n: at least one packet is needed");
	if (set->write && !strcmp(set->write, "-") && (!set->quiet || set->per_packet || set->dump_maps))
		return log_error(log, -EINVAL, "-w -: results go to standard output; name a file, or add -q");
	return object_words_parse(&set->words, left, argv, "run", log);
}

/* "M:N", both hexadecimal as tc has them. */
static int parse_classid(const char *text, u32 *classid, struct log *log)
{
	char *end;
	unsigned long major = strtoul(text, &end, 16), minor = 0;

	if (end == text || *end != ':' || major > 0xffff)
		return log_error(log, -EINVAL, "--classid: \"%s\" does not have the form M:N", text);
	if (end[1])
		minor = strtoul(end + 1, &end, 16);
	else
		end++;
	if (*end || minor > 0xffff)
		return log_error(log, -EINVAL, "--classid: \"%s\" does not have the form M:N", text);
	*classid = (u32)(major << 16 | minor);
	return 0;
}

static int run_setup_engine(struct run *run)
{
	struct engine_config config = {
		.cpus = 1,
		.fixed_seed = run->set.seeded,
		.seed = run->set.seed,
		.replay_clock = true,
		.unverified = run->set.unverified,
	};
	struct device_config device = {
		.name = RUN_DEVICE,
		.ifindex = run->set.ifindex,
		.arphrd = source_link(run->source) == IO_ETHERNET ? ARPHRD_ETHER : ARPHRD_NONE,
		.ops = &run_device_ops,
	};
	int err = backend_engine_create(&config, &run->backend);

	if (err)
		return log_error(run->log, err, "no engine: %s", strerror(-err));
	err = backend_subscribe(run->backend, BACKEND_TRACE, trace_line, NULL);
	if (!err)
		err = device_create(backend_engine(run->backend), &device, &run->device);
	if (err)
		return log_error(run->log, err, "device %s with ifindex %u: %s", RUN_DEVICE,
				 run->set.ifindex, strerror(-err));
	return worker_create(backend_engine(run->backend), 0, &run->worker);
}

static int run_load(struct run *run)
{
	struct load_options options = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.section = run->set.words.section,
		.program = run->set.words.program,
	};

	return load_into(run->object, run->backend, &options, run->log, &run->prog);
}

/* clsact on the device and the program in it, as tc would put them there. */
static int run_attach(struct run *run)
{
	struct tc_qdisc_spec qdisc = { .verb = TC_ADD, .dev = RUN_DEVICE, .kind = "clsact",
				       .handle = TC_H_MAKE(TC_H_CLSACT, 0), .parent = TC_H_CLSACT };
	struct tc_filter_spec filter = {
		.verb = TC_ADD,
		.dev = RUN_DEVICE,
		.parent = TC_H_MAKE(TC_H_CLSACT, run->set.ingress ? TC_H_MIN_INGRESS
								  : TC_H_MIN_EGRESS),
		.kind = "bpf",
		.bpf = { .direct_action = run->set.direct_action, .handle = run->prog->handle,
			 .name = run->prog->name },
	};
	int err = 0;

	if (run->set.classid)
		err = parse_classid(run->set.classid, &filter.bpf.classid, run->log);
	if (!err)
		err = tc_apply_qdisc(run->backend, &qdisc, run->log);
	if (!err)
		err = tc_apply_filter(run->backend, &filter, run->log);
	return err;
}

static int run_fill_maps(struct run *run)
{
	for (u32 i = 0; i < run->set.maps.count; i++) {
		const char *word = run->set.maps.item[i], *equals = strchr(word, '=');
		char name[LOAD_NAME];
		struct load_map *map;
		int err;

		if (!equals || (size_t)(equals - word) >= sizeof(name))
			return log_error(run->log, -EINVAL, "--map %s: NAME=FILE is expected", word);
		memcpy(name, word, (size_t)(equals - word));
		name[equals - word] = '\0';
		map = load_map_by_name(run->object, name);
		if (!map)
			return log_error(run->log, -EINVAL, "--map %s: the object has no map of this name",
					 name);
		err = mapfile_load(run->backend, map, 1, equals + 1, run->log);
		if (err)
			return err;
	}
	return 0;
}

static void show_packet(void *ctx, const struct packet *packet, const struct verdict *verdict)
{
	struct run *run = ctx;
	struct out *out = &run->out;

	out_object(out, NULL);
	out_u64(out, "packet", "%" PRIu64 ": ", packet->number);
	out_u64(out, "len", "%" PRIu64 " bytes: ", packet->ctx.len);
	out_str(out, "verdict", "%s", verdict_name(verdict->action));
	if (verdict->classid) {
		char text[16];

		snprintf(text, sizeof(text), "%x:%x", verdict->classid >> 16, verdict->classid & 0xffff);
		out_str(out, "classid", " classid %s", text);
	}
	if (verdict->action == TC_ACT_REDIRECT) {
		out_u64(out, "ifindex", " -> %" PRIu64, verdict->ifindex);
		out_str(out, "direction", " %s", verdict->to_ingress ? "ingress" : "egress");
	}
	if (packet->ctx.mark)
		out_u64(out, "mark", " mark %" PRIu64, packet->ctx.mark);
	if (packet->ctx.priority)
		out_u64(out, "priority", " priority %" PRIu64, packet->ctx.priority);
	out_text(out, "\n");
	out_object_end(out);
	out_end(out);
}

/* Called once a burst, so that nothing is asked of the system once a packet. */
static int show_progress(void *ctx, const struct pump_stats *stats, u64 done, u64 total)
{
	struct run *run = ctx;
	u64 now;

	/* An end that was asked for, or nobody reads what is shown. */
	if (run_interrupted || ferror(stdout))
		return 1;
	if (!run->shows_progress)
		return 0;
	now = now_ns();
	if (now - run->shown_ns < 200000000u)
		return 0;
	run->shown_ns = now;
	if (total)
		fprintf(stderr, "\r%3u%%  %" PRIu64 " packets ", (unsigned)(done * 100 / total),
			stats->packets);
	else
		fprintf(stderr, "\r%" PRIu64 " packets ", stats->packets);
	return 0;
}

static void show_verdicts(struct run *run)
{
	const struct pump_stats *stats = &run->pump.stats;
	struct out *out = &run->out;

	out_object(out, "verdicts");
	for (int i = 0; i <= PUMP_ACTIONS; i++) {
		const char *name = verdict_name(i - 1);

		if (!stats->action[i])
			continue;
		out_color(out, i - 1 == TC_ACT_SHOT ? OUT_BAD :
			       i - 1 == TC_ACT_OK   ? OUT_GOOD : OUT_NOTE);
		out_text(out, "  %-10s", name);
		out_color(out, OUT_PLAIN);
		out_text(out, " %" PRIu64 " (%.1f%%)\n", stats->action[i],
			 100.0 * (double)stats->action[i] / (double)stats->packets);
		out_u64(out, name, NULL, stats->action[i]);
	}
	out_object_end(out);
}

static void show_table(struct out *out, struct pump_table *table, const char *key, bool targets)
{
	u32 count = pump_table_sort(table);

	if (!count)
		return;
	out_array(out, key);
	for (u32 i = 0; i < count; i++) {
		const struct pump_count *row = &table->row[i];
		char text[24];

		snprintf(text, sizeof(text), "%x:%x", (u32)row->key >> 16, (u32)row->key & 0xffff);
		out_object(out, NULL);
		if (targets) {
			out_u64(out, "ifindex", "  redirect -> ifindex %" PRIu64, (u32)row->key);
			out_str(out, "direction", " %s", row->key >> 32 ? "ingress" : "egress");
		} else {
			out_str(out, "classid", "  classid %s", text);
		}
		out_u64(out, "packets", ": %" PRIu64 " packets", row->packets);
		out_u64(out, "bytes", ", %" PRIu64 " bytes\n", row->bytes);
		out_object_end(out);
	}
	out_array_end(out);
	if (table->others) {
		out_text(out, "  %s beyond the first %d: ", key, PUMP_ROWS);
		out_u64(out, targets ? "other_redirects" : "other_classids", "%" PRIu64 " packets\n",
			table->others);
	}
}

static void show_speed(struct run *run)
{
	const struct pump_stats *stats = &run->pump.stats;
	struct out *out = &run->out;
	double seconds = (double)stats->elapsed_ns / 1e9;

	if (out->json && run->set.seeded)
		return;
	out_double(out, "packets_per_second", "speed: %.0f packets/s",
		   seconds > 0 ? (double)stats->packets / seconds : 0);
	out_double(out, "ns_per_run", ", %.0f ns per run\n",
		   stats->sampled ? (double)stats->sampled_ns / (double)stats->sampled : 0);
}

static void show_counts(struct run *run)
{
	struct pump_stats *stats = &run->pump.stats;
	struct out *out = &run->out;

	out_str(out, "object", NULL, run->set.words.object);
	out_str(out, "program", NULL, run->prog->name);
	if (run_interrupted) {
		out_bool(out, "interrupted", NULL, true);
		out_text(out, "interrupted after ");
	}
	out_u64(out, "packets", "%" PRIu64 " packets", stats->packets);
	out_u64(out, "bytes", ", %" PRIu64 " bytes\n", stats->bytes);
	if (stats->skipped)
		out_u64(out, "not_chosen", "%" PRIu64 " packets did not match the expression\n",
			stats->skipped);
	if (stats->refused)
		out_u64(out, "not_packets", "%" PRIu64 " records are no packets\n", stats->refused);
	if (run->sink)
		out_u64(out, "written", "%" PRIu64 " packets written\n", stats->written);
	show_verdicts(run);
	show_table(out, &stats->classids, "classids", false);
	show_table(out, &stats->targets, "redirects", true);
	show_speed(run);
}

/* In text, the log says it. */
static void show_fault(struct run *run)
{
	const struct pump_stats *stats = &run->pump.stats;
	struct out *out = &run->out;

	out_object(out, "fault");
	out_u64(out, "packet", NULL, stats->fault_packet);
	out_str(out, "program", NULL, stats->fault.prog->name);
	out_u64(out, "insn", NULL, stats->fault.insn);
	out_str(out, "reason", NULL, stats->fault.text);
	out_object_end(out);
}

static int show_maps(struct run *run)
{
	int err = 0;

	out_object(&run->out, "maps");
	for (u32 i = 0; !err && i < run->object->map_count; i++) {
		const struct load_map *map = &run->object->maps[i];

		/* Ring buffers have no keys and no elements. */
		if (map->handle >= 0 && map->key_size && map->type != BPF_MAP_TYPE_PROG_ARRAY)
			err = mapfile_dump(run->backend, map, 1, &run->out);
		if (err)
			log_line(run->log, "map %s cannot be read: %s", map->name, strerror(-err));
	}
	out_object_end(&run->out);
	return err;
}

static int show_summary(struct run *run)
{
	int err = 0;

	out_object(&run->out, NULL);
	if (!run->set.quiet)
		show_counts(run);
	if (!run->set.quiet && run->pump.stats.faulted)
		show_fault(run);
	if (run->set.dump_maps)
		err = show_maps(run);
	out_end(&run->out);
	return err;
}

static int report_fault(struct run *run)
{
	const struct pump_stats *stats = &run->pump.stats;

	log_line(run->log, "program %s was stopped at instruction %u, at packet %" PRIu64 ": %s",
		 stats->fault.prog->name, stats->fault.insn, stats->fault_packet, stats->fault.text);
	return EXIT_REFUSED;
}

/* Lines of trace_printk() to a file or pipe, many at a time; from a capture that is still being made
 * each at once. */
static void buffer_traces(struct run *run)
{
	u64 done, total;

	source_progress(run->source, &done, &total);
	if (total && !isatty(STDERR_FILENO))
		setvbuf(stderr, NULL, _IOFBF, BUFSIZ);
}

static int run_pump(struct run *run)
{
	/* The second signal ends the process. */
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
	int err;

	run->shows_progress = !run->set.quiet && isatty(STDERR_FILENO) && !run->set.per_packet;
	run->pump = (struct pump){
		.source = run->source,
		.sink = run->sink,
		.worker = run->worker,
		.device = run->device,
		.ingress = run->set.ingress,
		.metadata = run->set.metadata,
		.limit = run->set.limit,
		.expression = run->set.expression,
		.each = run->set.per_packet ? show_packet : NULL,
		.progress = show_progress,
		.ctx = run,
	};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	buffer_traces(run);
	err = pump_run(&run->pump, run->log);
	/* What follows cannot be left half done: a signal ends it. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (run->shows_progress && run->shown_ns)
		fprintf(stderr, "\r\033[K");
	return err;
}

/* Opening the file to write empties it: it must not be the one that is read. */
static bool writes_its_input(const struct run_settings *set)
{
	struct stat in, out;

	if (!set->write || !strcmp(set->write, "-") || stat(set->write, &out) || !S_ISREG(out.st_mode))
		return false;
	return !(set->read && strcmp(set->read, "-") ? stat(set->read, &in) :
						       fstat(STDIN_FILENO, &in)) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

/* What the command line names, before anything is made of it. */
static int run_open(struct run *run)
{
	const struct run_settings *set = &run->set;
	const struct load_options choice = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.section = set->words.section,
		.program = set->words.program,
	};
	int err = load_open(set->words.object, run->log, &run->object);

	if (!err)
		err = load_choose(run->object, &choice, run->log, &run->prog);
	/* As a classifier it would take the fields of an sk_buff for those of a frame. */
	if (!err && run->prog->type == BPF_PROG_TYPE_XDP)
		err = log_error(run->log, -EINVAL, "program %s (section %s) is for XDP: run gives packets to "
				"classifiers; prog run gives an XDP program a frame", run->prog->name,
				run->prog->section);
	if (!err && !set->read && isatty(STDIN_FILENO))
		err = log_error(run->log, -EINVAL, "no capture: -r FILE, or one on standard input");
	if (!err && writes_its_input(set))
		err = log_error(run->log, -EINVAL, "-w %s: this is the capture that is read",
				set->write);
	return err ? err : source_open(set->read, run->log, &run->source);
}

static int run_sink(struct run *run, int err)
{
	int closed = run->sink ? sink_close(run->sink, err ? NULL : run->log) : 0;

	return err ? err : closed;
}

/* Returns the exit status; what went wrong is in the log. */
static int run_try(struct run *run)
{
	int err;

	if (run_open(run) || run_setup_engine(run))
		return EXIT_WRONG;
	if (run_load(run))
		return EXIT_REFUSED;
	if (run_fill_maps(run))
		return EXIT_WRONG;
	if (run_attach(run))
		return EXIT_REFUSED;
	if (run->set.write && sink_open(run->set.write, run->log, &run->sink))
		return EXIT_WRONG;
	err = run_sink(run, run_pump(run));
	if ((!run->set.quiet || run->set.dump_maps) && show_summary(run))
		return EXIT_REFUSED;
	if (run->pump.stats.faulted)
		return report_fault(run);
	return err ? EXIT_WRONG : EXIT_DONE;
}

static void run_cleanup(struct run *run)
{
	pump_stats_free(&run->pump.stats);
	if (run->worker)
		worker_destroy(run->worker);
	if (run->object)
		load_close(run->object);
	backend_destroy(run->backend);
	if (run->source)
		source_close(run->source);
}

int verb_run(int argc, char **argv, struct log *log)
{
	struct run run = {
		.set = { .ingress = true, .direct_action = true, .ifindex = RUN_IFINDEX, .workers = 1 },
		.log = log,
	};
	int status;

	if (parse_words(&run.set, argc, argv, log))
		return EXIT_WRONG;
	out_init(&run.out, stdout, run.set.json, false);
	status = run_try(&run);
	/* The one failure that comes without a sentence. */
	if (status != EXIT_DONE && !log->len)
		log_line(log, "out of memory");
	run_cleanup(&run);
	return status;
}

void help_run(FILE *file)
{
	fprintf(file, "usage: clsbpf run OBJ [sec NAME | prog NAME] [-r FILE] [-w FILE] [OPTIONS]\n");
	options_help(run_options, file);
}
