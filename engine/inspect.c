/*
 * inspect: a sequence of tokens run as it is, from an empty context: its
 * logits and its probability, for comparison with other engines; and where a long text may be cut.
 * Runs in the engine's scratch cache and leaves sessions alone.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#define _GNU_SOURCE 1
#include "token_int.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, LOGIT_ROWS = 16 };

typedef struct look {
	engine *e;
	const int32_t *tokens;
	size_t n, first; /* positions first.. are asked for */
	enum engine_weights weights;
	engine_stop_fn stop;
	void *arg;

	float *x;      /* [BATCH, n_embd] */
	float *logits; /* [LOGIT_ROWS, n_vocab], or NULL */
	engine_row_fn row;
	void *row_arg;
	float *nll;
} look;

static int look_check(const look *l, char *err, size_t errlen)
{
	const engine *e = l->e;

	if (!e->model)
		return fail(err, errlen, ENGINE_EARG, "the model was opened for its tokens alone");
	if (!l->n || l->first >= l->n || (l->nll && !l->first))
		return fail(err, errlen, ENGINE_EARG, "there is no such position in %zu tokens", l->n);
	if (l->n > e->info.n_ctx)
		return fail(err, errlen, ENGINE_EFULL, "the text takes %zu tokens; the model holds %zu",
			    l->n, e->info.n_ctx);
	for (size_t i = 0; i < l->n; i++)
		if (l->tokens[i] < 0 || (size_t)l->tokens[i] >= e->info.n_vocab)
			return fail(err, errlen, ENGINE_EARG,
				    "token %ld is not in the vocabulary of %zu", (long)l->tokens[i],
				    e->info.n_vocab);
	return 0;
}

/* The logits of positions from + skip .. from + n - 1, some rows at a time. */
static int show_logits(look *l, size_t from, size_t skip, size_t n)
{
	const hparams *hp = &l->e->model->hp;

	for (size_t i = skip; i < n; i += LOGIT_ROWS) {
		size_t rows = n - i < LOGIT_ROWS ? n - i : LOGIT_ROWS;
		int rc = forward_logits(l->e->fwd, l->x + i * hp->n_embd, rows, l->logits);

		for (size_t k = 0; !rc && k < rows; k++)
			rc = l->row(l->row_arg, from + i + k, l->logits + k * hp->n_vocab);
		if (rc)
			return rc;
	}
	return 0;
}

/* The same positions' opinion of the token that follows each. */
static int take_nll(look *l, size_t from, size_t skip, size_t n)
{
	float logp[BATCH];

	if (from + n == l->n)
		n--; /* nothing follows the last one */
	if (skip >= n)
		return 0;
	int rc = forward_score(l->e->fwd, l->x + skip * l->e->model->hp.n_embd, n - skip,
			       l->tokens + from + skip + 1, logp, NULL);

	for (size_t i = skip; !rc && i < n; i++)
		l->nll[from + i + 1 - l->first] = -logp[i - skip];
	return rc;
}

static int look_run(look *l)
{
	size_t first = l->nll ? l->first - 1 : l->first;

	for (size_t from = 0; from < l->n; from += BATCH) {
		size_t n = l->n - from < BATCH ? l->n - from : BATCH;
		size_t skip = first > from ? first - from : 0;
		forward_seq seq = { .own = &l->e->scratch, .pos0 = from, .n_rows = n };
		forward_args a = {
			.seqs = &seq,
			.n_seqs = 1,
			.n_rows = n,
			.layer1 = l->e->model->hp.n_layer,
			.weights = l->weights,
			.stop = l->stop,
			.arg = l->arg,
		};
		int rc = forward_embed(l->e->fwd, l->tokens + from, n, l->x);

		if (!rc)
			rc = forward_layers(l->e->fwd, &a, l->x);
		if (!rc && skip < n)
			rc = l->nll ? take_nll(l, from, skip, n) : show_logits(l, from, skip, n);
		if (rc)
			return rc;
	}
	return 0;
}

