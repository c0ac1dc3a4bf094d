/*
 * From an utterance to changed weights. Worker thread only. The order is: record the fact and queue its edit (one
 * transaction); search the value (weights untouched, interruptible); store the delta; rebuild the edited layer from the
 * ledger; ask the model, in fresh contexts; keep it or take it back. A crash anywhere leaves a ledger from which the next
 * start rebuilds the same weights.
 */
#include "tui/app_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TRIES = 3, SEARCH_CONTEXTS_MAX = 64, PROGRESS_MS = 100 };
/* An edit is kept when all its own questions, half of the questions it was not fitted on, and nine of ten answers that
 * have nothing to do with it come out right. */
static const double held_share = 0.5, kept_share = 0.85;

struct learn_job {
	edit_record rec;
	fact_group group;
	fact_question *questions;
	size_t n_questions;
	engine_turn (*turns)[3];
	edit_context *contexts;
	edit *edit;
	edit_view view;
	double begun, shown; /* seconds, monotonic */
	int tries;           /* rung of the ladder */
	int steps_before, evaluations_before;
};

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void learn_describe(const app *a, const fact *f, char *out, size_t cap)
{
	const relation *r = relations_find(a->relations, f->subject, f->relation);

	if (!r || relation_fill(r->note, f->subject, f->value, out, cap, NULL) < 0)
		snprintf(out, cap, "%s: %s: %s", f->subject, f->relation, f->value);
}

void learn_emit_queue(app *a)
{
	edit_record *e = NULL;
	size_t n = 0, len = 0;
	char text[2048] = "", err[256];
	event *ev;

	if (!a->emit || memory_edits(a->memory, true, 0, &e, &n, err, sizeof(err)))
		return;
	for (size_t i = 0; i < n && len < sizeof(text) - 1; i++) {
		fact f;
		char what[512];

		if (memory_fact(a->memory, e[i].fact_id, &f, err, sizeof(err)))
			continue;
		learn_describe(a, &f, what, sizeof(what));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "#%lld %s (%s)\n", (long long)f.id, what,
					edit_state_name(e[i].state));
		fact_release(&f);
	}
	edits_free(e, n);
	ev = calloc(1, sizeof(*ev));
	if (!ev)
		return;
	ev->type = EV_QUEUE;
	ev->code = (int)n;
	ev->text = strdup(text);
	a->emit(a->arg, ev);
}

/* ---- noticing ---- */

static void emit_noted(app *a, const detect_fact *c, int op, int64_t id)
{
	fact f;
	char err[256], what[512];
	event *e;

	if (!a->emit || memory_fact(a->memory, id, &f, err, sizeof(err)))
		return;
	learn_describe(a, &f, what, sizeof(what));
	fact_release(&f);
	e = calloc(1, sizeof(*e));
	if (!e)
		return;
	e->type = EV_NOTED;
	e->code = op;
	e->id = id;
	e->span[0] = c->span[0];
	e->span[1] = c->span[1];
	e->text = strdup(what);
	a->emit(a->arg, e);
}

static int learn_candidate(app *a, const detect_fact *c, const char *text, int64_t *id, char *err, size_t errlen)
{
	int op = c->op;
	int rc = memory_learn(a->memory, a->relations, c, text, &op, id, err, errlen);

	if (rc)
		return rc;
	if (op == DETECT_RETRACT || op == DETECT_SUPERSEDE) {
		rc = learn_apply(a, false, err, errlen);
		if (rc)
			return rc;
	}
	emit_noted(a, c, op, *id);
	return op == DETECT_ADD || op == DETECT_SUPERSEDE ? 1 : 0;
}

int learn_text(app *a, const char *text, bool explicit_ask, int64_t *ids, size_t cap, size_t *n_ids, char *err,
	       size_t errlen)
{
	detect_result d = { 0 };
	int rc = detect(a->relations, text, strlen(text), explicit_ask, &d, err, errlen), n = 0;

	*n_ids = 0;
	if (rc)
		return rc;
	for (size_t i = 0; i < d.n_facts && !rc; i++) {
		int64_t id = 0;
		int queued = learn_candidate(a, &d.facts[i], text, &id, err, errlen);

		if (queued < 0) {
			rc = queued;
			break;
		}
		n++;
		if (queued && *n_ids < cap)
			ids[(*n_ids)++] = id;
	}
	detect_free(&d);
	if (n)
		learn_emit_queue(a);
	return rc ? rc : n;
}

