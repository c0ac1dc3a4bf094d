/*
 * Lack of memory anywhere in the engine: the Nth allocation fails, N = 1, 2.. until none does. Each time
 * there is a sentence, nothing leaks, output parameters stay as they were, and what was open before
 * does its work afterwards as if nothing had happened.
 */
#define _DEFAULT_SOURCE 1
#include "engine/engine_int.h"
#include "fault.h"
#include "gguf_mini.h"
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static char model_path[300], value_path[300], text_path[300], cache_dir[300], err[300];
static const int32_t tokens[4] = { 0, 9, 7, 3 };
static const engine_turn question = { "user", "abc us abc", 10 };

static void set_up(void)
{
	gguf_builder *b = mini_model_build("qwen2", GGML_F32), *code = mini_value_code_build(8, 8);

	test_path(model_path, sizeof(model_path), "mini.gguf");
	test_path(value_path, sizeof(value_path), "mini.value.gguf");
	test_path(text_path, sizeof(text_path), "calibration.txt");
	test_path(cache_dir, sizeof(cache_dir), "");
	gguf_builder_write(b, model_path);
	gguf_builder_write(code, value_path);
	gguf_builder_free(b);
	gguf_builder_free(code);
	FILE *f = fopen(text_path, "w");

	if (!f || fputs("abc us\n\nU: abc\nA: us\n", f) < 0 || fclose(f))
		abort();
}

static engine_options options(bool cached)
{
	engine_options o = engine_options_default();

	o.n_threads = 2;
	o.calibration = text_path;
	o.cache_dir = cached ? cache_dir : NULL;
	return o;
}

static engine *open_mini(void)
{
	engine_options o = options(false);
	engine *e = NULL;

	if (engine_open(&e, model_path, &o, err, sizeof(err)))
		abort();
	return e;
}

static int cache_remove(void)
{
	DIR *d = opendir(cache_dir);
	struct dirent *entry;
	char path[600];
	int n = 0;

	while (d && (entry = readdir(d)))
		if (!strncmp(entry->d_name, "calibration-", 12)) {
			snprintf(path, sizeof(path), "%s/%s", cache_dir, entry->d_name);
			unlink(path);
			n++;
		}
	if (d)
		closedir(d);
	return n;
}

/* One step that may lack memory: returns its code. after(): frees what it made; NULL where nothing was. */
typedef struct attempt {
	int (*run)(void *arg, char *why, size_t n);
	void (*after)(void *arg, bool worked);
	void *arg;
	bool files; /* opens files with stdio: their lack of memory is an I/O error */
} attempt;

/* Runs it with every allocation failing in turn; returns how many there were. */
static long each_failing(const attempt *a)
{
	bool fired = true;
	long n = 0;

	while (fired && n < 3000) {
		char why[300] = "";
		long before = fault_live();

		fault_arm(++n);
		int rc = a->run(a->arg, why, sizeof(why));

		fired = fault_fired();
		/* Some can do without: a cache file, the C library's own buffers. */
		bool known = rc == ENGINE_ENOMEM || (rc == ENGINE_EIO && a->files);

		if (!CHECK(rc ? fired && known && why[0] && !strchr(why, '\n') : true))
			printf("  allocation %ld: code %d, \"%s\"\n", n, rc, why);
		a->after(a->arg, !rc);
		if (!CHECK_INT(fault_live(), before))
			printf("  allocation %ld leaks\n", n);
	}
	return n - 1;
}

/* ---- opening ---- */

typedef struct opening {
	engine_options o;
	engine *e;
} opening;

static int open_run(void *arg, char *why, size_t n)
{
	opening *x = arg;

	x->e = NULL;
	return engine_open(&x->e, model_path, &x->o, why, n);
}

static void open_after(void *arg, bool worked)
{
	opening *x = arg;

	CHECK((x->e != NULL) == worked);
	CHECK(!worked || x->e->info.has_value_code);
	engine_close(x->e);
}

static void opening_fails_cleanly(void)
{
	opening x = { .o = options(false) };
	attempt a = { open_run, open_after, &x, true };

	for (x.o.precision = ENGINE_W8A16; x.o.precision <= ENGINE_FP32; x.o.precision++)
		CHECK(each_failing(&a) > 100);
}

/* The cache is written, or not; and read, or made anew. Never half of it. */
static void open_uncached_after(void *arg, bool worked)
{
	cache_remove();
	open_after(arg, worked);
}

