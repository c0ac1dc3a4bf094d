/*
 * Values out of common words: foods, hobbies, titles. Where a value ends, and which words
 * cannot be one: what is said after it ("now", "by the way", "since 2014") is left off, and "my
 * favorite food is delicious" names none.
 */
#include "detect_value.h"

#include <string.h>

/* Phrases left off the end; '#' stands for a number, '%' for a unit of time, '@' for a letter ("Cate with a C"). */
static const char tails[] =
	"with a @|with an @|without the @|without a @|without an @|by the way|at the moment|these days|right now|of course|for now|for a living|"
	"by profession|by trade|as well|you know|so far|a lot|very much|the most|so much|"
	"thank you|from now on|hands down|to be honest|with love|at all|in fact|for sure|last %|"
	"this %|every %|each %|for years|for # %|since #|# % ago|a % ago|the other %|all my life|"
	"my whole life|next to me|in my spare time|in my free time|for fun|of mine|for short|"
	"and i love it|i think|i guess|since birth|for ages|for a while|on weekends|"
	"on the weekend|at weekends|at work|long ago|per %|in the morning|in the mornings|"
	"in the world|for many %|for several %|or so|and counting|again and again|a bit|"
	"since last %|there|over there|in #|in january|in february|in march|in april|in may|in june|in july|"
	"in august|in september|in october|in november|in december|twice a %|once a %|ever since|through and through|with a passion|with all"
		" my heart|to bits|to death|more than anything";

bool word_time_unit(const char *w)
{
	return word_among(" day days week weeks month months year years yrs summer winter spring "
			  "fall autumn night morning "
			  "evening weekend weekends monday tuesday wednesday thursday friday "
			  "saturday sunday time decade "
			  "decades hour hours minute minutes january february march april may june "
			  "july august september "
			  "october november december ",
			  w);
}

/* Does the phrase stand at t? Returns its tokens. */
static size_t tail_phrase(const struct tok *t, size_t n, const char *phrase)
{
	size_t k = 0;
	int number;

	for (; *phrase && *phrase != '|'; k++) {
		size_t len = strcspn(phrase, " |");

		if (k >= n)
			return 0;
		if (*phrase == '#') {
			if (t[k].kind != TOK_NUM && !value_number(t, k, k + 1, &number) &&
			    !tok_is(t + k, "a"))
				return 0;
		} else if (*phrase == '%') {
			if (!word_time_unit(t[k].w))
				return 0;
		} else if (*phrase == '@') {
			if (t[k].kind != TOK_WORD || t[k].w[1])
				return 0;
		} else if (strlen(t[k].w) != len || memcmp(t[k].w, phrase, len) != 0) {
			return 0;
		}
		phrase += len + (phrase[len] == ' ');
	}
	return k;
}

/* Do only tails stand from t[i] to the next mark or conjunction? depth bounds how many. */
static bool tails_follow(const struct tok *t, size_t i, size_t n, int depth)
{
	if (i >= n || tok_punct(t + i) || word_in(WORDS_CUT, t[i].w) || tok_is(t + i, "and"))
		return true;
	if (!depth)
		return false;
	if (word_in(WORDS_TAIL, t[i].w) && tails_follow(t, i + 1, n, depth - 1))
		return true;
	for (const char *p = tails; p; p = phrase_next(p)) {
		size_t used = tail_phrase(t + i, n - i, p);

		if (used && tails_follow(t, i + used, n, depth - 1))
			return true;
	}
	return false;
}

bool tail_at(const struct tok *t, size_t i, size_t n)
{
	return i < n && !tok_punct(t + i) && !word_in(WORDS_CUT, t[i].w) && !tok_is(t + i, "and") &&
	       tails_follow(t, i, n, 3);
}

/* End of a free phrase: the first mark, conjunction or tail. */
static size_t phrase_end(const struct where *w)
{
	size_t j = w->i;

	for (; j < w->n; j++) {
		const struct tok *t = w->t + j;

		if (t->flags & TOK_QUOTED)
			continue;
		if (tok_punct(t))
			break;
		if (j > w->i && (word_in(WORDS_CUT, t->w) || tail_at(w->t, j, w->n)) &&
		    !(t->flags & TOK_CAP))
			break;
		if (j > w->i && tok_is(t, "i") && !tok_is(t - 1, "and"))
			break;
		if (j > w->i && tok_is(t, "and") && j + 1 < w->n &&
		    (tok_is(t + 1, "i") || tok_is(t + 1, "my") || tok_is(t + 1, "that") ||
		     word_among(" he she they you there ", t[1].w) ||
		     tok_is(t + 1, "it") || tok_is(t + 1, "this") || tok_is(t + 1, "we")))
			break;
	}
	while (j > w->i && tok_punct(w->t + j - 1) && !(w->t[j - 1].flags & TOK_QUOTED))
		j--;
	return j;
}

