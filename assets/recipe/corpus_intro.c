/*
 * Somebody is spoken of, and then told about by pronoun: "I have a dog." "How nice! What's the name?" "His name is Rex."
 * What is told holds of the one spoken of, whom the question then names.
 */
#include "corpus_int.h"

#include <stdio.h>
#include <string.h>

/* {n}: "dog"; {s}: "my dog"; {t}: "your dog". */
static const char *const pets_come[] = {
	"I have a {n}.", "I've got a {n}.", "we have a {n}", "We have a {n} at home.", "I have a {n}, by the way.",
	"We just got a {n}!", "we got a {n} last week", "I got a {n} for Christmas.", "There's a {n} asleep on my sofa.",
	"i have a {n}", "We adopted a {n} yesterday!", "I was out with {s} all morning.", "{s} is sleeping next to me",
	"Guess what, I have a {n} now!", "I'm at the vet with {s}.", "{s} ate my sandwich", "I must feed {s}.", "Let me tell you about {s}.",
	"I want to tell you about {s}.", "Do you know anything about {s}?", "Did I tell you about {s}?", "I love {s} so much.",
};
static const char *const people_come[] = {
	"I have a {n}.", "I've got a {n}, you know.", "{s} is visiting this weekend.", "{s} is coming over tonight", "I had lunch with {s}.",
	"I was at {s}'s place yesterday.", "{s} called me today.", "I miss {s}.", "Let me tell you about {s}.", "I want to tell you about {s}.",
	"I just talked to {s}", "{s} says hello!", "i'm meeting {s} later", "{s} is ill.", "I'm worried about {s}.", "Did I tell you about {s}?",
	"{s} is such a kind person", "I'm proud of {s}.", "I argued with {s} again.", "I'm buying a present for {s}.", "Do you know {s}?",
	"{s} helped me a lot this week.", "It's nice to have {s} around.", "{s} is driving me mad",
};
/* The last ones fit good news and bad. */
static const char *const names_wanted[] = {
	"How nice! What's the name?", "Nice! What is the name?", "That's lovely. What's {t}'s name?", "Oh, what is {t} called?",
	"What's {t}'s name?", "What is {t} called?", "What's {t}'s name, by the way?",
};
enum { WANTED_ANYWAY = 3 };
static const char *const more_wanted[] = {
	"Tell me more about {t}.", "I see. What is {t} like?", "I see.", "Tell me about {t}.", "Oh, go on.", "Thanks for telling me.",
	"I'd like to hear more about {t}.", "All right.", "What should I know about {t}?",
};

static const char *pick(rng *r, const char *const *of, size_t n)
{
	return of[rng_below(r, (unsigned)n)];
}
#define PICK(r, of) pick(r, of, sizeof(of) / sizeof(*(of)))

const char *item_pronoun(const struct item *f, rng *r)
{
	static const char he[] = " brother father son husband boyfriend uncle nephew grandfather grandson dad brother-in-law father-in-law "
				 "stepfather godfather stepson stepbrother fiance ";
	static const char she[] = " sister mother daughter wife girlfriend aunt niece grandmother granddaughter mom mum sister-in-law "
				  "mother-in-law stepmother godmother stepdaughter stepsister fiancee ";
	char noun[VALUE_MAX];

	snprintf(noun, sizeof(noun), " %.90s ", f->subject + 3);
	if (strstr(he, noun))
		return "he";
	if (strstr(she, noun))
		return "she";
	if (f->group == G_PETS && rng_chance(r, .2))
		return "it";
	return rng_chance(r, .5) ? "he" : "she";
}

