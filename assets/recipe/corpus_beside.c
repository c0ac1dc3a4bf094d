/*
 * Besides: what a user may say about a thing of theirs that no relation covers, told or not, beside something near. A file:
 *
 *   = bike 2 anywhere                 a family and its weight, 1 if none is given: its rows are easily taken for one another, and
 *                                     none tells another; anywhere: nor does any relation; owned: mostly asked beside
 *                                     somebody else's; plain: the reply mostly names nothing
 *   N: lamp / tent                    nouns, one of which stands for {n} in all of its rows
 *   B: and the {n}                    a short question for another noun; "and my {n}" if none is given
 *   O: {o} has a {n} called {f}       more statements of the first row, when it is somebody else's
 *   L: names: Ann / Tom               a list, of no family: "@names" as values draws from it
 *   questions | clause | statements | answer | values | short questions
 *
 * " / " separates the alternatives of a field; {f} is the value, and the clause completes "I don't know ... yet." A short
 * question follows one about another row of the family ("and the price"). A statement is also proposed, with its own value or
 * another one: "My bike cost 300 euros, right?"
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 12, TEXT = 400, TOLD = 6 };
enum field { QUESTION, CLAUSE, STATEMENT, ANSWER, VALUE, SHORT, FIELDS };

struct family {
	unsigned weight;
	bool anywhere, owned, plain;
	const char *nouns, *brief, *others; /* or NULL */
	const char *row[ROWS];
	size_t n;
};

struct besides {
	struct family *family;
	size_t n;
	unsigned total;
	form_lists lists;
};

struct thing {
	const char *row;
	const char *brief, *others; /* of its family, or NULL */
	bool plain;
	size_t family;
	char value[VALUE_MAX], noun[VALUE_MAX];
	const char *owner; /* "my sister's"; NULL: mine */
};

/* ---- the file ---- */

static struct family *family_new(besides *b, const char *line)
{
	struct family *f;

	b->family = realloc(b->family, (b->n + 1) * sizeof(*b->family));
	if (!b->family)
		recipe_die("out of memory");
	f = &b->family[b->n++];
	*f = (struct family){ .weight = 1 };
	sscanf(line, "= %*s %u", &f->weight);
	f->anywhere = strstr(line, " anywhere") != NULL;
	f->owned = strstr(line, " owned") != NULL;
	f->plain = strstr(line, " plain") != NULL;
	b->total += f->weight;
	return f;
}

/* What a dialogue needs to find something else each time it draws again. */
static void families_check(const besides *b, const char *path)
{
	bool anywhere = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct family *f = &b->family[i];

		if (!f->n || !f->weight || (f->nouns && !strstr(f->nouns, " / ")))
			recipe_die("%s: family %zu needs a weight, rows, and two nouns or none", path, i + 1);
		anywhere |= f->anywhere;
	}
	if (b->n <= TOLD || !anywhere)
		recipe_die("%s: too few families, or none of them anywhere", path);
}

besides *besides_load(const char *grammar, const char *file)
{
	char path[512], one[TEXT];
	struct family *f = NULL;
	char *text;
	besides *b = calloc(1, sizeof(*b));

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_must_read(path);
	if (!b)
		recipe_die("out of memory");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (*line == '=') {
			f = family_new(b, line);
		} else if (!strncmp(line, "L: ", 3)) {
			form_lists_add(&b->lists, line + 3);
		} else if (f && !strncmp(line, "N: ", 3)) {
			f->nouns = line + 3;
		} else if (f && !strncmp(line, "B: ", 3)) {
			f->brief = line + 3;
		} else if (f && !strncmp(line, "O: ", 3)) {
			f->others = line + 3;
		} else if (!f || f->n == ROWS || form_piece(line, " | ", VALUE, one, sizeof(one)) < SHORT) {
			recipe_die("%s: bad line: %.60s", path, line);
		} else {
			f->row[f->n++] = line;
		}
	}
	families_check(b, path);
	return b; /* the rows lie in text */
}

/* ---- wording ---- */

