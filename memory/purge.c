/*
 * purge.c: taking a value out of every file that the ledger has in its folder, bytes and all.
 *
 * Rows first, in one transaction, which also notes that the files are still to be scrubbed; then the files: the database is
 * written anew, the log emptied, older copies and what a rebuild left deleted. Cut off in between, the next opening goes on with the files; a step
 * that cannot be done keeps none of the others from it.
 */
#include "memory_int.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHORT_VALUE = 4 }; /* bytes: "7" and "Bo" count as whole words only */

/* ---- does a text hold the value? ---- */

static bool is_word(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool folded_has(const char *text, const char *value)
{
	size_t n = strlen(value);

	for (const char *at = text; n && (at = strstr(at, value)); at++)
		if (n >= SHORT_VALUE ||
		    (!(at > text && is_word((unsigned char)at[-1])) && !is_word((unsigned char)at[n])))
			return true;
	return false;
}

/* value: folded. Without memory to look closely, a text counts as holding it. */
static bool text_has(const char *text, const char *value)
{
	char *folded = text ? malloc(strlen(text) + 1) : NULL;
	bool has;

	if (!text || !folded)
		return text != NULL;
	fold_text(text, folded, strlen(text) + 1);
	has = folded_has(folded, value);
	free(folded);
	return has;
}

bool memory_text_has(const char *text, const char *value)
{
	char *folded = malloc(strlen(value) + 1);
	bool has = true;

	if (folded) {
		fold_text(value, folded, strlen(value) + 1);
		has = text_has(text, folded);
	}
	free(folded);
	return has;
}

/* ---- rows ---- */

/* The ids of the rows of a table whose text holds the value. sql: SELECT id, text. */
static int ids_holding(memory *m, const char *sql, const char *value, int64_t **ids, size_t *n)
{
	int64_t *all = NULL, *kept;
	sqlite3_stmt *st = NULL;
	size_t used = 0, cap = 0;
	int rc = sql_query(m, &st, sql, "");

	while (!rc && (rc = sql_next(m, st)) == 1) {
		rc = 0;
		if (!text_has((const char *)sqlite3_column_text(st, 1), value))
			continue;
		if (used == cap) {
			kept = realloc(all, (cap ? cap * 2 : 16) * sizeof(*all));
			rc = kept ? 0 : sql_fail(m, MEMORY_ENOMEM, "out of memory");
			if (rc)
				break;
			all = kept;
			cap = cap ? cap * 2 : 16;
		}
		all[used++] = sqlite3_column_int64(st, 0);
	}
	sql_done(st);
	if (rc) {
		free(all);
		return rc;
	}
	*ids = all;
	*n = used;
	return 0;
}

static int run_for_each(memory *m, const char *sql, const int64_t *ids, size_t n)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = sql_run(m, sql, "i", ids[i]);
	return rc;
}

/* Runs `change` on the rows that `find` names; *count grows by their number. */
static int cut_texts(memory *m, const char *find, const char *change, const char *value, size_t *count)
{
	int64_t *ids = NULL;
	size_t n = 0;
	int rc = ids_holding(m, find, value, &ids, &n);

	if (!rc)
		rc = run_for_each(m, change, ids, n);
	free(ids);
	*count += n;
	return rc;
}

static int fact_delete(memory *m, int64_t id)
{
	static const char *const steps[] = {
		"UPDATE facts SET status = 'forgotten', superseded_by = NULL WHERE superseded_by = ?",
		"DELETE FROM blobs WHERE edit_id IN (SELECT id FROM edits WHERE fact_id = ?)",
		"DELETE FROM edits WHERE fact_id = ?",
		"DELETE FROM facts WHERE id = ?",
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(steps) / sizeof(*steps); i++)
		rc = run_for_each(m, steps[i], &id, 1);
	return rc ? rc : memory_event(m, "purge", id, 0, 0);
}

/* The fact itself, and every fact that no longer counts and has the value in its own value or its subject. */
static int facts_delete(memory *m, int64_t id, const char *value, size_t *count)
{
	int64_t *ids = NULL;
	size_t n = 0;
	int rc = fact_delete(m, id);

	if (!rc)
		rc = ids_holding(m, "SELECT id, subject || char(10) || value FROM facts WHERE status <> 'active'", value, &ids,
				 &n);
	for (size_t i = 0; !rc && i < n; i++)
		rc = fact_delete(m, ids[i]);
	free(ids);
	*count = n + 1;
	return rc;
}

/* Facts that hold by themselves keep their subjects and values, and with them the words in which they were said. */
static int sources_cut(memory *m, const char *value, memory_purged *out)
{
	int64_t *ids = NULL, *own = NULL;
	size_t n = 0, n_own = 0, k = 0;
	int rc = ids_holding(m, "SELECT id, source FROM facts WHERE source IS NOT NULL ORDER BY id", value, &ids, &n);

	if (!rc)
		rc = ids_holding(m, "SELECT id, subject || char(10) || value FROM facts ORDER BY id", value, &own, &n_own);
	for (size_t i = 0; !rc && i < n; i++) {
		while (k < n_own && own[k] < ids[i])
			k++;
		if (k < n_own && own[k] == ids[i])
			continue;
		rc = sql_run(m, "UPDATE facts SET source = NULL, span_begin = 0, span_end = 0 WHERE id = ?", "i", ids[i]);
		out->texts++;
	}
	out->kept = n_own ? own[0] : 0;
	free(ids);
	free(own);
	return rc;
}

