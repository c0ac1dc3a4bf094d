/*
 * imprint bench edit: editing, measured over a list of facts. Each fact is taught to a model that knows no other, asked
 * for in words it was taught with and in others, beside questions that it may not touch, and forgotten again; every fact
 * becomes a record (bench_record.h), and the tables are made of records. `--sequential` teaches all facts to one model
 * (bench_scale.h). A run can be gone on with (--resume), be split (--shard) and be put together (--merge): the weights
 * and so the answers are a function of model, method and fact alone.
 */
#include "tui/bench_scale.h"
#include "tui/cli.h"

#include "tui/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { METHODS_MAX = 16 };
static const char text_default[] = "tests/bench/edit/text.txt";

static const char help[] =
	"usage: imprint bench edit --data FILE [options]\n"
	"       imprint bench edit --merge FILE... [--table N] [--json]\n"
	"\n"
	"Teaches every fact of FILE to the model, asks, and forgets it again; tables in Markdown at the end. FILE is a list as\n"
	"tests/bench/edit/personal200.tsv, JSON of ZsRE, CounterFact or KnowEdit, or people:N, N made-up facts.\n"
	"  --method NAME,...    who edits; all: every one (ours unless given). See also --search, --no-warm-start, --precision, --layer\n"
	"                       (--search read, the default, practises once for a model; what that took is told at the end)\n"
	"  --limit N            the first N facts alone        --update     then tell a newer value of each\n"
	"  --shard I/N          every N-th fact from the I-th  --no-cache   recompute what an edit cannot change\n"
	"  --resume FILE        records go there; what it has is not done again. It may hold runs of other methods too\n"
	"  --merge FILE...      tables of records made before, of shards or of other methods\n"
	"  --table N            1 quality, 3 facts in 8 hours, 4 memory, time, energy, 5 ablation, 6 passes, 12 named persons;\n"
	"                       all unless given\n"
	"  --sequential         all facts in one model; --at N,... tells of these sizes on the way\n"
	"  --together           the same, but each is kept once it holds alone, and all are solved for at these sizes only\n"
	"  --forget-half        then forget every second one, and compare with a model that was never told them\n"
	"  --text FILE          whose perplexity is followed (tests/bench/edit/text.txt, if there)\n"
	"  --verbose            a line for each fact           --json       records and summaries as JSON lines\n"
	"success, paraphrase, other words: replies that hold the value; forced: the value's tokens that are the likeliest where\n"
	"the right ones stand before them. locality: replies that are what they were; forced: likeliest tokens that are.\n"
	"paraphrase keeps the words for subject and relation (\"my dog's name\"), other words do not.\n";

const char *cli_bench_help(void)
{
	return help;
}

/* ---- options ---- */

static int usage(const char *text)
{
	return cli_complain(EXIT_USAGE, text);
}

static int shard_option(settings *s, const char *arg)
{
	char *end;
	unsigned long i = strtoul(arg, &end, 10), n = 0;

	if (*end == '/' && end[1] >= '0' && end[1] <= '9')
		n = strtoul(end + 1, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || !n || !i || i > n || n > BENCH_FACTS_MAX)
		return usage("--shard takes I/N, like 1/4: the first of four");
	s->edit.shard = i;
	s->edit.shards = n;
	return 0;
}

int cli_bench_option(settings *s, enum bench_option opt, const char *arg)
{
	switch (opt) {
	case BENCH_METHOD: s->edit.methods = arg; return 0;
	case BENCH_RESUME: s->edit.resume = arg; return 0;
	case BENCH_AT: s->edit.at = arg; s->bench_sequential = true; return 0;
	case BENCH_TEXT: s->edit.text = arg; return 0;
	case BENCH_MERGE: s->edit.merge = true; return 0;
	case BENCH_UPDATE: s->edit.update = true; return 0;
	case BENCH_NO_CACHE: s->bench_no_cache = true; return 0;
	case BENCH_SHARD: return shard_option(s, arg);
	default:
		s->edit.table = strtoul(arg, NULL, 10);
		return bench_table_known((int)s->edit.table) && strspn(arg, "0123456789") == strlen(arg) ? 0 :
			       usage("--table takes 1, 3, 4, 5, 6 or 12");
	}
}

