/*
 * method_mobiedit: MobiEdit as published (arXiv 2506.13772): the vector of ROME found with forward passes alone, on the
 * quantised model, and the rank-one update with C = I,
 *
 *	delta -= rate * sum_i (L(delta + mu u_i) - L(delta - mu u_i)) / (2 mu) u_i,   W' = W + delta k' / (k' k)
 *
 * Kept as published: 5 Gaussian directions a step drawn afresh, the sum of their estimates, mu = 1e-3 for each
 * coordinate, rate 0.05 falling as half a cosine over 600 steps, success (every target token the most probable) looked
 * for every 20 steps, essence KL 0.0625, weight decay 1e-3, clamp 4, one key averaged over the contexts, no
 * preservation keys, no retry. Not as published: what the vector cannot change is cached exactly (edit_int.h) where the
 * paper reuses prefixes approximately; the contexts are the fact's questions in the chat template, not random prefixes.
 * Lengths are absolute in the paper and stay so here: nothing is scaled for a small network.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method_problem.h"
#include "npu.h"
#include "search.h"

enum { DIRECTIONS_MAX = 2 * SEARCH_MAX_DIRECTIONS };
static const double WEIGHT_DECAY = 1e-3, CLAMP = 4;

/* The divergence of what follows the essence prompt, for several candidates in one pass. */
typedef struct essence {
	edit_case c;       /* borrows its tokens */
	kv_cache kv[DIRECTIONS_MAX];
	float *x, *logits; /* [DIRECTIONS_MAX * rows, n_embd]; [DIRECTIONS_MAX, n_vocab] */
	double *keep;      /* [n_vocab]: probabilities before the edit */
	size_t rows, points;
} essence;

typedef struct hunt {
	method *m;
	problem p;
	edit_scorer *scorer;
	essence e;
	search *s;
	float *key;        /* [n_ff]: mean */
	float *one;        /* [n_ff] */
	float *points;     /* [DIRECTIONS_MAX, n_embd] */
	edit_score score[DIRECTIONS_MAX];
	double v;          /* mean length of the layer's output at the anchors */
} hunt;

/* ---- essence ---- */

static int essence_init(essence *s, method *m, const problem *p, size_t points)
{
	static int32_t nothing; /* a case without targets would be filled up to the edit layer only */
	const hparams *hp = &m->e->model->hp;
	double v;

	s->c = (edit_case){ .tokens = p->essence, .n_tokens = p->n_essence, .n_prompt = p->n_essence,
			    .anchor = p->essence_anchor, .targets = &nothing, .n_targets = 1, .weights = ENGINE_EDITED };
	s->rows = p->n_essence - p->essence_anchor;
	s->points = points;
	s->x = alloc_array(points * s->rows, hp->n_embd, sizeof *s->x);
	s->logits = alloc_array(points, hp->n_vocab, sizeof *s->logits);
	s->keep = alloc_array(hp->n_vocab, 1, sizeof *s->keep);
	float *key = alloc_array(hp->n_ff, 1, sizeof *key);
	int rc = s->x && s->logits && s->keep && key ? 0 : ENGINE_ENOMEM;

	for (size_t i = 0; i < points && !rc; i++)
		rc = kv_init(&s->kv[i], m->e->model, s->rows);
	if (!rc)
		rc = edit_case_fill(&s->c, m->e, key, &v, m->stop, m->arg);
	free(key);
	return rc;
}

static void essence_release(essence *s)
{
	for (size_t i = 0; i < s->points; i++)
		kv_release(&s->kv[i]);
	kv_release(&s->c.kv);
	free(s->c.x);
	free(s->x);
	free(s->logits);
	free(s->keep);
}

static size_t essence_bytes(const essence *s, const model *m)
{
	return edit_case_bytes(&s->c, m) + s->points * (2 * s->kv->bytes + s->rows * m->hp.n_embd * sizeof(float) +
							m->hp.n_vocab * sizeof(float));
}

/* Probabilities of logits z [n] -> p [n]. */
static void softmax(const float *z, size_t n, double *p)
{
	double most = -INFINITY, sum = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, (double)z[i]);
	for (size_t i = 0; i < n; i++)
		sum += p[i] = exp((double)z[i] - most);
	for (size_t i = 0; i < n; i++)
		p[i] /= sum;
}

