/*
 * Events, the inside: reads events.txt (the format: corpus_event.c), draws the values of an event and puts it in words.
 */
#include "corpus_event_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static struct event_form *form_new(form_events *e, const char *line)
{
	struct event_form *f;

	e->form = realloc(e->form, (e->n + 1) * sizeof(*e->form));
	if (!e->form)
		recipe_die("out of memory");
	f = &e->form[e->n++];
	memset(f, 0, sizeof(*f));
	if (sscanf(line, "= %31s %u", f->name, &f->weight) < 2 || !f->weight)
		recipe_die("event: bad head: %s", line);
	f->mine = strstr(line, " mine") != NULL;
	f->firm = strstr(line, " firm") != NULL;
	e->total += f->weight;
	return f;
}

size_t event_slot(const struct event_form *f, const char *name, size_t len)
{
	for (size_t i = 0; i < f->n_slot; i++)
		if (strlen(f->slot[i].name) == len && !strncmp(f->slot[i].name, name, len))
			return i;
	return SLOTS;
}

static void slot_add(struct event_form *f, const char *line)
{
	const char *is = strstr(line, " = ");

	if (!is || f->n_slot == SLOTS || (size_t)(is - line) >= sizeof(f->slot[0].name))
		recipe_die("event %s: bad slot: %s", f->name, line);
	snprintf(f->slot[f->n_slot].name, sizeof(f->slot[0].name), "%.*s", (int)(is - line), line);
	f->slot[f->n_slot++].values = strdup(is + 3);
}

static void ask_add(struct event_form *f, const char *line)
{
	const char *name = line + 2, *end = strstr(name, ": ");
	struct ask_form *a = &f->ask[f->n_ask];

	if (!end || f->n_ask == ASKS || (a->slot = event_slot(f, name, (size_t)(end - name))) == SLOTS)
		recipe_die("event %s: bad question: %s", f->name, line);
	a->proposes = *line == 'Y';
	a->bare = *line == 'B';
	a->follows = *line == 'E' || a->bare;
	a->other = *line == 'N';
	a->ask = strdup(end + 2);
	f->n_ask++;
}

static void form_line(struct event_form *f, const char *line)
{
	struct ask_form *last = f->n_ask ? &f->ask[f->n_ask - 1] : NULL;

	if (!strncmp(line, "V: ", 3))
		slot_add(f, line + 3);
	else if (!strncmp(line, "S: ", 3))
		list_add(&f->say, line + 3, strlen(line + 3));
	else if (strchr("?YENB", *line) && line[1] == ' ')
		ask_add(f, line);
	else if (!strncmp(line, "A: ", 3) && last && !last->answer)
		last->answer = strdup(line + 3);
	else if (!strncmp(line, "K: ", 3) && last && !last->clause)
		last->clause = strdup(line + 3);
	else
		recipe_die("event %s: what is this: %s", f->name, line);
}

const struct ask_form *event_answer(const struct event_form *f, const struct ask_form *a)
{
	bool own = !a->proposes && !a->follows;

	for (size_t i = 0; !own && i < f->n_ask; i++)
		if (!f->ask[i].proposes && !f->ask[i].follows && !f->ask[i].other && f->ask[i].slot == a->slot)
			return &f->ask[i];
	return own ? a : f->ask;
}

static void form_check(const struct event_form *f)
{
	if (!f->say.n || !f->n_slot || !f->n_ask || f->ask[0].other)
		recipe_die("event %s: needs V:, S: and ?", f->name);
	for (size_t i = 0; i < f->n_ask; i++)
		if ((!f->ask[i].other && !event_answer(f, &f->ask[i])->answer) || !event_answer(f, &f->ask[i])->clause)
			recipe_die("event %s: question %zu has no A: or K:", f->name, i + 1);
}

form_events *events_load(const char *grammar, const char *file)
{
	char path[512];
	char *text;
	form_events *e = calloc(1, sizeof(*e));
	struct event_form *f = NULL;

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_must_read(path);
	if (!e)
		recipe_die("out of memory");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (*line == '=')
			f = form_new(e, line);
		else if (!strncmp(line, "L: ", 3))
			form_lists_add(&e->lists, line + 3);
		else if (!f)
			recipe_die("%s: a line before the first block", path);
		else
			form_line(f, line);
	}
	if (e->n < 2)
		recipe_die("%s: too few events: one is told, another one is not", path);
	for (size_t i = 0; i < e->n; i++)
		form_check(&e->form[i]);
	free(text);
	return e;
}

