/*
 * From an utterance to rows in the ledger: what the detector finds is weighed against what is known, recorded and queued;
 * where the words are unsure and contradict a held fact, the user is asked: learn_ask.c. Worker thread only.
 */
#include "tui/learn_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void learn_describe(const app *a, const fact *f, char *out, size_t cap)
{
	const relation *r = relations_find(a->relations, f->subject, f->relation);

	if (!r || relation_fill(r->note, f->subject, f->value, out, cap, NULL) < 0)
		snprintf(out, cap, "%s: %s: %s", f->subject, f->relation, f->value);
}

void learn_describe_claim(const app *a, const detect_fact *c, char *out, size_t cap)
{
	fact f = { .id = 0 };

	memcpy(f.subject, c->subject, sizeof(f.subject));
	memcpy(f.relation, c->relation, sizeof(f.relation));
	memcpy(f.value, c->value, sizeof(f.value));
	learn_describe(a, &f, out, cap);
}

/* old: the fact that it ends, or 0. */
static void emit_noted(app *a, const detect_fact *c, int op, int64_t id, int64_t old)
{
	fact f;
	char err[256], what[512];
	event *e;

	if (!a->emit || memory_fact(a->memory, id, &f, err, sizeof(err)))
		return;
	learn_describe(a, &f, what, sizeof(what));
	fact_release(&f);
	e = calloc(1, sizeof(*e));
	if (!e)
		return;
	e->type = EV_NOTED;
	e->code = op;
	e->id = id;
	e->span[0] = c->span[0];
	e->span[1] = c->span[1];
	e->replaces = op == DETECT_SUPERSEDE ? old : 0;
	e->text = strdup(what);
	a->emit(a->arg, e);
}

/* ---- what the last message told and did ---- */

static void told_begin(app *a)
{
	memset(a->told, 0, sizeof(a->told));
	a->n_told = 0;
}

/* Another message begins. */
static void told_shift(app *a)
{
	memcpy(a->told_before, a->told, sizeof(a->told));
	a->n_told_before = a->n_told;
}

static void exchange_clear(struct exchange *x)
{
	free(x->said);
	free(x->reply);
	*x = (struct exchange){ NULL, NULL, "" };
}

void learn_note_exchange(app *a, const char *said, const char *reply, bool instead)
{
	if (instead) {
		exchange_clear(&a->last_said);
	} else if (a->last_said.said && a->said_before.said && detect_holds(a->last_said.said)) {
		exchange_clear(&a->last_said); /* what was asked before it is still open */
	} else {
		exchange_clear(&a->said_before);
		a->said_before = a->last_said;
	}
	a->last_said = (struct exchange){ strdup(said), strdup(reply), "" };
}

void learn_told_clear(app *a)
{
	exchange_clear(&a->last_said);
	exchange_clear(&a->said_before);
	told_begin(a);
	memset(a->told_before, 0, sizeof(a->told_before));
	a->n_told_before = 0;
}

void learn_told_add(app *a, const detect_fact *c)
{
	if (c->op == DETECT_RETRACT)
		return;
	if (a->n_told == TOLD_MAX)
		memmove(a->told, a->told + 1, --a->n_told * sizeof(*a->told));
	a->told[a->n_told++] = *c;
}

void learn_deeds_clear(app *a)
{
	free(a->deeds);
	a->deeds = NULL;
	a->n_deeds = a->cap_deeds = 0;
}

void learn_deed_add(app *a, int64_t act, int op, const detect_fact *c)
{
	if (a->n_deeds == a->cap_deeds) {
		size_t cap = a->cap_deeds ? 2 * a->cap_deeds : 8;
		deed *deeds = realloc(a->deeds, cap * sizeof(*deeds));

		if (!deeds)
			return; /* it stays when the message is replaced; /undo still takes it back */
		a->deeds = deeds;
		a->cap_deeds = cap;
	}
	a->deeds[a->n_deeds] = (deed){ act, *c };
	a->deeds[a->n_deeds++].what.op = op;
}

/* ---- recording ---- */

static void warn_secret(app *a, const detect_fact *c)
{
	const relation *r = relations_find(a->relations, c->subject, c->relation);

	if (r && r->sensitivity == RELATION_SECRET)
		app_emit(a, EV_NOTICE, 0, 0,
			 "careful: whoever can use this profile can ask for it; weights cannot hide a secret");
}

/* Asked for again by name: an edit that had failed or was cancelled gets another try. */
static bool try_again(app *a, int64_t id)
{
	char err[128];
	fact f;
	int state;

	if (memory_fact(a->memory, id, &f, err, sizeof(err)))
		return false;
	state = f.edit_state;
	fact_release(&f);
	return (state == EDIT_FAILED || state == EDIT_CANCELLED) && !memory_retry(a->memory, id, err, sizeof(err));
}

