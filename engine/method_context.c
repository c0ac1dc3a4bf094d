/*
 * method_context: two methods that change no weight. `none` is the base model. `in-context` says the facts before the
 * question as a conversation would have them: the user's statement, and the model's own reply to it in a fresh context.
 * Where they do not fit beside the question and room for an answer, the oldest are left out, as a chat drops its oldest
 * turns.
 */
#include <stdlib.h>
#include <string.h>

#include "method_int.h"

enum { REPLY_TOKENS = 40, REPLY_BYTES = 512, ANSWER_ROOM = 64 /* tokens */ };

typedef struct told {
	char *statement, *reply;
} told;

typedef struct context {
	told *all;
	size_t n, room;
} context;

static void told_release(told *t)
{
	free(t->statement);
	free(t->reply);
}

static int context_begin(method *m, char *err, size_t errlen)
{
	m->state = calloc(1, sizeof(context));
	return m->state ? 0 : method_memory(err, errlen);
}

static void context_reset(method *m)
{
	context *c = m->state;

	for (size_t i = 0; c && i < c->n; i++)
		told_release(&c->all[i]);
	if (c) {
		free(c->all);
		*c = (context){ 0 };
	}
}

static void context_end(method *m)
{
	free(m->state);
}

/* ---- telling ---- */

static int told_add(context *c, const told *t)
{
	if (c->n == c->room) {
		size_t room = 2 * c->room + 16;
		told *p = realloc(c->all, room * sizeof *p);

		if (!p)
			return ENGINE_ENOMEM;
		c->all = p;
		c->room = room;
	}
	c->all[c->n++] = *t;
	return 0;
}

static size_t told_bytes(const context *c)
{
	size_t n = c->room * sizeof *c->all;

	for (size_t i = 0; i < c->n; i++)
		n += strlen(c->all[i].statement) + strlen(c->all[i].reply) + 2;
	return n;
}

static int context_teach(method *m, const method_fact *f, char *err, size_t errlen)
{
	char reply[REPLY_BYTES];
	told t = { .statement = method_statement(f) };

	if (!t.statement)
		return method_memory(err, errlen);
	engine_turn turn = { "user", t.statement, strlen(t.statement) };
	int rc = engine_answer(m->e, &turn, 1, ENGINE_BASE, REPLY_TOKENS, reply, sizeof reply, NULL, m->stop, m->arg, err,
			       errlen);

	if (!rc) {
		t.reply = strdup(reply);
		rc = !t.reply || told_add(m->state, &t) ? method_memory(err, errlen) : 0;
	}
	if (rc) {
		told_release(&t);
		return rc;
	}
	m->cost.converged = true;
	method_bytes(m, told_bytes(m->state));
	return 0;
}

/* ---- asking ---- */

/* System turns, the facts from `first` on, and the question. Returns the number of turns. */
static size_t fill(const context *c, size_t first, const engine_turn *turns, size_t n, engine_turn *out)
{
	size_t k = 0, at = 0;

	while (k < n && !strcmp(turns[k].role, "system"))
		out[at++] = turns[k++];
	for (size_t i = first; i < c->n; i++) {
		out[at++] = (engine_turn){ "user", c->all[i].statement, strlen(c->all[i].statement) };
		out[at++] = (engine_turn){ "assistant", c->all[i].reply, strlen(c->all[i].reply) };
	}
	while (k < n)
		out[at++] = turns[k++];
	return at;
}

static int tokens_of(const engine *e, const engine_turn *turns, size_t n, size_t *count, char *err, size_t errlen)
{
	int32_t *tokens = NULL;
	int rc = engine_chat_tokens(e, turns, n, true, SIZE_MAX, &tokens, count, NULL, err, errlen);

	free(tokens);
	return rc;
}

/* Fewer facts take fewer tokens: how many of the oldest must go is found by bisection. */
static int context_prompt(method *m, method_prompt *p, char *err, size_t errlen)
{
	const context *c = m->state;
	engine_turn *turns = alloc_array(2 * c->n + p->n, 1, sizeof *turns);
	size_t tokens, first = 0, last = c->n; /* left out: at least first, at most last */
	int rc = turns ? 0 : method_memory(err, errlen);

	for (size_t mid = 0; !rc && first < last; mid = (first + last) / 2) {
		rc = tokens_of(m->e, turns, fill(c, mid, p->turns, p->n, turns), &tokens, err, errlen);
		if (!rc && tokens + ANSWER_ROOM <= m->e->info.n_ctx)
			last = mid;
		else
			first = mid + 1;
	}
	if (rc) {
		free(turns);
		return rc;
	}
	p->n = fill(c, first, p->turns, p->n, turns);
	p->turns = p->own = turns;
	return 0;
}

const method_kind method_in_context = {
	.name = "in-context",
	.source = "facts said before the question",
	.begin = context_begin,
	.teach = context_teach,
	.prompt = context_prompt,
	.reset = context_reset,
	.end = context_end,
};

const method_kind method_none = {
	.name = "none",
	.source = "the base model",
};
