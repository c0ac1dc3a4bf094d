/*
 * The detector: an utterance in, candidate facts out. Only statements the user makes about herself
 * and her own people and things count; detect_guard.c says what else there is. Precision comes
 * first: a false memory is edited into the weights, a missed one can be said again.
 */
#include "detect_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *detect_op_name(int op)
{
	static const char *const names[] = { "add", "supersede", "retract", "noop", "ask" };

	return op >= 0 && op < (int)(sizeof(names) / sizeof(*names)) ? names[op] : "?";
}

void detect_free(detect_result *d)
{
	if (!d)
		return;
	free(d->facts);
	free(d->ignored);
	free(d->unread);
	*d = (detect_result){ 0 };
}

/* ---- what told nothing ---- */

static void unread_add(struct reader *d, size_t a, size_t b)
{
	detect_result *out = d->out;

	if (a >= b || out->n_unread == UNREAD_MAX)
		return;
	if (out->n_unread == d->cap_unread) {
		size_t cap = d->cap_unread ? 2 * d->cap_unread : 8;
		size_t(*p)[2] = realloc(out->unread, cap * sizeof(*p));

		if (!p) {
			d->no_memory = true;
			return;
		}
		out->unread = p;
		d->cap_unread = cap;
	}
	out->unread[out->n_unread][0] = a;
	out->unread[out->n_unread++][1] = b;
}

/* "Hi there", "thanks", "no wait": nothing that anybody would miss. */
static bool idle_words(const struct tok *t, size_t n)
{
	static const char idle[] = " hi hello hey hiya yo there good morning afternoon evening day thanks thank you ok okay yes yeah yep no nope "
				   "wait actually correction sorry oops well so oh ah um hm btw lol haha please sure right fine alright imprint "
				   "sadly unfortunately now anyway to nice meet ";

	for (size_t i = 0; i < n; i++)
		if (!tok_punct(t + i) && !word_among(idle, t[i].w))
			return false;
	return true;
}

/* A clause of which the facts from index `from` on were read, if any: all of it was, or what stands before an "and"; for who asks
 * to have it remembered, before a comma. */
static void clause_unread(struct reader *d, const struct clause *c, size_t from)
{
	size_t i = 0, last = 0;

	for (size_t k = from; k < d->out->n_facts; k++)
		last = d->out->facts[k].span[1] > last ? d->out->facts[k].span[1] : last;
	if (from < d->out->n_facts) {
		while (last && i < c->n && !(c->t[i].a >= last && word_among(d->explicit_ask ? " and but , " : " and but ", c->t[i].w)))
			i++;
		if (!last || i + 3 > c->n)
			return;
		i++;
	}
	if (!idle_words(c->t + i, c->n - i))
		unread_add(d, c->t[i].a, c->t[c->n - 1].b);
}

static bool unread_holds(const detect_result *out, const size_t *u)
{
	for (size_t k = 0; k < out->n_facts; k++) {
		const size_t *v = out->facts[k].span;

		if (v[1] > v[0] && u[0] <= v[0] && v[1] <= u[1])
			return true;
	}
	return false;
}

/* How many are left out but told something in passing; they are moved to the front. */
static size_t unread_part(detect_result *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->n_unread; i++) {
		const size_t u[2] = { out->unread[i][0], out->unread[i][1] };

		if (!unread_holds(out, u))
			continue;
		memmove(out->unread[n + 1], out->unread[n], (i - n) * sizeof(u));
		memcpy(out->unread[n++], u, sizeof(u));
	}
	return n;
}

/* What was read in a second look ("no, Mimi", "I live in Porto, sorry, Braga") is not unread; the first `kept` stay. */
static void unread_settle(detect_result *out, size_t kept)
{
	size_t n = kept;

	for (size_t i = kept; i < out->n_unread; i++)
		if (!unread_holds(out, out->unread[i]))
			memmove(out->unread[n++], out->unread[i], sizeof(*out->unread));
	out->n_unread = n;
}

/* ---- quotation marks ---- */

