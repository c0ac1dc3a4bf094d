/* half: F16 <-> float in plain C, bit for bit what the F16C instructions give (nearest even,
 * quiet NaNs). */
#ifndef ENGINE_HALF_H
#define ENGINE_HALF_H

#include <stdint.h>
#include <string.h>

static inline float half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = (h >> 10) & 31, man = h & 0x3ff, bits;
	float f;
	if (exp == 31) {
		bits = 0x7f800000 | man << 13 | (man ? 0x400000 : 0);
	} else if (exp) {
		bits = (exp + 112) << 23 | man << 13;
	} else {
		f = (float)man * 5.9604644775390625e-8f; /* 2^-24: exact */
		memcpy(&bits, &f, 4);
	}
	bits |= sign;
	memcpy(&f, &bits, 4);
	return f;
}

static inline uint16_t half_from_float(float f)
{
	uint32_t bits, man, drop, half;
	memcpy(&bits, &f, 4);
	uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
	bits &= 0x7fffffff;
	if (bits > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x3ff));
	if (bits >= 0x47800000) /* 65536 and more */
		return sign | 0x7c00;
	if (bits < 0x33000000) /* below half of the smallest subnormal */
		return sign;
	if (bits < 0x38800000) { /* subnormal */
		drop = 126 - (bits >> 23);
		man = (bits & 0x7fffff) | 0x800000;
	} else {
		drop = 13;
		man = bits - 0x38000000;
	}
	half = man >> drop;
	man &= (1u << drop) - 1;
	if (man > 1u << (drop - 1) || (man == 1u << (drop - 1) && (half & 1)))
		half++; /* may carry into the exponent, up to infinity: right */
	return (uint16_t)(sign | half);
}

#endif
