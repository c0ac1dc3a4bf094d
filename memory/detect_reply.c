/*
 * Short replies: "Rex" or "It's Rex" after "What's my dog's name?" Which fact the question asked for is told by the relations'
 * own questions; and by the reply it got, where that is the table's "I don't know your dog's name yet", since a model knows more
 * wordings than a table, or asks back ("What's the name?"). The value is the user's in any case, of the right kind, and the
 * message, its first thought or its last one holds nothing besides.
 */
#include "detect_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_TOKENS = 16, QUESTION_BYTES = 200, KEY_WORDS = 24 };

/* What a question asks for. */
struct wanted {
	char subject[96];
	const relation *x; /* NULL: it is not known */
};

/* ---- questions: their words, without what any of them may be put in ---- */

struct words {
	const char *w[KEY_WORDS];
	size_t token[KEY_WORDS]; /* which token it is */
	size_t n;
};

static const char *word_of(const struct tok *t)
{
	return tok_be(t) || tok_is(t, "was") ? "is" : t->w;
}

/* Takes phrases off the front, as often as they come. */
static size_t front_cut(const struct lex *x, size_t i, const char *list)
{
	for (size_t used = 1; used;) {
		while (i < x->n && tok_punct(x->tok + i))
			i++;
		used = tok_phrases(x->tok + i, x->n - i, list);
		i += used;
	}
	return i;
}

/* Of the message's last sentence. False: it is too long, or empty. */
static bool words_take(const struct lex *x, struct words *out)
{
	static const char openings[] = "hey|hi|hello|ok|okay|so|and|now|well|um|hm|please|imprint|by the way|btw|but|oh|then|"
				       "do you know|do you remember|do you still know|do you happen to know|can you tell me|"
				       "could you tell me|would you tell me|can you say|could you say|tell me|say|remind me|"
				       "can you remind me|do you recall|any idea";
	static const char endings[] = " again please btw then now exactly actually anyway already yet ";
	static const char asking[] = "what is|what are|what was|whats";
	size_t end = x->n, i, used;

	while (end && (tok_punct(x->tok + end - 1) || word_among(endings, x->tok[end - 1].w)))
		end--;
	i = end;
	while (i && !(tok_punct(x->tok + i - 1) && strchr(".!?\n", x->tok[i - 1].w[0])))
		i--;
	i = front_cut(x, i, openings);
	used = i < end ? tok_phrases(x->tok + i, end - i, asking) : 0;
	if (!used && i + 1 < end && tok_is(x->tok + i, "what") && tok_be(x->tok + i + 1))
		used = 2;
	i += used;
	out->n = 0;
	for (; i < end; i++) {
		if (tok_punct(x->tok + i))
			continue;
		if (out->n == KEY_WORDS || x->tok[i].kind == TOK_HOLE)
			return false;
		out->token[out->n] = i;
		out->w[out->n++] = word_of(x->tok + i);
	}
	return out->n > 0;
}

static bool same_words(const struct words *a, size_t i, const struct words *b, size_t k, size_t n)
{
	for (size_t j = 0; j < n; j++)
		if (strcmp(word_canonical(a->w[i + j]), word_canonical(b->w[k + j])) != 0)
			return false;
	return true;
}

static const char stand_in[] = "qzsubjectqz"; /* where a form's subject stands */

/* "my dog" or a name, at words [i, i + n) of the question. */
static bool subject_of(const struct reader *d, const struct words *q, size_t i, size_t n, char subject[96])
{
	struct subject s = { .noun = "" };
	const struct tok *t = d->x->tok + q->token[i];

	if (subject_read(d, t, 0, n, &s) != n || s.appended || (s.kind != SUBJECT_MY && s.kind != SUBJECT_NAME))
		return false;
	memcpy(subject, s.text, sizeof(s.text));
	return true;
}

/* Is q the form, whose words are f? Of a relation of anybody's, with which subject? */
static bool form_matches(const struct reader *d, const struct words *q, const struct words *f, const relation *x, struct wanted *out)
{
	char subject[96];
	size_t at = f->n, tail, some;

	if (strcmp(x->subject, "*") != 0) {
		if (q->n != f->n || !same_words(q, 0, f, 0, f->n))
			return false;
		snprintf(out->subject, sizeof(out->subject), "%s", x->subject);
		out->x = x;
		return true;
	}
	for (size_t k = 0; k < f->n; k++)
		at = strcmp(f->w[k], stand_in) ? at : k;
	if (at == f->n || q->n < f->n)
		return false;
	tail = f->n - at - 1;
	some = q->n - at - tail;
	if (!same_words(q, 0, f, 0, at) || !same_words(q, q->n - tail, f, at + 1, tail) || !subject_of(d, q, at, some, subject))
		return false;
	memcpy(out->subject, subject, sizeof(subject));
	out->x = relations_find(d->r, subject, x->name);
	return out->x != NULL;
}

