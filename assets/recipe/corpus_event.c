/*
 * Events: the user tells something that no relation covers, and asks for the parts of it. A block of events.txt:
 *
 *   = trip 10                              name, weight; "mine": about the user, or his people, only
 *   V: place = @city                       a slot and its values: of a kind of the relations table, ...
 *   V: what = %things                      an entry of a list of the file ("L: things: a / b / c"), ...
 *   V: when = yesterday / last week        or one of these
 *   S: {S} went to {place} {when}. | ...   how it is told
 *   ? place: Where did {s} go? | ...       asks for a slot; its answer, and the clause of "I don't know ... yet."
 *   A: {T} went to {place}.
 *   K: where {t} went
 *   Y place: Did {s} go to {place}? | ...  proposes a value, right or wrong; answered by yes or no and the slot's answer, or
 *                                          that of the first question
 *   E place: and where? | ...              asks for a slot of the event that the question before was about, and only then
 *
 * {s} {S}: who, as the user says it ("I", "my sister"), and capitalised; {o} the same as an object ("me"); {m} {M} whose ("my
 * sister's"). {t} {T} {y} {Y}: who and whose in the reply. Verbs are written for "my sister" ("is {s}", "{t} was") and made to
 * fit; {z} and {e} are the endings that "I" and "you" do without ("{s} keep{z}", "{t} watch{e}"), {ves} makes "has" or "have" of
 * "ha", {ies} "tries" or "try" of "tr". {r} is {t} as an object. {^what} says "the lamp" for the value "a lamp". Everything may
 * hold choices (corpus_form.c). The clause of "I don't know ... yet." also makes a question: "Do you remember where I went?"
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 6, ASKS = 14, FORM = 1600, SAID = 600, TOLD = 3 };

struct slot_form {
	char name[16];
	char *values; /* after "=" */
};

struct ask_form {
	size_t slot;
	bool proposes, follows;
	char *ask, *answer, *clause;
};

struct event_form {
	char name[32];
	unsigned weight;
	bool mine;
	struct slot_form slot[SLOTS];
	size_t n_slot;
	struct ask_form ask[ASKS];
	size_t n_ask;
	list say;
};

struct form_events {
	struct event_form *form;
	size_t n;
	unsigned total;
	form_lists lists;
};

/* One that was told. */
struct event {
	const struct event_form *form;
	char who[VALUE_MAX];   /* "I", "my sister", "Tom" */
	char reply[VALUE_MAX]; /* "you", "your sister", "Tom" */
	char value[SLOTS][VALUE_MAX];
};

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
	e->total += f->weight;
	return f;
}

static size_t slot_find(const struct event_form *f, const char *name, size_t len)
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

	if (!end || f->n_ask == ASKS || (a->slot = slot_find(f, name, (size_t)(end - name))) == SLOTS)
		recipe_die("event %s: bad question: %s", f->name, line);
	a->proposes = *line == 'Y';
	a->follows = *line == 'E';
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
	else if (strchr("?YE", *line) && line[1] == ' ')
		ask_add(f, line);
	else if (!strncmp(line, "A: ", 3) && last && !last->answer)
		last->answer = strdup(line + 3);
	else if (!strncmp(line, "K: ", 3) && last && !last->clause)
		last->clause = strdup(line + 3);
	else
		recipe_die("event %s: what is this: %s", f->name, line);
}

static const struct ask_form *answer_of(const struct event_form *f, const struct ask_form *a)
{
	bool own = !a->proposes && !a->follows;

	for (size_t i = 0; !own && i < f->n_ask; i++)
		if (!f->ask[i].proposes && !f->ask[i].follows && f->ask[i].slot == a->slot)
			return &f->ask[i];
	return own ? a : f->ask;
}

static void form_check(const struct event_form *f)
{
	if (!f->say.n || !f->n_slot || !f->n_ask)
		recipe_die("event %s: needs V:, S: and ?", f->name);
	for (size_t i = 0; i < f->n_ask; i++)
		if (!answer_of(f, &f->ask[i])->answer || !answer_of(f, &f->ask[i])->clause)
			recipe_die("event %s: question %zu has no A: or K:", f->name, i + 1);
}

form_events *events_load(const char *grammar, const char *file)
{
	char path[512];
	size_t len;
	char *text;
	form_events *e = calloc(1, sizeof(*e));
	struct event_form *f = NULL;

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_read(path, &len);
	if (!e || !text)
		recipe_die("%s: cannot read", path);
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
	for (size_t i = 0; i < e->n; i++)
		form_check(&e->form[i]);
	free(text);
	return e;
}

