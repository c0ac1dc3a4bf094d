/*
 * The relations table's own say forms, tried when no rule has read a clause: they are compared word
 * for word, so a user's table brings its own statements with it.
 */
#include "detect_read.h"

#include <string.h>

/* Compares one word of a form, contractions written out, with tokens at *i. */
static bool form_word(const struct reading *c, const char *word, size_t len, size_t *i)
{
	static const struct {
		const char *end, *token;
	} ends[] = { { "'m", "am" },  { "'s", "'s" },	{ "'ve", "have" },
		     { "'t", "not" }, { "'re", "are" }, { "'ll", "will" } };
	size_t base = len;
	const char *second = NULL;

	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
		size_t e = strlen(ends[k].end);

		if (len > e && !memcmp(word + len - e, ends[k].end, e)) {
			second = ends[k].token;
			base = len - e - !strcmp(ends[k].end, "'t");
		}
	}
	if (*i >= c->n || strlen(c->t[*i].w) != base)
		return false;
	for (size_t k = 0; k < base; k++)
		if ((word[k] | 32) != c->t[*i].w[k] && word[k] != c->t[*i].w[k])
			return false;
	++*i;
	if (!second)
		return true;
	if (*i >= c->n ||
	    !(tok_is(c->t + *i, second) || (!strcmp(second, "'s") && tok_be(c->t + *i))))
		return false;
	++*i;
	return true;
}

/* Matches a form's words at *i up to {v} (returns 'v') or its end (returns 'e'); 0: no. *form moves
 * on. */
static int form_run(const struct reading *c, const char **form, size_t *i, bool is_start)
{
	const char *f = *form;

	while (*f) {
		size_t len = strcspn(f, " "), body = len;

		while (body && strchr(".,!", f[body - 1]))
			body--;
		if (len >= 3 && !memcmp(f, "{v}", 3)) {
			*form = f + len + (f[len] == ' ');
			return 'v';
		}
		if (f[0] == '{') { /* {S}: the subject was read, it ends at *i */
			if (!is_start)
				return 0;
			if (len > 4 && !memcmp(f + 3, "'s", 2)) {
				if (*i >= c->n || !tok_is(c->t + *i, "'s"))
					return 0;
				++*i;
			}
		} else {
			while (*i < c->n && tok_is(c->t + *i, ","))
				++*i;
			if (!form_word(c, f, body, i))
				return 0;
		}
		is_start = false;
		f += len + (f[len] == ' ');
	}
	*form = f;
	return 'e';
}

/* Forms whose words promise little: "I am {v}", "call me {v}", "I support {v}", "I enjoy {v}". */
static int form_trust(const relation *x, const char *form)
{
	static const char *const loose[] = { "condition",  "diet",     "team",	 "hobby",
					     "instrument", "language", "school", NULL };
	size_t words = 1;

	for (const char *p = form; *p; p++)
		words += *p == ' ';
	if (words > 5 && !strcmp(x->name, "hobby"))
		return TRUST_HIGH; /* "In my free time I enjoy {v}." */

	for (size_t i = 0; loose[i]; i++)
		if (!strcmp(x->name, loose[i]))
			return TRUST_LOW;
	return !strcmp(x->name, "name") && !strcmp(x->subject, "I") ? TRUST_LOW : TRUST_HIGH;
}

/* "I wear size {v} shoes." at token i. */
static bool form_read(struct reading *c, const relation *x, const char *form, size_t i)
{
	struct value v;
	size_t k = i;
	const char *f = form;

	if (f[0] == '{' && f[1] == 'v')
		return false; /* "{v} is my ..." is inverse_read's */
	if (form_run(c, &f, &k, true) != 'v' || k >= c->n)
		return false;
	if ((k && tok_be(c->t + k - 1) && value_predicative(c, x, k)) || !read_value(c, x->value, form_trust(x, form), k, &v))
		return false;
	if (handle_unfit(c, x, k, &v))
		return false;
	if (!strcmp(x->value, "age") && !age_end(c, v.next))
		return false;
	k = v.next;
	if (!strcmp(x->value, "time") && k < c->n && tok_is(c->t + k, "on"))
		return false; /* "at noon on Sundays" */
	if (*f && form_run(c, &f, &k, false) != 'e')
		return false;
	if (!*f && !value_closed(c, k) &&
	    (!strcmp(x->value, "number") || !strcmp(x->value, "word") || !strcmp(x->value, "size")))
		return false;
	return reader_add(c->d, &c->s, x->name, &v, c->op, "say-form", 0.9);
}

/* Tries the table's forms. at: where the predicate begins, behind a subject of the forms' kind. */
bool forms_read(struct reading *c, size_t at)
{
	for (size_t k = 0; k < relations_count(c->d->r); k++) {
		const relation *x = relations_at(c->d->r, k);
		bool own = !strcmp(x->subject, "I");

		if (own ? c->s.kind != SUBJECT_I && c->s.kind != SUBJECT_NONE
			: c->s.kind == SUBJECT_I || c->s.kind == SUBJECT_NONE ||
				    (strcmp(x->subject, "*") != 0 &&
				     strcmp(x->subject, c->s.text) != 0))
			continue;
		if (!strcmp(x->name, "like") || !strcmp(x->name, "dislike") ||
		    !strcmp(x->value, "job"))
			continue; /* looser in words than they may be read: rules of their own */
		if (!strcmp(x->value, "age") && as_good_as(c, 0, c->n))
			continue;
		if (!own && (!strcmp(x->value, "breed") || !strcmp(x->name, "name")) &&
		    !subject_is_pet(c->d, &c->s))
			continue;
		for (size_t f = 0; f < x->n_say; f++) {
			struct reading one;

			if (own && c->n && (x->say[f][0] | 32) != c->t[0].w[0] &&
			    c->t[0].kind == TOK_WORD)
				continue; /* most of them */
			one = *c;
			if (own)
				subject_set_i(&one.s);
			else if (x->say[f][0] != '{')
				continue;
			if (form_read(&one, x, x->say[f], own ? 0 : at))
				return true;
		}
	}
	return false;
}
