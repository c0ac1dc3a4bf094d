/*
 * What may be a value of a kind ("city", "age", "pet"), and where it ends. A value begins at a token and runs to a word
 * that cannot belong to it; what is said after it ("now", "by the way", "since 2014") is left off. Kinds with a shape
 * (e-mail, date, number, blood type) are checked against it, closed kinds (language, instrument) against a list, names
 * by capitals or a list of known names, the rest by the words they may not hold.
 */
#include "detect_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a value is read: tokens [i, n) of text. */
struct where {
	const char *text;
	const struct tok *t;
	size_t i, n;
	int trust;
};

static bool word_cap(const struct tok *t)
{
	return t->kind == TOK_WORD && (t->flags & TOK_CAP) && !(t->flags & TOK_TAIL) && !tok_is(t, "i");
}

static bool value_set(const struct where *w, size_t i, size_t j, struct value *out)
{
	if (i >= j)
		return false;
	*out = (struct value){ .a = w->t[i].a, .b = w->t[j - 1].b, .next = j };
	return true;
}

static bool is_article(const struct tok *t)
{
	return tok_is(t, "a") || tok_is(t, "an") || tok_is(t, "the");
}

static bool all_digits(const char *w)
{
	size_t n = strspn(w, "0123456789");

	return n && !w[n];
}

/* ---- ends ---- */

/* Phrases left off the end; '#' stands for a number, '%' for a unit of time. */
static const char *const tails[] = {
	"by the way", "at the moment", "these days", "right now", "of course", "for now", "for a living",
	"by profession", "by trade", "as well", "you know", "so far", "a lot", "very much", "the most", "so much",
	"thank you", "from now on", "hands down", "to be honest", "with love", "at all", "in fact", "for sure",
	"last %", "this %", "every %", "each %", "for years", "for # %", "since #", "# % ago", "a % ago", "the other %",
	"all my life", "my whole life", "next to me", "in my spare time", "in my free time", "for fun", "of mine",
	"for short", "and i love it", "i think", "i guess", "since birth", "for ages", "for a while", "on weekends",
	"on the weekend", "at weekends", "at work", "long ago", "per %", "in the morning", "in the mornings",
	"in the world", "for many %", "for several %", "or so", "and counting", "again and again", "a bit",
	"since last %", "in #", "in january", "in february", "in march", "in april", "in may", "in june", "in july",
	"in august", "in september", "in october", "in november", "in december", "twice a %", "once a %", "ever since",
};

static bool word_time_unit(const char *w)
{
	return word_among(" day days week weeks month months year years yrs summer winter spring fall autumn night morning "
		      "evening weekend weekends monday tuesday wednesday thursday friday saturday sunday time decade "
		      "decades hour hours minute minutes january february march april may june july august september "
		      "october november december ", w);
}

