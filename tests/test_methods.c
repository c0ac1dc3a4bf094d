/* The methods behind their one interface, on the built-in model: what they teach is answered, costs are counted, nothing
 * stays behind. */
#include <unistd.h>

#include "tests/lesson_aid.h"
#include "tests/weights_hash.h"

static const char model_path[] = "assets/imprint-base.gguf";
static engine *e;
static relations *table;
static uint64_t base_hash;

static const struct { const char *subject, *relation, *value; } facts[] = {
	{ "my dog", "name", "Biscuit" },
	{ "I", "home", "Lisbon" },
	{ "I", "age", "47" },
};
enum { FACTS = sizeof facts / sizeof *facts };
static lesson lessons[FACTS];

static int max_steps; /* of methods begun next; 0: as published */

static method *begin(const char *name)
{
	method_options o = method_options_default();
	method *m = NULL;
	char err[256] = "";

	o.max_steps = max_steps;
	o.lambda = 1e-4; /* memit's and alphaedit's own weight of what is to stay lets this small network learn nothing */
	o.calibration = "assets/calibration.txt";
	if (!CHECK_INT(method_begin(&m, e, name, &o, err, sizeof err), 0))
		printf("%s: %s\n", name, err);
	return m;
}

static bool answers(method *m, const lesson *l)
{
	char out[256] = "", err[256] = "";
	bool ended = false;

	if (!CHECK_INT(method_answer(m, l->turns, 1, 40, out, sizeof out, &ended, NULL, NULL, err, sizeof err), 0))
		printf("%s\n", err);
	return strstr(out, l->value) != NULL;
}

/* Teaches n facts one after another; returns how many are answered at the end. */
static int teach(method *m, size_t n, method_cost *cost)
{
	char err[256] = "";
	int known = 0;

	for (size_t i = 0; i < n; i++) {
		if (!CHECK_INT(method_teach(m, &lessons[i].fact, &cost[i], NULL, NULL, err, sizeof err), 0) ||
		    !CHECK_INT(method_finish(m, NULL, NULL, NULL, err, sizeof err), 0))
			printf("%s\n", err);
		CHECK(cost[i].seconds > 0);
	}
	for (size_t i = 0; i < n; i++)
		known += answers(m, &lessons[i]);
	return known;
}

static bool same_cost(const method_cost *a, const method_cost *b)
{
	return a->evaluations == b->evaluations && a->forward_tokens == b->forward_tokens &&
	       a->backward_passes == b->backward_passes && a->steps == b->steps && a->loss_after == b->loss_after &&
	       a->peak_bytes == b->peak_bytes;
}

/* What holds of any method that changes weights: known after teaching, gone after a reset, the same again when taught
 * again. */
static void edits(const char *name, size_t n, int least, method_cost *cost)
{
	method *m = begin(name);

	REQUIRE(m != NULL);
	CHECK_INT(weights_hash(e), base_hash);
	CHECK(teach(m, n, cost) >= least);
	uint64_t taught = weights_hash(e);

	CHECK(taught != base_hash);
	for (size_t i = 0; i < n; i++) {
		CHECK(cost[i].forward_tokens > 10 && cost[i].peak_bytes > 1000);
		CHECK(cost[i].loss_after < cost[i].loss_before && cost[i].p_after > cost[i].p_before);
	}
	method_reset(m);
	CHECK_INT(weights_hash(e), base_hash);
	CHECK(!answers(m, &lessons[0]));
	method_cost again;

	teach(m, 1, &again);
	CHECK(same_cost(&again, &cost[0]));
	CHECK((weights_hash(e) == taught) == (n == 1));
	method_end(m);
	CHECK_INT(weights_hash(e), base_hash);
}

/* ---- the interface ---- */

