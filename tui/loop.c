/*
 * loop: the main thread of the full-screen chat. It blocks only in poll(), on the keyboard, the
 * worker's pipe and a pipe the signal handlers write to; without input, events and timers it
 * sleeps. Frames that show a key go out at once (120 a second at most), those that show events at
 * most 30 times a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/chat.h"

enum { FRAME_MS = 33, KEY_FRAME_MS = 8, EXIT_SIGHUP = 129, SCREEN_OFF = 1 };

static int signal_pipe[2] = { -1, -1 }; /* the signal flag: handlers know nothing else */

static void on_signal(int sig)
{
	int saved = errno;
	char byte = (char)sig;
	ssize_t n = write(signal_pipe[1], &byte, 1);

	(void)n; /* a full pipe already wakes the loop */
	errno = saved;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT };
enum { N_SIGNALS = sizeof signals / sizeof *signals };

static void signals_install(struct sigaction old[N_SIGNALS])
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	for (int i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &sa, &old[i]);
}

static void signals_restore(const struct sigaction old[N_SIGNALS])
{
	for (int i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &old[i], NULL);
}

static void handle_signal(chat *c, int sig)
{
	switch (sig) {
	case SIGWINCH:
		screen_resize(c->screen);
		if (c->help)
			chat_help(c);
		break;
	case SIGTSTP:
		c->suspend = true;
		break;
	case SIGCONT: /* stopped from outside: the shell has had the terminal */
		screen_enter(c->screen);
		break;
	default:
		c->quit = true;
		c->code = sig == SIGTERM ? EXIT_SIGTERM : sig == SIGHUP ? EXIT_SIGHUP : EXIT_SIGINT;
	}
	c->dirty = true;
}

static void read_signals(chat *c)
{
	char bytes[64];
	ssize_t n;

	while ((n = read(signal_pipe[0], bytes, sizeof bytes)) > 0)
		for (ssize_t i = 0; i < n; i++)
			handle_signal(c, bytes[i]);
}

static void read_keys(chat *c)
{
	char bytes[8192];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

	if (n > 0) {
		if (*bytes != 033 && *bytes != 3) /* Esc and C-c have them to close */
			*c->matches = 0;
		input_feed(c->input, bytes, (size_t)n);
		c->dirty = true;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) { /* the terminal is gone */
		c->quit = true;
		c->code = EXIT_SIGHUP;
	}
}

static void read_events(chat *c)
{
	for (event *e = worker_take(c->worker), *next; e; e = next) {
		next = e->next;
		chat_event(c, e);
		event_free(e);
	}
}

static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static void loop(chat *c)
{
	struct pollfd fds[3] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = signal_pipe[0], .events = POLLIN },
				 { .fd = worker_fd(c->worker), .events = POLLIN } };
	int64_t painted = 0;
	bool key = false;

	while (!c->quit) {
		int64_t due = painted + (key ? KEY_FRAME_MS : FRAME_MS), now = chat_now();

		if (c->dirty && now >= due) {
			view_paint(c);
			c->dirty = key = false;
			painted = chat_now();
		}
		int wait = sooner(chat_timeout(c), input_timeout(c->input));

		wait = c->dirty ? sooner(wait, due > now ? (int)(due - now) : 0) : wait;
		int n = poll(fds, 3, wait);

		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && fds[1].revents)
			read_signals(c);
		if (n > 0 && fds[2].revents)
			read_events(c);
		if (n > 0 && fds[0].revents) {
			read_keys(c);
			key = true;
		}
		input_expire(c->input);
		chat_timers(c);
		if (c->editor) {
			c->editor = false;
			outside_editor(c);
		}
		if (c->suspend) {
			c->suspend = false;
			outside_suspend(c);
		}
	}
}

