/*
 * key_cache: the keys of many prompts, kept on disk: they depend on the model and the prompts only, and
 * a large model needs many seconds for them.
 *
 * DIR/keys-KEY.bin: a keys_header, then floats [n, n_ff]. KEY is the start of the header's key, SHA-256
 * over the model's hash, edit layer, precision, activation scales and every prompt. Nothing follows, and all floats are finite.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "engine_int.h"
#include "sha256.h"

typedef struct keys_header {
	char magic[8]; /* "IMPKEYS" and the version, 1 */
	char key[64];
	uint64_t n, n_ff;
	uint64_t checksum; /* of all before, and of the floats */
} keys_header;
_Static_assert(sizeof(keys_header) == 8 + 64 + 3 * 8, "no padding");

static void add_text(sha256 *s, const char *text, size_t len)
{
	sha256_add_u64(s, len);
	sha256_add(s, text, len);
}

static void add_context(sha256 *s, const edit_context *c)
{
	sha256_add_u64(s, c->n_turns);
	sha256_add_u64(s, c->anchor_end);
	for (size_t i = 0; i < c->n_turns; i++) {
		add_text(s, c->turns[i].role, strlen(c->turns[i].role));
		add_text(s, c->turns[i].text, c->turns[i].len);
	}
}

/* The layers' activation scales stand for the calibration text; the template shapes the prompts. */
static void add_model(sha256 *s, const engine *e)
{
	const model *m = e->model;
	add_text(s, e->info.hash, strlen(e->info.hash));
	sha256_add_u64(s, (uint64_t)m->edit_layer);
	sha256_add_u64(s, (uint64_t)e->opt.precision);
	const char *family = e->chat ? chat_template_family(e->chat) : "";
	add_text(s, family, strlen(family));
	for (size_t i = 0; i <= (size_t)m->edit_layer; i++) {
		const layer *l = &m->layers[i];
		const float scales[] = { l->q.act_scale, l->o.act_scale, l->gate.act_scale, l->down.act_scale };
		sha256_add(s, scales, sizeof(scales));
	}
}

static keys_header header_of(const engine *e, const edit_context *c, size_t n)
{
	keys_header h = { .n = n, .n_ff = e->model->hp.n_ff };
	char key[65];
	sha256 s;
	sha256_init(&s);
	add_model(&s, e);
	for (size_t i = 0; i < n; i++)
		add_context(&s, &c[i]);
	sha256_hex(&s, key);
	memcpy(h.magic, "IMPKEYS1", sizeof(h.magic));
	memcpy(h.key, key, sizeof(h.key));
	return h;
}

static uint64_t checksum(const keys_header *h, const float *keys)
{
	uint64_t sum = cache_checksum_add(1, h, offsetof(keys_header, checksum));
	return cache_checksum_add(sum, keys, h->n * h->n_ff * sizeof(*keys));
}

static char *path_of(const char *dir, const keys_header *h)
{
	char *path = alloc_array(strlen(dir) + 64, 1, 1);
	if (path)
		sprintf(path, "%s/keys-%.16s.bin", dir, h->key);
	return path;
}

bool engine_keys_load(const engine *e, const edit_context *c, size_t n, const char *dir, float *keys)
{
	keys_header want = header_of(e, c, n), h;
	char *path = path_of(dir, &want);
	FILE *f = path ? fopen(path, "rb") : NULL;
	size_t floats = n * e->model->hp.n_ff;
	free(path);
	if (!f)
		return false;
	bool ok = fread(&h, sizeof(h), 1, f) == 1 && !memcmp(&h, &want, offsetof(keys_header, checksum)) &&
		  fread(keys, sizeof(*keys), floats, f) == floats && fgetc(f) == EOF;
	fclose(f);
	return ok && checksum(&h, keys) == h.checksum && floats_finite(keys, floats);
}

void engine_keys_save(const engine *e, const edit_context *c, size_t n, const char *dir, const float *keys)
{
	keys_header h = header_of(e, c, n);
	char *path = path_of(dir, &h);
	h.checksum = checksum(&h, keys);
	if (path)
		cache_file_write(path,
				 (const cache_part[]){ { &h, sizeof(h) }, { keys, n * h.n_ff * sizeof(*keys) } }, 2);
	free(path);
}
