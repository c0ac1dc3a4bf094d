/* AdamW (Loshchilov and Hutter 2019, algorithm 2). Pure functions, any thread. */
#ifndef RECIPE_ADAMW_H
#define RECIPE_ADAMW_H

#include <stddef.h>
#include <stdint.h>

typedef struct adamw {
	float lr, beta1, beta2, eps, decay;
	float grad_scale;    /* the gradient is multiplied by this first: clipping */
	float fix1, fix2;    /* 1 / (1 - beta^step), see adamw_make */
} adamw;

/* The trainer's constants (0.9, 0.98, 1e-8, decay 0.05) for update number step, counted from 1. */
adamw adamw_make(float lr, float grad_scale, uint64_t step);

/* Updates p [n] and its moments m, v [n] from the gradient g [n]; decay 0 switches weight decay off. */
void adamw_update(const adamw *a, int decay, float *p, float *m, float *v, const float *g, size_t n);

#endif
