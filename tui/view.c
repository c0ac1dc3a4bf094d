/*
 * view: where everything goes and one frame of it. From the top: the conversation (with the edit
 * pane at its right on wide terminals), the edit strip on middling ones, lines that come and go,
 * the input line, the status line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/chat.h"

enum {
	MIN_ROWS = 5,
	MIN_COLS = 20,
	SIDE_COLS = 100,
	STRIP_ROWS = 20,
	RULE_ROWS = 12,
	WAITING_SHOWN = 2
};

typedef struct layout {
	int rows, cols;
	int pane;              /* PANE_NONE ... */
	int log_rows, log_cols;
	int strip_y, strip_rows, side_cols;
	int rule_y;            /* -1: none */
	int extra_y, extra_rows;
	int input_y, input_rows;
	int status_y;
} layout;

/* What is to be read to its end, such as a question with its keys, is wrapped. Returns the rows; draws `most` of them if s is not NULL. */
static int text_rows(screen *s, int y, int columns, int most, int style, const char *text)
{
	size_t len = text ? strlen(text) : 0, next, room = columns > 4 ? (size_t)columns - 3 : 1;
	int rows = 0;

	for (size_t at = 0; at < len; at += next, rows++) {
		size_t n = text_wrap(text + at, len - at, room, &next);

		if (s && rows < most)
			screen_put(s, y + rows, 2, columns - 2, style, text + at, n);
	}
	return rows;
}

/* Completions to choose from take a third of the screen at most. */
static int match_rows(const chat *c)
{
	int rows = text_rows(NULL, 0, screen_cols(c->screen), 0, 0, c->matches), most = screen_rows(c->screen) / 3;

	return rows < most ? rows : most;
}

static int extra_rows(const chat *c)
{
	int n = c->waiting.n > WAITING_SHOWN ? WAITING_SHOWN : (int)c->waiting.n;

	return n + match_rows(c) + text_rows(NULL, 0, screen_cols(c->screen), 0, 0, c->ask) +
	       text_rows(NULL, 0, screen_cols(c->screen), 0, 0, c->said) + (*c->find != 0);
}

static layout arrange(const chat *c, size_t want_input)
{
	layout l = { .rows = screen_rows(c->screen), .cols = screen_cols(c->screen) };
	int most = l.rows / 3 > 1 ? l.rows / 3 : 1;

	l.status_y = l.rows - 1;
	l.input_rows = (int)want_input > most ? most : want_input ? (int)want_input : 1;
	l.input_y = l.status_y - l.input_rows;
	l.extra_rows = extra_rows(c);
	if (l.extra_rows > l.input_y - 2)
		l.extra_rows = l.input_y > 2 ? l.input_y - 2 : 0;
	l.extra_y = l.input_y - l.extra_rows;
	l.rule_y = l.rows >= RULE_ROWS ? l.extra_y - 1 : -1;
	l.log_rows = l.rule_y >= 0 ? l.rule_y : l.extra_y;
	l.log_cols = l.cols;
	if (!chat_pane_shown(c))
		return l;
	l.pane = l.rows >= STRIP_ROWS ? PANE_STRIP : PANE_SEGMENT;
	if (l.cols >= SIDE_COLS && l.rows >= RULE_ROWS)
		l.pane = PANE_SIDE;
	if (l.pane == PANE_SIDE) {
		l.side_cols = l.cols / 3 < 36 ? 36 : l.cols / 3 > 60 ? 60 : l.cols / 3;
		l.log_cols = l.cols - l.side_cols;
	} else if (l.pane == PANE_STRIP) {
		l.strip_rows = l.rows >= 24 ? 6 : 5;
		l.log_rows -= l.strip_rows;
		l.strip_y = l.log_rows;
	}
	return l;
}

size_t view_rows(const chat *c)
{
	input_view v;

	input_layout(c->input, &v);
	layout l = arrange(c, v.rows);

	return l.log_rows > 1 ? (size_t)l.log_rows : 1;
}

/* ---- the conversation ---- */

