/*
 * imprint bench cost: what an edit's search costs on a model of any size. The weights may be random: such a model learns
 * nothing, so the search runs a fixed number of steps of a fixed number of evaluations through the very path of an edit
 * (exact cache, batches), ours and the published one, and a few steps without the cache. No ledger is read. --merge makes
 * one table of several models' runs (cost_record.h).
 */
#include "tui/bench_run.h"
#include "tui/cli.h"
#include "tui/cost_record.h"
#include "tui/learn_int.h"

#include "engine/bytes.h"
#include "engine/npu.h"
#include "tui/json.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_STEPS = 2, CONTEXTS_MAX = 64, BATCHES_MAX = 4096 };

static const char help[] =
	"usage: imprint bench cost [-m FILE] [--steps N] [--evaluations N] [--threads N] [--json]\n"
	"       imprint bench cost --merge FILE... [--json]\n"
	"\n"
	"What an edit costs on this model: the fact \"my dog's name is Biscuit\" is searched for from zero, without\n"
	"stopping, by our search and by the published one, then two steps of ours with the cache and without; at last\n"
	"the layer is solved. The weights may be random, for time and memory do not depend on them.\n"
	"  --steps N          steps of each search (60)\n"
	"  --evaluations N    evaluations in a step, about (10): ours takes at least 7, the published one an even number and\n"
	"                     one more every 20 steps. An evaluation is one vector over all of the fact's questions\n"
	"  --json             one object a row: fact, search (one each), cache, solve, memory\n"
	"  --merge FILE...    one Markdown table of such rows, a line a model: tokens, seconds and peak memory of an edit of\n"
	"                     60 steps of 10 evaluations by the model's size, as in Table 13 of the MobiEdit paper. FILE holds\n"
	"                     what --json printed, of one model or of several, one after the other\n"
	"Rows are tokens that one evaluation runs: the time goes with them, and a vocabulary of short tokens makes more\n"
	"of them. Peak memory is the process's (VmHWM), set back before each row; the engine's own buffers stand beside\n"
	"it. Times beside other work are not final: the load average at the start is printed with them.\n";

const char *cli_cost_help(void)
{
	return help;
}

/* ---- the fact's prompts, as an edit of it has them ---- */

typedef struct cost {
	const settings *set;
	app app; /* its relations only */
	engine *engine;
	fact_question *questions;
	engine_turn turns[CONTEXTS_MAX][3];
	edit_context contexts[CONTEXTS_MAX];
	size_t n_contexts, n_fitted;
	double load; /* load average */
	bool resets; /* the peak can be set back */
} cost;

static int prompts_make(cost *c, char *err, size_t errlen)
{
	fact f = { .subject = "my dog", .relation = "name", .value = "Biscuit" };
	fact_group g = { .facts = &f, .n = 1 };
	size_t n = 0;

	if (app_open_relations(&c->app, c->set, err, errlen) ||
	    group_questions(&c->app, &g, 0, &c->questions, &n, err, errlen))
		return EXIT_RUNTIME;
	for (size_t i = 0; i < n && c->n_contexts < CONTEXTS_MAX; i++) {
		const fact_question *q = &c->questions[i];
		edit_context *x = &c->contexts[c->n_contexts];

		if (q->kind == QUESTION_HELD)
			continue;
		*x = (edit_context){ .turns = c->turns[c->n_contexts], .anchor_end = q->anchor_end };
		x->n_turns = context_turns(q, i, c->turns[c->n_contexts++]);
		if (q->kind == QUESTION_SEARCH) {
			x->answer = q->answer;
			c->n_fitted++;
		}
	}
	if (c->n_fitted)
		return 0;
	snprintf(err, errlen, "the relations table has no questions for a dog's name");
	return EXIT_RUNTIME;
}

/* ---- one search ---- */

typedef struct run {
	const char *name;
	edit_request req;
	edit_result result; /* its delta and keys are copies, or NULL */
	const edit *edit;   /* while it runs */

	size_t n_batches;
	double tried[BATCHES_MAX]; /* mean loss of every batch */
	int step[BATCHES_MAX];     /* done after it */
	double at[BATCHES_MAX];    /* seconds of the edit then */
	int begun_evaluations;     /* before the first step */
	double begun, begun_npu;   /* seconds before the first step, and a phone's, projected */
	double peak;               /* bytes */
	engine_bytes bytes;
} run;

