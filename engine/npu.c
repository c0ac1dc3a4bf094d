/*
 * npu: see npu.h.
 */
#include "npu.h"

#include "engine_int.h"

/* Share of the peak that a matrix product reaches: an assumption. */
static const double NPU_USE = 0.5;

const npu_phone npu_k60 = { "Redmi K60 Pro", "Hexagon V73", 52e12, 1e12, 40e9 };

npu_cost npu_pass_cost(const hparams *hp, const npu_pass *p)
{
	double d = (double)hp->n_embd, ff = (double)hp->n_ff, rows = (double)p->rows;
	double heads = (double)(hp->n_head * hp->head_dim);
	double kv = (double)(hp->n_head_kv * hp->head_dim);
	double attention = d * (heads + 2 * kv) + heads * d, down = d * ff;
	npu_cost c = { 0, 0, 0 };

	for (size_t l = p->layer0; l < p->layer1; l++) {
		double weights = attention + 3 * down;

		if ((int)l == p->edit_layer) {
			weights -= down;
			c.float_ops += 2 * down * rows;
			c.bytes += 4 * down;
		}
		c.int_ops += 4 * weights * rows;
		c.bytes += weights + 4 * d * rows;
		c.float_ops += 4 * heads * (double)p->context * rows; /* q k and p v */
	}
	if (p->logit_rows) {
		c.int_ops += 4 * d * (double)hp->n_vocab * (double)p->logit_rows;
		c.bytes += d * (double)hp->n_vocab;
	}
	return c;
}

double npu_seconds(const npu_cost *c, const npu_phone *phone)
{
	double compute = c->int_ops / (phone->int8_ops * NPU_USE);
	double memory = c->bytes / phone->bandwidth;

	return (compute > memory ? compute : memory) + c->float_ops / phone->float_ops;
}
