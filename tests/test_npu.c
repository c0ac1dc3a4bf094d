/* The cost model of a phone's NPU: counts against numbers made by hand, against what the engine ran, and against the
 * paper's figures that it was fitted to. */
#include <stdlib.h>

#include "engine/edit_int.h"
#include "tests/test.h"
#include "tui/learn_int.h"

static const char model_file[] = "assets/imprint-base.gguf", results[] = "tests/bench/results/personal-%s.jsonl";

/* d 8, 2 heads of 4, 1 of keys, ff 16, 3 layers, 100 tokens; a layer has 8*8 + 2*8*4 + 8*8 + 3*8*16 = 576 weights. */
static const npu_shape tiny = { .n_vocab = 100, .n_embd = 8, .n_ff = 16, .n_layer = 3, .n_head = 2, .n_head_kv = 1,
				.head_dim = 4, .edit_layer = 1 };

static void counts_of_a_tiny_shape(void)
{
	npu_pass p = { .layer0 = 1, .layer1 = 3, .rows = 10, .logit_rows = 4, .context = 5, .edit_layer = -1 };
	npu_cost c = npu_pass_cost(&tiny, &p);

	/* 2 layers of 576 weights, 10 rows, and 800 weights of the output, 4 rows; 4 operations each */
	CHECK(c.int_ops == 4 * (2 * 576 * 10 + 800 * 4));
	/* 2 layers, 2 heads of 4 by 5 positions, two products of 2 operations, 10 rows */
	CHECK(c.float_ops == 2 * (8 * 5 * 2 * 2) * 10);
	/* weights once, and the rows of 8 numbers of 2 bytes into and out of 2 layers */
	CHECK(c.bytes == 2 * 576 + 800 + 2 * 2 * 8 * 2 * 10);
	p.edit_layer = 2; /* its 128 weights are floats */
	npu_cost f = npu_pass_cost(&tiny, &p);

	CHECK(f.int_ops == c.int_ops - 4 * 128 * 10);
	CHECK(f.float_ops == c.float_ops + 2 * 128 * 10);
	CHECK(f.bytes == c.bytes + 3 * 128);
	p.edit_layer = 0; /* not among the layers run */
	f = npu_pass_cost(&tiny, &p);
	CHECK(f.int_ops == c.int_ops && f.float_ops == c.float_ops && f.bytes == c.bytes);
}

static void parts_of_a_tiny_shape(void)
{
	npu_pass p = { .layer1 = 3, .rows = 1, .logit_rows = 1, .context = 1, .edit_layer = 1 };
	npu_cost part[NPU_PARTS];

	npu_pass_parts(&tiny, &p, part);
	CHECK(part[NPU_QKV].int_ops == 3 * 4 * (64 + 2 * 32) && part[NPU_QKV].bytes == 3 * 128);
	CHECK(part[NPU_OUT].int_ops == 3 * 4 * 64 && part[NPU_GATE_UP].int_ops == 3 * 4 * 256);
	CHECK(part[NPU_DOWN].int_ops == 2 * 4 * 128 && part[NPU_EDIT_DOWN].float_ops == 2 * 128);
	CHECK(part[NPU_EDIT_DOWN].bytes == 4 * 128 && part[NPU_LOGITS].int_ops == 4 * 800);
	for (int i = 0; i < NPU_PARTS; i++)
		CHECK(strlen(npu_part_name(i)) > 0);
}

static void seconds_of_a_pass(void)
{
	const npu_phone *k60 = &npu_phones[0];
	npu_cost c = { .int_ops = 52e12 * NPU_USE, .bytes = 1 };

	CHECK(fabs(npu_seconds(&c, k60) - 1) < 1e-12);
	c = (npu_cost){ .int_ops = 1, .bytes = 80e9 };
	CHECK(fabs(npu_seconds(&c, k60) - 2) < 1e-12);
	c.float_ops = 3e12;
	CHECK(fabs(npu_seconds(&c, k60) - 5) < 1e-12);
}

