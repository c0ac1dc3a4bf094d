/*
 * Values that lists of words decide: cars, breeds, diets, conditions.
 */
#include "detect_value.h"

#include <string.h>

/* "honda jazz" where nothing has capitals: the word behind a make. */
static bool model_lower(const struct where *w, size_t j)
{
	static const char no_model[] = " daily badly fast slow slowly home owner dealer everywhere around away back dealership mechanic key"
		" keys with ";
	const struct tok *t = w->t + j;

	return case_blind(w) && !word_among(" seat model smart mini land up ", w->t[j - 1].w) && t->kind == TOK_WORD &&
	    !(t->flags & TOK_TAIL) && strlen(t->w) > 2 && !word_among(no_model, t->w) &&
	       !word_in(WORDS_FUNCTION, t->w) && !word_in(WORDS_TAIL, t->w) && !word_in(WORDS_CUT, t->w) && !word_in(WORDS_ADVERB, t->w) &&
	       !word_in(WORDS_STATE, t->w) && !word_in(WORDS_VERB, t->w) && !word_in(WORDS_COMMON, t->w) && !word_time_unit(t->w) &&
	       !word_in(WORDS_VEHICLE, w->t[j - 1].w);
}

bool parse_listed(const struct where *w, enum word_set set, size_t max, bool any, struct value *out)
{
	struct where x = *w;
	size_t j, end = 0;

	if (is_article(x.t + x.i) && x.i + 1 < x.n)
		x.i++;
	for (j = x.i; j < x.n && j < x.i + max; j++) {
		const struct tok *t = x.t + j;

		if (tok_punct(t) || tok_be(t) || word_in(WORDS_CUT, t->w) ||
		    (j > x.i && tail_at(x.t, j, x.n)) || word_in(WORDS_PRONOUN, t->w) ||
		    word_in(WORDS_FUNCTION, t->w))
			break;
		if (word_in(set, t->w))
			end = j + 1;
		else if (any && end &&
			 (word_cap(t) || t->kind == TOK_NUM || strpbrk(t->w, "0123456789") ||
			  (end == j && j + 1 <= x.n && set == WORDS_CAR && model_lower(&x, j)) ||
			  word_among(" estate wagon hatchback convertible coupe sedan saloon hybrid diesel pickup ", t->w)))
			end = j + 1;
	}
	return end && value_set(&x, x.i, end, out);
}

bool parse_car(const struct where *w, struct value *out)
{
	struct where x = *w;

	if (parse_listed(w, WORDS_CAR, 6, true, out)) {
		for (size_t k = w->i; k < out->next; k++) /* a make or a model, not "an old van" */
			if (!is_article(w->t + k) && !word_in(WORDS_STATE, w->t[k].w) && !word_in(WORDS_VEHICLE, w->t[k].w) &&
			    !word_in(WORDS_COLOR, w->t[k].w) && !word_among(" old new used estate wagon suv pickup company family ", w->t[k].w))
				return true;
		return false;
	}
	if (w->trust != TRUST_HIGH)
		return false;
	if (is_article(x.t + x.i) && x.i + 1 < x.n)
		x.i++;
	return word_cap(x.t + x.i) && value_set(&x, x.i, name_capital(&x, 5), out);
}

bool parse_breed(const struct where *w, struct value *out)
{
	struct where x = *w;

	if (strstr(w->t[w->i].w, "-year-old"))
		return false; /* its age is read by itself */
	if (!parse_listed(w, WORDS_BREED, 5, false,
			  out)) { /* unknown to the list, but written like a breed */
		if (is_article(x.t + x.i) && x.i + 1 < x.n)
			x.i++;
		return word_cap(x.t + x.i) && !word_in(WORDS_ZODIAC, x.t[x.i].w) &&
		       !word_in(WORDS_STATE, x.t[x.i].w) &&
		       !(word_is_nation(x.t[x.i].w) && name_capital(&x, 5) == x.i + 1) &&
		       value_set(&x, x.i, name_capital(&x, 5), out);
	}
	if (is_article(x.t + x.i))
		x.i++;
	while (x.i + 1 < out->next && word_among(" senior junior rescue elderly purebred pedigree ", x.t[x.i].w))
		out->a = x.t[++x.i].a; /* "a senior beagle" */
	if (out->next == x.i + 1 && tok_is(x.t + x.i, "rescue"))
		return false;
	if (word_in(WORDS_STATE, x.t[x.i].w) &&
	    out->next > x.i + 1) { /* "a very good beagle" is one too, but keep it short */
		while (x.i + 1 < out->next && (word_in(WORDS_STATE, x.t[x.i].w)) &&
		       !word_in(WORDS_COLOR, x.t[x.i].w))
			x.i++;
		out->a = x.t[x.i].a;
	}
	return true;
}

