/*
 * bench: what the files of `imprint bench edit` share. bench_data.c and bench_json.c read lists of facts, bench_run.c
 * teaches and asks, bench_record.c keeps what came of each fact as a line of JSON, bench_table.c makes tables of such
 * lines, bench_scale.c teaches many facts to one model. cli_bench.c is the command.
 */
#ifndef TUI_BENCH_H
#define TUI_BENCH_H

#include "tui/app_int.h"

#include <stdio.h>

/* ---- lists of facts ---- */

typedef struct bench_probe {
	char *question;
	char *accepted; /* answers, one a line; NULL: none is known, or it follows from the fact */
} bench_probe;

typedef struct bench_probes {
	bench_probe *at;
	size_t n, room;
} bench_probes;

/* All strings are owned. */
typedef struct bench_fact {
	int number;       /* line of a text file, record of a JSON file; from 1 */
	char *subject, *relation, *value;
	char *newer;      /* the value told later by --update, or NULL */
	char *prompt;     /* JSON: the question that is taught; NULL: the relations table's */
	size_t anchor_end; /* in prompt: just past the subject */
	bench_probes para; /* other wordings */
	bench_probes far;  /* personal: in other words altogether */
	bench_probes same; /* about the same subject */
	bench_probes local, port; /* JSON: what may not change, what follows */
} bench_fact;

enum bench_form { BENCH_PERSONAL, BENCH_ZSRE, BENCH_COUNTERFACT, BENCH_KNOWEDIT };

typedef struct bench_list {
	enum bench_form form;
	char name[64];        /* the file's, without its folder */
	bench_fact *facts;
	size_t n, room;
	size_t skipped;       /* records whose prompt does not hold the subject */
	int first_skipped;
	bench_probes probes;  /* personal: have nothing to do with any fact */
} bench_list;

enum { BENCH_FACTS_MAX = 65536, BENCH_PROBES_MAX = 32 };

/* Reads a list: a text file in the form of bench_data.c, a file of JSON (bench_json.c), which begins with '[' or '{', or
 * "people:N", N facts that are made (bench_people.c).
 * Returns 0, or -1 with "FILE:LINE: what is wrong" or "FILE: record N: ..." in err; then nothing is left to release. */
int bench_list_load(bench_list *out, const relations *r, const char *path, char *err, size_t errlen);
void bench_list_release(bench_list *l);

/* For the readers. Strings are copied; -1: no memory. accepted may be NULL. */
int bench_probe_add(bench_probes *p, const char *question, const char *accepted);
void bench_probes_release(bench_probes *p);
bench_fact *bench_fact_add(bench_list *l); /* zeroed; NULL: no memory, or BENCH_FACTS_MAX is reached */
void bench_fact_drop(bench_list *l); /* the one added last */
bool bench_people_write(FILE *f, size_t n); /* in the form of bench_data.c; false: no such number */
int bench_json_load(bench_list *l, const char *path, char *err, size_t errlen);
/* The same from bytes; path is for messages. */
int bench_json_read(bench_list *l, const char *s, size_t n, const char *path, char *err, size_t errlen);

#endif
