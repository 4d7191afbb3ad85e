// SPDX-License-Identifier: BSD-2-Clause
/* parts.h - what the files of wrap/ share; everybody else includes wrap.h.
 *
 *   start.c        namespace, engine, the child, and the end
 *     space.c        the mount namespace in which /sys/fs/bpf is the pin root
 *     filter.c       which system calls stop
 *   supervisor.c   the loop: notifications, last closes, signals
 *     on_bpf.c       bpf(2)
 *     on_files.c     readlink, statfs, mount, epoll_ctl as clients of bpf(2) use them
 *   client.c       whoever made the call: memory, descriptors, rights (struct caller)
 *   paths.c        from a client's path to a name below the pin root
 *   places.c       descriptors in clients that stand for handles
 *
 * Threads: one answers, one waits for last closes, and the first one for signals and the end.
 */
#ifndef CLSBPF_WRAP_PARTS_H
#define CLSBPF_WRAP_PARTS_H

#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "backend/backend.h"
#include "base/list.h"
#include "wrap/wrap.h"

#define WRAP_PIN_ROOT "/sys/fs/bpf"

/* ---- space.c ---- */

struct space {
	int root;          /* the pin root as clients see it; -1: pins are no files here */
	u64 dev, ino;      /* of it */
	bool entered;      /* in a mount namespace with room for a run directory */
};

#define SPACE_RUNDIR WRAP_PIN_ROOT "/.clsbpf"

/** space_enter() - move this process, which has one thread, into a mount namespace of its own (and a
 *  user namespace, if it takes one) with a file system at /sys/fs/bpf that goes away with it, and
 *  SPACE_RUNDIR in there. Returns 0, or -errno with a sentence: then nothing has changed. */
must_check int space_enter(struct space *space, struct log *log);

/** space_show() - make the directory @pins what /sys/fs/bpf is. Returns 0 or -errno. */
must_check int space_show(struct space *space, const char *pins);

/** space_show_switch() - make the command read @value in SPACE_SWITCH, and write nothing there. To be
 *  called before space_show(). Nothing is done where the host's file does the same. Returns 0 or -errno. */
#define SPACE_SWITCH "/proc/sys/kernel/unprivileged_bpf_disabled"
must_check int space_show_switch(const struct space *space, const char *value);

/** space_part() - for the command: mounts as they are, and none of what it mounts from here on is in the
 *  way of who answers it, above all not another /proc. Returns 0 or -errno. */
must_check int space_part(const struct space *space);

/** space_mount() - mount the pin root on @target as the process @tid sees it.
 *  Returns 0, -EPERM (there are no files) or -errno of mount(2). */
must_check int space_mount(const struct space *space, pid_t tid, const char *target);

void space_leave(struct space *space);

/* ---- filter.c ---- */

/** filter_install() - for this process and whatever it becomes. No privilege can be gained from here
 *  on. Returns the descriptor that calls are answered through, or -errno. */
must_check int filter_install(void);

/* ---- places.c ---- */

/* A descriptor in clients, found by its file's inode, stands for a handle. It is one end of a socket
 * pair, whose hang-up at our end is the last close of the other, or, where there is memory to map, a
 * memfd, with a lock that goes away with the last close. */
struct place {
	struct list link;          /* in its bucket */
	u64 dev, ino;
	int handle;                /* of the backend */
	enum backend_kind kind;
	int end;                   /* ours of the pair; -1: it is a memfd, */
	int memory, wait;          /* and these are its descriptors here */
	int watch;                 /* inotify's number of it */
	struct list epolls;        /* struct place_epoll: where clients wait for it, the oldest first */
	u32 epoll_count;
};

struct place_epoll {
	struct list link;
	int fd;
};

struct places {
	struct backend *backend;
	struct list *bucket;
	u32 buckets, count;
	int closes;                /* epoll: something was closed for the last time, perhaps */
	int inotify;               /* the same for memfds; -1 as long as there are none */
};

must_check int places_init(struct places *places, struct backend *backend);
void places_fini(struct places *places);

/** places_find() - what a descriptor stands for whose file is @st, or NULL. */
struct place *places_find(const struct places *places, const struct stat *st);

/** places_sweep() - close the handles whose last descriptor was closed. */
void places_sweep(struct places *places);

/** places_give() - a new descriptor for @handle in the process that made call @id of @listener, which
 *  is the answer to that call. The handle is closed with it, or at once if the call cannot be answered.
 *  Returns 0 (answered, or nobody waits any more) or a negative errno to answer with. */