/* ---- one event ---- */

void event_value(const form_events *e, const char *from, const values *v, int held_out, rng *r, char out[VALUE_MAX])
{
	char form[FORM], name[32];

	if (*from == '@') {
		values_make(v, from + 1, false, held_out, r, out);
		return;
	}
	if (*from == '%') {
		snprintf(name, sizeof(name), "{@%s}", from + 1);
		form_lists_fill(&e->lists, name, r, out, VALUE_MAX);
		return;
	}
	form_piece(from, " / ", rng_below(r, (unsigned)form_piece(from, " / ", SIZE_MAX, NULL, 0)), form, sizeof(form));
	snprintf(out, VALUE_MAX, "%.*s", VALUE_MAX - 1, form);
}

/* No two slots of one event hold the same. */
void event_draw(const form_events *e, const struct event_form *f, const values *v, int held_out, rng *r,
		       struct event *x)
{
	x->form = f;
	for (size_t i = 0; i < f->n_slot; i++)
		for (size_t tries = 0, same = 1; same && tries < 20; tries++) {
			event_value(e, f->slot[i].values, v, held_out, r, x->value[i]);
			same = 0;
			for (size_t k = 0; k < i; k++)
				same |= !strcmp(x->value[k], x->value[i]);
		}
}

/* Who or whose at a slot of one letter; false when it is another slot. */
static bool put_who(const struct event *x, char c, char *out, size_t cap)
{
	bool reply = strchr("tTyYr", c) != NULL, whose = strchr("mMyY", c) != NULL;
	const char *who = reply ? x->reply : x->who;

	if (!strchr("sSomMtTyYr", c))
		return false;
	if (c == 'o' && !strcmp(x->who, "I"))
		snprintf(out, cap, "me");
	else if (whose && !strcmp(x->who, "I"))
		snprintf(out, cap, "%s", reply ? "your" : "my");
	else
		snprintf(out, cap, "%s%s", who, whose ? "'s" : "");
	if (isupper((unsigned char)c))
		*out = (char)toupper((unsigned char)*out);
	return true;
}

/* The ending of a verb at a slot named for it; NULL when it is another slot. */
static const char *ending_of(const struct event *x, const char *slot, size_t len)
{
	static const char *const ends[][3] = { { "z", "s", "" }, { "e", "es", "" }, { "ves", "s", "ve" }, { "ies", "ies", "y" } };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (strlen(ends[i][0]) == len && !strncmp(slot, ends[i][0], len))
			return ends[i][strcmp(x->who, "I") ? 1 : 2];
	return NULL;
}

static bool is_word(char c)
{
	return isalpha((unsigned char)c) || c == '\'';
}

