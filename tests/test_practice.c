/* Practice on a tiny random model: interrupted or not, read from its file or not, it is the same; and it is of use. */
#include <dirent.h>
#include <stdlib.h>

#include "engine/edit_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

enum { FACTS = 7 };

static char model_path[512], code_path[512], text_path[512], dir[512];

static void set_up(void)
{
	tiny_model t = tiny_model_default();

	t.n_layer = 4;
	t.edit_layer = 1;
	t.n_ctx = 256;
	t.scale = 2;
	test_path(model_path, sizeof model_path, "practice.gguf");
	test_path(code_path, sizeof code_path, "practice.value.gguf");
	test_path(text_path, sizeof text_path, "calibration.txt");
	tiny_model_write(&t, model_path);
	tiny_value_code_write(code_path, 2, 16, t.n_embd, 9);
	snprintf(dir, sizeof dir, "%s", text_path);
	*strrchr(dir, '/') = '\0';
	FILE *f = fopen(text_path, "w");

	REQUIRE(f != NULL);
	for (int i = 0; i < 40; i++)
		fprintf(f, "U: What is number %d called, my friend?\nA: Its name is %d-%c.\n\n", i, i * i, 'a' + i % 26);
	fclose(f);
}

static engine *open_engine(void)
{
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	o.n_threads = 1;
	o.calibration = text_path;
	o.value_code = code_path;
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

static const engine_turn turns[] = {
	{ "user", "What is my dog called?", 22 },
	{ "user", "Tell me my cat's name", 21 },
};
static const char *const answers[FACTS] = { "It is Rex.", "It is a.", "It is b.", "It is cc.", "It is 12.", "It is x y.", "It is z." };

static void make_requests(edit_context c[FACTS], edit_request r[FACTS])
{
	for (size_t i = 0; i < FACTS; i++) {
		c[i] = (edit_context){ &turns[i % 2], 1, 14, answers[i], 6 };
		r[i] = edit_request_default();
		r[i].contexts = &c[i];
		r[i].n_contexts = 1;
		r[i].value = answers[i] + 6;
	}
}

static bool stop_often(void *arg)
{
	int *polls = arg;

	return ++*polls % 7 == 0;
}

static int practise(engine *e, const char *cache, bool interrupt, int *stops)
{
	edit_context c[FACTS];
	edit_request r[FACTS];
	int polls = 0, rc;

	make_requests(c, r);
	*stops = 0;
	while ((rc = engine_practise(e, r, FACTS, cache, NULL, interrupt ? stop_often : NULL, &polls, NULL, 0)) == ENGINE_ESTOP &&
	       *stops < 100000)
		++*stops;
	return rc;
}

static bool same_reading(const reading *a, const reading *b)
{
	return a->d == b->d && a->n_facts == b->n_facts && a->evaluations == b->evaluations &&
	       !memcmp(a->seen, b->seen, sizeof a->seen) && !memcmp(a->start, b->start, a->d * sizeof(float)) &&
	       !memcmp(a->map, b->map, READING_SLOTS * a->d * a->d * sizeof(float));
}

static void interruptions_leave_no_trace(void)
{
	engine *a = open_engine(), *b = open_engine();
	int stops;

	REQUIRE(a && b);
	CHECK(!engine_practised(a));
	CHECK_INT(practise(a, NULL, false, &stops), 0);
	CHECK_INT(practise(b, NULL, true, &stops), 0);
	CHECK(stops > 2);
	REQUIRE(engine_practised(a) && engine_practised(b));
	CHECK_INT(a->reading->n_facts, FACTS);
	CHECK_INT(a->reading->evaluations, 6 * (1 + (int)a->reading->d));
	CHECK(same_reading(a->reading, b->reading));
	engine_close(a);
	engine_close(b);
}

/* Without a code the vectors are searched for; a random model may say none of the answers. */
static void goes_without_a_code(void)
{
	engine *a = open_engine(), *b = open_engine();
	int stops;

	REQUIRE(a && b);
	value_code_release(&a->code);
	value_code_release(&b->code);
	CHECK_INT(practise(a, NULL, false, &stops), 0);
	CHECK_INT(practise(b, NULL, true, &stops), 0);
	REQUIRE(a->reading && b->reading);
	CHECK(a->reading->evaluations > 0);
	CHECK(a->reading->n_facts ? same_reading(a->reading, b->reading) : !b->reading->n_facts);
	engine_close(a);
	engine_close(b);
}

static char *reading_path(char *out, size_t cap)
{
	DIR *d = opendir(dir);

	*out = 0;
	for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d))
		if (!strncmp(f->d_name, "reading-", 8))
			snprintf(out, cap, "%s/%s", dir, f->d_name);
	if (d)
		closedir(d);
	return out;
}

