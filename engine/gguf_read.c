/*
 * gguf_read: the directory of a model file in the format GGUF, versions 2 and 3 (ggml/docs/gguf.md). Little-endian:
 *
 *     "GGUF", u32 version, u64 n_tensors, u64 n_pairs
 *     n_pairs x   string key, u32 type, value       string: u64 length, bytes
 *     n_tensors x string name, u32 n_dims, u64 dims[n_dims], u32 type, u64 offset
 *     padding to general.alignment (32), then the tensors' data; offsets count from here
 *
 * Nothing in it is trusted: every count is checked against the bytes left before anything is allocated for it, every tensor
 * against the size of the file, so that what gguf_meta.c hands out lies inside the mapping. Strings of string arrays are
 * indexed here.
 */
#include "gguf_int.h"
#include "gguf_block.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "GGUF is read in place");

enum { MAX_NAME = 65535, DEFAULT_ALIGNMENT = 32, MAX_ALIGNMENT = 1 << 20 };

/* The place in the file being read, and where to report. */
typedef struct reader {
	gguf *g;
	size_t pos;
	const char *path;
	char *err;
	size_t errlen;
} reader;

#define FAIL(r, code, ...) fail((r)->err, (r)->errlen, code, __VA_ARGS__)

static bool has(const reader *r, uint64_t n)
{
	return n <= r->g->size && r->pos <= r->g->size - (size_t)n;
}

static int read_truncated(reader *r)
{
	return FAIL(r, ENGINE_EFORMAT,
		    "%s: truncated: the header goes on past the end of the file (%zu bytes)",
		    r->path, r->g->size);
}

static int read_bytes(reader *r, void *out, size_t n)
{
	if (!has(r, n))
		return read_truncated(r);
	memcpy(out, r->g->bytes + r->pos, n);
	r->pos += n;
	return 0;
}

static int read_u32(reader *r, uint32_t *out)
{
	return read_bytes(r, out, sizeof(*out));
}

static int read_u64(reader *r, uint64_t *out)
{
	return read_bytes(r, out, sizeof(*out));
}

static int read_string(reader *r, const char **s, size_t *len)
{
	uint64_t n = 0;
	int rc = read_u64(r, &n);

	if (rc)
		return rc;
	if (!has(r, n))
		return read_truncated(r);
	*s = (const char *)r->g->bytes + r->pos;
	*len = (size_t)n;
	r->pos += (size_t)n;
	return 0;
}

static int read_name(reader *r, const char **s, size_t *len, const char *what)
{
	int rc = read_string(r, s, len);

	if (rc)
		return rc;
	if (!*len || *len > MAX_NAME || memchr(*s, 0, *len))
		return FAIL(r, ENGINE_EFORMAT,
			    "%s: damaged: a %s's name is empty, too long or holds a zero byte",
			    r->path, what);
	return 0;
}

static int index_strings(reader *r, gguf_pair *kv)
{
	if (kv->n > (r->g->size - r->pos) / sizeof(uint64_t))
		return read_truncated(r);
	kv->strings = alloc_array(kv->n, 1, sizeof(*kv->strings));
	if (!kv->strings)
		return FAIL(r, ENGINE_ENOMEM, "out of memory");
	for (size_t i = 0; i < kv->n; i++) {
		const char *s;
		size_t len;

		kv->strings[i] = r->g->bytes + r->pos;
		int rc = read_string(r, &s, &len);

		if (rc)
			return rc;
	}
	return 0;
}

static int read_array(reader *r, gguf_pair *kv)
{
	uint32_t type;
	uint64_t n;
	int rc = read_u32(r, &type);

	if (!rc)
		rc = read_u64(r, &n);
	if (rc)
		return rc;
	if (type >= KV_END || type == KV_ARRAY)
		return FAIL(r, ENGINE_EFORMAT,
			    "%s: \"%.*s\" is an array of type %u, which is not supported", r->path,
			    (int)kv->key_len, kv->key, (unsigned)type);
	if (n > r->g->size - r->pos)
		return read_truncated(r);
	kv->type = (int)type;
	kv->array = true;
	kv->n = (size_t)n;
	kv->value = r->g->bytes + r->pos;
	if (type == KV_STR)
		return index_strings(r, kv);
	if (n > (r->g->size - r->pos) / gguf_value_size(kv->type))
		return read_truncated(r);
	r->pos += (size_t)n * gguf_value_size(kv->type);
	return 0;
}