bool parse_diet(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j;

	while (x.i < x.n && (is_article(x.t + x.i) || word_in(WORDS_ADVERB, x.t[x.i].w)))
		x.i++;
	for (j = x.i; j < x.n && word_in(WORDS_DIET, x.t[j].w) && j < x.i + 2; j++)
		;
	if (j == x.i)
		j += tok_phrases(x.t + j, x.n - j, "gluten free|dairy free|plant based");
	if (j == x.i || (j < x.n && x.t[j].kind == TOK_WORD && !tail_at(x.t, j, x.n) &&
			 !word_in(WORDS_CUT, x.t[j].w) && !tok_is(x.t + j, "and") &&
			 !tok_is(x.t + j, "diet") && !tok_is(x.t + j, "for") && !word_among(" household family couple home ", x.t[j].w) &&
			 !tok_is(x.t + j, "i")))
		return false;
	if (tok_is(x.t + x.i, "raw") || tok_is(x.t + x.i, "mediterranean"))
		return j < x.n && tok_is(x.t + j, "diet") && value_set(&x, x.i, j, out);
	return value_set(&x, x.i, j, out);
}

static bool improving(const char *w)
{
	size_t n = strlen(w);

	return word_in(WORDS_STATE, w) || (n > 5 && !strcmp(w + n - 3, "ing")) || word_judges(w);
}

bool parse_condition(const struct where *w, struct value *out)
{
	struct where x = *w;
	size_t j, end = 0;

	while (x.i < x.n && (is_article(x.t + x.i) || word_in(WORDS_ADVERB, x.t[x.i].w)))
		x.i++;
	if (x.i < x.n)
		end = tok_phrases(x.t + x.i, x.n - x.i,
				  "hay fever|high blood pressure|low blood pressure|"
				  "high cholesterol|chronic pain|chronic back pain|chronic fatigue|"
				  "color blindness|colour blindness|heart failure|hearing loss|"
				  "a heart murmur|a pacemaker|sickle cell|long covid");
	if (end)
		return value_set(&x, x.i, x.i + end, out);
	for (j = x.i; j < x.n && j < x.i + 5; j++) {
		size_t len = strlen(x.t[j].w);

		if (tok_punct(x.t + j) || word_in(WORDS_CUT, x.t[j].w) || tok_is(x.t + j, "and") ||
		    (word_in(WORDS_FUNCTION, x.t[j].w)))
			break;
		if (word_in(WORDS_CONDITION, x.t[j].w) ||
		    (len > 6 &&
		     (!strcmp(x.t[j].w + len - 4, "itis") || !strcmp(x.t[j].w + len - 4, "emia") ||
		      !strcmp(x.t[j].w + len - 5, "algia") || !strcmp(x.t[j].w + len - 5, "pathy") || !strcmp(x.t[j].w + len - 6, "trophy") ||
		      !strcmp(x.t[j].w + len - 4, "osis"))))
			end = j + 1;
	}
	if (!end && w->trust == TRUST_HIGH && !improving(x.t[x.i].w))
		end = j;
	if (end > x.i && word_among(" block boredom love guilt regret fomo ", x.t[end - 1].w))
		return false;
	if (end < x.n && end && x.t[end].kind == TOK_WORD &&
	    (tok_is(x.t + end, "about") || (tok_is(x.t + end, "on") && !(end + 1 < x.n && word_among(" my both one the ", x.t[end + 1].w)))))
		return false;
	return end > x.i && value_set(&x, x.i, end, out);
}

bool parse_one_of(const struct where *w, enum word_set set, struct value *out)
{
	struct where x = *w;

	while (x.i + 1 < x.n && (is_article(x.t + x.i) || tok_is(x.t + x.i, "by")))
		x.i++;
	return word_in(set, x.t[x.i].w) && value_set(&x, x.i, x.i + 1, out);
}
