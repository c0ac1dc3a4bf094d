/* Scenes: dialogues about facts that are injected, told in words, known from the weights, or not known at all. */
#include "corpus_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* This share of the dialogues about told facts is about a circle of people. */
#define CIRCLES .5
/* And this share of all documents of a kind is a question with or without what it needs. */
#define PAIRS_CONTEXT .24
#define COMMENTED .55 /* of the dialogues about facts have comments */
#define TOLD_AFTER .4 /* of the dialogues that end in "I don't know ... yet": it is told at once, briefly */
#define PAIRS_UNKNOWN .42

/* ---- picking ---- */

static enum group pick_group(rng *r)
{
	static const unsigned char share[G_COUNT] = { 34, 14, 12, 14, 9, 2, 15 };
	unsigned k = rng_below(r, 100);
	int g = 0;

	while (k >= share[g])
		k -= share[g++];
	return (enum group)g;
}

/* Someone the weights know: never the subject of an injected or unknown fact. */
static bool is_known_person(const scenes *s, const char *name)
{
	for (size_t i = 0; i < s->n_people; i++)
		if (!strcasecmp(s->people[i].name, name))
			return true;
	return false;
}

void scene_pick_subject(const scenes *s, rng *r, const relation *x, char out[VALUE_MAX])
{
	bool pet = !strcmp(x->name, "breed") || (relation_fits_pet(x) && rng_chance(r, .35));

	if (strcmp(x->subject, "*")) {
		snprintf(out, VALUE_MAX, "%s", x->subject);
		return;
	}
	if (pet) {
		snprintf(out, VALUE_MAX, "%s", group_pick(s, r, G_PETS)->subject);
		return;
	}
	if (rng_chance(r, .55)) {
		snprintf(out, VALUE_MAX, "%s", group_pick(s, r, G_PEOPLE)->subject);
		return;
	}
	do
		values_person(s->val, r, out);
	while (is_known_person(s, out));
	if (rng_chance(r, .25))
		out[strcspn(out, " ")] = 0;
}

/* ---- events ---- */

/* who: the subject as it was asked for */
void scene_answer(struct scene *sc, const struct item *f, const char *who)
{
	static const char *const more[] = { "You can tell me.", "You can tell me.", "You can tell me.",
					    "You can tell me.", "Tell me and I will remember it.", "Do you want to tell me?" };
	char text[LINE], what[LINE];

	if (f->mode == UNKNOWN) {
		scene_fill(f->rel->unknown, who, NULL, what, sizeof(what), NULL);
		snprintf(text, sizeof(text), "I don't know %.200s yet. %s", what, more[rng_below(sc->r, 6)]);
	} else {
		scene_fill(f->rel->answer, who, f->value, text, sizeof(text), NULL);
	}
	doc_add(sc->d, ROLE_ASSISTANT, text);
}

void scene_ask(struct scene *sc, struct item *f)
{
	char q[LINE], who[VALUE_MAX];
	size_t end, first = sc->d->n_turns;

	asked_question(sc, f, q, who, &end);
	if (!doc_add(sc->d, ROLE_USER, q))
		return;
	scene_mark_from(sc, first);
	if (*f->injected)
		scene_mark(sc->d, sc->d->turns[first].at + end, f->injected, true);
	scene_answer(sc, f, who);
	sc->last = f;
	sc->last_turn = first;
}

void scene_new_value(struct scene *sc, const struct item *f, char out[VALUE_MAX])
{
	values_make(sc->s->val, f->rel->value, f->rel->cardinality == RELATION_MANY, sc->s->held_out, sc->r, out);
}

