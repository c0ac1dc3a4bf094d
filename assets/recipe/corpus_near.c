/* Near scenes: one thing is told, and what lies beside it is asked: the same of somebody else, another thing of the same one. */
#include "corpus_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "My birthday is on June 3, 1984" says the year of birth, too. */
static bool says_year(const struct item *told, const relation *x)
{
	size_t digits = 0;

	for (const char *c = strstr(x->name, "year") ? told->value : ""; *c && digits < 4; c++)
		digits = isdigit((unsigned char)*c) ? digits + 1 : 0;
	return digits == 4;
}

/* The same of somebody else, a distractor: "I live in Porto. My sister lives in Oslo." NULL when there is none. */
struct item *near_rival(struct scene *sc, const struct item *of, enum mode mode)
{
	for (int tries = 0; tries < 60; tries++) {
		const relation *rel = group_pick(sc->s, sc->r, G_THEIRS);
		char subject[VALUE_MAX];
		struct item *f;

		if (strcmp(rel->name, of->rel->name))
			continue;
		scene_pick_subject(sc->s, sc->r, rel, subject);
		if (relation_suits(sc->s->rel, rel, subject) && (f = scene_add_given(sc, rel, subject, mode)) != NULL)
			return f;
	}
	return NULL;
}

/* What somebody could take for the fact that was told, and what it does not tell: where I was born if I live in Porto,
 * where I live if my sister lives in Oslo, my sister's job if I said her name. */
struct item *near_other(struct scene *sc, const struct item *told)
{
	const scenes *s = sc->s;

	for (int tries = 0; tries < 20; tries++) {
		unsigned way = rng_below(sc->r, 100);
		const char *subject = told->subject;
		const relation *x = NULL;
		struct item *f;

		if (way < 55) {
			x = asks_near(s->asks, told->rel, sc->r);
		} else if (way < 68) {
			subject = "I";
			x = relations_find(s->rel, subject, told->rel->name);
		} else if (way < 80) {
			if ((f = near_rival(sc, told, UNKNOWN)) != NULL)
				return f;
		} else if (!strncmp(subject, "my ", 3)) {
			x = way < 90 ? group_pick(s, sc->r, G_THEIRS) : relations_find(s->rel, subject, "name");
		}
		if (x && relation_suits(s->rel, x, subject) && !says_year(told, x) &&
		    (f = scene_add_given(sc, x, subject, UNKNOWN)) != NULL)
			return f;
	}
	return NULL;
}

void near_scene(struct scene *sc)
{
	rng *r = sc->r;
	struct item *told = scene_add_fact(sc, NULL, TOLD), *near = told ? near_other(sc, told) : NULL;

	if (!near)
		near = scene_add_fact(sc, told, UNKNOWN);
	if (rng_chance(r, .3))
		scene_preface(sc);
	scene_tell(sc, &told, 1);
	if (rng_chance(r, .25))
		scene_interlude(sc);
	if (rng_chance(r, .3))
		scene_ask(sc, told);
	scene_ask(sc, near);
	if (rng_chance(r, .4))
		scene_ask(sc, told);
	if (rng_chance(r, .2) && (near = near_other(sc, told)) != NULL)
		scene_ask(sc, near);
}

/* "my sister's", "mine", "my phone number": what a short question names of f after one about `before`; false: nothing. */
static bool short_name(const struct item *f, const struct item *before, rng *r, char out[LINE])
{
	const char *what = f->rel->unknown;
	bool mine = !strcmp(f->subject, "I"), whose = !strncmp(what, mine ? "your " : "{t}'s ", mine ? 5 : 6);

	if (strcmp(f->rel->name, before->rel->name)) { /* another thing, so it is named */
		if (!whose || strchr(what + 5, '{'))
			return false;
		snprintf(out, LINE, "%s%s %s", mine ? "my" : f->subject, mine ? "" : "'s", what + (mine ? 5 : 6));
	} else if (mine) {
		snprintf(out, LINE, "%s", whose ? "mine" : "me");
	} else {
		snprintf(out, LINE, "%s%s", f->subject, whose && rng_chance(r, .6) ? "'s" : "");
	}
	return true;
}

/* "And my father's?" */
static void ask_briefly(struct scene *sc, const struct item *f, const char *name)
{
	static const char *const heads[] = { "And", "and", "What about", "And what about", "How about", "what about", "Okay, and",
					     "And then", "And now", "Now" };
	char text[LINE + 24];

	snprintf(text, sizeof(text), "%s %s%s", heads[rng_below(sc->r, sizeof(heads) / sizeof(*heads))], name,
		 rng_chance(sc->r, .8) ? "?" : "");
	doc_add(sc->d, ROLE_USER, text);
	scene_answer(sc, f, f->subject);
}

