// SPDX-License-Identifier: BSD-2-Clause
/* both.h - the same rtnetlink bytes to Linux and to the engine, and their answers side by side.
 *
 *   bytes -+-> socket in a network namespace of our own -> Linux  -> answer -.
 *          '-> rtnl_request()                           -> engine -> answer -+-> the same?
 *
 * Both sides have lo, v0 (ifindex 2) and v1 (3), a pair, all up, and the same handles for the same
 * things, so that a request is the same bytes on both.
 */
#ifndef CLSBPF_TESTS_BOTH_H
#define CLSBPF_TESTS_BOTH_H

#include "backend/backend.h"
#include "object/fd.h"
#include "wire/msg.h"

enum { LO = 1, V0 = 2, V1 = 3, NO_DEVICE = 9 };

/* Handles: two classifiers, a program of another type, a map, and a number that is none. */
enum { FD_NONE = 150, FD_PASS = 200, FD_DROP, FD_ACTION, FD_MAP, FD_END };

#define ANSWER_ROOM (4u << 20)

struct answer_bytes {
	u8 *bytes;
	size_t len;
};

struct both {
	bool linux_asked;
	const char *why;                /* it is not */
	int socket;
	struct backend *backend;        /* the engine */
	struct client *client;
	u32 id[2][2];                   /* of FD_PASS and FD_DROP on Linux, on the engine */
	struct answer_bytes linux_says, engine_says;
	u32 unsupported;                /* answers "the engine has no ..." where Linux has */
};

/** both_open() - both sides as described above. Linux is left out where it cannot be asked (not
 *  root); then ->why says so. both_renew() - the same again, all state forgotten. */
void both_open(struct both *both);
void both_close(struct both *both);
void both_renew(struct both *both);

/** both_ask() - @len bytes to both; what must differ (port ids, program ids, MAC addresses, what
 *  links have that the engine does not show) is made equal in the answers. */
void both_ask(struct both *both, const void *bytes, size_t len);

/** both_agree() - the answers are the same, or the engine says that it does not have the thing;
 *  otherwise print them under @what. *renew: the sides are not in the same state any more. */
bool both_agree(struct both *both, const char *what, bool *renew);

/** answer_errno() - the errno of the last NLMSG_ERROR or NLMSG_DONE, 0 when there is none. */
int answer_errno(const struct answer_bytes *answer);

/** answer_sentence() - the sentence of the last NLMSG_ERROR or NLMSG_DONE, or "". */
const char *answer_sentence(const struct answer_bytes *answer);

/** answer_print() - the messages as TAP comments. */
void answer_print(const char *who, const struct answer_bytes *answer);

#endif