/* May what stands between the marks at p and q be a value, rather than somebody's words? */
static bool quote_is_value(const struct tok *t, size_t n, size_t p, size_t q)
{
	static const char before[] = " called named is are 's was be name book movie film song "
				     "album show band nickname : as it "
				     "am game novel read reading ";
	static const char speech[] = " said says wrote read reads translate asked yelled shouted "
				     "replied told say write phrase "
				     "sentence word text quote : , ";
	const char *prev = p ? t[p - 1].w : "";
	bool value = word_among(before, prev);
	bool first_person = tok_is(t + p + 1, "i") || tok_is(t + p + 1, "my") ||
			    tok_is(t + p + 1, "we") || tok_is(t + p + 1, "our");

	if (q - p > 12 || q == p + 1)
		return false;
	for (size_t k = p + 1; k < q && first_person; k++)
		if (tok_be(t + k) || word_in(WORDS_VERB, t[k].w))
			return false;
	if (value)
		return true;
	if (q + 2 < n && tok_be(t + q + 1) && tok_is(t + q + 2, "my"))
		return true;
	return q - p <= 4 && !first_person && p && !word_among(speech, prev);
}

/* Marks quotes that hold a value; puts a hole in place of the others. */
static void quotes_resolve(struct reader *d, struct lex *x)
{
	size_t out = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct tok *t = x->tok + i;
		size_t q = i + 1;

		if (!(t->kind == TOK_PUNCT && tok_is(t, "\""))) {
			x->tok[out++] = *t;
			continue;
		}
		while (q < x->n && q < i + 400 &&
		       !(x->tok[q].kind == TOK_PUNCT && tok_is(x->tok + q, "\"")))
			q++;
		if (q >= x->n || q >= i + 400)
			continue; /* never closed: inches, or a slip */
		if (quote_is_value(x->tok, x->n, i, q)) {
			for (size_t k = i; k <= q; k++) {
				x->tok[k].flags |= TOK_QUOTED;
				x->tok[out++] = x->tok[k];
			}
		} else {
			reader_ignore(d, "quote", t->a, x->tok[q].b);
			x->tok[out] = *t;
			x->tok[out].b = x->tok[q].b;
			x->tok[out++].kind = TOK_HOLE;
		}
		i = q;
	}
	x->n = out;
}

/* ---- sentences ---- */

/* "..., right?", "..., isn't it?": the whole sentence is the question. */
static bool tag_question(const struct lex *x, size_t begin, size_t stop)
{
	static const char tags[] = " right correct no yes huh eh yeah true ";
	size_t k = stop;

	while (k > begin && stop - k < 5 && !tok_is(x->tok + k - 1, ","))
		k--;
	if (k == begin || !tok_is(x->tok + k - 1, ",") || k >= stop)
		return false;
	if (stop - k == 1)
		return word_among(tags, x->tok[k].w);
	return stop - k <= 3 && word_in(WORDS_AUX, x->tok[k].w) &&
	       word_in(WORDS_PRONOUN, x->tok[stop - 1].w);
}

/* "..., ok?" asks for a nod, not for the answer. Takes it off the sentence. */
static bool tag_nod(const struct lex *x, size_t begin, size_t *stop)
{
	static const char nods[] = " ok okay alright k deal ";

	const struct tok *last = x->tok + *stop - 1;

	if (*stop > begin + 3 && word_among(" u you hbu wbu ", last->w) && !word_in(WORDS_QUESTION, x->tok[begin].w) &&
	    !word_in(WORDS_VERB, last[-1].w) && !word_in(WORDS_FUNCTION, last[-1].w) && last[-1].kind == TOK_WORD) {
		--*stop; /* "im annie u?" */
		return true;
	}
	if (*stop < begin + 3 || !word_among(nods, x->tok[*stop - 1].w) ||
	    !tok_is(x->tok + *stop - 2, ","))
		return false;
	*stop -= 2;
	return true;
}

/* What one message has established as it is read. */
struct message {
	const char *sticky; /* reason for leaving out all the rest */
};

/* "/remember I think my boss is called Frank": what is asked for is the statement behind the hedge.
 */
static void hedge_strip(struct clause *c)
{
	static const char hedges[] =
		"i think that|i think|i guess|i believe that|i believe|i suppose|maybe|perhaps|"
		"apparently|probably|i heard that|i heard|i am pretty sure that|i am pretty sure|"
		"i hope that";

	clause_remove(c, 0, tok_phrases(c->t, c->n, hedges));
}

