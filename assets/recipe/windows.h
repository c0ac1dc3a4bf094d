/*
 * Training data: whole documents packed into windows.
 *
 * Files of a set PREFIX, little-endian:
 *   PREFIX.tok  u16 tokens
 *   PREFIX.doc  u32 start of each document; the first is 0, increasing; it ends where the next starts
 *   PREFIX.inj  records of windows_record, sorted by pos: where a value vector is added (may be missing)
 *   PREFIX.msk  a byte per token: weight, times 100, of predicting that token (missing: all 100)
 */
#ifndef RECIPE_WINDOWS_H
#define RECIPE_WINDOWS_H

#include "net.h"

typedef struct windows_record {
	uint32_t pos;
	uint16_t n;
	uint16_t tok[NET_VALUE_TOKENS];
	uint16_t slot; /* bank of the value code */
} windows_record;
_Static_assert(sizeof(windows_record) == 4 + 2 + 2 * NET_VALUE_TOKENS + 2, "record on disk");

typedef struct windows_set {
	const uint16_t *tok;
	size_t n_tok;
	const uint32_t *doc;
	size_t n_doc;
	const windows_record *inj;
	size_t n_inj;
	const uint8_t *msk; /* NULL: all 100 */

	/* One epoch: window i holds the documents order[first[i]] .. order[first[i + 1] - 1]. */
	uint64_t seed, epoch;
	size_t ctx, n_window;
	uint32_t *order;
	uint32_t *first; /* [n_window + 1] */

	struct { void *p; size_t bytes; } map[4];
} windows_set;

/* Maps and checks the files against the net's sizes. 0, or -1 with err (s is released then). */
int windows_open(windows_set *s, const char *prefix, const net_config *c, char *err, size_t errlen);
void windows_close(windows_set *s);

/* Shuffles the documents for an epoch and packs them. A function of (files, ctx, seed, epoch). */
int windows_plan(windows_set *s, size_t ctx, uint64_t seed, uint64_t epoch, char *err, size_t errlen);

/* A window with its own storage. windows_buf_free takes a zeroed one. */
typedef struct windows_buf {
	net_window win;
	uint16_t *tok, *target;
	uint32_t *start;
	float *weight;
	uint8_t *told;
	net_inject *inject;
	size_t cap_inject;
	double total_weight;
} windows_buf;

int windows_buf_init(windows_buf *b, size_t ctx);
void windows_buf_free(windows_buf *b);

/* Fills b with window i of the epoch; noise and scale of the net_window are left alone. 0 or -1 (memory). */
int windows_fill(const windows_set *s, size_t i, windows_buf *b);

#endif
