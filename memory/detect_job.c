/*
 * Jobs as values: titles by their last word, "nurse", "head of marketing".
 */
#include "detect_value.h"

#include <string.h>

/* "killing", "chaotic": what a job may be said to be. */
static bool job_adjective(const char *w)
{
	size_t n = strlen(w);

	return n > 4 && !word_in(WORDS_JOB, w) &&
	       (!strcmp(w + n - 2, "ic") || !strcmp(w + n - 2, "al") || w[n - 1] == 'y' ||
		!strcmp(w + n - 3, "ing") || !strcmp(w + n - 3, "ish")) &&
	       !word_among(" teaching nursing farming acting accounting engineering cleaning "
			   "marketing consulting driving plumbing security ",
			   w);
}

/* Has the word an ending of those who do something? */
static bool job_like(const char *w)
{
	static const char *const ends[] = { "er", "or", "ist", "ian", "ant", "ent", "man", "woman", "eer", "ess", "yst", "ary", "ive", "ard", "hand",
					    "ing", "ic", "ect", "ek", "ot", "ef", "se", "ute", "tive" };
	size_t n = strlen(w);

	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++)
		if (n > strlen(ends[k]) + 1 && !strcmp(w + n - strlen(ends[k]), ends[k]))
			return true;
	return false;
}

/* Where the words end that may be a title: tokens [x->i, end). */
static size_t title_end(const struct where *x)
{
	size_t j;

	for (j = x->i; j < x->n && j < x->i + 6; j++) {
		const struct tok *t = x->t + j;

		if (t->kind != TOK_WORD || tok_be(t) || (t->flags & TOK_TAIL) || word_in(WORDS_CUT, t->w) || tok_is(t, "and") ||
		    word_among(" living based working ", t->w) ||
		    (j > x->i && (tail_at(x->t, j, x->n) || (word_in(WORDS_FUNCTION, t->w) && !tok_is(t, "of")))))
			break;
	}
	return j;
}

/* Where "stay-at-home dad", "dinner lady" end, titles whose last word is none alone; 0: it is no such title. */
static size_t title_fixed(const struct where *x, size_t j)
{
	static const char trades[] = " dinner lollipop tea cleaning bin delivery garbage rubbish repair maintenance camera weather pool milk"
				     " ice-cream postal bus train truck van cable tree pest market fish stunt body anchor lunch crossing"
				     " parking removal garage bar ";
	static const char parents[] = " mom mum dad mother father parent wife husband ";
	const struct tok *t = x->t;
	size_t i = x->i;

	if (tok_is(t + i, "stay-at-home") && j > i + 1 && word_among(parents, t[i + 1].w))
		return i + 2;
	if (tok_phrase(t + i, j - i, "stay at home") == 3 && j == i + 4 && word_among(parents, t[j - 1].w))
		return j;
	return j > i + 1 && word_among(" lady man woman guy girl boy person lad double ", t[j - 1].w) && word_among(trades, t[j - 2].w) ? j : 0;
}

/* The value of a title [x->i, j) whose head is followed by "of": "head of marketing", "CEO of Acme". */
static bool title_of(const struct where *x, size_t head, size_t j, struct value *out)
{
	bool company = word_cap(x->t + head + 1) && !word_is_nation(x->t[head + 1].w) &&
		       !word_among(" hr it pr qa ux operations sales marketing finance legal product engineering ", x->t[head + 1].w);

	if (word_among(" life love destiny doom fate ", x->t[head + 1].w))
		return false; /* "a student of life" */
	return value_set(x, x->i, company ? head : j, out);
}

/* Is what stands at [w->i, j) without an article said of a job, rather than one? "my job is stressful" */
static bool job_described(const struct where *w, size_t j)
{
	const struct tok *t = w->t + w->i;

	if (j > w->i + 1 && word_among(" teaching helping making selling taking fixing working doing getting running "
				       "cleaning driving building writing ",
				       t->w))
		return true; /* "my job is teaching kids to swim" */
	if (j == w->i + 1 && (word_judges(t->w) || job_adjective(t->w)))
		return true;
	return !(t->flags & TOK_CAP) && !job_like(w->t[j > w->i ? j - 1 : w->i].w); /* "my job is mostly emails" */
}

/* "job title at COMPANY": words up to one that ends a title; the last is its head. */
bool parse_job(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j, head, fixed;

	if (is_article(x.t + x.i) && x.i + 1 < x.n)
		x.i++;
	j = title_end(&x);
	if (word_among(" playing acting being feeling pretending hobby former ex future amateur hobbyist aspiring wannabe would-be failed ", x.t[x.i].w))
		return false;
	fixed = title_fixed(&x, j);
	if (fixed)
		return value_set(&x, x.i, fixed, out);
	if (!strncmp(x.t[x.i].w, "ex-", 3))
		return false;
	if (j > x.i + 1 && tok_is(x.t + j - 1, "keeper") && !word_in(WORDS_STATE, x.t[j - 2].w))
		return value_set(&x, x.i, j, out); /* "lighthouse keeper" */
	for (head = j; head > x.i; head--)
		if (word_is_job(x.t[head - 1].w) &&
		    !(head - 1 > x.i && tok_is(x.t + head - 2, "of")))
			break;
	if (head > x.i && head + 1 == j && tok_is(x.t + head, "of") && j < x.n && is_article(x.t + j))
		return value_set(&x, x.i, head, out); /* "the vicar of a parish" */
	if (head > x.i && head + 1 < j && tok_is(x.t + head, "of"))
		return title_of(&x, head, j, out);
	if (j + 1 < x.n && tok_is(x.t + j, "in") && tok_is(x.t + j + 1, "training"))
		return false;
	if (head > x.i)
		return head == j && value_set(&x, x.i, head, out);
	if (x.i == w->i && job_described(w, j))
		return false;
	if (w->trust != TRUST_HIGH || j == x.i || word_in(WORDS_NOT_JOB, x.t[j - 1].w) ||
	    word_in(WORDS_BAD_START, x.t[x.i].w) || word_in(WORDS_STATE, x.t[x.i].w) ||
	    word_in(WORDS_FUNCTION, x.t[x.i].w))
		return false;
	return value_set(&x, x.i, j, out);
}
