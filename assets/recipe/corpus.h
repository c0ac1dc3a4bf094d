/*
 * The corpus of the built-in model: synthetic dialogues made from the relations table, the grammar files and the
 * collected tables. Everything is drawn from one seeded generator, so a seed names a corpus.
 *
 * The point of it is the value channel: in part of the documents a fact is told to the model not in words but by a
 * vector added at the anchor ("my dog"), and the answer to learn holds the value. A mark says where and which value;
 * the trainer codes it. That is what makes the finished model editable.
 */
#ifndef RECIPE_CORPUS_H
#define RECIPE_CORPUS_H

#include "../../memory/memory.h"
#include "bpe_vocab.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* ---- chance ---- */

typedef struct rng {
	uint64_t state;
} rng;

uint64_t rng_next(rng *r);                 /* splitmix64 */
unsigned rng_below(rng *r, unsigned n);    /* 0 .. n-1; n > 0 */
bool rng_chance(rng *r, double p);

/* ---- lists of strings ---- */

typedef struct list {
	char **item;
	size_t n, cap;
} list;

void list_add(list *l, const char *s, size_t len); /* exits when memory runs out: a build tool */
const char *list_pick(const list *l, rng *r);
char *file_read(const char *path, size_t *len); /* NULL when it cannot be read; the caller frees */
char *file_must_read(const char *path); /* exits when it cannot be read */
void recipe_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---- values ---- */

#define VALUE_MAX 96
typedef struct values values;

/* Reads <source>/tables and <grammar>/lists.txt. */
values *values_load(const char *source, const char *grammar);
/*
 * A value of a kind of the relations table ("pet", "email", ...). held_out: 0 gives none of the held-out values, 1 only
 * those (as far as the kind has any), so that an evaluation can use values that no training document holds.
 */
void values_make(const values *v, const char *kind, bool many, int held_out, rng *r, char out[VALUE_MAX]);
void values_person(const values *v, rng *r, char out[VALUE_MAX]); /* "Andrew Yoder" */
/* The rule: one value in twenty, by a hash of its lower-cased bytes. */
bool value_held_out(const char *value);
const list *values_list(const values *v, const char *name); /* NULL when there is none */

/* ---- documents ---- */

enum doc_kind { DOC_VALUE, DOC_UNKNOWN, DOC_CONTEXT, DOC_PEOPLE, DOC_TALK, DOC_WORLD, DOC_PROSE, DOC_KINDS };
extern const char *const doc_kind_names[DOC_KINDS];
enum { ROLE_USER, ROLE_ASSISTANT, ROLE_PROSE, ROLE_COMMENT /* of the assistant, one of many that would do */ };

#define DOC_BYTES 8192
#define DOC_TURNS 48
#define DOC_MARKS 128

typedef struct doc_turn {
	int role;
	size_t at, len; /* in text */
} doc_turn;

typedef struct doc_mark {
	size_t end; /* byte of text just past the anchor */
	char value[VALUE_MAX];
} doc_mark;

typedef struct doc {
	enum doc_kind kind;
	char text[DOC_BYTES];
	size_t len;
	doc_turn turns[DOC_TURNS];
	size_t n_turns;
	doc_mark marks[DOC_MARKS];
	size_t n_marks;
} doc;

/* Appends a turn; false when it does not fit. */
bool doc_add(doc *d, int role, const char *text);

/* ---- conversation, knowledge and prose from files ---- */

typedef struct talk talk;
talk *talk_load(const char *source, const char *grammar);
/* One small dialogue (all of its turns) is appended. */
void talk_chat(const talk *t, rng *r, doc *d);
void talk_world(const talk *t, rng *r, doc *d);
void talk_untold(const talk *t, rng *r, doc *d); /* about the user, yet no relation */
/* Of what was told, and of what lies beside it: a dialogue by itself, since relations answer some of it. */
void talk_partly(const talk *t, rng *r, doc *d);
/* One of those asked after it was told (this share) or only what lies beside it was. */
void talk_beside(const talk *t, double told, rng *r, doc *d);
/* "Do I wear glasses?" told in this share */
void talk_claims(const talk *t, double told, rng *r, doc *d);
/* Facts told together, by name, and asked for. */
void talk_told(const talk *t, rng *r, doc *d);
void talk_prose(const talk *t, rng *r, doc *d);
/* A statement that touches a fact: kind "pet", "person" or "thing". *say and *reply hold {s} {S} {v}. */
void talk_use(const talk *t, rng *r, const char *kind, const char **say, const char **reply);

/* A statement that is no fact about the user although it names a value of the relation *name. */
void talk_near(const talk *t, rng *r, const char **name, const char **say, const char **reply);

/* ---- how people type; s has room for TYPE_LINE bytes, *end is an offset in it that follows the change ---- */

