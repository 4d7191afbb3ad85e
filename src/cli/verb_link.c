// SPDX-License-Identifier: BSD-2-Clause
/* verb_link.c - `clsbpf link`: links between programs and what they are attached to. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/objects.h"
#include "cli/verb.h"
#include "tc/link.h"

/* Newer than the headers and libraries of 6.1. */
#define LINK_TCX 11
#define TCX_INGRESS 46
#define TCX_EGRESS 47

/* What a kernel writes about a link: the header of 6.1 ends before tcx. */
union link_info {
	struct bpf_link_info info;
	struct {
		u32 type, id, prog_id, pad;
		u32 ifindex, attach_type;
	} tcx;
	u8 room[128];
};

static const char *type_name(u32 type)
{
	return type == LINK_TCX ? "tcx" : libbpf_bpf_link_type_str(type);
}

static void out_attach_type(struct out *out, u32 type)
{
	const char *name = type == TCX_INGRESS ? "tcx_ingress" : type == TCX_EGRESS ? "tcx_egress"
			   : libbpf_bpf_attach_type_str(type);

	if (name)
		out_str(out, "attach_type", "attach_type %s  ", name);
	else
		out_u64(out, "attach_type", "attach_type %" PRIu64 "  ", type);
}

/* What a link of a type hangs on; of most types nothing more is known than the program. */
static void out_place(struct objects *o, const union link_info *link)
{
	const struct bpf_link_info *info = &link->info;
	struct out *out = &o->out;
	char name[IFNAMSIZ];

	switch (info->type) {
	case LINK_TCX:
		out_str(out, "devname", "\n\tifindex %s",
			link_name(o->backend, link->tcx.ifindex, name) ? "(unknown)" : name);
		out_u64(out, "ifindex", "(%" PRIu64 ")  ", link->tcx.ifindex);
		out_attach_type(out, link->tcx.attach_type);
		return;
	case BPF_LINK_TYPE_CGROUP:
		out_u64(out, "cgroup_id", "\n\tcgroup_id %" PRIu64 "  ", info->cgroup.cgroup_id);
		out_attach_type(out, info->cgroup.attach_type);
		return;
	case BPF_LINK_TYPE_NETNS:
		out_u64(out, "netns_ino", "\n\tnetns_ino %" PRIu64 "  ", info->netns.netns_ino);
		out_attach_type(out, info->netns.attach_type);
		return;
	}
}

static int show_link(struct objects *o, int handle)
{
	union link_info link = { .room = { 0 } };
	struct out *out = &o->out;
	int err = objects_info(o, handle, &link, sizeof(link), NULL);

	if (err)
		return objects_refused(o, err, "nothing can be learnt about a link");
	out_object(out, NULL);
	out_u64(out, "id", "%" PRIu64 ": ", link.info.id);
	if (type_name(link.info.type))
		out_str(out, "type", "%s  ", type_name(link.info.type));
	else
		out_u64(out, "type", "type %" PRIu64 "  ", link.info.type);
	out_u64(out, "prog_id", "prog %" PRIu64 "  ", link.info.prog_id);
	out_place(o, &link);
	objects_out_pins(o, KIND_LINK, link.info.id);
	out_text(out, "\n");
	out_object_end(out);
	return 0;
}

static int link_show(struct objects *o, struct words *words)
{
	return objects_show(o, KIND_LINK, words, show_link);
}

static int link_pin(struct objects *o, struct words *words)
{
	return objects_pin_words(o, KIND_LINK, words);
}

static int link_detach(struct objects *o, struct words *words)
{
	int handle = objects_open_one(o, KIND_LINK, words), err;
	union bpf_attr attr;

	if (handle < 0)
		return handle;
	err = words_end(words);
	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = (u32)handle;
	if (!err) {
		err = objects_bpf(o, BPF_LINK_DETACH, &attr);
		if (err)
			err = objects_refused(o, err, "the link cannot be detached");
	}
	(void)backend_close(o->backend, handle);
	return err;
}

static int link_help(struct objects *o, struct words *words)
{
	o->said = true;
	help_link(o->file);
	return 0;
}

const struct objects_command link_commands[] = {
	{ "show", link_show }, { "list", link_show }, { "help", link_help },
	{ "pin", link_pin }, { "detach", link_detach }, { NULL, NULL },
};

int verb_link(int argc, char **argv, struct log *log)
{
	return objects_run("link", link_commands, argc, argv, stdout, NULL, log);
}

void help_link(FILE *file)
{
	fprintf(file, "usage: clsbpf link { show | list } [LINK]\n"
		      "       clsbpf link pin LINK FILE\n"
		      "       clsbpf link detach LINK\n"
		      "  LINK := { id LINK_ID | pinned FILE }\n");
	help_objects(file);
}
