/*
 * Golden logits: small random models of the three architectures in every block type, run on two
 * sequences, against what llama.cpp computed from the same files (tests/vectors/logits.txt). The
 * files are made anew, byte for byte (golden_model.h), or are in tests/vectors. Where IMPRINT_VECTORS or
 * ../shared/vectors has llama.cpp's own files, every one of them is checked as well.
 * IMPRINT_TEST_DIR names the folder tests/ when not started from the repository's root.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/engine_int.h"
#include "engine/sha256.h"
#include "tests/forward_aid.h"
#include "tests/golden_model.h"
#include "tests/gguf_build.h"
#include "tests/reference_forward.h"
#include "tests/test.h"

/* What the F16 KV cache costs; sums in another order alone move these logits by 1e-6. */
static const float tolerance = 1e-3f;

/* ---- the models ---- */

static const struct file {
	const char *name, *arch; /* arch NULL: tests/vectors has the file */
	int type;
	const char *sha256;
} files[] = {
	{ "qwen2-f32", "qwen2", GGML_F32, "7d5b811c893e46eff3e83e147e05c81790bc50511af58b217c4771a60664e8d9" },
	{ "qwen3-f32", "qwen3", GGML_F32, "b686bd8d1c90ccfae7b9f60d372f1057e6b1fa40e14ae5a58b4cd33d01668277" },
	{ "llama-f32", "llama", GGML_F32, "85b50c2c98b536452e6b61e5731ed1b5e5c4554b0e6176bb300df60224b0e55f" },
	{ "qwen2-f16", "qwen2", GGML_F16, "2c2153e210b7d44ddb7899ec4c365fd8424adaa94f11d40a4d63d949a585f08c" },
	{ "qwen2-bf16", "qwen2", GGML_BF16, "fe00a4457017e616ec3fef80916c4fd5c0f111c7d90a59c1a2b2c0175796c086" },
	{ "qwen2-q8_0", "qwen2", GGML_Q8_0, "90fa12cc5c3756e98e6c185bccf0e24c1ad9b760593f130212dff5bc6aa7918f" },
	{ "qwen2-q4_0", "qwen2", GGML_Q4_0, "797dc5ef65cdd44f817ce134ca6fe0c9894a5809f5c112b4973c0e6aa910bff8" },
	{ "qwen2-q4_1", "qwen2", GGML_Q4_1, "de1931db194f17fff17b70a0d70f43e830560ceb2bdccebcdee04124a87ae8ce" },
	{ "qwen2-q5_0", "qwen2", GGML_Q5_0, "b4517a05fa933a840737ba415ec481b61e8a76d88fa0dc2d859c7b88d8db2a61" },
	{ "qwen2-q5_1", "qwen2", GGML_Q5_1, "6070e5b851e6a1209d7498ed07a75037c00b9b0fafeb27c5dc189c0cca06174e" },
	{ "qwen3-q8_0", "qwen3", GGML_Q8_0, "064866bc2370fe7e5a8c65e59999733cfce57553375d92a2ba1e92b70bee413f" },
	{ "llama-q8_0", "llama", GGML_Q8_0, "52e0d123e8db649e1d867e80bd438aa098f9e9145f5f562fe8243c881c042ce6" },
	{ "qwen2-q4_k_m", NULL, 0, "bcd15c05456453d9e80b6d79d53a5efefb165b6828d3c9b7a4f47fc304c0b314" },
	{ "qwen2-q5_k", NULL, 0, "13702daec2c4be196ff401ef07be91917efb50add3f32cf170d94a890200be65" },
};
enum { N_FILES = sizeof(files) / sizeof(files[0]) };

static const char *vectors(const char *name)
{
	static char path[512];
	const char *dir = getenv("IMPRINT_TEST_DIR");

	snprintf(path, sizeof(path), "%s/vectors/%s", dir ? dir : "tests", name);
	return path;
}

static unsigned char *read_all(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	unsigned char *bytes = NULL;
	long size = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;

	if (size > 0 && !fseek(f, 0, SEEK_SET))
		bytes = malloc((size_t)size);
	if (bytes && fread(bytes, 1, (size_t)size, f) != (size_t)size) {
		free(bytes);
		bytes = NULL;
	}
	if (f)
		fclose(f);
	*n = bytes ? (size_t)size : 0;
	return bytes;
}

/* A file of its own under the test's folder: path [512]. */
static bool write_all(char path[512], const unsigned char *bytes, size_t n)
{
	test_path(path, 512, "golden.gguf");
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(bytes, 1, n, f) == n;

	return f && !fclose(f) && ok;
}

