/* sample: each filter alone, their order, draws that follow the probabilities, and the same
 * seed, the same text, on every instruction set. */
#include <stdlib.h>
#include <time.h>

#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

enum { N = 50 };
static model m = { .hp = { .n_vocab = N } };
static engine e = { .model = &m };

/* Draws `times` from the logits and counts; options as given. */
static void draw(const sample_options *opt, const float *logits, const int32_t *seen, size_t n_seen,
		 int times, int *counts)
{
	sampler *s = NULL;
	memset(counts, 0, N * sizeof(*counts));
	REQUIRE(!sampler_new(&s, &e, opt));
	for (int i = 0; i < times; i++) {
		int32_t id = sampler_pick(s, logits, seen, n_seen);
		REQUIRE(id >= 0 && id < N);
		counts[id]++;
	}
	sampler_free(s);
}

static int kinds(const int *counts)
{
	int n = 0;
	for (int i = 0; i < N; i++)
		n += counts[i] > 0;
	return n;
}

static const sample_options plain = { .temperature = 1, .repeat_penalty = 1, .seed = 5 };

static void test_greedy(void)
{
	float logits[N] = { 0 };
	int c[N];
	sample_options o = { .temperature = 0 };
	logits[7] = logits[31] = 2;
	draw(&o, logits, NULL, 0, 3, c);
	CHECK_INT(c[7], 3); /* the lowest id among equals */
	logits[0] = NAN;
	logits[9] = INFINITY;
	draw(&o, logits, NULL, 0, 3, c);
	CHECK_INT(c[9], 3);
}

/* The penalty of a token seen before once put its NaN back among the candidates. */
static void test_nan_is_never_drawn(void)
{
	float logits[N];
	int32_t seen[1] = { 2 };
	int c[N];
	sample_options o = { .temperature = 1, .repeat_penalty = 2, .seed = 5 };
	for (int i = 0; i < N; i++)
		logits[i] = i < 3 ? NAN : -1;
	draw(&o, logits, seen, 1, 5000, c);
	CHECK(!c[0] && !c[1] && !c[2]);
	CHECK_INT(kinds(c), N - 3);
}

static void test_frequencies(void)
{
	float logits[N];
	int c[N];
	sample_options o = plain;
	for (int i = 0; i < N; i++)
		logits[i] = i < 4 ? logf((float)(i + 1)) : -INFINITY;
	draw(&o, logits, NULL, 0, 20000, c);
	for (int i = 0; i < 4; i++)
		CHECK(abs(c[i] - 2000 * (i + 1)) < 300);
	CHECK_INT(kinds(c), 4);
	o.temperature = 0.5f; /* squares */
	draw(&o, logits, NULL, 0, 30000, c);
	for (int i = 0; i < 4; i++)
		CHECK(abs(c[i] - 1000 * (i + 1) * (i + 1)) < 400);
}

static void test_filters(void)
{
	float logits[N];
	int c[N];
	for (int i = 0; i < N; i++)
		logits[i] = logf(
			(float)(N -
				(i * 7) % N)); /* probabilities 50 : 49 : ... of 1275, shuffled */
	sample_options o = plain;
	o.top_k = 5;
	draw(&o, logits, NULL, 0, 2000, c);
	CHECK_INT(kinds(c), 5);
	for (int i = 0; i < N; i++)
		CHECK(!c[i] || (i * 7) % N < 5);
	o.top_k = 1;
	draw(&o, logits, NULL, 0, 50, c);
	CHECK_INT(c[0], 50);
	o = plain;
	o.top_p = 0.15f; /* 50 + 49 + 48 + 47 = 194 of 1275 */
	draw(&o, logits, NULL, 0, 2000, c);
	CHECK_INT(kinds(c), 4);
	o.top_p = 0;
	o.min_p = 0.9f; /* 45 and more */
	draw(&o, logits, NULL, 0, 4000, c);
	CHECK_INT(kinds(c), 6);
	o = plain;
	o.temperature = 100; /* after the filters: what they cut stays cut */
	o.min_p = 0.9f;
	draw(&o, logits, NULL, 0, 4000, c);
	CHECK_INT(kinds(c), 6);
	o = plain;
	draw(&o, logits, NULL, 0, 20000, c);
	CHECK_INT(kinds(c), N);
}

