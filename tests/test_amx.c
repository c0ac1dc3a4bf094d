/*
 * The AMX kernels where there is no AMX: the same source with the tile instructions carried out in
 * plain C, against scalar, bit for bit. (Where there is AMX, test_kernels runs them for real too.)
 */
#include "engine/kernels.h"
#include "tests/test.h"

#if defined(__x86_64__) && defined(__AVX512VNNI__)
#include <immintrin.h>

/* ---- the tile unit, after the instruction set reference ---- */

static struct sim_tile {
	int rows, bytes;
	uint8_t b[16][64];
} tile[8];
static bool tiles_on;
static long multiplied;

static void sim_loadconfig(const void *p)
{
	const uint8_t *c = p;
	CHECK_INT(c[0], 1);
	for (int i = 0; i < 8; i++) {
		tile[i] = (struct sim_tile){ .rows = c[48 + i], .bytes = c[16 + 2 * i] };
		CHECK(tile[i].rows >= 1 && tile[i].rows <= 16 && tile[i].bytes == 64);
	}
	tiles_on = true;
}

static void sim_release(void) { tiles_on = false; }

static void sim_zero(int t)
{
	CHECK(tiles_on);
	memset(tile[t].b, 0, sizeof(tile[t].b));
}

static void sim_load(int t, const void *p, size_t stride)
{
	CHECK(tiles_on);
	memset(tile[t].b, 0, sizeof(tile[t].b));
	for (int r = 0; r < tile[t].rows; r++)
		memcpy(tile[t].b[r], (const char *)p + (size_t)r * stride, (size_t)tile[t].bytes);
}

static void sim_store(int t, void *p, size_t stride)
{
	CHECK(tiles_on);
	for (int r = 0; r < tile[t].rows; r++)
		memcpy((char *)p + (size_t)r * stride, tile[t].b[r], (size_t)tile[t].bytes);
}

/* c[m][n] += sum over k, i of a[m][4 k + i] * b[k][4 n + i], in 32 bits. */
static void sim_multiply(int c, int a, int b, bool a_signed)
{
	CHECK(tiles_on && tile[c].rows == tile[a].rows && tile[a].bytes == 4 * tile[b].rows);
	multiplied++;
	for (int m = 0; m < tile[c].rows; m++)
		for (int n = 0; n < tile[c].bytes / 4; n++) {
			int32_t sum;
			memcpy(&sum, &tile[c].b[m][4 * n], 4);
			for (int k = 0; k < tile[a].bytes; k++) {
				int x = a_signed ? (int8_t)tile[a].b[m][k] : tile[a].b[m][k];
				sum += x * (int8_t)tile[b].b[k / 4][4 * n + k % 4];
			}
			memcpy(&tile[c].b[m][4 * n], &sum, 4);
		}
}

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbssd
#undef _tile_dpbusd
#define _tile_loadconfig(p) sim_loadconfig(p)
#define _tile_release() sim_release()
#define _tile_zero(t) sim_zero(t)
#define _tile_loadd(t, p, stride) sim_load(t, p, stride)
#define _tile_stored(t, p, stride) sim_store(t, p, stride)
#define _tile_dpbssd(c, a, b) sim_multiply(c, a, b, true)
#define _tile_dpbusd(c, a, b) sim_multiply(c, a, b, false)
#define kernels_amx kernels_amx_simulated
#define AMX_SIMULATED
void kernels_amx_simulated(kernels *k);
#include "engine/kernels_amx.c"

/* ---- against scalar ---- */

static rng random_state;

static size_t below(size_t n) { return (size_t)(rng_next(&random_state) % n); }

