/*
 * list: rows as they came, and the indices of those the filter lets through. Letters belong to the
 * filter while the rows are shown and are actions once a row is open; with Alt they are actions in
 * both.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/input.h"
#include "tui/list.h"

enum { FILTER_MAX = 64, STATE_LEN = 16, FIELDS = 4, CURVE_ROWS_HIGH = 24, FIGURES_MAX = 33, WHAT_MIN = 34, NARROW = 60 };

typedef struct row {
	int64_t id;
	char state[STATE_LEN];
	char *what, *figures; /* sanitised, one line */
} row;

struct list {
	int kind;
	bool asked; /* rows have come ... */
	bool ahead; /* ... and Enter had been pressed before they did */

	row *rows;
	size_t n;
	size_t *shown; /* rows that match, [n] */
	size_t n_shown, cursor, top, page;

	char filter[FILTER_MAX];
	char note[128];

	int64_t open; /* fact, 0 = the rows are shown */
	int64_t sure; /* the conversation whose deletion has been asked for once */
	bool proof;   /* it is being proved, not told of */
	char *detail; /* sanitised, NULL until it comes */
	size_t detail_top, detail_page;
};

static const char *const names[] = { "facts", "queue", "history", "sessions" };

list *list_new(int kind, const char *filter)
{
	list *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->kind = kind;
	l->page = l->detail_page = 10;
	snprintf(l->filter, sizeof l->filter, "%s", filter ? filter : "");
	l->filter[text_whole(l->filter, strlen(l->filter))] = 0;
	return l;
}

static void rows_free(list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->rows[i].what);
		free(l->rows[i].figures);
	}
	free(l->rows);
	free(l->shown);
	l->rows = NULL;
	l->shown = NULL;
	l->n = l->n_shown = 0;
}

void list_free(list *l)
{
	if (!l)
		return;
	rows_free(l);
	free(l->detail);
	free(l);
}

const char *list_name(const list *l)
{
	return names[l->kind];
}

int list_kind(const list *l)
{
	return l->kind;
}

const char *list_filter(const list *l)
{
	return l->filter;
}

int64_t list_opened(const list *l)
{
	return l->open;
}

/* ---- rows ---- */

/* Every word of the filter occurs in the row, letter case aside. */
static bool matches(const row *r, const char *filter)
{
	char id[24], word[FILTER_MAX];
	int used;

	snprintf(id, sizeof id, "#%" PRId64, r->id);
	while (sscanf(filter, " %63s%n", word, &used) == 1) {
		if (!strcasestr(r->what, word) && !strcasestr(r->state, word) &&
		    !strcasestr(r->figures, word) && !strstr(id, word))
			return false;
		filter += used;
	}
	return true;
}

static int64_t current(const list *l)
{
	return l->cursor < l->n_shown ? l->rows[l->shown[l->cursor]].id : 0;
}

/* Keeps the cursor on fact `id` where it can. */
static void filter_rows(list *l, int64_t id)
{
	size_t at = SIZE_MAX;

	l->n_shown = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->kind != LIST_SESSIONS && !matches(&l->rows[i], l->filter)) /* the ledger has looked into those */
			continue;
		if (l->rows[i].id == id && at == SIZE_MAX)
			at = l->n_shown;
		l->shown[l->n_shown++] = i;
	}
	if (at != SIZE_MAX)
		l->cursor = at;
	else if (l->cursor >= l->n_shown)
		l->cursor = l->n_shown ? l->n_shown - 1 : 0;
}

static bool row_parse(row *r, const char *line, size_t len)
{
	const char *at[FIELDS], *end = line + len;
	size_t n[FIELDS] = { 0 };

	for (int i = 0; i < FIELDS; i++) {
		const char *tab = memchr(line, '\t', (size_t)(end - line));

		at[i] = line;
		n[i] = (size_t)((tab ? tab : end) - line);
		line = tab ? tab + 1 : end;
	}
	char *state = text_sanitise(at[1], n[1]);

	*r = (row){ .id = strtoll(at[0], NULL, 10),
		    .what = text_sanitise(at[2], n[2]),
		    .figures = text_sanitise(at[3], n[3]) };
	snprintf(r->state, sizeof r->state, "%s", state ? state : "");
	r->state[text_whole(r->state, strlen(r->state))] = 0;
	free(state);
	if (r->id > 0 && r->what && r->figures)
		return true;
	free(r->what);
	free(r->figures);
	return false;
}

void list_rows(list *l, const char *text)
{
	int64_t was = current(l);
	size_t lines = 1;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	rows_free(l);
	l->asked = true;
	l->rows = calloc(lines, sizeof *l->rows);
	l->shown = calloc(lines, sizeof *l->shown);
	if (!l->rows || !l->shown) {
		rows_free(l);
		return;
	}
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (row_parse(&l->rows[l->n], text, len))
			l->n++;
		text += len + (text[len] == '\n');
	}
	filter_rows(l, was);
}