static void test_repeat_penalty(void)
{
	float logits[N] = { 0 };
	int32_t seen[70];
	int c[N];
	sample_options o = { .temperature = 0, .repeat_penalty = 2 };
	logits[3] = 5;
	logits[4] = 3;
	for (int i = 0; i < 70; i++)
		seen[i] = 10;
	seen[69] = seen[68] = 3; /* twice, but punished once */
	draw(&o, logits, seen, 70, 1, c);
	CHECK_INT(c[4], 1);
	logits[3] = 7;
	draw(&o, logits, seen, 70, 1, c);
	CHECK_INT(c[3], 1);
	logits[3] = 5;
	seen[69] = seen[68] = 10;
	seen[5] = 3; /* longer ago than 64 tokens */
	draw(&o, logits, seen, 70, 1, c);
	CHECK_INT(c[3], 1);
	for (int i = 0; i < N; i++)
		logits[i] = -1;
	seen[69] = 0;
	draw(&o, logits, seen, 70, 1, c);
	CHECK_INT(c[1], 1); /* a negative logit is multiplied */
}

static void test_seed(void)
{
	float logits[N];
	int32_t a[100], b[100];
	sampler *s = NULL;
	for (int i = 0; i < N; i++)
		logits[i] = (float)(i % 11) * 0.1f;
	for (int round = 0; round < 3; round++) {
		sample_options o = sample_options_default();
		o.seed = round < 2 ? 42 : 43;
		REQUIRE(!sampler_new(&s, &e, &o));
		for (int i = 0; i < 100; i++)
			(round ? b : a)[i] = sampler_pick(s, logits, NULL, 0);
		sampler_free(s);
		CHECK(round == 0 || (memcmp(a, b, sizeof(a)) == 0) == (round == 1));
	}
	sampler_free(NULL);
}

/* ---- the distribution ---- */

/* The definition, written down plainly: probabilities [n] of each id in long doubles. */
static void expected(const sample_options *o, const float *logits, size_t n, long double *p)
{
	size_t order[N], keep = n;
	long double sum = 0, so_far = 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		for (; at && logits[i] > logits[order[at - 1]]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	if (o->top_k > 0 && (size_t)o->top_k < keep)
		keep = (size_t)o->top_k;
	for (size_t i = 0; i < keep; i++)
		sum += expl((long double)logits[order[i]]);
	if (o->top_p > 0 && o->top_p < 1) {
		size_t k = 0;
		while (k < keep && (!k || so_far < (long double)o->top_p * sum))
			so_far += expl((long double)logits[order[k++]]);
		keep = k;
	}
	while (o->min_p > 0 && keep > 1 &&
	       expl((long double)logits[order[keep - 1]] - (long double)logits[order[0]]) < (long double)o->min_p)
		keep--;
	sum = 0;
	for (size_t i = 0; i < n; i++)
		p[i] = 0;
	for (size_t i = 0; i < keep; i++)
		sum += p[order[i]] = expl((long double)logits[order[i]] / (long double)o->temperature);
	for (size_t i = 0; i < n; i++)
		p[i] /= sum;
}

/* How far chi-square lies from its mean, in standard deviations (Wilson and Hilferty 1931). */
static double chi_square_z(const int *counts, const long double *p, size_t n, double draws)
{
	double chi = 0, df = -1, rest_p = 0, rest_n = 0;
	for (size_t i = 0; i < n; i++) {
		double due = (double)p[i] * draws;
		CHECK(p[i] > 0 || !counts[i]); /* what the filters cut is never drawn */
		if (due < 10) { /* rare ones together */
			rest_p += due;
			rest_n += counts[i];
			continue;
		}
		chi += (counts[i] - due) * (counts[i] - due) / due;
		df++;
	}
	if (rest_p > 1) {
		chi += (rest_n - rest_p) * (rest_n - rest_p) / rest_p;
		df++;
	}
	if (df < 1)
		return 0;
	return (cbrt(chi / df) - (1 - 2 / (9 * df))) / sqrt(2 / (9 * df));
}

static void test_distribution(void)
{
	static const sample_options all[] = {
		{ .temperature = 1 },
		{ .temperature = 0.7f },
		{ .temperature = 1.6f },
		{ .temperature = 1, .top_k = 7 },
		{ .temperature = 1, .top_p = 0.8f },
		{ .temperature = 1, .min_p = 0.1f },
		{ .temperature = 0.8f, .top_k = 30, .top_p = 0.9f, .min_p = 0.05f },
		{ .temperature = 1.3f, .top_p = 0.95f, .min_p = 0.02f },
		{ .temperature = 0.3f, .top_k = 20, .min_p = 0.01f },
	};
	enum { DRAWS = 200000 };
	float logits[N];
	rng r;
	rng_seed(&r, 77);
	for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++) {
		long double p[N];
		int c[N];
		sample_options o = all[k];
		for (int i = 0; i < N; i++)
			logits[i] = (float)(2 * rng_normal(&r));
		o.seed = 1000 + k;
		expected(&o, logits, N, p);
		draw(&o, logits, NULL, 0, DRAWS, c);
		double z = chi_square_z(c, p, N, DRAWS);
		if (!CHECK(fabs(z) < 3))
			printf("  options %zu: z %.2f\n", k, z);
	}
}

