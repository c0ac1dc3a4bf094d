/* The ledger: opening, locking, damage, deciding and learning, forgetting, undo. */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static unsigned mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (unsigned)st.st_mode & 0777;
}

static bool write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	return f && fwrite(text, 1, len, f) == len && !fclose(f);
}

/* ---- opening ---- */

static void test_open_makes_private_files(void)
{
	memory *m;

	umask(0);
	m = aid_open("new/deep/dir/", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(mode_of(aid_path("new/deep/dir")), 0700);
	CHECK_INT(mode_of(aid_path("new/deep")), 0700);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(mode_of(aid_path("new/deep/dir/ledger.db")), 0600);
	CHECK_INT(mode_of(aid_path("new/deep/dir/ledger.db-wal")), 0600);
	CHECK_INT(mode_of(aid_path("new/deep/dir/ledger.db-shm")), 0600);
	CHECK_INT(mode_of(aid_path("new/deep/dir/lock")), 0600);
	memory_close(m);
	CHECK(!chmod(aid_path("new/deep/dir/ledger.db"), 0644));
	m = aid_open("new/deep/dir", false, NULL);
	CHECK_INT(mode_of(aid_path("new/deep/dir/ledger.db")), 0600);
	memory_close(m);
	memory_close(NULL);
}

static void test_open_bad_arguments(void)
{
	memory_options opt = { .dir = NULL };
	memory *m = (memory *)&opt;
	char err[8] = "";

	CHECK_INT(memory_open(&m, &opt, err, sizeof(err)), MEMORY_EARG);
	CHECK(m == (memory *)&opt);
	CHECK_INT(strlen(err), 7);
	opt.dir = "";
	CHECK_INT(memory_open(&m, &opt, NULL, 0), MEMORY_EARG);
	opt.dir = aid_path("relations.txt");
	CHECK_INT(memory_open(&m, &opt, aid_err, sizeof(aid_err)), MEMORY_ERR);
	CHECK(strstr(aid_err, "not a folder") != NULL);
	opt = (memory_options){ .dir = aid_path("badmodel"), .model = "not hex" };
	CHECK_INT(memory_open(&m, &opt, NULL, 0), MEMORY_EARG);
}

static void test_second_writer_is_told_the_pid(void)
{
	char pid[32];
	int rc, status = 0;
	memory *m = aid_open("locked", false, NULL);
	pid_t child;

	REQUIRE(m != NULL);
	snprintf(pid, sizeof(pid), "pid %ld)", (long)getpid());
	child = fork();
	if (child == 0) {
		CHECK(!aid_open("locked", false, &rc));
		CHECK_INT(rc, MEMORY_ELOCKED);
		CHECK(strstr(aid_err, "another imprint") && strstr(aid_err, pid) &&
		      strstr(aid_err, "locked"));
		fflush(stdout);
		_exit(test_bad != 0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(!aid_open("locked", false, &rc));
	CHECK_INT(rc, MEMORY_ELOCKED);
	memory_close(m);
	m = aid_open("locked", false, &rc);
	CHECK_INT(rc, 0);
	memory_close(m);
}

static void test_readers_beside_a_writer(void)
{
	memory *w, *r;
	int rc;

	CHECK(!aid_open("read", true, &rc));
	CHECK_INT(rc, MEMORY_ENOENT);
	w = aid_open("read", false, NULL);
	r = aid_open("read", true, NULL);
	REQUIRE(w && r);
	CHECK_INT(aid_learn(w, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_status(r, 1), FACT_ACTIVE);
	CHECK_INT(aid_state(r, 1), EDIT_QUEUED);
	CHECK_INT(aid_learn(r, "I", "hobby", "chess", DETECT_ADD, NULL), MEMORY_EREADONLY);
	CHECK(strstr(aid_err, "reading only") != NULL);
	CHECK_INT(aid_learn(w, "I", "hobby", "chess", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_status(r, 2), FACT_ACTIVE);
	memory_close(w);
	CHECK_INT(aid_status(r, 2), FACT_ACTIVE);
	memory_close(r);
}

/* Runs fn as a user to whom permissions apply; the superuser is above them. */
static int as_nobody(void (*fn)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		test_bad = 0;
		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		fn();
		fflush(stdout);
		_exit(test_bad != 0);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void in_unwritable_dir(void)
{
	memory *m;
	int rc;

	CHECK(!aid_open("sealed", false, &rc));
	CHECK_INT(rc, MEMORY_EREADONLY);
	CHECK(strstr(aid_err, "cannot be written to") && strstr(aid_err, "sealed"));
	m = aid_open("sealed", true, &rc);
	CHECK_INT(rc, 0);
	REQUIRE(m != NULL);
	CHECK_INT(aid_status(m, 1), FACT_ACTIVE);
	memory_close(m);
	CHECK(!aid_open("sealed/sub", false, &rc));
	CHECK_INT(rc, MEMORY_EREADONLY);
}

static void test_folder_that_cannot_be_written_to(void)
{
	memory *m = aid_open("sealed", false, NULL);

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	memory_close(m);
	if (geteuid() == 0) {
		CHECK(!chmod(aid_dir, 0711));
		CHECK(!chown(aid_path("sealed/ledger.db"), 65534, 65534));
		CHECK(!chown(aid_path("sealed/lock"), 65534, 65534));
		CHECK(!chown(aid_path("sealed"), 65534, 65534));
	}
	CHECK(!chmod(aid_path("sealed"), 0500));
	CHECK_INT(as_nobody(in_unwritable_dir), 0);
	CHECK(!chmod(aid_path("sealed"), 0700));
}

/* ---- damage, versions ---- */

static void test_damaged_files_are_named(void)
{
	static const char text[] =
		"this is no database, but it is long enough to look at as one, is it not?";
	memory *m;
	int rc;

	CHECK(!mkdir(aid_path("text"), 0700));
	REQUIRE(write_file(aid_path("text/ledger.db"), text, sizeof(text)));
	CHECK(!aid_open("text", false, &rc));
	CHECK_INT(rc, MEMORY_ECORRUPT);
	CHECK(strstr(aid_err, aid_path("text/ledger.db")) != NULL);
	CHECK(!aid_open("text", true, &rc));
	CHECK_INT(rc, MEMORY_ECORRUPT);

	/* an empty file is what a crash before the first commit leaves */
	CHECK(!mkdir(aid_path("empty"), 0700));
	REQUIRE(write_file(aid_path("empty/ledger.db"), "", 0));
	CHECK(!aid_open("empty", true, &rc));
	CHECK_INT(rc, MEMORY_ENOENT);
	m = aid_open("empty", false, &rc);
	CHECK_INT(rc, 0);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(sql_script(m, "PRAGMA application_id = 7"), 0);
	memory_close(m);
	CHECK(!aid_open("empty", false, &rc));
	CHECK_INT(rc, MEMORY_ECORRUPT);
	CHECK(strstr(aid_err, "no ledger") != NULL);
}

/* Overwrites each page but the first in turn: opening must fail as damage or work, and never crash.
 */
static void test_damaged_pages(void)
{
	static char image[1 << 20];
	size_t len, found = 0, pages;
	memory *m = aid_open("pages", false, NULL);
	FILE *f;

	REQUIRE(m != NULL && !sql_script(m, "PRAGMA synchronous = OFF"));
	for (int i = 0; i < 60; i++) {
		char value[32];

		snprintf(value, sizeof(value), "hobby number %d", i);
		CHECK_INT(aid_learn(m, "I", "hobby", value, DETECT_ADD, NULL), DETECT_ADD);
	}
	memory_close(m);
	f = fopen(aid_path("pages/ledger.db"), "r");
	REQUIRE(f != NULL);
	len = fread(image, 1, sizeof(image), f);
	fclose(f);
	pages = len / 4096;
	CHECK(pages > 10 && len < sizeof(image));
	for (size_t i = 1; i < pages; i++) {
		char saved[4096];
		fact *all = NULL;
		size_t n = 0;
		int rc;

		memcpy(saved, image + i * 4096, 4096);
		memset(image + i * 4096, 0x5a, 4096);
		REQUIRE(write_file(aid_path("pages/ledger.db"), image, len));
		m = aid_open("pages", false, &rc);
		CHECK(rc == 0 || rc == MEMORY_ECORRUPT);
		found += rc == MEMORY_ECORRUPT;
		if (m && !memory_facts(m, NULL, false, &all, &n, NULL, 0))
			facts_free(all, n);
		memory_close(m);
		memcpy(image + i * 4096, saved, 4096);
	}
	CHECK(found > pages / 2);
}

static void test_newer_version_is_refused(void)
{
	memory *m = aid_open("newer", false, NULL);
	int rc;

	REQUIRE(m != NULL);
	CHECK_INT(sql_script(m, "PRAGMA user_version = 99"), 0);
	memory_close(m);
	CHECK(!aid_open("newer", false, &rc));
	CHECK_INT(rc, MEMORY_ERR);
	CHECK(strstr(aid_err, "newer imprint") != NULL);
}

static void test_migration_keeps_a_copy(void)
{
	static const schema_step good[] = {
		{ "" }, { "" }, { "" }, { "" }, { "" }, { "" }, { "ALTER TABLE facts ADD COLUMN mood TEXT" }
	};
	static const schema_step bad[] = { { "" },
					   { "" },
					   { "" },
					   { "" },
					   { "" },
					   { "" },
					   { "ALTER TABLE facts ADD COLUMN mood TEXT; NONSENSE" } };
	memory *m = aid_open("migrate", false, NULL), *copy;
	int64_t version = 0, n = 0;
	int rc;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK(schema_migrate(m, bad, 7) < 0);
	CHECK_INT(sql_int(m, &version, "PRAGMA user_version", ""), 1);
	CHECK_INT(version, 6);
	CHECK_INT(schema_migrate(m, good, 7), 0);
	sql_int(m, &version, "PRAGMA user_version", "");
	CHECK_INT(version, 7);
	CHECK_INT(sql_int(m, &n, "SELECT count(*) FROM facts WHERE mood IS NULL", ""), 1);
	CHECK_INT(n, 1);
	CHECK_INT(mode_of(aid_path("migrate/ledger.db.v6.backup")), 0600);
	CHECK_INT(access(aid_path("migrate/ledger.db.v6.backup.part"), F_OK), -1);
	memory_close(m);
	/* this program knows version 6 only, and the copy is one */
	CHECK(!aid_open("migrate", false, &rc));
	CHECK(!mkdir(aid_path("copy"), 0700));
	CHECK(!rename(aid_path("migrate/ledger.db.v6.backup"), aid_path("copy/ledger.db")));
	copy = aid_open("copy", false, &rc);
	CHECK_INT(rc, 0);
	REQUIRE(copy != NULL);
	CHECK_INT(aid_status(copy, 1), FACT_ACTIVE);
	memory_close(copy);
}

static void test_clock_set_back(void)
{
	memory *m = aid_open("clock", false, NULL);
	int64_t ahead = (int64_t)time(NULL) + 86400, now = 0;
	fact f;

	REQUIRE(m != NULL);
	CHECK_INT(sql_run(m, "INSERT INTO events(at, kind) VALUES (?, 'test')", "i", ahead), 0);
	memory_close(m);
	m = aid_open("clock", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	REQUIRE(!memory_fact(m, 1, &f, NULL, 0));
	CHECK(f.created >= ahead && f.created < ahead + 60);
	fact_release(&f);
	/* And it goes on from there: what is put off for a while does not wait until the clock has caught up. */
	now = memory_now(m);
	m->last_steady -= 3600; /* an hour later */
	CHECK(memory_now(m) >= now + 3600 && memory_now(m) < now + 3660);
	sql_int(m, &now, "SELECT min(at) FROM events", "");
	CHECK_INT(now, ahead);
	memory_close(m);
}

static void test_events_cannot_be_changed(void)
{
	memory *m = aid_open("events", false, NULL);
	int64_t n = 0;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK(sql_run(m, "UPDATE events SET kind = 'x'", "") < 0);
	CHECK(sql_run(m, "DELETE FROM events", "") < 0);
	sql_int(m, &n, "SELECT count(*) FROM events WHERE kind IN ('learn', 'queue')", "");
	CHECK_INT(n, 2);
	memory_close(m);
}

/* ---- deciding and learning ---- */

static void test_learn_reads_back(void)
{
	memory *m = aid_open("learn", false, NULL);
	detect_fact c = aid_claim("my dog", "name", "Biscuit", DETECT_ADD);
	int64_t id = 0;
	int op = -1;
	fact f;

	REQUIRE(m != NULL);
	c.span[0] = 17;
	c.span[1] = 24;
	REQUIRE(!memory_learn(m, aid_relations, &c, "My dog is called Biscuit!", &op, &id, aid_err,
			      sizeof(aid_err)));
	CHECK_INT(op, DETECT_ADD);
	REQUIRE(!memory_fact(m, id, &f, aid_err, sizeof(aid_err)));
	CHECK_STR(f.subject, "my dog");
	CHECK_STR(f.relation, "name");
	CHECK_STR(f.value, "Biscuit");
	CHECK_STR(f.source, "My dog is called Biscuit!");
	CHECK_STR(f.rule, "test");
	CHECK(!strncmp(f.source + f.span[0], "Biscuit", f.span[1] - f.span[0]));
	CHECK(f.confidence == 0.9);
	CHECK_INT(f.status, FACT_ACTIVE);
	CHECK_INT(f.edit_state, EDIT_QUEUED);
	CHECK_INT(f.last_verified, 0);
	CHECK(f.created > 1600000000 && f.valid_from == f.created);
	fact_release(&f);
	/* a span outside the utterance is dropped, not kept */
	c = aid_claim("I", "home", "Porto", DETECT_ADD);
	c.span[1] = 400;
	CHECK_INT(memory_learn(m, aid_relations, &c, "short", &op, &id, NULL, 0), 0);
	REQUIRE(!memory_fact(m, id, &f, NULL, 0));
	CHECK(f.span[0] == 0 && f.span[1] == 0);
	fact_release(&f);
	CHECK_INT(memory_fact(m, 77, &f, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_STR(aid_err, "there is no fact #77");
	memory_close(m);
}

static void test_learn_refuses(void)
{
	memory *m = aid_open("refuse", false, NULL);
	detect_fact c = aid_claim("I", "home", "Porto", DETECT_ADD);
	int64_t id = 5, n = -1;
	int op = 5;

	REQUIRE(m != NULL);
	memset(c.value, 'x', sizeof(c.value));
	CHECK_INT(memory_learn(m, aid_relations, &c, NULL, &op, &id, NULL, 0), MEMORY_EARG);
	CHECK(op == 5 && id == 5);
	CHECK_INT(aid_learn(m, "I", "home", "  ", DETECT_ADD, NULL), MEMORY_EARG);
	CHECK_INT(aid_learn(m, "", "home", "Porto", DETECT_ADD, NULL), MEMORY_EARG);
	CHECK_INT(aid_learn(m, "I", "shoe size", "44", DETECT_ADD, NULL), MEMORY_EARG);
	CHECK(strstr(aid_err, "shoe size") != NULL);
	sql_int(m, &n, "SELECT count(*) FROM facts", "");
	CHECK_INT(n, 0);
	memory_close(m);
}

static void test_one_value_supersedes(void)
{
	memory *m = aid_open("one", false, NULL);
	int64_t a = 0, b = 0, c = 0;
	fact f;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, &a), DETECT_ADD);
	CHECK_INT(aid_learn(m, "i", "home", " PORTO ", DETECT_ADD, &b), DETECT_NOOP);
	CHECK_INT(b, a);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &c), DETECT_SUPERSEDE);
	REQUIRE(!memory_fact(m, a, &f, NULL, 0));
	CHECK_INT(f.status, FACT_SUPERSEDED);
	CHECK_INT(f.superseded_by, c);
	CHECK_INT(f.edit_state, EDIT_REVERTED);
	fact_release(&f);
	CHECK_INT(aid_blobs(m, true), 0);
	/* another subject is another fact, letter case is not */
	CHECK_INT(aid_learn(m, "Ana", "email", "a@b.c", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "ana", "email", "a@b.d", DETECT_ADD, NULL), DETECT_SUPERSEDE);
	CHECK_INT(aid_learn(m, "Eva", "email", "a@b.c", DETECT_ADD, NULL), DETECT_ADD);
	memory_close(m);
}

static void test_values_are_compared_folded(void)
{
	static const char *const same[][2] = {
		{ "\xc3\x85NGSTR\xc3\x96M",
		  "\xc3\xa5ngstr\xc3\xb6m" }, /* Angstrom with its rings */
		{ "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",
		  "\xd0\xbc\xd0\x9e\xd1\x81\xd0\x9a\xd0\xb2\xd0\x90" },
		{ "O\xe2\x80\x99"
		  "Brien",
		  "o'brien" },
		{ "New   York", "new york" },
		{ "\xce\xa3\xce\x8a\xce\xa3", "\xcf\x83\xce\xaf\xcf\x82" },
	};
	char a[64], b[64], small[4];

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		fold_text(same[i][0], a, sizeof(a));
		fold_text(same[i][1], b, sizeof(b));
		CHECK_STR(a, b);
	}
	fold_text("\xff\xc3(\xe2\x82", a, sizeof(a)); /* not UTF-8: bytes stand for themselves */
	CHECK_STR(a, "\xff\xc3(\xe2\x82");
	fold_text("ab\xc3\x89z", small, sizeof(small)); /* never half a character */
	CHECK_STR(small, "ab");
	fold_text("Stra\xc3\x9f"
		  "e",
		  a, sizeof(a));
	fold_text("strase", b, sizeof(b));
	CHECK(strcmp(a, b) != 0);
}

static void test_many_values(void)
{
	memory *m = aid_open("many", false, NULL);
	int64_t a = 0, b = 0, c = 0;
	detect_fact unsure = aid_claim("I", "hobby", "sailing", DETECT_RETRACT);
	int op;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "hobby", "chess", DETECT_ADD, &a), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "hobby", "Chess", DETECT_ADD, &b), DETECT_NOOP);
	CHECK_INT(aid_learn(m, "I", "hobby", "sailing", DETECT_ADD, &b), DETECT_ADD);
	/* "instead" has no one fact to replace when there are two */
	CHECK_INT(aid_learn(m, "I", "hobby", "go", DETECT_SUPERSEDE, &c), DETECT_ADD);
	CHECK_INT(aid_status(m, a), FACT_ACTIVE);
	unsure.confidence = 0.6; /* "I no longer have a dog": asked, and only while something is known */
	CHECK_INT(memory_decide(m, aid_relations, &unsure, &op, &c, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(op, DETECT_ASK);
	CHECK_INT(c, b);
	unsure = aid_claim("I", "hobby", "rowing", DETECT_RETRACT);
	unsure.confidence = 0.6;
	CHECK_INT(memory_decide(m, aid_relations, &unsure, &op, &c, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(op, DETECT_NOOP);
	CHECK_INT(aid_learn(m, "I", "hobby", "SAILING", DETECT_RETRACT, &c), DETECT_RETRACT);
	CHECK_INT(c, b);
	CHECK_INT(aid_status(m, b), FACT_FORGOTTEN);
	CHECK_INT(aid_learn(m, "I", "hobby", "sailing", DETECT_RETRACT, &c), DETECT_NOOP);
	CHECK_INT(c, 0);
	/* an empty value: all of them */
	CHECK_INT(aid_learn(m, "I", "hobby", "", DETECT_RETRACT, &c), DETECT_RETRACT);
	CHECK_INT(aid_status(m, a), FACT_FORGOTTEN);
	CHECK_INT(aid_status(m, 3), FACT_FORGOTTEN);
	CHECK_INT(aid_learn(m, "I", "hobby", "", DETECT_RETRACT, &c), DETECT_NOOP);
	CHECK_INT(aid_learn(m, "I", "hobby", "chess", DETECT_ADD, &c), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "hobby", "go", DETECT_SUPERSEDE, &c), DETECT_SUPERSEDE);
	memory_close(m);
}

static void test_decide_changes_nothing(void)
{
	memory *m = aid_open("decide", false, NULL);
	detect_fact c = aid_claim("I", "home", "Lisbon", DETECT_ADD);
	int64_t id = 0, old = 0, n = 0, after = 0;
	int op = -1;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, &id), DETECT_ADD);
	sql_int(m, &n, "SELECT count(*) FROM events", "");
	CHECK_INT(memory_decide(m, aid_relations, &c, &op, &old, NULL, 0), 0);
	CHECK(op == DETECT_SUPERSEDE && old == id);
	c.confidence = 0.3; /* a weak reading that contradicts what is held is asked about */
	CHECK_INT(memory_decide(m, aid_relations, &c, &op, &old, NULL, 0), 0);
	CHECK(op == DETECT_ASK && old == id);
	CHECK_INT(memory_learn(m, aid_relations, &c, NULL, &op, &old, NULL, 0), 0);
	CHECK(op == DETECT_ASK && old == id);
	sql_int(m, &after, "SELECT count(*) FROM events", "");
	CHECK_INT(after, n);
	c.op = DETECT_SUPERSEDE; /* the user has said yes */
	CHECK_INT(memory_decide(m, aid_relations, &c, &op, &old, NULL, 0), 0);
	CHECK_INT(op, DETECT_SUPERSEDE);
	memory_close(m);
}

/* ---- forgetting and undo ---- */

static void test_forget(void)
{
	memory *m = aid_open("forget", false, NULL);
	int64_t a = 0, b = 0, c = 0;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, &a);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(memory_forget(m, a, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(aid_status(m, a), FACT_FORGOTTEN);
	CHECK_INT(aid_state(m, a), EDIT_REVERTED);
	CHECK_INT(aid_blobs(m, true), 0);
	CHECK_INT(memory_forget(m, a, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_INT(memory_forget(m, 99, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	/* a superseded fact that is forgotten does not come back with /undo */
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &b);
	aid_learn(m, "I", "home", "Faro", DETECT_ADD, &c);
	CHECK_INT(memory_forget(m, b, NULL, 0), 0);
	CHECK_INT(memory_undo(m, 0, &a, NULL, 0), 0);
	CHECK_INT(a, c);
	CHECK_INT(aid_status(m, b), FACT_FORGOTTEN);
	CHECK_INT(aid_status(m, c), FACT_FORGOTTEN);
	memory_close(m);
}

static void test_undo_restores_what_was_superseded(void)
{
	memory *m = aid_open("undo", false, NULL);
	int64_t a = 0, b = 0, id = 0;

	REQUIRE(m != NULL);
	CHECK_INT(memory_undo(m, 0, &id, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_STR(aid_err, "there is nothing to undo");
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, &a);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &b);
	CHECK_INT(memory_undo(m, a, &id, aid_err, sizeof(aid_err)), MEMORY_EARG);
	CHECK(strstr(aid_err, "#2") != NULL);
	CHECK_INT(memory_undo(m, 0, &id, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(id, b);
	CHECK_INT(aid_status(m, b), FACT_FORGOTTEN);
	CHECK_INT(aid_state(m, b), EDIT_REVERTED);
	CHECK_INT(aid_status(m, a), FACT_ACTIVE);
	CHECK_INT(aid_state(m, a),
		  EDIT_VERIFIED); /* its blob is as good as before: nothing to search */
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), MEMORY_ENOENT);
	CHECK_INT(memory_undo(m, b, &id, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_INT(memory_undo(m, 0, &id, NULL, 0), 0);
	CHECK_INT(id, a);
	CHECK_INT(aid_blobs(m, true), 0);
	CHECK_INT(memory_undo(m, 0, &id, NULL, 0), MEMORY_ENOENT);
	memory_close(m);
}

static void test_undo_queues_what_was_never_verified(void)
{
	memory *m = aid_open("undo2", false, NULL);
	int64_t a = 0, b = 0, id = 0;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, &a);
	CHECK_INT(aid_work(m, EDIT_RUNNING, NULL), 0); /* stored, not verified yet */
	CHECK_INT(aid_blobs(m, true), 1);
	CHECK_INT(aid_blobs(m, false), 0);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &b);
	CHECK_INT(memory_undo(m, b, &id, NULL, 0), 0);
	CHECK_INT(aid_state(m, a), EDIT_QUEUED);
	CHECK_INT(aid_blobs(m, true), 0);
	memory_close(m);
}

static void test_undo_of_retract_and_forget(void)
{
	memory *m = aid_open("undo3", false, NULL);
	int64_t a = 0, b = 0, id = 0;

	REQUIRE(m != NULL);
	aid_learn(m, "I", "hobby", "chess", DETECT_ADD, &a);
	aid_learn(m, "I", "hobby", "go", DETECT_ADD, &b);
	aid_learn(m, "I", "hobby", "", DETECT_RETRACT, &id);
	CHECK_INT(memory_undo(m, 0, &id, NULL, 0), 0);
	CHECK(aid_status(m, a) == FACT_ACTIVE && aid_status(m, b) == FACT_ACTIVE);
	CHECK_INT(aid_state(m, a), EDIT_QUEUED);
	CHECK_INT(memory_forget(m, a, NULL, 0), 0);
	CHECK_INT(memory_undo(m, a, &id, NULL, 0), 0);
	CHECK_INT(id, a);
	CHECK_INT(aid_status(m, a), FACT_ACTIVE);
	/* something newer is in the way */
	CHECK_INT(memory_forget(m, a, NULL, 0), 0);
	aid_learn(m, "I", "hobby", "Chess", DETECT_ADD, &b);
	CHECK_INT(memory_undo(m, a, &id, aid_err, sizeof(aid_err)), MEMORY_EARG);
	CHECK_INT(aid_status(m, a), FACT_FORGOTTEN);
	CHECK_INT(aid_status(m, b), FACT_ACTIVE);
	memory_close(m);
}

static void test_undo_act(void)
{
	memory *m = aid_open("undo4", false, NULL);
	int64_t porto = 0, lisbon = 0, act = 7, later = 0;

	REQUIRE(m != NULL);
	CHECK_INT(memory_last_act(m, &act, NULL, 0), 0);
	CHECK_INT(act, 0);
	CHECK_INT(memory_undo_act(m, 1, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, &porto);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &lisbon);
	CHECK_INT(memory_last_act(m, &act, NULL, 0), 0);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL); /* known: no act */
	CHECK_INT(memory_last_act(m, &later, NULL, 0), 0);
	CHECK_INT(later, act);
	CHECK_INT(memory_undo_act(m, act, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(aid_status(m, porto), FACT_ACTIVE);
	CHECK_INT(aid_state(m, porto), EDIT_VERIFIED);
	CHECK_INT(aid_status(m, lisbon), FACT_FORGOTTEN);
	CHECK_INT(memory_undo_act(m, act, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	/* forgotten by the user since: what it had ended comes back all the same */
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &lisbon);
	CHECK_INT(memory_last_act(m, &act, NULL, 0), 0);
	CHECK_INT(memory_forget(m, lisbon, NULL, 0), 0);
	CHECK_INT(memory_undo_act(m, act, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(aid_status(m, porto), FACT_ACTIVE);
	CHECK_INT(aid_status(m, lisbon), FACT_FORGOTTEN);
	/* something newer is in the way */
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL);
	CHECK_INT(memory_last_act(m, &act, NULL, 0), 0);
	aid_learn(m, "I", "home", "Rome", DETECT_ADD, NULL);
	CHECK_INT(memory_undo_act(m, act, aid_err, sizeof(aid_err)), MEMORY_EARG);
	memory_close(m);
}

/* An act that cannot be taken back is in nobody's way. */
static void test_undo_goes_past_what_cannot_come_back(void)
{
	memory *m = aid_open("undo5", false, NULL);
	int64_t momo = 0, porto = 0, lisbon = 0, act = 0, id = 0;

	REQUIRE(m != NULL);
	aid_learn(m, "my cat", "name", "Momo", DETECT_ADD, &momo);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, &porto);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, &lisbon);
	CHECK_INT(memory_last_act(m, &act, NULL, 0), 0);
	CHECK_INT(memory_forget(m, lisbon, NULL, 0), 0);
	CHECK_INT(memory_undo_act(m, act, NULL, 0), 0);
	CHECK_INT(aid_status(m, porto), FACT_ACTIVE);
	CHECK_INT(memory_undo(m, 0, &id, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(id, porto);
	CHECK_INT(memory_undo(m, 0, &id, NULL, 0), 0); /* now it can */
	CHECK_INT(id, lisbon);
	CHECK_INT(aid_status(m, lisbon), FACT_ACTIVE);
	CHECK_INT(memory_undo(m, momo, &id, NULL, 0), 0);
	CHECK_INT(memory_undo(m, 0, &id, NULL, 0), MEMORY_ENOENT);
	memory_close(m);
}

static void test_undo_brings_back_no_other_wording(void)
{
	static const char *const same[][2] = { { "34", "thirty-four" }, { "the piano", "piano" }, { "May 3rd", "the 3rd of may" } };
	memory *m = aid_open("undo6", false, NULL);
	int64_t a = 0, b = 0, id = 0, n = 0;

	REQUIRE(m != NULL);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		aid_learn(m, "I", "hobby", same[i][0], DETECT_ADD, &a);
		CHECK_INT(memory_forget(m, a, NULL, 0), 0);
		aid_learn(m, "I", "hobby", same[i][1], DETECT_ADD, &b);
		CHECK_INT(memory_undo(m, a, &id, NULL, 0), MEMORY_EARG);
		CHECK_INT(aid_status(m, a), FACT_FORGOTTEN);
	}
	CHECK_INT(sql_int(m, &n, "SELECT count(*) FROM facts WHERE status = 'active'", ""), 1);
	CHECK_INT(n, 3);
	memory_close(m);
}

int main(void)
{
	if (!aid_init("imprint-memory"))
		return 1;
	TEST_RUN(test_open_makes_private_files);
	TEST_RUN(test_open_bad_arguments);
	TEST_RUN(test_second_writer_is_told_the_pid);
	TEST_RUN(test_readers_beside_a_writer);
	TEST_RUN(test_folder_that_cannot_be_written_to);
	TEST_RUN(test_damaged_files_are_named);
	TEST_RUN(test_damaged_pages);
	TEST_RUN(test_newer_version_is_refused);
	TEST_RUN(test_migration_keeps_a_copy);
	TEST_RUN(test_clock_set_back);
	TEST_RUN(test_events_cannot_be_changed);
	TEST_RUN(test_learn_reads_back);
	TEST_RUN(test_learn_refuses);
	TEST_RUN(test_one_value_supersedes);
	TEST_RUN(test_values_are_compared_folded);
	TEST_RUN(test_many_values);
	TEST_RUN(test_decide_changes_nothing);
	TEST_RUN(test_forget);
	TEST_RUN(test_undo_restores_what_was_superseded);
	TEST_RUN(test_undo_queues_what_was_never_verified);
	TEST_RUN(test_undo_of_retract_and_forget);
	TEST_RUN(test_undo_act);
	TEST_RUN(test_undo_goes_past_what_cannot_come_back);
	TEST_RUN(test_undo_brings_back_no_other_wording);
	aid_done();
	return test_done();
}
