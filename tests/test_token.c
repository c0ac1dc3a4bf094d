/*
 * Tokens: the golden strings of three byte-level vocabularies, and what must hold for any text.
 */
#define _GNU_SOURCE 1
#include "engine/engine_int.h"
#include "gguf_build.h"
#include "test.h"
#include "token_aid.h"

#include <stdlib.h>

static vocab *load_tiny(gguf **g, unsigned char **bytes)
{
	gguf_builder *b = gguf_builder_new();
	char err[256] = "";
	vocab *v = NULL;
	size_t n;

	tiny_vocab_add(b, "qwen2");
	*bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	if (gguf_open_memory(g, *bytes, n, err, sizeof(err)) || vocab_new(&v, *g, err, sizeof(err)))
		printf("%s\n", err);
	return v;
}

/* ---- golden ---- */

static void golden_gpt2(void)
{
	token_golden("gpt-2", 97);
}

static void golden_qwen2(void)
{
	token_golden("qwen2", 97);
}

static void golden_llama_bpe(void)
{
	token_golden("llama-bpe", 97);
}

/* ---- properties ---- */

/* The bytes of the tokens are the text, whatever bytes it is made of. */
static void check_round_trip(const vocab *v, const char *text, size_t len)
{
	int n = vocab_encode(v, text, len, false, NULL, 0);

	if (!CHECK(n >= 0))
		return;
	int32_t *ids = alloc_array((size_t)n, 1, sizeof(*ids));
	char *back = malloc(len + 1);
	size_t at = 0;

	CHECK_INT(vocab_encode(v, text, len, false, ids, (size_t)n), n);
	for (int i = 0; i < n; i++) {
		const char *s;
		size_t k = vocab_bytes(v, ids[i], &s);

		if (CHECK(at + k <= len))
			memcpy(back + at, s, k);
		at += k;
		CHECK(!vocab_control(v, ids[i]));
	}
	CHECK_INT(at, len);
	CHECK(!memcmp(back, text, len));
	free(ids);
	free(back);
}

static void any_bytes_come_back(void)
{
	gguf *g;
	unsigned char *bytes;
	vocab *v = load_tiny(&g, &bytes);
	static const char letters[] = "the dog \xc3\xa9\xf0\x9f\x98\x80\n\0<|im_end|>";
	char text[300];
	rng r;

	rng_seed(&r, 7);
	REQUIRE(v);
	for (int round = 0; round < 300; round++) {
		size_t len = rng_next(&r) % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = round % 2 ? (char)rng_next(&r)
					    : letters[rng_next(&r) % sizeof(letters)];
		check_round_trip(v, text, len);
	}
	check_round_trip(v, "\xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xe2\x82", 15);
	vocab_free(v);
	gguf_close(g);
	free(bytes);
}

static void control_tokens_only_when_asked(void)
{
	gguf *g;
	unsigned char *bytes;
	vocab *v = load_tiny(&g, &bytes);
	const char text[] = "the <|im_end|> dog";
	int32_t ids[64];

	REQUIRE(v);
	int n = vocab_encode(v, text, sizeof(text) - 1, false, ids, 64);

	for (int i = 0; i < n; i++)
		CHECK(!vocab_control(v, ids[i]));
	n = vocab_encode(v, text, sizeof(text) - 1, true, ids, 64);
	int found = 0;

	for (int i = 0; i < n; i++)
		found += ids[i] == vocab_find(v, "<|im_end|>");
	CHECK_INT(found, 1);
	CHECK(vocab_ends(v, vocab_find(v, "<|im_end|>")));
	CHECK(vocab_ends(v, vocab_find(v, "<|endoftext|>")));
	CHECK(!vocab_ends(v, vocab_find(v, "<|im_start|>")));
	CHECK_INT(vocab_find(v, "the"), -1);
	CHECK_INT(vocab_find(v, "<|nothing|>"), -1);
	CHECK_INT(vocab_bos(v), -1);
	const char *s;

	CHECK_INT(vocab_bytes(v, vocab_find(v, "<|im_end|>"), &s), 0);
	CHECK_INT(vocab_bytes(v, -1, &s), 0);
	CHECK_INT(vocab_bytes(v, INT32_MAX, &s), 0);
	vocab_free(v);
	gguf_close(g);
	free(bytes);
}