static bool phrase_ok(const struct where *w, size_t i, size_t j, size_t max)
{
	bool title = word_cap(w->t + i) && j > i + 1;

	if (j <= i || j - i > max)
		return false;
	if (!title && (word_in(WORDS_BAD_START, w->t[i].w) || tok_is(w->t + i, "i")))
		return false;
	if (j == i + 1 && !word_cap(w->t + i) && word_in(WORDS_STATE, w->t[i].w) &&
	    !word_in(WORDS_COLOR, w->t[i].w))
		return false;
	for (size_t k = i; k < j; k++) {
		const struct tok *t = w->t + k;

		if (title && (t->flags & TOK_CAP))
			continue;
		if (word_in(WORDS_PRONOUN, t->w) ||
		    (word_in(WORDS_AUX, t->w) && t->kind == TOK_WORD && !title))
			return false;
	}
	return true;
}

static bool parse_phrase(const struct where *w, size_t max, bool keep_article, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (is_article(x.t + x.i) && x.i + 1 < x.n &&
	    !(keep_article && (word_cap(x.t + x.i) || !tok_is(x.t + x.i, "a"))))
		x.i++;
	j = phrase_end(&x);
	return phrase_ok(&x, x.i, j, max) && value_set(&x, x.i, j, out);
}

/* Foods and the like: adjectives of judgement are no value ("my favorite food is delicious"). */
static bool parse_thing(const struct where *w, size_t max, struct value *out)
{
	if (!parse_phrase(w, max, false, out))
		return false;
	for (size_t k = w->i; k < out->next; k++)
		if (tok_is(w->t + k, "not") || tok_is(w->t + k, "called"))
			return false;
	return true;
}

bool parse_allergy(const struct where *w, struct value *out)
{
	if (w->t[w->i].kind == TOK_NUM || word_in(WORDS_DIET, w->t[w->i].w) || word_in(WORDS_PRONOUN, w->t[w->i].w) ||
	    word_among(" my your work mondays mornings exercise commitment effort change stupidity "
		       "bullshit people questions nonsense drama homework cardio mornings hard politics small-talk hooray yay ugh alas sigh"
			" sadly joy great lovely typical obviously right ok yikes ouch help lucky ",
		       w->t[w->i].w))
		return false;
	if (word_in(WORDS_STATE, w->t[w->i].w) && !(w->t[w->i].flags & TOK_CAP) && w->i + 1 < w->n && word_judges(w->t[w->i].w))
		return false;
	if (!parse_thing(w, 4, out))
		return false;
	return !word_among(" questions people mornings ideas jokes meetings comments ", w->t[out->next - 1].w);
}

bool parse_field(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	for (j = x.i; j < x.n && j < x.i + 5; j++) {
		const struct tok *t = x.t + j;

		if (t->kind != TOK_WORD || tail_at(x.t, j, x.n) || word_in(WORDS_CUT, t->w) ||
		    tok_is(t, "at") || tok_is(t, "in") || tok_is(t, "minor") || tok_is(t, "with") ||
		    tok_is(t, "for") || tok_is(t, "on") || tok_be(t) ||
		    (tok_is(t, "and") &&
		     (j + 1 >= x.n || tok_is(t + 1, "minor") || word_in(WORDS_FUNCTION, t[1].w) ||
		      word_in(WORDS_VERB, t[1].w))))
			break;
	}
	if (word_among(" people myself others humans crowds life everything nothing ", x.t[x.i].w))
		return false;
	if (!phrase_ok(&x, x.i, j, 5) || word_in(WORDS_FUNCTION, x.t[x.i].w) ||
	    word_in(WORDS_STATE, x.t[x.i].w))
		return false;
	if (j == x.i + 1 && (tok_is(x.t + x.i, "alone") || tok_is(x.t + x.i, "abroad") ||
			     tok_is(x.t + x.i, "online")))
		return false;
	return value_set(&x, x.i, j, out);
}

