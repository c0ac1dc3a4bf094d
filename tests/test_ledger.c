/* The ledger's later promises: earlier versions open, lists are quick and filtered, a purge leaves no byte, facts from
 * elsewhere come in all or none, edits that met an error are put off. */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <errno.h>
#include <sqlite3.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- every earlier version opens ---- */

static const char version_1[] =
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


static const char version_2[] = "ALTER TABLE edits ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;";

static const char version_3[] = "ALTER TABLE edits ADD COLUMN curve BLOB;";

static const char version_4[] = "ALTER TABLE edits ADD COLUMN how TEXT;";

static const char version_5[] =
	"ALTER TABLE edits ADD COLUMN place INTEGER NOT NULL DEFAULT 0;"
	"DROP INDEX edits_queue;"
	"CREATE INDEX edits_queue ON edits(model, place) WHERE state = 'queued';"
	"ALTER TABLE chats ADD COLUMN title TEXT;"
	"CREATE TRIGGER place_given AFTER INSERT ON edits BEGIN UPDATE edits SET place = new.id WHERE id = new.id; END;";

static const char *const versions[] = { version_1, version_2, version_3, version_4, version_5 };

/* What such a version held: a fact whose edit was cancelled, two that wait, and a conversation. The second one's earlier edit counted
 * no more: what it had found may hold what was forgotten since. */
static const char contents[] =
	"INSERT INTO acts(at, op) VALUES (5, 'add'), (6, 'add');"
	"INSERT INTO facts(subject, relation, value, subject_key, value_key, single, status, created, valid_from, made_by)"
	" VALUES ('my dog', 'name', 'Biscuit', 'my dog', 'biscuit', 1, 'active', 5, 5, 1),"
	" ('I', 'home', 'Porto', 'i', 'porto', 1, 'active', 6, 6, 2),"
	" ('my cat', 'name', 'Momo', 'my cat', 'momo', 1, 'active', 6, 6, 2);"
	"INSERT INTO edits(fact_id, model, state, created) VALUES (2, '" MODEL_A "', 'verified', 5), (1, '" MODEL_A "', 'cancelled', 5),"
	" (2, '" MODEL_A "', 'queued', 6), (3, '" MODEL_A "', 'queued', 6);"
	"INSERT INTO blobs VALUES (1, 1, 1, 1, 0, x'00000000', x'00000000');"
	"INSERT INTO chats(begun) VALUES (5);"
	"INSERT INTO events(at, kind, fact_id) VALUES (5, 'learn', 1), (6, 'learn', 2);"
	"DROP TRIGGER IF EXISTS place_given;";

static bool old_ledger(const char *name, size_t version)
{
	char pragma[64];
	sqlite3 *db = NULL;
	bool ok = sqlite3_open(aid_path(name), &db) == SQLITE_OK;

	for (size_t i = 0; ok && i < version; i++)
		ok = sqlite3_exec(db, versions[i], NULL, NULL, NULL) == SQLITE_OK;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %zu", version);
	ok = ok && sqlite3_exec(db, contents, NULL, NULL, NULL) == SQLITE_OK &&
	     sqlite3_exec(db, pragma, NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	return ok;
}

static void test_earlier_versions_open(void)
{
	char dir[32], file[64], backup[96];

	CHECK_INT(sizeof(versions) / sizeof(*versions) + 1, schema_n_steps); /* a new step: add the DDL before it */
	for (size_t v = 1; v < schema_n_steps; v++) {
		int64_t version = 0, blobs = -1;
		size_t at = 0, of = 0;
		edit_record e;
		memory *m;
		int rc;

		snprintf(dir, sizeof(dir), "old%zu", v);
		snprintf(file, sizeof(file), "%s/ledger.db", dir);
		snprintf(backup, sizeof(backup), "%s/ledger.db.v%zu.backup", dir, v);
		REQUIRE(!mkdir(aid_path(dir), 0700) && old_ledger(file, v));
		CHECK(!aid_open(dir, true, &rc)); /* a reader changes nothing */
		CHECK_INT(rc, MEMORY_EREADONLY);
		m = aid_open(dir, false, &rc);
		REQUIRE(m != NULL);
		sql_int(m, &version, "PRAGMA user_version", "");
		CHECK_INT(version, schema_n_steps);
		sql_int(m, &blobs, "SELECT count(*) FROM blobs", "");
		CHECK_INT(blobs, 0);
		CHECK_INT(aid_status(m, 1), FACT_ACTIVE);
		CHECK_INT(aid_state(m, 1), EDIT_CANCELLED);
		REQUIRE(!memory_claim(m, &e, NULL, 0)); /* in the order in which they were told */
		CHECK_INT(e.fact_id, 2);
		edit_record_release(&e);
		CHECK_INT(aid_learn(m, "I", "hobby", "chess", DETECT_ADD, NULL), DETECT_ADD);
		CHECK_INT(memory_move(m, 4, QUEUE_UP, &at, &of, NULL, 0), 0);
		CHECK(at == 1 && of == 2);
		CHECK_INT(memory_chat_rename(m, 1, "of old", NULL, 0), 0);
		CHECK_INT(aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL), DETECT_SUPERSEDE);
		CHECK(!access(aid_path(backup), F_OK));
		memory_close(m);
	}
}

