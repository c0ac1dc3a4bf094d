/*
 * edit_phase: the phases of an edit, each a function that does one batch of evaluations and then changes the state:
 *
 *	keys    run once what no vector can change; note keys and the length of v
 *	start   nothing added, and the value code's guess (warm start); the guess at other lengths
 *	code    the same search over the weights of the tokens' parts in the guess: 16 dimensions at most
 *	read    instead of the two before, where there was practice: a search by what it found (edit_read.c, reader.c)
 *	search  zeroth-order search from the best start (edit_search.c)
 *	trim    what the answers do not depend on is taken out of the vector found
 *	shrink  the shortest multiple of the vector found that still passes
 *
 * A batch that is interrupted leaves the state as it was, so the next edit_run() does it again and
 * gets the same numbers. All evaluations read the base weights. `evaluations` counts one for each vector over all contexts.
 */
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "edit_int.h"

/* Lengths are multiples of |v|. */
static const double WEIGHT_DECAY = 1e-4; /* loss per (|delta| / |v|)^2 */
static const double CLAMP = 60.0;
static const double WARM_SCALES[] = { 0.75, 1.25, 1.6 };
static const double SHRINK_FLOOR = 0.3;
static const double STALL_SHARE = 0.95;  /* of the loss: a search that gains less in STALL_STEPS has ended */
static const double HARDER_START = 0.25; /* of practice's vector, longer on each rung of the ladder */

enum { MAX_EVALUATIONS = 800, MAX_STEPS = 100, SHRINK_BATCH = 3, SHRINK_ROUNDS = 2, CODE_STEPS = 6, STALL_STEPS = 8 };

/* ---- one batch ---- */

static bool score_passes(const edit *ed, const edit_score *s)
{
	return s->top && s->p_min >= ed->req.margin;
}

int edit_evaluate(edit *ed, size_t n, const edit_caller *by)
{
	int rc = edit_scorer_run(ed->scorer, ed->points, n, ed->scores, ed->resid,
				 n <= EDIT_HIDDEN_BATCH ? ed->hidden : NULL, &ed->result.npu_seconds, by->stop, by->arg);

	if (rc)
		return rc;
	for (size_t k = 0; k < n; k++) {
		double long_by = edit_length(ed->points + k * ed->d, ed->d) / ed->v;

		ed->losses[k] = ed->scores[k].nll + WEIGHT_DECAY * long_by * long_by;
	}
	ed->result.evaluations += (int)n;
	ed->tried = 0;
	for (size_t k = 0; k < n; k++)
		ed->tried += ed->scores[k].nll / (double)n;
	return 0;
}

static void take_best(edit *ed, size_t k)
{
	memcpy(ed->best, ed->points + k * ed->d, ed->d * sizeof *ed->best);
	memcpy(ed->best_resid, ed->resid + k * ed->m, ed->m * sizeof *ed->best_resid);
	ed->best_score = ed->scores[k];
	ed->best_loss = ed->losses[k];
	ed->passed = score_passes(ed, &ed->scores[k]);
}

void edit_note_batch(edit *ed, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		bool passes = score_passes(ed, &ed->scores[k]);

		if (passes == ed->passed ? ed->losses[k] < ed->best_loss : passes)
			take_best(ed, k);
	}
}

void edit_point_scaled(edit *ed, size_t k, const float *v, double scale)
{
	for (size_t i = 0; i < ed->d; i++)
		ed->points[k * ed->d + i] = (float)(scale * (double)v[i]);
}

/* ---- phases ---- */

static edit_searcher_options options_for(const edit *ed)
{
	bool fixed = ed->req.fixed_steps > 0;
	int budget = fixed			   ? INT_MAX
		     : ed->req.max_evaluations > 0 ? ed->req.max_evaluations
						   : (int)(MAX_EVALUATIONS * (1 + ed->req.harder));

	return (edit_searcher_options){
		.kind = ed->req.search, .d = ed->d, .m = ed->m, .scale = ed->v,
		.directions = fixed && ed->req.step_evaluations
				      ? edit_search_directions(ed->req.search, ed->d, ed->req.step_evaluations)
				      : ed->req.directions,
		.clamp = CLAMP * (1 + ed->req.harder),
		.max_steps = fixed ? ed->req.fixed_steps : (int)(MAX_STEPS * (1 + ed->req.harder)),
		.evaluations = budget - ed->result.evaluations,
		.near = edit_length(ed->best, ed->d) > 0, .seed = ed->seed,
	};
}

