/*
 * cpu: which kernels this processor and this kernel allow. x86-64: CPUID for the instructions, XCR0
 * for the registers that the operating system saves; AMX also needs Linux's permission, asked for
 * once a process. ARM: HWCAP.
 */
#define _DEFAULT_SOURCE 1
#include <stdio.h>
#include <string.h>

#include "engine_int.h"

const cpu_set cpu_sets[] = {
	{ "none", 0 },
	{ "avx2", CPU_AVX2 },
	{ "avxvnni", CPU_AVX2 | CPU_AVXVNNI },
	{ "avx512", CPU_AVX2 | CPU_AVX512 | CPU_VNNI },
	{ "amx", CPU_AVX2 | CPU_AVX512 | CPU_VNNI | CPU_AMX },
	{ "neon", CPU_NEON },
	{ "dotprod", CPU_NEON | CPU_DOTPROD },
	{ "i8mm", CPU_NEON | CPU_DOTPROD | CPU_I8MM },
	{ "all", ~0u },
	{ NULL, 0 },
};

static const cpu_set *set_named(const char *name, size_t len)
{
	for (const cpu_set *s = cpu_sets; s->name; s++)
		if (strlen(s->name) == len && !memcmp(s->name, name, len))
			return s;
	return NULL;
}

int engine_cpu_mask(const char *names, unsigned *mask, char *err, size_t errlen)
{
	unsigned found = 0;

	for (const char *at = names;; at++) {
		size_t len = strcspn(at, ",");
		const cpu_set *s = set_named(at, len);

		if (!s) {
			char known[128] = "";

			for (s = cpu_sets; s->name; s++)
				snprintf(known + strlen(known), sizeof(known) - strlen(known),
					 "%s%s", s == cpu_sets ? "" : ", ", s->name);
			return fail(err, errlen, ENGINE_EARG,
				    "'%.*s' is no instruction set; known: %s",
				    (int)(len < 40 ? len : 40), at, known);
		}
		found |= s->mask;
		at += len;
		if (!*at)
			break;
	}
	*mask = found;
	return ENGINE_OK;
}

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static uint64_t xcr0(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static bool amx_permitted(void)
{
#if defined(__linux__) && defined(SYS_arch_prctl)
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
	return false;
#endif
}

static bool has_bits(uint64_t x, uint64_t bits)
{
	return (x & bits) == bits;
}

unsigned cpu_features(unsigned mask)
{
	const uint32_t fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28,
		       f16c = 1u << 29;                                         /* leaf 1 ecx */
	const uint32_t avx2 = 1u << 5, avx512f = 1u << 16, avx512dq = 1u << 17; /* leaf 7 ebx */
	const uint32_t avx512bw = 1u << 30, avx512vl = 1u << 31;
	const uint32_t vnni = 1u << 11;                          /* leaf 7 ecx */
	const uint32_t amx_tile = 1u << 24, amx_int8 = 1u << 25; /* leaf 7 edx */
	const uint32_t avxvnni = 1u << 4;                        /* leaf 7, 1 eax */
	uint32_t a, b, c, d, more, unused;
	unsigned found = 0;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !has_bits(c, fma | osxsave | avx | f16c))
		return 0;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return 0;
	/* Subleaf 1 exists where subleaf 0 counts it in eax. */
	if (!a || !__get_cpuid_count(7, 1, &more, &unused, &unused, &unused))
		more = 0;
	uint64_t saved = xcr0();

	if (has_bits(saved, 0x6) && (b & avx2)) {
		found |= CPU_AVX2;
		if (more & avxvnni)
			found |= CPU_AVXVNNI;
	}
	if (found && has_bits(saved, 0xe6) &&
	    has_bits(b, avx512f | avx512dq | avx512bw | avx512vl)) {
		found |= CPU_AVX512;
		if (c & vnni)
			found |= CPU_VNNI;
	}
	if ((mask & CPU_AMX) && has_bits(saved, 0x60000) && has_bits(d, amx_tile | amx_int8) &&
	    amx_permitted())
		found |= CPU_AMX;
	return found & mask;
}

#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

unsigned cpu_features(unsigned mask)
{
	const unsigned long hwcap_asimddp = 1ul << 20, hwcap2_i8mm = 1ul << 13;
	unsigned found = CPU_NEON; /* all of ARMv8 */

	if (getauxval(AT_HWCAP) & hwcap_asimddp)
		found |= CPU_DOTPROD;
	if (getauxval(AT_HWCAP2) & hwcap2_i8mm)
		found |= CPU_I8MM;
	return found & mask;
}

#else

unsigned cpu_features(unsigned mask)
{
	(void)mask;
	return 0;
}

#endif
