// SPDX-License-Identifier: BSD-2-Clause
/* test_ringbuf.c - ring buffers: the same programs write to one on the engine and to one on Linux, and a
 * consumer that reads like libbpf's stands before each. Results, positions, every byte, what poll(2)
 * says and every wake-up are the same, also when the consumer says that it is where it is not.
 *
 *   step: make a program, run it on both sides -> compare -> consume on both sides, or not -> compare
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "both.h"
#include "isa/insn.h"
#include "map/ringbuf.h"

#define PAGE ((u64)sysconf(_SC_PAGESIZE))
#define RW (PROT_READ | PROT_WRITE)
#define TEXT 4096

/* One ring buffer as its consumer has it. */
struct ring {
	struct backend *side;
	int fd, epoll, watched;
	u64 size;
	u64 *consumer;
	const u64 *producer;
	const u8 *data;
	struct backend_share share;      /* of the engine */
};

static void ring_open(struct ring *ring, struct backend *side, u32 size)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	void *at;

	memset(ring, 0, sizeof(*ring));
	ring->side = side;
	ring->size = size;
	ring->fd = map_new(side, BPF_MAP_TYPE_RINGBUF, 0, 0, size, 0);
	assert_true(ring->fd >= 0);
	assert_int_equal(backend_map_memory(side, ring->fd, 0, PAGE, RW, &at), 0);
	ring->consumer = at;
	assert_int_equal(backend_map_memory(side, ring->fd, PAGE, PAGE + 2 * (u64)size, PROT_READ, &at), 0);
	ring->producer = at;
	ring->data = (u8 *)at + PAGE;
	/* A handle of Linux is a descriptor; one of the engine is shared. */
	if (backend_share(side, ring->fd, &ring->share)) {
		ring->watched = ring->fd;
	} else {
		assert_true(ring->share.kind == BACKEND_OBJ_MAP && ring->share.memory >= 0);
		ring->watched = ring->share.wait;
	}
	ring->epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(epoll_ctl(ring->epoll, EPOLL_CTL_ADD, ring->watched, &event), 0);
	(void)epoll_wait(ring->epoll, &event, 1, 0);
}

static void ring_close(struct ring *ring)
{
	close(ring->epoll);
	if (ring->watched != ring->fd) {
		close(ring->share.wait);
		close(ring->share.memory);
	}
	backend_close(ring->side, ring->fd);
	munmap(ring->consumer, PAGE);
	munmap((void *)(uintptr_t)ring->producer, PAGE + 2 * ring->size);
}

/* Was somebody woken since the last look? */
static int ring_woken(const struct ring *ring)
{
	struct epoll_event event;

	return epoll_wait(ring->epoll, &event, 1, 0);
}

/* What a consumer makes of a record: a number that knows its bytes. */
static u64 digest(u64 sum, const void *bytes, u32 len)
{
	for (u32 i = 0; i < len; i++)
		sum = (sum ^ ((const u8 *)bytes)[i]) * 1099511628211u;
	return (sum ^ len) * 1099511628211u;
}

/* Read up to @most records as libbpf does. Returns how many were submitted. */
static u32 ring_consume(struct ring *ring, u32 most, u64 *sum)
{
	u64 at = *ring->consumer;
	u32 count = 0;

	for (u32 i = 0; i < most && at < __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE); i++) {
		const u8 *header = ring->data + (at & (ring->size - 1));
		u32 word = __atomic_load_n((const u32 *)(const void *)header, __ATOMIC_ACQUIRE);
		u32 len = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (word & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
			*sum = digest(*sum, header + 8, len);
			count++;
		}
		at += round_up_u64(len + 8, 8);
		__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	}
	return count;
}

/* Run @text, in which %d stands for the ring buffer up to four times. Returns R0. */
static u32 ring_run(struct ring *ring, const char *text, u32 mark)
{
	struct bpf_insn insns[256];
	char filled[TEXT + 64];
	LOG_ON_STACK(log);
	u32 retval;
	int count, prog, f = ring->fd;

	snprintf(filled, sizeof(filled), text, f, f, f, f);
	count = insn_assemble(filled, insns, ARRAY_SIZE(insns), &log);
	if (count < 0)
		fail_msg("%s in\n%s", log.text, filled);
	prog = prog_new(ring->side, BPF_PROG_TYPE_SCHED_CLS, insns, (u32)count);
	if (prog < 0)
		fail_msg("not loaded (%d):\n%s", prog, filled);
	if (prog_run(ring->side, prog, mark, 0, &retval))
		fail_msg("not run: %s\n%s", backend_message(ring->side), filled);
	backend_close(ring->side, prog);
	return retval;
}

