/*
 * AMX product: 32 x 32 blocks, four accumulator tiles of 16 x 16 floats, tiles of 16 rows x 64 bytes
 * as inputs. The packed form is what TDPBF16PS takes as its second operand. Intel SDM, chapter on AMX.
 * A packed A is turned row-major 32 rows at a time first, in at most CHUNK columns of k.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "gemm.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHUNK = 512, ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

int gemm_amx_enable(void)
{
	unsigned a, b, c, d, lo, hi;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1))
		return -1; /* no XGETBV */
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 22 & 1) || !(d >> 24 & 1))
		return -1;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	if ((lo >> 17 & 3) != 3)
		return -1;
	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) ? -1 : 0;
}

#define TILE_LOAD(t, p, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t ::"r"(p), "r"((long)(stride)) : "memory")
#define TILE_STORE(t, p, stride) \
	__asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" ::"r"(p), "r"((long)(stride)) : "memory")
#define TILE_ZERO(t) __asm__ volatile("tilezero %%tmm" #t ::)
#define TILE_DP(c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)

static void tiles_configure(void)
{
	struct {
		uint8_t palette, start, reserved[14];
		uint16_t bytes[16];
		uint8_t rows[16];
	} conf;

	_Static_assert(sizeof conf == 64, "tile configuration is 64 bytes");
	memset(&conf, 0, sizeof conf);
	conf.palette = 1;
	for (int i = 0; i < 8; i++) {
		conf.bytes[i] = 64;
		conf.rows[i] = 16;
	}
	__asm__ volatile("ldtilecfg %0" ::"m"(conf));
}

/* out [32, 32] = a [32, 2 pairs] (step pairs a row) * b, floats. */
static void block(const uint32_t *a, size_t step, const uint32_t *b, size_t pairs, float *out)
{
	TILE_ZERO(0);
	TILE_ZERO(1);
	TILE_ZERO(2);
	TILE_ZERO(3);
	for (size_t p = 0; p < pairs; p += 16) {
		TILE_LOAD(4, a + p, step * 4);
		TILE_LOAD(5, a + p + 16 * step, step * 4);
		TILE_LOAD(6, b + p * 32, 128);
		TILE_LOAD(7, b + p * 32 + 16, 128);
		TILE_DP(0, 4, 6);
		TILE_DP(1, 4, 7);
		TILE_DP(2, 5, 6);
		TILE_DP(3, 5, 7);
	}
	TILE_STORE(0, out, 128);
	TILE_STORE(1, out + 16, 128);
	TILE_STORE(2, out + 512, 128);
	TILE_STORE(3, out + 528, 128);
}

static void block_store(const gemm_args *g, size_t m, size_t n, int later, const float *s)
{
	const float *add = later ? g->c : g->add;

	for (size_t r = 0; r < 32; r++, s += 32) {
		size_t i = (m + r) * g->ldc + n;

		for (size_t j = 0; j < 32; j++)
			if (g->c16)
				g->c16[i + j] = bf16_from_float(s[j]);
			else
				g->c[i + j] = add ? s[j] + add[i + j] : s[j];
	}
}

void gemm_amx(const gemm_args *g)
{
	_Alignas(64) uint32_t rows[32 * CHUNK / 2];
	_Alignas(64) float out[32 * 32];
	size_t total = g->k / 2, pass = g->a_packed ? CHUNK / 2 : total;

	if (g->a_packed && g->c16 && total > pass) { /* a half-precision sum cannot go in passes */
		gemm_avx2(g);
		return;
	}
	tiles_configure();
	for (size_t p = 0; p < total; p += pass) {
		size_t pairs = total - p < pass ? total - p : pass;

		for (size_t m = 0; m < g->m; m += 32) {
			const uint32_t *a = g->a;
			size_t step = g->a_step;

			if (g->a_packed) {
				a += m / 32 * g->a_step + p * 32;
				for (size_t r = 0; r < 32; r++)
					for (size_t i = 0; i < pairs; i++)
						rows[r * pairs + i] = a[i * 32 + r];
				a = rows;
				step = pairs;
			} else {
				a += m * g->a_step + p;
			}
			for (size_t n = 0; n < g->n; n += 32) {
				const uint32_t *b = g->b;

				block(a, step, b + n / 32 * g->b_step + p * 32, pairs, out);
				block_store(g, m, n, p > 0, out);
			}
		}
	}
	__asm__ volatile("tilerelease" ::);
}

#else
int gemm_amx_enable(void)
{
	return -1;
}

void gemm_amx(const gemm_args *g)
{
	gemm_scalar(g);
}
#endif
