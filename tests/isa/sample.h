// SPDX-License-Identifier: BSD-2-Clause
/* sample.h - for every row and form of insn.def an instruction, a program around it that Linux
 * loads, and the calls to ask Linux.
 *
 * The program: R6 = the context, R0..R5 numbers, the stack at R10 - 8 written; then the sample; then
 * `r0 = 0; exit`, and a function that local calls go to. The numbers avoid every refusal that is not
 * about the encoding.
 */
#ifndef CLSBPF_TESTS_ISA_SAMPLE_H
#define CLSBPF_TESTS_ISA_SAMPLE_H

#include "isa/insn.h"

#define SAMPLE_ROOM 48
#define SAMPLE_AT 8     /* number of the sample in its program */

struct sample {
	enum insn_id id;
	bool reg;
	struct bpf_insn insn[2];
	u32 slots;
	bool loads;     /* Linux can be asked: needs no BTF of the kernel */
};

/** sample_make() - the sample of a row and form; false: the row has no such form.
 *  @map_fd: of an array map, for the rows that refer to maps. */
bool sample_make(enum insn_id id, bool reg, int map_fd, struct sample *out);

/** sample_program() - the program around @sample. Returns its length. */
u32 sample_program(const struct sample *sample, struct bpf_insn *insns);

/** sample_reserved() - bits of the fields (1 dst, 2 src, 4 off, 8 imm) that the shape does not use. */
u32 sample_reserved(const struct sample *sample);

/** linux_map() - an array map of Linux with one value; -errno: Linux cannot be asked (-EPERM), or is
 *  too old to be a reference (-EOPNOTSUPP). */
int linux_map(u32 value_size);
int linux_map_get(int fd, void *value);
int linux_map_set(int fd, const void *value);

/** linux_load() - load a sched_cls program. Returns its fd or -errno; @text gets what it says. */
int linux_load(const struct bpf_insn *insns, u32 count, int map_fd, char *text, u32 room);

/** linux_run() - run a program once on a packet of zeros. Returns 0 or -errno. */
int linux_run(int fd);

/** linux_skip() - the name for a test that says what linux_map() answered. cmocka's skip() prints
 *  "not ok", which meson takes for a failure; a test that does nothing under this name is a skip. */
const char *linux_skip(int err);

#endif
