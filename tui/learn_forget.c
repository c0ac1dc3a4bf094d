/*
 * Taking facts out again: forget, undo, and what that means for the facts that shared a delta with them. Worker thread only.
 *
 * Facts at one anchor are searched for together, so a stored delta may hold the values of several. When one of them goes or
 * comes back, the others' verified edits are queued again: afterwards the weights are what they would be had it never been
 * said. This is done before the ledger drops the fact, so that a crash in between costs a search and no truth.
 */
#include "tui/learn_int.h"

#include "tui/linelog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef bool (*fact_test)(const fact *f, const void *arg);

/* Leaves in the list only the facts, active or not, that stand at the anchor. */
static size_t keep_anchor(const app *a, fact *f, size_t n, const char *anchor)
{
	char other[QUESTION_MAX];
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		const relation *r = relations_find(a->relations, f[i].subject, f[i].relation);

		if (r && !anchor_phrase(r, f[i].subject, other, sizeof(other)) && !strcmp(anchor, other))
			f[k++] = f[i];
		else
			fact_release(&f[i]);
	}
	return k;
}

/* Could two of the facts have held at once? Values of one single-valued relation only replace each other. */
static bool ever_together(const fact *f, size_t n, const relation *r)
{
	for (size_t i = 1; i < n; i++)
		if (r->cardinality != RELATION_ONE || !same_relation(&f[0], &f[i]))
			return true;
	return false;
}

/* Queues the verified edits at an anchor again, but for those that the test names. */
static int requeue_anchor(app *a, const char *subject, const char *name, fact_test except, const void *arg, char *err,
			  size_t errlen)
{
	const relation *r = relations_find(a->relations, subject, name);
	char anchor[QUESTION_MAX];
	fact *f = NULL;
	size_t n = 0;
	int rc;

	if (!r || anchor_phrase(r, subject, anchor, sizeof(anchor)))
		return 0; /* no questions: it was never edited */
	rc = memory_facts(a->memory, NULL, false, &f, &n, err, errlen);
	if (rc)
		return rc;
	n = keep_anchor(a, f, n, anchor);
	for (size_t i = 0; !rc && i < n && ever_together(f, n, r); i++) {
		if (f[i].status != FACT_ACTIVE || f[i].edit_state != EDIT_VERIFIED || (except && except(&f[i], arg)))
			continue;
		rc = memory_verified(a->memory, f[i].id, false, err, errlen);
		if (!rc)
			rc = memory_retry(a->memory, f[i].id, err, errlen);
	}
	facts_free(f, n);
	return rc;
}

/* What a candidate is about to end. */
typedef struct ending {
	fact like;    /* subject and relation */
	int64_t old;
	bool all;     /* every fact of that relation, not only `old` */
} ending;

static bool is_ending(const fact *f, const void *arg)
{
	const ending *e = arg;

	return f->id == e->old || (e->all && same_relation(f, &e->like));
}

int learn_free_siblings(app *a, const detect_fact *c, int op, int64_t old, char *err, size_t errlen)
{
	ending e = { .old = old, .all = op == DETECT_SUPERSEDE || !c->value[0] };

	memcpy(e.like.subject, c->subject, sizeof(e.like.subject));
	memcpy(e.like.relation, c->relation, sizeof(e.like.relation));
	return requeue_anchor(a, c->subject, c->relation, is_ending, &e, err, errlen);
}

int learn_forget(app *a, int64_t id, char *err, size_t errlen)
{
	ending e = { .old = id };
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	if (rc)
		return rc;
	learn_told_clear(a);
	if (f.status == FACT_ACTIVE)
		rc = requeue_anchor(a, f.subject, f.relation, is_ending, &e, err, errlen);
	fact_release(&f);
	if (!rc)
		rc = memory_forget(a->memory, id, err, errlen);
	if (!rc && a->engine)
		rc = learn_apply(a, err, errlen);
	learn_emit_queue(a);
	return rc;
}