/* The model would go on reading it in the conversation. */
static void gone_add(dialogue *d, int64_t id)
{
	if (d->n_gone == GONE_MAX)
		memmove(d->gone, d->gone + 1, --d->n_gone * sizeof(*d->gone));
	d->gone[d->n_gone++] = id;
}

int learn_candidate(app *a, const detect_fact *given, const char *text, bool explicit_ask, bool asks, bool is_deed, int64_t *id,
		    char *err, size_t errlen)
{
	detect_fact c = *given;
	int op, rc;
	int64_t old, act;

	*id = 0;
	if (explicit_ask) {
		c.confidence = 1;
		c.op = c.op == DETECT_ASK ? DETECT_ADD : c.op;
		warn_secret(a, &c);
	}
	rc = memory_decide(a->memory, a->relations, &c, &op, &old, err, errlen);
	if (!rc && asks && op != DETECT_NOOP)
		op = DETECT_ASK;
	if (!rc && op == DETECT_ASK) {
		learn_ask_back(a, &c, text);
		return 0;
	}
	if (!rc)
		rc = learn_record(a, &c, text, &op, id, err, errlen);
	if (rc)
		return rc;
	if (op == DETECT_NOOP && !*id)
		return 0; /* nothing known was taken back */
	if (op != DETECT_NOOP && is_deed && !memory_last_act(a->memory, &act, NULL, 0))
		learn_deed_add(a, act, op, &c);
	if (op == DETECT_NOOP && explicit_ask)
		op = try_again(a, *id) ? DETECT_ADD : op;
	emit_noted(a, &c, op, *id, old);
	if (op == DETECT_RETRACT || op == DETECT_SUPERSEDE)
		learn_rebuild(a);
	if (op == DETECT_RETRACT && is_deed)
		gone_add(&a->talk, *id);
	if (op == DETECT_RETRACT)
		*id = 0;
	return 1;
}

/* The reply may well say "Got it": what is not kept is said, once. */
static void tell_secret(app *a, const detect_result *d)
{
	for (size_t i = 0; i < d->n_ignored; i++)
		if (!strcmp(d->ignored[i].reason, "secret")) {
			app_emit(a, EV_NOTICE, 0, 0,
				 "not noted: that is a secret, and weights cannot hide one; /remember with your words learns it all the same");
			return;
		}
}

/* What was asked to be remembered and is no fact that is known of. */
static void tell_unread(app *a, const detect_result *d, const char *text)
{
	for (size_t i = 0; i < d->n_unread; i++)
		app_emitf(a, EV_NOTICE, "not understood, and so not noted: \"%.*s\"", (int)(d->unread[i][1] - d->unread[i][0]),
			  text + d->unread[i][0]);
}

/* Records what was found in text; as learn_text(). */
static int note_all(app *a, const detect_result *d, const char *text, bool explicit_ask, int64_t *ids, size_t cap, size_t *n_ids,
		    char *err, size_t errlen)
{
	char why[256];
	int first = 0, n = 0;

	*n_ids = 0;
	told_begin(a);
	for (size_t i = 0; i < d->n_facts; i++) {
		const detect_fact *c = &d->facts[i];
		const bool asks = !explicit_ask && (a->learn_mode == LEARN_ASK || learn_doubts(a, text, c));
		int64_t id = 0;
		/* One that cannot be recorded does not keep the others out. */
		int rc = learn_candidate(a, c, text, explicit_ask, asks, !explicit_ask, &id, why, sizeof(why));

		if (rc < 0 && !first) {
			first = rc;
			snprintf(err, errlen, "%s", why);
		}
		if (rc > 0)
			learn_told_add(a, c);
		n += rc > 0;
		if (rc > 0 && id && *n_ids < cap)
			ids[(*n_ids)++] = id;
	}
	for (size_t i = 0; i < d->n_ended && !explicit_ask; i++)
		learn_ask_ended(a, &d->ended[i], text);
	if (!explicit_ask)
		tell_secret(a, d);
	if (explicit_ask && n > 0)
		tell_unread(a, d, text);
	if (n)
		learn_emit_queue(a);
	if (n && first)
		app_emitf(a, EV_ERROR, "not all of it was noted: %s", err);
	return n ? n : first;
}

static detect_before before_of(const app *a, const detect_fact *told, size_t n_told)
{
	return (detect_before){ told, n_told, a->said_before.said, a->said_before.reply, a->said_before.about };
}

/* What the next message, or with instead the one in the last one's place, comes after. */
static detect_before before_next(const app *a, bool instead)
{
	const struct exchange *x = &a->last_said;

	if (instead)
		return before_of(a, a->told_before, a->n_told_before);
	if (x->said && a->said_before.said && detect_holds(x->said))
		x = &a->said_before;
	return (detect_before){ a->told, a->n_told, x->said, x->reply, x->about };
}

