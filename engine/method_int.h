/* method_int: what the files of the methods share. */
#ifndef ENGINE_METHOD_INT_H
#define ENGINE_METHOD_INT_H

#include "engine_int.h"
#include "methods.h"

/* What a question is asked with. */
typedef struct method_prompt {
	const engine_turn *turns;
	size_t n;
	enum engine_weights weights;
	engine_turn *own; /* freed by methods.c, or NULL */
} method_prompt;

/* Functions may be NULL where there is nothing to do. While teach and finish run, m->cost counts what the engine does not
 * see: evaluations, backward passes, steps, losses, bytes; methods.c adds time and forward tokens. */
typedef struct method_kind {
	const char *name, *source;
	bool edits_weights;
	int (*begin)(method *m, char *err, size_t errlen);
	int (*teach)(method *m, const method_fact *f, char *err, size_t errlen);
	int (*finish)(method *m, char *err, size_t errlen);
	int (*prompt)(method *m, method_prompt *p, char *err, size_t errlen); /* changes p where need be */
	void (*reset)(method *m); /* its own state; the weights are taken back by methods.c */
	void (*end)(method *m);   /* frees m->state; after reset */
} method_kind;

struct method {
	const method_kind *kind;
	engine *e;
	method_options opt; /* without its strings once begun */
	void *state;

	/* of the call that is running */
	method_cost cost;
	engine_stop_fn stop;
	void *arg;
};

extern const method_kind method_ours, method_mobiedit, method_rome, method_memit, method_alphaedit, method_wise,
	method_none, method_in_context;

/* The fact as a sentence, malloc'd; NULL: no memory. */
char *method_statement(const method_fact *f);
void method_bytes(method *m, size_t bytes); /* raises the peak */
int method_memory(char *err, size_t errlen); /* says that there is not enough; ENGINE_ENOMEM */

#endif
