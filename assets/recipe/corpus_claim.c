/*
 * Claims: what is so or not, of the user or somebody of theirs, and asked with yes or no: told, denied, or never told. A file:
 *
 *   L: food: figs / rice         a list; {@food} is an entry of it
 *   = do sight                   a theme: of its rows one dialogue holds one, with other entries of its list beside it;
 *                                kin: it says who is related or married
 *   wear glasses                 after do: what follows "Do I", "I", and, as "wears glasses", "My sister"
 *
 * After am: what follows "I am"; after can: "I can"; after have: "I have", denied with "never". A row with "my" or "me" is the
 * user's alone.
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 400, TOLD = 5 };
enum verb { DO, AM, CAN, HAVE, VERBS };

struct theme {
	enum verb verb;
	bool kin; /* who is related or married */
	list rows;
};

struct claims {
	struct theme *theme;
	size_t n, rows;
	form_lists lists;
};

struct claim {
	const struct theme *theme;
	const char *row;
	char what[VALUE_MAX]; /* "wear glasses" */
	const char *who;      /* "my sister"; NULL: the user */
	bool so;
};

/* ---- the file ---- */

static struct theme *theme_new(claims *c, const char *line, const char *path)
{
	static const char *const verbs[VERBS] = { "= do ", "= am ", "= can ", "= have " };
	struct theme *t;
	int verb = 0;

	while (verb < VERBS && strncmp(line, verbs[verb], strlen(verbs[verb])))
		verb++;
	c->theme = realloc(c->theme, (c->n + 1) * sizeof(*c->theme));
	if (!c->theme || verb == VERBS)
		recipe_die("%s: bad theme: %.60s", path, line);
	t = &c->theme[c->n++];
	*t = (struct theme){ .verb = (enum verb)verb, .kin = strstr(line, " kin") != NULL };
	return t;
}

claims *claims_load(const char *grammar, const char *file)
{
	char path[512];
	struct theme *t = NULL;
	char *text;
	claims *c = calloc(1, sizeof(*c));

	snprintf(path, sizeof(path), "%s/%s", grammar, file);
	text = file_must_read(path);
	if (!c)
		recipe_die("out of memory");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (*line == '=') {
			t = theme_new(c, line, path);
		} else if (!strncmp(line, "L: ", 3)) {
			form_lists_add(&c->lists, line + 3);
		} else if (!t || strlen(line) > 60) {
			recipe_die("%s: bad line: %.60s", path, line);
		} else {
			list_add(&t->rows, line, strlen(line));
			c->rows++;
		}
	}
	for (size_t i = 0; i < c->n; i++)
		if (!c->theme[i].rows.n)
			recipe_die("%s: a theme without rows", path);
	if (c->n <= TOLD)
		recipe_die("%s: too few themes", path);
	free(text);
	return c;
}

/* ---- wording ---- */

/* "wear" -> "wears", "try" -> "tries", "have" -> "has" */
static void third(const char *what, char out[TEXT])
{
	size_t n = strcspn(what, " ");
	const char *end = n ? what + n - 1 : what;
	bool y = n > 1 && *end == 'y' && !strchr("aeiou", end[-1]);

	if (!strncmp(what, "have ", 5))
		snprintf(out, TEXT, "has%s", what + 4);
	else if (y)
		snprintf(out, TEXT, "%.*sies%s", (int)n - 1, what, what + n);
	else
		snprintf(out, TEXT, "%.*s%s%s", (int)n, what, strchr("shxoz", *end) ? "es" : "s", what + n);
}

/* "work from home with my dog" -> "... with your dog" */
static void yours(char s[TEXT])
{
	char out[TEXT];
	size_t n = 0;

	for (const char *c = s; *c && n + 8 < TEXT;) {
		bool start = c == s || c[-1] == ' ';

		if (start && !strncmp(c, "my ", 3)) {
			n += (size_t)snprintf(out + n, TEXT - n, "your ");
			c += 3;
		} else if (start && !strncmp(c, "me ", 3)) {
			n += (size_t)snprintf(out + n, TEXT - n, "you ");
			c += 3;
		} else if (start && !strncmp(c, "myself", 6)) {
			n += (size_t)snprintf(out + n, TEXT - n, "yourself");
			c += 6;
		} else {
			out[n++] = *c++;
		}
	}
	out[n] = 0;
	memcpy(s, out, n + 1);
}

/* What the claim says, so or not: "I don't wear glasses", "my sister wears glasses"; to_user: "you wear glasses". */
static void put_claim(const struct claim *x, bool so, bool to_user, char out[TEXT])
{
	static const char *const mine[VERBS][2] = { { "I don't", "I" }, { "I'm not", "I'm" }, { "I can't", "I can" },
						    { "I have never", "I have" } };
	static const char *const your[VERBS][2] = { { "you don't", "you" }, { "you are not", "you are" }, { "you can't", "you can" },
						    { "you have never", "you have" } };
	static const char *const theirs[VERBS][2] = { { " doesn't", "" }, { " is not", " is" }, { " can't", " can" },
						      { " has never", " has" } };
	enum verb v = x->theme->verb;
	char what[TEXT];

	if (x->who && v == DO && so)
		third(x->what, what);
	else
		snprintf(what, sizeof(what), "%s", x->what);
	if (x->who)
		snprintf(out, TEXT, "%s%s %.200s", x->who, theirs[v][so], what);
	else
		snprintf(out, TEXT, "%s %.200s", (to_user ? your : mine)[v][so], what);
	if (to_user)
		yours(out);
}

