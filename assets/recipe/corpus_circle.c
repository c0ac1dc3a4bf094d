/*
 * Circles: dialogues in which the user tells of himself and of several people and animals around him, and is asked back.
 * Facts of the same kind stand beside each other, in compound messages, corrected and changed later; what the assistant says
 * to a message often names one of its facts only, so that the others must be read where they were told. The file: corpus_trait.c.
 */
#include "corpus_circle_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- words ---- */

/* An entry of a list, its choices made. */
void round_word(const struct round *o, const char *name, char *out, size_t cap)
{
	char form[LINE], filled[LINE];

	snprintf(form, sizeof(form), "{@%s}", name);
	form_lists_fill(&o->c->lists, form, o->r, filled, sizeof(filled));
	form_choose(filled, o->r, out, cap);
}

/* One of the alternatives of a form; plain: the first. */
void round_put(const struct round *o, const struct trait *t, char form, bool plain, const char *who, const char *value,
	       char out[LINE])
{
	const char *forms = t->form[form - 'A'];
	unsigned n = (unsigned)form_piece(forms, " | ", SIZE_MAX, NULL, 0);
	char one[LINE], chosen[LINE];

	form_piece(forms, " | ", plain ? 0 : rng_below(o->r, n), one, sizeof(one));
	form_choose(one, o->r, chosen, sizeof(chosen));
	scene_fill(chosen, who, value, out, LINE, NULL);
}

bool trait_has(const struct trait *t, char form)
{
	return t->form[form - 'A'] != NULL;
}

bool member_is_me(const struct member *m)
{
	return m->kind == 'm';
}

/* "my sister" -> "your sister" at the beginning of what the assistant says of her. */
static void yours(const char *who, char out[VALUE_MAX])
{
	if (strncmp(who, "my ", 3))
		snprintf(out, VALUE_MAX, "%s", who);
	else
		snprintf(out, VALUE_MAX, "your %s", who + 3);
}

void round_capital(char *s)
{
	*s = (char)toupper((unsigned char)*s);
}

/* ---- who there is and what is so ---- */

static bool role_is_free(const struct round *o, const char *role)
{
	for (size_t i = 0; i < o->n; i++) {
		const char *a = strrchr(o->m[i].role, ' '), *b = strrchr(role, ' ');

		if (a && b && !strcasecmp(a, b)) /* "my sister" beside "my older sister" */
			return false;
	}
	return true;
}

static bool name_is_free(const struct round *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->m[i].name != name && !strcasecmp(o->m[i].name, name))
			return false;
	return true;
}

void round_give_name(struct round *o, struct member *m)
{
	do
		values_make(o->s->val, m->kind == 'p' ? "pet" : "person", false, o->s->held_out, o->r, m->name);
	while (!name_is_free(o, m->name));
}

void round_add_member(struct round *o, bool me)
{
	static const char *const lists[] = { "he", "she", "pet" };
	struct member m = { .kind = 'm', .he = "I", .role = "I" };
	unsigned k = rng_below(o->r, 10);
	size_t kind = k < 4 ? 0 : k < 8 ? 1 : 2;

	if (!me) {
		m.kind = kind == 2 ? 'p' : 'o';
		m.he = kind < 2 ? lists[kind] : rng_chance(o->r, .5) ? "he" : "she";
		do
			round_word(o, lists[kind], m.role, sizeof(m.role));
		while (!role_is_free(o, m.role));
	}
	if (rng_chance(o->r, me ? .45 : .75))
		round_give_name(o, &m);
	o->m[o->n++] = m;
}

static bool value_is_free(const struct round *o, const struct trait *t, const char *value)
{
	for (size_t i = 0; i < o->n_told; i++)
		if (o->f[i].t == t && !strcasecmp(o->f[i].value, value))
			return false;
	return true;
}

static void new_value(const struct round *o, const struct trait *t, char out[VALUE_MAX])
{
	const char *own = t->form['V' - 'A'];

	do
		if (own)
			form_piece(own, " / ", rng_below(o->r, (unsigned)form_piece(own, " / ", SIZE_MAX, NULL, 0)), out,
				   VALUE_MAX);
		else
			values_make(o->s->val, t->kind, false, o->s->held_out, o->r, out);
	while (!value_is_free(o, t, out));
}

