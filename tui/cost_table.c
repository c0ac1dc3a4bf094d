/*
 * cost_table: what an edit costs by the model's size, in Markdown; see cost_record.h. An edit is COST_STEPS steps of
 * COST_EVALUATIONS evaluations and what comes before them. A run of fewer steps is taken to as many evaluations, which
 * is said below the table; "-" stands where a run has nothing to say.
 */
#include "tui/cost_record.h"

#include "tui/bench_record.h"
#include "tui/json.h"

#include <math.h>
#include <string.h>

/* ---- figures ---- */

enum figure { PARAMS, TOKENS, PER_STEP, RATE = PER_STEP + COST_SEARCHES, EDIT = RATE + COST_SEARCHES,
	      NPU = EDIT + COST_SEARCHES, PEAK = NPU + COST_SEARCHES, SPEED_UP = PEAK + COST_SEARCHES, FIGURES };

static const struct { const char *title, *key; double unit; int decimals; } columns[FIGURES] = {
	{ "parameters, millions", "params", 1e6, 1 },
	{ "tokens an evaluation", "tokens_per_evaluation", 1, 0 },
	{ "s a step: ours", "seconds_per_step", 1, 3 },
	{ "published", "published_seconds_per_step", 1, 3 },
	{ "evaluations a s: ours", "evaluations_per_second", 1, 2 },
	{ "published", "published_evaluations_per_second", 1, 2 },
	{ "s an edit: ours", "edit_seconds", 1, 1 },
	{ "published", "published_edit_seconds", 1, 1 },
	{ "NPU s an edit: ours", "edit_npu_seconds", 1, 2 },
	{ "published", "published_edit_npu_seconds", 1, 2 },
	{ "peak GB: ours", "edit_peak_bytes", 1e9, 3 },
	{ "published", "published_edit_peak_bytes", 1e9, 3 },
	{ "exact cache, times as fast", "cache_speed_up", 1, 2 },
};

static double edit_evaluations(int which)
{
	return COST_STEPS * COST_EVALUATIONS + (which == COST_PUBLISHED ? COST_STEPS / COST_CHECK : 0);
}

static bool is_whole(const cost_run *r, int which)
{
	const cost_search *s = &r->search[which];

	return !s->steps || (s->steps == COST_STEPS && s->evaluations == edit_evaluations(which));
}

/* The larger of the search's and the solve's. Where peaks are not set back, the second search's holds the first's. */
static double edit_peak(const cost_run *r, int which)
{
	double peak = r->search[which].peak;

	if (!isfinite(peak) || !isfinite(r->solve_peak) || (which == COST_PUBLISHED && !r->peak_reset))
		return NAN;
	return peak > r->solve_peak ? peak : r->solve_peak;
}

static void figures_of(const cost_run *r, double x[FIGURES])
{
	x[PARAMS] = r->params;
	x[TOKENS] = r->search[r->search[COST_OURS].steps ? COST_OURS : COST_PUBLISHED].rows;
	x[SPEED_UP] = r->speed_up;
	for (int i = 0; i < COST_SEARCHES; i++) {
		const cost_search *s = &r->search[i];
		double part = edit_evaluations(i) / s->evaluations;

		x[PER_STEP + i] = s->per_step;
		x[RATE + i] = s->rate;
		x[EDIT + i] = s->prepare + part * s->seconds;
		x[NPU + i] = s->npu_prepare + part * s->npu;
		x[PEAK + i] = edit_peak(r, i);
	}
}

static void sort(cost_runs *all)
{
	for (size_t i = 1; i < all->n; i++) {
		const cost_run r = all->at[i];
		size_t k = i;

		for (; k && all->at[k - 1].params > r.params; k--)
			all->at[k] = all->at[k - 1];
		all->at[k] = r;
	}
}

/* ---- what is said below the table ---- */

