/*
 * Threads: tables of questions whose next question is understood only with what was said before. A block of a file:
 *
 *   = capitals 6 chain                    name, weight; chain: F: mostly follows, up to three times; both: the first two
 *                                         fields may be swapped; told: every U: comes, and one to three of the T:,
 *                                         or F: in a chain; mixed: or both, as F: is clear after any T:
 *   U: What is the capital of {a}? | ...  "|" separates alternatives
 *   A: The capital of {a} is {b}.         a second U: and A: may come next
 *   T: In which country is it? | ...      one of the T: may come next, about the same row; its A: follows it
 *   A: {b} is in {a}.
 *   N: Are you sure? | ...                one of the N: may come right after an answer, about that row; its A: follows it
 *   F: And of {a}? | ...                  asked after another row of the block, answered by the first A:
 *   @other                                the rows of a block before
 *   France | Paris                        rows; " / " separates the alternatives of a field
 *
 * {a} to {h} are the fields of a row, {a2} and {a3} other alternatives of {a}; a field may name another one. "L: name: a / b"
 * makes a list, {@name} is an entry of it. All of them may hold choices (corpus_form.c). A field that is nothing but an entry
 * of a list is the same entry in the question and the answer, and one that is "-" is missing: no question of it is asked.
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 8
#define FIELD_BYTES 400

struct block {
	char name[32];
	unsigned weight;
	bool both, chain, told, mixed;
	list ask, reply;   /* ask[i] is answered by reply[i] */
	list then, answer; /* T: and its A: */
	list now, sure;    /* N: and its A: */
	list follow, rows;
};

struct form_threads {
	struct block *block;
	size_t n;
	unsigned total;
	form_lists lists;
};

struct row {
	char field[FIELDS][3][FIELD_BYTES]; /* three alternatives each, different as far as the row has them */
};

static struct block *block_new(form_threads *t, const char *line)
{
	struct block *b;

	t->block = realloc(t->block, (t->n + 1) * sizeof(*t->block));
	if (!t->block)
		recipe_die("out of memory");
	b = &t->block[t->n++];
	memset(b, 0, sizeof(*b));
	if (sscanf(line, "= %31s %u", b->name, &b->weight) < 2 || !b->weight)
		recipe_die("thread: bad head: %s", line);
	b->both = strstr(line, " both") != NULL;
	b->chain = strstr(line, " chain") != NULL;
	b->told = strstr(line, " told") != NULL;
	b->mixed = strstr(line, " mixed") != NULL;
	t->total += b->weight;
	return b;
}

static void block_line(struct block *b, const char *line, size_t n)
{
	if (!strncmp(line, "U: ", 3))
		list_add(&b->ask, line + 3, n - 3);
	else if (!strncmp(line, "T: ", 3))
		list_add(&b->then, line + 3, n - 3);
	else if (!strncmp(line, "N: ", 3))
		list_add(&b->now, line + 3, n - 3);
	else if (!strncmp(line, "A: ", 3) && b->sure.n < b->now.n)
		list_add(&b->sure, line + 3, n - 3);
	else if (!strncmp(line, "A: ", 3))
		list_add(b->answer.n < b->then.n ? &b->answer : &b->reply, line + 3, n - 3);
	else if (!strncmp(line, "F: ", 3))
		list_add(&b->follow, line + 3, n - 3);
	else
		list_add(&b->rows, line, n);
}

/* "@other": the rows of a block before. */
static void copy_rows(const form_threads *t, struct block *b, const char *name)
{
	for (const struct block *o = t->block; o < b; o++)
		for (size_t i = 0; i < o->rows.n && !strcmp(o->name, name); i++)
			list_add(&b->rows, o->rows.item[i], strlen(o->rows.item[i]));
}

