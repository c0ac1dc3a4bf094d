/*
 * gguf_mini: the smallest whole model, some kilobytes, for tests that open it thousands of times: every
 * tensor and key that an architecture has, eight wide, with a vocabulary of a handful of tokens.
 */
#ifndef TESTS_GGUF_MINI_H
#define TESTS_GGUF_MINI_H

#include "gguf_build.h"

/* arch: "qwen2", "qwen3" or "llama"; type: of the matrices, GGML_F32, or GGML_Q8_0 (then 32 wide). */
gguf_builder *mini_model_build(const char *arch, int type);
/* The vocabulary alone; returns its size. chat: the template's text. */
size_t mini_vocab_add(gguf_builder *b, const char *pre, const char *chat);
/* A value code for a model d wide, of one bank, with a moment of n_ff [n_ff, n_ff] (0: none). */
gguf_builder *mini_value_code_build(size_t d, size_t n_ff);

#endif
