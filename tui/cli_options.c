/*
 * The options: their table, what each sets, and the usage text. The configuration file is read first, so the command line
 * wins. Options may stand before or after the command.
 */
#include "tui/cli.h"

#include "tui/config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

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
	"  bench cost               an edit's time and memory on a model of any size [--steps N] [--merge FILE...]\n"
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
	"  --in-context             for comparison: replies come from the base weights, with every fact in the prompt\n"
	"  --json  --plain  --incognito  --no-learn  --color always|never|auto  --version  --help\n"
	"\n"
	"exit codes: 0 ok, 1 run-time error, 2 usage, 3 model missing or invalid, 4 ledger locked or corrupt,\n"
	"5 edit not verified, 6 nothing found, 7 ambiguous, 130 interrupted, 143 terminated\n";

int cli_number(const char *what, const char *text, unsigned long long max, unsigned long long *out)
{
	char *end, line[160];

	errno = 0;
	*out = strtoull(text, &end, 0);
	if (errno || end == text || *end || !isdigit((unsigned char)*text) || *out > max) {
		snprintf(line, sizeof(line), "%s takes a number from 0 to %llu, not '%.40s'", what, max, text);
		return cli_complain(EXIT_USAGE, line);
	}
	return 0;
}

enum { OPT_DATA = 256, OPT_PROFILE, OPT_THREADS, OPT_SEED, OPT_PRECISION, OPT_MASK, OPT_TEMPLATE, OPT_COLD, OPT_JSON,
       OPT_PLAIN, OPT_INCOGNITO, OPT_IN_CONTEXT, OPT_COLOR, OPT_VERSION, OPT_NO_LEARN, OPT_OPINION, OPT_BENCH_DATA, OPT_LIMIT, OPT_SEQUENTIAL,
       OPT_SEARCH, OPT_FORGET_HALF, OPT_TOGETHER, OPT_PEER, OPT_SUITE, OPT_VERBOSE, OPT_SPECIAL, OPT_IDS, OPT_ALL_POSITIONS, OPT_DECODE, OPT_TOKENS, OPT_TOP, OPT_CTX,
       OPT_STRIDE, OPT_TEMPERATURE, OPT_TOP_K, OPT_TOP_P, OPT_MIN_P, OPT_REPEAT, OPT_GGUF, OPT_LORA,
       OPT_FORCE, OPT_LAYER, OPT_SHAPE, OPT_PHONE, OPT_STEPS, OPT_EVALUATIONS, OPT_PURGE, OPT_EXPORT, OPT_CONFIG, OPT_DUMP, OPT_LOAD,
       OPT_BENCH /* and cli.h's enum bench_option */ };

static const char short_options[] = "cm:h";
static const struct option long_options[] = {
	{ "model", required_argument, NULL, 'm' },         { "data-dir", required_argument, NULL, OPT_DATA },
	{ "profile", required_argument, NULL, OPT_PROFILE }, { "threads", required_argument, NULL, OPT_THREADS },
	{ "seed", required_argument, NULL, OPT_SEED },     { "precision", required_argument, NULL, OPT_PRECISION },
	{ "cpu-mask", required_argument, NULL, OPT_MASK }, { "chat-template", required_argument, NULL, OPT_TEMPLATE },
	{ "layer", required_argument, NULL, OPT_LAYER },   { "no-warm-start", no_argument, NULL, OPT_COLD },  { "json", no_argument, NULL, OPT_JSON },
	{ "plain", no_argument, NULL, OPT_PLAIN },         { "incognito", no_argument, NULL, OPT_INCOGNITO },
	{ "in-context", no_argument, NULL, OPT_IN_CONTEXT },
	{ "color", required_argument, NULL, OPT_COLOR },   { "colour", required_argument, NULL, OPT_COLOR },
	{ "version", no_argument, NULL, OPT_VERSION },     { "help", no_argument, NULL, 'h' },
	{ "second-opinion", no_argument, NULL, OPT_OPINION }, { "no-learn", no_argument, NULL, OPT_NO_LEARN },   { "data", required_argument, NULL, OPT_BENCH_DATA },
	{ "forget-half", no_argument, NULL, OPT_FORGET_HALF },
	{ "together", no_argument, NULL, OPT_TOGETHER },
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
	return cli_complain(EXIT_USAGE, line);
}

/* A number of at least 1. */
static int count(const char *what, const char *text, unsigned long long max, size_t *out)
{
	unsigned long long n = 0;
	char line[160];

	if (cli_number(what, text, max, &n))
		return EXIT_USAGE;
	*out = (size_t)n;
	snprintf(line, sizeof(line), "%s takes a number from 1 to %llu", what, max);
	return n ? 0 : cli_complain(EXIT_USAGE, line);
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
		return cli_complain(EXIT_USAGE, line);
	}
	return -1;
}

static int set_load(settings *s, const char *arg)
{
	static char line[32];
	unsigned long long n = 0;
	int rc = cli_number("--load", arg, 1ull << 40, &n);

	snprintf(line, sizeof(line), "%llu", n);
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
		rc = cli_number("--threads", arg, 256, &n);
		s->threads = (int)n;
		break;
	case OPT_SEED:
		rc = cli_number("--seed", arg, ~0ull, &n);
		s->seed = n;
		break;
	case OPT_MASK:
		if (engine_cpu_mask(arg, &s->cpu_mask, err, sizeof(err)))
			rc = cli_complain(EXIT_USAGE, err);
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
		rc = cli_number("--layer", arg, 999, &n);
		s->layer = (int)n;
		s->layer_given = !rc;
		break;
	case OPT_COLD: s->warm_start = false; break;
	case OPT_JSON: s->json = true; break;
	case OPT_PLAIN: s->plain = true; break;
	case OPT_INCOGNITO: s->incognito = true; break;
	case OPT_IN_CONTEXT: s->in_context = true; break;
	case OPT_BENCH_DATA: s->bench_data = arg; break;
	case OPT_PEER: s->bench_peer = arg; break;
	case OPT_SUITE: s->bench_suite = arg; break;
	case OPT_VERBOSE: s->verbose = true; break;
	case OPT_SEQUENTIAL: s->bench_sequential = true; break;
	case OPT_TOGETHER: s->bench_sequential = s->bench_together = true; break;
	case OPT_FORGET_HALF: s->bench_sequential = s->bench_forget_half = true; break;
	case OPT_LIMIT:
		rc = cli_number("--limit", arg, 1 << 20, &n);
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
	case 'c': s->load = ""; break;
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

	return rc ? cli_complain(rc, err) : 0;
}

/* Is help or the version asked for, ahead of any unknown option? Then no setting matters. */
static bool asks_text(int argc, char **argv)
{
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, short_options, long_options, NULL)) != -1)
		if (opt == 'h' || opt == OPT_VERSION || opt == '?')
			break;
	opterr = 1;
	optind = 0; /* from the start again, with what getopt remembers of its place dropped */
	return opt == 'h' || opt == OPT_VERSION;
}

int cli_options(int argc, char **argv, settings *s, int *first)
{
	const char *profile = NULL;
	char line[160];
	int opt, rc = asks_text(argc, argv) ? 0 : read_config(argc, argv, s, &profile);

	*first = 0;
	while (!rc && (opt = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
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
	if (s->load && optind < argc) {
		snprintf(line, sizeof(line), "-c and --load open the chat: '%.40s' cannot stand with them", argv[optind]);
		return cli_complain(EXIT_USAGE, line);
	}
	*first = optind;
	return 0;
}
