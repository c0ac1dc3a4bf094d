/*
 * Short corrections: "no, Mimi" after "my cat is called Momo". What is meant stands in the message before, so that this
 * reader has that message's facts at hand and asks of each whether the words fit it: the words are a value of its kind
 * and nothing besides, and where they name what was wrong ("Anna, not Ana"), that is the value it holds. Words that say
 * nothing but "no" before a value that may be no such thing ("no, biscuit") make a question, not a fact. The same words
 * right behind a value ("I live in Porto, sorry, Braga") put that one right.
 */
#include "detect_int.h"

#include <string.h>
#include <strings.h>

enum { CORRECTION_TOKENS = 20, COMPARED_MAX = 48 };

/* Words that mean nothing here; words that say that something was wrong; words that say what was meant. */
static const char fillers[] = "oh|ah|aha|hm|hmm|um|uh|er|erm|ok|okay|well|so|and|but|argh|ugh|hey|yes|yeah|just|lol|haha|i am";
static const char denials[] =
	"no no|no|nope|nah|wait|sorry|sry|oops|whoops|ops|actually|my bad|my mistake|my fault|hang on|hold on|hold up|wrong|"
	"typo|that is wrong|that is not right|not quite|that is not it|excuse me|pardon|ack|damn|darn|apologies|"
	"forgive me|i misspoke|i mistyped|i was wrong|let me correct that|that was a typo|that was wrong|bad typo";
static const char meanings[] =
	"i meant to say|i meant to write|i meant to type|i meant|i mean|i wanted to say|i wanted to write|i said|make that|"
	"make it|change that to|change it to|i should have said|correction|correcting myself|to correct myself|scratch that|strike that|or rather|rather|it should be|"
	"that should be|should be|should say|should read|should have been|the correct spelling is|the right spelling is|"
	"it is spelled|it is spelt|it is written|that is spelled|that is spelt|spelled|spelt|spelling|it is actually|"
	"he is called|she is called|it is called|they are called|i am called|he is named|she is named|it is named|"
	"his name is|her name is|its name is|the name is|my name is|he is actually|she is actually|that is actually|"
	"actually it is|the correct one is|the right one is";
static const char pointers[] = "it is|its|that is|he is|she is|they are";

struct correction {
	const struct reader *d;
	const struct tok *t;
	size_t i, n;           /* what is left of the message */
	bool denied, meant;    /* such words were found */
	bool spelled;
	size_t not_a, not_b;   /* tokens of what is said to be wrong; none when equal */
};

static bool separator(const struct tok *t)
{
	return t->kind == TOK_PUNCT && !(t->flags & TOK_QUOTED) && strchr(",.!;:-\n", t->w[0]);
}

size_t tok_phrases_be(const struct tok *t, size_t n, const char *list)
{
	for (const char *p = list; p; p = phrase_next(p)) {
		size_t k = 0;
		const char *w = p;

		for (; *w && *w != '|'; k++) {
			size_t len = strcspn(w, " |");
			bool be = (len == 2 && !memcmp(w, "is", 2)) || (len == 3 && !memcmp(w, "are", 3));

			if (k >= n || !((be && tok_be(t + k)) || (strlen(t[k].w) == len && !memcmp(t[k].w, w, len))))
				break;
			w += len + (w[len] == ' ');
		}
		if (!*w || *w == '|')
			return k;
	}
	return 0;
}

static size_t phrase_at(const struct correction *c, const char *list)
{
	return tok_phrases_be(c->t + c->i, c->n - c->i, list);
}

/* Takes what stands before the value off the front, and courtesies off the end. */
static void words_strip(struct correction *c)
{
	static const char last[] = " sorry please thanks pls lol haha actually though instead oops btw now ";
	bool more = true;

	while (more && c->i < c->n) {
		size_t used;

		more = true;
		if (separator(c->t + c->i)) {
			c->i++;
		} else if ((used = phrase_at(c, meanings))) {
			for (size_t k = 0; k < used; k++)
				c->spelled = c->spelled || !strncmp(c->t[c->i + k].w, "spel", 4);
			c->meant = true;
			c->i += used;
		} else if ((used = phrase_at(c, denials)) && !tok_phrases(c->t + c->i, c->n - c->i, "no longer|no one|no way")) {
			c->denied = true;
			c->i += used;
		} else if (!(c->t[c->i].flags & TOK_CAP && c->i) && ((used = phrase_at(c, fillers)) || (used = phrase_at(c, pointers)))) {
			c->i += used;
		} else {
			more = false;
		}
	}
	if (c->n > c->i + 2 && tok_phrases(c->t + c->n - 2, 2, "i mean|i meant") == 2) { /* "7 i mean" */
		c->meant = true;
		c->n -= 2;
	}
	while (c->n > c->i && (separator(c->t + c->n - 1) || (word_among(last, c->t[c->n - 1].w) && c->n > c->i + 1))) {
		c->n--;
		c->denied = c->denied || word_among(" sorry actually oops ", c->t[c->n].w);
	}
}

