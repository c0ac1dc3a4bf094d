/* The zeroth-order search on functions whose minimum is known. */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "engine/search.h"
#include "test.h"

enum { D = 40 };

/* A badly scaled bowl around (1, 1, ...), lowest value 0. */
static double bowl(const float *x, size_t d)
{
	double sum = 0;

	for (size_t i = 0; i < d; i++) {
		double w = 1.0 + 9.0 * (double)i / (double)d, r = (double)x[i] - 1.0;

		sum += w * r * r;
	}
	return sum;
}

static void evaluate(const float *points, size_t n, size_t d, double *loss)
{
	for (size_t k = 0; k < n; k++)
		loss[k] = bowl(points + k * d, d);
}

/* Runs to the end or to f < goal; returns evaluations. again: every ask is made twice, as by a
 * caller that was interrupted between them. */
static int run(search *s, double goal, bool again)
{
	const size_t max = 2 * SEARCH_MAX_DIRECTIONS;
	size_t n;
	float *points = alloc_array(max, D, sizeof *points);
	double loss[2 * SEARCH_MAX_DIRECTIONS];
	int evaluations = 0;

	while ((n = search_ask(s, points)) > 0) {
		if (again) {
			memset(points, 0x5a, max * D * sizeof *points);
			n = search_ask(s, points);
		}
		evaluate(points, n, D, loss);
		evaluations += (int)n;
		if (search_tell(s, loss) >= 0 && bowl(search_x(s), D) < goal)
			break;
	}
	free(points);
	return evaluations;
}

static search *start(search_options o)
{
	static const float zero[D];
	search *s = NULL;

	CHECK_INT(search_new(&s, &o, zero, bowl(zero, D)), 0);
	return s;
}

static void finds_the_minimum(void)
{
	search_options o = search_options_default(D, 1.0);

	o.max_steps = 400;
	search *s = start(o);

	REQUIRE(s != NULL);
	run(s, 0, false);
	CHECK(bowl(search_x(s), D) < 0.01 * bowl((float[D]){ 0 }, D));
	CHECK_INT(search_step(s), 400);
	search_free(s);
}

static void same_seed_same_path(void)
{
	search_options o = search_options_default(D, 1.0);

	o.max_steps = 30;
	o.seed = 7;
	search *a = start(o), *b = start(o);

	o.seed = 8;
	search *c = start(o);

	REQUIRE(a && b && c);
	run(a, 0, false);
	run(b, 0, true);
	run(c, 0, false);
	CHECK(!memcmp(search_x(a), search_x(b), D * sizeof(float)));
	CHECK(memcmp(search_x(a), search_x(c), D * sizeof(float)) != 0);
	search_free(a);
	search_free(b);
	search_free(c);
}

/* No memory of the gradient: each step's few directions, central differences. */
static search_options forgetful(void)
{
	search_options o = search_options_default(D, 1.0);

	o.memory = 0;
	o.one_sided = false;
	o.directions = 5;
	o.step = 0.6;
	o.cosine = true;
	o.backoff = 0;
	return o;
}


static void options_change_the_path(void)
{
	double value[5];

	for (int v = 0; v < 5; v++) {
		search_options o = v == 4 ? search_options_default(D, 1.0) : forgetful();

		o.max_steps = 40;
		if (v == 1)
			o.cosine = false;
		if (v == 2)
			o.one_sided = true, o.memory = 0.5;
		if (v == 3)
			o.probe = 0.5;
		search *s = start(o);

		REQUIRE(s != NULL);
		run(s, 0, false);
		value[v] = bowl(search_x(s), D);
		for (int w = 0; w < v; w++)
			CHECK(value[v] != value[w]);
		search_free(s);
	}
}

/* Measurements of earlier steps still count: the goal takes fewer evaluations. */
static void memory_helps(void)
{
	int evaluations[2];

	for (int v = 0; v < 2; v++) {
		search_options o = forgetful();

		if (v) {
			o.memory = 0.93;
			o.one_sided = true;
			o.cosine = false;
			o.backoff = 0.7;
		}
		o.max_steps = 400;
		search *s = start(o);

		REQUIRE(s != NULL);
		evaluations[v] = run(s, 5, false);
		CHECK(bowl(search_x(s), D) < 5);
		search_free(s);
	}
	CHECK(evaluations[1] < 0.8 * evaluations[0]);
}

static void one_sided_needs_a_value(void)
{
	static const float zero[D];
	search_options o = search_options_default(D, 1.0);
	search *s = NULL;

	CHECK_INT(search_new(&s, &o, zero, NAN), ENGINE_EARG);
	o.memory = 0;
	CHECK_INT(search_new(&s, &o, zero, 1.0), ENGINE_EARG);
	CHECK(s == NULL);
}

