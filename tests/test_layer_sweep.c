/* The edit layer of a model that names none: measured once, kept in a file that is used only if whole, and the engine is
 * then that of a model opened at this layer. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cache_file.h"
#include "engine/engine_int.h"
#include "tests/fault.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static char model_path[512], code_path[512], dir[512], cache[1024], err[512];

static void model_make(size_t n_layer, int edit_layer)
{
	tiny_model t = tiny_model_default();

	t.n_layer = n_layer;
	t.edit_layer = edit_layer;
	t.n_ctx = 256;
	t.scale = 2;
	test_path(model_path, sizeof model_path, "sweep.gguf");
	tiny_model_write(&t, model_path);
	snprintf(dir, sizeof dir, "%s", model_path);
	*strrchr(dir, '/') = '\0';
}

typedef struct told {
	size_t calls, last; /* layers done at the last call */
	bool in_turn;
} told;

static void note(const engine_sweep *s, void *arg)
{
	told *t = arg;

	t->in_turn = s->done == t->calls;
	t->last = s->done;
	t->calls++;
}

static engine *open_at(int index, const char *cache_dir, bool find, told *t)
{
	engine_options o = engine_options_default();
	engine *e = NULL;

	*t = (told){ 0 };
	o.n_threads = 1;
	o.calibration = "assets/calibration.txt";
	o.cache_dir = cache_dir;
	o.edit_layer = index;
	o.find_layer = find;
	o.finding = note;
	o.finding_arg = t;
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

static bool cache_find(void)
{
	DIR *d = opendir(dir);
	bool found = false;

	for (struct dirent *f; d && (f = readdir(d));)
		if (!strncmp(f->d_name, "layer-", 6)) {
			snprintf(cache, sizeof cache, "%s/%s", dir, f->d_name);
			found = true;
		}
	closedir(d);
	return found;
}

static bool same_sweep(const engine_sweep *a, const engine_sweep *b)
{
	return a && b && a->n == b->n && a->done == b->done && a->chosen == b->chosen && a->usual == b->usual &&
	       a->evaluations == b->evaluations && !memcmp(a->layer, b->layer, sizeof a->layer) &&
	       !memcmp(a->loss, b->loss, sizeof a->loss);
}

static void measured_once(void)
{
	struct stat st;
	told t;

	model_make(7, -1);
	engine *a = open_at(-1, NULL, true, &t);
	const engine_sweep *s = a ? engine_layer_sweep(a) : NULL;

	REQUIRE(s != NULL);
	CHECK(s->n == 3 && s->done == 3 && s->usual == 1 && s->evaluations == 3 * 4 * 89);
	CHECK(t.calls == 4 && t.last == 3 && t.in_turn);
	CHECK_INT(s->layer[0], 1);
	CHECK_INT(s->layer[2], 4);
	for (size_t i = 0; i < s->n; i++)
		CHECK(isfinite(s->loss[i]) && s->loss[i] > 0);
	CHECK_INT(engine_describe(a)->edit_layer, s->chosen);
	CHECK(!cache_find());

	engine *b = open_at(-1, dir, true, &t), *c = open_at(-1, dir, true, &t);

	REQUIRE(b && c);
	CHECK_INT(t.calls, 0); /* from the file */
	CHECK(same_sweep(s, engine_layer_sweep(b)) && same_sweep(s, engine_layer_sweep(c)));
	CHECK(cache_find() && !stat(cache, &st) && (st.st_mode & 0777) == 0600);
	engine_close(a);
	engine_close(b);
	engine_close(c);
}

/* The layer that was usual is quantised again, the other one is not any more: all as if it had been asked for. */
static void as_if_asked_for(void)
{
	told t;
	engine *a = open_at(-1, NULL, false, &t), *b = open_at(3, NULL, false, &t);

	REQUIRE(a && b);
	size_t n = a->info.n_ff, d = a->info.n_embd;
	static const int turns[] = { 4, 1, 3 };

	for (size_t i = 0; i < 3; i++)
		CHECK_INT(model_edit_at(a->model, turns[i], ENGINE_W8A16, a->cpu, a->pool, model_path, err, sizeof err), 0);
	CHECK(!memcmp(a->model->down_base, b->model->down_base, n * d * sizeof(float)));
	for (size_t i = 0; i < a->info.n_layer; i++) {
		const linear *x = &a->model->layers[i].down, *y = &b->model->layers[i].down;

		CHECK(!x->q == !y->q && x->q_bytes == y->q_bytes && (!x->q || !memcmp(x->q, y->q, x->q_bytes)));
		CHECK(!x->scale == !y->scale && (!x->scale || !memcmp(x->scale, y->scale, d * sizeof(float))));
	}
	CHECK_INT(model_edit_at(a->model, 3, ENGINE_W8A16, a->cpu, a->pool, model_path, err, sizeof err), 0);
	engine_close(a);
	engine_close(b);
}

/* ---- the file: offsets as in layer_sweep.c ---- */

enum { N_AT = 72, CHOSEN_AT = 88, EVALUATIONS_AT = 96, LAYER_AT = 104, LOSS_AT = 168, SUM_AT = 232, SIZE = 240 };

static void u64_put(unsigned char *file, size_t at, uint64_t x)
{
	memcpy(file + at, &x, sizeof x);
}

static void file_put(const unsigned char *file, size_t n)
{
	FILE *f = fopen(cache, "wb");

	REQUIRE(f != NULL);
	fwrite(file, 1, n, f);
	fclose(f);
}

static void summed_put(unsigned char *file)
{
	u64_put(file, SUM_AT, cache_checksum_add(1, file, SUM_AT));
	file_put(file, SIZE);
}

static int found(const char *cache_dir, int precision)
{
	engine_options o = engine_options_default();
	char hash[65];

	o.cache_dir = cache_dir;
	o.precision = precision;
	return CHECK_INT(engine_hash(model_path, hash, err, sizeof err), 0) ? engine_found_layer(hash, &o) : -2;
}

/* Another layer than the usual one is another model to the ledger, which asks without opening it. */
static void found_without_opening(void)
{
	unsigned char file[SIZE];
	FILE *f = cache_find() ? fopen(cache, "rb") : NULL;
	told t;

	REQUIRE(f && fread(file, 1, SIZE, f) == SIZE && !fclose(f));
	u64_put(file, CHOSEN_AT, 1);
	summed_put(file);
	CHECK_INT(found(dir, ENGINE_W8A16), -1);
	u64_put(file, CHOSEN_AT, 4);
	summed_put(file);
	CHECK_INT(found(dir, ENGINE_W8A16), 4);
	CHECK_INT(found(dir, ENGINE_FP32), -1);
	CHECK_INT(found(NULL, ENGINE_W8A16), -1);
	engine *e = open_at(-1, dir, true, &t);

	CHECK(e && t.calls == 0 && engine_describe(e)->edit_layer == 4);
	engine_close(e);
}

/* What is damaged, or says what cannot be, is not used. */
static void damage_is_refused(void)
{
	static const struct {
		size_t at;
		uint64_t x;
	} lies[] = { { N_AT, 9 }, { N_AT, 0 }, { N_AT, UINT64_MAX }, { CHOSEN_AT, 6 }, { CHOSEN_AT, UINT64_MAX },
		     { EVALUATIONS_AT, UINT64_MAX }, { LAYER_AT, UINT64_MAX }, { LOSS_AT, 0x7ff8000000000000u },
		     { LOSS_AT, 0x7ff0000000000000u }, { 8, 0 } };
	unsigned char whole[SIZE + 1] = { 0 }, file[SIZE];
	FILE *f = fopen(cache, "rb");

	REQUIRE(f && fread(whole, 1, SIZE, f) == SIZE && !fclose(f));
	for (size_t n = 0; n <= SIZE + 1; n += n < SIZE - 8 ? 29 : 1) {
		file_put(whole, n);
		CHECK_INT(found(dir, ENGINE_W8A16), n == SIZE ? 4 : -1);
	}
	for (size_t at = 0; at < SIZE; at++) {
		memcpy(file, whole, SIZE);
		file[at] ^= 1;
		file_put(file, SIZE);
		CHECK_INT(found(dir, ENGINE_W8A16), -1);
	}
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		memcpy(file, whole, SIZE);
		u64_put(file, lies[i].at, lies[i].x);
		summed_put(file);
		CHECK_INT(found(dir, ENGINE_W8A16), -1);
	}
}

