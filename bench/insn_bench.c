// SPDX-License-Identifier: BSD-2-Clause
/* insn_bench.c - what one instruction costs: the interpreter, checked and trusted, against libpcap's
 * bpf_filter() on a classic program that does the same to the same packet; and what a run costs,
 * there, in Linux (PROG_TEST_RUN, JIT as it is set) and in C.
 *
 * All take turns in one run, and the medians are compared, so that a slower moment of the machine
 * meets all of them. A row of `cases` says how many instructions each side executes; the results
 * must be the same. CPU time of this thread is counted, Linux counts for itself.
 *
 * Exit status: 0 when everything ran and agreed, else 1. Being slower is said, not punished.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "isa/insn.h"
#include "run/run.h"

/* Both Linux and libpcap have a struct bpf_insn. */
#define bpf_insn classic_insn
#include <pcap/pcap.h>
#undef bpf_insn

#define TURNS 101
#define TURN_INSNS 200000
#define ROOM 1024
#define CHAIN 500

enum { CLASSIC_RUNNER, CHECKED_RUNNER, TRUSTED_RUNNER, NATIVE_RUNNER, LINUX_RUNNER, RUNNERS };

typedef u64 (*native_fn)(const u8 *bytes, u32 len);

struct bench {
	const char *name;
	const char *expression;  /* tcpdump's; NULL: a chain of @classic_op with @k */
	const char *text;        /* ours; of a chain, what stands in front of it */
	const char *op;
	u16 classic_op;
	u32 k;
	bool udp;                /* the packet is not TCP */
	u32 classic_insns, insns; /* executed */
	native_fn native;
};

/* The same in C. An empty asm() between two steps keeps the compiler from doing them as one. */
#define STEPS(a, step)                                                                             \
	for (u32 i = 0; i < CHAIN; i++) {                                                          \
		__asm__ volatile("" : "+r"(a));                                                    \
		step;                                                                              \
	}

static u64 native_return(const u8 *bytes, u32 len)
{
	return 262144;
}

static u64 native_port(const u8 *bytes, u32 len)
{
	u32 header;

	if (len < 34 || get_be16(bytes + 12) != 0x800 || bytes[23] != 6 ||
	    get_be16(bytes + 20) & 0x1fff)
		return 0;
	header = (bytes[14] & 15) * 4u;
	if (len < header + 18)
		return 0;
	return get_be16(bytes + header + 14) == 80 || get_be16(bytes + header + 16) == 80 ? 262144 : 0;
}

static u64 native_add(const u8 *bytes, u32 len)
{
	u32 a = len > 100 ? bytes[0] : 0;

	STEPS(a, a += 77)
	return a;
}

static u64 native_xor(const u8 *bytes, u32 len)
{
	u32 a = len > 100 ? bytes[0] : 0;

	STEPS(a, a ^= 77)
	return a;
}

static u64 native_jump(const u8 *bytes, u32 len)
{
	u32 a = len > 100 ? bytes[0] : 0;

	STEPS(a, if (a == 77) __asm__ volatile(""))
	return a;
}

static u64 native_byte(const u8 *bytes, u32 len)
{
	u32 a = len > 100 ? bytes[0] : 0;

	STEPS(bytes, a = bytes[77])
	return a;
}

static u64 native_word(const u8 *bytes, u32 len)
{
	u32 a = len > 100 ? bytes[0] : 0;

	STEPS(bytes, a = get_u32(bytes + 77))
	return a;
}

static u64 native_word_be(const u8 *bytes, u32 len)
{
	u32 a = len > 100 ? bytes[0] : 0;

	STEPS(bytes, a = get_be32(bytes + 77))
	return a;
}

#define DIRECT                                                                                     \
	"r2 = *(u32 *)(r1 +76)\n r3 = *(u32 *)(r1 +80)\n r0 = 0\n r4 = r2\n r4 += 34\n"            \
	"if r4 > r3 goto out\n"                                                                    \
	"r4 = *(u16 *)(r2 +12)\n if r4 == 0xdd86 goto out\n if r4 != 0x8 goto out\n"               \
	"r4 = *(u8 *)(r2 +23)\n if r4 != 6 goto out\n"                                             \
	"r4 = *(u16 *)(r2 +20)\n if r4 & 0xff1f goto out\n"                                        \
	"r4 = *(u8 *)(r2 +14)\n r4 &= 15\n r4 <<= 2\n r2 += r4\n r4 = r2\n r4 += 18\n"             \
	"if r4 > r3 goto out\n"                                                                    \
	"r4 = *(u16 *)(r2 +14)\n if r4 == 0x5000 goto match\n"                                     \
	"r4 = *(u16 *)(r2 +16)\n if r4 != 0x5000 goto out\n"                                       \
	"match: r0 = 262144\n"
