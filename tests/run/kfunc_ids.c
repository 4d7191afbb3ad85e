// SPDX-License-Identifier: BSD-2-Clause
/* kfunc_ids.c - see kfunc_ids.h. */
#include "kfunc_ids.h"

#include <stdio.h>
#include <stdlib.h>

#include "helper/kfunc.h"
#include "object/btf.h"
#include "object/engine.h"

static const char mark[] = "kfunc#";

char *kfunc_text(const char *text)
{
	size_t room = 4 * strlen(text) + 64, len = 0;
	char *out = calloc(1, room), name[64];

	while (out && *text) {
		size_t n;
		int row;

		if (strncmp(text, mark, strlen(mark))) {
			out[len++] = *text++;
			continue;
		}
		text += strlen(mark);
		n = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
		snprintf(name, sizeof(name), "%.*s", (int)n, text);
		row = kfunc_named(name);
		if (row < 0) {
			free(out);
			return NULL;
		}
		len += (size_t)snprintf(out + len, room - len, "kernel-function#%d", row + 1);
		text += n;
	}
	return out;
}

static void find_all(u32 *ids, const struct btf_view *view)
{
	for (u32 row = 0; row < KFUNC_COUNT; row++)
		ids[row] = btf_find(view, BTF_KIND_FUNC, kfunc_row(row)->name);
}

/* The types of the running kernel: a few MiB. */
static void find_in_linux(u32 *ids)
{
	FILE *file = fopen("/sys/kernel/btf/vmlinux", "rb");
	const size_t room = 64u << 20;
	u8 *data = malloc(room);
	size_t size = file && data ? fread(data, 1, room, file) : 0;
	struct btf_view view;

	if (size && !btf_view_open(&view, data, (u32)size, NULL)) {
		while (btf_view_next(&view, NULL) > 0)
			;
		find_all(ids, &view);
		btf_view_close(&view);
	}
	if (file)
		fclose(file);
	free(data);
}

void kfunc_name(const struct engine *engine, struct bpf_insn *insns, u32 count)
{
	static u32 of_engine[KFUNC_COUNT], of_linux[KFUNC_COUNT];
	u32 *ids = engine ? of_engine : of_linux;

	for (u32 i = 0; i < count; i++) {
		if (insn_id_of(&insns[i]) != INSN_CALL_KFUNC || insns[i].imm <= 0 || insns[i].imm > KFUNC_COUNT)
			continue;
		if (!ids[KFUNC_bpf_rcu_read_lock] && engine)
			find_all(ids, &btf_of(engine->kernel_btf)->view);
		else if (!ids[KFUNC_bpf_rcu_read_lock])
			find_in_linux(ids);
		insns[i].imm = (s32)ids[insns[i].imm - 1];
	}
}