/* Where the one "my " or "your " of a form is, so that it may be said of somebody else's; NULL: it may not. */
static const char *own_word(const char *s)
{
	static const char *const mine[] = { "I", "I'm", "I've", "I'll", "I'd", "me", "we", "We", "us", "our", "you", "each" };
	const char *own = NULL;

	for (const char *w = s; *w; w += strcspn(w, " "), w += *w == ' ') {
		size_t n = strcspn(w, " ,?.");

		for (size_t i = 0; i < sizeof(mine) / sizeof(*mine); i++)
			if (strlen(mine[i]) == n && !strncmp(w, mine[i], n))
				return NULL;
		if (strncmp(w, "my ", 3) && strncmp(w, "your ", 5))
			continue;
		if (own)
			return NULL;
		own = w;
	}
	return own;
}

/* The k-th field's alternatives, of which one is taken that may be said of the owner; false when there is none. */
static bool pick(const struct thing *x, enum field k, rng *r, char out[TEXT])
{
	char field[4 * TEXT];
	unsigned n, from;

	if (form_piece(x->row, " | ", k, field, sizeof(field)) <= k)
		return false;
	n = (unsigned)form_piece(field, " / ", SIZE_MAX, NULL, 0);
	from = rng_below(r, n);
	for (unsigned i = 0; i < n; i++) {
		form_piece(field, " / ", (from + i) % n, out, TEXT);
		if (!x->owner || own_word(out))
			return true;
	}
	return false;
}

/* A value or a noun: "my aunt", "with my aunt" is "your aunt" in a reply. */
static size_t put_word(const char *word, bool reply, char *out, size_t cap)
{
	const char *inner = strstr(word, " my "), *at = !strncmp(word, "my ", 3) ? word : inner ? inner + 1 : NULL;

	if (!reply || !at)
		return (size_t)snprintf(out, cap, "%s", word);
	return (size_t)snprintf(out, cap, "%.*syour%s", (int)(at - word), word, at + 2);
}

/* An alternative of a field with the value in it; false when the row has none. */
static bool put(const struct thing *x, enum field k, rng *r, char out[TEXT])
{
	bool reply = k == ANSWER || k == CLAUSE;
	char form[TEXT];
	const char *own;
	size_t n = 0;

	if (!pick(x, k, r, form))
		return false;
	if (k == STATEMENT && x->owner && x->others && !strncmp(x->owner, "my ", 3) && rng_chance(r, .4))
		form_piece(x->others, " / ", rng_below(r, (unsigned)form_piece(x->others, " / ", SIZE_MAX, NULL, 0)), form, TEXT);
	own = x->owner ? own_word(form) : NULL;
	for (const char *c = form; *c && n + VALUE_MAX + 8 < TEXT; c++)
		if (c == own) {
			bool kin = reply && !strncmp(x->owner, "my ", 3);

			n += (size_t)snprintf(out + n, TEXT - n, "%s%s", kin ? "your" : x->owner, kin ? x->owner + 2 : "");
			c += strcspn(c, " ") - 1;
		} else if (!strncmp(c, "{f}", 3)) {
			n += put_word(x->value, reply, out + n, TEXT - n);
			c += 2;
		} else if (!strncmp(c, "{n}", 3)) {
			n += put_word(x->noun, reply, out + n, TEXT - n);
			c += 2;
		} else if (!strncmp(c, "{o}", 3)) {
			n += (size_t)snprintf(out + n, TEXT - n, "%.*s", (int)strlen(x->owner) - 2, x->owner);
			c += 2;
		} else {
			out[n++] = *c;
		}
	out[n] = 0;
	return true;
}

static void user_says(doc *d, char s[TEXT], rng *r)
{
	type_slip(s, TEXT, r);
	doc_add(d, ROLE_USER, s);
}

static const char *plain_reply(rng *r)
{
	static const char *const plain[] = { "Noted.", "Got it.", "Okay.", "All right.", "Good to know.", "I'll keep that in mind.",
					     "Thanks for telling me." };

	return plain[rng_below(r, sizeof(plain) / sizeof(*plain))];
}

/* "My dog is called Max and my sister's dog is Rex." */
static void tell_two(const struct thing *x, const struct thing *y, rng *r, doc *d)
{
	static const char *const between[] = { " and ", " and ", ", and ", ", but ", ", " };
	char one[TEXT], two[TEXT], text[TEXT];

	put(x, STATEMENT, r, one);
	put(y, STATEMENT, r, two);
	snprintf(text, sizeof(text), "%.190s%s%.190s.", one, between[rng_below(r, 5)], two);
	*text = (char)toupper((unsigned char)*text);
	user_says(d, text, r);
	doc_add(d, ROLE_ASSISTANT, plain_reply(r));
}

