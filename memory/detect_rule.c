/*
 * One clause, read for facts: who it is about, then the rules in turn, from the most particular to
 * the most general.
 */
#include "detect_read.h"

#include <string.h>

/* "no longer", "not ... anymore": taken out; what is left is what no longer holds. */
static bool no_longer(struct clause *c)
{
	bool found = false;

	for (size_t i = 0; i + 1 < c->n; i++) {
		if (tok_phrase(c->t + i, c->n - i, "no longer")) {
			clause_remove(c, i, 2);
			return true;
		}
	}
	for (size_t i = 1; i < c->n; i++) {
		size_t k = tok_is(c->t + i, "anymore")			  ? 1
			   : tok_phrase(c->t + i, c->n - i, "any more")	  ? 2
			   : tok_phrase(c->t + i, c->n - i, "any longer") ? 2
									  : 0;

		if (k) {
			clause_remove(c, i, k);
			found = true;
		}
	}
	if (!found)
		return false;
	for (size_t i = 1; i < c->n; i++)
		if (tok_is(c->t + i, "not")) {
			bool aux = tok_is(c->t + i - 1, "do") || tok_is(c->t + i - 1, "does");

			clause_remove(c, i - aux, 1 + (size_t)aux);
			return true;
		}
	return false;
}

static bool has_now(const struct clause *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (tok_is(c->t + i, "now"))
			return true;
	return false;
}

/* "my company is called V": the company's name, not the employer. */
static bool thing_named(const struct reading *c)
{
	struct subject s = { .noun = "" };
	size_t used = subject_my(c->d, c->t, 0, c->n, &s), at = used;

	return used && !s.appended && relations_find(c->d->r, s.text, "name") &&
	       pattern_match(c, "be called|named", &at);
}

/* "my children: Hugo, Iris and Jonas" */
static bool names_colon(struct reading *c, size_t i)
{
	struct value v;

	return i + 1 < c->n && tok_is(c->t + i, ":") && relations_find(c->d->r, c->s.text, "names") &&
	       read_value(c, "names", TRUST_HIGH, i + 1, &v) && reader_add(c->d, &c->s, "names", &v, c->op, "several", 0.9);
}

/* The clause's predicate at i, its subject read. */
static bool rest_read(struct reading *c, size_t i)
{
	if (i < c->n && tok_is(c->t + i, "'s") && c->s.kind != SUBJECT_I &&
	    attribute_statement(c, i + 1))
		return true;
	if (c->s.kind == SUBJECT_MY && (entity_name(c, i) || names_colon(c, i)))
		return true;
	for (size_t k = i; k < c->n && k < i + 4 && !tok_punct(c->t + k); k++)
		if (tok_is(c->t + k, "not") ||
		    (k > i && tok_is(c->t + k, "no") && tok_be(c->t + k - 1))) {
			c->negated = true;
			return false;
		}
	return subject_sayings(c, i) || predicate_read(c, i) || intro_read(c, i) ||
	       forms_read(c, i) || late_sayings(c, i);
}

/* Has the clause read from token at on, with the word w in front. */
static void word_put(struct reading *c, const char *w, size_t at)
{
	size_t n = c->n - at < CLAUSE_TOKENS ? c->n - at : CLAUSE_TOKENS;

	c->room[0] = (struct tok){ .w = w, .a = c->t[at].a, .b = c->t[at].a, .kind = TOK_WORD };
	memcpy(c->room + 1, c->t + at, n * sizeof(*c->room));
	c->t = c->room;
	c->n = n + 1;
}

/* "I study" taken for the subject's own words: "and works for Nintendo" */
static bool elided_read(struct reading *whole, bool relative)
{
	struct reading one = *whole, *c = &one;
	bool found;

	c->s = !relative ? c->d->elided : c->d->last; /* "a nurse called Edith who lives": never the user */
	if (c->s.kind == SUBJECT_NONE)
		return false;
	c->s.appended = false;
	if (word_among(" living based working studying employed married ", c->t[0].w))
		word_put(c, "is", 0); /* "... but living in Boston" */
	found = rest_read(c, 0);
	whole->negated = whole->negated || c->negated;
	return found;
}

