/* Slash commands that need model or ledger; worker thread. Each writes its text to a stream that becomes one EV_OUTPUT. */
#include "tui/learn_report.h"
#include "tui/turn_chats.h"
#include "tui/turn_export.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_DEFAULT = 20, REMEMBER_MAX = 16 };

typedef int (*command_fn)(app *a, FILE *out, const char *args, char *err, size_t errlen);

static int need_id(const char *args, int64_t *id, char *err, size_t errlen)
{
	const char *s = args + (*args == '#');
	char *end;
	long long x = strtoll(s, &end, 10);

	if (!isdigit((unsigned char)*s) || *end || x <= 0) {
		snprintf(err, errlen, "give the number of a fact, such as 12: /facts lists them");
		return MEMORY_EARG;
	}
	*id = x;
	return 0;
}

static int cmd_facts(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	return report_facts(a, out, args, false, err, errlen);
}

/* "first 12": true, with where and the number's text. A word alone is a number forgotten; more is what to look for. */
static bool queue_moves(const char *args, int *where, const char **id)
{
	static const char *const words[] = { [QUEUE_FIRST] = "first", [QUEUE_UP] = "up", [QUEUE_DOWN] = "down", [QUEUE_LAST] = "last" };
	size_t len = strcspn(args, " \t");

	*id = args + len + strspn(args + len, " \t");
	for (int i = QUEUE_FIRST; i <= QUEUE_LAST; i++)
		if (strlen(words[i]) == len && !strncmp(args, words[i], len)) {
			*where = i;
			return !**id || isdigit((unsigned char)(*id)[**id == '#']);
		}
	return false;
}

static int queue_move(app *a, FILE *out, int where, const char *text, char *err, size_t errlen)
{
	size_t at, of;
	int64_t id;
	int rc = need_id(text, &id, err, errlen);

	if (!rc)
		rc = memory_move(a->memory, id, where, &at, &of, err, errlen);
	if (rc)
		return rc;
	if (at == 1)
		fprintf(out, "the edit of #%lld is the next.\n", (long long)id);
	else
		fprintf(out, "the edit of #%lld is number %zu of the %zu that wait.\n", (long long)id, at, of);
	learn_emit_queue(a);
	return 0;
}

static int cmd_queue(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	const char *id;
	int where;

	if (queue_moves(args, &where, &id))
		return queue_move(a, out, where, id, err, errlen);
	return report_edits(a, out, true, args, 0, false, err, errlen);
}

static int cmd_history(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	char *end;
	unsigned long n = strtoul(args, &end, 10);

	if (isdigit((unsigned char)*args) && !*end)
		return report_edits(a, out, false, NULL, n, false, err, errlen);
	return report_edits(a, out, false, args, HISTORY_DEFAULT, false, err, errlen);
}

static int cmd_why(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t id;
	int rc = need_id(args, &id, err, errlen);

	return rc ? rc : report_why(a, out, id, err, errlen);
}

static int cmd_prove(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t id;
	int rc = need_id(args, &id, err, errlen);

	return rc ? rc : report_prove(a, out, id, err, errlen);
}

static int cmd_verify(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int held, n, rc;

	(void)args;
	rc = report_verify(a, out, false, &held, &n, err, errlen);
	if (!rc)
		fprintf(out, "%d of %d hold\n", held, n);
	return rc;
}

static int cmd_stats(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	(void)args;
	return report_stats(a, out, false, err, errlen);
}

/* What the words would come to: nothing is recorded. */
static int would_remember(app *a, FILE *out, const char *text, char *err, size_t errlen)
{
	detect_result d = { 0 };
	int rc = detect(a->relations, text, strlen(text), true, &d, err, errlen);

	for (size_t i = 0; !rc && i < d.n_facts; i++) {
		const detect_fact *c = &d.facts[i];
		fact f = { .id = 0 };
		char what[512];

		snprintf(f.subject, sizeof(f.subject), "%s", c->subject);
		snprintf(f.relation, sizeof(f.relation), "%s", c->relation);
		snprintf(f.value, sizeof(f.value), "%s", c->value);
		learn_describe(a, &f, what, sizeof(what));
		report_text(out, what);
		fprintf(out, "  (%s, rule \"%s\", confidence %.2f)\n", detect_op_name(c->op), c->rule, c->confidence);
	}
	if (!rc && !d.n_facts)
		fputs("nothing would be learned from that\n", out);
	detect_free(&d);
	return rc;
}

static int cmd_remember(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t ids[REMEMBER_MAX];
	size_t n_ids;
	int n;

	if (!*args) {
		snprintf(err, errlen, "say what: /remember my dog is called Biscuit");
		return MEMORY_EARG;
	}
	if (!strncmp(args, "-n ", 3))
		return would_remember(a, out, args + 3, err, errlen);
	if (a->incognito) {
		snprintf(err, errlen, "this is incognito, nothing is kept: /incognito off first");
		return MEMORY_EARG;
	}
	n = learn_text(a, args, true, ids, REMEMBER_MAX, &n_ids, err, errlen);
	if (!n)
		fputs("no fact was found in that. Say it as a plain statement: \"my sister's name is Ana\".\n", out);
	return n < 0 ? n : 0;
}

