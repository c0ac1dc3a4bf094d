/*
 * The command line: options (cli_options.c), then one command. Answers go to stdout, everything else to stderr, exit codes
 * as the manual says.
 */
#include "tui/cli.h"

#include "tui/json.h"
#include "tui/learn_report.h"
#include "tui/turn_chats.h"

#include <poll.h>
#include <signal.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MAX = 4 << 20 };

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
	for (size_t i = 0; i < d->n_ended; i++) {
		fputs(i ? ",{\"subject\":" : ",\"ended\":[{\"subject\":", stdout);
		json_string(stdout, *d->ended[i].subject ? d->ended[i].subject : d->ended[i].name);
		printf(",\"how\":\"%s\"}%s", d->ended[i].how, i + 1 == d->n_ended ? "]" : "");
	}
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
	for (size_t i = 0; i < d->n_ended; i++) {
		char *clean = text_sanitise(d->ended[i].subject, strlen(d->ended[i].subject));

		if (!*d->ended[i].subject) {
			free(clean);
			clean = text_sanitise(d->ended[i].name, strlen(d->ended[i].name));
		}
		printf("ended: %s%s%s\n", d->ended[i].how, clean && *clean ? ": " : "", clean ? clean : "");
		free(clean);
	}
	if (!d->n_facts && !d->n_ignored && !d->n_ended)
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

	if (all_digits && cli_number("history", words, 1 << 30, &n))
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
		if (!strcmp(c->name, "prove"))
			fputs("imprint: prove needs the number of a fact, as \"imprint facts\" shows it: imprint prove 3\n", stderr);
		else
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
		if (code && a.engine && engine_lost(a.engine))
			code = EXIT_MODEL;
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

static int parse_and_run(int argc, char **argv, settings *s)
{
	int first, rc = cli_options(argc, argv, s, &first);

	if (rc || !first)
		return rc;
	if (first == argc)
		return cli_chat(s);
	return cli_command(s, argv[first], argc - first - 1, argv + first + 1);
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