/* ---- a run ---- */

typedef struct bench_cli {
	const settings *set;
	bench b;
	bench_list list;
	const char *methods[METHODS_MAX]; /* of method_names() */
	size_t n_methods;
	size_t sizes[BENCH_SIZES_MAX], n_sizes;
	bench_records records;
	FILE *out;         /* --resume, or NULL */
	size_t done, todo; /* facts of this run, for the bar */
	double begun;
	bench_size told[BENCH_SIZES_MAX + 1];
	size_t n_told;
} bench_cli;

/* "ours,rome" or "all" -> names. */
static int methods_parse(bench_cli *c, const char *text)
{
	const char *const *known = method_names();
	char line[400];
	int len = snprintf(line, sizeof(line), "--method takes all, or names of: ");

	for (size_t i = 0; known[i] && (size_t)len < sizeof(line); i++)
		len += snprintf(line + len, sizeof(line) - (size_t)len, "%s%s", i ? ", " : "", known[i]);
	for (const char *s = text ? text : "ours"; *s;) {
		size_t n = strcspn(s, ","), before = c->n_methods;

		for (size_t i = 0; known[i] && c->n_methods < METHODS_MAX; i++)
			if ((n == 3 && !strncmp(s, "all", 3)) || (strlen(known[i]) == n && !strncmp(s, known[i], n)))
				c->methods[c->n_methods++] = known[i];
		if (c->n_methods == before)
			return usage(line);
		s += n + (s[n] == ',');
	}
	return c->n_methods ? 0 : usage(line);
}

static void bar(const bench_cli *c)
{
	enum { WIDTH = 30 };
	double part = c->todo ? (double)c->done / (double)c->todo : 1, spent = app_now() - c->begun;
	int full = (int)(part * WIDTH);
	char left[32] = "";

	if (!isatty(STDERR_FILENO))
		return;
	if (c->done && c->done < c->todo)
		snprintf(left, sizeof(left), ", %.0f s left", spent / part - spent);
	fprintf(stderr, "\r%s [%.*s%*s] %zu/%zu%s\033[K", c->b.name, full, "##############################", WIDTH - full, "",
		c->done, c->todo, left);
}

static void bar_end(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void fact_line(const bench_record *r)
{
	char text[1024], *clean;
	int n = snprintf(text, sizeof(text), "%s: %s %s: %s: %s%s%s;", r->method, r->subject, r->relation, r->value, r->state,
			 *r->note ? ": " : "", r->note);
	static const struct { const char *name; enum bench_count c; } shown[] = {
		{ "own", BENCH_OWN }, { "paraphrase", BENCH_PARA }, { "far", BENCH_FAR }, { "portability", BENCH_PORT }, { "same subject", BENCH_SAME },
		{ "unrelated", BENCH_OTHER }, { "updated", BENCH_UPDATED },
	};

	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown) && n > 0 && (size_t)n < sizeof(text); i++)
		if (r->share[shown[i].c].n)
			n += snprintf(text + n, sizeof(text) - (size_t)n, " %s %d/%d", shown[i].name, r->share[shown[i].c].k,
				      r->share[shown[i].c].n);
	clean = text_sanitise(text, strlen(text));
	bar_end();
	fprintf(stderr, "%s, %.0f evaluations, %.2f s\n", clean ? clean : "", isfinite(r->evaluations) ? r->evaluations : 0,
		isfinite(r->seconds) ? r->seconds : 0);
	free(clean);
}

