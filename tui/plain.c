/*
 * Line mode: the whole chat without a single control code, for pipes, logs, screen readers and simple terminals. Main
 * thread. Input is read line by line; a line is sent when the reply to the one before has ended, so that a script's output
 * is in order. At the end of input it waits until the queue is worked off. With --json: one event per line.
 */
#include "tui/json.h"
#include "tui/tui_int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLAIN_COLUMNS = 100, READ_SIZE = 4096, LINE_MAX_BYTES = 256 * 1024 }; /* a longer line is dropped, with a word about it */

typedef struct plain {
	const settings *set;
	worker *worker;
	bool tty;          /* prompts are written */
	bool ready, busy;  /* a reply or a command is being worked on */
	bool ended;        /* end of input */
	bool at_start;     /* the output stands at the start of a line */
	bool idle;         /* the worker has nothing left to do */
	int code;          /* exit code once fatal */
	bool over;
	char keys[8];      /* keys that answer the question asked, or "" */
	char *input;       /* bytes read, not yet sent */
	size_t len, cap;
	bool skipping;     /* inside a line that is too long */
} plain;

static volatile sig_atomic_t plain_signal;

static void on_signal(int sig)
{
	plain_signal = sig;
}

/* ---- output ---- */

static void fresh_line(plain *p)
{
	if (!p->at_start)
		putchar('\n');
	p->at_start = true;
}

static void say(plain *p, const char *prefix, const char *text)
{
	char *clean = text_sanitise(text ? text : "", text ? strlen(text) : 0);
	size_t n = clean ? strlen(clean) : 0;

	fresh_line(p);
	printf("%s%s%s", prefix, clean ? clean : "", n && clean[n - 1] == '\n' ? "" : "\n");
	free(clean);
}

static void show_token(plain *p, const char *text)
{
	char *clean = text_sanitise(text, strlen(text));

	if (clean && *clean) {
		fputs(clean, stdout);
		p->at_start = clean[strlen(clean) - 1] == '\n';
	}
	free(clean);
}

static const char *event_name(int type)
{
	static const char *const names[] = {
		[EV_READY] = "start",        [EV_FATAL] = "error",      [EV_TURN_BEGIN] = "message_begin",
		[EV_TOKEN] = "token",        [EV_TURN_END] = "message_end", [EV_NOTED] = "fact",
		[EV_ASK] = "ask",            [EV_EDIT] = "edit_progress", [EV_EDIT_END] = "edit_end",
		[EV_NOTICE] = "notice",      [EV_OUTPUT] = "output",    [EV_ERROR] = "error",
		[EV_PAST] = "past",
	};

	return type >= 0 && (size_t)type < sizeof(names) / sizeof(*names) ? names[type] : NULL;
}

static const char *noted_name(int code)
{
	static const char *const names[] = { "add", "supersede", "retract", "noop", "ask", "restore" };

	return code >= 0 && (size_t)code < sizeof(names) / sizeof(*names) ? names[code] : "";
}

static void show_json(const event *e)
{
	const char *name = event_name(e->type);

	if (!name || (e->type == EV_EDIT_END && e->code == DONE_REVERTED)) /* the answer to /forget says it */
		return;
	fputs("{\"event\":", stdout);
	json_string(stdout, name);
	if (e->id)
		printf(",\"id\":%lld", (long long)e->id);
	if (e->type == EV_TURN_END || e->type == EV_FATAL)
		printf(",\"code\":%d", e->code);
	if (e->type == EV_PAST)
		printf(",\"role\":\"%s\"", e->code ? "assistant" : "user");
	if (e->text) {
		fputs(",\"text\":", stdout);
		json_string(stdout, e->text);
	}
	if (e->type == EV_TURN_END && e->code >= 0) {
		printf(",\"tokens\":%d,\"prompt_tokens\":%zu,\"read\":%zu,\"first_token_s\":", e->turn.tokens, e->turn.prompt,
		       e->turn.read);
		json_number(stdout, e->turn.first_seconds);
		fputs(",\"tps\":", stdout);
		json_number(stdout, e->turn.tokens_per_second);
	}
	if (e->type == EV_NOTED)
		printf(",\"op\":\"%s\",\"span\":[%zu,%zu]", noted_name(e->code), e->span[0], e->span[1]);
	if (e->replaces)
		printf(",\"replaces\":%lld", (long long)e->replaces);
	if (e->type == EV_ASK) {
		fputs(",\"keys\":", stdout);
		json_string(stdout, e->keys);
	}
	if (e->edit) {
		printf(",\"step\":%d,\"steps\":%d,\"evaluations\":%d,\"phase\":", e->edit->step, e->edit->max_steps,
		       e->edit->evaluations);
		json_string(stdout, e->edit->phase);
		fputs(",\"loss\":", stdout);
		json_number(stdout, e->edit->loss);
		fputs(",\"p\":", stdout);
		json_number(stdout, e->edit->p);
		fputs(",\"eta_s\":", stdout);
		json_number(stdout, e->edit->eta);
	}
	if (e->type == EV_EDIT_END)
		printf(",\"ok\":%s", e->code == DONE_VERIFIED ? "true" : "false");
	fputs("}\n", stdout);
}