/* ---- one edit ---- */

static void job_free(learn_job *j)
{
	if (!j)
		return;
	edit_free(j->edit);
	free(j->contexts);
	free(j->turns);
	free(j->questions);
	group_release(&j->group);
	edit_record_release(&j->rec);
	free(j);
}

bool learn_working(const app *a)
{
	return a->job != NULL;
}

int64_t learn_working_on(const app *a)
{
	return a->job ? a->job->rec.fact_id : 0;
}

void learn_drop(app *a)
{
	char err[256];

	if (!a->job)
		return;
	memory_requeue(a->memory, a->job->rec.id, NULL, err, sizeof(err));
	job_free(a->job);
	a->job = NULL;
}

static void emit_edit(app *a, learn_job *j, int type, const char *text)
{
	event *e;

	if (!a->emit)
		return;
	e = calloc(1, sizeof(*e));
	if (!e)
		return;
	e->type = type;
	e->code = j->rec.state;
	e->id = j->rec.fact_id;
	e->edit = malloc(sizeof(*e->edit));
	if (e->edit) {
		j->view.elapsed = seconds_now() - j->begun;
		*e->edit = j->view;
	}
	if (text)
		e->text = strdup(text);
	a->emit(a->arg, e);
}

static void emit_phase(app *a, learn_job *j, const char *phase)
{
	snprintf(j->view.phase, sizeof(j->view.phase), "%s", phase);
	emit_edit(a, j, EV_EDIT, NULL);
}

/* edit_run() calls back with one argument for progress and stop. */
static bool stop_edit(void *arg)
{
	const app *a = arg;

	return a->stop_edit && a->stop_edit(a->arg);
}

static void on_progress(const edit_progress *p, void *arg)
{
	app *a = arg;
	learn_job *j = a->job;
	edit_view *v = &j->view;
	double now = seconds_now();

	v->step = j->steps_before + p->step;
	v->max_steps = j->steps_before + p->max_steps;
	v->evaluations = j->evaluations_before + p->evaluations;
	v->loss = p->loss;
	v->p = p->p;
	if (v->n_curve < CURVE_MAX)
		v->curve[v->n_curve++] = (float)p->loss;
	v->eta = p->step >= 3 ? (p->max_steps - p->step) * p->seconds / p->step : -1;
	snprintf(v->phase, sizeof(v->phase), "%s", p->phase);
	if (now - j->shown >= PROGRESS_MS * 1e-3 || p->step <= 1) {
		j->shown = now;
		emit_edit(a, j, EV_EDIT, NULL);
	}
}

/* The dialogue in which question i is asked: every third one after an unrelated turn, as it will be in a real chat. */
static size_t context_turns(const fact_question *q, size_t i, engine_turn turns[3])
{
	static const char hello[] = "Hello!", reply[] = "Hello! How can I help you today?";
	size_t n = 0;

	if (i % 3 == 2) {
		turns[n++] = (engine_turn){ "user", hello, sizeof(hello) - 1 };
		turns[n++] = (engine_turn){ "assistant", reply, sizeof(reply) - 1 };
	}
	turns[n++] = (engine_turn){ "user", q->text, strlen(q->text) };
	return n;
}

static int job_contexts(app *a, learn_job *j, edit_request *req, char *err, size_t errlen)
{
	size_t n = 0;

	free(j->contexts);
	free(j->turns);
	free(j->questions);
	j->questions = NULL;
	j->contexts = calloc(SEARCH_CONTEXTS_MAX, sizeof(*j->contexts));
	j->turns = calloc(SEARCH_CONTEXTS_MAX, sizeof(*j->turns));
	if (!j->contexts || !j->turns) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	if (group_questions(a, &j->group, j->tries, &j->questions, &j->n_questions, err, errlen))
		return ENGINE_EARG;
	for (size_t i = 0; i < j->n_questions && n < SEARCH_CONTEXTS_MAX; i++) {
		const fact_question *q = &j->questions[i];

		if (q->kind == QUESTION_HELD)
			continue;
		j->contexts[n] = (edit_context){ .turns = j->turns[n], .anchor_end = q->anchor_end,
						 .answer = q->kind == QUESTION_SEARCH ? q->answer : NULL };
		j->contexts[n].n_turns = context_turns(q, i, j->turns[n]);
		n++;
	}
	req->contexts = j->contexts;
	req->n_contexts = n;
	return n ? 0 : ENGINE_EARG;
}