static void tell(const struct thing *x, rng *r, doc *d)
{
	static const char *const tails[10] = { ".", ".", ".", ".", ".", ".", "!", "", ", by the way.", ", just so you know." };
	static const char *const heads[] = { "Got it: ", "Noted: ", "Okay: ", "All right: ", "Good to know: " };
	char text[TEXT], a[TEXT];
	size_t n;

	put(x, STATEMENT, r, text);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, "%s", tails[rng_below(r, 10)]);
	*text = (char)toupper((unsigned char)*text);
	user_says(d, text, r);
	if (rng_chance(r, .55)) {
		doc_add(d, ROLE_ASSISTANT, plain_reply(r));
		return;
	}
	put(x, ANSWER, r, a);
	snprintf(text, sizeof(text), "%s%.360s.", heads[rng_below(r, 5)], a);
	doc_add(d, ROLE_ASSISTANT, text);
}

/* "And mine?", "what about the price": after the question for `before`; false when there is no such question. */
static bool put_briefly(const struct thing *x, const struct thing *before, rng *r, char out[TEXT])
{
	static const char *const heads[] = { "and", "what about", "and what about", "okay, and", "how about" };

	if (before->row != x->row)
		return !before->owner && put(x, SHORT, r, out);
	if (strcmp(before->noun, x->noun) && x->brief) {
		struct thing y = { .row = x->brief };

		snprintf(y.noun, sizeof(y.noun), "%s", x->noun);
		return put(&y, QUESTION, r, out);
	}
	if (strcmp(before->noun, x->noun)) {
		snprintf(out, TEXT, "%s my %s", heads[rng_below(r, 5)], x->noun);
		return true;
	}
	snprintf(out, TEXT, "%s %s", heads[rng_below(r, 5)], x->owner ? x->owner : "mine");
	return true;
}

/* "what your bike cost" -> "what my bike cost", "where you parked" -> "where I parked"; false when "you" is an object there,
 * or may be. */
static bool own_clause(const char *clause, char out[TEXT])
{
	static const char *const wh[] = { "what ", "which ", "where ", "when ", "how ", "why ", "since " };
	static const char *const before[] = { "you're ", "you are ", "you were ", "you ", "your ", "yours " };
	static const char *const after[] = { "I'm ", "I am ", "I was ", "I ", "my ", "mine " };
	bool subject = false;
	size_t n = 0, yous = 0;

	for (size_t i = 0; i < sizeof(wh) / sizeof(*wh); i++)
		subject |= !strncmp(clause, wh[i], strlen(wh[i]));
	for (const char *c = clause; *c && n + 8 < TEXT;) {
		bool start = c == clause || c[-1] == ' ';
		size_t k = 0;

		while (start && k < 6 && strncmp(c, before[k], strlen(before[k])))
			k++;
		if (start && !strcmp(c, "you"))
			return false;
		if (!start || k == 6) {
			out[n++] = *c++;
			continue;
		}
		c += strlen(before[k]);
		yous += k < 4;
		if (k < 4 && (!subject || yous > 1 || !strncmp(c, "to ", 3) || !strncmp(c, "your ", 5)))
			return false;
		n += (size_t)snprintf(out + n, TEXT - n, "%s", after[k]);
	}
	out[n] = 0;
	return true;
}

/* form: with "%" in place of `what` */
static void put_around(const char *form, const char *what, char out[TEXT])
{
	size_t at = strcspn(form, "%");

	snprintf(out, TEXT, "%.*s%.340s%s", (int)at, form, what, form + at + 1);
}