/* "surname Achterberg, first name Lieke, height: 182 cm": two at least, as a form is filled in. */
static bool form_list_read(struct reading *c)
{
	static const char kinds[] = " person date height weight age phone email street code size blood number ";
	size_t from = c->d->out->n_facts, i = 0, n = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (i = n = 0; i < c->n; n++) {
			size_t used;
			struct value v;
			const relation *x = attribute_read(c->d, "I", c->t, i, c->n, &used);

			if (!x || !(word_among(kinds, x->value) || !strcmp(x->name, "home") || !strcmp(x->name, "job")))
				break;
			i += used;
			i += i < c->n && (tok_is(c->t + i, ":") || tok_is(c->t + i, "="));
			if (!read_value(c, x->value, TRUST_HIGH, i, &v) ||
			    (pass && !reader_add(c->d, &c->s, x->name, &v, c->op, "form", 0.85)))
				break;
			i = v.next;
			if (i < c->n && !tok_is(c->t + i, ",") && !tok_is(c->t + i, "and")) {
				n++;
				break;
			}
			while (i < c->n && (tok_is(c->t + i, ",") || tok_is(c->t + i, "and")))
				i++;
		}
		if (n < 2)
			return false;
	}
	return c->d->out->n_facts > from;
}

/* "29m" */
static bool aged_letter(const struct tok *t)
{
	return strspn(t->w, "0123456789") == 2 && word_among(" m f ", t->w + 2);
}

/* "38, divorced, two kids, living in Antwerp, working as a tax adviser": items of which two at least say something, in a message
 * that speaks of the user. */
static bool items_read(struct reading *c)
{
	const struct lex *x = c->d->x;
	size_t facts = c->d->out->n_facts;
	bool mine = false;

	if (c->d->last.kind != SUBJECT_NONE)
		return false;
	mine = c->n > 2 && ((word_among(" m f male female age aged ", c->t->w) && c->t[1].kind == TOK_NUM) || aged_letter(c->t));
	for (size_t k = 0; k < x->n && !mine; k++)
		mine = word_among(" i me my ", x->tok[k].w);
	for (size_t i = 0, e; mine && i < c->n; i = e + 1) {
		struct reading one = *c;
		struct value v;
		size_t before = c->d->out->n_facts;

		for (e = i; e < c->n && !tok_is(c->t + e, ","); e++)
			;
		if (e == c->n && i == 0)
			return false; /* one item is no list */
		one.n = e;
		if (e > i + 1 && tok_is(c->t + e - 1, "here"))
			one.n--;
		if (i < e && word_among(" and a an ", c->t[i].w))
			i++;
		if (i >= e)
			continue;
		if (word_among(" working studying ", c->t[i].w)) {
			struct reading verb = one;

			verb.room[0] = (struct tok){ .w = "am", .a = c->t[i].a, .b = c->t[i].a, .kind = TOK_WORD };
			memcpy(verb.room + 1, c->t + i, (e - i) * sizeof(*c->t));
			verb.t = verb.room;
			verb.n = e - i + 1;
			predicate_read(&verb, 0);
		} else if (read_value(&one, "job", TRUST_LOW, i, &v) && (v.next >= one.n || word_among(" from at in for ", c->t[v.next].w))) {
			reader_add(c->d, &c->s, "job", &v, c->op, "items", 0.75);
			tail_read(&one, v.next, "job");
		} else if (aged_letter(c->t + i)) {
			v = (struct value){ .a = c->t[i].a, .b = c->t[i].b - 1, .next = i + 1 };
			reader_add(c->d, &c->s, "age", &v, c->op, "items", 0.8);
		} else if (read_value(&one, "weight", TRUST_LOW, i, &v) && v.next == one.n) {
			reader_add(c->d, &c->s, "weight", &v, c->op, "items", 0.8);
		} else if (read_value(&one, "height", TRUST_LOW, i, &v) && v.next == one.n) {
			reader_add(c->d, &c->s, "height", &v, c->op, "items", 0.8);
		} else {
			tail_read(&one, i + word_among(" age aged ", c->t[i].w), "name");
		}
		if (c->d->out->n_facts == before && ((c->t[i].flags & TOK_CAP) || e - i > 4))
			break; /* somebody's name, or a sentence */
	}
	if (c->d->out->n_facts < facts + 2)
		c->d->out->n_facts = facts;
	return c->d->out->n_facts > facts;
}

