/*
 * screen: ncurses, set up so that it only draws: the loop reads the keyboard, catches the signals
 * and asks for the size. The terminal is restored on every way out. For crashes that is done
 * without ncurses: the strings that leave full-screen mode are copied out of terminfo at the start,
 * and a handler writes them and the saved termios before the signal takes its course. That copy is
 * the one piece of mutable global state; a signal handler can reach nothing else.
 */
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "tui/screen.h"
#include "tui/tui_int.h"

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

struct screen {
	SCREEN *term;
	int rows, cols;
	bool utf8, color, fresh;
	int cur_y, cur_x;
	attr_t attr[STYLE_COUNT];
	short pair[STYLE_COUNT];
};

/* ---- restoring after a crash ---- */

/* Without SIGBUS: what that means only main() can tell, which calls screen_crash(). */
static const int crash_signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP, SIGXCPU };

static struct {
	volatile sig_atomic_t armed;
	struct termios saved;
	char leave[256];
	size_t leave_len;
} crash;

void screen_crash(int sig)
{
	if (crash.armed) {
		crash.armed = 0;
		ssize_t n = write(STDOUT_FILENO, crash.leave, crash.leave_len);

		(void)n;
		tcsetattr(STDIN_FILENO, TCSANOW, &crash.saved);
	}
	signal(sig, SIG_DFL); /* SA_RESETHAND did it; this is for systems where it did not */
	raise(sig);
}

static void crash_add(const char *s)
{
	size_t n = s && s != (const char *)-1 ? strlen(s) : 0;

	/* Padding ("$<5>") is for tputs; the strings that carry it are those of terminals nobody
	 * crashes on. */
	if (!n || strstr(s, "$<") || n > sizeof crash.leave - crash.leave_len)
		return;
	memcpy(crash.leave + crash.leave_len, s, n);
	crash.leave_len += n;
}

static void crash_arm(void)
{
	static char stack[65536]; /* a stack overflow must find another one */
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction sa = { .sa_handler = screen_crash,
				.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER };

	crash.leave_len = 0;
	crash_add(paste_off);
	crash_add(tigetstr("sgr0"));
	crash_add(tigetstr("cnorm"));
	crash_add(tigetstr("rmcup"));
	crash_add("\r\n");
	sigaltstack(&alt, NULL);
	for (size_t i = 0; i < sizeof crash_signals / sizeof *crash_signals; i++)
		sigaction(crash_signals[i], &sa, NULL);
	crash.armed = 1;
}

static void crash_disarm(void)
{
	crash.armed = 0;
	for (size_t i = 0; i < sizeof crash_signals / sizeof *crash_signals; i++)
		signal(crash_signals[i], SIG_DFL);
}

/* ---- opening and closing ---- */

static void write_mode(const char *s)
{
	fflush(stdout);
	ssize_t n = write(STDOUT_FILENO, s, strlen(s));

	(void)n; /* a terminal that is gone says so to poll() */
}

/* Without modes of a dumb terminal there is nothing to draw on. */
static bool can_draw(void)
{
	return tigetstr("cup") && tigetstr("cup") != (char *)-1;
}

int screen_open(screen **out, int color, char *err, size_t errlen)
{
	screen *s = calloc(1, sizeof *s);

	if (!s) {
		snprintf(err, errlen, "out of memory");
		return SCREEN_ENOTERM;
	}
	setlocale(LC_CTYPE, "");
	s->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (!s->utf8) /* what is typed is UTF-8 all the same, and edited as such; drawn is '?' */
		setlocale(LC_CTYPE, "C.UTF-8");
	if (tcgetattr(STDIN_FILENO, &crash.saved)) {
		snprintf(err, errlen,
			 "standard input is not a terminal (--plain works without one)");
		free(s);
		return SCREEN_ENOTERM;
	}
	use_env(FALSE);
	use_tioctl(TRUE);
	s->term = newterm(NULL, stdout, stdin);
	if (!s->term || !can_draw()) {
		if (s->term) {
			endwin();
			delscreen(s->term);
		}
		snprintf(err, errlen, "this terminal (TERM) cannot be drawn on: this is line mode");
		free(s);
		return SCREEN_ENOTERM;
	}
	crash_arm();
	raw();
	noecho();
	nonl();
	typeahead(-1);
	s->color = color != 0 && has_colors();
	if (s->color) {
		start_color();
		use_default_colors();
	}
	screen_theme(s, s->color ? THEME_DARK : THEME_MONO);
	write_mode(paste_on);
	s->fresh = true;
	screen_resize(s);
	*out = s;
	return SCREEN_OK;
}

void screen_leave(screen *s)
{
	(void)s;
	write_mode(paste_off);
	endwin();
	crash.armed = 0;
}

void screen_enter(screen *s)
{
	crash.armed = 1;
	reset_prog_mode();
	screen_repaint(s);
	write_mode(paste_on);
	screen_resize(s);
}

void screen_close(screen *s)
{
	if (!s)
		return;
	write_mode(paste_off);
	if (!isendwin())
		endwin();
	crash_disarm();
	tcsetattr(STDIN_FILENO, TCSANOW, &crash.saved);
	delscreen(s->term);
	free(s);
}

