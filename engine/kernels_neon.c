/*
 * NEON with the dot product of ARMv8.2. Activations are stored as, for each 16 columns, 16 high
 * bytes (signed) and 16 low bytes less 128 (so signed, too).
 */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels.h"

/* ---- sixteen lanes ---- */

typedef struct v16 {
	float32x4_t q[4];
} v16;

#define V_QUARTERS(expr)                                                                           \
	do {                                                                                       \
		v16 o_;                                                                            \
		_Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) o_.q[i] = (expr);              \
		return o_;                                                                         \
	} while (0)

static inline v16 v_set(float a) { V_QUARTERS(vdupq_n_f32(a)); }
static inline v16 v_load(const float *p) { V_QUARTERS(vld1q_f32(p + 4 * i)); }
static inline v16 v_add(v16 a, v16 b) { V_QUARTERS(vaddq_f32(a.q[i], b.q[i])); }
static inline v16 v_sub(v16 a, v16 b) { V_QUARTERS(vsubq_f32(a.q[i], b.q[i])); }
static inline v16 v_mul(v16 a, v16 b) { V_QUARTERS(vmulq_f32(a.q[i], b.q[i])); }
static inline v16 v_div(v16 a, v16 b) { V_QUARTERS(vdivq_f32(a.q[i], b.q[i])); }
static inline v16 v_min(v16 a, v16 b)
{
	V_QUARTERS(vbslq_f32(vcltq_f32(a.q[i], b.q[i]), a.q[i], b.q[i]));
}
static inline v16 v_max(v16 a, v16 b)
{
	V_QUARTERS(vbslq_f32(vcgtq_f32(a.q[i], b.q[i]), a.q[i], b.q[i]));
}

static inline void v_store(float *p, v16 a)
{
	for (int i = 0; i < 4; i++)
		vst1q_f32(p + 4 * i, a.q[i]);
}

static inline v16 v_loadf(const float *p, size_t n, float fill)
{
	float whole[16];
	v_store(whole, v_set(fill));
	memcpy(whole, p, n * sizeof(*p));
	return v_load(whole);
}

static inline v16 v_loadn(const float *p, size_t n) { return v_loadf(p, n, 0); }

static inline void v_storen(float *p, v16 a, size_t n)
{
	float whole[16];
	v_store(whole, a);
	memcpy(p, whole, n * sizeof(*p));
}

static inline v16 v_keep(v16 a, size_t n)
{
	float whole[16];
	v_store(whole, a);
	return v_loadn(whole, n);
}

static inline v16 v_half(const uint16_t *p)
{
	V_QUARTERS(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i))));
}

static inline v16 v_halfn(const uint16_t *p, size_t n)
{
	uint16_t whole[16] = { 0 };
	memcpy(whole, p, n * sizeof(*p));
	return v_half(whole);
}

static inline void v_put_half(uint16_t *p, v16 a)
{
	for (int i = 0; i < 4; i++)
		vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(a.q[i])));
}

static inline void v_put_halfn(uint16_t *p, v16 a, size_t n)
{
	uint16_t whole[16];
	v_put_half(whole, a);
	memcpy(p, whole, n * sizeof(*p));
}

static inline v16 v_shl23(v16 a)
{
	V_QUARTERS(vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(a.q[i]), 23)));
}

static inline float v_sum(v16 a)
{
	float32x4_t b = vaddq_f32(vaddq_f32(a.q[0], a.q[2]), vaddq_f32(a.q[1], a.q[3]));
	float32x2_t c = vadd_f32(vget_low_f32(b), vget_high_f32(b));
	return vget_lane_f32(c, 0) + vget_lane_f32(c, 1);
}

static inline float v_top(v16 a)
{
	return fmaxf(fmaxf(vmaxvq_f32(a.q[0]), vmaxvq_f32(a.q[1])),
		     fmaxf(vmaxvq_f32(a.q[2]), vmaxvq_f32(a.q[3])));
}

static inline void v_sums(const v16 *a, float *out)
{
	for (size_t i = 0; i < 16; i++)
		out[i] = v_sum(a[i]);
}

#define FLOAT_ROWS 2
#define FLOAT_TOKENS 2
#define FLOAT_SCORES 4
#include "kernels_float.inc"
#define LOAD_INSTALL
#include "kernels_load.inc"

/* ---- the quantised product ---- */

static inline int16x4_t to_int(const float *x, float inverse)
{
	float32x4_t v = vmulq_n_f32(vld1q_f32(x), inverse), top = vdupq_n_f32(32767.0f),
		    low = vdupq_n_f32(-32767.0f);
	v = vbslq_f32(vcltq_f32(v, top), v, top); /* a NaN becomes 32767, as everywhere */
	v = vbslq_f32(vcgtq_f32(v, low), v, low);
	return vqmovn_s32(vcvtnq_s32_f32(v));
}