/* "tel 0171 555019", "shoe size 41 here", "gamertag is V": an attribute that only the user can mean. */
static bool bare_value(struct reading *c, const relation *x, size_t at)
{
	static const char handles[] = " username gamertag ";
	struct value v;

	if (tok_be(c->t + at))
		return (word_among(handles, x->name) || strstr(" zip code postal code ", x->name) || strstr(x->name, "handle") || strstr(x->name, "github")) && attribute_statement(c, 0);
	if (strstr(" flight number order number booking number ", x->name))
		return c->t[at].kind != TOK_PUNCT && strpbrk(c->t[at].w, "0123456789") && strlen(c->t[at].w) > 3 &&
		    read_value(c, "code", TRUST_HIGH, at, &v) &&
		       value_closed(c, v.next) && reader_add(c->d, &c->s, x->name, &v, c->op, "bare", 0.75);
	if (!strcmp(x->name, "birthday") && (c->t[at].kind == TOK_NUM || word_in(WORDS_MONTH, c->t[at].w))) /* "DOB 14.02.1990" */
		return read_value(c, "date", TRUST_HIGH, at, &v) && value_closed(c, v.next) && reader_add(c->d, &c->s, x->name, &v, c->op, "bare", 0.75);
	if (!word_among(" phone email height weight size blood ", x->value) || !strcmp(x->name, "ring size") ||
	    !read_value(c, x->value, TRUST_HIGH, at, &v) || !(value_closed(c, v.next) || word_among(" here wide narrow eu uk us ", c->t[v.next].w)) ||
	    (!strcmp(x->value, "size") && c->t[at].kind != TOK_NUM))
		return false;
	return reader_add(c->d, &c->s, x->name, &v, c->op, "bare", 0.8);
}

/* Has the message spoken of others only, up to here? "the baby's name is Otis! born on 2 march" */
static bool others_before(const struct reading *c)
{
	const struct lex *x = c->d->x;
	size_t k = 0;

	for (; k < x->n && x->tok[k].a < c->t->a; k++)
		if (word_among(" i my me we our ", x->tok[k].w))
			return false;
	return k > 3;
}

/* "Moved to Austin", "living in Rome": read as "I am living ...", from token at on. */
static bool bare_verb(struct reading *c, size_t at)
{
	const char *w = c->t[at].w;
	bool be = word_among(" living based working allergic employed from promoted freelancing moonlighting ", w),
	     was = word_among(" born diagnosed ", w);
	struct reading one = *c;

	if (be || was || word_among(" been lived ", w)) {
		word_put(&one, be ? "am" : was ? "was" : "have", at);
	} else {
		one.t += at;
		one.n -= at;
	}
	return predicate_read(&one, 0);
}

/* "bday is 3 june", "flight on 14 August": an attribute in front that nobody but the user can mean. */
static bool bare_attribute(struct reading *c)
{
	size_t at = 0;
	const relation *x = attribute_read(c->d, "I", c->t, 0, c->n, &at);
	bool alone = c->d->last.kind == SUBJECT_NONE, is = x && at < c->n && tok_be(c->t + at);
	struct value v;

	if (!x)
		return false;
	if (is && alone && !strncmp(x->name, "favorite ", 9))
		return attribute_statement(c, 0); /* "fav color is teal" */
	if (is && alone && word_among(" date phone email height weight size blood street ", x->value))
		return attribute_statement(c, 0);
	if (is && alone && at + 1 < c->n && (word_among(" home hometown ", x->name) || strstr(" last name middle name ", x->name)) &&
	    (c->t[at + 1].flags & TOK_CAP))
		return attribute_statement(c, 0); /* "home is Valletta" */
	if (at < c->n && alone && bare_value(c, x, at))
		return true;
	if (strcmp(x->value, "appointment") != 0)
		return false;
	if (is && at + 2 < c->n && (word_among(" on at ", c->t[at + 1].w) || c->t[at + 1].kind == TOK_NUM))
		at++; /* "flight's on 14 August" */
	return at + 1 < c->n && (word_among(" on at ", c->t[at].w) || (c->t[at].kind == TOK_NUM && word_in(WORDS_MONTH, c->t[at + 1].w))) &&
	       read_value(c, x->value, TRUST_HIGH, at, &v) && reader_add(c->d, &c->s, x->name, &v, c->op, "appointment", 0.8);
}

