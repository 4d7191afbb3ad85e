// SPDX-License-Identifier: BSD-2-Clause
/* core_kernel.c - where the kernel's types come from. A file is asked first: Linux gives it to
 * everybody, the BTF behind an id only to those who may list ids. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/core.h"

#define TYPES_MAX (256u << 20)   /* bytes; Linux has 6 MiB of them */
#define STEPS_MAX (1u << 27)     /* a few seconds; one name among Linux's types takes 10,000 */

struct kernel_types {
	struct btf_view view;
	u8 *data;
};

static int read_file(const char *path, u8 **out, u32 *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		err = -errno;
	else if (status.st_size <= 0 || status.st_size > TYPES_MAX)
		err = -EFBIG;
	*size = err ? 0 : (u32)status.st_size;
	*out = err ? NULL : malloc(*size);
	if (!err)
		err = *out ? load_read(fd, *out, *size) : -ENOMEM;
	close(fd);
	if (err)
		free(*out);
	return err;
}

static int ask_info(struct backend *backend, int handle, struct bpf_btf_info *info)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)handle;
	attr.info.info_len = sizeof(*info);
	attr.info.info = ptr_u64(info);
	return backend_bpf(backend, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

/* The bytes of BTF @handle if it is the kernel's own; -ENOENT if not. */
static int read_vmlinux(struct backend *backend, int handle, u8 **out, u32 *size)
{
	char name[16] = "";
	struct bpf_btf_info info = { .name = ptr_u64(name), .name_len = sizeof(name) };
	int err = ask_info(backend, handle, &info);

	if (err && err != -ENOSPC)
		return err;
	if (err || !info.kernel_btf || strcmp(name, "vmlinux") || info.btf_size > TYPES_MAX)
		return -ENOENT;
	*size = info.btf_size;
	*out = malloc(*size);
	if (!*out)
		return -ENOMEM;
	info = (struct bpf_btf_info){ .btf = ptr_u64(*out), .btf_size = *size };
	err = ask_info(backend, handle, &info);
	if (!err && info.btf_size != *size)
		err = -EIO;
	if (err)
		free(*out);
	return err;
}

static int read_by_id(struct backend *backend, u8 **out, u32 *size)
{
	union bpf_attr attr;
	int err = -ENOENT;

	memset(&attr, 0, sizeof(attr));
	while (err == -ENOENT) {
		union bpf_attr open;
		int handle;

		err = backend_bpf(backend, BPF_BTF_GET_NEXT_ID, &attr, sizeof(attr));
		if (err)
			break;
		memset(&open, 0, sizeof(open));
		open.btf_id = attr.start_id = attr.next_id;
		handle = backend_bpf(backend, BPF_BTF_GET_FD_BY_ID, &open, sizeof(open));
		err = handle < 0 ? handle : read_vmlinux(backend, handle, out, size);
		if (handle >= 0)
			(void)backend_close(backend, handle);
	}
	return err;
}

static int index_types(struct kernel_types *types, u32 size, struct log *log)
{
	int more = btf_view_open(&types->view, types->data, size, log);

	if (more)
		return more;
	while ((more = btf_view_next(&types->view, log)) > 0)
		;
	return more;
}

int core_kernel_types(struct load_object *object, struct backend *backend, struct log *log,
		      const struct btf_view **out)
{
	struct load_file *file = object->file;
	char path[PATH_MAX];
	u32 size = 0;
	int err;

	if (!file->kernel) {
		struct kernel_types *types = calloc(1, sizeof(*types));

		if (!types)
			return -ENOMEM;
		err = backend_path(backend, BACKEND_BTF, path, sizeof(path));
		if (!err)
			err = read_file(path, &types->data, &size);
		if (err)
			err = read_by_id(backend, &types->data, &size);
		if (err) {
			free(types);
			return log_error(log, err,
					 "%s: the kernel's types are needed, and cannot be read: %s",
					 object->path, strerror(-err));
		}
		file->kernel = types;
		file->core_steps = STEPS_MAX;
		err = index_types(types, size, log);
		if (err) {
			core_kernel_free(file);
			return log_error(log, err, "%s: the kernel's BTF is damaged", object->path);
		}
	}
	*out = &file->kernel->view;
	return 0;
}

void core_kernel_free(struct load_file *file)
{
	if (!file->kernel)
		return;
	btf_view_close(&file->kernel->view);
	free(file->kernel->data);
	free(file->kernel);
	file->kernel = NULL;
}
