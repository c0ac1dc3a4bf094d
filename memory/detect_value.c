/*
 * What may be a value of a kind ("city", "age", "pet"). Kinds with a shape are in detect_number.c,
 * names in detect_name.c, jobs in detect_job.c, what lists decide in detect_listed.c, other common
 * words in detect_phrase.c; a kind that is not known here is a short phrase.
 */
#include "detect_value.h"

#include <string.h>

bool word_cap(const struct tok *t)
{
	return t->kind == TOK_WORD && (t->flags & TOK_CAP) && !(t->flags & TOK_TAIL) &&
	       !tok_is(t, "i");
}

bool value_set(const struct where *w, size_t i, size_t j, struct value *out)
{
	if (i >= j)
		return false;
	*out = (struct value){ .a = w->t[i].a, .b = w->t[j - 1].b, .next = j };
	return true;
}

bool is_article(const struct tok *t)
{
	return tok_is(t, "a") || tok_is(t, "an") || tok_is(t, "the");
}

bool all_digits(const char *w)
{
	size_t n = strspn(w, "0123456789");

	return n && !w[n];
}

static const struct {
	const char *kind;
	bool (*parse)(const struct where *w, struct value *out);
} kinds[] = {
	{ "person", parse_name },
	{ "full_person", parse_name },
	{ "names", parse_names },
	{ "pet", parse_name },
	{ "place", parse_place },
	{ "city", parse_place },
	{ "country", parse_place },
	{ "street", parse_street },
	{ "job", parse_job },
	{ "company", parse_company },
	{ "school", parse_school },
	{ "field", parse_field },
	{ "color", parse_color },
	{ "hobby", parse_hobby },
	{ "sport", parse_sport },
	{ "team", parse_team },
	{ "instrument", parse_instrument },
	{ "language", parse_language },
	{ "car", parse_car },
	{ "breed", parse_breed },
	{ "book", parse_title },
	{ "title", parse_title },
	{ "band", parse_title },
	{ "date", parse_date },
	{ "year", parse_year },
	{ "age", parse_age },
	{ "number", parse_number },
	{ "phone", parse_phone },
	{ "email", parse_email },
	{ "url", parse_url },
	{ "code", parse_code },
	{ "diet", parse_diet },
	{ "allergy", parse_allergy },
	{ "condition", parse_condition },
	{ "blood", parse_blood },
	{ "height", parse_height },
	{ "weight", parse_weight },
	{ "size", parse_size },
	{ "time", parse_time },
	{ "zodiac", parse_zodiac },
	{ "vehicle", parse_vehicle },
	{ "season", parse_season },
	{ "day", parse_day },
	{ "coffee", parse_coffee },
	{ "goal", parse_goal },
	{ "word", parse_word },
	{ "like", parse_like },
	{ "appointment", parse_date },
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
	while (out->b > out->a && (w->text[out->b - 1] == ' ' || w->text[out->b - 1] == ',' ||
				   w->text[out->b - 1] == '.'))
		out->b--;
	return out->b > out->a;
}

/* Kinds whose values may be any words between quotation marks. */
static bool kind_quotable(const char *kind)
{
	static const char free_kinds[] = " person full_person pet title book band word code team "
					 "company song food drink hobby "
					 "color place city goal animal ";

	return word_among(free_kinds, kind);
}

bool value_parse(const char *text, const char *kind, int trust, const struct tok *t, size_t i,
		 size_t n, struct value *out)
{
	struct where w = { .text = text, .t = t, .i = i, .n = n, .trust = trust, .pet = !strcmp(kind, "pet") };
	bool ok = false, found = false;
	struct value v = { 0 };

	while (w.i < n && word_in(WORDS_ADVERB, t[w.i].w) && w.i + 1 < n && !word_cap(t + w.i))
		w.i++;
	if (word_among(" height weight time age ", kind)) /* "about 180 cm" */
		while (w.i + 1 < n &&
		       word_among(" about around roughly approximately circa nearly ", t[w.i].w))
			w.i++;
	if (w.i >= n)
		return false;
	if (tok_is(t + w.i, "\"") && (t[w.i].flags & TOK_QUOTED)) {
		ok = kind_quotable(kind) && parse_quoted(&w, &v);
		if (word_among(" email url ", kind) && w.i + 1 < n) {
			w.i++;
			ok = !strcmp(kind, "email") ? parse_email(&w, &v) : parse_url(&w, &v);
		}
	} else {
		for (size_t k = 0; !found && k < sizeof(kinds) / sizeof(*kinds); k++)
			if (!strcmp(kinds[k].kind, kind)) {
				found = true;
				ok = kinds[k].parse(&w, &v);
			}
		if (!found)
			ok = parse_any(&w, &v);
	}
	if (ok && !strcmp(kind, "date") && v.next == w.i + 2 && tok_is(t + w.i, "the") && strspn(t[w.i + 1].w, "0123456789"))
		return false; /* "the 9th", of a month that passes */
	if (ok && !strcmp(kind, "date") && v.next == w.i + 1 && strlen(t[w.i].w) == 4 && all_digits(t[w.i].w))
		return false; /* a year is no day */
	if (!ok || v.b <= v.a || v.b - v.a >= sizeof(((detect_fact *)0)->value) ||
	    !utf8_clean(text + v.a, v.b - v.a))
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
