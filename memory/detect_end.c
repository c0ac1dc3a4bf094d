/*
 * Endings: "my cat died", "I'm divorced", "my husband left me". They tell no fact, but what was told in the present tense of whom
 * they are about may hold no longer; what becomes of it is the user's to say.
 */
#include "detect_int.h"

#include <stdio.h>
#include <string.h>

static const char died[] =
	"died|passed away|passed on|is dead|are dead|was dead|is deceased|is no longer with us|was put down|was put to sleep|"
	"was euthanized|was euthanised|crossed the rainbow bridge|passed last|passed this|passed yesterday|passed in|passed peacefully";
static const char parted[] = "broke up|split up|separated|divorced|got divorced|are divorced|are separated|are no longer together|parted ways";
static const char left_me[] = "left me|dumped me|divorced me|broke up with me|split up with me|broke things off with me|walked out on me";

/* Words between a subject and what happened. */
static size_t adverbs(const struct tok *t, size_t i, size_t n)
{
	while (i < n && (word_in(WORDS_ADVERB, t[i].w) ||
			 word_among(" has have had just sadly unfortunately recently suddenly finally both also , ", t[i].w)))
		i++;
	return i;
}

/* "has died", "is sadly dead": 0, or behind it. */
static size_t phrase_behind(const struct tok *t, size_t i, size_t n, const char *list)
{
	size_t k = adverbs(t, i, n), used = k < n ? tok_phrases_be(t + k, n - k, list) : 0;

	return used ? k + used : 0;
}

/* Somebody of the user's at i, or a name. Returns the tokens used. */
static size_t whom(const struct reader *d, const struct tok *t, size_t i, size_t n, detect_ending *e)
{
	struct subject s = { .noun = "" };
	size_t used = i < n ? subject_read(d, t, i, n, &s) : 0;

	if (!used && i < n && t[i].kind == TOK_WORD && (t[i].flags & TOK_CAP) && !word_in(WORDS_FUNCTION, t[i].w) &&
	    !word_in(WORDS_PRONOUN, t[i].w) && utf8_clean(d->x->text + t[i].a, t[i].b - t[i].a)) { /* "with Anna", at the end */
		snprintf(e->name, sizeof(e->name), "%.*s", (int)(t[i].b - t[i].a), d->x->text + t[i].a);
		e->subject[0] = 0;
		return 1;
	}
	if (!used || s.kind == SUBJECT_I)
		return 0;
	snprintf(e->subject, sizeof(e->subject), "%s", s.kind == SUBJECT_MY ? s.text : "");
	snprintf(e->name, sizeof(e->name), "%s", s.kind == SUBJECT_NAME ? s.text : "");
	return used;
}

static bool ending_add(struct reader *d, detect_ending e, const char *how)
{
	detect_result *out = d->out;

	if (out->n_ended == DETECT_ENDED_MAX)
		return false;
	e.how = how;
	out->ended[out->n_ended++] = e;
	return true;
}

/* "my cat has died", "he passed away", "we had to put down our dog" */
static bool died_read(struct reader *d, const struct tok *t, size_t n)
{
	detect_ending e = { .how = NULL };
	size_t used = whom(d, t, 0, n, &e);

	if (used && phrase_behind(t, used, n, died))
		return ending_add(d, e, "died");
	if (!word_among(" i we ", t->w))
		return false;
	for (size_t i = 1; i + 2 < n && i < 6; i++) {
		bool down = tok_phrase(t + i, n - i, "put down") > 0;

		if (!down && !tok_is(t + i, "put") && !tok_is(t + i, "euthanize") && !tok_is(t + i, "euthanise"))
			continue;
		used = whom(d, t, i + 1 + down, n, &e);
		return used && *e.subject &&
		       (down || !tok_is(t + i, "put") || tok_phrases(t + i + 1 + used, n - i - 1 - used, "down|to sleep")) &&
		       ending_add(d, e, "died");
	}
	return false;
}

/* "I broke up with Anna", "I left my husband" */
static bool i_parted(struct reader *d, const struct tok *t, size_t n)
{
	static const char with[] = "broke up with|split up with|split with|separated from|divorced|dumped|left|parted ways with|"
				   "got divorced from|am divorced from|am separated from";
	detect_ending e = { .how = NULL };
	size_t i = phrase_behind(t, 1, n, with), used;

	if (i) {
		used = whom(d, t, i, n, &e);
		if (used && (*e.subject || !tok_is(t + i - 1, "left"))) /* "I left Porto" */
			return ending_add(d, e, "parted");
	}
	e = (detect_ending){ .how = NULL };
	i = phrase_behind(t, 1, n, "am divorced|am separated|am single|got divorced|am getting divorced|am widowed|am a widow|am a widower|are divorced|"
			  "are separated|split up|broke up|are no longer together");
	if (!i || (i < n && !tok_punct(t + i) && !word_among(" now again last this in since after a two recently yesterday and from ", t[i].w)))
		return false;
	return ending_add(d, e, "parted");
}

/* "my wife and I split up", "my husband left me" */
static bool parted_read(struct reader *d, const struct tok *t, size_t n)
{
	detect_ending e = { .how = NULL };
	size_t used, i;

	if (word_among(" i we ", t->w))
		return i_parted(d, t, n);
	used = whom(d, t, 0, n, &e);
	if (!used)
		return false;
	if (phrase_behind(t, used, n, left_me))
		return ending_add(d, e, "parted");
	i = used + tok_phrases(t + used, n - used, "and i|and me");
	return i > used && phrase_behind(t, i, n, parted) && ending_add(d, e, "parted");
}

bool ending_read(struct reader *d, const struct clause *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (word_among(" not never almost nearly if ", c->t[i].w))
			return false;
	return c->n > 1 && (died_read(d, c->t, c->n) || parted_read(d, c->t, c->n));
}