/* More of anything takes no less; a newer phone no longer. */
static void more_work_costs_more(void)
{
	npu_pass p = { .layer1 = 2, .rows = 64, .logit_rows = 8, .context = 16, .edit_layer = 1 };
	const npu_shape *s = npu_shape_find("QWEN2.5-0.5b");

	REQUIRE(s != NULL);
	for (int what = 0; what < 4; what++) {
		npu_pass more = p;
		npu_cost a = npu_pass_cost(s, &p), b;

		*(what == 0 ? &more.rows : what == 1 ? &more.logit_rows : what == 2 ? &more.context : &more.layer1) += 5;
		b = npu_pass_cost(s, &more);
		CHECK(b.int_ops + b.float_ops > a.int_ops + a.float_ops && b.bytes >= a.bytes);
		for (int i = 0; i < NPU_PHONES; i++)
			CHECK(npu_seconds(&b, &npu_phones[i]) > npu_seconds(&a, &npu_phones[i]));
	}
	npu_edit e = npu_edit_ours(100), f = npu_edit_ours(101);
	npu_tally a = npu_edit_project(s, &e), b = npu_edit_project(s, &f);

	CHECK(b.seconds[0] > a.seconds[0] && a.seconds[0] > a.seconds[1] && a.seconds[1] > a.seconds[2]);
	CHECK(b.layer_rows > a.layer_rows && b.logit_rows > a.logit_rows);
}

/* The published edit takes the times of the paper's phones; only the first was fitted to, the others' figures follow. */
static void published_edit_takes_the_papers_time(void)
{
	static const double paper[NPU_PHONES] = { 1902.88, 1477.67, 1211.83 };
	npu_edit e = npu_edit_published(397);
	npu_tally t = npu_edit_project(npu_shape_find("qwen2.5-3b"), &e);

	CHECK(e.evaluations == 3970 + 19);
	for (int i = 0; i < NPU_PHONES; i++)
		if (!CHECK(fabs(t.seconds[i] / paper[i] - 1) < 0.02))
			printf("%s: %.1f s, not %.2f\n", npu_phones[i].name, t.seconds[i], paper[i]);
}

/* Number after "key": in the last line of a file, or -1. */
static double last_number(const char *path, const char *key)
{
	char line[1024], name[64];
	const char *at;
	double x = -1;
	FILE *f = fopen(path, "r");

	snprintf(name, sizeof name, "\"%s\":", key);
	while (f && fgets(line, sizeof line, f)) {
		at = strstr(line, name);
		x = at ? atof(at + strlen(name)) : -1;
	}
	if (f)
		fclose(f);
	return x;
}

/* Where new results were measured, the figures in engine/npu_edit.c are to follow. */
static void evaluations_are_those_measured(void)
{
	for (int i = 0; i < NPU_MEASUREMENTS; i++) {
		char path[128];

		snprintf(path, sizeof path, results, npu_measurements[i].key);
		CHECK_INT(npu_measurements[i].median, last_number(path, "evaluations_median"));
		CHECK_INT(npu_measurements[i].p90, last_number(path, "evaluations_p90"));
	}
}

/* ---- against the engine ---- */