#define CLASSIC                                                                                    \
	"r6 = r1\n r0 = *(u16 *)skb[12]\n if r0 == 0x86dd goto no\n if r0 != 0x800 goto no\n"      \
	"r0 = *(u8 *)skb[23]\n if r0 != 6 goto no\n r0 = *(u16 *)skb[20]\n"                        \
	"if r0 & 0x1fff goto no\n r0 = *(u8 *)skb[14]\n r0 &= 15\n r0 <<= 2\n r7 = r0\n"           \
	"r0 = *(u16 *)skb[r7 + 14]\n if r0 == 80 goto match\n"                                     \
	"r0 = *(u16 *)skb[r7 + 16]\n if r0 != 80 goto no\n"                                        \
	"match: r0 = 262144\n exit\n no: r0 = 0\n"

#define BYTE                                                                                       \
	"r2 = *(u32 *)(r1 +76)\n r3 = *(u32 *)(r1 +80)\n r0 = 0\n r4 = r2\n r4 += 100\n"           \
	"if r4 > r3 goto out\n r0 = *(u8 *)(r2 +0)\n"

/* The chains: 500 of one instruction behind BYTE, or behind two for loads as classic BPF has them. */
#define ROW_CHAIN(name, op, classic_op, k, native)                                                 \
	{ name, NULL, BYTE, op, classic_op, k, false, CHAIN + 2, CHAIN + 8, native }

static const struct bench cases[] = {
	{ "return at once", "", "r0 = 262144\n", NULL, .classic_insns = 1, .insns = 2,
	  .native = native_return },
	{ "tcp and port 80, direct access", "tcp and port 80", DIRECT, NULL, .classic_insns = 13,
	  .insns = 26, .native = native_port },
	{ "the same on UDP", "tcp and port 80", DIRECT, NULL, .udp = true, .classic_insns = 6,
	  .insns = 12, .native = native_port },
	{ "tcp and port 80, packet loads", "tcp and port 80", CLASSIC, NULL, .classic_insns = 13,
	  .insns = 18, .native = native_port },
	ROW_CHAIN("500 additions", "w0 += 77\n", BPF_ALU | BPF_ADD | BPF_K, 77, native_add),
	ROW_CHAIN("500 xor", "w0 ^= 77\n", BPF_ALU | BPF_XOR | BPF_K, 77, native_xor),
	ROW_CHAIN("500 jumps that go on", "if r0 == 77 goto pc+0\n", BPF_JMP | BPF_JEQ | BPF_K, 77,
		  native_jump),
	ROW_CHAIN("500 jumps that jump", "if r0 == 0 goto pc+0\n", BPF_JMP | BPF_JEQ | BPF_K, 0,
		  native_jump),
	ROW_CHAIN("500 packet bytes, direct access", "r0 = *(u8 *)(r2 +77)\n",
		  BPF_LD | BPF_B | BPF_ABS, 77, native_byte),
	ROW_CHAIN("500 packet words, direct access", "r0 = *(u32 *)(r2 +77)\n",
		  BPF_LD | BPF_W | BPF_ABS, 77, native_word),
	{ "500 packet words, packet loads", NULL, "r6 = r1\nr0 = *(u8 *)skb[0]\n",
	  "r0 = *(u32 *)skb[77]\n", BPF_LD | BPF_W | BPF_ABS, 77, false, CHAIN + 2, CHAIN + 3,
	  native_word_be },
};

struct contest {
	const struct bench *bench;
	struct bpf_program classic;
	struct prog *prog;
	struct exec *exec;
	const u8 *bytes;
	u32 len;
	double ns[RUNNERS][TURNS]; /* a run */
	u64 result[RUNNERS];
	int linux_prog;            /* or -errno */
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *ns)
{
	qsort(ns, TURNS, sizeof(*ns), compare_doubles);
	return ns[TURNS / 2];
}

