/* Pairs within a circle: the same question with and without what it needs, after the same was told of somebody else. */
#include "corpus_circle_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Does what is told of one of them also say something of the other? "He runs a bakery": what he does is no longer unknown. */
static bool goes_into(const struct trait *told, const struct trait *asked)
{
	static const char *const alike[] = { "car drives", "job runs teaches drives employer studies", "food adores drink",
					     "hobby collects instrument sport team runs", "origin birthplace home" };

	for (size_t i = 0; i < sizeof(alike) / sizeof(*alike); i++)
		if (strstr(alike[i], told->name) && strstr(alike[i], asked->name) && (i < 4 || !strcmp(asked->name, "origin")))
			return true;
	return told == asked;
}

/* Who is asked about (the last one), somebody of whom the same is told, and perhaps others; returns who is asked about. */
static size_t gather_pair(struct round *o, const struct trait *t, bool told)
{
	unsigned others = 1 + rng_below(o->r, 3);
	size_t asked;

	if (strchr(t->whose, 'm') && rng_chance(o->r, .5))
		round_add_member(o, true);
	while (others--)
		round_add_member(o, false);
	if (o->m[0].kind == 'm' && rng_chance(o->r, .4)) { /* I am asked about: last, too */
		o->m[o->n] = o->m[0];
		memmove(o->m, o->m + 1, o->n * sizeof(*o->m));
	} else {
		for (round_add_member(o, false); !strchr(t->whose, o->m[o->n - 1].kind); round_add_member(o, false))
			o->n--;
	}
	asked = o->n - 1;
	for (size_t i = 0; i < asked; i++)
		if (rng_chance(o->r, i ? .5 : .9))
			round_add_told(o, i, t);
	for (size_t i = 0; i < o->n; i++)
		for (unsigned more = rng_below(o->r, i == asked ? 3 : 2); more--;) {
			const struct trait *other = round_any_trait(o);

			if (!goes_into(other, t) && o->n_told + 1 < TOLD_MAX)
				round_add_told(o, i, other);
		}
	if (told)
		round_add_told(o, asked, t);
	return asked;
}

static bool is_told_of(const struct round *o, size_t who)
{
	for (size_t i = 0; i < o->n_told; i++)
		if (o->f[i].who == who)
			return true;
	return false;
}

/* Is "her" my aunt, of whom something is told: one of two that were spoken of? */
static bool is_only(const struct round *o, size_t who)
{
	size_t others = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (i != who && !strcmp(o->m[i].he, o->m[who].he))
			return false;
		others += i != who && !member_is_me(&o->m[i]);
	}
	return others < 2 && !member_is_me(&o->m[who]) && is_told_of(o, who);
}

/* "And my aunt?" after the question for somebody else. */
static void ask_briefly(struct round *o, size_t who, const struct trait *t)
{
	static const char *const heads[] = { "And", "What about", "And what about", "How about", "Okay, and", "And", "and", "Now" };
	const struct told *f = round_find(o, who, t);
	const struct member *m = &o->m[who];
	char q[LINE], a[LINE], what[LINE];
	const char *him = is_only(o, who) && rng_chance(o->r, .3) ? *m->he == 'h' ? "him" : "her" : NULL;
	bool name = !him && *m->name && !member_is_me(m) && rng_chance(o->r, .3);

	snprintf(q, sizeof(q), "%s %s?", heads[rng_below(o->r, 8)],
		 him ? him : member_is_me(m) ? "me" : name ? m->name : m->role);
	if (f) {
		round_answer(o, f, name ? m->name : m->role, a);
	} else {
		round_put(o, t, member_is_me(m) ? 'U' : 'X', true, name ? m->name : m->role, NULL, what);
		snprintf(a, sizeof(a), "I don't know %.300s yet. You can tell me.", what);
	}
	round_say(o, q, sizeof(q));
	doc_add(o->d, ROLE_ASSISTANT, a);
}

/* "Was my aunt born in Vienna?", when my uncle was and of her nothing is told. */
static void propose(struct round *o, size_t who, const struct told *same)
{
	const struct trait *t = same->t;
	const struct member *m = &o->m[who];
	char q[LINE], what[LINE], a[LINE];

	round_put(o, t, member_is_me(m) ? 'N' : 'M', false, m->role, same->value, q);
	round_put(o, t, member_is_me(m) ? 'U' : 'X', true, m->role, NULL, what);
	snprintf(a, sizeof(a), "I don't know %.300s yet. You can tell me.", what);
	round_ask(o, q, a);
}