/* Does one of the forms ask the question? An exact subject's relation has precedence over anybody's. */
static bool forms_match(const struct reader *d, const struct words *q, const relation *x, const char *const *forms, size_t n,
			struct wanted *out)
{
	bool found = false;

	for (size_t i = 0; i < n && !found; i++) {
		const char *who = strcmp(x->subject, "*") ? x->subject : stand_in;
		char filled[QUESTION_BYTES];
		struct words f;
		struct lex lex;

		if (relation_fill(forms[i], who, NULL, filled, sizeof(filled), NULL) < 0 || lex_text(&lex, filled, strlen(filled)))
			continue;
		found = words_take(&lex, &f) && form_matches(d, q, &f, x, out);
		lex_release(&lex);
	}
	return found;
}

static void question_wants(const relations *r, const char *question, struct wanted *out)
{
	struct lex x;
	detect_result none = { 0 };
	struct reader d = { .r = r, .x = &x, .out = &none };
	struct words q;

	d.last.noun = d.elided.noun = d.last_attr_of.noun = "";
	if (strlen(question) > QUESTION_BYTES || lex_text(&x, question, strlen(question)))
		return;
	if (words_take(&x, &q))
		for (size_t i = 0; i < relations_count(r) && (!out->x || !strcmp(out->x->subject, "*")); i++) {
			const relation *rel = relations_at(r, i);
			struct wanted found = { .x = NULL };

			if (forms_match(&d, &q, rel, rel->ask, rel->n_ask, &found) ||
			    forms_match(&d, &q, rel, rel->test, rel->n_test, &found))
				*out = found;
		}
	lex_release(&x);
	detect_free(&none);
}

/* ---- replies: "I don't know your dog's name yet. ..." ---- */

/* What stands between two texts; NULL: they are not there. */
static const char *between(const char *s, const char *head, const char *tail, size_t *n)
{
	const char *end;

	if (strncmp(s, head, strlen(head)) != 0 || !(end = strstr(s + strlen(head), tail)))
		return NULL;
	*n = (size_t)(end - s) - strlen(head);
	return s + strlen(head);
}

/* The subject as the user says it, of what the assistant calls "your dog" or "Lena Holm". */
static bool subject_said(const char *s, size_t n, char out[96])
{
	if (n < 1 || n > 90)
		return false;
	if (!strncmp(s, "your ", n < 5 ? n : 5))
		return snprintf(out, 96, "my %.*s", (int)(n - 5), s + 5) > 3;
	if (*s < 'A' || *s > 'Z')
		return false;
	return snprintf(out, 96, "%.*s", (int)n, s) > 0;
}

/* Is what is not known, what[0, n), the relation's own word for it? */
static bool unknown_matches(const relations *r, const relation *x, const char *what, size_t n, struct wanted *out)
{
	char mine[256], head[256], subject[96];
	const char *form = x->unknown, *tail;
	size_t a, b;

	if (strcmp(x->subject, "*") != 0) {
		if (relation_fill(form, x->subject, NULL, mine, sizeof(mine), NULL) < 0 || strlen(mine) != n || memcmp(mine, what, n) != 0)
			return false;
		snprintf(out->subject, sizeof(out->subject), "%s", x->subject);
		out->x = x;
		return true;
	}
	tail = strstr(form, "{t}");
	if (!tail || (size_t)(tail - form) >= sizeof(head))
		return false;
	a = (size_t)(tail - form);
	tail += 3;
	b = strlen(tail);
	if (n <= a + b || memcmp(what, form, a) != 0 || memcmp(what + n - b, tail, b) != 0 ||
	    !subject_said(what + a, n - a - b, subject))
		return false;
	memcpy(out->subject, subject, sizeof(subject));
	out->x = relations_find(r, subject, x->name);
	return out->x != NULL;
}

static void reply_wants(const relations *r, const char *reply, struct wanted *out)
{
	size_t n;
	const char *what = between(reply, "I don't know ", " yet.", &n);

	if (!what || n > QUESTION_BYTES)
		return;
	for (size_t i = 0; i < relations_count(r) && (!out->x || !strcmp(out->x->subject, "*")); i++) {
		struct wanted found = { .x = NULL };

		if (unknown_matches(r, relations_at(r, i), what, n, &found))
			*out = found;
	}
}

/* ---- replies that ask: "How nice! What's the name?", "And what does he do?" ---- */