/* An Ethernet frame with TCP or UDP to port 80. */
static void make_packet(u8 *bytes, u32 len, bool udp)
{
	memset(bytes, 0, len);
	put_be16(bytes + 12, 0x800);
	bytes[14] = 0x45;
	bytes[23] = udp ? 17 : 6;
	put_be16(bytes + 34, 40000);
	put_be16(bytes + 36, 80);
}

/* `ldb [0]`, the op again and again, `ret a`. */
static int make_chain(const struct bench *bench, struct bpf_program *out)
{
	u32 count = bench->classic_insns;
	struct classic_insn *insns = calloc(count, sizeof(*insns));

	if (!insns)
		return -ENOMEM;
	insns[0] = (struct classic_insn){ .code = BPF_LD | BPF_B | BPF_ABS };
	for (u32 i = 1; i < count - 1; i++)
		insns[i] = (struct classic_insn){ .code = bench->classic_op, .k = bench->k };
	insns[count - 1] = (struct classic_insn){ .code = BPF_RET | BPF_A };
	out->bf_insns = insns;
	out->bf_len = count;
	return 0;
}

static int make_classic(const struct bench *bench, struct bpf_program *out)
{
	pcap_t *pcap;
	int err;

	if (!bench->expression)
		return make_chain(bench, out);
	pcap = pcap_open_dead(DLT_EN10MB, 262144);
	if (!pcap)
		return -ENOMEM;
	err = pcap_compile(pcap, out, bench->expression, 1, PCAP_NETMASK_UNKNOWN);
	pcap_close(pcap);
	return err ? -EINVAL : 0;
}

static int make_prog(struct engine *engine, const struct bench *bench, struct prog **out)
{
	static struct bpf_insn insns[ROOM];
	static char text[ROOM * 32];
	LOG_ON_STACK(log);
	int count, err;

	snprintf(text, sizeof(text), "%s", bench->text);
	for (u32 i = 0; bench->op && i < CHAIN; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", bench->op);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "out: exit\n");
	count = insn_assemble(text, insns, ROOM, &log);
	err = count < 0 ? count : prog_create(engine, (u32)count, out);
	if (!err) {
		memcpy((*out)->insns, insns, (size_t)count * sizeof(*insns));
		(*out)->type = BPF_PROG_TYPE_SCHED_CLS;
		err = run_prepare(*out, &log);
	}
	if (err)
		fprintf(stderr, "%s: %s", bench->name, log.text);
	return err;
}

static int linux_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long result = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

static int linux_load(const struct prog *prog)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = ptr_u64(prog->insns),
		.insn_cnt = prog->insn_count,
		.license = ptr_u64("Dual BSD/GPL"),
	};

	return linux_bpf(BPF_PROG_LOAD, &attr);
}

/* Nanoseconds a run; a Linux that does not want to is not asked again. */
static double measure_linux(struct contest *c, u32 runs)
{
	union bpf_attr attr = { .test = {
		.prog_fd = (u32)c->linux_prog, .data_in = ptr_u64(c->bytes), .data_size_in = c->len,
		.repeat = runs,
	} };
	int err;

	if (c->linux_prog < 0)
		return 0;
	err = linux_bpf(BPF_PROG_TEST_RUN, &attr);
	if (err < 0) {
		close(c->linux_prog);
		c->linux_prog = err;
		return 0;
	}
	c->result[LINUX_RUNNER] = attr.test.retval;
	return attr.test.duration;
}

static u64 run_once(struct contest *c, u32 runner)
{
	if (runner == CLASSIC_RUNNER)
		return bpf_filter((void *)c->classic.bf_insns, c->bytes, c->len, c->len);
	if (runner == NATIVE_RUNNER)
		return c->bench->native(c->bytes, c->len);
	return run_prog(c->exec, c->prog);
}

static double measure(struct contest *c, u32 runner, u32 runs)
{
	double start = now_ns();
	u64 result = 0;

	for (u32 i = 0; i < runs; i++)
		result = run_once(c, runner);
	c->result[runner] = result;
	return (now_ns() - start) / runs;
}

static void take_turns(struct contest *c)
{
	u32 runs = TURN_INSNS / (c->bench->classic_insns + 8);

	for (u32 turn = 0; turn < TURNS; turn++) {
		for (u32 i = 0; i < RUNNERS; i++) {
			if (i == CHECKED_RUNNER || i == TRUSTED_RUNNER)
				run_set_mode(c->exec, i == CHECKED_RUNNER ? RUN_CHECKED : RUN_TRUSTED);
			c->ns[i][turn] = i == LINUX_RUNNER ? measure_linux(c, runs) : measure(c, i, runs);
		}
	}
}

