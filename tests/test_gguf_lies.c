/*
 * Model files that lie: every length, type, count, number, shape and offset of a whole model's header is
 * replaced by impossible and by nearly right ones, every name by another's, and each file ends in one
 * clear sentence or runs, without a byte touched outside and without memory out of proportion.
 */
#define _DEFAULT_SOURCE 1
#include "engine/engine_int.h"
#include "fault.h"
#include "gguf_fields.h"
#include "gguf_memory.h"
#include "gguf_mini.h"
#include "test.h"

#include <stdlib.h>

enum { MAX_FIELDS = 2000, MEGABYTE = 1 << 20 };

static char text_path[300], err[512];
static int n_refused, n_run;

static void set_up(void)
{
	test_path(text_path, sizeof(text_path), "calibration.txt");
	FILE *f = fopen(text_path, "w");

	if (!f || fputs("abc us\n", f) < 0 || fclose(f))
		abort();
}

static int open_file(const unsigned char *bytes, size_t n, engine **e)
{
	engine_options o = engine_options_default();

	gguf_memory_put(bytes, n);
	o.n_threads = 1;
	o.precision = n_run & 1 ? ENGINE_FP32 : ENGINE_W8A16;
	o.calibration = text_path;
	err[0] = '\0';
	return engine_open(e, GGUF_MEMORY, &o, err, sizeof(err));
}

/* One token forward, one drawn, an answer. */
static bool runs(engine *e)
{
	const engine_turn turn = { "user", "abc us", 6 };
	sample_options o = sample_options_default();
	session *s = NULL;
	sampler *z = NULL;
	char answer[50];
	int32_t first = 0;
	bool ok = !session_new(&s, e, err, sizeof(err)) && !sampler_new(&z, e, &o) &&
		  !session_sync(s, &first, 1, NULL, NULL, err, sizeof(err));
	int32_t next = ok ? sampler_draw(z, s) : -1;

	ok = ok && next >= 0 && (size_t)next < e->info.n_vocab;
	int rc = ok ? session_eval(s, next, err, sizeof(err)) : 0;

	ok = ok && (!rc || (rc == ENGINE_EFULL && e->info.n_ctx == 1));
	engine_answer(e, &turn, 1, ENGINE_EDITED, 1, answer, sizeof(answer), NULL, NULL, NULL, err, sizeof(err));
	sampler_free(z);
	session_free(s);
	return ok;
}

static bool one_line_about_the_file(void)
{
	return strlen(err) > sizeof(GGUF_MEMORY ": ") + 5 && !strncmp(err, GGUF_MEMORY ": ", sizeof(GGUF_MEMORY) + 1) &&
	       !strpbrk(err, "\n\r\033");
}

/* Opens a copy that ends where its memory ends; false: something is wrong. */
static bool check_file(const unsigned char *bytes, size_t n)
{
	engine *e = NULL;
	unsigned char *copy = malloc(n);

	memcpy(copy, bytes, n);
	fault_watch();
	int rc = open_file(copy, n, &e);
	bool ok = rc ? rc == ENGINE_EFORMAT && !e && one_line_about_the_file() : e && runs(e);

	/* The bound of model_need.c, and the tables that every program has. */
	ok = ok && fault_peak() < (64 + 16) * (size_t)MEGABYTE + 64 * n;
	if (!ok)
		printf("  code %d, %zu bytes at most, \"%s\"\n", rc, fault_peak(), err);
	*(rc ? &n_refused : &n_run) += 1;
	engine_close(e);
	free(copy);
	return ok;
}

static void check_field(unsigned char *bytes, size_t n, gguf_field f)
{
	uint64_t was = gguf_field_get(bytes, f), lie;

	for (size_t i = 0; i < GGUF_LIES; i++) {
		if (!gguf_field_lie(f, was, i, &lie))
			continue;
		gguf_field_set(bytes, f, lie);
		if (!CHECK(check_file(bytes, n)))
			printf("  byte %zu, %zu wide, kind %d: %llx instead of %llx\n", f.at, f.width, (int)f.kind,
			       (unsigned long long)lie, (unsigned long long)was);
	}
	gguf_field_set(bytes, f, was);
}

