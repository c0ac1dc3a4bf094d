/*
 * What is taken off a clause, or turned round in it, before the rules read it: greetings and openers ("well, by the
 * way, remember that"), "no, ...", "I told my boss that ...", what is offered or compared at its end, a time at its
 * front. What is left says the same.
 */
#include "detect_int.h"

#include <string.h>

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
