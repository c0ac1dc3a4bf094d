/* The joint solve against its definition, and its promises: no order, exact forgetting. */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "engine/solve.h"
#include "test.h"

enum { M = 48, D = 12, FACTS = 6, KEYS = 3, KEEP = 20, SAMPLE = 500 };

static float moment[M * M], sample[SAMPLE * M];
static float keys[FACTS][KEYS * M], deltas[FACTS][D], keep[KEEP * M];
static engine_delta facts[FACTS];
static solve_metric metric; /* of moment */

static void fill(float *x, size_t n, rng *r)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_normal(r);
}

/* C from 500 random vectors with unequal variances; keys of a fact lie close together. */
static void set_up(void)
{
	rng r;

	rng_seed(&r, 11);
	for (int t = 0; t < SAMPLE; t++) {
		float *x = sample + t * M;

		fill(x, M, &r);
		for (int i = 0; i < M; i++)
			x[i] *= (float)(1 + i % 5);
		for (int i = 0; i < M; i++)
			for (int j = 0; j < M; j++)
				moment[i * M + j] += x[i] * x[j] / SAMPLE;
	}
	for (int f = 0; f < FACTS; f++) {
		fill(keys[f], M, &r);
		for (int k = 1; k < KEYS; k++) {
			fill(keys[f] + k * M, M, &r);
			for (int i = 0; i < M; i++)
				keys[f][k * M + i] = keys[f][i] + 0.1f * keys[f][k * M + i];
		}
		fill(deltas[f], D, &r);
		facts[f] = (engine_delta){ keys[f], deltas[f], KEYS };
	}
	fill(keep, KEEP * M, &r);
	solve_options o = solve_options_default();

	CHECK_INT(solve_metric_init(&metric, moment, M, &o, NULL, 0), 0);
}

static int solve_change(const solve_metric *a, const engine_delta *f, size_t n, const float *preserve,
			size_t n_preserve, const solve_options *o, double *w, char *err, size_t errlen)
{
	solve_parts p;
	int rc = solve_facts(&p, a, D, f, n, preserve, n_preserve, o, err, errlen);

	if (rc)
		return rc;
	solve_rows(&p, 0, 5, w); /* in two pieces, as a layer is made */
	solve_rows(&p, 5, D - 5, w + 5 * M);
	solve_parts_release(&p);
	return 0;
}

static int solve(const engine_delta *f, size_t n, size_t n_keep, double *w)
{
	solve_options o = solve_options_default();

	return solve_change(&metric, f, n, n_keep ? keep : NULL, n_keep, &o, w, NULL, 0);
}

/* |D k - r| / |r|, or |D k| when r is NULL. */
static double miss(const double *w, const float *k, const float *r)
{
	double sum = 0, ref = 0;

	for (int i = 0; i < D; i++) {
		double y = 0;

		for (int j = 0; j < M; j++)
			y += w[i * M + j] * (double)k[j];
		if (r) {
			ref += (double)r[i] * (double)r[i];
			y -= (double)r[i];
		}
		sum += y * y;
	}
	return r ? sqrt(sum / ref) : sqrt(sum);
}

static void facts_are_hit_and_others_kept(void)
{
	double w[D * M], free_w[D * M];

	REQUIRE(!solve(facts, FACTS, KEEP, w));
	REQUIRE(!solve(facts, FACTS, 0, free_w));
	for (int f = 0; f < FACTS; f++)
		for (int k = 0; k < KEYS; k++)
			CHECK(miss(w, keys[f] + k * M, deltas[f]) < 0.15);
	double firm_w[D * M], moved = 0, moved_free = 0, moved_firm = 0;
	solve_options firm = solve_options_default();

	firm.ridge_keep = 1e-2;
	REQUIRE(!solve_change(&metric, facts, FACTS, keep, KEEP, &firm, firm_w, NULL, 0));
	for (int k = 0; k < KEEP; k++) {
		moved += miss(w, keep + k * M, NULL);
		moved_firm += miss(firm_w, keep + k * M, NULL);
		moved_free += miss(free_w, keep + k * M, NULL);
	}
	CHECK(moved < moved_free);
	CHECK(moved_firm < moved);
	CHECK(moved_firm < 0.2 * moved_free);
}

