// SPDX-License-Identifier: BSD-2-Clause
/* rig.h - the same program on three machines: the engine checked, the engine trusted, Linux.
 *
 *   instructions -> PROG_LOAD of a side -> a run over the same packet -> R0, map values, packet
 *
 * On the engine a run is run_prog() itself, because only that shows R0 whole, faults, and the mode.
 * On Linux it is BPF_PROG_TEST_RUN, which shows 32 bits of R0. Instructions name maps by the
 * number of a slot of the rig (map[fd:0], map[fd:1], ...), because handles differ.
 */
#ifndef CLSBPF_TESTS_RUN_RIG_H
#define CLSBPF_TESTS_RUN_RIG_H

#include "backend/backend.h"
#include "isa/insn.h"
#include "run/run.h"

enum machine { CHECKED, TRUSTED, LINUX, MACHINES };

#define RIG_MAPS 9
#define RIG_PACKET 4096

struct rig_map {
	u32 type, key_size, value_size, max_entries, flags;
};

struct rig {
	struct backend *engine, *linux_side;   /* linux_side: NULL when Linux cannot be asked */
	char linux_name[128];
	struct exec *exec;
	struct packet *packet;                 /* of the engine: as the last run left it */
	struct rig_map map[RIG_MAPS];
	int fd[RIG_MAPS][2];                   /* [1]: Linux's */
	u32 maps;
	u8 bytes[RIG_PACKET];                  /* what every run gets */
	u32 len;
	bool raw;                              /* no MAC header (the engine only) */
	u32 attach_type;                       /* expected_attach_type of what is loaded */
	struct __sk_buff ctx;                  /* the fields of it that TEST_RUN takes */
	char log[65536];                       /* what the last load said */
	u64 r0;
	int err;                               /* of the last run */
	struct run_fault fault;                /* of the engine's last run; text "" when there is none */
};

/** rig_open() - the engine, and Linux where it can be asked. Fails the test when it cannot. */
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/** rig_linux_name() - the name for the last test of a program, which says whether Linux was asked.
 *  cmocka's skip() prints "not ok", which meson takes for a failure; a test that does nothing under
 *  this name is a skip. Valid as long as the rig. */
const char *rig_linux_name(const struct rig *rig);

/** rig_backend() - where programs of @machine live; NULL: not to be asked. */
struct backend *rig_backend(struct rig *rig, enum machine machine);

/** rig_map() - one more map, on both sides. Returns its slot. */
u32 rig_map(struct rig *rig, u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags);

/** rig_drop_maps() - close all maps; slots begin at 0 again. */
void rig_drop_maps(struct rig *rig);

/** rig_get() / rig_set() / rig_del() - an element on the side of @machine. Return 0 or -errno. */
int rig_get(struct rig *rig, enum machine machine, u32 slot, const void *key, void *value);
int rig_set(struct rig *rig, enum machine machine, u32 slot, const void *key, const void *value);
int rig_del(struct rig *rig, enum machine machine, u32 slot, const void *key);

/** rig_put_prog() - program @prog (a handle of that side) into a program array. */
int rig_put_prog(struct rig *rig, enum machine machine, u32 slot, u32 index, int prog);

/** rig_load() - a program. Returns a handle of that side, or -errno; rig->log says why. */
int rig_load(struct rig *rig, enum machine machine, u32 type, const struct bpf_insn *insns,
	     u32 count);

/** rig_text() - the same from text. A text that is no program fails the test. */
int rig_text(struct rig *rig, enum machine machine, u32 type, const char *text);

/** rig_run() - run a loaded program. Returns 0; -EFAULT: rig->fault says why the engine stopped it. */
int rig_run(struct rig *rig, enum machine machine, int prog);

void rig_unload(struct rig *rig, enum machine machine, int prog);

/** rig_name() - of a machine. */
const char *rig_name(enum machine machine);

#endif
