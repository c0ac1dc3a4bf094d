/* The ledger's lists: facts by words, a hundred thousand of them, conversations. */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <time.h>

static void test_filter(void)
{
	memory *m = aid_open("filter", false, NULL);
	fact *all = NULL;
	size_t n = 0;

	REQUIRE(m != NULL);
	aid_learn(m, "my dog", "name", "Biscuit", DETECT_ADD, NULL);
	aid_learn(m, "my cat", "name", "\xc3\x89mile", DETECT_ADD, NULL);
	aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL);
	aid_learn(m, "I", "home", "Lisbon", DETECT_ADD, NULL);
	CHECK(!memory_facts(m, NULL, false, &all, &n, NULL, 0));
	CHECK_INT(n, 4);
	CHECK(n == 4 && all[0].id == 1 && all[3].id == 4 && all[2].superseded_by == 4);
	facts_free(all, n);
	CHECK(!memory_facts(m, NULL, true, &all, &n, NULL, 0));
	CHECK_INT(n, 3);
	facts_free(all, n);
	CHECK(!memory_facts(m, " DOG  name bisc", true, &all, &n, NULL, 0));
	CHECK(n == 1 && !strcmp(all[0].value, "Biscuit"));
	facts_free(all, n);
	CHECK(!memory_facts(m, "\xc3\xa9mile", true, &all, &n, NULL, 0));
	CHECK_INT(n, 1);
	facts_free(all, n);
	CHECK(!memory_facts(m, "dog porto", true, &all, &n, NULL, 0));
	CHECK_INT(n, 0);
	facts_free(all, n);
	memory_close(m);
}

static void test_a_hundred_thousand_facts(void)
{
	memory *m = aid_open("large", false, NULL);
	struct timespec a, b;
	fact *all = NULL;
	size_t n = 0;
	double ms;

	REQUIRE(m != NULL);
	CHECK_INT(
		sql_script(
			m,
			"BEGIN; INSERT INTO acts(at, op) VALUES (1, 'add');"
			"WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < "
			"100000)"
			"INSERT INTO facts(subject, relation, value, subject_key, value_key, "
			"single, status,"
			" created, valid_from, made_by) SELECT 'person ' || i, 'email', i || "
			"'@b.c',"
			" 'person ' || i, i || '@b.c', 1, 'active', 1, 1, 1 FROM k;"
			"INSERT INTO edits(fact_id, model, state, created)"
			" SELECT id, '" MODEL_A "', 'queued', 1 FROM facts; COMMIT"),
		0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(!memory_facts(m, NULL, true, &all, &n, NULL, 0));
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	printf("# listing %zu facts: %.0f ms\n", n, ms);
	CHECK_INT(n, 100000);
	CHECK(ms < 5000); /* a scan of all edits for each row would take minutes */
	facts_free(all, n);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_INT(aid_learn(m, "person 77777", "email", "new@b.c", DETECT_ADD, NULL),
		  DETECT_SUPERSEDE);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	printf("# learning, claiming and storing among them: %.1f ms\n", ms);
	CHECK(ms < 1000);
	memory_close(m);
}

static void test_chat(void)
{
	memory *m = aid_open("chat", false, NULL);
	int64_t chat = 0, n = 0;

	REQUIRE(m != NULL);
	CHECK_INT(memory_chat_begin(m, &chat, NULL, 0), 0);
	CHECK_INT(memory_chat_add(m, chat, "user", "hello", NULL, 0), 0);
	CHECK_INT(memory_chat_add(m, chat, "assistant", "", NULL, 0), 0);
	CHECK_INT(memory_chat_add(m, chat + 1, "user", "hello", NULL, 0), MEMORY_ENOENT);
	CHECK_INT(memory_chat_add(m, chat, NULL, "hello", NULL, 0), MEMORY_EARG);
	sql_int(m, &n, "SELECT count(*) FROM messages", "");
	CHECK_INT(n, 2);
	memory_close(m);
}

static int chat_note(void *arg, const chat_record *c)
{
	char *out = arg;

	return snprintf(out + strlen(out), 200 - strlen(out), "%lld:%zu:%s ", (long long)c->id, c->messages, c->title) < 0;
}

static int message_note(void *arg, const char *role, const char *text)
{
	char *out = arg;

	return snprintf(out + strlen(out), 200 - strlen(out), "%s:%s ", role, text) < 0;
}

static void test_chats_are_read_again(void)
{
	memory *m = aid_open("chats", false, NULL);
	int64_t a = 0, b = 0, empty = 0;
	char all[200] = "", found[200] = "", none[200] = "", said[200] = "";

	REQUIRE(m != NULL);
	CHECK_INT(memory_chat_begin(m, &a, NULL, 0), 0);
	CHECK_INT(memory_chat_begin(m, &b, NULL, 0), 0);
	CHECK_INT(memory_chat_begin(m, &empty, NULL, 0), 0);
	memory_chat_add(m, b, "user", "100% sure", NULL, 0);
	memory_chat_add(m, a, "user", "hello", NULL, 0);
	memory_chat_add(m, a, "assistant", "What a Day", NULL, 0);
	/* the one spoken in last is first; one without a word is none */
	CHECK_INT(memory_each_chat(m, NULL, 0, chat_note, all, NULL, 0), 0);
	CHECK_STR(all, "1:2:hello 2:1:100% sure ");
	CHECK_INT(memory_each_chat(m, "a day", 0, chat_note, found, NULL, 0), 0);
	CHECK_STR(found, "1:2:hello ");
	CHECK_INT(memory_each_chat(m, "0%d", 0, chat_note, none, NULL, 0), 0); /* % stands for itself */
	CHECK_STR(none, "");
	/* a title stands for the first message, and is looked into, too */
	*all = *found = 0;
	CHECK_INT(memory_chat_rename(m, a, "Of Greetings", NULL, 0), 0);
	CHECK_INT(memory_each_chat(m, "greeting", 0, chat_note, found, NULL, 0), 0);
	CHECK_STR(found, "1:2:Of Greetings ");
	CHECK_INT(memory_chat_rename(m, a, "", NULL, 0), 0);
	CHECK_INT(memory_chat_rename(m, 77, "none", NULL, 0), MEMORY_ENOENT);
	CHECK_INT(memory_each_chat(m, NULL, 0, chat_note, all, NULL, 0), 0);
	CHECK_STR(all, "1:2:hello 2:1:100% sure ");
	CHECK_INT(memory_chat_cut(m, a, 1, NULL, 0), 0);
	CHECK_INT(memory_chat_read(m, a, message_note, said, NULL, 0), 0);
	CHECK_STR(said, "user:hello ");
	CHECK_INT(memory_chat_read(m, empty, message_note, said, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_INT(memory_chat_delete(m, a, NULL, 0), 0);
	CHECK_INT(memory_chat_delete(m, a, NULL, 0), MEMORY_ENOENT);
	*all = 0;
	CHECK_INT(memory_each_chat(m, "", 1, chat_note, all, NULL, 0), 0);
	CHECK_STR(all, "2:1:100% sure ");
	memory_close(m);
}

int main(void)
{
	if (!aid_init("imprint-memory-list"))
		return 1;
	TEST_RUN(test_filter);
	TEST_RUN(test_a_hundred_thousand_facts);
	TEST_RUN(test_chat);
	TEST_RUN(test_chats_are_read_again);
	aid_done();
	return test_done();
}
