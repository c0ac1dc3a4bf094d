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

solve_options solve_options_default(void)
{
	return (solve_options){ .ridge = 3e-2, .ridge_full = 0.3, .ridge_keep = 2, .ridge_c = 1e-3 };
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

enum { BLOCK = 256 }; /* rows or columns turned into doubles at a time */

static int metric_factor(solve_metric *s, double *a, size_t n, char *err, size_t errlen)
{
	if (cholesky(a, n)) {
		free(a);
		return fail(err, errlen, ENGINE_ERR, "the edited layer was not calibrated well");
	}
	s->factor = a;
	return 0;
}

int solve_metric_init(solve_metric *s, const float *c, size_t m, const solve_options *opt, char *err, size_t errlen)
{
	if (m == 0 || m > INT_MAX)
		return fail(err, errlen, ENGINE_EARG, "cannot solve a layer of %zu inputs", m);
	double *a = alloc_array(m, m, sizeof *a);

	if (!a)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	for (size_t i = 0; i < m * m; i++)
		a[i] = (double)c[i];
	*s = (solve_metric){ .m = m, .ridge = opt->ridge_c * mean_diagonal(a, m) };
	for (size_t i = 0; i < m; i++)
		a[i * m + i] += s->ridge;
	return metric_factor(s, a, m, err, errlen);
}

/* Columns from .. from + cols of x [n, m] as doubles [n, cols]. */
static void widen(const float *x, size_t n, size_t m, size_t from, size_t cols, double *out)
{
	for (size_t r = 0; r < n; r++)
		for (size_t c = 0; c < cols; c++)
			out[r * cols + c] = (double)x[r * m + from + c];
}

int solve_metric_init_keys(solve_metric *s, const float *x, size_t n, size_t m, const solve_options *opt, char *err,
			   size_t errlen)
{
	if (m == 0 || m > INT_MAX || n == 0 || n > INT_MAX)
		return fail(err, errlen, ENGINE_EARG, "cannot solve a layer of %zu inputs from %zu keys", m, n);
	double *a = alloc_array(n, n, sizeof *a), *part = alloc_array(n, BLOCK, sizeof *part);

	if (!a || !part) {
		free(a);
		free(part);
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve");
	}
	openblas_set_num_threads(1);
	for (size_t from = 0; from < m; from += BLOCK) {
		size_t cols = m - from < BLOCK ? m - from : BLOCK;

		widen(x, n, m, from, cols, part);
		cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)n, (int)cols, 1.0, part, (int)cols, 1.0, a,
			    (int)n);
	}
	free(part);
	/* The trace of X X' is n times that of C. */
	*s = (solve_metric){ .m = m, .n = n, .x = x };
	s->ridge = opt->ridge_c * mean_diagonal(a, n) / (double)m;
	for (size_t i = 0; i < n; i++)
		a[i * n + i] += (double)n * s->ridge;
	return metric_factor(s, a, n, err, errlen);
}

int solve_metric_init_plain(solve_metric *s, size_t m)
{
	if (m == 0 || m > INT_MAX)
		return ENGINE_EARG;
	*s = (solve_metric){ .m = m, .plain = true };
	return 0;
}

void solve_metric_release(solve_metric *s)
{
	free(s->factor);
	*s = (solve_metric){ 0 };
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
		if (!floats_finite(c[j].key, m) || (c[j].delta && !floats_finite(c[j].delta, d))) {
			free(c);
			return fail(err, errlen, ENGINE_EARG,
				    "a stored edit holds a number that is not finite");
		}
	*n_out = columns_settle(c, total);
	*out = c;
	return 0;
}

/* ---- the solve ---- */

/* k [n, m] -> k (C + ridge)^-1, and s [n, n], lower triangle by columns: k (C + ridge)^-1 k'. */
static void full_inverse(const solve_metric *a, double *k, size_t n, double *s)
{
	int m = (int)a->m, in = (int)n;

	if (!a->plain)
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, m, in, 1.0, a->factor, m, k, m);
	cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, in, m, 1.0, k, m, 0.0, s, in);
	if (!a->plain)
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, m, in, 1.0, a->factor, m, k, m);
}

/*
 * The same by the keys X: (X' X / N + r)^-1 = (1 - X' (X X' + N r)^-1 X) / r. With L the factor of
 * the matrix in the middle and t = L^-1 X k': s = (k k' - t' t) / r, and k becomes
 * (k - t' L^-T X) / r.
 */