/* "max, sorry, typing too fast", "Anna with two n": only what comes first is the value. */
static void tail_cut(struct correction *c)
{
	static const char excuses[] = "sorry|actually|oops|my bad|my mistake|typo|i meant|i mean|just checked|typing too|wrong key|autocorrect|"
				      "damn autocorrect|stupid autocorrect|fat fingers";

	for (size_t k = c->i + 1; k + 1 < c->n; k++) {
		if (tok_is(c->t + k, "with") && word_among(" a an one two double umlaut ", c->t[k + 1].w)) {
			c->meant = c->spelled = true;
			c->n = k;
		} else if (separator(c->t + k) && (tok_phrases(c->t + k + 1, c->n - k - 1, excuses) ||
						   word_among(" actually sorry ", c->t[k - 1].w))) {
			c->denied = true;
			c->n = k;
		}
	}
}

/* "not Porto, Lisbon", "not Porto but Lisbon"; "Lisbon, not Porto", "Lisbon instead of Porto". False: "not" stands
 * somewhere else. */
static bool wrong_take(struct correction *c)
{
	size_t k;

	if (tok_is(c->t + c->i, "not")) {
		for (k = c->i + 1; k < c->n && !separator(c->t + k) && !tok_is(c->t + k, "but"); k++)
			;
		c->not_a = c->i + 1;
		c->not_b = k;
		c->i = k;
		words_strip(c);
		return c->not_b > c->not_a && c->i < c->n;
	}
	for (k = c->i + 1; k < c->n; k++) {
		size_t used = tok_is(c->t + k, "not") ? 1 : tok_phrases(c->t + k, c->n - k, "instead of|rather than|and not");

		if (!used)
			continue;
		c->not_a = k + used;
		c->not_b = c->n;
		c->n = k;
		while (c->n > c->i && separator(c->t + c->n - 1))
			c->n--;
		return c->not_b > c->not_a && c->n > c->i;
	}
	return true;
}

/* Is this what tokens [a, b) say, letter case aside? Articles before either count for nothing. */
static bool says(const struct correction *c, size_t a, size_t b, const char *value)
{
	size_t len;

	if (a + 1 < b && word_among(" a an the called named in at ", c->t[a].w))
		a++;
	len = c->t[b - 1].b - c->t[a].a;
	for (int k = 0; k < 3; k++) {
		static const char *const articles[] = { "a ", "an ", "the " };

		if (!strncasecmp(value, articles[k], strlen(articles[k])) && strlen(value) > len)
			value += strlen(articles[k]);
	}
	return strlen(value) == len && !strncasecmp(c->d->x->text + c->t[a].a, value, len);
}

/* Is one the other with few letters changed? Levenshtein's distance, letter case aside. */
static bool alike(const char *a, size_t na, const char *b)
{
	size_t row[COMPARED_MAX + 1], nb = strlen(b), longer = na > nb ? na : nb;

	if (na > COMPARED_MAX || nb > COMPARED_MAX || longer < 2)
		return false;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t up = row[j], best = up < row[j - 1] ? up + 1 : row[j - 1] + 1;
			size_t change = diagonal + ((a[i - 1] | 32) != (b[j - 1] | 32));

			diagonal = up;
			row[j] = best < change ? best : change;
		}
	}
	return row[nb] && 3 * row[nb] <= longer + 1;
}

/* What is said after "no", or instead of an answer, without being a value: "no, thanks". */
static bool idle_word(const struct tok *t)
{
	static const char idle[] =
		" depends hm hmm um uh hmmm thanks thank worries problem problems way need idea hello hi hey bye goodbye dude man bro mate honey dear "
		"nothing stop enough yeah yep yup god jesus christ wow cool damn fuck shit hell sir madam seriously joke "
		"joking kidding true false right wrong fine deal later today tomorrow tonight yesterday perhaps forget mind "
		"continue next help question questions answer sure course offense rush luck chance comment doubt matter "
		"biggie clue hurry pressure one thing things more less wait sorry please stupid silly idiot dummy love "
		"sweetie darling buddy pal computer robot machine assistant imprint everything anything exactly nevermind "
		"neither none noted done good great bad story poem song recipe list pizza ";
	static const enum word_set sets[] = { WORDS_FUNCTION, WORDS_ADVERB, WORDS_TAIL, WORDS_REQUEST,	WORDS_QUESTION,
					      WORDS_AUX,      WORDS_CUT,    WORDS_VERB, WORDS_PRONOUN, WORDS_BAD_START };

	if (t->flags & TOK_QUOTED)
		return false;
	if (word_among(idle, t->w))
		return true;
	for (size_t k = 0; k < sizeof(sets) / sizeof(*sets); k++)
		if (word_in(sets[k], t->w) && !word_in(WORDS_NAME, t->w))
			return true;
	return word_in(WORDS_STATE, t->w) && !word_in(WORDS_COLOR, t->w) && !(t->flags & TOK_CAP);
}

