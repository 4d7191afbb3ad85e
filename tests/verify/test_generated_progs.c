// SPDX-License-Identifier: BSD-2-Clause
/* test_generated_progs.c - generated programs, loaded on Linux and on an engine that verifies: the same verdict,
 * the same errno.
 *
 *   test_generated_progs [COUNT [SEED [SHOWN]]]     SHOWN: of how many classes a reduced program is printed
 *
 * Two processes take the even and the odd seeds. What differs falls in classes: what each side said, and our
 * sentence without its numbers. A program that the engine says it cannot do (-EOPNOTSUPP) is counted apart.
 * It fails when we accept what Linux refuses; or refuse more than 5 of 1000 that it accepts, or give another
 * errno as often.
 */
#include <errno.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen.h"
#include "reduce.h"

#define COUNT 4000
#define WORKERS 2
#define CLASSES 256
#define SENTENCE 120
#define MAPS_KEPT 300
#define PER_MILLE 5

struct class {
	int ours, theirs;
	char sentence[SENTENCE];
	u64 seed;
	u32 count;
};

struct tally {
	u32 done, accepted, refused, unsupported, lax, strict, other_errno;
	struct class class[CLASSES];
	u32 classes;
	char why[128];         /* not asked */
};

struct worker {
	struct both both;
	struct tally *tally;
	u32 shown;
	int ours, theirs;      /* what the reducer keeps */
};

/* Our sentence without its numbers. */
static void sentence_of(const char *log, char out[SENTENCE])
{
	size_t n = 0;

	for (; *log && *log != '\n' && n < SENTENCE - 1; log++) {
		if (isdigit((unsigned char)*log) && n && out[n - 1] == 'N')
			continue;
		out[n++] = isdigit((unsigned char)*log) ? 'N' : *log;
	}
	out[n] = '\0';
}

static void ask(struct worker *w, const struct gen_prog *prog, u32 level)
{
	if (w->both.kept_count > MAPS_KEPT)
		both_drop_maps(&w->both);
	both_ask(&w->both, &prog->prog, level);
}

static bool keeps(void *ctx, const struct gen_prog *prog)
{
	struct worker *w = ctx;

	ask(w, prog, 0);
	return w->both.verdict[BOTH_ENGINE].err == w->ours && w->both.verdict[BOTH_LINUX].err == w->theirs;
}

/* The end of a log. */
static const char *tail(const char *log, u32 lines)
{
	const char *at = log + strlen(log);

	while (at > log && (at[-1] != '\n' || lines--))
		at--;
	return at;
}

static void show(struct worker *w, struct gen_prog *prog)
{
	size_t room = 1 << 20, len;
	char *text = malloc(room);
	u64 seed = prog->seed;

	if (!text)
		return;
	w->shown--;
	w->ours = w->both.verdict[BOTH_ENGINE].err;
	w->theirs = w->both.verdict[BOTH_LINUX].err;
	reduce_prog(prog, keeps, w);
	ask(w, prog, 1);
	len = (size_t)snprintf(text, room, "#### seed %llu: engine %d, Linux %d\n", (unsigned long long)seed, w->ours, w->theirs);
	len += reduce_text(prog, text + len, room - len);
	len += (size_t)snprintf(text + len, room - len, "#---- engine\n%s#---- Linux\n%s", w->both.verdict[BOTH_ENGINE].log,
				tail(w->both.verdict[BOTH_LINUX].log, 6));
	/* One write, so that two workers do not mix. */
	if (write(STDERR_FILENO, text, len < room ? len : room) < 0)
		perror("write");
	free(text);
}

static void difference(struct worker *w, struct gen_prog *prog)
{
	struct tally *t = w->tally;
	char sentence[SENTENCE];
	struct class *c;

	ask(w, prog, 1);
	sentence_of(w->both.verdict[BOTH_ENGINE].log, sentence);
	for (u32 i = 0; i < t->classes; i++) {
		c = &t->class[i];
		if (c->ours == w->both.verdict[BOTH_ENGINE].err && c->theirs == w->both.verdict[BOTH_LINUX].err &&
		    !strcmp(c->sentence, sentence)) {
			c->count++;
			return;
		}
	}
	if (t->classes == CLASSES)
		return;
	c = &t->class[t->classes++];
	*c = (struct class){ .ours = w->both.verdict[BOTH_ENGINE].err, .theirs = w->both.verdict[BOTH_LINUX].err,
			     .seed = prog->seed, .count = 1 };
	memcpy(c->sentence, sentence, sizeof(sentence));
	if (w->shown && c->ours != -EOPNOTSUPP)
		show(w, prog);
}

