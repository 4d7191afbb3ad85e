// SPDX-License-Identifier: BSD-2-Clause
/* core_ask.h - the questions of CO-RE, as clang has them. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;

#define SEC(name) __attribute__((section(name), used))
#define IN(name) __attribute__((section(name)))
#define CORE __attribute__((preserve_access_index))
#define exists(field) __builtin_preserve_field_info(field, 2)
#define size_of(field) __builtin_preserve_field_info(field, 1)
#define offset_of(field) __builtin_preserve_field_info(field, 0)
#define is_signed(field) __builtin_preserve_field_info(field, 3)
#define lshift(field) __builtin_preserve_field_info(field, 4)
#define rshift(field) __builtin_preserve_field_info(field, 5)
#define type_id(type) __builtin_btf_type_id(*(type *)0, 1)
#define type_id_local(type) __builtin_btf_type_id(*(type *)0, 0)
#define type_exists(type) __builtin_preserve_type_info(*(type *)0, 0)
#define type_size(type) __builtin_preserve_type_info(*(type *)0, 1)
#if __clang_major__ >= 15
#define type_matches(type) __builtin_preserve_type_info(*(type *)0, 2)
#else
#define type_matches(type) type_exists(type)
#endif
#define enum_exists(type, value) __builtin_preserve_enum_value(*(type *)value, 0)
#define enum_value(type, value) __builtin_preserve_enum_value(*(type *)value, 1)
