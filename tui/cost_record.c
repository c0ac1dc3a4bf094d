/*
 * cost_record: see cost_record.h. The rows of a run stand one after the other, as cli_cost.c prints them, and the first,
 * "test":"fact", names the model. Files are written by this program, but may have been cut off, edited or put together:
 * every field is checked.
 */
#include "tui/cost_record.h"

#include "tui/bench_record.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MOST = 1024 };
static const double number_most = 1e18; /* of anything counted or measured */

/* ---- fields ---- */

static const cJSON *get(const cJSON *j, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(j, key);
}

static bool is_text(const cJSON *j, const char *text)
{
	return cJSON_IsString(j) && !strcmp(j->valuestring, text);
}

static bool get_text(const cJSON *j, char *out, size_t cap)
{
	if (!cJSON_IsString(j) || strlen(j->valuestring) >= cap)
		return false;
	memcpy(out, j->valuestring, strlen(j->valuestring) + 1);
	return true;
}

static bool get_number(const cJSON *j, double *out)
{
	if (!cJSON_IsNumber(j) || !(j->valuedouble >= 0 && j->valuedouble <= number_most))
		return false;
	*out = j->valuedouble;
	return true;
}

/* ---- rows ---- */

static const char *read_head(const cJSON *j, cost_run *r)
{
	const cost_search none = { .evaluations = NAN, .prepare = NAN, .seconds = NAN, .npu_prepare = NAN, .npu = NAN,
				   .per_step = NAN, .rate = NAN, .rows = NAN, .peak = NAN };

	*r = (cost_run){ .search = { none, none }, .speed_up = NAN, .solve_peak = NAN, .weights = NAN, .peak_reset = true };
	if (!get_text(get(j, "model"), r->model, sizeof(r->model)) ||
	    !get_text(get(j, "kernels"), r->kernels, sizeof(r->kernels)) ||
	    (get(j, "phone") && !get_text(get(j, "phone"), r->phone, sizeof(r->phone))))
		return "a text is missing or too long";
	if (!get_number(get(j, "params"), &r->params) || !get_number(get(j, "threads"), &r->threads) ||
	    !get_number(get(j, "load_average"), &r->load))
		return "a number is missing or out of range";
	return NULL;
}

/* The first row of a search is the whole of it; ours is there once more, to be compared with the one without the cache. */
static const char *read_search(const cJSON *j, cost_run *r)
{
	const int which = is_text(get(j, "search"), "ours") ? COST_OURS : COST_PUBLISHED;
	cost_search s = { .npu_prepare = NAN, .npu = NAN };
	double steps = 0;
	const struct { const char *key; double *x; } numbers[] = {
		{ "steps", &steps }, { "evaluations", &s.evaluations }, { "prepare_seconds", &s.prepare },
		{ "seconds", &s.seconds }, { "seconds_per_step", &s.per_step }, { "evaluations_per_second", &s.rate },
		{ "rows", &s.rows }, { "peak_bytes", &s.peak },
	};

	if (which != COST_OURS && !is_text(get(j, "search"), "published"))
		return "\"search\" is neither ours nor published";
	if (!cJSON_IsBool(get(j, "exact_cache")))
		return "no \"exact_cache\"";
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!get_number(get(j, numbers[i].key), numbers[i].x))
			return "a number is missing or out of range";
	if (steps < 1 || steps > 1e6 || s.evaluations < 1)
		return "a search without steps";
	if (get(j, "npu_seconds") && (!get_number(get(j, "npu_seconds"), &s.npu) ||
				      !get_number(get(j, "npu_prepare_seconds"), &s.npu_prepare)))
		return "a number is missing or out of range";
	s.steps = (int)steps;
	if (cJSON_IsTrue(get(j, "exact_cache")) && !r->search[which].steps)
		r->search[which] = s;
	return NULL;
}

static const char *read_cache(const cJSON *j, cost_run *r)
{
	if (!get_number(get(j, "speed_up"), &r->speed_up))
		return "a number is missing or out of range";
	if (!cJSON_IsBool(get(j, "identical")))
		return "no \"identical\"";
	r->differs = !cJSON_IsTrue(get(j, "identical"));
	return NULL;
}

static const char *read_solve(const cJSON *j, cost_run *r)
{
	return get_number(get(j, "peak_bytes"), &r->solve_peak) ? NULL : "a number is missing or out of range";
}

static bool same_run(const cost_run *a, const cost_run *b)
{
	return !strcmp(a->model, b->model) && !strcmp(a->kernels, b->kernels) && a->params == b->params &&
	       a->threads == b->threads && a->weights == b->weights;
}

static const char *read_memory(const cJSON *j, cost_run *r)
{
	if (!get_number(get(j, "weight_bytes"), &r->weights))
		return "a number is missing or out of range";
	if (!cJSON_IsBool(get(j, "peak_reset")))
		return "no \"peak_reset\"";
	r->peak_reset = cJSON_IsTrue(get(j, "peak_reset"));
	return NULL;
}

/* The last row: by its weights a run is told from one of the same shape in another format. */
static const char *end_run(cost_runs *all)
{
	all->begun = false;
	for (size_t i = 0; i + 1 < all->n; i++)
		if (same_run(&all->at[i], &all->at[all->n - 1]))
			return "this run stands here or in a file before already";
	return NULL;
}

static const char *add_run(cost_runs *all, const cost_run *r)
{
	if (all->n == RUNS_MOST)
		return "more runs than 1024";
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 8;
		cost_run *p = realloc(all->at, room * sizeof(*p));

		if (!p)
			return "out of memory";
		all->at = p;
		all->room = room;
	}
	all->at[all->n++] = *r;
	all->begun = true;
	return NULL;
}

static const char *read_row(cost_runs *all, const cJSON *j)
{
	static const struct { const char *test; const char *(*read)(const cJSON *, cost_run *); } rows[] = {
		{ "search", read_search }, { "cache", read_cache }, { "solve", read_solve }, { "memory", read_memory },
	};
	const cJSON *test = get(j, "test");

	if (is_text(test, "fact")) {
		cost_run r;
		const char *what = read_head(j, &r);

		return what ? what : add_run(all, &r);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *what;

		if (!is_text(test, rows[i].test))
			continue;
		if (!all->begun)
			return "no row before it names the model";
		what = rows[i].read(j, &all->at[all->n - 1]);
		return what || rows[i].read != read_memory ? what : end_run(all);
	}
	return NULL;
}

const char *cost_runs_line(void *arg, const char *line, size_t len)
{
	cJSON *j = cJSON_ParseWithLength(line, len);
	const char *what = cJSON_IsObject(j) ? read_row(arg, j) : "no JSON object";

	cJSON_Delete(j);
	return what;
}

int cost_runs_load(cost_runs *all, const char *path, char *err, size_t errlen)
{
	all->begun = false;
	return bench_lines_read(path, true, cost_runs_line, all, NULL, err, errlen);
}

void cost_runs_release(cost_runs *all)
{
	free(all->at);
	*all = (cost_runs){ .n = 0 };
}
