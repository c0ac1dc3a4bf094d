/*
 * Fault loops: one operation after another is run with its first, second, ... write made to fail,
 * and with its first, second, ... allocation inside SQLite made to fail, until it succeeds. After
 * each failure everything is as it was before.
 */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <sqlite3.h>
#include <stdint.h>

/* ---- what fails ---- */

static long write_countdown, alloc_countdown; /* 0: nothing fails, 1: the next one does */

static int fail_write(void *arg)
{
	(void)arg;
	return write_countdown > 0 && --write_countdown == 0;
}

static sqlite3_mem_methods real_mem;

static bool alloc_fails(void)
{
	return alloc_countdown > 0 && --alloc_countdown == 0;
}

static void *mem_malloc(int n)
{
	return alloc_fails() ? NULL : real_mem.xMalloc(n);
}

static void *mem_realloc(void *p, int n)
{
	return alloc_fails() ? NULL : real_mem.xRealloc(p, n);
}

/* ---- what runs ---- */

/* Facts 1 home (verified), 2 cat (failed), 3 dog (running and stored), 4 hobby (queued); a conversation. */
static memory *prepare(const char *name)
{
	int64_t chat;
	memory *m;

	aid_remove(aid_path(name));
	m = aid_open(name, false, NULL);
	/* no power cuts here: spare the disk */
	if (!m || sql_script(m, "PRAGMA synchronous = OFF"))
		return NULL;
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL);
	aid_learn(m, "my cat", "name", "Tom", DETECT_ADD, NULL);
	aid_learn(m, "my dog", "name", "Rex", DETECT_ADD, NULL);
	aid_learn(m, "I", "hobby", "chess", DETECT_ADD, NULL);
	aid_work(m, EDIT_VERIFIED, NULL);
	aid_work(m, EDIT_FAILED, NULL);
	aid_work(m, EDIT_RUNNING, NULL);
	memory_chat_begin(m, &chat, NULL, 0);
	return m;
}

static int op_add(memory *m)
{
	return aid_learn(m, "I", "hobby", "go", DETECT_ADD, NULL) < 0 ? -1 : 0;
}

static int op_supersede(memory *m)
{
	return aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL) < 0 ? -1 : 0;
}

static int op_retract(memory *m)
{
	return aid_learn(m, "my dog", "name", "", DETECT_RETRACT, NULL) < 0 ? -1 : 0;
}

static int op_forget(memory *m)
{
	return memory_forget(m, 1, aid_err, sizeof(aid_err));
}

static int op_undo(memory *m)
{
	return memory_undo(m, 0, NULL, aid_err, sizeof(aid_err));
}

static int op_undo_act(memory *m)
{
	int64_t act = 0;
	int rc = memory_last_act(m, &act, aid_err, sizeof(aid_err));

	return rc ? rc : memory_undo_act(m, act, aid_err, sizeof(aid_err));
}

static int op_claim(memory *m)
{
	edit_record e;
	int rc = memory_claim(m, &e, aid_err, sizeof(aid_err));

	if (!rc)
		edit_record_release(&e);
	return rc;
}

static int op_store(memory *m)
{
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_blob b = aid_blob(3, keys, delta);
	edit_record e = { .id = 3, .fact_id = 3, .state = EDIT_VERIFIED };

	return memory_store_edit(m, &e, &b, aid_err, sizeof(aid_err));
}

static int op_requeue(memory *m)
{
	return memory_requeue(m, 3, "for a test", aid_err, sizeof(aid_err));
}

static int op_retry(memory *m)
{
	return memory_retry(m, 2, aid_err, sizeof(aid_err));
}

static int op_relearn(memory *m)
{
	return memory_relearn(m, 3, aid_err, sizeof(aid_err));
}

static int op_cancel(memory *m)
{
	return memory_cancel(m, 3, aid_err, sizeof(aid_err));
}

static int op_pause(memory *m)
{
	return memory_pause(m, true, aid_err, sizeof(aid_err));
}

