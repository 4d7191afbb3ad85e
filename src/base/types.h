// SPDX-License-Identifier: BSD-2-Clause
/* types.h - the words that every file of clsbpf uses.
 *
 * Fixed-width integers under the names of the kernel, the attributes that the house rules ask
 * for, and loads and stores of integers at any alignment and in either byte order. No function
 * here allocates or fails. Not here: containers (list.h), hashing (hash.h), messages (log.h).
 */
#ifndef CLSBPF_BASE_TYPES_H
#define CLSBPF_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define must_check __attribute__((warn_unused_result))
#define printf_like(fmt, first) __attribute__((format(printf, fmt, first)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CACHE_LINE 64

/** container_of() - the structure that @ptr is a member of. @type may be const, then @ptr may be. */
#define container_of(ptr, type, member) \
	((type *)((uintptr_t)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

static inline u32 min_u32(u32 a, u32 b) { return a < b ? a : b; }
static inline u32 max_u32(u32 a, u32 b) { return a > b ? a : b; }
static inline u64 min_u64(u64 a, u64 b) { return a < b ? a : b; }
static inline u64 max_u64(u64 a, u64 b) { return a > b ? a : b; }

/** round_up_u64() - the smallest multiple of @step (a power of two) that is not below @n. */
static inline u64 round_up_u64(u64 n, u64 step) { return (n + step - 1) & ~(step - 1); }

/* Loads and stores that need no alignment; the compiler makes one instruction of each. */
static inline u16 get_u16(const void *p) { u16 v; memcpy(&v, p, sizeof(v)); return v; }
static inline u32 get_u32(const void *p) { u32 v; memcpy(&v, p, sizeof(v)); return v; }
static inline u64 get_u64(const void *p) { u64 v; memcpy(&v, p, sizeof(v)); return v; }
static inline void put_u16(void *p, u16 v) { memcpy(p, &v, sizeof(v)); }
static inline void put_u32(void *p, u32 v) { memcpy(p, &v, sizeof(v)); }
static inline void put_u64(void *p, u64 v) { memcpy(p, &v, sizeof(v)); }

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static inline u16 be16(u16 v) { return __builtin_bswap16(v); }
static inline u32 be32(u32 v) { return __builtin_bswap32(v); }
static inline u64 be64(u64 v) { return __builtin_bswap64(v); }
static inline u16 le16(u16 v) { return v; }
static inline u32 le32(u32 v) { return v; }
static inline u64 le64(u64 v) { return v; }
#else
static inline u16 be16(u16 v) { return v; }
static inline u32 be32(u32 v) { return v; }
static inline u64 be64(u64 v) { return v; }
static inline u16 le16(u16 v) { return __builtin_bswap16(v); }
static inline u32 le32(u32 v) { return __builtin_bswap32(v); }
static inline u64 le64(u64 v) { return __builtin_bswap64(v); }
#endif

static inline u16 get_be16(const void *p) { return be16(get_u16(p)); }
static inline u32 get_be32(const void *p) { return be32(get_u32(p)); }
static inline void put_be16(void *p, u16 v) { put_u16(p, be16(v)); }
static inline void put_be32(void *p, u32 v) { put_u32(p, be32(v)); }

/** ptr_u64() - a pointer as the 64-bit number that bpf(2) attributes and registers carry. */
static inline u64 ptr_u64(const void *p) { return (u64)(uintptr_t)p; }
static inline void *u64_ptr(u64 v) { return (void *)(uintptr_t)v; }

#endif
