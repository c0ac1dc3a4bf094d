#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/vt.h"
#include "tui/tui_int.h"

void vt_init(vt *t, int rows, int cols)
{
	memset(t, 0, sizeof *t);
	t->rows = rows;
	t->cols = cols;
	t->bottom = rows - 1;
}

void vt_resize(vt *t, int rows, int cols)
{
	t->rows = rows;
	t->cols = cols;
	t->top = 0;
	t->bottom = rows - 1;
	t->y = t->y < rows ? t->y : rows - 1;
	t->x = t->x < cols ? t->x : cols - 1;
	t->wrap_next = false;
}

static void blank(vt *t, int y, int x, int n)
{
	for (int i = x; i < x + n && i < t->cols; i++)
		t->cell[y][i] = (vt_cell){ .attr = 0, .color = t->color & 0 };
}

static void scroll_region(vt *t, int top, int bottom, int by)
{
	size_t row = sizeof t->cell[0];

	for (; by > 0; by--) {
		memmove(t->cell[top], t->cell[top + 1], (size_t)(bottom - top) * row);
		blank(t, bottom, 0, t->cols);
	}
	for (; by < 0; by++) {
		memmove(t->cell[top + 1], t->cell[top], (size_t)(bottom - top) * row);
		blank(t, top, 0, t->cols);
	}
}

static void line_feed(vt *t)
{
	if (t->y == t->bottom)
		scroll_region(t, t->top, t->bottom, 1);
	else if (t->y < t->rows - 1)
		t->y++;
}

static void put_char(vt *t, const char *s, size_t n, uint32_t c)
{
	int w = text_char_width(c);

	if (w == 0) {
		int x = t->wrap_next ? t->x : t->x - 1;

		if (x > 0 && t->cell[t->y][x].text[0] == '\1')
			x--;
		if (x >= 0 && strlen(t->cell[t->y][x].text) + n < sizeof t->cell[0][0].text)
			strncat(t->cell[t->y][x].text, s, n);
		return;
	}
	if (t->wrap_next || t->x + w > t->cols) {
		t->x = 0;
		line_feed(t);
	}
	t->wrap_next = false;
	vt_cell *cell = &t->cell[t->y][t->x];

	*cell = (vt_cell){ .attr = t->attr, .color = t->color };
	memcpy(cell->text, s, n);
	if (w == 2)
		strcpy(t->cell[t->y][t->x + 1].text, "\1");
	t->x += w;
	if (t->x >= t->cols) {
		t->x = t->cols - 1;
		t->wrap_next = true;
	}
}

static void set_mode(vt *t, int mode, bool on)
{
	if (mode == 1049 && on != t->alternate) {
		if (on)
			memcpy(t->main, t->cell, sizeof t->cell);
		else
			memcpy(t->cell, t->main, sizeof t->cell);
		if (on)
			memset(t->cell, 0, sizeof t->cell);
		t->alternate = on;
	} else if (mode == 2004) {
		t->paste = on;
	} else if (mode == 25) {
		t->hidden = !on;
	}
}

static void set_attributes(vt *t, const int *arg, int n)
{
	for (int i = 0; i < n || i == 0; i++) {
		int a = i < n ? arg[i] : 0;

		if (a == 0)
			t->attr = t->color = 0;
		else if (a == 1)
			t->attr |= VT_BOLD;
		else if (a == 2)
			t->attr |= VT_DIM;
		else if (a == 4)
			t->attr |= VT_UNDERLINE;
		else if (a == 7)
			t->attr |= VT_REVERSE;
		else if (a == 22)
			t->attr &= (unsigned char)~(VT_BOLD | VT_DIM);
		else if (a == 24)
			t->attr &= (unsigned char)~VT_UNDERLINE;
		else if (a == 27)
			t->attr &= (unsigned char)~VT_REVERSE;
		else if (a >= 30 && a <= 37)
			t->color = (unsigned char)a;
		else if (a == 39)
			t->color = 0;
	}
}

