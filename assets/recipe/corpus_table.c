/*
 * Tables of the grammar: many questions of one form. A block of a file:
 *
 *   = opposites 6 both                     name, weight; both: the first two fields may be swapped; same: see {x}
 *   U: What is the opposite of {a}? | ...  "|" separates alternatives
 *   + {a} is the opposite of what? | ...   more of the line before; a question may hold choices, "[Which/What] ..."
 *   A: The opposite of {a} is {b}.         a second U: and A: may go on with the topic
 *   N: the opposite of {a} | ...           what is asked for, as a noun: goes into the frames of frames.txt
 *   C: what the opposite of {a} is | ...   and as a clause
 *   Q: Is {x} the opposite of {a}? | ...   another way to ask, with the reply R: of its own
 *   R: No, the opposite of {a} is {b}.
 *   F: And of {a}? | ...                   asked after another row of the block
 *   hot | cold                             rows; "/" separates the alternatives of a field; "*" in front: thrice
 *   @other 2 1                             the rows of another block, its second field first
 *
 * A file that begins with the line "wrapped" has some of its questions put into the wraps W: of frames.txt ("Quick one: {}").
 *
 * {a} .. {f} are the fields of a row, {w} is {a} without its article, {a!} is {a} with "a" or "an", {b2} and {b3} other
 * alternatives of {b}; {x} and {y} are the second and first field of a row with another answer (with "same": and the
 * same third field). The field @word is a word that does not exist, and "-" one that is missing: no question of it is
 * asked.
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 6
#define FIELD_BYTES 400

struct block {
	char name[32];
	unsigned weight;
	bool both, same;
	list ask, reply, follow; /* ask[i] is answered by reply[i] */
	list noun, clause;	 /* go into frames, answered by reply[0] */
	list other, answer;	 /* other[i], asked in place of ask[0], is answered by answer[i] */
	list rows;
};

struct form_tables {
	struct block *block;
	size_t n;
	unsigned total;
	bool wrapped;
	list noun_frames, clause_frames, wraps;
};

struct row {
	char field[FIELDS][3][FIELD_BYTES]; /* three alternatives each, different as
					       far as the row has them */
	char invented[32];		    /* the word that does not exist, if the row has one */
};

static struct block *block_new(form_tables *t, const char *line)
{
	char option[8] = "";
	struct block *b;

	t->block = realloc(t->block, (t->n + 1) * sizeof(*t->block));
	if (!t->block)
		recipe_die("out of memory");
	b = &t->block[t->n++];
	memset(b, 0, sizeof(*b));
	if (sscanf(line, "= %31s %u %7s", b->name, &b->weight, option) < 2 || !b->weight)
		recipe_die("table: bad head: %s", line);
	b->both = !strcmp(option, "both");
	b->same = !strcmp(option, "same");
	t->total += b->weight;
	return b;
}

/* The list that a line of this head goes into, or NULL. */
static list *list_of(struct block *b, const char *line)
{
	switch (line[1] == ':' && line[2] == ' ' ? *line : 0) {
	case 'U':
		return &b->ask;
	case 'A':
		return &b->reply;
	case 'F':
		return &b->follow;
	case 'N':
		return &b->noun;
	case 'C':
		return &b->clause;
	case 'Q':
		return &b->other;
	case 'R':
		return &b->answer;
	default:
		return NULL;
	}
}

static void list_extend(list *l, const char *more)
{
	char **last = l && l->n ? &l->item[l->n - 1] : NULL;
	size_t n = last ? strlen(*last) : 0, k = strlen(more) + 4;

	if (!last || !(*last = realloc(*last, n + k)))
		recipe_die("table: nothing to go on with: %s", more);
	snprintf(*last + n, k, " | %s", more);
}

/* "@capital 2 1": the rows of that block with those fields; a row that lacks one is left out. */
static void rows_of_other(const form_tables *t, struct block *b, const char *line)
{
	char name[32];
	unsigned field[FIELDS];
	int n = sscanf(line, "@%31s %u %u %u %u", name, &field[0], &field[1], &field[2], &field[3]) - 1;
	const struct block *from = t->block;

	while (from < b && strcmp(from->name, name))
		from++;
	if (from == b || n < 1)
		recipe_die("table: %s", line);
	for (size_t i = 0; i < from->rows.n; i++) {
		char row[FIELD_BYTES * FIELDS] = "", one[FIELD_BYTES];
		bool whole = true;

		for (int k = 0; k < n; k++) {
			size_t len = strlen(row);

			if (!field[k] || form_piece(from->rows.item[i], " | ", field[k] - 1, one, sizeof(one)) < field[k])
				recipe_die("table: %s: too few fields: %s", line, from->rows.item[i]);
			whole &= strcmp(one, "-") != 0;
			snprintf(row + len, sizeof(row) - len, "%s%s", k ? " | " : "", one);
		}
		if (whole)
			list_add(&b->rows, row, strlen(row));
	}
}

