/*
 * Attributes: "my ATTRIBUTE is V", "my sister's ATTRIBUTE is V", "V is my favorite NOUN", "my NOUN
 * is called V", and their corrections ("my name isn't Kate, it's Cate").
 */
#include "detect_read.h"
#include "detect_value.h"

#include <string.h>

/* "is", ":", "changed to", "is now", "is on"; not: sets *negated. Returns the index of the value or
 * 0. */
static size_t copula(const struct reading *c, size_t i, bool *negated, bool *changed)
{
	static const char times[] =
		"right now|at the moment|these days|of all time|so far|of all times|in the world|"
		"in the whole world|in school|at school|ever|on earth|on the planet";
	size_t k = i;

	*negated = *changed = false;
	if (k < c->n && tok_is(c->t + k, ",")) { /* ", by the way," */
		for (k++; k < c->n && !tok_is(c->t + k, ","); k++)
			;
		if (k >= c->n || k - i > 6)
			return 0;
		k++;
	}
	if (k < c->n)
		k += tok_phrases(c->t + k, c->n - k, times);
	while (k < c->n && word_in(WORDS_ADVERB, c->t[k].w))
		k++;
	if (i > 1 && !strcmp(word_canonical(c->t[i - 2].w), "favorite") && (pattern_match(c, "have|has got? to be", &k) || pattern_match(c, "would have? to? be", &k)))
		return k;
	if (pattern_match(c, "have|has always? been", &k) || pattern_match(c, "goes|go off at", &k) || pattern_match(c, "be set for|to", &k))
		return k;
	if (pattern_match(c, "have|has? be|was|been? changed|switched to", &k) ||
	    pattern_match(c, "have|has? be|was|been|got moved|rescheduled|postponed to", &k)) {
		*changed = true;
		return k;
	}
	if (k < c->n && (tok_be(c->t + k) || tok_is(c->t + k, ":") || tok_is(c->t + k, "=") ||
			 word_among(" falls leaves departs starts begins include includes ", c->t[k].w))) {
		k++;
		while (k < c->n && !(c->t[k].flags & TOK_CAP) &&
		       (word_in(WORDS_ADVERB, c->t[k].w) || tok_is(c->t + k, "probably"))) {
			*changed = *changed || tok_is(c->t + k, "now");
			k++;
		}
		if (k < c->n && (tok_is(c->t + k, ":") || tok_is(c->t + k, "=")))
			k++;
		if (k < c->n && tok_is(c->t + k, "not")) {
			*negated = true;
			k++;
		}
		if (k + 1 < c->n && (word_among(" called named ", c->t[k].w) || (tok_is(c->t + k, "name") && (c->t[k + 1].flags & TOK_CAP))))
			k++;
		if (k + 1 < c->n && word_among(" spelled spelt written ", c->t[k].w) &&
		    (c->t[k + 1].flags & (TOK_CAP | TOK_QUOTED)))
			k++; /* "my name is spelled Kathryn" */
		if (k + 1 < c->n && tok_is(c->t + k, "changed") && tok_is(c->t + k + 1, "to")) {
			*changed = true;
			k += 2;
		}
		return k;
	}
	return 0;
}

/* Where the value of a "not X but Y" begins, or 0. */
static size_t but_value(const struct reading *c, size_t i)
{
	for (; i + 1 < c->n; i++)
		if (tok_is(c->t + i, "but") && !tok_is(c->t + i + 1, "i"))
			return i + 1;
	return 0;
}

/* "sold out", "stuck in my head", "threatening layoffs", "too strong": what is said about the thing, not which it is. Words that describe
 * may begin a value ("fried rice", "hot dogs", "sad songs"), so that only those count that nothing named follows. */
bool value_predicative(const struct reading *c, const relation *x, size_t i)
{
	static const char participles[] = " stuck sold gone made done broken lost hidden written sung known spent worn torn taken hit cut"
		" kept built bought run "
					  "set dead down up out off over back away around close near behind ";
	static const char goes_on[] = " to in on at by from with for of up out off down over away back around into about again forever soon"
		" everywhere "
				      "anywhere because when if as than until my me his her our your the a this these those it us them him not this ";
	static const char phrases[] = " food drink title song book band music animal flower word company team coffee color sport instrument"
		" allergy condition "
				      "field thing language ";
	static const char places[] = " under below above behind over out off between among against near beyond across everywhere nowhere"
		" anywhere somewhere "
				     "elsewhere here there from with without at in on back ";
	static const char degrees[] = " too so very quite rather pretty extremely super really way such kinda kind somewhat ";
	const char *w;
	size_t n;
	bool ing, word, next;

	if (i + 1 == c->n && !strcmp(x->value, "person") && word_is_nation(c->t[i].w) && !word_in(WORDS_NAME, c->t[i].w))
		return true; /* "my surname is Irish" */
	if (i >= c->n || (c->t[i].flags & (TOK_CAP | TOK_QUOTED)) || c->t[i].kind != TOK_WORD)
		return false;
	w = c->t[i].w;
	n = strlen(w);
	if (word_among(degrees, w) && i + 1 < c->n && !(c->t[i + 1].flags & TOK_CAP))
		return true;
	if (word_among(phrases, x->value) && word_among(places, w))
		return true; /* "under control", "everywhere this year" */
	if (!word_among(phrases, x->value) || w[0] == '@')
		return false;
	ing = n > 5 && !strcmp(w + n - 3, "ing") && !word_among(" sport field ", x->value);
	word = word_among(participles, w) || (n > 4 && !strcmp(w + n - 2, "ed")) || ing;
	next = i + 1 < c->n && !tok_punct(c->t + i + 1);
	if (!word)
		return false;
	return !next || word_among(goes_on, c->t[i + 1].w) || word_in(WORDS_TAIL, c->t[i + 1].w) || tail_at(c->t, i + 1, c->n) ||
	       (ing && word_among(" people layoffs everyone everybody nobody someone money plans ", c->t[i + 1].w));
}