/* Keeps a record as a reader of its line will see it, so that tables of a run and of its files are the same. */
static int keep(bench_cli *c, const bench_record *r, bool is_new)
{
	bench_record read;
	const char *what = "out of memory";
	char *line = NULL;
	int rc = bench_record_line(r, &line) || bench_record_parse(&read, line, strlen(line), &what) ||
		 (is_new && bench_records_add(&c->records, &read));

	if (rc) {
		free(line);
		return cli_complain(EXIT_RUNTIME, what ? what : "out of memory");
	}
	if (is_new && c->out && (fprintf(c->out, "%s\n", line) < 0 || fflush(c->out)))
		rc = cli_complain(EXIT_RUNTIME, "the file of --resume cannot be written");
	if (c->set->json)
		puts(line);
	if (c->set->json)
		fflush(stdout);
	free(line);
	if (c->set->verbose && !c->set->json)
		fact_line(r);
	c->done++;
	bar(c);
	return rc;
}

static int one_fact(bench_cli *c, const bench_fact *f, bench_record *r, char *err, size_t errlen)
{
	bench *b = &c->b;
	int64_t id = 0;
	int rc = bench_teach(b, f, f->value, r, &id, err, errlen);

	if (!rc)
		rc = bench_measure(b, f, r, err, errlen);
	if (!rc && c->set->edit.update)
		rc = bench_update(b, f, r, &id, err, errlen);
	return rc ? rc : bench_forget(b, id, err, errlen);
}

static bool in_shard(const settings *s, size_t i)
{
	return !s->edit.shards || i % s->edit.shards == s->edit.shard - 1;
}

static int failed(const bench_cli *c, const bench_fact *f, int rc, const char *err)
{
	char line[800];

	bar_end();
	if (rc == ENGINE_ESTOP)
		return EXIT_RUNTIME;
	if (f)
		snprintf(line, sizeof(line), "%s: %s %d: %.500s", c->list.name, c->list.form == BENCH_PERSONAL ? "line" : "record",
			 f->number, err);
	return cli_complain(EXIT_RUNTIME, f ? line : err);
}

static int one_by_one(bench_cli *c)
{
	char err[512] = "";
	int rc = 0;

	for (size_t i = 0; !rc && i < c->b.n; i++) {
		const bench_fact *f = &c->list.facts[i];
		const bench_record *done;
		bench_record r;

		if (!in_shard(c->set, i))
			continue;
		bench_record_begin(&c->b, f, &r);
		done = bench_records_find(&c->records, &r);
		if (done && !bench_record_same_fact(done, &r))
			return failed(c, f, 0, "the file of --resume has another fact here: it was made from another list");
		if (done) {
			rc = keep(c, done, false);
			continue;
		}
		rc = one_fact(c, f, &r, err, sizeof(err));
		rc = rc ? failed(c, f, rc, err) : keep(c, &r, true);
	}
	return rc;
}

/* ---- all in one model ---- */

static void taught(size_t done, void *arg)
{
	bench_cli *c = arg;

	c->done = done;
	bar(c);
}

static void told_size(const bench_size *s, void *arg)
{
	bench_cli *c = arg;

	if (c->set->json) {
		bench_size_json(stdout, &c->b, s);
		fflush(stdout);
	}
	if (c->n_told <= BENCH_SIZES_MAX)
		c->told[c->n_told++] = *s;
}

static int half(bench_cli *c, const bench_record *r, const int64_t *ids)
{
	bench_half h;
	char err[512] = "";
	int rc = bench_forget_half(&c->b, c->set, r, ids, &h, err, sizeof(err));

	if (rc)
		return failed(c, NULL, rc, err);
	bench_half_line(stdout, &h, c->set->json);
	return 0;
}

