// SPDX-License-Identifier: BSD-2-Clause
/* test_object.c - ids, handles, lifetime: when release runs, when destroy runs, and never twice. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "object/fd.h"
#include "object/prog.h"

struct thing {
	struct object object;
	u32 *released, *destroyed;
};

static void thing_release(struct object *object)
{
	++*container_of(object, struct thing, object)->released;
}

static void thing_destroy(struct object *object)
{
	struct thing *thing = container_of(object, struct thing, object);

	++*thing->destroyed;
	free(thing);
}

static const struct object_ops thing_ops = {
	.kind = OBJECT_MAP, .name = "thing", .release = thing_release, .destroy = thing_destroy,
};
static const struct object_ops other_ops = {
	.kind = OBJECT_PROG, .name = "other", .release = thing_release, .destroy = thing_destroy,
};

struct world {
	struct engine engine;
	struct client *client;
	u32 released, destroyed;
};

static struct object *thing(struct world *w, const struct object_ops *ops)
{
	struct thing *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->released = &w->released;
	t->destroyed = &w->destroyed;
	object_init(&t->object, &w->engine, ops);
	assert_int_equal(object_publish(&t->object), 0);
	return &t->object;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	if (!w || engine_core_init(&w->engine, NULL))
		return -1;
	return client_create(&w->engine, &w->client);
}

static int teardown(void **state)
{
	struct world *w = *state;

	client_destroy(w->client);
	engine_core_fini(&w->engine);
	free(w);
	return 0;
}

static void check(struct world *w, u32 released, u32 destroyed)
{
	reclaim_poll(w->engine.reclaim);
	assert_int_equal(w->released, released);
	assert_int_equal(w->destroyed, destroyed);
}

static void test_handles(void **state)
{
	struct world *w = *state;
	struct object *o = thing(w, &thing_ops), *found;
	u32 access = 77;
	int fd = fd_install(w->client, o, BPF_F_RDONLY), second;

	assert_int_equal(fd, FD_FIRST);
	assert_int_equal(fd_get(w->client, fd, OBJECT_MAP, &found, &access), 0);
	assert_ptr_equal(found, o);
	assert_int_equal(access, BPF_F_RDONLY);
	object_put(found);
	assert_int_equal(fd_get(w->client, fd, OBJECT_BTF, &found, NULL), -EINVAL);
	for (s64 bad = -2; bad < FD_FIRST; bad++)
		assert_int_equal(fd_get(w->client, bad, OBJECT_MAP, &found, NULL), -EBADF);
	assert_int_equal(fd_get(w->client, (s64)1 << 33 | fd, OBJECT_MAP, &found, NULL), -EBADF);
	assert_int_equal(fd_get_any(w->client, INT32_MAX, &found), -EBADF);
	object_get_user(o);
	second = fd_install(w->client, o, 0);
	assert_int_equal(second, fd + 1);
	assert_int_equal(fd_close(w->client, fd), 0);
	assert_int_equal(fd_close(w->client, fd), -EBADF);
	check(w, 0, 0);
	object_get_user(o);
	assert_int_equal(fd_install(w->client, o, 0), fd); /* the lowest free one */
	assert_int_equal(fd_close(w->client, fd), 0);
	assert_int_equal(fd_close(w->client, second), 0);
	check(w, 1, 1);
	assert_int_equal(fd_close(w->client, -1), -EBADF);
}

/* Many handles: the table grows, and closing the client closes them all. */
static void test_many(void **state)
{
	struct world *w = *state;
	struct object *o = thing(w, &thing_ops);

	for (int i = 0; i < 5000; i++) {
		object_get_user(o);
		assert_int_equal(fd_install(w->client, o, 0), FD_FIRST + i);
	}
	object_put_user(o);
	check(w, 0, 0);
	client_destroy(w->client);
	check(w, 1, 1);
	assert_int_equal(client_create(&w->engine, &w->client), 0);
}

/* The last user goes: release. The last reference goes: destroy, but not under a reader. */
static void test_lifetime(void **state)
{
	struct world *w = *state;
	struct object *o = thing(w, &thing_ops);
	struct reclaim_slot *reader;
	u32 next;

	assert_int_equal(reclaim_slot_get(w->engine.reclaim, &reader), 0);
	object_get(o); /* as a program holds a map */
	object_put_user(o);
	check(w, 1, 0);
	assert_int_equal(object_next_id(&w->engine, OBJECT_MAP, 0, &next), 0);
	reclaim_enter(w->engine.reclaim, reader);
	object_put(o);
	assert_int_equal(object_next_id(&w->engine, OBJECT_MAP, 0, &next), -ENOENT);
	assert_null(object_find(&w->engine, OBJECT_MAP, 1));
	check(w, 1, 0);
	reclaim_exit(w->engine.reclaim, reader);
	check(w, 1, 1);
	reclaim_slot_put(w->engine.reclaim, reader);
}

/* Found by id after the last handle is gone: it has a user again, and is released again. */
static void test_found_again(void **state)
{
	struct world *w = *state;
	struct object *o = thing(w, &thing_ops), *found;

	object_get(o);
	object_put_user(o);
	check(w, 1, 0);
	found = object_find(&w->engine, OBJECT_MAP, o->id);
	assert_ptr_equal(found, o);
	object_put_user(found);
	check(w, 2, 0);
	object_put(o);
	check(w, 2, 1);
}

