/*
 * mkgguf: a GGUF file with the shapes of a published model and random weights, for measuring speed
 * and memory where the model itself is not at hand. The bits of every block are random and its scale
 * is chosen so that the weights have a standard deviation of about 1 / sqrt(columns), so that the
 * numbers stay finite through all layers; what it says means nothing.
 *
 *     mkgguf SHAPE TYPE FILE      SHAPE, TYPE: see the tables below
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_int.h"
#include "engine/gguf_block.h"
#include "tests/gguf_build.h"

typedef struct shape {
	const char *name, *arch;
	size_t n_embd, n_ff, n_layer, n_head, n_head_kv, head_dim, n_vocab, n_ctx;
	float rope_theta, eps;
	bool tied;
} shape;

static const shape shapes[] = {
	{ "qwen2.5-0.5b", "qwen2", 896, 4864, 24, 14, 2, 64, 151936, 32768, 1e6f, 1e-6f, true },
	{ "qwen2.5-1.5b", "qwen2", 1536, 8960, 28, 12, 2, 128, 151936, 32768, 1e6f, 1e-6f, true },
	{ "qwen2.5-3b", "qwen2", 2048, 11008, 36, 16, 2, 128, 151936, 32768, 1e6f, 1e-6f, true },
	{ "llama-3.2-1b", "llama", 2048, 8192, 16, 32, 8, 64, 128256, 131072, 5e5f, 1e-5f, true },
	{ "llama-3.2-3b", "llama", 3072, 8192, 28, 24, 8, 128, 128256, 131072, 5e5f, 1e-5f, true },
	{ "qwen3-0.6b", "qwen3", 1024, 3072, 28, 16, 8, 128, 151936, 40960, 1e6f, 1e-6f, true },
	{ "smollm2-135m", "llama", 576, 1536, 30, 9, 3, 64, 49152, 8192, 1e5f, 1e-5f, true },
	/* of no published model: for tests that only want two sizes */
	{ "tiny-64", "qwen2", 64, 192, 4, 4, 2, 16, 1024, 2048, 1e6f, 1e-6f, true },
	{ "tiny-96", "llama", 96, 288, 5, 6, 2, 16, 1024, 2048, 1e5f, 1e-5f, true },
};

/* Where a block's half-precision scale stands, and the standard deviation of its values at scale 1.
 * Minima (q4_1, q5_1, K) are set so that the values' mean is near zero. */
typedef struct format {
	const char *name;
	int type;
	size_t scale_at, min_at; /* min_at 0: none */
	double deviation, min_over_scale;
} format;

static const format formats[] = {
	{ "f32", GGML_F32, 0, 0, 1, 0 },
	{ "f16", GGML_F16, 0, 0, 1, 0 },
	{ "bf16", GGML_BF16, 0, 0, 1, 0 },
	{ "q8_0", GGML_Q8_0, 0, 0, 73.9, 0 },
	{ "q4_0", GGML_Q4_0, 0, 0, 4.6, 0 },
	{ "q4_1", GGML_Q4_1, 0, 2, 4.6, -7.5 },
	{ "q5_0", GGML_Q5_0, 0, 0, 9.2, 0 },
	{ "q5_1", GGML_Q5_1, 0, 2, 9.2, -15.5 },
	{ "q4_k", GGML_Q4_K, 0, 2, 320, 7.5 },
	{ "q5_k", GGML_Q5_K, 0, 2, 650, 15.5 },
	{ "q6_k", GGML_Q6_K, 208, 0, 1360, 0 },
};

typedef struct maker {
	const shape *s;
	const format *f;
	gguf_builder *b;
	FILE *out; /* NULL while the head is made */
	rng random;
	bool bad;
} maker;

/* ---- numbers ---- */

static uint16_t half_bits(float x)
{
	union {
		float f;
		uint32_t u;
	} v = { .f = x };
	int e = (int)(v.u >> 23 & 255) - 112;
	return e <= 0 ? 0 : (uint16_t)((v.u >> 16 & 0x8000) | (uint32_t)e << 10 | (v.u >> 13 & 1023));
}

static void put_number(const format *f, float x, unsigned char *p)
{
	uint32_t bits;
	uint16_t half = half_bits(x);
	memcpy(&bits, &x, 4);
	if (f->type == GGML_F32)
		memcpy(p, &bits, 4);
	else if (f->type == GGML_F16)
		memcpy(p, &half, 2);
	else
		memcpy(p, (unsigned char *)&bits + 2, 2); /* little-endian bfloat16 */
}

