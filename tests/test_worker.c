/*
 * The mailbox and the worker thread, with a tiny random model: order of events, interruption, quitting at any moment.
 * Meant to be run under ThreadSanitizer too (make check-thread).
 */
#include "tests/gguf_build.h"
#include "tests/ledger_aid.h"
#include "tests/test.h"
#include "tui/tui_int.h"

#include <poll.h>
#include <time.h>

static char model_path[512], assets[512];

static settings set_for(const char *dir)
{
	return (settings){ .model = model_path, .data_dir = aid_path(dir), .assets_dir = assets, .cpu_mask = ~0u,
			   .threads = 2, .precision = 1 };
}

/* What has been seen so far. */
typedef struct seen {
	int ready, fatal, begins, ends, tokens, done, idle, noted, edits, edit_ends, errors, last_end;
	int quitting;
} seen;

static void count(seen *s, const event *e)
{
	s->ready += e->type == EV_READY;
	s->fatal += e->type == EV_FATAL;
	s->begins += e->type == EV_TURN_BEGIN;
	s->ends += e->type == EV_TURN_END;
	s->tokens += e->type == EV_TOKEN;
	s->done += e->type == EV_DONE;
	s->idle += e->type == EV_IDLE;
	s->noted += e->type == EV_NOTED;
	s->edits += e->type == EV_EDIT;
	s->edit_ends += e->type == EV_EDIT_END;
	s->errors += e->type == EV_ERROR;
	s->quitting += e->type == EV_QUITTING;
	if (e->type == EV_TURN_END)
		s->last_end = e->code;
	if (e->type == EV_FATAL)
		printf("# %s\n", e->text ? e->text : "");
}

/* Takes events until *what reaches n; false after ten seconds without one. */
static bool wait_for(worker *w, seen *s, const int *what, int n)
{
	while (*what < n) {
		struct pollfd fd = { .fd = worker_fd(w), .events = POLLIN };

		if (poll(&fd, 1, 10000) <= 0)
			return false;
		for (event *e = worker_take(w), *next; e; e = next) {
			next = e->next;
			count(s, e);
			event_free(e);
		}
	}
	return true;
}

static bool begin(worker **w, seen *s, const settings *set)
{
	char err[256] = "";

	memset(s, 0, sizeof(*s));
	if (worker_start(w, set, err, sizeof(err))) {
		printf("%s\n", err);
		return false;
	}
	return wait_for(*w, s, &s->ready, 1);
}

static void requests_are_served_in_order(void)
{
	settings set = set_for("order");
	worker *w;
	seen s;

	REQUIRE(begin(&w, &s, &set));
	CHECK(wait_for(w, &s, &s.idle, 1));
	CHECK_INT(worker_send(w, REQ_TURN, "hello"), 0);
	CHECK_INT(worker_send(w, REQ_COMMAND, "facts"), 0);
	CHECK_INT(worker_send(w, REQ_COMMAND, "nonsense"), 0);
	CHECK(wait_for(w, &s, &s.done, 3));
	CHECK_INT(s.begins, 1);
	CHECK_INT(s.ends, 1);
	CHECK_INT(s.errors, 1);
	CHECK(wait_for(w, &s, &s.idle, 2));
	worker_stop(w);
}

static void an_interrupt_stops_what_was_sent_before_it(void)
{
	settings set = set_for("interrupt");
	worker *w;
	seen s;

	REQUIRE(begin(&w, &s, &set));
	/* The worker may not have begun yet: the interrupt holds all the same. */
	worker_send(w, REQ_TURN, "tell me a very long story");
	worker_interrupt(w);
	CHECK(wait_for(w, &s, &s.ends, 1));
	CHECK_INT(s.last_end, 1);
	worker_interrupt(w);
	worker_send(w, REQ_TURN, "and now?"); /* sent after it: not stopped */
	CHECK(wait_for(w, &s, &s.ends, 2));
	CHECK(s.last_end != 1);
	worker_stop(w);
}

/* Esc while the model is opened is meant for the message that waits: the program goes on. */
static void an_interrupt_does_not_end_the_opening(void)
{
	settings set = set_for("opening");
	char err[256];
	seen s = { 0 };
	worker *w;

	REQUIRE(!worker_start(&w, &set, err, sizeof(err)));
	worker_send(w, REQ_TURN, "hello");
	worker_interrupt(w);
	CHECK(wait_for(w, &s, &s.ends, 1));
	CHECK(s.ready == 1 && s.fatal == 0 && s.last_end == 1);
	worker_stop(w);
}

