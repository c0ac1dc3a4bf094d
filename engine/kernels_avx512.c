/* AVX-512 with VNNI. Activations are stored as four high bytes (+128, so unsigned) and four low
 * bytes in turn. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels.h"

/* ---- sixteen lanes ---- */

typedef __m512 v16;

static inline __mmask16 v_mask(size_t n) { return (__mmask16)((1u << n) - 1); }
static inline v16 v_set(float a) { return _mm512_set1_ps(a); }
static inline v16 v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline v16 v_loadn(const float *p, size_t n) { return _mm512_maskz_loadu_ps(v_mask(n), p); }
static inline v16 v_loadf(const float *p, size_t n, float fill)
{
	return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), v_mask(n), p);
}
static inline void v_store(float *p, v16 a) { _mm512_storeu_ps(p, a); }
static inline void v_storen(float *p, v16 a, size_t n) { _mm512_mask_storeu_ps(p, v_mask(n), a); }
static inline v16 v_keep(v16 a, size_t n) { return _mm512_maskz_mov_ps(v_mask(n), a); }
static inline v16 v_add(v16 a, v16 b) { return _mm512_add_ps(a, b); }
static inline v16 v_sub(v16 a, v16 b) { return _mm512_sub_ps(a, b); }
static inline v16 v_mul(v16 a, v16 b) { return _mm512_mul_ps(a, b); }
static inline v16 v_div(v16 a, v16 b) { return _mm512_div_ps(a, b); }
static inline v16 v_min(v16 a, v16 b) { return _mm512_min_ps(a, b); }
static inline v16 v_max(v16 a, v16 b) { return _mm512_max_ps(a, b); }

static inline v16 v_half(const uint16_t *p)
{
	return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

static inline v16 v_halfn(const uint16_t *p, size_t n)
{
	return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(v_mask(n), p));
}

static inline void v_put_half(uint16_t *p, v16 a)
{
	_mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
}

static inline void v_put_halfn(uint16_t *p, v16 a, size_t n)
{
	_mm256_mask_storeu_epi16(p, v_mask(n), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
}

static inline v16 v_shl23(v16 a)
{
	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23));
}

static inline float v_sum(v16 a)
{
	__m256 b = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
	__m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
	c = _mm_add_ps(c, _mm_movehl_ps(c, c));
	return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

static inline float v_top(v16 a) { return _mm512_reduce_max_ps(a); }

/* Halves of two vectors added: a's in the low half of the result, b's in the high half. */
static inline v16 v_fold8(v16 a, v16 b)
{
	return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
}

static inline v16 v_fold4(v16 a, v16 b)
{
	return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}

static inline v16 v_fold2(v16 a, v16 b)
{
	__m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
	return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)),
			     _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
}

/* After the folds lane 4 j + i holds the sum of vector 4 i + j. */
static inline void v_sums(const v16 *a, float *out)
{
	v16 b[4];
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		b[i] = v_fold4(v_fold8(a[4 * i], a[4 * i + 1]),
			       v_fold8(a[4 * i + 2], a[4 * i + 3]));
	v16 c = v_fold2(b[0], b[1]), d = v_fold2(b[2], b[3]);
	v16 s = _mm512_add_ps(_mm512_shuffle_ps(c, d, 0x88), _mm512_shuffle_ps(c, d, 0xdd));
	const __m512i order =
		_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
	v_store(out, _mm512_permutexvar_ps(order, s));
}

#define FLOAT_ROWS 4
#define FLOAT_TOKENS 4
#define FLOAT_SCORES 16
#include "kernels_float.inc"
#define LOAD_INSTALL
#include "kernels_load.inc"

/* ---- the quantised product ---- */

/* 16 int16 -> 4 high bytes + 128, 4 low bytes, and so on: 32 bytes. */
static inline void put_packed(uint8_t *out, __m512 v)
{
	const __m256i split = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(1, 3, 5, 7, 0, 2, 4, 6, 9, 11, 13, 15, 8, 10, 12, 14));
	v = _mm512_max_ps(_mm512_min_ps(v, _mm512_set1_ps(32767.0f)), _mm512_set1_ps(-32767.0f));
	__m256i w = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(v));
	w = _mm256_xor_si256(_mm256_shuffle_epi8(w, split), _mm256_set1_epi64x(0x80808080));
	_mm256_storeu_si256((__m256i *)out, w);
}