static int line_style(const textline *l)
{
	static const int fact[] = { STYLE_DIM,   STYLE_BUSY, STYLE_GOOD,
				    STYLE_ERROR, STYLE_DIM,  STYLE_DIM, STYLE_DIM };

	switch (l->kind) {
	case ITEM_USER:
		return STYLE_USER;
	case ITEM_FACT:
		return fact[l->state];
	case ITEM_ERROR:
		return STYLE_ERROR;
	case ITEM_WELCOME:
	case ITEM_NOTICE:
		return STYLE_DIM;
	default:
		return STYLE_TEXT;
	}
}

static const char *spinner(const chat *c)
{
	static const char *const wheel[] = { "⠋", "⠙", "⠹", "⠼", "⠴", "⠦" }, *const plain[] = { "|", "/", "-", "\\" };

	return screen_utf8(c->screen) ? wheel[c->spin % 6] : plain[c->spin % 4];
}

static void draw_line(const chat *c, const textline *l, int y, int columns)
{
	screen *s = c->screen;
	int style = line_style(l), x = (int)l->indent;
	size_t at = 0, found = strlen(c->find);

	if (l->kind == ITEM_USER && l->first)
		screen_puts(s, y, 0, 2, STYLE_USER, ">");
	if (l->open && l->len == 0 && l->first) { /* no word of the reply yet */
		screen_puts(s, y, x, 1, STYLE_DIM, spinner(c));
		return;
	}
	for (size_t i = 0; i <= l->n_span;
	     i++) { /* spans come in any order: draw the text, then each span again */
		if (!i) {
			screen_put(s, y, x, columns - x, style, l->text, l->len);
			continue;
		}
		at = l->span[i - 1][0];
		int from = x + (int)text_width(l->text, at);

		screen_put(s, y, from, columns - from, style | STYLE_UNDERLINE, l->text + at,
			   l->span[i - 1][1] - at);
	}
	for (at = 0; found && at + found <= l->len; at++) {
		if (strncasecmp(l->text + at, c->find, found))
			continue;
		int from = x + (int)text_width(l->text, at);

		screen_put(s, y, from, columns - from, STYLE_ACCENT | STYLE_UNDERLINE | STYLE_BOLD, l->text + at, found);
	}
}

static void draw_log(const chat *c, const layout *l)
{
	char marker[48];
	textline row;

	transcript_layout(c->log, (size_t)(l->log_cols > 2 ? l->log_cols - 1 : 1),
			  (size_t)l->log_rows);
	for (int y = 0; y < l->log_rows && transcript_line(c->log, (size_t)y, &row); y++)
		if (!row.gap)
			draw_line(c, &row, y, l->log_cols);
	size_t below = transcript_below(c->log);

	if (!below || l->log_rows < 2)
		return;
	snprintf(marker, sizeof marker, " %s %s%zu below ", screen_glyph(c->screen, GLYPH_DOWN),
		 transcript_news(c->log) ? "new, " : "", below);
	int width = (int)text_width(marker, strlen(marker)), x = l->log_cols - width - 1;

	if (x > 0)
		screen_puts(c->screen, l->log_rows - 1, x, width, STYLE_BUSY | STYLE_BOLD, marker);
}

/* ---- around the input ---- */

