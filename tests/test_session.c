/* session: reuse of what was computed never changes a logit, and weights that changed are never
 * mixed. */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static engine *e;
static char err[256];
static int32_t text[100];

static void engine_make(void)
{
	char path[512];
	tiny_model t = tiny_model_default();
	engine_options opt = engine_options_default();
	rng r;
	opt.calibration = "assets/calibration.txt";
	opt.n_threads = 2;
	t.n_ctx = 96;
	t.n_layer = 3;
	t.edit_layer = 1;
	test_path(path, sizeof(path), "session.gguf");
	tiny_model_write(&t, path);
	if (engine_open(&e, path, &opt, err, sizeof(err)))
		printf("%s\n", err);
	rng_seed(&r, 3);
	for (size_t i = 0; i < 100; i++)
		text[i] = (int32_t)(rng_next(&r) % 256);
}

/* Logits after n tokens of a session that has seen nothing else. */
static void fresh_logits(const int32_t *tokens, size_t n, bool base, float *out)
{
	session *s = NULL;
	REQUIRE(!session_new(&s, e, err, sizeof(err)));
	session_use_base(s, base);
	CHECK(session_logits(s) == NULL);
	REQUIRE(!session_sync(s, tokens, n, NULL, NULL, err, sizeof(err)));
	memcpy(out, session_logits(s), e->info.n_vocab * sizeof(*out));
	session_free(s);
}

static bool holds(const session *s, const int32_t *tokens, size_t n, bool base)
{
	float want[1024] = { 0 };
	fresh_logits(tokens, n, base, want);
	return session_length(s) == n && session_logits(s) &&
	       !memcmp(session_logits(s), want, e->info.n_vocab * sizeof(*want)) &&
	       !memcmp(session_tokens(s), tokens, n * sizeof(*tokens));
}

static void test_sync(void)
{
	static const size_t lengths[] = { 10, 30, 30, 12, 1, 60, 59, 96 };
	int32_t other[100];
	session *s = NULL;
	REQUIRE(e && !session_new(&s, e, err, sizeof(err)));
	for (size_t i = 0; i < 8; i++) {
		CHECK(!session_sync(s, text, lengths[i], NULL, NULL, err, sizeof(err)));
		CHECK(holds(s, text, lengths[i], false));
	}
	memcpy(other, text, sizeof(other));
	for (size_t at = 90; at < 96; at -= 18) { /* a change further and further to the front */
		other[at] ^= 1;
		CHECK(!session_sync(s, other, 93, NULL, NULL, err, sizeof(err)));
		CHECK(holds(s, other, 93, false));
	}
	CHECK(!session_sync(s, text, 0, NULL, NULL, err, sizeof(err)));
	CHECK(session_length(s) == 0 && session_logits(s) == NULL);
	session_free(s);
	session_free(NULL);
}

/* Rows are computed once: a longer text costs what is new, a shorter one its last row. */
static void test_rows_are_counted(void)
{
	static const struct {
		size_t n, rows;
	} steps[] = { { 40, 40 }, { 60, 20 }, { 60, 0 }, { 61, 1 }, { 30, 1 }, { 96, 66 } };
	int32_t other[100];
	size_t at = 0;
	session *s = NULL;
	REQUIRE(e && !session_new(&s, e, err, sizeof(err)));
	CHECK_INT(session_computed(s), 0);
	for (size_t i = 0; i < 6; i++) {
		CHECK(!session_sync(s, text, steps[i].n, NULL, NULL, err, sizeof(err)));
		CHECK_INT(session_computed(s), at += steps[i].rows);
		CHECK(holds(s, text, steps[i].n, false));
	}
	memcpy(other, text, sizeof(other));
	other[50] ^= 1; /* 50 rows are still good */
	CHECK(!session_sync(s, other, 80, NULL, NULL, err, sizeof(err)));
	CHECK_INT(session_computed(s), at += 30);
	CHECK(holds(s, other, 80, false));
	CHECK(!session_eval(s, 7, err, sizeof(err)));
	CHECK_INT(session_computed(s), at += 1);
	e->version++; /* of the weights: nothing is good any more */
	CHECK(!session_sync(s, other, 80, NULL, NULL, err, sizeof(err)));
	CHECK_INT(session_computed(s), at += 80);
	session_free(s);
}

