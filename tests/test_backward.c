/*
 * The gradient against central finite differences on tiny fp32 models of the three architectures, and on the built-in
 * model against the engine's own forward pass and the gradient that probes alone give.
 */
#include <stdlib.h>
#include <unistd.h>

#include "engine/backward.h"
#include "engine/edit_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

enum { SEQS = 3 };
#define PROBE 0.5 /* times |v|: shorter ones drown in the rounding of W8A16 */

static double worst_slope; /* of all, relative to the gradient's length */
static char model_path[512], text_path[512];
static const char built_in[] = "assets/imprint-base.gguf";

static engine *open_tiny(const char *arch, int threads)
{
	tiny_model t = tiny_model_default();
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	t.arch = arch;
	t.n_layer = 4;
	t.n_embd = 32;
	t.n_ff = 48;
	t.edit_layer = 1;
	t.own_output = !strcmp(arch, "llama");
	t.scale = 2;
	tiny_model_write(&t, model_path);
	o.n_threads = threads;
	o.precision = ENGINE_FP32;
	o.calibration = text_path;
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

/* Two answered sequences of different lengths and one whose distribution is to be kept. */
typedef struct problem {
	backward_seq seqs[SEQS];
	int32_t tokens[SEQS][16], targets[SEQS][4];
	float *keep;
} problem;

static void problem_make(problem *p, size_t n_vocab)
{
	static const size_t length[SEQS] = { 11, 7, 5 }, anchor[SEQS] = { 4, 0, 2 };
	rng r;
	double sum = 0;

	rng_seed(&r, 5);
	p->keep = malloc(n_vocab * sizeof *p->keep);
	for (size_t v = 0; v < n_vocab; v++)
		sum += exp((double)(p->keep[v] = (float)rng_normal(&r)));
	for (size_t v = 0; v < n_vocab; v++)
		p->keep[v] -= (float)log(sum);
	for (size_t s = 0; s < SEQS; s++) {
		for (size_t t = 0; t < 16; t++)
			p->tokens[s][t] = (int32_t)(rng_next(&r) % n_vocab);
		for (size_t t = 0; t < 4; t++)
			p->targets[s][t] = (int32_t)(rng_next(&r) % n_vocab);
		p->seqs[s] = (backward_seq){
			.tokens = p->tokens[s], .n_tokens = length[s], .anchor = anchor[s], .weight = 0.5 + (double)s,
			.first = length[s] - 3, .targets = p->targets[s], .n_targets = s < 2 ? 3 - s : 0,
			.keep = s < 2 ? NULL : p->keep,
		};
	}
}

static double loss_at(backward *b, const float *delta, const float *down)
{
	backward_score s = { .loss = NAN };

	CHECK_INT(backward_loss(b, delta, down, &s), 0);
	return s.loss;
}

/* Slope along u [n] at x by central differences; x is put back. */
static double slope(backward *b, float *x, const float *u, size_t n, double h, bool is_down, const float *delta)
{
	float *at = malloc(n * sizeof *at);
	double f[2];

	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < n; i++)
			at[i] = x[i] + (float)((side ? -h : h) * (double)u[i]);
		f[side] = is_down ? loss_at(b, delta, at) : loss_at(b, at, NULL);
	}
	free(at);
	return (f[0] - f[1]) / (2 * h);
}

/* Single precision limits differences to about 1e-7 loss / (2 h) of the loss: h and the bound follow. */
static void check_slopes(backward *b, float *x, const float *grad, size_t n, bool is_down, const float *delta)
{
	rng r;
	float *u = malloc(n * sizeof *u);
	double worst = 0, scale = 0;

	rng_seed(&r, 11);
	for (size_t i = 0; i < n; i++)
		scale += (double)grad[i] * (double)grad[i];
	scale = sqrt(scale);
	for (int k = 0; k < 12; k++) {
		double along = 0, length = 0;

		for (size_t i = 0; i < n; i++) /* the gradient's own direction, one coordinate, or random ones */
			u[i] = k == 0 ? grad[i] : k < 4 ? i == rng_next(&r) % n : (float)rng_normal(&r);
		if (k > 0 && k < 4)
			u[rng_next(&r) % n] = 1;
		for (size_t i = 0; i < n; i++)
			length += (double)u[i] * (double)u[i];
		for (size_t i = 0; i < n; i++) {
			u[i] = (float)((double)u[i] / sqrt(length));
			along += (double)u[i] * (double)grad[i];
		}
		double got = slope(b, x, u, n, 5e-3, is_down, delta);

		worst = fmax(worst, fabs(got - along) / scale);
	}
	worst_slope = fmax(worst_slope, worst);
	CHECK(scale > 1e-3 && worst < 3e-3);
	free(u);
}

