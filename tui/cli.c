/*
 * The command line: options, then one command. Answers go to stdout, everything else to stderr, exit codes as the manual
 * says. Options may stand before or after the command.
 */
#include "tui/cli.h"

#include "tui/config.h"
#include "tui/json.h"
#include "tui/learn_report.h"
#include "tui/turn_chats.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_MAX = 4 << 20 };

static const char usage_text[] =
	"usage: imprint [options] [command]\n"
	"\n"
	"  (no command)             the chat; --plain, or no terminal: line mode\n"
	"  ask TEXT                 one question in a fresh context; the answer on stdout\n"
	"  remember TEXT            learn now (exit 0 verified, 5 not verified, 6 nothing to learn)\n"
	"  forget ID|WORDS          take a fact out again (6 none matches, 7 several match); --purge: and its words out of\n"
	"                           every file of the ledger's folder, for good\n"
	"  facts | queue | history [FILTER]    what is known, waiting, done; FILTER: words, state:NAME, since:2026-05-03,\n"
	"                           until:DATE, last:N (0: all)\n"
	"  sessions [WORDS]         conversations kept: --load N goes on with one, -c with the last\n"
	"  facts --export FILE      what is known, as JSON lines; import FILE takes such a file in, all or nothing (--force:\n"
	"                           also what contradicts a known fact)\n"
	"  rebuild                  a new ledger from what can be read of a damaged one, which is kept\n"
	"  detect [TEXT]            what would be learned; without TEXT, lines from stdin; --force: as remember reads it\n"
	"  verify                   ask for every fact again (exit 0 all hold, 5 some do not)\n"
	"  prove ID                 base weights and edited weights side by side\n"
	"  export --gguf FILE       the edited model, for llama.cpp and others; --lora FILE: the edit alone, an adapter for the\n"
	"                           base model; --force replaces a file (exit 6 nothing is learned)\n"
	"  stats                    the model, the facts in its weights, loading time and memory\n"
	"  bench edit --data FILE   editing, measured over a list of facts: bench edit --help\n"
	"  bench speed              tokens a second, loading, memory [--peer COMMAND: the same with another's llama-bench]\n"
	"  bench model              what the model can do, over suites of prompts [--data FOLDER] [--suite NAME]\n"
	"  bench npu                an edit's cost on three phones, projected from a model's shape [--shape NAME]\n"
	"  bench cost               an edit's time and memory on a model of any size [--steps N] [--evaluations N]\n"
	"  tokenize [TEXT] | logits [TEXT] | perplexity FILE    the model file's own figures, for comparison with other engines;\n"
	"                           each has a --help of its own\n"
	"\n"
	"  -m, --model FILE         a GGUF model       --data-dir DIR    where the ledger lies\n"
	"  --profile NAME           a ledger of its own for NAME\n"
	"  --threads N  --seed N  --precision w8a16|fp32  --chat-template NAME\n"
	"  --cpu-mask LIST          use these instruction sets at most (none, avx2, avxvnni, avx512, amx, neon, dotprod, i8mm,\n"
	"                           all); answers are the same with every one, stats tells which is used\n"
	"  --temperature T  --top-k K  --top-p P  --min-p P  --repeat-penalty R    how a reply is drawn; T 0: the likeliest\n"
	"  --no-warm-start          search every edit from zero\n"
	"  --layer N                edit this layer, counted from 0; what was learned for another is searched for again\n"
	"  --search read|fit|gradient|published    how: by what practice found of the model, by every token's slopes, by the loss's\n"
	"                           gradient, as in the paper\n"
	"  --phone k60|k70|oneplus13    whose time is projected while an edit runs\n"
	"  --second-opinion         ask the model, too, whether you said it (detect shows what it thinks); not the built-in one\n"
	"  -c, --continue           the chat goes on with the last conversation; --load N: with conversation N\n"
	"  --config FILE            settings, a line each: \"theme light\"; --dump-config prints those in force\n"
	"  --json  --plain  --incognito  --no-learn  --color always|never|auto  --version  --help\n"
	"\n"
	"exit codes: 0 ok, 1 run-time error, 2 usage, 3 model missing or invalid, 4 ledger locked or corrupt,\n"
	"5 edit not verified, 6 nothing found, 7 ambiguous, 130 interrupted, 143 terminated\n";

static volatile sig_atomic_t cli_signal;

static void on_signal(int sig)
{
	cli_signal = sig;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static int signal_code(int code)
{
	return cli_signal == SIGINT ? EXIT_SIGINT : cli_signal ? EXIT_SIGTERM : code;
}

bool cli_stopped(void *arg)
{
	(void)arg;
	return cli_signal != 0;
}

static int complain(int code, const char *text)
{
	char *clean = text_sanitise(text, strlen(text));

	fprintf(stderr, "imprint: %s\n", clean ? clean : "error");
	free(clean);
	return code;
}

int cli_complain(int code, const char *text)
{
	return complain(code, text);
}

/* ---- words after the command, or stdin ---- */

static char *join_words(int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < argc; i++)
		fprintf(f, "%s%s", i ? " " : "", argv[i]);
	fclose(f);
	return text;
}

