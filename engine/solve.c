/*
 * solve: see solve.h. OpenBLAS runs on one thread here, which makes its sums come out the same
 * every time; the engine's own threads are idle meanwhile.
 */
#include "solve.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"

/* LAPACK: Cholesky factorisation, column-major, in place. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);

solve_options solve_options_default(void)
{
	return (solve_options){ .ridge = 1e-2, .ridge_keep = 5e-1, .ridge_c = 1e-3 };
}

static double mean_diagonal(const double *a, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i * n + i];
	return n ? sum / (double)n : 0;
}

/* a [n, n] lower triangle -> its Cholesky factor. */
static int cholesky(double *a, size_t n)
{
	int size = (int)n, info = 0;

	openblas_set_num_threads(1);
	dpotrf_("L", &size, a, &size, &info);
	return info == 0 ? 0 : ENGINE_ERR;
}

int solve_factor(double **out, const float *c, size_t m, const solve_options *opt, char *err,
		 size_t errlen)
{
	if (m == 0 || m > INT_MAX)
		return fail(err, errlen, ENGINE_EARG, "cannot solve a layer of %zu inputs", m);
	double *a = alloc_array(m, m, sizeof *a);

	if (!a)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	for (size_t i = 0; i < m * m; i++)
		a[i] = (double)c[i];
	double ridge = opt->ridge_c * mean_diagonal(a, m);

	for (size_t i = 0; i < m; i++)
		a[i * m + i] += ridge;
	if (cholesky(a, m)) {
		free(a);
		return fail(err, errlen, ENGINE_ERR, "the edited layer was not calibrated well");
	}
	*out = a;
	return 0;
}

/* ---- columns ---- */

typedef struct column {
	const float *key;   /* [m] */
	const float *delta; /* [d], NULL: preservation */
	size_t m, d;
} column;

/* By the bytes of the key, facts before preservation, then by the bytes of the delta. */
static int column_order(const void *pa, const void *pb)
{
	const column *a = pa, *b = pb;
	int order = memcmp(a->key, b->key, a->m * sizeof *a->key);

	if (order || (!a->delta && !b->delta))
		return order;
	if (!a->delta || !b->delta)
		return a->delta ? -1 : 1;
	return memcmp(a->delta, b->delta, a->d * sizeof *a->delta);
}

/* Sorts, and drops a column equal to the one before it and a preservation key that a fact has. */
static size_t columns_settle(column *c, size_t n)
{
	size_t kept = 0;

	qsort(c, n, sizeof *c, column_order);
	for (size_t i = 0; i < n; i++) {
		const column *last = kept ? &c[kept - 1] : NULL;

		if (last && !memcmp(last->key, c[i].key, c[i].m * sizeof *c[i].key) &&
		    (!c[i].delta || column_order(last, &c[i]) == 0))
			continue;
		c[kept++] = c[i];
	}
	return kept;
}

static bool finite_row(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

/* All columns of the problem, settled. *n_out may be 0. */
static int columns_collect(column **out, size_t *n_out, size_t m, size_t d,
			   const engine_delta *facts, size_t n, const float *preserve,
			   size_t n_preserve, char *err, size_t errlen)
{
	size_t total = n_preserve, at = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(total, facts[i].n_keys, &total))
			return fail(err, errlen, ENGINE_EARG, "too many keys");
	if (total > INT_MAX)
		return fail(err, errlen, ENGINE_EARG, "too many keys");
	column *c = alloc_array(total, 1, sizeof *c);

	if (!c)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for %zu keys", total);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < facts[i].n_keys; j++)
			c[at++] = (column){ facts[i].keys + j * m, facts[i].delta, m, d };
	for (size_t j = 0; j < n_preserve; j++)
		c[at++] = (column){ preserve + j * m, NULL, m, d };
	for (size_t j = 0; j < total; j++)
		if (!finite_row(c[j].key, m) || (c[j].delta && !finite_row(c[j].delta, d))) {
			free(c);
			return fail(err, errlen, ENGINE_EARG,
				    "a stored edit holds a number that is not finite");
		}
	*n_out = columns_settle(c, total);
	*out = c;
	return 0;
}

/* ---- the solve ---- */

typedef struct work {
	double *k; /* [m, n] column-major: K, then L^-1 K, then C^-1 K */
	double *s; /* [n, n]: the small system */
	double *r; /* [n, d] column-major: R', then the system's solution */
} work;

static void work_release(work *w)
{
	free(w->k);
	free(w->s);
	free(w->r);
}

static int work_init(work *w, const column *c, size_t m, size_t n, size_t d)
{
	w->k = alloc_array(m, n, sizeof *w->k);
	w->s = alloc_array(n, n, sizeof *w->s);
	w->r = alloc_array(n, d, sizeof *w->r);
	if (!w->k || !w->s || !w->r)
		return ENGINE_ENOMEM;
	for (size_t j = 0; j < n; j++) {
		for (size_t i = 0; i < m; i++)
			w->k[j * m + i] = (double)c[j].key[i];
		for (size_t i = 0; i < d && c[j].delta; i++)
			w->r[i * n + j] = (double)c[j].delta[i];
	}
	return 0;
}

/* K' C^-1 K + ridges, factored. */
static int small_system(work *w, const double *factor, const column *c, size_t m, size_t n,
			const solve_options *opt)
{
	int im = (int)m, in = (int)n;

	cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, im, in, 1.0,
		    factor, im, w->k, im);
	cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, in, im, 1.0, w->k, im, 0.0, w->s, in);
	double mean = mean_diagonal(w->s, n);

	for (size_t j = 0; j < n; j++)
		w->s[j * n + j] += mean * (c[j].delta ? opt->ridge : opt->ridge_keep);
	return cholesky(w->s, n);
}

