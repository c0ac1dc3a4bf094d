/*
 * Attributes that "my" does not lead: "V is my favorite NOUN", "I changed my name to V", "the deadline is V", "I have an
 * appointment on ...".
 */
#include "detect_read.h"
#include "detect_value.h"

#include <string.h>

/* "I have a doctor's appointment on Monday at 9", "I got a new phone number: V" */
static bool have_attribute_read(struct reading *c)
{
	size_t at = 0, used;
	const relation *x;
	struct value v;

	subject_set_i(&c->s);
	if (pattern_match(c, "i|we celebrate my|our", &at)) {
		x = attribute_read(c->d, "I", c->t, at, c->n, &used);
		return x && word_among(" date appointment ", x->value) && at + used + 1 < c->n && tok_is(c->t + at + used, "on") &&
		       read_value(c, x->value, TRUST_HIGH, at + used, &v) && reader_add(c->d, &c->s, x->name, &v, c->op, "attribute", 0.9);
	}
	at = 0;
	if (pattern_match(c, "here|this|that be my", &at)) { /* "here is my email: V" */
		x = attribute_read(c->d, "I", c->t, at, c->n, &used);
		return x && at + used + 1 < c->n && tok_is(c->t + at + used, ":") &&
		       attribute_statement(c, at);
	}
	if (!pattern_match(c, "i|we have|got got? a|my", &at))
		return false;
	x = attribute_read(c->d, "I", c->t, at, c->n, &used);
	if (!x || at + used + 1 >= c->n)
		return false;
	if (tok_is(c->t + at, "new") &&
	    (tok_is(c->t + at + used, ":") || tok_is(c->t + at + used, ",")))
		return read_value(c, x->value, TRUST_HIGH, at + used + 1, &v) &&
		       reader_add(c->d, &c->s, x->name, &v, DETECT_SUPERSEDE, "new", 0.9);
	if (strcmp(x->value, "appointment") != 0)
		return false;
	at += used;
	if (word_among(" at with ", c->t[at].w) && c->t[at + 1].kind == TOK_WORD && (c->t[at + 1].flags & TOK_CAP)) /* "at Maersk on Monday" */
		while (at + 1 < c->n && !tok_punct(c->t + at) && !tok_is(c->t + at, "on"))
			at++;
	return (tok_is(c->t + at, "on") || tok_is(c->t + at, "at")) && read_value(c, x->value, TRUST_HIGH, at, &v) &&
	       reader_add(c->d, &c->s, x->name, &v, c->op, "appointment", 0.9);
}

/* Does nothing but a greeting, and that at least, stand before the clause? */
static bool greeted(const struct reading *c)
{
	const struct tok *t = c->d->x->tok;
	size_t i = 0;

	while (i < c->d->x->n && t[i].a < c->t->a) {
		if (!tok_punct(t + i) && !word_among(" hi hey hello hiya heya hii hiii heyy heyyy helloo yo morning evening afternoon good hallo hola howdy ok okay all"
			" everyone there again ", t[i].w))
			return false;
		i++;
	}
	return i > 0;
}