struct told *round_find(struct round *o, size_t who, const struct trait *t)
{
	for (size_t i = 0; i < o->n_told; i++)
		if (o->f[i].who == who && o->f[i].t == t)
			return &o->f[i];
	return NULL;
}

void round_add_told(struct round *o, size_t who, const struct trait *t)
{
	struct told f = { .t = t, .who = who };

	if (o->n_told == TOLD_MAX || !strchr(t->whose, o->m[who].kind) || round_find(o, who, t))
		return;
	new_value(o, t, f.value);
	o->f[o->n_told++] = f;
}

const struct trait *round_any_trait(const struct round *o)
{
	return &o->c->trait[rng_below(o->r, (unsigned)o->c->n)];
}

static void gather(struct round *o)
{
	unsigned people = rng_below(o->r, 4), more = 1 + rng_below(o->r, 3);
	bool me = !people || rng_chance(o->r, .65);

	if (me)
		round_add_member(o, true);
	while (people--)
		round_add_member(o, false);
	o->common = rng_below(o->r, (unsigned)o->c->n);
	for (size_t i = 0; i < o->n; i++)
		if (o->n > 1 && rng_chance(o->r, .7))
			round_add_told(o, i, &o->c->trait[o->common]);
	while (more--)
		round_add_told(o, rng_below(o->r, (unsigned)o->n), round_any_trait(o));
	for (unsigned tries = 0; !o->n_told && tries < 40; tries++)
		round_add_told(o, rng_below(o->r, (unsigned)o->n), round_any_trait(o));
	for (size_t i = 0; i < o->n; i++) { /* of everybody something is told */
		bool any = *o->m[i].name != 0;

		for (size_t k = 0; k < o->n_told; k++)
			any |= o->f[k].who == i;
		if (!any)
			round_give_name(o, &o->m[i]);
	}
}

/* ---- telling ---- */

/* "I'm Bea, 29, from Leeds." with the facts that have a short form; marks those in done. */
static bool introduce_short(struct round *o, const struct member *m, size_t who, bool done[TOLD_MAX], char out[TEXT])
{
	char one[LINE];
	size_t n;
	bool any = false;

	if (!*m->name || !rng_chance(o->r, .4))
		return false;
	n = (size_t)snprintf(out, TEXT, "%s %s", rng_chance(o->r, .7) ? "I'm" : "Hi, I'm", m->name);
	for (size_t i = 0; i < o->n_told; i++)
		if (o->f[i].who == who && trait_has(o->f[i].t, 'E')) {
			round_put(o, o->f[i].t, 'E', false, "I", o->f[i].value, one);
			n += (size_t)snprintf(out + n, TEXT - n, ", %s", one);
			any = done[i] = true;
		}
	if (any)
		snprintf(out + n, TEXT - n, ".");
	return any;
}

/* What the sentence about a member begins with; false when it is a sentence of its own and "She" goes on. */
static bool begin(const struct round *o, const struct member *m, char out[TEXT])
{
	static const char *const named[] = { "{r} is called {n}.", "{r}'s name is {n}.", "{n} is {l}.", "{r} is {n}.",
					     "This is about {l}, {n}.", "I have {a}, {n}.", "I've got {a} called {n}." };
	const char *form = named[rng_below(o->r, m->role[3] ? 7 : 4)];
	char role[VALUE_MAX], a[VALUE_MAX];
	size_t n = 0;

	snprintf(role, sizeof(role), "%s", m->role);
	round_capital(role);
	if (!*m->name || rng_chance(o->r, .5)) {
		snprintf(out, TEXT, "%s%s%s", role, *m->name ? " " : "", m->name);
		return true;
	}
	snprintf(a, sizeof(a), "%s %s", strchr("aeiou", m->role[3]) ? "an" : "a", m->role + 3);
	for (; *form; form++) {
		const char *s = *form != '{' ? NULL : form[1] == 'r' ? role : form[1] == 'n' ? m->name : form[1] == 'l' ? m->role : a;

		n += (size_t)(s ? snprintf(out + n, TEXT - n, "%s", s) : snprintf(out + n, TEXT - n, "%c", *form));
		form += s ? 2 : 0;
	}
	return false;
}