/* ---- lists ---- */

struct seen {
	int64_t ids[16];
	size_t n;
};

static int see(void *arg, const fact *f)
{
	struct seen *s = arg;

	if (s->n < 16)
		s->ids[s->n] = f->id;
	s->n++;
	return 0;
}

static int see_edit(void *arg, const edit_record *e, const fact *f)
{
	CHECK_INT(e->fact_id, f->id);
	return see(arg, f);
}

static void test_queries(void)
{
	memory_query q = memory_query_all();
	memory *m = aid_open("queries", false, NULL);
	struct seen s = { .n = 0 };
	size_t more = 9;

	REQUIRE(m != NULL);
	aid_learn(m, "my dog", "name", "Biscuit", DETECT_ADD, NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL);
	aid_learn(m, "I", "hobby", "chess", DETECT_ADD, NULL);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_work(m, EDIT_FAILED, NULL), 0);
	CHECK_INT(sql_run(m, "UPDATE facts SET created = id * 100", ""), 0);
	CHECK_INT(memory_each(m, &q, see, &s, &more, NULL, 0), 0);
	CHECK(s.n == 4 && s.ids[0] == 1 && s.ids[3] == 4 && more == 0);
	q.status = FACT_ACTIVE;
	q.limit = 2;
	s.n = 0;
	CHECK_INT(memory_each(m, &q, see, &s, &more, NULL, 0), 0);
	CHECK(s.n == 2 && s.ids[0] == 3 && s.ids[1] == 4 && more == 1);
	q.limit = 1;
	q.words = "I";
	s.n = 0;
	CHECK_INT(memory_each(m, &q, see, &s, &more, NULL, 0), 0);
	CHECK(s.n == 1 && s.ids[0] == 4 && more == 2); /* "biscuit" has an i too */
	q = memory_query_all();
	q.since = 200;
	q.until = 301;
	s.n = 0;
	CHECK_INT(memory_each(m, &q, see, &s, &more, NULL, 0), 0);
	CHECK(s.n == 2 && s.ids[0] == 2);
	q = memory_query_all();
	q.edit_state = EDIT_VERIFIED;
	s.n = 0;
	CHECK_INT(memory_each(m, &q, see, &s, &more, NULL, 0), 0);
	CHECK(s.n == 1 && s.ids[0] == 1);
	q = memory_query_all();
	q.words = "home";
	s.n = 0;
	CHECK_INT(memory_each_edit(m, false, &q, see_edit, &s, &more, NULL, 0), 0);
	CHECK(s.n == 2 && s.ids[0] == 3 && s.ids[1] == 2);
	q = memory_query_all();
	q.limit = 1;
	s.n = 0;
	CHECK_INT(memory_each_edit(m, false, &q, see_edit, &s, &more, NULL, 0), 0);
	CHECK(s.n == 1 && s.ids[0] == 4 && more == 3);
	memory_close(m);
}

