/* Checkpoints of the trainer: everything that makes the next step what it would have been. */
#ifndef RECIPE_CKPT_H
#define RECIPE_CKPT_H

#include "net.h"

/* One stretch of the learning rate: warm-up, then cosine from lr to nearly 0. */
typedef struct ckpt_leg {
	double lr;
	double total;   /* tokens, or seconds when timed */
	double done;    /* of them, so far */
	uint64_t tokens; /* seen in this leg, for the warm-up */
	uint32_t timed;
	uint32_t warm_tokens;
} ckpt_leg;

typedef struct ckpt_state {
	net_config config;
	uint32_t batch; /* windows in a step */
	uint64_t seed, step, tokens;
	uint64_t epoch, window; /* the next window to train on */
	uint64_t data_tokens, data_docs; /* the set that epoch and window speak of */
	double ema, told_ema; /* smoothed loss; negative = none yet */
	double seconds; /* spent in training so far */
	ckpt_leg leg;
} ckpt_state;

/*
 * Writes path atomically (path.tmp, fsync, rename): state, then p, m and v, n floats each.
 * 0, or -1 with err; an older file at path is untouched then.
 */
int ckpt_save(const char *path, const ckpt_state *s, const float *p, const float *m, const float *v,
	      size_t n, char *err, size_t errlen);

/* Reads the state only. */
int ckpt_peek(const char *path, ckpt_state *s, char *err, size_t errlen);

/* Reads p, and m and v unless NULL, n floats each; n must be what was written. Checks the checksum. */
int ckpt_load(const char *path, ckpt_state *s, float *p, float *m, float *v, size_t n, char *err,
	      size_t errlen);

#endif