static int op_verified(memory *m)
{
	bool queued;

	return memory_checked(m, 1, false, &queued, aid_err, sizeof(aid_err));
}

static int op_model(memory *m)
{
	int rc = memory_set_model(m, MODEL_B, aid_err, sizeof(aid_err));

	return rc < 0 ? rc : 0;
}

static int op_chat(memory *m)
{
	int64_t chat = 0;

	return memory_chat_begin(m, &chat, aid_err, sizeof(aid_err));
}

static int op_rename(memory *m)
{
	return memory_chat_rename(m, 1, "of dogs", aid_err, sizeof(aid_err));
}

static int op_move(memory *m)
{
	size_t at, of;

	return memory_move(m, 4, QUEUE_FIRST, &at, &of, aid_err, sizeof(aid_err));
}

static int op_postpone(memory *m)
{
	int state;

	return memory_postpone(m, 3, "for a test", &state, aid_err, sizeof(aid_err));
}

static int op_checked(memory *m)
{
	bool queued;

	return memory_checked(m, 1, false, &queued, aid_err, sizeof(aid_err));
}

static int op_blobs(memory *m) /* finds one damaged */
{
	edit_blob *b = NULL;
	size_t n = 0;
	int rc = memory_blobs(m, true, &b, &n, aid_err, sizeof(aid_err));

	if (!rc)
		edit_blobs_free(b, n);
	return rc;
}

static int op_import(memory *m)
{
	memory_item items[] = { { .claim = aid_claim("I", "hobby", "go", DETECT_ADD), .source = "I play go", .created = 5 },
				{ .claim = aid_claim("I", "home", "Lisbon", DETECT_ADD) } };
	memory_imported done;

	return memory_import(m, aid_relations, items, 2, true, &done, aid_err, sizeof(aid_err));
}

static const struct op {
	const char *name;
	int (*run)(memory *m);
} ops[] = {
	{ "add", op_add },       { "supersede", op_supersede }, { "retract", op_retract },
	{ "forget", op_forget }, { "undo", op_undo },           { "claim", op_claim },
	{ "undo an act", op_undo_act },
	{ "store", op_store },   { "requeue", op_requeue },     { "retry", op_retry },
	{ "relearn", op_relearn },
	{ "cancel", op_cancel }, { "pause", op_pause },         { "verified", op_verified },
	{ "model", op_model },   { "chat", op_chat },           { "blobs", op_blobs },
	{ "import", op_import }, { "postpone", op_postpone },   { "checked", op_checked },
	{ "move", op_move },     { "rename", op_rename },
};

/* ---- what must hold ---- */

/* A number that changes with any row of any table. */
static uint64_t fingerprint(memory *m)
{
	static const char *const tables[] = {
		"SELECT quote(id) || status || quote(superseded_by) || quote(ended_by) || "
		"check_failed || value "
		"FROM facts ORDER BY id",
		"SELECT id || op || undone FROM acts ORDER BY id",
		"SELECT id || state || model || attempts || quote(error) || started || ended || ' ' || place FROM "
		"edits ORDER BY id",
		"SELECT edit_id || hex(delta) || checksum FROM blobs ORDER BY edit_id",
		"SELECT id || kind FROM events ORDER BY id",
		"SELECT key || value FROM settings ORDER BY key",
		"SELECT id || quote(title) FROM chats ORDER BY id",
	};
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		sqlite3_stmt *st;
		int rc = sql_query(m, &st, tables[i], "");

		while (!rc && (rc = sql_next(m, st)) == 1) {
			const unsigned char *s = sqlite3_column_text(st, 0);

			for (; s && *s; s++)
				h = (h ^ *s) * 1099511628211u;
			h = (h ^ 10) * 1099511628211u;
			rc = 0;
		}
		if (rc)
			return 0;
	}
	return h;
}

