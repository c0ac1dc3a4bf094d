/*
 * Is a message a request to forget, and of what? "Forget my wifi password", "could you forget where my sister lives?", "forget
 * that I live in Oslo". Nothing but the request may stand there, polite words and sentences that give a reason aside: what goes on ("forget my birthday and I
 * scream") or begins otherwise ("I always forget my password") is talk. What is named is read with the detector's own readers of
 * subjects and attributes.
 */
#include "detect_int.h"
#include "memory_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_NAMED = 5 };

/* One sentence while it is read. */
struct asking {
	const relations *r;
	struct reader d;
	const struct tok *t;
	size_t n;
	forget_request *out;
	bool known; /* everything named is a subject or a relation of the table */
	bool erase; /* "delete", "remove": of what, was not said */
};

static bool at(const struct asking *q, size_t i, const char *list)
{
	return i < q->n && q->t[i].kind != TOK_HOLE && word_among(list, q->t[i].w);
}

static size_t phrase(const struct asking *q, size_t i, const char *list)
{
	return i < q->n ? tok_phrases(q->t + i, q->n - i, list) : 0;
}

/* ---- around the request ---- */

static const char polite[] = " please pls plz hey hi hello ok okay oh so and now just also well right alright kindly actually sorry thanks "
			     "thank hmm um uh wait imprint assistant computer simply quickly yes yeah no then , - ";
static const char memories[] = "from your memory|from memory|from your mind|from your weights|from your brain|from your head|from your memories|"
			       "from the model|from the ledger";

/* What may follow: "..., please", "... for me, thanks". Returns where it ends. */
static size_t skip_tail(const struct asking *q, size_t i)
{
	static const char words[] = " please pls plz now again then ok okay thanks thx immediately completely entirely forever permanently "
				    "altogether anymore too , ";
	static const char phrases[] = "thank you|for me|for good|right away|right now|at once|would you|will you|could you|if you can|as well|"
				      "any more|any longer";

	for (;;) {
		size_t k = phrase(q, i, memories);

		k = k ? k : phrase(q, i, phrases);
		k = k ? k : at(q, i, words);
		if (!k)
			return i;
		i += k;
	}
}

/* Does a sentence only greet or thank? */
static bool only_polite(const struct tok *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!word_among(polite, t[i].w) && !word_among(" you much very lot a so ", t[i].w))
			return false;
	return true;
}

/* Moves *i to the verb; false where no request begins so. *weak: it may be leave, and not a wish. */
static bool skip_opening(const struct asking *q, size_t *i, bool asks, bool *weak)
{
	static const char wishes[] = "can you|could you|would you|i want you to|i would like you to|i need you to|i would prefer you to|go ahead and|"
				     "make sure you|make sure to|do me a favor and|do me a favour and|you should|you must|you need to|you have to|"
				     "i would appreciate it if you would";
	static const char leaves[] = "you can|you may|you could|will you";
	bool asked = false, please = false;

	*weak = false;
	for (size_t k = 0; k < q->n; k++)
		please |= at(q, k, " please pls plz ");
	for (;;) {
		size_t k = phrase(q, *i, wishes);

		if (!k && (k = phrase(q, *i, leaves)))
			*weak = !please;
		asked |= k > 0 && !*weak;
		k = k ? k : at(q, *i, polite);
		if (!k)
			break;
		*i += k;
	}
	return !asks || asked || please;
}

/* The verb at i; returns where its object begins, or 0. */
static size_t skip_verb(struct asking *q, size_t i)
{
	size_t k = phrase(q, i, "forget about|forget all about|forget|stop remembering|unlearn|unremember|mind forgetting "
				"about|mind forgetting|i would rather you forgot about|i would rather you forgot");
	bool said = false;

	if (k)
		return i + k;
	if (!at(q, i, " erase delete remove wipe purge clear drop scrub "))
		return 0;
	for (size_t j = i; j < q->n && !said; j++)
		said = phrase(q, j, memories) > 0;
	q->erase = !said;
	return said || at(q, i, " erase delete remove ") ? i + 1 : 0;
}