/* What the keys' ridge is with this many of them, in words of solve.h. */
static double ridge_of(const solve_options *o, int n_keys)
{
	return o->ridge + (o->ridge_full - o->ridge) * fmin(n_keys / (2.0 / 3 * M), 1);
}

/* The gradient of the objective vanishes at the solution:
 * D C + sum_j (D k_j - r_j) k_j' / ridge_j = 0. */
static void solution_is_the_minimum(void)
{
	double w[D * M], grad[D * M], size = 0, worst = 0, g = 0;
	solve_options o = solve_options_default();
	double c[M * M], mean = 0, ridge = ridge_of(&o, KEYS);

	REQUIRE(!solve(facts, 1, 0, w));
	for (int i = 0; i < M * M; i++)
		c[i] = (double)moment[i];
	for (int i = 0; i < M; i++)
		mean += c[i * M + i] / M;
	for (int i = 0; i < M; i++)
		c[i * M + i] += o.ridge_c * mean;
	/* mean diagonal of K' C^-1 K, with C^-1 by the factor: |L^-1 k|^2 */
	for (int k = 0; k < KEYS; k++) {
		double z[M];

		for (int i = 0; i < M; i++) {
			z[i] = (double)keys[0][k * M + i];
			for (int j = 0; j < i; j++)
				z[i] -= metric.factor[j * M + i] * z[j];
			z[i] /= metric.factor[i * M + i];
			g += z[i] * z[i] / KEYS;
		}
	}
	for (int i = 0; i < D; i++)
		for (int j = 0; j < M; j++) {
			grad[i * M + j] = 0;
			for (int l = 0; l < M; l++)
				grad[i * M + j] += w[i * M + l] * c[l * M + j];
			size = fmax(size, fabs(grad[i * M + j]));
		}
	for (int k = 0; k < KEYS; k++)
		for (int i = 0; i < D; i++) {
			double y = -(double)deltas[0][i];

			for (int j = 0; j < M; j++)
				y += w[i * M + j] * (double)keys[0][k * M + j];
			for (int j = 0; j < M; j++)
				grad[i * M + j] += y * (double)keys[0][k * M + j] / (ridge * g);
		}
	for (int i = 0; i < D * M; i++)
		worst = fmax(worst, fabs(grad[i]));
	CHECK(worst < 1e-9 * size);
}

static void order_does_not_matter(void)
{
	double a[D * M], b[D * M];
	engine_delta turned[FACTS];
	float back[KEYS * M], keep_back[KEEP * M];
	solve_options o = solve_options_default();

	for (int f = 0; f < FACTS; f++)
		turned[f] = facts[FACTS - 1 - f];
	for (int k = 0; k < KEYS; k++)
		memcpy(back + k * M, turned[2].keys + (KEYS - 1 - k) * M, M * sizeof *back);
	turned[2].keys = back;
	for (int k = 0; k < KEEP; k++)
		memcpy(keep_back + k * M, keep + (KEEP - 1 - k) * M, M * sizeof *keep_back);
	REQUIRE(!solve(facts, FACTS, KEEP, a));
	REQUIRE(!solve_change(&metric, turned, FACTS, keep_back, KEEP, &o, b, NULL, 0));
	CHECK(!memcmp(a, b, sizeof a));
}

/* The same fact twice, and a preservation key that is a fact's own, change nothing. */
static void duplicates_are_merged(void)
{
	double a[D * M], b[D * M];
	engine_delta twice[FACTS + 1];
	float more[(KEEP + 1) * M];
	solve_options o = solve_options_default();

	memcpy(twice, facts, sizeof facts);
	twice[FACTS] = facts[3];
	memcpy(more, keep, sizeof keep);
	memcpy(more + KEEP * M, keys[1] + M, M * sizeof *more);
	REQUIRE(!solve(facts, FACTS, KEEP, a));
	REQUIRE(!solve_change(&metric, twice, FACTS + 1, more, KEEP + 1, &o, b, NULL, 0));
	CHECK(!memcmp(a, b, sizeof a));
}

