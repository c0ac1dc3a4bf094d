/*
 * Attributes: "my ATTRIBUTE is V", "my sister's ATTRIBUTE is V", "my NOUN is called V", and their
 * corrections ("my name isn't Kate, it's Cate").
 */
#include "detect_read.h"
#include "detect_value.h"

#include <string.h>

size_t copula_read(const struct reading *c, size_t i, bool *negated, bool *changed)
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
	at = copula_read(c, end, &negated, &changed);
	if (!at && c->s.kind == SUBJECT_MY && !strcmp(x->name, "name") && end < c->n && tok_is(c->t + end, "was") &&
	    subject_is_pet(c->d, &c->s) && end + 1 < c->n && read_value(c, "pet", TRUST_LOW, end + 1, &v)) {
		reader_ignore(c->d, "past", c->t[0].a, c->t[c->n - 1].b); /* "my cat's name was Tom": a cat that was */
		return true;
	}
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
	size_t at = copula_read(c, i, &negated, &changed);
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
