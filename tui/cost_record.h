/*
 * cost_record: what `imprint bench cost --json` printed, read again, and one table of several such runs: models of
 * different sizes beside one another, in the shape of Table 13 of the paper on MobiEdit (arXiv 2506.13772). No model is
 * needed.
 */
#ifndef TUI_COST_RECORD_H
#define TUI_COST_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { COST_OURS, COST_PUBLISHED, COST_SEARCHES };
/* The edit of the table. The published one evaluates once more every COST_CHECK steps, to see whether it may stop. */
enum { COST_STEPS = 60, COST_EVALUATIONS = 10, COST_CHECK = 20 };

/* With the exact cache. All numbers but steps are NAN where there is no row of it, npu ones also in older records. */
typedef struct cost_search {
	int steps;                 /* 0: no row */
	double evaluations;        /* in these steps */
	double prepare, seconds;   /* before the first step, and of the steps */
	double npu_prepare, npu;   /* the same of a phone, projected */
	double per_step, rate;     /* seconds; evaluations a second */
	double rows;               /* tokens that one evaluation runs */
	double peak;               /* bytes */
} cost_search;

typedef struct cost_run {
	char model[64], kernels[32], phone[16]; /* phone: "" in older records */
	double params, threads, load;
	cost_search search[COST_SEARCHES];
	double speed_up;    /* of the exact cache; NAN: no row */
	bool differs;       /* with the cache other losses than without */
	double solve_peak;  /* bytes; NAN: no row */
	double weights;     /* bytes; NAN: no row, so the run did not end */
	bool peak_reset;    /* peaks are those of each row */
} cost_run;

typedef struct cost_runs {
	cost_run *at;
	size_t n, room;
	bool begun; /* the rows that follow are of the last one */
} cost_runs;

/* Adds what a line says, without its newline; lines of other kinds are passed over. Returns what is wrong, static, or
 * NULL. arg: cost_runs */
const char *cost_runs_line(void *arg, const char *line, size_t len);
/* Adds a file's runs, one after the other. The same run twice is an error. -1 with "FILE:LINE: ..." in err. */
int cost_runs_load(cost_runs *all, const char *path, char *err, size_t errlen);
void cost_runs_release(cost_runs *all);

/* ---- cost_table.c ---- */

/* A row a run, by parameters; puts them in that order. Markdown, or one object a run. */
void cost_table(FILE *out, cost_runs *all);
void cost_summaries(FILE *out, cost_runs *all);

#endif
