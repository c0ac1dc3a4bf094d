/* calib: scales that hold the text's activations, a second moment that is one, and a cache that
 * is used only if whole. */
#include <math.h>
#include <stdlib.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cache_file.h"
#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static char err[512], model_path[512], dir[512], cache[1024];

static engine *open_with(const char *text, const char *cache_dir, int precision, int threads)
{
	engine_options opt = engine_options_default();
	engine *e = NULL;
	opt.calibration = text;
	opt.cache_dir = cache_dir;
	opt.precision = precision;
	opt.n_threads = threads;
	return engine_open(&e, model_path, &opt, err, sizeof(err)) ? NULL : e;
}

static void files_make(size_t n_ctx)
{
	tiny_model t = tiny_model_default();
	t.n_ctx = n_ctx;
	t.n_layer = 3;
	t.edit_layer = 1;
	t.own_output = true;
	test_path(model_path, sizeof(model_path), "calib.gguf");
	tiny_model_write(&t, model_path);
	snprintf(dir, sizeof(dir), "%s", model_path);
	*strrchr(dir, '/') = '\0';
}

/* The one calibration file in dir; its path in cache. */
static int cache_find(void)
{
	DIR *d = opendir(dir);
	int n = 0;
	for (struct dirent *f; d && (f = readdir(d));)
		if (!strncmp(f->d_name, "calibration-", 12)) {
			n++;
			snprintf(cache, sizeof(cache), "%s/%s", dir, f->d_name);
		}
	closedir(d);
	return n;
}

static void cache_remove(void)
{
	while (cache_find())
		unlink(cache);
}

static void test_scales(void)
{
	engine *e = open_with("assets/calibration.txt", NULL, ENGINE_W8A16, 1);
	REQUIRE(e);
	for (size_t i = 0; i < 3; i++) {
		const layer *l = &e->model->layers[i];
		const linear *all[] = { &l->q,    &l->k,  &l->v,    &l->o,
					&l->gate, &l->up, &l->down, &e->model->output };
		for (size_t k = 0; k < 8; k++) {
			if (k == 6 && i == 1)
				continue; /* the edit layer's down-projection reads floats */
			CHECK(all[k]->act_max > 0 &&
			      all[k]->act_scale * 32767 >= 1.2f * all[k]->act_max);
		}
		CHECK(l->q.act_scale == l->k.act_scale && l->q.act_scale == l->v.act_scale);
	}
	/* RMS norm: no input of q exceeds sqrt(n_embd) times its largest weight. */
	CHECK(e->model->layers[0].q.act_max < 8.0f * 2);
	CHECK(e->calib.n_rows > 1000 && e->calib.v_norm > 0);
	engine_close(e);
}

/* Symmetric, not negative, and its trace is the mean square of the keys of a text computed again
 * here. */
static void test_moment(void)
{
	engine *e = open_with("assets/calibration.txt", NULL, ENGINE_FP32, 2), *one;
	REQUIRE(e);
	size_t n = e->info.n_ff;
	const float *c = e->calib.c;
	double trace = 0;
	for (size_t i = 0; i < n; i++) {
		trace += (double)c[i * n + i];
		for (size_t k = 0; k < n; k++) {
			CHECK(c[i * n + k] == c[k * n + i]);
			CHECK(c[i * n + k] * c[i * n + k] <=
			      1.001f * c[i * n + i] * c[k * n + k] + 1e-20f);
		}
	}
	CHECK(trace > 0);
	one = open_with("assets/calibration.txt", NULL, ENGINE_FP32, 1);
	REQUIRE(one);
	CHECK(!memcmp(one->calib.c, c, n * n * sizeof(*c))); /* any number of threads */
	engine_close(e);
	engine_close(one);
}

/* What calibration keeps of a text of n_lines lines, against the keys as the forward pass gives them. */
static void check_moment(size_t n_lines)
{
	static const char line[] = "A harbour, a bell, three boats. ";
	char path[512], text[1024] = "";
	for (size_t i = 0; i < n_lines; i++)
		strcat(text, line);
	text[strlen(text) - 1] = '\0';
	test_path(path, sizeof(path), "short.txt");
	FILE *f = fopen(path, "w");
	REQUIRE(f);
	fputs(text, f);
	fclose(f);
	engine *e = open_with(path, NULL, ENGINE_FP32, 1);
	REQUIRE(e);
	int32_t tokens[512];
	size_t ff = e->info.n_ff, d = e->info.n_embd;
	int n = engine_tokenize(e, text, strlen(text), false, tokens, 512);
	float *x = malloc((size_t)n * d * 4), *keys = malloc((size_t)n * ff * 4);
	forward_seq s = { .own = &e->scratch, .n_rows = (size_t)n };
	forward_args a = {
		.seqs = &s, .n_seqs = 1, .n_rows = (size_t)n, .layer1 = 3, .keys_out = keys
	};
	CHECK(!forward_embed(e->fwd, tokens, (size_t)n, x) && !forward_layers(e->fwd, &a, x));
	CHECK_INT(e->calib.n_rows, n);
	if ((size_t)n < ff)
		CHECK(!e->calib.c && !memcmp(e->calib.keys, keys, (size_t)n * ff * sizeof(*keys)));
	else
		CHECK(e->calib.c && !e->calib.keys);
	for (size_t i = 0; e->calib.c && i < ff; i += 3)
		for (size_t k = 0; k < ff; k += 5) {
			double sum = 0;
			for (size_t r = 0; r < (size_t)n; r++)
				sum += (double)keys[r * ff + i] * (double)keys[r * ff + k] / n;
			CHECK(fabs(sum - (double)e->calib.c[i * ff + k]) < 1e-6);
		}
	free(x);
	free(keys);
	engine_close(e);
}

