/*
 * kernels: the inner loops, one table of functions filled with plain C and overwritten by the best
 * file the CPU can run.
 *
 * Results do not depend on the table: integer products are exact, and float sums are defined as
 * sixteen running sums (element i goes to sum i mod 16, in rising order, product and sum rounded
 * one after the other) that are folded 8, 4, 2, 1. Every file keeps to that definition, so scalar,
 * AVX2, AVX-512 and NEON agree to the last bit, and a row of a product never depends on the rows
 * computed beside it.
 *
 * Packed weights (linear.q): blocks of 16 output rows. A block is 16 int32 (-128 * the sum of the
 * row's weights), then for each group of 4 columns 64 bytes: row 0's 4 weights, row 1's, ... row
 * 15's. Rows and columns are filled up with zeros to whole blocks and to a multiple of 64 columns.
 * Weights lie in -127..127.
 *
 * Packed activations: int16, two bytes a column, columns filled up as above, in a form private to
 * the table.
 */
#ifndef ENGINE_KERNELS_H
#define ENGINE_KERNELS_H

#include "engine_int.h"

enum { KERNEL_ROWS = 16, KERNEL_COLS = 64 };

/* 255 * 127 * columns must stay below 2^31: the int32 sums of the split product. */
enum { KERNEL_MAX_COLS = 66000 };

static inline size_t kernel_cols(size_t cols)
{
	return (cols + KERNEL_COLS - 1) / KERNEL_COLS * KERNEL_COLS;
}

static inline size_t kernel_blocks(size_t rows) { return (rows + KERNEL_ROWS - 1) / KERNEL_ROWS; }

/* Bytes of one packed block of 16 rows. */
static inline size_t kernel_block_bytes(size_t cols)
{
	return 64 + kernel_cols(cols) * KERNEL_ROWS;
}

/*
 * y[t][r] = sum_c w[r][c] x[t][c], times scale[r] * x_scale[t] where quantised, plus bias[r];
 * stored, or added to y. In the quantised product the sum is an exact integer that is rounded to
 * float once.
 */
typedef struct gemm_args {
	const linear *l;
	size_t block0, block1; /* blocks of 16 output rows */
	const void *x;         /* [n, kernel_cols] packed int16, or floats [n, cols] */
	const float *x_scale;  /* [n], quantised only */
	size_t n;
	float *y; /* [n, y_stride] */
	size_t y_stride;
	bool add;
} gemm_args;

/*
 * Attention of one row: n_q query heads that share one key/value head. scores is work space [n_q,
 * stride_s]. Positions 0..n0 come from k0/v0 and n0..n0+n1 from k1/v1 (F16, stride floats apart).
 */
typedef struct attn_args {
	const float *q; /* [n_q, d] */
	size_t n_q, d;
	const uint16_t *k0, *v0, *k1, *v1;
	size_t n0, n1, stride;
	float scale;
	float *scores;
	size_t scores_stride;
	float *out; /* [n_q, d], may be q */
} attn_args;

typedef struct kernels {
	const char *name;
	/* n values of a GGML_* type at p, as gguf_row() decodes them */
	void (*decode)(int type, const void *p, size_t n, float *out);
	/* A row of weights as out [n] in -127..127 times *scale; *sum: of out. False where one is not
	 * finite. */
	bool (*narrow)(const float *x, size_t n, int8_t *out, float *scale, int32_t *sum);
	/* out: packed int16 of x[0..n) * inverse, rounded to nearest even, limited to +-32767 */
	void (*quantise)(const float *x, size_t n, float inverse, void *out);
	void (*gemm_q)(const gemm_args *g);
	void (*gemm_f)(const gemm_args *g);
	float (*absmax)(const float *x, size_t n);
	float (*top)(const float *x, size_t n); /* largest; -INFINITY for none */
	void (*rms_norm)(const float *x, const float *w, size_t n, float eps,
			 float *out); /* out may be x */
	void (*silu_mul)(float *gate, const float *up,
			 size_t n); /* gate = gate / (1 + exp(-gate)) * up */
	void (*add)(float *x, const float *y, size_t n);
	void (*rope)(float *x, const float *cos_sin, size_t d,
		     bool neox); /* cos_sin: [d/2] cosines, [d/2] sines */
	void (*to_half)(const float *x, size_t n, uint16_t *out);
	void (*attend)(const attn_args *a);
	float (*exp_sum)(const float *x, size_t n, float max); /* sum of exp(x - max) */
	/* Dot products of the widest unit from registers, for engine_peak(): a step does peak_step
	 * multiply-adds of int16 and int8, which is half as many of int8 where products are split.
	 * NULL: not measured. */
	uint64_t (*peak)(size_t steps);
	size_t peak_step;
} kernels;

void kernels_init(kernels *k, unsigned cpu);

/* Each overwrites what it has; kernels_init knows which may run. */
void kernels_scalar(kernels *k);
void kernels_avx2(kernels *k);
void kernels_avxvnni(kernels *k); /* over kernels_avx2 */
void kernels_avx512(kernels *k);
void kernels_amx(kernels *k);
void kernels_neon(kernels *k);
void kernels_dotprod(kernels *k); /* over kernels_neon */
void kernels_i8mm(kernels *k);    /* over kernels_neon */

#endif
