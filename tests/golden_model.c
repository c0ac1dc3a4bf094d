#include "golden_model.h"

#include "engine/engine_int.h"
#include "engine/half.h"
#include "gguf_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Python's random.Random ---- */

/* MT19937 (Matsumoto and Nishimura 1998), seeded by an array of one number as Python does. */
typedef struct mt {
	uint32_t s[624];
	int at;
	double kept; /* gauss() makes two numbers at a time */
	bool has_kept;
} mt;

static void mt_seed(mt *r, uint32_t seed)
{
	uint32_t *s = r->s;
	int i = 1;

	s[0] = 19650218;
	for (int k = 1; k < 624; k++)
		s[k] = 1812433253u * (s[k - 1] ^ s[k - 1] >> 30) + (uint32_t)k;
	for (int k = 624; k; k--) {
		s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) + seed;
		if (++i == 624) {
			s[0] = s[623];
			i = 1;
		}
	}
	for (int k = 623; k; k--) {
		s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
		if (++i == 624) {
			s[0] = s[623];
			i = 1;
		}
	}
	s[0] = 0x80000000u;
	r->at = 624;
	r->has_kept = false;
}

static uint32_t mt_next(mt *r)
{
	uint32_t *s = r->s;

	if (r->at == 624) {
		for (int k = 0; k < 624; k++) {
			uint32_t y = (s[k] & 0x80000000u) | (s[(k + 1) % 624] & 0x7fffffffu);

			s[k] = s[(k + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
		}
		r->at = 0;
	}
	uint32_t y = s[r->at++];

	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680u;
	y ^= y << 15 & 0xefc60000u;
	return y ^ y >> 18;
}

static double mt_uniform(mt *r)
{
	double high = mt_next(r) >> 5, low = mt_next(r) >> 6;

	return (high * 67108864.0 + low) / 9007199254740992.0;
}

static double mt_gauss(mt *r)
{
	if (r->has_kept) {
		r->has_kept = false;
		return r->kept;
	}
	double angle = mt_uniform(r) * 6.283185307179586, /* 2 pi */
		radius = sqrt(-2.0 * log(1.0 - mt_uniform(r)));

	r->kept = sin(angle) * radius;
	r->has_kept = true;
	return cos(angle) * radius;
}

/* ---- the weights ---- */

typedef struct shape {
	const char *arch, *pre;
	uint32_t seed;
	size_t embd, ff, head_dim;
	double theta, eps;
} shape;

static const shape shapes[] = {
	{ "qwen2", "qwen2", 20251, 256, 512, 64, 1e6, 1e-6 },
	{ "qwen3", "qwen2", 20252, 128, 160, 64, 1e6, 1e-6 },
	{ "llama", "llama-bpe", 20253, 128, 224, 32, 5e5, 1e-5 },
};

enum { LAYERS = 2, HEADS = 4, KV_HEADS = 2, MAX_TENSORS = 40 };

typedef struct drawn {
	char name[64];
	size_t rows, cols; /* rows 0: a vector */
	float *x;
} drawn;

typedef struct weights {
	mt r;
	drawn t[MAX_TENSORS];
	size_t n;
} weights;

static float *add_tensor(weights *w, const char *name, size_t rows, size_t cols)
{
	drawn *t = &w->t[w->n++];

	snprintf(t->name, sizeof(t->name), "%s", name);
	t->rows = rows;
	t->cols = cols;
	t->x = calloc((rows ? rows : 1) * cols, sizeof(*t->x));
	if (!t->x)
		abort();
	return t->x;
}

static void draw(weights *w, const char *name, size_t rows, size_t cols, double deviation, double mean)
{
	float *x = add_tensor(w, name, rows, cols);

	for (size_t i = 0; i < (rows ? rows : 1) * cols; i++)
		x[i] = (float)(mean + mt_gauss(&w->r) * deviation);
}

static void draw_in(weights *w, int index, const char *name, size_t rows, size_t cols, double deviation,
		    double mean)
{
	char full[64];

	snprintf(full, sizeof(full), "blk.%d.%s", index, name);
	draw(w, full, rows, cols, deviation, mean);
}

/* Llama 3.2's formula with factor 32, low 1, high 4, but an original context of 64. */
static void add_rope_factors(weights *w, const shape *s)
{
	float *x = add_tensor(w, "rope_freqs.weight", 0, s->head_dim / 2);

	for (size_t i = 0; i < s->head_dim / 2; i++) {
		double length = 6.283185307179586 * pow(s->theta, 2.0 * (double)i / (double)s->head_dim);
		double smooth = (64.0 / length - 1.0) / 3.0;

		x[i] = (float)(length < 16   ? 1.0
			       : length > 64 ? 32.0
					     : 1 / ((1 - smooth) / 32.0 + smooth));
	}
}

static void draw_layer(weights *w, const shape *s, int i)
{
	static const char *const names[] = { "attn_q", "attn_k", "attn_v" };
	size_t d = s->embd, rows[] = { HEADS * s->head_dim, KV_HEADS * s->head_dim, KV_HEADS * s->head_dim };
	char name[32];

	draw_in(w, i, "attn_norm.weight", 0, d, 0.1, 1);
	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "%s.weight", names[k]);
		draw_in(w, i, name, rows[k], d, 0.05, 0);
		snprintf(name, sizeof(name), "%s.bias", names[k]);
		if (!strcmp(s->arch, "qwen2"))
			draw_in(w, i, name, 0, rows[k], 0.1, 0);
	}
	if (!strcmp(s->arch, "qwen3")) {
		draw_in(w, i, "attn_q_norm.weight", 0, s->head_dim, 0.15, 1);
		draw_in(w, i, "attn_k_norm.weight", 0, s->head_dim, 0.15, 1);
	}
	draw_in(w, i, "attn_output.weight", d, rows[0], 0.05, 0);
	draw_in(w, i, "ffn_norm.weight", 0, d, 0.1, 1);
	draw_in(w, i, "ffn_gate.weight", s->ff, d, 0.05, 0);
	draw_in(w, i, "ffn_up.weight", s->ff, d, 0.05, 0);
	draw_in(w, i, "ffn_down.weight", d, s->ff, 0.05, 0);
}