/* "Did I tell you where I parked?" */
static bool put_clause(const struct thing *x, rng *r, char out[TEXT])
{
	static const char *const forms[] = {
		"did I tell you %?",		"have I told you %?",	    "did I mention %?",       "do you know %?",
		"do you still know %?",	"do you remember %?",	    "can you tell me %?",     "I forgot %.",
		"remind me %.",		"tell me %.",		    "tell me % again.",       "any idea %?",
		"I can't remember %.",		"you know %, don't you?",  "I wonder %.",	       "didn't I tell you %?",
		"I told you %, didn't I?",	"I'd like to know %.",	    "have I ever told you %?", "you still know %, right?",
		"do you happen to know %?",	"did I ever say %?",	    "I need to know %.",      "could you remind me %?",
		"I'm sure I told you %.",	"surely you know %?",	    "no clue %, do you know?", "have you got any idea %?",
		"help me remember %.",		"I keep forgetting %.",	    "you wouldn't know %, would you?", "any chance you know %?",
	};
	char clause[TEXT], mine[TEXT];

	if (!put(x, CLAUSE, r, clause) || !own_clause(clause, mine) || strlen(mine) + 40 > TEXT)
		return false;
	put_around(forms[rng_below(r, sizeof(forms) / sizeof(*forms))], mine, out);
	return true;
}

static void say_unknown(const struct thing *x, rng *r, doc *d)
{
	static const char *const more[] = { "You can tell me.", "You can tell me.", "You can tell me.", "Do you want to tell me?",
					    "You haven't told me.", "Tell me and I will remember it." };
	char one[TEXT], text[TEXT];

	put(x, CLAUSE, r, one);
	if (rng_chance(r, x->plain ? .7 : .1))
		snprintf(text, sizeof(text), "I don't know that yet. %s", rng_chance(r, .8) ? "You can tell me." : more[4]);
	else
		snprintf(text, sizeof(text), "I don't know %.300s yet. %s", one, more[rng_below(r, 6)]);
	doc_add(d, ROLE_ASSISTANT, text);
}

/* before: what was asked for just before, or NULL. */
static void ask(const struct thing *x, bool told, const struct thing *before, rng *r, doc *d)
{
	static const char *const fronts[] = { "", "", "", "", "", "", "", "Tell me: ", "I forgot: ", "Now, ", "So ", "Do you know? ", "And ",
					      "yo, ", "hm, ", "lemme think: ", "Help me out: ", "Remember? ", "One thing: ", "" };
	static const char *const ends[] = { "?", "?", "?", "?", "?", ", do you know?", ", please?", ", any idea?", "? I forgot.", "?",
					    ", did I tell you?", " again?" };
	char one[TEXT], text[TEXT];
	const char *front = fronts[rng_below(r, 20)];

	if (before && put_briefly(x, before, r, one)) {
		snprintf(text, sizeof(text), "%.300s?", one);
	} else if (rng_chance(r, .22) && put_clause(x, r, one)) {
		snprintf(text, sizeof(text), "%.380s", one);
	} else {
		put(x, QUESTION, r, one);
		if (strchr(front, '?'))
			*one = (char)toupper((unsigned char)*one);
		snprintf(text, sizeof(text), "%s%.300s%s", front, one, *front || strstr(one, " again") ? "?" : ends[rng_below(r, 12)]);
	}
	*text = (char)toupper((unsigned char)*text);
	user_says(d, text, r);
	if (!told) {
		say_unknown(x, r, d);
		return;
	}
	put(x, ANSWER, r, one);
	*one = (char)toupper((unsigned char)*one);
	snprintf(text, sizeof(text), "%.380s.", one);
	doc_add(d, ROLE_ASSISTANT, text);
}

/* "My bike cost 300 euros, right?" value: what is proposed; too: it is so of somebody else's. */
static void propose(const struct thing *x, bool told, const char *value, bool too, rng *r, doc *d)
{
	static const char *const forms[] = { "%, right?",	  "%, right?",	       "%, correct?",		 "%, yes?",
					     "%?",		  "So %?",	       "So %, right?",		 "is it true that %?",
					     "am I right that %?", "did I say that %?", "%, isn't that right?", "%, or am I wrong?",
					     "I think %. Is that right?", "%, no?",  "and %, right?",	 "you know that %, don't you?",
					     "is it right that %?", "%, is that so?", "I told you that %, didn't I?", "%, isn't it so?" };
	struct thing y = *x;
	char one[TEXT], text[TEXT];

	snprintf(y.value, sizeof(y.value), "%s", value);
	put(&y, STATEMENT, r, one);
	for (int tries = 0; tries < 8 && strstr(one, ": "); tries++)
		put(&y, STATEMENT, r, one);
	if (too && rng_chance(r, .35))
		snprintf(one + strlen(one), sizeof(one) - strlen(one), "%s", rng_chance(r, .6) ? " too" : " as well");
	put_around(forms[rng_below(r, sizeof(forms) / sizeof(*forms))], one, text);
	*text = (char)toupper((unsigned char)*text);
	type_slip_proposal(text, sizeof(text), r);
	doc_add(d, ROLE_USER, text);
	if (!told) {
		say_unknown(x, r, d);
		return;
	}
	put(x, ANSWER, r, one);
	snprintf(text, sizeof(text), "%s, %.380s.", strcmp(value, x->value) ? "No" : "Yes", one);
	doc_add(d, ROLE_ASSISTANT, text);
}