static bool open_variant(rig *r, const golden_model *m, int precision)
{
	char path[512];
	size_t n;
	unsigned char *bytes = golden_model_bytes(m, &n);
	bool ok = write_all(path, bytes, n) && rig_open(r, path, precision, ~0u, 1);

	free(bytes);
	unlink(path);
	return ok;
}

/* The model of the table, as it has to be to the last byte. */
static bool open_file(rig *r, const struct file *f, int precision)
{
	golden_model m = { .arch = f->arch, .type = f->type };
	char path[512], name[64], hex[65];
	size_t n;
	sha256 sum;

	snprintf(name, sizeof(name), "%s.gguf", f->name);
	unsigned char *bytes = f->arch ? golden_model_bytes(&m, &n) : read_all(vectors(name), &n);

	sha256_init(&sum);
	sha256_add(&sum, bytes, n);
	sha256_hex(&sum, hex);
	bool ok = CHECK_STR(hex, f->sha256) && write_all(path, bytes, n) &&
		  rig_open(r, path, precision, ~0u, 1);

	free(bytes);
	unlink(path);
	return ok;
}

/* ---- the logits ---- */

enum { MAX_SEQ = 128, MAX_GREEDY = 16 };

typedef struct golden {
	int32_t tokens[MAX_SEQ + MAX_GREEDY]; /* the greedy ones after the others */
	int n, n_logits, n_top, n_greedy;
	float logits[GOLDEN_VOCAB];          /* after the last token */
	int top[MAX_SEQ];                    /* best token after each position */
	float gap[MAX_SEQ];                  /* by which it is the best */
	float margin[MAX_GREEDY];
} golden;

static bool read_section(FILE *f, const char *word, golden *g)
{
	bool ok = true;

	if (!strcmp(word, "tokens")) {
		ok = fscanf(f, "%d", &g->n) == 1 && g->n > 0 && g->n <= MAX_SEQ;
		for (int i = 0; ok && i < g->n; i++)
			ok = fscanf(f, "%d", &g->tokens[i]) == 1;
	} else if (!strcmp(word, "logits")) {
		ok = fscanf(f, "%d", &g->n_logits) == 1 && g->n_logits == GOLDEN_VOCAB;
		for (int i = 0; ok && i < GOLDEN_VOCAB; i++)
			ok = fscanf(f, "%f", &g->logits[i]) == 1;
	} else if (!strcmp(word, "top5")) {
		ok = fscanf(f, "%d", &g->n_top) == 1 && g->n_top == g->n;
		for (int i = 0; ok && i < g->n_top; i++) {
			float best, second;

			ok = fscanf(f, "%*d %d %f %*d %f", &g->top[i], &best, &second) == 3;
			g->gap[i] = best - second;
			ok = ok && fscanf(f, "%*[^\n]") != EOF; /* the others of the five */
		}
	} else if (!strcmp(word, "greedy")) {
		ok = fscanf(f, "%d", &g->n_greedy) == 1 && g->n_greedy <= MAX_GREEDY;
		for (int i = 0; ok && i < g->n_greedy; i++)
			ok = fscanf(f, "%d %*f %f", &g->tokens[g->n + i], &g->margin[i]) == 2;
	}
	return ok;
}

/* The block "model NAME" of an open file, or its first one; all of it must be there. */
static bool golden_read(golden *g, FILE *f, const char *name)
{
	char word[32], got[64];

	*g = (golden){ 0 };
	while (fscanf(f, "%31s", word) == 1)
		if (!strcmp(word, "model") && fscanf(f, "%63s", got) == 1 &&
		    (!name || !strcmp(got, name)))
			break;
	while (fscanf(f, "%31s", word) == 1) {
		if (!strcmp(word, "end"))
			return g->n && g->n_logits && g->n_top;
		if (!read_section(f, word, g))
			return false;
	}
	return false;
}

static bool golden_named(golden *g, const char *file, const char *seq)
{
	bool exact = strstr(file, "f32") != NULL;
	char name[64];
	FILE *f = fopen(vectors("logits.txt"), "r");

	snprintf(name, sizeof(name), "%s.%s%s", file, seq, exact ? "" : ".f32act");
	bool ok = f && golden_read(g, f, name);

	if (f)
		fclose(f);
	if (!CHECK(ok))
		printf("  %s\n", name);
	return ok;
}

typedef struct difference {
	float worst; /* of the last logits */
	double rms;
	int top; /* positions with another best token, where the golden one leads by more than the tolerance */
	int any; /* the same wherever */
} difference;

