/*
 * bench_solve: the joint solve with more and more facts, by the system of the keys' size and by that of the inputs'
 * (engine/solve.h): wall seconds on one thread, as the engine has it, and the most bytes held beyond facts and metric.
 * Keys, deltas and the second moment's keys are random. The solve by the keys' system goes with a metric made of
 * MOMENT_KEYS keys, for which solve_facts() knows no other way; the one by the inputs' with the second moment of the very
 * same keys, so that both must find the same change, up to its rounding to floats. The metric is made once for a model and
 * is not timed. What would take more than 2 GB is left out. Usage: bench_solve [facts..., default 100 300 1000]
 */
#include <stdlib.h>
#include <time.h>

#include <cblas.h>

#include "engine/engine_int.h"
#include "engine/solve.h"
#include "tests/fault.h"
#include "tests/test.h"

enum { M = 1536, D = 256, KEYS = 10, KEEP = 500, MOMENT_KEYS = 1024, FACTS_MOST = 10000, SIZES_MOST = 16 };
static const double bytes_most = 2e9;

typedef struct problem {
	size_t n_facts;
	engine_delta *facts; /* [n_facts] */
	float *keys;         /* [n_facts * KEYS, M] */
	float *deltas;       /* [n_facts, D] */
	float *keep;         /* [KEEP, M] */
} problem;

typedef struct outcome {
	double seconds, bytes;
	solve_parts parts;
} outcome;

static double wall_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

__attribute__((noreturn)) static void give_up(const char *what)
{
	fprintf(stderr, "bench_solve: %s\n", what);
	exit(1);
}

static float *noise(rng *r, size_t n, size_t m)
{
	float *x = alloc_array(n, m, sizeof *x);

	if (!x)
		give_up("not enough memory");
	for (size_t i = 0; i < n * m; i++)
		x[i] = (float)rng_normal(r);
	return x;
}

/* ---- the problem ---- */

static problem problem_make(rng *r, size_t n)
{
	problem p = { .n_facts = n, .facts = alloc_array(n, 1, sizeof *p.facts) };

	p.keys = noise(r, n * KEYS, M);
	p.deltas = noise(r, n, D);
	p.keep = noise(r, KEEP, M);
	if (!p.facts)
		give_up("not enough memory");
	for (size_t i = 0; i < n; i++)
		p.facts[i] = (engine_delta){ .keys = p.keys + i * KEYS * M, .delta = p.deltas + i * D, .n_keys = KEYS };
	return p;
}

static void problem_release(problem *p)
{
	free(p->facts);
	free(p->keys);
	free(p->deltas);
	free(p->keep);
}

static size_t columns_of(size_t n_facts)
{
	return n_facts * KEYS + KEEP;
}

/* ---- the two ways ---- */

/* What solve_facts() would take; n: as in columns_of(). */
static double keys_bytes(size_t n_facts)
{
	double n = (double)columns_of(n_facts);

	return sizeof(double) * n * (n + M + (double)n_facts + MOMENT_KEYS);
}

static void by_solve_facts(const solve_metric *a, const problem *p, outcome *out)
{
	solve_options opt = solve_options_default();

	opt.ridge_full = opt.ridge; /* solve_many() is called as it is */
	char err[256] = "";
	double begun;

	fault_watch();
	begun = wall_now();
	if (solve_facts(&out->parts, a, D, p->facts, p->n_facts, p->keep, KEEP, &opt, err, sizeof err))
		give_up(err);
	out->seconds = wall_now() - begun;
	out->bytes = (double)fault_peak();
}

/* Where the keys are so few that solve_facts() goes by their system: what it would do otherwise. */
static void by_solve_many(const solve_metric *a, const problem *p, outcome *out)
{
	solve_options opt = solve_options_default();

	opt.ridge_full = opt.ridge; /* solve_many() is called as it is */
	size_t n = columns_of(p->n_facts);
	double *k, begun;
	size_t *of;

	fault_watch();
	begun = wall_now();
	k = alloc_array(n, M, sizeof *k);
	of = alloc_array(n, 1, sizeof *of);
	out->parts = (solve_parts){ .m = M, .d = D, .n = p->n_facts };
	out->parts.left = alloc_array(p->n_facts, M, sizeof(double));
	out->parts.right = alloc_array(D, p->n_facts, sizeof(double));
	if (!k || !of || !out->parts.left || !out->parts.right)
		give_up("not enough memory");
	for (size_t j = 0; j < n; j++) {
		const float *key = j < p->n_facts * KEYS ? p->keys + j * M : p->keep + (j - p->n_facts * KEYS) * M;

		for (size_t i = 0; i < M; i++)
			k[j * M + i] = (double)key[i];
		of[j] = j < p->n_facts * KEYS ? j / KEYS : SIZE_MAX;
	}
	for (size_t j = 0; j < p->n_facts; j++)
		for (size_t i = 0; i < D; i++)
			out->parts.right[i * p->n_facts + j] = (double)p->deltas[j * D + i];
	if (solve_many(a, k, n, of, p->n_facts, &opt, out->parts.left))
		give_up("the facts' keys could not be told apart");
	free(k);
	free(of);
	out->seconds = wall_now() - begun;
	out->bytes = (double)fault_peak();
}

