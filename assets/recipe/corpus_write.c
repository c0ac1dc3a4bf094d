/*
 * The files of a corpus, little-endian:
 *   PREFIX.tok  u16 tokens
 *   PREFIX.doc  u32 start of every document in .tok; a document ends with <|endoftext|>
 *   PREFIX.inj  records of struct injection, by position: at this token add the vector coding these value tokens
 *   PREFIX.msk  u8 per token, 0..100: the weight with which it is to be predicted
 */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_TOKENS 16
#define DOC_TOKENS 500

struct injection {
	uint32_t pos;
	uint16_t n;
	uint16_t tok[VALUE_TOKENS];
	uint16_t slot;
};
_Static_assert(sizeof(struct injection) == 4 + 2 + 2 * VALUE_TOKENS + 2, "on-disk record");

struct kind_count {
	size_t docs, tokens, refused;
};

struct writer {
	bpe_vocab *v;
	FILE *tok, *doc, *inj, *msk;
	uint64_t n_tok, n_bytes, n_inj;
	struct kind_count kinds[DOC_KINDS];
	uint64_t value_len[VALUE_TOKENS + 1];

	/* the document being written */
	uint16_t t[DOC_TOKENS + 64];
	uint8_t w[DOC_TOKENS + 64];
	size_t n;
	struct injection at[DOC_MARKS];
	size_t n_at;
};

const char *const doc_kind_names[DOC_KINDS] = { "value",  "unknown", "context", "people",
						"talk",   "world",   "prose" };

static FILE *open_part(const char *prefix, const char *end)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", prefix, end);
	f = fopen(path, "wb");
	if (!f)
		recipe_die("%s: cannot write", path);
	return f;
}

writer *writer_open(const char *prefix, bpe_vocab *v)
{
	writer *w = calloc(1, sizeof(*w));

	if (!w)
		recipe_die("out of memory");
	w->v = v;
	w->tok = open_part(prefix, "tok");
	w->doc = open_part(prefix, "doc");
	w->inj = open_part(prefix, "inj");
	w->msk = open_part(prefix, "msk");
	return w;
}

static bool put_token(writer *w, uint16_t t, uint8_t weight)
{
	if (w->n >= DOC_TOKENS)
		return false;
	w->t[w->n] = t;
	w->w[w->n++] = weight;
	return true;
}

/* The value as it stands in the answer: after a space. */
static bool put_value(writer *w, size_t pos, const char *value)
{
	char text[VALUE_MAX + 2];
	bpe_token t[VALUE_TOKENS + 1];
	struct injection *in = &w->at[w->n_at];
	long n;

	snprintf(text, sizeof(text), " %s", value);
	n = bpe_vocab_encode(w->v, text, strlen(text), t, VALUE_TOKENS + 1);
	if (n < 1 || n > VALUE_TOKENS)
		return false;
	*in = (struct injection){ .pos = (uint32_t)pos, .n = (uint16_t)n };
	for (long i = 0; i < n; i++)
		in->tok[i] = t[i].id;
	w->n_at++;
	return true;
}

static bool put_turn(writer *w, const doc *d, const doc_turn *turn)
{
	static const char *const roles[] = { "user\n", "assistant\n", "", "assistant\n" };
	static const uint8_t weights[] = { 15, 100, 50, 35 };
	char text[DOC_BYTES + 16];
	bpe_token t[DOC_TOKENS];
	size_t head = strlen(roles[turn->role]), len = head + turn->len, k = 0;
	long n;

	memcpy(text, roles[turn->role], head);
	memcpy(text + head, d->text + turn->at, turn->len);
	n = bpe_vocab_encode(w->v, text, len, t, DOC_TOKENS);
	if (n < 0)
		return false;
	if (turn->role != ROLE_PROSE && !put_token(w, bpe_vocab_special(w->v, 1), 10))
		return false;
	while (k < d->n_marks && d->marks[k].end <= turn->at)
		k++;
	for (long i = 0; i < n; i++) {
		if (!put_token(w, t[i].id, i < 2 && head ? 30 : weights[turn->role]))
			return false;
		for (; k < d->n_marks && d->marks[k].end - turn->at + head <= t[i].end &&
		       d->marks[k].end <= turn->at + turn->len; k++)
			if (!put_value(w, w->n - 1, d->marks[k].value))
				return false;
	}
	if (turn->role == ROLE_PROSE)
		return true;
	n = bpe_vocab_encode(w->v, "\n", 1, t, 4);
	return n == 1 && put_token(w, bpe_vocab_special(w->v, 2), weights[turn->role]) && put_token(w, t[0].id, 50);
}

