/*
 * Names as values: of people, pets, places, employers, schools and teams. Capitals decide; in text
 * without capitals a list of known names or the strength of the words before.
 */
#include "detect_value.h"

#include <string.h>

/* Capitalised, and yet what somebody is rather than is called: "Irish", "Catholic", "Siamese", "Gen". */
static bool is_label(const struct tok *t)
{
	return !word_in(WORDS_NAME, t->w) &&
	       (word_is_nation(t->w) || word_in(WORDS_COUNTRY, t->w) || word_in(WORDS_BREED, t->w) || word_in(WORDS_STATE, t->w) ||
		word_in(WORDS_ZODIAC, t->w) || word_in(WORDS_DIET, t->w) || word_in(WORDS_DAY, t->w) || word_in(WORDS_MONTH, t->w) ||
		word_among(" catholic protestant muslim jewish hindu buddhist christian orthodox mormon sikh atheist democrat republican "
			   "tory labour green gen pro anti type ",
			   t->w));
}

static bool name_blocked(const struct tok *t, int trust)
{
	if (word_in(WORDS_FUNCTION, t->w) || word_in(WORDS_STATE, t->w))
		return trust == TRUST_LOW || !(t->flags & TOK_CAP) || word_in(WORDS_PRONOUN, t->w);
	return trust == TRUST_LOW &&
	       (word_is_nation(t->w) || word_in(WORDS_MONTH, t->w) || word_in(WORDS_DAY, t->w) ||
		word_in(WORDS_COUNTRY, t->w)) &&
	       !word_in(WORDS_NAME, t->w);
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
		    word_in(WORDS_STATE, t->w) || word_in(WORDS_CUT, t->w) ||
		    word_in(WORDS_TAIL, t->w) ||
		    (j > w->i && (tail_at(w->t, j, w->n) || word_in(WORDS_VERB, t->w))))
			break;
		if (j > w->i && w->trust == TRUST_LOW && !word_in(WORDS_NAME, t->w))
			break;
		if (strlen(t->w) > 4 && !strcmp(t->w + strlen(t->w) - 2, "ed") &&
		    !word_in(WORDS_NAME, t->w))
			break; /* "my name is spelled with a K" */
		j++;
	}
	return j;
}

/* Capitalised words, with particles between them. */
size_t name_capital(const struct where *w, size_t max)
{
	size_t j = w->i;

	while (j < w->n && j < w->i + max) {
		const struct tok *t = w->t + j;
		size_t k = j;

		if (word_cap(t) || (j > w->i && t->kind == TOK_WORD && t->w[1] == '\'' && strchr("dl", t->w[0]) && t->w[2]) ||
		    (j > w->i && t->kind == TOK_NUM && w->trust == TRUST_HIGH)) {
			if (j > w->i && (word_in(WORDS_PRONOUN, t->w) || tok_is(t, "and") ||
					 tok_is(t, "my") || tok_be(t)))
				break;
			j++;
			continue;
		}
		while (j > w->i && k < w->n && k < j + 3 && w->t[k].kind == TOK_WORD &&
		       word_in(WORDS_PARTICLE, w->t[k].w) && !tok_is(w->t + k, "and") &&
		       !tok_is(w->t + k, "from"))
			k++;
		if (k == j || k >= w->n || !word_cap(w->t + k) || tok_is(w->t + j, "in") ||
		    tok_is(w->t + j, "on") || tok_is(w->t + j, "for") || tok_is(w->t + j, "to") ||
		    tok_is(w->t + j, "with"))
			break;
		j = k + 1;
	}
	return j;
}

bool case_blind(const struct where *w)
{
	for (size_t k = w->i; k < w->n; k++)
		if (word_cap(w->t + k))
			return false;
	return true;
}

