/*
 * Whom the user has: "I have a dog called Olive", "we adopted a labrador puppy, Sunny", with their names, ages and breeds.
 */
#include "detect_read.h"

#include <stdio.h>
#include <string.h>

/* A breed in place of a noun, "a golden retriever named Sunny": a dog, unless it is a cat's. */
static size_t have_breed(struct reading *c, size_t at, struct value *breed)
{
	const char *species;

	if (!read_value(c, "breed", TRUST_LOW, at, breed))
		return 0;
	if (breed->next < c->n && breed_species(c->t[breed->next - 1].w) && word_among(" cross mix ", c->t[breed->next].w)) {
		species = breed_species(c->t[breed->next - 1].w); /* "a lab cross" */
		breed->b = c->t[breed->next++].b;
	} else if (!(species = breed_species(c->t[breed->next - 1].w)))
		return 0;
	c->s = (struct subject){ .kind = SUBJECT_MY, .noun = species };
	snprintf(c->s.text, sizeof(c->s.text), "my %s", c->s.noun);
	return breed->next;
}

/* What the user has: the noun at token at, perhaps behind adjectives or a breed ("labrador puppy").
 * Returns the end of it, or 0; c->s is then "my NOUN". */
static size_t have_noun(struct reading *c, size_t at, struct value *breed)
{
	struct tok window[12] = { { .w = "my", .kind = TOK_WORD } };
	size_t used = 0, i;

	for (i = at; i < c->n && i < at + 5; i++) {
		size_t m = c->n - i < 11 ? c->n - i : 11;

		if (tok_punct(c->t + i) || word_in(WORDS_CUT, c->t[i].w) ||
		    ((c->t[i].flags & TOK_CAP) && !word_in(WORDS_BREED, c->t[i].w) &&
		     !word_is_nation(c->t[i].w)) ||
		    (word_in(WORDS_FUNCTION, c->t[i].w) && !tok_is(c->t + i, "my")))
			break;
		memcpy(window + 1, c->t + i, m * sizeof(*window));
		used = subject_my(c->d, window, 0, m + 1, &c->s);
		if (used)
			break;
	}
	if (!used)
		return have_breed(c, at, breed);
	i += used - 1;
	if (i <= at + 1 || tok_is(c->t + at, "my") ||
	    !value_parse(c->d->x->text, "breed", TRUST_LOW, c->t, at, i - 1, breed) ||
	    breed->next != i - 1)
		breed->b = 0;
	return i;
}

/* "a puppy yesterday, a border collie": the noun, then its breed. */
static bool have_described(struct reading *c, size_t i)
{
	struct value v;

	for (size_t k = i ? i - 1 : 0; k + 2 < c->n && k < i + 3; k++)
		if (tok_is(c->t + k, ",") && word_among(" a an ", c->t[k + 1].w))
			return subject_is_pet(c->d, &c->s) && read_value(c, "breed", TRUST_LOW, k + 1, &v) && value_closed(c, v.next) &&
			       reader_add(c->d, &c->s, "breed", &v, c->op, "have-named", 0.8);
	return false;
}

/* "a 5 year old dog", "a daughter aged 5", "a son who's 3": in front, or behind the noun that ends at i. */
static void have_aged(const struct reading *c, size_t i, struct value *age)
{
	size_t k = i;

	if (!age->b && (pattern_match(c, "aged", &k) || pattern_match(c, "who be", &k)) &&
	    !(read_value(c, "age", TRUST_HIGH, k, age) && age_end(c, age->next)))
		age->b = 0;
	if (age->b)
		reader_add(c->d, &c->s, "age", age, DETECT_ADD, "aged", 0.85);
}

