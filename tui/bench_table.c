/*
 * Tables of records, in Markdown, in the shape of those of the paper on MobiEdit (arXiv 2506.13772), whose numbers they
 * bear. A row is a run: one method, precision and search over one list with one model. Nothing is computed that the
 * records do not hold; "-" stands where a run has nothing to say.
 */
#include "tui/bench_record.h"

#include "engine/methods.h"
#include "tui/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 256, CELL = 24 };
static const double shift = 8 * 3600; /* seconds: a night on the charger */

typedef struct run {
	const bench_record *first;
	const bench_record **of; /* [n] */
	size_t n, learned;
	bench_share share[BENCH_COUNTS];
} run;

typedef struct runs {
	run *at;
	size_t n;
	const bench_record **all;
} runs;

/* ---- records to runs ---- */

static void runs_release(runs *r)
{
	free(r->at);
	free(r->all);
}

static bool is_learned(const bench_record *r)
{
	return !strcmp(r->state, "verified") || !strcmp(r->state, "converged");
}

static void run_add(run *r, const bench_record *x)
{
	r->of[r->n++] = x;
	r->learned += is_learned(x);
	for (int i = 0; i < BENCH_COUNTS; i++) {
		r->share[i].k += x->share[i].k;
		r->share[i].n += x->share[i].n;
	}
}

/* In the order in which they first appear. False: no memory, or too many. */
static bool runs_make(runs *out, const bench_records *all)
{
	runs r = { calloc(RUNS_MAX, sizeof(*r.at)), 0, calloc(all->n ? all->n : 1, sizeof(*r.all)) };
	size_t used = 0;

	for (size_t i = 0; r.at && r.all && i < all->n; i++) {
		size_t k = 0;

		while (k < i && !bench_record_same_run(&all->at[k], &all->at[i]))
			k++;
		if (k < i)
			continue;
		if (r.n == RUNS_MAX)
			break;
		r.at[r.n] = (run){ .first = &all->at[i], .of = r.all + used };
		for (k = i; k < all->n; k++)
			if (bench_record_same_run(&all->at[k], &all->at[i]))
				run_add(&r.at[r.n], &all->at[k]);
		used += r.at[r.n++].n;
	}
	*out = r;
	return r.at && r.all && used == all->n;
}

/* ---- figures ---- */

enum figure { EVALUATIONS, STEPS, BACKWARD, FORWARD_TOKENS, SECONDS, NPU_SECONDS, NPU_JOULES, PEAK_BYTES, METHOD_BYTES };

