/*
 * Values with a shape: numbers, dates, times, measures, addresses, codes.
 */
#include "detect_value.h"

#include <stdlib.h>
#include <string.h>

/* Which word of a list "one|two" it is, or -1. */
static int word_index(const char *list, const char *w)
{
	size_t len = strlen(w);
	int k = 0;

	for (const char *p = list; p; p = phrase_next(p), k++)
		if (strcspn(p, "|") == len && !memcmp(p, w, len))
			return k;
	return -1;
}

size_t value_number(const struct tok *t, size_t i, size_t n, int *out)
{
	static const char ones[] =
		"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
		"thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen";
	static const char tens[] = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety";
	const char *w = i < n ? t[i].w : "", *hyphen = strchr(w, '-'), *unit = "";
	char ten[16] = "";
	int k;

	if (i >= n || tok_punct(t + i))
		return 0;
	if (all_digits(w) && strlen(w) < 7) {
		*out = atoi(w);
		return 1;
	}
	k = word_index(ones, w);
	if (k >= 0) {
		*out = k;
		return 1;
	}
	if (hyphen && (size_t)(hyphen - w) < sizeof(ten))
		memcpy(ten, w, (size_t)(hyphen - w));
	k = word_index(tens, hyphen ? ten : w);
	if (k < 0)
		return 0;
	*out = 10 * (k + 2);
	if (hyphen)
		unit = hyphen + 1;
	else if (i + 1 < n)
		unit = t[i + 1].w;
	k = word_index(ones, unit);
	if (k < 1 || k > 9)
		return hyphen ? 0 : 1;
	*out += k;
	return hyphen ? 1 : 2;
}

static bool is_year(const char *w)
{
	return all_digits(w) && strlen(w) == 4 && (w[0] == '1' || w[0] == '2') &&
	       (w[1] == '9' || w[1] == '8' || w[1] == '0');
}

/* "3rd", "21st", "fifth" */
static bool is_ordinal(const char *w)
{
	size_t n = strspn(w, "0123456789");

	if (n && n < 3)
		return !strcmp(w + n, "st") || !strcmp(w + n, "nd") || !strcmp(w + n, "rd") ||
		       !strcmp(w + n, "th");
	return word_among(
		" first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
		"twelfth "
		"thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
		"twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth "
		"twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first ",
		w);
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
	return !strcmp(w, "am") || !strcmp(w, "pm") || !strcmp(w, "a.m") || !strcmp(w, "p.m") ||
	       !strcmp(w, "o'clock") || !strcmp(w, "noon") || !strcmp(w, "midnight");
}