static int all_in_one(bench_cli *c)
{
	bench_record *r = calloc(c->b.n, sizeof(*r));
	int64_t *ids = calloc(c->b.n, sizeof(*ids));
	const char *path = c->set->edit.text ? c->set->edit.text : access(text_default, R_OK) ? NULL : text_default;
	char err[512] = "out of memory";
	int rc = r && ids ? bench_scale(&c->b, c->sizes, c->n_sizes, path, r, ids, taught, told_size, c, err, sizeof(err)) :
			    ENGINE_ENOMEM;

	c->done = 0;
	rc = rc ? failed(c, NULL, rc, err) : 0;
	for (size_t i = 0; !rc && i < c->b.n; i++)
		rc = keep(c, &r[i], true);
	bar_end();
	if (!rc && !c->set->json)
		bench_sizes_table(stdout, &c->b, c->told, c->n_told);
	c->n_told = 0;
	if (!rc && c->set->bench_forget_half && !c->b.method)
		rc = half(c, r, ids);
	free(r);
	free(ids);
	return rc;
}

/* ---- the command ---- */

/* What searches from zero cost once for a model, beside what each fact cost. */
static void tell_practice(const bench_cli *c)
{
	size_t facts, bytes;
	int n = engine_practice(c->b.app.engine, &facts, &bytes);

	if (!n)
		return;
	if (c->set->json)
		printf("{\"practice\":%d,\"facts\":%zu,\"bytes\":%zu}\n", n, facts, bytes);
	else
		printf("\npractice, once for a model: %d evaluations over %zu made-up facts, %.1f MB kept\n", n, facts,
		       1e-6 * (double)bytes);
}

static void report(const settings *s, const bench_records *all)
{
	if (s->json)
		bench_summaries(stdout, all);
	else
		bench_tables(stdout, all, (int)s->edit.table);
}

static int run_methods(bench_cli *c)
{
	char err[512] = "";
	int rc = bench_open(&c->b, c->set, &c->list, err, sizeof(err));

	if (rc) {
		rc = cli_stopped(NULL) ? EXIT_RUNTIME : cli_complain(rc, err);
		bench_close(&c->b);
		return rc;
	}
	for (size_t i = 0; !rc && i < c->n_methods; i++) {
		c->done = c->todo = 0;
		for (size_t k = 0; k < c->b.n; k++)
			c->todo += in_shard(c->set, k);
		c->begun = app_now();
		if (bench_begin(&c->b, c->methods[i], err, sizeof(err)))
			rc = cli_complain(EXIT_RUNTIME, err);
		else
			rc = c->set->bench_sequential ? all_in_one(c) : one_by_one(c);
		bar_end();
		if (!rc && c->set->bench_sequential && !c->b.method && i + 1 < c->n_methods) {
			/* the ledger still holds the facts: the next method begins with a new one */
			bench_close(&c->b);
			rc = bench_open(&c->b, c->set, &c->list, err, sizeof(err));
			rc = rc ? cli_complain(rc, err) : 0;
		}
	}
	if (!rc)
		tell_practice(c);
	bench_close(&c->b);
	return rc;
}

/* What a file holds already, and the file to go on with; what a killed run left of a line is cut off. */
static int resume(bench_cli *c, const char *path)
{
	char err[512] = "", line[600];
	long bytes = 0;

	if (!access(path, F_OK) && bench_records_load(&c->records, path, false, &bytes, err, sizeof(err)))
		return cli_complain(EXIT_USAGE, err);
	c->out = fopen(path, "a");
	if (c->out && !ftruncate(fileno(c->out), bytes))
		return 0;
	snprintf(line, sizeof(line), "%.400s: %s", path, strerror(errno));
	return cli_complain(EXIT_USAGE, line);
}

static int load_list(bench_cli *c)
{
	app a = { .set = c->set };
	char err[1024] = "";
	int rc = app_open_relations(&a, c->set, err, sizeof(err)) ? EXIT_RUNTIME : 0;

	if (!rc && bench_list_load(&c->list, a.relations, c->set->bench_data, err, sizeof(err)))
		rc = EXIT_USAGE;
	relations_free(a.relations);
	if (rc)
		return cli_complain(rc, err);
	if (c->list.skipped) {
		snprintf(err, sizeof(err), "%s: %zu of %zu records left out: their prompt does not hold the subject (first: %d)",
			 c->list.name, c->list.skipped, c->list.n + c->list.skipped, c->list.first_skipped);
		cli_complain(0, err);
	}
	return 0;
}

