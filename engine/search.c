/*
 * search: see search.h. State between two calls is in the struct alone; the random numbers of a
 * step are drawn when the step before it ends, never in search_ask().
 */
#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"

struct search {
	search_options opt;
	rng rng;

	float *x;       /* [d] */
	float *next;    /* [d]: scratch */
	double f;       /* f(x), NAN when it was not evaluated */
	int step;
	bool trying;    /* the batch asked for is of tries, not of probes */
	double shrunk;  /* product of backoffs */

	float *u;       /* [directions, d] of this step */
	double *grad;   /* [d]: estimate */
	float *used;    /* [d, d]: unit directions measured in this turn; NULL without memory */
	size_t n_used;
};

search_options search_options_default(size_t d, double scale)
{
	return (search_options){
		.d = d,
		.scale = scale,
		.directions = 32,
		.probe = 0.05,
		.step = 1.0,
		.lengths = { 0.3, 1.0, 3.0 },
		.n_lengths = 3,
		.memory = 0.93,
		.one_sided = true,
		.backoff = 0.7,
		.clamp = 60.0,
		.max_steps = 60,
		.check_every = 1,
	};
}

search_options search_options_published(size_t d)
{
	return (search_options){
		.d = d,
		.scale = 1.0,
		.directions = 5,
		.probe = 1e-3,
		.step = 0.05,
		.lengths = { 1.0 },
		.n_lengths = 1,
		.cosine = true,
		.max_steps = 600,
		.plain = true,
		.check_every = 20,
	};
}

static double dot(const float *a, const float *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

/* Scales v to length 1; false when it has none. */
static bool normalise(float *v, size_t n)
{
	double length = sqrt(dot(v, v, n));

	if (!(length > 1e-30) || !isfinite(length))
		return false;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)((double)v[i] / length);
	return true;
}

static void clamp_length(float *v, size_t n, double most)
{
	double length = sqrt(dot(v, v, n));

	if (most <= 0 || !(length > most))
		return;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)((double)v[i] * (most / length));
}

/* ---- directions ---- */

static void draw_gaussian(search *s, float *u)
{
	for (size_t i = 0; i < s->opt.d; i++)
		u[i] = (float)rng_normal(&s->rng);
}

/* Takes from u what lies along the n unit rows before it (twice: classical Gram-Schmidt loses
 * digits once). */
static void make_orthogonal(float *u, const float *rows, size_t n, size_t d)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t j = 0; j < n; j++) {
			double along = dot(u, rows + j * d, d);

			for (size_t i = 0; i < d; i++)
				u[i] = (float)((double)u[i] - along * (double)rows[j * d + i]);
		}
}

/* With memory: orthogonal to everything measured since all d dimensions were covered last. */
static void make_new(search *s, float *u)
{
	if (s->n_used == s->opt.d)
		s->n_used = 0;
	make_orthogonal(u, s->used, s->n_used, s->opt.d);
}

/* The directions of the step that begins. */
static void draw_directions(search *s)
{
	const search_options *o = &s->opt;
	size_t d = o->d;

	for (int k = 0; k < o->directions; k++) {
		float *u = s->u + (size_t)k * d;

		draw_gaussian(s, u);
		if (o->plain)
			continue;
		if (o->memory > 0)
			make_new(s, u);
		if (!normalise(u, d)) { /* all but nothing was left of it */
			draw_gaussian(s, u);
			normalise(u, d);
		}
		if (o->memory > 0)
			memcpy(s->used + s->n_used++ * d, u, d * sizeof *u);
	}
}

/* ---- life ---- */

