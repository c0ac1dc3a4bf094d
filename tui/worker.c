/*
 * The mailbox and the worker thread. Main sends requests and takes events; the worker owns model, session and ledger and
 * serves requests first, edit steps when none waits. One mutex guards the two lists; it is held for a few instructions in
 * post, take and next, never while a model runs. The wake pipe holds at most one byte: "events wait".
 */
#include "tui/turn_chats.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_S = 5 }; /* between looks at edits that were put off and at facts not asked for lately */

typedef struct request {
	struct request *next;
	unsigned long number;
	int type;
	char text[];
} request;

struct worker {
	settings set;
	app app;             /* worker thread only */
	pthread_t thread;
	int wake[2];

	pthread_mutex_t lock; /* guards the lists, `woken` and `sent` */
	pthread_cond_t work;
	request *requests, **requests_end;
	event *events, **events_end;
	bool woken;
	unsigned long sent;    /* requests so far */

	atomic_bool waiting;   /* a request waits: edits stop for it */
	atomic_ulong serving;  /* number of the request being served */
	atomic_ulong stopped;  /* requests up to this number shall end: those sent before the interrupt, none after */
	atomic_bool quitting;
};

static void worker_post(void *arg, event *e)
{
	worker *w = arg;
	bool wake;

	e->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->events_end = e;
	w->events_end = &e->next;
	wake = !w->woken;
	w->woken = true;
	pthread_mutex_unlock(&w->lock);
	while (wake && write(w->wake[1], "", 1) < 0 && errno == EINTR)
		;
}

event *worker_take(worker *w)
{
	char byte[8];
	event *e;

	pthread_mutex_lock(&w->lock);
	e = w->events;
	w->events = NULL;
	w->events_end = &w->events;
	w->woken = false;
	while (read(w->wake[0], byte, sizeof(byte)) > 0)
		;
	pthread_mutex_unlock(&w->lock);
	return e;
}

int worker_send(worker *w, int type, const char *text)
{
	size_t n = text ? strlen(text) : 0;
	request *r = malloc(sizeof(*r) + n + 1);

	if (!r)
		return -1;
	r->next = NULL;
	r->type = type;
	memcpy(r->text, text ? text : "", n);
	r->text[n] = 0;
	pthread_mutex_lock(&w->lock);
	r->number = ++w->sent;
	*w->requests_end = r;
	w->requests_end = &r->next;
	atomic_store(&w->waiting, true);
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

/* Waits for a request, at most IDLE_S. The lock is held. */
static void worker_wait(worker *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	while (!w->requests && !atomic_load(&w->quitting) &&
	       pthread_cond_timedwait(&w->work, &w->lock, &until) != ETIMEDOUT)
		;
}

/* The next request; with block, waits for one. NULL: none waits, or none has come for IDLE_S, or the worker shall end. */
static request *worker_next(worker *w, bool block)
{
	request *r;

	pthread_mutex_lock(&w->lock);
	if (block)
		worker_wait(w);
	r = w->requests;
	if (r) {
		w->requests = r->next;
		if (!w->requests)
			w->requests_end = &w->requests;
	}
	atomic_store(&w->waiting, w->requests != NULL);
	pthread_mutex_unlock(&w->lock);
	return r;
}

void worker_interrupt(worker *w)
{
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->stopped, w->sent);
	pthread_mutex_unlock(&w->lock);
}

int worker_fd(const worker *w)
{
	return w->wake[0];
}

void event_free(event *e)
{
	if (!e)
		return;
	free(e->text);
	free(e->edit);
	free(e);
}

static bool stop_reply(void *arg)
{
	worker *w = arg;

	return atomic_load(&w->serving) <= atomic_load(&w->stopped) || atomic_load(&w->quitting);
}

static bool stop_edit(void *arg)
{
	worker *w = arg;

	return atomic_load(&w->waiting) || atomic_load(&w->quitting);
}

static void worker_serve(worker *w, const request *r)
{
	atomic_store(&w->serving, r->number);
	if (r->type == REQ_TURN)
		turn_run(&w->app, r->text);
	else if (r->type == REQ_REDO)
		turn_redo(&w->app, *r->text ? r->text : NULL);
	else if (r->type == REQ_COMMAND)
		turn_command(&w->app, r->text);
	else if (r->type == REQ_LIST)
		turn_list(&w->app, r->text);
	app_emit(&w->app, EV_DONE, 0, 0, NULL);
}