static void draw_all(weights *w, const shape *s)
{
	mt_seed(&w->r, s->seed);
	draw(w, "token_embd.weight", GOLDEN_VOCAB, s->embd, 0.05, 0);
	if (!strcmp(s->arch, "llama"))
		add_rope_factors(w, s);
	for (int i = 0; i < LAYERS; i++)
		draw_layer(w, s, i);
	draw(w, "output_norm.weight", 0, s->embd, 0.1, 1);
	if (!strcmp(s->arch, "llama"))
		draw(w, "output.weight", GOLDEN_VOCAB, s->embd, 0.05, 0);
}

/* ---- rounding to blocks of 32; the layouts are described in engine/gguf_block.c ---- */

static unsigned char *put_half(unsigned char *p, float x)
{
	uint16_t h = half_from_float(x);

	*p++ = (unsigned char)(h & 255);
	*p++ = (unsigned char)(h >> 8);
	return p;
}

/* Nearest even. */
static unsigned char *put_bf16(unsigned char *p, float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof(u));
	u += 0x7fff + (u >> 16 & 1);
	*p++ = (unsigned char)(u >> 16 & 255);
	*p++ = (unsigned char)(u >> 24);
	return p;
}

/* d = largest |x| / 127; q = x / d, halves away from zero. */
static unsigned char *put_q8_0(unsigned char *p, const float *x)
{
	float most = 0;

	for (int i = 0; i < 32; i++)
		most = fmaxf(most, fabsf(x[i]));
	float d = most / 127, inverse = d > 0 ? 1 / d : 0;

	p = put_half(p, d);
	for (int i = 0; i < 32; i++)
		*p++ = (unsigned char)(signed char)roundf(x[i] * inverse);
	return p;
}

