/*
 * encode: byte-pair encoding (Sennrich et al. 2016). A word starts as its bytes (GPT-2's form) or
 * its characters (SentencePiece's); of all adjacent pairs that may be joined, the one of lowest rank,
 * leftmost first, is joined until none is left. A heap finds it, so a word of n bytes takes n log n.
 */
#define _GNU_SOURCE 1
#include "token_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct node { /* at the index of its first byte */
	int32_t id, prev, next; /* id: the token so far, -1 none, -2 merged into its left neighbour;
				   next < 0: last */
} node;

typedef struct candidate {
	uint32_t rank;
	int32_t at, next, end, result; /* two neighbours, and the byte past them */
} candidate;

typedef struct encoder {
	const vocab *v;
	bool special;
	int32_t *out;
	size_t n, cap;
	const char *text;
	size_t mark, marked; /* a byte of text, and the token that holds it; SIZE_MAX: none */

	const char *word; /* what the nodes stand for */
	int32_t n_word;
	node *nodes; /* [room] */
	candidate
		*heap; /* [3 * room]: a pair of each two neighbours, and two more for each merge */
	size_t room, n_heap;
} encoder;

static void emit(encoder *e, int32_t id)
{
	if (id < 0)
		return; /* a byte that the vocabulary cannot spell */
	if (e->n < e->cap)
		e->out[e->n] = id;
	e->n++;
}

/* The token of bytes [from, from + n), counted as the mark is. */
static void emit_span(encoder *e, int32_t id, size_t from, size_t n)
{
	if (id >= 0 && e->mark >= from && e->mark - from < n)
		e->marked = e->n;
	emit(e, id);
}

static bool comes_first(const candidate *a, const candidate *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void heap_push(encoder *e, candidate c)
{
	size_t i = e->n_heap++;

	for (; i && comes_first(&c, &e->heap[(i - 1) / 2]); i = (i - 1) / 2)
		e->heap[i] = e->heap[(i - 1) / 2];
	e->heap[i] = c;
}

static candidate heap_pop(encoder *e)
{
	candidate top = e->heap[0], last = e->heap[--e->n_heap];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < e->n_heap; i = child) {
		if (child + 1 < e->n_heap && comes_first(&e->heap[child + 1], &e->heap[child]))
			child++;
		if (!comes_first(&e->heap[child], &last))
			break;
		e->heap[i] = e->heap[child];
	}
	e->heap[i] = last;
	return top;
}

static int32_t end_of(const encoder *e, int32_t at)
{
	return e->nodes[at].next < 0 ? e->n_word : e->nodes[at].next;
}

/* Whether the neighbours at and next may be joined, and into what. */
static bool pair(const encoder *e, int32_t at, int32_t next, int32_t end, candidate *c)
{
	const vocab *v = e->v;

	*c = (candidate){ .at = at, .next = next, .end = end };
	if (v->ranks) {
		c->result = spm_piece(v, e->word + at, (size_t)(end - at));
		c->rank = c->result < 0 ? 0 : v->ranks[c->result];
		return c->result >= 0;
	}
	const merge *m = vocab_merge(v, e->nodes[at].id, e->nodes[next].id);

	if (m) {
		c->result = m->result;
		c->rank = m->rank;
	}
	return m != NULL;
}

static void consider(encoder *e, int32_t at)
{
	int32_t next = at >= 0 ? e->nodes[at].next : -1;
	candidate c;

	if (next >= 0 && pair(e, at, next, end_of(e, next), &c))
		heap_push(e, c);
}

static void apply(encoder *e, const candidate *c)
{
	node *a = &e->nodes[c->at], *b = &e->nodes[c->next];

	if (a->id == -2 || a->next != c->next || end_of(e, c->next) != c->end)
		return; /* one of the two has been merged since */
	a->id = c->result;
	a->next = b->next;
	b->id = -2;
	if (a->next >= 0)
		e->nodes[a->next].prev = c->at;
	consider(e, a->prev);
	consider(e, c->at);
}

static void merge_all(encoder *e)
{
	e->n_heap = 0;
	for (int32_t i = 0; i >= 0; i = e->nodes[i].next)
		consider(e, i);
	while (e->n_heap) {
		candidate c = heap_pop(e);

		apply(e, &c);
	}
}

static int reserve(encoder *e, size_t n)
{
	if (n <= e->room)
		return 0;
	size_t room = n < 64 ? 64 : n;

	free(e->nodes);
	free(e->heap);
	e->nodes = alloc_array(room, 1, sizeof(*e->nodes));
	e->heap = alloc_array(room, 3, sizeof(*e->heap));
	e->room = e->nodes && e->heap ? room : 0;
	return e->room ? 0 : ENGINE_ENOMEM;
}

static int encode_word(void *arg, const char *s, size_t len)
{
	encoder *e = arg;
	const vocab *v = e->v;
	size_t from = (size_t)(s - e->text);
	int32_t whole = pretoken_whole_words(v->pre) ? v->by_bytes[vocab_place(v, s, len)] : -1;

	if (whole >= 0 || len == 1) {
		emit_span(e, whole >= 0 ? whole : v->of_byte[(unsigned char)s[0]], from, len);
		return 0;
	}
	int rc = reserve(e, len);

	if (rc)
		return rc;
	e->word = s;
	e->n_word = (int32_t)len;
	for (int32_t i = 0; i < e->n_word; i++)
		e->nodes[i] = (node){ v->of_byte[(unsigned char)s[i]], i - 1,
				      i + 1 < e->n_word ? i + 1 : -1 };
	merge_all(e);
	for (int32_t i = 0; i >= 0; i = e->nodes[i].next)
		emit_span(e, e->nodes[i].id, from + (size_t)i, (size_t)(end_of(e, i) - i));
	return 0;
}

