/*
 * The value parsers' own header. A parser reads one value of its kind at tokens [w->i, w->n) and
 * returns true with *out set, or false and leaves *out undefined.
 */
#ifndef MEMORY_DETECT_VALUE_H
#define MEMORY_DETECT_VALUE_H

#include "detect_int.h"

/* Where a value is read: tokens [i, n) of text. */
struct where {
	const char *text;
	const struct tok *t;
	size_t i, n;
	int trust;
	bool pet; /* an animal's name: "Batman" will do */
};

/* ---- detect_value.c ---- */

bool word_cap(const struct tok *t);   /* a capitalised word, not "I" */
bool is_article(const struct tok *t); /* a, an, the */
bool all_digits(const char *w);
/* Sets *out to tokens [i, j); false if that is nothing. */
bool value_set(const struct where *w, size_t i, size_t j, struct value *out);

/* ---- detect_phrase.c ---- */

bool word_time_unit(const char *w); /* "week", "summer", "monday" */
/* Is what begins at t[i] left off a value: fillers and tail phrases up to its end? */
bool tail_at(const struct tok *t, size_t i, size_t n);
bool parse_any(const struct where *w, struct value *out);
bool parse_allergy(const struct where *w, struct value *out);
bool parse_field(const struct where *w, struct value *out);
bool parse_coffee(const struct where *w, struct value *out);
bool parse_goal(const struct where *w, struct value *out);
/* "mac and cheese", "gin and tonic" are one thing: after: the word behind the "and". */
bool pair_is_one(const struct tok *after);
bool parse_like(const struct where *w, struct value *out);
bool parse_color(const struct where *w, struct value *out);
bool parse_word(const struct where *w, struct value *out);
bool parse_zodiac(const struct where *w, struct value *out);
bool parse_season(const struct where *w, struct value *out);
bool parse_day(const struct where *w, struct value *out);
bool parse_vehicle(const struct where *w, struct value *out);
bool parse_title(const struct where *w, struct value *out);
bool parse_language(const struct where *w, struct value *out);
bool parse_instrument(const struct where *w, struct value *out);
bool parse_hobby(const struct where *w, struct value *out);
bool parse_sport(const struct where *w, struct value *out);

/* ---- detect_listed.c ---- */

/* Words whose last is in a set, e.g. "golden retriever", "red Toyota Yaris". any: the set's word
 * may stand anywhere and capitals go on behind it. */
bool parse_listed(const struct where *w, enum word_set set, size_t max, bool any, struct value *out);
/* One word of the set, behind an article or "by". */
bool parse_one_of(const struct where *w, enum word_set set, struct value *out);
bool parse_car(const struct where *w, struct value *out);
bool parse_breed(const struct where *w, struct value *out);
bool parse_diet(const struct where *w, struct value *out);
bool parse_condition(const struct where *w, struct value *out);

/* ---- detect_job.c ---- */

bool parse_job(const struct where *w, struct value *out);

/* ---- detect_name.c ---- */

/* End of capitalised words with particles between them, max at most. */
size_t name_capital(const struct where *w, size_t max);
/* Is everything from here written in lower case? Then case says nothing. */
bool case_blind(const struct where *w);
bool parse_name(const struct where *w, struct value *out);
bool parse_names(const struct where *w, struct value *out);
bool parse_place(const struct where *w, struct value *out);
bool parse_company(const struct where *w, struct value *out);
bool parse_school(const struct where *w, struct value *out);
bool parse_team(const struct where *w, struct value *out);

/* ---- detect_number.c ---- */

bool parse_date(const struct where *w, struct value *out);
bool parse_age(const struct where *w, struct value *out);
bool parse_number(const struct where *w, struct value *out);
bool parse_year(const struct where *w, struct value *out);
bool parse_time(const struct where *w, struct value *out);
bool parse_height(const struct where *w, struct value *out);
bool parse_weight(const struct where *w, struct value *out);
bool parse_size(const struct where *w, struct value *out);
bool parse_email(const struct where *w, struct value *out);
bool parse_url(const struct where *w, struct value *out);
bool parse_phone(const struct where *w, struct value *out);
bool parse_street(const struct where *w, struct value *out);
bool parse_code(const struct where *w, struct value *out);
bool parse_blood(const struct where *w, struct value *out);

#endif
