/*
 * encode: byte-level byte-pair encoding (Sennrich et al. 2016; GPT-2's form). A word starts as its
 * bytes; of all adjacent pairs that the merges list, the earliest listed one, leftmost first, is
 * joined until none is left. A heap finds it, so a word of n bytes takes n log n.
 */
#define _GNU_SOURCE 1
#include "token_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
	int32_t id, prev, next; /* id: the token so far, -1 none, -2 merged into its left neighbour;
				   next < 0: last */
} node;

typedef struct candidate {
	uint32_t rank;
	int32_t at, left, right, result; /* node, and what it and its neighbour were */
} candidate;

typedef struct encoder {
	const vocab *v;
	bool special;
	int32_t *out;
	size_t n, cap;

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

static void consider(encoder *e, int32_t at)
{
	int32_t next = at >= 0 ? e->nodes[at].next : -1;

	if (next < 0)
		return;
	int32_t left = e->nodes[at].id, right = e->nodes[next].id;
	const merge *m = vocab_merge(e->v, left, right);

	if (m)
		heap_push(e, (candidate){ m->rank, at, left, right, m->result });
}

static void apply(encoder *e, const candidate *c)
{
	node *a = &e->nodes[c->at];

	if (a->id != c->left || a->next < 0 || e->nodes[a->next].id != c->right)
		return; /* one of the two has been merged since */
	node *b = &e->nodes[a->next];

	a->id = c->result;
	a->next = b->next;
	b->id = -2;
	if (a->next >= 0)
		e->nodes[a->next].prev = c->at;
	consider(e, a->prev);
	consider(e, c->at);
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
	int32_t whole = pretoken_whole_words(v->pre) ? v->by_bytes[vocab_place(v, s, len)] : -1;

	if (whole >= 0 || len == 1) {
		emit(e, whole >= 0 ? whole : v->of_byte[(unsigned char)s[0]]);
		return 0;
	}
	int rc = reserve(e, len);

	if (rc)
		return rc;
	int32_t n = (int32_t)len;

	for (int32_t i = 0; i < n; i++)
		e->nodes[i] =
			(node){ v->of_byte[(unsigned char)s[i]], i - 1, i + 1 < n ? i + 1 : -1 };
	e->n_heap = 0;
	for (int32_t i = 0; i < n; i++)
		consider(e, i);
	while (e->n_heap) {
		candidate c = heap_pop(e);

		apply(e, &c);
	}
	for (int32_t i = 0; i >= 0; i = e->nodes[i].next)
		emit(e, e->nodes[i].id);
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
			emit(e, v->specials[k]);
			len -= (size_t)(hit - text) + t->len;
			text = hit + t->len;
		}
	}
	return pretoken_split(v->pre, text, len, encode_word, e);
}

int vocab_encode(const vocab *v, const char *text, size_t len, bool special, int32_t *out,
		 size_t cap)
{
	encoder e = { .v = v, .special = special, .out = out, .cap = cap };

	if (len > INT_MAX / 4)
		return ENGINE_EARG;
	int rc = encode_part(&e, text, len, 0);

	free(e.nodes);
	free(e.heap);
	return rc ? rc : (int)e.n;
}
