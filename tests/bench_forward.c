/*
 * bench_forward: how fast the forward pass is at the shapes that editing and chatting use, on one
 * thread in CPU time (so that other work on the machine matters little). bench_kernels times its
 * products alone. Usage: bench_forward [seconds per line, default 0.3]
 */
#include <stdlib.h>
#include <time.h>

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
static void open_model(unsigned cpu, int precision, pool **p, model **m, forward **f)
{
	const engine_options o = { .precision = precision, .edit_layer = -1 };
	tiny_model t = tiny_model_default();
	char path[512], err[256] = "not enough memory";

	t.n_embd = 256;
	t.n_ff = 768;
	t.n_layer = LAYERS;
	t.n_ctx = 512;
	t.edit_layer = EDIT_LAYER;
	t.type = GGML_Q8_0;
	test_path(path, sizeof(path), "bench.gguf");
	tiny_model_write(&t, path);
	if (pool_new(p, 1) || model_open(m, path, &o, cpu, *p, err, sizeof(err)) || forward_new(f, *m, *p, cpu)) {
		printf("%s\n", err);
		exit(1);
	}
	for (size_t i = 0; i < LAYERS; i++) { /* as calibration would */
		layer *l = &(*m)->layers[i];
		l->q.act_scale = l->o.act_scale = l->gate.act_scale = l->down.act_scale = 1e-3f;
	}
}

/* Room for rows of noise [rows, d]. */
static void pass_init(pass *s, size_t rows, size_t d)
{
	rng r;

	rng_seed(&r, 1);
	s->x = alloc_array(rows, d, 4);
	s->logp = alloc_array(rows, 1, 4);
	s->top = alloc_array(rows, 1, 1);
	s->targets = alloc_array(rows, 1, 4);
	for (size_t i = 0; i < rows * d; i++)
		s->x[i] = (float)rng_normal(&r);
}

/* What an edit's evaluation runs, and its scores. */
static void bench_edit(pass *s, const model *m, forward_seq *seqs, int precision)
{
	const hparams *hp = &m->hp;
	size_t rows = SEQS * SEQ_ROWS, weights = hp->n_embd * (2 * hp->n_embd + 2 * hp->n_head_kv * hp->head_dim + 3 * hp->n_ff);

	s->a = (forward_args){ .seqs = seqs,
			       .n_seqs = SEQS,
			       .n_rows = rows,
			       .layer0 = EDIT_LAYER + 1,
			       .layer1 = LAYERS,
			       .weights = ENGINE_BASE };
	double sec = fastest(pass_run, s), done = (double)(rows * weights * (LAYERS - EDIT_LAYER - 1)) / sec;

	printf("%s, %s: edit evaluation, %zu rows, %d layers: %.2f ms, %.1f G products/s\n", forward_kernels(s->f),
	       precision == ENGINE_FP32 ? "fp32" : "w8a16", rows, LAYERS - EDIT_LAYER - 1, sec * 1e3, done * 1e-9);
	s->n_scored = rows / 2;
	sec = fastest(score_run, s);
	printf("scores of %zu rows, %zu tokens: %.2f ms\n", s->n_scored, hp->n_vocab, sec * 1e3);
}

static void bench_forward(unsigned cpu, int precision)
{
	pool *p = NULL;
	model *m = NULL;
	pass s = { 0 };
	kv_cache prefix, kv[SEQS];
	forward_seq seqs[SEQS], one;

	open_model(cpu, precision, &p, &m, &s.f);
	if (kv_init(&prefix, m, PREFIX))
		exit(1);
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
	pass_init(&s, SEQS * SEQ_ROWS, m->hp.n_embd);
	bench_edit(&s, m, seqs, precision);
	one = (forward_seq){ .prefix = &prefix,
			     .n_prefix = PREFIX,
			     .own = &kv[0],
			     .pos0 = PREFIX + SEQ_ROWS,
			     .n_rows = 1 };
	s.a = (forward_args){ .seqs = &one, .n_seqs = 1, .n_rows = 1, .layer1 = LAYERS };
	printf("one token, %d layers: %.0f us\n", LAYERS, fastest(pass_run, &s) * 1e6);
	forward_free(s.f);
	model_close(m);
	pool_free(p);
}

int main(int argc, char **argv)
{
	unsigned cpu = cpu_features(~0u);
	budget = argc > 1 ? atof(argv[1]) : budget;
	bench_forward(cpu, ENGINE_W8A16);
	bench_forward(cpu, ENGINE_FP32);
	return 0;
}