/* Then it is measured again, and the file is whole again. The last lie still stands there. */
static void measured_again(void)
{
	told t;
	engine *a = open_at(-1, dir, true, &t);

	CHECK(a && t.calls == 4);
	engine *b = open_at(-1, dir, true, &t);

	CHECK(b && t.calls == 0 && same_sweep(engine_layer_sweep(a), engine_layer_sweep(b)));
	engine_close(a);
	engine_close(b);
}

static void only_where_nobody_says(void)
{
	told t;
	engine *e = open_at(2, NULL, true, &t);

	CHECK(e && !t.calls && !engine_layer_sweep(e) && engine_describe(e)->edit_layer == 2);
	engine_close(e);
	test_path(code_path, sizeof code_path, "sweep.value.gguf");
	tiny_value_code_write(code_path, 1, 16, engine_describe(e = open_at(-1, NULL, false, &t))->n_embd, 1);
	CHECK(!engine_layer_sweep(e));
	engine_close(e);
	e = open_at(-1, NULL, true, &t);
	CHECK(e && !engine_layer_sweep(e) && engine_describe(e)->has_value_code);
	engine_close(e);
	unlink(code_path);
	model_make(3, -1); /* one layer that can be edited */
	e = open_at(-1, NULL, true, &t);
	CHECK(e && !t.calls && !engine_layer_sweep(e));
	engine_close(e);
	model_make(7, 5);
	e = open_at(-1, NULL, true, &t);
	CHECK(e && !t.calls && !engine_layer_sweep(e) && engine_describe(e)->edit_layer == 5);
	engine_close(e);
}