static unsigned char *model_bytes(const char *arch, size_t *n)
{
	gguf_builder *b = mini_model_build(arch, GGML_F32);
	unsigned char *bytes = gguf_builder_bytes(b, n);

	gguf_builder_free(b);
	return bytes;
}

static void check_numbers(const char *arch)
{
	static gguf_field fields[MAX_FIELDS];
	size_t n;
	unsigned char *bytes = model_bytes(arch, &n);
	size_t n_fields = gguf_fields(bytes, n, fields, MAX_FIELDS);

	CHECK(n_fields > 200 && n_fields < MAX_FIELDS);
	n_run = n_refused = 0;
	CHECK(check_file(bytes, n));
	CHECK_INT(n_run, 1); /* the truth is no lie */
	for (size_t i = 0; i < n_fields; i++)
		check_field(bytes, n, fields[i]);
	CHECK(n_refused > 1000 && n_run > 100);
	printf("figure: lies about %s: %d refused, %d harmless\n", arch, n_refused, n_run);
	free(bytes);
}

static void no_number_does_harm_qwen2(void)
{
	check_numbers("qwen2");
}

static void no_number_does_harm_qwen3(void)
{
	check_numbers("qwen3");
}

static void no_number_does_harm_llama(void)
{
	check_numbers("llama");
}

/* ---- the value code beside the model ---- */

static bool check_code(const unsigned char *bytes, size_t n)
{
	value_code c = { 0 };
	unsigned char *copy = malloc(n);

	memcpy(copy, bytes, n);
	gguf_memory_put(copy, n);
	err[0] = '\0';
	fault_watch();
	int rc = value_code_open(&c, "none", GGUF_MEMORY, 8, err, sizeof(err));
	bool ok = rc ? rc == ENGINE_EFORMAT && !c.a && !c.b && !c.moment && one_line_about_the_file()
		     : c.a && c.b && c.n_banks == 1 && c.d == 8 && c.n_tokens == 16;

	ok = ok && fault_peak() < MEGABYTE + 16 * n; /* floats of the smallest types, and the directory */
	if (!ok)
		printf("  code %d, %zu bytes at most, \"%s\"\n", rc, fault_peak(), err);
	*(rc ? &n_refused : &n_run) += 1;
	value_code_release(&c);
	free(copy);
	return ok;
}

static void no_number_of_a_value_code_does_harm(void)
{
	static gguf_field fields[MAX_FIELDS];
	gguf_builder *b = mini_value_code_build(8, 8);
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);
	size_t n_fields = gguf_fields(bytes, n, fields, MAX_FIELDS);

	n_run = n_refused = 0;
	CHECK(check_code(bytes, n) && n_run == 1);
	for (size_t i = 0; i < n_fields; i++) {
		uint64_t was = gguf_field_get(bytes, fields[i]), lie;

		for (size_t k = 0; k < GGUF_LIES; k++) {
			if (!gguf_field_lie(fields[i], was, k, &lie))
				continue;
			gguf_field_set(bytes, fields[i], lie);
			if (!CHECK(check_code(bytes, n)))
				printf("  byte %zu: %llx\n", fields[i].at, (unsigned long long)lie);
		}
		gguf_field_set(bytes, fields[i], was);
	}
	CHECK(n_refused > 100 && n_run > 10);
	gguf_builder_free(b);
	free(bytes);
}

static int code_of_banks(size_t banks)
{
	static const float zero[17 * 16 * 8 * 8];
	gguf_builder *b = gguf_builder_new();
	value_code c = { 0 };
	size_t n;

	gguf_builder_floats(b, "imprint.value.A", GGML_F32, banks * 16 * 8, 8, zero);
	gguf_builder_floats(b, "imprint.value.b", GGML_F32, banks, 8, zero);
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	gguf_memory_put(bytes, n);
	int rc = value_code_open(&c, "none", GGUF_MEMORY, 8, err, sizeof(err));

	CHECK(rc ? !c.a && !c.b : c.n_banks == banks);
	value_code_release(&c);
	gguf_builder_free(b);
	free(bytes);
	return rc;
}