/* What no history of failures may break. */
static void check_invariants(memory *m)
{
	static const char *const none[] = {
		/* edits that count belong to active facts */
		"SELECT count(*) FROM edits e JOIN facts f ON f.id = e.fact_id WHERE f.status <> "
		"'active' "
		"AND e.state IN ('queued', 'running', 'verified')",
		"SELECT count(*) FROM edits e WHERE e.state = 'verified' AND NOT EXISTS "
		"(SELECT 1 FROM blobs b WHERE b.edit_id = e.id)",
		"SELECT count(*) FROM blobs b JOIN edits e ON e.id = b.edit_id "
		"WHERE e.state NOT IN ('verified', 'reverted', 'running')",
		"SELECT count(*) FROM facts WHERE status = 'active' AND (ended_by IS NOT NULL OR "
		"superseded_by IS NOT NULL)",
		"SELECT count(*) FROM facts WHERE status = 'active' AND single GROUP BY "
		"subject_key, relation "
		"HAVING count(*) > 1",
		"SELECT count(*) FROM edits WHERE state IN ('queued', 'running') GROUP BY model, place "
		"HAVING count(*) > 1 OR place = 0",
		"SELECT count(*) FROM pragma_foreign_key_check",
	};
	int64_t n;

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		n = 0;
		CHECK(sql_int(m, &n, none[i], "") >= 0);
		CHECK_INT(n, 0);
	}
	CHECK(sqlite3_get_autocommit(m->db) == 1);
}

/* ---- the loops ---- */

static void damage_one(memory *m)
{
	CHECK_INT(sql_run(m, "UPDATE blobs SET checksum = checksum + 1 WHERE edit_id = 1", ""), 0);
}

/*
 * Fails the next fault after *n, the one after that, ... True when the operation has ended before
 * its fault came; false when SQLite could do without that allocation, so that the operation has to
 * be set up again.
 */
static bool fault_loop(memory *m, const struct op *op, long *countdown, int *n)
{
	uint64_t before = fingerprint(m);
	bool left;
	int rc;

	CHECK(before != 0);
	for (;;) {
		*countdown = ++*n;
		aid_err[0] = '\0';
		rc = op->run(m);
		left = *countdown > 0;
		*countdown = 0;
		if (rc == 0)
			return left;
		if (!CHECK(aid_err[0] != '\0') || !CHECK(fingerprint(m) == before)) {
			printf("# %s, fault %d: %s\n", op->name, *n, aid_err);
			return true;
		}
		check_invariants(m);
	}
}

static void test_every_write_fails_once(void)
{
	int total = 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		memory *m = prepare("writes");
		uint64_t before;
		int n = 0;

		REQUIRE(m != NULL);
		if (ops[i].run == op_blobs)
			damage_one(m);
		before = fingerprint(m);
		memory_set_fault(m, fail_write, NULL);
		CHECK(fault_loop(m, &ops[i], &write_countdown, &n));
		if (!CHECK(n > 3)) /* at least BEGIN, one row and COMMIT */
			printf("# %s failed only %d times\n", ops[i].name, n - 1);
		CHECK(fingerprint(m) != before);
		check_invariants(m);
		total += n - 1;
		memory_close(m);
		/* what is on disk is what was acknowledged */
		m = aid_open("writes", false, NULL);
		REQUIRE(m != NULL);
		check_invariants(m);
		memory_close(m);
	}
	printf("# writes made to fail: %d\n", total);
}

static void test_every_allocation_fails_once(void)
{
	int total = 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		bool through = false;
		int n = 0;

		while (!through) {
			memory *m = prepare("allocs");

			REQUIRE(m != NULL);
			if (ops[i].run == op_blobs)
				damage_one(m);
			sql_cache_clear(m); /* preparing is to fail, too */
			through = fault_loop(m, &ops[i], &alloc_countdown, &n);
			check_invariants(m);
			memory_close(m);
		}
		total += n - 1;
	}
	printf("# allocations made to fail: %d\n", total);
	CHECK(total > 100);
}