static int read_pair(reader *r, gguf_pair *kv)
{
	uint32_t type;
	const char *s;
	size_t len;
	int rc = read_name(r, &kv->key, &kv->key_len, "metadata entry");

	if (!rc)
		rc = read_u32(r, &type);
	if (rc)
		return rc;
	if (type >= KV_END)
		return FAIL(r, ENGINE_EFORMAT, "%s: \"%.*s\" has the unknown type %u", r->path,
			    (int)kv->key_len, kv->key, (unsigned)type);
	kv->type = (int)type;
	kv->n = 1;
	kv->value = r->g->bytes + r->pos;
	if (type == KV_ARRAY)
		return read_array(r, kv);
	if (type == KV_STR)
		return read_string(r, &s, &len);
	if (!has(r, gguf_value_size(kv->type)))
		return read_truncated(r);
	r->pos += gguf_value_size(kv->type);
	return 0;
}

static int read_pairs(reader *r, uint64_t n)
{
	gguf *g = r->g;

	if (n > (g->size - r->pos) / 13) /* the least that an entry takes: two lengths and a byte */
		return read_truncated(r);
	g->pairs = alloc_array((size_t)n, 1, sizeof(*g->pairs));
	if (!g->pairs)
		return FAIL(r, ENGINE_ENOMEM, "out of memory");
	while (g->n_pairs < n) {
		int rc = read_pair(r, &g->pairs[g->n_pairs++]);

		if (rc)
			return rc;
	}
	qsort(g->pairs, g->n_pairs, sizeof(*g->pairs), gguf_compare_pairs);
	for (size_t i = 1; i < g->n_pairs; i++)
		if (!gguf_compare_pairs(&g->pairs[i - 1], &g->pairs[i]))
			return FAIL(r, ENGINE_EFORMAT,
				    "%s: damaged: \"%.*s\" is in the metadata twice", r->path,
				    (int)g->pairs[i].key_len, g->pairs[i].key);
	return 0;
}

/* Fills rows and cols from the dimensions; ne[0] is the fastest. */
static int read_shape(reader *r, gguf_tensor *t)
{
	uint32_t n_dims;
	int rc = read_u32(r, &n_dims);

	if (rc)
		return rc;
	if (n_dims < 1 || n_dims > GGUF_MAX_DIMS)
		return FAIL(r, ENGINE_EFORMAT, "%s: tensor %.*s has %u dimensions", r->path,
			    (int)t->name_len, t->name, (unsigned)n_dims);
	t->rows = 1;
	for (uint32_t i = 0; i < n_dims; i++) {
		uint64_t ne;

		rc = read_u64(r, &ne);
		if (rc)
			return rc;
		if (!ne || ne > SIZE_MAX / 16 ||
		    (i && __builtin_mul_overflow(t->rows, (size_t)ne, &t->rows)))
			return FAIL(r, ENGINE_EFORMAT, "%s: tensor %.*s has an impossible size",
				    r->path, (int)t->name_len, t->name);
		if (!i)
			t->cols = (size_t)ne;
	}
	return 0;
}

static int read_tensor(reader *r, gguf_tensor *t, uint64_t *offset)
{
	uint32_t type;
	size_t per_block, block_bytes;
	int rc = read_name(r, &t->name, &t->name_len, "tensor");

	if (!rc)
		rc = read_shape(r, t);
	if (!rc)
		rc = read_u32(r, &type);
	if (!rc)
		rc = read_u64(r, offset);
	if (rc)
		return rc;
	if (type > 1000 || !gguf_block_size((int)type, &per_block, &block_bytes))
		return FAIL(r, ENGINE_EFORMAT,
			    "%s: tensor %.*s is stored as type %u, which is not supported", r->path,
			    (int)t->name_len, t->name, (unsigned)type);
	t->type = (int)type;
	if (t->cols % per_block)
		return FAIL(r, ENGINE_EFORMAT,
			    "%s: tensor %.*s: %zu columns are not whole blocks of %zu", r->path,
			    (int)t->name_len, t->name, t->cols, per_block);
	if (__builtin_mul_overflow(t->cols / per_block, block_bytes, &t->bytes) ||
	    __builtin_mul_overflow(t->bytes, t->rows, &t->bytes))
		return FAIL(r, ENGINE_EFORMAT, "%s: tensor %.*s has an impossible size", r->path,
			    (int)t->name_len, t->name);
	return 0;
}

/* After the directory: where the data begins and whether each tensor lies inside the file. offsets
 * [n_tensors]. */
