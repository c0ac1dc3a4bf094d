/*
 * NEON of plain ARMv8. Activations are plain int16; weights are widened to int16 on the way in and
 * multiplied with smlal.
 */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "kernels_neon.inc"

#define FLOAT_ROWS 2
#define FLOAT_TOKENS 2
#define FLOAT_SCORES 4
#include "kernels_float.inc"
#define LOAD_INSTALL
#include "kernels_load.inc"

/* ---- the quantised product ---- */

static inline void pack_16(int8_t *out, int16x8_t a, int16x8_t b)
{
	vst1q_s8(out, vreinterpretq_s8_s16(a));
	vst1q_s8(out + 16, vreinterpretq_s8_s16(b));
}

static void neon_quantise(const float *x, size_t n, float inverse, void *out)
{
	pack_row(x, n, inverse, out, pack_16);
}

/* Columns that an int32 sum can take: 32767 * 127 for every fourth one. */
enum { NEON_SPAN = 2048 };

/* 8 * H rows, T rows of x, over at most NEON_SPAN columns: sums[8 H t + row] +=. */
INLINE void neon_span(const int8_t *w, const int16_t *x, size_t stride, size_t cols, size_t H,
		      size_t T, int64_t *sums)
{
	int32x4_t acc[24];
	UNROLL(24)
	for (size_t i = 0; i < 8 * H * T; i++)
		acc[i] = vdupq_n_s32(0);
	for (size_t c = 0; c < cols; c += 4, w += 64, x += 4) {
		int16x8_t four[3]; /* the same four columns twice */
		UNROLL(3)
		for (size_t t = 0; t < T; t++) {
			int64_t bits;
			memcpy(&bits, x + t * stride, 8);
			four[t] = vreinterpretq_s16_s64(vdupq_n_s64(bits));
		}
		UNROLL(4)
		for (size_t i = 0; i < 2 * H; i++) {
			int8x16_t a = vld1q_s8(w + 16 * i);
			int16x8_t lo = vmovl_s8(vget_low_s8(a)), hi = vmovl_high_s8(a);
			UNROLL(3)
			for (size_t t = 0; t < T; t++) {
				int32x4_t *s = acc + 8 * H * t + 4 * i;
				s[0] = vmlal_s16(s[0], vget_low_s16(lo), vget_low_s16(four[t]));
				s[1] = vmlal_high_s16(s[1], lo, four[t]);
				s[2] = vmlal_s16(s[2], vget_low_s16(hi), vget_low_s16(four[t]));
				s[3] = vmlal_high_s16(s[3], hi, four[t]);
			}
		}
	}
	UNROLL(24)
	for (size_t i = 0; i < 8 * H * T; i++)
		sums[i] += vaddlvq_s32(acc[i]);
}

/* H halves of a block, from its `half` on. */
INLINE void neon_tile(const gemm_args *g, size_t block, size_t half, size_t t0, size_t H, size_t T)
{
	size_t cols = kernel_cols(g->l->cols);
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols) + 64 + 32 * half;
	const int16_t *x = (const int16_t *)g->x + t0 * cols;
	int64_t sums[24] = { 0 };
	for (size_t c = 0; c < cols; c += NEON_SPAN)
		neon_span(w + c * KERNEL_ROWS, x + c, cols,
			  cols - c < NEON_SPAN ? cols - c : NEON_SPAN, H, T, sums);
	for (size_t t = 0; t < T; t++) {
		float row[16];
		float32x4_t v[4];
		for (size_t i = 0; i < 8 * H; i++)
			row[i] = (float)sums[8 * H * t + i];
		for (size_t i = 0; i < 2 * H; i++)
			v[i] = vld1q_f32(row + 4 * i);
		put_rows(g, block * KERNEL_ROWS + 8 * half, t0 + t, v, 2 * H);
	}
}

/* One function a shape, so that each keeps its sums in registers. */
static void neon_whole_1(const gemm_args *g, size_t b, size_t t) { neon_tile(g, b, 0, t, 2, 1); }

static void neon_half_2(const gemm_args *g, size_t b, size_t half, size_t t)
{
	neon_tile(g, b, half, t, 1, 2);
}

static void neon_half_3(const gemm_args *g, size_t b, size_t half, size_t t)
{
	neon_tile(g, b, half, t, 1, 3);
}

static void neon_gemm_q(const gemm_args *g)
{
	for (size_t b = g->block0; b < g->block1; b++)
		for (size_t t = 0, T; t < g->n; t += T) {
			T = g->n - t < 3 ? g->n - t : 3;
			if (T == 1)
				neon_whole_1(g, b, t);
			else
				for (size_t half = 0; half < 2; half++)
					(T == 3 ? neon_half_3 : neon_half_2)(g, b, half, t);
		}
}

NEON_PEAK(neon_peak, int16x4_t, vdup_n_s16((int16_t)steps), vmlal_s16(s[i], a, a))

void kernels_neon(kernels *k)
{
	float_install(k);
	load_install(k);
	k->name = "neon";
	k->quantise = neon_quantise;
	k->gemm_q = neon_gemm_q;
	k->peak = neon_peak;
	k->peak_step = PEAK_SUMS * 4;
}
#else
typedef int kernels_neon_is_for_arm;
#endif