bool parse_coffee(const struct where *w, struct value *out)
{
	static const char ways[] =
		" black white milk milky cream creamer sugar sugars sugary sweet sweetened "
		"unsweetened strong weak hot iced ice decaf plain neat oat almond soy honey syrup "
		"espresso latte cappuccino flat mocha macchiato foam vanilla cinnamon dark bitter "
		"light straight with without splash americano cortado filtered instant lukewarm ";
	bool known = false;
	size_t j = phrase_end(w);

	if (j - w->i > 6)
		return false;
	for (size_t k = w->i; k < j; k++)
		known = known || word_among(ways, w->t[k].w);
	for (size_t k = w->i; k < j; k++)
		if (!known || word_in(WORDS_PRONOUN, w->t[k].w) || word_in(WORDS_AUX, w->t[k].w) ||
		    tok_is(w->t + k, "my") || tok_is(w->t + k, "at") || word_time_unit(w->t[k].w))
			return false;
	return value_set(w, w->i, j, out);
}

bool parse_goal(const struct where *w, struct value *out)
{
	size_t j = w->i;

	while (j < w->n && !tok_punct(w->t + j) &&
	       (!word_in(WORDS_CUT, w->t[j].w) || word_among(" before after until till ", w->t[j].w)))
		j++;
	if (word_among(" the in on out off same simple clear very too so ", w->t[w->i].w) ||
	    (j == w->i + 1 && (word_in(WORDS_STATE, w->t[w->i].w) || word_judges(w->t[w->i].w))))
		return false; /* "my goal is simple" */
	return j - w->i <= 10 && !tok_is(w->t + w->i, "to") &&
	       !word_in(WORDS_PRONOUN, w->t[w->i].w) && (!word_in(WORDS_AUX, w->t[w->i].w) || (word_among(" be have do ", w->t[w->i].w) &&
	    w->i && tok_is(w->t + w->i - 1, "to"))) &&
	       value_set(w, w->i, j, out);
}

bool pair_is_one(const struct tok *after)
{
	return word_among(" cheese roll tonic chips fries blues soul jelly eggs gravy soda ", after->w);
}

bool parse_like(const struct where *full, struct value *out)
{
	struct where x = *full, *w = &x;

	for (size_t k = x.i + 1; k + 1 < full->n && k < x.i + 4; k++)
		if (tok_is(x.t + k, "with") &&
		    word_among(" my our friends family ", x.t[k + 1].w)) {
			x.n = k; /* "cooking with my kids" */
			break;
		}
	for (size_t k = x.i + 1; k < x.n && k < x.i + 4; k++)
		if ((tok_is(x.t + k, "and") || tok_is(x.t + k, "or") || tok_is(x.t + k, ",")) &&
		    !(k + 1 < x.n && (pair_is_one(x.t + k + 1) || word_in(WORDS_FUNCTION, x.t[k + 1].w) || word_in(WORDS_CUT, x.t[k + 1].w)))) {
			x.n = k; /* the first of several */
			break;
		}
	if (word_in(WORDS_NOT_LIKED, w->t[w->i].w) || is_article(w->t + w->i) ||
	    word_among(" cook eat sleep read play swim run dance sing travel watch draw ", w->t[w->i].w) ||
	    !parse_thing(w, 3, out))
		return false;
	if (out->next < w->n && !tok_punct(w->t + out->next) &&
	    word_in(WORDS_CUT, w->t[out->next].w) &&
	    (tok_is(w->t + out->next, "who") || tok_is(w->t + out->next, "which")))
		return false;
	for (size_t k = w->i; k < out->next;
	     k++) /* opinions about films and singers are no lasting facts */
		if (word_in(WORDS_NOT_LIKED, w->t[k].w) || w->t[k].kind != TOK_WORD ||
		    ((w->t[k].flags & TOK_CAP) && !word_is_nation(w->t[k].w) &&
		     !word_in(WORDS_COUNTRY, w->t[k].w)))
			return false;
	if (out->next > w->i + 1 && word_among(" in out up down ", w->t[out->next - 1].w))
		return false; /* "sleeping in" */
	return out->next >= w->n || !tok_is(w->t + out->next, "that");
}

