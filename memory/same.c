/*
 * same.c: do two values say the same? "34" and "thirty-four", "May 3rd" and "the 3rd of May", "+44 20 7946 0018" and
 * "+442079460018", "the Netherlands" and "Netherlands". Values are folded (fold_text()). What is not surely the same is not.
 */
#include "memory_int.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { NO_NUMBER = -1, PHONE_DIGITS = 6, WORD_MAX = 24 };

static const char *without_article(const char *s)
{
	static const char *const articles[] = { "the ", "a ", "an " };

	for (size_t i = 0; i < sizeof(articles) / sizeof(*articles); i++)
		if (!strncmp(s, articles[i], strlen(articles[i])) && s[strlen(articles[i])])
			return s + strlen(articles[i]);
	return s;
}

/* ---- words of a value ---- */

static bool separates(char c)
{
	return strchr(" ,.-/", c) != NULL;
}

/* Takes the next word of *s; false: there is none, or it is longer than any that counts here. */
static bool next_word(const char **s, char out[WORD_MAX])
{
	size_t n = 0;

	while (**s && separates(**s))
		++*s;
	while ((*s)[n] && !separates((*s)[n]))
		n++;
	if (!n || n >= WORD_MAX)
		return false;
	memcpy(out, *s, n);
	out[n] = 0;
	*s += n;
	return true;
}

/* "7", "7th", "seven"; NO_NUMBER for anything else. */
static long number_of(const char *w)
{
	static const char *const small[] = { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
					     "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
					     "eighteen", "nineteen" };
	static const char *const tens[] = { "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety" };
	char *end;
	long x;

	if (isdigit((unsigned char)*w)) {
		x = strtol(w, &end, 10);
		return strlen(w) < 9 && (!*end || !strcmp(end, "st") || !strcmp(end, "nd") || !strcmp(end, "rd") || !strcmp(end, "th")) ?
			       x :
			       NO_NUMBER;
	}
	for (size_t i = 0; i < sizeof(small) / sizeof(*small); i++)
		if (!strcmp(w, small[i]))
			return (long)i;
	for (size_t i = 0; i < sizeof(tens) / sizeof(*tens); i++)
		if (!strcmp(w, tens[i]))
			return 20 + 10 * (long)i;
	return NO_NUMBER;
}

/* The whole of s as a number: "34", "thirty-four". */
static long whole_number(const char *s)
{
	char w[WORD_MAX];
	long x, y;

	if (!next_word(&s, w) || (x = number_of(w)) == NO_NUMBER)
		return NO_NUMBER;
	if (!next_word(&s, w))
		return *s ? NO_NUMBER : x;
	y = number_of(w);
	return x >= 20 && x < 100 && x % 10 == 0 && y > 0 && y < 10 && !next_word(&s, w) && !*s ? x + y : NO_NUMBER;
}

/* ---- dates ---- */

struct date {
	long day, month, year; /* 0: not given */
};

static long month_of(const char *w)
{
	static const char *const months[] = { "january", "february", "march", "april", "may", "june", "july",
					      "august", "september", "october", "november", "december" };

	for (size_t i = 0; i < 12 && strlen(w) >= 3; i++)
		if (!strncmp(months[i], w, strlen(w)) || (i == 8 && !strcmp(w, "sept")))
			return (long)i + 1;
	return 0;
}

/* "the 3rd of may 1990"; false: it holds anything else, or no day and month. (Nobody knows what 3/4 is.) */
static bool date_read(const char *s, struct date *d)
{
	char w[WORD_MAX];

	*d = (struct date){ 0 };
	while (next_word(&s, w)) {
		long x = number_of(w), month = month_of(w);

		if (month && !d->month)
			d->month = month;
		else if (x > 0 && x < 32 && !d->day)
			d->day = x;
		else if (x > 31 && !d->year)
			d->year = x;
		else if (strcmp(w, "the") != 0 && strcmp(w, "of") != 0 && strcmp(w, "on") != 0)
			return false;
	}
	return !*s && d->day && d->month;
}

static bool dates_same(const char *a, const char *b)
{
	struct date x, y;

	return date_read(a, &x) && date_read(b, &y) && x.day == y.day && x.month == y.month && x.year == y.year;
}

/* ---- numbers to call ---- */

static bool phones_same(const char *a, const char *b)
{
	size_t digits = 0;

	for (;; a++, b++) {
		a += strspn(a, " -./()");
		b += strspn(b, " -./()");
		if (*a != *b)
			return false;
		if (!*a)
			return digits >= PHONE_DIGITS;
		if (!isdigit((unsigned char)*a) && *a != '+')
			return false;
		digits += *a != '+';
	}
}

bool values_same(const char *kind, const char *a, const char *b)
{
	long x;

	if (!strcmp(without_article(a), without_article(b)))
		return true;
	if (!strcmp(kind, "age") || !strcmp(kind, "number"))
		return (x = whole_number(a)) != NO_NUMBER && x == whole_number(b);
	if (!strcmp(kind, "date"))
		return dates_same(a, b);
	return !strcmp(kind, "phone") && phones_same(a, b);
}

static void values_same_sql(sqlite3_context *to, int n, sqlite3_value **arg)
{
	const char *text[3];

	for (int i = 0; i < n && i < 3; i++) {
		text[i] = (const char *)sqlite3_value_text(arg[i]);
		if (!text[i]) {
			sqlite3_result_int(to, 0);
			return;
		}
	}
	sqlite3_result_int(to, values_same(text[0], text[1], text[2]));
}

int values_same_register(sqlite3 *db)
{
	return sqlite3_create_function(db, "values_same", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, values_same_sql, NULL, NULL);
}
