// SPDX-License-Identifier: BSD-2-Clause
/* world.h - the same four devices with filters on Linux and on the engine.
 *
 *   a <----pair----> b        c <----pair----> d
 *
 * A frame is sent out of a. At the ingress of every device a recorder (preference 1) notes what it
 * sees and lets the frame go on; a socket, or the engine's deliver(), shows who gets it in the end.
 */
#ifndef CLSBPF_TESTS_WORLD_H
#define CLSBPF_TESTS_WORLD_H

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "backend/backend.h"
#include "base/types.h"

#define WORLD_DEVICES 4
#define WORLD_FRAME 60
#define NOWHERE 77      /* a device that does not exist */

enum { DEV_A, DEV_B, DEV_C, DEV_D,
       DEV_OTHER, DEV_OTHERS };   /* devices that a test adds: it sets their ifindex */

/* What a program does, in this order; then it returns @code. */
struct prog_spec {
	u32 classid;            /* tc_classid, not 0: store it */
	bool mark_class;        /* store tc_classid, as it comes, as the mark */
	u32 mark, priority;     /* not 0: store them */
	u32 push;               /* a tag with this number, 802.1Q */
	u8 clone, redirect;     /* 1 + DEV_*, or NOWHERE: clone_redirect, redirect (whose return value is
				 * the program's) */
	u8 flags;               /* of either: BPF_F_INGRESS or something wrong */
	bool keep;              /* call redirect and return @code */
	s32 code;
};

struct filter_spec {
	u8 device, ingress;
	u16 pref;
	u16 protocol;           /* ETH_P_*; 0: all */
	bool class_mode;        /* not direct action */
	bool tcx;               /* no filter: a program that bpf(2) attaches, behind those that are there;
				 * @pref is not 0, no more */
	u32 classid;            /* of the filter */
	struct prog_spec prog;
};

#define WORLD_SETTLE_MS 15

struct world {
	struct backend *backend;
	bool is_linux;
	u32 ifindex[DEV_OTHERS + 1];
	int recorder[WORLD_DEVICES];   /* maps */
	int socket[WORLD_DEVICES];     /* of Linux, */
	int settle_ms;                 /* whose pairs deliver from a softirq, some time later */
	_Atomic u32 delivered[WORLD_DEVICES];
	struct worker *worker;         /* of the engine */
};

/** world_attach() - the same as world_filter() with a program that is there. */
int world_attach(struct world *w, const struct filter_spec *spec, int prog);

/** world_open() - Returns 0, or 1 when Linux cannot be asked and *why says so. */
int world_open(struct world *w, bool is_linux, const char **why);
void world_close(struct world *w);

/** world_prog() - a program, as a handle. */
int world_prog(struct world *w, const struct prog_spec *spec);

/** world_filter() / world_unfilter() - add a filter; remove all of one preference, of tcx the last
 *  program. 0 or -errno. */
int world_filter(struct world *w, const struct filter_spec *spec);
int world_unfilter(struct world *w, const struct filter_spec *spec);

/** world_send() - send a frame out of @device and write what happened to @text: for each device
 *  that saw it "b(index 5 prio 0 mark 0 tag 0 proto 0800 type 0)", and "b!" for each that got it. */
void world_send(struct world *w, u32 device, const u8 *frame, u32 len, char *text, size_t room);

/** world_frame() - WORLD_FRAME bytes to @out, for b; @tag: behind an 802.1Q tag. */
u32 world_frame(u8 *out, u16 protocol, u16 tag);

#endif