/* ---- one event ---- */

static void value_draw(const form_events *e, const char *from, const values *v, int held_out, rng *r, char out[VALUE_MAX])
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
static void event_draw(const form_events *e, const struct event_form *f, const values *v, int held_out, rng *r,
		       struct event *x)
{
	x->form = f;
	for (size_t i = 0; i < f->n_slot; i++)
		for (size_t tries = 0, same = 1; same && tries < 20; tries++) {
			value_draw(e, f->slot[i].values, v, held_out, r, x->value[i]);
			same = 0;
			for (size_t k = 0; k < i; k++)
				same |= !strcmp(x->value[k], x->value[i]);
		}
}

static void who_draw(const values *v, bool mine, rng *r, struct event *x)
{
	static const char *const kin[] = { "sister", "brother", "mother", "father", "mum", "dad", "wife", "husband", "son",
					   "daughter", "friend", "neighbor", "boss", "cousin", "aunt", "uncle", "grandmother",
					   "grandfather", "partner", "colleague", "best friend", "flatmate", "niece", "teacher" };
	const char *one;

	if (!v || mine || rng_chance(r, .55)) {
		strcpy(x->who, "I");
		strcpy(x->reply, "you");
	} else if (rng_chance(r, .6)) {
		one = kin[rng_below(r, sizeof(kin) / sizeof(*kin))];
		snprintf(x->who, VALUE_MAX, "my %s", one);
		snprintf(x->reply, VALUE_MAX, "your %s", one);
	} else {
		values_make(v, "person", false, 0, r, x->who);
		strcpy(x->reply, x->who);
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
static void say(const struct event *x, const char *forms, rng *r, char out[SAID])
{
	char form[FORM], chosen[FORM];
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
		i = slot_find(x->form, c + 1, len - 1);
		if (i < SLOTS)
			n = put_value(out, n, x->value[i]);
		else if (c[1] == '^' && (i = slot_find(x->form, c + 2, len - 2)) < SLOTS)
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
static void lower_head(const struct event *x, char *s)
{
	bool keep = strcmp(x->who, "I") && strncmp(x->who, "my ", 3) && !strncmp(s, x->reply, strlen(x->reply));

	for (size_t i = 0; i < x->form->n_slot; i++)
		keep |= isupper((unsigned char)*x->value[i]) && !strncmp(s, x->value[i], strlen(x->value[i]));
	if (!keep)
		*s = (char)tolower((unsigned char)*s);
}

static bool says_word(const char *s, const char *word)
{
	size_t n = strlen(word);

	for (const char *c = s; (c = strcasestr(c, word)) != NULL; c++)
		if ((c == s || !is_word(c[-1])) && !isalpha((unsigned char)c[n]))
			return true;
	return false;
}

static bool says_who(const struct event *x, const char *s)
{
	if (!strcmp(x->who, "I"))
		return says_word(s, "I") || says_word(s, "my") || says_word(s, "me") || says_word(s, "our") || says_word(s, "we");
	return strstr(s, strncmp(x->who, "my ", 3) ? x->who : x->who + 3) != NULL;
}

/* One of the alternatives of forms that says who, unless that is clear anyway. False when none does. */
static bool say_clearly(const struct event *x, bool clear, const char *forms, rng *r, char out[SAID])
{
	for (int tries = 0; tries < 30; tries++) {
		say(x, forms, r, out);
		if (clear || says_who(x, out))
			return true;
	}
	return false;
}

/* ---- the dialogue ---- */

static void user_says(doc *d, char *s, rng *r)
{
	type_slip(s, SAID, r);
	doc_add(d, ROLE_USER, s);
}

static void acknowledge(const struct event *x, rng *r, doc *d)
{
	static const char *const plain[] = { "Noted.", "Got it.", "Okay.", "I'll keep that in mind.", "Thanks for telling me.",
					     "All right.", "Okay, noted.", "Good to know.", "I see.", "Thanks, I'll remember that." };
	static const char *const heads[] = { "Got it: ", "Noted: ", "Okay, ", "I see, " };
	char text[SAID], out[SAID + 16];
	const struct ask_form *a = &x->form->ask[rng_below(r, (unsigned)x->form->n_ask)];

	if (rng_chance(r, .5)) {
		doc_add(d, ROLE_ASSISTANT, plain[rng_below(r, 10)]);
		return;
	}
	say(x, answer_of(x->form, a)->answer, r, text);
	lower_head(x, text);
	snprintf(out, sizeof(out), "%s%s", heads[rng_below(r, 4)], text);
	doc_add(d, ROLE_ASSISTANT, out);
}

/* All events of a dialogue; the last one is not told. */
struct story {
	const form_events *e;
	const values *v;
	int held_out;
	struct event x[TOLD + 1];
	size_t n_told;

	const struct event *last; /* what the question before was about; NULL: there was none */
	size_t last_slot;
};

static bool is_only_one(const struct story *st, const struct event *x)
{
	size_t n = 0;

	for (size_t i = 0; i <= st->n_told; i++)
		n += st->x[i].form == x->form;
	return n < 2;
}

/*
 * A question that may come now: one that leans on the question before asks for another slot of the same event, and others
 * seldom ask for the same slot twice.
 */
static const struct ask_form *ask_pick(const struct story *st, const struct event *x, rng *r)
{
	const struct ask_form *a;
	bool again;

	do {
		a = &x->form->ask[rng_below(r, (unsigned)x->form->n_ask)];
		again = st->last == x && st->last_slot == a->slot;
	} while ((a->follows && (st->last != x || again)) || (again && rng_chance(r, .7)));
	return a;
}

/* "It" and "that" say too little where there is more than one event to ask about. */
static bool is_vague(const char *s)
{
	return says_word(s, "it") || says_word(s, "that") || says_word(s, "there");
}

static bool says_pronoun(const char *s)
{
	static const char *const words[] = { "he", "she", "him", "her", "his", "hers" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (says_word(s, words[i]))
			return true;
	return false;
}

static void put_for(char s[SAID], const char *old, const char *new)
{
	for (char *c = s; (c = strstr(c, old)) != NULL && strlen(s) + strlen(new) < SAID; c += strlen(new)) {
		memmove(c + strlen(new), c + strlen(old), strlen(c + strlen(old)) + 1);
		memcpy(c, new, strlen(new));
	}
}

/* The clause as a question: "Do you remember where my sister went?" False when it would not be clear. */
static bool ask_indirectly(const struct story *st, const struct event *x, bool told, const char *clause, rng *r, char out[SAID])
{
	static const char *const heads[] = { "Do you remember ", "Can you tell me ", "Do you know ", "Tell me ", "I forgot ",
					     "Did I tell you ", "Remind me again ", "Could you remind me ", "Do you recall ",
					     "I'm trying to remember ", "Did I mention ", "Did I ever say " };
	static const char *const from = "tTyYr", *const to = "sSmMo";
	const char *head = heads[rng_below(r, 12)];
	char form[FORM], text[SAID];

	if (is_vague(clause) && (!told || st->n_told > 1))
		return false;
	snprintf(form, sizeof(form), "%s", clause);
	for (char *c = form; (c = strchr(c, '{')) != NULL; c++)
		if (c[1] && c[2] == '}' && strchr(from, c[1]) && slot_find(x->form, c + 1, 1) == SLOTS)
			c[1] = to[strchr(from, c[1]) - from];
	say(x, form, r, text);
	strcat(text, " ");
	if (strlen(text) > 5 && !strcmp(text + strlen(text) - 5, " you "))
		strcpy(text + strlen(text) - 5, " me ");
	put_for(text, " you are ", " I am ");
	put_for(text, " you were ", " I was ");
	put_for(text, " your ", " my ");
	put_for(text, " you ", " I ");
	text[strlen(text) - 1] = 0;
	if (!is_only_one(st, x) && !says_who(x, text))
		return false;
	*text = (char)tolower((unsigned char)*text);
	snprintf(out, SAID, "%s%.400s%s", head, text, strchr("DC", *head) ? "?" : ".");
	return true;
}

/*
 * A question of the kind a about x, with the values of y, in text. One about what was not told says who it is about and what,
 * or it would be about what was told; "he" is who the question before was about, or the only one. False when it is not clear.
 */
static bool ask_form_say(const struct story *st, const struct event *x, const struct event *y, const struct ask_form *a, rng *r,
			 char text[SAID])
{
	bool told = x != &st->x[st->n_told], only = told && (st->n_told == 1 || st->last == x);

	if (!a->proposes && !a->follows && rng_chance(r, .2) && ask_indirectly(st, x, told, answer_of(x->form, a)->clause, r, text))
		return true;
	if (a->follows) {
		say(y, a->ask, r, text);
		return true;
	}
	return say_clearly(y, x->form->mine || (told && is_only_one(st, x)), a->ask, r, text) && (told || !is_vague(text)) &&
	       (only || !says_pronoun(text));
}

static void ask(struct story *st, const struct event *x, rng *r, doc *d)
{
	const struct ask_form *a = NULL, *with;
	struct event proposed;
	bool told = x != &st->x[st->n_told], right, clear = false;
	char text[SAID], out[SAID + 64];

	for (int tries = 0; !clear && tries < 40; tries++) {
		a = ask_pick(st, x, r);
		right = rng_chance(r, .5);
		proposed = *x;
		for (int k = 0; a->proposes && !right && k < 20; k++) {
			value_draw(st->e, x->form->slot[a->slot].values, st->v, st->held_out, r, proposed.value[a->slot]);
			if (strcmp(proposed.value[a->slot], x->value[a->slot]))
				break;
		}
		clear = ask_form_say(st, x, &proposed, a, r, text);
	}
	right = !strcmp(proposed.value[a->slot], x->value[a->slot]);
	with = answer_of(x->form, a);
	user_says(d, text, r);
	say(x, told ? with->answer : with->clause, r, text);
	if (a->proposes || !told)
		lower_head(x, text);
	if (!told)
		snprintf(out, sizeof(out), "I don't know %s yet. You can tell me.", text);
	else
		snprintf(out, sizeof(out), "%s%s", !a->proposes ? "" : right ? "Yes, " : "No, ", text);
	doc_add(d, ROLE_ASSISTANT, out);
	st->last = x;
	st->last_slot = a->slot;
}

/* What the next question is about: often what the one before was. */
static const struct event *ask_about(const struct story *st, rng *r)
{
	if (st->last && rng_chance(r, .3))
		return st->last;
	return &st->x[rng_chance(r, .18) ? st->n_told : rng_below(r, (unsigned)st->n_told)];
}

static const struct event_form *form_pick(const form_events *e, rng *r)
{
	unsigned k = rng_below(r, e->total);
	const struct event_form *f = e->form;

	for (; k >= f->weight; f++)
		k -= f->weight;
	return f;
}

/* The i-th event of a dialogue: often of the same form as the one before, about somebody else. False when all kinds are taken. */
static bool next_event(struct story *st, rng *r, size_t i)
{
	struct event *x = st->x;
	const struct event_form *f = i && rng_chance(r, .6) ? x[i - 1].form : form_pick(st->e, r);
	bool same = true;

	for (int tries = 0; same && tries < 40; tries++) {
		event_draw(st->e, f, st->v, st->held_out, r, &x[i]);
		who_draw(st->v, f->mine, r, &x[i]);
		same = false;
		for (size_t k = 0; k < i; k++)
			same |= x[k].form == f && (f->mine || !strcmp(x[k].who, x[i].who));
		if (same && (f->mine || tries > 10))
			f = form_pick(st->e, r);
	}
	return !same;
}

/* Two may come in one message. */
static void tell(const struct story *st, const talk *t, rng *r, doc *d)
{
	char text[2 * SAID + 8], more[SAID];

	for (size_t i = 0; i < st->n_told; i++) {
		const struct event *x = &st->x[i];

		say_clearly(x, false, list_pick(&x->form->say, r), r, text);
		if (i + 1 < st->n_told && rng_chance(r, .3)) {
			x = &st->x[++i];
			if (!strchr(".?!", text[strlen(text) - 1]))
				strcat(text, ".");
			say_clearly(x, false, list_pick(&x->form->say, r), r, more);
			strcat(strcat(text, " "), more);
		}
		user_says(d, text, r);
		acknowledge(x, r, d);
		if (t && rng_chance(r, .12))
			talk_chat(t, r, d);
	}
}

void events_add(const form_events *e, const values *v, const talk *t, int held_out, rng *r, doc *d)
{
	struct story *st = calloc(1, sizeof(*st));

	if (!st)
		recipe_die("out of memory");
	st->e = e;
	st->v = v;
	st->held_out = held_out;
	st->n_told = 1 + (rng_chance(r, .45) ? 1 : 0) + (rng_chance(r, .2) ? 1 : 0);
	for (size_t i = 0; i <= st->n_told; i++)
		if (!next_event(st, r, i))
			st->n_told = i - 1;
	tell(st, t, r, d);
	if (t && rng_chance(r, .15))
		talk_world(t, r, d);
	for (unsigned n = 1 + rng_below(r, 3); n; n--)
		ask(st, ask_about(st, r), r, d);
	free(st);
}
