/*
 * edit: the engine's editor. Find the vector that makes the model answer with a fact (forward passes only), and solve for the
 * weight change that gives every known fact at once. Errors, threads and shapes as in engine.h.
 */
#ifndef ENGINE_EDIT_H
#define ENGINE_EDIT_H

#include "engine.h"

/* One prompt of an edit: a dialogue whose last turn is the user's question; anchor_end is the byte offset in that turn
 * just past the subject phrase; answer is what the model shall say (the end-of-turn token is added). */
typedef struct edit_context {
	const engine_turn *turns;
	size_t n_turns, anchor_end;
	const char *answer; /* NULL: the context gives a key only */
	size_t value_at;    /* byte of the answer where the value begins, or 0 where the whole answer is one */
} edit_context;

/* How the vector is searched. FIT: Gauss-Newton from the slopes of every target token (fit.h). GRADIENT: the gradient of
 * the loss, remembered from step to step. PUBLISHED: as in the paper, 5 directions a step. (search.h) */
enum edit_search { EDIT_SEARCH_FIT, EDIT_SEARCH_GRADIENT, EDIT_SEARCH_PUBLISHED };

typedef struct edit_request {
	const edit_context *contexts; /* facts sharing an anchor are one request: their contexts follow one another */
	size_t n_contexts;
	const char *value;     /* for the warm start: the value's text (of the only or newest fact); NULL = none */
	bool warm_start;
	bool only_guess;       /* end where the first guess does not do and engine_practise() was not called */
	double pause_below;    /* loss, 0 = never: below it the search pauses after reading and after each step since; edit_go_on() */
	bool by_reading;       /* FIT: search by what engine_practise() found, where it did; default true */
	enum edit_search search;
	int directions;        /* 0 = default */
	int max_evaluations;   /* forward evaluations of one context set; 0 = default */
	double margin;         /* stop when every target token has at least this probability; 0 = default */
	double harder;         /* 0 first try; 1, 2: rungs of the retry ladder (more steps, larger clamp) */
	bool gentle;           /* shrink a warm start's vector too: it disturbs less, but stands less firm */
	bool exact_cache;      /* default true; false recomputes everything (for the test of exactness) */
	int fixed_steps, step_evaluations; /* for measuring: so many steps from zero, whatever they find, of about so many */
} edit_request;

edit_request edit_request_default(void);

typedef struct edit_progress {
	int step, max_steps, evaluations;
	double loss, p, tried; /* p: lowest probability of an answer's token, tried: loss just evaluated; both means */
	const char *phase;   /* static: "keys", "search", "shrink" */
	double seconds;
} edit_progress;

typedef struct edit_result {
	float *delta;        /* [n_embd], owned by the edit */
	float *keys;         /* [n_keys, n_ff], owned by the edit; one per context */
	size_t n_keys, n_embd, n_ff, rows, targets; /* rows: of one evaluation; targets: those that predict an answer's token */
	int steps, evaluations, layer;
	double loss_before, loss_after, p_before, p_after, delta_norm; /* delta_norm: |delta| / |v| */
	double seconds, npu_seconds;
	uint64_t seed;
	bool converged, paused;
	bool shrunk;          /* shorter vectors that do the same were looked for */
} edit_result;

typedef struct edit edit;
typedef void (*edit_progress_fn)(const edit_progress *p, void *arg);

/* Copies the request. The search reads the base weights only and changes none. */
int edit_new(edit **out, engine *e, const edit_request *req, char *err, size_t errlen);
/* Runs until done or stopped (ENGINE_ESTOP: call again, it goes on at the same step with the same outcome). */
int edit_run(edit *ed, edit_progress_fn progress, engine_stop_fn stop, void *arg, char *err, size_t errlen);
/* A paused edit's vector may do as it is. Where it does not: the next edit_run() searches on. False: it was not paused. */
bool edit_go_on(edit *ed);
const edit_result *edit_get(const edit *ed); /* valid until edit_free */
void edit_free(edit *ed);                    /* takes NULL */

/*
 * Practice: with a few made-up facts, whose edits are searched and thrown away, the engine measures how the model reads a
 * vector at the anchor (reading.h). It depends on nothing but the model and these requests, takes some thousands of
 * evaluations, and makes later searches take a small part of theirs. requests: one made-up fact each, short values first, of
 * 1 to 12 tokens; with a value code their guesses say where to measure. The outcome is kept in a file in cache_dir (or NULL). ENGINE_ESTOP: call again with the same.
 * Nothing is done a second time, or for a model so wide that the maps would take too much memory.
 */
bool engine_practised(const engine *e);
int engine_practise(engine *e, const edit_request *requests, size_t n, const char *cache_dir, edit_progress_fn progress,
		    engine_stop_fn stop, void *arg, char *err, size_t errlen);
/* Evaluations that it took, also where a file was found, facts that it learned from, and bytes that it holds. */
int engine_practice(const engine *e, size_t *facts, size_t *bytes);

/* One fact group's stored result. */
typedef struct engine_delta {
	const float *keys;  /* [n_keys, n_ff] */
	const float *delta; /* [n_embd] */
	size_t n_keys;
} engine_delta;

/* Keys of prompts that must not move (preservation): *out [n, n_ff] malloc'd; nothing when stopped. */
int engine_keys(engine *e, const edit_context *c, size_t n, float **out, engine_stop_fn stop, void *arg, char *err,
		size_t errlen);
/* The same keys from a file in dir, where engine_keys_save() left them for this model and these prompts: keys [n, n_ff]
 * are filled, or false. A cache: nothing is lost without it. */
bool engine_keys_load(const engine *e, const edit_context *c, size_t n, const char *dir, float *keys);
void engine_keys_save(const engine *e, const edit_context *c, size_t n, const char *dir, const float *keys);
/* Solves the edited layer from the base weights and all deltas at once and swaps it in; n = 0 restores the base. The
 * result does not depend on the order of deltas. preserve [n_preserve, n_ff] may be NULL. */
int engine_apply(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve, char *err,
		 size_t errlen);
/* The same into weights beside the edited ones, which only ENGINE_TRIAL reads: an edit is verified while the chat goes on
 * with what it had. engine_keep() makes them the edited ones; ENGINE_EARG when there are none since the last change. */
int engine_try(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve, char *err,
	       size_t errlen);
int engine_keep(engine *e);
uint64_t engine_layer_hash(const engine *e);      /* of the edited layer's bytes */
uint64_t engine_weights_version(const engine *e); /* grows with each engine_apply and engine_keep */

#endif
