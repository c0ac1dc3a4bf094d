/*
 * sha256: FIPS 180-4, for naming models. Not a hot path and no secrets.
 */
#ifndef ENGINE_SHA256_H
#define ENGINE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
	uint32_t h[8];
	uint64_t n; /* bytes taken so far */
	unsigned char block[64];
} sha256;

void sha256_init(sha256 *s);
void sha256_add(sha256 *s, const void *data, size_t n);
void sha256_add_u64(sha256 *s, uint64_t x); /* as 8 bytes, little-endian */
void sha256_hex(sha256 *s, char out[65]);   /* ends the computation; terminated, lower case */

#endif
