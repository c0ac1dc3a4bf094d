/*
 * schema.c: the tables of ledger.db, their versions, and the checks made before a file is trusted.
 *
 * PRAGMA user_version counts the steps applied, PRAGMA application_id says that the file is a
 * ledger. Times are Unix seconds.
 *
 *	facts     what was said, one row per statement; only a purge deletes one. subject_key and value_key are the folded forms that
 *	          are compared; made_by and ended_by name the act that made the fact active and the one that ended that.
 *	acts      what the user did that /undo can take back: add, supersede, retract, forget.
 *	edits     one row per attempt to put a fact into one model's weights; a fact's newest row for a model
 *	          tells how it stands.
 *	blobs     what an edit found: keys and delta as little-endian floats, with a checksum. Present for the newest edit of a fact
 *	          and model that is verified, or was before being reverted, and for one that is running and stored but not yet verified.
 *	events    append-only audit (triggers refuse changes); ids only, never what was said.
 *	settings  small persistent switches.
 *	chats, messages  conversations.
 */
#include "memory_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char step_1[] =
	"CREATE TABLE acts ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  at INTEGER NOT NULL,"
	"  op TEXT NOT NULL CHECK (op IN ('add', 'supersede', 'retract', 'forget')),"
	"  undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))"
	") STRICT;"
	"CREATE TABLE facts ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  subject TEXT NOT NULL CHECK (subject <> ''),"
	"  relation TEXT NOT NULL CHECK (relation <> ''),"
	"  value TEXT NOT NULL CHECK (value <> ''),"
	"  subject_key TEXT NOT NULL,"
	"  value_key TEXT NOT NULL,"
	"  single INTEGER NOT NULL CHECK (single IN (0, 1)),"
	"  source TEXT,"
	"  span_begin INTEGER NOT NULL DEFAULT 0,"
	"  span_end INTEGER NOT NULL DEFAULT 0,"
	"  rule TEXT NOT NULL DEFAULT '',"
	"  confidence REAL,"
	"  status TEXT NOT NULL CHECK (status IN ('active', 'superseded', 'forgotten')),"
	"  created INTEGER NOT NULL,"
	"  valid_from INTEGER NOT NULL,"
	"  last_verified INTEGER NOT NULL DEFAULT 0,"
	"  check_failed INTEGER NOT NULL DEFAULT 0 CHECK (check_failed IN (0, 1)),"
	"  superseded_by INTEGER REFERENCES facts(id),"
	"  made_by INTEGER NOT NULL REFERENCES acts(id),"
	"  ended_by INTEGER REFERENCES acts(id),"
	"  CHECK (0 <= span_begin AND span_begin <= span_end),"
	"  CHECK ((status = 'superseded') <= (superseded_by IS NOT NULL))"
	") STRICT;"
	"CREATE UNIQUE INDEX facts_value ON facts(subject_key, relation, value_key) WHERE status "
	"= 'active';"
	"CREATE UNIQUE INDEX facts_single ON facts(subject_key, relation) WHERE status = 'active' "
	"AND single = 1;"
	"CREATE INDEX facts_active ON facts(id) WHERE status = 'active';"
	"CREATE INDEX facts_made_by ON facts(made_by);"
	"CREATE INDEX facts_ended_by ON facts(ended_by) WHERE ended_by IS NOT NULL;"
	"CREATE TABLE edits ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  fact_id INTEGER NOT NULL REFERENCES facts(id),"
	"  model TEXT NOT NULL CHECK (model <> ''),"
	"  state TEXT NOT NULL CHECK (state IN"
	"    ('queued', 'running', 'verified', 'failed', 'cancelled', 'reverted')),"
	"  attempts INTEGER NOT NULL DEFAULT 0,"
	"  steps INTEGER NOT NULL DEFAULT 0,"
	"  evaluations INTEGER NOT NULL DEFAULT 0,"
	"  layer INTEGER NOT NULL DEFAULT -1,"
	"  loss_before REAL, loss_after REAL, p_before REAL, p_after REAL,"
	"  locality_before REAL, locality_after REAL,"
	"  seconds REAL, npu_seconds REAL,"
	"  seed INTEGER NOT NULL DEFAULT 0,"
	"  error TEXT,"
	"  created INTEGER NOT NULL,"
	"  started INTEGER NOT NULL DEFAULT 0,"
	"  ended INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE INDEX edits_newest ON edits(fact_id, model, id);"
	"CREATE INDEX edits_queue ON edits(model, id) WHERE state = 'queued';"
	"CREATE INDEX edits_running ON edits(id) WHERE state = 'running';"
	"CREATE UNIQUE INDEX edits_live ON edits(fact_id, model) WHERE state IN ('queued', "
	"'running');"
	"CREATE TABLE blobs ("
	"  edit_id INTEGER PRIMARY KEY REFERENCES edits(id),"
	"  n_keys INTEGER NOT NULL, n_ff INTEGER NOT NULL, n_embd INTEGER NOT NULL,"
	"  checksum INTEGER NOT NULL,"
	"  keys BLOB NOT NULL,"
	"  delta BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE events ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  at INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  fact_id INTEGER NOT NULL DEFAULT 0,"
	"  edit_id INTEGER NOT NULL DEFAULT 0,"
	"  other_id INTEGER NOT NULL DEFAULT 0"
	") STRICT;"
	"CREATE TRIGGER events_no_update BEFORE UPDATE ON events"
	"  BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;"
	"CREATE TRIGGER events_no_delete BEFORE DELETE ON events"
	"  BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;"
	"CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
	"CREATE TABLE chats (id INTEGER PRIMARY KEY AUTOINCREMENT, begun INTEGER NOT NULL) STRICT;"
	"CREATE TABLE messages ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  chat_id INTEGER NOT NULL REFERENCES chats(id),"
	"  at INTEGER NOT NULL,"
	"  role TEXT NOT NULL,"
	"  text TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX messages_chat ON messages(chat_id, id);"
	"PRAGMA application_id = 1768779890;"; /* LEDGER_MAGIC */

