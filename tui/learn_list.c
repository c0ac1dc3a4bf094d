/*
 * The lists: facts, queue and history as tables for people and JSON lines for programs, filtered. Rows are written as they
 * are read; a table shows the newest LIST_ROWS and says how many more there are.
 */
#include "tui/learn_report.h"

#include "tui/json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIST_ROWS = 1000, WORDS_MAX = 512 };

typedef struct list {
	app *a;
	FILE *out;
	bool json;
	size_t n;
} list;

/* ---- filters ---- */

typedef struct filter {
	memory_query q;
	char words[WORDS_MAX];
	bool has_limit, has_state;
} filter;

static int filter_fail(const char *key, const char *value, const char *wanted, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s:%.40s: %s", key, value, wanted);
	return MEMORY_EARG;
}

static int filter_state(filter *f, const char *name, char *err, size_t errlen)
{
	f->has_state = true;
	f->q.status = FACT_ACTIVE;
	if (!strcmp(name, "all")) {
		f->q.status = QUERY_ANY;
		return 0;
	}
	if (!strcmp(name, "noted")) {
		f->q.edit_state = -1;
		return 0;
	}
	for (int i = FACT_SUPERSEDED; i <= FACT_FORGOTTEN; i++)
		if (!strcmp(name, fact_status_name(i))) {
			f->q.status = i;
			return 0;
		}
	for (int i = EDIT_QUEUED; i <= EDIT_REVERTED; i++)
		if (!strcmp(name, edit_state_name(i))) {
			f->q.edit_state = i;
			return 0;
		}
	return filter_fail("state", name,
			   "queued, running, verified, failed, cancelled, reverted, noted, superseded, forgotten or all", err,
			   errlen);
}

/* "2026-05-03": the beginning of that day, or of the next. */
static int filter_date(const char *key, const char *text, int days, int64_t *out, char *err, size_t errlen)
{
	struct tm tm = { .tm_isdst = -1 };
	char c;

	if (sscanf(text, "%4d-%2d-%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &c) != 3 || tm.tm_year < 1970 || tm.tm_mon < 1 ||
	    tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31)
		return filter_fail(key, text, "a date such as 2026-05-03 is wanted", err, errlen);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	tm.tm_mday += days;
	*out = (int64_t)mktime(&tm);
	return 0;
}

static int filter_last(filter *f, const char *text, char *err, size_t errlen)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || n > 100000000)
		return filter_fail("last", text, "how many to show; 0 shows all", err, errlen);
	f->q.limit = n;
	f->has_limit = true;
	return 0;
}

static int filter_word(filter *f, const char *word, char *err, size_t errlen)
{
	size_t used = strlen(f->words);

	if (!strncmp(word, "state:", 6))
		return filter_state(f, word + 6, err, errlen);
	if (!strncmp(word, "since:", 6))
		return filter_date("since", word + 6, 0, &f->q.since, err, errlen);
	if (!strncmp(word, "until:", 6))
		return filter_date("until", word + 6, 1, &f->q.until, err, errlen);
	if (!strncmp(word, "last:", 5))
		return filter_last(f, word + 5, err, errlen);
	if (used + strlen(word) + 2 > sizeof(f->words)) {
		snprintf(err, errlen, "more words than a list can be searched for");
		return MEMORY_EARG;
	}
	snprintf(f->words + used, sizeof(f->words) - used, "%s%s", used ? " " : "", word);
	f->q.words = f->words;
	return 0;
}

static int filter_read(filter *f, const char *text, char *err, size_t errlen)
{
	char *copy = strdup(text ? text : ""), *save = NULL;
	int rc = 0;

	*f = (filter){ .q = memory_query_all() };
	if (!copy) {
		snprintf(err, errlen, "out of memory");
		return MEMORY_ENOMEM;
	}
	for (char *w = strtok_r(copy, " \t", &save); w && !rc; w = strtok_r(NULL, " \t", &save))
		rc = filter_word(f, w, err, errlen);
	free(copy);
	return rc;
}

/* What the limit left out. */
static void more_line(FILE *out, size_t more)
{
	if (more)
		fprintf(out, "and %zu older: last:0 shows all, words, state:, since: and until: choose\n", more);
}

/* ---- facts ---- */

static void fact_json(FILE *out, const fact *f)
{
	fprintf(out, "{\"id\":%lld,\"subject\":", (long long)f->id);
	json_string(out, f->subject);
	fputs(",\"relation\":", out);
	json_string(out, f->relation);
	fputs(",\"value\":", out);
	json_string(out, f->value);
	fprintf(out, ",\"status\":\"%s\",\"state\":\"%s\",\"confidence\":", fact_status_name(f->status), report_state(f));
	json_number(out, f->confidence);
	fputs(",\"rule\":", out);
	json_string(out, f->rule);
	fprintf(out, ",\"created\":%lld,\"last_verified\":%lld}\n", (long long)f->created, (long long)f->last_verified);
}

