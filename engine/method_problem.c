/* method_problem: see method_problem.h. */
#include "method_problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int method_failed(int rc, char *err, size_t errlen)
{
	return fail(err, errlen, rc, "%s",
		    rc == ENGINE_ESTOP	? "the edit was interrupted" :
		    rc == ENGINE_ENOMEM ? "not enough memory for this method" :
		    rc == ENGINE_EIO	? gguf_lost_text :
					  "the model gives no usable numbers for this method");
}

/* ---- sequences ---- */

static int cases_init(problem *p, const method *m, const method_fact *f, char *err, size_t errlen)
{
	p->cases = alloc_array(f->n_contexts, 1, sizeof *p->cases);
	if (!p->cases)
		return method_memory(err, errlen);
	for (int answered = 1; answered >= 0; answered--) {
		for (size_t i = 0; i < f->n_contexts; i++) {
			if ((f->contexts[i].answer != NULL) != answered)
				continue;
			int rc = edit_case_init(&p->cases[p->n_cases++], m->e, &f->contexts[i], err, errlen);

			if (rc)
				return rc;
		}
		if (answered)
			p->n_answered = p->n_cases;
	}
	return 0;
}

/* "{subject} is a" (ROME, section 3.1): what the model would reply to it is to stay. */
static int essence_init(problem *p, const method *m, const method_fact *f, char *err, size_t errlen)
{
	const char *anchor = f->anchor ? f->anchor : f->subject;
	size_t cap = strlen(anchor) + sizeof " is a";
	char *text = malloc(cap);

	if (!text)
		return method_memory(err, errlen);
	snprintf(text, cap, "%s is a", anchor);
	engine_turn turn = { "user", text, strlen(text) };
	int rc = engine_chat_tokens(m->e, &turn, 1, true, strlen(anchor), &p->essence, &p->n_essence, &p->essence_anchor, err,
				    errlen);

	free(text);
	if (!rc && p->essence_anchor >= p->n_essence)
		rc = fail(err, errlen, ENGINE_EARG, "a fact's subject has no token");
	return rc;
}

int problem_init(problem *p, const method *m, const method_fact *f, char *err, size_t errlen)
{
	*p = (problem){ 0 };
	int rc = cases_init(p, m, f, err, errlen);

	if (!rc)
		rc = essence_init(p, m, f, err, errlen);
	if (rc)
		return rc;
	p->keep = alloc_array(m->e->model->hp.n_vocab, 1, sizeof *p->keep);
	p->seqs = alloc_array(p->n_answered + 1, 1, sizeof *p->seqs);
	if (!p->keep || !p->seqs)
		return method_memory(err, errlen);
	for (size_t i = 0; i < p->n_answered; i++) {
		const edit_case *c = &p->cases[i];

		p->seqs[i] = (backward_seq){
			.tokens = c->tokens, .n_tokens = c->n_tokens, .anchor = c->anchor, .first = c->n_prompt - 1,
			.targets = c->targets, .n_targets = c->n_targets, .weight = 1 / (double)p->n_answered,
		};
	}
	p->seqs[p->n_answered] = (backward_seq){
		.tokens = p->essence, .n_tokens = p->n_essence, .anchor = p->essence_anchor, .first = p->n_essence - 1,
		.keep = p->keep, .weight = PROBLEM_KL,
	};
	return 0;
}

void problem_release(problem *p)
{
	for (size_t i = 0; p->cases && i < p->n_cases; i++)
		edit_case_release(&p->cases[i]);
	free(p->cases);
	free(p->essence);
	free(p->keep);
	free(p->seqs);
	*p = (problem){ 0 };
}

/* ---- keys ---- */

int problem_key(method *m, const problem *p, size_t index, float *key, float *hidden, char *err, size_t errlen)
{
	const hparams *hp = &m->e->model->hp;
	backward_seq *seqs = alloc_array(p->n_cases, 1, sizeof *seqs);
	backward *b = NULL;
	int rc = seqs ? 0 : ENGINE_ENOMEM;

	for (size_t i = 0; i < p->n_cases && !rc; i++)
		seqs[i] = (backward_seq){ .tokens = p->cases[i].tokens, .n_tokens = p->cases[i].anchor + 1,
					  .anchor = p->cases[i].anchor };
	if (!rc)
		rc = backward_new(&b, m->e, seqs, p->n_cases, index, ENGINE_EDITED, m->stop, m->arg);
	free(seqs);
	if (rc)
		return method_failed(rc, err, errlen);
	memset(key, 0, hp->n_ff * sizeof *key);
	for (size_t i = 0; i < p->n_cases; i++) {
		const float *k = backward_keys(b) + (backward_row(b, i) + p->cases[i].anchor) * hp->n_ff;

		for (size_t j = 0; j < hp->n_ff; j++)
			key[j] += k[j] / (float)p->n_cases;
	}
	if (hidden)
		backward_leaving(b, p->cases[0].anchor, hidden);
	m->cost.forward_tokens += backward_tokens(b);
	method_bytes(m, backward_bytes(b));
	backward_free(b);
	return 0;
}