/* When an edit that was put off may be tried again. */
static const char step_2[] = "ALTER TABLE edits ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;";

/* The losses of an edit's search: curve.c. */
static const char step_3[] = "ALTER TABLE edits ADD COLUMN curve BLOB;";

/* How an edit was searched, so that it can be done again. */
static const char step_4[] = "ALTER TABLE edits ADD COLUMN how TEXT;";

/* Where an edit stands in the queue, and a conversation's name: queue.c, talk.c. */
static const char step_5[] =
	"ALTER TABLE edits ADD COLUMN place INTEGER NOT NULL DEFAULT 0;"
	"UPDATE edits SET place = id;"
	"DROP INDEX edits_queue;"
	"CREATE INDEX edits_queue ON edits(model, place) WHERE state = 'queued';"
	"ALTER TABLE chats ADD COLUMN title TEXT;";

/* Before, only a fact's newest edit counted, and what had been found earlier may hold a forgotten value: queue.c. */
static const char step_6[] = "DELETE FROM blobs WHERE EXISTS (SELECT 1 FROM edits e JOIN edits n ON n.fact_id = e.fact_id "
			     "AND n.model = e.model AND n.id > e.id WHERE e.id = blobs.edit_id);";

const schema_step schema_steps[] = {
	{ step_1 },
	{ step_2 },
	{ step_3 },
	{ step_4 },
	{ step_5 },
	{ step_6 },
};
const size_t schema_n_steps = sizeof(schema_steps) / sizeof(*schema_steps);

_Static_assert(LEDGER_MAGIC == 1768779890, "the number in step_1");

/* ---- checks ---- */

/* What a quick_check said, if not "ok". It reports a page it could not read in words, too. */
static int check_failed(memory *m, const char *said)
{
	const char *code = strstr(said, "error code=");
	const char *line = strchr(said, '\n');
	int sqlite_code =
		code ? (int)strtol(code + strlen("error code="), NULL, 10) : SQLITE_CORRUPT;

	if ((sqlite_code & 0xff) != SQLITE_CORRUPT)
		return sql_error(m, sqlite_code);
	line = line && line[1] ? line + 1 : said; /* the first line only names the database */
	return sql_fail(m, MEMORY_ECORRUPT,
			"%s is damaged (%.*s): imprint rebuild saves what can be read", m->path,
			(int)strcspn(line, "\n"), line);
}

/* Blobs are left out: they are the bulk of the file, and each carries a checksum that is tested
 * when it is read. */
static int check_tables(memory *m)
{
	static const char *const checks[] = {
		"PRAGMA quick_check('facts')",    "PRAGMA quick_check('acts')",
		"PRAGMA quick_check('edits')",    "PRAGMA quick_check('events')",
		"PRAGMA quick_check('settings')", "PRAGMA quick_check('chats')",
		"PRAGMA quick_check('messages')",
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		char said[240] = "";
		sqlite3_stmt *st;
		int rc = sql_query(m, &st, checks[i], "");

		if (!rc)
			rc = sql_next(m, st);
		if (rc < 0)
			return rc;
		if (rc == 1)
			sql_col_text(st, 0, said, sizeof(said));
		if (!*said && sqlite3_errcode(m->db) == SQLITE_NOMEM)
			snprintf(said, sizeof(said), "error code=%d", SQLITE_NOMEM);
		sql_done(rc == 1 ? st : NULL);
		if (strcmp(said, "ok") != 0)
			return check_failed(m, said);
	}
	return 0;
}

