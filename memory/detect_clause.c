/*
 * Sentences and clauses. A sentence ends at . ! ? ; or a line's end (abbreviations, decimals and
 * addresses were kept whole by the lexer). A clause is a piece of it that can be a statement by
 * itself: "I'm Sam and my dog is called Olive" has two, "my brother lives in Osaka and works for
 * Nintendo" two with one subject.
 */
#include "detect_int.h"

#include <string.h>

static bool ends_sentence(const struct tok *t)
{
	return t->kind == TOK_PUNCT && strchr(".!?;\n", t->w[0]) && !(t->flags & TOK_QUOTED);
}

bool sentence_next(const struct lex *x, size_t *at, size_t *begin, size_t *stop, char *end)
{
	size_t i = *at;

	while (i < x->n && ends_sentence(x->tok + i))
		i++;
	if (i >= x->n)
		return false;
	*begin = i;
	while (i < x->n && !ends_sentence(x->tok + i))
		i++;
	*stop = i;
	*end = 0;
	for (; i < x->n && ends_sentence(x->tok + i); i++)
		if (!*end || x->tok[i].w[0] == '?')
			*end = x->tok[i].w[0];
	*at = i;
	return true;
}

/* Is there a verb a subject at i could have, before the next mark? */
static bool verb_follows(const struct tok *t, size_t i, size_t n)
{
	static const char more[] = " wants wanted needs needed says said told thinks thought keeps kept got gets went goes came made makes gave gives "
				   "took takes found lost broke left sent helps helped called calls makes died ran runs teaches taught writes "
				   "wrote bought sold brought turned turns asked asks cooks bakes paints snores barks knows knew met sings feels "
				   "looks sleeps sits stands began begins ate eats hurts visited stayed stays run row ride lift swim never"
					" always keep stop stops ";

	for (size_t k = i; k < n && k < i + 8 && (!tok_punct(t + k) || k == i); k++)
		if ((k > i && (word_among(more, t[k].w) || (strlen(t[k].w) > 5 && !strcmp(t[k].w + strlen(t[k].w) - 2, "ed") &&
							     !(t[k].flags & TOK_CAP) && !word_in(WORDS_STATE, t[k].w)))) || (k + 2 < n && tok_is(t + k + 1, ",") && tok_is(t + k + 2, "who")) ||
		    (k == i && word_among(" said told went got made ", t[k].w)) || word_in(WORDS_VERB, t[k].w) || tok_be(t + k) || tok_is(t + k, "called") ||
		    tok_is(t + k, "named") || word_in(WORDS_AUX, t[k].w))
			return true;
	return false;
}

/* Does a statement, or a question, begin at t[i]? comma: a comma stands before it, which allows
 * more. */
static bool statement_starts(const struct tok *t, size_t i, size_t n, bool comma)
{
	if (i + 3 < n && word_among(" every each last this these most some one ", t[i].w) &&
	    word_among(" day days night week month year morning evening time weekend ", t[i + 1].w))
		i += 2 + tok_is(t + i + 2, ","); /* "and every day I ..." */
	while (i < n &&
	       (word_in(WORDS_ADVERB, t[i].w) || tok_is(t + i, "then") || (comma && tok_is(t + i, "now")) || tok_is(t + i, "well") ||
		(comma && word_among(" anyway anyways btw oh plus ", t[i].w))))
		i++;
	if (i + 1 >= n)
		return false;
	if (tok_is(t + i, "i") || tok_is(t + i, "we"))
		return !tok_punct(t + i + 1);
	if (tok_is(t + i, "my") || tok_is(t + i, "our") || tok_is(t + i, "his") ||
	    tok_is(t + i, "her") || tok_is(t + i, "its") || tok_is(t + i, "their") ||
	    tok_is(t + i, "the"))
		return verb_follows(t, i + 1, n);
	if (tok_is(t + i, "mine"))
		return tok_be(t + i + 1);
	if (comma && (tok_is(t + i, "he") || tok_is(t + i, "she") || tok_phrases(t + i, n - i, "it never|it still|it keeps|they never|they still|they keep")))
		return t[i + 1].kind == TOK_WORD;
	if (tok_is(t + i, "he") || tok_is(t + i, "she") || tok_is(t + i, "it") ||
	    tok_is(t + i, "they"))
		return verb_follows(t, i + 1, n < i + 4 ? n : i + 4);
	if ((tok_is(t + i, "this") || tok_is(t + i, "that") || tok_is(t + i, "there")) &&
	    tok_be(t + i + 1))
		return true;
	for (size_t k = i + 1; k + 2 < n && k < i + 4; k++)
		if (tok_phrases(t + k, n - k, "call me|calls me"))
			return true;
	if (tok_phrase(t + i, n - i, "call me") || tok_is(t + i, "you") || tok_is(t + i, "please"))
		return true;
	if (!comma)
		return false;
	if (word_in(WORDS_AUX, t[i].w)) /* "my cat, Nala, is a Siamese" against ", are you" */
		return word_in(WORDS_PRONOUN, t[i + 1].w) || tok_is(t + i + 1, "my") ||
		       tok_is(t + i + 1, "there");
	return word_in(WORDS_CUT, t[i].w) || word_in(WORDS_QUESTION, t[i].w) ||
	       word_in(WORDS_REQUEST, t[i].w) || tok_is(t + i, "maybe") ||
	       tok_is(t + i, "imagine") || tok_is(t + i, "pretend") || word_among(" anyone anybody nobody everyone everybody people someone"
		" somebody ", t[i].w) ||
	       tok_is(t + i, "any");
}