form_threads *threads_load(const char *grammar, const char *file)
{
	char path[512];
	char *text;
	form_threads *t = calloc(1, sizeof(*t));
	struct block *b = NULL;

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_must_read(path);
	if (!t)
		recipe_die("out of memory");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (*line == '=')
			b = block_new(t, line);
		else if (!strncmp(line, "L: ", 3))
			form_lists_add(&t->lists, line + 3);
		else if (!b)
			recipe_die("%s: a line before the first block", path);
		else if (*line == '@')
			copy_rows(t, b, line + 1);
		else
			block_line(b, line, strlen(line));
	}
	for (size_t i = 0; i < t->n; i++) {
		b = &t->block[i];
		if (!b->rows.n || !b->ask.n || b->ask.n != b->reply.n || b->then.n != b->answer.n || b->now.n != b->sure.n)
			recipe_die("%s: block %s: needs rows and an A: for every U:, T: and N:", path, b->name);
	}
	free(text);
	return t;
}

static bool is_entry(const char *field)
{
	return !strncmp(field, "{@", 2) && strcspn(field, "}") + 1 == strlen(field);
}

/* Fields that are "{@name}": the entry is drawn here, and what it names; different ones where that is easy. */
static void keep_entries(const form_lists *l, rng *r, char field[3][FIELD_BYTES])
{
	char name[FIELD_BYTES], filled[FIELD_BYTES];

	for (size_t k = 0; k < 3; k++) {
		bool again = is_entry(field[k]);

		snprintf(name, sizeof(name), "%s", field[k]);
		for (int tries = 0; again && tries < 8; tries++) {
			form_lists_fill(l, name, r, filled, sizeof(filled));
			form_lists_fill(l, filled, r, field[k], FIELD_BYTES);
			again = false;
			for (size_t i = 0; i < k; i++)
				again |= !strcmp(field[i], field[k]);
		}
	}
}

static void row_read(const form_threads *t, const struct block *b, const char *line, rng *r, struct row *row)
{
	char field[FIELD_BYTES * 8];
	size_t n = form_piece(line, " | ", SIZE_MAX, NULL, 0);
	bool swap = b->both && rng_chance(r, .5);

	memset(row, 0, sizeof(*row));
	for (size_t i = 0; i < n && i < FIELDS; i++) {
		size_t many, from, to = swap && i < 2 ? 1 - i : i;

		form_piece(line, " | ", i, field, sizeof(field));
		many = form_piece(field, " / ", SIZE_MAX, NULL, 0);
		from = rng_below(r, (unsigned)many);
		for (size_t k = 0; k < 3; k++)
			form_piece(field, " / ", (from + k) % many, row->field[to][k], FIELD_BYTES);
		keep_entries(&t->lists, r, row->field[to]);
	}
}

/* The field that "{a}" or "{a2}" at s names, and the length of that; NULL when it names none: a command may hold braces. */
static const char *slot(const struct row *row, const char *s, size_t *len)
{
	unsigned k = isdigit((unsigned char)s[1] ? (unsigned char)s[2] : 0) ? (unsigned)(s[2] - '1') : 0;

	*len = s[0] == '{' && s[1] ? (isdigit((unsigned char)s[2]) ? 4 : 3) : 0;
	if (!*len || s[*len - 1] != '}' || s[1] < 'a' || s[1] >= 'a' + FIELDS || k >= 3)
		return NULL;
	return strcmp(row->field[s[1] - 'a'][k], "-") ? row->field[s[1] - 'a'][k] : "";
}

/* False when a field is empty, as in a row that has nothing more to say. */
static bool row_fill(const struct row *row, const char *form, char *out, size_t cap)
{
	size_t n = 0, len;

	while (*form && n + 1 < cap) {
		const char *value = slot(row, form, &len);

		if (!value) {
			out[n++] = *form++;
			continue;
		}
		if (!*value)
			return false;
		n += (size_t)snprintf(out + n, cap - n, "%s", value);
		form += len;
	}
	if (n >= cap)
		recipe_die("thread: too long: %.60s", out);
	out[n] = 0;
	return true;
}