static int keys_inverse(const solve_metric *a, double *k, size_t n, double *s)
{
	size_t m = a->m, n_x = a->n;
	double *t = alloc_array(n, n_x, sizeof *t), *part = alloc_array(n_x, BLOCK, sizeof *part);
	int rc = t && part ? 0 : ENGINE_ENOMEM, in = (int)n, ix = (int)n_x, im = (int)m;

	for (size_t from = 0; !rc && from < m; from += BLOCK) {
		size_t cols = m - from < BLOCK ? m - from : BLOCK;

		widen(a->x, n_x, m, from, cols, part);
		cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, ix, in, (int)cols, 1.0, part, (int)cols, k + from,
			    im, 1.0, t, ix);
	}
	if (!rc) {
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, ix, in, 1.0, a->factor,
			    ix, t, ix);
		cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, in, im, 1 / a->ridge, k, im, 0.0, s, in);
		cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, in, ix, -1 / a->ridge, t, ix, 1.0, s, in);
		cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, ix, in, 1.0, a->factor, ix,
			    t, ix);
	}
	for (size_t from = 0; !rc && from < m; from += BLOCK) {
		size_t cols = m - from < BLOCK ? m - from : BLOCK;

		widen(a->x, n_x, m, from, cols, part);
		cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)cols, in, ix, -1 / a->ridge, part,
			    (int)cols, t, ix, 1 / a->ridge, k + from, im);
	}
	free(t);
	free(part);
	return rc;
}

/* ---- the deltas: as many as there are facts at anchors of their own ---- */

typedef struct delta_list {
	const float **delta; /* [n], each [d], distinct, in the order of their bytes */
	size_t n, d;
} delta_list;

static int delta_order(const float *a, const float *b, size_t d)
{
	return a == b ? 0 : memcmp(a, b, d * sizeof *a);
}

/* Where the delta stands or should stand. */
static size_t delta_place(const delta_list *l, const float *delta)
{
	size_t from = 0, to = l->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (delta_order(l->delta[mid], delta, l->d) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static int deltas_collect(delta_list *l, const column *c, size_t n, size_t d)
{
	*l = (delta_list){ .delta = alloc_array(n, 1, sizeof *l->delta), .d = d };
	if (!l->delta)
		return ENGINE_ENOMEM;
	for (size_t j = 0; j < n; j++) {
		if (!c[j].delta)
			continue;
		size_t at = delta_place(l, c[j].delta);

		if (at < l->n && !delta_order(l->delta[at], c[j].delta, d))
			continue;
		memmove(l->delta + at + 1, l->delta + at, (l->n - at) * sizeof *l->delta);
		l->delta[at] = c[j].delta;
		l->n++;
	}
	return 0;
}

void solve_parts_release(solve_parts *p)
{
	free(p->left);
	free(p->right);
	*p = (solve_parts){ 0 };
}

static int parts_alloc(solve_parts *p, const delta_list *l, size_t m)
{
	*p = (solve_parts){ .m = m, .d = l->d, .n = l->n };
	p->left = alloc_array(p->n, m, sizeof *p->left);
	p->right = alloc_array(p->d, p->n, sizeof *p->right);
	if (!p->left || !p->right) {
		solve_parts_release(p);
		return ENGINE_ENOMEM;
	}
	for (size_t j = 0; j < p->n; j++)
		for (size_t i = 0; i < p->d; i++)
			p->right[i * p->n + j] = (double)l->delta[j][i];
	return 0;
}

/* What a solve works with; n columns. */
typedef struct solve_work {
	double *k;      /* [n, m]: K', then K' C^-1 */
	double *s;      /* [n, n] */
	double *weight; /* [deltas, n]: G, then G times the small system's inverse */
	size_t *of;     /* [n], instead of s and weight where there are more keys than inputs */
} solve_work;

static void work_release(solve_work *w)
{
	free(w->k);
	free(w->s);
	free(w->weight);
	free(w->of);
}

static int work_init(solve_work *w, const column *c, size_t n, size_t m, const delta_list *l, bool many)
{
	*w = (solve_work){ .k = alloc_array(n, m, sizeof *w->k) };
	if (many) {
		w->of = alloc_array(n, 1, sizeof *w->of);
	} else {
		w->s = alloc_array(n, n, sizeof *w->s);
		w->weight = alloc_array(l->n, n, sizeof *w->weight);
	}
	if (!w->k || (many ? !w->of : !w->s || !w->weight))
		return ENGINE_ENOMEM;
	for (size_t j = 0; j < n; j++) {
		for (size_t i = 0; i < m; i++)
			w->k[j * m + i] = (double)c[j].key[i];
		if (many)
			w->of[j] = c[j].delta ? delta_place(l, c[j].delta) : SIZE_MAX;
		else if (c[j].delta)
			w->weight[delta_place(l, c[j].delta) * n + j] = 1;
	}
	return 0;
}

/* The small system's inverse applied to the weights. s is used up. */
static int small_system(solve_work *w, const column *c, size_t n, size_t deltas, const solve_options *opt)
{
	int size = (int)n, cols = (int)deltas;
	double mean = mean_diagonal(w->s, n);

	for (size_t j = 0; j < n; j++)
		w->s[j * n + j] += opt->lambda > 0 ? opt->lambda : mean * (c[j].delta ? opt->ridge : opt->ridge_keep);
	if (cholesky(w->s, n))
		return ENGINE_ERR;
	cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, size, cols, 1.0, w->s, size,
		    w->weight, size);
	cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, size, cols, 1.0, w->s, size,
		    w->weight, size);
	return 0;
}

