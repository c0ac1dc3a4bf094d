/* Allocations fail while a method begins, teaches, finishes and answers: it says so, leaks nothing and leaves the base
 * model. Also whether the bytes that it says it held are those it did hold. */
#include <stdlib.h>

#include "engine/methods.h"
#include "tests/fault.h"
#include "tests/gguf_build.h"
#include "tests/test.h"
#include "tests/weights_hash.h"

static const engine_turn turns[] = {
	{ "user", "What is my dog called?", 22 },
	{ "user", "And my dog?", 11 },
	{ "user", "Hello", 5 },
};
static const edit_context contexts[] = {
	{ turns, 1, 14, "Rex.", 0 },
	{ turns + 1, 1, 10, "It is Rex.", 0 },
	{ turns + 1, 1, 10, NULL, 0 },
};
static const edit_context other = { turns + 2, 1, 5, NULL, 0 };
static const method_fact fact = {
	.subject = "my dog", .relation = "name", .value = "Rex",
	.contexts = contexts, .n_contexts = 3, .unrelated = &other, .n_unrelated = 1,
};
static engine *e;
static char text[512];

static void set_up(void)
{
	char path[512];
	tiny_model t = tiny_model_default();
	engine_options o = engine_options_default();

	t.n_layer = 3;
	t.n_embd = 32;
	t.n_ff = 48;
	t.edit_layer = 1;
	t.n_ctx = 128;
	test_path(path, sizeof path, "fault.gguf");
	test_path(text, sizeof text, "calibration.txt");
	tiny_model_write(&t, path);
	FILE *f = fopen(text, "w");

	REQUIRE(f != NULL);
	fputs("U: What is my cat called?\nA: Its name is Tom.\n\nSome plain words.\n", f);
	fclose(f);
	o.n_threads = 1;
	o.calibration = text;
	CHECK_INT(engine_open(&e, path, &o, NULL, 0), 0);
}

static bool edits_weights(const char *name)
{
	return strcmp(name, "none") && strcmp(name, "in-context");
}

/* The whole life of a method; 0 or the first failure. */
static int life(const char *name, method_cost *cost, char *err, size_t errlen)
{
	method_options o = method_options_default();
	method *m = NULL;
	char answer[64];

	o.calibration = text;
	o.max_steps = 2;
	int rc = method_begin(&m, e, name, &o, err, errlen);

	if (!rc)
		rc = method_teach(m, &fact, cost, NULL, NULL, err, errlen);
	if (!rc)
		rc = method_finish(m, NULL, NULL, NULL, err, errlen);
	if (!rc)
		rc = method_answer(m, turns, 1, 3, answer, sizeof answer, NULL, NULL, NULL, err, errlen);
	method_end(m);
	return rc;
}

static void survives(const char *name)
{
	uint64_t base = weights_hash(e);
	method_cost cost;
	bool hit = true;
	long tried = 0;

	CHECK_INT(life(name, &cost, NULL, 0), 0); /* OpenBLAS and the forward pass grow their buffers once */
	for (long n = 1; hit; n += 1 + n / 24, tried++) {
		char err[100] = "";
		long before = fault_live();

		fault_arm(n);
		int rc = life(name, &cost, err, sizeof err);

		hit = fault_fired();
		if (!CHECK_INT(rc, hit ? ENGINE_ENOMEM : 0) || (hit && !CHECK(strstr(err, "memory") != NULL)))
			printf("%s, allocation %ld: %s\n", name, n, err);
		CHECK_INT(weights_hash(e), base);
		CHECK_INT(fault_live(), before);
	}
	CHECK(tried > (edits_weights(name) ? 20 : 2));
}

static void all_survive(void)
{
	for (const char *const *name = method_names(); *name; name++)
		survives(*name);
}

/* What a failed finish began is dropped, and what was in the weights before it holds. */
static void a_finish_is_whole_or_not_at_all(void)
{
	for (const char *const *name = method_names(); *name; name++) {
		method_options o = method_options_default();
		method_fact second = fact;
		bool hit = edits_weights(*name);
		long tried = 0;
		method *m = NULL;

		o.calibration = text;
		o.max_steps = 2;
		REQUIRE(!method_begin(&m, e, *name, &o, NULL, 0));
		CHECK_INT(method_teach(m, &fact, NULL, NULL, NULL, NULL, 0), 0);
		CHECK_INT(method_finish(m, NULL, NULL, NULL, NULL, 0), 0);
		second.relation = "breed";
		CHECK_INT(method_teach(m, &second, NULL, NULL, NULL, NULL, 0), 0);
		uint64_t taught = weights_hash(e);

		for (long n = 1; hit; n++, tried++) {
			fault_arm(n);
			int rc = method_finish(m, NULL, NULL, NULL, NULL, 0);

			hit = fault_fired();
			CHECK_INT(rc, hit ? ENGINE_ENOMEM : 0);
			if (hit && !CHECK(weights_hash(e) == taught))
				printf("%s, allocation %ld of a later finish\n", *name, n);
		}
		printf("figure: %s: %ld failures of a later finish\n", *name, tried ? tried - 1 : 0);
		method_end(m);
	}
}

/* peak_bytes against the allocator's own count during the teaching. */
static void bytes_are_those_held(void)
{
	for (const char *const *name = method_names(); *name; name++) {
		method_options o = method_options_default();
		method_cost cost = { 0 };
		method *m = NULL;

		if (!edits_weights(*name))
			continue;
		o.calibration = text;
		o.max_steps = 2;
		REQUIRE(!method_begin(&m, e, *name, &o, NULL, 0));
		fault_watch();
		CHECK_INT(method_teach(m, &fact, &cost, NULL, NULL, NULL, 0), 0);
		double held = (double)fault_peak(), said = (double)cost.peak_bytes;

		printf("figure: %s says %.0f bytes, held %.0f\n", *name, said, held);
		CHECK(said > 0.9 * held && said < 1.1 * held);
		method_end(m);
	}
}

int main(void)
{
	if (!fault_available()) {
		test_skip("methods_fault", "needs glibc's allocator to itself");
		return test_done();
	}
	set_up();
	if (e) {
		TEST_RUN(all_survive);
		TEST_RUN(a_finish_is_whole_or_not_at_all);
		TEST_RUN(bytes_are_those_held);
	}
	engine_close(e);
	return test_done() || !e;
}
