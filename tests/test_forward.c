/*
 * forward: logits of golden models, the determinism contract (a row's result does not depend on its
 * company, its caches or the threads), W8A16 against fp32, and every instruction set against every
 * other.
 */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

/* ---- golden vectors ---- */

static const char *vectors_dir(void)
{
	const char *dir = getenv("IMPRINT_VECTORS");
	return dir ? dir : "../shared/vectors";
}

typedef struct golden {
	int32_t tokens[128];
	size_t n;
	float logits[384];
	int top[128]; /* best token after each position */
} golden;

static bool golden_read(golden *g, const char *file, const char *name)
{
	char path[512], word[32];
	int n;
	snprintf(path, sizeof(path), "%s/logits/%s.%s.txt", vectors_dir(), file, name);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	bool ok = true;
	while (ok && fscanf(f, "%31s", word) == 1) {
		if (!strcmp(word, "tokens") && fscanf(f, "%d", &n) == 1) {
			g->n = (size_t)n;
			for (int i = 0; i < n; i++)
				ok = ok && fscanf(f, "%d", &g->tokens[i]) == 1;
		} else if (!strcmp(word, "logits") && fscanf(f, "%d", &n) == 1 && n == 384) {
			for (int i = 0; i < n; i++)
				ok = ok && fscanf(f, "%f", &g->logits[i]) == 1;
		} else if (!strcmp(word, "top5") && fscanf(f, "%d", &n) == 1) {
			for (int i = 0, pos; ok && i < n; i++) {
				ok = fscanf(f, "%d", &pos) == 1 && fscanf(f, "%d", &g->top[i]) == 1;
				ok = ok && fscanf(f, "%*[^\n]") == 0;
			}
		} else if (!strcmp(word, "greedy")) {
			break;
		}
	}
	fclose(f);
	return ok;
}

typedef struct rig {
	model *m;
	pool *p;
	forward *f;
} rig;

static void rig_close(rig *r)
{
	forward_free(r->f);
	model_close(r->m);
	pool_free(r->p);
}

static bool rig_open(rig *r, const char *path, int precision, unsigned cpu, int threads)
{
	char err[256] = "";
	*r = (rig){ 0 };
	cpu &= cpu_features(~0u);
	bool ok = !pool_new(&r->p, threads) &&
		  !model_open(&r->m, path, precision, -1, cpu, r->p, err, sizeof(err)) &&
		  !forward_new(&r->f, r->m, r->p, cpu, precision);
	if (!ok) {
		printf("%s: %s\n", path, err);
		rig_close(r);
	}
	return ok;
}

/* Logits of every position, [n, n_vocab], malloc'd. */
static float *rig_logits(rig *r, const int32_t *tokens, size_t n)
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

static size_t argmax(const float *x, size_t n)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if (x[i] > x[best])
			best = i;
	return best;
}

/* Largest error of the last logits, and positions with another top token. */
static bool golden_check(const char *file, const char *name, int precision, unsigned cpu,
			 float tolerance, size_t wrong_allowed)
{
	char path[512];
	golden g;
	rig r;
	snprintf(path, sizeof(path), "%s/models/%s.gguf", vectors_dir(), file);
	if (!golden_read(&g, file, name) || !rig_open(&r, path, precision, cpu, 1))
		return false;
	float *logits = rig_logits(&r, g.tokens, g.n), worst = 0;
	size_t wrong = 0;
	for (size_t i = 0; logits && i < 384; i++)
		worst = fmaxf(worst, fabsf(logits[(g.n - 1) * 384 + i] - g.logits[i]));
	for (size_t i = 0; logits && i < g.n; i++)
		wrong += argmax(logits + i * 384, 384) != (size_t)g.top[i];
	bool ok = logits && worst <= tolerance && wrong <= wrong_allowed;
	if (!ok || getenv("VERBOSE"))
		printf("%s.%s precision %d: worst %g, other top %zu of %zu\n", file, name,
		       precision, (double)worst, wrong, g.n);
	free(logits);
	rig_close(&r);
	return ok;
}

