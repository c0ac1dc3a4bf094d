/*
 * edit_contexts: prompts -> tokens, keys, and the part of the forward pass that no edit can change.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edit_int.h"

/* ---- tokens ---- */

static size_t common_prefix(const int32_t *a, size_t n, const int32_t *b, size_t m)
{
	size_t i = 0;

	while (i < n && i < m && a[i] == b[i])
		i++;
	return i;
}

/* The whole dialogue with the answer as the assistant's turn. */
static int answered_tokens(const engine *e, const edit_context *ctx, int32_t **out, size_t *n_out,
			   char *err, size_t errlen)
{
	engine_turn *turns = alloc_array(ctx->n_turns + 1, 1, sizeof *turns);

	if (!turns)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for an edit");
	memcpy(turns, ctx->turns, ctx->n_turns * sizeof *turns);
	turns[ctx->n_turns] = (engine_turn){ "assistant", ctx->answer, strlen(ctx->answer) };
	int rc = engine_chat_tokens(e, turns, ctx->n_turns + 1, false, SIZE_MAX, out, n_out, NULL,
				    err, errlen);

	free(turns);
	return rc;
}

/* The token of an answer in which its byte `at` lies. */
static size_t value_target(const engine *e, const int32_t *answer, size_t n, size_t at)
{
	size_t pos = 0, t;

	for (t = 0; t + 1 < n; t++) {
		const char *bytes;

		pos += t ? engine_token_bytes(e, answer[t], &bytes) : engine_first_bytes(e, answer[t], &bytes);
		if (pos > at)
			break;
	}
	return t;
}

/* The targets: what follows the prompt in the answered dialogue, to the token that ends the turn.
 * A template whose reply header does not begin the finished turn is refused. */
static int case_targets(edit_case *c, const engine *e, const edit_context *ctx, char *err,
			size_t errlen)
{
	int32_t *all = NULL;
	size_t n = 0, end;
	int rc = answered_tokens(e, ctx, &all, &n, err, errlen);

	if (rc)
		return rc;
	for (end = c->n_prompt; end < n && !engine_token_ends(e, all[end]); end++)
		;
	if (common_prefix(c->tokens, c->n_prompt, all, n) < c->n_prompt || end >= n ||
	    end == c->n_prompt) {
		free(all);
		return fail(err, errlen, ENGINE_ERR,
			    "the chat template leaves nothing to learn of \"%.60s\"", ctx->answer);
	}
	c->n_targets = end + 1 - c->n_prompt;
	c->n_tokens = end;
	c->value = value_target(e, all + c->n_prompt, c->n_targets - 1, ctx->value_at);
	c->targets = alloc_array(c->n_targets, 1, sizeof *c->targets);
	if (c->targets)
		memcpy(c->targets, all + c->n_prompt, c->n_targets * sizeof *c->targets);
	else
		rc = fail(err, errlen, ENGINE_ENOMEM, "not enough memory for an edit");
	free(c->tokens);
	c->tokens = all; /* longer than n_tokens: the last target is not an input */
	return rc;
}

int edit_case_init(edit_case *c, const engine *e, const edit_context *ctx, char *err,
		   size_t errlen)
{
	*c = (edit_case){ .weights = ENGINE_BASE };
	if (!ctx->n_turns || ctx->anchor_end == 0 || ctx->anchor_end == SIZE_MAX)
		return fail(err, errlen, ENGINE_EARG, "an edit needs a question and an anchor");
	int rc = engine_chat_tokens(e, ctx->turns, ctx->n_turns, true, ctx->anchor_end, &c->tokens,
				    &c->n_prompt, &c->anchor, err, errlen);

	if (rc)
		return rc;
	if (c->anchor >= c->n_prompt)
		return fail(err, errlen, ENGINE_ERR, "an edit's anchor lies outside its prompt");
	c->n_tokens = c->anchor + 1;
	if (ctx->answer)
		rc = case_targets(c, e, ctx, err, errlen);
	if (!rc && c->n_tokens > e->info.n_ctx)
		rc = fail(err, errlen, ENGINE_EFULL,
			  "an edit's prompt and answer take %zu tokens, the model holds %zu",
			  c->n_tokens, e->info.n_ctx);
	return rc;
}

