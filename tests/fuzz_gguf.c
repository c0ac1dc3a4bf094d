/*
 * fuzz_gguf: a model file of any bytes, all the way: the reader and block decoding, the vocabulary and
 * text through it, then the whole engine: hyperparameters, tensors, chat template, calibration, a few
 * tokens forward, a sampled token, an answer, a fact learned.
 */
#include "engine/engine_int.h"
#include "fuzz.h"
#include "gguf_fields.h"
#include "gguf_memory.h"
#include "gguf_mini.h"

#include <string.h>

const char fuzz_name[] = "gguf";
const int fuzz_rounds = 60;

enum { MAX_INPUT = 1 << 16, MAX_FIELDS = 4096 };

static const char text[] = "Hello abc, my dog's name is 1234 \xc3\xa9\xff\n\n<|im_end|>  <tool>";

static void decode_all(const gguf *g)
{
	float *row = alloc_array(MAX_INPUT, 1, sizeof(*row));

	for (size_t i = 0; row && i < gguf_tensor_count(g); i++) {
		const gguf_tensor *t = gguf_tensor_at(g, i);

		if (t->cols > MAX_INPUT)
			continue;
		gguf_row(t, 0, row);
		gguf_row(t, t->rows - 1, row);
	}
	free(row);
}

static void encode_some(const gguf *g)
{
	vocab *v = NULL;
	int32_t ids[256];
	const char *s;

	if (vocab_new(&v, g, NULL, 0))
		return;
	for (int special = 0; special < 2; special++) {
		int n = vocab_encode(v, text, sizeof(text) - 1, special, ids, 256);

		for (int i = 0; i < n && i < 256; i++) {
			FUZZ_REQUIRE(ids[i] >= 0 && (size_t)ids[i] < vocab_size(v));
			FUZZ_REQUIRE(vocab_bytes(v, ids[i], &s) <= 65535);
			FUZZ_REQUIRE(special || !vocab_control(v, ids[i]));
		}
	}
	vocab_free(v);
}

/* A file must say what is wrong with it in one line that begins with its name. */
static void check_sentence(int rc, const char *err)
{
	FUZZ_REQUIRE(rc < 0 && err[0]);
	for (const unsigned char *p = (const unsigned char *)err; *p; p++)
		FUZZ_REQUIRE(*p >= 0x20 && *p != 0x7f && (*p != 0xc2 || p[1] >= 0xa0) && *p != 0xff);
	if (rc == ENGINE_EFORMAT)
		FUZZ_REQUIRE(!strncmp(err, GGUF_MEMORY ": ", strlen(GGUF_MEMORY) + 2));
}

static void talk(engine *e)
{
	const engine_turn turn = { "user", text, sizeof(text) - 1 };
	sample_options o = sample_options_default();
	int32_t tokens[3] = { 0 };
	session *s = NULL;
	sampler *z = NULL;
	char err[200], answer[100];
	bool ended;
	int n = engine_tokenize(e, text, sizeof(text) - 1, true, tokens, 3);

	FUZZ_REQUIRE(!session_new(&s, e, err, sizeof(err)) && !sampler_new(&z, e, &o));
	if (!session_sync(s, tokens, n < 1 ? 1 : n > 3 ? 3 : (size_t)n, NULL, NULL, err, sizeof(err))) {
		int32_t next = sampler_draw(z, s);

		FUZZ_REQUIRE(next >= 0 && (size_t)next < e->info.n_vocab);
		session_eval(s, next, err, sizeof(err));
	}
	engine_answer(e, &turn, 1, ENGINE_EDITED, 2, answer, sizeof(answer), &ended, NULL, NULL, err,
		      sizeof(err));
	sampler_free(z);
	session_free(s);
}

/* A short search for a vector, and its solution. The engine may refuse; what it begins has to end. */
static void learn(engine *e)
{
	const engine_turn turn = { "user", "abc us", 6 };
	const edit_context c = { .turns = &turn, .n_turns = 1, .anchor_end = 3, .answer = "us" };
	edit_request r = edit_request_default();
	edit *ed = NULL;
	char err[200] = "";

	r.contexts = &c;
	r.n_contexts = 1;
	r.max_evaluations = 6;
	int rc = edit_new(&ed, e, &r, err, sizeof(err));

	if (!rc)
		rc = edit_run(ed, NULL, NULL, NULL, err, sizeof(err));
	if (!rc) {
		const edit_result *x = edit_get(ed);
		const engine_delta d = { x->keys, x->delta, x->n_keys };

		rc = engine_apply(e, &d, 1, NULL, 0, err, sizeof(err));
	}
	FUZZ_REQUIRE(!rc || (rc < 0 && err[0] && !strpbrk(err, "\n\r\033")));
	edit_free(ed);
}