/* ---- purging ---- */

static bool file_has(const char *path, const char *word)
{
	static char bytes[1 << 22];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0, len = strlen(word);

	if (f)
		fclose(f);
	for (size_t i = 0; i + len <= n; i++)
		if (!strncasecmp(bytes + i, word, len))
			return true;
	return false;
}

/* Does any file of the folder hold the word, in whatever letter case? */
static bool dir_has(const char *name, const char *word)
{
	DIR *d = opendir(aid_path(name));
	struct dirent *e;
	char path[1024];
	bool has = false;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", aid_path(name), e->d_name);
		has |= e->d_name[0] != '.' && file_has(path, word);
	}
	if (d)
		closedir(d);
	return has;
}

/* A value in every place it can get to. Returns the open ledger; fact 1 is the one to purge. */
static memory *full_of_it(const char *name)
{
	detect_fact c = aid_claim("I", "hobby", "juggling", DETECT_ADD);
	memory *m = aid_open(name, false, NULL);
	char value[64], copy[64];
	int64_t id, chat;
	edit_record e;
	FILE *f;
	int op;

	if (!m)
		return NULL;
	aid_learn(m, "my dog", "name", "Zanzibar", DETECT_ADD, NULL);
	memory_learn(m, aid_relations, &c, "Zanzibar watches while I am juggling", &op, &id, NULL, 0);
	aid_learn(m, "my cat", "name", "old zanzibar", DETECT_ADD, NULL);
	aid_learn(m, "my cat", "name", "Tom", DETECT_ADD, NULL);
	for (int i = 0; i < 200; i++) {
		snprintf(value, sizeof(value), "a hobby, the %dth, of no importance", i);
		aid_learn(m, "I", "hobby", value, DETECT_ADD, NULL);
	}
	memory_chat_begin(m, &chat, NULL, 0);
	memory_chat_add(m, chat, "user", "I call him ZANZIBAR.", NULL, 0);
	memory_chat_rename(m, chat, "Of Zanzibar", NULL, 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	if (!memory_claim(m, &e, NULL, 0)) {
		free(e.error);
		e.error = strdup("asked \"...\" it answered \"Zanzibar\"");
		e.how = strdup("search fit\nfitted What eats Zanzibar?");
		e.state = EDIT_FAILED;
		CHECK_INT(memory_store_edit(m, &e, NULL, NULL, 0), 0);
		edit_record_release(&e);
	}
	snprintf(copy, sizeof(copy), "%s/ledger.db.v1.backup", name);
	f = fopen(aid_path(copy), "w");
	if (f) {
		fputs("Zanzibar", f);
		fclose(f);
	}
	CHECK(dir_has(name, "zanzibar"));
	return m;
}

static void test_purge_leaves_no_byte(void)
{
	memory *m = full_of_it("purge");
	memory_purged p = { 0 };
	int64_t n = -1;
	fact f;

	REQUIRE(m != NULL);
	CHECK_INT(memory_purge(m, 1, &p, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(p.facts, 2); /* itself, and the cat's former name */
	CHECK_INT(p.texts, 5); /* a source, an error, how it was searched, a message, a title */
	CHECK_INT(p.copies, 1);
	CHECK_INT(p.kept, 0);
	CHECK(!dir_has("purge", "zanzibar")); /* also while it is open: log and all */
	CHECK_INT(memory_fact(m, 1, &f, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(aid_status(m, 2), FACT_ACTIVE);
	CHECK_INT(aid_status(m, 4), FACT_ACTIVE);
	sql_int(m, &n, "SELECT count(*) FROM facts", "");
	CHECK_INT(n, 202);
	sql_int(m, &n, "SELECT count(*) FROM settings WHERE key = 'scrub'", "");
	CHECK_INT(n, 0);
	sql_int(m, &n, "SELECT count(*) FROM events WHERE kind = 'purge'", "");
	CHECK_INT(n, 2);
	CHECK_INT(memory_purge(m, 1, &p, NULL, 0), MEMORY_ENOENT);
	memory_close(m);
	CHECK(!dir_has("purge", "zanzibar"));
	m = aid_open("purge", false, NULL);
	CHECK(m != NULL);
	memory_close(m);
}

/* A fact with the same value that holds by itself is no trace of this one. */
static void test_purge_keeps_what_holds(void)
{
	memory *m = aid_open("kept", false, NULL);
	memory_purged p = { 0 };
	fact f;

	REQUIRE(m != NULL);
	aid_learn(m, "my dog", "name", "Max", DETECT_ADD, NULL);
	aid_learn(m, "my cat", "name", "Max", DETECT_ADD, NULL);
	aid_learn(m, "I", "hobby", "maximal climbing", DETECT_ADD, NULL); /* no word of it */
	CHECK_INT(memory_purge(m, 1, &p, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(p.facts, 1);
	CHECK_INT(p.kept, 2);
	CHECK_INT(aid_status(m, 2), FACT_ACTIVE);
	CHECK_INT(aid_status(m, 3), FACT_ACTIVE);
	CHECK_INT(memory_forget(m, 2, NULL, 0), 0);
	CHECK_INT(memory_purge(m, 2, &p, aid_err, sizeof(aid_err)), 0); /* also what is forgotten */
	CHECK_INT(memory_fact(m, 2, &f, NULL, 0), MEMORY_ENOENT);
	memory_close(m);
	CHECK(memory_text_has("I live in  PORTO now", "porto now"));
	CHECK(!memory_text_has("maximal", "Max"));
}

/* What is said of somebody by name holds the name: an active fact is told of, one that no longer counts goes. */
static void test_purge_sees_subjects(void)
{
	memory *m = aid_open("subjects", false, NULL);
	memory_purged p = { 0 };

	REQUIRE(m != NULL);
	aid_learn(m, "my dog", "name", "Biscuit", DETECT_ADD, NULL);
	aid_learn(m, "Biscuit", "email", "b@example.org", DETECT_ADD, NULL);
	aid_learn(m, "Biscuit the second", "email", "c@example.org", DETECT_ADD, NULL);
	CHECK_INT(aid_status(m, 3), FACT_ACTIVE);
	CHECK_INT(memory_forget(m, 3, NULL, 0), 0);
	CHECK_INT(memory_purge(m, 1, &p, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(p.kept, 2);
	CHECK_INT(p.facts, 2);
	CHECK(aid_status(m, 3) < 0);
	CHECK_INT(memory_forget(m, 2, NULL, 0), 0);
	CHECK_INT(memory_purge(m, 2, &p, aid_err, sizeof(aid_err)), 0);
	memory_close(m);
	CHECK(!dir_has("subjects", "biscuit"));
}

static int nth;

static int nth_write(void *arg)
{
	(void)arg;
	return --nth == 0;
}

/* Whichever write fails: either nothing has happened, or the next opening ends it. */
static void test_purge_cut_off(void)
{
	char dir[32];
	int rc = -1, i;

	for (i = 1; rc && i < 60; i++) {
		memory *m;

		snprintf(dir, sizeof(dir), "cut%d", i);
		m = full_of_it(dir);
		REQUIRE(m != NULL);
		nth = i;
		memory_set_fault(m, nth_write, NULL);
		rc = memory_purge(m, 1, NULL, aid_err, sizeof(aid_err));
		memory_close(m);
		m = aid_open(dir, false, NULL);
		REQUIRE(m != NULL);
		if (aid_status(m, 1) < 0)
			CHECK(!dir_has(dir, "zanzibar"));
		else
			CHECK(rc && aid_status(m, 3) == FACT_SUPERSEDED && aid_state(m, 1) == EDIT_VERIFIED);
		memory_close(m);
		aid_remove(aid_path(dir));
	}
	CHECK(!rc && i > 10);
}

static bool scrub_due(memory *m)
{
	int64_t n = -1;

	sql_int(m, &n, "SELECT count(*) FROM settings WHERE key = 'scrub'", "");
	return n == 1;
}

/* What looks like a copy and cannot be deleted is told, by name; everything else goes, and the next start tries again. */
static void test_purge_past_an_obstacle(void)
{
	memory *m = full_of_it("obstacle");
	char copy[64];

	REQUIRE(m != NULL);
	REQUIRE(!mkdir(aid_path("obstacle/ledger.db.folder"), 0700));
	for (int i = 0; i < 8; i++) { /* before and after it in the folder, in whatever order that is */
		snprintf(copy, sizeof(copy), "obstacle/ledger.db.copy%d", i);
		CHECK(!link(aid_path("obstacle/ledger.db.v1.backup"), aid_path(copy)));
	}
	CHECK_INT(memory_purge(m, 1, NULL, aid_err, sizeof(aid_err)), MEMORY_ERR);
	CHECK(strstr(aid_err, aid_path("obstacle/ledger.db.folder")) != NULL);
	CHECK(!dir_has("obstacle", "zanzibar"));
	CHECK(scrub_due(m));
	memory_close(m);
	m = aid_open("obstacle", false, NULL);
	REQUIRE(m != NULL);
	CHECK(scrub_due(m));
	memory_close(m);
	CHECK(!rmdir(aid_path("obstacle/ledger.db.folder")));
	m = aid_open("obstacle", false, NULL);
	REQUIRE(m != NULL);
	CHECK(!scrub_due(m));
	memory_close(m);
}

static int syncs_to_fail; /* of folders */

/* The program's own: SQLite calls fdatasync(). No power cuts here: the disk is spared. */
int fsync(int fd)
{
	(void)fd;
	errno = EIO;
	return syncs_to_fail > 0 && syncs_to_fail-- ? -1 : 0;
}

/* Until the disk has confirmed that the copies are gone, the next start is to look for them again. */
static void test_purge_waits_for_the_folder(void)
{
	memory *m = full_of_it("folder");

	REQUIRE(m != NULL);
	syncs_to_fail = 1;
	CHECK_INT(memory_purge(m, 1, NULL, aid_err, sizeof(aid_err)), MEMORY_ERR);
	CHECK_INT(syncs_to_fail, 0);
	CHECK(strstr(aid_err, aid_path("folder")) && scrub_due(m));
	memory_close(m);
	m = aid_open("folder", false, NULL);
	REQUIRE(m != NULL);
	CHECK(!scrub_due(m));
	memory_close(m);
}

static void half_rebuilt(const char *dir, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/ledger.rebuild", dir);
	CHECK(!mkdir(aid_path(path), 0700));
	snprintf(path, sizeof(path), "%s/ledger.rebuild/ledger.db-wal", dir);
	f = fopen(aid_path(path), "w");
	CHECK(f && fputs(text, f) >= 0 && !fclose(f));
}

/* A rebuild that was killed leaves a copy: a purge and a start remove it. A profile named rebuild is something else. */
static void test_purge_after_a_rebuild_was_cut_off(void)
{
	memory *m = full_of_it("halfway"), *profile = aid_open("halfway/rebuild", false, NULL);

	REQUIRE(m != NULL && profile != NULL);
	aid_learn(profile, "I", "home", "Porto", DETECT_ADD, NULL);
	memory_close(profile);
	half_rebuilt("halfway", "zanzibar");
	CHECK_INT(memory_purge(m, 1, NULL, aid_err, sizeof(aid_err)), 0);
	CHECK(access(aid_path("halfway/ledger.rebuild"), F_OK));
	memory_close(m);
	half_rebuilt("halfway", "zanzibar");
	m = aid_open("halfway", false, NULL);
	REQUIRE(m != NULL);
	CHECK(access(aid_path("halfway/ledger.rebuild"), F_OK));
	memory_close(m);
	profile = aid_open("halfway/rebuild", false, NULL);
	REQUIRE(profile != NULL);
	CHECK_INT(aid_status(profile, 1), FACT_ACTIVE);
	memory_close(profile);
}

/* A reader's large sorts do not go to /tmp either, and it trusts the file as little as a writer does. */
static void test_reader_is_guarded(void)
{
	memory *m = aid_open("guarded", false, NULL);
	int64_t temp = -1, trusted = -1;
	int defensive = 0;

	REQUIRE(m != NULL);
	memory_close(m);
	m = aid_open("guarded", true, NULL);
	REQUIRE(m != NULL);
	sql_int(m, &temp, "PRAGMA temp_store", "");
	sql_int(m, &trusted, "PRAGMA trusted_schema", "");
	sqlite3_db_config(m->db, SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
	CHECK_INT(temp, 2);
	CHECK_INT(trusted, 0);
	CHECK_INT(defensive, 1);
	memory_close(m);
}

/* ---- facts from elsewhere ---- */

static void test_import_all_or_none(void)
{
	memory_item items[3] = { { .claim = aid_claim("my dog", "name", "Biscuit", DETECT_ADD), .created = 77 },
				 { .claim = aid_claim("I", "home", "Porto", DETECT_ADD) },
				 { .claim = aid_claim("I", "nonsense", "x", DETECT_ADD) } };
	memory *m = aid_open("import", false, NULL);
	memory_imported done;
	int64_t n = -1;
	fact f;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL);
	CHECK_INT(memory_import(m, aid_relations, items, 3, false, &done, aid_err, sizeof(aid_err)), MEMORY_EARG);
	CHECK_INT(done.at, 2);
	sql_int(m, &n, "SELECT count(*) FROM facts", "");
	CHECK_INT(n, 1);
	CHECK_INT(memory_import(m, aid_relations, items, 2, false, &done, NULL, 0), 0);
	CHECK(done.added == 1 && done.contrary == 1 && done.replaced == 0);
	CHECK_INT(aid_status(m, 1), FACT_ACTIVE);
	CHECK_INT(memory_import(m, aid_relations, items, 2, true, &done, NULL, 0), 0);
	CHECK(done.known == 1 && done.replaced == 1);
	CHECK_INT(aid_status(m, 1), FACT_SUPERSEDED);
	sql_int(m, &n, "SELECT id FROM facts WHERE value = 'Biscuit'", "");
	REQUIRE(!memory_fact(m, n, &f, NULL, 0));
	CHECK_INT(f.created, 77);
	CHECK_INT(f.edit_state, EDIT_QUEUED);
	fact_release(&f);
	memory_close(m);
}

/* ---- edits that met an error, facts that no longer hold ---- */

static void test_put_off_and_given_up(void)
{
	memory *m = aid_open("putoff", false, NULL);
	int64_t last = 0, due = 0;
	edit_record e;
	int state = -1;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL);
	for (int i = 1; i <= RETRY_LIMIT; i++) {
		REQUIRE(!memory_claim(m, &e, aid_err, sizeof(aid_err)));
		CHECK_INT(e.attempts, i);
		edit_record_release(&e);
		CHECK_INT(memory_postpone(m, 1, "out of memory", &state, NULL, 0), 0);
		CHECK_INT(state, i < RETRY_LIMIT ? EDIT_QUEUED : EDIT_FAILED);
		if (state == EDIT_FAILED)
			break;
		CHECK_INT(memory_claim(m, &e, NULL, 0), MEMORY_ENOENT); /* not yet */
		sql_int(m, &due, "SELECT not_before FROM edits", "");
		due -= (int64_t)time(NULL);
		CHECK(due > last && due >= (RETRY_FIRST_S << (i - 1)) - 1);
		last = due;
		CHECK_INT(sql_run(m, "UPDATE edits SET not_before = 1", ""), 0);
	}
	CHECK_INT(memory_postpone(m, 1, "again", &state, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(edit_load(m, 1, &e), 0);
	CHECK_STR(e.error, "given up after 5 attempts: out of memory");
	edit_record_release(&e);
	CHECK_INT(memory_retry(m, 1, NULL, 0), 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	memory_close(m);
}

/* The clock is set back after an edit was put off: its time comes all the same, and so does that of the self-check. */
static void test_put_off_when_the_clock_goes_back(void)
{
	memory *m = aid_open("putback", false, NULL);
	int64_t id = 0;
	edit_record e;
	int state;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL);
	m->last_time = (int64_t)time(NULL) + 86400 * 365; /* as if it had been a year ahead until now */
	REQUIRE(!memory_claim(m, &e, aid_err, sizeof(aid_err)));
	edit_record_release(&e);
	CHECK_INT(memory_postpone(m, 1, "out of memory", &state, NULL, 0), 0);
	memory_close(m);
	m = aid_open("putback", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(memory_claim(m, &e, NULL, 0), MEMORY_ENOENT); /* not yet */
	m->last_steady -= RETRY_FIRST_S + 1;
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(memory_check_due(m, 86400, &id, NULL, 0), MEMORY_ENOENT);
	m->last_steady -= 86401;
	CHECK_INT(memory_check_due(m, 86400, &id, NULL, 0), 0);
	memory_close(m);
}

static void test_checked_again(void)
{
	memory *m = aid_open("checked", false, NULL);
	int64_t id = 0;
	bool queued = true;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL);
	CHECK_INT(memory_check_due(m, 0, &id, NULL, 0), MEMORY_ENOENT); /* not in the weights yet */
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(memory_check_due(m, 86400, &id, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(memory_check_due(m, 0, &id, NULL, 0), 0);
	CHECK_INT(id, 1);
	CHECK_INT(memory_checked(m, 1, true, &queued, NULL, 0), 0);
	CHECK(!queued);
	for (int i = 0; i < RECHECKS_A_DAY; i++) {
		CHECK_INT(memory_checked(m, 1, false, &queued, NULL, 0), 0);
		CHECK(queued);
		CHECK_INT(aid_state(m, 1), EDIT_QUEUED);
		CHECK_INT(memory_checked(m, 99, false, &queued, NULL, 0), MEMORY_ENOENT);
		CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	}
	CHECK_INT(memory_checked(m, 1, false, &queued, NULL, 0), 0);
	CHECK(!queued); /* it would only go round in circles */
	memory_close(m);
}

/* A ledger of an earlier version is rebuilt with the columns it has. */
static void test_rebuild_of_earlier_versions(void)
{
	char dir[32], file[64];

	for (size_t v = 1; v < schema_n_steps; v++) {
		memory_rebuilt done = { 0 };
		edit_record e;
		memory *m;

		snprintf(dir, sizeof(dir), "rebuilt%zu", v);
		snprintf(file, sizeof(file), "%s/ledger.db", dir);
		REQUIRE(!mkdir(aid_path(dir), 0700) && old_ledger(file, v));
		CHECK_INT(memory_rebuild(aid_path(dir), &done, aid_err, sizeof(aid_err)), 0);
		CHECK(done.facts == 3 && !done.unreadable);
		m = aid_open(dir, false, NULL);
		REQUIRE(m != NULL);
		for (int64_t i = 2; i <= 3; i++) {
			REQUIRE(!memory_claim(m, &e, NULL, 0));
			CHECK_INT(e.fact_id, i);
			edit_record_release(&e);
		}
		memory_close(m);
	}
}

int main(void)
{
	if (!aid_init("imprint-ledger"))
		return 1;
	TEST_RUN(test_earlier_versions_open);
	TEST_RUN(test_queries);
	TEST_RUN(test_purge_leaves_no_byte);
	TEST_RUN(test_purge_keeps_what_holds);
	TEST_RUN(test_purge_sees_subjects);
	TEST_RUN(test_purge_cut_off);
	TEST_RUN(test_purge_past_an_obstacle);
	TEST_RUN(test_purge_waits_for_the_folder);
	TEST_RUN(test_purge_after_a_rebuild_was_cut_off);
	TEST_RUN(test_reader_is_guarded);
	TEST_RUN(test_import_all_or_none);
	TEST_RUN(test_put_off_and_given_up);
	TEST_RUN(test_put_off_when_the_clock_goes_back);
	TEST_RUN(test_checked_again);
	TEST_RUN(test_rebuild_of_earlier_versions);
	aid_done();
	return test_done();
}