static difference compare(const golden *g, const float *logits)
{
	difference d = { 0 };

	for (size_t i = 0; i < GOLDEN_VOCAB; i++) {
		float x = fabsf(logits[(size_t)(g->n - 1) * GOLDEN_VOCAB + i] - g->logits[i]);

		d.worst = fmaxf(d.worst, x);
		d.rms += (double)x * (double)x / GOLDEN_VOCAB;
	}
	d.rms = sqrt(d.rms);
	for (int i = 0; i < g->n; i++) {
		bool other = argmax(logits + (size_t)i * GOLDEN_VOCAB, GOLDEN_VOCAB) != (size_t)g->top[i];

		d.any += other;
		d.top += other && g->gap[i] > 2 * tolerance;
	}
	return d;
}

/* Positions of the greedy continuation at which another token is chosen although the golden one
 * leads by more than the tolerance. Each follows the golden tokens before it. */
static int greedy_errors(const golden *g, const float *logits)
{
	int errors = 0;

	for (int i = 0; i < g->n_greedy; i++)
		errors += g->margin[i] > 2 * tolerance &&
			  argmax(logits + (size_t)(g->n - 1 + i) * GOLDEN_VOCAB, GOLDEN_VOCAB) !=
				  (size_t)g->tokens[g->n + i];
	return errors;
}

/* Exact weights and float activations: the same numbers. */
static void check_exact(rig *r, const golden *g, const char *what, float *worst)
{
	float *logits = rig_logits(r, g->tokens, (size_t)(g->n + g->n_greedy));

	REQUIRE(logits);
	difference d = compare(g, logits);

	if (!CHECK(d.worst <= tolerance) || !CHECK_INT(d.top, 0) ||
	    !CHECK_INT(greedy_errors(g, logits), 0) || getenv("VERBOSE"))
		printf("  %s: worst %g, other best token %d of %d\n", what, (double)d.worst, d.any, g->n);
	*worst = fmaxf(*worst, d.worst);
	free(logits);
}

static void golden_logits(void)
{
	static const char *const seqs[] = { "s24", "s100" };
	float worst[2] = { 0, 0 }; /* blocks, F32 */

	for (size_t k = 0; k < N_FILES; k++) {
		rig r;
		golden g;

		REQUIRE(open_file(&r, &files[k], ENGINE_FP32));
		for (int s = 0; s < 2; s++)
			if (golden_named(&g, files[k].name, seqs[s])) {
				CHECK_INT(g.n_greedy, strstr(files[k].name, "f32") ? 16 : 0);
				check_exact(&r, &g, files[k].name, &worst[strstr(files[k].name, "f32") != NULL]);
			}
		rig_close(&r);
	}
	printf("figure: golden logits, fp32: worst difference %.1e in F32 files, %.1e in %d others\n",
	       (double)worst[1], (double)worst[0], (int)N_FILES - 3);
}

/* ---- what the F16 cache hides ---- */

static float furthest(const float *a, const float *b)
{
	float worst = 0;

	for (size_t i = 0; i < GOLDEN_VOCAB; i++)
		worst = fmaxf(worst, fabsf(a[i] - b[i]));
	return worst;
}

/* The engine against plain arithmetic with the same cache, and that without a cache against the
 * golden logits: a tenth and a hundredth of what the cache costs. */
static void only_the_cache_differs(void)
{
	float exact = 0, cached = 0, cost = 0;

	for (size_t k = 0; k < N_FILES; k++) {
		float with[GOLDEN_VOCAB], without[GOLDEN_VOCAB];
		golden g;
		rig r;

		REQUIRE(golden_named(&g, files[k].name, "s24") && open_file(&r, &files[k], ENGINE_FP32));
		float *logits = rig_logits(&r, g.tokens, (size_t)g.n);

		REQUIRE(logits);
		reference_logits(r.m, true, g.tokens, (size_t)g.n, with);
		reference_logits(r.m, false, g.tokens, (size_t)g.n, without);
		exact = fmaxf(exact, furthest(without, g.logits));
		cached = fmaxf(cached, furthest(with, logits + (size_t)(g.n - 1) * GOLDEN_VOCAB));
		cost = fmaxf(cost, furthest(with, without));
		free(logits);
		rig_close(&r);
	}
	printf("figure: golden logits: a plain forward pass is within %.1e of them, the engine within %.1e of that "
	       "pass with an F16 cache, which costs %.1e\n",
	       (double)exact, (double)cached, (double)cost);
	CHECK(exact < 1e-5f);
	CHECK(cached < 1e-4f);
	CHECK(cost > 1e-4f && cost < tolerance);
}

