/*
 * memory_int.h: the inside of the ledger, shared by memory.c, schema.c, sql.c, fold.c, same.c, fact.c,
 * find.c, decide.c, queue.c, history.c, curve.c, purge.c, rebuild.c, blob.c and talk.c; detect_forget.c
 * folds texts with it. Functions here return 0 or a negative MEMORY_E* and leave the sentence in
 * m->error; the public functions copy it to their caller's buffer through sql_report() or tx_end().
 */
#ifndef MEMORY_MEMORY_INT_H
#define MEMORY_MEMORY_INT_H

#include "memory.h"

#include <stdarg.h>

struct sqlite3;
struct sqlite3_stmt;

enum {
	SQL_CACHE = 96,  /* prepared statements kept */
	MODEL_MAX = 65,  /* hex hash and its NUL */
	CRASH_LIMIT = 3, /* an edit during which the program died this often is given up */
	RETRY_LIMIT = 5, /* an edit that met run-time errors this often is given up */
	RETRY_FIRST_S = 30, /* wait after the first of them; each later one twice as long */
	RECHECKS_A_DAY = 2, /* a fact that fails its checks is learned anew so often */
	BUSY_TIMEOUT_MS = 1000,
	LEDGER_MAGIC = 0x696d7072, /* "impr": PRAGMA application_id */
};

struct memory {
	/* the database; statements are found by the address of their text, which is a literal */
	struct sqlite3 *db;
	struct sql_cached {
		const char *sql;
		struct sqlite3_stmt *st;
	} cache[SQL_CACHE];
	size_t n_cache, next_evicted;

	/* where it is */
	char *dir, *path;
	int lock_fd; /* holds the flock of a writer, or -1 */
	bool read_only;

	/* what is being asked for */
	char model[MODEL_MAX]; /* "" until set */
	int64_t last_time;     /* newest time written: goes on from there when the clock is set back */
	int64_t last_steady;   /* seconds of a clock that nobody sets, when last_time was */

	int tx_depth; /* transactions begun and not ended: the outermost one is SQLite's */

	memory_fault_fn fault;
	void *fault_arg;

	char error[512];
};

/* ---- sql.c: statements, transactions, errors ---- */

/*
 * Bound parameters are given by a string of types: 'i' int64_t, 'n' int, 's' const char * (NULL
 * binds NULL), 'd' double (NAN binds NULL), 'b' const void * followed by size_t. Texts and blobs
 * must live until the statement is done.
 */
int sql_query(memory *m, struct sqlite3_stmt **st, const char *sql, const char *types, ...);
/* 1: a row, 0: done, <0: error; done and error reset st. */
int sql_next(memory *m, struct sqlite3_stmt *st);
void sql_done(struct sqlite3_stmt *st); /* leaves a query early */
int sql_run(memory *m, const char *sql, const char *types, ...); /* to the end, rows are dropped */
/* The first column of the first row. 1: got it, 0: no row, <0: error. */
int sql_int(memory *m, int64_t *out, const char *sql, const char *types, ...);
/* All first columns. *ids is freed with free(), also when *n is 0. */
int sql_ids(memory *m, int64_t **ids, size_t *n, const char *sql, const char *types, ...);
int sql_script(memory *m, const char *sql); /* several statements; counts as one write */
int64_t sql_changes(memory *m);             /* rows the last statement changed */
int64_t sql_last_id(memory *m);
void sql_cache_clear(memory *m);

void sql_col_text(struct sqlite3_stmt *st, int col, char *out, size_t cap); /* cut at a character */
int sql_col_dup(memory *m, struct sqlite3_stmt *st, int col, char **out);   /* NULL stays NULL */
double sql_col_double(struct sqlite3_stmt *st, int col);                    /* NULL is NAN */

