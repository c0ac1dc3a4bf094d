/* fit: see fit.h. The random numbers of a step are drawn when the step before it ends, never in fit_ask(). */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"

#define SHORTER_DAMPING 1e-2 /* relative to the mean of the diagonal of J J' */

struct fit {
	fit_options opt;
	rng rng;
	int step;
	bool trying;     /* the batch asked for is of tries, not of probes */
	double shrunk;   /* product of backoffs */

	float *x;        /* [d] */
	double *r, loss; /* [m]: residuals at x */
	double *jac;     /* [m, d]: dr/dx as far as it is known */
	float *u;        /* [directions, d]: unit directions of this step */
	float *used;     /* [d, d]: those measured in this turn */
	size_t n_used;
	float *moves;    /* [n_tries, d]: the steps to try */
	float *short_x;  /* [d]: scratch */
	double *gram;    /* [m, m]: J J', lower triangle; made again when J has changed */
	double gram_mean;/* of its diagonal */
	bool gram_stale;
	double *work, *y;/* [m, m], [m]: scratch */
};

fit_options fit_options_default(size_t d, size_t m, double scale)
{
	return (fit_options){
		.d = d, .m = m, .scale = scale,
		.directions = 16,
		.probe = 0.5,
		.reach = 4.0,
		.damping = { 1e-3, 1e-2, 0.1, 1.0, 1e-2, 0.1 },
		.shorter = { 0, 0, 0, 0, 0.6, 0.6 },
		.n_tries = 6,
		.backoff = 0.5,
		.enough = 0.05,
		.clamp = 60.0,
		.max_steps = 60,
	};
}

static double dot_ff(const float *a, const float *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static double dot_df(const double *a, const float *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * (double)b[i];
	return sum;
}

static void scale_to(float *v, size_t n, double length, bool only_down)
{
	double have = sqrt(dot_ff(v, v, n));

	if (!(have > 0) || !isfinite(have) || (only_down && have <= length))
		return;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)((double)v[i] * (length / have));
}

/* ---- directions ---- */

/* New unit directions, orthogonal to what was measured since all d dimensions were covered last. */
static void draw_directions(fit *f)
{
	size_t d = f->opt.d;

	for (int k = 0; k < f->opt.directions; k++) {
		float *u = f->u + (size_t)k * d;

		if (f->n_used == d)
			f->n_used = 0;
		for (size_t i = 0; i < d; i++)
			u[i] = (float)rng_normal(&f->rng);
		for (int pass = 0; pass < 2; pass++) /* classical Gram-Schmidt loses digits once */
			for (size_t j = 0; j < f->n_used; j++) {
				const float *w = f->used + j * d;
				double along = dot_ff(u, w, d);

				for (size_t i = 0; i < d; i++)
					u[i] = (float)((double)u[i] - along * (double)w[i]);
			}
		scale_to(u, d, 1, false);
		memcpy(f->used + f->n_used++ * d, u, d * sizeof *u);
	}
}

/* ---- life ---- */

static bool options_valid(const fit_options *o, double loss0)
{
	return o->d > 0 && o->m > 0 && o->scale > 0 && isfinite(o->scale) && o->directions > 0 &&
	       o->directions <= FIT_MAX_DIRECTIONS && (size_t)o->directions <= o->d && o->probe > 0 && o->reach > 0 &&
	       o->n_tries > 0 && o->n_tries <= FIT_MAX_TRIES && o->backoff > 0 && o->backoff < 1 &&
	       o->max_steps >= 0 && isfinite(loss0);
}

