/*
 * calib_cache: what calibration found, kept in a file. cache_dir/calibration-KEY.bin: a calib_header, then floats: maxima
 * [n_maxima], and the lower triangle of C by rows, n_ff (n_ff + 1) / 2. KEY is the start of the header's key, SHA-256 over model
 * hash, edit layer, precision, longest sequence, text and chat template. Where the text has fewer tokens than the layer has
 * inputs, the keys themselves, [n_rows, n_ff], stand in the place of C: they say the same in less room (n_ff is 11,008 and more
 * in models of a few billion weights). Nothing follows, and all numbers are finite.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "calib_int.h"
#include "sha256.h"

typedef struct calib_header {
	char magic[8]; /* "IMPCALB" and the version, 2 */
	char key[64];
	uint64_t n_maxima, n_ff, n_rows;
	double v_norm;
	uint64_t checksum; /* of all before, and of the floats */
} calib_header;
_Static_assert(sizeof(calib_header) == 8 + 64 + 3 * 8 + 8 + 8, "no padding");

char *calib_cache_path(const char *dir, const char *key)
{
	char *path = dir ? alloc_array(strlen(dir) + 64, 1, 1) : NULL;
	if (path)
		sprintf(path, "%s/calibration-%.16s.bin", dir, key);
	return path;
}

/* Floats that stand for C. */
static size_t moment_floats(size_t n_rows, size_t n_ff)
{
	return n_rows < n_ff ? n_rows * n_ff : n_ff * (n_ff + 1) / 2;
}

static uint64_t cache_checksum(const calib_header *h, const float *maxima, const float *moment)
{
	uint64_t sum = cache_checksum_add(1, h, offsetof(calib_header, checksum));
	sum = cache_checksum_add(sum, maxima, h->n_maxima * sizeof(float));
	return cache_checksum_add(sum, moment, moment_floats(h->n_rows, h->n_ff) * sizeof(float));
}

void calib_cache_key(const engine *e, const char *text, size_t len, char out[65])
{
	const char *chat = e->opt.chat_template; /* NULL: the model's own, or none */
	sha256 s;
	sha256_init(&s);
	sha256_add(&s, e->info.hash, strlen(e->info.hash));
	sha256_add_u64(&s, (uint64_t)e->model->edit_layer);
	sha256_add_u64(&s, (uint64_t)e->opt.precision);
	sha256_add_u64(&s, calib_ctx(e));
	sha256_add_u64(&s, len);
	sha256_add(&s, text, len);
	if (!e->chat)
		sha256_add(&s, "plain", 5);
	else if (chat)
		sha256_add(&s, chat, strlen(chat));
	sha256_hex(&s, out);
}

static calib_header cache_header(const calib *c, const char *key, size_t n_maxima, size_t n_ff)
{
	calib_header h = {
		.n_maxima = n_maxima, .n_ff = n_ff, .n_rows = c->n_rows, .v_norm = (double)c->v_norm
	};
	memcpy(h.magic, "IMPCALB2", sizeof(h.magic));
	memcpy(h.key, key, sizeof(h.key));
	return h;
}

/* The lower triangle of c [n, n], by rows, or NULL. */
static float *triangle_of(const float *c, size_t n)
{
	float *t = alloc_array(n * (n + 1) / 2, 1, sizeof(float)), *at = t;
	for (size_t i = 0; t && i < n; at += ++i)
		memcpy(at, c + i * n, (i + 1) * sizeof(float));
	return t;
}

static void triangle_put(const float *t, float *c, size_t n)
{
	for (size_t i = 0; i < n; t += ++i)
		memcpy(c + i * n, t, (i + 1) * sizeof(float));
	calib_moment_mirror(c, n);
}

static bool read_all(FILE *f, void *p, size_t n) { return fread(p, 1, n, f) == n; }

static bool header_fits(const calib_header *h, const char *key, size_t n_maxima, size_t n_ff)
{
	return !memcmp(h->magic, "IMPCALB2", sizeof(h->magic)) && !memcmp(h->key, key, sizeof(h->key)) &&
	       h->n_maxima == n_maxima && h->n_ff == n_ff && h->n_rows && h->n_rows <= CALIB_MAX_TEXT &&
	       isfinite(h->v_norm) && h->v_norm >= 0;
}

/* t: what stands for C in the file; taken over or freed. */
static bool moment_put(calib *c, const calib_header *h, float *t)
{
	c->n_rows = h->n_rows;
	c->v_norm = (float)h->v_norm;
	if (h->n_rows < h->n_ff) {
		c->keys = t;
		return true;
	}
	c->c = alloc_array(h->n_ff, h->n_ff, sizeof(float));
	if (c->c)
		triangle_put(t, c->c, h->n_ff);
	free(t);
	return c->c != NULL;
}

bool calib_cache_read(calib *c, float *maxima, size_t n_maxima, size_t n_ff, const char *path, const char *key)
{
	calib_header h;
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	bool ok = read_all(f, &h, sizeof(h)) && header_fits(&h, key, n_maxima, n_ff);
	float *t = ok ? alloc_array(moment_floats(h.n_rows, n_ff), 1, sizeof(float)) : NULL;
	ok = t && read_all(f, maxima, n_maxima * sizeof(float)) &&
	     read_all(f, t, moment_floats(h.n_rows, n_ff) * sizeof(float)) && fgetc(f) == EOF;
	fclose(f);
	if (ok && cache_checksum(&h, maxima, t) == h.checksum && floats_finite(maxima, n_maxima) &&
	    floats_finite(t, moment_floats(h.n_rows, n_ff)))
		return moment_put(c, &h, t);
	free(t);
	return false;
}

void calib_cache_write(const calib *c, const float *maxima, size_t n_maxima, size_t n_ff, const char *path, const char *key)
{
	calib_header h = cache_header(c, key, n_maxima, n_ff);
	float *triangle = c->c ? triangle_of(c->c, n_ff) : NULL;
	const float *t = c->c ? triangle : c->keys;
	if (t) {
		h.checksum = cache_checksum(&h, maxima, t);
		cache_file_write(path,
				 (const cache_part[]){
					 { &h, sizeof(h) },
					 { maxima, n_maxima * sizeof(float) },
					 { t, moment_floats(c->n_rows, n_ff) * sizeof(float) },
				 },
				 3);
	}
	free(triangle);
}
