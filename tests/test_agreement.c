/*
 * W8A16 against fp32 on the built-in model and text it was not trained on: how often the most likely next token is the
 * same, and the mean KL divergence. The figures are printed; the bounds are what a quantised model that answers like its
 * reference has to keep.
 */
#include "../engine/engine.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

enum { TURNS_MAX = 64, TEXT_MAX = 8192 };
static const char model_path[] = "assets/imprint-base.gguf";

static char text[TEXT_MAX];

static size_t read_turns(engine_turn *turns)
{
	FILE *f = fopen("tests/heldout.txt", "r");
	size_t n = 0, len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[len] = 0;
	if (f)
		fclose(f);
	for (char *line = strtok(text, "\n"); line && n < TURNS_MAX; line = strtok(NULL, "\n"))
		turns[n++] = (engine_turn){ line[0] == 'U' ? "user" : "assistant", line + 3, strlen(line + 3) };
	return n;
}

static int argmax(const float *x, size_t n)
{
	int best = 0;

	for (size_t i = 1; i < n; i++)
		if (x[i] > x[best])
			best = (int)i;
	return best;
}

/* KL(p || q) of two rows of logits, in nats. */
static double divergence(const float *p, const float *q, size_t n)
{
	double mp = p[argmax(p, n)], mq = q[argmax(q, n)], sp = 0, sq = 0, kl = 0;

	for (size_t i = 0; i < n; i++) {
		sp += exp(p[i] - mp);
		sq += exp(q[i] - mq);
	}
	for (size_t i = 0; i < n; i++) {
		double lp = p[i] - mp - log(sp), lq = q[i] - mq - log(sq);

		kl += exp(lp) * (lp - lq);
	}
	return kl;
}

static int open_engine(engine **e, int precision)
{
	engine_options o = engine_options_default();
	char err[256] = "";
	int rc;

	o.precision = precision;
	o.calibration = "assets/calibration.txt";
	rc = engine_open(e, model_path, &o, err, sizeof(err));
	if (rc)
		printf("%s\n", err);
	return rc;
}

static void test_agreement(void)
{
	engine *e[2] = { NULL, NULL };
	session *s[2] = { NULL, NULL };
	engine_turn turns[TURNS_MAX];
	size_t n_turns = read_turns(turns), n = 0, n_vocab;
	int32_t *tokens = NULL;
	char err[256] = "";
	int same = 0;
	double kl = 0;

	for (int i = 0; i < 2; i++) {
		REQUIRE(open_engine(&e[i], i ? ENGINE_FP32 : ENGINE_W8A16) == 0);
		REQUIRE(session_new(&s[i], e[i], err, sizeof(err)) == 0);
	}
	REQUIRE(n_turns > 10);
	REQUIRE(engine_chat_tokens(e[0], turns, n_turns, false, SIZE_MAX, &tokens, &n, NULL, err, sizeof(err)) == 0);
	n_vocab = engine_describe(e[0])->n_vocab;
	if (n > engine_describe(e[0])->n_ctx)
		n = engine_describe(e[0])->n_ctx;
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 2; k++)
			REQUIRE(session_eval(s[k], tokens[i], err, sizeof(err)) == 0);
		same += argmax(session_logits(s[0]), n_vocab) == argmax(session_logits(s[1]), n_vocab);
		kl += divergence(session_logits(s[1]), session_logits(s[0]), n_vocab);
	}
	printf("figure: W8A16 against fp32 on %zu held-out tokens: top-1 agreement %.4f, mean KL %.6f nats\n", n,
	       (double)same / (double)n, kl / (double)n);
	CHECK(same >= 0.97 * (double)n);
	CHECK(kl / (double)n < 0.005);
	free(tokens);
	for (int i = 0; i < 2; i++) {
		session_free(s[i]);
		engine_close(e[i]);
	}
}

int main(void)
{
	if (access(model_path, R_OK))
		test_skip("test_agreement", "assets/imprint-base.gguf is not there");
	else
		TEST_RUN(test_agreement);
	return test_done();
}
