/*
 * calib: how large activations get, and which keys are common. A pass over the calibration text
 * with activations in 16 bits that are scaled row by row (15 bits of precision, as good as floats
 * here) gives the largest |input| of every linear, hence its static scale, and at the edit layer
 * the second moment of the down-projection's inputs.
 *
 * The text: paragraphs separated by blank lines. Lines "U: ..." and "A: ..." are turns of a
 * dialogue and go through the chat template; another paragraph is plain text.
 *
 * The cache, cache_dir/calibration-KEY.bin: a calib_header, then floats: maxima [n_maxima], and the
 * lower triangle of C by rows, n_ff (n_ff + 1) / 2. KEY is the start of the header's key, SHA-256
 * over model hash, edit layer, precision, longest sequence, text and chat template. Where the text has fewer tokens than the
 * layer has inputs, the keys themselves, [n_rows, n_ff], stand in the place of C: they say the same
 * in less room (n_ff is 11,008 and more in models of a few billion weights). Nothing follows, and all numbers are finite.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "kernels.h"
#include "sha256.h"

enum {
	INPUTS = 4,               /* as forward_observe() counts them */
	CALIB_MAX_TEXT = 1 << 20, /* bytes */
	CALIB_MAX_TURNS = 16,
	CALIB_CTX = 512, /* longest sequence, tokens */
	CALIB_BLOCK = 128, /* rows of the moment at a time */
};

/* Values up to this many times the largest one seen are not cut off. KL to fp32 in nats, random
 * model of the built-in's shape: 0.5: 1.2e-2, 1: 2.6e-4, 1.5, 2 and 4: 2.2e-4, 32: 2.5e-4. */
static const float CALIB_HEADROOM = 2.0f;

typedef struct calib_header {
	char magic[8]; /* "IMPCALB" and the version, 2 */
	char key[64];
	uint64_t n_maxima, n_ff, n_rows;
	double v_norm;
	uint64_t checksum; /* of all before, and of the floats */
} calib_header;
_Static_assert(sizeof(calib_header) == 8 + 64 + 3 * 8 + 8 + 8, "no padding");

typedef struct calib_pass {
	engine *e;
	size_t n_ctx;   /* longest sequence */
	float *maxima;  /* [n_layer * INPUTS + 1] */
	float *keys;    /* [room, n_ff] */
	float *values;  /* [n_ctx, n_embd] */
	float *x;       /* [n_ctx, n_embd] */
	size_t n, room; /* rows of keys */
	double v_sum;
	kv_cache kv;
	kernels kern;
} calib_pass;

/* ---- the pass ---- */

static int keys_reserve(calib_pass *p, size_t more)
{
	size_t ff = p->e->model->hp.n_ff;
	if (p->n + more <= p->room)
		return ENGINE_OK;
	size_t room = 2 * p->room + more;
	float *keys = alloc_array(room, ff, sizeof(float));
	if (!keys)
		return ENGINE_ENOMEM;
	if (p->keys)
		memcpy(keys, p->keys, p->n * ff * sizeof(float));
	free(p->keys);
	p->keys = keys;
	p->room = room;
	return ENGINE_OK;
}

/* Largest |input| of the output matrix. */
static void observe_output(calib_pass *p, size_t n)
{
	const hparams *hp = &p->e->model->hp;
	float *max = &p->maxima[hp->n_layer * INPUTS];
	for (size_t i = 0; i < n; i++) {
		float *x = p->x + i * hp->n_embd;
		p->kern.rms_norm(x, p->e->model->output_norm, hp->n_embd, hp->norm_eps, x);
		*max = fmaxf(*max, p->kern.absmax(x, hp->n_embd));
	}
}

static int pass_tokens(void *arg, const int32_t *tokens, size_t n)
{
	calib_pass *p = arg;
	const hparams *hp = &p->e->model->hp;
	n = n < p->n_ctx ? n : p->n_ctx;
	int rc = keys_reserve(p, n);
	if (rc)
		return rc;
	forward_seq s = { .own = &p->kv, .n_rows = n };
	forward_args a = {
		.seqs = &s,
		.n_seqs = 1,
		.n_rows = n,
		.layer1 = hp->n_layer,
		.weights = ENGINE_BASE,
		.keys_out = p->keys + p->n * hp->n_ff,
		.values_out = p->values,
	};
	rc = forward_embed(p->e->fwd, tokens, n, p->x);
	if (!rc)
		rc = forward_layers(p->e->fwd, &a, p->x);
	if (rc)
		return rc;
	observe_output(p, n);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		for (size_t c = 0; c < hp->n_embd; c++)
			sum += (double)p->values[i * hp->n_embd + c] *
			       (double)p->values[i * hp->n_embd + c];
		p->v_sum += sqrt(sum);
	}
	p->n += n;
	return ENGINE_OK;
}

