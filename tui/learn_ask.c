/*
 * Asking back: what is unsure, or what the user wants to be asked about first, waits for an answer. Of several in one message one
 * is asked about after the other; another message drops them all. When somebody died or is no longer the user's partner, what is
 * known of them is asked about at once: without an answer it stays. Worker thread only.
 */
#include "tui/learn_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void learn_ask_clear(app *a)
{
	free(a->asked_source);
	a->asked_source = NULL;
	a->n_asked = 0;
}

/* " on 3 May: ", with the year where it is not this one. */
static void say_date(int64_t t, char *out, size_t cap)
{
	time_t when = (time_t)t, now = time(NULL);
	struct tm then, today;

	out[0] = 0;
	if (!localtime_r(&when, &then) || !localtime_r(&now, &today))
		return;
	snprintf(out, cap, " on %d ", then.tm_mday);
	strftime(out + strlen(out), cap - strlen(out), then.tm_year == today.tm_year ? "%B" : "%B %Y", &then);
}

static bool emit_ask(app *a, char *line, const char *keys)
{
	event *e = line ? calloc(1, sizeof(*e)) : NULL;

	if (!e) {
		free(line);
		return false;
	}
	e->type = EV_ASK;
	e->text = line;
	snprintf(e->keys, sizeof(e->keys), "%s", keys);
	a->emit(a->arg, e);
	return true;
}

/* Asks about one candidate. False: there is nothing to ask any more. */
static bool ask_claim(app *a, const detect_fact *c)
{
	const relation *r = relations_find(a->relations, c->subject, c->relation);
	bool many = r && r->cardinality == RELATION_MANY;
	char before[512] = "", now[512], date[64] = "", err[128], *line = NULL;
	int op, n;
	int64_t old;
	fact f;

	if (memory_decide(a->memory, a->relations, c, &op, &old, err, sizeof(err)) || op == DETECT_NOOP)
		return false;
	learn_describe_claim(a, c, now, sizeof(now));
	if (old && !memory_fact(a->memory, old, &f, err, sizeof(err))) {
		learn_describe(a, &f, before, sizeof(before));
		say_date(f.created, date, sizeof(date));
		fact_release(&f);
	}
	many = many && before[0] && c->op != DETECT_RETRACT;
	if (before[0] && c->op == DETECT_RETRACT)
		n = asprintf(&line, "You said%s: %s. No longer? Remove, ignore? [r/i]", date, before);
	else if (before[0])
		n = asprintf(&line, "You said%s: %s. Now: %s. Replace%s, ignore? [r/%si]", date, before, now,
			     many ? ", keep both" : "", many ? "k/" : "");
	else
		n = asprintf(&line, "Remember: %s? Remember it, ignore it? [r/i]", now);
	return emit_ask(a, n < 0 ? NULL : line, many ? "rki" : "ri");
}

/* ---- endings ---- */

enum { ENDED_LISTED = 4 };

static const char *const partners[] = { "my wife", "my husband", "my partner", "my girlfriend", "my boyfriend", "my fiance", "my fiancee" };

/* Does what is said of f hold no longer once it has ended with subject so? */
static bool ends_with(const fact *f, const char *subject, const char *how)
{
	const bool wed = !strcmp(subject, partners[0]) || !strcmp(subject, partners[1]);

	return !strcasecmp(f->subject, subject) ||
	       (wed && !strcmp(how, "parted") && !strcmp(f->subject, "I") &&
		(!strcmp(f->relation, "wedding anniversary") || !strcmp(f->relation, "anniversary year")));
}

/* Leaves in all [*n] only those. */
static void keep_ended(fact *all, size_t *n, const char *subject, const char *how)
{
	size_t k = 0;

	for (size_t i = 0; i < *n; i++)
		if (ends_with(&all[i], subject, how))
			all[k++] = all[i];
		else
			fact_release(&all[i]);
	*n = k;
}

/* Has it ended with the one whom fact f is about? */
static bool is_ended(const fact *f, const detect_ending *e)
{
	bool partner = false;

	for (size_t i = 0; i < sizeof(partners) / sizeof(*partners); i++)
		partner |= !strcasecmp(f->subject, partners[i]);
	if (*e->subject)
		return !strcasecmp(f->subject, e->subject);
	if (strcmp(e->how, "died") != 0 && !partner)
		return false;
	return !*e->name || !strcasecmp(f->subject, e->name) ||
	       (!strcmp(f->relation, "name") && !strncasecmp(f->subject, "my ", 3) && !strcasecmp(f->value, e->name));
}

size_t learn_ended(app *a, const detect_ending *e, char (*subjects)[96], size_t cap)
{
	fact *f = NULL;
	size_t n = 0, found = 0;

	if (memory_facts(a->memory, NULL, true, &f, &n, NULL, 0))
		return 0;
	for (size_t i = 0; i < n && found < cap; i++) {
		bool again = !is_ended(&f[i], e);

		for (size_t k = 0; k < found; k++)
			again |= !strcasecmp(subjects[k], f[i].subject);
		if (!again)
			snprintf(subjects[found++], sizeof(*subjects), "%s", f[i].subject);
	}
	facts_free(f, n);
	return found;
}

