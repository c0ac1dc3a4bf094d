/* cost_record.c and cost_table.c: rows are read as cli_cost.c prints them, damaged ones are refused, and the table of
 * made-up runs holds the figures that follow from them. */
#include "../tui/cost_record.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#define HEAD(model, params)                                                                                           \
	"{\"test\":\"fact\",\"model\":\"" model "\",\"params\":" params ",\"kernels\":\"avx2\",\"threads\":2,"        \
	"\"phone\":\"k60\",\"load_average\":0.10}"
#define SEARCH(name, cached, steps, evaluations, seconds, peak)                                                       \
	"{\"test\":\"search\",\"search\":\"" name "\",\"exact_cache\":" cached ",\"steps\":" steps ",\"evaluations\":"  \
	evaluations ",\"seconds\":" seconds ",\"prepare_seconds\":0.5,\"seconds_per_step\":0.25,"                     \
	"\"npu_prepare_seconds\":1,\"npu_seconds\":4,\"evaluations_per_second\":40,\"rows\":120,\"peak_bytes\":" peak "}"
#define CACHE "{\"test\":\"cache\",\"speed_up\":2.5,\"identical\":true}"
#define SOLVE "{\"test\":\"solve\",\"peak_bytes\":3e9}"
#define MEMORY "{\"test\":\"memory\",\"weight_bytes\":1e9,\"peak_reset\":true}"

/* 20 evaluations of ours stand for 600, 201 of the published ones for 603. */
static const char *const run[] = {
	HEAD("big", "3000000000"),
	SEARCH("ours", "true", "2", "20", "2", "4e9"),
	SEARCH("published", "true", "20", "201", "10", "2e9"),
	SEARCH("ours", "true", "2", "20", "77", "9e9"),
	SEARCH("ours", "false", "2", "20", "88", "9e9"),
	CACHE,
	SOLVE,
	"{\"test\":\"of another kind\"}",
	MEMORY,
};
enum { RUN_ROWS = sizeof(run) / sizeof(*run) };

static const char *take(cost_runs *all, const char *line)
{
	return cost_runs_line(all, line, strlen(line));
}

static void take_all(cost_runs *all)
{
	for (int i = 0; i < RUN_ROWS; i++)
		CHECK_STR(take(all, run[i]) ? take(all, run[i]) : "", "");
}

/* The table or the objects, malloc'd. */
static char *printed(cost_runs *all, void (*print)(FILE *, cost_runs *))
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	print(f, all);
	fclose(f);
	return text;
}

static void test_run_is_read(void)
{
	cost_runs all = { .n = 0 };

	take_all(&all);
	REQUIRE(all.n == 1);
	CHECK_STR(all.at[0].model, "big");
	CHECK_STR(all.at[0].phone, "k60");
	CHECK(all.at[0].params == 3e9 && all.at[0].threads == 2 && all.at[0].speed_up == 2.5 && all.at[0].weights == 1e9);
	CHECK_INT(all.at[0].search[COST_OURS].steps, 2);
	CHECK(all.at[0].search[COST_OURS].seconds == 2 && all.at[0].search[COST_OURS].peak == 4e9); /* the first row of it */
	CHECK(all.at[0].search[COST_PUBLISHED].evaluations == 201);
	CHECK(take(&all, SOLVE) != NULL); /* its run has ended */
	CHECK_INT(all.n, 1);
	cost_runs_release(&all);
}

static void test_table(void)
{
	cost_runs all = { .n = 0 };
	char *text;

	take_all(&all);
	CHECK(!take(&all, HEAD("a|b\\u001b[1m", "5e6")) && !take(&all, SEARCH("ours", "true", "60", "600", "7", "1e6")));
	text = printed(&all, cost_table);
	REQUIRE(text != NULL);
	/* 0.5 + 30 * 2; 0.5 + 3 * 10; 1 + 30 * 4; 1 + 3 * 4; the published search's peak is below the solve's */
	CHECK(strstr(text, "| big | avx2, 2 | 3000.0 | 120 | 0.250 | 0.250 | 40.00 | 40.00 | 60.5 | 30.5 | 121.00 | 13.00 | 4.000 | "
			   "3.000 | 2.50 |\n"));
	CHECK(strstr(text, "| a/b/[1m | avx2, 2 | 5.0 | 120 | 0.250 | - | 40.00 | - | 7.5 | - | 5.00 | - | - | - | - |\n"));
	CHECK(strstr(text, "a/b") < strstr(text, "big"));
	CHECK(strstr(text, "taken to these: big.\n") && strstr(text, "did not end: a/b/[1m.\n"));
	CHECK(strstr(text, "the phone k60.\n") && !strstr(text, "differ") && !strstr(text, "oad average"));
	free(text);
	text = printed(&all, cost_summaries);
	REQUIRE(text != NULL);
	CHECK(strstr(text, "\"edit_seconds\":60.5,\"published_edit_seconds\":30.5,") && strstr(text, "\"cache_speed_up\":null"));
	CHECK(strstr(text, "\"scaled\":true}\n") && strstr(text, "\"scaled\":false}\n"));
	free(text);
	cost_runs_release(&all);
}

