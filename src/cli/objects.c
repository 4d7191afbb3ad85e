// SPDX-License-Identifier: BSD-2-Clause
/* objects.c - a command line of prog, map, btf or link: options, the backend, the command, what is
 * said when it fails. Finding objects is in handles.c. */
#include "cli/objects.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/verb.h"
#include "cli/which_kernel.h"
#include "load/pins.h"

#define CPUS_MAX 8192

/* bpftool's options. Letters may stand together: -jp. */
static const struct flag {
	char letter;
	const char *name;
	size_t offset;                  /* of a bool; 0: our loader has no such mode */
} flags[] = {
	{ 'j', "--json", offsetof(struct objects, json) },
	{ 'p', "--pretty", offsetof(struct objects, pretty) },
	{ 'f', "--bpffs", offsetof(struct objects, show_pins) },
	{ 'n', "--nomount", offsetof(struct objects, no_mount) },
	{ 'd', "--debug", offsetof(struct objects, verbose) },
	{ 'l', "--legacy", 0 },
	{ 'm', "--mapcompat", 0 },
};

static bool take_flag(struct objects *o, const struct flag *flag)
{
	if (flag->offset)
		*(bool *)((char *)o + flag->offset) = true;
	return true;
}

static bool take_letter(struct objects *o, char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].letter == letter)
			return take_flag(o, &flags[i]);
	return false;
}

static bool take_long(struct objects *o, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!strcmp(flags[i].name, word))
			return take_flag(o, &flags[i]);
	return false;
}

/* Take the option at *at of @argv; --backend takes the next word too. Returns 0 or -EINVAL. */
static int take_option(struct objects *o, int argc, char **argv, int *at)
{
	static const char backend[] = "--backend";
	const char *word = argv[*at];

	if (!strncmp(word, backend, strlen(backend)) && word[strlen(backend)] == '=') {
		o->kernel = word + strlen(backend) + 1;
		return 0;
	}
	if (!strcmp(word, backend)) {
		if (*at + 1 == argc)
			return log_error(o->log, -EINVAL, "--backend needs a value: kernel or engine");
		o->kernel = argv[++*at];
		return 0;
	}
	if (word[1] == '-')
		return take_long(o, word) ? 0
		       : log_error(o->log, -EINVAL, "unknown option \"%s\"", word);
	while (*++word)
		if (!take_letter(o, *word))
			return log_error(o->log, -EINVAL, "unknown option \"-%c\"", *word);
	return 0;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* Options may stand anywhere. Returns how many words are left in @argv, or -EINVAL. */
static int take_options(struct objects *o, int argc, char **argv)
{
	int left = 0, err = 0;

	for (int i = 0; i < argc; i++) {
		if (!is_option(argv[i]))
			argv[left++] = argv[i];
		else if (!err)  /* -j counts behind a wrong option too */
			err = take_option(o, argc, argv, &i);
	}
	return err ? err : left;
}

int objects_is_line(int argc, char **argv)
{
	static const char *const verbs[] = { "prog", "map", "btf", "link" };
	struct objects o = { 0 };
	int i = 0;

	for (; i < argc && is_option(argv[i]); i++)
		if (take_option(&o, argc, argv, &i))
			return -1;
	for (size_t v = 0; i < argc && v < ARRAY_SIZE(verbs); v++)
		if (!strcmp(argv[i], verbs[v]))
			return i;
	return -1;
}

int objects_refused(struct objects *o, int err, const char *fmt, ...)
{
	const char *message;
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	message = backend_message(o->backend);
	o->refused = true;
	log_line(o->log, "%s: %s", text, err == -524 ? "Not supported by the kernel" : strerror(-err));
	if (*message)
		log_line(o->log, "%s", message);
	return err;
}

int objects_bpf(struct objects *o, int cmd, union bpf_attr *attr)
{
	return backend_bpf(o->backend, cmd, attr, sizeof(*attr));
}

int objects_info(struct objects *o, int handle, void *info, u32 size, u32 *got)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)handle;
	attr.info.info_len = size;
	attr.info.info = ptr_u64(info);
	err = objects_bpf(o, BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (!err && got)
		*got = attr.info.info_len;
	return err;
}

