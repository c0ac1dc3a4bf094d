/*
 * What the full-screen lists show, read from the ledger; worker thread. A list is lines of fields
 * with tabs between, which the screen filters and orders; what one fact holds is text.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/learn_report.h"
#include "tui/turn_chats.h"

enum { HISTORY_ROWS = 1000, TEXT_MAX = 512 };

/* A field: no tab and no newline may come from the text itself. */
static void put_field(FILE *out, const char *s, char end)
{
	for (; s && *s; s++)
		fputc(*s == '\t' || *s == '\n' || *s == '\r' ? ' ' : *s, out);
	fputc(end, out);
}

static void put_date(FILE *out, int64_t t)
{
	char text[32] = "-";
	struct tm tm;
	time_t when = (time_t)t;

	if (t && localtime_r(&when, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
	fputs(text, out);
}

static const char *state_of(const fact *f)
{
	if (f->status != FACT_ACTIVE)
		return fact_status_name(f->status);
	return f->edit_state < 0 ? "noted" : edit_state_name(f->edit_state);
}

static int facts_rows(app *a, FILE *out, char *err, size_t errlen)
{
	fact *f = NULL;
	size_t n = 0;
	int rc = memory_facts(a->memory, NULL, false, &f, &n, err, errlen);

	for (size_t i = n; !rc && i-- > 0;) { /* newest first */
		char what[TEXT_MAX];

		learn_describe(a, &f[i], what, sizeof what);
		fprintf(out, "%lld\t%s\t", (long long)f[i].id, state_of(&f[i]));
		put_field(out, what, '\t');
		put_date(out, f[i].created);
		fputc('\n', out);
	}
	facts_free(f, n);
	return rc;
}

static void edit_row(app *a, FILE *out, const edit_record *e)
{
	char err[128], what[TEXT_MAX] = "";
	fact f;

	if (!memory_fact(a->memory, e->fact_id, &f, err, sizeof err)) {
		learn_describe(a, &f, what, sizeof what);
		fact_release(&f);
	}
	fprintf(out, "%lld\t%s\t", (long long)e->fact_id, edit_state_name(e->state));
	put_field(out, what, '\t');
	if (e->error)
		put_field(out, e->error, '\n');
	else if (isfinite(e->p_after) && isfinite(e->seconds))
		fprintf(out, "p %.2f to %.2f, %.1f s\n", isfinite(e->p_before) ? e->p_before : 0,
			e->p_after, e->seconds);
	else
		fputc('\n', out);
}

static int edits_rows(app *a, FILE *out, bool queue, char *err, size_t errlen)
{
	edit_record *e = NULL;
	size_t n = 0;
	int rc = memory_edits(a->memory, queue, queue ? 0 : HISTORY_ROWS, &e, &n, err, errlen);

	for (size_t i = 0; !rc && i < n; i++)
		edit_row(a, out, &e[i]);
	edits_free(e, n);
	return rc;
}

/* ---- one fact ---- */

static void put_pair(FILE *out, const char *name, double before, double after, double scale,
		     const char *unit)
{
	if (!isfinite(before) && !isfinite(after))
		return;
	fprintf(out, "    %-24s", name);
	if (isfinite(before))
		fprintf(out, "%.*f%s before, ", scale > 1 ? 0 : 3, before * scale, unit);
	if (isfinite(after))
		fprintf(out, "%.*f%s after", scale > 1 ? 0 : 3, after * scale, unit);
	fputc('\n', out);
}

static void put_edit(FILE *out, const edit_record *e)
{
	fprintf(out, "  %s, ", edit_state_name(e->state));
	put_date(out, e->ended ? e->ended : e->created);
	fputc('\n', out);
	if (e->error)
		fprintf(out, "    %s\n", e->error);
	if (e->evaluations > 0) {
		fprintf(out, "    %d evaluations, %d steps, layer %d", e->evaluations, e->steps, e->layer);
		if (isfinite(e->seconds))
			fprintf(out, ", %.1f s", e->seconds);
		if (isfinite(e->npu_seconds))
			fprintf(out, "; projected on a phone %.2g s", e->npu_seconds);
		fputc('\n', out);
	}
	put_pair(out, "p(answer)", e->p_before, e->p_after, 1, "");
	put_pair(out, "loss", e->loss_before, e->loss_after, 1, "");
	put_pair(out, "other answers unchanged", e->locality_before, e->locality_after, 100, "%");
}

/* The wordings an edit of it is found with, and those only asked afterwards. */
static int put_wordings(app *a, FILE *out, const fact *f, char *err, size_t errlen)
{
	fact_question *q = NULL;
	size_t n = 0;
	fact_group g;
	int rc = group_of(a, f, &g, err, errlen);

	if (rc)
		return rc;
	rc = group_questions(a, &g, 0, &q, &n, err, errlen);
	if (!rc && n)
		fputs("\nwordings\n", out);
	for (size_t i = 0; !rc && i < n; i++)
		if (q[i].kind != QUESTION_KEY)
			fprintf(out, "  %s%s\n", q[i].text,
				q[i].kind == QUESTION_HELD ? " (never used to find the edit)" : "");
	free(q);
	group_release(&g);
	return rc;
}

static int fact_text(app *a, FILE *out, int64_t id, char *err, size_t errlen)
{
	edit_record *e = NULL;
	size_t n = 0;
	char what[TEXT_MAX];
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	if (rc)
		return rc;
	learn_describe(a, &f, what, sizeof what);
	fprintf(out, "#%lld %s (%s)\n\nyou said: %s\non ", (long long)id, what, state_of(&f),
		f.source ? f.source : "-");
	put_date(out, f.created);
	fprintf(out, ", found by the rule \"%s\" with confidence %.2f\n", f.rule, f.confidence);
	if (f.superseded_by)
		fprintf(out, "replaced by #%lld\n", (long long)f.superseded_by);
	if (f.last_verified) {
		fputs("last asked for, and known, on ", out);
		put_date(out, f.last_verified);
		fputc('\n', out);
	}
	fputs("\nedits, newest first\n", out);
	rc = memory_edits(a->memory, false, 0, &e, &n, err, errlen);
	for (size_t i = 0; !rc && i < n; i++)
		if (e[i].fact_id == id)
			put_edit(out, &e[i]);
	edits_free(e, n);
	if (!rc && f.status == FACT_ACTIVE)
		rc = put_wordings(a, out, &f, err, errlen);
	fact_release(&f);
	return rc;
}

/* ---- what is asked for ---- */

static int answer(app *a, FILE *out, const char *text, int64_t *id, char *err, size_t errlen)
{
	if (!strncmp(text, "sessions", 8))
		return chats_rows(a, out, text + 8 + strspn(text + 8, " "), err, errlen);
	if (!strcmp(text, "facts"))
		return facts_rows(a, out, err, errlen);
	if (!strcmp(text, "queue") || !strcmp(text, "history"))
		return edits_rows(a, out, *text == 'q', err, errlen);
	bool prove = !strncmp(text, "prove ", 6);

	*id = strtoll(text + (prove ? 6 : strcspn(text, " ")), NULL, 10);
	return prove ? report_prove(a, out, *id, err, errlen) : fact_text(a, out, *id, err, errlen);
}

/* With the curve of the fact's last search. */
static void emit_detail(app *a, int64_t id, const char *text)
{
	event *e = a->emit ? calloc(1, sizeof *e) : NULL;
	size_t n = 0;
	char err[128];

	if (!e)
		return;
	e->type = EV_DETAIL;
	e->id = id;
	e->text = strdup(text ? text : "");
	e->edit = calloc(1, sizeof *e->edit);
	if (e->edit && !memory_curve(a->memory, id, e->edit->curve, CURVE_MAX, &n, err, sizeof err))
		e->edit->n_curve = (int)n;
	if (e->edit)
		e->edit->fact_id = id;
	a->emit(a->arg, e);
}

void turn_list(app *a, const char *text)
{
	char *output = NULL, err[512] = "";
	size_t size = 0;
	int64_t id = 0;
	FILE *out = open_memstream(&output, &size);

	if (!out) {
		app_emit(a, EV_LIST, MEMORY_ENOMEM, 0, "out of memory");
		return;
	}
	int rc = answer(a, out, text, &id, err, sizeof err);

	if (rc && id)
		fprintf(out, "%s\n", err);
	if (fclose(out)) {
		rc = MEMORY_ENOMEM;
		snprintf(err, sizeof err, "out of memory");
	}
	if (id)
		emit_detail(a, id, output);
	else
		app_emit(a, EV_LIST, rc, 0, rc ? err : output);
	free(output);
}
