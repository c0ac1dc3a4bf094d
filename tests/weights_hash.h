/* weights_hash: of every layer's down-projection as the edited weights have it: equal hashes, equal answers. */
#ifndef TESTS_WEIGHTS_HASH_H
#define TESTS_WEIGHTS_HASH_H

#include <string.h>

#include "engine/engine_int.h"

static inline uint64_t weights_hash(const engine *e)
{
	const model *m = e->model;
	uint64_t h = engine_layer_hash(e);

	for (size_t l = 0; m->down_overlay && l < m->hp.n_layer; l++) {
		const float *w = m->down_overlay[l];

		for (size_t i = 0; w && i < m->hp.n_embd * m->hp.n_ff; i++) {
			uint32_t bits;

			memcpy(&bits, &w[i], sizeof bits);
			h = (h ^ bits ^ (uint64_t)l << 32) * 0xff51afd7ed558ccdu;
			h ^= h >> 32;
		}
	}
	return h;
}

#endif
