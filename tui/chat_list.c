/*
 * chat_list: the full-screen lists between keyboard, worker and screen. The input line and the place
 * in the conversation stay as they are while a list is open. Its rows are asked for again whenever
 * the worker says that something changed; one question is with the worker at a time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/chat.h"

static void ask(chat *c)
{
	if (!c->list || c->list_asked) {
		c->list_stale = c->list != NULL;
		return;
	}
	char text[160];

	snprintf(text, sizeof text, "%s%s%s", list_name(c->list), list_kind(c->list) == LIST_SESSIONS ? " " : "",
		 list_kind(c->list) == LIST_SESSIONS ? list_filter(c->list) : "");
	c->list_asked = !chat_ask(c, REQ_LIST, text);
	c->list_stale = false;
}

static void ask_fact(chat *c, const char *what, int64_t id)
{
	char text[48];

	snprintf(text, sizeof text, "%s %" PRId64, what, id);
	chat_ask(c, REQ_LIST, text);
}

void chat_list_close(chat *c)
{
	list_free(c->list);
	c->list = NULL;
	input_raw(c->input, false);
}

void chat_list_open(chat *c, int kind, const char *filter)
{
	chat_list_close(c);
	c->list = list_new(kind, filter);
	if (!c->list)
		return;
	input_raw(c->input, true);
	ask(c);
}

/* "state:failed", "last:3": the worker knows them. */
static bool is_query(const char *args)
{
	static const char *const heads[] = { "state:", "since:", "until:", "last:" };

	for (int i = 0; i < 4; i++)
		if (strstr(args, heads[i]))
			return true;
	return false;
}

/* "facts", "facts WORDS", "queue", "history": true when a list shows it. */
bool chat_list_command(chat *c, const char *text)
{
	static const char *const words[] = { "facts", "queue", "history", "sessions" };
	size_t len = strcspn(text, " \t\n");
	const char *args = text + len + strspn(text + len, " \t\n");

	for (int i = 0; i < 4; i++) {
		bool filters = (i == LIST_FACTS && !is_query(args)) || (i == LIST_SESSIONS && *args != '-');

		if (strlen(words[i]) != len || strncmp(text, words[i], len) || (!filters && *args))
			continue;
		chat_list_open(c, i, args);
		return true;
	}
	return false;
}

/* The figures of the fact's last search: of this session, else those that came with its text; or NULL. */
const edit_view *chat_list_curve(const chat *c)
{
	int64_t id = c->list ? list_opened(c->list) : 0;

	for (int i = 0; id && i < KEPT_MAX; i++)
		if (c->board.kept[i].fact_id == id)
			return &c->board.kept[i];
	return id && c->past_edit && c->past_edit->fact_id == id ? c->past_edit : NULL;
}

static void carry_out(chat *c, const char *line)
{
	char text[96];

	if (c->in_turn) {
		snprintf(text, sizeof text, "%s: after the reply", line);
		list_note(c->list, text);
	}
	chat_submit(c, line);
}

/* True when the key was for the list. */
bool chat_list_key(chat *c, int key, const char *bytes)
{
	if (!c->list)
		return false;
	if (key >= INPUT_F1 && key <= INPUT_F4) {
		int kind = key == INPUT_F2 ? LIST_FACTS : LIST_QUEUE;
		bool same = list_kind(c->list) == kind;

		chat_list_close(c);
		if (!same && (key == INPUT_F2 || key == INPUT_F3))
			chat_list_open(c, kind, "");
		return key == INPUT_F2 || key == INPUT_F3;
	}
	if (key != INPUT_RAW && key != INPUT_PAGE_UP && key != INPUT_PAGE_DOWN && key != INPUT_TOP &&
	    key != INPUT_BOTTOM && key != INPUT_ESCAPE && key != INPUT_INTERRUPT)
		return false;
	if (key == INPUT_RAW && !strcmp(bytes, "\014")) {
		screen_repaint(c->screen);
		return true;
	}
	char filter[160];

	snprintf(filter, sizeof filter, "%s", list_filter(c->list));
	list_act act = list_key(c->list, key, bytes);

	if (list_kind(c->list) == LIST_SESSIONS && strcmp(filter, list_filter(c->list)))
		ask(c);

	if (act.what == LIST_CLOSE)
		chat_list_close(c);
	else if (act.what == LIST_OPEN || act.what == LIST_PROVE)
		ask_fact(c, act.what == LIST_OPEN ? "fact" : "prove", act.id);
	else if (act.what == LIST_COMMAND)
		carry_out(c, act.line);
	if (act.what == LIST_LOAD) {
		chat_list_close(c);
		chat_submit(c, act.line);
	}
	return true;
}

/* Before a list was opened: the numbers and values of what is known, for Tab. */
static void learn_words(chat *c, const char *rows)
{
	char id[24], word[64];

	while (*rows) {
		size_t len = strcspn(rows, "\n");
		char *what = text_sanitise(rows, len), *value = what ? strstr(what, " is ") : NULL;
		int used;

		if (what && sscanf(what, "%23[0-9]", id) == 1)
			input_word(c->input, id);
		/* The sanitiser has made spaces of the tabs; what follows the value is a date. */
		for (value = value ? value + 3 : NULL; value && sscanf(value, " %63s%n", word, &used) == 1; value += used)
			if (strlen(word) > 2 && !strchr("0123456789", *word))
				input_word(c->input, word);
		free(what);
		rows += len + (rows[len] == '\n');
	}
}

void chat_list_event(chat *c, const event *e)
{
	if (e->type == EV_LIST && !c->list && !e->code && e->text)
		learn_words(c, e->text);
	if (e->type == EV_LIST) {
		c->list_asked = false;
		if (c->list && e->code)
			list_note(c->list, e->text ? e->text : "");
		else if (c->list && !c->list_stale)
			list_rows(c->list, e->text ? e->text : "");
		if (c->list && !c->list_asked && !c->list_stale && list_typed_ahead(c->list))
			chat_list_key(c, INPUT_RAW, "\r");
	} else if (e->type == EV_DETAIL) {
		if (c->list)
			list_detail(c->list, e->id, e->text ? e->text : "");
		if (e->edit) {
			free(c->past_edit);
			c->past_edit = malloc(sizeof *c->past_edit);
			if (c->past_edit)
				*c->past_edit = *e->edit;
		}
		return;
	} else if (c->list && (e->type == EV_OUTPUT || e->type == EV_ERROR) && e->text) {
		list_note(c->list, e->text);
	}
	if (c->list_stale || (c->list && e->type != EV_LIST))
		ask(c);
}
