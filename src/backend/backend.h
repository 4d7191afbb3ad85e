// SPDX-License-Identifier: BSD-2-Clause
/* backend.h - the seam: the few calls that a loader and a front end need from a kernel.
 *
 * Linux (kernel.c), the engine in this process (engine.c) and the engine in a daemon (remote.c) stand
 * behind the same calls with the same bytes: the literal `union bpf_attr`, the literal rtnetlink
 * message. There is no call to ask which of them it is; a difference is found by trying the feature.
 */
#ifndef CLSBPF_BACKEND_BACKEND_H
#define CLSBPF_BACKEND_BACKEND_H

#include <errno.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/netlink.h>

#include "base/caller.h"
#include "base/log.h"
#include "base/types.h"

struct backend;
struct device;
struct engine;
struct engine_config;

/** backend_sink - receives one netlink message (or one trace line) at a time. A negative return
 *  value ends the call with that error. */
typedef int (*backend_sink)(void *ctx, const void *bytes, size_t len);

enum backend_group { BACKEND_TRACE, BACKEND_RTNL_TC, BACKEND_RTNL_LINK };
enum backend_kind { BACKEND_OBJ_MAP, BACKEND_OBJ_PROG, BACKEND_OBJ_BTF, BACKEND_OBJ_LINK };
/* No paths: BACKEND_RELEASE is the kernel's version, "6.18.0", and BACKEND_UNPRIVILEGED_BPF what
 * kernel.unprivileged_bpf_disabled is, "2". */
enum backend_path {
	BACKEND_PIN_ROOT, BACKEND_TRACE_PIPE, BACKEND_BTF, BACKEND_CONFIG, BACKEND_RELEASE,
	BACKEND_UNPRIVILEGED_BPF
};

/* What a descriptor must be that stands for a handle in another process. */
struct backend_share {
	enum backend_kind kind;
	int memory;    /* a file that gives what mmap(2) of the handle gives; -1: nothing to map */
	int wait;      /* an eventfd, written to when poll(2) would wake; -1: nothing to wait for */
};

struct backend_ops {
	int (*bpf)(struct backend *backend, int cmd, union bpf_attr *attr, u32 size);
	/* NULL: other callers have to make their calls themselves, as on Linux. */
	int (*bpf_for)(struct backend *backend, struct caller *caller, int cmd, u64 attr, u32 size);
	int (*rtnl)(struct backend *backend, const struct nlmsghdr *request, backend_sink sink,
		    void *ctx, struct log *log);
	int (*close)(struct backend *backend, int handle);
	int (*map_memory)(struct backend *backend, int handle, u64 offset, u64 length, int prot,
			  void **out);
	int (*wait)(struct backend *backend, int handle, int timeout_ms);
	int (*share)(struct backend *backend, int handle, struct backend_share *out); /* may be NULL */
	int (*subscribe)(struct backend *backend, enum backend_group group, backend_sink sink,
			 void *ctx);
	int (*path)(struct backend *backend, enum backend_path what, char *buf, size_t room);
	int (*unpin)(struct backend *backend, const struct caller *caller, const char *path);
	const char *(*message)(struct backend *backend);   /* NULL: it never says more than an errno */
	void (*destroy)(struct backend *backend);
};

struct backend {
	const struct backend_ops *ops;
};

/** backend_bpf() - bpf(2). Returns what it returns (a handle where it gives an fd), or -errno. */
static inline int backend_bpf(struct backend *b, int cmd, union bpf_attr *attr, u32 size)
{
	return b->ops->bpf(b, cmd, attr, size);
}

/** backend_bpf_for() - bpf(2) on behalf of @caller: @attr is the address of the attribute in its
 *  memory, and everything in it is meant as it sees it. Returns as backend_bpf(): a handle is a number
 *  of this backend. -EOPNOTSUPP where the kernel is asked by the caller itself. */
static inline int backend_bpf_for(struct backend *b, struct caller *caller, int cmd, u64 attr,
				  u32 size)
{
	return b->ops->bpf_for ? b->ops->bpf_for(b, caller, cmd, attr, size) : -EOPNOTSUPP;
}

/** backend_rtnl() - send one rtnetlink request and give each message of the reply to @sink (NULL:
 *  only the final answer matters). Dumps end by themselves. Returns 0 or -errno of the NLMSG_ERROR;
 *  the sentence of its extended acknowledgement goes to @log. */
static inline int backend_rtnl(struct backend *b, const struct nlmsghdr *request, backend_sink sink,
			       void *ctx, struct log *log)
{
	return b->ops->rtnl(b, request, sink, ctx, log);
}

/** backend_close() - close a handle. */
static inline int backend_close(struct backend *b, int handle) { return b->ops->close(b, handle); }

/** backend_path() - a path of @what, as the front end and bpf(2) commands use it, into @buf.
 *  Returns 0, -ENOENT (there is none) or -ENAMETOOLONG. */
