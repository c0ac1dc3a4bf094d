/*
 * Sayings: statements with a shape of their own. "Call me V", "we have a dog named V", "I quit my
 * job", "I moved from U to V", "I'm V".
 */
#include "detect_read.h"

#include <stdio.h>
#include <string.h>

/* "call me V", "everyone calls me V", "you can reach me at V" */
static bool call_read(struct reading *c)
{
	static const struct {
		const char *pattern, *relation;
	} rows[] = {
		{ "you can|may? email|mail|write|reach|contact me at|on|under", "email" },
		{ "email|mail|reach|contact me at|on|under", "email" },
		{ "you can|may? call|text|phone|ring|reach|contact me at|on|under",
		  "phone number" },
		{ "call|text|phone|ring|reach|contact me at|on|under", "phone number" },
		{ "everyone|everybody at? work|school? calls me", "nickname" },
		{ "my|they parents|mother|father|mom|mum|dad|folks? named|christened me", "name" },
		{ "my friends|family|mates|buddies|colleagues|teammates|classmates|workmates|roommates|flatmates call me", "nickname" },
		{ "friends|family call me", "nickname" },
		{ "i be known as", "nickname" },
		{ "people|they|most? people|folks? call me", "name" },
		{ "you|u can|may? call me", "name" },
		{ "just? call me", "name" },
		{ "be called", "name" },
	};
	struct value v;

	if (c->n > 5 && word_among(" everyone everybody people folks ", c->t->w) && word_among(" at in on from ", c->t[1].w))
		for (size_t k = 2; k + 2 < c->n && k < 7; k++)
			if (word_among(" call calls ", c->t[k].w) && tok_is(c->t + k + 1, "me")) { /* "everybody at the shop calls me V" */
				subject_set_i(&c->s);
				return read_value(c, "person", TRUST_HIGH, k + 2, &v) && (c->t[k + 2].flags & TOK_CAP) &&
				       reader_add(c->d, &c->s, "nickname", &v, c->op, "call-me", 0.85);
			}
	for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
		size_t at = 0;
		const relation *x;

		subject_set_i(&c->s);
		x = relations_find(c->d->r, "I", rows[k].relation);
		if (!x || !pattern_match(c, rows[k].pattern, &at) || at >= c->n)
			continue;
		if (!read_value(c, x->value, !strcmp(x->value, "person") ? TRUST_LOW : TRUST_HIGH,
				at, &v))
			continue;
		for (size_t k2 = at + 1; k2 < v.next; k2++)
			if (word_among(" in at on among around by ", c->t[k2].w)) { /* "known as Foxy in the bar" */
				v.b = c->t[k2 - 1].b;
				v.next = k2;
			}
		if (!strcmp(x->value, "person") &&
		    word_among(" madam president majesty captain master boss queen king lord daddy sir god genius ", c->t[v.next - 1].w))
			return false; /* a title and no name */
		return reader_add(c->d, &c->s, x->name, &v, c->op, "call-me", 0.9);
	}
	return false;
}

/* "everyone calls my sister V" */
static bool calls_read(struct reading *c)
{
	size_t at = 0, used;
	struct value v;

	if (!pattern_match(c, "everyone|everybody|people|we|they all? calls|call", &at))
		return false;
	used = subject_read(c->d, c->t, at, c->n, &c->s);
	if (c->s.kind == SUBJECT_I || !used || tok_is(c->t, "we"))
		return false;
	v = c->s.name; /* taken for a name in apposition */
	return (c->s.appended || read_value(c, "word", TRUST_HIGH, at + used, &v)) &&
	       reader_add(c->d, &c->s, "nickname", &v, c->op, "calls", 0.85);
}

/* "the baby" read as "my baby" */
static size_t the_noun(struct reading *c, size_t at)
{
	struct tok window[6] = { { .w = "my", .kind = TOK_WORD } };
	size_t m = c->n - at - 1 < 5 ? c->n - at - 1 : 5, used;

	memcpy(window + 1, c->t + at + 1, m * sizeof(*window));
	used = subject_my(c->d, window, 0, m + 1, &c->s);
	return used;
}

/* "I take size 44 shoes" */
static bool shoes_read(struct reading *c, size_t i)
{
	struct value v;

	return (pattern_match(c, "wear|wears|take|takes a? size", &i) || (c->s.kind == SUBJECT_I && pattern_match(c, "be a size", &i))) &&
	       read_value(c, "size", TRUST_HIGH, i, &v) && v.next < c->n &&
	       word_among(" shoe shoes ", c->t[v.next].w) &&
	       reader_add(c->d, &c->s, "shoe size", &v, c->op, "shoes", 0.9);
}