must_check int places_give(struct places *places, int listener, u64 id, int handle);

/** place_epoll_ctl() - epoll_ctl(2) of a client's epoll instance (@epoll, taken over) for a place that
 *  can be waited for. Returns 0 or -errno. */
struct epoll_event;
must_check int place_epoll_ctl(struct place *place, int epoll, int op, struct epoll_event *event);

/* ---- supervisor.c ---- */

/* Where a thread's last call on an element had its key: likely where the next one has it. */
struct guess {
	pid_t tid;
	u64 key;
	u32 len;
};

#define GUESSES 64
#define AHEAD_ROOM 256

struct wrap {
	const struct wrap_config *config;
	struct backend *backend;
	struct space space;
	struct places places;
	int listener, signals;
	pthread_mutex_t lock;      /* of everything above: held while a call is answered */
	struct guess guess[GUESSES];   /* by the last bits of tid */
	u64 user_ns;               /* inode of our user namespace */
	bool capable;              /* this process has CAP_BPF: clients have what they have */
	struct rlimit files;       /* of the command: RLIMIT_NOFILE */
	pid_t child;
	bool ended;                /* the command, with */
	int status;                /* this */
};

/** supervise() - answer until the command and its descendants have ended. Returns 0 or -errno. */
must_check int supervise(struct wrap *wrap);

/* ---- client.c ---- */

/* One call of a client. */
struct notice {
	struct caller caller;
	struct wrap *wrap;
	u64 id;
	pid_t tid;
	const u64 *args;
	/* Two pieces of the client's memory that were read with one system call. */
	struct {
		u64 from;
		u32 len;
		u8 bytes[AHEAD_ROOM];
	} ahead[2];
	bool guesses;              /* a read that is not in there is the next guess */
	bool only_looks;           /* its answer, and what it writes, is all that it changes */
};

/* Instead of an answer: */
#define LET_THROUGH INT64_MIN       /* Linux shall do it */
#define ANSWERED (INT64_MIN + 1)    /* it was sent already */

extern const struct caller_ops client_ops;

/** client_waits() - is the call still waiting for an answer? If not, what was read with its @tid may
 *  have been another process'. */
bool client_waits(const struct notice *notice);

must_check int client_read(struct notice *notice, void *to, u64 from, u64 len);

/** client_read_ahead() - read an attribute, and with it what was the key last time. */
void client_read_ahead(struct notice *notice, u64 attr, u32 size);

must_check int client_write(const struct notice *notice, u64 to, const void *from, u64 len);

/** client_string() - a text with its end. Returns its length, -EFAULT, -ENAMETOOLONG or -EINTR. */
must_check int client_string(struct notice *notice, char *to, u64 from, u32 room);

/** client_proc() - "/proc/TID/@what" into @path. */
#define CLIENT_PROC_ROOM 64
void client_proc(const struct notice *notice, const char *what, int number,
		 char path[CLIENT_PROC_ROOM]);

/** client_take() - the client's descriptor @fd as one of ours. Returns it or -errno. */
must_check int client_take(const struct notice *notice, int fd);

/** client_place() - what the client's descriptor @fd stands for, in *out (NULL: it is a file of another
 *  kind). Returns 0, -EBADF, -EINTR, or -EMFILE: we have no descriptor left to look with. */
must_check int client_place(const struct notice *notice, int fd, struct place **out);

/** client_rights() - fill in rights, uid and gid of the caller. @fs: ids for files. */
void client_rights(struct notice *notice, bool fs);

/* ---- paths.c ---- */

/** paths_pin() - caller_ops.path. */
must_check int paths_pin(struct notice *notice, int dirfd, const char *text, bool create, char *out);

/** paths_is_pins() - does the client's path lead to something at or below the pin root? */
bool paths_is_pins(struct notice *notice, const char *text);

/** paths_is_pins_fd() - the same for a descriptor. */
bool paths_is_pins_fd(struct notice *notice, int fd);

/* ---- on_bpf.c, on_files.c: a system call each. A value or -errno for the client, or the above. ---- */

s64 on_bpf(struct notice *notice);
s64 on_readlink(struct notice *notice);
s64 on_readlinkat(struct notice *notice);
s64 on_statfs(struct notice *notice);
s64 on_fstatfs(struct notice *notice);
s64 on_mount(struct notice *notice);
s64 on_fsopen(struct notice *notice);
s64 on_epoll_ctl(struct notice *notice);

#endif