bool list_typed_ahead(list *l)
{
	bool was = l->ahead;

	l->ahead = false;
	return was;
}

void list_detail(list *l, int64_t id, const char *text)
{
	if (id != l->open)
		return; /* another has been opened meanwhile */
	free(l->detail);
	l->detail = text_sanitise(text, strlen(text));
}

void list_note(list *l, const char *text)
{
	char *clean = text_sanitise(text, strcspn(text, "\n"));

	snprintf(l->note, sizeof l->note, "%s", clean ? clean : "");
	l->note[text_whole(l->note, strlen(l->note))] = 0;
	free(clean);
}

/* ---- keys ---- */

static void move(list *l, long by)
{
	size_t *at = l->open ? &l->detail_top : &l->cursor;

	if (by < 0)
		*at = (size_t)-by < *at ? *at - (size_t)-by : 0;
	else
		*at += (size_t)by; /* drawing stops it at the end of a text */
	if (!l->open && *at >= l->n_shown)
		*at = l->n_shown ? l->n_shown - 1 : 0;
}

static void filter_add(list *l, const char *bytes)
{
	size_t at = strlen(l->filter), n = strlen(bytes);

	if (at + n < sizeof l->filter) {
		memcpy(l->filter + at, bytes, n + 1);
		filter_rows(l, current(l));
	}
}

static void filter_cut(list *l, bool all)
{
	size_t n = strlen(l->filter);

	while (n && (l->filter[--n] & 0xC0) == 0x80)
		;
	l->filter[all ? 0 : n] = 0;
	filter_rows(l, current(l));
}

static void close_row(list *l)
{
	l->open = 0;
	free(l->detail);
	l->detail = NULL;
}

static list_act open_row(list *l, int what)
{
	int64_t id = l->open ? l->open : current(l);
	list_act load = { LIST_LOAD, id, "" };

	if (!id || (l->kind == LIST_SESSIONS && what == LIST_PROVE))
		return (list_act){ LIST_NOTHING, 0, "" };
	if (l->kind == LIST_SESSIONS) {
		snprintf(load.line, sizeof load.line, "/load %" PRId64, id);
		return load;
	}
	close_row(l);
	l->detail_top = 0;
	l->open = id;
	l->proof = what == LIST_PROVE;
	*l->note = 0;
	return (list_act){ what, id, "" };
}

static list_act action(list *l, char letter)
{
	static const struct {
		char letter;
		const char *command;
	} table[] = { { 'c', "cancel" },	   { 'r', "retry" },	  { 'u', "undo" },
		      { 'f', "forget" },	   { 't', "queue first" }, { 'l', "queue last" },
		      { 'k', "queue up" },	   { 'j', "queue down" }, { 'd', "sessions --delete" } };
	list_act act = { LIST_NOTHING, l->open ? l->open : current(l), "" };

	if ((l->kind == LIST_SESSIONS) != (letter == 'd') || (strchr("tlkj", letter) && l->kind != LIST_QUEUE))
		return act;
	if (letter == 'd' && act.id && l->sure != act.id) { /* nothing brings it back */
		l->sure = act.id;
		snprintf(l->note, sizeof l->note, "Alt-d again deletes conversation %" PRId64 " for good", act.id);
		return act;
	}

	if (letter == 'p')
		return open_row(l, LIST_PROVE);
	for (size_t i = 0; act.id && i < sizeof table / sizeof *table; i++) {
		if (table[i].letter != letter)
			continue;
		act.what = LIST_COMMAND;
		snprintf(act.line, sizeof act.line, "/%s %" PRId64, table[i].command, act.id);
	}
	return act;
}

static bool is_one_of(const char *bytes, const char *a, const char *b, const char *c)
{
	return !strcmp(bytes, a) || !strcmp(bytes, b) || !strcmp(bytes, c);
}