/* "this is V", "this is V speaking", "it's me, V" */
static bool this_is_read(struct reading *c)
{
	struct reading one = *c;
	struct value v;
	size_t at = 0;

	if (c->n > 3 && word_among(" speaking here writing calling ", c->t[c->n - 1].w))
		one.n--;
	if (pattern_match(c, "that be me ,", &at) && at < c->n && (c->t[at].flags & TOK_CAP) && read_value(c, "person", TRUST_LOW, at, &v) &&
	    reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.75)) { /* "that's me, Ignacio, 33" */
		tail_read(c, v.next, "name");
		return true;
	}
	at = 0;
	if (pattern_match(c, "it be only|just? me again? ,?", &at))
		return read_value(c, "person", TRUST_LOW, at, &v) && (v.next >= c->n || tok_is(c->t + v.next, ",")) &&
		    (c->t[at].flags & TOK_CAP || word_in(WORDS_NAME, c->t[at].w)) &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.8);
	if (c->t->a > 0 && greeted(c) && c->d->x->n < c->n + 4 &&
	    (pattern_match(c, "it be", &at) || pattern_match(c, "its", &at))) /* "hey, it's Amy": a greeting and no more */
		return at < c->n && word_may_name(c->t[at].w) && read_value(c, "person", TRUST_HIGH, at, &v) && v.next == at + 1 &&
		       (word_in(WORDS_NAME, c->t[at].w) || (v.next < c->n && word_among(" again here ", c->t[v.next].w))) &&
		       (v.next >= c->n || word_among(" from again here ", c->t[v.next].w)) &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.8);
	at = 0;
	if (pattern_match(c, "it|its be? your|you|ya|yer boy|girl|man|pal|mate|guy|friend ,?", &at)) /* "it's your boy Quentin" */
		return at < c->n && (c->t[at].flags & TOK_CAP) && read_value(c, "person", TRUST_LOW, at, &v) &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.75);
	at = 0;
	if (pattern_match(c, "my|the names", &at)) /* "my name's" without its mark */
		return at < c->n && read_value(c, "person", word_may_name(c->t[at].w) && at + 1 == c->n ? TRUST_HIGH : TRUST_LOW, at, &v) &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.85);
	at = 0;
	if (one.n + 1 == c->n && pattern_match(&one, "this be", &at) && at + 1 == one.n && word_may_name(c->t[at].w) &&
	    read_value(&one, "person", TRUST_HIGH, at, &v)) /* "this is bram speaking" */
		return reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.75);
	at = 0;
	if (!pattern_match(&one, "this be", &at) || !read_value(&one, "person", TRUST_LOW, at, &v) ||
	    !(word_in(WORDS_NAME, c->t[at].w) || (one.n < c->n && v.next == one.n && (c->t[at].flags & TOK_CAP))) ||
	    !reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.75))
		return false;
	tail_read(&one, v.next, "name");
	return true;
}

/* "My cat? Adorable." */
static bool said_of_it(const char *w)
{
	static const char *const ends[] = { "able", "ible", "ful", "ous", "ive", "ing", "ed", "less", "ish", "ent", "ant", "ic" };
	size_t n = strlen(w);

	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++)
		if (n > strlen(ends[k]) + 1 && !strcmp(w + n - strlen(ends[k]), ends[k]))
			return true;
	return word_in(WORDS_STATE, w) || word_in(WORDS_FUNCTION, w) || word_in(WORDS_TAIL, w) || word_in(WORDS_ADVERB, w) ||
	       word_judges(w) || word_in(WORDS_BREED, w) || word_is_job(w);
}

/* "the company I work for is called V", "home for me is V", "His name is V, my new puppy", "Me: V, 24" */
static bool told_read(struct reading *c)
{
	struct value v;
	size_t at = 0, used;

	if (!word_among(" the home his her its me myself ", c->t->w))
		return false;
	if (pattern_match(c, "the company|place|firm|shop|restaurant|agency i work for|at be called|named?", &at))
		return at < c->n && (c->t[at].flags & TOK_CAP) && read_value(c, "company", TRUST_HIGH, at, &v) && value_closed(c, v.next) &&
		       reader_add(c->d, &c->s, "employer", &v, c->op, "work-at", 0.85);
	at = 0;
	if (pattern_match(c, "home for me|us be", &at))
		return at < c->n && (c->t[at].flags & TOK_CAP) && read_value(c, "place", TRUST_HIGH, at, &v) && value_closed(c, v.next) &&
		       reader_add(c->d, &c->s, "home", &v, c->op, "home-is", 0.8);
	at = 0;
	if (pattern_match(c, "his|her|its name be", &at) && at + 3 < c->n && (c->t[at].flags & TOK_CAP) && read_value(c, "pet", TRUST_HIGH, at, &v) &&
	    v.next + 2 < c->n && tok_is(c->t + v.next, ",")) { /* "His name is Gus, my new puppy" */
		used = subject_my(c->d, c->t, v.next + 1, c->n, &c->s);
		if (used && !c->s.appended && v.next + 1 + used == c->n)
			return reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.85);
		subject_set_i(&c->s);
	}
	at = 0;
	if (pattern_match(c, "me|myself :", &at) && at < c->n && (c->t[at].flags & TOK_CAP) && read_value(c, "person", TRUST_LOW, at, &v) &&
	    reader_add(c->d, &c->s, "name", &v, c->op, "name-is", 0.8)) { /* "Me: Lotte, 24, trainee paramedic" */
		tail_read(c, v.next, "name");
		return true;
	}
	return false;
}