/* "Do I wear glasses", "Is my sister left-handed", without the mark */
static void put_question(const struct claim *x, bool still, rng *r, char out[TEXT])
{
	static const char *const mine[VERBS] = { "Do I", "Am I", "Can I", "Have I" };
	static const char *const theirs[VERBS] = { "Does", "Is", "Can", "Has" };
	enum verb v = x->theme->verb;
	const char *adverb = v == HAVE ? rng_chance(r, .6) ? " ever" : "" :
			     still     ? " still" :
					 "";

	if (v == DO && !strncmp(x->what, "have ", 5) && !*adverb && rng_chance(r, .35)) {
		snprintf(out, TEXT, "%s%s got %s", x->who ? "Has " : "Have I", x->who ? x->who : "", x->what + 5);
		return;
	}
	snprintf(out, TEXT, "%s%s%s%s %s", x->who ? theirs[v] : mine[v], x->who ? " " : "", x->who ? x->who : "", adverb, x->what);
}

static void user_says(doc *d, char s[TEXT], rng *r)
{
	*s = (char)toupper((unsigned char)*s);
	type_slip(s, TEXT, r);
	doc_add(d, ROLE_USER, s);
}

static void tell(const struct claim *x, rng *r, doc *d)
{
	static const char *const tails[10] = { ".", ".", ".", ".", ".", "!", "", ", by the way.", ", you know.", ", just so you know." };
	static const char *const plain[] = { "Noted.", "Got it.", "Okay.", "All right.", "Good to know.", "I'll keep that in mind.",
					     "Thanks for telling me." };
	static const char *const heads[] = { "Got it: ", "Noted: ", "Okay: ", "All right: ", "Good to know: " };
	char text[TEXT], a[TEXT];

	put_claim(x, x->so, false, a);
	snprintf(text, sizeof(text), "%.300s%s", a, tails[rng_below(r, 10)]);
	user_says(d, text, r);
	if (rng_chance(r, .6)) {
		doc_add(d, ROLE_ASSISTANT, plain[rng_below(r, 7)]);
		return;
	}
	put_claim(x, x->so, true, a);
	snprintf(text, sizeof(text), "%s%.300s.", heads[rng_below(r, 5)], a);
	doc_add(d, ROLE_ASSISTANT, text);
}

static void answer(const struct claim *x, bool told, rng *r, doc *d)
{
	char one[TEXT], text[TEXT];

	if (told) {
		put_claim(x, x->so, true, one);
		snprintf(text, sizeof(text), "%s, %.300s.", x->so ? "Yes" : "No", one);
	} else if (rng_chance(r, .3)) {
		snprintf(text, sizeof(text), "I don't know that yet. You can tell me.");
	} else {
		put_claim(x, true, true, one);
		snprintf(text, sizeof(text), "I don't know whether %.300s yet. %s", one,
			 rng_chance(r, .8) ? "You can tell me." : "You haven't told me.");
	}
	doc_add(d, ROLE_ASSISTANT, text);
}

/* "And me?", "and my sister?": the same of somebody else just before. */
static void ask_briefly(const struct claim *x, rng *r, char out[TEXT])
{
	static const char *const heads[] = { "And", "and", "What about", "And what about", "How about", "Okay, and" };

	snprintf(out, TEXT, "%s %s?", heads[rng_below(r, 6)], x->who ? x->who : "me");
}

/* before: what was asked for just before, or NULL; too: it is so of somebody else. */
static void ask(const struct claim *x, bool told, const struct claim *before, bool too, rng *r, doc *d)
{
	static const char *const around[] = { "%, right?",	 "%, right?",		"%, correct?",	  "%, yes?",	  "%?",
					      "So %?",		 "Is it true that %?",	"Did I tell you if %?", "Do you know if %?",
					      "Have I told you whether %?", "Am I right that %?", "Did I ever say that %?",
					      "I think %. Is that right?", "%, no?",	"Tell me if %.", "Did I mention that %?",
					      "You know whether %, don't you?", "%, isn't that so?", "So %, right?" };
	static const char *const fronts[] = { "", "", "", "", "", "Hey, ", "Tell me: ", "Quick one: ", "By the way, ", "Now, ", "Hm, " };
	static const char *const ends[] = { "?", "?", "?", "?", "?", " or not?", ", do you know?", "? I forgot.", ", did I tell you?" };
	const char *form = around[rng_below(r, sizeof(around) / sizeof(*around))];
	size_t at = strcspn(form, "%");
	char one[TEXT], text[TEXT];

	if (before && before->row == x->row && !strcmp(before->what, x->what) && rng_chance(r, .6)) {
		ask_briefly(x, r, text);
	} else if (rng_chance(r, .35)) {
		put_claim(x, true, false, one);
		if (too && rng_chance(r, .35))
			snprintf(one + strlen(one), sizeof(one) - strlen(one), "%s", rng_chance(r, .6) ? " too" : " as well");
		snprintf(text, sizeof(text), "%.*s%.300s%s", (int)at, form, one, form + at + 1);
	} else {
		const char *front = fronts[rng_below(r, 11)];

		put_question(x, !told && rng_chance(r, .08), r, one);
		if (strchr(front, ','))
			*one = (char)tolower((unsigned char)*one);
		snprintf(text, sizeof(text), "%s%.300s%s", front, one, ends[rng_below(r, 9)]);
	}
	*text = (char)toupper((unsigned char)*text);
	type_slip_proposal(text, sizeof(text), r);
	doc_add(d, ROLE_USER, text);
	answer(x, told, r, d);
}