/* ---- the text ---- */

/* Who reads it. */
typedef struct reader {
	engine *e;
	calib_tokens_fn each;
	void *arg;
} reader;

typedef struct line {
	const char *s;
	size_t len;
} line;

static bool next_line(const char **at, const char *end, line *l)
{
	if (*at >= end)
		return false;
	const char *nl = memchr(*at, '\n', (size_t)(end - *at));
	l->s = *at;
	l->len = (size_t)((nl ? nl : end) - *at);
	*at = nl ? nl + 1 : end;
	return true;
}

/* The role a line speaks in, or NULL; cuts the mark off. */
static const char *line_role(line *l)
{
	if (l->len < 3 || l->s[1] != ':' || l->s[2] != ' ' || (l->s[0] != 'U' && l->s[0] != 'A'))
		return NULL;
	const char *role = l->s[0] == 'U' ? "user" : "assistant";
	l->s += 3;
	l->len -= 3;
	return role;
}

static int pass_dialogue(const reader *p, const engine_turn *turns, size_t n, char *err,
			 size_t errlen)
{
	int32_t *tokens = NULL;
	size_t n_tokens = 0;
	int rc = engine_chat_tokens(p->e, turns, n, false, SIZE_MAX, &tokens, &n_tokens, NULL, err,
				    errlen);
	if (!rc && n_tokens)
		rc = p->each(p->arg, tokens, n_tokens);
	free(tokens);
	return rc;
}

static int pass_plain(const reader *p, const char *s, size_t len)
{
	size_t most = 2 * len + 1;
	int32_t *tokens = alloc_array(most, 1, sizeof(*tokens));
	int n = tokens ? engine_tokenize(p->e, s, len, false, tokens, most) : ENGINE_ENOMEM;
	if (n > 0)
		n = p->each(p->arg, tokens, (size_t)n);
	free(tokens);
	return n < 0 ? n : ENGINE_OK;
}

/* The turns as plain text, where the model was opened without a chat template. */
static int pass_turns_plain(const reader *p, const engine_turn *turns, size_t n)
{
	int rc = ENGINE_OK;
	for (size_t i = 0; !rc && i < n; i++)
		rc = pass_plain(p, turns[i].text, turns[i].len);
	return rc;
}

static int pass_text(const reader *p, const char *text, size_t len, char *err, size_t errlen)
{
	const char *at = text, *end = text + len, *start = NULL, *stop = NULL;
	engine_turn turns[CALIB_MAX_TURNS];
	size_t n = 0;
	line l = { text, 0 };
	int rc = ENGINE_OK;
	for (bool more = true; more && !rc;) {
		more = next_line(&at, end, &l);
		const char *role = more ? line_role(&l) : NULL;
		if (role && n < CALIB_MAX_TURNS) {
			turns[n++] = (engine_turn){ role, l.s, l.len };
		} else if (more && l.len) {
			start = start ? start : l.s;
			stop = l.s + l.len;
		} else if (!more || !l.len) {
			if (n)
				rc = p->e->chat ? pass_dialogue(p, turns, n, err, errlen)
						: pass_turns_plain(p, turns, n);
			if (!rc && start)
				rc = pass_plain(p, start, (size_t)(stop - start));
			n = 0;
			start = NULL;
		}
	}
	return rc;
}

/* ---- the second moment ---- */

typedef struct moment_job {
	const kernels *kern;
	const float *kt; /* [n_ff, n]: keys, turned */
	float *c;        /* [n_ff, n_ff] */
	size_t n_ff, n;
} moment_job;

/* Rows of C in blocks, each up to its diagonal: row i is the products of key component i with
 * all others. */
