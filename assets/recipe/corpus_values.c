/* Values: real ones from lists, and invented ones, so that the model learns to copy anything and not to guess. */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- invented words ---- */

static const char *const onsets[] = { "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "qu", "r", "s", "t",
				      "v", "w", "x", "y", "z", "br", "ch", "cl", "cr", "dr", "fl", "fr", "gl", "gr",
				      "kl", "kr", "pl", "pr", "sc", "sh", "sk", "sl", "sn", "st", "str", "sw", "th",
				      "tr", "tw", "vl", "wr", "zw", "", "" };
static const char *const vowels[] = { "a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou",
				      "ia", "y", "au", "ie", "oa" };
static const char *const codas[] = { "", "", "", "", "n", "r", "s", "l", "m", "t", "k", "x", "d", "g", "p", "b", "f",
				     "nd", "rt", "st", "ck", "ll", "nn", "sk", "rn", "z", "v", "th", "mp", "lt" };
#define UNUSED __attribute__((unused))
#define PICK(r, a) ((a)[rng_below((r), sizeof(a) / sizeof(*(a)))])

static void put(char *out, const char *s)
{
	size_t n = strlen(out);

	snprintf(out + n, VALUE_MAX - n, "%s", s);
}

static void put_number(char *out, unsigned n)
{
	char s[16];

	snprintf(s, sizeof(s), "%u", n);
	put(out, s);
}

static void put_syllables(char *out, rng *r, unsigned n)
{
	while (n--) {
		put(out, PICK(r, onsets));
		put(out, PICK(r, vowels));
		put(out, PICK(r, codas));
	}
}

static void put_invented(char *out, rng *r)
{
	unsigned n = rng_below(r, 10);

	put_syllables(out, r, n < 2 ? 1 : n < 8 ? 2 : 3);
}

static void put_capital(char *out, rng *r)
{
	size_t at = strlen(out);

	put_invented(out, r);
	out[at] = (char)toupper((unsigned char)out[at]);
}

static void put_list(const values *v, char *out, rng *r, const char *name)
{
	const list *l = values_list(v, name);

	if (!l || !l->n)
		recipe_die("no list of values named '%s'", name);
	put(out, list_pick(l, r));
}

/* Own list or table, half and half where there are both. */
static void put_kind(const values *v, char *out, rng *r, const char *kind)
{
	char own[40];
	const list *a, *b;

	snprintf(own, sizeof(own), "own %s", kind);
	a = values_list(v, own);
	b = values_list(v, kind);
	if (!a && !b)
		recipe_die("no list of values for '%s'", kind);
	put(out, list_pick(a && (!b || rng_chance(r, .5)) ? a : b, r));
}

/* A list entry with probability p, else one or two invented words. */
static void put_mostly(const values *v, char *out, rng *r, const char *kind, double p, bool capital)
{
	if (rng_chance(r, p)) {
		put_kind(v, out, r, kind);
		return;
	}
	for (int n = rng_chance(r, .2) ? 2 : 1; n--; put(out, n ? " " : "")) {
		if (capital)
			put_capital(out, r);
		else
			put_invented(out, r);
	}
}

/* ---- the kinds ---- */

static void make_person(const values *v, rng *r, char *o)
{
	unsigned k = rng_below(r, 100);

	if (k < 58) {
		put_list(v, o, r, "first");
	} else if (k < 66) {
		put_list(v, o, r, "first");
		put(o, " ");
		put_list(v, o, r, "last");
	} else if (k < 73) {
		put_list(v, o, r, "last");
	} else if (k < 97) {
		put_capital(o, r);
	} else {
		put_capital(o, r);
		put(o, rng_chance(r, .5) ? "-" : " ");
		put_capital(o, r);
	}
}

void values_person(const values *v, rng *r, char out[VALUE_MAX])
{
	*out = 0;
	if (rng_chance(r, .8))
		put_list(v, out, r, "first");
	else
		put_capital(out, r);
	put(out, " ");
	if (rng_chance(r, .7))
		put_list(v, out, r, "last");
	else
		put_capital(out, r);
}

static void make_pet(const values *v, rng *r, char *o)
{
	unsigned k = rng_below(r, 100);

	if (k < 55)
		put_kind(v, o, r, "pet");
	else if (k < 62)
		put_list(v, o, r, "first");
	else if (k < 92)
		put_capital(o, r);
	else {
		put(o, rng_chance(r, .5) ? "Mr " : "Miss ");
		put_capital(o, r);
	}
}

