/* The Gauss-Newton search on residuals whose zero is known. */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "engine/fit.h"
#include "test.h"

enum { D = 40, M = 12 };

static double weights[M][D];

/* Residuals as a network gives them: r_i = log(1 + exp(b_i - w_i x)), near zero where w_i x is large. */
static double evaluate_one(const float *x, double *resid)
{
	double loss = 0;

	for (size_t i = 0; i < M; i++) {
		double z = 3.0 + 0.3 * (double)i;

		for (size_t k = 0; k < D; k++)
			z -= weights[i][k] * (double)x[k];
		resid[i] = log1p(exp(z));
		loss += resid[i] / M;
	}
	return loss;
}

static void weights_draw(void)
{
	rng r;

	rng_seed(&r, 3);
	for (size_t i = 0; i < M; i++)
		for (size_t k = 0; k < D; k++)
			weights[i][k] = rng_normal(&r) / sqrt(D);
}

/* Where a run came to. */
typedef struct path {
	int evaluations;
	float x[D];  /* the point taken last, at first 0 */
	double loss; /* there */
} path;

/* Runs to the end or to loss < goal. again: every ask is made twice. */
static path run(fit *f, double goal, bool again)
{
	static float points[FIT_MAX_DIRECTIONS * D];
	double resid[FIT_MAX_DIRECTIONS * M], loss[FIT_MAX_DIRECTIONS];
	path p = { 0 };
	size_t n;

	p.loss = evaluate_one(p.x, resid);
	while (p.loss >= goal && (n = fit_ask(f, points)) > 0) {
		if (again) {
			memset(points, 0x5a, sizeof points);
			n = fit_ask(f, points);
		}
		for (size_t k = 0; k < n; k++)
			loss[k] = evaluate_one(points + k * D, resid + k * M);
		p.evaluations += (int)n;
		int taken = fit_tell(f, resid, loss);

		if (taken < 0)
			continue;
		memcpy(p.x, points + taken * D, sizeof p.x);
		p.loss = loss[taken];
	}
	return p;
}

static fit *start(fit_options o)
{
	static const float zero[D];
	double r0[M], loss0 = evaluate_one(zero, r0);
	fit *f = NULL;

	CHECK_INT(fit_new(&f, &o, zero, r0, loss0), 0);
	return f;
}

static void finds_small_residuals(void)
{
	fit_options o = fit_options_default(D, M, 1.0);

	o.reach = 8; /* the minimum lies some 30 away */
	fit *f = start(o);

	REQUIRE(f != NULL);
	path p = run(f, 0.1, false);

	CHECK(p.evaluations < 200 && p.loss < 0.1);
	fit_free(f);
}

static void same_seed_same_path(void)
{
	fit_options o = fit_options_default(D, M, 1.0);

	o.max_steps = 4;
	o.seed = 7;
	fit *a = start(o), *b = start(o);

	o.seed = 8;
	fit *c = start(o);

	REQUIRE(a && b && c);
	path one = run(a, 0, false), again = run(b, 0, true), other = run(c, 0, false);

	CHECK_INT(fit_step(a), 4);
	CHECK(!memcmp(one.x, again.x, sizeof one.x));
	CHECK(memcmp(one.x, other.x, sizeof one.x) != 0);
	fit_free(a);
	fit_free(b);
	fit_free(c);
}

/* The evaluations that it takes grow much less than the dimensions with it. */
static void slopes_of_all_residuals_help(void)
{
	fit_options o = fit_options_default(D, M, 1.0), few = o;

	few.directions = 2;
	few.n_tries = 1;
	few.damping[0] = 1e3; /* so damped, a step is one along the gradient */
	fit *f = start(o), *g = start(few);

	REQUIRE(f && g);
	path with = run(f, 0.2, false), without = run(g, 0.2, false);

	CHECK(with.loss < 0.2);
	CHECK(without.evaluations > with.evaluations || without.loss >= 0.2);
	fit_free(f);
	fit_free(g);
}

static void shorter_keeps_the_residuals(void)
{
	fit_options o = fit_options_default(D, M, 1.0);
	float out[D], lost[D];
	double before[M], after[M], a = 0, b = 0;

	o.directions = D; /* J is known whole */
	o.probe = 1e-3;
	fit *f = start(o);

	REQUIRE(f != NULL);
	path p = run(f, 0.3, false);
	rng r;

	rng_seed(&r, 5);
	for (size_t k = 0; k < D; k++)
		lost[k] = p.x[k] + 3 * (float)rng_normal(&r);
	fit_shorter(f, lost, 1, out);
	for (size_t k = 0; k < D; k++) {
		a += (double)lost[k] * (double)lost[k];
		b += (double)out[k] * (double)out[k];
	}
	CHECK(b < 0.8 * a);
	CHECK(fabs(evaluate_one(lost, before) - evaluate_one(out, after)) < 0.3 * evaluate_one(lost, before) + 0.05);
	fit_shorter(f, lost, 0, out);
	CHECK(!memcmp(out, lost, sizeof lost));
	fit_free(f);
}

/* Points whose values are not numbers are never taken, and spoil nothing. */
static void survives_what_is_not_a_number(void)
{
	fit_options o = fit_options_default(D, M, 1.0);
	double resid[FIT_MAX_DIRECTIONS * M], loss[FIT_MAX_DIRECTIONS];
	float points[FIT_MAX_DIRECTIONS * D];
	fit *f = start(o);

	REQUIRE(f != NULL);
	for (int i = 0; i < 4; i++) {
		size_t n = fit_ask(f, points);

		for (size_t k = 0; k < n * M; k++)
			resid[k] = NAN;
		for (size_t k = 0; k < n; k++)
			loss[k] = NAN;
		CHECK_INT(fit_tell(f, resid, loss), -1);
	}
	CHECK_INT(fit_step(f), 2);
	CHECK(run(f, 0.1, false).loss < 0.1);
	fit_free(f);
}

static void wrong_options_are_refused(void)
{
	static const float zero[D];
	const double r0[M] = { 0 };
	fit_options good = fit_options_default(D, M, 1.0), o = good;
	fit *f = NULL;

	o.directions = D + 1;
	CHECK_INT(fit_new(&f, &o, zero, r0, 1), ENGINE_EARG);
	o = good;
	o.scale = 0;
	CHECK_INT(fit_new(&f, &o, zero, r0, 1), ENGINE_EARG);
	o = good;
	o.n_tries = FIT_MAX_TRIES + 1;
	CHECK_INT(fit_new(&f, &o, zero, r0, 1), ENGINE_EARG);
	CHECK_INT(fit_new(&f, &good, zero, r0, NAN), ENGINE_EARG);
	CHECK(f == NULL);
}

int main(void)
{
	weights_draw();
	TEST_RUN(finds_small_residuals);
	TEST_RUN(same_seed_same_path);
	TEST_RUN(slopes_of_all_residuals_help);
	TEST_RUN(shorter_keeps_the_residuals);
	TEST_RUN(survives_what_is_not_a_number);
	TEST_RUN(wrong_options_are_refused);
	return test_done();
}