/* All of stdin, without the newlines at its end; NULL with a message when that is too much. */
static char *read_input(void)
{
	char *text = malloc(INPUT_MAX + 1);
	size_t n = text ? fread(text, 1, INPUT_MAX, stdin) : 0;

	if (!text || (n == INPUT_MAX && getchar() != EOF)) {
		complain(0, text ? "a text of more than 4 MiB is not read" : "out of memory");
		free(text);
		return NULL;
	}
	text[n] = 0;
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = 0;
	return text;
}

/* ---- commands ---- */

static int run_ask(app *a, const settings *s, const char *text)
{
	char *answer = NULL, err[512] = "";
	double begun = app_now(), seconds;
	int rc = turn_ask(a, text, &answer, err, sizeof(err));

	if (rc)
		return rc == ENGINE_ESTOP ? signal_code(EXIT_RUNTIME) : complain(EXIT_RUNTIME, err);
	seconds = app_now() - begun;
	if (s->json) {
		fputs("{\"answer\":", stdout);
		json_string(stdout, answer);
		printf(",\"tokens\":%d,\"seconds\":%.4f,\"first_token_s\":%.4f,\"tps\":%.1f}\n", a->last.tokens, seconds,
		       a->last.first_seconds, a->last.tokens_per_second);
	} else {
		char *clean = text_sanitise(answer, strlen(answer));

		puts(clean ? clean : "");
		free(clean);
	}
	free(answer);
	return EXIT_OK;
}

/* Facts that shared the forgotten one's anchor are found again at once: the chat may not be opened for days. */
static void relearn(app *a)
{
	while (!cli_signal && learn_step(a) != LEARN_IDLE)
		;
	learn_drop(a);
}

static int purge_fact(app *a, const settings *s, int64_t id)
{
	char err[512] = "";
	memory_purged p;
	int lines;

	if (learn_purge(a, id, &p, &lines, err, sizeof(err)))
		return complain(EXIT_RUNTIME, err);
	if (s->json)
		printf("{\"id\":%lld,\"purged\":true,\"facts\":%zu,\"texts\":%zu,\"lines\":%d,\"copies\":%zu}\n", (long long)id,
		       p.facts, p.texts, lines, p.copies);
	else
		report_purged(stdout, id, &p, lines);
	relearn(a);
	return EXIT_OK;
}

static int run_forget(app *a, const settings *s, const char *what)
{
	char err[512] = "", text[512];
	int64_t id = 0;
	fact f;
	int rc = report_choose(a, s->json ? stderr : stdout, what, s->purge, &id, err, sizeof(err));

	if (rc == MEMORY_ENOENT)
		return complain(EXIT_NOTHING, err);
	if (rc == MEMORY_EARG)
		return complain(EXIT_AMBIGUOUS, err);
	if (!rc)
		rc = memory_fact(a->memory, id, &f, err, sizeof(err));
	if (rc)
		return complain(EXIT_RUNTIME, err);
	if (s->purge) {
		fact_release(&f);
		return purge_fact(a, s, id);
	}
	learn_describe(a, &f, text, sizeof(text));
	if (f.status == FACT_FORGOTTEN)
		rc = MEMORY_ENOENT;
	fact_release(&f);
	if (rc)
		return complain(EXIT_NOTHING, "that fact is forgotten already");
	if (learn_forget(a, id, err, sizeof(err)))
		return complain(EXIT_RUNTIME, err);
	if (s->json) {
		printf("{\"id\":%lld,\"forgotten\":true}\n", (long long)id);
	} else {
		char *clean = text_sanitise(text, strlen(text));

		printf("forgotten #%lld: %s\n", (long long)id, clean ? clean : "");
		free(clean);
	}
	relearn(a);
	return EXIT_OK;
}

/* NAN: none. */
static double opinion_on(app *a, const char *text, const detect_fact *c)
{
	char err[256];
	double yes = NAN;

	return learn_opinion(a, text, c, &yes, err, sizeof(err)) ? NAN : yes;
}

static void detected_json(app *a, const char *text, const detect_result *d)
{
	fputs("{\"text\":", stdout);
	json_string(stdout, text);
	fputs(",\"facts\":[", stdout);
	for (size_t i = 0; i < d->n_facts; i++) {
		fputs(i ? "," : "", stdout);
		report_candidate(stdout, &d->facts[i]);
	}
	fputs("],\"ignored\":[", stdout);
	for (size_t i = 0; i < d->n_ignored; i++) {
		fputs(i ? ",{\"reason\":" : "{\"reason\":", stdout);
		json_string(stdout, d->ignored[i].reason);
		printf(",\"span\":[%zu,%zu]}", d->ignored[i].span[0], d->ignored[i].span[1]);
	}
	fputs("]", stdout);
	if (a->engine && d->n_facts) {
		fputs(",\"opinions\":[", stdout);
		for (size_t i = 0; i < d->n_facts; i++) {
			fputs(i ? "," : "", stdout);
			json_number(stdout, opinion_on(a, text, &d->facts[i]));
		}
		fputs("]", stdout);
	}
	fputs("}\n", stdout);
}

