/*
 * chat: what the worker reports, brought into the conversation and onto the board; the lines
 * entered, sent to the worker. One message is with the worker at a time. Lines entered meanwhile
 * wait here, in order, so that each message stands above its own reply and facts are shown under
 * the message that held them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/chat.h"

enum { PANE_LINGER_MS = 6000, SPIN_MS = 120, HINT_MS = 4000, COPY_MAX = 74000, BUSY_MS = 400 };

int64_t chat_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void chat_hint(chat *c, const char *text, int ms)
{
	snprintf(c->hint, sizeof c->hint, "%s", text);
	c->hint[text_whole(c->hint, strlen(c->hint))] = 0;
	c->hint_until = chat_now() + ms;
	c->dirty = true;
}

bool chat_pane_shown(const chat *c)
{
	if (c->board.pane != PANE_AUTO)
		return c->board.pane == PANE_PINNED;
	return c->board.editing || c->board.queued > 0 || c->pane_until;
}

void chat_release(chat *c)
{
	for (size_t i = 0; i < c->waiting.n; i++)
		free(c->waiting.lines[i]);
	free(c->waiting.lines);
	free(c->sent);
	free(c->unsent);
	free(c->redo);
	free(c->ask);
	free(c->help);
	list_free(c->list);
	free(c->past_edit);
	free(c->fatal);
	board_release(&c->board);
}

/* ---- lines to the worker ---- */

int chat_ask(chat *c, int type, const char *text)
{
	int rc = worker_send(c->worker, type, text);

	if (!rc && !c->pending++)
		c->busy_at = chat_now() + BUSY_MS;
	return rc;
}

bool chat_busy(const chat *c)
{
	return c->pending > 0 && !c->busy_at && !c->in_turn;
}

static void add(chat *c, int kind, const char *text)
{
	if (text && *text)
		transcript_add(c->log, kind, text, strlen(text));
}

/* A message that got no answer is put back into the input line, as soon as that is empty. */
static void give_back(chat *c)
{
	if (!c->unsent || !input_empty(c->input))
		return;
	input_set(c->input, c->unsent);
	free(c->unsent);
	c->unsent = NULL;
	c->dirty = true;
}

static void keep_unsent(chat *c, char **line)
{
	char *both = NULL;

	if (c->unsent && *line && asprintf(&both, "%s\n%s", c->unsent, *line) >= 0) {
		free(c->unsent);
		c->unsent = both;
	} else if (!c->unsent) {
		c->unsent = *line;
		*line = NULL;
	}
	give_back(c);
}

static void send_message(chat *c, const char *text)
{
	free(c->sent);
	c->sent = strdup(text);
	c->asked = transcript_add(c->log, ITEM_USER, text, strlen(text));
	c->reply = transcript_add(c->log, ITEM_REPLY, "", 0);
	if (chat_ask(c, REQ_TURN, text)) {
		add(c, ITEM_ERROR, "out of memory: the message was not sent");
		return;
	}
	c->in_turn = true;
	c->stop_wanted = false;
	c->spin_at = chat_now() + SPIN_MS;
}

static void clear(chat *c)
{
	transcript_clear(c->log);
	c->asked = c->reply = c->noted_under = c->commanded = NULL;
	c->answered = NULL;
}

/* The last message again, or `text`, which is the rest of line, in its place. */
static void send_redo(chat *c, const char *line, const char *text)
{
	c->asked = transcript_add(c->log, ITEM_USER, *text ? text : line, strlen(*text ? text : line));
	c->reply = transcript_add(c->log, ITEM_REPLY, "", 0);
	if (chat_ask(c, REQ_REDO, text)) {
		add(c, ITEM_ERROR, "out of memory: the command was not sent");
		return;
	}
	free(c->redo);
	c->redo = strdup(line);
	c->redo_at = *text ? (size_t)(text - line) : 0;
	c->in_turn = true;
	c->stop_wanted = false;
	c->spin_at = chat_now() + SPIN_MS;
}