bool kind_has_shape(const char *kind)
{
	return word_among(" age year number date appointment time height weight size email url phone code blood zodiac day season ", kind);
}

bool kind_is_known(const char *kind)
{
	return word_among(" job language instrument sport car diet team breed vehicle school condition ", kind);
}

bool kind_is_name(const char *kind)
{
	return word_among(" person full_person pet place city country company word book title band street ", kind);
}

bool value_alone(const struct reader *d, const relation *x, const struct tok *t, size_t i, size_t n, struct value *v, size_t *first)
{
	const size_t from = i;

	while (i + 1 < n && word_among(" in at on called named to a an the ", t[i].w)) {
		if (kind_is_name(x->value) && word_among(" a an ", t[i].w))
			return false; /* "no, a story" */
		i++;
	}
	*first = i;
	i -= i > from && tok_is(t + i - 1, "the"); /* "the Bulls" */
	if (x->sensitivity == RELATION_SECRET || (!kind_has_shape(x->value) && idle_word(t + *first)) ||
	    !value_parse(d->x->text, x->value, TRUST_HIGH, t, i, n, v))
		return false;
	if (!strcmp(x->value, "age"))
		v->next += tok_phrases(t + v->next, n - v->next, "years old|year old|yrs old|years");
	return v->next == n && v->next - i <= 6;
}

bool value_certain(const struct reader *d, const relation *x, const struct tok *t, size_t i, size_t n)
{
	struct value v;

	if (kind_is_name(x->value))
		return (t[i].flags & (TOK_CAP | TOK_QUOTED)) || word_in(WORDS_NAME, t[i].w);
	if (kind_is_known(x->value))
		return value_parse(d->x->text, x->value, TRUST_LOW, t, i, n, &v) && v.next == n;
	return kind_has_shape(x->value) || (!strcmp(x->value, "color") && word_in(WORDS_COLOR, t[i].w));
}

/* How sure it is that the value v is meant for the fact f. */
enum { FITS_NOT, FITS_PERHAPS, FITS, FITS_THIS }; /* FITS_THIS: the words say that it is this fact */

static int fits(const struct correction *c, const detect_fact *f, struct value *v)
{
	const relation *x = relations_find(c->d->r, f->subject, f->relation);
	bool wrong = c->not_b > c->not_a, near;
	size_t first;

	if (!x || !f->value[0] || f->op == DETECT_RETRACT || (wrong && !says(c, c->not_a, c->not_b, f->value)) ||
	    !value_alone(c->d, x, c->t, c->i, c->n, v, &first))
		return FITS_NOT;
	if (kind_is_name(x->value) && !(c->t[first].flags & TOK_CAP) && word_in(WORDS_COMMON, c->t[first].w) && !wrong)
		return FITS_NOT;
	near = alike(c->d->x->text + v->a, v->b - v->a, f->value);
	if (c->spelled && !near)
		return FITS_NOT;
	if (wrong || (near && !kind_has_shape(x->value)))
		return FITS_THIS;
	return value_certain(c->d, x, c->t, first, c->n) || c->meant ? FITS : FITS_PERHAPS;
}

/* "*Mimi" and "Mimi*" put a word right without any other. */
static bool starred(const char *text, size_t len)
{
	while (len && strchr(" \t\n", text[len - 1]))
		len--;
	while (len && strchr(" \t\n", *text)) {
		text++;
		len--;
	}
	return len > 1 && (text[0] == '*') != (text[len - 1] == '*');
}

/* Puts a fact right: where a subject has many values, the wrong one goes and the right one comes. */
static void correct(struct reader *d, const detect_fact *old, const struct value *v, bool sure)
{
	struct subject s = { .kind = !strcmp(old->subject, "I") ? SUBJECT_I : SUBJECT_MY, .noun = "" };
	const relation *x = relations_find(d->r, old->subject, old->relation);
	bool many = x->cardinality == RELATION_MANY;

	memcpy(s.text, old->subject, sizeof(s.text));
	if (many && sure && reader_add(d, &s, old->relation, NULL, DETECT_RETRACT, "correction", 0.85)) {
		detect_fact *f = &d->out->facts[d->out->n_facts - 1];

		memcpy(f->value, old->value, sizeof(f->value));
	}
	reader_add(d, &s, old->relation, v, !sure ? DETECT_ASK : many ? DETECT_ADD : DETECT_SUPERSEDE, "correction", 0.85);
}