static double figure_of(const bench_record *r, enum figure f)
{
	switch (f) {
	case EVALUATIONS: return r->evaluations;
	case STEPS: return r->steps;
	case BACKWARD: return r->backward;
	case FORWARD_TOKENS: return r->forward_tokens;
	case SECONDS: return r->seconds;
	case NPU_SECONDS: return r->npu_seconds;
	case NPU_JOULES: return r->npu_joules;
	case PEAK_BYTES: return r->peak_bytes;
	default: return r->method_bytes;
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The measured ones of a run in order; *n of them. The caller frees them. */
static double *sorted(const run *r, enum figure f, size_t *n)
{
	double *v = calloc(r->n, sizeof(*v));

	*n = 0;
	for (size_t i = 0; v && i < r->n; i++)
		if (isfinite(figure_of(r->of[i], f)))
			v[(*n)++] = figure_of(r->of[i], f);
	if (v)
		qsort(v, *n, sizeof(*v), by_size);
	return v;
}

/* q 0.5 the median, 1 the largest; NAN without any. */
static double quantile(const run *r, enum figure f, double q)
{
	size_t n;
	double *v = sorted(r, f, &n), x = v && n ? v[(size_t)(q * (double)(n - 1) + 0.5)] : NAN;

	free(v);
	return x;
}

static double mean(const run *r, enum figure f)
{
	size_t n;
	double *v = sorted(r, f, &n), sum = 0;

	for (size_t i = 0; v && i < n; i++)
		sum += v[i];
	free(v);
	return n ? sum / (double)n : NAN;
}

static double share(const run *r, enum bench_count c)
{
	return r->share[c].n ? (double)r->share[c].k / r->share[c].n : NAN;
}

/* ---- cells ---- */

void bench_cell(FILE *out, int digits, double x)
{
	fputc(' ', out);
	if (!isfinite(x))
		fputc('-', out);
	else if (digits < 0)
		fprintf(out, "%.*g", -digits, x);
	else
		fprintf(out, "%.*f", digits, x);
	fputs(" |", out);
}

static void percent(FILE *out, double x)
{
	bench_cell(out, 1, 100 * x);
}

/* A text from elsewhere may not end its cell, and not command a terminal. */
void bench_text(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc(*s == '|' || (unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e ? '/' : *s, out);
}

void bench_text_cell(FILE *out, const char *s)
{
	fputc(' ', out);
	bench_text(out, s);
	fputs(" |", out);
}

static const char *search_of(const bench_record *r, char *out, size_t cap)
{
	if (!*r->search)
		return "";
	snprintf(out, cap, "%s%s%s", r->search, r->warm_start ? ", warm" : ", from zero", r->cache ? "" : ", no cache");
	return out;
}

static void begin_row(FILE *out, const run *r)
{
	char search[64];

	fputs("|", out);
	bench_text_cell(out, r->first->method);
	bench_text_cell(out, r->first->precision);
	bench_text_cell(out, search_of(r->first, search, sizeof(search)));
	fprintf(out, " %zu |", r->n);
}

static void head(FILE *out, const char *title, const char *columns)
{
	fprintf(out, "\n**%s**\n\n| method | precision | search | facts | %s |\n|---|---|---|---|", title, columns);
	for (const char *s = columns; s; s = strstr(s, " | ") ? strstr(s, " | ") + 3 : NULL)
		fputs("---|", out);
	fputs("\n", out);
}

/* ---- the tables; rows are the runs of one model and list ---- */

static void quality(FILE *out, const run *r, size_t n)
{
	head(out, "Table 1: edit quality, %", "learned | success | forced | paraphrase | forced | other words | portability | forced | "
		  "same subject | locality | forced");
	for (size_t i = 0; i < n; i++) {
		static const enum bench_count columns[] = { BENCH_OWN, BENCH_FORCED_OWN, BENCH_PARA, BENCH_FORCED_PARA, BENCH_FAR,
							    BENCH_PORT, BENCH_FORCED_PORT, BENCH_SAME, BENCH_OTHER,
							    BENCH_FORCED_OTHER };

		begin_row(out, &r[i]);
		percent(out, (double)r[i].learned / (double)r[i].n);
		for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++)
			percent(out, share(&r[i], columns[c]));
		fputs("\n", out);
	}
}

static void throughput(FILE *out, const run *r, size_t n)
{
	head(out, "Table 3: facts in 8 hours", "s a fact, here | facts, here | s a fact, phone | facts, phone");
	for (size_t i = 0; i < n; i++) {
		double here = mean(&r[i], SECONDS), phone = mean(&r[i], NPU_SECONDS);

		begin_row(out, &r[i]);
		bench_cell(out, -3, here);
		bench_cell(out, 0, here > 0 ? shift / here : NAN);
		bench_cell(out, -3, phone > 0 ? phone : NAN);
		bench_cell(out, 0, phone > 0 ? shift / phone : NAN);
		fputs("\n", out);
	}
}

static void costs(FILE *out, const run *r, size_t n)
{
	head(out, "Table 4: memory, time, energy of an edit", "program, MB at most | method's own, MB | s, median | s, p90 | "
		  "phone, s | phone, J");
	for (size_t i = 0; i < n; i++) {
		double phone = mean(&r[i], NPU_SECONDS), joules = mean(&r[i], NPU_JOULES);

		begin_row(out, &r[i]);
		bench_cell(out, 1, 1e-6 * quantile(&r[i], PEAK_BYTES, 1));
		bench_cell(out, 2, 1e-6 * quantile(&r[i], METHOD_BYTES, 1));
		bench_cell(out, -3, quantile(&r[i], SECONDS, 0.5));
		bench_cell(out, -3, quantile(&r[i], SECONDS, 0.9));
		bench_cell(out, -3, phone > 0 ? phone : NAN);
		bench_cell(out, -3, joules > 0 ? joules : NAN);
		fputs("\n", out);
	}
}

/* The steps from the published search to ours: which run stands for each. */
typedef struct stage {
	const char *name, *method, *precision, *search;
	int warm_start, cache; /* -1: either */
} stage;

static const stage stages[] = {
	{ "zeroth order, as published", "ours", "fp32", "published", 0, 0 },
	{ "+ exact cache", "ours", "fp32", "published", 0, 1 },
	{ "+ cache as published (MobiEdit)", "mobiedit", "fp32", "", -1, -1 },
	{ "+ quantisation (MobiEdit)", "mobiedit", "w8a16", "", -1, -1 },
	{ "exact cache + quantisation", "ours", "w8a16", "published", 0, 1 },
	{ "our search, from zero", "ours", "w8a16", "fit", 0, 1 },
	{ "+ practice", "ours", "w8a16", "read", 0, 1 },
	{ "ours", "ours", "w8a16", "fit", 1, 1 },
	{ "+ practice", "ours", "w8a16", "read", 1, 1 },
};

static const run *stage_run(const stage *s, const run *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const bench_record *x = r[i].first;

		if (!strcmp(x->method, s->method) && !strcmp(x->precision, s->precision) && !strcmp(x->search, s->search) &&
		    (s->warm_start < 0 || s->warm_start == x->warm_start) && (s->cache < 0 || s->cache == x->cache))
			return &r[i];
	}
	return NULL;
}

static void ablation(FILE *out, const run *r, size_t n)
{
	fputs("\n**Table 5: from the published search to ours**\n\n| | facts | success, % | paraphrase, % | locality, % | "
	      "evaluations, median | s, median | phone, s |\n|---|---|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		const run *x = stage_run(&stages[i], r, n);
		double phone = x ? quantile(x, NPU_SECONDS, 0.5) : NAN;

		fprintf(out, "| %s |", stages[i].name);
		bench_cell(out, 0, x ? (double)x->n : NAN);
		percent(out, x ? share(x, BENCH_OWN) : NAN);
		percent(out, x ? share(x, BENCH_PARA) : NAN);
		percent(out, x ? share(x, BENCH_OTHER) : NAN);
		bench_cell(out, 0, x ? quantile(x, EVALUATIONS, 0.5) : NAN);
		bench_cell(out, -3, x ? quantile(x, SECONDS, 0.5) : NAN);
		bench_cell(out, -3, phone > 0 ? phone : NAN);
		fputs("\n", out);
	}
}

static void passes(FILE *out, const run *r, size_t n)
{
	head(out, "Table 6: passes and steps of an edit, means", "forward passes | tokens forward | backward passes | steps");
	for (size_t i = 0; i < n; i++) {
		begin_row(out, &r[i]);
		bench_cell(out, 1, mean(&r[i], EVALUATIONS));
		bench_cell(out, 0, mean(&r[i], FORWARD_TOKENS));
		bench_cell(out, 1, mean(&r[i], BACKWARD));
		bench_cell(out, 1, mean(&r[i], STEPS));
		fputs("\n", out);
	}
}

static void evaluations(FILE *out, const run *r, size_t n)
{
	head(out, "Evaluations of an edit (forward passes over all its prompts)", "median | p90 | most | mean");
	for (size_t i = 0; i < n; i++) {
		begin_row(out, &r[i]);
		bench_cell(out, 0, quantile(&r[i], EVALUATIONS, 0.5));
		bench_cell(out, 0, quantile(&r[i], EVALUATIONS, 0.9));
		bench_cell(out, 0, quantile(&r[i], EVALUATIONS, 1));
		bench_cell(out, 1, mean(&r[i], EVALUATIONS));
		fputs("\n", out);
	}
}

/* ---- named persons ---- */

static const struct { const char *relation, *title; } of_person[] = {
	{ "email", "e-mail" }, { "phone number", "phone" }, { "website", "URL" }, { "address", "address" }
};
enum { OF_PERSON = sizeof(of_person) / sizeof(*of_person) };

/* A subject with a name of its own: neither the user nor someone of the user's. */
static bool is_named(const bench_record *r)
{
	return strcmp(r->subject, "I") && strncmp(r->subject, "my ", 3);
}

static bench_share share_of(const run *r, const char *relation, enum bench_count c)
{
	bench_share s = { 0, 0 };

	for (size_t i = 0; i < r->n; i++)
		if (is_named(r->of[i]) && !strcmp(r->of[i]->relation, relation)) {
			s.k += r->of[i]->share[c].k;
			s.n += r->of[i]->share[c].n;
		}
	return s;
}

static bool has_persons(const run *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < OF_PERSON; k++)
			if (share_of(&r[i], of_person[k].relation, BENCH_OWN).n)
				return true;
	return false;
}

