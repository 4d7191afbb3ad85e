// SPDX-License-Identifier: BSD-2-Clause
/* lower.h - the questions of both.h, asked with fewer rights: without CAP_PERFMON and CAP_SYS_ADMIN. */
#ifndef CLSBPF_TESTS_VERIFY_LOWER_H
#define CLSBPF_TESTS_VERIFY_LOWER_H

#include "both.h"

/** lower_ask_linux() - with CAP_BPF. Returns 0 or -errno; the log is in both->verdict. */
int lower_ask_linux(struct both *both, const struct both_prog *prog);

/** lower_ask_verifier() - the verifier itself, with CAP_BPF or not (@bpf). Returns 0 or -errno. */
int lower_ask_verifier(struct both *both, const struct both_prog *from, bool bpf, struct log *log);

#endif