/* ---- W8A16 ---- */

static double divergence(const float *p, const float *q, size_t n)
{
	double sp = 0, sq = 0, kl = 0;

	for (size_t k = 0; k < n; k++) {
		sp += exp((double)p[k]);
		sq += exp((double)q[k]);
	}
	for (size_t k = 0; k < n; k++)
		kl += exp((double)p[k]) / sp * ((double)p[k] - log(sp) - (double)q[k] + log(sq));
	return kl;
}

/* Weights rounded to 8 bits a row: near the golden logits, and near the engine's own fp32. */
static void w8a16_stays_near(void)
{
	int same = 0, total = 0;
	double kl = 0;
	float worst = 0;

	for (size_t k = 0; k < N_FILES; k++) {
		rig q, f;
		golden g;

		REQUIRE(open_file(&q, &files[k], ENGINE_W8A16) && open_file(&f, &files[k], ENGINE_FP32) &&
			golden_named(&g, files[k].name, "s100"));
		float *a = rig_logits(&q, g.tokens, (size_t)g.n), *b = rig_logits(&f, g.tokens, (size_t)g.n);

		REQUIRE(a && b);
		difference d = compare(&g, a);
		int equal = 0;

		for (size_t i = 0; i < (size_t)g.n * GOLDEN_VOCAB; i += GOLDEN_VOCAB) {
			equal += argmax(a + i, GOLDEN_VOCAB) == argmax(b + i, GOLDEN_VOCAB);
			kl += divergence(b + i, a + i, GOLDEN_VOCAB);
		}
		if (!CHECK(d.worst < 0.1f) || !CHECK(equal >= 92) || getenv("VERBOSE"))
			printf("  %s: worst %g, same best token %d of %d\n", files[k].name,
			       (double)d.worst, equal, g.n);
		worst = fmaxf(worst, d.worst);
		same += equal;
		total += g.n;
		free(a);
		free(b);
		rig_close(&q);
		rig_close(&f);
	}
	printf("figure: golden models, W8A16 against fp32: top-1 agreement %.4f of %d tokens, mean KL %.1e nats, "
	       "worst logit off by %.3f\n",
	       (double)same / total, total, kl / total, (double)worst);
	CHECK(kl / total < 3e-4);
}

/* ---- would it be noticed? ---- */

/* What spoiling one feature does to s100, as the reference implementation saw it (largest change of
 * the last logits, changed best tokens of 100): far beyond the tolerance. */
static void every_feature_counts(void)
{
	static const struct {
		golden_model m;
		float change;
		int top;
	} spoilt[] = {
		{ { .arch = "qwen2", .theta = 1e4 }, 1.56f, 55 },
		{ { .arch = "qwen3", .theta = 1e4 }, 0.93f, 60 },
		{ { .arch = "llama", .theta = 1e4 }, 0.19f, 9 },
		{ { .arch = "qwen2", .without = ".bias" }, 2.08f, 80 },
		{ { .arch = "qwen2", .without = "attn_k.bias" }, 0.17f, 8 },
		{ { .arch = "qwen3", .plain_qk = true }, 0.30f, 29 },
		{ { .arch = "llama", .without = "rope_freqs" }, 0.21f, 15 },
		{ { .arch = "llama", .as = "qwen2" }, 0.27f, 23 }, /* pairs (i, i + d/2) */
	};

	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		char name[32];
		golden g;
		rig r;

		snprintf(name, sizeof(name), "%s-f32", spoilt[i].m.arch);
		REQUIRE(golden_named(&g, name, "s100") && open_variant(&r, &spoilt[i].m, ENGINE_FP32));
		float *logits = rig_logits(&r, g.tokens, (size_t)g.n);

		REQUIRE(logits);
		difference d = compare(&g, logits);

		if (!CHECK(fabsf(d.worst - spoilt[i].change) < 0.0075f) || !CHECK_INT(d.any, spoilt[i].top))
			printf("  %zu: %s changed by %g, %d\n", i, name, (double)d.worst, d.any);
		free(logits);
		rig_close(&r);
	}
}

/* ---- the container ---- */

static float *s24_logits(const golden_model *m, golden *g)
{
	rig r;
	float *logits = NULL;

	if (CHECK(golden_named(g, "qwen2-f32", "s24") && open_variant(&r, m, ENGINE_FP32))) {
		logits = rig_logits(&r, g->tokens, (size_t)g->n);
		rig_close(&r);
	}
	return logits;
}

