/*
 * Short-hand: what people type with the user left out or with everything in one breath. "44 year old
 * dad here", "margaret here from bradford", "hate onions", "drop me a line at V", "my brothers Ahmed
 * and Yusuf ...".
 */
#include "detect_read.h"

#include <stdio.h>
#include <string.h>

/* "44 year old dad here", "29 year old woman from Quito": as: behind "as a". */
static bool aged_short(struct reading *c, size_t i, bool as)
{
	struct value age;
	size_t k = aged_number(c, i, &age), noun;
	bool here = false, person;

	if (!k)
		return false;
	for (noun = k; noun < c->n && noun < k + 4 && !tok_punct(c->t + noun); noun++) {
		here = here || tok_is(c->t + noun, "here");
		if (word_among(" from in living with who ", c->t[noun].w))
			break;
	}
	if (as && noun > k && k + 1 < c->n && tok_is(c->t + k, "i") && (word_in(WORDS_VERB, c->t[k + 1].w) || tok_be(c->t + k + 1) ||
	    word_among(" prefer need want find get can still ", c->t[k + 1].w)) && !word_among(" was started quit became bought moved grew adopted joined ", c->t[k + 1].w))
		return reader_add(c->d, &c->s, "age", &age, c->op, "aged", 0.8); /* "as a 72-year-old I prefer" */
	person = k < c->n && word_among(" with who man woman guy girl boy male female dude lady mom mum dad student mother father m f ", c->t[k].w);
	if (!here && !(as && (person || k >= c->n || tok_punct(c->t + k))))
		return false;
	if (noun < c->n && tok_is(c->t + noun, "i"))
		return false; /* "as a 16 year old I worked": then */
	if (!reader_add(c->d, &c->s, "age", &age, c->op, "aged", 0.85))
		return false;
	if (!person && here && noun > k + 1 && value_parse(c->d->x->text, "job", TRUST_LOW, c->t, k, noun - 1, &age))
		reader_add(c->d, &c->s, "job", &age, c->op, "aged", 0.8);
	for (k = noun; k < c->n && tok_is(c->t + k, "here"); k++)
		;
	tail_read(c, k, "age");
	return true;
}

/* "Margaret here from Bradford" */
static bool here_from(struct reading *c)
{
	struct value name, place;

	if (c->n < 4 || !tok_is(c->t + 1, "here") || !tok_is(c->t + 2, "from") ||
	    !(word_in(WORDS_NAME, c->t->w) || (c->t->flags & TOK_CAP)) ||
	    !value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, 0, 1, &name) ||
	    !read_value(c, "place", TRUST_HIGH, 3, &place) || !value_closed(c, place.next))
		return false;
	return reader_add(c->d, &c->s, "name", &name, c->op, "here", 0.8) &&
	       reader_add(c->d, &c->s, "hometown", &place, c->op, "from", 0.8);
}

/* "hate onions", "work as a nurse", "live in Cork": the same with "I" in front. */
static bool verb_first(struct reading *c)
{
	static const char fronts[] = "hate|detest|can not stand|live in|living in|work as|work at|work for|working as|working at|"
				     "study at|do not like|been a|grew up in";
	struct reading one = *c;
	size_t n = c->n < CLAUSE_TOKENS ? c->n : CLAUSE_TOKENS;
	bool ing = tok_is(c->t, "living") || tok_is(c->t, "working");

	if (ing || c->n < (tok_is(c->t, "hate") ? 2 : 3) || !tok_phrases(c->t, c->n, fronts) || c->d->last.kind != SUBJECT_NONE)
		return false;
	c->room[0] = (struct tok){ .w = "i", .a = c->t->a, .b = c->t->a, .kind = TOK_WORD };
	memcpy(c->room + 1, c->t, n * sizeof(*c->t));
	one.t = c->room;
	one.n = n + 1;
	return fixed_sayings(&one) || predicate_read(&one, 1);
}

/* "mother of three boys here", "as a single mother of two" */
static bool parent_short(struct reading *c)
{
	struct value v;
	size_t at = 0;
	bool as = pattern_match(c, "as|being a single|busy|working|tired?", &at);

	return at + 2 < c->n && word_among(" mother father mom mum dad parent mama papa ", c->t[at].w) && word_among(" of to ", c->t[at + 1].w) &&
	       read_value(c, "number", TRUST_HIGH, at + 2, &v) &&
	       (as || v.next >= c->n || tok_punct(c->t + v.next) || word_among(" here boys girls kids children ", c->t[v.next].w)) &&
	       reader_add(c->d, &c->s, "children", &v, c->op, "count", 0.8);
}

