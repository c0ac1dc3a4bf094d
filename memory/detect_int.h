/*
 * Insides of the detector. The path of an utterance: detect_lex.c turns bytes into tokens (detect_mask.c leaves code
 * and quoted lines out), detect_clause.c cuts them into sentences and clauses, detect_strip.c takes off what stands around a
 * statement, detect_guard.c says which clauses are no plain statement by the user, detect_rule.c reads facts out of the
 * others, detect_value.c decides what may be a value of a kind, detect_words.c and detect_things.c hold the word lists.
 * detect_forget.c reads requests to forget with the same parts. Nothing here keeps state between calls.
 */
#ifndef MEMORY_DETECT_INT_H
#define MEMORY_DETECT_INT_H

#include "detect.h"

enum { TOK_WORD, TOK_NUM, TOK_EMAIL, TOK_URL, TOK_PUNCT, TOK_HOLE };

enum {
	TOK_CAP = 1,	/* begins with a capital (or with a letter of a script without case) */
	TOK_QUOTED = 2, /* inside quotation marks that hold a value */
	TOK_DOT = 4,	/* an abbreviation: the span includes its dot */
	TOK_TAIL = 8,	/* second half of a contraction: "'m", "n't" */
};

/* w: the word lower-cased (ASCII), contractions written out ("am", "not", "'s"); punctuation is one
 * character; a hole stands for text left out (code, a quoted sentence). [a, b) bytes of the text.
 */
struct tok {
	const char *w;
	uint32_t a, b;
	uint8_t kind, flags;
};

enum { CLAUSE_TOKENS = 160, TEXT_LOOKED_AT = 65536, FACTS_MAX = 256, IGNORED_MAX = 256, UNREAD_MAX = 64 };

/* ---- detect_words.c, detect_things.c: sets of words ---- */

enum word_set {
	WORDS_JOB,
	WORDS_JOB_MORE,
	WORDS_NOT_JOB,
	WORDS_STATE,
	WORDS_NATION,
	WORDS_NAME,
	WORDS_NAME_MORE,
	WORDS_NAME_REST,
	WORDS_NAME_LAST,
	WORDS_NAME_FURTHER,
	WORDS_NAME_YET,
	WORDS_NAME_A,
	WORDS_NAME_Z,
	WORDS_COMMON,
	WORDS_FUNCTION,
	WORDS_CUT,
	WORDS_TAIL,
	WORDS_PARTICLE,
	WORDS_LANGUAGE,
	WORDS_INSTRUMENT,
	WORDS_SPORT,
	WORDS_CAR,
	WORDS_BREED,
	WORDS_DIET,
	WORDS_CONDITION,
	WORDS_MONTH,
	WORDS_DAY,
	WORDS_NUMBER,
	WORDS_ZODIAC,
	WORDS_NOT_PLACE,
	WORDS_INSTITUTION,
	WORDS_SCHOOL,
	WORDS_VEHICLE,
	WORDS_SEASON,
	WORDS_ADVERB,
	WORDS_MODIFIER,
	WORDS_BAD_START,
	WORDS_AUX,
	WORDS_PRONOUN,
	WORDS_QUESTION,
	WORDS_REQUEST,
	WORDS_VERB,
	WORDS_SHE,
	WORDS_HE,
	WORDS_PET,
	WORDS_PERSON,
	WORDS_ABBREVIATION,
	WORDS_TLD,
	WORDS_STREET,
	WORDS_COUNTRY,
	WORDS_COLOR,
	WORDS_NOT_LIKED,
	WORDS_TEAM,
	WORDS_FAMOUS,
	WORDS_COMPANY,
	WORDS_END,
};

extern const char *const word_things[WORDS_END]; /* detect_things.c: those of names, jobs and the like; NULL for the others */

bool word_in(enum word_set set, const char *w);
bool word_among(const char *list, const char *w); /* list: " one two three " */
/* The canonical word for a synonym or spelling variant: "mum" -> "mom", "favourite" -> "favorite";
 * w itself if none. */
const char *word_canonical(const char *w);
/* May w, in lower case, be a name: does no list have it as anything else? */
bool word_may_name(const char *w);
/* The word w is a slip of ("teh", "alergic"), or w. */
const char *word_mended(const char *w);
bool word_is_job(const char *w);    /* the head of a job title */
bool word_judges(const char *w);    /* written like a judgement: "stressful", "dangerous" */
bool word_is_nation(const char *w); /* "german", "portuguese" */

/* ---- detect_lex.c ---- */

struct lex {
	char *text; /* a copy, terminated, so that one byte past the end may be looked at */
	size_t len;
	unsigned char *mask; /* per byte: 0, or why it is left out */
	struct tok *tok;
	size_t n;
	char *pool;
	size_t pool_used;
	size_t code[2], quote[2]; /* first span masked for each reason; empty when a == b */
};

