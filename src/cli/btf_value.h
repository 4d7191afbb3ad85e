// SPDX-License-Identifier: BSD-2-Clause
/* btf_value.h - bytes shown as what their BTF type says, in the form that bpftool gives them. */
#ifndef CLSBPF_CLI_BTF_VALUE_H
#define CLSBPF_CLI_BTF_VALUE_H

#include "cli/out.h"

struct btf;     /* libbpf's */

struct btf_value {
	struct out *out;
	const struct btf *btf;
	bool plain;             /* for people: pointers and bit fields as 0x.., which is no JSON */
};

/** btf_value() - the @size bytes at @data, of type @type, as the value of @key. What lies behind the
 *  bytes, and kinds that have no value, come out as null. */
void btf_value(const struct btf_value *v, const char *key, u32 type, const void *data, size_t size);

#endif
