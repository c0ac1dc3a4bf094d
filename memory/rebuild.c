/*
 * rebuild.c: a new ledger from what can still be read of a damaged one.
 *
 * Every row is asked for by its number, alone, so that a damaged page costs the rows on it and no others; indices are made
 * anew. What the rows refer to and is lost is mended so that nothing counts that is not known to: a fact whose successor is
 * lost is forgotten, an edit without its delta is done again. The damaged file is kept beside the new one.
 */
#include "memory_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t rows_most = 20000000; /* a number above it is damage, too */

/* The columns of version 1, which all later ones have, and those that came since, the newest last. */
static const struct source {
	const char *table, *columns, *since;
} sources[] = {
	{ "acts", "id, at, op, undone", "" },
	{ "facts", "id, subject, relation, value, subject_key, value_key, single, source, span_begin, span_end, rule, "
			"confidence, status, created, valid_from, last_verified, check_failed, superseded_by, made_by, ended_by",
	  "" },
	{ "edits", "id, fact_id, model, state, attempts, steps, evaluations, layer, loss_before, loss_after, p_before, "
			"p_after, locality_before, locality_after, seconds, npu_seconds, seed, error, created, started, ended",
	  ", not_before, curve, how, place" },
	{ "blobs", "edit_id, n_keys, n_ff, n_embd, checksum, keys, delta", "" },
	{ "events", "id, at, kind, fact_id, edit_id, other_id", "" },
	{ "settings", "key, value", "" },
	{ "chats", "id, begun", ", title" },
	{ "messages", "id, chat_id, at, role, text", "" },
};

static const char *const mending[] = {
	"INSERT OR IGNORE INTO acts(id, at, op) SELECT DISTINCT made_by, created, 'add' FROM facts"
	" WHERE made_by NOT IN (SELECT id FROM acts)",
	"UPDATE facts SET ended_by = NULL WHERE ended_by NOT IN (SELECT id FROM acts)",
	"UPDATE facts SET status = 'forgotten', superseded_by = NULL"
	" WHERE superseded_by NOT IN (SELECT id FROM facts)",
	"DELETE FROM edits WHERE fact_id NOT IN (SELECT id FROM facts)",
	"DELETE FROM blobs WHERE edit_id NOT IN (SELECT id FROM edits)",
	"UPDATE edits SET state = 'reverted' WHERE state IN ('verified', 'running')"
	" AND id NOT IN (SELECT edit_id FROM blobs)",
	"UPDATE edits SET place = id WHERE place = 0",
	"INSERT OR IGNORE INTO chats(id, begun) SELECT chat_id, min(at) FROM messages"
	" WHERE chat_id NOT IN (SELECT id FROM chats) GROUP BY chat_id",
};

/* One table on its way: read by a connection of its own, since one that met damage no longer writes. */
struct copier {
	sqlite3 *old;
	sqlite3_stmt *read, *write;
	memory_rebuilt *out;
};

