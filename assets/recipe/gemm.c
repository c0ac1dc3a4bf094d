/* Reference products, the packed form, and the choice of a kernel at run time. See gemm.h. */
#include "gemm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Index, in elements, of A(row, k) and B(k, col). */
static size_t a_index(const gemm_args *g, size_t row, size_t k)
{
	if (!g->a_packed)
		return row * g->a_step * 2 + k;
	return (row / 32 * g->a_step + k / 2 * 32 + row % 32) * 2 + k % 2;
}

static size_t b_index(const gemm_args *g, size_t k, size_t col)
{
	return (col / 32 * g->b_step + k / 2 * 32 + col % 32) * 2 + k % 2;
}

static void store(const gemm_args *g, size_t row, size_t col, float sum)
{
	size_t i = row * g->ldc + col;

	if (g->c16)
		g->c16[i] = bf16_from_float(sum);
	else
		g->c[i] = g->add ? sum + g->add[i] : sum;
}

void gemm_scalar(const gemm_args *g)
{
	size_t step = g->a_packed ? 64 : 2;

	for (size_t row = 0; row < g->m; row++)
		for (size_t col = 0; col < g->n; col++) {
			const uint16_t *a = (const uint16_t *)g->a + a_index(g, row, 0);
			const uint16_t *b = (const uint16_t *)g->b + b_index(g, 0, col);
			float sum = 0;

			for (size_t k = 0; k < g->k; k += 2, a += step, b += 64) {
				sum += bf16_to_float(a[0]) * bf16_to_float(b[0]);
				sum += bf16_to_float(a[1]) * bf16_to_float(b[1]);
			}
			store(g, row, col, sum);
		}
}

void gemm_float(const gemm_args *g)
{
	size_t step = g->a_packed ? 64 : 2;

	for (size_t row = 0; row < g->m; row++)
		for (size_t col = 0; col < g->n; col++) {
			const float *a = (const float *)g->a + a_index(g, row, 0);
			const float *b = (const float *)g->b + b_index(g, 0, col);
			double sum = 0;

			for (size_t k = 0; k < g->k; k += 2, a += step, b += 64)
				sum += (double)a[0] * (double)b[0] + (double)a[1] * (double)b[1];
			store(g, row, col, (float)sum);
		}
}

void gemm_pack(const uint16_t *src, size_t ld, size_t k, size_t n, uint16_t *out)
{
	for (size_t col = 0; col < n; col++)
		for (size_t i = 0; i < k; i++)
			out[(col / 32 * (k / 2) + i / 2) * 64 + col % 32 * 2 + i % 2] = src[i * ld + col];
}

void gemm_pack_transposed(const uint16_t *src, size_t ld, size_t n, size_t k, uint16_t *out)
{
	for (size_t col = 0; col < n; col++)
		for (size_t i = 0; i < k; i++)
			out[(col / 32 * (k / 2) + i / 2) * 64 + col % 32 * 2 + i % 2] = src[col * ld + i];
}

size_t gemm_kernels(gemm_kernel *out, size_t cap)
{
	gemm_kernel all[GEMM_KERNELS];
	size_t n = 0;

	all[n++] = (gemm_kernel){ "scalar", gemm_scalar, 0 };
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		all[n++] = (gemm_kernel){ "avx2", gemm_avx2, 1e-5 };
	if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw"))
		all[n++] = (gemm_kernel){ "avx512-bf16", gemm_avx512, 1e-5 };
	if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw"))
		all[n++] = (gemm_kernel){ "avx512-int16", gemm_int16, 3e-4 };
	if (gemm_amx_enable() == 0)
		all[n++] = (gemm_kernel){ "amx-bf16", gemm_amx, 1e-5 };
#endif
	n = n < cap ? n : cap;
	memcpy(out, all, n * sizeof *out);
	return n;
}

/* ---- comparing a kernel with the reference ---- */

typedef struct check {
	uint16_t *a, *b, *c16[2];
	float *c[2], *mag;
} check;

enum { CHECK_M = 96, CHECK_N = 64, CHECK_K = 1184 };

