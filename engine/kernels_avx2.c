/* AVX2. Activations are plain int16; weights are widened to int16 on the way in and multiplied with vpmaddwd. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels.h"

/* ---- sixteen lanes: lanes 0-7 in a, 8-15 in b ---- */

typedef struct v16 {
	__m256 a, b;
} v16;

static inline __m256i v_mask8(size_t n, int first)
{
	const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n - first), lane);
}

static inline v16 v_set(float x)
{
	__m256 v = _mm256_set1_ps(x);
	return (v16){ v, v };
}

static inline v16 v_load(const float *p) { return (v16){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) }; }

static inline v16 v_loadn(const float *p, size_t n)
{
	return (v16){ _mm256_maskload_ps(p, v_mask8(n, 0)), _mm256_maskload_ps(p + 8, v_mask8(n, 8)) };
}

static inline void v_store(float *p, v16 x)
{
	_mm256_storeu_ps(p, x.a);
	_mm256_storeu_ps(p + 8, x.b);
}

static inline void v_storen(float *p, v16 x, size_t n)
{
	_mm256_maskstore_ps(p, v_mask8(n, 0), x.a);
	_mm256_maskstore_ps(p + 8, v_mask8(n, 8), x.b);
}

static inline v16 v_keep(v16 x, size_t n)
{
	return (v16){ _mm256_and_ps(x.a, _mm256_castsi256_ps(v_mask8(n, 0))),
		      _mm256_and_ps(x.b, _mm256_castsi256_ps(v_mask8(n, 8))) };
}

static inline v16 v_add(v16 x, v16 y) { return (v16){ _mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b) }; }
static inline v16 v_sub(v16 x, v16 y) { return (v16){ _mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b) }; }
static inline v16 v_mul(v16 x, v16 y) { return (v16){ _mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b) }; }
static inline v16 v_div(v16 x, v16 y) { return (v16){ _mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b) }; }
static inline v16 v_min(v16 x, v16 y) { return (v16){ _mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b) }; }
static inline v16 v_max(v16 x, v16 y) { return (v16){ _mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b) }; }

static inline v16 v_half(const uint16_t *p)
{
	return (v16){ _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)),
		      _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8))) };
}

static inline v16 v_halfn(const uint16_t *p, size_t n)
{
	uint16_t whole[16] = { 0 };
	memcpy(whole, p, n * sizeof(*p));
	return v_half(whole);
}

static inline void v_put_half(uint16_t *p, v16 x)
{
	_mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
	_mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(x.b, _MM_FROUND_TO_NEAREST_INT));
}

static inline void v_put_halfn(uint16_t *p, v16 x, size_t n)
{
	uint16_t whole[16];
	v_put_half(whole, x);
	memcpy(p, whole, n * sizeof(*p));
}

static inline v16 v_shl23(v16 x)
{
	return (v16){ _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(x.a), 23)),
		      _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(x.b), 23)) };
}