static void calibration_cache_fails_cleanly(void)
{
	opening x = { .o = options(true) };
	attempt writes = { open_run, open_uncached_after, &x, true }, reads = { open_run, open_after, &x, true };
	engine *e = NULL;

	CHECK(each_failing(&writes) > 100);
	REQUIRE(!engine_open(&e, model_path, &x.o, err, sizeof(err)));
	engine_close(e);
	CHECK(each_failing(&reads) > 100);
	CHECK_INT(cache_remove(), 1);
}

/* ---- an open engine ---- */

typedef struct talk {
	engine *e;
	session *s;
	sampler *z;
	int32_t *ids;
	char answer[64], expected[64];
	double nll;
	int length;
} talk;

static void session_after(talk *x, bool worked)
{
	static float expected[17];

	CHECK(!worked || (x->s && x->z));
	CHECK(x->s || session_new(&x->s, x->e, err, sizeof(err)) == 0);
	CHECK_INT(session_sync(x->s, tokens, 4, NULL, NULL, err, sizeof(err)), 0); /* it is as good as new */
	REQUIRE(session_logits(x->s) && x->e->info.n_vocab == 17);
	if (expected[0] != 0) /* the same after every failure */
		CHECK(!memcmp(expected, session_logits(x->s), sizeof(expected)));
	memcpy(expected, session_logits(x->s), sizeof(expected));
	session_free(x->s);
	sampler_free(x->z);
	engine_close(x->e);
	*x = (talk){ 0 };
}

/* With a new engine each time, whose buffers have not grown yet. */
static void sessions_fail_cleanly(void)
{
	bool fired = true;
	long before = fault_live(), n;

	for (n = 0; fired && n < 500; n++) {
		talk x = { .e = open_mini() };
		sample_options o = sample_options_default();
		char why[200] = "";

		fault_arm(n + 1);
		int rc = session_new(&x.s, x.e, why, sizeof(why));

		if (!rc)
			rc = session_sync(x.s, tokens, 3, NULL, NULL, why, sizeof(why));
		if (!rc)
			rc = session_eval(x.s, tokens[3], why, sizeof(why));
		if (!rc && sampler_new(&x.z, x.e, &o))
			rc = fail(why, sizeof(why), ENGINE_ENOMEM, "out of memory");
		fired = fault_fired();
		CHECK_INT(rc, fired ? ENGINE_ENOMEM : 0);
		CHECK(!fired || !strcmp(why, "out of memory"));
		session_after(&x, !rc);
		CHECK_INT(fault_live(), before);
	}
	CHECK(n > 8);
}

static int answer_run(void *arg, char *why, size_t n)
{
	talk *x = arg;

	return engine_answer(x->e, &question, 1, ENGINE_EDITED, 5, x->answer, sizeof(x->answer), NULL, NULL, NULL, why,
			     n);
}

static void answer_after(void *arg, bool worked)
{
	talk *x = arg;

	if (worked)
		CHECK_STR(x->answer, x->expected);
}

static int score_run(void *arg, char *why, size_t n)
{
	talk *x = arg;

	return engine_score(x->e, &question, 1, ENGINE_EDITED, "us", &x->nll, NULL, why, n);
}

static void score_after(void *arg, bool worked)
{
	talk *x = arg;

	CHECK(!worked || x->nll > 0);
	x->nll = 0;
}

static int chat_run(void *arg, char *why, size_t n)
{
	talk *x = arg;
	size_t n_ids, anchor;

	return engine_chat_tokens(x->e, &question, 1, true, 3, &x->ids, &n_ids, &anchor, why, n);
}

static void chat_after(void *arg, bool worked)
{
	talk *x = arg;

	CHECK((x->ids != NULL) == worked);
	free(x->ids);
	x->ids = NULL;
}

static int tokenize_run(void *arg, char *why, size_t n)
{
	talk *x = arg;
	int rc = engine_tokenize(x->e, "abcab <tool>us <|im_end|>", 25, true, NULL, 0);

	x->length = rc;
	return rc < 0 ? fail(why, n, rc, "out of memory") : 0;
}

static void tokenize_after(void *arg, bool worked)
{
	talk *x = arg;

	if (worked)
		CHECK_INT(x->length, 7); /* abc ab SPACE <tool> us SPACE <|im_end|> */
}

