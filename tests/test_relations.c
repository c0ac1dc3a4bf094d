/* relations.c: the shipped table parses, forms fill, lies in a user's table are refused with FILE:LINE. */
#include "../memory/memory.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static const char *table_path = "assets/relations.txt";

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static void test_shipped_table(void)
{
	char err[256] = "", out[256];
	relations *r = NULL;
	const relation *x;
	size_t end = 0;

	CHECK_INT(relations_load(&r, table_path, err, sizeof(err)), 0);
	CHECK_STR(err, "");
	REQUIRE(r != NULL);
	CHECK(relations_count(r) >= 60);
	for (size_t i = 0; i < relations_count(r); i++) {
		x = relations_at(r, i);
		CHECK(x->n_ask >= 3 && x->n_test >= 1 && x->n_say >= 1);
		for (size_t k = 0; k < x->n_ask; k++) {
			CHECK(relation_fill(x->ask[k], "my dog", NULL, out, sizeof(out), &end) > 0);
			CHECK(end > 0 && end <= strlen(out));
		}
	}
	x = relations_find(r, "my dog", "name");
	REQUIRE(x != NULL);
	CHECK_STR(x->subject, "my dog");
	x = relations_find(r, "Andrew Yoder", "email");
	REQUIRE(x != NULL);
	CHECK_STR(x->subject, "*");
	CHECK(relations_find(r, "I", "no such thing") == NULL);
	relations_free(r);
}

static void test_fill(void)
{
	char out[64];
	size_t end = 9;

	CHECK_INT(relation_fill("What is [{s}]'s name?", "my dog", NULL, out, sizeof(out), &end), 22);
	CHECK_STR(out, "What is my dog's name?");
	CHECK_INT(end, 14);
	relation_fill("{T}'s name is {v}.", "my dog", "Biscuit", out, sizeof(out), &end);
	CHECK_STR(out, "Your dog's name is Biscuit.");
	CHECK_INT(end, 0);
	relation_fill("{T} is a {v}.", "Ana", "engineer", out, sizeof(out), NULL);
	CHECK_STR(out, "Ana is an engineer.");
	CHECK_INT(relation_fill("{T}'s name is {v}.", "my dog", "Biscuit", out, 10, NULL), MEMORY_EARG);
	CHECK(strlen(out) < 10);
}

static void expect_error(const char *text, const char *want)
{
	char path[] = "/tmp/imprint-relations-XXXXXX", err[256] = "";
	int fd = mkstemp(path);
	relations *r = NULL;

	REQUIRE(fd >= 0);
	close(fd);
	write_file(path, text);
	CHECK(relations_load(&r, path, err, sizeof(err)) < 0);
	if (!CHECK(strstr(err, want) != NULL))
		printf("  got: %s\n", err);
	CHECK(r == NULL);
	unlink(path);
}

static void test_errors(void)
{
	expect_error("", "holds no relation");
	expect_error("say x {v}\n", ":1: 'say' before the first");
	expect_error("relation a\nsubject I\n", ":1: relation 'a' has no 'value' line");
	expect_error("relation a\ncardinality two\n", ":2: 'two' is not one of one, many");
	expect_error("relation a\nask What is my name?\n", ":2: a question needs exactly one");
	expect_error("relation a\nask What [is] [my name]?\n", ":2: a question needs exactly one");
	expect_error("relation a\nsubject my {n}\nvalue x\nask [q]\nanswer {v}\nunknown u\nnote n\n",
		     "uses {n} without 'each'");
	expect_error("relation a\ncolour red\n", ":2: unknown key 'colour'");
}

static void test_merge_replaces(void)
{
	char path[] = "/tmp/imprint-relations-XXXXXX", err[256] = "";
	int fd = mkstemp(path);
	relations *r = NULL;
	size_t n;

	REQUIRE(fd >= 0);
	close(fd);
	write_file(path, "relation name\nsubject my {n}\neach dog, ferret\nvalue pet\nask Who is [{s}]?\n"
			 "answer It is {v}.\nunknown it\nnote it is {v}\n");
	REQUIRE(relations_load(&r, table_path, err, sizeof(err)) == 0);
	n = relations_count(r);
	CHECK_INT(relations_merge(r, path, err, sizeof(err)), 0);
	CHECK(relations_count(r) - n <= 1);
	CHECK_STR(relations_find(r, "my dog", "name")->answer, "It is {v}.");
	CHECK_INT(relations_merge(r, "/nonexistent", err, sizeof(err)), MEMORY_ENOENT);
	relations_free(r);
	unlink(path);
}

int main(void)
{
	TEST_RUN(test_shipped_table);
	TEST_RUN(test_fill);
	TEST_RUN(test_errors);
	TEST_RUN(test_merge_replaces);
	return test_done();
}
