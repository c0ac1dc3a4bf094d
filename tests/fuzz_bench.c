/*
 * fuzz_bench: lists of facts and records from any bytes. The first byte says which: a list as bench_json.c reads it, whose
 * facts then have all they need and an anchor inside their prompt; a line of a record, which is written and read again
 * to the same; or lines of bench cost, whose table has the same number of cells in every row.
 */
#include "fuzz.h"
#include "tui/bench.h"
#include "tui/bench_record.h"
#include "tui/cost_record.h"

#include <string.h>

const char fuzz_name[] = "bench";
const int fuzz_rounds = 3000;

enum { MAX_INPUT = 1 << 14 };

static void check_probes(const bench_probes *p, bool answered)
{
	for (size_t i = 0; i < p->n; i++)
		FUZZ_REQUIRE(p->at[i].question && *p->at[i].question && (!answered || p->at[i].accepted));
}

static void check_list(const char *s, size_t n)
{
	char err[256] = "";
	bench_list l = { .n = 0 };
	int rc = bench_json_read(&l, s, n, "list", err, sizeof(err));

	FUZZ_REQUIRE(rc ? *err && !strchr(err, '\n') : l.n > 0);
	for (size_t i = 0; !rc && i < l.n; i++) {
		const bench_fact *f = &l.facts[i];

		FUZZ_REQUIRE(f->subject && f->prompt && *f->value && f->number > 0);
		FUZZ_REQUIRE(f->anchor_end >= strlen(f->subject) && f->anchor_end <= strlen(f->prompt));
		check_probes(&f->para, true);
		check_probes(&f->port, true);
		check_probes(&f->local, false);
	}
	bench_list_release(&l);
}

static void check_record(const char *s, size_t n)
{
	const char *what = NULL;
	char *line = NULL;
	bench_record r, again;
	int rc = bench_record_parse(&r, s, n, &what);

	FUZZ_REQUIRE(rc >= 0 ? !what : what && *what);
	if (rc)
		return;
	FUZZ_REQUIRE(!bench_record_line(&r, &line) && !strchr(line, '\n'));
	FUZZ_REQUIRE(!bench_record_parse(&again, line, strlen(line), &what));
	free(line);
	/* What is no UTF-8 becomes U+FFFD when written, so texts may differ; counts may not. */
	FUZZ_REQUIRE(again.number == r.number && again.of == r.of && !memcmp(again.share, r.share, sizeof(r.share)));
}

static size_t count(const char *s, const char *end, char c)
{
	size_t n = 0;

	for (; s < end; s++)
		n += *s == c;
	return n;
}

static void check_cost(const char *s, size_t n)
{
	cost_runs all = { .n = 0 };
	char *text = NULL;
	size_t len = 0, cells = 0;
	FILE *f = open_memstream(&text, &len);

	FUZZ_REQUIRE(f);
	for (size_t i = 0, to; i < n; i = to + 1) {
		const char *end = memchr(s + i, '\n', n - i), *what;

		to = end ? (size_t)(end - s) : n;
		what = cost_runs_line(&all, s + i, to - i);
		FUZZ_REQUIRE(!what || *what);
	}
	cost_table(f, &all);
	FUZZ_REQUIRE(!fclose(f));
	for (const char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		FUZZ_REQUIRE(end);
		if (*line != '|')
			continue;
		cells = cells ? cells : count(line, end, '|');
		FUZZ_REQUIRE(count(line, end, '|') == cells);
	}
	for (size_t i = 0; i < len; i++)
		FUZZ_REQUIRE(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	free(text);
	cost_runs_release(&all);
}

static const char cost_lines[] =
	"c{\"test\":\"fact\",\"model\":\"m\",\"params\":9,\"kernels\":\"avx2\",\"threads\":2,\"phone\":\"k60\",\"load_average\":0.1}\n"
	"{\"test\":\"search\",\"search\":\"ours\",\"exact_cache\":true,\"steps\":2,\"evaluations\":20,\"seconds\":0.4,"
	"\"prepare_seconds\":0.1,\"seconds_per_step\":0.2,\"npu_prepare_seconds\":1,\"npu_seconds\":2,"
	"\"evaluations_per_second\":50,\"rows\":381,\"peak_bytes\":1}\n"
	"{\"test\":\"cache\",\"speed_up\":2,\"identical\":true}\n"
	"{\"test\":\"solve\",\"peak_bytes\":7}\n"
	"{\"test\":\"memory\",\"peak_reset\":true,\"weight_bytes\":4}\n";

void fuzz_seeds(fuzz_put *put, void *arg)
{
	static const char *const lists[] = { "zsre", "counterfact", "knowedit" };
	bench_record r = { .number = 3, .of = 5, .model = "m", .method = "ours", .seconds = 1.5, .share = { { 1, 2 } } };
	char path[128], text[MAX_INPUT] = "l", *line;

	for (int i = 0; i < 3; i++) {
		size_t n = 0;
		FILE *f;

		snprintf(path, sizeof(path), "tests/bench/edit/sample-%s.json", lists[i]);
		f = fopen(path, "r");
		if (f) {
			n = fread(text + 1, 1, sizeof(text) - 1, f);
			fclose(f);
		}
		put(arg, lists[i], text, n + 1);
	}
	put(arg, "cost", cost_lines, strlen(cost_lines));
	if (bench_record_line(&r, &line))
		return;
	snprintf(text, sizeof(text), "r%s", line);
	put(arg, "record", text, strlen(text));
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s;

	if (!size || size > MAX_INPUT)
		return 0;
	s = malloc(size); /* its own size, so that a read past the end is seen */
	FUZZ_REQUIRE(s);
	memcpy(s, data + 1, size - 1);
	if (*data == 'r')
		check_record(s, size - 1);
	else if (*data == 'c')
		check_cost(s, size - 1);
	else
		check_list(s, size - 1);
	free(s);
	return 0;
}
