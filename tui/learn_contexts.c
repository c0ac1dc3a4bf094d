/*
 * From facts to prompts: which facts are edited together, which questions an edit is fitted on, and what they are to be
 * answered with. All of it comes from the relations table.
 */
#include "tui/learn_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SEARCH_FORMS = 8, SEARCH_FORMS_HARDER = 12, QUESTIONS_MAX = 64 };

static int contexts_fail(char *err, size_t errlen, int code, const char *text)
{
	snprintf(err, errlen, "%s", text);
	return code;
}

/* The bracketed phrase of the first question, filled. */
int anchor_phrase(const relation *r, const char *subject, char *out, size_t cap)
{
	const char *form = r->ask[0];
	char filled[QUESTION_MAX], head_form[QUESTION_MAX], head[QUESTION_MAX];
	const char *open = strchr(form, '[');
	size_t end = 0;
	int begin;

	if (!open || (size_t)(open - form) >= sizeof(head_form) ||
	    relation_fill(form, subject, NULL, filled, sizeof(filled), &end) < 0 || !end)
		return MEMORY_EARG;
	/* The text before the bracket, filled, tells where the phrase begins. */
	memcpy(head_form, form, (size_t)(open - form));
	head_form[open - form] = 0;
	begin = relation_fill(head_form, subject, NULL, head, sizeof(head), NULL);
	if (begin < 0 || (size_t)begin > end || end - (size_t)begin >= cap)
		return MEMORY_EARG;
	memcpy(out, filled + begin, end - (size_t)begin);
	out[end - (size_t)begin] = 0;
	for (char *s = out; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	return 0;
}

bool same_relation(const fact *a, const fact *b)
{
	return !strcasecmp(a->subject, b->subject) && !strcasecmp(a->relation, b->relation);
}

/* Moves the fact at `from` out of a list that will be freed. */
static void fact_take(fact *to, fact *from)
{
	*to = *from;
	from->source = NULL;
}

/* The order in which facts were told may not matter to what is found for them. */
static int by_meaning(const void *x, const void *y)
{
	const fact *a = x, *b = y;
	int c = strcasecmp(a->relation, b->relation);

	return c ? c : strcmp(a->value, b->value);
}

int group_of(app *a, const fact *f, fact_group *out, char *err, size_t errlen)
{
	const relation *r = relations_find(a->relations, f->subject, f->relation);
	fact_group g = { 0 };
	fact *all = NULL;
	size_t n = 0;
	int rc;

	if (!r || anchor_phrase(r, f->subject, g.anchor, sizeof(g.anchor)))
		return contexts_fail(err, errlen, MEMORY_EARG, "the relations table has no questions for this fact");
	rc = memory_facts(a->memory, NULL, true, &all, &n, err, errlen);
	if (rc)
		return rc;
	g.facts = calloc(n ? n : 1, sizeof(*g.facts));
	if (!g.facts) {
		facts_free(all, n);
		return contexts_fail(err, errlen, MEMORY_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < n; i++) {
		char anchor[QUESTION_MAX];
		const relation *ri = relations_find(a->relations, all[i].subject, all[i].relation);

		if (ri && !anchor_phrase(ri, all[i].subject, anchor, sizeof(anchor)) && !strcmp(anchor, g.anchor))
			fact_take(&g.facts[g.n++], &all[i]);
	}
	facts_free(all, n);
	qsort(g.facts, g.n, sizeof(*g.facts), by_meaning);
	*out = g;
	return 0;
}

void group_release(fact_group *g)
{
	facts_free(g->facts, g->n);
	memset(g, 0, sizeof(*g));
}

/* The values of one relation of the group: "French, Spanish and Dutch"; lines, if wanted, gets one a line. */
static void join_values(const fact_group *g, const fact *like, char *out, size_t cap, char *lines, size_t lines_cap)
{
	size_t len = 0, k = 0, total = 0, line_len = 0;

	for (size_t i = 0; i < g->n; i++)
		total += same_relation(&g->facts[i], like);
	out[0] = 0;
	if (lines)
		lines[0] = 0;
	for (size_t i = 0; i < g->n; i++) {
		const char *sep;

		if (!same_relation(&g->facts[i], like))
			continue;
		sep = k == 0 ? "" : k + 1 == total ? " and " : ", ";
		k++;
		if (len < cap)
			len += (size_t)snprintf(out + len, cap - len, "%s%s", sep, g->facts[i].value);
		if (lines && line_len < lines_cap)
			line_len += (size_t)snprintf(lines + line_len, lines_cap - line_len, "%s\n",
						     g->facts[i].value);
	}
}

void group_value(const app *a, const fact_group *g, char *out, size_t cap)
{
	(void)a;
	out[0] = 0;
	for (size_t i = 1; i < g->n; i++)
		if (!same_relation(&g->facts[i], &g->facts[0]))
			return;
	if (g->n)
		join_values(g, &g->facts[0], out, cap, NULL, 0);
}

static int question_make(const relation *r, const fact_group *g, const fact *f, const char *form, int kind, fact_question *q)
{
	char value[ANSWER_MAX];

	memset(q, 0, sizeof(*q));
	join_values(g, f, value, sizeof(value), q->values, sizeof(q->values));
	q->kind = kind;
	if (relation_fill(form, f->subject, NULL, q->text, sizeof(q->text), &q->anchor_end) < 0 ||
	    relation_fill(r->answer, f->subject, value, q->answer, sizeof(q->answer), NULL) < 0)
		return MEMORY_EARG;
	const char *at = strstr(q->answer, value);

	q->value_at = at ? (size_t)(at - q->answer) : 0;
	return 0;
}

/* Whether form i of n is among the `want` fitted ones: spread evenly, the first always among them. */
static bool is_fitted(size_t i, size_t n, size_t want)
{
	return want >= n || i * want % n < want;
}

static int relation_questions(const relation *r, const fact_group *g, const fact *f, int harder, fact_question *out, size_t *n)
{
	size_t want = harder ? SEARCH_FORMS_HARDER : SEARCH_FORMS;

	for (size_t i = 0; i < r->n_ask + r->n_test; i++) {
		bool held = i >= r->n_ask;
		const char *form = held ? r->test[i - r->n_ask] : r->ask[i];
		int kind = held ? QUESTION_HELD : is_fitted(i, r->n_ask, want) ? QUESTION_SEARCH : QUESTION_KEY;

		if (*n == QUESTIONS_MAX)
			return 0;
		if (question_make(r, g, f, form, kind, &out[*n]))
			return MEMORY_EARG;
		++*n;
	}
	return 0;
}

int group_questions(const app *a, const fact_group *g, int harder, fact_question **out, size_t *n, char *err, size_t errlen)
{
	fact_question *q = calloc(QUESTIONS_MAX, sizeof(*q));
	size_t k = 0;

	if (!q)
		return contexts_fail(err, errlen, MEMORY_ENOMEM, "out of memory");
	for (size_t i = 0; i < g->n; i++) {
		const relation *r = relations_find(a->relations, g->facts[i].subject, g->facts[i].relation);
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen |= same_relation(&g->facts[j], &g->facts[i]);
		if (seen || !r)
			continue;
		if (relation_questions(r, g, &g->facts[i], harder, q, &k)) {
			free(q);
			return contexts_fail(err, errlen, MEMORY_EARG, "the fact is too long to ask about");
		}
	}
	*out = q;
	*n = k;
	return 0;
}