static int clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static void erase_display(vt *t, int how)
{
	if (how == 0) {
		blank(t, t->y, t->x, t->cols);
		for (int y = t->y + 1; y < t->rows; y++)
			blank(t, y, 0, t->cols);
	} else if (how == 1) {
		for (int y = 0; y < t->y; y++)
			blank(t, y, 0, t->cols);
		blank(t, t->y, 0, t->x + 1);
	} else {
		for (int y = 0; y < t->rows; y++)
			blank(t, y, 0, t->cols);
	}
}

/* The numbers of a control sequence of n bytes into arg [16]; returns how many there are. */
static int arguments(const char *seq, size_t n, size_t from, int *arg)
{
	int args = 0;

	for (size_t i = from; i < n - 1; i++) {
		if (seq[i] >= '0' && seq[i] <= '9') {
			args = args ? args : 1;
			arg[args - 1] = arg[args - 1] * 10 + seq[i] - '0';
		} else if (seq[i] == ';' && args < 15) {
			args = args ? args + 1 : 2;
		}
	}
	return args;
}

/* Moves of the cursor; false: another sequence. */
static bool cursor_moved(vt *t, char final, const int *arg)
{
	int one = arg[0] ? arg[0] : 1;

	switch (final) {
	case 'A': t->y = clamp(t->y - one, 0, t->rows - 1); break;
	case 'B': t->y = clamp(t->y + one, 0, t->rows - 1); break;
	case 'C': t->x = clamp(t->x + one, 0, t->cols - 1); break;
	case 'D': t->x = clamp(t->x - one, 0, t->cols - 1); break;
	case 'G': t->x = clamp(one - 1, 0, t->cols - 1); break;
	case 'd': t->y = clamp(one - 1, 0, t->rows - 1); break;
	case 'H':
		t->y = clamp(one - 1, 0, t->rows - 1);
		t->x = clamp((arg[1] ? arg[1] : 1) - 1, 0, t->cols - 1);
		break;
	default: return false;
	}
	return true;
}

/* The cell before the cursor again, count times. */
static void repeat_cell(vt *t, int count)
{
	for (int x = t->x - 1; count > 0 && x >= 0; count--) {
		uint32_t c;
		char text[24];

		memcpy(text, t->cell[t->y][x].text, sizeof text);
		if (!*text)
			strcpy(text, " ");
		text_decode(text, strlen(text), &c);
		put_char(t, text, strlen(text), c);
	}
}

static void control(vt *t, const char *seq, size_t n)
{
	int arg[16] = { 0 }, args, one;
	bool private = seq[2] == '?' || seq[2] == '>';
	char final = seq[n - 1];
	vt_cell *row = t->cell[t->y];

	args = arguments(seq, n, private ? 3 : 2, arg);
	one = arg[0] ? arg[0] : 1;
	if (final != 'm' && final != 'h' && final != 'l')
		t->wrap_next = false;
	if (cursor_moved(t, final, arg))
		return;
	switch (final) {
	case 'J': erase_display(t, arg[0]); break;
	case 'K':
		if (arg[0] == 0)
			blank(t, t->y, t->x, t->cols);
		else
			blank(t, t->y, 0, arg[0] == 1 ? t->x + 1 : t->cols);
		break;
	case 'X': blank(t, t->y, t->x, one); break;
	case 'P':
		one = clamp(one, 0, t->cols - t->x);
		memmove(row + t->x, row + t->x + one, (size_t)(t->cols - t->x - one) * sizeof *row);
		blank(t, t->y, t->cols - one, one);
		break;
	case '@':
		one = clamp(one, 0, t->cols - t->x);
		memmove(row + t->x + one, row + t->x, (size_t)(t->cols - t->x - one) * sizeof *row);
		blank(t, t->y, t->x, one);
		break;
	case 'L': scroll_region(t, t->y, t->bottom, -one); break;
	case 'M': scroll_region(t, t->y, t->bottom, one); break;
	case 'S': scroll_region(t, t->top, t->bottom, one); break;
	case 'T': scroll_region(t, t->top, t->bottom, -one); break;
	case 'b': repeat_cell(t, one); break;
	case 'r':
		t->top = one - 1;
		t->bottom = arg[1] ? arg[1] - 1 : t->rows - 1;
		t->y = t->x = 0;
		break;
	case 'h':
	case 'l':
		for (int i = 0; i < args && private; i++)
			set_mode(t, arg[i], final == 'h');
		break;
	case 'm': set_attributes(t, arg, args); break;
	case 't': case 'c': break; /* window title stack, cursor shape */
	default:
		t->unknown++;
		printf("not understood: ESC%.*s\n", (int)n - 1, seq + 1);
	}
}

