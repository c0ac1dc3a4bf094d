/*
 * method_spread: MEMIT (Meng et al. 2023, arXiv 2210.07229) and AlphaEdit (Fang et al. 2025, arXiv 2410.02355). For
 * every fact true gradients find the hidden state z that the last of several layers should put out at the anchor (MEMIT
 * eq. 16). Then, layer by layer from below, what is still missing of all facts is shared among the layers left (the
 * residual over L - l + 1) and put in:
 *
 *	memit      W += R K' (lambda C + K K')^-1                        (its eq. 14)
 *	alphaedit  W += R K' P (Kp Kp' P + K K' P + lambda)^-1
 *
 * where P projects on the eigenvectors of C whose eigenvalue is below a threshold, and Kp are the keys of all facts put
 * in before. Both are the joint solve of solve.h with an absolute ridge, alphaedit's on projected keys with C = 1 and
 * past keys held still (the same by Woodbury's identity). A fact has one key a layer, the mean over its contexts.
 *
 * Kept as published for Qwen2.5-7B (EasyEdit's settings), whose architecture the built-in model has: 25 Adam steps,
 * rate 0.5, weight decay 1e-3, clamp at 4 times the hidden state, stop at a loss of 0.05, essence KL 0.0625;
 * alphaedit's eigenvalue threshold 2e-2 and lambda 1, both absolute.
 * Scaled: the critical layers, 4 to 8 of 28 there, are the edit layer and those below it down to half its depth (of 8
 * layers: 1 and 2). memit's lambda, 15000 for 18944 inputs, is 15000 * n_ff / 18944: k' C^-1 k of an ordinary key is
 * its number of inputs, and a layer takes the share 1 / (1 + lambda / k' C^-1 k) of its residual.
 * Not as published: contexts are the fact's questions in the chat template, not random prefixes; C of layers other than
 * the edit layer comes from the calibration text, which is short (1,869 tokens of the built-in model's).
 * alphaedit begins with eigenvectors, n_ff^3 work: seconds at 1,024 inputs, hours at 11,008.
 */
#include <stdlib.h>
#include <string.h>

#include "method_moment.h"
#include "method_problem.h"
#include "solve.h"

enum { SPREAD_STEPS = 25 };
static const double MEMIT_LAMBDA = 15000.0 / 18944, ALPHA_LAMBDA = 1, ALPHA_THRESHOLD = 2e-2;

typedef struct spread_layer {
	solve_metric metric;  /* memit: of C; alphaedit: plain */
	double *basis;        /* alphaedit: [n_ff, n_basis] */
	size_t n_basis;
	float *past;          /* alphaedit: [n_past, n_ff], projected */
	size_t n_past;
} spread_layer;

typedef struct spread_fact {
	problem p;
	float *z;             /* [n_embd] */
} spread_fact;

typedef struct spread {
	bool alpha;
	size_t first, last;   /* layers */
	spread_layer *layers; /* [last - first + 1] */
	spread_fact *facts;   /* taught and not yet in the weights */
	size_t n, room;
	bool applied;         /* some are in the weights */
	size_t bytes;         /* of what begin() made */
} spread;

/* ---- life ---- */

static int layer_begin(method *m, spread *s, size_t index, char *err, size_t errlen)
{
	spread_layer *l = &s->layers[index - s->first];
	size_t ff = m->e->model->hp.n_ff;
	solve_options o = solve_options_default();
	float *c = alloc_array(ff, ff, sizeof *c);
	int rc = c ? method_moment(m, index, c, err, errlen) : method_memory(err, errlen);

	if (!rc && s->alpha) {
		rc = solve_free_space(c, ff, ALPHA_THRESHOLD, &l->basis, &l->n_basis, err, errlen);
		if (!rc)
			rc = solve_metric_init_plain(&l->metric, ff);
		s->bytes += ff * l->n_basis * sizeof *l->basis;
	} else if (!rc) {
		rc = solve_metric_init(&l->metric, c, ff, &o, err, errlen);
		s->bytes += ff * ff * sizeof *l->metric.factor;
	}
	free(c);
	return rc;
}