static void test_opening_without_memory(void)
{
	memory *m = prepare("open");
	int fails = 0;

	REQUIRE(m != NULL);
	memory_close(m);
	for (long n = 1; n < 4000; n += 1 + n / 32) {
		int rc;
		bool left;

		alloc_countdown = n;
		m = aid_open("open", false, &rc);
		left = alloc_countdown > 0;
		alloc_countdown = 0;
		if (m)
			check_invariants(m);
		else
			CHECK(rc == MEMORY_ENOMEM && aid_err[0]);
		fails += !m;
		memory_close(m);
		if (left)
			break;
	}
	printf("# openings that ran out of memory: %d\n", fails);
	CHECK(fails > 50);
	m = aid_open("open", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(aid_status(m, 1), FACT_ACTIVE);
	CHECK_INT(aid_blobs(m, false), 1);
	memory_close(m);
}

static void test_listing_without_memory(void)
{
	memory *m = prepare("list");
	int fails = 0;

	REQUIRE(m != NULL);
	for (long n = 1; n < 500; n++) {
		edit_record *e = NULL;
		fact *f = NULL;
		size_t k = 0;
		int rc;
		bool left;

		sql_cache_clear(m);
		alloc_countdown = n;
		rc = memory_facts(m, "rex", false, &f, &k, NULL, 0);
		if (!rc) {
			CHECK_INT(k, 1);
			facts_free(f, k);
			rc = memory_edits(m, false, 0, &e, &k, NULL, 0);
		}
		if (!rc) {
			CHECK_INT(k, 4);
			edits_free(e, k);
		}
		left = alloc_countdown > 0;
		alloc_countdown = 0;
		CHECK(rc == 0 || rc == MEMORY_ENOMEM);
		fails += rc != 0;
		if (left)
			break;
	}
	CHECK(fails > 5);
	memory_close(m);
}

static int64_t rows_with_rex(memory *m)
{
	int64_t n = -1;

	sql_int(m, &n, "SELECT (SELECT count(*) FROM messages WHERE text LIKE '%rex%') + (SELECT count(*) FROM facts WHERE "
		       "value LIKE '%rex%' OR source LIKE '%rex%')", "");
	return n;
}

/* A purge that says it is done is; one that ran out of memory has begun or has not, and ends when asked again. */
static void test_purging_without_memory(void)
{
	int fails = 0;

	for (long n = 1; n < 3000; n += 1 + n / 24) {
		memory *m = prepare("purge");
		int64_t chat;
		bool left;
		int rc;

		REQUIRE(m != NULL);
		CHECK_INT(memory_chat_begin(m, &chat, NULL, 0), 0);
		CHECK_INT(memory_chat_add(m, chat, "user", "I told you: he is called Rex. I told you: he is called Rex.", NULL, 0), 0);
		sql_cache_clear(m);
		alloc_countdown = n;
		rc = memory_purge(m, 3, NULL, aid_err, sizeof(aid_err));
		left = alloc_countdown > 0;
		alloc_countdown = 0;
		CHECK(rc == 0 || rc == MEMORY_ENOMEM);
		if (rc && aid_status(m, 3) >= 0)
			CHECK_INT(memory_purge(m, 3, NULL, aid_err, sizeof(aid_err)), 0);
		CHECK_INT(rows_with_rex(m), 0);
		check_invariants(m);
		fails += rc != 0;
		memory_close(m);
		if (left)
			break;
	}
	CHECK(fails > 20);
	printf("# purges that ran out of memory: %d\n", fails);
}

int main(void)
{
	sqlite3_mem_methods failing;

	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* every allocation is to pass by */
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_mem);
	failing = real_mem;
	failing.xMalloc = mem_malloc;
	failing.xRealloc = mem_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	if (!aid_init("imprint-fault"))
		return 1;
	TEST_RUN(test_every_write_fails_once);
	TEST_RUN(test_every_allocation_fails_once);
	TEST_RUN(test_opening_without_memory);
	TEST_RUN(test_listing_without_memory);
	TEST_RUN(test_purging_without_memory);
	aid_done();
	return test_done();
}
