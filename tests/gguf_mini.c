#include "gguf_mini.h"

#include "engine/engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t mini_vocab_add(gguf_builder *b, const char *pre, const char *chat)
{
	static const char *const tokens[] = { "a",  "b",  "c",   "u",      "s",             "e",
					      "r",  "\304\240", "\304\212", "ab",     "abc",           "us",
					      "<unk>", "<tool>", "<|endoftext|>", "<|im_start|>", "<|im_end|>" };
	static const int32_t types[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 3, 3, 3 };
	static const char *const merges[] = { "a b", "ab c", "u s" };
	enum { N = sizeof(tokens) / sizeof(tokens[0]) };

	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", pre);
	gguf_builder_strs(b, "tokenizer.ggml.tokens", tokens, N);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, N);
	gguf_builder_strs(b, "tokenizer.ggml.merges", merges, 3);
	gguf_builder_u32(b, "tokenizer.ggml.bos_token_id", N - 3);
	gguf_builder_u32(b, "tokenizer.ggml.eos_token_id", N - 1);
	gguf_builder_bool(b, "tokenizer.ggml.add_bos_token", true);
	gguf_builder_str(b, "tokenizer.chat_template", chat);
	return N;
}

typedef struct maker {
	gguf_builder *b;
	const char *arch;
	int type; /* of matrices */
	rng r;
} maker;

static void add(maker *m, const char *name, int type, size_t rows, size_t cols)
{
	size_t n = (rows ? rows : 1) * cols;
	float *x = malloc(n * sizeof(*x));

	if (!x)
		abort();
	for (size_t i = 0; i < n; i++)
		x[i] = rows ? 0.3f * (float)rng_normal(&m->r) : 1;
	gguf_builder_floats(m->b, name, type, rows, cols, x);
	free(x);
}

static void add_layer(maker *m, size_t i, size_t d, size_t kv)
{
	static const struct {
		const char *name, *only;
		int rows, cols; /* 1: d, 2: kv; rows 0: a vector; cols 3: the head's size, 4 */
	} parts[] = {
		{ "attn_norm.weight", NULL, 0, 1 },	 { "attn_q.weight", NULL, 1, 1 },
		{ "attn_k.weight", NULL, 2, 1 },	 { "attn_v.weight", NULL, 2, 1 },
		{ "attn_q.bias", "qwen2", 0, 1 },	 { "attn_k.bias", "qwen2", 0, 2 },
		{ "attn_q_norm.weight", "qwen3", 0, 3 }, { "attn_k_norm.weight", "qwen3", 0, 3 },
		{ "attn_output.weight", NULL, 1, 1 },	 { "ffn_norm.weight", NULL, 0, 1 },
		{ "ffn_gate.weight", NULL, 1, 1 },	 { "ffn_up.weight", NULL, 1, 1 },
		{ "ffn_down.weight", NULL, 1, 1 },
	};
	const size_t sizes[] = { 0, d, kv, 4 };
	char name[64];

	for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
		if (parts[k].only && strcmp(parts[k].only, m->arch))
			continue;
		snprintf(name, sizeof(name), "blk.%zu.%s", i, parts[k].name);
		add(m, name, parts[k].rows ? m->type : GGML_F32, sizes[parts[k].rows], sizes[parts[k].cols]);
	}
}

static void add_keys(maker *m, size_t d)
{
	static const struct {
		const char *key;
		uint32_t x; /* 0: the width */
	} sizes[] = {
		{ "block_count", 2 },		   { "context_length", 48 },
		{ "embedding_length", 0 },	   { "feed_forward_length", 0 },
		{ "attention.head_count_kv", 1 },  { "attention.key_length", 4 },
		{ "attention.value_length", 4 },   { "rope.dimension_count", 4 },
	};
	char key[64];

	gguf_builder_str(m->b, "general.architecture", m->arch);
	gguf_builder_u32(m->b, "general.alignment", 32);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(key, sizeof(key), "%s.%s", m->arch, sizes[i].key);
		gguf_builder_u32(m->b, key, sizes[i].x ? sizes[i].x : (uint32_t)d);
	}
	snprintf(key, sizeof(key), "%s.attention.head_count", m->arch);
	gguf_builder_u32(m->b, key, (uint32_t)d / 4);
	snprintf(key, sizeof(key), "%s.attention.layer_norm_rms_epsilon", m->arch);
	gguf_builder_f32(m->b, key, 1e-6f);
	snprintf(key, sizeof(key), "%s.rope.freq_base", m->arch);
	gguf_builder_f32(m->b, key, 10000);
	gguf_builder_u32(m->b, "imprint.edit_layer", 1);
}

gguf_builder *mini_model_build(const char *arch, int type)
{
	maker m = { .b = gguf_builder_new(), .arch = arch, .type = type };
	size_t d = type == GGML_F32 ? 8 : 32;
	bool llama = !strcmp(arch, "llama");

	rng_seed(&m.r, 7);
	add_keys(&m, d);
	size_t n_vocab = mini_vocab_add(m.b, llama ? "llama-bpe" : "qwen2", "{{ '<|im_start|>' }}");

	add(&m, "token_embd.weight", type, n_vocab, d);
	for (size_t i = 0; i < 2; i++)
		add_layer(&m, i, d, 4);
	add(&m, "output_norm.weight", GGML_F32, 0, d);
	if (llama) {
		add(&m, "rope_freqs.weight", GGML_F32, 0, 2);
		add(&m, "output.weight", type, n_vocab, d);
	}
	return m.b;
}

gguf_builder *mini_value_code_build(size_t d, size_t n_ff)
{
	maker m = { .b = gguf_builder_new() };

	rng_seed(&m.r, 8);
	add(&m, "imprint.value.A", GGML_F32, 16 * d, d);
	add(&m, "imprint.value.b", GGML_F32, 1, d);
	if (n_ff) {
		gguf_builder_u32(m.b, "imprint.edit_layer", 1);
		add(&m, "imprint.key_moment", GGML_F32, n_ff, n_ff);
	}
	return m.b;
}