static int spread_begin(method *m, bool alpha, char *err, size_t errlen)
{
	spread *s = m->state = calloc(1, sizeof *s);

	if (!s)
		return method_memory(err, errlen);
	s->alpha = alpha;
	s->last = (size_t)m->e->model->edit_layer;
	s->first = (s->last + 1) / 2;
	s->layers = calloc(s->last - s->first + 1, sizeof *s->layers);
	if (!s->layers)
		return method_memory(err, errlen);
	for (size_t l = s->first; l <= s->last; l++) {
		int rc = layer_begin(m, s, l, err, errlen);

		if (rc)
			return rc;
	}
	return 0;
}

static int memit_begin(method *m, char *err, size_t errlen)
{
	return spread_begin(m, false, err, errlen);
}

static int alpha_begin(method *m, char *err, size_t errlen)
{
	return spread_begin(m, true, err, errlen);
}

static void pending_release(spread *s)
{
	for (size_t i = 0; i < s->n; i++) {
		problem_release(&s->facts[i].p);
		free(s->facts[i].z);
	}
	s->n = 0;
}

static void spread_reset(method *m)
{
	spread *s = m->state;

	if (!s)
		return;
	pending_release(s);
	for (size_t l = s->first; s->layers && l <= s->last; l++) {
		free(s->layers[l - s->first].past);
		s->layers[l - s->first].past = NULL;
		s->layers[l - s->first].n_past = 0;
	}
	s->applied = false;
}

static void spread_end(method *m)
{
	spread *s = m->state;

	for (size_t l = 0; s && s->layers && l <= s->last - s->first; l++) {
		solve_metric_release(&s->layers[l].metric);
		free(s->layers[l].basis);
	}
	if (s) {
		free(s->layers);
		free(s->facts);
	}
	free(s);
}

/* ---- teaching: z ---- */

static int pending_add(spread *s, const spread_fact *f)
{
	if (s->n == s->room) {
		size_t room = 2 * s->room + 16;
		spread_fact *p = realloc(s->facts, room * sizeof *p);

		if (!p)
			return ENGINE_ENOMEM;
		s->facts = p;
		s->room = room;
	}
	s->facts[s->n++] = *f;
	return 0;
}

static int spread_teach(method *m, const method_fact *f, char *err, size_t errlen)
{
	spread *s = m->state;
	const hparams *hp = &m->e->model->hp;
	value_options o = {
		.index = s->last, .hidden = true,
		.steps = m->opt.max_steps > 0 ? m->opt.max_steps : SPREAD_STEPS,
		.rate = 0.5, .decay = 1e-3, .clamp = m->opt.clamp > 0 ? m->opt.clamp : 4, .enough = 5e-2,
	};
	spread_fact new = { .z = alloc_array(hp->n_embd, 1, sizeof *new.z) };
	float *delta = alloc_array(hp->n_embd, 1, sizeof *delta), *key = alloc_array(hp->n_ff, 1, sizeof *key);
	int rc = new.z && delta && key ? problem_init(&new.p, m, f, err, errlen) : method_memory(err, errlen);

	if (!rc)
		rc = value_find(m, &new.p, &o, delta, err, errlen);
	if (!rc)
		rc = problem_key(m, &new.p, s->last, key, new.z, err, errlen);
	for (size_t i = 0; i < hp->n_embd && !rc; i++)
		new.z[i] += delta[i];
	method_bytes(m, m->cost.peak_bytes + s->bytes);
	if (!rc && pending_add(s, &new))
		rc = method_memory(err, errlen);
	if (rc) {
		problem_release(&new.p);
		free(new.z);
	}
	free(delta);
	free(key);
	return rc;
}

/* ---- finishing: all that is pending, layer by layer ---- */