/* ---- stopping ---- */

typedef struct stopper {
	size_t asked, last; /* so often; true from this time on, 0: never */
	bool swept;         /* all layers are measured */
} stopper;

static bool stop_at(void *arg)
{
	stopper *s = arg;

	return ++s->asked == s->last;
}

static void note_end(const engine_sweep *s, void *arg)
{
	((stopper *)arg)->swept = s->done == s->n;
}

/* Files in the cache's folder but for the model's. */
static size_t files_left(const char *prefix)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	for (struct dirent *f; d && (f = readdir(d));)
		n += !strncmp(f->d_name, prefix, strlen(prefix));
	closedir(d);
	return n;
}

static void caches_remove(void)
{
	char path[1024];
	DIR *d = opendir(dir);

	for (struct dirent *f; d && (f = readdir(d));)
		if (!strncmp(f->d_name, "layer-", 6) || !strncmp(f->d_name, "calibration-", 12)) {
			snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
			unlink(path);
		}
	closedir(d);
}

/* Whenever it is stopped, reading, measuring or calibrating, no cache of what was not done is there, and opening it again gives
 * what it would have given. */
static void stopped_whenever(void)
{
	engine_options o = engine_options_default();
	engine *e = NULL, *whole = NULL;
	int rc = ENGINE_ESTOP;

	model_make(5, -1);
	o.n_threads = 1;
	o.calibration = "assets/calibration.txt";
	o.find_layer = true;
	REQUIRE(!engine_open(&whole, model_path, &o, err, sizeof err));
	o.cache_dir = dir;
	o.stop = stop_at;
	o.finding = note_end;
	for (size_t last = 1; rc == ENGINE_ESTOP; last += last + 1) {
		stopper s = { .last = last };
		long before = fault_live();

		o.stop_arg = o.finding_arg = &s;
		caches_remove();
		rc = engine_open(&e, model_path, &o, err, sizeof err);
		if (rc) {
			CHECK_INT(rc, ENGINE_ESTOP);
			CHECK_INT(s.asked, last); /* at once */
			CHECK(strstr(err, "sweep.gguf: stopped before the model was open"));
			CHECK_INT(files_left("calibration-"), 0);
			CHECK_INT(files_left("layer-"), s.swept);
			CHECK_INT(fault_live(), before);
		} else {
			CHECK(last > 500 && s.asked < last && s.swept);
		}
	}
	REQUIRE(e != NULL);
	CHECK(same_sweep(engine_layer_sweep(whole), engine_layer_sweep(e)));
	CHECK(!memcmp(whole->model->down_base, e->model->down_base, e->info.n_ff * e->info.n_embd * sizeof(float)));
	CHECK(whole->model->output.act_scale == e->model->output.act_scale);
	CHECK_INT(files_left("layer-") + files_left("calibration-"), 2);
	engine_close(e);
	engine_close(whole);
	caches_remove();
}

/* Each allocation failing would take minutes: ever later ones. */
static void lack_of_memory_is_an_error(void)
{
	engine_options o = engine_options_default();
	bool fired = true;

	model_make(5, -1);
	o.n_threads = 1;
	o.calibration = "assets/calibration.txt";
	o.find_layer = true;
	for (long n = 1; fired && fault_available(); n += n / 2 + 1) {
		engine *e = NULL;
		long before = fault_live();

		fault_arm(n);
		int rc = engine_open(&e, model_path, &o, err, sizeof err);

		fired = fault_fired();
		if (!CHECK(rc == 0 ? !fired || !engine_layer_sweep(e)->done : rc == ENGINE_ENOMEM || rc == ENGINE_EIO))
			printf("  allocation %ld: %d %s\n", n, rc, err);
		engine_close(e);
		if (!CHECK_INT(fault_live(), before))
			printf("  allocation %ld leaks\n", n);
	}
}

int main(void)
{
	TEST_RUN(measured_once);
	TEST_RUN(as_if_asked_for);
	TEST_RUN(found_without_opening);
	TEST_RUN(damage_is_refused);
	TEST_RUN(measured_again);
	TEST_RUN(only_where_nobody_says);
	TEST_RUN(stopped_whenever);
	TEST_RUN(lack_of_memory_is_an_error);
	return test_done();
}
