/*
 * solve_layer: the engine's edited layer from all active facts, the base weights plus the change that solve.c finds. The base is
 * never written, and neither are the edited weights while a solve may still fail: the sum is made in the trial's, which
 * engine_keep() puts in their place.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"
#include "solve.h"

typedef struct solve_cache {
	solve_metric metric; /* of the engine's calibration */
} solve_cache;

void solve_cache_free(void *cache)
{
	solve_cache *s = cache;

	if (!s)
		return;
	solve_metric_release(&s->metric);
	free(s);
}

size_t solve_cache_bytes(const void *cache)
{
	const solve_cache *s = cache;
	size_t n = !s ? 0 : s->metric.n ? s->metric.n : s->metric.m;

	return n * n * sizeof(double);
}

static int cache_get(engine *e, const solve_options *opt, const solve_metric **out, char *err,
		     size_t errlen)
{
	solve_cache *s = e->solve_cache;
	const calib *c = &e->calib;
	size_t m = e->model->hp.n_ff;

	if (!s) {
		s = calloc(1, sizeof *s);
		if (!s)
			return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
		int rc = c->c ? solve_metric_init(&s->metric, c->c, m, opt, err, errlen) :
				solve_metric_init_keys(&s->metric, c->keys, c->n_rows, m, opt, err, errlen);

		if (rc) {
			free(s);
			return rc;
		}
		e->solve_cache = s;
	}
	*out = &s->metric;
	return 0;
}

enum { BLOCK = 256 }; /* rows of the change made at a time */

/* out = base + change, both [n]; false where a sum is not finite. */
static bool add_change(const float *base, const double *change, size_t n, float *out)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		out[i] = (float)((double)base[i] + change[i]);
		ok = ok && isfinite(out[i]);
	}
	return ok;
}

static int layer_fill(const model *m, const solve_parts *p, float *out, char *err, size_t errlen)
{
	size_t d = m->hp.n_embd, n_ff = m->hp.n_ff;
	double *change = alloc_array(BLOCK, n_ff, sizeof *change);
	bool ok = true;

	if (!change)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	for (size_t row = 0; ok && row < d; row += BLOCK) {
		size_t rows = d - row < BLOCK ? d - row : BLOCK;

		solve_rows(p, row, rows, change);
		ok = add_change(m->down_base + row * n_ff, change, rows * n_ff, out + row * n_ff);
	}
	free(change);
	return ok ? 0 : fail(err, errlen, ENGINE_ERR, "the solve for these facts overflowed");
}

/* The layer of base weights and deltas -> out [n_embd, n_ff], and what it is more than the base weights. */
static int layer_of(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve, float *out,
		    low_rank *change, char *err, size_t errlen)
{
	const model *m = e->model;
	solve_options opt = solve_options_default();
	const solve_metric *metric = NULL;
	solve_parts parts;
	int rc;

	if (n == 0) {
		memcpy(out, m->down_base, m->hp.n_embd * m->hp.n_ff * sizeof *out);
		return 0;
	}
	rc = cache_get(e, &opt, &metric, err, errlen);
	if (!rc)
		rc = solve_facts(&parts, metric, m->hp.n_embd, d, n, preserve, n_preserve, &opt, err, errlen);
	if (rc)
		return rc;
	rc = layer_fill(m, &parts, out, err, errlen);
	if (!rc && low_rank_keep(change, &parts))
		rc = fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	solve_parts_release(&parts);
	return rc;
}

int engine_try(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve,
	       char *err, size_t errlen)
{
	model *m = e->model;

	if (engine_for_chat(e, err, errlen))
		return ENGINE_EARG;
	e->has_trial = false;
	low_rank_release(&m->change_trial);
	if (!m->down_trial && !(m->down_trial = alloc_array(m->hp.n_embd, m->hp.n_ff, sizeof *m->down_trial)))
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	int rc = layer_of(e, d, n, preserve, n_preserve, m->down_trial, &m->change_trial, err, errlen);

	e->has_trial = !rc;
	if (rc) {
		free(m->down_trial);
		m->down_trial = NULL;
	}
	return rc;
}

/* Through the trial's weights, so that a failed solve leaves the edited ones as they were. */
int engine_apply(engine *e, const engine_delta *d, size_t n, const float *preserve,
		 size_t n_preserve, char *err, size_t errlen)
{
	model *m = e->model;

	if (engine_for_chat(e, err, errlen))
		return ENGINE_EARG;
	if (n == 0) {
		free(m->down_edited);
		m->down_edited = NULL;
		low_rank_release(&m->change_edited);
		e->has_trial = false;
		e->version++;
		return 0;
	}
	int rc = engine_try(e, d, n, preserve, n_preserve, err, errlen);

	return rc ? rc : engine_keep(e);
}

int engine_keep(engine *e)
{
	model *m = e->model;

	if (!e->has_trial)
		return ENGINE_EARG;
	free(m->down_edited);
	m->down_edited = m->down_trial;
	m->down_trial = NULL;
	low_rank_release(&m->change_edited);
	m->change_edited = m->change_trial;
	m->change_trial = (low_rank){ 0 };
	e->has_trial = false;
	e->version++;
	return 0;
}

/* Eight bytes at a time, multiply and rotate; two layers that differ in a bit differ in it. */
uint64_t engine_layer_hash(const engine *e)
{
	const model *m = e->model;
	const float *w = m->down_edited ? m->down_edited : m->down_base;
	size_t n = m->hp.n_embd * m->hp.n_ff;
	uint64_t h = 0x9e3779b97f4a7c15u ^ n;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &w[i], sizeof bits);
		h = (h ^ bits) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h;
}

uint64_t engine_weights_version(const engine *e)
{
	return e->version;
}
