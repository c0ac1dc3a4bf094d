/*
 * Events: the user tells something that no relation covers, and asks for the parts of it. A block of events.txt:
 *
 *   = trip 10                              name, weight; "mine": about the user, or his people, only; "firm": never corrected
 *   V: place = @city                       a slot and its values: of a kind of the relations table, ...
 *   V: what = %things                      an entry of a list of the file ("L: things: a / b / c"), ...
 *   V: when = yesterday / last week        or one of these
 *   S: {S} went to {place} {when}. | ...   how it is told
 *   ? place: Where did {s} go? | ...       asks for a slot; its answer, and the clause of "I don't know ... yet."
 *   A: {T} went to {place}.
 *   K: where {t} went
 *   Y place: Did {s} go to {place}? | ...  proposes a value, right or wrong; answered by yes or no and the slot's answer, or
 *                                          that of the first question
 *   N thing: Who has my {thing}? | ...     asks what was not told, of a value that was not named; its clause follows (K:)
 *   E place: and where? | ...              asks for a slot of the event that the question before was about, and only then
 *   B place: where again? | ...            the same, or the first question when nothing else was told
 *
 * {s} {S}: who, as the user says it ("I", "my sister"), and capitalised; {o} the same as an object ("me"); {m} {M} whose ("my
 * sister's"). {t} {T} {y} {Y}: who and whose in the reply. Verbs are written for "my sister" ("is {s}", "{t} was") and made to
 * fit; {z} and {e} are the endings that "I" and "you" do without ("{s} keep{z}", "{t} watch{e}"), {ves} makes "has" or "have" of
 * "ha", {ies} "tries" or "try" of "tr". {r} is {t} as an object. {^what} says "the lamp" for the value "a lamp". Everything may
 * hold choices (corpus_form.c). A value "took>take" has two parts, {act} and {act2}. What was told may be corrected. The clause of
 * "I don't know ... yet." also makes a question: "Do you remember where I went?"
 */
#include "corpus_event_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD = 3 };

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

/* ---- the dialogue ---- */

static void user_says(doc *d, char *s, rng *r)
{
	type_slip(s, SAID, r);
	doc_add(d, ROLE_USER, s);
}

static const struct ask_form *ask_with_answer(const struct event_form *f, rng *r)
{
	const struct ask_form *a;

	do
		a = &f->ask[rng_below(r, (unsigned)f->n_ask)];
	while (a->other);
	return event_answer(f, a);
}

static void acknowledge(const struct event *x, rng *r, doc *d)
{
	static const char *const plain[] = { "Noted.", "Got it.", "Okay.", "I'll keep that in mind.", "Thanks for telling me.",
					     "All right.", "Okay, noted.", "Good to know.", "I see.", "Thanks, I'll remember that.",
					     "Thanks!", "Understood.", "That's good to know.", "Okay!", "Right." };
	static const char *const heads[] = { "Got it: ", "Noted: ", "Okay, ", "I see, " };
	char text[SAID], out[SAID + 16];

	if (rng_chance(r, .5)) {
		doc_add(d, ROLE_ASSISTANT, plain[rng_below(r, 15)]);
		return;
	}
	event_say(x, ask_with_answer(x->form, r)->answer, r, text);
	event_lower_head(x, text);
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

	const struct event *fixed; /* of which the user took a value back, and that; NULL: none */
	size_t fixed_slot;
	char was[VALUE_MAX];
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
	bool again, alone = st->n_told == 1 && x == st->x && !st->last;

	do {
		a = &x->form->ask[rng_below(r, (unsigned)x->form->n_ask)];
		again = st->last == x && st->last_slot == a->slot;
	} while ((a->follows && (st->last != x || again) && !(a->bare && alone)) || (again && rng_chance(r, .7)));
	return a;
}

/* "It" and "that" say too little where there is more than one event to ask about. */
static bool is_vague(const char *s)
{
	return says_word(s, "it") || says_word(s, "that") || says_word(s, "there");
}