/* An edit reads hidden states at the best bank's guess: those of a batch of more than 16 were never there. */
static void a_value_code_has_no_more_banks_than_an_edit_tries(void)
{
	CHECK_INT(code_of_banks(1), 0);
	CHECK_INT(code_of_banks(15), 0);
	CHECK_INT(code_of_banks(16), ENGINE_EFORMAT);
	CHECK(one_line_about_the_file() && strstr(err, "16 banks"));
	CHECK_INT(code_of_banks(17), ENGINE_EFORMAT);
}

/* ---- names ---- */

static void check_name(unsigned char *bytes, size_t n, const gguf_tensor *t)
{
	unsigned char *name = bytes + ((const unsigned char *)t->name - bytes);

	name[0] ^= 1; /* missing, and one more that nobody knows */
	if (!CHECK(check_file(bytes, n)))
		printf("  without %.*s\n", (int)t->name_len, t->name);
	name[0] ^= 1;
}

static void swap(unsigned char *a, unsigned char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

static void check_names(unsigned char *bytes, size_t n, const gguf_tensor *a, const gguf_tensor *b)
{
	unsigned char *x = bytes + ((const unsigned char *)a->name - bytes);
	unsigned char *y = bytes + ((const unsigned char *)b->name - bytes), kept[100];

	if (a == b || a->name_len != b->name_len || a->name_len > sizeof(kept))
		return;
	memcpy(kept, x, a->name_len);
	memcpy(x, y, a->name_len); /* one twice, one missing */
	CHECK(check_file(bytes, n));
	CHECK(strstr(err, "is there twice"));
	memcpy(x, kept, a->name_len);
	swap(x, y, a->name_len);
	if (!CHECK(check_file(bytes, n)))
		printf("  %.*s and %.*s swapped\n", (int)a->name_len, x, (int)b->name_len, y);
	swap(x, y, a->name_len);
}

static void no_name_does_harm(void)
{
	size_t n;
	unsigned char *bytes = model_bytes("qwen2", &n);
	gguf *g = NULL;

	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
	n_run = n_refused = 0;
	for (size_t i = 0; i < gguf_tensor_count(g); i++) {
		check_name(bytes, n, gguf_tensor_at(g, i));
		for (size_t k = 0; k < i; k++)
			check_names(bytes, n, gguf_tensor_at(g, i), gguf_tensor_at(g, k));
	}
	CHECK(n_refused > 50 && n_run > 5);
	gguf_close(g);
	free(bytes);
}

/* ---- sentences ---- */

static void check_refused(gguf_builder *b, const char *sentence)
{
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);
	engine *e = NULL;

	gguf_builder_free(b);
	CHECK_INT(open_file(bytes, n, &e), ENGINE_EFORMAT);
	if (!CHECK(one_line_about_the_file()) || !CHECK(strstr(err, sentence)))
		printf("  \"%s\" has no \"%s\"\n", err, sentence);
	engine_close(e);
	free(bytes);
}

/* Sentences about one tensor name the file too: they once did not. */
static void broken_weights_name_the_file(void)
{
	const float x[64] = { NAN };
	gguf_builder *b = mini_model_build("qwen2", GGML_F32);

	gguf_builder_floats(b, "output.weight", GGML_F32, 17, 8, (float[17 * 8]){ INFINITY });
	check_refused(b, "tensor output.weight holds a value that is not a number");
	b = mini_model_build("qwen2", GGML_F32);
	gguf_builder_floats(b, "imprint.nobody", GGML_F32, 8, 8, x);
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	CHECK(check_file(bytes, n)); /* what nobody reads may hold anything */
	gguf_builder_free(b);
	free(bytes);
}

