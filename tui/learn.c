/*
 * From a queued fact to changed weights. Worker thread only. The order is: search the value (weights untouched); store the
 * delta; solve for weights on trial, beside those that the chat reads; ask them, in fresh contexts; keep them or not.
 * The trial is first of this fact alone, and the ladder of harder tries climbs there: so what is found for a fact does not
 * depend on what else was learned, and when. Then one trial with everything learned. Every phase can be interrupted and
 * goes on where it was. A crash anywhere leaves a ledger from which the next start rebuilds the same weights.
 */
#include "tui/learn_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TRIES = 3, SEARCH_CONTEXTS_MAX = 64, PROGRESS_MS = 100 };
enum { JOB_SEARCH, JOB_PRACTISE, JOB_TRY, JOB_VERIFY };
/* An edit is kept when all its own questions, this share of the questions it was not fitted on, and that share of the
 * answers that have nothing to do with it come out right. */
static const double held_share = 0.33, kept_share = 0.85;
/* A search that ends above this loss, in nats a token, is not near anything: other seeds end there too. */
static const double hopeless_loss = 0.8;
static const double near_loss = 0.2; /* below it a vector may do although some token is not likely enough */
static const double firm_margin = 0.9; /* least probability of an answer's token in the second try */

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
	int phase;           /* JOB_* */
	int tries;           /* rung of the ladder */
	bool gentle;         /* the shortest vector is looked for */
	bool no_practice;    /* it could not be done */
	int steps_before, evaluations_before; /* on lower rungs */
	double npu_before;
	check_result found;  /* of the verification so far */
	bool alone;          /* the trial is of this fact alone */
	size_t others;       /* deltas of other anchors */
	uint64_t tried;      /* app.applied when the trial was made */
};

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
	/* Refused when it was cancelled or its fact forgotten: then there is nothing to give back. */
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
		j->view.elapsed = app_now() - j->begun;
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
	double now = app_now();

	v->step = j->steps_before + p->step;
	v->max_steps = j->steps_before + p->max_steps;
	v->evaluations = j->evaluations_before + p->evaluations;
	v->loss = p->loss;
	v->p = p->p;
	v->npu_seconds = j->npu_before + edit_get(j->edit)->npu_seconds; /* so far */
	if (p->evaluations && v->n_curve < CURVE_MAX)
		v->curve[v->n_curve++] = (float)p->loss;
	v->eta = p->step >= 3 ? (p->max_steps - p->step) * p->seconds / p->step : -1;
	snprintf(v->phase, sizeof(v->phase), "%s", p->phase);
	if (now - j->shown >= PROGRESS_MS * 1e-3 || p->step <= 1) {
		j->shown = now;
		emit_edit(a, j, EV_EDIT, NULL);
	}
}

/* The dialogue in which question i is asked: every third one after an unrelated turn, as it will be in a real chat. */
size_t context_turns(const fact_question *q, size_t i, engine_turn turns[3])
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

edit_context context_of(const fact_question *q, size_t i, engine_turn turns[3])
{
	edit_context c = { .turns = turns, .anchor_end = q->anchor_end,
			   .answer = q->kind == QUESTION_SEARCH ? q->answer : NULL, .value_at = q->value_at };

	c.n_turns = context_turns(q, i, turns);
	return c;
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
		j->contexts[n] = context_of(q, i, j->turns[n]);
		n++;
	}
	req->contexts = j->contexts;
	req->n_contexts = n;
	if (!n)
		snprintf(err, errlen, "the relations table has no questions for this fact");
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
	req.only_guess = practice_wanted(a) && !j->no_practice;
	req.search = (enum edit_search)a->set->search;
	req.harder = j->tries;
	/* Again by reading, a vector much like the first would be found: one that stands firmer, and then one from elsewhere. */
	req.margin = engine_practice(a->engine, NULL, NULL) && j->tries == 1 ? firm_margin : 0;
	req.by_reading = j->tries < 2;
	req.pause_below = j->tries ? 0 : near_loss;
	req.gentle = j->gentle;
	req.exact_cache = !a->set->bench_no_cache;
	edit_free(j->edit);
	j->edit = NULL;
	j->phase = JOB_SEARCH;
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
	j->begun = app_now();
	j->view.fact_id = j->rec.fact_id;
	j->view.eta = j->view.npu_seconds = j->view.locality = -1;
	rc = memory_fact(a->memory, j->rec.fact_id, &f, err, errlen);
	if (rc)
		return rc;
	learn_describe(a, &f, j->view.fact, sizeof(j->view.fact));
	rc = group_of(a, &f, &j->group, err, errlen);
	fact_release(&f);
	if (!rc)
		rc = job_search(a, j, err, errlen);
	return rc;
}