bool handle_unfit(const struct reading *c, const relation *x, size_t i, const struct value *v)
{
	if (v->next <= i + 1 || !(strstr(x->name, "username") || strstr(x->name, "handle") || word_among(" gamertag login ", x->name)))
		return false;
	for (; i < v->next; i++)
		if ((c->t[i].flags & TOK_CAP) || strpbrk(c->t[i].w, "0123456789@_-."))
			return false;
	return true;
}

/* The kind's value at i, for "my ATTR is": prepositions that belong to the verb are passed. */
static bool attribute_value(const struct reading *c, const relation *x, size_t i, struct value *v)
{
	int trust = TRUST_HIGH;

	while (i < c->n && word_among(" at in on ", c->t[i].w) &&
	       word_among(" place url street date appointment time ", x->value))
		i++;
	if (i < c->n && !strcmp(x->name, "goal") && tok_is(c->t + i, "to"))
		i++;
	/* "My employer is evil": in lower case only what is known. */
	if (i < c->n && word_among(" company team ", x->value) &&
	    !(c->t[i].flags & (TOK_CAP | TOK_QUOTED)) && !tok_is(c->t + i, "the") &&
	    !tok_is(c->t + i, "a"))
		trust = TRUST_LOW;
	if (value_predicative(c, x, i))
		return false;
	if (i + 1 < c->n && !strcmp(x->value, "job") && word_among(" a an ", c->t[i].w) && !read_value(c, "job", TRUST_LOW, i, v))
		return false; /* "my job is a slog" */
	if (read_value(c, x->value, trust, i, v))
		return !handle_unfit(c, x, i, v);
	return ((!strcmp(x->name, "favorite place") && i < c->n && tok_is(c->t + i, "the")) ||
		(!strcmp(x->name, "favorite toy") && i < c->n && is_article(c->t + i))) &&
	       read_value(c, "thing", trust, i, v); /* "the beach" */
}

/* ", not Ana": the value corrects an older one. */
static bool not_follows(const struct reading *c, size_t i)
{
	while (i < c->n && tok_is(c->t + i, ","))
		i++;
	return i < c->n && tok_is(c->t + i, "not");
}

/* "my number changed: it's V", "my address changed: V". True if it says that; *found: what came of it. */
static bool changed_said(struct reading *c, const relation *x, size_t at, bool *found)
{
	struct value v;

	if (!pattern_match(c, "have|has? just? changed", &at))
		return false;
	if (at + 1 < c->n && tok_is(c->t + at, ":") && read_value(c, x->value, TRUST_HIGH, at + 1, &v)) {
		*found = reader_add(c->d, &c->s, x->name, &v, DETECT_SUPERSEDE, "changed", 0.95);
		return true;
	}
	if (at < c->n)
		return false;
	c->d->last_attr = x; /* its value comes in the next clause */
	c->d->last_attr_of = c->s;
	return *found = true;
}

/* Where the attribute at [i, end) really ends: "my flight to Lagos is", "my username on there is". */
static size_t attribute_end(const struct reading *c, const relation *x, size_t end)
{
	if (!strcmp(x->value, "appointment") && end < c->n && word_among(" to with at from for about ", c->t[end].w))
		for (size_t k = end + 2; k + 1 < c->n && k < end + 6; k++)
			if ((tok_be(c->t + k) || word_among(" leaves departs starts begins ", c->t[k].w)) && !tok_punct(c->t + k - 1))
				return k;
	if (end + 2 < c->n && word_among(" word email phone ", x->value) && word_among(" on for over ", c->t[end].w))
		for (size_t k = end + 1; k + 1 < c->n && k < end + 4; k++)
			if (tok_be(c->t + k))
				return k;
	return end;
}

