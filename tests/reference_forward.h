/*
 * reference_forward: the logits after a sequence, in double precision and as plainly as it can be
 * said, sharing with the engine only the reading of the file. half_kv rounds keys and values to F16,
 * as a cache does.
 */
#ifndef TESTS_REFERENCE_FORWARD_H
#define TESTS_REFERENCE_FORWARD_H

#include "engine/engine_int.h"

/* logits [n_vocab], after the last of n tokens. */
void reference_logits(const model *m, bool half_kv, const int32_t *tokens, size_t n, float *logits);

#endif