/* Attributes of the table, each: "delete my phone number" means the fact, if there is one; "delete my account" something else. */
static bool erasable(const struct asking *q)
{
	for (size_t i = 0; i < q->out->n; i++)
		if (!q->out->target[i].subject[0] || !q->out->target[i].relation[0])
			return false;
	return q->known && q->out->what == FORGET_THESE;
}

/* ---- what is named ---- */

static void put_span(const struct asking *q, size_t i, size_t end, char *out, size_t cap)
{
	size_t len = end > i ? q->t[end - 1].b - q->t[i].a : 0;

	out[0] = 0;
	if (len && len < cap && utf8_clean(q->d.x->text + q->t[i].a, len)) {
		memcpy(out, q->d.x->text + q->t[i].a, len);
		out[len] = 0;
	}
}

/* The words of [i, end) that carry meaning, as memory_facts() takes them. */
static void put_words(const struct asking *q, size_t i, size_t end, forget_target *f)
{
	size_t len = 0;

	f->words[0] = 0;
	for (; i < end; i++)
		if (q->t[i].kind != TOK_PUNCT && q->t[i].kind != TOK_HOLE && !at(q, i, " my our the all any of about 's a an is ") &&
		    len + strlen(q->t[i].w) + 2 < sizeof(f->words))
			len += (size_t)snprintf(f->words + len, sizeof(f->words) - len, "%s%s", len ? " " : "", q->t[i].w);
}

static void put_relation(forget_target *f, const char *name)
{
	snprintf(f->relation, sizeof(f->relation), "%s", name);
}

static void put_fact(forget_target *f, const char *subject, const char *name)
{
	snprintf(f->subject, sizeof(f->subject), "%s", subject);
	put_relation(f, name);
}

/* "'s birthday" behind a subject; 0 if no attribute stands there. */
static size_t attribute_of(const struct asking *q, const char *subject, size_t i, const char **name)
{
	size_t used, begin = i + (i < q->n && tok_is(q->t + i, "'s"));
	const relation *x = begin < q->n ? attribute_read(&q->d, subject, q->t, begin, q->n, &used) : NULL;

	if (!x)
		return 0;
	*name = x->name;
	return begin + used;
}

/* "my NOUN" that the table does not know: its words are looked for. */
static size_t unknown_thing(struct asking *q, size_t i, forget_target *f)
{
	size_t k = i + 1;

	while (k < q->n && k < i + 1 + WORDS_NAMED && (q->t[k].kind == TOK_WORD || q->t[k].kind == TOK_NUM) && skip_tail(q, k) == k &&
	       !at(q, k, " and or my our i you that "))
		if (tok_be(q->t + k) && !tok_is(q->t + k, "'s"))
			return 0;
		else
			k++;
	q->known = false;
	put_words(q, i, k, f);
	return f->words[0] ? k : 0;
}

static size_t my_thing(struct asking *q, size_t i, forget_target *f)
{
	struct subject s = { .noun = "" };
	const size_t noun = i + 1 + at(q, i + 1, " old former previous ");
	size_t used, end, n_subject = subject_my(&q->d, q->t, i, q->n, &s);
	const relation *x = attribute_read(&q->d, "I", q->t, noun, q->n, &used);
	const char *name = "";

	if (x && noun + used >= i + n_subject && !(noun + used < q->n && tok_is(q->t + noun + used, "'s"))) {
		put_fact(f, "I", x->name);
		end = noun + used;
	} else if (n_subject) {
		end = attribute_of(q, s.text, i + n_subject, &name);
		if (!end && i + n_subject < q->n && tok_is(q->t + i + n_subject, "'s"))
			return unknown_thing(q, i, f);
		end = end ? end : i + n_subject;
		put_fact(f, s.text, name);
	} else {
		return unknown_thing(q, i, f);
	}
	put_words(q, i, end, f);
	return end;
}

