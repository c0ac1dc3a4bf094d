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

/* How many tokens of separator stand at j if a clause ends there; 0 if it goes on. elided: see
 * struct clause. */
static size_t clause_break(const struct tok *t, size_t a, size_t j, size_t n, bool relative,
			   bool *elided)
{
	/* "... is seven and wants to know": the second half is guarded by itself */
	static const char goes_on[] = " wants needs thinks says knows keeps will would can could must should might does gets makes "
				      "looks takes seems tries refuses insists spends gave never ";
	static const char goes_on_doing[] = " thinking planning hoping considering wondering dreaming trying looking living based working studying ";
	size_t comma = tok_is(t + j, ",") ? 1 : 0, k = j + comma;

	*elided = false;
	if (k >= n)
		return comma;
	if (comma && j > a && (tok_is(t + j - 1, "here") || (j == a + 2 && tok_is(t + j - 1, "speaking"))))
		return 1; /* "Dmitri here, ..." */
	if (j == a + 1 && tok_is(t + a, "me"))
		return 0;
	if (tok_is(t + j, "-") && t[j].kind == TOK_PUNCT)
		return 1;
	if (tok_is(t + j, ":") && t[j].kind == TOK_PUNCT)
		return colon_is_be(t, a, j, n) || title_colon(t, a, j, n) ? 0 : 1;
	if (j > a + 2 && word_among(" who which that ", t[j].w) && j + 3 < n && tok_be(t + j + 1) && word_among(" called named ", t[j + 2].w) &&
	    !(t[j - 1].flags & TOK_CAP))
		return 0; /* "a cat who's called Fig" */
	if (comma && (tok_is(t + k, "who") || tok_is(t + k, "which")) && k + 2 < n &&
	    (word_in(WORDS_VERB, t[k + 1].w) || tok_be(t + k + 1)) && !tok_is(t + k + 2, "you")) {
		*elided = true;
		return 2;
	}
	if (!comma && tok_is(t + j, "who") && j > a + 2 && (t[j - 1].flags & TOK_CAP) &&
	    j + 2 < n && (word_in(WORDS_VERB, t[j + 1].w) || tok_be(t + j + 1))) {
		*elided = true; /* "a friend named Xavier who lives in Lyon" */
		return 1;
	}
	if (comma && relative && (word_in(WORDS_VERB, t[k].w) || word_in(WORDS_AUX, t[k].w) || word_among(goes_on, t[k].w))) {
		*elided = true;
		return 1;
	}
	/* "... lives in Bath, works as a florist" */
	if (comma && j > a + 2 && k + 2 < n && verb_follows(t, a + 1, j) &&
	    ((word_among(" works work lives live studies study ", t[k].w) && word_among(" as for at in ", t[k + 1].w)) ||
	     (word_among(" weigh weighs ", t[k].w) && t[k + 1].kind == TOK_NUM) ||
	     (word_among(" plays speaks drives owns studies ", t[k].w) && t[k + 1].kind == TOK_WORD))) {
		*elided = true;
		return 1;
	}
	/* "Born in Hull, moved to Bergen" */
	if (comma && k + 2 < n && j > a + 1 && word_among(" moved relocated living based currently married ", t[k].w) &&
	    word_among(" to in from living ", t[k + 1].w)) {
		*elided = true;
		return 1;
	}
	if (comma && k + 3 < n && word_among(" mum mom mam dad mummy daddy grandma grandpa gran nan nana ", t[k].w) && tok_be(t + k + 1) &&
	    verb_follows(t, a + 1, j))
		return 1; /* "..., mom's name is Galina" */
	if (comma && statement_starts(t, k, n, true))
		return 1;
	/* "I have gout, does coffee matter" against "my cat, Nala, is a Siamese" */
	if (comma && verb_follows(t, a + 1, j) &&
	    (word_among(" do does did can could should would ", t[k].w) ||
	     (word_among(" is are will ", t[k].w) && k + 1 < n && word_among(" it the a an any ", t[k + 1].w))))
		return 1;
	if (k + 1 < n && is_joiner(t + k)) {
		bool and = tok_is(t + k, "and") || tok_is(t + k, "n") || tok_is(t + k, "but") || tok_is(t + k, "&");
		size_t next = k + 1;

		if (and && next + 1 < n && tok_is(t + next, "i") && word_among(" call called named ", t[next + 1].w) && word_among(" my our ", t[a].w) &&
		    !verb_follows(t, a + 1, j))
			return 0; /* "my wife and I call her Bean" */
		if (and && tok_phrases(t + next, n - next, "go by|goes by|went by")) {
			*elided = true; /* "I was christened Bartholomew but go by Bart" */
			return k + 1 - j;
		}
		if (statement_starts(t, k + 1, n, and || comma || tok_is(t + k, "so")))
			return k + 1 - j;
		while (and && next + 1 < n && word_in(WORDS_ADVERB, t[next].w))
			next++;
		if (and && j > a + 2 && next + 1 < n && word_among(goes_on_doing, t[next].w)) {
			*elided = true; /* "... and honestly thinking of quitting" */
			return k + 1 - j;
		}
		if (and && j > a + 2 && k + 3 < n && tok_is(t + k + 1, "just") && strlen(t[k + 2].w) > 4 &&
		    !strcmp(t[k + 2].w + strlen(t[k + 2].w) - 2, "ed")) {
			*elided = true; /* "I'm 19 and just opened ..." */
			return k + 1 - j;
		}
		if (and && k + 2 < n && (t[k + 1].flags & TOK_CAP) && word_in(WORDS_NAME, t[k + 1].w) &&
		    word_in(WORDS_VERB, t[k + 2].w) && verb_follows(t, a + 1, j))
			return k + 1 - j; /* "... and Tom speaks French" */
		if (and && (word_in(WORDS_VERB, t[k + 1].w) || word_among(goes_on, t[k + 1].w)) && j > a + 2 &&
		    !word_in(WORDS_VERB, t[j - 1].w) && !(t[k + 1].flags & TOK_CAP) && k + 2 < n) {
			*elided = true;
			return k + 1 - j;
		}
	}
	return 0;
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
		if (tok_is(t + j, "(") && t[j].kind == TOK_PUNCT) {
			size_t k = j;

			while (k < stop && k < j + 24 && !tok_is(t + k, ")"))
				k++;
			if (k == j + 2 && j >= a + 2 && (t[j + 1].flags & TOK_CAP) &&
			    (tok_is(t + j - 2, "my") || tok_is(t + j - 2, "our"))) {
				/* "my cat (Loki)": kept */
			} else if (k > j + 2 && k < stop && tok_is(t + j + 2, ",") && j >= a + 2 && (t[j + 1].flags & TOK_CAP) &&
				   (tok_is(t + j - 2, "my") || tok_is(t + j - 2, "our")) && c->n + 3 < CLAUSE_TOKENS) {
				c->t[c->n++] = t[j]; /* "my gf (Priya, vet student)": her name kept */
				c->t[c->n++] = t[j + 1];
				c->t[c->n++] = t[k];
				j = k;
				continue;
			} else if (k < stop && tok_is(t + k, ")") &&
			    (k + 1 >= stop || t[j + 1].kind != TOK_NUM)) {
				j = k;
				continue;
			}
		}
		if (t[j].flags & TOK_QUOTED) {
			if (c->n < CLAUSE_TOKENS)
				c->t[c->n++] = t[j];
			continue;
		}
		if (j > a && tok_is(t + j, ",") && j + 2 < stop && word_among(" whom whose ", t[j + 1].w)) {
			size_t k = j + 2;

			while (k < stop && k < j + 12 && !tok_is(t + k, ","))
				k++;
			if (k + 1 < stop && tok_is(t + k, ",") && (word_in(WORDS_VERB, t[k + 1].w) || tok_be(t + k + 1))) {
				j = k; /* ", whom we all call Billie, is a vet": passed over */
				continue;
			}
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

/* "Could you please call me Max?" asks nothing: leaves "call me Max". */
static void call_strip(struct clause *c)
{
	for (size_t i = 1; i + 2 < c->n && i < 8; i++) {
		if (!word_among(" can could would will you please should may might just i like "
				"want to prefer if feel free go and "
				"so hey hi , no actually ",
				c->t[i - 1].w))
			return;
		if (tok_phrase(c->t + i, c->n - i, "call me") ||
		    (tok_phrase(c->t + i, c->n - i, "be called") && tok_is(c->t + i - 1, "to"))) {
			clause_remove(c, 0, i);
			c->calls = true;
			return;
		}
	}
}

/* "Can you remember that I'm vegan?" asks nothing either: leaves "I'm vegan". */
static void remember_strip(struct clause *c)
{
	static const char asks[] = "can you|could you|will you|would you";
	size_t k = tok_phrases(c->t, c->n, asks);

	if (!k && tok_phrase(c->t, c->n, "can u believe"))
		k = 2;
	if (k && k + 3 < c->n && tok_is(c->t + k, "believe")) { /* so it is */
		clause_remove(c, 0, k + 1 + tok_is(c->t + k + 1, "that"));
		c->calls = true;
		return;
	}
	if (!k)
		return;
	k += k < c->n && word_among(" please also ", c->t[k].w);
	if (k < c->n && word_among(" remember note save ", c->t[k].w))
		k++;
	else if (tok_phrase(c->t + k, c->n - k, "keep in mind"))
		k += 3;
	else
		return;
	if (k + 2 >= c->n || !tok_is(c->t + k, "that"))
		return;
	clause_remove(c, 0, k + 1);
	c->calls = true;
}

/* What may stand before a statement without changing it. */
static const char openers[] =
	"gday|g'day|evening all|morning all|hi all|hello all|hey all|hi everyone|hello everyone|soo|sooo|soooo|sooooo|yo|hm|mm|mhm|uhh|erm|err|ah|aha|eh|well|so|ok|okay|oh|hey|hi|hello|hiya|howdy|greetings|anyway|also|and|but|yes|"
	"yeah|yep|sure|by the way|btw|fyi|for your information|just so you know|just fyi|"
	"fun fact|please|pls|remember that|remember|please remember|note that|please note|"
	"note|keep in mind that|keep in mind|do not forget that|do not forget|"
	"you should know that|you should know|you might want to know that|"
	"you may want to know that|know that|i want to tell you that|i want to tell you|"
	"i wanted to tell you that|i wanted to tell you|i want you to know that|"
	"i want you to know|i want you to remember that|i want you to remember|"
	"i would like you to know that|i would like you to remember that|"
	"i wanted to say that|i wanted to say|just wanted to say|i should mention that|"
	"i should mention|i have to say that|i must say that|i must say|"
	"i forgot to mention that|i forgot to mention|i forgot to say that|"
	"i can tell you that|i can tell you|did you know that|let me tell you that|"
	"let me tell you|let me introduce myself|as i said|like i said|as i mentioned|"
	"as i told you|i already told you that|i told you that|i told you|i said that|"
	"i said|i meant that|i mean|i meant|to be clear|for the record|good morning|"
	"good evening|good afternoon|good day|nice to meet you|pleased to meet you|thanks|"
	"thank you|it is true that|guess what|the truth is that|the truth is|"
	"in case you are wondering|in case you want to know|if you must know|"
	"if you want to know|if you are wondering|today|at the moment|currently|"
	"these days|right now|nowadays|there|haha|lol|hmm|um|uh|great|cool|nice|save this|"
	"save that|learn that|update|correction|news|good news|first of all|about me|"
	"a bit about me|the thing is|in fact|of course|oops|sorry|all right|alright|right|"
	"as you know|for context|some context|background|reminder|ps|p.s|to start|"
	"basically|honestly|still|plus|mind you|it turns out|turns out|turns out that|"
	"because|since|for example|that|imprint|again|recently|personally|as for me|"
	"before i forget|while i am at it|while we are at it|as a side note|side note|"
	"not to brag but|not to brag|no offense but|not going to lie|no lie|in real life|irl|random fact|one more thing|another thing|for what it is"
		" worth|fwiw|tbh|ngl|"
	"put down that|put down|write down that|write this down|jot down that|make a note that|take note that|letting you know that|just letting you know that|"
	"let me add that|i should add that|"
	"unrelated|by trade|by profession|by day|by night|from now on|starting today|as of today|as of now|as of monday|"
	"from today|on weekends|at weekends|on the weekends|in the mornings|"
	"in the evenings|every day|every morning|most days|at home|at work|at school|"
	"on mondays|on tuesdays|on wednesdays|on thursdays|on fridays|on saturdays|"
	"on sundays|happy to say|proud to say|funny thing|the other day|last week|last night|"
	"this morning|yesterday|a few years ago|last year|this year|i would say that|i would say|"
	"originally|i just found out that|i just found out|i found out that|i found out|i recently found out|i can not believe that|i can not believe|i am happy that|i am glad that|i am glad|"
	"i am proud that|i am sure that|i am sure|easy";

/* What says that the statement after it puts something right. */
static const char corrections[] =
	"no|nope|actually|wait|that is wrong|wrong|not quite|that is not right|"
	"i was wrong|i misspoke|i lied|to correct myself|correction|oops|update|now|but now|and "
	"now";

static bool correction_strip(struct clause *c)
{
	for (const char *p = corrections; p; p = phrase_next(p)) {
		size_t used = tok_phrase(c->t, c->n, p);

		if (!used || tok_phrases(c->t, c->n, "no longer|no one") ||
		    (used == c->n && c->end != ':'))
			continue;
		c->correction = true;
		clause_remove(c, 0, used);
		return true;
	}
	return false;
}

/* "I told my boss that I live in Porto" */
static bool told_strip(struct clause *c)
{
	size_t k = tok_phrases(c->t, c->n, "been told|i have been told|i was told|just been told|i was just told|i have just been told");

	k += k && k < c->n && tok_is(c->t + k, "that");
	if (k && tok_phrases(c->t + k, c->n - k, "i have got|i have")) { /* a finding: "been told I have gout" */
		clause_remove(c, 0, k);
		return true;
	}
	if (!tok_phrases(c->t, c->n, "i told|i have told|i already told|i have already told|i keep telling|i explained to|i wrote to"))
		return false;
	for (size_t i = 2; i + 2 < c->n && i < 9; i++)
		if (tok_is(c->t + i, "that")) {
			clause_remove(c, 0, i + 1);
			return true;
		} else if (i > 2 && (tok_is(c->t + i, "my") || tok_is(c->t + i, "i")) && !word_in(WORDS_FUNCTION, c->t[i - 1].w)) {
			clause_remove(c, 0, i); /* "I told the nurse my name is Ana" */
			return true;
		}
	return false;
}

/* "hiii", "heyyyy", "sooo" */
static bool drawn_out(const char *w)
{
	char once[16];
	size_t n = 0;

	for (; *w && n + 1 < sizeof(once); w++)
		if (!n || once[n - 1] != *w)
			once[n++] = *w;
	once[n] = 0;
	return !*w && word_among(" hi hey heya hola oi helo yo so wel okay omg um uh ah oh hm ", once);
}

static bool opener_strip(struct clause *c)
{
	if (c->n > 1 && c->t[0].kind == TOK_WORD && drawn_out(c->t[0].w) && !tok_be(c->t + 1)) {
		clause_remove(c, 0, 1);
		return true;
	}
	for (const char *p = openers; p; p = phrase_next(p)) {
		size_t used = tok_phrase(c->t, c->n, p);

		if (!used || (used == c->n && used == 1) || (tok_is(c->t, "originally") && !tok_is(c->t + 1, "i")))
			continue;
		if (used < c->n && (tok_be(c->t + used) || (used == 1 && tok_is(c->t, "remember") &&
							    word_in(WORDS_QUESTION, c->t[1].w))))
			continue; /* "today is ...", "remember when ..." */
		clause_remove(c, 0, used);
		return true;
	}
	return false;
}

/* "im 43 not 42", "I live in Cork not Kerry": leaves what holds. */
static void not_strip(struct clause *c)
{
	size_t k = c->n > 4 ? c->n - 2 : 0;
	unsigned both;

	if (!k || !tok_is(c->t + k, "not") || tok_be(c->t + k - 1) || tok_punct(c->t + k - 1))
		return;
	both = c->t[k - 1].flags & c->t[k + 1].flags & TOK_CAP;
	if ((c->t[k - 1].kind == TOK_NUM && c->t[k + 1].kind == TOK_NUM) || (both && k > 2)) {
		c->n = k;
		c->correction = true;
	}
}

/* "My number is 555-0142 if you want to text": what is offered with it takes nothing back. */
static void offer_strip(struct clause *c)
{
	bool contact = c->n > 4 && tok_is(c->t, "my") && word_among(" number email phone cell mobile address mail ", c->t[1].w);

	for (size_t i = 4; contact && i + 2 < c->n; i++)
		if (tok_phrases(c->t + i, c->n - i, "if it|if we|if this|if the|if i|if they|in case")) {
			c->n = i; /* "my number's V if it gets cut off" */
			return;
		}
	for (size_t i = 4; i + 2 < c->n; i++)
		if (tok_phrases(c->t + i, c->n - i, "if you want|if you need|if you like|if you ever|if that helps|if it helps|in case you")) {
			c->n = i;
			return;
		}
}

/* "For ten years I have worked at Bosch": the time goes behind the statement, where the rules look for it. */
static void time_turn(struct clause *c)
{
	struct tok front[8];
	size_t k, skip;
	bool time = false;

	if (c->n < 5 || c->n + 8 > CLAUSE_TOKENS || !word_among(" since for over during last in ", c->t[0].w))
		return;
	if (tok_is(c->t, "in") && !(c->t[1].kind == TOK_NUM && strlen(c->t[1].w) == 4))
		return; /* "in two years I am" is to come */
	time = tok_is(c->t, "since") && word_among(" my the our ", c->t[1].w);
	for (k = 1 + time; k < 8 && k + 2 < c->n && !word_among(" i we my our ", c->t[k].w); k++) {
		if (word_in(WORDS_VERB, c->t[k].w) || word_in(WORDS_AUX, c->t[k].w) || word_in(WORDS_PRONOUN, c->t[k].w) ||
		    tok_is(c->t + k, "ago"))
			return;
		time = time || c->t[k].kind == TOK_NUM || word_in(WORDS_SEASON, c->t[k].w) || word_in(WORDS_MONTH, c->t[k].w) ||
		       word_among(" years year months month weeks week decade decades birth childhood ages weekend holidays night ", c->t[k].w);
	}
	if (!time || k < 2 || k >= 8 || k + 2 >= c->n)
		return;
	c->t[0].flags &= (uint8_t)~TOK_CAP;
	skip = tok_is(c->t + k - 1, ",");
	memcpy(front, c->t, (k - skip) * sizeof(*front));
	clause_remove(c, 0, k);
	memcpy(c->t + c->n, front, (k - skip) * sizeof(*front));
	c->n += k - skip;
}

/* "She's 90 and fitter than me": what is compared is left off, what holds stays. */
static void compared_strip(struct clause *c)
{
	for (size_t i = c->n; i-- > 3;) {
		if (!tok_is(c->t + i, "than"))
			continue;
		for (size_t k = i - 1; k > 2 && k + 4 > i; k--)
			if (tok_is(c->t + k, "and")) {
				c->n = k;
				return;
			}
	}
}

/* "my dads a plumber", "my brothers called Ned": the mark of "'s" left out. */
static void apostrophe_put(struct clause *c)
{
	static const struct spelling {
		const char *glued, *noun;
	} nouns[] = { { "dads", "dad" },	     { "mums", "mum" },		  { "moms", "mom" },	     { "brothers", "brother" },
		      { "sisters", "sister" },	     { "wifes", "wife" },	  { "husbands", "husband" }, { "boyfriends", "boyfriend" },
		      { "girlfriends", "girlfriend" }, { "partners", "partner" }, { "friends", "friend" },   { "bosss", "boss" },
		      { "uncles", "uncle" },	     { "aunts", "aunt" },	  { "dogs", "dog" },	     { "cats", "cat" },
		      { "sons", "son" },	     { "daughters", "daughter" }, { "nephews", "nephew" },   { "nieces", "niece" } };

	if (c->n < 4 || c->n + 1 > CLAUSE_TOKENS || !word_among(" my our ", c->t->w) || !word_among(" a an called named allergic from ", c->t[2].w))
		return;
	if (tok_is(c->t + 2, "from") && !(c->t[3].flags & TOK_CAP))
		return;
	for (size_t k = 0; k < sizeof(nouns) / sizeof(*nouns); k++)
		if (tok_is(c->t + 1, nouns[k].glued)) {
			memmove(c->t + 3, c->t + 2, (c->n - 2) * sizeof(*c->t));
			c->t[1].w = nouns[k].noun;
			c->t[2] = (struct tok){ .w = "is", .a = c->t[1].b, .b = c->t[1].b, .kind = TOK_WORD };
			c->n++;
			return;
		}
}

static bool removable(const struct tok *t)
{
	return tok_punct(t) && t->kind != TOK_HOLE && !(t->flags & TOK_QUOTED);
}

void clause_strip(struct clause *c)
{
	bool again = true;

	for (size_t i = 0; i < c->n;)
		if (word_among(" she/her he/him they/them she/they he/they ", c->t[i].w))
			clause_remove(c, i, 1);
		else
			i++;
	for (size_t i = 1; i + 3 < c->n && i < 4; i++)
		if (tok_is(c->t + i, "ago") && word_among(" i we ", c->t[i + 1].w) && word_among(" moved relocated ", c->t[i + 2].w)) {
			clause_remove(c, 0, i + 1); /* "Five years ago I moved to Porto" */
			break;
		}
	time_turn(c);
	call_strip(c);
	remember_strip(c);
	while (again && c->n) {
		again = removable(c->t);
		if (again)
			clause_remove(c, 0, 1);
		again = (c->n && correction_strip(c)) || (c->n && told_strip(c)) ||
			(c->n && opener_strip(c)) || again;
	}
	while (c->n && removable(c->t + c->n - 1))
		c->n--;
	time_turn(c);
	not_strip(c);
	offer_strip(c);
	compared_strip(c);
	apostrophe_put(c);
}