int schema_check(memory *m, size_t n_steps)
{
	int64_t version = 0, magic = 0, tables = 0;
	int rc = sql_int(m, &version, "PRAGMA user_version", "");

	if (rc >= 0)
		rc = sql_int(m, &magic, "PRAGMA application_id", "");
	if (rc >= 0)
		rc = sql_int(m, &tables, "SELECT count(*) FROM sqlite_schema", "");
	if (rc < 0)
		return rc;
	if (version == 0 &&
	    tables == 0) { /* empty: new, or its making was cut off before anything was in it */
		if (m->read_only)
			return sql_fail(m, MEMORY_ENOENT,
					"%s is empty: nothing has been learned yet", m->path);
		return 0;
	}
	if (magic != LEDGER_MAGIC)
		return sql_fail(m, MEMORY_ECORRUPT, "%s is a database, but no ledger of imprint",
				m->path);
	if (version > (int64_t)n_steps)
		return sql_fail(
			m, MEMORY_ERR,
			"%s was written by a newer imprint (version %lld; this one knows %zu)",
			m->path, (long long)version, n_steps);
	if (m->read_only && version < (int64_t)n_steps)
		return sql_fail(
			m, MEMORY_EREADONLY,
			"%s is of an older version: start imprint once to bring it up to date",
			m->path);
	/* A reader does not wait for the check; it meets damage where it reads. */
	return m->read_only ? 0 : check_tables(m);
}

/* ---- migration ---- */

/* Copies the open database into the new file `to`. */
static int copy_database(memory *m, const char *to)
{
	sqlite3_backup *b = NULL;
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(to, &db, SQLITE_OPEN_READWRITE, NULL);

	if (rc == SQLITE_OK) {
		b = sqlite3_backup_init(db, "main", m->db, "main");
		rc = b ? sqlite3_backup_step(b, -1) : sqlite3_errcode(db);
		if (b && sqlite3_backup_finish(b) != SQLITE_OK && rc == SQLITE_DONE)
			rc = sqlite3_errcode(db);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	sqlite3_close(db);
	if (rc == SQLITE_OK)
		return 0;
	return sql_fail(m, rc == SQLITE_NOMEM ? MEMORY_ENOMEM : MEMORY_ERR,
			"cannot keep a copy of the ledger in %s before bringing it up to date (%s)",
			to, sqlite3_errstr(rc));
}

/* ledger.db -> ledger.db.vN.backup, written under another name first so that a half copy never
 * looks whole. */
static int schema_backup(memory *m, int64_t version)
{
	char to[4096], tmp[4096];
	int n = snprintf(to, sizeof(to), "%s.v%lld.backup", m->path, (long long)version);
	int k = snprintf(tmp, sizeof(tmp), "%s.v%lld.backup.part", m->path, (long long)version);
	int fd, rc;

	if (n < 0 || k < 0 || (size_t)k >= sizeof(tmp))
		return sql_fail(m, MEMORY_ERR, "%s: the path is too long", m->path);
	unlink(tmp);
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return sql_fail(m, MEMORY_ERR, "cannot make %s: %s", tmp, strerror(errno));
	close(fd);
	rc = copy_database(m, tmp);
	if (!rc && (rename(tmp, to) || folder_sync(m->dir)))
		rc = sql_fail(m, MEMORY_ERR, "cannot make %s: %s", to, strerror(errno));
	if (rc)
		unlink(tmp);
	return rc;
}

static int schema_step_apply(memory *m, const char *sql, size_t version)
{
	char pragma[64];
	int rc = tx_begin(m);

	if (!rc)
		rc = sql_script(m, sql);
	if (!rc) {
		snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %zu", version);
		rc = sql_script(m, pragma);
	}
	return tx_end(m, rc, NULL, 0);
}

int schema_migrate(memory *m, const schema_step *steps, size_t n_steps)
{
	int64_t version = 0;
	int rc = sql_int(m, &version, "PRAGMA user_version", "");

	if (rc < 0)
		return rc;
	if (version > 0 && version < (int64_t)n_steps) {
		rc = schema_backup(m, version);
		if (rc)
			return rc;
	}
	for (size_t i = (size_t)version; i < n_steps; i++) {
		rc = schema_step_apply(m, steps[i].sql, i + 1);
		if (rc)
			return rc;
	}
	return 0;
}