/* Only the name, or not even that, is missing: "What's my aunt's name?" */
static void ask_untold_name(struct round *o)
{
	const struct member *m = &o->m[rng_below(o->r, (unsigned)o->n)];
	char form[LINE], q[LINE], a[LINE];

	if (member_is_me(m) || *m->name)
		return;
	do
		round_word(o, "ask_name", form, sizeof(form));
	while (!strncmp(form, "Who ", 4) || strstr(form, "did I") || strstr(form, "...") || strstr(form, "Which of"));
	scene_fill(form, m->role, NULL, q, sizeof(q), NULL);
	snprintf(a, sizeof(a), "I don't know your %.200s's name yet. You can tell me.", m->role + 3);
	round_ask(o, q, a);
}

/* Asks for it at once, after the same of somebody else, or with a pronoun after something else of the same one. */
static void ask_pair(struct round *o, size_t who, const struct trait *t)
{
	const struct told *f = round_find(o, who, t), *same = NULL, *own = NULL;
	bool pronoun = false;

	for (size_t i = 0; i < o->n_told; i++)
		if (&o->f[i] != f && o->f[i].t == t)
			same = &o->f[i];
		else if (o->f[i].who == who && o->f[i].t != t && !member_is_me(&o->m[who]))
			own = &o->f[i];
	if (same && rng_chance(o->r, .15) && trait_has(t, member_is_me(&o->m[who]) ? 'N' : 'M')) {
		if (f)
			round_ask_yes_no(o, f);
		else
			propose(o, who, same);
		return;
	}
	if (same && rng_chance(o->r, .4)) {
		round_ask_fact(o, same);
		if (rng_chance(o->r, .6)) {
			ask_briefly(o, who, t);
			return;
		}
	} else if (own && rng_chance(o->r, .5)) {
		round_ask_fact(o, own);
		pronoun = rng_chance(o->r, .6);
	}
	if (!f)
		round_ask_untold(o, who, t, pronoun);
	else if (pronoun)
		round_ask_pronoun(o, f);
	else
		round_ask_fact(o, f);
}

/* Now the asked one's is told, and asked again. */
static void tell_late(struct round *o, size_t who, const struct trait *t)
{
	const struct member *m = &o->m[who];
	char one[LINE], text[TEXT], subject[VALUE_MAX];
	const struct told *f;

	round_add_told(o, who, t);
	if (!(f = round_find(o, who, t)))
		return;
	snprintf(subject, sizeof(subject), "%s", m->role);
	round_capital(subject);
	round_put(o, t, member_is_me(m) ? 'P' : 'C', false, subject, f->value, one);
	snprintf(text, sizeof(text), "%s %s.", subject, one);
	round_say(o, text, sizeof(text));
	round_acknowledge(o, &who, 1, f);
	if (rng_chance(o->r, .25))
		round_between(o);
	round_ask_fact(o, f);
}

void circle_pair(const circle *c, const scenes *s, double told, rng *r, doc *d)
{
	struct round *o = calloc(1, sizeof(*o));
	const struct trait *t;
	size_t asked, all;
	bool known = rng_chance(r, told);

	if (!o)
		recipe_die("out of memory");
	*o = (struct round){ .c = c, .s = s, .r = r, .d = d };
	t = round_any_trait(o);
	while (!strpbrk(t->whose, "op")) /* nobody else's */
		t = round_any_trait(o);
	asked = gather_pair(o, t, known);
	all = o->n;
	for (size_t i = 0; i < all; i++)
		if (i != asked && !is_told_of(o, i) && !*o->m[i].name)
			round_give_name(o, &o->m[i]);
	if (!is_told_of(o, asked)) { /* never spoken of before */
		*o->m[asked].name = 0;
		o->n = asked;
	}
	round_tell_all(o);
	o->n = all;
	for (unsigned n = rng_chance(r, .4) ? 1 + rng_below(r, 2) : 0; n--;)
		round_between(o);
	ask_pair(o, asked, t);
	if (!known && rng_chance(r, .35))
		tell_late(o, asked, t);
	if (!known && rng_chance(r, .2))
		ask_untold_name(o);
	for (unsigned n = o->n_told ? rng_below(r, 3) : 0; n--;)
		round_ask_fact(o, &o->f[rng_below(r, (unsigned)o->n_told)]);
	free(o);
}
