/* bench_record.c and bench_table.c: a record is read as it was written, damaged files are refused with their line, and the
 * tables of made-up records hold the figures that follow from them. */
#include "../tui/bench_record.h"
#include "../tui/bench_scale.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static bench_record made(const char *name, int number)
{
	bench_record r = { .number = number, .of = 4, .model = "m", .hash = "0123", .data = "list", .precision = "w8a16",
			   .cache = true, .subject = "I", .relation = "name", .value = "Ann \"|\" Lee", .state = "verified" };

	snprintf(r.method, sizeof(r.method), "%s", name);
	r.warm_start = !strcmp(name, "ours");
	snprintf(r.search, sizeof(r.search), "%s", r.warm_start ? "fit" : "");
	r.share[BENCH_OWN] = (bench_share){ number, 4 };
	r.share[BENCH_OTHER] = (bench_share){ 3, 4 };
	r.evaluations = 10 * number;
	r.steps = 2;
	r.backward = 0;
	r.seconds = 1.5;
	r.npu_seconds = r.npu_joules = 0.25;
	r.peak_bytes = 2e6;
	r.forward_tokens = r.p_before = r.p_after = r.method_bytes = NAN;
	return r;
}

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b;
}

static void test_line(void)
{
	bench_record r = made("ours", 2), read;
	const char *what = "";
	char *line = NULL;

	snprintf(r.note, sizeof(r.note), "tab\tand \xc3\xa9");
	REQUIRE(!bench_record_line(&r, &line));
	CHECK(!strchr(line, '\n') && strstr(line, "\"own\":[2,4]") && strstr(line, "\"p_after\":null"));
	CHECK(!strstr(line, "portability"));
	CHECK_INT(bench_record_parse(&read, line, strlen(line), &what), 0);
	CHECK(bench_record_same_run(&r, &read) && bench_record_same_fact(&r, &read));
	CHECK_STR(read.note, r.note);
	CHECK(!memcmp(read.share, r.share, sizeof(r.share)));
	CHECK(same(read.evaluations, r.evaluations) && same(read.p_after, r.p_after) && same(read.seconds, r.seconds));
	for (size_t n = 0; n < strlen(line); n++) /* cut off anywhere */
		CHECK(bench_record_parse(&read, line, n, &what) < 0);
	CHECK_INT(bench_record_parse(&read, "{\"at\":3}", 8, &what), 1);
	free(line);
}

static void test_bad_lines(void)
{
	static const struct { const char *line, *what; } bad[] = {
		{ "nonsense", "no JSON object" },
		{ "[]", "no JSON object" },
		{ "{\"fact\":1}", "no \"fact\" and \"of\"" },
		{ "{\"fact\":-1,\"of\":1}", "no \"fact\" and \"of\"" },
		{ "{\"fact\":1e99,\"of\":1}", "no \"fact\" and \"of\"" },
		{ "{\"fact\":1,\"of\":1,\"warm_start\":1}", "no \"warm_start\" and \"cache\"" },
		{ "{\"fact\":1,\"of\":1,\"warm_start\":true,\"cache\":true,\"model\":7}", "a text is missing or too long" },
	};
	bench_record r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *what = "";

		CHECK(bench_record_parse(&r, bad[i].line, strlen(bad[i].line), &what) < 0);
		CHECK_STR(what, bad[i].what);
	}
}

/* ---- files ---- */

static void write_records(const char *path, const char *name, int from, int to, const char *tail)
{
	FILE *f = fopen(path, "w");

	REQUIRE(f != NULL);
	for (int i = from; i <= to; i++) {
		bench_record r = made(name, i);
		char *line = NULL;

		CHECK(!bench_record_line(&r, &line));
		fprintf(f, "%s\n", line);
		free(line);
	}
	fputs(tail, f);
	fclose(f);
}

