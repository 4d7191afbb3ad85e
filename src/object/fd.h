// SPDX-License-Identifier: BSD-2-Clause
/* fd.h - the file table of one client of an engine.
 *
 * A handle is a number in the client's own table, so a lookup costs an index and not a system
 * call. Handles start at 3, so that 0, which bpf(2) attributes use for "none", is never one.
 * A client may use its table from several threads.
 */
#ifndef CLSBPF_OBJECT_FD_H
#define CLSBPF_OBJECT_FD_H

#include <pthread.h>

#include "base/caller.h"
#include "object/engine.h"
#include "object/object.h"

struct client {
	struct engine *engine;
	struct reclaim_slot *slot;   /* read sections of bpf(2) calls; guarded by the caller of bpf() */
	pthread_mutex_t lock;
	struct object **handle;      /* [fd - FD_FIRST], NULL where free */
	u32 *access;                 /* BPF_F_RDONLY, BPF_F_WRONLY of each handle */
	u32 room, lowest;            /* no handle below `lowest` is free */
	u32 rights;                  /* enum rights; of calls without a caller */
	u32 uid;
	struct caller *caller;       /* of the call in progress; NULL: this process */
	char message[256];           /* why the last call was refused, for calls that have no log */
};

#define FD_FIRST 3
#define FD_MAX (1u << 20)

/** client_create() - a new, empty file table. Returns 0 or -ENOMEM. */
must_check int client_create(struct engine *engine, struct client **out);

/** client_destroy() - close every handle and free the table. */
void client_destroy(struct client *client);

/** fd_install() - a new handle, the lowest free one, for @object, taking over one user reference.
 *  @access: 0, BPF_F_RDONLY or BPF_F_WRONLY. Returns the handle, -EMFILE or -ENOMEM; on an error
 *  the reference stays the caller's. */
must_check int fd_install(struct client *client, struct object *object, u32 access);

/** fd_translate() - the number in the table for what the caller of the moment calls @fd; negative when
 *  there is none. May ask the caller: not inside a read section. */
s64 fd_translate(const struct client *client, s64 fd);

/** fd_get() - the object behind the caller's @fd with one more reference (object_put()), if it is a
 *  @kind. @access (may be NULL): the handle's access flags. Not inside a read section.
 *  Returns 0, -EBADF (no such handle) or -EINVAL (another kind), as Linux does. */
must_check int fd_get(struct client *client, s64 fd, enum object_kind kind, struct object **out,
		      u32 *access);

/** fd_get_own() - the same for a number of the table itself, as fd_translate() gives it. */
must_check int fd_get_own(struct client *client, s64 handle, enum object_kind kind,
			  struct object **out, u32 *access);

/** fd_get_any() - fd_get() for any kind: -EINVAL when it is none of ours. */
must_check int fd_get_any(struct client *client, s64 fd, struct object **out);

/** fd_close() - drop a handle. Returns 0 or -EBADF. */
must_check int fd_close(struct client *client, s64 fd);

#endif
