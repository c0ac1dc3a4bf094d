/*
 * outside: the two times the chat gives the terminal away and takes it back: suspended to the
 * shell, and while the user's editor writes the line. And the line itself, kept from one start to the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/chat.h"

enum { DRAFT_MIN = 4 }; /* bytes: less is typed again sooner than noticed */

void outside_suspend(chat *c)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL }, old;

	screen_leave(c->screen);
	sigaction(SIGTSTP, &dfl, &old);
	kill(0, SIGTSTP); /* the whole foreground job, as Ctrl-Z does */
	sigaction(SIGTSTP, &old, NULL);
	screen_enter(c->screen);
	c->dirty = true;
}

/* Runs the editor and waits. Its choice is the shell's: $VISUAL, $EDITOR, vi. Returns its exit
 * status, or -1. */
static int run_editor(const char *path)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old_int, old_quit;
	int status = -1;

	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	pid_t pid = fork();

	if (pid == 0) {
		static const int reset[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTERM, SIGHUP, SIGPIPE };

		for (size_t i = 0; i < sizeof reset / sizeof *reset; i++)
			signal(reset[i], SIG_DFL);
		execl("/bin/sh", "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"", "sh", path,
		      (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The file as a line of input, or NULL. */
static char *read_back(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(PASTE_MAX + 1) : NULL;
	size_t n = text ? fread(text, 1, PASTE_MAX, f) : 0;

	if (f)
		fclose(f);
	if (!text)
		return NULL;
	n = text_whole(text, n);
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n] = 0;
	return text;
}

static bool draft_path(const chat *c, char *path, size_t cap)
{
	int n = c->set->state_dir ? snprintf(path, cap, "%s/draft", c->set->state_dir) : -1;

	return n > 0 && (size_t)n < cap;
}

static bool write_out(int fd, const char *text)
{
	size_t n = strlen(text);
	FILE *f = fdopen(fd, "w");

	if (!f) {
		close(fd);
		return false;
	}
	bool ok = fwrite(text, 1, n, f) == n;

	return fclose(f) == 0 && ok;
}

void outside_editor(chat *c)
{
	char path[PATH_MAX];
	int fd, status;

	if (snprintf(path, sizeof path, "%s/message.XXXXXX", c->set->state_dir) >=
		    (int)sizeof path ||
	    (fd = mkstemp(path)) < 0) { /* mode 0600 */
		chat_hint(c, "no place to write the line for the editor", 4000);
		return;
	}
	if (!write_out(fd, input_text(c->input))) {
		unlink(path);
		chat_hint(c, "the line could not be written for the editor", 4000);
		return;
	}
	screen_leave(c->screen);
	status = run_editor(path);
	screen_enter(c->screen);
	char *text = status == 0 ? read_back(path) : NULL;

	unlink(path);
	if (text)
		input_set(c->input, text);
	else
		chat_hint(c, "the editor failed: the line is as it was", 4000);
	free(text);
	c->dirty = true;
}

void outside_draft_keep(const chat *c)
{
	char path[PATH_MAX];
	int fd;

	if (c->board.status.incognito || input_empty(c->input) || strlen(input_text(c->input)) < DRAFT_MIN || input_searching(c->input) || !draft_path(c, path, sizeof path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && !write_out(fd, input_text(c->input)))
		unlink(path);
}

void outside_draft_take(chat *c)
{
	char path[PATH_MAX], *text = NULL;

	if (c->set->incognito || !draft_path(c, path, sizeof path) || !(text = read_back(path)))
		return;
	unlink(path);
	if (*text && input_empty(c->input)) {
		input_set(c->input, text);
		chat_hint(c, "not sent last time; Ctrl-C clears it", 8000);
	}
	free(text);
}