int solve_change(const double *factor, size_t m, size_t d, const engine_delta *facts, size_t n,
		 const float *preserve, size_t n_preserve, const solve_options *opt, double *change,
		 char *err, size_t errlen)
{
	column *c = NULL;
	size_t n_col = 0;
	work w = { 0 };
	int rc;

	if (d == 0 || d > INT_MAX || m == 0 || m > INT_MAX)
		return fail(err, errlen, ENGINE_EARG, "cannot solve a layer of %zu x %zu", d, m);
	rc = columns_collect(&c, &n_col, m, d, facts, n, preserve, n_preserve, err, errlen);
	if (rc)
		return rc;
	if (n_col == 0) {
		memset(change, 0, d * m * sizeof *change);
		goto out;
	}
	int im = (int)m, in = (int)n_col, id = (int)d;

	rc = work_init(&w, c, m, n_col, d);
	if (rc) {
		fail(err, errlen, rc, "not enough memory to solve for %zu keys", n_col);
		goto out;
	}
	openblas_set_num_threads(1);
	rc = small_system(&w, factor, c, m, n_col, opt);
	if (rc) {
		fail(err, errlen, rc, "the facts' keys could not be told apart");
		goto out;
	}
	cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, im, in, 1.0,
		    factor, im, w.k, im);
	cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, in, id, 1.0,
		    w.s, in, w.r, in);
	cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, in, id, 1.0,
		    w.s, in, w.r, in);
	/* [m, d] column-major is [d, m] row-major. */
	cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, im, id, in, 1.0, w.k, im, w.r, in,
		    0.0, change, im);
out:
	work_release(&w);
	free(c);
	return rc;
}

/* ---- the engine's layer ---- */

typedef struct solve_cache {
	double *factor; /* of the engine's calib.c */
} solve_cache;

void solve_cache_free(void *cache)
{
	solve_cache *s = cache;

	if (!s)
		return;
	free(s->factor);
	free(s);
}

static int cache_get(engine *e, const solve_options *opt, const double **factor, char *err,
		     size_t errlen)
{
	solve_cache *s = e->solve_cache;

	if (!s) {
		s = calloc(1, sizeof *s);
		if (!s)
			return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
		int rc = solve_factor(&s->factor, e->calib.c, e->model->hp.n_ff, opt, err, errlen);

		if (rc) {
			free(s);
			return rc;
		}
		e->solve_cache = s;
	}
	*factor = s->factor;
	return 0;
}

static bool all_finite(const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite((float)x[i]))
			return false;
	return true;
}

/* The layer of base weights and deltas -> out [n_embd, n_ff], which is untouched on failure. */
static int layer_of(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve,
		    float *out, char *err, size_t errlen)
{
	const model *m = e->model;
	size_t n_embd = m->hp.n_embd, n_ff = m->hp.n_ff, size = n_embd * n_ff;
	solve_options opt = solve_options_default();
	const double *factor = NULL;
	int rc;

	if (n == 0) {
		memcpy(out, m->down_base, size * sizeof *out);
		return 0;
	}
	rc = cache_get(e, &opt, &factor, err, errlen);
	if (rc)
		return rc;
	double *change = alloc_array(n_embd, n_ff, sizeof *change);

	if (!change)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	rc = solve_change(factor, n_ff, n_embd, d, n, preserve, n_preserve, &opt, change, err,
			  errlen);
	if (!rc && !all_finite(change, size))
		rc = fail(err, errlen, ENGINE_ERR, "the solve for %zu facts overflowed", n);
	for (size_t i = 0; !rc && i < size; i++)
		out[i] = (float)((double)m->down_base[i] + change[i]);
	free(change);
	return rc;
}

int engine_apply(engine *e, const engine_delta *d, size_t n, const float *preserve,
		 size_t n_preserve, char *err, size_t errlen)
{
	int rc = layer_of(e, d, n, preserve, n_preserve, e->model->down_edited, err, errlen);

	e->has_trial = e->has_trial && rc;
	e->version += !rc;
	return rc;
}

int engine_try(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve,
	       char *err, size_t errlen)
{
	model *m = e->model;

	if (!m->down_trial && !(m->down_trial = alloc_array(m->hp.n_embd, m->hp.n_ff, sizeof *m->down_trial)))
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	int rc = layer_of(e, d, n, preserve, n_preserve, m->down_trial, err, errlen);

	e->has_trial = !rc;
	return rc;
}

int engine_keep(engine *e)
{
	model *m = e->model;
	float *edited = m->down_edited;

	if (!e->has_trial)
		return ENGINE_EARG;
	m->down_edited = m->down_trial;
	m->down_trial = edited;
	e->has_trial = false;
	e->version++;
	return 0;
}

/* Eight bytes at a time, multiply and rotate; two layers that differ in a bit differ in it. */
uint64_t engine_layer_hash(const engine *e)
{
	const model *m = e->model;
	size_t n = m->hp.n_embd * m->hp.n_ff;
	uint64_t h = 0x9e3779b97f4a7c15u ^ n;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &m->down_edited[i], sizeof bits);
		h = (h ^ bits) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h;
}

uint64_t engine_weights_version(const engine *e)
{
	return e->version;
}