static void one(struct worker *w, struct gen_prog *prog)
{
	struct tally *t = w->tally;
	int ours, theirs;

	ask(w, prog, 0);
	ours = w->both.verdict[BOTH_ENGINE].err;
	theirs = w->both.verdict[BOTH_LINUX].err;
	t->done++;
	if (theirs)
		t->refused++;
	else
		t->accepted++;
	if (ours == theirs)
		return;
	if (ours == -EOPNOTSUPP)
		t->unsupported++;
	else if (!ours)
		t->lax++;
	else if (!theirs)
		t->strict++;
	else
		t->other_errno++;
	difference(w, prog);
}

static int work(struct tally *tally, u32 number, u32 count, u64 seed, u32 shown)
{
	struct worker w = { .tally = tally, .shown = shown };
	struct gen_prog *prog = malloc(sizeof(*prog));

	if (!prog || both_open(&w.both))
		return 1;
	if (w.both.why) {
		snprintf(tally->why, sizeof(tally->why), "%s", w.both.why);
		return 0;
	}
	for (u32 i = number; i < count; i += WORKERS) {
		gen_make(seed + i, prog);
		one(&w, prog);
	}
	both_close(&w.both);
	free(prog);
	return 0;
}

/* Everything of @from into @to. */
static void add(struct tally *to, const struct tally *from)
{
	to->done += from->done;
	to->accepted += from->accepted;
	to->refused += from->refused;
	to->unsupported += from->unsupported;
	to->lax += from->lax;
	to->strict += from->strict;
	to->other_errno += from->other_errno;
	for (u32 i = 0; i < from->classes; i++) {
		const struct class *c = &from->class[i];
		u32 k = 0;

		while (k < to->classes && (to->class[k].ours != c->ours || to->class[k].theirs != c->theirs ||
					   strcmp(to->class[k].sentence, c->sentence)))
			k++;
		if (k == CLASSES)
			continue;
		if (k == to->classes)
			to->class[to->classes++] = *c;
		else
			to->class[k].count += c->count;
	}
}

static int by_count(const void *a, const void *b)
{
	const struct class *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

static int answer(struct tally *t)
{
	bool ok = !t->lax && t->strict * 1000 <= t->done * PER_MILLE && t->other_errno * 1000 <= t->done * PER_MILLE;

	qsort(t->class, t->classes, sizeof(*t->class), by_count);
	for (u32 i = 0; i < t->classes; i++)
		printf("# %6u x engine %d, Linux %d, first %llu: %s\n", t->class[i].count, t->class[i].ours,
		       t->class[i].theirs, (unsigned long long)t->class[i].seed, t->class[i].sentence);
	printf("# %u programs: Linux accepts %u and refuses %u; the engine cannot do %u, accepts %u that Linux refuses, "
	       "refuses %u that it accepts, gives another errno for %u\n", t->done, t->accepted, t->refused, t->unsupported,
	       t->lax, t->strict, t->other_errno);
	printf("%s 1 - %u generated programs get the same verdict\n", ok ? "ok" : "not ok", t->done);
	return !ok;
}

int main(int argc, char **argv)
{
	u32 count = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : COUNT, shown = argc > 3 ? (u32)atoi(argv[3]) : 10;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct tally *tally = mmap(NULL, (WORKERS + 1) * sizeof(*tally), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool died = false;

	if (tally == MAP_FAILED)
		return 1;
	printf("1..1\n");
	fflush(stdout);
	for (u32 i = 0; i < WORKERS; i++) {
		if (!fork())
			_exit(work(&tally[i], i, count, seed, shown));
	}
	for (u32 i = 0; i < WORKERS; i++) {
		int status;

		died |= wait(&status) < 0 || status;
	}
	for (u32 i = 0; i < WORKERS; i++)
		add(&tally[WORKERS], &tally[i]);
	if (tally[0].why[0]) {
		printf("ok 1 - comparison with Linux # SKIP %s\n", tally[0].why);
		return 0;
	}
	if (died) {
		printf("not ok 1 - a worker died after %u programs\n", tally[WORKERS].done);
		return 1;
	}
	return answer(&tally[WORKERS]);
}
