/*
 * history.c: reading edits: the queue, and what has been tried.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = { "queued", "running",   "verified",
					   "failed", "cancelled", "reverted" };

const char *edit_state_name(int state)
{
	size_t n = sizeof(state_names) / sizeof(*state_names);

	return state >= 0 && (size_t)state < n ? state_names[state] : "unknown";
}

int edit_state_from(const char *name)
{
	for (int i = EDIT_QUEUED; i <= EDIT_REVERTED; i++)
		if (name && !strcmp(name, state_names[i]))
			return i;
	return -1;
}

int edit_read(memory *m, sqlite3_stmt *st, edit_record *e)
{
	memset(e, 0, sizeof(*e));
	e->id = sqlite3_column_int64(st, 0);
	e->fact_id = sqlite3_column_int64(st, 1);
	e->state = edit_state_from((const char *)sqlite3_column_text(st, 2));
	e->steps = sqlite3_column_int(st, 3);
	e->evaluations = sqlite3_column_int(st, 4);
	e->attempts = sqlite3_column_int(st, 5);
	e->layer = sqlite3_column_int(st, 6);
	e->loss_before = sql_col_double(st, 7);
	e->loss_after = sql_col_double(st, 8);
	e->p_before = sql_col_double(st, 9);
	e->p_after = sql_col_double(st, 10);
	e->locality_before = sql_col_double(st, 11);
	e->locality_after = sql_col_double(st, 12);
	e->seconds = sql_col_double(st, 13);
	e->npu_seconds = sql_col_double(st, 14);
	e->seed = (uint64_t)sqlite3_column_int64(st, 15);
	sql_col_text(st, 16, e->model, sizeof(e->model));
	e->created = sqlite3_column_int64(st, 18);
	e->started = sqlite3_column_int64(st, 19);
	e->ended = sqlite3_column_int64(st, 20);
	if (sqlite3_errcode(m->db) == SQLITE_NOMEM)
		return sql_error(m, SQLITE_NOMEM);
	int rc = sql_col_dup(m, st, 17, &e->error);

	if (!rc)
		rc = sql_col_dup(m, st, 21, &e->how);
	if (rc)
		edit_record_release(e);
	return rc;
}

void edit_record_release(edit_record *e)
{
	if (!e)
		return;
	free(e->error);
	free(e->how);
	e->error = e->how = NULL;
}

void edits_free(edit_record *e, size_t n)
{
	for (size_t i = 0; e && i < n; i++)
		edit_record_release(&e[i]);
	free(e);
}

int edit_load(memory *m, int64_t id, edit_record *out)
{
	sqlite3_stmt *st;
	int rc = sql_query(m, &st, "SELECT " EDIT_COLUMNS " FROM edits e WHERE e.id = ?", "i", id);

	if (!rc)
		rc = sql_next(m, st);
	if (rc == 0)
		return sql_fail(m, MEMORY_ENOENT, "there is no edit %lld", (long long)id);
	if (rc < 0)
		return rc;
	rc = edit_read(m, st, out);
	sql_done(st);
	return rc;
}

static int edits_collect(memory *m, sqlite3_stmt *st, edit_record **all, size_t *n)
{
	size_t cap = 0;
	int rc;

	while ((rc = sql_next(m, st)) == 1) {
		if (*n == cap) {
			edit_record *more = realloc(*all, (cap ? cap * 2 : 32) * sizeof(**all));

			rc = more ? 0 : sql_fail(m, MEMORY_ENOMEM, "out of memory");
			if (rc)
				break;
			*all = more;
			cap = cap ? cap * 2 : 32;
		}
		rc = edit_read(m, st, *all + *n);
		if (rc)
			break;
		++*n;
	}
	sql_done(st);
	return rc;
}

int memory_edits(memory *m, bool queue_only, size_t limit, edit_record **out, size_t *n, char *err,
		 size_t errlen)
{
	int64_t most = limit && limit < INT64_MAX ? (int64_t)limit : -1;
	edit_record *all = NULL;
	size_t found = 0;
	sqlite3_stmt *st;
	int rc;

	if (queue_only)
		rc = sql_query(m, &st,
			       "SELECT " EDIT_COLUMNS
			       " FROM edits e WHERE state IN ('queued', 'running') "
			       "AND model = ? ORDER BY state = 'queued', place LIMIT ?",
			       "si", m->model, most);
	else
		rc = sql_query(m, &st,
			       "SELECT " EDIT_COLUMNS " FROM edits e ORDER BY id DESC LIMIT ?", "i",
			       most);
	if (!rc)
		rc = edits_collect(m, st, &all, &found);
	if (rc) {
		edits_free(all, found);
		return sql_report(m, rc, err, errlen);
	}
	*out = all;
	*n = found;
	return 0;
}
