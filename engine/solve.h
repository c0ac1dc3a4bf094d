/*
 * solve: every fact at once -> one change of the edited layer. The numbers only; engine_apply() in
 * solve.c puts them into the engine. Sources: ROME (arXiv 2202.05262) for the layer as a linear
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

#include "engine.h"

typedef struct solve_options {
	double ridge;      /* of a fact's key, relative to the mean of the diagonal of K' C^-1 K */
	double ridge_keep; /* of a preservation key, likewise; larger = may move more */
	double ridge_c;    /* added to C's diagonal, relative to its mean */
} solve_options;

solve_options solve_options_default(void);

/* Lower Cholesky factor of C + ridge, column-major [m, m], malloc'd. c [m, m]. */
int solve_factor(double **out, const float *c, size_t m, const solve_options *opt, char *err,
		 size_t errlen);

/* change [d, m] row-major. The columns are put in an order of their own and equal ones are
 * merged, so that the result depends on the set of facts only, bit for bit. A preservation key
 * that a fact has too is dropped. */
int solve_change(const double *factor, size_t m, size_t d, const engine_delta *facts, size_t n,
		 const float *preserve, size_t n_preserve, const solve_options *opt, double *change,
		 char *err, size_t errlen);

#endif