static void row_add(const form_tables *t, struct block *b, const char *line)
{
	int times = *line == '*' ? 3 : 1;

	if (*line == '@' && strncmp(line, "@word", 5)) {
		rows_of_other(t, b, line);
		return;
	}
	line += *line == '*' ? 2 : 0;
	while (times--)
		list_add(&b->rows, line, strlen(line));
}

static void frames_load(form_tables *t, const char *grammar)
{
	char path[512];
	size_t len;
	char *text;

	snprintf(path, sizeof(path), "%s/frames.txt", grammar);
	text = file_read(path, &len);
	for (char *line = text ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n"))
		if (!strncmp(line, "N: ", 3))
			list_add(&t->noun_frames, line + 3, strlen(line + 3));
		else if (!strncmp(line, "C: ", 3))
			list_add(&t->clause_frames, line + 3, strlen(line + 3));
		else if (!strncmp(line, "W: ", 3))
			list_add(&t->wraps, line + 3, strlen(line + 3));
	free(text);
}

static void block_check(const form_tables *t, const struct block *b, const char *path)
{
	if (!b->rows.n || !b->ask.n || b->ask.n != b->reply.n)
		recipe_die("%s: block %s: needs rows and as many A: as U:", path, b->name);
	if (b->other.n != b->answer.n)
		recipe_die("%s: block %s: needs as many R: as Q:", path, b->name);
	if ((b->noun.n && !t->noun_frames.n) || (b->clause.n && !t->clause_frames.n))
		recipe_die("%s: block %s: no frames", path, b->name);
}

form_tables *tables_load(const char *grammar, const char *file)
{
	char path[512];
	char *text;
	form_tables *t = calloc(1, sizeof(*t));
	struct block *b = NULL;
	list *last = NULL;

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_must_read(path);
	if (!t)
		recipe_die("out of memory");
	frames_load(t, grammar);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (*line == '=')
			b = block_new(t, line);
		else if (!b && !strcmp(line, "wrapped"))
			t->wrapped = true;
		else if (!b)
			recipe_die("%s: a line before the first block", path);
		else if (!strncmp(line, "+ ", 2))
			list_extend(last, line + 2);
		else if ((last = list_of(b, line)))
			list_add(last, line + 3, strlen(line + 3));
		else
			row_add(t, b, line);
	}
	for (size_t i = 0; i < t->n; i++)
		block_check(t, &t->block[i], path);
	free(text);
	return t;
}

void made_up_word(rng *r, char *out, size_t cap)
{
	static const char *const heads[] = { "fl", "gr", "z",  "bl", "sn", "kr", "m",	"tr", "w", "qu",
					     "pl", "v",	 "dr", "sk", "gl", "b",	 "thr", "sp", "n", "cr" };
	static const char *const mids[] = { "orb", "imp", "oxx",  "uzz", "andr", "eeb", "ong", "izz", "unt", "alv",
					    "omp", "ern", "ubbl", "agg", "ipp",	 "oon", "ask", "irl", "ebb", "ull" };
	static const char *const tails[] = { "inator", "le",  "ion", "er",  "us",  "ium", "ock", "ify", "oid", "ana",
					     "et",     "ism", "ax",  "ory", "ing", "o",	  "ula", "ent", "ish", "ot" };

	snprintf(out, cap, "%s%s%s", heads[rng_below(r, 20)], mids[rng_below(r, 20)], tails[rng_below(r, 20)]);
}

static void row_read(const struct block *b, const char *line, rng *r, struct row *row)
{
	char field[FIELD_BYTES * 4];
	size_t n = form_piece(line, " | ", SIZE_MAX, NULL, 0);
	bool swap = b->both && rng_chance(r, .5);

	memset(row, 0, sizeof(*row));
	for (size_t i = 0; i < n && i < FIELDS; i++) {
		size_t many, from, to = swap && i < 2 ? 1 - i : i;

		form_piece(line, " | ", i, field, sizeof(field));
		many = form_piece(field, " / ", SIZE_MAX, NULL, 0);
		from = rng_below(r, (unsigned)many);
		for (size_t k = 0; k < 3; k++) {
			char *out = row->field[to][k];

			form_piece(field, " / ", (from + k) % many, out, FIELD_BYTES);
			if (!strcmp(out, "@word")) { /* the only alternative: the same word thrice */
				if (!*row->invented)
					made_up_word(r, row->invented, sizeof(row->invented));
				snprintf(out, FIELD_BYTES, "%s", row->invented);
			}
		}
	}
}

static const char *without_article(const char *s)
{
	return !strncmp(s, "a ", 2) ? s + 2 : !strncmp(s, "an ", 3) ? s + 3 : !strncmp(s, "the ", 4) ? s + 4 : s;
}

