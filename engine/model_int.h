/*
 * model_int: what the files that open a model share.
 */
#ifndef ENGINE_MODEL_INT_H
#define ENGINE_MODEL_INT_H

#include "engine_int.h"

/* What loading needs to pass around. */
typedef struct model_loader {
	model *m;
	const char *path;
	int precision;
	unsigned cpu;
	pool *pool;
	char *err;
	size_t errlen;
	const engine_options *told; /* how it goes, or NULL */
} model_loader;

#define FAIL(ld, code, ...) fail((ld)->err, (ld)->errlen, code, __VA_ARGS__)

/* ---- model_hparams.c ---- */

/* Fills ld->m->hp, all but n_vocab and tied_output, which the tensors tell; ld->m->file is open. */
int model_hparams_read(model_loader *ld);

#endif
