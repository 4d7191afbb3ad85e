// SPDX-License-Identifier: BSD-2-Clause
/* lpm.c - the trie of longest prefixes.
 *
 * A key is a length in bits and an array of bytes, highest bit first. A node stands for a prefix;
 * its children are longer ones that begin with it, told apart by the bit after it:
 *
 *                10.0.0.0/8
 *               /          \
 *        10.0.0.0/15 (*)    10.200.0.0/16      (*) nobody's prefix, made to fork:
 *         /       \                                always two children, and no value
 *   10.0.0.0/16  10.1.0.0/16
 *
 * So the shape depends only on the set of prefixes. One lock for the writers; every change is one
 * store of one link (or of `fork`), so readers without a lock see the trie before or after it.
 * What leaves keeps its children and is freed by reclaim.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "map/family.h"
#include "object/btf.h"

#define PREFIX_HEAD 4u           /* of a key: prefixlen */
#define DATA_MAX 256u
#define DEPTH_MAX (8 * DATA_MAX + 1)
/* What kmalloc can give on Linux, less the longest key and a node's header there. */
#define LPM_VALUE_MAX ((1u << 22) - DATA_MAX - 24)
#define LPM_GARBAGE_MIN (16u << 20)

struct lpm_node {
	struct reclaim_head reclaim;
	struct lpm *lpm;
	_Atomic(struct lpm_node *) child[2];
	u32 bits;            /* length of the prefix */
	_Atomic bool fork;   /* no entry: only holds its children together */
	_Alignas(8) u8 data[];  /* the key's, then (aligned) the value */
};

struct lpm {
	struct map map;
	pthread_mutex_t lock;
	_Atomic(struct lpm_node *) root;
	u32 data_size;       /* bytes of a key behind prefixlen */
	u32 value_off;       /* in lpm_node.data */
	u32 count;           /* entries, under the lock */
	_Atomic u64 garbage;
	u64 garbage_max;
};

static inline struct lpm *lpm_of(struct map *map) { return container_of(map, struct lpm, map); }

static inline u32 bit_at(const u8 *data, u32 bit) { return data[bit / 8] >> (7 - bit % 8) & 1; }

static inline struct lpm_node *node_load(const _Atomic(struct lpm_node *) *link)
{
	return atomic_load_explicit(link, memory_order_acquire);
}

static inline void node_store(_Atomic(struct lpm_node *) *link, struct lpm_node *node)
{
	atomic_store_explicit(link, node, memory_order_release);
}

static inline bool node_is_fork(const struct lpm_node *node)
{
	return atomic_load_explicit(&node->fork, memory_order_acquire);
}

static inline u8 *node_value(const struct lpm *lpm, struct lpm_node *node)
{
	return node->data + lpm->value_off;
}

/* How many bits @a and @b have in common, @limit at most. Both have @size bytes. */
static inline u32 bits_common(const u8 *a, const u8 *b, u32 size, u32 limit)
{
	u32 i = 0;

	for (; i + 4 <= size; i += 4) {
		u32 diff = get_be32(a + i) ^ get_be32(b + i);

		if (diff)
			return min_u32(8 * i + (u32)__builtin_clz(diff), limit);
		if (8 * i + 32 >= limit)
			return limit;
	}
	for (; i < size; i++)
		if (a[i] ^ b[i])
			return min_u32(8 * i + (u32)__builtin_clz((u32)(a[i] ^ b[i])) - 24, limit);
	return limit;
}

static inline u32 node_match(const struct lpm *lpm, const struct lpm_node *node, const u8 *data,
			     u32 bits)
{
	return bits_common(node->data, data, lpm->data_size, min_u32(node->bits, bits));
}

static int lpm_check(const union bpf_attr *attr, struct log *log)
{
	if (!attr->max_entries)
		return log_error(log, -EINVAL, "map: a trie needs max_entries of 1 at least");
	if (!(attr->map_flags & BPF_F_NO_PREALLOC))
		return log_error(log, -EINVAL, "map: a trie needs the flag BPF_F_NO_PREALLOC");
	if (attr->key_size <= PREFIX_HEAD || attr->key_size > PREFIX_HEAD + DATA_MAX)
		return log_error(log, -EINVAL, "map: the key of a trie has %u to %u bytes, not %u",
				 PREFIX_HEAD + 1, PREFIX_HEAD + DATA_MAX, attr->key_size);
	if (!attr->value_size || attr->value_size > LPM_VALUE_MAX)
		return log_error(log, -EINVAL, "map: the value of a trie has 1 to %u bytes, not %u",
				 LPM_VALUE_MAX, attr->value_size);
	return 0;
}

