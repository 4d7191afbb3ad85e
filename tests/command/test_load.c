// SPDX-License-Identifier: BSD-2-Clause
/* test_load.c - what BPF_PROG_LOAD and BPF_OBJ_GET_INFO_BY_FD do beyond their words: the rules of the
 * log buffer, references to maps, the compiler's notes, and what comes back about an object.
 *
 * Each side has its own text in its log; the rules of what is kept of it are the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/btf.h>

#include "sides.h"
#include "../object/sample_btf.h"

#define LOG_ROOM_BIG 0x10000
#define TRUE_SIZE 140         /* log_true_size in the attribute */
#define FD_ARRAY_CNT 148

struct state {
	struct sides sides;
	const char *why;
	struct side *side[2];
	int array[2], wide[2], hash[2];   /* one element of 16 bytes; two elements; a hash */
	u32 func[2];                      /* BTF types that are functions */
	u32 no_func, types;               /* and one that is none; how many there are */
};

/* linux/bpf.h may end before the last fields. */
union whole {
	union bpf_attr bpf;
	u8 bytes[168];
};

#define for_sides(n) for (int n = 0; n < 2; n++)

static int load(struct side *side, union whole *attr, const struct bpf_insn *insns, u32 count)
{
	attr->bpf.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr->bpf.insns = ptr_u64(insns);
	attr->bpf.insn_cnt = count;
	attr->bpf.license = ptr_u64("GPL");
	return side_bpf(side, BPF_PROG_LOAD, attr, sizeof(*attr));
}

/* The same load, and nothing left of it. */
static int try(struct side *side, union whole *attr, const struct bpf_insn *insns, u32 count)
{
	int fd = load(side, attr, insns, count);

	if (fd > 0)
		backend_close(side->backend, fd);
	return fd > 0 ? 0 : fd;
}

/* One load with a log of @size bytes at level @level; what came back. */
struct logged {
	int err;
	u32 true_size;
	char text[LOG_ROOM_BIG + 1];
};

static void log_load(struct side *side, u32 level, u32 size, struct logged *out)
{
	static const struct bpf_insn bad[] = { { .code = 0xff }, { .code = BPF_JMP | BPF_EXIT } };
	union whole attr = { .bpf = { .log_level = level, .log_size = size,
				      .log_buf = size ? ptr_u64(side->arena + AT_LOG) : 0 } };

	memset(side->arena + AT_LOG, 0x77, LOG_ROOM_BIG);
	out->err = try(side, &attr, bad, ARRAY_SIZE(bad));
	out->true_size = get_u32(attr.bytes + TRUE_SIZE);
	memcpy(out->text, side->arena + AT_LOG, LOG_ROOM_BIG);
	out->text[LOG_ROOM_BIG] = '\0';
}

static void log_check(struct side *side, u32 level, u32 size, const struct logged *whole)
{
	static struct logged got;
	u32 len = (u32)strlen(whole->text), kept = min_u32(len, size - 1);
	const char *from = whole->text + (level & 8 ? 0 : len - kept);

	log_load(side, level, size, &got);
	if (got.err != (size > len ? -EINVAL : -ENOSPC) || got.true_size != len + 1 ||
	    memcmp(got.text, from, kept) || got.text[kept])
		fail_msg("%s, level %u, %u bytes for %u: %d, true size %u, \"%.60s\"", side->name, level,
			 size, len, got.err, got.true_size, got.text);
	for (u32 i = size; i < LOG_ROOM_BIG; i++)
		if (got.text[i] != 0x77)
			fail_msg("%s, level %u: byte %u behind the buffer was written", side->name, level, i);
}

static void test_log(void **state)
{
	static const u32 levels[] = { 1, 2, 3, 9, 10 };
	static struct logged whole, none;
	const struct state *s = *state;

	for_sides(n)
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
			log_load(s->side[n], levels[i], LOG_ROOM_BIG, &whole);
			assert_int_equal(whole.err, -EINVAL);
			assert_true(strlen(whole.text) > 10);
			assert_int_equal(whole.true_size, strlen(whole.text) + 1);
			for (u32 size = 1; size < whole.true_size + 3; size++)
				log_check(s->side[n], levels[i], size, &whole);
			/* Without a buffer the size is told all the same. */
			log_load(s->side[n], levels[i], 0, &none);
			assert_int_equal(none.err, -EINVAL);
			assert_int_equal(none.true_size, whole.true_size);
			/* Without a level nothing is. */
			log_load(s->side[n], 0, 0, &none);
			assert_int_equal(none.err, -EINVAL);
			assert_int_equal(none.true_size, 0);
		}
}