/* "178cm, 82kg", "m, 31, 1.80 m and 75 kg" from i on: nothing but measures. Adds them when there are least of them. */
static bool measures_read(struct reading *c, size_t i, int least)
{
	static const char beside[] = " m f male female man woman right left handed right-handed left-handed here weigh tall short ";
	static const struct {
		const char *kind;
		int trust;
	} kinds[] = { { "weight", TRUST_LOW }, { "height", TRUST_LOW }, { "age", TRUST_HIGH } };
	struct value got[3] = { { 0 } }, v;
	int n = 0;

	while (i < c->n) {
		size_t k = 0;

		if (tok_punct(c->t + i) || tok_is(c->t + i, "and") || word_among(beside, c->t[i].w)) {
			i++;
			continue;
		}
		while (k < 3 && (got[k].b || !read_value(c, kinds[k].kind, kinds[k].trust, i, &v) ||
				 (k == 0 && !strpbrk(c->t[v.next - 1].w, "kpsl")) || (k == 2 && v.next < c->n && !age_end(c, v.next))))
			k++;
		if (k == 3)
			return false;
		got[k] = v;
		i = k == 2 ? age_end(c, v.next) : v.next;
		n++;
	}
	if (n < least || (!got[0].b && !got[1].b))
		return false;
	for (size_t k = 3; k-- > 0;)
		if (got[k].b)
			reader_add(c->d, &c->s, kinds[k].kind, &got[k], c->op, "measures", 0.85);
	return true;
}

static bool measures_short(struct reading *c)
{
	size_t i = 0;

	while (i < c->n && i < 4 && !tok_is(c->t + i, ":")) /* "Quick stats: ..." */
		i++;
	return measures_read(c, i < c->n && i < 4 ? i + 1 : 0, 2);
}

/* "I'm 34, 170 cm and 91 kg" */
bool measures_said(struct reading *c, size_t i)
{
	return c->s.kind == SUBJECT_I && pattern_match(c, "be", &i) && measures_read(c, i, 2);
}

/* "Two cats, Miso and Udon, one flat" */
static bool several_short(struct reading *c)
{
	struct subject several = { .kind = SUBJECT_MY, .noun = "" };
	struct value v;

	return c->n > 4 && read_value(c, "number", TRUST_HIGH, 0, &v) && v.next == 1 && word_among(" , : called named ", c->t[2].w) &&
	       snprintf(several.text, sizeof(several.text), "my %s", c->t[1].w) < (int)sizeof(several.text) &&
	       relations_find(c->d->r, several.text, "names") && read_value(c, "names", TRUST_HIGH, 3, &v) &&
	       (v.next >= c->n || tok_is(c->t + v.next, ",")) &&
	       reader_add(c->d, &several, "names", &v, c->op, "several", 0.8);
}

/* "A corgi! Called Baguette!" after "I got a puppy!" */
static bool pet_fragment(struct reading *c)
{
	struct value v;
	bool called = word_among(" called named name ", c->t->w);

	if (c->n < 2 || c->n > 4 || !subject_is_pet(c->d, &c->d->last))
		return false;
	c->s = c->d->last;
	c->s.appended = false;
	if (called)
		return (c->t[1].flags & TOK_CAP) && read_value(c, "pet", TRUST_HIGH, 1, &v) && v.next == c->n &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "fragment", 0.8);
	return word_among(" a an ", c->t->w) && read_value(c, "breed", TRUST_LOW, 0, &v) && v.next == c->n &&
	       word_in(WORDS_BREED, c->t[v.next - 1].w) && reader_add(c->d, &c->s, "breed", &v, c->op, "fragment", 0.8);
}

