/*
 * imprint bench model: what the model itself can do, over suites of prompts (FOLDER/NAME.tsv, and words.txt, the words that
 * may occur, there or in the folder above). Every prompt is a fresh dialogue, answered greedily with the weights of the
 * file: no ledger is read and nothing learned is applied. Replies are judged by fixed rules (judge.c); the rates are plain
 * shares, with the Wilson interval at 95 %. Tokens a second are those of the replies, over the time that prompts and
 * replies took together.
 */
#include "tui/cli.h"

#include "tui/json.h"
#include "tui/judge.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPLY_MAX = 4096, SAID_MAX = 8192, SUITES_MAX = 64 };

static const char folder_default[] = "tests/bench/model";

static const char help[] =
	"usage: imprint bench model [-m FILE] [--data FOLDER] [--suite NAME] [--precision w8a16|fp32] [--verbose] [--json]\n"
	"\n"
	"Asks the model every prompt of FOLDER/*.tsv (tests/bench/model unless given; tests/bench/model/dev holds those the\n"
	"training text was written with in view) in a fresh dialogue, greedily, with the weights of the file. A reply is judged\n"
	"by keys, matched as whole words, and by rules alone:\n"
	"  answer     right: holds an accepted key, no rejected one, and does not say that it does not know\n"
	"  unknown    right: says that it does not know (not that of something else), and holds no rejected key\n"
	"  command    as answer: a command of the shell, where a command would stand\n"
	"  talk       right: ended by itself, well formed, holds an accepted key and no rejected one\n"
	"  invents    (not talk) neither right, nor \"I don't know\", nor evading it\n"
	"  formed     capital at the start, . ? or ! at the end, quotes in pairs, no loop, only words of FOLDER/words.txt (or\n"
	"             FOLDER/../words.txt) or of the prompt\n"
	"  in corpus  (where the suite says so) of the prompts that ask for what the built-in model's training text states\n"
	"  --suite NAME     this one alone\n"
	"  --verbose        every reply that was not right, and why\n"
	"  --json           one object a prompt, then one a suite\n"
	"tokens/s: of the replies, over the time of prompts and replies. 95 %: the Wilson interval of the share right.\n";

const char *cli_model_help(void)
{
	return help;
}

/* ---- one prompt ---- */

typedef struct outcome {
	judgement j;
	bool ended;
	char reply[REPLY_MAX];
	char own[SUITE_TURNS][REPLY_MAX]; /* replies to the turns before */
	size_t tokens; /* of the replies, end of turn included */
	double seconds;
} outcome;

typedef struct score {
	size_t n, right, invents, ended, formed, tokens;
	double seconds;
	bool talk; /* nothing can be invented */
} score;

static int reply_to(engine *e, const engine_turn *turns, size_t n, char *out, outcome *o, char *err, size_t errlen)
{
	double begun = app_now();
	int rc = engine_answer(e, turns, n, ENGINE_BASE, REPLY_TOKENS, out, REPLY_MAX, &o->ended, cli_stopped, NULL, err, errlen);
	int tokens = rc ? 0 : engine_tokenize(e, out, strlen(out), false, NULL, 0);

	o->seconds += app_now() - begun;
	o->tokens += (tokens > 0 ? (size_t)tokens : 0) + o->ended;
	return rc;
}

static int ask(engine *e, const suite *s, const suite_prompt *p, const wordlist *words, outcome *o, char *err, size_t errlen)
{
	engine_turn turns[SUITE_TURNS];
	char said[SAID_MAX] = "";
	size_t len = 0;
	int rc = 0;

	o->tokens = 0;
	o->seconds = 0;
	for (size_t i = 0; !rc && i < p->n_turns; i++) {
		const char *text = p->turn[i];

		if (i % 2 && !strcmp(text, "@")) {
			rc = reply_to(e, turns, i, o->own[i], o, err, errlen);
			text = o->own[i];
		} else if (len < sizeof(said)) { /* what the prompt itself says */
			len += (size_t)snprintf(said + len, sizeof(said) - len, "%s\n", text);
		}
		turns[i] = (engine_turn){ i % 2 ? "assistant" : "user", text, strlen(text) };
	}
	if (!rc)
		rc = reply_to(e, turns, p->n_turns, o->reply, o, err, errlen);
	if (!rc)
		o->j = judge_reply(s->kind, said, p->accepted, p->rejected, o->reply, o->ended, words);
	return rc;
}

