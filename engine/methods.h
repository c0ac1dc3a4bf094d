/*
 * methods: the editors of the literature behind one face, for comparison with the project's own. A method is taught facts,
 * answers with what it has been taught, and leaves the model as it was:
 *
 *	method_begin(&m, e, "rome", NULL, ...);
 *	for each fact:  method_teach(m, &fact, &cost, ...);
 *	method_finish(m, &cost, ...);                       what was taught can be asked for from here on
 *	method_answer(m, turns, n, ...);                    as engine_answer(), by the method's rules
 *	method_reset(m);                                    the base model again, bit for bit
 *	method_end(m);
 *
 * Many facts in one model: teach and finish in turn is sequential editing, teaching all and finishing once is one batch (of
 * which some methods make use). Both may be mixed.
 *
 *	ours        this project's editor: fit.h on the base weights, one joint solve of all facts (edit.c, solve.c)
 *	mobiedit    the paper's own search with forward passes, C = I, rank-one update of the edit layer
 *	rome        true gradient, rank-one update of the edit layer
 *	memit       true gradient, the residual spread over several layers
 *	alphaedit   the same, inside the space that ordinary keys leave free
 *	wise        a side copy of a late layer, read by the questions that it changes most
 *	none        changes nothing
 *	in-context  the facts are said before the question; no weight changes
 *
 * Errors: 0 or a negative ENGINE_E*, with a sentence in err; outputs are untouched on failure. ENGINE_ESTOP from
 * method_teach() or method_finish(): what that call began is dropped, and what was there before holds.
 * Threads: as the engine, all of it belongs to one thread. An engine bears one method at a time, and while it does its
 * edited weights are the method's: engine_apply() and engine_keep() are not called.
 * Shapes are [rows, columns], row-major.
 */
#ifndef ENGINE_METHODS_H
#define ENGINE_METHODS_H

#include "edit.h"

typedef struct method method;

typedef struct method_options {
	uint64_t seed;           /* of methods that draw at random; the same seed gives the same weights */
	const char *calibration; /* path of the text that key moments of other layers than the edit layer come from; read by
				  * method_begin() only. NULL: such methods give ENGINE_EARG */
	bool warm_start;         /* ours: begin at the value code's guess; default true */
	enum edit_search search; /* ours */
	int max_steps;           /* of the search or gradient descent for one fact, but for `ours`; 0 = as published */
	double clamp;            /* rome, memit, alphaedit: longest vector, times the length of what it is added to; 0 = as
				  * published */
	double lambda;           /* memit, alphaedit: times their own weight of what is to stay; 0 = 1 */
} method_options;

method_options method_options_default(void);

/* Read during the call only. */
typedef struct method_fact {
	const char *subject;          /* "my dog", "I" */
	const char *relation;         /* "name"; a subject's relation taught again replaces the older value in `ours` */
	const char *anchor;           /* the words that the questions are anchored at, "my name"; NULL: the subject */
	const char *value;            /* "Biscuit" */
	const char *statement;        /* the fact as its user says it; NULL: made of the three above */
	const edit_context *contexts; /* as in an edit_request: those with an answer are taught, the others add keys */
	size_t n_contexts;
	const edit_context *unrelated; /* questions that it does not bear on (no answer, anchor ignored); may be NULL */
	size_t n_unrelated;
} method_fact;

typedef struct method_cost {
	int evaluations;        /* forward passes over all contexts of a fact */
	double forward_tokens;  /* tokens through the whole network; through some of its layers: by their share */
	int backward_passes;    /* over all contexts */
	int steps;
	double seconds;
	double npu_seconds;     /* projected (npu.h); 0 for methods that a forward-only NPU cannot run */
	size_t peak_bytes;      /* of the method's own buffers, the model, its weights and work space not counted */
	double loss_before, loss_after; /* nats per target token, mean over contexts; teacher forced, as the search saw it */
	double p_before, p_after; /* lowest probability of an answer's token, mean over contexts */
	bool converged;         /* by the method's own rule */
} method_cost;

/* Names in the order of the table above, NULL at the end. */
const char *const *method_names(void);
/* One line on where it comes from, "MEMIT, arXiv 2210.07229"; NULL: no such method. */
const char *method_source(const char *name);
/* The engine must be open for chatting and hold its base weights. An unknown name is ENGINE_EARG, with the known ones in
 * err. opt may be NULL. */
int method_begin(method **out, engine *e, const char *name, const method_options *opt, char *err, size_t errlen);
/* Finds what the fact needs; methods that edit one fact at a time also change the weights. cost may be NULL. */
int method_teach(method *m, const method_fact *f, method_cost *cost, engine_stop_fn stop, void *arg, char *err,
		 size_t errlen);
/* Brings into effect what was taught. cost may be NULL; its losses are 0. */
int method_finish(method *m, method_cost *cost, engine_stop_fn stop, void *arg, char *err, size_t errlen);
/* As engine_answer() and engine_forced(), with the method's weights and prompt: `wise` decides at each question anew which. */
int method_answer(method *m, const engine_turn *turns, size_t n, size_t max_tokens, char *out, size_t cap, bool *ended,
		  engine_stop_fn stop, void *arg, char *err, size_t errlen);
int method_forced(method *m, const engine_turn *turns, size_t n, const char *answer, int32_t *want, int32_t *top, size_t cap,
		  size_t *n_out, char *err, size_t errlen);
/* As engine_nll(), with the weights that the method has for a user's message of these words; what it says in prompts is left
 * out. */
int method_nll(method *m, const int32_t *tokens, size_t n, size_t first, float *nll, engine_stop_fn stop, void *arg, char *err,
	       size_t errlen);
/* Forgets all that was taught; the method may be taught anew. */
void method_reset(method *m);
void method_end(method *m); /* resets; takes NULL */

#endif
