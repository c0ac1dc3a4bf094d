/* forms: see forms.h. */
#include "forms.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_WORDS = 4, TABLE_WORDS = 4 };

static void normalise(const char *s, size_t len, char *out)
{
	bool choices = memchr(s, '[', len);
	size_t n = 0;

	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	for (size_t i = 0; i < len && n < FORM_MAX - 2; i++) {
		if (s[i] == '{' && memchr(s + i, '}', len - i)) {
			i = (size_t)((const char *)memchr(s + i, '}', len - i) - s);
			out[n++] = '*';
		} else if (isalnum((unsigned char)s[i])) {
			out[n++] = (char)tolower((unsigned char)s[i]);
		} else if (choices && strchr("[/]?", s[i]) && i + 1 < len) {
			out[n++] = s[i];
		} else if (isspace((unsigned char)s[i]) && n && out[n - 1] != ' ') {
			out[n++] = ' ';
		}
	}
	while (n && out[n - 1] == ' ')
		n--;
	if (len && (s[len - 1] == '?' || (choices && s[len - 1] == ']')))
		out[n++] = s[len - 1];
	out[n] = 0;
}

static bool matches_at(const char *form, const char *s);

/* One of the choices at form, and what stands behind them. */
static bool matches_choice(const char *form, const char *s)
{
	const char *alt[64], *end = form + 1;
	char one[FORM_MAX];
	size_t n = 0;

	alt[n++] = end;
	for (int depth = 0; depth || *end != ']'; end++) {
		if (!*end || n == 63) {
			printf("choices do not end: %s\n", form);
			exit(1);
		}
		depth += (*end == '[') - (*end == ']');
		if (!depth && *end == '/')
			alt[n++] = end + 1;
	}
	alt[n] = end + 1;
	for (size_t i = 0; i < n; i++) {
		snprintf(one, sizeof(one), "%.*s%s", (int)(alt[i + 1] - alt[i] - 1), alt[i], end + 1);
		if (matches_at(one, s))
			return true;
	}
	return false;
}

/* A slot is filled by one to four words; choices leave spaces at the ends and beside each other, which count for nothing.
 * s[-1] can be read. */
static bool matches_at(const char *form, const char *s)
{
	int spaces = 0;

	if (*form == '[')
		return matches_choice(form, s);
	if (*form == ' ' && (s[-1] == ' ' || !*s || *s == '?'))
		return matches_at(form + 1, s);
	if (*form != '*')
		return *form == *s && (!*s || matches_at(form + 1, s + 1));
	for (; *s && *s != '?' && (spaces += *s == ' ') < SLOT_WORDS; s++)
		if (matches_at(form + 1, s + 1))
			return true;
	return false;
}

static const char *pick(const char *line, enum forms_in in)
{
	if (*line == '#')
		return NULL;
	if (in == FORMS_OF_FRAMES)
		return !strncmp(line, "N: ", 3) || !strncmp(line, "C: ", 3) ? line + 3 : NULL;
	if (in == FORMS_OF_TABLE && !strncmp(line, "+ ", 2))
		return line + 2;
	if (in == FORMS_OF_TABLE && (!strncmp(line, "T: ", 3) || !strncmp(line, "S: ", 3)))
		return line + 3;
	if (in == FORMS_OF_TABLE && (!strncmp(line, "? ", 2) || !strncmp(line, "Y ", 2)))
		return strchr(line, ':') ? strchr(line, ':') + 2 : NULL;
	if (in == FORMS_OF_USER || in == FORMS_OF_TABLE)
		return strncmp(line, "U: ", 3) ? NULL : line + 3;
	if (in == FORMS_OF_RELATION)
		return !strncmp(line, "ask ", 4) || !strncmp(line, "say ", 4) ? line + 4 : strncmp(line, "test ", 5) ? NULL : line + 5;
	return line;
}

/* Fewer than `least` words of its own beside slots and choices. */
static bool is_vague(const char *form, size_t least)
{
	size_t words = 0;
	int depth = 0;

	for (const char *s = form; *s; s++) {
		depth += (*s == '[') - (*s == ']');
		words += !depth && isalnum((unsigned char)*s) && (s == form || !isalnum((unsigned char)s[-1]));
	}
	return strchr(form, '*') && words < least;
}

static void add(forms *f, const char *s, size_t len, enum forms_in in)
{
	if (f->n == f->room) {
		f->room = f->room ? 2 * f->room : 4096;
		f->form = realloc(f->form, f->room * sizeof(*f->form));
		if (!f->form)
			abort();
	}
	normalise(s, len, f->form[f->n]);
	/* "* is my *" says nothing; a table's rows fill its slots with a few known things only. */
	if (is_vague(f->form[f->n], in == FORMS_OF_TABLE ? TABLE_WORDS : f->form[f->n][0] == '*' ? 3 : 2))
		return;
	f->n += strspn(f->form[f->n], "*? ") < strlen(f->form[f->n]); /* words, not slots alone */
}