/* "an apple": by the letter, which is right for all but a few words. */
static const char *article(const char *s)
{
	static const char *const as[] = { "uni", "use", "eu", "one", "U" }, *const ans[] = { "hour", "honest" };

	for (size_t i = 0; i < sizeof(as) / sizeof(*as); i++)
		if (!strncmp(s, as[i], strlen(as[i])))
			return "a ";
	for (size_t i = 0; i < sizeof(ans) / sizeof(*ans); i++)
		if (!strncmp(s, ans[i], strlen(ans[i])))
			return "an ";
	return strchr("aeiouAEIO", *s) ? "an " : "a ";
}

/* What {...} stands for: "" when the row has nothing there. */
static const char *slot(const struct row *row, const struct row *wrong, const char *name)
{
	size_t k = isdigit((unsigned char)name[1]) ? (size_t)(name[1] - '1') : 0;

	if (*name == 'w')
		return without_article(row->field[0][0]);
	if (*name == 'x' || *name == 'y')
		return wrong ? wrong->field[*name == 'x'][0] : "";
	if (*name < 'a' || *name >= 'a' + FIELDS || k >= 3 || !strcmp(row->field[*name - 'a'][k], "-"))
		return "";
	return row->field[*name - 'a'][k];
}

/* False when a field is empty, as in a row that has nothing more to say. */
static bool row_fill(const struct row *row, const struct row *wrong, const char *form, char *out, size_t cap)
{
	size_t n = 0;

	for (; *form && n + 2 < cap; form++) {
		const char *value;

		if (*form != '{') {
			out[n++] = *form;
			continue;
		}
		value = slot(row, wrong, form + 1);
		if (!*value)
			return false;
		n += (size_t)snprintf(out + n, cap - n, "%s%s", form[2] == '!' ? article(value) : "", value);
		form = strchr(form, '}');
		if (!form || n + 2 >= cap)
			recipe_die("table: bad or too long form");
		if (!strncmp(form + 1, "'s", 2) && out[n - 1] == 's') { /* the Netherlands' */
			out[n++] = '\'';
			form += 2;
		}
		form += form[1] == '.' && form[2] != '.' && out[n - 1] == '.'; /* Washington, D.C. */
	}
	out[n] = 0;
	*out = (char)toupper((unsigned char)*out);
	return true;
}

static size_t alternatives(const char *s)
{
	return form_piece(s, " | ", SIZE_MAX, NULL, 0);
}

static void pick(const char *s, rng *r, char *out, size_t cap)
{
	form_piece(s, " | ", rng_below(r, (unsigned)alternatives(s)), out, cap);
}

#define WRAP_SHARE .15 /* of the questions in a block's own wordings */

/* Does the line begin with a word of a question or a request, which inside a line has no capital? */
static bool is_asking(const char *s)
{
	static const char *const words[] = { "what", "which", "who", "whose", "where", "when", "why", "how",
					     "is", "are", "was", "were", "do", "does", "did", "can", "has",
					     "have", "could", "would", "whats", "whos", "what's", "who's",
					     "where's", "tell", "name", "give", "say", "in", "on", "at", "to",
					     "from", "if", "of", "with", "by", "think", "list", "explain",
					     "define", "spell", "complete", "turn", "put" };
	size_t n = strcspn(s, " ,");

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (n == strlen(words[i]) && !strncasecmp(s, words[i], n))
			return true;
	return false;
}

/* "Quick one: what is the capital of Peru?", in place of the question. Some wraps need a whole sentence, or take its end
 * off. */
static void wrap(const list *wraps, rng *r, char *q, size_t cap)
{
	const char *w = list_pick(wraps, r), *at = strstr(w, "{}"), *after = at ? at + 2 : "";
	size_t n = strlen(q);
	bool whole_question = n && q[n - 1] == '?' && is_asking(q);
	char whole[600];

	if (!at)
		recipe_die("table: bad wrap: %s", w);
	if (strstr(q, "...") || (*after == ' ' && !strchr(".?!", q[n - 1])) || (*after == ',' && !whole_question))
		return;
	n -= *after == ',';
	if (snprintf(whole, sizeof(whole), "%.*s%.*s%s", (int)(at - w), w, (int)n, q, after) >= (int)sizeof(whole))
		return;
	if (at > w && is_asking(q))
		whole[at - w] = (char)tolower((unsigned char)whole[at - w]);
	snprintf(q, cap, "%s", whole);
}

