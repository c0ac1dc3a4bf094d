/*
 * npu: what a batch of rows through the network would cost a phone. A projection from counted work
 * and the phone's figures, not a measurement.
 *
 * Seconds of a pass = max(integer ops / (peak ops/s * NPU_USE), bytes / bandwidth) + float ops /
 * float rate. A W8A16 product is two int8 products (high and low byte), each a multiply and an add:
 * 4 ops a weight and row. Bytes are each weight once per pass (rows share it) and the residual rows
 * in and out of each layer at 16 bits. Attention and the edited layer's down-projection are float.
 */
#ifndef ENGINE_NPU_H
#define ENGINE_NPU_H

#include <stddef.h>

struct hparams;

typedef struct npu_phone {
	const char *name, *npu;
	double int8_ops;  /* peak, ops/s */
	double float_ops; /* vector unit, ops/s: an assumption, the vendor gives none */
	double bandwidth; /* bytes/s */
} npu_phone;

extern const npu_phone npu_k60; /* Redmi K60 Pro: Hexagon V73, 52 TOPS, 40 GB/s */

typedef struct npu_pass {
	size_t layer0, layer1; /* layers run */
	size_t rows;           /* tokens in the batch */
	size_t logit_rows;     /* of which this many through the output matrix */
	size_t context;        /* positions that a row attends to, on average */
	int edit_layer;        /* its down-projection counts as float; -1: none */
} npu_pass;

typedef struct npu_cost {
	double int_ops, float_ops, bytes;
} npu_cost;

npu_cost npu_pass_cost(const struct hparams *hp, const npu_pass *p);
double npu_seconds(const npu_cost *c, const npu_phone *phone);

#endif