/* Levels and sizes that go together, or do not. */
static void test_log_fields(void **state)
{
	static const u32 levels[] = { 0, 1, 2, 4, 8, 15, 16, 17, 1u << 31 };
	static const u32 sizes[] = { 0, 1, 64, 0x10000, UINT32_MAX >> 2, (UINT32_MAX >> 2) + 1, ~0u };
	const struct state *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++)
			for (int buf = 0; buf < 2; buf++) {
				int err[2];

				for_sides(n) {
					const struct bpf_insn ok[] = {
						{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
						{ .code = BPF_JMP | BPF_EXIT } };
					union whole attr = { .bpf = {
						.log_level = levels[i], .log_size = sizes[k],
						.log_buf = buf ? ptr_u64(s->side[n]->arena + AT_LOG) : 0 } };

					err[n] = try(s->side[n], &attr, ok, 2);
				}
				/* Linux says something about good programs too. */
				if (err[0] != err[1] && err[0] != -ENOSPC)
					fail_msg("level %u, size %u, buffer %d: Linux %d, engine %d", levels[i],
						 sizes[k], buf, err[0], err[1]);
			}
}

enum which { NONE, ARRAY, WIDE, HASH, PROG, BTF, CLOSED };

static int which_fd(const struct state *s, int n, enum which which)
{
	switch (which) {
	case NONE:
		return 0;
	case ARRAY:
		return s->array[n];
	case WIDE:
		return s->wide[n];
	case HASH:
		return s->hash[n];
	case PROG:
		return s->side[n]->prog;
	case BTF:
		return s->side[n]->btf;
	case CLOSED:
		return 1000;
	}
	return -1;
}

/* One LD_IMM64 with its source register, a place or a handle, and the upper half; the fd_array and
 * its length. */
static const struct reference {
	u8 src;
	enum which fd;       /* or, for places: */
	s32 place, off;
	enum which array[4];
	u32 array_count, count;
} references[] = {
	{ BPF_PSEUDO_MAP_FD, ARRAY },
	{ BPF_PSEUDO_MAP_FD, ARRAY, 0, 1 },
	{ BPF_PSEUDO_MAP_FD, HASH },
	{ BPF_PSEUDO_MAP_FD, PROG },
	{ BPF_PSEUDO_MAP_FD, BTF },
	{ BPF_PSEUDO_MAP_FD, CLOSED },
	{ BPF_PSEUDO_MAP_FD, CLOSED, 0, 1 },
	{ BPF_PSEUDO_MAP_VALUE, ARRAY },
	{ BPF_PSEUDO_MAP_VALUE, ARRAY, 0, 15 },
	{ BPF_PSEUDO_MAP_VALUE, ARRAY, 0, 16 },
	{ BPF_PSEUDO_MAP_VALUE, ARRAY, 0, 1 << 29 },
	{ BPF_PSEUDO_MAP_VALUE, ARRAY, 0, -1 },
	{ BPF_PSEUDO_MAP_VALUE, WIDE },
	{ BPF_PSEUDO_MAP_VALUE, WIDE, 0, 1 << 29 },
	{ BPF_PSEUDO_MAP_VALUE, HASH },
	{ BPF_PSEUDO_MAP_VALUE, PROG },
	{ BPF_PSEUDO_MAP_VALUE, CLOSED },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, HASH } },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, HASH }, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 1, 0, { ARRAY, HASH }, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 1, 5, { ARRAY, HASH }, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { CLOSED }, 1 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { PROG }, 1 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, CLOSED }, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, CLOSED }, 2, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, PROG }, 2, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, BTF }, 2, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 1, 0, { ARRAY, BTF }, 2, 2 },
	{ BPF_PSEUDO_MAP_IDX, NONE, 0, 0, { ARRAY, ARRAY, ARRAY, HASH }, 4, 4 },
	{ BPF_PSEUDO_MAP_IDX_VALUE, NONE, 0, 8, { ARRAY }, 1, 1 },
	{ BPF_PSEUDO_MAP_IDX_VALUE, NONE, 0, 16, { ARRAY }, 1, 1 },
	{ BPF_PSEUDO_MAP_IDX_VALUE, NONE, 0, 0, { HASH }, 1, 1 },
	{ 7, NONE },
	{ 15, NONE },
};

