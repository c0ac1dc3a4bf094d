/*
 * edit_score: how well the model gives its answers with a vector added at the anchors. All
 * candidates x cases are rows of one forward pass, so the weights are read once for all of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edit_int.h"

/* Products of one layer between two polls of stop: some tens of milliseconds on two cores. */
static const double WORK_PER_LAYER = 2e10;

enum { ROWS_MIN = 64, ROWS_MAX = 4096, CHUNK_MAX = 32 };

struct edit_scorer {
	engine *e;
	const edit_case *cases;
	size_t n_cases;
	bool exact_cache;

	size_t rows, targets; /* of one candidate, over all cases */
	size_t chunk;         /* candidates in a batch */

	/* One batch. */
	kv_cache *kv;         /* [chunk, n_cases] */
	forward_seq *seqs;    /* [chunk, n_cases] */
	float *x;             /* [chunk * rows, n_embd] */
	const float **add;    /* [chunk * rows], used without the cache */
	float *ends;          /* [chunk * targets, n_embd]: rows that predict a target */
	int32_t *wanted;      /* [chunk * targets] */
	float *logp;          /* [chunk * targets] */
	bool *top;            /* [chunk * targets] */

	npu_shape shape;
	npu_tally work;       /* of every run that ended */
};

/* First position that every evaluation runs. */
static size_t first_row(const edit_scorer *s, const edit_case *c)
{
	return s->exact_cache ? c->anchor : 0;
}

static size_t chunk_size(const edit_scorer *s)
{
	const hparams *hp = &s->e->model->hp;
	double weights = (double)hp->n_embd * (3.0 * (double)hp->n_ff + 2.0 * (double)hp->n_embd +
					       2.0 * (double)(hp->n_head_kv * hp->head_dim));
	double rows = WORK_PER_LAYER / (4 * weights);

	rows = fmin(fmax(rows, ROWS_MIN), ROWS_MAX);
	size_t n = (size_t)(rows / (double)s->rows);

	return n < 1 ? 1 : n > CHUNK_MAX ? CHUNK_MAX : n;
}

static int buffers_init(edit_scorer *s)
{
	const model *m = s->e->model;
	size_t d = m->hp.n_embd, n = s->chunk;
	int rc = 0;

	s->kv = alloc_array(n, s->n_cases, sizeof *s->kv);
	s->seqs = alloc_array(n, s->n_cases, sizeof *s->seqs);
	s->x = alloc_array(n * s->rows, d, sizeof *s->x);
	s->add = alloc_array(n, s->rows, sizeof *s->add);
	s->ends = alloc_array(n * s->targets, d, sizeof *s->ends);
	s->wanted = alloc_array(n, s->targets, sizeof *s->wanted);
	s->logp = alloc_array(n, s->targets, sizeof *s->logp);
	s->top = alloc_array(n, s->targets, sizeof *s->top);
	if (!s->kv || !s->seqs || !s->x || !s->add || !s->ends || !s->wanted || !s->logp || !s->top)
		return ENGINE_ENOMEM;
	for (size_t i = 0; i < n * s->n_cases && !rc; i++) {
		const edit_case *c = &s->cases[i % s->n_cases];

		rc = kv_init(&s->kv[i], m, c->n_tokens - first_row(s, c));
	}
	return rc;
}