/* So is any other that is read whole: the edited matrix, norms, biases and rotary factors once were not looked at. */
static void any_broken_number_is_refused(void)
{
	static const char *const archs[] = { "qwen2", "qwen3", "llama" };
	const float broken[] = { NAN, INFINITY };

	for (size_t a = 0; a < 3; a++) {
		size_t n, tensors;
		unsigned char *bytes = model_bytes(archs[a], &n);
		gguf *g = NULL;

		REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
		tensors = gguf_tensor_count(g);
		for (size_t i = 0; i < tensors; i++) {
			const gguf_tensor *t = gguf_tensor_at(g, i);
			float *at = (float *)(uintptr_t)t->data + t->rows * t->cols - 1, was = *at;
			char want[128];
			engine *e = NULL;

			snprintf(want, sizeof(want), "tensor %.*s holds a value", (int)t->name_len, t->name);
			if (!strncmp(t->name, "token_embd", 10) && gguf_find(g, "output.weight"))
				continue; /* its rows are read when they are needed */
			*at = broken[i % 2];
			CHECK_INT(open_file(bytes, n, &e), ENGINE_EFORMAT);
			if (!CHECK(strstr(err, want)))
				printf("  \"%s\" has no \"%s\"\n", err, want);
			engine_close(e);
			*at = was;
		}
		gguf_close(g);
		free(bytes);
	}
}

static void tensors_may_not_overlap(void)
{
	static gguf_field fields[MAX_FIELDS];
	size_t n;
	unsigned char *bytes = model_bytes("qwen2", &n);
	size_t n_fields = gguf_fields(bytes, n, fields, MAX_FIELDS), offsets = 0;
	engine *e = NULL;

	for (size_t i = 0; i < n_fields; i++)
		if (fields[i].kind == FIELD_OFFSET && offsets++ == 3)
			gguf_field_set(bytes, fields[i], gguf_field_get(bytes, fields[i]) - 32);
	CHECK(offsets > 20);
	CHECK_INT(open_file(bytes, n, &e), ENGINE_EFORMAT);
	CHECK(strstr(err, "lie on each other"));
	free(bytes);
}

/* A file of some hundred kilobytes, narrow and tall, that would need gigabytes for the moment of its keys. */
static void small_files_make_no_large_models(void)
{
	enum { D = 2, FF = 20000 };
	static float x[D * FF];
	gguf_builder *b = gguf_builder_new();

	gguf_builder_str(b, "general.architecture", "llama");
	gguf_builder_u32(b, "llama.block_count", 1);
	gguf_builder_u32(b, "llama.context_length", 1 << 24);
	gguf_builder_u32(b, "llama.embedding_length", D);
	gguf_builder_u32(b, "llama.feed_forward_length", FF);
	gguf_builder_u32(b, "llama.attention.head_count", 1);
	gguf_builder_floats(b, "token_embd.weight", GGML_F32, 17, D, x);
	gguf_builder_floats(b, "output_norm.weight", GGML_F32, 0, D, x);
	gguf_builder_floats(b, "blk.0.attn_norm.weight", GGML_F32, 0, D, x);
	gguf_builder_floats(b, "blk.0.ffn_norm.weight", GGML_F32, 0, D, x);
	gguf_builder_floats(b, "blk.0.attn_q.weight", GGML_F32, D, D, x);
	gguf_builder_floats(b, "blk.0.attn_k.weight", GGML_F32, D, D, x);
	gguf_builder_floats(b, "blk.0.attn_v.weight", GGML_F32, D, D, x);
	gguf_builder_floats(b, "blk.0.attn_output.weight", GGML_F32, D, D, x);
	gguf_builder_floats(b, "blk.0.ffn_gate.weight", GGML_F32, FF, D, x);
	gguf_builder_floats(b, "blk.0.ffn_up.weight", GGML_F32, FF, D, x);
	gguf_builder_floats(b, "blk.0.ffn_down.weight", GGML_F32, D, FF, x);
	mini_vocab_add(b, "llama-bpe", "<|im_start|>");
	fault_watch();
	check_refused(b, "impossible for a file of");
	CHECK(fault_peak() < 8 * (size_t)MEGABYTE);
}

int main(void)
{
	set_up();
	TEST_RUN(no_number_does_harm_qwen2);
	TEST_RUN(no_number_does_harm_qwen3);
	TEST_RUN(no_number_does_harm_llama);
	TEST_RUN(no_number_of_a_value_code_does_harm);
	TEST_RUN(a_value_code_has_no_more_banks_than_an_edit_tries);
	TEST_RUN(no_name_does_harm);
	TEST_RUN(broken_weights_name_the_file);
	TEST_RUN(any_broken_number_is_refused);
	TEST_RUN(tensors_may_not_overlap);
	TEST_RUN(small_files_make_no_large_models);
	return test_done();
}