/* "I live in {v}." -> "I live in {v}, right?", "So I live in {v} too?"; false when the form is no plain statement. */
static bool tag_form(const char *say, bool too, rng *r, char *out, size_t cap)
{
	static const char *const forms[] = { "%, right?",      "%, right?",	       "%, correct?",	     "%, yes?",
					     "%?",	       "So %?",		       "So %, right?",	     "Am I right that %?",
					     "%, isn't it so?", "%, isn't that right?", "I think %. Is that right?", "%, no?",
					     "%, or am I wrong?", "Is it true that %?", "Is it right that %?", "%, if I'm not mistaken?",
					     "And %, right?",   "You know that %, don't you?", "Did I tell you that %?", "%, is that so?" };
	static const char *const starts[] = { "My ", "I ", "I'm ", "{S}" };
	const char *form = forms[rng_below(r, sizeof(forms) / sizeof(*forms))];
	size_t at = strcspn(form, "%"), n = strlen(say);
	bool plain = false;

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		plain |= !strncmp(say, starts[i], strlen(starts[i]));
	if (!plain || n < 4 || strcmp(say + n - 4, "{v}."))
		return false;
	snprintf(out, cap, "%.*s%.*s%s%s", (int)at, form, (int)n - 1, say, too ? " too" : "", form + at + 1);
	if (at && *say == 'M')
		out[at] = 'm';
	else if (at && *say == '{')
		out[at + 1] = 's';
	return true;
}

/* "Is my dog's name Rex?", "My dog is called Rex, right?" said: what is proposed; NULL: what is so, or something new. False:
 * nothing is asked. */
bool scene_confirm(struct scene *sc, struct item *f, const char *said)
{
	const char *say = f->rel->say[rng_below(sc->r, (unsigned)f->rel->n_say)];
	char form[LINE], q[LINE], note[LINE], value[VALUE_MAX];
	size_t end = 0, first = sc->d->n_turns, marks = sc->d->n_marks;
	bool inverted = rng_chance(sc->r, .4), yes = !said && rng_chance(sc->r, .4) && f->mode != UNKNOWN;

	if (inverted ? !type_yes_no_form(say, form, sizeof(form)) : !tag_form(say, said && rng_chance(sc->r, .35), sc->r, form, sizeof(form)))
		return false;
	if (said)
		snprintf(value, sizeof(value), "%s", said);
	else
		scene_new_value(sc, f, value);
	if (!strcasecmp(value, f->value))
		return false;
	scene_fill(form, f->subject, yes ? f->value : value, q, sizeof(q), NULL);
	if (rng_chance(sc->r, .2))
		type_prefix(q, &end, "hey, ");
	if (rng_chance(sc->r, .2) && (inverted || strstr(q, "right?")))
		q[strlen(q) - 1] = 0;
	if (!doc_add(sc->d, ROLE_USER, q))
		return false;
	scene_mark_from(sc, first);
	if (f->mode == INJECTED && sc->d->n_marks == marks) { /* nothing there to know it from */
		sc->d->len = sc->d->turns[--sc->d->n_turns].at;
		return false;
	}
	if (f->mode == UNKNOWN) {
		scene_answer(sc, f, f->subject);
		return true;
	}
	scene_fill(f->rel->note, f->subject, f->value, note, sizeof(note), NULL);
	snprintf(q, sizeof(q), "%s, %.300s.", yes ? "Yes" : "No", note);
	doc_add(sc->d, ROLE_ASSISTANT, q);
	return true;
}

/* "I used to live in Porto.": no fact. Returns the relation it sounds like. */
static const relation *near_miss(struct scene *sc)
{
	const char *name, *say, *reply;
	char value[VALUE_MAX], text[LINE];
	const relation *rel;
	size_t first = sc->d->n_turns;

	talk_near(sc->s->talk, sc->r, &name, &say, &reply);
	rel = relations_find(sc->s->rel, "I", name);
	if (!rel)
		recipe_die("near.txt: no relation '%s'", name);
	values_make(sc->s->val, rel->value, false, sc->s->held_out, sc->r, value);
	scene_fill(say, "I", value, text, sizeof(text), NULL);
	type_statement(text, sc->r);
	if (!doc_add(sc->d, ROLE_USER, text))
		return rel;
	scene_mark_from(sc, first);
	scene_fill(reply, "I", value, text, sizeof(text), NULL);
	doc_add(sc->d, ROLE_ASSISTANT, text);
	return rel;
}

