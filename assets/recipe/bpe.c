/*
 * bpe: trains the byte-level BPE vocabulary of the built-in model.
 *
 *   bpe --out TOK [--vocab 4096] [--min 4] [--rare 2] FILE...
 *
 * Special tokens are cut out of the text first, the qwen2 expression cuts the rest into pieces, and the most frequent
 * pair of neighbours is merged until the vocabulary is full (Sennrich et al. 2016, arXiv 1508.07909). Ties go to the
 * smaller ids, so the result depends on the text alone.
 */
#include "bpe_vocab.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 64 /* longer pieces are left out of the counting */

struct piece {
	uint64_t hash;
	uint32_t at, n;  /* ids [at, at + n) */
	uint32_t bytes;  /* at_bytes of the original: kept in text */
	size_t text;
	uint64_t count;
};

struct pair {
	uint32_t key; /* left << 16 | right */
	int64_t count;
	uint32_t *in; /* pieces that hold (or held) it */
	uint32_t n_in, cap_in;
};

struct trainer {
	struct piece *pieces;
	size_t n_pieces, cap_pieces;
	uint32_t *slots; /* hash table of pieces: index + 1 */
	size_t slots_mask;
	char *text;
	size_t text_len, text_cap;
	uint16_t *ids;
	size_t n_ids, cap_ids;

	struct pair *pairs;
	size_t n_pairs, cap_pairs;
	uint32_t *pair_slots; /* hash table of pairs: index + 1 */
	size_t pair_mask;

	unsigned char *tok[65536]; /* bytes of every token */
	size_t tok_len[65536];
	uint32_t merges[65536];
	size_t n_tok, n_merges;
};