#define TYPE_LINE 400
void type_question(char *s, size_t *end, rng *r);
void type_other(char *s, size_t *end, bool keep, rng *r); /* a question put otherwise: slips, none before *end if keep */
void type_statement(char *s, rng *r);
void type_prefix(char *s, size_t *end, const char *with); /* "hey, " + s, its capital lowered */
bool type_keeps_capital(const char *s);                   /* "I ..." */
/* "My job is {v}." -> "Is my job {v}?", "I live in {v}." -> "Do I live in {v}?"; false when the form is another. */
bool type_yes_no_form(const char *say, char *out, size_t cap);

void type_casual(char *s, size_t cap, rng *r); /* a question about what was told: shorter, or led up to */
void type_slip(char *s, size_t cap, rng *r); /* anything else a user says; cap: room in s */
/* "I live in Oslo?" keeps its mark, which alone makes it a question. */
void type_slip_proposal(char *s, size_t cap, rng *r);

/* ---- wordings with choices and lists in them (corpus_form.c) ---- */

enum { FORM_LISTS = 128 };
typedef struct form_lists {
	char name[FORM_LISTS][24];
	char *entries[FORM_LISTS]; /* "a / b / c" */
	size_t n;
} form_lists;

/* "[Hi/Hello][ there/]!" -> "Hi!"; a form that begins with a choice gets a capital. */
void form_choose(const char *form, rng *r, char *out, size_t cap);
/* The k-th of the pieces of s that `by` (" | ", " / ") separates; returns how many there are, k may be too large. */
size_t form_piece(const char *s, const char *by, size_t k, char *out, size_t cap);
void form_lists_add(form_lists *l, const char *line); /* "name: a / b / c" */
void form_lists_fill(const form_lists *l, const char *form, rng *r, char *out, size_t cap); /* {@name} -> an entry */

/* ---- threads: questions that go on with what was said (corpus_thread.c) ---- */

typedef struct form_threads form_threads;
form_threads *threads_load(const char *grammar, const char *file);
void threads_add(const form_threads *t, rng *r, doc *d); /* one to six questions and their answers */

/* ---- events: what no relation covers, told and asked back (corpus_event.c) ---- */

typedef struct form_events form_events;
form_events *events_load(const char *grammar, const char *file);
/* One to three of them are told, some of their parts asked; values as values_make() draws them. v NULL: all are the user's and no
 * slot has a kind; t NULL: nothing is said between. */
void events_add(const form_events *e, const values *v, const talk *t, int held_out, rng *r, doc *d);

/* ---- besides: what is asked stands beside what was told (corpus_beside.c) ---- */

typedef struct besides besides;
besides *besides_load(const char *grammar, const char *file);
/* A dialogue whose question was told in this share; t NULL: nothing is said between. */
void besides_add(const besides *b, const talk *t, double told, rng *r, doc *d);

/* A thing of a family marked "anywhere" alone, among other facts: told in this share, and then perhaps asked; else asked. */
void besides_one(const besides *b, double told, rng *r, doc *d);

/* ---- claims: yes or no, of the user or others (corpus_claim.c) ---- */

typedef struct claims claims;
claims *claims_load(const char *grammar, const char *file);
/* A dialogue whose question was told in this share; t NULL: nothing is said between. */
void claims_add(const claims *c, const talk *t, double told, rng *r, doc *d);

/* ---- comments: "Lovely! Is it big?" in place of "Okay, noted." (corpus_comment.c) ---- */

typedef struct comments comments;
comments *comments_load(const char *grammar, const char *file); /* exits when the file is bad */
void comments_free(comments *c);				 /* takes NULL */
/* In place of this share of the acknowledgements of a document without vectors, its last turns apart. Of the others those that
 * say nothing ("Noted.") get the role of comments. */
void comments_put(const comments *c, double share, rng *r, doc *d);

/* ---- tables: many questions of one form (corpus_table.c) ---- */

typedef struct form_tables form_tables;
form_tables *tables_load(const char *grammar, const char *file);
void tables_add(const form_tables *t, rng *r, doc *d); /* a question and its answer, sometimes two or three */
void made_up_word(rng *r, char *out, size_t cap);

/* Arithmetic up to 20, products up to 10 times 10, comparisons, what comes next. */
void sum_add(rng *r, doc *d);
void story_ask(rng *r, char *q, char *a, size_t cap);	/* a sum told as a story: corpus_story.c */
void number_text(unsigned n, bool word, char out[16]); /* "7" or, up to 20, "seven" */
void sum_chain_add(rng *r, doc *d); /* two to four of them, each about the result before (corpus_chain.c) */
void sum_again_add(rng *r, doc *d); /* two to four, each the one before with a number or the sign changed */

/* ---- prompts that no document may hold ---- */