void edit_case_release(edit_case *c)
{
	free(c->tokens);
	free(c->targets);
	free(c->x);
	kv_release(&c->kv);
	*c = (edit_case){ 0 };
}

/* ---- what never changes ---- */

/* Positions from..to of the case through layers 0..layer1 into c->kv; x [to - from, n_embd]. */
static int run_rows(edit_case *c, engine *e, size_t from, size_t to, size_t layer1, float *x,
		    float *keys, float *values, engine_stop_fn stop, void *arg)
{
	forward_seq seq = { .own = &c->kv, .pos0 = from, .n_rows = to - from };
	forward_args a = {
		.seqs = &seq, .n_seqs = 1, .n_rows = to - from,
		.layer1 = layer1, .weights = c->weights,
		.keys_out = keys, .values_out = values,
		.stop = stop, .arg = arg,
	};
	int rc = forward_embed(e->fwd, c->tokens + from, to - from, x);

	return rc ? rc : forward_layers(e->fwd, &a, x);
}

double edit_length(const float *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)v[i] * (double)v[i];
	return sqrt(sum);
}

/* A layer may add next to nothing at an anchor. */
double edit_unit(double own, double residual)
{
	static const double least = 0.1;

	return own > least * residual ? own : least * residual;
}

int edit_case_fill(edit_case *c, engine *e, float *key, double *v_norm, engine_stop_fn stop,
		   void *arg)
{
	const hparams *hp = &e->model->hp;
	size_t rows = c->n_tokens - c->anchor, most = rows > c->anchor ? rows : c->anchor;
	float *x = alloc_array(most, hp->n_embd, sizeof *x);
	float *keys = alloc_array(rows, hp->n_ff, sizeof *keys);
	float *values = alloc_array(rows, hp->n_embd, sizeof *values);
	int rc = x && keys && values ? 0 : ENGINE_ENOMEM;

	if (!rc && !c->kv.k)
		rc = kv_init(&c->kv, e->model, c->n_tokens);
	/* A case without targets needs no more than the layers up to the edit layer. */
	size_t edit_end = (size_t)e->model->edit_layer + 1;
	size_t prefix_end = c->n_targets ? hp->n_layer : edit_end;

	if (!rc && c->anchor)
		rc = run_rows(c, e, 0, c->anchor, prefix_end, x, NULL, NULL, stop, arg);
	if (!rc)
		rc = run_rows(c, e, c->anchor, c->n_tokens, edit_end, x, keys, values, stop, arg);
	if (!rc) {
		memcpy(key, keys, hp->n_ff * sizeof *key);
		*v_norm = edit_unit(edit_length(values, hp->n_embd), edit_length(x, hp->n_embd));
		free(c->x);
		c->x = x;
		x = NULL;
	}
	free(x);
	free(keys);
	free(values);
	return rc;
}

void edit_case_count(const edit_case *c, const model *m, npu_tally *work)
{
	const npu_shape shape = npu_shape_of(&m->hp, m->edit_layer);
	npu_pass pass = { .layer1 = c->n_targets ? m->hp.n_layer : (size_t)m->edit_layer + 1, .rows = c->anchor,
			  .context = c->n_tokens, .edit_layer = m->edit_layer };

	if (c->anchor)
		npu_tally_add(work, &shape, &pass, 1);
	pass.layer1 = (size_t)m->edit_layer + 1;
	pass.rows = c->n_tokens - c->anchor;
	npu_tally_add(work, &shape, &pass, 1);
}