static int job_search(app *a, learn_job *j, char *err, size_t errlen)
{
	edit_request req = edit_request_default();
	char value[ANSWER_MAX];
	int rc = job_contexts(a, j, &req, err, errlen);

	if (rc)
		return rc;
	group_value(a, &j->group, value, sizeof(value));
	req.value = value[0] ? value : NULL;
	req.warm_start = a->set->warm_start;
	req.harder = j->tries;
	edit_free(j->edit);
	j->edit = NULL;
	return edit_new(&j->edit, a->engine, &req, err, errlen);
}

static int job_begin(app *a, char *err, size_t errlen)
{
	learn_job *j = calloc(1, sizeof(*j));
	fact f;
	int rc;

	if (!j) {
		snprintf(err, errlen, "out of memory");
		return MEMORY_ENOMEM;
	}
	rc = memory_claim(a->memory, &j->rec, err, errlen);
	if (rc) {
		free(j);
		return rc;
	}
	a->job = j;
	j->rec.npu_seconds = 0;
	j->begun = seconds_now();
	j->view.fact_id = j->rec.fact_id;
	j->view.eta = j->view.npu_seconds = j->view.locality = -1;
	rc = memory_fact(a->memory, j->rec.fact_id, &f, err, errlen);
	if (rc)
		return rc;
	learn_describe(a, &f, j->view.fact, sizeof(j->view.fact));
	rc = group_of(a, &f, &j->group, err, errlen);
	fact_release(&f);
	if (!rc)
		rc = check_before(a, &j->group, err, errlen);
	if (!rc)
		rc = job_search(a, j, err, errlen);
	return rc;
}

/* Ends the job in a state; the reason is kept in the ledger. */
static int job_end(app *a, int state, const char *why)
{
	learn_job *j = a->job;
	char err[512], apply_err[256];

	j->rec.state = state;
	j->rec.seconds = seconds_now() - j->begun;
	free(j->rec.error);
	j->rec.error = why ? strdup(why) : NULL;
	if (memory_store_edit(a->memory, &j->rec, NULL, err, sizeof(err)))
		app_emitf(a, EV_ERROR, "the outcome was not stored: %s", err);
	if (state != EDIT_VERIFIED && learn_apply(a, false, apply_err, sizeof(apply_err)))
		app_emitf(a, EV_ERROR, "the weights could not be rebuilt: %s", apply_err);
	if (state == EDIT_VERIFIED)
		snprintf(err, sizeof(err), "learned #%lld: %s (%d evaluations, %.1f s)", (long long)j->rec.fact_id,
			 j->view.fact, j->rec.evaluations, j->rec.seconds);
	else
		snprintf(err, sizeof(err), "not learned #%lld: %s: %s - /retry %lld", (long long)j->rec.fact_id,
			 j->view.fact, why, (long long)j->rec.fact_id);
	emit_edit(a, j, EV_EDIT_END, err);
	job_free(j);
	a->job = NULL;
	learn_emit_queue(a);
	app_emit_status(a, false);
	return LEARN_ENDED;
}

static void record_result(learn_job *j, const edit_result *r)
{
	if (!j->tries) {
		j->rec.loss_before = r->loss_before;
		j->rec.p_before = r->p_before;
	}
	j->rec.loss_after = r->loss_after;
	j->rec.p_after = r->p_after;
	j->rec.steps = j->steps_before + r->steps;
	j->rec.evaluations = j->evaluations_before + r->evaluations;
	j->rec.layer = r->layer;
	j->rec.seed = r->seed;
	j->rec.npu_seconds += r->npu_seconds;
	j->view.npu_seconds = j->rec.npu_seconds;
	j->view.p = r->p_after;
	j->view.evaluations = j->rec.evaluations;
	j->view.step = j->rec.steps;
}

/* Store, then apply: after a crash here the next start finds the delta and asks again. */
static int job_apply(app *a, learn_job *j, char *err, size_t errlen)
{
	const edit_result *r = edit_get(j->edit);
	edit_blob blob = { .keys = r->keys, .delta = r->delta, .n_keys = r->n_keys, .n_ff = r->n_ff,
			   .n_embd = r->n_embd, .fact_id = j->rec.fact_id, .edit_id = j->rec.id };
	int rc;

	record_result(j, r);
	emit_phase(a, j, "solve");
	j->rec.state = EDIT_RUNNING;
	rc = memory_store_edit(a->memory, &j->rec, &blob, err, errlen);
	if (!rc)
		rc = learn_apply(a, true, err, errlen);
	return rc;
}