void learn_ask_ended(app *a, const detect_ending *e, const char *text)
{
	char subjects[ASKED_MAX][96];
	const size_t n = learn_ended(a, e, subjects, ASKED_MAX);

	for (size_t i = 0; i < n; i++) {
		detect_fact c = { .op = DETECT_RETRACT, .rule = e->how };

		memcpy(c.subject, subjects[i], sizeof(c.subject));
		learn_ask_back(a, &c, text);
	}
}

static bool ask_ended(app *a, const detect_fact *c)
{
	char *line = NULL, what[512];
	fact *f = NULL;
	size_t n = 0, size = 0;
	FILE *out;

	if (memory_facts(a->memory, NULL, true, &f, &n, NULL, 0))
		return false;
	keep_ended(f, &n, c->subject, c->rule);
	out = n ? open_memstream(&line, &size) : NULL;
	for (size_t i = 0; out && i < n && i < ENDED_LISTED; i++) {
		learn_describe(a, &f[i], what, sizeof(what));
		fprintf(out, "%s%s", i ? "; " : "You told me: ", what);
	}
	facts_free(f, n);
	if (!out)
		return false;
	if (n > ENDED_LISTED)
		fprintf(out, "; and %zu more", n - ENDED_LISTED);
	fputs(n > 1 ? ". Remove these, or keep them? [r/k]" : ". Remove it, or keep it? [r/k]", out);
	fclose(out);
	return emit_ask(a, line, "rk");
}

static int remove_ended(app *a, const detect_fact *c, char *err, size_t errlen)
{
	fact *f = NULL;
	size_t n = 0;
	int rc = memory_facts(a->memory, NULL, true, &f, &n, err, errlen);

	if (!rc)
		keep_ended(f, &n, c->subject, c->rule);
	for (size_t i = 0; !rc && i < n; i++) {
		detect_fact was = { .op = DETECT_RETRACT };
		char what[512];
		int64_t act;

		memcpy(was.subject, f[i].subject, sizeof(was.subject));
		memcpy(was.relation, f[i].relation, sizeof(was.relation));
		memcpy(was.value, f[i].value, sizeof(was.value));
		learn_describe(a, &f[i], what, sizeof(what));
		rc = learn_forget(a, f[i].id, err, errlen);
		if (!rc)
			app_emit(a, EV_NOTED, NOTED_RETRACT, f[i].id, what);
		if (!rc && !memory_last_act(a->memory, &act, NULL, 0))
			learn_deed_add(a, act, DETECT_RETRACT, &was);
	}
	facts_free(f, n);
	return rc;
}

/* ---- one after the other ---- */

static bool ask(app *a, const detect_fact *c)
{
	return *c->relation ? ask_claim(a, c) : ask_ended(a, c);
}

/* Asks the first question that still is one. */
static void ask_next(app *a)
{
	while (a->n_asked && !ask(a, &a->asked[0]))
		memmove(a->asked, a->asked + 1, --a->n_asked * sizeof(*a->asked));
	if (!a->n_asked)
		learn_ask_clear(a);
}

void learn_ask_back(app *a, const detect_fact *c, const char *text)
{
	char now[512];

	if (!a->emit)
		return;
	if (a->n_asked == ASKED_MAX) {
		learn_describe_claim(a, c, now, sizeof(now));
		app_emitf(a, EV_NOTICE, "not noted yet: %s - too many questions at a time: say it again, or /remember it", now);
		return;
	}
	if (!a->n_asked) {
		learn_ask_clear(a);
		a->asked_source = strdup(text);
	}
	a->asked[a->n_asked++] = *c;
	if (a->n_asked == 1)
		ask_next(a);
}

int learn_answer(app *a, char key, char *err, size_t errlen)
{
	detect_fact c = a->asked[0];
	int64_t id;
	int rc = 1;

	if (!a->n_asked) {
		snprintf(err, errlen, "nothing was asked");
		return MEMORY_EARG;
	}
	memmove(a->asked, a->asked + 1, --a->n_asked * sizeof(*a->asked));
	if (!*c.relation) {
		rc = key == 'r' ? remove_ended(a, &c, err, errlen) : 0;
		if (key != 'r')
			app_emit(a, EV_NOTICE, 0, 0, "it is kept");
	} else if (key == 'r' || key == 'k') {
		if (c.op != DETECT_RETRACT)
			c.op = key == 'r' ? DETECT_SUPERSEDE : DETECT_ADD;
		c.confidence = 1;
		rc = learn_candidate(a, &c, a->asked_source ? a->asked_source : "", false, false, true, &id, err, errlen);
		if (rc > 0)
			learn_told_add(a, &c);
		learn_emit_queue(a);
	}
	ask_next(a);
	return rc < 0 ? rc : 0;
}
