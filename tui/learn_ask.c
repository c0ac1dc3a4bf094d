/*
 * Asking back: what is unsure, or what the user wants to be asked about first, waits for an answer. Of several in one message one
 * is asked about after the other; another message drops them all. Worker thread only.
 */
#include "tui/learn_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Asks the first question that still is one. */
static void ask_next(app *a)
{
	while (a->n_asked && !ask_claim(a, &a->asked[0]))
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
	if (key == 'r' || key == 'k') {
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
