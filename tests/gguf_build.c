#define _DEFAULT_SOURCE 1
#include "gguf_build.h"

#include "engine/engine_int.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a growing run of bytes ---- */

typedef struct bytes {
	unsigned char *p;
	size_t n, cap;
} bytes;

static void die(const char *what)
{
	fprintf(stderr, "gguf_build: %s\n", what);
	abort();
}

static void put(bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = (b->n + n) * 2 + 64;
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			die("out of memory");
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void put_u32(bytes *b, uint32_t x)
{
	put(b, &x, sizeof(x));
}

static void put_u64(bytes *b, uint64_t x)
{
	put(b, &x, sizeof(x));
}

static void put_str(bytes *b, const char *s)
{
	put_u64(b, strlen(s));
	put(b, s, strlen(s));
}

static void put_padding(bytes *b)
{
	static const char zeros[32] = { 0 };

	put(b, zeros, (32 - b->n % 32) % 32);
}

/* ---- the file ---- */

struct gguf_builder {
	uint32_t version;
	uint64_t n_pairs, n_tensors, room; /* room: bytes of tensors that are written elsewhere */
	bytes pairs, infos, data;
};

gguf_builder *gguf_builder_new(void)
{
	gguf_builder *b = calloc(1, sizeof(*b));

	if (!b)
		die("out of memory");
	b->version = 3;
	return b;
}

void gguf_builder_free(gguf_builder *b)
{
	if (!b)
		return;
	free(b->pairs.p);
	free(b->infos.p);
	free(b->data.p);
	free(b);
}

void gguf_builder_version(gguf_builder *b, uint32_t version)
{
	b->version = version;
}

/* Types of metadata by number: 4 u32, 5 i32, 6 f32, 7 bool, 8 string, 9 array. */
static void put_key(gguf_builder *b, const char *key, uint32_t type)
{
	b->n_pairs++;
	put_str(&b->pairs, key);
	put_u32(&b->pairs, type);
}

void gguf_builder_u32(gguf_builder *b, const char *key, uint32_t x)
{
	put_key(b, key, 4);
	put_u32(&b->pairs, x);
}

void gguf_builder_f32(gguf_builder *b, const char *key, float x)
{
	put_key(b, key, 6);
	put(&b->pairs, &x, sizeof(x));
}

void gguf_builder_bool(gguf_builder *b, const char *key, bool x)
{
	put_key(b, key, 7);
	put(&b->pairs, x ? "\1" : "\0", 1);
}

void gguf_builder_str(gguf_builder *b, const char *key, const char *s)
{
	put_key(b, key, 8);
	put_str(&b->pairs, s);
}

void gguf_builder_strs(gguf_builder *b, const char *key, const char *const *s, size_t n)
{
	put_key(b, key, 9);
	put_u32(&b->pairs, 8);
	put_u64(&b->pairs, n);
	for (size_t i = 0; i < n; i++)
		put_str(&b->pairs, s[i]);
}

void gguf_builder_i32s(gguf_builder *b, const char *key, const int32_t *x, size_t n)
{
	put_key(b, key, 9);
	put_u32(&b->pairs, 5);
	put_u64(&b->pairs, n);
	put(&b->pairs, x, n * sizeof(*x));
}

void gguf_builder_f32s(gguf_builder *b, const char *key, const float *x, size_t n)
{
	put_key(b, key, 9);
	put_u32(&b->pairs, 6);
	put_u64(&b->pairs, n);
	put(&b->pairs, x, n * sizeof(*x));
}

static void put_info(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
		     uint64_t offset)
{
	b->n_tensors++;
	put_str(&b->infos, name);
	put_u32(&b->infos, rows ? 2 : 1);
	put_u64(&b->infos, cols);
	if (rows)
		put_u64(&b->infos, rows);
	put_u32(&b->infos, (uint32_t)type);
	put_u64(&b->infos, offset);
}

void gguf_builder_tensor(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
			 const void *data, size_t n)
{
	if (b->room)
		die("a file's tensors are all kept here or none is");
	put_padding(&b->data);
	put_info(b, name, type, rows, cols, b->data.n);
	put(&b->data, data, n);
}

void gguf_builder_room(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
		       size_t n)
{
	if (b->data.n)
		die("a file's tensors are all kept here or none is");
	put_info(b, name, type, rows, cols, b->room);
	b->room += (n + 31) / 32 * 32;
}

static uint16_t half_of(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof(u));
	int e = (int)(u >> 23 & 255) - 112;

	if (e <= 0)
		return 0; /* too small to matter for a test's scale */
	return (uint16_t)((u >> 16 & 0x8000) | (uint32_t)e << 10 | (u >> 13 & 0x3ff));
}

