// SPDX-License-Identifier: BSD-2-Clause
/* on_attach.c - PROG_ATTACH, PROG_DETACH, PROG_QUERY and the LINK_ commands: programs at hooks.
 *
 *   attribute -> attach type -> program -> what it is relative to -> struct attach_spec -> the hook
 *
 * The hooks are tcx's; the engine has no other attach type yet. A handle or an id that is wrong does
 * not end the call here: it counts when the hook would look (bpf_link.h).
 */
#include <errno.h>

#include "command/call.h"
#include "object/bpf_link.h"

#define ATTACH_FLAGS (ATTACH_REPLACE | ATTACH_BEFORE | ATTACH_AFTER | ATTACH_ID | ATTACH_LINK)

/* Does Linux 6.18 have an answer to @type? @known: bit n for type n. */
static int attach_type_check(struct call *call, u32 type, u64 known)
{
	if (type == ATTACH_TCX_INGRESS || type == ATTACH_TCX_EGRESS)
		return 0;
	if (type < 64 && known >> type & 1)
		return log_error(&call->log, -EOPNOTSUPP, "attach: type %u is not supported here yet",
				 type);
	return log_error(&call->log, -EINVAL, "attach: nothing can be attached as type %u", type);
}

static int prog_get(struct call *call, u32 fd, struct prog **out)
{
	struct object *object;
	int err = fd_get(call->client, (int)fd, OBJECT_PROG, &object, NULL);

	if (!err)
		*out = prog_of(object);
	return err;
}

static int prog_get_type(struct call *call, u32 fd, u32 type, struct prog **out)
{
	int err = prog_get(call, fd, out);

	if (err || (*out)->type == type)
		return err;
	object_put(&(*out)->object);
	*out = NULL;
	return log_error(&call->log, -EINVAL, "attach: program %u is of another type", fd);
}

static int link_get(struct call *call, u32 fd, struct link **out)
{
	struct object *object;
	int err = fd_get(call->client, (int)fd, OBJECT_LINK, &object, NULL);

	if (!err)
		*out = link_of(object);
	return err;
}

/* What a spec names, with the references that keep it. */
struct named {
	struct object *relative;
	struct prog *replace;
};

static void named_put(struct named *named)
{
	object_put(named->relative);
	if (named->replace)
		object_put(&named->replace->object);
}

static int relative_get(struct call *call, enum object_kind kind, u32 flags, u32 fd_or_id,
			struct object **out)
{
	if (flags & ATTACH_ID) {
		*out = object_find(call->engine, kind, fd_or_id);
		if (!*out)
			return -ENOENT;
		object_get(*out);
		object_put_user(*out);
		return 0;
	}
	return fd_or_id ? fd_get(call->client, (int)fd_or_id, kind, out, NULL) : -EINVAL;
}

/* The program or link that the place is relative to: relative_fd or relative_id. */
static void spec_relative(struct call *call, u32 fd_or_id, struct attach_spec *spec,
			  struct named *named)
{
	enum object_kind kind = spec->flags & ATTACH_LINK ? OBJECT_LINK : OBJECT_PROG;

	if (!(spec->flags & (ATTACH_LINK | ATTACH_ID)) && !fd_or_id)
		return;
	spec->relative_err = relative_get(call, kind, spec->flags, fd_or_id, &named->relative);
	if (spec->relative_err)
		return;
	if (kind == OBJECT_LINK)
		spec->relative_link = link_of(named->relative);
	else
		spec->relative_prog = prog_of(named->relative);
}

/* PROG_ATTACH and PROG_DETACH share their part of the attribute. */
static int spec_of_attr(struct call *call, struct attach_spec *spec)
{
	const union bpf_attr *attr = &call->attr->bpf;
	int err = attach_type_check(call, attr->attach_type, ATTACH_TYPES_OF_PROGS);

	if (err)
		return err;
	if (attr->attach_flags & ~(u32)ATTACH_FLAGS)
		return log_error(&call->log, -EINVAL, "attach: flags 0x%x", attr->attach_flags);
	*spec = (struct attach_spec){
		.ifindex = attr->target_fd, .type = attr->attach_type, .flags = attr->attach_flags,
		.revision = call_u64(call, ATTR_ATTACH_EXPECTED_REVISION),
	};
	return 0;
}

