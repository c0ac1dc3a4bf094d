/*
 * AVX512_VNNI product: both inputs are scaled to 13-bit integers in groups of 128 along k, a scale for every row of A and
 * column of B and group; VPDPWSSD multiplies pairs of them and adds up in 32 bits, exactly (128 * 4095^2 < 2^31).
 * The error, a step of 1/8190 of the largest of a group, is below bfloat16's own as long as that is less than some thirty
 * times the usual one. Meant for processors that take VPDPWSSD several times as fast as VDPBF16PS.
 */
#include "gemm.h"

#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")
#include <immintrin.h>
#include <math.h>

enum {
	ROWS = 8,
	GROUP = 64,              /* pairs that share a scale */
	PASS = 512,              /* pairs of k at a time, where sums may go in passes */
	MOST = 1024,             /* and otherwise */
	B_PAIRS = 512 * PASS,    /* of B at a time: 1 MiB, for the second-level cache */
	GROUPS = MOST / GROUP,
	COLS_MOST = 512
};

static const float LARGEST = 4095;

/* Inputs as integers, and what one is worth. Panels are [pairs][32]; row-major rows of A lie in groups, [8][GROUP]. */
typedef struct scratch {
	uint32_t a[32 * MOST], b[B_PAIRS];
	float a_scale[GROUPS][32];
	float b_scale[COLS_MOST / 32][GROUPS][32];
	float sum[ROWS][32];
} scratch;

static _Thread_local _Alignas(64) scratch room;

/* The largest magnitude of 16 pairs' halves, as a float; what is not finite stays so. */
static inline __m512 pair_largest(__m512i halves)
{
	__m512i high = _mm512_srli_epi32(halves, 16), low = _mm512_and_si512(halves, _mm512_set1_epi32(0xffff));

	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_max_epu32(high, low), 16));
}

static inline __m512i magnitudes(__m512i pairs)
{
	return _mm512_and_si512(pairs, _mm512_set1_epi32(0x7fff7fff));
}

/* Factors to integers, and back: 0 for a group of zeros, NaN for one that is not finite. */
static inline __m512 factors(__m512 largest, __m512 *back)
{
	__mmask16 some = _mm512_cmp_ps_mask(largest, _mm512_set1_ps(0x1p-100f), _CMP_NLE_UQ);
	__mmask16 bad = _mm512_cmp_ps_mask(largest, _mm512_set1_ps(INFINITY), _CMP_NLT_UQ);

	*back = _mm512_maskz_div_ps(some, largest, _mm512_set1_ps(LARGEST));
	*back = _mm512_mask_mov_ps(*back, bad, _mm512_set1_ps(NAN));
	return _mm512_maskz_div_ps(some & (__mmask16)~bad, _mm512_set1_ps(LARGEST), largest);
}

static inline __m512i to_integers(__m512i pairs, __m512 factor)
{
	__m512 low = _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
	__m512 high = _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000u)));
	__m512i l = _mm512_cvtps_epi32(_mm512_mul_ps(low, factor));
	__m512i h = _mm512_cvtps_epi32(_mm512_mul_ps(high, factor));

	return _mm512_mask_blend_epi16(0xaaaaaaaau, l, _mm512_slli_epi32(h, 16));
}

/* A panel, [pairs][32]: a scale for every column. */
static void panel_to_integers(const uint32_t *src, size_t pairs, uint32_t *out, float (*scale)[32])
{
	for (size_t first = 0; first < pairs; first += GROUP, scale++) {
		size_t end = first + GROUP < pairs ? first + GROUP : pairs;

		for (size_t half = 0; half < 32; half += 16) {
			__m512i most = _mm512_setzero_si512();
			__m512 factor, back;

			for (size_t p = first; p < end; p++)
				most = _mm512_max_epu16(most, magnitudes(_mm512_loadu_si512(src + p * 32 + half)));
			factor = factors(pair_largest(most), &back);
			_mm512_store_ps(*scale + half, back);
			for (size_t p = first; p < end; p++)
				_mm512_store_si512(out + p * 32 + half,
						   to_integers(_mm512_loadu_si512(src + p * 32 + half), factor));
		}
	}
}

/* One row of A: its groups lie ROWS * GROUP apart in out. The number of pairs is a multiple of 16. */
static void row_to_integers(const uint32_t *src, size_t pairs, uint32_t *out, float (*scale)[32])
{
	for (size_t first = 0; first < pairs; first += GROUP, out += ROWS * GROUP, scale++) {
		size_t n = pairs - first < GROUP ? pairs - first : GROUP;
		__m512i most = _mm512_setzero_si512();
		__m512 factor, back;

		for (size_t p = 0; p < n; p += 16)
			most = _mm512_max_epu16(most, magnitudes(_mm512_loadu_si512(src + first + p)));
		most = _mm512_castps_si512(pair_largest(most));
		factor = factors(_mm512_castsi512_ps(_mm512_set1_epi32((int)_mm512_reduce_max_epu32(most))), &back);
		**scale = _mm512_cvtss_f32(back);
		for (size_t p = 0; p < n; p += 16)
			_mm512_store_si512(out + p, to_integers(_mm512_loadu_si512(src + first + p), factor));
	}
}

/* _mm512_dpwssd_epi32 as written: gcc 12 makes copies of every sum around that one, and half the speed. */
static inline __attribute__((always_inline)) void multiply_add(__m512i *sum, __m512i x, __m512i y)
{
	__asm__("vpdpwssd %2, %1, %0" : "+v"(*sum) : "v"(x), "v"(y));
}

