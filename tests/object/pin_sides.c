// SPDX-License-Identifier: BSD-2-Clause
/* pin_sides.c - the same steps in a tree in memory, in a run directory, and in a bpffs of Linux that
 * nobody else sees. */
#include "pin_sides.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const op_names[] = { "pin", "get", "drop", "mkdir", "rename", "link", "symlink",
					"chmod", "chown" };

static int linux_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static u32 linux_id(int fd)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = sizeof(info),
					  .info = ptr_u64(&info) } };

	return linux_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : info.id;
}

static int linux_open(struct side *side, const char **why)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
				.max_entries = 1 };

	*why = "not root: Linux cannot be asked";
	if (geteuid())
		return 1;
	*why = "no bpf file system of our own";
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", PIN_ROOT, "bpf", 0, NULL) || chmod(PIN_ROOT, 0700))
		return 1;
	*why = "Linux does not let us make maps";
	for (u32 i = 0; i < 2; i++) {
		side->fds[i] = linux_bpf(BPF_MAP_CREATE, &attr);
		if (side->fds[i] < 0)
			return 1;
	}
	return 0;
}

int side_open(struct side *side, u32 kind, const char *tmp, const char **why)
{
	struct engine_config config = { 0 };

	memset(side, 0, sizeof(*side));
	side->kind = kind;
	if (kind == LINUX)
		return linux_open(side, why);
	if (kind == DIRECTORY) {
		snprintf(side->rundir, sizeof(side->rundir), "%s/test_pin.XXXXXX", tmp);
		config.rundir = mkdtemp(side->rundir);
		assert_non_null(config.rundir);
	}
	assert_int_equal(engine_core_init(&side->engine, &config), 0);
	for (u32 i = 0; i < 2; i++) {
		struct prog *prog;

		assert_int_equal(prog_create(&side->engine, 2, &prog), 0);
		assert_int_equal(object_publish(&prog->object), 0);
		side->objects[i] = &prog->object;
	}
	return 0;
}

bool side_close(struct side *side)
{
	char path[128];
	bool gone = true;

	if (side->kind == LINUX) {
		close(side->fds[0]);
		close(side->fds[1]);
		return !umount2(PIN_ROOT, MNT_DETACH);
	}
	object_put_user(side->objects[0]);
	object_put_user(side->objects[1]);
	engine_core_fini(&side->engine);
	if (side->kind == DIRECTORY) {
		snprintf(path, sizeof(path), "%s/lock", side->rundir);
		gone &= !unlink(path);
		snprintf(path, sizeof(path), "%s/bpf", side->rundir);
		gone &= !rmdir(path);
		gone &= !rmdir(side->rundir);
	}
	return gone;
}

void side_path(const struct side *side, const char *path, char out[512])
{
	const char *below = strncmp(path, PIN_ROOT, strlen(PIN_ROOT)) ? NULL : path + strlen(PIN_ROOT);

	if (side->kind == LINUX || !below)
		snprintf(out, 512, "%s", path);
	else
		snprintf(out, 512, "%s/bpf%s", side->rundir, below);
}

static int file_op(const struct side *side, const struct row *row)
{
	char path[512], to[512] = "";

	side_path(side, row->path, path);
	if (row->to)
		side_path(side, row->to, to);
	switch (row->op) {
	case MKDIR:
		return mkdir(path, row->arg ? row->arg : 0700) ? -errno : 0;
	case RENAME:
		return rename(path, to) ? -errno : 0;
	case LINK:
		return link(path, to) ? -errno : 0;
	case SYMLINK:
		return symlink(row->to, path) ? -errno : 0;
	case CHMOD:
		return chmod(path, row->arg) ? -errno : 0;
	case CHOWN:
		return chown(path, row->arg, row->arg) ? -errno : 0;
	case PIN: case GET: case DROP:
		break;
	}
	return -EINVAL;
}

static int linux_op(const struct side *side, const struct row *row)
{
	union bpf_attr attr = { .pathname = ptr_u64(row->path), .file_flags = row->access };
	int fd;

	if (row->op == DROP)
		return remove(row->path) ? -errno : 0;
	if (row->op == PIN) {
		attr.bpf_fd = (u32)side->fds[row->arg];
		return linux_bpf(BPF_OBJ_PIN, &attr);
	}
	fd = linux_bpf(BPF_OBJ_GET, &attr);
	if (fd < 0)
		return fd;
	/* Another number than any error: the wrong object. */
	if (!row->who && linux_id(fd) != linux_id(side->fds[row->arg])) {
		close(fd);
		return 1;
	}
	close(fd);
	return 0;
}

/* The rest of this process is @who, with CAP_BPF alone. */
static void become(enum who who)
{
	u32 uid = who == NOBODY ? ID_NOBODY : ID_MATE;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	u32 bpf = 1u << (CAP_BPF - 32);

	data[1].effective = data[1].permitted = bpf;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || syscall(SYS_setgroups, 0, NULL) ||
	    syscall(SYS_setresgid, ID_NOBODY, ID_NOBODY, ID_NOBODY) ||
	    syscall(SYS_setresuid, uid, uid, uid) || syscall(SYS_capset, &header, data))
		_exit(255);
}

static int linux_op_as(const struct side *side, const struct row *row)
{
	int status;
	pid_t child = fork();

	if (!child) {
		become(row->who);
		_exit(-linux_op(side, row) & 0xff);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static int engine_op(struct side *side, const struct row *row)
{
	const struct pin_caller who = { row->who == MATE ? ID_MATE : ID_NOBODY, ID_NOBODY, false };
	const struct pin_caller *caller = row->who ? &who : NULL;
	struct object *found;
	int err;

	if (row->op == PIN)
		return pin_object(&side->engine, caller, row->path, side->objects[row->arg], NULL);
	if (row->op == DROP)
		return pin_unlink(&side->engine, caller, row->path);
	err = pin_find(&side->engine, caller, row->path, row->access, &found);
	if (err)
		return err;
	err = found != side->objects[row->arg];
	object_put_user(found);
	return err;
}

static int do_row(struct side *side, const struct row *row)
{
	if (row->op > DROP)
		return file_op(side, row);
	if (side->kind != LINUX)
		return engine_op(side, row);
	return row->who ? linux_op_as(side, row) : linux_op(side, row);
}

void side_rows(struct side *side, const char *table, const struct row *rows, size_t count, u32 sides)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		int err;

		if (!((row->sides ? row->sides : sides) & side->kind))
			continue;
		err = do_row(side, row);
		if (err != row->err)
			fail_msg("%s, row %zu: %s %.80s: %d, expected %d", table, i, op_names[row->op],
				 row->path, err, row->err);
	}
}