static void doubt(struct scene *sc, const struct item *f)
{
	static const char *const q[] = { "Are you sure?", "Really?", "are you sure", "Is that right?", "Sure?" };
	static const char *const how[] = { "How do you know that?", "How do you know?", "Who told you that?",
					   "how do you know this" };
	char text[LINE], a[LINE];

	if (f->mode == UNKNOWN)
		return;
	if (rng_chance(sc->r, .5)) {
		scene_fill(f->rel->note, f->subject, f->value, a, sizeof(a), NULL);
		snprintf(text, sizeof(text), "Yes, %.300s.", a);
		doc_add(sc->d, ROLE_USER, q[rng_below(sc->r, 5)]);
		doc_add(sc->d, ROLE_ASSISTANT, text);
	} else {
		doc_add(sc->d, ROLE_USER, how[rng_below(sc->r, 4)]);
		doc_add(sc->d, ROLE_ASSISTANT, "You told me, and I learned it by changing my weights.");
	}
}

/* "Noted.": the fact is then to be read where the user told it. */
static bool acknowledge_shortly(struct scene *sc)
{
	static const char *const short_ones[] = { "Noted.",	  "Got it.",	  "Got it!",	"Okay, noted.",
						  "Good to know!", "All right.", "Understood.", "Thanks for telling me." };
	bool words = sc->d->kind == DOC_CONTEXT || sc->d->kind == DOC_UNKNOWN;

	if (!sc->s->circle || !words || !rng_chance(sc->r, .25))
		return false;
	doc_add(sc->d, ROLE_ASSISTANT, short_ones[rng_below(sc->r, 8)]);
	return true;
}

static void acknowledge(struct scene *sc, struct item *const *f, size_t n)
{
	static const char *const heads[] = { "Got it: ", "Okay, ", "Noted: ", "Thanks, I'll remember that ",
					     "All right, ", "Good to know: ", "Got it: ", "I'll remember that ",
					     "All right: ", "Noted: " };
	char text[LINE * 3], note[LINE];
	size_t len, i = 0;
	bool named = !strcmp(f[0]->rel->name, "name") && !strcmp(f[0]->rel->subject, "I");

	if (acknowledge_shortly(sc))
		return;
	if (n > 1 && sc->s->circle && sc->d->kind == DOC_CONTEXT && rng_chance(sc->r, .4))
		n = 1; /* one of them is enough */
	if (named && rng_chance(sc->r, .7)) {
		len = (size_t)snprintf(text, sizeof(text), "Nice to meet you, %s%s", f[0]->value,
				       rng_chance(sc->r, .6) ? "!" : ".");
		i = 1;
		if (n > 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " Got it: ");
	} else {
		len = (size_t)snprintf(text, sizeof(text), "%s", heads[rng_below(sc->r, 10)]);
	}
	for (size_t from = i; i < n; i++) {
		scene_fill(f[i]->rel->note, item_called(f[i]), f[i]->value, note, sizeof(note), NULL);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.300s%s",
					i == from ? "" : i + 1 == n ? " and " : ", ", note, i + 1 < n ? "" : ".");
	}
	doc_add(sc->d, ROLE_ASSISTANT, text);
}

void scene_acknowledge(struct scene *sc, struct item *f)
{
	acknowledge(sc, &f, 1);
}

/* Does the statement of f begin with a word that has its capital from the sentence alone? */
static bool begins_plainly(const struct item *f, const char *s)
{
	const char *who = item_called(f);

	return !type_keeps_capital(s) && strncasecmp(s, f->value, strlen(f->value)) &&
	       (islower((unsigned char)*who) || strncmp(s, who, strlen(who)));
}

