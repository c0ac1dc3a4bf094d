/*
 * gguf_block: decoding of ggml's block formats (layouts: ggml/src/ggml-common.h, the public file
 * format). Every block of 32 or 256 values carries its own scale d, and some a minimum m:
 *
 *     Q4_0  d, 16 bytes: value i in the low half of byte i, value i + 16 in the high half; x = d (q
 * - 8) Q4_1  d, m, 16 bytes; x = d q + m Q5_0, Q5_1  the same with a fifth bit of each value in 32
 * bits before the halves Q8_0  d, 32 signed bytes; x = d q Q4_K, Q5_K  256 values in 8 groups;
 * 6-bit scales and minima of the groups in 12 bytes; x = d s q - dmin m Q6_K  256 values in 16
 * groups with signed 8-bit scales; x = d s (q - 32)
 */
#include "gguf_block.h"
#include "engine_int.h"

#include <assert.h>
#include <string.h>

bool gguf_block_size(int type, size_t *values, size_t *bytes)
{
	static const struct {
		int type;
		size_t values, bytes;
	} blocks[] = {
		{ GGML_F32, 1, 4 },      { GGML_F16, 1, 2 },      { GGML_BF16, 1, 2 },
		{ GGML_Q4_0, 32, 18 },   { GGML_Q4_1, 32, 20 },   { GGML_Q5_0, 32, 22 },
		{ GGML_Q5_1, 32, 24 },   { GGML_Q8_0, 32, 34 },   { GGML_Q4_K, 256, 144 },
		{ GGML_Q5_K, 256, 176 }, { GGML_Q6_K, 256, 210 },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (blocks[i].type == type) {
			*values = blocks[i].values;
			*bytes = blocks[i].bytes;
			return true;
		}
	return false;
}

static float float_of_bits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* IEEE half to float, exactly. Subnormals: the fraction counted in units of 2^-24. */
static float half(const unsigned char *p)
{
	uint32_t h = (uint32_t)p[0] | (uint32_t)p[1] << 8, sign = (h & 0x8000) << 16,
		 e = h >> 10 & 31, m = h & 0x3ff;

	if (e == 31)
		return float_of_bits(sign | 0x7f800000 | m << 13);
	if (e)
		return float_of_bits(sign | (e + 112) << 23 | m << 13);
	float f = (float)m * 0x1p-24f;

	return sign ? -f : f;
}

static void decode_f32(const unsigned char *p, size_t n, float *out)
{
	memcpy(out, p, n * sizeof(*out));
}

static void decode_f16(const unsigned char *p, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = half(p + 2 * i);
}

static void decode_bf16(const unsigned char *p, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = float_of_bits((uint32_t)p[2 * i] << 16 | (uint32_t)p[2 * i + 1] << 24);
}

static void decode_q4_0(const unsigned char *p, float *out)
{
	float d = half(p);
	const unsigned char *q = p + 2;

	for (int i = 0; i < 16; i++) {
		out[i] = (float)((q[i] & 15) - 8) * d;
		out[i + 16] = (float)((q[i] >> 4) - 8) * d;
	}
}

static void decode_q4_1(const unsigned char *p, float *out)
{
	float d = half(p), m = half(p + 2);
	const unsigned char *q = p + 4;

	for (int i = 0; i < 16; i++) {
		out[i] = (float)(q[i] & 15) * d + m;
		out[i + 16] = (float)(q[i] >> 4) * d + m;
	}
}

/* The five bits of value i of 32: halves in q, fifth bits in h. */
static int five_bits(const unsigned char *h, const unsigned char *q, int i)
{
	int low = i < 16 ? q[i] & 15 : q[i - 16] >> 4;

	return low | (h[i / 8] >> (i % 8) & 1) << 4;
}

static void decode_q5_0(const unsigned char *p, float *out)
{
	float d = half(p);

	for (int i = 0; i < 32; i++)
		out[i] = (float)(five_bits(p + 2, p + 6, i) - 16) * d;
}

static void decode_q5_1(const unsigned char *p, float *out)
{
	float d = half(p), m = half(p + 2);

	for (int i = 0; i < 32; i++)
		out[i] = (float)five_bits(p + 4, p + 8, i) * d + m;
}

static void decode_q8_0(const unsigned char *p, float *out)
{
	float d = half(p);

	for (int i = 0; i < 32; i++)
		out[i] = (float)(signed char)p[2 + i] * d;
}

/* Scale and minimum, 6 bits each, of group j of 8. The first four stand in the low bits of bytes j
 * and j + 4, the others are split between bytes j + 4 and the upper two bits of the first eight. */
static void group_scale(const unsigned char s[12], int j, int *scale, int *min)
{
	if (j < 4) {
		*scale = s[j] & 63;
		*min = s[j + 4] & 63;
	} else {
		*scale = (s[j + 4] & 15) | (s[j - 4] >> 6) << 4;
		*min = s[j + 4] >> 4 | (s[j] >> 6) << 4;
	}
}

/* Q4_K and Q5_K: high is NULL, or 32 bytes whose bit j is the fifth bit of group j's values. */
static void decode_k(const unsigned char *p, const unsigned char *high, const unsigned char *q,
		     float *out)
{
	float d = half(p), dmin = half(p + 2);

	for (int j = 0; j < 8; j++) {
		int scale, min;

		group_scale(p + 4, j, &scale, &min);
		float step = d * (float)scale, low = dmin * (float)min;

		for (int i = 0; i < 32; i++) {
			int v = j % 2 ? q[j / 2 * 32 + i] >> 4 : q[j / 2 * 32 + i] & 15;

			if (high)
				v |= (high[i] >> j & 1) << 4;
			out[j * 32 + i] = step * (float)v - low;
		}
	}
}

static void decode_q4_k(const unsigned char *p, float *out)
{
	decode_k(p, NULL, p + 16, out);
}

static void decode_q5_k(const unsigned char *p, float *out)
{
	decode_k(p, p + 16, p + 48, out);
}

/* Two halves of 128 values: 64 bytes of low halves, 32 bytes of upper bit pairs, 8 scales each.
 * Quarter k of a half takes its low bits from bytes (k % 2) * 32.., the lower nibble for k < 2, and
 * its upper bits from pair k. */
static void decode_q6_k(const unsigned char *p, float *out)
{
	float d = half(p + 208);

	for (int h = 0; h < 2; h++)
		for (int k = 0; k < 4; k++)
			for (int i = 0; i < 32; i++) {
				int low = p[h * 64 + k % 2 * 32 + i],
				    high = p[128 + h * 32 + i] >> (2 * k) & 3;
				int q = (k < 2 ? low & 15 : low >> 4) | high << 4;
				signed char scale = (signed char)p[192 + h * 8 + k * 2 + i / 16];

				out[h * 128 + k * 32 + i] = d * (float)scale * (float)(q - 32);
			}
}

void gguf_row(const gguf_tensor *t, size_t row, float *out)
{
	static void (*const block_decoders[])(const unsigned char *, float *) = {
		[GGML_Q4_0] = decode_q4_0, [GGML_Q4_1] = decode_q4_1, [GGML_Q5_0] = decode_q5_0,
		[GGML_Q5_1] = decode_q5_1, [GGML_Q8_0] = decode_q8_0, [GGML_Q4_K] = decode_q4_k,
		[GGML_Q5_K] = decode_q5_k, [GGML_Q6_K] = decode_q6_k,
	};
	size_t values = 1, bytes = 1;

	assert(row < t->rows);
	if (!gguf_block_size(t->type, &values, &bytes))
		return;
	const unsigned char *p = (const unsigned char *)t->data + row * (t->cols / values * bytes);

	switch (t->type) {
	case GGML_F32:
		decode_f32(p, t->cols, out);
		break;
	case GGML_F16:
		decode_f16(p, t->cols, out);
		break;
	case GGML_BF16:
		decode_bf16(p, t->cols, out);
		break;
	default:
		for (size_t i = 0; i < t->cols; i += values, p += bytes)
			block_decoders[t->type](p, out + i);
	}
}