/* ---- what is printed ---- */

static void put_clean(const char *before, const char *text, const char *after)
{
	char *clean = text_sanitise(text, strlen(text));

	printf("%s%s%s", before, clean ? clean : "", after);
	free(clean);
}

static void prompt_line(const suite *s, const suite_prompt *p, const outcome *o)
{
	char where[64];

	snprintf(where, sizeof(where), "%.31s:%d: ", s->name, p->line);
	put_clean(where, o->j.why, "\n");
	for (size_t i = 0; i < p->n_turns; i++)
		put_clean(i % 2 ? "    A: " : "    U: ", p->turn[i], "\n");
	put_clean("    A> ", o->reply, "\n");
}

static void prompt_json(const suite *s, const suite_prompt *p, const outcome *o)
{
	fputs("{\"suite\":", stdout);
	json_string(stdout, s->name);
	printf(",\"line\":%d,\"turns\":[", p->line);
	for (size_t i = 0; i < p->n_turns; i++) {
		fputs(i ? "," : "", stdout);
		json_string(stdout, p->turn[i]);
	}
	fputs("],\"reply\":", stdout);
	json_string(stdout, o->reply);
	printf(",\"right\":%s,\"invents\":%s,\"ended\":%s,\"formed\":%s,\"why\":", o->j.right ? "true" : "false",
	       o->j.invents ? "true" : "false", o->ended ? "true" : "false", o->j.formed ? "true" : "false");
	json_string(stdout, o->j.why);
	if (s->labelled)
		printf(",\"in_corpus\":%s", p->in_corpus ? "true" : "false");
	printf(",\"tokens\":%zu,\"seconds\":%.4f}\n", o->tokens, o->seconds);
}

static double share(size_t k, size_t n)
{
	return n ? (double)k / (double)n : 0;
}

static void score_line(const char *name, const score *t)
{
	double low, high;
	char invents[16] = "-";

	judge_interval(t->right, t->n, &low, &high);
	if (!t->talk)
		snprintf(invents, sizeof(invents), "%.3f", share(t->invents, t->n));
	printf("%-12s %5zu  %.3f  %.3f-%.3f  %7s  %.3f  %.3f  %8.0f\n", name, t->n, share(t->right, t->n), low, high, invents,
	       share(t->ended, t->n), share(t->formed, t->n), (double)t->tokens / (t->seconds + 1e-9));
}

/* held: of the prompts that the training text answers; n == 0: of none, or the suite does not say. */
static void score_json(const char *name, const score *t, const score *held, const engine *e, const settings *s)
{
	double low, high;

	judge_interval(t->right, t->n, &low, &high);
	fputs("{\"summary\":", stdout);
	json_string(stdout, name);
	fputs(",\"model\":", stdout);
	json_string(stdout, engine_describe(e)->name);
	printf(",\"precision\":\"%s\",\"n\":%zu,\"right\":%.4f,\"low\":%.4f,\"high\":%.4f,\"invents\":",
	       s->precision ? "fp32" : "w8a16", t->n, share(t->right, t->n), low, high);
	if (t->talk)
		fputs("null", stdout);
	else
		printf("%.4f", share(t->invents, t->n));
	printf(",\"ended\":%.4f,\"formed\":%.4f,\"tokens\":%zu,\"tokens_per_second\":%.1f", share(t->ended, t->n),
	       share(t->formed, t->n), t->tokens, (double)t->tokens / (t->seconds + 1e-9));
	if (held->n) {
		judge_interval(held->right, held->n, &low, &high);
		printf(",\"in_corpus\":{\"n\":%zu,\"right\":%.4f,\"low\":%.4f,\"high\":%.4f}", held->n,
		       share(held->right, held->n), low, high);
	}
	puts("}");
}

/* ---- all of them ---- */

static void add(score *t, const outcome *o)
{
	t->n++;
	t->right += o->j.right;
	t->invents += o->j.invents;
	t->ended += o->ended;
	t->formed += o->j.formed;
	t->tokens += o->tokens;
	t->seconds += o->seconds;
}