static int purge(app *a, FILE *out, const char *what, char *err, size_t errlen)
{
	memory_purged p;
	int64_t id;
	int lines, rc = report_choose(a, out, what, true, &id, err, errlen);

	if (!rc)
		rc = learn_purge(a, id, &p, &lines, err, errlen);
	if (!rc)
		report_purged(out, id, &p, lines);
	if (!rc)
		fputs("The model has it in view no longer; the screen has until /clear.\n", out);
	return rc;
}

static int cmd_forget(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	bool shown = false;
	int64_t id;
	fact f;
	int rc;

	if (!strncmp(args, "--purge ", 8))
		return purge(a, out, args + 8 + strspn(args + 8, " "), err, errlen);
	rc = report_choose(a, out, args, false, &id, err, errlen);
	if (!rc)
		rc = memory_fact(a->memory, id, &f, err, errlen);
	if (rc)
		return rc;
	rc = report_forget(a, out, &f, &shown, err, errlen);
	fact_release(&f);
	if (shown)
		report_shown(out);
	return rc;
}

static int cmd_undo(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t id = 0, undone = 0;
	char *what = NULL;
	size_t size = 0;
	int rc = *args ? need_id(args, &id, err, errlen) : 0;
	FILE *changes = rc ? NULL : open_memstream(&what, &size);

	if (rc)
		return rc;
	rc = learn_undo(a, id, changes, &undone, err, errlen);
	if (changes)
		fclose(changes);
	if (!rc && size)
		fprintf(out, "undone: %s\n", what);
	else if (!rc)
		fprintf(out, "undone: #%lld\n", (long long)undone);
	free(what);
	return rc;
}

static int cmd_pause(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int rc = memory_pause(a->memory, true, err, errlen);

	(void)args;
	if (rc)
		return rc;
	learn_drop(a);
	learn_emit_queue(a);
	fputs("editing is paused; facts are still noted. /resume goes on.\n", out);
	return 0;
}

static int cmd_resume(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int rc = memory_pause(a->memory, false, err, errlen);

	(void)args;
	if (!rc)
		fputs("editing goes on.\n", out);
	return rc;
}

static int cmd_retry(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t id;
	int rc = need_id(args, &id, err, errlen);

	if (!rc)
		rc = memory_retry(a->memory, id, err, errlen);
	if (!rc)
		fprintf(out, "#%lld is queued again.\n", (long long)id);
	learn_emit_queue(a);
	return rc;
}

static int cmd_cancel(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t id;
	int rc = need_id(args, &id, err, errlen);

	if (rc)
		return rc;
	if (learn_working_on(a) == id)
		learn_drop(a);
	rc = memory_cancel(a->memory, id, err, errlen);
	if (!rc)
		fprintf(out, "the edit of #%lld is cancelled. /retry %lld queues it again.\n", (long long)id,
			(long long)id);
	learn_emit_queue(a);
	return rc;
}

static int cmd_new(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	(void)args, (void)err, (void)errlen;
	turn_new(a);
	fputs("A new conversation. What was learned stays.\n", out);
	return 0;
}

/* "temperature 0.7" */
static int set_sampling(app *a, const char *args, char *err, size_t errlen)
{
	const size_t len = strcspn(args, " \t");
	sample_options o = a->sampling;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : 0, args);
	if (!sampling_knows(name)) {
		snprintf(err, errlen, "/set learn auto|ask|off, second-opinion on|off, on the screen theme dark|light|mono and clipboard on|off, or "
			 "temperature, top-k, top-p, min-p, repeat-penalty, seed and a number");
		return MEMORY_EARG;
	}
	if (sampling_set(&o, name, args + len + strspn(args + len, " \t"), err, errlen))
		return MEMORY_EARG;
	return sampling_use(a, &o, err, errlen);
}

