/*
 * fact.c: reading facts. What makes and ends them is in decide.c.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define FACT_COLUMNS                                                                               \
	"f.id, f.subject, f.relation, f.value, f.source, f.span_begin, f.span_end, f.rule, "       \
	"f.confidence, f.status, f.created, f.valid_from, f.last_verified, f.superseded_by, "      \
	"(SELECT e.state FROM edits e WHERE e.fact_id = f.id AND e.model = ?1 "                    \
	" ORDER BY e.id DESC LIMIT 1), "                                                           \
	"f.subject_key, f.value_key"

static const char *const status_names[] = { "active", "superseded", "forgotten" };

const char *fact_status_name(int status)
{
	size_t n = sizeof(status_names) / sizeof(*status_names);

	return status >= 0 && (size_t)status < n ? status_names[status] : "unknown";
}

static int status_from(const char *name)
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
	*status = status_from((const char *)sqlite3_column_text(st, 0));
	sql_done(st);
	return 0;
}

static int fact_read(memory *m, sqlite3_stmt *st, fact *f)
{
	memset(f, 0, sizeof(*f));
	f->id = sqlite3_column_int64(st, 0);
	sql_col_text(st, 1, f->subject, sizeof(f->subject));
	sql_col_text(st, 2, f->relation, sizeof(f->relation));
	sql_col_text(st, 3, f->value, sizeof(f->value));
	f->span[0] = (size_t)sqlite3_column_int64(st, 5);
	f->span[1] = (size_t)sqlite3_column_int64(st, 6);
	sql_col_text(st, 7, f->rule, sizeof(f->rule));
	f->confidence = sqlite3_column_double(st, 8);
	f->status = status_from((const char *)sqlite3_column_text(st, 9));
	f->created = sqlite3_column_int64(st, 10);
	f->valid_from = sqlite3_column_int64(st, 11);
	f->last_verified = sqlite3_column_int64(st, 12);
	f->superseded_by = sqlite3_column_int64(st, 13);
	f->edit_state = edit_state_from((const char *)sqlite3_column_text(st, 14));
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
	int rc = sql_query(m, &st, "SELECT " FACT_COLUMNS " FROM facts f WHERE f.id = ?2", "si",
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

/* Do all the words occur in what the row says? Columns as in FACT_COLUMNS. */
static bool row_matches(sqlite3_stmt *st, const char *words)
{
	char name[64], folded[64];
	const char *in[3] = { (const char *)sqlite3_column_text(st, 15), folded,
			      (const char *)sqlite3_column_text(st, 16) };

	sql_col_text(st, 2, name, sizeof(name));
	fold_text(name, folded, sizeof(folded));
	in[0] = in[0] ? in[0] : "";
	in[2] = in[2] ? in[2] : "";
	return fold_has_words(words, in, 3);
}

static int facts_collect(memory *m, sqlite3_stmt *st, const char *words, fact **all, size_t *n)
{
	size_t cap = 0;
	int rc;

	while ((rc = sql_next(m, st)) == 1) {
		if (words && !row_matches(st, words))
			continue;
		if (*n == cap) {
			fact *more = realloc(*all, (cap ? cap * 2 : 32) * sizeof(**all));

			rc = more ? 0 : sql_fail(m, MEMORY_ENOMEM, "out of memory");
			if (rc)
				break;
			*all = more;
			cap = cap ? cap * 2 : 32;
		}
		rc = fact_read(m, st, *all + *n);
		if (rc)
			break;
		++*n;
	}
	sql_done(st);
	return rc;
}

int memory_facts(memory *m, const char *filter, bool active_only, fact **out, size_t *n, char *err,
		 size_t errlen)
{
	fact *all = NULL;
	char *words = NULL;
	size_t found = 0;
	sqlite3_stmt *st;
	int rc = 0;

	if (filter) {
		words = malloc(strlen(filter) + 1);
		if (!words)
			rc = sql_fail(m, MEMORY_ENOMEM, "out of memory");
		else
			fold_text(filter, words, strlen(filter) + 1);
	}
	if (!rc && active_only)
		rc = sql_query(m, &st,
			       "SELECT " FACT_COLUMNS
			       " FROM facts f WHERE f.status = 'active' ORDER BY f.id",
			       "s", m->model);
	else if (!rc)
		rc = sql_query(m, &st, "SELECT " FACT_COLUMNS " FROM facts f ORDER BY f.id", "s",
			       m->model);
	if (!rc)
		rc = facts_collect(m, st, words, &all, &found);
	free(words);
	if (rc) {
		facts_free(all, found);
		return sql_report(m, rc, err, errlen);
	}
	*out = all;
	*n = found;
	return 0;
}

int memory_verified(memory *m, int64_t fact_id, bool holds, char *err, size_t errlen)
{
	int status, rc = tx_begin(m);

	if (!rc)
		rc = fact_status_of(m, fact_id, &status);
	if (!rc && holds)
		rc = sql_run(m, "UPDATE facts SET last_verified = ?, check_failed = 0 WHERE id = ?",
			     "ii", memory_now(m), fact_id);
	else if (!rc)
		rc = sql_run(m, "UPDATE facts SET check_failed = 1 WHERE id = ?", "i", fact_id);
	if (!rc)
		rc = memory_event(m, holds ? "check_held" : "check_failed", fact_id, 0, 0);
	return tx_end(m, rc, err, errlen);
}
