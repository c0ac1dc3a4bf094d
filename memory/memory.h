/*
 * memory: what the assistant has been told. Facts, the edit queue, edit history and chats in one SQLite ledger. What may be a
 * fact says the relations table and finds the detector: detect.h. No model, no terminal.
 *
 * The ledger is the source of truth: the edited weights are a pure function of (base model, active facts and the edits
 * stored for that model), so whatever is committed here can be rebuilt after any crash. Every call that changes more
 * than one row is one transaction.
 *
 * Errors: functions return 0 or a negative MEMORY_E*; a sentence for the user goes to err (cut to errlen, always
 * terminated). Output parameters are untouched on failure. Strings are UTF-8.
 * Threads: a memory belongs to one thread at a time.
 */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect.h"

enum { FACT_ACTIVE, FACT_SUPERSEDED, FACT_FORGOTTEN };
enum { EDIT_QUEUED, EDIT_RUNNING, EDIT_VERIFIED, EDIT_FAILED, EDIT_CANCELLED, EDIT_REVERTED };

typedef struct fact {
	int64_t id;
	char subject[96], relation[64], value[192];
	char *source;         /* the utterance, or NULL; owned by the fact */
	size_t span[2];       /* bytes of the value in source */
	char rule[32];
	double confidence;
	int status;           /* FACT_* */
	int64_t created, valid_from, last_verified; /* Unix seconds, 0 = never */
	int64_t superseded_by;                      /* fact id or 0 */
	int edit_state;       /* EDIT_* of its newest edit for the model asked for, or -1 */
} fact;

/* Which of the facts [n] the target means: their indices go to out [n]. *sure: by subject and relation; else by its words alone.
 * Returns how many. */
size_t forget_find(const forget_target *t, const fact *f, size_t n, size_t *out, bool *sure);

/* Doubles are NAN where not measured. Locality is the share of unrelated questions whose answer is what it was before the
 * edit. So locality_before is 1 by definition; it is written where those questions were asked. */
typedef struct edit_record {
	int64_t id, fact_id;
	int state; /* EDIT_* */
	int steps, evaluations, attempts, layer;
	double loss_before, loss_after, p_before, p_after, locality_before, locality_after;
	double seconds, npu_seconds;
	uint64_t seed;
	char model[65]; /* hex hash of the model file */
	char *error;    /* owned, or NULL */
	char *how;      /* owned, or NULL: all that a search needs beside the seed, the layer and the fact, so that it can be
	                 * done again: a line of settings, then a line for each question it was fitted or solved on */
	int64_t created, started, ended;
} edit_record;

typedef struct memory memory;

typedef struct memory_options {
	const char *dir;    /* made 0700 if missing; holds ledger.db 0600, lock */
	bool read_only;     /* readers work beside a writer */
	const char *model;  /* hex model hash that edits are asked for; may be set later */
} memory_options;

int memory_open(memory **out, const memory_options *opt, char *err, size_t errlen);
void memory_close(memory *m); /* takes NULL */
/* Makes a new ledger of what can be read of a damaged one, which is kept beside it as ledger.db.damaged.N. */
typedef struct memory_rebuilt {
	size_t facts;      /* read */
	size_t unreadable; /* rows of all tables that could not be, or that were no valid ones */
} memory_rebuilt;
int memory_rebuild(const char *dir, memory_rebuilt *out, char *err, size_t errlen);
/* Later calls concern this model; facts without an edit for it are queued (failed and cancelled ones wait for
 * memory_retry). Returns how many were queued or <0. */
int memory_set_model(memory *m, const char *hash, char *err, size_t errlen);
/* What is called between the two is one transaction; not memory_purge(). A begin that failed has its end, too. rc: 0, or what
 * failed: then nothing of it is kept, and rc is returned. */
int memory_begin(memory *m, char *err, size_t errlen);
int memory_end(memory *m, int rc, char *err, size_t errlen);

/* Weighs a candidate against the ledger: DETECT_ADD, _SUPERSEDE, _NOOP (already held), _RETRACT, _ASK. *old gets the
 * fact concerned (0 if none). */
int memory_decide(memory *m, const relations *r, const detect_fact *c, int *op, int64_t *old, char *err,
		  size_t errlen);
/* One transaction: supersede/retract what decide() says, insert the fact, queue its edit, write events. *id gets the
 * new fact (for RETRACT the retracted one; for NOOP the one already held). */
int memory_learn(memory *m, const relations *r, const detect_fact *c, const char *source, int *op, int64_t *id,
		 char *err, size_t errlen);
/* Marks a fact forgotten and its edits reverted, in one transaction. */
int memory_forget(memory *m, int64_t id, char *err, size_t errlen);
/* Takes a fact and its value out of every file of the folder: it and all that no longer counts and holds the value are
 * deleted; in other facts' sources, errors and chats the text that holds it is; then the file is written anew, its log
 * emptied, and older copies of it deleted. Active facts that have it too, as their value or in their subject, stay. Not
 * undone; what the weights of this process hold is the caller's business. */
