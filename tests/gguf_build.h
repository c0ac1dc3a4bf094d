/*
 * gguf_build: GGUF files made for tests, in memory or on disk: any metadata and tensors, and a tiny
 * random model with a real byte-level vocabulary. Lack of memory or disk ends the test program.
 */
#ifndef TESTS_GGUF_BUILD_H
#define TESTS_GGUF_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gguf_builder gguf_builder;

gguf_builder *gguf_builder_new(void);
void gguf_builder_free(gguf_builder *b);
void gguf_builder_version(gguf_builder *b, uint32_t version); /* 3 unless set */
void gguf_builder_u32(gguf_builder *b, const char *key, uint32_t x);
void gguf_builder_f32(gguf_builder *b, const char *key, float x);
void gguf_builder_bool(gguf_builder *b, const char *key, bool x);
void gguf_builder_str(gguf_builder *b, const char *key, const char *s);
void gguf_builder_strs(gguf_builder *b, const char *key, const char *const *s, size_t n);
void gguf_builder_i32s(gguf_builder *b, const char *key, const int32_t *x, size_t n);
void gguf_builder_f32s(gguf_builder *b, const char *key, const float *x, size_t n);
/* data: the stored bytes, copied; type: a GGML_* number; shape [rows, cols]. rows 0 makes a vector
 * [cols]. */
void gguf_builder_tensor(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
			 const void *data, size_t bytes);
/* A tensor whose bytes, padded to a multiple of 32, the caller writes after gguf_builder_bytes(), in
 * this order: for files larger than memory. */
void gguf_builder_room(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
		       size_t bytes);
/* The same from floats [rows, cols], stored as GGML_F32 or GGML_Q8_0. */
void gguf_builder_floats(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
			 const float *x);
unsigned char *gguf_builder_bytes(const gguf_builder *b,
				  size_t *n); /* malloc'd; may be called again */
void gguf_builder_write(const gguf_builder *b, const char *path);

/* Weights N(0, scale / sqrt(cols)), norms near 1, biases (qwen2) small. type: of the matrices.
 * head_dim 0: n_embd / n_head. Vocabulary: 256 bytes, some English merges, <|endoftext|>
 * <|im_start|> <|im_end|>; ChatML. */
typedef struct tiny_model {
	const char *arch; /* "qwen2", "qwen3", "llama" */
	size_t n_embd, n_ff, n_layer, n_head, n_head_kv, head_dim, n_ctx;
	int type;
	bool own_output; /* not tied to the embedding */
	bool spm;        /* tiny_spm_add() for the vocabulary */
	int edit_layer;  /* written to the metadata; -1: not */
	float scale;
	uint64_t seed;
} tiny_model;

tiny_model tiny_model_default(
	void); /* qwen2, 64 wide, 2 layers, 4 heads, 2 kv heads, ffn 96, F32 */
gguf_builder *tiny_model_build(const tiny_model *t);
void tiny_model_write(const tiny_model *t, const char *path);
/* A value code: imprint.value.A [banks * n_tokens * d, d] and imprint.value.b [banks, d], small
 * random numbers. */
void tiny_value_code_write(const char *path, size_t banks, size_t n_tokens, size_t d,
			   uint64_t seed);
void test_spell_byte(unsigned b, char out[4]); /* its character in GPT-2's spelling of bytes */
/* Metadata of a byte-level vocabulary under tokenizer.ggml.*; returns its size. */
size_t tiny_vocab_add(gguf_builder *b, const char *pre);
/* The same of a SentencePiece vocabulary: <unk> <s> </s>, 256 byte tokens, some English pieces; the
 * Llama-2 template. */
size_t tiny_spm_add(gguf_builder *b);

/* A fresh folder under TMPDIR for a test's files; path [cap] gets folder/name. The folder and its
 * files are removed at exit. */
void test_path(char *path, size_t cap, const char *name);
/* A calibration text of n dialogues about somebody's `who`, at a test_path() of its own; false: it cannot be written. */
bool test_calibration(char *path, size_t cap, int n, const char *who);

#endif
