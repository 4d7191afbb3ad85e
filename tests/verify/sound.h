// SPDX-License-Identifier: BSD-2-Clause
/* sound.h - a generated program that the verifier accepts runs in checked mode, and before each instruction every
 * register is compared with what was claimed of it (verify/claims.h).
 *
 * Packets, fields of the context, values of maps and, where nothing is claimed of them, results of helpers are
 * random, by the seed of the program. A fault of checked mode is a violation as well; only endless loops end by
 * the budget. Linux is not asked.
 */
#ifndef CLSBPF_TESTS_VERIFY_SOUND_H
#define CLSBPF_TESTS_VERIFY_SOUND_H

#include "gen.h"

struct sound;

struct sound_tally {
	u64 done, accepted, runs, steps;
	u64 overs;             /* runs that the budget ended */
};

/** sound_create() - an engine for that. Returns 0 or -errno. */
must_check int sound_create(struct sound **out);
void sound_destroy(struct sound *sound);

/** sound_try() - verify @prog and, when it is accepted, run it @runs times. False: something was not as claimed,
 *  and sound_why() says what. */
bool sound_try(struct sound *sound, const struct gen_prog *prog, u32 runs);
const char *sound_why(const struct sound *sound);
const struct sound_tally *sound_tally(const struct sound *sound);

#endif