/* "Retired nurse here, 68", "Wilhelm here, retired postman from Ulm": the piece before "here" and the one behind it. */
static bool job_here(struct reading *c)
{
	const detect_result *o = c->d->out;
	struct value v;
	const struct lex *x = c->d->x;
	size_t k = 0;

	if (c->n > 1 && c->n < 6 && tok_is(c->t + c->n - 1, "here") && value_parse(x->text, "job", TRUST_LOW, c->t, 0, c->n - 1, &v) &&
	    v.next + 1 == c->n)
		return reader_add(c->d, &c->s, "job", &v, c->op, "here", 0.8);
	if (c->n == 2 && tok_is(c->t + 1, "here") && value_parse(x->text, "diet", TRUST_LOW, c->t, 0, 1, &v)) /* "vegetarian here" */
		return reader_add(c->d, &c->s, "diet", &v, c->op, "here", 0.8);
	if (c->n == 3 && tok_is(c->t + 2, "here") && tok_is(c->t + 1, "allergy") && value_parse(x->text, "allergy", TRUST_HIGH, c->t, 0, 1, &v))
		return reader_add(c->d, &c->s, "allergy", &v, c->op, "here", 0.75);
	while (k < x->n && x->tok[k].a < c->t->a)
		k++;
	if (!o->n_facts || strcmp(o->facts[o->n_facts - 1].rule, "here") != 0 || k < 2 || !tok_is(x->tok + k - 1, ",") || !tok_is(x->tok + k - 2, "here"))
		return false;
	k = o->n_facts;
	if (read_value(c, "job", TRUST_LOW, 0, &v) && value_closed(c, v.next) && reader_add(c->d, &c->s, "job", &v, c->op, "here", 0.8))
		tail_read(c, v.next, "job");
	else
		tail_read(c, 0, "name");
	return o->n_facts > k;
}

bool short_read(struct reading *c)
{
	size_t at = 0;
	bool as = pattern_match(c, "as|being a", &at);

	if (pet_fragment(c))
		return true;
	subject_set_i(&c->s);
	return job_here(c) || aged_short(c, at, as) || measures_short(c) || several_short(c) || here_from(c) || parent_short(c) || verb_first(c);
}

/* "drop me a line at V", "send it to me on V" */
bool contact_read(struct reading *c)
{
	struct value v;

	for (size_t j = 1; j + 1 < c->n; j++) {
		if (!tok_is(c->t + j, "me"))
			continue;
		for (size_t k = j + 1; k < c->n && k < j + 6; k++) {
			bool mail;

			if (word_among(" email mail letter message text to ", c->t[k].w))
				break; /* "write me an email to V": somebody else's */
			if (k == j + 1 && c->t[k].kind == TOK_NUM && read_value(c, "phone", TRUST_HIGH, k, &v) && v.b - v.a > 8 &&
			    word_among(" call text ring phone whatsapp ", c->t[j - 1].w)) { /* "text me 07700900118" */
				subject_set_i(&c->s);
				return reader_add(c->d, &c->s, "phone number", &v, c->op, "call-me", 0.8);
			}
			if (k + 1 >= c->n || !word_among(" at on under : ", c->t[k].w))
				continue;
			mail = c->t[k + 1].kind == TOK_EMAIL;
			if (!mail && !(c->t[k + 1].kind == TOK_NUM && read_value(c, "phone", TRUST_HIGH, k + 1, &v) &&
				       v.b - v.a > 7 && word_among(" call text ring phone reach message whatsapp ", c->t[j - 1].w)))
				continue;
			subject_set_i(&c->s);
			return read_value(c, mail ? "email" : "phone", TRUST_HIGH, k + 1, &v) &&
			       reader_add(c->d, &c->s, mail ? "email" : "phone number", &v, c->op, "call-me", 0.85);
		}
	}
	return false;
}

/* "My brothers Ahmed and Yusuf ...": used tokens name the subject and, wrongly, one of them. */
bool names_apposed(struct reading *c, const struct subject *s, size_t used)
{
	struct value v;

	if (s->kind != SUBJECT_MY || !relations_find(c->d->r, s->text, "names"))
		return false;
	if (!s->appended)
		return used + 1 < c->n && tok_is(c->t + used, ",") && read_value(c, "names", TRUST_HIGH, used + 1, &v) &&
		       (v.next >= c->n || tok_is(c->t + v.next, ",")) && reader_add(c->d, s, "names", &v, DETECT_ADD, "apposition", 0.85);
	for (size_t k = 0; k < c->n; k++)
		if (c->t[k].a == s->name.a)
			return read_value(c, "names", TRUST_HIGH, k, &v) &&
			       reader_add(c->d, s, "names", &v, DETECT_ADD, "apposition", 0.85);
	return false;
}

/* "I'm a widow with three grown-up children" */
bool with_children(struct reading *c, size_t i)
{
	struct value v;
	size_t k;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "be a", &i))
		return false;
	for (; i + 2 < c->n && !tok_punct(c->t + i); i++) {
		if (!tok_is(c->t + i, "with") || !read_value(c, "number", TRUST_HIGH, i + 1, &v))
			continue;
		k = v.next;
		k += k + 1 < c->n && word_among(" grown-up grown adult small young little teenage ", c->t[k].w);
		return k < c->n && word_among(" children kids ", c->t[k].w) && value_closed(c, k + 1) &&
		       reader_add(c->d, &c->s, "children", &v, c->op, "count", 0.8);
	}
	return false;
}
