/*
 * session: one token sequence and its KV cache. The caller says which tokens it wants; the session
 * keeps what it has computed with the same weights and runs the model over the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"

enum { SESSION_BATCH = 256 };

struct session {
	engine *e;
	bool base; /* asked for; holds from the next sync on */

	/* What the cache holds. */
	kv_cache kv;
	int32_t *tokens; /* [n_ctx] */
	size_t n;
	bool kept_base;
	uint64_t kept_version;
	bool has_logits; /* logits belong to the last of the n tokens */
	size_t computed; /* rows run so far */

	float *logits; /* [n_vocab] */
	float *x;      /* [SESSION_BATCH, n_embd] */
};

int session_new(session **out, engine *e, char *err, size_t errlen)
{
	if (!e->model)
		return fail(err, errlen, ENGINE_EARG, "the model was opened for its tokens alone");
	const hparams *hp = &e->model->hp;
	session *s = calloc(1, sizeof(*s));
	if (!s)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	s->e = e;
	s->tokens = alloc_array(e->info.n_ctx, 1, sizeof(*s->tokens));
	s->logits = alloc_array(hp->n_vocab, 1, sizeof(*s->logits));
	s->x = alloc_array(SESSION_BATCH, hp->n_embd, sizeof(*s->x));
	if (!s->tokens || !s->logits || !s->x || kv_init(&s->kv, e->model, e->info.n_ctx)) {
		session_free(s);
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	}
	*out = s;
	return ENGINE_OK;
}

void session_free(session *s)
{
	if (!s)
		return;
	kv_release(&s->kv);
	free(s->tokens);
	free(s->logits);
	free(s->x);
	free(s);
}

/* Runs the model over tokens[0..rows), which follow what is held. */
static int session_extend(session *s, const int32_t *tokens, size_t rows, engine_stop_fn stop,
			  void *arg)
{
	forward_seq seq = { .own = &s->kv, .pos0 = s->n, .n_rows = rows };
	forward_args a = {
		.seqs = &seq,
		.n_seqs = 1,
		.n_rows = rows,
		.layer1 = s->e->model->hp.n_layer,
		.weights = s->kept_base ? ENGINE_BASE : ENGINE_EDITED,
		.stop = stop,
		.arg = arg,
	};
	int rc = forward_embed(s->e->fwd, tokens, rows, s->x);
	if (!rc)
		rc = forward_layers(s->e->fwd, &a, s->x);
	if (rc)
		return rc;
	memcpy(s->tokens + s->n, tokens, rows * sizeof(*tokens));
	s->n += rows;
	s->computed += rows;
	return ENGINE_OK;
}

static int session_fail(int code, char *err, size_t errlen)
{
	const char *what = code == ENGINE_ENOMEM  ? "out of memory"
			   : code == ENGINE_ESTOP ? "stopped"
			   : code == ENGINE_EIO   ? gguf_lost_text
						  : "a token is not in the vocabulary";
	return fail(err, errlen, code, "%s", what);
}

/* How many of the tokens wanted are in the cache, made with the weights wanted. */
static size_t session_common(const session *s, const int32_t *tokens, size_t n)
{
	size_t i = 0;
	if (s->kept_base != s->base || (!s->base && s->kept_version != s->e->version))
		return 0;
	while (i < n && i < s->n && s->tokens[i] == tokens[i])
		i++;
	return i;
}

int session_sync(session *s, const int32_t *tokens, size_t n, engine_stop_fn stop, void *arg,
		 char *err, size_t errlen)
{
	size_t d = s->e->model->hp.n_embd, keep = session_common(s, tokens, n), rows = 0;
	int rc = ENGINE_OK;
	if (n > s->kv.capacity)
		return fail(err, errlen, ENGINE_EFULL,
			    "the dialogue has %zu tokens and the context %zu", n, s->kv.capacity);
	if (n && keep == n && s->n == n && s->has_logits)
		return ENGINE_OK;
	if (n && keep == n)
		keep--; /* the last token's logits are needed */
	s->n = keep;
	s->has_logits = false;
	s->kept_base = s->base;
	s->kept_version = s->e->version;
	while (!rc && s->n < n) {
		rows = n - s->n < SESSION_BATCH ? n - s->n : SESSION_BATCH;
		rc = session_extend(s, tokens + s->n, rows, stop, arg);
	}
	if (!rc && n) {
		rc = forward_logits(s->e->fwd, s->x + (rows - 1) * d, 1, s->logits);
		s->has_logits = !rc;
	}
	return rc ? session_fail(rc, err, errlen) : ENGINE_OK;
}

int session_eval(session *s, int32_t token, char *err, size_t errlen)
{
	if (s->n == s->kv.capacity)
		return fail(err, errlen, ENGINE_EFULL, "the context of %zu tokens is full",
			    s->kv.capacity);
	int rc = session_extend(s, &token, 1, NULL, NULL);
	if (!rc)
		rc = forward_logits(s->e->fwd, s->x, 1, s->logits);
	s->has_logits = !rc;
	return rc ? session_fail(rc, err, errlen) : ENGINE_OK;
}

const float *session_logits(const session *s) { return s->has_logits ? s->logits : NULL; }

size_t session_length(const session *s) { return s->n; }

size_t session_computed(const session *s) { return s->computed; }

const int32_t *session_tokens(const session *s) { return s->tokens; }

void session_use_base(session *s, bool base) { s->base = base; }