/* The reply's last question in the user's own words: "What does my dad do?". 0: it asks nothing that can be put so. */
static size_t question_turned(const struct reader *d, const char *reply, char *out, size_t cap)
{
	static const char *const own[][2] = { { "your", "my" }, { "you", "I" }, { "are", "am" } };
	const char *about = d->before.text;
	size_t n = strlen(reply), begin = n, len = 0;
	struct lex x;

	while (n && strchr(" \n", reply[n - 1]))
		n--;
	if (!n || reply[n - 1] != '?')
		return 0;
	for (begin = n - 1; begin && !strchr(".!?\n", reply[begin - 1]);)
		begin--;
	if (n - begin > QUESTION_BYTES || lex_text(&x, reply + begin, n - begin))
		return 0;
	for (size_t i = 0; i < x.n && len + sizeof(d->before.text) + 64 < cap; i++) {
		const struct tok *t = x.tok + i;
		const char *w = t->w, *tail = "";
		bool you = i + 1 < x.n && tok_is(t + 1, "you");

		for (size_t k = 0; k < 3; k++)
			if (tok_is(t, own[k][0]) && (k < 2 || you))
				w = own[k][1];
		if (tok_is(t, "the") && i + 1 < x.n && !strcmp(t[1].w, d->before.noun)) {
			w = "my"; /* "the puppy's name" */
		} else if (word_among(" he she it they him them ", t->w)) {
			w = about;
		} else if (word_among(" his her its their ", t->w)) {
			w = about;
			tail = "'s";
		} else if (tok_is(t, "the") && i + 1 < x.n && word_among(" name names ", t[1].w)) {
			w = about;
			tail = "'s";
		}
		len += (size_t)snprintf(out + len, cap - len, "%s%s%s", len && *w != '\'' ? " " : "", w, tail);
	}
	lex_release(&x);
	return len;
}

static void reply_asks(const struct reader *d, const char *reply, struct wanted *out)
{
	static const char *const more[][2] = { { "name", "the name?" }, { "name", "his name?" }, { "name", "her name?" }, { "name", "its name?" },
					       { "name", "he called?" }, { "name", "she called?" }, { "name", "it called?" },
					       { "names", "the names?" }, { "names", "their names?" }, { "names", "they called?" },
					       { "breed", "What kind of " }, { "breed", "What breed " }, { "job", "does he do?" },
					       { "job", "does she do?" }, { "home", "he live?" }, { "home", "she live?" },
					       { "employer", "does he work?" }, { "employer", "does she work?" }, { "car", "he drive?" },
					       { "car", "she drive?" }, { "age", "How old " }, { "instrument", "he play?" },
					       { "instrument", "she play?" } };
	char turned[QUESTION_BYTES + 512];
	const size_t n = question_turned(d, reply, turned, sizeof(turned));

	if (!n)
		return;
	question_wants(d->r, turned, out);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more) && !out->x && d->before.kind == SUBJECT_MY; i++) {
		const size_t len = strlen(more[i][1]);

		if (more[i][1][len - 1] == '?' ? strlen(reply) >= len && !strcmp(reply + strlen(reply) - len, more[i][1])
					       : strstr(reply, more[i][1]) != NULL) {
			memcpy(out->subject, d->before.text, sizeof(out->subject));
			out->x = relations_find(d->r, out->subject, more[i][0]);
		}
	}
}

/* ---- the message ---- */

/* Part of the message: tokens [i, n). pointed: words that say that a value comes stood before. */
struct part {
	size_t i, n;
	bool pointed;
	bool cut;    /* the message goes on */
	bool hedged; /* "i think" was taken off */
};