bool parse_color(const struct where *w, struct value *out)
{
	if (!parse_thing(w, 4, out) || !strcmp(word_canonical(w->t[out->next > w->i + 1 && is_article(w->t + w->i) ? w->i + 1 : w->i].w), "color"))
		return false;
	return w->trust == TRUST_HIGH;
}

/* "my instrument is out of tune", "my sport is dangerous": no value but something about it. */
static bool said_of(const struct where *w)
{
	const char *first = w->t[w->i].w;

	return !(w->t[w->i].flags & TOK_CAP) &&
	       (word_among(" taken gone available invalid locked blocked hidden unknown already out off under in up down over ", first) || word_judges(first));
}

/* A single name-like word, or a few: nicknames, handles, words. */
bool parse_word(const struct where *w, struct value *out)
{
	struct where x = *w;

	if (!(x.t[x.i].flags & TOK_CAP) &&
	    (word_in(WORDS_STATE, x.t[x.i].w) || word_in(WORDS_PRONOUN, x.t[x.i].w)))
		return false;
	if (x.t[x.i].kind == TOK_EMAIL || (x.t[x.i].kind == TOK_WORD && strchr(x.t[x.i].w, '_')))
		return value_set(&x, x.i, x.i + 1, out); /* "xX_Moth_Xx add me" */
	if (said_of(w) || (word_among(" a an ", x.t[x.i].w) && !(x.t[x.i].flags & TOK_CAP) && x.i + 1 < x.n && !word_cap(x.t + x.i + 1)))
		return false; /* "my github is a mess" */
	return parse_thing(w, 4, out);
}

bool parse_zodiac(const struct where *w, struct value *out)
{
	return parse_one_of(w, WORDS_ZODIAC, out);
}

bool parse_season(const struct where *w, struct value *out)
{
	return parse_one_of(w, WORDS_SEASON, out);
}

bool parse_day(const struct where *w, struct value *out)
{
	return parse_one_of(w, WORDS_DAY, out) ||
	       (word_cap(w->t + w->i) && parse_phrase(w, 5, false, out));
}

bool parse_vehicle(const struct where *w, struct value *out)
{
	return parse_one_of(w, WORDS_VEHICLE, out);
}

/* "The Lion, the Witch and the Wardrobe": more capitals behind "the", up to an "and the". */
static size_t title_series(const struct where *w, size_t j)
{
	size_t k = j;
	bool closed = false;

	while (k + 1 < w->n && k < w->i + 14 &&
	       (tok_is(w->t + k, ",") || tok_is(w->t + k, "and"))) {
		bool and;

		k += tok_is(w->t + k, ",");
		and = k + 1 < w->n && tok_is(w->t + k, "and");
		k += and;
		if (k + 1 >= w->n || !is_article(w->t + k) || !word_cap(w->t + k + 1))
			return j;
		for (k++; k < w->n && word_cap(w->t + k); k++)
			;
		closed = and;
		if (and)
			break;
	}
	return closed && (k >= w->n || tok_punct(w->t + k) || tail_at(w->t, k, w->n)) ? k : j;
}

/* "my favorite show is ending", "... is coming out soon": no title, unless more follows ("breaking bad"). */
static bool said_doing(const struct where *w)
{
	const struct tok *t = w->t + w->i;
	size_t n = strlen(t->w);

	return t->kind == TOK_WORD && !(t->flags & (TOK_CAP | TOK_QUOTED)) && n > 5 && !strcmp(t->w + n - 3, "ing") &&
	       (w->i + 1 >= w->n || t[1].kind != TOK_WORD || word_in(WORDS_FUNCTION, t[1].w) || word_in(WORDS_TAIL, t[1].w) ||
		word_among(" soon up down out off again back away together apart worse better ", t[1].w));
}