static void moment_part(void *arg, int i, int n_threads)
{
	moment_job *j = arg;
	linear w = { .rows = j->n_ff, .cols = j->n, .f32 = (float *)j->kt };
	for (size_t from = (size_t)i * CALIB_BLOCK; from < j->n_ff;
	     from += (size_t)n_threads * CALIB_BLOCK) {
		size_t rows = j->n_ff - from < CALIB_BLOCK ? j->n_ff - from : CALIB_BLOCK;
		gemm_args g = {
			.l = &w,
			.block1 = kernel_blocks(from + rows),
			.x = j->kt + from * j->n,
			.n = rows,
			.y = j->c + from * j->n_ff,
			.y_stride = j->n_ff,
		};
		j->kern->gemm_f(&g);
	}
}

static void moment_mirror(float *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			c[k * n + i] = c[i * n + k];
}

/* c = keys^T keys / n. */
static int moment(calib_pass *p, float *c)
{
	size_t ff = p->e->model->hp.n_ff;
	float *kt = alloc_array(ff, p->n, sizeof(float));
	if (!kt)
		return ENGINE_ENOMEM;
	for (size_t r = 0; r < p->n; r++)
		for (size_t i = 0; i < ff; i++)
			kt[i * p->n + r] = p->keys[r * ff + i];
	moment_job j = { .kern = &p->kern, .kt = kt, .c = c, .n_ff = ff, .n = p->n };
	pool_run(p->e->pool, moment_part, &j);
	free(kt);
	for (size_t i = 0; i < ff; i++)
		for (size_t k = 0; k <= i; k++)
			c[i * ff + k] /= (float)p->n;
	moment_mirror(c, ff);
	return ENGINE_OK;
}

/* ---- what comes of it ---- */

static void set_scale(linear *l, float max)
{
	l->act_max = max;
	l->act_scale =
		CALIB_HEADROOM * max / 32767.0f; /* 0: a linear that saw nothing scales by itself */
}

/* From now on the model's activations have these scales; NULL takes them back. */
static void set_scales(model *m, const float *maxima)
{
	for (size_t i = 0; i < m->hp.n_layer; i++) {
		layer *l = &m->layers[i];
		linear *const all[] = { &l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down };
		static const int input[] = { 0, 0, 0, 1, 2, 2, 3 };
		for (size_t k = 0; k < 7; k++)
			set_scale(all[k], maxima ? maxima[i * INPUTS + (size_t)input[k]] : 0);
	}
	set_scale(&m->output, maxima ? maxima[m->hp.n_layer * INPUTS] : 0);
}

static void pass_release(calib_pass *p)
{
	free(p->keys);
	free(p->values);
	free(p->x);
	kv_release(&p->kv);
}

static size_t pass_ctx(const engine *e)
{
	return e->info.n_ctx < CALIB_CTX ? e->info.n_ctx : CALIB_CTX;
}

/* Fills maxima and c from the text. */
static int calibrate(calib *c, float *maxima, engine *e, const char *text, size_t len, char *err,
		     size_t errlen)
{
	const hparams *hp = &e->model->hp;
	calib_pass p = { .e = e,
			 .n_ctx = pass_ctx(e),
			 .maxima = maxima };
	int rc = kv_init(&p.kv, e->model, p.n_ctx);
	kernels_init(&p.kern, e->cpu);
	p.x = alloc_array(p.n_ctx, hp->n_embd, sizeof(float));
	p.values = alloc_array(p.n_ctx, hp->n_embd, sizeof(float));
	if (rc || !p.x || !p.values) {
		pass_release(&p);
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	}
	set_scales(e->model, NULL);
	forward_observe(e->fwd, maxima);
	if (errlen)
		*err = '\0';
	rc = pass_text(&(reader){ e, pass_tokens, &p }, text, len, err, errlen);
	forward_observe(e->fwd, NULL);
	if (!rc && !p.n)
		rc = len ? fail(err, errlen, ENGINE_EFORMAT,
				"the vocabulary cannot spell the calibration text")
			 : fail(err, errlen, ENGINE_EARG, "the calibration text is empty");
	c->n_rows = p.n;
	if (!rc && p.n < hp->n_ff) {
		c->keys = alloc_array(p.n, hp->n_ff, sizeof(float)); /* p's room is up to twice that */
		rc = c->keys ? 0 : ENGINE_ENOMEM;
		if (!rc)
			memcpy(c->keys, p.keys, p.n * hp->n_ff * sizeof(float));
	} else if (!rc) {
		c->c = alloc_array(hp->n_ff, hp->n_ff, sizeof(float));
		rc = c->c ? moment(&p, c->c) : ENGINE_ENOMEM;
	}
	c->v_norm = p.n ? (float)(p.v_sum / (double)p.n) : 0;
	pass_release(&p);
	if (rc && errlen && !*err)
		fail(err, errlen, rc, "%s",
		     rc == ENGINE_ENOMEM ? "out of memory" : rc == ENGINE_EIO ? gguf_lost_text : "calibration failed");
	return rc;
}

