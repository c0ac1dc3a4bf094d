/*
 * fake_worker: worker_* for the screen tests, without a thread or a model. Every request is
 * answered from the script below at once; tests/screen_aid.h includes this file, so that the real worker
 * is not linked.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/tui_int.h"

struct worker {
	int wake[2];
	event *events, **end;
	bool writing; /* a reply that goes on until it is interrupted */
	bool failing; /* and then ends with an error */
	bool stuck;     /* a command that takes long */
	bool cancelled; /* edit 13 */
	settings set;
};

static event *say(worker *w, int type, int code, const char *text)
{
	event *e = calloc(1, sizeof *e);

	if (!e)
		abort();
	e->type = type;
	e->code = code;
	e->text = text ? strdup(text) : NULL;
	*w->end = e;
	w->end = &e->next;
	ssize_t n = write(w->wake[1], "", 1);

	(void)n;
	return e;
}

static void status(worker *w, int queue)
{
	event *e = say(w, EV_STATUS, 0, NULL);

	e->status = (status_view){ .model = "imprint-base",
				   .ctx_used = 41,
				   .ctx_size = 1024,
				   .tokens_per_second = 312,
				   .queue = queue,
				   .editing = queue > 0,
				   .incognito = w->set.incognito };
}

static edit_view *edit(worker *w, int type, int code, const char *text)
{
	event *e = say(w, type, code, text);
	edit_view *v = e->edit = calloc(1, sizeof *v);

	if (!v)
		abort();
	*v = (edit_view){ .fact_id = 12,
			  .fact = "your dog's name is Biscuit",
			  .phase = "search",
			  .step = 8,
			  .max_steps = 60,
			  .evaluations = 112,
			  .loss = 1.04,
			  .p = 0.62,
			  .elapsed = 3.2,
			  .eta = 5.1,
			  .npu_seconds = 21.4,
			  .locality = 1,
			  .n_curve = 40 };
	for (int i = 0; i < v->n_curve; i++)
		v->curve[i] = (float)(6.0 / (1 + 0.12 * i) + (i % 7 == 3 ? 0.4 : 0));
	return v;
}

static void noted(worker *w, const char *message)
{
	const char *at = strstr(message, "Biscuit");
	event *e = say(w, EV_NOTED, NOTED_ADD, "your dog's name is Biscuit");

	e->id = 12;
	e->span[0] = at ? (size_t)(at - message) : 0;
	e->span[1] = at ? e->span[0] + 7 : 0;
}

static void turn(worker *w, const char *text)
{
	say(w, EV_TURN_BEGIN, 0, NULL);
	if (strstr(text, "never fits")) {
		say(w, EV_TURN_END, -6, "the message is 7 tokens too long");
		return;
	}
	w->failing = strstr(text, "fails later") != NULL;
	if (w->failing) {
		w->writing = true;
		return;
	}
	if (strstr(text, "write on")) {
		say(w, EV_TOKEN, 0, "Once upon");
		say(w, EV_TOKEN, 0, " a time");
		say(w, EV_TOKEN, 0, strstr(text, "write on") + 8);
		w->writing = true;
		return;
	}
	if (strstr(text, "every byte")) { /* each in company, as a character of two bytes, and in sequences */
		char bytes[4096];
		int n = 0;

		for (int b = 1; b < 256; b++)
			n += snprintf(bytes + n, sizeof bytes - (size_t)n, "%c \033%c \302%c \033[%c", b, b, b, b);
		say(w, EV_TOKEN, 0, bytes);
		say(w, EV_TOKEN, 0, "\033[2J\033[?1049l\033c\016\033(0 the end of it");
	} else if (strstr(text, "evil")) {
		say(w, EV_TOKEN, 0,
		    "a\033[31mred\033[2J \033]0;title\a b\rc \302\233d \342\200\256e");
	} else if (strstr(text, "Biscuit")) {
		say(w, EV_TOKEN, 0, "Biscuit is a lovely");
		say(w, EV_TOKEN, 0, " name for a dog.");
	} else {
		say(w, EV_TOKEN, 0, "You said: ");
		say(w, EV_TOKEN, 0, strlen(text) > 400 ? "a lot" : text);
	}
	say(w, EV_TURN_END, 0, NULL);
	if (strstr(text, "Biscuit")) {
		noted(w, text);
		say(w, EV_QUEUE, 2,
		    "#12 your dog's name is Biscuit (queued)\n#13 your name is Ann (queued)\n");
	}
	status(w, strstr(text, "Biscuit") != NULL);
	if (strstr(text, "long talk")) {
		say(w, EV_NOTICE, 0, "its 14 oldest messages were dropped");
		say(w, EV_STATUS, 0, NULL)->status =
			(status_view){ .model = "imprint-base", .ctx_used = 300, .ctx_size = 512, .dropped_turns = 14 };
	}
}