static int lpm_check_types(const struct map *map, const struct btf *btf, u32 key_type,
			   u32 value_type)
{
	const struct btf_type *key = btf_resolve(&btf->view, key_type);

	return key && BTF_INFO_KIND(key->info) == BTF_KIND_STRUCT ? 0 : -EINVAL;
}

static u64 lpm_node_size(const struct lpm *lpm)
{
	return sizeof(struct lpm_node) + lpm->value_off + map_stride(lpm->map.value_size);
}

static int lpm_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	struct lpm *lpm = calloc(1, sizeof(*lpm));

	if (!lpm)
		return -ENOMEM;
	pthread_mutex_init(&lpm->lock, NULL);
	lpm->data_size = attr->key_size - PREFIX_HEAD;
	lpm->value_off = (u32)round_up_u64(lpm->data_size, 8);
	lpm->garbage_max = max_u64(LPM_GARBAGE_MIN, (u64)attr->max_entries *
				   (sizeof(struct lpm_node) + lpm->value_off +
				    map_stride(attr->value_size)));
	*out = &lpm->map;
	return 0;
}

/* Frees from the bottom, walking down by the child that is still there: no stack is needed. */
static void lpm_destroy(struct map *map)
{
	struct lpm *lpm = lpm_of(map);

	while (atomic_load(&lpm->root)) {
		_Atomic(struct lpm_node *) *link = &lpm->root;
		struct lpm_node *node = atomic_load(link);

		for (;;) {
			if (atomic_load(&node->child[0]))
				link = &node->child[0];
			else if (atomic_load(&node->child[1]))
				link = &node->child[1];
			else
				break;
			node = atomic_load(link);
		}
		atomic_store(link, NULL);
		free(node);
	}
	pthread_mutex_destroy(&lpm->lock);
	free(lpm);
}

/* The longest prefix of @key in the trie, or NULL. */
static struct lpm_node *lpm_find(const struct lpm *lpm, const void *key)
{
	const u8 *data = (const u8 *)key + PREFIX_HEAD;
	u32 bits = get_u32(key);
	struct lpm_node *found = NULL;

	if (bits > 8 * lpm->data_size)
		return NULL;
	for (struct lpm_node *node = node_load(&lpm->root); node;
	     node = node_load(&node->child[bit_at(data, node->bits)])) {
		if (node_match(lpm, node, data, bits) < node->bits)
			break;
		if (!node_is_fork(node))
			found = node;
		if (node->bits == 8 * lpm->data_size)
			break;
	}
	return found;
}

static void *lpm_lookup(struct map *map, const void *key, u32 cpu)
{
	struct lpm_node *node = lpm_find(lpm_of(map), key);

	return node ? node_value(lpm_of(map), node) : NULL;
}

static int lpm_read(struct map *map, const void *key, void *value, u64 flags)
{
	struct lpm_node *node;

	if (flags)
		return -EINVAL;
	node = lpm_find(lpm_of(map), key);
	if (!node)
		return -ENOENT;
	value_load(map, value, node_value(lpm_of(map), node), map->value_size);
	return 0;
}

/* @value: NULL for a fork. */
static struct lpm_node *lpm_node_new(struct lpm *lpm, const u8 *data, u32 bits, const void *value)
{
	struct lpm_node *node;

	if (atomic_load_explicit(&lpm->garbage, memory_order_relaxed) > lpm->garbage_max)
		return NULL;
	node = malloc(lpm_node_size(lpm));
	if (!node)
		return NULL;
	node->lpm = lpm;
	node->bits = bits;
	atomic_init(&node->child[0], NULL);
	atomic_init(&node->child[1], NULL);
	atomic_init(&node->fork, !value);
	memcpy(node->data, data, lpm->data_size);
	if (value)
		memcpy(node_value(lpm, node), value, lpm->map.value_size);
	return node;
}

