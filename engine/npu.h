/*
 * npu: what the forward passes of an edit would cost a phone's NPU: operations and bytes counted from a model's shape,
 * seconds and joules projected from the phone's figures. A projection, not a measurement.
 *
 * Seconds of a pass = max(integer ops / (peak ops/s * NPU_USE), bytes / bandwidth) + float ops / float rate; joules =
 * seconds * watts. A W8A16 product is two int8 products (high and low byte), each a multiply and an add: 4 ops a weight
 * and row. Bytes are each weight once a pass (its rows share it) and the residual rows in and out of each layer at 16
 * bits; the K/V cache is not counted. Attention and the edit layer's down-projection are float.
 *
 * Where the figures come from (npu.c says which is which): the MobiEdit paper (arXiv 2506.13772), its repository, Qualcomm's
 * announcements; what none of them gives is an assumption. Of the paper's times one is used: NPU_USE is what makes the
 * published edit take the time measured on the Redmi K60 Pro.
 */
#ifndef ENGINE_NPU_H
#define ENGINE_NPU_H

#include <stdbool.h>
#include <stddef.h>

enum { NPU_PHONES = 3 };

typedef struct npu_phone {
	const char *key, *name, *chip, *npu;
	double int8_ops;  /* peak, ops/s */
	double float_ops; /* vector unit, ops/s */
	double bandwidth; /* bytes/s */
	double watts;     /* while an edit runs */
	const char *source; /* of the figures: one line */
} npu_phone;

extern const npu_phone npu_phones[NPU_PHONES]; /* the first is the default */
extern const double NPU_USE;                   /* share of the peak that a matrix product reaches */

/* The numbers of a model that matter here. */
typedef struct npu_shape {
	char name[64];
	size_t n_vocab, n_embd, n_ff, n_layer, n_head, n_head_kv, head_dim;
	int edit_layer;
} npu_shape;

struct hparams;
npu_shape npu_shape_of(const struct hparams *hp, int edit_layer);
/* Published models, "qwen2.5-3b", ...: letter case aside; NULL: none of them. */
const npu_shape *npu_shape_find(const char *name);
/* From a GGUF's metadata; no weights are read. */
int npu_shape_read(npu_shape *out, const char *path, char *err, size_t errlen);

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

/* The parts of a pass, each over all of its layers. */
enum { NPU_QKV, NPU_ATTENTION, NPU_OUT, NPU_GATE_UP, NPU_DOWN, NPU_EDIT_DOWN, NPU_RESIDUAL, NPU_LOGITS, NPU_PARTS };
const char *npu_part_name(int part);
void npu_pass_parts(const npu_shape *s, const npu_pass *p, npu_cost parts[NPU_PARTS]);
npu_cost npu_pass_cost(const npu_shape *s, const npu_pass *p); /* their sum */
double npu_seconds(const npu_cost *c, const npu_phone *phone);

/* A sum over passes. */
typedef struct npu_tally {
	size_t passes, layer_rows, logit_rows; /* layer_rows: rows times the layers they ran through */
	npu_cost cost;
	double seconds[NPU_PHONES];
} npu_tally;

void npu_tally_add(npu_tally *t, const npu_shape *s, const npu_pass *p, size_t times);
void npu_tally_join(npu_tally *t, const npu_tally *more);

/* An edit by its numbers of rows, for shapes that no edit was run on. */
typedef struct npu_edit {
	double evaluations; /* vectors tried */
	double per_pass;    /* of them in one pass */
	size_t rows;        /* of one evaluation, over all of its prompts */
	size_t logit_rows, context;
	size_t once_rows;   /* run once before, through all layers */
	size_t key_rows;    /* run once before, up to the edit layer */
	bool from_start;    /* an evaluation runs all layers; else those behind the edit layer */
} npu_edit;

/* As published: steps of 10 evaluations, a check every 20 steps. */
npu_edit npu_edit_published(double steps);
/* Ours: `evaluations` with the rows of the built-in model's edit of a pet's name (npu_edit.c). */
npu_edit npu_edit_ours(double evaluations);
/* Evaluations over the facts of tests/bench/edit/personal.tsv, all tries of those that fail counted: the last line of
 * tests/bench/results/personal-KEY.jsonl. */
enum { NPU_MEASUREMENTS = 2 };
typedef struct npu_measured {
	const char *key, *name;
	double median, p90;
} npu_measured;
extern const npu_measured npu_measurements[NPU_MEASUREMENTS];

npu_tally npu_edit_project(const npu_shape *s, const npu_edit *e);

#endif