/* Four bits of each value, and with five the fifth ones before them. */
static unsigned char *put_bits(unsigned char *p, const int *q, int bits)
{
	uint32_t high = 0;

	for (int i = 0; i < 32; i++)
		high |= (uint32_t)(q[i] >> 4) << i;
	for (int i = 0; bits == 5 && i < 4; i++)
		*p++ = (unsigned char)(high >> 8 * i & 255);
	for (int i = 0; i < 16; i++)
		*p++ = (unsigned char)((q[i] & 15) | (q[i + 16] & 15) << 4);
	return p;
}

/* Q4_0, Q5_0: the value with the largest |x| becomes the lowest level, -2^(bits-1). */
static unsigned char *put_symmetric(unsigned char *p, const float *x, int bits)
{
	int q[32], half = 1 << (bits - 1);
	float far = 0;

	for (int i = 0; i < 32; i++)
		far = fabsf(x[i]) > fabsf(far) ? x[i] : far;
	float d = far / (float)-half, inverse = d != 0 ? 1 / d : 0;

	for (int i = 0; i < 32; i++) {
		q[i] = (int)(x[i] * inverse + (float)half + 0.5f);
		q[i] = q[i] < 2 * half ? q[i] : 2 * half - 1;
	}
	return put_bits(put_half(p, d), q, bits);
}

/* Q4_1, Q5_1: levels from the smallest to the largest value. */
static unsigned char *put_from_minimum(unsigned char *p, const float *x, int bits)
{
	int q[32], levels = (1 << bits) - 1;
	float low = x[0], high = x[0];

	for (int i = 1; i < 32; i++) {
		low = fminf(low, x[i]);
		high = fmaxf(high, x[i]);
	}
	float d = (high - low) / (float)levels, inverse = d > 0 ? 1 / d : 0;

	for (int i = 0; i < 32; i++) {
		q[i] = (int)((x[i] - low) * inverse + 0.5f);
		q[i] = q[i] < levels ? q[i] : levels;
	}
	return put_bits(put_half(put_half(p, d), low), q, bits);
}

static unsigned char *put_block(unsigned char *p, int type, const float *x)
{
	switch (type) {
	case GGML_Q8_0:
		return put_q8_0(p, x);
	case GGML_Q4_0:
		return put_symmetric(p, x, 4);
	case GGML_Q5_0:
		return put_symmetric(p, x, 5);
	case GGML_Q4_1:
		return put_from_minimum(p, x, 4);
	case GGML_Q5_1:
		return put_from_minimum(p, x, 5);
	}
	for (int i = 0; i < 32; i++)
		p = type == GGML_F16 ? put_half(p, x[i]) : put_bf16(p, x[i]);
	return p;
}

static void put_tensor(gguf_builder *b, const char *name, const drawn *t, int type)
{
	size_t n = (t->rows ? t->rows : 1) * t->cols;

	if (!t->rows || type == GGML_F32) {
		gguf_builder_tensor(b, name, GGML_F32, t->rows, t->cols, t->x, n * sizeof(float));
		return;
	}
	unsigned char *q = malloc(n * 2), *p = q; /* two bytes a value are the most */

	if (!q)
		abort();
	for (size_t i = 0; i < n; i += 32)
		p = put_block(p, type, t->x + i);
	gguf_builder_tensor(b, name, type, t->rows, t->cols, q, (size_t)(p - q));
	free(q);
}

/* ---- the file ---- */

