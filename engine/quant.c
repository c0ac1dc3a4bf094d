/* quant: weights as the kernels want them (see kernels.h for the packed layout). */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

typedef struct quant_job {
	linear *l;
	const gguf_tensor *w;
	float *rows;        /* [threads, cols] work space */
	atomic_bool broken; /* a weight is not finite */
} quant_job;

/* One row into its place in the block; returns the sum of its weights, -1 in *ok's stead if one
 * is not finite. */
static int32_t pack_row(const float *x, size_t cols, size_t lane, int8_t *block, float *scale,
			bool *ok)
{
	float max = 0;
	int32_t sum = 0;
	for (size_t c = 0; c < cols; c++) {
		if (!isfinite(x[c])) {
			*ok = false;
			return 0;
		}
		max = fabsf(x[c]) > max ? fabsf(x[c]) : max;
	}
	float inverse = max > 0 ? 127.0f / max : 0;
	if (!isfinite(inverse)) /* a row of denormal weights: as good as zero */
		inverse = max = 0;
	*scale = max / 127.0f;
	for (size_t c = 0; c < cols; c++) {
		long q = lrintf(x[c] * inverse);
		q = q > 127 ? 127 : q < -127 ? -127 : q;
		block[64 + c / 4 * 64 + lane * 4 + c % 4] = (int8_t)q;
		sum += (int32_t)q;
	}
	return sum;
}

static void pack_block(quant_job *j, size_t b, float *row)
{
	linear *l = j->l;
	int8_t *block = l->q + b * kernel_block_bytes(l->cols);
	int32_t correction[KERNEL_ROWS] = { 0 };
	bool ok = true;
	for (size_t i = 0; i < KERNEL_ROWS && b * KERNEL_ROWS + i < l->rows; i++) {
		size_t r = b * KERNEL_ROWS + i;
		gguf_row(j->w, r, row);
		correction[i] = -128 * pack_row(row, l->cols, i, block, &l->scale[r], &ok);
	}
	memcpy(block, correction, sizeof(correction));
	if (!ok)
		atomic_store(&j->broken, true);
}

static void pack_part(void *arg, int i, int n)
{
	quant_job *j = arg;
	size_t blocks = kernel_blocks(j->l->rows);
	for (size_t b = (size_t)i; b < blocks; b += (size_t)n)
		pack_block(j, b, j->rows + (size_t)i * j->l->cols);
}

static void decode_part(void *arg, int i, int n)
{
	quant_job *j = arg;
	for (size_t r = (size_t)i; r < j->l->rows; r += (size_t)n) {
		float *row = j->l->f32 + r * j->l->cols;
		gguf_row(j->w, r, row);
		for (size_t c = 0; c < j->l->cols; c++)
			if (!isfinite(row[c]))
				atomic_store(&j->broken, true);
	}
}

static int linear_fill(linear *l, const gguf_tensor *w, int precision, pool *p)
{
	quant_job j = { .l = l, .w = w };
	int rc = ENGINE_OK;
	if (precision == ENGINE_FP32) {
		l->f32 = alloc_array(l->rows, l->cols, sizeof(float));
		if (!l->f32)
			return ENGINE_ENOMEM;
		pool_run(p, decode_part, &j);
	} else {
		l->q = alloc_array(kernel_blocks(l->rows), kernel_block_bytes(l->cols), 1);
		l->scale = alloc_array(kernel_blocks(l->rows), KERNEL_ROWS, sizeof(float));
		j.rows = alloc_array((size_t)pool_size(p), l->cols, sizeof(float));
		if (l->q && l->scale && j.rows)
			pool_run(p, pack_part, &j);
		else
			rc = ENGINE_ENOMEM;
		free(j.rows);
	}
	return rc ? rc : atomic_load(&j.broken) ? ENGINE_EFORMAT : ENGINE_OK;
}

int linear_init(linear *l, const gguf_tensor *w, const gguf_tensor *bias, int precision,
		unsigned cpu, pool *p, char *err, size_t errlen)
{
	linear new = { .rows = w->rows, .cols = w->cols };
	int rc;
	(void)cpu; /* one layout serves every table */
	if (precision == ENGINE_W8A16 && w->cols > KERNEL_MAX_COLS)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "tensor %.*s has %zu columns; at most %d are supported",
			    (int)w->name_len, w->name, w->cols, KERNEL_MAX_COLS);
	if (bias) {
		new.bias = alloc_array(kernel_blocks(w->rows), KERNEL_ROWS, sizeof(float));
		if (!new.bias)
			return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
		gguf_row(bias, 0, new.bias);
	}
	rc = linear_fill(&new, w, precision, p);
	if (rc) {
		linear_release(&new);
		return rc == ENGINE_ENOMEM ? fail(err, errlen, rc, "out of memory")
					   : fail(err, errlen, rc,
						  "tensor %.*s holds a value that is not a number",
						  (int)w->name_len, w->name);
	}
	*l = new;
	return ENGINE_OK;
}

void linear_release(linear *l)
{
	free(l->q);
	free(l->scale);
	free(l->f32);
	free(l->bias);
	*l = (linear){ 0 };
}
