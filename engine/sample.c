/*
 * sample: the next token from the logits. In this order:
 *   1. repeat penalty: logits of tokens among the last 64 are divided by it where positive,
 *      multiplied where not
 *   2. temperature 0: the largest logit, the lowest id among equals; done
 *   3. top-k: the k largest
 *   4. top-p: the most probable ones that together reach p, at temperature 1
 *   5. min-p: those at least min-p times as probable as the first, at temperature 1
 *   6. temperature, and one draw
 */
#include <math.h>
#include <stdlib.h>

#include "engine_int.h"

enum { REPEAT_WINDOW = 64 };

typedef struct candidate {
	float logit;
	int32_t id;
} candidate;

struct sampler {
	sample_options opt;
	size_t n_vocab;
	rng rng;
	candidate *c; /* [n_vocab] */
	double *p;    /* [n_vocab] */
};

sample_options sample_options_default(void)
{
	return (sample_options){
		.temperature = 0.7f,
		.top_k = 40,
		.top_p = 0.95f,
		.min_p = 0.05f,
		.repeat_penalty = 1.0f,
	};
}

int sampler_new(sampler **out, const engine *e, const sample_options *opt)
{
	sampler *s = calloc(1, sizeof(*s));
	if (!s)
		return ENGINE_ENOMEM;
	s->opt = *opt;
	s->n_vocab = e->model->hp.n_vocab;
	s->c = alloc_array(s->n_vocab, 1, sizeof(*s->c));
	s->p = alloc_array(s->n_vocab, 1, sizeof(*s->p));
	if (!s->c || !s->p) {
		sampler_free(s);
		return ENGINE_ENOMEM;
	}
	rng_seed(&s->rng, opt->seed);
	*out = s;
	return ENGINE_OK;
}

void sampler_free(sampler *s)
{
	if (!s)
		return;
	free(s->c);
	free(s->p);
	free(s);
}

/* Larger logit first, then lower id. */
static bool before(candidate a, candidate b)
{
	return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

/* Restores the heap (last of the order on top) below place i. */
static void heap_sink(candidate *c, size_t n, size_t i)
{
	for (;;) {
		size_t worst = i, l = 2 * i + 1;
		if (l < n && before(c[worst], c[l]))
			worst = l;
		if (l + 1 < n && before(c[worst], c[l + 1]))
			worst = l + 1;
		if (worst == i)
			return;
		candidate t = c[i];
		c[i] = c[worst];
		c[worst] = t;
		i = worst;
	}
}

/* The k first of the order (k <= n), sorted, at the front of c. In place: qsort() may allocate. */
static void keep_first(candidate *c, size_t n, size_t k)
{
	for (size_t i = k / 2; i-- > 0;)
		heap_sink(c, k, i);
	for (size_t i = k; i < n; i++)
		if (before(c[i], c[0])) {
			c[0] = c[i];
			heap_sink(c, k, 0);
		}
	for (size_t i = k; i-- > 1;) {
		candidate last = c[0];
		c[0] = c[i];
		c[i] = last;
		heap_sink(c, i, 0);
	}
}

static void sampler_load(sampler *s, const float *logits, const int32_t *tokens, size_t n)
{
	float penalty = s->opt.repeat_penalty;
	for (size_t i = 0; i < s->n_vocab; i++) /* a NaN is never drawn */
		s->c[i] = (candidate){ logits[i] == logits[i] ? logits[i] : -INFINITY, (int32_t)i };
	if (!(penalty > 0) || penalty == 1.0f)
		return;
	for (size_t i = n > REPEAT_WINDOW ? n - REPEAT_WINDOW : 0; i < n; i++) {
		float v = logits[tokens[i]]; /* from the logits, so that a token counts once */
		if (v == v)
			s->c[tokens[i]].logit = v > 0 ? v / penalty : v * penalty;
	}
}

/* Unnormalised probabilities of the first n candidates; returns their sum. */
static double weights(sampler *s, size_t n, double temperature)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += s->p[i] = exp(((double)s->c[i].logit - (double)s->c[0].logit) / temperature);
	return sum;
}

/* How many of n sorted candidates top-p and min-p leave; at least one. */
static size_t narrow(sampler *s, size_t n)
{
	double top_p = (double)s->opt.top_p, min_p = (double)s->opt.min_p;
	double sum = weights(s, n, 1.0), reached = 0;
	size_t keep = n;
	if (top_p > 0 && top_p < 1)
		for (keep = 0; keep < n && reached < top_p * sum; keep++)
			reached += s->p[keep];
	while (min_p > 0 && keep > 1 && s->p[keep - 1] < min_p * s->p[0])
		keep--;
	return keep ? keep : 1;
}

int32_t sampler_pick(sampler *s, const float *logits, const int32_t *tokens, size_t n_tokens)
{
	size_t n = s->n_vocab, best = 0;
	sampler_load(s, logits, tokens, n_tokens);
	if (!(s->opt.temperature > 0)) {
		for (size_t i = 1; i < n; i++)
			if (s->c[i].logit > s->c[best].logit)
				best = i;
		return s->c[best].id;
	}
	if (s->opt.top_k > 0 && (size_t)s->opt.top_k < n)
		n = (size_t)s->opt.top_k;
	keep_first(s->c, s->n_vocab, n);
	n = narrow(s, n);
	double r = weights(s, n, (double)s->opt.temperature) * rng_uniform(&s->rng);
	size_t i = 0;
	for (; i + 1 < n && r >= s->p[i]; i++)
		r -= s->p[i];
	return s->c[i].id;
}

int32_t sampler_draw(sampler *s, const session *ses)
{
	const float *logits = session_logits(ses);
	return logits ? sampler_pick(s, logits, session_tokens(ses), session_length(ses)) : -1;
}