static void draw_extra(const chat *c, const layout *l)
{
	int y = l->extra_y, end = l->extra_y + l->extra_rows;

	for (size_t i = 0; i < c->waiting.n && i < WAITING_SHOWN && y < end; i++, y++) {
		char more[64] = "waits: ";

		if (i + 1 == WAITING_SHOWN && c->waiting.n > WAITING_SHOWN)
			snprintf(more, sizeof more,
				 "waits (and %zu more): ", c->waiting.n - WAITING_SHOWN);
		int x = screen_puts(c->screen, y, 2, l->cols - 2, STYLE_DIM, more) + 2;
		char *text = text_sanitise(c->waiting.lines[i], strcspn(c->waiting.lines[i], "\n"));

		if (text)
			screen_puts(c->screen, y, x, l->cols - x, STYLE_DIM, text);
		free(text);
	}
	if (c->ask && y < end)
		y += text_rows(c->screen, y, l->cols, end - y, STYLE_BUSY, c->ask);
	if (*c->said && y < end)
		y += text_rows(c->screen, y, l->cols, end - y, STYLE_ERROR, c->said);
	if (*c->find && y < end) {
		char text[240];

		snprintf(text, sizeof text, "find %s: %zu of %zu; n older, N newer, Esc ends", c->find, c->found,
			 c->n_found);
		screen_puts(c->screen, y++, 2, l->cols - 2, STYLE_BUSY, text);
	}
	if (*c->matches && y < end)
		text_rows(c->screen, y, l->cols, end - y, STYLE_DIM, c->matches);
}

static void draw_input(const chat *c, const layout *l, const input_view *v)
{
	size_t rows = (size_t)l->input_rows,
	       top = v->cursor_row >= rows ? v->cursor_row - rows + 1 : 0;

	for (size_t i = 0; i < rows && top + i < v->rows; i++) {
		size_t a = v->start[top + i], b = v->start[top + i + 1];

		while (b > a && v->text[b - 1] == '\n')
			b--;
		screen_put(c->screen, l->input_y + (int)i, 0, l->cols, STYLE_TEXT, v->text + a,
			   b - a);
	}
	screen_cursor(c->screen, l->input_y + (int)(v->cursor_row - top), (int)v->cursor_col);
}

static void draw_help(chat *c, const layout *l)
{
	size_t rows = (size_t)(l->status_y > 1 ? l->status_y - 1 : 1);
	size_t lines = pane_help(c->screen, c->help, c->help_top, (int)rows, l->cols);
	size_t last = lines > rows ? lines - rows : 0;

	if (c->help_top > last) { /* scrolled past the end: draw again at the end */
		c->help_top = last;
		screen_begin(c->screen);
		pane_help(c->screen, c->help, last, (int)rows, l->cols);
	}
	screen_puts(c->screen, (int)rows, 1, l->cols - 1, STYLE_DIM,
		    !last ? "Esc closes" : l->cols < 44 ? "PgUp/PgDn scroll, Esc closes" : "arrows, PgUp and PgDn scroll; Esc closes");
	screen_cursor(c->screen, -1, 0);
}

void view_paint(chat *c)
{
	screen *s = c->screen;
	input_view v;

	screen_begin(s);
	if (screen_rows(s) < MIN_ROWS || screen_cols(s) < MIN_COLS) {
		screen_puts(s, 0, 0, screen_cols(s), STYLE_TEXT, "too small");
		screen_end(s);
		return;
	}
	input_size(c->input, screen_rows(s), screen_cols(s));
	input_layout(c->input, &v);
	layout l = arrange(c, v.rows);

	if (c->list) {
		list_draw(c->list, s, chat_list_curve(c), l.status_y, l.cols);
	} else if (c->help) {
		draw_help(c, &l);
	} else {
		draw_log(c, &l);
		if (l.pane == PANE_SIDE)
			pane_side(s, &c->board, 0, l.log_cols, l.log_rows, l.side_cols);
		else if (l.pane == PANE_STRIP)
			pane_strip(s, &c->board, l.strip_y, l.strip_rows, l.cols);
		if (l.rule_y >= 0)
			screen_fill(s, l.rule_y, 0, l.cols, STYLE_DIM, screen_glyph(s, GLYPH_RULE));
		draw_extra(c, &l);
	}
	if (!c->list && !c->help)
		draw_input(c, &l, &v);
	char busy[48] = "";

	if (chat_busy(c) && c->board.ready)
		snprintf(busy, sizeof busy, "%s working, Esc stops", spinner(c));
	pane_status(s, &c->board, l.status_y, l.cols, l.pane == PANE_SEGMENT,
		    *c->hint ? c->hint : *busy ? busy : NULL);
	screen_end(s);
}
