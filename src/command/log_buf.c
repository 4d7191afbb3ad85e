// SPDX-License-Identifier: BSD-2-Clause
/* log_buf.c - the log buffer of PROG_LOAD and BTF_LOAD, with Linux's rules for cutting it.
 *
 *   LOG_FIXED set:    the beginning of the text stays       "R3 was ne\0"
 *   LOG_FIXED clear:  the end of it does                    "itten to.\0"
 *
 * The text is in two parts: what is to be said, which is short, and the state log, which is as long
 * as the program deserves. What is said comes first; where only the end of the text fits, it is the
 * end. Memory follows what was written, up to LOG_STATES_MAX, not what the client has room for: a
 * client with a larger buffer gets what there is, and -ENOSPC.
 *
 * log_true_size is what the whole text needs, its 0 byte included; 0 when nothing was said.
 * Observed on Linux 6.18 with buffers of 0 to 4096 bytes and levels 0 to 16.
 */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"

#define LOG_SAID_MAX (256u << 10)
#define LOG_STATES_MAX (16u << 20)
#define LINE_MAX 4096   /* no line is longer */

int log_buf_open(struct call *call, struct log_buf *lb)
{
	bool keep_end = !(lb->level & LOG_FIXED);
	size_t most = min_u64(LOG_STATES_MAX, (u64)lb->size + 1);

	if (!lb->buf != !lb->size || (lb->buf && !lb->level) || lb->level & ~LOG_LEVELS ||
	    lb->size > LOG_SIZE_MAX)
		return log_error(&call->log, -EINVAL,
				 "bpf: log_level %u, log_size %u and log_buf do not fit together",
				 lb->level, lb->size);
	if (log_grow(&lb->log, LOG_SAID_MAX, false))
		return -ENOMEM;
	/* When the end is to be kept, half may be dropped at a time. */
	if (lb->level & ~LOG_FIXED &&
	    log_grow(&lb->states, keep_end ? 2 * most + LINE_MAX : most, keep_end)) {
		free(lb->log.text);
		return -ENOMEM;
	}
	return 0;
}

/* What of the bytes @from .. @from + @len of the text lies in the window of it that the client gets. */
static int write_part(struct call *call, const struct log_buf *lb, const char *text, u64 from,
		      u64 len, u64 window, u64 kept)
{
	u64 begin = max_u64(from, window), end = min_u64(from + len, window + kept);

	if (begin >= end)
		return 0;
	return user_write(call, lb->buf + (begin - window), text + (begin - from), end - begin);
}

/* The text is said, then states; or the other way round. Of states, only the beginning or the end
 * may be there. */
static int write_window(struct call *call, const struct log_buf *lb, bool said_last, u64 window, u64 kept)
{
	const struct log *said = &lb->log, *states = &lb->states;
	u64 said_at = said_last ? states->total : 0, states_at = said_last ? 0 : said->len;
	int err = write_part(call, lb, said->text, said_at, said->len, window, kept);

	if (states->keep_end)
		states_at += states->total - states->len;
	if (!err)
		err = write_part(call, lb, states->text, states_at, states->len, window, kept);
	return err ? err : user_write(call, lb->buf + kept, "", 1);
}

int log_buf_close(struct call *call, struct log_buf *lb, int err)
{
	bool keep_end = !(lb->level & LOG_FIXED);
	u64 len = lb->log.len + lb->states.total, kept;
	int fault = 0;

	if (err < 0)
		log_add(&call->log, "%.*s", (int)strcspn(lb->log.text, "\n"), lb->log.text);
	if (lb->level && lb->buf) {
		kept = min_u64(len, lb->size - 1);
		/* The client's buffer may be larger than what was kept. */
		if (lb->states.cut)
			kept = min_u64(kept, lb->log.len + lb->states.len);
		fault = kept < len ? -ENOSPC : 0;
		if (write_window(call, lb, keep_end && kept < len, keep_end ? len - kept : 0, kept))
			fault = -EFAULT;
	}
	if (lb->level && call_reply(call, lb->true_size_off, len ? (u32)min_u64(len + 1, UINT32_MAX) : 0))
		fault = -EFAULT;
	free(lb->log.text);
	free(lb->states.text);
	return fault ? fault : err;
}
