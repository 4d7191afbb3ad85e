// SPDX-License-Identifier: BSD-2-Clause
/* legacy.c - packet loads kept from classic BPF: R6 is the context, R0 the result.
 *
 * Where the packet has no such bytes the program ends at once, with 0. So nothing may be held here that
 * somebody must give back. In a function that was called it is the function that ends: its caller goes on
 * with 0 (choice 0), before the load counts as done (choice 1).
 */
#include <errno.h>

#include "verify/mem.h"

static int require(struct verifier *v, bool by_register)
{
	u32 src = v_insn(v)->src_reg;
	char words[128];
	int err;

	if (v->helper_who & WHO_XDP)
		return reject(v, -EINVAL, REASON_LEGACY, -1,
			      "a packet load of classic BPF is used, which XDP programs do not have");
	err = value_require(v, 6, true);
	if (!err)
		err = ref_require_none(v, "when the packet is loaded from as classic BPF does", false);
	if (err)
		return err;
	if (v_reg(v, 6)->type != REG_CTX)
		return reject(v, -EINVAL, REASON_LEGACY, 6,
			      "a packet load of classic BPF needs the context in R6, but that is %s",
			      value_words(v, v_reg(v, 6), words, sizeof(words)));
	if (by_register)
		err = value_require(v, src, reg_is_pointer(v_reg(v, src)));
	return err ? err : mem_unmodified(v, 6);
}

int legacy_step(struct verifier *v, u32 *next)
{
	bool ends = v->cur->depth && !v->cur->choice, done;
	int err = require(v, insn_info[v->facts[v->cur->insn].id].shape == SHAPE_LD_IND);

	if (!err && ends)
		err = walk_fork(v, 1);
	if (err)
		return err;
	call_clobber(v);
	if (ends) {
		reg_set_const(v_reg(v, 0), 0);
		return exit_step(v, next, &done);
	}
	reg_set_unknown(v_reg(v, 0));
	value_written(v, 0, 32);
	return 0;
}