static int rows_purge(memory *m, int64_t id, const char *value, memory_purged *out)
{
	int rc = facts_delete(m, id, value, &out->facts);

	if (!rc)
		rc = sources_cut(m, value, out);
	if (!rc)
		rc = cut_texts(m, "SELECT id, error FROM edits WHERE error IS NOT NULL",
			       "UPDATE edits SET error = '(removed)' WHERE id = ?", value, &out->texts);
	if (!rc)
		rc = cut_texts(m, "SELECT id, how FROM edits WHERE how IS NOT NULL",
			       "UPDATE edits SET how = '(removed)' WHERE id = ?", value, &out->texts);
	if (!rc)
		rc = cut_texts(m, "SELECT id, text FROM messages", "UPDATE messages SET text = '(removed)' WHERE id = ?",
			       value, &out->texts);
	if (!rc)
		rc = cut_texts(m, "SELECT id, title FROM chats WHERE title IS NOT NULL",
			       "UPDATE chats SET title = '(removed)' WHERE id = ?", value, &out->texts);
	/* What was found for neighbours at the same place may hold this value; where it was found anew it is not used. What still
	 * serves while that waits stays: the caller has had neighbours learned again. */
	if (!rc)
		rc = sql_run(m,
			     "DELETE FROM blobs WHERE EXISTS (SELECT 1 FROM edits e JOIN edits n ON n.fact_id = e.fact_id "
			     "AND n.model = e.model AND n.id > e.id JOIN blobs b ON b.edit_id = n.id "
			     "WHERE e.id = blobs.edit_id AND n.state = 'verified')",
			     "");
	if (!rc)
		rc = sql_run(m, "INSERT OR REPLACE INTO settings(key, value) VALUES ('scrub', '1')", "");
	return rc;
}

/* ---- files ---- */

/* The first of several errors, and its sentence. */
struct first_error {
	int rc;
	char said[sizeof(((memory *)0)->error)];
};

static void first_keep(const memory *m, struct first_error *first, int rc)
{
	if (rc >= 0 || first->rc)
		return;
	first->rc = rc;
	memcpy(first->said, m->error, sizeof(first->said));
}

static int first_give(memory *m, const struct first_error *first)
{
	if (first->rc)
		memcpy(m->error, first->said, sizeof(first->said));
	return first->rc;
}

/* Copies of the ledger: what this program keeps before a migration and of a damaged one, and any named like them. */
static bool is_copy(const char *name)
{
	return !strncmp(name, "ledger.db.", strlen("ledger.db."));
}

/* Deletes what can be deleted, whatever cannot. */
static int copies_delete(memory *m, size_t *count)
{
	struct first_error first = { 0 };
	DIR *d = opendir(m->dir);
	struct dirent *e;

	if (!d)
		return sql_fail(m, MEMORY_ERR, "%s: %s", m->dir, strerror(errno));
	while ((errno = 0, e = readdir(d))) {
		if (!is_copy(e->d_name))
			continue;
		if (!unlinkat(dirfd(d), e->d_name, 0))
			++*count;
		else
			first_keep(m, &first, sql_fail(m, MEMORY_ERR, "the old copy %s/%s could not be deleted: %s", m->dir,
						       e->d_name, strerror(errno)));
	}
	if (errno)
		first_keep(m, &first, sql_fail(m, MEMORY_ERR, "%s: %s", m->dir, strerror(errno)));
	closedir(d);
	return first_give(m, &first);
}

/* Everything in the log goes into the database and the log becomes empty. */
static int log_empty(memory *m)
{
	sqlite3_stmt *st = NULL;
	int busy = 0, rc = sql_query(m, &st, "PRAGMA wal_checkpoint(TRUNCATE)", "");

	if (!rc)
		rc = sql_next(m, st);
	if (rc == 1)
		busy = sqlite3_column_int(st, 0);
	sql_done(rc == 1 ? st : NULL);
	if (rc < 0)
		return rc;
	return busy ? sql_fail(m, MEMORY_ELOCKED, "another program reads %s just now: what was purged is gone from it, but not "
						  "yet from its log; the next start removes that",
			       m->path)
		    : 0;
}

int purge_scrub(memory *m, size_t *copies)
{
	struct first_error first = { 0 };
	int64_t due = 0;
	int rc = sql_int(m, &due, "SELECT value = '1' FROM settings WHERE key = 'scrub'", "");

	if (rc < 0 || !due)
		return rc < 0 ? rc : 0;
	/* The ledger itself comes first, and none of the steps waits for another: what one cannot do the next start tries anew. */
	first_keep(m, &first, sql_script(m, "VACUUM")); /* no page keeps what was once in it */
	first_keep(m, &first, log_empty(m));
	first_keep(m, &first, rebuild_remove(m));
	first_keep(m, &first, copies_delete(m, copies));
	if (folder_sync(m->dir)) /* or a copy could come back after what asks for its deletion is gone */
		first_keep(m, &first, sql_fail(m, MEMORY_ERR, "%s: %s", m->dir, strerror(errno)));
	if (first.rc)
		return first_give(m, &first);
	rc = sql_run(m, "DELETE FROM settings WHERE key = 'scrub'", "");
	return rc ? rc : log_empty(m);
}

int memory_purge(memory *m, int64_t id, memory_purged *out, char *err, size_t errlen)
{
	memory_purged p = { 0 };
	char value[sizeof(((fact *)0)->value)];
	fact f;
	int rc = memory_fact(m, id, &f, err, errlen);

	if (rc)
		return rc;
	fold_text(f.value, value, sizeof(value));
	fact_release(&f);
	rc = tx_begin(m);
	if (!rc)
		rc = rows_purge(m, id, value, &p);
	rc = tx_end(m, rc, err, errlen);
	if (!rc)
		rc = sql_report(m, purge_scrub(m, &p.copies), err, errlen);
	if (!rc && out)
		*out = p;
	return rc;
}
