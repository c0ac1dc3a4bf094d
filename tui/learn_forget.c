/*
 * Taking facts out again: forget, undo, and what that means for the facts that shared a delta with them. Worker thread only.
 *
 * Facts at one anchor are searched for together, so a stored delta may hold the values of several. When one of them goes or
 * comes back, what was found for any of them is dropped, for every model, and those that hold are queued again: afterwards
 * the weights are what they would be had it never been said. The ledger takes both in one transaction; the weights follow.
 */
#include "tui/learn_int.h"

#include "tui/learn_report.h"
#include "tui/linelog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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

int learn_requeue_anchor(app *a, const char *subject, const char *name, char *err, size_t errlen)
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
	for (size_t i = 0; !rc && i < n && ever_together(f, n, r); i++)
		rc = memory_relearn(a->memory, f[i].id, err, errlen);
	facts_free(f, n);
	return rc;
}

int learn_record(app *a, const detect_fact *c, const char *source, int *op, int64_t *id, char *err, size_t errlen)
{
	int rc = memory_begin(a->memory, err, errlen);

	if (!rc)
		rc = memory_learn(a->memory, a->relations, c, source, op, id, err, errlen);
	if (!rc && (*op == DETECT_RETRACT || *op == DETECT_SUPERSEDE))
		rc = learn_requeue_anchor(a, c->subject, c->relation, err, errlen);
	return memory_end(a->memory, rc, err, errlen);
}

int learn_forget(app *a, int64_t id, char *err, size_t errlen)
{
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	if (rc)
		return rc;
	learn_told_clear(a);
	rc = memory_begin(a->memory, err, errlen);
	if (!rc)
		rc = memory_forget(a->memory, id, err, errlen);
	if (!rc && f.status == FACT_ACTIVE)
		rc = learn_requeue_anchor(a, f.subject, f.relation, err, errlen);
	rc = memory_end(a->memory, rc, err, errlen);
	fact_release(&f);
	if (!rc) {
		app_emit(a, EV_EDIT_END, DONE_REVERTED, id, NULL);
		learn_rebuild(a);
	}
	learn_emit_queue(a);
	return rc;
}

/* Says in out "#2 is out: you live in Lisbon", and marks the fact where it stands on the screen. */
static void tell_in(app *a, FILE *out, const fact *f, const char *what, size_t n)
{
	const bool back = f->status == FACT_ACTIVE;

	fprintf(out, "%s#%lld is %s: ", n ? "; " : "", (long long)f->id, back ? "back" : "out");
	report_text(out, what);
	app_emit(a, back ? EV_NOTED : EV_EDIT_END, back ? NOTED_BACK : DONE_REVERTED, f->id, NULL);
}

/* What became of the facts since they were read: which of them went, and which are back; in out, or each in a line of its own. */
static void tell_changes(app *a, const fact *before, size_t n, FILE *out)
{
	char err[256], what[512];
	size_t told = 0;

	for (int back = 0; back <= 1; back++)
		for (size_t i = 0; i < n; i++) {
			const bool was = before[i].status == FACT_ACTIVE;
			fact f;

			if (memory_fact(a->memory, before[i].id, &f, err, sizeof(err)))
				continue;
			learn_describe(a, &f, what, sizeof(what));
			if ((back ? !was : was) && (back != 0) == (f.status == FACT_ACTIVE)) {
				if (out)
					tell_in(a, out, &f, what, told++);
				else
					app_emit(a, EV_NOTED, back ? NOTED_BACK : NOTED_RETRACT, f.id, what);
			}
			fact_release(&f);
		}
}

int learn_undo(app *a, int64_t id, FILE *out, int64_t *undone, char *err, size_t errlen)
{
	fact f, *before = NULL;
	int64_t which = 0;
	size_t n = 0;
	int rc = memory_facts(a->memory, NULL, false, &before, &n, err, errlen);

	if (rc)
		return rc;
	rc = memory_begin(a->memory, err, errlen);
	if (!rc)
		rc = memory_undo(a->memory, id, &which, err, errlen);
	if (!rc)
		rc = memory_fact(a->memory, which, &f, err, errlen);
	if (!rc) { /* what came back stands at the same anchor as what went */
		rc = learn_requeue_anchor(a, f.subject, f.relation, err, errlen);
		fact_release(&f);
	}
	rc = memory_end(a->memory, rc, err, errlen);
	if (!rc) {
		*undone = which;
		learn_told_clear(a);
		learn_rebuild(a);
		if (out)
			tell_changes(a, before, n, out);
	}
	facts_free(before, n);
	learn_emit_queue(a);
	return rc;
}

