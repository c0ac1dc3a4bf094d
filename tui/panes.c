/*
 * panes: drawing of the edit pane in its three sizes, the status line and the help.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/panes.h"

enum { CURVE_COLUMNS = 64, CURVE_ROWS = 8 };

typedef struct area {
	screen *s;
	int y, x, end, columns; /* next row, left edge, row past the last, width */
} area;

static void put_line(area *a, int style, const char *text)
{
	if (a->y < a->end)
		screen_puts(a->s, a->y++, a->x, a->columns, style, text);
}

/* Wrapped into at most `most` rows. */
static void put_wrapped(area *a, int style, const char *text, int most)
{
	size_t len = strlen(text), next;

	for (size_t at = 0; at < len && most-- > 0 && a->y < a->end; at += next) {
		size_t n = text_wrap(text + at, len - at, (size_t)a->columns, &next);

		screen_put(a->s, a->y++, a->x, a->columns, style, text + at, n);
	}
}

static void format_seconds(char *out, size_t cap, double s)
{
	if (s < 0)
		snprintf(out, cap, "-");
	else if (s > 0 && s < 0.05)
		snprintf(out, cap, "under 0.1 s");
	else if (s < 9.95)
		snprintf(out, cap, "%.1f s", s);
	else if (s < 120)
		snprintf(out, cap, "%.0f s", s);
	else
		snprintf(out, cap, "%d min %d s", (int)(s / 60), (int)s % 60);
}

static void put_curve(area *a, const edit_view *v, int rows, int columns)
{
	uint32_t cells[CURVE_ROWS * CURVE_COLUMNS];
	char text[CURVE_COLUMNS * 4 + 1];

	if (rows > CURVE_ROWS)
		rows = CURVE_ROWS;
	if (columns > CURVE_COLUMNS)
		columns = CURVE_COLUMNS;
	if (rows < 1 || columns < 4)
		return;
	curve_draw(v->curve, v->n_curve, screen_utf8(a->s), rows, columns, cells);
	for (int r = 0; r < rows; r++) {
		size_t n = 0;

		for (int i = 0; i < columns; i++)
			n += text_encode(cells[r * columns + i], text + n);
		text[n] = 0;
		put_line(a, STYLE_ACCENT, text);
	}
}

static void curve_caption(char *out, size_t cap, const edit_view *v)
{
	float lowest = v->n_curve ? v->curve[0] : 0;

	*out = 0;
	for (int i = 1; i < v->n_curve; i++)
		lowest = v->curve[i] < lowest ? v->curve[i] : lowest;
	if (v->n_curve)
		snprintf(out, cap, "loss %.2f, now %.2f, lowest %.2f", (double)v->curve[0],
			 (double)v->curve[v->n_curve - 1], (double)lowest);
}

int pane_curve(screen *s, const edit_view *v, int y, int x, int rows, int columns)
{
	area a = { s, y, x, y + rows + 1, columns };
	char text[160];

	put_curve(&a, v, rows, columns);
	curve_caption(text, sizeof text, v);
	put_line(&a, STYLE_DIM, text);
	return a.y - y;
}

/* "p(answer) #####..... 0.62" */
static void put_p(area *a, double p)
{
	char number[16];
	int bar = a->columns - 10 - 6;

	if (a->y >= a->end)
		return;
	bar = bar > 20 ? 20 : bar;
	p = p < 0 ? 0 : p > 1 ? 1 : p;
	snprintf(number, sizeof number, "%.2f", p);
	int x = a->x + screen_puts(a->s, a->y, a->x, a->columns, STYLE_TEXT, "p(answer) ");
	int full = bar > 0 ? (int)(p * bar + 0.5) : 0;

	if (bar > 2) {
		screen_fill(a->s, a->y, x, full, STYLE_GOOD, screen_glyph(a->s, GLYPH_FULL));
		screen_fill(a->s, a->y, x + full, bar - full, STYLE_DIM,
			    screen_glyph(a->s, GLYPH_EMPTY));
		x += bar + 1;
	}
	screen_puts(a->s, a->y++, x, a->x + a->columns - x, STYLE_TEXT, number);
}

static void format_step(char *out, size_t cap, const edit_view *v)
{
	if (v->max_steps > 0)
		snprintf(out, cap, "%s, step %d/%d", v->phase, v->step, v->max_steps);
	else
		snprintf(out, cap, "%s", v->phase);
}

static void format_time(char *out, size_t cap, const edit_view *v)
{
	char elapsed[32], eta[32];

	format_seconds(elapsed, sizeof elapsed, v->elapsed);
	format_seconds(eta, sizeof eta, v->eta);
	if (v->eta >= 0)
		snprintf(out, cap, "%s, at most %s left", elapsed, eta);
	else
		snprintf(out, cap, "%s", elapsed);
}

