/*
 * The quantised product with AVX-VNNI, the 256-bit form that processors without AVX-512 have; the
 * rest is kernels_avx2.c's. Activations are stored as four high bytes (+128, so unsigned) and four
 * low bytes in turn.
 */
#if defined(__x86_64__)
#include "kernels.h"

#if defined(__AVXVNNI__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels_avx2.inc"

static inline __m256i pack_split(__m256i w)
{
	const __m256i split = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(1, 3, 5, 7, 0, 2, 4, 6, 9, 11, 13, 15, 8, 10, 12, 14));
	return _mm256_xor_si256(_mm256_shuffle_epi8(w, split), _mm256_set1_epi64x(0x80808080));
}

static void avxvnni_quantise(const float *x, size_t n, float inverse, void *out)
{
	pack_row(x, n, inverse, out, pack_split);
}

/* 256 hi + lo of four rows: exact, since it stays below 2^53. */
static inline __m256d join_4(__m128i hi, __m128i lo)
{
	__m256d h = _mm256_mul_pd(_mm256_cvtepi32_pd(hi), _mm256_set1_pd(256));
	return _mm256_add_pd(h, _mm256_cvtepi32_pd(lo));
}

/* Sums of 8 rows from row r on and one row of x. */
INLINE void put_sums(const gemm_args *g, size_t r, size_t t, __m256i hi, __m256i lo)
{
	__m256d sums[2] = {
		join_4(_mm256_castsi256_si128(hi), _mm256_castsi256_si128(lo)),
		join_4(_mm256_extracti128_si256(hi, 1), _mm256_extracti128_si256(lo, 1)),
	};
	put_half(g, r, t, sums);
}

static inline __m256i four_bytes(const uint8_t *p)
{
	int32_t four;
	memcpy(&four, p, 4);
	return _mm256_set1_epi32(four);
}

/* sum += x (unsigned) times w (signed). In assembly, since gcc 12 copies the sums about and spills
 * some for its own form of the instruction. */
static inline void dot(__m256i *sum, __m256i x, __m256i w)
{
	__asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(*sum) : "x"(x), "x"(w));
}

/* R blocks of 16 rows, T rows of x: hi and lo [t][r][2], twelve sums at most. */
INLINE void avxvnni_tile(const gemm_args *g, size_t block, size_t t0, size_t R, size_t T)
{
	size_t cols = kernel_cols(g->l->cols), bytes = kernel_block_bytes(g->l->cols);
	const int8_t *w = g->l->q + block * bytes;
	const uint8_t *x = (const uint8_t *)g->x + t0 * cols * 2;
	__m256i hi[6], lo[6];
	UNROLL(6)
	for (size_t i = 0; i < 2 * R; i++)
		UNROLL(3)
		for (size_t t = 0; t < T; t++) { /* the head is -128 times the sums of its rows */
			const int8_t *head = w + i / 2 * bytes + i % 2 * 32;
			hi[2 * R * t + i] = _mm256_load_si256((const __m256i *)head);
			lo[2 * R * t + i] = _mm256_setzero_si256();
		}
	w += 64;
	for (size_t c = 0; c < cols; c += 4, w += 64, x += 8) {
		UNROLL(3)
		for (size_t r = 0; r < R; r++) {
			const __m256i *at = (const __m256i *)(w + r * bytes);
			__m256i a = _mm256_load_si256(at), b = _mm256_load_si256(at + 1);
			UNROLL(3)
			for (size_t t = 0; t < T; t++) {
				__m256i xh = four_bytes(x + t * cols * 2);
				__m256i xl = four_bytes(x + t * cols * 2 + 4);
				size_t i = 2 * (R * t + r);
				dot(&hi[i], xh, a);
				dot(&hi[i + 1], xh, b);
				dot(&lo[i], xl, a);
				dot(&lo[i + 1], xl, b);
			}
		}
	}
	UNROLL(3)
	for (size_t t = 0; t < T; t++)
		UNROLL(6)
		for (size_t i = 0; i < 2 * R; i++)
			put_sums(g, block * KERNEL_ROWS + 8 * i, t0 + t, hi[2 * R * t + i],
				 lo[2 * R * t + i]);
}

/* One function a shape, so that each keeps its sums in registers. */
#define TILE(R, T)                                                                                 \
	static void tile_##R##_##T(const gemm_args *g, size_t block, size_t t)                     \
	{                                                                                          \
		avxvnni_tile(g, block, t, R, T);                                                   \
	}
TILE(3, 1)
TILE(1, 1)
TILE(1, 2)
TILE(1, 3)

static void avxvnni_gemm_q(const gemm_args *g)
{
	size_t b = g->block0;
	if (g->n == 1)
		for (; b + 3 <= g->block1; b += 3)
			tile_3_1(g, b, 0);
	for (; b < g->block1; b++) {
		size_t t = 0;
		for (; t + 3 <= g->n; t += 3)
			tile_1_3(g, b, t);
		if (g->n - t == 2)
			tile_1_2(g, b, t);
		else if (g->n - t == 1)
			tile_1_1(g, b, t);
	}
}

AVX_PEAK(avxvnni_peak, dot(&s[i], a, a))

void kernels_avxvnni(kernels *k)
{
	k->name = "avxvnni";
	k->quantise = avxvnni_quantise;
	k->gemm_q = avxvnni_gemm_q;
	k->peak = avxvnni_peak;
	k->peak_step = PEAK_SUMS * 32 / 2;
}
#else
void kernels_avxvnni(kernels *k) { (void)k; } /* the compiler does not know it */
#endif
#else
typedef int kernels_avxvnni_is_for_x86;
#endif
