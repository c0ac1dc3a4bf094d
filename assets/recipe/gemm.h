/*
 * Matrix products of the trainer: C = A B (+ D), inputs bfloat16, sums float.
 *
 * Two elements that are neighbours in the summed dimension k are always kept together (a "pair",
 * 32 bits of bfloat16), because that is what VDPBF16PS and the AMX tiles take.
 *
 * Packed form of a [k, n] matrix: panels of 32 columns, [n/32][k/2][32][2]: element (k, n) lies at
 * panel n/32, pair k/2, column n%32, half k%2. B is always packed. A is either row-major [m, k] or
 * the packed form of its transpose [k, m], which makes products such as dY^T X need no transposing:
 * both operands are then packed over tokens.
 *
 * m, n and k are multiples of 32. All functions are pure and may run in any thread.
 */
#ifndef RECIPE_GEMM_H
#define RECIPE_GEMM_H

#include <stddef.h>
#include <stdint.h>

enum { GEMM_PANEL = 32 };

typedef struct gemm_args {
	/* A: row-major: a_step = pairs from row to row. Packed: a_step = pairs from panel to panel. */
	const void *a;
	size_t a_step;
	int a_packed;

	/* B, packed; b_step = pairs from panel to panel (32 * k/2 when it is packed tightly). */
	const void *b;
	size_t b_step;

	size_t m, n, k;

	/*
	 * Output [m, n], row-major, ldc elements from row to row: float into c, or bfloat16 into
	 * c16 when that is set. add (may be NULL, may be c): float, same ldc, added to the product;
	 * only with c.
	 */
	float *c;
	uint16_t *c16;
	size_t ldc;
	const float *add;
} gemm_args;

typedef void (*gemm_fn)(const gemm_args *g);

/* The plain reference for ever: bfloat16 inputs, and the same with float inputs ("pairs" of floats;
 * c16 is not used). */
void gemm_scalar(const gemm_args *g);
void gemm_float(const gemm_args *g);

/* Kernels for one instruction set each. Call only when gemm_kernels() lists them. */
void gemm_avx2(const gemm_args *g);
void gemm_avx512(const gemm_args *g);
void gemm_int16(const gemm_args *g);
void gemm_amx(const gemm_args *g);

typedef struct gemm_kernel {
	const char *name;
	gemm_fn fn;
	double tolerance;            /* of gemm_error() */
} gemm_kernel;

enum { GEMM_KERNELS = 5 };

/* Kernels this machine can run, scalar first. Writes at most cap, returns the number. */
size_t gemm_kernels(gemm_kernel *out, size_t cap);

/* 0 when the operating system lets this process use AMX tiles with bfloat16, else -1. */
int gemm_amx_enable(void);

/*
 * Compares a kernel with the scalar reference on small random products (both forms of A, all forms
 * of output). Returns the largest error relative to the sum of the absolute products.
 */
double gemm_error(gemm_fn fn, uint64_t seed);

/* The fastest kernel (timed for a few milliseconds; see gemm.c) that agrees with the reference; one that does not is named
 * on stderr. */
gemm_kernel gemm_choose(void);

/* Packed form of src [k, n] (ld elements a row) and of the transpose of src [n, k]; bfloat16. */
void gemm_pack(const uint16_t *src, size_t ld, size_t k, size_t n, uint16_t *out);
void gemm_pack_transposed(const uint16_t *src, size_t ld, size_t n, size_t k, uint16_t *out);

static inline uint16_t bf16_from_float(float f)
{
	union { float f; uint32_t u; } x = { .f = f };

	return (uint16_t)((x.u + 0x7fffu + ((x.u >> 16) & 1u)) >> 16);
}

static inline float bf16_to_float(uint16_t h)
{
	union { uint32_t u; float f; } x = { .u = (uint32_t)h << 16 };

	return x.f;
}

#endif
