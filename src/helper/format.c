// SPDX-License-Identifier: BSD-2-Clause
/* format.c - the format language of bpf_trace_printk and bpf_snprintf.
 *
 *   %[flags 0 + - space][width]{d i u x X, l and ll in front | c | s | p[x K s S B i4 I4 i6 I6 ks us]}
 *
 * The format comes from the program: no more conversions than arguments; anything else is -EINVAL and prints
 * nothing. Strings and addresses behind %s and %p are read only where the program itself may read.
 * The text is cut at the room that there is, its length is the full one.
 *
 * Source: what Linux 6.18 prints and returns (tests/helper/test_trace.c).
 */
#include <errno.h>
#include <stdio.h>

#include "base/hash.h"
#include "helper/exec.h"
#include "helper/format.h"

#define FORMAT_STRING 512     /* MAX_BPRINTF_BIN_ARGS: what %s reads at most */
#define WIDTH_MAX 8388607     /* FIELD_WIDTH_MAX of Linux */
#define POINTER_WIDTH 16

/* What stands between '%' and the letter. */
struct spec {
	bool left, plus, space, zero;
	s32 width;                /* -1: none given */
};

/* ctype of Linux, which knows Latin-1: neither the locale's nor the C library's. */
static bool is_space(u8 c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0xa0;
}

static bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(u8 c)
{
	u8 low = c | 0x20;

	return (low >= 'a' && low <= 'z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool is_punct(u8 c)
{
	return c > ' ' && c != 0x7f && (c < 0x80 || c > 0xa0) && !is_digit(c) && !is_letter(c);
}

/* May stand in front of a letter that belongs to the text and not to the conversion. */
static bool is_end(u8 c)
{
	return !c || is_space(c) || is_punct(c);
}

static u8 peek_at(const struct format *t, u32 ahead)
{
	return t->at + ahead < t->len ? (u8)t->fmt[t->at + ahead] : 0;
}

static u8 peek(const struct format *t)
{
	return peek_at(t, 0);
}

/* ---- output ---- */

static void put(struct format *t, const char *text, u32 len)
{
	if (t->out + 1 < t->room)
		memcpy(t->text + t->out, text, min_u32(len, t->room - 1 - t->out));
	t->out += len;
}

static void pad(struct format *t, char c, s32 width)
{
	if (width <= 0)
		return;
	if (t->out + 1 < t->room)
		memset(t->text + t->out, c, min_u32((u32)width, t->room - 1 - t->out));
	t->out += (u32)width;
}

static void put_text(struct format *t, const struct spec *spec, const char *text, u32 len)
{
	s32 rest = spec->width - (s32)len;

	if (!spec->left)
		pad(t, ' ', rest);
	put(t, text, len);
	if (spec->left)
		pad(t, ' ', rest);
}

/* @sign: 0 or what stands in front of @digits. */
static void put_digits(struct format *t, const struct spec *spec, char sign, const char *digits,
		       u32 len)
{
	s32 rest = spec->width - (s32)len - (sign != 0);

	if (!spec->left && !spec->zero)
		pad(t, ' ', rest);
	if (sign)
		put(t, &sign, 1);
	if (!spec->left && spec->zero)
		pad(t, '0', rest);
	put(t, digits, len);
	if (spec->left)
		pad(t, ' ', rest);
}

static void put_number(struct format *t, const struct spec *spec, u8 kind, u64 value)
{
	bool negative = (kind == 'd' || kind == 'i') && (s64)value < 0;
	unsigned long long n = negative ? -value : value;
	char digits[24], sign = 0;
	int len;

	if (kind == 'x' || kind == 'X')
		len = snprintf(digits, sizeof(digits), kind == 'x' ? "%llx" : "%llX", n);
	else
		len = snprintf(digits, sizeof(digits), "%llu", n);
	if (negative)
		sign = '-';
	else if (kind == 'd' || kind == 'i')
		sign = spec->plus ? '+' : spec->space ? ' ' : 0;
	put_digits(t, spec, sign, digits, (u32)len);
}

/* ---- conversions ---- */

/* Copy what the program may read at @address: up to @room bytes. Returns their number. */
static u32 fetch(const struct format *t, u64 address, void *to, u32 room)
{
	u32 may = t->exec && t->exec->readable ? t->exec->readable(t->exec, address) : 0;

	if (may > room)
		may = room;
	if (may)
		memcpy(to, u64_ptr(address), may);
	return may;
}

static int put_string(struct format *t, const struct spec *spec, u64 address)
{
	char text[FORMAT_STRING];

	if (!is_end(peek(t)))
		return -EINVAL;
	text[fetch(t, address, text, sizeof(text) - 1)] = '\0';
	put_text(t, spec, text, (u32)strlen(text));
	return 0;
}

/* "10.0.0.1", "010.000.000.001" for i; width and flags do not matter to Linux. */
static void put_ip4(struct format *t, u64 address, bool short_form)
{
	u8 b[4] = { 0 };
	char text[16];
	int len;

	fetch(t, address, b, sizeof(b));
	len = snprintf(text, sizeof(text), short_form ? "%u.%u.%u.%u" : "%03u.%03u.%03u.%03u", b[0],
		       b[1], b[2], b[3]);
	put(t, text, (u32)len);
}

static void put_ip6(struct format *t, u64 address, bool colons)
{
	u8 b[16] = { 0 };
	char text[8];

	fetch(t, address, b, sizeof(b));
	for (u32 i = 0; i < sizeof(b); i += 2) {
		int len = snprintf(text, sizeof(text), "%s%02x%02x", i && colons ? ":" : "", b[i],
				   b[i + 1]);

		put(t, text, (u32)len);
	}
}

static void put_pointer(struct format *t, const struct spec *spec, u64 value)
{
	struct spec wide = *spec;

	if (wide.width < 0) {
		wide.width = POINTER_WIDTH;
		wide.zero = true;
	}
	put_number(t, &wide, 'x', value);
}

/* Where a pointer leads is nobody's business: Linux shows a hash of it, too. */
static u64 pointer_id(const struct format *t, u64 value)
{
	return value ? (u32)hash_bytes(&value, sizeof(value), t->exec->engine->seed) : 0;
}

/* %p and its kinds; the 'p' is behind. */
static int put_p(struct format *t, const struct spec *spec, u64 value)
{
	u8 kind = peek(t), next = peek_at(t, 1);
	char text[24];
	int len;

	switch (kind) {
	case 'k':
	case 'u':
		if (next != 's')
			return -EINVAL;
		t->at += 2;
		/* Linux has put the string into the text by then, and spends no thought on the width. */
		return put_string(t, &(struct spec){ .width = -1 }, value);
	case 'i':
	case 'I':
		if (next == '4')
			put_ip4(t, value, kind == 'I');
		else if (next == '6')
			put_ip6(t, value, kind == 'I');
		else
			return -EINVAL;
		break;
	case 'x':
		put_pointer(t, spec, value);
		break;
	case 'K':
		put_pointer(t, spec, pointer_id(t, value));
		break;
	case 's':
	case 'S':
	case 'B':
		/* There are no symbols to name. */
		len = snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
		put_text(t, spec, text, (u32)len);
		break;
	default:
		if (!is_end(kind))
			return -EINVAL;
		put_pointer(t, spec, pointer_id(t, value));
	}
	/* As in Linux, letters and digits that follow belong to the conversion, whatever they are. */
	while (is_digit(peek(t)) || is_letter(peek(t)))
		t->at++;
	return 0;
}

/* l and ll, then a letter for integers. */
static int put_integer(struct format *t, const struct spec *spec, u64 value)
{
	int longs = 0;
	u8 kind;

	for (; peek(t) == 'l' && longs < 2; longs++)
		t->at++;
	kind = peek(t);
	if (!kind || !strchr("diuxX", kind))
		return -EINVAL;
	t->at++;
	if (!longs)
		value = kind == 'd' || kind == 'i' ? (u64)(s64)(s32)value : (u32)value;
	put_number(t, spec, kind, value);
	return 0;
}

static void read_spec(struct format *t, struct spec *spec)
{
	u32 width = 0;

	*spec = (struct spec){ .width = -1 };
	for (; peek(t) == '0' || peek(t) == '+' || peek(t) == '-' || peek(t) == ' '; t->at++) {
		spec->zero |= peek(t) == '0';
		spec->plus |= peek(t) == '+';
		spec->left |= peek(t) == '-';
		spec->space |= peek(t) == ' ';
	}
	if (!is_digit(peek(t)))
		return;
	for (; is_digit(peek(t)); t->at++)
		width = width * 10 + (peek(t) - '0');
	spec->width = (s32)width > WIDTH_MAX ? WIDTH_MAX : (s32)width < 0 ? 0 : (s32)width;
}

/* One conversion; the '%' is behind. */
static int put_conversion(struct format *t)
{
	struct spec spec;
	u64 value;
	char one;

	if (t->used == t->arg_count)
		return -EINVAL;
	value = t->args[t->used++];
	read_spec(t, &spec);
	switch (peek(t)) {
	case 'p':
		t->at++;
		return put_p(t, &spec, value);
	case 's':
		t->at++;
		return put_string(t, &spec, value);
	case 'c':
		t->at++;
		one = (char)value;
		put_text(t, &spec, &one, 1);
		return 0;
	default:
		return put_integer(t, &spec, value);
	}
}

int format_run(struct format *t)
{
	while (t->at < t->len) {
		char c = t->fmt[t->at++];
		int err;

		/* Control characters are refused; what is not ASCII may be UTF-8. */
		if ((u8)c < 0x80 && !is_space((u8)c) && ((u8)c < ' ' || c == 0x7f))
			return -EINVAL;
		if (c != '%') {
			put(t, &c, 1);
			continue;
		}
		if (peek(t) == '%') {
			t->at++;
			put(t, "%", 1);
			continue;
		}
		err = put_conversion(t);
		if (err)
			return err;
	}
	if (t->room)
		t->text[min_u32(t->out, t->room - 1)] = '\0';
	return 0;
}

int format_check(const char *fmt, u32 len, u32 arg_count)
{
	static const u64 args[FORMAT_ARGS];
	struct format f = { .fmt = fmt, .len = len, .args = args,
			    .arg_count = min_u32(arg_count, FORMAT_ARGS) };

	return format_run(&f);
}
