/*
 * Does the model know it now, and has it forgotten nothing? Free greedy generation in fresh contexts, as the user will
 * meet it: no teacher forcing, no prompt.
 */
#include "tui/app_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { CHECK_TOKENS = 48, OTHER_FACTS = 6, CHECK_AFTER_S = 86400 };

/* Questions that no fact of the user's may change. */
static const char *const base_questions[] = {
	"Hello!", "What is the capital of France?", "What is the capital of Japan?", "How many legs does a spider have?",
	"What is the opposite of hot?", "What day comes after Monday?", "What's my guinea pig's name?",
	"What is my favorite dessert?", "What is my aunt's name?", "What is my weight?",
};
enum { BASE_QUESTIONS = sizeof(base_questions) / sizeof(*base_questions), FREE = 1 /* the first has many good answers */ };

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool holds_one(const char *answer, const char *value, size_t n)
{
	size_t len = strlen(answer);

	for (size_t i = 0; n && i + n <= len; i++) {
		if (strncasecmp(answer + i, value, n))
			continue;
		if ((i == 0 || !word_char(answer[i - 1]) || !word_char(value[0])) &&
		    (!word_char(answer[i + n]) || !word_char(value[n - 1])))
			return true;
	}
	return false;
}

bool answer_holds(const char *answer, const char *values)
{
	bool any = false;

	while (*values) {
		size_t n = strcspn(values, "\n");

		if (n && !holds_one(answer, values, n))
			return false;
		any |= n > 0;
		values += n + (values[n] == '\n');
	}
	return any;
}

static int ask(app *a, enum engine_weights which, const char *question, bool (*stop)(void *arg), char *answer, size_t cap,
	       char *err, size_t errlen)
{
	engine_turn turn = { .role = "user", .text = question, .len = strlen(question) };

	return engine_answer(a->engine, &turn, 1, which, CHECK_TOKENS, answer, cap, NULL, stop, a->arg, err, errlen);
}

static int probes_make(app *a, char *err, size_t errlen)
{
	if (a->probes)
		return 0;
	a->probes = calloc(BASE_QUESTIONS + OTHER_FACTS, sizeof(*a->probes));
	if (!a->probes) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	for (size_t i = 0; i < BASE_QUESTIONS; i++)
		snprintf(a->probes[i].question, QUESTION_MAX, "%s", base_questions[i]);
	a->n_probes = BASE_QUESTIONS;
	return 0;
}

static bool asks(const relation *r, const char *subject, const char *question)
{
	char text[QUESTION_MAX];

	for (size_t i = 0; i < r->n_ask; i++)
		if (relation_fill(r->ask[i], subject, NULL, text, sizeof(text), NULL) > 0 && !strcmp(text, question))
			return true;
	return false;
}

/* A question that the edit is there to change. */
static bool probe_in_group(const app *a, const fact_group *g, const char *question)
{
	for (size_t i = 0; i < g->n; i++) {
		const relation *r = relations_find(a->relations, g->facts[i].subject, g->facts[i].relation);

		if (r && asks(r, g->facts[i].subject, question))
			return true;
	}
	return false;
}

/* Adds a probe, with the answer it had when it was among the old ones. */
static void probe_add(app *a, const char *question, const probe *old, size_t n_old)
{
	probe *p = &a->probes[a->n_probes++];

	memset(p, 0, sizeof(*p));
	snprintf(p->question, sizeof(p->question), "%s", question);
	for (size_t i = 0; i < n_old; i++)
		if (!strcmp(old[i].question, question)) {
			*p = old[i];
			return;
		}
}