static bool is_joiner(const struct tok *t)
{
	return tok_is(t, "and") || tok_is(t, "n") || (tok_is(t, "an") && word_among(" i my im ", t[1].w)) || tok_is(t, "but") ||
	    tok_is(t, "so") || tok_is(t, "because") ||
	       tok_is(t, "while") || tok_is(t, "although") || tok_is(t, "though") ||
	       tok_is(t, "plus") || tok_is(t, "&") || tok_is(t, "whereas") || tok_is(t, "since") ||
	       tok_is(t, "cause") || tok_is(t, "cuz");
}

/* "my name is sam i live in rome": a second statement without any mark before it. */
static bool run_on(const struct tok *t, size_t a, size_t j, size_t n)
{
	if (j > a + 2 && j + 3 < n && word_among(" her his its ", t[j].w) && tok_is(t + j + 1, "name") && tok_be(t + j + 2) &&
	    t[j - 1].kind == TOK_WORD && !word_in(WORDS_FUNCTION, t[j - 1].w) && !word_in(WORDS_VERB, t[j - 1].w))
		return true; /* "i got a kitten her name is beans" */
	while (a + 1 < j && word_among(" hi hey hello hiya yo ok okay so lol well ", t[a].w))
		a++;
	if (j < a + 3 || j + 1 >= n || !(tok_is(t + j, "i") || tok_is(t + j, "my")) ||
	    !(tok_is(t + a, "my") || tok_is(t + a, "i")))
		return false;
	if (word_in(WORDS_FUNCTION, t[j - 1].w) || word_in(WORDS_VERB, t[j - 1].w) ||
	    word_in(WORDS_CUT, t[j - 1].w))
		return false;
	if (!verb_follows(t, a + 1, j) || (tok_is(t + j, "my") && (j + 2 >= n || tok_punct(t + j + 2) || !verb_follows(t, j + 2, n))))
		return false;
	return tok_is(t + j, "my") || word_in(WORDS_VERB, t[j + 1].w);
}

/* "... shellfish what can i eat", "... a cold should i go": a question without a mark before it, behind a statement. */
static bool question_runs_on(const struct tok *t, size_t a, size_t j, size_t n)
{
	static const char asked[] = " know knows ask asked asks wonder wondering tell told tells see sees say says understand idea sure remember "
				    "forgot guess me you matter explain decide figure show learn ";
	bool what = word_among(" what how which where why when ", t[j].w);

	if (j < a + 3 || j + 2 >= n || t[j - 1].kind == TOK_PUNCT || !word_among(" i my we our as since because ", t[a].w) ||
	    word_in(WORDS_FUNCTION, t[j - 1].w) || word_in(WORDS_VERB, t[j - 1].w) || word_among(asked, t[j - 1].w))
		return false;
	return what ? word_in(WORDS_AUX, t[j + 1].w) && (word_in(WORDS_PRONOUN, t[j + 2].w) || word_among(" my our the a ", t[j + 2].w))
		    : word_among(" can could should would do does is are ", t[j].w) && word_among(" i we you it there ", t[j + 1].w);
}

