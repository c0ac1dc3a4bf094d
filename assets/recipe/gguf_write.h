/*
 * Writes a GGUF v3 file: metadata first, then tensors converted from float on the way out.
 * One thread. Errors are kept: every call after one does nothing, and gguf_write_finish reports it.
 */
#ifndef RECIPE_GGUF_WRITE_H
#define RECIPE_GGUF_WRITE_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of the format. */
enum gguf_write_type { GGUF_WRITE_F32 = 0, GGUF_WRITE_F16 = 1, GGUF_WRITE_Q8_0 = 8 };

typedef struct gguf_write gguf_write;

/* NULL when memory is short. gguf_write_free takes NULL. */
gguf_write *gguf_write_new(void);
void gguf_write_free(gguf_write *g);

void gguf_write_u32(gguf_write *g, const char *key, uint32_t x);
void gguf_write_f32(gguf_write *g, const char *key, float x);
void gguf_write_bool(gguf_write *g, const char *key, int x);
void gguf_write_string(gguf_write *g, const char *key, const char *x);
void gguf_write_strings(gguf_write *g, const char *key, char *const *x, size_t n);
void gguf_write_i32s(gguf_write *g, const char *key, const int32_t *x, size_t n);

/*
 * A tensor [rows, cols] (rows 0: a vector [cols]), cols contiguous: the file's ne[0] is cols, its ne[1]
 * rows. Q8_0 needs cols to be a multiple of 32. data must live until gguf_write_finish.
 */
void gguf_write_tensor(gguf_write *g, const char *name, enum gguf_write_type type, const float *data,
		       size_t rows, size_t cols);

/* Writes path (through path.tmp and rename). 0, or -1 with err. */
int gguf_write_finish(gguf_write *g, const char *path, char *err, size_t errlen);

/* IEEE half from float, round to nearest even, overflow to infinity. */
uint16_t half_from_float(float f);

#endif
