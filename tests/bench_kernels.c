/*
 * bench_kernels: the quantised product at the shapes of Qwen2.5-0.5B's and -3B's matrices, with every
 * table that this processor can run, on one thread in CPU time (so that other work on the machine
 * matters little). Prints Markdown: billions of operations a second, a multiplication and an addition
 * for each weight and row of x, and the share of what the multiplier used could do at best, measured
 * here too: where activations are split in two bytes (every table but AVX2's and plain NEON's) that is
 * half its int8 rate. Usage: bench_kernels [seconds a figure, default 0.2 [table...]]
 */
#include <stdlib.h>
#include <time.h>

#include "engine/kernels.h"
#include "tests/test.h"

static double budget = 0.2;

static double cpu_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Shortest of repeated runs, in seconds. */
static double fastest(void (*fn)(const void *), const void *arg)
{
	double best = 1e9, start = cpu_now(), now = start;
	fn(arg);
	do {
		double from = cpu_now();
		fn(arg);
		now = cpu_now();
		best = now - from < best ? now - from : best;
	} while (now - start < budget);
	return best;
}

/* ---- the multiplier at its best ---- */

enum { PEAK_STEPS = 200000 };
static volatile uint64_t sink; /* so that nothing is left out */

static void peak_run(const void *arg)
{
	const kernels *k = arg;
	sink = k->peak(PEAK_STEPS);
}

/* Operations a second that a table could do at best; 0: not known. Measured longer than a product: it is what they
 * are compared with, and a core takes a while to its full clock. */
static double peak(const kernels *k)
{
	double best = 1e9;
	for (int i = 0; k->peak && i < 8; i++)
		best = fmin(best, fastest(peak_run, k));
	return k->peak ? 2 * (double)k->peak_step * PEAK_STEPS / best : 0;
}

/* ---- the product ---- */

typedef struct product {
	const kernels *k;
	linear l;
	gemm_args g;
	float *x, *x_scale, *y;
	void *packed;
} product;

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

/* Nothing is left at zero: fresh pages of zeros would all be one page in the cache. */
static void fill(void *p, size_t bytes)
{
	static uint64_t x = 1;
	for (size_t i = 0; i + 8 <= bytes; i += 8) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		memcpy((char *)p + i, &x, 8);
	}
}

static product product_new(size_t rows, size_t cols, size_t n)
{
	size_t blocks = kernel_blocks(rows);
	product p = { .l = { .rows = rows, .cols = cols } };
	p.l.q = need(alloc_array(blocks, kernel_block_bytes(cols), 1));
	p.l.scale = need(alloc_array(blocks, KERNEL_ROWS, sizeof(float)));
	p.x = need(alloc_array(n, cols, sizeof(float)));
	p.x_scale = need(alloc_array(n, 1, sizeof(float)));
	p.y = need(alloc_array(n, rows, sizeof(float)));
	p.packed = need(alloc_array(n, kernel_cols(cols), sizeof(int16_t)));
	fill(p.l.q, blocks * kernel_block_bytes(cols));
	for (size_t i = 0; i < rows; i++)
		p.l.scale[i] = 1e-3f;
	for (size_t i = 0; i < n; i++)
		p.x_scale[i] = 1e-3f;
	for (size_t i = 0; i < n * cols; i++)
		p.x[i] = (float)((double)(i * 7919 % 65535) - 32767);
	return p;
}

static void product_free(product *p)
{
	free(p->l.q);
	free(p->l.scale);
	free(p->x);
	free(p->x_scale);
	free(p->y);
	free(p->packed);
}

static void product_run(const void *arg)
{
	const product *p = arg;
	p->k->gemm_q(&p->g);
}

/* Operations a second. */
static double product_rate(product *p, const kernels *k, size_t n)
{
	size_t cols = p->l.cols, bytes = kernel_cols(cols) * sizeof(int16_t);
	for (size_t t = 0; t < n; t++)
		k->quantise(p->x + t * cols, cols, 1.0f, (char *)p->packed + t * bytes);
	p->k = k;
	p->g = (gemm_args){ .l = &p->l,
			    .block1 = kernel_blocks(p->l.rows),
			    .x = p->packed,
			    .x_scale = p->x_scale,
			    .n = n,
			    .y = p->y,
			    .y_stride = p->l.rows };
	return 2 * (double)p->l.rows * (double)cols * (double)n / fastest(product_run, p);
}

/* ---- the table ---- */

enum { TABLES_MAX = 8 };

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc <= 2;
}

/* Every table that can run and was asked for, once. */
static size_t tables_find(kernels *k, int argc, char **argv)
{
	size_t n = 0;
	for (const cpu_set *s = cpu_sets; s->name; s++) {
		size_t i = 0;
		kernels_init(&k[n], cpu_features(s->mask));
		while (i < n && strcmp(k[i].name, k[n].name))
			i++;
		if (i == n && n + 1 < TABLES_MAX && wanted(k[n].name, argc, argv))
			n++;
	}
	return n;
}

static void print_head(const kernels *k, size_t n_tables, double *best)
{
	printf("| weights | rows of x |");
	for (size_t i = 0; i < n_tables; i++)
		printf(" %s |", k[i].name);
	printf("\n|---|---:|");
	for (size_t i = 0; i < n_tables; i++)
		printf("---:|");
	printf("\n| multiplier at best | |");
	for (size_t i = 0; i < n_tables; i++) {
		best[i] = peak(&k[i]);
		if (best[i] > 0)
			printf(" %.0f |", best[i] * 1e-9);
		else
			printf(" |");
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	static const size_t shapes[][2] = { { 896, 4864 },   { 4864, 896 },  { 2048, 2048 },
					    { 2048, 11008 }, { 11008, 2048 }, { 16384, 896 } };
	static const size_t ns[] = { 1, 8, 48, 256 };
	kernels k[TABLES_MAX];
	double best[TABLES_MAX];
	budget = argc > 1 ? atof(argv[1]) : budget;
	size_t n_tables = tables_find(k, argc, argv);
	print_head(k, n_tables, best);
	for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
		product p = product_new(shapes[s][0], shapes[s][1], 256);
		for (size_t j = 0; j < sizeof(ns) / sizeof(*ns); j++) {
			printf("| %zu x %zu | %zu |", shapes[s][0], shapes[s][1], ns[j]);
			for (size_t i = 0; i < n_tables; i++) {
				double rate = product_rate(&p, &k[i], ns[j]);
				printf(best[i] > 0 ? " %.1f (%.0f %%) |" : " %.1f |", rate * 1e-9,
				       100 * rate / best[i]);
				fflush(stdout);
			}
			printf("\n");
		}
		product_free(&p);
	}
	return 0;
}
