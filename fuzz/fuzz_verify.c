// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_verify.c - the input makes the choices of the generator of programs (tests/verify/gen.h): the program is
 * verified and, when it is accepted, run against what was claimed of its registers (tests/verify/sound.h). */
#include <stdio.h>
#include <stdlib.h>

#include "../tests/verify/reduce.h"
#include "../tests/verify/sound.h"

#define RUNS 4

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct sound *sound;
	static struct gen_prog prog;
	static char text[1 << 18];

	if (!sound && sound_create(&sound))
		abort();
	gen_make_from(data, size, &prog);
	if (sound_try(sound, &prog, RUNS))
		return 0;
	reduce_text(&prog, text, sizeof(text));
	fprintf(stderr, "%s\n%s", sound_why(sound), text);
	abort();
}
