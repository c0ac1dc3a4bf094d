/*
 * edit_int: what the editor's files share.
 *
 * A case is one context made ready: its tokens, its targets, and what the edited vector cannot
 * change. Attention is causal and the vector enters at the output of the edit layer l at the
 * anchor, so everything up to layer l, and every position before the anchor, is computed once:
 *
 *	             0 .. anchor-1      anchor .. n_tokens-1
 *	layers 0..l  done, not kept     done; x = residual leaving layer l is kept
 *	layers > l   K/V kept in kv     run for every candidate vector
 */
#ifndef ENGINE_EDIT_INT_H
#define ENGINE_EDIT_INT_H

#include <time.h>

#include "engine_int.h"
#include "npu.h"
#include "reading.h"

/* ---- edit_contexts.c ---- */

typedef struct edit_case {
	int32_t *tokens;   /* [n_tokens]: the prompt, then the targets but the last */
	size_t n_tokens, n_prompt, anchor;
	int32_t *targets;  /* [n_targets]: the answer and the end of turn */
	size_t n_targets;  /* 0: the case gives a key only, and tokens end at the anchor */
	size_t value;      /* the target in which the value begins */
	enum engine_weights weights; /* that it is filled with: edit_case_init() says the base */

	/* edit_case_fill */
	kv_cache kv;
	float *x;          /* [n_tokens - anchor, n_embd] */
} edit_case;

/* Tokenises. c is released by the caller also on failure. */
int edit_case_init(edit_case *c, const engine *e, const edit_context *ctx, char *err,
		   size_t errlen);
void edit_case_release(edit_case *c);
/* What filling it costs a phone is added to *work. */
void edit_case_count(const edit_case *c, const model *m, npu_tally *work);
double edit_length(const float *v, size_t n); /* Euclidean, of v [n] */
/* What an edit's lengths are measured by: the layer's own output, or a tenth of the residual stream it goes into. */
double edit_unit(double own, double residual);
size_t edit_case_bytes(const edit_case *c, const model *m); /* of memory, once filled */
/* Runs what never changes. key [n_ff]: input of the down-projection at the anchor; *v_norm: length
 * of its output there, as edit_unit() has it. ENGINE_ESTOP: nothing is kept, call again. */
int edit_case_fill(edit_case *c, engine *e, float *key, double *v_norm, engine_stop_fn stop,
		   void *arg);

/* ---- edit_guess.c ---- */

/* The value code's first guesses at a vector. */
typedef struct edit_guess {
	float *vector;     /* [n, d]: one per bank */
	float *parts;      /* [n, n_parts, d]: what each token of the value adds to it */
	size_t n, n_parts; /* n 0: there is no code, or none is wanted */
} edit_guess;

enum { EDIT_VALUE_TOKENS = 16 };

/* Reads the value's text with the space before it that it has inside an answer. */
int edit_guess_init(edit_guess *g, const engine *e, const char *value, char *err, size_t errlen);
void edit_guess_release(edit_guess *g);

/* ---- edit_search.c: fit.h or search.h behind one face ---- */

typedef struct edit_searcher edit_searcher;

typedef struct edit_searcher_options {
	enum edit_search kind;
	size_t d, m;       /* dimensions, target tokens */
	double scale;      /* unit of length */
	double reach, probe; /* FIT: longest step and probe / scale; 0 = default */
	double clamp;      /* largest length / scale; 0 = none */
	int directions;    /* 0 = default */
	int max_steps;
	int evaluations;   /* that it may take */
	bool near;         /* GRADIENT: begins near the goal, with shorter steps */
	uint64_t seed;
} edit_searcher_options;

/* x0 [d], resid0 [m], loss0: there. o->max_steps is lowered to what the evaluations allow. */
int edit_searcher_new(edit_searcher **out, edit_searcher_options *o, const float *x0, const double *resid0,
		      double loss0);
void edit_searcher_free(edit_searcher *s); /* takes NULL */
/* As search_ask() and search_tell(). A batch has at most EDIT_BATCH_MAX points. */
enum { EDIT_BATCH_MAX = 2 * 64 };
size_t edit_searcher_ask(const edit_searcher *s, float *points);
void edit_searcher_tell(edit_searcher *s, const double *resid, const double *loss);
int edit_searcher_step(const edit_searcher *s);
size_t edit_searcher_bytes(const edit_searcher *s); /* of its tables */
/* How many directions make a step of so many evaluations, tries counted; at least 1. */
int edit_search_directions(enum edit_search kind, size_t d, int evaluations);
/* x [d] without the share `by` of what nothing depends on -> out [d]; false: this kind does not know. */
bool edit_searcher_shorter(edit_searcher *s, const float *x, double by, float *out);

/* ---- edit_score.c ---- */

typedef struct edit_score {
	double nll;   /* nats per target token, mean over cases */
	double p;     /* lowest probability of a target token, mean over cases */
	double p_min; /* the same, lowest over cases */
	bool top;     /* every target token is the most probable */
} edit_score;

typedef struct edit_scorer edit_scorer;

/* Borrows the cases (all filled and with targets). exact_cache false: every evaluation runs whole
 * sequences from the embedding. */
int edit_scorer_new(edit_scorer **out, engine *e, const edit_case *cases, size_t n_cases,
		    bool exact_cache);
