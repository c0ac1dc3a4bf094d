/*
 * answer: a greedy reply, and the probability of a given one, in a fresh dialogue. Both run in the
 * engine's scratch cache and leave sessions alone.
 */
#include "engine_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

typedef struct run {
	engine *e;
	enum engine_weights weights;
	engine_stop_fn stop;
	void *arg;
	float *x;      /* [BATCH, n_embd] */
	float *logits; /* [n_vocab] */
	int32_t *tokens;
	size_t n_tokens, room;
} run;

static void run_release(run *r)
{
	free(r->x);
	free(r->logits);
	free(r->tokens);
}

static int explain(int code, char *err, size_t errlen)
{
	return fail(err, errlen, code, "%s",
		    code == ENGINE_ENOMEM  ? "out of memory"
		    : code == ENGINE_ESTOP ? "stopped"
		    : code == ENGINE_EIO   ? gguf_lost_text
					   : "the model cannot be run");
}

/* Runs tokens [from, from + n), n at most BATCH; x gets the last layer's output [n, n_embd]. */
static int run_batch(run *r, size_t from, size_t n)
{
	forward_seq seq = { .own = &r->e->scratch, .pos0 = from, .n_rows = n };
	forward_args a = {
		.seqs = &seq,
		.n_seqs = 1,
		.n_rows = n,
		.layer1 = r->e->model->hp.n_layer,
		.weights = r->weights,
		.stop = r->stop,
		.arg = r->arg,
	};
	int rc = forward_embed(r->e->fwd, r->tokens + from, n, r->x);

	return rc ? rc : forward_layers(r->e->fwd, &a, r->x);
}

static int run_new(run *r, const engine_turn *turns, size_t n, bool open_reply, char *err,
		   size_t errlen)
{
	if (r->weights == ENGINE_TRIAL && !r->e->has_trial)
		return fail(err, errlen, ENGINE_EARG, "there are no weights on trial");
	if (engine_for_chat(r->e, err, errlen))
		return ENGINE_EARG;
	const hparams *hp = &r->e->model->hp;
	int rc = engine_chat_tokens(r->e, turns, n, open_reply, SIZE_MAX, &r->tokens, &r->n_tokens,
				    NULL, err, errlen);

	if (rc)
		return rc;
	r->room = r->n_tokens;
	if (!r->n_tokens)
		return fail(err, errlen, ENGINE_EARG, "an empty dialogue has no answer");
	if (r->n_tokens > r->e->info.n_ctx)
		return fail(err, errlen, ENGINE_EFULL,
			    "the dialogue takes %zu tokens; the model holds %zu", r->n_tokens,
			    r->e->info.n_ctx);
	r->x = alloc_array(BATCH, hp->n_embd, sizeof(*r->x));
	r->logits = alloc_array(hp->n_vocab, 1, sizeof(*r->logits));
	return r->x && r->logits ? 0 : explain(ENGINE_ENOMEM, err, errlen);
}

/* ---- a reply ---- */

static int32_t argmax(const float *x, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return (int32_t)best;
}

/* Room for the whole reply, so that nothing is allocated between its tokens. */
static int make_room(run *r, size_t max_tokens)
{
	size_t left = r->e->info.n_ctx - r->n_tokens;
	size_t room = r->n_tokens + (max_tokens < left ? max_tokens : left);
	int32_t *p = realloc(r->tokens, room * sizeof(*p));

	if (!p)
		return ENGINE_ENOMEM;
	r->tokens = p;
	r->room = room;
	return 0;
}

/* Appends up to room tokens; *ended when the last one would have been the end of the turn. */
static int generate(run *r, bool *ended)
{
	const hparams *hp = &r->e->model->hp;
	size_t done = 0;

	*ended = false;
	for (;;) {
		size_t n = r->n_tokens - done < BATCH ? r->n_tokens - done : BATCH;
		int rc = run_batch(r, done, n);

		if (rc)
			return rc;
		done += n;
		if (done < r->n_tokens)
			continue;
		rc = forward_logits(r->e->fwd, r->x + (n - 1) * hp->n_embd, 1, r->logits);
		if (rc)
			return rc;
		int32_t id = argmax(r->logits, hp->n_vocab);

		*ended = vocab_ends(r->e->vocab, id);
		if (*ended || r->n_tokens == r->room)
			return 0;
		r->tokens[r->n_tokens++] = id;
	}
}

/* Bytes of the reply's tokens [from, n_tokens) as one terminated text; returns whether all of it
 * fitted. */
static bool spell(const run *r, size_t from, char *out, size_t cap)
{
	size_t len = 0;
	bool fits = true;

	for (size_t i = from; fits && i < r->n_tokens; i++) {
		const char *s;
		size_t n = i == from ? engine_first_bytes(r->e, r->tokens[i], &s)
				     : engine_token_bytes(r->e, r->tokens[i], &s);

		fits = n < cap - len;
		if (!fits)
			n = cap - 1 - len;
		memcpy(out + len, s, n);
		len += n;
	}
	out[utf8_whole(out, len)] = '\0';
	return fits;
}