static int place_tensors(reader *r, const uint64_t *offsets)
{
	gguf *g = r->g;
	uint64_t alignment = DEFAULT_ALIGNMENT;

	if (gguf_u64(g, "general.alignment", &alignment) &&
	    (alignment < 8 || alignment > MAX_ALIGNMENT || (alignment & (alignment - 1))))
		return FAIL(r, ENGINE_EFORMAT, "%s: impossible alignment %llu", r->path,
			    (unsigned long long)alignment);
	g->data_start = (r->pos + (size_t)alignment - 1) / (size_t)alignment * (size_t)alignment;
	for (size_t i = 0; i < g->n_tensors; i++) {
		gguf_tensor *t = &g->tensors[i];
		uint64_t end;

		if (offsets[i] % alignment)
			return FAIL(r, ENGINE_EFORMAT, "%s: tensor %.*s is not aligned", r->path,
				    (int)t->name_len, t->name);
		if (__builtin_add_overflow(offsets[i], (uint64_t)g->data_start, &end) ||
		    __builtin_add_overflow(end, (uint64_t)t->bytes, &end))
			return FAIL(r, ENGINE_EFORMAT, "%s: tensor %.*s has an impossible offset",
				    r->path, (int)t->name_len, t->name);
		if (end > g->size)
			return FAIL(r, ENGINE_EFORMAT,
				    "%s: truncated: tensor %.*s ends at byte %llu but the file has "
				    "%zu bytes",
				    r->path, (int)t->name_len, t->name, (unsigned long long)end,
				    g->size);
		t->data = g->bytes + g->data_start + offsets[i];
	}
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	const gguf_tensor *x = *(const gguf_tensor *const *)a, *y = *(const gguf_tensor *const *)b;
	const unsigned char *p = x->data, *q = y->data;

	return p != q ? (p > q) - (p < q) : (x > y) - (x < y);
}

/* Two tensors may not share bytes, or a small file could stand for a model of any size. Leaves
 * by_name in another order. */
static int refuse_overlaps(reader *r)
{
	gguf *g = r->g;

	qsort(g->by_name, g->n_tensors, sizeof(*g->by_name), compare_places);
	for (size_t i = 1; i < g->n_tensors; i++) {
		const gguf_tensor *a = g->by_name[i - 1], *b = g->by_name[i];

		if ((size_t)((const unsigned char *)b->data - (const unsigned char *)a->data) <
		    a->bytes)
			return FAIL(r, ENGINE_EFORMAT,
				    "%s: damaged: tensors %.*s and %.*s lie on each other", r->path,
				    (int)a->name_len, a->name, (int)b->name_len, b->name);
	}
	return 0;
}

static int read_tensors(reader *r, uint64_t n)
{
	gguf *g = r->g;
	int rc = 0;

	if (n > (g->size - r->pos) / 32) /* the least that a tensor's entry takes */
		return read_truncated(r);
	g->n_tensors = (size_t)n;
	g->tensors = alloc_array(g->n_tensors, 1, sizeof(*g->tensors));
	g->by_name = alloc_array(g->n_tensors, 1, sizeof(*g->by_name));
	uint64_t *offsets = alloc_array(g->n_tensors, 1, sizeof(*offsets));

	if (!g->tensors || !g->by_name || !offsets)
		rc = FAIL(r, ENGINE_ENOMEM, "out of memory");
	for (size_t i = 0; !rc && i < g->n_tensors; i++) {
		rc = read_tensor(r, &g->tensors[i], &offsets[i]);
		g->by_name[i] = &g->tensors[i];
	}
	g->header_size = r->pos;
	if (!rc)
		rc = place_tensors(r, offsets);
	free(offsets);
	if (!rc)
		rc = refuse_overlaps(r);
	if (rc)
		return rc;
	qsort(g->by_name, g->n_tensors, sizeof(*g->by_name), gguf_compare_tensors);
	for (size_t i = 1; i < g->n_tensors; i++)
		if (!gguf_compare_tensors(&g->by_name[i - 1], &g->by_name[i]))
			return FAIL(r, ENGINE_EFORMAT, "%s: damaged: tensor %.*s is there twice",
				    r->path, (int)g->by_name[i]->name_len, g->by_name[i]->name);
	return 0;
}

static int read_header(reader *r)
{
	unsigned char magic[4] = { 0 };
	uint32_t version = 0;
	uint64_t n_tensors = 0, n_pairs = 0;

	if (!has(r, 24) || memcmp(r->g->bytes, "GGUF", 4))
		return FAIL(r, ENGINE_EFORMAT, "%s: not a GGUF file", r->path);
	int rc = read_bytes(r, magic, sizeof(magic));

	if (!rc)
		rc = read_u32(r, &version);
	if (!rc && version != 2 && version != 3)
		return FAIL(r, ENGINE_EFORMAT,
			    version && !(version & 0xffff) ? "%s: this GGUF file is big-endian"
							   : "%s: GGUF version %u is not supported",
			    r->path, (unsigned)version);
	if (!rc)
		rc = read_u64(r, &n_tensors);
	if (!rc)
		rc = read_u64(r, &n_pairs);
	if (!rc)
		rc = read_pairs(r, n_pairs);
	if (!rc)
		rc = read_tensors(r, n_tensors);
	return rc;
}

int gguf_read_directory(gguf *g, const char *path, char *err, size_t errlen)
{
	reader r = { .g = g, .path = path, .err = err, .errlen = errlen };

	return read_header(&r);
}
