/* Lists of real values: the collected tables and the grammar's own lists. */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

struct named_list {
	char name[32];
	list l;
};

struct values {
	struct named_list lists[64];
	size_t n;
};

static list *values_get(values *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->lists[i].name, name))
			return &v->lists[i].l;
	if (v->n == sizeof(v->lists) / sizeof(*v->lists))
		recipe_die("too many lists of values");
	snprintf(v->lists[v->n].name, sizeof(v->lists[v->n].name), "%s", name);
	return &v->lists[v->n++].l;
}

const list *values_list(const values *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->lists[i].name, name))
			return &v->lists[i].l;
	return NULL;
}

/* One value a line, up to a tab; names with brackets or commas are left out. */
static void load_table(values *v, const char *dir, const char *file, const char *name, bool skip_first)
{
	char path[512];
	size_t len;
	char *text, *line;

	snprintf(path, sizeof(path), "%s/tables/%s", dir, file);
	text = file_read(path, &len);
	if (!text)
		recipe_die("%s: cannot read", path);
	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\t\n");

		if (skip_first) {
			skip_first = false;
			continue;
		}
		for (size_t i = 0; i < n; i++)
			if (line[i] == ',')
				n = i;
		if (n && n < 40 && !memchr(line, '(', n) && !memchr(line, '"', n))
			list_add(values_get(v, name), line, n);
	}
	free(text);
}

static void load_lists(values *v, const char *grammar)
{
	char path[512];
	size_t len;
	char *text, *line;

	snprintf(path, sizeof(path), "%s/lists.txt", grammar);
	text = file_read(path, &len);
	if (!text)
		recipe_die("%s: cannot read", path);
	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, ":\n");
		char name[32];
		char *s;

		if (*line == '#' || line[n] != ':' || n > 24)
			continue;
		snprintf(name, sizeof(name), "own %.*s", (int)n, line);
		for (s = line + n + 1; *s && *s != '\n'; s += *s == ',') {
			size_t k = strcspn(s, ",\n"), skip = strspn(s, " ");

			list_add(values_get(v, name), s + skip, k - skip);
			s += k;
		}
	}
	free(text);
}

values *values_load(const char *source, const char *grammar)
{
	static const struct { const char *file, *name; } tables[] = {
		{ "first_names.txt", "first" }, { "last_names.txt", "last" },
		{ "pet_names.txt", "pet" },     { "cities.txt", "city" },
		{ "companies_invented.txt", "company" }, { "occupations.txt", "job" },
		{ "colors.txt", "color" },      { "foods.txt", "food" },
		{ "fruits_vegetables.txt", "fruit" }, { "hobbies.txt", "hobby" },
		{ "instruments.txt", "instrument" }, { "sports.txt", "sport" },
		{ "music_genres.txt", "music" }, { "dog_breeds.txt", "breed" },
		{ "cat_breeds.txt", "breed" },  { "animals.txt", "animal" },
		{ "books.txt", "book" },        { "allergies.txt", "allergy" },
		{ "street_words.txt", "streetword" }, { "street_suffixes.txt", "streetend" },
	};
	values *v = calloc(1, sizeof(*v));

	if (!v)
		recipe_die("out of memory");
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		load_table(v, source, tables[i].file, tables[i].name, false);
	load_table(v, source, "countries_capitals.tsv", "country", true);
	load_lists(v, grammar);
	return v;
}