/* "We call my brother Bear": people who have a name already are called something else. */
static bool calls_grown(const struct reading *c, size_t at)
{
	return at && word_among(" call called ", c->t[at - 1].w) && !subject_is_pet(c->d, &c->s) &&
	       (word_in(WORDS_HE, c->s.noun) || word_in(WORDS_SHE, c->s.noun)) && !word_among(" son daughter baby twin ", c->s.noun);
}

/* "we call our parrot V", "I named my goldfish V", "we call him V" */
static bool naming_read(struct reading *c)
{
	size_t at = 0, used;
	struct value v;

	at = tok_phrases(c->t, c->n, "the kids|my kids|our kids|my wife|my husband|my partner|my son|my daughter|my sister|my brother");
	if (at)
		at = at + 1 < c->n && word_among(" named renamed ", c->t[at].w) ? at + 1 : c->n;
	else if (c->n > 2 && tok_is(c->t, "named") && word_among(" him her it ", c->t[1].w))
		at = 1;
	else if (!pattern_match(c, "i|we have? named|call|called|name", &at))
		return false;
	if (at >= c->n)
		return false;
	if (tok_is(c->t + at, "him") || tok_is(c->t + at, "her") || tok_is(c->t + at, "it")) {
		c->s = c->d->last.kind != SUBJECT_NONE ? c->d->last : c->d->before;
		if (c->s.kind != SUBJECT_MY)
			return false;
		used = 1;
	} else {
		used = tok_is(c->t + at, "the") ? the_noun(c, at)
						: subject_my(c->d, c->t, at, c->n, &c->s);
		if (c->s.appended) { /* the name was taken for one in apposition */
			v = c->s.name;
			return used && reader_add(c->d, &c->s, calls_grown(c, at) ? "nickname" : "name", &v, c->op,
						  "naming", 0.95);
		}
	}
	if (!used || !read_value(c, "pet", TRUST_HIGH, at + used, &v))
		return false;
	if (calls_grown(c, at))
		return reader_add(c->d, &c->s, "nickname", &v, c->op, "calls", 0.85);
	return reader_add(c->d, &c->s, "name", &v, c->op, "naming", 0.95);
}

/* "as a vegan, I ...", "being a nurse, I ...": what one is, said in passing */
static bool as_read(struct reading *c)
{
	struct value v;
	size_t at = 0;

	subject_set_i(&c->s);
	if (tok_is(c->t, "being") && read_value(c, "age", TRUST_HIGH, 1, &v) && v.next < c->n && tok_is(c->t + v.next, ","))
		return reader_add(c->d, &c->s, "age", &v, c->op, "as-a", 0.8); /* "being 67, I get tired" */
	if (!pattern_match(c, "as|being a", &at) || at >= c->n)
		return false;
	if (read_value(c, "diet", TRUST_LOW, at, &v) &&
	    (v.next >= c->n || tok_punct(c->t + v.next) || tok_is(c->t + v.next, "i")))
		return reader_add(c->d, &c->s, "diet", &v, c->op, "as-a", 0.8);
	return read_value(c, "job", TRUST_LOW, at, &v) &&
	       (v.next >= c->n || tok_punct(c->t + v.next) || tok_is(c->t + v.next, "i")) &&
	       !tok_is(c->t + at, "student") &&
	       reader_add(c->d, &c->s, "job", &v, c->op, "as-a", 0.75);
}

/* "I am a widow, 72, living in Whangarei" */
static bool noun_aged_read(struct reading *c, size_t i)
{
	struct value v;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "be a", &i))
		return false;
	for (size_t k = i + 1; k + 1 < c->n && k < i + 4 && !tok_punct(c->t + k - 1); k++)
		if (tok_is(c->t + k, ",") && c->t[k + 1].kind == TOK_NUM && strlen(c->t[k + 1].w) == 2 && read_value(c, "age", TRUST_HIGH, k + 1, &v) &&
		    (v.next >= c->n || tok_punct(c->t + v.next) || tok_is(c->t + v.next, "and"))) {
			reader_add(c->d, &c->s, "age", &v, c->op, "age", 0.8);
			tail_read(c, v.next, "age");
			return true;
		}
	return false;
}

