// SPDX-License-Identifier: BSD-2-Clause
/* help_string.c - numbers out of text, and text compared. Source: what Linux 6.18 returns
 * (tests/helper/test_text.c). */
#include <errno.h>
#include <stddef.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define BASE_MASK 0x1fu
#define NUMBER_ROOM 63      /* characters from the first digit on that are looked at */

/* Linux's own idea of white space, Latin-1 included. */
static bool is_space(u8 c) { return (c >= 9 && c <= 13) || c == ' ' || c == 0xa0; }

static u32 digit_of(u8 c)
{
	if (c >= '0' && c <= '9')
		return (u32)c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (u32)c - 'a' + 10 : UINT32_MAX;
}

struct text {
	const u8 *at;
	u32 left;
};

static u8 peek(const struct text *t, u32 ahead) { return ahead < t->left ? t->at[ahead] : 0; }

static void skip(struct text *t, u32 count)
{
	t->at += count;
	t->left -= count;
}

/* The base that the text names, if none was asked for; "0x" is skipped. */
static u32 read_base(struct text *t, u32 base)
{
	bool hex = peek(t, 0) == '0' && (peek(t, 1) | 0x20) == 'x';

	if (!base)
		base = peek(t, 0) != '0' ? 10 : hex && digit_of(peek(t, 2)) < 16 ? 16 : 8;
	if (base == 16 && hex)
		skip(t, 2);
	return base;
}

/* Returns how many characters were used, or -EINVAL, -ERANGE. */
static s64 parse(u64 at, u32 len, u64 flags, u64 *value, bool *negative)
{
	struct text t = { u64_ptr(at), len };
	u32 base = (u32)(flags & BASE_MASK), digits = 0;
	bool over = false;

	*value = 0;
	if ((base && base != 8 && base != 10 && base != 16) || flags & ~(u64)BASE_MASK)
		return -EINVAL;
	while (t.left && is_space(*t.at))
		skip(&t, 1);
	*negative = peek(&t, 0) == '-';
	if (*negative)
		skip(&t, 1);
	t.left = min_u32(t.left, NUMBER_ROOM);
	base = read_base(&t, base);
	for (; digit_of(peek(&t, 0)) < base; skip(&t, 1), digits++) {
		over |= __builtin_mul_overflow(*value, base, value);
		over |= __builtin_add_overflow(*value, digit_of(*t.at), value);
	}
	if (over)
		return -ERANGE;
	return digits ? t.at - (const u8 *)u64_ptr(at) : -EINVAL;
}

u64 helper_strtol(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	bool negative;
	u64 value;
	s64 used = parse(a1, (u32)a2, a3, &value, &negative);

	put_u64(u64_ptr(a4), 0);
	if (used < 0)
		return (u64)used;
	if (negative ? (s64)-value > 0 : (s64)value < 0)
		return (u64)-ERANGE;
	put_u64(u64_ptr(a4), negative ? -value : value);
	return (u64)used;
}

u64 helper_strtoul(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	bool negative;
	u64 value;
	s64 used = parse(a1, (u32)a2, a3, &value, &negative);

	put_u64(u64_ptr(a4), 0);
	if (used < 0)
		return (u64)used;
	if (negative)
		return (u64)-EINVAL;
	put_u64(u64_ptr(a4), value);
	return (u64)used;
}

u64 helper_strncmp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u8 *a = u64_ptr(a1), *b = u64_ptr(a3);

	for (u32 i = 0; i < (u32)a2; i++) {
		if (a[i] != b[i])
			return (u64)(a[i] < b[i] ? -1 : 1);
		if (!a[i])
			break;
	}
	return 0;
}
