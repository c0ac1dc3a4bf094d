/* How a question, a statement and a correction are put: the relations' own forms, those of asks.txt, and other names. */
#include "corpus_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* In dialogues about facts told in words or not at all, this share of the questions and statements is put as in asks.txt;
 * next to a vector fewer, since an edit is asked for in the relations' own forms. */
#define OTHER_ASKS .60
#define OTHER_ASKS_VALUE .15
#define OTHER_SAYS .45
#define FRAMED .10
#define WRAPPED .30 /* of the questions in own forms */
#define WRAPPED_VALUE .08
#define LOWERED .12 /* of the statements: "i work for Acme", the value as it is */
#define OTHER_NAME .18

/* Dialogues in words: their wording is free. */
static bool in_words(const struct scene *sc)
{
	return sc->s->asks && (sc->d->kind == DOC_CONTEXT || sc->d->kind == DOC_UNKNOWN);
}

/* ---- what the subject is called ---- */

const char *item_called(const struct item *f)
{
	return *f->called ? f->called : f->subject;
}

static bool name_is_free(const struct scene *sc, const struct item *f, const char *name)
{
	for (size_t i = 0; i < sc->n; i++)
		if (&sc->f[i] != f && (!strcasecmp(sc->f[i].subject, name) || !strcasecmp(sc->f[i].called, name)))
			return false;
	return true;
}

/* The same person may be the subject of two facts of a dialogue: then the plain name is the only one. */
static bool is_alone(const struct scene *sc, const struct item *f)
{
	for (size_t i = 0; i < sc->n; i++)
		if (&sc->f[i] != f && !strcasecmp(sc->f[i].subject, f->subject))
			return false;
	return true;
}

void told_name(struct scene *sc, struct item *f)
{
	const char *name = NULL;

	if (*f->called || !in_words(sc) || !is_alone(sc, f) || !rng_chance(sc->r, OTHER_NAME))
		return;
	name = rng_chance(sc->r, .6) ? asks_also(sc->s->asks, f->subject, sc->r) :
				       asks_such(sc->s->asks, f->subject, sc->r);
	if (name && name_is_free(sc, f, name))
		snprintf(f->called, sizeof(f->called), "%s", name);
}

static void asked_name(struct scene *sc, const struct item *f, char who[VALUE_MAX])
{
	const char *name = NULL;

	snprintf(who, VALUE_MAX, "%s", *f->called && rng_chance(sc->r, .3) ? f->subject : item_called(f));
	if (in_words(sc) && is_alone(sc, f) && rng_chance(sc->r, OTHER_NAME))
		name = asks_also(sc->s->asks, f->subject, sc->r);
	if (name && name_is_free(sc, f, name))
		snprintf(who, VALUE_MAX, "%s", name);
}

/* ---- spelling ---- */