static void clause_do(struct reader *d, struct clause *c, const char *reason)
{
	size_t a, b;

	if (!c->n)
		return;
	a = c->t[0].a;
	b = c->t[c->n - 1].b;
	if (reason && !(d->explicit_ask && guard_lifted(reason))) {
		if (clause_has_cue(c->t, c->n))
			reader_ignore(d, reason, a, b);
		return;
	}
	if (reason)
		hedge_strip(c);
	if (clause_read(d, c))
		return;
	if (guard_secret(c->t, c->n) && !d->explicit_ask)
		reader_ignore(d, "secret", a, b);
	else if (guard_past_tense(c->t, c->n))
		reader_ignore(d, "past", a, b);
	else if (tok_phrase(c->t, c->n, "call me"))
		reader_ignore(d, "request", a, b);
}

/* Interrogatives that come after a statement without being one: "..., any tips?", "..., meal plan for a week?" */
static bool fragment_asks(const struct tok *t, size_t n)
{
	static const char first[] = " any best good cheap easy how what which who where when why is are do does did can could should would will "
				    "possible worth got know suggestions ideas tips advice thoughts help recommendations anyone anything ";
	static const char last[] = " ideas idea tips advice suggestions recommendations thoughts help options recipes recipe plan routine schedule "
				   "exercises alternatives suggestion recommendation itinerary playlist list solutions ";

	static const char tags[] = " remember really innit seriously surely maybe perhaps or not never but and because like apparently "
				   "capisce isnt wasnt arent dont ";

	if (!n || n > 12 || word_among(" right correct no yes huh eh yeah true ok okay ", t->w))
		return false;
	if (n > 1 && word_in(WORDS_AUX, t->w) && word_in(WORDS_PRONOUN, t[1].w) && n < 3)
		return false; /* "..., is it?" */
	if (word_among(" you yours u urs hbu wbu ", t[n - 1].w) && (n == 1 || word_among(" and what how ", t->w)))
		return true; /* "..., and you?" */
	for (size_t i = 0; i < n; i++)
		if (word_among(last, t[i].w))
			return true;
	if (n < 3 && t->kind == TOK_WORD && !(t->flags & TOK_CAP) && !word_among(tags, t->w) && !word_in(WORDS_AUX, t->w) &&
	    !word_in(WORDS_PRONOUN, t->w) && !word_in(WORDS_NAME, t->w))
		return true; /* "..., sub?" */
	return word_among(first, t->w);
}

/* Where the question at the end of a statement begins: its comma, or stop. */
static size_t question_tail(const struct lex *x, size_t begin, size_t stop)
{
	size_t k = stop;

	while (k > begin && !(tok_is(x->tok + k - 1, ",") && x->tok[k - 1].kind == TOK_PUNCT))
		k--;
	if (k < begin + 4 || !fragment_asks(x->tok + k, stop - k) ||
	    (word_in(WORDS_QUESTION, x->tok[begin].w) && !tok_phrase(x->tok + begin, 2, "can not")))
		return stop;
	return k - 1;
}

/* The attribute a question consists of: "My shoe size?" */
static const relation *question_names(struct reader *d, const struct clause *c)
{
	struct subject of = { .noun = "" };
	size_t used;
	const relation *x;

	subject_set_i(&d->asked_of);
	d->asked_aside = false;
	if (c->n >= 2 && !strcmp(word_canonical(c->t->w), "favorite")) { /* "Favourite colour? Teal." */
		x = attribute_read(d, "I", c->t, 0, c->n, &used);
		return x && used == c->n ? x : NULL;
	}
	if (c->n == 1 && word_among(" name age city job occupation height weight birthday email phone ", c->t->w))
		return attribute_read(d, "I", c->t, 0, 1, &used); /* "Name? Lindiwe. Age? 24." */
	if (c->n < 2)
		return NULL;
	if (subject_my(d, c->t, 0, c->n, &of) == c->n && !of.appended) { /* "My parrot? Kiwi." */
		x = relations_find(d->r, of.text, "name");
		d->last = of;
		if (x && !relations_find(d->r, "I", of.noun)) {
			d->asked_of = of;
			return x;
		}
	}
	d->asked_aside = !tok_is(c->t, "my");
	if (d->asked_aside) { /* "What does my name mean? It's Oksana." */
		for (size_t i = 1; i + 1 < c->n; i++)
			if (tok_is(c->t + i, "my") && tok_is(c->t + i + 1, "name") &&
			    !(i + 2 < c->n && tok_is(c->t + i + 2, "'s")))
				return relations_find(d->r, "I", "name");
		return NULL;
	}
	x = attribute_read(d, "I", c->t, 1, c->n, &used);
	return x && used + 1 == c->n ? x : NULL;
}

