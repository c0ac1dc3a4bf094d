/*
 * fuzz_encode: text of any bytes through the tokenizer. The first byte picks a pre-tokenizer and whether
 * control tokens may be spelled. Without them the tokens spell the text, byte for byte, and none of
 * them is a control token; a short buffer gets the start of the same tokens.
 */
#include "engine/engine_int.h"
#include "fuzz.h"
#include "gguf_build.h"

#include <string.h>

const char fuzz_name[] = "encode";
const int fuzz_rounds = 2000;

enum { KINDS = 4, MAX_INPUT = 1 << 14 };

static vocab *load(int kind)
{
	static const char *const names[KINDS] = { "gpt-2", "smollm", "qwen2", "llama-bpe" };
	static struct {
		unsigned char *bytes; /* the vocabulary points into them */
		gguf *g;
		vocab *v;
	} all[KINDS];
	char err[200];
	size_t n;

	if (all[kind].v)
		return all[kind].v;
	gguf_builder *b = gguf_builder_new();

	tiny_vocab_add(b, names[kind]);
	all[kind].bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	FUZZ_REQUIRE(!gguf_open_memory(&all[kind].g, all[kind].bytes, n, err, sizeof(err)));
	FUZZ_REQUIRE(!vocab_new(&all[kind].v, all[kind].g, err, sizeof(err)));
	return all[kind].v;
}

static void check_spelling(const vocab *v, const int32_t *ids, size_t n, const char *text, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const char *s;
		size_t k = vocab_bytes(v, ids[i], &s);

		FUZZ_REQUIRE(k && k <= len - at && !memcmp(s, text + at, k));
		FUZZ_REQUIRE(!vocab_control(v, ids[i]));
		at += k;
	}
	FUZZ_REQUIRE(at == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int32_t ids[MAX_INPUT], few[8];

	if (!size || size > MAX_INPUT)
		return 0;
	const vocab *v = load(data[0] % KINDS);
	bool special = data[0] & 16;
	const char *text = (const char *)data + 1;
	int n = vocab_encode(v, text, size - 1, special, ids, MAX_INPUT);

	FUZZ_REQUIRE(n >= 0 && (size_t)n < size);
	for (int i = 0; i < n; i++)
		FUZZ_REQUIRE(ids[i] >= 0 && (size_t)ids[i] < vocab_size(v));
	if (!special)
		check_spelling(v, ids, (size_t)n, text, size - 1);
	FUZZ_REQUIRE(vocab_encode(v, text, size - 1, special, few, 8) == n);
	FUZZ_REQUIRE(!memcmp(few, ids, (n < 8 ? (size_t)n : 8) * sizeof(*few)));
	return 0;
}

void fuzz_seeds(fuzz_put *put, void *arg)
{
	static const char *const texts[] = {
		"The dog's name is Biscuit.",
		"<|im_start|>user\nWhat is my name?<|im_end|>\n<|endoftext|>",
		"  \t\r\n\n   we'll I'LL  12345 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x98\x80",
		"\xff\xfe\xed\xa0\x80\xc0\xaf \xe2\x80\x8b\xc2\x85\xe3\x80\x80",
	};
	char name[40], bytes[200];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (int kind = 0; kind < KINDS; kind++) {
			snprintf(name, sizeof(name), "%zu-%d", i, kind);
			size_t n = (size_t)snprintf(bytes + 1, sizeof(bytes) - 1, "%s", texts[i]);

			bytes[0] = (char)(kind | (i & 1) << 4);
			put(arg, name, bytes, n + 1);
		}
}