int fit_new(fit **out, const fit_options *opt, const float *x0, const double *r0, double loss0)
{
	if (!options_valid(opt, loss0))
		return ENGINE_EARG;
	fit *f = calloc(1, sizeof *f);

	if (!f)
		return ENGINE_ENOMEM;
	f->opt = *opt;
	f->x = alloc_array(opt->d, 1, sizeof *f->x);
	f->r = alloc_array(opt->m, 1, sizeof *f->r);
	f->jac = alloc_array(opt->m, opt->d, sizeof *f->jac);
	f->u = alloc_array((size_t)opt->directions, opt->d, sizeof *f->u);
	f->used = alloc_array(opt->d, opt->d, sizeof *f->used);
	f->moves = alloc_array((size_t)opt->n_tries, opt->d, sizeof *f->moves);
	f->short_x = alloc_array(opt->d, 1, sizeof *f->short_x);
	f->gram = alloc_array(opt->m, opt->m, sizeof *f->gram);
	f->work = alloc_array(opt->m, opt->m, sizeof *f->work);
	f->y = alloc_array(opt->m, 1, sizeof *f->y);
	if (!f->x || !f->r || !f->jac || !f->u || !f->used || !f->moves || !f->short_x || !f->gram || !f->work ||
	    !f->y) {
		fit_free(f);
		return ENGINE_ENOMEM;
	}
	memset(f->jac, 0, opt->m * opt->d * sizeof *f->jac);
	memcpy(f->x, x0, opt->d * sizeof *f->x);
	memcpy(f->r, r0, opt->m * sizeof *f->r);
	f->loss = loss0;
	f->shrunk = 1;
	rng_seed(&f->rng, opt->seed);
	draw_directions(f);
	*out = f;
	return 0;
}

void fit_free(fit *f)
{
	if (!f)
		return;
	free(f->x);
	free(f->r);
	free(f->jac);
	free(f->u);
	free(f->used);
	free(f->moves);
	free(f->short_x);
	free(f->gram);
	free(f->work);
	free(f->y);
	free(f);
}

/* ---- the step ---- */