/* "I have a Fiat Punto": only a make with its model. */
static bool have_car_read(struct reading *c, size_t i)
{
	struct value v;

	return pattern_match(c, "have|has got? a", &i) && i < c->n && (c->t[i].flags & TOK_CAP) &&
	       word_in(WORDS_CAR, c->t[i].w) && read_value(c, "car", TRUST_LOW, i, &v) && v.next > i + 1 && value_closed(c, v.next) &&
	       reader_add(c->d, &c->s, "car", &v, c->op, "drives", 0.85);
}

/* "I take the bus to work", "I bike to work" */
static bool commute_read(struct reading *c)
{
	size_t at = 0;
	struct value v;

	subject_set_i(&c->s);
	if (!pattern_match(c, "i take|ride|catch the|a|my", &at)) {
		at = 0;
		if (!pattern_match(c, "i", &at))
			return false;
	}
	while (at < c->n && word_in(WORDS_ADVERB, c->t[at].w))
		at++;
	if (!read_value(c, "vehicle", TRUST_LOW, at, &v))
		return false;
	if (v.next < c->n && c->t[v.next].w[0] >= '0' && c->t[v.next].w[0] <= '9') /* "bike 12 km to work" */
		v.next += 1 + (v.next + 1 < c->n && word_among(" km miles mi minutes min ", c->t[v.next + 1].w));
	return v.next + 1 < c->n && tok_is(c->t + v.next, "to") && tok_is(c->t + v.next + 1, "work") &&
	       reader_add(c->d, &c->s, "commute", &v, c->op, "commute", 0.85);
}

/* "I quit my job", "I lost my job at V", "I sold my car", "I don't have a car anymore" */
static bool retract_read(struct reading *c)
{
	size_t at = 0;
	struct value v;

	subject_set_i(&c->s);
	if (pattern_match(c, "i have? quit|left|lost|resigned from? my job|position", &at)) {
		reader_add(c->d, &c->s, "job", NULL, DETECT_RETRACT, "quit", 0.85);
		if (at < c->n && (tok_is(c->t + at, "at") || tok_is(c->t + at, "with")) &&
		    read_value(c, "company", TRUST_HIGH, at + 1, &v))
			reader_add(c->d, &c->s, "employer", &v, DETECT_RETRACT, "quit", 0.85);
		return true;
	}
	at = 0;
	if (pattern_match(c, "i be|was|got fired|laid off?", &at)) {
		reader_add(c->d, &c->s, "job", NULL, DETECT_RETRACT, "quit", 0.8);
		if (at + 1 < c->n && word_among(" from at by ", c->t[at].w) && (c->t[at + 1].flags & TOK_CAP) && read_value(c, "company", TRUST_HIGH, at + 1, &v))
			reader_add(c->d, &c->s, "employer", &v, DETECT_RETRACT, "quit", 0.8);
		return true;
	}
	at = 0;
	if (pattern_match(c, "i have? sold my car", &at) && value_closed(c, at))
		return reader_add(c->d, &c->s, "car", NULL, DETECT_RETRACT, "sold", 0.85);
	at = 0;
	if (pattern_match(c, "i have? sold my", &at) && at < c->n && read_value(c, "car", TRUST_LOW, at, &v) && value_closed(c, v.next))
		return reader_add(c->d, &c->s, "car", &v, DETECT_RETRACT, "sold", 0.6); /* "I sold my Golf" */
	return false;
}

/* "I don't like mushrooms", "I can't stand licorice" */
static bool dislike_read(struct reading *c)
{
	size_t at = 0;
	struct value v;

	subject_set_i(&c->s);
	if (!pattern_match(c, "i do not like|enjoy", &at) &&
	    !pattern_match(c, "i can not stand", &at))
		return false;
	return read_value(c, "like", TRUST_HIGH, at, &v) &&
	       reader_add(c->d, &c->s, "dislike", &v, c->op, "dislikes", 0.85);
}

/* "I'm married to Jonas", "my sister is married to Tom" */
static bool married_read(struct reading *c, size_t i)
{
	struct subject partner = { .kind = SUBJECT_MY, .text = "my partner", .noun = "partner" };
	bool wife = word_in(WORDS_HE, c->s.noun);
	struct value v;

	if (!(pattern_match(c, "be|got married|engaged to", &i) || pattern_match(c, "have|has been married|engaged to", &i)) ||
	    !(pattern_match(c, "a lovely|wonderful|great? guy|man|woman|girl|lady|lad|bloke called|named", &i), read_value(c, "person", TRUST_LOW, i, &v)))
		return false;
	if (c->s.kind == SUBJECT_I)
		return reader_add(c->d, &partner, "name", &v, c->op, "married", 0.8);
	return reader_add(c->d, &c->s, wife ? "wife" : "husband", &v, c->op, "married", 0.75);
}

