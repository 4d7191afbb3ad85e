// SPDX-License-Identifier: BSD-2-Clause
/* try_both.c - one program from text, asked on both sides; for people.
 *
 *   try_both [-t cls|act|socket|xdp] [-m MAP]... [-f FUNCTION]... [-F FLAGS] [-L RIGHTS] [-p] [-l LEVEL] [FILE]
 *
 * MAP and FUNCTION are as in both.h; the program is in the syntax of isa/asm.c, from FILE or standard
 * input. -L: what who loads it lacks, of enum rights: 12 CAP_PERFMON, 15 everything. -p: no GPL licence.
 * -l: the level of both logs, 2 to see states. Lines of the file that begin with "#" may hold the same options, so that a file is complete: "# -m array:4:8:1 -f Si".
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "both.h"

#include "isa/insn.h"

struct wish {
	struct both_prog prog;
	u32 level;
};

static int option(struct wish *wish, int c, const char *value)
{
	LOG_ON_STACK(log);
	int err = 0;

	switch (c) {
	case 't':
		err = both_parse_type(value, &wish->prog.type);
		break;
	case 'm':
		err = both_parse_maps(value, &wish->prog, &log);
		break;
	case 'f':
		err = both_parse_funcs(value, &wish->prog, &log);
		break;
	case 'F':
		wish->prog.flags = (u32)strtoul(value, NULL, 0);
		break;
	case 'a':
		wish->prog.attach_type = (u32)strtoul(value, NULL, 0);
		break;
	case 'L':
		wish->prog.lacks = (u32)strtoul(value, NULL, 0);
		break;
	case 'p':
		wish->prog.proprietary = true;
		break;
	case 'l':
		wish->level = (u32)atoi(value);
		break;
	default:
		err = -1;
	}
	if (err)
		fprintf(stderr, "-%c %s: %s\n", c, value ? value : "", log.text);
	return err;
}

/* "# -m ... -f ...": options; the line becomes blank. */
static int comment(struct wish *wish, char *line, size_t len)
{
	char copy[512], *at = copy, *word;
	int err = 0;

	snprintf(copy, sizeof(copy), "%.*s", (int)len, line);
	memset(line, ' ', len);
	while (!err && (word = strsep(&at, " \t#"))) {
		if (word[0] == '-' && word[1] == 'p')
			err = option(wish, 'p', NULL);
		else if (word[0] == '-' && word[1] && at)
			err = option(wish, word[1], strsep(&at, " \t"));
	}
	return err;
}

static char *read_all(struct wish *wish, FILE *file)
{
	char *text = calloc(1, 1 << 20), *line;

	if (!text || !fread(text, 1, (1 << 20) - 1, file))
		return NULL;
	for (line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");

		if (*line == '#' && comment(wish, line, len))
			return NULL;
		if (!line[len])
			break;
	}
	return text;
}

static void answer(struct both *both, const struct wish *wish)
{
	const struct both_verdict *ours = &both->verdict[BOTH_ENGINE], *theirs = &both->verdict[BOTH_LINUX];

	if (both->why)
		printf("Linux: %s\n", both->why);
	printf("%s  engine %d  Linux %d\n", ours->err == theirs->err ? "same" : "DIFFERENT", ours->err, theirs->err);
	printf("---- engine\n%s", ours->log);
	if (!both->why)
		printf("---- Linux\n%s", theirs->log);
}

int main(int argc, char **argv)
{
	struct wish wish = { .prog = { .type = BPF_PROG_TYPE_SCHED_CLS }, .level = 1 };
	struct bpf_insn *insns = calloc(BOTH_INSNS, sizeof(*insns));
	LOG_ON_STACK(log);
	struct both both;
	FILE *file = stdin;
	char *text;
	int c, count;

	while ((c = getopt(argc, argv, "t:m:f:F:a:L:pl:")) != -1)
		if (option(&wish, c, optarg))
			return 1;
	if (optind < argc)
		file = fopen(argv[optind], "r");
	text = file ? read_all(&wish, file) : NULL;
	if (!text || !insns) {
		fprintf(stderr, "no program\n");
		return 1;
	}
	count = insn_assemble(text, insns, BOTH_INSNS, &log);
	if (count < 0) {
		fprintf(stderr, "%s", log.text);
		return 1;
	}
	wish.prog.insns = insns;
	wish.prog.count = (u32)count;
	if (both_open(&both))
		return 1;
	both_ask(&both, &wish.prog, wish.level);
	answer(&both, &wish);
	c = both.verdict[BOTH_ENGINE].err != both.verdict[BOTH_LINUX].err;
	both_close(&both);
	free(insns);
	free(text);
	return c ? 2 : 0;
}
