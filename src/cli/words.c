// SPDX-License-Identifier: BSD-2-Clause
/* words.c - keywords and numbers of a command line. */
#include "cli/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool word_is(const char *word, const char *keyword)
{
	return *word && !strncmp(word, keyword, strlen(word));
}

const char *words_next(struct words *words)
{
	if (!words->count)
		return NULL;
	words->count--;
	return *words->at++;
}

bool words_are(const struct words *words, const char *keyword)
{
	return words->count && word_is(*words->at, keyword);
}

bool words_take(struct words *words, const char *keyword)
{
	return words_are(words, keyword) && words_next(words);
}

int words_need(const struct words *words, int n, const char *what)
{
	if (words->count >= n)
		return 0;
	return log_error(words->log, -EINVAL, "%s needs %d word%s more, there %s %d", what, n,
			 n == 1 ? "" : "s", words->count == 1 ? "is" : "are", words->count);
}

int words_end(const struct words *words)
{
	return words->count ? log_error(words->log, -EINVAL, "what is \"%s\"?", *words->at) : 0;
}

/* strtoull() itself would take blanks and a sign in front. */
static bool parse(const char *word, int base, u64 max, u64 *out)
{
	char *end;

	errno = 0;
	*out = strtoull(word, &end, base);
	return !errno && isalnum((unsigned char)*word) && !*end && *out <= max;
}

int words_u32(struct words *words, const char *what, u32 *out)
{
	const char *word = words_next(words);
	u64 value;

	if (!word)
		return log_error(words->log, -EINVAL, "%s: a number is missing", what);
	if (!parse(word, 0, UINT32_MAX, &value))
		return log_error(words->log, -EINVAL, "%s: \"%s\" is not a number from 0 to %u", what, word,
				 UINT32_MAX);
	*out = (u32)value;
	return 0;
}

int words_byte(struct words *words, const char *word, int base, u8 *out)
{
	u64 value;

	if (!parse(word, base, UINT8_MAX, &value))
		return log_error(words->log, -EINVAL, "\"%s\" is not a byte%s", word,
				 base == 16 ? " in hexadecimal digits" : "");
	*out = (u8)value;
	return 0;
}