static void test_golden_f32(void)
{
	static const char *const models[] = { "qwen2-f32", "qwen3-f32", "llama-f32" };
	for (size_t i = 0; i < 3; i++) {
		CHECK(golden_check(models[i], "s24", ENGINE_FP32, ~0u, 1e-3f, 0));
		CHECK(golden_check(models[i], "s100", ENGINE_FP32, ~0u, 1e-3f, 0));
	}
}

static void test_golden_blocks(void)
{
	static const char *const models[] = {
		"qwen2-f16",    "qwen2-bf16", "qwen2-q8_0", "qwen2-q4_0", "qwen2-q4_1",
		"qwen2-q5_0",   "qwen2-q5_1", "qwen2-q4_k", "qwen2-q5_k", "qwen2-q6_k",
		"qwen2-q4_k_m", "qwen3-q8_0", "llama-q8_0",
	};
	for (size_t i = 0; i < sizeof(models) / sizeof(*models); i++) {
		CHECK(golden_check(models[i], "s24.f32act", ENGINE_FP32, ~0u, 1.5e-3f, 0));
		CHECK(golden_check(models[i], "s100.f32act", ENGINE_FP32, ~0u, 1.5e-3f, 1));
	}
}

/* int8 weights with one scale a row, so no closer than a few hundredths. */
static void test_golden_w8a16(void)
{
	static const char *const models[] = { "qwen2-f32", "qwen3-f32", "llama-f32", "qwen2-q8_0" };
	for (size_t i = 0; i < 4; i++)
		CHECK(golden_check(models[i], i < 3 ? "s100" : "s100.f32act", ENGINE_W8A16, ~0u,
				   0.06f, 8));
}

/* ---- the determinism contract, on a random model ---- */

enum { N_TOKENS = 90 };
static int32_t tokens[N_TOKENS];
static char wide_path[512], small_path[512];

static void models_write(void)
{
	tiny_model t = tiny_model_default();
	rng r;
	test_path(small_path, sizeof(small_path), "small.gguf");
	tiny_model_write(&t, small_path);
	t.n_embd = 256;
	t.n_ff = 768;
	t.n_layer = 3;
	t.edit_layer = 1;
	t.n_ctx = 512;
	t.type = GGML_Q8_0;
	test_path(wide_path, sizeof(wide_path), "wide.gguf");
	tiny_model_write(&t, wide_path);
	rng_seed(&r, 1);
	for (size_t i = 0; i < N_TOKENS; i++)
		tokens[i] = (int32_t)(rng_next(&r) % 256);
}

/* The residual stream after all layers for sequence tokens[from..), computed alone in one piece. */
static float *alone(rig *r, size_t from, size_t n, bool base)
{
	kv_cache kv;
	float *x = malloc(n * r->m->hp.n_embd * sizeof(*x));
	forward_seq s = { .own = &kv, .n_rows = n };
	forward_args a = {
		.seqs = &s,
		.n_seqs = 1,
		.n_rows = n,
		.layer1 = r->m->hp.n_layer,
		.weights = base ? ENGINE_BASE : ENGINE_EDITED,
	};
	CHECK(!kv_init(&kv, r->m, n) && !forward_embed(r->f, tokens + from, n, x) &&
	      !forward_layers(r->f, &a, x));
	kv_release(&kv);
	return x;
}

static bool same(const float *a, const float *b, size_t n) { return !memcmp(a, b, n * sizeof(*a)); }

/* Nine sequences in one batch are what they are alone. */
static void batch_is_alone(rig *r)
{
	enum { SEQS = 9 };
	size_t d = r->m->hp.n_embd, n_rows = 0;
	kv_cache kv[SEQS];
	forward_seq s[SEQS];
	float *x = malloc(SEQS * N_TOKENS * d * sizeof(*x));
	for (size_t i = 0; i < SEQS; i++) {
		size_t n = 1 + (i * 37) % 60;
		CHECK(!kv_init(&kv[i], r->m, n + i));
		s[i] = (forward_seq){ .own = &kv[i], .row0 = n_rows, .n_rows = n };
		CHECK(!forward_embed(r->f, tokens + i, n, x + n_rows * d));
		n_rows += n;
	}
	forward_args a = {
		.seqs = s, .n_seqs = SEQS, .n_rows = n_rows, .layer1 = r->m->hp.n_layer
	};
	CHECK(!forward_layers(r->f, &a, x));
	for (size_t i = 0; i < SEQS; i++) {
		float *y = alone(r, i, s[i].n_rows, false);
		CHECK(same(y, x + s[i].row0 * d, s[i].n_rows * d));
		free(y);
		kv_release(&kv[i]);
	}
	free(x);
}