void correction_read(struct reader *d, const detect_fact *last, size_t n_last)
{
	struct correction c = { .d = d, .t = d->x->tok, .n = d->x->n };
	const detect_fact *best = NULL;
	struct value v, value = { 0 };
	int sure = FITS_NOT;
	size_t fitting = 0;

	if (!c.n || c.n > CORRECTION_TOKENS)
		return;
	for (size_t k = 0; k < c.n; k++)
		if (tok_is(c.t + k, "?") || c.t[k].kind == TOK_HOLE)
			return;
	c.denied = starred(d->x->text, d->x->len);
	words_strip(&c);
	tail_cut(&c);
	words_strip(&c);
	if (c.i >= c.n || !wrong_take(&c) || !(c.denied || c.meant || c.not_b > c.not_a))
		return;
	for (size_t k = n_last; k--;) { /* of the newest first */
		int s = fits(&c, last + k, &v);

		fitting += s != FITS_NOT;
		if (s > sure) {
			best = last + k;
			value = v;
			sure = s;
		}
	}
	if (!best)
		return;
	/* "I'm Sam and my cat is Momo" - "no, Mimi": either may be meant. */
	correct(d, best, &value, sure == FITS_THIS || (sure == FITS && fitting == 1));
}

/* ---- inside one message ---- */

/* The index of the words behind the marks that follow the fact's value; 0: its value ends nowhere, or nothing follows. */
static size_t behind_value(const struct lex *x, const detect_fact *f)
{
	size_t k = 0, marks;

	while (k < x->n && x->tok[k].b < f->span[1])
		k++;
	if (k >= x->n || x->tok[k].b != f->span[1])
		return 0;
	for (k++; k < x->n && tok_is(x->tok + k, "\""); k++)
		;
	for (marks = k; k < x->n && separator(x->tok + k); k++)
		;
	if (k == marks && !tok_phrases(x->tok + k, x->n - k, "i mean|i meant|sorry i|no sorry|no wait|oops"))
		return 0;
	return k < x->n ? k : 0;
}

/* Reads tokens [at, end) as a correction of f, and takes the new value over. False: they are none. */
static bool slip_take(struct reader *d, detect_fact *f, size_t at, size_t end)
{
	struct correction c = { .d = d, .t = d->x->tok + at, .n = end - at };
	struct subject s = { .kind = !strcmp(f->subject, "I") ? SUBJECT_I : SUBJECT_MY, .noun = "" };
	const size_t was = (size_t)(f - d->out->facts), n = d->out->n_facts;
	struct value v;
	detect_fact *new;
	int sure;

	words_strip(&c);
	tail_cut(&c);
	words_strip(&c);
	if (c.i >= c.n || !wrong_take(&c) || !(c.denied || c.meant) || !(sure = fits(&c, f, &v)))
		return false;
	if (sure != FITS_THIS && c.i && tok_is(c.t + c.i - 1, "no"))
		return false; /* "I speak French, no German" */
	if (sure == FITS_PERHAPS && at && !tok_is(d->x->tok + at - 1, ","))
		return false; /* "My favorite food is ramen. Oops, hiccups." */
	memcpy(s.text, f->subject, sizeof(s.text));
	if (!reader_add(d, &s, f->relation, &v, sure == FITS_PERHAPS ? DETECT_ASK : f->op, "correction", 0.85) || d->out->n_facts != n + 1)
		return false;
	new = d->out->facts + n;
	d->out->facts[was] = *new;
	d->out->n_facts = n;
	return true;
}

void slips_read(struct reader *d)
{
	const struct lex *x = d->x;

	for (size_t k = 0; k < d->out->n_facts; k++) {
		const size_t at = behind_value(x, d->out->facts + k);
		bool taken = !at;

		for (size_t j = 0; j < d->out->n_facts && !taken; j++) /* "Sorry, my name is Anna" is read already */
			taken = d->out->facts[j].span[0] >= x->tok[at].a && d->out->facts[j].span[0] < x->tok[at].a + 24;
		for (size_t end = at + 1; !taken && end <= x->n && end < at + CORRECTION_TOKENS; end++) {
			if (end < x->n && (tok_is(x->tok + end, "?") || x->tok[end].kind == TOK_HOLE))
				break;
			if (end == x->n || separator(x->tok + end) || tok_is(x->tok + end, "and"))
				taken = slip_take(d, d->out->facts + k, at, end);
		}
	}
}
