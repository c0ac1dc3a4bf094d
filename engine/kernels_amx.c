/*
 * AMX int8: products of tiles, 16 rows of x by 16 output rows by 64 columns an instruction. The
 * packed weights are such tiles as they lie: 16 groups of 4 columns, 64 bytes each. Activations are
 * stored as 64 high bytes (signed), then the low bytes (unsigned) of the same 64 columns, and so on.
 *
 * Sums of both kinds for 2 blocks take four tile registers, x two and the weights two: each
 * multiplication needs one load, which takes half its time.
 */
#if defined(__x86_64__) && (defined(__AMX_INT8__) || defined(AMX_SIMULATED))
#include <immintrin.h>
#include <string.h>

#include "kernels.h"
#include "kernels_join512.inc"

enum { GROUP = 64, TILE_ROWS = 16 };

/* 16 int16 at a time: high bytes, then low bytes. */
static inline void put_split(uint8_t *out, __m512 v)
{
	const __m512 most = _mm512_set1_ps(32767.0f), least = _mm512_set1_ps(-32767.0f);
	__m512i q = _mm512_cvtps_epi32(_mm512_max_ps(_mm512_min_ps(v, most), least));
	_mm_storeu_si128((__m128i *)out, _mm512_cvtepi32_epi8(_mm512_srai_epi32(q, 8)));
	_mm_storeu_si128((__m128i *)(out + GROUP), _mm512_cvtepi32_epi8(q));
}

static void amx_quantise(const float *x, size_t n, float inverse, void *out)
{
	uint8_t *q = out;
	const __m512 s = _mm512_set1_ps(inverse);
	for (size_t i = 0; i < kernel_cols(n); i += 16) {
		size_t left = i < n ? n - i : 0;
		__mmask16 m = left < 16 ? lanes_of(left) : 0xffff;
		put_split(q + i / GROUP * 2 * GROUP + i % GROUP,
			  _mm512_mul_ps(_mm512_maskz_loadu_ps(m, x + (left ? i : 0)), s));
	}
}

/* ---- one row of x: no tile is worth it ---- */

/* Weights of one group of a block times the row. */
static inline void row_group(const int8_t *w, const uint8_t *x, __m512i *hi, __m512i *lo)
{
	__m512i h = *hi, l = *lo;
	for (size_t c = 0; c < GROUP; c += 4) {
		int32_t high, low;
		memcpy(&high, x + c, 4);
		memcpy(&low, x + GROUP + c, 4);
		__m512i a = _mm512_load_si512(w + c * KERNEL_ROWS);
		h = _mm512_dpbusd_epi32(h, _mm512_set1_epi32(high ^ (int32_t)0x80808080), a);
		l = _mm512_dpbusd_epi32(l, _mm512_set1_epi32(low), a);
	}
	*hi = h;
	*lo = l;
}

/* Four blocks, so that four rows of weights come from memory at once; fewer at the end. */
static void row_blocks(const gemm_args *g, size_t block, size_t n)
{
	size_t cols = kernel_cols(g->l->cols), bytes = kernel_block_bytes(g->l->cols);
	const int8_t *w = g->l->q + block * bytes;
	const uint8_t *x = g->x;
	__m512i hi[4], lo[4];
	for (size_t r = 0; r < 4; r++) { /* past the last block the last one again, unused */
		hi[r] = _mm512_load_si512(w + (r < n ? r : n - 1) * bytes);
		lo[r] = _mm512_setzero_si512();
	}
	for (size_t c = 0; c < cols; c += GROUP)
		for (size_t r = 0; r < n; r++)
			row_group(w + r * bytes + 64 + c * KERNEL_ROWS, x + 2 * c, &hi[r], &lo[r]);
	for (size_t r = 0; r < n; r++)
		put_tile(g, block + r, 0, hi[r], lo[r]);
}

/* ---- tiles ---- */

enum { HI0, LO0, HI1, LO1, XHI, XLO, W0, W1, TILES }; /* as the intrinsics below number them */

typedef struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t bytes[16]; /* of a row */
	uint8_t rows[16];
} tile_config;
_Static_assert(sizeof(tile_config) == 64, "as the processor reads it");

