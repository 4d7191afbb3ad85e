// SPDX-License-Identifier: BSD-2-Clause
/* on_btf.c - BPF_BTF_LOAD. */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"
#include "object/btf.h"

int on_btf_load(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct log_buf lb = { .buf = attr->btf_log_buf, .size = attr->btf_log_size,
			      .level = attr->btf_log_level,
			      .true_size_off = ATTR_BTF_LOG_TRUE_SIZE };
	struct user_view blob;
	struct btf *btf = NULL;
	int err;

	if (call_u32(call, ATTR_BTF_FLAGS))
		return log_error(&call->log,
				 call_u32(call, ATTR_BTF_FLAGS) == FLAG_TOKEN_FD ? -EOPNOTSUPP : -EINVAL,
				 "BTF: flags 0x%x", call_u32(call, ATTR_BTF_FLAGS));
	err = call_require(call, RIGHT_BPF);
	if (err)
		return err;
	if (attr->btf_size > BTF_BLOB_MAX)
		return log_error(&call->log, -E2BIG, "BTF: %u bytes, %u at most", attr->btf_size,
				 BTF_BLOB_MAX);
	err = log_buf_open(call, &lb);
	if (err)
		return err;
	err = user_view(call, &blob, attr->btf, attr->btf_size);
	if (!err && attr->btf_size && !attr->btf)
		err = -EFAULT;
	if (!err)
		err = btf_create(call->engine, blob.bytes, attr->btf_size, &lb.log, &btf);
	user_view_end(&blob);
	err = log_buf_close(call, &lb, err);
	if (!err)
		err = object_publish(&btf->object);
	if (!err)
		err = fd_install(call->client, &btf->object, 0);
	if (err < 0 && btf)
		object_put_user(&btf->object);
	return err;
}
