/*
 * One turn of the chat: the dialogue as tokens, a session that holds them, tokens drawn until the model ends its turn.
 * Facts never enter the prompt: what the answer knows of them it knows from the weights. Afterwards the detector reads the
 * user's own words.
 */
#include "tui/turn_forget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEARN_AT_ONCE = 16, PIECE_MAX = 512 };
static const float REDO_TEMPERATURE = 0.8f; /* where replies are the likeliest ones */

int dialogue_add(dialogue *d, const char *role, const char *text, size_t len)
{
	char *copy;

	if (d->n == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 16;
		engine_turn *turns = realloc(d->turns, cap * sizeof(*turns));

		if (!turns)
			return ENGINE_ENOMEM;
		d->turns = turns;
		d->cap = cap;
	}
	copy = malloc(len + 1);
	if (!copy)
		return ENGINE_ENOMEM;
	memcpy(copy, text, len);
	copy[len] = 0;
	d->turns[d->n++] = (engine_turn){ .role = role, .text = copy, .len = len };
	return 0;
}

static int fail_memory(char *err, size_t errlen)
{
	snprintf(err, errlen, "out of memory");
	return ENGINE_ENOMEM;
}

static void dialogue_pop(dialogue *d)
{
	free((char *)d->turns[--d->n].text);
}

void dialogue_clear(dialogue *d)
{
	while (d->n)
		dialogue_pop(d);
	free(d->turns);
	memset(d, 0, sizeof(*d));
}

void turn_new(app *a)
{
	dialogue_clear(&a->talk);
	learn_told_clear(a);
	learn_deeds_clear(a);
	forget_ask_clear(a);
	a->chat = 0;
	a->last_kept = a->last_own = false;
}

/* ---- the reply ---- */

typedef struct reply {
	char *text;
	size_t len, cap, sent; /* sent: bytes shown; the rest is an unfinished character */
	int code;              /* as EV_TURN_END */
	char cut[64];          /* code 2: why */
	double begun;          /* when the message came */
} reply;

static int reply_add(reply *r, const char *bytes, size_t n)
{
	if (r->len + n + 1 > r->cap) {
		size_t cap = 2 * (r->len + n + 1);
		char *text = realloc(r->text, cap);

		if (!text)
			return ENGINE_ENOMEM;
		r->text = text;
		r->cap = cap;
	}
	memcpy(r->text + r->len, bytes, n);
	r->len += n;
	r->text[r->len] = 0;
	return 0;
}

static void reply_show(app *a, reply *r, bool all)
{
	size_t whole = all ? r->len - r->sent : text_whole(r->text + r->sent, r->len - r->sent);
	char piece[PIECE_MAX];

	while (whole) {
		size_t n = whole < sizeof(piece) - 1 ? whole : text_whole(r->text + r->sent, sizeof(piece) - 1);

		if (!n)
			n = whole < sizeof(piece) - 1 ? whole : sizeof(piece) - 1;
		memcpy(piece, r->text + r->sent, n);
		piece[n] = 0;
		app_emit(a, EV_TOKEN, 0, 0, piece);
		r->sent += n;
		whole -= n;
	}
}

static int reply_write(app *a, reply *r, char *err, size_t errlen)
{
	turn_figures *f = &a->last;
	double first = 0;
	int rc = 0;

	r->code = 2;
	snprintf(r->cut, sizeof(r->cut), "the reply reached its limit of %d tokens", REPLY_TOKENS);
	for (f->tokens = 0; f->tokens < REPLY_TOKENS; f->tokens++) {
		int32_t token = sampler_draw(a->sampler, a->session);
		const char *bytes;
		size_t len;

		if (!f->tokens)
			first = app_now();
		if (engine_token_ends(a->engine, token)) {
			r->code = 0;
			break;
		}
		len = f->tokens ? engine_token_bytes(a->engine, token, &bytes) : engine_first_bytes(a->engine, token, &bytes);
		if (len && reply_add(r, bytes, len))
			return fail_memory(err, errlen);
		reply_show(a, r, false);
		if (a->stop_reply && a->stop_reply(a->arg)) {
			r->code = 1;
			break;
		}
		rc = session_eval(a->session, token, err, errlen);
		if (rc == ENGINE_EFULL) {
			snprintf(r->cut, sizeof(r->cut), "the context is full");
			rc = 0;
			break;
		}
		if (rc)
			return rc;
	}
	reply_show(a, r, true);
	f->first_seconds = first - r->begun;
	f->tokens_per_second = f->tokens > 1 ? f->tokens / (app_now() - first + 1e-9) : 0;
	return 0;
}

