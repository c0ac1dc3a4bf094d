/* What corpus_event_form.c reads of grammar/events.txt and says, and corpus_event.c makes dialogues of. */
#ifndef RECIPE_CORPUS_EVENT_INT_H
#define RECIPE_CORPUS_EVENT_INT_H

#include "corpus.h"

enum { SLOTS = 6, ASKS = 14, FORM = 1600 /* bytes of a line of the file */, SAID = 600 /* of what is said */ };

struct slot_form {
	char name[16];
	char *values; /* after "=" */
};

struct ask_form {
	size_t slot;
	bool proposes, follows, bare, other;
	char *ask, *answer, *clause;
};

struct event_form {
	char name[32];
	unsigned weight;
	bool mine, firm;
	struct slot_form slot[SLOTS];
	size_t n_slot;
	struct ask_form ask[ASKS];
	size_t n_ask;
	list say;
};

struct form_events {
	struct event_form *form;
	size_t n;
	unsigned total;
	form_lists lists;
};

/* One that was told. */
struct event {
	const struct event_form *form;
	char who[VALUE_MAX];   /* "I", "my sister", "Tom" */
	char reply[VALUE_MAX]; /* "you", "your sister", "Tom" */
	char value[SLOTS][VALUE_MAX];
};

/* ---- corpus_event_form.c ---- */

size_t event_slot(const struct event_form *f, const char *name, size_t len); /* SLOTS: none */
const struct ask_form *event_answer(const struct event_form *f, const struct ask_form *a); /* the one with a's A: and K: */
void event_value(const form_events *e, const char *from, const values *v, int held_out, rng *r, char out[VALUE_MAX]);
void event_draw(const form_events *e, const struct event_form *f, const values *v, int held_out, rng *r, struct event *x);
/* One of the alternatives of forms, its choices made and its slots filled. */
void event_say(const struct event *x, const char *forms, rng *r, char out[SAID]);
/* One that says who, unless that is clear anyway. False when none does. */
bool event_say_clearly(const struct event *x, bool clear, const char *forms, rng *r, char out[SAID]);
bool event_says_who(const struct event *x, const char *s);
void event_lower_head(const struct event *x, char *s);
bool says_word(const char *s, const char *word); /* whole, in any case */

#endif