/* All facts of a member that are not said yet: "lives in Oslo and plays the harp." */
static void predicates(const struct round *o, size_t who, const bool done[TOLD_MAX], const char *subject, char *out, size_t cap)
{
	char one[LINE];
	size_t n = 0, left = 0, had = 0;

	*out = 0;
	for (size_t i = 0; i < o->n_told; i++)
		left += o->f[i].who == who && !done[i];
	for (size_t i = 0; i < o->n_told; i++) {
		const struct told *f = &o->f[i];

		if (f->who != who || done[i])
			continue;
		round_put(o, f->t, member_is_me(&o->m[who]) ? 'P' : 'C', false, subject, f->value, one);
		n += (size_t)snprintf(out + n, cap - n, "%s%s%s", !had ? subject : had + 1 < left ? ", " : " and ",
				      had ? "" : " ", one);
		had++;
	}
	if (n)
		snprintf(out + n, cap - n, ".");
}

/* Everything about one member, one to three sentences. */
static void tell_member(struct round *o, size_t who, char out[TEXT])
{
	const struct member *m = &o->m[who];
	bool done[TOLD_MAX] = { false }, goes_on;
	char head[TEXT], he[8], *rest = head;
	size_t n;

	snprintf(he, sizeof(he), "%s", m->he);
	round_capital(he);
	if (member_is_me(m)) {
		if (!introduce_short(o, m, who, done, out))
			snprintf(out, TEXT, *m->name ? rng_chance(o->r, .5) ? "My name is %s." : "I'm %s." : "%s", m->name);
		n = strlen(out);
		predicates(o, who, done, "I", head, sizeof(head));
		snprintf(out + n, TEXT - n, "%s%s", n && *head ? " " : "", rest);
		return;
	}
	goes_on = begin(o, m, out);
	n = strlen(out);
	predicates(o, who, done, goes_on ? "" : he, head, sizeof(head));
	if (goes_on && !*head) /* no fact but the name */
		snprintf(out, TEXT, "M%s is called %s.", m->role + 1, m->name);
	else if (*head)
		snprintf(out + n, TEXT - n, "%s%s", goes_on ? "" : " ", head);
}

/* "Got it: your sister lives in Oslo.", of one of the facts of the last message, or no more than "Noted." changed: the fact that
 * the message was about, when it told nothing new of a member. */
void round_acknowledge(struct round *o, const size_t *who, size_t n, const struct told *changed)
{
	const struct member *m = &o->m[who[0]];
	const struct told *f = changed;
	bool first = !changed;
	char text[LINE * 2], head[LINE], note[LINE], role[VALUE_MAX];
	unsigned seen = 0;

	for (size_t i = 0; first && i < o->n_told; i++)
		for (size_t k = 0; k < n; k++)
			if (o->f[i].who == who[k] && !rng_below(o->r, ++seen))
				f = &o->f[i];
	yours(m->role, role);
	if (first && member_is_me(m) && *m->name && rng_chance(o->r, .7)) {
		snprintf(text, sizeof(text), "Nice to meet you, %s%s", m->name, rng_chance(o->r, .5) ? "!" : ".");
	} else if (first && *m->name && !member_is_me(m) && rng_chance(o->r, .35)) {
		snprintf(text, sizeof(text), "%s %s's name is %s.", rng_chance(o->r, .5) ? "Got it:" : "Noted:", role, m->name);
	} else if (f && rng_chance(o->r, .5)) {
		round_put(o, f->t, member_is_me(&o->m[f->who]) ? 'Y' : 'Z', true, o->m[f->who].role, f->value, note);
		*note = (char)tolower((unsigned char)*note);
		round_word(o, "noted", head, sizeof(head));
		snprintf(text, sizeof(text), "%s %s", head, note);
	} else {
		round_word(o, "ack", text, sizeof(text));
	}
	doc_add(o->d, ROLE_ASSISTANT, text);
}

