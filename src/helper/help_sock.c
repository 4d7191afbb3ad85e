// SPDX-License-Identifier: BSD-2-Clause
/* help_sock.c - sockets from inside a program. The engine has none: a lookup finds nothing, no packet has
 * one, and so no program ever has one to give to the others. */
#include <errno.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define UID_NOBODY 65534   /* overflowuid of Linux */

u64 helper_sk_lookup_tcp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_sk_lookup_udp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_skc_lookup_tcp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_get_socket_cookie(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_get_socket_uid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return UID_NOBODY;
}

/* The engine is one network namespace, as the first one of Linux. */
u64 helper_get_netns_cookie(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 1;
}

/* ---- never called, for want of an argument ---- */

u64 helper_sk_release(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_sk_fullsock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_tcp_sock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_get_listener_sock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_sk_assign(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (u64)-EOPNOTSUPP;
}

u64 helper_tcp_check_syncookie(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (u64)-EINVAL;
}

u64 helper_tcp_gen_syncookie(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (u64)-EINVAL;
}
