/*
 * gguf_meta: questions to an open file: tensors by name, metadata by key. Nothing here can fail:
 * gguf_read.c has checked every length.
 */
#include "gguf_int.h"

#include <stdlib.h>
#include <string.h>

size_t gguf_value_size(int type)
{
	static const unsigned char sizes[KV_END] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

	return type >= 0 && type < KV_END ? sizes[type] : 0;
}

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

int gguf_compare_pairs(const void *a, const void *b)
{
	const gguf_pair *x = a, *y = b;

	return compare_names(x->key, x->key_len, y->key, y->key_len);
}

int gguf_compare_tensors(const void *a, const void *b)
{
	const gguf_tensor *x = *(const gguf_tensor *const *)a, *y = *(const gguf_tensor *const *)b;

	return compare_names(x->name, x->name_len, y->name, y->name_len);
}

const gguf_tensor *gguf_find(const gguf *g, const char *name)
{
	gguf_tensor want = { .name = name, .name_len = strlen(name) };
	const gguf_tensor *p = &want;
	const gguf_tensor *const *hit =
		bsearch(&p, g->by_name, g->n_tensors, sizeof(*g->by_name), gguf_compare_tensors);

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

	return bsearch(&want, g->pairs, g->n_pairs, sizeof(*g->pairs), gguf_compare_pairs);
}

bool gguf_has(const gguf *g, const char *key)
{
	return find_pair(g, key) != NULL;
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
		memcpy(&n.u, p, gguf_value_size(type));
		break;
	case KV_I8:
	case KV_I16:
	case KV_I32:
	case KV_I64:
		n.kind = NUMBER_SIGNED;
		memcpy(&v, p, gguf_value_size(type));
		n.i = type == KV_I8    ? v.i8
		      : type == KV_I16 ? v.i16
		      : type == KV_I32 ? v.i32
				       : v.i64;
		break;
	case KV_F32:
	case KV_F64:
		n.kind = NUMBER_FLOAT;
		memcpy(&v, p, gguf_value_size(type));
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

	if (!kv || kv->array != array || i >= kv->n || !gguf_value_size(kv->type))
		return (number){ .kind = NUMBER_NONE };
	return read_number(kv->type, kv->value + i * gguf_value_size(kv->type));
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

/* p points at a string's length, which was checked at open. It is read again here, and whoever writes to the file meanwhile is
 * found out later only (gguf_intact): until then no string reaches past the end. */
static void string_at(const gguf *g, const unsigned char *p, const char **s, size_t *len)
{
	const size_t left = g->size - (size_t)(p - g->bytes) - sizeof(uint64_t);
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	*s = (const char *)p + sizeof(n);
	*len = n < left ? (size_t)n : left;
}

bool gguf_str(const gguf *g, const char *key, const char **s, size_t *len)
{
	const gguf_pair *kv = find_pair(g, key);

	if (!kv || kv->array || kv->type != KV_STR)
		return false;
	string_at(g, kv->value, s, len);
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
	string_at(g, kv->strings[i], s, len);
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

bool gguf_is_file(const gguf *g, uint64_t device, uint64_t inode)
{
	return g->mapped && g->device == device && g->inode == inode;
}
