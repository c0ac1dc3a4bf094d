/*
 * A disk that fails: a VFS between SQLite and the system makes the Nth write, sync or truncation
 * fail as if the disk were full or broken, N = 1.. until the operation succeeds. The caller gets an
 * error with a sentence, and nothing has changed.
 */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <sqlite3.h>
#include <stdint.h>
#include <unistd.h>

/* ---- the VFS: everything is handed on, what changes the disk is counted ---- */

struct shim_file {
	sqlite3_file base;
	sqlite3_file *real; /* lies right behind */
};

static long countdown; /* 0: nothing fails, 1: the next change does */
static int failure;    /* SQLITE_FULL or SQLITE_IOERR_* */
static sqlite3_vfs *system_vfs, shim_vfs;
static sqlite3_io_methods shim_methods;

static bool disk_fails(void)
{
	return countdown > 0 && --countdown == 0;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

#define HAND_ON(name, params, args)                                                                \
	static int shim_##name params                                                              \
	{                                                                                          \
		return real_of(f)->pMethods->x##name args;                                         \
	}
#define HAND_ON_OR_FAIL(name, params, args)                                                        \
	static int shim_##name params                                                              \
	{                                                                                          \
		return disk_fails() ? failure : real_of(f)->pMethods->x##name args;                \
	}

HAND_ON(Close, (sqlite3_file * f), (real_of(f)))
HAND_ON(Read, (sqlite3_file * f, void *p, int n, sqlite3_int64 at), (real_of(f), p, n, at))
HAND_ON_OR_FAIL(Write, (sqlite3_file * f, const void *p, int n, sqlite3_int64 at),
		(real_of(f), p, n, at))
HAND_ON_OR_FAIL(Truncate, (sqlite3_file * f, sqlite3_int64 n), (real_of(f), n))
HAND_ON(FileSize, (sqlite3_file * f, sqlite3_int64 *n), (real_of(f), n))
HAND_ON(Lock, (sqlite3_file * f, int how), (real_of(f), how))
HAND_ON(Unlock, (sqlite3_file * f, int how), (real_of(f), how))
HAND_ON(CheckReservedLock, (sqlite3_file * f, int *out), (real_of(f), out))
HAND_ON(FileControl, (sqlite3_file * f, int op, void *arg), (real_of(f), op, arg))
HAND_ON(SectorSize, (sqlite3_file * f), (real_of(f)))
HAND_ON(DeviceCharacteristics, (sqlite3_file * f), (real_of(f)))
HAND_ON(ShmMap, (sqlite3_file * f, int page, int size, int extend, void volatile **p),
	(real_of(f), page, size, extend, p))
HAND_ON(ShmLock, (sqlite3_file * f, int at, int n, int flags), (real_of(f), at, n, flags))
HAND_ON(ShmUnmap, (sqlite3_file * f, int remove), (real_of(f), remove))

/* Counted, but the disk is spared: nothing here outlives the test. */
static int shim_Sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return disk_fails() ? failure : SQLITE_OK;
}

static void shim_ShmBarrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct shim_file *s = (struct shim_file *)f;
	int rc;

	(void)vfs;
	s->real = (sqlite3_file *)(s + 1);
	rc = system_vfs->xOpen(system_vfs, name, s->real, flags, out);
	s->base.pMethods = s->real->pMethods ? &shim_methods : NULL;
	return rc;
}

static void shim_register(void)
{
	shim_methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = shim_Close,
		.xRead = shim_Read,
		.xWrite = shim_Write,
		.xTruncate = shim_Truncate,
		.xSync = shim_Sync,
		.xFileSize = shim_FileSize,
		.xLock = shim_Lock,
		.xUnlock = shim_Unlock,
		.xCheckReservedLock = shim_CheckReservedLock,
		.xFileControl = shim_FileControl,
		.xSectorSize = shim_SectorSize,
		.xDeviceCharacteristics = shim_DeviceCharacteristics,
		.xShmMap = shim_ShmMap,
		.xShmLock = shim_ShmLock,
		.xShmBarrier = shim_ShmBarrier,
		.xShmUnmap = shim_ShmUnmap,
	};
	system_vfs = sqlite3_vfs_find(NULL);
	shim_vfs = *system_vfs;
	shim_vfs.zName = "failing";
	shim_vfs.szOsFile = system_vfs->szOsFile + (int)sizeof(struct shim_file);
	shim_vfs.xOpen = shim_open;
	sqlite3_vfs_register(&shim_vfs, 1);
}

