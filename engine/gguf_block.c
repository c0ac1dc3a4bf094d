/*
 * gguf_block: single rows of ggml's block formats, for any processor. kernels_load.inc describes
 * the formats.
 */
#include "gguf_block.h"
#include "engine_int.h"

#include <assert.h>

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

#include "kernels_load.inc"

const void *gguf_row_bytes(const gguf_tensor *t, size_t row)
{
	size_t values = 1, bytes = 1;

	assert(row < t->rows);
	gguf_block_size(t->type, &values, &bytes);
	return (const unsigned char *)t->data + row * (t->cols / values * bytes);
}

void gguf_row(const gguf_tensor *t, size_t row, float *out)
{
	decode_values(t->type, gguf_row_bytes(t, row), t->cols, out);
}