static void *must(void *p)
{
	if (!p) {
		fputs("bpe: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static void reserve(void *p, size_t *cap, size_t want, size_t each)
{
	void **q = p;
	size_t n = *cap ? *cap : 4096;

	while (n < want)
		n *= 2;
	if (n != *cap)
		*q = must(realloc(*q, n * each));
	*cap = n;
}

static uint64_t hash_of(const char *s, size_t len)
{
	uint64_t h = 1469598103934665603u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211u;
	return h ^ h >> 31;
}

static void slots_grow(struct trainer *t)
{
	size_t n = (t->slots_mask + 1) * 2;

	free(t->slots);
	t->slots = must(calloc(n, sizeof(*t->slots)));
	t->slots_mask = n - 1;
	for (size_t i = 0; i < t->n_pieces; i++) {
		size_t k = t->pieces[i].hash & t->slots_mask;

		while (t->slots[k])
			k = (k + 1) & t->slots_mask;
		t->slots[k] = (uint32_t)i + 1;
	}
}

static void count_piece(struct trainer *t, const char *s, size_t len)
{
	uint64_t hash = hash_of(s, len);
	size_t k = hash & t->slots_mask;
	struct piece *p;

	if (len > WORD_MAX)
		return;
	for (; t->slots[k]; k = (k + 1) & t->slots_mask) {
		p = &t->pieces[t->slots[k] - 1];
		if (p->hash == hash && p->bytes == len && !memcmp(t->text + p->text, s, len)) {
			p->count++;
			return;
		}
	}
	reserve(&t->pieces, &t->cap_pieces, t->n_pieces + 1, sizeof(*t->pieces));
	reserve(&t->text, &t->text_cap, t->text_len + len, 1);
	memcpy(t->text + t->text_len, s, len);
	t->pieces[t->n_pieces] = (struct piece){ .hash = hash, .bytes = (uint32_t)len, .text = t->text_len,
						 .count = 1 };
	t->text_len += len;
	t->slots[k] = (uint32_t)++t->n_pieces;
	if (t->n_pieces * 2 > t->slots_mask)
		slots_grow(t);
}

static void count_plain(struct trainer *t, bpe_split *s, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = bpe_split_next(s, text, len, at);

		count_piece(t, text + at, n);
		at += n;
	}
}

/* Cuts at special tokens; they never take part in a merge. */
static void count_text(struct trainer *t, bpe_split *s, const char *text, size_t len)
{
	size_t from = 0, at = 0;

	while (at < len) {
		size_t skip = 0;

		for (int i = 0; text[at] == '<' && i < BPE_SPECIALS; i++) {
			size_t n = strlen(bpe_specials[i]);

			if (n <= len - at && !memcmp(text + at, bpe_specials[i], n))
				skip = n;
		}
		if (!skip) {
			at++;
			continue;
		}
		count_plain(t, s, text + from, at - from);
		at += skip;
		from = at;
	}
	count_plain(t, s, text + from, len - from);
}

/* ---- pairs ---- */

static struct pair *pair_get(struct trainer *t, uint32_t key)
{
	size_t k = (key * 2654435761u) & t->pair_mask;

	for (; t->pair_slots[k]; k = (k + 1) & t->pair_mask)
		if (t->pairs[t->pair_slots[k] - 1].key == key)
			return &t->pairs[t->pair_slots[k] - 1];
	reserve(&t->pairs, &t->cap_pairs, t->n_pairs + 1, sizeof(*t->pairs));
	t->pairs[t->n_pairs] = (struct pair){ .key = key };
	t->pair_slots[k] = (uint32_t)++t->n_pairs;
	if (t->n_pairs * 2 > t->pair_mask) {
		fputs("bpe: more pairs than planned for\n", stderr);
		exit(1);
	}
	return &t->pairs[t->n_pairs - 1];
}

/* Adds a piece's pairs with the given sign; new ones also learn where they are. */
static void piece_pairs(struct trainer *t, uint32_t index, int sign)
{
	const struct piece *p = &t->pieces[index];

	for (uint32_t i = 0; i + 1 < p->n; i++) {
		const uint16_t *id = t->ids + p->at + i;
		struct pair *q = pair_get(t, (uint32_t)id[0] << 16 | id[1]);

		q->count += sign * (int64_t)p->count;
		if (sign < 0 || (q->n_in && q->in[q->n_in - 1] == index))
			continue;
		if (q->n_in == q->cap_in) {
			q->cap_in = q->cap_in ? q->cap_in * 2 : 4;
			q->in = must(realloc(q->in, q->cap_in * sizeof(*q->in)));
		}
		q->in[q->n_in++] = index;
	}
}

static void merge_in_piece(struct trainer *t, uint32_t index, uint32_t key, uint16_t to)
{
	struct piece *p = &t->pieces[index];
	uint16_t *id = t->ids + p->at;
	uint32_t n = 0;
	bool has = false;

	for (uint32_t i = 0; i + 1 < p->n; i++)
		has |= ((uint32_t)id[i] << 16 | id[i + 1]) == key;
	if (!has)
		return;
	piece_pairs(t, index, -1);
	for (uint32_t i = 0; i < p->n; n++) {
		if (i + 1 < p->n && ((uint32_t)id[i] << 16 | id[i + 1]) == key) {
			id[n] = to;
			i += 2;
		} else {
			id[n] = id[i++];
		}
	}
	p->n = n;
	piece_pairs(t, index, 1);
}

static const struct pair *best_pair(const struct trainer *t)
{
	const struct pair *best = NULL;

	for (size_t i = 0; i < t->n_pairs; i++) {
		const struct pair *q = &t->pairs[i];

		if (!best || q->count > best->count || (q->count == best->count && q->key < best->key))
			best = q;
	}
	return best;
}

/* Pieces seen less often say nothing about the language: in this corpus they are invented words. */
static void drop_rare(struct trainer *t, uint64_t least)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_pieces; i++)
		if (t->pieces[i].count >= least)
			t->pieces[n++] = t->pieces[i];
	t->n_pieces = n;
}

static void train(struct trainer *t, size_t n_tok, int64_t min)
{
	for (unsigned b = 0; b < BPE_BYTES; b++) {
		t->tok[b] = must(malloc(1));
		*t->tok[b] = (unsigned char)b;
		t->tok_len[b] = 1;
	}
	t->n_tok = BPE_BYTES;
	for (size_t i = 0; i < t->n_pieces; i++) {
		struct piece *p = &t->pieces[i];

		reserve(&t->ids, &t->cap_ids, t->n_ids + p->bytes, sizeof(*t->ids));
		p->at = (uint32_t)t->n_ids;
		p->n = p->bytes;
		for (size_t k = 0; k < p->bytes; k++)
			t->ids[t->n_ids++] = (unsigned char)t->text[p->text + k];
	}
	for (size_t i = 0; i < t->n_pieces; i++)
		piece_pairs(t, (uint32_t)i, 1);
	while (t->n_tok + BPE_SPECIALS < n_tok) {
		const struct pair *best = best_pair(t);
		uint32_t key = best ? best->key : 0, *in, n_in;
		size_t a, b;

		if (!best || best->count < min)
			break;
		a = t->tok_len[key >> 16];
		b = t->tok_len[key & 65535];
		t->tok[t->n_tok] = must(malloc(a + b));
		memcpy(t->tok[t->n_tok], t->tok[key >> 16], a);
		memcpy(t->tok[t->n_tok] + a, t->tok[key & 65535], b);
		t->tok_len[t->n_tok] = a + b;
		t->merges[t->n_merges++] = key;
		in = best->in; /* no piece can gain this pair while it is being merged away */
		n_in = best->n_in;
		for (uint32_t i = 0; i < n_in; i++)
			merge_in_piece(t, in[i], key, (uint16_t)t->n_tok);
		t->n_tok++;
	}
}