int edit_hidden_init(edit *ed)
{
	ed->hidden = alloc_array(EDIT_HIDDEN_BATCH * ed->m, ed->d, sizeof *ed->hidden);
	return ed->hidden ? 0 : ENGINE_ENOMEM;
}

int edit_step_keys(edit *ed, const edit_caller *by)
{
	size_t i = ed->case_next, n_ff = ed->result.n_ff;
	double v;
	int rc;

	if (i < ed->n_cases) {
		rc = edit_case_fill(&ed->cases[i], ed->e, ed->result.keys + i * n_ff, &v, by->stop,
				    by->arg);
		if (!rc) {
			npu_tally more = { 0 };

			edit_case_count(&ed->cases[i], ed->e->model, &more);
			npu_tally_join(&ed->filled, &more);
			ed->result.npu_seconds += more.seconds[ed->e->opt.phone];
			ed->v_sum += v;
			ed->case_next++;
		}
		return rc;
	}
	ed->v = ed->v_sum / (double)ed->n_cases;
	if (!(ed->v > 0) || !isfinite(ed->v))
		return ENGINE_ERR;
	rc = ed->scorer ? 0 : edit_scorer_new(&ed->scorer, ed->e, ed->cases, ed->n_answered, ed->req.exact_cache);
	if (rc)
		return rc;
	ed->m = ed->result.targets = edit_scorer_targets(ed->scorer);
	ed->result.rows = edit_scorer_rows(ed->scorer);
	if (!ed->resid)
		ed->resid = alloc_array(ed->points_max, ed->m, sizeof *ed->resid);
	if (!ed->best_resid)
		ed->best_resid = alloc_array(ed->m, 1, sizeof *ed->best_resid);
	if (!ed->resid || !ed->best_resid)
		return ENGINE_ENOMEM;
	if (ed->reading && !ed->hidden && edit_hidden_init(ed))
		return ENGINE_ENOMEM;
	ed->phase = PHASE_START;
	return 0;
}

int edit_search_begin(edit *ed)
{
	edit_searcher_options o = options_for(ed);
	int rc = edit_searcher_new(&ed->search, &o, ed->best, ed->best_resid, ed->best_loss);

	if (!rc) {
		ed->max_steps = o.max_steps + ed->result.steps;
		ed->stall_loss = ed->best_loss;
		ed->stall_step = 0;
		ed->phase = PHASE_SEARCH;
	}
	return rc;
}

/* The tokens' parts of the best guess as the dimensions: where the model misreads one token, more of its part helps. */
static int code_begin(edit *ed)
{
	const float zero[EDIT_VALUE_TOKENS] = { 0 };
	edit_searcher_options o = options_for(ed);

	o.kind = EDIT_SEARCH_FIT;
	o.d = ed->guess.n_parts;
	o.scale = 1;
	o.directions = (int)o.d;
	o.reach = 1;
	o.probe = 0.1;
	o.clamp = 0;
	o.max_steps = CODE_STEPS;
	int rc = edit_searcher_new(&ed->code, &o, zero, ed->best_resid, ed->best_loss);

	if (!rc) {
		memcpy(ed->whole, ed->best, ed->d * sizeof *ed->whole);
		ed->max_steps = o.max_steps;
		ed->phase = PHASE_CODE;
	}
	return rc;
}

/* After a search the vector is usually longer than need be; the value code's own length is the one
 * that the model was trained to read, and is kept unless a gentle edit was asked for. */
void edit_found(edit *ed, enum edit_phase next)
{
	ed->phase = next;
	ed->result.shrunk = next != PHASE_DONE;
	ed->shrink_low = SHRINK_FLOOR;
	ed->shrink_high = 1;
	memcpy(ed->whole, ed->best, ed->d * sizeof *ed->whole);
}