/* ---- tests ---- */

static int64_t count(memory *m, const char *sql)
{
	int64_t n = -1;

	return sql_int(m, &n, sql, "") == 1 ? n : -1;
}

/* Learns a town, claims its edit and stores it, all on a failing disk; each part is retried until
 * it works. */
static int part_run(memory *m, int part, const char *town)
{
	switch (part) {
	case 0:
		return aid_learn(m, "I", "home", town, DETECT_ADD, NULL) < 0 ? -1 : 0;
	case 1:
		return aid_work(m, EDIT_VERIFIED, NULL);
	default:
		return memory_forget(m, count(m, "SELECT max(id) FROM facts"), aid_err,
				     sizeof(aid_err));
	}
}

static int fail_each(memory *m, int part, const char *town)
{
	int n = 0;

	for (;;) {
		int64_t events = count(m, "SELECT count(*) FROM events");
		int rc;

		countdown = ++n;
		aid_err[0] = '\0';
		rc = part_run(m, part, town);
		if (rc == 0)
			break;
		countdown = 0;
		CHECK(aid_err[0] != '\0');
		if (part == 1 &&
		    count(m, "SELECT count(*) FROM edits WHERE state = 'running'") == 1) {
			/* the claim was committed before the disk failed: give it back */
			CHECK_INT(memory_requeue(m, count(m, "SELECT max(id) FROM edits"), "test",
						 NULL, 0),
				  0);
			continue;
		}
		if (!CHECK_INT(count(m, "SELECT count(*) FROM events"), events) || n > 500)
			break;
	}
	countdown = 0;
	return n - 1;
}