/* Length of the sequence at s, 0 when it is not complete. */
static size_t sequence_length(const char *s, size_t n)
{
	size_t i;

	if (n < 2)
		return 0;
	if (s[1] == '[') {
		for (i = 2; i < n; i++)
			if (s[i] >= 0x40 && s[i] <= 0x7E)
				return i + 1;
		return 0;
	}
	if (s[1] == ']') {
		for (i = 2; i < n; i++)
			if (s[i] == '\a')
				return i + 1;
		return 0;
	}
	if (strchr("()*+", s[1]))
		return n < 3 ? 0 : 3;
	return 2;
}

static void escape(vt *t, const char *s, size_t n)
{
	if (s[1] == '[') {
		control(t, s, n);
	} else if (s[1] == '7') {
		t->saved_y = t->y;
		t->saved_x = t->x;
	} else if (s[1] == '8') {
		t->y = t->saved_y;
		t->x = t->saved_x;
	} else if (s[1] == 'M') {
		if (t->y == t->top)
			scroll_region(t, t->top, t->bottom, -1);
		else if (t->y)
			t->y--;
	} else if (s[1] == ']' && n > 6 && !strncmp(s + 2, "52;", 3)) {
		snprintf(t->clipboard, sizeof t->clipboard, "%.*s", (int)n - 6, s + 5);
	} else if (!strchr("()*+=>]", s[1])) {
		t->unknown++;
		printf("not understood: ESC%.*s\n", (int)n - 1, s + 1);
	}
}

static void control_char(vt *t, char c)
{
	if (c == '\r')
		t->x = 0;
	else if (c == '\n')
		line_feed(t);
	else if (c == '\b')
		t->x -= t->x > 0;
	else if (c == '\t')
		t->x = clamp((t->x / 8 + 1) * 8, 0, t->cols - 1);
	t->wrap_next = false;
}

void vt_write(vt *t, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c;

		if (t->n_pending == sizeof t->pending) {
			t->unknown++;
			t->n_pending = 0;
		}
		t->pending[t->n_pending++] = bytes[i];
		if (t->pending[0] == '\033') {
			size_t len = sequence_length(t->pending, t->n_pending);

			if (!len)
				continue;
			escape(t, t->pending, len);
		} else if ((unsigned char)t->pending[0] < 0x20) {
			control_char(t, t->pending[0]);
		} else {
			if (!text_whole(t->pending, t->n_pending))
				continue;
			text_decode(t->pending, t->n_pending, &c);
			put_char(t, t->pending, t->n_pending, c);
		}
		t->n_pending = 0;
	}
}

void vt_row(const vt *t, int y, char *out)
{
	size_t n = 0, end = 0;

	for (int x = 0; x < t->cols; x++) {
		const char *s = t->cell[y][x].text;

		if (*s == '\1')
			continue;
		n += (size_t)sprintf(out + n, "%s", *s ? s : " ");
		if (*s && strcmp(s, " "))
			end = n;
	}
	out[end] = 0;
}

char *vt_text(const vt *t)
{
	char *out = malloc((size_t)t->rows * (VT_COLS_MAX * 24 + 1) + 1);
	size_t n = 0;

	for (int y = 0; out && y < t->rows; y++) {
		vt_row(t, y, out + n);
		n += strlen(out + n);
		out[n++] = '\n';
		out[n] = 0;
	}
	return out;
}

