/*
 * panes: what is known of edits and status, and how it is drawn: beside the conversation, in a
 * strip, or in a word of the status line. Main thread only.
 */
#ifndef TUI_PANES_H
#define TUI_PANES_H

#include "tui/screen.h"
#include "tui/tui_int.h"

enum { PANE_AUTO /* shown while something is learned or waits */, PANE_PINNED, PANE_HIDDEN };
enum { PANE_NONE, PANE_SIDE, PANE_STRIP, PANE_SEGMENT }; /* where there is room for it */
enum { RESULTS_MAX = 6, RESULT_LEN = 200, KEPT_MAX = 32 };

typedef struct board {
	edit_view edit;  /* sanitised; the running edit, or the last one */
	bool editing;
	edit_view kept[KEPT_MAX]; /* the last edits' figures, for the lists; fact_id 0: free */
	int next_kept;
	char *queue;     /* sanitised lines, owned; NULL when empty */
	int queued;
	char results[RESULTS_MAX][RESULT_LEN]; /* newest first */
	bool good[RESULTS_MAX];
	int n_results;
	status_view status;
	bool ready;      /* the model is open */
	int loading;     /* percent of the one that is being opened, 0: it goes too fast to say, or none is */
	int pane;        /* PANE_AUTO ... */
} board;

void board_release(board *b);
void board_edit(board *b, const edit_view *v);
void board_result(board *b, bool good, const char *text);
void board_queue(board *b, const char *text, int queued);
void board_status(board *b, const status_view *v);

void pane_side(screen *s, const board *b, int y, int x, int rows, int columns);
void pane_strip(screen *s, const board *b, int y, int rows, int columns);
/* The loss curve with its caption; returns the rows used. */
int pane_curve(screen *s, const edit_view *v, int y, int x, int rows, int columns);
/* The last row; segment: the edit goes in here too. hint replaces the right end, NULL: the usual
 * one. */
void pane_status(screen *s, const board *b, int y, int columns, bool segment, const char *hint);
/* Text over the conversation from line `top` on; returns the lines it has. */
size_t pane_help(screen *s, const char *text, size_t top, int rows, int columns);

/* The loss curve as text, one row of `columns` cells each, into out[rows][columns] (code points).
 * For tests and panes. */
void curve_draw(const float *loss, int n, bool utf8, int rows, int columns, uint32_t *out);

#endif
