/*
 * calib: how large activations get, and which keys are common. A pass over the calibration text (calib_text.c)
 * with activations in 16 bits that are scaled row by row (15 bits of precision, as good as floats
 * here) gives the largest |input| of every linear, hence its static scale, and at the edit layer
 * the second moment of the down-projection's inputs. The outcome is kept in a file (calib_cache.c).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "calib_int.h"
#include "kernels.h"

enum {
	INPUTS = 4,        /* as forward_observe() counts them */
	CALIB_CTX = 512,   /* longest sequence, tokens */
	CALIB_BLOCK = 128, /* rows of the moment at a time */
};

/* Values up to this many times the largest one seen are not cut off. KL to fp32 in nats, random
 * model of the built-in's shape: 0.5: 1.2e-2, 1: 2.6e-4, 1.5, 2 and 4: 2.2e-4, 32: 2.5e-4. */
static const float CALIB_HEADROOM = 2.0f;

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
		.stop = p->e->opt.stop,
		.arg = p->e->opt.stop_arg,
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

void calib_moment_mirror(float *c, size_t n)
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
	calib_moment_mirror(c, ff);
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

size_t calib_ctx(const engine *e)
{
	return e->info.n_ctx < CALIB_CTX ? e->info.n_ctx : CALIB_CTX;
}

/* Fills maxima and c from the text. */
static int calibrate(calib *c, float *maxima, engine *e, const char *text, size_t len, char *err,
		     size_t errlen)
{
	const hparams *hp = &e->model->hp;
	calib_pass p = { .e = e,
			 .n_ctx = calib_ctx(e),
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
	rc = calib_text_each(e, text, len, pass_tokens, &p, err, errlen);
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

/* ---- in and out ---- */

int calib_run(calib *c, engine *e, const char *text_path, const char *cache_dir, char *err,
	      size_t errlen)
{
	size_t ff = e->model->hp.n_ff, n_maxima = e->model->hp.n_layer * INPUTS + 1, len = 0;
	char *text = NULL, key[65];
	int rc = calib_text_read(text_path, &text, &len, err, errlen);
	if (rc)
		return rc;
	calib_cache_key(e, text, len, key);
	char *path = calib_cache_path(cache_dir, key);
	calib new = { 0 };
	float *maxima = alloc_array(n_maxima, 1, sizeof(float));
	if (!maxima) {
		rc = fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	} else if (!path || !calib_cache_read(&new, maxima, n_maxima, ff, path, key)) {
		memset(maxima, 0, n_maxima * sizeof(float));
		rc = calibrate(&new, maxima, e, text, len, err, errlen);
		if (!rc && path)
			calib_cache_write(&new, maxima, n_maxima, ff, path, key);
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

void calib_release(calib *c)
{
	free(c->c);
	free(c->keys);
	*c = (calib){ 0 };
}
