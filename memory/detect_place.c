/*
 * Sayings of where one lives and works that the table of predicates has no row for: a place behind
 * a dwelling, "moved from U to V", a trade at an employer.
 */
#include "detect_read.h"

#include <string.h>

/* "I live with my parents in V" */
static bool live_with_read(struct reading *c, size_t i)
{
	struct value v;

	if (!pattern_match(c, "live|lives|living with|w", &i) || i >= c->n ||
	    !word_among(" my our his her their two three four some a an friends roommates family us me ", c->t[i].w))
		return false;
	for (size_t k = i + 1; k + 1 < c->n && k < i + 9 && !tok_punct(c->t + k); k++)
		if (tok_is(c->t + k, "in"))
			return read_value(c, "place", TRUST_HIGH, k + 1, &v) && value_closed(c, v.next) &&
			       reader_add(c->d, &c->s, "home", &v, c->op, "live-with", 0.85);
	return false;
}

/* "I live in sheltered housing in Troon": the place behind the dwelling. */
static bool dwelling_read(struct reading *c, size_t i)
{
	static const char dwellings[] = " one-bedroom two-bedroom bedsit duplex penthouse townhouse housing house flat apartment condo"
		" studio room dorm dormitory loft cottage bungalow villa farmhouse caravan houseboat "
					"barracks hostel basement accommodation shed tent van camper halls suburb suburbs ";
	struct value v;

	if (!pattern_match(c, "live|lives|living in|on", &i) && !pattern_match(c, "be living|staying in|on", &i))
		return false;
	for (size_t k = i, e; k + 5 < c->n && k < i + 4 && c->t[k].kind == TOK_WORD; k++)
		if (word_among(dwellings, c->t[k].w) && word_among(" above over behind ", c->t[k + 1].w)) /* "a flat above a chippy in Hull" */
			for (e = k + 2; e + 1 < c->n && e < k + 6; e++)
				if (tok_is(c->t + e, "in") && (c->t[e + 1].flags & TOK_CAP))
					return read_value(c, "place", TRUST_HIGH, e + 1, &v) && value_closed(c, v.next) &&
					       reader_add(c->d, &c->s, "home", &v, c->op, "live-with", 0.85);
	for (size_t k = i; k + 2 < c->n && k < i + 6 && c->t[k].kind == TOK_WORD && !(c->t[k].flags & TOK_CAP); k++)
		if (word_among(dwellings, c->t[k].w) && word_among(" in near of ", c->t[k + 1].w))
			return tok_is(c->t + k + 1, "in") && (c->t[k + 2].flags & TOK_CAP) && read_value(c, "place", TRUST_HIGH, k + 2, &v) &&
			    value_closed(c, v.next) &&
			       reader_add(c->d, &c->s, "home", &v, c->op, "live-with", 0.85);
	return false;
}

/* "I call Nairobi home", "I made Lisbon my home" */
static bool call_home_read(struct reading *c, size_t i)
{
	struct value v;
	size_t e;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "have? call|made", &i) || i >= c->n || !(c->t[i].flags & TOK_CAP))
		return false;
	for (e = i + 1; e < c->n && e < i + 6 && !tok_is(c->t + e, "home"); e++)
		;
	return e < c->n && tok_is(c->t + e, "home") && value_closed(c, e + 1) &&
	       value_parse(c->d->x->text, "place", TRUST_HIGH, c->t, i, e - word_among(" my our ", c->t[e - 1].w), &v) && reader_add(c->d, &c->s, "home", &v, c->op, "home-is", 0.8);
}

/* "I'm Lisbon-based" */
static bool based_read(struct reading *c, size_t i)
{
	struct value v;
	size_t n;

	if (!pattern_match(c, "be", &i) || i >= c->n || !(c->t[i].flags & TOK_CAP) || (n = strlen(c->t[i].w)) < 9 ||
	    strcmp(c->t[i].w + n - 6, "-based") != 0)
		return false;
	v = (struct value){ .a = c->t[i].a, .b = c->t[i].b - 6, .next = i + 1 };
	if (!reader_add(c->d, &c->s, "home", &v, c->op, "based-in", 0.85))
		return false;
	tail_read(c, i + 1, "age");
	return true;
}

