/*
 * gguf: reads the model file format GGUF, versions 2 and 3 (ggml/docs/gguf.md). Little-endian:
 *
 *     "GGUF", u32 version, u64 n_tensors, u64 n_pairs
 *     n_pairs x   string key, u32 type, value       string: u64 length, bytes
 *     n_tensors x string name, u32 n_dims, u64 dims[n_dims], u32 type, u64 offset
 *     padding to general.alignment (32), then the tensors' data; offsets count from here
 *
 * The file is mapped and read only. Nothing in it is trusted: every count is checked against the
 * bytes left before anything is allocated for it, every tensor against the size of the file, so
 * that what the other functions hand out lies inside the mapping. Strings of string arrays are
 * indexed at open.
 */
#define _DEFAULT_SOURCE 1
#include "engine_int.h"
#include "gguf_block.h"
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "GGUF is read in place");

enum {
	KV_U8,
	KV_I8,
	KV_U16,
	KV_I16,
	KV_U32,
	KV_I32,
	KV_F32,
	KV_BOOL,
	KV_STR,
	KV_ARRAY,
	KV_U64,
	KV_I64,
	KV_F64,
	KV_END
};

enum { MAX_NAME = 65535, MAX_DIMS = 4, DEFAULT_ALIGNMENT = 32, MAX_ALIGNMENT = 1 << 20 };

typedef struct gguf_pair {
	const char *key;
	size_t key_len;
	int type; /* of the value, or of the array's elements */
	bool array;
	size_t n; /* elements; 1 if not an array */
	const unsigned char *value;
	const unsigned char **strings; /* string arrays: where each element's length stands */
} gguf_pair;

struct gguf {
	const unsigned char *bytes;
	size_t size;
	bool mapped;

	gguf_pair *pairs; /* sorted by key */
	size_t n_pairs;
	gguf_tensor *tensors;        /* in file order */
	const gguf_tensor **by_name; /* sorted */
	size_t n_tensors;
	size_t header_size, data_start;
	char hash[65];
};

/* The place in the file being read, and where to report. */
typedef struct reader {
	gguf *g;
	size_t pos;
	const char *path;
	char *err;
	size_t errlen;
} reader;

#define FAIL(r, code, ...) fail((r)->err, (r)->errlen, code, __VA_ARGS__)

static size_t kv_size(int type)
{
	static const unsigned char sizes[KV_END] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

	return type >= 0 && type < KV_END ? sizes[type] : 0;
}

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
	if (n > (r->g->size - r->pos) / kv_size(kv->type))
		return read_truncated(r);
	r->pos += (size_t)n * kv_size(kv->type);
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
	if (!has(r, kv_size(kv->type)))
		return read_truncated(r);
	r->pos += kv_size(kv->type);
	return 0;
}

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

static int compare_pairs(const void *a, const void *b)
{
	const gguf_pair *x = a, *y = b;

	return compare_names(x->key, x->key_len, y->key, y->key_len);
}