/* The end of a date at i; 0: none is there. */
static size_t date_end(const struct tok *t, size_t i, size_t n)
{
	size_t j = i, hard = 0; /* hard: end just past the last word that is a date by itself */

	for (; j < n; j++) {
		const char *w = t[j].w;
		bool month = word_in(WORDS_MONTH, w) &&
			     (strcmp(w, "may") != 0 || (t[j].flags & TOK_CAP) || j > i ||
			      (j + 1 < n && t[j + 1].kind == TOK_NUM));
		int hour;
		bool numeric = t[j].kind == TOK_NUM || is_ordinal(w) ||
			       (j > i && tok_is(t + j - 1, "at") && value_number(t, j, j + 1, &hour) && hour < 13);

		if (month || word_in(WORDS_DAY, w) || is_half_day(w) || is_clock(w) ||
		    is_ordinal(w) ||
		    (numeric && (strchr(w, '/') || strchr(w, '-') || strchr(w, '.') || is_year(w))))
			hard = j + 1;
		else if (numeric && hard)
			hard = j + 1;
		else if (!numeric &&
			 !(j > i && tok_is(t + j, ",") && j + 1 < n && t[j + 1].kind == TOK_NUM && (is_year(t[j + 1].w) || is_clock(t[j + 1].w))) &&
			 strcmp(w, "the") != 0 && strcmp(w, "of") != 0 && strcmp(w, "at") != 0 &&
			 strcmp(w, "on") != 0 && strcmp(w, "next") != 0 && strcmp(w, "in") != 0)
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
	return i < n &&
	       (tok_is(t + i, "tomorrow") || tok_is(t + i, "today") || tok_is(t + i, "tonight") ||
		tok_is(t + i, "yesterday") || tok_is(t + i, "next") ||
		(tok_is(t + i, "in") && i + 1 < n && !word_in(WORDS_MONTH, t[i + 1].w)));
}

bool parse_date(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	while (x.i < x.n && (tok_is(x.t + x.i, "on") || tok_is(x.t + x.i, "at")))
		x.i++;
	if (x.i >= x.n || value_relative_date(x.t, x.i, x.n))
		return false;
	j = date_end(x.t, x.i, x.n);
	if (j == x.i + 1 && word_among(" noon midnight ", x.t[x.i].w))
		return false; /* of which day? */
	return j > x.i && value_set(&x, x.i, j, out);
}

bool parse_age(const struct where *w, struct value *out)
{
	int age = 0;
	size_t used = value_number(w->t, w->i, w->n, &age);

	if (!used || age < 1 || age > 120)
		return false;
	if (w->text[w->t[w->i + used - 1].b] == '%')
		return false;
	if (w->i + used + 1 < w->n && word_among(" month months week weeks ", w->t[w->i + used].w) && tok_is(w->t + w->i + used + 1, "old"))
		used++; /* "5 months old" */
	return value_set(w, w->i, w->i + used, out);
}

bool parse_number(const struct where *w, struct value *out)
{
	int number;
	size_t used = value_number(w->t, w->i, w->n, &number);

	if (!used && w->t[w->i].kind == TOK_NUM)
		used = 1;
	return used && value_set(w, w->i, w->i + used, out);
}

bool parse_year(const struct where *w, struct value *out)
{
	return is_year(w->t[w->i].w) && value_set(w, w->i, w->i + 1, out);
}

bool parse_time(const struct where *w, struct value *out)
{
	size_t j = w->i, n = w->n;
	int hour;

	if (tok_is(w->t + j, "sunrise") || tok_is(w->t + j, "sunset") || tok_is(w->t + j, "dawn"))
		return value_set(w, j, j + 1, out);
	if (is_clock(w->t[j].w) || is_half_day(w->t[j].w)) {
		j++;
	} else if (word_among(" half quarter ", w->t[j].w) && j + 2 < n &&
		   word_among(" past to ", w->t[j + 1].w)) {
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

/* A number with its unit, perhaps twice: "6 feet 2 inches", "70 kg", "1.75 m", "6'1". Without trust
 * a unit must be there. */
static bool parse_measure(const struct where *w, const char *units, struct value *out)
{
	size_t j = w->i;
	bool unit = false;
	int number;

	while (j < w->n) {
		const char *t = w->t[j].w;
		size_t digits = strspn(t, "0123456789.,'");

		if (digits && w->t[j].kind <= TOK_NUM &&
		    (!t[digits] || word_among(units, t + digits) || strchr(t, '\''))) {
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

/* 5'11": the second mark is no closing quote. */
static bool inch_mark(const struct where *w, struct value *out)
{
	if (w->text[out->b] == '"' && memchr(w->text + out->a, '\'', out->b - out->a)) {
		out->b++;
		out->next += out->next < w->n && tok_is(w->t + out->next, "\"");
	}
	return true;
}

bool parse_height(const struct where *w, struct value *out)
{
	const char *s = w->t[w->i].w;

	if (strlen(s) == 4 && strspn(s, "12") == 1 && s[1] == 'm' && strspn(s + 2, "0123456789") == 2)
		return value_set(w, w->i, w->i + 1, out); /* "1m85" */
	return parse_measure(w,
			     " cm m mm meters metres meter metre feet foot ft inch inches "
			     "centimeters centimetres ",
			     out) &&
	       inch_mark(w, out);
}

bool parse_weight(const struct where *w, struct value *out)
{
	return parse_measure(
		w, " kg kgs kilos kilo kilograms kilogrammes pounds pound lbs lb stone st grams g ",
		out);
}

bool parse_size(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (tok_is(x.t + x.i, "size") && x.i + 1 < x.n)
		x.i++;
	while (x.i < x.n && (tok_is(x.t + x.i, "a") || tok_is(x.t + x.i, "an")))
		x.i++;
	if (x.i >= x.n)
		return false;
	if (x.i + 1 < x.n &&
	    (tok_is(x.t + x.i, "eu") || tok_is(x.t + x.i, "us") || tok_is(x.t + x.i, "uk")) &&
	    x.t[x.i + 1].kind == TOK_NUM)
		return value_set(&x, x.i, x.i + 2, out);
	j = x.i + (x.t[x.i].kind == TOK_NUM ||
		   word_among(" xs s m l xl xxl small medium large ", x.t[x.i].w));
	if (j == x.i)
		return parse_number(&x, out);
	if (j < x.n && (tok_is(x.t + j, "and") || tok_is(x.t + j, "1/2")))
		j += tok_is(x.t + j, "1/2")			    ? 1
		     : (j + 2 < x.n && tok_is(x.t + j + 2, "half")) ? 3
								    : 0;
	return value_set(&x, x.i, j, out);
}

static bool parse_kind(const struct where *w, int kind, struct value *out)
{
	return w->t[w->i].kind == kind && value_set(w, w->i, w->i + 1, out);
}

bool parse_email(const struct where *w, struct value *out)
{
	return parse_kind(w, TOK_EMAIL, out);
}

bool parse_url(const struct where *w, struct value *out)
{
	return parse_kind(w, TOK_URL, out);
}

/* Read from the bytes: digits, spaces, + - . ( ), at least five digits. */
bool parse_phone(const struct where *w, struct value *out)
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
	       (n > 6 && (!strcmp(t->w + n - 6, "strasse") || strstr(t->w, "straße") ||
			  strstr(t->w, "straat")));
}

/* A house number or a street's last word; commas belong to it as long as an address goes on behind
 * them. */
bool parse_street(const struct where *w, struct value *out)
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

/* Codes: a run of bytes up to a space, with a digit or a capital unless trusted; further such words
 * behind it. */
bool parse_code(const struct where *w, struct value *out)
{
	size_t j = w->i;

	if (tok_is(w->t + j, "the") && j + 1 < w->n && strpbrk(w->t[j + 1].w, "0123456789"))
		return value_set(w, j + 1, j + 2, out); /* "my bus line is the 42" */
	for (; j < w->n && j < w->i + 5; j++) {
		const struct tok *t = w->t + j;

		if (tok_punct(t) ||
		    (j > w->i && !strpbrk(t->w, "0123456789") && !(t->flags & TOK_CAP)))
			break;
		if (!strpbrk(t->w, "0123456789") && !(t->flags & TOK_CAP) && w->trust < TRUST_HIGH)
			break;
		if (word_in(WORDS_STATE, t->w) || word_in(WORDS_BAD_START, t->w) || is_article(t) ||
		    tok_is(t, "not"))
			break;
	}
	return value_set(w, w->i, j, out);
}

bool parse_blood(const struct where *w, struct value *out)
{
	static const char types[] = " a b ab o a+ b+ ab+ o+ a- b- ab- o- 0 0+ 0- ";
	size_t j = w->i;

	if (!word_among(types, w->t[j].w) ||
	    (!(w->t[j].flags & TOK_CAP) && w->t[j].kind != TOK_NUM && j + 1 < w->n &&
	     w->t[j + 1].kind == TOK_WORD &&
	     !word_among(" positive negative pos neg ", w->t[j + 1].w)))
		return false;
	j++;
	if (j + 1 < w->n && tok_is(w->t + j, "rh"))
		j++;
	if (j < w->n && w->t[j].kind == TOK_WORD &&
	    word_among(" positive negative pos neg ", w->t[j].w))
		j++;
	if (!value_set(w, w->i, j, out))
		return false;
	if (j == w->i + 1 && w->text[out->b] == '-' && !strchr("abcdefghijklmnopqrstuvwxyz", w->text[out->b + 1] | 32))
		out->b++; /* "AB-" */
	return true;
}