/* In pieces, with the first `prefix` tokens in a cache of their own that two sequences share. */
static void pieces_are_whole(rig *r, size_t prefix, size_t piece)
{
	size_t d = r->m->hp.n_embd, layers = r->m->hp.n_layer;
	kv_cache head, own[2];
	float *want = alone(r, 0, N_TOKENS, false), *x = malloc(2 * N_TOKENS * d * sizeof(*x));
	CHECK(!kv_init(&head, r->m, prefix) && !kv_init(&own[0], r->m, N_TOKENS) &&
	      !kv_init(&own[1], r->m, N_TOKENS));
	if (prefix) {
		forward_seq s = { .own = &head, .n_rows = prefix };
		forward_args a = { .seqs = &s, .n_seqs = 1, .n_rows = prefix, .layer1 = layers };
		CHECK(!forward_embed(r->f, tokens, prefix, x) && !forward_layers(r->f, &a, x));
		CHECK(same(x, want, prefix * d));
	}
	for (size_t at = prefix; at < N_TOKENS; at += piece) {
		size_t n = N_TOKENS - at < piece ? N_TOKENS - at : piece;
		forward_seq s[2];
		for (size_t i = 0; i < 2; i++) {
			s[i] = (forward_seq){ .prefix = prefix ? &head : NULL,
					      .n_prefix = prefix,
					      .own = &own[i],
					      .pos0 = at,
					      .row0 = i * n,
					      .n_rows = n };
			CHECK(!forward_embed(r->f, tokens + at, n, x + i * n * d));
		}
		forward_args a = { .seqs = s, .n_seqs = 2, .n_rows = 2 * n, .layer1 = layers };
		CHECK(!forward_layers(r->f, &a, x));
		CHECK(same(x, want + at * d, n * d) && same(x + n * d, want + at * d, n * d));
	}
	kv_release(&head);
	kv_release(&own[0]);
	kv_release(&own[1]);
	free(want);
	free(x);
}

/* One thread or four, in chunks or split: the same bits. */
static void test_company(void)
{
	float *want = NULL;
	for (int precision = ENGINE_W8A16; precision <= ENGINE_FP32; precision++)
		for (int threads = 1; threads <= 4; threads += 3) {
			rig r;
			REQUIRE(rig_open(&r, wide_path, precision, ~0u, threads));
			batch_is_alone(&r);
			pieces_are_whole(&r, 0, 1);
			pieces_are_whole(&r, 0, 7);
			pieces_are_whole(&r, 20, 3);
			pieces_are_whole(&r, 33, 57);
			float *x = alone(&r, 0, N_TOKENS, false);
			if (threads == 1)
				want = x;
			CHECK(same(x, want, N_TOKENS * r.m->hp.n_embd));
			if (threads > 1) {
				free(x);
				free(want);
			}
			rig_close(&r);
		}
}

/* Every instruction set gives the scalar code's bits, through whole models of every
 * architecture. */
static void test_instruction_sets(void)
{
	static const unsigned masks[] = { 0, CPU_AVX2, ~0u };
	static const char *const archs[] = { "qwen2", "qwen3", "llama" };
	char path[512];
	for (size_t k = 0; k < 6; k++) {
		tiny_model t = tiny_model_default();
		float *want = NULL;
		t.arch = archs[k / 2];
		t.own_output = k & 1;
		t.n_ff = 100;
		t.head_dim = k < 2 ? 16 : 24;
		test_path(path, sizeof(path), "isa.gguf");
		tiny_model_write(&t, path);
		for (size_t i = 0; i < 3; i++) {
			rig r;
			REQUIRE(rig_open(&r, path, k & 1 ? ENGINE_FP32 : ENGINE_W8A16, masks[i],
					 1));
			float *logits = rig_logits(&r, tokens, 40);
			REQUIRE(logits);
			want = want ? want : logits;
			CHECK(same(want, logits, 40 * r.m->hp.n_vocab));
			if (logits != want)
				free(logits);
			rig_close(&r);
		}
		free(want);
	}
}