/* "the name of my dog" */
static size_t the_thing(struct asking *q, size_t i, forget_target *f)
{
	size_t used, end, of = i + 1;
	const relation *x = attribute_read(&q->d, "I", q->t, i + 1, q->n, &used);

	while (of < q->n && of < i + 5 && !tok_is(q->t + of, "of"))
		of++;
	if (of + 1 < q->n && tok_is(q->t + of, "of") && at(q, of + 1, " my our ")) {
		end = my_thing(q, of + 1, f);
		if (!end || f->relation[0])
			return 0;
		x = attribute_read(&q->d, f->subject, q->t, i + 1, of, &used);
		if (!x || i + 1 + used != of)
			return 0;
		put_relation(f, x->name);
		return end;
	}
	if (!x || used < 2) /* "the car" is any */
		return 0;
	put_fact(f, "I", x->name);
	put_words(q, i, i + 1 + used, f);
	return i + 1 + used;
}

/* "Ana's birthday"; about: "Ana" as well. */
static size_t named_thing(struct asking *q, size_t i, bool about, forget_target *f)
{
	size_t k = i, end;
	const char *name = "";

	while (k < q->n && k < i + 3 && q->t[k].kind == TOK_WORD && (q->t[k].flags & TOK_CAP) && !word_in(WORDS_FUNCTION, q->t[k].w))
		k++;
	if (k == i)
		return 0;
	put_span(q, i, k, f->subject, sizeof(f->subject));
	if (!f->subject[0])
		return 0;
	if (k < q->n && tok_is(q->t + k, "'s")) {
		end = attribute_of(q, f->subject, k, &name);
	} else {
		end = k;
		q->out->loose = !about;
	}
	put_relation(f, name);
	put_words(q, i, end, f);
	return end;
}

/* "fact 12", "number 12" */
static size_t numbered_thing(const struct asking *q, size_t i, forget_target *f)
{
	size_t k = i + phrase(q, i, "fact number|the fact number|fact|number|no");
	char *end;

	if (k == i || k >= q->n || strspn(q->t[k].w, "0123456789#") != strlen(q->t[k].w))
		return 0;
	f->id = strtoll(q->t[k].w + (*q->t[k].w == '#'), &end, 10);
	return f->id > 0 ? k + 1 : 0;
}

static size_t read_thing(struct asking *q, size_t i, bool about, forget_target *f)
{
	size_t used, end;
	const relation *x;

	i += at(q, i, " all both ") + phrase(q, i + at(q, i, " all both "), "of");
	if (i >= q->n)
		return 0;
	if (at(q, i, " my our "))
		return my_thing(q, i, f);
	end = numbered_thing(q, i, f);
	if (end)
		return end;
	if (at(q, i, " the "))
		return the_thing(q, i, f);
	x = attribute_read(&q->d, "I", q->t, i, q->n, &used);
	if (x && used >= 2) { /* "forget wifi password" */
		put_fact(f, "I", x->name);
		put_words(q, i, i + used, f);
		return i + used;
	}
	return named_thing(q, i, about, f);
}

/* ---- "where I live", "how old my sister is" ---- */

static const struct {
	const char *asks, *says, *name;
} questions[] = {
	{ "where", "live|lives|am living|is living|reside|resides", "home" },
	{ "where|who", "work for|works for|work|works|am working|is working", "employer" },
	{ "what", "do for a living|does for a living|do for work|does for work|do|does", "job" },
	{ "where|which city", "was born|am born|is born", "birthplace" },
	{ "when", "was born|am born|is born", "birthday" },
	{ "what year|which year", "was born|am born", "birth year" },
	{ "where", "grew up|come from|comes from|am from|is from", "hometown" },
	{ "where", "go to school|goes to school|went to school|study|studies|studied", "school" },
	{ "what", "study|studies|studied|am studying|is studying", "field of study" },
	{ "how old", "am|is|are", "age" },
	{ "how tall", "am|is", "height" },
	{ "how much|what", "weigh|weighs", "weight" },
	{ "what car|which car|what kind of car|what", "drive|drives", "car" },
	{ "what", "am allergic to|is allergic to", "allergy" },
	{ "what languages|which languages|what language|which language", "speak|speaks", "language" },
	{ "what instrument|which instrument", "play|plays", "instrument" },
	{ "which sport|what sport", "play|plays|do|does", "sport" },
	{ "which team|what team", "support|supports|am for|root for|am a fan of", "team" },
	{ "when", "wake up|get up", "wake-up time" },
	{ "how", "commute|get to work", "commute" },
	{ "what", "dislike|hate|do not like", "dislike" },
	{ "what", "like|likes", "like" },
	{ "who|what", "am called|is called|am named|is named|go by|am", "name" },
};