static int foresee(app *a, const detect_fact *c, struct foreseen *out)
{
	char err[256];
	int rc = memory_decide(a->memory, a->relations, c, &out->op, &out->old, err, sizeof(err));

	out->what = *c;
	if (!rc && a->learn_mode == LEARN_ASK && out->op != DETECT_NOOP)
		out->op = DETECT_ASK;
	return rc;
}

bool learn_foresee(app *a, const char *text, bool instead, learn_foreseen *out)
{
	const detect_before before = before_next(a, instead);
	detect_result d = { 0 };
	char subject[1][96];
	bool all;

	*out = (learn_foreseen){ .n = 0 };
	if (!a->memory || detect_after(a->relations, &before, text, strlen(text), false, &d, NULL, 0))
		return false;
	out->secret = d.n_ignored > 0 && !d.n_facts && !d.n_ended && d.n_unread <= d.n_ignored;
	for (size_t i = 0; i < d.n_ignored; i++)
		out->secret = out->secret && !strcmp(d.ignored[i].reason, "secret");
	for (size_t i = 0; i < d.n_ended; i++)
		out->ended |= learn_ended(a, &d.ended[i], subject, 1) > 0;
	all = out->secret || ((d.n_facts || out->ended) && !d.n_unread && d.n_facts <= FORESEEN_MAX);
	for (size_t i = 0; all && i < d.n_facts; i++)
		all = !foresee(a, &d.facts[i], &out->fact[out->n++]);
	detect_free(&d);
	return all;
}

int learn_text(app *a, const char *text, bool explicit_ask, int64_t *ids, size_t cap, size_t *n_ids, char *err,
	       size_t errlen)
{
	detect_result d = { 0 };
	const detect_before before = before_of(a, a->told, a->n_told);
	int rc = detect_after(a->relations, &before, text, strlen(text), explicit_ask, &d, err, errlen);

	*n_ids = 0;
	if (!explicit_ask)
		told_shift(a);
	if (rc) {
		told_begin(a);
		return rc;
	}
	if (!explicit_ask)
		memcpy(a->last_said.about, d.about, sizeof(d.about));
	rc = note_all(a, &d, text, explicit_ask, ids, cap, n_ids, err, errlen);
	detect_free(&d);
	return rc;
}

static int recall_deed(void *arg, int64_t act, const fact *f)
{
	detect_fact what = { .op = DETECT_ADD };

	snprintf(what.subject, sizeof(what.subject), "%s", f->subject);
	snprintf(what.relation, sizeof(what.relation), "%s", f->relation);
	snprintf(what.value, sizeof(what.value), "%s", f->value);
	learn_deed_add(arg, act, DETECT_ADD, &what);
	return 0;
}

/* The exchange is what turns t[0] and t[1] are. */
static void recall_exchange(app *a, const engine_turn *t)
{
	detect_result d = { 0 };
	detect_before before;

	told_shift(a);
	learn_note_exchange(a, t[0].text, t[1].text, false);
	before = before_of(a, a->told, a->n_told);
	if (detect_after(a->relations, &before, t[0].text, t[0].len, false, &d, NULL, 0))
		return;
	told_begin(a);
	for (size_t i = 0; i < d.n_facts; i++)
		learn_told_add(a, &d.facts[i]);
	memcpy(a->last_said.about, d.about, sizeof(d.about));
	detect_free(&d);
}

void learn_recall(app *a)
{
	const size_t n = a->talk.n;
	char err[256];

	learn_told_clear(a);
	learn_deeds_clear(a);
	a->last_own = false;
	if (n % 2)
		return; /* a message that got no reply */
	if (n >= 4)
		recall_exchange(a, a->talk.turns + n - 4);
	if (n >= 2) {
		recall_exchange(a, a->talk.turns + n - 2);
		memory_each_told(a->memory, a->chat, a->talk.turns[n - 2].text, recall_deed, a, err, sizeof(err));
	}
}

int learn_instead(app *a, const char *text, char *err, size_t errlen)
{
	detect_result d = { 0 };
	size_t n_ids;
	const detect_before before = before_of(a, a->told_before, a->n_told_before);
	int rc = text ? detect_after(a->relations, &before, text, strlen(text), false, &d, err, errlen) : 0;

	if (rc)
		return rc;
	memcpy(a->last_said.about, d.about, sizeof(d.about));
	learn_unsay(a, d.facts, d.n_facts);
	if (text)
		rc = note_all(a, &d, text, false, NULL, 0, &n_ids, err, errlen);
	else
		learn_told_clear(a);
	detect_free(&d);
	return rc;
}