static void test_score(void)
{
	rig r;
	for (int threads = 1; threads <= 3; threads++) {
		REQUIRE(rig_open(&r, wide_path, ENGINE_W8A16, ~0u, threads));
		size_t v = r.m->hp.n_vocab, d = r.m->hp.n_embd;
		float *x = alone(&r, 0, N_TOKENS, false),
		      *logits = malloc(N_TOKENS * v * sizeof(*x)), logp[N_TOKENS], p;
		bool top[N_TOKENS], t;
		int32_t targets[N_TOKENS];
		CHECK(!forward_logits(r.f, x, N_TOKENS, logits));
		for (size_t i = 0; i < N_TOKENS; i++)
			targets[i] = i % 2 ? (int32_t)argmax(logits + i * v, v) : tokens[i];
		CHECK(!forward_score(r.f, x, N_TOKENS, targets, logp, top));
		for (size_t i = 0; i < N_TOKENS; i++) {
			double sum = 0;
			for (size_t k = 0; k < v; k++)
				sum += exp((double)logits[i * v + k]);
			CHECK(fabs((double)logits[i * v + (size_t)targets[i]] - log(sum) -
				   (double)logp[i]) < 1e-5);
			CHECK(top[i] == (argmax(logits + i * v, v) == (size_t)targets[i]));
			CHECK(!forward_score(r.f, x + i * d, 1, targets + i, &p, &t) &&
			      p == logp[i] && t == top[i]);
			CHECK(!forward_logits(r.f, x + i * d, 1, logits));
		}
		targets[3] = (int32_t)v;
		CHECK_INT(forward_score(r.f, x, N_TOKENS, targets, logp, top), ENGINE_EARG);
		CHECK_INT(forward_embed(r.f, targets, 4, x), ENGINE_EARG);
		free(x);
		free(logits);
		rig_close(&r);
	}
}

/* ---- what the editor takes out and puts in ---- */

/* keys times the down-projection are the values; a vector added in the pass is one added between
 * two passes. */
static void test_edit_layer(void)
{
	rig r;
	REQUIRE(rig_open(&r, wide_path, ENGINE_W8A16, ~0u, 2));
	size_t d = r.m->hp.n_embd, ff = r.m->hp.n_ff, n = 50, after = (size_t)r.m->edit_layer + 1;
	kv_cache kv;
	float *x = malloc(n * d * 4), *y = malloc(n * d * 4), *keys = malloc(n * ff * 4),
	      *values = malloc(n * d * 4);
	float *delta = malloc(d * 4);
	const float *add[50] = { NULL };
	forward_seq s = { .own = &kv, .n_rows = n };
	forward_args a = { .seqs = &s,
			   .n_seqs = 1,
			   .n_rows = n,
			   .layer1 = r.m->hp.n_layer,
			   .keys_out = keys,
			   .values_out = values,
			   .add = add };
	for (size_t i = 0; i < d; i++)
		delta[i] = (float)i * 0.01f - 1;
	add[31] = delta;
	CHECK(!kv_init(&kv, r.m, n) && !forward_embed(r.f, tokens, n, x) &&
	      !forward_layers(r.f, &a, x));
	for (size_t i = 0; i < n; i += 7)
		for (size_t o = 0; o < d; o += 5) {
			double sum = 0;
			for (size_t c = 0; c < ff; c++)
				sum += (double)keys[i * ff + c] *
				       (double)r.m->down_base[o * ff + c];
			CHECK(fabs(sum - (double)values[i * d + o]) < 1e-5 * (1 + fabs(sum)));
		}
	a.add = NULL;
	a.layer1 = after;
	CHECK(!forward_embed(r.f, tokens, n, y) && !forward_layers(r.f, &a, y));
	for (size_t i = 0; i < d; i++)
		y[31 * d + i] += delta[i];
	a.layer0 = after;
	a.layer1 = r.m->hp.n_layer;
	CHECK(!forward_layers(r.f, &a, y));
	CHECK(same(x, y, n * d));
	kv_release(&kv);
	free(x);
	free(y);
	free(keys);
	free(values);
	free(delta);
	rig_close(&r);
}