/* "Favorite band: V" and "Moved to Austin": the user is left out. */
static bool bare_read(struct reading *c)
{
	static const char first[] =
		" got moved relocated started became turned living based born working been lived allergic bought employed raised promoted diagnosed "
		"freelancing moonlighting ";
	size_t at = 0;

	subject_set_i(&c->s);
	while (at < c->n && word_in(WORDS_ADVERB, c->t[at].w))
		at++;
	if (at < c->n && ((tok_is(c->t + at, "allergic") && c->d->last.kind != SUBJECT_NONE) || (tok_is(c->t + at, "born") && others_before(c))))
		return false; /* somebody else may be */
	if (form_list_read(c) || items_read(c))
		return true;
	if (at && at + 1 < c->n && tok_is(c->t + at, "from") && tok_is(c->t + at - 1, "originally"))
		return bare_verb(c, at); /* "originally from Minsk" */
	if (at == 0 && c->n > 2 && word_among(" highly severely deathly badly ", c->t[0].w) && tok_is(c->t + 1, "allergic") && c->d->last.kind == SUBJECT_NONE)
		at = 1;
	if (at < c->n && word_among(first, c->t[at].w))
		return bare_verb(c, at);
	for (size_t k = 1; k < c->n && k < 5; k++)
		if (tok_is(c->t + k, ":") || (tok_is(c->t + k, "=") && !strcmp(word_canonical(c->t[0].w), "favorite")))
			return attribute_statement(c, 0);
	return bare_attribute(c);
}

/* "My dog Rex, a beagle, is 4": what stands between the commas is a fact too. Returns where the
 * predicate begins. */
static size_t apposition_read(struct reading *c, size_t i)
{
	bool pet = subject_is_pet(c->d, &c->s);
	size_t k = i + (i < c->n && tok_is(c->t + i, ","));
	struct value v, more = { 0 };

	if (c->s.kind == SUBJECT_MY && i + 3 < c->n && tok_is(c->t + i, "(") && tok_is(c->t + i + 2, ")") &&
	    read_value(c, "age", TRUST_HIGH, i + 1, &v)) { /* "my mom Halina (66) lives" */
		reader_add(c->d, &c->s, "age", &v, DETECT_ADD, "apposition", 0.8);
		return i + 3;
	}
	if (c->s.kind == SUBJECT_MY && k > i && read_value(c, "age", TRUST_HIGH, k, &v) &&
	    age_end(c, v.next) && age_end(c, v.next) < c->n &&
	    tok_is(c->t + age_end(c, v.next), ",")) { /* "my son Leo, 9, plays" */
		reader_add(c->d, &c->s, "age", &v, DETECT_ADD, "apposition", 0.85);
		return age_end(c, v.next) + 1;
	}
	if (k == i + 1 && c->s.kind == SUBJECT_MY) /* ", born in 1931, lives": passed over */
		for (size_t e = k; e + 1 < c->n && e < k + 8; e++)
			if (tok_is(c->t + e, ",") &&
			    (word_in(WORDS_VERB, c->t[e + 1].w) || tok_be(c->t + e + 1)) &&
			    !word_among(" a an ", c->t[k].w))
				return e + 1;
	if (c->s.kind != SUBJECT_MY || k >= c->n || !word_among(" a an ", c->t[k].w) ||
	    !read_value(c, pet ? "breed" : "job", TRUST_LOW, k, &v))
		return i;
	k = v.next;
	if (!pet && k + 1 < c->n && (tok_is(c->t + k, "from") || tok_is(c->t + k, "at")) &&
	    read_value(c, tok_is(c->t + k, "at") ? "company" : "place", TRUST_HIGH, k + 1, &more))
		k = more.next; /* "my friend Lou, a plumber from Kent, ..." */
	if (k < c->n && !tok_is(c->t + k, ","))
		return i;
	reader_add(c->d, &c->s, pet ? "breed" : "job", &v, DETECT_ADD, "apposition", 0.85);
	if (k > v.next)
		reader_add(c->d, &c->s, tok_is(c->t + v.next, "at") ? "employer" : "hometown",
			   &more, DETECT_ADD, "apposition", 0.85);
	return k + (k < c->n);
}