/* Two facts whose keys differ by a hair and whose deltas disagree: a compromise, no explosion. */
static void near_duplicates_stay_small(void)
{
	double w[D * M], one[D * M], size = 0, size_one = 0;
	float close[KEYS * M], other[D];
	engine_delta two[2] = { facts[0], { close, other, KEYS } };

	for (int i = 0; i < KEYS * M; i++)
		close[i] = keys[0][i] * (1 + 1e-6f);
	for (int i = 0; i < D; i++)
		other[i] = -deltas[0][i];
	REQUIRE(!solve(facts, 1, 0, one));
	REQUIRE(!solve(two, 2, 0, w));
	for (int i = 0; i < D * M; i++) {
		size += w[i] * w[i];
		size_one += one[i] * one[i];
	}
	CHECK(isfinite(size));
	CHECK(size < size_one);
}

static void numbers_that_are_not_are_refused(void)
{
	double w[D * M];
	float bad[D] = { 1, NAN };
	engine_delta f = { keys[0], bad, 1 };
	char err[100] = "";
	solve_options o = solve_options_default();

	CHECK_INT(solve_change(&metric, &f, 1, NULL, 0, &o, w, err, sizeof err), ENGINE_EARG);
	CHECK(strstr(err, "finite") != NULL);
}

/* The inverse by the keys against the one by their moment, also with fewer keys than inputs. */
static void keys_stand_for_their_moment(void)
{
	solve_options o = solve_options_default();
	static const size_t counts[] = { SAMPLE, M + 1, M - 8, 7, 1 };

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		size_t n = counts[i];
		float c[M * M] = { 0 };
		double w[D * M], by_keys[D * M], worst = 0, size = 0;
		solve_metric full, few;

		for (size_t t = 0; t < n; t++)
			for (int a = 0; a < M; a++)
				for (int b = 0; b < M; b++)
					c[a * M + b] += sample[t * M + a] * sample[t * M + b] / (float)n;
		REQUIRE(!solve_metric_init(&full, c, M, &o, NULL, 0));
		REQUIRE(!solve_metric_init_keys(&few, sample, n, M, &o, NULL, 0));
		REQUIRE(!solve_change(&full, facts, FACTS, keep, KEEP, &o, w, NULL, 0));
		REQUIRE(!solve_change(&few, facts, FACTS, keep, KEEP, &o, by_keys, NULL, 0));
		for (int k = 0; k < D * M; k++) {
			worst = fmax(worst, fabs(w[k] - by_keys[k]));
			size = fmax(size, fabs(w[k]));
		}
		CHECK(worst < 1e-3 * size); /* c is in floats */
		solve_metric_release(&full);
		solve_metric_release(&few);
	}
}

/* The more keys, the less firmly each is met, from the first to two thirds of the inputs' number. */
static void the_ridge_rises_with_the_keys(void)
{
	double rising[D * M], level[D * M], firm[D * M];

	for (int n = 1; n <= FACTS; n++) {
		solve_options o = solve_options_default(), flat = o;
		double worst = 0, size = 0;

		REQUIRE(!solve_change(&metric, facts, (size_t)n, keep, KEEP, &o, rising, NULL, 0));
		flat.ridge_full = o.ridge;
		REQUIRE(!solve_change(&metric, facts, (size_t)n, keep, KEEP, &flat, firm, NULL, 0));
		CHECK(miss(rising, keys[0], deltas[0]) > miss(firm, keys[0], deltas[0]));
		flat.ridge = flat.ridge_full = ridge_of(&o, n * KEYS);
		REQUIRE(!solve_change(&metric, facts, (size_t)n, keep, KEEP, &flat, level, NULL, 0));
		for (int k = 0; k < D * M; k++) {
			worst = fmax(worst, fabs(rising[k] - level[k]));
			size = fmax(size, fabs(level[k]));
		}
		CHECK(worst < 1e-9 * size);
	}
}