/* Why a clause is left out, or NULL. carry: what holds for the whole sentence; head: why the clause before was. */
static const char *clause_reason(struct message *m, const struct clause *c, const char *carry, const char *head, char mark, bool asks)
{
	const char *reason = carry ? carry : guard_clause(c->t, c->n, c->calls ? 0 : mark);

	if (reason && c->elided && !carry && !strcmp(reason, "request") && word_in(WORDS_VERB, c->t[0].w))
		reason = NULL; /* "... but go by Bart" */
	if (!reason && c->end == ':' && guard_shows(c->t, c->n))
		reason = m->sticky = "quote";
	if (!reason && asks && !c->calls)
		reason = "question";
	if (!reason && c->elided && head && !strcmp(head, "request"))
		reason = head; /* "a poem for my brother Glyn, who is a baker" */
	return reason;
}

/* Reads a clause, or what holds in it although it is left out. before: why the sentence was, up to here. */
static void clause_take(struct reader *d, struct clause *c, const char *reason, const char *before, char mark)
{
	if (reason && asides_survive(reason) && (!before || asides_survive(before)))
		asides_read(d, c);
	if (reason && !before && !strcmp(reason, "question") && mark != '?')
		where_read(d, c);
	clause_do(d, c, reason);
	if (reason && tok_is(c->t, "i"))
		subject_set_i(&d->elided); /* "I was christened Bartholomew but go by Bart" */
	if (!reason || asides_survive(reason) || !strcmp(reason, "request"))
		mention_note(d, c, reason != NULL);
}

static void sentence_do(struct reader *d, struct message *m, size_t begin, size_t stop, char end)
{
	const struct lex *x = d->x;
	const char *carry = m->sticky;
	bool nod = end == '?' && tag_nod(x, begin, &stop);
	bool asks = end == '?' && tag_question(x, begin, stop), first = true, correction = false;
	struct clause c = { .n = 0 };
	const char *heads = NULL; /* why the clause before was left out */
	size_t at = begin;

	if (end == '?' && !asks && !nod && question_tail(x, begin, stop) < stop) {
		unread_add(d, x->tok[question_tail(x, begin, stop) + 1].a, x->tok[stop - 1].b);
		stop = question_tail(x, begin, stop);
		end = 0;
	}
	for (size_t start = at; clause_next(x, &at, stop, &c); start = at) {
		const char *reason, *before = carry;
		char mark = c.last && !nod ? end : 0;
		size_t facts = d->out->n_facts;
		bool ended;

		if (start > begin && tok_is(x->tok + start - 1, "but") && !m->sticky && carry && strcmp(carry, "fiction") != 0)
			before = carry = NULL; /* "people assume I'm Italian, but I'm from Uruguay" */
		clause_strip(&c);
		if (!c.n) {
			correction = correction || c.correction;
			continue;
		}
		if (c.n == 1 && word_among(" no nope wait actually correction sorry ", c.t[0].w)) {
			correction = true; /* "No, my dog is called Mex" */
			continue;
		}
		c.correction = c.correction || correction;
		if (guard_is_joke(c.t, c.n)) {
			if (d->out->n_facts || clause_has_cue(c.t, c.n))
				reader_ignore(d, "joke", c.t[0].a, c.t[c.n - 1].b);
			d->out->n_facts = 0;
			return;
		}
		reason = clause_reason(m, &c, carry, heads, mark, asks);
		heads = reason;
		if (reason && guard_carries(reason, c.t, c.n))
			carry = reason;
		if (reason && first && !strcmp(reason, "question"))
			asks = asks || word_in(WORDS_QUESTION, c.t[0].w);
		if (reason && guard_sticks(reason, c.t, c.n, c.end))
			carry = m->sticky = reason;
		clause_take(d, &c, reason, before, mark);
		ended = (!reason || (!strcmp(reason, "past") && !before)) && d->out->n_facts == facts && ending_read(d, &c);
		if (!ended)
			clause_unread(d, &c, reason && !(d->explicit_ask && guard_lifted(reason)) ? d->out->n_facts : facts);
		if (mark == '?')
			d->asked = question_names(d, &c);
		for (size_t i = 0; i < c.n && d->out->n_facts == facts;
		     i++) /* "I'm not Anna, I'm Hanna" */
			correction = correction || tok_is(c.t + i, "not");
		correction =
			correction || (d->out->n_facts == facts && d->last_attr) || c.correction;
		first = false;
	}
}