/* One block of random weights. */
static void put_block(maker *m, size_t values, size_t bytes, double deviation, unsigned char *p)
{
	const format *f = m->f;
	if (values == 1) {
		put_number(f, (float)((rng_uniform(&m->random) - 0.5) * 3.46 * deviation), p);
		return;
	}
	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t x = rng_next(&m->random);
		memcpy(p + i, &x, bytes - i < 8 ? bytes - i : 8);
	}
	float scale = (float)(deviation / f->deviation);
	uint16_t d = half_bits(scale), min = half_bits((float)f->min_over_scale * scale);
	memcpy(p + f->scale_at, &d, 2);
	if (f->min_at)
		memcpy(p + f->min_at, &min, 2);
}

/* ---- tensors ---- */

static void write_padded(maker *m, const void *p, size_t n)
{
	static const char zeros[32];
	size_t pad = (32 - n % 32) % 32;
	m->bad = m->bad || fwrite(p, 1, n, m->out) != n || fwrite(zeros, 1, pad, m->out) != pad;
}

static void vector(maker *m, const char *name, size_t n, float value)
{
	if (!m->out) {
		gguf_builder_room(m->b, name, GGML_F32, 0, n, n * sizeof(float));
		return;
	}
	float *x = alloc_array(n, 1, sizeof(*x));
	for (size_t i = 0; x && i < n; i++)
		x[i] = value;
	m->bad = m->bad || !x;
	if (x)
		write_padded(m, x, n * sizeof(*x));
	free(x);
}

static void matrix(maker *m, const char *name, size_t rows, size_t cols)
{
	size_t values = 1, bytes = 1;
	gguf_block_size(m->f->type, &values, &bytes);
	if (cols % values) {
		fprintf(stderr, "mkgguf: %s has rows of %zu values, %s needs multiples of %zu\n", name,
			cols, m->f->name, values);
		exit(1);
	}
	size_t row = cols / values * bytes;
	if (!m->out) {
		gguf_builder_room(m->b, name, m->f->type, rows, cols, rows * row);
		return;
	}
	unsigned char *p = alloc_array(row + 8, 1, 1);
	m->bad = m->bad || !p;
	for (size_t r = 0; !m->bad && r < rows; r++) {
		for (size_t i = 0; i < row; i += bytes)
			put_block(m, values, bytes, 0.6 / sqrt((double)cols), p + i);
		m->bad = fwrite(p, 1, row, m->out) != row;
	}
	free(p);
	if (!m->bad)
		write_padded(m, "", rows * row % 32 ? 32 - rows * row % 32 : 0);
}

static void layer_tensors(maker *m, size_t i)
{
	const shape *s = m->s;
	size_t q = s->n_head * s->head_dim, kv = s->n_head_kv * s->head_dim;
	char name[64];
#define NAME(what) (snprintf(name, sizeof(name), "blk.%zu." what, i), name)
	vector(m, NAME("attn_norm.weight"), s->n_embd, 1);
	matrix(m, NAME("attn_q.weight"), q, s->n_embd);
	matrix(m, NAME("attn_k.weight"), kv, s->n_embd);
	matrix(m, NAME("attn_v.weight"), kv, s->n_embd);
	if (!strcmp(s->arch, "qwen2")) {
		vector(m, NAME("attn_q.bias"), q, 0.01f);
		vector(m, NAME("attn_k.bias"), kv, 0.01f);
		vector(m, NAME("attn_v.bias"), kv, 0.01f);
	}
	if (!strcmp(s->arch, "qwen3")) {
		vector(m, NAME("attn_q_norm.weight"), s->head_dim, 1);
		vector(m, NAME("attn_k_norm.weight"), s->head_dim, 1);
	}
	matrix(m, NAME("attn_output.weight"), s->n_embd, q);
	vector(m, NAME("ffn_norm.weight"), s->n_embd, 1);
	matrix(m, NAME("ffn_gate.weight"), s->n_ff, s->n_embd);
	matrix(m, NAME("ffn_up.weight"), s->n_ff, s->n_embd);
	matrix(m, NAME("ffn_down.weight"), s->n_embd, s->n_ff);
#undef NAME
}

static void tensors(maker *m)
{
	matrix(m, "token_embd.weight", m->s->n_vocab, m->s->n_embd);
	vector(m, "output_norm.weight", m->s->n_embd, 1);
	if (!m->s->tied)
		matrix(m, "output.weight", m->s->n_vocab, m->s->n_embd);
	if (!strcmp(m->s->arch, "llama"))
		vector(m, "rope_freqs.weight", m->s->head_dim / 2, 1);
	for (size_t i = 0; i < m->s->n_layer; i++)
		layer_tensors(m, i);
}

/* ---- metadata ---- */

/* Every byte, every pair of bytes, then pairs with a third: each from one merge. The last three
 * are control tokens. */