/* ---- the dialogue ---- */

static void draw_of(const char *all, rng *r, char out[VALUE_MAX])
{
	form_piece(all, " / ", rng_below(r, (unsigned)form_piece(all, " / ", SIZE_MAX, NULL, 0)), out, VALUE_MAX);
}

static void draw_value(const besides *b, struct thing *x, rng *r)
{
	char all[4 * TEXT], form[TEXT];

	form_piece(x->row, " | ", VALUE, all, sizeof(all));
	draw_of(all, r, x->value);
	if (*x->value != '@')
		return;
	snprintf(form, sizeof(form), "{%s}", x->value);
	form_lists_fill(&b->lists, form, r, x->value, VALUE_MAX);
}

static void draw(const besides *b, size_t family, size_t row, rng *r, struct thing *x)
{
	const struct family *f = &b->family[family];

	*x = (struct thing){ .row = f->row[row], .family = family, .brief = f->brief, .plain = f->plain };
	x->others = row ? NULL : f->others;
	draw_value(b, x, r);
	if (f->nouns)
		draw_of(f->nouns, r, x->noun);
}

/* What lies beside x in its family: another row of the same noun, or the same row of another noun. */
static void draw_near(const besides *b, const struct thing *x, size_t row, rng *r, struct thing *y)
{
	const struct family *f = &b->family[x->family];

	if (f->nouns && (f->n == 1 || rng_chance(r, .4))) {
		do
			draw(b, x->family, row, r, y);
		while (!strcmp(y->noun, x->noun));
		return;
	}
	draw(b, x->family, (row + 1 + rng_below(r, (unsigned)f->n - 1)) % f->n, r, y);
	snprintf(y->noun, sizeof(y->noun), "%s", x->noun);
}

static size_t pick_family(const besides *b, rng *r)
{
	unsigned k = rng_below(r, b->total);
	size_t f = 0;

	while (k >= b->family[f].weight)
		k -= b->family[f++].weight;
	return f;
}

/* y becomes the same as x of somebody else, or x of somebody else and y mine; false when that cannot be said. */
static bool draw_owned(struct thing *x, struct thing *y, rng *r)
{
	static const char *const owners[] = {
		"my sister's",	   "my brother's",    "my neighbor's",	  "my best friend's", "my cousin's",   "my uncle's",
		"my aunt's",	   "my colleague's",  "my mother's",	  "my father's",      "my flatmate's", "my boss's",
		"my wife's",	   "my husband's",    "my son's",	  "my daughter's",    "my niece's",    "my nephew's",
		"my grandma's",	   "my grandpa's",    "my neighbour's",	  "my mum's",	      "my dad's",      "my mom's",
		"my teacher's",	   "my landlord's",   "my girlfriend's",  "my boyfriend's",   "my roommate's", "my friend's",
		"my big sister's", "my little brother's", "my ex's",	  "my godmother's",   "my trainer's",  "my stepdad's",
		"my friend Ben's", "my friend Aylin's", "my cousin Maja's", "my aunt Polly's", "my mate's",    "my partner's",
		"Ruth's",	   "Hector's",	      "Wanda's",	  "Edgar's",	      "Jana's",	       "Tobi's",
		"Fatima's",	   "Paul's",	      "Ingrid's",	  "Kwame's",	      "Mrs Hart's",    "old Mr Webb's",
	};
	struct thing *theirs = rng_chance(r, .7) ? y : x;
	char one[TEXT];

	*y = *x;
	theirs->owner = owners[rng_below(r, sizeof(owners) / sizeof(*owners))];
	for (enum field k = QUESTION; k <= ANSWER; k++)
		if (!pick(theirs, k, r, one)) {
			theirs->owner = NULL;
			return false;
		}
	return true;
}