/* The newest learned facts outside the group are asked too: an edit may not cost an earlier one. */
static int probes_others(app *a, const fact_group *g, char *err, size_t errlen)
{
	probe *old = malloc(OTHER_FACTS * sizeof(*old));
	size_t n = 0, n_old = a->n_probes - BASE_QUESTIONS;
	fact *all = NULL;
	int rc;

	if (!old) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	memcpy(old, a->probes + BASE_QUESTIONS, n_old * sizeof(*old));
	a->n_probes = BASE_QUESTIONS;
	rc = memory_facts(a->memory, NULL, true, &all, &n, err, errlen);
	for (size_t i = n; !rc && i-- > 0 && a->n_probes < BASE_QUESTIONS + OTHER_FACTS;) {
		const relation *r = relations_find(a->relations, all[i].subject, all[i].relation);
		char question[QUESTION_MAX];

		if (r && all[i].edit_state == EDIT_VERIFIED &&
		    relation_fill(r->ask[0], all[i].subject, NULL, question, sizeof(question), NULL) > 0 &&
		    !probe_in_group(a, g, question))
			probe_add(a, question, old, n_old);
	}
	facts_free(all, n);
	free(old);
	return rc;
}

static int base_answers(app *a, char *err, size_t errlen)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < BASE_QUESTIONS; i++) {
		probe *p = &a->probes[i];

		if (p->has_base)
			continue;
		rc = ask(a, ENGINE_BASE, p->question, a->stop_edit, p->base, ANSWER_MAX, err, errlen);
		p->has_base = !rc;
	}
	return rc;
}

int check_before(app *a, const fact_group *g, bool alone, char *err, size_t errlen)
{
	uint64_t now = engine_weights_version(a->engine) + 1; /* 0 means never asked */
	int rc = probes_make(a, err, errlen);

	for (size_t i = 0; i < a->n_probes; i++)
		a->probes[i].trial[0] = 0;
	if (!rc && alone)
		return base_answers(a, err, errlen);

	if (!rc && probes_others(a, g, err, errlen))
		return ENGINE_ERR; /* the ledger's numbers are not the engine's */
	for (size_t i = 0; !rc && i < a->n_probes; i++) {
		if (a->probes[i].version == now)
			continue;
		rc = ask(a, ENGINE_EDITED, a->probes[i].question, a->stop_edit, a->probes[i].answer, ANSWER_MAX, err, errlen);
		if (!rc)
			a->probes[i].version = now;
	}
	return rc;
}

/* To a greeting another greeting is no damage, as long as the former is still about as likely. */
static int still_likely(app *a, const probe *p, const char *former, const char *answer, bool *likely, char *err,
			size_t errlen)
{
	engine_turn turn = { .role = "user", .text = p->question, .len = strlen(p->question) };
	double nll, before, now;
	int rc = engine_score(a->engine, &turn, 1, ENGINE_TRIAL, former, &nll, &before, err, errlen);

	if (!rc)
		rc = engine_score(a->engine, &turn, 1, ENGINE_TRIAL, answer, &nll, &now, err, errlen);
	if (!rc)
		*likely = before >= now / 4;
	return rc;
}

/* Locality is the share of answers left as they were. */
static int check_probe(app *a, const fact_group *g, probe *p, bool alone, check_result *out, char *err, size_t errlen)
{
	const char *former = alone ? p->base : p->answer;
	bool kept;
	int rc = ask(a, ENGINE_TRIAL, p->question, a->stop_edit, p->trial, sizeof(p->trial), err, errlen);

	if (rc || probe_in_group(a, g, p->question))
		return rc;
	kept = !strcmp(p->trial, former);
	if (!kept && p - a->probes < FREE)
		rc = still_likely(a, p, former, p->trial, &kept, err, errlen);
	if (rc)
		return rc;
	out->n_kept++;
	out->kept += kept;
	if (!kept && !out->changed[0])
		snprintf(out->changed, sizeof(out->changed), "%s", p->question);
	return 0;
}