typedef struct memory_purged {
	size_t facts, texts, copies; /* rows deleted, texts cut, files deleted */
	int64_t kept;                /* an active fact that has it too, or 0 */
} memory_purged;
int memory_purge(memory *m, int64_t id, memory_purged *out, char *err, size_t errlen);
/* Does the text hold the value, letter case and spaces aside? Values of less than four bytes count as whole words. */
bool memory_text_has(const char *text, const char *value);

/* Facts from elsewhere, all or none of them. What contradicts a fact held already is left out unless replace. */
typedef struct memory_item {
	detect_fact claim;
	char *source;    /* or NULL */
	int64_t created; /* 0: now */
} memory_item;
typedef struct memory_imported {
	size_t added, replaced, known, contrary; /* known: held already; contrary: left out */
	size_t at;                               /* on failure: the item that was the reason, or n */
} memory_imported;
int memory_import(memory *m, const relations *r, const memory_item *items, size_t n, bool replace, memory_imported *out,
		  char *err, size_t errlen);
/* Undoes the newest learn or forget that still stands (or the one that made, retracted or forgot fact id > 0): its own fact
 * is forgotten, what it ended is active again. *undone: the fact made, or the one brought back; its status tells which. */
int memory_undo(memory *m, int64_t id, int64_t *undone, char *err, size_t errlen);
/* The newest act of memory_learn(), memory_forget() or an import; 0: none. */
int memory_last_act(memory *m, int64_t *act, char *err, size_t errlen);
/* memory_undo() of that act. MEMORY_ENOENT: nothing of it stands any more. */
int memory_undo_act(memory *m, int64_t act, char *err, size_t errlen);

int memory_fact(memory *m, int64_t id, fact *out, char *err, size_t errlen); /* free with fact_release */
void fact_release(fact *f);
/* Rows in id order. filter: NULL or words that must all occur in subject, relation or value (case-folded).
 * active_only leaves out superseded and forgotten. *out is freed with facts_free. */
int memory_facts(memory *m, const char *filter, bool active_only, fact **out, size_t *n, char *err, size_t errlen);
void facts_free(fact *f, size_t n);

/* Which facts or edits are meant; begin with memory_query_all(). */
enum { QUERY_ANY = -2 };
typedef struct memory_query {
	const char *words;    /* as the filter above, or NULL */
	int status;           /* FACT_* or QUERY_ANY */
	int edit_state;       /* EDIT_*, -1 (never queued) or QUERY_ANY */
	int64_t since, until; /* created in [since, until), Unix seconds */
	size_t limit;         /* only the newest so many; 0: all */
	bool newest_first;    /* facts in the order against that of their ids */
} memory_query;
memory_query memory_query_all(void);
/* Calls fn for each, in id order or against it, until it returns non-zero, which is then the result. Nothing is kept in memory, and the
 * texts of f last for the call; fn may not change the ledger. *more, if wanted: how many older ones the limit left out. */
int memory_each(memory *m, const memory_query *q, int (*fn)(void *arg, const fact *f), void *arg, size_t *more, char *err,
		size_t errlen);

/* Queue. claim: the next queued edit becomes running; MEMORY_ENOENT when there is none or the queue is paused. Edits found
 * running at memory_open() were cut off by a crash: they are queued again. */
int memory_claim(memory *m, edit_record *out, char *err, size_t errlen);
int memory_requeue(memory *m, int64_t edit_id, const char *why, char *err, size_t errlen); /* running -> queued */
/* running -> queued after a run-time error, to be claimed again after a while that grows each time; from the fifth on
 * -> failed, with the reason. *state: which. */
int memory_postpone(memory *m, int64_t edit_id, const char *why, int *state, char *err, size_t errlen);
/* A new edit after one that failed, was cancelled, or whose last self-check did not hold; the old row stays as
 * history, and one that was verified counts until the new one is. */
int memory_retry(memory *m, int64_t fact_id, char *err, size_t errlen);
/* What was found for the fact, for any model, is deleted and counts no more. If the fact holds, its edit is queued again, also
 * where the last one failed: for another model when that is opened. */
int memory_relearn(memory *m, int64_t fact_id, char *err, size_t errlen);
int memory_cancel(memory *m, int64_t fact_id, char *err, size_t errlen); /* queued/running -> cancelled */
/* Moves the edit that waits for a fact; of two neighbours QUEUE_UP and QUEUE_DOWN. What runs goes on. QUEUE_FIRST also ends
 * the while for which one was put off. *at of *of: where it stands now, from 1. The order persists. */
enum { QUEUE_FIRST, QUEUE_UP, QUEUE_DOWN, QUEUE_LAST };
int memory_move(memory *m, int64_t fact_id, int where, size_t *at, size_t *of, char *err, size_t errlen);
int memory_pause(memory *m, bool paused, char *err, size_t errlen);      /* persists */
bool memory_paused(memory *m);