static bool count_noun(const struct tok *t)
{
	return word_among(" child children childrens kid kids sibling siblings ", t->w);
}

/* "I'm a mother of four, a beekeeper and ..." */
static bool parent_read(struct reading *c, size_t i)
{
	struct value v;

	if (c->s.kind != SUBJECT_I ||
	    !pattern_match(c, "be a|the? very? proud|single|tired|busy|working|happy|widowed|divorced|stay-at-home?"
		" mother|father|mom|mum|dad|mama|papa|parent of|to", &i) ||
	    !read_value(c, "number", TRUST_HIGH, i, &v) ||
	    !(value_closed(c, v.next) || count_noun(c->t + v.next) ||
	      word_among(" living based working boys girls sons daughters teenagers teens toddlers grown adult little young ", c->t[v.next].w)) ||
	    !reader_add(c->d, &c->s, "children", &v, c->op, "count", 0.9))
		return false;
	for (size_t k = 2; k + 1 < c->n && k < 5; k++)
		if (tok_is(c->t + k, "stay-at-home")) { /* "a stay-at-home mum of four": that is her work */
			struct value home = { .a = c->t[k].a, .b = c->t[k + 1].b, .next = k + 2 };

			reader_add(c->d, &c->s, "job", &home, c->op, "be-job", 0.85);
		}
	i = v.next + (v.next < c->n && count_noun(c->t + v.next));
	for (i += i < c->n && tok_is(c->t + i, ","); i < c->n && tok_is(c->t + i, "and"); i++)
		;
	if (i < c->n && word_among(" a an ", c->t[i].w) && read_value(c, "job", TRUST_LOW, i, &v))
		reader_add(c->d, &c->s, "job", &v, c->op, "apposition", 0.85);
	return true;
}

size_t aged_number(const struct reading *c, size_t i, struct value *age)
{
	size_t digits;

	if (i >= c->n)
		return 0;
	digits = strspn(c->t[i].w, "0123456789");
	if (!digits || digits > 2)
		return 0;
	*age = (struct value){ .a = c->t[i].a, .b = c->t[i].a + (uint32_t)digits, .next = i + 1 };
	if (!strcmp(c->t[i].w + digits, "-year-old") || !strcmp(c->t[i].w + digits, "yo"))
		return i + 1;
	if (digits == 2 && c->t[i].w[3] == 0 && strchr("mf", c->t[i].w[2]) && c->t[i].w[2] && (!i || tok_be(c->t + i - 1)))
		return i + 1; /* "im 22f" */
	if (!c->t[i].w[digits] &&
	    tok_phrases(c->t + i + 1, c->n - i - 1, "year old|years old|yr old|yrs old|year-old|yo|y/o"))
		return i + 1 + (word_among(" year-old yo y/o ", c->t[i + 1].w) ? 1 : 2);
	return 0;
}

/* "I'm a 35-year-old accountant", "my dog is a 3 year old husky" */
static bool aged_read(struct reading *c, size_t i)
{
	bool pet = subject_is_pet(c->d, &c->s);
	struct value age, what;
	size_t k;

	if (!pattern_match(c, "be a?", &i) || i + 1 >= c->n)
		return false;
	k = aged_number(c, i, &age);
	if (!k || (!word_among(" a an ", c->t[i - 1].w) && k != i + 1))
		return false;
	if (!reader_add(c->d, &c->s, "age", &age, c->op, "aged", 0.9))
		return false;
	if (k + 2 < c->n && word_among(" father mother dad mum mom parent ", c->t[k].w) && word_among(" of to ", c->t[k + 1].w) &&
	    read_value(c, "number", TRUST_HIGH, k + 2, &what)) { /* "a 41-year-old father of two" */
		reader_add(c->d, &c->s, "children", &what, c->op, "count", 0.85);
		tail_read(c, what.next, "name");
		return true;
	}
	if (k < c->n && word_among(" man woman guy girl male female dude lady ", c->t[k].w)) {
		tail_read(c, k + 1, "name"); /* "a 51 yo man living in Reno" */
		return true;
	}
	if (read_value(c, pet ? "breed" : "job", TRUST_LOW, k, &what) &&
	    reader_add(c->d, &c->s, pet ? "breed" : "job", &what, c->op, "aged", 0.9))
		tail_read(c, what.next, pet ? "breed" : "job");
	else if (k < c->n && word_among(" from living in , ", c->t[k].w))
		tail_read(c, k, "name");
	return true;
}