static void outcome_text(const learn_job *j, const char *why, char *out, size_t cap)
{
	long long id = j->rec.fact_id;

	if (!why)
		snprintf(out, cap, "learned #%lld: %s (%d evaluations, %.1f s)", id, j->view.fact, j->rec.evaluations,
			 j->rec.seconds);
	else
		snprintf(out, cap, "not learned #%lld: %s: %s - /retry %lld", id, j->view.fact, why, id);
}

/* Ends the job: verified, or failed when there is a reason, which the ledger keeps. */
static int job_end(app *a, const char *why)
{
	learn_job *j = a->job;
	char text[1024], err[256], store_err[256 + 32];

	j->rec.state = why ? EDIT_FAILED : EDIT_VERIFIED;
	j->rec.seconds = app_now() - j->begun;
	free(j->rec.error);
	j->rec.error = why ? strdup(why) : NULL;
	if (memory_store_edit(a->memory, &j->rec, NULL, err, sizeof(err))) {
		/* Not verified in the ledger, not in the weights: this or the next start queues it again. */
		snprintf(store_err, sizeof(store_err), "it could not be stored: %s", err);
		why = why ? why : store_err;
		j->rec.state = EDIT_FAILED;
		memory_requeue(a->memory, j->rec.id, NULL, err, sizeof(err));
	} else if (j->view.n_curve > 1) { /* only for the eye: that it could not be kept is no reason to fail */
		memory_store_curve(a->memory, j->rec.id, j->view.curve, (size_t)j->view.n_curve, err, sizeof(err));
	}
	/* A trial alone counts the whole group as told; the ledger may hold but this fact's delta yet. */
	if (!why && j->tried == a->applied && (!j->alone || j->group.n == 1) && !engine_keep(a->engine))
		check_kept(a);
	else if (!why)
		learn_rebuild(a);
	outcome_text(j, why, text, sizeof(text));
	learn_emit_queue(a); /* first: or the pane would show it as ended and as running */
	emit_edit(a, j, EV_EDIT_END, text);
	job_free(j);
	a->job = NULL;
	app_emit_status(a, false);
	return LEARN_ENDED;
}

/* Ends the job after a run-time error: it is tried again after a while, and given up when that has happened too often. */
static int job_put_off(app *a, const char *why)
{
	learn_job *j = a->job;
	char text[1024], err[256];
	int state = EDIT_QUEUED;

	if (memory_postpone(a->memory, j->rec.id, why, &state, err, sizeof(err)))
		return job_end(a, why);
	j->rec.state = state;
	if (state == EDIT_FAILED)
		outcome_text(j, why, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "put off #%lld: %s: %s", (long long)j->rec.fact_id, j->view.fact, why);
	learn_emit_queue(a);
	emit_edit(a, j, state == EDIT_FAILED ? EV_EDIT_END : EV_EDIT, text);
	if (state != EDIT_FAILED)
		app_emit(a, EV_NOTICE, 0, 0, text);
	job_free(j);
	a->job = NULL;
	app_emit_status(a, false);
	return LEARN_ENDED;
}

/* What the ledger keeps for doing it again; the answers follow from the fact and the relations table. */
static char *how_text(const app *a, const learn_job *j)
{
	static const char *const kinds[] = { "fitted", "solved", "held out" }; /* QUESTION_* */
	static const char *const searches[] = { "fit", "gradient", "published" };         /* enum edit_search */
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "search %s, warm start %d, practice %d, rung %d, gentle %d, precision %s\n", searches[a->set->search],
		a->set->warm_start, engine_practice(a->engine, NULL, NULL), j->tries, j->gentle, a->set->precision ? "fp32" : "w8a16");
	for (size_t i = 0; i < j->n_questions; i++)
		fprintf(f, "%s%s: %s\n", kinds[j->questions[i].kind], i % 3 == 2 ? " after a greeting" : "",
			j->questions[i].text);
	fclose(f);
	return text;
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
	j->rec.npu_seconds = j->npu_before + r->npu_seconds;
	j->view.npu_seconds = j->rec.npu_seconds;
	j->view.p = r->p_after;
	j->view.evaluations = j->rec.evaluations;
	j->view.step = j->rec.steps;
}