static const char *calibration_text(void)
{
	static char path[300];

	if (path[0])
		return path;
	test_path(path, sizeof(path), "calibration.txt");
	FILE *f = fopen(path, "w");

	FUZZ_REQUIRE(f && fputs("abc us\n", f) >= 0 && !fclose(f));
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	engine_options o = engine_options_default();
	char err[300] = "";
	engine *e = NULL;
	gguf *g = NULL;

	if (size > MAX_INPUT)
		return 0;
	int rc = gguf_open_memory(&g, data, size, err, sizeof(err));

	if (rc) {
		check_sentence(rc, err);
		return 0;
	}
	decode_all(g);
	encode_some(g);
	gguf_close(g);
	gguf_memory_put(data, size);
	o.n_threads = 1;
	o.n_ctx = 40;
	o.precision = size & 1 ? ENGINE_FP32 : ENGINE_W8A16;
	o.cpu_mask = size & 2 ? ~0u : CPU_AVX2; /* the kernels of two instruction sets */
	o.calibration = calibration_text();
	rc = engine_open(&e, GGUF_MEMORY, &o, err, sizeof(err));
	if (rc)
		check_sentence(rc, err);
	else
		talk(e);
	if (!rc && e->info.n_ff <= 64) /* the solution takes its cube */
		learn(e);
	engine_close(e);
	return 0;
}

/* ---- libFuzzer's mutations, and lies about single numbers of the header ---- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static gguf_field fields[MAX_FIELDS];
	uint64_t lie;
	rng r;

	rng_seed(&r, seed);
	size_t n = rng_next(&r) % 3 ? gguf_fields(data, size, fields, MAX_FIELDS) : 0;

	if (!n)
		return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max_size) : size;
	gguf_field f = fields[rng_next(&r) % n];
	uint64_t was = gguf_field_get(data, f);

	if (rng_next(&r) % 4 == 0) /* a small other number: another type, another shape */
		gguf_field_set(data, f, rng_next(&r) % 40);
	else if (gguf_field_lie(f, was, rng_next(&r) % GGUF_LIES, &lie))
		gguf_field_set(data, f, lie);
	return size;
}

/* ---- seeds ---- */

/* more: bytes added at the end, since the size picks precision and kernels. */
static void put_builder(fuzz_put *put, void *arg, const char *name, gguf_builder *b, size_t more)
{
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	bytes = realloc(bytes, n + more);
	FUZZ_REQUIRE(bytes);
	memset(bytes + n, 0, more);
	n += more;
	put(arg, name, bytes, n);
	free(bytes);
	gguf_builder_free(b);
}

static gguf_builder *blocks_build(void)
{
	static const int types[] = { GGML_F16,	GGML_Q4_0, GGML_Q4_1, GGML_Q5_0, GGML_Q5_1,
				     GGML_Q8_0, GGML_Q4_K, GGML_Q5_K, GGML_Q6_K, GGML_BF16 };
	static const size_t bytes[] = { 512, 144, 160, 176, 192, 272, 144, 176, 210, 512 };
	unsigned char data[512];
	gguf_builder *b = gguf_builder_new();
	char name[20];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 37);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(name, sizeof(name), "type%d", types[i]);
		gguf_builder_tensor(b, name, types[i], 1, 256, data, bytes[i]);
	}
	mini_vocab_add(b, "smollm", "[INST] <<SYS>>");
	return b;
}

/* SentencePiece: a model of its own, since its vocabulary is larger. */
static gguf_builder *spm_build(void)
{
	tiny_model t = tiny_model_default();

	t.arch = "llama";
	t.spm = true;
	t.n_embd = t.n_ff = 8;
	t.n_head = t.n_head_kv = 2;
	t.n_layer = 1;
	t.n_ctx = 64;
	return tiny_model_build(&t);
}

void fuzz_seeds(fuzz_put *put, void *arg)
{
	static const char *const archs[] = { "qwen2", "qwen3", "llama" };
	char name[40];

	for (size_t i = 0; i < 3; i++)
		for (size_t more = 0; more < 4; more++) {
			snprintf(name, sizeof(name), "%s-%zu", archs[i], more);
			put_builder(put, arg, name, mini_model_build(archs[i], GGML_F32), more);
		}
	put_builder(put, arg, "q8_0", mini_model_build("llama", GGML_Q8_0), 0);
	put_builder(put, arg, "spm", spm_build(), 0);
	put_builder(put, arg, "blocks", blocks_build(), 0);
}
