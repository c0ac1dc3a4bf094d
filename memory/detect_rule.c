/*
 * Statement patterns: a clause that no guard has stopped is read for facts. Patterns of the predicate are shared by all
 * subjects ("I live in V", "my sister lives in V", "Andrew Yoder lives in V"); which relations a subject has says the
 * relations table, whose own `say` forms are tried last.
 */
#include "detect_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- results ---- */

void reader_ignore(struct reader *d, const char *reason, size_t a, size_t b)
{
	detect_result *o = d->out;

	if (o->n_ignored >= IGNORED_MAX || a >= b)
		return;
	if (o->n_ignored == d->cap_ignored) {
		size_t cap = d->cap_ignored ? 2 * d->cap_ignored : 8;
		detect_ignored *p = realloc(o->ignored, cap * sizeof(*p));

		if (!p) {
			d->no_memory = true;
			return;
		}
		o->ignored = p;
		d->cap_ignored = cap;
	}
	o->ignored[o->n_ignored++] = (detect_ignored){ .reason = reason, .span = { a, b } };
}

static detect_fact *fact_new(struct reader *d)
{
	detect_result *o = d->out;

	if (o->n_facts >= FACTS_MAX)
		return NULL;
	if (o->n_facts == d->cap_facts) {
		size_t cap = d->cap_facts ? 2 * d->cap_facts : 4;
		detect_fact *p = realloc(o->facts, cap * sizeof(*p));

		if (!p) {
			d->no_memory = true;
			return NULL;
		}
		o->facts = p;
		d->cap_facts = cap;
	}
	o->facts[o->n_facts] = (detect_fact){ 0 };
	return &o->facts[o->n_facts++];
}

/* The same fact said twice in one message is one fact. */
static bool fact_known(const struct reader *d, const detect_fact *f)
{
	for (size_t i = 0; i + 1 < d->out->n_facts; i++) {
		const detect_fact *g = d->out->facts + i;

		if (!strcmp(f->subject, g->subject) && !strcmp(f->relation, g->relation) && !strcmp(f->value, g->value) &&
		    f->op == g->op)
			return true;
	}
	return false;
}

/* Copies a value's words: spaces joined, titled if typed in lower case. */
static void value_copy(const struct reader *d, const struct value *v, char *out, size_t cap)
{
	const char *s = d->x->text + v->a;
	size_t len = v->b - v->a, k = 0;

	if (v->titled) {
		text_titled(out, cap, s, len);
		return;
	}
	for (size_t i = 0; i < len && k + 1 < cap; i++)
		if (!(s[i] == ' ' && k && out[k - 1] == ' '))
			out[k++] = s[i];
	out[k] = 0;
}

/* A card's number is one even if the value is only its first group. */
static bool value_secret(const struct reader *d, const struct value *v)
{
	const char *s = d->x->text;
	size_t a = v->a, b = v->b;

	while (a && strchr("0123456789 -.", s[a - 1]) && s[a - 1] && v->a - a < 24)
		a--;
	while (b < d->x->len && strchr("0123456789 -.", s[b]) && s[b] && b - v->b < 24)
		b++;
	while (a < b && (s[a] < '0' || s[a] > '9'))
		a++;
	while (b > a && (s[b - 1] < '0' || s[b - 1] > '9'))
		b--;
	return value_is_secret(s + a, b - a);
}

bool reader_add(struct reader *d, const struct subject *s, const char *relation_name, const struct value *v, int op,
		const char *rule, double confidence)
{
	const relation *x = relations_find(d->r, s->text, relation_name);
	detect_fact *f;

	if (!x)
		return false;
	if (!d->explicit_ask && v && (x->sensitivity == RELATION_SECRET || value_secret(d, v))) {
		reader_ignore(d, "secret", v->a, v->b);
		return true;
	}
	f = fact_new(d);
	if (!f)
		return false;
	snprintf(f->subject, sizeof(f->subject), "%s", s->text);
	snprintf(f->relation, sizeof(f->relation), "%s", x->name);
	f->op = op;
	f->rule = rule;
	f->confidence = confidence;
	if (v) {
		value_copy(d, v, f->value, sizeof(f->value));
		f->span[0] = v->a;
		f->span[1] = v->b;
	}
	if (fact_known(d, f))
		d->out->n_facts--;
	return true;
}

/* ---- one clause being read ---- */

struct reading {
	struct reader *d;
	const struct tok *t;
	size_t n;
	int op;          /* what this clause's facts do: add unless it says otherwise */
	bool negated;    /* "not" stands before the predicate */
	struct subject s;
	struct tok *room; /* CLAUSE_TOKENS + 1 tokens to write a clause out in */
};

/* A value of a relation at i. */
static bool read_value(const struct reading *c, const char *kind, int trust, size_t i, struct value *v)
{
	return i < c->n && value_parse(c->d->x->text, kind, trust, c->t, i, c->n, v);
}

/* Nothing but fillers, marks or a new thought may follow a value. */
static bool value_closed(const struct reading *c, size_t i)
{
	if (i >= c->n || tok_punct(c->t + i) || word_in(WORDS_CUT, c->t[i].w) || word_in(WORDS_TAIL, c->t[i].w))
		return true;
	return tok_is(c->t + i, "and") || tok_is(c->t + i, "by") || tok_is(c->t + i, "at") || tok_is(c->t + i, "from") ||
	       tok_is(c->t + i, "with") || tok_is(c->t + i, "in") || tok_is(c->t + i, "for") || tok_is(c->t + i, "these") ||
	       tok_is(c->t + i, "but") || tok_is(c->t + i, "last") || tok_is(c->t + i, "this") || tok_is(c->t + i, "on") ||
	       tok_is(c->t + i, "every") || tok_is(c->t + i, "of");
}

/* Adds a value and, where the kind allows several, those joined to it by commas and "and". Returns the end or 0. */
static size_t add_values(const struct reading *c, const struct subject *s, const relation *x, const struct value *first,
			 const char *rule, double confidence)
{
	struct value v = *first;
	size_t next = v.next;

	if (value_is_list(x->value)) { /* cut "peanuts and milk" at its "and" */
		for (;;) {
			size_t k = v.next, i = v.next;

			for (i = 0; i < c->n && c->t[i].a < v.a; i++)
				;
			for (k = i; k < v.next && !tok_is(c->t + k, "and") && !tok_is(c->t + k, "or"); k++)
				;
			if (k > i && k < v.next) {
				v.b = c->t[k - 1].b;
				v.next = k;
			}
			if (!reader_add(c->d, s, x->name, &v, c->op, rule, confidence))
				return 0;
			next = k = v.next;
			while (k < c->n && (tok_is(c->t + k, ",") || tok_is(c->t + k, "and") || tok_is(c->t + k, "or") ||
					    tok_is(c->t + k, "also") || tok_is(c->t + k, "&") || tok_is(c->t + k, "to")))
				k++;
			if (k == next || !read_value(c, x->value, TRUST_HIGH, k, &v))
				return next;
		}
	}
	return reader_add(c->d, s, x->name, &v, c->op, rule, confidence) ? next : 0;
}