/* Takes off what may stand around a value. False: it is no answer. */
static bool part_strip(const struct lex *x, struct part *p)
{
	static const char fillers[] = "oh|ah|ahh|hm|hmm|hmmm|um|umm|uh|uhh|uhm|erm|er|well|so|sure|yes|yeah|yep|ok|okay|right|of course|easy|just|let me tell you|i will tell you|"
				      "the answer is|no|then|actually|really|usually|mostly|always|probably|by|for|from|as|around|about|"
				      "i think|i guess|i believe|i would say|currently|right now|at the moment|these days|back|"
				      "in a village called|in a town called|in a place called|a village called|a town called|a place called|everybody says|everyone says|everybody just says|people say";
	static const char last[] = " please thanks btw lol haha hehe actually obviously now too then of course sadly unfortunately always "
				   "mostly usually ew eww ewww ewwww yuck ugh duh ofc man bro mate dude though tho ";
	static const char *const ends[] = { "every day", "these days", "right now", "at the moment", "to be precise", "to be exact",
					    "for now", "so far", "as always", "of course", "i think", "i guess", "i believe", "i suppose",
					    "if i remember right", "as far as i know", "my friend", "by the way" };
	static const char pointers[] =
		"it is called|it is named|he is called|he is named|she is called|she is named|they are called|they are named|"
		"his name is|her name is|its name is|the name is|my name is|their names are|the names are|we call him|we call her|"
		"we call it|that would be|that will be|it would be|it will be|some guy named|some guy called|a guy named|a guy called|someone called|somebody called|"
		"it is|that is|he is|she is|they are|its|i am";
	bool no = false;

	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
		size_t words = 1;

		for (const char *c = ends[k]; *c; c++)
			words += *c == ' ';
		if (p->n > p->i + words && tok_phrases(x->tok + p->n - words, words, ends[k]) == words) {
			p->n -= words;
			p->hedged = p->hedged || !strncmp(ends[k], "i ", 2);
		}
	}
	while (p->n > p->i && (tok_punct(x->tok + p->n - 1) ||
			       (word_among(last, x->tok[p->n - 1].w) && !(x->tok[p->n - 1].flags & TOK_CAP))))
		if (tok_is(x->tok + --p->n, "?"))
			return false;
	for (size_t used = 1; used && p->i < p->n;) {
		const struct tok *t = x->tok + p->i;

		if (t->kind == TOK_PUNCT && !(t->flags & TOK_QUOTED) && strchr(",.!;:-\n?", t->w[0])) {
			used = 1;
		} else if ((used = tok_phrases_be(t, p->n - p->i, pointers)) && p->i + used < p->n) {
			p->pointed = true;
			if (word_among(" so very really too quite pretty such not just always ", t[used].w))
				return false; /* "she's so bossy" */
		} else if ((used = tok_phrases(t, p->n - p->i, fillers)) && p->i + used < p->n) {
			no = no || tok_is(t, "no");
		} else {
			break;
		}
		p->i += used;
	}
	return p->i < p->n && (!no || p->pointed);
}

/* The end of the first thought: "Rex, but he's old". */
static size_t first_break(const struct lex *x, size_t i)
{
	for (i++; i < x->n; i++)
		if ((x->tok[i].kind == TOK_PUNCT && !(x->tok[i].flags & TOK_QUOTED) && strchr(",.!;\n", x->tok[i].w[0])) ||
		    word_among(" but because cause cuz since though if when with ", x->tok[i].w) ||
		    tok_phrases_be(x->tok + i, x->n - i, "and he is|and she is|and it is|and they are"))
			break;
	return i;
}

/* Is what the detector left out of the message somewhere else than the value? */
static bool ignored_elsewhere(const struct reader *d, const struct value *v)
{
	for (size_t k = 0; k < d->out->n_ignored; k++) {
		const detect_ignored *g = &d->out->ignored[k];

		if (!word_among(" request question hearsay joke ", g->reason) || (g->span[0] < v->b && v->a < g->span[1]))
			return false;
	}
	return true;
}

/* "Raining" is no place, and nobody's name. */
static bool is_doing(const relation *x, const struct tok *t)
{
	const size_t n = strlen(t->w);

	return kind_is_name(x->value) && !(t->flags & TOK_CAP) && n > 4 && !strcmp(t->w + n - 3, "ing");
}

/* Values of one part, where the relation may have several: "tagalog and english". Returns how many were added. */
static size_t part_values(struct reader *d, const struct subject *s, const relation *x, struct part p, int op)
{
	struct value v;
	size_t added = 0, first;

	while (p.i < p.n) {
		size_t end = p.i + 1;

		while (end < p.n && !tok_is(d->x->tok + end, "and") && !tok_is(d->x->tok + end, ","))
			end++;
		if (!value_alone(d, x, d->x->tok, p.i, end, &v, &first) || is_doing(x, d->x->tok + first))
			return added;
		added += reader_add(d, s, x->name, &v, op, "reply", 0.8);
		for (p.i = end; p.i < p.n && (tok_is(d->x->tok + p.i, "and") || tok_is(d->x->tok + p.i, ","));)
			p.i++;
	}
	return added;
}