/* ---- the vector ---- */

typedef struct adam {
	double *m1, *m2; /* [n] */
	size_t n;
	int step;
} adam;

static int adam_init(adam *a, size_t n)
{
	*a = (adam){ .n = n, .m1 = alloc_array(n, 1, sizeof(double)), .m2 = alloc_array(n, 1, sizeof(double)) };
	return a->m1 && a->m2 ? 0 : ENGINE_ENOMEM;
}

static void adam_release(adam *a)
{
	free(a->m1);
	free(a->m2);
}

/* Kingma and Ba 2015, algorithm 1, with its defaults. */
static void adam_step(adam *a, float *x, const float *g, double rate)
{
	double c1 = 1 - pow(0.9, ++a->step), c2 = 1 - pow(0.999, a->step);

	for (size_t i = 0; i < a->n; i++) {
		a->m1[i] = 0.9 * a->m1[i] + 0.1 * (double)g[i];
		a->m2[i] = 0.999 * a->m2[i] + 0.001 * (double)g[i] * (double)g[i];
		x[i] -= (float)(rate * (a->m1[i] / c1) / (sqrt(a->m2[i] / c2) + 1e-8));
	}
}

static void note_score(method_cost *c, const backward_score *s, bool first)
{
	if (first) {
		c->loss_before = s->nll;
		c->p_before = s->p;
	}
	c->loss_after = s->nll;
	c->p_after = s->p;
	c->converged = s->top;
}

/* The descent; b is on the problem's sequences. v0: length. */
static int descend(method *m, backward *b, const value_options *o, double v0, float *delta, adam *a, float *grad)
{
	size_t d = m->e->model->hp.n_embd;
	backward_score s;

	for (int step = 0;; step++) {
		bool last = step + 1 >= o->steps;

		if (m->stop && m->stop(m->arg))
			return ENGINE_ESTOP;
		int rc = last ? backward_loss(b, delta, NULL, &s) : backward_gradient(b, delta, NULL, &s, grad, NULL);
		double size = edit_length(delta, d);

		if (rc)
			return rc;
		note_score(&m->cost, &s, step == 0);
		m->cost.evaluations++;
		if (s.loss + o->decay * size / (v0 * v0) < o->enough || last)
			return 0;
		for (size_t i = 0; i < d && size > 0; i++)
			grad[i] += (float)(o->decay / (v0 * v0) * (double)delta[i] / size);
		adam_step(a, delta, grad, o->rate);
		m->cost.backward_passes++;
		m->cost.steps++;
		size = edit_length(delta, d);
		for (size_t i = 0; i < d && size > o->clamp * v0; i++)
			delta[i] = (float)((double)delta[i] * o->clamp * v0 / size);
	}
}

/* What follows the essence prompt now is what shall follow it then. */
static int essence_note(method *m, problem *p, backward *b)
{
	backward_score s;
	int rc = backward_loss(b, NULL, NULL, &s);

	if (rc)
		return rc;
	backward_log_probabilities(b, p->n_answered, p->keep);
	m->cost.evaluations++;
	return 0;
}

int value_find(method *m, problem *p, const value_options *o, float *delta, char *err, size_t errlen)
{
	size_t d = m->e->model->hp.n_embd;
	float *grad = alloc_array(d, 1, sizeof *grad), *v0 = alloc_array(d, 1, sizeof *v0);
	backward *b = NULL;
	adam a = { 0 };
	int rc = !grad || !v0 || adam_init(&a, d) ? ENGINE_ENOMEM : 0;

	memset(delta, 0, d * sizeof *delta);
	if (!rc)
		rc = backward_new(&b, m->e, p->seqs, p->n_answered + 1, o->index, ENGINE_EDITED, m->stop, m->arg);
	if (!rc)
		rc = essence_note(m, p, b);
	if (!rc) {
		backward_leaving(b, p->cases[0].anchor, v0);
		const float *mid = backward_residual(b) + p->cases[0].anchor * d;
		const double residual = edit_length(v0, d);

		for (size_t i = 0; i < d && !o->hidden; i++)
			v0[i] -= mid[i];
		rc = descend(m, b, o, edit_unit(edit_length(v0, d), residual), delta, &a, grad);
	}
	if (b) {
		m->cost.forward_tokens += backward_tokens(b);
		method_bytes(m, backward_bytes(b) + 6 * d * sizeof(float));
	}
	backward_free(b);
	adam_release(&a);
	free(grad);
	free(v0);
	return rc ? method_failed(rc, err, errlen) : 0;
}

/* ---- the update ---- */

int method_rank_one(method *m, size_t index, const float *right, const double *left, char *err, size_t errlen)
{
	const hparams *hp = &m->e->model->hp;
	float *w = overlay_write(m->e, index);

	if (!w)
		return method_memory(err, errlen);
	for (size_t i = 0; i < hp->n_embd; i++)
		for (size_t j = 0; j < hp->n_ff; j++)
			w[i * hp->n_ff + j] = (float)((double)w[i * hp->n_ff + j] + (double)right[i] * left[j]);
	overlay_changed(m->e);
	return 0;
}