/* "my email: a@b.c" */
static bool colon_is_be(const struct tok *t, size_t a, size_t j, size_t n)
{
	static const char no_name[] = " note ps fun fact update correction intro edit question "
				      "text sentence said says wrote story "
				      "for these dialogue dialog line lines song lyrics poem verse remember reminder fyi btw game read reads quote ";

	if (j <= a || (j - a > 7 && !tok_is(t + j - 2, ",")) || j + 1 >= n || statement_starts(t, j + 1, n, true))
		return false;
	if (tok_is(t + a, "my") || word_among(" number address languages bilingual trilingual multilingual quadrilingual allergies ", t[j - 1].w))
		return true;
	if ((tok_is(t + a, "i") || tok_is(t + a, "we")) && tok_is(t + a + 1, "have") && j < a + 6 && (t[j + 1].flags & TOK_CAP))
		return true; /* "we have three daughters: Mei, Lan and Hua" */
	for (size_t k = a; k + 1 < j && k < a + 6; k++)
		if (tok_is(t + k, "my") && word_among(" address email website phone number mail homepage blog site ", t[k + 1].w) &&
		    !word_in(WORDS_VERB, t[k].w))
			return true; /* "ship it to my address:" */
	if (j > a + 2 && (tok_is(t + j - 2, "my") || (j > a + 3 && tok_is(t + j - 3, "my"))) &&
	    tok_be(t + a + 1))
		return true; /* "here is my email:" */
	if (j > a + 3 && (tok_is(t + j - 2, ",") || tok_is(t + j - 3, ",")) && (tok_is(t + a + 1, ":") || tok_is(t + a + 2, ":")))
		return true; /* "Name: Ana, age: 30" */
	for (size_t k = a; k < j; k++)
		if (word_among(no_name, t[k].w) || word_in(WORDS_REQUEST, t[k].w) ||
		    word_in(WORDS_PRONOUN, t[k].w))
			return tok_is(t + k, "name");
	return j - a <= 3;
}

/* "my favorite game is Hollow Knight: Silksong" */
static bool title_colon(const struct tok *t, size_t a, size_t j, size_t n)
{
	return j > a + 3 && j + 1 < n && (t[j - 1].flags & TOK_CAP) && (t[j + 1].flags & TOK_CAP) &&
	       tok_is(t + a, "my") && !strcmp(word_canonical(t[a + 1].w), "favorite") &&
	       !statement_starts(t, j + 1, n, true);
}

/* Token j of a sentence of n, where the clause that began at a may end. */
struct cut {
	const struct tok *t;
	size_t a, j, n;
	size_t comma;  /* 1 if a comma stands at j */
	size_t k;      /* the word behind it */
	bool relative; /* the clause began with "who" */
	size_t skip;   /* out: how many tokens of separator to pass over; 0: the clause goes on */
	bool elided;   /* out: see struct clause */
};

/* Decides. The functions below return true when they have. */
static bool cut_set(struct cut *p, size_t skip, bool elided)
{
	p->skip = skip;
	p->elided = elided;
	return true;
}

/* "... is seven and wants to know": the second half is guarded by itself */
static const char goes_on[] = " wants needs thinks says knows keeps will would can could must should might does gets makes "
			      "looks takes seems tries refuses insists spends gave never ";

/* "Dmitri here, ...", dashes and colons. */
static bool mark_cuts(struct cut *p)
{
	const struct tok *t = p->t;
	size_t a = p->a, j = p->j;

	if (p->comma && j > a && (tok_is(t + j - 1, "here") || (j == a + 2 && tok_is(t + j - 1, "speaking"))))
		return cut_set(p, 1, false);
	if (j == a + 1 && tok_is(t + a, "me"))
		return cut_set(p, 0, false);
	if (tok_is(t + j, "-") && t[j].kind == TOK_PUNCT)
		return cut_set(p, 1, false);
	if (tok_is(t + j, ":") && t[j].kind == TOK_PUNCT)
		return cut_set(p, !colon_is_be(t, a, j, p->n) && !title_colon(t, a, j, p->n), false);
	return false;
}

/* "my brother, who lives in Lyon", "a friend named Xavier who lives in Lyon" */
static bool who_cuts(struct cut *p)
{
	const struct tok *t = p->t;
	size_t a = p->a, j = p->j, k = p->k, n = p->n;

	if (j > a + 2 && word_among(" who which that ", t[j].w) && j + 3 < n && tok_be(t + j + 1) && word_among(" called named ", t[j + 2].w) &&
	    !(t[j - 1].flags & TOK_CAP))
		return cut_set(p, 0, false); /* "a cat who's called Fig" */
	if (p->comma && (tok_is(t + k, "who") || tok_is(t + k, "which")) && k + 2 < n &&
	    (word_in(WORDS_VERB, t[k + 1].w) || tok_be(t + k + 1)) && !tok_is(t + k + 2, "you"))
		return cut_set(p, 2, true);
	if (!p->comma && tok_is(t + j, "who") && j > a + 2 && (t[j - 1].flags & TOK_CAP) &&
	    j + 2 < n && (word_in(WORDS_VERB, t[j + 1].w) || tok_be(t + j + 1)))
		return cut_set(p, 1, true);
	return p->comma && p->relative && (word_in(WORDS_VERB, t[k].w) || word_in(WORDS_AUX, t[k].w) || word_among(goes_on, t[k].w)) &&
	       cut_set(p, 1, true);
}