/* ---- the dialogue ---- */

/* kin: the dialogue says who is related or married, so nobody whose name says it, too. */
static const char *draw_who(bool kin, rng *r)
{
	static const char *const all[] = {
		"my neighbor", "my boss",      "my teacher",	 "my flatmate", "my colleague", "my best friend", "Ruth",	    "Hector",
		"Ingrid",      "Kwame",	       "Jana",		 "Paul",	"my friend Ben", "my mother",	  "my father",	    "my mum",
		"my dad",      "my grandma",   "my sister",	 "my brother",	"my wife",	"my husband",	  "my son",	    "my daughter",
		"my niece",    "my nephew",    "my girlfriend",	 "my boyfriend", "my cousin",	"my uncle",	  "my aunt",	    "my cousin Maja",
	};

	return all[rng_below(r, kin ? 18 : sizeof(all) / sizeof(*all))];
}

static bool is_mine_only(const char *what)
{
	return strstr(what, " my ") || strstr(what, " me ") || strstr(what, " myself");
}

static void draw_entry(const claims *c, rng *r, struct claim *x)
{
	form_lists_fill(&c->lists, x->row, r, x->what, VALUE_MAX);
}

static void draw(const claims *c, bool kin, rng *r, struct claim *x)
{
	size_t k = rng_below(r, (unsigned)c->rows), i = 0;

	while (k >= c->theme[i].rows.n)
		k -= c->theme[i++].rows.n;
	*x = (struct claim){ .theme = &c->theme[i], .row = c->theme[i].rows.item[k], .so = rng_chance(r, .65) };
	draw_entry(c, r, x);
	if (!is_mine_only(x->what) && rng_chance(r, .25))
		x->who = draw_who(kin || x->theme->kin, r);
}

/* The same of somebody else, or of another entry of the list; false when there is none. */
static bool draw_near(const claims *c, const struct claim *x, rng *r, struct claim *y)
{
	*y = *x;
	y->so = rng_chance(r, .65);
	if (strstr(x->row, "{@") && rng_chance(r, .4)) {
		for (int tries = 0; tries < 20 && !strcmp(x->what, y->what); tries++)
			draw_entry(c, r, y);
		return strcmp(x->what, y->what) && !(y->who && is_mine_only(y->what));
	}
	if (is_mine_only(x->what))
		return false;
	if (x->who && rng_chance(r, .4))
		y->who = NULL;
	else
		while (y->who == x->who)
			y->who = draw_who(x->theme->kin, r);
	return true;
}

void claims_add(const claims *c, const talk *t, double told, rng *r, doc *d)
{
	struct claim x[TOLD];
	bool known = rng_chance(r, told), near;
	const struct claim *before = NULL;
	size_t n = 1, from;

	draw(c, false, r, &x[0]);
	near = rng_chance(r, .7) && draw_near(c, &x[0], r, &x[1]);
	n += near;
	for (unsigned more = rng_below(r, 3); more-- && n < TOLD;) {
		bool taken = false;

		draw(c, x[0].theme->kin, r, &x[n]);
		taken = x[n].theme->kin;
		for (size_t i = 0; i < n; i++)
			taken |= x[i].theme == x[n].theme;
		n += !taken;
	}
	from = !known;
	for (size_t i = from, step = rng_chance(r, .5) ? 1 : n - from - 1, k = 0; i < n; i++, k += step) {
		tell(&x[from + k % (n - from)], r, d);
		if (t && rng_chance(r, .12))
			talk_chat(t, r, d);
	}
	if (t && rng_chance(r, .25))
		talk_chat(t, r, d);
	if (near && rng_chance(r, .35)) {
		ask(&x[1], true, NULL, false, r, d);
		before = &x[1];
	}
	ask(x, known, before, near && x[1].who != x[0].who && x[1].so, r, d);
	if (!known && rng_chance(r, .3)) {
		tell(x, r, d);
		ask(x, true, NULL, false, r, d);
	}
	if (n > 1 && rng_chance(r, .4))
		ask(&x[1 + rng_below(r, (unsigned)n - 1)], true, NULL, false, r, d);
}