static void persons(FILE *out, const run *r, size_t n)
{
	head(out, "Table 12: named persons, % answered: own question / other wordings", "e-mail | phone | URL | address | "
		  "locality");
	for (size_t i = 0; i < n; i++) {
		begin_row(out, &r[i]);
		for (size_t k = 0; k < OF_PERSON; k++) {
			bench_share own = share_of(&r[i], of_person[k].relation, BENCH_OWN),
				    para = share_of(&r[i], of_person[k].relation, BENCH_PARA);

			if (own.n && para.n)
				fprintf(out, " %.1f / %.1f |", 100.0 * own.k / own.n, 100.0 * para.k / para.n);
			else
				fputs(" - |", out);
		}
		percent(out, share(&r[i], BENCH_OTHER));
		fputs("\n", out);
	}
}

static void updates(FILE *out, const run *r, size_t n)
{
	head(out, "A newer value is told, %", "newer is answered | older is still answered");
	for (size_t i = 0; i < n; i++) {
		begin_row(out, &r[i]);
		percent(out, share(&r[i], BENCH_UPDATED));
		percent(out, share(&r[i], BENCH_OUTDATED));
		fputs("\n", out);
	}
}

/* ---- which ---- */

static bool has_share(const run *r, size_t n, enum bench_count c)
{
	for (size_t i = 0; i < n; i++)
		if (r[i].share[c].n)
			return true;
	return false;
}