static void put_q8_0(bytes *out, const float *x)
{
	float max = 0;
	signed char q[32];

	for (int i = 0; i < 32; i++)
		max = fmaxf(max, fabsf(x[i]));
	uint16_t d = half_of(max / 127);
	float step = max / 127;

	for (int i = 0; i < 32; i++)
		q[i] = (signed char)(step > 0 ? lrintf(x[i] / step) : 0);
	put(out, &d, sizeof(d));
	put(out, q, sizeof(q));
}

void gguf_builder_floats(gguf_builder *b, const char *name, int type, size_t rows, size_t cols,
			 const float *x)
{
	size_t n = (rows ? rows : 1) * cols;

	if (type == GGML_F32) {
		gguf_builder_tensor(b, name, type, rows, cols, x, n * sizeof(*x));
		return;
	}
	if (type != GGML_Q8_0 || cols % 32)
		die("tests store F32 or whole blocks of Q8_0 only");
	bytes q = { 0 };

	for (size_t i = 0; i < n; i += 32)
		put_q8_0(&q, x + i);
	gguf_builder_tensor(b, name, type, rows, cols, q.p, q.n);
	free(q.p);
}

unsigned char *gguf_builder_bytes(const gguf_builder *b, size_t *n)
{
	bytes out = { 0 };

	put(&out, "GGUF", 4);
	put_u32(&out, b->version);
	put_u64(&out, b->n_tensors);
	put_u64(&out, b->n_pairs);
	put(&out, b->pairs.p, b->pairs.n);
	put(&out, b->infos.p, b->infos.n);
	put_padding(&out);
	put(&out, b->data.p, b->data.n);
	*n = out.n;
	return out.p;
}

void gguf_builder_write(const gguf_builder *b, const char *path)
{
	size_t n;
	unsigned char *p = gguf_builder_bytes(b, &n);
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		die("cannot write a test's file");
	free(p);
}

/* ---- a vocabulary ---- */

void test_spell_byte(unsigned b, char out[4])
{
	unsigned c = b;

	if (b < 0x21)
		c = 256 + b;
	else if (b > 0x7e && b < 0xa1)
		c = 256 + 33 + (b - 0x7f);
	else if (b == 0xad)
		c = 256 + 33 + 34;
	if (c < 0x80) {
		out[0] = (char)c;
		out[1] = '\0';
	} else {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		out[2] = '\0';
	}
}

/* Each merge makes one token: its two parts joined. \304\240 is the space's character. */
static const char *const merges[] = {
	"\304\240 t",   "h e",        "\304\240 a",    "i n",          "r e",         "o n",
	"\304\240t he", "e r",        "\304\240 s",    "a t",          "\304\240 m",  "\304\240 i",
	"\304\240i s",  "\304\240 d", "o g",           "\304\240d og", "\304\240m y", "m e",
	"n a",          "na me",      "\304\240 name", "u s",          "us er",       "a s",
	"i s",          "s t",        "a n",           "an t",         "as s",        "ass is",
	"assis t",      "assist ant", "Y o",           "Yo u",         "You r",       "\304\240 w",
	"h at",         "W hat",      "B is",          "Bis c",
};

size_t tiny_vocab_add(gguf_builder *b, const char *pre)
{
	enum { N_MERGES = sizeof(merges) / sizeof(merges[0]), N = 256 + N_MERGES + 3 };
	static const char *const control[] = { "<|endoftext|>", "<|im_start|>", "<|im_end|>" };
	static char spelled[N][32];
	const char *tokens[N];
	int32_t types[N];

	for (size_t i = 0; i < N; i++) {
		if (i < 256) {
			test_spell_byte((unsigned)i, spelled[i]);
		} else if (i < 256 + N_MERGES) {
			const char *m = merges[i - 256], *gap = strchr(m, ' ');

			snprintf(spelled[i], sizeof(spelled[i]), "%.*s%s", (int)(gap - m), m,
				 gap + 1);
		} else {
			snprintf(spelled[i], sizeof(spelled[i]), "%s", control[i - 256 - N_MERGES]);
		}
		tokens[i] = spelled[i];
		types[i] = i < 256 + N_MERGES ? 1 : 3;
	}
	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", pre);
	gguf_builder_strs(b, "tokenizer.ggml.tokens", tokens, N);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, N);
	gguf_builder_strs(b, "tokenizer.ggml.merges", merges, N_MERGES);
	gguf_builder_u32(b, "tokenizer.ggml.bos_token_id", N - 3);
	gguf_builder_u32(b, "tokenizer.ggml.eos_token_id", N - 1);
	gguf_builder_bool(b, "tokenizer.ggml.add_bos_token", false);
	gguf_builder_str(b, "tokenizer.chat_template",
			 "{% for m in messages %}{{'<|im_start|>' + m.role + '\\n' + m.content + "
			 "'<|im_end|>\\n'}}{% endfor %}");
	return N;
}