/* Stores what was found, as an edit that is not done: the next start would queue it again. */
static int job_store(app *a, learn_job *j, char *err, size_t errlen)
{
	const edit_result *r = edit_get(j->edit);
	edit_blob blob = { .keys = r->keys, .delta = r->delta, .n_keys = r->n_keys, .n_ff = r->n_ff,
			   .n_embd = r->n_embd, .fact_id = j->rec.fact_id, .edit_id = j->rec.id };

	record_result(j, r);
	free(j->rec.how);
	j->rec.how = how_text(a, j);
	j->rec.state = EDIT_RUNNING;
	if (memory_store_edit(a->memory, &j->rec, &blob, err, errlen))
		return ENGINE_ERR; /* not the ledger's own number: ENGINE_ESTOP is one of those */
	j->alone = true;
	j->phase = JOB_TRY;
	return 0;
}

/* Searches once more, with j->tries and j->gentle as they now are. */
static int job_again(app *a, learn_job *j, char *err, size_t errlen)
{
	j->steps_before = j->rec.steps;
	j->evaluations_before = j->rec.evaluations;
	j->npu_before = j->rec.npu_seconds;
	return job_search(a, j, err, errlen);
}

static void on_practice(const edit_progress *p, void *arg)
{
	app *a = arg;
	learn_job *j = a->job;
	double now = app_now();

	(void)p;
	if (now - j->shown >= PROGRESS_MS * 1e-3) {
		j->shown = now;
		emit_phase(a, j, "practice");
	}
}

/* Where practice fails for want of memory the search goes without it. */
static int job_practise(app *a, learn_job *j, char *err, size_t errlen)
{
	int rc = practice_run(a, on_practice, stop_edit, a, err, errlen);

	if (rc == ENGINE_ESTOP)
		return rc;
	j->no_practice = rc != 0;
	*err = 0;
	return job_again(a, j, err, errlen);
}

/* The search has ended; or the first guess does not do, and there was no practice yet. */
static int job_found(app *a, learn_job *j, char *err, size_t errlen)
{
	const edit_result *r = edit_get(j->edit);

	if (r->converged || !practice_wanted(a) || j->no_practice)
		return job_store(a, j, err, errlen);
	record_result(j, r);
	j->phase = JOB_PRACTISE;
	emit_phase(a, j, "practice");
	return 0;
}

/* Everything asked for is known. */
static bool job_known(const check_result *c)
{
	return c->own == c->n_own && c->held >= held_share * c->n_held;
}

static bool job_passes(learn_job *j, const check_result *c, char *why, size_t cap)
{
	j->rec.locality_before = 1; /* the answers before it are what those after it are compared with */
	j->rec.locality_after = c->n_kept ? (double)c->kept / c->n_kept : 1;
	j->view.locality = j->rec.locality_after;
	if (c->own < c->n_own)
		snprintf(why, cap, "asked \"%.120s\" it answered \"%.120s\"", c->missed, c->wrong);
	else if (c->held < (edit_get(j->edit)->paused ? 1 : held_share) * c->n_held)
		snprintf(why, cap, "only %d of %d other wordings were answered: \"%.120s\" gave \"%.120s\"", c->held,
			 c->n_held, c->missed, c->wrong);
	else if (j->rec.locality_after < kept_share)
		snprintf(why, cap, "%d of %d unrelated answers changed: \"%.120s\"", c->n_kept - c->kept, c->n_kept, c->changed);
	else
		return true;
	return false;
}

/* The answers that may not change are asked for first. */
static int job_try(app *a, learn_job *j, char *err, size_t errlen)
{
	int rc = check_before(a, &j->group, j->alone, err, errlen);

	if (rc)
		return rc;
	emit_phase(a, j, "solve");
	rc = learn_try(a, &j->group, j->rec.id, j->alone, &j->others, err, errlen);
	if (rc == ENGINE_ESTOP)
		*err = 0; /* it goes on */
	if (rc)
		return rc == ENGINE_ESTOP ? rc : ENGINE_ERR;
	j->tried = a->applied;
	memset(&j->found, 0, sizeof(j->found));
	j->phase = JOB_VERIFY;
	emit_phase(a, j, "verify");
	return 0;
}

/* The next rung of the ladder: more questions, more force. */
static int job_climb(app *a, learn_job *j, char *err, size_t errlen)
{
	j->tries++;
	return job_again(a, j, err, errlen);
}

/* It is known, but other answers changed: the shortest vector that does it disturbs less. */
static int job_gentler(app *a, learn_job *j, char *err, size_t errlen)
{
	j->gentle = true;
	return job_again(a, j, err, errlen);
}

