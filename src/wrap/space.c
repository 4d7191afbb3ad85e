// SPDX-License-Identifier: BSD-2-Clause
/* space.c - mount namespaces in which /sys/fs/bpf is the pin root.
 *
 *   host:       /sys/fs/bpf                                    whatever it was
 *   namespace:  /sys/fs/bpf <- tmpfs                           hidden by what is mounted on it:
 *                 .clsbpf/       run directory of the engine
 *                   bpf/         the pin root            <---.
 *               /sys/fs/bpf <- the pin root, once more ------'
 *
 * The command has a copy of it. The file system goes away with the last process in either, however that
 * ends. What the host mounts later is seen, what the command mounts is seen by nobody else. Without
 * privilege a user namespace is needed to have a mount namespace; everybody is himself in there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wrap/parts.h"

/* Of linux/mount.h, which sys/mount.h does not go with. */
#define TREE_CLONE 1
#define MOVE_FROM_FD 0x4
#define MOVE_TO_LINKED 0x10

static int write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = write(fd, word, strlen(word)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int map_ids(uid_t uid, gid_t gid)
{
	char line[64];
	int err = write_word("/proc/self/setgroups", "deny");

	snprintf(line, sizeof(line), "%u %u 1", uid, uid);
	if (!err)
		err = write_word("/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "%u %u 1", gid, gid);
	return err ? err : write_word("/proc/self/gid_map", line);
}

static int enter(bool user)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int err = unshare(CLONE_NEWNS | (user ? CLONE_NEWUSER : 0)) ? -errno : 0;

	if (!err && user)
		err = map_ids(uid, gid);
	if (err)
		return err;
	/* The size is for names alone: a pin has no bytes to speak of. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount("clsbpf", WRAP_PIN_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0700,size=16m") ||
	    mkdir(SPACE_RUNDIR, 0700))
		return -errno;
	return 0;
}

/* A namespace cannot be left: try it in a child first. */
static int enter_tried(bool user)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child)
		_exit(-enter(user) & 0xff);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status) ? -WEXITSTATUS(status) : enter(user);
}

int space_enter(struct space *space, struct log *log)
{
	int err;

	*space = (struct space){ .root = -1 };
	err = enter_tried(false);
	if (err == -EPERM)
		err = enter_tried(true);
	if (err)
		return log_error(log, err, "no mount namespace with a file system at " WRAP_PIN_ROOT
				 ": %s", strerror(-err));
	space->entered = true;
	return 0;
}

int space_show(struct space *space, const char *pins)
{
	struct stat st;

	if (mount(pins, WRAP_PIN_ROOT, NULL, MS_BIND, NULL))
		return -errno;
	space->root = open(WRAP_PIN_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (space->root < 0 || fstat(space->root, &st))
		return -errno;
	space->dev = st.st_dev;
	space->ino = st.st_ino;
	return 0;
}

/* A file that hides the host's. Who is root here could write to it, whatever its mode says. */
static int switch_hide(const char *value)
{
	const u64 flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	static const char file[] = WRAP_PIN_ROOT "/.switch";
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	int err = fd < 0 || dprintf(fd, "%s\n", value) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (!err && mount(file, SPACE_SWITCH, NULL, MS_BIND, NULL))
		err = -errno;
	if (!err && !geteuid() && mount(NULL, SPACE_SWITCH, NULL, flags, NULL))
		err = -errno;
	return err;
}

int space_show_switch(const struct space *space, const char *value)
{
	char host[16] = "";
	int fd = open(SPACE_SWITCH, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, host, sizeof(host) - 1);

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return -errno;
	host[len] = '\0';
	host[strcspn(host, "\n")] = '\0';
	/* A mount in /proc keeps the command from mounting another in a user namespace: only if needed. */
	if (!strcmp(host, value) && access(SPACE_SWITCH, W_OK))
		return 0;
	return space->entered ? switch_hide(value) : strcmp(host, value) ? -EPERM : 0;
}

int space_part(const struct space *space)
{
	return space->entered && unshare(CLONE_NEWNS) ? -errno : 0;
}

/* In a process of its own: the client may live in another mount namespace, and below another root. */
static int mount_there(int tree, int namespace, int root, int cwd, const char *target)
{
	if (setns(namespace, CLONE_NEWNS) || fchdir(root) || chroot(".") || fchdir(cwd))
		return -errno;
	return syscall(__NR_move_mount, tree, "", AT_FDCWD, target, MOVE_FROM_FD | MOVE_TO_LINKED)
	       ? -errno : 0;
}

int space_mount(const struct space *space, pid_t tid, const char *target)
{
	static const char *const what[] = { "ns/mnt", "root", "cwd" };
	int fd[] = { -1, -1, -1 }, tree, err = 0, status;
	char path[CLIENT_PROC_ROOM];
	pid_t child;

	if (space->root < 0)
		return -EPERM;
	tree = (int)syscall(__NR_open_tree, space->root, "", TREE_CLONE | AT_EMPTY_PATH | O_CLOEXEC);
	if (tree < 0)
		return -errno;
	for (u32 i = 0; !err && i < ARRAY_SIZE(what); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", tid, what[i]);
		fd[i] = open(path, O_RDONLY | O_CLOEXEC);
		err = fd[i] < 0 ? -errno : 0;
	}
	/* Not seen by who waits for any child. */
	child = err ? -1 : (pid_t)syscall(__NR_clone, 0, NULL, NULL, NULL, NULL);
	if (!child)
		_exit(-mount_there(tree, fd[0], fd[1], fd[2], target) & 0xff);
	if (!err)
		err = child < 0 ? -errno : waitpid(child, &status, __WCLONE) < 0 ? -errno :
		      WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	for (u32 i = 0; i < ARRAY_SIZE(fd); i++)
		if (fd[i] >= 0)
			close(fd[i]);
	close(tree);
	return err;
}

void space_leave(struct space *space)
{
	if (space->root >= 0)
		close(space->root);
	space->root = -1;
}