void edit_rest(edit *ed)
{
	ed->result.paused = ed->best_score.nll < ed->req.pause_below;
}

bool edit_go_on(edit *ed)
{
	bool was = ed->result.paused;

	ed->result.paused = false;
	return was;
}

static int step_start(edit *ed, const edit_caller *by)
{
	size_t n = 1 + ed->guess.n;

	memset(ed->points, 0, ed->d * sizeof *ed->points);
	for (size_t k = 0; k < ed->guess.n; k++)
		edit_point_scaled(ed, 1 + k, ed->guess.vector + k * ed->d, 1);
	if (ed->reading && !ed->guess.n)
		edit_point_scaled(ed, n++, ed->reading->start, 1 + HARDER_START * ed->req.harder);
	assert(!ed->reading || n <= EDIT_HIDDEN_BATCH); /* edit_read_begin() reads hidden at the best */
	int rc = edit_evaluate(ed, n, by);

	if (rc)
		return rc;
	ed->result.loss_before = ed->scores[0].nll;
	ed->result.p_before = ed->scores[0].p;
	edit_note_batch(ed, n);
	for (size_t k = 1; k < ed->guess.n; k++)
		if (ed->losses[1 + k] < ed->losses[1 + ed->bank])
			ed->bank = k;
	if (score_passes(ed, &ed->scores[0]))
		take_best(ed, 0); /* known already: nothing need be added */
	if (ed->passed && !ed->req.fixed_steps)
		edit_found(ed, ed->req.gentle && edit_length(ed->best, ed->d) > 0 ? PHASE_SHRINK : PHASE_DONE);
	else if (ed->req.only_guess && !ed->reading)
		ed->phase = PHASE_DONE;
	else if (ed->reading)
		return edit_read_begin(ed, 1 + ed->bank);
	else if (ed->guess.n)
		ed->phase = PHASE_SCALES;
	else
		return edit_search_begin(ed);
	return 0;
}

/* The guess at other lengths, from the bank that did best. */
static int step_scales(edit *ed, const edit_caller *by)
{
	size_t n = sizeof WARM_SCALES / sizeof *WARM_SCALES;

	for (size_t k = 0; k < n; k++)
		edit_point_scaled(ed, k, ed->guess.vector + ed->bank * ed->d, WARM_SCALES[k]);
	int rc = edit_evaluate(ed, n, by);

	if (rc)
		return rc;
	edit_note_batch(ed, n);
	if (ed->passed)
		edit_found(ed, ed->req.gentle ? PHASE_SHRINK : PHASE_DONE);
	else
		return ed->guess.n_parts > 1 && ed->req.search == EDIT_SEARCH_FIT ? code_begin(ed) :
										      edit_search_begin(ed);
	return 0;
}

static int step_code(edit *ed, const edit_caller *by)
{
	float coef[EDIT_BATCH_MAX * EDIT_VALUE_TOKENS];
	const float *parts = ed->guess.parts + ed->bank * ed->guess.n_parts * ed->d;
	size_t n = edit_searcher_ask(ed->code, coef);

	if (!n)
		return edit_search_begin(ed);
	for (size_t k = 0; k < n; k++) {
		edit_point_scaled(ed, k, ed->whole, 1);
		for (size_t t = 0; t < ed->guess.n_parts; t++)
			for (size_t i = 0; i < ed->d; i++)
				ed->points[k * ed->d + i] += coef[k * ed->guess.n_parts + t] * parts[t * ed->d + i];
	}
	int rc = edit_evaluate(ed, n, by);

	if (rc)
		return rc;
	edit_note_batch(ed, n);
	edit_searcher_tell(ed->code, ed->resid, ed->losses);
	ed->result.steps = edit_searcher_step(ed->code);
	if (ed->passed)
		edit_found(ed, ed->req.gentle ? PHASE_SHRINK : PHASE_DONE);
	return 0;
}

void edit_note_gain(edit *ed, double loss, int step)
{
	if (loss < STALL_SHARE * ed->stall_loss) {
		ed->stall_loss = loss;
		ed->stall_step = step;
	}
}