/* "I'm Batman", "my name is nobody": no names of people one meets. (Animals are called anything.) */
static bool name_unreal(const struct where *w)
{
	static const char figures[] =
		"iron man|spider man|darth vader|santa claus|harry potter|captain america|wonder woman|mickey mouse|"
		"donald duck|slim shady|james bond|madam president|mister president|your majesty|inigo montoya|troy mcclure|sherlock"
		" holmes|barbie girl|mr perfect|mr. perfect|mr right|mrs right|mr grumpy|miss perfect|legion , for";
	const char *first = w->t[w->i].w;
	size_t len = strlen(first);

	if (w->pet && (w->t[w->i].flags & TOK_CAP))
		return false;
	if (word_among(" satan lucifer hitler stalin batman superman spiderman spider-man groot thanos gandalf voldemort shrek deadpool"
		       " beyoncé beyonce rihanna dracula cinderella godzilla pikachu ",
		       first) ||
	    tok_phrases(w->t + w->i, w->n - w->i, figures))
		return true;
	return !(w->t[w->i].flags & TOK_CAP) &&
	       (word_among(" everything anything nothing something nobody mud trouble ", first) ||
		(len > 6 && !strcmp(first + len - 3, "ing") && !word_in(WORDS_NAME, first)));
}

/* Is what begins here said of a name, or of the user, rather than being one? */
static bool name_described(const struct where *w)
{
	const struct tok *t = w->t + w->i;

	if (word_among(" hers yours ours theirs mine ", t->w))
		return true;
	if (w->trust == TRUST_LOW && ((word_cap(t) && is_label(t)) || (word_in(WORDS_ZODIAC, t->w) && !word_in(WORDS_NAME, t->w)) || tok_is(t, "team")))
		return true;
	if (!(t->flags & TOK_CAP) && word_judges(t->w) && !word_in(WORDS_NAME, t->w))
		return true; /* "my last name is unusual" */
	return strlen(t->w) > 4 && t->w[1] == '-' && t->w[3] == '-'; /* "J-o-n" */
}

/* May a name end at token j? What follows shows that some were none. */
static bool name_ends(const struct where *w, size_t j, bool lower)
{
	static const char titles[] = " mr mrs ms miss dr prof professor sister father reverend ";
	const struct tok *t = w->t + j;

	if (j >= w->n)
		return true;
	if (tok_is(t, "'s") || (lower && tok_is(t, "of")))
		return false; /* "jack of diamonds" */
	return w->trust != TRUST_LOW || t->kind != TOK_WORD || tail_at(w->t, j, w->n) || word_among(" and from by who ", t->w) ||
	       (word_among(" at in of ", t->w) && word_among(titles, w->t[w->i].w)) || word_in(WORDS_CUT, t->w); /* "I'm Happy to help" */
}

bool parse_name(const struct where *w, struct value *out)
{
	const struct tok *t = w->t + w->i;
	size_t j;
	bool lower = false;
	int number;

	if (name_described(w) || name_unreal(w))
		return false;
	if (w->i + 1 < w->n && !(t->flags & TOK_CAP) && t[1].kind == TOK_WORD &&
	    word_among(" mr mrs ms dr miss prof mr. mrs. ms. dr. prof. ", t->w) && !word_in(WORDS_FUNCTION, t[1].w)) {
		value_set(w, w->i, w->i + 2, out); /* "my teacher is mr ortiz" */
		out->titled = !(t[1].flags & TOK_CAP);
		return true;
	}
	if (!(t->flags & (TOK_CAP | TOK_QUOTED)) &&
	    ((word_is_nation(t->w) && !word_in(WORDS_NAME, t->w)) || value_number(w->t, w->i, w->n, &number)))
		return false; /* "my name is german", "my name is five letters long" */
	if (tok_punct(t) || name_blocked(t, w->trust))
		return false;
	if (word_cap(t)) {
		j = name_capital(w, 6);
	} else if (t->kind == TOK_NUM && w->trust == TRUST_LOW) {
		return false;
	} else {
		j = name_lower(w);
		lower = true;
	}
	if (j == w->i || !name_ends(w, j, lower) || !value_set(w, w->i, j, out))
		return false;
	if (strlen(w->t[j - 1].w) == 3 && w->t[j - 1].w[1] == '.' && w->text[out->b] == '.')
		out->b++; /* "J.R." */
	out->titled = lower;
	return true;
}