static void make_place(const values *v, rng *r, char *o)
{
	static const char *const ends[] = { "ton", "ville", "burg", "ford", "ham", "stad", "berg", "field", "wick", "" };
	unsigned k = rng_below(r, 100);

	if (k < 60) {
		put_list(v, o, r, "city");
	} else if (k < 66) {
		put_list(v, o, r, "country");
	} else if (k < 92) {
		put_capital(o, r);
		put(o, PICK(r, ends));
	} else {
		static const char *const fronts[] = { "New ", "San ", "North ", "Saint ", "Old ", "Port ", "Lake " };

		put(o, PICK(r, fronts));
		put_capital(o, r);
	}
}

static void make_company(const values *v, rng *r, char *o)
{
	static const char *const ends[] = { " Inc", " Ltd", " Group", " Labs", " Systems", " and Sons", " Media", "",
					    "", "", " Foods", " Bank", "soft", " Works", " Motors" };
	unsigned k = rng_below(r, 100);

	if (k < 60) {
		put_kind(v, o, r, "company");
		return;
	}
	if (k < 75)
		put_list(v, o, r, "last");
	else
		put_capital(o, r);
	put(o, PICK(r, ends));
}

static void make_job(const values *v, rng *r, char *o)
{
	static const char *const fronts[] = { "senior ", "junior ", "head ", "freelance ", "part-time ", "retired " };
	static const char *const ends[] = { " inspector", " maker", " designer", " trainer", " seller", " engineer" };
	unsigned k = rng_below(r, 100);

	if (k >= 92) {
		put_invented(o, r);
		if (rng_chance(r, .6))
			put(o, PICK(r, ends));
		return;
	}
	if (k >= 84)
		put(o, PICK(r, fronts));
	put_kind(v, o, r, "job");
}

static void make_school(const values *v, rng *r, char *o)
{
	static const char *const ends[] = { " University", " High School", " College", " Elementary", " School",
					    " Academy" };

	if (rng_chance(r, .4)) {
		put_kind(v, o, r, "school");
		return;
	}
	if (rng_chance(r, .5))
		put_list(v, o, r, "city");
	else
		put_capital(o, r);
	put(o, PICK(r, ends));
}

static void make_hobby(const values *v, rng *r, char *o)
{
	static const char *const fronts[] = { "collecting ", "painting ", "watching ", "breeding ", "drawing ",
					      "photographing ", "cooking ", "growing ", "building " };
	static const char *const things[] = { "animal", "fruit", "color", "food", "instrument" };

	if (rng_chance(r, .72)) {
		put_mostly(v, o, r, "hobby", .8, false);
		return;
	}
	put(o, PICK(r, fronts));
	put_mostly(v, o, r, PICK(r, things), .8, false);
}

static void make_color(const values *v, rng *r, char *o)
{
	static const char *const fronts[] = { "light ", "dark ", "pale ", "bright ", "deep ", "warm " };
	static const char *const basic[] = { "red", "blue", "green", "yellow", "orange", "purple", "pink", "brown",
					     "black", "white", "gray", "teal", "silver", "gold", "violet", "turquoise" };
	unsigned k = rng_below(r, 100);

	if (k < 35) {
		put(o, PICK(r, basic));
	} else if (k < 48) {
		put(o, PICK(r, fronts));
		put(o, PICK(r, basic));
	} else {
		put_mostly(v, o, r, "color", .7, false);
	}
}

static void make_food(const values *v, rng *r, char *o)
{
	unsigned k = rng_below(r, 100);

	if (k < 10) {
		put_kind(v, o, r, "fruit");
	} else if (k < 20) {
		put_kind(v, o, r, "food");
		put(o, " with ");
		put_kind(v, o, r, "fruit");
	} else {
		put_mostly(v, o, r, "food", .75, false);
	}
}

static void make_team(const values *v, rng *r, char *o)
{
	static const char *const ends[] = { " United", " City", " FC", " Rovers", " Tigers", " Bears", " Hawks" };
	unsigned k = rng_below(r, 100);

	if (k < 45) {
		put_kind(v, o, r, "team");
		return;
	}
	if (k < 65)
		put_list(v, o, r, "city");
	else
		put_capital(o, r);
	put(o, PICK(r, ends));
}