/* "my wife she is nurse": the subject said twice; "my roommate from hell is called Chad": what stands between it and its verb. */
static void subject_trim(struct clause *cl, size_t used)
{
	if (used + 1 < cl->n && word_among(" he she it they ", cl->t[used].w) && (tok_be(cl->t + used + 1) ||
	    word_in(WORDS_VERB, cl->t[used + 1].w))) {
		clause_remove(cl, used, 1);
		return;
	}
	if (used + 3 >= cl->n || !word_among(" from at in of ", cl->t[used].w))
		return;
	for (size_t k = used + 1; k + 1 < cl->n && k < used + 5 && !tok_punct(cl->t + k); k++)
		if (k > used + 1 && (tok_is(cl->t + k, "is") || tok_is(cl->t + k, "'s")) && word_among(" called named ", cl->t[k + 1].w)) {
			clause_remove(cl, used, k - used);
			return;
		}
}

/* Rules for whole clauses, which find their subject by themselves. */
static bool whole_read(struct reading *c, const struct clause *cl)
{
	if (cl->n > 5 && tok_is(cl->t + 1, ":")) { /* "name: Ana, age: 30" */
		subject_set_i(&c->s);
		if (form_list_read(c))
			return true;
	}
	if (attribute_sayings(c) || fixed_sayings(c))
		return true;
	/* "my email is": an attribute of the user first, but "my company is called" is a name */
	if (tok_is(cl->t, "my") || tok_is(cl->t, "our")) {
		bool named = thing_named(c);

		subject_set_i(&c->s);
		if (!named && attribute_statement(c, 1)) {
			c->d->elided = c->s;
			return true;
		}
	}
	return inverse_read(c);
}

/* Clauses without a subject. */
static bool unled_read(struct reading *c, const struct clause *cl)
{
	if (!(cl->elided && c->d->elided.kind == SUBJECT_MY) && (short_read(c) || bare_read(c)))
		return true;
	c->s.kind = SUBJECT_NONE;
	return forms_read(c, 0);
}

/* What is said of a subject s, which took the first used tokens. */
static bool led_read(struct reading *c, struct clause *cl, const struct subject *s, size_t used)
{
	struct reader *d = c->d;
	bool own = tok_is(cl->t, "my") || tok_is(cl->t, "our"), pronoun = word_among(" his her its their ", cl->t->w);

	if (s->kind != SUBJECT_I)
		subject_trim(cl, used);
	c->n = cl->n;
	c->s = *s;
	d->elided = *s;
	if (s->kind != SUBJECT_I)
		d->last = *s;
	if (s->appended && (used < c->n || !cl->last))
		reader_add(d, s, "name", &s->name, c->op == DETECT_RETRACT ? DETECT_ADD : c->op,
			   "apposition", 0.85);
	if (names_apposed(c, s, used))
		return true;
	c->s.appended = false;
	used = apposition_read(c, used);
	if (pronoun ? attribute_statement(c, used) : rest_read(c, used))
		return true;
	return own && attribute_statement(c, used); /* "my dogs name is rex" */
}

static bool clause_rules(struct reader *d, struct clause *cl)
{
	struct tok room[CLAUSE_TOKENS + 1];
	struct reading c = { .d = d, .t = cl->t, .op = DETECT_ADD, .room = room };
	struct subject s = { .noun = "" };
	size_t used, facts = d->out->n_facts, ignored = d->out->n_ignored;
	bool gone = no_longer(cl);

	if (!cl->n)
		return false;
	c.n = cl->n;
	c.op = gone			       ? DETECT_RETRACT
	       : cl->correction || has_now(cl) ? DETECT_SUPERSEDE
					       : DETECT_ADD;
	if (cl->elided && elided_read(&c, cl->relative))
		return true;
	if (!whole_read(&c, cl)) {
		used = subject_read(d, c.t, 0, c.n, &s);
		if (!used && !unled_read(&c, cl))
			return false;
		if (used && !led_read(&c, cl, &s, used)) {
			if (c.negated)
				reader_ignore(d, "negation", c.t[0].a, c.t[c.n - 1].b);
			return d->out->n_facts > facts || c.negated;
		}
	}
	if (c.negated && d->out->n_facts == facts && d->out->n_ignored == ignored)
		reader_ignore(d, "negation", c.t[0].a, c.t[c.n - 1].b);
	return true;
}

bool clause_read(struct reader *d, struct clause *cl)
{
	bool found = clause_rules(d, cl);

	return asides_read(d, cl) || found;
}
