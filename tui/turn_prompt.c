/*
 * The prompt for the next reply: as many of the newest turns as fit beside it. What is known stands in the weights and is never
 * put here, but with --in-context, which is there to compare with: then the base weights are asked, behind every fact as the user
 * would have said it.
 */
#include "tui/app_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_SHARE = 2 }; /* facts take at most that part of the room */

/* The longest reply that room is kept for. */
static size_t reply_room(size_t n_ctx)
{
	return n_ctx > 4 * REPLY_TOKENS ? REPLY_TOKENS : n_ctx / 4;
}

/* Does it name a fact that was taken back in this conversation, and which nobody told again? */
static bool names_gone(app *a, const engine_turn *t)
{
	char err[128];

	for (size_t i = 0; i < a->talk.n_gone; i++) {
		fact f, *held = NULL;
		size_t n = 0;
		bool gone;

		if (memory_fact(a->memory, a->talk.gone[i], &f, err, sizeof(err)))
			continue;
		gone = f.status != FACT_ACTIVE && memory_text_has(t->text, f.value) &&
		       !memory_facts(a->memory, f.value, true, &held, &n, err, sizeof(err)) && !n;
		facts_free(held, n);
		fact_release(&f);
		if (gone)
			return true;
	}
	return false;
}

/* The turn in the wording that the model knows; a new text is kept in worded. */
static engine_turn turn_shown(const app *a, const engine_turn *t, char **worded, size_t *n_worded)
{
	engine_turn shown = *t;
	char *text = !learn_may_judge(a) && a->relations && !strcmp(t->role, "user") ? wording_of(a->relations, t->text) : NULL;

	if (!text)
		return shown;
	worded[(*n_worded)++] = text;
	shown.text = text;
	shown.len = strlen(text);
	return shown;
}

/* The tokens of the system turn, if there is one, of the facts told before (--in-context), and of the turns from index `from` on,
 * without the exchanges that tell what was taken back since. */
static int tokens_from(app *a, const dialogue *told, size_t from, int32_t **tokens, size_t *n, char *err, size_t errlen)
{
	const dialogue *d = &a->talk;
	const size_t head = d->n && !strcmp(d->turns[0].role, "system");
	engine_turn *turns = malloc((head + told->n + d->n) * sizeof(*turns) + 1);
	char **worded = calloc(d->n + 1, sizeof(*worded));
	size_t n_turns = head + told->n, n_worded = 0;
	int rc;

	if (!turns || !worded) {
		free(turns);
		free(worded);
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	if (head)
		turns[0] = d->turns[0];
	for (size_t i = 0; i < told->n; i++)
		turns[head + i] = told->turns[i];
	for (size_t i = from > head ? from : head; i < d->n; i++) {
		if (a->memory && i + 2 < d->n && !strcmp(d->turns[i].role, "user") && (names_gone(a, &d->turns[i]) || names_gone(a, &d->turns[i + 1])))
			i++; /* and the answer to it */
		else
			turns[n_turns++] = turn_shown(a, &d->turns[i], worded, &n_worded);
	}
	rc = engine_chat_tokens(a->engine, turns, n_turns, true, SIZE_MAX, tokens, n, NULL, err, errlen);
	while (n_worded)
		free(worded[--n_worded]);
	free(worded);
	free(turns);
	return rc;
}

/* Takes the turns [head, from) out for good. */
static void dialogue_drop(dialogue *d, size_t head, size_t from)
{
	for (size_t i = head; i < from; i++)
		free((char *)d->turns[i].text);
	memmove(d->turns + head, d->turns + from, (d->n - from) * sizeof(*d->turns));
	d->n -= from - head;
	d->dropped += from - head;
}

/*
 * The prompt for the last turn, the user's. When it does not fit, questions are dropped from the oldest on, each with its
 * answer, until half of what is left beside the message itself is free: whatever is dropped changes all that follows, which
 * must then be computed again, so it should be done seldom.
 */
static int prompt_tokens(app *a, const dialogue *told, int32_t **tokens, size_t *n, char *err, size_t errlen)
{
	const size_t n_ctx = engine_describe(a->engine)->n_ctx, room = n_ctx - reply_room(n_ctx);
	dialogue *d = &a->talk;
	const size_t head = !strcmp(d->turns[0].role, "system");
	size_t from = head, alone;
	int rc = tokens_from(a, told, head, tokens, n, err, errlen);

	if (rc || *n <= room)
		return rc;
	free(*tokens);
	rc = tokens_from(a, told, d->n - 1, tokens, &alone, err, errlen);
	if (rc)
		return rc;
	free(*tokens);
	if (alone > room) {
		snprintf(err, errlen, "the message is %zu tokens too long: it takes %zu of the %zu that this model holds, and %zu are "
			 "kept for the reply", alone - room, alone, n_ctx, n_ctx - room);
		return ENGINE_EFULL;
	}
	do {
		from = from + 2 < d->n ? from + 2 : d->n - 1; /* a question and its answer */
		rc = tokens_from(a, told, from, tokens, n, err, errlen);
		if (rc)
			return rc;
		if (*n <= room - (room - alone) / 2 || from + 1 >= d->n)
			break;
		free(*tokens);
	} while (true);
	dialogue_drop(d, head, from);
	return 0;
}

/* ---- --in-context ---- */

/* A statement of the fact and a reply to it. */
static int tell_fact(const app *a, dialogue *d, const fact *f)
{
	const relation *r = relations_find(a->relations, f->subject, f->relation);
	char said[512], note[512], reply[600];

	if (!r || !r->n_say || relation_fill(r->say[0], f->subject, f->value, said, sizeof(said), NULL) < 0)
		return 0; /* there is no way to say it */
	learn_describe(a, f, note, sizeof(note));
	snprintf(reply, sizeof(reply), "Okay, %s.", note);
	return dialogue_add(d, "user", said, strlen(said)) || dialogue_add(d, "assistant", reply, strlen(reply)) ? ENGINE_ENOMEM : 0;
}

/* All that is known, oldest first; where that takes too much room the oldest are left out. */
static int facts_told(app *a, dialogue *d, char *err, size_t errlen)
{
	const size_t n_ctx = engine_describe(a->engine)->n_ctx;
	fact *f = NULL;
	size_t n = 0, taken;
	int rc = memory_facts(a->memory, NULL, true, &f, &n, err, errlen) ? ENGINE_ERR : 0;

	for (size_t i = 0; !rc && i < n; i++)
		if (tell_fact(a, d, &f[i])) {
			rc = ENGINE_ENOMEM;
			snprintf(err, errlen, "out of memory");
		}
	facts_free(f, n);
	while (!rc && d->n > 1) {
		int32_t *tokens;

		rc = engine_chat_tokens(a->engine, d->turns, d->n, false, SIZE_MAX, &tokens, &taken, NULL, err, errlen);
		if (rc)
			break;
		free(tokens);
		if (taken <= n_ctx / TOLD_SHARE)
			break;
		dialogue_drop(d, 0, 2);
	}
	return rc;
}

int turn_prompt(app *a, int32_t **tokens, size_t *n, char *err, size_t errlen)
{
	dialogue told = { 0 };
	int rc = a->in_context && a->memory ? facts_told(a, &told, err, errlen) : 0;

	session_use_base(a->session, a->in_context);
	if (!rc)
		rc = prompt_tokens(a, &told, tokens, n, err, errlen);
	dialogue_clear(&told);
	return rc;
}
