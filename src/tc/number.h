// SPDX-License-Identifier: BSD-2-Clause
/* number.h - the numbers of tc's command line: handles, classids, counts. Pure. */
#ifndef CLSBPF_TC_NUMBER_H
#define CLSBPF_TC_NUMBER_H

#include "base/types.h"

#define NUMBER_ROOM 16     /* of "ffff:ffff", NUL included */

/** number_u32() - a whole word in C notation, up to @max. Returns 0 or -EINVAL. */
must_check int number_u32(const char *word, u32 max, u32 *out);

/** number_qdisc() - "MAJOR:" in hexadecimal, or "none". As in tc the colon may be missing, and what
 *  follows it does not count. Returns 0 or -EINVAL. */
must_check int number_qdisc(const char *word, u32 *out);

/** number_classid() - "MAJOR:MINOR" in hexadecimal with either half left out, one number for both,
 *  "root" or "none". Returns 0 or -EINVAL: also for what does not fit, where tc drops the upper bits
 *  of a single number. */
must_check int number_classid(const char *word, u32 *out);

/** number_classid_text() - the reverse, in @buf. Returns @buf. */
const char *number_classid_text(u32 classid, char buf[NUMBER_ROOM]);

#endif
