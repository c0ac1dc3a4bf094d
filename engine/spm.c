/*
 * spm: what SentencePiece's byte-pair vocabularies (Kudo and Richardson 2018; tokenizer "llama" in
 * GGUF) have of their own. Pieces are spelled as text with U+2581 for a space; here they are kept
 * with the space, and so is the text that is encoded, so that a piece's bytes are its text. Of two
 * neighbours that together are a piece the one with the highest score is joined first. Characters
 * without a piece are spelled by 256 byte tokens <0x00> .. <0xFF>.
 */
#define _GNU_SOURCE 1
#include "token_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer pieces arise from no text: looking them up has to stay cheap. */
enum { MAX_PIECE = 512 };

static const char mark[] = "\xe2\x96\x81"; /* U+2581 */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of "<0xE2>", -1 if that is not what s spells. */
static int byte_of_spelling(const char *s, size_t len)
{
	if (len != 6 || memcmp(s, "<0x", 3) || s[5] != '>' || hex_digit(s[3]) < 0 ||
	    hex_digit(s[4]) < 0)
		return -1;
	return hex_digit(s[3]) * 16 + hex_digit(s[4]);
}

int spm_guess_type(const char *s, size_t len)
{
	if (byte_of_spelling(s, len) >= 0)
		return TOKEN_BYTE;
	return len == 5 && !memcmp(s, "<unk>", 5) ? TOKEN_UNKNOWN : TOKEN_NORMAL;
}

size_t spm_character(const char *s, size_t n, char *out, size_t *wrote)
{
	size_t len = utf8_char((const unsigned char *)s, n);

	if (len == 3 && !memcmp(s, mark, 3)) {
		*out = ' ';
		*wrote = 1;
		return 3;
	}
	*wrote = len ? len : 1;
	memcpy(out, s, *wrote);
	return *wrote;
}

size_t spm_unspell(token *t, const char *s, size_t len, char *out)
{
	size_t n = 0, wrote;
	int byte = byte_of_spelling(s, len);

	if (t->type == TOKEN_BYTE && byte < 0) {
		t->type = TOKEN_UNUSED;
		return 0;
	}
	if (t->type == TOKEN_BYTE) {
		*out = (char)byte;
		return 1;
	}
	for (size_t i = 0; i < len; n += wrote)
		i += spm_character(s + i, len - i, out + n, &wrote);
	return n;
}

int32_t spm_piece(const vocab *v, const char *s, size_t n)
{
	return n > v->longest ? -1 : v->by_bytes[vocab_place(v, s, n)];
}

/* Only normal pieces arise from text: control tokens, bytes and what the user defined are found
 * otherwise. A piece that is spelled with a plain space never matched. */
void spm_index(vocab *v, const gguf *g)
{
	memset(v->of_byte, 0xff, sizeof(v->of_byte));
	for (size_t i = 0; i < v->n; i++) {
		const token *t = &v->tokens[i];
		const char *s;
		size_t len;

		if (t->type == TOKEN_BYTE)
			v->of_byte[(unsigned char)t->bytes[0]] = (int32_t)i;
		if (t->type != TOKEN_NORMAL || !t->len || t->len > MAX_PIECE ||
		    !gguf_array_str(g, "tokenizer.ggml.tokens", i, &s, &len) || memchr(s, ' ', len))
			continue;
		v->by_bytes[vocab_place(v, t->bytes, t->len)] = (int32_t)i;
		v->longest = t->len > v->longest ? t->len : v->longest;
	}
}

/* ---- scores ---- */

typedef struct scored {
	double score;
	int32_t id;
} scored;

static int by_score(const void *a, const void *b)
{
	const scored *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Equal scores have equal ranks: then the leftmost pair is joined first. */
static int rank_scores(vocab *v, const gguf *g, scored *all, char *err, size_t errlen)
{
	uint32_t rank = 0;

	for (size_t i = 0; i < v->n; i++) {
		double x;

		if (!gguf_array_f64(g, "tokenizer.ggml.scores", i, &x) || isnan(x))
			return fail(err, errlen, ENGINE_EFORMAT, "the score of token %zu is no number", i);
		all[i] = (scored){ x, (int32_t)i };
	}
	qsort(all, v->n, sizeof(*all), by_score);
	for (size_t i = 0; i < v->n; i++) {
		rank += i && all[i].score != all[i - 1].score;
		v->ranks[all[i].id] = rank;
	}
	return 0;
}

int spm_load(vocab *v, const gguf *g, char *err, size_t errlen)
{
	size_t n = gguf_array_len(g, "tokenizer.ggml.scores");
	double prefix;

	if (n != v->n)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "the vocabulary has %zu tokens but %zu scores", v->n, n);
	v->space_prefix = !gguf_f64(g, "tokenizer.ggml.add_space_prefix", &prefix) || prefix != 0;
	v->ranks = alloc_array(n, 1, sizeof(*v->ranks));
	scored *all = alloc_array(n, 1, sizeof(*all));
	int rc = v->ranks && all ? rank_scores(v, g, all, err, errlen)
				 : fail(err, errlen, ENGINE_ENOMEM, "out of memory");

	free(all);
	return rc;
}
