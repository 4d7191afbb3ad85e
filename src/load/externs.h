// SPDX-License-Identifier: BSD-2-Clause
/* externs.h - variables and functions that an object declares and the kernel has. Private to load/.
 *
 *   __kconfig   LINUX_KERNEL_VERSION, CONFIG_...: a read-only array map, filled when it is loaded
 *   __ksym      symbols and functions of the kernel: nothing here has them, so weak ones are absent
 *               (0) and others are refused
 */
#ifndef CLSBPF_LOAD_EXTERNS_H
#define CLSBPF_LOAD_EXTERNS_H

#include "load/load.h"

struct load_file;

/* A variable of .kconfig. */
struct kconfig {
	u32 name_off;           /* in the object's BTF, whose strings may move */
	u32 type_id;
	u32 offset, size;
	bool weak;              /* 0 where the kernel does not say */
};

struct externs {
	struct kconfig *config;
	u32 config_count;
	s32 map;                /* of the object; -1: there are none */
	u8 *values;
};

/** externs_collect() - find them, make the map, and give the types a form that kernels take: data
 *  sections with places, no functions from elsewhere. Returns 0, or -errno after a sentence. */
must_check int externs_collect(struct load_object *object, struct log *log);
void externs_free(struct externs *externs);

/** externs_find() - variable @name of .kconfig, or NULL. */
const struct kconfig *externs_find(const struct load_file *file, const char *name);

const char *externs_name(const struct load_file *file, const struct kconfig *config);

/** kconfig_fill() - the values that the kernel behind @backend has.
 *  Returns 0; -ESRCH (it does not say, and the variable is not weak), -EINVAL (the value does not
 *  fit the variable), -EOPNOTSUPP, after a sentence. */
must_check int kconfig_fill(struct load_object *object, struct backend *backend,
			    struct log *log);

#endif
