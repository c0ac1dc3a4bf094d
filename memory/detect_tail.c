/*
 * What may follow a fact about the same subject: "... at Google", ", a nurse from Denver", "on 12 May 1988".
 */
#include "detect_read.h"
#include "detect_value.h"

#include <string.h>

/* Behind a job: where it is done, or learned. Returns the relation and sets *v, or NULL. */
static const char *job_tail(const struct reading *c, size_t i, struct value *v)
{
	const struct tok *t = c->t + i;
	size_t k = i + 1;

	if (tok_is(t, "at") && i && word_among(" student sophomore freshman undergraduate undergrad postgrad ", c->t[i - 1].w))
		return read_value(c, "school", TRUST_HIGH, k, v) ? "school" : NULL;
	if (!tok_is(t, "of") && read_value(c, "school", TRUST_LOW, k, v))
		return "school";
	return !(tok_is(t, "of") && k < c->n && !(c->t[k].flags & TOK_CAP)) && read_value(c, "company", TRUST_LOW, k, v) ? "employer" : NULL;
}

/* One piece at i, behind a fact of the relation after: returns its relation and sets *v, or NULL. */
static const char *tail_piece(const struct reading *c, size_t i, const char *after, struct value *v)
{
	static const char living[] = "living in|based in|living alone in|living together in";
	const struct tok *t = c->t + i;
	bool intro = !strcmp(after, "name"), job = !strcmp(after, "job");
	bool born = !strcmp(after, "birthplace") || !strcmp(after, "birth year");
	size_t k = i + 1;

	if (job && word_among(" at for with of ", t->w))
		return job_tail(c, i, v);
	if (!strcmp(after, "breed") && (tok_is(t, "called") || tok_is(t, "named")))
		return read_value(c, "pet", TRUST_HIGH, k, v) ? "name" : NULL;
	if (tok_is(t, "working") && k + 1 < c->n && (intro || word_among(" home age ", after)))
		return tok_is(t + 1, "as") ? read_value(c, "job", TRUST_LOW, k + 1, v) ? "job" : NULL
		       : word_among(" at for ", t[1].w) && read_value(c, "company", TRUST_HIGH, k + 1, v) ? "employer"
													  : NULL;
	if (tok_is(t, "in") && !strcmp(after, "birthplace"))
		return read_value(c, "year", TRUST_HIGH, k, v) ? "birth year" : NULL;
	if (born && tok_phrase(t, c->n - i, "raised in"))
		return read_value(c, "place", TRUST_HIGH, i + 2, v) ? "hometown" : NULL;
	if (!strcmp(after, "height"))
		return read_value(c, "weight", TRUST_LOW, i, v) ? "weight" : NULL;
	if (tok_phrase(t, c->n - i, "allergic to") && !strcmp(after, "diet"))
		return read_value(c, "allergy", TRUST_HIGH, i + 2, v) ? "allergy" : NULL;
	if ((intro || job) && c->s.kind == SUBJECT_I && i + 2 < c->n && word_among(" mother father mom mum dad parent ", t->w) &&
	    tok_is(t + 1, "of"))
		return read_value(c, "number", TRUST_HIGH, i + 2, v) ? "children" : NULL;
	if (tok_is(t, "as") && !strcmp(after, "employer"))
		return read_value(c, "job", k < c->n && word_among(" a an ", c->t[k].w) ? TRUST_HIGH : TRUST_LOW, k, v) ? "job" : NULL;
	if (tok_is(t, "at") && !strcmp(after, "field of study"))
		return read_value(c, "school", TRUST_HIGH, k, v) ? "school" : NULL;
	if (tok_is(t, "on") && born)
		return read_value(c, "date", TRUST_HIGH, k, v) ? "birthday" : NULL;
	if (tok_is(t, "in") && (!strcmp(after, "birthday") || !strcmp(after, "birth year")))
		return read_value(c, "place", TRUST_HIGH, k, v) ? "birthplace" : NULL;
	if (tok_is(t, "from") &&
	    (intro || !strcmp(after, "age") || (job && c->s.kind == SUBJECT_I) || (i && tok_is(t - 1, "originally"))))
		return read_value(c, "place", TRUST_HIGH, k, v) ? "hometown" : NULL;
	if ((intro || !strcmp(after, "age")) && (tok_is(t, "a") || tok_is(t, "an")))
		return read_value(c, "job", TRUST_LOW, i, v) ? "job" : NULL;
	if (intro && i && tok_is(t - 1, ",") && read_value(c, "job", TRUST_LOW, i, v) &&
	    (v->next >= c->n || tok_punct(c->t + v->next) || word_among(" at for from with ", c->t[v->next].w)))
		return "job"; /* "I'm Sam, 34, retired teacher" */
	if (tok_phrase(t, c->n - i, "majoring in"))
		return read_value(c, "field", TRUST_HIGH, i + 2, v) ? "field of study" : NULL;
	if (intro && tok_is(t, "studying"))
		return read_value(c, "field", TRUST_HIGH, k, v) ? "field of study" : NULL;
	if (tok_phrases(t, c->n - i, living))
		return read_value(c, "place", TRUST_HIGH, i + tok_phrases(t, c->n - i, living), v) ? "home" : NULL;
	if ((intro || (job && c->s.kind == SUBJECT_I && i && tok_is(t - 1, ","))) && read_value(c, "age", TRUST_HIGH, i, v) && age_end(c, v->next)) {
		v->next = age_end(c, v->next);
		return "age";
	}
	return NULL;
}

void tail_read(struct reading *c, size_t i, const char *after)
{
	bool intro = !strcmp(after, "name");
	struct value v;

	while (i < c->n) {
		const char *found;

		if (tok_is(c->t + i, ",") || tok_is(c->t + i, "and") || word_among(" m f male female ", c->t[i].w) ||
		    word_in(WORDS_ADVERB, c->t[i].w)) {
			i++;
			continue;
		}
		found = tail_piece(c, i, after, &v);
		if (!found && tail_at(c->t, i, c->n)) { /* "... at the moment, originally from Bristol" */
			while (i < c->n && !tok_punct(c->t + i) && !tok_is(c->t + i, "and"))
				i++;
			continue;
		}
		if (!found && intro) /* "I'm Sam, a nurse at Mercy, 34": both may go on */
			found = tail_piece(c, i, "job", &v);
		if (!found && intro && tok_is(c->t + i, "in") && read_value(c, "place", TRUST_HIGH, i + 1, &v)) {
			i = v.next; /* "a midwife in Malmö, mother of two": where she works is not said to be home */
			continue;
		}
		if (!found || !reader_add(c->d, &c->s, found, &v, c->op, "apposition", 0.85))
			return;
		if (word_among(" school ", found) || !strcmp(found, "field of study") || (!intro && !strcmp(found, "job")))
			after = found;
		i = v.next;
	}
}