/* Returns 0 or MEMORY_ENOMEM. x is released with lex_release. */
int lex_text(struct lex *x, const char *text, size_t len);
void lex_release(struct lex *x);
bool utf8_clean(const char *s, size_t len); /* valid UTF-8 without control characters */
/* Copies s with the first letter of every word capitalised (ASCII and Latin-1). Returns the length.
 */
size_t text_titled(char *out, size_t cap, const char *s, size_t len);

static inline bool byte_alpha(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- detect_mask.c ---- */

enum { MASK_NONE, MASK_CODE, MASK_QUOTE };

/* Fills x->mask, and the first spans, from the lines of x->text. */
void mask_lines(struct lex *x);

/* ---- detect_tok.c ---- */

bool tok_is(const struct tok *t, const char *w);
bool tok_punct(const struct tok *t); /* punctuation or a hole */
bool tok_be(const struct tok *t);    /* am, is, are, 's, 're */
/* Do the tokens at t, n of them at most, begin with the words of phrase? Returns how many tokens or
 * 0. A phrase ends at '|', so that a list "one two|three" is walked with phrase_next();
 * tok_phrases() tries them all. */
size_t tok_phrase(const struct tok *t, size_t n, const char *phrase);
size_t tok_phrases(const struct tok *t, size_t n, const char *list);
const char *phrase_next(const char *list); /* NULL after the last */

/* ---- detect_value.c ---- */

/* How much the words before a value promise: "is" nothing, "my favourite colour is" much. */
enum { TRUST_LOW, TRUST_HIGH };

struct value {
	uint32_t a, b; /* bytes */
	size_t next;   /* index of the first token after it */
	bool titled;   /* a name typed in lower case: to be capitalised */
};

/* Reads a value of a kind at t[i], i < n. False: what stands there is no such value. */
bool value_parse(const char *text, const char *kind, int trust, const struct tok *t, size_t i,
		 size_t n, struct value *out);
bool value_is_secret(const char *s, size_t len); /* card and identity numbers */
bool value_is_list(const char *kind);		 /* "peanuts, eggs and milk" is three values */
bool value_relative_date(const struct tok *t, size_t i, size_t n); /* "tomorrow": true today only */
/* Number of tokens of "34", "thirty-two", "thirty two"; 0 if none. *out gets it. */
size_t value_number(const struct tok *t, size_t i, size_t n, int *out);

/* ---- detect_guard.c ---- */

/* Why this clause is no plain statement, or NULL. NULL as well for "no longer" and "isn't": rules
 * read those. */
const char *guard_clause(const struct tok *t, size_t n, char end);
/* Does this guard hold for the rest of the sentence / of the message? */
bool guard_carries(const char *reason, const struct tok *t, size_t n);
bool guard_sticks(const char *reason, const struct tok *t, size_t n, char end);
bool guard_secret(const struct tok *t,
		  size_t n); /* "my bank password is": no relation of the table */
bool guard_past_tense(const struct tok *t,
		      size_t n); /* "I was a teacher": asked when no rule has read it */
/* Before a colon: is what follows somebody's words? "The first line is:", "It goes:" */
bool guard_shows(const struct tok *t, size_t n);
bool guard_is_joke(const struct tok *t, size_t n);
/* Is a guard lifted when the user asks for it ("/remember ...")? */
bool guard_lifted(const char *reason);

/* ---- detect_clause.c ---- */

struct clause {
	struct tok t[CLAUSE_TOKENS];
	size_t n;
	bool elided;	  /* "... and works for Nintendo": the subject is the last clause's */
	bool relative;	  /* elided, behind "who" */
	bool next_elided; /* clause_next()'s note to itself */
	bool correction;  /* "no, ..." or after "isn't X" */
	bool calls;	  /* "could you call me V": no question, no wish */
	bool last;	  /* of its sentence */
	char end;	  /* what ends the sentence: . ! ? ; : or 0 */
};

/* Cuts the sentence [*at, ...) off x and moves *at past it; *end gets what ended it. False: no
 * more. */
bool sentence_next(const struct lex *x, size_t *at, size_t *begin, size_t *stop, char *end);
/* Cuts the next clause off a sentence. */
bool clause_next(const struct lex *x, size_t *at, size_t stop, struct clause *c);
bool clause_has_cue(const struct tok *t, size_t n);	  /* first person or possessive */
void clause_remove(struct clause *c, size_t i, size_t k); /* takes k tokens out at i */

/* ---- detect_strip.c ---- */

/* Takes "well, by the way, remember that" off the front; sets correction on "no, ...". */
void clause_strip(struct clause *c);

/* ---- detect_rule.c, detect_subject.c ---- */

enum { SUBJECT_NONE, SUBJECT_I, SUBJECT_MY, SUBJECT_NAME };

struct subject {
	int kind;
	char text[96];	  /* "I", "my dog", "Andrew Yoder" */
	const char *noun; /* canonical head noun of "my ...", or "" */
	bool appended;	  /* an apposed name follows: "my sister Ana" */
	struct value name;
};

struct reader {
	const relations *r;
	const struct lex *x;
	bool explicit_ask;
	detect_result *out;
	size_t cap_facts, cap_ignored, cap_unread;
	bool no_memory;

	struct subject last;	   /* whom "he", "she", "it" mean */
	struct subject before;	   /* ... as long as that is nobody: of the message before */
	const relation *last_attr; /* what "it's" means after "my name isn't Kate" */
	struct subject last_attr_of;
	bool asked_aside;      /* ... in passing: "What does my name mean?" */
	struct subject asked_of;
	const relation *asked; /* named by a question of the user's own: "My shoe size?" */
	struct subject elided; /* subject of the clause before */
};

/* Reads a subject at t[i]: I, my noun [name], a name, a pronoun. Returns tokens used or 0. */
size_t subject_read(const struct reader *d, const struct tok *t, size_t i, size_t n,
		    struct subject *s);
/* Reads "my noun" or "our noun" only. */
size_t subject_my(const struct reader *d, const struct tok *t, size_t i, size_t n,
		  struct subject *s);
void subject_set_i(struct subject *s);
/* How many tokens "7 year old", "seven-year-old" takes at t[i], its number in *age; 0: it is none. */
size_t aged_value(const struct tok *t, size_t i, size_t n, struct value *age);
const char *breed_species(const char *w); /* whose breed w is: "dog", "cat"; NULL: unsure, or none */
bool subject_is_pet(const struct reader *d, const struct subject *s);

/* ---- detect_noun.c ---- */

/* The longest noun of the table's "my {n}" subjects at t[0]; plural: with an s glued on ("dogs
 * name"). */
const char *noun_read(const struct reader *d, const struct tok *t, size_t n, size_t *used,
		      bool *plural);
/* The relation of a subject that the tokens at t[i] name ("favorite color", "e-mail"); *used gets
 * how many tokens. */
const relation *attribute_read(const struct reader *d, const char *subject, const struct tok *t,
			       size_t i, size_t n, size_t *used);

/* ---- detect_correct.c ---- */

/* The whole message as a correction of one of the facts of the message before. */
void correction_read(struct reader *d, const detect_fact *last, size_t n_last);
/* Corrections of a value in the message itself: "I live in Porto, sorry, Braga". */
void slips_read(struct reader *d);
/* tok_phrases(), where any form of "is" may be written: "it's", "its". */
size_t tok_phrases_be(const struct tok *t, size_t n, const char *list);
/* Kinds whose values cannot be mistaken for anything else; kinds that a list or the parser's own doubt says enough about;
 * kinds whose values are names. */
bool kind_has_shape(const char *kind);
bool kind_is_known(const char *kind);
bool kind_is_name(const char *kind);
/* Are tokens [i, n) a value for the relation and nothing besides? *first: its first word, behind an article or the like. */
bool value_alone(const struct reader *d, const relation *x, const struct tok *t, size_t i, size_t n, struct value *v, size_t *first);
/* ... and can such a value, of which i is that word, hardly be anything else? */
bool value_certain(const struct reader *d, const relation *x, const struct tok *t, size_t i, size_t n);

/* ---- detect.c ---- */

/* Is "he", "she" or the like, or with or_it "it", anywhere in the message? */
bool speaks_of_others(const struct lex *x, bool or_it);
/* Makes the subject of that text ("my dog", "Lena Holm") whom "he" means where the message names nobody. 0, MEMORY_ENOMEM. */
int before_means(struct reader *d, const char *about);

/* ---- detect_reply.c ---- */

/* The whole message as what the user's question before it, which got that reply, asked for. */
void reply_read(struct reader *d, const detect_before *before);
/* Lets "he" mean whom the question was about, where nobody else is meant: "my brothers job?" "I don't know your brother's ..." */
void reply_means(struct reader *d, const detect_before *before);

/* ---- detect_aside.c ---- */

/* Facts told in passing ("with my wife Nino", "as a nurse"), which a clause that is no statement may hold as well. */
bool asides_read(struct reader *d, const struct clause *c);
/* "a card for my colleague. Her name is ...": whom a pronoun will mean. left_out: nothing was read in the clause. */
void mention_note(struct reader *d, const struct clause *c, bool left_out);
/* Do they hold although the clause is left out for this reason? */
bool asides_survive(const char *reason);
/* "..., where I live": its place is read although the clause is no statement. */
void where_read(struct reader *d, const struct clause *c);

/* ---- detect_end.c ---- */

/* "my cat died", "I'm divorced" */
bool ending_read(struct reader *d, const struct clause *c);

/* ---- detect_rule.c ---- */

/* Reads the facts out of one clause. True if it found or deliberately refused something. */
bool clause_read(struct reader *d, struct clause *c);
void reader_ignore(struct reader *d, const char *reason, size_t a, size_t b);
/* Adds a fact if the relation exists; values in one list become several facts. op, rule as in
 * detect_fact. */
bool reader_add(struct reader *d, const struct subject *s, const char *relation_name,
		const struct value *v, int op, const char *rule, double confidence);

#endif