static void send_command(chat *c, const char *line, const char *text)
{
	size_t word = strcspn(text, " \t\n");
	const char *name = command_find(text, word, NULL)->name;

	if (!strncmp(text, "clear", word) && word == 5)
		clear(c);
	if (!strcmp(name, "new")) { /* nothing is left to say again */
		free(c->sent);
		c->sent = NULL;
	}
	c->commanded = transcript_add(c->log, ITEM_USER, line, strlen(line));
	if (!strcmp(name, "set") && !text[word + strspn(text + word, " \t\n")]) {
		char mine[64];

		snprintf(mine, sizeof mine, "theme     %s\nclipboard %s", c->theme ? c->theme : "dark", c->clipboard ? "on" : "off");
		add(c, ITEM_OUTPUT, mine);
	}
	c->commanded_at = (size_t)(text - line) + word + strspn(text + word, " \t\n");
	if (chat_ask(c, REQ_COMMAND, text))
		add(c, ITEM_ERROR, "out of memory: the command was not sent");
}

bool chat_theme(chat *c, const char *name)
{
	static const char *const names[] = { "dark", "light", "mono" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(name, names[i]))
			continue;
		c->theme = names[i];
		screen_theme(c->screen, i);
		screen_repaint(c->screen);
		return true;
	}
	return false;
}

/* "set theme light", "set clipboard on": nothing the worker knows of. */
static bool set_local(chat *c, const char *text)
{
	char name[16], value[16] = "";

	if (sscanf(text, "set %15s %15s", name, value) < 1)
		return false;
	if (!strcmp(name, "theme")) {
		if (!chat_theme(c, value))
			add(c, ITEM_ERROR, "themes: dark, light, mono");
		return true;
	}
	if (strcmp(name, "clipboard"))
		return false;
	if (!strcmp(value, "on") || !strcmp(value, "off")) {
		c->clipboard = !strcmp(value, "on");
		chat_hint(c, c->clipboard ? "/copy writes to the clipboard" : "/copy is off", HINT_MS);
	} else {
		add(c, ITEM_ERROR, "/set clipboard on|off");
	}
	return true;
}

/* What the terminal does with it the program cannot see: it only says what it sent. */
static void copy(chat *c, const char *args)
{
	char *text, hint[64];

	if (!c->clipboard) {
		add(c, ITEM_ERROR, "/set clipboard on allows it: the terminal is then told what to put there (OSC 52)");
		return;
	}
	text = transcript_text(c->log, !strcmp(args, "all"));
	if (!text || !*text) {
		chat_hint(c, "no reply yet", HINT_MS);
	} else if (strlen(text) > COPY_MAX) {
		add(c, ITEM_ERROR, "more than terminals take at once (74 kB): /save FILE writes it to a file");
	} else {
		screen_copy(c->screen, text);
		snprintf(hint, sizeof hint, "%zu bytes sent to the clipboard", strlen(text));
		chat_hint(c, hint, HINT_MS);
	}
	free(text);
}

static void show_help(chat *c, const char *word)
{
	snprintf(c->help_word, sizeof c->help_word, "%s", word ? word : "");
	c->help_top = 0;
	chat_help(c);
}

void chat_help(chat *c)
{
	char *text = command_help(*c->help_word ? c->help_word : NULL, true, (size_t)screen_cols(c->screen));

	free(c->help);
	c->help = text ? text_sanitise(text, strlen(text)) : NULL;
	free(text);
	input_raw(c->input, c->help != NULL);
}

void chat_help_close(chat *c)
{
	free(c->help);
	c->help = NULL;
	input_raw(c->input, false);
}

void chat_find(chat *c, int by)
{
	c->n_found = transcript_find(c->log, c->find, by, &c->found);
	if (!c->n_found) {
		chat_hint(c, "not in this conversation", HINT_MS);
		chat_find_end(c);
	}
}

void chat_find_end(chat *c)
{
	*c->find = 0;
	transcript_find_end(c->log);
	input_hot(c->input, "");
}

