/* Plain C: the reference for the other files, and what runs where nothing better is known. */
#include <math.h>

#include "half.h"
#include "kernels.h"

/* ---- sixteen lanes ---- */

typedef struct v16 {
	float f[16];
} v16;

#define V_EACH(expr)                                                                               \
	do {                                                                                       \
		v16 o_;                                                                            \
		for (size_t i = 0; i < 16; i++)                                                    \
			o_.f[i] = (expr);                                                          \
		return o_;                                                                         \
	} while (0)

static inline v16 v_set(float a) { V_EACH(a); }
static inline v16 v_load(const float *p) { V_EACH(p[i]); }
static inline v16 v_loadn(const float *p, size_t n) { V_EACH(i < n ? p[i] : 0); }
static inline v16 v_loadf(const float *p, size_t n, float fill) { V_EACH(i < n ? p[i] : fill); }
static inline v16 v_keep(v16 a, size_t n) { V_EACH(i < n ? a.f[i] : 0); }
static inline v16 v_add(v16 a, v16 b) { V_EACH(a.f[i] + b.f[i]); }
static inline v16 v_sub(v16 a, v16 b) { V_EACH(a.f[i] - b.f[i]); }
static inline v16 v_mul(v16 a, v16 b) { V_EACH(a.f[i] * b.f[i]); }
static inline v16 v_div(v16 a, v16 b) { V_EACH(a.f[i] / b.f[i]); }
static inline v16 v_min(v16 a, v16 b) { V_EACH(a.f[i] < b.f[i] ? a.f[i] : b.f[i]); }
static inline v16 v_max(v16 a, v16 b) { V_EACH(a.f[i] > b.f[i] ? a.f[i] : b.f[i]); }
static inline v16 v_half(const uint16_t *p) { V_EACH(half_to_float(p[i])); }
static inline v16 v_halfn(const uint16_t *p, size_t n) { V_EACH(i < n ? half_to_float(p[i]) : 0); }

static inline v16 v_shl23(v16 a)
{
	uint32_t bits[16];
	memcpy(bits, a.f, sizeof(bits));
	for (size_t i = 0; i < 16; i++)
		bits[i] <<= 23;
	memcpy(a.f, bits, sizeof(bits));
	return a;
}

static inline void v_store(float *p, v16 a) { memcpy(p, a.f, sizeof(a.f)); }
static inline void v_storen(float *p, v16 a, size_t n) { memcpy(p, a.f, n * sizeof(*p)); }

static inline void v_put_halfn(uint16_t *p, v16 a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = half_from_float(a.f[i]);
}

static inline void v_put_half(uint16_t *p, v16 a) { v_put_halfn(p, a, 16); }

static inline float v_sum(v16 a)
{
	for (size_t h = 8; h; h /= 2)
		for (size_t i = 0; i < h; i++)
			a.f[i] += a.f[i + h];
	return a.f[0];
}

static inline float v_top(v16 a)
{
	float m = a.f[0];
	for (size_t i = 1; i < 16; i++)
		m = a.f[i] > m ? a.f[i] : m;
	return m;
}

static inline void v_sums(const v16 *a, float *out)
{
	for (size_t i = 0; i < 16; i++)
		out[i] = v_sum(a[i]);
}

#define FLOAT_PLAIN
#define FLOAT_ROWS 4
#define FLOAT_TOKENS 2
#define FLOAT_SCORES 4
#include "kernels_float.inc"
#define LOAD_INSTALL
#include "kernels_load.inc"

/* ---- the quantised product: activations are plain int16 ---- */

static void scalar_quantise(const float *x, size_t n, float inverse, void *out)
{
	int16_t *q = out;
	for (size_t i = 0; i < n; i++) {
		float v = x[i] * inverse;
		v = v < 32767.0f ? v : 32767.0f;
		v = v > -32767.0f ? v : -32767.0f;
		q[i] = (int16_t)lrintf(v);
	}
	memset(q + n, 0, (kernel_cols(n) - n) * sizeof(*q));
}

/* The high byte signed, the low one not, as in the vector files. */
static void scalar_block(const int8_t *w, const int16_t *x, size_t cols, int64_t *sums)
{
	int32_t hi[KERNEL_ROWS] = { 0 }, lo[KERNEL_ROWS] = { 0 };
	for (size_t c = 0; c < cols; c += 4)
		for (size_t r = 0; r < KERNEL_ROWS; r++)
			for (size_t i = 0; i < 4; i++) {
				int v = x[c + i], a = w[c * KERNEL_ROWS + r * 4 + i];
				hi[r] += a * ((v - (v & 255)) / 256);
				lo[r] += a * (v & 255);
			}
	for (size_t r = 0; r < KERNEL_ROWS; r++)
		sums[r] = (int64_t)hi[r] * 256 + lo[r];
}

static void scalar_gemm_q(const gemm_args *g)
{
	const linear *l = g->l;
	size_t cols = kernel_cols(l->cols);
	int64_t sums[KERNEL_ROWS];
	for (size_t b = g->block0; b < g->block1; b++)
		for (size_t t = 0; t < g->n; t++) {
			const int8_t *w = l->q + b * kernel_block_bytes(l->cols) + 64;
			scalar_block(w, (const int16_t *)g->x + t * cols, cols, sums);
			float *y = g->y + t * g->y_stride;
			for (size_t r = b * KERNEL_ROWS, i = 0; i < KERNEL_ROWS && r < l->rows;
			     i++, r++) {
				float v = (float)sums[i] * (l->scale[r] * g->x_scale[t]);
				if (l->bias)
					v += l->bias[r];
				y[r] = g->add ? y[r] + v : v;
			}
		}
}

void kernels_scalar(kernels *k)
{
	float_install(k);
	load_install(k);
	k->name = "scalar";
	k->quantise = scalar_quantise;
	k->gemm_q = scalar_gemm_q;
}

void kernels_init(kernels *k, unsigned cpu)
{
	kernels_scalar(k);
#if defined(__x86_64__)
	if (cpu & CPU_AVX2)
		kernels_avx2(k);
	if ((cpu & CPU_AVX512) && (cpu & CPU_VNNI))
		kernels_avx512(k);
#elif defined(__aarch64__)
	if (cpu & CPU_DOTPROD)
		kernels_neon(k);
#endif
}