/* R8: bytes that differ from run to run, at R10-64. */
#define FILL "r8 = *(u32 *)(r1 +8)\nr9 = 0x0101010101010101\nr8 *= r9\n*(u64 *)(r10 -64) = r8\n"            \
	"*(u64 *)(r10 -56) = r8\n*(u64 *)(r10 -48) = r8\n*(u64 *)(r10 -40) = r8\n*(u64 *)(r10 -32) = r8\n"
#define OUTPUT FILL "r1 = map[fd:%%d]\nr2 = r10\nr2 += -64\nr3 = %u\nr4 = %u\ncall unknown#130\nexit\n"
#define RESERVE "r1 = map[fd:%%d]\nr2 = %u\nr3 = 0\ncall unknown#131\n"
#define GIVE "r2 = %u\ncall unknown#%u\n"
#define ONE FILL "r6 = 11\n" RESERVE "if r0 == 0 goto out\nr6 = 12\n*(u8 *)(r0 +0) = r8\n*(u8 *)(r0 +%u) = r8\n"  \
	"r1 = r0\n" GIVE "out: r0 = r6\nexit\n"
/* The second record is given back first. R0 says which there were. */
#define TWO FILL "r6 = 0\n" RESERVE "if r0 == 0 goto out\n*(u8 *)(r0 +0) = r8\nr7 = r0\n" RESERVE                \
	"if r0 == 0 goto one\n*(u8 *)(r0 +%u) = r8\nr6 = 1\nr1 = r0\n" GIVE "one: r6 += 2\nr1 = r7\n" GIVE          \
	"out: r0 = r6\nexit\n"

static u32 size_of(u64 *random, u32 most)
{
	return random_next(random) % 3 ? 1 + random_next(random) % 40 : 1 + random_next(random) % most;
}

/* One of the programs above, with sizes and flags. */
static void step_text(u64 *random, u32 size, char text[TEXT])
{
	u32 flags = random_next(random) % 4, give = 132 + !(random_next(random) % 4);
	u32 first = size_of(random, size), second = size_of(random, size / 2);

	switch (random_next(random) % 4) {
	case 0:
		snprintf(text, TEXT, OUTPUT, random_next(random) % 41, flags);
		return;
	case 1:
	case 2:
		snprintf(text, TEXT, ONE, first, first - 1, flags, give);
		return;
	default:
		snprintf(text, TEXT, TWO, first % 300 + 1, second, second - 1, flags, give,
			 random_next(random) % 4, 132 + random_next(random) % 2);
		return;
	}
}

static void same(const struct ring *a, const struct ring *b, const char *text)
{
	if (*a->producer != *b->producer || *a->consumer != *b->consumer)
		fail_msg("positions %llu %llu and %llu %llu after\n%s", (unsigned long long)*a->consumer,
			 (unsigned long long)*a->producer, (unsigned long long)*b->consumer,
			 (unsigned long long)*b->producer, text);
	for (u64 i = 0; i < a->size; i += 4)
		if (get_u32(a->data + i) != get_u32(b->data + i))
			fail_msg("at %llu: 0x%x, on Linux 0x%x, after\n%s", (unsigned long long)i,
				 get_u32(a->data + i), get_u32(b->data + i), text);
}