/* Records made before there were NPU seconds; peaks that could not be set back; losses that differ; other work. */
static void test_notes(void)
{
	cost_runs all = { .n = 0 };
	char *text;

	CHECK(!take(&all, "{\"test\":\"fact\",\"model\":\"old\",\"params\":1e6,\"kernels\":\"avx2\",\"threads\":1,\"load_average\":2}"));
	CHECK(!take(&all, "{\"test\":\"search\",\"search\":\"published\",\"exact_cache\":true,\"steps\":60,\"evaluations\":603,"
			  "\"seconds\":9,\"prepare_seconds\":1,\"seconds_per_step\":0.1,\"evaluations_per_second\":67,\"rows\":99,"
			  "\"peak_bytes\":5e6}"));
	CHECK(!take(&all, "{\"test\":\"cache\",\"speed_up\":2,\"identical\":false}") && !take(&all, SOLVE));
	CHECK(!take(&all, "{\"test\":\"memory\",\"weight_bytes\":7,\"peak_reset\":false}"));
	text = printed(&all, cost_table);
	REQUIRE(text != NULL);
	CHECK(strstr(text, "| old | avx2, 1 | 1.0 | 99 | - | 0.100 | - | 67.00 | - | 10.0 | - | - | - | - | 2.00 |\n"));
	CHECK(strstr(text, "differ from those without: old.\n") && strstr(text, "set back between rows, ours is that of all: old.\n"));
	CHECK(strstr(text, "Load average up to 2.0") && !strstr(text, "phone") && !strstr(text, "taken to"));
	free(text);
	cost_runs_release(&all);
}

static void test_bad_lines(void)
{
	static const struct { const char *line, *what; } bad[] = {
		{ "", "no JSON object" },
		{ "[1]", "no JSON object" },
		{ "{\"test\":\"fact\"}", "a text is missing or too long" },
		{ "{\"test\":\"fact\",\"model\":\"0123456789012345678901234567890123456789012345678901234567890123\","
		  "\"kernels\":\"\"}", "a text is missing or too long" },
		{ HEAD("m", "-1"), "a number is missing or out of range" },
		{ HEAD("m", "1e99"), "a number is missing or out of range" },
		{ HEAD("m", "1e999"), "a number is missing or out of range" },
		{ HEAD("m", "\"1\""), "a number is missing or out of range" },
		{ SEARCH("theirs", "true", "2", "20", "2", "1"), "\"search\" is neither ours nor published" },
		{ SEARCH("ours", "1", "2", "20", "2", "1"), "no \"exact_cache\"" },
		{ SEARCH("ours", "true", "0", "20", "2", "1"), "a search without steps" },
		{ SEARCH("ours", "true", "2", "0", "2", "1"), "a search without steps" },
		{ SEARCH("ours", "true", "1e12", "20", "2", "1"), "a search without steps" },
		{ SEARCH("ours", "true", "2", "20", "null", "1"), "a number is missing or out of range" },
		{ "{\"test\":\"cache\",\"speed_up\":1}", "no \"identical\"" },
		{ "{\"test\":\"solve\"}", "a number is missing or out of range" },
		{ "{\"test\":\"memory\",\"weight_bytes\":1}", "no \"peak_reset\"" },
	};
	cost_runs all = { .n = 0 };

	CHECK_STR(take(&all, SOLVE), "no row before it names the model");
	CHECK(!take(&all, HEAD("m", "1")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_STR(take(&all, bad[i].line), bad[i].what);
	for (int i = 0; i < RUN_ROWS; i++) /* cut off anywhere */
		for (size_t n = 0; n < strlen(run[i]); n++) {
			char *part = malloc(n ? n : 1); /* its own size, so that a read past the end is seen */

			REQUIRE(part != NULL);
			memcpy(part, run[i], n);
			CHECK(cost_runs_line(&all, part, n) != NULL);
			free(part);
		}
	CHECK_INT(all.n, 1);
	CHECK_INT(all.at[0].search[COST_OURS].steps, 0);
	cost_runs_release(&all);
}

static void put(const char *path, int rows, const char *tail)
{
	FILE *f = fopen(path, "w");

	REQUIRE(f != NULL);
	for (int i = 0; i < rows; i++)
		fprintf(f, "%s\n", run[i]);
	fputs(tail, f);
	fclose(f);
}

static void test_files(void)
{
	char path[] = "/tmp/imprint-cost-XXXXXX", err[256] = "", want[256];
	int fd = mkstemp(path);
	cost_runs all = { .n = 0 };

	REQUIRE(fd >= 0);
	close(fd);
	put(path, RUN_ROWS, "");
	CHECK_INT(cost_runs_load(&all, path, err, sizeof(err)), 0);
	CHECK(cost_runs_load(&all, path, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:%d: this run stands here or in a file before already", path, RUN_ROWS);
	CHECK_STR(err, want);
	put(path, 3, "{\"test\":");
	CHECK(cost_runs_load(&all, path, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:4: the line does not end", path);
	CHECK_STR(err, want);
	put(path, 0, SOLVE "\n"); /* a run of the file before is not gone on with */
	CHECK(cost_runs_load(&all, path, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:1: no row before it names the model", path);
	CHECK_STR(err, want);
	unlink(path);
	CHECK(cost_runs_load(&all, path, err, sizeof(err)) < 0);
	cost_runs_release(&all);
}

/* No line takes more memory than a record may, however long it is. */
static void test_long_line(void)
{
	char path[] = "/tmp/imprint-cost-XXXXXX", err[256] = "", want[256];
	int fd = mkstemp(path);
	cost_runs all = { .n = 0 };
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	REQUIRE(f != NULL);
	for (int i = 0; i < 100000; i++)
		fputc('{', f);
	fclose(f);
	CHECK(cost_runs_load(&all, path, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:1: the line is too long", path);
	CHECK_STR(err, want);
	unlink(path);
	cost_runs_release(&all);
}

int main(void)
{
	TEST_RUN(test_run_is_read);
	TEST_RUN(test_table);
	TEST_RUN(test_notes);
	TEST_RUN(test_bad_lines);
	TEST_RUN(test_files);
	TEST_RUN(test_long_line);
	return test_done();
}
