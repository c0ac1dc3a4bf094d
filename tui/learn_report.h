/* learn_report: facts, queue and history as tables or as JSON lines. Text goes through the sanitiser. */
#ifndef TUI_LEARN_REPORT_H
#define TUI_LEARN_REPORT_H

#include "tui/app_int.h"

#include <stdio.h>

int report_facts(app *a, FILE *out, const char *filter, bool json, char *err, size_t errlen);
int report_edits(app *a, FILE *out, bool queue_only, size_t limit, bool json, char *err, size_t errlen);
int report_why(app *a, FILE *out, int64_t id, char *err, size_t errlen);
/* Asks each fact's own and held-out questions of base and edited weights, with the answer's probability. */
int report_prove(app *a, FILE *out, int64_t id, char *err, size_t errlen);
int report_stats(app *a, FILE *out, bool json, char *err, size_t errlen);
/* Asks for every active fact; *held of *n hold. Marks what was found in the ledger. */
int report_verify(app *a, FILE *out, bool json, int *held, int *n, char *err, size_t errlen);
void report_candidate(FILE *out, const detect_fact *c); /* {"subject":...} */
/* The facts that "ID" or "words" name. One: *id and 0. None: MEMORY_ENOENT. Several: MEMORY_EARG, listed to out. */
int report_choose(app *a, FILE *out, const char *what, int64_t *id, char *err, size_t errlen);

#endif