/* "I'm a mom and a nurse": the role that is a job. */
static bool roles_read(struct reading *c, size_t i)
{
	struct value v;

	if (!pattern_match(c, "be a", &i))
		return false;
	for (size_t k = i; k + 2 < c->n && k < i + 10; k++) {
		size_t at = k + 1;

		if (word_in(WORDS_CUT, c->t[k].w) && !tok_is(c->t + k, "but"))
			return false;
		if (!tok_is(c->t + k, "and") && !tok_is(c->t + k, "but") && !tok_is(c->t + k, ","))
			continue;
		at += tok_is(c->t + at, "and") || tok_is(c->t + at, "but");
		if (at + 1 < c->n && word_among(" a an ", c->t[at].w) &&
		    read_value(c, "job", TRUST_LOW, at, &v) && value_closed(c, v.next) &&
		    !(c->s.kind != SUBJECT_I && subject_is_pet(c->d, &c->s)))
			return reader_add(c->d, &c->s, "job", &v, c->op, "roles", 0.8);
	}
	return false;
}

/* "I have a peanut allergy", "... type 1 diabetes and a peanut allergy" */
static bool allergy_read(struct reading *c, size_t i)
{
	static const char none[] = " food skin seasonal new weird strange severe bad serious mild "
				   "common rare slight terrible known and a an of to for the no any ";
	size_t k;
	struct value v = { 0 };

	if (!pattern_match(c, "have|has got?", &i))
		return false;
	for (k = i; k < c->n && !word_among(" allergy allergies ", c->t[k].w); k++)
		;
	if (k >= c->n || k == i || !value_closed(c, k + 1) || c->t[k - 1].kind != TOK_WORD ||
	    word_among(none, c->t[k - 1].w))
		return false;
	v = (struct value){ .a = c->t[k - 1].a, .b = c->t[k - 1].b, .next = k };
	if (k >= i + 2 && word_among(" bee tree egg cow ", c->t[k - 2].w))
		v.a = c->t[k - 2].a; /* "a tree nut allergy" */
	if (!reader_add(c->d, &c->s, "allergy", &v, c->op, "allergic", 0.9))
		return false;
	if (v.next + 2 < c->n && tok_is(c->t + v.next + 1, "and") &&
	    read_value(c, "condition", TRUST_LOW, v.next + 2, &v))
		return reader_add(c->d, &c->s, "condition", &v, c->op, "condition", 0.85);
	for (k = i; k < c->n && !tok_is(c->t + k, "and"); k++)
		;
	if (k < c->n && value_parse(c->d->x->text, "condition", TRUST_LOW, c->t, i, k, &v))
		reader_add(c->d, &c->s, "condition", &v, c->op, "condition", 0.85);
	return true;
}

/* "I have two children", "we've got 3 kids" */
static bool count_read(struct reading *c, size_t i)
{
	struct value v;
	size_t k;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "have got?", &i) ||
	    !read_value(c, "number", TRUST_HIGH, i, &v))
		return false;
	k = v.next;
	while (k + 3 < c->n && tok_is(c->t + k + 1, "and") && !count_noun(c->t + k) &&
	       read_value(c, "number", TRUST_HIGH, k + 2, &v))
		k = v.next; /* "two cats and three kids" */
	if (k >= c->n || !(value_closed(c, k + 1) || word_among(" under aged between over who ", c->t[k + 1].w)) ||
	    (k + 2 < c->n && tok_is(c->t + k + 1, "with") && tok_is(c->t + k + 2, "me")))
		return false;
	if (!count_noun(c->t + k))
		return false;
	if (!reader_add(c->d, &c->s,
			word_among(" sibling siblings ", c->t[k].w) ? "siblings" : "children", &v,
			c->op, "count", 0.9))
		return false;
	if (k + 3 < c->n && tok_is(c->t + k + 1, "and") && word_among(" a an ", c->t[k + 2].w))
		have_named(c, k + 3); /* "... and a dog named Pudding" */
	return true;
}

