/*
 * The quantised product with the dot product of ARMv8.2; the rest is kernels_neon.c's. Activations
 * are stored as, for each 16 columns, 16 high bytes (signed) and 16 low bytes less 128 (so signed,
 * too).
 */
#if defined(__aarch64__)
#include "kernels.h"

#if defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels_neon.inc"

static inline void pack_split(int8_t *out, int16x8_t a, int16x8_t b)
{
	int8x16_t lo = vcombine_s8(vmovn_s16(a), vmovn_s16(b));
	vst1q_s8(out, vcombine_s8(vshrn_n_s16(a, 8), vshrn_n_s16(b, 8)));
	vst1q_s8(out + 16, veorq_s8(lo, vdupq_n_s8(-128)));
}

static void dot_quantise(const float *x, size_t n, float inverse, void *out)
{
	pack_row(x, n, inverse, out, pack_split);
}

static inline void put_tile(const gemm_args *g, size_t block, size_t t, const int32x4_t *hi,
			    const int32x4_t *lo)
{
	float32x4_t v[4];
	UNROLL(4)
	for (size_t i = 0; i < 4; i++)
		v[i] = vcombine_f32(join_2(vget_low_s32(hi[i]), vget_low_s32(lo[i])),
				    join_2(vget_high_s32(hi[i]), vget_high_s32(lo[i])));
	put_rows(g, block * KERNEL_ROWS, t, v, 4);
}

/* Columns 4 lane .. 4 lane + 4 of the 16 that h and b hold, times the 16 rows at w. */
#define DOT_STEP(lane)                                                                            \
	do {                                                                                       \
		_Pragma("GCC unroll 4") for (size_t i = 0; i < 4; i++)                             \
		{                                                                                  \
			int8x16_t a = vld1q_s8(w + 64 * (lane) + 16 * i);                          \
			_Pragma("GCC unroll 2") for (size_t t = 0; t < T; t++)                     \
			{                                                                          \
				hi[4 * t + i] = vdotq_laneq_s32(hi[4 * t + i], a, h[t], lane);     \
				lo[4 * t + i] = vdotq_laneq_s32(lo[4 * t + i], a, b[t], lane);     \
			}                                                                          \
		}                                                                                  \
	} while (0)

INLINE void dot_tile(const gemm_args *g, size_t block, size_t t0, size_t T)
{
	size_t cols = kernel_cols(g->l->cols);
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols);
	const int8_t *x = (const int8_t *)g->x + t0 * cols * 2;
	int32x4_t hi[8], lo[8];
	int8x16_t h[2], b[2];
	UNROLL(2)
	for (size_t t = 0; t < T; t++)
		UNROLL(4)
		for (size_t i = 0; i < 4; i++) { /* the head is -128 times the sums of its rows */
			hi[4 * t + i] = vdupq_n_s32(0);
			lo[4 * t + i] = vnegq_s32(vreinterpretq_s32_s8(vld1q_s8(w + 16 * i)));
		}
	w += 64;
	for (size_t c = 0; c < cols; c += 16, w += 256, x += 32) {
		UNROLL(2)
		for (size_t t = 0; t < T; t++) {
			h[t] = vld1q_s8(x + t * cols * 2);
			b[t] = vld1q_s8(x + t * cols * 2 + 16);
		}
		DOT_STEP(0);
		DOT_STEP(1);
		DOT_STEP(2);
		DOT_STEP(3);
	}
	UNROLL(2)
	for (size_t t = 0; t < T; t++)
		put_tile(g, block, t0 + t, hi + 4 * t, lo + 4 * t);
}

static void dot_tile_2(const gemm_args *g, size_t block, size_t t) { dot_tile(g, block, t, 2); }
static void dot_tile_1(const gemm_args *g, size_t block, size_t t) { dot_tile(g, block, t, 1); }

static void dot_gemm_q(const gemm_args *g)
{
	for (size_t b = g->block0; b < g->block1; b++) {
		size_t t = 0;
		for (; t + 2 <= g->n; t += 2)
			dot_tile_2(g, b, t);
		if (t < g->n)
			dot_tile_1(g, b, t);
	}
}

NEON_PEAK(dot_peak, int8x16_t, vdupq_n_s8((int8_t)steps), vdotq_s32(s[i], a, a))

void kernels_dotprod(kernels *k)
{
	k->name = "neon-dotprod";
	k->quantise = dot_quantise;
	k->gemm_q = dot_gemm_q;
	k->peak = dot_peak;
	k->peak_step = PEAK_SUMS * 16 / 2;
}
#else
void kernels_dotprod(kernels *k) { (void)k; } /* the compiler does not know it */
#endif
#else
typedef int kernels_dotprod_is_for_arm;
#endif