/* Returns whether the message is in the ledger. */
static bool chat_save(app *a, const char *role, const char *text)
{
	char err[256];

	if (a->incognito)
		return false;
	if ((a->chat || !memory_chat_begin(a->memory, &a->chat, err, sizeof(err))) &&
	    !memory_chat_add(a->memory, a->chat, role, text, err, sizeof(err)))
		return true;
	app_emitf(a, EV_ERROR, "this turn was not kept: %s", err);
	return false;
}

static int answer(app *a, reply *r, char *err, size_t errlen)
{
	const size_t computed = session_computed(a->session);
	int32_t *tokens = NULL;
	size_t n = 0;
	int rc;

	a->last = (turn_figures){ 0 };
	rc = turn_prompt(a, &tokens, &n, err, errlen);
	if (rc)
		return rc;
	rc = session_sync(a->session, tokens, n, a->stop_reply, a->arg, err, errlen);
	free(tokens);
	a->last.prompt = n;
	a->last.read = session_computed(a->session) - computed;
	if (rc == ENGINE_ESTOP) {
		r->code = 1;
		return 0;
	}
	return rc ? rc : reply_write(a, r, err, errlen);
}

static void turn_end(app *a, int code, const char *text)
{
	event *e = a->emit ? calloc(1, sizeof(*e)) : NULL;

	if (!e) {
		app_emit(a, EV_TURN_END, code, 0, text);
		return;
	}
	e->type = EV_TURN_END;
	e->code = code;
	e->turn = a->last;
	e->text = text ? strdup(text) : NULL;
	a->emit(a->arg, e);
}

/* Says, once in a chat, that the model no longer sees its beginning; the panes and /context count on. */
static void tell_dropped(app *a, size_t before)
{
	if (!before && a->talk.dropped)
		app_emitf(a, EV_NOTICE, "the conversation outgrew the context of %zu tokens: its %zu oldest messages were dropped, and more will "
			  "be as it goes on (/context counts them); what was learned stays",
			  engine_describe(a->engine)->n_ctx, a->talk.dropped);
}

/* One message; returns whether it was answered, and then what the reply is. */
static bool turn_answer(app *a, const char *text, reply *r, char *err, size_t errlen)
{
	const size_t dropped = a->talk.dropped;

	if (dialogue_add(&a->talk, "user", text, strlen(text))) {
		turn_end(a, ENGINE_ENOMEM, "out of memory: the message was not answered");
		return false;
	}
	app_emit_status(a, true);
	if (answer(a, r, err, errlen)) {
		dialogue_pop(&a->talk);
		a->lost_told |= app_lost(a, err, errlen);
		turn_end(a, ENGINE_ERR, err);
		tell_dropped(a, dropped);
		return false;
	}
	if (dialogue_add(&a->talk, "assistant", r->text ? r->text : "", r->len))
		dialogue_pop(&a->talk);
	turn_end(a, r->code, r->code == 2 ? r->cut : NULL);
	tell_dropped(a, dropped);
	return true;
}

/* What an answered message comes to. learn: its words are new; instead: they take the place of the last ones. */
static void notice(app *a, const char *text, bool learn, bool instead)
{
	const bool off = a->incognito || a->learn_mode == LEARN_OFF;
	int64_t ids[LEARN_AT_ONCE];
	char err[512] = "";
	size_t n_ids;
	int rc = 0;

	if (learn && !instead)
		learn_deeds_clear(a);
	if (learn && instead)
		rc = learn_instead(a, off ? NULL : text, err, sizeof(err));
	else if (off)
		learn_told_clear(a);
	else if (learn)
		rc = learn_text(a, text, false, ids, LEARN_AT_ONCE, &n_ids, err, sizeof(err));
	if (rc < 0)
		app_emitf(a, EV_ERROR, "nothing was noted: %s", err);
}

/* The exchange into the ledger; cut: how many messages there it takes the place of. */
static void turn_keep(app *a, const char *text, const char *answered, size_t cut)
{
	char err[256];

	if (cut && a->chat && a->last_kept && memory_chat_cut(a->memory, a->chat, cut, err, sizeof(err)))
		app_emitf(a, EV_ERROR, "the earlier reply is still kept: %s", err);
	a->last_kept = chat_save(a, "user", text) && chat_save(a, "assistant", answered);
}

/* A message answered without the model: shown is what the user reads, brief what the dialogue gets. */
static void turn_answered(app *a, const char *text, const char *shown, const char *brief, size_t cut)
{
	a->last = (turn_figures){ 0 };
	a->last_own = true;
	app_emit(a, EV_TOKEN, 0, 0, shown);
	if (!dialogue_add(&a->talk, "user", text, strlen(text)) &&
	    dialogue_add(&a->talk, "assistant", brief, strlen(brief)))
		dialogue_pop(&a->talk);
	turn_end(a, 0, NULL);
	turn_keep(a, text, brief, cut);
	learn_note_exchange(a, text, brief, cut > 0);
}

