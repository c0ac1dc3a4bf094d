/* The loop is plain C that compilers turn into vectors; __attribute__ only lets sqrtf be one. */
#include "adamw.h"

#include <math.h>

adamw adamw_make(float lr, float grad_scale, uint64_t step)
{
	adamw a = { .lr = lr, .beta1 = 0.9f, .beta2 = 0.98f, .eps = 1e-8f, .decay = 0.05f,
		    .grad_scale = grad_scale };

	a.fix1 = (float)(1 / (1 - pow((double)a.beta1, (double)step)));
	a.fix2 = (float)(1 / (1 - pow((double)a.beta2, (double)step)));
	return a;
}

__attribute__((optimize("O3,no-math-errno,no-trapping-math"))) void
adamw_update(const adamw *a, int decay, float *restrict p, float *restrict m, float *restrict v,
	     const float *restrict g, size_t n)
{
	const float b1 = a->beta1, b2 = a->beta2, scale = a->grad_scale, eps = a->eps;
	const float rate = a->lr * a->fix1, fix2 = a->fix2;
	const float keep = decay ? 1.f - a->lr * a->decay : 1.f;

	for (size_t i = 0; i < n; i++) {
		float x = g[i] * scale;
		float mi = b1 * m[i] + (1.f - b1) * x, vi = b2 * v[i] + (1.f - b2) * x * x;

		m[i] = mi;
		v[i] = vi;
		p[i] = p[i] * keep - rate * mi / (sqrtf(vi * fix2) + eps);
	}
}