int sql_fail(memory *m, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* What the database says, as a sentence naming the file. */
int sql_error(memory *m, int sqlite_code);
/* Copies the sentence when rc < 0; returns rc. */
int sql_report(const memory *m, int rc, char *err, size_t errlen);
void error_put(char *err, size_t errlen, const char *text);

/* Each has its tx_end(), even where it failed. Within another it is a part of that, which has to fail if this one does. */
int tx_begin(memory *m);
/* Commits when rc is 0, rolls back otherwise. Returns rc or the reason the commit failed, and
 * reports it. */
int tx_end(memory *m, int rc, char *err, size_t errlen);

/* ---- schema.c ---- */

typedef struct schema_step {
	const char *sql; /* brings version i to i + 1 */
} schema_step;

extern const schema_step schema_steps[];
extern const size_t schema_n_steps;
/* Refuses what is no ledger, is damaged, or was written by a newer program. */
int schema_check(memory *m, size_t n_steps);
/* Applies the missing steps, each in a transaction, after copying the file to ledger.db.vN.backup
 * (not when new). */
int schema_migrate(memory *m, const schema_step *steps, size_t n_steps);

/* ---- memory.c ---- */

/* The folder's lock alone, held until memory_close(). */
int memory_lock(memory **out, const char *dir, char *err, size_t errlen);
int64_t memory_now(memory *m); /* Unix seconds, never less than before */
/* Audit: ids only, never what was said. Zero for what does not apply. */
int memory_event(memory *m, const char *kind, int64_t fact_id, int64_t edit_id, int64_t other_id);

/* What was renamed or deleted in a folder stays so after a power cut. -1: errno says why. */
int folder_sync(const char *dir);
/* What every connection to a ledger needs, also one that only reads. SQLite's code. */
int connection_guard(struct sqlite3 *db);

/* ---- fold.c ---- */

/* The form in which texts are compared: lower case, trimmed, single spaces, straight apostrophes.
 * Never longer than s apart from the NUL; cut at cap. */
void fold_text(const char *s, char *out, size_t cap);
/* Does each of the words, which are folded too, occur in one of the n texts? */
bool fold_has_words(const char *words, const char *const *folded, size_t n);

/* ---- same.c ---- */

/* Folded values of a relation's kind ("age", "date"): do they say the same? */
bool values_same(const char *kind, const char *a, const char *b);
int values_same_register(struct sqlite3 *db); /* as an SQL function of the same name; SQLite's code */

/* ---- fact.c ---- */

/* Of facts f. subject_key and value_key are columns 14 and 15. */
#define FACT_COLUMNS                                                                               \
	"f.id, f.subject, f.relation, f.value, f.source, f.span_begin, f.span_end, f.rule, "       \
	"f.confidence, f.status, f.created, f.valid_from, f.last_verified, f.superseded_by, "      \
	"f.subject_key, f.value_key"
enum { FACT_N_COLUMNS = 16 };
/* MEMORY_ENOENT when there is no such fact. */
int fact_status_of(memory *m, int64_t id, int *status);
/* FACT_COLUMNS from column `at` on. The source is the statement's own; edit_state is not among them. */
void fact_row(struct sqlite3_stmt *st, int at, fact *f);

/* ---- queue.c ---- */

/* A new edit of the fact for the current model; nothing while no model is set. */
int queue_add(memory *m, int64_t fact_id);
/* One for every active fact that has none, or only reverted ones. *queued: how many. */
int queue_missing(memory *m, int *queued);
int queue_first(memory *m, int64_t edit_id); /* before all the others of the current model */
int queue_recover(memory *m); /* after a crash: running -> queued, or failed at CRASH_LIMIT */
int queue_revert(memory *m, int64_t fact_id);  /* the fact's edits no longer count */
int queue_restore(memory *m, int64_t fact_id); /* ... count again, or are queued */

/* ---- purge.c ---- */

/* Scrubs the files if a purge asked for it and was cut off. *copies: grows by the files deleted. */
int purge_scrub(memory *m, size_t *copies);

/* ---- rebuild.c ---- */

/* Deletes the unfinished new ledger that a rebuild which was cut off left in the folder. The caller holds the lock. */
int rebuild_remove(memory *m);

/* ---- blob.c ---- */

/* keys [n_keys, n_ff], delta [n_embd] */
uint64_t blob_sum(int64_t edit_id, uint64_t n_keys, uint64_t n_ff, uint64_t n_embd, const void *keys, const void *delta);
int blob_put(memory *m, int64_t edit_id, const edit_blob *b);
int blob_drop(memory *m, int64_t edit_id);
int blob_drop_older(memory *m, int64_t edit_id); /* those of the earlier edits of the same fact and model */

/* ---- history.c ---- */

/* Of edits e. */
#define EDIT_COLUMNS                                                                               \
	"e.id, e.fact_id, e.state, e.steps, e.evaluations, e.attempts, e.layer, e.loss_before, "   \
	"e.loss_after, e.p_before, e.p_after, e.locality_before, e.locality_after, e.seconds, "    \
	"e.npu_seconds, e.seed, e.model, e.error, e.created, e.started, e.ended, e.how"
enum { EDIT_N_COLUMNS = 22 };
int edit_read(memory *m, struct sqlite3_stmt *st, edit_record *e); /* EDIT_COLUMNS as the first; edit_record_release */
int edit_state_from(const char *name);                  /* -1 for NULL and unknown names */
int edit_load(memory *m, int64_t id, edit_record *out); /* edit_record_release */

#endif