/* Verbs for "I" and "you". */
static void agree(char s[SAID])
{
	static const char *const pairs[][2] = { { "is I", "am I" },	  { "Is I", "Am I" },	    { "does I", "do I" },
						{ "Does I", "Do I" },	  { "has I", "have I" },    { "Has I", "Have I" },
						{ "I is", "I am" },	  { "I has", "I have" },    { "you was", "you were" },
						{ "You was", "You were" }, { "was you", "were you" }, { "you is", "you are" },
						{ "You is", "You are" },  { "you has", "you have" }, { "You has", "You have" },
						{ "is you", "are you" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		for (char *c = s; (c = strstr(c, pairs[i][0])) != NULL; c++) {
			size_t old = strlen(pairs[i][0]), new = strlen(pairs[i][1]);

			if ((c > s && is_word(c[-1])) || is_word(c[old]) || strlen(s) + new >= SAID)
				continue;
			memmove(c + new, c + old, strlen(c + old) + 1);
			memcpy(c, pairs[i][1], new);
		}
}

/* Puts a value at out + n, where "a " stands before it perhaps. Returns the new length. */
static size_t put_value(char *out, size_t n, const char *value)
{
	bool article = n >= 2 && out[n - 1] == ' ' && (out[n - 2] == 'a' || out[n - 2] == 'A') && (n == 2 || out[n - 3] == ' ');
	bool begins = n >= 2 && out[n - 1] == ' ' && strchr(".!?", out[n - 2]);
	size_t len;

	if (article && strchr("aeiouAEIO", *value)) {
		out[n - 1] = 'n';
		out[n++] = ' ';
	}
	len = (size_t)snprintf(out + n, VALUE_MAX, "%s", value);
	if (begins)
		out[n] = (char)toupper((unsigned char)out[n]);
	return n + len;
}

/* "took>take": {act} is "took", {act2} is "take"; both are a value of one part. The slot's index and the part in out. */
static size_t part_of(const struct event *x, const char *name, size_t len, char out[VALUE_MAX])
{
	size_t i = event_slot(x->form, name, len);
	bool second = i == SLOTS && len > 1 && name[len - 1] == '2';
	const char *cut;

	if (second)
		i = event_slot(x->form, name, len - 1);
	if (i == SLOTS)
		return SLOTS;
	cut = strchr(x->value[i], '>');
	if (second && cut)
		snprintf(out, VALUE_MAX, "%s", cut + 1);
	else
		snprintf(out, VALUE_MAX, "%.*s", cut ? (int)(cut - x->value[i]) : VALUE_MAX - 1, x->value[i]);
	return i;
}

/* "A lamp" once it was told of: "the lamp". */
static size_t put_known(char *out, size_t n, const char *value)
{
	char known[VALUE_MAX + 4];
	size_t skip = !strncmp(value, "a ", 2) ? 2 : !strncmp(value, "an ", 3) ? 3 : 0;

	snprintf(known, sizeof(known), "%s%s", skip ? "the " : "", value + skip);
	known[VALUE_MAX - 1] = 0;
	return put_value(out, n, known);
}

/* One of the alternatives of forms, its choices made and its slots filled. */
void event_say(const struct event *x, const char *forms, rng *r, char out[SAID])
{
	char form[FORM], chosen[FORM], part[VALUE_MAX];
	size_t n = 0;

	form_piece(forms, " | ", rng_below(r, (unsigned)form_piece(forms, " | ", SIZE_MAX, NULL, 0)), form, sizeof(form));
	form_choose(form, r, chosen, sizeof(chosen));
	for (const char *c = chosen; *c;) {
		size_t len = strcspn(c, "}"), i;

		if (n + VALUE_MAX + 4 > SAID)
			recipe_die("event %s: too long: %s", x->form->name, chosen);
		if (*c != '{' || !c[len]) {
			out[n++] = *c++;
			continue;
		}
		i = part_of(x, c + 1, len - 1, part);
		if (i < SLOTS)
			n = put_value(out, n, part);
		else if (c[1] == '^' && (i = event_slot(x->form, c + 2, len - 2)) < SLOTS)
			n = put_known(out, n, x->value[i]);
		else if (ending_of(x, c + 1, len - 1))
			n += (size_t)snprintf(out + n, VALUE_MAX, "%s", ending_of(x, c + 1, len - 1));
		else if (len != 2 || !put_who(x, c[1], out + n, VALUE_MAX + 3))
			recipe_die("event %s: no slot: %.*s", x->form->name, (int)len + 1, c);
		else
			n += strlen(out + n);
		c += len + 1;
	}
	out[n] = 0;
	agree(out);
	*out = (char)toupper((unsigned char)*out);
}

/* The sentence behind "Yes, ": its capital is lowered unless it is a value's or a name's. */
void event_lower_head(const struct event *x, char *s)
{
	bool keep = strcmp(x->who, "I") && strncmp(x->who, "my ", 3) && !strncmp(s, x->reply, strlen(x->reply));

	for (size_t i = 0; i < x->form->n_slot; i++)
		keep |= isupper((unsigned char)*x->value[i]) && !strncmp(s, x->value[i], strlen(x->value[i]));
	if (!keep)
		*s = (char)tolower((unsigned char)*s);
}

bool says_word(const char *s, const char *word)
{
	size_t n = strlen(word);

	for (const char *c = s; (c = strcasestr(c, word)) != NULL; c++)
		if ((c == s || !is_word(c[-1])) && !isalpha((unsigned char)c[n]))
			return true;
	return false;
}

bool event_says_who(const struct event *x, const char *s)
{
	if (!strcmp(x->who, "I"))
		return says_word(s, "I") || says_word(s, "my") || says_word(s, "me") || says_word(s, "our") || says_word(s, "we");
	return strstr(s, strncmp(x->who, "my ", 3) ? x->who : x->who + 3) != NULL;
}

/* One of the alternatives of forms that says who, unless that is clear anyway. False when none does. */
bool event_say_clearly(const struct event *x, bool clear, const char *forms, rng *r, char out[SAID])
{
	for (int tries = 0; tries < 30; tries++) {
		event_say(x, forms, r, out);
		if (clear || event_says_who(x, out))
			return true;
	}
	return false;
}
