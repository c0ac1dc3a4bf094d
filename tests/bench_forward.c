/*
 * bench_forward: how fast the forward pass is at the shapes that editing and chatting use, on one
 * thread in CPU time (so that other work on the machine matters little) and as a share of the
 * measured peak of the dot-product unit. Usage: bench_forward [seconds per line, default 0.3]
 */
#include <stdlib.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/kernels.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static double budget = 0.3;

static double cpu_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Shortest of repeated runs, in seconds. */
static double fastest(void (*fn)(void *), void *arg)
{
	double best = 1e9, start = cpu_now(), now = start;
	fn(arg);
	while (now - start < budget) {
		double from = cpu_now();
		fn(arg);
		now = cpu_now();
		best = now - from < best ? now - from : best;
	}
	return best;
}

/* ---- peak ---- */

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vnni"))) static void peak_run(void *arg)
{
	__m512i acc[12], a = _mm512_set1_epi32(*(int *)arg), b = a;
	for (int i = 0; i < 12; i++)
		acc[i] = a;
	for (int n = 0; n < 100000; n++) {
#pragma GCC unroll 12
		for (int i = 0; i < 12; i++)
			acc[i] = _mm512_dpbusd_epi32(acc[i], a, b);
		__asm__ volatile("" : "+v"(a), "+v"(b));
	}
	for (int i = 1; i < 12; i++)
		acc[0] = _mm512_add_epi32(acc[0], acc[i]);
	*(int *)arg = _mm512_reduce_add_epi32(acc[0]);
}
#endif

/* Products a second of int16 x int8 that the unit could do: half of its int8 ones. */
static double peak(unsigned cpu)
{
#if defined(__x86_64__)
	int x = 1;
	if (cpu & CPU_VNNI)
		return 12 * 100000.0 * 64 / 2 / fastest(peak_run, &x);
#endif
	(void)cpu;
	return 0;
}

/* ---- kernels ---- */

static void product_run(void *arg)
{
	struct {
		const kernels *k;
		gemm_args g;
	} *a = arg;
	(a->g.x_scale ? a->k->gemm_q : a->k->gemm_f)(&a->g);
}

static void bench_product(const kernels *k, size_t rows, size_t cols, size_t n, bool quantised,
			  double top)
{
	linear l = { .rows = rows, .cols = cols };
	float *scale = alloc_array(rows + n, 1, 4), *y = alloc_array(n, rows, 4);
	void *x = alloc_array(n, kernel_cols(cols), 4);
	l.q = alloc_array(kernel_blocks(rows), kernel_block_bytes(cols), 1);
	l.f32 = alloc_array(rows, cols, 4);
	l.scale = scale;
	struct {
		const kernels *k;
		gemm_args g;
	} a = { k,
		{ .l = &l,
		  .block1 = kernel_blocks(rows),
		  .x = x,
		  .x_scale = quantised ? scale + rows : NULL,
		  .n = n,
		  .y = y,
		  .y_stride = rows } };
	double s = fastest(product_run, &a), rate = (double)rows * (double)cols * (double)n / s;
	printf("%-10s %s %5zu x %4zu, %4zu rows: %9.1f us  %6.1f G products/s", k->name,
	       quantised ? "w8a16" : "fp32 ", rows, cols, n, s * 1e6, rate * 1e-9);
	if (quantised && top > 0)
		printf("  %3.0f %% of peak", 100 * rate / top);
	printf("\n");
	free(l.q);
	free(l.f32);
	free(scale);
	free(x);
	free(y);
}

/* ---- forward ---- */

enum { LAYERS = 8, EDIT_LAYER = 2, SEQS = 24, SEQ_ROWS = 34, PREFIX = 12 };

typedef struct pass {
	forward *f;
	forward_args a;
	float *x, *logp;
	bool *top;
	int32_t *targets;
	size_t n_scored;
} pass;

static void pass_run(void *arg)
{
	pass *p = arg;
	forward_layers(p->f, &p->a, p->x);
}

static void score_run(void *arg)
{
	pass *p = arg;
	forward_score(p->f, p->x, p->n_scored, p->targets, p->logp, p->top);
}

