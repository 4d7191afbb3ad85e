// SPDX-License-Identifier: BSD-2-Clause
/* test_sound.c - is what the verifier says true? Generated programs that it accepts run against what it claims of
 * their registers (sound.h).
 *
 *   test_sound [COUNT [SEED]]
 *
 * Two processes take the even and the odd seeds; a violation is printed with the least program that shows it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reduce.h"
#include "sound.h"

#define COUNT 3000
#define WORKERS 2
#define RUNS 12            /* of one program */
#define SHOWN 5            /* violations of one worker that are reduced and printed */

struct tally {
	struct sound_tally sound;
	u64 violations;
};

static bool keeps(void *ctx, const struct gen_prog *prog)
{
	struct sound *sound = ctx;

	return !sound_try(sound, prog, RUNS);
}

static void show(struct sound *sound, struct gen_prog *prog)
{
	size_t room = 1 << 20, len;
	char *text = malloc(room);

	if (!text)
		return;
	reduce_prog(prog, keeps, sound);
	keeps(sound, prog);
	len = (size_t)snprintf(text, room, "#### seed %llu: %s\n", (unsigned long long)prog->seed, sound_why(sound));
	len += reduce_text(prog, text + len, room - len);
	/* One write, so that two workers do not mix. */
	if (write(STDERR_FILENO, text, len < room ? len : room) < 0)
		perror("write");
	free(text);
}

static int work(struct tally *t, u32 number, u32 count, u64 seed)
{
	struct gen_prog *prog = malloc(sizeof(*prog));
	struct sound *sound;

	if (!prog || sound_create(&sound))
		return 1;
	for (u32 i = number; i < count; i += WORKERS) {
		gen_make(seed + i, prog);
		if (sound_try(sound, prog, RUNS))
			continue;
		if (t->violations++ < SHOWN)
			show(sound, prog);
	}
	t->sound = *sound_tally(sound);
	sound_destroy(sound);
	free(prog);
	return 0;
}

int main(int argc, char **argv)
{
	u32 count = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : COUNT;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct tally sum = { 0 }, *tally = mmap(NULL, WORKERS * sizeof(*tally), PROT_READ | PROT_WRITE,
						MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ok = true;

	if (tally == MAP_FAILED)
		return 1;
	printf("1..1\n");
	fflush(stdout);
	for (u32 i = 0; i < WORKERS; i++)
		if (!fork())
			_exit(work(&tally[i], i, count, seed));
	for (u32 i = 0; i < WORKERS; i++) {
		int status;

		ok &= wait(&status) > 0 && !status;
	}
	for (u32 i = 0; i < WORKERS; i++) {
		sum.sound.done += tally[i].sound.done;
		sum.sound.accepted += tally[i].sound.accepted;
		sum.sound.runs += tally[i].sound.runs;
		sum.sound.steps += tally[i].sound.steps;
		sum.sound.overs += tally[i].sound.overs;
		sum.violations += tally[i].violations;
	}
	printf("# %llu programs, %llu accepted and run %llu times, %llu steps, %llu runs ended by the budget, %llu violations\n",
	       (unsigned long long)sum.sound.done, (unsigned long long)sum.sound.accepted,
	       (unsigned long long)sum.sound.runs, (unsigned long long)sum.sound.steps,
	       (unsigned long long)sum.sound.overs, (unsigned long long)sum.violations);
	/* Too few accepted would say nothing. */
	ok &= !sum.violations && sum.sound.accepted * 5 >= sum.sound.done;
	printf("%s 1 - registers hold what the verifier claims\n", ok ? "ok" : "not ok");
	return !ok;
}
