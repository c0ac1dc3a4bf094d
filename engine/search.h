/*
 * search: minimise f(x), x in R^d, given nothing but values of f at points of its own choosing.
 * Pure and seeded: the same options, start and answers give the same path, bit for bit. It knows
 * nothing of models. Source of the estimator: Spall 1992 (simultaneous perturbation), Nesterov and
 * Spokoiny 2017; the published editor (arXiv 2506.13772) is the special case
 * search_options_published().
 *
 * The caller turns the crank:
 *
 *	while ((n = search_ask(s, points)) > 0) {
 *		evaluate f at points [n, d] -> loss [n]
 *		taken = search_tell(s, loss);
 *	}
 *
 * search_ask() changes nothing: a caller interrupted between the two asks again and gets the same
 * points. A step is one batch of probes (x +- h u_i, central differences) and one batch of tries
 * (several step lengths against the estimated gradient); the best try becomes x.
 */
#ifndef ENGINE_SEARCH_H
#define ENGINE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEARCH_MAX_LENGTHS = 8, SEARCH_MAX_DIRECTIONS = 64 };

typedef struct search_options {
	size_t d;             /* dimensions, at least 1 */
	double scale;         /* unit of length: probe, step and clamp are multiples of it */
	int directions;       /* N per step; 2 N probes */
	double probe;         /* |h u| / scale (plain: h / scale with u ~ N(0, I)) */
	double step;          /* |x' - x| / scale at length 1 (plain: the learning rate) */
	double lengths[SEARCH_MAX_LENGTHS]; /* step lengths tried in one batch, multiples of step */
	int n_lengths;
	double memory;        /* > 0: the gradient is kept from step to step. Each step first multiplies
	                       * it by this, then corrects it along the new directions only, which are
	                       * orthogonal to all that were measured since the last full turn */
	bool one_sided;       /* f(x + h u) - f(x): half the probes; needs f0 and memory */
	double backoff;       /* 0: always take the best try. Else: stay when none is lower, and
	                       * multiply the step by this */
	double clamp;         /* largest |x| / scale; 0 = none */
	bool cosine;          /* step falls to zero as half a cosine over max_steps */
	int max_steps;
	bool plain;           /* x -= step * sum_i df/du_i u_i, as published; x is tried every
	                       * check_every steps only */
	int check_every;
	uint64_t seed;
} search_options;

search_options search_options_default(size_t d, double scale);
search_options search_options_published(size_t d); /* N = 5, lr 0.05 cosine over 600, check 20 */

typedef struct search search;

/* x0 [d]; f0 = f(x0), or NAN when unknown. 0, ENGINE_EARG or ENGINE_ENOMEM. */
int search_new(search **out, const search_options *opt, const float *x0, double f0);
void search_free(search *s); /* takes NULL */

/* Points to evaluate next: points [n, d]; returns n, 0 at the end. Most: a probe for each direction, two where not one-sided, or
 * the tries. */
size_t search_ask(const search *s, float *points);
/* loss [n] of those points; not finite = infinitely bad. Returns the index of the point that became
 * x, or -1 when these were probes or none was taken. */
int search_tell(search *s, const double *loss);

const float *search_x(const search *s);  /* [d] */
int search_step(const search *s);        /* steps done */

#endif
