/*
 * AVX512_BF16 product: 8 rows by 32 columns in 16 registers. VDPBF16PS multiplies pairs, so a step
 * in k is one broadcast of a pair of A against two registers of B.
 */
#include "gemm.h"

#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma")
#include <immintrin.h>

/* Pairs of k per pass: a panel of B of 256 pairs is 32 KiB and stays in the first-level cache. */
enum { ROWS = 8, PASS = 256 };

typedef struct tile_out {
	float *c;
	uint16_t *c16;
	const float *add;
	size_t ldc;
} tile_out;

static inline __attribute__((always_inline)) void tile_store(__m512 c[ROWS][2], const tile_out *o)
{
	for (size_t r = 0; r < ROWS; r++)
		for (size_t h = 0; h < 2; h++) {
			size_t i = r * o->ldc + 16 * h;

			if (o->c16)
				_mm256_storeu_si256((__m256i *)(void *)(o->c16 + i),
						    (__m256i)_mm512_cvtneps_pbh(c[r][h]));
			else if (o->add)
				_mm512_storeu_ps(o->c + i, _mm512_add_ps(c[r][h], _mm512_loadu_ps(o->add + i)));
			else
				_mm512_storeu_ps(o->c + i, c[r][h]);
		}
}

/* a: pair (row, k) at a[row * rs + k * ks]; b: pair (k, col) at b[k * 32 + col]. */
static inline __attribute__((always_inline)) void tile(const uint32_t *a, size_t rs, size_t ks,
						       const uint32_t *b, size_t pairs,
						       const tile_out *o)
{
	__m512 c[ROWS][2];

#pragma GCC unroll 8
	for (size_t r = 0; r < ROWS; r++)
		c[r][0] = c[r][1] = _mm512_setzero_ps();
	for (size_t p = 0; p < pairs; p++, a += ks, b += 32) {
		__m512bh b0 = (__m512bh)_mm512_loadu_si512(b);
		__m512bh b1 = (__m512bh)_mm512_loadu_si512(b + 16);

#pragma GCC unroll 8
		for (size_t r = 0; r < ROWS; r++) {
			__m512bh x = (__m512bh)_mm512_set1_epi32((int)a[r * rs]);

			c[r][0] = _mm512_dpbf16_ps(c[r][0], x, b0);
			c[r][1] = _mm512_dpbf16_ps(c[r][1], x, b1);
		}
	}
	tile_store(c, o);
}

static void block(const gemm_args *g, size_t m, size_t n, size_t p, size_t pairs)
{
	const uint32_t *b = (const uint32_t *)g->b + n / 32 * g->b_step + p * 32, *a = g->a;

	for (size_t r = m; r < m + 32; r += ROWS) {
		size_t i = r * g->ldc + n;
		tile_out o = { g->c16 ? NULL : g->c + i, g->c16 ? g->c16 + i : NULL,
			       p ? g->c + i : g->add ? g->add + i : NULL, g->ldc };

		if (g->a_packed)
			tile(a + r / 32 * g->a_step + p * 32 + r % 32, 1, 32, b, pairs, &o);
		else
			tile(a + r * g->a_step + p, g->a_step, 1, b, pairs, &o);
	}
}

void gemm_avx512(const gemm_args *g)
{
	size_t total = g->k / 2, pass = g->c16 ? total : PASS;

	for (size_t p = 0; p < total; p += pass) {
		size_t pairs = total - p < pass ? total - p : pass;

		/* The smaller operand is walked inside, so that the larger one is read once. */
		if (g->m > g->n)
			for (size_t m = 0; m < g->m; m += 32)
				for (size_t n = 0; n < g->n; n += 32)
					block(g, m, n, p, pairs);
		else
			for (size_t n = 0; n < g->n; n += 32)
				for (size_t m = 0; m < g->m; m += 32)
					block(g, m, n, p, pairs);
	}
}

#else
void gemm_avx512(const gemm_args *g)
{
	gemm_scalar(g);
}
#endif
