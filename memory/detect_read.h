/*
 * The rules' own header: one clause while it is read. detect_rule.c calls the rules in turn; detect_predicate.c,
 * detect_tail.c, detect_attribute.c, detect_inverse.c, detect_saying.c, detect_have.c, detect_intro.c, detect_place.c,
 * detect_study.c, detect_short.c, detect_aside.c and detect_form.c hold them; detect_fact.c takes what they find. A rule returns true when the clause is dealt with, and may
 * use c->s as its own.
 */
#ifndef MEMORY_DETECT_READ_H
#define MEMORY_DETECT_READ_H

#include "detect_int.h"

struct reading {
	struct reader *d;
	const struct tok *t;
	size_t n;
	int op;	      /* what this clause's facts do: add unless it says otherwise */
	bool negated; /* "not" stands before the predicate */
	struct subject s;
	struct tok *room; /* CLAUSE_TOKENS + 1 tokens to write a clause out in */
};

/* ---- detect_fact.c ---- */

/* A value of a kind at token i. */
bool read_value(const struct reading *c, const char *kind, int trust, size_t i, struct value *v);
/* Nothing but fillers, marks or a new thought may follow a value. */
bool value_closed(const struct reading *c, size_t i);
/* Adds a value and, where the kind allows several, those joined to it by commas and "and". Returns
 * the end or 0. */
size_t add_values(const struct reading *c, const struct subject *s, const relation *x,
		  const struct value *first, const char *rule, double confidence);

/* ---- detect_predicate.c ---- */

/*
 * Matches a pattern's words from *i on: "live|lives" either word, "a?" may be missing, "be" any
 * form of to be, "a" either article; adverbs between words are passed over. Moves *i past it.
 */
bool pattern_match(const struct reading *c, const char *pattern, size_t *i);
/* The end of "34 years old" whose number ends at i; 0 if something follows that makes it no age. */
size_t age_end(const struct reading *c, size_t i);
/* Do tokens [i, end) say that it only seems so: "basically", "mentally"? */
bool as_good_as(const struct reading *c, size_t i, size_t end);
/* The predicate at i, its subject in c->s. */
bool predicate_read(struct reading *c, size_t i);

/* ---- detect_tail.c ---- */

/* What may follow a fact about the same subject: "... at Google", ", a nurse from Denver". after:
 * that fact's relation. */
void tail_read(struct reading *c, size_t i, const char *after);

/* ---- detect_attribute.c ---- */

/* "ATTRIBUTE is V" at i, with the subject read. True if it was one, whatever came of it. */
bool attribute_statement(struct reading *c, size_t i);
/* Is what stands at i said about the attribute ("sold out", "too strong"), rather than which it is? */
bool value_predicative(const struct reading *c, const relation *x, size_t i);
/* A handle is one word: "my username is case sensitive" names none. */
bool handle_unfit(const struct reading *c, const relation *x, size_t i, const struct value *v);
/* "... is called V", "... is Hans" at i, behind "my NOUN". */
bool entity_name(struct reading *c, size_t i);
/* "is", ":", "changed to", "is now", "is on" at i; not: sets *negated. Returns the index of the
 * value or 0. */
size_t copula_read(const struct reading *c, size_t i, bool *negated, bool *changed);

/* ---- detect_inverse.c ---- */

/* Attributes without "my" in front: "V is my favorite food", "I changed my name to V", "the
 * deadline is V". */
bool attribute_sayings(struct reading *c);
bool inverse_read(struct reading *c);

/* ---- detect_saying.c ---- */

/* All sayings that begin a clause. */
bool fixed_sayings(struct reading *c);
/* Those that follow a subject: "moved from U to V", "married to V", "have two children". */
bool subject_sayings(struct reading *c, size_t i);
bool late_sayings(struct reading *c, size_t i);
/* The end of "44 year old", "44-year-old", "44yo" at i, its number in *age; 0 if it is none. */
size_t aged_number(const struct reading *c, size_t i, struct value *age);

/* ---- detect_have.c ---- */

/* "a dog called Olive", "a cat, Whiskers", "a daughter, Emma, and a son, Noah" from token at. */
bool have_named(struct reading *c, size_t at);
/* The same behind "I have", "we adopted", "meet my". */
bool have_read(struct reading *c);

/* ---- detect_intro.c ---- */

/* "I'm Sam": a name shape and nothing behind it that makes it something else. */
bool intro_read(struct reading *c, size_t i);

/* ---- detect_place.c ---- */

/* Where one lives and works, behind a subject; the late ones are tried when no predicate fits. */
bool place_sayings(struct reading *c, size_t i);
bool late_place_sayings(struct reading *c, size_t i);

/* ---- detect_study.c ---- */

/* What one studies and where; the late ones are tried when no predicate fits. */
bool study_sayings(struct reading *c, size_t i);
bool late_study_sayings(struct reading *c, size_t i);

/* ---- detect_short.c ---- */

/* Clauses without a subject: "44 year old dad here", "hate onions". */
bool short_read(struct reading *c);
/* "I'm 34, 170 cm and 91 kg", the subject read up to i. */
bool measures_said(struct reading *c, size_t i);
/* "drop me a line at V" */
bool contact_read(struct reading *c);
/* "My brothers Ahmed and Yusuf ...": the names behind a subject of several. */
bool names_apposed(struct reading *c, const struct subject *s, size_t used);
/* "I'm a widow with three grown-up children", the subject read up to i. */
bool with_children(struct reading *c, size_t i);

/* ---- detect_form.c ---- */

/* Tries the table's forms. at: where the predicate begins, behind a subject of the forms' kind. */
bool forms_read(struct reading *c, size_t at);

#endif