static const char *const merges[] = {
	"t h", "i n", "\304\240 th", "\304\240 \304\240", "\304\240 1", "\304\240 i", "a t",
	"e r", "\304\240 f", "\304\240th e", "a n", "\303\203 \302\251", "\304\240 n", "0 0",
	"h e", "o n", "o r", "r e", "s e", "\303\243 \304\243", "\304\212 \304\212",
	"\304\240 s", "\304\240 w", "\304\2401 2", "= =", "an d", "d e", "d o", "in g", "l l",
	"o u", "t e", "u m", "v e", "\303\260 \305\201", "\304\215 \304\212", "\304\240 (",
	"\304\240 0", "\304\240 I", "\304\240 and", "\304\240 in", "\304\240 {", "\304\240 }",
	"\304\24012 3", "\304\240\304\240 \304\240", "! !", "\" \"", "# #", "' '", "' s", "* *",
	"- -", ". .", "0 2", "02 4", "2 024", "9 9", "\077 \077", "L L", "a \303\203", "b er",
	"do g", "er e", "h ere", "he ll", "hell o", "in e", "in t", "l d", "m at", "m e", "o th",
	"on e", "or ld", "p a", "r n", "re t", "ret u", "retu rn", "s t", "\302\245 \302\275",
	"\302\273 \303\216", "\302\275 \305\202", "\302\275\305\202 \303\245",
	"\302\275\305\202\303\245 \302\245\302\275", "\303\214 \304\243", "\303\220 \302\270",
	"\303\221 \304\242", "\303\244 \302\270",
	"\303\244 \302\275\305\202\303\245\302\245\302\275", "\303\260\305\201 \304\272",
	"\303\260\305\201\304\272 \304\242", "\304\240 2024", "\304\240 <", "\304\240 ==",
	"\304\240 T", "\304\240 c", "\304\240 dog", "\304\240 g", "\304\240 r",
	"\304\240 return", "\304\240 t", "\304\240 y", "\304\240 \303\203", "\304\240 \303\220",
	"\304\2401 00", "\304\240123 4", "\304\240i s", "\304\240w orld", "!! !", "\"\" \"",
	"## #", "' LL", "' S", "' T", "' d", "' ll", "' m", "' re", "' t", "' ve", "'' '", ") :",
	"** *", "+ )",
};

static void put_vocab(gguf_builder *b, const char *pre)
{
	enum { MERGES = sizeof(merges) / sizeof(merges[0]) };
	static const char *const control[] = { "<|endoftext|>", "<|im_start|>", "<|im_end|>" };
	static char spelled[GOLDEN_VOCAB][32];
	const char *tokens[GOLDEN_VOCAB];
	int32_t types[GOLDEN_VOCAB];

	_Static_assert(256 + MERGES + 3 == GOLDEN_VOCAB, "the golden vocabulary");
	for (size_t i = 0; i < GOLDEN_VOCAB; i++) {
		const char *m = i >= 256 && i < 256 + MERGES ? merges[i - 256] : " ", *gap = strchr(m, ' ');

		if (i < 256)
			test_spell_byte((unsigned)i, spelled[i]);
		else if (i < 256 + MERGES)
			snprintf(spelled[i], sizeof(spelled[i]), "%.*s%s", (int)(gap - m), m, gap + 1);
		else
			snprintf(spelled[i], sizeof(spelled[i]), "%s", control[i - 256 - MERGES]);
		tokens[i] = spelled[i];
		types[i] = i < 256 + MERGES ? 1 : 3;
	}
	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", pre);
	gguf_builder_strs(b, "tokenizer.ggml.tokens", tokens, GOLDEN_VOCAB);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, GOLDEN_VOCAB);
	gguf_builder_strs(b, "tokenizer.ggml.merges", merges, MERGES);
	gguf_builder_u32(b, "tokenizer.ggml.bos_token_id", GOLDEN_VOCAB - 3);
	gguf_builder_u32(b, "tokenizer.ggml.eos_token_id", GOLDEN_VOCAB - 1);
	gguf_builder_u32(b, "tokenizer.ggml.padding_token_id", GOLDEN_VOCAB - 3);
	gguf_builder_bool(b, "tokenizer.ggml.add_bos_token", false);
}

static const char *key(const char *arch, const char *name)
{
	static char full[96];

	snprintf(full, sizeof(full), "%s.%s", arch, name);
	return full;
}

/* The number that llama-quantize writes as general.file_type. */
static uint32_t file_type(int type)
{
	static const struct {
		int type;
		uint32_t number;
	} all[] = { { GGML_F16, 1 },  { GGML_BF16, 32 }, { GGML_Q8_0, 7 }, { GGML_Q4_0, 2 },
		    { GGML_Q4_1, 3 }, { GGML_Q5_0, 8 },  { GGML_Q5_1, 9 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].type == type)
			return all[i].number;
	return 0;
}