/* sum [8][32] += a b over one group. a: pair (row, k) at a[row * rs + k * ks]. */
static inline __attribute__((always_inline)) void group_product(const uint32_t *a, size_t rs, size_t ks,
								const uint32_t *b, size_t pairs,
								const float *a_scale, const float *b_scale)
{
	__m512i c[ROWS][2];
	__m512 s0 = _mm512_load_ps(b_scale), s1 = _mm512_load_ps(b_scale + 16);

#pragma GCC unroll 8
	for (size_t r = 0; r < ROWS; r++)
		c[r][0] = c[r][1] = _mm512_setzero_si512();
	for (size_t p = 0; p < pairs; p++, a += ks, b += 32) {
		__m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 16);

#pragma GCC unroll 8
		for (size_t r = 0; r < ROWS; r++) {
			__m512i x = _mm512_set1_epi32((int)a[r * rs]);

			multiply_add(&c[r][0], x, b0);
			multiply_add(&c[r][1], x, b1);
		}
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < ROWS; r++) {
		__m512 s = _mm512_set1_ps(a_scale[r]);
		float *to = room.sum[r];

		_mm512_store_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(c[r][0]), _mm512_mul_ps(s, s0), _mm512_load_ps(to)));
		_mm512_store_ps(to + 16, _mm512_fmadd_ps(_mm512_cvtepi32_ps(c[r][1]), _mm512_mul_ps(s, s1),
							 _mm512_load_ps(to + 16)));
	}
}

static void sums_begin(const gemm_args *g, size_t row, size_t col, int later)
{
	const float *add = later ? g->c : g->add;

	for (size_t r = 0; r < ROWS; r++)
		for (size_t h = 0; h < 32; h += 16)
			_mm512_store_ps(room.sum[r] + h, add && !g->c16 ? _mm512_loadu_ps(add + (row + r) * g->ldc + col + h)
									 : _mm512_setzero_ps());
}

/* Rounds to nearest, ties to even, as bf16_from_float does. */
static inline __m256i to_bf16(__m512 x)
{
	__m512i u = _mm512_castps_si512(x), odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));

	return _mm512_cvtepi32_epi16(
		_mm512_srli_epi32(_mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16));
}

static void sums_store(const gemm_args *g, size_t row, size_t col)
{
	for (size_t r = 0; r < ROWS; r++)
		for (size_t h = 0; h < 32; h += 16) {
			size_t i = (row + r) * g->ldc + col + h;
			__m512 x = _mm512_load_ps(room.sum[r] + h);

			if (g->c16)
				_mm256_storeu_si256((__m256i *)(void *)(g->c16 + i), to_bf16(x));
			else
				_mm512_storeu_ps(g->c + i, x);
		}
}

/* Rows m to m + 31 of A, pairs p to p + pairs, as integers. */
static void a_block(const gemm_args *g, size_t m, size_t p, size_t pairs)
{
	const uint32_t *a = g->a;

	if (g->a_packed)
		panel_to_integers(a + m / 32 * g->a_step + p * 32, pairs, room.a, room.a_scale);
	else
		for (size_t r = 0; r < 32; r++)
			row_to_integers(a + (m + r) * g->a_step + p, pairs,
					room.a + r / ROWS * ROWS * MOST + r % ROWS * GROUP,
					(float(*)[32])(void *)&room.a_scale[0][r]);
}

static void block(const gemm_args *g, size_t m, size_t n, const uint32_t *b, float (*b_scale)[32], size_t p, size_t pairs)
{
	for (size_t r = 0; r < 32; r += ROWS) {
		sums_begin(g, m + r, n, p > 0);
		for (size_t first = 0, i = 0; first < pairs; first += GROUP, i++) {
			size_t k = pairs - first < GROUP ? pairs - first : GROUP;

			if (g->a_packed)
				group_product(room.a + first * 32 + r, 1, 32, b + first * 32, k, room.a_scale[i] + r, b_scale[i]);
			else
				group_product(room.a + r * MOST + first * ROWS, GROUP, 1, b + first * 32, k, room.a_scale[i] + r,
					      b_scale[i]);
		}
		sums_store(g, m + r, n);
	}
}

void gemm_int16(const gemm_args *g)
{
	size_t total = g->k / 2, pass = g->c16 ? total : PASS, cols;

	if (total > MOST && g->c16) { /* a half-precision sum cannot go in passes */
		gemm_avx2(g);
		return;
	}
	for (size_t p = 0; p < total; p += pass) {
		size_t pairs = total - p < pass ? total - p : pass;

		cols = B_PAIRS / pairs / 32 * 32;
		cols = cols < COLS_MOST ? cols : COLS_MOST;
		for (size_t from = 0; from < g->n; from += cols) {
			size_t end = from + cols < g->n ? from + cols : g->n;

			for (size_t n = from; n < end; n += 32)
				panel_to_integers((const uint32_t *)g->b + n / 32 * g->b_step + p * 32, pairs,
						  room.b + (n - from) * pairs, room.b_scale[(n - from) / 32]);
			for (size_t m = 0; m < g->m; m += 32) {
				a_block(g, m, p, pairs);
				for (size_t n = from; n < end; n += 32)
					block(g, m, n, room.b + (n - from) * pairs, room.b_scale[(n - from) / 32], p, pairs);
			}
		}
	}
}

#else
void gemm_int16(const gemm_args *g)
{
	gemm_scalar(g);
}
#endif