static const char *const spm_pieces[] = {
	"\342\226\201", "e", "t", "a", "o", "n", "h", "s", "r", "i", "d", "g", "m", "y", "u", "c", "l", "b",
	"th", "\342\226\201t", "\342\226\201th", "\342\226\201the", "er", "\342\226\201a", "in", "on", "re",
	"an", "og", "\342\226\201d", "\342\226\201dog", "\342\226\201m", "\342\226\201my", "is", "\342\226\201is",
};

size_t tiny_spm_add(gguf_builder *b)
{
	enum { N_PIECES = sizeof(spm_pieces) / sizeof(spm_pieces[0]), N = 259 + N_PIECES };
	static char spelled[256][8];
	const char *tokens[N] = { "<unk>", "<s>", "</s>" };
	int32_t types[N] = { 2, 3, 3 };
	float scores[N] = { 0 };

	for (size_t i = 3; i < N; i++) {
		if (i < 259) {
			snprintf(spelled[i - 3], sizeof(spelled[0]), "<0x%02X>", (unsigned)(i - 3));
			tokens[i] = spelled[i - 3];
			types[i] = 6;
		} else {
			tokens[i] = spm_pieces[i - 259];
			types[i] = 1;
			scores[i] = 259 - (float)i;
		}
	}
	gguf_builder_str(b, "tokenizer.ggml.model", "llama");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", tokens, N);
	gguf_builder_f32s(b, "tokenizer.ggml.scores", scores, N);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, N);
	gguf_builder_u32(b, "tokenizer.ggml.eos_token_id", 2);
	gguf_builder_str(b, "tokenizer.chat_template",
			 "{{ bos_token + '[INST] <<SYS>>' + ' [/INST]' }}");
	return N;
}

/* ---- a model ---- */

tiny_model tiny_model_default(void)
{
	return (tiny_model){ .arch = "qwen2",
			     .n_embd = 64,
			     .n_ff = 96,
			     .n_layer = 2,
			     .n_head = 4,
			     .n_head_kv = 2,
			     .n_ctx = 256,
			     .type = GGML_F32,
			     .edit_layer = -1,
			     .scale = 1.0f,
			     .seed = 1 };
}

static void add_random(gguf_builder *b, rng *r, const char *name, int type, size_t rows,
		       size_t cols, float mean, float deviation)
{
	size_t n = (rows ? rows : 1) * cols;
	float *x = malloc(n * sizeof(*x));

	if (!x)
		die("out of memory");
	for (size_t i = 0; i < n; i++)
		x[i] = mean + deviation * (float)rng_normal(r);
	gguf_builder_floats(b, name, type, rows, cols, x);
	free(x);
}

static void add_matrix(gguf_builder *b, rng *r, const tiny_model *t, size_t i, const char *name,
		       size_t rows, size_t cols)
{
	char full[64];

	snprintf(full, sizeof(full), "blk.%zu.%s.weight", i, name);
	add_random(b, r, full, t->type, rows, cols, 0, t->scale / sqrtf((float)cols));
}

static void add_vector(gguf_builder *b, rng *r, size_t i, const char *name, size_t n, float mean)
{
	char full[64];

	snprintf(full, sizeof(full), "blk.%zu.%s", i, name);
	add_random(b, r, full, GGML_F32, 0, n, mean, 0.1f);
}

static void add_layer(gguf_builder *b, rng *r, const tiny_model *t, size_t i, size_t head_dim)
{
	size_t d = t->n_embd, q = t->n_head * head_dim, kv = t->n_head_kv * head_dim;

	add_vector(b, r, i, "attn_norm.weight", d, 1);
	add_matrix(b, r, t, i, "attn_q", q, d);
	add_matrix(b, r, t, i, "attn_k", kv, d);
	add_matrix(b, r, t, i, "attn_v", kv, d);
	if (!strcmp(t->arch, "qwen2")) {
		add_vector(b, r, i, "attn_q.bias", q, 0);
		add_vector(b, r, i, "attn_k.bias", kv, 0);
		add_vector(b, r, i, "attn_v.bias", kv, 0);
	}
	if (!strcmp(t->arch, "qwen3")) {
		add_vector(b, r, i, "attn_q_norm.weight", head_dim, 1);
		add_vector(b, r, i, "attn_k_norm.weight", head_dim, 1);
	}
	add_matrix(b, r, t, i, "attn_output", d, q);
	add_vector(b, r, i, "ffn_norm.weight", d, 1);
	add_matrix(b, r, t, i, "ffn_gate", t->n_ff, d);
	add_matrix(b, r, t, i, "ffn_up", t->n_ff, d);
	add_matrix(b, r, t, i, "ffn_down", d, t->n_ff);
}

