/*
 * bench_run: one model under test: it is taught a fact by one method, asked, and made to forget it. `ours` learns personal
 * facts as the program does, through the ledger, with its checks and its retries; everything else goes by methods.h.
 * Functions return 0, ENGINE_ESTOP when a signal asks for the end, or another number with a sentence in err.
 */
#ifndef TUI_BENCH_RUN_H
#define TUI_BENCH_RUN_H

#include "engine/methods.h"
#include "tui/bench.h"
#include "tui/bench_record.h"

enum { BENCH_FORCED_MAX = 512 };

/* Tokens of an answer, and what a model holds likeliest in their places. */
typedef struct bench_forced {
	int32_t want[BENCH_FORCED_MAX], top[BENCH_FORCED_MAX];
	size_t n;
} bench_forced;

typedef struct bench {
	app app;
	settings set;
	char dir[64];           /* of the ledger, removed at the end */
	const bench_list *list; /* borrowed */
	size_t n;               /* of its facts count */
	const char *name;       /* of the method */
	method *method;         /* NULL: ours, through the ledger */
	bench_probes probes;    /* unrelated; accepted: the base model's answers */
	bench_forced *before;   /* [probes.n]: the same teacher-forced */
	char failure[160];      /* what the last edit that failed said */
} bench;

/* Opens the model and a ledger of its own, and asks the probes. Returns an exit code. */
int bench_open(bench *b, const settings *s, const bench_list *list, char *err, size_t errlen);
void bench_close(bench *b);
/* Ends the former method, if any, and begins this one: a name of method_names(), static. */
int bench_begin(bench *b, const char *name, char *err, size_t errlen);

/* A step with which each of n rows comes once in n steps, neighbours far apart. */
size_t bench_stride(size_t n);

void bench_record_begin(const bench *b, const bench_fact *f, bench_record *r);
/* Adds to r what teaching cost. value: the fact's own, or its newer one. *id: the ledger's, 0 without one. */
int bench_teach(bench *b, const bench_fact *f, const char *value, bench_record *r, int64_t *id, char *err, size_t errlen);
/* Adds to r what the answers are. */
int bench_measure(bench *b, const bench_fact *f, bench_record *r, char *err, size_t errlen);
/* The same for own and held-out questions, n of each at most; nothing else. */
int bench_measure_fact(bench *b, const bench_fact *f, size_t n, bench_record *r, char *err, size_t errlen);
int bench_measure_probes(bench *b, bench_record *r, char *err, size_t errlen);
/* Tells the newer value; adds to r whether it is answered and whether the older one still is. *id as in bench_teach(). */
int bench_update(bench *b, const bench_fact *f, bench_record *r, int64_t *id, char *err, size_t errlen);
/* The base model again. id: what bench_teach() gave last. */
int bench_forget(bench *b, int64_t id, char *err, size_t errlen);

/* The answer by the method under test. */
int bench_ask(bench *b, const char *question, char answer[ANSWER_MAX], char *err, size_t errlen);

bool bench_peak_reset(void); /* false where the system does not let us: the peak is then that since the start */
double bench_peak(void);     /* bytes: the most this program had in memory since; 0: unknown */

#endif