/* One of the alternatives of a form, filled; false when the row cannot. */
static bool say(const form_threads *t, const char *forms, const struct row *row, rng *r, char *out, size_t cap)
{
	char form[1200], filled[1200];

	form_piece(forms, " | ", rng_below(r, (unsigned)form_piece(forms, " | ", SIZE_MAX, NULL, 0)), form, sizeof(form));
	form_lists_fill(&t->lists, form, r, filled, sizeof(filled));
	if (!row_fill(row, filled, form, sizeof(form)) || !row_fill(row, form, filled, sizeof(filled)))
		return false; /* twice: a field may name another one, and a list */
	form_lists_fill(&t->lists, filled, r, form, sizeof(form)); /* and an entry of a list another one */
	form_lists_fill(&t->lists, form, r, filled, sizeof(filled));
	form_choose(filled, r, out, cap);
	if (*out) /* the field at the beginning may begin with a choice */
		*out = (char)toupper((unsigned char)*out);
	return true;
}

/* One question and its answer; false when the row cannot fill them. */
static bool exchange(const form_threads *t, const char *ask, const char *reply, const struct row *row, bool casual, rng *r, doc *d)
{
	char q[600], a[600];

	if (!say(t, ask, row, r, q, sizeof(q)) || !say(t, reply, row, r, a, sizeof(a)))
		return false;
	if (casual)
		type_casual(q, sizeof(q), r);
	type_slip(q, sizeof(q), r);
	doc_add(d, ROLE_USER, q);
	doc_add(d, ROLE_ASSISTANT, a);
	return true;
}

/* One to three different questions about what was told. */
static void ask_told(const form_threads *t, const struct block *b, const struct row *row, rng *r, doc *d)
{
	size_t n = 1 + rng_below(r, 3), from = rng_below(r, (unsigned)b->then.n);

	for (size_t i = 0; i < n && i < b->then.n; i++) {
		size_t k = (from + i) % b->then.n;

		exchange(t, b->then.item[k], b->answer.item[k], row, true, r, d);
	}
}

/* What leans on the very last answer. */
static void ask_now(const form_threads *t, const struct block *b, const struct row *row, double p, rng *r, doc *d)
{
	unsigned i;

	if (!b->now.n || !rng_chance(r, p))
		return;
	i = rng_below(r, (unsigned)b->now.n);
	exchange(t, b->now.item[i], b->sure.item[i], row, b->told, r, d);
}

/* What may be said next about the same row; true when it was something else, of which "And of Italy?" would be asked. */
static bool go_on(const form_threads *t, const struct block *b, const struct row *row, rng *r, doc *d)
{
	bool chain = b->told && b->chain && !b->mixed;
	unsigned i;

	for (size_t k = 1; k < b->ask.n && (b->told || rng_chance(r, .5)); k++)
		if (!exchange(t, b->ask.item[k], b->reply.item[k], row, false, r, d))
			break;
	ask_now(t, b, row, .4, r, d);
	if (chain && b->follow.n && rng_chance(r, .5))
		return false;
	if (b->told && b->then.n)
		ask_told(t, b, row, r, d);
	if (b->told || !b->then.n || !rng_chance(r, .75))
		return chain && b->then.n;
	i = rng_below(r, (unsigned)b->then.n);
	exchange(t, b->then.item[i], b->answer.item[i], row, false, r, d);
	return false;
}

void threads_add(const form_threads *t, rng *r, doc *d)
{
	struct row *row = calloc(1, sizeof(*row));
	unsigned k = rng_below(r, t->total);
	const struct block *b = t->block;
	const char *line, *last;

	if (!row)
		recipe_die("out of memory");
	for (; k >= b->weight; b++)
		k -= b->weight;
	line = list_pick(&b->rows, r);
	row_read(t, b, line, r, row);
	for (int tries = 0; !exchange(t, b->ask.item[0], b->reply.item[0], row, false, r, d); tries++)
		if (tries > 100)
			recipe_die("thread %s: a row lacks a field", b->name);
	for (k = go_on(t, b, row, r, d) ? 0 : b->chain ? 3 : 1; b->follow.n && k && rng_chance(r, b->chain ? .7 : .2); k--) {
		last = line;
		for (unsigned tries = 0; line == last && tries < 8; tries++)
			line = list_pick(&b->rows, r);
		row_read(t, b, line, r, row);
		if (exchange(t, list_pick(&b->follow, r), b->reply.item[0], row, false, r, d))
			ask_now(t, b, row, .15, r, d);
	}
	free(row);
}