/* "favorite color" -> "favourite colour", in a form whose slots are still open. */
static void spell_british(char *s, size_t cap)
{
	static const char *const words[][2] = { { "avorite", "avourite" }, { "olor", "olour" }, { "eighbor", "eighbour" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t a = strlen(words[i][0]), b = strlen(words[i][1]);

		for (char *p = s; (p = strstr(p, words[i][0])) != NULL && strlen(s) + b - a < cap; p += b) {
			memmove(p + b, p + a, strlen(p + a) + 1);
			memcpy(p, words[i][1], b);
		}
	}
}

static void fill_spelt(struct scene *sc, const char *form, const char *subject, const char *value, char *out, size_t cap,
		       size_t *end)
{
	char spelt[LINE];

	snprintf(spelt, sizeof(spelt), "%s", form);
	if (sc->british)
		spell_british(spelt, sizeof(spelt));
	scene_fill(spelt, subject, value, out, cap, end);
}

/* ---- questions ---- */

static bool is_test_form(const struct item *f, const char *who, const char *q)
{
	char form[LINE];

	for (size_t i = 0; i < f->rel->n_test; i++) {
		scene_fill(f->rel->test[i], who, NULL, form, sizeof(form), NULL);
		if (!strcasecmp(form, q))
			return true;
	}
	return false;
}

/* "my email?", and after a question for a name "and my cat?"; false when the fact has no such short form. */
static bool short_question(struct scene *sc, const struct item *f, char *q, size_t *end)
{
	static const char *const follow[] = { "And %", "What about %", "and %", "And what about %", "what about %" };
	const struct item *last = sc->last_turn + 2 == sc->d->n_turns ? sc->last : NULL;
	bool named = f->group == G_PEOPLE || f->group == G_PETS;
	const char *form, *what;

	if (named && last && (last->group == G_PEOPLE || last->group == G_PETS) && rng_chance(sc->r, .25)) {
		form = follow[rng_below(sc->r, 5)];
		what = f->subject;
	} else if (!named && f->group != G_THINGS && f->n_strong && rng_chance(sc->r, .05)) {
		form = rng_chance(sc->r, .3) ? "and %" : "%";
		what = f->anchor[rng_below(sc->r, (unsigned)f->n_strong)];
	} else {
		return false;
	}
	*end = strlen(form) - 1 + strlen(what);
	snprintf(q, LINE, "%.*s%s%s", (int)(strlen(form) - 1), form, what, rng_chance(sc->r, .7) ? "?" : "");
	if (rng_chance(sc->r, .5))
		*q = (char)toupper((unsigned char)*q);
	return true;
}

/* One of asks.txt; false: none is wanted, or there is none. A form without the subject asks for it by its plain name:
 * "What did we call our dog?" is answered with "Your dog's name", whatever other name was picked. */
static bool other_question(struct scene *sc, const struct item *f, char who[VALUE_MAX], char q[LINE], size_t *end)
{
	bool vector = *f->injected != 0;
	const char *form;
	const list *l;

	if (!sc->s->asks || sc->d->kind == DOC_PEOPLE || !rng_chance(sc->r, in_words(sc) ? OTHER_ASKS : OTHER_ASKS_VALUE))
		return false;
	l = asks_forms(sc->s->asks, f->rel, vector ? ASK_MARKED : ASK_ANY);
	if (!l->n)
		return false;
	form = list_pick(l, sc->r);
	if (!strstr(form, "{s}") && !strstr(form, "{S}"))
		snprintf(who, VALUE_MAX, "%s", item_called(f));
	fill_spelt(sc, form, who, NULL, q, LINE, end);
	type_other(q, end, vector, sc->r);
	return true;
}

/* "Do you know where I live?" -> "You know where I live, don't you?"; false: none is wanted, or no form is of that kind. */
static bool wrapped_question(struct scene *sc, const struct item *f, const char *who, char q[LINE], size_t *end)
{
	static const char *const heads[] = { "Do you know ", "Can you tell me ", "Tell me ", "Do you remember " };
	const char *wrap, *at, *form = f->rel->ask[rng_below(sc->r, (unsigned)f->rel->n_ask)];
	char text[LINE];
	size_t head = 0, n, e;

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		head = strncmp(form, heads[i], strlen(heads[i])) ? head : strlen(heads[i]);
	if (!head || !sc->s->asks || !rng_chance(sc->r, in_words(sc) ? WRAPPED : WRAPPED_VALUE))
		return false;
	wrap = list_pick(asks_wraps(sc->s->asks), sc->r);
	at = strstr(wrap, "{x}");
	fill_spelt(sc, form, who, NULL, text, sizeof(text), &e);
	n = strlen(text) - 1; /* without its "?" */
	if (e < head || e > n || n - head + strlen(wrap) >= LINE)
		return false;
	snprintf(q, LINE, "%.*s%.*s%s", (int)(at - wrap), wrap, (int)(n - head), text + head, at + 3);
	*end = (size_t)(at - wrap) + e - head;
	if (at == wrap)
		*q = (char)toupper((unsigned char)*q);
	type_other(q, end, *f->injected != 0, sc->r);
	return true;
}

/* Has the question no introduction yet? "Hey, what is ..." has one. */
static bool is_bare(const char *q)
{
	static const char *const heads[] = { "and ", "so ", "now ", "okay ", "please " };
	size_t word = strcspn(q, " ");

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (!strncasecmp(q, heads[i], strlen(heads[i])))
			return false;
	return q[strlen(q) - 1] == '?' && (!word || !strchr(",!:", q[word - 1])) && strncasecmp(q, "by the", 6) &&
	       strncasecmp(q, "one ", 4);
}

/* "Quick check: what is my name?" */
static void put_frame(struct scene *sc, const char *who, char q[LINE], size_t *end)
{
	const char *frame = list_pick(asks_frames(sc->s->asks), sc->r), *at = strstr(frame, "{q}");
	char text[LINE];
	size_t before = (size_t)(at - frame);
	bool name = who[1] && isupper((unsigned char)*who) && !strncmp(q, who, strlen(who));

	if (strlen(q) + strlen(frame) >= LINE || !is_bare(q))
		return;
	if (before && !strchr(".!?", frame[before - 2]) && !name && !type_keeps_capital(q))
		*q = (char)tolower((unsigned char)*q);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)before, frame, q, at + 3);
	memcpy(q, text, strlen(text) + 1);
	*end += before;
}