/* Keys at layer `index` and what is still missing at the last layer, with the weights as they are now. keys [n, n_ff],
 * rest [n, n_embd]. */
static int layer_residuals(method *m, size_t index, float *keys, float *rest, char *err, size_t errlen)
{
	spread *s = m->state;
	const hparams *hp = &m->e->model->hp;
	float *scratch = alloc_array(hp->n_ff, 1, sizeof *scratch);
	int rc = scratch ? 0 : method_memory(err, errlen);

	for (size_t i = 0; i < s->n && !rc; i++) {
		float *r = rest + i * hp->n_embd;

		rc = problem_key(m, &s->facts[i].p, s->last, index == s->last ? keys + i * hp->n_ff : scratch, r, err, errlen);
		if (!rc && index != s->last)
			rc = problem_key(m, &s->facts[i].p, index, keys + i * hp->n_ff, NULL, err, errlen);
		for (size_t k = 0; k < hp->n_embd && !rc; k++)
			r[k] = (s->facts[i].z[k] - r[k]) / (float)(s->last - index + 1);
	}
	free(scratch);
	return rc;
}

/* W += the change of the solve, some rows at a time. */
static int layer_add(method *m, size_t index, const solve_parts *parts, char *err, size_t errlen)
{
	enum { ROWS = 64 };
	const hparams *hp = &m->e->model->hp;
	float *w = overlay_write(m->e, index);
	double *change = alloc_array(ROWS, hp->n_ff, sizeof *change);

	for (size_t row = 0; w && change && row < hp->n_embd; row += ROWS) {
		size_t rows = hp->n_embd - row < ROWS ? hp->n_embd - row : ROWS;

		solve_rows(parts, row, rows, change);
		for (size_t i = 0; i < rows * hp->n_ff; i++)
			w[row * hp->n_ff + i] = (float)((double)w[row * hp->n_ff + i] + change[i]);
	}
	overlay_changed(m->e);
	bool whole = w && change;

	free(change);
	return whole ? 0 : method_memory(err, errlen);
}

static int keys_project(const spread_layer *l, size_t ff, float *keys, size_t n)
{
	double *along = alloc_array(l->n_basis, 1, sizeof *along);

	for (size_t i = 0; along && i < n; i++)
		solve_project(l->basis, ff, l->n_basis, keys + i * ff, along, keys + i * ff);
	free(along);
	return along ? 0 : ENGINE_ENOMEM;
}

static int layer_update(method *m, size_t index, float *keys, float *rest, char *err, size_t errlen)
{
	spread *s = m->state;
	spread_layer *l = &s->layers[index - s->first];
	const hparams *hp = &m->e->model->hp;
	solve_options o = solve_options_default();
	solve_parts parts;
	engine_delta *d = alloc_array(s->n, 1, sizeof *d);
	int rc = d ? layer_residuals(m, index, keys, rest, err, errlen) : method_memory(err, errlen);

	if (!rc && s->alpha && keys_project(l, hp->n_ff, keys, s->n))
		rc = method_memory(err, errlen);
	for (size_t i = 0; i < s->n && !rc; i++)
		d[i] = (engine_delta){ keys + i * hp->n_ff, rest + i * hp->n_embd, 1 };
	o.lambda = (s->alpha ? ALPHA_LAMBDA : MEMIT_LAMBDA * (double)hp->n_ff) * (m->opt.lambda > 0 ? m->opt.lambda : 1);
	if (!rc)
		rc = solve_facts(&parts, &l->metric, hp->n_embd, d, s->n, l->past, l->n_past, &o, err, errlen);
	if (!rc) {
		rc = layer_add(m, index, &parts, err, errlen);
		solve_parts_release(&parts);
	}
	free(d);
	return rc;
}