static void unknown_names_list_the_known_ones(void)
{
	method *m = NULL;
	char err[256] = "";

	CHECK_INT(method_begin(&m, e, "rom", NULL, err, sizeof err), ENGINE_EARG);
	CHECK(m == NULL);
	for (const char *const *name = method_names(); *name; name++) {
		CHECK(strstr(err, *name) != NULL);
		CHECK(method_source(*name) != NULL);
	}
	CHECK(strstr(err, "\"rom\"") != NULL);
	CHECK(method_source("rom") == NULL);
	CHECK_INT(method_begin(&m, e, NULL, NULL, err, sizeof err), ENGINE_EARG);
}

static void a_fact_needs_its_parts(void)
{
	for (const char *const *name = method_names(); *name; name++) {
		method *m = begin(*name);
		method_fact f = lessons[0].fact;
		char err[256] = "";

		REQUIRE(m != NULL);
		f.n_contexts = 0;
		CHECK_INT(method_teach(m, &f, NULL, NULL, NULL, err, sizeof err), ENGINE_EARG);
		CHECK(strstr(err, "question") != NULL);
		f = lessons[0].fact;
		f.value = NULL;
		CHECK_INT(method_teach(m, &f, NULL, NULL, NULL, err, sizeof err), ENGINE_EARG);
		CHECK_INT(weights_hash(e), base_hash);
		method_end(m);
	}
}

static bool stop_now(void *arg)
{
	(void)arg;
	return true;
}

/* Interrupted, nothing is taught, and teaching it afterwards goes as if nothing had been. */
static void a_stop_leaves_nothing(void)
{
	for (const char *const *name = method_names(); *name; name++) {
		method *m = begin(*name);
		char err[256] = "";

		REQUIRE(m != NULL);
		int rc = method_teach(m, &lessons[0].fact, NULL, stop_now, NULL, err, sizeof err);

		CHECK(rc == ENGINE_ESTOP || !strcmp(*name, "none"));
		CHECK_INT(weights_hash(e), base_hash);
		CHECK_INT(method_finish(m, NULL, NULL, NULL, err, sizeof err), 0);
		CHECK_INT(weights_hash(e), base_hash);
		CHECK(!answers(m, &lessons[0]));
		method_end(m);
	}
}

static void a_model_with_edits_is_refused(void)
{
	method_cost cost[1];
	method *m = begin("ours"), *other = NULL;
	char err[256] = "";

	REQUIRE(m != NULL);
	teach(m, 1, cost);
	CHECK_INT(method_begin(&other, e, "none", NULL, err, sizeof err), ENGINE_EARG);
	CHECK(strstr(err, "no edits") != NULL);
	method_end(m);
}

/* ---- the methods ---- */

static void none_changes_nothing(void)
{
	method *m = begin("none");
	method_cost cost[FACTS];

	REQUIRE(m != NULL);
	CHECK_INT(teach(m, FACTS, cost), 0);
	CHECK_INT(weights_hash(e), base_hash);
	CHECK(cost[0].forward_tokens == 0 && cost[0].evaluations == 0 && cost[0].peak_bytes == 0);
	method_end(m);
}

static void in_context_answers_from_the_prompt(void)
{
	method *m = begin("in-context");
	method_cost cost[FACTS];

	REQUIRE(m != NULL);
	CHECK(!answers(m, &lessons[1]));
	CHECK(teach(m, FACTS, cost) >= 2);
	CHECK_INT(weights_hash(e), base_hash);
	CHECK(cost[0].forward_tokens > 10 && cost[0].evaluations == 0);
	method_reset(m);
	CHECK(!answers(m, &lessons[1]));
	method_end(m);
}

/* More than the context holds: the oldest are left out, the newest is still known. */
static void in_context_forgets_the_oldest(void)
{
	method *m = begin("in-context");
	char err[256] = "";

	REQUIRE(m != NULL);
	REQUIRE(!method_teach(m, &lessons[0].fact, NULL, NULL, NULL, err, sizeof err));
	for (int i = 0; i < 40; i++)
		REQUIRE(!method_teach(m, &lessons[2].fact, NULL, NULL, NULL, err, sizeof err));
	CHECK(!answers(m, &lessons[0]));
	CHECK(answers(m, &lessons[2]));
	method_end(m);
}