/* "the name of my horse is V", "the N I like best is V", "this is V", "the deadline is Friday" */
static bool the_read(struct reading *c)
{
	size_t at = 0, used;
	bool negated, changed;
	struct value v;

	if (pattern_match(c, "the name of", &at)) {
		used = subject_my(c->d, c->t, at, c->n, &c->s);
		at = used ? copula_read(c, at + used, &negated, &changed) : 0;
		return at && !negated && read_value(c, "pet", TRUST_HIGH, at, &v) &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "name-of", 0.95);
	}
	subject_set_i(&c->s);
	at = 0;
	if (told_read(c))
		return true;
	at = 0;
	if ((pattern_match(c, "the? name be", &at) || pattern_match(c, "name :", &at)) &&
	    read_value(c, "person", TRUST_LOW, at, &v))
		return reader_add(c->d, &c->s, "name", &v, c->op, "name-is", 0.85);
	if (at && at < c->n && c->t[at].kind == TOK_WORD && !(c->t[at].flags & TOK_CAP) && !said_of_it(c->t[at].w) &&
	    (at + 1 >= c->n || tok_is(c->t + at + 1, ",")) && !word_in(WORDS_VERB, c->t[at].w) &&
	    read_value(c, "person", TRUST_HIGH, at, &v) && v.next == at + 1) /* "name's aurelio, age 44" */
		return reader_add(c->d, &c->s, "name", &v, c->op, "name-is", 0.75);
	at = 0;
	if (c->n > 3 && tok_be(c->t + 1) && tok_phrase(c->t + 2, c->n - 2, "the name") == c->n - 2 && !said_of_it(c->t[0].w) &&
	    value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, 0, 1, &v)) /* "Tilda's the name" */
		return reader_add(c->d, &c->s, "name", &v, c->op, "name-is", 0.8);
	if (c->n >= 2 && (c->n == 2 || tok_is(c->t + 2, ",")) && word_among(" here again ", c->t[1].w) && greeted(c) &&
	    word_may_name(c->t[0].w) && c->t[0].kind == TOK_WORD &&
	    !word_among(" noob lurker gamer mom mum dad mama papa nerd dude bro sis dev anon everyone same hello hey newbie ", c->t[0].w) &&
	    value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, 0, 1, &v)) /* "morning! abdoulaye again" */
		return reader_add(c->d, &c->s, "name", &v, c->op, "here", 0.75);
	if (c->n == 2 && word_among(" here speaking ", c->t[1].w) &&
	    (word_in(WORDS_NAME, c->t[0].w) || (c->t[0].a > 1 && c->d->x->text[c->t[0].a - 2] == ',' && ((c->t[0].flags & TOK_CAP) ||
	    word_may_name(c->t[0].w)))) &&
	    value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, 0, 1, &v))
		return reader_add(c->d, &c->s, "name", &v, c->op, "here", 0.8);
	if (this_is_read(c))
		return true;
	if (c->n > 2 && tok_is(c->t, "the")) {
		const relation *x = attribute_read(c->d, "I", c->t, 1, c->n, &used);

		/* Only where the table says "The {n} is". */
		for (size_t k = 0; x && k < x->n_say; k++)
			if (!strncmp(x->say[k], "The ", 4) || !strcmp(x->value, "appointment"))
				return attribute_statement(c, 1);
	}
	return false;
}