/* Whose: "i", "my sister", "Ana"; the text goes to out. */
static size_t whose(struct asking *q, size_t i, char out[96])
{
	forget_target f = { .id = 0 };
	struct subject s = { .noun = "" };
	size_t k;

	if (at(q, i, " i "))
		return snprintf(out, 96, "I"), i + 1;
	k = at(q, i, " my our ") ? subject_my(&q->d, q->t, i, q->n, &s) : 0;
	if (k)
		return snprintf(out, 96, "%s", s.text), i + k;
	k = named_thing(q, i, true, &f);
	snprintf(out, 96, "%s", f.subject);
	return k;
}

/* "what my wifi password is", "who my boss is", "what my dog is called" */
static size_t read_what_is(struct asking *q, size_t i, forget_target *f)
{
	bool who = at(q, i, " who ");
	size_t k = at(q, i, " what who when where which how ") ? read_thing(q, i + 1, false, f) : 0;

	if (!k || !q->known || k >= q->n || !tok_be(q->t + k))
		return 0;
	k++;
	if (!f->relation[0] && (who || at(q, k, " called named ")))
		put_relation(f, "name");
	return k + at(q, k, " called named ");
}

/* Nothing more belongs to what was named. */
static bool item_ends(const struct asking *q, size_t i)
{
	return skip_tail(q, i) >= q->n || at(q, i, " , and or ");
}

static size_t read_question(struct asking *q, size_t i, forget_target *f)
{
	const bool known = q->known;
	size_t end = read_what_is(q, i, f);

	if (end)
		return end;
	q->known = known;
	memset(f, 0, sizeof(*f));
	for (size_t k = 0; k < sizeof(questions) / sizeof(*questions); k++) {
		size_t asks = phrase(q, i, questions[k].asks), verb = asks ? whose(q, i + asks, f->subject) : 0;
		size_t says = verb ? phrase(q, verb, questions[k].says) : 0;

		if (!says || !item_ends(q, verb + says) || !relations_find(q->r, f->subject, questions[k].name))
			continue;
		put_relation(f, questions[k].name);
		snprintf(f->words, sizeof(f->words), "%s", questions[k].name);
		return verb + says;
	}
	memset(f, 0, sizeof(*f));
	return 0;
}

/* ---- "that I live in Oslo" ---- */

/* All of [i, n) as a statement; false if it says nothing that would be learned. */
static bool read_statement(struct asking *q, size_t i)
{
	detect_result d = { 0 };
	char text[512];

	put_span(q, i, q->n, text, sizeof(text));
	if (!text[0] || detect(q->r, text, strlen(text), true, &d, NULL, 0))
		return false;
	q->out->n = 0;
	for (size_t k = 0; k < d.n_facts && k < FORGET_MAX; k++) {
		forget_target *f = &q->out->target[q->out->n++];

		memset(f, 0, sizeof(*f));
		put_fact(f, d.facts[k].subject, d.facts[k].relation);
		snprintf(f->value, sizeof(f->value), "%s", d.facts[k].value);
		snprintf(f->words, sizeof(f->words), "%.120s", d.facts[k].value);
	}
	detect_free(&d);
	return q->out->n > 0;
}

/* ---- the object as a whole ---- */

/* A further attribute of the one before. */
static size_t same_owner(const struct asking *q, size_t i, const forget_target *before, forget_target *f)
{
	const char *name = "";
	size_t end = before->subject[0] && before->relation[0] ? attribute_of(q, before->subject, i, &name) : 0;

	if (!end)
		return 0;
	put_fact(f, before->subject, name);
	put_words(q, i, end, f);
	return end;
}

static bool read_list(struct asking *q, size_t i, bool about)
{
	for (;;) {
		forget_target f = { .id = 0 };
		size_t k = read_question(q, i, &f);

		if (!k)
			k = read_thing(q, i, about, &f);
		if (!k && q->out->n) /* "my name, age and address" */
			k = same_owner(q, i, &q->out->target[q->out->n - 1], &f);
		if (!k || q->out->n == FORGET_MAX)
			return false;
		q->out->target[q->out->n++] = f;
		if (skip_tail(q, k) >= q->n)
			return true;
		i = k;
		i += at(q, i, " , ") && i + 1 < q->n;
		i += at(q, i, " and or plus ");
		if (i == k)
			return false;
	}
}