/* The same model said in two ways gives the same bits. */
static void check_same(const golden_model *a, const golden_model *b, bool same)
{
	golden g;
	float *x = s24_logits(a, &g), *y = s24_logits(b, &g);

	if (CHECK(x && y))
		CHECK(same == !memcmp(x, y, (size_t)g.n * GOLDEN_VOCAB * sizeof(*x)));
	free(x);
	free(y);
}

static void versions_and_outputs(void)
{
	static const char *const archs[] = { "qwen2", "qwen3", "llama" };

	for (size_t i = 0; i < 3; i++) {
		golden_model own = { .arch = archs[i] }, v2 = own, tied = own, copied = own;

		v2.version = 2;
		tied.output = "";
		copied.output = "token_embd.weight";
		check_same(&own, &v2, true);
		check_same(&tied, &copied, true);
		check_same(&own, &tied, strcmp(archs[i], "llama") != 0); /* which has an output of its own */
	}
}

static void other_architectures_are_refused(void)
{
	static const char *const names[] = { "gemma", "qwen2moe", "llama4", "Llama", "qwen", "" };
	const engine_options o = { .precision = ENGINE_FP32, .edit_layer = -1 };
	pool *p = NULL;

	REQUIRE(!pool_new(&p, 1));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		golden_model m = { .arch = "qwen2", .as = names[i] };
		char path[512], err[256] = "";
		size_t n;
		unsigned char *bytes = golden_model_bytes(&m, &n);
		model *out = NULL;

		REQUIRE(write_all(path, bytes, n));
		CHECK_INT(model_open(&out, path, &o, 0, p, err, sizeof(err)), ENGINE_EFORMAT);
		CHECK(!out && strstr(err, "is not supported (qwen2, qwen3 and llama are)"));
		free(bytes);
		unlink(path);
	}
	pool_free(p);
}

/* ---- llama.cpp's own files, where they are ---- */

static const char *reference_dir(void)
{
	const char *dir = getenv("IMPRINT_VECTORS");

	return dir ? dir : "../shared/vectors";
}

/* Of quantised weights llama.cpp's own arithmetic rounds the activations to 8 bits, F16 and BF16 files
 * theirs to that; its builds differ by up to 0.04. */
static void check_native(rig *r, const golden *g, const char *what)
{
	float *logits = rig_logits(r, g->tokens, (size_t)g->n);

	REQUIRE(logits);
	difference d = compare(g, logits);

	if (!CHECK(d.worst < 0.1f) || !CHECK(d.rms < 0.03) || !CHECK(d.any <= 1 + g->n / 10) || getenv("VERBOSE"))
		printf("  %s native: worst %g, rms %g, other best token %d of %d\n", what, (double)d.worst,
		       d.rms, d.any, g->n);
	free(logits);
}

/* logits/MODEL.SEQ.txt or MODEL.SEQ.f32act.txt. */
static void check_reference(const char *name, float *worst)
{
	char path[600];
	int model_len = (int)strcspn(name, ".");
	bool native = !strstr(name, "f32"), ok;
	golden g;
	rig r;

	snprintf(path, sizeof(path), "%s/logits/%s", reference_dir(), name);
	FILE *f = fopen(path, "r");

	ok = f && golden_read(&g, f, NULL);
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "%s/models/%.*s.gguf", reference_dir(), model_len, name);
	REQUIRE(ok && rig_open(&r, path, ENGINE_FP32, ~0u, 1));
	if (native)
		check_native(&r, &g, name);
	else
		check_exact(&r, &g, name, worst);
	rig_close(&r);
}

static void every_reference_file(void)
{
	char path[600];
	float worst = 0;
	int seen = 0;

	snprintf(path, sizeof(path), "%s/logits", reference_dir());
	DIR *d = opendir(path);
	struct dirent *entry;

	REQUIRE(d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.') {
			check_reference(entry->d_name, &worst);
			seen++;
		}
	closedir(d);
	CHECK_INT(seen, 58); /* 3 models in 2 sequences, 13 in 2 sequences both ways */
	printf("figure: %d reference files, fp32 worst difference %.1e\n", seen, (double)worst);
}

int main(void)
{
	TEST_RUN(golden_logits);
	TEST_RUN(only_the_cache_differs);
	TEST_RUN(w8a16_stays_near);
	TEST_RUN(every_feature_counts);
	TEST_RUN(versions_and_outputs);
	TEST_RUN(other_architectures_are_refused);
	if (access(reference_dir(), R_OK))
		test_skip("every_reference_file", "no IMPRINT_VECTORS and no ../shared/vectors");
	else
		TEST_RUN(every_reference_file);
	return test_done();
}