/* ---- the cache ---- */

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

/* All that the outcome depends on, and no more: one file serves every context beyond the longest sequence. */
static void cache_key(const engine *e, const char *text, size_t len, char out[65])
{
	const char *chat = e->opt.chat_template; /* NULL: the model's own, or none */
	sha256 s;
	sha256_init(&s);
	sha256_add(&s, e->info.hash, strlen(e->info.hash));
	sha256_add_u64(&s, (uint64_t)e->model->edit_layer);
	sha256_add_u64(&s, (uint64_t)e->opt.precision);
	sha256_add_u64(&s, pass_ctx(e));
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
	moment_mirror(c, n);
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

/* False: there is none, or it is another's, or damaged; then it is made anew. */
static bool cache_read(calib *c, float *maxima, size_t n_maxima, size_t n_ff, const char *path,
		       const char *key)
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
	if (ok && cache_checksum(&h, maxima, t) == h.checksum && cache_finite(maxima, n_maxima) &&
	    cache_finite(t, moment_floats(h.n_rows, n_ff)))
		return moment_put(c, &h, t);
	free(t);
	return false;
}

/* A cache that cannot be written is no error: the next start calibrates again. */
static void cache_write(const calib *c, const float *maxima, size_t n_maxima, size_t n_ff,
			const char *path, const char *key)
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

/* ---- in and out ---- */

static int text_read(const char *path, char **out, size_t *len, char *err, size_t errlen)
{
	if (!path)
		return fail(err, errlen, ENGINE_EARG, "no calibration text was given");
	FILE *f = fopen(path, "rb");
	if (!f)
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path, strerror(errno));
	char *text = alloc_array(CALIB_MAX_TEXT + 1, 1, 1);
	size_t n = text ? fread(text, 1, CALIB_MAX_TEXT + 1, f) : 0;
	bool bad = ferror(f);
	fclose(f);
	if (!text)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	if (bad || n > CALIB_MAX_TEXT) {
		free(text);
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path,
			    bad ? "cannot be read" : "longer than 1 MiB");
	}
	*out = text;
	*len = n;
	return ENGINE_OK;
}

static char *cache_path(const char *dir, const char *key)
{
	char *path = dir ? alloc_array(strlen(dir) + 64, 1, 1) : NULL;
	if (path)
		sprintf(path, "%s/calibration-%.16s.bin", dir, key);
	return path;
}

int calib_run(calib *c, engine *e, const char *text_path, const char *cache_dir, char *err,
	      size_t errlen)
{
	size_t ff = e->model->hp.n_ff, n_maxima = e->model->hp.n_layer * INPUTS + 1, len = 0;
	char *text = NULL, key[65];
	int rc = text_read(text_path, &text, &len, err, errlen);
	if (rc)
		return rc;
	cache_key(e, text, len, key);
	char *path = cache_path(cache_dir, key);
	calib new = { 0 };
	float *maxima = alloc_array(n_maxima, 1, sizeof(float));
	if (!maxima) {
		rc = fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	} else if (!path || !cache_read(&new, maxima, n_maxima, ff, path, key)) {
		memset(maxima, 0, n_maxima * sizeof(float));
		rc = calibrate(&new, maxima, e, text, len, err, errlen);
		if (!rc && path)
			cache_write(&new, maxima, n_maxima, ff, path, key);
	}
	if (!rc)
		set_scales(e->model, maxima);
	free(maxima);
	free(text);
	free(path);
	if (rc) {
		calib_release(&new);
		return rc;
	}
	calib_release(c);
	*c = new;
	return ENGINE_OK;
}

int calib_each(engine *e, const char *text_path, calib_tokens_fn fn, void *arg, char *err, size_t errlen)
{
	char *text = NULL;
	size_t len = 0;
	int rc = text_read(text_path, &text, &len, err, errlen);

	if (rc)
		return rc;
	rc = pass_text(&(reader){ e, fn, arg }, text, len, err, errlen);
	free(text);
	return rc;
}

void calib_release(calib *c)
{
	free(c->c);
	free(c->keys);
	*c = (calib){ 0 };
}