u32 objects_cpus(void)
{
	int possible = libbpf_num_possible_cpus();

	return possible < 1 ? 1 : min_u32((u32)possible, CPUS_MAX);
}

void objects_out_hex(struct out *out, const char *key, const void *bytes, size_t len)
{
	const u8 *at = bytes;
	char byte[8];

	out_array(out, key);
	for (size_t i = 0; i < len; i++) {
		snprintf(byte, sizeof(byte), "0x%02x", at[i]);
		out_str(out, NULL, NULL, byte);
	}
	out_array_end(out);
}

void objects_text_hex(struct out *out, const void *bytes, size_t len)
{
	const u8 *at = bytes;

	for (size_t i = 0; i < len; i++)
		out_text(out, "%s%02x", !i ? "" : i % 16 == 0 ? "\n" : i % 8 == 0 ? "  " : " ", at[i]);
}

/* With -j the sentence belongs to the document; details stay on standard error. */
static void say_error(struct objects *o)
{
	char *end = strchr(o->log->text, '\n');
	struct out *out = &o->out;

	if (!o->json || !o->log->len)
		return;
	if (end)
		*end = '\0';
	if (!out->depth || out->closer[out->depth - 1] == ']')
		out_object(out, NULL);
	out_str(out, "error", NULL, o->log->text);
	if (!end)
		end = o->log->text + o->log->len - 1;
	o->log->len -= (size_t)(end + 1 - o->log->text);
	memmove(o->log->text, end + 1, o->log->len + 1);
}

static int run(struct objects *o, const char *verb, const struct objects_command *rows, int argc,
	       char **argv)
{
	struct words words = { .log = o->log, .at = argv };
	const struct objects_command *row = rows;
	struct which_kernel which;
	int err;

	words.count = take_options(o, argc, argv);
	o->json |= o->pretty;
	out_init(&o->out, o->file, o->json, o->pretty);
	if (words.count < 0)
		return words.count;
	if (words.count) {
		while (row->name && !word_is(*words.at, row->name))
			row++;
		if (!row->name)
			return log_error(o->log, -EINVAL, "what is \"%s\"? See: clsbpf help %s", *words.at,
					 verb);
		(void)words_next(&words);
	}
	if (o->backend)
		return row->run(o, &words);
	err = which_kernel(o->kernel, &which, o->log);
	if (!err)
		err = which_kernel_open(&which, &o->backend, o->log);
	return err ? err : row->run(o, &words);
}

int objects_run(const char *verb, const struct objects_command *rows, int argc, char **argv, FILE *file,
		struct backend *backend, struct log *log)
{
	struct objects o = { .log = log, .file = file, .backend = backend };
	int err;

	libbpf_set_print(NULL);
	err = run(&o, verb, rows, argc, argv);
	if (err && !o.quiet) {
		if (!log->len)
			log_line(log, "%s", strerror(-err));
		say_error(&o);
	} else if (!err && !o.said) {
		out_raw(&o.out, NULL, "null");
	}
	out_end(&o.out);
	for (u32 i = 0; i < o.pin_count; i++)
		free(o.pins[i].path);
	free(o.pins);
	if (o.backend != backend)
		backend_destroy(o.backend);
	return !err ? EXIT_DONE : o.refused ? EXIT_REFUSED : EXIT_WRONG;
}

void help_objects(FILE *file)
{
	fprintf(file, "  -j, --json                   JSON\n"
		      "  -p, --pretty                 JSON in lines\n"
		      "  -f, --bpffs                  show where objects are pinned\n"
		      "  -n, --nomount                do not mount a bpf file system\n"
		      "  -d, --debug                  what the verifier says, even when it accepts\n"
		      "  --backend kernel|engine      who answers (default: CLSBPF_BACKEND, else kernel)\n");
}