static bool options_valid(const search_options *o, double f0)
{
	if (o->one_sided && (o->plain || !(o->memory > 0) || isnan(f0)))
		return false;
	if (!(o->memory >= 0 && o->memory <= 1) || (o->memory > 0 && o->plain))
		return false;
	return o->d > 0 && o->scale > 0 && isfinite(o->scale) && o->directions > 0 &&
	       o->directions <= SEARCH_MAX_DIRECTIONS && o->probe > 0 && o->step > 0 &&
	       o->n_lengths > 0 && o->n_lengths <= SEARCH_MAX_LENGTHS && o->max_steps >= 0 &&
	       o->check_every > 0 && o->backoff >= 0 && o->backoff < 1;
}

int search_new(search **out, const search_options *opt, const float *x0, double f0)
{
	if (!options_valid(opt, f0))
		return ENGINE_EARG;
	search *s = calloc(1, sizeof *s);

	if (!s)
		return ENGINE_ENOMEM;
	s->opt = *opt;
	s->x = alloc_array(opt->d, 1, sizeof *s->x);
	s->next = alloc_array(opt->d, 1, sizeof *s->next);
	s->u = alloc_array((size_t)opt->directions, opt->d, sizeof *s->u);
	s->grad = alloc_array(opt->d, 1, sizeof *s->grad);
	if (opt->memory > 0)
		s->used = alloc_array(opt->d, opt->d, sizeof *s->used);
	if (!s->x || !s->next || !s->u || !s->grad || (opt->memory > 0 && !s->used)) {
		search_free(s);
		return ENGINE_ENOMEM;
	}
	memcpy(s->x, x0, opt->d * sizeof *s->x);
	clamp_length(s->x, opt->d, opt->clamp * opt->scale);
	s->f = f0;
	s->shrunk = 1.0;
	rng_seed(&s->rng, opt->seed);
	draw_directions(s);
	*out = s;
	return 0;
}

void search_free(search *s)
{
	if (!s)
		return;
	free(s->x);
	free(s->next);
	free(s->u);
	free(s->grad);
	free(s->used);
	free(s);
}

/* ---- one step ---- */

static size_t n_tries(const search *s)
{
	return s->opt.plain ? 1 : (size_t)s->opt.n_lengths;
}

static size_t n_probes(const search *s)
{
	return (s->opt.one_sided ? 1 : 2) * (size_t)s->opt.directions;
}

static double step_now(const search *s)
{
	const double pi = 3.14159265358979323846;
	double fall = 1.0;

	if (s->opt.cosine)
		fall = 0.5 * (1.0 + cos(pi * s->step / s->opt.max_steps));
	return s->opt.step * s->shrunk * fall;
}

/* out = x + by * v, inside the clamp. */
static void point_at(const search *s, const double *v, double by, float *out)
{
	size_t d = s->opt.d;

	for (size_t i = 0; i < d; i++)
		out[i] = (float)((double)s->x[i] + by * v[i]);
	clamp_length(out, d, s->opt.clamp * s->opt.scale);
}

static double gradient_length(const search *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->opt.d; i++)
		sum += s->grad[i] * s->grad[i];
	return sqrt(sum);
}

/* Try number k: a step of its length against the gradient. Plain: x as it already is. */
static void try_point(const search *s, size_t k, float *out)
{
	double length = gradient_length(s);

	if (s->opt.plain || !(length > 0)) {
		memcpy(out, s->x, s->opt.d * sizeof *out);
		return;
	}
	point_at(s, s->grad, -step_now(s) * s->opt.lengths[k] * s->opt.scale / length, out);
}

static void probe_points(const search *s, float *points)
{
	size_t d = s->opt.d, n = (size_t)s->opt.directions;
	double h = s->opt.probe * s->opt.scale;

	/* Not clamped: a central difference needs both sides. One-sided: x itself is known. */
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < d; i++) {
			double x = s->x[i], move = h * (double)s->u[k * d + i];

			points[k * d + i] = (float)(x + move);
			if (!s->opt.one_sided)
				points[(n + k) * d + i] = (float)(x - move);
		}
}