static void detected_text(app *a, const char *text, const detect_result *d)
{
	for (size_t i = 0; i < d->n_facts; i++) {
		const detect_fact *f = &d->facts[i];
		char line[512], *clean;

		snprintf(line, sizeof(line), "%s | %s | %s (%s, rule %s, %.2f)", f->subject, f->relation, f->value,
			 detect_op_name(f->op), f->rule, f->confidence);
		clean = text_sanitise(line, strlen(line));
		fputs(clean ? clean : "", stdout);
		free(clean);
		if (a->engine)
			printf(", the model says yes at %.2f", opinion_on(a, text, f));
		putchar('\n');
	}
	for (size_t i = 0; i < d->n_ignored; i++)
		printf("ignored: %s\n", d->ignored[i].reason);
	if (!d->n_facts && !d->n_ignored)
		puts("nothing");
}

static int detect_line(app *a, const settings *s, const char *text)
{
	detect_result d = { 0 };
	char err[256] = "";

	if (detect(a->relations, text, strlen(text), s->force, &d, err, sizeof(err)))
		return complain(EXIT_RUNTIME, err);
	if (s->json)
		detected_json(a, text, &d);
	else
		detected_text(a, text, &d);
	detect_free(&d);
	return EXIT_OK;
}

static int run_detect(app *a, const settings *s, int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int code = EXIT_OK;

	if (argc > 0) {
		line = join_words(argc, argv);
		code = line ? detect_line(a, s, line) : complain(EXIT_RUNTIME, "out of memory");
		free(line);
		return code;
	}
	while (!cli_signal && !ferror(stdout) && (n = getline(&line, &cap, stdin)) >= 0) {
		for (ssize_t i = 0; i < n; i++)
			if (!line[i])
				line[i] = ' ';
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = 0;
		if (detect_line(a, s, line))
			code = EXIT_RUNTIME;
	}
	free(line);
	return signal_code(code);
}

static int run_verify(app *a, const settings *s)
{
	char err[512];
	int held = 0, n = 0;

	if (report_verify(a, stdout, s->json, &held, &n, err, sizeof(err)))
		return signal_code(complain(EXIT_RUNTIME, err));
	if (!s->json)
		printf("%d of %d hold\n", held, n);
	return held == n ? EXIT_OK : EXIT_UNVERIFIED;
}

/* ---- dispatch ---- */

static int number(const char *what, const char *text, unsigned long long max, unsigned long long *out)
{
	char *end, line[160];

	errno = 0;
	*out = strtoull(text, &end, 0);
	if (errno || end == text || *end || !isdigit((unsigned char)*text) || *out > max) {
		snprintf(line, sizeof(line), "%s takes a number from 0 to %llu, not '%.40s'", what, max, text);
		return complain(EXIT_USAGE, line);
	}
	return 0;
}

enum { NEEDS_LEDGER = 1, NEEDS_MODEL = 2, NEEDS_WRITE = 4, NEEDS_RELATIONS = 8 };
enum { WORDS_NONE, WORDS_MAYBE, WORDS_TEXT /* from stdin when there are none */, WORDS_FILE };

static const struct cli_entry {
	const char *name;
	int needs, words;
} cli_commands[] = {
	{ "ask", NEEDS_MODEL, WORDS_TEXT },
	{ "remember", NEEDS_MODEL | NEEDS_WRITE, WORDS_TEXT },
	{ "forget", NEEDS_MODEL | NEEDS_WRITE, WORDS_TEXT },
	{ "prove", NEEDS_MODEL, WORDS_TEXT },
	{ "verify", NEEDS_MODEL | NEEDS_WRITE, WORDS_NONE },
	{ "stats", NEEDS_MODEL, WORDS_NONE },
	{ "export", NEEDS_MODEL, WORDS_NONE },
	{ "facts", NEEDS_LEDGER, WORDS_MAYBE },
	{ "queue", NEEDS_LEDGER, WORDS_MAYBE },
	{ "history", NEEDS_LEDGER, WORDS_MAYBE },
	{ "sessions", NEEDS_LEDGER, WORDS_MAYBE },
	{ "import", NEEDS_LEDGER | NEEDS_WRITE, WORDS_FILE },
	{ "detect", NEEDS_RELATIONS, WORDS_MAYBE },
};