/* One of several names; in lower case a single word, behind "called". */
static bool parse_names_one(struct where *one, bool lower, struct value *v)
{
	const struct tok *t = one->t + one->i;

	if (one->i >= one->n)
		return false;
	if (!lower || word_cap(t))
		return word_cap(t) && parse_name(one, v);
	return t->kind == TOK_WORD && !word_in(WORDS_FUNCTION, t->w) && !word_in(WORDS_STATE, t->w) && !word_judges(t->w) &&
	       value_set(one, one->i, one->i + 1, v);
}

/* "Tom and Lea", "Salt, Pepper and Rex": two names or more, each with a capital, for "my parents are kind and funny";
 * behind "called" in lower case as well. */
bool parse_names(const struct where *w, struct value *out)
{
	struct where one = *w;
	struct value v;
	size_t n = 0, end = w->i, labels = 0;
	bool called = w->i && word_among(" called named ", w->t[w->i - 1].w), lower = called && case_blind(w);

	one.trust = TRUST_HIGH;
	for (; parse_names_one(&one, lower, &v); n++) {
		labels += is_label(w->t + one.i);
		end = one.i = v.next;
		if (one.i < w->n && tok_is(w->t + one.i, ","))
			one.i++;
		if (one.i < w->n && (tok_is(w->t + one.i, "and") || tok_is(w->t + one.i, "&") || tok_is(w->t + one.i, "n")))
			one.i++;
		if (one.i == end) {
			n++;
			break;
		}
	}
	if (n < 2 || (labels == n && !called) || !value_set(w, w->i, end, out))
		return false;
	out->titled = lower;
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
		if (e == x.i || (e < w->n && !tok_punct(w->t + e) && !tail_at(w->t, e, w->n) &&
				 !tok_is(w->t + e, "and") && !tok_is(w->t + e, "with")))
			break;
		j = e;
	}
	return j;
}

/* "the Boston area" goes on behind the capitals; "Vikings territory" is no place at all: 0. */
static size_t place_noun(const struct where *w, size_t j)
{
	if (j < w->n && tok_is(w->t + j, "'s") && (j + 1 >= w->n || tok_punct(w->t + j + 1)))
		j = place_region(w, j + 1); /* "St. John's, Newfoundland" */
	if (j < w->n && w->t[j].kind == TOK_WORD &&
	    word_among(" area region county metro province valley district neighborhood "
		       "neighbourhood suburbs side ",
		       w->t[j].w))
		return j + 1;
	if (j < w->n && j > w->i && strlen(w->t[j].w) > 5 && !strcmp(w->t[j].w + strlen(w->t[j].w) - 3, "ing") && !(w->t[j].flags & TOK_CAP))
		return j; /* "in Chennai speaking Tamil" */
	if (j >= w->n || w->t[j].kind != TOK_WORD || (w->t[j].flags & TOK_CAP) ||
	    tail_at(w->t, j, w->n) || word_in(WORDS_FUNCTION, w->t[j].w) ||
	    word_among(" near part most half close full alone together along right except ",
		       w->t[j].w) ||
	    word_in(WORDS_CUT, w->t[j].w) || word_in(WORDS_TAIL, w->t[j].w))
		return j < w->n && tok_is(w->t + j, "'s") ? 0 : j;
	return 0;
}