static void check_arch(const char *arch)
{
	engine *e = open_tiny(arch, 2);
	problem p;

	REQUIRE(e != NULL);
	size_t d = e->info.n_embd, ff = e->info.n_ff;
	float *delta = malloc(d * sizeof *delta), *by_delta = malloc(d * sizeof *delta);
	float *down = malloc(d * ff * sizeof *down), *by_down = malloc(d * ff * sizeof *down);
	rng r;

	problem_make(&p, e->info.n_vocab);
	rng_seed(&r, 3);
	for (size_t i = 0; i < d; i++)
		delta[i] = 0.3f * (float)rng_normal(&r);
	for (size_t layer_at = 0; layer_at < 4; layer_at++) {
		backward *b = NULL;
		backward_score s, again;

		REQUIRE(!backward_new(&b, e, p.seqs, SEQS, layer_at, ENGINE_BASE, NULL, NULL));
		overlay_base(e, layer_at, down);
		CHECK_INT(backward_gradient(b, delta, NULL, &s, by_delta, by_down), 0);
		check_slopes(b, delta, by_delta, d, false, NULL);
		check_slopes(b, down, by_down, d * ff, true, delta);
		CHECK_INT(backward_loss(b, delta, down, &again), 0);
		CHECK(again.loss == s.loss && again.nll == s.nll && again.p == s.p && again.top == s.top);
		backward_free(b);
	}
	free(p.keep);
	free(delta);
	free(by_delta);
	free(down);
	free(by_down);
	engine_close(e);
}

static void qwen2_slopes(void) { check_arch("qwen2"); }
static void qwen3_slopes(void) { check_arch("qwen3"); }
static void llama_slopes(void) { check_arch("llama"); }

/* The loss is the engine's own, up to the F16 of its keys and values. */
static void forward_is_the_engines(void)
{
	engine *e = open_tiny("qwen3", 1);
	problem p;
	backward *b = NULL;
	backward_score s;

	REQUIRE(e != NULL);
	problem_make(&p, e->info.n_vocab);
	float nll[3], zero[32] = { 0 };
	int32_t whole[16];

	memcpy(whole, p.tokens[0], sizeof whole);
	/* targets that follow in the sequence itself, so that engine_nll() sees them */
	p.seqs[0].targets = whole + 9;
	p.seqs[0].n_targets = 2;
	p.seqs[0].first = 8;
	REQUIRE(!backward_new(&b, e, p.seqs, 1, 2, ENGINE_BASE, NULL, NULL));
	REQUIRE(!backward_loss(b, zero, NULL, &s));
	REQUIRE(!engine_nll(e, whole, 11, 9, ENGINE_BASE, nll, NULL, NULL, NULL, 0));
	printf("figure: loss %.6f, the engine's %.6f\n", s.nll, ((double)nll[0] + (double)nll[1]) / 2);
	CHECK(fabs(s.nll - ((double)nll[0] + (double)nll[1]) / 2) < 5e-3);
	CHECK(fabs(s.loss - 0.5 * s.nll) < 1e-9);
	free(p.keep);
	backward_free(b);
	engine_close(e);
}

/* What is to be kept is kept where it was taken from: no divergence and no slope. */
static void keeping_costs_nothing_where_it_is(void)
{
	engine *e = open_tiny("qwen2", 1);
	problem p;
	backward *b = NULL;
	backward_score s;
	float grad[32];
	double length = 0;

	REQUIRE(e != NULL);
	problem_make(&p, e->info.n_vocab);
	REQUIRE(!backward_new(&b, e, p.seqs + 2, 1, 1, ENGINE_BASE, NULL, NULL));
	REQUIRE(!backward_loss(b, NULL, NULL, &s));
	CHECK(s.loss > 0.1);
	backward_log_probabilities(b, 0, p.keep);
	REQUIRE(!backward_gradient(b, NULL, NULL, &s, grad, NULL));
	for (size_t i = 0; i < 32; i++)
		length += (double)grad[i] * (double)grad[i];
	CHECK(fabs(s.loss) < 1e-6 && sqrt(length) < 1e-5);
	free(p.keep);
	backward_free(b);
	engine_close(e);
}

static void threads_change_nothing(void)
{
	float grad[2][32];

	for (int threads = 1; threads <= 3; threads += 2) {
		engine *e = open_tiny("qwen2", threads);
		problem p;
		backward *b = NULL;
		backward_score s;

		REQUIRE(e != NULL);
		problem_make(&p, e->info.n_vocab);
		REQUIRE(!backward_new(&b, e, p.seqs, SEQS, 1, ENGINE_BASE, NULL, NULL));
		REQUIRE(!backward_gradient(b, NULL, NULL, &s, grad[threads / 2], NULL));
		free(p.keep);
		backward_free(b);
		engine_close(e);
	}
	CHECK(!memcmp(grad[0], grad[1], sizeof *grad));
}