static int run_prove(app *a, const char *what)
{
	char err[512] = "";
	int64_t id = 0;
	int rc = report_choose(a, stderr, what, false, &id, err, sizeof(err));

	if (!rc)
		rc = report_prove(a, stdout, id, err, sizeof(err));
	if (!rc)
		return EXIT_OK;
	return complain(rc == MEMORY_ENOENT ? EXIT_NOTHING : rc == MEMORY_EARG ? EXIT_AMBIGUOUS : EXIT_RUNTIME, err);
}

static int run_text(app *a, const settings *s, const char *name, const char *text)
{
	if (!strcmp(name, "ask"))
		return run_ask(a, s, text);
	if (!strcmp(name, "remember"))
		return cli_remember(a, s, text, cli_stopped);
	if (!strcmp(name, "forget"))
		return run_forget(a, s, text);
	return run_prove(a, text);
}

static int list_code(int rc, const char *err)
{
	return rc == MEMORY_EARG ? complain(EXIT_USAGE, err) : rc ? complain(EXIT_RUNTIME, err) : EXIT_OK;
}

static int run_history(app *a, const settings *s, const char *words, char *err, size_t errlen)
{
	bool all_digits = words && *words && strspn(words, "0123456789") == strlen(words);
	unsigned long long n = 0;

	if (all_digits && number("history", words, 1 << 30, &n))
		return EXIT_USAGE;
	return list_code(report_edits(a, stdout, false, all_digits ? NULL : words, (size_t)n, s->json, err, errlen), err);
}

static int run_sessions(app *a, const settings *s, const char *words)
{
	char err[512] = "";
	size_t n = 0;

	if (chats_report(a, stdout, words, s->json, &n, err, sizeof(err)))
		return complain(EXIT_RUNTIME, err);
	return EXIT_OK;
}

/* words: what stood after the command, joined; NULL when nothing did. */
static int run_command(app *a, const settings *s, const char *name, const char *words, int argc, char **argv)
{
	char err[512] = "";
	int rc;

	if (!strcmp(name, "detect"))
		return run_detect(a, s, argc, argv);
	if (!strcmp(name, "verify"))
		return run_verify(a, s);
	if (!strcmp(name, "export"))
		return cli_export(a, s);
	if (!strcmp(name, "history"))
		return run_history(a, s, words, err, sizeof(err));
	if (!strcmp(name, "sessions"))
		return run_sessions(a, s, words);
	if (!strcmp(name, "import"))
		return cli_facts_import(a, s, words);
	if (!strcmp(name, "facts") && s->facts_export)
		return cli_facts_export(a, s, words);
	if (!strcmp(name, "facts"))
		return list_code(report_facts(a, stdout, words, s->json, err, sizeof(err)), err);
	if (!strcmp(name, "queue"))
		return list_code(report_edits(a, stdout, true, words, 0, s->json, err, sizeof(err)), err);
	if (!strcmp(name, "stats"))
		rc = report_stats(a, stdout, s->json, err, sizeof(err));
	else
		return run_text(a, s, name, words);
	return rc ? complain(EXIT_RUNTIME, err) : EXIT_OK;
}

static int open_for(app *a, const settings *s, int needs, char *err, size_t errlen)
{
	int code;

	if ((needs & NEEDS_RELATIONS) && s->second_opinion)
		return app_open_alone(a, s, err, errlen);
	if (needs & NEEDS_MODEL)
		return app_open(a, s, !(needs & NEEDS_WRITE), err, errlen);
	if (needs & NEEDS_RELATIONS)
		return app_open_relations(a, s, err, errlen);
	code = app_open_ledger(a, s, !(needs & NEEDS_WRITE), err, errlen);
	return code ? code : app_name_model(a, err, errlen) ? EXIT_RUNTIME : 0;
}

/* The words of a command, read before anything is opened. Returns an exit code. */
static int take_words(const struct cli_entry *c, int argc, char **argv, char **out)
{
	char *text = NULL;

	if (argc > 0 && c->words == WORDS_NONE) {
		fprintf(stderr, "imprint: %s takes no words: imprint --help\n", c->name);
		return EXIT_USAGE;
	}
	if (argc != 1 && c->words == WORDS_FILE) {
		fprintf(stderr, "imprint: %s takes one file: imprint %s FILE\n", c->name, c->name);
		return EXIT_USAGE;
	}
	if (argc > 0)
		text = join_words(argc, argv);
	else if (c->words == WORDS_TEXT)
		text = read_input();
	if (c->words == WORDS_TEXT && (!text || !text[strspn(text, " \t\r\n")])) {
		free(text);
		fprintf(stderr, "imprint: %s needs a text: imprint %s \"...\"\n", c->name, c->name);
		return EXIT_USAGE;
	}
	*out = text;
	return 0;
}

typedef int (*look_fn)(const settings *s, int argc, char **argv);

