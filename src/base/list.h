// SPDX-License-Identifier: BSD-2-Clause
/* list.h - a doubly linked ring whose links live inside the elements.
 *
 *   head <-> first <-> ... <-> last <-> head        an empty list is a head that points at itself
 *
 * Not safe for readers without the owner's lock; structures with lock-free readers have their own
 * links (map/, sched/chain.c).
 */
#ifndef CLSBPF_BASE_LIST_H
#define CLSBPF_BASE_LIST_H

#include "base/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list *head) { head->next = head->prev = head; }
static inline bool list_empty(const struct list *head) { return head->next == head; }

static inline void list_insert(struct list *node, struct list *prev, struct list *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

static inline void list_add(struct list *head, struct list *node)
{
	list_insert(node, head, head->next);
}

static inline void list_add_tail(struct list *head, struct list *node)
{
	list_insert(node, head->prev, head);
}

/** list_remove() - take @node out; it becomes an empty list, so that removing it again is harmless. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#define list_for_each(it, head, member)                                                            \
	for (it = container_of((head)->next, __typeof__(*it), member); &it->member != (head);      \
	     it = container_of(it->member.next, __typeof__(*it), member))

/* The same, for a body that may remove @it. */
#define list_for_each_safe(it, tmp, head, member)                                                  \
	for (it = container_of((head)->next, __typeof__(*it), member),                             \
	    tmp = container_of(it->member.next, __typeof__(*it), member);                          \
	     &it->member != (head);                                                                \
	     it = tmp, tmp = container_of(it->member.next, __typeof__(*it), member))

#endif