static void make_title(const values *v, rng *r, char *o)
{
	static const char *const adjectives[] = { "Blue ", "Silent ", "Last ", "Golden ", "Hidden ", "Broken ", "Little ",
						  "Red ", "Wild ", "Second ", "Lonely ", "Burning ", "Seven " };
	static const char *const nouns[] = { "House", "River", "Garden", "Summer", "Voice", "Road", "Mountain", "Letter",
					     "Island", "Night", "Stars", "Window", "Stranger", "Bridge", "Dream" };
	unsigned k = rng_below(r, 100);

	if (k < 35) {
		put_kind(v, o, r, "title");
	} else if (k < 65) {
		if (rng_chance(r, .5))
			put(o, "The ");
		put(o, PICK(r, adjectives));
		put(o, PICK(r, nouns));
	} else if (k < 75) {
		put(o, "The ");
		put_capital(o, r);
	} else {
		put_capital(o, r);
		if (rng_chance(r, .3)) {
			put(o, " ");
			put(o, PICK(r, nouns));
		}
	}
}

static void make_book(const values *v, rng *r, char *o)
{
	if (rng_chance(r, .5))
		put_list(v, o, r, "book");
	else
		make_title(v, r, o);
}

static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August",
				      "September", "October", "November", "December" };

static const char *ordinal_end(unsigned n)
{
	if (n / 10 == 1)
		return "th";
	return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
}

static void make_date(const values *v UNUSED, rng *r, char *o)
{
	unsigned d = 1 + rng_below(r, 31), m = rng_below(r, 12), k = rng_below(r, 100);
	unsigned y = 1935 + rng_below(r, 95);

	if (k < 42)
		snprintf(o, VALUE_MAX, "%s %u", months[m], d);
	else if (k < 58)
		snprintf(o, VALUE_MAX, "%u %s", d, months[m]);
	else if (k < 70)
		snprintf(o, VALUE_MAX, "%s %u%s", months[m], d, ordinal_end(d));
	else if (k < 78)
		snprintf(o, VALUE_MAX, "the %u%s of %s", d, ordinal_end(d), months[m]);
	else if (k < 88)
		snprintf(o, VALUE_MAX, "%s %u, %u", months[m], d, y);
	else if (k < 94)
		snprintf(o, VALUE_MAX, "%u %s %u", d, months[m], y);
	else if (k < 97)
		snprintf(o, VALUE_MAX, "%u-%02u-%02u", y, m + 1, d);
	else
		snprintf(o, VALUE_MAX, "%02u/%02u/%u", d, m + 1, y);
}

static void make_appointment(const values *v, rng *r, char *o)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
					    "Sunday" };

	if (rng_chance(r, .55)) {
		make_date(v, r, o);
		return;
	}
	put(o, PICK(r, days));
	if (rng_chance(r, .5)) {
		put(o, " at ");
		put_number(o, 1 + rng_below(r, 12));
		put(o, rng_chance(r, .5) ? " am" : " pm");
	}
}

static void make_age(const values *v UNUSED, rng *r, char *o)
{
	static const char *const words[] = { "five", "six", "seven", "nine", "ten", "twelve", "sixteen", "twenty",
					     "thirty", "forty", "fifty", "sixty", "seventy" };

	if (rng_chance(r, .08))
		put(o, PICK(r, words));
	else
		put_number(o, rng_chance(r, .85) ? 1 + rng_below(r, 75) : 1 + rng_below(r, 110));
}

static void make_number(const values *v UNUSED, rng *r, char *o)
{
	static const char *const words[] = { "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
					     "ten", "no", "eleven", "twelve" };
	unsigned k = rng_below(r, 100);

	if (k < 35)
		put(o, PICK(r, words));
	else
		put_number(o, rng_below(r, k < 75 ? 20 : k < 92 ? 100 : 10000));
}

static void make_year(const values *v UNUSED, rng *r, char *o)
{
	put_number(o, 1930 + rng_below(r, 97));
}

static void make_phone(const values *v UNUSED, rng *r, char *o)
{
	unsigned a = 100 + rng_below(r, 900), b = rng_below(r, 1000), c = rng_below(r, 10000);

	switch (rng_below(r, 8)) {
	case 0: snprintf(o, VALUE_MAX, "%u %03u %04u", a, b, c); break;
	case 1: snprintf(o, VALUE_MAX, "%03u-%04u", b, c); break;
	case 2: snprintf(o, VALUE_MAX, "+%u %u %03u %03u", 1 + rng_below(r, 98), a, b, c % 1000); break;
	case 3: snprintf(o, VALUE_MAX, "0%u %03u%03u", a, b, c % 1000); break;
	case 4: snprintf(o, VALUE_MAX, "%u%03u%04u", a, b, c); break;
	default: snprintf(o, VALUE_MAX, "%u-%03u-%04u", a, b, c); break;
	}
}

