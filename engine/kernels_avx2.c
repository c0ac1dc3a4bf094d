/* AVX2. Activations are plain int16; weights are widened to int16 on the way in and multiplied
 * with vpmaddwd. */
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

static inline v16 v_load(const float *p)
{
	return (v16){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) };
}

static inline v16 v_loadn(const float *p, size_t n)
{
	return (v16){ _mm256_maskload_ps(p, v_mask8(n, 0)),
		      _mm256_maskload_ps(p + 8, v_mask8(n, 8)) };
}

static inline v16 v_loadf(const float *p, size_t n, float fill)
{
	v16 x = v_loadn(p, n);
	__m256 f = _mm256_set1_ps(fill);
	return (v16){ _mm256_blendv_ps(f, x.a, _mm256_castsi256_ps(v_mask8(n, 0))),
		      _mm256_blendv_ps(f, x.b, _mm256_castsi256_ps(v_mask8(n, 8))) };
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

static inline v16 v_add(v16 x, v16 y)
{
	return (v16){ _mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b) };
}
static inline v16 v_sub(v16 x, v16 y)
{
	return (v16){ _mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b) };
}
static inline v16 v_mul(v16 x, v16 y)
{
	return (v16){ _mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b) };
}
static inline v16 v_div(v16 x, v16 y)
{
	return (v16){ _mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b) };
}
static inline v16 v_min(v16 x, v16 y)
{
	return (v16){ _mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b) };
}
static inline v16 v_max(v16 x, v16 y)
{
	return (v16){ _mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b) };
}

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
#define FLOAT_SCORES 4
#include "kernels_float.inc"
#define LOAD_INSTALL
#include "kernels_load.inc"

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
		i += 16;
	}
	if (i < kernel_cols(n))
		memset(q + i, 0, (kernel_cols(n) - i) * sizeof(*q));
}

/* Columns that a pair of int32 sums can take: 2 * 32767 * 127 per 4 columns. */
enum { AVX2_SPAN = 1024, AVX2_TOKENS = 2 };

/*
 * 16 rows, T rows of x, over at most AVX2_SPAN columns. acc[4 t + i] lanes 2 j and 2 j + 1 together
 * are row 4 i + j. Two rows of x are what sixteen registers hold without spilling a sum.
 */
INLINE void avx2_span(const int8_t *w, const int16_t *x, size_t stride, size_t cols, size_t T,
		      __m256i *acc)
{
	__m256i s[AVX2_TOKENS * 4];
	UNROLL(8)
	for (size_t i = 0; i < 4 * T; i++)
		s[i] = _mm256_setzero_si256();
	for (size_t c = 0; c < cols; c += 4, w += 64, x += 4) {
		__m256i b[AVX2_TOKENS];
		UNROLL(2)
		for (size_t t = 0; t < T; t++) {
			int64_t four;
			memcpy(&four, x + t * stride, 8);
			b[t] = _mm256_set1_epi64x(four);
		}
		UNROLL(4)
		for (size_t i = 0; i < 4; i++) {
			__m256i a =
				_mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(w + 16 * i)));
			UNROLL(2)
			for (size_t t = 0; t < T; t++) {
				s[4 * t + i] =
					_mm256_add_epi32(s[4 * t + i], _mm256_madd_epi16(a, b[t]));
				__asm__(""
					: "+x"(s[4 * t +
						 i])); /* or gcc spills one: half the speed */
			}
		}
	}
	UNROLL(8)
	for (size_t i = 0; i < 4 * T; i++)
		acc[i] = s[i];
}

/* The sums of the four rows of one accumulator: exact, since they stay below 2^53. */
static inline __m256d avx2_rows(__m256i acc)
{
	__m256d lo = _mm256_cvtepi32_pd(_mm256_castsi256_si128(acc));
	__m256d hi = _mm256_cvtepi32_pd(_mm256_extracti128_si256(acc, 1));
	return _mm256_permute4x64_pd(_mm256_hadd_pd(lo, hi), 0xd8);
}

static inline void avx2_put(const gemm_args *g, size_t block, size_t t, const __m256d *sums)
{
	const linear *l = g->l;
	size_t r = block * KERNEL_ROWS, n = l->rows - r < KERNEL_ROWS ? l->rows - r : KERNEL_ROWS;
	float *y = g->y + t * g->y_stride + r;
	v16 v = { _mm256_set_m128(_mm256_cvtpd_ps(sums[1]), _mm256_cvtpd_ps(sums[0])),
		  _mm256_set_m128(_mm256_cvtpd_ps(sums[3]), _mm256_cvtpd_ps(sums[2])) };
	v = v_mul(v, v_mul(v_loadn(l->scale + r, n), v_set(g->x_scale[t])));
	if (l->bias)
		v = v_add(v, v_loadn(l->bias + r, n));
	if (g->add)
		v = v_add(v_loadn(y, n), v);
	v_storen(y, v, n);
}

INLINE void avx2_tile(const gemm_args *g, size_t block, size_t t0, size_t T)
{
	size_t cols = kernel_cols(g->l->cols);
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols) + 64;
	const int16_t *x = (const int16_t *)g->x + t0 * cols;
	__m256d sums[AVX2_TOKENS * 4];
	UNROLL(8)
	for (size_t i = 0; i < 4 * T; i++)
		sums[i] = _mm256_setzero_pd();
	__m256i acc[AVX2_TOKENS * 4];
	for (size_t c = 0; c < cols; c += AVX2_SPAN) {
		size_t n = cols - c < AVX2_SPAN ? cols - c : AVX2_SPAN;
		avx2_span(w + c * KERNEL_ROWS, x + c, cols, n, T, acc);
		UNROLL(8)
		for (size_t i = 0; i < 4 * T; i++)
			sums[i] = _mm256_add_pd(sums[i], avx2_rows(acc[i]));
	}
	UNROLL(2)
	for (size_t t = 0; t < T; t++)
		avx2_put(g, block, t0 + t, sums + 4 * t);
}

static void avx2_tile_2(const gemm_args *g, size_t block, size_t t) { avx2_tile(g, block, t, 2); }
static void avx2_tile_1(const gemm_args *g, size_t block, size_t t) { avx2_tile(g, block, t, 1); }

static void avx2_gemm_q(const gemm_args *g)
{
	for (size_t b = g->block0; b < g->block1; b++) {
		size_t t = 0;
		for (; t + 2 <= g->n; t += 2)
			avx2_tile_2(g, b, t);
		if (t < g->n)
			avx2_tile_1(g, b, t);
	}
}

void kernels_avx2(kernels *k)
{
	float_install(k);
	load_install(k);
	k->name = "avx2";
	k->quantise = avx2_quantise;
	k->gemm_q = avx2_gemm_q;
}
#else
typedef int kernels_avx2_is_for_x86;
#endif
