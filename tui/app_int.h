/*
 * app_int: the program behind the screen: one model, one ledger, one dialogue. Owned by the worker thread (or by main() in
 * command-line mode). turn*.c hold the dialogue, learn*.c the way from an utterance to changed weights.
 */
#ifndef TUI_APP_INT_H
#define TUI_APP_INT_H

#include "engine/edit.h"
#include "memory/memory.h"
#include "tui/tui_int.h"

#include <stdio.h>

enum { REPLY_TOKENS = 160, /* longest reply */
       QUESTION_MAX = 512, ANSWER_MAX = 1024 };

enum { GONE_MAX = 8 };

/* A dialogue's turns; texts are owned. */
typedef struct dialogue {
	engine_turn *turns;
	size_t n, cap;
	size_t dropped; /* oldest turns taken out since it began, for room */
	int64_t gone[GONE_MAX]; /* facts taken back in it, the newest ones: exchanges that name them are not shown to the model */
	size_t n_gone;
} dialogue;

typedef struct learn_job learn_job; /* learn.c: the edit being worked on */

/* A probe of locality: a question whose answer an edit may not change. */
typedef struct probe {
	char question[QUESTION_MAX];
	char answer[ANSWER_MAX]; /* of the edited weights */
	uint64_t version;        /* of those weights, and 1; 0 = not asked yet */
	char base[ANSWER_MAX];   /* of the base weights */
	bool has_base;
	char trial[ANSWER_MAX];  /* of the weights on trial, when they were asked last */
} probe;

enum { TOLD_MAX = 8, ASKED_MAX = 8 };

/* An act of the ledger, and the words behind it: op DETECT_ADD, _SUPERSEDE or _RETRACT. */
typedef struct deed {
	int64_t act;
	detect_fact what;
} deed;

typedef struct app {
	const settings *set;
	settings *switched;      /* what set points to once another model was chosen, or NULL */
	engine *engine;
	session *session;
	sampler *sampler;
	sample_options sampling; /* of sampler */
	memory *memory;
	relations *relations;
	dialogue talk;
	bool lost_told;          /* said that the model's file is not what it was */
	bool queue_error;        /* said that the queue cannot be read, and since then it could not */
	bool last_own;           /* the last reply is the program's own: turn_own.c */
	bool last_kept;          /* the last message and its reply are in the ledger */
	int64_t chat;            /* row of this conversation, 0 = not begun */
	learn_job *job;
	/* Keys of every relation's questions with nothing told, made at first use: learn_apply.c. */
	float *relation_keys;    /* [n_relation_keys, n_ff] */
	size_t relation_keys_done; /* so far: a large model is interrupted by the chat */
	size_t *relation_of_key; /* [n_relation_keys]: index into relations, SIZE_MAX for general phrases */
	size_t n_relation_keys;
	uint64_t applied;        /* calls of learn_apply, whatever came of them: trials made before are void */
	bool stale;              /* the last of them failed: the weights are the base ones until it is made up for */
	probe *probes;           /* base questions, then the newest learned facts: learn_check.c */
	size_t n_probes;
	turn_figures last;       /* of the last reply */
	unsigned redone;         /* replies asked for again, for another seed each */
	double load_seconds;
	bool incognito, in_context;
	int learn_mode;
	double yes_least;        /* second opinion: below this share of yes the user is asked; 0: off. learn_opinion.c */
	/* The candidates that the user is asked about (EV_ASK), the first of them now; and their message: learn_ask.c. Without a
	 * relation: all that is known of the subject, with whom it has ended as rule says. */
	detect_fact asked[ASKED_MAX];
	size_t n_asked;
	char *asked_source;
	/* The facts of the user's last message, which a short correction ("no, Mimi") may mean: learn_notice.c. */
	detect_fact told[TOLD_MAX];
	size_t n_told;
	detect_fact told_before[TOLD_MAX]; /* those of the message before it */
	size_t n_told_before;
	/* The last exchange and the one before it; NULL: there is none. */
	struct exchange {
		char *said, *reply;
		char about[96]; /* whom a pronoun may mean after it */
	} last_said, said_before;
	/* What the last message of the dialogue did to the ledger, oldest first: undone when it is replaced. */
	deed *deeds;
	size_t n_deeds, cap_deeds;
	int64_t *among;          /* [n_among]: of which of these facts are to be forgotten the user was asked; turn_forget.c */
	size_t n_among;
	/* Set by the owner. */
	void (*emit)(void *arg, event *e); /* takes the event */
	bool (*stop_reply)(void *arg);     /* the user wants the reply to end, or the opening of a model */
	bool (*stop_edit)(void *arg);      /* something more urgent than an edit waits */
	void *arg;
} app;