/* A megabyte of one word, of spaces, of newlines: a quadratic step would take minutes. */
static void long_words_end(void)
{
	gguf *g;
	unsigned char *bytes;
	vocab *v = load_tiny(&g, &bytes);
	enum { N = 200000 };
	static const char *const fills[] = { "a", " ", "\n",   "dog",     " \n",
					     "1", "!", "\xff", "\xc3\xa9" };
	char *text = malloc(N);

	REQUIRE(v && text);
	for (size_t k = 0; k < sizeof(fills) / sizeof(fills[0]); k++) {
		for (size_t i = 0; i < N; i++)
			text[i] = fills[k][i % strlen(fills[k])];
		check_round_trip(v, text, N);
	}
	free(text);
	vocab_free(v);
	gguf_close(g);
	free(bytes);
}

static void merges_by_rank(void)
{
	gguf *g;
	unsigned char *bytes;
	vocab *v = load_tiny(&g, &bytes);
	int32_t ids[8];
	const char *s;

	REQUIRE(v);
	CHECK_INT(vocab_encode(v, " the", 4, false, ids, 8), 1);
	CHECK_INT(vocab_bytes(v, ids[0], &s), 4);
	CHECK(!memcmp(s, " the", 4));
	CHECK_INT(vocab_encode(v, "my dog's name", 13, false, ids, 8),
		  6); /* m y " dog" ' s " name" */
	CHECK_INT(vocab_encode(v, "", 0, false, ids, 8), 0);
	vocab_free(v);
	gguf_close(g);
	free(bytes);
}

/* ---- bad files ---- */

static void check_refused(gguf_builder *b, const char *sentence)
{
	char err[256] = "";
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);
	gguf *g = NULL;
	vocab *v = NULL;

	if (CHECK(!gguf_open_memory(&g, bytes, n, err, sizeof(err)))) {
		CHECK_INT(vocab_new(&v, g, err, sizeof(err)), ENGINE_EFORMAT);
		if (!CHECK(strstr(err, sentence)))
			printf("  %s\n", err);
		CHECK(!v);
	}
	gguf_close(g);
	free(bytes);
	gguf_builder_free(b);
}

static void bad_vocabularies_are_refused(void)
{
	static const char *const two[] = { "a", "b" };
	static const int32_t type = 1;
	gguf_builder *b = gguf_builder_new();

	check_refused(b, "no tokenizer");
	b = gguf_builder_new();
	gguf_builder_str(b, "tokenizer.ggml.model", "bert");
	check_refused(b, "\"bert\" is not supported");
	b = gguf_builder_new();
	tiny_vocab_add(b, "klingon");
	check_refused(b, "\"klingon\" is not supported");
	b = gguf_builder_new();
	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", "qwen2");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", two, 2);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", &type, 1);
	check_refused(b, "2 tokens but 1 types");
	b = gguf_builder_new();
	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", "qwen2");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", two, 2);
	gguf_builder_strs(b, "tokenizer.ggml.merges", two, 2);
	check_refused(b, "not two pieces");
	b = gguf_builder_new();
	gguf_builder_str(b, "tokenizer.ggml.model", "gpt2");
	gguf_builder_str(b, "tokenizer.ggml.pre", "qwen2");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", two, 2);
	gguf_builder_u32(b, "tokenizer.ggml.eos_token_id", 2);
	check_refused(b, "eos_token_id is 2 of 2");
}

int main(void)
{
	TEST_RUN(golden_gpt2);
	TEST_RUN(golden_qwen2);
	TEST_RUN(golden_llama_bpe);
	TEST_RUN(any_bytes_come_back);
	TEST_RUN(control_tokens_only_when_asked);
	TEST_RUN(long_words_end);
	TEST_RUN(merges_by_rank);
	TEST_RUN(bad_vocabularies_are_refused);
	return test_done();
}
