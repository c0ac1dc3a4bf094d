/*
 * edit: one edit, from a request to a vector: what it holds, and running it phase after phase (edit_phase.c). An edit's outcome
 * does not depend on how often it was interrupted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edit_int.h"

static const double MARGIN = 0.7; /* least probability of an answer's token */

edit_request edit_request_default(void)
{
	return (edit_request){ .warm_start = true, .by_reading = true, .exact_cache = true };
}

/* ---- seed ---- */

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u; /* FNV-1a */
	return (h ^ n) * 0x100000001b3u;
}

static uint64_t request_seed(const engine *e, const edit_request *req)
{
	uint64_t h = hash_bytes(0xcbf29ce484222325u, e->info.hash, strlen(e->info.hash));

	for (size_t i = 0; i < req->n_contexts; i++) {
		const edit_context *c = &req->contexts[i];

		for (size_t t = 0; t < c->n_turns; t++) {
			h = hash_bytes(h, c->turns[t].role, strlen(c->turns[t].role));
			h = hash_bytes(h, c->turns[t].text, c->turns[t].len);
		}
		if (c->answer)
			h = hash_bytes(h, c->answer, strlen(c->answer));
	}
	return req->harder ? hash_bytes(h, &req->harder, sizeof req->harder) : h;
}

/* ---- life ---- */

static int request_check(const edit_request *req, char *err, size_t errlen)
{
	size_t answered = 0;

	if (!req->n_contexts || req->n_contexts > 4096)
		return fail(err, errlen, ENGINE_EARG, "an edit needs at least one context");
	if (req->directions < 0 || req->directions > EDIT_BATCH_MAX / 2 || req->margin < 0 ||
	    req->margin >= 1 || req->harder < 0 || req->harder > 10 || req->fixed_steps < 0 ||
	    req->step_evaluations < 0)
		return fail(err, errlen, ENGINE_EARG, "an edit's numbers are out of range");
	for (size_t i = 0; i < req->n_contexts; i++)
		answered += req->contexts[i].answer != NULL;
	return answered ? 0 : fail(err, errlen, ENGINE_EARG, "an edit needs a context with an answer");
}

static int buffers_init(edit *ed)
{
	const hparams *hp = &ed->e->model->hp;

	ed->points_max = EDIT_BATCH_MAX > ed->guess.n + 1 ? EDIT_BATCH_MAX : ed->guess.n + 1;
	ed->points = alloc_array(ed->points_max, ed->d, sizeof *ed->points);
	ed->scores = alloc_array(ed->points_max, 1, sizeof *ed->scores);
	ed->losses = alloc_array(ed->points_max, 1, sizeof *ed->losses);
	ed->best = alloc_array(ed->d, 1, sizeof *ed->best);
	ed->whole = alloc_array(ed->d, 1, sizeof *ed->whole);
	ed->result.keys = alloc_array(ed->n_cases, hp->n_ff, sizeof *ed->result.keys);
	return ed->points && ed->scores && ed->losses && ed->best && ed->whole &&
			       ed->result.keys
		       ? 0
		       : ENGINE_ENOMEM;
}

static int cases_init(edit *ed, const edit_request *req, char *err, size_t errlen)
{
	ed->cases = alloc_array(req->n_contexts, 1, sizeof *ed->cases);
	if (!ed->cases)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for an edit");
	for (int with_answer = 1; with_answer >= 0; with_answer--) {
		for (size_t i = 0; i < req->n_contexts; i++) {
			if ((req->contexts[i].answer != NULL) != with_answer)
				continue;
			int rc = edit_case_init(&ed->cases[ed->n_cases++], ed->e, &req->contexts[i],
						err, errlen);

			if (rc)
				return rc;
		}
		if (with_answer)
			ed->n_answered = ed->n_cases;
	}
	return 0;
}

static int edit_init(edit *ed, const edit_request *req, char *err, size_t errlen)
{
	const hparams *hp = &ed->e->model->hp;
	int rc = cases_init(ed, req, err, errlen);

	ed->d = hp->n_embd;
	if (!rc && req->warm_start && req->value && ed->e->code.a && !req->fixed_steps)
		rc = edit_guess_init(&ed->guess, ed->e, req->value, err, errlen);
	if (rc)
		return rc;
	ed->seed = request_seed(ed->e, req);
	ed->req = *req;
	if (req->by_reading && ed->e->reading && ed->e->reading->n_facts && req->search == EDIT_SEARCH_FIT && !req->fixed_steps)
		ed->reading = ed->e->reading;
	ed->req.contexts = NULL;
	ed->req.value = NULL;
	if (ed->req.margin <= 0)
		ed->req.margin = MARGIN;
	if (buffers_init(ed))
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for an edit");
	ed->best_loss = INFINITY;
	ed->result.delta = ed->best;
	ed->result.n_keys = ed->n_cases;
	ed->result.n_embd = ed->d;
	ed->result.n_ff = hp->n_ff;
	ed->result.layer = ed->e->model->edit_layer;
	ed->result.seed = ed->seed;
	return 0;
}

