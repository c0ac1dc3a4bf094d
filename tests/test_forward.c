/*
 * forward: logits of golden models, the determinism contract (a row's result does not depend on its company, its
 * caches or the threads), W8A16 against fp32, and every instruction set against every other.
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
		forward_args a = { .seqs = &s, .n_seqs = 1, .n_rows = n, .layer1 = r->m->hp.n_layer };
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
static bool golden_check(const char *file, const char *name, int precision, unsigned cpu, float tolerance,
			 size_t wrong_allowed)
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
		printf("%s.%s precision %d: worst %g, other top %zu of %zu\n", file, name, precision, (double)worst,
		       wrong, g.n);
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
		"qwen2-f16", "qwen2-bf16", "qwen2-q8_0", "qwen2-q4_0", "qwen2-q4_1", "qwen2-q5_0", "qwen2-q5_1",
		"qwen2-q4_k", "qwen2-q5_k", "qwen2-q6_k", "qwen2-q4_k_m", "qwen3-q8_0", "llama-q8_0",
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
		CHECK(golden_check(models[i], i < 3 ? "s100" : "s100.f32act", ENGINE_W8A16, ~0u, 0.06f, 8));
}

int main(void)
{
	golden g;
	if (golden_read(&g, "qwen2-f32", "s24")) {
		TEST_RUN(test_golden_f32);
		TEST_RUN(test_golden_blocks);
		TEST_RUN(test_golden_w8a16);
	} else {
		test_skip("golden", "no golden vectors (IMPRINT_VECTORS or ../shared/vectors)");
	}
	return test_done();
}
