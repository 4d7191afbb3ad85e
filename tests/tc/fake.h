// SPDX-License-Identifier: BSD-2-Clause
/* fake.h - a kernel for tests of the front end: it writes down what it is asked and answers with
 * what the test gave it. It knows two devices, lo (1) and em1 (7), and one pin. */
#ifndef TESTS_TC_FAKE_H
#define TESTS_TC_FAKE_H

#include "tc/tc.h"
#include "wire/msg.h"

#define FAKE_ROOM 65536
#define FAKE_PROG 42       /* the handle of any pin that exists */

struct fake {
	struct backend backend;
	char asked[8192];          /* requests about tc, as text: fake_render() */
	char path[256];            /* of the last BPF_OBJ_GET */
	int open;                  /* handles that were given and not closed */
	/* The answer to a request about tc. */
	u8 reply[FAKE_ROOM];
	size_t reply_len;
	int err;
	const char *sentence;
	/* The answer about any program; err: there is none to be seen. */
	struct bpf_prog_info info;
	int info_err;
	/* What tc_run() wrote. */
	char text[FAKE_ROOM];
	size_t text_len;
};

void fake_init(struct fake *fake);

/** fake_reply() - add a message that was built to the answer. */
void fake_reply(struct fake *fake, struct msg *msg);

/** fake_run() - tc_run() with @words split at spaces ('_' alone: an empty word). @options are letters
 *  of s, d, j, p. */
int fake_run(struct fake *fake, const char *options, const char *words, struct log *log);

/** fake_split() - @words into @argv; @copy holds them. Returns how many. */
int fake_split(const char *words, char *copy, size_t room, char **argv, int max);

#endif