static void test_eval(void)
{
	session *s = NULL;
	REQUIRE(e && !session_new(&s, e, err, sizeof(err)));
	CHECK(!session_sync(s, text, 5, NULL, NULL, err, sizeof(err)));
	for (size_t i = 5; i < 96; i++)
		CHECK(!session_eval(s, text[i], err, sizeof(err)));
	CHECK(holds(s, text, 96, false));
	CHECK_INT(session_eval(s, text[0], err, sizeof(err)), ENGINE_EFULL);
	CHECK(strstr(err, "96"));
	CHECK_INT(session_sync(s, text, 97, NULL, NULL, err, sizeof(err)), ENGINE_EFULL);
	CHECK(holds(s, text, 96, false)); /* untouched on failure */
	session_free(s);
}

static void test_bad_token(void)
{
	int32_t bad[3] = { 1, -1, 2 };
	session *s = NULL;
	REQUIRE(e && !session_new(&s, e, err, sizeof(err)));
	CHECK_INT(session_sync(s, bad, 3, NULL, NULL, err, sizeof(err)), ENGINE_EARG);
	bad[1] = (int32_t)e->info.n_vocab;
	CHECK_INT(session_sync(s, bad, 3, NULL, NULL, err, sizeof(err)), ENGINE_EARG);
	CHECK(session_logits(s) == NULL);
	CHECK(!session_sync(s, text, 3, NULL, NULL, err, sizeof(err)));
	CHECK(holds(s, text, 3, false));
	session_free(s);
}

/* The edited layer changes between two syncs of the same tokens. */
static void test_weights(void)
{
	session *s = NULL, *b = NULL;
	size_t size = e->model->hp.n_embd * e->model->hp.n_ff;
	float old[1024], *row = alloc_array(size, 1, sizeof(*row));
	memcpy(row, e->model->down_base, size * sizeof(*row));
	e->model->down_edited = row;
	REQUIRE(e && !session_new(&s, e, err, sizeof(err)) &&
		!session_new(&b, e, err, sizeof(err)));
	session_use_base(b, true);
	CHECK(!session_sync(s, text, 40, NULL, NULL, err, sizeof(err)));
	CHECK(!session_sync(b, text, 40, NULL, NULL, err, sizeof(err)));
	CHECK(!memcmp(session_logits(s), session_logits(b), e->info.n_vocab * 4));
	memcpy(old, session_logits(s), e->info.n_vocab * 4);
	for (size_t i = 0; i < e->info.n_ff; i++)
		row[i] += 1;
	e->version++;
	CHECK(!session_sync(s, text, 40, NULL, NULL, err, sizeof(err)));
	CHECK(!session_sync(b, text, 40, NULL, NULL, err, sizeof(err)));
	CHECK(memcmp(session_logits(s), old, e->info.n_vocab * 4));
	CHECK(!memcmp(session_logits(b), old, e->info.n_vocab * 4));
	CHECK(holds(s, text, 40, false) && holds(b, text, 40, true));
	session_use_base(s, true); /* from the next sync on */
	CHECK(memcmp(session_logits(s), old, e->info.n_vocab * 4));
	CHECK(!session_sync(s, text, 41, NULL, NULL, err, sizeof(err)));
	CHECK(holds(s, text, 41, true));
	for (size_t i = 0; i < e->info.n_ff; i++)
		row[i] -= 1;
	e->version++;
	session_free(s);
	session_free(b);
}

static bool stop_at(void *arg) { return --*(int *)arg < 0; }

static void test_stop(void)
{
	session *s = NULL;
	REQUIRE(e && !session_new(&s, e, err, sizeof(err)));
	CHECK(!session_sync(s, text, 20, NULL, NULL, err, sizeof(err)));
	for (int polls = 0; polls < 3; polls++) {
		int left = polls;
		CHECK_INT(session_sync(s, text, 50, stop_at, &left, err, sizeof(err)),
			  ENGINE_ESTOP);
		CHECK(session_length(s) == 20 && session_logits(s) == NULL);
	}
	CHECK(!session_sync(s, text, 50, NULL, NULL, err, sizeof(err)));
	CHECK(holds(s, text, 50, false));
	session_free(s);
}

int main(void)
{
	engine_make();
	TEST_RUN(test_sync);
	TEST_RUN(test_rows_are_counted);
	TEST_RUN(test_eval);
	TEST_RUN(test_bad_token);
	TEST_RUN(test_weights);
	TEST_RUN(test_stop);
	engine_close(e);
	return test_done();
}