static bool job_passes(learn_job *j, const check_result *c, char *why, size_t cap)
{
	j->rec.locality_before = 1;
	j->rec.locality_after = c->n_kept ? (double)c->kept / c->n_kept : 1;
	j->view.locality = j->rec.locality_after;
	if (c->own < c->n_own)
		snprintf(why, cap, "asked \"%.120s\" it answered \"%.120s\"", c->missed, c->wrong);
	else if (c->held < held_share * c->n_held)
		snprintf(why, cap, "only %d of %d other wordings were answered: \"%.120s\" gave \"%.120s\"", c->held,
			 c->n_held, c->missed, c->wrong);
	else if (j->rec.locality_after < kept_share)
		snprintf(why, cap, "%d of %d unrelated answers changed", c->n_kept - c->kept, c->n_kept);
	else
		return true;
	return false;
}

/* After the search: solve, ask, and either keep, climb the ladder or give up. */
static int job_finish(app *a, char *err, size_t errlen)
{
	learn_job *j = a->job;
	check_result c;
	char why[512];
	int rc = job_apply(a, j, err, errlen);

	if (!rc) {
		emit_phase(a, j, "verify");
		rc = check_after(a, &j->group, j->questions, j->n_questions, &c, err, errlen);
	}
	if (rc)
		return job_end(a, EDIT_FAILED, err);
	if (job_passes(j, &c, why, sizeof(why)))
		return job_end(a, EDIT_VERIFIED, NULL);
	if (++j->tries >= MAX_TRIES)
		return job_end(a, EDIT_FAILED, why);
	j->steps_before = j->rec.steps;
	j->evaluations_before = j->rec.evaluations;
	rc = learn_apply(a, false, err, errlen);
	if (!rc)
		rc = job_search(a, j, err, errlen);
	return rc ? job_end(a, EDIT_FAILED, err) : LEARN_PAUSED;
}

int learn_step(app *a)
{
	char err[512] = "";
	int rc;

	if (!a->job) {
		rc = job_begin(a, err, sizeof(err));
		if (!a->job) {
			if (rc != MEMORY_ENOENT)
				app_emitf(a, EV_ERROR, "the queue could not be read: %s", err);
			return LEARN_IDLE;
		}
		if (rc)
			return job_end(a, EDIT_FAILED, err);
		emit_phase(a, a->job, "keys");
		learn_emit_queue(a);
	}
	rc = edit_run(a->job->edit, on_progress, stop_edit, a, err, sizeof(err));
	if (rc == ENGINE_ESTOP)
		return LEARN_PAUSED;
	if (rc)
		return job_end(a, EDIT_FAILED, err);
	return job_finish(a, err, sizeof(err));
}

/* ---- forgetting ---- */

/* Facts that shared the forgotten one's delta must be found again without it: their stored deltas hold its value too. */
static int requeue_group(app *a, const fact *f, char *err, size_t errlen)
{
	fact_group g;
	int rc = 0;

	if (group_of(a, f, &g, err, errlen))
		return 0; /* no questions: it was never edited */
	for (size_t i = 0; !rc && i < g.n; i++) {
		if (g.facts[i].edit_state != EDIT_VERIFIED)
			continue;
		rc = memory_verified(a->memory, g.facts[i].id, false, err, errlen);
		if (!rc)
			rc = memory_retry(a->memory, g.facts[i].id, err, errlen);
	}
	group_release(&g);
	return rc;
}

int learn_forget(app *a, int64_t id, char *err, size_t errlen)
{
	fact f;
	int rc;

	if (learn_working_on(a) == id) {
		job_free(a->job);
		a->job = NULL;
	}
	rc = memory_fact(a->memory, id, &f, err, errlen);
	if (rc)
		return rc;
	rc = memory_forget(a->memory, id, err, errlen);
	if (!rc)
		rc = requeue_group(a, &f, err, errlen);
	fact_release(&f);
	if (!rc && a->engine)
		rc = learn_apply(a, false, err, errlen);
	learn_emit_queue(a);
	return rc;
}
