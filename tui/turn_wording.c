/*
 * How the small model is shown a question. It was trained on plain sentences, and what is learned is found by their words: asked
 * "WHERE DO I LIVE?" or "brother's name?" it does not recognise what it knows. So a shouted question is shown to it in small
 * letters, and one that leaves out whose it is with "my"; the apostrophes of typesetting are shown as those of a keyboard. The
 * conversation keeps what was typed.
 */
#include "tui/app_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOUTED_LETTERS = 8, ELIDED_MAX = 96 };
static const char curly[] = "\u2019";

static bool asks(const char *s)
{
	static const char *const first[] = { "what", "who", "where", "when", "which", "how", "do", "does", "is", "are", "am", "can", "tell" };
	const size_t len = strcspn(s, " '\t\n?");

	if (s[strcspn(s, "?")])
		return true;
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (strlen(first[i]) == len && !strncasecmp(s, first[i], len))
			return true;
	return false;
}

static bool shouted(const char *s)
{
	size_t letters = 0, words = 0;

	for (const char *p = s; *p; p++) {
		const bool letter = isalpha((unsigned char)*p) != 0;

		if (letter && islower((unsigned char)*p))
			return false;
		letters += letter;
		words += letter && (p == s || isspace((unsigned char)p[-1]));
	}
	return letters >= SHOUTED_LETTERS && words > 1 && asks(s);
}

/* "Where do I live?" */
static void quieten(char *s)
{
	bool begins = true;

	for (char *p = s; *p; p++) {
		const bool alone = *p == 'I' && (p == s || !isalpha((unsigned char)p[-1])) && !isalpha((unsigned char)p[1]);

		if (!begins && !alone)
			*p = (char)tolower((unsigned char)*p);
		begins = isalpha((unsigned char)*p) ? false : begins || strchr(".!?", *p) != NULL;
	}
}

/* Is the text, of len bytes, what the relation asks of the user, without "my"? */
static bool names(const relation *r, const char *text, size_t len)
{
	const char *noun = r->subject + 3; /* behind "my " */

	if (!strncmp(r->subject, "my ", 3))
		return strlen(noun) + 4 < len && !strncasecmp(text, noun, strlen(noun)) &&
		       !strncasecmp(text + strlen(noun), "'s ", 3);
	if (strcmp(r->subject, "I") != 0)
		return false;
	for (size_t i = 0; i < r->n_same; i++)
		if (strlen(r->same[i]) == len && !strncasecmp(text, r->same[i], len))
			return true;
	return strlen(r->name) == len && !strncasecmp(text, r->name, len);
}

/* "brother's name?", "shoe size?" */
static bool lacks_my(const relations *r, const char *text)
{
	size_t len = strcspn(text, "?");

	if (!text[len] || text[len + strspn(text + len, "? \n")])
		return false;
	while (len && text[len - 1] == ' ')
		len--;
	for (size_t i = 0; len && len < ELIDED_MAX && i < relations_count(r); i++)
		if (names(relations_at(r, i), text, len))
			return true;
	return false;
}

static void straighten(char *s)
{
	char *to = s;

	while (*s) {
		const bool is = !strncmp(s, curly, sizeof(curly) - 1);

		*to++ = is ? '\'' : *s;
		s += is ? sizeof(curly) - 1 : 1;
	}
	*to = 0;
}

char *wording_of(const relations *r, const char *text)
{
	static const char my[] = "My ";
	const size_t room = sizeof(my) - 1;
	char *out = malloc(strlen(text) + room + 1), *s = out + room;

	if (!out)
		return NULL;
	strcpy(s, text);
	straighten(s);
	if (shouted(s))
		quieten(s);
	if (lacks_my(r, s)) {
		*s = isupper((unsigned char)s[1]) ? *s : (char)tolower((unsigned char)*s);
		memcpy(s -= room, my, room);
	}
	if (!strcmp(s, text)) {
		free(out);
		return NULL;
	}
	memmove(out, s, strlen(s) + 1);
	return out;
}