/* More keys than inputs: the same change by the other system, in any order, and the minimum of the same objective. */
static void many_keys_are_solved_by_the_inputs(void)
{
	enum { MANY = 3 * M };
	static float more[MANY * M];
	double a[D * M], b[D * M], by_keys[D * M], worst = 0, size = 0;
	engine_delta turned[FACTS];
	solve_options o = solve_options_default();
	solve_metric few;
	rng r;

	rng_seed(&r, 17);
	fill(more, MANY * M, &r);
	for (int f = 0; f < FACTS; f++)
		turned[f] = facts[FACTS - 1 - f];
	REQUIRE(!solve_metric_init_keys(&few, sample, SAMPLE, M, &o, NULL, 0)); /* has no other way than the keys' system */
	REQUIRE(!solve_change(&metric, facts, FACTS, more, MANY, &o, a, NULL, 0));
	REQUIRE(!solve_change(&metric, turned, FACTS, more, MANY, &o, b, NULL, 0));
	REQUIRE(!solve_change(&few, facts, FACTS, more, MANY, &o, by_keys, NULL, 0));
	CHECK(!memcmp(a, b, sizeof a));
	for (int k = 0; k < D * M; k++) {
		worst = fmax(worst, fabs(a[k] - by_keys[k]));
		size = fmax(size, fabs(a[k]));
	}
	CHECK(size > 0 && worst < 1e-3 * size); /* the moment is in floats */
	o.lambda = 0.5;
	REQUIRE(!solve_change(&metric, facts, FACTS, more, MANY, &o, a, NULL, 0));
	REQUIRE(!solve_change(&few, facts, FACTS, more, MANY, &o, by_keys, NULL, 0));
	for (int k = 0; k < D * M; k++)
		CHECK(fabs(a[k] - by_keys[k]) < 1e-3 * size);
	solve_metric_release(&few);
}

/* ---- through the engine ---- */

static float base[D * M];
static const float *layer_now(const engine *e)
{
	return e->model->down_edited ? e->model->down_edited : base;
}

static engine make_engine(model *m)
{
	rng r;

	rng_seed(&r, 3);
	fill(base, D * M, &r);
	*m = (model){ .hp = { .n_embd = D, .n_ff = M }, .down_base = base };
	return (engine){ .model = m, .calib = { .c = moment } };
}

static void release_engine(engine *e)
{
	solve_cache_free(e->solve_cache);
	free(e->model->down_edited);
	free(e->model->down_trial);
	low_rank_release(&e->model->change_edited);
	low_rank_release(&e->model->change_trial);
}

static void forgetting_is_exact(void)
{
	model m;
	engine e = make_engine(&m);
	float never[D * M];
	uint64_t base_hash = engine_layer_hash(&e), hash;

	REQUIRE(!engine_apply(&e, facts, FACTS - 1, keep, KEEP, NULL, 0));
	memcpy(never, layer_now(&e), sizeof never);
	hash = engine_layer_hash(&e);
	CHECK(hash != base_hash);
	REQUIRE(!engine_apply(&e, facts, FACTS, keep, KEEP, NULL, 0));
	CHECK(engine_layer_hash(&e) != hash);
	REQUIRE(!engine_apply(&e, facts, FACTS - 1, keep, KEEP, NULL, 0));
	CHECK(!memcmp(never, layer_now(&e), sizeof never));
	CHECK(engine_layer_hash(&e) == hash);
	REQUIRE(!engine_apply(&e, NULL, 0, keep, KEEP, NULL, 0));
	CHECK(layer_now(&e) == base);
	CHECK(engine_layer_hash(&e) == base_hash);
	CHECK_INT(engine_weights_version(&e), 4);
	release_engine(&e);
}

static void a_failed_solve_changes_nothing(void)
{
	model m;
	engine e = make_engine(&m);
	float bad[D] = { INFINITY };
	engine_delta f = { keys[0], bad, 1 };

	CHECK_INT(engine_apply(&e, &f, 1, keep, KEEP, NULL, 0), ENGINE_EARG);
	CHECK(layer_now(&e) == base);
	CHECK_INT(engine_weights_version(&e), 0);
	release_engine(&e);
}

