/* learn_int: what the learn*.c files share among themselves. Worker thread only. */
#ifndef TUI_LEARN_INT_H
#define TUI_LEARN_INT_H

#include "tui/app_int.h"

/* memory_learn(), and the facts that share an anchor with what candidate c ends are queued again, in one transaction. */
int learn_record(app *a, const detect_fact *c, const char *source, int *op, int64_t *id, char *err, size_t errlen);

/* Has the facts that share an anchor with subject's relation learned again, and drops what was found for those that are gone: it
 * holds the same values. Inside a transaction. learn_forget.c */
int learn_requeue_anchor(app *a, const char *subject, const char *name, char *err, size_t errlen);

/* One candidate into the ledger and, where something known ends, out of the weights. *id: the fact held afterwards, 0 when
 * none is; is_deed: the last message did it. asks: nothing is recorded unasked. Returns 1 when something was recorded or is
 * known, 0 when the user was asked or there was nothing to take back, <0 on error. learn_notice.c */
int learn_candidate(app *a, const detect_fact *given, const char *text, bool explicit_ask, bool asks, bool is_deed, int64_t *id,
		    char *err, size_t errlen);
/* The last message told it. */
void learn_told_add(app *a, const detect_fact *c);
/* "your dog's name is Biscuit", of what is not known yet */
void learn_describe_claim(const app *a, const detect_fact *c, char *out, size_t cap);
/* Asks about it (EV_ASK), now or when what was asked before is answered. text: the message. learn_ask.c */
void learn_ask_back(app *a, const detect_fact *c, const char *text);
/* The same about all that is known of those with whom it has ended so. */
void learn_ask_ended(app *a, const detect_ending *e, const char *text);
/* Of whom something is known, of those. Returns how many. */
size_t learn_ended(app *a, const detect_ending *e, char (*subjects)[96], size_t cap);

/* The last message did this to the ledger: act's op. */
void learn_deed_add(app *a, int64_t act, int op, const detect_fact *c);

bool same_relation(const fact *a, const fact *b); /* same subject and relation, letter case aside */
/* The dialogue in which an edit is fitted on question i; returns its turns. Their texts are q's. learn.c */
size_t context_turns(const fact_question *q, size_t i, engine_turn turns[3]);
/* The same as the edit's context, with the answer where it is fitted on. */
edit_context context_of(const fact_question *q, size_t i, engine_turn turns[3]);

/* ---- learn_practice.c ---- */

/* Whether edits will be searched that practice makes shorter, and it was not done. */
bool practice_wanted(const app *a);
/* Practises with made-up facts of the relations table, which no ledger ever sees. ENGINE_ESTOP: call again. */
int practice_run(app *a, edit_progress_fn progress, engine_stop_fn stop, void *arg, char *err, size_t errlen);

#endif