static void put_lower_name(const values *v, char *o, rng *r, const char *listname)
{
	size_t at = strlen(o);

	if (rng_chance(r, .6))
		put_list(v, o, r, listname);
	else
		put_syllables(o, r, 1 + rng_below(r, 2));
	for (; o[at]; at++)
		o[at] = o[at] == ' ' || o[at] == '\'' ? '_' : (char)tolower((unsigned char)o[at]);
}

static void put_domain(const values *v, char *o, rng *r)
{
	static const char *const hosts[] = { "gmail.com", "mail.com", "example.com", "outlook.com", "yahoo.com",
					     "proton.me", "company.com", "icloud.com", "web.de", "example.org" };
	static const char *const ends[] = { ".com", ".org", ".net", ".io", ".de", ".co.uk", ".fr", ".edu", ".dev" };

	static const char *const mails[] = { "mail", "post", "box", "net", "web", "line", "inbox" };

	if (rng_chance(r, .45)) {
		put(o, PICK(r, hosts));
		return;
	}
	put_lower_name(v, o, r, rng_chance(r, .6) ? "last" : "own word");
	if (rng_chance(r, .3))
		put(o, PICK(r, mails));
	put(o, PICK(r, ends));
}

/* The part before the @, and names people choose for themselves: "ingrid.k82", "jsmith77", "mossy_anvil29". */
static void put_handle(const values *v, char *o, rng *r)
{
	static const char *const joints[] = { ".", ".", "_", "-", "" };
	unsigned k = rng_below(r, 10);
	size_t at = strlen(o);

	if (k == 0) {
		o[at] = (char)('a' + rng_below(r, 26));
		o[at + 1] = 0;
	} else {
		put_lower_name(v, o, r, k < 3 ? "own word" : "first");
	}
	if (k < 6) {
		put(o, k == 0 ? "" : PICK(r, joints));
		put_lower_name(v, o, r, rng_chance(r, .7) ? "last" : "own word");
	} else if (k == 6) {
		put(o, PICK(r, joints));
		at = strlen(o);
		o[at] = (char)('a' + rng_below(r, 26));
		o[at + 1] = 0;
	}
	if (rng_chance(r, .4))
		put_number(o, rng_below(r, rng_chance(r, .85) ? 100 : 2030));
}

static void make_email(const values *v, rng *r, char *o)
{
	put_handle(v, o, r);
	put(o, "@");
	put_domain(v, o, r);
}

static void make_url(const values *v, rng *r, char *o)
{
	static const char *const ends[] = { ".com", ".org", ".net", ".io", ".de", ".dev", ".blog", ".me" };
	unsigned k = rng_below(r, 10);

	put(o, k < 3 ? "https://" : k < 6 ? "www." : "");
	put_lower_name(v, o, r, rng_chance(r, .5) ? "last" : "first");
	if (rng_chance(r, .35)) {
		put(o, "-");
		if (rng_chance(r, .5))
			put_lower_name(v, o, r, rng_chance(r, .6) ? "last" : "own word");
		else
			put_syllables(o, r, 1);
	}
	put(o, PICK(r, ends));
	if (rng_chance(r, .15)) {
		put(o, "/");
		put_syllables(o, r, 1);
	}
}

