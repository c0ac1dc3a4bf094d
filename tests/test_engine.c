/*
 * The engine's life: opening models of every architecture, what it says about them, answers and
 * scores, wrong files and options, and that no failing allocation leaks or crashes.
 */
#define _DEFAULT_SOURCE 1
#include "engine/engine_int.h"
#include "fault.h"
#include "gguf_build.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static char model_path[300], value_path[300], text_path[300];
static char err[512];

static engine_options options(int precision)
{
	engine_options o = engine_options_default();

	o.n_threads = 1;
	o.precision = precision;
	o.calibration = text_path;
	return o;
}

static void write_files(const tiny_model *t)
{
	test_path(model_path, sizeof(model_path), "tiny.gguf");
	test_path(value_path, sizeof(value_path), "tiny.value.gguf");
	test_path(text_path, sizeof(text_path), "calibration.txt");
	unlink(value_path);
	tiny_model_write(t, model_path);
	FILE *f = fopen(text_path, "w");

	if (!f ||
	    fputs("The dog is here, and the user says so.\n\nU: What is my name?\nA: You are "
		  "Ann.\n",
		  f) < 0 ||
	    fclose(f))
		abort();
}

static engine *open_tiny(const tiny_model *t, int precision)
{
	engine_options o = options(precision);
	engine *e = NULL;

	write_files(t);
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof(err)), 0))
		printf("  %s\n", err);
	return e;
}

static engine_turn question(void)
{
	static const char text[] = "What is my dog's name?";

	return (engine_turn){ "user", text, sizeof(text) - 1 };
}

/* ---- opening ---- */

static void every_architecture_opens(void)
{
	static const char *const archs[] = { "qwen2", "qwen3", "llama" };

	for (size_t i = 0; i < 3; i++)
		for (int precision = ENGINE_W8A16; precision <= ENGINE_FP32; precision++) {
			tiny_model t = tiny_model_default();

			t.arch = archs[i];
			t.own_output = i == 2;
			t.head_dim = i == 1 ? 32 : 0;
			t.n_layer = 3;
			engine *e = open_tiny(&t, precision);

			REQUIRE(e);
			const engine_info *info = engine_describe(e);

			CHECK_STR(info->arch, archs[i]);
			CHECK_STR(info->name, "tiny");
			CHECK_INT(info->n_embd, 64);
			CHECK_INT(info->n_layer, 3);
			CHECK_INT(info->n_ctx, 256);
			CHECK_INT(info->edit_layer, 1);
			CHECK_INT(info->precision, precision);
			CHECK_INT(strlen(info->hash), 64);
			CHECK(info->kernels[0] && !info->has_value_code &&
			      info->n_params > 64 * 256);
			engine_close(e);
		}
}

static void count_layers(size_t done, size_t n, void *arg)
{
	size_t *seen = arg;

	CHECK(n == 2 && done == ++*seen);
}

static void options_are_heeded(void)
{
	size_t seen = 0;

	tiny_model t = tiny_model_default();
	engine_options o = options(ENGINE_FP32);
	engine *e = NULL;

	t.edit_layer = 1;
	write_files(&t);
	o.n_ctx = 40;
	o.n_threads = 2;
	o.loading = count_layers;
	o.loading_arg = &seen;
	REQUIRE(!engine_open(&e, model_path, &o, err, sizeof(err)));
	CHECK_INT(seen, 2);
	CHECK_INT(engine_describe(e)->n_ctx, 40);
	CHECK_INT(engine_describe(e)->edit_layer, 1);
	CHECK_INT(engine_describe(e)->n_threads, 2);
	engine_close(e);
	o.loading = NULL;
	o.edit_layer = 0;
	o.n_ctx = 100000;
	REQUIRE(!engine_open(&e, model_path, &o, err, sizeof(err)));
	CHECK_INT(engine_describe(e)->edit_layer, 0);
	CHECK_INT(engine_describe(e)->n_ctx, 256);
	engine_close(e);
	engine_close(NULL);
}