int vt_find(const vt *t, const char *text, int *column)
{
	static char row[VT_COLS_MAX * 24];

	for (int y = 0; y < t->rows; y++) {
		vt_row(t, y, row);
		char *at = strstr(row, text);

		if (!at)
			continue;
		if (column)
			*column = (int)text_width(row, (size_t)(at - row));
		return y;
	}
	return -1;
}

bool vt_contains(const vt *t, const char *text)
{
	return vt_find(t, text, NULL) >= 0;
}

/* ---- a program in a pseudo-terminal ---- */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void terminal_start(terminal *p, int rows, int cols, int (*child)(void *), void *arg)
{
	struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	memset(p, 0, sizeof *p);
	vt_init(&p->vt, rows, cols);
	fflush(stdout);
	p->pid = forkpty(&p->fd, NULL, NULL, &w);
	if (p->pid < 0) { /* nothing below could end well */
		fprintf(stderr, "no pseudo-terminal: %s (is /dev/pts mounted?)\n", strerror(errno));
		exit(1);
	}
	if (p->pid == 0)
		exit(child(arg)); /* not _exit: a sanitiser looks for leaks at exit */
}

ssize_t terminal_pump(terminal *p, int ms)
{
	struct pollfd f = { .fd = p->fd, .events = POLLIN };
	char bytes[16384];

	if (p->fd < 0 || poll(&f, 1, ms) <= 0)
		return p->fd < 0 ? -1 : 0;
	ssize_t n = read(p->fd, bytes, sizeof bytes);

	if (n <= 0)
		return n < 0 && errno == EINTR ? 0 : -1;
	vt_write(&p->vt, bytes, (size_t)n);
	return n;
}

void terminal_type(terminal *p, const char *bytes, size_t n)
{
	while (n) {
		struct pollfd f = { .fd = p->fd, .events = POLLIN | POLLOUT };

		if (poll(&f, 1, 5000) <= 0)
			return;
		if (f.revents & POLLIN && terminal_pump(p, 0) < 0)
			return;
		if (!(f.revents & POLLOUT))
			continue;
		ssize_t done = write(p->fd, bytes, n > 512 ? 512 : n);

		if (done < 0)
			return;
		bytes += done;
		n -= (size_t)done;
	}
}

void terminal_keys(terminal *p, const char *text)
{
	terminal_type(p, text, strlen(text));
}

void terminal_size(terminal *p, int rows, int cols)
{
	struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	vt_resize(&p->vt, rows, cols);
	ioctl(p->fd, TIOCSWINSZ, &w);
}

static bool wait_for(terminal *p, const char *text, bool wanted, int ms)
{
	int64_t end = now_ms() + ms;

	while (vt_contains(&p->vt, text) != wanted) {
		int64_t left = end - now_ms();

		if (left <= 0 || terminal_pump(p, (int)left) < 0)
			return vt_contains(&p->vt, text) == wanted;
	}
	return true;
}

bool terminal_sees(terminal *p, const char *text, int ms)
{
	return wait_for(p, text, true, ms);
}

bool terminal_loses(terminal *p, const char *text, int ms)
{
	return wait_for(p, text, false, ms);
}

size_t terminal_settles(terminal *p, int ms)
{
	size_t total = 0;
	ssize_t n;

	while ((n = terminal_pump(p, ms)) > 0)
		total += (size_t)n;
	return total;
}

int terminal_end(terminal *p, int ms)
{
	int64_t end = now_ms() + ms;

	while (!p->ended && now_ms() < end) {
		terminal_pump(p, 5);
		p->ended = waitpid(p->pid, &p->status, WNOHANG) == p->pid;
	}
	while (terminal_pump(p, 0) > 0)
		;
	if (!p->ended)
		return -1;
	return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status);
}

void terminal_close(terminal *p)
{
	if (!p->ended) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, &p->status, 0);
	}
	close(p->fd);
	p->fd = -1;
}

void terminal_environment(const char *home)
{
	static const char *const unset[] = { "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "NO_COLOR" };

	setenv("HOME", home, 1);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("INPUTRC", "/dev/null", 1);
	for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
		unsetenv(unset[i]);
}
