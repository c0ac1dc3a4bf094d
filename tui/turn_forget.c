/*
 * "Forget my wifi password": a message that asks to forget is answered by doing it, as /forget would, and not by the model. What
 * it names is looked for among the known facts. One that fits by subject and relation goes; of several, or of those that only
 * share words with it, the user is asked which, and the next message may be the answer. The dialogue gets a reply without the
 * values: or the model would go on reading them there.
 */
#include "tui/turn_forget.h"

#include "tui/learn_int.h"
#include "tui/learn_report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LISTED_MAX = 20 };

/* ---- the answer to "which?" ---- */

void forget_ask_clear(app *a)
{
	free(a->among);
	a->among = NULL;
	a->n_among = 0;
}

static bool is_among(const app *a, int64_t id)
{
	for (size_t i = 0; i < a->n_among; i++)
		if (a->among[i] == id)
			return true;
	return false;
}

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	size_t len = strlen(text);

	while (len && strchr(" .!,", text[len - 1]))
		len--;
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && !strncasecmp(text, words[i], len))
			return true;
	return false;
}

/* "3", "#3 and #4": numbers that were listed, and nothing else. */
static bool read_numbers(const app *a, const char *s, forget_asking *out)
{
	while (*s) {
		char *end;
		long long id;

		s += strspn(s, " ,.#&");
		s += strncasecmp(s, "and ", 4) ? 0 : 4;
		s += strspn(s, " #");
		if (!*s)
			break;
		if (!isdigit((unsigned char)*s))
			return false;
		id = strtoll(s, &end, 10);
		if (!is_among(a, id) || out->n_ids == FORGET_CHOSEN_MAX)
			return false;
		out->ids[out->n_ids++] = id;
		s = end;
	}
	return out->n_ids > 0;
}

static bool read_choice(const app *a, const char *text, forget_asking *out)
{
	static const char *const all[] = { "all", "both", "all of them", "both of them", "all of these", "every one", "everything", "them all" };
	static const char *const yes[] = { "yes", "y", "yes please", "yes, please", "that one", "that's it" };
	static const char *const none[] = { "none", "no", "n", "neither", "none of them", "neither of them", "nothing", "cancel" };

	if (!a->n_among)
		return false;
	out->all = is_one_of(text, all, sizeof(all) / sizeof(*all)) ||
		   (a->n_among == 1 && is_one_of(text, yes, sizeof(yes) / sizeof(*yes)));
	out->none = is_one_of(text, none, sizeof(none) / sizeof(*none));
	return out->all || out->none || read_numbers(a, text, out);
}

static bool any_named(app *a, const forget_request *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n && !any; i++) {
		fact *f = NULL;
		size_t n = 0;
		bool sure;

		any = !report_named(a, &r->target[i], true, &f, &n, &sure, NULL, 0) && n;
		facts_free(f, n);
	}
	return any;
}

bool forget_asked(app *a, const char *text, bool instead, forget_asking *out)
{
	memset(out, 0, sizeof(*out));
	text += strspn(text, " ");
	out->chosen = !instead && read_choice(a, text, out);
	if (out->chosen)
		return true;
	if (!a->memory || detect_forget(a->relations, text, strlen(text), &out->request) ||
	    (out->request.loose && !any_named(a, &out->request)))
		return false;
	/* With nothing noted in the message before, "forget what I said" is a way of speaking. */
	return out->request.what != FORGET_NOT && (out->request.what != FORGET_LAST || (!instead && a->n_deeds));
}

/* ---- doing it ---- */

typedef struct forgetting {
	app *a;
	FILE *out;
	size_t done, failed;
	bool shown;   /* one that went still stands in the conversation */
	int64_t *ask; /* to be asked about */
	size_t n_ask, cap_ask;
} forgetting;

static void forget_fact(forgetting *g, int64_t id)
{
	char err[256] = "";
	detect_fact was = { .op = DETECT_RETRACT };
	int64_t act;
	fact f;
	int rc = memory_fact(g->a->memory, id, &f, err, sizeof(err));

	if (!rc) {
		memcpy(was.subject, f.subject, sizeof(was.subject));
		memcpy(was.relation, f.relation, sizeof(was.relation));
		memcpy(was.value, f.value, sizeof(was.value));
		rc = report_forget(g->a, g->out, &f, &g->shown, err, sizeof(err));
		fact_release(&f);
	}
	g->done += !rc;
	g->failed += rc != 0;
	if (rc)
		app_emitf(g->a, EV_ERROR, "#%lld is still known: %s", (long long)id, err);
	else if (!memory_last_act(g->a->memory, &act, NULL, 0))
		learn_deed_add(g->a, act, DETECT_RETRACT, &was);
}

