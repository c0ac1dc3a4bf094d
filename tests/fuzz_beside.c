/*
 * fuzz_beside: the files beside a model. The first byte says which one the rest is: a value code, a
 * calibration cache as it is, or one whose key and checksum are made right, as a forger would.
 */
#include "engine/engine_int.h"
#include "fuzz.h"
#include "gguf_memory.h"
#include "gguf_mini.h"

#include <glob.h>
#include <string.h>

const char fuzz_name[] = "beside";
const int fuzz_rounds = 60;

enum { WIDTH = 8, MAX_INPUT = 1 << 16, KEY_AT = 8, KEY_SIZE = 64, MAXIMA_AT = 72, ROWS_AT = 88, SUM_AT = 104, SUM_SIZE = 8 };

static engine *e;
static char folder[300], cache[400], text_path[400];
static unsigned char cache_bytes[MAX_INPUT]; /* as the engine wrote it */
static size_t cache_size;

/* ---- the checksum, as calib.c makes it ---- */

static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * 0x9fb21c651e98df25u;
	return h ^ h >> 32;
}

static uint64_t sum_add(uint64_t h, const unsigned char *p, size_t n)
{
	uint64_t lane[4] = { h, mix(h, 1), mix(h, 2), mix(h, 3) }, x[4] = { 0 };

	for (; n >= sizeof(x); n -= sizeof(x), p += sizeof(x)) {
		memcpy(x, p, sizeof(x));
		for (int k = 0; k < 4; k++)
			lane[k] = mix(lane[k], x[k]);
	}
	memset(x, 0, sizeof(x));
	memcpy(x, p, n);
	for (int k = 0; k < 4; k++)
		h = mix(mix(h, lane[k]), x[k]);
	return mix(h, n);
}

/* The key and the checksum made right, where the file is long enough for what it says it holds. */
static void forge(unsigned char *bytes, size_t size)
{
	const size_t head = SUM_AT + SUM_SIZE;
	uint64_t n_maxima, n_rows, sum;

	if (size < head)
		return;
	memmove(bytes, cache_bytes, KEY_AT + KEY_SIZE);
	memcpy(&n_maxima, cache_bytes + MAXIMA_AT, sizeof(n_maxima));
	memcpy(&n_rows, bytes + ROWS_AT, sizeof(n_rows));
	size_t maxima = (size_t)n_maxima * 4, rest = n_rows < WIDTH ? (size_t)n_rows * WIDTH * 4 : WIDTH * (WIDTH + 1) / 2 * 4;

	if (size - head < maxima + rest)
		return;
	sum = sum_add(1, bytes, SUM_AT);
	sum = sum_add(sum, bytes + head, maxima);
	sum = sum_add(sum, bytes + head + maxima, rest);
	memcpy(bytes + SUM_AT, &sum, SUM_SIZE);
}

static void set_up(void)
{
	char path[400], pattern[400], err[200];
	engine_options o = engine_options_default();
	glob_t g = { 0 };
	gguf_builder *b = mini_model_build("qwen2", GGML_F32);

	test_path(folder, sizeof(folder), "");
	test_path(path, sizeof(path), "model.gguf");
	test_path(text_path, sizeof(text_path), "calibration.txt");
	gguf_builder_write(b, path);
	gguf_builder_free(b);
	FILE *f = fopen(text_path, "w");

	FUZZ_REQUIRE(f && fputs("abc us abc us abc us abc us\n", f) >= 0 && !fclose(f));
	o.n_threads = 1;
	o.calibration = text_path;
	o.cache_dir = folder;
	FUZZ_REQUIRE(!engine_open(&e, path, &o, err, sizeof(err)));
	snprintf(pattern, sizeof(pattern), "%s/calibration-*.bin", folder);
	FUZZ_REQUIRE(!glob(pattern, 0, NULL, &g) && g.gl_pathc == 1);
	snprintf(cache, sizeof(cache), "%s", g.gl_pathv[0]);
	globfree(&g);
	f = fopen(cache, "rb");
	FUZZ_REQUIRE(f);
	cache_size = fread(cache_bytes, 1, sizeof(cache_bytes), f);
	fclose(f);
	FUZZ_REQUIRE(cache_size > SUM_AT + SUM_SIZE);
	unsigned char right[SUM_SIZE]; /* a forger who is wrong would find nothing */

	memcpy(right, cache_bytes + SUM_AT, SUM_SIZE);
	memset(cache_bytes + SUM_AT, 0xff, SUM_SIZE);
	forge(cache_bytes, cache_size);
	FUZZ_REQUIRE(!memcmp(right, cache_bytes + SUM_AT, SUM_SIZE));
}

