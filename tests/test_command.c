/* command.c: lookup, near misses, the slash guard, generated help. */
#include "../tui/tui_int.h"
#include "test.h"

#include <stdlib.h>

static void test_find(void)
{
	const char *near = NULL;

	CHECK_STR(command_find("forget", 6, NULL)->name, "forget");
	CHECK_STR(command_find("EXIT", 4, NULL)->name, "quit");
	CHECK(command_find("forgte", 6, &near) == NULL);
	CHECK_STR(near, "forget");
	CHECK(command_find("hist", 4, &near) == NULL);
	CHECK_STR(near, "history"); /* begun, and nothing nearer */
	CHECK(command_find("zzzzzz", 6, &near) == NULL);
	CHECK(near == NULL);
	CHECK(command_find("", 0, NULL) == NULL);
}

static void test_classify(void)
{
	const char *t;

	CHECK_INT(command_classify("hello", &t), LINE_MESSAGE);
	CHECK_INT(command_classify("  \n", &t), LINE_EMPTY);
	CHECK_INT(command_classify("/forget 12", &t), LINE_COMMAND);
	CHECK_STR(t, "forget 12");
	CHECK_INT(command_classify(" /forget 12", &t), LINE_GUARDED);
	CHECK_INT(command_classify("/forgte 12", &t), LINE_GUARDED);
	CHECK_INT(command_classify("//forget", &t), LINE_MESSAGE);
	CHECK_STR(t, "/forget");
	CHECK_INT(command_classify("/etc/hosts is a file", &t), LINE_MESSAGE);
	CHECK_STR(t, "/etc/hosts is a file");
}

static void test_help(void)
{
	char *all = command_help(NULL, true, 80), *one = command_help("/forget", false, 80), *narrow = command_help("facts", false, 38);

	for (size_t i = 0; i < command_count; i++)
		CHECK(all && strstr(all, command_table[i].name) != NULL);
	CHECK(one && strstr(one, "/forget [--purge] ID|WORDS") && !strstr(one, "/quit"));
	CHECK(all && strstr(all, "\nKeys\n") && strstr(all, "\nConversation\n"));
	/* What does not fit beside stands below, and nothing is cut. */
	CHECK(one && strstr(one, "  /forget [--purge] ID|WORDS  take") == NULL);
	CHECK(all && strstr(all, "[until:DATE] [last:N]\n                        what is known"));
	CHECK_STR(narrow ? narrow : "", "  /facts [WORDS] [state:S] [since:DATE] [until:DATE] [last:N]\n"
					"    what is known, with the state of each edit\n");
	free(all);
	free(one);
	free(narrow);
}

int main(void)
{
	TEST_RUN(test_find);
	TEST_RUN(test_classify);
	TEST_RUN(test_help);
	return test_done();
}
