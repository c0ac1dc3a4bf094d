/*
 * One turn of the chat: the dialogue as tokens, a session that holds them, tokens drawn until the model ends its turn.
 * Facts never enter the prompt: what the answer knows of them it knows from the weights. Afterwards the detector reads the
 * user's own words.
 */
#include "tui/app_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEARN_AT_ONCE = 16, PIECE_MAX = 512 };

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
	a->chat = 0;
}

/* ---- the prompt: as many of the newest turns as fit beside the reply ---- */

static int prompt_tokens(app *a, int32_t **tokens, size_t *n, char *err, size_t errlen)
{
	size_t room = engine_describe(a->engine)->n_ctx;
	size_t reply = room > 4 * REPLY_TOKENS ? REPLY_TOKENS : room / 4;
	dialogue *d = &a->talk;
	const size_t dropped = d->dropped;

	for (;;) {
		int rc = engine_chat_tokens(a->engine, d->turns + d->dropped, d->n - d->dropped, true, SIZE_MAX,
					    tokens, n, NULL, err, errlen);

		if (rc)
			return rc;
		if (*n + reply <= room)
			return 0;
		free(*tokens);
		if (d->n - d->dropped < 3) {
			d->dropped = dropped; /* the message will be taken back */
			snprintf(err, errlen, "the message is too long for this model: %zu tokens, at most %zu fit",
				 *n, room - reply);
			return ENGINE_EFULL;
		}
		d->dropped += 2; /* a question and its answer */
	}
}

/* ---- the reply ---- */

typedef struct reply {
	char *text;
	size_t len, cap, sent; /* sent: bytes shown; the rest is an unfinished character */
	int code;              /* as EV_TURN_END */
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
	double begin = app_now();
	int n, rc = 0;

	r->code = 2;
	for (n = 0; n < REPLY_TOKENS; n++) {
		int32_t token = sampler_draw(a->sampler, a->session);
		const char *bytes;
		size_t len;

		if (engine_token_ends(a->engine, token)) {
			r->code = 0;
			break;
		}
		len = n ? engine_token_bytes(a->engine, token, &bytes) : engine_first_bytes(a->engine, token, &bytes);
		if (len && reply_add(r, bytes, len)) {
			snprintf(err, errlen, "out of memory");
			return ENGINE_ENOMEM;
		}
		reply_show(a, r, false);
		if (a->stop_reply && a->stop_reply(a->arg)) {
			r->code = 1;
			break;
		}
		rc = session_eval(a->session, token, err, errlen);
		if (rc == ENGINE_EFULL) {
			rc = 0;
			break;
		}
		if (rc)
			return rc;
	}
	reply_show(a, r, true);
	if (n > 1)
		a->tokens_per_second = n / (app_now() - begin + 1e-9);
	return 0;
}

static void chat_save(app *a, const char *role, const char *text)
{
	char err[256];

	if (a->incognito)
		return;
	if (!a->chat && memory_chat_begin(a->memory, &a->chat, err, sizeof(err)))
		return;
	if (memory_chat_add(a->memory, a->chat, role, text, err, sizeof(err)))
		app_emitf(a, EV_ERROR, "this turn was not kept: %s", err);
}

static int answer(app *a, reply *r, char *err, size_t errlen)
{
	int32_t *tokens = NULL;
	size_t n = 0;
	int rc = prompt_tokens(a, &tokens, &n, err, errlen);

	if (rc)
		return rc;
	rc = session_sync(a->session, tokens, n, a->stop_reply, a->arg, err, errlen);
	free(tokens);
	if (rc == ENGINE_ESTOP) {
		r->code = 1;
		return 0;
	}
	return rc ? rc : reply_write(a, r, err, errlen);
}

void turn_run(app *a, const char *text)
{
	char err[512] = "";
	reply r = { 0 };
	int64_t ids[LEARN_AT_ONCE];
	size_t n_ids;

	app_emit(a, EV_TURN_BEGIN, 0, 0, NULL);
	learn_ask_clear(a);
	if (dialogue_add(&a->talk, "user", text, strlen(text))) {
		app_emit(a, EV_TURN_END, ENGINE_ENOMEM, 0, "out of memory");
		return;
	}
	app_emit_status(a, true);
	if (answer(a, &r, err, sizeof(err))) {
		dialogue_pop(&a->talk);
		app_emit(a, EV_TURN_END, ENGINE_ERR, 0, err);
		free(r.text);
		return;
	}
	chat_save(a, "user", text);
	if (dialogue_add(&a->talk, "assistant", r.text ? r.text : "", r.len))
		dialogue_pop(&a->talk);
	else
		chat_save(a, "assistant", r.text ? r.text : "");
	app_emit(a, EV_TURN_END, r.code, 0, NULL);
	free(r.text);
	if (!a->incognito && a->learn_mode != LEARN_OFF &&
	    learn_text(a, text, false, ids, LEARN_AT_ONCE, &n_ids, err, sizeof(err)) < 0)
		app_emitf(a, EV_ERROR, "nothing was noted: %s", err);
	app_emit_status(a, false);
}