/* s->logits [n, n_vocab] at the last row with each of the vectors added at the anchor. */
static int essence_run(essence *s, method *m, const float *deltas, size_t n)
{
	const hparams *hp = &m->e->model->hp;
	size_t d = hp->n_embd;
	forward_seq seqs[DIRECTIONS_MAX];

	for (size_t k = 0; k < n; k++) {
		float *x = s->x + k * s->rows * d;

		seqs[k] = (forward_seq){ .prefix = &s->c.kv, .n_prefix = s->c.anchor, .own = &s->kv[k],
					 .pos0 = s->c.anchor, .row0 = k * s->rows, .n_rows = s->rows };
		memcpy(x, s->c.x, s->rows * d * sizeof *x);
		for (size_t i = 0; i < d; i++)
			x[i] += deltas[k * d + i];
	}
	forward_args a = { .seqs = seqs, .n_seqs = n, .n_rows = n * s->rows,
			   .layer0 = (size_t)m->e->model->edit_layer + 1, .layer1 = hp->n_layer,
			   .weights = ENGINE_EDITED, .stop = m->stop, .arg = m->arg };
	npu_pass pass = { .layer0 = a.layer0, .layer1 = a.layer1, .rows = a.n_rows, .logit_rows = n,
			  .context = s->c.n_tokens, .edit_layer = m->e->model->edit_layer };
	int rc = forward_layers(m->e->fwd, &a, s->x);

	for (size_t k = 0; k < n; k++) /* the last rows one after another */
		memmove(s->x + k * d, s->x + ((k + 1) * s->rows - 1) * d, d * sizeof *s->x);
	if (!rc)
		rc = forward_logits(m->e->fwd, s->x, n, s->logits);
	npu_shape shape = npu_shape_of(hp, m->e->model->edit_layer);
	npu_cost cost = npu_pass_cost(&shape, &pass);

	m->cost.npu_seconds += npu_seconds(&cost, &npu_phones[m->e->opt.phone]);
	return rc;
}

/* KL(before || row k of the logits) */
static double essence_moved(const essence *s, size_t k, size_t n_vocab, double *p)
{
	double kl = 0;

	softmax(s->logits + k * n_vocab, n_vocab, p);
	for (size_t v = 0; v < n_vocab; v++)
		if (s->keep[v] > 0)
			kl += s->keep[v] * log(s->keep[v] / fmax(p[v], 1e-300));
	return kl;
}

/* ---- the search ---- */

static int hunt_fill(hunt *h)
{
	method *m = h->m;
	size_t ff = m->e->model->hp.n_ff;

	for (size_t i = 0; i < h->p.n_cases; i++) {
		double v;

		h->p.cases[i].weights = ENGINE_EDITED;
		int rc = edit_case_fill(&h->p.cases[i], m->e, h->one, &v, m->stop, m->arg);

		if (rc)
			return rc;
		for (size_t k = 0; k < ff; k++)
			h->key[k] += h->one[k] / (float)h->p.n_cases;
		h->v += v / (double)h->p.n_cases;
	}
	return edit_scorer_new(&h->scorer, m->e, h->p.cases, h->p.n_answered, true);
}

/* The loss at n points. */
static int hunt_losses(hunt *h, size_t n, double *loss)
{
	method *m = h->m;
	size_t d = m->e->model->hp.n_embd, n_vocab = m->e->model->hp.n_vocab;
	double *p = alloc_array(n_vocab, 1, sizeof *p);
	int rc = p ? edit_scorer_run(h->scorer, h->points, n, h->score, NULL, NULL, &m->cost.npu_seconds, m->stop, m->arg) :
		     ENGINE_ENOMEM;

	if (!rc)
		rc = essence_run(&h->e, m, h->points, n);
	for (size_t k = 0; k < n && !rc; k++)
		loss[k] = h->score[k].nll + PROBLEM_KL * essence_moved(&h->e, k, n_vocab, p) +
			  WEIGHT_DECAY * edit_length(h->points + k * d, d) / (h->v * h->v);
	m->cost.evaluations += rc ? 0 : (int)n;
	free(p);
	return rc;
}

