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

enum { CHECK_TOKENS = 48, OTHER_FACTS = 6 };

/* Questions that no fact of the user's may change. */
static const char *const base_questions[] = {
	"Hello!", "Who are you?", "What is the capital of France?", "How many legs does a spider have?",
	"What's my guinea pig's name?", "What is my favorite dessert?",
};
enum { BASE_QUESTIONS = sizeof(base_questions) / sizeof(*base_questions) };

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

static int ask(app *a, const char *question, char *answer, size_t cap, char *err, size_t errlen)
{
	engine_turn turn = { .role = "user", .text = question, .len = strlen(question) };

	return engine_answer(a->engine, &turn, 1, false, CHECK_TOKENS, answer, cap, NULL, NULL, NULL, err, errlen);
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

static bool probe_in_group(const app *a, const fact_group *g, const char *question)
{
	for (size_t i = 0; i < g->n; i++) {
		const relation *r = relations_find(a->relations, g->facts[i].subject, g->facts[i].relation);
		char text[QUESTION_MAX];

		if (r && relation_fill(r->ask[0], g->facts[i].subject, NULL, text, sizeof(text), NULL) > 0 &&
		    !strcmp(text, question))
			return true;
	}
	return false;
}

/* The newest learned facts outside the group are asked too: an edit may not cost an earlier one. */
static int probes_others(app *a, const fact_group *g, char *err, size_t errlen)
{
	fact *all = NULL;
	size_t n = 0;
	int rc = memory_facts(a->memory, NULL, true, &all, &n, err, errlen);

	a->n_probes = BASE_QUESTIONS;
	for (size_t i = n; !rc && i-- > 0 && a->n_probes < BASE_QUESTIONS + OTHER_FACTS;) {
		const relation *r = relations_find(a->relations, all[i].subject, all[i].relation);
		probe p = { .version = 0 };

		if (!r || all[i].edit_state != EDIT_VERIFIED ||
		    relation_fill(r->ask[0], all[i].subject, NULL, p.question, sizeof(p.question), NULL) < 0 ||
		    probe_in_group(a, g, p.question))
			continue;
		a->probes[a->n_probes++] = p;
	}
	facts_free(all, n);
	return rc;
}

int check_before(app *a, const fact_group *g, char *err, size_t errlen)
{
	uint64_t now = engine_weights_version(a->engine) + 1; /* 0 means never asked */
	int rc = probes_make(a, err, errlen);

	if (!rc)
		rc = probes_others(a, g, err, errlen);
	for (size_t i = 0; !rc && i < a->n_probes; i++) {
		if (a->probes[i].version == now)
			continue;
		rc = ask(a, a->probes[i].question, a->probes[i].answer, ANSWER_MAX, err, errlen);
		a->probes[i].version = now;
	}
	return rc;
}

/* Locality is the share of answers left as they were; a probe's new answer is kept for the next check. */
static int check_probes(app *a, const fact_group *g, check_result *out, char *err, size_t errlen)
{
	uint64_t now = engine_weights_version(a->engine) + 1;
	char answer[ANSWER_MAX];

	for (size_t i = 0; i < a->n_probes; i++) {
		int rc;

		if (probe_in_group(a, g, a->probes[i].question))
			continue;
		rc = ask(a, a->probes[i].question, answer, sizeof(answer), err, errlen);
		if (rc)
			return rc;
		out->n_kept++;
		out->kept += !strcmp(answer, a->probes[i].answer);
		snprintf(a->probes[i].answer, ANSWER_MAX, "%s", answer);
		a->probes[i].version = now;
	}
	return 0;
}

int check_after(app *a, const fact_group *g, const fact_question *q, size_t n, check_result *out, char *err, size_t errlen)
{
	char answer[ANSWER_MAX];

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		bool holds;
		int rc;

		if (q[i].kind == QUESTION_KEY)
			continue;
		rc = ask(a, q[i].text, answer, sizeof(answer), err, errlen);
		if (rc)
			return rc;
		holds = answer_holds(answer, q[i].values);
		if (q[i].kind == QUESTION_HELD) {
			out->n_held++;
			out->held += holds;
		} else {
			out->n_own++;
			out->own += holds;
		}
		if (!holds && (!out->missed[0] || q[i].kind == QUESTION_SEARCH)) {
			snprintf(out->missed, sizeof(out->missed), "%s", q[i].text);
			snprintf(out->wrong, sizeof(out->wrong), "%s", answer);
		}
	}
	return check_probes(a, g, out, err, errlen);
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
	rc = ask(a, text, answer, cap, err, errlen);
	if (!rc)
		*holds = answer_holds(answer, f->value);
	return rc;
}

void check_release(app *a)
{
	free(a->probes);
	a->probes = NULL;
	a->n_probes = 0;
}