static void check_refused(const engine_options *o, int code, const char *sentence)
{
	engine *e = NULL;

	err[0] = '\0';
	CHECK_INT(engine_open(&e, model_path, o, err, sizeof(err)), code);
	if (!CHECK(strstr(err, sentence)) || !CHECK(!e))
		printf("  \"%s\" has no \"%s\"\n", err, sentence);
}

static void wrong_options_are_refused(void)
{
	tiny_model t = tiny_model_default();
	engine_options o = options(ENGINE_FP32);

	write_files(&t);
	o.chat_template = "klingon";
	check_refused(&o, ENGINE_EARG, "unknown chat template \"klingon\"");
	o.chat_template = "llama-3"; /* named, so taken; its tokens are missed when it is used */
	o.edit_layer = 2;
	check_refused(&o, ENGINE_EARG, "no layer 2 to edit: the model has 2");
	o = options(7);
	check_refused(&o, ENGINE_EARG, "precision");
	o = options(ENGINE_FP32);
	o.value_code = text_path;
	check_refused(&o, ENGINE_EFORMAT, "calibration.txt: not a GGUF file");
	o.value_code = model_path;
	check_refused(&o, ENGINE_EFORMAT, "tiny.gguf: not a value code");
	unlink(model_path);
	o = options(ENGINE_FP32);
	check_refused(&o, ENGINE_EIO, "tiny.gguf: No such file");
}

/* Writes the tiny model with one thing changed by the caller. */
static void check_model_refused(gguf_builder *b, const char *sentence)
{
	engine_options o = options(ENGINE_FP32);

	gguf_builder_write(b, model_path);
	gguf_builder_free(b);
	check_refused(&o, ENGINE_EFORMAT, sentence);
}

static void wrong_models_are_refused(void)
{
	tiny_model t = tiny_model_default();
	gguf_builder *b;

	write_files(&t);
	check_model_refused(gguf_builder_new(), "names no architecture");
	b = gguf_builder_new();
	gguf_builder_str(b, "general.architecture", "gpt-neox\033[2J");
	check_model_refused(b, "architecture \"gpt-neox?[2J\" is not supported");
	b = gguf_builder_new();
	gguf_builder_str(b, "general.architecture", "qwen2");
	check_model_refused(b, "no qwen2.block_count");
	t.n_head_kv = 3;
	check_model_refused(tiny_model_build(&t), "4 heads, 3 of keys");
	t = tiny_model_default();
	t.edit_layer = 2;
	check_model_refused(tiny_model_build(&t), "imprint.edit_layer is 2 of 2 layers");
	t = tiny_model_default();
	b = tiny_model_build(&t);
	gguf_builder_u32(b, "qwen2.rope.dimension_count", 8);
	check_model_refused(b, "rotary embedding of 8 of 16");
	b = tiny_model_build(&t);
	gguf_builder_u32(b, "qwen2.expert_count", 8);
	check_model_refused(b, "mixtures of experts");
	b = tiny_model_build(&t);
	gguf_builder_str(b, "qwen2.rope.scaling.type", "yarn");
	check_model_refused(b, "rope scaling \"yarn\"");
	static const float x[64] = { 1 };

	b = tiny_model_build(&t);
	gguf_builder_floats(b, "output.weight", GGML_F32, 1, 64, x);
	check_model_refused(b, "tensor output.weight is 1 x 64 but should be 299 x 64");
	b = tiny_model_build(&t);
	gguf_builder_floats(b, "rope_freqs.weight", GGML_F32, 0, 8, x);
	check_model_refused(b, "impossible factor");
}

/* ---- value code ---- */