/* Fewer tokens than the layer has inputs: the keys; more: their moment. */
static void test_moment_exact(void)
{
	check_moment(1);
	check_moment(6);
}

static bool equal(const engine *a, const engine *b)
{
	size_t n = a->info.n_ff;
	bool same = !a->calib.c == !b->calib.c && !a->calib.keys == !b->calib.keys &&
		    (!a->calib.c || !memcmp(a->calib.c, b->calib.c, n * n * sizeof(float))) &&
		    (!a->calib.keys ||
		     !memcmp(a->calib.keys, b->calib.keys, a->calib.n_rows * n * sizeof(float))) &&
		    a->calib.n_rows == b->calib.n_rows && a->calib.v_norm == b->calib.v_norm;
	for (size_t i = 0; i < 3; i++)
		same = same &&
		       a->model->layers[i].gate.act_scale == b->model->layers[i].gate.act_scale &&
		       a->model->layers[i].down.act_max == b->model->layers[i].down.act_max;
	return same && a->model->output.act_scale == b->model->output.act_scale;
}

static void test_cache(void)
{
	struct stat st;
	engine *a = open_with("assets/calibration.txt", NULL, ENGINE_W8A16, 1);
	CHECK_INT(cache_find(), 0);
	engine *b = open_with("assets/calibration.txt", dir, ENGINE_W8A16, 1);
	REQUIRE(a && b);
	CHECK(equal(a, b));
	CHECK_INT(cache_find(), 1);
	CHECK(!stat(cache, &st) && (st.st_mode & 0777) == 0600);
	engine_close(b);
	b = open_with("assets/calibration.txt", dir, ENGINE_W8A16, 1);
	REQUIRE(b);
	CHECK(equal(a, b));
	CHECK_INT(cache_find(), 1);
	engine_close(b);
	b = open_with("assets/calibration.txt", dir, ENGINE_FP32,
		      1); /* another precision, another file */
	CHECK(b && cache_find() == 2);
	engine_close(b);
	cache_remove();
	b = open_with("assets/calibration.txt", "/nonexistent/folder", ENGINE_W8A16, 1);
	CHECK(b && equal(a, b)); /* no cache is no error */
	engine_close(b);
	engine_close(a);
}

static engine *open_other(size_t n_ctx, const char *chat)
{
	engine_options opt = engine_options_default();
	engine *e = NULL;
	opt.calibration = "assets/calibration.txt";
	opt.cache_dir = dir;
	opt.n_threads = 1;
	opt.n_ctx = n_ctx;
	opt.chat_template = chat;
	return engine_open(&e, model_path, &opt, err, sizeof(err)) ? NULL : e;
}

/* A file for each outcome: another chat template has its own, a context beyond the longest sequence has not. */
static void test_cache_key(void)
{
	static const struct {
		size_t n_ctx;
		const char *chat;
		int files;
	} opened[] = { { 512, NULL, 1 }, { 700, NULL, 1 }, { 0, NULL, 1 }, { 300, NULL, 2 }, { 0, "qwen3", 3 },
		       { 600, "qwen3", 3 } };
	files_make(1024);
	for (size_t i = 0; i < sizeof(opened) / sizeof(opened[0]); i++) {
		engine *e = open_other(opened[i].n_ctx, opened[i].chat);
		REQUIRE(e);
		CHECK_INT(cache_find(), opened[i].files);
		engine_close(e);
	}
	cache_remove();
}

/* A byte changed anywhere, or the end missing: the calibration is made anew. */
static void test_cache_damage(void)
{
	engine *a = open_with("assets/calibration.txt", dir, ENGINE_W8A16, 1);
	REQUIRE(a && cache_find() == 1);
	FILE *f = fopen(cache, "rb");
	REQUIRE(f);
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	fclose(f);
	for (long at = 0; at <= size; at += size / 7) {
		f = fopen(cache, "r+b");
		REQUIRE(f);
		long place = at < size ? at : size - 1;
		fseek(f, place, SEEK_SET);
		int c = fgetc(f);
		fseek(f, place, SEEK_SET);
		fputc(c ^ 0x41, f);
		fclose(f);
		if (at > size / 2 && truncate(cache, at - 1))
			break;
		engine *b = open_with("assets/calibration.txt", dir, ENGINE_W8A16, 1);
		REQUIRE(b);
		CHECK(equal(a, b));
		engine_close(b);
	}
	cache_remove();
	engine_close(a);
}