static void lpm_node_reclaimed(struct reclaim_head *head)
{
	struct lpm_node *node = container_of(head, struct lpm_node, reclaim);

	atomic_fetch_sub_explicit(&node->lpm->garbage, lpm_node_size(node->lpm),
				  memory_order_relaxed);
	free(node);
}

static void lpm_node_defer(struct lpm *lpm, struct lpm_node *node)
{
	if (!node)
		return;
	atomic_fetch_add_explicit(&lpm->garbage, lpm_node_size(lpm), memory_order_relaxed);
	reclaim_defer(lpm->map.object.engine->reclaim, &node->reclaim, lpm_node_reclaimed);
}

/* Where a prefix is, or belongs. */
struct lpm_place {
	_Atomic(struct lpm_node *) *link, *parent_link;  /* parent_link: to the node that has link */
	struct lpm_node *node;                           /* behind link, or NULL */
	struct lpm_node *parent;
	u32 match;                                       /* bits that node and the prefix share */
};

/* Down to the node for @bits of @data, or to the place where it would be put. With the lock. */
static struct lpm_place lpm_place(struct lpm *lpm, const u8 *data, u32 bits)
{
	struct lpm_place p = { .link = &lpm->root };

	while ((p.node = node_load(p.link))) {
		p.match = node_match(lpm, p.node, data, bits);
		if (p.match != p.node->bits || p.node->bits == bits)
			break;
		p.parent_link = p.link;
		p.parent = p.node;
		p.link = &p.node->child[bit_at(data, p.node->bits)];
	}
	return p;
}

static bool lpm_place_is_entry(const struct lpm_place *p, u32 bits)
{
	return p->node && p->match == bits && p->node->bits == bits && !node_is_fork(p->node);
}

/* Put @node where it belongs, above or beside what is there. @gone: what it replaced. */
static int lpm_link(struct lpm *lpm, const struct lpm_place *p, struct lpm_node *node,
		    struct lpm_node **gone)
{
	struct lpm_node *fork;

	if (!p->node) {
		node_store(p->link, node);
		return 0;
	}
	if (p->match == p->node->bits) {  /* the same prefix: an entry, or a fork that becomes one */
		atomic_init(&node->child[0], node_load(&p->node->child[0]));
		atomic_init(&node->child[1], node_load(&p->node->child[1]));
		node_store(p->link, node);
		*gone = p->node;
		return 0;
	}
	if (p->match == node->bits) {
		atomic_init(&node->child[bit_at(p->node->data, p->match)], p->node);
		node_store(p->link, node);
		return 0;
	}
	fork = lpm_node_new(lpm, node->data, p->match, NULL);
	if (!fork)
		return -ENOMEM;
	atomic_init(&fork->child[bit_at(node->data, p->match)], node);
	atomic_init(&fork->child[bit_at(p->node->data, p->match)], p->node);
	node_store(p->link, fork);
	return 0;
}

static int lpm_update_locked(struct lpm *lpm, struct lpm_node *node, u64 flags,
			     struct lpm_node **gone)
{
	struct lpm_place p = lpm_place(lpm, node->data, node->bits);
	bool entry = lpm_place_is_entry(&p, node->bits);
	int err;

	if (entry && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!entry && flags == BPF_EXIST)
		return -ENOENT;
	if (!entry && lpm->count == lpm->map.max_entries)
		return -ENOSPC;
	err = lpm_link(lpm, &p, node, gone);
	if (!err && !entry)
		lpm->count++;
	return err;
}

static int lpm_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct lpm *lpm = lpm_of(map);
	struct lpm_node *node, *gone = NULL;
	u32 bits = get_u32(key);
	int err;

	if (flags > BPF_EXIST || bits > 8 * lpm->data_size)
		return -EINVAL;
	node = lpm_node_new(lpm, (const u8 *)key + PREFIX_HEAD, bits, value);
	if (!node)
		return -ENOMEM;
	pthread_mutex_lock(&lpm->lock);
	err = lpm_update_locked(lpm, node, flags, &gone);
	pthread_mutex_unlock(&lpm->lock);
	if (err)
		free(node);
	lpm_node_defer(lpm, gone);
	return err;
}

