/*
 * AVX2 + FMA product: a bfloat16 is the upper half of a float, so the two halves of a pair become
 * floats by a shift and a mask. 4 rows by 16 columns in 8 registers.
 */
#include "gemm.h"

#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#include <immintrin.h>

enum { ROWS = 4, COLS = 16 };

static inline __m256 low_half(__m256i x)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16));
}

static inline __m256 high_half(__m256i x)
{
	return _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32((int)0xffff0000u)));
}

static void tile_store(const gemm_args *g, size_t row, size_t col, __m256 c[ROWS][2])
{
	for (size_t r = 0; r < ROWS; r++)
		for (size_t h = 0; h < 2; h++) {
			size_t i = (row + r) * g->ldc + col + 8 * h;
			float out[8];

			if (g->c16) {
				_mm256_storeu_ps(out, c[r][h]);
				for (size_t j = 0; j < 8; j++)
					g->c16[i + j] = bf16_from_float(out[j]);
				continue;
			}
			if (g->add)
				c[r][h] = _mm256_add_ps(c[r][h], _mm256_loadu_ps(g->add + i));
			_mm256_storeu_ps(g->c + i, c[r][h]);
		}
}

static void tile(const gemm_args *g, size_t row, size_t col)
{
	const int *a = (const int *)g->a, *b = (const int *)g->b + col / 32 * g->b_step + col % 32;
	size_t rs = g->a_packed ? 1 : g->a_step, ks = g->a_packed ? 32 : 1;
	__m256 c[ROWS][2];

	a += g->a_packed ? row / 32 * g->a_step + row % 32 : row * g->a_step;
#pragma GCC unroll 4
	for (size_t r = 0; r < ROWS; r++)
		c[r][0] = c[r][1] = _mm256_setzero_ps();
	for (size_t p = 0; p < g->k / 2; p++, a += ks, b += 32) {
		__m256i b0 = _mm256_loadu_si256((const __m256i *)(const void *)b);
		__m256i b1 = _mm256_loadu_si256((const __m256i *)(const void *)(b + 8));
		__m256 l0 = low_half(b0), h0 = high_half(b0), l1 = low_half(b1), h1 = high_half(b1);

#pragma GCC unroll 4
		for (size_t r = 0; r < ROWS; r++) {
			__m256i x = _mm256_set1_epi32(a[r * rs]);
			__m256 xl = low_half(x), xh = high_half(x);

			c[r][0] = _mm256_fmadd_ps(xh, h0, _mm256_fmadd_ps(xl, l0, c[r][0]));
			c[r][1] = _mm256_fmadd_ps(xh, h1, _mm256_fmadd_ps(xl, l1, c[r][1]));
		}
	}
	tile_store(g, row, col, c);
}

void gemm_avx2(const gemm_args *g)
{
	for (size_t n = 0; n < g->n; n += COLS)
		for (size_t m = 0; m < g->m; m += ROWS)
			tile(g, m, n);
}

#else
void gemm_avx2(const gemm_args *g)
{
	gemm_scalar(g);
}
#endif