/* The commands that look at the model file alone. */
static look_fn look_command(const char *name)
{
	return !strcmp(name, "tokenize")     ? cli_tokenize
	       : !strcmp(name, "logits")     ? cli_logits
	       : !strcmp(name, "perplexity") ? cli_perplexity
					     : NULL;
}

static int cli_command(const settings *s, const char *name, int argc, char **argv)
{
	const struct cli_entry *c = NULL;
	const look_fn look = look_command(name);
	app a = { .stop_reply = cli_stopped, .stop_edit = cli_stopped };
	char err[512] = "", *words = NULL;
	int code;

	for (size_t i = 0; i < sizeof(cli_commands) / sizeof(*cli_commands); i++)
		if (!strcmp(cli_commands[i].name, name))
			c = &cli_commands[i];
	if (!strcmp(name, "bench")) {
		if (argc && (!strcmp(argv[0], "model") || !strcmp(argv[0], "cost") || !strcmp(argv[0], "edit")))
			catch_signals(); /* they ask whether to stop */
		return signal_code(cli_bench(s, argc, argv));
	}
	if (!strcmp(name, "rebuild"))
		return argc ? complain(EXIT_USAGE, "rebuild takes no words") : cli_rebuild(s);
	if (!c && !look) {
		snprintf(err, sizeof(err), "unknown command '%.40s': imprint --help lists them", name);
		return complain(EXIT_USAGE, err);
	}
	catch_signals();
	if (look)
		return signal_code(look(s, argc, argv));
	code = take_words(c, argc, argv, &words);
	if (!code && !strcmp(name, "export"))
		code = cli_export_check(s);
	if (!code) {
		code = open_for(&a, s, c->needs, err, sizeof(err));
		code = code ? complain(code, err) : run_command(&a, s, name, words, argc, argv);
		app_close(&a);
	}
	free(words);
	return signal_code(code);
}

static int cli_chat(const settings *s)
{
	const bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	return terminal && !s->plain && !s->json ? chat_screen(s) : chat_plain(s);
}

/* ---- options ---- */

enum { OPT_DATA = 256, OPT_PROFILE, OPT_THREADS, OPT_SEED, OPT_PRECISION, OPT_MASK, OPT_TEMPLATE, OPT_COLD, OPT_JSON,
       OPT_PLAIN, OPT_INCOGNITO, OPT_COLOR, OPT_VERSION, OPT_NO_LEARN, OPT_OPINION, OPT_BENCH_DATA, OPT_LIMIT, OPT_SEQUENTIAL,
       OPT_SEARCH, OPT_FORGET_HALF, OPT_PEER, OPT_SUITE, OPT_VERBOSE, OPT_SPECIAL, OPT_IDS, OPT_ALL_POSITIONS, OPT_DECODE, OPT_TOKENS, OPT_TOP, OPT_CTX,
       OPT_STRIDE, OPT_TEMPERATURE, OPT_TOP_K, OPT_TOP_P, OPT_MIN_P, OPT_REPEAT, OPT_GGUF, OPT_LORA,
       OPT_FORCE, OPT_LAYER, OPT_SHAPE, OPT_PHONE, OPT_STEPS, OPT_EVALUATIONS, OPT_PURGE, OPT_EXPORT, OPT_CONFIG, OPT_DUMP, OPT_LOAD,
       OPT_BENCH /* and cli.h's enum bench_option */ };