/* "*waves* I am Zorg": a stage direction at the front makes a play of the message. */
static bool acted(const struct lex *x)
{
	const char *s = x->text + strspn(x->text, " \t\n"), *end;
	size_t word;

	if (*s++ != '*')
		return false;
	word = strspn(s, "abcdefghijklmnopqrstuvwxyz");
	end = strpbrk(s, "*\n");
	return word > 3 && s[word - 1] == 's' && end && *end == '*' && end - s < 80 &&
	       end[-1] != ' ';
}

/* "Alice: I live in Rome", "Q: ...", "Speaker 1: ...": whoever speaks there, it is not the user. A label that is only a
 * capitalised word has to come twice, "Update: I live in Rome" being the user's. */
static bool script(const struct lex *x)
{
	static const char roles[] = " person speaker man woman boy girl customer clerk patient interviewer host narrator "
				    "caller q a b user human bot ai me him her mom dad boss teacher student waiter wife husband ";
	static const char said[] = " i my we our hi hello hey yes no yeah what where who how ";
	size_t at = 0, begin, stop, capitals = 0;
	char end;

	while (sentence_next(x, &at, &begin, &stop, &end)) {
		const struct tok *t = x->tok + begin;
		size_t k = 1 + (stop - begin > 3 && (t[1].kind == TOK_NUM || !t[1].w[1]) && !tok_punct(t + 1));

		if (stop - begin > 4 && word_among(" my the ", t->w) && tok_is(t + 2, ":") && tok_is(t + 3, "i"))
			return true; /* "My brother: I'm a baker." */
		if (stop - begin < k + 3 || t->kind != TOK_WORD || !tok_is(t + k, ":") || !word_among(said, t[k + 1].w))
			continue;
		if (word_among(roles, t->w) || (word_in(WORDS_NAME, t->w) && (t->flags & TOK_CAP)))
			return true;
		capitals += (t->flags & TOK_CAP) != 0;
	}
	return capitals > 1;
}

/* "Dear Sir, ...", "From: ... To: ...": a letter shown, whoever wrote it. */
static bool letter(const struct lex *x)
{
	static const char us[] = " imprint assistant ai friend bot computer diary chat all ";
	const struct tok *t = x->tok;
	size_t labels = 0;

	if (x->n > 4 && tok_is(t, "dear") && !word_among(us, t[1].w) &&
	    ((t[1].flags & TOK_CAP) || word_among(" sir madam mr mrs ms dr team hiring customer colleagues editor ", t[1].w)))
		for (size_t i = 2; i < 6 && i < x->n; i++)
			if (tok_is(t + i, ",") || tok_is(t + i, ":") || tok_is(t + i, "\n"))
				return true;
	for (size_t i = 0; i + 1 < x->n; i++)
		labels += word_among(" from to cc subject sent date ", t[i].w) && tok_is(t + i + 1, ":") && (i == 0 || tok_punct(t + i - 1));
	return labels > 1;
}

static int detect_run(struct reader *d, struct lex *x)
{
	struct message m = { NULL };
	size_t at = 0, begin, stop;
	char end;

	if (acted(x))
		m.sticky = "fiction";
	else if (script(x) || letter(x))
		m.sticky = "quote";
	if (x->code[0] != x->code[1]) {
		reader_ignore(d, "code", x->code[0], x->code[1]);
		unread_add(d, x->code[0], x->code[1]);
	}
	if (x->quote[0] != x->quote[1]) {
		reader_ignore(d, "quote", x->quote[0], x->quote[1]);
		unread_add(d, x->quote[0], x->quote[1]);
	}
	if (!d->explicit_ask)
		quotes_resolve(d, x);
	while (!d->no_memory && sentence_next(x, &at, &begin, &stop, &end))
		sentence_do(d, &m, begin, stop, end);
	return d->no_memory ? MEMORY_ENOMEM : 0;
}

