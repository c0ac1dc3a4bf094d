/*
 * gguf_fields: where the numbers of a GGUF file stand: every length, type, count, value, shape and
 * offset of its header. A second reading of the format, for those who damage files on purpose.
 */
#ifndef TESTS_GGUF_FIELDS_H
#define TESTS_GGUF_FIELDS_H

#include <stddef.h>
#include <stdint.h>

enum gguf_field_kind { FIELD_LENGTH, FIELD_TYPE, FIELD_COUNT, FIELD_NUMBER, FIELD_FLOAT, FIELD_SHAPE, FIELD_OFFSET };

typedef struct gguf_field {
	size_t at, width; /* bytes */
	enum gguf_field_kind kind;
} gguf_field;

/* Fills at most cap fields of a file, in order, as far as it makes sense; returns how many. */
size_t gguf_fields(const unsigned char *file, size_t size, gguf_field *out, size_t cap);
uint64_t gguf_field_get(const unsigned char *file, gguf_field f);
void gguf_field_set(unsigned char *file, gguf_field f, uint64_t x); /* cut to its width */
/* Lie number i (from 0) about a field that says x; false: there is no such lie, or it would be true. */
int gguf_field_lie(gguf_field f, uint64_t x, size_t i, uint64_t *lie);
enum { GGUF_LIES = 9 };

#endif