/* ---- SentencePiece's form ---- */

static int32_t put_node(encoder *e, int32_t at, int32_t prev, int32_t len)
{
	e->nodes[at] = (node){ spm_piece(e->v, e->word + at, (size_t)len), prev, -1 };
	if (prev >= 0)
		e->nodes[prev].next = at;
	return at;
}

/* What no piece spells: the tokens of its bytes, or where the vocabulary lacks one of them the
 * unknown token, once for a run of such characters. */
static bool emit_bytes(encoder *e, int32_t at, int32_t end, bool after_unknown, size_t mark)
{
	const int32_t *of_byte = e->v->of_byte;
	bool all = true;

	for (int32_t i = at; i < end; i++)
		all = all && of_byte[(unsigned char)e->word[i]] >= 0;
	for (int32_t i = at; all && i < end; i++) {
		if (mark == (size_t)i)
			e->marked = e->n;
		emit(e, of_byte[(unsigned char)e->word[i]]);
	}
	if (all)
		return false;
	if (!after_unknown)
		emit(e, e->v->unknown);
	if (mark >= (size_t)at && mark < (size_t)end && e->v->unknown >= 0)
		e->marked = e->n - 1;
	return true;
}

/* mark: counted in the word. */
static void emit_pieces(encoder *e, size_t mark)
{
	bool unknown = false;

	for (int32_t i = 0; i >= 0; i = e->nodes[i].next) {
		int32_t end = end_of(e, i);

		if (e->nodes[i].id < 0) {
			unknown = emit_bytes(e, i, end, unknown, mark);
			continue;
		}
		if (mark >= (size_t)i && mark < (size_t)end)
			e->marked = e->n;
		emit(e, e->nodes[i].id);
		unknown = false;
	}
}

/* A stretch of text between special tokens, in the spelling of the pieces: with spaces for U+2581,
 * and one in front where the model wants that. */
static int encode_stretch(encoder *e, const char *text, size_t len)
{
	size_t from = (size_t)(text - e->text), mark = SIZE_MAX, n = 0;
	char *word = len ? malloc(len + 1) : NULL;
	int32_t last = -1;
	int rc = !len ? 0 : word ? reserve(e, len + 1) : ENGINE_ENOMEM;

	if (!len || rc) {
		free(word);
		return rc;
	}
	e->word = word;
	if (e->v->space_prefix) {
		word[n++] = ' ';
		last = put_node(e, 0, -1, 1);
	}
	for (size_t i = 0, used, wrote; i < len; i += used, n += wrote) {
		used = spm_character(text + i, len - i, word + n, &wrote);
		if (e->mark >= from + i && e->mark - from - i < used)
			mark = n + (e->mark - from - i < wrote ? e->mark - from - i : 0);
		last = put_node(e, (int32_t)n, last, (int32_t)wrote);
	}
	e->n_word = (int32_t)n;
	merge_all(e);
	emit_pieces(e, mark);
	free(word);
	return 0;
}

/* Cuts the text at special tokens from number k on, the longest anywhere in it first; words between
 * them. Tokens that the user defined are cut out always, control tokens only where the caller says
 * that the text is not a user's. */
static int encode_part(encoder *e, const char *text, size_t len, size_t k)
{
	const vocab *v = e->v;

	for (; len && k < v->n_specials; k++) {
		const token *t = &v->tokens[v->specials[k]];
		const char *hit;

		if (!e->special && t->type != TOKEN_USER)
			continue;
		while ((hit = memmem(text, len, t->bytes, t->len))) {
			int rc = encode_part(e, text, (size_t)(hit - text), k + 1);

			if (rc)
				return rc;
			emit_span(e, v->specials[k], (size_t)(hit - e->text), t->len);
			len -= (size_t)(hit - text) + t->len;
			text = hit + t->len;
		}
	}
	return v->ranks ? encode_stretch(e, text, len)
			: pretoken_split(v->pre, text, len, encode_word, e);
}

int vocab_encode_marked(const vocab *v, const char *text, size_t len, bool special, int32_t *out,
			size_t cap, size_t mark, size_t *marked)
{
	encoder e = { .v = v,
		      .special = special,
		      .out = out,
		      .cap = cap,
		      .text = text,
		      .mark = mark,
		      .marked = SIZE_MAX };

	if (len > INT_MAX / 4)
		return ENGINE_EARG;
	int rc = encode_part(&e, text, len, 0);

	free(e.nodes);
	free(e.heap);
	if (!rc && marked)
		*marked = e.marked;
	return rc ? rc : (int)e.n;
}

int vocab_encode(const vocab *v, const char *text, size_t len, bool special, int32_t *out,
		 size_t cap)
{
	return vocab_encode_marked(v, text, len, special, out, cap, SIZE_MAX, NULL);
}