int edit_new(edit **out, engine *e, const edit_request *req, char *err, size_t errlen)
{
	int rc = engine_for_chat(e, err, errlen);

	if (!rc)
		rc = request_check(req, err, errlen);
	if (rc)
		return rc;
	edit *ed = calloc(1, sizeof *ed);

	if (!ed)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for an edit");
	ed->e = e;
	rc = edit_init(ed, req, err, errlen);
	if (rc) {
		edit_free(ed);
		return rc;
	}
	*out = ed;
	return 0;
}

void edit_free(edit *ed)
{
	if (!ed)
		return;
	edit_scorer_free(ed->scorer);
	edit_searcher_free(ed->search);
	edit_searcher_free(ed->code);
	reader_free(ed->reader);
	free(ed->hidden);
	free(ed->hidden_base);
	free(ed->resid);
	free(ed->best_resid);
	for (size_t i = 0; ed->cases && i < ed->n_cases; i++)
		edit_case_release(&ed->cases[i]);
	free(ed->cases);
	edit_guess_release(&ed->guess);
	free(ed->whole);
	free(ed->best);
	free(ed->points);
	free(ed->scores);
	free(ed->losses);
	free(ed->result.keys);
	free(ed);
}

/* ---- running ---- */

static double seconds_now(const edit *ed)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ed->seconds + (double)(now.tv_sec - ed->since.tv_sec) +
	       1e-9 * (double)(now.tv_nsec - ed->since.tv_nsec);
}

static void result_fill(edit *ed)
{
	edit_result *r = &ed->result;

	r->loss_after = ed->best_score.nll;
	r->p_after = ed->best_score.p;
	r->delta_norm = ed->v > 0 ? edit_length(ed->best, ed->d) / ed->v : 0;
	r->converged = ed->passed;
	r->seconds = seconds_now(ed);
}

static void tell_progress(const edit *ed, const edit_caller *by)
{
	static const char *const names[] = { "keys", "search", "search", "search",
					     "search", "search", "shrink", "shrink", "shrink" };
	edit_progress p = {
		.step = ed->result.steps,
		.max_steps = ed->max_steps,
		.evaluations = ed->result.evaluations,
		.phase = names[ed->phase],
		.seconds = seconds_now(ed),
		.loss = isfinite(ed->best_loss) ? ed->best_score.nll : 0,
		.p = ed->best_score.p,
		.tried = ed->tried,
	};

	if (by->progress)
		by->progress(&p, by->arg);
}

static int run_failed(int rc, char *err, size_t errlen)
{
	switch (rc) {
	case ENGINE_ESTOP:
		return fail(err, errlen, rc, "the edit was interrupted");
	case ENGINE_ENOMEM:
		return fail(err, errlen, rc, "not enough memory for an edit");
	case ENGINE_EIO:
		return fail(err, errlen, rc, "%s", gguf_lost_text);
	default:
		return fail(err, errlen, rc, "the model gives no usable numbers at the edit layer");
	}
}

int edit_run(edit *ed, edit_progress_fn progress, engine_stop_fn stop, void *arg, char *err,
	     size_t errlen)
{
	edit_caller by = { progress, stop, arg };
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &ed->since);
	while (ed->phase != PHASE_DONE && !ed->result.paused && !rc) {
		rc = edit_step(ed, &by);
		if (!rc)
			tell_progress(ed, &by);
	}
	result_fill(ed);
	ed->seconds = ed->result.seconds;
	return rc ? run_failed(rc, err, errlen) : 0;
}

const edit_result *edit_get(const edit *ed)
{
	return &ed->result;
}

/* ---- what it costs ---- */

npu_tally edit_work(const edit *ed)
{
	npu_tally t = ed->filled;

	if (ed->scorer)
		npu_tally_join(&t, edit_scorer_work(ed->scorer));
	return t;
}

size_t edit_bytes(const edit *ed)
{
	size_t bytes = ed->points_max * (ed->d + 2 * ed->m) * sizeof *ed->points;

	for (size_t i = 0; i < ed->n_cases; i++)
		bytes += edit_case_bytes(&ed->cases[i], ed->e->model);
	if (ed->scorer)
		bytes += edit_scorer_bytes(ed->scorer);
	if (ed->search)
		bytes += edit_searcher_bytes(ed->search);
	if (ed->reader)
		bytes += reader_bytes(ed->reader) + EDIT_HIDDEN_BATCH * ed->m * ed->d * sizeof *ed->hidden;
	return bytes + ed->n_cases * ed->result.n_ff * sizeof *ed->result.keys;
}