/* "I have two cats, Salt and Pepper", "we've got three kids called Ann, Bob and Cy" */
static bool several_read(struct reading *c, size_t i)
{
	struct subject several = { .kind = SUBJECT_MY, .noun = "" };
	struct value v;
	size_t k;

	if (c->s.kind != SUBJECT_I || !(pattern_match(c, "have got?", &i) || pattern_match(c, "have? adopted|rescued|bought|own|got|raise", &i)) ||
	    i >= c->n)
		return false;
	k = read_value(c, "number", TRUST_HIGH, i, &v) ? v.next : i; /* "we have twins, Ann and Bea" */
	while (k + 3 < c->n && (word_in(WORDS_MODIFIER, c->t[k].w) || word_in(WORDS_STATE, c->t[k].w)))
		k++; /* "two lovely cats, ..." */
	if (k + 2 >= c->n || snprintf(several.text, sizeof(several.text), "my %s", c->t[k].w) >= (int)sizeof(several.text))
		return false;
	if (word_among(" guinea best ", c->t[k].w) &&
	    snprintf(several.text, sizeof(several.text), "my %s %s", c->t[k].w, c->t[k + 1].w) >= (int)sizeof(several.text))
		return false;
	k += word_among(" guinea best ", c->t[k].w); /* "guinea pigs" */
	if (k + 2 >= c->n || !relations_find(c->d->r, several.text, "names"))
		return false;
	if (word_among(" called named , : ( ", c->t[k + 1].w) && read_value(c, "names", TRUST_HIGH, k + 2, &v) &&
	    value_closed(c, v.next) && reader_add(c->d, &several, "names", &v, c->op, "several", 0.9)) {
		struct reading one = *c;

		for (k = v.next; k + 3 < c->n && k < v.next + 2; k++)
			if (tok_is(c->t + k, "and") && word_among(" a an ", c->t[k + 1].w))
				have_named(&one, k + 2); /* "..., and a dog called Ziggy" */
	}
	return false; /* how many there are is count_read's */
}

/* "Big Ajax fan here", "I'm a die-hard Bills fan", "We're Packers fans" */
static bool fan_read(struct reading *c)
{
	subject_set_i(&c->s);
	for (size_t i = 1; i + 1 < c->n && i < 8; i++) {
		struct value v;

		if (!word_among(" fan supporter fans supporters ", c->t[i + 1].w) || !word_in(WORDS_TEAM, c->t[i].w) || !(c->t[i].flags & TOK_CAP))
			continue;
		if (!(word_among(" i we ", c->t->w) && tok_be(c->t + 1)) && !(i + 2 < c->n && tok_is(c->t + i + 2, "here")))
			return false;
		v = (struct value){ .a = c->t[i].a, .b = c->t[i].b, .next = i + 1 };
		for (size_t k = i; k > 2 && (c->t[k - 1].flags & TOK_CAP) && c->t[k - 1].kind == TOK_WORD; k--)
			v.a = c->t[k - 1].a;
		return (value_closed(c, i + 2) || tok_is(c->t + i + 2, "here")) && reader_add(c->d, &c->s, "team", &v, c->op, "supports", 0.8);
	}
	return false;
}

/* "In my spare time I do woodcarving" */
static bool spare_time_read(struct reading *c)
{
	size_t at = 0;
	struct value v;

	subject_set_i(&c->s);
	return (pattern_match(c, "in|on my spare|free time|weekends ,? i like|love|enjoy|do|go|practice|practise|make to?", &at) ||
		pattern_match(c, "for fun|relaxation ,? i do|go|practice|practise|make", &at)) && at < c->n &&
	       read_value(c, "hobby", TRUST_LOW, at, &v) && reader_add(c->d, &c->s, "hobby", &v, c->op, "hobby", 0.8);
}

bool fixed_sayings(struct reading *c)
{
	return fan_read(c) || spare_time_read(c) || contact_read(c) || retract_read(c) || dislike_read(c) || call_read(c) || calls_read(c) ||
	       naming_read(c) || have_read(c) || as_read(c) || commute_read(c);
}

/* Tried when no predicate fits. */
bool late_sayings(struct reading *c, size_t i)
{
	return noun_aged_read(c, i) || late_study_sayings(c, i) || roles_read(c, i) || late_place_sayings(c, i) || with_children(c, i);
}

bool subject_sayings(struct reading *c, size_t i)
{
	return shoes_read(c, i) || measures_said(c, i) || study_sayings(c, i) || have_car_read(c, i) || place_sayings(c, i) ||
	       married_read(c, i) || several_read(c, i) || count_read(c, i) || parent_read(c, i) || allergy_read(c, i) || aged_read(c, i);
}