/* Requests first, edits when none waits. Ends when it shall quit and all that was sent has been served: what the user said
 * is noted even if the reply to it is cut short. */
static void worker_loop(worker *w)
{
	bool idle = false, told = false;

	for (;;) {
		request *r = worker_next(w, idle);

		if (r) {
			worker_serve(w, r);
			free(r);
			idle = told = false;
		} else if (atomic_load(&w->quitting)) {
			return;
		} else {
			bool waited = idle; /* nobody has asked for anything in a while: time for a look at what is known */

			idle = learn_step(&w->app) == LEARN_IDLE;
			if (idle && !told)
				app_emit(&w->app, EV_IDLE, 0, 0, NULL);
			told = idle;
			if (idle && waited && learn_self_check(&w->app) == LEARN_ENDED)
				idle = told = false;
		}
	}
}

/* --load N, -c: goes on with an earlier conversation. One that was asked for by number has to be there; 0, or an exit code. */
static int take_up(app *a, const char *which, char *err, size_t errlen)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int rc;

	if (!out) {
		snprintf(err, errlen, "out of memory");
		return EXIT_RUNTIME;
	}
	rc = chats_load(a, out, which, err, errlen);
	fclose(out);
	if (rc && !*which)
		app_emit(a, EV_ERROR, rc, 0, err);
	else if (!rc)
		app_emit(a, EV_OUTPUT, 0, 0, text);
	free(text);
	return rc && *which ? EXIT_RUNTIME : EXIT_OK;
}

static void *worker_main(void *arg)
{
	worker *w = arg;
	char err[512] = "";

	/* Of this thread and the engine's, which it starts: where processors are short, typing comes first. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, (id_t)gettid()) + 5);
	atomic_store(&w->serving, ULONG_MAX); /* an interrupt is meant for a message; only quitting ends the opening */
	int code = app_open(&w->app, &w->set, false, err, sizeof(err));

	if (!code) {
		app_emit(&w->app, EV_READY, 0, 0, engine_describe(w->app.engine)->name);
		app_emit_status(&w->app, false);
		learn_emit_queue(&w->app);
		code = w->set.load ? take_up(&w->app, w->set.load, err, sizeof(err)) : 0;
	}
	if (code)
		app_emit(&w->app, EV_FATAL, code, 0, err);
	else
		worker_loop(w);
	app_close(&w->app);
	app_emit(&w->app, EV_QUITTING, 0, 0, NULL);
	return NULL;
}

static void worker_free(worker *w)
{
	while (w->requests) {
		request *next = w->requests->next;

		free(w->requests);
		w->requests = next;
	}
	while (w->events) {
		event *next = w->events->next;

		event_free(w->events);
		w->events = next;
	}
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->work);
	close(w->wake[0]);
	close(w->wake[1]);
	free(w);
}

int worker_start(worker **out, const settings *s, char *err, size_t errlen)
{
	pthread_condattr_t attr;
	worker *w = calloc(1, sizeof(*w));
	int rc;

	if (!w || pipe2(w->wake, O_CLOEXEC | O_NONBLOCK)) {
		snprintf(err, errlen, "the worker could not be started: %s", strerror(errno));
		free(w);
		return -1;
	}
	w->set = *s;
	w->requests_end = &w->requests;
	w->events_end = &w->events;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* waits are not to change when somebody sets the clock */
	pthread_cond_init(&w->work, &attr);
	pthread_condattr_destroy(&attr);
	w->app.emit = worker_post;
	w->app.stop_reply = stop_reply;
	w->app.stop_edit = stop_edit;
	w->app.arg = w;
	rc = pthread_create(&w->thread, NULL, worker_main, w);
	if (rc) {
		snprintf(err, errlen, "the worker could not be started: %s", strerror(rc));
		worker_free(w);
		return -1;
	}
	*out = w;
	return 0;
}

void worker_stop(worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->quitting, true);
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	worker_free(w);
}