/* "Rex is the name of my dog", "Rex, my dog, is sick" */
static bool name_first_read(struct reading *c)
{
	struct value v;
	size_t at, used;

	if (c->n > 4 && word_among(" this that it ", c->t->w) && tok_be(c->t + 1) && (c->t[2].flags & TOK_CAP) && c->t[2].kind == TOK_WORD &&
	    tok_is(c->t + 3, ",")) { /* "This is Gil, my brother" */
		used = subject_my(c->d, c->t, 4, c->n, &c->s);
		return used && !c->s.appended && (4 + used >= c->n || tok_punct(c->t + 4 + used)) &&
		       value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, 2, 3, &v) && reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.85);
	}
	if (!(c->t[0].flags & TOK_CAP) || !read_value(c, "person", TRUST_HIGH, 0, &v) ||
	    word_in(WORDS_PRONOUN, c->t[0].w))
		return false;
	at = v.next;
	if (at + 4 == c->n && tok_be(c->t + at) && tok_phrase(c->t + at + 1, 3, "where i live") &&
	    value_parse(c->d->x->text, "place", TRUST_HIGH, c->t, 0, at, &v) && v.next == at) {
		subject_set_i(&c->s); /* "Rome is where I live" */
		return reader_add(c->d, &c->s, "home", &v, c->op, "inverse", 0.85);
	}
	if (pattern_match(c, "be the name of", &at)) {
		used = subject_my(c->d, c->t, at, c->n, &c->s);
		return used && reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.9);
	}
	if (at + 2 >= c->n || !tok_is(c->t + at, ","))
		return false;
	used = subject_my(c->d, c->t, at + 1, c->n, &c->s);
	if (!used || c->s.appended || at + 1 + used >= c->n ||
	    !tok_is(c->t + at + 1 + used, ",") ||
	    !reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.8))
		return false;
	if (at + 2 + used < c->n)
		predicate_read(c, at + 2 + used); /* "..., is 5" */
	return true;
}

/* "Ramen is my favorite food", "Luna is my cat" */
bool inverse_read(struct reading *c)
{
	size_t be = 0, used;
	struct value v;
	const relation *x;

	for (be = 1; be + 2 < c->n && be < 8; be++)
		if (tok_be(c->t + be) &&
		    (tok_is(c->t + be + 1, "my") || tok_is(c->t + be + 1, "our")))
			break;
	if (be + 2 >= c->n || be >= 8 || word_in(WORDS_PRONOUN, c->t[0].w) || tok_is(c->t, "my") ||
	    (tok_is(c->t, "the") && !((c->t[0].flags & TOK_CAP) && (c->t[1].flags & TOK_CAP))))
		return false;
	subject_set_i(&c->s);
	if (be == 1 && (c->n == 4 || (c->n > 4 && tok_is(c->t + 4, ","))) && tok_is(c->t + 3, "name") && (c->t->flags & TOK_CAP) && !said_of_it(c->t->w) && !word_in(WORDS_COMMON, c->t->w) &&
	    value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, 0, 1, &v)) /* "Thandiwe is my name" */
		return reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.8);
	x = attribute_read(c->d, "I", c->t, be + 2, c->n, &used);
	if (x && (!strncmp(x->name, "favorite ", 9) || word_among(" date phone email url language ", x->value)) && value_closed(c, be + 2 + used) &&
	    value_parse(c->d->x->text, x->value, TRUST_HIGH, c->t, 0, be, &v) && v.next == be)
		return reader_add(c->d, &c->s, x->name, &v, c->op, "inverse", 0.9);
	if (x && word_among(" home hometown ", x->name) && (c->t[0].flags & TOK_CAP) && value_closed(c, be + 2 + used) &&
	    value_parse(c->d->x->text, "place", TRUST_HIGH, c->t, 0, be, &v) && v.next == be)
		return reader_add(c->d, &c->s, x->name, &v, c->op, "inverse", 0.8); /* "Perth is my home" */
	used = subject_my(c->d, c->t, be + 1, c->n, &c->s);
	x = used ? relations_find(c->d->r, c->s.text, "name") : NULL;
	if (!x || c->s.appended ||
	    !value_parse(c->d->x->text, x->value, TRUST_HIGH, c->t, 0, be, &v) || v.next != be)
		return false;
	if (!(c->t[0].flags & TOK_CAP) && !word_in(WORDS_NAME, c->t[0].w))
		return false;
	if (be + 1 + used < c->n && tok_is(c->t + be + 1 + used, "'s"))
		return be + 2 + used < c->n && tok_is(c->t + be + 2 + used, "name") &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.9);
	return value_closed(c, be + 1 + used) &&
	       reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.85);
}