void round_say(struct round *o, char *text, size_t cap)
{
	if (text[strlen(text) - 1] == '?')
		type_casual(text, cap, o->r);
	type_slip(text, cap, o->r);
	doc_add(o->d, ROLE_USER, text);
}

void round_between(struct round *o)
{
	if (!o->s->talk)
		return;
	if (rng_chance(o->r, .7))
		talk_chat(o->s->talk, o->r, o->d);
	else
		talk_world(o->s->talk, o->r, o->d);
}

/* ---- asking ---- */

/* What a question calls a member. */
void round_called(const struct round *o, const struct member *m, char out[VALUE_MAX])
{
	const char *also = o->s->asks && rng_chance(o->r, .2) ? asks_also(o->s->asks, m->role, o->r) : NULL;

	if (*m->name && rng_chance(o->r, .35))
		snprintf(out, VALUE_MAX, "%s", m->name);
	else
		snprintf(out, VALUE_MAX, "%s", also && role_is_free(o, also) ? also : m->role);
}

void round_ask(struct round *o, char q[LINE], const char *a)
{
	char lead[LINE], text[LINE * 2];
	size_t word_len = strcspn(q, " ");
	bool name = false;

	for (size_t i = 0; i < o->n; i++)
		name |= *o->m[i].name && !strncmp(q, o->m[i].name, strcspn(o->m[i].name, " "));
	if (rng_chance(o->r, .3) && !name && word_len && q[word_len - 1] != ',') {
		round_word(o, "lead", lead, sizeof(lead));
		if (!type_keeps_capital(q) && !strchr(".!?", lead[strlen(lead) - 1]))
			*q = (char)tolower((unsigned char)*q);
		snprintf(text, sizeof(text), "%s %s", lead, q);
	} else if (rng_chance(o->r, .08)) {
		round_word(o, "tail", lead, sizeof(lead));
		snprintf(text, sizeof(text), "%s %s", q, lead);
	} else {
		snprintf(text, sizeof(text), "%s", q);
	}
	round_say(o, text, sizeof(text));
	doc_add(o->d, ROLE_ASSISTANT, a);
}

void round_answer(const struct round *o, const struct told *f, const char *who, char a[LINE])
{
	round_put(o, f->t, member_is_me(&o->m[f->who]) ? 'Y' : 'Z', true, who, f->value, a);
	round_capital(a);
}

void round_ask_fact(struct round *o, const struct told *f)
{
	const struct member *m = &o->m[f->who];
	char q[LINE], a[LINE], who[VALUE_MAX];

	round_called(o, m, who);
	round_put(o, f->t, member_is_me(m) ? 'Q' : trait_has(f->t, 'S') && rng_chance(o->r, .4) ? 'S' : 'R', false, who, NULL, q);
	round_answer(o, f, who, a);
	round_ask(o, q, a);
}

/* A question about "he" or "she": "Where would I find him?" */
static void put_pronoun(const struct round *o, const struct trait *t, const char *he, char out[LINE])
{
	static const char *const before[] = { "for",  "about", "see",  "visit",	"to",	"of",	   "find", "spare", "pour",
					      "from", "pays",  "give", "makes",	"bring", "pleases", "buy",  "employs" };
	const char *him = !strcmp(he, "he") ? "him" : !strcmp(he, "she") ? "her" : he;
	char form[LINE];
	size_t n = 0, last = 0; /* the last word begins there */

	round_put(o, t, 'R', false, "\1", NULL, form);
	for (const char *c = form; *c && n + 5 < LINE; c++) {
		const char *who = he;

		if (*c != '\1') {
			last = *c == ' ' && c[1] != '\1' ? n + 1 : last;
			out[n++] = *c;
			continue;
		}
		for (size_t i = 0; n && i < sizeof(before) / sizeof(*before); i++)
			if (n - 1 - last == strlen(before[i]) && !strncasecmp(out + last, before[i], n - 1 - last))
				who = him;
		n += (size_t)snprintf(out + n, LINE - n, "%s", who);
	}
	out[n] = 0;
	round_capital(out);
}