static int write_vocab(const struct trainer *t, const char *path)
{
	FILE *f = fopen(path, "wb");
	char a[2 * WORD_MAX + 1], b[2 * WORD_MAX + 1];

	if (!f)
		return -1;
	fprintf(f, "imprint-bpe 1\ntokens %zu\n", t->n_tok + BPE_SPECIALS);
	for (size_t i = 0; i < t->n_tok; i++) {
		bpe_spell(t->tok[i], t->tok_len[i], a);
		fprintf(f, "%s\t1\n", a);
	}
	for (int i = 0; i < BPE_SPECIALS; i++)
		fprintf(f, "%s\t3\n", bpe_specials[i]);
	fprintf(f, "merges %zu\n", t->n_merges);
	for (size_t i = 0; i < t->n_merges; i++) {
		bpe_spell(t->tok[t->merges[i] >> 16], t->tok_len[t->merges[i] >> 16], a);
		bpe_spell(t->tok[t->merges[i] & 65535], t->tok_len[t->merges[i] & 65535], b);
		fprintf(f, "%s %s\n", a, b);
	}
	return fclose(f);
}

static char *read_whole(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *buf = NULL;
	size_t cap = 0, n;

	if (!f) {
		fprintf(stderr, "bpe: %s: cannot open\n", path);
		exit(1);
	}
	*len = 0;
	do {
		reserve(&buf, &cap, *len + (1 << 20), 1);
		n = fread(buf + *len, 1, 1 << 20, f);
		*len += n;
	} while (n);
	fclose(f);
	return buf;
}

static void trainer_free(struct trainer *t)
{
	for (size_t i = 0; i < t->n_pairs; i++)
		free(t->pairs[i].in);
	for (size_t i = 0; i < t->n_tok; i++)
		free(t->tok[i]);
	free(t->pieces);
	free(t->slots);
	free(t->text);
	free(t->ids);
	free(t->pairs);
	free(t->pair_slots);
	free(t);
}

int main(int argc, char **argv)
{
	struct trainer *t = must(calloc(1, sizeof(*t)));
	const char *out = NULL;
	size_t vocab = 4096, len;
	int64_t min = 4;
	uint64_t rare = 2;
	char err[200];
	bpe_split *split;
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--out"))
			out = argv[i + 1];
		else if (!strcmp(argv[i], "--vocab"))
			vocab = strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--min"))
			min = strtol(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--rare"))
			rare = strtoul(argv[i + 1], NULL, 10);
		else
			break;
	}
	if (!out || i >= argc || argv[i][0] == '-' || vocab < BPE_BYTES + BPE_SPECIALS || vocab > 65535) {
		fputs("usage: bpe --out TOK [--vocab N] [--min COUNT] [--rare COUNT] FILE...\n", stderr);
		return 2;
	}
	if (bpe_split_new(&split, err, sizeof(err))) {
		fprintf(stderr, "bpe: %s\n", err);
		return 1;
	}
	t->slots = must(calloc(4096, sizeof(*t->slots)));
	t->slots_mask = 4095;
	t->pair_slots = must(calloc(1u << 22, sizeof(*t->pair_slots)));
	t->pair_mask = (1u << 22) - 1;
	for (; i < argc; i++) {
		char *text = read_whole(argv[i], &len);

		count_text(t, split, text, len);
		free(text);
	}
	fprintf(stderr, "%zu distinct pieces\n", t->n_pieces);
	drop_rare(t, rare);
	train(t, vocab, min);
	if (write_vocab(t, out)) {
		fprintf(stderr, "bpe: %s: cannot write\n", out);
		return 1;
	}
	fprintf(stderr, "%zu tokens, %zu merges\n", t->n_tok + BPE_SPECIALS, t->n_merges);
	bpe_split_free(split);
	trainer_free(t);
	return 0;
}