void screen_resize(screen *s)
{
	struct winsize w;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_row && w.ws_col) {
		if (w.ws_row != LINES || w.ws_col != COLS)
			resizeterm(w.ws_row, w.ws_col);
	}
	s->rows = LINES;
	s->cols = COLS;
}

void screen_theme(screen *s, int theme)
{
	static const short colors[2][STYLE_COUNT] = {
		[THEME_DARK] = { -1, COLOR_CYAN, -1, COLOR_RED, COLOR_GREEN, COLOR_YELLOW,
				 COLOR_CYAN },
		[THEME_LIGHT] = { -1, COLOR_BLUE, -1, COLOR_RED, COLOR_GREEN, COLOR_MAGENTA,
				  COLOR_BLUE },
	};
	static const attr_t attrs[STYLE_COUNT] = { A_NORMAL, A_BOLD,   A_DIM,   A_BOLD,
						   A_NORMAL, A_NORMAL, A_NORMAL };

	for (int i = 0; i < STYLE_COUNT; i++) {
		s->attr[i] = attrs[i];
		s->pair[i] = 0;
		if (!s->color || theme == THEME_MONO || colors[theme][i] < 0)
			continue;
		s->pair[i] = (short)(i + 1);
		init_pair(s->pair[i], colors[theme][i], -1);
	}
}

void screen_copy(screen *s, const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(text), at = 0;
	char *out = malloc(n / 3 * 4 + 16);

	(void)s;
	if (!out)
		return;
	at += (size_t)sprintf(out, "\033]52;c;");
	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = 0;

		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (i + k < n ? (unsigned char)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			out[at++] = i + k > n ? '=' : digits[three >> (18 - 6 * k) & 63];
	}
	out[at++] = '\a';
	out[at] = 0;
	write_mode(out);
	free(out);
}

void screen_repaint(screen *s)
{
	s->fresh = true;
}

int screen_rows(const screen *s)
{
	return s->rows;
}

int screen_cols(const screen *s)
{
	return s->cols;
}

bool screen_utf8(const screen *s)
{
	return s->utf8;
}

const char *screen_glyph(const screen *s, int glyph)
{
	static const char *const wide[] = { "─", "│", "█", "░", "·", "↓", "…", "✓", "✗" };
	static const char *const ascii[] = { "-", "|", "#", ".", "-", "v", "...", "+", "x" };

	return s->utf8 ? wide[glyph] : ascii[glyph];
}

/* ---- drawing ---- */

void screen_begin(screen *s)
{
	erase();
	s->cur_y = -1;
}

/* One character and the marks on it as a cell. Returns the bytes taken, 0 at the end or when it
 * does not fit. */
static size_t next_cell(const screen *s, const char *text, size_t len, int room, int style,
			cchar_t *cell, int *width)
{
	wchar_t w[CCHARW_MAX + 1] = { 0 };
	uint32_t c;
	size_t n = text_decode(text, len, &c), used = n;
	int marks = 1;

	*width = text_char_width(c);
	if (!n || *width > room)
		return 0;
	if (*width == 0) { /* a mark with nothing to stand on */
		*width = 1;
		c = ' ';
	}
	w[0] = s->utf8 || c < 0x80 ? (wchar_t)c : L'?';
	while (used < len && (n = text_decode(text + used, len - used, &c)) &&
	       text_char_width(c) == 0 && c >= 0x300) {
		if (s->utf8 && marks < CCHARW_MAX - 1)
			w[marks++] = (wchar_t)c;
		used += n;
	}
	attr_t attr = s->attr[style & 0xFF];

	if (style & STYLE_UNDERLINE)
		attr |= A_UNDERLINE;
	if (style & STYLE_BOLD)
		attr = (attr & ~A_DIM) | A_BOLD;
	return setcchar(cell, w, attr, s->pair[style & 0xFF], NULL) == ERR ? 0 : used;
}

int screen_put(screen *s, int y, int x, int columns, int style, const char *text, size_t len)
{
	int used = 0, width;
	cchar_t cell;

	if (columns > s->cols - x)
		columns = s->cols - x;
	if (y < 0 || y >= s->rows || x < 0)
		return 0;
	for (size_t i = 0; i < len && used < columns;) {
		size_t n = next_cell(s, text + i, len - i, columns - used, style, &cell, &width);

		if (!n)
			break;
		mvadd_wch(y, x + used, &cell);
		used += width;
		i += n;
	}
	return used;
}

int screen_puts(screen *s, int y, int x, int columns, int style, const char *text)
{
	return screen_put(s, y, x, columns, style, text, strlen(text));
}

void screen_fill(screen *s, int y, int x, int columns, int style, const char *glyph)
{
	for (int i = 0; i < columns; i++)
		screen_put(s, y, x + i, 1, style, glyph, strlen(glyph));
}

void screen_cursor(screen *s, int y, int x)
{
	s->cur_y = y;
	s->cur_x = x < s->cols ? x : s->cols - 1;
}

void screen_end(screen *s)
{
	if (s->fresh)
		clearok(stdscr, TRUE);
	s->fresh = false;
	curs_set(s->cur_y >= 0);
	if (s->cur_y >= 0)
		move(s->cur_y, s->cur_x);
	refresh();
}
