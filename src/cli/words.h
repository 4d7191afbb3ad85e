// SPDX-License-Identifier: BSD-2-Clause
/* words.h - the words of a command, taken one after the other, in bpftool's manner: keywords may be
 * abbreviated, numbers are decimal, 0x... or 0...
 */
#ifndef CLSBPF_CLI_WORDS_H
#define CLSBPF_CLI_WORDS_H

#include "base/log.h"
#include "base/types.h"

struct words {
	int count;
	char **at;
	struct log *log;
};

/** words_next() - take a word; NULL: there is none. */
const char *words_next(struct words *words);

/** words_are() - is the next word @keyword, or an abbreviation of it. It stays. */
bool words_are(const struct words *words, const char *keyword);

/** words_take() - words_are(), and then it is taken. */
bool words_take(struct words *words, const char *keyword);

/** words_need() - are there @n words more? Returns 0, or -EINVAL after a sentence about @what. */
must_check int words_need(const struct words *words, int n, const char *what);

/** words_end() - are all taken? Returns 0, or -EINVAL after a sentence. */
must_check int words_end(const struct words *words);

/** words_u32() - take a number from 0 to 4294967295. @what: for the sentence. Returns 0 or -EINVAL. */
must_check int words_u32(struct words *words, const char *what, u32 *out);

/** words_byte() - @word as a byte: in @base 16, or 0 for any form. Returns 0 or -EINVAL after a
 *  sentence. */
must_check int words_byte(struct words *words, const char *word, int base, u8 *out);

/** word_is() - is @word, which must not be empty, the beginning of @keyword. */
bool word_is(const char *word, const char *keyword);

#endif