static void test_base_and_edited(void)
{
	rig r;
	REQUIRE(rig_open(&r, wide_path, ENGINE_W8A16, ~0u, 1));
	size_t n = N_TOKENS * r.m->hp.n_embd;
	float *before = alone(&r, 0, N_TOKENS, false);
	size_t size = r.m->hp.n_embd * r.m->hp.n_ff;
	r.m->down_edited = alloc_array(size, 1, sizeof(float));
	memcpy(r.m->down_edited, r.m->down_base, size * sizeof(float));
	r.m->down_edited[5] += 0.5f;
	float *base = alone(&r, 0, N_TOKENS, true), *edited = alone(&r, 0, N_TOKENS, false);
	CHECK(same(before, base, n) && !same(before, edited, n));
	free(before);
	free(base);
	free(edited);
	rig_close(&r);
}

static bool stop_at(void *arg) { return --*(int *)arg < 0; }

static void test_stop(void)
{
	rig r;
	for (int threads = 1; threads <= 2; threads++) {
		REQUIRE(rig_open(&r, wide_path, ENGINE_W8A16, ~0u, threads));
		kv_cache kv;
		float *x = calloc(N_TOKENS * r.m->hp.n_embd, sizeof(*x));
		forward_seq s = { .own = &kv, .n_rows = N_TOKENS };
		forward_args a = {
			.seqs = &s, .n_seqs = 1, .n_rows = N_TOKENS, .layer1 = 3, .stop = stop_at
		};
		CHECK(!kv_init(&kv, r.m, N_TOKENS));
		for (int polls = 0; polls <= 3; polls++) {
			int left = polls;
			a.arg = &left;
			CHECK_INT(forward_layers(r.f, &a, x), polls < 3 ? ENGINE_ESTOP : ENGINE_OK);
		}
		kv_release(&kv);
		free(x);
		rig_close(&r);
	}
}

/* ---- W8A16 against fp32 ---- */

static void test_precision(void)
{
	rig q, f;
	char path[512];
	tiny_model t = tiny_model_default();
	t.n_embd = 128;
	t.n_ff = 384;
	t.own_output = true; /* a tied random model just repeats its input */
	test_path(path, sizeof(path), "precision.gguf");
	tiny_model_write(&t, path);
	REQUIRE(rig_open(&q, path, ENGINE_W8A16, ~0u, 1) &&
		rig_open(&f, path, ENGINE_FP32, ~0u, 1));
	size_t v = q.m->hp.n_vocab, equal = 0;
	float *a = rig_logits(&q, tokens, N_TOKENS), *b = rig_logits(&f, tokens, N_TOKENS);
	double kl = 0;
	REQUIRE(a && b);
	for (size_t i = 0; i < N_TOKENS; i++) {
		double sa = 0, sb = 0;
		for (size_t k = 0; k < v; k++) {
			sa += exp((double)a[i * v + k]);
			sb += exp((double)b[i * v + k]);
		}
		for (size_t k = 0; k < v; k++)
			kl += exp((double)b[i * v + k]) / sb *
			      ((double)b[i * v + k] - log(sb) - (double)a[i * v + k] + log(sa)) /
			      N_TOKENS;
		equal += argmax(a + i * v, v) == argmax(b + i * v, v);
	}
	printf("w8a16 against fp32: KL %.2e nats, same top token %zu of %d\n", kl, equal, N_TOKENS);
	CHECK(kl >= 0 && kl < 1e-3 && equal >= N_TOKENS * 9 / 10);
	free(a);
	free(b);
	rig_close(&q);
	rig_close(&f);
}

int main(void)
{
	golden g;
	models_write();
	TEST_RUN(test_company);
	TEST_RUN(test_instruction_sets);
	TEST_RUN(test_score);
	TEST_RUN(test_edit_layer);
	TEST_RUN(test_base_and_edited);
	TEST_RUN(test_stop);
	TEST_RUN(test_precision);
	if (golden_read(&g, "qwen2-f32", "s24")) {
		TEST_RUN(test_golden_f32);
		TEST_RUN(test_golden_blocks);
		TEST_RUN(test_golden_w8a16);
	} else {
		test_skip("golden", "no golden vectors (IMPRINT_VECTORS or ../shared/vectors)");
	}
	return test_done();
}