/* "And how old is she?", about who was spoken of last. */
void round_ask_pronoun(struct round *o, const struct told *f)
{
	const struct member *m = &o->m[f->who];
	char q[LINE], a[LINE];

	put_pronoun(o, f->t, m->he, q);
	round_answer(o, f, m->role, a);
	round_ask(o, q, a);
}

/* "L-E-V-I"; false when the name is long or no plain word. */
static bool spelled(const char *name, char out[VALUE_MAX])
{
	size_t n = 0;

	if (strlen(name) > 9)
		return false;
	for (; *name; name++) {
		if ((unsigned char)*name > 127 || !isalpha((unsigned char)*name))
			return false;
		out[n++] = (char)toupper((unsigned char)*name);
		out[n++] = '-';
	}
	out[n ? n - 1 : 0] = 0;
	return n > 0;
}

static bool ask_spelling(struct round *o, const struct member *m)
{
	char form[LINE], q[LINE], a[LINE], letters[VALUE_MAX], role[VALUE_MAX];

	if (!rng_chance(o->r, .12) || !spelled(m->name, letters))
		return false;
	yours(m->role, role);
	round_capital(role);
	round_word(o, member_is_me(m) ? "spell_me" : "spell", form, sizeof(form));
	scene_fill(form, m->role, NULL, q, sizeof(q), NULL);
	snprintf(a, sizeof(a), "%s%s name is spelled %s.", member_is_me(m) ? "Your" : role, member_is_me(m) ? "" : "'s", letters);
	round_ask(o, q, a);
	return true;
}

static void ask_name(struct round *o, const struct member *m)
{
	char form[LINE], q[LINE], a[LINE], role[VALUE_MAX];
	bool who_is = !member_is_me(m) && rng_chance(o->r, .25);

	if (!*m->name || ask_spelling(o, m))
		return;
	yours(m->role, role);
	round_word(o, member_is_me(m) ? "ask_me" : who_is ? "ask_who" : "ask_name", form, sizeof(form));
	scene_fill(form, who_is ? m->name : m->role, NULL, q, sizeof(q), NULL);
	if (member_is_me(m))
		snprintf(a, sizeof(a), "Your name is %s.", m->name);
	else if (who_is)
		snprintf(a, sizeof(a), "%s is %s.", m->name, role);
	else
		snprintf(a, sizeof(a), "%s's name is %s.", role, m->name);
	round_capital(a);
	round_ask(o, q, a);
}

/* "Who lives in Oslo?" */
static void ask_reverse(struct round *o, const struct told *f)
{
	const struct member *m = &o->m[f->who];
	char q[LINE], a[LINE], role[VALUE_MAX];
	bool named = *m->name && !member_is_me(m) && rng_chance(o->r, .3);

	if (!trait_has(f->t, 'W'))
		return;
	round_put(o, f->t, 'W', false, m->role, f->value, q);
	yours(m->role, role);
	if (named)
		snprintf(a, sizeof(a), "That is %s, %s.", role, m->name);
	else
		round_answer(o, f, m->role, a);
	round_ask(o, q, a);
}

/* "Does my sister live in Oslo?" "No, your sister lives in Bergen." */
void round_ask_yes_no(struct round *o, const struct told *f)
{
	const struct member *m = &o->m[f->who];
	char q[LINE], a[LINE], note[LINE], value[VALUE_MAX];
	const struct told *rival = NULL;
	bool yes = rng_chance(o->r, .45);
	unsigned seen = 0;

	if (!trait_has(f->t, member_is_me(m) ? 'N' : 'M'))
		return;
	for (size_t i = 0; i < o->n_told; i++)
		if (&o->f[i] != f && o->f[i].t == f->t && !rng_below(o->r, ++seen))
			rival = &o->f[i];
	new_value(o, f->t, value);
	if (yes)
		snprintf(value, sizeof(value), "%s", f->value);
	else if (rival && rng_chance(o->r, .7))
		snprintf(value, sizeof(value), "%s", rival->value);
	round_put(o, f->t, member_is_me(m) ? 'N' : 'M', false, m->role, value, q);
	round_put(o, f->t, member_is_me(m) ? 'Y' : 'Z', true, m->role, f->value, note);
	*note = (char)tolower((unsigned char)*note);
	snprintf(a, sizeof(a), "%s, %.380s", yes ? "Yes" : "No", note);
	round_ask(o, q, a);
}