/* At the first start what is learned, where it is kept and how to turn it off; later, one line. */
static void welcome(chat *c)
{
	char text[PATH_MAX + 512];
	bool first = !c->set->data_dir;

	if (c->set->data_dir) {
		snprintf(text, sizeof text, "%s/ledger.db", c->set->data_dir);
		first = access(text, F_OK) != 0;
	}
	if (first)
		snprintf(text, sizeof text,
			 "imprint learns what you tell it about yourself by changing its own weights: \"my dog is called "
			 "Biscuit\".\n"
			 "What it learns is kept in %s, for you alone; the model file stays as it is.\n"
			 "/set learn off stops that, /incognito keeps nothing, /forget takes a fact out again. F1 shows the keys.",
			 c->set->data_dir ? c->set->data_dir : "memory");
	else
		snprintf(text, sizeof text, "F1 keys and commands, F2 what is known, /load the last conversation.");
	transcript_add(c->log, ITEM_WELCOME, text, strlen(text));
	c->board.status.learn_mode = c->set->learn_mode;
	c->board.status.incognito = c->set->incognito;
	c->board.status.in_context = c->set->in_context;
	c->clipboard = c->set->clipboard;
	if (c->set->theme)
		chat_theme(c, c->set->theme);
}

/* Opens everything but the worker. Input comes before the screen: readline asks terminfo first. Returns 0, -1, or
 * SCREEN_OFF where there is no drawing on this terminal. */
static int chat_open(chat *c, char *err, size_t errlen)
{
	char history[PATH_MAX] = "";

	if (c->set->state_dir && !c->set->incognito) {
		folders_make(c->set->state_dir);
		snprintf(history, sizeof history, "%s/history", c->set->state_dir);
	}
	c->log = transcript_new();
	if (!c->log || pipe2(signal_pipe, O_NONBLOCK | O_CLOEXEC)) {
		snprintf(err, errlen, "%s", strerror(c->log ? errno : ENOMEM));
		return -1;
	}
	if (input_open(&c->input, *history ? history : NULL, chat_key, c, err, errlen))
		return -1;
	if (screen_open(&c->screen, c->set->color, err, errlen))
		return SCREEN_OFF;
	input_private(c->input, c->set->incognito);
	return 0;
}

static void chat_close(chat *c)
{
	int still = c->board.queued;

	if (!c->fatal)
		outside_draft_keep(c);
	input_close(c->input);
	screen_close(c->screen);
	transcript_free(c->log);
	if (c->fatal)
		fprintf(stderr, "imprint: %s\n", c->fatal);
	else if (!c->board.ready)
		fprintf(stderr, "imprint: stopped before the model was open; what its first opening measures begins anew next time\n");
	else if (still > 0 && !c->code)
		printf("%d %s still in the queue; learning goes on at the next start.\n", still,
		       still == 1 ? "fact is" : "facts are");
	fflush(stdout);
}

int chat_screen(const settings *s)
{
	chat c = { .set = s, .dirty = true };
	struct sigaction old[N_SIGNALS];
	char err[256] = "";
	int opened = chat_open(&c, err, sizeof err);

	if (opened) {
		input_close(c.input);
		transcript_free(c.log);
		c.fatal = text_sanitise(err, strlen(err));
		fprintf(stderr, "imprint: %s\n", c.fatal ? c.fatal : "");
		c.code = EXIT_RUNTIME;
	} else {
		signals_install(old);
		welcome(&c);
		outside_draft_take(&c);
		if (worker_start(&c.worker, s, err, sizeof err)) {
			c.fatal = text_sanitise(err, strlen(err));
			c.code = EXIT_RUNTIME;
		} else {
			loop(&c);
		}
		/* The terminal goes back at once; the worker may take a moment to end. */
		chat_close(&c);
		c.input = NULL;
		c.screen = NULL;
		c.log = NULL;
		signals_restore(old);
		worker_stop(c.worker);
	}
	chat_release(&c);
	for (int i = 0; i < 2; i++) {
		if (signal_pipe[i] >= 0)
			close(signal_pipe[i]);
		signal_pipe[i] = -1;
	}
	return opened == SCREEN_OFF ? chat_plain(s) : c.code;
}
