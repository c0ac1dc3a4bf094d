/*
 * bench_record: what came of one fact, as one line of JSON that says all about itself, so that files of such lines can be
 * gone on with, put together and made into tables. No model is needed.
 */
#ifndef TUI_BENCH_RECORD_H
#define TUI_BENCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Shares, k of n. The forced ones count tokens with the right answer's words before them, the others replies. */
enum bench_count {
	BENCH_OWN,          /* the questions taught, answered with the value */
	BENCH_PARA,         /* other wordings, held out */
	BENCH_FAR,          /* the same in other words altogether */
	BENCH_HELD,         /* the table's wordings that the edit is checked with */
	BENCH_SAME,         /* the same subject, something else: without the value */
	BENCH_OTHER,        /* nothing to do with it: answered as before */
	BENCH_PORT,         /* what follows from it */
	BENCH_EXACT,        /* the reply is the value and nothing else; JSON lists */
	BENCH_FORCED_OWN, BENCH_FORCED_PARA,
	BENCH_FORCED_OTHER, /* likeliest tokens that are the unedited model's */
	BENCH_FORCED_PORT,
	BENCH_UPDATED,      /* a newer value was told: it is the answer */
	BENCH_OUTDATED,     /* the older one is still in the answer */
	BENCH_COUNTS
};

typedef struct bench_share { int k, n; } bench_share;

typedef struct bench_record {
	/* the run */
	char model[64], hash[17], data[64], method[24], precision[8], search[12];
	bool warm_start, cache;
	/* the fact */
	int number;  /* line or record in its list */
	int of;      /* facts in the list */
	char subject[96], relation[64], value[192];
	/* what came of it */
	char state[16];
	bench_share share[BENCH_COUNTS];
	double evaluations, steps, backward, forward_tokens, seconds, npu_seconds, npu_joules, p_before, p_after; /* NAN: not measured */
	double peak_bytes;   /* of the program while it was taught */
	double method_bytes; /* of the method's own buffers */
	char note[160];      /* why it was not learned, or "" */
} bench_record;

/* *line is malloc'd, without a newline. 0 or -1: no memory. */
int bench_record_line(const bench_record *r, char **line);
/* Returns 0; 1 where the line is another kind's; -1 with a few words in *what. */
int bench_record_parse(bench_record *out, const char *line, size_t len, const char **what);
bool bench_record_same_run(const bench_record *a, const bench_record *b);
bool bench_record_same_fact(const bench_record *a, const bench_record *b); /* of the same list */

/* A line without its newline; returns what is wrong with it, static, or NULL. */
typedef const char *bench_line_fn(void *arg, const char *line, size_t len);
/* Calls take for every line that is not empty, up to the first that is wrong. whole and *bytes, which may be NULL: as in
 * bench_records_load(). No line is longer than 16 KiB. -1 with "FILE:LINE: ..." in err. */
int bench_lines_read(const char *path, bool whole, bench_line_fn take, void *arg, long *bytes, char *err, size_t errlen);

typedef struct bench_records {
	bench_record *at;
	size_t n, room;
} bench_records;

int bench_records_add(bench_records *all, const bench_record *r); /* 0 or -1: no memory */
void bench_records_release(bench_records *all);
/* Adds a file's records. whole: a last line without its end is an error; otherwise it is left out. *bytes, if wanted, gets
 * the length of the whole lines. A fact that the run has already is an error. -1 with "FILE:LINE: ..." in err. */
int bench_records_load(bench_records *all, const char *path, bool whole, long *bytes, char *err, size_t errlen);
/* The record of the same run and fact, or NULL. */
const bench_record *bench_records_find(const bench_records *all, const bench_record *like);

/* ---- bench_table.c ---- */

/* Markdown. which: 1 quality, 3 facts in 8 hours, 4 memory, time and energy, 5 ablation, 6 passes and steps, 12 named
 * persons; 0 all that the records have something for, and the counts of evaluations. One row for each run. */
bool bench_table_known(int which);
void bench_tables(FILE *out, const bench_records *all, int which);
void bench_summaries(FILE *out, const bench_records *all); /* the same figures, one object a run */
/* " 12.3 |": decimals, or significant digits where negative; "-" when not finite. */
void bench_cell(FILE *out, int digits, double x);
/* With nothing in it that ends a cell or commands a terminal; and " text |". */
void bench_text(FILE *out, const char *s);
void bench_text_cell(FILE *out, const char *s);

#endif