static void start_find(chat *c, const char *words)
{
	char *clean = text_sanitise(words, strlen(words));
	size_t n = clean ? strlen(clean) : 0;

	chat_find_end(c);
	while (n && clean[n - 1] == ' ')
		clean[--n] = 0;
	snprintf(c->find, sizeof c->find, "%s", clean ? clean : "");
	free(clean);
	c->find[text_whole(c->find, strlen(c->find))] = 0;
	if (!*c->find) {
		chat_hint(c, "/find WORDS searches the conversation", HINT_MS);
	} else if (c->ask) {
		*c->find = 0;
		chat_hint(c, "answer the question first", HINT_MS);
	} else {
		input_hot(c->input, "n");
		*c->hint = 0;
		chat_find(c, -1);
	}
}

/* The last message comes back as a line that replaces it. */
static void edit_last(chat *c)
{
	char *line = NULL;

	if (!c->sent || asprintf(&line, "/edit %s", c->sent) < 0) {
		chat_hint(c, "nothing has been said yet", HINT_MS);
		return;
	}
	input_set(c->input, line);
	free(line);
}

/* True when the line was one for this thread. */
static bool local_command(chat *c, const char *text)
{
	size_t len = strcspn(text, " \t\n");
	const command *cmd = command_find(text, len, NULL);

	if (set_local(c, text) || chat_list_command(c, text))
		return true;
	if (cmd && !strcmp(cmd->name, "edit") && !text[len + strspn(text + len, " \t")]) {
		edit_last(c);
		return true;
	}
	if (!cmd || cmd->where != CMD_LOCAL)
		return false;
	if (!strcmp(cmd->name, "help"))
		show_help(c, text + len + strspn(text + len, " \t"));
	else if (!strcmp(cmd->name, "copy"))
		copy(c, text + len + strspn(text + len, " \t"));
	else if (!strcmp(cmd->name, "find"))
		start_find(c, text + len + strspn(text + len, " \t"));
	else
		c->quit = true;
	return true;
}

static void guard(chat *c, const char *line)
{
	char text[160], *clean;

	command_guard(line, text, sizeof text);
	clean = text_sanitise(text, strlen(text));
	snprintf(c->said, sizeof c->said, "%s", clean ? clean : "");
	c->said[text_whole(c->said, strlen(c->said))] = 0;
	free(clean);
	input_set(c->input, line);
}

static void wait_line(chat *c, const char *line)
{
	waiting *w = &c->waiting;

	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 8;
		char **lines = realloc(w->lines, cap * sizeof *lines);

		if (!lines)
			return;
		w->lines = lines;
		w->cap = cap;
	}
	if ((w->lines[w->n] = strdup(line)))
		w->n++;
}

void chat_ask_end(chat *c)
{
	free(c->ask);
	c->ask = NULL;
	c->ask_keys[0] = 0;
}

/* An answer to the question asked: "r" alone on a line, so that no letter of a message is taken for one. */
static bool send_answer(chat *c, const char *line)
{
	char text[] = "answer ?", key = command_answer(c->ask_keys, line);

	if (!key)
		return false;
	text[sizeof text - 2] = key;
	c->commanded = transcript_add(c->log, ITEM_USER, line, strlen(line));
	chat_ask(c, REQ_COMMAND, text);
	chat_ask_end(c);
	return true;
}

/* Sends one line; true if it was a message, which must be answered before the next. */
static bool send_line(chat *c, const char *line)
{
	const char *text;

	if (c->ask && send_answer(c, line))
		return false;
	if (command_classify(line, &text) == LINE_COMMAND) {
		size_t word = strcspn(text, " \t\n");
		const command *cmd = command_find(text, word, NULL);

		if (cmd->where == CMD_TURN) {
			send_redo(c, line, strcmp(cmd->name, "regen") ? text + word + strspn(text + word, " \t\n") : "");
			return true;
		}
		send_command(c, line, text);
		return false;
	}
	chat_ask_end(c);
	send_message(c, text);
	return true;
}