/* The paper's form checks for success every 20 of its steps only, and may seem to rest for long. */
static bool has_stalled(edit *ed)
{
	int now = edit_searcher_step(ed->search);

	edit_note_gain(ed, ed->best_loss, now);
	return ed->req.search != EDIT_SEARCH_PUBLISHED && now - ed->stall_step >= STALL_STEPS;
}

static int step_search(edit *ed, const edit_caller *by)
{
	size_t n = edit_searcher_ask(ed->search, ed->points);
	int before = edit_searcher_step(ed->search);

	if (!n) { /* out of steps */
		ed->phase = PHASE_DONE;
		return 0;
	}
	int rc = edit_evaluate(ed, n, by);

	if (rc)
		return rc;
	edit_note_batch(ed, n);
	edit_searcher_tell(ed->search, ed->resid, ed->losses);
	ed->result.steps = edit_searcher_step(ed->search) + (ed->code ? edit_searcher_step(ed->code) : 0) +
			   (ed->reader ? reader_step(ed->reader) : 0);
	if (ed->req.fixed_steps) {
		if (edit_searcher_step(ed->search) >= ed->req.fixed_steps)
			ed->phase = PHASE_DONE;
	} else if (ed->passed) {
		edit_found(ed, PHASE_TRIM);
	} else if (has_stalled(ed)) {
		ed->phase = PHASE_DONE;
	} else if (ed->reader && edit_searcher_step(ed->search) > before) {
		edit_rest(ed);
	}
	return 0;
}

/* What the answers do not depend on is taken out of the vector, as much as still passes. */
static int step_trim(edit *ed, const edit_caller *by)
{
	static const double share[] = { 0.25, 0.5, 0.75, 1 };
	enum { N = sizeof share / sizeof *share };
	int rc, pass = N;

	ed->phase = PHASE_SHRINK;
	for (int k = 0; k < N; k++) {
		float *out = ed->points + (size_t)k * ed->d;

		if (!ed->search)
			reader_shorter(ed->reader, ed->whole, share[k], out);
		else if (!edit_searcher_shorter(ed->search, ed->whole, share[k], out))
			return 0;
	}
	rc = edit_evaluate(ed, N, by);
	if (rc) {
		ed->phase = PHASE_TRIM;
		return rc;
	}
	while (pass > 0 && !score_passes(ed, &ed->scores[pass - 1]))
		pass--;
	if (pass > 0)
		take_best(ed, (size_t)pass - 1);
	memcpy(ed->whole, ed->best, ed->d * sizeof *ed->whole);
	return 0;
}

/* Several lengths between one that fails and one that passes, in one batch. */
static int step_shrink(edit *ed, const edit_caller *by)
{
	double low = ed->shrink_low, gap = (ed->shrink_high - low) / (SHRINK_BATCH + 1);

	for (int k = 0; k < SHRINK_BATCH; k++)
		edit_point_scaled(ed, (size_t)k, ed->whole, low + gap * (k + 1));
	int rc = edit_evaluate(ed, SHRINK_BATCH, by), pass;

	if (rc)
		return rc;
	for (pass = 0; pass < SHRINK_BATCH && !score_passes(ed, &ed->scores[pass]); pass++)
		;
	if (pass < SHRINK_BATCH) {
		take_best(ed, (size_t)pass);
		ed->shrink_high = low + gap * (pass + 1);
	}
	ed->shrink_low = low + gap * pass;
	if (++ed->shrink_round == SHRINK_ROUNDS)
		ed->phase = PHASE_DONE;
	return 0;
}

int edit_step(edit *ed, const edit_caller *by)
{
	switch (ed->phase) {
	case PHASE_KEYS:
		return edit_step_keys(ed, by);
	case PHASE_START:
		return step_start(ed, by);
	case PHASE_SCALES:
		return step_scales(ed, by);
	case PHASE_CODE:
		return step_code(ed, by);
	case PHASE_READ:
		return edit_step_read(ed, by);
	case PHASE_SEARCH:
		return step_search(ed, by);
	case PHASE_TRIM:
		return step_trim(ed, by);
	case PHASE_SHRINK:
		return step_shrink(ed, by);
	case PHASE_DONE:
		break;
	}
	return 0;
}