static const struct option long_options[] = {
	{ "model", required_argument, NULL, 'm' },         { "data-dir", required_argument, NULL, OPT_DATA },
	{ "profile", required_argument, NULL, OPT_PROFILE }, { "threads", required_argument, NULL, OPT_THREADS },
	{ "seed", required_argument, NULL, OPT_SEED },     { "precision", required_argument, NULL, OPT_PRECISION },
	{ "cpu-mask", required_argument, NULL, OPT_MASK }, { "chat-template", required_argument, NULL, OPT_TEMPLATE },
	{ "layer", required_argument, NULL, OPT_LAYER },   { "no-warm-start", no_argument, NULL, OPT_COLD },  { "json", no_argument, NULL, OPT_JSON },
	{ "plain", no_argument, NULL, OPT_PLAIN },         { "incognito", no_argument, NULL, OPT_INCOGNITO },
	{ "color", required_argument, NULL, OPT_COLOR },   { "colour", required_argument, NULL, OPT_COLOR },
	{ "version", no_argument, NULL, OPT_VERSION },     { "help", no_argument, NULL, 'h' },
	{ "second-opinion", no_argument, NULL, OPT_OPINION }, { "no-learn", no_argument, NULL, OPT_NO_LEARN },   { "data", required_argument, NULL, OPT_BENCH_DATA },
	{ "forget-half", no_argument, NULL, OPT_FORGET_HALF },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "suite", required_argument, NULL, OPT_SUITE },   { "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "search", required_argument, NULL, OPT_SEARCH }, { "phone", required_argument, NULL, OPT_PHONE },
	{ "shape", required_argument, NULL, OPT_SHAPE },   { "steps", required_argument, NULL, OPT_STEPS },
	{ "evaluations", required_argument, NULL, OPT_EVALUATIONS },
	{ "limit", required_argument, NULL, OPT_LIMIT },   { "sequential", no_argument, NULL, OPT_SEQUENTIAL },
	{ "method", required_argument, NULL, OPT_BENCH + BENCH_METHOD },
	{ "resume", required_argument, NULL, OPT_BENCH + BENCH_RESUME },
	{ "at", required_argument, NULL, OPT_BENCH + BENCH_AT },
	{ "text", required_argument, NULL, OPT_BENCH + BENCH_TEXT },
	{ "shard", required_argument, NULL, OPT_BENCH + BENCH_SHARD },
	{ "table", required_argument, NULL, OPT_BENCH + BENCH_TABLE },
	{ "merge", no_argument, NULL, OPT_BENCH + BENCH_MERGE },
	{ "update", no_argument, NULL, OPT_BENCH + BENCH_UPDATE },
	{ "no-cache", no_argument, NULL, OPT_BENCH + BENCH_NO_CACHE },
	{ "special", no_argument, NULL, OPT_SPECIAL },     { "ids", no_argument, NULL, OPT_IDS },
	{ "all-positions", no_argument, NULL, OPT_ALL_POSITIONS }, { "decode", required_argument, NULL, OPT_DECODE },
	{ "tokens", required_argument, NULL, OPT_TOKENS }, { "top", required_argument, NULL, OPT_TOP },
	{ "temperature", required_argument, NULL, OPT_TEMPERATURE }, { "temp", required_argument, NULL, OPT_TEMPERATURE },
	{ "top-k", required_argument, NULL, OPT_TOP_K },   { "top-p", required_argument, NULL, OPT_TOP_P },
	{ "min-p", required_argument, NULL, OPT_MIN_P },   { "repeat-penalty", required_argument, NULL, OPT_REPEAT },
	{ "ctx", required_argument, NULL, OPT_CTX },       { "stride", required_argument, NULL, OPT_STRIDE },
	{ "gguf", required_argument, NULL, OPT_GGUF },     { "lora", required_argument, NULL, OPT_LORA },
	{ "force", no_argument, NULL, OPT_FORCE },         { "purge", no_argument, NULL, OPT_PURGE },
	{ "export", required_argument, NULL, OPT_EXPORT },
	{ "config", required_argument, NULL, OPT_CONFIG }, { "dump-config", no_argument, NULL, OPT_DUMP },
	{ "continue", no_argument, NULL, 'c' },            { "load", required_argument, NULL, OPT_LOAD },
	{ NULL, 0, NULL, 0 },
};

static int set_profile(settings *s, const char *name)
{
	static char dir[PATH_MAX];

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(name) ||
	    strlen(name) > 64) {
		fprintf(stderr, "imprint: a profile's name is made of letters, digits, - and _\n");
		return EXIT_USAGE;
	}
	if (!s->data_dir)
		return 0; /* opening the ledger will say so */
	if (snprintf(dir, sizeof(dir), "%s/%s", s->data_dir, name) >= (int)sizeof(dir)) {
		fprintf(stderr, "imprint: the ledger's path is too long\n");
		return EXIT_USAGE;
	}
	s->data_dir = dir;
	return 0;
}

static int choose_word(const char *what, const char *text, const char *const words[], int *out)
{
	char line[160];

	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], text)) {
			*out = i;
			return 0;
		}
	snprintf(line, sizeof(line), "%s: '%.40s' is not known: see --help", what, text);
	return complain(EXIT_USAGE, line);
}

/* A number of at least 1. */
static int count(const char *what, const char *text, unsigned long long max, size_t *out)
{
	unsigned long long n = 0;
	char line[160];

	if (number(what, text, max, &n))
		return EXIT_USAGE;
	*out = (size_t)n;
	snprintf(line, sizeof(line), "%s takes a number from 1 to %llu", what, max);
	return n ? 0 : complain(EXIT_USAGE, line);
}

/* Options of bench npu and bench cost; -1: it is none of them. */
static int set_cost_option(settings *s, int opt, const char *arg)
{
	static const char *const phones[] = { "k60", "k70", "oneplus13", NULL }; /* as npu_phones */

	switch (opt) {
	case OPT_SHAPE: s->bench_shape = arg; return 0;
	case OPT_STEPS: return count("--steps", arg, 1000, &s->bench_steps);
	case OPT_EVALUATIONS: return count("--evaluations", arg, 60, &s->bench_evaluations);
	case OPT_PHONE: return choose_word("--phone", arg, phones, &s->phone);
	default: return -1;
	}
}

