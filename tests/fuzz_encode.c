/*
 * fuzz_encode: text of any bytes through the tokenizer. The first byte picks a pre-tokenizer, or one of
 * two SentencePiece vocabularies, and whether control tokens may be spelled. Without them the tokens
 * spell the text, byte for byte, and none of them is a control token; a short buffer gets the start of
 * the same tokens.
 */
#include "engine/token_int.h"
#include "fuzz.h"
#include "gguf_build.h"

#include <string.h>

const char fuzz_name[] = "encode";
const int fuzz_rounds = 2000;

/* The last two: SentencePiece with all byte tokens, and with a file's unknown token that controls. */
enum { SPM = 4, SPM_LIAR, KINDS, MAX_INPUT = 1 << 14 };

/* No byte tokens, and a control token for what has no piece. */
static void liar_add(gguf_builder *b)
{
	static const char *const tokens[] = { "<unk>", "<s>", "</s>", "\342\226\201", "a", "b", "ab", "<tool>" };
	static const int32_t types[] = { 2, 3, 3, 1, 1, 1, 1, 4 };
	static const float scores[] = { 0, 0, 0, -1, -2, -3, 0, 0 };

	gguf_builder_str(b, "tokenizer.ggml.model", "llama");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", tokens, 8);
	gguf_builder_f32s(b, "tokenizer.ggml.scores", scores, 8);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, 8);
	gguf_builder_u32(b, "tokenizer.ggml.unknown_token_id", 2);
}

static vocab *load(int kind)
{
	static const char *const names[SPM] = { "gpt-2", "smollm", "qwen2", "llama-bpe" };
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

	if (kind < SPM)
		tiny_vocab_add(b, names[kind]);
	else if (kind == SPM)
		tiny_spm_add(b);
	else
		liar_add(b);
	all[kind].bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	FUZZ_REQUIRE(!gguf_open_memory(&all[kind].g, all[kind].bytes, n, err, sizeof(err)));
	FUZZ_REQUIRE(!vocab_new(&all[kind].v, all[kind].g, err, sizeof(err)));
	return all[kind].v;
}

/* SentencePiece: spaces stand for U+2581, and one more is in front of each stretch of text. */
static void check_pieces(const vocab *v, const int32_t *ids, size_t n, const char *text, size_t len)
{
	static char want[MAX_INPUT], got[2 * MAX_INPUT];
	size_t n_want = 0, n_got = 0;

	for (size_t i = 0, wrote; i < len; n_want += wrote)
		i += spm_character(text + i, len - i, want + n_want, &wrote);
	for (size_t i = 0; i < n; i++) {
		const char *s;
		size_t k = vocab_bytes(v, ids[i], &s);

		FUZZ_REQUIRE(k <= sizeof(got) - n_got);
		memcpy(got + n_got, s, k);
		n_got += k;
	}
	FUZZ_REQUIRE(n_got == n_want + (len > 0) && (!len || (*got == ' ' && !memcmp(got + 1, want, n_want))));
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
	static int32_t ids[2 * MAX_INPUT], few[8];

	if (!size || size > MAX_INPUT)
		return 0;
	int kind = (data[0] & 15) % KINDS;
	const vocab *v = load(kind);
	bool special = data[0] & 16;
	const char *text = (const char *)data + 1;
	int n = vocab_encode(v, text, size - 1, special, ids, 2 * MAX_INPUT);

	FUZZ_REQUIRE(n >= 0 && (size_t)n < 2 * size);
	for (int i = 0; i < n; i++) {
		FUZZ_REQUIRE(ids[i] >= 0 && (size_t)ids[i] < vocab_size(v));
		FUZZ_REQUIRE(special || !vocab_control(v, ids[i]));
	}
	if (!special && kind == SPM)
		check_pieces(v, ids, (size_t)n, text, size - 1);
	if (!special && kind < SPM)
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
		"a\xe2\x96\x81" "ab<tool> the dog\xe2\x96",
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
