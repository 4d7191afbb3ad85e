// SPDX-License-Identifier: BSD-2-Clause
/* test_unpriv_pointers.c - arithmetic with pointers of those who must not see addresses: Linux masks it.
 *
 * bpf(2) of the engine takes no program of such a client, as Linux does by default; so the verifier is
 * asked itself. Linux is asked with CAP_BPF and without CAP_PERFMON, which is the same but for one thing:
 * it knows numbers that were stored on the stack, and is ahead where a row says so.
 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "both.h"

#include "isa/insn.h"
#include "map/map.h"
#include "object/object.h"
#include "object/prog.h"
#include "verify/verify.h"

struct row {
	const char *name;
	int err;
	const char *text, *maps;
	bool linux_knows;     /* Linux with CAP_BPF accepts it, because it knows the number */
};

#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }
#define END "r0 = 0\nexit\n"
#define LOOKUP "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\nif r0 == 0 goto out\n"
#define OUT "out: r0 = 0\nexit\n"
#define ARRAY "array:4:16:2"
#define HASH "hash:4:16:2"

#define NUMBER LOOKUP "r1 = *(u64 *)(r0 +0)\n"

static const struct row arithmetic[] = {
	OK("a bounded offset", NUMBER "if r1 > 7 goto out\nr0 += r1\nr1 = *(u8 *)(r0 +8)\n" OUT, ARRAY),
	NO("a bounded offset, out of the value", -EACCES, NUMBER "if r1 > 16 goto out\nr0 += r1\n" OUT, ARRAY),
	NO("an offset of either sign", -EACCES,
	   NUMBER "if r1 s> 2 goto out\nif r1 s< -2 goto out\nr0 += 8\nr0 += r1\nr1 = *(u8 *)(r0 +0)\n" OUT, ARRAY),
	NO("a negative offset", -EACCES, NUMBER "if r1 s> -1 goto out\nif r1 s< -8 goto out\nr0 += 8\nr0 += r1\n" OUT, ARRAY),
	NO("a difference", -EACCES, NUMBER "if r1 > 7 goto out\nr0 += 8\nr0 -= r1\nr1 = *(u8 *)(r0 +0)\n" OUT, ARRAY),
	NO("a difference, out of the value", -EACCES, NUMBER "if r1 > 9 goto out\nr0 += 8\nr0 -= r1\n" OUT, ARRAY),
	NO("any number", -EINVAL, NUMBER "r0 += r1\n" OUT, ARRAY),
	OK("a number and a pointer", NUMBER "if r1 > 7 goto out\nr1 += r0\nr1 = *(u8 *)(r1 +8)\n" OUT, ARRAY),
	NO("behind the value, constant", -EACCES, LOOKUP "r0 += 16\n" OUT, ARRAY),
	OK("the last byte of the value", LOOKUP "r0 += 15\n" OUT, ARRAY),
	NO("before the value", -EACCES, LOOKUP "r0 += -1\n" OUT, ARRAY),
	NO("below the stack", -EACCES, "r2 = r10\nr2 += -520\n" END),
	OK("the lowest byte of the stack", "r2 = r10\nr2 += -512\n" END),
	NO("the end of the stack", -EACCES, "r2 = r10\nr2 += 0\n" END),
	NO("a variable into the stack", -EACCES, NUMBER "r1 &= 7\nr2 = r10\nr2 += -32\nr2 += r1\n" OUT, ARRAY),
	OK("a register that is constant", "r1 = -8\nr2 = r10\nr2 += r1\n*(u8 *)(r2 +0) = 0\n" END),
	NO("a variable to the context", -EACCES, "r2 = *(u32 *)(r1 +0)\nr2 &= 7\nr1 += r2\n" END),
	NO("a constant register to the context", -EACCES, "r2 = 8\nr1 += r2\n" END),
	OK("a constant to the context", "r1 += 8\n" END),
	OK("the same limit on two paths", NUMBER "if r1 > 7 goto out\nr2 = *(u64 *)(r0 +8)\nif r2 > 3 goto l\nr3 = 1\n"
	   "l: r0 += r1\n" OUT, ARRAY),
	OK("a constant difference", LOOKUP "r1 = 7\nr0 += 8\nr0 -= r1\nr1 = *(u8 *)(r0 +0)\n" OUT, ARRAY),
	NO("another limit on another path", -EACCES, NUMBER "if r1 > 7 goto out\nr2 = *(u64 *)(r0 +8)\n"
	   "if r2 > 3 goto l\nr0 += 4\nl: if r2 > 3 goto l2\nr1 &= 3\nl2: r0 += r1\n" OUT, ARRAY),
	NO("a number on another path", -EACCES, NUMBER "if r1 > 7 goto out\nr2 = *(u64 *)(r0 +8)\n"
	   "if r2 > 3 goto l\nr0 = 1\nl: r0 += r1\n" OUT, ARRAY),
	NO("the distance of two pointers", -EACCES, "r2 = r10\nr2 -= r1\n" END),
	NO("32 bits of a pointer", -EACCES, "w2 = w10\n" END),
	NO("32 bits computed with", -EACCES, "r2 = r10\nw2 -= 4\n" END),
	NO("8 bits of a pointer with their sign", -EACCES, "r2 = (s8)r10\n" END),
	NO("8 bits of a pointer with their sign, into 32", -EACCES, "w2 = (s8)w10\n" END),
	NO("the negative of a pointer", -EACCES, "r2 = r10\nr2 = -r2\n" END),
	NO("a pointer with its bytes swapped", -EACCES, "r2 = r10\nr2 = be64 r2\n" END),
	NO("a product", -EACCES, "r2 = r10\nr2 *= 2\n" END),
	OK("compared with NULL", LOOKUP OUT, ARRAY),
	OK("compared with NULL what never is", LOOKUP "if r0 != 0 goto out\n" OUT, ARRAY),
	NO("compared with NULL the context", -EACCES, "if r1 == 0 goto out\n" OUT),
	NO("compared with a number", -EACCES, LOOKUP "if r0 > 5 goto out\n" OUT, ARRAY),
	NO("compared with a pointer", -EACCES, "r2 = r10\nif r1 == r2 goto out\n" OUT),
	NO("a number compared with a pointer", -EACCES, "r2 = 5\nif r2 == r1 goto out\n" OUT),
	NO("tested with bits", -EACCES, "if r1 & 7 goto out\n" OUT),
};