/* "I changed my name to Alex", "I've got a new number" with the value to follow */
static bool change_read(struct reading *c)
{
	size_t at = 0, used;
	struct value v;
	const relation *x;

	subject_set_i(&c->s);
	if (!pattern_match(c, "i|we have? changed|switched|updated my", &at) &&
	    !(pattern_match(c, "i|we have? got|have|changed a|my", &at) && at < c->n &&
	      tok_is(c->t + at, "new")))
		return false;
	x = attribute_read(c->d, "I", c->t, at, c->n, &used);
	if (x && at + used == c->n) { /* "I changed my number, it's V" */
		c->d->last_attr = x;
		c->d->last_attr_of = c->s;
		return true;
	}
	if (!x || at + used + 1 >= c->n || !tok_is(c->t + at + used, "to"))
		return false;
	return read_value(c, x->value, TRUST_HIGH, at + used + 1, &v) &&
	       reader_add(c->d, &c->s, x->name, &v, DETECT_SUPERSEDE, "changed", 0.95);
}

/* "The name's Okonkwo. Adaeze Okonkwo.": the same name once more, in full. */
static bool full_name_read(struct reading *c)
{
	detect_result *o = c->d->out;
	detect_fact *f = o->n_facts ? &o->facts[o->n_facts - 1] : NULL;
	const struct tok *last = c->t + c->n - 1;
	const char *text = c->d->x->text;
	size_t len;

	if (!f || strcmp(f->relation, "name") != 0 || c->n < 2 || c->n > 4)
		return false;
	for (size_t k = 0; k < c->n; k++)
		if (c->t[k].kind != TOK_WORD || !(c->t[k].flags & TOK_CAP))
			return false;
	len = last->b - c->t->a;
	if (strlen(f->value) != last->b - last->a || memcmp(f->value, text + last->a, last->b - last->a) != 0 ||
	    len >= sizeof(f->value) || !utf8_clean(text + c->t->a, len))
		return false;
	memcpy(f->value, text + c->t->a, len);
	f->value[len] = 0;
	f->span[0] = c->t->a;
	f->span[1] = last->b;
	return true;
}

/* "it's Cate" after "my name isn't Kate" */
static bool corrected_read(struct reading *c)
{
	size_t at = 1;
	const relation *x = c->d->last_attr;
	const detect_result *o = c->d->out;
	struct value v;

	if (tok_is(c->t, "mine") && o->n_facts &&
	    pattern_match(c, "be", &at)) { /* "... and mine is Idris" */
		subject_set_i(&c->s);
		x = relations_find(c->d->r, "I", o->facts[o->n_facts - 1].relation);
		return x && read_value(c, x->value, TRUST_HIGH, at, &v) &&
		       reader_add(c->d, &c->s, x->name, &v, c->op, "mine", 0.85);
	}

	if (!x || c->n < 2 ||
	    !(tok_is(c->t, "it") || tok_is(c->t, "he") || tok_is(c->t, "she") ||
	      tok_is(c->t, "they")) ||
	    !pattern_match(c, "be called|named?", &at) ||
	    !read_value(c, x->value, TRUST_HIGH, at, &v))
		return false;
	return reader_add(c->d, &c->d->last_attr_of, x->name, &v, DETECT_SUPERSEDE, "corrected",
			  0.9);
}

/* "My shoe size? 44.": d->asked is what the sentence before named. */
static bool answer_read(struct reading *c)
{
	const relation *x = c->d->asked;
	struct value v;
	size_t at = 0;
	int number;

	c->d->asked = NULL;
	if (!x)
		return false;
	c->s = c->d->asked_of;
	if (c->s.kind != SUBJECT_I)
		return !value_number(c->t, 0, c->n, &number) && read_value(c, x->value, TRUST_LOW, 0, &v) && v.next >= c->n &&
		       (word_in(WORDS_NAME, c->t[0].w) || ((c->t[0].flags & TOK_CAP) && !said_of_it(c->t[0].w))) &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "answered", 0.75);
	if (!pattern_match(c, "it|that be", &at) && !pattern_match(c, "its", &at)) {
		if (c->d->asked_aside)
			return false; /* "Do you like my name? Thanks." */
		at = 0;
	}
	return read_value(c, x->value, TRUST_HIGH, at, &v) && v.next >= c->n &&
	       reader_add(c->d, &c->s, x->name, &v, c->op, "answered", 0.8);
}

bool attribute_sayings(struct reading *c)
{
	return answer_read(c) || full_name_read(c) || corrected_read(c) || name_first_read(c) || change_read(c) ||
	       have_attribute_read(c) || the_read(c);
}
