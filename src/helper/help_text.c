// SPDX-License-Identifier: BSD-2-Clause
/* help_text.c - strings that programs name by any address: what they may not read ends the function.
 *
 * Results are those of Linux 6.18: a place, -ENOENT, -E2BIG behind 65536 bytes, -ERANGE for an address
 * that is none of the kernel's, -EFAULT where reading stops. Bytes have no sign,
 * and letters are those of Latin-1.
 */
#include <errno.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define LEN_MAX 65536          /* XATTR_SIZE_MAX */
#define KERNEL_HALF (1ull << 63)

/* A string that is read byte by byte. */
struct text {
	const struct exec *exec;
	u64 at;
	u32 left;             /* bytes from `at` on that may be read for sure */
};

static u64 result(int err) { return (u32)err; }

static int text_open(const struct exec *exec, u64 at, struct text *text)
{
	*text = (struct text){ exec, at, exec->readable(exec, at) };
	if (text->left)
		return 0;
	return at & KERNEL_HALF ? -EFAULT : -ERANGE;
}

/* The byte at the place, or -EFAULT. */
static int text_at(struct text *text, u8 *byte)
{
	if (!text->left)
		text->left = text->exec->readable(text->exec, text->at);
	if (!text->left)
		return -EFAULT;
	*byte = *(const u8 *)u64_ptr(text->at);
	return 0;
}

static void text_next(struct text *text)
{
	text->at++;
	text->left -= text->left > 0;
}

static u8 lower(u8 c)
{
	bool upper = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);

	return upper ? (u8)(c + 32) : c;
}

static int compare(const struct exec *exec, u64 first, u64 second, bool fold)
{
	struct text a, b;
	int err = text_open(exec, first, &a);

	if (!err)
		err = text_open(exec, second, &b);
	for (u32 i = 0; !err && i < LEN_MAX; i++) {
		u8 x, y;

		err = text_at(&a, &x);
		if (!err)
			err = text_at(&b, &y);
		if (err)
			return err;
		if (fold) {
			x = lower(x);
			y = lower(y);
		}
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			return 0;
		text_next(&a);
		text_next(&b);
	}
	return err ? err : -E2BIG;
}

u64 kfunc_bpf_strcmp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(compare(exec, a1, a2, false));
}

u64 kfunc_bpf_strcasecmp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(compare(exec, a1, a2, true));
}

/* What to do at a byte that is neither what is looked for nor the end. */
static int find(const struct exec *exec, u64 at, u64 count, u8 wanted, bool or_end)
{
	struct text text;
	int err = text_open(exec, at, &text);
	u64 i;

	for (i = 0; !err && i < count && i < LEN_MAX; i++) {
		u8 c;

		err = text_at(&text, &c);
		if (err)
			return err;
		if (c == wanted || (or_end && !c))
			return (int)i;
		if (!c)
			return -ENOENT;
		text_next(&text);
	}
	if (err)
		return err;
	return i == LEN_MAX ? -E2BIG : -ENOENT;
}

u64 kfunc_bpf_strchr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(find(exec, a1, LEN_MAX, (u8)a2, false));
}

u64 kfunc_bpf_strchrnul(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(find(exec, a1, LEN_MAX, (u8)a2, true));
}

u64 kfunc_bpf_strnchr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(find(exec, a1, a2, (u8)a3, false));
}

u64 kfunc_bpf_strrchr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct text text;
	int err = text_open(exec, a1, &text), last = -ENOENT;

	for (int i = 0; !err && i < LEN_MAX; i++) {
		u8 c;

		err = text_at(&text, &c);
		if (err)
			return result(err);
		if (c == (s32)a2)
			last = i;
		if (!c)
			return result(last);
		text_next(&text);
	}
	return result(err ? err : -E2BIG);
}

static int length(const struct exec *exec, u64 at, u64 count)
{
	struct text text;
	int err = text_open(exec, at, &text);
	u64 i;

	for (i = 0; !err && i < count && i < LEN_MAX; i++) {
		u8 c;

		err = text_at(&text, &c);
		if (!err && !c)
			return (int)i;
		text_next(&text);
	}
	if (err)
		return err;
	return i == LEN_MAX ? -E2BIG : (int)i;
}

u64 kfunc_bpf_strlen(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(length(exec, a1, LEN_MAX));
}

u64 kfunc_bpf_strnlen(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(length(exec, a1, a2));
}

/* Is @c in the set of characters at @at? 1, 0 or -errno. */
static int in_set(const struct exec *exec, u64 at, u8 c)
{
	struct text set = { exec, at, 0 };

	for (u32 i = 0; i < LEN_MAX; i++) {
		u8 one;
		int err = text_at(&set, &one);

		if (err)
			return err;
		if (!one)
			return 0;
		if (one == c)
			return 1;
		text_next(&set);
	}
	return -E2BIG;
}

/* How many characters at the start are in the set (@want 1), or not. */
static int span(const struct exec *exec, u64 at, u64 set, int want)
{
	struct text text, other;
	int err = text_open(exec, at, &text);

	if (!err)
		err = text_open(exec, set, &other);
	for (int i = 0; !err && i < LEN_MAX; i++) {
		u8 c;
		int in;

		err = text_at(&text, &c);
		if (err)
			return err;
		if (!c)
			return i;
		in = in_set(exec, set, c);
		if (in < 0 || in != want)
			return in < 0 ? in : i;
		text_next(&text);
	}
	return err ? err : -E2BIG;
}

u64 kfunc_bpf_strspn(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(span(exec, a1, a2, 1));
}

u64 kfunc_bpf_strcspn(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(span(exec, a1, a2, 0));
}

enum here { HERE, NOT_HERE, NOWHERE };

/* Does the string at @at stand where @text begins, in its first @len bytes? */
static int stands(struct text text, u64 at, u64 len, enum here *here)
{
	struct text part = { text.exec, at, 0 };
	u64 j;

	*here = NOT_HERE;
	for (j = 0; j <= len && j < LEN_MAX; j++) {
		u8 wanted, c;
		int err = text_at(&part, &wanted);

		if (err)
			return err;
		if (!wanted) {
			*here = HERE;
			return 0;
		}
		if (j == len)
			break;
		err = text_at(&text, &c);
		if (err)
			return err;
		if (!c) {
			*here = NOWHERE;
			return 0;
		}
		if (c != wanted)
			return 0;
		text_next(&part);
		text_next(&text);
	}
	if (j == LEN_MAX)
		return -E2BIG;
	*here = NOWHERE;
	return 0;
}

static int find_text(const struct exec *exec, u64 at, u64 part, u64 len)
{
	struct text text, other;
	int err = text_open(exec, at, &text);

	if (!err)
		err = text_open(exec, part, &other);
	for (int i = 0; !err && i < LEN_MAX; i++) {
		enum here here;

		err = stands(text, part, len - (u64)i, &here);
		if (err)
			return err;
		if (here != NOT_HERE)
			return here == HERE ? i : -ENOENT;
		err = text_at(&text, &(u8){ 0 });
		text_next(&text);
	}
	return err ? err : -E2BIG;
}

u64 kfunc_bpf_strstr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(find_text(exec, a1, a2, LEN_MAX));
}

u64 kfunc_bpf_strnstr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return result(find_text(exec, a1, a2, a3));
}
