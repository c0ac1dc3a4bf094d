/* What corpus_trait.c reads of grammar/circle.txt, and corpus_circle.c and corpus_pair.c make dialogues of. */
#ifndef RECIPE_CORPUS_CIRCLE_INT_H
#define RECIPE_CORPUS_CIRCLE_INT_H

#include "corpus_int.h"

struct trait {
	char name[24], kind[24], whose[8];
	char *form[26]; /* by their letter; several lines are joined by " | " */
};

struct circle {
	struct trait *trait;
	size_t n;
	form_lists lists;
};

#define MEMBERS 5
#define TOLD_MAX 10
#define TEXT 1200 /* bytes of a message */

struct member {
	char role[VALUE_MAX], name[VALUE_MAX]; /* "my sister", "I"; no name: none is told */
	char kind;                             /* of struct trait's whose */
	const char *he;                        /* "he", "she", "it" */
};

struct told {
	const struct trait *t;
	size_t who;
	char value[VALUE_MAX];
};

struct round {
	const circle *c;
	const scenes *s;
	rng *r;
	doc *d;
	struct member m[MEMBERS];
	size_t n;
	struct told f[TOLD_MAX];
	size_t n_told;
	size_t common; /* what is asked of everybody: an index of a trait */
};

/* ---- corpus_circle.c ---- */

/* One of the alternatives of a form; plain: the first. */
void round_put(const struct round *o, const struct trait *t, char form, bool plain, const char *who, const char *value,
	       char out[LINE]);
bool trait_has(const struct trait *t, char form);
bool member_is_me(const struct member *m);
void round_capital(char *s);
void round_give_name(struct round *o, struct member *m);
void round_add_member(struct round *o, bool me);
struct told *round_find(struct round *o, size_t who, const struct trait *t);
void round_add_told(struct round *o, size_t who, const struct trait *t); /* nothing when it does not fit */
const struct trait *round_any_trait(const struct round *o);
/* changed: the fact that the message was about, when it told nothing new of a member */
void round_acknowledge(struct round *o, const size_t *who, size_t n, const struct told *changed);
void round_say(struct round *o, char *text, size_t cap);
void round_between(struct round *o);
void round_called(const struct round *o, const struct member *m, char out[VALUE_MAX]);
void round_ask(struct round *o, char q[LINE], const char *a);
void round_answer(const struct round *o, const struct told *f, const char *who, char a[LINE]);
void round_ask_fact(struct round *o, const struct told *f);
void round_ask_pronoun(struct round *o, const struct told *f);
void round_ask_untold(struct round *o, size_t who, const struct trait *t, bool pronoun);
void round_tell_all(struct round *o);
void round_word(const struct round *o, const char *name, char *out, size_t cap); /* an entry of a list */
void round_ask_yes_no(struct round *o, const struct told *f);

#endif
