/* learn_report: facts, queue and history as tables or as JSON lines. Text goes through the sanitiser. */
#ifndef TUI_LEARN_REPORT_H
#define TUI_LEARN_REPORT_H

#include "tui/app_int.h"

#include <stdio.h>

/* ---- learn_list.c ---- */

/* filter: words, and among them state:NAME, since:DATE, until:DATE, last:N; NULL or "": the newest of what is known. A
 * filter that is none: MEMORY_EARG. limit: when the filter names none; 0: all. */
int report_facts(app *a, FILE *out, const char *filter, bool json, char *err, size_t errlen);
int report_edits(app *a, FILE *out, bool queue_only, const char *filter, size_t limit, bool json, char *err,
		 size_t errlen);
void report_edit_line(FILE *out, const edit_record *e, const char *what);

/* ---- learn_report.c ---- */

void report_text(FILE *out, const char *s); /* sanitised */
void report_column(FILE *out, const char *s, size_t width);
void report_date(FILE *out, int64_t t);
const char *report_state(const fact *f); /* "verified", "noted", "superseded", ... */
int report_why(app *a, FILE *out, int64_t id, char *err, size_t errlen);
/* Asks each fact's own and held-out questions of base and edited weights, with the answer's probability. */
int report_prove(app *a, FILE *out, int64_t id, char *err, size_t errlen);
int report_stats(app *a, FILE *out, bool json, char *err, size_t errlen);
/* Asks for every active fact; *held of *n hold. Marks what was found in the ledger. */
int report_verify(app *a, FILE *out, bool json, int *held, int *n, char *err, size_t errlen);
/* learn_forget(), and says so. *shown becomes true where the conversation still shows the value to the model. */
int report_forget(app *a, FILE *out, const fact *f, bool *shown, char *err, size_t errlen);
void report_shown(FILE *out); /* says that */
/* The facts that a request in words names; *sure as forget_find(). Free with facts_free. */
int report_named(app *a, const forget_target *t, bool active_only, fact **out, size_t *n, bool *sure, char *err, size_t errlen);
/* What a purge took out. */
void report_purged(FILE *out, int64_t id, const memory_purged *p, int lines);
void report_candidate(FILE *out, const detect_fact *c); /* {"subject":...} */
/* The facts that "ID" or "words" name; any: also those that no longer count, several of one value being one. One: *id and 0. None: MEMORY_ENOENT. Several: MEMORY_EARG, listed to out. */
int report_choose(app *a, FILE *out, const char *what, bool any, int64_t *id, char *err, size_t errlen);

#endif