static int compare_tensors(const void *a, const void *b)
{
	const gguf_tensor *x = *(const gguf_tensor *const *)a, *y = *(const gguf_tensor *const *)b;

	return compare_names(x->name, x->name_len, y->name, y->name_len);
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
	qsort(g->pairs, g->n_pairs, sizeof(*g->pairs), compare_pairs);
	for (size_t i = 1; i < g->n_pairs; i++)
		if (!compare_pairs(&g->pairs[i - 1], &g->pairs[i]))
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
	if (n_dims < 1 || n_dims > MAX_DIMS)
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
	if (rc)
		return rc;
	qsort(g->by_name, g->n_tensors, sizeof(*g->by_name), compare_tensors);
	for (size_t i = 1; i < g->n_tensors; i++)
		if (!compare_tensors(&g->by_name[i - 1], &g->by_name[i]))
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

/* Names the model: all of the header, and of each tensor up to 16 evenly spread pieces of 256
 * bytes. */
static void hash_model(gguf *g)
{
	enum { PIECE = 256, PIECES = 16 };
	sha256 s;

	sha256_init(&s);
	sha256_add_u64(&s, g->size);
	sha256_add(&s, g->bytes, g->header_size);
	for (size_t i = 0; i < g->n_tensors; i++) {
		const gguf_tensor *t = &g->tensors[i];
		const unsigned char *p = t->data;

		if (t->bytes <= PIECE * PIECES) {
			sha256_add(&s, p, t->bytes);
			continue;
		}
		for (size_t k = 0; k < PIECES; k++)
			sha256_add(&s, p + (t->bytes - PIECE) / (PIECES - 1) * k, PIECE);
	}
	sha256_hex(&s, g->hash);
}

static int gguf_parse(gguf *g, const char *path, char *err, size_t errlen)
{
	reader r = { .g = g, .path = path, .err = err, .errlen = errlen };
	int rc = read_header(&r);

	if (!rc)
		hash_model(g);
	return rc;
}

static int map_file(gguf *g, int fd, const char *path, char *err, size_t errlen)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(err, errlen, ENGINE_EIO, "%s: not a regular file", path);
	if (st.st_size < 24)
		return fail(err, errlen, ENGINE_EFORMAT, "%s: not a GGUF file", path);
	g->size = (size_t)st.st_size;
	void *p = mmap(NULL, g->size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return fail(err, errlen, errno == ENOMEM ? ENGINE_ENOMEM : ENGINE_EIO,
			    "%s: cannot map it: %s", path, strerror(errno));
	g->bytes = p;
	g->mapped = true;
	return 0;
}

int gguf_open(gguf **out, const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */

	if (fd < 0)
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path, strerror(errno));
	gguf *g = calloc(1, sizeof(*g));
	int rc = g ? map_file(g, fd, path, err, errlen)
		   : fail(err, errlen, ENGINE_ENOMEM, "out of memory");

	close(fd);
	if (!rc)
		rc = gguf_parse(g, path, err, errlen);
	if (rc) {
		gguf_close(g);
		return rc;
	}
	*out = g;
	return 0;
}

int gguf_open_memory(gguf **out, const void *bytes, size_t n, char *err, size_t errlen)
{
	gguf *g = calloc(1, sizeof(*g));

	if (!g)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	g->bytes = bytes;
	g->size = n;
	int rc = gguf_parse(g, "model", err, errlen);

	if (rc) {
		gguf_close(g);
		return rc;
	}
	*out = g;
	return 0;
}

void gguf_close(gguf *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_pairs; i++)
		free(g->pairs[i].strings);
	free(g->pairs);
	free(g->tensors);
	free(g->by_name);
	if (g->mapped)
		munmap((void *)(uintptr_t)g->bytes, g->size);
	free(g);
}

/* ---- lookups ---- */

const gguf_tensor *gguf_find(const gguf *g, const char *name)
{
	gguf_tensor want = { .name = name, .name_len = strlen(name) };
	const gguf_tensor *p = &want;
	const gguf_tensor *const *hit =
		bsearch(&p, g->by_name, g->n_tensors, sizeof(*g->by_name), compare_tensors);

	return hit ? *hit : NULL;
}

size_t gguf_tensor_count(const gguf *g)
{
	return g->n_tensors;
}

const gguf_tensor *gguf_tensor_at(const gguf *g, size_t i)
{
	return i < g->n_tensors ? &g->tensors[i] : NULL;
}

static const gguf_pair *find_pair(const gguf *g, const char *key)
{
	gguf_pair want = { .key = key, .key_len = strlen(key) };

	return bsearch(&want, g->pairs, g->n_pairs, sizeof(*g->pairs), compare_pairs);
}

/* A number of the file: an integer of either sign, or a float. */
typedef struct number {
	enum { NUMBER_NONE, NUMBER_UNSIGNED, NUMBER_SIGNED, NUMBER_FLOAT } kind;
	uint64_t u;
	int64_t i;
	double f;
} number;

