/* Relations by group, and how often each is talked about. */
#include "corpus.h"

#include <string.h>

enum group group_of(const relation *x)
{
	static const char *const pets[] = { "dog", "cat", "parrot", "hamster", "horse", "rabbit", "fish", "goldfish",
					    "turtle", "bird", "puppy", "kitten", "guinea pig", "snake", "lizard",
					    "pony", "cow", "canary", "chicken", "ferret" };

	if (!strcmp(x->subject, "*"))
		return G_THEIRS;
	if (strcmp(x->subject, "I")) {
		for (size_t i = 0; i < sizeof(pets) / sizeof(*pets); i++)
			if (!strcmp(x->noun, pets[i]))
				return G_PETS;
		return strcmp(x->value, "person") ? G_THINGS : G_PEOPLE;
	}
	if (!strncmp(x->name, "favorite ", 9))
		return G_FAVORITE;
	return *x->noun ? G_CODE : G_CORE;
}

unsigned relation_weight(const relation *x)
{
	static const struct { const char *subject, *name; unsigned weight; } often[] = {
		{ "I", "name", 8 },           { "I", "home", 4 },      { "I", "job", 4 },     { "I", "age", 3 },
		{ "I", "birthday", 3 },       { "I", "employer", 3 },  { "I", "email", 3 },   { "I", "phone number", 3 },
		{ "I", "hometown", 2 },       { "I", "hobby", 2 },     { "I", "address", 2 }, { "I", "allergy", 2 },
		{ "I", "favorite color", 5 }, { "I", "favorite food", 5 }, { "I", "favorite book", 2 },
		{ "I", "favorite movie", 2 }, { "I", "favorite drink", 2 }, { "I", "wifi password", 3 },
		{ "my dog", "name", 6 },      { "my cat", "name", 6 }, { "my sister", "name", 3 },
		{ "my brother", "name", 3 },  { "my wife", "name", 3 }, { "my husband", "name", 3 },
		{ "my mother", "name", 2 },   { "my father", "name", 2 }, { "my boss", "name", 3 },
		{ "my best friend", "name", 3 }, { "my son", "name", 2 }, { "my daughter", "name", 2 },
		{ "my kids", "names", 3 },    { "my cats", "names", 2 }, { "my children", "names", 2 }, { "my dogs", "names", 2 },
		{ "*", "job", 3 },            { "*", "home", 3 },      { "*", "age", 3 },     { "*", "birthday", 3 },
		{ "*", "email", 2 },          { "*", "phone number", 2 }, { "*", "employer", 2 },
	};

	for (size_t i = 0; i < sizeof(often) / sizeof(*often); i++)
		if (!strcmp(often[i].subject, x->subject) && !strcmp(often[i].name, x->name))
			return often[i].weight;
	return 1;
}

bool relation_fits_pet(const relation *x)
{
	static const char *const pet_things[] = { "breed", "favorite toy", "favorite food", "age", "birthday",
						  "nickname" };

	for (size_t i = 0; i < sizeof(pet_things) / sizeof(*pet_things); i++)
		if (!strcmp(x->name, pet_things[i]))
			return true;
	return false;
}

/* Whatever is asked of a pet is fit for one, nobody else has a breed, a thing has nothing but a name, and who is married
 * to me or too young has no other husband or wife. */
bool relation_suits(const relations *rel, const relation *x, const char *subject)
{
	static const char *const unmarried[] = { "my wife",	 "my husband",	"my partner", "my girlfriend", "my boyfriend",
						 "my fiance",	 "my fiancee",	"my baby",    "my grandson",   "my granddaughter" };
	const relation *named = relations_find(rel, subject, "name");

	if (strcmp(x->subject, "*"))
		return true;
	if (!strcmp(x->name, "husband") || !strcmp(x->name, "wife"))
		for (size_t i = 0; i < sizeof(unmarried) / sizeof(*unmarried); i++)
			if (!strcmp(subject, unmarried[i]))
				return false;
	if ((named && group_of(named) == G_THINGS) || relations_find(rel, subject, "names"))
		return false; /* the forms speak of one person */
	if (named && group_of(named) == G_PETS)
		return relation_fits_pet(x);
	return strcmp(x->name, "breed") && strcmp(x->name, "favorite toy");
}
