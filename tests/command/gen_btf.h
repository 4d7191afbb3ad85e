// SPDX-License-Identifier: BSD-2-Clause
/* gen_btf.h - blobs of BTF by the number: mostly right, of every kind, with special fields in some;
 * then damaged. The same number gives the same blob everywhere. */
#ifndef CLSBPF_TESTS_GEN_BTF_H
#define CLSBPF_TESTS_GEN_BTF_H

#include "base/types.h"

#define GEN_BTF_ROOM 16384
#define GEN_TYPES 64

/** gen_random() - the next of a sequence, below @below. */
u32 gen_random(u64 *state, u32 below);

/** gen_btf() - write a blob into @blob (GEN_BTF_ROOM bytes). @damage: up to so many words are
 *  changed. Returns its length. */
u32 gen_btf(u64 *state, u32 damage, u8 *blob);

#endif
