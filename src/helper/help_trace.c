// SPDX-License-Identifier: BSD-2-Clause
/* help_trace.c - bpf_trace_printk and bpf_trace_vprintk, lines as trace_pipe shows them, and bpf_snprintf.
 *
 * Source: what Linux 6.18 prints and returns (tests/helper/test_trace.c).
 */
#include <errno.h>
#include <stdio.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "helper/format.h"

#define TRACE_ARGS 3
#define TRACE_TEXT 1024       /* MAX_TRACE_PRINTK_BUF */

/* "            comm-pid     [cpu] flags  seconds: bpf_trace_printk: text", the columns of trace_pipe. */
static void trace_line(struct exec *exec, const char *text)
{
	u64 us = engine_now(exec->engine) / 1000;
	char line[TRACE_TEXT + 128];
	int len;

	if (!exec->engine->trace)
		return;
	len = snprintf(line, sizeof(line), "%16s-%-7u [%03u] ..... %5llu.%06llu: bpf_trace_printk: %s\n",
		       "clsbpf", 1 + exec->cpu, exec->cpu, (unsigned long long)(us / 1000000),
		       (unsigned long long)(us % 1000000), text);
	exec->engine->trace(exec->engine->trace_ctx, line, min_u32((u32)len, sizeof(line) - 1));
}

static u64 trace(struct exec *exec, u64 fmt, u32 size, const u64 *args, u32 arg_count)
{
	const char *start = u64_ptr(fmt), *end = memchr(start, 0, size);
	char text[TRACE_TEXT];
	struct format f = { .exec = exec, .fmt = start, .args = args, .arg_count = arg_count, .text = text,
			    .room = sizeof(text) };
	int err;

	if (!end)
		return (u64)-EINVAL;
	f.len = (u32)(end - start);
	err = format_run(&f);
	if (err)
		return (u64)(s64)err;
	trace_line(exec, text);
	return f.out;
}

u64 helper_trace_printk(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u64 args[TRACE_ARGS] = { a3, a4, a5 };

	return trace(exec, a1, (u32)a2, args, TRACE_ARGS);
}

/* What a program gives as arguments: whole numbers of 8 bytes, which need not be aligned. */
static int read_args(u64 data, u32 size, u64 args[FORMAT_ARGS])
{
	if (size % 8 || size > FORMAT_ARGS * 8 || (size && !data))
		return -EINVAL;
	if (size)
		memcpy(args, u64_ptr(data), size);
	return 0;
}

u64 helper_trace_vprintk(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 args[FORMAT_ARGS];
	int err = read_args(a3, (u32)a4, args);

	return err ? (u64)(s64)err : trace(exec, a1, (u32)a2, args, (u32)a4 / 8);
}

u64 helper_snprintf(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 args[FORMAT_ARGS];
	const char *fmt = u64_ptr(a3);
	struct format f = { .exec = exec, .fmt = fmt, .len = (u32)strlen(fmt), .args = args,
			    .arg_count = (u32)a5 / 8, .text = u64_ptr(a1), .room = (u32)a2 };
	int err = a2 && !a1 ? -EINVAL : read_args(a4, (u32)a5, args);

	if (!err)
		err = format_run(&f);
	return err ? (u64)(s64)err : (u64)f.out + 1;
}