static void watch(const edit_progress *p, void *arg)
{
	run *r = arg;

	if (!p->evaluations)
		return;
	if (!r->begun_evaluations) {
		r->begun_evaluations = p->evaluations;
		r->begun = p->seconds;
		r->begun_npu = edit_get(r->edit)->npu_seconds;
		return;
	}
	if (r->n_batches == BATCHES_MAX)
		return;
	r->tried[r->n_batches] = p->tried;
	r->step[r->n_batches] = p->step;
	r->at[r->n_batches++] = p->seconds;
}

static float *copy_of(const float *v, size_t n)
{
	float *p = malloc(n * sizeof(*p));

	return p ? memcpy(p, v, n * sizeof(*p)) : NULL;
}

static int search_run(cost *c, run *r, char *err, size_t errlen)
{
	edit *ed = NULL;
	int rc;

	bench_peak_reset();
	rc = edit_new(&ed, c->engine, &r->req, err, errlen);
	r->edit = ed;
	if (!rc)
		rc = edit_run(ed, watch, cli_stopped, r, err, errlen);
	if (!rc) {
		r->peak = bench_peak();
		r->bytes = engine_memory(c->engine, ed);
		r->result = *edit_get(ed);
		r->result.delta = copy_of(r->result.delta, r->result.n_embd);
		r->result.keys = copy_of(r->result.keys, r->result.n_keys * r->result.n_ff);
		if (!r->result.delta || !r->result.keys) {
			snprintf(err, errlen, "out of memory");
			rc = ENGINE_ENOMEM;
		}
	}
	edit_free(ed);
	r->edit = NULL;
	return rc;
}

static run run_of(const cost *c, const char *name, enum edit_search search, int steps, bool cached)
{
	run r = { .name = name, .req = edit_request_default() };

	r.req.contexts = c->contexts;
	r.req.n_contexts = c->n_contexts;
	r.req.warm_start = false;
	r.req.search = search;
	r.req.exact_cache = cached;
	r.req.fixed_steps = steps;
	r.req.step_evaluations = c->set->bench_evaluations ? (int)c->set->bench_evaluations : COST_EVALUATIONS;
	return r;
}

/* Seconds of the first `steps` steps, and in *batches the batches in them. */
static double first_steps(const run *r, int steps, size_t *batches)
{
	size_t n = 0;

	while (n < r->n_batches && (n == 0 || r->step[n - 1] < steps))
		n++;
	*batches = n;
	return n ? r->at[n - 1] - r->begun : 0;
}

/* ---- rows ---- */

static void search_row(const cost *c, const run *r)
{
	size_t n;
	double seconds = first_steps(r, r->result.steps, &n);
	int evaluations = r->result.evaluations - r->begun_evaluations;
	double per_step = r->result.steps ? seconds / r->result.steps : 0, rate = seconds > 0 ? evaluations / seconds : 0;

	if (c->set->json)
		printf("{\"test\":\"search\",\"search\":\"%s\",\"exact_cache\":%s,\"steps\":%d,\"evaluations\":%d,"
		       "\"seconds\":%.4f,\"prepare_seconds\":%.4f,\"seconds_per_step\":%.5f,"
		       "\"npu_prepare_seconds\":%.5g,\"npu_seconds\":%.5g,"
		       "\"evaluations_per_second\":%.2f,\"rows_per_second\":%.1f,\"rows\":%zu,\"targets\":%zu,"
		       "\"peak_bytes\":%.0f,\"edit_bytes\":%zu,\"work_bytes\":%zu,\"loss\":%.17g}\n",
		       r->name, r->req.exact_cache ? "true" : "false", r->result.steps, evaluations, seconds, r->begun,
		       per_step, r->begun_npu, r->result.npu_seconds - r->begun_npu, rate, rate * (double)r->result.rows,
		       r->result.rows, r->result.targets, r->peak, r->bytes.edit, r->bytes.work, r->result.loss_after);
	else
		printf("%-10s %-6s %6d %12d %9.2f %9.3f %14.2f %7zu %8.0f %12.1f %9.3f %8.0f\n", r->name,
		       r->req.exact_cache ? "exact" : "none", r->result.steps, evaluations, r->begun, per_step, rate,
		       r->result.rows, rate * (double)r->result.rows, seconds, 1e-9 * r->peak,
		       1e-6 * (double)r->bytes.edit);
}