size_t writer_add(writer *w, const doc *d)
{
	uint32_t start = (uint32_t)w->n_tok;
	bool ok = true;

	w->n = w->n_at = 0;
	for (size_t i = 0; ok && i < d->n_turns; i++)
		ok = put_turn(w, d, &d->turns[i]);
	if (!ok || !w->n || !put_token(w, bpe_vocab_special(w->v, 0), 30)) {
		w->kinds[d->kind].refused++;
		return 0;
	}
	w->w[0] = 0;
	for (size_t i = 0; i < w->n_at; i++) {
		w->value_len[w->at[i].n]++;
		w->at[i].pos += start;
	}
	if (fwrite(&start, 4, 1, w->doc) != 1 || fwrite(w->t, 2, w->n, w->tok) != w->n ||
	    fwrite(w->w, 1, w->n, w->msk) != w->n || fwrite(w->at, sizeof(*w->at), w->n_at, w->inj) != w->n_at)
		recipe_die("cannot write: disk full?");
	w->n_tok += w->n;
	w->n_bytes += d->len;
	w->n_inj += w->n_at;
	w->kinds[d->kind].docs++;
	w->kinds[d->kind].tokens += w->n;
	return w->n;
}

void writer_close(writer *w)
{
	uint64_t seen = 0, median = 0, p95 = 0;

	if (fclose(w->tok) | fclose(w->doc) | fclose(w->inj) | fclose(w->msk))
		recipe_die("cannot write: disk full?");
	for (int i = 0; i < DOC_KINDS; i++)
		fprintf(stderr, "%-8s %8zu documents %10zu tokens (%4.1f %%), %zu refused\n", doc_kind_names[i],
			w->kinds[i].docs, w->kinds[i].tokens, 100. * (double)w->kinds[i].tokens / (double)w->n_tok,
			w->kinds[i].refused);
	for (uint64_t i = 0; i <= VALUE_TOKENS; i++) {
		seen += w->value_len[i];
		median = 2 * seen <= w->n_inj ? i + 1 : median;
		p95 = 20 * seen <= 19 * w->n_inj ? i + 1 : p95;
	}
	fprintf(stderr, "%llu tokens, %.2f bytes of text a token, %llu injections, value tokens median %llu p95 %llu\n",
		(unsigned long long)w->n_tok, (double)w->n_bytes / (double)w->n_tok,
		(unsigned long long)w->n_inj, (unsigned long long)median, (unsigned long long)p95);
	free(w);
}

void doc_print(FILE *f, const doc *d)
{
	static const char *const roles[] = { "U: ", "A: ", "", "A: " };

	fprintf(f, "== %s\n", doc_kind_names[d->kind]);
	for (size_t i = 0, k = 0; i < d->n_turns; i++) {
		const doc_turn *t = &d->turns[i];

		fputs(roles[t->role], f);
		for (size_t c = t->at; c < t->at + t->len; c++) {
			fputc(d->text[c], f);
			for (; k < d->n_marks && d->marks[k].end == c + 1; k++)
				fprintf(f, "{%s}", d->marks[k].value);
		}
		fputc('\n', f);
	}
}

void doc_raw(FILE *f, const doc *d)
{
	static const char *const roles[] = { "user\n", "assistant\n", "", "assistant\n" };

	for (size_t i = 0; i < d->n_turns; i++) {
		const doc_turn *t = &d->turns[i];
		bool chat = t->role != ROLE_PROSE;

		fprintf(f, "%s%s%.*s%s", chat ? "<|im_start|>" : "", roles[t->role], (int)t->len, d->text + t->at,
			chat ? "<|im_end|>\n" : "");
	}
	fputs("<|endoftext|>", f);
}