static void vnni_quantise(const float *x, size_t n, float inverse, void *out)
{
	uint8_t *q = out;
	__m512 s = _mm512_set1_ps(inverse);
	size_t i = 0;
	for (; i + 16 <= n; i += 16)
		put_packed(q + 2 * i, _mm512_mul_ps(v_load(x + i), s));
	if (i < n) {
		put_packed(q + 2 * i, _mm512_mul_ps(v_loadn(x + i, n - i), s));
		i += 16;
	}
	for (; i < kernel_cols(n); i += 16)
		put_packed(q + 2 * i, _mm512_setzero_ps());
}

/* (float)(256 hi + lo), rounded once. Up to 1024 columns the carried-over sums are exact in
 * float. */
static inline __m512 join_short(__m512i hi, __m512i lo)
{
	hi = _mm512_add_epi32(hi, _mm512_srai_epi32(lo, 8));
	lo = _mm512_and_si512(lo, _mm512_set1_epi32(255));
	return _mm512_fmadd_ps(_mm512_cvtepi32_ps(hi), _mm512_set1_ps(256.0f),
			       _mm512_cvtepi32_ps(lo));
}

static inline __m256 join_half(__m256i hi, __m256i lo)
{
	__m512i s = _mm512_slli_epi64(_mm512_cvtepi32_epi64(hi), 8);
	return _mm512_cvtepi64_ps(_mm512_add_epi64(s, _mm512_cvtepi32_epi64(lo)));
}

static inline __m512 join_long(__m512i hi, __m512i lo)
{
	__m256 a = join_half(_mm512_castsi512_si256(hi), _mm512_castsi512_si256(lo));
	__m256 b = join_half(_mm512_extracti64x4_epi64(hi, 1), _mm512_extracti64x4_epi64(lo, 1));
	return _mm512_insertf32x8(_mm512_castps256_ps512(a), b, 1);
}

static inline void put_tile(const gemm_args *g, size_t block, size_t t, __m512i hi, __m512i lo)
{
	const linear *l = g->l;
	size_t r = block * KERNEL_ROWS, n = l->rows - r < KERNEL_ROWS ? l->rows - r : KERNEL_ROWS;
	__mmask16 m = v_mask(n);
	float *y = g->y + t * g->y_stride + r;
	__m512 v = l->cols <= 1024 ? join_short(hi, lo) : join_long(hi, lo);
	__m512 s = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, l->scale + r),
				 _mm512_set1_ps(g->x_scale[t]));
	v = _mm512_mul_ps(v, s);
	if (l->bias)
		v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(m, l->bias + r));
	if (g->add)
		v = _mm512_add_ps(_mm512_maskz_loadu_ps(m, y), v);
	_mm512_mask_storeu_ps(y, m, v);
}

/* R blocks of 16 rows, T rows of x. */
INLINE void vnni_tile(const gemm_args *g, size_t block, size_t t0, size_t R, size_t T)
{
	size_t cols = kernel_cols(g->l->cols), bytes = kernel_block_bytes(g->l->cols);
	const int8_t *w = g->l->q + block * bytes;
	const uint8_t *x = (const uint8_t *)g->x + t0 * cols * 2;
	__m512i hi[24], lo[24], a[4];
#pragma GCC unroll 4
	for (size_t r = 0; r < R; r++)
#pragma GCC unroll 8
		for (size_t t = 0; t < T; t++) {
			hi[r * T + t] = _mm512_load_si512(w + r * bytes);
			lo[r * T + t] = _mm512_setzero_si512();
		}
	w += 64;
	for (size_t c = 0; c < cols; c += 4, w += 64, x += 8) {
#pragma GCC unroll 4
		for (size_t r = 0; r < R; r++)
			a[r] = _mm512_load_si512(w + r * bytes);
#pragma GCC unroll 8
		for (size_t t = 0; t < T; t++) {
			int32_t h, b;
			memcpy(&h, x + t * cols * 2, 4);
			memcpy(&b, x + t * cols * 2 + 4, 4);
			__m512i xh = _mm512_set1_epi32(h), xb = _mm512_set1_epi32(b);
#pragma GCC unroll 4
			for (size_t r = 0; r < R; r++) {
				hi[r * T + t] = _mm512_dpbusd_epi32(hi[r * T + t], xh, a[r]);
				lo[r * T + t] = _mm512_dpbusd_epi32(lo[r * T + t], xb, a[r]);
			}
		}
	}
#pragma GCC unroll 4
	for (size_t r = 0; r < R; r++)
#pragma GCC unroll 8
		for (size_t t = 0; t < T; t++)
			put_tile(g, block + r, t0 + t, hi[r * T + t], lo[r * T + t]);
}