bool parse_title(const struct where *w, struct value *out)
{
	size_t j;

	if (!parse_phrase(w, 12, true, out) ||
	    (w->i + 1 < w->n && tok_is(w->t + w->i, "the") && !word_cap(w->t + w->i + 1) &&
	     word_among(" one ones same latter former other ", w->t[w->i + 1].w)))
		return false;
	if (said_doing(w) || tok_phrases(w->t + w->i, w->n - w->i, "out of print|out of stock|on the shelf|on hold|on tour|on repeat"))
		return false;
	if (word_cap(w->t + w->i) && out->next + 1 < w->n && tok_is(w->t + out->next, ",") && word_cap(w->t + out->next + 1)) {
		struct where x = *w;

		x.i = out->next + 1;
		j = name_capital(&x, 3);
		if (j == w->n)
			return value_set(w, w->i, j, out); /* "Paris, Texas" */
	}
	j = is_article(w->t + w->i) ? title_series(w, out->next) : out->next;
	if (j + 1 < w->n && tok_is(w->t + j, ":") && word_cap(w->t + j - 1) &&
	    word_cap(w->t + j + 1)) { /* "Hollow Knight: Silksong" */
		struct where x = *w;

		x.i = j + 1;
		j = phrase_end(&x);
	}
	return j == out->next || value_set(w, w->i, j, out);
}

bool parse_any(const struct where *w, struct value *out)
{
	return parse_thing(w, 6, out);
}

/* "a bit of German", "fluent Swiss German" */
bool parse_language(const struct where *w, struct value *out)
{
	size_t j = w->i, a;

	while (j < w->n && j < w->i + 4 && w->t[j].kind == TOK_WORD &&
	       !word_in(WORDS_LANGUAGE, w->t[j].w) &&
	       word_among(" a bit of little some fluent native broken basic decent perfect bad good great rusty passable intermediate enough okay terrible both "
			  "conversational also the ",
			  w->t[j].w))
		j++;
	a = j;
	if (j + 1 < w->n && word_cap(w->t + j) && word_in(WORDS_LANGUAGE, w->t[j + 1].w))
		j++; /* "Brazilian Portuguese" */
	if (j >= w->n ||
	    (!word_in(WORDS_LANGUAGE, w->t[j].w) &&
	     !(j && word_cap(w->t + j) && word_is_nation(w->t[j].w) && word_among(" and , & little some of ", w->t[j - 1].w)) &&
	     !(w->trust == TRUST_HIGH && word_cap(w->t + j) && !word_in(WORDS_STATE, w->t[j].w))))
		return false;
	if (j + 1 < w->n && word_among(" sign toast fries press bread kiss dressing horn bulldog muffin breakfast roulette ", w->t[j + 1].w))
		return false;
	return value_set(w, a, j + 1, out);
}

bool parse_instrument(const struct where *w, struct value *out)
{
	return parse_listed(w, WORDS_INSTRUMENT, 4, false, out) ||
	       (w->trust == TRUST_HIGH && w->t[w->i + (w->i + 1 < w->n && is_article(w->t + w->i))].kind != TOK_NUM && !said_of(w) &&
	    parse_thing(w, 3, out));
}

/* "my hobby is" takes any phrase; "I enjoy" only a doing word or a single noun. */
bool parse_hobby(const struct where *w, struct value *out)
{
	bool doing = false;

	if (word_among(" complaining procrastinating overthinking sleeping napping crying suffering worrying eating existing breathing"
		" nothing losing waiting being getting arguing failing paying ", w->t[w->i].w) &&
	    (w->i + 1 >= w->n || tok_punct(w->t + w->i + 1) || word_in(WORDS_FUNCTION, w->t[w->i + 1].w)))
		return false; /* "my hobby is complaining" */
	if (w->trust == TRUST_HIGH)
		return parse_thing(w, 5, out);
	for (size_t k = w->i; k < w->n && k < w->i + 3 && !tok_punct(w->t + k); k++)
		doing = doing || (strlen(w->t[k].w) > 5 && strstr(w->t[k].w + 2, "ing"));
	if (word_in(WORDS_NOT_LIKED, w->t[w->i].w) || is_article(w->t + w->i) ||
	    tok_is(w->t + w->i, "watching") || tok_is(w->t + w->i, "listening") ||
	    tok_is(w->t + w->i, "trying") || !parse_thing(w, doing ? 3 : 1, out))
		return false;
	for (size_t k = w->i; k < out->next; k++)
		if ((w->t[k].flags & TOK_CAP) || word_in(WORDS_FUNCTION, w->t[k].w))
			return false;
	return true;
}

bool parse_sport(const struct where *w, struct value *out)
{
	return parse_listed(w, WORDS_SPORT, 3, false, out) ||
	       (w->trust == TRUST_HIGH && !said_of(w) && parse_thing(w, 3, out));
}
