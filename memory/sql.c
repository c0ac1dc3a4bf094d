/*
 * sql.c: a thin layer over SQLite that keeps call sites short: cached statements, typed parameters,
 * one place where result codes become sentences, and transactions that end in exactly one way.
 */
#include "memory_int.h"

#include <assert.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ---- */

/* The length of s cut to at most max bytes without splitting a UTF-8 character. */
static size_t cut_length(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void error_put(char *err, size_t errlen, const char *text)
{
	size_t n;

	if (!err || !errlen)
		return;
	n = cut_length(text, strlen(text), errlen - 1);
	memcpy(err, text, n);
	err[n] = '\0';
}

int sql_fail(memory *m, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->error, sizeof(m->error), fmt, ap);
	va_end(ap);
	return code;
}

int sql_error(memory *m, int code)
{
	const char *path = m->path ? m->path : "the ledger";

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return sql_fail(m, MEMORY_ELOCKED, "%s is in use by another program: try again",
				path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return sql_fail(m, MEMORY_ECORRUPT,
				"%s is damaged or not a ledger: imprint rebuild saves what can be read",
				path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return sql_fail(m, MEMORY_EREADONLY,
				"%s cannot be written to: check its permissions", path);
	case SQLITE_FULL:
		return sql_fail(m, MEMORY_ERR, "%s: the disk is full; nothing was changed", path);
	case SQLITE_CANTOPEN:
		return sql_fail(m, MEMORY_ERR,
				"%s cannot be opened: check that it is a file you may read", path);
	case SQLITE_IOERR:
		return sql_fail(m, MEMORY_ERR, "%s cannot be read or written (%s)", path,
				sqlite3_errstr(code));
	default:
		return sql_fail(m, MEMORY_ERR, "%s: %s", path,
				m->db ? sqlite3_errmsg(m->db) : sqlite3_errstr(code));
	}
}

int sql_report(const memory *m, int rc, char *err, size_t errlen)
{
	if (rc < 0)
		error_put(err, errlen, m->error);
	return rc;
}

/* ---- statements ---- */

static sqlite3_stmt **cache_slot(memory *m, const char *sql)
{
	struct sql_cached *c;

	for (size_t i = 0; i < m->n_cache; i++)
		if (m->cache[i].sql == sql)
			return &m->cache[i].st;
	if (m->n_cache < SQL_CACHE) {
		c = &m->cache[m->n_cache++];
	} else {
		do {
			c = &m->cache[m->next_evicted++ % SQL_CACHE];
		} while (sqlite3_stmt_busy(c->st));
		sqlite3_finalize(c->st);
	}
	c->sql = sql;
	c->st = NULL;
	return &c->st;
}

void sql_cache_clear(memory *m)
{
	for (size_t i = 0; i < m->n_cache; i++)
		sqlite3_finalize(m->cache[i].st);
	m->n_cache = 0;
}

static int bind_one(sqlite3_stmt *st, int i, char type, va_list *ap)
{
	const void *p;
	size_t len;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(st, i, va_arg(*ap, int64_t));
	case 'n':
		return sqlite3_bind_int(st, i, va_arg(*ap, int));
	case 'd':
		return sqlite3_bind_double(st, i, va_arg(*ap, double));
	case 's':
		p = va_arg(*ap, const char *);
		return p ? sqlite3_bind_text(st, i, p, -1, SQLITE_STATIC)
			 : sqlite3_bind_null(st, i);
	case 'b':
		p = va_arg(*ap, const void *);
		len = va_arg(*ap, size_t);
		return sqlite3_bind_blob64(st, i, p, len, SQLITE_STATIC);
	default:
		assert(!"unknown parameter type");
		return SQLITE_MISUSE;
	}
}

static int query_va(memory *m, sqlite3_stmt **out, const char *sql, const char *types, va_list *ap)
{
	sqlite3_stmt **st = cache_slot(m, sql);
	int rc = SQLITE_OK;

	if (!*st)
		rc = sqlite3_prepare_v3(m->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
	for (int i = 0; rc == SQLITE_OK && types[i]; i++)
		rc = bind_one(*st, i + 1, types[i], ap);
	if (rc != SQLITE_OK) {
		rc = sql_error(m, rc);
		sql_done(*st);
		return rc;
	}
	*out = *st;
	return 0;
}

int sql_query(memory *m, sqlite3_stmt **st, const char *sql, const char *types, ...)
{
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = query_va(m, st, sql, types, &ap);
	va_end(ap);
	return rc;
}

/* The test hook: true when this write is to fail. */
static bool fault_hits(memory *m)
{
	if (!m->fault || !m->fault(m->fault_arg))
		return false;
	sql_fail(m, MEMORY_ERR, "%s: a write was made to fail", m->path);
	return true;
}

void sql_done(sqlite3_stmt *st)
{
	if (!st)
		return;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st); /* they point into the caller's memory */
}

