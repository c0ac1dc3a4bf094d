/*
 * Short replies: "Rex" or "It's Rex" after "What's my dog's name?" Which fact the question asked for is told by the relations'
 * own questions; and by the reply it got, where that is the table's "I don't know your dog's name yet": a model knows more
 * wordings than a table. The value is the user's in any case, of the right kind, and the message holds nothing besides.
 */
#include "detect_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_TOKENS = 14, QUESTION_BYTES = 200, KEY_WORDS = 24 };

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

/* "How nice! What's the name?", after "I have a dog". */
static void name_wanted(const struct reader *d, const char *reply, struct wanted *out)
{
	static const char *const asking[] = { "name?", "called?", "names?" };
	const size_t n = strlen(reply);

	for (size_t i = 0; i < sizeof(asking) / sizeof(*asking); i++)
		if (n >= strlen(asking[i]) && !strcmp(reply + n - strlen(asking[i]), asking[i]) && d->before.kind == SUBJECT_MY) {
			memcpy(out->subject, d->before.text, sizeof(out->subject));
			out->x = relations_find(d->r, out->subject, "name");
			out->x = out->x ? out->x : relations_find(d->r, out->subject, "names");
		}
}

/* ---- the message ---- */

/* Tokens [*i, *n) without what may stand around a value. pointed: words that say that one comes. False: it is no answer. */
static bool message_strip(const struct lex *x, size_t *i, size_t *n, bool *pointed)
{
	static const char fillers[] = "oh|ah|hm|um|uh|er|well|so|sure|yes|yeah|ok|okay|right|of course|easy|just|let me tell you|i will tell you|"
				      "the answer is|no|then|actually|really";
	static const char last[] = " please thanks btw lol haha actually obviously now too then of course ";
	static const char pointers[] =
		"it is called|it is named|he is called|he is named|she is called|she is named|they are called|they are named|"
		"his name is|her name is|its name is|the name is|my name is|their names are|the names are|we call him|we call her|"
		"we call it|it is|that is|he is|she is|they are|its|i am";
	bool no = false;

	*i = 0;
	*n = x->n;
	while (*n && (tok_punct(x->tok + *n - 1) || word_among(last, x->tok[*n - 1].w)))
		if (tok_is(x->tok + --*n, "?"))
			return false;
	for (size_t used = 1; used && *i < *n;) {
		const struct tok *t = x->tok + *i;

		if (t->kind == TOK_PUNCT && !(t->flags & TOK_QUOTED) && strchr(",.!;:-\n?", t->w[0])) {
			used = 1;
		} else if ((used = tok_phrases_be(t, *n - *i, pointers)) && *i + used < *n) {
			*pointed = true;
		} else if ((used = tok_phrases(t, *n - *i, fillers)) && *i + used < *n) {
			no = no || tok_is(t, "no");
		} else {
			break;
		}
		*i += used;
	}
	return *i < *n && (!no || *pointed);
}

/* "His name is Rex", which is not the user's. */
static bool of_others(const struct lex *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (word_among(" he she his her him they their ", x->tok[i].w))
			return true;
	return false;
}

void reply_read(struct reader *d, const detect_before *before)
{
	const char *reply = before->reply ? before->reply : "";
	struct wanted asked = { .x = NULL }, said = { .x = NULL };
	struct subject s = { .noun = "" };
	struct value v;
	size_t i, n, first;
	bool pointed = false, unsure, common;

	if (!d->x->n || d->x->n > REPLY_TOKENS || d->out->n_ignored || !message_strip(d->x, &i, &n, &pointed))
		return;
	question_wants(d->r, before->question, &asked);
	reply_wants(d->r, reply, &said);
	if (!asked.x && !said.x)
		name_wanted(d, reply, &said);
	if (!asked.x)
		asked = said;
	if (!asked.x || !value_alone(d, asked.x, d->x->tok, i, n, &v, &first))
		return;
	if (!strcmp(asked.subject, "I") && of_others(d->x))
		return;
	memcpy(s.text, asked.subject, sizeof(s.text));
	s.kind = !strcmp(s.text, "I") ? SUBJECT_I : !strncmp(s.text, "my ", 3) ? SUBJECT_MY : SUBJECT_NAME;
	common = !(d->x->tok[first].flags & (TOK_CAP | TOK_QUOTED)) && word_in(WORDS_COMMON, d->x->tok[first].w);
	unsure = said.x && said.x != asked.x;
	if (!pointed)
		unsure = unsure || (kind_is_name(asked.x->value) ? common : n - first > 3 && !value_certain(d, asked.x, d->x->tok, first, n));
	reader_add(d, &s, asked.x->name, &v, unsure ? DETECT_ASK : DETECT_ADD, "reply", 0.8);
}
