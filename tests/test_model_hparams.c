/* model_hparams: how positions are scaled: what is built in is right, by either key, and everything else is refused by name.
 * And how much memory a file may ask for. */
#include <math.h>
#include <stdlib.h>

#include "tests/forward_aid.h"
#include "tests/gguf_build.h"
#include "tests/reference_forward.h"
#include "tests/test.h"

enum { TOKENS = 24 };

static char path[512];
static size_t n_vocab; /* of the model opened last */

/* The tiny model with up to two keys more; a value below 0: left out. */
static void model_write(const char *type, const char *key, float x, const char *other, float y)
{
	tiny_model t = tiny_model_default();

	t.arch = "llama";
	gguf_builder *b = tiny_model_build(&t);

	if (type)
		gguf_builder_str(b, "llama.rope.scaling.type", type);
	if (key)
		gguf_builder_f32(b, key, x);
	if (other)
		gguf_builder_f32(b, other, y);
	test_path(path, sizeof path, "hparams.gguf");
	gguf_builder_write(b, path);
	gguf_builder_free(b);
}

/* Logits after the last of some tokens, malloc'd; reference: the same in double precision. */
static float *logits_of(float *reference)
{
	int32_t tokens[TOKENS];
	float *all, *last = NULL;
	rig r;

	for (int i = 0; i < TOKENS; i++)
		tokens[i] = 20 + 7 * i % 200;
	if (!rig_open(&r, path, ENGINE_FP32, ~0u, 1))
		return NULL;
	size_t n = n_vocab = r.m->hp.n_vocab;

	all = rig_logits(&r, tokens, TOKENS);
	last = all ? malloc(n * sizeof *last) : NULL;
	if (last)
		memcpy(last, all + (TOKENS - 1) * n, n * sizeof *last);
	free(all);
	if (reference)
		reference_logits(r.m, true, tokens, TOKENS, reference);
	rig_close(&r);
	return last;
}

static const char FACTOR[] = "llama.rope.scaling.factor", OLD[] = "llama.rope.scale_linear";

static double farthest(const float *a, const float *b, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)a[i] - (double)b[i]));
	return most;
}

static void linear_scaling_is_right(void)
{
	static const struct {
		const char *type, *key, *other;
		float x, y;
		double scale;
	} cases[] = { { "linear", FACTOR, NULL, 4, 0, 4 },  { NULL, FACTOR, NULL, 4, 0, 4 }, { NULL, OLD, NULL, 4, 0, 4 },
		      { "linear", OLD, NULL, 4, 0, 4 },     { "linear", FACTOR, OLD, 4, 2, 4 }, { "linear", FACTOR, NULL, 2.5f, 0, 2.5 },
		      { "linear", NULL, NULL, 0, 0, 1 },    { "linear", FACTOR, NULL, 0, 0, 1 }, { "none", FACTOR, NULL, 4, 0, 1 },
		      { "none", OLD, NULL, 4, 0, 1 } };
	enum { VOCAB_MAX = 4096 };
	static float reference[VOCAB_MAX];
	float *plain, *four;

	model_write(NULL, NULL, 0, NULL, 0);
	plain = logits_of(NULL);
	model_write("linear", FACTOR, 4, NULL, 0);
	four = logits_of(NULL);
	REQUIRE(plain && four);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		model_write(cases[i].type, cases[i].key, cases[i].x, cases[i].other, cases[i].y);
		float *x = logits_of(cases[i].scale > 1 ? reference : NULL);
		size_t n = n_vocab;

		REQUIRE(x && n <= VOCAB_MAX);
		if (cases[i].scale > 1)
			CHECK(farthest(x, reference, n) < 1e-3 && farthest(x, plain, n) > 1e-2);
		CHECK(cases[i].scale != 4 || !memcmp(x, four, n * sizeof *x));
		CHECK(cases[i].scale != 1 || !memcmp(x, plain, n * sizeof *x));
		free(x);
	}
	free(plain);
	free(four);
}

static void check_refused(const char *sentence)
{
	const engine_options o = { .precision = ENGINE_FP32, .edit_layer = -1 };
	char err[256] = "";
	model *m = NULL;
	pool *p = NULL;

	REQUIRE(!pool_new(&p, 1));
	if (!CHECK(model_open(&m, path, &o, 0, p, err, sizeof err) == ENGINE_EFORMAT && strstr(err, sentence)))
		printf("  \"%s\" is not in \"%s\"\n", sentence, err);
	model_close(m);
	pool_free(p);
}

static void other_scalings_are_refused(void)
{
	static const char *const kinds[] = { "yarn", "longrope", "dynamic", "llama3", "linear2", "Linear", "" };
	tiny_model t = tiny_model_default();
	char want[64];

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		model_write(kinds[i], FACTOR, 4, NULL, 0);
		snprintf(want, sizeof want, "rope scaling \"%s\" is not supported", kinds[i]);
		check_refused(want);
	}
	model_write("linear", FACTOR, -1, NULL, 0);
	check_refused("llama.rope.scaling.factor is -1, which is impossible");
	model_write("linear", OLD, NAN, NULL, 0);
	check_refused("llama.rope.scale_linear is nan, which is impossible");
	model_write("linear", FACTOR, 4, "llama.rope.scaling.attn_factor", 1.25f);
	check_refused("llama.rope.scaling.attn_factor is 1.25, which is not supported");
	gguf_builder *b = tiny_model_build(&t);

	gguf_builder_u32(b, "qwen2.rope.scaling.type", 3);
	gguf_builder_write(b, path);
	gguf_builder_free(b);
	check_refused("qwen2.rope.scaling.type is no word");
}

/* Attention keeps scores for each thread, so a machine of many threads must not be asked for more than it says in the README. */
static void memory_is_that_of_all_threads(void)
{
	const hparams narrow = { .n_layer = 1, .n_embd = 32, .n_ff = 32, .n_head = 4096, .n_head_kv = 1, .head_dim = 2,
				 .n_ctx_train = 4096 };
	char err[256] = "";

	CHECK_INT(model_need_check(&narrow, 1, 1200000, "narrow.gguf", err, sizeof err), 0);
	CHECK_INT(model_need_check(&narrow, 64, 1200000, "narrow.gguf", err, sizeof err), ENGINE_EFORMAT);
	CHECK(strstr(err, "narrow.gguf: its sizes") && strstr(err, "which is impossible for a file of 1200000 bytes"));
}

int main(void)
{
	TEST_RUN(linear_scaling_is_right);
	TEST_RUN(other_scalings_are_refused);
	TEST_RUN(memory_is_that_of_all_threads);
	return test_done();
}
