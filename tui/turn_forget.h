/* turn_forget: messages that ask to forget something. Worker thread only. */
#ifndef TUI_TURN_FORGET_H
#define TUI_TURN_FORGET_H

#include "tui/app_int.h"

#include <stdio.h>

enum { FORGET_CHOSEN_MAX = 16 };

typedef struct forget_asking {
	forget_request request;
	bool chosen;               /* it answers the question which of several are meant */
	bool all, none;            /* ... so */
	int64_t ids[FORGET_CHOSEN_MAX]; /* ... or so */
	size_t n_ids;
} forget_asking;

/* Does the message ask for that, or answer the question which? instead: it takes the place of another. */
bool forget_asked(app *a, const char *text, bool instead, forget_asking *out);
/* Does it, and writes to out what the user is to read. Returns what the dialogue gets as the reply: it names no value. */
const char *forget_do(app *a, const forget_asking *asked, FILE *out);
void forget_ask_clear(app *a); /* nothing is asked any more */

#endif