static void clamp_holds(void)
{
	search_options o = search_options_default(D, 1.0);

	o.clamp = 2.0;
	o.max_steps = 60;
	search *s = start(o);

	REQUIRE(s != NULL);
	run(s, 0, false);
	double sum = 0;

	for (int i = 0; i < D; i++)
		sum += (double)search_x(s)[i] * (double)search_x(s)[i];
	CHECK(sqrt(sum) <= 2.0 * (1 + 1e-6));
	CHECK(sqrt(sum) > 1.9);
	search_free(s);
}

static void backoff_never_climbs(void)
{
	search_options o = search_options_default(D, 1.0);
	float points[2 * SEARCH_MAX_DIRECTIONS * D];
	double loss[2 * SEARCH_MAX_DIRECTIONS], last;
	size_t n;

	o.backoff = 0.5;
	o.cosine = false;
	o.step = 3.0;
	o.max_steps = 80;
	search *s = start(o);

	REQUIRE(s != NULL);
	last = bowl(search_x(s), D);
	while ((n = search_ask(s, points)) > 0) {
		evaluate(points, n, D, loss);
		search_tell(s, loss);
		CHECK(bowl(search_x(s), D) <= last);
		last = bowl(search_x(s), D);
	}
	CHECK(last < bowl((float[D]){ 0 }, D) / 4);
	search_free(s);
}

/* The published form: N probes on each side a step, the point itself looked at every 20 steps. */
static void published_form(void)
{
	search_options o = search_options_published(D);

	o.step = 2e-3; /* this bowl is steeper than a language model's loss */
	o.max_steps = 200;
	search *s = start(o);

	REQUIRE(s != NULL);
	CHECK_INT(run(s, -1, false), 200 * 10 + 200 / 20);
	CHECK(bowl(search_x(s), D) < bowl((float[D]){ 0 }, D) / 100);
	search_free(s);
}

static void broken_losses_are_survived(void)
{
	search_options o = search_options_default(D, 1.0);
	float points[2 * SEARCH_MAX_DIRECTIONS * D];
	double loss[2 * SEARCH_MAX_DIRECTIONS];
	size_t n;
	int step = 0;

	o.max_steps = 60;
	search *s = start(o);

	REQUIRE(s != NULL);
	while ((n = search_ask(s, points)) > 0) {
		evaluate(points, n, D, loss);
		if (step++ % 3 == 0)
			loss[0] = NAN;
		if (step % 7 == 0)
			for (size_t k = 0; k < n; k++)
				loss[k] = INFINITY;
		search_tell(s, loss);
		CHECK(isfinite(search_x(s)[0]));
	}
	search_free(s);
}

static void bad_options_are_refused(void)
{
	static const float zero[D];
	search *s = NULL;
	search_options o = search_options_default(D, 1.0);

	o.directions = 0;
	CHECK_INT(search_new(&s, &o, zero, 0), ENGINE_EARG);
	o = search_options_default(D, 0.0);
	CHECK_INT(search_new(&s, &o, zero, 0), ENGINE_EARG);
	o = search_options_default(D, 1.0);
	o.n_lengths = SEARCH_MAX_LENGTHS + 1;
	CHECK_INT(search_new(&s, &o, zero, 0), ENGINE_EARG);
	CHECK(s == NULL);
	search_free(NULL);
}

/* More directions than dimensions: they cannot all be orthogonal. */
static void one_dimension(void)
{
	search_options o = search_options_default(1, 1.0);
	float x0 = 5, points[2 * SEARCH_MAX_DIRECTIONS];
	double loss[2 * SEARCH_MAX_DIRECTIONS];
	size_t n;
	search *s = NULL;

	REQUIRE(!search_new(&s, &o, &x0, 16));
	while ((n = search_ask(s, points)) > 0) {
		for (size_t k = 0; k < n; k++)
			loss[k] = bowl(points + k, 1);
		search_tell(s, loss);
	}
	CHECK(bowl(search_x(s), 1) < 0.1);
	search_free(s);
}

int main(void)
{
	TEST_RUN(finds_the_minimum);
	TEST_RUN(same_seed_same_path);
	TEST_RUN(options_change_the_path);
	TEST_RUN(memory_helps);
	TEST_RUN(one_sided_needs_a_value);
	TEST_RUN(clamp_holds);
	TEST_RUN(backoff_never_climbs);
	TEST_RUN(published_form);
	TEST_RUN(broken_losses_are_survived);
	TEST_RUN(bad_options_are_refused);
	TEST_RUN(one_dimension);
	return test_done();
}
