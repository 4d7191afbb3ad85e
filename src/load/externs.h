// SPDX-License-Identifier: BSD-2-Clause
/* externs.h - variables and functions that an object declares and the kernel has. Private to load/.
 *
 *   __kconfig   LINUX_KERNEL_VERSION, CONFIG_...: a read-only array map, filled when it is loaded
 *   __ksym      functions of the kernel: called by their id in the kernel's types (kernel_calls.c);
 *               symbols: nothing here has them. Weak ones that are not there are absent (0), others
 *               are refused
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

/* A function of .ksyms. */
struct extern_func {
	u32 name_off;
	u32 proto;              /* type of the object */
	bool weak;
};

struct externs {
	struct extern_func *func;
	u32 func_count;
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

/** externs_func() - the place of function @name of the kernel, or -1. */
int externs_func(const struct load_file *file, const char *name);

/** kernel_calls_apply() - calls of the kernel's functions in program number @number, whose instructions are
 *  changed in place, by the ids that they have behind @backend. Returns 0; -ESRCH (there is none, and it is
 *  not weak), -EINVAL (it is another), or -errno, after a sentence. */
must_check int kernel_calls_apply(struct load_object *object, struct backend *backend, u32 number,
				  struct log *log);

const char *externs_name(const struct load_file *file, const struct kconfig *config);

/** kconfig_fill() - the values that the kernel behind @backend has.
 *  Returns 0; -ESRCH (it does not say, and the variable is not weak), -EINVAL (the value does not
 *  fit the variable), -EOPNOTSUPP, after a sentence. */
must_check int kconfig_fill(struct load_object *object, struct backend *backend,
			    struct log *log);

#endif
