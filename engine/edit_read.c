/*
 * edit_read: an edit and a reading (reading.h): the phase of the search that has one, and, for practice, one measured at a
 * vector that was found.
 */
#include <stdlib.h>

#include "edit_int.h"

static const double PROBE = 0.5; /* of |v| */
enum { READ_STEPS = 12, READ_STALL_STEPS = 3 };

/* ---- the search that has one ---- */

/* Where in their answers the tokens of all cases stand. */
static int reader_make(edit *ed)
{
	size_t *slot = alloc_array(ed->m, 1, sizeof *slot), at = 0;
	int32_t *target = alloc_array(ed->m, 1, sizeof *target);
	int rc = slot && target ? 0 : ENGINE_ENOMEM;

	for (size_t i = 0; !rc && i < ed->n_answered; i++)
		for (size_t t = 0; t < ed->cases[i].n_targets; t++, at++) {
			slot[at] = reading_slot(t, ed->cases[i].value);
			target[at] = ed->cases[i].targets[t];
		}
	if (!rc)
		rc = reader_new(&ed->reader, ed->e, ed->reading, slot, target, ed->m, ed->v);
	free(slot);
	free(target);
	return rc;
}

int edit_read_begin(edit *ed, size_t k)
{
	int rc = reader_make(ed);

	if (!rc)
		rc = reader_begin(ed->reader, ed->points + k * ed->d, ed->hidden + k * ed->m * ed->d, ed->losses[k]);
	if (!rc) {
		ed->max_steps = READ_STEPS;
		ed->stall_loss = ed->losses[k];
		ed->stall_step = 0;
		ed->phase = PHASE_READ;
	}
	return rc;
}

int edit_step_read(edit *ed, const edit_caller *by)
{
	size_t n = reader_ask(ed->reader, ed->points);
	int rc = edit_evaluate(ed, n, by), now;

	if (!rc)
		rc = reader_tell(ed->reader, ed->hidden, ed->losses);
	if (rc)
		return rc;
	edit_note_batch(ed, n);
	now = ed->result.steps = reader_step(ed->reader);
	for (size_t k = 0; k < n; k++)
		edit_note_gain(ed, ed->losses[k], now);
	if (ed->passed)
		edit_found(ed, ed->practice || ed->req.gentle ? PHASE_TRIM : PHASE_DONE);
	else if (now >= READ_STEPS || now - ed->stall_step >= READ_STALL_STEPS) {
		rc = edit_search_begin(ed);
		edit_rest(ed);
	}
	return rc;
}

/* ---- measuring one ---- */

void edit_read_by(edit *ed, const reading *r)
{
	ed->practice = true;
	ed->reading = r && r->n_facts ? r : NULL;
}

/* The share of one batch of probes, of dimensions from .. from + n, in the maps. (What stands in for a map that was not
 * seen counts nothing.) */
static void add_probes(edit *ed, reading *r, const float *normed, size_t from, size_t n, double h)
{
	size_t d = ed->d, at = 0;

	for (size_t s = 0; s < READING_SLOTS; s++)
		for (size_t k = 0; k < n; k++)
			for (size_t o = 0; o < d; o++)
				reading_map(r, s)[o * d + from + k] *= (float)r->seen[s];
	for (size_t i = 0; i < ed->n_answered; i++)
		for (size_t t = 0; t < ed->cases[i].n_targets; t++, at++) {
			float *map = reading_map(r, reading_slot(t, ed->cases[i].value));

			for (size_t k = 0; k < n; k++)
				for (size_t o = 0; o < d; o++)
					map[o * d + from + k] += (float)((double)(normed[(k * ed->m + at) * d + o] -
										  ed->hidden_base[at * d + o]) / h);
		}
	for (size_t s = 0; s < READING_SLOTS; s++) {
		size_t now = r->seen[s];

		for (size_t i = 0; i < ed->n_answered; i++)
			for (size_t t = 0; t < ed->cases[i].n_targets; t++)
				now += reading_slot(t, ed->cases[i].value) == s;
		for (size_t k = 0; k < n; k++)
			for (size_t o = 0; o < d && now; o++)
				reading_map(r, s)[o * d + from + k] /= (float)now;
	}
}

static void count_targets(const edit *ed, reading *r)
{
	for (size_t i = 0; i < ed->n_answered; i++)
		for (size_t t = 0; t < ed->cases[i].n_targets; t++)
			r->seen[reading_slot(t, ed->cases[i].value)]++;
}

/* Normed hidden states at `at`, which the probes are compared with. */
static int measure_base(edit *ed, const float *at, reading *r, const edit_caller *by)
{
	float *base;
	int rc;

	if (ed->hidden_base)
		return 0;
	edit_point_scaled(ed, 0, at, 1);
	rc = edit_evaluate(ed, 1, by);
	if (rc)
		return rc;
	base = alloc_array(ed->m, ed->d, sizeof *base);
	if (!base)
		return ENGINE_ENOMEM;
	reading_norm(ed->e->model, ed->hidden, ed->m, base);
	ed->hidden_base = base;
	r->evaluations++;
	return 0;
}

int edit_measure(edit *ed, const float *at, reading *r, engine_stop_fn stop, void *arg)
{
	edit_caller by = { .stop = stop, .arg = arg };
	double h = 0;
	int rc = 0;

	while (!rc && ed->phase == PHASE_KEYS)
		rc = edit_step_keys(ed, &by);
	if (!rc && !ed->hidden)
		rc = edit_hidden_init(ed);
	if (!rc)
		rc = measure_base(ed, at, r, &by);
	h = PROBE * ed->v;
	while (!rc && ed->measured < ed->d) {
		size_t from = ed->measured, n = ed->d - from < EDIT_HIDDEN_BATCH ? ed->d - from : EDIT_HIDDEN_BATCH;

		for (size_t k = 0; k < n; k++) {
			edit_point_scaled(ed, k, at, 1);
			ed->points[k * ed->d + from + k] += (float)h;
		}
		rc = edit_evaluate(ed, n, &by);
		if (rc)
			break;
		reading_norm(ed->e->model, ed->hidden, n * ed->m, ed->hidden);
		add_probes(ed, r, ed->hidden, from, n, h);
		ed->measured += n;
		r->evaluations += (int)n;
	}
	if (!rc)
		count_targets(ed, r);
	return rc;
}