int detect(const relations *r, const char *text, size_t len, bool explicit_ask, detect_result *out,
	   char *err, size_t errlen)
{
	return detect_after(r, &(detect_before){ .told = NULL }, text, len, explicit_ask, out, err, errlen);
}

bool speaks_of_others(const struct lex *x, bool or_it)
{
	for (size_t i = 0; i < x->n; i++)
		if (word_among(" he she they him them her his their ", x->tok[i].w) || (or_it && word_among(" it its ", x->tok[i].w)))
			return true;
	return false;
}

/* "My neighbor has a new boyfriend": of two it is not known which one "he" will be. */
static bool another_named(const struct reader *d, const struct subject *s)
{
	const struct lex *x = d->x;
	size_t used;
	bool plural;

	for (size_t i = 1; i + 1 < x->n && s->kind == SUBJECT_MY; i++) {
		const bool had = word_among(" a an another new ", x->tok[i].w) && word_among(" has got met adopted bought had found with ", x->tok[i - 1].w);

		for (size_t k = i + 1; had && k < x->n && k < i + 4 && x->tok[k].kind == TOK_WORD; k++) {
			const char *noun = noun_read(d, x->tok + k, x->n - k, &used, &plural);

			if (noun && strcmp(noun, s->noun) != 0)
				return true;
		}
	}
	return false;
}

/* Whom the next message's "he" means: whoever this one spoke of. */
static void about_note(const struct reader *d)
{
	const struct subject *s = d->last.kind != SUBJECT_NONE ? &d->last : &d->before;

	if ((d->last.kind != SUBJECT_NONE || speaks_of_others(d->x, true)) && !another_named(d, s))
		snprintf(d->out->about, sizeof(d->out->about), "%s", s->kind == SUBJECT_NONE || s->kind == SUBJECT_I ? "" : s->text);
}

int before_means(struct reader *d, const char *about)
{
	const bool my = !strncmp(about, "my ", 3);
	struct subject s = { .noun = "" };
	struct reader alone = *d;
	struct lex x;
	int rc = lex_text(&x, about, strlen(about));

	if (rc)
		return rc;
	alone.x = &x;
	if (x.n && strlen(about) < sizeof(s.text) && (!my || (subject_my(&alone, x.tok, 0, x.n, &s) == x.n && !s.appended))) {
		snprintf(s.text, sizeof(s.text), "%s", about);
		s.kind = my ? SUBJECT_MY : SUBJECT_NAME;
		d->before = s;
	}
	lex_release(&x);
	return 0;
}

int detect_after(const relations *r, const detect_before *before, const char *text, size_t len, bool explicit_ask,
		 detect_result *out, char *err, size_t errlen)
{
	detect_result result = { 0 };
	struct lex x;
	struct reader d = { .r = r, .x = &x, .explicit_ask = explicit_ask, .out = &result };
	size_t left_out;
	int rc;

	if (len > TEXT_LOOKED_AT)
		len = TEXT_LOOKED_AT;
	d.last.noun = d.elided.noun = d.last_attr_of.noun = "";
	d.before.noun = "";
	rc = before->about && *before->about ? before_means(&d, before->about) : 0;
	if (!rc)
		rc = lex_text(&x, text, len);
	if (!rc) {
		reply_means(&d, before);
		rc = detect_run(&d, &x);
		left_out = unread_part(&result);
		if (!rc)
			slips_read(&d);
		if (!rc && before->n_told && !explicit_ask && !result.n_facts)
			correction_read(&d, before->told, before->n_told);
		if (!rc && before->question && !explicit_ask)
			reply_read(&d, before);
		unread_settle(&result, left_out);
		about_note(&d);
		rc = d.no_memory ? MEMORY_ENOMEM : rc;
		lex_release(&x);
	}
	if (rc) {
		detect_free(&result);
		if (err && errlen)
			snprintf(err, errlen, "out of memory");
		return rc;
	}
	*out = result;
	return 0;
}