static void ask(worker *w)
{
	event *e = say(w, EV_ASK, 0, "You said Porto. Replace, keep both, or ignore? [r/k/i]");

	strcpy(e->keys, "rki");
}

static void script(worker *w, const char *text)
{
	char line[64];

	if (!strcmp(text, "remember edit")) {
		edit(w, EV_EDIT, 0, NULL);
	} else if (!strcmp(text, "remember done")) {
		edit(w, EV_EDIT_END, DONE_VERIFIED,
		     "learned #12: your dog's name is Biscuit (112 evaluations, 3.2 s)");
		say(w, EV_QUEUE, 0, "");
		status(w, 0);
	} else if (!strcmp(text, "remember failed")) {
		edit(w, EV_EDIT_END, DONE_FAILED,
		     "not learned #12: your dog's name is Biscuit: another answer changed - /retry 12");
	} else if (!strcmp(text, "remember gone")) {
		say(w, EV_EDIT_END, DONE_REVERTED, NULL)->id = 12;
	} else if (strstr(text, "Biscuit")) {
		text += strcspn(text, " ");
		noted(w, text + strspn(text, " "));
	} else if (!strcmp(text, "remember replaced")) {
		event *e = say(w, EV_NOTED, NOTED_SUPERSEDE, "your dog's name is Rex");

		e->id = 14;
		e->replaces = 12;
	} else if (!strcmp(text, "remember unsaid")) {
		say(w, EV_NOTED, NOTED_RETRACT, "your dog's name is Rex")->id = 14;
		say(w, EV_NOTED, NOTED_BACK, "your dog's name is Biscuit")->id = 12;
	} else if (!strcmp(text, "model large.gguf")) {
		say(w, EV_LOADING, 34, NULL);
	} else if (!strcmp(text, "model default")) {
		status(w, 0);
	} else if (!strcmp(text, "remember ask")) {
		ask(w);
	} else if (!strcmp(text, "remember many")) {
		for (int i = 1; i <= 60; i++) {
			snprintf(line, sizeof line, "fact number %d", i);
			say(w, EV_NOTICE, 0, line);
		}
	} else if (!strcmp(text, "remember long")) { /* columns, and more lines than a screen has */
		char out[8192] = "name      a line that is long enough to go on under its column, whatever the terminal's width is\n";

		for (int i = 2; i <= 60; i++)
			snprintf(out + strlen(out), sizeof out - strlen(out), "line %d\n", i);
		say(w, EV_OUTPUT, 0, out);
	} else if (!strcmp(text, "load 7") || !strcmp(text, "load")) {
		say(w, EV_CLEARED, 0, NULL);
		say(w, EV_PAST, 0, "what is my dog called?");
		say(w, EV_PAST, 1, "Your dog is called Biscuit.");
		say(w, EV_OUTPUT, 0, "conversation 7 goes on.");
	} else if (!strcmp(text, "remember crash")) {
		raise(SIGSEGV);
	} else if (!strcmp(text, "remember abort")) {
		abort();
	} else if (!strcmp(text, "remember fatal")) {
		say(w, EV_FATAL, EXIT_LEDGER, "the ledger is used by process 77");
	} else {
		w->cancelled |= !strcmp(text, "cancel 13");
		snprintf(line, sizeof line, "command: %.40s", text);
		say(w, EV_OUTPUT, 0, line);
	}
}