/* Through the small system of the keys' size. */
static int solve_few(solve_work *w, solve_parts *p, const solve_metric *a, const column *c, size_t n,
		     const solve_options *opt)
{
	int rc = 0;

	if (a->n)
		rc = keys_inverse(a, w->k, n, w->s);
	else
		full_inverse(a, w->k, n, w->s);
	if (!rc)
		rc = small_system(w, c, n, p->n, opt);
	if (!rc)
		cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p->n, (int)p->m, (int)n, 1.0, w->weight,
			    (int)n, w->k, (int)p->m, 0.0, p->left, (int)p->m);
	return rc;
}

/* The more facts' keys, the less room there is to meet each of them, and the more it would cost other answers. */
static solve_options options_for(const solve_options *opt, const column *c, size_t n, size_t m)
{
	solve_options o = *opt;
	double keys = 0, filled;

	for (size_t j = 0; j < n; j++)
		keys += c[j].delta != NULL;
	filled = 1.5 * keys / (double)m; /* 1 at two thirds of m */
	o.ridge += (opt->ridge_full - opt->ridge) * fmin(filled, 1);
	return o;
}

/* p's left from n columns; p's right is there. */
static int solve_columns(solve_parts *p, const solve_metric *a, const column *c, size_t n, const delta_list *l,
			 const solve_options *opt, char *err, size_t errlen)
{
	const solve_options o = options_for(opt, c, n, a->m);
	const bool many = !a->n && n > a->m && (o.lambda > 0 || (o.ridge > 0 && o.ridge_keep > 0));
	solve_work w;
	int rc = work_init(&w, c, n, p->m, l, many);

	openblas_set_num_threads(1);
	if (!rc && many)
		rc = solve_many(a, w.k, n, w.of, l->n, &o, p->left);
	else if (!rc)
		rc = solve_few(&w, p, a, c, n, &o);
	work_release(&w);
	if (rc == ENGINE_ENOMEM)
		return fail(err, errlen, rc, "not enough memory to solve for %zu keys", n);
	return rc ? fail(err, errlen, rc, "the facts' keys could not be told apart") : 0;
}

int solve_facts(solve_parts *out, const solve_metric *a, size_t d, const engine_delta *facts, size_t n,
		const float *preserve, size_t n_preserve, const solve_options *opt, char *err, size_t errlen)
{
	column *c = NULL;
	delta_list l = { .d = d };
	solve_parts p = { .m = a->m, .d = d };
	size_t n_columns = 0;
	int rc;

	if (d == 0 || d > INT_MAX)
		return fail(err, errlen, ENGINE_EARG, "cannot solve a layer of %zu x %zu", d, a->m);
	rc = columns_collect(&c, &n_columns, a->m, d, facts, n, preserve, n_preserve, err, errlen);
	if (!rc && (deltas_collect(&l, c, n_columns, d) || (l.n && parts_alloc(&p, &l, a->m))))
		rc = fail(err, errlen, ENGINE_ENOMEM, "not enough memory to solve for %zu keys", n_columns);
	if (!rc && l.n)
		rc = solve_columns(&p, a, c, n_columns, &l, opt, err, errlen);
	free(l.delta);
	free(c);
	if (rc)
		solve_parts_release(&p);
	else
		*out = p;
	return rc;
}

void solve_rows(const solve_parts *p, size_t row0, size_t rows, double *change)
{
	int m = (int)p->m, n = (int)p->n, r = (int)rows;

	if (!n) {
		memset(change, 0, rows * p->m * sizeof *change);
		return;
	}
	openblas_set_num_threads(1);
	cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, r, m, n, 1.0, p->right + row0 * p->n, n, p->left, m, 0.0,
		    change, m);
}