void chat_send_waiting(chat *c)
{
	while (c->waiting.n && !c->in_turn && !c->awaited && c->board.ready) {
		char *line = c->waiting.lines[0];

		memmove(c->waiting.lines, c->waiting.lines + 1,
			--c->waiting.n * sizeof *c->waiting.lines);
		send_line(c, line);
		c->awaited = c->pending;
		free(line);
	}
}

void chat_submit(chat *c, const char *line)
{
	const char *text;
	int kind = command_classify(line, &text);

	*c->matches = *c->said = 0;
	if (kind == LINE_EMPTY)
		return;
	if (kind == LINE_COMMAND && local_command(c, text))
		return;
	if (*c->find)
		chat_find_end(c);
	if (!c->list) /* an action of the list leaves the place in the conversation */
		transcript_follow(c->log);
	if (kind == LINE_GUARDED) {
		guard(c, line);
		return;
	}
	wait_line(c, line);
	chat_send_waiting(c);
	give_back(c);
}

/* ---- events from the worker ---- */

static void on_ready(chat *c, const event *e)
{
	c->board.ready = true;
	c->board.loading = 0;
	if (e->text && !*c->board.status.model) {
		status_view v = c->board.status;

		snprintf(v.model, sizeof v.model, "%s", e->text);
		board_status(&c->board, &v);
	}
	if (!c->list_asked) /* for Tab */
		c->list_asked = !chat_ask(c, REQ_LIST, "facts");
	chat_send_waiting(c);
}

static void on_turn_begin(chat *c)
{
	const char *line = c->redo ? c->redo : c->sent;

	if (c->in_turn && !c->reply && line) { /* sent before the conversation that it belongs to came and took its place */
		c->asked = transcript_add(c->log, ITEM_USER, line, strlen(line));
		c->reply = transcript_add(c->log, ITEM_REPLY, "", 0);
	}
	c->noted_under = c->asked;
	c->commanded = NULL;
	if (c->stop_wanted)
		worker_interrupt(c->worker);
}

/* The reply it had before stays on the screen, marked. */
static void redone(chat *c)
{
	transcript_mark(c->log, c->answered, "replaced");
	if (!c->redo_at)
		return;
	free(c->sent);
	c->sent = strdup(c->redo + c->redo_at);
}

static void on_turn_end(chat *c, const event *e)
{
	char cut[96] = "cut";

	c->spin_at = 0;
	c->in_turn = false;
	if (e->code == 2 && e->text)
		snprintf(cut, sizeof cut, "cut: %s", e->text);
	if (c->reply)
		transcript_close(c->log, c->reply,
				 e->code == 0   ? NULL
				 : e->code == 1 ? "stopped"
				 : e->code == 2 ? cut
						: "no answer");
	if (e->code < 0) {
		add(c, ITEM_ERROR, e->text);
		if (c->redo_at || !c->redo) /* /regen is soon typed again */
			keep_unsent(c, c->redo ? &c->redo : &c->sent);
	} else if (c->redo) {
		redone(c);
	}
	if (e->code >= 0)
		c->answered = c->reply;
	c->reply = NULL;
	free(c->redo);
	c->redo = NULL;
	chat_send_waiting(c);
}

/*
 * A fact is shown under the words it was found in. Those are in the message answered last or, for
 * /remember, in the last command; a command may have been sent before the message's facts arrived,
 * so the words themselves decide.
 */
