// SPDX-License-Identifier: BSD-2-Clause
/* test_reclaim.c - a deferred function runs when, and only when, no reader can see its object. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/reclaim.h"

struct thing {
	struct reclaim_head head;
	struct reclaim *r;
	int *log, *logged;
	int number, again;
};

static void thing_run(struct reclaim_head *head)
{
	struct thing *t = container_of(head, struct thing, head);

	t->log[(*t->logged)++] = t->number;
	if (t->again-- > 0)
		reclaim_defer(t->r, head, thing_run);
}

struct fixture {
	struct reclaim *r;
	struct reclaim_slot *slot[3];
	struct thing thing[4];
	int log[64], logged;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(reclaim_create(&f->r), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(reclaim_slot_get(f->r, &f->slot[i]), 0);
	for (int i = 0; i < 4; i++)
		f->thing[i] = (struct thing){ .r = f->r, .log = f->log, .logged = &f->logged,
					      .number = i };
}

static void defer(struct fixture *f, int i) { reclaim_defer(f->r, &f->thing[i].head, thing_run); }

static void idle_slots_hold_nothing_back(void **state)
{
	struct fixture f;

	setup(&f);
	defer(&f, 0);
	reclaim_poll(f.r);
	assert_int_equal(f.logged, 1);
	reclaim_destroy(f.r);
}

static void a_reader_holds_back_until_its_outermost_exit(void **state)
{
	struct fixture f;

	setup(&f);
	reclaim_enter(f.r, f.slot[0]);
	reclaim_enter(f.r, f.slot[0]);
	defer(&f, 0);
	reclaim_exit(f.r, f.slot[0]);
	reclaim_poll(f.r);
	assert_int_equal(f.logged, 0);
	reclaim_exit(f.r, f.slot[0]);
	reclaim_poll(f.r);
	assert_int_equal(f.logged, 1);
	reclaim_destroy(f.r);
}

static void later_readers_do_not_hold_back_what_was_deferred_before(void **state)
{
	struct fixture f;

	setup(&f);
	reclaim_enter(f.r, f.slot[0]);
	defer(&f, 0);
	reclaim_enter(f.r, f.slot[1]);
	defer(&f, 1);
	reclaim_exit(f.r, f.slot[0]);
	reclaim_poll(f.r);
	assert_int_equal(f.logged, 1);
	assert_int_equal(f.log[0], 0);
	reclaim_exit(f.r, f.slot[1]);
	reclaim_poll(f.r);
	assert_int_equal(f.logged, 2);
	reclaim_destroy(f.r);
}

static void a_function_may_defer_again_and_order_is_kept(void **state)
{
	struct fixture f;

	setup(&f);
	f.thing[0].again = 2;
	reclaim_enter(f.r, f.slot[0]);
	defer(&f, 0);
	defer(&f, 1);
	reclaim_exit(f.r, f.slot[0]);
	reclaim_barrier(f.r);
	reclaim_barrier(f.r);
	assert_int_equal(f.logged, 4);
	assert_int_equal(f.log[0], 0);
	assert_int_equal(f.log[1], 1);
	assert_int_equal(f.log[2], 0);
	reclaim_destroy(f.r);
}

static void a_long_chain_of_deferrals_does_not_recurse(void **state)
{
	struct fixture f;
	int *log = calloc(200001, sizeof(*log));

	setup(&f);
	f.thing[0].log = log;
	f.thing[0].again = 200000;
	defer(&f, 0);
	assert_int_equal(f.logged, 200001);
	free(log);
	reclaim_destroy(f.r);
}

static void slots_are_reused(void **state)
{
	struct reclaim_slot *slot;
	struct fixture f;

	setup(&f);
	reclaim_slot_put(f.r, f.slot[1]);
	assert_int_equal(reclaim_slot_get(f.r, &slot), 0);
	assert_ptr_equal(slot, f.slot[1]);
	reclaim_destroy(f.r);
}

static void destroy_runs_what_waits(void **state)
{
	struct fixture f;

	setup(&f);
	reclaim_enter(f.r, f.slot[0]);
	defer(&f, 0);
	defer(&f, 1);
	reclaim_exit(f.r, f.slot[0]);
	assert_int_equal(f.logged, 0);
	reclaim_destroy(f.r);
	assert_int_equal(f.logged, 2);
}

/* Readers follow one published pointer while writers replace it; a freed node is poisoned. */
#define ROUNDS 20000
#define ALIVE 0x600dull

struct node {
	_Atomic u64 state;
	struct reclaim_head head;
};

struct shared {
	struct reclaim *r;
	_Atomic(struct node *) current;
	_Atomic u32 freed, made, bad;
	atomic_bool stop;
};

struct node_free {
	struct node node;
	struct shared *s;
};

static void node_free(struct reclaim_head *head)
{
	struct node_free *n = container_of(head, struct node_free, node.head);

	atomic_store_explicit(&n->node.state, 0xdead, memory_order_relaxed);
	atomic_fetch_add(&n->s->freed, 1);
	free(n);
}

static struct node *node_new(struct shared *s)
{
	struct node_free *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	n->s = s;
	atomic_init(&n->node.state, ALIVE);
	atomic_fetch_add(&s->made, 1);
	return &n->node;
}

static void *reader(void *arg)
{
	struct shared *s = arg;
	struct reclaim_slot *slot;

	if (reclaim_slot_get(s->r, &slot))
		abort();
	while (!atomic_load(&s->stop)) {
		reclaim_enter(s->r, slot);
		for (int i = 0; i < 4; i++) {
			struct node *n = atomic_load_explicit(&s->current, memory_order_acquire);

			if (atomic_load_explicit(&n->state, memory_order_relaxed) != ALIVE)
				atomic_fetch_add(&s->bad, 1);
		}
		reclaim_exit(s->r, slot);
	}
	reclaim_slot_put(s->r, slot);
	return NULL;
}

static void *writer(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct node *n = atomic_exchange(&s->current, node_new(s));

		reclaim_defer(s->r, &n->head, node_free);
		if (i % 1024 == 0)
			reclaim_barrier(s->r);
	}
	return NULL;
}

static void stress_with_threads(void **state)
{
	pthread_t readers[2], writers[2];
	struct shared s = { 0 };

	assert_int_equal(reclaim_create(&s.r), 0);
	atomic_store(&s.current, node_new(&s));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&readers[i], NULL, reader, &s), 0);
		assert_int_equal(pthread_create(&writers[i], NULL, writer, &s), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(writers[i], NULL);
	atomic_store(&s.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	reclaim_barrier(s.r);
	assert_int_equal(s.bad, 0);
	assert_int_equal(s.freed, 2 * ROUNDS);
	reclaim_defer(s.r, &s.current->head, node_free);
	reclaim_destroy(s.r);
	assert_int_equal(s.freed, s.made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_slots_hold_nothing_back),
		cmocka_unit_test(a_reader_holds_back_until_its_outermost_exit),
		cmocka_unit_test(later_readers_do_not_hold_back_what_was_deferred_before),
		cmocka_unit_test(a_function_may_defer_again_and_order_is_kept),
		cmocka_unit_test(a_long_chain_of_deferrals_does_not_recurse),
		cmocka_unit_test(slots_are_reused),
		cmocka_unit_test(destroy_runs_what_waits),
		cmocka_unit_test(stress_with_threads),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
