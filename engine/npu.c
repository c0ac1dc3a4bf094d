/*
 * npu: see npu.h.
 *
 * The phones' figures, and where they are from:
 *
 *	phone = chip = Hexagon version  MobiEdit's three phones; versions: ExecuTorch's list of Qualcomm chips
 *	K60: 52 TOPS, 40 GB/s           noted from the paper; the text that has them was not at hand to compare
 *	K70, OnePlus 13: peak,          assumption: the K60's, times the ratio in which the paper's phones took less time
 *	bandwidth                       for the same edit (1902.88, 1477.67 and 1211.83 s). Qualcomm's own claims (NPU 98 %
 *	                                faster than the generation before, then 45 %) would give more
 *	float ops                       assumption: 1 TFLOP/s, and in the same ratio; the vendor gives none
 *	watts                           assumption: 1.0. MobiEdit's repository has energies of 0.02, 0.02 and 0.01 for
 *	                                those times, in a unit that cannot be the joule that it says. ROME's 0.25 there is
 *	                                25.13 kJ in a later account of the paper, which makes it 100 kJ and MobiEdit's
 *	                                1.1, 1.4 and 0.8 W, to one digit
 *	NPU_USE                         fitted to one figure: the published edit of Qwen2.5-3B takes the K60's 1902.88 s.
 *	                                The same group's runtime, said to prefill a 1.8B model at 1000 tokens/s, reaches
 *	                                about the same share
 */
#include "npu.h"

#include "engine_int.h"

#include <string.h>
#include <strings.h>

#define K70_RATIO (1902.88 / 1477.67)
#define ONEPLUS_RATIO (1902.88 / 1211.83)

const double NPU_USE = 0.045;

const npu_phone npu_phones[NPU_PHONES] = {
	{ "k60", "Redmi K60 Pro", "Snapdragon 8 Gen 2", "Hexagon V73", 52e12, 1e12, 40e9, 1.0,
	  "peak and bandwidth: noted from the paper; float rate and power: assumed" },
	{ "k70", "Redmi K70", "Snapdragon 8 Gen 3", "Hexagon V75", 52e12 * K70_RATIO, 1e12 * K70_RATIO,
	  40e9 * K70_RATIO, 1.0, "assumed: the K60's by the ratio of the paper's times; power: assumed" },
	{ "oneplus13", "OnePlus 13", "Snapdragon 8 Elite", "Hexagon V79", 52e12 * ONEPLUS_RATIO, 1e12 * ONEPLUS_RATIO,
	  40e9 * ONEPLUS_RATIO, 1.0, "assumed: the K60's by the ratio of the paper's times; power: assumed" },
};

/* ---- one pass ---- */

const char *npu_part_name(int part)
{
	static const char *const names[NPU_PARTS] = { "q, k, v", "attention", "attention out", "gate, up", "down",
						      "down, edit layer", "residual rows", "logits" };

	return names[part];
}

/* A product of `weights` weights with `rows` rows: int8 twice, or float. */
static npu_cost product(double weights, double rows, bool in_float)
{
	return in_float ? (npu_cost){ .float_ops = 2 * weights * rows, .bytes = 4 * weights }
			: (npu_cost){ .int_ops = 4 * weights * rows, .bytes = weights };
}

void npu_pass_parts(const npu_shape *s, const npu_pass *p, npu_cost parts[NPU_PARTS])
{
	double d = (double)s->n_embd, ff = (double)s->n_ff, rows = (double)p->rows;
	double heads = (double)(s->n_head * s->head_dim), kv = (double)(s->n_head_kv * s->head_dim);
	double layers = (double)(p->layer1 - p->layer0);
	bool edited = p->edit_layer >= (int)p->layer0 && p->edit_layer < (int)p->layer1;

	memset(parts, 0, NPU_PARTS * sizeof *parts);
	parts[NPU_QKV] = product(layers * d * (heads + 2 * kv), rows, false);
	parts[NPU_ATTENTION].float_ops = layers * 4 * heads * (double)p->context * rows; /* q k and p v */
	parts[NPU_OUT] = product(layers * heads * d, rows, false);
	parts[NPU_GATE_UP] = product(layers * 2 * d * ff, rows, false);
	parts[NPU_DOWN] = product((layers - edited) * d * ff, rows, false);
	parts[NPU_EDIT_DOWN] = product(edited * d * ff, rows, true);
	parts[NPU_RESIDUAL].bytes = layers * 4 * d * rows;
	if (p->logit_rows)
		parts[NPU_LOGITS] = product(d * (double)s->n_vocab, (double)p->logit_rows, false);
}

static void cost_join(npu_cost *c, const npu_cost *more, double times)
{
	c->int_ops += times * more->int_ops;
	c->float_ops += times * more->float_ops;
	c->bytes += times * more->bytes;
}

npu_cost npu_pass_cost(const npu_shape *s, const npu_pass *p)
{
	npu_cost parts[NPU_PARTS], c = { 0, 0, 0 };

	npu_pass_parts(s, p, parts);
	for (int i = 0; i < NPU_PARTS; i++)
		cost_join(&c, &parts[i], 1);
	return c;
}

double npu_seconds(const npu_cost *c, const npu_phone *phone)
{
	double compute = c->int_ops / (phone->int8_ops * NPU_USE);
	double memory = c->bytes / phone->bandwidth;

	return (compute > memory ? compute : memory) + c->float_ops / phone->float_ops;
}

/* ---- sums ---- */

void npu_tally_add(npu_tally *t, const npu_shape *s, const npu_pass *p, size_t times)
{
	npu_cost c = npu_pass_cost(s, p);

	t->passes += times;
	t->layer_rows += times * p->rows * (p->layer1 - p->layer0);
	t->logit_rows += times * p->logit_rows;
	cost_join(&t->cost, &c, (double)times);
	for (int i = 0; i < NPU_PHONES; i++)
		t->seconds[i] += (double)times * npu_seconds(&c, &npu_phones[i]);
}

void npu_tally_join(npu_tally *t, const npu_tally *more)
{
	t->passes += more->passes;
	t->layer_rows += more->layer_rows;
	t->logit_rows += more->logit_rows;
	cost_join(&t->cost, &more->cost, 1);
	for (int i = 0; i < NPU_PHONES; i++)
		t->seconds[i] += more->seconds[i];
}