static int check_options(bench_cli *c)
{
	const settings *s = c->set;
	const char *what = NULL;
	char line[100];

	if (!s->bench_data)
		return usage("bench edit needs --data FILE, a list such as tests/bench/edit/personal200.tsv: see bench edit --help");
	if (s->bench_sequential && (s->edit.resume || s->edit.shards || s->edit.update))
		return usage("--sequential has one ledger: --resume, --shard and --update work fact by fact");
	if (s->edit.at && bench_sizes_parse(s->edit.at, c->sizes, &c->n_sizes, &what)) {
		snprintf(line, sizeof(line), "--at %s", what);
		return usage(line);
	}
	return methods_parse(c, s->edit.methods);
}

static int bench_edit(const settings *s)
{
	bench_cli *c = calloc(1, sizeof(*c));
	int rc = c ? 0 : cli_complain(EXIT_RUNTIME, "out of memory");

	if (!c)
		return rc;
	c->set = s;
	rc = check_options(c);
	if (!rc)
		rc = load_list(c);
	if (!rc && s->edit.resume)
		rc = resume(c, s->edit.resume);
	if (!rc)
		rc = run_methods(c);
	if (!rc)
		report(s, &c->records);
	if (c->out && fclose(c->out) && !rc)
		rc = cli_complain(EXIT_RUNTIME, "the file of --resume cannot be written");
	bench_records_release(&c->records);
	bench_list_release(&c->list);
	free(c);
	return rc;
}

/* A run that lacks facts of its list is said to. */
static void tell_missing(const bench_records *all)
{
	char line[400];

	for (size_t i = 0; i < all->n; i++) {
		const bench_record *r = &all->at[i];
		size_t n = 0, first = 0;

		while (!bench_record_same_run(&all->at[first], r))
			first++;
		for (size_t k = first; first == i && k < all->n; k++)
			n += bench_record_same_run(&all->at[k], r);
		if (first != i || n >= (size_t)r->of)
			continue;
		snprintf(line, sizeof(line), "%s, %s, %s: %zu of %d facts only", r->method, r->precision, r->data, n, r->of);
		cli_complain(0, line);
	}
}

static int merge(const settings *s, int argc, char **argv)
{
	bench_records all = { .n = 0 };
	char err[512] = "";
	int rc = argc ? 0 : usage("--merge takes the files of records");

	for (int i = 0; !rc && i < argc; i++)
		if (bench_records_load(&all, argv[i], true, NULL, err, sizeof(err)))
			rc = cli_complain(EXIT_USAGE, err);
	if (!rc && !all.n)
		rc = usage("the files hold no record");
	if (!rc) {
		tell_missing(&all);
		report(s, &all);
	}
	bench_records_release(&all);
	return rc;
}

int cli_bench(const settings *s, int argc, char **argv)
{
	if (argc >= 1 && !strcmp(argv[0], "edit") && s->edit.merge)
		return merge(s, argc - 1, argv + 1);
	if (argc == 1 && !strcmp(argv[0], "edit"))
		return bench_edit(s);
	if (argc == 1 && !strcmp(argv[0], "speed"))
		return cli_speed(s);
	if (argc == 1 && !strcmp(argv[0], "model"))
		return cli_model(s);
	if (argc == 1 && !strcmp(argv[0], "npu"))
		return cli_npu(s);
	if (argc >= 1 && !strcmp(argv[0], "cost") && s->edit.merge)
		return cli_cost_merge(s, argc - 1, argv + 1);
	if (argc == 1 && !strcmp(argv[0], "cost"))
		return cli_cost(s);
	fputs("imprint: usage: imprint bench speed [--peer LLAMA-BENCH] | bench edit --data FILE [options: bench edit --help] | "
	      "bench model [--data FOLDER] [--suite NAME] [--verbose] | bench npu [--shape NAME] | "
	      "bench cost [--steps N] [--evaluations N] [--merge FILE...]\n", stderr);
	return EXIT_USAGE;
}