/* The user tells n facts (all already with mode TOLD) in one message. */
void scene_tell(struct scene *sc, struct item *const *f, size_t n)
{
	char text[LINE * 3], one[LINE];
	size_t len = 0, first = sc->d->n_turns;

	for (size_t i = 0; i < n; i++) {
		told_name(sc, f[i]);
		told_statement(sc, f[i], one, sizeof(one));
		if (!strcasestr(one, f[i]->called)) /* "I have a dog called ..." */
			*f[i]->called = 0;
		if (n == 1) {
			type_statement(one, sc->r);
		} else if (i + 1 < n && rng_chance(sc->r, .25) && one[strlen(one) - 1] == '.') {
			one[strlen(one) - 1] = 0;
			strcat(one, " and");
		}
		if (i && len > 4 && !strcmp(text + len - 4, " and") && begins_plainly(f[i], one))
			*one = (char)tolower((unsigned char)*one);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", one);
	}
	if (!doc_add(sc->d, ROLE_USER, text))
		return;
	scene_mark_from(sc, first);
	acknowledge(sc, f, n);
}

void scene_tell_one(struct scene *sc, struct item *f)
{
	f->mode = TOLD;
	scene_tell(sc, &f, 1);
}

void scene_tell_briefly(struct scene *sc, struct item *f)
{
	char text[LINE];

	f->mode = TOLD;
	told_briefly(sc, f, item_pronoun(f, sc->r), text, sizeof(text));
	if (doc_add(sc->d, ROLE_USER, text))
		acknowledge(sc, &f, 1);
}

static void correct(struct scene *sc, struct item *f)
{
	char text[LINE], old[VALUE_MAX];

	memcpy(old, f->value, sizeof(old));
	do
		scene_new_value(sc, f, f->value);
	while (!strcasecmp(f->value, old));
	told_correction(sc, f, old, text, sizeof(text));
	doc_add(sc->d, ROLE_USER, text);
	acknowledge(sc, &f, 1);
}

static void mention(struct scene *sc, struct item *f)
{
	const char *say, *reply;
	char text[LINE];
	size_t first = sc->d->n_turns;
	const char *kind = f->group == G_PETS ? "pet" : f->group == G_PEOPLE ? "person" : "thing";

	if ((f->group != G_PETS && f->group != G_PEOPLE && f->group != G_THINGS) || f->mode == UNKNOWN ||
	    !strcmp(f->rel->value, "names"))
		return;
	talk_use(sc->s->talk, sc->r, kind, &say, &reply);
	scene_fill(say, f->subject, NULL, text, sizeof(text), NULL);
	type_statement(text, sc->r);
	if (!doc_add(sc->d, ROLE_USER, text))
		return;
	scene_mark_from(sc, first);
	scene_fill(reply, f->subject, f->value, text, sizeof(text), NULL);
	doc_add(sc->d, ROLE_ASSISTANT, text);
}

void scene_interlude(struct scene *sc)
{
	size_t first = sc->d->n_turns;

	if (rng_chance(sc->r, .12))
		near_miss(sc);
	else if (rng_chance(sc->r, sc->d->kind == DOC_CONTEXT || sc->d->kind == DOC_UNKNOWN ? .14 : .05))
		talk_untold(sc->s->talk, sc->r, sc->d);
	else if (rng_chance(sc->r, .65))
		talk_chat(sc->s->talk, sc->r, sc->d);
	else
		talk_world(sc->s->talk, sc->r, sc->d);
	scene_mark_from(sc, first);
}

/* ---- facts of a scene ---- */