static void say_noted(plain *p, const char *head, const event *e)
{
	char *text = NULL;

	if (!e->text)
		return; /* a mark for the screen: the answer to /undo says it */
	if (e->replaces && asprintf(&text, "%s; replaces #%lld", e->text ? e->text : "", (long long)e->replaces) < 0)
		text = NULL;
	say(p, head, text ? text : e->text);
	free(text);
}

static void show_text(plain *p, const event *e)
{
	char line[64];

	switch (e->type) {
	case EV_TOKEN: show_token(p, e->text ? e->text : ""); break;
	case EV_TURN_END:
		fresh_line(p);
		if (e->code < 0)
			say(p, "error: ", e->text);
		else if (e->code)
			say(p, e->code == 1 ? "(stopped)" : "cut: ", e->code == 1 ? "" : e->text);
		break;
	case EV_NOTED:
		snprintf(line, sizeof(line), "%s #%lld: ",
			 e->code == NOTED_RETRACT ? "taken back" : e->code == NOTED_BACK ? "back"
			 : e->code == NOTED_KNOWN ? "known" : "noted", (long long)e->id);
		say_noted(p, line, e);
		break;
	case EV_EDIT_END:
		if (e->code != DONE_REVERTED)
			say(p, "", e->text);
		break;
	case EV_NOTICE:
	case EV_OUTPUT:
	case EV_ASK: say(p, "", e->text); break;
	case EV_PAST: say(p, e->code ? "" : "> ", e->text); break;
	case EV_ERROR: say(p, "error: ", e->text); break;
	default: break;
	}
}

static void on_fatal(plain *p, const event *e)
{
	char *clean = text_sanitise(e->text ? e->text : "", e->text ? strlen(e->text) : 0);

	p->over = true;
	p->code = e->code;
	fprintf(stderr, "imprint: %s\n", clean ? clean : "");
	free(clean);
}

static void handle(plain *p, const event *e)
{
	switch (e->type) {
	case EV_READY: p->ready = true; break;
	case EV_DONE:
		p->busy = false;
		p->idle = false; /* what it said of being idle before may be old: it says so again */
		break;
	case EV_IDLE: p->idle = true; break;
	case EV_ASK: snprintf(p->keys, sizeof(p->keys), "%s", e->keys); break;
	case EV_FATAL: on_fatal(p, e); break;
	default: break;
	}
	if (p->set->json)
		show_json(e);
	else if (e->type != EV_FATAL)
		show_text(p, e);
}

static void take_events(plain *p)
{
	event *e = worker_take(p->worker);

	while (e) {
		event *next = e->next;

		handle(p, e);
		event_free(e);
		e = next;
	}
	fflush(stdout);
}

/* ---- input ---- */

/* One of the keys that answer the question just asked, alone on a line. */
static bool send_answer(plain *p, const char *line)
{
	char text[] = "answer ?", key = command_answer(p->keys, line);

	p->keys[0] = 0;
	text[sizeof(text) - 2] = key;
	return key && !worker_send(p->worker, REQ_COMMAND, text);
}

/* What the program itself says to a line. */
static void tell(plain *p, int type, const char *text)
{
	event e = { .type = type, .text = (char *)text };

	if (p->set->json)
		show_json(&e);
	else
		show_text(p, &e);
}

static bool send_message(plain *p, const char *text)
{
	if (!worker_send(p->worker, REQ_TURN, text))
		return true;
	tell(p, EV_ERROR, "out of memory: the message was not sent");
	return false;
}

/* Handles one line; returns whether a worker's answer is now awaited. */
static bool send_line(plain *p, const char *line)
{
	char guard[160];
	const char *text;
	const command *c;

	if (p->keys[0] && send_answer(p, line))
		return true;
	switch (command_classify(line, &text)) {
	case LINE_EMPTY: return false;
	case LINE_MESSAGE: return send_message(p, text);
	case LINE_GUARDED:
		command_guard(line, guard, sizeof(guard));
		tell(p, p->set->json ? EV_ERROR : EV_NOTICE, guard);
		return false;
	default: break;
	}
	c = command_find(text, strcspn(text, " \t\n"), NULL);
	const char *args = text + strcspn(text, " \t\n");

	args += strspn(args, " \t\n");
	if (c->where == CMD_WORKER)
		return !worker_send(p->worker, REQ_COMMAND, text);
	if (c->where == CMD_TURN && (*args || !strcmp(c->name, "regen")))
		return !worker_send(p->worker, REQ_REDO, strcmp(c->name, "regen") ? args : "");
	if (c->where == CMD_TURN) {
		tell(p, p->set->json ? EV_ERROR : EV_NOTICE, "/edit TEXT puts TEXT in the place of your last message");
		return false;
	}
	if (!strcmp(c->name, "help")) {
		char *help = command_help(args, false, PLAIN_COLUMNS);

		tell(p, EV_OUTPUT, help);
		free(help);
		return false;
	}
	if (!strcmp(c->name, "find") || !strcmp(c->name, "copy"))
		tell(p, EV_OUTPUT, "line mode keeps no screen: search and copy in your terminal; /save FILE writes the conversation");
	else
		p->over = true;
	return false;
}