static void read_value_code(const uint8_t *data, size_t size)
{
	char err[200] = "";
	value_code c = { 0 };

	gguf_memory_put(data, size);
	int rc = value_code_open(&c, "none", GGUF_MEMORY, WIDTH, err, sizeof(err));

	if (rc)
		FUZZ_REQUIRE(rc < 0 && err[0] && !strchr(err, '\n') && !c.a);
	else
		FUZZ_REQUIRE(c.a && c.b && c.d == WIDTH && c.n_banks && c.n_tokens == 16);
	value_code_release(&c);
}

/* What the engine does with what it read: scales in a forward pass, the moment in a solution. */
static void use_calibration(calib *c)
{
	const engine_turn turn = { "user", "abc", 3 };
	float keys[WIDTH], delta[WIDTH];
	engine_delta d = { keys, delta, 1 };
	calib was = e->calib;
	char err[200], answer[50];

	for (int i = 0; i < WIDTH; i++)
		keys[i] = delta[i] = 1 + (float)i;
	engine_answer(e, &turn, 1, ENGINE_EDITED, 1, answer, sizeof(answer), NULL, NULL, NULL, err,
		      sizeof(err));
	e->calib = *c;
	solve_cache_free(e->solve_cache);
	e->solve_cache = NULL;
	int rc = engine_apply(e, &d, 1, NULL, 0, err, sizeof(err));

	FUZZ_REQUIRE(!rc || (err[0] && !strchr(err, '\n')));
	FUZZ_REQUIRE(!engine_apply(e, NULL, 0, NULL, 0, err, sizeof(err)));
	solve_cache_free(e->solve_cache);
	e->solve_cache = NULL;
	e->calib = was;
}

static void read_cache(unsigned char *bytes, size_t size, bool forged)
{
	char err[200] = "";
	calib c = { 0 };

	if (forged)
		forge(bytes, size);
	FILE *f = fopen(cache, "wb");

	FUZZ_REQUIRE(f && fwrite(bytes, 1, size, f) == size && !fclose(f));
	/* A cache that is of no use is made anew. */
	FUZZ_REQUIRE(!calib_run(&c, e, text_path, folder, err, sizeof(err)));
	use_calibration(&c);
	calib_release(&c);
	remove(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!e)
		set_up();
	if (!size || size > MAX_INPUT)
		return 0;
	unsigned char *copy = malloc(size); /* exact */

	FUZZ_REQUIRE(copy);
	memcpy(copy, data + 1, size - 1);
	if (data[0] % 3 == 0)
		read_value_code(copy, size - 1);
	else
		read_cache(copy, size - 1, data[0] % 3 == 2);
	free(copy);
	return 0;
}

static void put_kind(fuzz_put *put, void *arg, const char *name, int kind, const unsigned char *bytes, size_t n)
{
	unsigned char *p = malloc(n + 1);

	FUZZ_REQUIRE(p);
	p[0] = (unsigned char)kind;
	memcpy(p + 1, bytes, n);
	put(arg, name, p, n + 1);
	free(p);
}

/* A forged cache that holds two keys, as after a shorter text, in the place of their moment. */
static void put_keys(fuzz_put *put, void *arg)
{
	const uint64_t n_rows = 2;
	uint64_t n_maxima;
	unsigned char *p = calloc(1, cache_size);

	FUZZ_REQUIRE(p);
	memcpy(p, cache_bytes, cache_size);
	memcpy(&n_maxima, p + KEY_AT + KEY_SIZE, sizeof(n_maxima));
	memcpy(p + ROWS_AT, &n_rows, sizeof(n_rows));
	put_kind(put, arg, "keys", 2, p, SUM_AT + SUM_SIZE + (n_maxima + n_rows * WIDTH) * sizeof(float));
	free(p);
}

void fuzz_seeds(fuzz_put *put, void *arg)
{
	for (size_t moment = 0; moment <= WIDTH; moment += WIDTH) {
		gguf_builder *b = mini_value_code_build(WIDTH, moment);
		size_t n;
		unsigned char *bytes = gguf_builder_bytes(b, &n);

		put_kind(put, arg, moment ? "moment" : "code", 0, bytes, n);
		gguf_builder_free(b);
		free(bytes);
	}
	if (!e)
		set_up();
	put_kind(put, arg, "cache", 1, cache_bytes, cache_size);
	put_kind(put, arg, "forged", 2, cache_bytes, cache_size);
	put_keys(put, arg);
}
