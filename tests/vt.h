/*
 * vt: a small terminal emulator, enough of xterm to read back what ncurses draws, and a program run
 * in a pseudo-terminal.
 */
#ifndef TESTS_VT_H
#define TESTS_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { VT_ROWS_MAX = 70, VT_COLS_MAX = 220 };
enum { VT_BOLD = 1, VT_DIM = 2, VT_UNDERLINE = 4, VT_REVERSE = 8 };

typedef struct vt_cell {
	char text[24]; /* UTF-8, "" = blank; the right half of a wide character is "\1" */
	unsigned char attr, color;
} vt_cell;

typedef struct vt {
	int rows, cols, y, x, top, bottom;
	bool wrap_next, alternate, paste, hidden;
	unsigned char attr, color;
	int saved_y, saved_x;
	vt_cell cell[VT_ROWS_MAX][VT_COLS_MAX];
	vt_cell main[VT_ROWS_MAX][VT_COLS_MAX]; /* the screen outside full-screen mode */
	char pending[512]; /* an unfinished sequence */
	size_t n_pending;
	char clipboard[256]; /* what OSC 52 asked for last */
	unsigned long unknown; /* sequences not understood */
} vt;

void vt_init(vt *t, int rows, int cols);
void vt_resize(vt *t, int rows, int cols);
void vt_write(vt *t, const char *bytes, size_t n);
/* One row as text without spaces at the end; out holds VT_COLS_MAX * 24 bytes. */
void vt_row(const vt *t, int y, char *out);
char *vt_text(const vt *t); /* all rows, malloc'd */
bool vt_contains(const vt *t, const char *text); /* in one row */
int vt_find(const vt *t, const char *text, int *column); /* row, or -1; column in cells */

/* A program in a pseudo-terminal. */
typedef struct terminal {
	pid_t pid;
	int fd, status;
	bool ended;
	vt vt;
} terminal;

/* Runs child(arg) in a new process on the terminal; its return value is the exit code. */
void terminal_start(terminal *p, int rows, int cols, int (*child)(void *), void *arg);
void terminal_type(terminal *p, const char *bytes, size_t n);
void terminal_keys(terminal *p, const char *text);
void terminal_size(terminal *p, int rows, int cols);
/* Reads until the screen holds text (or no longer does), at most ms; false when it did not happen.
 */
bool terminal_sees(terminal *p, const char *text, int ms);
bool terminal_loses(terminal *p, const char *text, int ms);
/* Reads whatever comes until the program has been silent for ms. Returns the bytes read. */
size_t terminal_settles(terminal *p, int ms);
/* Reads what has come within ms: bytes, 0 nothing, -1 the end. */
ssize_t terminal_pump(terminal *p, int ms);
/* Waits for the end: exit code, 128 + signal, or -1. */
int terminal_end(terminal *p, int ms);
void terminal_close(terminal *p); /* kills what still runs */

/* For a child that is to start as a new user's does: its home, a UTF-8 locale, nothing else set. */
void terminal_environment(const char *home);

#endif