/* "what I told you about", "everything you know"; what stands behind it is left to the caller. */
static size_t read_sum(const struct asking *q, size_t i, bool *all, bool *told)
{
	static const char sums[] = "everything that|everything|all of the things|all the things|all of what|all the facts|all facts|all that|all|anything "
				   "that|anything|whatever|what|the things|things|the stuff|stuff|any facts|the facts|facts|all information|any "
				   "information|the information|information|the thing|the fact|what little";
	static const char tellers[] = "i have just told you|i have told you|i just told you|i ever told you|i told you|i have just said|i just said|i have "
				      "said|i ever said|i said|i have mentioned|i mentioned|i have shared|i shared|i just wrote|i wrote|you just learned|"
				      "you have learned|you learned|you just noted|you have noted|you noted|you have stored|you have saved|you saved|you "
				      "remember|you have on|you have|you know";
	size_t k = phrase(q, i, sums), who;

	if (!k)
		return 0;
	*all = !at(q, i, " what the ") || at(q, i + 1, " facts things stuff ");
	who = phrase(q, i + k, tellers);
	*told = who > 0;
	if (!who && *all && tok_is(q->t + i, "all"))
		*all = false; /* "all" of what follows */
	return i + k + who;
}

static bool read_object(struct asking *q, size_t i)
{
	static const char last[] = "my last message|the last message|the last thing i said|the last thing i told you|the last thing you learned|"
				   "the last fact|that last fact|the last thing|my previous message";
	bool all = false, told = false;
	size_t k = phrase(q, i, last);

	if (k && skip_tail(q, i + k) >= q->n)
		return q->out->what = FORGET_LAST, true;
	k = phrase(q, i, "the fact that|that");
	if (k)
		return read_statement(q, i + k);
	if (at(q, i, " me myself ") && skip_tail(q, i + 1) >= q->n)
		return q->out->what = FORGET_ALL, true;
	k = read_sum(q, i, &all, &told);
	if (k && skip_tail(q, k) >= q->n && (told || tok_is(q->t + i, "everything")))
		return q->out->what = all ? FORGET_ALL : FORGET_LAST, true;
	if (k && at(q, k, " about of regarding concerning on ")) {
		if (at(q, k + 1, " me myself ") && skip_tail(q, k + 2) >= q->n)
			return q->out->what = FORGET_ALL, true;
		return read_list(q, k + 1, true);
	}
	if (read_list(q, i, false))
		return true;
	q->out->n = 0;
	for (k = i; k < q->n; k++)
		if (tok_punct(q->t + k) || at(q, k, " and or but so because if when "))
			return false;
	q->out->loose = false;
	return at(q, i, " i my our ") && read_statement(q, i); /* "forget I live in Oslo" */
}

static bool read_request(const relations *r, const struct lex *x, size_t begin, size_t stop, bool asks, forget_request *out)
{
	struct asking q = { .r = r, .d = { .r = r, .x = x }, .t = x->tok + begin, .n = stop - begin, .out = out, .known = true };
	size_t i = 0;
	bool weak;

	q.d.last.noun = q.d.elided.noun = q.d.last_attr_of.noun = "";
	if (!skip_opening(&q, &i, asks, &weak))
		return false;
	i = skip_verb(&q, i);
	if (!i || i >= q.n)
		return false;
	out->what = FORGET_THESE;
	if (read_object(&q, i) && (q.known || !weak) && (!q.erase || erasable(&q))) {
		out->loose |= q.erase;
		return true;
	}
	*out = (forget_request){ .what = FORGET_NOT };
	return false;
}