/* Does the phrase stand at t? Returns its tokens. */
static size_t tail_phrase(const struct tok *t, size_t n, const char *phrase)
{
	size_t k = 0;
	int number;

	for (; *phrase; k++) {
		size_t len = strcspn(phrase, " ");

		if (k >= n)
			return 0;
		if (*phrase == '#') {
			if (t[k].kind != TOK_NUM && !value_number(t, k, k + 1, &number) && !tok_is(t + k, "a"))
				return 0;
		} else if (*phrase == '%') {
			if (!word_time_unit(t[k].w))
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
	for (size_t k = 0; k < sizeof(tails) / sizeof(*tails); k++) {
		size_t used = tail_phrase(t + i, n - i, tails[k]);

		if (used && tails_follow(t, i + used, n, depth - 1))
			return true;
	}
	return false;
}

/* Is what begins at t[i] left off a value: fillers and tail phrases up to its end? */
static bool tail_at(const struct tok *t, size_t i, size_t n)
{
	return i < n && !tok_punct(t + i) && !word_in(WORDS_CUT, t[i].w) && !tok_is(t + i, "and") &&
	       tails_follow(t, i, n, 3);
}

/* End of a free phrase: the first mark, conjunction or tail. */
static size_t phrase_end(const struct where *w, bool commas)
{
	size_t j = w->i;

	for (; j < w->n; j++) {
		const struct tok *t = w->t + j;

		if (t->flags & TOK_QUOTED)
			continue;
		if (tok_punct(t) && !(commas && tok_is(t, ",")))
			break;
		if (j > w->i && (word_in(WORDS_CUT, t->w) || tail_at(w->t, j, w->n)) && !(t->flags & TOK_CAP))
			break;
		if (j > w->i && tok_is(t, "i") && !tok_is(t - 1, "and"))
			break;
		if (j > w->i && tok_is(t, "and") && j + 1 < w->n &&
		    (tok_is(t + 1, "i") || tok_is(t + 1, "my") || tok_is(t + 1, "that") || tok_is(t + 1, "it") ||
		     tok_is(t + 1, "this") || tok_is(t + 1, "we")))
			break;
	}
	while (j > w->i && tok_punct(w->t + j - 1) && !(w->t[j - 1].flags & TOK_QUOTED))
		j--;
	return j;
}

/* ---- numbers and dates ---- */

size_t value_number(const struct tok *t, size_t i, size_t n, int *out)
{
	static const char *const names[] = {
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	};
	static const char *const tens[] = { "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety" };
	const char *w = i < n ? t[i].w : "";

	if (i >= n)
		return 0;
	if (all_digits(w) && strlen(w) < 7) {
		*out = atoi(w);
		return 1;
	}
	for (int k = 0; k < 20; k++)
		if (!strcmp(w, names[k])) {
			*out = k;
			return 1;
		}
	for (int k = 0; k < 8; k++) {
		size_t len = strlen(tens[k]);
		const char *unit;

		if (strncmp(w, tens[k], len) != 0 || (w[len] && w[len] != '-'))
			continue;
		unit = w[len] == '-' ? w + len + 1 : i + 1 < n ? t[i + 1].w : "";
		*out = 10 * (k + 2);
		for (int u = 1; u < 10; u++)
			if (!strcmp(unit, names[u])) {
				*out += u;
				return w[len] ? 1 : 2;
			}
		return w[len] ? 0 : 1;
	}
	return 0;
}

static bool is_year(const char *w)
{
	return all_digits(w) && strlen(w) == 4 && (w[0] == '1' || w[0] == '2') && (w[1] == '9' || w[1] == '8' || w[1] == '0');
}

/* "3rd", "21st", "fifth" */
static bool is_ordinal(const char *w)
{
	size_t n = strspn(w, "0123456789");

	if (n && n < 3)
		return !strcmp(w + n, "st") || !strcmp(w + n, "nd") || !strcmp(w + n, "rd") || !strcmp(w + n, "th");
	return word_among(" first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
				       "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
				       "twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth "
				       "twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first ", w);
}

/* "6:15", "7am", "19:30" */
static bool is_clock(const char *w)
{
	size_t n = strspn(w, "0123456789:.");

	if (!n || n > 5)
		return false;
	if (!w[n])
		return strchr(w, ':') != NULL;
	return !strcmp(w + n, "am") || !strcmp(w + n, "pm") || !strcmp(w + n, "h");
}

static bool is_half_day(const char *w)
{
	return !strcmp(w, "am") || !strcmp(w, "pm") || !strcmp(w, "a.m") || !strcmp(w, "p.m") || !strcmp(w, "o'clock") ||
	       !strcmp(w, "noon") || !strcmp(w, "midnight");
}

size_t value_date_end(const struct tok *t, size_t i, size_t n)
{
	size_t j = i, hard = 0; /* hard: end just past the last word that is a date by itself */

	for (; j < n; j++) {
		const char *w = t[j].w;
		bool month = word_in(WORDS_MONTH, w) && (strcmp(w, "may") != 0 || (t[j].flags & TOK_CAP) || j > i ||
							(j + 1 < n && t[j + 1].kind == TOK_NUM));
		bool numeric = t[j].kind == TOK_NUM || is_ordinal(w);

		if (month || word_in(WORDS_DAY, w) || is_half_day(w) || is_clock(w) || is_ordinal(w) ||
		    (numeric && (strchr(w, '/') || strchr(w, '-') || strchr(w, '.') || is_year(w))))
			hard = j + 1;
		else if (numeric && hard)
			hard = j + 1;
		else if (!numeric && !(j > i && tok_is(t + j, ",") && j + 1 < n && t[j + 1].kind == TOK_NUM) &&
			 strcmp(w, "the") != 0 && strcmp(w, "of") != 0 && strcmp(w, "at") != 0 && strcmp(w, "on") != 0 &&
			 strcmp(w, "next") != 0 && strcmp(w, "in") != 0)
			break;
	}
	return hard;
}

bool value_relative_date(const struct tok *t, size_t i, size_t n)
{
	if (i >= n)
		return false;
	if (tok_is(t + i, "on") || tok_is(t + i, "at"))
		i++;
	return i < n && (tok_is(t + i, "tomorrow") || tok_is(t + i, "today") || tok_is(t + i, "tonight") ||
			 tok_is(t + i, "yesterday") || tok_is(t + i, "next") ||
			 (tok_is(t + i, "in") && i + 1 < n && !word_in(WORDS_MONTH, t[i + 1].w)));
}

static bool parse_date(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	while (x.i < x.n && (tok_is(x.t + x.i, "on") || tok_is(x.t + x.i, "at")))
		x.i++;
	if (x.i >= x.n || value_relative_date(x.t, x.i, x.n))
		return false;
	j = value_date_end(x.t, x.i, x.n);
	return j > x.i && value_set(&x, x.i, j, out);
}

static bool parse_age(const struct where *w, struct value *out)
{
	int age = 0;
	size_t used = value_number(w->t, w->i, w->n, &age);

	if (!used || age < 1 || age > 120)
		return false;
	if (w->text[w->t[w->i + used - 1].b] == '%')
		return false;
	return value_set(w, w->i, w->i + used, out);
}

static bool parse_number(const struct where *w, struct value *out)
{
	int number;
	size_t used = value_number(w->t, w->i, w->n, &number);

	if (!used && w->t[w->i].kind == TOK_NUM)
		used = 1;
	return used && value_set(w, w->i, w->i + used, out);
}

static bool parse_year(const struct where *w, struct value *out)
{
	return is_year(w->t[w->i].w) && value_set(w, w->i, w->i + 1, out);
}

static bool parse_time(const struct where *w, struct value *out)
{
	size_t j = w->i, n = w->n;
	int hour;

	if (tok_is(w->t + j, "sunrise") || tok_is(w->t + j, "sunset") || tok_is(w->t + j, "dawn"))
		return value_set(w, j, j + 1, out);
	if (is_clock(w->t[j].w) || is_half_day(w->t[j].w)) {
		j++;
	} else if (word_among(" half quarter ", w->t[j].w) && j + 2 < n && word_among(" past to ", w->t[j + 1].w)) {
		j += 2 + value_number(w->t, j + 2, n, &hour);
	} else {
		size_t used = value_number(w->t, j, n, &hour);

		if (!used || hour > 24)
			return false;
		j += used;
	}
	if (j < n && is_half_day(w->t[j].w))
		j++;
	return value_set(w, w->i, j, out);
}

/* A number with its unit, perhaps twice: "6 feet 2 inches", "70 kg", "1.75 m", "6'1". Without trust a unit must be there. */
static bool parse_measure(const struct where *w, const char *units, struct value *out)
{
	size_t j = w->i;
	bool unit = false;
	int number;

	while (j < w->n) {
		const char *t = w->t[j].w;
		size_t digits = strspn(t, "0123456789.,'");

		if (digits && w->t[j].kind <= TOK_NUM && (!t[digits] || word_among(units, t + digits) || strchr(t, '\''))) {
			unit = unit || t[digits] || strchr(t, '\'') != NULL; /* "183cm" */
			j++;
		} else if (j > w->i && word_among(units, t)) {
			unit = true;
			j++;
		} else if (value_number(w->t, j, w->n, &number)) {
			j++;
		} else {
			break;
		}
	}
	return (unit || w->trust == TRUST_HIGH) && value_set(w, w->i, j, out);
}

static bool parse_height(const struct where *w, struct value *out)
{
	return parse_measure(w, " cm m mm meters metres meter metre feet foot ft inch inches centimeters centimetres ", out);
}

static bool parse_weight(const struct where *w, struct value *out)
{
	return parse_measure(w, " kg kgs kilos kilo kilograms kilogrammes pounds pound lbs lb stone st grams g ", out);
}

static bool parse_size(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (tok_is(x.t + x.i, "size") && x.i + 1 < x.n)
		x.i++;
	while (x.i < x.n && (tok_is(x.t + x.i, "a") || tok_is(x.t + x.i, "an")))
		x.i++;
	if (x.i >= x.n)
		return false;
	if (x.i + 1 < x.n && (tok_is(x.t + x.i, "eu") || tok_is(x.t + x.i, "us") || tok_is(x.t + x.i, "uk")) &&
	    x.t[x.i + 1].kind == TOK_NUM)
		return value_set(&x, x.i, x.i + 2, out);
	j = x.i + (x.t[x.i].kind == TOK_NUM || word_among(" xs s m l xl xxl small medium large ", x.t[x.i].w));
	if (j == x.i)
		return parse_number(&x, out);
	if (j < x.n && (tok_is(x.t + j, "and") || tok_is(x.t + j, "1/2")))
		j += tok_is(x.t + j, "1/2") ? 1 : (j + 2 < x.n && tok_is(x.t + j + 2, "half")) ? 3 : 0;
	return value_set(&x, x.i, j, out);
}

/* ---- addresses and codes ---- */

static bool parse_kind(const struct where *w, int kind, struct value *out)
{
	return w->t[w->i].kind == kind && value_set(w, w->i, w->i + 1, out);
}

static bool parse_url(const struct where *w, struct value *out)
{
	return parse_kind(w, TOK_URL, out);
}

/* Read from the bytes: digits, spaces, + - . ( ), at least five digits. */
static bool parse_phone(const struct where *w, struct value *out)
{
	uint32_t limit = w->t[w->n - 1].b, a = w->t[w->i].a, p = a, end = a;
	size_t digits = 0, j = w->i;

	for (; p < limit && strchr("0123456789 +-.()/", w->text[p]) && w->text[p]; p++)
		if (w->text[p] >= '0' && w->text[p] <= '9') {
			digits++;
			end = p + 1;
		}
	if (digits < 5 || digits > 17)
		return false;
	while (j < w->n && w->t[j].a < end)
		j++;
	*out = (struct value){ .a = a, .b = end, .next = j };
	return true;
}

static bool street_word(const struct tok *t)
{
	size_t n = strlen(t->w);

	return word_in(WORDS_STREET, t->w) ||
	       (n > 6 && (!strcmp(t->w + n - 6, "strasse") || strstr(t->w, "straße") || strstr(t->w, "straat")));
}

/* A house number or a street's last word; commas belong to it as long as an address goes on behind them. */
static bool parse_street(const struct where *w, struct value *out)
{
	bool digit = false, street = false;
	size_t j = w->i, last = w->i;

	if (w->t[j].kind == TOK_EMAIL || w->t[j].kind == TOK_URL)
		return false;
	for (; j < w->n; j++) {
		const struct tok *t = w->t + j;
		bool comma = tok_is(t, ",");

		if (tok_punct(t) && !comma)
			break;
		if (comma && j + 1 < w->n && !(t[1].flags & TOK_CAP) && t[1].kind != TOK_NUM &&
		    !strpbrk(t[1].w, "0123456789") && strcmp(t[1].w, "apt") != 0)
			break;
		if (j > w->i && (word_in(WORDS_CUT, t->w) || tail_at(w->t, j, w->n)))
			break;
		if (tok_is(t, "and") || tok_is(t, "with") || tok_be(t))
			break;
		digit = digit || strpbrk(t->w, "0123456789") != NULL;
		street = street || street_word(t);
		last = comma ? last : j + 1;
	}
	if (last - w->i < 2 || !(digit || street))
		return false;
	return value_set(w, w->i, last, out);
}

/* Codes: a run of bytes up to a space, with a digit or a capital unless trusted; further such words behind it. */
static bool parse_code(const struct where *w, struct value *out)
{
	size_t j = w->i;

	for (; j < w->n && j < w->i + 5; j++) {
		const struct tok *t = w->t + j;

		if (tok_punct(t) || (j > w->i && !strpbrk(t->w, "0123456789") && !(t->flags & TOK_CAP)))
			break;
		if (!strpbrk(t->w, "0123456789") && !(t->flags & TOK_CAP) && w->trust < TRUST_HIGH)
			break;
		if (word_in(WORDS_STATE, t->w) || word_in(WORDS_BAD_START, t->w) || is_article(t) || tok_is(t, "not"))
			break;
	}
	return value_set(w, w->i, j, out);
}

static bool parse_blood(const struct where *w, struct value *out)
{
	static const char types[] = " a b ab o a+ b+ ab+ o+ a- b- ab- o- 0 0+ 0- ";
	size_t j = w->i;

	if (!word_among(types, w->t[j].w) || (!(w->t[j].flags & TOK_CAP) && w->t[j].kind != TOK_NUM && j + 1 < w->n &&
				     w->t[j + 1].kind == TOK_WORD && !word_among(" positive negative pos neg ", w->t[j + 1].w)))
		return false;
	j++;
	if (j + 1 < w->n && tok_is(w->t + j, "rh"))
		j++;
	if (j < w->n && w->t[j].kind == TOK_WORD && word_among(" positive negative pos neg ", w->t[j].w))
		j++;
	return value_set(w, w->i, j, out);
}

/* ---- names ---- */

static bool name_blocked(const struct tok *t, int trust)
{
	if (word_in(WORDS_FUNCTION, t->w) || word_in(WORDS_STATE, t->w))
		return trust == TRUST_LOW || !(t->flags & TOK_CAP) || word_in(WORDS_PRONOUN, t->w);
	return trust == TRUST_LOW && (word_is_nation(t->w) || word_in(WORDS_MONTH, t->w) || word_in(WORDS_DAY, t->w) ||
				      word_in(WORDS_COUNTRY, t->w)) && !word_in(WORDS_NAME, t->w);
}

/* Lower-case names: up to three words; without trust the first must be a known name. */
static size_t name_lower(const struct where *w)
{
	size_t j = w->i;

	if (w->trust == TRUST_LOW && !word_in(WORDS_NAME, w->t[j].w))
		return j;
	while (j < w->n && j < w->i + 3) {
		const struct tok *t = w->t + j;

		if (t->kind != TOK_WORD || (t->flags & TOK_TAIL) || word_in(WORDS_FUNCTION, t->w) ||
		    word_in(WORDS_STATE, t->w) || word_in(WORDS_CUT, t->w) || word_in(WORDS_TAIL, t->w) ||
		    (j > w->i && (tail_at(w->t, j, w->n) || word_in(WORDS_VERB, t->w))))
			break;
		if (j > w->i && w->trust == TRUST_LOW && !word_in(WORDS_NAME, t->w))
			break;
		j++;
	}
	return j;
}

/* Capitalised words, with particles between them. */
static size_t name_capital(const struct where *w, size_t max)
{
	size_t j = w->i;

	while (j < w->n && j < w->i + max) {
		const struct tok *t = w->t + j;
		size_t k = j;

		if (word_cap(t) || (j > w->i && t->kind == TOK_NUM && w->trust == TRUST_HIGH)) {
			if (j > w->i && (word_in(WORDS_PRONOUN, t->w) || tok_is(t, "and") || tok_is(t, "my") || tok_be(t)))
				break;
			j++;
			continue;
		}
		while (j > w->i && k < w->n && k < j + 3 && w->t[k].kind == TOK_WORD &&
		       word_in(WORDS_PARTICLE, w->t[k].w) && !tok_is(w->t + k, "and") && !tok_is(w->t + k, "from"))
			k++;
		if (k == j || k >= w->n || !word_cap(w->t + k) || tok_is(w->t + j, "in") || tok_is(w->t + j, "on") ||
		    tok_is(w->t + j, "for") || tok_is(w->t + j, "to") || tok_is(w->t + j, "with"))
			break;
		j = k + 1;
	}
	return j;
}

/* Is everything from here written in lower case, or everything in capitals? Then case says nothing. */
static bool case_blind(const struct where *w)
{
	for (size_t k = w->i; k < w->n; k++)
		if (word_cap(w->t + k))
			return false;
	return true;
}

static bool parse_name(const struct where *w, struct value *out)
{
	size_t j;
	bool titled = false;

	if (word_among(" hers yours ours theirs mine ", w->t[w->i].w))
		return false;
	if (tok_punct(w->t + w->i) || name_blocked(w->t + w->i, w->trust))
		return false;
	if (word_cap(w->t + w->i)) {
		j = name_capital(w, 6);
	} else if (w->t[w->i].kind == TOK_NUM && w->trust == TRUST_LOW) {
		return false;
	} else {
		j = name_lower(w);
		titled = true;
	}
	if (j == w->i || (j < w->n && tok_is(w->t + j, "'s")))
		return false;
	if (w->trust == TRUST_LOW && j < w->n && w->t[j].kind == TOK_WORD && !tail_at(w->t, j, w->n) &&
	    !tok_is(w->t + j, "and") && !tok_is(w->t + j, "from") && !tok_is(w->t + j, "by") && !tok_is(w->t + j, "who") &&
	    !word_in(WORDS_CUT, w->t[j].w))
		return false; /* "I'm Happy to help" */
	if (!value_set(w, w->i, j, out))
		return false;
	out->titled = titled;
	return true;
}

/* ", Illinois" and ", Ontario, Canada" behind a city. */
static size_t place_region(const struct where *w, size_t j)
{
	for (int k = 0; k < 2; k++) {
		struct where x = *w;
		size_t e;

		if (j + 1 >= w->n || !tok_is(w->t + j, ",") || !word_cap(w->t + j + 1))
			break;
		x.i = j + 1;
		e = name_capital(&x, 3);
		if (e == x.i || (e < w->n && !tok_punct(w->t + e) && !tail_at(w->t, e, w->n) && !tok_is(w->t + e, "and") &&
				 !tok_is(w->t + e, "with")))
			break;
		j = e;
	}
	return j;
}

/* "the Boston area" goes on behind the capitals; "Vikings territory" is no place at all: 0. */
static size_t place_noun(const struct where *w, size_t j)
{
	if (j < w->n && w->t[j].kind == TOK_WORD &&
	    word_among(" area region county metro province valley district neighborhood neighbourhood suburbs side ", w->t[j].w))
		return j + 1;
	if (j >= w->n || w->t[j].kind != TOK_WORD || (w->t[j].flags & TOK_CAP) || tail_at(w->t, j, w->n) ||
	    word_in(WORDS_FUNCTION, w->t[j].w) || word_in(WORDS_CUT, w->t[j].w) || word_in(WORDS_TAIL, w->t[j].w))
		return j < w->n && tok_is(w->t + j, "'s") ? 0 : j;
	return 0;
}

static bool parse_place(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (is_article(x.t + x.i) || tok_is(x.t + x.i, "this")) { /* "a small town called Ashby" */
		if (tok_is(x.t + x.i, "the") && x.i + 1 < x.n &&
		    (word_cap(x.t + x.i + 1) || word_in(WORDS_COUNTRY, x.t[x.i + 1].w))) {
			x.i++;
			if (!word_cap(x.t + x.i)) {
				value_set(w, w->i, x.i + 1, out);
				out->titled = true;
				return true;
			}
			j = place_noun(&x, name_capital(&x, 5));
			return j && value_set(w, w->i, j, out);
		}
		for (j = x.i; j < x.n && j < x.i + 7; j++)
			if ((tok_is(x.t + j, "called") || tok_is(x.t + j, "named")) && j + 1 < x.n) {
				x.i = j + 1;
				break;
			}
		if (x.i == w->i)
			return false;
	}
	if (word_cap(x.t + x.i) && !word_in(WORDS_MONTH, x.t[x.i].w) && !word_in(WORDS_DAY, x.t[x.i].w)) {
		j = name_capital(&x, 5);
		if (j + 1 < x.n && tok_is(x.t + j, "and") &&
		    word_among(" herzegovina nevis tobago barbuda principe príncipe grenadines ", x.t[j + 1].w))
			j += 2;
		j = place_noun(&x, place_region(&x, j));
		return j && value_set(&x, x.i, j, out);
	}
	for (j = x.i; j < x.n && j < x.i + 3; j++) {
		const struct tok *t = x.t + j;

		if (t->kind != TOK_WORD || word_in(WORDS_FUNCTION, t->w) || word_in(WORDS_NOT_PLACE, t->w) ||
		    word_in(WORDS_STATE, t->w) || word_in(WORDS_CUT, t->w) || (j > x.i && tail_at(x.t, j, x.n)))
			break;
	}
	if (j == x.i || (j < x.n && word_in(WORDS_NOT_PLACE, x.t[j].w)) || (j < x.n && tok_is(x.t + j, "of")))
		return false;
	if (!word_in(WORDS_COUNTRY, x.t[x.i].w) && !case_blind(w))
		return false;
	value_set(&x, x.i, j, out);
	out->titled = true;
	return true;
}

/* Capitals with possessives between them: "St Mary's School", "McDonald's". */
static size_t name_possessive(const struct where *w)
{
	struct where x = *w;
	size_t j = name_capital(&x, 7);

	for (int k = 0; k < 3 && j < w->n && tok_is(w->t + j, "'s"); k++) {
		if (j + 1 >= w->n || !word_cap(w->t + j + 1))
			return j + 1 < w->n && w->t[j + 1].kind == TOK_WORD && !tail_at(w->t, j + 1, w->n) ? w->i : j + 1;
		x.i = j + 1;
		j = name_capital(&x, 5);
	}
	return j;
}

/* "the post office", "a law firm", "the city library in Turku" */
static bool company_common(const struct where *w, struct value *out)
{
	struct where x = *w;
	bool article = is_article(w->t + w->i);
	size_t j;

	x.i += article;
	for (j = x.i; j < x.n && j < x.i + 4 && x.t[j].kind == TOK_WORD && !word_in(WORDS_FUNCTION, x.t[j].w); j++)
		;
	while (j > x.i && !word_in(WORDS_INSTITUTION, x.t[j - 1].w))
		j--;
	if (j == x.i || (j == x.i + 1 && (!article || word_among(" office station company shop store place plant practice ",
								 x.t[x.i].w))))
		return false;
	if (j + 1 < x.n && tok_is(x.t + j, "in") && word_cap(x.t + j + 1)) {
		x.i = j + 1;
		j = name_capital(&x, 4);
	}
	return value_set(w, w->i, j, out);
}

/* Employers: capitalised, a common noun for a workplace, or in all-lower-case text a word or two. */
static bool parse_company(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (tok_is(x.t + x.i, "the") && x.i + 1 < x.n)
		x.i++;
	if (word_cap(x.t + x.i) || (x.t[x.i].kind == TOK_WORD && strpbrk(x.t[x.i].w, "0123456789"))) {
		j = word_cap(x.t + x.i) ? name_possessive(&x) : x.i + 1;
		if (j + 1 < x.n && tok_is(x.t + j, "and") && word_cap(x.t + j + 1))
			j += 2;
		if (j == x.i + 1 && (word_in(WORDS_DAY, x.t[x.i].w) || word_in(WORDS_MONTH, x.t[x.i].w)))
			return false;
		return j > x.i && value_set(w, w->i, j, out);
	}
	if (x.t[x.i].kind == TOK_URL)
		return value_set(&x, x.i, x.i + 1, out);
	if (company_common(w, out))
		return true;
	if (x.i > w->i || !case_blind(w) || w->trust == TRUST_LOW)
		return false;
	for (j = x.i; j < x.n && j < x.i + 2 && x.t[j].kind == TOK_WORD; j++)
		if (word_in(WORDS_FUNCTION, x.t[j].w) || word_in(WORDS_STATE, x.t[j].w) || word_in(WORDS_TAIL, x.t[j].w) ||
		    word_in(WORDS_NOT_PLACE, x.t[j].w) || word_in(WORDS_CUT, x.t[j].w) ||
		    word_among(" night nights day days least first fun money free minimum weekends dawn speed large length "
			       "peanuts clients people ", x.t[j].w))
			break;
	if (!value_set(&x, x.i, j, out))
		return false;
	out->titled = true;
	return true;
}

static bool parse_school(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;
	bool known = false;

	if (tok_is(x.t + x.i, "the") && x.i + 1 < x.n)
		x.i++;
	if (word_cap(x.t + x.i)) {
		j = name_possessive(&x);
		for (size_t k = x.i; k < j; k++)
			known = known || word_in(WORDS_SCHOOL, x.t[k].w);
		return (known || w->trust == TRUST_HIGH) && j > x.i && value_set(w, w->i, j, out);
	}
	for (j = x.i; j < x.n && j < x.i + 4 && x.t[j].kind == TOK_WORD && !word_in(WORDS_CUT, x.t[j].w) &&
		      !tail_at(x.t, j, x.n); j++)
		known = known || word_in(WORDS_SCHOOL, x.t[j].w);
	if (!known || word_in(WORDS_FUNCTION, x.t[x.i].w) || (j == x.i + 1 && word_in(WORDS_INSTITUTION, x.t[x.i].w)) ||
	    tok_is(x.t + x.i, "high") || tok_is(x.t + x.i, "elementary") || word_in(WORDS_STATE, x.t[x.i].w))
		return false;
	return value_set(&x, x.i, j, out);
}

/* With trust anything that may be a name; else it must be known as a team: "I'm a fan of Lady Gaga". */
static bool parse_team(const struct where *w, struct value *out)
{
	struct where x = *w;
	bool known = w->trust == TRUST_HIGH;
	size_t j;

	if (tok_is(x.t + x.i, "the") && x.i + 1 < x.n)
		x.i++;
	if (!word_cap(x.t + x.i))
		return known && case_blind(w) && parse_name(&x, out);
	j = name_capital(&x, 5);
	for (size_t k = x.i; k < j; k++)
		known = known || word_in(WORDS_TEAM, x.t[k].w);
	if (!known || (j < x.n && tok_is(x.t + j, "'s")))
		return false;
	return value_set(w, w->i, j, out); /* with its article: "your team is the Bulls" */
}

/* ---- kinds with a list ---- */

/* "job title at COMPANY": words up to one that ends a title; the last is its head. */
static bool parse_job(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j, head;

	if (is_article(x.t + x.i) && x.i + 1 < x.n)
		x.i++;
	for (j = x.i; j < x.n && j < x.i + 6; j++) {
		const struct tok *t = x.t + j;

		if (t->kind != TOK_WORD || tok_be(t) || (t->flags & TOK_TAIL) || word_in(WORDS_CUT, t->w) ||
		    tok_is(t, "and") || (j > x.i && (tail_at(x.t, j, x.n) || (word_in(WORDS_FUNCTION, t->w) && !tok_is(t, "of")))))
			break;
	}
	for (head = j; head > x.i; head--)
		if (word_is_job(x.t[head - 1].w) && !(head - 1 > x.i && tok_is(x.t + head - 2, "of")))
			break;
	if (head > x.i && head < j && tok_is(x.t + head, "of")) /* "head of marketing" */
		return value_set(&x, x.i, j, out);
	if (head > x.i && head < j && !(x.t[head].kind == TOK_WORD) )
		return false;
	if (head > x.i)
		return head == j && value_set(&x, x.i, head, out);
	if (w->trust != TRUST_HIGH || j == x.i || word_in(WORDS_BAD_START, x.t[x.i].w) ||
	    word_in(WORDS_STATE, x.t[x.i].w) || word_in(WORDS_FUNCTION, x.t[x.i].w))
		return false;
	return value_set(&x, x.i, j, out);
}

/* Words whose last is in a set, e.g. "golden retriever", "red Toyota Yaris". head_first: the set word may be any. */
static bool parse_listed(const struct where *w, enum word_set set, size_t max, bool any, struct value *out)
{
	struct where x = *w;
	size_t j, end = 0;

	if (is_article(x.t + x.i) && x.i + 1 < x.n)
		x.i++;
	for (j = x.i; j < x.n && j < x.i + max; j++) {
		const struct tok *t = x.t + j;

		if (tok_punct(t) || tok_be(t) || word_in(WORDS_CUT, t->w) || (j > x.i && tail_at(x.t, j, x.n)) ||
		    word_in(WORDS_PRONOUN, t->w) || word_in(WORDS_FUNCTION, t->w))
			break;
		if (word_in(set, t->w))
			end = j + 1;
		else if (any && end && (word_cap(t) || t->kind == TOK_NUM || strpbrk(t->w, "0123456789")))
			end = j + 1;
	}
	return end && value_set(&x, x.i, end, out);
}

static bool parse_car(const struct where *w, struct value *out)
{
	struct where x = *w;

	if (parse_listed(w, WORDS_CAR, 6, true, out))
		return true;
	if (w->trust != TRUST_HIGH)
		return false;
	if (is_article(x.t + x.i) && x.i + 1 < x.n)
		x.i++;
	return word_cap(x.t + x.i) && value_set(&x, x.i, name_capital(&x, 5), out);
}

static bool parse_breed(const struct where *w, struct value *out)
{
	struct where x = *w;

	if (!parse_listed(w, WORDS_BREED, 5, false, out)) { /* unknown to the list, but written like a breed */
		if (is_article(x.t + x.i) && x.i + 1 < x.n)
			x.i++;
		return word_cap(x.t + x.i) && !word_in(WORDS_ZODIAC, x.t[x.i].w) && !word_in(WORDS_STATE, x.t[x.i].w) &&
		       !(word_is_nation(x.t[x.i].w) && name_capital(&x, 5) == x.i + 1) &&
		       value_set(&x, x.i, name_capital(&x, 5), out);
	}
	if (is_article(x.t + x.i))
		x.i++;
	if (word_in(WORDS_STATE, x.t[x.i].w) && out->next > x.i + 1) { /* "a very good beagle" is one too, but keep it short */
		while (x.i + 1 < out->next && (word_in(WORDS_STATE, x.t[x.i].w)) && !word_in(WORDS_COLOR, x.t[x.i].w))
			x.i++;
		out->a = x.t[x.i].a;
	}
	return true;
}

static bool parse_diet(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	while (x.i < x.n && (is_article(x.t + x.i) || word_in(WORDS_ADVERB, x.t[x.i].w)))
		x.i++;
	for (j = x.i; j < x.n && word_in(WORDS_DIET, x.t[j].w) && j < x.i + 2; j++)
		;
	if (j == x.i || (j < x.n && x.t[j].kind == TOK_WORD && !tail_at(x.t, j, x.n) && !word_in(WORDS_CUT, x.t[j].w) &&
			 !tok_is(x.t + j, "and") && !tok_is(x.t + j, "diet") && !tok_is(x.t + j, "for")))
		return false;
	if (tok_is(x.t + x.i, "raw") || tok_is(x.t + x.i, "mediterranean"))
		return j < x.n && tok_is(x.t + j, "diet") && value_set(&x, x.i, j, out);
	return value_set(&x, x.i, j, out);
}

static bool parse_condition(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j, end = 0;

	while (x.i < x.n && (is_article(x.t + x.i) || word_in(WORDS_ADVERB, x.t[x.i].w)))
		x.i++;
	for (j = x.i; j < x.n && j < x.i + 5; j++) {
		size_t len = strlen(x.t[j].w);

		if (tok_punct(x.t + j) || word_in(WORDS_CUT, x.t[j].w) || tok_is(x.t + j, "and") ||
		    (word_in(WORDS_FUNCTION, x.t[j].w)))
			break;
		if (word_in(WORDS_CONDITION, x.t[j].w) ||
		    (len > 6 && (!strcmp(x.t[j].w + len - 4, "itis") || !strcmp(x.t[j].w + len - 4, "emia") ||
				 !strcmp(x.t[j].w + len - 4, "osis"))))
			end = j + 1;
	}
	if (!end && w->trust == TRUST_HIGH)
		end = j;
	if (end < x.n && end && x.t[end].kind == TOK_WORD && (tok_is(x.t + end, "about") || tok_is(x.t + end, "on")))
		return false;
	return end > x.i && value_set(&x, x.i, end, out);
}

static bool parse_one_of(const struct where *w, enum word_set set, struct value *out)
{
	struct where x = *w;

	while (x.i + 1 < x.n && (is_article(x.t + x.i) || tok_is(x.t + x.i, "by")))
		x.i++;
	return word_in(set, x.t[x.i].w) && value_set(&x, x.i, x.i + 1, out);
}

/* ---- free phrases ---- */

struct phrase_rule {
	const char *kind;
	size_t max;
	bool keep_article, lists_only_low; /* a lower-case article belongs to it */
};

static bool phrase_ok(const struct where *w, size_t i, size_t j, size_t max)
{
	bool title = word_cap(w->t + i) && j > i + 1;

	if (j <= i || j - i > max)
		return false;
	if (!title && (word_in(WORDS_BAD_START, w->t[i].w) || tok_is(w->t + i, "i")))
		return false;
	if (j == i + 1 && !word_cap(w->t + i) && word_in(WORDS_STATE, w->t[i].w) && !word_in(WORDS_COLOR, w->t[i].w))
		return false;
	for (size_t k = i; k < j; k++) {
		const struct tok *t = w->t + k;

		if (title && (t->flags & TOK_CAP))
			continue;
		if (word_in(WORDS_PRONOUN, t->w) || (word_in(WORDS_AUX, t->w) && t->kind == TOK_WORD && !title))
			return false;
	}
	return true;
}

static bool parse_phrase(const struct where *w, size_t max, bool keep_article, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (is_article(x.t + x.i) && x.i + 1 < x.n && !(keep_article && (word_cap(x.t + x.i) || !tok_is(x.t + x.i, "a"))))
		x.i++;
	j = phrase_end(&x, false);
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

static bool parse_allergy(const struct where *w, struct value *out)
{
	if (word_in(WORDS_PRONOUN, w->t[w->i].w) || tok_is(w->t + w->i, "my") || tok_is(w->t + w->i, "your") ||
	    tok_is(w->t + w->i, "work") || tok_is(w->t + w->i, "mondays") || tok_is(w->t + w->i, "stupidity") ||
	    tok_is(w->t + w->i, "bullshit"))
		return false;
	return parse_thing(w, 4, out);
}

static bool parse_field(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	for (j = x.i; j < x.n && j < x.i + 5; j++) {
		const struct tok *t = x.t + j;

		if (t->kind != TOK_WORD || tail_at(x.t, j, x.n) || word_in(WORDS_CUT, t->w) || tok_is(t, "at") ||
		    tok_is(t, "in") || tok_is(t, "minor") || tok_is(t, "with") || tok_is(t, "for") || tok_is(t, "on") || tok_be(t) ||
		    (tok_is(t, "and") && (j + 1 >= x.n || tok_is(t + 1, "minor") || word_in(WORDS_FUNCTION, t[1].w) || word_in(WORDS_VERB, t[1].w))))
			break;
	}
	if (!phrase_ok(&x, x.i, j, 5) || word_in(WORDS_FUNCTION, x.t[x.i].w) || word_in(WORDS_STATE, x.t[x.i].w))
		return false;
	if (j == x.i + 1 && (tok_is(x.t + x.i, "alone") || tok_is(x.t + x.i, "abroad") || tok_is(x.t + x.i, "online")))
		return false;
	return value_set(&x, x.i, j, out);
}

static bool parse_coffee(const struct where *w, struct value *out)
{
	size_t j = phrase_end(w, false);

	if (j - w->i > 6)
		return false;
	for (size_t k = w->i; k < j; k++)
		if (word_in(WORDS_PRONOUN, w->t[k].w) || word_in(WORDS_AUX, w->t[k].w) || tok_is(w->t + k, "my") ||
		    tok_is(w->t + k, "at") || word_time_unit(w->t[k].w))
			return false;
	return value_set(w, w->i, j, out);
}

static bool parse_goal(const struct where *w, struct value *out)
{
	size_t j = w->i;

	while (j < w->n && !tok_punct(w->t + j) && !word_in(WORDS_CUT, w->t[j].w))
		j++;
	return j - w->i <= 10 && !tok_is(w->t + w->i, "to") && !word_in(WORDS_PRONOUN, w->t[w->i].w) &&
	       !word_in(WORDS_AUX, w->t[w->i].w) && value_set(w, w->i, j, out);
}

static bool parse_like(const struct where *w, struct value *out)
{
	if (word_in(WORDS_NOT_LIKED, w->t[w->i].w) || is_article(w->t + w->i) || !parse_thing(w, 3, out))
		return false;
	if (out->next < w->n && !tok_punct(w->t + out->next) && word_in(WORDS_CUT, w->t[out->next].w) &&
	    (tok_is(w->t + out->next, "who") || tok_is(w->t + out->next, "which")))
		return false;
	for (size_t k = w->i; k < out->next; k++) /* opinions about films and singers are no lasting facts */
		if (word_in(WORDS_NOT_LIKED, w->t[k].w) || w->t[k].kind != TOK_WORD ||
		    ((w->t[k].flags & TOK_CAP) && !word_is_nation(w->t[k].w) && !word_in(WORDS_COUNTRY, w->t[k].w)))
			return false;
	return out->next >= w->n || !tok_is(w->t + out->next, "that");
}

static bool parse_color(const struct where *w, struct value *out)
{
	if (!parse_thing(w, 4, out))
		return false;
	return w->trust == TRUST_HIGH;
}

/* A single name-like word, or a few: nicknames, handles, words. */
static bool parse_word(const struct where *w, struct value *out)
{
	struct where x = *w;

	if (!(x.t[x.i].flags & TOK_CAP) && (word_in(WORDS_STATE, x.t[x.i].w) || word_in(WORDS_PRONOUN, x.t[x.i].w)))
		return false;
	if (x.t[x.i].kind == TOK_EMAIL)
		return value_set(&x, x.i, x.i + 1, out);
	return parse_thing(w, 4, out);
}

/* ---- by kind ---- */

static bool parse_email(const struct where *w, struct value *out) { return parse_kind(w, TOK_EMAIL, out); }
static bool parse_zodiac(const struct where *w, struct value *out) { return parse_one_of(w, WORDS_ZODIAC, out); }
static bool parse_season(const struct where *w, struct value *out) { return parse_one_of(w, WORDS_SEASON, out); }
static bool parse_day(const struct where *w, struct value *out)
{
	return parse_one_of(w, WORDS_DAY, out) || (word_cap(w->t + w->i) && parse_phrase(w, 5, false, out));
}
static bool parse_vehicle(const struct where *w, struct value *out) { return parse_one_of(w, WORDS_VEHICLE, out); }
static bool parse_title(const struct where *w, struct value *out) { return parse_phrase(w, 12, true, out); }
static bool parse_any(const struct where *w, struct value *out) { return parse_thing(w, 6, out); }

/* "a bit of German", "fluent Swiss German" */
static bool parse_language(const struct where *w, struct value *out)
{
	size_t j = w->i, a;

	while (j < w->n && j < w->i + 4 && w->t[j].kind == TOK_WORD && !word_in(WORDS_LANGUAGE, w->t[j].w) &&
	       word_among(" a bit of little some fluent native broken basic decent perfect both conversational also the ", w->t[j].w))
		j++;
	a = j;
	if (j + 1 < w->n && word_cap(w->t + j) && word_in(WORDS_LANGUAGE, w->t[j + 1].w))
		j++; /* "Brazilian Portuguese" */
	if (j >= w->n || (!word_in(WORDS_LANGUAGE, w->t[j].w) &&
			  !(w->trust == TRUST_HIGH && word_cap(w->t + j) && !word_in(WORDS_STATE, w->t[j].w))))
		return false;
	if (j + 1 < w->n && tok_is(w->t + j + 1, "sign"))
		return false;
	return value_set(w, a, j + 1, out);
}

static bool parse_instrument(const struct where *w, struct value *out)
{
	return parse_listed(w, WORDS_INSTRUMENT, 4, false, out) || (w->trust == TRUST_HIGH && parse_thing(w, 3, out));
}

/* "my hobby is" takes any phrase; "I enjoy" only a doing word or a single noun. */
static bool parse_hobby(const struct where *w, struct value *out)
{
	bool doing = false;

	if (w->trust == TRUST_HIGH)
		return parse_thing(w, 5, out);
	for (size_t k = w->i; k < w->n && k < w->i + 3 && !tok_punct(w->t + k); k++)
		doing = doing || (strlen(w->t[k].w) > 5 && strstr(w->t[k].w + 2, "ing"));
	if (word_in(WORDS_NOT_LIKED, w->t[w->i].w) || is_article(w->t + w->i) || tok_is(w->t + w->i, "watching") ||
	    tok_is(w->t + w->i, "listening") || tok_is(w->t + w->i, "trying") || !parse_thing(w, doing ? 3 : 1, out))
		return false;
	for (size_t k = w->i; k < out->next; k++)
		if ((w->t[k].flags & TOK_CAP) || word_in(WORDS_FUNCTION, w->t[k].w))
			return false;
	return true;
}

static bool parse_sport(const struct where *w, struct value *out)
{
	return parse_listed(w, WORDS_SPORT, 3, false, out) || (w->trust == TRUST_HIGH && parse_thing(w, 3, out));
}

static const struct {
	const char *kind;
	bool (*parse)(const struct where *w, struct value *out);
} kinds[] = {
	{ "person", parse_name },      { "full_person", parse_name }, { "pet", parse_name },
	{ "place", parse_place },      { "city", parse_place },       { "country", parse_place },
	{ "street", parse_street },    { "job", parse_job },          { "company", parse_company },
	{ "school", parse_school },    { "field", parse_field },      { "color", parse_color },
	{ "hobby", parse_hobby },      { "sport", parse_sport },      { "team", parse_team },
	{ "instrument", parse_instrument }, { "language", parse_language }, { "car", parse_car },
	{ "breed", parse_breed },      { "book", parse_title },       { "title", parse_title },
	{ "band", parse_title },       { "date", parse_date },        { "year", parse_year },
	{ "age", parse_age },          { "number", parse_number },    { "phone", parse_phone },
	{ "email", parse_email },      { "url", parse_url },          { "code", parse_code },
	{ "diet", parse_diet },        { "allergy", parse_allergy },  { "condition", parse_condition },
	{ "blood", parse_blood },      { "height", parse_height },    { "weight", parse_weight },
	{ "size", parse_size },        { "time", parse_time },        { "zodiac", parse_zodiac },
	{ "vehicle", parse_vehicle },  { "season", parse_season },    { "day", parse_day },
	{ "coffee", parse_coffee },    { "goal", parse_goal },        { "word", parse_word },
	{ "like", parse_like },        { "appointment", parse_date },
};

/* A value inside quotation marks is what the marks hold. */
static bool parse_quoted(const struct where *w, struct value *out)
{
	size_t j = w->i + 1;

	while (j < w->n && !tok_is(w->t + j, "\""))
		j++;
	if (j >= w->n || j == w->i + 1)
		return false;
	*out = (struct value){ .a = w->t[w->i].b, .b = w->t[j].a, .next = j + 1 };
	while (out->b > out->a && (w->text[out->b - 1] == ' ' || w->text[out->b - 1] == ',' || w->text[out->b - 1] == '.'))
		out->b--;
	return out->b > out->a;
}

/* Kinds whose values may be any words between quotation marks. */
static bool kind_quotable(const char *kind)
{
	static const char free_kinds[] = " person full_person pet title book band word code team company song food drink hobby "
					 "color place city goal animal ";

	return word_among(free_kinds, kind);
}

bool value_parse(const char *text, const char *kind, int trust, const struct tok *t, size_t i, size_t n,
		 struct value *out)
{
	struct where w = { .text = text, .t = t, .i = i, .n = n, .trust = trust };
	bool ok = false, found = false;
	struct value v = { 0 };

	while (w.i < n && word_in(WORDS_ADVERB, t[w.i].w) && w.i + 1 < n && !word_cap(t + w.i))
		w.i++;
	if (word_among(" height weight time age ", kind)) /* "about 180 cm" */
		while (w.i + 1 < n && word_among(" about around roughly approximately circa nearly ", t[w.i].w))
			w.i++;
	if (w.i >= n)
		return false;
	if (tok_is(t + w.i, "\"") && (t[w.i].flags & TOK_QUOTED)) {
		ok = kind_quotable(kind) && parse_quoted(&w, &v);
	} else {
		for (size_t k = 0; !found && k < sizeof(kinds) / sizeof(*kinds); k++)
			if (!strcmp(kinds[k].kind, kind)) {
				found = true;
				ok = kinds[k].parse(&w, &v);
			}
		if (!found)
			ok = parse_any(&w, &v);
	}
	if (!ok || v.b <= v.a || v.b - v.a >= sizeof(((detect_fact *)0)->value) || !utf8_clean(text + v.a, v.b - v.a))
		return false;
	*out = v;
	return true;
}

bool value_is_list(const char *kind)
{
	return !strcmp(kind, "language") || !strcmp(kind, "allergy");
}

/* Luhn's check of 13 to 19 digits: payment cards. */
static bool luhn(const char *digits, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		int d = digits[n - 1 - i] - '0';

		if (i & 1)
			d = d > 4 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return sum % 10 == 0;
}

bool value_is_secret(const char *s, size_t len)
{
	char digits[24];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] >= '0' && s[i] <= '9' && n < sizeof(digits))
			digits[n++] = s[i];
		else if (!strchr(" -.", s[i]))
			return false;
	}
	if (n == 9 && len == 11 && s[3] == '-' && s[6] == '-')
		return true; /* US social security number */
	return n >= 13 && n <= 19 && luhn(digits, n);
}