static inline float v_sum(v16 x)
{
	__m256 b = _mm256_add_ps(x.a, x.b);
	__m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
	c = _mm_add_ps(c, _mm_movehl_ps(c, c));
	return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

static inline float v_top(v16 x)
{
	__m256 b = _mm256_max_ps(x.a, x.b);
	__m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
	c = _mm_max_ps(c, _mm_movehl_ps(c, c));
	return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

static inline void v_sums(const v16 *x, float *out)
{
	for (size_t i = 0; i < 16; i++)
		out[i] = v_sum(x[i]);
}

#define FLOAT_ROWS 2
#define FLOAT_TOKENS 2
#include "kernels_float.inc"

/* ---- the quantised product ---- */

static inline __m256i to_int(const float *x, __m256 scale)
{
	__m256 v = _mm256_mul_ps(_mm256_loadu_ps(x), scale);
	v = _mm256_max_ps(_mm256_min_ps(v, _mm256_set1_ps(32767.0f)), _mm256_set1_ps(-32767.0f));
	return _mm256_cvtps_epi32(v);
}

static inline void put_packed(int16_t *out, const float *x, __m256 scale)
{
	__m256i w = _mm256_packs_epi32(to_int(x, scale), to_int(x + 8, scale));
	_mm256_storeu_si256((__m256i *)out, _mm256_permute4x64_epi64(w, 0xd8));
}

static void avx2_quantise(const float *x, size_t n, float inverse, void *out)
{
	int16_t *q = out;
	__m256 s = _mm256_set1_ps(inverse);
	size_t i = 0;
	for (; i + 16 <= n; i += 16)
		put_packed(q + i, x + i, s);
	if (i < n) {
		float last[16] = { 0 };
		memcpy(last, x + i, (n - i) * sizeof(*x));
		put_packed(q + i, last, s);
	}
}

/* Columns that a pair of int32 sums can take: 2 * 32767 * 127 per 4 columns. */
enum { AVX2_SPAN = 1024 };

/*
 * 16 rows, T rows of x, over at most AVX2_SPAN columns. acc[t][i] lanes 2 j and 2 j + 1 together are row 4 i + j.
 */
INLINE void avx2_span(const int8_t *w, const int16_t *x, size_t stride, size_t cols, size_t T, __m256i *acc)
{
	__m256i s[3 * 4];
#pragma GCC unroll 12
	for (size_t i = 0; i < 4 * T; i++)
		s[i] = _mm256_setzero_si256();
	for (size_t c = 0; c < cols; c += 4, w += 64, x += 4) {
		__m256i b[3];
#pragma GCC unroll 3
		for (size_t t = 0; t < T; t++) {
			int64_t four;
			memcpy(&four, x + t * stride, 8);
			b[t] = _mm256_set1_epi64x(four);
		}
#pragma GCC unroll 4
		for (size_t i = 0; i < 4; i++) {
			__m256i a = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(w + 16 * i)));
#pragma GCC unroll 3
			for (size_t t = 0; t < T; t++)
				s[t * 4 + i] = _mm256_add_epi32(s[t * 4 + i], _mm256_madd_epi16(a, b[t]));
		}
	}
#pragma GCC unroll 12
	for (size_t i = 0; i < 4 * T; i++)
		acc[i] = s[i];
}

/* Adds the row sums of one span to sums[16] (exact: below 2^53). */
static void avx2_spill(const __m256i *acc, double *sums)
{
	int32_t v[8];
	for (size_t i = 0; i < 4; i++) {
		_mm256_storeu_si256((__m256i *)v, acc[i]);
		for (size_t j = 0; j < 4; j++)
			sums[4 * i + j] += (double)v[2 * j] + (double)v[2 * j + 1];
	}
}

static void avx2_put(const gemm_args *g, size_t block, size_t t, const double *sums)
{
	const linear *l = g->l;
	float *y = g->y + t * g->y_stride;
	size_t r = block * KERNEL_ROWS;
	for (size_t i = 0; i < KERNEL_ROWS && r < l->rows; i++, r++) {
		float v = (float)sums[i] * (l->scale[r] * g->x_scale[t]);
		if (l->bias)
			v += l->bias[r];
		y[r] = g->add ? y[r] + v : v;
	}
}

INLINE void avx2_tile(const gemm_args *g, size_t block, size_t t0, size_t T)
{
	size_t cols = kernel_cols(g->l->cols);
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols) + 64;
	const int16_t *x = (const int16_t *)g->x + t0 * cols;
	double sums[3][KERNEL_ROWS] = { { 0 } };
	__m256i acc[3 * 4];
	for (size_t c = 0; c < cols; c += AVX2_SPAN) {
		size_t n = cols - c < AVX2_SPAN ? cols - c : AVX2_SPAN;
		avx2_span(w + c * KERNEL_ROWS, x + c, cols, n, T, acc);
		for (size_t t = 0; t < T; t++)
			avx2_spill(acc + 4 * t, sums[t]);
	}
	for (size_t t = 0; t < T; t++)
		avx2_put(g, block, t0 + t, sums[t]);
}

static void avx2_tile_3(const gemm_args *g, size_t block, size_t t) { avx2_tile(g, block, t, 3); }
static void avx2_tile_2(const gemm_args *g, size_t block, size_t t) { avx2_tile(g, block, t, 2); }
static void avx2_tile_1(const gemm_args *g, size_t block, size_t t) { avx2_tile(g, block, t, 1); }

static void avx2_gemm_q(const gemm_args *g)
{
	for (size_t b = g->block0; b < g->block1; b++) {
		size_t t = 0;
		for (; t + 3 <= g->n; t += 3)
			avx2_tile_3(g, b, t);
		if (t + 2 == g->n)
			avx2_tile_2(g, b, t);
		else if (t < g->n)
			avx2_tile_1(g, b, t);
	}
}

void kernels_avx2(kernels *k)
{
	float_install(k);
	k->name = "avx2";
	k->quantise = avx2_quantise;
	k->gemm_q = avx2_gemm_q;
}
#else
typedef int kernels_avx2_is_for_x86;
#endif