static void vocabulary(gguf_builder *b, size_t n, const char *pre)
{
	static const char *const control[] = { "<|endoftext|>", "<|im_start|>", "<|im_end|>" };
	size_t plain = n - 3, n_merges = plain - 256;
	char(*pieces)[12] = calloc(n, sizeof(*pieces));
	char(*merges)[16] = calloc(n, sizeof(*merges));
	const char **ps = calloc(n, sizeof(*ps)), **ms = calloc(n, sizeof(*ms));
	int32_t *types = calloc(n, sizeof(*types));
	if (!pieces || !merges || !ps || !ms || !types)
		exit(1);
	for (size_t i = 0; i < plain; i++) {
		size_t k = i - 256, left = k < 65536 ? k / 256 : 256 + (k - 65536) / 256;
		if (i < 256) {
			test_spell_byte((unsigned)i, pieces[i]);
			continue;
		}
		snprintf(pieces[i], sizeof(pieces[i]), "%s%s", pieces[left], pieces[k % 256]);
		snprintf(merges[k], sizeof(merges[k]), "%s %s", pieces[left], pieces[k % 256]);
	}
	for (size_t i = 0; i < n; i++) {
		ps[i] = i < plain ? pieces[i] : control[i - plain];
		ms[i] = merges[i];
		types[i] = i < plain ? 1 : 3;
	}
	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", pre);
	gguf_builder_strs(b, "tokenizer.ggml.tokens", ps, n);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, n);
	gguf_builder_strs(b, "tokenizer.ggml.merges", ms, n_merges);
	gguf_builder_u32(b, "tokenizer.ggml.eos_token_id", (uint32_t)n - 1);
	gguf_builder_u32(b, "tokenizer.ggml.bos_token_id", (uint32_t)plain);
	gguf_builder_bool(b, "tokenizer.ggml.add_bos_token", false);
	gguf_builder_str(b, "tokenizer.chat_template",
			 "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
			 "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
	free(pieces);
	free(merges);
	free(ps);
	free(ms);
	free(types);
}

static void metadata(gguf_builder *b, const shape *s)
{
	char key[96];
#define KEY(what) (snprintf(key, sizeof(key), "%s." what, s->arch), key)
	gguf_builder_str(b, "general.architecture", s->arch);
	gguf_builder_str(b, "general.name", s->name);
	gguf_builder_u32(b, KEY("block_count"), (uint32_t)s->n_layer);
	gguf_builder_u32(b, KEY("context_length"), (uint32_t)s->n_ctx);
	gguf_builder_u32(b, KEY("embedding_length"), (uint32_t)s->n_embd);
	gguf_builder_u32(b, KEY("feed_forward_length"), (uint32_t)s->n_ff);
	gguf_builder_u32(b, KEY("attention.head_count"), (uint32_t)s->n_head);
	gguf_builder_u32(b, KEY("attention.head_count_kv"), (uint32_t)s->n_head_kv);
	gguf_builder_u32(b, KEY("attention.key_length"), (uint32_t)s->head_dim);
	gguf_builder_u32(b, KEY("attention.value_length"), (uint32_t)s->head_dim);
	gguf_builder_u32(b, KEY("rope.dimension_count"), (uint32_t)s->head_dim);
	gguf_builder_f32(b, KEY("rope.freq_base"), s->rope_theta);
	gguf_builder_f32(b, KEY("attention.layer_norm_rms_epsilon"), s->eps);
	vocabulary(b, s->n_vocab, strcmp(s->arch, "llama") ? "qwen2" : "llama-bpe");
#undef KEY
}

/* ---- main ---- */

static int usage(void)
{
	fprintf(stderr, "usage: mkgguf SHAPE TYPE FILE\nshapes:");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		fprintf(stderr, " %s", shapes[i].name);
	fprintf(stderr, "\ntypes:");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		fprintf(stderr, " %s", formats[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	maker m = { 0 };
	size_t n;
	for (size_t i = 0; argc == 4 && i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (!strcmp(shapes[i].name, argv[1]))
			m.s = &shapes[i];
	for (size_t i = 0; argc == 4 && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, argv[2]))
			m.f = &formats[i];
	if (!m.s || !m.f)
		return usage();
	rng_seed(&m.random, 20251);
	m.b = gguf_builder_new();
	metadata(m.b, m.s);
	tensors(&m);
	unsigned char *head = gguf_builder_bytes(m.b, &n);
	gguf_builder_free(m.b);
	m.out = fopen(argv[3], "wb");
	m.bad = !m.out || fwrite(head, 1, n, m.out) != n;
	free(head);
	if (!m.bad)
		tensors(&m);
	if ((m.out && fclose(m.out)) || m.bad) {
		fprintf(stderr, "mkgguf: %s cannot be written\n", argv[3]);
		return 1;
	}
	return 0;
}
