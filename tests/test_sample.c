/* sample: each filter alone, their order, draws that follow the probabilities, and the same
 * seed, the same text. */
#include <stdlib.h>

#include "engine/engine_int.h"
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

int main(void)
{
	TEST_RUN(test_greedy);
	TEST_RUN(test_nan_is_never_drawn);
	TEST_RUN(test_frequencies);
	TEST_RUN(test_filters);
	TEST_RUN(test_repeat_penalty);
	TEST_RUN(test_seed);
	return test_done();
}