void forms_add(forms *f, const char *form)
{
	add(f, form, strlen(form), FORMS_LINES);
}

static void add_parts(forms *f, const char *line, enum forms_in in)
{
	for (const char *s = pick(line, in), *end; s && *s; s = end ? end + 3 : NULL) {
		end = in == FORMS_PARTS || in == FORMS_OF_USER || in == FORMS_OF_TABLE ? strstr(s, " | ") : NULL;
		add(f, s, end ? (size_t)(end - s) : strlen(s), in);
	}
}

/* "N: lamp / tent" -> "[lamp/tent]" */
static void nouns_choice(const char *line, char *out, size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "[");

	for (const char *s = line + 3, *end; s; s = end ? end + 3 : NULL) {
		end = strstr(s, " / ");
		n += (size_t)snprintf(out + n, n < cap ? cap - n : 0, "%.*s%s", (int)(end ? (size_t)(end - s) : strcspn(s, "\n")), s,
				      end ? "/" : "]");
	}
	if (n >= cap) {
		printf("too many nouns: %s", line);
		exit(1);
	}
}

/* One alternative of a row, with the family's nouns in it. */
static void add_of_row(forms *f, const char *s, size_t len, const char *nouns, bool question)
{
	char one[2 * FORM_MAX] = "";
	size_t n = 0;

	for (const char *end = s + len; s < end && n + 1 < FORM_MAX; s++)
		if (!strncmp(s, "{n}", 3)) {
			n += (size_t)snprintf(one + n, FORM_MAX, "%s", nouns);
			s += 2;
		} else {
			one[n++] = *s;
		}
	snprintf(one + n, sizeof(one) - n, "%s", question ? "?" : "");
	add(f, one, strlen(one), FORMS_OF_ROWS);
}

/* A row of corpus_beside.c: of its fields, the questions, the statements and the short questions are the user's. */
static void add_row(forms *f, const char *line, const char *nouns)
{
	size_t field = 0;

	for (const char *s = line; s;) {
		const char *bar = strstr(s, " | "), *slash = strstr(s, " / "), *end = slash && (!bar || slash < bar) ? slash : bar;

		if (field == 0 || field == 2 || field == 5)
			add_of_row(f, s, end ? (size_t)(end - s) : strcspn(s, "\n"), nouns, field != 2);
		field += end && end == bar;
		s = end ? end + 3 : NULL;
	}
}

/* A row of corpus_claim.c under "= do eyes": "wear glasses" -> "Do I wear glasses?", "I wear glasses." */
static void add_claim(forms *f, const char *theme, const char *row)
{
	static const char *const verbs[][3] = { { "= do ", "Do I", "I" }, { "= am ", "Am I", "I'm" }, { "= can ", "Can I", "I can" },
						{ "= have ", "Have I [ever/]", "I have" } };
	char one[FORM_MAX];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strncmp(theme, verbs[i][0], strlen(verbs[i][0]))) {
			snprintf(one, sizeof(one), "%s %.*s?", verbs[i][1], (int)strcspn(row, "\n"), row);
			add(f, one, strlen(one), *row == '{' ? FORMS_OF_TABLE : FORMS_OF_CLAIMS);
			snprintf(one, sizeof(one), "%s %.*s.", verbs[i][2], (int)strcspn(row, "\n"), row);
			add(f, one, strlen(one), *row == '{' ? FORMS_OF_TABLE : FORMS_OF_CLAIMS);
		}
}

void forms_read(forms *f, const char *path, enum forms_in in)
{
	char line[16384], nouns[FORM_MAX] = "", theme[64] = "";
	FILE *file = fopen(path, "r");
	size_t before = f->n;

	while (file && fgets(line, sizeof(line), file))
		if (in == FORMS_OF_CLAIMS && *line == '=')
			snprintf(theme, sizeof(theme), "%.60s", line);
		else if (in == FORMS_OF_CLAIMS && strncmp(line, "L: ", 3))
			add_claim(f, theme, line);
		else if (in != FORMS_OF_ROWS && in != FORMS_OF_CLAIMS)
			add_parts(f, line, in);
		else if (!strncmp(line, "L: ", 3))
			continue;
		else if (!strncmp(line, "N: ", 3))
			nouns_choice(line, nouns, sizeof(nouns));
		else if (!strchr("#=", *line))
			add_row(f, line, nouns);
	if (file)
		fclose(file);
	if (f->n == before) {
		printf("%s: holds no forms\n", path);
		exit(1);
	}
}

const char *forms_match(const forms *f, const char *sentence)
{
	char text[FORM_MAX + 1] = " ";

	normalise(sentence, strlen(sentence), text + 1);
	for (size_t i = 0; i < f->n; i++)
		if (matches_at(f->form[i], text + 1))
			return f->form[i];
	return NULL;
}

void forms_release(forms *f)
{
	free(f->form);
	*f = (forms){ .n = 0 };
}
