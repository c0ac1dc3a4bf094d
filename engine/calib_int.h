/*
 * calib_int: what calibration's files share.
 */
#ifndef ENGINE_CALIB_INT_H
#define ENGINE_CALIB_INT_H

#include "engine_int.h"

enum { CALIB_MAX_TEXT = 1 << 20 }; /* bytes */

/* ---- calib.c ---- */

size_t calib_ctx(const engine *e); /* longest sequence, tokens */
/* Fills the upper triangle of c [n, n] from the lower one. */
void calib_moment_mirror(float *c, size_t n);

/* ---- calib_text.c ---- */

/* *out [*len]: malloc'd, the caller's. */
int calib_text_read(const char *path, char **out, size_t *len, char *err, size_t errlen);
/* calib_each() for a text [len] in memory. */
int calib_text_each(engine *e, const char *text, size_t len, calib_tokens_fn fn, void *arg, char *err, size_t errlen);

/* ---- calib_cache.c: maxima [n_maxima] and *c in a file ---- */

/* All that the outcome depends on, and no more: one file serves every context beyond the longest sequence. */
void calib_cache_key(const engine *e, const char *text, size_t len, char out[65]);
char *calib_cache_path(const char *dir, const char *key); /* malloc'd; NULL without a dir */
/* False: there is none, or it is another's, or damaged; then it is made anew. */
bool calib_cache_read(calib *c, float *maxima, size_t n_maxima, size_t n_ff, const char *path, const char *key);
/* A cache that cannot be written is no error: the next start calibrates again. */
void calib_cache_write(const calib *c, const float *maxima, size_t n_maxima, size_t n_ff, const char *path, const char *key);

#endif