/* ---- patterns ---- */

/*
 * Matches a pattern's words from *i on: "live|lives" either word, "a?" may be missing, "be" any form of to be,
 * "a" either article; adverbs between words are passed over. Moves *i past it.
 */
static bool pattern_match(const struct reading *c, const char *pattern, size_t *i)
{
	size_t k = *i;

	while (*pattern) {
		size_t len = strcspn(pattern, " ");
		bool optional = pattern[len - 1] == '?', hit = false;
		const char *p = pattern, *end = pattern + len - optional;
		size_t at = k;

		while (at < c->n && word_in(WORDS_ADVERB, c->t[at].w))
			at++;
		while (at < c->n && p < end && !hit) {
			size_t word = strcspn(p, "| ?");

			hit = strlen(c->t[at].w) == word && !memcmp(c->t[at].w, p, word);
			if (word == 2 && !memcmp(p, "be", 2))
				hit = tok_be(c->t + at) || tok_is(c->t + at, "be");
			else if (word == 1 && *p == 'a')
				hit = tok_is(c->t + at, "a") || tok_is(c->t + at, "an");
			p += word + (p + word < end);
		}
		if (hit)
			k = at + 1;
		else if (!optional)
			return false;
		pattern += len + (pattern[len] == ' ');
	}
	*i = k;
	return true;
}

enum {
	ONLY_I = 1,    /* the pattern says something about the user alone */
	ONLY_PET = 2,
	NOT_PET = 4,
	CLOSED = 8,    /* nothing may follow the value */
	SINCE = 16,    /* only with "since ..." or "for ..." */
};

struct predicate {
	const char *pattern, *relation;
	int trust, op, flags;
	const char *rule;
	double confidence;
};