static void put_metadata(gguf_builder *b, const golden_model *m, const shape *s)
{
	const char *a = m->as ? m->as : m->arch;
	char name[32];

	snprintf(name, sizeof(name), "tiny-random-%s", m->arch);
	gguf_builder_str(b, "general.architecture", a);
	gguf_builder_str(b, "general.name", name);
	if (m->type == GGML_F32)
		gguf_builder_u32(b, "general.file_type", 0);
	gguf_builder_u32(b, "general.alignment", 32);
	gguf_builder_u32(b, key(a, "block_count"), LAYERS);
	gguf_builder_u32(b, key(a, "context_length"), 256);
	gguf_builder_u32(b, key(a, "embedding_length"), (uint32_t)s->embd);
	gguf_builder_u32(b, key(a, "feed_forward_length"), (uint32_t)s->ff);
	gguf_builder_u32(b, key(a, "attention.head_count"), HEADS);
	gguf_builder_u32(b, key(a, "attention.head_count_kv"), KV_HEADS);
	gguf_builder_f32(b, key(a, "rope.freq_base"), (float)(m->theta > 0 ? m->theta : s->theta));
	gguf_builder_f32(b, key(a, "attention.layer_norm_rms_epsilon"), (float)s->eps);
	if (!strcmp(m->arch, "qwen3")) {
		gguf_builder_u32(b, key(a, "attention.key_length"), (uint32_t)s->head_dim);
		gguf_builder_u32(b, key(a, "attention.value_length"), (uint32_t)s->head_dim);
	}
	if (!strcmp(m->arch, "llama")) {
		gguf_builder_u32(b, key(a, "rope.dimension_count"), (uint32_t)s->head_dim);
		gguf_builder_u32(b, key(a, "vocab_size"), GOLDEN_VOCAB);
	}
	put_vocab(b, s->pre);
	if (m->type != GGML_F32) {
		gguf_builder_u32(b, "general.quantization_version", 2);
		gguf_builder_u32(b, "general.file_type", file_type(m->type));
	}
}

static int layer_of(const drawn *t)
{
	int i = -1;

	return sscanf(t->name, "blk.%d.", &i) == 1 ? i : -1;
}

/* llama-quantize's order: what belongs to no layer, then the layers, by name. */
static int by_layer(const void *a, const void *b)
{
	int x = layer_of(a), y = layer_of(b);

	return x != y ? (x > y) - (x < y) : strcmp(((const drawn *)a)->name, ((const drawn *)b)->name);
}

static void put_tensors(gguf_builder *b, const golden_model *m, weights *w)
{
	if (m->type != GGML_F32)
		qsort(w->t, w->n, sizeof(*w->t), by_layer);
	for (size_t k = 0; k < w->n; k++) {
		drawn *t = &w->t[k];

		bool qk_norm = strstr(t->name, "_q_norm") || strstr(t->name, "_k_norm");

		if ((m->without && strstr(t->name, m->without)) ||
		    (m->output && !strcmp(t->name, "output.weight")))
			continue;
		for (size_t i = 0; m->plain_qk && qk_norm && i < t->cols; i++)
			t->x[i] = 1;
		put_tensor(b, t->name, t, m->type);
		if (m->output && !strcmp(t->name, m->output))
			put_tensor(b, "output.weight", t, m->type);
	}
}

unsigned char *golden_model_bytes(const golden_model *m, size_t *n)
{
	gguf_builder *b = gguf_builder_new();
	weights *w = calloc(1, sizeof(*w));
	const shape *s = shapes;

	if (!w)
		abort();
	while (strcmp(s->arch, m->arch) != 0)
		s++;
	draw_all(w, s);
	if (m->version)
		gguf_builder_version(b, m->version);
	put_metadata(b, m, s);
	put_tensors(b, m, w);
	unsigned char *bytes = gguf_builder_bytes(b, n);

	gguf_builder_free(b);
	for (size_t i = 0; i < w->n; i++)
		free(w->t[i].x);
	free(w);
	return bytes;
}