void edit_scorer_free(edit_scorer *s); /* takes NULL */
size_t edit_scorer_rows(const edit_scorer *s);    /* that one evaluation runs */
size_t edit_scorer_targets(const edit_scorer *s); /* target tokens of all cases */
const npu_tally *edit_scorer_work(const edit_scorer *s); /* what all runs so far would cost a phone */
size_t edit_scorer_bytes(const edit_scorer *s);
/* score [n], resid [n, targets] = -log p of each target token and hidden [n, targets, n_embd] = the residual stream that
 * predicts it, as it leaves the last layer (either may be NULL), of candidate vectors deltas [n, n_embd], in one batch where memory and the time between two polls of stop allow. *npu_seconds grows by the projected time.
 * On ENGINE_ESTOP
 * score, resid and hidden hold nothing, and *npu_seconds is as it was. */
int edit_scorer_run(edit_scorer *s, const float *deltas, size_t n, edit_score *score, double *resid, float *hidden,
		    double *npu_seconds, engine_stop_fn stop, void *arg);

/* ---- edit_read.c, for practice.c ---- */

/* Reads by these maps instead of the engine's, or by none; before the first edit_run(). r outlives the edit. */
void edit_read_by(edit *ed, const reading *r);
/* Instead of edit_run(): probes every dimension at the vector `at` [n_embd] and adds what it saw to r, and to its evaluations.
 * ENGINE_ESTOP: call again. */
int edit_measure(edit *ed, const float *at, reading *r, engine_stop_fn stop, void *arg);

/* ---- edit.c, as asked from outside ---- */

npu_tally edit_work(const edit *ed); /* what it would cost a phone so far */
size_t edit_bytes(const edit *ed);   /* of memory that it holds */

/* ---- the edit itself ---- */

enum { EDIT_HIDDEN_BATCH = 16 };
_Static_assert(1 + VALUE_CODE_BANKS_MAX <= EDIT_HIDDEN_BATCH, "step_start() looks into hidden at any bank's");

enum edit_phase { PHASE_KEYS, PHASE_START, PHASE_SCALES, PHASE_CODE, PHASE_READ, PHASE_SEARCH, PHASE_TRIM, PHASE_SHRINK, PHASE_DONE };

struct edit {
	engine *e;
	edit_request req; /* numbers only; its pointers are not kept */
	edit_case *cases; /* [n_cases]: those with answers, then those that give a key only */
	size_t n_cases, n_answered, d;
	edit_guess guess;
	size_t bank;      /* of the best guess */
	uint64_t seed;

	enum edit_phase phase;
	size_t case_next;      /* keys: the case to fill next */
	double v_sum, v;       /* of |v| at the anchors; their mean */
	edit_scorer *scorer;
	edit_searcher *search, *code;
	const reading *reading; /* NULL: none is read by */
	reader *reader;
	bool practice;         /* the vector found is trimmed, but not scaled down */
	size_t measured;       /* edit_measure: dimensions done */
	int max_steps;
	double stall_loss;     /* search: the loss at step stall_step, and since then not much less */
	int stall_step;
	int shrink_round;
	double shrink_low, shrink_high; /* fails (or too short to try), passes */
	float *whole;          /* [d]: what shrinks */

	/* The best vector so far: one that passes, or the one of lowest loss. */
	float *best;           /* [d] */
	edit_score best_score;
	double *best_resid;    /* [m] */
	double best_loss;
	bool passed;

	/* One batch. */
	float *points;         /* [points_max, d] */
	size_t points_max;
	edit_score *scores;    /* [points_max] */
	double *losses;        /* [points_max] */
	double tried;          /* mean of the scores' nll */
	double *resid;         /* [points_max, m]: of every target token, -log p */
	float *hidden;         /* [EDIT_HIDDEN_BATCH, m, d]: filled by batches that are no larger; NULL: not wanted */
	float *hidden_base;    /* [m, d]: edit_measure: normed, at the vector found */
	size_t m;

	edit_result result;
	npu_tally filled;      /* keys: what it would cost a phone */
	struct timespec since; /* entry into edit_run */
	double seconds;        /* before that */
};

typedef struct edit_caller {
	edit_progress_fn progress;
	engine_stop_fn stop;
	void *arg;
} edit_caller;

/* ---- edit_phase.c ---- */

/* One batch of the phase that the edit is in. ENGINE_ESTOP: the state is as it was. */
int edit_step(edit *ed, const edit_caller *by);
int edit_step_keys(edit *ed, const edit_caller *by);
int edit_hidden_init(edit *ed);
/* points[k] = scale * v [d] */
void edit_point_scaled(edit *ed, size_t k, const float *v, double scale);
/* Evaluates points [n, d] into scores and losses. ENGINE_ESTOP: call again. */
int edit_evaluate(edit *ed, size_t n, const edit_caller *by);
/* Keeps the best of the batch: a vector that passes goes before one that does not. */
void edit_note_batch(edit *ed, size_t n);
void edit_note_gain(edit *ed, double loss, int step); /* stall_loss and stall_step, where it is much less */
int edit_search_begin(edit *ed);                      /* from the best vector so far */
void edit_found(edit *ed, enum edit_phase next);      /* the best vector passes */
void edit_rest(edit *ed);                             /* pauses, where that was asked for */

/* ---- edit_read.c ---- */

/* From point k of the batch. */
int edit_read_begin(edit *ed, size_t k);
int edit_step_read(edit *ed, const edit_caller *by);

#endif