static int undo_fact(app *a, int64_t id, int64_t *undone, char *err, size_t errlen)
{
	int64_t which = 0;
	fact f;
	int rc = memory_undo_which(a->memory, id, &which, err, errlen);

	if (!rc)
		rc = memory_fact(a->memory, which, &f, err, errlen);
	if (rc)
		return rc;
	rc = requeue_anchor(a, f.subject, f.relation, NULL, NULL, err, errlen);
	if (!rc)
		rc = memory_undo(a->memory, id, undone, err, errlen);
	/* What came back stands at the same anchor as what went. */
	if (!rc)
		rc = requeue_anchor(a, f.subject, f.relation, NULL, NULL, err, errlen);
	fact_release(&f);
	if (!rc && a->engine)
		rc = learn_apply(a, err, errlen);
	learn_emit_queue(a);
	return rc;
}

int learn_undo(app *a, int64_t id, int64_t *undone, char *err, size_t errlen)
{
	int rc = undo_fact(a, id, undone, err, errlen);

	if (!rc)
		learn_told_clear(a);
	return rc;
}

static bool is_among(int64_t id, const int64_t *ids, size_t n)
{
	size_t i = 0;

	while (i < n && ids[i] != id)
		i++;
	return i < n;
}

/* Returns whether there is still something to undo: what replaced it may go, too. */
static bool unsay(app *a, int64_t id)
{
	char err[256], what[512];
	int64_t undone;
	int status;
	fact f;

	if (memory_fact(a->memory, id, &f, err, sizeof(err)))
		return false;
	learn_describe(a, &f, what, sizeof(what));
	status = f.status;
	fact_release(&f);
	if (status != FACT_ACTIVE)
		return status == FACT_SUPERSEDED;
	if (undo_fact(a, id, &undone, err, sizeof(err)))
		app_emitf(a, EV_ERROR, "#%lld is still known: %s", (long long)id, err);
	else
		app_emit(a, EV_NOTED, NOTED_RETRACT, id, what);
	return false;
}

void learn_unsay(app *a, const int64_t *made, size_t n_made, const int64_t *ids, size_t n_ids)
{
	while (n_made--) { /* the newest first, as /undo does */
		if (!is_among(made[n_made], ids, n_ids) && !unsay(a, made[n_made]))
			continue;
		if (a->n_made == TOLD_MAX)
			continue;
		memmove(a->made + 1, a->made, a->n_made++ * sizeof(*a->made));
		a->made[0] = made[n_made];
	}
}

static bool line_has(const char *line, void *arg)
{
	return memory_text_has(line, arg);
}

/* The line that was not sent and waits for the next start: outside.c. */
static bool draft_drop(const char *path, const char *value)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;
	bool has;

	if (!f)
		return true;
	has = getdelim(&text, &cap, '\0', f) > 0 && memory_text_has(text, value);
	fclose(f);
	free(text);
	return !has || !unlink(path);
}

int learn_purge(app *a, int64_t id, memory_purged *out, int *lines, char *err, size_t errlen)
{
	char history[4096], draft[4096], value[sizeof(((fact *)0)->value)];
	bool active;
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	*lines = 0;
	if (rc)
		return rc;
	memcpy(value, f.value, sizeof(value));
	active = f.status == FACT_ACTIVE;
	fact_release(&f);
	learn_told_clear(a);
	learn_ask_clear(a);
	if (active)
		rc = learn_forget(a, id, err, errlen);
	/* First the lines: where the ledger cannot be scrubbed just now, it is at the next start, but the value is not known then. */
	if (!rc && a->set->state_dir) {
		snprintf(history, sizeof(history), "%s/history", a->set->state_dir);
		snprintf(draft, sizeof(draft), "%s/draft", a->set->state_dir);
		*lines = linelog_drop(history, line_has, value);
		if (*lines < 0 || !draft_drop(draft, value)) {
			snprintf(err, errlen, "%s could not be written: it may still hold the value", *lines < 0 ? history : draft);
			return MEMORY_ERR;
		}
	}
	return rc ? rc : memory_purge(a->memory, id, out, err, errlen);
}