static void test_random(void **state)
{
	static const u32 sizes[] = { 1, 2, 4 };
	const struct both *both = *state;
	u64 random = 5;

	for (size_t n = 0; n < ARRAY_SIZE(sizes); n++) {
		struct ring ring[SIDES];
		u64 sum[SIDES] = { 0 };
		u32 sides = both->side[LINUX] ? 2 : 1, count[SIDES] = { 0 }, submitted = 0;

		for (u32 i = 0; i < sides; i++)
			ring_open(&ring[i], both->side[i], (u32)(sizes[n] * PAGE));
		for (u32 step = 0; step < 500; step++) {
			u32 retval[SIDES], most = random_next(&random) % 3 ? 0 : random_next(&random) % 30;
			int woken[SIDES], ready[SIDES];
			char text[TEXT];

			step_text(&random, (u32)ring[0].size - 8, text);
			for (u32 i = 0; i < sides; i++) {
				retval[i] = ring_run(&ring[i], text, step);
				woken[i] = ring_woken(&ring[i]);
				ready[i] = backend_wait(ring[i].side, ring[i].fd, 0);
				assert_int_equal(ready[i], *ring[i].producer != *ring[i].consumer);
			}
			if (sides == 2) {
				if (retval[0] != retval[1] || woken[0] != woken[1])
					fail_msg("step %u: R0 %d, on Linux %d; woken %d, %d\n%s", step,
						 (int)retval[0], (int)retval[1], woken[0], woken[1], text);
				same(&ring[0], &ring[1], text);
			}
			for (u32 i = 0; i < sides; i++)
				count[i] = ring_consume(&ring[i], most, &sum[i]);
			if (sides == 2)
				assert_true(count[0] == count[1] && sum[0] == sum[1]);
			submitted += count[0];
		}
		assert_true(submitted > 100 && *ring[0].producer > 10 * ring[0].size);
		for (u32 i = 0; i < sides; i++)
			ring_close(&ring[i]);
	}
}

/* Who is woken: the consumer is there or behind, with every flag, by each way to commit. */
static void test_wakeups(void **state)
{
	const struct both *both = *state;

	for (u32 n = 0; n < 2 * 3 * 4; n++) {
		u32 flags = n % 4, how = n / 4 % 3, behind = n / 12;
		int expected = flags & BPF_RB_FORCE_WAKEUP || (!behind && !(flags & BPF_RB_NO_WAKEUP));
		char text[TEXT], other[TEXT];

		snprintf(other, sizeof(other), OUTPUT, 8, BPF_RB_NO_WAKEUP);
		if (!how)
			snprintf(text, sizeof(text), OUTPUT, 8, flags);
		else
			snprintf(text, sizeof(text), ONE, 8, 7, flags, 131 + how);
		for (int i = 0; i < SIDES; i++) {
			struct ring ring;

			if (!both->side[i])
				continue;
			ring_open(&ring, both->side[i], (u32)PAGE);
			if (behind)
				ring_run(&ring, other, 1);
			assert_int_equal(ring_woken(&ring), 0);
			ring_run(&ring, text, 2);
			if (ring_woken(&ring) != expected)
				fail_msg("side %d, flags %u, behind %u: woken %d", i, flags, behind, !expected);
			ring_close(&ring);
		}
	}
}

/* One query; the test run shows 32 bits of R0. */
#define QUERY "r1 = map[fd:%%d]\nr2 = %u\ncall unknown#134\nr1 = r0\nr1 >>= 32\nr0 ^= r1\nexit\n"

static void test_hostile_consumer(void **state)
{
	const struct both *both = *state;
	struct ring ring[SIDES];
	u32 sides = both->side[LINUX] ? 2 : 1, size = (u32)PAGE;
	u64 random = 11;

	for (u32 i = 0; i < sides; i++)
		ring_open(&ring[i], both->side[i], size);
	for (u32 step = 0; step < 400; step++) {
		const u64 produced = *ring[0].producer;
		const u64 places[] = { produced, produced + 1, produced + 8, produced - 1, produced - 8,
				       produced - size, produced - size - 1, produced - size + 8, 0, ~0ull,
				       1ull << 63, produced + size, produced + (1ull << 32),
				       random_next(&random), 4 };
		u64 place = places[random_next(&random) % ARRAY_SIZE(places)];
		u32 retval[SIDES], query[SIDES], what = random_next(&random) % 5;
		int woken[SIDES];
		char text[TEXT], ask[TEXT];

		step_text(&random, size - 8, text);
		snprintf(ask, sizeof(ask), QUERY, what);
		for (u32 i = 0; i < sides; i++) {
			__atomic_store_n(ring[i].consumer, place, __ATOMIC_RELEASE);
			retval[i] = ring_run(&ring[i], text, step);
			query[i] = ring_run(&ring[i], ask, 0);
			woken[i] = ring_woken(&ring[i]) && *ring[i].producer != place;
		}
		if (sides == 1)
			continue;
		if (retval[0] != retval[1] || query[0] != query[1] || woken[0] != woken[1])
			fail_msg("step %u, consumer at %llu, producer at %llu: R0 %d %d, query %u: %u %u, woken "
				 "%d %d\n%s", step, (unsigned long long)place, (unsigned long long)produced,
				 (int)retval[0], (int)retval[1], what, query[0], query[1], woken[0],
				 woken[1], text);
		same(&ring[0], &ring[1], text);
	}
	for (u32 i = 0; i < sides; i++)
		ring_close(&ring[i]);
}

