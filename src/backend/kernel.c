// SPDX-License-Identifier: BSD-2-Clause
/* kernel.c - Linux behind the seam. That there is so little here is the point of the seam. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/reply.h"

#define KERNEL_ROOM 65536      /* bytes of one netlink datagram; Linux fills 32 KiB at most */

struct kernel {
	struct backend backend;
	struct mnl_socket *socket;
	u32 seq;
	u8 buf[KERNEL_ROOM] __attribute__((aligned(8)));
};

static struct kernel *kernel_of(struct backend *backend)
{
	return container_of(backend, struct kernel, backend);
}

static int kernel_bpf(struct backend *backend, int cmd, union bpf_attr *attr, u32 size)
{
	long ret = syscall(SYS_bpf, cmd, attr, size);

	return ret < 0 ? -errno : (int)ret;
}

static int kernel_receive(struct kernel *kernel, struct reply *reply)
{
	int err = 0;

	while (!err && !reply->done) {
		ssize_t n = mnl_socket_recvfrom(kernel->socket, kernel->buf, sizeof(kernel->buf));

		if (n < 0 && errno == EINTR)
			continue;
		err = n < 0 ? -errno : reply_take(reply, kernel->buf, (size_t)n);
	}
	return err ? err : reply->err;
}

static int kernel_rtnl(struct backend *backend, const struct nlmsghdr *request, backend_sink sink,
		       void *ctx, struct log *log)
{
	struct kernel *kernel = kernel_of(backend);
	struct reply reply = { .seq = ++kernel->seq, .sink = sink, .ctx = ctx, .log = log };
	struct nlmsghdr *copy;
	int err = reply_request(request, reply.seq, &copy);

	if (err)
		return err;
	if (mnl_socket_sendto(kernel->socket, copy, copy->nlmsg_len) < 0)
		err = -errno;
	free(copy);
	return err ? err : kernel_receive(kernel, &reply);
}

static int kernel_close(struct backend *backend, int handle)
{
	return close(handle) ? -errno : 0;
}

static int kernel_map_memory(struct backend *backend, int handle, u64 offset, u64 length, int prot,
			     void **out)
{
	void *memory = mmap(NULL, length, prot, MAP_SHARED, handle, (off_t)offset);

	if (memory == MAP_FAILED)
		return -errno;
	*out = memory;
	return 0;
}

static int kernel_wait(struct backend *backend, int handle, int timeout_ms)
{
	struct pollfd waiting = { .fd = handle, .events = POLLIN };
	int ret = poll(&waiting, 1, timeout_ms);

	if (ret < 0)
		return -errno;
	if (waiting.revents & POLLNVAL)
		return -EBADF;
	return waiting.revents & POLLERR ? -EOPNOTSUPP : ret;
}

static int kernel_subscribe(struct backend *backend, enum backend_group group, backend_sink sink,
			    void *ctx)
{
	return -EOPNOTSUPP;
}

/* The first word of a file. */
static bool read_word(const char *path, char *word, size_t room)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(word, (int)room, file);

	if (file)
		fclose(file);
	if (read)
		word[strcspn(word, " \t\n")] = '\0';
	return read;
}

static int kernel_path(struct backend *backend, enum backend_path what, char *buf, size_t room)
{
	char config[sizeof("/boot/config-") + sizeof(((struct utsname *)0)->release)];
	const char *path = NULL;
	struct utsname name;
	char word[16];

	(void)uname(&name);
	switch (what) {
	case BACKEND_PIN_ROOT:
		path = "/sys/fs/bpf";
		break;
	case BACKEND_TRACE_PIPE:
		path = !access("/sys/kernel/tracing/trace_pipe", F_OK)
		       ? "/sys/kernel/tracing/trace_pipe" : "/sys/kernel/debug/tracing/trace_pipe";
		break;
	case BACKEND_BTF:
		path = "/sys/kernel/btf/vmlinux";
		break;
	case BACKEND_CONFIG:
		snprintf(config, sizeof(config), "/boot/config-%s", name.release);
		path = !access(config, R_OK) ? config : "/proc/config.gz";
		break;
	case BACKEND_RELEASE:
		path = name.release;
		break;
	case BACKEND_UNPRIVILEGED_BPF:
		if (!read_word("/proc/sys/kernel/unprivileged_bpf_disabled", word, sizeof(word)))
			return -ENOENT;
		path = word;
		break;
	}
	if (strlen(path) >= room)
		return -ENAMETOOLONG;
	memcpy(buf, path, strlen(path) + 1);
	return 0;
}

static int kernel_unpin(struct backend *backend, const struct caller *caller, const char *path)
{
	return caller ? -EOPNOTSUPP : remove(path) ? -errno : 0;
}

static void kernel_destroy(struct backend *backend)
{
	struct kernel *kernel = kernel_of(backend);

	if (kernel->socket)
		mnl_socket_close(kernel->socket);
	free(kernel);
}

static const struct backend_ops kernel_ops = {
	.bpf = kernel_bpf,
	.rtnl = kernel_rtnl,
	.close = kernel_close,
	.map_memory = kernel_map_memory,
	.wait = kernel_wait,
	.subscribe = kernel_subscribe,
	.path = kernel_path,
	.unpin = kernel_unpin,
	.destroy = kernel_destroy,
};

/* Sentences with errors, checked dump requests, errors without the whole request in them. A kernel
 * that lacks one of them is only less helpful. */
static void kernel_options(struct mnl_socket *socket)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_CAP_ACK };
	int on = 1;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		(void)mnl_socket_setsockopt(socket, options[i], &on, sizeof(on));
}

int backend_kernel_create(struct backend **out)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int err;

	if (!kernel)
		return -ENOMEM;
	kernel->backend.ops = &kernel_ops;
	kernel->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!kernel->socket || mnl_socket_bind(kernel->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		kernel_destroy(&kernel->backend);
		return err;
	}
	kernel_options(kernel->socket);
	*out = &kernel->backend;
	return 0;
}
