/*
 * gguf_int: an open file's directory, which gguf_read.c fills and gguf_meta.c reads.
 */
#ifndef ENGINE_GGUF_INT_H
#define ENGINE_GGUF_INT_H

#include "engine_int.h"

#include <time.h>

enum {
	KV_U8,
	KV_I8,
	KV_U16,
	KV_I16,
	KV_U32,
	KV_I32,
	KV_F32,
	KV_BOOL,
	KV_STR,
	KV_ARRAY,
	KV_U64,
	KV_I64,
	KV_F64,
	KV_END
};

enum { GGUF_MAX_DIMS = 4 };

typedef struct gguf_pair {
	const char *key;
	size_t key_len;
	int type; /* of the value, or of the array's elements */
	bool array;
	size_t n; /* elements; 1 if not an array */
	const unsigned char *value;
	const unsigned char **strings; /* string arrays: where each element's length stands */
} gguf_pair;

struct gguf {
	const unsigned char *bytes;
	size_t size;
	bool mapped;
	bool lost;              /* found to be no longer what was opened */
	int fd, place;          /* of a mapped file; place: mapping.c's */
	uint64_t device, inode;
	struct timespec changed; /* when the file was, as far as is known to be harmless */

	gguf_pair *pairs; /* sorted by key */
	size_t n_pairs;
	gguf_tensor *tensors;        /* in file order */
	const gguf_tensor **by_name; /* sorted */
	size_t n_tensors;
	size_t header_size, data_start;
	char hash[65];
};

/* Fills g's directory from its bytes. On failure g holds what gguf_close() frees. */
int gguf_read_directory(gguf *g, const char *path, char *err, size_t errlen);

/* ---- mapping.c ---- */

int mapping_add(const void *p, size_t size); /* -1: no room, reading past the end of the file ends the program */
void mapping_drop(int place);
bool mapping_lost(int place);

size_t gguf_value_size(int type); /* bytes of a KV_* value; 0: no number */
/* Orders for qsort and bsearch: pairs by key; pointers to tensors by name. */
int gguf_compare_pairs(const void *a, const void *b);
int gguf_compare_tensors(const void *a, const void *b);

#endif