void asked_question(struct scene *sc, const struct item *f, char q[LINE], char who[VALUE_MAX], size_t *end)
{
	*end = 0;
	snprintf(who, VALUE_MAX, "%s", f->subject);
	if (short_question(sc, f, q, end))
		return;
	asked_name(sc, f, who);
	do {
		if (other_question(sc, f, who, q, end) || wrapped_question(sc, f, who, q, end))
			continue;
		fill_spelt(sc, f->rel->ask[rng_below(sc->r, (unsigned)f->rel->n_ask)], who, NULL, q, LINE, end);
		type_question(q, end, sc->r);
	} while (is_test_form(f, who, q));
	if (in_words(sc) && rng_chance(sc->r, FRAMED))
		put_frame(sc, who, q, end);
}

/* ---- statements ---- */

/* "Blue is my favorite color", but "x7f is my password" and "eva is my boss" as they are typed. */
static bool is_common_noun(const char *kind)
{
	static const char *const kinds[] = { "color", "food",	"drink",  "animal", "hobby", "music", "flower",	  "season",
					     "sport", "field", "allergy", "job",    "diet",  "coffee", "instrument" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

void told_statement(struct scene *sc, const struct item *f, char *out, size_t cap)
{
	const list *other = in_words(sc) ? asks_forms(sc->s->asks, f->rel, ASK_SAY) : NULL;
	const char *form = f->rel->say[rng_below(sc->r, (unsigned)f->rel->n_say)];
	char low[LINE];

	if (other && other->n && rng_chance(sc->r, OTHER_SAYS))
		form = list_pick(other, sc->r);
	if (in_words(sc) && strlen(form) < sizeof(low) && rng_chance(sc->r, LOWERED)) {
		for (size_t i = 0; i <= strlen(form); i++)
			low[i] = (char)tolower((unsigned char)form[i]);
		fill_spelt(sc, low, item_called(f), f->value, out, cap, NULL);
		return;
	}
	fill_spelt(sc, form, item_called(f), f->value, out, cap, NULL);
	if (islower((unsigned char)*out) && (strncmp(form, "{v}", 3) || is_common_noun(f->rel->value)) &&
	    rng_chance(sc->r, .7))
		*out = (char)toupper((unsigned char)*out); /* "{v} is my dog." */
}

/* "Not {o}, {v}." */
static void fill_fix(const char *fix, const char *value, const char *old, const char *said, char *out, size_t cap)
{
	size_t n = 0;

	*out = 0;
	for (; *fix && n + 1 < cap; fix++) {
		const char *s = !strncmp(fix, "{v}", 3) ? value :
				!strncmp(fix, "{o}", 3) ? old :
				!strncmp(fix, "{f}", 3) ? said :
							  NULL;

		n += (size_t)(s ? snprintf(out + n, cap - n, "%s", s) : snprintf(out + n, cap - n, "%c", *fix));
		fix += s ? 2 : 0;
	}
}

/* "No, I meant Anna, not Ana." */
void told_correction(struct scene *sc, const struct item *f, const char *old, char *out, size_t cap)
{
	static const char *const forms[] = { "No, I meant ", "Sorry, I meant ", "Actually, it is ", "No, it's ",
					     "Correction: ", "I mean ", "no, ", "Sorry, it's ", "sorry, it is ",
					     "Wait, it's ", "Oops, I meant ", "Not quite, it's ", "That's wrong, it's ",
					     "I was wrong, it is ", "Wait, no: ", "Let me correct that: " };
	char said[LINE];
	const char *fix;
	bool not_old = rng_chance(sc->r, .4);

	if (!in_words(sc) || rng_chance(sc->r, .35)) {
		snprintf(out, cap, "%s%s%s%s%s", forms[rng_below(sc->r, 16)], f->value, not_old ? ", not " : "",
			 not_old ? old : "", rng_chance(sc->r, .75) ? "." : "");
		return;
	}
	fix = list_pick(asks_fixes(sc->s->asks), sc->r);
	told_statement(sc, f, said, sizeof(said));
	if (strstr(fix, ": {f}") && (!strncmp(said, "My ", 3) || !strncmp(said, "The ", 4)))
		*said = (char)tolower((unsigned char)*said);
	fill_fix(fix, f->value, old, said, out, cap);
	if (rng_chance(sc->r, .2) && out[strlen(out) - 1] == '.')
		out[strlen(out) - 1] = 0;
}