static bool item_clashes(const struct scene *sc, const struct item *f)
{
	bool words = sc->s->asks && sc->d->kind != DOC_VALUE;

	for (size_t i = 0; i < sc->n; i++) {
		const struct item *g = &sc->f[i];

		if (words && asks_alike(sc->s->asks, g->rel, g->subject, f->rel, f->subject))
			return true;
		if (g->rel == f->rel && !strcasecmp(g->subject, f->subject))
			return true;
		if (!strcasecmp(g->rel->name, f->rel->name) && !strcasecmp(g->subject, f->subject))
			return true;
		for (size_t a = 0; a < f->n_strong; a++) /* one phrase cannot carry two vectors */
			for (size_t b = 0; b < g->n_strong; b++)
				if (!strcasecmp(f->anchor[a], g->anchor[b]))
					return true;
	}
	return false;
}

/* like: a fact whose neighbour is wanted, or NULL. Returns NULL when the scene is full or nothing fits. */
struct item *scene_add_fact(struct scene *sc, const struct item *like, enum mode mode)
{
	struct item *f = &sc->f[sc->n];
	bool want_long = mode == INJECTED && rng_chance(sc->r, LONG_SHARE);

	if (sc->n == FACTS)
		return NULL;
	for (int tries = 0; tries < 30; tries++) {
		bool same_subject = like && like->group != G_THINGS && rng_chance(sc->r, .4) &&
				    strncasecmp(like->subject, "I", 2);

		memset(f, 0, sizeof(*f));
		f->group = same_subject ? G_THEIRS : like && rng_chance(sc->r, .8) ? like->group : pick_group(sc->r);
		f->rel = group_pick(sc->s, sc->r, f->group);
		scene_pick_subject(sc->s, sc->r, f->rel, f->subject);
		if (same_subject)
			snprintf(f->subject, sizeof(f->subject), "%s", like->subject);
		if (!strcmp(f->rel->name, "breed") && same_subject && like->group != G_PETS)
			continue;
		if (sc->d->kind != DOC_VALUE && !relation_suits(sc->s->rel, f->rel, f->subject))
			continue;
		item_anchors(f);
		if (item_clashes(sc, f))
			continue;
		f->mode = mode;
		if (mode != UNKNOWN)
			scene_new_value(sc, f, f->value);
		if (mode == INJECTED)
			memcpy(f->injected, f->value, sizeof(f->injected));
		if (want_long && strlen(f->value) < LONG_VALUE && tries < 15)
			continue;
		sc->n++;
		return f;
	}
	return NULL;
}

/* What was nearly said is asked for as well. */
static void miss_and_add(struct scene *sc, enum mode mode)
{
	const relation *rel = near_miss(sc);
	struct item *f = &sc->f[sc->n];

	if (sc->n == FACTS)
		return;
	memset(f, 0, sizeof(*f));
	f->rel = rel;
	f->group = group_of(rel);
	snprintf(f->subject, sizeof(f->subject), "I");
	item_anchors(f);
	if (item_clashes(sc, f))
		return;
	f->mode = mode;
	if (mode == INJECTED) {
		scene_new_value(sc, f, f->value);
		memcpy(f->injected, f->value, sizeof(f->injected));
	}
	sc->n++;
}

static void ask_all(struct scene *sc, double twice)
{
	size_t order[FACTS], n = sc->n;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = rng_below(sc->r, (unsigned)i), t = order[k];

		order[k] = order[i - 1];
		order[i - 1] = t;
	}
	for (size_t i = 0; i < n; i++) {
		struct item *f = &sc->f[order[i]];

		if (f->mode == INJECTED || !rng_chance(sc->r, .12) || !scene_confirm(sc, f, NULL))
			scene_ask(sc, f);
		if (rng_chance(sc->r, .03))
			doubt(sc, f);
		if (rng_chance(sc->r, .04))
			scene_confirm(sc, f, NULL);
		if (rng_chance(sc->r, .12))
			scene_interlude(sc);
	}
	for (size_t i = 0; i < n; i++)
		if (rng_chance(sc->r, twice))
			scene_ask(sc, &sc->f[order[i]]);
}

