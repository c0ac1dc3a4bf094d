/*
 * chat: the state of the full-screen chat and what keys and events do to it. loop.c owns the poll
 * loop and the signals, chat.c the events, chat_keys.c the keys, view.c the drawing. Main thread
 * only.
 */
#ifndef TUI_CHAT_H
#define TUI_CHAT_H

#include "tui/input.h"
#include "tui/list.h"
#include "tui/panes.h"
#include "tui/screen.h"
#include "tui/transcript.h"
#include "tui/tui_int.h"

typedef struct waiting { /* lines entered while a reply is being written */
	char **lines;
	size_t n, cap;
} waiting;

typedef struct chat {
	const settings *set;
	screen *screen;
	input *input;
	worker *worker;
	transcript *log;
	board board;

	/* the turn being answered */
	bool in_turn, stop_wanted;
	int pending;          /* requests of all kinds that the worker has not served */
	int awaited;          /* of those, the last line's and what was asked before it: until then the next line waits, or
	                       * what is said of this one would stand under that */
	item *asked, *reply;  /* the message sent and its reply */
	char *sent, *unsent;  /* its text; what was not answered, until the input line is free for it */
	const item *answered; /* the last reply there was; compared, never followed */
	char *redo;           /* the /regen or /edit that is being answered, or NULL */
	size_t redo_at;       /* its text in it, 0: the message as it was */
	item *noted_under; /* the message whose facts are reported: that of the last EV_TURN_BEGIN,
			      ... */
	item *commanded; /* ... or the last command, for /remember; its text is at this offset */
	size_t commanded_at;
	waiting waiting;

	/* lines around the input */
	char *ask;            /* sanitised question, answered by one of ask_keys alone on a line, or NULL */
	char ask_keys[8];
	char matches[512];    /* completions */
	char said[200];       /* what is wrong with the line, until it is entered again */
	char find[128];       /* words searched for, "" none ... */
	size_t found, n_found; /* ... and which place of how many is shown */
	char hint[128];       /* at the right of the status line, until hint_until */
	char *help;           /* shown over the conversation, or NULL ... */
	char help_word[64];   /* ... of this command, "" all */
	size_t help_top;
	list *list;           /* over the whole screen, or NULL */
	edit_view *past_edit; /* the curve that came with the fact last opened, or NULL */
	bool list_asked, list_stale; /* its rows are on their way; are to be asked for again */

	/* timers: ms of the monotonic clock, 0 = off */
	int64_t hint_until, quit_until, pane_until, spin_at, busy_at;
	unsigned spin;

	bool clipboard;       /* /copy is allowed */
	const char *theme;    /* static */

	bool quit, dirty, suspend, editor;
	int code;
	char *fatal;          /* why the worker ended, for standard error */
} chat;

int64_t chat_now(void);
void chat_event(chat *c, const event *e);
void chat_key(void *ctx, int key, const char *text); /* an input_fn */
void chat_submit(chat *c, const char *line);
int chat_ask(chat *c, int type, const char *text); /* worker_send */
void chat_ask_end(chat *c); /* the question asked is open no longer */
bool chat_busy(const chat *c); /* a command or a list takes long */
/* Sends the lines that waited, up to and including the next message. */
void chat_send_waiting(chat *c);
void chat_help(chat *c); /* lays it out anew, for the width there is */
void chat_help_close(chat *c);
bool chat_theme(chat *c, const char *name); /* false: there is none of that name */
void chat_find(chat *c, int by);
void chat_find_end(chat *c);
void chat_hint(chat *c, const char *text, int ms);
bool chat_pane_shown(const chat *c);
void chat_timers(chat *c);        /* what is due */
int chat_timeout(const chat *c);  /* ms until the next one, -1 none */
void chat_release(chat *c);

/* chat_list.c: facts, queue and history over the whole screen */
void chat_list_open(chat *c, int kind, const char *filter);
bool chat_list_command(chat *c, const char *text);
void chat_list_close(chat *c);
bool chat_list_key(chat *c, int key, const char *bytes);
void chat_list_event(chat *c, const event *e);
const edit_view *chat_list_curve(const chat *c);

void view_paint(chat *c);
size_t view_rows(const chat *c);  /* lines of the conversation on the screen */

/* outside.c: giving the terminal away for a while */
void outside_suspend(chat *c);
void outside_editor(chat *c);
void outside_draft_keep(const chat *c); /* what is typed and not sent, for the next start ... */
void outside_draft_take(chat *c);       /* ... where it is the line again */

#endif
