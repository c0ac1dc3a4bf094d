#include "gguf_fields.h"

#include <stdbool.h>
#include <string.h>

typedef struct walk {
	const unsigned char *file;
	size_t size, at;
	gguf_field *out;
	size_t n, cap;
} walk;

static bool take(walk *w, size_t width, enum gguf_field_kind kind, uint64_t *x)
{
	gguf_field f = { w->at, width, kind };

	if (width > w->size - w->at || w->n == w->cap)
		return false;
	w->out[w->n++] = f;
	*x = gguf_field_get(w->file, f);
	w->at += width;
	return true;
}

static bool skip(walk *w, uint64_t n)
{
	if (n > w->size - w->at)
		return false;
	w->at += (size_t)n;
	return true;
}

static bool string(walk *w)
{
	uint64_t n;

	return take(w, 8, FIELD_LENGTH, &n) && skip(w, n);
}

static bool value(walk *w, uint64_t type)
{
	static const unsigned char width[] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
	uint64_t x;

	if (type == 8)
		return string(w);
	return type < sizeof(width) && width[type] &&
	       take(w, width[type], type == 6 || type == 12 ? FIELD_FLOAT : FIELD_NUMBER, &x);
}

static bool pair(walk *w)
{
	uint64_t type, n;

	if (!string(w) || !take(w, 4, FIELD_TYPE, &type))
		return false;
	if (type != 9)
		return value(w, type);
	if (!take(w, 4, FIELD_TYPE, &type) || !take(w, 8, FIELD_COUNT, &n))
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (!value(w, type))
			return false;
	return true;
}

static bool tensor(walk *w)
{
	uint64_t x, n_dims;

	if (!string(w) || !take(w, 4, FIELD_COUNT, &n_dims))
		return false;
	for (uint64_t i = 0; i < n_dims; i++)
		if (!take(w, 8, FIELD_SHAPE, &x))
			return false;
	return take(w, 4, FIELD_TYPE, &x) && take(w, 8, FIELD_OFFSET, &x);
}

size_t gguf_fields(const unsigned char *file, size_t size, gguf_field *out, size_t cap)
{
	walk w = { .file = file, .size = size, .out = out, .cap = cap };
	uint64_t version, n_tensors, n_pairs;

	if (!skip(&w, 4) || !take(&w, 4, FIELD_TYPE, &version) || !take(&w, 8, FIELD_COUNT, &n_tensors) ||
	    !take(&w, 8, FIELD_COUNT, &n_pairs))
		return w.n;
	while (n_pairs-- && pair(&w))
		;
	if (n_pairs != UINT64_MAX) /* broken off */
		return w.n;
	while (n_tensors-- && tensor(&w))
		;
	return w.n;
}

uint64_t gguf_field_get(const unsigned char *file, gguf_field f)
{
	uint64_t x = 0;

	memcpy(&x, file + f.at, f.width);
	return x;
}

void gguf_field_set(unsigned char *file, gguf_field f, uint64_t x)
{
	memcpy(file + f.at, &x, f.width);
}

static uint64_t float_bits(double x, size_t width)
{
	float f = (float)x;
	uint32_t narrow;
	uint64_t wide;

	memcpy(&narrow, &f, sizeof(f));
	memcpy(&wide, &x, sizeof(x));
	return width == 4 ? narrow : wide;
}

int gguf_field_lie(gguf_field f, uint64_t x, size_t i, uint64_t *lie)
{
	static const uint64_t numbers[GGUF_LIES - 2] = { 0, 1, UINT64_MAX, 1u << 31, 1ull << 32, 1ull << 63,
							 UINT64_MAX - 1 };
	static const double floats[GGUF_LIES] = { 0, 1, -1, 1e30, 1e-30, 1e-45, 3e38, __builtin_nan(""),
						  __builtin_inf() };
	uint64_t mask = f.width < 8 ? (1ull << 8 * f.width) - 1 : UINT64_MAX;

	if (i >= GGUF_LIES)
		return 0;
	*lie = f.kind == FIELD_FLOAT ? float_bits(floats[i], f.width)
	       : i < GGUF_LIES - 2   ? numbers[i]
	       : i == GGUF_LIES - 2  ? x + 1
				     : x - 1;
	*lie &= mask;
	return *lie != x;
}