/* A place in text without capitals: up to three words that no list has as something else. */
static bool place_lower(const struct where *w, const struct where *x, struct value *out)
{
	size_t j;

	j = x->i;
	if (j + 1 < x->n && tok_is(x->t + j, "new") &&
	    word_among(" york zealand jersey orleans delhi mexico hampshire haven ", x->t[j + 1].w))
		j += 2;
	for (; j < x->n && j < x->i + 3; j++) {
		const struct tok *t = x->t + j;

		if (t->kind != TOK_WORD || word_in(WORDS_FUNCTION, t->w) || word_in(WORDS_COMMON, t->w) ||
		    word_in(WORDS_NOT_PLACE, t->w) || word_in(WORDS_STATE, t->w) ||
		    word_in(WORDS_CUT, t->w) || (j > x->i && tail_at(x->t, j, x->n)))
			break;
	}
	if (j == x->i || (j < x->n && (word_in(WORDS_NOT_PLACE, x->t[j].w) || word_in(WORDS_COMMON, x->t[j].w))) ||
	    (j < x->n && tok_is(x->t + j, "of")))
		return false;
	if (!word_in(WORDS_COUNTRY, x->t[x->i].w) && !case_blind(w))
		return false;
	value_set(x, x->i, j, out);
	out->titled = true;
	return true;
}

bool parse_place(const struct where *w, struct value *out)
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
			if (j == x.i + 1 &&
			    word_among(" south north east west internet cloud ", x.t[x.i].w))
				return false;
			return j && value_set(w, w->i, j, out);
		}
		if (x.i + 3 < x.n && word_among(" center centre heart middle ", x.t[x.i + 1].w) && tok_is(x.t + x.i + 2, "of") && word_cap(x.t + x.i + 3))
			x.i += 3; /* "the centre of Riga" */
		for (j = x.i; x.i == w->i && j < x.n && j < x.i + 7; j++)
			if ((tok_is(x.t + j, "called") || tok_is(x.t + j, "named")) &&
			    j + 1 < x.n) {
				x.i = j + 1;
				break;
			}
		for (size_t k = x.i + 1; x.i == w->i && k + 2 < x.n && k < x.i + 4; k++)
			if (word_among(" apartment flat house condo studio dorm loft villa cottage "
				       "room suburb ",
				       x.t[k].w) &&
			    tok_is(x.t + k + 1, "in") && word_cap(x.t + k + 2))
				x.i = k + 2; /* "an apartment in Rome" */
		if (x.i == w->i)
			return false;
	}
	if (word_among(" apartment flat room unit suite floor minecraft roblox fortnite venus mars jupiter saturn pluto krypton uranus mercury heaven hell  skyrim azeroth hyrule narnia neverland hogwarts "
		       "linux windows android ios macos mordor westeros gotham atlantis excel powerpoint photoshop ", w->t[w->i].w))
		return false; /* "Apartment 4" */
	if (w->i + 1 == w->n && word_among(" it hr sales marketing accounting ", w->t[w->i].w))
		return false;
	if (word_cap(x.t + x.i) && !word_in(WORDS_MONTH, x.t[x.i].w) &&
	    !word_in(WORDS_DAY, x.t[x.i].w)) {
		j = name_capital(&x, 5);
		if (word_among(" hospital clinic ", x.t[x.i].w))
			return false;
		if (j + 1 < x.n && tok_is(x.t + j, "and") &&
		    word_among(" herzegovina nevis tobago barbuda principe príncipe grenadines ",
			       x.t[j + 1].w))
			j += 2;
		j = place_noun(&x, place_region(&x, j));
		if (!j || (j > x.i + 1 && word_among(" street avenue ave road rd lane boulevard blvd ", x.t[j - 1].w)) || !value_set(&x, x.i, j, out))
			return false; /* "Apex Street" is a street */
		if (strchr(x.t[j - 1].w, '.') && w->text[out->b] == '.')
			out->b++; /* "Washington, D.C." */
		return true;
	}
	return place_lower(w, &x, out);
}

