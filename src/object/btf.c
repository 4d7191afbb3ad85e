// SPDX-License-Identifier: BSD-2-Clause
/* btf.c - the life of loaded type information, and the rules of its header.
 *
 *   | header, maybe longer than ours, then 0 | types and strings without gaps, strings last |
 *
 * Source of the rules and errnos: BTF_LOAD with damaged blobs on Linux 6.18 (tests/command/test_btf_load.c).
 */
#include <errno.h>
#include <stdlib.h>

#include "object/btf.h"
#include "object/engine.h"


static void btf_destroy(struct object *object)
{
	struct btf *btf = btf_of(object);

	btf_view_close(&btf->view);
	free(btf->owners.row);
	free(btf->room);
	free(btf);
}

static const struct object_ops btf_ops = {
	.kind = OBJECT_BTF,
	.name = "BTF",
	.destroy = btf_destroy,
};

static int sections_check(const struct btf_header *header, u32 size, struct log *log)
{
	u32 rest = size - header->hdr_len;

	/* No gap, no overlap, nothing behind. A section of no bytes may share the place of another,
	 * but neither of these two may be empty. */
	if (header->type_off || header->str_off != header->type_len || header->str_off > rest ||
	    header->str_len != rest - header->str_off)
		return log_error(log, -EINVAL,
				 "BTF: types at %u + %u and strings at %u + %u do not fill %u bytes",
				 header->type_off, header->type_len, header->str_off, header->str_len,
				 rest);
	if (!header->type_len || !header->str_len)
		return log_error(log, -EINVAL, "BTF: there are no %s",
				 header->str_len ? "types" : "strings");
	return 0;
}

/* An older header may be shorter than ours: its fields are 0 then. */
static int header_check(const u8 *data, u32 size, struct log *log)
{
	struct btf_header header = { 0 };
	u32 hdr_len;

	if (size < offsetof(struct btf_header, type_off))
		return log_error(log, -EINVAL, "BTF: %u bytes are no header", size);
	hdr_len = get_u32(data + offsetof(struct btf_header, hdr_len));
	if (hdr_len > size)
		return log_error(log, -EINVAL, "BTF: a header of %u bytes in %u", hdr_len, size);
	for (u32 i = sizeof(header); i < hdr_len; i++)
		if (data[i])
			return log_error(log, -E2BIG, "BTF: the header has fields of the future");
	memcpy(&header, data, min_u32(hdr_len, sizeof(header)));
	if (header.magic != BTF_MAGIC)
		return log_error(log, -EINVAL, "BTF: the magic number is 0x%04x", header.magic);
	if (header.version != BTF_VERSION)
		return log_error(log, -BTF_ENOTSUPP, "BTF: version %u", header.version);
	if (header.flags)
		return log_error(log, -BTF_ENOTSUPP, "BTF: flags 0x%x", header.flags);
	if (header.hdr_len != hdr_len)
		return log_error(log, -EINVAL, "BTF: a header of %u bytes", hdr_len);
	if (sections_check(&header, size, log))
		return -EINVAL;
	if (data[hdr_len + header.str_off] || data[size - 1])
		return log_error(log, -EINVAL,
				 "BTF: the string section must begin and end with a 0 byte");
	return 0;
}

static int types_check(struct btf *btf, struct log *log)
{
	int more, err = 0;

	while (!err && (more = btf_view_next(&btf->view, log)))
		err = more < 0 ? more : btf_form_check(&btf->view, btf->view.type_count - 1, log);
	if (!err)
		err = btf_links_check(&btf->view, log);
	if (!err)
		err = btf_owners_find(&btf->view, log, &btf->owners);
	return err;
}

int btf_create(struct engine *engine, const void *data, u32 size, struct log *log, struct btf **out)
{
	struct btf *btf;
	u32 hdr_len, shift = 0;
	u8 *copy;
	int err;

	if (size > BTF_BLOB_MAX)
		return log_error(log, -E2BIG, "BTF: %u bytes, %u at most", size, BTF_BLOB_MAX);
	btf = calloc(1, sizeof(*btf));
	if (!btf)
		return -ENOMEM;
	object_init(&btf->object, engine, &btf_ops);
	/* The header may have any length, but types are read as words. The client may change its own
	 * bytes meanwhile: what counts is the copy. */
	if (size >= offsetof(struct btf_header, type_off)) {
		memcpy(&hdr_len, (const u8 *)data + offsetof(struct btf_header, hdr_len), sizeof(hdr_len));
		shift = -hdr_len % 4;
	}
	btf->room = malloc(shift + size + 1ul);
	if (!btf->room) {
		free(btf);
		return -ENOMEM;
	}
	copy = btf->room + shift;
	if (size)
		memcpy(copy, data, size);
	err = header_check(copy, size, log);
	if (!err)
		err = btf_view_open(&btf->view, copy, size, log);
	if (!err)
		err = types_check(btf, log);
	if (err) {
		btf_destroy(&btf->object);
		return err;
	}
	*out = btf;
	return 0;
}