/* Is a question that comes out of the blue about x alone, or would it be about what was told? It says who or names somebody. */
static bool stands_alone(const struct event *x, const char *s)
{
	bool named = event_says_who(x, s);

	for (size_t i = 0; i < x->form->n_slot; i++)
		named |= isupper((unsigned char)*x->value[i]) && strstr(s, x->value[i]);
	return named && !is_vague(s) && strncasecmp(s, "and ", 4) && !strstr(s, "the last ") && !strstr(s, " last?") &&
	       !strstr(s, " next?");
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

/* "Remind me where it is", but "remind me of the code". */
static bool begins_clause(const char *s)
{
	static const char *const words[] = { "who", "what", "where", "when", "which", "how", "why", "since", "whose", "whether", "at ", "in ",
					     "on ", "for ", "from " };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncasecmp(s, words[i], strlen(words[i])))
			return true;
	return false;
}

/* The clause as a question: "Do you remember where my sister went?" False when it would not be clear. */
static bool ask_indirectly(const struct story *st, const struct event *x, bool told, const char *clause, rng *r, char out[SAID])
{
	static const char *const heads[] = { "Do you remember ", "Can you tell me ", "Do you know ", "Tell me ", "I forgot ",
					     "Did I tell you ", "Remind me again ", "Could you remind me ", "Do you recall ",
					     "I'm trying to remember ", "Did I mention ", "Did I ever say " };
	static const char *const from = "tTyYr", *const to = "sSmMo";
	const char *head = heads[rng_below(r, 12)];
	char form[FORM], text[SAID + 8];

	if (is_vague(clause) && (!told || st->n_told > 1))
		return false;
	snprintf(form, sizeof(form), "%s", clause);
	for (char *c = form; (c = strchr(c, '{')) != NULL; c++)
		if (c[1] && c[2] == '}' && strchr(from, c[1]) && event_slot(x->form, c + 1, 1) == SLOTS)
			c[1] = to[strchr(from, c[1]) - from];
	event_say(x, form, r, text);
	strcat(text, " ");
	if (strlen(text) > 5 && !strcmp(text + strlen(text) - 5, " you "))
		strcpy(text + strlen(text) - 5, " me ");
	put_for(text, " you are ", " I am ");
	put_for(text, " you were ", " I was ");
	put_for(text, " your ", " my ");
	put_for(text, " you ", " I ");
	text[strlen(text) - 1] = 0;
	if (told ? !is_only_one(st, x) && !event_says_who(x, text) : !stands_alone(x, text))
		return false;
	*text = (char)tolower((unsigned char)*text);
	snprintf(out, SAID, "%s%s%.400s%s", head, strstr(head, "emind me") && !begins_clause(text) ? "of " : "", text,
		 strchr("DC", *head) ? "?" : ".");
	return true;
}

/*
 * A question of the kind a about x, with the values of y, in text. One about what was not told stands alone; "he" is who the question before was about, or the only one. False when it is not clear.
 */
static bool ask_form_say(const struct story *st, const struct event *x, const struct event *y, const struct ask_form *a, rng *r,
			 char text[SAID])
{
	bool told = x != &st->x[st->n_told], only = told && (st->n_told == 1 || st->last == x);

	if (a->other && !told)
		return false;
	if (!a->proposes && !a->follows && !a->other && rng_chance(r, .2) && ask_indirectly(st, x, told, event_answer(x->form, a)->clause, r, text))
		return true;
	if (a->follows) {
		event_say(y, a->ask, r, text);
		return true;
	}
	return event_say_clearly(y, x->form->mine || (told && is_only_one(st, x)), a->ask, r, text) &&
	       (told || stands_alone(y, text)) && (only || !says_pronoun(text));
}