static void value_code_is_found(void)
{
	tiny_model t = tiny_model_default();
	engine_options o = options(ENGINE_FP32);
	engine *e = NULL;

	t.edit_layer = 1;
	write_files(&t);
	tiny_value_code_write(value_path, 2, 16, 64, 5);
	REQUIRE(!engine_open(&e, model_path, &o, err, sizeof(err)));
	CHECK(engine_describe(e)->has_value_code);
	engine_close(e);
	o.edit_layer = 0; /* not the one it codes for */
	REQUIRE(!engine_open(&e, model_path, &o, err, sizeof(err)));
	CHECK(!engine_describe(e)->has_value_code);
	o.edit_layer = -1;
	CHECK_INT(e->code.n_banks, 2);
	CHECK_INT(e->code.n_tokens, 16);
	CHECK_INT(e->code.d, 64);
	engine_close(e);
	tiny_value_code_write(value_path, 2, 16, 32, 5);
	check_refused(&o, ENGINE_EFORMAT, "does not fit a model of width 64");
	tiny_value_code_write(value_path, 1, 15, 64, 5);
	check_refused(&o, ENGINE_EFORMAT, "does not fit");
	static const float a[16 * 64 * 64], b[64] = { NAN };
	gguf_builder *g = gguf_builder_new();

	gguf_builder_floats(g, "imprint.value.A", GGML_F32, 16 * 64, 64, a);
	gguf_builder_floats(g, "imprint.value.b", GGML_F32, 1, 64, b);
	gguf_builder_write(g, value_path);
	gguf_builder_free(g);
	check_refused(&o, ENGINE_EFORMAT, "tiny.value.gguf: the value code holds a value that is not a number");
	unlink(value_path);
}

/* ---- answers ---- */

/* The greedy answer by the long way round: a session and the largest logit. */
static void answer_is_greedy(void)
{
	tiny_model t = tiny_model_default();
	engine *e = open_tiny(&t, ENGINE_W8A16);
	engine_turn turn = question();
	char answer[400], want[400];
	int32_t *ids = NULL;
	size_t n = 0, len = 0;
	session *s = NULL;
	bool ended = true;

	REQUIRE(e);
	CHECK_INT(engine_answer(e, &turn, 1, false, 20, answer, sizeof(answer), &ended, NULL, NULL,
				err, sizeof(err)),
		  0);
	REQUIRE(!session_new(&s, e, err, sizeof(err)));
	REQUIRE(!engine_chat_tokens(e, &turn, 1, true, SIZE_MAX, &ids, &n, NULL, err, sizeof(err)));
	REQUIRE(!session_sync(s, ids, n, NULL, NULL, err, sizeof(err)));
	bool stopped = false;

	for (int i = 0; i <= 20 && !stopped; i++) {
		const float *logits = session_logits(s);
		const char *bytes;
		int32_t best = 0;

		for (size_t k = 1; k < engine_describe(e)->n_vocab; k++)
			if (logits[k] > logits[best])
				best = (int32_t)k;
		stopped = engine_token_ends(e, best);
		if (stopped || i == 20)
			break;
		size_t k = engine_token_bytes(e, best, &bytes);

		memcpy(want + len, bytes, k);
		len += k;
		REQUIRE(!session_eval(s, best, err, sizeof(err)));
	}
	CHECK_INT(ended, stopped);
	size_t got = strlen(answer); /* a cut character at the end is dropped */

	CHECK(got <= len && len - got < 4 && !memcmp(answer, want, got));
	free(ids);
	session_free(s);
	engine_close(e);
}

static bool stop_now(void *arg)
{
	++*(int *)arg;
	return true;
}

static void answers_know_their_limits(void)
{
	tiny_model t = tiny_model_default();
	engine_options o = options(ENGINE_FP32);
	engine *e = NULL;
	engine_turn turn = question();
	char answer[8] = "before";
	bool ended = true;
	int asked = 0;

	write_files(&t);
	o.n_ctx = 12;
	REQUIRE(!engine_open(&e, model_path, &o, err, sizeof(err)));
	CHECK_INT(engine_answer(e, &turn, 1, false, 20, answer, sizeof(answer), &ended, NULL, NULL,
				err, sizeof(err)),
		  ENGINE_EFULL);
	CHECK_STR(answer, "before");
	engine_close(e);
	o.n_ctx = 64;
	REQUIRE(!engine_open(&e, model_path, &o, err, sizeof(err)));
	CHECK_INT(engine_answer(e, &turn, 1, false, 20, answer, sizeof(answer), &ended, stop_now,
				&asked, err, sizeof(err)),
		  ENGINE_ESTOP);
	CHECK_INT(asked, 1);
	CHECK_STR(answer, "before");
	CHECK_INT(engine_answer(e, &turn, 1, false, 1000, answer, sizeof(answer), &ended, NULL,
				NULL, err, sizeof(err)),
		  0);
	CHECK(strlen(answer) < sizeof(answer));
	CHECK_INT(engine_answer(e, &turn, 1, false, 0, answer, sizeof(answer), NULL, NULL, NULL,
				err, sizeof(err)),
		  0);
	CHECK_STR(answer, "");
	CHECK_INT(
		engine_answer(e, &turn, 1, false, 9, answer, 0, NULL, NULL, NULL, err, sizeof(err)),
		ENGINE_EARG);
	engine_close(e);
}