/* The model of the built-in's shape, with a small vocabulary. */
static void bench_forward(unsigned cpu, int precision, double top)
{
	tiny_model t = tiny_model_default();
	char path[512], err[256];
	pool *p = NULL;
	model *m = NULL;
	pass s = { 0 };
	kv_cache prefix, kv[SEQS];
	forward_seq seqs[SEQS], one;
	t.n_embd = 256;
	t.n_ff = 768;
	t.n_layer = LAYERS;
	t.n_ctx = 512;
	t.edit_layer = EDIT_LAYER;
	t.type = GGML_Q8_0;
	test_path(path, sizeof(path), "bench.gguf");
	tiny_model_write(&t, path);
	if (pool_new(&p, 1) || model_open(&m, path, precision, -1, cpu, p, err, sizeof(err)) ||
	    forward_new(&s.f, m, p, cpu, precision) || kv_init(&prefix, m, PREFIX)) {
		printf("%s\n", err);
		exit(1);
	}
	size_t rows = SEQS * SEQ_ROWS, weights = 256 * (2 * 256 + 2 * 128 + 3 * 768);
	rng r;
	rng_seed(&r, 1);
	s.x = alloc_array(rows, t.n_embd, 4);
	s.logp = alloc_array(rows, 1, 4);
	s.top = alloc_array(rows, 1, 1);
	s.targets = alloc_array(rows, 1, 4);
	for (size_t i = 0; i < rows * t.n_embd; i++)
		s.x[i] = (float)rng_normal(&r);
	for (size_t i = 0; i < LAYERS; i++) { /* as calibration would */
		layer *l = &m->layers[i];
		l->q.act_scale = l->o.act_scale = l->gate.act_scale = l->down.act_scale = 1e-3f;
	}
	for (size_t i = 0; i < SEQS; i++) {
		if (kv_init(&kv[i], m, SEQ_ROWS + 1))
			exit(1);
		seqs[i] = (forward_seq){ .prefix = &prefix,
					 .n_prefix = PREFIX,
					 .own = &kv[i],
					 .pos0 = PREFIX,
					 .row0 = i * SEQ_ROWS,
					 .n_rows = SEQ_ROWS };
	}
	s.a = (forward_args){ .seqs = seqs,
			      .n_seqs = SEQS,
			      .n_rows = rows,
			      .layer0 = EDIT_LAYER + 1,
			      .layer1 = LAYERS,
			      .base = true };
	double sec = fastest(pass_run, &s),
	       done = (double)(rows * weights * (LAYERS - EDIT_LAYER - 1)) / sec;
	printf("edit evaluation, %zu rows, %d layers: %.2f ms, %.1f G products/s", rows,
	       LAYERS - EDIT_LAYER - 1, sec * 1e3, done * 1e-9);
	printf(top > 0 && !precision ? "  %3.0f %% of peak\n" : "\n", 100 * done / top);
	s.n_scored = rows / 2;
	sec = fastest(score_run, &s);
	printf("scores of %zu rows, %zu tokens: %.2f ms\n", s.n_scored, m->hp.n_vocab, sec * 1e3);
	one = (forward_seq){ .prefix = &prefix,
			     .n_prefix = PREFIX,
			     .own = &kv[0],
			     .pos0 = PREFIX + SEQ_ROWS,
			     .n_rows = 1 };
	s.a = (forward_args){ .seqs = &one, .n_seqs = 1, .n_rows = 1, .layer1 = LAYERS };
	sec = fastest(pass_run, &s);
	printf("one token, %d layers: %.0f us\n", LAYERS, sec * 1e6);
	forward_free(s.f);
	model_close(m);
	pool_free(p);
}

int main(int argc, char **argv)
{
	unsigned cpu = cpu_features(~0u);
	kernels k;
	budget = argc > 1 ? atof(argv[1]) : budget;
	double top = peak(cpu);
	printf("peak: %.1f G products/s (int16 x int8)\n", top * 1e-9);
	for (int i = 0; i < 2; i++) {
		kernels_init(&k, i ? CPU_AVX2 & cpu : cpu);
		bench_product(&k, 256, 256, 800, true, top);
		bench_product(&k, 768, 256, 800, true, top);
		bench_product(&k, 256, 768, 800, true, top);
		bench_product(&k, 768, 256, 48, true, top);
		bench_product(&k, 4096, 256, 400, true, top);
		bench_product(&k, 768, 256, 1, true, top);
		bench_product(&k, 256, 768, 1, true, top);
		bench_product(&k, 256, 768, 800, false, top);
	}
	bench_forward(cpu, ENGINE_W8A16, top);
	bench_forward(cpu, ENGINE_FP32, top);
	return 0;
}
