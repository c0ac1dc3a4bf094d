/*
 * File, little-endian: "GGUF", u32 version 3, u64 tensors, u64 keys; keys: string, u32 type, value;
 * tensors: string, u32 dimensions, u64 sizes (fastest first), u32 type, u64 offset; padding to 32 bytes;
 * data, each tensor starting at a multiple of 32. Strings: u64 length, bytes.
 */
#include "gguf_write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 32, T_U32 = 4, T_I32 = 5, T_F32 = 6, T_BOOL = 7, T_STRING = 8, T_ARRAY = 9 };

typedef struct bytes {
	unsigned char *p;
	size_t n, cap;
} bytes;

typedef struct tensor {
	enum gguf_write_type type;
	const float *data;
	size_t n; /* elements */
} tensor;

struct gguf_write {
	bytes keys, infos;
	uint64_t n_key;
	tensor *tensor;
	size_t n_tensor;
	uint64_t data_bytes;
	const char *error;
};

gguf_write *gguf_write_new(void)
{
	return calloc(1, sizeof(gguf_write));
}

void gguf_write_free(gguf_write *g)
{
	if (!g)
		return;
	free(g->keys.p);
	free(g->infos.p);
	free(g->tensor);
	free(g);
}

static void put(gguf_write *g, bytes *b, const void *p, size_t n)
{
	if (g->error)
		return;
	if (b->n + n > b->cap) {
		size_t cap = 2 * (b->n + n) + 256;
		unsigned char *q = realloc(b->p, cap);

		if (!q) {
			g->error = "out of memory";
			return;
		}
		b->p = q;
		b->cap = cap;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void put_int(gguf_write *g, bytes *b, uint64_t x, size_t size)
{
	unsigned char c[8];

	for (size_t i = 0; i < size; i++)
		c[i] = (unsigned char)(x >> (8 * i));
	put(g, b, c, size);
}

static void put_string(gguf_write *g, bytes *b, const char *s)
{
	put_int(g, b, strlen(s), 8);
	put(g, b, s, strlen(s));
}

static void put_key(gguf_write *g, const char *key, uint32_t type)
{
	put_string(g, &g->keys, key);
	put_int(g, &g->keys, type, 4);
	g->n_key++;
}

void gguf_write_u32(gguf_write *g, const char *key, uint32_t x)
{
	put_key(g, key, T_U32);
	put_int(g, &g->keys, x, 4);
}

void gguf_write_f32(gguf_write *g, const char *key, float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof u);
	put_key(g, key, T_F32);
	put_int(g, &g->keys, u, 4);
}

void gguf_write_bool(gguf_write *g, const char *key, int x)
{
	put_key(g, key, T_BOOL);
	put_int(g, &g->keys, x != 0, 1);
}

void gguf_write_string(gguf_write *g, const char *key, const char *x)
{
	put_key(g, key, T_STRING);
	put_string(g, &g->keys, x);
}

void gguf_write_strings(gguf_write *g, const char *key, char *const *x, size_t n)
{
	put_key(g, key, T_ARRAY);
	put_int(g, &g->keys, T_STRING, 4);
	put_int(g, &g->keys, n, 8);
	for (size_t i = 0; i < n; i++)
		put_string(g, &g->keys, x[i]);
}

void gguf_write_i32s(gguf_write *g, const char *key, const int32_t *x, size_t n)
{
	put_key(g, key, T_ARRAY);
	put_int(g, &g->keys, T_I32, 4);
	put_int(g, &g->keys, n, 8);
	for (size_t i = 0; i < n; i++)
		put_int(g, &g->keys, (uint32_t)x[i], 4);
}

static uint64_t tensor_bytes(enum gguf_write_type type, size_t n)
{
	return type == GGUF_WRITE_F32 ? 4 * n : type == GGUF_WRITE_F16 ? 2 * n : n / 32 * 34;
}

void gguf_write_tensor(gguf_write *g, const char *name, enum gguf_write_type type, const float *data,
		       size_t rows, size_t cols)
{
	size_t n = rows ? rows * cols : cols;
	tensor *t = realloc(g->tensor, (g->n_tensor + 1) * sizeof *t);

	if (!t || (type == GGUF_WRITE_Q8_0 && cols % 32)) {
		g->error = t ? "a Q8_0 row is not a multiple of 32" : "out of memory";
		g->tensor = t ? t : g->tensor;
		return;
	}
	g->tensor = t;
	t[g->n_tensor++] = (tensor){ type, data, n };
	put_string(g, &g->infos, name);
	put_int(g, &g->infos, rows ? 2 : 1, 4);
	put_int(g, &g->infos, cols, 8);
	if (rows)
		put_int(g, &g->infos, rows, 8);
	put_int(g, &g->infos, type, 4);
	put_int(g, &g->infos, g->data_bytes, 8);
	g->data_bytes += (tensor_bytes(type, n) + ALIGN - 1) / ALIGN * ALIGN;
}

uint16_t half_from_float(float f)
{
	union { float f; uint32_t u; } x = { .f = f };
	uint32_t sign = x.u >> 16 & 0x8000u, e = x.u >> 23 & 0xff, m = x.u & 0x7fffff, shift, h;

	if (e == 0xff)
		return (uint16_t)(sign | 0x7c00u | (m ? 0x200u : 0));
	if (e > 142)
		return (uint16_t)(sign | 0x7c00u);
	if (e < 102)
		return (uint16_t)sign;
	/* Below 2^-14 the result is subnormal: the leading one becomes explicit and moves right. */
	if (e >= 113) {
		m |= (e - 112) << 23;
		shift = 13;
	} else {
		m |= 0x800000;
		shift = 126 - e;
	}
	h = m >> shift;
	m &= (1u << shift) - 1;
	if (m > 1u << (shift - 1) || (m == 1u << (shift - 1) && (h & 1)))
		h++;
	return (uint16_t)(sign | h);
}

/* Converts n elements (whole blocks) into out; returns bytes. */
static size_t convert(enum gguf_write_type type, const float *x, size_t n, unsigned char *out)
{
	unsigned char *at = out;

	if (type == GGUF_WRITE_Q8_0)
		for (size_t b = 0; b < n; b += 32) {
			float top = 0, d;
			uint16_t h;

			for (size_t i = 0; i < 32; i++)
				top = fabsf(x[b + i]) > top ? fabsf(x[b + i]) : top;
			d = top / 127.f;
			h = half_from_float(d);
			*at++ = (unsigned char)h;
			*at++ = (unsigned char)(h >> 8);
			for (size_t i = 0; i < 32; i++)
				*at++ = (unsigned char)(int8_t)(d > 0 ? roundf(x[b + i] / d) : 0);
		}
	else
		for (size_t i = 0; i < n; i++) {
			uint32_t u;

			memcpy(&u, x + i, sizeof u);
			if (type == GGUF_WRITE_F16)
				u = half_from_float(x[i]);
			for (int k = 0; k < (type == GGUF_WRITE_F16 ? 2 : 4); k++)
				*at++ = (unsigned char)(u >> (8 * k));
		}
	return (size_t)(at - out);
}

static int pad(FILE *f, uint64_t written)
{
	static const char zero[ALIGN];
	size_t n = (size_t)((ALIGN - written % ALIGN) % ALIGN);

	return fwrite(zero, 1, n, f) == n ? 0 : -1;
}

static int write_tensor(FILE *f, const tensor *t)
{
	unsigned char out[4096 * 4];
	uint64_t written = 0;

	for (size_t i = 0; i < t->n; i += 4096) {
		size_t n = t->n - i < 4096 ? t->n - i : 4096, bytes_out = convert(t->type, t->data + i, n, out);

		if (fwrite(out, 1, bytes_out, f) != bytes_out)
			return -1;
		written += bytes_out;
	}
	return pad(f, written);
}

static int write_file(gguf_write *g, FILE *f)
{
	bytes head = { 0 };
	int bad;

	put(g, &head, "GGUF", 4);
	put_int(g, &head, 3, 4);
	put_int(g, &head, g->n_tensor, 8);
	put_int(g, &head, g->n_key, 8);
	put(g, &head, g->keys.p, g->keys.n);
	put(g, &head, g->infos.p, g->infos.n);
	bad = g->error || fwrite(head.p, 1, head.n, f) != head.n || pad(f, head.n);
	free(head.p);
	for (size_t i = 0; i < g->n_tensor && !bad; i++)
		bad = write_tensor(f, g->tensor + i);
	return bad ? -1 : 0;
}

int gguf_write_finish(gguf_write *g, const char *path, char *err, size_t errlen)
{
	char tmp[4096];
	FILE *f = NULL;
	int bad;

	if (snprintf(tmp, sizeof tmp, "%s.tmp", path) >= (int)sizeof tmp)
		g->error = "the name is too long";
	if (!g->error && !(f = fopen(tmp, "wb")))
		g->error = strerror(errno);
	if (!f) {
		snprintf(err, errlen, "%s: %s", path, g->error);
		return -1;
	}
	bad = write_file(g, f);
	bad = fclose(f) || bad;
	if (!bad && !rename(tmp, path))
		return 0;
	snprintf(err, errlen, "%s: %s", path, g->error ? g->error : strerror(errno));
	remove(tmp);
	return -1;
}