/* A message that asks to forget something: done, and answered without the model. */
static void turn_forget(app *a, const char *text, const forget_asking *asked, size_t cut)
{
	char *said = NULL;
	const char *brief; /* what the dialogue gets */
	size_t size = 0;
	FILE *out;

	if (cut)
		learn_unsay(a, NULL, 0);
	out = open_memstream(&said, &size);
	if (!out) {
		turn_end(a, ENGINE_ENOMEM, "out of memory: nothing was forgotten");
		return;
	}
	brief = forget_do(a, asked, out);
	fclose(out);
	turn_answered(a, text, said, brief, cut);
	free(said);
	app_emit_status(a, false);
}

/* One message and its reply; learn: read afterwards by the detector. cut: how many messages in the ledger it takes the place
 * of. Returns whether it was answered. */
static bool turn_say(app *a, const char *text, bool learn, size_t cut)
{
	char err[512] = "";
	reply r = { .begun = app_now() };
	forget_asking asked;
	char *own, *brief = NULL;

	if (learn && forget_asked(a, text, cut > 0, &asked)) {
		turn_forget(a, text, &asked, cut);
		return true;
	}
	if (learn)
		forget_ask_clear(a);
	own = learn ? own_reply(a, text, cut > 0, &brief) : NULL;
	if (own) {
		turn_answered(a, text, own, brief, cut);
		free(own);
		free(brief);
		notice(a, text, true, cut > 0);
		app_emit_status(a, false);
		return true;
	}
	if (!turn_answer(a, text, &r, err, sizeof(err))) {
		free(r.text);
		if (!cut)
			learn_told_clear(a);
		app_emit_status(a, false);
		return false;
	}
	a->last_own = false;
	turn_keep(a, text, r.text ? r.text : "", cut);
	learn_note_exchange(a, text, r.text ? r.text : "", cut > 0);
	free(r.text);
	notice(a, text, learn, cut > 0);
	app_emit_status(a, false);
	return true;
}

void turn_run(app *a, const char *text)
{
	app_emit(a, EV_TURN_BEGIN, 0, 0, NULL);
	if (a->n_asked)
		app_emit(a, EV_NOTICE, 0, 0, "not noted, since the question was left open: /remember and the fact notes it");
	learn_ask_clear(a);
	turn_say(a, text, true, 0);
}

/* Where the user's last message stands in the dialogue; SIZE_MAX: there is none. */
static size_t last_said(const dialogue *d)
{
	size_t i = d->n;

	while (i && strcmp(d->turns[i - 1].role, "user") != 0)
		i--;
	return i ? i - 1 : SIZE_MAX;
}

void turn_redo(app *a, const char *text)
{
	const sample_options before = a->sampling;
	sample_options o = before;
	dialogue *d = &a->talk;
	const size_t at = last_said(d), n = at < d->n ? d->n - at : 0;
	engine_turn *old = n ? malloc(n * sizeof(*old)) : NULL;
	forget_asking asked;
	char err[256];
	bool answered;

	app_emit(a, EV_TURN_BEGIN, 0, 0, NULL);
	learn_ask_clear(a);
	if (!old || (!text && (a->last_own || forget_asked(a, d->turns[at].text, true, &asked)))) {
		turn_end(a, ENGINE_ERR, old ? "that was not the model's reply: there is no other" : n ? "out of memory" : "nothing has been said yet");
		free(old);
		return;
	}
	memcpy(old, d->turns + at, n * sizeof(*old));
	d->n = at;
	if (!text) { /* the likeliest reply has been given */
		o.temperature = o.temperature > 0 ? o.temperature : REDO_TEMPERATURE;
		o.seed += ++a->redone;
		sampling_use(a, &o, err, sizeof(err));
	}
	answered = turn_say(a, text ? text : old[0].text, text != NULL, n);
	if (!text)
		sampling_use(a, &before, err, sizeof(err));
	for (size_t i = 0; i < n; i++)
		if (answered)
			free((char *)old[i].text);
		else
			d->turns[d->n++] = old[i]; /* there is room: they stood there */
	free(old);
}

int turn_ask(app *a, const char *text, char **out, char *err, size_t errlen)
{
	void (*const emit)(void *arg, event *e) = a->emit;
	reply r = { .begun = app_now() };
	const dialogue talk = a->talk;
	int rc;

	a->emit = NULL;
	a->talk = (dialogue){ 0 };
	rc = dialogue_add(&a->talk, "user", text, strlen(text)) ? fail_memory(err, errlen) : answer(a, &r, err, errlen);
	dialogue_clear(&a->talk);
	a->talk = talk;
	a->emit = emit;
	if (!rc && r.code == 1)
		rc = ENGINE_ESTOP;
	if (!rc && !r.text && !(r.text = strdup("")))
		rc = fail_memory(err, errlen);
	if (rc)
		free(r.text);
	else
		*out = r.text;
	return rc;
}