/* Options of tokenize, logits and perplexity; -1: it is none of them. */
static int set_look_option(settings *s, int opt, const char *arg)
{
	switch (opt) {
	case OPT_SPECIAL: s->look.special = true; return 0;
	case OPT_IDS: s->look.ids_only = true; return 0;
	case OPT_ALL_POSITIONS: s->look.all_positions = true; return 0;
	case OPT_DECODE: s->look.decode = arg; return 0;
	case OPT_TOKENS: s->look.tokens = arg; return 0;
	case OPT_TOP: return count("--top", arg, 10000, &s->look.top);
	case OPT_CTX: return count("--ctx", arg, 1 << 20, &s->look.ctx);
	case OPT_STRIDE: return count("--stride", arg, 1 << 20, &s->look.stride);
	default: return -1;
	}
}

/* Options of the sampler: checked here, used where the model is opened. -1: it is none of them. */
static int set_sampling_option(settings *s, int opt, const char *arg)
{
	const struct {
		int opt;
		const char *name, **value;
	} all[] = { { OPT_TEMPERATURE, "temperature", &s->temperature }, { OPT_TOP_K, "top-k", &s->top_k },
		    { OPT_TOP_P, "top-p", &s->top_p }, { OPT_MIN_P, "min-p", &s->min_p },
		    { OPT_REPEAT, "repeat-penalty", &s->repeat_penalty } };
	sample_options scratch = sampling_default();
	char err[160], line[200];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i].opt != opt)
			continue;
		*all[i].value = arg;
		if (!sampling_set(&scratch, all[i].name, arg, err, sizeof(err)))
			return 0;
		snprintf(line, sizeof(line), "--%s", err);
		return complain(EXIT_USAGE, line);
	}
	return -1;
}

static int set_load(settings *s, const char *arg)
{
	static char line[32];
	unsigned long long n = 0;
	int rc = number("--load", arg, 1ull << 40, &n);

	snprintf(line, sizeof(line), "load %llu", n);
	s->load = line;
	return rc;
}

static int set_option(settings *s, int opt, const char *arg, const char **profile)
{
	static const char *const precisions[] = { "w8a16", "fp32", NULL };
	static const char *const searches[] = { "fit", "gradient", "published", "read", NULL }; /* enum edit_search, and one more */
	static const char *const colors[] = { "never", "always", "auto", NULL };
	unsigned long long n = 0;
	char err[256];
	int rc = 0;

	switch (opt) {
	case 'm':
		s->model = arg;
		s->model_given = true;
		break;
	case OPT_DATA: s->data_dir = arg; break;
	case OPT_PROFILE: *profile = arg; break;
	case OPT_THREADS:
		rc = number("--threads", arg, 256, &n);
		s->threads = (int)n;
		break;
	case OPT_SEED:
		rc = number("--seed", arg, ~0ull, &n);
		s->seed = n;
		break;
	case OPT_MASK:
		if (engine_cpu_mask(arg, &s->cpu_mask, err, sizeof(err)))
			rc = complain(EXIT_USAGE, err);
		s->cpu_names = arg;
		break;
	case OPT_PRECISION: rc = choose_word("--precision", arg, precisions, &s->precision); break;
	case OPT_COLOR:
		rc = choose_word("--color", arg, colors, &s->color);
		if (s->color == 2)
			s->color = -1;
		break;
	case OPT_TEMPLATE: s->chat_template = arg; break;
	case OPT_SEARCH:
		rc = choose_word("--search", arg, searches, &s->search);
		s->practice = s->search == EDIT_SEARCH_PUBLISHED + 1;
		if (s->practice)
			s->search = EDIT_SEARCH_FIT;
		break;
	case OPT_LAYER:
		rc = number("--layer", arg, 999, &n);
		s->layer = (int)n;
		s->layer_given = !rc;
		break;
	case OPT_COLD: s->warm_start = false; break;
	case OPT_JSON: s->json = true; break;
	case OPT_PLAIN: s->plain = true; break;
	case OPT_INCOGNITO: s->incognito = true; break;
	case OPT_BENCH_DATA: s->bench_data = arg; break;
	case OPT_PEER: s->bench_peer = arg; break;
	case OPT_SUITE: s->bench_suite = arg; break;
	case OPT_VERBOSE: s->verbose = true; break;
	case OPT_SEQUENTIAL: s->bench_sequential = true; break;
	case OPT_FORGET_HALF: s->bench_sequential = s->bench_forget_half = true; break;
	case OPT_LIMIT:
		rc = number("--limit", arg, 1 << 20, &n);
		s->bench_limit = n;
		break;
	case OPT_GGUF: s->export_gguf = arg; break;
	case OPT_LORA: s->export_lora = arg; break;
	case OPT_FORCE: s->force = true; break;
	case OPT_PURGE: s->purge = true; break;
	case OPT_EXPORT: s->facts_export = arg; break;
	case OPT_OPINION: s->second_opinion = true; break;
	case OPT_NO_LEARN: s->learn_mode = LEARN_OFF; break;
	case OPT_CONFIG: break; /* was read before */
	case OPT_DUMP: s->dump_config = true; break;
	case 'c': s->load = "load"; break;
	case OPT_LOAD: rc = set_load(s, arg); break;
	default:
		if (opt >= OPT_BENCH && opt < OPT_BENCH + BENCH_OPTIONS)
			return cli_bench_option(s, (enum bench_option)(opt - OPT_BENCH), arg);
		rc = set_look_option(s, opt, arg);
		if (rc < 0)
			rc = set_cost_option(s, opt, arg);
		if (rc < 0)
			rc = set_sampling_option(s, opt, arg);
		if (rc >= 0)
			return rc;
		fputs("imprint: --help lists the options\n", stderr);
		rc = EXIT_USAGE;
	}
	return rc;
}