/* ---- a file that says what cannot be, with the right checksum: offsets as in calib.c ---- */

enum { MAXIMA_AT = 72, FF_AT = 80, ROWS_AT = 88, NORM_AT = 96, SUM_AT = 104, FLOATS_AT = 112 };

static char *cache_load(size_t *n)
{
	FILE *f = cache_find() == 1 ? fopen(cache, "rb") : NULL;
	char *bytes = calloc(1, 1 << 22);

	*n = f && bytes ? fread(bytes, 1, 1 << 22, f) : 0;
	if (f)
		fclose(f);
	return bytes;
}

/* As the file's writer sums it: the header, the maxima, what stands for C. */
static void cache_store(char *bytes, size_t n, size_t n_maxima, size_t n_moment)
{
	uint64_t sum = cache_checksum_add(1, bytes, SUM_AT);
	FILE *f = fopen(cache, "wb");

	sum = cache_checksum_add(sum, bytes + FLOATS_AT, n_maxima * sizeof(float));
	sum = cache_checksum_add(sum, bytes + FLOATS_AT + n_maxima * sizeof(float), n_moment * sizeof(float));
	memcpy(bytes + SUM_AT, &sum, sizeof(sum));
	REQUIRE(f);
	fwrite(bytes, 1, n, f);
	fclose(f);
}

/* It is made anew, and whole. */
static void check_made_anew(const engine *a, const char *whole, size_t n)
{
	engine *b = open_with("assets/calibration.txt", dir, ENGINE_W8A16, 1);
	size_t now;
	char *bytes = cache_load(&now);

	CHECK(b && equal(a, b) && isfinite(b->calib.v_norm));
	CHECK(now == n && !memcmp(bytes, whole, n));
	free(bytes);
	engine_close(b);
}

static void test_cache_lies(void)
{
	static const uint64_t nan64 = 0x7ff8000000000000u, inf64 = 0x7ff0000000000000u, minus1 = 0xbff0000000000000u;
	static const struct {
		size_t at;
		uint64_t x;
	} lies[] = { { MAXIMA_AT, 0 }, { MAXIMA_AT, UINT64_MAX }, { FF_AT, 0 }, { FF_AT, UINT64_MAX }, { ROWS_AT, 0 }, { ROWS_AT, 1 },
		     { ROWS_AT, UINT64_MAX }, { NORM_AT, nan64 }, { NORM_AT, inf64 }, { NORM_AT, minus1 } };
	engine *a = open_with("assets/calibration.txt", dir, ENGINE_W8A16, 1);
	size_t n, maxima = 3 * 4 + 1;
	char *whole = cache_load(&n), *bytes = malloc(n + 1);

	REQUIRE(a && whole && bytes && n > FLOATS_AT);
	size_t moment = (n - FLOATS_AT) / sizeof(float) - maxima;

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		memcpy(bytes, whole, n);
		memcpy(bytes + lies[i].at, &lies[i].x, sizeof(lies[i].x));
		cache_store(bytes, n, maxima, moment);
		check_made_anew(a, whole, n);
	}
	static const float odd[] = { NAN, INFINITY, -INFINITY };
	const size_t at[] = { 0, maxima - 1, maxima, maxima + moment - 1 };

	for (size_t i = 0; i < 12; i++) {
		memcpy(bytes, whole, n);
		memcpy(bytes + FLOATS_AT + at[i % 4] * sizeof(float), &odd[i / 4], sizeof(float));
		cache_store(bytes, n, maxima, moment);
		check_made_anew(a, whole, n);
	}
	memcpy(bytes, whole, n);
	bytes[n] = 0;
	cache_store(bytes, n + 1, maxima, moment);
	check_made_anew(a, whole, n);
	for (size_t cut = 0; cut < n; cut += n / 5 + 1) {
		cache_store(bytes, cut, maxima, moment);
		check_made_anew(a, whole, n);
	}
	free(whole);
	free(bytes);
	cache_remove();
	engine_close(a);
}

static void test_bad_text(void)
{
	char path[512];
	CHECK(!open_with(NULL, NULL, ENGINE_W8A16, 1));
	CHECK(!open_with("/nonexistent.txt", NULL, ENGINE_W8A16, 1) &&
	      strstr(err, "/nonexistent.txt"));
	test_path(path, sizeof(path), "empty.txt");
	FILE *f = fopen(path, "w");
	REQUIRE(f);
	fclose(f);
	CHECK(!open_with(path, NULL, ENGINE_W8A16, 1) && strstr(err, "empty"));
}

int main(void)
{
	files_make(256);
	TEST_RUN(test_scales);
	TEST_RUN(test_moment);
	TEST_RUN(test_moment_exact);
	TEST_RUN(test_cache);
	TEST_RUN(test_cache_damage);
	TEST_RUN(test_cache_lies);
	TEST_RUN(test_bad_text);
	TEST_RUN(test_cache_key);
	return test_done();
}