/* A consumer that claims to have read what is reserved and not yet written: it is not overwritten. */
static void test_hostile_busy(void **state)
{
	const struct both *both = *state;
	u32 half = (u32)PAGE / 2, second[] = { half - 24, half - 16, half - 8, half, 2 * half - 8 };

	for (size_t n = 0; n < ARRAY_SIZE(second); n++)
		for (int i = 0; i < SIDES; i++) {
			struct ring ring;
			char text[TEXT];
			u32 retval;

			if (!both->side[i])
				continue;
			snprintf(text, sizeof(text), TWO, half - 8, second[n], second[n] - 1, 0, 132, 0, 132);
			ring_open(&ring, both->side[i], (u32)PAGE);
			__atomic_store_n(ring.consumer, half, __ATOMIC_RELEASE);
			retval = ring_run(&ring, text, 1);
			if (retval != (second[n] < half - 8 ? 3 : 2))
				fail_msg("side %d, second record of %u: %u", i, second[n], retval);
			ring_close(&ring);
		}
}

/* A client of the engine can write to all of the file. Only what it reads itself is lost. */
static void test_hostile_file(void **state)
{
	const struct both *both = *state;
	struct ring ring;
	u64 random = 3, seen = 0, records = 0, *positions;
	u8 *all;

	ring_open(&ring, both->side[ENGINE], (u32)PAGE);
	all = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, ring.share.memory, 0);
	assert_true(all != MAP_FAILED);
	positions = (u64 *)(void *)(all + PAGE);
	for (u32 step = 0; step < 400; step++) {
		char text[TEXT];

		for (u32 i = 0; i < 64; i++)
			put_u32(all + PAGE + 4 * (random_next(&random) % (3 * PAGE / 4)), random_next(&random) << 1);
		*ring.consumer = seen;
		step_text(&random, (u32)PAGE - 8, text);
		ring_run(&ring, text, step);
		/* What the engine itself says is right all the time. */
		snprintf(text, sizeof(text), QUERY, BPF_RB_PROD_POS);
		records = ring_run(&ring, text, 0);
		assert_true(records >= seen && records - seen < PAGE);
		if (step % 2)
			seen = records;
	}
	assert_true(records > 10 * PAGE);
	positions[0] = 0;
	munmap(all, 4 * PAGE);
	ring_close(&ring);
}

/* Commands on elements, of which there are none. */
static void test_commands(void **state)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
				    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM };
	const struct both *both = *state;
	u64 bytes = 0;

	for (int side = 0; side < SIDES; side++) {
		struct backend *b = both->side[side];
		int fd, plain;

		if (!b)
			continue;
		fd = map_new(b, BPF_MAP_TYPE_RINGBUF, 0, 0, (u32)PAGE, 0);
		for (size_t i = 0; i < ARRAY_SIZE(cmds); i++) {
			assert_int_equal(map_do(b, cmds[i], fd, NULL, NULL, 0), -ENOTSUPP);
			assert_int_equal(map_do(b, cmds[i], fd, NULL, &bytes, 0), -ENOTSUPP);
			assert_int_equal(map_do(b, cmds[i], fd, &bytes, &bytes, 0), -EINVAL);
		}
		assert_int_equal(backend_wait(b, fd, 0), 0);
		assert_int_equal(backend_wait(b, fd, 20), 0);
		plain = map_new(b, BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
		assert_int_equal(backend_wait(b, plain, 0), -EOPNOTSUPP);
		backend_close(b, plain);
		backend_close(b, fd);
	}
}

#define RECORDS 1000

struct consumer {
	struct ring *ring;
	u64 sum;
	u32 count;
};

static void *consumer_run(void *ctx)
{
	struct consumer *c = ctx;

	while (c->count < RECORDS) {
		if (backend_wait(c->ring->side, c->ring->fd, 10000) != 1)
			break;
		c->count += ring_consume(c->ring, ~0u, &c->sum);
	}
	return NULL;
}

