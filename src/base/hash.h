// SPDX-License-Identifier: BSD-2-Clause
/* hash.h - hashes that an enemy who knows the code but not the seed cannot steer, and digests.
 *
 * Keyed hashing is xxHash's XXH3 with a seed; the digests come from libmd. Structures on the hot
 * path that specialise by key size keep their own mixers (map/).
 */
#ifndef CLSBPF_BASE_HASH_H
#define CLSBPF_BASE_HASH_H

#include "base/types.h"

#define SHA1_LEN 20
#define SHA256_LEN 32

/** hash_bytes() - a 64-bit hash of @len bytes at @data under @seed. */
u64 hash_bytes(const void *data, size_t len, u64 seed);

/** hash_sha1() - FIPS 180-4 SHA-1 of @len bytes, as iproute2 names object pin directories. */
void hash_sha1(const void *data, size_t len, u8 digest[SHA1_LEN]);

/** hash_sha256() - FIPS 180-4 SHA-256 of @len bytes; Linux 6.18 makes program tags of it. */
void hash_sha256(const void *data, size_t len, u8 digest[SHA256_LEN]);

/** hash_random() - 64 bits from the system's generator, for seeds. */
u64 hash_random(void);

#endif