/* The same of somebody else, or something else of the same one; NULL when there is none. */
static struct item *add_beside(struct scene *sc, const struct item *of, enum mode mode)
{
	const relation *x = of->rel;

	if (rng_chance(sc->r, .5)) {
		x = group_pick(sc->s, sc->r, of->group);
		return strcmp(x->subject, of->rel->subject) || says_year(of, x) ? NULL : scene_add_given(sc, x, of->subject, mode);
	}
	if (of->group == G_PEOPLE || of->group == G_PETS) {
		x = group_pick(sc->s, sc->r, of->group);
		return scene_add_given(sc, x, x->subject, mode);
	}
	if (of->group == G_THEIRS && rng_chance(sc->r, .4))
		return (x = relations_find(sc->s->rel, "I", x->name)) ? scene_add_given(sc, x, "I", mode) : NULL;
	return near_rival(sc, of, mode);
}

/* "And my father's?": only what was said before tells what is asked. */
void near_short_scene(struct scene *sc)
{
	enum mode mode = rng_chance(sc->r, .45) ? TOLD : UNKNOWN;
	struct item *a = NULL, *b = NULL;
	char name[LINE];
	bool interlude;

	for (int tries = 0; !b && tries < 60; tries++) {
		sc->n = 0;
		a = scene_add_fact(sc, NULL, TOLD);
		b = a && a->group != G_THINGS ? add_beside(sc, a, mode) : NULL;
		if (b && !short_name(b, a, sc->r, name))
			b = NULL;
	}
	if (!b)
		return;
	if (mode == TOLD)
		scene_tell_one(sc, b);
	scene_tell_one(sc, a);
	interlude = rng_chance(sc->r, .15);
	if (interlude)
		scene_interlude(sc);
	if (interlude || rng_chance(sc->r, .55)) /* or it would go on with the interlude */
		scene_ask(sc, a);
	ask_briefly(sc, b, name);
	if (rng_chance(sc->r, .3))
		scene_ask(sc, a);
}

/* ---- pairs: the same question after what it needs was told, and after something near alone ---- */

/* The statements in any order, one or two in a message, something else between them now and then. */
static void tell_mixed(struct scene *sc, struct item **told, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = rng_below(sc->r, (unsigned)i);
		struct item *t = told[k];

		told[k] = told[i - 1];
		told[i - 1] = t;
	}
	for (size_t i = 0; i < n;) {
		size_t many = i + 1 < n && rng_chance(sc->r, .25) ? 2 : 1;

		scene_tell(sc, told + i, many);
		i += many;
		if (rng_chance(sc->r, .12))
			scene_interlude(sc);
	}
}

/* "And my aunt's?" after the question for `before`; otherwise in full. */
static void ask_after(struct scene *sc, struct item *f, const struct item *before)
{
	char name[LINE];

	if (before && before->group != G_THINGS && rng_chance(sc->r, .6) && short_name(f, before, sc->r, name))
		ask_briefly(sc, f, name);
	else
		scene_ask(sc, f);
}

/* What is near is told in every document, what is asked in this share of them only; all else is drawn alike. */
void near_pair_scene(struct scene *sc, double share)
{
	rng *r = sc->r;
	bool known = rng_chance(r, share), before, alike;
	struct item *near, *asked, *all[FACTS];
	size_t n = 0;

	near = scene_add_fact(sc, NULL, TOLD);
	asked = near && rng_chance(r, .45) ? add_beside(sc, near, UNKNOWN) : NULL;
	asked = near && !asked ? near_other(sc, near) : asked;
	if (!asked) {
		near_scene(sc);
		return;
	}
	alike = !strcmp(near->rel->value, asked->rel->value);
	all[n++] = near;
	if (known) {
		scene_new_value(sc, asked, asked->value);
		asked->mode = TOLD;
		all[n++] = asked;
	}
	for (unsigned more = rng_below(r, 5); more-- && n + 2 < FACTS; n++)
		if (!(all[n] = scene_add_fact(sc, rng_chance(r, .4) ? near : NULL, TOLD)))
			break;
	if (rng_chance(r, .15))
		scene_preface(sc);
	tell_mixed(sc, all, n);
	if (rng_chance(r, .3))
		scene_interlude(sc);
	before = rng_chance(r, .4);
	if (before)
		scene_ask(sc, near);
	if (!rng_chance(r, .16) || !scene_confirm(sc, asked, alike && rng_chance(r, .7) ? near->value : NULL))
		ask_after(sc, asked, before ? near : NULL);
	if (!known && rng_chance(r, .35)) { /* now it is told, and known */
		scene_new_value(sc, asked, asked->value);
		scene_tell_one(sc, asked);
		if (rng_chance(r, .3))
			scene_interlude(sc);
		scene_ask(sc, asked);
	}
	if (rng_chance(r, .45))
		scene_ask(sc, all[rng_below(r, (unsigned)n)]);
}
