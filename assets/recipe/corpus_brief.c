/*
 * What was asked for and not known is told in as few words as people use: "What's my dog's name?" "I don't know your
 * dog's name yet. You can tell me." "It's Rex." The words depend on the kind of value.
 */
#include "corpus_int.h"

#include <ctype.h>
#include <string.h>

/* kinds: "" fits all that no other row names alone; {v} is the value, "a {v}" becomes "an {v}" before a vowel. */
struct brief {
	const char *kinds;
	bool only; /* the general forms do not fit these kinds */
	const char *const *forms;
};

static const char *const any[] = { "{v}", "{v}", "{v}.", "It's {v}.", "it's {v}", "It is {v}.", "its {v}", "That's {v}.",
				   "Oh, it's {v}.", "Well, it's {v}.", "Sure, it's {v}.", "Okay, {v}.", "Right, it's {v}.",
				   "{v}, of course.", "ok it's {v}", "Oh right. {v}.", "I'll tell you: {v}.", "So: {v}.",
				   "Let me tell you then, it's {v}.", "No? It's {v}.", "Ah, {v}.", "it is {v}", "Easy: {v}.",
				   "The answer is {v}.", "It's {v}, please remember that.", "{v}! Remember it.", NULL };
static const char *const people[] = { "She's called {v}.", "He's called {v}.", "Her name is {v}.", "His name is {v}.",
				      "her name is {v}", "his name is {v}", "The name is {v}.", "{v} is the name.", NULL };
static const char *const pets[] = { "She's called {v}.", "He's called {v}.", "It's called {v}.", "His name is {v}.",
				    "Her name is {v}.", "We call him {v}.", "we call her {v}", "named {v}", "{v} is the name.", NULL };
static const char *const several[] = { "{v}", "{v}.", "They are {v}.", "They're called {v}.", "They are called {v}.",
				       "Their names are {v}.", "it's {v}", "Well, {v}.", NULL };
static const char *const places[] = { "In {v}.", "in {v}", "In {v}, actually.", "Oh, in {v}.", NULL };
static const char *const companies[] = { "At {v}.", "at {v}", "For {v}.", "for {v}", NULL };
static const char *const ages[] = { "{v}", "{v}.", "{v} years old.", "{v} years", "It's {v}.", "just {v}", "Oh, {v}.", "{v} now.", NULL };
static const char *const jobs[] = { "A {v}.", "a {v}", "As a {v}.", "{v}", "It's {v}.", "Oh, a {v}.", NULL };
static const char *const dates[] = { "On {v}.", "on {v}", "It's on {v}.", "it's on {v}", NULL };
static const char *const times[] = { "At {v}.", "at {v}", "At around {v}.", NULL };
static const char *const ways[] = { "By {v}.", "by {v}", "{v}", "With the {v}.", NULL };
static const char *const aims[] = { "To {v}.", "to {v}", "I want to {v}.", "It's to {v}.", NULL };
static const char *const ones[] = { "A {v}.", "a {v}", "{v}", "It's a {v}.", "it's a {v}", NULL };
static const char *const counts[] = { "{v}", "{v}.", "Just {v}.", "It's {v}.", "there are {v}", NULL };
static const char *const states[] = { "{v}", "{v}.", "Just {v}.", "I'd say {v}.", NULL };

static const struct brief briefs[] = {
	{ "person full_person", false, people },
	{ "pet", false, pets },
	{ "names", true, several },
	{ "place city country street", false, places },
	{ "company school", false, companies },
	{ "age", true, ages },
	{ "job", true, jobs },
	{ "date day appointment", false, dates },
	{ "time", false, times },
	{ "vehicle", true, ways },
	{ "goal", true, aims },
	{ "car breed", true, ones },
	{ "number", true, counts },
	{ "diet condition coffee", true, states },
};

static bool has_word(const char *words, const char *w)
{
	size_t n = strlen(w);

	for (const char *p = words; (p = strstr(p, w)) != NULL; p += n)
		if ((p == words || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

static const char *pick(const char *const *forms, rng *r)
{
	unsigned n = 0;

	while (forms[n])
		n++;
	return forms[rng_below(r, n)];
}

/* "She's called {v}." of somebody who is "he". */
static bool of_another(const char *form, const char *pronoun)
{
	const bool she = strcasestr(form, "she's") || strcasestr(form, "her "), he = !strncasecmp(form, "he's", 4) || strcasestr(form, "his ") ||
									       strcasestr(form, "him ");

	return (she && strcmp(pronoun, "she")) || (he && strcmp(pronoun, "he"));
}

void told_briefly(struct scene *sc, const struct item *f, const char *pronoun, char *out, size_t cap)
{
	const bool of_them = !strcmp(f->rel->name, "name") && strcmp(f->subject, "I") != 0;
	const char *form;

	do {
		form = pick(any, sc->r);
		for (size_t i = 0; i < sizeof(briefs) / sizeof(*briefs); i++)
			if (has_word(briefs[i].kinds, f->rel->value) && (briefs[i].only || rng_chance(sc->r, .4)))
				form = pick(briefs[i].forms, sc->r);
	} while (of_another(form, of_them ? pronoun : ""));
	scene_fill(form, f->subject, f->value, out, cap, NULL);
}