static void make_code(const values *v UNUSED, rng *r, char *o)
{
	static const char mixed[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
	static const char *const marks[] = { "!", "#", "_", "-", "" };
	unsigned k = rng_below(r, 100), n;
	size_t at;

	if (k < 40) {
		for (n = 3 + rng_below(r, 6); n; n--)
			put_number(o, rng_below(r, 10));
	} else if (k < 65) {
		put_syllables(o, r, 1 + rng_below(r, 2));
		put(o, PICK(r, marks));
		put_number(o, rng_below(r, 1000));
		if (rng_chance(r, .4))
			*o = (char)toupper((unsigned char)*o);
	} else if (k < 80) {
		at = 0;
		for (n = 5 + rng_below(r, 5); n; n--)
			o[at++] = mixed[rng_below(r, sizeof(mixed) - 1)];
		o[at] = 0;
	} else if (k < 92) {
		put_syllables(o, r, 1);
		for (at = 0; o[at]; at++)
			o[at] = (char)toupper((unsigned char)o[at]);
		put(o, rng_chance(r, .5) ? "-" : "");
		put_number(o, 10 + rng_below(r, 9990));
	} else {
		put_number(o, 1 + rng_below(r, 99));
		*(o + strlen(o) + 1) = 0;
		o[strlen(o)] = (char)('A' + rng_below(r, 6));
	}
}

static void make_street(const values *v, rng *r, char *o)
{
	static const char *const ends[] = { " Street", " Road", " Lane", " Avenue", " Drive", " Square", " Way",
					    " Court", " Close" };
	bool after = rng_chance(r, .2);

	if (!after) {
		put_number(o, 1 + rng_below(r, rng_chance(r, .7) ? 120 : 3000));
		put(o, " ");
	}
	if (rng_chance(r, .5))
		put_list(v, o, r, "streetword");
	else if (rng_chance(r, .4))
		put_list(v, o, r, "last");
	else
		put_capital(o, r);
	put(o, PICK(r, ends));
	if (after) {
		put(o, " ");
		put_number(o, 1 + rng_below(r, 250));
	}
}

static void make_height(const values *v UNUSED, rng *r, char *o)
{
	unsigned cm = 140 + rng_below(r, 70);

	switch (rng_below(r, 5)) {
	case 0: snprintf(o, VALUE_MAX, "%u.%02u m", cm / 100, cm % 100); break;
	case 1: snprintf(o, VALUE_MAX, "%u.%02u meters", cm / 100, cm % 100); break;
	case 2: snprintf(o, VALUE_MAX, "%u feet %u", 4 + rng_below(r, 3), rng_below(r, 12)); break;
	case 3: snprintf(o, VALUE_MAX, "%u'%u", 4 + rng_below(r, 3), rng_below(r, 12)); break;
	default: snprintf(o, VALUE_MAX, "%u cm", cm); break;
	}
}

static void make_weight(const values *v UNUSED, rng *r, char *o)
{
	static const char *const units[] = { " kg", " kilos", " pounds", " kilograms", " lbs" };

	put_number(o, 40 + rng_below(r, 180));
	put(o, PICK(r, units));
}

static void make_size(const values *v UNUSED, rng *r, char *o)
{
	put_number(o, rng_chance(r, .7) ? 34 + rng_below(r, 14) : 4 + rng_below(r, 11));
	if (rng_chance(r, .15))
		put(o, ".5");
}

static void make_time(const values *v UNUSED, rng *r, char *o)
{
	static const char *const words[] = { "noon", "midnight", "half past six", "half past seven", "quarter to eight",
					     "sunrise", "quarter past five" };
	unsigned h = 4 + rng_below(r, 8), m = rng_below(r, 12) * 5;

	switch (rng_below(r, 5)) {
	case 0: snprintf(o, VALUE_MAX, "%u am", h); break;
	case 1: snprintf(o, VALUE_MAX, "%u:%02u am", h, m); break;
	case 2: snprintf(o, VALUE_MAX, "%s", PICK(r, words)); break;
	case 3: snprintf(o, VALUE_MAX, "%u o'clock", h); break;
	default: snprintf(o, VALUE_MAX, "%u:%02u", h, m); break;
	}
}

static void make_word(const values *v, rng *r, char *o)
{
	unsigned k = rng_below(r, 100);

	if (k < 25) {
		put_kind(v, o, r, "word");
		if (rng_chance(r, .4))
			put_number(o, rng_below(r, 1000));
	} else if (k < 50) {
		put_handle(v, o, r);
	} else if (k < 70) {
		put_capital(o, r);
	} else {
		put_invented(o, r);
		if (rng_chance(r, .5)) {
			put(o, rng_chance(r, .3) ? "_" : "");
			put_number(o, rng_below(r, 1000));
		}
	}
}

static void make_breed(const values *v, rng *r, char *o)
{
	put_mostly(v, o, r, "breed", .82, true);
	if (rng_chance(r, .06))
		put(o, " mix");
}

static void make_full_person(const values *v, rng *r, char *o)
{
	if (rng_chance(r, .85))
		values_person(v, r, o);
	else
		make_person(v, r, o);
}

/* "Tom and Lea", "Salt, Pepper and Rex". */
static void make_names(const values *v, rng *r, char *o)
{
	bool pets = rng_chance(r, .4), three = rng_chance(r, .25);

	for (int left = three ? 3 : 2; left--;) {
		char one[VALUE_MAX] = "";

		(pets ? make_pet : make_person)(v, r, one);
		put(o, one);
		put(o, left == 2 ? ", " : left == 1 ? " and " : "");
	}
}

static void make_country(const values *v, rng *r, char *o)
{
	put_mostly(v, o, r, "country", .85, true);
}

struct kind {
	const char *name;
	void (*make)(const values *v, rng *r, char *o);
	double listed;  /* with no function: share of list entries, the rest is invented */
	bool capital;   /* invented words begin with a capital */
};

static const struct kind kinds[] = {
	{ "person", make_person, 0, true },   { "full_person", make_full_person, 0, true },
	{ "names", make_names, 0, true },     { "pet", make_pet, 0, true },
	{ "place", make_place, 0, true },     { "city", make_place, 0, true },
	{ "country", make_country, 0, true },
	{ "job", make_job, 0, false },        { "company", make_company, 0, true },
	{ "school", make_school, 0, true },   { "hobby", make_hobby, 0, false },
	{ "color", make_color, 0, false },    { "food", make_food, 0, false },
	{ "team", make_team, 0, true },       { "title", make_title, 0, true },
	{ "book", make_book, 0, true },       { "date", make_date, 0, true },
	{ "appointment", make_appointment, 0, true },
	{ "year", make_year, 0, false },      { "age", make_age, 0, false },
	{ "number", make_number, 0, false },  { "phone", make_phone, 0, false },
	{ "email", make_email, 0, false },    { "url", make_url, 0, false },
	{ "code", make_code, 0, false },      { "street", make_street, 0, true },
	{ "height", make_height, 0, false },  { "weight", make_weight, 0, false },
	{ "size", make_size, 0, false },      { "time", make_time, 0, false },
	{ "word", make_word, 0, false },      { "breed", make_breed, 0, true },
	{ "field", NULL, .82, false },        { "drink", NULL, .75, false },
	{ "sport", NULL, .8, false },         { "music", NULL, .8, false },
	{ "instrument", NULL, .8, false },    { "language", NULL, .85, true },
	{ "car", NULL, .75, true },           { "animal", NULL, .8, false },
	{ "diet", NULL, .85, false },         { "allergy", NULL, .8, false },
	{ "condition", NULL, .85, false },    { "blood", NULL, 1, false },
	{ "season", NULL, .95, false },       { "day", NULL, .95, true },
	{ "flower", NULL, .8, false },        { "vehicle", NULL, .9, false },
	{ "zodiac", NULL, 1, true },          { "goal", NULL, 1, false },
	{ "coffee", NULL, .95, false },     { "band", make_title, 0, true },
	       { "phrase", NULL, 1, false },
};

static void make_once(const values *v, const char *kind, rng *r, char *out)
{
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[i].name, kind))
		i++;
	if (i == sizeof(kinds) / sizeof(*kinds))
		recipe_die("no values of the kind '%s'", kind);
	*out = 0;
	if (kinds[i].make)
		kinds[i].make(v, r, out);
	else
		put_mostly(v, out, r, kind, kinds[i].listed, kinds[i].capital);
}

bool value_held_out(const char *value)
{
	uint64_t h = 1469598103934665603u;

	for (; *value; value++)
		h = (h ^ (unsigned char)tolower((unsigned char)*value)) * 1099511628211u;
	return h % 20 == 0;
}

void values_make(const values *v, const char *kind, bool many, int held_out, rng *r, char out[VALUE_MAX])
{
	for (int tries = 0; tries < 80; tries++) {
		make_once(v, kind, r, out);
		if (many && rng_chance(r, .15)) {
			char second[VALUE_MAX];

			make_once(v, kind, r, second);
			put(out, " and ");
			put(out, second);
		}
		if (rng_chance(r, .06) && strcmp(kind, "code"))
			for (char *s = out; *s; s++)
				*s = (char)tolower((unsigned char)*s);
		if (strlen(out) > 36 || !*out)
			continue;
		if (held_out >= 0 && value_held_out(out) != held_out)
			continue;
		return;
	}
	if (strlen(out) > 60)
		out[0] = 'x', out[1] = 0;
}