/* A comma, and a statement, a question or a second verb behind it. */
static bool comma_cuts(struct cut *p)
{
	const struct tok *t = p->t;
	size_t a = p->a, j = p->j, k = p->k, n = p->n;

	if (!p->comma)
		return false;
	if (j > a + 2 && k + 2 < n && verb_follows(t, a + 1, j) &&
	    ((word_among(" works work lives live studies study ", t[k].w) && word_among(" as for at in ", t[k + 1].w)) ||
	     (word_among(" weigh weighs ", t[k].w) && t[k + 1].kind == TOK_NUM) ||
	     (word_among(" plays speaks drives owns studies ", t[k].w) && t[k + 1].kind == TOK_WORD)))
		return cut_set(p, 1, true); /* "... lives in Bath, works as a florist" */
	if (k + 2 < n && j > a + 1 && word_among(" moved relocated living based currently married ", t[k].w) &&
	    word_among(" to in from living ", t[k + 1].w))
		return cut_set(p, 1, true); /* "Born in Hull, moved to Bergen" */
	if (k + 3 < n && word_among(" mum mom mam dad mummy daddy grandma grandpa gran nan nana ", t[k].w) && tok_be(t + k + 1) &&
	    verb_follows(t, a + 1, j))
		return cut_set(p, 1, false); /* "..., mom's name is Galina" */
	if (statement_starts(t, k, n, true))
		return cut_set(p, 1, false);
	/* "I have gout, does coffee matter" against "my cat, Nala, is a Siamese" */
	return verb_follows(t, a + 1, j) &&
	       (word_among(" do does did can could should would ", t[k].w) ||
		(word_among(" is are will ", t[k].w) && k + 1 < n && word_among(" it the a an any ", t[k + 1].w))) &&
	       cut_set(p, 1, false);
}

/* "and", "but", "because" and a statement or a second verb behind it. */
static bool joiner_cuts(struct cut *p)
{
	static const char doing[] = " thinking planning hoping considering wondering dreaming trying looking living based working studying ";
	const struct tok *t = p->t;
	size_t a = p->a, j = p->j, k = p->k, n = p->n, next = k + 1, skip = k + 1 - j;
	bool and;

	if (k + 1 >= n || !is_joiner(t + k))
		return false;
	and = tok_is(t + k, "and") || tok_is(t + k, "n") || tok_is(t + k, "but") || tok_is(t + k, "&");
	if (and && next + 1 < n && tok_is(t + next, "i") && word_among(" call called named ", t[next + 1].w) && word_among(" my our ", t[a].w) &&
	    !verb_follows(t, a + 1, j))
		return cut_set(p, 0, false); /* "my wife and I call her Bean" */
	if (and && tok_phrases(t + next, n - next, "go by|goes by|went by"))
		return cut_set(p, skip, true); /* "I was christened Bartholomew but go by Bart" */
	if (statement_starts(t, k + 1, n, and || p->comma || tok_is(t + k, "so")))
		return cut_set(p, skip, false);
	while (and && next + 1 < n && word_in(WORDS_ADVERB, t[next].w))
		next++;
	if (and && j > a + 2 && next + 1 < n && word_among(doing, t[next].w))
		return cut_set(p, skip, true); /* "... and honestly thinking of quitting" */
	if (and && j > a + 2 && k + 3 < n && tok_is(t + k + 1, "just") && strlen(t[k + 2].w) > 4 &&
	    !strcmp(t[k + 2].w + strlen(t[k + 2].w) - 2, "ed"))
		return cut_set(p, skip, true); /* "I'm 19 and just opened ..." */
	if (and && k + 2 < n && (t[k + 1].flags & TOK_CAP) && word_in(WORDS_NAME, t[k + 1].w) &&
	    word_in(WORDS_VERB, t[k + 2].w) && verb_follows(t, a + 1, j))
		return cut_set(p, skip, false); /* "... and Tom speaks French" */
	return and && (word_in(WORDS_VERB, t[k + 1].w) || word_among(goes_on, t[k + 1].w)) && j > a + 2 &&
	       !word_in(WORDS_VERB, t[j - 1].w) && !(t[k + 1].flags & TOK_CAP) && k + 2 < n && cut_set(p, skip, true);
}