/* ---- odd logits, odd options ---- */

static void test_not_numbers(void)
{
	static const sample_options all[] = {
		{ .temperature = 1 },
		{ .temperature = 1, .top_k = 3 },
		{ .temperature = 1, .top_p = 0.5f },
		{ .temperature = 1, .min_p = 0.5f },
		{ .temperature = 1e-30f, .top_k = 40, .top_p = 0.9f },
		{ .temperature = INFINITY, .min_p = 1 },
		{ .temperature = 1, .top_k = -5, .top_p = NAN, .min_p = NAN, .repeat_penalty = NAN },
		{ .temperature = 1, .repeat_penalty = 1.5f },
		{ .temperature = NAN },
	};
	static const int32_t seen[] = { 0, 1, 2, 9, -1, N, 1 << 30 };
	for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
		for (int what = 0; what < 5; what++) {
			float logits[N];
			int c[N];
			for (int i = 0; i < N; i++)
				logits[i] = what == 0   ? NAN
					    : what == 1 ? -INFINITY
					    : i % 2     ? NAN
							: (float)(i % 7);
			if (what == 3)
				logits[9] = logits[10] = INFINITY;
			if (what == 4)
				logits[0] = logits[1] = -INFINITY;
			draw(&all[k], logits, seen, 7, 200, c);
			for (int i = 0; i < N && what >= 2; i++)
				CHECK(!c[i] || (what == 3 ? i == 9 || i == 10 : i % 2 == 0));
		}
}

/* ---- the same everywhere ---- */

/* What these options and this seed gave when this was written: no machine may give anything else. */
static void test_golden_draws(void)
{
	static const int32_t want[16] = { 27, 49, 13, 21, 43, 24, 32, 2, 2, 19, 7, 38, 32, 35, 38, 35 };
	float logits[N];
	sampler *s = NULL;
	sample_options o = { .temperature = 0.9f, .top_p = 0.97f, .repeat_penalty = 1.1f, .seed = 2026 };
	int32_t got[16];
	for (int i = 0; i < N; i++)
		logits[i] = (float)((i * 37) % 101) / 16.0f - 2.0f;
	REQUIRE(!sampler_new(&s, &e, &o));
	for (size_t i = 0; i < 16; i++) {
		got[i] = sampler_pick(s, logits, got, i);
		if (!CHECK_INT(got[i], want[i]))
			printf("  draw %zu\n", i);
	}
	sampler_free(s);
}