/* ---- the table ---- */

/* |one - other| / |other| of the two changes [D, M], Frobenius. */
static double difference(const solve_parts *one, const solve_parts *other)
{
	double *x = alloc_array(D, M, sizeof *x), *y = alloc_array(D, M, sizeof *y), sum = 0, of = 0;

	if (!x || !y)
		give_up("not enough memory");
	solve_rows(one, 0, D, x);
	solve_rows(other, 0, D, y);
	for (size_t i = 0; i < (size_t)D * M; i++) {
		sum += (x[i] - y[i]) * (x[i] - y[i]);
		of += y[i] * y[i];
	}
	free(x);
	free(y);
	return sqrt(sum / of);
}

static void bytes_cell(double bytes)
{
	if (fault_available())
		printf(" %.1f |", 1e-6 * bytes);
	else
		printf(" - |");
}

static void row(const solve_metric *keys, const solve_metric *inputs, rng *r, size_t n_facts)
{
	problem p = problem_make(r, n_facts);
	const bool chosen = columns_of(n_facts) > M, skipped = keys_bytes(n_facts) > bytes_most;
	outcome a = { 0 }, b = { 0 };

	printf("| %zu | %zu | %s |", n_facts, columns_of(n_facts), chosen ? "inputs'" : "keys'");
	fflush(stdout);
	if (chosen)
		by_solve_facts(inputs, &p, &b);
	else
		by_solve_many(inputs, &p, &b);
	if (!skipped)
		by_solve_facts(keys, &p, &a);
	if (skipped) {
		printf(" - | %.1f, left out |", 1e-6 * keys_bytes(n_facts));
	} else {
		printf(" %.3f |", a.seconds);
		bytes_cell(a.bytes);
	}
	printf(" %.3f |", b.seconds);
	bytes_cell(b.bytes);
	if (skipped)
		printf(" - |\n");
	else
		printf(" %.1e |\n", difference(&a.parts, &b.parts));
	fflush(stdout);
	solve_parts_release(&a.parts);
	solve_parts_release(&b.parts);
	problem_release(&p);
}

/* The second moment of x [MOMENT_KEYS, M] -> [M, M]. */
static float *moment_of(const float *x)
{
	float *c = alloc_array(M, M, sizeof *c);

	if (!c)
		give_up("not enough memory");
	openblas_set_num_threads(1);
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, M, MOMENT_KEYS, 1.0f / MOMENT_KEYS, x, M, x, M, 0, c, M);
	return c;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = { "100", "300", "1000" };
	solve_options opt = solve_options_default();

	opt.ridge_full = opt.ridge; /* solve_many() is called as it is */
	const size_t n = argc > 1 ? (size_t)argc - 1 : sizeof usual / sizeof *usual;
	size_t facts[SIZES_MOST];
	solve_metric keys, inputs;
	char err[256] = "";
	float *x, *c;
	rng r;

	for (size_t i = 0; i < n && i < SIZES_MOST; i++)
		facts[i] = strtoul(argc > 1 ? argv[i + 1] : usual[i], NULL, 10);
	for (size_t i = 0; i < n; i++)
		if (i >= SIZES_MOST || !facts[i] || facts[i] > FACTS_MOST)
			give_up("takes numbers of facts, 16 at most, each from 1 to 10000");
	rng_seed(&r, 1);
	x = noise(&r, MOMENT_KEYS, M);
	c = moment_of(x);
	if (solve_metric_init_keys(&keys, x, MOMENT_KEYS, M, &opt, err, sizeof err) ||
	    solve_metric_init(&inputs, c, M, &opt, err, sizeof err))
		give_up(err);
	free(c);
	printf("Layer %d x %d, %d keys a fact, %d preservation keys; one thread.\n\n"
	       "| facts | keys | solve_facts() takes the system of the | keys': s | MB | inputs': s | MB | difference |\n"
	       "|---|---|---|---|---|---|---|---|\n", D, M, KEYS, KEEP);
	for (size_t i = 0; i < n; i++)
		row(&keys, &inputs, &r, facts[i]);
	solve_metric_release(&keys);
	solve_metric_release(&inputs);
	free(x);
	return 0;
}