static int cmd_set(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	char sampling[200];
	int rc;

	if (!strcmp(args, "learn auto")) {
		a->learn_mode = LEARN_AUTO;
		fputs("facts are noticed and learned.\n", out);
		return 0;
	}
	if (!strcmp(args, "learn ask")) {
		a->learn_mode = LEARN_ASK;
		fputs("facts are noticed; you are asked before one is learned.\n", out);
		return 0;
	}
	if (!strcmp(args, "learn off")) {
		a->learn_mode = LEARN_OFF;
		fputs("facts are no longer noticed. /remember still works.\n", out);
		return 0;
	}
	if (!strcmp(args, "second-opinion off") || (!strcmp(args, "second-opinion on") && learn_may_judge(a))) {
		learn_judge(a, args[strlen(args) - 1] == 'n');
		fputs(a->yes_least > 0 ? "the model is asked, too, whether you said it; where it says no you are asked.\n"
					: "the model is not asked for its opinion.\n", out);
		return 0;
	}
	if (!strcmp(args, "second-opinion on")) {
		snprintf(err, errlen, "the built-in model cannot tell what you meant to say; with another one (-m) this works");
		return MEMORY_EARG;
	}
	rc = *args ? set_sampling(a, args, err, errlen) : 0;
	if (rc)
		return rc;
	if (!*args)
		fprintf(out, "learn     %s\n", a->learn_mode == LEARN_OFF ? "off" : a->learn_mode == LEARN_ASK ? "ask" : "auto");
	if (!*args && learn_may_judge(a))
		fprintf(out, "second opinion  %s\n", a->yes_least > 0 ? "on" : "off");
	sampling_describe(&a->sampling, sampling, sizeof(sampling));
	fprintf(out, "sampling  %s\n", sampling);
	if (!*args && a->set->config) {
		fputs("for good  a line each in ", out);
		report_text(out, a->set->config);
		fputs(", such as: learn ask\n", out);
	}
	return 0;
}

static int cmd_incognito(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	if (*args && strcmp(args, "on") && strcmp(args, "off")) {
		snprintf(err, errlen, "/incognito on|off");
		return MEMORY_EARG;
	}
	a->incognito = *args ? !strcmp(args, "on") : !a->incognito;
	fputs(a->incognito ? "incognito: nothing is noticed, nothing is kept.\n" : "incognito is off.\n", out);
	return 0;
}

static int cmd_model(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	char *path = export_file_name(a, args);
	int rc = 0;

	if (!path) {
		snprintf(err, errlen, "out of memory");
		return MEMORY_ENOMEM;
	}
	if (*path)
		rc = app_switch(a, strcmp(path, "default") ? path : NULL, err, errlen);
	if (!rc) {
		report_text(out, engine_describe(a->engine)->name);
		fputs(": ", out);
		report_text(out, a->set->model);
		fputs(*path ? "\nWhat is known is learned anew for it, where it was not before; the conversation goes on.\n"
			    : "\n/model FILE changes to another one, /model default to the built-in one\n", out);
	}
	free(path);
	return rc;
}

/* The key pressed after EV_ASK; not in the table of commands, nobody types it. */
static int cmd_answer(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	(void)out;
	return learn_answer(a, *args, err, errlen);
}

static const struct {
	const char *name;
	command_fn run;
} commands[] = {
	{ "facts", cmd_facts },   { "queue", cmd_queue },   { "history", cmd_history }, { "why", cmd_why },
	{ "prove", cmd_prove },   { "verify", cmd_verify }, { "stats", cmd_stats },     { "remember", cmd_remember },
	{ "forget", cmd_forget }, { "undo", cmd_undo },     { "pause", cmd_pause },     { "resume", cmd_resume },
	{ "retry", cmd_retry },   { "cancel", cmd_cancel }, { "new", cmd_new },         { "set", cmd_set },
	{ "incognito", cmd_incognito }, { "export", export_command },
	{ "sessions", chats_command }, { "load", chats_load }, { "save", chats_save }, { "context", chats_context },
	{ "model", cmd_model },
};

static command_fn command_function(const command *c)
{
	for (size_t i = 0; c && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, c->name))
			return commands[i].run;
	return NULL;
}

/* A word too many is a slip, not to be passed over. */
static int takes_words(const command *c, char *err, size_t errlen)
{
	if (*c->args)
		return 0;
	snprintf(err, errlen, "/%s takes no words", c->name);
	return MEMORY_EARG;
}

void turn_command(app *a, const char *text)
{
	size_t len = strcspn(text, " \t\n");
	bool answer = len == 6 && !strncmp(text, "answer", 6);
	command_fn run = answer ? cmd_answer : command_function(command_find(text, len, NULL));
	const char *args = text + len + strspn(text + len, " \t\n");
	char *trimmed = strdup(args), *output = NULL, err[512] = "";
	size_t size = 0;
	FILE *out = open_memstream(&output, &size);
	int rc;

	if (!out || !trimmed || !run) {
		app_emit(a, EV_ERROR, 0, 0, run ? "out of memory" : "no such command: /help lists them");
		goto out;
	}
	for (size_t n = strlen(trimmed); n && isspace((unsigned char)trimmed[n - 1]);)
		trimmed[--n] = 0;
	rc = answer || !*trimmed ? 0 : takes_words(command_find(text, len, NULL), err, sizeof(err));
	if (!rc)
		rc = run(a, out, trimmed, err, sizeof(err));
	fclose(out);
	out = NULL;
	if (size)
		app_emit(a, EV_OUTPUT, 0, 0, output);
	if (rc)
		app_emit(a, EV_ERROR, rc, 0, err);
	app_emit_status(a, false);
out:
	if (out)
		fclose(out);
	free(output);
	free(trimmed);
}