static void on_noted(chat *c, const event *e)
{
	static const int states[] = { [NOTED_ADD] = FACT_IS_QUEUED, [NOTED_SUPERSEDE] = FACT_IS_QUEUED, [NOTED_RETRACT] = FACT_IS_GONE,
				      [NOTED_KNOWN] = FACT_IS_KNOWN, [NOTED_BACK] = FACT_IS_BACK };
	size_t span[2] = { e->span[0], e->span[1] };
	item *under = c->noted_under;
	char id[24];

	if (e->code < 0 || e->code > NOTED_BACK || e->code == NOTED_UNSURE)
		return;
	if (e->code == NOTED_RETRACT || e->code == NOTED_BACK) /* under the message that told it, too */
		transcript_fact_state(c->log, e->id, states[e->code], NULL);
	if (!e->text)
		return;
	if (c->commanded && transcript_quotes(c->commanded, c->commanded_at, span, e->text)) {
		under = c->commanded;
		span[0] += c->commanded_at;
		span[1] += c->commanded_at;
	} else if (under && !transcript_quotes(under, 0, span, e->text)) {
		span[0] = span[1] = 0; /* said in other words: nothing to underline */
	}
	char *what = NULL;

	if (e->replaces && asprintf(&what, "%s; replaces #%lld", e->text, (long long)e->replaces) < 0)
		what = NULL;
	transcript_fact(c->log, under, e->id, states[e->code], what ? what : e->text, span);
	free(what);
	if (e->replaces) {
		snprintf(id, sizeof id, "#%lld", (long long)e->id);
		transcript_fact_state(c->log, e->replaces, FACT_IS_REPLACED, id);
	}
	snprintf(id, sizeof id, "%lld", (long long)e->id);
	input_word(c->input, id);
}

static void on_edit(chat *c, const event *e)
{
	if (!e->edit)
		return;
	bool first = !c->board.editing || c->board.edit.fact_id != e->edit->fact_id;

	board_edit(&c->board, e->edit);
	c->board.editing = true;
	if (first)
		transcript_fact_state(c->log, e->edit->fact_id, FACT_IS_LEARNING, NULL);
}

/* The outcome names the fact, which the line already shows: what follows it is the reason. */
static const char *reason(const event *e)
{
	const char *at =
		e->text && e->edit && *e->edit->fact ? strstr(e->text, e->edit->fact) : NULL;

	if (!at)
		return e->text;
	at += strlen(e->edit->fact);
	return at + strspn(at, ": ");
}

static void on_edit_end(chat *c, const event *e)
{
	int64_t id = e->edit ? e->edit->fact_id : e->id;
	bool good = e->code == DONE_VERIFIED;

	if (e->code == DONE_REVERTED) { /* forgotten or undone; an edit may be running meanwhile */
		transcript_fact_state(c->log, id, FACT_IS_GONE, NULL);
		add(c, ITEM_NOTICE, e->text);
		return;
	}
	if (e->edit)
		board_edit(&c->board, e->edit);
	c->board.editing = false;
	c->pane_until = chat_now() + PANE_LINGER_MS;
	if (e->text)
		board_result(&c->board, good, e->text);
	if (good)
		transcript_fact_state(c->log, id, FACT_IS_LEARNED, NULL);
	else
		transcript_fact_state(c->log, id, FACT_IS_NOT_LEARNED,
				      e->code == DONE_CANCELLED ? "cancelled" : reason(e));
	if (!transcript_has_fact(c->log, id))
		add(c, good ? ITEM_NOTICE : ITEM_ERROR, e->text);
}

static void on_ask(chat *c, const event *e)
{
	if (*c->find)
		chat_find_end(c);
	free(c->ask);
	c->ask = e->text ? text_sanitise(e->text, strlen(e->text)) : NULL;
	snprintf(c->ask_keys, sizeof c->ask_keys, "%s", c->ask ? e->keys : "");
}

static void on_status(chat *c, const event *e)
{
	board_status(&c->board, &e->status);
	c->board.loading = 0;
	if (!e->status.editing)
		c->board.editing = false;
	input_private(c->input, e->status.incognito);
}

/* A message of the conversation that is gone on with. */
static void on_past(chat *c, const event *e)
{
	const char *text = e->text ? e->text : "";
	item *it = transcript_add(c->log, e->code ? ITEM_REPLY : ITEM_USER, text, strlen(text));

	if (e->code && it)
		transcript_close(c->log, it, NULL);
	if (e->code)
		c->answered = it;
	if (!e->code && (c->redo || !c->in_turn)) { /* else a newer one has been sent */
		free(c->sent);
		c->sent = strdup(text);
	}
}