/* Nothing added: what is to be kept, and the loss before. */
static int hunt_start(hunt *h, double *loss)
{
	method *m = h->m;
	size_t d = m->e->model->hp.n_embd;

	memset(h->points, 0, d * sizeof *h->points);
	int rc = essence_run(&h->e, m, h->points, 1);

	if (rc)
		return rc;
	softmax(h->e.logits, m->e->model->hp.n_vocab, h->e.keep);
	rc = hunt_losses(h, 1, loss);
	m->cost.loss_before = m->cost.loss_after = h->score[0].nll;
	m->cost.p_before = m->cost.p_after = h->score[0].p;
	m->cost.converged = h->score[0].top;
	return rc;
}

static int hunt_run(hunt *h)
{
	method *m = h->m;
	size_t d = m->e->model->hp.n_embd, n;
	search_options o = search_options_published(d);
	double loss[DIRECTIONS_MAX];
	int rc = hunt_start(h, loss);

	o.clamp = CLAMP * h->v;
	o.max_steps = m->opt.max_steps > 0 ? m->opt.max_steps : o.max_steps;
	o.seed = m->opt.seed;
	if (!rc)
		rc = search_new(&h->s, &o, h->points, loss[0]);
	while (!rc && !m->cost.converged && (n = search_ask(h->s, h->points)) > 0) {
		rc = hunt_losses(h, n, loss);
		if (rc || search_tell(h->s, loss) < 0)
			continue;
		m->cost.loss_after = h->score[0].nll; /* x itself: the check */
		m->cost.p_after = h->score[0].p;
		m->cost.converged = h->score[0].top;
	}
	m->cost.steps = h->s ? search_step(h->s) : 0;
	return rc;
}

static size_t hunt_bytes(const hunt *h)
{
	const model *m = h->m->e->model;
	size_t n = edit_scorer_bytes(h->scorer) + essence_bytes(&h->e, m) + DIRECTIONS_MAX * m->hp.n_embd * sizeof(float);

	for (size_t i = 0; i < h->p.n_cases; i++)
		n += edit_case_bytes(&h->p.cases[i], m);
	return n;
}

static void hunt_release(hunt *h)
{
	essence_release(&h->e); /* before the tokens it borrows */
	edit_scorer_free(h->scorer);
	problem_release(&h->p);
	search_free(h->s);
	free(h->key);
	free(h->one);
	free(h->points);
	free(h);
}

/* W' = W + delta k' / (k' k) */
static int update(method *m, const float *delta, const float *key, char *err, size_t errlen)
{
	size_t ff = m->e->model->hp.n_ff;
	double *left = alloc_array(ff, 1, sizeof *left), square = edit_length(key, ff) * edit_length(key, ff);

	if (!left)
		return method_memory(err, errlen);
	for (size_t i = 0; i < ff; i++)
		left[i] = (double)key[i] / square;
	int rc = method_rank_one(m, (size_t)m->e->model->edit_layer, delta, left, err, errlen);

	free(left);
	return rc;
}

static int mobiedit_teach(method *m, const method_fact *f, char *err, size_t errlen)
{
	const hparams *hp = &m->e->model->hp;
	hunt *h = calloc(1, sizeof *h);

	if (!h)
		return method_memory(err, errlen);
	h->m = m;
	h->key = alloc_array(hp->n_ff, 1, sizeof *h->key);
	h->one = alloc_array(hp->n_ff, 1, sizeof *h->one);
	h->points = alloc_array(DIRECTIONS_MAX, hp->n_embd, sizeof *h->points);
	int rc = h->key && h->one && h->points ? problem_init(&h->p, m, f, err, errlen) : method_memory(err, errlen);

	if (!rc) {
		rc = hunt_fill(h);
		if (!rc)
			rc = essence_init(&h->e, m, &h->p, 2 * (size_t)search_options_published(hp->n_embd).directions);
		if (!rc)
			rc = hunt_run(h);
		if (rc)
			method_failed(rc, err, errlen);
	}
	if (!rc) {
		method_bytes(m, hunt_bytes(h));
		rc = update(m, search_x(h->s), h->key, err, errlen);
	}
	hunt_release(h);
	return rc;
}

const method_kind method_mobiedit = {
	.name = "mobiedit",
	.source = "MobiEdit, arXiv 2506.13772: 5 Gaussian directions a step, rank-one update with C = I",
	.edits_weights = true,
	.teach = mobiedit_teach,
};
