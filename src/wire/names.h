// SPDX-License-Identifier: BSD-2-Clause
/* names.h - the names of numbers on the wire, as tc writes them. The names are in names.def. */
#ifndef CLSBPF_WIRE_NAMES_H
#define CLSBPF_WIRE_NAMES_H

#include "base/types.h"

#define NAMES_ROOM 16      /* of the longest name or number in brackets, NUL included */

/** names_protocol() - the name of @protocol (host byte order), or its decimal number in brackets as
 *  tc shows unnamed ones ("[4660]"), in @buf. Returns @buf. */
const char *names_protocol(u16 protocol, char buf[NAMES_ROOM]);

/** names_protocol_parse() - a name (in any case) or a number (C notation) to host byte order.
 *  Returns 0 or -EINVAL. */
must_check int names_protocol_parse(const char *word, u16 *out);

#endif