/* Things of other families than those of the n that are there; returns how many there are then. */
static size_t add_others(const besides *b, struct thing *x, size_t n, rng *r)
{
	for (unsigned more = rng_below(r, 4); more-- && n < TOLD;) {
		size_t f = pick_family(b, r);
		bool taken = false;

		for (size_t i = 0; i < n; i++)
			taken |= x[i].family == f;
		if (!taken)
			draw(b, f, rng_below(r, (unsigned)b->family[f].n), r, &x[n++]);
	}
	return n;
}

static void tell_all(const struct thing *x, size_t n, const talk *t, rng *r, doc *d)
{
	size_t from = rng_below(r, (unsigned)n), step = rng_chance(r, .5) ? 1 : n - 1; /* in any order, or nearly so */

	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && rng_chance(r, .15)) {
			tell_two(&x[(from + i * step) % n], &x[(from + (i + 1) * step) % n], r, d);
			i++;
		} else {
			tell(&x[(from + i * step) % n], r, d);
		}
		if (t && rng_chance(r, .12))
			talk_chat(t, r, d);
	}
}

void besides_add(const besides *b, const talk *t, double told, rng *r, doc *d)
{
	struct thing *x = calloc(TOLD + 2, sizeof(*x)); /* x[0] is asked; those told: from x[known ? 0 : 1] on */
	size_t f = pick_family(b, r), rows = b->family[f].n, row = rng_below(r, (unsigned)rows), n = 1;
	bool known = rng_chance(r, told), near = (rows > 1 || b->family[f].nouns) && rng_chance(r, .8), same;
	const struct thing *before = NULL;

	if (!x)
		recipe_die("out of memory");
	draw(b, f, row, r, x);
	if (rng_chance(r, b->family[f].owned ? .75 : .35) && draw_owned(&x[0], &x[1], r)) {
		for (int tries = 0; tries < 20 && !strcmp(x[0].value, x[1].value); tries++)
			draw_value(b, &x[1], r);
		near = true;
		n++;
	} else if (near) {
		draw_near(b, &x[0], row, r, &x[n++]);
	}
	n = add_others(b, x, n, r);
	if (n > 1 || known)
		tell_all(x + !known, n - !known, t, r, d);
	if (t && rng_chance(r, .3))
		talk_chat(t, r, d);
	if (near && rng_chance(r, .4)) {
		ask(&x[1], true, NULL, r, d);
		before = rng_chance(r, .7) ? &x[1] : NULL;
	}
	same = near && x[0].row == x[1].row;
	if (rng_chance(r, .16)) {
		struct thing y = x[0];
		bool copied = same && rng_chance(r, .6);

		draw_value(b, &y, r);
		if (known && rng_chance(r, .5))
			propose(x, true, x->value, false, r, d);
		else
			propose(x, known, copied ? x[1].value : y.value, copied, r, d);
	} else {
		ask(x, known, before, r, d);
	}
	if (!known && rng_chance(r, .35)) {
		tell(x, r, d);
		if (t && rng_chance(r, .25))
			talk_chat(t, r, d);
		ask(x, true, NULL, r, d);
	}
	if (n > 1 && rng_chance(r, .45))
		ask(&x[1 + rng_below(r, (unsigned)n - 1)], true, NULL, r, d);
	free(x);
}

void besides_one(const besides *b, double told, rng *r, doc *d)
{
	struct thing x;
	size_t f = pick_family(b, r);

	for (unsigned tries = 0; !b->family[f].anywhere && tries < 1000; tries++)
		f = pick_family(b, r);
	draw(b, f, rng_below(r, (unsigned)b->family[f].n), r, &x);
	if (!rng_chance(r, told)) {
		if (rng_chance(r, .2))
			propose(&x, false, x.value, false, r, d);
		else
			ask(&x, false, NULL, r, d);
		return;
	}
	tell(&x, r, d);
	if (rng_chance(r, .5))
		ask(&x, true, NULL, r, d);
}