static bool holds_slot(const char *form, const char *name)
{
	size_t n = strlen(name);

	for (const char *c = form; (c = strchr(c, '{')) != NULL; c++) {
		const char *s = c + 1 + (c[1] == '^');

		if (!strncmp(s, name, n) && (s[n] == '}' || (s[n] == '2' && s[n + 1] == '}')))
			return true;
	}
	return false;
}

/* "I don't know ... yet" may not name what the question did not. */
static bool clause_is_asked(const struct event *x, const char *clause, const char *question)
{
	for (size_t i = 0; i < x->form->n_slot; i++) {
		const char *value = x->value[i];
		char first[VALUE_MAX], *cut;

		value += !strncmp(value, "a ", 2) ? 2 : !strncmp(value, "an ", 3) ? 3 : 0;
		snprintf(first, sizeof(first), "%s", value);
		if ((cut = strchr(first, '>')) != NULL)
			*cut++ = 0;
		if (holds_slot(clause, x->form->slot[i].name) && !strcasestr(question, first) && !(cut && strcasestr(question, cut)))
			return false;
	}
	return true;
}

static bool is_told(const struct story *st, const struct event *x, const char *value)
{
	for (size_t i = 0; i < st->n_told; i++)
		for (size_t k = 0; k < st->x[i].form->n_slot; k++)
			if (!strcmp(st->x[i].value[k], value))
				return true;
	for (size_t k = 0; k < x->form->n_slot; k++)
		if (!strcmp(x->value[k], value))
			return true;
	return false;
}

/* Another value of a slot of x, that of no other event; false when there is none. */
static bool other_value(const struct story *st, const struct event *x, size_t slot, rng *r, char out[VALUE_MAX])
{
	for (int k = 0; k < 20; k++) {
		event_value(st->e, x->form->slot[slot].values, st->v, st->held_out, r, out);
		if (!is_told(st, x, out))
			return true;
	}
	return false;
}

