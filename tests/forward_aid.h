/*
 * forward_aid: a model with what it takes to run it, and the logits of a whole sequence.
 */
#ifndef TESTS_FORWARD_AID_H
#define TESTS_FORWARD_AID_H

#include <stdio.h>
#include <stdlib.h>

#include "engine/engine_int.h"

typedef struct rig {
	model *m;
	pool *p;
	forward *f;
} rig;

static inline void rig_close(rig *r)
{
	forward_free(r->f);
	model_close(r->m);
	pool_free(r->p);
}

static inline bool rig_open(rig *r, const char *path, int precision, unsigned cpu, int threads)
{
	const engine_options o = { .precision = precision, .edit_layer = -1 };
	char err[256] = "";
	*r = (rig){ 0 };
	cpu &= cpu_features(~0u);
	bool ok = !pool_new(&r->p, threads) &&
		  !model_open(&r->m, path, &o, cpu, r->p, err, sizeof(err)) &&
		  !forward_new(&r->f, r->m, r->p, cpu);
	if (!ok) {
		printf("%s: %s\n", path, err);
		rig_close(r);
	}
	return ok;
}

/* Logits of every position, [n, n_vocab], malloc'd. */
static inline float *rig_logits(rig *r, const int32_t *tokens, size_t n)
{
	size_t d = r->m->hp.n_embd;
	kv_cache kv;
	float *x = malloc(n * d * sizeof(*x)), *logits = malloc(n * r->m->hp.n_vocab * sizeof(*x));
	if (kv_init(&kv, r->m, n) == 0) {
		forward_seq s = { .own = &kv, .n_rows = n };
		forward_args a = {
			.seqs = &s, .n_seqs = 1, .n_rows = n, .layer1 = r->m->hp.n_layer
		};
		if (forward_embed(r->f, tokens, n, x) || forward_layers(r->f, &a, x) ||
		    forward_logits(r->f, x, n, logits)) {
			free(logits);
			logits = NULL;
		}
		kv_release(&kv);
	}
	free(x);
	return logits;
}

static inline size_t argmax(const float *x, size_t n)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

#endif