static number read_number(int type, const unsigned char *p)
{
	number n = { .kind = NUMBER_NONE };
	union {
		int8_t i8;
		int16_t i16;
		int32_t i32;
		int64_t i64;
		float f32;
		double f64;
	} v;

	switch (type) {
	case KV_U8:
	case KV_BOOL:
	case KV_U16:
	case KV_U32:
	case KV_U64:
		n.kind = NUMBER_UNSIGNED;
		memcpy(&n.u, p, kv_size(type));
		break;
	case KV_I8:
	case KV_I16:
	case KV_I32:
	case KV_I64:
		n.kind = NUMBER_SIGNED;
		memcpy(&v, p, kv_size(type));
		n.i = type == KV_I8    ? v.i8
		      : type == KV_I16 ? v.i16
		      : type == KV_I32 ? v.i32
				       : v.i64;
		break;
	case KV_F32:
	case KV_F64:
		n.kind = NUMBER_FLOAT;
		memcpy(&v, p, kv_size(type));
		n.f = type == KV_F32 ? (double)v.f32 : v.f64;
		break;
	}
	return n;
}

static bool number_i64(const number *n, int64_t *out)
{
	if (n->kind == NUMBER_SIGNED)
		*out = n->i;
	else if (n->kind == NUMBER_UNSIGNED && n->u <= INT64_MAX)
		*out = (int64_t)n->u;
	else if (n->kind == NUMBER_FLOAT && n->f >= -0x1p63 && n->f < 0x1p63)
		*out = (int64_t)n->f;
	else
		return false;
	return true;
}

static bool number_f64(const number *n, double *out)
{
	if (n->kind == NUMBER_NONE)
		return false;
	*out = n->kind == NUMBER_UNSIGNED ? (double)n->u
	       : n->kind == NUMBER_SIGNED ? (double)n->i
					  : n->f;
	return true;
}

/* Element i of the pair, which has to be an array or not as said. */
static number find_number(const gguf *g, const char *key, bool array, size_t i)
{
	const gguf_pair *kv = find_pair(g, key);

	if (!kv || kv->array != array || i >= kv->n || !kv_size(kv->type))
		return (number){ .kind = NUMBER_NONE };
	return read_number(kv->type, kv->value + i * kv_size(kv->type));
}

bool gguf_u64(const gguf *g, const char *key, uint64_t *out)
{
	number n = find_number(g, key, false, 0);
	int64_t i;

	if (n.kind == NUMBER_UNSIGNED) {
		*out = n.u;
		return true;
	}
	if (!number_i64(&n, &i) || i < 0)
		return false;
	*out = (uint64_t)i;
	return true;
}

bool gguf_f64(const gguf *g, const char *key, double *out)
{
	number n = find_number(g, key, false, 0);

	return number_f64(&n, out);
}

bool gguf_array_i64(const gguf *g, const char *key, size_t i, int64_t *out)
{
	number n = find_number(g, key, true, i);

	return number_i64(&n, out);
}

bool gguf_array_f64(const gguf *g, const char *key, size_t i, double *out)
{
	number n = find_number(g, key, true, i);

	return number_f64(&n, out);
}

/* p points at a string's length; both were checked at open. */
static void string_at(const unsigned char *p, const char **s, size_t *len)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	*s = (const char *)p + sizeof(n);
	*len = (size_t)n;
}

bool gguf_str(const gguf *g, const char *key, const char **s, size_t *len)
{
	const gguf_pair *kv = find_pair(g, key);

	if (!kv || kv->array || kv->type != KV_STR)
		return false;
	string_at(kv->value, s, len);
	return true;
}

size_t gguf_array_len(const gguf *g, const char *key)
{
	const gguf_pair *kv = find_pair(g, key);

	return kv && kv->array ? kv->n : 0;
}

bool gguf_array_str(const gguf *g, const char *key, size_t i, const char **s, size_t *len)
{
	const gguf_pair *kv = find_pair(g, key);

	if (!kv || !kv->array || kv->type != KV_STR || i >= kv->n)
		return false;
	string_at(kv->strings[i], s, len);
	return true;
}

const char *gguf_hash(const gguf *g)
{
	return g->hash;
}

size_t gguf_size(const gguf *g)
{
	return g->size;
}
