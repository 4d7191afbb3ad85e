// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_btf.c - type information that an enemy wrote, into the engine's reader.
 *
 *   input:  0, blob                                    any bytes
 *           1, seed (8), place (2), byte, place ...    a generated blob, and bytes of it changed
 *
 * What is refused has a sentence. Of what is taken every type can be asked for its name, its size, what
 * is behind it and its special fields, and can be the types of a map.
 */
#include <errno.h>
#include <stdlib.h>

#include "command/command.h"
#include "object/btf.h"
#include "object/engine.h"
#include "../tests/command/gen_btf.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void walk(const struct btf *btf)
{
	const struct btf_view *view = &btf->view;
	struct btf_fields fields;

	for (u32 id = 0; id < view->type_count + 2; id++) {
		const struct btf_type *type = btf_type(view, id);
		u32 bytes = 0;

		if (type && strlen(btf_name(view, type->name_off)) >= view->strings_len)
			abort();
		if (btf_size_of(view, id, &bytes))
			bytes = 0;
		/* Nothing is behind itself. */
		if (btf_bit(view, btf_skip(view, id)) & BTF_MODIFIERS)
			abort();
		if (id < 256 && !btf_fields_find(view, id, FIELDS_OF_MAPS, bytes, &fields) &&
		    (fields.count > BTF_FIELDS_MAX || btf_fields_owned(view, &btf->owners, &fields) > 0))
			abort();
	}
}

/* Maps with these types, as far as they have a size. The blob goes with its handle. */
static void maps(struct engine *engine, struct btf *btf)
{
	struct client *client;
	int handle;

	if (client_create(engine, &client) || object_publish(&btf->object))
		abort();
	handle = fd_install(client, &btf->object, 0);
	if (handle < 0)
		abort();
	for (u32 id = 1; id < btf->view.type_count && id < 64; id++) {
		union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .max_entries = 1,
					.btf_fd = (u32)handle, .btf_key_type_id = 1, .btf_value_type_id = id };
		int map;

		if (btf_size_of(&btf->view, id, &attr.value_size) || !attr.value_size || attr.value_size > 4096)
			continue;
		map = command_bpf(client, NULL, BPF_MAP_CREATE, ptr_u64(&attr), sizeof(attr));
		if (map < 0 && !client->message[0])
			abort();
	}
	client_destroy(client);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct engine_config config = { .cpus = 2, .fixed_seed = true, .replay_clock = true };
	static u8 generated[GEN_BTF_ROOM];
	struct engine engine;
	struct btf *btf;
	const u8 *blob = data + 1;
	u32 len = (u32)size - 1;
	LOG_ON_STACK(log);
	int err;

	if (!size || (data[0] & 1 && size < 9))
		return 0;
	if (data[0] & 1) {
		u64 seed = get_u64(data + 1);

		blob = generated;
		len = gen_btf(&seed, data[0] >> 1 & 3, generated);
		for (size_t at = 9; at + 3 <= size; at += 3)
			generated[get_u16(data + at) % len] = data[at + 2];
	}
	memset(&engine, 0, sizeof(engine));
	if (engine_core_init(&engine, &config))
		abort();
	err = btf_create(&engine, blob, len, &log, &btf);
	if (err && !log.len)
		abort();
	if (!err) {
		walk(btf);
		maps(&engine, btf);
	}
	engine_core_fini(&engine);
	return 0;
}