/* ---- turn_app.c ---- */

/* Opens model, relations and ledger as settings say and applies what was learned. On failure err holds the sentence and
 * the return value is the exit code (EXIT_MODEL, EXIT_LEDGER, EXIT_RUNTIME). read_only: the ledger is not locked, and
 * a->memory stays NULL where nothing was ever learned. */
int app_open(app *a, const settings *s, bool read_only, char *err, size_t errlen);
/* Relations and model as they are: nothing learned, no ledger. */
int app_open_alone(app *a, const settings *s, char *err, size_t errlen);
void app_close(app *a);
/* Another model (NULL: the built-in one) in place of the present one, which stays when that fails. The conversation goes on. */
int app_switch(app *a, const char *path, char *err, size_t errlen);
/* Is the model's file no longer what was opened? Then err says so, and what can be done. */
bool app_lost(const app *a, char *err, size_t errlen);
double app_now(void); /* seconds, monotonic */
/* The ledger and the relations alone, for commands that need no model. */
int app_open_ledger(app *a, const settings *s, bool read_only, char *err, size_t errlen);
int app_open_relations(app *a, const settings *s, char *err, size_t errlen);
/* Tells an open ledger which model is meant without loading it: the states of edits are kept per model. */
int app_name_model(app *a, char *err, size_t errlen);
/* text is copied, may be NULL. */
void app_emit(app *a, int type, int code, int64_t id, const char *text);
void app_emitf(app *a, int type, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void app_emit_status(app *a, bool replying);

/* ---- turn.c ---- */

/* Answers one message, learns from it, emits EV_TURN_*, EV_TOKEN, EV_NOTED, EV_STATUS. Where the dialogue has outgrown the
 * context, its oldest turns are dropped (EV_NOTICE). A message that is not answered leaves the dialogue as it was. */
void turn_run(app *a, const char *text);
/* One question in a dialogue of its own, without events: *answer is malloc'd. ENGINE_ESTOP when stop_reply says so. */
int turn_ask(app *a, const char *text, char **answer, char *err, size_t errlen);
/* The last message again (NULL), or another text in its place. Only a new text is learned from, and what the old one alone did
 * is undone. */
void turn_redo(app *a, const char *text);
void turn_new(app *a); /* forgets the dialogue, not the facts */
int dialogue_add(dialogue *d, const char *role, const char *text, size_t len);
void dialogue_clear(dialogue *d);

/* ---- turn_own.c ---- */

/* The program's own reply to a message of facts whose end, replacement or refusal the model cannot know of; NULL: the model
 * answers. *brief: what the dialogue gets, where what was taken back is not named. Both are malloc'd. */
char *own_reply(app *a, const char *text, bool instead, char **brief);

/* ---- turn_wording.c ---- */

/* The message as the small model is shown it, malloc'd; NULL: as it is. */
char *wording_of(const relations *r, const char *text);

/* ---- turn_prompt.c ---- */

/* The tokens for the reply to the dialogue's last turn, the user's: [*n], malloc'd. When it does not fit, the oldest turns are
 * dropped; ENGINE_EFULL: the message alone does not. Sets which weights the session reads. */
int turn_prompt(app *a, int32_t **tokens, size_t *n, char *err, size_t errlen);

/* ---- turn_sampling.c: how the next token is chosen ---- */

/* What the program does unless told otherwise: the likeliest token. */
sample_options sampling_default(void);
/* Sets one by its name ("temperature", "top-k", ..., "seed"); 0, or -1 with a sentence that states the bounds. */
int sampling_set(sample_options *o, const char *name, const char *value, char *err, size_t errlen);
bool sampling_knows(const char *name);
/* "temperature 0.7, top-k 40, ..." */
void sampling_describe(const sample_options *o, char *out, size_t cap);
/* Makes a->sampler anew with these. */
int sampling_use(app *a, const sample_options *o, char *err, size_t errlen);

/* ---- turn_command.c: slash commands that need the worker ---- */

/* text: the command without its slash, e.g. "forget 12". Emits EV_OUTPUT, EV_ERROR, ... */
void turn_command(app *a, const char *text);

/* ---- turn_list.c: what the full-screen lists show ---- */

/* text: "facts", "queue" or "history" (EV_LIST), "fact ID" or "prove ID" (EV_DETAIL). */
void turn_list(app *a, const char *text);

/* ---- learn_notice.c ---- */

/* Detects facts in text and records them. Emits EV_NOTED each, EV_ASK where the words are unsure; ids [cap] gets the facts
 * held now (also those held before). Returns how many were recorded, known or retracted, or <0 when none could be. */
int learn_text(app *a, const char *text, bool explicit_ask, int64_t *ids, size_t cap, size_t *n_ids, char *err,
	       size_t errlen);
/* What would become of a message, which nothing is done about yet: of each of its facts op and old as from memory_decide(), op
 * DETECT_ASK also where the user wants to be asked. */
enum { FORESEEN_MAX = 8 };
typedef struct learn_foreseen {
	struct foreseen {
		detect_fact what;
		int op;
		int64_t old;
	} fact[FORESEEN_MAX];
	size_t n;
	bool secret; /* it holds secrets only, which are not kept */
	bool ended;  /* what is known of somebody is asked about, since it has ended with them */
} learn_foreseen;
/* False: it holds something else besides, or nothing of the kind. instead: it takes the last one's place. */
bool learn_foresee(app *a, const char *text, bool instead, learn_foreseen *out);
/* The share of "yes" when the base weights are asked whether text says c; "no" has the rest. ENGINE_ESTOP: no opinion. */
int learn_opinion(app *a, const char *text, const detect_fact *c, double *yes, char *err, size_t errlen);
void learn_judge(app *a, bool on);
/* The second opinion is on and says no. Without one there is no doubt. */
bool learn_doubts(app *a, const char *text, const detect_fact *c);
/* The built-in model (the one with a value code) is no judge of this: see the figures in README.md. */
bool learn_may_judge(const app *a);
/* The user's answer to EV_ASK: r replace, k keep both, anything else: let it be. Then the next question is asked, if there is one. */
int learn_answer(app *a, char key, char *err, size_t errlen);
void learn_ask_clear(app *a);
/* The next message corrects nothing that was said before, and answers no question. */
void learn_told_clear(app *a);
/* An exchange that is to be learned from next; instead: it takes the place of the last one. */
void learn_note_exchange(app *a, const char *said, const char *reply, bool instead);
/* What was done stays when the last message is replaced. */
void learn_deeds_clear(app *a);
/* A conversation was taken up again: what its last message told, whom it spoke of and what it did to the ledger is known as it was
 * before, retractions aside. */
void learn_recall(app *a);
/* Another message takes the last one's place. What that one did to the ledger and the new one does not do as well is undone: what
 * it told goes, what it ended comes back; then text is learned from, unless it is NULL. */
int learn_instead(app *a, const char *text, char *err, size_t errlen);
/* "your dog's name is Biscuit" */
void learn_describe(const app *a, const fact *f, char *out, size_t cap);

/* ---- learn.c ---- */

enum { LEARN_IDLE, LEARN_PAUSED /* call again */, LEARN_ENDED };
/* While there is nothing else to do: asks for the fact whose last check is longest ago, and queues it again where the weights
 * no longer know it. Returns LEARN_ENDED when that happened. */
int learn_self_check(app *a);
/* Works on the next queued edit until it is done or stop_edit says so. */
int learn_step(app *a);
void learn_drop(app *a);                       /* gives the running job back to the queue */
bool learn_working(const app *a);              /* an edit is begun and waits to go on */
int64_t learn_working_on(const app *a);        /* its fact, or 0 */
void learn_emit_queue(app *a);

/* ---- learn_forget.c ---- */

/* Forgets a fact: ledger, then weights. Facts that shared its anchor are queued again. */
int learn_forget(app *a, int64_t id, char *err, size_t errlen);
/* learn_forget, and then every trace of the value in the ledger's folder, the dialogue, the lines entered and the one not sent.
 * *lines: how many of those entered went. */
int learn_purge(app *a, int64_t id, memory_purged *out, int *lines, char *err, size_t errlen);
/* memory_undo, and the weights. out: NULL, or what went and what is back, as in "#2 is out: ...; #1 is back: ...". */
int learn_undo(app *a, int64_t id, FILE *out, int64_t *undone, char *err, size_t errlen);
/* Undoes the deeds but for those that the facts of a new message [n] ask for as well, which stay in the list. */
void learn_unsay(app *a, const detect_fact *facts, size_t n);

/* Facts that share an anchor and are therefore edited together. */
typedef struct fact_group {
	fact *facts;       /* owned */
	size_t n;
	char anchor[QUESTION_MAX]; /* lower-case anchor phrase */
} fact_group;

/* ---- learn_apply.c: ledger -> weights ---- */

/* Rebuilds the edited layer from all active facts' stored deltas. Where that fails the base weights serve, since the edited
 * ones may know what was forgotten, and learn_step() tries again. */
int learn_apply(app *a, char *err, size_t errlen);
/* The same while a model is opened: stop_reply ends it. */
int learn_apply_first(app *a, char *err, size_t errlen);
void learn_rebuild(app *a); /* the same after the ledger has changed, which stands: a failure is only told */
/* The layer with the delta just found, of edit edit_id for group g, beside the edited one: with it alone, or with all.
 * *others: how many deltas of other anchors there are. */
int learn_try(app *a, const fact_group *g, int64_t edit_id, bool alone, size_t *others, char *err, size_t errlen);
void learn_apply_release(app *a);

/* ---- learn_contexts.c: facts -> prompts ---- */

int group_of(app *a, const fact *f, fact_group *out, char *err, size_t errlen); /* active facts, f among them */
void group_release(fact_group *g);
/* The anchor phrase of a (subject, relation), lower-case: its first question's. Returns 0 or MEMORY_EARG. */
int anchor_phrase(const relation *r, const char *subject, char *out, size_t cap);

/* One question of a fact. */
typedef struct fact_question {
	char text[QUESTION_MAX];
	size_t anchor_end;
	char answer[ANSWER_MAX];
	size_t value_at;         /* byte of the answer where they begin */
	char values[ANSWER_MAX]; /* the values it must give, one a line */
	int kind;                /* QUESTION_* */
} fact_question;
enum { QUESTION_SEARCH, /* fitted, solved for, asked */
       QUESTION_KEY,    /* solved for */
       QUESTION_HELD    /* only asked */ };
/* All questions of a group; harder > 0 fits more of them. *out is malloc'd. */
int group_questions(const app *a, const fact_group *g, int harder, fact_question **out, size_t *n, char *err, size_t errlen);
/* The value text for the warm start: the values joined, or "" when the group spans several relations. */
void group_value(const app *a, const fact_group *g, char *out, size_t cap);

/* ---- learn_check.c: do the weights know it? ---- */

/* Does the answer give every one of the values (whole words, letter case aside)? */
bool answer_holds(const char *answer, const char *values);
typedef struct check_result {
	int own, n_own, held, n_held;    /* questions answered with the value */
	int kept, n_kept;                /* probes whose answer did not change */
	char missed[QUESTION_MAX];       /* first question that failed, or "" */
	char wrong[ANSWER_MAX];          /* what was answered there */
	char changed[QUESTION_MAX];      /* first probe whose answer changed, or "" */
	size_t next;                     /* questions and probes asked so far */
} check_result;
/* Records the probes' answers with the weights as they are (alone: with the base weights). ENGINE_ESTOP: call again, it
 * goes on. */
int check_before(app *a, const fact_group *g, bool alone, char *err, size_t errlen);
/* Asks the weights on trial; *out is zeroed before the first call. ENGINE_ESTOP: call again, it goes on. */
int check_after(app *a, const fact_group *g, const fact_question *q, size_t n, bool alone, check_result *out, char *err,
		size_t errlen);
void check_kept(app *a); /* the weights on trial have just become the edited ones: so have the probes' answers */
int check_fact(app *a, const fact *f, bool *holds, char *answer, size_t cap, char *err, size_t errlen);
void check_release(app *a);

#endif
