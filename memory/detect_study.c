/*
 * Sayings of what one studies and where, and of the language one speaks by birth.
 */
#include "detect_read.h"

#include <string.h>

/* "I'm an architecture major" */
static bool major_read(struct reading *c, size_t i)
{
	struct value v;
	size_t k;

	if (!pattern_match(c, "be a", &i))
		return false;
	for (k = i; k < c->n && k < i + 4 && !tok_is(c->t + k, "major"); k++)
		if (c->t[k].kind != TOK_WORD || word_in(WORDS_FUNCTION, c->t[k].w) || word_in(WORDS_STATE, c->t[k].w))
			return false;
	if (k == i || k >= c->n || !tok_is(c->t + k, "major") || !value_closed(c, k + 1))
		return false;
	v = (struct value){ .a = c->t[i].a, .b = c->t[k - 1].b, .next = k + 1 };
	if (!reader_add(c->d, &c->s, "field of study", &v, c->op, "study", 0.85))
		return false;
	tail_read(c, k + 1, "field of study");
	return true;
}

/* "I'm reading law at Durham", "I'm doing archaeology at Uppsala University" */
static bool field_at_read(struct reading *c, size_t i)
{
	struct value field, school;
	bool reads;

	if (!pattern_match(c, "be doing|reading|taking", &i))
		return false;
	reads = tok_is(c->t + i - 1, "reading");
	if (!read_value(c, "field", TRUST_HIGH, i, &field) || field.next + 1 >= c->n || !tok_is(c->t + field.next, "at") ||
	    !read_value(c, "school", reads ? TRUST_HIGH : TRUST_LOW, field.next + 1, &school))
		return false;
	return reader_add(c->d, &c->s, "field of study", &field, c->op, "study", 0.85) &&
	       reader_add(c->d, &c->s, "school", &school, c->op, "study", 0.85);
}

/* "I'm in year 11 at Northgate High School", "I'm at Leiden University, doing a master's in linguistics" */
static bool school_at_read(struct reading *c, size_t i)
{
	static const char years[] = " year grade form sophomore freshman senior class semester term pupil undergrad undergraduate master masters bachelor phd ";
	struct value v, field;
	bool pupil = false;
	size_t k, e;

	if (!pattern_match(c, "be", &i))
		return false;
	for (k = i; k + 1 < c->n && k < i + 7 && !tok_is(c->t + k, "at"); k++)
		pupil = pupil || word_among(years, c->t[k].w);
	for (e = k + 2; e < c->n && e < k + 6 && !word_among(" studying reading ", c->t[e].w); e++)
		;
	if (k + 1 >= c->n || !tok_is(c->t + k, "at") || (k > i && !pupil) ||
	    !read_value(c, "school", e < c->n && e < k + 6 && (c->t[k + 1].flags & TOK_CAP) ? TRUST_HIGH : TRUST_LOW, k + 1, &v))
		return false;
	e = v.next + (v.next < c->n && tok_is(c->t + v.next, ","));
	if (pupil)
		return (c->t[k + 1].flags & TOK_CAP) && reader_add(c->d, &c->s, "school", &v, c->op, "school", 0.8);
	if (!pattern_match(c, "doing|studying|reading|pursuing a|my? phd|doctorate|degree|bachelor|bachelors|master|masters|ba|bsc|ma|msc|mba? 's? in?", &e) ||
	    !read_value(c, "field", TRUST_HIGH, e, &field))
		return false;
	return reader_add(c->d, &c->s, "school", &v, c->op, "school", 0.8) && reader_add(c->d, &c->s, "field of study", &field, c->op, "study", 0.8);
}

/* "I'm a native Danish speaker" */
static bool speaker_read(struct reading *c, size_t i)
{
	struct value v;

	return pattern_match(c, "be a native|fluent?", &i) && i + 1 < c->n && tok_is(c->t + i + 1, "speaker") &&
	       value_parse(c->d->x->text, "language", TRUST_LOW, c->t, i, i + 1, &v) &&
	       reader_add(c->d, &c->s, "language", &v, c->op, "speaks", 0.85);
}

bool study_sayings(struct reading *c, size_t i)
{
	return major_read(c, i) || field_at_read(c, i);
}

bool late_study_sayings(struct reading *c, size_t i)
{
	return school_at_read(c, i) || speaker_read(c, i);
}