/* Linux without CAP_PERFMON and CAP_SYS_ADMIN, or all as before. Returns what the capabilities were. */
static u64 set_capabilities(u64 effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	u64 before;

	assert_int_equal(syscall(SYS_capget, &head, data), 0);
	before = data[0].effective | (u64)data[1].effective << 32;
	data[0].effective = (u32)effective & data[0].permitted;
	data[1].effective = (u32)(effective >> 32) & data[1].permitted;
	assert_int_equal(syscall(SYS_capset, &head, data), 0);
	return before;
}

static int ask_linux(struct both *both, const struct both_prog *prog)
{
	const u64 without = 1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN;
	u64 before;
	int fd;

	for (u32 n = 0; n < prog->map_count; n++)
		assert_true(both_map_fd(both, BOTH_LINUX, prog, n) >= 0);
	before = set_capabilities(~without);
	fd = both_load(both, BOTH_LINUX, prog, 1);
	set_capabilities(before);
	if (fd >= 0)
		backend_close(both->side[BOTH_LINUX], fd);
	return fd < 0 ? fd : 0;
}

static struct object *map_behind(struct both *both, const struct both_prog *prog, u32 n)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)both_map_fd(both, BOTH_ENGINE, prog, n),
					  .info_len = sizeof(info), .info = ptr_u64(&info) } };
	struct backend *engine = both->side[BOTH_ENGINE];

	assert_int_equal(backend_bpf(engine, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return object_find(backend_engine(engine), OBJECT_MAP, info.id);
}

static int ask_verifier(struct both *both, const struct both_prog *from, struct log *log)
{
	const struct verify_options options = { .log = log };
	struct prog *prog;
	int err;

	assert_int_equal(prog_create(backend_engine(both->side[BOTH_ENGINE]), from->count, &prog), 0);
	memcpy(prog->insns, from->insns, from->count * sizeof(*prog->insns));
	prog->type = from->type;
	prog->gpl = true;
	prog->maps = calloc(BOTH_MAPS, sizeof(struct object *));
	for (prog->map_count = 0; prog->map_count < from->map_count; prog->map_count++)
		prog->maps[prog->map_count] = map_behind(both, from, prog->map_count);
	for (u32 i = 0; i < from->count; i++)
		if (insn_id_of(&prog->insns[i]) == INSN_LD_MAP_FD)
			prog->insns[i].src_reg = BPF_PSEUDO_MAP_IDX;
	err = verify_prog(prog, &options, NULL);
	for (u32 i = 0; i < prog->map_count; i++)
		object_put_user(prog->maps[i]);
	prog->map_count = 0;
	object_put_user(&prog->object);
	return err;
}

static void ask_rows(struct both *both, const struct row *rows, size_t count)
{
	u32 wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct both_row row = { rows[i].name, 0, rows[i].text, rows[i].maps, .type = BPF_PROG_TYPE_SOCKET_FILTER };
		struct both_prog prog;
		struct bpf_insn *insns;
		LOG_ON_STACK(log);
		int err;

		both_row_prog(&row, &prog, &insns);
		err = ask_verifier(both, &prog, &log);
		if (err != rows[i].err && ++wrong)
			print_error("%s: the verifier answers %d, not %d: %s\n", row.name, err, rows[i].err, log.text);
		err = both->side[BOTH_LINUX] ? ask_linux(both, &prog) : rows[i].linux_knows ? 0 : rows[i].err;
		if (err != (rows[i].linux_knows ? 0 : rows[i].err) && ++wrong)
			print_error("%s: Linux answers %d: %s\n", row.name, err, both->verdict[BOTH_LINUX].log);
		free(insns);
	}
	if (wrong)
		fail_msg("%u answers are wrong", wrong);
}

static void test_arithmetic(void **state) { ask_rows(*state, arithmetic, ARRAY_SIZE(arithmetic)); }

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_arithmetic) };

	return both_run("verify unprivileged", tests, ARRAY_SIZE(tests));
}
