/*
 * What a reading ends in: candidate facts and refusals, added to the result. Here the relations
 * table is asked whether there is such a fact at all, secrets are refused, lists are taken apart
 * and a fact said twice is kept once.
 */
#include "detect_read.h"
#include "detect_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

		if (!strcmp(f->subject, g->subject) && !strcmp(f->relation, g->relation) &&
		    !strcmp(f->value, g->value) && f->op == g->op)
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
		for (char *and = out; (and = strstr(and, " And ")) != NULL; and++)
			and[1] = 'a';
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

bool reader_add(struct reader *d, const struct subject *s, const char *relation_name,
		const struct value *v, int op, const char *rule, double confidence)
{
	const relation *x = relations_find(d->r, s->text, relation_name);
	detect_fact *f;

	if (!x || (!strcmp(x->subject, "*") && relations_find(d->r, s->text, "names")))
		return false; /* what holds for anybody is said of one, not of "my parents" */
	if (!d->explicit_ask && v && (x->sensitivity == RELATION_SECRET || value_secret(d, v))) {
		reader_ignore(d, "secret", v->a, v->b);
		return true;
	}
	f = fact_new(d);
	if (!f)
		return false;
	if (s->kind != SUBJECT_I)
		d->last = *s;
	snprintf(f->subject, sizeof(f->subject), "%s", s->text);
	snprintf(f->relation, sizeof(f->relation), "%s", x->name);
	/* Where a subject has many values ("I like"), a new one takes no other's place. */
	f->op = op == DETECT_SUPERSEDE && x->cardinality == RELATION_MANY ? DETECT_ADD : op;
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

/* A value of a relation at i. */
bool read_value(const struct reading *c, const char *kind, int trust, size_t i, struct value *v)
{
	return i < c->n && value_parse(c->d->x->text, kind, trust, c->t, i, c->n, v);
}

/* Nothing but fillers, marks or a new thought may follow a value. */
bool value_closed(const struct reading *c, size_t i)
{
	if (i >= c->n || tok_punct(c->t + i) || word_in(WORDS_CUT, c->t[i].w) ||
	    word_in(WORDS_TAIL, c->t[i].w) || tail_at(c->t, i, c->n))
		return true;
	return tok_is(c->t + i, "and") || tok_is(c->t + i, "by") || tok_is(c->t + i, "at") ||
	       tok_is(c->t + i, "from") || tok_is(c->t + i, "with") || tok_is(c->t + i, "in") ||
	       tok_is(c->t + i, "for") || tok_is(c->t + i, "these") || tok_is(c->t + i, "but") ||
	       tok_is(c->t + i, "last") || tok_is(c->t + i, "this") || tok_is(c->t + i, "on") ||
	       tok_is(c->t + i, "every") || tok_is(c->t + i, "of");
}

static bool likes(const relation *x)
{
	return !strcmp(x->name, "like") || !strcmp(x->name, "dislike");
}

/* May a list go on at i, past commas and "and" from token from on? A bare comma may end the thought, so that
 * likes go on behind one only if an "and" is to come. */
static bool list_goes_on(const struct reading *c, const relation *x, size_t from, size_t i)
{
	if (i == from || i >= c->n)
		return false;
	if (!likes(x))
		return true;
	for (size_t k = from; k < c->n && k < from + 6; k++)
		if (tok_is(c->t + k, "and") || tok_is(c->t + k, "&"))
			return true;
	return false;
}

/* Adds a value and, where the kind allows several, those joined to it by commas and "and". Returns
 * the end or 0. */
size_t add_values(const struct reading *c, const struct subject *s, const relation *x,
		  const struct value *first, const char *rule, double confidence)
{
	struct value v = *first;
	size_t next = v.next;

	if (value_is_list(x->value) || likes(x)) { /* cut "peanuts and milk" at its "and" */
		for (;;) {
			size_t k, i;

			for (i = 0; i < c->n && c->t[i].a < v.a; i++)
				;
			for (k = i;
			     k < v.next && !tok_is(c->t + k, "and") && !tok_is(c->t + k, "or"); k++)
				;
			if (k > i && k < v.next && !(k + 1 < c->n && pair_is_one(c->t + k + 1))) {
				v.b = c->t[k - 1].b;
				v.next = k;
			}
			if (!reader_add(c->d, s, x->name, &v, c->op, rule, confidence))
				return 0;
			next = k = v.next;
			if (!strcmp(x->value, "language") && k + 2 < c->n && tok_is(c->t + k, "at") && tok_is(c->t + k + 2, "and"))
				k += 2; /* "Welsh at home and English at work" */
			while (k < c->n && (tok_is(c->t + k, ",") || tok_is(c->t + k, "and") ||
					    tok_is(c->t + k, "or") || tok_is(c->t + k, "also") ||
					    tok_is(c->t + k, "&") || tok_is(c->t + k, "to")))
				k++;
			if (!list_goes_on(c, x, next, k) ||
			    !read_value(c, likes(x) ? "like" : x->value,
					strcmp(x->value, "language") ? TRUST_HIGH : TRUST_LOW, k,
					&v) ||
			    (!likes(x) && tok_is(c->t + next, ",") && v.next < c->n && !tok_punct(c->t + v.next) &&
			     !word_among(" and or & also ", c->t[v.next].w) && !word_in(WORDS_TAIL, c->t[v.next].w)))
				return next;
		}
	}
	return reader_add(c->d, s, x->name, &v, c->op, rule, confidence) ? next : 0;
}