/* Capitals with possessives between them: "St Mary's School", "McDonald's". */
static size_t name_possessive(const struct where *w)
{
	struct where x = *w;
	size_t j = name_capital(&x, 7);

	for (int k = 0; k < 3 && j < w->n && tok_is(w->t + j, "'s"); k++) {
		if (j + 1 >= w->n || !word_cap(w->t + j + 1))
			return j + 1 < w->n && w->t[j + 1].kind == TOK_WORD &&
					       !tail_at(w->t, j + 1, w->n)
				       ? w->i
				       : j + 1;
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

	for (j = w->i + 1; article && j + 1 < w->n && j < w->i + 5; j++)
		if (word_among(" called named ", w->t[j].w) && word_cap(w->t + j + 1)) {
			x.i = j + 1; /* "a company called Fjordsoft" */
			return value_set(&x, x.i, name_capital(&x, 5), out);
		}
	for (j = w->i + 1; (article || tok_is(w->t + w->i, "my")) && j + 2 < w->n && j < w->i + 6 && w->t[j].kind == TOK_WORD; j++)
		if (word_in(WORDS_INSTITUTION, w->t[j].w) && tok_is(w->t + j + 1, ",") && word_cap(w->t + j + 2)) {
			size_t e;

			x.i = j + 2; /* "the same insurance company, Wüstenrot, for ..." */
			e = name_capital(&x, 5);
			if (e < w->n && tok_is(w->t + e, ","))
				return value_set(&x, x.i, e, out);
		}
	x.i = w->i + article;
	for (j = x.i; j < x.n && j < x.i + 4 && x.t[j].kind == TOK_WORD &&
		      !word_in(WORDS_FUNCTION, x.t[j].w);
	     j++)
		;
	while (j > x.i && !word_in(WORDS_INSTITUTION, x.t[j - 1].w))
		j--;
	if (j == x.i ||
	    (j == x.i + 1 &&
	     (!article ||
	      word_among(" office station company shop store place plant practice ", x.t[x.i].w))))
		return false;
	if (j + 1 < x.n && (tok_is(x.t + j, "in") || tok_is(x.t + j, "of")) && word_cap(x.t + j + 1)) {
		x.i = j + 1;
		j = name_capital(&x, 4);
	}
	return value_set(w, w->i, j, out);
}

/* Does the writer put capitals where they belong? "I work at height": such a one would write "Height". */
static bool cased(const struct where *w)
{
	for (size_t k = 0; k < w->i; k++)
		if (tok_is(w->t + k, "i") && (w->t[k].flags & TOK_CAP))
			return !word_in(WORDS_COMPANY, w->t[w->i].w);
	return false;
}

/* Employers: capitalised, a common noun for a workplace, or in all-lower-case text a word or two.
 */
bool parse_company(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	if (tok_is(x.t + x.i, "the") && x.i + 1 < x.n)
		x.i++;
	if (word_cap(x.t + x.i) ||
	    (x.t[x.i].kind == TOK_WORD && strpbrk(x.t[x.i].w, "0123456789"))) {
		j = word_cap(x.t + x.i) ? name_possessive(&x) : x.i + 1;
		if (x.i > w->i && j < x.n && x.t[j].kind == TOK_WORD && word_in(WORDS_INSTITUTION, x.t[j].w))
			j++; /* "the Erasmus hospital" */
		if (j + 1 < x.n && tok_is(x.t + j - 1, "office") && tok_is(x.t + j, "of") && word_cap(x.t + j + 1)) {
			x.i = j + 1; /* "the Perth office of Deloitte" */
			return value_set(&x, x.i, name_possessive(&x), out);
		}
		if (j + 1 < x.n && tok_is(x.t + j, "and") && word_cap(x.t + j + 1))
			j += 2;
		if (j > x.i + 1 && j < x.n && word_in(WORDS_DAY, x.t[j - 1].w) &&
		    word_among(" to through till until ", x.t[j].w))
			j--; /* "Nokia Monday to Friday" */
		if (j == x.i + 1 &&
		    (word_in(WORDS_DAY, x.t[x.i].w) || word_in(WORDS_MONTH, x.t[x.i].w)))
			return false;
		return j > x.i && value_set(w, w->i, j, out);
	}
	if (x.t[x.i].kind == TOK_URL)
		return value_set(&x, x.i, x.i + 1, out);
	if (company_common(w, out))
		return true;
	if (x.i > w->i && x.t[x.i].kind == TOK_WORD && strlen(x.t[x.i].w) < 5 && strlen(x.t[x.i].w) > 1 && !strpbrk(x.t[x.i].w, "aeiouy'") &&
	    case_blind(w))
		return value_set(w, x.i, x.i + 1, out); /* "the nhs" */
	if (x.i > w->i || !case_blind(w) || cased(w) ||
	    (w->trust == TRUST_LOW && !word_in(WORDS_COMPANY, x.t[x.i].w)))
		return false;
	for (j = x.i; j < x.n && j < x.i + 2 && x.t[j].kind == TOK_WORD; j++)
		if (word_in(WORDS_FUNCTION, x.t[j].w) || word_in(WORDS_STATE, x.t[j].w) || word_in(WORDS_COMMON, x.t[j].w) ||
		    word_in(WORDS_TAIL, x.t[j].w) || word_in(WORDS_NOT_PLACE, x.t[j].w) ||
		    word_in(WORDS_CUT, x.t[j].w) ||
		    word_among(" night nights day days least first fun money free minimum weekends "
			       "dawn speed large length "
			       "peanuts clients people ",
			       x.t[j].w))
			break;
	if (!value_set(&x, x.i, j, out))
		return false;
	out->titled = true;
	return true;
}

bool parse_school(const struct where *w, struct value *out)
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
		if (known && j > x.i && place_region(w, j) == w->n)
			j = w->n; /* "Trinity College, Dublin" */
		return (known || w->trust == TRUST_HIGH) && j > x.i && value_set(w, w->i, j, out);
	}
	for (j = x.i; j < x.n && j < x.i + 4 && x.t[j].kind == TOK_WORD &&
		      !tok_is(x.t + j, "at") && !(j == x.i + 1 && tok_is(x.t + j, "in") && word_among(" uni school college ", x.t[x.i].w)) &&
		      !word_in(WORDS_CUT, x.t[j].w) && !tail_at(x.t, j, x.n);
	     j++)
		known = known || word_in(WORDS_SCHOOL, x.t[j].w);
	if (!known || word_in(WORDS_FUNCTION, x.t[x.i].w) ||
	    (j == x.i + 1 && (word_in(WORDS_INSTITUTION, x.t[x.i].w) || tok_is(x.t + x.i, "uni"))) || tok_is(x.t + x.i, "high") ||
	    tok_is(x.t + x.i, "elementary") || word_in(WORDS_STATE, x.t[x.i].w))
		return false;
	return value_set(&x, x.i, j, out);
}

/* With trust anything that may be a name; else it must be known as a team: "I'm a fan of Lady
 * Gaga". */
bool parse_team(const struct where *w, struct value *out)
{
	struct where x = *w;
	bool known = w->trust == TRUST_HIGH;
	size_t j;

	if (tok_is(x.t + x.i, "the") && x.i + 1 < x.n)
		x.i++;
	if (!word_cap(x.t + x.i))
		return known && !word_among(" best worst greatest only one same other losing winning home away ", x.t[x.i].w) &&
		    case_blind(w) && parse_name(&x, out);
	j = name_capital(&x, 5);
	for (size_t k = x.i; k < j; k++)
		known = known || word_in(WORDS_TEAM, x.t[k].w);
	if (!known || (j < x.n && tok_is(x.t + j, "'s")))
		return false;
	return value_set(w, w->i, j, out); /* with its article: "your team is the Bulls" */
}