static void ask_about(forgetting *g, int64_t id)
{
	for (size_t i = 0; i < g->n_ask; i++)
		if (g->ask[i] == id)
			return;
	if (g->n_ask == g->cap_ask) {
		size_t cap = g->cap_ask ? 2 * g->cap_ask : 16;
		int64_t *ask = realloc(g->ask, cap * sizeof(*ask));

		if (!ask)
			return;
		g->ask = ask;
		g->cap_ask = cap;
	}
	g->ask[g->n_ask++] = id;
}

static void forget_target_facts(forgetting *g, const forget_target *t)
{
	char err[256];
	fact *f = NULL;
	size_t n = 0;
	bool sure = true;

	if (report_named(g->a, t, true, &f, &n, &sure, err, sizeof(err)))
		app_emit(g->a, EV_ERROR, 0, 0, err);
	if (n == 1 && sure)
		forget_fact(g, f[0].id);
	for (size_t i = 0; (n > 1 || !sure) && i < n; i++)
		ask_about(g, f[i].id);
	if (!n) {
		fputs("no fact matches \"", g->out);
		report_text(g->out, *t->words ? t->words : t->value);
		fputs("\": /facts lists what is known\n", g->out);
	}
	facts_free(f, n);
}

static void list_asked(forgetting *g)
{
	char err[128], what[512];

	fputs(g->n_ask == 1 ? "Do you mean this?\n" : "Which of these?\n", g->out);
	for (size_t i = 0; i < g->n_ask && i < LISTED_MAX; i++) {
		fact f;

		if (memory_fact(g->a->memory, g->ask[i], &f, err, sizeof(err)))
			continue;
		learn_describe(g->a, &f, what, sizeof(what));
		fact_release(&f);
		fprintf(g->out, "#%lld ", (long long)g->ask[i]);
		report_text(g->out, what);
		fputc('\n', g->out);
	}
	if (g->n_ask > LISTED_MAX)
		fprintf(g->out, "... and %zu more\n", g->n_ask - LISTED_MAX);
	fputs(g->n_ask == 1 ? "Answer yes, and it is forgotten.\n" : "Answer with a number, with several, or with \"all\".\n", g->out);
}

static void forget_all(forgetting *g)
{
	char err[256];
	fact *f = NULL;
	size_t n = 0;

	if (memory_facts(g->a->memory, NULL, true, &f, &n, err, sizeof(err)))
		app_emit(g->a, EV_ERROR, 0, 0, err);
	for (size_t i = 0; i < n; i++)
		ask_about(g, f[i].id);
	facts_free(f, n);
	if (!n)
		fputs("nothing is known\n", g->out);
}

static void forget_chosen(forgetting *g, const forget_asking *c)
{
	if (c->none)
		fputs("nothing is forgotten\n", g->out);
	for (size_t i = 0; c->all && i < g->a->n_among; i++)
		forget_fact(g, g->a->among[i]);
	for (size_t i = 0; i < c->n_ids; i++)
		forget_fact(g, c->ids[i]);
}

const char *forget_do(app *a, const forget_asking *asked, FILE *out)
{
	const forget_request *r = &asked->request;
	forgetting g = { .a = a, .out = out };

	if (r->what == FORGET_LAST) {
		learn_unsay(a, NULL, 0);
		fputs("It is as if you had not said it.\n", out);
		return "It is as if you had not said it.";
	}
	learn_deeds_clear(a);
	if (asked->chosen)
		forget_chosen(&g, asked);
	forget_ask_clear(a);
	for (size_t i = 0; r->what == FORGET_THESE && i < r->n; i++)
		forget_target_facts(&g, &r->target[i]);
	if (r->what == FORGET_ALL)
		forget_all(&g);
	if (g.shown)
		report_shown(out);
	if (g.n_ask)
		list_asked(&g);
	a->among = g.ask;
	a->n_among = g.n_ask;
	return g.n_ask ? "Which of them?" : g.done ? "Forgotten." : g.failed ? "That did not work."
	       : asked->none ? "Nothing is forgotten." : "Nothing of that is known.";
}
