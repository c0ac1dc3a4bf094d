/* quant: weights as the kernels want them (see kernels.h for the packed layout). */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

typedef struct quant_job {
	linear *l;
	const gguf_tensor *w;
	kernels kern;
	float *rows;        /* [threads, cols] work space */
	int8_t *narrow;     /* [threads, KERNEL_ROWS, padded cols], zero past the columns */
	atomic_bool broken; /* a weight is not finite */
} quant_job;

/* 16 rows [cols] each -> a block's weights: four columns of row 0, of row 1, ... */
static void interleave(const int8_t *rows, size_t cols, int8_t *out)
{
	for (size_t c = 0; c < cols; c += 4, out += 4 * KERNEL_ROWS)
		for (size_t i = 0; i < KERNEL_ROWS; i++)
			memcpy(out + 4 * i, rows + i * cols + c, 4);
}

static void pack_block(quant_job *j, size_t b, float *row, int8_t *narrow)
{
	linear *l = j->l;
	size_t cols = kernel_cols(l->cols), from = b * KERNEL_ROWS;
	int8_t *block = l->q + b * kernel_block_bytes(l->cols);
	int32_t correction[KERNEL_ROWS] = { 0 }, sum = 0;
	for (size_t i = 0; i < KERNEL_ROWS; i++) {
		size_t r = from + i;
		if (r >= l->rows) {
			memset(narrow + i * cols, 0, cols);
			continue;
		}
		j->kern.decode(j->w->type, gguf_row_bytes(j->w, r), l->cols, row);
		if (!j->kern.narrow(row, l->cols, narrow + i * cols, &l->scale[r], &sum)) {
			atomic_store(&j->broken, true);
			return;
		}
		correction[i] = -128 * sum;
	}
	memcpy(block, correction, sizeof(correction));
	interleave(narrow, cols, block + sizeof(correction));
}

static void pack_part(void *arg, int i, int n)
{
	quant_job *j = arg;
	size_t blocks = kernel_blocks(j->l->rows);
	size_t cols = kernel_cols(j->l->cols), t = (size_t)i;
	for (size_t b = t; b < blocks; b += (size_t)n)
		pack_block(j, b, j->rows + t * j->l->cols, j->narrow + t * KERNEL_ROWS * cols);
}

static void decode_part(void *arg, int i, int n)
{
	quant_job *j = arg;
	for (size_t r = (size_t)i; r < j->l->rows; r += (size_t)n) {
		float *row = j->l->f32 + r * j->l->cols;
		gguf_row(j->w, r, row);
		if (!floats_finite(row, j->l->cols))
			atomic_store(&j->broken, true);
	}
}

static int not_a_number(const gguf_tensor *t, char *err, size_t errlen)
{
	return fail(err, errlen, ENGINE_EFORMAT, "tensor %.*s holds a value that is not a number", (int)t->name_len, t->name);
}

static int linear_fill(linear *l, const gguf_tensor *w, int precision, unsigned cpu, pool *p)
{
	quant_job j = { .l = l, .w = w };
	int rc = ENGINE_OK;
	if (precision == ENGINE_FP32) {
		l->f32 = alloc_array(l->rows, l->cols, sizeof(float));
		if (!l->f32)
			return ENGINE_ENOMEM;
		pool_run(p, decode_part, &j);
	} else {
		size_t threads = (size_t)pool_size(p);
		kernels_init(&j.kern, cpu);
		l->q = pages_new(kernel_blocks(l->rows), kernel_block_bytes(l->cols), &l->q_bytes);
		l->scale = alloc_array(kernel_blocks(l->rows), KERNEL_ROWS, sizeof(float));
		j.rows = alloc_array(threads, l->cols, sizeof(float));
		j.narrow = alloc_array(threads * KERNEL_ROWS, kernel_cols(l->cols), 1);
		if (l->q && l->scale && j.rows && j.narrow) {
			pages_prefer_huge(l->q, l->q_bytes);
			pool_run(p, pack_part, &j);
		} else {
			rc = ENGINE_ENOMEM;
		}
		free(j.rows);
		free(j.narrow);
	}
	return rc ? rc : atomic_load(&j.broken) ? ENGINE_EFORMAT : ENGINE_OK;
}

int linear_init(linear *l, const gguf_tensor *w, const gguf_tensor *bias, int precision,
		unsigned cpu, pool *p, char *err, size_t errlen)
{
	linear new = { .rows = w->rows, .cols = w->cols };
	int rc;
	if (precision == ENGINE_W8A16 && w->cols > KERNEL_MAX_COLS)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "tensor %.*s has %zu columns; at most %d are supported",
			    (int)w->name_len, w->name, w->cols, KERNEL_MAX_COLS);
	if (bias) {
		new.bias = alloc_array(kernel_blocks(w->rows), KERNEL_ROWS, sizeof(float));
		if (!new.bias)
			return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
		gguf_row(bias, 0, new.bias);
		if (!floats_finite(new.bias, w->rows)) {
			linear_release(&new);
			return not_a_number(bias, err, errlen);
		}
	}
	rc = linear_fill(&new, w, precision, cpu, p);
	if (rc) {
		linear_release(&new);
		return rc == ENGINE_ENOMEM ? fail(err, errlen, rc, "out of memory") : not_a_number(w, err, errlen);
	}
	*l = new;
	return ENGINE_OK;
}

void linear_release(linear *l)
{
	pages_free(l->q, l->q_bytes);
	free(l->scale);
	free(l->f32);
	free(l->bias);
	*l = (linear){ 0 };
}