static void run_with(const char *name, int code)
{
	memory *m;
	int total = 0;

	failure = code;
	m = aid_open(name, false, NULL);
	REQUIRE(m != NULL);
	for (int part = 0; part < 3; part++) {
		int n = fail_each(m, part, part ? "" : "Porto");

		CHECK(n > 0);
		total += n;
	}
	CHECK_INT(count(m, "SELECT count(*) FROM facts"), 1);
	CHECK_INT(count(m, "SELECT count(*) FROM facts WHERE status = 'forgotten'"), 1);
	CHECK_INT(count(m, "SELECT count(*) FROM edits WHERE state <> 'reverted'"), 0);
	memory_close(m);
	m = aid_open(name, false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(count(m, "SELECT count(*) FROM facts WHERE status = 'forgotten'"), 1);
	CHECK_INT(
		count(m,
		      "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		0);
	memory_close(m);
	printf("# %s: %d failures\n", sqlite3_errstr(code), total);
}

static void test_full_disk(void)
{
	run_with("full", SQLITE_FULL);
}

static void test_broken_disk(void)
{
	run_with("broken", SQLITE_IOERR_WRITE);
}

static void test_full_disk_is_named(void)
{
	memory *m = aid_open("named", false, NULL);

	REQUIRE(m != NULL);
	failure = SQLITE_FULL;
	countdown = 1;
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), MEMORY_ERR);
	countdown = 0;
	CHECK(strstr(aid_err, "the disk is full") && strstr(aid_err, aid_path("named/ledger.db")));
	memory_close(m);
}

/* A ledger that could not be made leaves nothing that keeps the next start from making it. */
static void test_making_a_ledger_on_a_full_disk(void)
{
	int fails = 0;

	failure = SQLITE_FULL;
	for (long n = 1; n < 200; n++) {
		memory *m;
		bool left;
		int rc;

		aid_remove(aid_path("made"));
		countdown = n;
		m = aid_open("made", false, &rc);
		left = countdown > 0;
		countdown = 0;
		fails += !m;
		if (!m)
			CHECK(rc == MEMORY_ERR && aid_err[0]);
		memory_close(m);
		m = aid_open("made", false, NULL);
		REQUIRE(m != NULL);
		CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
		memory_close(m);
		if (left)
			break;
	}
	CHECK(fails > 3);
	printf("# ledgers that could not be made: %d\n", fails);
}

/* Rebuilding on a disk that fails once: whatever it says, the facts are all there, in the new ledger or in the old one. */
static void test_rebuilding_on_a_failing_disk(void)
{
	enum { FACTS = 12 };
	char hobby[40];
	int fails = 0;
	long n = 0;

	failure = SQLITE_FULL;
	for (bool left = false; !left && n < 400;) {
		memory *m = aid_open("rebuilt", false, NULL);
		memory_rebuilt done = { 0 };
		int rc;

		REQUIRE(m != NULL);
		for (int i = 0; i < FACTS; i++) {
			snprintf(hobby, sizeof(hobby), "hobby number %d", i);
			CHECK_INT(aid_learn(m, "I", "hobby", hobby, DETECT_ADD, NULL), DETECT_ADD);
		}
		memory_close(m);
		countdown = ++n;
		rc = memory_rebuild(aid_path("rebuilt"), &done, aid_err, sizeof(aid_err));
		left = countdown > 0;
		countdown = 0;
		fails += rc != 0;
		CHECK(rc ? aid_err[0] != '\0' : done.facts == FACTS);
		m = aid_open("rebuilt", false, NULL);
		REQUIRE(m != NULL);
		CHECK_INT(count(m, "SELECT count(*) FROM facts"), FACTS);
		memory_close(m);
		CHECK(access(aid_path("rebuilt/ledger.rebuild"), F_OK));
		aid_remove(aid_path("rebuilt"));
	}
	CHECK(fails > 5);
	printf("# rebuilding: %ld disks, %d of them refused\n", n, fails);
}

/* So that rows are written as they come, not all at the end. */
static int cache_small(sqlite3 *db, char **err, const struct sqlite3_api_routines *api)
{
	(void)err;
	(void)api;
	return sqlite3_exec(db, "PRAGMA cache_size = 1", NULL, NULL, NULL);
}

/* A write that fails without ending the transaction is no damaged row: no fact is left out. */
static void test_rebuilding_where_single_writes_fail(void)
{
	enum { FACTS = 150 };
	memory *m = aid_open("single", false, NULL);
	char hobby[80];
	int fails = 0;
	long n = 0;

	REQUIRE(m != NULL);
	for (int i = 0; i < FACTS; i++) {
		snprintf(hobby, sizeof(hobby), "hobby number %d and some words that fill a page", i);
		CHECK_INT(aid_learn(m, "I", "hobby", hobby, DETECT_ADD, NULL), DETECT_ADD);
	}
	memory_close(m);
	sqlite3_auto_extension((void (*)(void))cache_small);
	failure = SQLITE_READONLY;
	for (bool left = false; !left && n < 4000;) {
		memory_rebuilt done = { 0 };
		int rc;

		n += 1 + n / 16;
		countdown = n;
		rc = memory_rebuild(aid_path("single"), &done, aid_err, sizeof(aid_err));
		left = countdown > 0;
		countdown = 0;
		fails += rc != 0;
		CHECK(rc ? aid_err[0] != '\0' : done.facts == FACTS && !done.unreadable);
		unlink(aid_path("single/ledger.db.damaged.1"));
		if (!rc && done.facts != FACTS)
			break;
	}
	sqlite3_reset_auto_extension();
	CHECK(fails > 5);
	printf("# rebuilding: %ld writes, %d refusals\n", n, fails);
}

int main(void)
{
	shim_register();
	if (!aid_init("imprint-disk"))
		return 1;
	TEST_RUN(test_full_disk);
	TEST_RUN(test_broken_disk);
	TEST_RUN(test_full_disk_is_named);
	TEST_RUN(test_making_a_ledger_on_a_full_disk);
	TEST_RUN(test_rebuilding_on_a_failing_disk);
	TEST_RUN(test_rebuilding_where_single_writes_fail);
	aid_done();
	return test_done();
}