/* sure: it is known what was asked for. strict: only a value that can be nothing else will do. */
static bool part_read(struct reader *d, const struct wanted *asked, struct part p, bool sure, bool strict)
{
	struct subject s = { .noun = "" };
	const struct tok *t = d->x->tok;
	const relation *x = asked->x;
	struct value v;
	size_t first;
	bool common;

	if (!part_strip(d->x, &p))
		return false;
	memcpy(s.text, asked->subject, sizeof(s.text));
	s.kind = !strcmp(s.text, "I") ? SUBJECT_I : !strncmp(s.text, "my ", 3) ? SUBJECT_MY : SUBJECT_NAME;
	if (!value_alone(d, x, t, p.i, p.n, &v, &first)) {
		if (x->sensitivity == RELATION_SECRET)
			reader_ignore(d, "secret", t[p.i].a, t[p.n - 1].b);
		return x->cardinality == RELATION_MANY && !strict && sure && part_values(d, &s, x, p, DETECT_ADD) > 0;
	}
	common = !(t[first].flags & (TOK_CAP | TOK_QUOTED)) && word_in(WORDS_COMMON, t[first].w);
	if (is_doing(x, t + first) || !(p.hedged || ignored_elsewhere(d, &v) || (p.cut && value_certain(d, x, t, first, p.n))) || (strict && !p.pointed && !value_certain(d, x, t, first, p.n)))
		return false;
	if (!p.pointed)
		sure = sure && !(kind_is_name(x->value) ? common : p.n - first > 3 && !value_certain(d, x, t, first, p.n));
	return reader_add(d, &s, x->name, &v, sure ? DETECT_ADD : DETECT_ASK, "reply", 0.8);
}

void reply_read(struct reader *d, const detect_before *before)
{
	const char *reply = before->reply ? before->reply : "";
	struct wanted asked = { .x = NULL }, said = { .x = NULL };
	const struct lex *x = d->x;
	const size_t facts = d->out->n_facts;
	size_t cut, from = x->n;
	bool sure, asks, strict = false;

	if (!x->n || x->n > REPLY_TOKENS)
		return;
	question_wants(d->r, before->question, &asked);
	reply_wants(d->r, reply, &said);
	if (!asked.x && !said.x) {
		reply_asks(d, reply, &said);
		strict = said.x && kind_is_known(said.x->value);
	}
	sure = !asked.x || !said.x || said.x == asked.x;
	if (!asked.x)
		asked = said;
	if (!asked.x || (!strcmp(asked.subject, "I") && speaks_of_others(x, false)))
		return;
	for (size_t i = 0; i < facts; i++)
		if (!strcmp(d->out->facts[i].relation, asked.x->name) || d->out->facts[i].span[0] < x->tok[0].b)
			return;
	asks = tok_is(x->tok + x->n - 1, "?"); /* "Capricorn, can't you tell?" */
	cut = first_break(x, 0);
	while (from && !(x->tok[from - 1].kind == TOK_PUNCT && strchr(",.!?;:\n", x->tok[from - 1].w[0]) && from < x->n))
		from--;
	/* All of it; its first thought, which is all that is left where the rest told something; its last one. */
	if (!facts && (part_read(d, &asked, (struct part){ .n = x->n }, sure, strict) || d->out->n_facts))
		return;
	if (cut < x->n && (part_read(d, &asked, (struct part){ .n = cut, .cut = true }, sure, asks || strict) || d->out->n_facts > facts))
		return;
	if (from && !facts && !tok_is(x->tok + x->n - 1, "?"))
		part_read(d, &asked, (struct part){ .i = from, .n = x->n }, sure, true);
}

void reply_means(struct reader *d, const detect_before *before)
{
	struct wanted said = { .x = NULL };

	if (d->before.kind != SUBJECT_NONE || !before->reply || !speaks_of_others(d->x, false))
		return;
	reply_wants(d->r, before->reply, &said);
	if (said.x && !strncmp(said.subject, "my ", 3) && before_means(d, said.subject))
		d->no_memory = true;
}

/* ---- patience ---- */

bool detect_holds(const char *text)
{
	static const char holding[] = "hold on|hang on|wait|one moment|one second|one sec|one minute|a moment|a second|a sec|a minute|"
				      "moment|sec|give me a moment|give me a second|give me a sec|give me a minute|let me think|"
				      "let me see|let me check|let me look|let me remember";
	static const char around[] = "oh|ok|okay|hm|hmm|um|uh|uhm|er|well|please|just|now|sorry|there|up|for";
	bool held = false;
	struct lex x;
	size_t i = 0;

	if (!text || strlen(text) > QUESTION_BYTES || lex_text(&x, text, strlen(text)))
		return false;
	while (i < x.n) {
		size_t used = tok_phrases(x.tok + i, x.n - i, holding);

		held = held || used;
		if (!used)
			used = tok_punct(x.tok + i) && !tok_is(x.tok + i, "?") ? 1 : tok_phrases(x.tok + i, x.n - i, around);
		if (!used)
			break;
		i += used;
	}
	held = held && i == x.n;
	lex_release(&x);
	return held;
}