int on_prog_attach(struct call *call)
{
	const struct attach_host *host = call->engine->attach_host;
	struct named named = { NULL, NULL };
	struct attach_spec spec;
	struct prog *prog;
	int err = spec_of_attr(call, &spec);

	if (!err)
		err = prog_get_type(call, call->attr->bpf.attach_bpf_fd, BPF_PROG_TYPE_SCHED_CLS, &prog);
	if (err)
		return err;
	spec_relative(call, call_u32(call, ATTR_ATTACH_RELATIVE_FD), &spec, &named);
	if (spec.flags & ATTACH_REPLACE)
		spec.replace_err = prog_get_type(call, call->attr->bpf.replace_bpf_fd, prog->type,
						 &named.replace);
	spec.replace = named.replace;
	err = host ? host->attach(call->engine, &spec, prog) : -ENODEV;
	named_put(&named);
	object_put(&prog->object);
	return err;
}

int on_prog_detach(struct call *call)
{
	const struct attach_host *host = call->engine->attach_host;
	struct named named = { NULL, NULL };
	struct attach_spec spec;
	struct prog *prog = NULL;
	int err = spec_of_attr(call, &spec);

	if (!err && call->attr->bpf.attach_bpf_fd)
		err = prog_get_type(call, call->attr->bpf.attach_bpf_fd, BPF_PROG_TYPE_SCHED_CLS, &prog);
	else if (!err && !call_may(call, RIGHT_BPF))
		err = log_error(&call->log, -EPERM, "detach: a program that is not named needs CAP_BPF");
	if (err)
		return err;
	spec_relative(call, call_u32(call, ATTR_ATTACH_RELATIVE_FD), &spec, &named);
	err = host ? host->detach(call->engine, &spec, prog) : -ENODEV;
	named_put(&named);
	if (prog)
		object_put(&prog->object);
	return err;
}

/* One of the client's arrays; the flags of everything that is attached are 0. */
static int query_array(struct call *call, u64 to, const u32 *from, u32 count)
{
	return to ? user_write(call, to, from, (u64)count * sizeof(*from)) : 0;
}

static int query_write(struct call *call, const struct attach_list *list)
{
	static const u32 flags[ATTACH_MAX];
	const union bpf_attr *attr = &call->attr->bpf;
	u32 room = attr->query.prog_cnt, revision[2];
	u32 count = min_u32(room, list->count);
	int err;

	memcpy(revision, &list->revision, sizeof(revision));
	err = CALL_REPLY(call, query.attach_flags, 0);
	if (!err)
		err = call_reply(call, ATTR_QUERY_REVISION, revision[0]);
	if (!err)
		err = call_reply(call, ATTR_QUERY_REVISION + 4, revision[1]);
	if (!err)
		err = CALL_REPLY(call, query.prog_cnt, list->count);
	if (err || !count || !attr->query.prog_ids)
		return err;
	err = query_array(call, attr->query.prog_ids, list->prog_id, count);
	if (!err)
		err = query_array(call, call_u64(call, ATTR_QUERY_PROG_FLAGS), flags, count);
	if (!err)
		err = query_array(call, call_u64(call, ATTR_QUERY_LINK_IDS), list->link_id, count);
	if (!err)
		err = query_array(call, call_u64(call, ATTR_QUERY_LINK_FLAGS), flags, count);
	return !err && count < list->count ? -ENOSPC : err;
}