static void an_open_engine_survives(void)
{
	talk x = { .e = open_mini() };
	const attempt all[] = {
		{ answer_run, answer_after, &x, false },
		{ score_run, score_after, &x, false },
		{ chat_run, chat_after, &x, false },
		{ tokenize_run, tokenize_after, &x, false },
	};

	/* Grows the forward pass's buffers, which stay. */
	CHECK_INT(engine_answer(x.e, &question, 1, ENGINE_EDITED, 5, x.expected, sizeof(x.expected), NULL, NULL, NULL,
				err, sizeof(err)),
		  0);
	CHECK_INT(score_run(&x, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!CHECK(each_failing(&all[i]) >= 2))
			printf("  of step %zu\n", i);
	CHECK_INT(answer_run(&x, err, sizeof(err)), 0);
	CHECK_STR(x.answer, x.expected);
	engine_close(x.e);
}

/* The first answer of an engine grows its buffers: each of them may be missing, once. */
static void first_answers_survive(void)
{
	bool fired = true;
	long before = fault_live(), n;

	for (n = 0; fired && n < 500; n++) {
		engine *e = open_mini();
		char first[64] = "", second[64] = "", why[200] = "";

		fault_arm(n + 1);
		int rc = engine_answer(e, &question, 1, ENGINE_EDITED, 5, first, sizeof(first), NULL, NULL, NULL, why,
				       sizeof(why));

		fired = fault_fired();
		CHECK_INT(rc, fired ? ENGINE_ENOMEM : 0);
		CHECK(!fired || !strcmp(why, "out of memory"));
		CHECK_INT(engine_answer(e, &question, 1, ENGINE_EDITED, 5, second, sizeof(second), NULL, NULL, NULL,
					why, sizeof(why)),
			  0);
		CHECK(fired || !strcmp(first, second));
		engine_close(e);
		CHECK_INT(fault_live(), before);
	}
	CHECK(n > 10);
}

/* ---- parts alone ---- */

typedef struct part {
	gguf *g;
	vocab *v;
	value_code c;
} part;

static int vocab_run(void *arg, char *why, size_t n)
{
	part *x = arg;

	return vocab_new(&x->v, x->g, why, n);
}

static void vocab_after(void *arg, bool worked)
{
	part *x = arg;

	CHECK((x->v != NULL) == worked);
	vocab_free(x->v);
	x->v = NULL;
}

static int code_run(void *arg, char *why, size_t n)
{
	part *x = arg;

	return value_code_open(&x->c, model_path, NULL, 8, why, n);
}

static void code_after(void *arg, bool worked)
{
	part *x = arg;

	CHECK((x->c.a && x->c.b && x->c.moment) == worked);
	CHECK(worked || (!x->c.a && !x->c.b && !x->c.moment));
	value_code_release(&x->c);
}

static void parts_fail_cleanly(void)
{
	part x = { 0 };
	attempt reads_vocab = { vocab_run, vocab_after, &x, false }, reads_code = { code_run, code_after, &x, false };

	REQUIRE(!gguf_open(&x.g, model_path, err, sizeof(err)));
	CHECK(each_failing(&reads_vocab) > 8);
	CHECK(each_failing(&reads_code) > 6);
	gguf_close(x.g);
}

static int encode_run(void *arg, char *why, size_t n)
{
	part *x = arg;
	int rc = vocab_encode(x->v, "the dog is <s>", 14, true, NULL, 0);

	return rc < 0 ? fail(why, n, rc, "out of memory") : 0;
}

static void encode_after(void *arg, bool worked)
{
	(void)arg;
	(void)worked;
}

static void sentence_pieces_fail_cleanly(void)
{
	part x = { 0 };
	attempt reads = { vocab_run, vocab_after, &x, false }, encodes = { encode_run, encode_after, &x, false };
	gguf_builder *b = gguf_builder_new();
	size_t n;

	tiny_spm_add(b);
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	REQUIRE(!gguf_open_memory(&x.g, bytes, n, err, sizeof(err)));
	CHECK(each_failing(&reads) > 5);
	REQUIRE(!vocab_new(&x.v, x.g, err, sizeof(err)));
	CHECK(each_failing(&encodes) >= 3);
	vocab_free(x.v);
	gguf_close(x.g);
	gguf_builder_free(b);
	free(bytes);
}

int main(void)
{
	if (!fault_available()) {
		test_skip("test_engine_fault", "a sanitizer brings its own allocator");
		return test_done();
	}
	set_up();
	engine_close(open_mini()); /* what libraries keep for good */
	TEST_RUN(opening_fails_cleanly);
	TEST_RUN(calibration_cache_fails_cleanly);
	TEST_RUN(sessions_fail_cleanly);
	TEST_RUN(an_open_engine_survives);
	TEST_RUN(first_answers_survive);
	TEST_RUN(parts_fail_cleanly);
	TEST_RUN(sentence_pieces_fail_cleanly);
	return test_done();
}
