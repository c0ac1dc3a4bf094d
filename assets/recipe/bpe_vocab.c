#define PCRE2_CODE_UNIT_WIDTH 8
#include "bpe_vocab.h"

#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bpe_specials[BPE_SPECIALS] = { "<|endoftext|>", "<|im_start|>", "<|im_end|>" };

/* The expression of the qwen2 pre-tokenizer: digits stand alone. */
static const char qwen2_expression[] =
	"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
	"|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

struct bpe_split {
	pcre2_code *code;
	pcre2_match_data *match;
	bool jit;
};

int bpe_split_new(bpe_split **out, char *err, size_t errlen)
{
	bpe_split *s = calloc(1, sizeof(*s));
	int code;
	PCRE2_SIZE at;

	if (s)
		s->code = pcre2_compile((PCRE2_SPTR)qwen2_expression, PCRE2_ZERO_TERMINATED,
					PCRE2_UTF | PCRE2_UCP, &code, &at, NULL);
	if (s && s->code)
		s->match = pcre2_match_data_create(4, NULL);
	if (!s || !s->code || !s->match) {
		snprintf(err, errlen, "cannot compile the pre-tokenizer expression");
		bpe_split_free(s);
		return -1;
	}
	s->jit = pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE) == 0;
	*out = s;
	return 0;
}

void bpe_split_free(bpe_split *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->match);
	pcre2_code_free(s->code);
	free(s);
}

size_t bpe_split_next(bpe_split *s, const char *text, size_t len, size_t at)
{
	PCRE2_SPTR t = (PCRE2_SPTR)text;
	int n = s->jit ? pcre2_jit_match(s->code, t, len, at, PCRE2_NO_UTF_CHECK, s->match, NULL)
		       : pcre2_match(s->code, t, len, at, PCRE2_NO_UTF_CHECK, s->match, NULL);
	const PCRE2_SIZE *o = pcre2_get_ovector_pointer(s->match);

	if (n < 1 || o[0] != at || o[1] <= at)
		return 1; /* a byte the expression does not cover */
	return o[1] - at;
}

/* ---- spelling ---- */

/* GPT-2: printable bytes stand for themselves, the others for U+0100 upwards, in order. */
static unsigned byte_code(unsigned b)
{
	static const unsigned short first[] = { 0, 127, 173 }, last[] = { 32, 160, 173 };
	unsigned below = 0;

	for (int i = 0; i < 3; i++) {
		if (b >= first[i] && b <= last[i])
			return 256 + below + (b - first[i]);
		below += last[i] - first[i] + 1u;
	}
	return b;
}

size_t bpe_spell(const unsigned char *bytes, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned c = byte_code(bytes[i]);

		if (c < 128) {
			out[n++] = (char)c;
		} else {
			out[n++] = (char)(0xC0 | c >> 6);
			out[n++] = (char)(0x80 | (c & 63));
		}
	}
	out[n] = 0;
	return n;
}

long bpe_unspell(const char *text, unsigned char *out)
{
	const unsigned char *s = (const unsigned char *)text;
	long n = 0;

	while (*s) {
		unsigned c = *s++, b = 0;

		if (c >= 0xC0 && c < 0xE0 && (*s & 0xC0) == 0x80)
			c = (c & 31) << 6 | (*s++ & 63u);
		else if (c >= 128)
			return -1;
		while (b < 256 && byte_code(b) != c)
			b++;
		if (b == 256)
			return -1;
		out[n++] = (unsigned char)b;
	}
	return n;
}

/* ---- vocabulary ---- */

struct span {
	size_t at, len; /* in the vocabulary's pool */
};

struct merge {
	uint32_t pair; /* left << 16 | right */
	uint32_t rank;
	uint16_t to;
	bool used;
};

struct word { /* one slot of the cache: piece -> tokens */
	uint64_t hash;
	size_t at;     /* of the piece in the pool of words */
	size_t tokens; /* index into ids */
	uint32_t len;
	uint16_t n;
	bool used;
};

#define PIECE_MAX 512 /* longer pieces are cut: they occur in no sane text */
#define CACHE_SIZE (1u << 19)

struct bpe_vocab {
	bpe_split *split;

	struct span *tok; /* [n_tok] */
	size_t n_tok;
	char *pool;
	size_t pool_len, pool_cap;
	uint16_t special[BPE_SPECIALS];

	struct merge *merges; /* hash table [merges_mask + 1] */
	size_t merges_mask;
	uint16_t byte_id[256];

	struct word *cache; /* hash table [CACHE_SIZE] */
	size_t n_cached;
	char *words;
	size_t words_len, words_cap;
	uint16_t *ids;
	size_t n_ids, ids_cap;
};