static void put_packed(int8_t *out, const float *x, float inverse)
{
	int16x8_t a = vcombine_s16(to_int(x, inverse), to_int(x + 4, inverse));
	int16x8_t b = vcombine_s16(to_int(x + 8, inverse), to_int(x + 12, inverse));
	int8x16_t lo = vcombine_s8(vmovn_s16(a), vmovn_s16(b));
	vst1q_s8(out, vcombine_s8(vshrn_n_s16(a, 8), vshrn_n_s16(b, 8)));
	vst1q_s8(out + 16, veorq_s8(lo, vdupq_n_s8(-128)));
}

static void neon_quantise(const float *x, size_t n, float inverse, void *out)
{
	static const float none[16];
	int8_t *q = out;
	size_t i = 0;
	for (; i + 16 <= n; i += 16)
		put_packed(q + 2 * i, x + i, inverse);
	if (i < n) {
		float last[16] = { 0 };
		memcpy(last, x + i, (n - i) * sizeof(*x));
		put_packed(q + 2 * i, last, inverse);
		i += 16;
	}
	for (; i < kernel_cols(n); i += 16)
		put_packed(q + 2 * i, none, inverse);
}

/* (float)(256 hi + lo), rounded once: the sum is exact in double. */
static inline float32x4_t join(int32x4_t hi, int32x4_t lo)
{
	int64x2_t a = vaddw_s32(vshll_n_s32(vget_low_s32(hi), 8), vget_low_s32(lo));
	int64x2_t b = vaddw_s32(vshll_n_s32(vget_high_s32(hi), 8), vget_high_s32(lo));
	return vcombine_f32(vcvt_f32_f64(vcvtq_f64_s64(a)), vcvt_f32_f64(vcvtq_f64_s64(b)));
}

static inline void put_tile(const gemm_args *g, size_t block, size_t t, const int32x4_t *hi,
			    const int32x4_t *lo)
{
	const linear *l = g->l;
	size_t r = block * KERNEL_ROWS, n = l->rows - r < KERNEL_ROWS ? l->rows - r : KERNEL_ROWS;
	float *y = g->y + t * g->y_stride + r;
	v16 v;
	UNROLL(4)
	for (size_t i = 0; i < 4; i++)
		v.q[i] = join(hi[i], lo[i]);
	v = v_mul(v, v_mul(v_loadn(l->scale + r, n), v_set(g->x_scale[t])));
	if (l->bias)
		v = v_add(v, v_loadn(l->bias + r, n));
	if (g->add)
		v = v_add(v_loadn(y, n), v);
	v_storen(y, v, n);
}

/* Columns 4 lane .. 4 lane + 4 of the 16 that h and b hold, times the 16 rows at w. */
#define NEON_STEP(lane)                                                                            \
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

INLINE void neon_tile(const gemm_args *g, size_t block, size_t t0, size_t T)
{
	size_t cols = kernel_cols(g->l->cols);
	const int8_t *w = g->l->q + block * kernel_block_bytes(g->l->cols);
	const int8_t *x = (const int8_t *)g->x + t0 * cols * 2;
	int32x4_t hi[8], lo[8];
	int8x16_t h[2], b[2];
	UNROLL(2)
	for (size_t t = 0; t < T; t++)
		UNROLL(4)
	for (size_t i = 0; i < 4; i++) { /* the block's head is -128 times the sums of its rows */
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
		NEON_STEP(0);
		NEON_STEP(1);
		NEON_STEP(2);
		NEON_STEP(3);
	}
	UNROLL(2)
	for (size_t t = 0; t < T; t++)
		put_tile(g, block, t0 + t, hi + 4 * t, lo + 4 * t);
}

static void neon_tile_2(const gemm_args *g, size_t block, size_t t) { neon_tile(g, block, t, 2); }
static void neon_tile_1(const gemm_args *g, size_t block, size_t t) { neon_tile(g, block, t, 1); }

static void neon_gemm_q(const gemm_args *g)
{
	for (size_t b = g->block0; b < g->block1; b++) {
		size_t t = 0;
		for (; t + 2 <= g->n; t += 2)
			neon_tile_2(g, b, t);
		if (t < g->n)
			neon_tile_1(g, b, t);
	}
}

void kernels_neon(kernels *k)
{
	float_install(k);
	load_install(k);
	k->name = "neon-dotprod";
	k->quantise = neon_quantise;
	k->gemm_q = neon_gemm_q;
}
#else
typedef int kernels_neon_is_for_arm;
#endif
