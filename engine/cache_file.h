/*
 * cache_file: files that can be made anew: written whole or not at all, 0600, and checked when read.
 */
#ifndef ENGINE_CACHE_FILE_H
#define ENGINE_CACHE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cache_part {
	const void *p;
	size_t n;
} cache_part;

/* Goes on with a checksum (at first: 1). Finds damage, not forgery. */
uint64_t cache_checksum_add(uint64_t h, const void *p, size_t n);
/* The parts in turn. A cache that cannot be written is no error: it is made again when it is needed. */
void cache_file_write(const char *path, const cache_part *parts, size_t n);

#endif
