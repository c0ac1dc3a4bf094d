/* npu_edit: edits as numbers of rows, for shapes on which none was run; see npu.h. */
#include "npu.h"

#include <math.h>

/*
 * The published edit, from the paper and its code: 7 sequences (5 random prefixes and the bare prompt, and the prompt that
 * must not change), 5 directions of two evaluations, each a pass of its own, and one more every 20 steps to see whether it
 * may stop. The first 10 positions are kept from the first step on (and not always right after it). Assumed: 24
 * tokens a sequence, 4 of them to be predicted.
 */
enum { PUBLISHED_SEQUENCES = 7, PUBLISHED_TOKENS = 24, PUBLISHED_KEPT = 10, PUBLISHED_TARGETS = 4,
       PUBLISHED_EVALUATIONS = 10, PUBLISHED_CHECK = 20 };

npu_edit npu_edit_published(double steps)
{
	return (npu_edit){
		.evaluations = steps * PUBLISHED_EVALUATIONS + floor(steps / PUBLISHED_CHECK),
		.per_pass = 1,
		.rows = PUBLISHED_SEQUENCES * (PUBLISHED_TOKENS - PUBLISHED_KEPT),
		.logit_rows = PUBLISHED_SEQUENCES * PUBLISHED_TARGETS,
		.context = PUBLISHED_TOKENS,
		.once_rows = PUBLISHED_SEQUENCES * PUBLISHED_KEPT,
		.from_start = true,
	};
}

/* "My dog's name is Biscuit" on the built-in model (tests/test_npu.c): what an evaluation runs of its questions, how
 * many predict an answer's token, the longest question, what is run once through all layers and up to the edited one;
 * and 16 probes and 6 tries in turn. */
enum { OURS_ROWS = 123, OURS_TARGETS = 64, OURS_CONTEXT = 45, OURS_ONCE = 116, OURS_KEYS = 137,
       OURS_PER_PASS = 11 };

const npu_measured npu_measurements[NPU_MEASUREMENTS] = {
	{ "warm", "warm start", 2, 17 },
	{ "zero", "from zero", 11, 291 },
};

npu_edit npu_edit_ours(double evaluations)
{
	return (npu_edit){
		.evaluations = evaluations,
		.per_pass = OURS_PER_PASS,
		.rows = OURS_ROWS,
		.logit_rows = OURS_TARGETS,
		.context = OURS_CONTEXT,
		.once_rows = OURS_ONCE,
		.key_rows = OURS_KEYS,
	};
}

npu_tally npu_edit_project(const npu_shape *s, const npu_edit *e)
{
	npu_tally t = { 0 };
	npu_pass once = { .layer1 = s->n_layer, .rows = e->once_rows, .context = e->context,
			  .edit_layer = s->edit_layer };
	npu_pass keys = { .layer1 = (size_t)s->edit_layer + 1, .rows = e->key_rows, .context = e->context,
			  .edit_layer = s->edit_layer };
	npu_pass pass = { .layer0 = e->from_start ? 0 : (size_t)s->edit_layer + 1, .layer1 = s->n_layer,
			  .context = e->context, .edit_layer = s->edit_layer };
	double whole = floor(e->evaluations / e->per_pass), rest = e->evaluations - whole * e->per_pass;

	if (e->once_rows)
		npu_tally_add(&t, s, &once, 1);
	if (e->key_rows)
		npu_tally_add(&t, s, &keys, 1);
	pass.rows = (size_t)(e->per_pass * (double)e->rows);
	pass.logit_rows = (size_t)(e->per_pass * (double)e->logit_rows);
	npu_tally_add(&t, s, &pass, (size_t)whole);
	pass.rows = (size_t)(rest * (double)e->rows);
	pass.logit_rows = (size_t)(rest * (double)e->logit_rows);
	if (rest > 0)
		npu_tally_add(&t, s, &pass, 1);
	return t;
}