/* Asked as what is told is asked: only the answer differs. */
void round_ask_untold(struct round *o, size_t who, const struct trait *t, bool pronoun)
{
	static const char *const more[] = { "You can tell me.", "You can tell me.", "You can tell me.", "Do you want to tell me?",
					    "Tell me and I will remember it.", "You haven't told me." };
	const struct member *m = &o->m[who];
	char q[LINE], what[LINE], a[LINE], name[VALUE_MAX];

	round_called(o, m, name);
	if (pronoun)
		put_pronoun(o, t, m->he, q);
	else
		round_put(o, t, member_is_me(m) ? 'Q' : trait_has(t, 'S') && rng_chance(o->r, .4) ? 'S' : 'R', false, name, NULL, q);
	round_put(o, t, member_is_me(m) ? 'U' : 'X', true, pronoun ? m->role : name, NULL, what);
	snprintf(a, sizeof(a), "I don't know %.300s yet. %s", what, more[rng_below(o->r, 6)]);
	round_ask(o, q, a);
}

static void ask_unknown(struct round *o)
{
	const struct trait *t = rng_chance(o->r, .6) ? &o->c->trait[o->common] : round_any_trait(o);
	size_t who = rng_below(o->r, (unsigned)o->n);

	if (strchr(t->whose, o->m[who].kind) && !round_find(o, who, t))
		round_ask_untold(o, who, t, false);
}

/* "What did I say about my sister?": up to three facts, in the order they were told. */
static void ask_summary(struct round *o)
{
	const struct member *m = &o->m[rng_below(o->r, (unsigned)o->n)];
	char form[LINE], q[LINE], a[TEXT] = "", one[LINE], role[VALUE_MAX];
	size_t n = 0, facts = 0;

	yours(m->role, role);
	if (*m->name)
		n = (size_t)snprintf(a, sizeof(a), member_is_me(m) ? "%sr name is %s" : "%s's name is %s", member_is_me(m) ? "You" : role, m->name);
	for (size_t i = 0; i < o->n_told && facts < 3; i++)
		if (&o->m[o->f[i].who] == m) {
			round_put(o, o->f[i].t, member_is_me(m) ? 'Y' : 'Z', true, m->role, o->f[i].value, one);
			one[strlen(one) - 1] = 0;
			if (n)
				*one = (char)tolower((unsigned char)*one);
			n += (size_t)snprintf(a + n, sizeof(a) - n, "%s%s", n ? ", and " : "", one);
			facts++;
		}
	if (!n || n > LINE)
		return;
	round_capital(a);
	snprintf(a + n, sizeof(a) - n, ".");
	round_word(o, member_is_me(m) ? "ask_all" : "ask_about", form, sizeof(form));
	scene_fill(form, m->role, NULL, q, sizeof(q), NULL);
	round_ask(o, q, a);
}

/* "Who is older, my sister or my brother?" */
static void ask_older(struct round *o)
{
	const struct told *x = NULL, *y = NULL;
	char q[LINE], a[LINE], role[VALUE_MAX];
	const struct member *m, *k;
	bool young = rng_chance(o->r, .4);

	for (size_t i = 0; i < o->n_told; i++)
		if (!strcmp(o->f[i].t->name, "age") && isdigit((unsigned char)*o->f[i].value))
			x ? (y = &o->f[i]) : (x = &o->f[i]);
	if (!y || atoi(x->value) == atoi(y->value))
		return;
	m = &o->m[x->who], k = &o->m[y->who];
	snprintf(q, sizeof(q), "Who is %s, %s or %s?", young ? "younger" : "older", m->role, k->role);
	if ((atoi(x->value) < atoi(y->value)) != young)
		m = k;
	yours(m->role, role);
	snprintf(a, sizeof(a), "%s %s %s.", member_is_me(m) ? "You" : role, member_is_me(m) ? "are" : "is", young ? "younger" : "older");
	round_capital(a);
	round_ask(o, q, a);
}

