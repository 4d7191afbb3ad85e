// SPDX-License-Identifier: BSD-2-Clause
/* uapi.h - numbers of Linux 6.18 that the installed linux/bpf.h may be too old to have.
 *
 * Facts only: offsets in union bpf_attr, flags, sizes. Where a later header brings the same name,
 * the header wins (#ifndef).
 */
#ifndef CLSBPF_COMMAND_UAPI_H
#define CLSBPF_COMMAND_UAPI_H

#include <linux/bpf.h>

/* Commands. */
#define CMD_TOKEN_CREATE 36
#define CMD_PROG_STREAM_READ_BY_FD 37

/* Bytes of union bpf_attr that Linux 6.18 knows: anything behind them must be 0. */
#define ATTR_KNOWN 168

/* Offsets of fields of union bpf_attr. */
enum attr_offset {
	ATTR_MAP_VALUE_TYPE_BTF_OBJ_FD = 72,
	ATTR_MAP_TOKEN_FD = 76,
	ATTR_MAP_EXCL_PROG_HASH = 80,
	ATTR_MAP_EXCL_PROG_HASH_SIZE = 88,
	ATTR_PROG_LOG_TRUE_SIZE = 140,
	ATTR_PROG_TOKEN_FD = 144,
	ATTR_PROG_FD_ARRAY_CNT = 148,
	ATTR_PROG_SIGNATURE = 152,
	ATTR_BTF_LOG_TRUE_SIZE = 28,
	ATTR_BTF_FLAGS = 32,
	ATTR_BTF_TOKEN_FD = 36,
	ATTR_OBJ_PATH_FD = 16,
	ATTR_ATTACH_RELATIVE_FD = 20,
	ATTR_ATTACH_EXPECTED_REVISION = 24,
	ATTR_QUERY_PROG_FLAGS = 32,
	ATTR_QUERY_LINK_IDS = 40,
	ATTR_QUERY_LINK_FLAGS = 48,
	ATTR_QUERY_REVISION = 56,
	ATTR_LINK_RELATIVE_FD = 16,
	ATTR_LINK_EXPECTED_REVISION = 24,
};

/* Bytes of an info structure that 6.18 takes, and its size with padding, which it reports. */
#define PROG_INFO_KNOWN 228
#define PROG_INFO_SIZE 232
#define MAP_INFO_KNOWN 100
#define MAP_INFO_SIZE 104
#define MAP_INFO_HASH 88
#define MAP_INFO_HASH_SIZE 96
#define BTF_INFO_SIZE 32
#define LINK_INFO_SIZE 64
#define LINK_INFO_TCX_IFINDEX 16
#define LINK_INFO_TCX_ATTACH_TYPE 20

#define FLAG_PATH_FD (1u << 14)
#define FLAG_TOKEN_FD (1u << 16)
#define PROG_FLAGS_KNOWN 0x100ffu     /* STRICT_ALIGNMENT (1) ... TEST_REG_INVARIANTS, TOKEN_FD */
#define TEST_CHECKSUM_COMPLETE (1u << 2)

/* Bit n: attach type n has an answer of its own, from PROG_ATTACH and PROG_DETACH, from PROG_QUERY. */
#define ATTACH_TYPES_OF_PROGS 0xfec875ffffffffu
#define ATTACH_TYPES_OF_QUERIES 0xfec855e07fffffu
#define ATTACH_STRUCT_OPS 44
#define ATTACH_NETKIT_PRIMARY 54
#define ATTACH_NETKIT_PEER 55

#define MAP_TYPE_ARENA 33
#define PROG_TYPES 33                 /* enum bpf_prog_type ends before this */
#define MAX_INSNS 1000000u
#define MAX_INSNS_UNPRIVILEGED 4096u
#define MAX_MAP_OFF (1u << 29)
#define LOG_LEVELS 15u                /* 1, 2, statistics, fixed */
#define LOG_FIXED 8u
#define LOG_SIZE_MAX (UINT32_MAX >> 2)

#endif