/* The result of a search, as BLOBs checksummed on write and on read. keys [n_keys, n_ff], delta [n_embd] floats. */
typedef struct edit_blob {
	float *keys, *delta;
	size_t n_keys, n_ff, n_embd;
	int64_t fact_id, edit_id;
} edit_blob;

/* Stores r->state (running = found but not yet verified, verified, failed) with all figures, and the blob when not NULL, in
 * one transaction ("store, then apply"). MEMORY_ENOENT when the edit has been cancelled or reverted meanwhile: drop the
 * result. A verified edit's blob may be replaced by storing it again. */
int memory_store_edit(memory *m, const edit_record *r, const edit_blob *blob, char *err, size_t errlen);
/* The same for n edits in one transaction, for facts that share an anchor and so one delta. blobs[i] or blobs may be NULL. */
int memory_store_edits(memory *m, const edit_record *r, const edit_blob *const *blobs, size_t n, char *err,
		       size_t errlen);
/* Blobs of all active facts: of each one's newest edit for the current model that is verified, or running-with-blob (stored, not
 * yet verified) when with_pending. So a fact that is learned again is known until that has succeeded, and if it fails.
 * Ordered by fact id. Free with edit_blobs_free. A bad checksum: that edit is queued again, unless a later one was begun, and left out. */
int memory_blobs(memory *m, bool with_pending, edit_blob **out, size_t *n, char *err, size_t errlen);
void edit_blobs_free(edit_blob *b, size_t n);

/* The losses of a finished edit's search [n], for drawing it again; some of them, should they be many. */
int memory_store_curve(memory *m, int64_t edit_id, const float *loss, size_t n, char *err, size_t errlen);
/* Those of the fact's newest edit that has two at least, into loss [cap]; *n 0: none has. */
int memory_curve(memory *m, int64_t fact_id, float *loss, size_t cap, size_t *n, char *err, size_t errlen);

/* History, newest first; limit 0 = all. queue_only: queued and running, in queue order. Free with edits_free. */
int memory_edits(memory *m, bool queue_only, size_t limit, edit_record **out, size_t *n, char *err, size_t errlen);
void edits_free(edit_record *e, size_t n);
/* The same with the facts they concern, one after the other, newest first; as memory_each(). Dates are those of the edits. */
int memory_each_edit(memory *m, bool queue_only, const memory_query *q,
		     int (*fn)(void *arg, const edit_record *e, const fact *f), void *arg, size_t *more, char *err,
		     size_t errlen);
void edit_record_release(edit_record *e);
const char *edit_state_name(int state);
const char *fact_status_name(int status);
/* A self-check's outcome; a verified edit that no longer holds is queued again, unless that happened twice within a day. *queued: was it? */
int memory_checked(memory *m, int64_t fact_id, bool holds, bool *queued, char *err, size_t errlen);
/* The fact in the weights whose last check is longest ago, age seconds at least. MEMORY_ENOENT: none. */
int memory_check_due(memory *m, int64_t age, int64_t *fact_id, char *err, size_t errlen);

/* Chats: kept so that a conversation can be resumed; never read by the editor. */
int memory_chat_begin(memory *m, int64_t *chat, char *err, size_t errlen);
int memory_chat_add(memory *m, int64_t chat, const char *role, const char *text, char *err, size_t errlen);
/* Conversations with at least one message, newest first, one after the other. words: of its title or any of its messages, or
 * NULL; limit 0: all. title: what it was given, else the first message; valid during the call. fn's non-zero result ends it and is returned. */
typedef struct chat_record {
	int64_t id, begun, last; /* Unix seconds */
	size_t messages;
	const char *title;
} chat_record;
int memory_each_chat(memory *m, const char *words, size_t limit, int (*fn)(void *arg, const chat_record *c), void *arg, char *err,
		     size_t errlen);
/* Its messages in order. MEMORY_ENOENT: there is no such conversation, or it is empty. */
int memory_chat_read(memory *m, int64_t chat, int (*fn)(void *arg, const char *role, const char *text), void *arg, char *err,
		     size_t errlen);
/* The facts that hold and were told by these words, the newest message of the conversation; each with the act that made it,
 * oldest first. */
int memory_each_told(memory *m, int64_t chat, const char *words, int (*fn)(void *arg, int64_t act, const fact *f), void *arg, char *err,
		     size_t errlen);
/* title: NULL or "" for none. */
int memory_chat_rename(memory *m, int64_t chat, const char *title, char *err, size_t errlen);
int memory_chat_delete(memory *m, int64_t chat, char *err, size_t errlen);
/* Takes the newest n messages of a conversation out. */
int memory_chat_cut(memory *m, int64_t chat, size_t n, char *err, size_t errlen);

/* Test hook: called before the Nth statement that writes; non-zero makes it fail. */
typedef int (*memory_fault_fn)(void *arg);
void memory_set_fault(memory *m, memory_fault_fn fn, void *arg);

#endif
