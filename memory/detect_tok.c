/*
 * Tests of single tokens and of the phrases that begin at one.
 */
#include "detect_int.h"

#include <string.h>

bool tok_is(const struct tok *t, const char *w)
{
	return !strcmp(t->w, w);
}

bool tok_punct(const struct tok *t)
{
	return t->kind == TOK_PUNCT || t->kind == TOK_HOLE;
}

bool tok_be(const struct tok *t)
{
	return tok_is(t, "is") || tok_is(t, "am") || tok_is(t, "are") || tok_is(t, "'s");
}

size_t tok_phrase(const struct tok *t, size_t n, const char *phrase)
{
	size_t k = 0;

	if (!n || t->w[0] != *phrase)
		return 0;
	while (*phrase && *phrase != '|') {
		size_t len = strcspn(phrase, " |");

		if (k >= n || strlen(t[k].w) != len || memcmp(t[k].w, phrase, len) != 0)
			return 0;
		k++;
		phrase += len + (phrase[len] == ' ');
	}
	return k;
}

const char *phrase_next(const char *list)
{
	const char *bar = strchr(list, '|');

	return bar ? bar + 1 : NULL;
}

size_t tok_phrases(const struct tok *t, size_t n, const char *list)
{
	size_t used = 0;

	for (const char *p = list; p && !used; p = phrase_next(p))
		used = tok_phrase(t, n, p);
	return used;
}