static list_act raw_key(list *l, const char *b)
{
	const list_act nothing = { LIST_NOTHING, 0, "" };
	unsigned char first = (unsigned char)*b;

	if (l->sure && strcmp(b, "\033d")) {
		l->sure = 0;
		*l->note = 0;
	}

	if (is_one_of(b, "\033[A", "\033OA", "\020"))
		move(l, -1);
	else if (is_one_of(b, "\033[B", "\033OB", "\016"))
		move(l, 1);
	else if (is_one_of(b, "\033[H", "\033OH", "\033[1~"))
		move(l, -1000000);
	else if (is_one_of(b, "\033[F", "\033OF", "\033[4~"))
		move(l, 1000000);
	else if (!l->asked && first == '\r')
		l->ahead = true;
	else if (first == '\r' || is_one_of(b, "\n", "\033[C", "\033OC"))
		return l->open ? nothing : open_row(l, LIST_OPEN);
	else if (l->open && is_one_of(b, "\033[D", "\033OD", "q"))
		close_row(l);
	else if (!strcmp(b, "\033[1;3A") || !strcmp(b, "\033[1;3B")) /* Alt-Up, Alt-Down */
		return action(l, b[5] == 'A' ? 'k' : 'j');
	else if (first == 033 && b[1] && !b[2])
		return action(l, (char)tolower((unsigned char)b[1]));
	else if (l->open && !b[1])
		return action(l, (char)tolower(first));
	else if (!l->open && (first == 0x7F || first == 0x08 || first == 0x15))
		filter_cut(l, first == 0x15);
	else if (!l->open && first >= 0x20 && first != 0x7F)
		filter_add(l, b);
	return nothing;
}

list_act list_key(list *l, int key, const char *bytes)
{
	list_act act = { LIST_NOTHING, 0, "" };
	long page = (long)(l->open ? l->detail_page : l->page);

	switch (key) {
	case INPUT_RAW:
		return raw_key(l, bytes);
	case INPUT_PAGE_UP:
		move(l, -page);
		break;
	case INPUT_PAGE_DOWN:
		move(l, page);
		break;
	case INPUT_TOP:
		move(l, -1000000);
		break;
	case INPUT_BOTTOM:
		move(l, 1000000);
		break;
	case INPUT_ESCAPE:
		if (l->open)
			close_row(l);
		else if (*l->filter)
			filter_cut(l, true);
		else
			act.what = LIST_CLOSE;
		break;
	case INPUT_INTERRUPT:
		act.what = LIST_CLOSE;
		break;
	}
	return act;
}

/* ---- drawing ---- */

static int state_style(const char *state)
{
	static const struct {
		const char *state;
		int style;
	} table[] = { { "verified", STYLE_GOOD },
		      { "failed", STYLE_ERROR },
		      { "running", STYLE_BUSY },
		      { "queued", STYLE_DIM } };

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(state, table[i].state))
			return table[i].style;
	return STYLE_DIM;
}

/* The state in one column, where there is no room for the word. */
static const char *state_mark(const screen *s, const char *state)
{
	return !strcmp(state, "verified") ? screen_glyph(s, GLYPH_YES)
	       : !strcmp(state, "failed") ? screen_glyph(s, GLYPH_NO)
	       : !strcmp(state, "running") ? "*"
	       : !strcmp(state, "queued") ? "."
					  : "-";
}

/* Columns for the figures at the right: what the rows need, 0 where the text needs the room. */
static int figures_width(const list *l, int columns)
{
	size_t most = 0;

	for (size_t i = 0; i < l->n_shown; i++) {
		const char *text = l->rows[l->shown[i]].figures;
		size_t width = text_width(text, strlen(text));

		most = width > most ? width : most;
	}
	most = most > FIGURES_MAX ? FIGURES_MAX : most;
	return columns - 19 - (int)most - 2 >= WHAT_MIN ? (int)most : 0;
}

static void draw_row(screen *s, const row *r, int y, int columns, int figures, bool chosen)
{
	int bold = chosen ? STYLE_BOLD : 0, at = columns < NARROW ? 10 : 19;
	char id[24];

	snprintf(id, sizeof id, "#%" PRId64, r->id);
	if (chosen)
		screen_puts(s, y, 0, 1, STYLE_ACCENT | STYLE_BOLD, ">");
	screen_puts(s, y, 2, 6, STYLE_TEXT | bold, id);
	if (columns < NARROW)
		screen_puts(s, y, 8, 1, state_style(r->state) | bold, state_mark(s, r->state));
	else
		screen_puts(s, y, 8, 10, state_style(r->state) | bold, r->state);
	screen_puts(s, y, at, columns - at - (figures ? figures + 2 : 0), STYLE_TEXT | bold, r->what);
	if (figures)
		screen_puts(s, y, columns - figures, figures, STYLE_DIM, r->figures);
}

/* The longest of the hints that fits, the last one cut. */
static void draw_hint(screen *s, int y, int columns, const char *const hints[3])
{
	int i = 0;

	while (i < 2 && (int)text_width(hints[i], strlen(hints[i])) > columns - 1)
		i++;
	screen_puts(s, y, 1, columns - 1, STYLE_DIM, hints[i]);
}