/* "I used to live in Boston but now I'm in Denver" */
static bool now_in_read(struct reading *c, size_t i)
{
	const struct tok *t = c->d->x->tok;
	struct value v;

	if (c->op != DETECT_SUPERSEDE || !pattern_match(c, "be in", &i) || i >= c->n || !(c->t[i].flags & TOK_CAP) ||
	    !read_value(c, "place", TRUST_HIGH, i, &v) || !value_closed(c, v.next))
		return false;
	for (size_t k = 0; k + 1 < c->d->x->n && t[k].a < c->t->a; k++)
		if ((word_among(" live lived living ", t[k].w) && tok_is(t + k + 1, "in")) || tok_is(t + k, "moved"))
			return reader_add(c->d, &c->s, "home", &v, DETECT_SUPERSEDE, "now-in", 0.8);
	return false;
}

/* "I changed jobs, I'm at Vattenfall now" */
static bool at_now_read(struct reading *c, size_t i)
{
	const struct tok *t = c->d->x->tok;
	struct value v;
	bool job = false;

	if (now_in_read(c, i))
		return true;
	if (c->s.kind != SUBJECT_I || !pattern_match(c, "be at|with", &i) || i >= c->n || !(c->t[i].flags & TOK_CAP) ||
	    !read_value(c, "company", TRUST_LOW, i, &v) || !value_closed(c, v.next) || c->op != DETECT_SUPERSEDE)
		return false;
	for (size_t k = 0; k < c->d->x->n && t[k].a < c->t->a; k++)
		job = job || word_among(" job jobs work worked employer quit fired hired laid position career ", t[k].w);
	return job && reader_add(c->d, &c->s, "employer", &v, DETECT_SUPERSEDE, "new-employer", 0.8);
}

/* "I head up procurement at Brightwater" */
static bool lead_at_read(struct reading *c, size_t i)
{
	struct value v;

	if (c->s.kind == SUBJECT_NAME || (!pattern_match(c, "be in", &i) && !pattern_match(c, "head|heads|lead|leads|run|runs|manage|manages|oversee|oversees|handle|handles|do|does up? a|the?", &i)))
		return false;
	for (size_t k = i; k + 1 < c->n && k < i + 4 && c->t[k].kind == TOK_WORD && !word_in(WORDS_FUNCTION, c->t[k].w); k++)
		if (k + 2 < c->n && tok_is(c->t + k + 1, "at") && (c->t[k + 2].flags & TOK_CAP))
			return word_among(" procurement marketing sales hr finance logistics it support design operations engineering"
				" research security payroll "
					  "accounting accounts communications comms pr legal compliance training recruiting recruitment"
						" purchasing quality "
					  "production data analytics team department desk shift kitchen bar warehouse lab ", c->t[k].w) &&
			       read_value(c, "company", TRUST_HIGH, k + 2, &v) && value_closed(c, v.next) &&
			       reader_add(c->d, &c->s, "employer", &v, c->op, "work-at", 0.85);
	return false;
}

/* "I teach chemistry at V" */
static bool teach_read(struct reading *c, size_t i)
{
	struct value v;

	if (!pattern_match(c, "teach|teaches", &i))
		return false;
	for (; i + 1 < c->n && !tok_punct(c->t + i); i++)
		if (tok_is(c->t + i, "at"))
			return !word_among(" a an ", c->t[i + 1].w) &&
			       read_value(c, "company", TRUST_LOW, i + 1, &v) &&
			       reader_add(c->d, &c->s, "employer", &v, c->op, "teach-at", 0.85);
	return false;
}

/* "moved from Porto to Lisbon" */
static bool moved_from_read(struct reading *c, size_t i)
{
	struct value from, to;
	size_t k = i;

	if (!(pattern_match(c, "have|has? moved|relocated away? from", &k)) ||
	    !read_value(c, "place", TRUST_HIGH, k, &from) || from.next >= c->n ||
	    !tok_is(c->t + from.next, "to") ||
	    !read_value(c, "place", TRUST_HIGH, from.next + 1, &to))
		return false;
	return reader_add(c->d, &c->s, "home", &to, DETECT_SUPERSEDE, "moved-to", 0.95);
}