static int look_all(look *l, char *err, size_t errlen)
{
	int rc = look_check(l, err, errlen);

	if (rc)
		return rc;
	const hparams *hp = &l->e->model->hp;

	l->x = alloc_array(BATCH, hp->n_embd, sizeof(*l->x));
	l->logits = l->nll ? NULL : alloc_array(LOGIT_ROWS, hp->n_vocab, sizeof(*l->logits));
	rc = l->x && (l->nll || l->logits) ? look_run(l) : ENGINE_ENOMEM;
	free(l->x);
	free(l->logits);
	if (rc == ENGINE_ENOMEM)
		return fail(err, errlen, rc, "out of memory");
	return rc ? fail(err, errlen, rc, "%s", rc == ENGINE_EIO ? gguf_lost_text : "stopped") : 0;
}

int engine_logits(engine *e, const int32_t *tokens, size_t n, size_t first, engine_row_fn row,
		  void *row_arg, engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	look l = { .e = e, .tokens = tokens, .n = n, .first = first, .stop = stop, .arg = arg,
		   .row = row, .row_arg = row_arg, .weights = ENGINE_BASE };

	return look_all(&l, err, errlen);
}

int engine_nll(engine *e, const int32_t *tokens, size_t n, size_t first, enum engine_weights which,
	       float *nll, engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	look l = { .e = e, .tokens = tokens, .n = n, .first = first, .stop = stop, .arg = arg,
		   .nll = nll, .weights = which };

	if (which == ENGINE_TRIAL && !e->has_trial)
		return fail(err, errlen, ENGINE_EARG, "there are no weights on trial");
	return look_all(&l, err, errlen);
}

/* ---- tokens ---- */

size_t engine_token_piece(const engine *e, int32_t id, const char **bytes)
{
	const vocab *v = e->vocab;

	*bytes = "";
	if (id < 0 || (size_t)id >= v->n)
		return SIZE_MAX;
	*bytes = v->tokens[id].bytes;
	return v->tokens[id].len;
}

int32_t engine_bos(const engine *e)
{
	return vocab_bos(e->vocab);
}

/* ---- where a text may be cut ---- */

/* Does a token that the user defined, which is cut out of the text before its words are, stand
 * across place at? */
static bool token_across(const vocab *v, const char *text, size_t len, size_t at)
{
	for (size_t k = 0; k < v->n_specials; k++) {
		const token *t = &v->tokens[v->specials[k]];

		if (t->type != TOKEN_USER || t->len < 2)
			continue;
		size_t from = at > t->len - 1 ? at - (t->len - 1) : 0;
		size_t to = len - at > t->len - 1 ? at + t->len - 1 : len;

		if (memmem(text + from, to - from, t->bytes, t->len))
			return true;
	}
	return false;
}

static size_t longest_defined(const vocab *v)
{
	for (size_t k = 0; k < v->n_specials; k++) /* longest first */
		if (v->tokens[v->specials[k]].type == TOKEN_USER)
			return v->tokens[v->specials[k]].len;
	return 0;
}

/* The last place of [from, len) between a letter and white space that no token stands across. Every
 * expression of pretoken.c ends a word there: each matches a run of letters to its end and white
 * space at the beginning only, and none looks back. 0: there is none, or the text is no UTF-8. */
static size_t last_cut(const vocab *v, pcre2_code *code, pcre2_match_data *match, const char *text,
		       size_t len, size_t from)
{
	PCRE2_SPTR s = (PCRE2_SPTR)text + from;
	uint32_t checked = 0;
	size_t best = 0, at = 0;

	while (pcre2_match(code, s, len - from, at, checked, match, NULL) > 0) {
		checked = PCRE2_NO_UTF_CHECK;
		at = pcre2_get_ovector_pointer(match)[1];
		if (len - from - at > longest_defined(v) && !token_across(v, text, len, from + at))
			best = from + at;
	}
	return best;
}

size_t engine_text_cut(const engine *e, const char *text, size_t len)
{
	const vocab *v = e->vocab;
	const size_t window = 4096;
	PCRE2_SIZE at;
	int code_error;
	size_t from = len > window ? len - window : 0, cut = 0;

	if (!v->pre)
		return 0; /* SentencePiece: it puts a space before every text */
	len = utf8_whole(text, len);
	while (from && from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR) "\\p{L}(?=[\\p{Z}\\x{9}-\\x{d}\\x{85}])",
					 PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code_error, &at, NULL);
	pcre2_match_data *match = code ? pcre2_match_data_create(1, NULL) : NULL;

	if (match)
		cut = last_cut(v, code, match, text, len, from);
	if (match && !cut && from)
		cut = last_cut(v, code, match, text, len, 0);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	return cut;
}