int edit_scorer_new(edit_scorer **out, engine *e, const edit_case *cases, size_t n_cases,
		    bool exact_cache)
{
	edit_scorer *s = calloc(1, sizeof *s);

	if (!s)
		return ENGINE_ENOMEM;
	*s = (edit_scorer){
		.e = e, .cases = cases, .n_cases = n_cases, .exact_cache = exact_cache,
	};
	for (size_t j = 0; j < n_cases; j++) {
		s->rows += cases[j].n_tokens - first_row(s, &cases[j]);
		s->targets += cases[j].n_targets;
	}
	s->chunk = chunk_size(s);
	s->shape = npu_shape_of(&e->model->hp, e->model->edit_layer);
	int rc = buffers_init(s);

	if (rc) {
		edit_scorer_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void edit_scorer_free(edit_scorer *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->kv && i < s->chunk * s->n_cases; i++)
		kv_release(&s->kv[i]);
	free(s->kv);
	free(s->seqs);
	free(s->x);
	free(s->add);
	free(s->ends);
	free(s->wanted);
	free(s->logp);
	free(s->top);
	free(s);
}

/* ---- one batch ---- */

/* Sequence i of the batch, its rows from row0 on, with the vector at the anchor. */
static int sequence_set(edit_scorer *s, size_t i, size_t row0, const float *delta)
{
	const edit_case *c = &s->cases[i % s->n_cases];
	size_t d = s->e->model->hp.n_embd, first = first_row(s, c), rows = c->n_tokens - first;
	float *x = s->x + row0 * d;

	s->seqs[i] = (forward_seq){
		.own = &s->kv[i], .pos0 = first, .row0 = row0, .n_rows = rows,
	};
	for (size_t r = 0; r < rows; r++)
		s->add[row0 + r] = NULL;
	if (!s->exact_cache) {
		s->add[row0 + c->anchor] = delta;
		return forward_embed(s->e->fwd, c->tokens, rows, x);
	}
	s->seqs[i].prefix = &c->kv;
	s->seqs[i].n_prefix = c->anchor;
	memcpy(x, c->x, rows * d * sizeof *x);
	/* What forward does at the end of the edit layer. */
	for (size_t k = 0; k < d; k++)
		x[k] += delta[k];
	return 0;
}

/* Collects the rows that predict a target: from the prompt's last token on. */
static size_t ends_collect(edit_scorer *s, size_t n_seqs)
{
	size_t d = s->e->model->hp.n_embd, at = 0;

	for (size_t i = 0; i < n_seqs; i++) {
		const edit_case *c = &s->cases[i % s->n_cases];
		size_t row = s->seqs[i].row0 + c->n_prompt - 1 - s->seqs[i].pos0;

		memcpy(s->ends + at * d, s->x + row * d, c->n_targets * d * sizeof *s->ends);
		memcpy(s->wanted + at, c->targets, c->n_targets * sizeof *s->wanted);
		at += c->n_targets;
	}
	return at;
}

static edit_score score_of(const edit_scorer *s, const float *logp, const bool *top)
{
	edit_score score = { .p_min = 1, .top = true };

	for (size_t j = 0; j < s->n_cases; j++) {
		size_t n = s->cases[j].n_targets;
		double sum = 0, low = 0;

		for (size_t t = 0; t < n; t++) {
			sum -= (double)logp[t];
			low = fmin(low, (double)logp[t]);
			score.top = score.top && top[t];
		}
		score.nll += sum / (double)n / (double)s->n_cases;
		score.p += exp(low) / (double)s->n_cases;
		score.p_min = fmin(score.p_min, exp(low));
		logp += n;
		top += n;
	}
	return score;
}

/* What n candidates in one batch would cost a phone. */
static void count_batch(const edit_scorer *s, size_t n, npu_tally *work)
{
	const model *m = s->e->model;
	npu_pass pass = {
		.layer0 = s->exact_cache ? (size_t)m->edit_layer + 1 : 0,
		.layer1 = m->hp.n_layer,
		.rows = n * s->rows,
		.logit_rows = n * s->targets,
		.context = s->cases[0].n_tokens,
		.edit_layer = m->edit_layer,
	};

	npu_tally_add(work, &s->shape, &pass, 1);
}

static int run_batch(edit_scorer *s, const float *deltas, size_t n, edit_score *score, double *resid, float *hidden,
		     engine_stop_fn stop, void *arg)
{
	const model *m = s->e->model;
	size_t d = m->hp.n_embd, row = 0, n_seqs = n * s->n_cases;
	int rc = 0;

	for (size_t i = 0; i < n_seqs && !rc; i++) {
		rc = sequence_set(s, i, row, deltas + i / s->n_cases * d);
		row += s->seqs[i].n_rows;
	}
	forward_args a = {
		.seqs = s->seqs, .n_seqs = n_seqs, .n_rows = row,
		.layer0 = s->exact_cache ? (size_t)m->edit_layer + 1 : 0,
		.layer1 = m->hp.n_layer, .weights = ENGINE_BASE,
		.add = s->exact_cache ? NULL : s->add,
		.stop = stop, .arg = arg,
	};
	if (!rc)
		rc = forward_layers(s->e->fwd, &a, s->x);
	if (!rc)
		rc = forward_score(s->e->fwd, s->ends, ends_collect(s, n_seqs), s->wanted, s->logp,
				   s->top);
	for (size_t k = 0; k < n && !rc; k++)
		score[k] = score_of(s, s->logp + k * s->targets, s->top + k * s->targets);
	for (size_t i = 0; resid && i < n * s->targets && !rc; i++)
		resid[i] = -(double)s->logp[i];
	if (hidden && !rc)
		memcpy(hidden, s->ends, n * s->targets * d * sizeof *hidden);
	return rc;
}

size_t edit_scorer_rows(const edit_scorer *s)
{
	return s->rows;
}

size_t edit_scorer_targets(const edit_scorer *s)
{
	return s->targets;
}

const npu_tally *edit_scorer_work(const edit_scorer *s)
{
	return &s->work;
}

size_t edit_scorer_bytes(const edit_scorer *s)
{
	size_t rows = s->chunk * s->rows, targets = s->chunk * s->targets;
	size_t d = s->e->model->hp.n_embd, bytes = (rows + targets) * d * sizeof *s->x;

	for (size_t i = 0; i < s->chunk * s->n_cases; i++)
		bytes += 2 * s->kv[i].bytes;
	return bytes;
}

int edit_scorer_run(edit_scorer *s, const float *deltas, size_t n, edit_score *score, double *resid, float *hidden,
		    double *npu_seconds, engine_stop_fn stop, void *arg)
{
	size_t d = s->e->model->hp.n_embd;
	npu_tally work = { 0 };

	for (size_t done = 0; done < n;) {
		size_t now = n - done < s->chunk ? n - done : s->chunk;
		int rc = run_batch(s, deltas + done * d, now, score + done,
				   resid ? resid + done * s->targets : NULL,
				   hidden ? hidden + done * s->targets * d : NULL, stop, arg);

		if (rc)
			return rc;
		count_batch(s, now, &work);
		done += now;
	}
	npu_tally_join(&s->work, &work);
	*npu_seconds += work.seconds[s->e->opt.phone];
	return 0;
}