/* Asks the weights on trial. *end: the job is over, why[0] unless it passed. */
static int job_verify(app *a, learn_job *j, bool *end, char *why, size_t cap)
{
	bool passed;
	int rc;

	if (j->tried != a->applied) {
		j->phase = JOB_TRY; /* something was forgotten meanwhile: there is no trial any more */
		return 0;
	}
	rc = check_after(a, &j->group, j->questions, j->n_questions, j->alone, &j->found, why, cap);
	if (rc)
		return rc;
	passed = job_passes(j, &j->found, why, cap);
	if (passed)
		why[0] = 0;
	if (passed && j->alone && j->others && !a->set->bench_together) {
		j->alone = false;
		j->phase = JOB_TRY;
	} else if (!passed && edit_go_on(j->edit)) {
		j->phase = JOB_SEARCH;
	} else if (passed || !j->alone) {
		*end = true;
	} else if (job_known(&j->found) && !j->gentle && !edit_get(j->edit)->shrunk) {
		rc = job_gentler(a, j, why, cap);
	} else if (j->tries + 1 >= MAX_TRIES || job_known(&j->found) || j->rec.loss_after > hopeless_loss) {
		*end = true; /* more force would do more damage, not less */
	} else {
		rc = job_climb(a, j, why, cap);
	}
	return rc;
}

/* Does the job still make sense? Facts may have been forgotten or replaced since it was begun. */
static bool job_current(app *a, const learn_job *j)
{
	char err[128];

	for (size_t i = 0; i < j->group.n; i++) {
		fact f;
		bool active;

		if (memory_fact(a->memory, j->group.facts[i].id, &f, err, sizeof(err)))
			return false;
		active = f.status == FACT_ACTIVE && (f.id != j->rec.fact_id || f.edit_state == EDIT_RUNNING);
		fact_release(&f);
		if (!active)
			return false;
	}
	return true;
}

/* Without its model an edit is nobody's fault: it waits, as if it had not been begun. */
static int job_lost(app *a)
{
	char text[512];

	if (!a->lost_told && app_lost(a, text, sizeof(text)))
		app_emit(a, EV_ERROR, ENGINE_EIO, 0, text);
	a->lost_told = true;
	if (a->job) {
		learn_drop(a);
		learn_emit_queue(a);
		app_emit_status(a, false);
	}
	return LEARN_IDLE;
}

/* Claims the next edit when none is begun. False: nothing to do, or it ended at once (*result says which). */
static bool job_ready(app *a, int *result)
{
	char err[512] = "";
	int rc;

	if (a->job && !job_current(a, a->job)) {
		learn_drop(a);
		learn_emit_queue(a);
		app_emit_status(a, false);
	}
	if (a->job)
		return true;
	rc = job_begin(a, err, sizeof(err));
	if (!a->job) {
		if (rc != MEMORY_ENOENT && !a->queue_error)
			app_emitf(a, EV_ERROR, "the queue could not be read: %s", err);
		a->queue_error = rc != MEMORY_ENOENT;
		*result = LEARN_IDLE;
		return false;
	}
	if (rc) {
		*result = engine_lost(a->engine) ? job_lost(a) : job_end(a, err);
		return false;
	}
	emit_phase(a, a->job, "keys");
	learn_emit_queue(a);
	return true;
}

int learn_step(app *a)
{
	char why[512] = "";
	bool end = false;
	int rc = 0, result = LEARN_IDLE;

	if (engine_lost(a->engine))
		return job_lost(a);
	if (a->stale && learn_apply(a, why, sizeof(why)))
		return LEARN_IDLE; /* said when it failed first */
	if (!job_ready(a, &result))
		return result;
	while (!rc && !end) {
		learn_job *j = a->job;

		switch (j->phase) {
		case JOB_PRACTISE:
			rc = job_practise(a, j, why, sizeof(why));
			break;
		case JOB_SEARCH:
			rc = edit_run(j->edit, on_progress, stop_edit, a, why, sizeof(why));
			if (!rc)
				rc = job_found(a, j, why, sizeof(why));
			break;
		case JOB_TRY:
			rc = job_try(a, j, why, sizeof(why));
			break;
		default:
			rc = job_verify(a, j, &end, why, sizeof(why));
		}
	}
	if (rc == ENGINE_ESTOP)
		return LEARN_PAUSED;
	if (rc && engine_lost(a->engine))
		return job_lost(a);
	if (rc && !why[0])
		snprintf(why, sizeof(why), "error %d", rc);
	if (rc == ENGINE_ENOMEM || rc == ENGINE_EIO || rc == ENGINE_ERR)
		return job_put_off(a, why);
	return job_end(a, why[0] ? why : NULL);
}