/* The same steps with the cache and without, one right after the other: losses of all batches, and time. */
static void cache_row(const cost *c, const run *cached, const run *whole)
{
	size_t n, m;
	double fast = first_steps(cached, whole->result.steps, &n), slow = first_steps(whole, whole->result.steps, &m);
	bool same = n == m && n > 0 && !memcmp(cached->tried, whole->tried, n * sizeof(*whole->tried));
	double of_fast = n ? cached->tried[n - 1] : 0, of_slow = m ? whole->tried[m - 1] : 0;

	if (c->set->json)
		printf("{\"test\":\"cache\",\"steps\":%d,\"seconds_cached\":%.4f,\"seconds_uncached\":%.4f,"
		       "\"speed_up\":%.3f,\"rows_cached\":%zu,\"rows_uncached\":%zu,\"loss_cached\":%.17g,"
		       "\"loss_uncached\":%.17g,\"identical\":%s}\n",
		       whole->result.steps, fast, slow, fast > 0 ? slow / fast : 0, cached->result.rows,
		       whole->result.rows, of_fast, of_slow, same ? "true" : "false");
	else
		printf("exact cache: %d steps in %.2f s instead of %.2f s, %.2f times as fast (%zu rows an evaluation "
		       "instead of %zu); losses of all batches bit-identical: %s\n",
		       whole->result.steps, fast, slow, fast > 0 ? slow / fast : 0, cached->result.rows,
		       whole->result.rows, same ? "yes" : "NO");
}

/* Rebuilds the layer with what was found, and then as it was. */
static int solve_row(const cost *c, const run *r, double *peak, char *err, size_t errlen)
{
	const edit_result *x = &r->result;
	engine_delta d = { .keys = x->keys, .delta = x->delta, .n_keys = x->n_keys };
	double begun = app_now(), seconds;
	int rc;

	bench_peak_reset();
	rc = engine_apply(c->engine, &d, 1, NULL, 0, err, errlen);
	seconds = app_now() - begun;
	if (rc)
		return rc;
	*peak = bench_peak();
	if (c->set->json)
		printf("{\"test\":\"solve\",\"keys\":%zu,\"seconds\":%.4f,\"peak_bytes\":%.0f}\n", x->n_keys, seconds,
		       *peak);
	else
		printf("solve for %zu keys: %.2f s, peak %.3f GB\n", x->n_keys, seconds, 1e-9 * *peak);
	return engine_apply(c->engine, NULL, 0, NULL, 0, err, errlen);
}

static void memory_row(const cost *c, const engine_bytes *b, double open_peak, double peak)
{
	if (c->set->json)
		printf("{\"test\":\"memory\",\"open_peak_bytes\":%.0f,\"peak_bytes\":%.0f,\"peak_reset\":%s,"
		       "\"weight_bytes\":%zu,\"work_bytes\":%zu,\"key_bytes\":%zu,\"edit_bytes\":%zu}\n",
		       open_peak, peak, c->resets ? "true" : "false", b->weights, b->work, b->keys, b->edit);
	else
		printf("memory: peak of an edit with its solve %.3f GB, of opening %.3f GB%s; of it weights %.3f, "
		       "work buffers %.3f, key statistics %.3f, the edit %.3f GB\n",
		       1e-9 * peak, 1e-9 * open_peak, c->resets ? "" : " (cannot be set back between rows here)",
		       1e-9 * (double)b->weights, 1e-9 * (double)b->work, 1e-9 * (double)b->keys,
		       1e-9 * (double)b->edit);
}

