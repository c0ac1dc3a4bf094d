/*
 * A second opinion: does the loaded model, too, read a candidate in the user's words? It is asked for yes or no, and what
 * counts is which of the two it would rather say: nothing that it writes is read. The base weights are asked, so that what
 * was learned has no say in what is learned next. A no makes a question to the user of it; see learn_notice.c.
 */
#include "tui/learn_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPINION_TEXT = 2048, WAYS_MAX = 16 };

/* The candidate in the user's own mouth: "My cat is called Momo." */
static void candidate_said(const app *a, const detect_fact *c, char *out, size_t cap)
{
	const relation *r = relations_find(a->relations, c->subject, c->relation);

	for (size_t i = 0; r && i < r->n_say; i++)
		if (relation_fill(r->say[i], c->subject, c->value, out, cap, NULL) > 0)
			return;
	snprintf(out, cap, "%s, %s: %s", c->subject, c->relation, c->value);
}

static double word_weight(const app *a, const float *logits, float top, const char *const words[])
{
	int32_t seen[WAYS_MAX], t[8];
	size_t n = 0;
	double sum = 0;

	for (size_t i = 0; words[i] && n < WAYS_MAX; i++) {
		bool known = false;

		if (engine_tokenize(a->engine, words[i], strlen(words[i]), false, t, 8) < 1)
			continue;
		for (size_t k = 0; k < n; k++)
			known = known || seen[k] == t[0];
		if (known)
			continue;
		seen[n++] = t[0];
		sum += exp((double)logits[t[0]] - (double)top);
	}
	return sum;
}

/* Which of the two it would rather begin its reply with. */
static double yes_share(const app *a, const float *logits)
{
	static const char *const yes[] = { "Yes", "yes", "YES", " Yes", " yes", NULL };
	static const char *const no[] = { "No", "no", "NO", " No", " no", NULL };
	const size_t n = engine_describe(a->engine)->n_vocab;
	float top = logits[0];
	double y, x;

	for (size_t i = 1; i < n; i++)
		top = logits[i] > top ? logits[i] : top;
	y = word_weight(a, logits, top, yes);
	x = word_weight(a, logits, top, no);
	return y + x > 0 ? y / (y + x) : 0.5;
}

int learn_opinion(app *a, const char *text, const detect_fact *c, double *yes, char *err, size_t errlen)
{
	char said[512], question[OPINION_TEXT + 800];
	engine_turn turn = { "user", question, 0 };
	int32_t *tokens = NULL;
	size_t n = 0;
	session *s = NULL;
	int rc;

	candidate_said(a, c, said, sizeof(said));
	turn.len = (size_t)snprintf(question, sizeof(question),
				    "Somebody wrote: \"%.*s\"\nDo they tell about themselves, as something that is true now: \"%s\"? "
				    "Answer yes or no.",
				    OPINION_TEXT, text, said);
	if (turn.len >= sizeof(question))
		turn.len = sizeof(question) - 1;
	rc = engine_chat_tokens(a->engine, &turn, 1, true, SIZE_MAX, &tokens, &n, NULL, err, errlen);
	if (!rc)
		rc = session_new(&s, a->engine, err, errlen);
	if (!rc) {
		session_use_base(s, true);
		rc = session_sync(s, tokens, n, a->stop_reply, a->arg, err, errlen);
	}
	if (!rc)
		*yes = yes_share(a, session_logits(s));
	session_free(s);
	free(tokens);
	return rc;
}

bool learn_doubts(app *a, const char *text, const detect_fact *c)
{
	double yes = 1;
	char err[256];

	if (!(a->yes_least > 0) || !a->engine || c->op == DETECT_RETRACT || c->op == DETECT_ASK ||
	    !strcmp(c->rule, "reply")) /* such words say nothing without the question */
		return false;
	return !learn_opinion(a, text, c, &yes, err, sizeof(err)) && yes < a->yes_least;
}

void learn_judge(app *a, bool on)
{
	a->yes_least = on ? 0.5 : 0;
}

bool learn_may_judge(const app *a)
{
	return a->engine && !engine_describe(a->engine)->has_value_code;
}