static int run_suite(engine *e, const settings *set, const suite *s, const wordlist *words, score *t, score *held)
{
	const bool shown = isatty(STDERR_FILENO);
	char err[512] = "", line[640];
	outcome o;

	t->talk = held->talk = s->kind == JUDGE_TALK;
	for (size_t i = 0; i < s->n; i++) {
		int rc = ask(e, s, &s->prompts[i], words, &o, err, sizeof(err));

		if (rc == ENGINE_ESTOP)
			return EXIT_RUNTIME;
		if (rc) {
			snprintf(line, sizeof(line), "%.31s:%d: %.512s", s->name, s->prompts[i].line, err);
			return cli_complain(EXIT_RUNTIME, line);
		}
		add(t, &o);
		if (s->prompts[i].in_corpus)
			add(held, &o);
		if (set->json)
			prompt_json(s, &s->prompts[i], &o);
		else if (set->verbose && !o.j.right)
			prompt_line(s, &s->prompts[i], &o);
		if (shown)
			fprintf(stderr, "\r%s %zu/%zu\033[K", s->name, i + 1, s->n);
	}
	if (shown)
		fputs("\r\033[K", stderr);
	return 0;
}

static void sum(score *all, const score *t)
{
	all->n += t->n;
	all->right += t->right;
	all->invents += t->talk ? 0 : t->invents;
	all->ended += t->ended;
	all->formed += t->formed;
	all->tokens += t->tokens;
	all->seconds += t->seconds;
	all->talk = true; /* a rate over different kinds says nothing */
}

static int run_all(engine *e, const settings *set, const suite *s, size_t n, const wordlist *words)
{
	score t[SUITES_MAX] = { { .n = 0 } }, held[SUITES_MAX] = { { .n = 0 } }, all = { .n = 0 };
	const score none = { .n = 0 };
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = run_suite(e, set, &s[i], words, &t[i], &held[i]);
	if (rc)
		return rc;
	if (!set->json)
		printf("%-12s %5s  %5s  %11s  %7s  %5s  %5s  %8s\n", "suite", "n", "right", "95 %", "invents", "ended", "formed",
		       "tokens/s");
	for (size_t i = 0; i < n; i++) {
		if (set->json)
			score_json(s[i].name, &t[i], &held[i], e, set);
		else
			score_line(s[i].name, &t[i]);
		if (!set->json && held[i].n)
			score_line("  in corpus", &held[i]);
		sum(&all, &t[i]);
	}
	if (n > 1)
		(set->json ? score_json("all", &all, &none, e, set) : score_line("all", &all));
	return 0;
}

/* ---- the files ---- */

static int load_suites(const settings *set, const char *folder, suite *s, size_t *n, char *err, size_t errlen)
{
	char pattern[1024];
	glob_t g = { .gl_pathc = 0 };
	int rc;

	snprintf(pattern, sizeof(pattern), "%s/%s.tsv", folder, set->bench_suite ? set->bench_suite : "*");
	rc = glob(pattern, 0, NULL, &g);
	if (rc || g.gl_pathc > SUITES_MAX) {
		snprintf(err, errlen, "%s: %s: give --data FOLDER", pattern, rc ? "no such suite" : "too many suites");
		globfree(&g);
		return -1;
	}
	for (size_t i = 0; !rc && i < g.gl_pathc; i++) {
		rc = suite_load(&s[*n], g.gl_pathv[i], err, errlen);
		*n += !rc;
	}
	globfree(&g);
	return rc;
}

/* Suites that stand below others share their words. */
static void find_words(const char *folder, char *path, size_t cap)
{
	snprintf(path, cap, "%s/words.txt", folder);
	if (access(path, F_OK))
		snprintf(path, cap, "%s/../words.txt", folder);
	if (access(path, F_OK)) /* the name to complain of */
		snprintf(path, cap, "%s/words.txt", folder);
}

int cli_model(const settings *set)
{
	const char *folder = set->bench_data ? set->bench_data : folder_default;
	suite s[SUITES_MAX];
	wordlist *words = NULL;
	engine *e = NULL;
	char path[1024], err[1280] = "";
	size_t n = 0;
	int rc;

	find_words(folder, path, sizeof(path));
	rc = load_suites(set, folder, s, &n, err, sizeof(err)) || wordlist_load(&words, path, err, sizeof(err));
	if (rc)
		rc = cli_complain(EXIT_USAGE, err);
	if (!rc)
		rc = cli_inspect_open(set, ENGINE_FOR_CHAT, 0, &e);
	if (!rc)
		rc = run_all(e, set, s, n, words);
	engine_close(e);
	wordlist_free(words);
	for (size_t i = 0; i < n; i++)
		suite_release(&s[i]);
	return rc;
}