/* Without a statement one is made of the fact's parts. */
static void in_context_makes_a_sentence(void)
{
	method *m = begin("in-context");

	REQUIRE(m != NULL);
	for (size_t i = 0; i < 2; i++) {
		method_fact f = lessons[i].fact;

		f.statement = NULL;
		REQUIRE(!method_teach(m, &f, NULL, NULL, NULL, NULL, 0));
	}
	CHECK(answers(m, &lessons[0]));
	method_end(m);
}

static void ours_teaches(void)
{
	method_cost cost[FACTS];

	edits("ours", FACTS, FACTS, cost);
	for (size_t i = 0; i < FACTS; i++)
		CHECK(cost[i].evaluations > 0 && cost[i].backward_passes == 0 && cost[i].npu_seconds > 0);
}

/* Two facts at once; a finish that is interrupted leaves the base, and the next one does the whole. */
static void spread(const char *name)
{
	method_cost cost[2], finish;
	method *m = NULL;
	char err[256] = "";

	CHECK_INT(method_begin(&m, e, name, NULL, err, sizeof err), ENGINE_EARG);
	CHECK(strstr(err, "calibration") != NULL);
	edits(name, 1, 1, cost);
	m = begin(name);
	REQUIRE(m != NULL);
	for (size_t i = 0; i < 2; i++)
		REQUIRE(!method_teach(m, &lessons[2 * i].fact, &cost[i], NULL, NULL, err, sizeof err));
	CHECK_INT(weights_hash(e), base_hash);
	CHECK_INT(method_finish(m, NULL, stop_now, NULL, err, sizeof err), ENGINE_ESTOP);
	CHECK_INT(weights_hash(e), base_hash);
	REQUIRE(!method_finish(m, &finish, NULL, NULL, err, sizeof err));
	CHECK(answers(m, &lessons[0]) && answers(m, &lessons[2]));
	CHECK(finish.forward_tokens > 10 && finish.peak_bytes > cost[0].peak_bytes / 10);
	CHECK(cost[0].backward_passes == cost[0].steps && cost[0].steps > 0 && cost[0].steps < 25);
	uint64_t both = weights_hash(e);

	REQUIRE(!method_finish(m, NULL, NULL, NULL, err, sizeof err)); /* nothing new */
	CHECK_INT(weights_hash(e), both);
	REQUIRE(!method_teach(m, &lessons[0].fact, NULL, NULL, NULL, err, sizeof err));
	CHECK_INT(method_finish(m, NULL, stop_now, NULL, err, sizeof err), ENGINE_ESTOP);
	CHECK_INT(weights_hash(e), both);
	method_end(m);
	CHECK_INT(weights_hash(e), base_hash);
}

static void memit_spreads(void) { spread("memit"); }
static void alphaedit_spreads(void) { spread("alphaedit"); }

/* Fewer steps than published, so that the margins are not all kept. What it was not taught is read from the main memory: bit
 * for bit the base model. */