static void bad_sequences_are_refused(void)
{
	engine *e = open_tiny("qwen2", 1);
	problem p;

	REQUIRE(e != NULL);
	problem_make(&p, e->info.n_vocab);
	for (int wrong = 0; wrong < 6; wrong++) {
		backward *b = NULL;
		backward_seq s = p.seqs[0];
		int32_t bad[16];

		memcpy(bad, p.tokens[0], sizeof bad);
		bad[3] = wrong == 0 ? -1 : (int32_t)e->info.n_vocab;
		if (wrong < 2)
			s.tokens = bad;
		else if (wrong == 2)
			s.anchor = s.n_tokens;
		else if (wrong == 3)
			s.first = s.n_tokens;
		else if (wrong == 4)
			s.n_targets = 4;
		else
			s.n_tokens = 0;
		CHECK_INT(backward_new(&b, e, &s, 1, 1, ENGINE_BASE, NULL, NULL), ENGINE_EARG);
		CHECK(b == NULL);
	}
	backward *b = NULL;

	CHECK_INT(backward_new(&b, e, p.seqs, SEQS, 4, ENGINE_BASE, NULL, NULL), ENGINE_EARG);
	CHECK_INT(backward_new(&b, e, p.seqs, 0, 1, ENGINE_BASE, NULL, NULL), ENGINE_EARG);
	free(p.keep);
	engine_close(e);
}

/* The built-in model in W8A16: probes along every coordinate through the engine's pass give the same gradient. */
static void probes_agree_on_the_built_in_model(void)
{
	static const engine_turn turn = { "user", "What is my dog's name?", 22 };
	static const edit_context ctx = { &turn, 1, 16, "Your dog's name is Biscuit.", 0 };
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	o.calibration = "assets/calibration.txt";
	if (!CHECK_INT(engine_open(&e, built_in, &o, err, sizeof err), 0))
		return;
	size_t d = e->info.n_embd;
	edit_case c;
	edit_scorer *scorer = NULL;
	double v, npu = 0, dot = 0, one = 0, two = 0;
	float *key = malloc(e->info.n_ff * sizeof *key), *points = calloc(2 * d * d, sizeof *points);
	float *grad = malloc(d * sizeof *grad);
	edit_score *score = malloc(2 * d * sizeof *score);

	REQUIRE(!edit_case_init(&c, e, &ctx, err, sizeof err) && !edit_case_fill(&c, e, key, &v, NULL, NULL));
	REQUIRE(!edit_scorer_new(&scorer, e, &c, 1, true));
	for (size_t i = 0; i < d; i++) {
		points[2 * i * d + i] = (float)(PROBE * v);
		points[(2 * i + 1) * d + i] = (float)(-PROBE * v);
	}
	REQUIRE(!edit_scorer_run(scorer, points, 2 * d, score, NULL, NULL, &npu, NULL, NULL));
	backward_seq q = { .tokens = c.tokens, .n_tokens = c.n_tokens, .anchor = c.anchor, .first = c.n_prompt - 1,
			   .targets = c.targets, .n_targets = c.n_targets, .weight = 1 };
	backward *b = NULL;
	backward_score s;

	REQUIRE(!backward_new(&b, e, &q, 1, (size_t)e->info.edit_layer, ENGINE_BASE, NULL, NULL));
	REQUIRE(!backward_gradient(b, NULL, NULL, &s, grad, NULL));
	for (size_t i = 0; i < d; i++) {
		double probed = (score[2 * i].nll - score[2 * i + 1].nll) / (2 * PROBE * v);

		dot += probed * (double)grad[i];
		one += probed * probed;
		two += (double)grad[i] * (double)grad[i];
	}
	printf("figure: cosine of gradient and probes %.4f, lengths %.4f and %.4f\n", dot / sqrt(one * two), sqrt(two),
	       sqrt(one));
	/* The probes' activations are rounded in each of 12 layers; with 8 it was 0.98 and more. */
	CHECK(dot / sqrt(one * two) > 0.97 && fabs(sqrt(two / one) - 1) < 0.1);
	backward_free(b);
	edit_scorer_free(scorer);
	edit_case_release(&c);
	free(key);
	free(points);
	free(grad);
	free(score);
	engine_close(e);
}

int main(void)
{
	test_path(model_path, sizeof model_path, "backward.gguf");
	if (!test_calibration(text_path, sizeof text_path, 20, "friend"))
		return 1;
	TEST_RUN(qwen2_slopes);
	TEST_RUN(qwen3_slopes);
	TEST_RUN(llama_slopes);
	printf("figure: slopes differ by at most %.1e of the gradient's length\n", worst_slope);
	TEST_RUN(forward_is_the_engines);
	TEST_RUN(keeping_costs_nothing_where_it_is);
	TEST_RUN(threads_change_nothing);
	TEST_RUN(bad_sequences_are_refused);
	if (access(built_in, R_OK))
		test_skip("probes_agree_on_the_built_in_model", "assets/imprint-base.gguf is not there");
	else
		TEST_RUN(probes_agree_on_the_built_in_model);
	return test_done();
}