/* More than one stage: else there is nothing to compare. */
static bool has_stages(const run *r, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		found += stage_run(&stages[i], r, n) != NULL;
	return found > 1;
}

bool bench_table_known(int which)
{
	return which == 1 || (which >= 3 && which <= 6) || which == 12;
}

/* What the methods are, each once. */
static void sources(FILE *out, const run *r, size_t n)
{
	fputs("\n", out);
	for (size_t i = 0; i < n; i++) {
		const char *source = method_source(r[i].first->method);
		size_t k = 0;

		while (k < i && strcmp(r[k].first->method, r[i].first->method) != 0)
			k++;
		if (k == i && source)
			fprintf(out, "- %s: %s\n", r[i].first->method, source);
	}
}

static void tables_of(FILE *out, const run *r, size_t n, int which)
{
	static const struct { int number; void (*print)(FILE *, const run *, size_t); } all[] = {
		{ 1, quality }, { 3, throughput }, { 4, costs }, { 5, ablation }, { 6, passes }, { 12, persons },
	};

	fputs("\nModel ", out);
	bench_text(out, r->first->model);
	fputs(", list ", out);
	bench_text(out, r->first->data);
	fputs("\n", out);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (which == all[i].number ||
		    (!which && (all[i].number != 5 || has_stages(r, n)) && (all[i].number != 12 || has_persons(r, n))))
			all[i].print(out, r, n);
	if (!which)
		evaluations(out, r, n);
	if (!which && has_share(r, n, BENCH_UPDATED))
		updates(out, r, n);
	if (!which)
		sources(out, r, n);
}