/* One function a shape, so that each keeps its sums in registers. */
#define TILE(R, T)                                                                                 \
	static void tile_##R##_##T(const gemm_args *g, size_t block, size_t t0)                    \
	{                                                                                          \
		vnni_tile(g, block, t0, R, T);                                                     \
	}
TILE(2, 6)
TILE(2, 5)
TILE(2, 4)
TILE(2, 3)
TILE(2, 2)
TILE(4, 1)
TILE(2, 1)
TILE(1, 6)
TILE(1, 5)
TILE(1, 4)
TILE(1, 3)
TILE(1, 2)
TILE(1, 1)

typedef void (*tile_fn)(const gemm_args *g, size_t block, size_t t0);
static const tile_fn tiles[2][7] = {
	{ NULL, tile_1_1, tile_1_2, tile_1_3, tile_1_4, tile_1_5, tile_1_6 },
	{ NULL, tile_2_1, tile_2_2, tile_2_3, tile_2_4, tile_2_5, tile_2_6 },
};

/* Part `part` of `parts` of the weights that follow, towards the L2 cache: they come from memory while
 * others are multiplied. */
static inline void fetch_part(const gemm_args *g, size_t block, size_t part, size_t parts)
{
	size_t bytes = kernel_block_bytes(g->l->cols), n = g->block1 - block < 2 ? g->block1 - block : 2;
	size_t from = n * bytes * part / parts / 64, to = n * bytes * (part + 1) / parts / 64;
	const int8_t *w = g->l->q + block * bytes;
	for (size_t i = from; i < to; i++)
		_mm_prefetch(w + 64 * i, _MM_HINT_T1);
}

static void vnni_gemm_q(const gemm_args *g)
{
	size_t b = g->block0;
	while (b < g->block1) {
		size_t left = g->block1 - b, R = left >= 2 ? 2 : 1;
		if (g->n == 1 && left >= 4) {
			tile_4_1(g, b, 0);
			b += 4;
			continue;
		}
		for (size_t t = 0; t < g->n;) {
			size_t T = g->n - t < 6 ? g->n - t : 6;
			fetch_part(g, b + R, t / 6, (g->n + 5) / 6);
			tiles[R - 1][T](g, b, t);
			t += T;
		}
		b += R;
	}
}

enum { PEAK_SUMS = 12 };

static uint64_t vnni_peak(size_t steps)
{
	__m512i acc[PEAK_SUMS], a = _mm512_set1_epi32((int)steps), b = a;
	for (int i = 0; i < PEAK_SUMS; i++)
		acc[i] = a;
	for (size_t n = 0; n < steps; n++) {
#pragma GCC unroll 12
		for (int i = 0; i < PEAK_SUMS; i++)
			acc[i] = _mm512_dpbusd_epi32(acc[i], a, b);
		__asm__ volatile("" : "+v"(a), "+v"(b));
	}
	for (int i = 1; i < PEAK_SUMS; i++)
		acc[0] = _mm512_add_epi32(acc[0], acc[i]);
	return (uint64_t)_mm512_reduce_add_epi32(acc[0]);
}

void kernels_avx512(kernels *k)
{
	float_install(k);
	load_install(k);
	k->name = "avx512vnni";
	k->quantise = vnni_quantise;
	k->gemm_q = vnni_gemm_q;
	k->peak = vnni_peak;
	k->peak_step = PEAK_SUMS * 64 / 2;
}
#else
typedef int kernels_avx512_is_for_x86;
#endif
