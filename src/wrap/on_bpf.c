// SPDX-License-Identifier: BSD-2-Clause
/* on_bpf.c - bpf(2) of a client: the engine's answer, and a descriptor where that is a handle. */
#include <errno.h>
#include <stdio.h>

#include "wrap/parts.h"

enum { NOTHING, HANDLE };

static const u8 gives[] = {
#define COMMAND(command, handler, end, who, gives) [command] = gives,
#include "command/command.def"
#undef COMMAND
};

static void say_why(const struct wrap *wrap, int cmd, s64 err)
{
	const char *message = backend_message(wrap->backend);
	char line[320];

	if (!wrap->config->verbose || !*message)
		return;
	snprintf(line, sizeof(line), "bpf(%d): %s: %s", cmd, message, strerror((int)-err));
	wrap->config->say(line);
}

s64 on_bpf(struct notice *notice)
{
	struct wrap *wrap = notice->wrap;
	int cmd = (int)notice->args[0], ret;
	u32 size = (u32)notice->args[2];

	/* Calls on elements ask for no rights, and see nothing of what others closed. They are many. */
	if (cmd >= BPF_MAP_LOOKUP_ELEM && cmd <= BPF_MAP_GET_NEXT_KEY) {
		notice->only_looks = cmd == BPF_MAP_LOOKUP_ELEM || cmd == BPF_MAP_GET_NEXT_KEY;
		client_read_ahead(notice, notice->args[1], size);
	} else {
		client_rights(notice, cmd == BPF_OBJ_PIN || cmd == BPF_OBJ_GET);
		places_sweep(&wrap->places);
	}
	ret = backend_bpf_for(wrap->backend, &notice->caller, cmd, notice->args[1], size);
	if (ret < 0)
		say_why(wrap, cmd, ret);
	if (ret < 0 || cmd >= (int)ARRAY_SIZE(gives) || gives[cmd] != HANDLE)
		return ret;
	ret = places_give(&wrap->places, wrap->listener, notice->id, ret);
	return ret ? ret : ANSWERED;
}