size_t search_ask(const search *s, float *points)
{
	if (s->step >= s->opt.max_steps)
		return 0;
	if (!s->trying) {
		probe_points(s, points);
		return n_probes(s);
	}
	for (size_t k = 0; k < n_tries(s); k++)
		try_point(s, k, points + k * s->opt.d);
	return n_tries(s);
}

static void step_end(search *s)
{
	s->step++;
	s->trying = false;
	draw_directions(s);
}

/* df/du along direction k, and NAN turned into `otherwise`. */
static double slope_along(const search *s, const double *loss, size_t k, double otherwise)
{
	double h = s->opt.probe * s->opt.scale;
	double slope = s->opt.one_sided ? (loss[k] - s->f) / h
					: (loss[k] - loss[(size_t)s->opt.directions + k]) / (2 * h);

	return isfinite(slope) ? slope : otherwise;
}

/* The sum of the slopes times their directions. */
static void estimate_afresh(search *s, const double *loss)
{
	size_t d = s->opt.d, n = (size_t)s->opt.directions;

	memset(s->grad, 0, d * sizeof *s->grad);
	for (size_t k = 0; k < n; k++) {
		double slope = slope_along(s, loss, k, 0);

		for (size_t i = 0; i < d; i++)
			s->grad[i] += slope * (double)s->u[k * d + i];
	}
}

/* The least change of the remembered gradient that agrees with the new slopes. After t steps it
 * rests on t * directions measurements, older ones weighing less: with n of d dimensions known its
 * angle to the true gradient has a cosine near sqrt(n / d), where a mean of the last few directions
 * alone keeps sqrt(directions / d). */
static void estimate_on(search *s, const double *loss)
{
	size_t d = s->opt.d, n = (size_t)s->opt.directions;

	for (size_t i = 0; i < d; i++)
		s->grad[i] *= s->opt.memory;
	for (size_t k = 0; k < n; k++) {
		const float *u = s->u + k * d;
		double have = 0, more;

		for (size_t i = 0; i < d; i++)
			have += s->grad[i] * (double)u[i];
		more = slope_along(s, loss, k, have) - have;
		for (size_t i = 0; i < d; i++)
			s->grad[i] += more * (double)u[i];
	}
}

static void estimate(search *s, const double *loss)
{
	if (s->opt.memory > 0)
		estimate_on(s, loss);
	else
		estimate_afresh(s, loss);
}

static void tell_probes(search *s, const double *loss)
{
	estimate(s, loss);
	if (!s->opt.plain) {
		s->trying = true;
		return;
	}
	point_at(s, s->grad, -step_now(s), s->x);
	s->f = NAN;
	if ((s->step + 1) % s->opt.check_every == 0)
		s->trying = true;
	else
		step_end(s);
}

/* Index of the lowest loss; one that is not a number never wins. */
static size_t lowest(const double *loss, size_t n)
{
	size_t low = 0;

	for (size_t k = 1; k < n; k++)
		if (isnan(loss[low]) || loss[k] < loss[low])
			low = k;
	return low;
}

static int tell_tries(search *s, const double *loss)
{
	const search_options *o = &s->opt;
	size_t low = lowest(loss, n_tries(s));
	bool better = isnan(s->f) || loss[low] < s->f;

	if (o->plain) { /* x is where it is: now its value is known */
		s->f = loss[low];
		return (int)low;
	}
	if (!isfinite(loss[low]) || (o->backoff > 0 && !better)) {
		s->shrunk *= o->backoff > 0 ? o->backoff : 1;
		return -1;
	}
	try_point(s, low, s->next);
	memcpy(s->x, s->next, o->d * sizeof *s->x);
	s->f = loss[low];
	return (int)low;
}

int search_tell(search *s, const double *loss)
{
	if (!s->trying) {
		tell_probes(s, loss);
		return -1;
	}
	int taken = tell_tries(s, loss);

	step_end(s);
	return taken;
}

/* ---- reading ---- */

const float *search_x(const search *s)
{
	return s->x;
}

int search_step(const search *s)
{
	return s->step;
}
