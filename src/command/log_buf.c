// SPDX-License-Identifier: BSD-2-Clause
/* log_buf.c - the log buffer of PROG_LOAD and BTF_LOAD, with Linux's rules for cutting it.
 *
 *   LOG_FIXED set:    the beginning of the text stays       "R3 was ne\0"
 *   LOG_FIXED clear:  the end of it does                    "itten to.\0"
 *
 * log_true_size is what the whole text needs, its 0 byte included; 0 when nothing was said.
 * Observed on Linux 6.18 with buffers of 0 to 4096 bytes and levels 0 to 16.
 */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"

#define LOG_BUF_ROOM 65536  /* what the engine ever has to say about one program */

int log_buf_open(struct call *call, struct log_buf *lb)
{
	char *text;

	if (!lb->buf != !lb->size || (lb->buf && !lb->level) || lb->level & ~LOG_LEVELS ||
	    lb->size > LOG_SIZE_MAX)
		return log_error(&call->log, -EINVAL,
				 "bpf: log_level %u, log_size %u and log_buf do not fit together",
				 lb->level, lb->size);
	text = malloc(LOG_BUF_ROOM);
	if (!text)
		return -ENOMEM;
	log_init(&lb->log, text, LOG_BUF_ROOM);
	return 0;
}

int log_buf_close(struct call *call, struct log_buf *lb, int err)
{
	u32 len = (u32)lb->log.len, kept;
	const char *from = lb->log.text;
	int fault = 0;

	if (err < 0)
		log_add(&call->log, "%.*s", (int)strcspn(from, "\n"), from);
	if (lb->level && lb->buf) {
		kept = min_u32(len, lb->size - 1);
		fault = kept < len ? -ENOSPC : 0;
		if (!(lb->level & LOG_FIXED))
			from += len - kept;
		if (user_write(call, lb->buf, from, kept) || user_write(call, lb->buf + kept, "", 1))
			fault = -EFAULT;
	}
	if (lb->level && call_reply(call, lb->true_size_off, len ? len + 1 : 0))
		fault = -EFAULT;
	free(lb->log.text);
	return fault ? fault : err;
}