/* A producer that does not wait and a consumer that sleeps: every record arrives, in order. */
static void test_threads(void **state)
{
	static const char text[] =
		FILL "r1 = map[fd:%d]\nr2 = r10\nr2 += -64\nr3 = 36\nr4 = 0\ncall unknown#130\nexit\n";
	const struct both *both = *state;
	struct bpf_insn insns[64];
	char filled[TEXT];
	LOG_ON_STACK(log);
	struct ring ring;
	struct consumer c = { .ring = &ring };
	pthread_t thread;
	u64 want = 0;
	int count, prog;

	ring_open(&ring, both->side[ENGINE], (u32)PAGE);
	snprintf(filled, sizeof(filled), text, ring.fd);
	count = insn_assemble(filled, insns, ARRAY_SIZE(insns), &log);
	prog = prog_new(ring.side, BPF_PROG_TYPE_SCHED_CLS, insns, (u32)count);
	assert_true(prog >= 0);
	assert_int_equal(pthread_create(&thread, NULL, consumer_run, &c), 0);
	for (u32 n = 0; n < RECORDS;) {
		u8 bytes[36];
		u32 retval;

		assert_int_equal(prog_run(ring.side, prog, n & 0xff, 0, &retval), 0);
		if (retval) {
			sched_yield();
			continue;
		}
		memset(bytes, (int)(n & 0xff), 32);
		memcpy(bytes + 32, bytes, 4);
		want = digest(want, bytes, sizeof(bytes));
		n++;
	}
	pthread_join(thread, NULL);
	assert_int_equal(c.count, RECORDS);
	assert_true(c.sum == want);
	backend_close(ring.side, prog);
	ring_close(&ring);
}

#define PRODUCERS 3
#define EACH 1400

struct producer {
	struct map *map;
	u32 number;
};

/* Programs of several workers: the calls that their helpers make. */
static void *producer_run(void *ctx)
{
	const struct producer *p = ctx;

	for (u32 n = 0; n < EACH;) {
		u32 *record = ringbuf_reserve(p->map, 8 + n % 50);

		if (!record) {
			sched_yield();
			continue;
		}
		record[0] = p->number;
		record[1] = n;
		ringbuf_commit(p->map, record, 0, n++ % 7 == 6);
	}
	return NULL;
}

static void test_producers(void **state)
{
	const struct both *both = *state;
	struct producer producer[PRODUCERS];
	u32 next[PRODUCERS] = { 0 }, discarded = 0;
	struct bpf_map_info info = { 0 };
	pthread_t thread[PRODUCERS];
	union bpf_attr attr;
	struct object *object;
	struct ring ring;

	ring_open(&ring, both->side[ENGINE], (u32)PAGE);
	attr = (union bpf_attr){ .info = { .bpf_fd = (u32)ring.fd, .info_len = sizeof(info),
					   .info = ptr_u64(&info) } };
	assert_int_equal(backend_bpf(ring.side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	object = object_find(backend_engine(ring.side), OBJECT_MAP, info.id);
	assert_non_null(object);
	for (u32 i = 0; i < PRODUCERS; i++) {
		producer[i] = (struct producer){ map_of(object), i };
		assert_int_equal(pthread_create(&thread[i], NULL, producer_run, &producer[i]), 0);
	}
	for (u32 n = 0; n < PRODUCERS * EACH; n++) {
		u64 at = *ring.consumer;
		const u32 *record = (const u32 *)(const void *)(ring.data + (at & (ring.size - 1)));
		u32 word;

		do
			assert_int_equal(backend_wait(ring.side, ring.fd, 10000), 1);
		while ((word = __atomic_load_n(record, __ATOMIC_ACQUIRE)) & BPF_RINGBUF_BUSY_BIT);
		assert_true(record[2] < PRODUCERS && record[3] == next[record[2]]);
		discarded += !!(word & BPF_RINGBUF_DISCARD_BIT);
		word &= ~BPF_RINGBUF_DISCARD_BIT;
		assert_int_equal(word, 8 + next[record[2]]++ % 50);
		__atomic_store_n(ring.consumer, at + round_up_u64(word + 8, 8), __ATOMIC_RELEASE);
	}
	assert_int_equal(discarded, PRODUCERS * (EACH / 7));
	for (u32 i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
	object_put_user(object);
	ring_close(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_wakeups),
		cmocka_unit_test(test_hostile_consumer),
		cmocka_unit_test(test_hostile_busy),
		cmocka_unit_test(test_hostile_file),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_producers),
	};

	return both_run("map ringbuf", tests, ARRAY_SIZE(tests));
}
