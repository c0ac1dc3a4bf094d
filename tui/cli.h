/* cli: commands of the command line that live in files of their own. Each returns an exit code. */
#ifndef TUI_CLI_H
#define TUI_CLI_H

#include "tui/app_int.h"

/* Learns every fact of a text now; progress on stderr. */
int cli_remember(app *a, const settings *s, const char *text, bool (*stopped)(void *arg));
/* imprint export: what --gguf and --lora name. */
int cli_export(app *a, const settings *s);
int cli_export_check(const settings *s); /* do they name something? */
/* imprint bench ... */
int cli_bench(const settings *s, int argc, char **argv);
const char *cli_bench_help(void);
/* Options of bench edit alone. Returns 0, or EXIT_USAGE after a message. */
enum bench_option { BENCH_METHOD, BENCH_RESUME, BENCH_AT, BENCH_TEXT, BENCH_MERGE, BENCH_UPDATE, BENCH_NO_CACHE, BENCH_SHARD,
		    BENCH_TABLE, BENCH_OPTIONS };
int cli_bench_option(settings *s, enum bench_option opt, const char *arg);
int cli_speed(const settings *s);
int cli_model(const settings *s);
const char *cli_model_help(void);
int cli_npu(const settings *s);
const char *cli_npu_help(void);
int cli_cost(const settings *s);
int cli_cost_merge(const settings *s, int argc, char **argv); /* the files */
const char *cli_cost_help(void);
/* One line to stderr, sanitised; returns code. */
int cli_complain(int code, const char *text);
int cli_number(const char *what, const char *text, unsigned long long max, unsigned long long *out); /* 0 or EXIT_USAGE, told */
bool cli_stopped(void *arg); /* a signal asks for the end; an engine_stop_fn */

/* cli_options.c: the configuration file and the options, into s. *first: index of the first word, argc without one, or 0 when
 * the options asked for no more than a text (--help, --version, --dump-config), which is printed. Returns an exit code, after
 * a message. */
int cli_options(int argc, char **argv, settings *s, int *first);

/* ---- cli_inspect.c, cli_perplexity.c: the model's own figures; no ledger is read ---- */

int cli_tokenize(const settings *s, int argc, char **argv);
int cli_logits(const settings *s, int argc, char **argv);
int cli_perplexity(const settings *s, int argc, char **argv);
const char *cli_inspect_help(const char *name); /* NULL: not one of these */
/* Opens settings' model; n_ctx 0: as the chat does. Returns an exit code, after a message. */
int cli_inspect_open(const settings *s, enum engine_purpose purpose, size_t n_ctx, engine **out);

/* cli_facts.c */
int cli_facts_export(app *a, const settings *s, const char *words);
int cli_facts_import(app *a, const settings *s, const char *path);
int cli_rebuild(const settings *s);

#endif