static int reference_try(const struct state *s, int n, const struct reference *r)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = r->src & 15,
		  .imm = r->fd ? which_fd(s, n, r->fd) : r->place },
		{ .imm = r->off },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	s32 fds[4];
	union whole attr = { .bpf = { .fd_array = r->array_count ? ptr_u64(fds) : 0 } };

	for (u32 i = 0; i < 4; i++)
		fds[i] = which_fd(s, n, r->array[i]);
	put_u32(attr.bytes + FD_ARRAY_CNT, r->count);
	return try(s->side[n], &attr, insns, ARRAY_SIZE(insns));
}

static void test_references(void **state)
{
	const struct state *s = *state;
	u32 good = 0;

	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		int theirs = reference_try(s, 0, &references[i]);
		int ours = reference_try(s, 1, &references[i]);

		good += !ours;
		if (theirs != ours)
			fail_msg("reference %zu (src %u): Linux %d, engine %d (%s)", i, references[i].src,
				 theirs, ours, backend_message(s->sides.engine.backend));
	}
	assert_in_range(good, 5, ARRAY_SIZE(references) - 5);
}

/* Notes of a program with two functions: at 0 and at 3. */
static const struct bpf_insn two_functions[] = {
	{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 2 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

enum { FIRST = 1, SECOND, OTHER, WRONG };  /* which BTF type */

static const struct notes {
	u32 func_size, func_count, func_off[3], func_type[3], func_tail;
	u32 line_size, line_count, line_off[4], line_text, line_tail;
	bool no_btf;
} notes[] = {
	{ 8, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 2, { 0, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 4, { 0, 1, 3, 4 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 1, { 0 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 2, { 1, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 3, { 0, 3, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 3, { 0, 3, 5 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 16, 2, { 0, 3 }, 100000 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 20, 2, { 0, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 20, 2, { 0, 3 }, 1, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 12, 2, { 0, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 18, 2, { 0, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 252, 2, { 0, 3 }, 1 },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, 0, 256, 2, { 0, 3 }, 1 },
	{ 8, 1, { 0 }, { FIRST } },
	{ 8, 3, { 0, 3, 4 }, { FIRST, SECOND, FIRST } },
	{ 8, 2, { 1, 3 }, { FIRST, SECOND } },
	{ 8, 2, { 0, 2 }, { FIRST, SECOND } },
	{ 8, 2, { 0, 0 }, { FIRST, SECOND } },
	{ 8, 2, { 0, 99 }, { FIRST, SECOND } },
	{ 8, 2, { 0, 3 }, { FIRST, OTHER } },
	{ 8, 2, { 0, 3 }, { WRONG, SECOND } },
	{ 12, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 12, 2, { 0, 3 }, { FIRST, SECOND }, 1 },
	{ 4, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 9, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 252, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 256, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 0, 2, { 0, 3 }, { FIRST, SECOND } },
	{ 8, 2, { 0, 3 }, { FIRST, SECOND }, .no_btf = true },
	{ 8, 0, { 0 }, { 0 }, 0, 16, 2, { 0, 3 }, 1 },
};

static int notes_load(const struct state *s, int n, const struct notes *note, u32 *sizes)
{
	struct side *side = s->side[n];
	const u32 type[] = { 0, s->func[0], s->func[1], s->no_func, 100000 };
	u8 *func = side->arena + AT_FUNC_INFO, *line = side->arena + AT_LINE_INFO;
	union whole attr = { .bpf = {
		.prog_btf_fd = note->no_btf ? 1000 : (u32)side->btf,
		.func_info = ptr_u64(func), .func_info_cnt = note->func_count,
		.func_info_rec_size = note->func_size, .line_info = ptr_u64(line),
		.line_info_cnt = note->line_count, .line_info_rec_size = note->line_size } };
	int fd;

	memset(func, 0, 0x1000);
	memset(line, 0, 0x1000);
	for (u32 i = 0; i < note->func_count; i++) {
		put_u32(func + i * note->func_size, note->func_off[i]);
		put_u32(func + i * note->func_size + 4, type[note->func_type[i]]);
		put_u32(func + i * note->func_size + 8, i + 1 == note->func_count ? note->func_tail
			: note->func_size == 8 ? get_u32(func + i * note->func_size + 8) : 0);
	}
	for (u32 i = 0; i < note->line_count; i++) {
		put_u32(line + i * note->line_size, note->line_off[i]);
		put_u32(line + i * note->line_size + 4, note->line_text);
		put_u32(line + i * note->line_size + 8, note->line_text);
		put_u32(line + i * note->line_size + 12, 1 << 10);
		if (note->line_tail)
			put_u32(line + i * note->line_size + 16, note->line_tail);
	}
	fd = load(side, &attr, two_functions, ARRAY_SIZE(two_functions));
	sizes[0] = attr.bpf.func_info_rec_size;
	sizes[1] = attr.bpf.line_info_rec_size;
	return fd;
}

static void test_notes(void **state)
{
	const struct state *s = *state;
	u32 good = 0;

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		u32 size[2][2];
		int ret[2];

		for_sides(n) {
			ret[n] = notes_load(s, n, &notes[i], size[n]);
			if (ret[n] > 0) {
				backend_close(s->side[n]->backend, ret[n]);
				ret[n] = 0;
			}
		}
		good += !ret[1];
		if (ret[0] != ret[1] || memcmp(size[0], size[1], sizeof(size[0])))
			fail_msg("notes %zu: Linux %d, engine %d (%s); record sizes %u %u, %u %u", i, ret[0],
				 ret[1], backend_message(s->sides.engine.backend), size[0][0], size[0][1],
				 size[1][0], size[1][1]);
	}
	assert_in_range(good, 4, ARRAY_SIZE(notes) - 10);
}

static int info(struct side *side, int fd, void *out, u32 *len)
{
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = *len,
					  .info = ptr_u64(out) } };
	int err = side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));

	*len = attr.info.info_len;
	return err;
}

/* A program's: what does not depend on how it runs. */
static void test_prog_info(void **state)
{
	static const u32 rooms[] = { 0, 1, 2, 9 };
	const struct state *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct bpf_prog_info got[2];
		struct bpf_func_info funcs[2][16];
		struct bpf_line_info lines[2][16];
		u32 ids[2][16], len[2];
		int fd[2];

		memset(got, 0, sizeof(got));
		memset(funcs, 0x77, sizeof(funcs));
		memset(lines, 0x77, sizeof(lines));
		memset(ids, 0x77, sizeof(ids));
		for_sides(n) {
			u32 unused[2];

			fd[n] = notes_load(s, n, &notes[2], unused);
			assert_true(fd[n] > 0);
			got[n].nr_map_ids = got[n].nr_func_info = got[n].nr_line_info = rooms[i];
			got[n].map_ids = ptr_u64(ids[n]);
			got[n].func_info = ptr_u64(funcs[n]);
			got[n].func_info_rec_size = sizeof(struct bpf_func_info);
			got[n].line_info = ptr_u64(lines[n]);
			got[n].line_info_rec_size = sizeof(struct bpf_line_info);
			len[n] = sizeof(got[n]);
			assert_int_equal(info(s->side[n], fd[n], &got[n], &len[n]), 0);
			backend_close(s->side[n]->backend, fd[n]);
		}
		assert_int_equal(len[0], len[1]);
		assert_int_equal(got[0].type, got[1].type);
		assert_memory_equal(got[0].tag, got[1].tag, sizeof(got[0].tag));
		assert_memory_equal(got[0].name, got[1].name, sizeof(got[0].name));
		assert_int_equal(got[0].created_by_uid, got[1].created_by_uid);
		assert_int_equal(got[0].gpl_compatible, got[1].gpl_compatible);
		assert_int_equal(got[0].nr_map_ids, got[1].nr_map_ids);
		assert_int_equal(got[0].nr_func_info, got[1].nr_func_info);
		assert_int_equal(got[0].nr_line_info, got[1].nr_line_info);
		assert_int_equal(got[0].func_info_rec_size, got[1].func_info_rec_size);
		assert_int_equal(got[0].line_info_rec_size, got[1].line_info_rec_size);
		assert_int_equal(!got[0].btf_id, !got[1].btf_id);
		assert_memory_equal(funcs[0], funcs[1], sizeof(funcs[0]));
		/* Linux may have moved instructions; the texts are the same. */
		for (u32 k = 0; k < min_u32(rooms[i], got[1].nr_line_info); k++)
			assert_memory_equal(&lines[0][k].file_name_off, &lines[1][k].file_name_off, 12);
	}
}

/* A map's: every byte but the ids. */
static void test_map_info(void **state)
{
	static const struct {
		u32 type, key, value, entries, flags;
	} maps[] = {
		{ BPF_MAP_TYPE_HASH, 4, 8, 4, 0 },
		{ BPF_MAP_TYPE_HASH, 5, 3, 10, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG },
		{ BPF_MAP_TYPE_HASH, 5, 3, 10, BPF_F_RDONLY },
		{ BPF_MAP_TYPE_ARRAY, 4, 13, 10, BPF_F_NUMA_NODE },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 13, 10, BPF_F_WRONLY },
		{ BPF_MAP_TYPE_PERCPU_HASH, 4, 13, 10, 0 },
		{ BPF_MAP_TYPE_LRU_HASH, 4, 13, 7, BPF_F_NO_COMMON_LRU },
		{ BPF_MAP_TYPE_LRU_HASH, 4, 13, 7, 0 },
		{ BPF_MAP_TYPE_LPM_TRIE, 8, 13, 7, BPF_F_NO_PREALLOC },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3, 0 },
	};
	const struct state *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		for (u32 room = 0; room <= 120; room += 4) {
			u8 got[2][128];
			u32 len[2] = { room, room };
			int err[2];

			memset(got, 0, sizeof(got));
			for_sides(n) {
				union bpf_attr attr = {
					.map_type = maps[i].type, .key_size = maps[i].key,
					.value_size = maps[i].value, .max_entries = maps[i].entries,
					.map_flags = maps[i].flags, .map_name = "a.map" };
				int fd = side_bpf(s->side[n], BPF_MAP_CREATE, &attr, sizeof(attr));

				assert_true(fd > 0);
				err[n] = info(s->side[n], fd, got[n], &len[n]);
				if (room > 4)
					put_u32(got[n] + 4, 0);  /* the id */
				backend_close(s->side[n]->backend, fd);
			}
			assert_int_equal(err[0], err[1]);
			assert_int_equal(len[0], len[1]);
			if (memcmp(got[0], got[1], sizeof(got[0])))
				fail_msg("map %zu, %u bytes: not the same information", i, room);
		}
}

/* Every type as the key and as the value of every family. */
static void test_map_types(void **state)
{
	static const struct {
		u32 type, key, value, entries, flags;
	} maps[] = {
		{ BPF_MAP_TYPE_HASH, 4, 4, 1, 0 },
		{ BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0 },
		{ BPF_MAP_TYPE_ARRAY, 4, 4, 2, 0 },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 4, 1, 0 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0 },
		{ BPF_MAP_TYPE_LPM_TRIE, 88, 4, 1, BPF_F_NO_PREALLOC },
		{ BPF_MAP_TYPE_LRU_HASH, 88, 24, 8, 0 },
	};
	const struct state *s = *state;
	u32 good = 0;

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		for (u32 key = 0; key < s->types + 2; key++)
			for (u32 value = 0; value < s->types + 2; value++) {
				int ret[2];

				for_sides(n) {
					union bpf_attr attr = {
						.map_type = maps[i].type, .key_size = maps[i].key,
						.value_size = maps[i].value, .map_flags = maps[i].flags,
						.max_entries = maps[i].entries,
						.btf_fd = (u32)s->side[n]->btf,
						.btf_key_type_id = key, .btf_value_type_id = value };

					ret[n] = side_bpf(s->side[n], BPF_MAP_CREATE, &attr, sizeof(attr));
					if (ret[n] > 0) {
						backend_close(s->side[n]->backend, ret[n]);
						ret[n] = 0;
					}
				}
				good += !ret[1];
				if (ret[0] != ret[1])
					fail_msg("map %zu, key type %u, value type %u: Linux %d, engine %d (%s)",
						 i, key, value, ret[0], ret[1],
						 backend_message(s->sides.engine.backend));
			}
	assert_true(good > 20);
}

static void test_btf_info(void **state)
{
	static const u32 rooms[] = { 0, 1, 24, sizeof(sample_btf) - 1, sizeof(sample_btf), 4096 };
	const struct state *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
		for (u32 name = 0; name < 3; name++) {
			u8 data[2][4096];
			char names[2][16];
			struct bpf_btf_info got[2] = { { 0 }, { 0 } };
			u32 len[2];
			int err[2];

			memset(data, 0x77, sizeof(data));
			memset(names, 0x77, sizeof(names));
			for_sides(n) {
				got[n].btf = ptr_u64(data[n]);
				got[n].btf_size = rooms[i];
				got[n].name = name ? ptr_u64(names[n]) : 0;
				got[n].name_len = name == 2 ? sizeof(names[n]) : 0;
				len[n] = sizeof(got[n]);
				err[n] = info(s->side[n], s->side[n]->btf, &got[n], &len[n]);
			}
			assert_int_equal(err[0], err[1]);
			assert_int_equal(len[0], len[1]);
			assert_int_equal(got[0].btf_size, got[1].btf_size);
			assert_int_equal(got[0].name_len, got[1].name_len);
			assert_int_equal(got[0].kernel_btf, got[1].kernel_btf);
			assert_memory_equal(data[0], data[1], sizeof(data[0]));
			assert_memory_equal(names[0], names[1], sizeof(names[0]));
		}
}

/* Functions of sample_btf, and a type that is none. */
static void find_types(struct state *s)
{
	u32 hdr_len = get_u32(sample_btf + 4), off = get_u32(sample_btf + 8), found = 0;
	const u8 *at = sample_btf + hdr_len + off, *end = at + get_u32(sample_btf + 12);
	u32 id = 1;

	for (; at + 12 <= end; id++) {
		u32 info = get_u32(at + 4), n = info & 0xffff;

		switch (info >> 24 & 31) {
		case BTF_KIND_FUNC:
			if (found < 2)
				s->func[found++] = id;
			break;
		case BTF_KIND_INT:
		case BTF_KIND_VAR:
		case BTF_KIND_DECL_TAG:
			s->no_func = id;
			at += 4;
			break;
		case BTF_KIND_ARRAY:
			at += 12;
			break;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_DATASEC:
		case BTF_KIND_ENUM64:
			at += 12 * n;
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_FUNC_PROTO:
			at += 8 * n;
			break;
		default:
			break;
		}
		at += 12;
	}
	s->types = id;
}

int main(void)
{
	static struct state s;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_log, &s),
		cmocka_unit_test_prestate(test_log_fields, &s),
		cmocka_unit_test_prestate(test_references, &s),
		cmocka_unit_test_prestate(test_notes, &s),
		cmocka_unit_test_prestate(test_prog_info, &s),
		cmocka_unit_test_prestate(test_map_info, &s),
		cmocka_unit_test_prestate(test_map_types, &s),
		cmocka_unit_test_prestate(test_btf_info, &s),
	};
	int ret = sides_open(&s.sides, &s.why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), s.why);
	s.side[0] = &s.sides.linux_side;
	s.side[1] = &s.sides.engine;
	find_types(&s);
	for (int n = 0; !ret && n < 2; n++) {
		s.array[n] = side_map(s.side[n], BPF_MAP_TYPE_ARRAY, 4, 16, 1);
		s.wide[n] = side_map(s.side[n], BPF_MAP_TYPE_ARRAY, 4, 16, 2);
		s.hash[n] = side_map(s.side[n], BPF_MAP_TYPE_HASH, 4, 16, 2);
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("load", tests, NULL, NULL);
	sides_close(&s.sides);
	return ret;
}
