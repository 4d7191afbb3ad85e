// SPDX-License-Identifier: BSD-2-Clause
/* hash.c - hash.h on top of xxHash, libmd and getrandom(2). */
#include "base/hash.h"

#include <sha.h>
#include <sha2.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

u64 hash_bytes(const void *data, size_t len, u64 seed)
{
	return XXH3_64bits_withSeed(data, len, seed);
}

void hash_sha1(const void *data, size_t len, u8 digest[SHA1_LEN])
{
	SHA1_CTX ctx;

	SHA1Init(&ctx);
	SHA1Update(&ctx, data, len);
	SHA1Final(digest, &ctx);
}

void hash_sha256(const void *data, size_t len, u8 digest[SHA256_LEN])
{
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, data, len);
	SHA256Final(digest, &ctx);
}

u64 hash_random(void)
{
	u64 value;
	struct timespec now;

	if (getrandom(&value, sizeof(value), 0) == sizeof(value))
		return value;
	/* Only before the pool of a very old system is ready: weak is better than constant. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return hash_bytes(&now, sizeof(now), ptr_u64(&value));
}