static void on_fatal(chat *c, const event *e)
{
	free(c->fatal);
	c->fatal = text_sanitise(e->text ? e->text : "the worker ended",
				 e->text ? strlen(e->text) : 16);
	c->code = e->code ? e->code : EXIT_RUNTIME;
	c->quit = true;
}

void chat_event(chat *c, const event *e)
{
	c->dirty = true;
	switch (e->type) {
	case EV_READY:
		on_ready(c, e);
		break;
	case EV_LOADING:
		c->board.loading = e->code;
		break;
	case EV_FATAL:
		on_fatal(c, e);
		break;
	case EV_TURN_BEGIN:
		on_turn_begin(c);
		break;
	case EV_TOKEN:
		if (c->reply && e->text)
			transcript_append(c->log, c->reply, e->text, strlen(e->text));
		c->spin_at = 0;
		break;
	case EV_TURN_END:
		on_turn_end(c, e);
		break;
	case EV_NOTED:
		on_noted(c, e);
		break;
	case EV_ASK:
		on_ask(c, e);
		break;
	case EV_EDIT:
		on_edit(c, e);
		break;
	case EV_EDIT_END:
		on_edit_end(c, e);
		break;
	case EV_QUEUE:
		board_queue(&c->board, e->text, e->code);
		break;
	case EV_LIST:
	case EV_DETAIL:
		break; /* below */
	case EV_NOTICE:
		add(c, ITEM_NOTICE, e->text);
		break;
	case EV_OUTPUT:
		add(c, ITEM_OUTPUT, e->text);
		if (!c->list) /* a long one is read from its beginning */
			transcript_from(c->log, c->commanded);
		break;
	case EV_DONE:
		c->pending -= c->pending > 0;
		if (!c->pending)
			c->busy_at = 0;
		c->awaited -= c->awaited > 0;
		chat_send_waiting(c);
		break;
	case EV_CLEARED:
		clear(c);
		break;
	case EV_PAST:
		on_past(c, e);
		break;
	case EV_ERROR:
		add(c, ITEM_ERROR, e->text);
		break;
	case EV_STATUS:
		on_status(c, e);
		break;
	default: /* EV_QUITTING: the loop is ending anyway */
		break;
	}
	if (e->type == EV_LIST || e->type == EV_DETAIL || e->type == EV_QUEUE || e->type == EV_EDIT_END ||
	    e->type == EV_OUTPUT || e->type == EV_ERROR)
		chat_list_event(c, e);
}

/* ---- timers ---- */

void chat_timers(chat *c)
{
	int64_t now = chat_now();

	if (c->hint_until && now >= c->hint_until) {
		c->hint_until = 0;
		*c->hint = 0;
		c->dirty = true;
	}
	if (c->pane_until && now >= c->pane_until) {
		c->pane_until = 0;
		c->dirty = true;
	}
	if (c->quit_until && now >= c->quit_until)
		c->quit_until = 0;
	if (c->busy_at && now >= c->busy_at) { /* what takes long is said to be under way */
		c->busy_at = 0;
		c->dirty = true;
		if (!c->spin_at)
			c->spin_at = now + SPIN_MS;
	}
	if (c->spin_at && now >= c->spin_at && !c->in_turn && !c->pending)
		c->spin_at = 0;
	if (c->spin_at && now >= c->spin_at) {
		c->spin++;
		c->spin_at = now + SPIN_MS;
		c->dirty = true;
	}
}

int chat_timeout(const chat *c)
{
	const int64_t all[] = { c->hint_until, c->pane_until, c->quit_until, c->spin_at, c->busy_at };
	int64_t first = 0, now;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] && (!first || all[i] < first))
			first = all[i];
	if (!first)
		return -1;
	now = chat_now();
	return first > now ? (int)(first - now) : 0;
}