/* The runs that have `what`, after the words for it. */
static void note(FILE *out, const cost_runs *all, const char *words, bool (*what)(const cost_run *))
{
	const char *between = words;

	for (size_t i = 0; i < all->n; i++) {
		const cost_run *r = &all->at[i];

		if (!what(r))
			continue;
		fputs(between, out);
		bench_text(out, r->model);
		between = ", ";
	}
	if (between != words)
		fputs(".\n", out);
}

static bool is_scaled(const cost_run *r)
{
	return !is_whole(r, COST_OURS) || !is_whole(r, COST_PUBLISHED);
}

static bool peaks_add_up(const cost_run *r)
{
	return !r->peak_reset;
}

static bool losses_differ(const cost_run *r)
{
	return r->differs;
}

static bool is_cut_off(const cost_run *r)
{
	return !isfinite(r->weights);
}

static void phones_note(FILE *out, const cost_runs *all)
{
	bool one = true;

	for (size_t i = 1; i < all->n; i++)
		one = one && !strcmp(all->at[i].phone, all->at[0].phone);
	for (size_t i = 0; i < (one && all->n ? 1 : all->n); i++) {
		if (!*all->at[i].phone)
			continue;
		fputs("- NPU seconds are projected for the phone ", out);
		bench_text(out, all->at[i].phone);
		if (!one) {
			fputs(": ", out);
			bench_text(out, all->at[i].model);
		}
		fputs(".\n", out);
	}
}

static void notes(FILE *out, const cost_runs *all)
{
	double load = 0;

	for (size_t i = 0; i < all->n; i++)
		load = all->at[i].load > load ? all->at[i].load : load;
	fprintf(out, "\n- An edit is %d steps of %d evaluations (published: one more every %d steps), what comes before them, and "
		     "in its peak the solve.\n",
		COST_STEPS, COST_EVALUATIONS, COST_CHECK);
	phones_note(out, all);
	note(out, all, "- Measured over other numbers of steps or evaluations, and taken to these: ", is_scaled);
	note(out, all, "- Peaks could not be set back between rows, ours is that of all: ", peaks_add_up);
	note(out, all, "- Losses with the cache differ from those without: ", losses_differ);
	note(out, all, "- The run did not end: ", is_cut_off);
	if (load > 0.5)
		fprintf(out, "- Load average up to %.1f at the start: other work ran, so the times are not final.\n", load);
}

/* ---- the table ---- */

void cost_table(FILE *out, cost_runs *all)
{
	double x[FIGURES];

	sort(all);
	fputs("| model | kernels, threads |", out);
	for (int i = 0; i < FIGURES; i++)
		fprintf(out, " %s |", columns[i].title);
	fputs("\n|---|---|", out);
	for (int i = 0; i < FIGURES; i++)
		fputs("---|", out);
	fputc('\n', out);
	for (size_t k = 0; k < all->n; k++) {
		char how[64];

		snprintf(how, sizeof(how), "%s, %.0f", all->at[k].kernels, all->at[k].threads);
		figures_of(&all->at[k], x);
		fputc('|', out);
		bench_text_cell(out, all->at[k].model);
		bench_text_cell(out, how);
		for (int i = 0; i < FIGURES; i++)
			bench_cell(out, columns[i].decimals, x[i] / columns[i].unit);
		fputc('\n', out);
	}
	notes(out, all);
}

void cost_summaries(FILE *out, cost_runs *all)
{
	double x[FIGURES];

	sort(all);
	for (size_t k = 0; k < all->n; k++) {
		const cost_run *r = &all->at[k];

		figures_of(r, x);
		fputs("{\"test\":\"cost\",\"model\":", out);
		json_string(out, r->model);
		fputs(",\"kernels\":", out);
		json_string(out, r->kernels);
		fprintf(out, ",\"threads\":%.0f,\"phone\":", r->threads);
		json_string(out, r->phone);
		for (int i = 0; i < FIGURES; i++)
			if (isfinite(x[i]))
				fprintf(out, ",\"%s\":%.9g", columns[i].key, x[i]);
			else
				fprintf(out, ",\"%s\":null", columns[i].key);
		fprintf(out, ",\"scaled\":%s}\n", is_scaled(r) ? "true" : "false");
	}
}
