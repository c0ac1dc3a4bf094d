/* A damaged ledger: what can be read of it comes back, and nothing else does. */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <math.h>
#include <sqlite3.h>

static size_t file_read(const char *path, char *bytes, size_t cap)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(bytes, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return n;
}

static bool file_write(const char *path, const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	return f && fwrite(bytes, 1, n, f) == n && !fclose(f);
}

enum { REBUILT_FACTS = 300 };

static void told(int64_t i, char value[64])
{
	snprintf(value, 64, "hobby number %d and some words that fill a page", (int)i);
}

static int fill(memory *m)
{
	char value[64];
	int rc = sql_script(m, "PRAGMA synchronous = OFF");

	for (int i = 1; !rc && i <= REBUILT_FACTS; i++) {
		told(i, value);
		rc = aid_learn(m, "I", "hobby", value, DETECT_ADD, NULL) != DETECT_ADD;
	}
	return rc;
}

/* Every fact there is is one that was told, and counts only if it did. Returns how many there are. */
static size_t check_told(memory *m)
{
	char value[64];
	fact *all = NULL;
	size_t n = 0;

	CHECK_INT(memory_facts(m, NULL, false, &all, &n, NULL, 0), 0);
	for (size_t i = 0; i < n; i++) {
		told(all[i].id, value);
		CHECK_STR(all[i].value, value);
		CHECK(all[i].status == (all[i].id == 7 ? FACT_FORGOTTEN : FACT_ACTIVE));
		CHECK(all[i].id != 1 || all[i].edit_state == EDIT_VERIFIED || all[i].edit_state == EDIT_QUEUED);
	}
	facts_free(all, n);
	return n;
}