/* ---- a message is replaced ---- */

static bool same_claim(const detect_fact *a, const detect_fact *b)
{
	return !strcasecmp(a->subject, b->subject) && !strcmp(a->relation, b->relation);
}

/* Do the new message's facts ask for the deed, too? */
static bool done_again(const detect_fact *done, const detect_fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_claim(done, &facts[i]) && !strcasecmp(done->value, facts[i].value) &&
		    (done->op == DETECT_RETRACT) == (facts[i].op == DETECT_RETRACT))
			return true;
	return false;
}

/* Takes the deeds that stay, oldest first, to the front; returns how many they are. What was done upon a deed that goes, about the
 * same relation, goes with it: it would be in the way of what comes back. */
static size_t deeds_part(app *a, const detect_fact *facts, size_t n)
{
	deed *d = a->deeds;
	size_t kept = 0;

	for (size_t i = 0; i < a->n_deeds; i++) {
		bool goes = !done_again(&d[i].what, facts, n);
		const deed at = d[i];

		for (size_t k = kept; k < i; k++)
			goes |= same_claim(&d[k].what, &at.what);
		if (goes)
			continue;
		memmove(d + kept + 1, d + kept, (i - kept) * sizeof(*d));
		d[kept++] = at;
	}
	return kept;
}

static void deed_undo(app *a, const deed *d)
{
	char err[256];
	int rc = memory_begin(a->memory, err, sizeof(err));

	if (!rc)
		rc = memory_undo_act(a->memory, d->act, err, sizeof(err));
	if (!rc)
		rc = learn_requeue_anchor(a, d->what.subject, d->what.relation, err, sizeof(err));
	rc = memory_end(a->memory, rc, err, sizeof(err));
	if (rc && rc != MEMORY_ENOENT && rc != MEMORY_EARG) /* or the user has seen to it meanwhile */
		app_emitf(a, EV_ERROR, "not all that the old message told was taken back: %s", err);
}

void learn_unsay(app *a, const detect_fact *facts, size_t n)
{
	const size_t kept = deeds_part(a, facts, n);
	char err[256];
	fact *before = NULL;
	size_t n_before = 0;
	int rc;

	if (kept == a->n_deeds)
		return;
	rc = memory_facts(a->memory, NULL, false, &before, &n_before, err, sizeof(err));
	while (!rc && a->n_deeds > kept) /* the newest first, as /undo does */
		deed_undo(a, &a->deeds[--a->n_deeds]);
	if (rc)
		app_emitf(a, EV_ERROR, "what the old message told is still known: %s", err);
	else
		learn_rebuild(a);
	tell_changes(a, before, n_before, NULL);
	facts_free(before, n_before);
	learn_emit_queue(a);
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

/* As in the ledger: said again, such a message would be kept again. */
static void talk_cut(dialogue *d, const char *value)
{
	for (size_t i = 0; i < d->n; i++) {
		char *text = memory_text_has(d->turns[i].text, value) ? strdup("(removed)") : NULL;

		if (!text)
			continue;
		free((char *)d->turns[i].text);
		d->turns[i].text = text;
		d->turns[i].len = strlen(text);
	}
}

int learn_purge(app *a, int64_t id, memory_purged *out, int *lines, char *err, size_t errlen)
{
	char history[4096], draft[4096], value[sizeof(((fact *)0)->value)];
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	*lines = 0;
	if (rc)
		return rc;
	memcpy(value, f.value, sizeof(value));
	learn_told_clear(a);
	learn_ask_clear(a);
	if (f.status == FACT_ACTIVE)
		rc = learn_forget(a, id, err, errlen);
	else if (!(rc = learn_requeue_anchor(a, f.subject, f.relation, err, errlen))) /* it may have gone by an import */
		learn_rebuild(a);
	fact_release(&f);
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
	if (!rc)
		talk_cut(&a->talk, value);
	return rc ? rc : memory_purge(a->memory, id, out, err, errlen);
}