static uint64_t check_random(uint64_t *s)
{
	uint64_t z = (*s += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static double check_one(check *t, gemm_fn fn, int packed, int half, int add, size_t k)
{
	gemm_args g = { .a = t->a, .a_packed = packed, .a_step = packed ? 16 * k : k / 2 + 16,
			.b = t->b, .b_step = 16 * k + 64, .m = CHECK_M, .n = CHECK_N, .k = k,
			.ldc = CHECK_N + 16 };
	double worst = 0;

	for (size_t i = 0; i < CHECK_M * g.ldc; i++)
		t->c[0][i] = t->c[1][i] = (float)(i % 17) * 0.25f;
	for (int which = 0; which < 2; which++) {
		g.c = t->c[which];
		g.c16 = half ? t->c16[which] : NULL;
		g.add = add ? g.c : NULL;
		(which ? fn : gemm_scalar)(&g);
	}
	for (size_t row = 0; row < g.m; row++)
		for (size_t col = 0; col < g.n; col++) {
			size_t i = row * g.ldc + col;
			double mag = 4, x, y;

			for (size_t j = 0; j < k; j++)
				mag += fabs((double)bf16_to_float(t->a[a_index(&g, row, j)]) *
					    (double)bf16_to_float(t->b[b_index(&g, j, col)]));
			x = (double)(half ? bf16_to_float(t->c16[0][i]) : t->c[0][i]);
			y = (double)(half ? bf16_to_float(t->c16[1][i]) : t->c[1][i]);
			/* One unit in the last place of a bfloat16 is allowed for a tie broken otherwise. */
			x = fabs(x - y) - (half ? fabs(x) / 128 : 0);
			worst = x / mag > worst ? x / mag : worst;
			if (!isfinite(y))
				return INFINITY;
		}
	return worst;
}

double gemm_error(gemm_fn fn, uint64_t seed)
{
	size_t na = CHECK_M * (CHECK_K + 32), nb = CHECK_N * (CHECK_K + 32), nc = CHECK_M * (CHECK_N + 16);
	check t = { 0 };
	char *mem = aligned_alloc(64, (2 * (na + nb + 2 * nc) + 8 * nc + 63) / 64 * 64);
	double worst = 0, e;

	if (!mem)
		return INFINITY;
	t.a = (uint16_t *)(void *)mem;
	t.b = t.a + na;
	t.c[0] = (float *)(void *)(t.b + nb);
	t.c[1] = t.c[0] + nc;
	t.c16[0] = (uint16_t *)(void *)(t.c[1] + nc);
	t.c16[1] = t.c16[0] + nc;
	for (size_t i = 0; i < na + nb; i++)
		t.a[i] = bf16_from_float((float)(check_random(&seed) >> 40) / 0x1p23f - 1.f);
	for (int form = 0; form < 6; form++)
		for (size_t k = 32; k <= CHECK_K; k += form ? 576 : 128) {
			e = check_one(&t, fn, form & 1, form / 2 == 1, form / 2 == 2, k);
			worst = e > worst ? e : worst;
		}
	free(mem);
	return worst;
}

/* ---- the choice ---- */

enum { TIMED_M = 128, TIMED_N = 256, TIMED_K = 256, TIMES = 5 };

/* Seconds for one product of a usual shape: the least of some tries. INFINITY without memory. */
static double seconds(gemm_fn fn)
{
	size_t na = TIMED_M * TIMED_K, nb = TIMED_N * TIMED_K;
	uint16_t *a = aligned_alloc(64, 2 * (na + nb));
	float *c = aligned_alloc(64, sizeof(float) * TIMED_M * TIMED_N);
	gemm_args g = { .a = a, .a_step = TIMED_K / 2, .b = a + na, .b_step = 16 * TIMED_K, .m = TIMED_M, .n = TIMED_N,
			.k = TIMED_K, .c = c, .ldc = TIMED_N };
	double least = INFINITY;

	for (size_t i = 0; a && i < na + nb; i++)
		a[i] = bf16_from_float((float)(i % 251) / 251.f - 0.5f);
	for (int i = 0; a && c && i < TIMES; i++) {
		struct timespec t[2];
		double s;

		clock_gettime(CLOCK_MONOTONIC, &t[0]);
		fn(&g);
		clock_gettime(CLOCK_MONOTONIC, &t[1]);
		s = (double)(t[1].tv_sec - t[0].tv_sec) + (double)(t[1].tv_nsec - t[0].tv_nsec) * 1e-9;
		least = s < least ? s : least;
	}
	free(a);
	free(c);
	return least;
}

/* Which is faster depends on the processor: VDPBF16PS takes four times as long as VPDPWSSD on some, and as long on others.
 * What is more exact, named earlier, is kept unless another is clearly faster, so that noise does not choose. */
gemm_kernel gemm_choose(void)
{
	gemm_kernel k[GEMM_KERNELS];
	size_t n = gemm_kernels(k, GEMM_KERNELS), best = 0;
	double least = INFINITY;

	for (size_t i = 1; i < n; i++) {
		double e = gemm_error(k[i].fn, 1), s;

		if (!(e < k[i].tolerance)) {
			fprintf(stderr, "gemm: kernel %s disagrees with the reference (%g), not used\n", k[i].name, e);
			continue;
		}
		s = seconds(k[i].fn);
		if (s < 0.75 * least) {
			least = s;
			best = i;
		}
	}
	return k[best];
}