static void test_files(void)
{
	char path[] = "/tmp/imprint-records-XXXXXX", err[256] = "", want[256];
	int fd = mkstemp(path);
	bench_records all = { .n = 0 };
	long bytes = 0;

	REQUIRE(fd >= 0);
	close(fd);
	write_records(path, "ours", 1, 2, "{\"summary\":\"x\"}\n{\"fact\":3,");
	CHECK(bench_records_load(&all, path, true, NULL, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:4: the line does not end", path);
	CHECK_STR(err, want);
	bench_records_release(&all);
	CHECK_INT(bench_records_load(&all, path, false, &bytes, err, sizeof(err)), 0);
	CHECK_INT(all.n, 2);
	CHECK_INT(truncate(path, bytes), 0);
	CHECK(bench_records_load(&all, path, true, NULL, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:1: this fact of this run stands here or in a file before already", path);
	CHECK_STR(err, want);
	write_records(path, "rome", 1, 4, "");
	CHECK_INT(bench_records_load(&all, path, true, NULL, err, sizeof(err)), 0);
	CHECK_INT(all.n, 6);
	CHECK(bench_records_find(&all, &(bench_record){ .number = 1 }) == NULL);
	CHECK(bench_records_find(&all, &all.at[5]) == &all.at[5]);
	write_records(path, "rome", 1, 0, "{}\n{\n");
	CHECK(bench_records_load(&all, path, true, NULL, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:2: no JSON object", path);
	CHECK_STR(err, want);
	bench_records_release(&all);
	write_records(path, "rome", 1, 1, "somebody's own words"); /* not what a killed run left */
	CHECK(bench_records_load(&all, path, false, NULL, err, sizeof(err)) < 0);
	snprintf(want, sizeof(want), "%s:2: no JSON object", path);
	CHECK_STR(err, want);
	bench_records_release(&all);
	unlink(path);
	CHECK(bench_records_load(&all, path, true, NULL, err, sizeof(err)) < 0);
}

/* ---- tables ---- */

static char *printed(const bench_records *all, int which, bool json)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f && json)
		bench_summaries(f, all);
	else if (f)
		bench_tables(f, all, which);
	if (f)
		fclose(f);
	return text;
}

static void holds(const bench_records *all, int which, bool json, const char *words)
{
	char *text = printed(all, which, json);

	if (!CHECK(text && strstr(text, words)))
		printf("not in it: %s\n%s\n", words, text ? text : "");
	free(text);
}

static void test_tables(void)
{
	bench_records all = { .n = 0 };
	bench_record r;
	char *text;

	for (int i = 1; i <= 4; i++) {
		r = made("ours", i);
		snprintf(r.state, sizeof(r.state), "%s", i == 1 ? "failed" : "verified");
		CHECK(!bench_records_add(&all, &r));
		r = made("rome", i);
		CHECK(!bench_records_add(&all, &r));
	}
	holds(&all, 1, false, "\nModel m, list list\n");
	holds(&all, 1, false, "| ours | w8a16 | fit, warm | 4 | 75.0 | 62.5 | - | - | - | - | - | - | - | 75.0 | - |\n"
			      "| rome | w8a16 |  | 4 | 100.0 | 62.5 |");
	holds(&all, 3, false, "| ours | w8a16 | fit, warm | 4 | 1.5 | 19200 | 0.25 | 115200 |");
	holds(&all, 4, false, "| ours | w8a16 | fit, warm | 4 | 2.0 | - | 1.5 | 1.5 | 0.25 | 0.25 |");
	holds(&all, 5, false, "| ours | 4 | 62.5 | - | 75.0 | 30 | 1.5 | 0.25 |\n");
	holds(&all, 5, false, "| our search, from zero | - | - | - | - | - | - | - |\n");
	holds(&all, 6, false, "| ours | w8a16 | fit, warm | 4 | 25.0 | - | 0.0 | 2.0 |");
	holds(&all, 0, false, "| ours | w8a16 | fit, warm | 4 | 30 | 40 | 40 | 25.0 |"); /* evaluations */
	holds(&all, 0, true, "{\"summary\":\"ours w8a16 fit, warm\",\"model\":\"m\",\"data\":\"list\",\"facts\":4,\"verified\":0.75,"
			     "\"own\":0.625,\"unrelated\":0.75,\"evaluations_median\":30,\"evaluations_p90\":40,");
	text = printed(&all, 0, false);
	CHECK(text && !strstr(text, "Table 12") && !strstr(text, "Table 5") && !strstr(text, "newer value"));
	free(text);
	r = made("ours", 9);
	snprintf(r.subject, sizeof(r.subject), "Ann Lee");
	snprintf(r.relation, sizeof(r.relation), "website");
	r.share[BENCH_OWN] = r.share[BENCH_UPDATED] = (bench_share){ 3, 4 };
	r.share[BENCH_PARA] = (bench_share){ 1, 2 };
	r.share[BENCH_OUTDATED] = (bench_share){ 0, 4 };
	CHECK(!bench_records_add(&all, &r));
	holds(&all, 0, false, "| ours | w8a16 | fit, warm | 5 | - | - | 75.0 / 50.0 | - | 75.0 |");
	holds(&all, 0, false, "| ours | w8a16 | fit, warm | 5 | 75.0 | 0.0 |");
	r = made("ours", 1);
	snprintf(r.search, sizeof(r.search), "published");
	r.warm_start = false;
	CHECK(!bench_records_add(&all, &r));
	holds(&all, 0, false, "| exact cache + quantisation | 1 | 25.0 |"); /* two stages: worth a table */
	snprintf(r.data, sizeof(r.data), "a|b\033");
	CHECK(!bench_records_add(&all, &r));
	holds(&all, 0, false, "list a/b/\n"); /* tables of their own, and nothing that breaks one */
	for (int i = -1; i < 20; i++)
		CHECK(bench_table_known(i) == (i == 1 || (i >= 3 && i <= 6) || i == 12));
	bench_records_release(&all);
}

static void test_sizes(void)
{
	size_t sizes[BENCH_SIZES_MAX], n = 0;
	const char *what = NULL;
	static const char *const bad[] = { "", ",", "1,", "1,,2", "2,1", "1,1", "0", "x", "1x", "-1", "99999999", "1 2" };

	CHECK_INT(bench_sizes_parse("10,50,200", sizes, &n, &what), 0);
	CHECK(n == 3 && sizes[0] == 10 && sizes[2] == 200);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(bench_sizes_parse(bad[i], sizes, &n, &what) < 0 && what && *what);
}

int main(void)
{
	TEST_RUN(test_line);
	TEST_RUN(test_bad_lines);
	TEST_RUN(test_files);
	TEST_RUN(test_tables);
	TEST_RUN(test_sizes);
	return test_done();
}
