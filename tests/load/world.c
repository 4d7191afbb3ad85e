// SPDX-License-Identifier: BSD-2-Clause
/* world.c - setting up kernels, and looking into them. */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "world.h"

static const char *wanted_prefix;

static int wanted(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return !strncmp(entry->d_name, wanted_prefix, strlen(wanted_prefix)) && len > 2 &&
	       !strcmp(entry->d_name + len - 2, ".o");
}

char **object_names(const char *prefix)
{
	struct dirent **entries;
	char **names;
	int count;

	wanted_prefix = prefix;
	count = scandir(OBJECTS, &entries, wanted, alphasort);
	if (count <= 0)
		fail_msg("there is no object %s*.o in the build folder", prefix);
	names = calloc((size_t)count + 1, sizeof(*names));
	assert_non_null(names);
	for (int i = 0; i < count; i++) {
		names[i] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return names;
}

void object_names_free(char **names)
{
	for (char **name = names; *name; name++)
		free(*name);
	free(names);
}

const char *object_path(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", OBJECTS, name);
	return path;
}

struct backend *linux_open(const char **why)
{
	struct backend *backend;
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
				.max_entries = 1 };
	int fd;

	*why = "not root: Linux cannot be asked";
	if (geteuid())
		return NULL;
	*why = "no namespaces of our own, or no bpffs in them";
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return NULL;
	*why = "no netlink socket";
	if (backend_kernel_create(&backend))
		return NULL;
	fd = backend_bpf(backend, BPF_MAP_CREATE, &attr, sizeof(attr));
	*why = "Linux does not let us make maps";
	if (fd < 0) {
		backend_destroy(backend);
		return NULL;
	}
	(void)backend_close(backend, fd);
	return backend;
}

struct backend *engine_open(void)
{
	struct backend *backend;

	assert_int_equal(backend_engine_create(NULL, &backend), 0);
	return backend;
}

struct load_object *must_open(const char *name)
{
	struct load_object *object;
	LOG_ON_STACK(log);

	if (load_open(object_path(name), &log, &object))
		fail_msg("%s: %s", name, log.text);
	return object;
}

struct load_prog *must_load(struct load_object *object, struct backend *backend,
			    const char *section, const char *program)
{
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .section = section,
					.program = program };
	struct load_prog *prog;
	LOG_ON_STACK(log);

	if (load_into(object, backend, &options, &log, &prog))
		fail_msg("%s", log.text);
	assert_true(prog->handle >= 0);
	return prog;
}

u32 run(struct backend *backend, int prog, u32 mark)
{
	u8 packet[64] = { [12] = 0x08, [14] = 0x45 };
	struct __sk_buff ctx = { .mark = mark };
	union bpf_attr attr = { .test = { .prog_fd = (u32)prog, .data_in = ptr_u64(packet),
					  .data_size_in = sizeof(packet), .ctx_in = ptr_u64(&ctx),
					  .ctx_size_in = sizeof(ctx), .repeat = 1 } };

	assert_int_equal(backend_bpf(backend, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	return attr.test.retval;
}

void info(struct backend *backend, int handle, void *out, u32 size)
{
	union bpf_attr attr = { .info = { .bpf_fd = (u32)handle, .info_len = size,
					  .info = ptr_u64(out) } };

	assert_int_equal(backend_bpf(backend, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
}

u32 id_in_slot(struct backend *backend, int map, u32 key)
{
	u32 id = 0;
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(&id) };

	return backend_bpf(backend, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) ? 0 : id;
}

bool pinned(struct backend *backend, const char *path)
{
	union bpf_attr attr = { .pathname = ptr_u64(path) };
	int handle = backend_bpf(backend, BPF_OBJ_GET, &attr, sizeof(attr));

	if (handle >= 0)
		(void)backend_close(backend, handle);
	return handle >= 0;
}

static u32 count_ids(struct backend *backend, int cmd)
{
	union bpf_attr attr = { 0 };
	u32 count = 0;

	while (!backend_bpf(backend, cmd, &attr, sizeof(attr))) {
		attr.start_id = attr.next_id;
		count++;
	}
	return count;
}

struct ids ids(struct backend *backend)
{
	return (struct ids){ count_ids(backend, BPF_MAP_GET_NEXT_ID),
			     count_ids(backend, BPF_PROG_GET_NEXT_ID),
			     /* but for the kernel's own types */
			     count_ids(backend, BPF_BTF_GET_NEXT_ID) - 1 };
}

struct proxy {
	struct backend backend;
	struct backend *real;
	int *left;
};

static struct proxy *proxy_of(struct backend *backend)
{
	return container_of(backend, struct proxy, backend);
}

static int proxy_bpf(struct backend *backend, int cmd, union bpf_attr *attr, u32 size)
{
	struct proxy *proxy = proxy_of(backend);

	if (!(*proxy->left)--)
		return -ENOMEM;
	return backend_bpf(proxy->real, cmd, attr, size);
}

static int proxy_close(struct backend *backend, int handle)
{
	return backend_close(proxy_of(backend)->real, handle);
}

static int proxy_path(struct backend *backend, enum backend_path what, char *buf, size_t room)
{
	return backend_path(proxy_of(backend)->real, what, buf, room);
}

static int proxy_unpin(struct backend *backend, const struct caller *caller, const char *path)
{
	struct proxy *proxy = proxy_of(backend);

	--*proxy->left;
	return backend_unpin(proxy->real, path);
}

static const char *proxy_message(struct backend *backend)
{
	return backend_message(proxy_of(backend)->real);
}

static const struct backend_ops proxy_ops = {
	.bpf = proxy_bpf,
	.close = proxy_close,
	.path = proxy_path,
	.unpin = proxy_unpin,
	.message = proxy_message,
};

struct backend *proxy_create(struct backend *real, int *left)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));

	assert_non_null(proxy);
	*proxy = (struct proxy){ { &proxy_ops }, real, left };
	return &proxy->backend;
}