/* A text of the tiny model: seeds give the same one on every table and any number of threads. */
static void generate(const char *path, unsigned mask, int threads, int32_t *out, size_t n)
{
	engine_options eo = engine_options_default();
	sample_options so = { .temperature = 1.2f, .top_k = 200, .top_p = 0.99f, .min_p = 1e-4f, .repeat_penalty = 1.2f,
			      .seed = 31 };
	engine *tiny = NULL;
	session *ses = NULL;
	sampler *s = NULL;
	char err[256];
	static const int32_t start[] = { 72, 101, 108 };
	eo.cpu_mask = mask;
	eo.n_threads = threads;
	eo.calibration = "assets/calibration.txt";
	REQUIRE(!engine_open(&tiny, path, &eo, err, sizeof(err)));
	REQUIRE(!session_new(&ses, tiny, err, sizeof(err)) && !sampler_new(&s, tiny, &so));
	REQUIRE(!session_sync(ses, start, 3, NULL, NULL, err, sizeof(err)));
	for (size_t i = 0; i < n; i++) {
		out[i] = sampler_draw(s, ses);
		REQUIRE(!session_eval(ses, out[i], err, sizeof(err)));
	}
	sampler_free(s);
	session_free(ses);
	engine_close(tiny);
}

static void test_tables_and_threads(void)
{
	static const unsigned masks[] = { 0, CPU_AVX2, CPU_AVX2 | CPU_AVX512, ~0u };
	enum { TOKENS = 120 };
	int32_t first[TOKENS] = { 0 }, other[TOKENS] = { 0 };
	char path[512];
	tiny_model t = tiny_model_default();
	t.own_output = true;
	t.scale = 0.3f; /* flat enough to leave a choice */
	test_path(path, sizeof(path), "sample.gguf");
	tiny_model_write(&t, path);
	generate(path, 0, 1, first, TOKENS);
	int differ = 0;
	for (size_t i = 1; i < TOKENS; i++)
		differ += first[i] != first[0];
	CHECK(differ > TOKENS / 2);
	for (size_t k = 0; k < 4; k++) {
		generate(path, masks[k], k % 2 ? 3 : 2, other, TOKENS);
		CHECK(!memcmp(first, other, sizeof(first)));
	}
}

/* ---- time ---- */

static double nanoseconds(const sample_options *o, const float *logits, size_t n, int times)
{
	model big = { .hp = { .n_vocab = n } };
	engine be = { .model = &big };
	sampler *s = NULL;
	struct timespec a, b;
	int32_t sum = 0;
	if (sampler_new(&s, &be, o))
		return 0;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < times; i++)
		sum ^= sampler_pick(s, logits, &sum, 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	sampler_free(s);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / times;
}

static void test_time(void)
{
	enum { BIG = 151936 };
	float *logits = malloc(BIG * sizeof(*logits));
	sample_options o = sample_options_default(), greedy = { .temperature = 0 }, top_p = { .temperature = 1, .top_p = 0.95f },
		       all = { .temperature = 1 };
	rng r;
	REQUIRE(logits);
	rng_seed(&r, 4);
	for (int i = 0; i < BIG; i++)
		logits[i] = (float)(3 * rng_normal(&r));
	for (int i = 0; i < 40; i++) /* a model is surer than that */
		logits[i * 3000] += 12;
	printf("figure: a draw from %d logits, microseconds: greedy %.0f, top-k 40 (default) %.0f, top-p alone %.0f, no filter %.0f\n",
	       BIG, 1e-3 * nanoseconds(&greedy, logits, BIG, 20), 1e-3 * nanoseconds(&o, logits, BIG, 20),
	       1e-3 * nanoseconds(&top_p, logits, BIG, 10), 1e-3 * nanoseconds(&all, logits, BIG, 10));
	free(logits);
}

int main(void)
{
	TEST_RUN(test_greedy);
	TEST_RUN(test_nan_is_never_drawn);
	TEST_RUN(test_frequencies);
	TEST_RUN(test_filters);
	TEST_RUN(test_repeat_penalty);
	TEST_RUN(test_seed);
	TEST_RUN(test_distribution);
	TEST_RUN(test_not_numbers);
	TEST_RUN(test_golden_draws);
	TEST_RUN(test_tables_and_threads);
	TEST_RUN(test_time);
	return test_done();
}