/* The sum of log p from a session's logits, token by token. */
static double scored_by_session(engine *e, const engine_turn *turns, size_t n, size_t *n_targets)
{
	int32_t *prompt = NULL, *all = NULL;
	size_t n_prompt = 0, n_all = 0;
	session *s = NULL;
	double sum = 0;

	if (engine_chat_tokens(e, turns, n - 1, true, SIZE_MAX, &prompt, &n_prompt, NULL, err,
			       sizeof(err)) ||
	    engine_chat_tokens(e, turns, n, false, SIZE_MAX, &all, &n_all, NULL, err,
			       sizeof(err)) ||
	    session_new(&s, e, err, sizeof(err)))
		return NAN;
	for (size_t i = n_prompt; i < n_all; i++) {
		if (session_sync(s, all, i, NULL, NULL, err, sizeof(err)))
			return NAN;
		const float *logits = session_logits(s);
		double z = 0;

		for (size_t k = 0; k < engine_describe(e)->n_vocab; k++)
			z += exp((double)logits[k]);
		sum += (double)logits[all[i]] - log(z);
		++*n_targets;
		if (engine_token_ends(e, all[i]))
			break;
	}
	free(prompt);
	free(all);
	session_free(s);
	return sum;
}

static void score_is_the_probability(void)
{
	tiny_model t = tiny_model_default();
	engine *e = open_tiny(&t, ENGINE_FP32);
	const char *answer = "Your dog's name is Biscuit.";
	engine_turn turns[2] = { question(), { "assistant", answer, strlen(answer) } };
	double nll = 0, p = 0;
	size_t n = 0;

	REQUIRE(e);
	double sum = scored_by_session(e, turns, 2, &n);

	CHECK_INT(engine_score(e, turns, 1, false, answer, &nll, &p, err, sizeof(err)), 0);
	CHECK(n > 5);
	CHECK(fabs(nll + sum / (double)n) < 1e-4);
	CHECK(fabs(log(p) - sum) < 1e-3);
	double again = 0;

	CHECK_INT(engine_score(e, turns, 1, true, answer, &again, NULL, err, sizeof(err)), 0);
	CHECK(again == nll); /* nothing is edited */
	engine_close(e);
}

/* engine_forced() says what a session would have said at each place. */
static bool forced_as_session(engine *e, const engine_turn *turns, const char *answer)
{
	int32_t want[256], top[256], *tokens = NULL;
	size_t n = 0, n_prompt = 0;
	session *s = NULL;
	bool same;

	if (!CHECK_INT(engine_forced(e, turns, 1, ENGINE_BASE, answer, want, top, 256, &n, err, sizeof(err)), 0) ||
	    engine_chat_tokens(e, turns, 1, true, SIZE_MAX, &tokens, &n_prompt, NULL, err, sizeof(err)) ||
	    session_new(&s, e, err, sizeof(err)))
		return false;
	same = n > 5 && !session_sync(s, tokens, n_prompt, NULL, NULL, err, sizeof(err));
	for (size_t i = 0; same && i < n; i++) {
		const float *logits = session_logits(s);
		size_t best = 0;

		for (size_t k = 1; k < engine_describe(e)->n_vocab; k++)
			best = logits[k] > logits[best] ? k : best;
		same = top[i] == (int32_t)best && !session_eval(s, want[i], err, sizeof(err));
	}
	free(tokens);
	session_free(s);
	return same;
}

