/*
 * peak: what this machine could do at most: the dot products of the widest unit that the kernels in
 * use have, from registers, and reading memory, on all threads. A yardstick for measurements.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"

enum { PEAK_ROUNDS = 5, READ_BYTES = 256 << 20 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct peak_job {
	const kernels *kern;
	size_t steps;
	const float *from; /* [n] */
	size_t n;
	_Atomic uint64_t sum; /* so that nothing is left out */
} peak_job;

static void ops_part(void *arg, int i, int n)
{
	peak_job *j = arg;

	(void)i;
	(void)n;
	j->sum += j->kern->peak(j->steps);
}

static void read_part(void *arg, int i, int n)
{
	peak_job *j = arg;
	size_t share = j->n / (size_t)n;

	j->sum += (uint64_t)j->kern->absmax(j->from + share * (size_t)i, share);
}

/* Shortest of some runs, seconds. */
static double best(pool *p, void (*fn)(void *, int, int), peak_job *j)
{
	double best = 1e9;

	for (int i = 0; i < PEAK_ROUNDS; i++) {
		double start = now();

		pool_run(p, fn, j);
		double s = now() - start;

		best = s < best ? s : best;
	}
	return best;
}

int engine_peak(engine *e, double *products, double *bytes)
{
	kernels k;
	size_t size = 0;

	if (!e->pool)
		return ENGINE_EARG; /* opened for its tokens */
	float *p = pages_new(READ_BYTES, 1, &size);

	if (!p)
		return ENGINE_ENOMEM;
	kernels_init(&k, e->cpu);
	pages_prefer_huge(p, size);
	memset(p, 1, size);
	peak_job j = { .kern = &k, .steps = 4000000, .from = p, .n = size / sizeof(*p) };
	double threads = (double)pool_size(e->pool);

	/* steps * what one step does, on every thread */
	*products = k.peak ? threads * (double)j.steps * (double)k.peak_step / best(e->pool, ops_part, &j) : 0;
	*bytes = (double)size / best(e->pool, read_part, &j);
	pages_free(p, size);
	return ENGINE_OK;
}