typedef struct exclusion exclusion;
exclusion *exclusion_new(void);
void exclusion_free(exclusion *e);
/* Every line of a file, its tab-separated fields, and their pieces between "|". */
void exclusion_read(exclusion *e, const relations *rel, const char *path);
/* rel: questions it asks itself are kept in the corpus, and counted; may be NULL. */
void exclusion_add(exclusion *e, const relations *rel, const char *s, size_t len);
bool exclusion_has(exclusion *e, const char *s, size_t len); /* e may be NULL */
bool exclusion_hits(exclusion *e, const doc *d);             /* in a turn of the user */
size_t exclusion_kept(const exclusion *e);
void exclusion_normal(const char *s, size_t len, char *out, size_t cap);

/* ---- relations by group ---- */

enum group { G_CORE, G_FAVORITE, G_CODE, G_PEOPLE, G_PETS, G_THINGS, G_THEIRS, G_COUNT };
enum group group_of(const relation *x);
bool relation_fits_pet(const relation *x); /* of those that hold for anybody: may it be asked of a pet? */
bool relation_suits(const relations *rel, const relation *x, const char *subject);
unsigned relation_weight(const relation *x); /* what people tell most often comes more often: 1 to 8 */

/* ---- more ways to ask and to tell (corpus_asks.c; the format is described in grammar/asks.txt) ---- */

typedef struct asks asks;
enum ask_kind { ASK_ANY, ASK_MARKED, ASK_SAY, ASK_KINDS }; /* questions, those of them with an anchor, statements */
/* 0, or -1 and a sentence with FILE:LINE in err. rel must outlive it; the caller frees with asks_free (takes NULL). */
int asks_load(asks **out, const relations *rel, const char *path, char *err, size_t errlen);
void asks_free(asks *a);
const list *asks_forms(const asks *a, const relation *x, enum ask_kind kind);
/* A relation of the same subject that x does not tell although it sounds alike, or NULL. */
const relation *asks_near(const asks *a, const relation *x, rng *r);
const list *asks_frames(const asks *a); /* "Quick check: {q}" */
const list *asks_wraps(const asks *a);  /* "You know {x}, don't you?" */
const list *asks_fixes(const asks *a);  /* "Not {o}, {v}.", "Correction: {f}" */
/* Another word for "my mother", and a closer one ("my older sister") that a question may use only if it was told so. */
const char *asks_also(const asks *a, const char *subject, rng *r);
const char *asks_such(const asks *a, const char *subject, rng *r);
/* True when one question might mean either: such two are not in one dialogue. */
bool asks_alike(const asks *a, const relation *x, const char *x_subject, const relation *y, const char *y_subject);

/* ---- circles: the user and who is around him (corpus_circle.c; grammar/circle.txt) ---- */

typedef struct circle circle;
struct scenes;
circle *circle_load(const char *grammar); /* exits when the file is bad; the caller frees with circle_free (takes NULL) */
void circle_free(circle *c);
void circle_add(const circle *c, const struct scenes *s, rng *r, doc *d);
/* One of them is asked for what was told of another, and in this share of the documents of that one too. */
void circle_pair(const circle *c, const struct scenes *s, double told, rng *r, doc *d);

/* ---- scenes: dialogues about facts ---- */

struct known { /* an attribute of an invented person */
	const relation *rel;
	char value[VALUE_MAX];
};

struct person {
	char name[VALUE_MAX];
	struct known known[4];
};

typedef struct scenes {
	const relations *rel;
	const values *val;
	const talk *talk;
	const asks *asks; /* NULL: only the relations' own forms */
	const form_events *events; /* NULL: none */
	const circle *circle; /* NULL: none */
	const comments *comments; /* NULL: none */
	int held_out;
	exclusion *exclude;    /* NULL: nothing */
	int kind;	       /* of all documents; -1: by their shares */
	struct person *people; /* the invented people the weights know */
	size_t n_people;
	size_t *group[G_COUNT]; /* indices of relations */
	size_t n_group[G_COUNT];
} scenes;

void scenes_init(scenes *s, const relations *rel, const values *val, const talk *t, int held_out);
const relation *group_pick(const scenes *s, rng *r, enum group g);
/* Fills d with one document. */
void scenes_make(const scenes *s, rng *r, doc *d);

/* ---- output ---- */

typedef struct writer writer;
/* Writes prefix.tok .doc .inj .msk; formats in corpus_write.c. */
writer *writer_open(const char *prefix, bpe_vocab *v);
/* Returns the number of tokens written, 0 when the document was refused (too long, or a value of more than 16 tokens). */
size_t writer_add(writer *w, const doc *d);
void writer_close(writer *w); /* prints figures to stderr */
void doc_print(FILE *f, const doc *d); /* readable, values shown at their marks */
void doc_raw(FILE *f, const doc *d);   /* the text a tokenizer is trained on */

#endif