int sql_next(memory *m, sqlite3_stmt *st)
{
	int rc;

	if (!sqlite3_stmt_readonly(st) && !sqlite3_stmt_busy(st) && fault_hits(m)) {
		sql_done(st);
		return MEMORY_ERR;
	}
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : sql_error(m, rc);
	sql_done(st);
	return rc;
}

int sql_run(memory *m, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = query_va(m, &st, sql, types, &ap);
	va_end(ap);
	if (rc)
		return rc;
	while ((rc = sql_next(m, st)) == 1)
		;
	return rc;
}

int sql_int(memory *m, int64_t *out, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = query_va(m, &st, sql, types, &ap);
	va_end(ap);
	if (rc)
		return rc;
	rc = sql_next(m, st);
	if (rc != 1)
		return rc;
	*out = sqlite3_column_int64(st, 0);
	sql_done(st);
	return 1;
}

int sql_ids(memory *m, int64_t **ids, size_t *n, const char *sql, const char *types, ...)
{
	int64_t *all = NULL;
	size_t used = 0, cap = 0;
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = query_va(m, &st, sql, types, &ap);
	va_end(ap);
	if (rc)
		return rc;
	while ((rc = sql_next(m, st)) == 1) {
		if (used == cap) {
			int64_t *more = realloc(all, (cap ? cap * 2 : 16) * sizeof(*all));

			if (!more) {
				sql_done(st);
				free(all);
				return sql_fail(m, MEMORY_ENOMEM, "out of memory");
			}
			all = more;
			cap = cap ? cap * 2 : 16;
		}
		all[used++] = sqlite3_column_int64(st, 0);
	}
	if (rc < 0) {
		free(all);
		return rc;
	}
	*ids = all;
	*n = used;
	return 0;
}

int sql_script(memory *m, const char *sql)
{
	int rc;

	if (fault_hits(m))
		return MEMORY_ERR;
	rc = sqlite3_exec(m->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sql_error(m, rc);
}

int64_t sql_changes(memory *m)
{
	return sqlite3_changes64(m->db);
}

int64_t sql_last_id(memory *m)
{
	return sqlite3_last_insert_rowid(m->db);
}

/* ---- columns ---- */

void sql_col_text(sqlite3_stmt *st, int col, char *out, size_t cap)
{
	const char *s = (const char *)sqlite3_column_text(st, col);

	out[0] = '\0';
	if (s)
		error_put(out, cap, s);
}

int sql_col_dup(memory *m, sqlite3_stmt *st, int col, char **out)
{
	const char *s;
	char *copy;
	size_t n;

	if (sqlite3_column_type(st, col) == SQLITE_NULL) {
		*out = NULL;
		return 0;
	}
	s = (const char *)sqlite3_column_text(st, col);
	n = s ? strlen(s) + 1 : 0;
	copy = s ? malloc(n) : NULL;
	if (!copy)
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	memcpy(copy, s, n);
	*out = copy;
	return 0;
}

double sql_col_double(sqlite3_stmt *st, int col)
{
	return sqlite3_column_type(st, col) == SQLITE_NULL ? (double)NAN
							   : sqlite3_column_double(st, col);
}

/* ---- transactions ---- */

int tx_begin(memory *m)
{
	if (m->tx_depth++)
		return 0; /* part of the one that is open */
	if (m->read_only)
		return sql_fail(m, MEMORY_EREADONLY, "%s was opened for reading only", m->path);
	return sql_run(m, "BEGIN IMMEDIATE", "");
}

int tx_end(memory *m, int rc, char *err, size_t errlen)
{
	if (--m->tx_depth)
		return sql_report(m, rc, err, errlen); /* who began the open one ends it so, too */
	/* COMMIT counts as read-only for SQLite, so the hook is asked here. */
	if (!rc && !sqlite3_get_autocommit(m->db))
		rc = fault_hits(m) ? MEMORY_ERR : sql_run(m, "COMMIT", "");
	/* Some errors (disk full, no memory) have rolled back already. */
	if (rc && !sqlite3_get_autocommit(m->db))
		sqlite3_exec(m->db, "ROLLBACK", NULL, NULL, NULL);
	return sql_report(m, rc, err, errlen);
}