static inline int backend_path(struct backend *b, enum backend_path what, char *buf, size_t room)
{
	return b->ops->path(b, what, buf, room);
}

/** backend_unpin() - take back a name below BACKEND_PIN_ROOT that BPF_OBJ_PIN made, or a directory
 *  that is empty: what remove(3) does in bpffs. There is no bpf(2) command for it.
 *  Returns 0 or -errno. */
static inline int backend_unpin(struct backend *b, const char *path)
{
	return b->ops->unpin(b, NULL, path);
}

/** backend_unpin_for() - the same with the rights of @caller. */
static inline int backend_unpin_for(struct backend *b, const struct caller *caller, const char *path)
{
	return b->ops->unpin(b, caller, path);
}

/** backend_message() - one sentence about why the last bpf() was refused, for commands that have no
 *  log of their own (maps, pins, test runs); "" when there is none, on Linux always. Valid until the
 *  next call. */
static inline const char *backend_message(struct backend *b)
{
	return b->ops->message ? b->ops->message(b) : "";
}

/** backend_map_memory() - mmap(2), MAP_SHARED with @prot, of the memory of a map: an array with
 *  BPF_F_MMAPABLE, a ring buffer. munmap() it.
 *  Returns 0, or -errno as Linux; -ENODEV for a handle that is no map. */
static inline int backend_map_memory(struct backend *b, int handle, u64 offset, u64 length, int prot,
				     void **out)
{
	return b->ops->map_memory(b, handle, offset, length, prot, out);
}

/** backend_share() - what another process needs to have of @handle: new descriptors, the caller's to
 *  close. They outlive the handle.
 *  The memory can be mapped as the handle can: at the same offsets, to write or not. What is more
 *  than Linux allows: the producer's pages of a ring buffer can be written (ringbuf.c).
 *  The eventfd counts up and belongs to all who wait for the map: it is never read, and watched with
 *  EPOLLET. What poll(2) says at a moment is backend_wait() with a timeout of 0.
 *  Returns 0; -EBADF; -EOPNOTSUPP where handles are descriptors anyhow. */
static inline int backend_share(struct backend *b, int handle, struct backend_share *out)
{
	return b->ops->share ? b->ops->share(b, handle, out) : -EOPNOTSUPP;
}

/** backend_wait() - until @handle can be read, as poll(2): a ring buffer with records; what is no map
 *  always can. With a daemon, -1 for @handle: until it has said something to one who subscribed.
 *  Returns 1; 0 after @timeout_ms (-1: never); -EINTR; -EOPNOTSUPP for maps that never can; -EBADF. */
static inline int backend_wait(struct backend *b, int handle, int timeout_ms)
{
	return b->ops->wait(b, handle, timeout_ms);
}

/** backend_subscribe() - from now on what @group says goes to @sink; NULL ends it. An engine in this
 *  process calls it from the thread that causes it; with a daemon it is called during the calls of this
 *  backend, backend_wait() among them, and must not call the backend; what nobody reads in time is
 *  lost. Returns 0 or -EOPNOTSUPP. */
static inline int backend_subscribe(struct backend *b, enum backend_group group, backend_sink sink,
				    void *ctx)
{
	return b->ops->subscribe(b, group, sink, ctx);
}

/** backend_destroy() - close everything that is still open and free the backend. */
static inline void backend_destroy(struct backend *b)
{
	if (b)
		b->ops->destroy(b);
}

/** backend_kernel_create() - Linux. Returns 0 or -errno (no netlink socket). */
must_check int backend_kernel_create(struct backend **out);

/** backend_engine_create() - a new engine in this process, with one client: the caller.
 *  @config may be NULL. Returns 0 or -ENOMEM. */
must_check int backend_engine_create(const struct engine_config *config, struct backend **out);

/** backend_engine_client() - another client of the engine behind @engine: a table of handles and a
 *  turn of its own. The engine lives until the last of its backends is destroyed.
 *  Returns 0, -EOPNOTSUPP (not in this process) or -ENOMEM. */
must_check int backend_engine_client(struct backend *engine, struct backend **out);

/** backend_remote_create() - the engine of the daemon that listens at @path, as a client of its own.
 *  Returns 0 or -errno with a sentence: -ENOENT, -ECONNREFUSED (nobody listens), -EACCES, -EAGAIN (too
 *  many clients), -EPROTONOSUPPORT (another version), -EPERM (a daemon of somebody else). */
must_check int backend_remote_create(const char *path, struct log *log, struct backend **out);

/** backend_remote_attach() - the same over a connected socket, which it takes over. */
must_check int backend_remote_attach(int fd, struct log *log, struct backend **out);

/** backend_engine_rights() - what the client @backend of an engine in this process may do from now on in
 *  calls of its own: enum rights, all of them at first. */
void backend_engine_rights(struct backend *backend, u32 rights);

/** backend_engine() - the engine behind @backend, for the datapath verbs that feed packets to its
 *  devices; NULL when it is not in this process. */
struct engine *backend_engine(struct backend *backend);

#endif
