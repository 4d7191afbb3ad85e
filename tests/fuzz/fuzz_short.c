// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_short.c - a fuzz target on a thousand random inputs, without a fuzzer: what `make test` has of
 * `make fuzz`. A finding ends the process: under `make asan` with a report. */
#include <stdio.h>
#include <stdlib.h>

#include "base/types.h"

#define INPUTS 1000
#define INPUT_ROOM 256

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int main(void)
{
	u64 state = 20261129;
	u8 input[INPUT_ROOM];

	printf("1..1\n");
	for (u32 i = 0; i < INPUTS; i++) {
		size_t size = i % sizeof(input);

		for (size_t n = 0; n < size; n++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			input[n] = (u8)(state >> 56);
		}
		if (LLVMFuzzerTestOneInput(input, size))
			return 1;
	}
	printf("ok 1 - %u inputs\n", INPUTS);
	return 0;
}
