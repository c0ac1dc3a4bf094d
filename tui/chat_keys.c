/*
 * chat_keys: what the keys of the program do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/chat.h"

enum { QUIT_MS = 2000, HINT_MS = 3000 };

static void stop_reply(chat *c)
{
	c->stop_wanted = true; /* again at EV_TURN_BEGIN, should the worker not have begun */
	worker_interrupt(c->worker);
}

/* Esc closes what is open, else stops the reply, else belongs to the line (vi, C-r). */
static void on_escape(chat *c)
{
	if (c->help) {
		chat_help_close(c);
	} else if (input_searching(c->input)) {
		input_vi_escape(c->input);
	} else if (*c->matches || *c->said) {
		*c->matches = *c->said = 0;
	} else if (*c->find) {
		chat_find_end(c);
	} else if (c->in_turn || chat_busy(c)) {
		stop_reply(c);
	} else if (c->ask) {
		chat_ask_end(c);
	} else {
		input_vi_escape(c->input);
	}
}

static void on_interrupt(chat *c)
{
	if (c->help) {
		chat_help_close(c);
	} else if (c->in_turn || chat_busy(c)) {
		stop_reply(c);
	} else if (!input_empty(c->input)) {
		input_clear(c->input);
		*c->matches = *c->said = 0;
	} else if (c->quit_until) {
		c->quit = true;
	} else {
		c->quit_until = chat_now() + QUIT_MS;
		chat_hint(c, "Ctrl-C again quits", QUIT_MS);
	}
}

static void on_page(chat *c, int by)
{
	size_t rows = view_rows(c), step = rows > 2 ? rows - 2 : 1;

	if (c->help)
		c->help_top = by > 0               ? c->help_top + step
			      : c->help_top > step ? c->help_top - step
						   : 0;
	else
		transcript_scroll(c->log, by * (long)step);
}

static void on_pane_key(chat *c)
{
	static const char *const words[] = { "edit pane: shown while learning",
					     "edit pane: always shown", "edit pane: hidden" };
	bool shown = chat_pane_shown(c), wanted = c->board.editing || c->board.queued > 0;

	if (c->board.pane == PANE_AUTO)
		c->board.pane = shown ? PANE_HIDDEN : PANE_PINNED;
	else if (c->board.pane == PANE_HIDDEN)
		c->board.pane = wanted ? PANE_AUTO : PANE_PINNED;
	else
		c->board.pane = wanted ? PANE_HIDDEN : PANE_AUTO;
	c->pane_until = 0;
	chat_hint(c, words[c->board.pane], HINT_MS);
}

static void on_hot(chat *c, const char *key)
{
	if (*c->find)
		chat_find(c, *key == 'n' ? -1 : 1);
}

/* While the help is shown the keys of a pager move it; any other one closes it and is the line's. */
static bool help_key(chat *c, int key, const char *bytes)
{
	static const struct {
		const char *bytes;
		int lines; /* 0: closes, a thousand: a page */
	} table[] = { { "\033[A", -1 }, { "\033OA", -1 }, { "k", -1 },    { "\033[B", 1 }, { "\033OB", 1 }, { "j", 1 },
		      { " ", 1000 },    { "b", -1000 },   { "q", 0 },     { "\r", 0 },     { "?", 0 },      { "\004", 0 } };

	if (!c->help || key != INPUT_RAW)
		return false;
	if (*bytes == 0x0C)
		screen_repaint(c->screen);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strcmp(bytes, table[i].bytes))
			continue;
		if (!table[i].lines)
			chat_help_close(c);
		else if (abs(table[i].lines) == 1000)
			on_page(c, table[i].lines);
		else if (table[i].lines > 0 || c->help_top)
			c->help_top += (size_t)table[i].lines;
		return true;
	}
	if (*bytes != 0x0C) { /* whoever goes on typing has read enough */
		chat_help_close(c);
		input_pass(c->input);
	}
	return true;
}

void chat_key(void *ctx, int key, const char *text)
{
	chat *c = ctx;

	c->dirty = true;
	if (chat_list_key(c, key, text) || help_key(c, key, text))
		return;
	switch (key) {
	case INPUT_LINE:
		chat_submit(c, text);
		break;
	case INPUT_ESCAPE:
		on_escape(c);
		break;
	case INPUT_INTERRUPT:
		on_interrupt(c);
		break;
	case INPUT_EOF:
		c->quit = true;
		break;
	case INPUT_SUSPEND:
		c->suspend = true;
		break;
	case INPUT_REDRAW:
		screen_repaint(c->screen);
		break;
	case INPUT_EDITOR:
		c->editor = true;
		break;
	case INPUT_PAGE_UP:
		on_page(c, -1);
		break;
	case INPUT_PAGE_DOWN:
		on_page(c, 1);
		break;
	case INPUT_TOP:
		transcript_top(c->log);
		break;
	case INPUT_BOTTOM:
		transcript_follow(c->log);
		break;
	case INPUT_F1:
		if (c->help)
			chat_help_close(c);
		else
			chat_submit(c, "/help");
		break;
	case INPUT_F2:
		chat_list_open(c, LIST_FACTS, "");
		break;
	case INPUT_F3:
		chat_list_open(c, LIST_QUEUE, "");
		break;
	case INPUT_F4:
		on_pane_key(c);
		break;
	case INPUT_HOT:
		on_hot(c, text);
		break;
	case INPUT_PASTE_CUT:
		transcript_add(c->log, ITEM_NOTICE,
			       "the paste was longer than 256 KiB and has been cut", 50);
		break;
	case INPUT_MATCHES:
		snprintf(c->matches, sizeof c->matches, "%s", text);
		break;
	}
}