static const struct predicate predicates[] = {
	{ "be called|named", "name", TRUST_HIGH, DETECT_ADD, 0, "called", 0.97 },
	{ "go|goes by", "name", TRUST_HIGH, DETECT_ADD, 0, "goes-by", 0.9 },
	{ "answer|answers to the? name? of?", "name", TRUST_HIGH, DETECT_ADD, 0, "called", 0.8 },
	{ "live|lives and work|works in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.95 },
	{ "live|lives|reside|resides in|near", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.95 },
	{ "be living in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.95 },
	{ "be based in", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.9 },
	{ "be settled in", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.9 },
	{ "have|has lived in", "home", TRUST_HIGH, DETECT_ADD, SINCE, "lived-since", 0.85 },
	{ "have|has been living in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.9 },
	{ "moved back? over? out? here? to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.95 },
	{ "have|has moved back? over? to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.95 },
	{ "relocated to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.9 },
	{ "have|has relocated to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.9 },
	{ "moved out of", "home", TRUST_HIGH, DETECT_RETRACT, 0, "moved-out", 0.85 },
	{ "live|lives at", "address", TRUST_HIGH, DETECT_ADD, 0, "live-at", 0.95 },
	{ "live|lives on", "address", TRUST_LOW, DETECT_ADD, 0, "live-at", 0.8 },
	{ "come|comes from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "be from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "be originally from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "grew up in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.9 },
	{ "was raised in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.9 },
	{ "was born and raised in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.9 },
	{ "was born in the? year?", "birth year", TRUST_HIGH, DETECT_ADD, 0, "born", 0.95 },
	{ "was born in", "birthplace", TRUST_HIGH, DETECT_ADD, 0, "born", 0.95 },
	{ "was born on", "birthday", TRUST_HIGH, DETECT_ADD, 0, "born", 0.95 },
	{ "was born", "birthday", TRUST_HIGH, DETECT_ADD, 0, "born", 0.9 },
	{ "be a citizen of", "nationality", TRUST_HIGH, DETECT_ADD, 0, "citizen", 0.95 },
	{ "be allergic to", "allergy", TRUST_HIGH, DETECT_ADD, 0, "allergic", 0.97 },
	{ "have|has a allergy to", "allergy", TRUST_HIGH, DETECT_ADD, 0, "allergic", 0.97 },
	{ "be|turned|turn|turns just? aged?", "age", TRUST_HIGH, DETECT_ADD, CLOSED, "age", 0.9 },
	{ "be fluent in", "language", TRUST_LOW, DETECT_ADD, 0, "speaks", 0.95 },
	{ "can? speak|speaks", "language", TRUST_LOW, DETECT_ADD, 0, "speaks", 0.95 },
	{ "have|has been diagnosed with", "condition", TRUST_HIGH, DETECT_ADD, 0, "condition", 0.9 },
	{ "was diagnosed with", "condition", TRUST_HIGH, DETECT_ADD, 0, "condition", 0.9 },
	{ "suffer|suffers from", "condition", TRUST_HIGH, DETECT_ADD, 0, "condition", 0.9 },
	{ "have|has", "condition", TRUST_LOW, DETECT_ADD, 0, "condition", 0.85 },
	{ "be on? a? strict? strictly?", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.9 },
	{ "have|has been", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.9 },
	{ "follow|follows a?", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.9 },
	{ "eat|eats", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.85 },
	{ "went|gone|turned", "diet", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "diet", 0.8 },
	{ "work|works as|like", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.95 },
	{ "be working|employed as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.95 },
	{ "have|has worked as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET | SINCE, "work-as", 0.85 },
	{ "have|has been working as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.9 },
	{ "have|has been a", "job", TRUST_LOW, DETECT_ADD, NOT_PET, "be-job", 0.85 },
	{ "got|have|has|found|started a new? job as", "job", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.9 },
	{ "became a", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "have|has become a", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "be a", "zodiac sign", TRUST_HIGH, DETECT_ADD, ONLY_I | CLOSED, "zodiac", 0.85 },
	{ "be", "height", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "height", 0.9 },
	{ "be a", "breed", TRUST_LOW, DETECT_ADD, ONLY_PET, "breed", 0.9 },
	{ "be a", "job", TRUST_LOW, DETECT_ADD, NOT_PET, "be-job", 0.9 },
	{ "be the", "job", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "be-job", 0.6 },
	{ "be", "job", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "be-job", 0.7 },
	{ "be a? student at", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.9 },
	{ "work|works for|at|with", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "be working for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "be employed at|by", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "have|has worked for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET | SINCE, "work-at", 0.85 },
	{ "have|has been working for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.9 },
	{ "started|start|began working|work for|at", "employer", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.9 },
	{ "started|joined at?", "employer", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.7 },
	{ "got|have|has|found|started a new? job at|with", "employer", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.9 },
	{ "left", "employer", TRUST_LOW, DETECT_RETRACT, ONLY_I | CLOSED, "left", 0.7 },
	{ "study|studies at", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.95 },
	{ "be studying at", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.95 },
	{ "attend|attends", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.95 },
	{ "go|goes to", "school", TRUST_LOW, DETECT_ADD, NOT_PET, "school", 0.9 },
	{ "be studying", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.9 },
	{ "study|studies", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.9 },
	{ "major|majors in", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.95 },
	{ "be majoring in", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.95 },
	{ "can? play|plays the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.95 },
	{ "be learning to? play? the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.9 },
	{ "have|has been playing the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.9 },
	{ "play|plays", "sport", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.9 },
	{ "drive|drives", "car", TRUST_HIGH, DETECT_ADD, NOT_PET, "drives", 0.95 },
	{ "own|owns", "car", TRUST_LOW, DETECT_ADD, NOT_PET, "drives", 0.85 },
	{ "bought|got a", "car", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "bought-car", 0.85 },
	{ "have|has bought a", "car", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "bought-car", 0.85 },
	{ "support|supports", "team", TRUST_LOW, DETECT_ADD, ONLY_I, "supports", 0.85 },
	{ "be a big|huge? fan of", "team", TRUST_LOW, DETECT_ADD, ONLY_I, "supports", 0.85 },
	{ "like|love", "like", TRUST_HIGH, DETECT_ADD, ONLY_I, "likes", 0.8 },
	{ "be fond of", "like", TRUST_HIGH, DETECT_ADD, ONLY_I, "likes", 0.8 },
	{ "hate|dislike|detest|loathe", "dislike", TRUST_HIGH, DETECT_ADD, ONLY_I, "dislikes", 0.85 },
	{ "enjoy|enjoys", "hobby", TRUST_LOW, DETECT_ADD, NOT_PET, "hobby", 0.75 },
	{ "weigh|weighs", "weight", TRUST_HIGH, DETECT_ADD, 0, "weight", 0.95 },
	{ "commute|commutes by|on", "commute", TRUST_LOW, DETECT_ADD, ONLY_I, "commute", 0.9 },
	{ "got married in", "anniversary year", TRUST_HIGH, DETECT_ADD, ONLY_I, "married-in", 0.9 },
};

/* After a number of years nothing but these may stand: "I'm 5 minutes late" is no age. */
static size_t age_end(const struct reading *c, size_t i)
{
	size_t k = i;

	if (pattern_match(c, "years|year|yrs|yr old", &k) || pattern_match(c, "yo|y/o", &k) ||
	    pattern_match(c, "years|year of age", &k))
		return k;
	return value_closed(c, i) && !(i < c->n && (tok_is(c->t + i, "of") || tok_is(c->t + i, "for") || tok_is(c->t + i, "by") ||
						     tok_is(c->t + i, "in") || tok_is(c->t + i, "with") || tok_is(c->t + i, "on") ||
						     tok_is(c->t + i, "at"))) ? i : 0;
}

static bool since_follows(const struct reading *c, size_t i)
{
	while (i < c->n && tok_is(c->t + i, ","))
		i++;
	return i < c->n && (tok_is(c->t + i, "since") || tok_is(c->t + i, "for") || tok_is(c->t + i, "all"));
}

static bool predicate_applies(const struct reading *c, const struct predicate *p)
{
	bool pet = subject_is_pet(c->d, &c->s);

	if ((p->flags & ONLY_I) && c->s.kind != SUBJECT_I)
		return false;
	if ((p->flags & ONLY_PET) && !pet)
		return false;
	if ((p->flags & NOT_PET) && pet)
		return false;
	return relations_find(c->d->r, c->s.text, p->relation) != NULL;
}

/* "... at Google", ", a nurse from Denver", "on 12 May 1988": what may follow a fact about the same subject. */
static void tail_read(struct reading *c, size_t i, const char *after)
{
	bool born = !strcmp(after, "birthplace") || !strcmp(after, "birth year"), intro = !strcmp(after, "name");
	struct value v;

	while (i < c->n) {
		const struct tok *t = c->t + i;
		size_t k = i + 1;
		const char *found = NULL;

		if (tok_is(t, ",") || tok_is(t, "and") || word_in(WORDS_ADVERB, t->w)) {
			i++;
			continue;
		}
		if ((tok_is(t, "at") || tok_is(t, "for") || tok_is(t, "with")) && !strcmp(after, "job")) {
			bool school = read_value(c, "school", TRUST_LOW, k, &v);

			found = school ? "school" : read_value(c, "company", TRUST_HIGH, k, &v) ? "employer" : NULL;
		} else if (tok_is(t, "as") && !strcmp(after, "employer")) {
			found = read_value(c, "job", TRUST_LOW, k, &v) ? "job" : NULL;
		} else if (tok_is(t, "at") && !strcmp(after, "field of study")) {
			found = read_value(c, "school", TRUST_HIGH, k, &v) ? "school" : NULL;
		} else if (tok_is(t, "on") && born) {
			found = read_value(c, "date", TRUST_HIGH, k, &v) ? "birthday" : NULL;
		} else if (tok_is(t, "in") && !strcmp(after, "birthday")) {
			found = read_value(c, "place", TRUST_HIGH, k, &v) ? "birthplace" : NULL;
		} else if (tok_is(t, "from") && (intro || (!strcmp(after, "job") && c->s.kind == SUBJECT_I))) {
			found = read_value(c, "place", TRUST_HIGH, k, &v) ? "hometown" : NULL;
		} else if ((tok_is(t, "a") || tok_is(t, "an")) && intro) {
			found = read_value(c, "job", TRUST_LOW, i, &v) ? "job" : NULL;
		} else if (tok_phrase(t, c->n - i, "living in") || tok_phrase(t, c->n - i, "based in")) {
			found = read_value(c, "place", TRUST_HIGH, i + 2, &v) ? "home" : NULL;
		} else if (intro && read_value(c, "age", TRUST_HIGH, i, &v) && age_end(c, v.next)) {
			found = "age";
			v.next = age_end(c, v.next);
		}
		if (!found || !reader_add(c->d, &c->s, found, &v, c->op, "apposition", 0.85))
			return;
		if (!strcmp(found, "job"))
			after = c->s.kind == SUBJECT_I && intro ? after : "job";
		i = v.next;
		if (!strcmp(found, "job") && intro) {
			struct reading at = *c;

			if (i < c->n && tok_is(c->t + i, "at")) {
				tail_read(&at, i, "job");
				return;
			}
		}
	}
}

/* "Vin Diesel is a campy actor": a judgement, or talk about somebody famous. */
static bool opinion(const struct reading *c, size_t i, size_t end)
{
	if (c->s.kind == SUBJECT_NAME && end && word_in(WORDS_FAMOUS, c->t[end - 1].w))
		return true;
	for (; i + 1 < end; i++)
		if (word_in(WORDS_STATE, c->t[i].w) && !tok_is(c->t + i, "retired") && !tok_is(c->t + i, "the"))
			return true;
	return false;
}

static bool predicate_read(struct reading *c, size_t i)
{
	for (size_t k = 0; k < sizeof(predicates) / sizeof(*predicates); k++) {
		const struct predicate *p = predicates + k;
		struct reading one = *c;
		const relation *x;
		struct value v;
		size_t at = i, end;

		if (!pattern_match(c, p->pattern, &at) || at >= c->n || !predicate_applies(c, p))
			continue;
		x = relations_find(c->d->r, c->s.text, p->relation);
		if (!read_value(c, !strcmp(p->relation, "like") || !strcmp(p->relation, "dislike") ? "like" : x->value,
				p->trust, at, &v))
			continue;
		end = v.next;
		if (!strcmp(x->value, "age")) {
			end = age_end(c, end);
			if (!end)
				continue;
		}
		if (!strcmp(p->rule, "be-job") && opinion(c, at, end))
			continue;
		if (((p->flags & CLOSED) && !value_closed(c, end)) || ((p->flags & SINCE) && !since_follows(c, end)))
			continue;
		if (c->op == DETECT_ADD)
			one.op = p->op;
		end = add_values(&one, &c->s, x, &v, p->rule, p->confidence);
		if (!end)
			continue;
		tail_read(&one, !strcmp(x->value, "age") ? age_end(c, end) : end, x->name);
		return true;
	}
	return false;
}

/* "I'm married to Jonas", "my sister is married to Tom" */
static bool married_read(struct reading *c, size_t i)
{
	struct subject partner = { .kind = SUBJECT_MY, .text = "my partner", .noun = "partner" };
	bool wife = word_in(WORDS_HE, c->s.noun);
	struct value v;

	if (!(pattern_match(c, "be|got married|engaged to", &i)) || !read_value(c, "person", TRUST_LOW, i, &v))
		return false;
	if (c->s.kind == SUBJECT_I)
		return reader_add(c->d, &partner, "name", &v, c->op, "married", 0.8);
	return reader_add(c->d, &c->s, wife ? "wife" : "husband", &v, c->op, "married", 0.75);
}

/* "I have two children", "we've got 3 kids" */
static bool count_read(struct reading *c, size_t i)
{
	struct value v;
	size_t k;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "have got?", &i) || !read_value(c, "number", TRUST_HIGH, i, &v))
		return false;
	k = v.next;
	if (k >= c->n || !value_closed(c, k + 1))
		return false;
	if (word_among(" child children kid kids ", c->t[k].w))
		return reader_add(c->d, &c->s, "children", &v, c->op, "count", 0.9);
	return word_among(" sibling siblings ", c->t[k].w) &&
	       reader_add(c->d, &c->s, "siblings", &v, c->op, "count", 0.9);
}

/* "moved from Porto to Lisbon" */
static bool moved_from_read(struct reading *c, size_t i)
{
	struct value from, to;
	size_t k = i;

	if (!(pattern_match(c, "have|has? moved away? from", &k)) || !read_value(c, "place", TRUST_HIGH, k, &from) ||
	    from.next >= c->n || !tok_is(c->t + from.next, "to") || !read_value(c, "place", TRUST_HIGH, from.next + 1, &to))
		return false;
	return reader_add(c->d, &c->s, "home", &to, DETECT_SUPERSEDE, "moved-to", 0.95);
}

/* ---- attributes ---- */

/* "is", ":", "changed to", "is now", "is on"; not: sets *negated. Returns the index of the value or 0. */
static size_t copula(const struct reading *c, size_t i, bool *negated, bool *changed)
{
	static const char *const times[] = { "right now", "at the moment", "these days", "of all time", "so far",
					     "of all times", "in the world", "ever" };
	size_t k = i;

	*negated = *changed = false;
	if (k < c->n && tok_is(c->t + k, ",")) { /* ", by the way," */
		for (k++; k < c->n && !tok_is(c->t + k, ","); k++)
			;
		if (k >= c->n || k - i > 6)
			return 0;
		k++;
	}
	for (size_t p = 0; p < sizeof(times) / sizeof(*times); p++)
		k += k < c->n ? tok_phrase(c->t + k, c->n - k, times[p]) : 0;
	while (k < c->n && word_in(WORDS_ADVERB, c->t[k].w))
		k++;
	if (pattern_match(c, "have|has been", &k))
		return k;
	if (pattern_match(c, "have|has? be|was? changed|switched to", &k)) {
		*changed = true;
		return k;
	}
	if (k < c->n && (tok_be(c->t + k) || tok_is(c->t + k, ":") || tok_is(c->t + k, "=") ||
			 word_among(" falls leaves departs starts begins ", c->t[k].w))) {
		k++;
		while (k < c->n && word_in(WORDS_ADVERB, c->t[k].w) && !(c->t[k].flags & TOK_CAP)) {
			*changed = *changed || tok_is(c->t + k, "now");
			k++;
		}
		if (k < c->n && (tok_is(c->t + k, ":") || tok_is(c->t + k, "=")))
			k++;
		if (k < c->n && tok_is(c->t + k, "not")) {
			*negated = true;
			k++;
		}
		if (k + 1 < c->n && (tok_is(c->t + k, "called") || tok_is(c->t + k, "named")))
			k++;
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

/* The kind's value at i, for "my ATTR is": prepositions that belong to the verb are passed. */
static bool attribute_value(const struct reading *c, const relation *x, size_t i, struct value *v)
{
	while (i < c->n && (tok_is(c->t + i, "at") || tok_is(c->t + i, "in") || tok_is(c->t + i, "on")) &&
	       (!strcmp(x->value, "place") || !strcmp(x->value, "url") || !strcmp(x->value, "street") || !strcmp(x->value, "date") || !strcmp(x->value, "appointment")))
		i++;
	if (i < c->n && !strcmp(x->name, "goal") && tok_is(c->t + i, "to"))
		i++;
	if (!strcmp(x->value, "place") || !strcmp(x->value, "country") || !strcmp(x->value, "city"))
		return read_value(c, x->value, TRUST_HIGH, i, v);
	if (read_value(c, x->value, TRUST_HIGH, i, v))
		return true;
	return false;
}

/* ", not Ana": the value corrects an older one. */
static bool not_follows(const struct reading *c, size_t i)
{
	while (i < c->n && tok_is(c->t + i, ","))
		i++;
	return i < c->n && tok_is(c->t + i, "not");
}

/* "my ATTR is V", with subject already read and the attribute at i. True if it was one, whatever came of it. */
static bool attribute_statement(struct reading *c, size_t i)
{
	size_t used, at;
	const relation *x = attribute_read(c->d, c->s.text, c->t, i, c->n, &used);
	bool negated, changed;
	struct value v;
	struct reading one = *c;

	if (!x)
		return false;
	at = copula(c, i + used, &negated, &changed);
	if (!at && c->s.kind == SUBJECT_MY && !strcmp(x->name, "name") && i + used < c->n && tok_is(c->t + i + used, "was"))
		at = i + used + 1; /* "my grandfather's name was Otto" */
	if (!at || at >= c->n)
		return false;
	if (negated) {
		c->d->last_attr = x;
		c->d->last_attr_of = c->s;
		at = but_value(c, at);
		c->negated = true;
		if (!at)
			return true;
		changed = true;
	}
	if (!attribute_value(c, x, at, &v)) {
		if ((!strcmp(x->value, "date") || !strcmp(x->value, "appointment")) && value_relative_date(c->t, at, c->n))
			reader_ignore(c->d, "relative date", c->t[at].a, c->t[c->n - 1].b);
		else
			return false;
		return true;
	}
	if ((!strcmp(x->value, "age") && !age_end(c, v.next)) || (v.next < c->n && tok_be(c->t + v.next)))
		return false; /* "My Name is Human is a cool track" */
	if (c->op == DETECT_ADD && (changed || tok_is(c->t + i, "new") || not_follows(c, v.next)))
		one.op = DETECT_SUPERSEDE;
	add_values(&one, &c->s, x, &v, "attribute", 0.95);
	return true;
}

/* "my N is Hans", "my N's name is", "my N Ana ...", all with the subject read up to i. */
static bool entity_name(struct reading *c, size_t i)
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
	if (!read_value(c, "person", trust, at, &v))
		return false;
	if (c->op == DETECT_ADD && (negated || changed || not_follows(c, v.next)))
		c->op = DETECT_SUPERSEDE;
	if (!reader_add(c->d, &c->s, "name", &v, c->op, trust == TRUST_LOW ? "is-name" : "called", trust == TRUST_LOW ? 0.85 : 0.97))
		return false;
	tail_read(c, v.next, "");
	return true;
}

/* ---- fixed phrases ---- */

/* "call me V", "everyone calls me V", "you can reach me at V" */
static bool call_read(struct reading *c)
{
	static const struct { const char *pattern, *relation; } rows[] = {
		{ "you can|may? email|mail|write|reach|contact me at|on|under", "email" },
		{ "email|mail|reach|contact me at|on|under", "email" },
		{ "you can|may? call|text|phone|ring|reach|contact me at|on|under", "phone number" },
		{ "call|text|phone|ring|reach|contact me at|on|under", "phone number" },
		{ "everyone|everybody calls me", "nickname" },
		{ "my friends|family|mates|buddies|colleagues call me", "nickname" },
		{ "friends|family call me", "nickname" },
		{ "people|they|most? people|folks? call me", "name" },
		{ "you can|may? call me", "name" },
		{ "just? call me", "name" },
		{ "be called", "name" },
	};
	struct value v;

	for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
		size_t at = 0;
		const relation *x;

		subject_set_i(&c->s);
		x = relations_find(c->d->r, "I", rows[k].relation);
		if (!x || !pattern_match(c, rows[k].pattern, &at) || at >= c->n)
			continue;
		if (!read_value(c, x->value, !strcmp(x->value, "person") ? TRUST_LOW : TRUST_HIGH, at, &v))
			continue;
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

/* "we call our parrot V", "I named my goldfish V", "we call him V" */
static bool naming_read(struct reading *c)
{
	size_t at = 0, used;
	struct value v;

	if (!pattern_match(c, "i|we have? named|call|called|name", &at) || at >= c->n)
		return false;
	if (tok_is(c->t + at, "him") || tok_is(c->t + at, "her") || tok_is(c->t + at, "it")) {
		if (c->d->last.kind != SUBJECT_MY)
			return false;
		c->s = c->d->last;
		used = 1;
	} else {
		used = subject_my(c->d, c->t, at, c->n, &c->s);
		if (c->s.appended) { /* the name was taken for one in apposition */
			v = c->s.name;
			return used && reader_add(c->d, &c->s, "name", &v, c->op, "naming", 0.95);
		}
	}
	if (!used || !read_value(c, "pet", TRUST_HIGH, at + used, &v))
		return false;
	return reader_add(c->d, &c->s, "name", &v, c->op, "naming", 0.95);
}

/* "I have a dog called Olive", "we have a golden retriever named Sunny", "I have a cat, Whiskers" */
static bool have_noun_read(struct reading *c, size_t at)
{
	size_t used = 0, i;
	struct value v, breed = { 0 };
	struct tok my = { .w = "my", .kind = TOK_WORD };
	struct tok window[12];

	for (i = at; i < c->n && i < at + 5 && !used; i++) { /* the noun may stand behind adjectives or a breed */
		size_t m = c->n - i < 11 ? c->n - i : 11;

		if (tok_punct(c->t + i) || word_in(WORDS_CUT, c->t[i].w) ||
		    (word_in(WORDS_FUNCTION, c->t[i].w) && !tok_is(c->t + i, "my")) || (c->t[i].flags & TOK_CAP))
			break;
		window[0] = my;
		memcpy(window + 1, c->t + i, m * sizeof(*window));
		used = subject_my(c->d, window, 0, m + 1, &c->s);
		if (used)
			break;
		if (tok_is(c->t + i, "called") || tok_is(c->t + i, "named"))
			break;
	}
	if (used) {
		i += used - 1;
		if (i > at && !tok_is(c->t + at, "my") && value_parse(c->d->x->text, "breed", TRUST_LOW, c->t, at, i - 1, &breed) &&
		    breed.next == i - 1)
			used = used + 0;
		else
			breed.b = 0;
	} else if (value_parse(c->d->x->text, "breed", TRUST_LOW, c->t, at, c->n, &breed)) {
		subject_set_i(&c->s); /* a breed in place of a noun: a dog, unless it is a cat's */
		snprintf(c->s.text, sizeof(c->s.text), "my %s",
			 word_among(" siamese persian ragdoll sphynx shorthair tabby calico birman burmese manx coon "
				    "longhair ", c->t[breed.next - 1].w) ? "cat" : "dog");
		c->s.kind = SUBJECT_MY;
		c->s.noun = c->s.text + 3;
		i = breed.next;
	} else {
		return false;
	}
	c->d->last = c->s;
	if (c->s.appended) {
		if (!reader_add(c->d, &c->s, "name", &c->s.name, c->op, "have-named", 0.85))
			return false;
	} else {
		if (i < c->n && tok_is(c->t + i, ","))
			i++;
		if (i + 1 < c->n && tok_phrase(c->t + i, c->n - i, "and"))
			return false;
		if (!(i < c->n && (tok_is(c->t + i, "called") || tok_is(c->t + i, "named"))))
			return false;
		if (!read_value(c, "pet", TRUST_HIGH, i + 1, &v) ||
		    !reader_add(c->d, &c->s, "name", &v, c->op, "have-named", 0.95))
			return false;
	}
	if (breed.b)
		reader_add(c->d, &c->s, "breed", &breed, DETECT_ADD, "have-named", 0.85);
	for (i = at; i + 3 < c->n; i++) /* ", and a son, Noah" */
		if (tok_is(c->t + i, "and") && (tok_is(c->t + i + 1, "a") || tok_is(c->t + i + 1, "an"))) {
			have_noun_read(c, i + 2);
			break;
		}
	return true;
}

static bool have_read(struct reading *c)
{
	static const char *const front[] = { "i|we have got|adopted|bought a|another", "i|we have|own|got a|another",
					     "i|we adopted|bought|rescued|got a|another", "adopted|got|bought|rescued a|another",
					     "this|that|here be my", "meet my", NULL };

	for (size_t k = 0; front[k]; k++) {
		size_t at = 0;

		if (pattern_match(c, front[k], &at) && at < c->n)
			return have_noun_read(c, at);
	}
	return false;
}

/* "I have a doctor's appointment on Monday at 9", "I got a new phone number: V" */
static bool have_attribute_read(struct reading *c)
{
	size_t at = 0, used;
	const relation *x;
	struct value v;

	subject_set_i(&c->s);
	if (!pattern_match(c, "i|we have|got got? a|my", &at))
		return false;
	x = attribute_read(c->d, "I", c->t, at, c->n, &used);
	if (!x || at + used + 1 >= c->n)
		return false;
	if (tok_is(c->t + at, "new") && (tok_is(c->t + at + used, ":") || tok_is(c->t + at + used, ",")))
		return read_value(c, x->value, TRUST_HIGH, at + used + 1, &v) &&
		       reader_add(c->d, &c->s, x->name, &v, DETECT_SUPERSEDE, "new", 0.9);
	return !strcmp(x->value, "appointment") && (tok_is(c->t + at + used, "on") || tok_is(c->t + at + used, "at")) &&
	       read_value(c, x->value, TRUST_HIGH, at + used, &v) &&
	       reader_add(c->d, &c->s, x->name, &v, c->op, "appointment", 0.9);
}

/* "as a vegan, I ...": what one is, said in passing */
static bool as_read(struct reading *c)
{
	struct value v;
	size_t at = 0;

	subject_set_i(&c->s);
	if (!pattern_match(c, "as a", &at) || at >= c->n)
		return false;
	if (read_value(c, "diet", TRUST_LOW, at, &v) && (v.next >= c->n || tok_punct(c->t + v.next)))
		return reader_add(c->d, &c->s, "diet", &v, c->op, "as-a", 0.8);
	return read_value(c, "job", TRUST_LOW, at, &v) &&
	       (v.next >= c->n || tok_punct(c->t + v.next) || tok_is(c->t + v.next, "i")) && !tok_is(c->t + at, "student") &&
	       reader_add(c->d, &c->s, "job", &v, c->op, "as-a", 0.75);
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
	return read_value(c, "vehicle", TRUST_LOW, at, &v) && v.next + 1 < c->n && tok_is(c->t + v.next, "to") &&
	       tok_is(c->t + v.next + 1, "work") && reader_add(c->d, &c->s, "commute", &v, c->op, "commute", 0.85);
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
	if ((pattern_match(c, "the? name be", &at) || pattern_match(c, "name :", &at)) &&
	    read_value(c, "person", TRUST_LOW, at, &v))
		return reader_add(c->d, &c->s, "name", &v, c->op, "name-is", 0.85);
	if (c->n == 2 && tok_is(c->t + 1, "here") && word_in(WORDS_NAME, c->t[0].w) && read_value(c, "person", TRUST_HIGH, 0, &v))
		return v.next == 1 && reader_add(c->d, &c->s, "name", &v, c->op, "here", 0.8);
	at = 0;
	if (pattern_match(c, "this be", &at) && read_value(c, "person", TRUST_LOW, at, &v) && word_in(WORDS_NAME, c->t[at].w))
		return reader_add(c->d, &c->s, "name", &v, c->op, "this-is", 0.75);
	if (c->n > 2 && tok_is(c->t, "the")) {
		const relation *x = attribute_read(c->d, "I", c->t, 1, c->n, &used);

		for (size_t k = 0; x && k < x->n_say; k++) /* only where the table says "The {n} is" */
			if (!strncmp(x->say[k], "The ", 4) || !strcmp(x->value, "appointment"))
				return attribute_statement(c, 1);
	}
	return false;
}

/* "Ramen is my favorite food", "Luna is my cat" */
static bool inverse_read(struct reading *c)
{
	size_t be = 0, used;
	struct value v;
	const relation *x;

	for (be = 1; be + 2 < c->n && be < 8; be++)
		if (tok_be(c->t + be) && (tok_is(c->t + be + 1, "my") || tok_is(c->t + be + 1, "our")))
			break;
	if (be + 2 >= c->n || be >= 8 || word_in(WORDS_PRONOUN, c->t[0].w) || tok_is(c->t, "my") ||
	    (tok_is(c->t, "the") && !((c->t[0].flags & TOK_CAP) && (c->t[1].flags & TOK_CAP))))
		return false;
	if (tok_is(c->t, "the") && !(c->t[1].flags & TOK_CAP))
		return false;
	subject_set_i(&c->s);
	x = attribute_read(c->d, "I", c->t, be + 2, c->n, &used);
	if (x && !strncmp(x->name, "favorite ", 9) && value_closed(c, be + 2 + used) &&
	    value_parse(c->d->x->text, x->value, TRUST_HIGH, c->t, 0, be, &v) && v.next == be)
		return reader_add(c->d, &c->s, x->name, &v, c->op, "inverse", 0.9);
	used = subject_my(c->d, c->t, be + 1, c->n, &c->s);
	x = used ? relations_find(c->d->r, c->s.text, "name") : NULL;
	if (!x || c->s.appended || !value_parse(c->d->x->text, x->value, TRUST_HIGH, c->t, 0, be, &v) || v.next != be)
		return false;
	if (!(c->t[0].flags & TOK_CAP) && !word_in(WORDS_NAME, c->t[0].w))
		return false;
	if (be + 1 + used < c->n && tok_is(c->t + be + 1 + used, "'s"))
		return be + 2 + used < c->n && tok_is(c->t + be + 2 + used, "name") &&
		       reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.9);
	return value_closed(c, be + 1 + used) && reader_add(c->d, &c->s, "name", &v, c->op, "inverse", 0.85);
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
	if (pattern_match(c, "i be|was|got fired|laid", &at))
		return reader_add(c->d, &c->s, "job", NULL, DETECT_RETRACT, "quit", 0.8);
	at = 0;
	if (pattern_match(c, "i have? sold my car", &at) && value_closed(c, at))
		return reader_add(c->d, &c->s, "car", NULL, DETECT_RETRACT, "sold", 0.85);
	return false;
}

/* "I changed my name to Alex" */
static bool change_read(struct reading *c)
{
	size_t at = 0, used;
	struct value v;
	const relation *x;

	subject_set_i(&c->s);
	if (!pattern_match(c, "i|we have? changed|switched|updated my", &at))
		return false;
	x = attribute_read(c->d, "I", c->t, at, c->n, &used);
	if (!x || at + used + 1 >= c->n || !tok_is(c->t + at + used, "to"))
		return false;
	return read_value(c, x->value, TRUST_HIGH, at + used + 1, &v) &&
	       reader_add(c->d, &c->s, x->name, &v, DETECT_SUPERSEDE, "changed", 0.95);
}

/* "I don't like mushrooms", "I can't stand licorice" */
static bool dislike_read(struct reading *c)
{
	size_t at = 0;
	struct value v;

	subject_set_i(&c->s);
	if (!pattern_match(c, "i do not like|enjoy", &at) && !pattern_match(c, "i can not stand", &at))
		return false;
	return read_value(c, "like", TRUST_HIGH, at, &v) &&
	       reader_add(c->d, &c->s, "dislike", &v, c->op, "dislikes", 0.85);
}

/* "I'm Sam": a name shape and nothing behind it that makes it something else. */
static bool intro_read(struct reading *c, size_t i)
{
	struct value v;
	size_t at = i;

	if (c->s.kind != SUBJECT_I || !i || !tok_is(c->t + i - 1, "i") || !pattern_match(c, "be", &at) || at >= c->n ||
	    c->t[at].kind == TOK_NUM || !read_value(c, "person", TRUST_LOW, at, &v))
		return false;
	if (!(c->t[at].flags & (TOK_CAP | TOK_QUOTED)) && !word_in(WORDS_NAME, c->t[at].w))
		return false;
	if (!reader_add(c->d, &c->s, "name", &v, c->op, "i-am", 0.85))
		return false;
	tail_read(c, v.next, "name");
	return true;
}

/* ---- the table's own say forms ---- */

/* Compares one word of a form, contractions written out, with tokens at *i. */
static bool form_word(const struct reading *c, const char *word, size_t len, size_t *i)
{
	static const struct { const char *end, *token; } ends[] = { { "'m", "am" }, { "'s", "'s" }, { "'ve", "have" },
								    { "'t", "not" }, { "'re", "are" }, { "'ll", "will" } };
	size_t base = len;
	const char *second = NULL;

	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
		size_t e = strlen(ends[k].end);

		if (len > e && !memcmp(word + len - e, ends[k].end, e)) {
			second = ends[k].token;
			base = len - e - !strcmp(ends[k].end, "'t");
		}
	}
	if (*i >= c->n || strlen(c->t[*i].w) != base)
		return false;
	for (size_t k = 0; k < base; k++)
		if ((word[k] | 32) != c->t[*i].w[k] && word[k] != c->t[*i].w[k])
			return false;
	++*i;
	if (!second)
		return true;
	if (*i >= c->n || !(tok_is(c->t + *i, second) || (!strcmp(second, "'s") && tok_be(c->t + *i))))
		return false;
	++*i;
	return true;
}

/* Matches a form's words at *i up to {v} (returns 'v') or its end (returns 'e'); 0: no. *form moves on. */
static int form_run(const struct reading *c, const char **form, size_t *i, bool is_start)
{
	const char *f = *form;

	while (*f) {
		size_t len = strcspn(f, " "), body = len;

		while (body && strchr(".,!", f[body - 1]))
			body--;
		if (len >= 3 && !memcmp(f, "{v}", 3)) {
			*form = f + len + (f[len] == ' ');
			return 'v';
		}
		if (f[0] == '{') { /* {S}: the subject was read, it ends at *i */
			if (!is_start)
				return 0;
			if (len > 4 && !memcmp(f + 3, "'s", 2)) {
				if (*i >= c->n || !tok_is(c->t + *i, "'s"))
					return 0;
				++*i;
			}
		} else {
			while (*i < c->n && tok_is(c->t + *i, ","))
				++*i;
			if (!form_word(c, f, body, i))
				return 0;
		}
		is_start = false;
		f += len + (f[len] == ' ');
	}
	*form = f;
	return 'e';
}

/* Forms whose words promise little: "I am {v}", "call me {v}", "I support {v}", "I enjoy {v}". */
static int form_trust(const relation *x, const char *form)
{
	static const char *const loose[] = { "condition", "diet", "team", "hobby", "instrument", "language", NULL };
	size_t words = 1;

	for (const char *p = form; *p; p++)
		words += *p == ' ';
	if (words > 5)
		return TRUST_HIGH;

	for (size_t i = 0; loose[i]; i++)
		if (!strcmp(x->name, loose[i]))
			return TRUST_LOW;
	return !strcmp(x->name, "name") && !strcmp(x->subject, "I") ? TRUST_LOW : TRUST_HIGH;
}

/* "I wear size {v} shoes." at token i. */
static bool form_read(struct reading *c, const relation *x, const char *form, size_t i)
{
	struct value v;
	size_t k = i;
	const char *f = form;

	if (f[0] == '{' && f[1] == 'v')
		return false; /* "{v} is my ..." is inverse_read's */
	if (form_run(c, &f, &k, true) != 'v' || k >= c->n)
		return false;
	if (!read_value(c, x->value, form_trust(x, form), k, &v))
		return false;
	if (!strcmp(x->value, "age") && !age_end(c, v.next))
		return false;
	k = v.next;
	if (*f && form_run(c, &f, &k, false) != 'e')
		return false;
	if (!*f && !value_closed(c, k) && (!strcmp(x->value, "number") || !strcmp(x->value, "word") || !strcmp(x->value, "size")))
		return false;
	return reader_add(c->d, &c->s, x->name, &v, c->op, "say-form", 0.9);
}

/* Tries the table's forms. at: where the predicate begins, behind a subject of the forms' kind. */
static bool forms_read(struct reading *c, size_t at)
{
	for (size_t k = 0; k < relations_count(c->d->r); k++) {
		const relation *x = relations_at(c->d->r, k);
		bool own = !strcmp(x->subject, "I");

		if (own ? c->s.kind != SUBJECT_I && c->s.kind != SUBJECT_NONE
			: c->s.kind == SUBJECT_I || c->s.kind == SUBJECT_NONE ||
				  (strcmp(x->subject, "*") != 0 && strcmp(x->subject, c->s.text) != 0))
			continue;
		if (!strcmp(x->name, "like") || !strcmp(x->name, "dislike") || !strcmp(x->value, "job"))
			continue; /* looser in words than they may be read: rules of their own */
		if (!own && (!strcmp(x->value, "breed") || !strcmp(x->name, "name")) && !subject_is_pet(c->d, &c->s))
			continue;
		for (size_t f = 0; f < x->n_say; f++) {
			struct reading one = *c;

			if (own)
				subject_set_i(&one.s);
			else if (x->say[f][0] != '{')
				continue;
			if (form_read(&one, x, x->say[f], own ? 0 : at))
				return true;
		}
	}
	return false;
}

/* ---- a clause ---- */

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
		size_t k = tok_is(c->t + i, "anymore") ? 1 : tok_phrase(c->t + i, c->n - i, "any more") ? 2
			 : tok_phrase(c->t + i, c->n - i, "any longer") ? 2 : 0;

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

/* "it's Cate" after "my name isn't Kate" */
static bool corrected_read(struct reading *c)
{
	size_t at = 1;
	const relation *x = c->d->last_attr;
	struct value v;

	if (!x || c->n < 2 || !(tok_is(c->t, "it") || tok_is(c->t, "he") || tok_is(c->t, "she") || tok_is(c->t, "they")) ||
	    !pattern_match(c, "be called|named?", &at) || !read_value(c, x->value, TRUST_HIGH, at, &v))
		return false;
	return reader_add(c->d, &c->d->last_attr_of, x->name, &v, DETECT_SUPERSEDE, "corrected", 0.9);
}

/* "my company is called V": the company's name, not the employer. */
static bool thing_named(const struct reading *c)
{
	struct subject s = { .noun = "" };
	size_t used = subject_my(c->d, c->t, 0, c->n, &s), at = used;

	return used && !s.appended && relations_find(c->d->r, s.text, "name") && pattern_match(c, "be called|named", &at);
}

/* The clause's predicate at i, its subject read. */
static bool rest_read(struct reading *c, size_t i)
{
	if (i < c->n && tok_is(c->t + i, "'s") && c->s.kind != SUBJECT_I && attribute_statement(c, i + 1))
		return true;
	if (c->s.kind == SUBJECT_MY && entity_name(c, i))
		return true;
	for (size_t k = i; k < c->n && k < i + 4; k++)
		if (tok_is(c->t + k, "not")) {
			c->negated = true;
			return false;
		}
	return moved_from_read(c, i) || married_read(c, i) || count_read(c, i) || predicate_read(c, i) || intro_read(c, i) || forms_read(c, i);
}

/* "I study" taken for the subject's own words: "and works for Nintendo" */
static bool elided_read(struct reading *c)
{
	if (c->d->elided.kind == SUBJECT_NONE)
		return false;
	c->s = c->d->elided;
	c->s.appended = false;
	return rest_read(c, 0);
}

/* "Favorite band: V" and "Moved to Austin": the user is left out. */
static bool bare_read(struct reading *c)
{
	static const char first[] = " moved relocated started became turned living based born working ";
	size_t at = 0, colon = 0;

	subject_set_i(&c->s);
	while (at < c->n && word_in(WORDS_ADVERB, c->t[at].w))
		at++;
	if (at < c->n && word_among(first, c->t[at].w)) {
		struct tok *t = c->room; /* read as "I am living ..." */
		bool be = word_among(" living based working ", c->t[at].w), was = tok_is(c->t + at, "born");
		size_t n = c->n - at < CLAUSE_TOKENS ? c->n - at : CLAUSE_TOKENS;
		struct reading one = *c;

		t[0] = (struct tok){ .w = be ? "am" : "was", .a = c->t[at].a, .b = c->t[at].a, .kind = TOK_WORD };
		memcpy(t + 1, c->t + at, n * sizeof(*t));
		one.t = be || was ? t : t + 1;
		one.n = n + (be || was);
		return predicate_read(&one, 0);
	}
	for (size_t k = 1; k < c->n && k < 5 && !colon; k++)
		colon = tok_is(c->t + k, ":") ? k : 0;
	return colon && attribute_statement(c, 0);
}

bool clause_read(struct reader *d, struct clause *cl)
{
	struct tok room[CLAUSE_TOKENS + 1];
	struct reading c = { .d = d, .op = DETECT_ADD, .room = room };
	struct subject s = { .noun = "" };
	size_t used, facts = d->out->n_facts, ignored = d->out->n_ignored;
	bool own, gone = no_longer(cl), pronoun;

	if (!cl->n)
		return false;
	c.t = cl->t;
	c.n = cl->n;
	c.op = gone ? DETECT_RETRACT : cl->correction || has_now(cl) ? DETECT_SUPERSEDE : DETECT_ADD;
	own = tok_is(cl->t, "my") || tok_is(cl->t, "our");
	if (cl->elided && elided_read(&c))
		return true;
	if (corrected_read(&c) || retract_read(&c) || change_read(&c) || dislike_read(&c) || call_read(&c) ||
	    calls_read(&c) || naming_read(&c) || have_read(&c) ||
	    have_attribute_read(&c) || as_read(&c) || commute_read(&c) || the_read(&c))
		goto found;
	if (own) { /* "my email is": an attribute of the user first, but "my company is called" is a name */
		bool named = thing_named(&c);

		subject_set_i(&c.s);
		if (!named && attribute_statement(&c, 1)) {
			d->elided = c.s;
			goto found;
		}
	}
	if (inverse_read(&c))
		goto found;
	pronoun = tok_is(cl->t, "his") || tok_is(cl->t, "her") || tok_is(cl->t, "its") || tok_is(cl->t, "their");
	used = subject_read(d, c.t, 0, c.n, &s);
	if (!used && bare_read(&c))
		goto found;
	if (!used) {
		c.s.kind = SUBJECT_NONE;
		if (forms_read(&c, 0))
			goto found;
		return false;
	}
	c.s = s;
	d->elided = s;
	if (s.kind != SUBJECT_I)
		d->last = s;
	if (s.appended && used < c.n && !tok_punct(c.t + used))
		reader_add(d, &s, "name", &s.name, c.op == DETECT_RETRACT ? DETECT_ADD : c.op, "apposition", 0.85);
	c.s.appended = false;
	if (pronoun ? attribute_statement(&c, used) : rest_read(&c, used))
		goto found;
	if (own && !pronoun && attribute_statement(&c, used)) /* "my dogs name is rex" */
		goto found;
	if (c.negated)
		reader_ignore(d, "negation", c.t[0].a, c.t[c.n - 1].b);
	return d->out->n_facts > facts || c.negated;
found:
	if (c.negated && d->out->n_facts == facts && d->out->n_ignored == ignored)
		reader_ignore(d, "negation", c.t[0].a, c.t[c.n - 1].b);
	return true;
}
