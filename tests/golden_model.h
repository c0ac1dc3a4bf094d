/*
 * golden_model: the three small random models whose logits are in tests/vectors/logits.txt, made
 * anew byte for byte: the weights are draws of Python's random.Random(seed).gauss in the order of
 * the tensors. Matrices can be stored in the types that plain rounding fills, laid out as
 * llama-quantize --pure writes them; and single features can be spoilt, to see that a test notices.
 */
#ifndef TESTS_GOLDEN_MODEL_H
#define TESTS_GOLDEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GOLDEN_VOCAB = 384 };

typedef struct golden_model {
	const char *arch; /* "qwen2", "qwen3", "llama" */
	int type;         /* GGML_*: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0 or Q5_1 */

	/* What may differ from the golden file. */
	uint32_t version;    /* of the GGUF; 0: 3 */
	const char *as;      /* the architecture that the file names, NULL: arch */
	double theta;        /* 0: the model's own */
	const char *without; /* tensors with this in their name are left out, NULL: none */
	bool plain_qk;       /* the weights of the q and k norms are all 1 */
	const char *output;  /* the tensor that is output.weight, or "" for no such tensor; NULL: as it is */
} golden_model;

unsigned char *golden_model_bytes(const golden_model *m, size_t *n); /* malloc'd */

#endif
