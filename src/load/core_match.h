// SPDX-License-Identifier: BSD-2-Clause
/* core_match.h - does a type of an object mean the same as a type of the kernel? Private to load/.
 *
 * Names are compared without their flavour: "sock___old" and "sock" are one. Rules: what libbpf 1.x
 * documents for bpf_core_field_exists(), bpf_core_type_exists() and bpf_core_type_matches().
 */
#ifndef CLSBPF_LOAD_CORE_MATCH_H
#define CLSBPF_LOAD_CORE_MATCH_H

#include "base/types.h"
#include "isa/btf_read.h"

/* Two sets of types, and how many steps an object may still spend on comparing them: structures that
 * refer to one another can make a comparison exponentially long, and an enum may have 65535 names.
 * Without steps nothing is the same, and core.c refuses the object. */
struct core_pair {
	const struct btf_view *local, *kernel;
	u32 *steps;
};

/** core_name_len() - length of @name without "___flavour". */
size_t core_name_len(const char *name);

/** core_step() - spend one step. Returns false when there is none left. */
static inline bool core_step(struct core_pair *pair) { return *pair->steps && (*pair->steps)--; }

/** core_same_name() - are two names the same but for flavours? */
bool core_same_name(const char *a, const char *b);

/** core_same_kind() - kinds that may stand for one another: equal ones, and enums of any size. */
bool core_same_kind(const struct btf_type *a, const struct btf_type *b);

/** core_field_fits() - may a field of type @kernel_id be read as one of type @local_id? Structures are
 *  not looked into. */
bool core_field_fits(struct core_pair *pair, u32 local_id, u32 kernel_id);

/** core_type_fits() - the same shape: pointers to the same kind, functions with as many arguments,
 *  any structure for any structure. */
bool core_type_fits(struct core_pair *pair, u32 local_id, u32 kernel_id);

/** core_type_matches() - as bpf_core_type_matches(): every member and enumerator of the local type is
 *  in the kernel's, with a type that matches; integers alike in size and sign. */
bool core_type_matches(struct core_pair *pair, u32 local_id, u32 kernel_id);

/** core_enumerator() - name and value of enumerator @index of an enum of 32 or 64 bits. */
const char *core_enumerator(const struct btf_view *view, const struct btf_type *type, u32 index,
			    u64 *value);

#endif
