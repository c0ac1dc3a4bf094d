/*
 * Fuzz target for what reads untrusted model files: the GGUF reader, block decoding and the
 * vocabulary. With libFuzzer:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz_gguf.c \
 *         engine/gguf*.c engine/token.c engine/spm.c engine/encode.c engine/pretoken.c engine/fail.c \
 *         engine/sha256.c -lpcre2-8 -o fuzz_gguf
 *     ./fuzz_gguf -max_total_time=60 CORPUS tests/vectors
 */
#include "engine/engine_int.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_all(const gguf *g)
{
	enum { MOST = 1 << 16 };
	float *row = alloc_array(MOST, 1, sizeof(*row));

	for (size_t i = 0; row && i < gguf_tensor_count(g); i++) {
		const gguf_tensor *t = gguf_tensor_at(g, i);

		if (t->cols > MOST)
			continue;
		gguf_row(t, 0, row);
		gguf_row(t, t->rows - 1, row);
	}
	free(row);
}

static void encode_some(const gguf *g)
{
	static const char text[] =
		"Hello, my dog's name is 1234 \xc3\xa9\xff\n\n<|im_end|>  <tool_call>";
	vocab *v = NULL;
	int32_t ids[256];
	const char *s;

	if (vocab_new(&v, g, NULL, 0))
		return;
	for (int special = 0; special < 2; special++) {
		int n = vocab_encode(v, text, sizeof(text) - 1, special, ids, 256);

		for (int i = 0; i < n && i < 256; i++)
			if (vocab_bytes(v, ids[i], &s) > 65535)
				abort();
	}
	vocab_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[128];
	gguf *g = NULL;

	if (gguf_open_memory(&g, data, size, err, sizeof(err)))
		return 0;
	decode_all(g);
	encode_some(g);
	gguf_close(g);
	return 0;
}