/* "I'm a scaffolder in Glasgow": one who does something, somewhere. */
static bool job_in_read(struct reading *c, size_t i)
{
	static const char none[] = " stranger newcomer foreigner beginner outsider prisoner traveler traveller loser lodger settler"
		" backpacker homeowner "
				   "believer renter customer visitor member commuter ";
	static const char *const ends[] = { "er", "or", "ist", "eer" };
	struct value v, place;
	const char *w;
	size_t n;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "be a", &i) || i + 2 >= c->n || !tok_is(c->t + i + 1, "in") ||
	    !(c->t[i + 2].flags & TOK_CAP) || (c->t[i].flags & TOK_CAP) || c->t[i].kind != TOK_WORD)
		return false;
	w = c->t[i].w;
	n = strlen(w);
	if (n < 6 || word_among(none, w) || word_in(WORDS_STATE, w) || word_in(WORDS_NOT_JOB, w) ||
	    !read_value(c, "place", TRUST_HIGH, i + 2, &place))
		return false;
	v = (struct value){ .a = c->t[i].a, .b = c->t[i].b, .next = i + 1 };
	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++)
		if (!strcmp(w + n - strlen(ends[k]), ends[k]))
			return reader_add(c->d, &c->s, "job", &v, c->op, "job-in", 0.75);
	return false;
}

/* "I'm a sommelier at Noma": what no list knows as a job is one at a named employer. */
static bool job_at_read(struct reading *c, size_t i)
{
	static const char none[] =
		" regular member patient guest customer client visitor stranger newcomer fan beginner inmate resident volunteer "
		"student pupil shareholder stop meeting party concert wedding conference trade shot partner lot table desk bar "
		"point ";
	struct value v, firm;
	size_t k;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "be a", &i))
		return false;
	for (k = i; k < c->n && k < i + 4 && !tok_is(c->t + k, "at"); k++)
		if (c->t[k].kind != TOK_WORD || (c->t[k].flags & TOK_CAP) || word_in(WORDS_FUNCTION, c->t[k].w) ||
		    word_in(WORDS_STATE, c->t[k].w) || word_in(WORDS_NOT_JOB, c->t[k].w) || word_among(none, c->t[k].w))
			return false;
	if (k == i || k + 1 >= c->n || !tok_is(c->t + k, "at") ||
	    !(c->t[k + 1 + (tok_is(c->t + k + 1, "the") && k + 2 < c->n)].flags & TOK_CAP) ||
	    !read_value(c, "company", TRUST_HIGH, k + 1, &firm))
		return false;
	v = (struct value){ .a = c->t[i].a, .b = c->t[k - 1].b, .next = k };
	return reader_add(c->d, &c->s, "job", &v, c->op, "job-at", 0.75) &&
	       reader_add(c->d, &c->s, "employer", &firm, c->op, "job-at", 0.8);
}

/* "We are a family of five living in Tallinn", "I'm a Brit living in Spain" */
static bool living_in_read(struct reading *c, size_t i)
{
	struct value v;

	if (c->s.kind != SUBJECT_I || !(pattern_match(c, "be a", &i) || (pattern_match(c, "be", &i) && i < c->n && word_is_nation(c->t[i].w))))
		return false;
	for (size_t k = i + 1; k + 2 < c->n && k < i + 7 && !tok_punct(c->t + k); k++)
		if (word_among(" living based ", c->t[k].w) && tok_is(c->t + k + 1, "in") &&
		    !word_among(" people those someone anyone everyone children families men women expats ", c->t[k - 1].w))
			return read_value(c, "place", TRUST_HIGH, k + 2, &v) && reader_add(c->d, &c->s, "home", &v, c->op, "live-in", 0.85);
	return false;
}

bool place_sayings(struct reading *c, size_t i)
{
	return call_home_read(c, i) || live_with_read(c, i) || dwelling_read(c, i) || based_read(c, i) || at_now_read(c, i) || lead_at_read(c, i) ||
	       teach_read(c, i) || moved_from_read(c, i);
}

/* "I am a tourist from Chile" */
static bool from_read(struct reading *c, size_t i)
{
	struct value v;

	if (c->s.kind != SUBJECT_I || !pattern_match(c, "be a", &i))
		return false;
	for (size_t k = i + 1; k + 1 < c->n && k < i + 4 && c->t[k - 1].kind == TOK_WORD && !word_in(WORDS_FUNCTION, c->t[k - 1].w); k++)
		if (tok_is(c->t + k, "from"))
			return (c->t[k + 1].flags & TOK_CAP) && read_value(c, "place", TRUST_HIGH, k + 1, &v) && value_closed(c, v.next) &&
			       reader_add(c->d, &c->s, "hometown", &v, c->op, "from", 0.8);
	return false;
}

bool late_place_sayings(struct reading *c, size_t i)
{
	return job_at_read(c, i) || job_in_read(c, i) || from_read(c, i) || living_in_read(c, i);
}