static int grow(void **p, size_t *cap, size_t want, size_t each)
{
	size_t n = *cap ? *cap : 1024;
	void *q;

	while (n < want)
		n *= 2;
	if (n == *cap)
		return 0;
	q = realloc(*p, n * each);
	if (!q)
		return -1;
	*p = q;
	*cap = n;
	return 0;
}

static uint64_t hash_bytes(const char *s, size_t len)
{
	uint64_t h = 1469598103934665603u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static size_t pair_slot(const bpe_vocab *v, uint32_t pair)
{
	size_t i = (pair * 2654435761u) & v->merges_mask;

	while (v->merges[i].used && v->merges[i].pair != pair)
		i = (i + 1) & v->merges_mask;
	return i;
}

static int add_token(bpe_vocab *v, const char *text, int type)
{
	size_t len = strlen(text);
	long n;

	if (grow((void **)&v->pool, &v->pool_cap, v->pool_len + len + 1, 1))
		return -1;
	if (type == 3) {
		memcpy(v->pool + v->pool_len, text, len);
		n = (long)len;
		for (int i = 0; i < BPE_SPECIALS; i++)
			if (!strcmp(text, bpe_specials[i]))
				v->special[i] = (uint16_t)v->n_tok;
	} else {
		n = bpe_unspell(text, (unsigned char *)v->pool + v->pool_len);
		if (n < 1)
			return -1;
		if (n == 1)
			v->byte_id[(unsigned char)v->pool[v->pool_len]] = (uint16_t)v->n_tok;
	}
	v->tok[v->n_tok++] = (struct span){ v->pool_len, (size_t)n };
	v->pool_len += (size_t)n;
	return 0;
}

static long find_token(const bpe_vocab *v, const char *bytes, size_t len)
{
	for (size_t i = 0; i < v->n_tok; i++)
		if (v->tok[i].len == len && !memcmp(v->pool + v->tok[i].at, bytes, len))
			return (long)i;
	return -1;
}

static int add_merge(bpe_vocab *v, char *line, uint32_t rank)
{
	char *sep = strchr(line, ' ');
	unsigned char both[2 * PIECE_MAX];
	long a, b, l, r, to;
	size_t i;

	if (!sep || strlen(line) > PIECE_MAX)
		return -1;
	*sep = 0;
	a = bpe_unspell(line, both);
	if (a < 1)
		return -1;
	b = bpe_unspell(sep + 1, both + a);
	if (b < 1)
		return -1;
	l = find_token(v, (char *)both, (size_t)a);
	r = find_token(v, (char *)both + a, (size_t)b);
	to = find_token(v, (char *)both, (size_t)(a + b));
	if (l < 0 || r < 0 || to < 0)
		return -1;
	i = pair_slot(v, (uint32_t)l << 16 | (uint32_t)r);
	if (!v->merges[i].used)
		v->merges[i] = (struct merge){ (uint32_t)l << 16 | (uint32_t)r, rank, (uint16_t)to, true };
	return 0;
}

static bool read_line(FILE *f, char *line, size_t cap)
{
	if (!fgets(line, (int)cap, f))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static int read_vocab(bpe_vocab *v, FILE *f)
{
	char line[4 * PIECE_MAX];
	unsigned long n, m;

	if (!read_line(f, line, sizeof(line)) || strcmp(line, "imprint-bpe 1"))
		return -1;
	if (!read_line(f, line, sizeof(line)) || sscanf(line, "tokens %lu", &n) != 1 || n < 256 || n > 65535)
		return -1;
	v->tok = calloc(n, sizeof(*v->tok));
	if (!v->tok)
		return -1;
	for (unsigned long i = 0; i < n; i++) {
		char *tab;

		if (!read_line(f, line, sizeof(line)) || !(tab = strrchr(line, '\t')))
			return -1;
		*tab = 0;
		if (add_token(v, line, atoi(tab + 1)))
			return -1;
	}
	if (!read_line(f, line, sizeof(line)) || sscanf(line, "merges %lu", &m) != 1 || m > 65535)
		return -1;
	for (v->merges_mask = 1; v->merges_mask < 4 * m; v->merges_mask *= 2)
		;
	v->merges = calloc(v->merges_mask, sizeof(*v->merges));
	v->merges_mask--;
	v->cache = calloc(CACHE_SIZE, sizeof(*v->cache));
	if (!v->merges || !v->cache)
		return -1;
	for (unsigned long i = 0; i < m; i++)
		if (!read_line(f, line, sizeof(line)) || add_merge(v, line, (uint32_t)i))
			return -1;
	return 0;
}

int bpe_vocab_load(bpe_vocab **out, const char *path, char *err, size_t errlen)
{
	FILE *f = fopen(path, "rb");
	bpe_vocab *v;

	if (!f) {
		snprintf(err, errlen, "%s: cannot open", path);
		return -1;
	}
	v = calloc(1, sizeof(*v));
	if (!v || bpe_split_new(&v->split, err, errlen) || read_vocab(v, f)) {
		snprintf(err, errlen, "%s: not a tokenizer file, or out of memory", path);
		fclose(f);
		bpe_vocab_free(v);
		return -1;
	}
	fclose(f);
	*out = v;
	return 0;
}

void bpe_vocab_free(bpe_vocab *v)
{
	if (!v)
		return;
	bpe_split_free(v->split);
	free(v->tok);
	free(v->pool);
	free(v->merges);
	free(v->cache);
	free(v->words);
	free(v->ids);
	free(v);
}

size_t bpe_vocab_size(const bpe_vocab *v)
{
	return v->n_tok;
}

uint16_t bpe_vocab_special(const bpe_vocab *v, int i)
{
	return v->special[i];
}

const char *bpe_vocab_bytes(const bpe_vocab *v, unsigned id, size_t *len)
{
	if (id >= v->n_tok)
		return NULL;
	*len = v->tok[id].len;
	return v->pool + v->tok[id].at;
}

/* ---- encoder ---- */

/* Merges of the lowest rank first, leftmost first. Returns the number of tokens left. */
static size_t merge_piece(const bpe_vocab *v, uint16_t *t, size_t n)
{
	while (n > 1) {
		uint32_t best = UINT32_MAX;
		size_t at = 0;
		uint16_t to = 0;

		for (size_t i = 0; i + 1 < n; i++) {
			const struct merge *m =
				&v->merges[pair_slot(v, (uint32_t)t[i] << 16 | t[i + 1])];

			if (m->used && m->rank < best) {
				best = m->rank;
				at = i;
				to = m->to;
			}
		}
		if (best == UINT32_MAX)
			break;
		t[at] = to;
		memmove(t + at + 1, t + at + 2, (n - at - 2) * sizeof(*t));
		n--;
	}
	return n;
}

/* Puts the piece's tokens into the cache and *w. When memory runs out, -1. */
static int cache_add(bpe_vocab *v, struct word *w, const char *s, size_t len, uint64_t hash)
{
	uint16_t t[PIECE_MAX];
	size_t n = len;

	for (size_t i = 0; i < len; i++)
		t[i] = v->byte_id[(unsigned char)s[i]];
	n = merge_piece(v, t, n);
	if (grow((void **)&v->words, &v->words_cap, v->words_len + len, 1) ||
	    grow((void **)&v->ids, &v->ids_cap, v->n_ids + n, sizeof(*v->ids)))
		return -1;
	*w = (struct word){ hash, v->words_len, v->n_ids, (uint32_t)len, (uint16_t)n, true };
	memcpy(v->words + v->words_len, s, len);
	memcpy(v->ids + v->n_ids, t, n * sizeof(*t));
	v->words_len += len;
	v->n_ids += n;
	v->n_cached++;
	return 0;
}

static const struct word *piece_tokens(bpe_vocab *v, const char *s, size_t len)
{
	uint64_t hash = hash_bytes(s, len);
	size_t i = hash & (CACHE_SIZE - 1);

	if (v->n_cached > CACHE_SIZE / 2) { /* invented words would fill it for ever: start over */
		memset(v->cache, 0, CACHE_SIZE * sizeof(*v->cache));
		v->n_cached = v->words_len = v->n_ids = 0;
	}
	for (;; i = (i + 1) & (CACHE_SIZE - 1)) {
		struct word *w = &v->cache[i];

		if (!w->used)
			return cache_add(v, w, s, len, hash) ? NULL : w;
		if (w->hash == hash && w->len == len && !memcmp(v->words + w->at, s, len))
			return w;
	}
}

long bpe_vocab_encode(bpe_vocab *v, const char *text, size_t len, bpe_token *out, size_t cap)
{
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		size_t piece = bpe_split_next(v->split, text, len, at);
		const struct word *w;
		uint32_t end = (uint32_t)at;

		if (piece > PIECE_MAX)
			piece = PIECE_MAX;
		w = piece_tokens(v, text + at, piece);
		if (!w || w->n > cap - n)
			return -1;
		for (size_t i = 0; i < w->n; i++) {
			uint16_t id = v->ids[w->tokens + i];

			end += (uint32_t)v->tok[id].len;
			out[n++] = (bpe_token){ id, end };
		}
		at += piece;
	}
	return (long)n;
}