static void ask(struct story *st, const struct event *x, rng *r, doc *d)
{
	const struct ask_form *a = NULL, *with;
	struct event proposed;
	bool told = x != &st->x[st->n_told], known, right, clear = false;
	char text[SAID], out[SAID + 64];

	for (int tries = 0; !clear && tries < 40; tries++) {
		a = ask_pick(st, x, r);
		right = rng_chance(r, .5);
		proposed = *x;
		for (int k = 0; a->proposes && !right && k < 20; k++) {
			event_value(st->e, x->form->slot[a->slot].values, st->v, st->held_out, r, proposed.value[a->slot]);
			if (strcmp(proposed.value[a->slot], x->value[a->slot]))
				break;
		}
		if (a->proposes && !right && st->fixed == x && st->fixed_slot == a->slot && rng_chance(r, .7))
			strcpy(proposed.value[a->slot], st->was);
		clear = !a->other || other_value(st, x, a->slot, r, proposed.value[a->slot]);
		clear = clear && ask_form_say(st, x, &proposed, a, r, text) &&
			(told || a->follows || clause_is_asked(&proposed, event_answer(x->form, a)->clause, text));
	}
	if (!clear && (!told || a->other)) /* nothing that could be asked of it */
		return;
	right = !strcmp(proposed.value[a->slot], x->value[a->slot]);
	with = event_answer(x->form, a);
	known = told && !a->other;
	type_casual(text, SAID, r);
	user_says(d, text, r);
	event_say(known ? x : &proposed, known ? with->answer : with->clause, r, text);
	if (a->proposes || !known)
		event_lower_head(x, text);
	if (!known)
		snprintf(out, sizeof(out), "I don't know %s yet. You can tell me.", text);
	else
		snprintf(out, sizeof(out), "%s%s", !a->proposes ? "" : right ? "Yes, " : "No, ", text);
	doc_add(d, ROLE_ASSISTANT, out);
	st->last = a->other ? NULL : x; /* "and when?" after it would be of nothing */
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

/* Names and places of two kinds are easily taken for one another. */
static const char *kind_of(const char *from)
{
	static const char *const kinds[][2] = { { "@full_person", "@person" }, { "@pet", "@person" }, { "@place", "@city" },
						{ "@country", "@city" }, { "@street", "@city" }, { "@team", "@company" } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(from, kinds[i][0]))
			return kinds[i][1];
	return from;
}

/* Is it clear which value a bare "sorry, Tom" puts right? */
static bool is_only_kind(const struct story *st, const struct event *x, size_t slot)
{
	const char *kind = kind_of(x->form->slot[slot].values);
	size_t n = 0;

	for (size_t i = 0; i < st->n_told; i++)
		for (size_t k = 0; k < st->x[i].form->n_slot; k++)
			n += !strcmp(kind_of(st->x[i].form->slot[k].values), kind);
	return n == 1 && strchr("@%", *kind) && (x->form->mine || strcmp(kind, "@person"));
}

/* "You went to Lille." as the user says it; false when "you" comes again. */
static bool say_as_user(const struct event *x, const char *answer, rng *r, char out[SAID])
{
	static const char *const heads[][2] = { { "You are ", "I am " }, { "You were ", "I was " }, { "You ", "I " }, { "Your ", "My " } };
	char text[SAID];
	const char *rest = text;

	event_say(x, answer, r, text);
	for (size_t i = 0; rest == text && i < sizeof(heads) / sizeof(*heads); i++)
		if (!strncmp(text, heads[i][0], strlen(heads[i][0]))) {
			rest = text + strlen(heads[i][0]);
			snprintf(out, SAID, "%s%.*s", heads[i][1], SAID - 8, rest);
		}
	if (rest == text)
		snprintf(out, SAID, "%s", text);
	return !says_word(rest, "you") && !says_word(rest, "your") && !is_vague(text);
}

/* The user takes back a value of x. */
static void correct(struct story *st, struct event *x, rng *r, doc *d)
{
	static const char *const heads[] = { "No wait, ", "Actually, ", "Sorry, ", "Hang on, ", "Oops, ", "Wait, no, ", "Correction: ",
					     "I mixed that up, ", "Hm, no, ", "my bad, ", "scratch that, ", "ah no, ", "Sorry, I meant " };
	static const struct { const char *before, *between; bool old_first; } pairs[] = {
		{ "", ", not ", false },	{ "not ", ", ", true }, { "I said ", " but I meant ", true }, { "", " instead of ", false },
		{ "make that ", ", not ", false }, { "I meant ", ", not ", false }
	};
	const struct ask_form *a = ask_with_answer(x->form, r);
	const char *head = heads[rng_below(r, 12)];
	char old[VALUE_MAX], new[VALUE_MAX], said[SAID], text[SAID + 40];

	snprintf(old, sizeof(old), "%s", x->value[a->slot]);
	if (strchr(old, '>') || !other_value(st, x, a->slot, r, new))
		return;
	for (size_t i = 0; i < st->n_told; i++)
		for (size_t k = 0; k < st->x[i].form->n_slot; k++)
			if ((&st->x[i] != x || k != a->slot) && !strcmp(st->x[i].value[k], old))
				return;
	snprintf(x->value[a->slot], VALUE_MAX, "%s", new);
	st->fixed = x;
	st->fixed_slot = a->slot;
	strcpy(st->was, old);
	if (is_only_kind(st, x, a->slot) && rng_chance(r, .4)) {
		snprintf(text, sizeof(text), "%s%s.", heads[rng_below(r, 13)], new);
	} else if (rng_chance(r, .4) && say_as_user(x, a->answer, r, said)) {
		if (!type_keeps_capital(said))
			event_lower_head(x, said);
		snprintf(text, sizeof(text), "%s%s", head, said);
	} else {
		size_t k = rng_below(r, 6);

		snprintf(text, sizeof(text), "%s%s%s%s%s.", head, pairs[k].before, pairs[k].old_first ? old : new, pairs[k].between,
			 pairs[k].old_first ? new : old);
	}
	text[SAID - 1] = 0;
	user_says(d, text, r);
	event_say(x, a->answer, r, said);
	event_lower_head(x, said);
	snprintf(text, sizeof(text), "%s%s", rng_chance(r, .5) ? "Got it: " : "Okay, ", said);
	doc_add(d, ROLE_ASSISTANT, rng_chance(r, .5) ? "Okay, noted." : text);
}

/* People lead up to what they tell, and trail off. */
static void wrap(const struct event *x, char s[SAID], size_t cap, rng *r)
{
	static const char *const heads[] = {
		"Honestly, it's been a long week. ", "Just so you know, ", "Before I forget: ", "I know it's random, but ", "Funny story: ",
		"So basically, ", "You won't believe it: ", "For your information, ", "Let me tell you something: ", "By the way, ",
		"Oh, and ", "It's like this: ", "Anyway, ", "Don't laugh, but ", "As I told my friends, ", "Small update: ",
		"Where do I start? ", "Well, since you ask, ", "To be honest, ", "What happened so far: ", "Let's see, ", "I'll keep it short: ",
		"Not that it matters, but ", "Please remember this: ", "Keep this in mind: ", "Could you note something? ", "fyi, ", "ok so, ",
		"right, so ", "listen, ", "psst, ", "I'm only saying this once: ", "Here's a thing: ", "I've been meaning to say: ",
		"My head is full, so hold on to this: ", "Write this down: "
	};
	static const char *const tails[] = { " Anyway.", " That's all.", " Long story.", " So there.", " It is what it is.", " I need a nap.",
					     " Can't complain.", " Just saying.", " Phew.", " Don't tell anyone.", " lol", " :)",
					     " What can you do.", " You get the idea.", " Life is funny.", " Remember that, please." };
	char copy[SAID];
	size_t n = strlen(s);

	if (n + 80 > cap || n + 80 > sizeof(copy))
		return;
	strcpy(copy, s);
	if (rng_chance(r, .18)) {
		if (!type_keeps_capital(copy))
			event_lower_head(x, copy);
		snprintf(s, cap, "%.60s%.500s", heads[rng_below(r, sizeof(heads) / sizeof(*heads))], copy);
	}
	n = strlen(s);
	if (rng_chance(r, .08))
		snprintf(s + n, cap - n, "%s%s", strchr(".?!", s[n - 1]) ? "" : ".", tails[rng_below(r, sizeof(tails) / sizeof(*tails))]);
}

/* Two may come in one message. */
static void tell(struct story *st, const talk *t, rng *r, doc *d)
{
	char text[2 * SAID + 8], more[SAID];

	for (size_t i = 0; i < st->n_told; i++) {
		struct event *x = &st->x[i];

		event_say_clearly(x, x->form->mine, list_pick(&x->form->say, r), r, text);
		if (i + 1 < st->n_told && rng_chance(r, .3)) {
			x = &st->x[++i];
			if (!strchr(".?!", text[strlen(text) - 1]))
				strcat(text, ".");
			event_say_clearly(x, x->form->mine, list_pick(&x->form->say, r), r, more);
			strcat(strcat(text, " "), more);
		} else {
			wrap(x, text, SAID, r);
		}
		user_says(d, text, r);
		acknowledge(x, r, d);
		if (!x->form->firm && rng_chance(r, .1))
			correct(st, x, r, d);
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
	for (unsigned n = t && rng_chance(r, .12) ? 1 + rng_below(r, 2) : 0; n; n--)
		talk_chat(t, r, d);
	for (unsigned n = 1 + rng_below(r, 3); n; n--) {
		struct event *x = &st->x[rng_below(r, (unsigned)st->n_told)];

		ask(st, ask_about(st, r), r, d);
		if (n > 1 && !x->form->firm && rng_chance(r, .06))
			correct(st, x, r, d);
	}
	free(st);
}