static void configure(size_t tokens)
{
	tile_config c = { .palette = 1 };
	for (int i = 0; i < TILES; i++) {
		c.bytes[i] = 64;
		c.rows[i] = (uint8_t)(i < W0 ? tokens : TILE_ROWS);
	}
	__asm__ volatile("" : : "r"(&c) : "memory"); /* gcc 12.2 takes the next line to read 8 bytes of it */
	_tile_loadconfig(&c);
}

/* Two blocks, or one twice, times the rows of x that are configured. w0, w1: their weights; sums:
 * [4][16][16]. */
static void multiply(const int8_t *w0, const int8_t *w1, const uint8_t *x, size_t cols, int32_t *sums)
{
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	for (size_t c = 0; c < cols; c += GROUP) {
		_tile_loadd(4, x + 2 * c, 2 * cols);
		_tile_loadd(6, w0 + c * KERNEL_ROWS, 64);
		_tile_dpbssd(0, 4, 6);
		_tile_loadd(5, x + 2 * c + GROUP, 2 * cols);
		_tile_dpbusd(1, 5, 6);
		_tile_loadd(7, w1 + c * KERNEL_ROWS, 64);
		_tile_dpbssd(2, 4, 7);
		_tile_dpbusd(3, 5, 7);
	}
	_tile_stored(0, sums, 64);
	_tile_stored(1, sums + 256, 64);
	_tile_stored(2, sums + 512, 64);
	_tile_stored(3, sums + 768, 64);
}

/* n rows of x, at most 16, times `blocks` blocks, 1 or 2. */
static void tile_rows(const gemm_args *g, size_t block, size_t blocks, size_t t0, size_t n)
{
	size_t cols = kernel_cols(g->l->cols), bytes = kernel_block_bytes(g->l->cols);
	const int8_t *w = g->l->q + block * bytes + 64;
	_Alignas(64) int32_t sums[4 * 256];
	multiply(w, w + (blocks - 1) * bytes, (const uint8_t *)g->x + t0 * 2 * cols, cols, sums);
	for (size_t r = 0; r < blocks; r++)
		for (size_t t = 0; t < n; t++)
			put_tile(g, block + r, t0 + t, _mm512_load_si512(sums + r * 512 + t * 16),
				 _mm512_load_si512(sums + r * 512 + 256 + t * 16));
}

static void amx_tiles(const gemm_args *g)
{
	size_t whole = g->n / TILE_ROWS * TILE_ROWS, rest = g->n - whole;
	configure(whole ? TILE_ROWS : rest);
	for (size_t b = g->block0; b < g->block1; b += 2) {
		size_t blocks = g->block1 - b < 2 ? 1 : 2;
		for (size_t t = 0; t < whole; t += TILE_ROWS)
			tile_rows(g, b, blocks, t, TILE_ROWS);
		if (!rest)
			continue;
		if (whole)
			configure(rest);
		tile_rows(g, b, blocks, whole, rest);
		if (whole)
			configure(TILE_ROWS);
	}
	_tile_release();
}

static void amx_gemm_q(const gemm_args *g)
{
	if (g->n > 1 && g->block0 < g->block1) {
		amx_tiles(g);
		return;
	}
	for (size_t b = g->block0; g->n && b < g->block1; b += 4)
		row_blocks(g, b, g->block1 - b < 4 ? g->block1 - b : 4);
}

/* ---- the most it can do ---- */

static uint64_t amx_peak(size_t steps)
{
	_Alignas(64) int32_t sums[256];
	configure(TILE_ROWS);
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	_tile_zero(4);
	_tile_zero(5);
	_tile_zero(6);
	_tile_zero(7);
	for (size_t n = 0; n < steps; n += 256) { /* a tile's product is as long as many vectors' */
		_tile_dpbssd(0, 4, 6);
		_tile_dpbusd(1, 5, 6);
		_tile_dpbssd(2, 4, 7);
		_tile_dpbusd(3, 5, 7);
	}
	_tile_stored(0, sums, 64);
	_tile_release();
	return (uint64_t)(uint32_t)sums[0];
}

void kernels_amx(kernels *k)
{
	k->name = "amx-int8";
	k->quantise = amx_quantise;
	k->gemm_q = amx_gemm_q;
	k->peak = amx_peak;
	k->peak_step = (size_t)4 * TILE_ROWS * KERNEL_ROWS * GROUP / 2 / 256; /* a step, see the loop */
}
#else
typedef int kernels_amx_is_for_x86;
#endif
