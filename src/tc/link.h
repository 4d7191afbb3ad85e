// SPDX-License-Identifier: BSD-2-Clause
/* link.h - names and numbers of devices, asked through the seam: the C library's if_nametoindex()
 * knows Linux's devices only. */
#ifndef CLSBPF_TC_LINK_H
#define CLSBPF_TC_LINK_H

#include <linux/if.h>

#include "backend/backend.h"

/** link_index() - the number of the device @name; "" is no device: 0. Returns 0, or -errno after
 *  the sentence, -ENODEV when there is none. */
must_check int link_index(struct backend *backend, const char *name, u32 *out, struct log *log);

/** link_name() - the name of a device. Returns 0, or -errno with "if<number>" where nobody knows it. */
int link_name(struct backend *backend, u32 ifindex, char name[IFNAMSIZ]);

#endif