static bool same_list(const run *a, const run *b)
{
	return !strcmp(a->first->model, b->first->model) && !strcmp(a->first->hash, b->first->hash) &&
	       !strcmp(a->first->data, b->first->data);
}

void bench_tables(FILE *out, const bench_records *all, int which)
{
	run *some = calloc(RUNS_MAX, sizeof(*some));
	runs r;
	bool made = runs_make(&r, all);

	for (size_t i = 0; some && made && i < r.n; i++) {
		size_t n = 0, k = 0;

		while (k < i && !same_list(&r.at[k], &r.at[i]))
			k++;
		if (k < i)
			continue;
		for (; k < r.n; k++)
			if (same_list(&r.at[k], &r.at[i]))
				some[n++] = r.at[k];
		tables_of(out, some, n, which);
	}
	if (!made || !some)
		fputs("too many runs for one table\n", out);
	free(some);
	runs_release(&r);
}

static void summary_share(FILE *out, const char *key, double x)
{
	fprintf(out, ",\"%s\":", key);
	json_number(out, x);
}

void bench_summaries(FILE *out, const bench_records *all)
{
	runs r;

	if (!runs_make(&r, all))
		fputs("{\"error\":\"too many runs for one summary\"}\n", out);
	for (size_t i = 0; i < r.n; i++) {
		const run *x = &r.at[i];
		char search[64], how[128];
		const struct { const char *key; double x; } figures[] = {
			{ "verified", (double)x->learned / (double)x->n }, { "own", share(x, BENCH_OWN) },
			{ "paraphrase", share(x, BENCH_PARA) }, { "far", share(x, BENCH_FAR) }, { "held", share(x, BENCH_HELD) },
			{ "same_subject", share(x, BENCH_SAME) }, { "unrelated", share(x, BENCH_OTHER) },
			{ "portability", share(x, BENCH_PORT) }, { "exact", share(x, BENCH_EXACT) },
			{ "forced_own", share(x, BENCH_FORCED_OWN) }, { "forced_paraphrase", share(x, BENCH_FORCED_PARA) },
			{ "forced_unrelated", share(x, BENCH_FORCED_OTHER) },
			{ "forced_portability", share(x, BENCH_FORCED_PORT) }, { "updated", share(x, BENCH_UPDATED) },
			{ "outdated", share(x, BENCH_OUTDATED) }, { "evaluations_median", quantile(x, EVALUATIONS, 0.5) },
			{ "evaluations_p90", quantile(x, EVALUATIONS, 0.9) }, { "seconds_median", quantile(x, SECONDS, 0.5) },
			{ "seconds_mean", mean(x, SECONDS) }, { "npu_seconds_mean", mean(x, NPU_SECONDS) },
		};

		snprintf(how, sizeof(how), "%s %s %s", x->first->method, x->first->precision,
			 search_of(x->first, search, sizeof(search)));
		fputs("{\"summary\":", out);
		json_string(out, how);
		fputs(",\"model\":", out);
		json_string(out, x->first->model);
		fputs(",\"data\":", out);
		json_string(out, x->first->data);
		fprintf(out, ",\"facts\":%zu", x->n);
		for (size_t k = 0; k < sizeof(figures) / sizeof(*figures); k++)
			if (isfinite(figures[k].x))
				summary_share(out, figures[k].key, figures[k].x);
		fputs("}\n", out);
	}
	runs_release(&r);
}
