/*
 * fit: find x in R^d where many residuals r(x) in R^m are small, given nothing but their values at points of its own
 * choosing. A zeroth-order Gauss-Newton method: one pass of the model gives the log-probability of every target token,
 * not only their sum, so each probe along a direction measures m slopes at once, and a step can ask for what every
 * token still lacks. The Jacobian is kept from step to step: measured along new directions that are orthogonal to all
 * that were measured since the last full turn, and corrected by what each tried step showed (Broyden 1965). A step is
 * the shortest one that would do, with several dampings tried in one batch (Levenberg 1944, Marquardt 1963).
 * Pure and seeded like search.h, and cranked like it:
 *
 *	while ((n = fit_ask(f, points)) > 0) {
 *		evaluate at points [n, d] -> resid [n, m], loss [n]
 *		taken = fit_tell(f, resid, loss);
 *	}
 *
 * fit_ask() changes nothing. The loss, which need not be the sum of the residuals, decides which try is taken.
 */
#ifndef ENGINE_FIT_H
#define ENGINE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIT_MAX_TRIES = 8, FIT_MAX_DIRECTIONS = 64 };

typedef struct fit_options {
	size_t d, m;      /* dimensions, residuals */
	double scale;     /* unit of length: probe, reach and clamp are multiples of it */
	int directions;   /* new ones probed in a step, one-sided */
	double probe;     /* |x' - x| / scale of a probe */
	double reach;     /* longest step / scale */
	double damping[FIT_MAX_TRIES]; /* relative to the mean of the diagonal of J J' */
	double shorter[FIT_MAX_TRIES]; /* the share of fit_shorter() that goes with each try */
	int n_tries;
	double backoff;   /* where no try is better the reach is multiplied by this */
	double enough;    /* residuals below this ask for nothing more */
	double clamp;     /* largest |x| / scale; 0 = none */
	int max_steps;
	uint64_t seed;
} fit_options;

fit_options fit_options_default(size_t d, size_t m, double scale);

typedef struct fit fit;

/* x0 [d], r0 [m] and loss0: there. 0, ENGINE_EARG or ENGINE_ENOMEM. */
int fit_new(fit **out, const fit_options *opt, const float *x0, const double *r0, double loss0);
void fit_free(fit *f); /* takes NULL */

/* Points to evaluate next: points [n, d]; returns n, at most the directions or the tries, 0 at the end. */
size_t fit_ask(const fit *f, float *points);
/* resid [n, m], loss [n] of those points; not finite = infinitely bad. Returns the index of the point that became x,
 * or -1 when these were probes or none was taken. */
int fit_tell(fit *f, const double *resid, const double *loss);

/* out [d] = x without the share `by` of what the residuals, as far as J is known, do not depend on: a shorter vector
 * that should do the same. */
void fit_shorter(fit *f, const float *x, double by, float *out);

int fit_step(const fit *f); /* steps done */

/* Solves (a + by I) y = y in place for a symmetric a [n, n], whose lower triangle is overwritten; false: not positive. */
bool fit_solve_spd(double *a, size_t n, double by, double *y);

#endif