/* Alphaedit: the keys of what is now in the weights, to be held still from here on. */
static int past_add(method *m, size_t index, float *keys, char *err, size_t errlen)
{
	spread *s = m->state;
	spread_layer *l = &s->layers[index - s->first];
	size_t ff = m->e->model->hp.n_ff;
	float *past = alloc_array(l->n_past + s->n, ff, sizeof *past);
	int rc = past ? 0 : method_memory(err, errlen);

	for (size_t i = 0; i < s->n && !rc; i++)
		rc = problem_key(m, &s->facts[i].p, index, keys + i * ff, NULL, err, errlen);
	if (!rc && keys_project(l, ff, keys, s->n))
		rc = method_memory(err, errlen);
	if (rc) {
		free(past);
		return rc;
	}
	if (l->n_past)
		memcpy(past, l->past, l->n_past * ff * sizeof *past);
	memcpy(past + l->n_past * ff, keys, s->n * ff * sizeof *past);
	free(l->past);
	l->past = past;
	l->n_past += s->n;
	return 0;
}

/* The layers as they were, should finishing be interrupted. */
static int layers_save(method *m, float *saved)
{
	const spread *s = m->state;
	size_t size = m->e->model->hp.n_embd * m->e->model->hp.n_ff;

	for (size_t l = s->first; l <= s->last; l++) {
		const float *w = overlay_write(m->e, l);

		if (!w)
			return ENGINE_ENOMEM;
		memcpy(saved + (l - s->first) * size, w, size * sizeof *saved);
	}
	return 0;
}

static void layers_restore(method *m, const float *saved)
{
	const spread *s = m->state;
	size_t size = m->e->model->hp.n_embd * m->e->model->hp.n_ff;

	for (size_t l = s->first; s->applied && l <= s->last; l++)
		memcpy(overlay_write(m->e, l), saved + (l - s->first) * size, size * sizeof *saved);
	if (s->applied)
		overlay_changed(m->e);
	else
		overlay_drop(m->e);
}

static int spread_finish(method *m, char *err, size_t errlen)
{
	spread *s = m->state;
	const hparams *hp = &m->e->model->hp;

	if (!s->n)
		return 0;
	float *keys = alloc_array(s->n, hp->n_ff, sizeof *keys), *rest = alloc_array(s->n, hp->n_embd, sizeof *rest);
	float *saved = alloc_array((s->last - s->first + 1) * hp->n_embd, hp->n_ff, sizeof *saved);
	bool whole = keys && rest && saved && !layers_save(m, saved);
	int rc = whole ? 0 : method_memory(err, errlen);

	for (size_t l = s->first; l <= s->last && !rc; l++)
		rc = layer_update(m, l, keys, rest, err, errlen);
	size_t kept = 0;

	for (size_t l = s->first; l <= s->last && s->alpha && !rc; l++) {
		rc = past_add(m, l, keys, err, errlen);
		kept += !rc;
	}
	if (rc) {
		for (size_t i = 0; i < kept; i++)
			s->layers[i].n_past -= s->n;
		if (whole || !s->applied)
			layers_restore(m, saved);
	} else {
		s->applied = true;
		pending_release(s);
	}
	method_bytes(m, m->cost.peak_bytes + s->bytes + (s->last - s->first + 1) * hp->n_embd * hp->n_ff * sizeof *saved);
	free(keys);
	free(rest);
	free(saved);
	return rc;
}

const method_kind method_memit = {
	.name = "memit",
	.source = "MEMIT, arXiv 2210.07229: true gradient, residual spread over layers",
	.edits_weights = true,
	.begin = memit_begin,
	.teach = spread_teach,
	.finish = spread_finish,
	.reset = spread_reset,
	.end = spread_end,
};

const method_kind method_alphaedit = {
	.name = "alphaedit",
	.source = "AlphaEdit, arXiv 2410.02355: MEMIT in the space that ordinary keys leave free",
	.edits_weights = true,
	.begin = alpha_begin,
	.teach = spread_teach,
	.finish = spread_finish,
	.reset = spread_reset,
	.end = spread_end,
};
