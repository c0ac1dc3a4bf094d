/* AVX2. Activations are plain int16; weights are widened to int16 on the way in and multiplied
 * with vpmaddwd. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "kernels_avx2.inc"

#define FLOAT_ROWS 2
#define FLOAT_TOKENS 2
#define FLOAT_SCORES 4
#include "kernels_float.inc"
#define LOAD_INSTALL
#include "kernels_load.inc"

/* ---- the quantised product ---- */

static inline __m256i pack_16(__m256i w) { return w; }

static void avx2_quantise(const float *x, size_t n, float inverse, void *out)
{
	pack_row(x, n, inverse, out, pack_16);
}

/* Columns that a pair of int32 sums can take: 2 * 32767 * 127 per 4 columns. */
enum { AVX2_SPAN = 1024 };

/* s += x times w, four columns of four rows. The empty assembly keeps s in its register: gcc spills
 * some otherwise, at half the speed. */
static inline void dot(__m256i *s, __m256i x, __m256i w)
{
	*s = _mm256_add_epi32(*s, _mm256_madd_epi16(x, w));
	__asm__("" : "+x"(*s));
}

/*
 * 8 * H rows, T rows of x, over at most AVX2_SPAN columns. acc[2 H t + i] lanes 2 j and 2 j + 1
 * together are row 4 i + j. Half a block and six rows of x are what sixteen registers hold.
 */
INLINE void avx2_span(const int8_t *w, const int16_t *x, size_t stride, size_t cols, size_t H,
		      size_t T, __m256i *acc)
{
	__m256i s[12];
	UNROLL(12)
	for (size_t i = 0; i < 2 * H * T; i++)
		s[i] = _mm256_setzero_si256();
	for (size_t c = 0; c < cols; c += 4, w += 64, x += 4) {
		__m256i a[4];
		UNROLL(4)
		for (size_t i = 0; i < 2 * H; i++)
			a[i] = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(w + 16 * i)));
		UNROLL(6)
		for (size_t t = 0; t < T; t++) {
			int64_t four;
			memcpy(&four, x + t * stride, 8);
			__m256i b = _mm256_set1_epi64x(four);
			UNROLL(4)
			for (size_t i = 0; i < 2 * H; i++)
				dot(&s[2 * H * t + i], b, a[i]);
		}
	}
	UNROLL(12)
	for (size_t i = 0; i < 2 * H * T; i++)
		acc[i] = s[i];
}

/* The sums of the four rows of one accumulator: exact, since they stay below 2^53. */
static inline __m256d avx2_rows(__m256i acc)
{
	__m256d lo = _mm256_cvtepi32_pd(_mm256_castsi256_si128(acc));
	__m256d hi = _mm256_cvtepi32_pd(_mm256_extracti128_si256(acc, 1));
	return _mm256_permute4x64_pd(_mm256_hadd_pd(lo, hi), 0xd8);
}

/* H halves of a block, from its `half` on. */
INLINE void avx2_tile(const gemm_args *g, size_t block, size_t half, size_t t0, size_t H, size_t T)
{
	size_t cols = kernel_cols(g->l->cols);
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols) + 64 + 32 * half;
	const int16_t *x = (const int16_t *)g->x + t0 * cols;
	__m256d sums[12];
	__m256i acc[12];
	UNROLL(12)
	for (size_t i = 0; i < 2 * H * T; i++)
		sums[i] = _mm256_setzero_pd();
	for (size_t c = 0; c < cols; c += AVX2_SPAN) {
		size_t n = cols - c < AVX2_SPAN ? cols - c : AVX2_SPAN;
		avx2_span(w + c * KERNEL_ROWS, x + c, cols, n, H, T, acc);
		UNROLL(12)
		for (size_t i = 0; i < 2 * H * T; i++)
			sums[i] = _mm256_add_pd(sums[i], avx2_rows(acc[i]));
	}
	UNROLL(6)
	for (size_t t = 0; t < T; t++)
		UNROLL(2)
		for (size_t h = 0; h < H; h++)
			put_half(g, block * KERNEL_ROWS + 8 * (half + h), t0 + t,
				 sums + 2 * (H * t + h));
}

/* One function a shape, so that each keeps its sums in registers. */
#define TILE(H, T)                                                                                 \
	static void tile_##H##_##T(const gemm_args *g, size_t block, size_t half, size_t t)        \
	{                                                                                          \
		avx2_tile(g, block, half, t, H, T);                                                \
	}
TILE(2, 1)
TILE(2, 2)
TILE(1, 3)
TILE(1, 4)
TILE(1, 5)
TILE(1, 6)

typedef void (*tile_fn)(const gemm_args *g, size_t block, size_t half, size_t t);

static void avx2_gemm_q(const gemm_args *g)
{
	static const tile_fn tiles[] = { NULL,     tile_2_1, tile_2_2, tile_1_3,
					 tile_1_4, tile_1_5, tile_1_6 };
	for (size_t b = g->block0; b < g->block1; b++)
		for (size_t t = 0, T; t < g->n; t += T) {
			T = g->n - t < 6 ? g->n - t : 6;
			tiles[T](g, b, 0, t);
			if (T > 2)
				tiles[T](g, b, 1, t);
		}
}

AVX_PEAK(avx2_peak, s[i] = _mm256_madd_epi16(s[i], a))

void kernels_avx2(kernels *k)
{
	float_install(k);
	load_install(k);
	k->name = "avx2";
	k->quantise = avx2_quantise;
	k->gemm_q = avx2_gemm_q;
	k->peak = avx2_peak;
	k->peak_step = PEAK_SUMS * 16;
}
#else
typedef int kernels_avx2_is_for_x86;
#endif