static const char *const row_hints[][3] = {
	[LIST_FACTS] = { "Enter opens, Esc closes; Alt with p prove, u undo, f forget, r retry, c cancel",
			 "Enter opens, Esc closes; Alt-u undo, Alt-f forget", "Enter opens, Esc closes" },
	[LIST_QUEUE] = { "Enter opens, Esc closes; Alt with Up, Down moves, t first, l last, c cancel",
			 "Enter opens, Esc closes; Alt-Up, Alt-Down move", "Enter opens, Esc closes" },
	[LIST_HISTORY] = { "Enter opens, Esc closes; Alt with p prove, r retry, u undo, f forget",
			   "Enter opens, Esc closes; Alt-r retry, Alt-u undo", "Enter opens, Esc closes" },
	[LIST_SESSIONS] = { "Enter goes on with it, Esc closes; Alt-d deletes it", "Enter resumes, Esc closes; Alt-d deletes",
			    "Enter resumes, Esc closes" },
};

static const char *const empty[] = { [LIST_FACTS] = "nothing is known yet: say something about yourself",
				     [LIST_QUEUE] = "nothing waits to be learned",
				     [LIST_HISTORY] = "nothing has been learned yet",
				     [LIST_SESSIONS] = "no conversation is kept yet" };

static void draw_rows(list *l, screen *s, int rows, int columns)
{
	int y = 1, figures = figures_width(l, columns);
	char text[160];

	l->page = rows > 4 ? (size_t)rows - 3 : 1;
	if (l->cursor < l->top)
		l->top = l->cursor;
	if (l->cursor >= l->top + l->page)
		l->top = l->cursor - l->page + 1;
	if (!l->asked)
		screen_puts(s, y, 2, columns - 2, STYLE_DIM, "asking the ledger");
	else if (!l->n_shown)
		screen_puts(s, y, 2, columns - 2, STYLE_DIM, l->n || (*l->filter && l->kind == LIST_SESSIONS) ? "nothing matches" : empty[l->kind]);
	for (size_t i = l->top; i < l->n_shown && y < rows - 2; i++, y++)
		draw_row(s, &l->rows[l->shown[i]], y, columns, figures, i == l->cursor);
	if (*l->note)
		screen_puts(s, rows - 2, 1, columns - 1, STYLE_BUSY, l->note);
	else
		draw_hint(s, rows - 2, columns, row_hints[l->kind]);
	snprintf(text, sizeof text, "filter: %s", l->filter);
	screen_cursor(s, rows - 1, 1 + screen_puts(s, rows - 1, 1, columns - 1, STYLE_TEXT, text));
}

static void draw_detail(list *l, screen *s, const edit_view *curve, int rows, int columns)
{
	int y = 1;

	if (curve && curve->n_curve > 1 && rows >= 12)
		y += pane_curve(s, curve, y, 2, rows >= CURVE_ROWS_HIGH ? 6 : 3, columns - 4) + 1;
	l->detail_page = rows - y > 3 ? (size_t)(rows - y - 2) : 1;
	if (!l->detail) {
		screen_puts(s, y, 2, columns - 2, STYLE_DIM, l->proof ? "asking base and edited weights" : "asking the ledger");
	} else {
		size_t len = strlen(l->detail), next, line = 0, indent;

		for (size_t at = 0; at < len; at += next, line++) {
			size_t n = text_wrap_under(l->detail, len, at, columns > 4 ? (size_t)columns - 4 : 1, &next, &indent);

			if (line >= l->detail_top && y < rows - 2)
				screen_put(s, y++, 2 + (int)indent, columns - 2, STYLE_TEXT, l->detail + at, n);
		}
		size_t last = line > l->detail_page ? line - l->detail_page : 0;

		if (l->detail_top > last)
			l->detail_top = last; /* the next frame ends there */
	}
	static const char *const hints[3] = { "Esc goes back, p proves it; c cancel, r retry, u undo, f forget",
					      "Esc back, p prove, c r u f: see F1", "Esc back, p proves it" };
	static const char *const waiting[3] = { "Esc goes back, p proves it; c cancel, t first, l last, k up, j down, u undo",
						"Esc back, p prove, t first, l last", "Esc back, p proves it" };

	screen_puts(s, rows - 2, 1, columns - 1, STYLE_BUSY, l->note);
	draw_hint(s, rows - 1, columns, l->kind == LIST_QUEUE ? waiting : hints);
}

void list_draw(list *l, screen *s, const edit_view *curve, int rows, int columns)
{
	char title[96];

	if (l->open)
		snprintf(title, sizeof title, "%s: #%" PRId64, list_name(l), l->open);
	else if (*l->filter)
		snprintf(title, sizeof title, "%s: %zu of %zu", list_name(l), l->n_shown, l->n);
	else
		snprintf(title, sizeof title, "%s: %zu", list_name(l), l->n);
	screen_puts(s, 0, 1, columns - 1, STYLE_TEXT | STYLE_BOLD, title);
	if (l->open)
		draw_detail(l, s, curve, rows, columns);
	else
		draw_rows(l, s, rows, columns);
}