static int fact_row(void *arg, const fact *f)
{
	list *l = arg;
	char what[512], id[32];

	l->n++;
	if (l->json) {
		fact_json(l->out, f);
		return 0;
	}
	learn_describe(l->a, f, what, sizeof(what));
	snprintf(id, sizeof(id), "#%lld", (long long)f->id);
	report_column(l->out, id, 5);
	report_column(l->out, report_state(f), 9);
	report_column(l->out, what, 44);
	report_date(l->out, f->created);
	fputc('\n', l->out);
	return 0;
}

int report_facts(app *a, FILE *out, const char *text, bool json, char *err, size_t errlen)
{
	list l = { .a = a, .out = out, .json = json };
	size_t more = 0;
	filter f;
	int rc = filter_read(&f, text, err, errlen);

	if (!f.has_state && !json)
		f.q.status = FACT_ACTIVE;
	if (!f.has_limit && !json)
		f.q.limit = LIST_ROWS;
	f.q.newest_first = !json; /* as on the screen, and in the history */
	if (!rc && a->memory)
		rc = memory_each(a->memory, &f.q, fact_row, &l, &more, err, errlen);
	if (rc || json)
		return rc;
	more_line(out, more);
	if (!l.n)
		fputs(text && *text ? "no fact matches\n" : "nothing is known yet: tell me something about yourself\n", out);
	return 0;
}

/* ---- edits ---- */

static void edit_json(FILE *out, const edit_record *e, const char *what)
{
	fprintf(out, "{\"edit\":%lld,\"fact\":%lld,\"state\":\"%s\",\"text\":", (long long)e->id, (long long)e->fact_id,
		edit_state_name(e->state));
	json_string(out, what);
	fprintf(out, ",\"steps\":%d,\"evaluations\":%d,\"layer\":%d", e->steps, e->evaluations, e->layer);
	const struct { const char *key; double x; } figures[] = {
		{ "loss_before", e->loss_before }, { "loss_after", e->loss_after }, { "p_before", e->p_before },
		{ "p_after", e->p_after }, { "locality_before", e->locality_before }, { "locality", e->locality_after }, { "seconds", e->seconds },
		{ "npu_seconds", e->npu_seconds },
	};
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		fputc(',', out);
		json_key(out, figures[i].key);
		json_number(out, figures[i].x);
	}
	fprintf(out, ",\"seed\":\"%016llx\",\"error\":", (unsigned long long)e->seed);
	if (e->error)
		json_string(out, e->error);
	else
		fputs("null", out);
	fputs(",\"how\":", out);
	if (e->how)
		json_string(out, e->how);
	else
		fputs("null", out);
	fprintf(out, ",\"created\":%lld,\"ended\":%lld}\n", (long long)e->created, (long long)e->ended);
}

void report_edit_line(FILE *out, const edit_record *e, const char *what)
{
	char id[32], figures[96] = "";

	snprintf(id, sizeof(id), "#%lld", (long long)e->fact_id);
	if (isfinite(e->p_after))
		snprintf(figures, sizeof(figures), "%d evaluations, p %.2f to %.2f", e->evaluations,
			 isfinite(e->p_before) ? e->p_before : 0, e->p_after);
	if (figures[0] && isfinite(e->seconds)) /* not while it runs */
		snprintf(figures + strlen(figures), sizeof(figures) - strlen(figures), ", %.1f s", e->seconds);
	report_column(out, id, 5);
	report_column(out, edit_state_name(e->state), 9);
	report_column(out, what, 44);
	fputs(figures, out);
	if (e->error) {
		fputs(figures[0] ? "; " : "", out);
		report_text(out, e->error);
	}
	fputc('\n', out);
}

static int edit_row(void *arg, const edit_record *e, const fact *f)
{
	list *l = arg;
	char what[512];

	l->n++;
	learn_describe(l->a, f, what, sizeof(what));
	if (l->json)
		edit_json(l->out, e, what);
	else
		report_edit_line(l->out, e, what);
	return 0;
}

int report_edits(app *a, FILE *out, bool queue_only, const char *text, size_t limit, bool json, char *err, size_t errlen)
{
	list l = { .a = a, .out = out, .json = json };
	size_t more = 0;
	filter f;
	int rc = filter_read(&f, text, err, errlen);

	if (!f.has_limit)
		f.q.limit = limit || json ? limit : LIST_ROWS;
	/* The state of an edit, whatever became of its fact. */
	if (f.has_state && f.q.edit_state >= 0)
		f.q.status = QUERY_ANY;
	if (!rc && a->memory)
		rc = memory_each_edit(a->memory, queue_only, &f.q, edit_row, &l, &more, err, errlen);
	if (rc || json)
		return rc;
	more_line(out, more);
	if (queue_only && a->memory && memory_paused(a->memory))
		fputs("editing is paused: /resume\n", out);
	if (!l.n)
		fputs(text && *text ? "no edit matches\n" : queue_only ? "the queue is empty\n" : "no edit has run yet\n", out);
	return 0;
}
