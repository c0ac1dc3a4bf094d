/*
 * Introductions: "I'm Sam", "i'm devon, 27, from leeds".
 */
#include "detect_read.h"

#include <string.h>

/* What may stand between "I'm" and an age without being a name. */
static bool word_describes(const char *w)
{
	static const enum word_set sets[] = { WORDS_STATE, WORDS_DIET, WORDS_VERB, WORDS_NOT_JOB, WORDS_ZODIAC };
	static const char more[] =
		" male female trans bi white black asian latino latina hispanic jewish catholic muslim hindu cis straight "
		"lesbian married widowed separated pregnant ";
	size_t n = strlen(w);

	for (size_t k = 0; k < sizeof(sets) / sizeof(*sets); k++)
		if (word_in(sets[k], w))
			return true;
	return word_is_nation(w) || word_is_job(w) || word_judges(w) || word_among(more, w) ||
	       (n > 4 && (!strcmp(w + n - 2, "ed") || !strcmp(w + n - 3, "ing") || !strcmp(w + n - 3, "ish")));
}

/* "i'm devon, 27, from leeds": a word in lower case that no list knows is a name before an age; "i'm single, 27" says
 * the age alone. */
static bool intro_aged_read(struct reading *c, size_t at)
{
	const struct tok *t = c->t + at;
	struct value v;
	size_t num;

	if (at + 2 >= c->n)
		return false;
	num = at + 1 + word_in(WORDS_TAIL, t[1].w);
	if (tok_is(c->t + num, ","))
		num++;
	else if (num > at + 1 || !word_may_name(t->w))
		return false; /* "im kaia 16 from perth" */
	if (num >= c->n || t->kind != TOK_WORD || ((t->flags & TOK_CAP) && !word_is_nation(t->w)) || c->t[num].kind != TOK_NUM ||
	    strlen(c->t[num].w) != 2 ||
	    c->t[num].w[0] == '0' || !read_value(c, "age", TRUST_HIGH, num, &v) ||
	    !(v.next >= c->n || tok_punct(c->t + v.next) || word_among(" and from ", c->t[v.next].w)) ||
	    word_in(WORDS_FUNCTION, t->w) || word_in(WORDS_ADVERB, t->w) || word_in(WORDS_TAIL, t->w))
		return false;
	if (word_describes(t->w)) {
		if (word_is_job(t->w) || !reader_add(c->d, &c->s, "age", &v, c->op, "age", 0.85))
			return false;
		tail_read(c, v.next, "age");
		return true;
	}
	v = (struct value){ .a = t->a, .b = t->b, .next = at + 1, .titled = true };
	if (!reader_add(c->d, &c->s, "name", &v, c->op, "i-am", 0.8))
		return false;
	tail_read(c, num, "name");
	return true;
}

/* "im mick from ballarat": a word in lower case that no list knows, and then where from. */
static bool intro_from_read(struct reading *c, size_t at)
{
	const struct tok *t = c->t + at;
	struct value v, place;

	if (at + 2 >= c->n || t->kind != TOK_WORD || (t->flags & TOK_CAP) || strlen(t->w) < 3 || !tok_is(t + 1, "from") || word_describes(t->w) ||
	    word_in(WORDS_FUNCTION, t->w) || word_in(WORDS_ADVERB, t->w) || word_in(WORDS_TAIL, t->w) || word_in(WORDS_COMMON, t->w) ||
	    word_in(WORDS_NOT_PLACE, t->w) || word_among(" back home fresh away far straight live direct ", t->w) ||
	    !read_value(c, "place", TRUST_HIGH, at + 2, &place) || !value_closed(c, place.next))
		return false;
	v = (struct value){ .a = t->a, .b = t->b, .next = at + 1, .titled = true };
	return reader_add(c->d, &c->s, "name", &v, c->op, "i-am", 0.75) &&
	       reader_add(c->d, &c->s, "hometown", &place, c->op, "from", 0.8);
}

/* "i am olu, how are you": a word in lower case that no list knows, before a greeting. */
static bool intro_met_read(struct reading *c, size_t at)
{
	const struct lex *x = c->d->x;
	const struct tok *t = c->t + at;
	struct value v;
	size_t k = 0;

	if (at + 1 != c->n || t->kind != TOK_WORD || !word_may_name(t->w) || strlen(t->w) < 3)
		return false;
	while (k < x->n && x->tok[k].a <= t->a)
		k++;
	while (k < x->n && tok_punct(x->tok + k))
		k++;
	v = (struct value){ .a = t->a, .b = t->b, .next = at + 1, .titled = !(t->flags & TOK_CAP) };
	return tok_phrases(x->tok + k, x->n - k, "how are you|how is it going|nice to meet|pleased to meet|good to meet|hello|what is your"
		" name|who are you") &&
	       reader_add(c->d, &c->s, "name", &v, c->op, "i-am", 0.75);
}

bool intro_read(struct reading *c, size_t i)
{
	struct value v;
	size_t at = i;

	if (c->s.kind != SUBJECT_I || !i || !tok_is(c->t + i - 1, "i") ||
	    !pattern_match(c, "be", &at) || at >= c->n || c->t[at].kind == TOK_NUM)
		return false;
	if (!read_value(c, "person", TRUST_LOW, at, &v))
		return intro_aged_read(c, at) || intro_from_read(c, at) || intro_met_read(c, at);
	if (!(c->t[at].flags & (TOK_CAP | TOK_QUOTED)) && !word_in(WORDS_NAME, c->t[at].w))
		return false;
	if (!reader_add(c->d, &c->s, "name", &v, c->op, "i-am", 0.85))
		return false;
	tail_read(c, v.next, "name");
	return true;
}