int on_prog_query(struct call *call)
{
	const struct attach_host *host = call->engine->attach_host;
	const union bpf_attr *attr = &call->attr->bpf;
	struct attach_list list;
	int err;

	if (attr->query.query_flags & ~(u32)BPF_F_QUERY_EFFECTIVE)
		return log_error(&call->log, -EINVAL, "query: flags 0x%x", attr->query.query_flags);
	err = attach_type_check(call, attr->query.attach_type, ATTACH_TYPES_OF_QUERIES);
	if (!err)
		err = host ? host->query(call->engine, attr->query.target_fd, attr->query.attach_type,
					 &list) : -ENODEV;
	if (err)
		return err;
	if (attr->query.query_flags || attr->query.attach_flags)
		return log_error(&call->log, -EINVAL, "query: tcx has no flags");
	return query_write(call, &list);
}

/* Which attach type goes with which program. */
static int link_type_check(struct call *call, const struct prog *prog, u32 type)
{
	if (prog->type == BPF_PROG_TYPE_SCHED_CLS &&
	    (type == ATTACH_TCX_INGRESS || type == ATTACH_TCX_EGRESS))
		return 0;
	if ((prog->type == BPF_PROG_TYPE_SCHED_CLS &&
	     (type == ATTACH_NETKIT_PRIMARY || type == ATTACH_NETKIT_PEER)) ||
	    (prog->type == BPF_PROG_TYPE_XDP && type == BPF_XDP))
		return log_error(&call->log, -EOPNOTSUPP, "link: attach type %u is not supported here yet",
				 type);
	return log_error(&call->log, -EINVAL, "link: attach type %u is not for this program", type);
}

int on_link_create(struct call *call)
{
	const struct attach_host *host = call->engine->attach_host;
	const union bpf_attr *attr = &call->attr->bpf;
	struct attach_spec spec = {
		.ifindex = attr->link_create.target_ifindex, .type = attr->link_create.attach_type,
		.flags = attr->link_create.flags,
		.revision = call_u64(call, ATTR_LINK_EXPECTED_REVISION),
	};
	struct named named = { NULL, NULL };
	struct link *link;
	struct prog *prog;
	int err;

	if (spec.type == ATTACH_STRUCT_OPS)
		return log_error(&call->log, -EOPNOTSUPP, "link: struct_ops is not supported here");
	err = prog_get(call, attr->link_create.prog_fd, &prog);
	if (err)
		return err;
	err = link_type_check(call, prog, spec.type);
	if (!err) {
		spec_relative(call, call_u32(call, ATTR_LINK_RELATIVE_FD), &spec, &named);
		err = host ? host->link(call->engine, &spec, prog, &link) : -ENODEV;
		named_put(&named);
	}
	object_put(&prog->object);
	if (err)
		return err;
	err = fd_install(call->client, &link->object, 0);
	if (err < 0)
		object_put_user(&link->object);
	return err;
}

int on_link_update(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	u32 flags = attr->link_update.flags;
	struct prog *prog = NULL, *old = NULL;
	struct link *link;
	int err;

	if (flags & ~(u32)BPF_F_REPLACE)
		return log_error(&call->log, -EINVAL, "link: flags 0x%x", flags);
	err = link_get(call, attr->link_update.link_fd, &link);
	if (err)
		return err;
	err = prog_get(call, attr->link_update.new_prog_fd, &prog);
	if (!err && flags & BPF_F_REPLACE)
		err = prog_get(call, attr->link_update.old_prog_fd, &old);
	else if (!err && attr->link_update.old_prog_fd)
		err = log_error(&call->log, -EINVAL, "link: old_prog_fd without BPF_F_REPLACE");
	if (!err)
		err = link->ops->update(link, prog, old);
	if (old)
		object_put(&old->object);
	if (prog)
		object_put(&prog->object);
	object_put(&link->object);
	return err;
}

int on_link_detach(struct call *call)
{
	struct link *link;
	int err = link_get(call, call->attr->bpf.link_detach.link_fd, &link);

	if (err)
		return err;
	link->ops->detach(link);
	object_put(&link->object);
	return 0;
}