static void add_size(gguf_builder *b, const tiny_model *t, const char *key, size_t x)
{
	char full[64];

	snprintf(full, sizeof(full), "%s.%s", t->arch, key);
	gguf_builder_u32(b, full, (uint32_t)x);
}

gguf_builder *tiny_model_build(const tiny_model *t)
{
	gguf_builder *b = gguf_builder_new();
	size_t head_dim = t->head_dim ? t->head_dim : t->n_embd / t->n_head;
	char key[64];
	rng r;

	rng_seed(&r, t->seed);
	gguf_builder_str(b, "general.architecture", t->arch);
	gguf_builder_str(b, "general.name", "tiny");
	add_size(b, t, "block_count", t->n_layer);
	add_size(b, t, "context_length", t->n_ctx);
	add_size(b, t, "embedding_length", t->n_embd);
	add_size(b, t, "feed_forward_length", t->n_ff);
	add_size(b, t, "attention.head_count", t->n_head);
	add_size(b, t, "attention.head_count_kv", t->n_head_kv);
	add_size(b, t, "attention.key_length", head_dim);
	add_size(b, t, "attention.value_length", head_dim);
	snprintf(key, sizeof(key), "%s.attention.layer_norm_rms_epsilon", t->arch);
	gguf_builder_f32(b, key, 1e-6f);
	snprintf(key, sizeof(key), "%s.rope.freq_base", t->arch);
	gguf_builder_f32(b, key, 10000);
	if (t->edit_layer >= 0)
		gguf_builder_u32(b, "imprint.edit_layer", (uint32_t)t->edit_layer);
	size_t n_vocab = t->spm ? tiny_spm_add(b)
				: tiny_vocab_add(b, strcmp(t->arch, "llama") ? "qwen2"
									     : "llama-bpe");

	add_random(b, &r, "token_embd.weight", t->type, n_vocab, t->n_embd, 0, 1);
	for (size_t i = 0; i < t->n_layer; i++)
		add_layer(b, &r, t, i, head_dim);
	add_random(b, &r, "output_norm.weight", GGML_F32, 0, t->n_embd, 1, 0.1f);
	if (t->own_output)
		add_random(b, &r, "output.weight", t->type, n_vocab, t->n_embd, 0,
			   t->scale / sqrtf((float)t->n_embd));
	return b;
}

void tiny_model_write(const tiny_model *t, const char *path)
{
	gguf_builder *b = tiny_model_build(t);

	gguf_builder_write(b, path);
	gguf_builder_free(b);
}

void tiny_value_code_write(const char *path, size_t banks, size_t n_tokens, size_t d, uint64_t seed)
{
	gguf_builder *b = gguf_builder_new();
	rng r;

	rng_seed(&r, seed);
	add_random(b, &r, "imprint.value.A", GGML_F32, banks * n_tokens * d, d, 0, 0.1f);
	add_random(b, &r, "imprint.value.b", GGML_F32, banks, d, 0, 0.1f);
	gguf_builder_write(b, path);
	gguf_builder_free(b);
}

/* ---- a folder for files ---- */

static char folder[256];

static void folder_remove(void)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	char path[600];

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.' ||
		    (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")))
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

void test_path(char *path, size_t cap, const char *name)
{
	if (!folder[0]) {
		const char *tmp = getenv("TMPDIR");

		snprintf(folder, sizeof(folder), "%s/imprint-test-XXXXXX",
			 tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(folder))
			die("cannot make a folder for a test's files");
		atexit(folder_remove);
	}
	snprintf(path, cap, "%s/%s", folder, name);
}

bool test_calibration(char *path, size_t cap, int n, const char *who)
{
	FILE *f;

	test_path(path, cap, "calibration.txt");
	f = fopen(path, "w");
	for (int i = 0; f && i < n; i++)
		fprintf(f, "U: What is number %d called, my %s?\nA: Its name is %d-%c.\n\n", i, who, i * i, 'a' + i % 26);
	return f && !fclose(f);
}
