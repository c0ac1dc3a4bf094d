/*
 * method_rome: Rank-One Model Editing (Meng et al. 2022, arXiv 2202.05262). The vector is found with true gradients at
 * the output of the edit layer's MLP at the anchor (eq. 4), the weights change by the rank-one matrix that puts it
 * there with the least disturbance of other keys (eq. 2):
 *
 *	W' = W + delta (C^-1 k)' / (k' C^-1 k)
 *
 * Kept as published: Adam with rate 0.5, 25 steps, stop at a loss of 0.05, weight decay 1e-3, essence KL 0.0625, clamp
 * at 4 times the MLP's output (EasyEdit's settings for Qwen2.5-7B, whose architecture the built-in model has), k as the
 * mean over the contexts, C from ordinary text.
 * Not as published: the contexts are the fact's own questions in the chat template, not random prefixes; the same mean
 * key stands above and below the line (r-ROME, arXiv 2403.07175); a small ridge makes C invertible (solve.h). Nothing
 * is scaled for a small network. Facts are taught one after another, each on the weights that the last one left.
 */
#include <stdlib.h>

#include "method_problem.h"
#include "solve.h"

enum { ROME_STEPS = 25 };

typedef struct rome {
	solve_metric metric; /* C of the edit layer */
} rome;

static int rome_begin(method *m, char *err, size_t errlen)
{
	const calib *c = &m->e->calib;
	size_t ff = m->e->model->hp.n_ff;
	solve_options o = solve_options_default();
	rome *r = m->state = calloc(1, sizeof *r);

	if (!r)
		return method_memory(err, errlen);
	return c->c ? solve_metric_init(&r->metric, c->c, ff, &o, err, errlen) :
		      solve_metric_init_keys(&r->metric, c->keys, c->n_rows, ff, &o, err, errlen);
}

static void rome_end(method *m)
{
	rome *r = m->state;

	if (r)
		solve_metric_release(&r->metric);
	free(r);
}

static size_t rome_bytes(const rome *r)
{
	size_t n = r->metric.n ? r->metric.n : r->metric.m;

	return n * n * sizeof *r->metric.factor;
}

/* The rank-one change as the joint solve of one key without a ridge. */
static int rome_update(method *m, const float *key, const float *delta, char *err, size_t errlen)
{
	const rome *r = m->state;
	size_t d = m->e->model->hp.n_embd;
	engine_delta one = { key, delta, 1 };
	solve_options o = solve_options_default();
	solve_parts parts;
	float *right = alloc_array(d, 1, sizeof *right);

	if (!right)
		return method_memory(err, errlen);
	o.ridge = o.ridge_full = 0;
	int rc = solve_facts(&parts, &r->metric, d, &one, 1, NULL, 0, &o, err, errlen);

	if (!rc) {
		for (size_t i = 0; i < d; i++)
			right[i] = (float)parts.right[i];
		rc = method_rank_one(m, (size_t)m->e->model->edit_layer, right, parts.left, err, errlen);
		solve_parts_release(&parts);
	}
	free(right);
	return rc;
}

static int rome_teach(method *m, const method_fact *f, char *err, size_t errlen)
{
	const hparams *hp = &m->e->model->hp;
	value_options o = {
		.index = (size_t)m->e->model->edit_layer,
		.steps = m->opt.max_steps > 0 ? m->opt.max_steps : ROME_STEPS,
		.rate = 0.5, .decay = 1e-3, .clamp = m->opt.clamp > 0 ? m->opt.clamp : 4, .enough = 5e-2,
	};
	float *key = alloc_array(hp->n_ff, 1, sizeof *key), *delta = alloc_array(hp->n_embd, 1, sizeof *delta);
	problem p = { 0 };
	int rc = key && delta ? problem_init(&p, m, f, err, errlen) : method_memory(err, errlen);

	if (!rc)
		rc = value_find(m, &p, &o, delta, err, errlen);
	if (!rc)
		rc = problem_key(m, &p, o.index, key, NULL, err, errlen);
	if (!rc)
		rc = rome_update(m, key, delta, err, errlen);
	method_bytes(m, m->cost.peak_bytes + rome_bytes(m->state));
	problem_release(&p);
	free(key);
	free(delta);
	return rc;
}

const method_kind method_rome = {
	.name = "rome",
	.source = "ROME, arXiv 2202.05262: true gradient, rank-one update",
	.edits_weights = true,
	.begin = rome_begin,
	.teach = rome_teach,
	.end = rome_end,
};