static int results_differ(const struct contest *c)
{
	u64 checked = c->result[CHECKED_RUNNER];
	bool agree = c->result[TRUSTED_RUNNER] == checked &&
		     c->result[CLASSIC_RUNNER] == (u32)checked &&
		     (u32)c->result[NATIVE_RUNNER] == (u32)checked &&
		     (c->linux_prog < 0 || c->result[LINUX_RUNNER] == (u32)checked);

	if (agree)
		return 0;
	fprintf(stderr, "%s: results differ: libpcap %llx, checked %llx, trusted %llx, C %llx, Linux %llx: "
		"%s\n", c->bench->name, (unsigned long long)c->result[0],
		(unsigned long long)c->result[1], (unsigned long long)c->result[2],
		(unsigned long long)c->result[3], (unsigned long long)c->result[4],
		run_fault(c->exec)->text);
	return -EINVAL;
}

/* Returns 0, 1 when checked mode is slower an instruction, or a negative errno. */
static int report(struct contest *c)
{
	const struct bench *b = c->bench;
	double run[RUNNERS], insn[3];

	if (results_differ(c))
		return -EINVAL;
	for (u32 i = 0; i < RUNNERS; i++)
		run[i] = median(c->ns[i]);
	for (u32 i = 0; i < 3; i++)
		insn[i] = run[i] / (i == CLASSIC_RUNNER ? b->classic_insns : b->insns);
	printf("%-32s %6.2f %6.2f %6.2f %6.2f %6.2f  %7.1f %7.1f %7.1f %7.1f ", b->name, insn[0], insn[1],
	       insn[2], insn[0] / insn[1], insn[0] / insn[2], run[0], run[1], run[2], run[3]);
	if (c->linux_prog < 0)
		printf("%7s\n", "-");
	else
		printf("%7.1f\n", run[LINUX_RUNNER]);
	return insn[1] > insn[0];
}

static int bench_case(struct engine *engine, struct exec *exec, const struct bench *bench,
		      int *linux_err)
{
	struct contest c = { .bench = bench, .exec = exec, .len = 128 };
	u8 bytes[128];
	int err;

	make_packet(bytes, sizeof(bytes), bench->udp);
	c.bytes = bytes;
	err = packet_fill(exec->packet, bytes, sizeof(bytes), true, NULL);
	if (!err)
		err = make_classic(bench, &c.classic);
	if (!err)
		err = make_prog(engine, bench, &c.prog);
	if (!err) {
		c.linux_prog = linux_load(c.prog);
		take_turns(&c);
		err = report(&c);
		if (c.linux_prog >= 0)
			close(c.linux_prog);
		else
			*linux_err = c.linux_prog;
	}
	free(c.classic.bf_insns);
	if (c.prog)
		object_put(&c.prog->object);
	return err;
}

static void print_head(void)
{
	printf("%-32s %20s %13s  %39s\n%-32s %6s %6s %6s %6s %6s  %7s %7s %7s %7s %7s\n", "",
	       "ns an instruction", "times as fast", "ns a run", "", "pcap", "check", "trust", "check",
	       "trust", "pcap", "check", "trust", "C", "Linux");
}

int main(void)
{
	struct engine_config config = { .cpus = 1, .fixed_seed = true, .unverified = true };
	struct engine engine = { 0 };
	struct exec *exec = NULL;
	int err = engine_core_init(&engine, &config), slower = 0, linux_err = 0;

	if (!err)
		err = run_exec_create(&engine, 0, &exec);
	if (!err)
		err = packet_create(256, &exec->packet);
	print_head();
	for (u32 i = 0; !err && i < ARRAY_SIZE(cases); i++) {
		err = bench_case(&engine, exec, &cases[i], &linux_err);
		if (err > 0) {
			slower++;
			err = 0;
		}
	}
	if (linux_err)
		printf("Linux was not asked everything: %s\n", strerror(-linux_err));
	if (slower)
		printf("checked mode is slower an instruction than libpcap in %d rows\n", slower);
	if (exec)
		packet_destroy(exec->packet);
	run_exec_destroy(exec);
	engine_core_fini(&engine);
	if (err)
		fprintf(stderr, "insn_bench: %s\n", strerror(-err));
	return err ? 1 : 0;
}
