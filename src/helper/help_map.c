// SPDX-License-Identifier: BSD-2-Clause
/* help_map.c - maps from inside a program. The caller holds the read section. */
#include "helper/exec.h"
#include "helper/fns.h"
#include "map/map.h"

u64 helper_map_lookup_elem(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct map *map = u64_ptr(a1);

	return ptr_u64(map->ops->lookup(map, u64_ptr(a2), exec->cpu));
}

u64 helper_map_update_elem(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct map *map = u64_ptr(a1);

	return (u64)(s64)map->ops->update(map, u64_ptr(a2), u64_ptr(a3), a4, exec->cpu);
}

u64 helper_map_delete_elem(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct map *map = u64_ptr(a1);

	return (u64)(s64)map->ops->remove(map, u64_ptr(a2));
}

u64 helper_map_lookup_percpu_elem(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct map *map = u64_ptr(a1);

	return (u32)a3 < exec->engine->cpus ? ptr_u64(map->ops->lookup(map, u64_ptr(a2), (u32)a3)) : 0;
}

/* What follows is the business of run/ and never comes here; a row wants a function. */
u64 helper_tail_call(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_loop(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_for_each_map_elem(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}