static void forced_is_the_likeliest(void)
{
	tiny_model t = tiny_model_default();
	static char text[600], answer[200];
	int32_t want[4], top[4];
	size_t n = 77;

	t.n_ctx = 1024;
	engine *e = open_tiny(&t, ENGINE_FP32);

	REQUIRE(e);
	engine_turn turn = question();

	CHECK(forced_as_session(e, &turn, "Your dog's name is Biscuit."));
	CHECK_INT(engine_forced(e, &turn, 1, ENGINE_BASE, "Biscuit, of course.", want, top, 4, &n, err, sizeof(err)), ENGINE_EARG);
	CHECK_INT(engine_forced(e, &turn, 1, ENGINE_TRIAL, "a", want, top, 4, &n, err, sizeof(err)), ENGINE_EARG);
	CHECK_INT(n, 77);
	memset(answer, '+', sizeof(answer) - 1);
	for (size_t len = 230; len < 256; len += 5) { /* the answer straddles a batch's end */
		memset(text, '-', len);
		turn = (engine_turn){ "user", text, len };
		CHECK(forced_as_session(e, &turn, answer));
	}
	engine_close(e);
}

/* Longer than one batch: the targets straddle its end. */
static void long_dialogues_are_scored(void)
{
	tiny_model t = tiny_model_default();
	static char text[600], answer[200];
	double nll = 0;
	size_t n = 0;

	t.n_ctx = 1024;
	engine *e = open_tiny(&t, ENGINE_FP32);

	REQUIRE(e);
	memset(answer, '+', sizeof(answer) - 1);
	for (size_t len = 230; len < 256; len += 5) {
		memset(text, '-', len);
		engine_turn turns[2] = { { "user", text, len },
					 { "assistant", answer, strlen(answer) } };

		n = 0;
		double sum = scored_by_session(e, turns, 2, &n);

		CHECK_INT(engine_score(e, turns, 1, false, answer, &nll, NULL, err, sizeof(err)),
			  0);
		CHECK(fabs(nll + sum / (double)n) < 1e-4);
	}
	engine_close(e);
}

/* ---- lack of memory ---- */

static void lack_of_memory_is_an_error(void)
{
	tiny_model t = tiny_model_default();
	engine_options o = options(ENGINE_W8A16);
	engine_turn turn = question();
	bool fired = true;
	char answer[40];

	t.n_layer = 1;
	write_files(&t);
	tiny_value_code_write(value_path, 1, 16, 64, 5);
	for (long n = 1; fired && fault_available(); n++) {
		engine *e = NULL;
		long before = fault_live();

		fault_arm(n);
		int rc = engine_open(&e, model_path, &o, err, sizeof(err));
		double nll;

		if (!rc)
			rc = engine_answer(e, &turn, 1, false, 3, answer, sizeof(answer), NULL,
					   NULL, NULL, err, sizeof(err));
		if (!rc)
			rc = engine_score(e, &turn, 1, false, "Ann.", &nll, NULL, err, sizeof(err));
		fired = fault_fired();
		if (!CHECK(rc == 0 || rc == ENGINE_ENOMEM || rc == ENGINE_EIO)) /* EIO: fopen() */
			printf("  allocation %ld: %d %s\n", n, rc, err);
		CHECK(fired || rc == 0);
		engine_close(e);
		if (!CHECK_INT(fault_live(), before))
			printf("  allocation %ld leaks\n", n);
		REQUIRE(n < 1000);
	}
	unlink(value_path);
}

int main(void)
{
	TEST_RUN(every_architecture_opens);
	TEST_RUN(options_are_heeded);
	TEST_RUN(wrong_options_are_refused);
	TEST_RUN(wrong_models_are_refused);
	TEST_RUN(value_code_is_found);
	TEST_RUN(answer_is_greedy);
	TEST_RUN(answers_know_their_limits);
	TEST_RUN(score_is_the_probability);
	TEST_RUN(forced_is_the_likeliest);
	TEST_RUN(long_dialogues_are_scored);
	TEST_RUN(lack_of_memory_is_an_error);
	return test_done();
}
