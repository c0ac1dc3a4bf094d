/*
 * sample: the next token from the logits. In this order, which is llama.cpp's:
 *   1. repeat penalty: logits of tokens among the last 64 are divided by it where positive,
 *      multiplied where not
 *   2. temperature 0: the largest logit, the lowest id among equals; done
 *   3. top-k: the k largest
 *   4. top-p: the most probable ones of these that together reach p, at temperature 1
 *   5. min-p: those at least min-p times as probable as the first, at temperature 1
 *   6. temperature, and one draw
 * A NaN is never drawn; infinite logits share all of the probability. Which token a seed gives does
 * not depend on the machine: the logits do not, and of libm only exact functions are used.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"

enum { REPEAT_WINDOW = 64, FIRST_SORTED = 64 };

typedef struct candidate {
	float logit;
	int32_t id;
} candidate;

struct sampler {
	sample_options opt;
	size_t n_vocab;
	rng rng;
	float *logits; /* [n_vocab]: after the repeat penalty, where there is one */
	candidate *c;  /* [n_vocab] */
	double *p;     /* [n_vocab]: of c */
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
	if (!e->model)
		return ENGINE_EARG;
	sampler *s = calloc(1, sizeof(*s));
	if (!s)
		return ENGINE_ENOMEM;
	s->opt = *opt;
	s->n_vocab = e->model->hp.n_vocab;
	s->logits = alloc_array(s->n_vocab, 1, sizeof(*s->logits));
	s->c = alloc_array(s->n_vocab, 1, sizeof(*s->c));
	s->p = alloc_array(s->n_vocab, 1, sizeof(*s->p));
	if (!s->logits || !s->c || !s->p) {
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
	free(s->logits);
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

/* Sorts a heap, the first of the order to the front. In place: qsort() may allocate. */
static void heap_sort(candidate *c, size_t n)
{
	for (size_t i = n; i-- > 1;) {
		candidate last = c[0];
		c[0] = c[i];
		c[i] = last;
		heap_sink(c, i, 0);
	}
}

/* The k first of the order, sorted, at the front of c; the others behind them. */
static void keep_first(candidate *c, size_t n, size_t k)
{
	k = k < n ? k : n;
	for (size_t i = k / 2; i-- > 0;)
		heap_sink(c, k, i);
	for (size_t i = k; i < n; i++)
		if (before(c[i], c[0])) {
			candidate t = c[0];
			c[0] = c[i];
			c[i] = t;
			heap_sink(c, k, 0);
		}
	heap_sort(c, k);
}

/* The k largest logits into c, sorted; the rest is looked at once and not copied. Returns how many
 * there are. */
static size_t top_k(candidate *c, const float *logits, size_t n, size_t k)
{
	size_t have = 0, i = 0;
	for (; i < n && have < k; i++)
		if (logits[i] == logits[i])
			c[have++] = (candidate){ logits[i], (int32_t)i };
	for (size_t j = have / 2; j-- > 0;)
		heap_sink(c, have, j);
	for (; i < n; i++)
		if (logits[i] > c[0].logit) {
			c[0] = (candidate){ logits[i], (int32_t)i };
			heap_sink(c, have, 0);
		}
	heap_sort(c, have);
	return have;
}

/* exp(x), x <= 0, to about 1e-16: 2^k times a series. Products and sums of doubles only, so that
 * it is the same everywhere, as libm's is not. */
static double exp_negative(double x)
{
	static const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
	static const double one_by_factorial[] = { 1. / 479001600, 1. / 39916800, 1. / 3628800,
						   1. / 362880,    1. / 40320,    1. / 5040,
						   1. / 720,       1. / 120,      1. / 24,
						   1. / 6,         1. / 2,        1,
						   1 };
	if (!(x > -745.0))
		return 0;
	double k = floor(x * 0x1.71547652b82fep0 + 0.5), r = x - k * ln2_high - k * ln2_low;
	double y = 1. / 6227020800;
	for (int i = 0; i < 13; i++)
		y = y * r + one_by_factorial[i];
	if (k < -1000)
		return ldexp(y, (int)k); /* it may not be a normal number */
	union {
		uint64_t bits;
		double x;
	} power = { .bits = (uint64_t)(1023 + (int)k) << 52 };
	return y * power.x;
}

/* Probability of a logit over that of the largest. */
static double weight(float logit, float max, double temperature)
{
	return logit == max ? 1 : exp_negative(((double)logit - (double)max) / temperature);
}

static const float *penalise(sampler *s, const float *logits, const int32_t *tokens, size_t n)
{
	float penalty = s->opt.repeat_penalty;
	if (!(penalty > 0) || penalty == 1.0f)
		return logits;
	memcpy(s->logits, logits, s->n_vocab * sizeof(*logits));
	for (size_t i = n > REPEAT_WINDOW ? n - REPEAT_WINDOW : 0; i < n; i++) {
		if (tokens[i] < 0 || (size_t)tokens[i] >= s->n_vocab)
			continue;
		float v = logits[tokens[i]]; /* from the logits, so that a token counts once */
		s->logits[tokens[i]] = v > 0 ? v / penalty : v * penalty;
	}
	return s->logits;
}

/* How many of n sorted candidates top-p leaves, at least one, and in p their weights, until
 * `reached`: sum is that of all candidates. */
static size_t reach(sampler *s, size_t n, double top_p, double sum, bool *reached)
{
	double so_far = 0;
	size_t keep = 0;
	while (keep < n && (!keep || so_far < top_p * sum))
		so_far += s->p[keep] = weight(s->c[keep].logit, s->c[0].logit, 1), keep++;
	*reached = so_far >= top_p * sum;
	return keep;
}

/* Without top-k: top-p of n unsorted candidates, sorting no more than it needs. */
static size_t reach_unsorted(sampler *s, size_t n, double top_p, double sum)
{
	for (size_t k = FIRST_SORTED;; k *= 8) {
		bool reached;
		keep_first(s->c, n, k);
		size_t keep = reach(s, k < n ? k : n, top_p, sum, &reached);
		if (reached || k >= n)
			return keep;
	}
}

/* Fills c with the candidates that the filters leave; returns how many, 0: no logit is a number. */
static size_t filter(sampler *s, const float *logits)
{
	const double top_p = (double)s->opt.top_p, min_p = (double)s->opt.min_p;
	const bool nucleus = top_p > 0 && top_p < 1;
	size_t n = 0;
	double sum = 0;
	if (s->opt.top_k > 0 && (size_t)s->opt.top_k < s->n_vocab) {
		bool reached;
		n = top_k(s->c, logits, s->n_vocab, (size_t)s->opt.top_k);
		for (size_t i = 0; i < n && nucleus; i++)
			sum += weight(s->c[i].logit, s->c[0].logit, 1);
		n = n && nucleus ? reach(s, n, top_p, sum, &reached) : n;
		while (n > 1 && min_p > 0 && weight(s->c[n - 1].logit, s->c[0].logit, 1) < min_p)
			n--;
		return n;
	}
	float max = -INFINITY;
	for (size_t i = 0; i < s->n_vocab; i++)
		max = logits[i] > max ? logits[i] : max;
	for (size_t i = 0; i < s->n_vocab; i++) {
		if (logits[i] != logits[i])
			continue;
		double w = nucleus || min_p > 0 ? weight(logits[i], max, 1) : 1;
		sum += w;
		/* Both filters keep a beginning of the order: what min-p cuts need not be sorted. */
		if (!(w < min_p))
			s->c[n++] = (candidate){ logits[i], (int32_t)i };
	}
	return n && nucleus ? reach_unsorted(s, n, top_p, sum) : n;
}

static int32_t largest(const float *logits, size_t n)
{
	size_t best = 0;
	float max = -INFINITY;
	for (size_t i = 0; i < n; i++)
		if (logits[i] > max)
			max = logits[best = i];
	return (int32_t)best;
}

int32_t sampler_pick(sampler *s, const float *logits, const int32_t *tokens, size_t n_tokens)
{
	logits = penalise(s, logits, tokens, n_tokens);
	if (!(s->opt.temperature > 0))
		return largest(logits, s->n_vocab);
	size_t n = filter(s, logits), i = 0;
	if (!n)
		return 0;
	float max = s->c[0].logit;
	double sum = 0;
	for (i = 1; i < n; i++)
		max = s->c[i].logit > max ? s->c[i].logit : max;
	for (i = 0; i < n; i++)
		sum += s->p[i] = weight(s->c[i].logit, max, (double)s->opt.temperature);
	double r = sum * rng_uniform(&s->rng);
	int32_t id = 0;
	for (i = 0; i < n; i++) {
		if (!(s->p[i] > 0))
			continue;
		id = s->c[i].id; /* the last one where rounding left something of r */
		if (r < s->p[i])
			break;
		r -= s->p[i];
	}
	return id;
}

int32_t sampler_draw(sampler *s, const session *ses)
{
	const float *logits = session_logits(ses);
	return logits ? sampler_pick(s, logits, session_tokens(ses), session_length(ses)) : -1;
}
