/*
 * The quantised product with the int8 matrix product of ARMv8.6; the rest is kernels_neon.c's.
 * Activations are stored as, for each 8 columns, 8 high bytes (signed) and 8 low bytes less 128 (so
 * signed, too): the two rows of smmla's left matrix. Its right matrix is two rows of weights, made
 * by zipping two groups of 4 columns, so that one smmla gives the high and the low sums of two rows.
 */
#if defined(__aarch64__)
#include "kernels.h"

#if defined(__ARM_FEATURE_MATMUL_INT8)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels_neon.inc"

static inline int8x16_t split_8(int16x8_t a)
{
	return vcombine_s8(vshrn_n_s16(a, 8), veor_s8(vmovn_s16(a), vdup_n_s8(-128)));
}

static inline void pack_rows(int8_t *out, int16x8_t a, int16x8_t b)
{
	vst1q_s8(out, split_8(a));
	vst1q_s8(out + 16, split_8(b));
}

static void i8mm_quantise(const float *x, size_t n, float inverse, void *out)
{
	pack_row(x, n, inverse, out, pack_rows);
}

/* Rows 2 i and 2 i + 1 of a half block at w, 8 columns. */
static inline int8x16_t two_rows(const int8_t *w, size_t i)
{
	int32x4_t a = vreinterpretq_s32_s8(vld1q_s8(w + 16 * (i / 2)));
	int32x4_t b = vreinterpretq_s32_s8(vld1q_s8(w + 64 + 16 * (i / 2)));
	return vreinterpretq_s8_s32(i % 2 ? vzip2q_s32(a, b) : vzip1q_s32(a, b));
}

/* 8 * H rows of the block, from its `half` on, T rows of x. acc[4 H t + i]: the high sums of rows 2 i
 * and 2 i + 1, then the low ones. */
INLINE void i8mm_tile(const gemm_args *g, size_t block, size_t half, size_t t0, size_t H, size_t T)
{
	size_t cols = kernel_cols(g->l->cols), r0 = block * KERNEL_ROWS + 8 * half;
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols) + 32 * half;
	const int8_t *x = (const int8_t *)g->x + t0 * cols * 2;
	int32x4_t acc[24];
	UNROLL(8)
	for (size_t i = 0; i < 4 * H; i++) { /* the head is -128 times the sums of its rows */
		int32x2_t head = vreinterpret_s32_s8(vld1_s8(w + 8 * i));
		UNROLL(6)
		for (size_t t = 0; t < T; t++)
			acc[4 * H * t + i] = vcombine_s32(vdup_n_s32(0), vneg_s32(head));
	}
	w += 64;
	for (size_t c = 0; c < cols; c += 8, w += 128, x += 16) {
		UNROLL(2)
		for (size_t h = 0; h < H; h++) {
			int8x16_t a[4];
			UNROLL(4)
			for (size_t i = 0; i < 4; i++)
				a[i] = two_rows(w + 32 * h, i);
			UNROLL(6)
			for (size_t t = 0; t < T; t++) {
				int8x16_t b = vld1q_s8(x + t * cols * 2);
				int32x4_t *s = acc + 4 * H * t + 4 * h;
				UNROLL(4)
				for (size_t i = 0; i < 4; i++) {
					s[i] = vmmlaq_s32(s[i], b, a[i]);
					__asm__ volatile("" : "+w"(s[i])); /* or gcc spills some */
				}
			}
		}
	}
	UNROLL(6)
	for (size_t t = 0; t < T; t++) {
		float32x4_t v[4];
		UNROLL(4)
		for (size_t i = 0; i < 2 * H; i++) {
			int32x4_t a = acc[4 * H * t + 2 * i], b = acc[4 * H * t + 2 * i + 1];
			v[i] = vcombine_f32(join_2(vget_low_s32(a), vget_high_s32(a)),
					    join_2(vget_low_s32(b), vget_high_s32(b)));
		}
		put_rows(g, r0, t0 + t, v, 2 * H);
	}
}

/* One function a shape, so that each keeps its sums in registers. */
#define TILE(H, T)                                                                                 \
	static void tile_##H##_##T(const gemm_args *g, size_t block, size_t half, size_t t)        \
	{                                                                                          \
		i8mm_tile(g, block, half, t, H, T);                                                \
	}
TILE(2, 1)
TILE(2, 2)
TILE(2, 3)
TILE(1, 4)
TILE(1, 5)
TILE(1, 6)

typedef void (*tile_fn)(const gemm_args *g, size_t block, size_t half, size_t t);

static void i8mm_gemm_q(const gemm_args *g)
{
	static const tile_fn tiles[] = { NULL,     tile_2_1, tile_2_2, tile_2_3,
					 tile_1_4, tile_1_5, tile_1_6 };
	for (size_t b = g->block0; b < g->block1; b++)
		for (size_t t = 0, T; t < g->n; t += T) {
			T = g->n - t < 6 ? g->n - t : 6;
			tiles[T](g, b, 0, t);
			if (T > 3)
				tiles[T](g, b, 1, t);
		}
}

NEON_PEAK(i8mm_peak, int8x16_t, vdupq_n_s8((int8_t)steps), vmmlaq_s32(s[i], a, a))

void kernels_i8mm(kernels *k)
{
	k->name = "neon-i8mm";
	k->quantise = i8mm_quantise;
	k->gemm_q = i8mm_gemm_q;
	k->peak = i8mm_peak;
	k->peak_step = PEAK_SUMS * 32 / 2;
}
#else
void kernels_i8mm(kernels *k) { (void)k; } /* the compiler does not know it */
#endif
#else
typedef int kernels_i8mm_is_for_arm;
#endif