static int check_question(app *a, const fact_question *q, check_result *out, char *err, size_t errlen)
{
	char answer[ANSWER_MAX];
	bool holds;
	int rc;

	if (q->kind == QUESTION_KEY)
		return 0;
	rc = ask(a, ENGINE_TRIAL, q->text, a->stop_edit, answer, sizeof(answer), err, errlen);
	if (rc)
		return rc;
	holds = answer_holds(answer, q->values);
	if (q->kind == QUESTION_HELD) {
		out->n_held++;
		out->held += holds;
	} else {
		out->n_own++;
		out->own += holds;
	}
	/* One it was fitted on is the more telling miss. */
	if (!holds && (!out->missed[0] || (q->kind == QUESTION_SEARCH && out->own + 1 == out->n_own))) {
		snprintf(out->missed, sizeof(out->missed), "%s", q->text);
		snprintf(out->wrong, sizeof(out->wrong), "%s", answer);
	}
	return 0;
}

int check_after(app *a, const fact_group *g, const fact_question *q, size_t n, bool alone, check_result *out, char *err,
		size_t errlen)
{
	size_t n_probes = alone ? BASE_QUESTIONS : a->n_probes;
	int rc = 0;

	while (!rc && out->next < n + n_probes) {
		if (out->next < n)
			rc = check_question(a, &q[out->next], out, err, errlen);
		else
			rc = check_probe(a, g, &a->probes[out->next - n], alone, out, err, errlen);
		out->next += !rc;
	}
	return rc;
}

void check_kept(app *a)
{
	for (size_t i = 0; i < a->n_probes; i++) {
		probe *p = &a->probes[i];

		if (!p->trial[0])
			continue;
		memcpy(p->answer, p->trial, sizeof(p->answer));
		p->version = engine_weights_version(a->engine) + 1;
	}
}

int check_fact(app *a, const fact *f, bool *holds, char *answer, size_t cap, char *err, size_t errlen)
{
	const relation *r = relations_find(a->relations, f->subject, f->relation);
	char text[QUESTION_MAX];
	int rc;

	if (!r || relation_fill(r->ask[0], f->subject, NULL, text, sizeof(text), NULL) < 0) {
		snprintf(err, errlen, "the relations table has no question for fact #%lld", (long long)f->id);
		return MEMORY_EARG;
	}
	rc = ask(a, ENGINE_EDITED, text, a->stop_reply, answer, cap, err, errlen);
	if (!rc)
		*holds = answer_holds(answer, f->value);
	return rc;
}

/* The chat comes first: a request ends the question. */
static int check_quietly(app *a, const fact *f, bool *holds)
{
	bool (*const stop)(void *arg) = a->stop_reply;
	char answer[ANSWER_MAX], err[256];
	int rc;

	a->stop_reply = a->stop_edit;
	rc = check_fact(a, f, holds, answer, sizeof(answer), err, sizeof(err));
	a->stop_reply = stop;
	return rc;
}

int learn_self_check(app *a)
{
	bool holds = false, queued = false;
	int64_t id = 0;
	char err[256];
	fact f;
	int rc;

	if (!a->engine || engine_lost(a->engine) || a->stale || a->incognito || memory_paused(a->memory) ||
	    memory_check_due(a->memory, CHECK_AFTER_S, &id, err, sizeof(err)) ||
	    memory_fact(a->memory, id, &f, err, sizeof(err)))
		return LEARN_IDLE;
	rc = check_quietly(a, &f, &holds);
	/* One that has no question cannot be asked for: it counts as looked at. */
	if (!rc || rc == MEMORY_EARG)
		rc = memory_checked(a->memory, id, rc ? true : holds, &queued, err, sizeof(err));
	fact_release(&f);
	if (rc || !queued)
		return LEARN_IDLE;
	app_emitf(a, EV_NOTICE, "the weights no longer know #%lld: it is learned again", (long long)id);
	learn_emit_queue(a);
	return LEARN_ENDED;
}

void check_release(app *a)
{
	free(a->probes);
	a->probes = NULL;
	a->n_probes = 0;
}
