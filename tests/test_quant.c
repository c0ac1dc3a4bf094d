/* quant: packed weights are the file's to half a step, whatever the shape and block type, and
 * bad ones are refused. */
#include <stdlib.h>

#include "engine/kernels.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static pool *p;
static char err[256];

static int8_t packed(const linear *l, size_t r, size_t c)
{
	return l->q[r / 16 * kernel_block_bytes(l->cols) + 64 + c / 4 * 64 + r % 16 * 4 + c % 4];
}

/* The tensor "w" of floats x in a GGUF of its own, made into a linear. */
static int make(linear *l, int type, size_t rows, size_t cols, const float *x, int precision)
{
	gguf_builder *b = gguf_builder_new();
	gguf *g = NULL;
	size_t n;
	gguf_builder_floats(b, "w", type, rows, cols, x);
	gguf_builder_floats(b, "b", GGML_F32, 0, rows, x);
	unsigned char *bytes = gguf_builder_bytes(b, &n);
	int rc = gguf_open_memory(&g, bytes, n, err, sizeof(err));
	if (!rc)
		rc = linear_init(l, gguf_find(g, "w"), gguf_find(g, "b"), precision, 0, p, err,
				 sizeof(err));
	gguf_close(g);
	free(bytes);
	gguf_builder_free(b);
	return rc;
}

static float *random_floats(size_t n, uint64_t seed)
{
	rng r;
	float *x = malloc(n * sizeof(*x));
	rng_seed(&r, seed);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_normal(&r);
	return x;
}

static void check_packed(size_t rows, size_t cols)
{
	linear l = { 0 };
	float *x = random_floats(rows * cols, rows + cols);
	REQUIRE(!make(&l, GGML_F32, rows, cols, x, ENGINE_W8A16));
	CHECK(l.rows == rows && l.cols == cols && l.f32 == NULL &&
	      !memcmp(l.bias, x, rows * sizeof(*x)));
	for (size_t r = 0; r < rows; r++) {
		int32_t sum = 0, correction, largest = 0;
		for (size_t c = 0; c < cols; c++) {
			int q = packed(&l, r, c);
			CHECK(fabsf((float)q * l.scale[r] - x[r * cols + c]) <=
			      0.5001f * l.scale[r]);
			sum += q;
			largest = abs(q) > largest ? abs(q) : largest;
		}
		memcpy(&correction, l.q + r / 16 * kernel_block_bytes(cols) + 4 * (r % 16), 4);
		CHECK_INT(correction, -128 * sum);
		CHECK_INT(largest, 127);
	}
	for (size_t r = 0; r < 16 * kernel_blocks(rows); r++) /* what fills up the blocks is zero */
		for (size_t c = r < rows ? cols : 0; c < kernel_cols(cols); c++)
			CHECK_INT(packed(&l, r, c), 0);
	linear_release(&l);
	free(x);
}

static void test_packed(void)
{
	check_packed(1, 1);
	check_packed(16, 16);
	check_packed(33, 50);
	check_packed(5, 131);
}

static void test_blocks(void)
{
	linear a = { 0 }, b = { 0 };
	float *x = random_floats(20 * 64, 9);
	REQUIRE(!make(&a, GGML_Q8_0, 20, 64, x, ENGINE_W8A16) &&
		!make(&b, GGML_Q8_0, 20, 64, x, ENGINE_FP32));
	CHECK(a.q && !a.f32 && b.f32 && !b.q);
	for (size_t i = 0; i < 20 * 64; i++)
		CHECK(fabsf((float)packed(&a, i / 64, i % 64) * a.scale[i / 64] - b.f32[i]) <=
		      0.5001f * a.scale[i / 64]);
	linear_release(&a);
	linear_release(&b);
	free(x);
}

static void test_odd_values(void)
{
	linear l = { 0 };
	float *x = calloc(4 * 32, sizeof(*x));
	x[32] = 1e-44f; /* a row too small for a scale counts as zero */
	x[64] = 1e38f;
	REQUIRE(!make(&l, GGML_F32, 4, 32, x, ENGINE_W8A16));
	CHECK(l.scale[0] == 0 && packed(&l, 1, 0) == 0 && packed(&l, 2, 0) == 127);
	linear_release(&l);
	for (int precision = ENGINE_W8A16; precision <= ENGINE_FP32; precision++)
		for (int kind = 0; kind < 2; kind++) {
			x[96] = kind ? NAN : -INFINITY;
			CHECK_INT(make(&l, GGML_F32, 4, 32, x, precision), ENGINE_EFORMAT);
			CHECK(strstr(err, "w") && l.q == NULL);
		}
	free(x);
	x = calloc(KERNEL_MAX_COLS + 1, sizeof(*x));
	CHECK_INT(make(&l, GGML_F32, 1, KERNEL_MAX_COLS + 1, x, ENGINE_W8A16), ENGINE_EFORMAT);
	CHECK(strstr(err, "columns"));
	free(x);
}

/* Threads meet at the barrier, and a round is over when all are through. */
static int places[64];
static void pool_step(void *arg, int i, int n)
{
	for (int round = 0; round < 40; round++) {
		places[i] = round;
		pool_barrier(arg);
		for (int k = 0; k < n; k++)
			if (places[k] != round)
				places[63] = -1;
		pool_barrier(arg);
	}
}

static void test_pool(void)
{
	for (int n = 1; n <= 5; n += 2) {
		pool *q = NULL;
		REQUIRE(!pool_new(&q, n));
		CHECK_INT(pool_size(q), n);
		memset(places, 0, sizeof(places));
		for (int i = 0; i < 5; i++)
			pool_run(q, pool_step, q);
		CHECK_INT(places[63], 0);
		CHECK_INT(places[n - 1], 39);
		pool_free(q);
	}
	pool_free(NULL);
}

int main(void)
{
	if (pool_new(&p, 2))
		return 1;
	TEST_RUN(test_packed);
	TEST_RUN(test_blocks);
	TEST_RUN(test_odd_values);
	TEST_RUN(test_pool);
	pool_free(p);
	return test_done();
}