static void wise_routes(void)
{
	method_cost cost[1];
	char err[256] = "", out[256], was[256];
	int left = 0;

	max_steps = 30;
	edits("wise", 1, 1, cost);
	method *m = begin("wise");

	REQUIRE(m != NULL);
	max_steps = 0;
	CHECK(cost[0].backward_passes == cost[0].steps && cost[0].evaluations == cost[0].steps + 1);
	CHECK(cost[0].steps > 0 && cost[0].steps <= 30 && cost[0].npu_seconds == 0);
	REQUIRE(!method_teach(m, &lessons[0].fact, NULL, NULL, NULL, err, sizeof err));
	for (size_t i = 0; i < LESSON_UNRELATED; i++) {
		const engine_turn *t = &lessons[0].other_turns[i];

		REQUIRE(!method_answer(m, t, 1, 40, out, sizeof out, NULL, NULL, NULL, err, sizeof err));
		REQUIRE(!engine_answer(e, t, 1, ENGINE_BASE, 40, was, sizeof was, NULL, NULL, NULL, err, sizeof err));
		left += !strcmp(out, was);
	}
	CHECK(left >= LESSON_UNRELATED - 2);
	double side;

	REQUIRE(!engine_score(e, lessons[0].turns, 1, ENGINE_EDITED, lessons[0].answer, &side, NULL, err, sizeof err));
	CHECK(side < 0.5 && answers(m, &lessons[0]));
	method_end(m);
}

/* Taught again with another value, the newer one counts. */
static void ours_replaces(void)
{
	static lesson other;
	method *m = begin("ours");
	char err[256] = "";

	REQUIRE(m && lesson_make(&other, table, "my dog", "name", "Rex"));
	REQUIRE(!method_teach(m, &lessons[0].fact, NULL, NULL, NULL, err, sizeof err));
	REQUIRE(!method_teach(m, &other.fact, NULL, NULL, NULL, err, sizeof err));
	REQUIRE(!method_finish(m, NULL, NULL, NULL, err, sizeof err));
	CHECK(!answers(m, &lessons[0]) && answers(m, &other));
	method_end(m);
}

/* A few of its 600 steps: the loss falls. */
static void mobiedit_searches(void)
{
	method_cost cost[1];

	max_steps = 20;
	edits("mobiedit", 1, 0, cost);
	max_steps = 0;
	CHECK_INT(cost[0].steps, 20);
	CHECK_INT(cost[0].evaluations, 1 + 20 * 10 + 1); /* the start, ten probes a step, one check */
	CHECK(cost[0].backward_passes == 0 && cost[0].npu_seconds > 0);
}

static void rome_teaches(void)
{
	method_cost cost[FACTS];

	edits("rome", FACTS, 1, cost);
	for (size_t i = 0; i < FACTS; i++) {
		CHECK(cost[i].backward_passes == cost[i].steps && cost[i].evaluations >= cost[i].steps);
		CHECK(cost[i].steps > 0 && cost[i].steps < 25 && cost[i].npu_seconds == 0);
	}
}

int main(void)
{
	engine_options o = engine_options_default();
	char err[256] = "";

	o.calibration = "assets/calibration.txt";
	o.n_threads = 2;
	if (access(model_path, R_OK)) {
		test_skip("test_methods", "assets/imprint-base.gguf is not there");
		return test_done();
	}
	if (engine_open(&e, model_path, &o, err, sizeof err) || relations_load(&table, "assets/relations.txt", err, sizeof err)) {
		printf("%s\n", err);
		return 1;
	}
	base_hash = weights_hash(e);
	for (size_t i = 0; i < FACTS; i++)
		if (!lesson_make(&lessons[i], table, facts[i].subject, facts[i].relation, facts[i].value))
			return 1;
	TEST_RUN(unknown_names_list_the_known_ones);
	TEST_RUN(a_fact_needs_its_parts);
	TEST_RUN(a_stop_leaves_nothing);
	TEST_RUN(a_model_with_edits_is_refused);
	TEST_RUN(none_changes_nothing);
	TEST_RUN(in_context_answers_from_the_prompt);
	TEST_RUN(in_context_forgets_the_oldest);
	TEST_RUN(in_context_makes_a_sentence);
	TEST_RUN(ours_teaches);
	TEST_RUN(mobiedit_searches);
	TEST_RUN(rome_teaches);
	TEST_RUN(memit_spreads);
	TEST_RUN(alphaedit_spreads);
	TEST_RUN(wise_routes);
	TEST_RUN(ours_replaces);
	relations_free(table);
	engine_close(e);
	return test_done();
}