void scene_preface(struct scene *sc)
{
	unsigned k = rng_below(sc->r, 100);

	for (int n = k < 58 ? 0 : k < 82 ? 1 : k < 95 ? 2 : 3; n--;)
		scene_interlude(sc);
}

static void make_value_scene(struct scene *sc)
{
	rng *r = sc->r;
	unsigned k = rng_below(r, 100);
	int n = k < 55 ? 1 : k < 85 ? 2 : 3;
	struct item *f = scene_add_fact(sc, NULL, INJECTED);

	sc->loose = rng_chance(r, .25);
	while (f && --n)
		scene_add_fact(sc, rng_chance(r, .6) ? f : NULL, INJECTED);
	if (rng_chance(r, .4))
		scene_add_fact(sc, &sc->f[0], UNKNOWN);
	if (rng_chance(r, .08))
		scene_add_fact(sc, NULL, UNKNOWN);
	scene_preface(sc);
	if (rng_chance(r, .15) && (f = scene_add_fact(sc, rng_chance(r, .5) ? &sc->f[0] : NULL, TOLD)) != NULL)
		scene_tell_one(sc, f);
	if (rng_chance(r, .1))
		mention(sc, &sc->f[0]);
	if (rng_chance(r, .08))
		miss_and_add(sc, rng_chance(r, .5) ? INJECTED : UNKNOWN);
	f = &sc->f[0];
	if (rng_chance(r, .03)) { /* told the same again in words */
		scene_tell(sc, &f, 1);
	} else if (rng_chance(r, .03)) { /* the words win over the weights */
		if (rng_chance(r, .5))
			scene_ask(sc, f);
		scene_new_value(sc, f, f->value);
		scene_tell_one(sc, f);
	}
	ask_all(sc, .2);
	if (rng_chance(r, .05))
		mention(sc, &sc->f[0]);
}

/* A given fact; NULL when there is no room or it clashes. */
struct item *scene_add_given(struct scene *sc, const relation *rel, const char *subject, enum mode mode)
{
	struct item *f = &sc->f[sc->n];

	if (sc->n == FACTS)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->rel = rel;
	f->group = group_of(rel);
	snprintf(f->subject, sizeof(f->subject), "%s", subject);
	item_anchors(f);
	if (item_clashes(sc, f))
		return NULL;
	f->mode = mode;
	if (mode != UNKNOWN)
		scene_new_value(sc, f, f->value);
	sc->n++;
	return f;
}

/* A question whose answer was told in this share of the documents; in all of them something near was. */
static void make_pair(struct scene *sc, double told)
{
	const struct scenes *s = sc->s;
	unsigned k = rng_below(sc->r, 100);

	if (k < 30)
		near_pair_scene(sc, told);
	else if (k < 53 && s->circle)
		circle_pair(s->circle, s, told, sc->r, sc->d);
	else if (k < 63)
		talk_claims(s->talk, told, sc->r, sc->d);
	else if (k < 67)
		talk_untold(s->talk, sc->r, sc->d);
	else if (k < 75)
		talk_partly(s->talk, sc->r, sc->d);
	else
		talk_beside(s->talk, told, sc->r, sc->d);
}

static void make_unknown_scene(struct scene *sc)
{
	rng *r = sc->r;
	int n = 1 + (int)rng_below(r, 3);
	struct item *f;

	if (sc->s->asks && rng_chance(r, PAIRS_UNKNOWN)) {
		make_pair(sc, .3);
		return;
	}
	if (sc->s->asks && rng_chance(r, .3)) {
		(rng_chance(r, .5) ? near_scene : near_short_scene)(sc);
		return;
	}
	f = scene_add_fact(sc, NULL, UNKNOWN);
	while (f && --n)
		scene_add_fact(sc, rng_chance(r, .5) ? f : NULL, UNKNOWN);
	scene_preface(sc);
	for (unsigned told = rng_chance(r, .5) ? 1 + rng_below(r, 2) : 0; told--;)
		if ((f = scene_add_fact(sc, &sc->f[0], TOLD)) != NULL)
			scene_tell_one(sc, f);
	if (rng_chance(r, .15)) { /* asked, then told, then asked again */
		scene_ask(sc, &sc->f[0]);
		scene_new_value(sc, &sc->f[0], sc->f[0].value);
		scene_tell_one(sc, &sc->f[0]);
	}
	if (rng_chance(r, .25))
		miss_and_add(sc, UNKNOWN);
	ask_all(sc, .05);
}

