/* The insides of a scene, shared by corpus_scene.c (what happens), corpus_near.c (what lies beside what is told),
 * corpus_marks.c (where the vectors go) and corpus_asked.c (how it is put). */
#ifndef RECIPE_CORPUS_INT_H
#define RECIPE_CORPUS_INT_H

#include "corpus.h"

enum mode { UNKNOWN, INJECTED, TOLD };

#define FACTS 8
#define ANCHORS 14
#define LINE TYPE_LINE
/* Long values are the hard ones to read from a vector: this share of the injected facts holds out for one, in bytes. */
#define LONG_SHARE .4
#define LONG_VALUE 12

struct item {
	const relation *rel;
	enum group group;
	char subject[VALUE_MAX];
	char called[VALUE_MAX];   /* what the user calls it here ("my mum"); empty: the subject */
	enum mode mode;
	char value[VALUE_MAX];    /* what a right answer holds */
	char injected[VALUE_MAX]; /* what the vector codes; empty: no vector */
	char anchor[ANCHORS][64]; /* phrases of the questions that carry the vector */
	size_t n_strong;          /* the first ones carry it wherever the user writes them */
	size_t n_anchor;          /* the others outside their question only in loose scenes */
};

struct scene {
	const scenes *s;
	rng *r;
	doc *d;
	struct item f[FACTS];
	size_t n;
	bool loose;
	bool british; /* the user writes "colour" */
	const struct item *last; /* the fact asked for in the turn before, or NULL */
	size_t last_turn;
};

/* ---- corpus_scene.c ---- */

void scene_pick_subject(const scenes *s, rng *r, const relation *x, char out[VALUE_MAX]);
/* like: a fact whose neighbour is wanted, or NULL. Returns NULL when the scene is full or nothing fits. */
struct item *scene_add_fact(struct scene *sc, const struct item *like, enum mode mode);
struct item *scene_add_given(struct scene *sc, const relation *rel, const char *subject, enum mode mode);
void scene_new_value(struct scene *sc, const struct item *f, char out[VALUE_MAX]);
void scene_tell(struct scene *sc, struct item *const *f, size_t n); /* in one message; all have mode TOLD */
void scene_tell_one(struct scene *sc, struct item *f);		     /* the mode is set */
void scene_tell_briefly(struct scene *sc, struct item *f);	     /* likewise; it was asked for in the turn before */
void scene_ask(struct scene *sc, struct item *f);
void scene_answer(struct scene *sc, const struct item *f, const char *who); /* who: as it was asked for */
/* "I live in Oslo, right?" said: the value proposed, NULL: any; false: nothing is asked. */
bool scene_confirm(struct scene *sc, struct item *f, const char *said);
void scene_acknowledge(struct scene *sc, struct item *f); /* "Got it: your dog's name is Rex." */
void scene_interlude(struct scene *sc);
void scene_preface(struct scene *sc);

/* ---- corpus_near.c ---- */

struct item *near_rival(struct scene *sc, const struct item *of, enum mode mode); /* the same of somebody else, or NULL */
struct item *near_other(struct scene *sc, const struct item *told);		    /* easily taken for it, not told; or NULL */
void near_scene(struct scene *sc);
void near_short_scene(struct scene *sc);
void near_pair_scene(struct scene *sc, double share);

/* ---- corpus_marks.c ---- */

/* relation_fill that exits when the form does not fit. value and end may be NULL. */
void scene_fill(const char *form, const char *subject, const char *value, char *out, size_t cap, size_t *end);
void item_anchors(struct item *f); /* from its relation and subject */
/* The vector of `value` at the byte before end; wins: over what is marked there already. */
void scene_mark(doc *d, size_t end, const char *value, bool wins);
void scene_mark_from(struct scene *sc, size_t first); /* all injected facts, in the user's turns from `first` on */

/* ---- corpus_asked.c ---- */

/* Fills q with a question for the fact, who with the subject's name in it; *end is where an anchor's vector goes. */
void asked_question(struct scene *sc, const struct item *f, char q[LINE], char who[VALUE_MAX], size_t *end);
void told_statement(struct scene *sc, const struct item *f, char *out, size_t cap);
void told_correction(struct scene *sc, const struct item *f, const char *old, char *out, size_t cap);
/* Chooses what the user calls it from now on. */
void told_name(struct scene *sc, struct item *f);
const char *item_called(const struct item *f);

/* ---- corpus_brief.c ---- */

/* "It's Rex.": what was asked for just now. */
void told_briefly(struct scene *sc, const struct item *f, const char *pronoun, char *out, size_t cap);

/* ---- corpus_intro.c ---- */

void intro_scene(struct scene *sc);
const char *item_pronoun(const struct item *f, rng *r); /* of its subject: "he", "she", "it" */

#endif