/* Each page but the first destroyed in turn: all but what was on it comes back. */
static void test_rebuild(void)
{
	static char image[1 << 20], hurt[1 << 20];
	memory *m = aid_open("damaged", false, NULL);
	size_t len, pages, fewest = REBUILT_FACTS, rebuilt = 0;
	memory_rebuilt done;

	REQUIRE(m != NULL && !fill(m));
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(memory_forget(m, 7, NULL, 0), 0);
	CHECK_INT(memory_rebuild(aid_path("damaged"), &done, aid_err, sizeof(aid_err)), MEMORY_ELOCKED);
	memory_close(m);
	len = file_read(aid_path("damaged/ledger.db"), image, sizeof(image));
	pages = len / 4096;
	CHECK(pages > 30 && len < sizeof(image));
	for (size_t i = 1; i < pages; i++) {
		int rc;

		memcpy(hurt, image, len);
		memset(hurt + i * 4096, 0x5a, 4096);
		REQUIRE(file_write(aid_path("damaged/ledger.db"), hurt, len));
		rc = memory_rebuild(aid_path("damaged"), &done, aid_err, sizeof(aid_err));
		if (rc) { /* the facts' root, the table of tables: the damaged file is left where it is */
			CHECK_INT(rc, MEMORY_ECORRUPT);
			CHECK(!access(aid_path("damaged/ledger.db"), F_OK));
			continue;
		}
		rebuilt++;
		CHECK(!access(aid_path("damaged/ledger.db.damaged.1"), F_OK));
		m = aid_open("damaged", false, NULL);
		REQUIRE(m != NULL);
		CHECK_INT(check_told(m), done.facts);
		fewest = done.facts < fewest ? done.facts : fewest;
		memory_close(m);
		CHECK(!unlink(aid_path("damaged/ledger.db.damaged.1")));
		CHECK(access(aid_path("damaged/ledger.rebuild"), F_OK));
	}
	printf("# of %zu pages destroyed in turn %zu rebuilt, at least %zu of %d facts each\n", pages - 1, rebuilt, fewest,
	       REBUILT_FACTS);
	CHECK(rebuilt >= pages - 5);
	CHECK(fewest >= REBUILT_FACTS * 8 / 10);
	CHECK_INT(memory_rebuild(aid_path("nowhere"), &done, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
}

/* A ledger that ends too early, and one that goes on after its end: what can be read comes back, or it is left as it is. */
static void test_rebuild_of_another_length(void)
{
	static char image[1 << 20];
	memory *m = aid_open("cut", false, NULL);
	const char *file = "cut/ledger.db";
	size_t len, rebuilt = 0, tried = 0;
	memory_rebuilt done;

	REQUIRE(m != NULL && !fill(m));
	CHECK_INT(memory_forget(m, 7, NULL, 0), 0);
	memory_close(m);
	len = file_read(aid_path(file), image, sizeof(image) - 5000);
	memset(image + len, 0x5a, 5000);
	for (size_t n = 0; n <= len + 5000; n += n < len ? len / 16 + 1 : 777, tried++) {
		REQUIRE(file_write(aid_path(file), image, n));
		int rc = memory_rebuild(aid_path("cut"), &done, aid_err, sizeof(aid_err));

		CHECK(rc == 0 || (rc == MEMORY_ECORRUPT && n < len && *aid_err));
		if (rc)
			continue;
		rebuilt++;
		m = aid_open("cut", false, NULL);
		REQUIRE(m != NULL);
		CHECK_INT(check_told(m), done.facts);
		CHECK(n < len || done.facts == REBUILT_FACTS);
		memory_close(m);
		CHECK(!unlink(aid_path("cut/ledger.db.damaged.1")));
	}
	printf("# %zu of %zu lengths rebuilt\n", rebuilt, tried);
	CHECK(rebuilt >= tried / 2);
}

/* What an edit found and is damaged, or is no numbers, does not outlive a rebuild: the edit is done again. */
static void test_rebuild_with_damaged_blobs(void)
{
	static const char *const harm[] = {
		"UPDATE blobs SET keys = substr(keys, 1, length(keys) - 1) WHERE edit_id = 1",
		"UPDATE blobs SET keys = CAST(keys || x'00' AS BLOB) WHERE edit_id = 2",
		"UPDATE blobs SET n_keys = 1 << 40 WHERE edit_id = 3",
		"UPDATE blobs SET n_ff = -1 WHERE edit_id = 4",
		"UPDATE blobs SET delta = x'' WHERE edit_id = 5",
		"UPDATE blobs SET checksum = ~checksum WHERE edit_id = 6",
	};
	enum { N = 10, HARMED = sizeof(harm) / sizeof(*harm) };
	static const float odd[] = { NAN, INFINITY, -INFINITY };
	memory *m = aid_open("blobs", false, NULL);
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	memory_rebuilt done;
	char value[32];

	REQUIRE(m != NULL);
	for (int i = 1; i <= N; i++) {
		snprintf(value, sizeof(value), "hobby %d", i);
		CHECK_INT(aid_learn(m, "I", "hobby", value, DETECT_ADD, NULL), DETECT_ADD);
		CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	}
	CHECK_INT(sql_run(m, "PRAGMA ignore_check_constraints = ON", ""), 0);
	for (int i = 0; i < HARMED; i++)
		CHECK_INT(sql_run(m, harm[i], ""), 0);
	for (int i = 0; i < 3; i++) { /* the right checksum of no numbers */
		int64_t id = HARMED + 1 + i;

		aid_blob((int)id, keys, delta);
		(i == 1 ? delta : keys)[i] = odd[i];
		CHECK_INT(sql_run(m, "UPDATE blobs SET keys = ?, delta = ?, checksum = ? WHERE edit_id = ?", "bbii", keys,
				  sizeof(keys), delta, sizeof(delta),
				  (int64_t)blob_sum(id, AID_KEYS, AID_FF, AID_EMBD, keys, delta), id),
			  0);
	}
	memory_close(m);
	CHECK_INT(memory_rebuild(aid_path("blobs"), &done, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(done.facts, N);
	m = aid_open("blobs", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(aid_state(m, N), EDIT_VERIFIED);
	for (int i = 1; i < N; i++)
		CHECK_INT(aid_state(m, i), EDIT_QUEUED);
	for (int i = 1; i < N; i++)
		CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_blobs(m, false), N);
	memory_close(m);
}

/* Numbers of rows that are gone are not given again, and the queue keeps its order. */
static void test_rebuild_goes_on_counting(void)
{
	memory *m = aid_open("counting", false, NULL);
	memory_rebuilt done;
	memory_purged p;
	int64_t chat = 0;
	size_t at, of;
	edit_record e;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "my dog", "name", "Rex", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "my cat", "name", "Momo", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(memory_purge(m, 3, &p, NULL, 0), 0);
	CHECK_INT(memory_move(m, 2, QUEUE_FIRST, &at, &of, NULL, 0), 0);
	CHECK_INT(memory_chat_begin(m, &chat, NULL, 0), 0);
	CHECK_INT(memory_chat_delete(m, chat, NULL, 0), 0);
	CHECK_INT(memory_chat_begin(m, &chat, NULL, 0), 0);
	CHECK_INT(memory_chat_add(m, chat, "user", "hello", NULL, 0), 0);
	CHECK_INT(memory_chat_rename(m, chat, "of dogs", NULL, 0), 0);
	CHECK_INT(memory_chat_begin(m, &chat, NULL, 0), 0);
	CHECK_INT(memory_chat_delete(m, chat, NULL, 0), 0);
	memory_close(m);
	CHECK_INT(memory_rebuild(aid_path("counting"), &done, aid_err, sizeof(aid_err)), 0);
	CHECK_INT(done.facts, 2);
	m = aid_open("counting", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_status(m, 4), FACT_ACTIVE);
	CHECK_INT(memory_chat_begin(m, &chat, NULL, 0), 0);
	CHECK_INT(chat, 4);
	chat = 0;
	CHECK_INT(sql_int(m, &chat, "SELECT id FROM chats WHERE title = 'of dogs'", ""), 1);
	CHECK_INT(chat, 2);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK_INT(e.fact_id, 2);
	edit_record_release(&e);
	memory_close(m);
}

static sqlite3 *guarded; /* the last connection that was told to keep temporary tables in memory */
static int reads, unguarded;

static int see_statement(unsigned what, void *db, void *st, void *text)
{
	int trusted = 1;

	(void)what;
	(void)st;
	if (!strcmp(text, "PRAGMA temp_store = MEMORY"))
		guarded = db;
	if (!strncmp(text, "SELECT", 6) && strstr(text, "WHERE rowid = ?")) {
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
		reads++;
		unguarded += trusted || guarded != db;
	}
	return 0;
}

static int see_connection(sqlite3 *db, char **err, const struct sqlite3_api_routines *api)
{
	(void)err;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, see_statement, db);
}

/* Of all files the damaged one is to be trusted least. */
static void test_damaged_file_is_not_trusted(void)
{
	memory *m = aid_open("untrusted", false, NULL);
	memory_rebuilt done;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	memory_close(m);
	sqlite3_auto_extension((void (*)(void))see_connection);
	CHECK_INT(memory_rebuild(aid_path("untrusted"), &done, aid_err, sizeof(aid_err)), 0);
	sqlite3_reset_auto_extension();
	CHECK(reads > 0);
	CHECK_INT(unguarded, 0);
}

int main(void)
{
	if (!aid_init("imprint-rebuild"))
		return 1;
	TEST_RUN(test_rebuild);
	TEST_RUN(test_rebuild_of_another_length);
	TEST_RUN(test_rebuild_with_damaged_blobs);
	TEST_RUN(test_rebuild_goes_on_counting);
	TEST_RUN(test_damaged_file_is_not_trusted);
	aid_done();
	return test_done();
}
