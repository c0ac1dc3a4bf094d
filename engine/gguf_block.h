/*
 * gguf_block: the ways GGUF stores numbers.
 */
#ifndef ENGINE_GGUF_BLOCK_H
#define ENGINE_GGUF_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* Values per block and bytes per block of a GGML_* type; false: a type this program does not read.
 */
bool gguf_block_size(int type, size_t *values, size_t *bytes);

#endif