static void put_results(area *a, const board *b, int most)
{
	for (int i = 0; i < b->n_results && i < most && a->y < a->end; i++) {
		int style = b->good[i] ? STYLE_GOOD : STYLE_ERROR;
		int x = screen_puts(a->s, a->y, a->x, a->columns, style,
				    screen_glyph(a->s, b->good[i] ? GLYPH_YES : GLYPH_NO)) + 1;
		area text = *a;

		text.x += x;
		text.columns -= x;
		put_wrapped(&text, STYLE_TEXT, b->results[i], 2);
		a->y = text.y;
	}
}

/* The queue's line of the edit that is shown already; NULL when there is none. */
static const char *running_line(const board *b)
{
	char id[32];
	const char *at = b->queue;

	snprintf(id, sizeof id, "#%lld ", (long long)b->edit.fact_id);
	while (b->editing && at && *at) {
		if (!strncmp(at, id, strlen(id)))
			return at;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return NULL;
}

static int waiting_edits(const board *b)
{
	return b->queued - (running_line(b) != NULL);
}

static void put_queue(area *a, const board *b, int most)
{
	const char *at = b->queue, *skip = running_line(b);

	while (at && *at && most > 0 && a->y < a->end) {
		size_t n = strcspn(at, "\n");

		if (at != skip) {
			screen_put(a->s, a->y++, a->x, a->columns, STYLE_DIM, at, n);
			most--;
		}
		at += n + (at[n] == '\n');
	}
}

static void put_edit(area *a, const board *b)
{
	const edit_view *v = &b->edit;
	char text[160], figure[48];

	snprintf(text, sizeof text, "learning #%lld", (long long)v->fact_id);
	put_line(a, STYLE_BUSY | STYLE_BOLD, text);
	put_wrapped(a, STYLE_TEXT, v->fact, 3);
	format_step(text, sizeof text, v);
	put_line(a, STYLE_TEXT, text);
	put_p(a, v->p);
	put_curve(a, v, a->end - a->y > 24 ? 6 : 4, a->columns);
	curve_caption(text, sizeof text, v);
	put_line(a, STYLE_DIM, text);
	snprintf(text, sizeof text, "%d evaluations", v->evaluations);
	put_line(a, STYLE_DIM, text);
	format_time(text, sizeof text, v);
	put_line(a, STYLE_DIM, text);
	if (v->npu_seconds >= 0) {
		format_seconds(figure, sizeof figure, v->npu_seconds);
		snprintf(text, sizeof text, "on a phone %s (projected)", figure);
		put_line(a, STYLE_DIM, text);
	}
	if (v->locality >= 0) {
		snprintf(text, sizeof text, "other answers unchanged %.0f%%", v->locality * 100);
		put_line(a, STYLE_DIM, text);
	}
}

void pane_side(screen *s, const board *b, int y, int x, int rows, int columns)
{
	area a = { s, y, x + 2, y + rows, columns - 2 };
	char text[64];

	for (int i = 0; i < rows; i++)
		screen_puts(s, y + i, x, 1, STYLE_DIM, screen_glyph(s, GLYPH_BAR));
	if (b->editing)
		put_edit(&a, b);
	else
		put_line(&a, STYLE_DIM,
			 b->status.paused ? "learning is paused" : "nothing is being learned");
	if (waiting_edits(b) > 0) {
		a.y++;
		snprintf(text, sizeof text, "queue (%d)", waiting_edits(b));
		put_line(&a, STYLE_BOLD, text);
		put_queue(&a, b, (a.end - a.y) / 2);
	}
	if (b->n_results) {
		a.y++;
		put_line(&a, STYLE_BOLD, "last results");
		put_results(&a, b, RESULTS_MAX);
	}
}

void pane_strip(screen *s, const board *b, int y, int rows, int columns)
{
	const edit_view *v = &b->edit;
	int curve = columns / 3 > 30 ? 30 : columns / 3;
	area left = { s, y + 1, 1, y + rows, curve },
	     right = { s, y + 1, curve + 3, y + rows, columns - curve - 4 };
	char text[256], when[96], figure[48];

	screen_fill(s, y, 0, columns, STYLE_DIM, screen_glyph(s, GLYPH_RULE));
	if (b->editing)
		snprintf(text, sizeof text, " learning #%lld: %s ", (long long)v->fact_id, v->fact);
	else
		snprintf(text, sizeof text, " %s ",
			 b->status.paused ? "learning is paused" : "nothing is being learned");
	screen_puts(s, y, 2, columns - 4, b->editing ? STYLE_BUSY : STYLE_DIM, text);
	if (!b->editing) {
		left.columns = columns - 2;
		put_queue(&left, b, rows - 1);
		put_results(&left, b, RESULTS_MAX);
		return;
	}
	put_curve(&left, v, rows - 1, curve);
	format_step(when, sizeof when, v);
	snprintf(text, sizeof text, "%s, %d evaluations", when, v->evaluations);
	put_line(&right, STYLE_TEXT, text);
	put_p(&right, v->p);
	format_time(when, sizeof when, v);
	format_seconds(figure, sizeof figure, v->npu_seconds);
	snprintf(text, sizeof text, "%s%s%s", when, v->npu_seconds >= 0 ? "; on a phone " : "",
		 v->npu_seconds >= 0 ? figure : "");
	put_line(&right, STYLE_DIM, text);
	curve_caption(text, sizeof text, v);
	put_line(&right, STYLE_DIM, text);
	if (waiting_edits(b) > 0) {
		snprintf(text, sizeof text, "%d more in the queue (F3)", waiting_edits(b));
		put_line(&right, STYLE_DIM, text);
	} else {
		put_results(&right, b, 1);
	}
}

/* ---- status line ---- */

typedef struct status_row {
	screen *s;
	int y, x, end;
} status_row;

/* A segment is drawn whole or not at all. */
static bool put_segment(status_row *r, int style, const char *text)
{
	int width = (int)text_width(text, strlen(text)), gap = r->x ? 3 : 0;

	if (!*text || r->x + gap + width > r->end)
		return false;
	if (gap)
		screen_puts(r->s, r->y, r->x + 1, 1, STYLE_DIM, screen_glyph(r->s, GLYPH_DOT));
	r->x += gap + screen_puts(r->s, r->y, r->x + gap, width, style, text);
	return true;
}

static const char *learn_word(const status_view *v)
{
	if (v->paused)
		return "learning paused";
	return v->learn_mode == LEARN_OFF   ? "learning off"
	       : v->learn_mode == LEARN_ASK ? "learning asks"
					    : "";
}

/* The running edit, with as much of it as there is room for. */
static void put_running(status_row *r, const edit_view *v)
{
	char text[160];
	int n = snprintf(text, sizeof text, "#%lld %s", (long long)v->fact_id, v->phase);

	if (v->max_steps > 0)
		n += snprintf(text + n, sizeof text - (size_t)n, " %d/%d", v->step, v->max_steps);
	if (v->max_steps > 0)
		snprintf(text + n, sizeof text - (size_t)n, " p %.2f", v->p);
	if (put_segment(r, STYLE_BUSY, text))
		return;
	text[n] = 0;
	if (!put_segment(r, STYLE_BUSY, text)) {
		text[strcspn(text, " ")] = 0;
		put_segment(r, STYLE_BUSY, text);
	}
}

void pane_status(screen *s, const board *b, int y, int columns, bool segment, const char *hint)
{
	const status_view *v = &b->status;
	const char *right = hint ? hint : "F1 help";
	int width = (int)text_width(right, strlen(right)), at = columns - width;
	status_row r = { s, y, 0, 0 };
	char text[160];

	if (at < 0 || (!hint && at < 24))
		at = hint ? 0 : columns;
	if (at < columns)
		screen_puts(s, y, at, columns - at, hint ? STYLE_BUSY : STYLE_DIM, right);
	r.end = at < columns ? at - 2 : columns;
	if (segment && b->editing)
		put_running(&r, &b->edit);
	snprintf(text, sizeof text, b->loading ? "opening the model, %d %%" : "opening the model", b->loading);
	put_segment(&r, STYLE_DIM, b->ready && !b->loading ? v->model : text);
	put_segment(&r, STYLE_BUSY, v->incognito ? "incognito" : "");
	put_segment(&r, STYLE_BUSY, v->in_context ? "facts in the prompt" : "");
	if (b->queued > 0 || v->queue > 0) {
		snprintf(text, sizeof text, "queue %d",
			 b->queued > v->queue ? b->queued : v->queue);
		put_segment(&r, STYLE_DIM, text);
	}
	put_segment(&r, STYLE_BUSY, learn_word(v));
	if (v->ctx_size) {
		snprintf(text, sizeof text, "context %zu/%zu", v->ctx_used, v->ctx_size);
		put_segment(&r, STYLE_DIM, text);
	}
	if (v->dropped_turns) {
		snprintf(text, sizeof text, "%zu old turns dropped", v->dropped_turns);
		put_segment(&r, STYLE_BUSY, text);
	}
	if (v->tokens_per_second > 0) {
		snprintf(text, sizeof text, "%.0f tok/s", v->tokens_per_second);
		put_segment(&r, STYLE_DIM, text);
	}
}

/* ---- help ---- */

size_t pane_help(screen *s, const char *text, size_t top, int rows, int columns)
{
	size_t len = strlen(text), next, lines = 0, indent;

	for (size_t at = 0; at < len; at += next, lines++) {
		size_t n = text_wrap_under(text, len, at, (size_t)(columns > 2 ? columns - 2 : 1), &next, &indent);
		int style = n && text[at] != ' ' && text[at + n] == '\n' && !indent ? STYLE_ACCENT | STYLE_BOLD : STYLE_TEXT;

		if (lines >= top && lines - top < (size_t)rows)
			screen_put(s, (int)(lines - top), 1 + (int)indent, columns - 1, style, text + at, n);
	}
	return lines;
}