/* Keys are many, but the rank is that of the deltas: facts that share one share a factor. */
static void the_rank_is_that_of_the_deltas(void)
{
	engine_delta shared[3] = { facts[0], facts[1], { keys[2], deltas[0], KEYS } };
	solve_options o = solve_options_default();
	solve_parts p;

	REQUIRE(!solve_facts(&p, &metric, D, shared, 3, keep, KEEP, &o, NULL, 0));
	CHECK_INT(p.n, 2);
	solve_parts_release(&p);
	REQUIRE(!solve_facts(&p, &metric, D, NULL, 0, keep, KEEP, &o, NULL, 0));
	CHECK_INT(p.n, 0);
	CHECK(!p.left && !p.right);
	solve_parts_release(&p);
}

/* The product that low_rank_of() gives, by hand, against the layer's change; its distance by definition. */
static void check_product(const model *m, size_t rank)
{
	low_rank c = { 0 };
	double told = -1, off = 0, size = 0;

	REQUIRE(!low_rank_of(m, &c, &told));
	CHECK_INT(c.rank, rank);
	for (size_t i = 0; i < D; i++)
		for (size_t j = 0; j < M; j++) {
			double y = 0, change = (double)m->down_edited[i * M + j] - (double)base[i * M + j];

			for (size_t r = 0; r < c.rank; r++)
				y += (double)c.b[i * c.rank + r] * (double)c.a[r * M + j];
			off += (y - change) * (y - change);
			size += change * change;
		}
	CHECK(sqrt(off / size) < 1e-6);
	CHECK(fabs(told - sqrt(off / size)) < 1e-6);
	low_rank_release(&c);
}

static void the_change_is_kept_as_a_product(void)
{
	enum { MANY = D + 2 };
	static float many_keys[MANY][M], many_deltas[MANY][D];
	engine_delta many[MANY];
	model m;
	engine e = make_engine(&m);
	rng r;

	rng_seed(&r, 5);
	for (int f = 0; f < MANY; f++) {
		fill(many_keys[f], M, &r);
		fill(many_deltas[f], D, &r);
		many[f] = (engine_delta){ many_keys[f], many_deltas[f], 1 };
	}
	REQUIRE(!engine_apply(&e, facts, FACTS, keep, KEEP, NULL, 0));
	check_product(&m, FACTS);
	REQUIRE(!engine_try(&e, facts, 2, keep, KEEP, NULL, 0)); /* not kept */
	check_product(&m, FACTS);
	REQUIRE(!engine_keep(&e));
	check_product(&m, 2);
	REQUIRE(!engine_apply(&e, many, MANY, keep, KEEP, NULL, 0)); /* more deltas than the layer has rows */
	CHECK(!m.change_edited.a);
	check_product(&m, D);
	REQUIRE(!engine_apply(&e, many, 3, keep, KEEP, NULL, 0));
	check_product(&m, 3);
	REQUIRE(!engine_apply(&e, NULL, 0, NULL, 0, NULL, 0));
	CHECK(!m.change_edited.a && !m.down_edited);
	release_engine(&e);
}

int main(void)
{
	set_up();
	TEST_RUN(facts_are_hit_and_others_kept);
	TEST_RUN(solution_is_the_minimum);
	TEST_RUN(order_does_not_matter);
	TEST_RUN(duplicates_are_merged);
	TEST_RUN(near_duplicates_stay_small);
	TEST_RUN(numbers_that_are_not_are_refused);
	TEST_RUN(keys_stand_for_their_moment);
	TEST_RUN(the_ridge_rises_with_the_keys);
	TEST_RUN(many_keys_are_solved_by_the_inputs);
	TEST_RUN(the_rank_is_that_of_the_deltas);
	TEST_RUN(forgetting_is_exact);
	TEST_RUN(the_change_is_kept_as_a_product);
	TEST_RUN(a_failed_solve_changes_nothing);
	solve_metric_release(&metric);
	return test_done();
}