bool have_named(struct reading *c, size_t at)
{
	struct value v, breed = { 0 }, age = { 0 };
	size_t i = aged_value(c->t, at, c->n, &age);

	i = have_noun(c, at + i, &breed);
	if (!i)
		return false;
	c->d->last = c->s;
	have_aged(c, i, &age);
	if (c->s.appended) {
		if (!reader_add(c->d, &c->s, "name", &c->s.name, c->op, "have-named", 0.85))
			return false;
	} else {
		if (breed.b && i + 1 < c->n && word_in(WORDS_TAIL, c->t[i].w) && tok_is(c->t + i + 1, ","))
			i++; /* "a beagle today, Snoopy" */
		if (i + 1 < c->n && tok_is(c->t + i, ":") && (c->t[i + 1].flags & TOK_CAP) &&
		    read_value(c, "pet", TRUST_HIGH, i + 1, &v)) /* "meet my kitten: Tom" */
			return reader_add(c->d, &c->s, "name", &v, c->op, "have-named", 0.85);
		for (size_t k = i; k + 2 < c->n && k < i + 4; k++)
			if (word_among(" called named ", c->t[k].w) && word_among(" him her it ", c->t[k + 1].w) && (c->t[k + 2].flags & TOK_CAP) &&
			    read_value(c, "pet", TRUST_HIGH, k + 2, &v)) /* "a cat last week, called her Pumpkin" */
				return reader_add(c->d, &c->s, "name", &v, c->op, "have-named", 0.85);
		if (i + 1 < c->n && word_among(" who which that ", c->t[i].w) && tok_be(c->t + i + 1))
			i += 2; /* "a cat who's called Fig" */
		if (i < c->n && tok_is(c->t + i, ","))
			i++;
		if (breed.b && i < c->n && tok_is(c->t + i - 1, ",") && (c->t[i].flags & TOK_CAP) &&
		    read_value(c, "pet", TRUST_HIGH, i, &v) && (v.next >= c->n || tok_is(c->t + v.next, ",")))
			i--; /* "a beagle, Snoopy" */
		else if (i >= c->n || !(tok_is(c->t + i, "called") || tok_is(c->t + i, "named")) ||
		    !read_value(c, "pet", TRUST_HIGH, i + 1, &v))
			return have_described(c, i);
		if (!reader_add(c->d, &c->s, "name", &v, c->op, "have-named", 0.95))
			return false;
	}
	if (breed.b)
		reader_add(c->d, &c->s, "breed", &breed, DETECT_ADD, "have-named", 0.85);
	for (i = at; i + 3 < c->n; i++)
		if (tok_is(c->t + i, "and") && word_among(" a an ", c->t[i + 1].w)) {
			have_named(c, i + 2);
			break;
		}
	return true;
}

/* "I have another son called Max": beside the one that is known, so that it takes nobody's place unasked. */
static bool have_one_more(struct reading *c, size_t at)
{
	const size_t n = c->d->out->n_facts;
	const bool found = have_named(c, at);

	for (size_t k = n; k < c->d->out->n_facts; k++)
		c->d->out->facts[k].confidence = 0.6;
	return found;
}

/* "I no longer have a dog", with "no longer" taken out: whether its name goes is asked. */
static bool have_ended(struct reading *c)
{
	struct value breed = { 0 };
	size_t at = 0, i;

	if (pattern_match(c, "i have a car", &at) && at == c->n) {
		subject_set_i(&c->s);
		return reader_add(c->d, &c->s, "car", NULL, DETECT_RETRACT, "ended", 0.6);
	}
	at = 0;
	return pattern_match(c, "i|we have a", &at) && at < c->n && (i = have_noun(c, at, &breed)) && !c->s.appended &&
	       (i == c->n || tok_punct(c->t + i)) && /* not "a dog in this fight" */
	       subject_is_pet(c->d, &c->s) && reader_add(c->d, &c->s, "name", NULL, DETECT_RETRACT, "ended", 0.6);
}

bool have_read(struct reading *c)
{
	static const char *const front[] = { "i|we have got|adopted|bought a|another|one",
					     "i|we have|own|got a|another|one",
					     "i|we adopted|bought|rescued|got a|another",
					     "adopted|got|bought|rescued a|another",
					     "this|that|here be my",
					     "meet my",
					     NULL };
	size_t at = 0;

	if (c->op == DETECT_RETRACT && have_ended(c))
		return true;
	for (size_t k = 0; front[k]; k++, at = 0) {
		if (!pattern_match(c, front[k], &at) || at >= c->n)
			continue;
		if (at + 1 < c->n && word_among(" second third more other further ", c->t[at].w))
			return have_one_more(c, at + 1);
		return tok_is(c->t + at - 1, "another") ? have_one_more(c, at) : have_named(c, at);
	}
	if (pattern_match(c, "i|we had a|our", &at) && at < c->n && tok_is(c->t + at, "baby"))
		return have_named(c, at); /* "we just had a baby girl, her name is" */
	return false;
}