static void head_row(const cost *c)
{
	const engine_info *m = engine_describe(c->engine);

	if (c->set->json) {
		printf("{\"test\":\"fact\",\"model\":");
		json_string(stdout, m->name);
		printf(",\"params\":%zu,\"kernels\":\"%s\",\"threads\":%d,\"edit_layer\":%d,\"layers\":%zu,"
		       "\"contexts\":%zu,\"fitted\":%zu,\"phone\":\"%s\",\"load_average\":%.2f}\n",
		       m->n_params, m->kernels, m->n_threads, m->edit_layer, m->n_layer, c->n_contexts, c->n_fitted,
		       npu_phones[c->set->phone].key, c->load);
		return;
	}
	char *name = text_sanitise(m->name, strlen(m->name));

	printf("%s, %zu million weights, %s kernels, %d threads; layer %d of %zu is edited, %zu questions fitted, %zu "
	       "keys\n",
	       name ? name : "", m->n_params / 1000000, m->kernels, m->n_threads, m->edit_layer, m->n_layer, c->n_fitted,
	       c->n_contexts);
	free(name);
	if (c->load > 0.5)
		printf("load average %.1f at the start: other work ran, so these times are not final\n", c->load);
	printf("%-10s %-6s %6s %12s %9s %9s %14s %7s %8s %12s %9s %8s\n", "search", "cache", "steps", "evaluations",
	       "prepare s", "s/step", "evaluations/s", "rows", "rows/s", "s, all steps", "peak GB", "edit MB");
}

/* ---- the whole of it ---- */

enum { OURS, PUBLISHED, CACHED, WHOLE, RUNS };

static int measure(cost *c, run r[RUNS], char *err, size_t errlen)
{
	double open_peak = bench_peak(), peak = 0;
	int rc = 0;

	c->resets = bench_peak_reset();
	head_row(c);
	for (int i = 0; i < RUNS && !rc; i++) {
		fflush(stdout);
		rc = search_run(c, &r[i], err, errlen);
		if (!rc)
			search_row(c, &r[i]);
	}
	if (rc)
		return rc;
	cache_row(c, &r[CACHED], &r[WHOLE]);
	rc = solve_row(c, &r[OURS], &peak, err, errlen);
	if (rc)
		return rc;
	if (r[OURS].peak > peak)
		peak = r[OURS].peak;
	memory_row(c, &r[OURS].bytes, open_peak, peak);
	return 0;
}

int cli_cost_merge(const settings *s, int argc, char **argv)
{
	cost_runs all = { .n = 0 };
	char err[512] = "";
	int code = argc ? 0 : cli_complain(EXIT_USAGE, "--merge takes the files of --json");

	for (int i = 0; !code && i < argc; i++)
		if (cost_runs_load(&all, argv[i], err, sizeof(err)))
			code = cli_complain(EXIT_USAGE, err);
	if (!code && !all.n)
		code = cli_complain(EXIT_USAGE, "the files hold nothing that bench cost --json printed");
	if (!code && s->json)
		cost_summaries(stdout, &all);
	else if (!code)
		cost_table(stdout, &all);
	cost_runs_release(&all);
	return code;
}

int cli_cost(const settings *s)
{
	cost *c = calloc(1, sizeof(*c));
	run *r = calloc(RUNS, sizeof(*r));
	char err[512] = "";
	int steps = s->bench_steps ? (int)s->bench_steps : COST_STEPS, code = c && r ? 0 : EXIT_RUNTIME;
	int few = steps < FEW_STEPS ? steps : FEW_STEPS;

	if (!code) {
		c->set = s;
		if (getloadavg(&c->load, 1) < 1)
			c->load = 0;
		code = prompts_make(c, err, sizeof(err));
	}
	if (code)
		cli_complain(code, *err ? err : "out of memory");
	else
		code = cli_inspect_open(s, ENGINE_FOR_CHAT, 0, &c->engine);
	if (!code) {
		r[OURS] = run_of(c, "ours", (enum edit_search)s->search, steps, true);
		r[PUBLISHED] = run_of(c, "published", EDIT_SEARCH_PUBLISHED, steps, true);
		r[CACHED] = run_of(c, "ours", (enum edit_search)s->search, few, true);
		r[WHOLE] = run_of(c, "ours", (enum edit_search)s->search, few, false);
		if (measure(c, r, err, sizeof(err)))
			code = cli_complain(EXIT_RUNTIME, *err ? err : "out of memory");
	}
	for (int i = 0; r && i < RUNS; i++) {
		free(r[i].result.delta);
		free(r[i].result.keys);
	}
	if (c) {
		engine_close(c->engine);
		free(c->questions);
		app_close(&c->app);
	}
	free(c);
	free(r);
	return code;
}