static void test_ids(void **state)
{
	struct world *w = *state;
	struct object *o[10];
	u32 id = 0, count = 0;

	for (u32 i = 0; i < ARRAY_SIZE(o); i++) {
		o[i] = thing(w, &thing_ops);
		assert_int_equal(o[i]->id, i + 1);
	}
	object_put_user(o[4]);
	o[4] = thing(w, &thing_ops);
	assert_int_equal(o[4]->id, 11); /* 5 is not used again soon */
	while (!object_next_id(&w->engine, OBJECT_MAP, id, &id)) {
		assert_int_not_equal(id, 5);
		count++;
	}
	assert_int_equal(count, ARRAY_SIZE(o));
	assert_int_equal(object_next_id(&w->engine, OBJECT_PROG, 0, &id), -ENOENT);
	assert_int_equal(object_next_id(&w->engine, OBJECT_MAP, INT32_MAX, &id), -EINVAL);
	/* At the end of the range the lowest free id is next. */
	w->engine.ids[OBJECT_MAP].last = INT32_MAX - 1;
	object_put_user(o[0]);
	o[0] = thing(w, &thing_ops);
	assert_int_equal(o[0]->id, INT32_MAX);
	object_put_user(o[1]);
	o[1] = thing(w, &thing_ops);
	assert_int_equal(o[1]->id, 1);
	object_put_user(o[2]);
	o[2] = thing(w, &thing_ops);
	assert_int_equal(o[2]->id, 2);
	for (u32 i = 0; i < ARRAY_SIZE(o); i++) {
		struct object *found = object_find(&w->engine, OBJECT_MAP, o[i]->id);

		assert_ptr_equal(found, o[i]);
		object_put_user(found);
		object_put_user(o[i]);
	}
	check(w, w->released, 14);
}

/* Ids of the kinds are apart. */
static void test_kinds(void **state)
{
	struct world *w = *state;
	struct object *a = thing(w, &thing_ops), *b = thing(w, &other_ops), *found;

	assert_int_equal(a->id, 1);
	assert_int_equal(b->id, 1);
	found = object_find(&w->engine, OBJECT_PROG, 1);
	assert_ptr_equal(found, b);
	object_put_user(found);
	object_put_user(a);
	object_put_user(b);
	check(w, 2, 2);
}

/* Tags that Linux 6.18 gave to the same instructions. */
static void test_tag(void **state)
{
	static const struct {
		const char *what;
		struct bpf_insn insns[4];
		u32 count;
		u8 tag[8];
	} rows[] = {
		{ "r0 = 0; exit", { { .code = 0xb7 }, { .code = 0x95 } }, 2,
		  { 0x59, 0xf4, 0xa9, 0x31, 0x74, 0x4d, 0xcd, 0xc6 } },
		{ "map by handle", { { .code = 0x18, .dst_reg = 1, .src_reg = 1, .imm = 55 }, { 0 },
				     { .code = 0xb7 }, { .code = 0x95 } }, 4,
		  { 0x0b, 0xd0, 0x16, 0x86, 0x76, 0xc7, 0xc7, 0x79 } },
		{ "value by handle", { { .code = 0x18, .dst_reg = 1, .src_reg = 2, .imm = 9 },
				       { .imm = 4 }, { .code = 0xb7 }, { .code = 0x95 } }, 4,
		  { 0x28, 0x81, 0x3e, 0x61, 0x6f, 0x1f, 0x93, 0xd1 } },
		{ "map by place", { { .code = 0x18, .dst_reg = 1, .src_reg = 5, .imm = 1 }, { 0 },
				    { .code = 0xb7 }, { .code = 0x95 } }, 4,
		  { 0xa2, 0x1f, 0x8a, 0x2c, 0x54, 0x97, 0x9f, 0xac } },
		{ "value by place", { { .code = 0x18, .dst_reg = 1, .src_reg = 6, .imm = 1 },
				      { .imm = 4 }, { .code = 0xb7 }, { .code = 0x95 } }, 4,
		  { 0xdc, 0xb8, 0x4a, 0x73, 0xcf, 0x0a, 0xcc, 0xf2 } },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prog *prog;

		assert_int_equal(prog_create(&w->engine, rows[i].count, &prog), 0);
		assert_int_equal(prog_tag(rows[i].insns, rows[i].count, prog->tag), 0);
		if (memcmp(prog->tag, rows[i].tag, 8))
			fail_msg("%s: tag %02x%02x%02x%02x...", rows[i].what, prog->tag[0],
				 prog->tag[1], prog->tag[2], prog->tag[3]);
		object_put_user(&prog->object);
	}
}

static void test_clock(void **state)
{
	struct world *w = *state;
	u64 before = engine_now(&w->engine);

	engine_set_time(&w->engine, 5);
	assert_true(engine_now(&w->engine) >= before && before > 5);
	w->engine.replay_clock = true;
	assert_int_equal(engine_now(&w->engine), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_handles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lifetime, setup, teardown),
		cmocka_unit_test_setup_teardown(test_found_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tag, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