bool attribute_statement(struct reading *c, size_t i)
{
	size_t used, end, at;
	const relation *x = attribute_read(c->d, c->s.text, c->t, i, c->n, &used);
	bool negated, changed, found;
	struct value v;
	struct reading one = *c;

	if (!x)
		return false;
	if (changed_said(c, x, i + used, &found))
		return found;
	end = attribute_end(c, x, i + used);
	at = copula(c, end, &negated, &changed);
	if (!at && c->s.kind == SUBJECT_MY && !strcmp(x->name, "name") && end < c->n && tok_is(c->t + end, "was"))
		at = end + 1; /* "my grandfather's name was Otto" */
	if (!at && !strcmp(x->name, "name") && end < c->n && (c->t[end].flags & TOK_CAP) &&
	    read_value(c, "person", TRUST_LOW, end, &v) && value_closed(c, v.next)) /* "My name Fatou." */
		return reader_add(c->d, &c->s, "name", &v, c->op, "attribute", 0.8);
	if (!at || at >= c->n || (word_among(" children siblings ", x->name) && tok_be(c->t + end)))
		return false; /* "my kids are 4 and 7" */
	if (negated) {
		c->d->last_attr = x;
		c->d->last_attr_of = c->s;
		at = but_value(c, at);
		c->negated = true;
		if (!at)
			return true;
		changed = true;
	}
	if (!strcmp(x->name, "job") && word_among(" at with for ", c->t[at].w) && relations_find(c->d->r, c->s.text, "employer") &&
	    read_value(c, "company", TRUST_LOW, at + 1, &v)) /* "my new job is at Boeing" */
		return reader_add(c->d, &c->s, "employer", &v, tok_is(c->t + i, "new") ? DETECT_SUPERSEDE : c->op, "job-at", 0.85);
	if (!strcmp(x->value, "car") && word_among(" called named ", c->t[at - 1].w))
		return false; /* "my car is called Betsy": no make */
	if (!attribute_value(c, x, at, &v)) {
		if (!word_among(" date appointment ", x->value) || !value_relative_date(c->t, at, c->n))
			return false;
		reader_ignore(c->d, "relative date", c->t[at].a, c->t[c->n - 1].b);
		return true;
	}
	if ((!strcmp(x->value, "age") && !age_end(c, v.next)) || (v.next < c->n && tok_be(c->t + v.next)))
		return false; /* "My Name is Human is a cool track" */
	if (c->op == DETECT_ADD && (changed || tok_is(c->t + i, "new") || not_follows(c, v.next)))
		one.op = DETECT_SUPERSEDE;
	at = add_values(&one, &c->s, x, &v, "attribute", 0.95);
	if (at && word_among(" job field ", x->value))
		tail_read(&one, at, x->name); /* "... at Etsy" */
	return true;
}

/* "my N is Hans", "my N's name is", "my N Ana ...", all with the subject read up to i. */
bool entity_name(struct reading *c, size_t i)
{
	bool negated, changed;
	size_t at = copula(c, i, &negated, &changed);
	struct value v;
	int trust = TRUST_LOW;

	if (!at || at >= c->n || !relations_find(c->d->r, c->s.text, "name"))
		return false;
	if (at > i + 1 && (tok_is(c->t + at - 1, "called") || tok_is(c->t + at - 1, "named")))
		trust = TRUST_HIGH;
	if (negated) {
		c->negated = true;
		c->d->last_attr = relations_find(c->d->r, c->s.text, "name");
		c->d->last_attr_of = c->s;
		at = but_value(c, at);
		if (!at)
			return true;
		while (at < c->n && (tok_is(c->t + at, "called") || tok_is(c->t + at, "named")))
			at++;
	}
	if (trust == TRUST_LOW && at < c->n && c->t[at].kind == TOK_NUM)
		return false;
	if (pattern_match(c, "a lovely|great? guy|man|woman|girl|lady|lad|bloke|boy called|named", &at))
		trust = TRUST_HIGH; /* "my best friend is a girl called Yara" */
	if (!read_value(c, "person", trust, at, &v))
		return false;
	if (v.next == at + 1 && (!strcmp(word_canonical(c->t[at].w), c->s.noun) ||
				 (trust == TRUST_LOW && word_among(" houdini einstein picasso mozart rambo hulk hercules romeo casanova"
					" sherlock cupid tarzan zeus "
								   "santa jesus buddha yoda gollum dobby napoleon ", c->t[at].w))))
		return false; /* "my dad is Dad", "my dog is Houdini" */
	if (tok_is(c->t + i, "are") && v.next + 1 < c->n && word_among(" and , & ", c->t[v.next].w) && (c->t[v.next + 1].flags & TOK_CAP))
		return true; /* "my goldfish are called Salt and Vinegar": several, of a noun that does not show it */
	if (c->op == DETECT_ADD && (negated || changed || not_follows(c, v.next)))
		c->op = DETECT_SUPERSEDE;
	if (!reader_add(c->d, &c->s, "name", &v, c->op, trust == TRUST_LOW ? "is-name" : "called",
			trust == TRUST_LOW ? 0.85 : 0.97))
		return false;
	tail_read(c, v.next, "");
	return true;
}

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
		at = used ? copula(c, at + used, &negated, &changed) : 0;
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