/* "I moved away.": a statement from which nothing would be learned. */
static bool only_reason(const relations *r, const struct lex *x, size_t begin, size_t stop, char end)
{
	detect_result d = { 0 };
	bool reason;

	if (stop <= begin || end == '?' || !word_among(" i we my our it that this he she they there ", x->tok[begin].w) ||
	    detect(r, x->text + x->tok[begin].a, x->tok[stop - 1].b - x->tok[begin].a, false, &d, NULL, 0))
		return false;
	reason = !d.n_facts;
	for (size_t i = begin; i < stop; i++)
		reason = reason && strncmp(x->tok[i].w, "forg", 4) != 0;
	detect_free(&d);
	return reason;
}

/* "I moved away, so forget ...": where the request begins. */
static size_t behind_reason(const relations *r, const struct lex *x, size_t begin, size_t stop)
{
	for (size_t i = begin + 2; i + 2 < stop; i++)
		if (tok_is(x->tok + i, ",") && tok_phrases(x->tok + i + 1, stop - i - 1, "so forget|so please forget|please forget|so you can forget") &&
		    only_reason(r, x, begin, i, 0))
			return i + 1;
	return begin;
}

int detect_forget(const relations *r, const char *text, size_t len, forget_request *out)
{
	size_t pos = 0, begin, stop;
	forget_request found = { .what = FORGET_NOT };
	struct lex x;
	char end;
	int rc;

	*out = found;
	if (len > 512)
		return 0; /* no request is as long */
	rc = lex_text(&x, text, len);
	if (rc)
		return rc;
	while (x.code[0] == x.code[1] && x.quote[0] == x.quote[1] && sentence_next(&x, &pos, &begin, &stop, &end)) {
		if (only_polite(x.tok + begin, stop - begin) || only_reason(r, &x, begin, stop, end))
			continue;
		begin = behind_reason(r, &x, begin, stop);
		if (out->what != FORGET_NOT || !read_request(r, &x, begin, stop, end == '?', &found)) {
			*out = (forget_request){ .what = FORGET_NOT };
			break;
		}
		*out = found;
	}
	lex_release(&x);
	return 0;
}

/* ---- the facts meant ---- */

static bool same_text(const char *a, const char *b)
{
	char x[256], y[256];

	fold_text(a, x, sizeof(x));
	fold_text(b, y, sizeof(y));
	return !strcmp(x, y);
}

static bool meant(const forget_target *t, const char *subject, const fact *f)
{
	return (t->id ? f->id == t->id : *subject && same_text(subject, f->subject)) && (!t->relation[0] || !strcmp(t->relation, f->relation)) &&
	       (!t->value[0] || same_text(t->value, f->value));
}

/* Is w, or its plural, a word of text? */
static bool has_word(const char *text, const char *w, size_t len)
{
	for (const char *p = text; *p; p += strcspn(p, " '"), p += *p != 0) {
		size_t n = strcspn(p, " '");

		if (n >= len && n <= len + 1 && !strncmp(p, w, len) && (n == len || p[len] == 's'))
			return true;
		if (n + 1 == len && w[len - 1] == 's' && !strncmp(p, w, n))
			return true;
	}
	return false;
}

static bool has_words(const char *words, const fact *f)
{
	char text[512], folded[512];

	snprintf(text, sizeof(text), "%s %s %s", f->subject, f->relation, f->value);
	fold_text(text, folded, sizeof(folded));
	for (; *words; words += strcspn(words, " "), words += *words == ' ')
		if (!has_word(folded, words, strcspn(words, " ")))
			return false;
	return true;
}

size_t forget_find(const forget_target *t, const fact *f, size_t n, size_t *out, bool *sure)
{
	size_t found = 0;

	*sure = true;
	for (size_t i = 0; i < n; i++)
		if (meant(t, t->subject, &f[i]))
			out[found++] = i;
	/* A name may be that of somebody known as "my sister". */
	for (size_t k = 0; !found && k < n; k++)
		for (size_t i = 0; t->subject[0] && !strcmp(f[k].relation, "name") && same_text(f[k].value, t->subject) && i < n; i++)
			if (meant(t, f[k].subject, &f[i]))
				out[found++] = i;
	*sure = found > 0;
	for (size_t i = 0; !*sure && t->words[0] && !t->value[0] && i < n; i++)
		if (has_words(t->words, &f[i]))
			out[found++] = i;
	return found;
}