/* Forms that begin with the subject, with the pronoun in its place; false: the relation has none. */
static bool by_pronoun(struct scene *sc, const struct item *f, const char *pronoun, char *out, size_t cap)
{
	const char *whose = !strcmp(pronoun, "he") ? "his" : !strcmp(pronoun, "she") ? "her" : "its", *form;
	char said[LINE], filled[LINE];

	for (int tries = 0; tries < 12; tries++) {
		const list *other = tries % 2 ? asks_forms(sc->s->asks, f->rel, ASK_SAY) : NULL;

		form = other && other->n ? list_pick(other, sc->r) : f->rel->say[rng_below(sc->r, (unsigned)f->rel->n_say)];
		if (strncmp(form, "{S}", 3) || strstr(form + 3, "{s}") || strstr(form + 3, "{S}"))
			continue;
		form += 3;
		if (!strncmp(form, "'s ", 3))
			snprintf(said, sizeof(said), "%s%s", whose, form + 2);
		else if (*form == ' ')
			snprintf(said, sizeof(said), "%s%s", pronoun, form);
		else
			continue;
		if (rng_chance(sc->r, .7))
			*said = (char)(*said - 'a' + 'A');
		scene_fill(said, f->subject, f->value, filled, sizeof(filled), NULL);
		snprintf(out, cap, "%s", filled);
		type_statement(out, sc->r);
		return true;
	}
	return false;
}

static void fill_intro(const char *form, const char *subject, char *out, size_t cap)
{
	const char *noun = subject + 3;
	const bool vowel = strchr("aeiou", *noun) != NULL;
	size_t n = 0;

	for (*out = 0; *form && n + 1 < cap;) {
		const char *s = !strncmp(form, "{n}", 3) ? noun : NULL;
		char your[VALUE_MAX + 8];

		if (!strncmp(form, "{s}", 3))
			s = subject;
		if (!strncmp(form, "{t}", 3)) {
			snprintf(your, sizeof(your), "your %s", noun);
			s = your;
		}
		if (vowel && !strncmp(form, " a {n}", 6)) {
			n += (size_t)snprintf(out + n, cap - n, " an");
			form += 2;
			continue;
		}
		n += (size_t)(s ? snprintf(out + n, cap - n, "%s", s) : snprintf(out + n, cap - n, "%c", *form));
		form += s ? 3 : 1;
	}
	if (*out == 'm' && !strncmp(out, "my ", 3) && out[strlen(out) - 1] == '.')
		*out = 'M';
}

/* Tells f, whose name or whatever else it is, in a turn of its own. */
static bool tell(struct scene *sc, struct item *f, const char *pronoun, bool name_was_wanted)
{
	char text[LINE];

	if (name_was_wanted && rng_chance(sc->r, .5))
		told_briefly(sc, f, pronoun, text, sizeof(text));
	else if (!by_pronoun(sc, f, pronoun, text, sizeof(text)))
		return false;
	f->mode = TOLD;
	if (doc_add(sc->d, ROLE_USER, text))
		scene_acknowledge(sc, f);
	return true;
}

void intro_scene(struct scene *sc)
{
	struct item *first, *next = NULL;
	const char *pronoun, *form;
	char text[LINE];
	bool name, told = false;

	do {
		sc->n = 0;
		first = scene_add_fact(sc, NULL, TOLD);
	} while (!first || strncmp(first->subject, "my ", 3) || relations_find(sc->s->rel, first->subject, "names") ||
		 !(first->group == G_PETS || first->group == G_PEOPLE || first->group == G_THEIRS));
	pronoun = item_pronoun(first, sc->r);
	name = !strcmp(first->rel->name, "name");
	fill_intro(first->group == G_PETS ? PICK(sc->r, pets_come) : PICK(sc->r, people_come), first->subject, text, sizeof(text));
	if (!doc_add(sc->d, ROLE_USER, text))
		return;
	name = name && rng_chance(sc->r, .6);
	form = !name ? PICK(sc->r, more_wanted)
	       : first->group == G_PETS ? PICK(sc->r, names_wanted)
					: pick(sc->r, names_wanted + WANTED_ANYWAY, sizeof(names_wanted) / sizeof(*names_wanted) - WANTED_ANYWAY);
	fill_intro(form, first->subject, text, sizeof(text));
	doc_add(sc->d, ROLE_ASSISTANT, text);
	told = tell(sc, first, pronoun, name);
	if (!told)
		first->mode = UNKNOWN;
	if (rng_chance(sc->r, .5) && (next = scene_add_fact(sc, first, TOLD)) != NULL &&
	    (strcmp(next->subject, first->subject) != 0 || !tell(sc, next, pronoun, false)))
		next->mode = UNKNOWN;
	if (rng_chance(sc->r, .35))
		scene_interlude(sc);
	if (next && rng_chance(sc->r, .6))
		scene_ask(sc, next);
	scene_ask(sc, first);
}
