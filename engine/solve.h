/*
 * solve: every fact at once -> one change of the edited layer. The numbers only; solve_layer.c
 * puts them into the engine. Sources: ROME (arXiv 2202.05262) for the layer as a linear
 * memory, MEMIT (arXiv 2210.07229, eq. 14) for the joint least squares.
 *
 *	minimise over D [d, m]:  |D C^1/2|^2 + sum_j (1 / ridge_j) |D k_j - r_j|^2
 *	D = R (K' C^-1 K + diag(ridge))^-1 K' C^-1
 *
 * K [m, n] holds the keys of the facts' contexts (r_j = the fact's delta) and the preservation keys
 * (r_j = 0); C [m, m] is the second moment of ordinary keys. Everything is done in double.
 */
#ifndef ENGINE_SOLVE_H
#define ENGINE_SOLVE_H

#include "engine_int.h"

typedef struct solve_options {
	double ridge;      /* of a fact's key, relative to the mean of the diagonal of K' C^-1 K, ... */
	double ridge_full; /* ... and where the facts' keys are two thirds of the layer's inputs and more; in between it rises evenly */
	double ridge_keep; /* of a preservation key, likewise; larger = may move more */
	double ridge_c;    /* added to C's diagonal, relative to its mean */
	double lambda;     /* > 0: the ridge of every key as it is, MEMIT's weight of C (its eq. 14); 0: the two above */
} solve_options;

solve_options solve_options_default(void);

/* Which directions ordinary keys leave free (AlphaEdit, arXiv 2410.02355): the eigenvectors of C [m, m] whose
 * eigenvalue is below threshold. *basis [m, *n], malloc'd, its columns orthonormal; solve_space.c */
int solve_free_space(const float *c, size_t m, double threshold, double **basis, size_t *n, char *err, size_t errlen);
/* out [m], may be x: the part of x [m] in that space. basis [m, n]; along [n]: scratch */
void solve_project(const double *basis, size_t m, size_t n, const float *x, double *along, float *out);

/*
 * (C + ridge)^-1 as something that can be applied to keys. Where C comes from fewer keys than it has
 * rows, C = X' X / n, the inverse goes through the small matrix X X' (Woodbury's identity): n * n
 * doubles instead of m * m.
 */
typedef struct solve_metric {
	size_t m, n;     /* n: 0 = C itself was given */
	bool plain;      /* C = 1; no factor */
	double *factor;  /* lower Cholesky factor, column-major: of C + ridge [m, m], or of X X' + n ridge [n, n] */
	const float *x;  /* [n, m], the caller's */
	double ridge;
} solve_metric;

int solve_metric_init(solve_metric *s, const float *c, size_t m, const solve_options *opt, char *err, size_t errlen);
/* C = 1, of any size. */
int solve_metric_init_plain(solve_metric *s, size_t m);
int solve_metric_init_keys(solve_metric *s, const float *x, size_t n, size_t m, const solve_options *opt, char *err,
			   size_t errlen);
void solve_metric_release(solve_metric *s);

/*
 * D as the product right * left, so that a layer can be made a few rows at a time. The keys of a fact share its delta, R = V G
 * with a column of V for each distinct delta: D's rank is at most that of V, however many keys there are.
 */
typedef struct solve_parts {
	size_t m, d, n; /* n: distinct deltas */
	double *left;   /* [n, m]: G (K' C^-1 K + diag(ridge))^-1 K' C^-1 */
	double *right;  /* [d, n]: V */
} solve_parts;

/* n may come out as 0: no change. The columns are put in an order of their own and equal ones are merged, so that the
 * result depends on the set of facts only, bit for bit. A preservation key that a fact has too is dropped. */
int solve_facts(solve_parts *out, const solve_metric *s, size_t d, const engine_delta *facts, size_t n,
		const float *preserve, size_t n_preserve, const solve_options *opt, char *err, size_t errlen);
/* Rows row0 .. row0 + rows of the change, [rows, m]. */
void solve_rows(const solve_parts *p, size_t row0, size_t rows, double *change);
void solve_parts_release(solve_parts *p);

/* LAPACK: Cholesky factorisation, column-major, in place. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);

/*
 * The same with more keys than inputs, where the small system is the larger one. With C = L L' (a: a factor of its own, or
 * plain), Z = L^-1 K and W = diag(1 / ridge), all positive: (Z' Z + W^-1)^-1 Z' = W Z' (1 + Z W Z')^-1, [m, m] inside.
 * k [n, m] is used up; of [n]: each key's delta, SIZE_MAX for preservation; left [deltas, m], as in solve_parts.
 * 0, ENGINE_ENOMEM or ENGINE_ERR; solve_many.c
 */
int solve_many(const solve_metric *a, double *k, size_t n, const size_t *of, size_t deltas, const solve_options *opt,
	       double *left);

/* ---- solve_change.c: what of it is kept in the engine ---- */

/* In floats; nothing where the rank is no lower than the layer's. */
int low_rank_keep(low_rank *out, const solve_parts *p);
/* The change of the edited layer as a product in any case: of its own rank, or the identity times itself. Something must
 * be learned; the caller's to release. *residual: |b a - (edited - base)| / |edited - base|, Frobenius. */
int low_rank_of(const model *m, low_rank *out, double *residual);

#endif