/* The lists: 40 facts, an edit that runs and one that waits. */
static void list(worker *w, const char *text)
{
	char rows[4096];
	int n = 0;
	event *e;

	if (!strncmp(text, "sessions", 8)) { /* the ledger looks for the words */
		say(w, EV_LIST, 0, strstr(text, "dog") ? "7\t2 msgs\twhat is my dog called?\t2026-11-20 10:00\n"
						       : "8\t4 msgs\t(this one) hello\t2026-11-21 10:00\n"
							 "7\t2 msgs\twhat is my dog called?\t2026-11-20 10:00\n");
	} else if (!strcmp(text, "queue")) {
		say(w, EV_LIST, 0,
		    w->cancelled ? "12\trunning\tyour dog's name is Biscuit\t\n"
				 : "12\trunning\tyour dog's name is Biscuit\t\n"
				   "13\tqueued\tyour name is \033[31mAnn\t\n");
	} else if (!strcmp(text, "facts")) {
		for (int i = 40; i > 0; i--)
			n += snprintf(rows + n, sizeof rows - (size_t)n, "%d\t%s\tfact number %d%s\t2026-11-21\n", i,
				      i % 10 ? "verified" : "failed", i, i == 11 ? " is Biscuit" : "");
		say(w, EV_LIST, 0, rows);
	} else if (!strcmp(text, "history")) {
		say(w, EV_LIST, -1, "the ledger cannot be read");
	} else {
		snprintf(rows, sizeof rows, "#%d, asked as: %s\nother answers unchanged 100%% before, 98%% after\n%s",
			 atoi(text + strcspn(text, " ")), text, *text == 'p' ? "edited Biscuit knows it" : "");
		e = say(w, EV_DETAIL, 0, rows);
		e->id = atoi(text + strcspn(text, " "));
		e->edit = calloc(1, sizeof *e->edit);
		if (!e->edit)
			abort();
		e->edit->fact_id = e->id;
		for (; e->id == 40 && e->edit->n_curve < 60; e->edit->n_curve++) /* of an earlier session */
			e->edit->curve[e->edit->n_curve] = (float)(5.0 / (1 + e->edit->n_curve));
	}
}

int worker_start(worker **out, const settings *s, char *err, size_t errlen)
{
	worker *w = calloc(1, sizeof *w);

	(void)err, (void)errlen;
	if (!w || pipe2(w->wake, O_NONBLOCK | O_CLOEXEC))
		return -1;
	w->end = &w->events;
	w->set = *s;
	say(w, EV_READY, 0, "imprint-base");
	status(w, 0);
	*out = w;
	return 0;
}

void worker_stop(worker *w)
{
	while (w && w->events) {
		event *e = w->events;

		w->events = e->next;
		event_free(e);
	}
	free(w);
}

int worker_fd(const worker *w)
{
	return w->wake[0];
}

int worker_send(worker *w, int type, const char *text)
{
	if (type == REQ_TURN)
		turn(w, text);
	else if (type == REQ_REDO)
		turn(w, *text ? text : "the same again");
	else if (type == REQ_COMMAND)
		script(w, text);
	else if (type == REQ_LIST)
		list(w, text);
	w->stuck = type == REQ_COMMAND && strstr(text, "for ever");
	if (!w->stuck)
		say(w, EV_DONE, 0, NULL);
	return 0;
}

void worker_interrupt(worker *w)
{
	if (w->stuck) {
		w->stuck = false;
		say(w, EV_ERROR, 0, "stopped");
		say(w, EV_DONE, 0, NULL);
	}
	if (!w->writing)
		return;
	w->writing = false;
	say(w, EV_TURN_END, w->failing ? -1 : 1, w->failing ? "no luck" : NULL);
}

event *worker_take(worker *w)
{
	char bytes[64];
	event *all = w->events;

	while (read(w->wake[0], bytes, sizeof bytes) > 0)
		;
	w->events = NULL;
	w->end = &w->events;
	return all;
}

void event_free(event *e)
{
	free(e->text);
	free(e->edit);
	free(e);
}
