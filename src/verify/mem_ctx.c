// SPDX-License-Identifier: BSD-2-Clause
/* mem_ctx.c - loads and stores of the context: a field of ctx.def each, which says what a load gives. */
#include <errno.h>

#include "verify/mem.h"

static int no_field(struct verifier *v, const struct access *a)
{
	const struct ctx_field *field = a->off < 0 ? NULL : ctx_at((u32)a->off, v->who);
	const char *name = v->who & CTX_FRAME ? "xdp_md" : "__sk_buff";

	if (!field)
		return mem_reject(v, a, -EACCES, REASON_CTX_FIELD,
				  "at offset %d of struct %s, where there is no field", a->off,
				  name);
	if (a->write && field->read & v->who && !(field->write & v->who))
		return reject(v, -EACCES, REASON_CTX_FIELD, (int)a->n,
			      "%s->%s is written, but programs of this type may only read it", name,
			      field->name);
	if (!((a->write ? field->write : field->read) & v->who))
		return reject(v, -EACCES, REASON_CTX_FIELD, (int)a->n,
			      "%s->%s is %s, but programs of this type do not have it", name, field->name,
			      a->write ? "written" : "read");
	if (a->sign && field->type != CTX_SCALAR)
		return reject(v, -EACCES, REASON_CTX_FIELD, (int)a->n,
			      "%s->%s is a pointer, but is loaded as a signed number", name, field->name);
	return mem_reject(v, a, -EACCES, REASON_CTX_FIELD,
			  "at offset %d of struct %s, but field %s has %u bytes at offset %u", a->off, name,
			  field->name, field->size, field->offset);
}

static void loaded(struct verifier *v, const struct ctx_field *field, u32 size, struct reg *out)
{
	switch ((enum ctx_type)field->type) {
	case CTX_SCALAR:
		mem_loaded(out, size);
		return;
	case CTX_PACKET:
		reg_set_pointer(out, REG_PACKET, 0);
		return;
	case CTX_PACKET_META:
		reg_set_pointer(out, REG_PACKET_META, 0);
		return;
	case CTX_PACKET_END:
		reg_set_pointer(out, REG_PACKET_END, 0);
		return;
	case CTX_SOCK_COMMON:
		reg_set_pointer(out, REG_SOCK_COMMON, REG_MAYBE_NULL);
		out->id = v_new_id(v);
		return;
	}
}

int ctx_access(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct ctx_field *field;
	int err = a->write ? mem_no_leak(v, a, "the context") : 0;

	if (!err)
		err = mem_unmodified(v, a->n);
	if (err)
		return err;
	field = a->off < 0 ? NULL : ctx_find((u32)a->off, a->size, a->write, v->who);
	if (unlikely(!field || (a->sign && field->type != CTX_SCALAR)))
		return no_field(v, a);
	mem_note(v, NOTE_CTX);
	if (out)
		loaded(v, field, a->size, out);
	return 0;
}