static int64_t old_int(sqlite3 *old, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(old, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* Up to which number there may be rows: the greatest, or where that cannot be read, what the counters say. */
static int64_t rows_end(sqlite3 *old, const struct source *s)
{
	/* blobs are numbered as the edits are */
	const char *counter = !strcmp(s->table, "blobs") ? "edits" : s->table;
	int64_t greatest, counted;
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT max(rowid) FROM %s", s->table);
	greatest = old_int(old, sql);
	snprintf(sql, sizeof(sql), "SELECT seq FROM sqlite_sequence WHERE name = '%s'", counter);
	counted = old_int(old, sql);
	greatest = greatest > counted ? greatest : counted;
	return greatest < rows_most ? greatest : rows_most;
}

/* Prepares reading and writing; *found: has the old ledger the table, with these columns? */
static int copier_prepare(memory *m, struct copier *c, const struct source *s, const char *since, bool *found)
{
	char sql[512], marks[64] = "";
	int n = 1, rc;

	for (const char *p = s->columns; *p; p++)
		n += *p == ',';
	for (const char *p = since; *p; p++)
		n += *p == ',';
	for (int i = 0; i < n; i++)
		memcpy(marks + 2 * i, i + 1 < n ? "?," : "?", i + 1 < n ? 3 : 2);
	snprintf(sql, sizeof(sql), "SELECT %s%s FROM %s WHERE rowid = ?", s->columns, since, s->table);
	rc = sqlite3_prepare_v2(c->old, sql, -1, &c->read, NULL);
	*found = rc == SQLITE_OK;
	if (rc != SQLITE_OK)
		return rc == SQLITE_NOMEM ? sql_error(m, rc) : 0;
	snprintf(sql, sizeof(sql), "INSERT OR IGNORE INTO %s(%s%s) VALUES (%s)", s->table, s->columns, since, marks);
	rc = sqlite3_prepare_v2(m->db, sql, -1, &c->write, NULL);
	return rc == SQLITE_OK ? 0 : sql_error(m, rc);
}

/* With as many of the later columns as the old ledger has. Without any the table itself is lost. */
static int copier_open(memory *m, struct copier *c, const struct source *s)
{
	char since[64];
	bool found;
	int rc;

	snprintf(since, sizeof(since), "%s", s->since);
	rc = copier_prepare(m, c, s, since, &found);
	while (!rc && !found && *since) {
		*strrchr(since, ',') = 0;
		rc = copier_prepare(m, c, s, since, &found);
	}
	return rc;
}

/* SQLite's code. */
static int row_write(struct copier *c)
{
	int rc = SQLITE_OK;

	for (int k = 0, n = sqlite3_column_count(c->read); rc == SQLITE_OK && k < n; k++)
		rc = sqlite3_bind_value(c->write, k + 1, sqlite3_column_value(c->read, k));
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_step(c->write);
	return sqlite3_reset(c->write);
}

/* A row that breaks a rule of the tables is damage that was not noticed in reading it; one that cannot be written for any
 * other reason is not at fault. */
static int row_copy(memory *m, struct copier *c, const struct source *s, int64_t i)
{
	int rc, wrote = SQLITE_OK;

	sqlite3_bind_int64(c->read, 1, i);
	rc = sqlite3_step(c->read);
	if (rc == SQLITE_ROW) {
		wrote = row_write(c);
		if (wrote == SQLITE_OK && sqlite3_changes(m->db) && !strcmp(s->table, "facts"))
			c->out->facts++;
		c->out->unreadable += wrote != SQLITE_OK || !sqlite3_changes(m->db);
	} else if (rc != SQLITE_DONE) {
		c->out->unreadable++;
	}
	sqlite3_reset(c->read);
	if (wrote != SQLITE_OK && (wrote & 0xff) != SQLITE_CONSTRAINT)
		return sql_error(m, wrote);
	return rc == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM ? sql_error(m, SQLITE_NOMEM) : 0;
}

/* The number of the last row that was ever there goes on counting, or a lost one's would be given to another. */
static int counters_copy(memory *m, sqlite3 *old)
{
	char sql[128];
	int rc = 0;

	for (size_t k = 0; !rc && k < sizeof(sources) / sizeof(*sources); k++) {
		int64_t counted;

		snprintf(sql, sizeof(sql), "SELECT seq FROM sqlite_sequence WHERE name = '%s'", sources[k].table);
		counted = old_int(old, sql);
		if (counted <= 0 || counted > rows_most) /* it has none, or damage */
			continue;
		rc = sql_run(m, "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", "si", sources[k].table,
			     counted);
		if (!rc && !sql_changes(m)) /* no row came over */
			rc = sql_run(m, "INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)", "si", sources[k].table,
				     counted);
	}
	return rc;
}

static int rows_copy(memory *m, sqlite3 *old, memory_rebuilt *out)
{
	int rc = 0;

	for (size_t k = 0; !rc && k < sizeof(sources) / sizeof(*sources); k++) {
		struct copier c = { .old = old, .out = out };
		int64_t end = rows_end(old, &sources[k]);

		rc = copier_open(m, &c, &sources[k]);
		for (int64_t i = 1; !rc && c.read && i <= end; i++)
			rc = row_copy(m, &c, &sources[k], i);
		sqlite3_finalize(c.read);
		sqlite3_finalize(c.write);
	}
	for (size_t k = 0; !rc && k < sizeof(mending) / sizeof(*mending); k++)
		rc = sql_run(m, mending[k], "");
	if (!rc)
		rc = counters_copy(m, old);
	return rc ? rc : memory_event(m, "rebuild", 0, 0, 0);
}

/* m has the new, empty ledger open. */
static int rebuild_from(memory *m, const char *damaged, memory_rebuilt *out)
{
	sqlite3 *old = NULL;
	int rc = sql_run(m, "PRAGMA foreign_keys = OFF", "");

	if (!rc && sqlite3_open_v2(damaged, &old, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		rc = sql_fail(m, MEMORY_ERR, "%s cannot be opened (%s)", damaged, sqlite3_errmsg(old));
	if (!rc && connection_guard(old) != SQLITE_OK)
		rc = sql_fail(m, MEMORY_ERR, "%s cannot be opened (%s)", damaged, sqlite3_errmsg(old));
	/* Otherwise a file that ends before the pages it speaks of is not read at all. */
	if (!rc)
		sqlite3_db_config(old, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
	if (!rc)
		rc = tx_begin(m);
	if (!rc)
		rc = tx_end(m, rows_copy(m, old, out), NULL, 0);
	sqlite3_close(old);
	if (!rc && !out->facts)
		rc = sql_fail(m, MEMORY_ECORRUPT, "no fact can be read from %s: restore a copy", damaged);
	/* The file alone takes the damaged one's place: nothing may be in its log only. */
	return rc ? rc : sql_script(m, "PRAGMA wal_checkpoint(TRUNCATE)");
}

/* A name for the damaged file that nothing has yet. */
static int name_free(const char *path, char *out, size_t cap)
{
	for (int i = 1; i < 1000; i++)
		if (snprintf(out, cap, "%s.damaged.%d", path, i) < (int)cap && access(out, F_OK))
			return 0;
	return MEMORY_ERR;
}

/* The damaged file gets another name, with what is left of its log, and the new one its place. Cut off in between, both are
 * still there, and under the old name the damaged one, where the file system has links. */
static int files_swap(const char *dir, const char *path, const char *fresh, const char *aside, char *err, size_t errlen)
{
	char log[4400], log_aside[4400];
	bool linked = !link(path, aside);

	snprintf(log, sizeof(log), "%s-wal", path);
	snprintf(log_aside, sizeof(log_aside), "%s-wal", aside);
	if ((linked || !rename(path, aside)) && (!rename(log, log_aside) || errno == ENOENT) && !folder_sync(dir) &&
	    !rename(fresh, path)) {
		snprintf(log, sizeof(log), "%s-shm", path);
		unlink(log);
		if (!folder_sync(dir))
			return 0;
		snprintf(err, errlen, "%s is rebuilt, but may not outlast a power cut: %s", path, strerror(errno));
		return MEMORY_ERR;
	}
	snprintf(err, errlen, "%s: %s", path, strerror(errno));
	rename(log_aside, log);
	if (linked)
		unlink(aside);
	else
		rename(aside, path);
	return MEMORY_ERR;
}

/* The folder in which the new ledger is made. A profile's name has no dot: no profile is kept in it. */
static const char fresh_name[] = "ledger.rebuild";

int rebuild_remove(memory *m)
{
	static const char *const names[] = { "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db-journal", "lock" };
	char path[4200];
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/%s", m->dir, fresh_name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return sql_fail(m, MEMORY_ERR, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (unlinkat(fd, names[i], 0) && errno != ENOENT && !rc)
			rc = sql_fail(m, MEMORY_ERR, "%s/%s could not be deleted: %s", path, names[i], strerror(errno));
	if (fsync(fd) && errno != EINVAL && errno != ENOTSUP && !rc)
		rc = sql_fail(m, MEMORY_ERR, "%s: %s", path, strerror(errno));
	close(fd);
	rmdir(path); /* what else may be in it is not ours */
	return rc;
}

int memory_rebuild(const char *dir, memory_rebuilt *out, char *err, size_t errlen)
{
	char fresh[4200], path[4200], from[4200], to[4300];
	memory_options opt = { .dir = fresh };
	memory_rebuilt done = { 0 };
	memory *lock = NULL, *m = NULL;
	int rc = memory_lock(&lock, dir, err, errlen); /* nobody has it open */

	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	snprintf(fresh, sizeof(fresh), "%s/%s", dir, fresh_name);
	snprintf(from, sizeof(from), "%s/%s/ledger.db", dir, fresh_name);
	if (!rc && (access(path, F_OK) || name_free(path, to, sizeof(to)))) {
		snprintf(err, errlen, "%s: nothing to rebuild", path);
		rc = MEMORY_ENOENT;
	}
	if (!rc)
		rc = sql_report(lock, rebuild_remove(lock), err, errlen);
	if (!rc)
		rc = memory_open(&m, &opt, err, errlen);
	if (!rc)
		rc = sql_report(m, rebuild_from(m, path, &done), err, errlen);
	memory_close(m);
	if (!rc)
		rc = files_swap(dir, path, from, to, err, errlen);
	if (lock)
		rebuild_remove(lock);
	memory_close(lock);
	if (!rc)
		*out = done;
	return rc;
}