static void a_message_interrupts_an_edit(void)
{
	settings set = set_for("edit");
	worker *w;
	seen s;

	REQUIRE(begin(&w, &s, &set));
	worker_send(w, REQ_COMMAND, "remember my dog is called Biscuit");
	CHECK(wait_for(w, &s, &s.noted, 1));
	CHECK(wait_for(w, &s, &s.edits, 2)); /* it is searching */
	for (int i = 0; i < 5; i++) {
		worker_send(w, REQ_COMMAND, "queue");
		CHECK(wait_for(w, &s, &s.done, i + 2));
	}
	worker_send(w, REQ_COMMAND, "pause");
	CHECK(wait_for(w, &s, &s.done, 7));
	CHECK(wait_for(w, &s, &s.idle, 1));
	worker_send(w, REQ_COMMAND, "resume");
	CHECK(wait_for(w, &s, &s.edit_ends, 1)); /* a random model learns nothing, but it ends */
	worker_stop(w);
}

static void what_was_said_is_noted_when_leaving(void)
{
	settings set = set_for("leaving");
	worker *w;
	seen s;
	fact *f = NULL;
	size_t n = 0;
	char err[256];

	REQUIRE(begin(&w, &s, &set));
	worker_send(w, REQ_TURN, "My dog is called Biscuit.");
	worker_send(w, REQ_TURN, "I live in Lisbon.");
	worker_stop(w); /* at once */
	memory_options mo = { .dir = aid_path("leaving"), .read_only = true };
	memory *m = NULL;

	REQUIRE(!memory_open(&m, &mo, err, sizeof(err)));
	REQUIRE(!memory_facts(m, NULL, true, &f, &n, err, sizeof(err)));
	CHECK_INT(n, 2);
	facts_free(f, n);
	memory_close(m);
}

static void it_can_be_stopped_at_any_moment(void)
{
	static const char *const lines[] = { "hello", "my cat is called Momo", "I live in Porto" };
	settings set = set_for("moments");
	char err[256];

	for (int i = 0; i < 12; i++) {
		struct timespec t = { 0, (i * 7919 % 40) * 1000000 };
		worker *w;

		REQUIRE(!worker_start(&w, &set, err, sizeof(err)));
		for (int k = 0; k < i % 4; k++)
			worker_send(w, REQ_TURN, lines[k % 3]);
		nanosleep(&t, NULL);
		if (i % 3 == 0)
			worker_interrupt(w);
		worker_stop(w);
	}
	worker_stop(NULL);
}

static void a_second_worker_is_refused(void)
{
	settings set = set_for("twice");
	worker *a, *b;
	seen s, t = { 0 };
	char err[256];

	REQUIRE(begin(&a, &s, &set));
	REQUIRE(!worker_start(&b, &set, err, sizeof(err)));
	CHECK(wait_for(b, &t, &t.quitting, 1));
	CHECK_INT(t.fatal, 1);
	CHECK_INT(t.ready, 0);
	worker_stop(b);
	worker_stop(a);
}

static bool copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = in ? fopen(to, "w") : NULL;
	char buffer[4096];
	size_t n;

	while (out && (n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		fwrite(buffer, 1, n, out);
	if (in)
		fclose(in);
	return out && !fclose(out);
}

int main(void)
{
	tiny_model t = tiny_model_default();
	FILE *f;

	t.edit_layer = 0;
	t.n_embd = 32;
	t.n_ff = 48;
	t.n_head = t.n_head_kv = 2;
	t.n_ctx = 512;
	if (!aid_init("test-worker"))
		return 1;
	snprintf(assets, sizeof(assets), "%s", aid_dir);
	snprintf(model_path, sizeof(model_path), "%s", aid_path("tiny.gguf"));
	tiny_model_write(&t, model_path);
	f = fopen(aid_path("calibration.txt"), "w");
	if (!f || fputs("Where do I live?\n", f) < 0 || fclose(f) || !copy_file("assets/relations.txt", aid_path("relations.txt")))
		return 1;
	TEST_RUN(requests_are_served_in_order);
	TEST_RUN(an_interrupt_stops_what_was_sent_before_it);
	TEST_RUN(an_interrupt_does_not_end_the_opening);
	TEST_RUN(a_message_interrupts_an_edit);
	TEST_RUN(what_was_said_is_noted_when_leaving);
	TEST_RUN(it_can_be_stopped_at_any_moment);
	TEST_RUN(a_second_worker_is_refused);
	aid_done();
	return test_done();
}
