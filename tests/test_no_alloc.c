/*
 * Between two tokens of an answer nothing is allocated, freed or mapped, by any thread: session_eval() and
 * sampler_draw() from the second token to the end of the context, in both precisions, on one thread and
 * on two, with every kind of sampling.
 */
#define _DEFAULT_SOURCE 1
#include "engine/engine_int.h"
#include "fault.h"
#include "gguf_build.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static char model_path[300], text_path[300], err[300];

static void set_up(size_t n_ctx)
{
	tiny_model t = tiny_model_default();

	t.n_ctx = n_ctx;
	test_path(model_path, sizeof(model_path), "tiny.gguf");
	test_path(text_path, sizeof(text_path), "calibration.txt");
	tiny_model_write(&t, model_path);
	FILE *f = fopen(text_path, "w");

	if (!f || fputs("U: What is my name?\nA: You are Ann.\n", f) < 0 || fclose(f))
		abort();
}

/* Calls of the allocator while one answer fills the context from `from` tokens on. */
static long calls_of_answer(const engine_options *o, const sample_options *z, size_t from)
{
	engine *e = NULL;
	session *s = NULL;
	sampler *draws = NULL;
	long calls = -1;
	int32_t *tokens = NULL;

	if (!CHECK(!engine_open(&e, model_path, o, err, sizeof(err))))
		return -1;
	tokens = alloc_array(from, 1, sizeof(*tokens));
	if (CHECK(tokens && !session_new(&s, e, err, sizeof(err)) && !sampler_new(&draws, e, z) &&
		  !session_sync(s, tokens, from, NULL, NULL, err, sizeof(err)) &&
		  !session_eval(s, sampler_draw(draws, s), err, sizeof(err)))) {
		bool ok = true;

		calls = fault_calls();
		while (ok && session_length(s) < e->info.n_ctx)
			ok = !session_eval(s, sampler_draw(draws, s), err, sizeof(err));
		calls = fault_calls() - calls;
		CHECK(ok && session_length(s) == e->info.n_ctx);
	}
	sampler_free(draws);
	session_free(s);
	engine_close(e);
	free(tokens);
	return calls;
}

static void check_none(int precision, int threads, const sample_options *z, size_t n_ctx, size_t from)
{
	engine_options o = engine_options_default();

	o.calibration = text_path;
	o.precision = precision;
	o.n_threads = threads;
	o.n_ctx = n_ctx;
	if (!CHECK_INT(calls_of_answer(&o, z, from), 0))
		printf("  precision %d, %d threads, context %zu, temperature %g, top-k %d\n", precision, threads, n_ctx,
		       (double)z->temperature, z->top_k);
}

static void nothing_is_allocated_between_tokens(void)
{
	const sample_options kinds[] = {
		sample_options_default(),
		{ .temperature = 0 },
		/* All 299 tokens are sorted: qsort() would take memory for that. */
		{ .temperature = 1, .top_p = 0.9f, .repeat_penalty = 1.1f, .seed = 3 },
	};

	set_up(256);
	for (int precision = ENGINE_W8A16; precision <= ENGINE_FP32; precision++)
		for (int threads = 1; threads <= 2; threads++)
			for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
				check_none(precision, threads, &kinds[i], 256, 5);
}

/* Tables of positions were once made for 4096 of them and grew between two tokens. */
static void long_contexts_are_no_exception(void)
{
	sample_options z = sample_options_default();

	set_up(4160);
	check_none(ENGINE_W8A16, 1, &z, 4160, 4080);
	check_none(ENGINE_FP32, 2, &z, 4160, 4080);
}

/* The counter sees the calls that the other tests say are not made. */
static void calls_are_counted(void)
{
	long before = fault_calls();
	void *p = malloc(1);
	void *volatile kept = p;

	free(kept);
	CHECK_INT(fault_calls() - before, 2);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (!fault_available()) {
		test_skip("test_no_alloc", "a sanitizer brings its own allocator");
		return test_done();
	}
	/* OpenBLAS starts threads with the program, and they map memory when they get to it. */
	if (!getenv("OPENBLAS_NUM_THREADS") && !setenv("OPENBLAS_NUM_THREADS", "1", 1))
		execv("/proc/self/exe", argv);
	TEST_RUN(calls_are_counted);
	TEST_RUN(nothing_is_allocated_between_tokens);
	TEST_RUN(long_contexts_are_no_exception);
	return test_done();
}