int engine_answer(engine *e, const engine_turn *turns, size_t n, enum engine_weights which, size_t max_tokens,
		  char *out, size_t cap, bool *ended, engine_stop_fn stop, void *arg, char *err,
		  size_t errlen)
{
	run r = { .e = e, .weights = which, .stop = stop, .arg = arg };
	bool by_itself = false;

	if (!cap)
		return fail(err, errlen, ENGINE_EARG, "no room for an answer");
	int rc = run_new(&r, turns, n, true, err, errlen);
	size_t prompt = r.n_tokens;

	if (!rc) {
		rc = make_room(&r, max_tokens);
		if (!rc)
			rc = generate(&r, &by_itself);
		if (rc)
			explain(rc, err, errlen);
	}
	if (!rc) {
		bool whole = spell(&r, prompt, out, cap);

		if (ended)
			*ended = by_itself && whole;
	}
	run_release(&r);
	return rc;
}

/* ---- the probability of a reply ---- */

/* Sums log p of tokens [first, last], each given those before it. */
static int score_tokens(run *r, size_t first, size_t last, double *sum)
{
	const size_t d = r->e->model->hp.n_embd;
	float logp[BATCH];
	bool top[BATCH];

	*sum = 0;
	for (size_t from = 0; from < last; from += BATCH) { /* token last is a target only */
		size_t n = last - from < BATCH ? last - from : BATCH;
		size_t skip = first - 1 > from ? first - 1 - from : 0;
		int rc = run_batch(r, from, n);

		if (!rc && skip < n)
			rc = forward_score(r->e->fwd, r->x + skip * d, n - skip,
					   r->tokens + from + skip + 1, logp, top);
		if (rc)
			return rc;
		for (size_t i = skip; i < n; i++)
			*sum += logp[i - skip];
	}
	return 0;
}

/* Tokens of the dialogue with its answer; those of the answer are [*first, *last), and *last is the token that ends the
 * turn. */
static int answered_new(run *r, const engine_turn *turns, size_t n, const char *answer, size_t *first,
			size_t *last, char *err, size_t errlen)
{
	int32_t *prompt = NULL;
	size_t n_prompt = 0, end;
	engine_turn *all = alloc_array(n + 1, 1, sizeof(*all));

	if (!all)
		return explain(ENGINE_ENOMEM, err, errlen);
	if (n)
		memcpy(all, turns, n * sizeof(*all));
	all[n] = (engine_turn){ "assistant", answer, strlen(answer) };
	int rc = engine_chat_tokens(r->e, turns, n, true, SIZE_MAX, &prompt, &n_prompt, NULL, err,
				    errlen);

	if (!rc)
		rc = run_new(r, all, n + 1, false, err, errlen);
	free(all);
	if (!rc && (n_prompt >= r->n_tokens || memcmp(prompt, r->tokens, n_prompt * sizeof(*prompt))))
		rc = fail(err, errlen, ENGINE_ERR, "the chat template cannot score an answer");
	free(prompt);
	for (end = n_prompt; !rc && end < r->n_tokens && !vocab_ends(r->e->vocab, r->tokens[end]);)
		end++;
	if (!rc && (end == r->n_tokens || !n_prompt))
		rc = fail(err, errlen, ENGINE_ERR,
			  "the chat template has no token that ends an answer");
	if (!rc) {
		*first = n_prompt;
		*last = end;
	}
	return rc;
}

int engine_score(engine *e, const engine_turn *turns, size_t n, enum engine_weights which, const char *answer,
		 double *nll, double *p, char *err, size_t errlen)
{
	run r = { .e = e, .weights = which };
	size_t first, last;
	double sum;
	int rc = answered_new(&r, turns, n, answer, &first, &last, err, errlen);

	if (!rc) {
		rc = score_tokens(&r, first, last, &sum);
		if (rc)
			explain(rc, err, errlen);
	}
	if (!rc && nll)
		*nll = -sum / (double)(last + 1 - first);
	if (!rc && p)
		*p = exp(sum);
	run_release(&r);
	return rc;
}

/* top [last - first]: the likeliest token at each position of [first, last), given all that stand before it. */
static int likeliest(run *r, size_t first, size_t last, int32_t *top)
{
	const hparams *hp = &r->e->model->hp;

	for (size_t from = 0; from + 1 < last; from += BATCH) {
		size_t n = last - 1 - from < BATCH ? last - 1 - from : BATCH;
		int rc = run_batch(r, from, n);

		for (size_t i = first - 1 > from ? first - 1 - from : 0; !rc && i < n; i++) {
			rc = forward_logits(r->e->fwd, r->x + i * hp->n_embd, 1, r->logits);
			top[from + i + 1 - first] = argmax(r->logits, hp->n_vocab);
		}
		if (rc)
			return rc;
	}
	return 0;
}

int engine_forced(engine *e, const engine_turn *turns, size_t n, enum engine_weights which, const char *answer,
		  int32_t *want, int32_t *top, size_t cap, size_t *n_out, char *err, size_t errlen)
{
	run r = { .e = e, .weights = which };
	size_t first, last;
	int rc = answered_new(&r, turns, n, answer, &first, &last, err, errlen);

	if (!rc && last - first > cap)
		rc = fail(err, errlen, ENGINE_EARG, "the answer takes %zu tokens, more than %zu", last - first, cap);
	if (!rc) {
		rc = likeliest(&r, first, last, top);
		if (rc)
			explain(rc, err, errlen);
	}
	if (!rc) {
		memcpy(want, r.tokens + first, (last - first) * sizeof(*want));
		*n_out = last - first;
	}
	run_release(&r);
	return rc;
}