static engine *open_model(int phone)
{
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	o.calibration = "assets/calibration.txt";
	o.phone = phone;
	if (!CHECK_INT(engine_open(&e, model_file, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

typedef struct prompts {
	relations *table;
	fact_question *questions;
	engine_turn turns[64][3];
	edit_context contexts[64];
	size_t n;
} prompts;

/* Those of an edit of a pet's name. */
static void prompts_make(prompts *p)
{
	app a = { 0 };
	fact f = { .subject = "my dog", .relation = "name", .value = "Biscuit" };
	fact_group g = { .facts = &f, .n = 1 };
	size_t n = 0;
	char err[256] = "";

	REQUIRE(!relations_load(&p->table, "assets/relations.txt", err, sizeof err));
	a.relations = p->table;
	REQUIRE(!group_questions(&a, &g, 0, &p->questions, &n, err, sizeof err));
	for (size_t i = 0; i < n && p->n < 64; i++) {
		const fact_question *q = &p->questions[i];

		if (q->kind == QUESTION_HELD)
			continue;
		p->contexts[p->n] = (edit_context){ .turns = p->turns[p->n], .anchor_end = q->anchor_end,
						    .answer = q->kind == QUESTION_SEARCH ? q->answer : NULL };
		p->contexts[p->n].n_turns = context_turns(q, i, p->turns[p->n]);
		p->n++;
	}
}

static edit *run_edit(engine *e, const prompts *p, bool cached)
{
	edit_request r = edit_request_default();
	edit *ed = NULL;
	char err[256] = "";

	r.contexts = p->contexts;
	r.n_contexts = p->n;
	r.exact_cache = cached;
	r.fixed_steps = 2;
	r.step_evaluations = 10;
	if (!CHECK_INT(edit_new(&ed, e, &r, err, sizeof err), 0) ||
	    !CHECK_INT(edit_run(ed, NULL, NULL, NULL, err, sizeof err), 0))
		printf("%s\n", err);
	return ed;
}

/* Every row that the engine ran is in the tally, and no other. */
static void rows_are_those_that_ran(void)
{
	static prompts p;
	engine *e = open_model(1);

	prompts_make(&p);
	REQUIRE(e && p.n);
	for (int cached = 0; cached < 2; cached++) {
		size_t rows0, out0, rows, out;

		forward_work(e->fwd, &rows0, &out0);
		edit *ed = run_edit(e, &p, cached);

		REQUIRE(ed != NULL);
		forward_work(e->fwd, &rows, &out);
		npu_tally t = edit_work(ed);

		CHECK_INT(t.layer_rows, rows - rows0);
		CHECK_INT(t.logit_rows, out - out0);
		CHECK(fabs(edit_get(ed)->npu_seconds / t.seconds[1] - 1) < 1e-9);
		CHECK_INT(edit_get(ed)->evaluations, 21);
		CHECK_INT(edit_get(ed)->steps, 2);
		edit_free(ed);
	}
	free(p.questions);
	relations_free(p.table);
	p = (prompts){ 0 };
	engine_close(e);
}

static void unknown_phones_are_refused(void)
{
	engine_options o = engine_options_default();
	engine *e = NULL;

	o.calibration = "assets/calibration.txt";
	for (o.phone = -1; o.phone <= NPU_PHONES; o.phone += NPU_PHONES + 1)
		CHECK_INT(engine_open(&e, model_file, &o, NULL, 0), ENGINE_EARG);
	CHECK(e == NULL);
}

static void near(const char *what, size_t have, size_t want)
{
	if (!CHECK(fabs((double)have / (double)want - 1) < 0.15))
		printf("engine/npu_edit.c has %s %zu, now %zu\n", what, have, want);
}

/* The numbers of rows that other shapes are projected with are about those of the built-in model's edit; with its very
 * numbers its very cost is projected. */
static void ours_is_the_built_in_edit(void)
{
	static prompts p;
	engine *e = open_model(0);
	npu_edit ours = npu_edit_ours(21), now = ours;

	prompts_make(&p);
	REQUIRE(e && p.n);
	now.context = now.once_rows = now.key_rows = 0;
	for (size_t i = 0; i < p.n; i++) {
		edit_case c;

		REQUIRE(!edit_case_init(&c, e, &p.contexts[i], NULL, 0));
		now.context = c.n_tokens > now.context ? c.n_tokens : now.context;
		now.once_rows += c.n_targets ? c.anchor : 0;
		now.key_rows += c.n_targets ? c.n_tokens - c.anchor : c.n_tokens;
		edit_case_release(&c);
	}
	edit *ed = run_edit(e, &p, true);

	REQUIRE(ed != NULL);
	now.rows = edit_get(ed)->rows;
	now.logit_rows = edit_get(ed)->targets;
	near("rows", ours.rows, now.rows);
	near("targets", ours.logit_rows, now.logit_rows);
	near("context", ours.context, now.context);
	near("rows once", ours.once_rows, now.once_rows);
	near("rows for keys", ours.key_rows, now.key_rows);
	npu_shape s = npu_shape_of(&e->model->hp, e->model->edit_layer), read;
	npu_tally t = edit_work(ed), projected = npu_edit_project(&s, &now);

	CHECK_INT(projected.layer_rows, t.layer_rows);
	CHECK_INT(projected.logit_rows, t.logit_rows);
	CHECK(fabs(projected.cost.int_ops / t.cost.int_ops - 1) < 1e-9);
	REQUIRE(!npu_shape_read(&read, model_file, NULL, 0));
	CHECK(!memcmp(&read, &s, sizeof s));
	CHECK(npu_shape_read(&read, "assets/relations.txt", NULL, 0) == ENGINE_EFORMAT);
	edit_free(ed);
	free(p.questions);
	relations_free(p.table);
	engine_close(e);
}

int main(void)
{
	FILE *f = fopen(model_file, "rb");

	TEST_RUN(counts_of_a_tiny_shape);
	TEST_RUN(parts_of_a_tiny_shape);
	TEST_RUN(seconds_of_a_pass);
	TEST_RUN(more_work_costs_more);
	TEST_RUN(published_edit_takes_the_papers_time);
	TEST_RUN(evaluations_are_those_measured);
	if (f) {
		fclose(f);
		TEST_RUN(rows_are_those_that_ran);
		TEST_RUN(ours_is_the_built_in_edit);
		TEST_RUN(unknown_phones_are_refused);
	} else {
		test_skip("rows_are_those_that_ran, ours_is_the_built_in_edit", "no built-in model");
	}
	return test_done();
}
