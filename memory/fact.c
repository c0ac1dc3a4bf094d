/*
 * fact.c: reading facts. What makes and ends them is in decide.c.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define NEWEST_STATE                                                                               \
	", (SELECT e.state FROM edits e WHERE e.fact_id = f.id AND e.model = ?1"                   \
	" ORDER BY e.id DESC LIMIT 1)"

static const char *const status_names[] = { "active", "superseded", "forgotten" };

const char *fact_status_name(int status)
{
	size_t n = sizeof(status_names) / sizeof(*status_names);

	return status >= 0 && (size_t)status < n ? status_names[status] : "unknown";
}

/* -1 for NULL and unknown names. */
static int fact_status_from(const char *name)
{
	for (int i = FACT_ACTIVE; i <= FACT_FORGOTTEN; i++)
		if (name && !strcmp(name, status_names[i]))
			return i;
	return -1;
}

int fact_status_of(memory *m, int64_t id, int *status)
{
	sqlite3_stmt *st;
	int rc = sql_query(m, &st, "SELECT status FROM facts WHERE id = ?", "i", id);

	if (!rc)
		rc = sql_next(m, st);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return sql_fail(m, MEMORY_ENOENT, "there is no fact #%lld", (long long)id);
	*status = fact_status_from((const char *)sqlite3_column_text(st, 0));
	sql_done(st);
	return 0;
}

/* Its source points into the row; edit_state is left to the caller. */
void fact_row(sqlite3_stmt *st, int at, fact *f)
{
	memset(f, 0, sizeof(*f));
	f->id = sqlite3_column_int64(st, at);
	sql_col_text(st, at + 1, f->subject, sizeof(f->subject));
	sql_col_text(st, at + 2, f->relation, sizeof(f->relation));
	sql_col_text(st, at + 3, f->value, sizeof(f->value));
	f->source = (char *)sqlite3_column_text(st, at + 4); /* not to be freed */
	f->span[0] = (size_t)sqlite3_column_int64(st, at + 5);
	f->span[1] = (size_t)sqlite3_column_int64(st, at + 6);
	sql_col_text(st, at + 7, f->rule, sizeof(f->rule));
	f->confidence = sqlite3_column_double(st, at + 8);
	f->status = fact_status_from((const char *)sqlite3_column_text(st, at + 9));
	f->created = sqlite3_column_int64(st, at + 10);
	f->valid_from = sqlite3_column_int64(st, at + 11);
	f->last_verified = sqlite3_column_int64(st, at + 12);
	f->superseded_by = sqlite3_column_int64(st, at + 13);
	f->edit_state = -1;
}

/* Columns: FACT_COLUMNS and the state of the newest edit. */
static int fact_read(memory *m, sqlite3_stmt *st, fact *f)
{
	fact_row(st, 0, f);
	f->edit_state = edit_state_from((const char *)sqlite3_column_text(st, FACT_N_COLUMNS));
	/* A text that could not be fetched for lack of memory reads as missing. */
	if (sqlite3_errcode(m->db) == SQLITE_NOMEM)
		return sql_error(m, SQLITE_NOMEM);
	return sql_col_dup(m, st, 4, &f->source);
}

void fact_release(fact *f)
{
	if (!f)
		return;
	free(f->source);
	f->source = NULL;
}

void facts_free(fact *f, size_t n)
{
	for (size_t i = 0; f && i < n; i++)
		fact_release(&f[i]);
	free(f);
}

int memory_fact(memory *m, int64_t id, fact *out, char *err, size_t errlen)
{
	sqlite3_stmt *st;
	fact f;
	int rc = sql_query(m, &st, "SELECT " FACT_COLUMNS NEWEST_STATE " FROM facts f WHERE f.id = ?2", "si",
			   m->model, id);

	if (!rc)
		rc = sql_next(m, st);
	if (rc == 0)
		rc = sql_fail(m, MEMORY_ENOENT, "there is no fact #%lld", (long long)id);
	if (rc < 0)
		return sql_report(m, rc, err, errlen);
	rc = fact_read(m, st, &f);
	sql_done(st);
	if (rc)
		return sql_report(m, rc, err, errlen);
	*out = f;
	return 0;
}

/* ---- self-checks ---- */

/* Inside a transaction: notes what was found. */
static int check_note(memory *m, int64_t fact_id, bool holds)
{
	int status, rc = fact_status_of(m, fact_id, &status);

	if (!rc && holds)
		rc = sql_run(m, "UPDATE facts SET last_verified = ?, check_failed = 0 WHERE id = ?",
			     "ii", memory_now(m), fact_id);
	else if (!rc)
		rc = sql_run(m, "UPDATE facts SET check_failed = 1 WHERE id = ?", "i", fact_id);
	return rc ? rc : memory_event(m, holds ? "check_held" : "check_failed", fact_id, 0, 0);
}

/* Is the fact to be learned anew after a check that failed? It has to be in the weights, and two tries a day are enough. */
static int check_requeues(memory *m, int64_t fact_id, int64_t *yes)
{
	int rc = sql_int(m, yes,
			 "SELECT f.status = 'active' AND coalesce((SELECT e.state FROM edits e WHERE e.fact_id = f.id "
			 "AND e.model = ?2 ORDER BY e.id DESC LIMIT 1), '') = 'verified' AND "
			 "(SELECT count(*) FROM events v WHERE v.fact_id = f.id AND v.kind = 'check_failed' AND v.at > ?3) <= "
			 "?4 FROM facts f WHERE f.id = ?1",
			 "isin", fact_id, m->model, memory_now(m) - 86400, RECHECKS_A_DAY);

	return rc < 0 ? rc : 0;
}

int memory_checked(memory *m, int64_t fact_id, bool holds, bool *queued, char *err, size_t errlen)
{
	int64_t again = 0;
	int rc = tx_begin(m);

	if (!rc)
		rc = check_note(m, fact_id, holds);
	if (!rc && !holds)
		rc = check_requeues(m, fact_id, &again);
	if (!rc && again)
		rc = queue_add(m, fact_id);
	rc = tx_end(m, rc, err, errlen);
	if (!rc)
		*queued = again != 0;
	return rc;
}

int memory_check_due(memory *m, int64_t age, int64_t *fact_id, char *err, size_t errlen)
{
	int rc = sql_int(m, fact_id,
			 "SELECT f.id FROM facts f WHERE f.status = 'active' AND f.check_failed = 0 AND f.last_verified <= ?2 "
			 "AND (SELECT e.state FROM edits e WHERE e.fact_id = f.id AND e.model = ?1 ORDER BY e.id DESC LIMIT 1) "
			 "= 'verified' ORDER BY f.last_verified, f.id LIMIT 1",
			 "si", m->model, memory_now(m) - age);

	if (rc == 0)
		rc = sql_fail(m, MEMORY_ENOENT, "nothing is to be checked");
	return sql_report(m, rc < 0 ? rc : 0, err, errlen);
}
