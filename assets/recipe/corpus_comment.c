/*
 * Comments: what a friendly reply says to something told, in place of "Okay, noted." Without them the only facts that a
 * dialogue is asked for later would be those that were acknowledged stiffly. File grammar/comments.txt, one entry a line:
 *   = any                  for any statement; "= dog / puppy": for one that holds one of these words
 *   That sounds lovely!
 *   Is it big? > Not really. > Very.     with brief answers, which the user puts before his next message
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { GROUPS = 512, TEXT = 640 };

struct group_of_words {
	char *words; /* "dog / puppy"; "any" for the first one */
	list entry;
};

struct comments {
	struct group_of_words group[GROUPS];
	size_t n;
};

comments *comments_load(const char *grammar, const char *file)
{
	char path[512];
	char *text;
	comments *c = calloc(1, sizeof(*c));

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_must_read(path);
	if (!c)
		recipe_die("out of memory");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (!strncmp(line, "= ", 2)) {
			if (c->n == GROUPS || !(c->group[c->n++].words = strdup(line + 2)))
				recipe_die("%s: too many groups", path);
		} else if (!c->n || strlen(line) > 200) {
			recipe_die("%s: bad line: %.60s", path, line);
		} else {
			list_add(&c->group[c->n - 1].entry, line, strlen(line));
		}
	}
	if (!c->n || strcmp(c->group[0].words, "any"))
		recipe_die("%s: the first group must be \"any\"", path);
	for (size_t i = 0; i < c->n; i++)
		if (!c->group[i].entry.n)
			recipe_die("%s: a group without entries: %s", path, c->group[i].words);
	free(text);
	return c;
}

void comments_free(comments *c)
{
	for (size_t i = 0; c && i < c->n; i++) {
		for (size_t k = 0; k < c->group[i].entry.n; k++)
			free(c->group[i].entry.item[k]);
		free(c->group[i].entry.item);
		free(c->group[i].words);
	}
	free(c);
}

static bool holds_word(const char *s, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = s; (p = strcasestr(p, word)) != NULL; p++)
		if ((p == s || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
			return true;
	return false;
}

static bool group_fits(const struct group_of_words *g, const char *said)
{
	char word[TEXT];
	size_t n = form_piece(g->words, " / ", 0, word, sizeof(word));

	for (size_t k = 0; k < n; k++) {
		form_piece(g->words, " / ", k, word, sizeof(word));
		if (holds_word(said, word))
			return true;
	}
	return false;
}

/* An entry that fits what was said: of the first group that does, since the file has special cases first. */
static const char *pick(const comments *c, rng *r, const char *said)
{
	size_t g = 1;

	while (g < c->n && !group_fits(&c->group[g], said))
		g++;
	return list_pick(&c->group[g == c->n || rng_chance(r, .25) ? 0 : g].entry, r);
}

/* Does the assistant say no more than that it heard? */
static bool is_acknowledgement(const char *s)
{
	static const char *const heads[] = { "Noted", "Got it", "Okay", "Good to know", "All right", "Understood", "Thanks",
					     "Thank you", "I see", "Right.", "I'll remember", "I'll keep", "That's good to know" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (!strncmp(s, heads[i], strlen(heads[i])) && !isalpha((unsigned char)s[strlen(heads[i])]))
			return true;
	return false;
}

static void turn_text(const doc *d, size_t i, char out[DOC_BYTES])
{
	snprintf(out, DOC_BYTES, "%.*s", (int)d->turns[i].len, d->text + d->turns[i].at);
}

/* The next message of the user after a comment with brief answers. */
static void lead_in(const char *answer, char text[DOC_BYTES])
{
	char with[TEXT];
	size_t n = (size_t)snprintf(with, sizeof(with), "%s ", answer);

	if (islower((unsigned char)*text) && strncmp(with, "I ", 2))
		*with = (char)tolower((unsigned char)*with);
	if (strlen(text) + n < DOC_BYTES) {
		memmove(text + n, text, strlen(text) + 1);
		memcpy(text, with, n);
	}
}

/* "Noted.": one of many that would do. */
static void weigh_less(doc *d)
{
	char text[DOC_BYTES];

	for (size_t i = 0; i < d->n_turns; i++) {
		turn_text(d, i, text);
		if (d->turns[i].role == ROLE_ASSISTANT && strlen(text) < 32 && !strchr(text, ':') && is_acknowledgement(text))
			d->turns[i].role = ROLE_COMMENT;
	}
}

void comments_put(const comments *c, double share, rng *r, doc *d)
{
	char text[DOC_BYTES], said[DOC_BYTES] = "", entry[TEXT], answer[TEXT] = "";
	doc *out;

	weigh_less(d);
	if (d->n_marks || share <= 0) /* marks are places in the text */
		return;
	if (!(out = calloc(1, sizeof(*out))))
		recipe_die("out of memory");
	out->kind = d->kind;
	for (size_t i = 0; i < d->n_turns; i++) {
		int role = d->turns[i].role;

		turn_text(d, i, text);
		if (role == ROLE_USER) {
			memcpy(said, text, sizeof(said));
			if (*answer)
				lead_in(answer, text);
			*answer = 0;
		} else if (i + 2 < d->n_turns && !strchr(said, '?') && is_acknowledgement(text) &&
			   rng_chance(r, share)) {
			const char *e = pick(c, r, said);
			size_t n = form_piece(e, " > ", 0, entry, sizeof(entry));

			if (n > 1)
				form_piece(e, " > ", 1 + rng_below(r, (unsigned)n - 1), answer, sizeof(answer));
			memcpy(text, entry, strlen(entry) + 1);
			role = ROLE_COMMENT;
		}
		doc_add(out, role, text);
	}
	*d = *out;
	free(out);
}