/* One question and its answer, the question now and then in one of the wraps, if any; false when the row cannot fill them. */
static bool exchange(const char *ask, const char *reply, const struct row *row, const struct row *wrong, const list *wraps,
		     rng *r, doc *d)
{
	char form[800], chosen[800], q[600] = "", a[600], typed[600];

	pick(ask, r, chosen, sizeof(chosen));
	form_choose(chosen, r, form, sizeof(form));
	if (!row_fill(row, wrong, form, q, sizeof(q)))
		return false;
	pick(reply, r, form, sizeof(form));
	if (!row_fill(row, wrong, form, a, sizeof(a)))
		return false;
	if (wraps && wraps->n && rng_chance(r, WRAP_SHARE))
		wrap(wraps, r, q, sizeof(q));
	do { /* nobody could tell an invented word from a misspelt one */
		memcpy(typed, q, sizeof(typed));
		type_slip(typed, sizeof(typed), r);
	} while (*row->invented && !strcasestr(typed, row->invented));
	doc_add(d, ROLE_USER, typed);
	doc_add(d, ROLE_ASSISTANT, a);
	return true;
}

/* "I'd like to know {}." with one of the things asked for. */
static void frame(const list *frames, const char *what, rng *r, char *out, size_t cap)
{
	const char *f = list_pick(frames, r), *at = strstr(f, "{}");
	char one[400];

	pick(what, r, one, sizeof(one));
	if (!at || snprintf(out, cap, "%.*s%s%s", (int)(at - f), f, one, at + 2) >= (int)cap)
		recipe_die("table: bad or too long frame: %s", f);
}

/* A row with another answer, to be proposed wrongly; false when the block has none. */
static bool row_wrong(const struct block *b, const struct row *row, rng *r, struct row *wrong)
{
	for (int tries = 0; tries < 40; tries++) {
		bool same = false;

		row_read(b, list_pick(&b->rows, r), r, wrong);
		if (b->same && strcmp(wrong->field[2][0], row->field[2][0]))
			continue;
		for (size_t k = 0; k < 3; k++)
			same |= !strcmp(wrong->field[1][0], row->field[1][k]) || !strcmp(wrong->field[0][0], row->field[0][k]) ||
				!strcmp(wrong->field[1][0], row->field[0][k]);
		if (!same && strcmp(wrong->field[1][0], "-"))
			return true;
	}
	return false;
}

enum { NOUN_SHARE = 12, CLAUSE_SHARE = 12 }; /* against one for every wording of the block's own */

/* The first question in one of the block's ways, each wording as often as another; *plain: in the way of U:. */
static bool first_exchange(const form_tables *t, const struct block *b, const struct row *row, rng *r, doc *d,
			   bool *plain)
{
	struct row *wrong = calloc(1, sizeof(*wrong));
	unsigned share[64] = { (unsigned)alternatives(b->ask.item[0]), b->noun.n ? NOUN_SHARE : 0,
			       b->clause.n ? CLAUSE_SHARE : 0 };
	unsigned total = share[0] + share[1] + share[2], k;
	const char *ask, *reply = b->reply.item[0];
	char form[800];
	size_t way = 0;
	bool done;

	if (!wrong || b->other.n > 60)
		recipe_die("table %s: too many ways", b->name);
	for (size_t i = 0; i < b->other.n; i++)
		total += share[3 + i] = (unsigned)alternatives(b->other.item[i]);
	for (k = rng_below(r, total); k >= share[way]; way++)
		k -= share[way];
	ask = way == 0 ? b->ask.item[0] : way > 2 ? b->other.item[way - 3] : form;
	if (way > 2)
		reply = b->answer.item[way - 3];
	if (way == 1)
		frame(&t->noun_frames, b->noun.item[0], r, form, sizeof(form));
	if (way == 2)
		frame(&t->clause_frames, b->clause.item[0], r, form, sizeof(form));
	done = exchange(ask, reply, row, row_wrong(b, row, r, wrong) ? wrong : NULL,
			t->wrapped && way != 1 && way != 2 ? &t->wraps : NULL, r, d);
	*plain = way < 3;
	free(wrong);
	return done;
}

void tables_add(const form_tables *t, rng *r, doc *d)
{
	struct row *row = calloc(1, sizeof(*row));
	unsigned k = rng_below(r, t->total);
	const struct block *b = t->block;
	bool plain = false;
	int tries = 0;

	if (!row)
		recipe_die("out of memory");
	for (; k >= b->weight; b++)
		k -= b->weight;
	do {
		row_read(b, list_pick(&b->rows, r), r, row);
		if (++tries > 100)
			recipe_die("table %s: a row lacks a field", b->name);
	} while (!first_exchange(t, b, row, r, d, &plain));
	for (size_t i = 1; plain && i < b->ask.n && rng_chance(r, .5); i++)
		if (!exchange(b->ask.item[i], b->reply.item[i], row, NULL, NULL, r, d))
			break;
	if (plain && b->follow.n && rng_chance(r, .2)) {
		row_read(b, list_pick(&b->rows, r), r, row);
		exchange(b->follow.item[0], b->reply.item[0], row, NULL, NULL, r, d);
	}
	free(row);
}
