/*
 * screen: the terminal. Opens and closes the full-screen mode, gives it back whole after a signal
 * or a crash, and draws styled text into cells. Main thread only. Texts drawn must have passed
 * text_sanitise.
 */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum {
	STYLE_TEXT,
	STYLE_USER,
	STYLE_DIM,
	STYLE_ERROR,
	STYLE_GOOD,
	STYLE_BUSY,
	STYLE_ACCENT,
	STYLE_COUNT
};
enum { STYLE_UNDERLINE = 0x100, STYLE_BOLD = 0x200 }; /* added to one of the above */
enum { THEME_DARK, THEME_LIGHT, THEME_MONO };
enum { SCREEN_OK = 0, SCREEN_ENOTERM = -1 };

/* Drawn differently without UTF-8. */
enum {
	GLYPH_RULE,
	GLYPH_BAR,
	GLYPH_FULL,
	GLYPH_EMPTY,
	GLYPH_DOT,
	GLYPH_DOWN,
	GLYPH_DOTS,
	GLYPH_YES,
	GLYPH_NO
};

typedef struct screen screen;

/* color: -1 as the terminal can, 0 never, 1 as well. One screen at a time. Installs handlers for
 * crashes only. */
int screen_open(screen **out, int color, char *err, size_t errlen);
void screen_close(screen *s); /* takes NULL */
/* Gives the terminal back, if there is a screen, and lets the signal take its course. For signal handlers. */
void screen_crash(int sig);
void screen_leave(screen *s); /* gives the terminal back for a while ... */
void screen_enter(screen *s); /* ... and takes it again */
void screen_resize(screen *s); /* asks the terminal for its size */
void screen_theme(screen *s, int theme);
void screen_copy(screen *s, const char *text); /* asks the terminal to put text into its clipboard (OSC 52) */
void screen_repaint(screen *s); /* the next frame is drawn from nothing */

int screen_rows(const screen *s);
int screen_cols(const screen *s);
bool screen_utf8(const screen *s);
const char *screen_glyph(const screen *s, int glyph);

void screen_begin(screen *s);
/* Draws at most `columns` columns of text, one line; returns the columns used. Clips at
 * the edges. */
int screen_put(screen *s, int y, int x, int columns, int style, const char *text, size_t len);
int screen_puts(screen *s, int y, int x, int columns, int style, const char *text);
/* Repeats a one-column glyph. */
void screen_fill(screen *s, int y, int x, int columns, int style, const char *glyph);
void screen_cursor(screen *s, int y, int x); /* y < 0: hidden */
void screen_end(screen *s);

#endif