static void is_kept_on_disk(void)
{
	engine *a = open_engine(), *b = open_engine(), *c = open_engine();
	char path[1024];
	size_t rows_before, rows_after, logits;
	int stops;

	REQUIRE(a && b && c);
	CHECK_INT(practise(a, dir, false, &stops), 0);
	forward_work(b->fwd, &rows_before, &logits);
	CHECK_INT(practise(b, dir, false, &stops), 0);
	forward_work(b->fwd, &rows_after, &logits);
	CHECK(rows_after == rows_before);
	CHECK(same_reading(a->reading, b->reading));
	FILE *f = fopen(reading_path(path, sizeof path), "r+b");

	REQUIRE(f != NULL);
	fseek(f, -9, SEEK_END);
	int byte = fgetc(f);

	fseek(f, -9, SEEK_END);
	fputc(byte ^ 1, f);
	fclose(f);
	forward_work(c->fwd, &rows_before, &logits);
	CHECK_INT(practise(c, dir, false, &stops), 0); /* damaged: made anew, and whole */
	forward_work(c->fwd, &rows_after, &logits);
	CHECK(rows_after > rows_before);
	CHECK(same_reading(a->reading, c->reading));
	remove(path);
	engine_close(a);
	engine_close(b);
	engine_close(c);
}

static edit *run(engine *e, const edit_request *r, bool interrupt)
{
	edit *ed = NULL;
	int polls = 0, rc = 0;

	if (edit_new(&ed, e, r, NULL, 0))
		return NULL;
	while ((rc = edit_run(ed, NULL, interrupt ? stop_often : NULL, &polls, NULL, 0)) == ENGINE_ESTOP)
		;
	CHECK_INT(rc, 0);
	return ed;
}

/* Within as many evaluations as the search without it needs for two steps, and whatever interrupts it. */
static void a_search_by_it_lowers_the_loss(void)
{
	engine *e = open_engine();
	edit_context c[FACTS];
	edit_request r[FACTS];
	int stops;

	REQUIRE(e != NULL);
	make_requests(c, r);
	CHECK_INT(practise(e, NULL, false, &stops), 0);
	for (size_t i = 0; i < 2; i++) {
		r[0].warm_start = i == 1;
		r[0].max_evaluations = 40;
		edit *a = run(e, &r[0], false), *b = run(e, &r[0], true);

		REQUIRE(a && b);
		const edit_result *x = edit_get(a), *y = edit_get(b);

		CHECK(x->loss_after < x->loss_before - 0.3);
		CHECK(x->evaluations <= 40 + 10);
		CHECK(x->evaluations == y->evaluations && x->steps == y->steps && x->loss_after == y->loss_after &&
		      !memcmp(x->delta, y->delta, x->n_embd * sizeof(float)));
		edit_free(a);
		edit_free(b);
	}
	engine_close(e);
}

/* Only the guess is looked at where there was no practice yet. */
static void the_guess_alone(void)
{
	engine *e = open_engine();
	edit_context c[FACTS];
	edit_request r[FACTS];
	int stops;

	REQUIRE(e != NULL);
	make_requests(c, r);
	r[0].only_guess = true;
	edit *a = run(e, &r[0], false);

	REQUIRE(a != NULL);
	CHECK_INT(edit_get(a)->evaluations, 1 + 2);
	edit_free(a);
	CHECK_INT(practise(e, NULL, false, &stops), 0);
	a = run(e, &r[0], false);
	REQUIRE(a != NULL);
	CHECK(edit_get(a)->evaluations > 3);
	edit_free(a);
	engine_close(e);
}

static void slots_are_places_after_the_value(void)
{
	CHECK_INT(reading_slot(3, 3), READING_BEFORE);
	CHECK_INT(reading_slot(2, 3), READING_BEFORE - 1);
	CHECK_INT(reading_slot(0, 40), 0);
	CHECK_INT(reading_slot(100, 3), READING_SLOTS - 1);
}

int main(void)
{
	set_up();
	TEST_RUN(slots_are_places_after_the_value);
	TEST_RUN(interruptions_leave_no_trace);
	TEST_RUN(goes_without_a_code);
	TEST_RUN(is_kept_on_disk);
	TEST_RUN(a_search_by_it_lowers_the_loss);
	TEST_RUN(the_guess_alone);
	return test_done();
}
