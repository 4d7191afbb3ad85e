// SPDX-License-Identifier: BSD-2-Clause
/* verb_check.c - `clsbpf check`: may the programs of an object run? Nothing is run, attached or pinned.
 *
 * Each program is loaded by itself, into an engine in this process that verifies or, with --backend, into
 * another kernel. What is refused is shown where it happens (standard error, the sentence first); what is
 * accepted, and JSON, is a result (standard output).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/options.h"
#include "cli/out.h"
#include "cli/verb.h"
#include "cli/which_kernel.h"
#include "load/load.h"
#include "object/engine.h"

#define CHECK_ROOM 65536    /* a sentence of the loader, and what it adds */

/* Levels of the log, as bpf(2) has them. */
#define LEVEL_STATS 4u

struct check_settings {
	const char *backend;
	u32 log;
	bool logged, stats, json;
	struct object_words words;
};

#define AT(member) offsetof(struct check_settings, member)

static const struct option_row check_options[] = {
	{"--stats", OPTION_FLAG, AT(stats), NULL, "how much there was to walk", 0},
	{"--log", OPTION_U32, AT(log), "LEVEL",
	 "state log: 1 paths, 2 every instruction, 4 statistics, or a sum", AT(logged)},
	{"--backend", OPTION_STRING, AT(backend), "KERNEL",
	 "ask another one: kernel, engine or engine:SOCKET", 0},
	{"--json", OPTION_FLAG, AT(json), NULL, "JSON", 0},
	{"-j", OPTION_FLAG, AT(json), NULL, "JSON", 0},
	{NULL, 0, 0, NULL, NULL, 0},
};

struct check {
	struct check_settings set;
	struct log *log;
	struct backend *backend;
	struct load_object *object;
	struct out out;
	char *said;              /* the kernel's log of the last program */
	u32 accepted, refused;
};

static int open_backend(struct check *check)
{
	const struct engine_config config = { .verify_json = check->set.json };
	struct which_kernel which;
	int err;

	if (!check->set.backend) {
		err = backend_engine_create(&config, &check->backend);
		return err ? log_error(check->log, err, "no engine: %s", strerror(-err)) : 0;
	}
	err = which_kernel(check->set.backend, &which, check->log);
	return err ? err : which_kernel_open(&which, &check->backend, check->log);
}

static void keep_log(void *ctx, const struct load_prog *prog, int err, const char *text)
{
	struct check *check = ctx;

	free(check->said);
	check->said = strdup(text);
}

/* What the kernel said, by what it is: one line of JSON first, if there is one. */
static const char *split_json(char *said, char **rest)
{
	char *end = said && *said == '{' ? strchr(said, '\n') : NULL;

	*rest = said;
	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return said;
}

static void show_json(struct check *check, const struct load_prog *prog, int err, const char *sentence)
{
	struct out *out = &check->out;
	const char *detail;
	char *rest;

	detail = split_json(check->said, &rest);
	out_object(out, NULL);
	out_str(out, "program", NULL, prog->name);
	out_str(out, "section", NULL, prog->section);
	out_str(out, "verdict", NULL, err ? "refused" : "accepted");
	if (err) {
		out_s64(out, "errno", NULL, -err);
		out_str(out, "message", NULL, sentence);
	}
	if (detail)
		out_raw(out, "verifier", detail);
	if (rest && *rest && (check->set.logged || !detail))
		out_str(out, "log", NULL, rest);
	out_object_end(out);
}

static void show_text(FILE *file, char *text)
{
	struct log log = { .text = text, .len = text ? strlen(text) : 0 };

	if (log.len)
		out_log(file, &log);
}

static void show_accepted(struct check *check, const struct load_prog *prog)
{
	char name[LOAD_NAME * 4];

	out_escape(prog->name, "", name, sizeof(name));
	printf("%s: program %s is accepted\n", check->object->path, name);
	show_text(stdout, check->said);
}

static int check_prog(struct check *check, const struct load_prog *prog)
{
	static const char text_of_none[] = "out of memory\n";
	struct load_options options = {
		.prog_type = prog->type ? prog->type : BPF_PROG_TYPE_SCHED_CLS,
		.section = prog->section,
		.program = prog->name,
		.no_tails = true,
		.verbose = check->set.logged || check->set.stats,
		.log_level = check->set.log | (check->set.stats ? LEVEL_STATS : 0),
		.kernel_log = keep_log,
		.kernel_log_ctx = check,
	};
	struct load_prog *loaded;
	struct log log;
	char *text = malloc(CHECK_ROOM);
	int err;

	if (!text)
		return log_error(check->log, -ENOMEM, "%.*s", (int)sizeof(text_of_none) - 2, text_of_none);
	log_init(&log, text, CHECK_ROOM);
	err = load_into(check->object, check->backend, &options, &log, &loaded);
	if (err)
		check->refused++;
	else
		check->accepted++;
	if (check->set.json) {
		text[strcspn(text, "\n")] = '\0';
		show_json(check, prog, err, text);
	} else if (err) {
		out_log(stderr, &log);
		show_text(stderr, check->said);
	} else {
		show_accepted(check, prog);
	}
	free(text);
	free(check->said);
	check->said = NULL;
	return 0;
}

static int check_all(struct check *check)
{
	const struct object_words *words = &check->set.words;
	int err = 0;

	for (u32 i = 0; !err && i < check->object->prog_count; i++)
		err = check_prog(check, &check->object->progs[i]);
	if (!check->object->prog_count)
		return log_error(
			check->log, -ENOENT,
			"%s: there is no program (a global function in a section of its own)",
			words->object);
	return err;
}

static int check_try(struct check *check)
{
	const struct object_words *words = &check->set.words;
	const struct load_options choice = { .section = words->section, .program = words->program };
	struct load_prog *prog;
	int err = load_open(words->object, check->log, &check->object);

	if (!err && (words->section || words->program))
		err = load_choose(check->object, &choice, check->log, &prog);
	if (!err)
		err = open_backend(check);
	if (err)
		return err;
	/* A question leaves no names behind. */
	for (u32 i = 0; i < check->object->map_count; i++) {
		check->object->maps[i].pinning = LOAD_PIN_NONE;
		check->object->maps[i].pin_by_name = false;
	}
	out_object(&check->out, NULL);
	out_str(&check->out, "object", NULL, check->object->path);
	out_array(&check->out, "programs");
	err = words->section || words->program ? check_prog(check, prog) : check_all(check);
	out_array_end(&check->out);
	out_object_end(&check->out);
	out_end(&check->out);
	return err;
}

int verb_check(int argc, char **argv, struct log *log)
{
	struct check check = { .log = log };
	int err;

	argc = options_parse(check_options, &check.set, argc, argv, log);
	if (argc < 0 || object_words_parse(&check.set.words, argc, argv, "check", log))
		return EXIT_WRONG;
	if (check.set.logged && (!check.set.log || check.set.log > 7)) {
		log_line(log, "--log: 1, 2, 4 or a sum of them");
		return EXIT_WRONG;
	}
	out_init(&check.out, stdout, check.set.json, false);
	err = check_try(&check);
	if (err && !log->len)
		log_line(log, "%s", strerror(-err));
	if (check.object)
		load_close(check.object);
	backend_destroy(check.backend);
	return err ? EXIT_WRONG : check.refused ? EXIT_REFUSED : EXIT_DONE;
}

void help_check(FILE *file)
{
	fprintf(file, "usage: clsbpf check OBJ [sec NAME | prog NAME] [OPTIONS]\n");
	options_help(check_options, file);
}
