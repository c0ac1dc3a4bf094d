/* Every allocation of an edit, of the keys and of the solve fails once: the call says so, leaks
 * nothing, leaves the layer alone, and works when called again. */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "tests/fault.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static const engine_turn turns[] = {
	{ "user", "What is my dog called?", 22 },
	{ "user", "Hello", 5 },
	{ "assistant", "Hi!", 3 },
	{ "user", "And my dog?", 11 },
};
static const edit_context contexts[] = {
	{ turns, 1, 14, "Rex.", 0 },
	{ turns + 1, 3, 10, "It is Rex.", 0 },
};
static const edit_request request = {
	.contexts = contexts, .n_contexts = 2, .value = "Rex", .warm_start = true,
	.exact_cache = true, .max_evaluations = 240,
};
static engine *e;

static void set_up(void)
{
	char path[512], code[512], text[512];
	tiny_model t = tiny_model_default();
	engine_options o = engine_options_default();

	t.n_layer = 3;
	t.edit_layer = 1;
	t.n_ctx = 256;
	test_path(path, sizeof path, "fault.gguf");
	test_path(code, sizeof code, "fault.value.gguf");
	test_path(text, sizeof text, "calibration.txt");
	tiny_model_write(&t, path);
	tiny_value_code_write(code, 1, 16, t.n_embd, 9);
	FILE *f = fopen(text, "w");

	REQUIRE(f != NULL);
	fputs("U: What is my cat called?\nA: Its name is Tom.\n\nSome plain words.\n", f);
	fclose(f);
	o.n_threads = 1;
	o.calibration = text;
	o.value_code = code;
	CHECK_INT(engine_open(&e, path, &o, NULL, 0), 0);
}

static edit *whole_edit(void)
{
	edit *ed = NULL;

	CHECK_INT(edit_new(&ed, e, &request, NULL, 0), 0);
	CHECK_INT(edit_run(ed, NULL, NULL, NULL, NULL, 0), 0);
	return ed;
}

static void edit_survives(void)
{
	edit *good = whole_edit();
	bool hit = true;
	long n;

	for (n = 0; hit; n++) {
		char err[100] = "";
		long before = fault_live();
		edit *ed = NULL;

		fault_arm(n + 1);
		int rc = edit_new(&ed, e, &request, err, sizeof err);

		if (!rc)
			rc = edit_run(ed, NULL, NULL, NULL, err, sizeof err);
		hit = fault_fired();
		CHECK_INT(rc, hit ? ENGINE_ENOMEM : 0);
		if (hit && !CHECK(strstr(err, "memory")))
			printf("%s\n", err);
		if (ed) { /* goes on where it was */
			CHECK_INT(edit_run(ed, NULL, NULL, NULL, NULL, 0), 0);
			CHECK(!memcmp(edit_get(ed)->delta, edit_get(good)->delta,
				      e->info.n_embd * sizeof(float)));
		}
		edit_free(ed);
		CHECK_INT(fault_live(), before);
	}
	CHECK(n > 50);
	edit_free(good);
}

static void keys_survive(void)
{
	bool hit = true;
	long n;

	for (n = 0; hit; n++) {
		long before = fault_live();
		float *keys = NULL;

		fault_arm(n + 1);
		int rc = engine_keys(e, contexts, 2, &keys, NULL, NULL, NULL, 0);

		hit = fault_fired();
		CHECK_INT(rc, hit ? ENGINE_ENOMEM : 0);
		CHECK((keys == NULL) == hit);
		free(keys);
		CHECK_INT(fault_live(), before);
	}
	CHECK(n > 5);
}

static void apply_survives(void)
{
	edit *ed = whole_edit();
	const edit_result *r = edit_get(ed);
	engine_delta d = { r->keys, r->delta, r->n_keys };
	uint64_t base = engine_layer_hash(e);
	bool hit = true;
	long n;

	/* OpenBLAS maps its buffers at first use, and has another way when it cannot. */
	CHECK_INT(engine_apply(e, &d, 1, NULL, 0, NULL, 0), 0);
	CHECK_INT(engine_apply(e, NULL, 0, NULL, 0, NULL, 0), 0);
	solve_cache_free(e->solve_cache);
	e->solve_cache = NULL;
	for (n = 0; hit; n++) {
		long before = fault_live();

		fault_arm(n + 1);
		int rc = engine_apply(e, &d, 1, NULL, 0, NULL, 0);

		hit = fault_fired();
		CHECK_INT(rc, hit ? ENGINE_ENOMEM : 0);
		CHECK((engine_layer_hash(e) == base) == hit);
		CHECK(!engine_apply(e, NULL, 0, NULL, 0, NULL, 0) && engine_layer_hash(e) == base);
		solve_cache_free(e->solve_cache);
		e->solve_cache = NULL;
		CHECK_INT(fault_live(), before);
	}
	CHECK(n > 4);
	edit_free(ed);
}

int main(void)
{
	if (!fault_available()) {
		test_skip("edit_fault", "needs glibc's allocator to itself");
		return test_done();
	}
	set_up();
	if (e) {
		edit_free(whole_edit()); /* the forward pass grows its buffers once */
		TEST_RUN(edit_survives);
		TEST_RUN(keys_survive);
		TEST_RUN(apply_survives);
	}
	engine_close(e);
	return test_done() || !e;
}