static int read_more(plain *p)
{
	ssize_t n;

	if (p->cap - p->len < READ_SIZE + 1) {
		size_t cap = p->cap + 4 * READ_SIZE;
		char *input = realloc(p->input, cap);

		if (!input)
			return -1;
		p->input = input;
		p->cap = cap;
	}
	n = read(STDIN_FILENO, p->input + p->len, READ_SIZE);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (n == 0)
		p->ended = true;
	for (ssize_t i = 0; i < n; i++)
		if (!p->input[p->len + (size_t)i])
			p->input[p->len + (size_t)i] = ' ';
	p->len += (size_t)n;
	p->input[p->len] = 0;
	return 0;
}

static void drop_input(plain *p, size_t n)
{
	memmove(p->input, p->input + n, p->len - n);
	p->len -= n;
	p->input[p->len] = 0;
}

/* A line of more than LINE_MAX_BYTES is read to its end and not sent: half of it would be another message. */
static void skip_long_line(plain *p)
{
	char *nl = p->len ? memchr(p->input, '\n', p->len) : NULL;

	if (!p->skipping && !nl && p->len >= LINE_MAX_BYTES) {
		p->skipping = true;
		say(p, "error: ", "a line of more than 256 KiB was not sent");
	}
	if (!p->skipping)
		return;
	p->skipping = !nl;
	drop_input(p, nl ? (size_t)(nl - p->input) + 1 : p->len);
}

/* Sends the next whole line if nothing is awaited. */
static void next_line(plain *p)
{
	skip_long_line(p);
	while (p->ready && !p->busy && !p->over && p->len) {
		char *nl = memchr(p->input, '\n', p->len);
		size_t n = nl ? (size_t)(nl - p->input) : p->len;

		if (!nl && !p->ended)
			return;
		p->input[n] = 0;
		if (n && p->input[n - 1] == '\r')
			p->input[n - 1] = 0;
		p->at_start |= p->tty; /* the terminal echoed the newline */
		p->busy = send_line(p, p->input);
		drop_input(p, n + (nl != NULL));
	}
}

static void prompt(plain *p)
{
	if (p->tty && p->ready && !p->busy && !p->over && p->at_start && !p->len) {
		fputs("> ", stdout);
		p->at_start = false;
	}
	fflush(stdout);
}

static bool finished(const plain *p)
{
	return p->over || ferror(stdout) || (p->ended && !p->len && p->ready && !p->busy && p->idle);
}

/* `during`: the signal mask while it waits; outside, the signals are held back so that none is missed. */
static void plain_loop(plain *p, const sigset_t *during)
{
	while (!finished(p) && !plain_signal) {
		struct pollfd fd[2] = { { .fd = worker_fd(p->worker), .events = POLLIN },
					{ .fd = p->ended || p->len >= LINE_MAX_BYTES ? -1 : STDIN_FILENO, .events = POLLIN } };

		if (ppoll(fd, 2, NULL, during) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (fd[0].revents)
			take_events(p);
		if (fd[1].revents && read_more(p))
			p->ended = true;
		next_line(p);
		prompt(p);
	}
}

int chat_plain(const settings *s)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t held, before;
	plain p = { .set = s, .at_start = true, .tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !s->json };
	char err[256];

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		sigaction(signals[i], &sa, NULL);
		sigaddset(&held, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &held, &before); /* the worker inherits the block */
	if (worker_start(&p.worker, s, err, sizeof(err))) {
		char *clean = text_sanitise(err, strlen(err));

		fprintf(stderr, "imprint: %s\n", clean ? clean : "");
		free(clean);
		return EXIT_RUNTIME;
	}
	plain_loop(&p, &before);
	if (!p.set->json)
		fresh_line(&p);
	if (!p.ready && !p.over)
		fprintf(stderr, "imprint: stopped before the model was open; what its first opening measures begins anew next time\n");
	worker_stop(p.worker);
	free(p.input);
	if (plain_signal)
		return plain_signal == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
	return p.code;
}
