/*
 * Traits: the kinds of facts that a circle of people may have.
 *
 * grammar/circle.txt: "L: name: a / b" makes a list, a block is one kind of fact:
 *
 *   = home place mo            name, kind of value (corpus_values.c; "-": the V: lines), whose: m mine, o of others, p of pets
 *   V: bees / sheep            values
 *   P: live in {v} | ...       what I say of me: "I ..."; the first is the plain one
 *   C: lives in {v} | ...      what I say of others
 *   Y: You live in {v}.        the answer; Z: {T} lives in {v}. the same of others
 *   Q: Where do I live? | ...  asked of me; R: Where does {s} live? of others; S: the same with "his"-words, not of pronouns
 *   W: Who lives in {v}?       the other way round; N: Do I live in {v}? M: Does {s} live in {v}?
 *   U: where you live          what is not known; X: where {t} lives
 *   E: from {v}                short, within "I'm Bea, ..., ..."; K: have moved to {v}, H: has moved to {v}: later changes
 */
#include "corpus_circle_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void trait_line(struct trait *t, const char *line)
{
	char **form = &t->form[*line - 'A'];
	size_t had = *form ? strlen(*form) : 0;
	const char *by = !had ? "" : *line == 'V' ? " / " : " | ";

	*form = realloc(*form, had + strlen(line) + 4);
	if (!*form)
		recipe_die("out of memory");
	sprintf(*form + had, "%s%s", by, line + 3);
}

static void trait_check(const struct trait *t, const char *path)
{
	const char *need = strpbrk(t->whose, "op") ? strchr(t->whose, 'm') ? "PCYZQRUX" : "CZRX" : "PYQU";

	for (const char *s = need; *s; s++)
		if (!t->form[*s - 'A'])
			recipe_die("%s: block %s: no %c:", path, t->name, *s);
	if (!strcmp(t->kind, "-") != (t->form['V' - 'A'] != NULL))
		recipe_die("%s: block %s: V: and the kind do not fit", path, t->name);
}

circle *circle_load(const char *grammar)
{
	char path[512];
	size_t len;
	char *text;
	circle *c = calloc(1, sizeof(*c));

	snprintf(path, sizeof(path), "%s/circle.txt", grammar);
	text = file_read(path, &len);
	if (!c || !text)
		recipe_die("%s: cannot read", path);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		struct trait *t = c->n ? &c->trait[c->n - 1] : NULL;

		if (*line == '#')
			continue;
		if (!strncmp(line, "L: ", 3)) {
			form_lists_add(&c->lists, line + 3);
		} else if (*line == '=') {
			c->trait = realloc(c->trait, (c->n + 1) * sizeof(*c->trait));
			if (!c->trait)
				recipe_die("out of memory");
			t = &c->trait[c->n++];
			memset(t, 0, sizeof(*t));
			if (sscanf(line, "= %23s %23s %7s", t->name, t->kind, t->whose) < 3)
				recipe_die("%s: bad head: %s", path, line);
		} else if (t && isupper((unsigned char)*line) && !strncmp(line + 1, ": ", 2)) {
			trait_line(t, line);
		} else {
			recipe_die("%s: bad line: %.60s", path, line);
		}
	}
	free(text);
	for (size_t i = 0; i < c->n; i++)
		trait_check(&c->trait[i], path);
	return c;
}

void circle_free(circle *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		for (int k = 0; k < 26; k++)
			free(c->trait[i].form[k]);
	for (size_t i = 0; i < c->lists.n; i++)
		free(c->lists.entries[i]);
	free(c->trait);
	free(c);
}