/* How many tokens of separator stand at j if a clause ends there; 0 if it goes on. elided: see
 * struct clause. */
static size_t clause_break(const struct tok *t, size_t a, size_t j, size_t n, bool relative,
			   bool *elided)
{
	struct cut p = { .t = t, .a = a, .j = j, .n = n, .comma = tok_is(t + j, ","), .relative = relative };

	p.k = j + p.comma;
	*elided = false;
	if (p.k >= n)
		return p.comma;
	if (!mark_cuts(&p) && !who_cuts(&p) && !comma_cuts(&p))
		joiner_cuts(&p);
	*elided = p.elided;
	return p.skip;
}

/* A parenthesis at *j: left out, or the name in it kept. False: to be read like any other token. True: *j is its last. */
static bool bracket_read(const struct tok *t, size_t a, size_t stop, size_t *j, struct clause *c)
{
	size_t i = *j, k = i;
	bool named = i >= a + 2 && (tok_is(t + i - 2, "my") || tok_is(t + i - 2, "our"));

	while (k < stop && k < i + 24 && !tok_is(t + k, ")"))
		k++;
	named = named && i + 1 < stop && (t[i + 1].flags & TOK_CAP);
	if (named && k == i + 2)
		return false; /* "my cat (Loki)" */
	if (named && k > i + 2 && k < stop && tok_is(t + i + 2, ",") && c->n + 3 < CLAUSE_TOKENS) {
		c->t[c->n++] = t[i]; /* "my gf (Priya, vet student)": her name kept */
		c->t[c->n++] = t[i + 1];
		c->t[c->n++] = t[k];
	} else if (k >= stop || !tok_is(t + k, ")") || (k + 1 < stop && t[i + 1].kind == TOK_NUM)) {
		return false;
	}
	*j = k;
	return true;
}

/* ", whom we all call Billie, is a vet": the comma behind it, or j if nothing of the kind begins there. */
static size_t whom_end(const struct tok *t, size_t j, size_t stop)
{
	size_t k = j + 2;

	if (!tok_is(t + j, ",") || k >= stop || !word_among(" whom whose ", t[j + 1].w))
		return j;
	while (k < stop && k < j + 12 && !tok_is(t + k, ","))
		k++;
	return k + 1 < stop && tok_is(t + k, ",") && (word_in(WORDS_VERB, t[k + 1].w) || tok_be(t + k + 1)) ? k : j;
}

bool clause_next(const struct lex *x, size_t *at, size_t stop, struct clause *c)
{
	const struct tok *t = x->tok;
	size_t a = *at, j, skip = 0;
	bool elided = false, relative = c->next_elided && a > 0 && tok_is(t + a - 1, "who");

	if (a >= stop)
		return false;
	c->elided = c->next_elided;
	c->relative = relative;
	c->n = 0;
	c->correction = c->calls = false;
	c->end = 0;
	for (j = a; j < stop; j++) {
		if (tok_is(t + j, "(") && t[j].kind == TOK_PUNCT && bracket_read(t, a, stop, &j, c))
			continue;
		if (t[j].flags & TOK_QUOTED) {
			if (c->n < CLAUSE_TOKENS)
				c->t[c->n++] = t[j];
			continue;
		}
		if (j > a && whom_end(t, j, stop) > j) {
			j = whom_end(t, j, stop);
			continue;
		}
		if (j > a)
			skip = clause_break(t, a, j, stop, relative, &elided);
		if (!skip && (run_on(t, a, j, stop) || question_runs_on(t, a, j, stop)))
			break;
		if (skip)
			break;
		if (c->n < CLAUSE_TOKENS)
			c->t[c->n++] = t[j];
	}
	if (j < stop && tok_is(t + j, ":"))
		c->end = ':';
	*at = j + (j < stop ? skip : 0);
	c->next_elided = j < stop && elided;
	c->last = *at >= stop;
	return true;
}

void clause_remove(struct clause *c, size_t i, size_t k)
{
	if (i >= c->n)
		return;
	if (k > c->n - i)
		k = c->n - i;
	memmove(c->t + i, c->t + i + k, (c->n - i - k) * sizeof(*c->t));
	c->n -= k;
}

bool clause_has_cue(const struct tok *t, size_t n)
{
	static const char cues[] = " i my our we me mine us his her its he she it they their the ";

	for (size_t i = 0; i < n; i++)
		if (word_among(cues, t[i].w) || tok_is(t + i, "'s") || (t[i].flags & TOK_CAP))
			return true;
	return false;
}