/* ---- corrections and changes ---- */

static void change(struct round *o)
{
	struct told *f = &o->f[rng_below(o->r, (unsigned)o->n_told)];
	const struct member *m = &o->m[f->who];
	char old[VALUE_MAX], one[LINE], text[TEXT + LINE], subject[VALUE_MAX];
	char moved = member_is_me(m) ? 'K' : 'H';
	bool later = trait_has(f->t, moved) && rng_chance(o->r, .5);
	size_t who = f->who;

	snprintf(old, sizeof(old), "%s", f->value);
	new_value(o, f->t, subject);
	snprintf(f->value, sizeof(f->value), "%s", subject);
	snprintf(subject, sizeof(subject), "%s", *m->name && !member_is_me(m) && rng_chance(o->r, .3) ? m->name : m->role);
	round_put(o, f->t, later ? moved : member_is_me(m) ? 'P' : 'C', !later, m->role, f->value, one);
	if (later) {
		round_capital(subject);
		snprintf(text, sizeof(text), "%s %s.", subject, one);
	} else {
		round_word(o, "fix", text, sizeof(text));
		if (strchr(".!", text[strlen(text) - 1]))
			round_capital(subject);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s %s%s%s.", subject, one,
			 rng_chance(o->r, .3) ? ", not " : "", "");
		if (!strcmp(text + strlen(text) - 7, ", not ."))
			snprintf(text + strlen(text) - 1, VALUE_MAX + 2, "%s.", old);
	}
	round_say(o, text, sizeof(text));
	round_acknowledge(o, &who, 1, f);
}

/* ---- the dialogue ---- */

void round_tell_all(struct round *o)
{
	for (size_t i = 0; i < o->n;) {
		size_t who[2] = { i, i + 1 }, n = i + 1 < o->n && rng_chance(o->r, .45) ? 2 : 1;
		char text[TEXT * 2], one[TEXT];

		tell_member(o, i, text);
		if (n == 2) {
			tell_member(o, i + 1, one);
			if (!strncmp(one, "My ", 3) && text[strlen(text) - 1] == '.' && rng_chance(o->r, .5)) {
				*one = 'm';
				snprintf(text + strlen(text) - 1, sizeof(text) - strlen(text), "%s %s",
					 rng_chance(o->r, .5) ? " and" : ",", one);
			} else {
				snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", one);
			}
		}
		round_say(o, text, sizeof(text));
		round_acknowledge(o, who, n, NULL);
		for (size_t k = 0; n == 1 && o->m[i].kind != 'm' && k < o->n_told; k++)
			if (o->f[k].who == i && rng_chance(o->r, .12)) {
				round_ask_pronoun(o, &o->f[k]);
				break;
			}
		if (rng_chance(o->r, .12))
			round_between(o);
		i += n;
	}
}

static void ask_some(struct round *o)
{
	const struct told *f = &o->f[rng_below(o->r, (unsigned)o->n_told)];
	unsigned k = rng_below(o->r, 100);

	if (k < 56)
		round_ask_fact(o, f);
	else if (k < 68)
		ask_name(o, &o->m[rng_below(o->r, (unsigned)o->n)]);
	else if (k < 77)
		ask_reverse(o, f);
	else if (k < 84)
		round_ask_yes_no(o, f);
	else if (k < 91)
		ask_unknown(o);
	else if (k < 97)
		ask_summary(o);
	else
		ask_older(o);
}

void circle_add(const circle *c, const scenes *s, rng *r, doc *d)
{
	struct round *o = calloc(1, sizeof(*o));

	if (!o)
		recipe_die("out of memory");
	*o = (struct round){ .c = c, .s = s, .r = r, .d = d };
	gather(o);
	if (o->n_told) {
		round_tell_all(o);
		if (rng_chance(r, .35))
			change(o);
		for (unsigned n = rng_chance(r, .45) ? 1 + rng_below(r, 2) : 0; n--;)
			round_between(o);
		for (size_t n = 1 + o->n_told + rng_below(r, 3); n--;)
			ask_some(o);
	}
	free(o);
}