/* "I don't know your dog's name yet. You can tell me." "It's Rex." "Got it: ..." */
static void tell_last(struct scene *sc, double share)
{
	struct item *f = NULL;

	for (size_t i = 0; i < sc->n; i++)
		if (&sc->f[i] == sc->last && sc->last->mode == UNKNOWN && sc->last_turn + 2 == sc->d->n_turns)
			f = &sc->f[i];
	if (!f || !sc->s->asks || !rng_chance(sc->r, share))
		return;
	scene_new_value(sc, f, f->value);
	scene_tell_briefly(sc, f);
	if (rng_chance(sc->r, .3))
		scene_interlude(sc);
	scene_ask(sc, f);
}

/* Tells k facts in one message or several, some of them corrected at once. */
static void tell_all(struct scene *sc, struct item **told, size_t k, double corrected)
{
	rng *r = sc->r;

	for (size_t i = 0; i < k;) {
		size_t many = rng_chance(r, .3) && k - i > 1 ? 2 + rng_below(r, 2) : 1;

		many = many > k - i ? k - i : many;
		scene_tell(sc, told + i, many);
		i += many;
		if (many == 1 && rng_chance(r, corrected))
			correct(sc, told[i - 1]);
		if (rng_chance(r, .15))
			scene_interlude(sc);
	}
}

/* Facts that come together and with names: "My wife Leonie is a nurse." */
static void make_told_scene(struct scene *sc)
{
	if (rng_chance(sc->r, .15))
		scene_preface(sc);
	talk_told(sc->s->talk, sc->r, sc->d);
	if (rng_chance(sc->r, .2))
		scene_interlude(sc);
}

static void make_context_scene(struct scene *sc)
{
	rng *r = sc->r;
	bool far = rng_chance(r, .3); /* asked for only after one to three turns about something else */
	int n = far ? 2 + (int)rng_below(r, 3) : 1 + (int)rng_below(r, 5);
	struct item *told[FACTS], *f;
	size_t k = 0;

	if (sc->s->circle && rng_chance(r, CIRCLES)) {
		circle_add(sc->s->circle, sc->s, r, sc->d);
		return;
	}
	while (n-- && (f = scene_add_fact(sc, k && rng_chance(r, .3) ? told[0] : NULL, TOLD)) != NULL)
		told[k++] = f;
	if (k && k < FACTS && rng_chance(r, far ? .5 : .3) && (f = near_rival(sc, told[0], TOLD)) != NULL)
		told[k++] = f;
	if (rng_chance(r, far ? .1 : .3))
		scene_preface(sc);
	tell_all(sc, told, k, far ? .25 : .18);
	for (unsigned turns = far ? 1 + rng_below(r, 3) : 0; turns--;)
		scene_interlude(sc);
	if (rng_chance(r, .25) && (!sc->s->asks || rng_chance(r, .5) || !near_other(sc, told[rng_below(r, (unsigned)k)])))
		scene_add_fact(sc, told[0], UNKNOWN);
	if (k && rng_chance(r, .2))
		mention(sc, told[0]);
	if (k && rng_chance(r, .08)) { /* a change of mind */
		scene_new_value(sc, told[0], told[0]->value);
		scene_tell_one(sc, told[0]);
	}
	ask_all(sc, .1);
}