static linear linear_random(size_t rows, size_t cols, bool largest)
{
	size_t bytes = kernel_block_bytes(cols), blocks = kernel_blocks(rows);
	linear l = { .rows = rows, .cols = cols };
	l.q = alloc_array(blocks, bytes, 1);
	l.scale = alloc_array(rows, 1, sizeof(float));
	l.bias = alloc_array(rows, 1, sizeof(float));
	for (size_t r = 0; r < rows; r++) {
		int8_t *block = l.q + r / 16 * bytes;
		int32_t sum = 0;
		for (size_t c = 0; c < cols; c++) {
			int8_t w = largest ? (below(2) ? 127 : -127) : (int8_t)((int)below(255) - 127);
			block[64 + c / 4 * 64 + r % 16 * 4 + c % 4] = w;
			sum -= 128 * w;
		}
		memcpy(block + 4 * (r % 16), &sum, 4);
		l.scale[r] = (float)rng_uniform(&random_state);
		l.bias[r] = (float)rng_normal(&random_state);
	}
	return l;
}

static void *quantised(const kernels *k, const float *x, size_t n, size_t cols)
{
	uint8_t *q = alloc_array(n, 2 * kernel_cols(cols), 1);
	for (size_t t = 0; t < n; t++)
		k->quantise(x + t * cols, cols, 1.0f, q + t * 2 * kernel_cols(cols));
	return q;
}

static bool products_agree(size_t rows, size_t cols, size_t n, bool largest)
{
	kernels amx, scalar;
	kernels_scalar(&scalar);
	amx = scalar;
	kernels_amx_simulated(&amx);
	linear l = linear_random(rows, cols, largest);
	float *x = alloc_array(n, cols, sizeof(float)), *scales = alloc_array(n, 1, sizeof(float));
	float *y = alloc_array(n, rows, sizeof(float)), *z = alloc_array(n, rows, sizeof(float));
	for (size_t i = 0; i < n * cols; i++)
		x[i] = largest ? 1e9f : (float)(rng_normal(&random_state) * 12000);
	for (size_t i = 0; i < n; i++)
		scales[i] = (float)rng_uniform(&random_state);
	for (size_t i = 0; i < n * rows; i++)
		y[i] = z[i] = (float)rng_normal(&random_state);
	void *qa = quantised(&amx, x, n, cols), *qs = quantised(&scalar, x, n, cols);
	size_t cut = below(kernel_blocks(rows) + 1);
	gemm_args g = {
		.l = &l, .x_scale = scales, .n = n, .y_stride = rows, .add = below(2) == 0
	};
	for (int half = 0; half < 2; half++) {
		g.block0 = half ? cut : 0;
		g.block1 = half ? kernel_blocks(rows) : cut;
		g.x = qa;
		g.y = y;
		amx.gemm_q(&g);
		g.x = qs;
		g.y = z;
		scalar.gemm_q(&g);
	}
	bool same = !memcmp(y, z, n * rows * sizeof(float));
	free(l.q);
	free(l.scale);
	free(l.bias);
	free(x);
	free(scales);
	free(y);
	free(z);
	free(qa);
	free(qs);
	return same;
}

static void test_shapes(void)
{
	for (int i = 0; i < 60; i++) {
		size_t rows = 1 + below(70), cols = 1 + below(400), n = 1 + below(40);
		CHECK(products_agree(rows, cols, n, false));
	}
	CHECK(multiplied > 1000);
	CHECK(!tiles_on);
}

static void test_extremes(void)
{
	CHECK(products_agree(17, 4096, 2, true));
	CHECK(products_agree(16, 65984, 1, true));
	CHECK(products_agree(16, 65984, 3, true));
	CHECK(products_agree(33, 6000, 18, false)); /* sums past 24 bits */
}

int main(void)
{
	if (!(cpu_features(~0u) & CPU_VNNI)) {
		test_skip("test_amx", "no AVX-512 VNNI here");
		return test_done();
	}
	rng_seed(&random_state, 9);
	TEST_RUN(test_shapes);
	TEST_RUN(test_extremes);
	return test_done();
}
#else
int main(void)
{
	test_skip("test_amx", "AMX is for x86-64");
	return test_done();
}
#endif