bool fit_solve_spd(double *a, size_t n, double by, double *y)
{
	for (size_t j = 0; j < n; j++) {
		double diag = a[j * n + j] + by;

		for (size_t k = 0; k < j; k++)
			diag -= a[j * n + k] * a[j * n + k];
		if (!(diag > 0))
			return false;
		a[j * n + j] = sqrt(diag);
		for (size_t i = j + 1; i < n; i++) {
			double sum = a[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			a[i * n + j] = sum / a[j * n + j];
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			y[i] -= a[i * n + k] * y[k];
		y[i] /= a[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t k = i + 1; k < n; k++)
			y[i] -= a[k * n + i] * y[k];
		y[i] /= a[i * n + i];
	}
	return true;
}

static void gram_make(fit *f)
{
	size_t d = f->opt.d, m = f->opt.m;

	if (!f->gram_stale)
		return;
	f->gram_stale = false;
	f->gram_mean = 0;
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j <= i; j++) {
			const double *a = f->jac + i * d, *b = f->jac + j * d;
			double part[4] = { 0 };
			size_t k = 0;

			for (; k + 4 <= d; k += 4)
				for (size_t w = 0; w < 4; w++)
					part[w] += a[k + w] * b[k + w];
			for (; k < d; k++)
				part[0] += a[k] * b[k];
			f->gram[i * m + j] = part[0] + part[1] + part[2] + part[3];
			f->gram_mean += i == j ? f->gram[i * m + j] / (double)m : 0;
		}
}

/* y = (J J' + damping * mean of the diagonal)^-1 y; false when that cannot be done. */
static bool gram_solve(fit *f, double damping)
{
	size_t m = f->opt.m;

	gram_make(f);
	if (!(f->gram_mean > 0) || !isfinite(f->gram_mean))
		return false;
	memcpy(f->work, f->gram, m * m * sizeof *f->work);
	return fit_solve_spd(f->work, m, damping * f->gram_mean, f->y);
}

/* The shortest move that takes the residuals to zero as far as the damping lets it: -J' (J J' + damping)^-1 r. */
static void make_move(fit *f, double damping, float *move)
{
	size_t d = f->opt.d, m = f->opt.m;

	memset(move, 0, d * sizeof *move);
	for (size_t i = 0; i < m; i++)
		f->y[i] = f->r[i] > f->opt.enough ? f->r[i] - f->opt.enough : 0;
	if (!gram_solve(f, damping))
		return;
	for (size_t k = 0; k < d; k++) {
		double sum = 0;

		for (size_t i = 0; i < m; i++)
			sum += f->jac[i * d + k] * f->y[i];
		move[k] = (float)-sum;
	}
	scale_to(move, d, f->opt.reach * f->shrunk * f->opt.scale, true);
}

/* x - by (x - J' (J J' + damping)^-1 J x) */
void fit_shorter(fit *f, const float *x, double by, float *out)
{
	size_t d = f->opt.d, m = f->opt.m;

	memcpy(out, x, d * sizeof *out);
	for (size_t i = 0; i < m; i++)
		f->y[i] = dot_df(f->jac + i * d, x, d);
	if (!gram_solve(f, SHORTER_DAMPING))
		return;
	for (size_t k = 0; k < d; k++) {
		double kept = 0;

		for (size_t i = 0; i < m; i++)
			kept += f->jac[i * d + k] * f->y[i];
		out[k] = (float)((double)x[k] - by * ((double)x[k] - kept));
	}
}

static void try_point(const fit *f, size_t k, float *out)
{
	size_t d = f->opt.d;

	for (size_t i = 0; i < d; i++)
		out[i] = f->x[i] + f->moves[k * d + i];
	if (f->opt.clamp > 0)
		scale_to(out, d, f->opt.clamp * f->opt.scale, true);
}

size_t fit_ask(const fit *f, float *points)
{
	size_t d = f->opt.d, n = (size_t)(f->trying ? f->opt.n_tries : f->opt.directions);
	double h = f->opt.probe * f->opt.scale;

	if (f->step >= f->opt.max_steps)
		return 0;
	for (size_t k = 0; k < n; k++)
		if (f->trying)
			try_point(f, k, points + k * d);
		else
			for (size_t i = 0; i < d; i++)
				points[k * d + i] = (float)((double)f->x[i] + h * (double)f->u[k * d + i]);
	return n;
}

/* J += (change - J v) v' / |v|^2: what moving by v showed. */
static void learn_from(fit *f, const float *v, const double *resid)
{
	size_t d = f->opt.d;
	double square = dot_ff(v, v, d);

	if (!(square > 0))
		return;
	f->gram_stale = true;
	for (size_t i = 0; i < f->opt.m; i++) {
		double *row = f->jac + i * d;
		double more = (resid[i] - f->r[i] - dot_df(row, v, d)) / square;

		if (!isfinite(more))
			continue;
		for (size_t k = 0; k < d; k++)
			row[k] += more * (double)v[k];
	}
}

static void tell_probes(fit *f, const double *resid)
{
	size_t d = f->opt.d;
	float *v = f->moves; /* scratch */

	for (int k = 0; k < f->opt.directions; k++) {
		for (size_t i = 0; i < d; i++)
			v[i] = (float)(f->opt.probe * f->opt.scale * (double)f->u[(size_t)k * d + i]);
		learn_from(f, v, resid + (size_t)k * f->opt.m);
	}
	for (int k = 0; k < f->opt.n_tries; k++) {
		float *move = f->moves + (size_t)k * d;

		make_move(f, f->opt.damping[k], move);
		if (!(f->opt.shorter[k] > 0))
			continue;
		fit_shorter(f, f->x, f->opt.shorter[k], f->short_x);
		for (size_t i = 0; i < d; i++)
			move[i] += f->short_x[i] - f->x[i];
	}
	f->trying = true;
}

/* The move that was made: a try is held inside the clamp. */
static void learn_from_try(fit *f, size_t k, const double *resid)
{
	try_point(f, k, f->short_x);
	for (size_t i = 0; i < f->opt.d; i++)
		f->short_x[i] -= f->x[i];
	learn_from(f, f->short_x, resid);
}

static int tell_tries(fit *f, const double *resid, const double *loss)
{
	size_t m = f->opt.m, low = 0, n = (size_t)f->opt.n_tries;

	for (size_t k = 1; k < n; k++)
		if (isnan(loss[low]) || loss[k] < loss[low])
			low = k;
	for (size_t k = n; k-- > 0;) /* the try that is taken last: it counts most */
		if (k != low)
			learn_from_try(f, k, resid + k * m);
	learn_from_try(f, low, resid + low * m);
	f->step++;
	f->trying = false;
	if (!(loss[low] < f->loss)) {
		f->shrunk *= f->opt.backoff;
		draw_directions(f);
		return -1;
	}
	try_point(f, low, f->x);
	memcpy(f->r, resid + low * m, m * sizeof *f->r);
	f->loss = loss[low];
	f->shrunk = fmin(1, f->shrunk / f->opt.backoff);
	draw_directions(f);
	return (int)low;
}

int fit_tell(fit *f, const double *resid, const double *loss)
{
	if (f->trying)
		return tell_tries(f, resid, loss);
	tell_probes(f, resid);
	return -1;
}

/* ---- reading ---- */

int fit_step(const fit *f)
{
	return f->step;
}