/* "imprint logits --help" tells of logits. */
static const char *help_for(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (cli_inspect_help(argv[i]))
			return cli_inspect_help(argv[i]);
		else if (!strcmp(argv[i - 1], "bench"))
			return !strcmp(argv[i], "model") ? cli_model_help()
			       : !strcmp(argv[i], "npu") ? cli_npu_help()
			       : !strcmp(argv[i], "cost") ? cli_cost_help()
			       : !strcmp(argv[i], "edit") ? cli_bench_help()
							  : usage_text;
	return usage_text;
}

typedef struct configured {
	settings *s;
	const char **profile;
} configured;

/* One line of the configuration file. */
static int set_configured(void *arg, const char *name, const char *value, char *why, size_t cap)
{
	const configured *c = arg;
	static const char *const learns[] = { "auto", "ask", "off", NULL }, *const switches[] = { "off", "on", NULL },
				 *const themes[] = { "dark", "light", "mono", NULL };
	int n = 0, rc = 0;

	if (!strcmp(name, "learn")) {
		rc = choose_word("learn", value, learns, &c->s->learn_mode);
	} else if (!strcmp(name, "clipboard") || !strcmp(name, "second-opinion")) {
		rc = choose_word(name, value, switches, &n);
		*(*name == 'c' ? &c->s->clipboard : &c->s->second_opinion) = n;
	} else if (!strcmp(name, "theme")) {
		rc = choose_word("theme", value, themes, &n);
		c->s->theme = value;
	} else if (!strcmp(name, "model")) { /* what -m adds for the benchmarks, and IMPRINT_MODEL's precedence */
		c->s->model = c->s->model_env ? c->s->model : value;
	} else if (strcmp(name, "color") || c->s->color) { /* NO_COLOR wins */
		for (const struct option *o = long_options; o->name; o++)
			if (!strcmp(o->name, name))
				rc = set_option(c->s, o->val, value, c->profile);
	}
	if (rc)
		snprintf(why, cap, "%s is not set by '%.80s'", name, value);
	return rc;
}

static int read_config(int argc, char **argv, settings *s, const char **profile)
{
	const char *given = NULL;
	configured c = { s, profile };
	char err[4352] = "";

	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strncmp(argv[i], "--config=", 9))
			given = argv[i] + 9;
		else if (!strcmp(argv[i], "--config") && i + 1 < argc)
			given = argv[i + 1];
	if (given)
		s->config = given;
	int rc = s->config ? config_read(s, s->config, given != NULL, set_configured, &c, err, sizeof(err)) : 0;

	return rc ? complain(rc, err) : 0;
}

static int parse_and_run(int argc, char **argv, settings *s)
{
	const char *profile = NULL;
	int opt, rc = read_config(argc, argv, s, &profile);

	while (!rc && (opt = getopt_long(argc, argv, "cm:h", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help_for(argc, argv), stdout);
			return EXIT_OK;
		}
		if (opt == OPT_VERSION) {
			puts("imprint " IMPRINT_VERSION);
			return EXIT_OK;
		}
		rc = set_option(s, opt, optarg, &profile);
	}
	if (!rc && profile)
		rc = set_profile(s, profile);
	if (rc)
		return rc;
	if (s->dump_config) {
		config_dump(stdout, s);
		return EXIT_OK;
	}
	if (optind == argc)
		return cli_chat(s);
	return cli_command(s, argv[optind], argc - optind - 1, argv + optind + 1);
}

/* head(1) has what it wanted: that is no news. */
static bool reader_left(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

int cli_run(int argc, char **argv, settings *s)
{
	int code = parse_and_run(argc, argv, s);

	free(s->config_text);
	s->config_text = NULL;
	/* A failed write may have been noticed long before: ferror remembers. */
	if ((fflush(stdout) || ferror(stdout)) && !code)
		code = reader_left() ? EXIT_RUNTIME : complain(EXIT_RUNTIME, "the output could not be written");
	return code;
}