static int lpm_write(struct map *map, struct client *client, const void *key, const void *value,
		     u64 flags)
{
	return lpm_update(map, key, value, flags, 0);
}

/* Take the entry out. With two children it stays as a fork; without any, a parent that is a fork
 * has nothing left to fork and goes too. */
static void lpm_unlink(const struct lpm_place *p, struct lpm_node **gone, struct lpm_node **fork)
{
	struct lpm_node *left = node_load(&p->node->child[0]);
	struct lpm_node *right = node_load(&p->node->child[1]);

	if (left && right) {
		atomic_store_explicit(&p->node->fork, true, memory_order_release);
		return;
	}
	*gone = p->node;
	if (left || right || !p->parent || !node_is_fork(p->parent)) {
		node_store(p->link, left ? left : right);
		return;
	}
	*fork = p->parent;
	node_store(p->parent_link, node_load(&p->parent->child[p->link == &p->parent->child[0]]));
}

static int lpm_remove(struct map *map, const void *key)
{
	struct lpm *lpm = lpm_of(map);
	struct lpm_node *gone = NULL, *fork = NULL;
	u32 bits = get_u32(key);
	struct lpm_place p;
	int err = 0;

	if (bits > 8 * lpm->data_size)
		return -EINVAL;
	pthread_mutex_lock(&lpm->lock);
	p = lpm_place(lpm, (const u8 *)key + PREFIX_HEAD, bits);
	if (lpm_place_is_entry(&p, bits)) {
		lpm_unlink(&p, &gone, &fork);
		lpm->count--;
	} else {
		err = -ENOENT;
	}
	pthread_mutex_unlock(&lpm->lock);
	lpm_node_defer(lpm, gone);
	lpm_node_defer(lpm, fork);
	return err;
}

/* The first entry of the part below @node, children before parents and 0 before 1. */
static struct lpm_node *lpm_first(struct lpm_node *node)
{
	struct lpm_node *found = NULL;

	while (node) {
		struct lpm_node *left = node_load(&node->child[0]);

		found = node;
		node = left ? left : node_load(&node->child[1]);
	}
	return found;
}

/* The entry after the one at the end of @path (@depth nodes, the root first), or NULL. */
static struct lpm_node *lpm_after(struct lpm_node **path, u32 depth)
{
	for (; depth > 1; depth--) {
		struct lpm_node *node = path[depth - 1], *parent = path[depth - 2];
		struct lpm_node *right = node_load(&parent->child[1]);

		if (right && right != node && node_load(&parent->child[0]) == node)
			return lpm_first(right);
		if (!node_is_fork(parent))
			return parent;
	}
	return NULL;
}

static int lpm_next_key(struct map *map, const void *key, void *next)
{
	struct lpm_node *path[DEPTH_MAX], *node, *found;
	struct lpm *lpm = lpm_of(map);
	const u8 *data = key ? (const u8 *)key + PREFIX_HEAD : NULL;
	u32 bits = key ? get_u32(key) : ~0u, depth = 0;
	bool known = false;

	node = node_load(&lpm->root);
	while (node && bits <= 8 * lpm->data_size && depth < DEPTH_MAX) {
		if (node_match(lpm, node, data, bits) != node->bits)
			break;
		path[depth++] = node;
		known = node->bits == bits;
		if (known)
			break;
		node = node_load(&node->child[bit_at(data, node->bits)]);
	}
	if (known && !node_is_fork(node))
		found = lpm_after(path, depth);
	else
		found = lpm_first(node_load(&lpm->root));
	if (!found)
		return -ENOENT;
	put_u32(next, found->bits);
	memcpy((u8 *)next + PREFIX_HEAD, found->data, lpm->data_size);
	return 0;
}

const struct map_ops lpm_ops = {
	.check = lpm_check,
	.check_types = lpm_check_types,
	.create = lpm_create,
	.destroy = lpm_destroy,
	.lookup = lpm_lookup,
	.update = lpm_update,
	.remove = lpm_remove,
	.read = lpm_read,
	.write = lpm_write,
	.next_key = lpm_next_key,
};