static void make_people_doc(struct scene *sc)
{
	const scenes *s = sc->s;
	const struct person *p = &s->people[rng_below(sc->r, (unsigned)s->n_people)];

	if (rng_chance(sc->r, .3)) { /* a few plain sentences about one person */
		char text[LINE * 4] = "", one[LINE];

		for (int i = 0; i < 4; i++) {
			scene_fill(p->known[i].rel->answer, p->name, p->known[i].value, one, sizeof(one), NULL);
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.300s", i ? " " : "", one);
		}
		strcat(text, "\n");
		doc_add(sc->d, ROLE_PROSE, text);
		return;
	}
	for (unsigned n = 1 + rng_below(sc->r, 4); n--;) {
		const struct known *k = &p->known[rng_below(sc->r, 4)];
		struct item f = { .rel = k->rel, .group = G_THEIRS, .mode = TOLD };

		memcpy(f.subject, p->name, sizeof(f.subject));
		memcpy(f.value, k->value, sizeof(f.value));
		scene_ask(sc, &f);
		if (rng_chance(sc->r, .4))
			p = &s->people[rng_below(sc->r, (unsigned)s->n_people)];
	}
}

static enum doc_kind pick_kind(rng *r)
{
	static const unsigned char share[DOC_KINDS] = { 19, 10, 24, 1, 19, 25, 2 };
	unsigned k = rng_below(r, 100);
	int i = 0;

	while (k >= share[i])
		k -= share[i++];
	return (enum doc_kind)i;
}

/* Something told in words: what no relation covers, facts that come together, or what the relations hold. */
static void make_any_told(struct scene *sc)
{
	const struct scenes *s = sc->s;

	if (s->asks && rng_chance(sc->r, PAIRS_CONTEXT))
		make_pair(sc, .5);
	else if (s->events && rng_chance(sc->r, .38))
		events_add(s->events, s->val, s->talk, s->held_out, sc->r, sc->d);
	else if (rng_chance(sc->r, .12))
		make_told_scene(sc);
	else if (s->asks && rng_chance(sc->r, .2))
		intro_scene(sc);
	else if (rng_chance(sc->r, .08))
		near_short_scene(sc);
	else
		make_context_scene(sc);
}

static void make_kind(struct scene *sc)
{
	const struct scenes *s = sc->s;
	rng *r = sc->r;
	doc *d = sc->d;

	switch (d->kind) {
	case DOC_VALUE: make_value_scene(sc); break;
	case DOC_UNKNOWN:
		make_unknown_scene(sc);
		tell_last(sc, TOLD_AFTER);
		break;
	case DOC_CONTEXT: make_any_told(sc); break;
	case DOC_PEOPLE: make_people_doc(sc); break;
	case DOC_TALK:
		for (unsigned n = 1 + rng_below(r, 5); n--;)
			talk_chat(s->talk, r, d);
		break;
	case DOC_WORLD:
		for (unsigned n = 1 + rng_below(r, 5); n--;)
			talk_world(s->talk, r, d);
		break;
	default: talk_prose(s->talk, r, d); break;
	}
}

void scenes_make(const scenes *s, rng *r, doc *d)
{
	struct scene *sc = malloc(sizeof(*sc));

	if (!sc)
		recipe_die("out of memory");
	d->kind = s->kind < 0 ? pick_kind(r) : (enum doc_kind)s->kind;
	do { /* a document with an excluded prompt is made afresh, of the same kind: the shares stay */
		memset(sc, 0, sizeof(*sc));
		*sc = (struct scene){ .s = s, .r = r, .d = d, .british = s->asks && rng_chance(r, .15) };
		d->len = d->n_turns = d->n_marks = 0;
		make_kind(sc);
		if (s->comments && (d->kind == DOC_CONTEXT || d->kind == DOC_UNKNOWN))
			comments_put(s->comments, rng_chance(r, COMMENTED) ? .8 : 0, r, d);
	} while (s->exclude && exclusion_hits(s->exclude, d));
	free(sc);
}