size_t edit_case_bytes(const edit_case *c, const model *m)
{
	size_t rows = c->n_tokens - c->anchor, most = rows > c->anchor ? rows : c->anchor;

	return 2 * c->kv.bytes + (c->x ? most * m->hp.n_embd * sizeof *c->x : 0);
}

/* ---- keys alone ---- */

enum { KEYS_AT_ONCE = 64 /* cases in one pass: the weights are read once for all of them */ };

/* Cases without targets, each from its first token to its anchor, through the edit layer. keys [n, n_ff]. */
static int keys_pass(engine *e, edit_case *cases, size_t n, float *keys, engine_stop_fn stop, void *arg)
{
	const hparams *hp = &e->model->hp;
	forward_seq seqs[KEYS_AT_ONCE];
	size_t rows = 0, at = 0;
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		rc = kv_init(&cases[i].kv, e->model, cases[i].n_tokens);
		seqs[i] = (forward_seq){ .own = &cases[i].kv, .row0 = rows, .n_rows = cases[i].n_tokens };
		rows += cases[i].n_tokens;
	}
	float *x = alloc_array(rows, hp->n_embd, sizeof *x), *all = alloc_array(rows, hp->n_ff, sizeof *all);
	forward_args a = {
		.seqs = seqs, .n_seqs = n, .n_rows = rows,
		.layer1 = (size_t)e->model->edit_layer + 1, .weights = ENGINE_BASE, .keys_out = all,
		.stop = stop, .arg = arg,
	};

	if (!x || !all)
		rc = ENGINE_ENOMEM;
	for (size_t i = 0; i < n && !rc; at += cases[i++].n_tokens)
		rc = forward_embed(e->fwd, cases[i].tokens, cases[i].n_tokens, x + at * hp->n_embd);
	if (!rc)
		rc = forward_layers(e->fwd, &a, x);
	for (size_t i = 0; i < n && !rc; i++)
		memcpy(keys + i * hp->n_ff, all + (seqs[i].row0 + cases[i].anchor) * hp->n_ff,
		       hp->n_ff * sizeof *keys);
	free(x);
	free(all);
	return rc;
}

static int keys_of_some(engine *e, const edit_context *ctx, size_t n, float *keys, engine_stop_fn stop, void *arg,
			char *err, size_t errlen)
{
	edit_case cases[KEYS_AT_ONCE] = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		edit_context key_only = ctx[i];

		key_only.answer = NULL;
		rc = edit_case_init(&cases[i], e, &key_only, err, errlen);
	}
	if (!rc) {
		rc = keys_pass(e, cases, n, keys, stop, arg);
		if (rc == ENGINE_EIO)
			fail(err, errlen, rc, "%s", gguf_lost_text);
		else if (rc)
			fail(err, errlen, rc,
			     rc == ENGINE_ESTOP    ? "stopped"
			     : rc == ENGINE_ENOMEM ? "not enough memory for %zu keys"
						   : "a token of a question is not in the vocabulary",
			     n);
	}
	for (size_t i = 0; i < n; i++)
		edit_case_release(&cases[i]);
	return rc;
}

int engine_keys(engine *e, const edit_context *ctx, size_t n, float **out, engine_stop_fn stop, void *arg, char *err,
		size_t errlen)
{
	if (engine_for_chat(e, err, errlen))
		return ENGINE_EARG;
	size_t n_ff = e->model->hp.n_ff;
	float *keys = alloc_array(n, n_ff, sizeof *keys);
	int rc = keys ? 0 : fail(err, errlen, ENGINE_ENOMEM, "not enough memory for %zu keys", n);

	for (size_t i = 0; i < n && !rc; i += KEYS_AT_ONCE)
		rc = keys_of_some(e, ctx + i, n - i < KEYS_AT_ONCE ? n - i : KEYS_AT_ONCE, keys + i * n_ff, stop,
				  arg, err, errlen);
	if (rc)
		free(keys);
	else
		*out = keys;
	return rc;
}
