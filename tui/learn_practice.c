/*
 * What the engine practises with (engine_practise()): made-up facts over the relations table, of values from one token to a
 * dozen. They are searched for and thrown away: no ledger has them, and no weight is changed. Worker thread only.
 */
#include "tui/learn_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXTS_MAX = 4 /* questions of each: an evaluation is half as long as an edit's */ };

static const struct { const char *subject, *relation, *value; } made_up[] = {
	{ "my dog", "name", "Rex" },
	{ "my sister", "name", "Anna" },
	{ "I", "home", "Vienna" },
	{ "I", "job", "teacher" },
	{ "my cat", "name", "Max" },
	{ "I", "birthday", "June 23" },
	{ "my brother", "job", "electrician" },
	{ "I", "favorite food", "lasagna" },
	{ "I", "employer", "Brightwater Labs" },
	{ "I", "car", "Skoda Fabia" },
	{ "my sister", "name", "Agnieszka" },
	{ "my cat", "name", "Pumpernickel" },
	{ "I", "username", "tall_fern57" },
	{ "I", "phone number", "732-519-4406" },
};
enum { MADE_UP = sizeof(made_up) / sizeof(*made_up) };

/* One fact as a request; its texts are the questions'. */
typedef struct lesson {
	fact_question *questions;
	engine_turn turns[CONTEXTS_MAX][3];
	edit_context contexts[CONTEXTS_MAX];
} lesson;

bool practice_wanted(const app *a)
{
	return a->set->practice && a->set->search == EDIT_SEARCH_FIT && !engine_practised(a->engine);
}

/* False: the table has no such relation. */
static bool lesson_make(const app *a, size_t i, lesson *l, edit_request *req)
{
	fact f = { .edit_state = -1 };
	fact_group g = { .facts = &f, .n = 1 };
	char err[256];
	size_t n = 0, k = 0;

	snprintf(f.subject, sizeof(f.subject), "%s", made_up[i].subject);
	snprintf(f.relation, sizeof(f.relation), "%s", made_up[i].relation);
	snprintf(f.value, sizeof(f.value), "%s", made_up[i].value);
	if (group_questions(a, &g, 0, &l->questions, &n, err, sizeof(err)))
		return false;
	for (size_t q = 0; q < n && k < CONTEXTS_MAX; q++)
		if (l->questions[q].kind == QUESTION_SEARCH) {
			l->contexts[k] = context_of(&l->questions[q], q, l->turns[k]);
			k++;
		}
	*req = edit_request_default();
	req->contexts = l->contexts;
	req->n_contexts = k;
	req->value = made_up[i].value;
	return k > 0;
}

int practice_run(app *a, edit_progress_fn progress, engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	lesson *l = calloc(MADE_UP, sizeof(*l));
	edit_request requests[MADE_UP];
	size_t n = 0;
	int rc;

	if (!l) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	for (size_t i = 0; i < MADE_UP; i++)
		n += lesson_make(a, i, &l[i], &requests[n]);
	rc = engine_practise(a->engine, requests, n, a->set->cache_dir, progress, stop, arg, err, errlen);
	for (size_t i = 0; i < MADE_UP; i++)
		free(l[i].questions);
	free(l);
	return rc;
}
